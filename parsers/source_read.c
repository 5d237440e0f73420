/* source_read.c - which definition knows a message, and how it is put into the record. */
#include "base/allowed.h"
#include "parsers/generic.h"
#include "parsers/jsonrow.h"
#include "parsers/put.h"
#include "parsers/source_index.h"
#include "parsers/xml.h"

/* So far in front of a JSON object may stand what a relay wrote: "-: {", "name[1]: {". */
#define JSON_LEAD 96u
/* And in front of an XML document: a header without priority, structured data, a byte order mark.
 */
#define XML_LEAD 512u

/* With fewer columns, values are no way to recognise a row. */
#define LEAST_COLUMNS 3u

/* ---- recognition ---- */

static bool
any_starts(const struct str *v, size_t n, struct str text)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(text, v[i]))
			return true;
	return n == 0;
}

static bool
all_contained(const struct str *v, size_t n, struct str text)
{
	for (size_t i = 0; i < n; i++)
		if (str_find(text, v[i]) < 0)
			return false;
	return true;
}

/* A program's name, or "name*" for what begins with it. */
static bool
is_program(const struct recognise *r, struct str program)
{
	for (size_t i = 0; i < r->nprograms; i++) {
		struct str name = r->programs[i];

		if (name.p[name.n - 1] == '*' ? str_starts(program, str_make(name.p, name.n - 1))
					      : str_eq_nocase(program, name))
			return true;
	}
	return r->nprograms == 0;
}

/* Columns that their values alone tell: only where a layout says how many there must be. */
static bool
enough_columns(const struct source *s, struct str text)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < s->nlayouts; i++)
		least = s->layouts[i].least < least ? s->layouts[i].least : least;
	if (least < LEAST_COLUMNS || s->nlayouts == 0)
		return false;
	while (--least) {
		ptrdiff_t at = str_chr(text, s->separator);

		if (at < 0)
			return false;
		str_skip(&text, (size_t)at + 1);
	}
	return true;
}

/* Could the text be this definition's, before it was taken apart? By the alternatives that name a
 * program, or by those that look at the text alone. */
static bool
text_fits(const struct source *s, const struct pairs *p, struct str text, bool by_program)
{
	for (size_t i = 0; i < s->nrecognise; i++) {
		const struct recognise *r = &s->recognise[i];

		if (by_program != (r->nprograms > 0))
			continue;
		if (r->nprograms + r->nstarts + r->ncontains == 0) {
			if (s->shape == SHAPE_CSV && r->cond.n && enough_columns(s, text))
				return true;
			continue;
		}
		if (is_program(r, p->program) && any_starts(r->starts, r->nstarts, text) &&
			all_contained(r->contains, r->ncontains, text))
			return true;
	}
	return false;
}

/* And after. */
static bool
pairs_fit(const struct source *s, struct pairs *p, struct str text)
{
	for (size_t i = 0; i < s->nrecognise; i++) {
		const struct recognise *r = &s->recognise[i];

		if (is_program(r, p->program) && any_starts(r->starts, r->nstarts, text) &&
			all_contained(r->contains, r->ncontains, text) && pairs_hold(p, &r->cond))
			return true;
	}
	return false;
}

/* A definition with layouts may be meant by the header's names as well: if columns by name are all
 * that it asks for, and they are there. */
static bool
names_fit(const struct source *s, struct pairs *p)
{
	for (size_t i = 0; i < s->nrecognise; i++) {
		const struct recognise *r = &s->recognise[i];

		if (r->nprograms + r->nstarts + r->ncontains == 0 && r->cond.n > 0 &&
			pairs_hold(p, &r->cond))
			return true;
	}
	return false;
}

/* ---- putting ---- */

void
source_drop_doubled(struct recs *w, uint32_t mark)
{
	struct batch_results *res = batch_results(w->b);
	struct entry *e = batch_entries(w->b);
	uint32_t kept = mark, first;

	if (!w->cur || w->overflow)
		return;
	first = w->cur->first_entry;
	for (uint32_t i = mark; i < res->nentries; i++) {
		bool stood = false;

		if (e[i].field != FIELD_NAMED && (names_kind(w->names, e[i].field) != FIELD_A ||
							 ecs_allowed_words(e[i].field)))
			for (uint32_t k = first; k < mark && !stood; k++)
				stood = e[k].field == e[i].field;
		if (!stood)
			e[kept++] = e[i];
	}
	res->nentries = kept;
}

static void
keep_native(const struct source *s, struct recs *w, struct pairs *p)
{
	uint32_t mark = batch_results(w->b)->nentries;

	for (size_t i = 0; i < p->n; i++) {
		const struct pair *v = &p->v[i];

		if ((v->used && !s->keep_all) || v->name.n == 0 || v->name.p[0] == '#')
			continue;
		/* The definition says which time is the event's. */
		if (s->ntimes && str_eq(v->name, STR("@timestamp")))
			continue;
		if (s->shape == SHAPE_JSON) {
			struct json_value j = {.name = v->name,
				.text = v->value,
				.kind = (enum value_kind)v->kind,
				.in_array = (v->flags & ENTRY_ARRAY) != 0,
				.literal = v->literal};

			/* Many wrap what they tell in an object called "event": its
			 * members are no fields of ECS. */
			if (!s->ecs && str_starts(v->name, STR("event.")) &&
				json_row_is_ecs(w, v->name))
				json_row_aside(w, s->prefix, &j);
			else
				json_row_put(w, &j);
		} else if (v->value.n == 0 || v->value.n > RECORD_VALUE_MAX) {
			continue;
		} else if (s->generic) {
			generic_put(w, s->prefix, v->name, v->value);
		} else {
			rec_put_prefixed(w, s->prefix, v->name, v->value);
		}
	}
	/* "user.name" of the message beside the one that a row has set. */
	source_drop_doubled(w, mark);
}

static void
pull(const struct source *s, struct recs *w, struct pairs *p)
{
	for (size_t i = 0; i < s->nextracts; i++) {
		const struct extract *x = &s->extracts[i];
		uint64_t flags = 0;
		bool has;
		struct str text = pairs_text(p, x->from, &has);

		if (text.n == 0)
			continue;
		if (x->shape == SHAPE_KV) {
			pairs_kv(p, w, &x->kv, x->prefix, text);
		} else if (x->shape == SHAPE_JSON) {
			pairs_json(p, w, x->prefix, text, &flags);
		} else if (x->all) {
			for (size_t k = 0; k < x->patterns.n; k++) {
				const struct pattern *m =
					pairs_pattern(p, &x->patterns.v[k], 1, text);

				if (m)
					source_set(w, &m->set);
			}
		} else {
			const struct pattern *m =
				pairs_pattern(p, x->patterns.v, x->patterns.n, text);

			if (m)
				source_set(w, &m->set);
		}
	}
}

/* A tunnel is remote access, whatever the box is besides; else the definition's kind is the family.
 */
static enum log_family
family(const struct source *s, const struct recs *w)
{
	const struct entry *e = batch_entries(w->b);
	enum log_family named = FAMILY_OTHER;

	for (uint32_t i = w->cur->first_entry; i < batch_results(w->b)->nentries; i++) {
		enum log_family one;

		if (e[i].field != FIELD_LOGSOURCE_CATEGORY)
			continue;
		one = family_of_category(entry_text(w->b, &e[i]));
		if (named == FAMILY_OTHER || one == FAMILY_REMOTE)
			named = one;
	}
	return named == FAMILY_REMOTE || s->family == FAMILY_OTHER ? named : s->family;
}

/* Several values of one attribute stand apart by commas; a rule's word may be any of them. */
static void
put_label(struct recs *w, unsigned field, struct str list)
{
	bool many = str_chr(list, ',') >= 0, more = list.n > 0;
	struct str one;

	while (more) {
		more = str_cut(&list, ',', &one);
		rec_put_kind(w, field, VALUE_STRING, one, ENTRY_HIDDEN | (many ? ENTRY_ARRAY : 0));
	}
}

/* "Apr  2 10:02:03 4870 1040/02/ ..." begins like a header; its host is a process number. With a
 * priority in front a relay has written a header of its own. */
static bool
forget_header(struct parse_ctx *ctx, struct recs *w)
{
	static const unsigned fields[] = {FIELD_HOST_NAME, FIELD_LOG_SYSLOG_HOSTNAME,
		FIELD_PROCESS_NAME, FIELD_PROCESS_PID, FIELD_LOG_SYSLOG_PROCID,
		FIELD_LOG_SYSLOG_APPNAME};

	if (ctx->text.n == 0 || ctx->text.p[0] == '<')
		return false;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put_forget(w, fields[i]);
	rec_put(w, FIELD_MESSAGE, ctx->text);
	return true;
}

static void
apply(const struct source *s, struct parse_ctx *ctx, struct recs *w, struct pairs *p,
	const struct pattern *m)
{
	/* The header's host is the one that forwards, where the message names another. */
	bool forwarded = ctx->host.n && rec_has(w, FIELD_HOST_NAME);

	if (forwarded)
		put_forget(w, FIELD_HOST_NAME);
	w->cur->logsource = s->logsource;
	ctx->source = s;
	if (s->headless && forget_header(ctx, w))
		forwarded = false;
	pull(s, w, p);
	source_time(s, ctx, w, p);
	for (size_t i = 0; i < s->nwhens; i++) {
		if (!pairs_hold(p, &s->whens[i].cond))
			continue;
		source_set(w, &s->whens[i].set);
		if (s->whens[i].stop)
			break;
	}
	if (m)
		source_set(w, &m->set);
	for (size_t i = 0; i < s->nops; i++)
		source_op(s, w, p, &s->ops[i]);
	source_set(w, &s->set);
	source_spans(ctx, w);
	if (forwarded && !rec_has(w, FIELD_HOST_NAME))
		rec_put(w, FIELD_HOST_NAME, ctx->host);
	else if (forwarded && !rec_has(w, FIELD_LOG_SYSLOG_HOSTNAME))
		rec_put(w, FIELD_LOG_SYSLOG_HOSTNAME, ctx->host);
	if (!s->keep_none)
		keep_native(s, w, p);
	put_fold(w);
	record_set_family(w->cur, family(s, w));
	if (s->logsource == LOGSOURCE_LABEL) {
		put_label(w, FIELD_LOGSOURCE_PRODUCT, s->product);
		if (!rec_has(w, FIELD_LOGSOURCE_CATEGORY))
			put_label(w, FIELD_LOGSOURCE_CATEGORY, s->category);
		if (!rec_has(w, FIELD_LOGSOURCE_SERVICE))
			put_label(w, FIELD_LOGSOURCE_SERVICE, s->service);
	}
	if (p->limit_hit)
		rec_flag(w, REASON_FORMAT);
}

/* ---- shapes ---- */

static void
begin(struct parse_ctx *ctx, struct str message)
{
	struct pairs *p = ctx->pairs;

	pairs_begin(p);
	p->program = ctx->program;
	p->host = ctx->host;
	p->message = message;
}

/* The object in a text that begins with one, or has a relay's few words in front of it. */
static bool
find_json(struct str *text)
{
	struct str s = str_trim(*text);
	ptrdiff_t at = str_chr(str_make(s.p, s.n < JSON_LEAD ? s.n : JSON_LEAD), '{');

	if (at < 0)
		return false;
	str_skip(&s, (size_t)at);
	if (!json_looks_like(s))
		return false;
	*text = s;
	return true;
}

static bool
read_one(const struct source *s, struct parse_ctx *ctx, struct recs *w, struct str message)
{
	struct pairs *p = ctx->pairs;
	const struct pattern *m = NULL;
	struct str text = s->whole ? ctx->text : message;
	uint64_t flags = 0;

	begin(ctx, text);
	switch (s->shape) {
	case SHAPE_JSON:
		if (!find_json(&text) || pairs_json(p, w, STR(""), text, &flags) != REASON_NONE)
			return false;
		break;
	case SHAPE_KV:
		pairs_kv(p, w, &s->kv, STR(""), text);
		if (p->n == 0)
			return false;
		break;
	case SHAPE_CSV:
		if (!pairs_columns(p, w, s, text))
			return false;
		break;
	case SHAPE_CEF:
	case SHAPE_LEEF:
	case SHAPE_XML:
		if (!source_container(s->shape, ctx, w, text))
			return false;
		break;
	case SHAPE_TEXT:
		m = pairs_pattern(p, s->patterns.v, s->patterns.n, text);
		if (!m && (!s->accept || p->strict))
			return false;
		break;
	case SHAPES:
		return false;
	}
	if (ctx->fixed_source != s && !pairs_fit(s, p, text))
		return false;
	/* What a shape without patterns of its own may still say in words. */
	if (s->shape != SHAPE_TEXT && s->patterns.n)
		m = pairs_pattern(p, s->patterns.v, s->patterns.n, text);
	if (s->shape != SHAPE_TEXT)
		ctx->message_done = true;
	w->cur->reasons |= flags;
	apply(s, ctx, w, p, m);
	return true;
}

bool
source_read(const struct source *s, struct parse_ctx *ctx, struct recs *w, struct str message)
{
	uint32_t mark = batch_results(w->b)->nentries;
	struct record before = *w->cur;

	if (read_one(s, ctx, w, message))
		return true;
	if (w->cur) {
		batch_results(w->b)->nentries = mark;
		*w->cur = before;
	}
	ctx->source = NULL;
	ctx->message_done = false;
	return false;
}

static bool
read_any(struct parse_ctx *ctx, struct recs *w, struct str message, bool by_program, bool last)
{
	const struct sources *all = ctx->pairs->sources;
	struct candidates who = {0};

	begin(ctx, message);
	if (ctx->pairs->ask_all)
		index_everybody(&who);
	else if (by_program)
		index_by_program(all->index, ctx->program, &who);
	else
		index_by_content(all->index, ctx->pairs->scratch, message, ctx->text, &who);
	for (size_t i = candidates_next(&who, 0); i < all->n; i = candidates_next(&who, i + 1)) {
		const struct source *s = all->v[i];

		if (s->shape == SHAPE_JSON || s->shape == SHAPE_CEF || s->shape == SHAPE_LEEF ||
			s->shape == SHAPE_XML || s->last != last)
			continue;
		if (text_fits(s, ctx->pairs, s->whole ? ctx->text : message, by_program) &&
			source_read(s, ctx, w, message))
			return true;
	}
	return false;
}

bool
sources_read_program(struct parse_ctx *ctx, struct recs *w, struct str message)
{
	return ctx->program.n && read_any(ctx, w, message, true, false);
}

/* By those that are asked last: sentences of the program, then sentences that many share, then the
 * program's name alone. */
static bool
read_last(struct parse_ctx *ctx, struct recs *w, struct str message)
{
	bool found = false;

	if (ctx->program.n) {
		ctx->pairs->strict = true;
		found = read_any(ctx, w, message, true, true);
		ctx->pairs->strict = false;
	}
	return found || read_any(ctx, w, message, false, true) ||
	       (ctx->program.n && read_any(ctx, w, message, true, true));
}

bool
sources_know_program(const struct parse_ctx *ctx, struct str program)
{
	return index_knows_program(ctx->pairs->sources->index, program);
}

static const struct kv_style plain_kv = {.pair = '='};

/* Begins with "key=" and has three signs in the first bytes. */
static bool
looks_like_pairs(struct str s)
{
	size_t i = 0, signs = 0;

	while (i < s.n && i < 64 && s.p[i] != '=' && s.p[i] != ' ')
		i++;
	if (i == 0 || i >= s.n || s.p[i] != '=')
		return false;
	for (; i < s.n && i < 512; i++)
		signs += s.p[i] == '=';
	return signs >= 3;
}

bool
sources_read(struct parse_ctx *ctx, struct recs *w, struct str message)
{
	struct str text = message;
	uint64_t flags = 0;
	enum reason rc;
	ptrdiff_t at;

	/* Whole JSON, CEF and LEEF are their rows' to take apart; they ask the definitions then. */
	if (json_looks_like(message) || str_starts(message, STR("CEF:")) ||
		str_starts(message, STR("LEEF:")))
		return false;
	if (read_any(ctx, w, message, false, false))
		return true;
	if (xml_begins(message) && sources_claim_container(SHAPE_XML, ctx, w, message))
		return true;
	/* A document behind a forwarder's words: its declaration says where it begins. */
	at = str_find(
		str_make(message.p, message.n < XML_LEAD ? message.n : XML_LEAD), STR("<?xml "));
	if (at > 0 && sources_claim_container(
			      SHAPE_XML, ctx, w, str_make(message.p + at, message.n - (size_t)at)))
		return true;
	if (looks_like_pairs(message)) {
		begin(ctx, message);
		pairs_kv(ctx->pairs, w, &plain_kv, STR(""), message);
		if (sources_claim(ctx, w, SHAPE_KV, message))
			return true;
	}
	/* An object behind a relay's words; bare ones are the JSON row's. */
	if (message.n && message.p[0] != '{' && message.p[0] != '[' && find_json(&text) &&
		sources_claim_json(ctx, w, text, &rc, &flags)) {
		ctx->message_done = true;
		w->cur->reasons |= flags;
		return true;
	}
	return !ctx->stray && read_last(ctx, w, message);
}

/* Which definitions are asked: those that stand for all that nobody knows (`last`) may have to
 * wait. */
enum asked { ASK_ALL, ASK_PRODUCTS, ASK_LAST };

static bool
claim(struct parse_ctx *ctx, struct recs *w, enum source_shape shape, struct str message,
	enum asked asked)
{
	struct pairs *p = ctx->pairs;
	const struct sources *all = p->sources;
	struct candidates who = {0};

	/* The configured definition need not recognise what it reads. */
	if (p->ask_all || ctx->fixed_source)
		index_everybody(&who);
	else
		index_by_values(all->index, p, shape, message, &who);
	for (size_t i = candidates_next(&who, 0); i < all->n; i = candidates_next(&who, i + 1)) {
		const struct source *s = all->v[i];

		if (s->shape != shape || (ctx->fixed_source && s != ctx->fixed_source))
			continue;
		if (!ctx->fixed_source && asked != ASK_ALL && s->last != (asked == ASK_LAST))
			continue;
		/* Other spellings have to be taken apart by their own rule. */
		if (shape == SHAPE_KV && (s->kv.pair != '=' || s->kv.gap || s->kv.open))
			continue;
		if (shape == SHAPE_CSV && s->nlayouts > 0
				? !names_fit(s, p)
				: !ctx->fixed_source && !pairs_fit(s, p, message))
			continue;
		ctx->message_done = true;
		apply(s, ctx, w, p,
			s->patterns.n ? pairs_pattern(p, s->patterns.v, s->patterns.n, message)
				      : NULL);
		return true;
	}
	return false;
}

bool
sources_claim(struct parse_ctx *ctx, struct recs *w, enum source_shape shape, struct str message)
{
	return claim(ctx, w, shape, message, ASK_ALL);
}

bool
sources_claim_json(
	struct parse_ctx *ctx, struct recs *w, struct str text, enum reason *rc, uint64_t *flags)
{
	begin(ctx, text);
	*rc = pairs_json(ctx->pairs, w, STR(""), text, flags);
	return *rc == REASON_NONE && claim(ctx, w, SHAPE_JSON, text, ASK_PRODUCTS);
}

bool
sources_claim_json_last(struct parse_ctx *ctx, struct recs *w, struct str text)
{
	return !ctx->fixed_source && claim(ctx, w, SHAPE_JSON, text, ASK_LAST);
}

void
sources_hint(struct parse_ctx *ctx, struct recs *w)
{
	const struct pairs *p = ctx->pairs;

	if (!w->cur || rec_has(w, FIELD_EVENT_KIND) || rec_has(w, FIELD_EVENT_CATEGORY) ||
		rec_has(w, FIELD_EVENT_ACTION))
		return;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == VALUE_STRING || p->v[i].kind == VALUE_NUMBER)
			generic_hint(w, p->v[i].name, p->v[i].value);
}

void
sources_begin(struct parse_ctx *ctx, struct str message)
{
	begin(ctx, message);
}
