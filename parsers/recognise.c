/* recognise.c - whose message is it: by configuration, by program, by content; and inside others.
 */
#include "base/clock.h"
#include "base/stamp.h"
#include "parsers/envelope.h"
#include "parsers/inside.h"
#include "parsers/nested.h"
#include "parsers/put.h"
#include "parsers/source.h"

const struct parser *
parser_for_program(const struct parsers *p, struct str program)
{
	return programs_find(&p->programs, program);
}

/* ---- by content ---- */

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
			rec_flag(w, ctx->stray ? REASON_FRAME_LEN : REASON_HEADER);
	}
	w->cur->logsource = (uint16_t)(ctx->enveloped ? LOGSOURCE_SYSLOG : LOGSOURCE_GENERIC);
	ctx->row = NULL;
	ctx->source = NULL;
}

void
recognise_begin(struct parse_ctx *ctx, const struct recs *w)
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

/* By program and content alone; false: nobody's. *reasons collects what those found who looked. */
static bool
by_content(struct parse_ctx *ctx, struct recs *w, struct str message, uint64_t *reasons)
{
	const struct parser *row = parser_for_program(ctx->parsers, ctx->program);

	ctx->stray = !ctx->enveloped && stray_count(ctx->text);
	if (row && try_row(ctx, w, row, message, reasons))
		return true;
	/* A header that a collector cut off leaves its blank behind. */
	while (message.n > 0 && message.p[0] == ' ')
		str_skip(&message, 1);
	if (sources_read_program(ctx, w, message))
		return true;
	for (size_t i = json_looks_like(message) ? (size_t)ROW_OF_windows : 1; !row && i < ROWS;
		i++) {
		/* Products come before the containers that anybody may use. */
		if (parser_rows[i] == &parser_json && sources_read(ctx, w, message))
			return true;
		if (parser_rows[i]->sniff && parser_rows[i]->sniff(message) &&
			try_row(ctx, w, parser_rows[i], message, reasons))
			return true;
	}
	return row && sources_read(ctx, w, message);
}

/* As configuration says. */
static bool
by_bound(struct parse_ctx *ctx, struct recs *w, struct str message, uint64_t *reasons)
{
	const struct bound *bound = ctx->bound;

	ctx->fixed_source = bound->source;
	if (!bound->source)
		return try_row(ctx, w, bound->row, message, reasons);
	/* Arrays of JSON objects are the row's to walk; it asks the definition for each. */
	return source_shape_of(bound->source) == SHAPE_JSON
		       ? try_row(ctx, w, &parser_json, message, reasons) && ctx->source
		       : source_read(bound->source, ctx, w, message);
}

static bool
is_bound(const struct bound *b)
{
	return b->row || b->source;
}

/* Containers of anything: what lies inside is nobody's promise. */
static bool
is_container(const struct bound *b)
{
	return b->row == &parser_json || b->row == &parser_gelf;
}

bool
recognise_half(struct parse_ctx *ctx, struct recs *w, struct str *message)
{
	static const unsigned said[] = {
		FIELD_PROCESS_NAME, FIELD_PROCESS_PID, FIELD_LOG_SYSLOG_PROCID};
	struct str text = *message;

	if (!ctx->half || is_bound(ctx->bound))
		return false;
	while (text.n > 0 && text.p[0] == ' ')
		str_skip(&text, 1);
	if (sources_read_program(ctx, w, text))
		return true;
	if (!w->cur)
		return true;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		put_forget(w, said[i]);
	ctx->program = ctx->pid = STR("");
	*message = ctx->text;
	recognise_begin(ctx, w);
	return false;
}

/* A relay's header, and behind it the sender's. */
static bool
behind_relay(struct parse_ctx *ctx, struct recs *w, struct str message)
{
	struct nested in = {.text = message, .header = true};

	return w->cur && ctx->enveloped && envelope_begins(message, &in.sure) &&
	       (in.sure || ctx->program.n == 0) && parse_inner(ctx, w, &in);
}

void
recognise_message(struct parse_ctx *ctx, struct recs *w, struct str message)
{
	const struct bound *bound = ctx->bound;
	struct str times, inside;
	uint64_t reasons = 0;

	ctx->fixed_source = bound->source;
	/* Without a header only brackets say that somebody repeats another's message. */
	if (envelope_repeats(message, &times, &inside) && (ctx->enveloped || inside.n > 0)) {
		rec_put_named(w, STR("noroshi.repeated"), VALUE_NUMBER, times, 0);
		if (inside.n == 0) {
			keep_unparsed(ctx, w, false);
			return;
		}
		message = inside;
	}
	if (is_bound(bound)) {
		if (by_bound(ctx, w, message, &reasons) || behind_relay(ctx, w, message))
			return;
		/* A shipper put the promised product's message into its own JSON. */
		if (w->cur && !is_container(bound) && nested_read(ctx, w, message))
			return;
	} else if (behind_relay(ctx, w, message) || by_content(ctx, w, message, &reasons)) {
		return;
	}
	if (!w->cur)
		return;
	/* Nobody took it: what those who looked closer found wrong is worth knowing. */
	w->cur->reasons |= reasons;
	keep_unparsed(ctx, w, is_bound(bound));
	if (bound->source)
		w->cur->product = (uint16_t)(ROWS + source_number(bound->source));
	else if (bound->row)
		w->cur->product = parser_number(bound->row);
}

/* ---- inside others ---- */

static bool
read_inner(struct parse_ctx *ctx, struct recs *w, const struct nested *in, struct str message)
{
	uint64_t reasons = 0;

	if (in->timed)
		envelope_time(ctx, w, in->time);
	if (in->program.n) {
		ctx->enveloped = true;
		envelope_process(ctx, w, in->program, in->pid);
	} else {
		ctx->program = ctx->pid = STR("");
		envelope_read(ctx, w, &message);
	}
	if (in->host.n && ctx->host.n == 0)
		envelope_host(ctx, w, in->host);
	recognise_begin(ctx, w);
	if (in->header &&
		(!ctx->enveloped || (!in->sure && (ctx->program.n == 0 || ctx->host.n == 0))))
		return false;
	if (behind_relay(ctx, w, message)) {
		ctx->message_done = true;
		return w->cur != NULL;
	}
	if (is_bound(ctx->bound) && !is_container(ctx->bound)
			? !by_bound(ctx, w, message, &reasons)
			: !by_content(ctx, w, message, &reasons)) {
		if (!in->header || is_bound(ctx->bound) || !w->cur)
			return false;
		w->cur->reasons |= reasons;
		keep_unparsed(ctx, w, false);
	}
	if (w->cur && !ctx->message_done && message.n > 0 &&
		!(ctx->source && rec_has(w, FIELD_MESSAGE)))
		rec_put(w, FIELD_MESSAGE, message);
	ctx->message_done = true;
	return w->cur != NULL;
}

#define HEADER_ENTRIES 32u

/* When somebody who passed the message on had it first. */
static void
put_created(struct recs *w, int64_t ns)
{
	char text[32];

	if (w->cur && ns != STAMP_BEYOND && !rec_has(w, FIELD_EVENT_CREATED))
		rec_put(w, FIELD_EVENT_CREATED, str_make(text, stamp_format(ns, text)));
}

#define MADE_WITHIN_NS (3600 * (uint64_t)NS_PER_S)

void
recognise_made(const struct parse_ctx *ctx, struct recs *w)
{
	if (ctx->timed && ctx->header_timed && ctx->header_time > w->cur->time &&
		(uint64_t)ctx->header_time - (uint64_t)w->cur->time <= MADE_WITHIN_NS)
		put_created(w, ctx->header_time);
}

/* The relay's header makes room for the sender's: what it named goes, its structured data stays. */
static void
drop_header(struct recs *w)
{
	struct entry *e = batch_entries(w->b);
	uint32_t to = w->cur->first_entry, n = batch_results(w->b)->nentries;

	for (uint32_t i = to; i < n; i++)
		if (e[i].field == FIELD_NAMED || e[i].field == FIELD_NOROSHI_CHARSET)
			e[to++] = e[i];
	batch_results(w->b)->nentries = to;
}

bool
parse_inner(struct parse_ctx *ctx, struct recs *w, const struct nested *in)
{
	struct parse_ctx before = *ctx;
	struct entry header[HEADER_ENTRIES];
	uint32_t nheader;
	uint32_t mark = batch_results(w->b)->nentries;
	struct record record;
	bool ok;

	if (!w->cur || ctx->depth >= NESTED_DEPTH)
		return false;
	record = *w->cur;
	nheader = mark - record.first_entry;
	if (in->header && nheader > HEADER_ENTRIES)
		return false;
	if (in->header) {
		memcpy(header, batch_entries(w->b) + record.first_entry, nheader * sizeof(*header));
		drop_header(w);
	}
	ctx->depth++;
	ctx->message_done = false;
	ctx->text = in->text;
	ctx->host = STR("");
	/* Years and zones that the inner header leaves out are those of the shipper's time. */
	if (in->timed && in->time != STAMP_BEYOND)
		ctx->arrival = in->time;
	if (in->header)
		ctx->timed = false;
	ok = read_inner(ctx, w, in, in->text);
	/* Who passed it on, and when it did. */
	if (ok && in->header && before.host.n && !str_eq(before.host, ctx->host))
		rec_put_named(w, STR("noroshi.relay"), VALUE_STRING, before.host, 0);
	if (ok && in->header && before.timed)
		put_created(w, before.header_time);
	else if (ok && in->timed && w->cur && w->cur->time != in->time)
		put_created(w, in->time);
	ctx->arrival = before.arrival;
	ctx->depth = before.depth;
	ctx->text = before.text;
	/* The next element of an array begins with the header of the outside. */
	ctx->envelope_from = before.envelope_from;
	ctx->envelope_n = before.envelope_n;
	ctx->header_time = before.header_time;
	ctx->header_reasons = before.header_reasons;
	ctx->header_flags = before.header_flags;
	ctx->header_timed = before.header_timed;
	ctx->original_off = before.original_off;
	ctx->original_len = before.original_len;
	ctx->host = before.host;
	ctx->program = before.program;
	ctx->pid = before.pid;
	if (ok || !w->cur)
		return ok;
	if (in->header)
		memcpy(batch_entries(w->b) + record.first_entry, header, nheader * sizeof(*header));
	batch_results(w->b)->nentries = mark;
	*w->cur = record;
	*ctx = before;
	return false;
}
