/* parsers.c - the table of rows, and the way of a frame through it. */
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "parsers/charset.h"
#include "parsers/columns.h"
#include "parsers/decode.h"
#include "parsers/envelope.h"
#include "parsers/finish.h"
#include "parsers/inside.h"
#include "parsers/mailword.h"
#include "parsers/program.h"
#include "parsers/put.h"
#include "parsers/senders.h"
#include "parsers/source.h"

const struct parser *const parser_rows[ROWS] = {
	[0] = NULL, /* product 0: none */
#define P(id) &parser_##id,
#include "parsers/table.def"
#undef P
};

/* So old may a message be before its clock is doubted: offline laptops, queues of a weekend. */
#define HELD_BACK_NS (INT64_C(30) * 86400 * NS_PER_S)
#define CANDIDATES   256u

/* ---- start ---- */

static bool
row_is_called(const struct parser *row, struct str name)
{
	const char *words = row->words;
	struct str word;

	if (str_eq(name, str_of(row->name)))
		return true;
	while (program_word(&words, &word))
		if (str_eq(name, word))
			return true;
	return false;
}

static bool
means_recognise(struct str source)
{
	return source.n == 0 || str_eq(source, STR("auto")) || str_eq(source, STR("syslog"));
}

static int
find_row(struct str name, const char *what, struct str input, const struct sources *sources,
	struct diag *why, const struct parser **ret)
{
	const char *candidates[CANDIDATES], *near;
	size_t n = 0;

	*ret = NULL;
	if (means_recognise(name))
		return 0;
	for (size_t i = 1; i < ROWS; i++) {
		if (row_is_called(parser_rows[i], name)) {
			*ret = parser_rows[i];
			return 0;
		}
		if (n < CANDIDATES)
			candidates[n++] = parser_rows[i]->name;
	}
	for (size_t i = 0; i < sources_count(sources) && n < CANDIDATES; i++)
		candidates[n++] = source_name(sources_at(sources, i)).p;
	near = diag_did_you_mean(name, candidates, n);
	diag_set(why, NULL, 0, "input '%.*s': no %s is called '%.*s'%s%s%s", STR_ARG(input), what,
		STR_ARG(name), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return ERR_NOT_FOUND;
}

static int
bind_input(struct parsers *p, const struct input_context *in, struct diag *why, struct bound *ret)
{
	const struct parser *format;
	int rc = 0;

	ret->source = in->source.n ? sources_find(p->sources, in->source) : NULL;
	if (!ret->source)
		rc = find_row(in->source, "source", in->name, p->sources, why, &ret->row);
	if (rc < 0)
		return rc;
	rc = find_row(in->format, "format", in->name, p->sources, why, &format);
	if (rc < 0)
		return rc;
	if (!ret->row && !ret->source)
		ret->row = format;
	ret->charset = charset_find(in->encoding);
	if (ret->charset == CHARSET_NONE) {
		diag_set(why, NULL, 0,
			"input '%.*s': unknown encoding '%.*s'; known are utf-8, cp932, euc-jp, "
			"iso-2022-jp",
			STR_ARG(in->name), STR_ARG(in->encoding));
		return ERR_NOT_FOUND;
	}
	rc = charsets_need(&p->charsets, ret->charset);
	if (rc < 0)
		diag_set(why, NULL, 0, "input '%.*s': this system's iconv has no tables for '%.*s'",
			STR_ARG(in->name), STR_ARG(in->encoding));
	return rc;
}

int
parsers_new(const struct input_context *contexts, size_t n, struct diag *why, struct parsers **ret)
{
	return parsers_new_with(contexts, n, STR(""), why, ret);
}

int
parsers_new_with(const struct input_context *contexts, size_t n, struct str sources,
	struct diag *why, struct parsers **ret)
{
	return parsers_new_more(contexts, n, sources, STR(""), NULL, why, ret);
}

int
parsers_new_more(const struct input_context *contexts, size_t n, struct str sources,
	struct str definition, const char *path, struct diag *why, struct parsers **ret)
{
	struct parsers *p = mem_zero(1, sizeof(*p));
	size_t all = n;
	int rc = 0;

	rc = sources_load_more(sources, definition, path, why, &p->sources);
	if (rc < 0) {
		mem_free(p);
		return rc;
	}
	/* Mail tells its charsets word by word. Where the system has no tables for one, such words
	 * stay as they are. */
	(void)charsets_need(&p->charsets, CHARSET_CP932);
	(void)charsets_need(&p->charsets, CHARSET_ISO_2022_JP);
	for (size_t i = 0; i < n; i++)
		all += contexts[i].nsenders;
	p->n = n;
	p->contexts = mem_zero(all ? all : 1, sizeof(*p->contexts));
	p->bounds = mem_zero(all ? all : 1, sizeof(*p->bounds));
	p->senders = mem_zero(n ? n : 1, sizeof(*p->senders));
	for (size_t i = 1; i < ROWS; i++)
		programs_add(&p->programs, parser_rows[i]);
	all = n;
	for (size_t i = 0; i < n; i++) {
		p->contexts[i] = contexts[i];
		all = senders_add(&p->senders[i], &contexts[i], p->contexts, all);
	}
	for (size_t i = 0; i < all; i++) {
		int bad = bind_input(p, &p->contexts[i], why, &p->bounds[i]);

		p->bounds[i].number = parser_number(p->bounds[i].row);
		if (bad < 0)
			rc = bad;
	}
	if (rc < 0)
		parsers_free(p);
	else
		*ret = p;
	return rc;
}

void
parsers_free(struct parsers *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		senders_done(&p->senders[i]);
	charsets_done(&p->charsets);
	sources_free(p->sources);
	mem_free(p->contexts);
	mem_free(p->bounds);
	mem_free(p->senders);
	mem_free(p);
}

struct str
parsers_product(const struct parsers *p, unsigned product)
{
	const struct source *s = product >= ROWS ? sources_at(p->sources, product - ROWS) : NULL;

	if (s)
		return source_name(s);
	return product > 0 && product < ROWS ? str_of(parser_rows[product]->name) : STR("");
}

unsigned
parsers_product_count(const struct parsers *p)
{
	return (unsigned)(ROWS + sources_count(p->sources));
}

struct str
parsers_folder(const struct parsers *p)
{
	return sources_folder(p->sources);
}

bool
parsers_label(const struct parsers *p, size_t i, struct str ret[3])
{
	const struct source *s = sources_at(p->sources, i);

	if (s)
		source_label(s, ret);
	return s != NULL;
}

enum log_family
parsers_family(const struct parsers *p, size_t i)
{
	const struct source *s = sources_at(p->sources, i);

	return s ? source_family(s) : FAMILY_OTHER;
}

/* ---- one frame ---- */

uint16_t
parser_number(const struct parser *row)
{
	for (size_t i = 1; i < ROWS; i++)
		if (parser_rows[i] == row)
			return (uint16_t)i;
	return 0;
}

void
parse_time(struct parse_ctx *ctx, struct recs *w, int64_t ns)
{
	if (!w->cur)
		return;
	envelope_time(ctx, w, ns);
}

/* Subjects, names of attachments and people as they travelled in mail (RFC 2047). An id is no text:
 * it stays as others will name it. */
static void
decode_mail(const struct parsers *p, struct recs *w)
{
	struct entry *e = batch_entries(w->b);
	uint32_t n = batch_results(w->b)->nentries;

	for (uint32_t i = w->cur->first_entry; i < n; i++) {
		struct str text;
		char *room;
		bool bad;

		if (e[i].field < FIELD_EMAIL_FROM_ADDRESS ||
			e[i].field > FIELD_EMAIL_ATTACHMENT_NAME ||
			e[i].field == FIELD_EMAIL_MESSAGE_ID)
			continue;
		text = entry_text(w->b, &e[i]);
		if (!mailword_in(text))
			continue;
		room = rec_text_room(w, text.n * 4);
		if (!room)
			return;
		text = rec_text_take(w, room, mailword_decode(&p->charsets, text, room, &bad));
		e[i].off = (uint32_t)(text.p - w->b.base);
		e[i].len = (uint32_t)text.n;
		if (bad)
			rec_flag(w, REASON_ENCODING);
	}
}

/* What holds for every record however it was read: time, skew, product. */
static void
settle(struct parse_ctx *ctx, struct recs *w)
{
	struct record *r = w->cur;

	decode_mail(ctx->parsers, w);
	if (ctx->source)
		r->product = (uint16_t)(ROWS + source_number(ctx->source));
	else if (ctx->row && ctx->row->module)
		rec_put(w, FIELD_EVENT_MODULE, str_of(ctx->row->module));
	if (!ctx->source && ctx->row && ctx->row->dataset)
		rec_put(w, FIELD_EVENT_DATASET, str_of(ctx->row->dataset));
	if (!ctx->source && ctx->row)
		r->product =
			ctx->row == ctx->bound->row ? ctx->bound->number : parser_number(ctx->row);
	if (!ctx->source && ctx->row && (ctx->row->flags & PARSER_FOLD))
		put_fold(w);
	if (ctx->row && (ctx->row->flags & PARSER_BARE))
		return;
	recognise_made(ctx, w);
	finish_record(w, pairs_domains(ctx->pairs));
	if (!ctx->timed) {
		r->time = ctx->arrival;
		r->flags |= RECORD_TIME_ARRIVAL;
		return;
	}
	/* Old logs are old by nature, and a file says nothing about when a line was written. */
	if (ctx->in->history || ctx->in->skew_ns <= 0 ||
		(ctx->frame->flags & (FRAME_HISTORY | FRAME_LATE_READ)))
		return;
	/* A message from the future comes from a wrong clock; one from the past may just have been
	 * held back. */
	if (r->time - ctx->arrival > ctx->in->skew_ns ||
		(ctx->arrival - r->time > ctx->in->skew_ns &&
			ctx->arrival - r->time > HELD_BACK_NS))
		rec_flag(w, REASON_CLOCK_SKEW);
}

bool
parse_next(struct parse_ctx *ctx, struct recs *w)
{
	struct record *r;
	const struct entry *from = batch_entries(w->b) + ctx->envelope_from;

	if (!w->cur)
		return false;
	settle(ctx, w);
	if (recs_close(w) < 0)
		return false;
	r = recs_open(w);
	r->time = ctx->header_time;
	r->reasons = ctx->header_reasons;
	r->flags = ctx->header_flags;
	r->logsource = (uint16_t)ctx->row->logsource;
	if (r->flags & RECORD_RAW) {
		r->original_off = ctx->original_off;
		r->original_len = ctx->original_len;
	}
	ctx->timed = ctx->header_timed;
	ctx->message_done = false;
	ctx->source = NULL;
	for (uint32_t i = 0; i < ctx->envelope_n; i++)
		rec_put_kind(w, from[i].field, (enum value_kind)from[i].kind,
			entry_text(w->b, &from[i]), from[i].flags);
	return true;
}

/* ERR_FULL: no room in the region; the caller undoes the frame. */
static int
run_frame(const struct parsers *p, struct pairs *pairs, struct recs *w, uint32_t i)
{
	const struct frame *f = &batch_frames(w->b)[i];
	size_t who = senders_context(p, f->input, batch_bytes(w->b, f->peer_off, f->peer_len));
	const struct bound *bound = &p->bounds[who];
	struct parse_ctx ctx = {.parsers = p,
		.pairs = pairs,
		.in = &p->contexts[who],
		.frame = f,
		.bound = bound,
		.arrival = f->arrival,
		.header_time = f->arrival};
	bool bare = bound->row && (bound->row->flags & PARSER_BARE);
	struct str message;

	recs_open(w)->time = f->arrival;
	if (f->flags & FRAME_TRUNCATED)
		rec_flag(w, REASON_OVERSIZE);
	if (f->flags & FRAME_CUT_OFF)
		rec_flag(w, REASON_TRUNCATED);
	if (f->flags & FRAME_ADRIFT)
		rec_flag(w, REASON_FRAME);
	decode_frame(p, bound->charset, &ctx, w, decode_trim(batch_raw(w->b, f)));
	ctx.text = decode_trim_spelled(ctx.text);
	/* What begins a file written on Windows is no part of its first line; elsewhere in front of
	 * a priority it is the envelope's to tell. */
	if (!bare && ((f->flags & FRAME_LATE_READ && f->offset == 0) ||
			     !str_starts(ctx.text, STR("\xef\xbb\xbf<"))))
		str_take(&ctx.text, STR("\xef\xbb\xbf"));
	message = ctx.text;
	if (message.n == 0)
		rec_flag(w, REASON_EMPTY);
	if (f->lead_off)
		ctx.lead = decode_lead(p, bound->charset, f, w);
	else if (ctx.in->columns.n)
		ctx.lead = ctx.in->columns;
	if (ctx.lead.n && !bare && columns_read(&ctx, w, message)) {
		if (!w->cur)
			return ERR_FULL;
		settle(&ctx, w);
		return recs_close(w);
	}
	if (!bare)
		envelope_read(&ctx, w, &message);
	recognise_begin(&ctx, w);
	if (!recognise_half(&ctx, w, &message))
		recognise_message(&ctx, w, message);
	if (!w->cur)
		return ERR_FULL;
	if (bare && (w->cur->flags & RECORD_UNPARSED)) {
		recs_drop(w); /* a bare row's PARSED_NOT: no event at all */
		return 0;
	}
	/* A definition may have found what of it is said. */
	if (!bare && !ctx.message_done && message.n > 0 &&
		!(ctx.source && rec_has(w, FIELD_MESSAGE)))
		rec_put(w, FIELD_MESSAGE, message);
	settle(&ctx, w);
	return recs_close(w);
}

/* A frame that does not fit even into an empty region, or whose input nobody knows: kept with its
 * bytes, which lie in the frame anyway. */
static void
keep_bare(struct recs *w, uint32_t i, enum reason why)
{
	struct record *r;

	recs_undo_frame(w);
	recs_frame(w, i);
	r = recs_open(w);
	r->time = batch_frames(w->b)[i].arrival;
	r->flags = RECORD_UNPARSED | RECORD_TIME_ARRIVAL;
	rec_flag(w, why);
	recs_close(w);
}

struct pairs *
parsers_room(const struct parsers *p)
{
	return pairs_new(p->sources);
}

void
parsers_room_free(struct pairs *room)
{
	pairs_free(room);
}

void
parsers_run_in(const struct parsers *p, struct pairs *room, struct batch b,
	const struct names *names, uint32_t from, uint32_t to)
{
	struct recs w;
	uint32_t i = from;

	recs_begin(&w, b, names, from);
	for (; i < to; i++) {
		bool first = batch_results(b)->nrecords == 0;

		recs_frame(&w, i);
		if (batch_frames(b)[i].input >= p->n) {
			keep_bare(&w, i, REASON_FORMAT);
			continue;
		}
		if (run_frame(p, room, &w, i) == 0)
			continue;
		if (!first) {
			recs_undo_frame(&w);
			break;
		}
		batch_results(b)->nentries = batch_results(b)->ntext = 0;
		keep_bare(&w, i, REASON_OVERSIZE);
	}
	recs_end(&w, i);
}

void
parsers_run(const struct parsers *p, struct batch b, const struct names *names, uint32_t from,
	uint32_t to)
{
	struct pairs *room = parsers_room(p);

	parsers_run_in(p, room, b, names, from, to);
	parsers_room_free(room);
}
