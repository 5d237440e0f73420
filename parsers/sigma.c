/*
 * sigma.c - NDJSON whose fields keep their own names; the key `logsource` is the label, or where
 * the events are labelled so, their own product, category and service.
 *
 * Field lookup as Sigma's conformance sets ask: a literal dotted key wins over a path, and of two
 * paths with the same dotted name the one found first, dots tried from left to right.
 */
#include "base/stamp.h"
#include "parsers/jsonrow.h"
#include "parsers/put.h"

struct reading {
	struct recs *w; /* first: json_row_room */
	bool odd;       /* some key contains a dot */
	bool stamped, usable;
	bool plain_label; /* input_context's */
	bool from_at;     /* by @timestamp, which hides timestamp even if it is unusable */
	int64_t time;
	uint64_t cuts[RECORD_ENTRIES_MAX]; /* per entry: which dots of its name lie between keys */
};

static const struct json_limits limits = {
	.depth = 200, .keys = RECORD_ENTRIES_MAX, .name = RECORD_NAME_MAX};

static uint64_t
cuts_of(const struct json_value *v, bool *odd)
{
	uint64_t cuts = 0;
	unsigned dot = 0, part = 0;

	if (v->parts == 1 && (v->name.n == 0 || !memchr(v->name.p, '.', v->name.n)))
		return 0;
	for (size_t i = 0; i < v->name.n; i++) {
		if (v->name.p[i] != '.')
			continue;
		if (part + 1 < v->parts && v->ends[part] == i) {
			cuts |= dot < 64 ? UINT64_C(1) << dot : 0;
			part++;
		} else {
			*odd = true;
		}
		dot++;
	}
	return cuts;
}

/* Two digits, or -1. */
static int
two(const char *p)
{
	return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

/* ".123456789..." into nanoseconds; more than nine digits are cut. */
static bool
fraction(struct str *s, int *nano)
{
	size_t n = 1;
	int v = 0;

	*nano = 0;
	if (s->n == 0 || s->p[0] != '.')
		return true;
	for (; n < s->n && is_digit(s->p[n]); n++)
		if (n <= 9)
			v = v * 10 + (s->p[n] - '0');
	if (n == 1)
		return false;
	for (size_t k = n; k <= 9; k++)
		v *= 10;
	str_skip(s, n);
	*nano = v;
	return true;
}

/* YYYY-MM-DD[T ]hh:mm:ss[.fraction][Z|+hh:mm] and nothing else. */
static bool
time_text(struct str s, int64_t *ret)
{
	struct civil c;
	int64_t shift = 0;

	if (s.n < 19 || s.p[4] != '-' || s.p[7] != '-' || (s.p[10] != 'T' && s.p[10] != ' ') ||
		s.p[13] != ':' || s.p[16] != ':' || two(s.p) < 0 || two(s.p + 2) < 0)
		return false;
	c = (struct civil){.year = two(s.p) * 100 + two(s.p + 2),
		.month = two(s.p + 5),
		.day = two(s.p + 8),
		.hour = two(s.p + 11),
		.minute = two(s.p + 14),
		.second = two(s.p + 17)};
	str_skip(&s, 19);
	if (!fraction(&s, &c.nano) || !civil_valid(&c))
		return false;
	if (s.n == 6 && (s.p[0] == '+' || s.p[0] == '-') && s.p[3] == ':') {
		int h = two(s.p + 1), m = two(s.p + 4);

		if (h < 0 || m < 0 || h > 23 || m > 59)
			return false;
		shift = (h * 60 + m) * 60 * NS_PER_S * (s.p[0] == '-' ? -1 : 1);
	} else if (s.n != 0 && !str_eq(s, STR("Z"))) {
		return false;
	}
	*ret = civil_to_ns(&c) - shift;
	return true;
}

#define PLAIN_MAX 64

/*
 * A number without sign written without exponent: its digits with the dot where it belongs. What
 * is less than any nanosecond is 0; false: more than any time, or more digits than fit.
 */
static bool
plain_number(struct str s, char room[PLAIN_MAX], struct str *ret)
{
	struct str part[3]; /* before the dot, behind it, the exponent */
	bool has = false, down;
	uint64_t e;
	int64_t point;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		has |= s.p[i] == 'e' || s.p[i] == 'E';
	*ret = s;
	if (!has)
		return true;
	part[2] = s;
	if (!str_cut(&part[2], 'e', &part[0])) {
		part[2] = s;
		str_cut(&part[2], 'E', &part[0]);
	}
	part[1] = part[0];
	if (!str_cut(&part[1], '.', &part[0]))
		part[1] = STR("");
	down = str_take(&part[2], STR("-"));
	(void)str_take(&part[2], STR("+"));
	if (!str_u64(part[2], &e) || e > 400)
		e = 400;
	point = (int64_t)part[0].n + (down ? -(int64_t)e : (int64_t)e);
	if (point < -20) {
		*ret = STR("0");
		return true;
	}
	if (part[0].n + part[1].n > PLAIN_MAX / 2 || point > PLAIN_MAX / 2) {
		*ret = STR("0");
		return str_eq(part[0], STR("0")) && part[1].n == 0;
	}
	if (point <= 0) {
		room[n++] = '0';
		room[n++] = '.';
		for (; point < 0; point++)
			room[n++] = '0';
		point = -1;
	}
	for (size_t i = 0; i < part[0].n + part[1].n; i++) {
		if ((int64_t)i == point)
			room[n++] = '.';
		room[n++] = i < part[0].n ? part[0].p[i] : part[1].p[i - part[0].n];
	}
	for (int64_t i = (int64_t)(part[0].n + part[1].n); i < point; i++)
		room[n++] = '0';
	*ret = str_make(room, n);
	return true;
}

/* Seconds since 1970, milliseconds if it is 10^11 or more. */
static bool
time_number(struct str s, int64_t *ret)
{
	bool neg = str_take(&s, STR("-"));
	char room[PLAIN_MAX];
	uint64_t whole;
	int nano;

	if (!plain_number(s, room, &s))
		return false;
	if (!str_take_u64(&s, &whole) || whole >= UINT64_C(9000000000000) || !fraction(&s, &nano) ||
		s.n != 0)
		return false;
	if (whole >= UINT64_C(100000000000)) {
		nano = nano / 1000 + (int)(whole % 1000) * 1000000;
		whole /= 1000;
	}
	if (whole > UINT64_C(9000000000))
		return false;
	*ret = (int64_t)whole * NS_PER_S + nano;
	if (neg)
		*ret = -*ret;
	return true;
}

static void
take_time(struct reading *r, const struct json_value *v)
{
	bool at = str_eq(v->name, STR("@timestamp"));

	if ((v->name.n != 9 && !at) || !v->literal || (!at && !str_eq(v->name, STR("timestamp"))) ||
		(!at && r->from_at))
		return;
	r->stamped = true;
	r->from_at = at;
	r->usable = !v->in_array &&
		    ((v->kind == VALUE_STRING && time_text(v->text, &r->time)) ||
			    (v->kind == VALUE_NUMBER && time_number(v->text, &r->time)));
}

static void
put_label(struct reading *r, struct str part, const struct json_value *v)
{
	unsigned field = str_eq(part, STR("product"))    ? FIELD_LOGSOURCE_PRODUCT
			 : str_eq(part, STR("category")) ? FIELD_LOGSOURCE_CATEGORY
			 : str_eq(part, STR("service"))  ? FIELD_LOGSOURCE_SERVICE
							 : FIELD_NAMED;

	if (field == FIELD_NAMED || v->kind != VALUE_STRING)
		return;
	if (field == FIELD_LOGSOURCE_CATEGORY)
		record_set_family(r->w->cur, family_of_category(v->text));
	rec_put_kind(
		r->w, field, VALUE_STRING, v->text, ENTRY_HIDDEN | (v->in_array ? ENTRY_ARRAY : 0));
}

/* The label: product, category, service below the key `logsource`. True: it is no data. */
static bool
take_label(struct reading *r, const struct json_value *v)
{
	struct str name = v->name;

	if (r->plain_label) {
		/* 7 and 8 are the lengths of the three names. */
		if (v->parts == 1 && (name.n == 7 || name.n == 8))
			put_label(r, name, v);
		return false;
	}
	if (v->ends[0] != 9 || !str_take(&name, STR("logsource")))
		return false;
	str_skip(&name, 1); /* the dot */
	if (v->parts == 2)
		put_label(r, name, v);
	return true;
}

static bool
take(void *ctx, const struct json_value *v)
{
	struct reading *r = ctx;
	struct recs *w = r->w;
	unsigned flags = v->in_array ? ENTRY_ARRAY : 0;
	bool odd = false;
	uint64_t cuts;
	uint32_t at;

	if (take_label(r, v))
		return !w->overflow;
	at = batch_results(w->b)->nentries - w->cur->first_entry;
	take_time(r, v);
	cuts = cuts_of(v, &odd);
	if (odd && v->literal)
		flags |= ENTRY_LITERAL;
	if (odd && str_starts(v->name, STR("logsource.")))
		json_row_aside(w, STR("json."), v); /* data, not the label */
	else if (v->name.n == 0)
		json_row_aside(w, STR("(empty)"), v); /* no name can ask for it, keywords can */
	else
		rec_put_named(w, v->name, v->kind, v->text, flags);
	r->odd = r->odd || odd;
	if (at < RECORD_ENTRIES_MAX)
		r->cuts[at] = cuts;
	return !w->overflow;
}

/*
 * Is the first lookup of a name the one that takes `a`? At the first dot where they differ one path
 * goes on below and the other has a longer key, which wins only if it is all that is left.
 */
static bool
found_first(uint64_t a, uint64_t b)
{
	uint64_t differ = a ^ b, first = differ & (0 - differ);
	bool a_longer = !(a & first);
	uint64_t longer = a_longer ? a : b;
	bool longer_wins = (longer & ~(first - 1)) == 0;

	return a_longer == longer_wins;
}

static bool
same_name(struct batch b, const struct entry *x, const struct entry *y)
{
	if (x->field || y->field)
		return x->field == y->field;
	return str_eq(
		batch_bytes(b, x->name_off, x->name_len), batch_bytes(b, y->name_off, y->name_len));
}

/* Names that came by more than one way: mark what the lookup finds first. */
static void
settle(struct reading *r)
{
	struct batch b = r->w->b;
	struct entry *e = batch_entries(b) + r->w->cur->first_entry;
	uint32_t n = batch_results(b)->nentries - r->w->cur->first_entry;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t best = r->cuts[i];
		bool ways = false, earlier = false;

		if (e[i].flags & ENTRY_HIDDEN)
			continue;
		for (uint32_t j = 0; j < n; j++) {
			if (!same_name(b, &e[i], &e[j]))
				continue;
			earlier = earlier || j < i;
			if (r->cuts[j] == best)
				continue;
			ways = true;
			if (found_first(r->cuts[j], best))
				best = r->cuts[j];
		}
		for (uint32_t j = i; ways && !earlier && j < n; j++)
			if (same_name(b, &e[i], &e[j]))
				e[j].flags = (uint8_t)((e[j].flags & ~ENTRY_LITERAL) |
						       (r->cuts[j] == best ? ENTRY_LITERAL : 0));
	}
}

static enum parsed
sigma_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct reading r;
	struct json_sink sink = {take, json_row_room, &r};
	uint64_t flags = 0;
	enum reason rc;

	r.w = w;
	r.plain_label = ctx->in->plain_label;
	r.odd = r.stamped = r.usable = r.from_at = false;
	r.time = ctx->arrival;
	ctx->message_done = true;
	w->cur->logsource = LOGSOURCE_LABEL;
	rc = json_flatten(message, &limits, &sink, &flags);
	w->cur->reasons |= flags;
	if (rc == REASON_JSON_KEYS || rc == REASON_JSON_DEPTH) {
		rec_flag(w, rc); /* an event all the same: what was read is matched */
	} else if (rc != REASON_NONE) {
		return PARSED_NOT; /* broken lines and non-objects are no events */
	}
	if (r.odd && !w->overflow)
		settle(&r);
	if (r.usable)
		w->cur->time = r.time;
	else
		w->cur->flags |= RECORD_NO_TIME | RECORD_TIME_ARRIVAL;
	return PARSED_OK;
}

const struct parser parser_sigma = {
	.name = "sigma",
	.logsource = LOGSOURCE_LABEL,
	.parse = sigma_parse,
	.flags = PARSER_BARE,
};
