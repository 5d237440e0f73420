/* source_time.c - the event's time by a definition's rows: common forms, or a given format. */
#include "base/stamp.h"
#include "base/zone.h"
#include "parsers/generic.h"
#include "parsers/put.h"
#include "parsers/source_inside.h"

struct reading {
	struct civil c;
	bool pm, am, utc, has_epoch, has_year;
	int64_t epoch, offset;
	bool has_offset;
};

static bool
take_number(struct str *s, size_t most, int *ret)
{
	size_t i = 0;
	int v = 0;

	while (s->n && s->p[0] == ' ')
		str_skip(s, 1);
	for (; i < s->n && i < most && is_digit(s->p[i]); i++)
		v = v * 10 + (s->p[i] - '0');
	if (i == 0)
		return false;
	str_skip(s, i);
	*ret = v;
	return true;
}

static bool
take_word(struct str *s)
{
	size_t i = 0;

	while (i < s->n && (s->p[i] | 0x20) >= 'a' && (s->p[i] | 0x20) <= 'z')
		i++;
	str_skip(s, i);
	return i > 0;
}

static bool
take_offset(struct str *s, struct reading *r)
{
	int sign, hours, minutes = 0;

	if (s->n && (s->p[0] == 'Z' || s->p[0] == 'z')) {
		str_skip(s, 1);
		r->utc = true;
		return true;
	}
	if (str_take(s, STR("UTC")) || str_take(s, STR("GMT")))
		r->utc = true;
	if (s->n == 0 || (s->p[0] != '+' && s->p[0] != '-'))
		return r->utc;
	sign = s->p[0] == '-' ? -1 : 1;
	str_skip(s, 1);
	if (!take_number(s, 2, &hours))
		return false;
	str_take(s, STR(":"));
	if (s->n && is_digit(s->p[0]) && !take_number(s, 2, &minutes))
		return false;
	r->has_offset = true;
	r->offset = sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60) * NS_PER_S;
	return hours < 24 && minutes < 60;
}

static bool
take_fraction(struct str *s, int *nano)
{
	int scale = 100000000;

	*nano = 0;
	if (s->n == 0 || !is_digit(s->p[0]))
		return false;
	for (; s->n && is_digit(s->p[0]); scale /= 10) {
		*nano += (s->p[0] - '0') * scale;
		str_skip(s, 1);
	}
	return true;
}

static bool
take_month(struct str *s, int *ret)
{
	char three[4] = {0};

	if (s->n < 3)
		return false;
	memcpy(three, s->p, 3);
	*ret = stamp_month(three);
	return *ret > 0 && take_word(s);
}

static bool
take_token(char what, struct str *s, struct reading *r)
{
	int v;

	switch (what) {
	case 'Y':
		r->has_year = true;
		return take_number(s, 4, &r->c.year);
	case 'y':
		r->has_year = true;
		if (!take_number(s, 2, &v))
			return false;
		r->c.year = v < 70 ? 2000 + v : 1900 + v;
		return true;
	case 'm':
		return take_number(s, 2, &r->c.month);
	case 'b':
	case 'B':
		return take_month(s, &r->c.month);
	case 'd':
	case 'e':
		return take_number(s, 2, &r->c.day);
	case 'H':
	case 'I':
		return take_number(s, 2, &r->c.hour);
	case 'M':
		return take_number(s, 2, &r->c.minute);
	case 'S':
		return take_number(s, 2, &r->c.second);
	case 'f':
		return take_fraction(s, &r->c.nano);
	case 'p':
		r->pm = s->n && (s->p[0] | 0x20) == 'p';
		r->am = s->n && (s->p[0] | 0x20) == 'a';
		return (r->pm || r->am) && take_word(s);
	case 'a':
	case 'A':
	case 'Z':
		return take_word(s);
	case 'z':
		return take_offset(s, r);
	case 's':
		r->has_epoch = stamp_take_epoch(s, &r->epoch);
		return r->has_epoch;
	default:
		return what == '%' && str_take(s, STR("%"));
	}
}

bool
source_strptime(
	struct str text, const char *format, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	struct reading r = {.c = {.month = 1, .day = 1}};
	struct str s = str_trim(text);

	for (const char *f = format; *f; f++) {
		if (*f == ' ') {
			while (s.n && s.p[0] == ' ')
				str_skip(&s, 1);
		} else if (*f == '%' && f[1]) {
			if (!take_token(*++f, &s, &r))
				return false;
		} else if (s.n == 0 || s.p[0] != *f) {
			return false;
		} else {
			str_skip(&s, 1);
		}
	}
	if (s.n && s.p[0] != ' ')
		return false;
	if (r.has_epoch) {
		*ret = r.epoch;
		return true;
	}
	if (r.pm && r.c.hour < 12)
		r.c.hour += 12;
	if (r.am && r.c.hour == 12)
		r.c.hour = 0;
	if (!r.has_year) {
		struct civil now;
		int64_t best = 0;

		civil_of_ns(arrival, &now);
		/* The year that brings it nearest to its arrival. */
		for (int year = now.year - 1; year <= now.year + 1; year++) {
			int64_t ns, gap;

			r.c.year = year;
			if (!civil_valid(&r.c))
				continue;
			ns = civil_to_ns(&r.c);
			gap = ns > arrival ? ns - arrival : arrival - ns;
			if (best == 0 || gap < (best > arrival ? best - arrival : arrival - best))
				best = ns;
		}
		if (best == 0)
			return false;
		civil_of_ns(best, &r.c);
	}
	if (!civil_valid(&r.c))
		return false;
	*ret = civil_to_ns(&r.c);
	if (r.has_offset)
		*ret -= r.offset;
	else if (!r.utc)
		*ret = zone_to_utc(zone, *ret, arrival);
	return true;
}

static bool
by_spec(const struct time_spec *t, struct parse_ctx *ctx, struct pairs *p, int64_t *ret)
{
	char joined[128];
	struct str text = STR(""), zone;
	size_t n = 0;
	bool has;

	for (size_t i = 0; i < t->nkeys; i++) {
		text = pairs_text(p, t->keys[i], &has);
		if (text.n == 0)
			return false;
		if (t->nkeys == 1 && !t->zone && !t->offset.n)
			break;
		if (n + text.n + 2 > sizeof(joined))
			return false;
		if (n)
			joined[n++] = ' ';
		memcpy(joined + n, text.p, text.n);
		n += text.n;
	}
	if (t->zone || t->offset.n) {
		zone = t->zone ? pairs_text(p, t->zone, &has) : t->offset;
		if (zone.n && n + zone.n < sizeof(joined)) {
			if (zone.p[0] != '+' && zone.p[0] != '-')
				joined[n++] = ' ';
			memcpy(joined + n, zone.p, zone.n);
			n += zone.n;
		}
	}
	if (n)
		text = str_make(joined, n);
	if (t->format)
		return source_strptime(text, t->format, ctx->in->zone, ctx->arrival, ret);
	return generic_time(ctx, text, ret);
}

/* When the product made the record, if that is another moment than the event's. */
static void
put_created(const struct source *s, struct parse_ctx *ctx, struct recs *w, struct pairs *p)
{
	char text[32];
	int64_t ns;

	for (size_t i = 0; i < s->ncreated; i++) {
		if (!by_spec(&s->created[i], ctx, p, &ns) || ns == STAMP_BEYOND)
			continue;
		if (!ctx->timed || ns != w->cur->time)
			rec_put(w, FIELD_EVENT_CREATED, str_make(text, stamp_format(ns, text)));
		return;
	}
}

/* A day without a time of day: its beginning, where no row says more. */
static bool
by_day(const struct time_spec *t, struct parse_ctx *ctx, struct pairs *p, int64_t *ret)
{
	char joined[96];
	bool has;
	struct str day, zone;

	if (t->format || t->nkeys != 1)
		return false;
	day = str_trim(pairs_text(p, t->keys[0], &has));
	zone = t->zone ? pairs_text(p, t->zone, &has) : t->offset;
	if (day.n < 6 || day.n + zone.n + 7 > sizeof(joined) || str_is_number(day))
		return false;
	memcpy(joined, day.p, day.n);
	memcpy(joined + day.n, " 00:00 ", 7);
	if (zone.n > 0)
		memcpy(joined + day.n + 7, zone.p, zone.n);
	return stamp_words(str_make(joined, day.n + 7 + zone.n), ctx->in->zone, ctx->arrival, ret);
}

void
source_spans(struct parse_ctx *ctx, struct recs *w)
{
	static const unsigned fields[] = {FIELD_EVENT_START, FIELD_EVENT_END, FIELD_EVENT_CREATED};
	char text[32];
	int64_t ns;

	for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
		struct entry *e = batch_entries(w->b);
		uint32_t n = batch_results(w->b)->nentries, at = n;

		if (!rec_has(w, fields[f]))
			continue;
		for (uint32_t i = w->cur->first_entry; i < n; i++)
			if (e[i].field == fields[f])
				at = i;
		if (at < n && generic_time(ctx, entry_text(w->b, &e[at]), &ns) &&
			ns != STAMP_BEYOND)
			put_over(w, fields[f], str_make(text, stamp_format(ns, text)));
		else
			put_forget(w, fields[f]);
	}
}

static void
take_event_time(const struct source *s, struct parse_ctx *ctx, struct recs *w, struct pairs *p)
{
	bool seen = false, has;
	int64_t ns;

	for (size_t i = 0; i < 2 * s->ntimes; i++) {
		const struct time_spec *t = &s->times[i % s->ntimes];

		if (i < s->ntimes ? by_spec(t, ctx, p, &ns) : by_day(t, ctx, p, &ns)) {
			for (size_t k = 0; k < t->nkeys; k++) {
				struct pair *v = pairs_find(p, t->keys[k]);

				if (v)
					v->used = true;
			}
			parse_time(ctx, w, ns);
			return;
		}
		seen |= pairs_text(p, t->keys[0], &has).n > 0;
	}
	if (seen)
		rec_flag(w, REASON_TIMESTAMP);
}

void
source_time(const struct source *s, struct parse_ctx *ctx, struct recs *w, struct pairs *p)
{
	take_event_time(s, ctx, w, p);
	put_created(s, ctx, w, p);
}
