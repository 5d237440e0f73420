/* parsers.c - the table of rows, and the way of a frame through it. */
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "parsers/charset.h"
#include "parsers/envelope.h"
#include "parsers/source.h"

static const struct parser *const rows[] = {
	NULL, /* product 0: none */
#define P(id) &parser_##id,
#include "parsers/table.def"
#undef P
};

/* So old may a message be before its clock is doubted: offline laptops, queues of a weekend. */
#define HELD_BACK_NS  (INT64_C(30) * 86400 * NS_PER_S)
#define ROWS          (sizeof(rows) / sizeof(rows[0]))
#define PROGRAM_SLOTS 512u /* well above twice the number of program names */
#define PREFIXES      32u
#define CANDIDATES    256u

struct program {
	struct str name;
	const struct parser *row;
};

/* What configuration decided for one input. */
struct bound {
	const struct parser *row;    /* NULL: recognise, or */
	const struct source *source; /* this definition */
	enum charset charset;
};

struct parsers {
	const struct input_context *contexts;
	struct bound *bounds;
	size_t n;
	struct charsets charsets;
	struct sources *sources;
	struct program programs[PROGRAM_SLOTS];
	struct program prefixes[PREFIXES];
	size_t nprefixes, nprograms;
};

/* ---- start ---- */

/* The next word of a blank-separated list; false at its end. */
static bool
next_word(const char **list, struct str *ret)
{
	const char *end;

	if (!*list || !**list)
		return false;
	end = strchr(*list, ' ');
	*ret = end ? str_make(*list, (size_t)(end - *list)) : str_of(*list);
	*list += ret->n + (end != NULL);
	return true;
}

static void
add_program(struct parsers *p, struct str name, const struct parser *row)
{
	size_t at;

	if (name.n > 1 && name.p[name.n - 1] == '*') {
		if (p->nprefixes < PREFIXES)
			p->prefixes[p->nprefixes++] =
				(struct program){str_make(name.p, name.n - 1), row};
		return;
	}
	/* A full table would never end a look-up. */
	if (p->nprograms >= PROGRAM_SLOTS / 2)
		return;
	at = hash_text(name) % PROGRAM_SLOTS;
	while (p->programs[at].row) {
		if (str_eq(p->programs[at].name, name))
			return;
		at = (at + 1) % PROGRAM_SLOTS;
	}
	p->programs[at] = (struct program){name, row};
	p->nprograms++;
}

static bool
row_is_called(const struct parser *row, struct str name)
{
	const char *words = row->words;
	struct str word;

	if (str_eq(name, str_of(row->name)))
		return true;
	while (next_word(&words, &word))
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
		if (row_is_called(rows[i], name)) {
			*ret = rows[i];
			return 0;
		}
		if (n < CANDIDATES)
			candidates[n++] = rows[i]->name;
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
	struct input_context *copy = mem_zero(n ? n : 1, sizeof(*copy));
	int rc = 0;

	rc = sources_load_more(sources, definition, path, why, &p->sources);
	if (rc < 0) {
		mem_free(copy);
		mem_free(p);
		return rc;
	}
	p->contexts = copy;
	p->n = n;
	p->bounds = mem_zero(n ? n : 1, sizeof(*p->bounds));
	for (size_t i = 1; i < ROWS; i++) {
		const char *words = rows[i]->programs;
		struct str name;

		while (next_word(&words, &name))
			add_program(p, name, rows[i]);
	}
	for (size_t i = 0; i < n; i++) {
		int bad;

		copy[i] = contexts[i];
		bad = bind_input(p, &contexts[i], why, &p->bounds[i]);
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
	charsets_done(&p->charsets);
	sources_free(p->sources);
	mem_free((void *)(uintptr_t)p->contexts);
	mem_free(p->bounds);
	mem_free(p);
}

struct str
parsers_product(const struct parsers *p, unsigned product)
{
	const struct source *s = product >= ROWS ? sources_at(p->sources, product - ROWS) : NULL;

	if (s)
		return source_name(s);
	return product > 0 && product < ROWS ? str_of(rows[product]->name) : STR("");
}

unsigned
parsers_product_count(const struct parsers *p)
{
	return (unsigned)(ROWS + sources_count(p->sources));
}

bool
parsers_label(const struct parsers *p, size_t i, struct str ret[3])
{
	const struct source *s = sources_at(p->sources, i);

	if (s)
		source_label(s, ret);
	return s != NULL;
}

/* ---- recognition ---- */

static const struct parser *
exact_program(const struct parsers *p, struct str name)
{
	size_t at = hash_text(name) % PROGRAM_SLOTS;

	for (; p->programs[at].row; at = (at + 1) % PROGRAM_SLOTS)
		if (str_eq(p->programs[at].name, name))
			return p->programs[at].row;
	return NULL;
}

const struct parser *
parser_for_program(const struct parsers *p, struct str program)
{
	const struct parser *row;
	ptrdiff_t slash;

	if (program.n == 0 || program.n > ENVELOPE_TAG_MAX)
		return NULL;
	/* "su(pam_unix)": what stands in brackets wrote the message. */
	if (program.p[program.n - 1] == ')') {
		ptrdiff_t paren = str_chr(program, '(');

		if (paren < 0)
			return NULL;
		str_skip(&program, (size_t)paren + 1);
		program.n--;
	}
	row = exact_program(p, program);
	if (row)
		return row;
	for (size_t i = 0; i < p->nprefixes; i++)
		if (str_starts(program, p->prefixes[i].name))
			return p->prefixes[i].row;
	slash = program.n > 0 && program.p[0] == '/' ? str_rchr(program, '/') : -1;
	if (slash < 0)
		return NULL;
	str_skip(&program, (size_t)slash + 1);
	return exact_program(p, program);
}

/* ---- one frame ---- */

static uint16_t
row_number(const struct parser *row)
{
	for (size_t i = 1; i < ROWS; i++)
		if (rows[i] == row)
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

/* What holds for every record however it was read: time, skew, product. */
static void
settle(struct parse_ctx *ctx, struct recs *w)
{
	struct record *r = w->cur;

	if (ctx->source)
		r->product = (uint16_t)(ROWS + sources_index(ctx->parsers->sources, ctx->source));
	else if (ctx->row && ctx->row->module)
		rec_put(w, FIELD_EVENT_MODULE, str_of(ctx->row->module));
	if (!ctx->source && ctx->row && ctx->row->dataset)
		rec_put(w, FIELD_EVENT_DATASET, str_of(ctx->row->dataset));
	if (!ctx->source && ctx->row)
		r->product = row_number(ctx->row);
	if (ctx->row && (ctx->row->flags & PARSER_BARE))
		return;
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

/* Line ends are framing; so is the NUL that C libraries put behind each message. */
static struct str
trim_line_end(struct str s)
{
	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == 0))
		s.n--;
	return s;
}

/* C1 controls (U+0080 to U+009F), also as the bare byte that a terminal of eight bits obeys. */
static bool
has_c1(struct str s)
{
	while (s.n > 0) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);
		bool bare = cp == 0xfffd && n == 1 && (unsigned char)s.p[0] >= 0x80 &&
			    (unsigned char)s.p[0] < 0xa0;

		if (bare || (cp >= 0x80 && cp < 0xa0))
			return true;
		str_skip(&s, n);
	}
	return false;
}

/* Valid UTF-8 in ctx->text, pointing into the batch. */
static void
decode(const struct parsers *p, enum charset charset, struct parse_ctx *ctx, struct recs *w,
	struct str raw)
{
	struct text_kind kind = text_look(raw);
	char *room;
	bool bad;

	ctx->text = raw;
	if (kind.control)
		rec_flag(w, REASON_CONTROL_CHAR);
	if (!kind.high && !(charset == CHARSET_ISO_2022_JP && kind.escape))
		return;
	if (charset == CHARSET_UTF8 && has_c1(raw))
		rec_flag(w, REASON_CONTROL_CHAR);
	if (charset == CHARSET_UTF8 && utf8_valid(raw))
		return;
	room = rec_text_room(w, raw.n * 3);
	if (!room)
		return;
	ctx->text = rec_text_take(w, room, charset_decode(&p->charsets, charset, raw, room, &bad));
	if (bad)
		rec_flag(w, REASON_ENCODING);
	w->cur->flags |= RECORD_RAW;
	w->cur->original_off = (uint32_t)(ctx->text.p - w->b.base);
	w->cur->original_len = (uint32_t)ctx->text.n;
	rec_put(w, FIELD_NOROSHI_CHARSET, str_of(charset_name(charset)));
}

/*
 * What a sender left in front of <PRI> when it meant an octet count (RFC 6587 3.4.1) and wrote it
 * wrongly: a sign, a hexadecimal number, a number too large.
 */
static bool
stray_count(struct str s)
{
	size_t i = 0;

	while (i < s.n && i < 24 && s.p[i] != ' ' &&
		(is_digit(s.p[i]) || strchr("+-xXabcdefABCDEF", s.p[i])))
		i++;
	return i > 0 && i + 1 < s.n && s.p[i] == ' ' && s.p[i + 1] == '<';
}

/*
 * No product knows the text. With a sound header it is a record of source syslog all the same;
 * without one, or where the configuration promised a product, it is unparsed.
 */
static void
keep_unparsed(struct parse_ctx *ctx, struct recs *w, bool fixed)
{
	if (ctx->enveloped && !fixed) {
		rec_put(w, FIELD_EVENT_DATASET, STR("syslog"));
	} else {
		w->cur->flags |= RECORD_UNPARSED;
		/* Nothing has no header to lack. */
		if (!fixed && !(ctx->frame->flags & FRAME_LATE_READ) &&
			!(w->cur->reasons >> REASON_EMPTY & 1))
			rec_flag(w, stray_count(ctx->text) ? REASON_FRAME_LEN : REASON_HEADER);
	}
	w->cur->logsource = (uint16_t)(ctx->enveloped ? LOGSOURCE_SYSLOG : LOGSOURCE_GENERIC);
	ctx->row = NULL;
	ctx->source = NULL;
}

static void
remember_header(struct parse_ctx *ctx, const struct recs *w)
{
	ctx->envelope_from = w->cur->first_entry;
	ctx->envelope_n = batch_results(w->b)->nentries - w->cur->first_entry;
	ctx->header_time = w->cur->time;
	ctx->header_timed = ctx->timed;
	ctx->header_reasons = w->cur->reasons;
	ctx->header_flags = w->cur->flags;
	ctx->original_off = w->cur->original_off;
	ctx->original_len = w->cur->original_len;
}

/* Let a row try. What it put is undone if the message is not its own; what it found remarkable is
 * added to *reasons. */
static bool
try_row(struct parse_ctx *ctx, struct recs *w, const struct parser *row, struct str message,
	uint64_t *reasons)
{
	uint32_t mark = batch_results(w->b)->nentries;
	struct record before = *w->cur;

	ctx->row = row;
	ctx->source = NULL;
	w->cur->logsource = (uint16_t)row->logsource;
	if (row->parse(ctx, message, w) == PARSED_OK || !w->cur)
		return true;
	batch_results(w->b)->nentries = mark;
	*reasons |= w->cur->reasons;
	*w->cur = before;
	ctx->timed = ctx->header_timed;
	ctx->message_done = false;
	return false;
}

/* The configured row, else the one that the program names, else those that know the content. */
static void
read_message(const struct parsers *p, const struct bound *bound, struct parse_ctx *ctx,
	struct recs *w, struct str message)
{
	const struct parser *row = bound->row;
	uint64_t reasons = 0;

	ctx->fixed_source = bound->source;
	if (bound->source) {
		/* Arrays of JSON objects are the row's to walk; it asks the definition for each. */
		if (source_shape_of(bound->source) == SHAPE_JSON
				? try_row(ctx, w, &parser_json, message, &reasons) && ctx->source
				: source_read(bound->source, ctx, w, message))
			return;
		w->cur->reasons |= reasons;
		keep_unparsed(ctx, w, true);
		w->cur->product = (uint16_t)(ROWS + sources_index(p->sources, bound->source));
		return;
	}
	if (!row)
		row = parser_for_program(p, ctx->program);
	if (row && try_row(ctx, w, row, message, &reasons))
		return;
	/* A header that a collector cut off leaves its blank behind. */
	while (!bound->row && message.n > 0 && message.p[0] == ' ')
		str_skip(&message, 1);
	if (!bound->row && sources_read_program(ctx, w, message))
		return;
	for (size_t i = 1; !row && i < ROWS; i++) {
		/* Products come before the containers that anybody may use. */
		if (rows[i] == &parser_json && sources_read(ctx, w, message))
			return;
		if (rows[i]->sniff && rows[i]->sniff(message) &&
			try_row(ctx, w, rows[i], message, &reasons))
			return;
	}
	if (row && !bound->row && sources_read(ctx, w, message))
		return;
	/* Nobody took it: what those who looked closer found wrong is worth knowing. */
	w->cur->reasons |= reasons;
	keep_unparsed(ctx, w, bound->row != NULL);
	if (bound->row)
		w->cur->product = row_number(bound->row);
}

/* ERR_FULL: no room in the region; the caller undoes the frame. */
static int
run_frame(const struct parsers *p, struct pairs *pairs, struct recs *w, uint32_t i)
{
	const struct frame *f = &batch_frames(w->b)[i];
	const struct bound *bound = &p->bounds[f->input];
	struct parse_ctx ctx = {.parsers = p,
		.pairs = pairs,
		.in = &p->contexts[f->input],
		.frame = f,
		.arrival = f->arrival,
		.columns = p->contexts[f->input].columns,
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
	decode(p, bound->charset, &ctx, w, trim_line_end(batch_raw(w->b, f)));
	/* What begins a file written on Windows is no part of its first line. */
	if (!bare)
		str_take(&ctx.text, STR("\xef\xbb\xbf"));
	message = ctx.text;
	if (message.n == 0)
		rec_flag(w, REASON_EMPTY);
	if (!bare)
		envelope_read(&ctx, w, &message);
	remember_header(&ctx, w);
	read_message(p, bound, &ctx, w, message);
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
