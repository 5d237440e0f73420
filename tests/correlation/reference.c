#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct past {
	bool gone; /* fell out of its window: for good */
	int64_t time;
	int line, first;
	unsigned rules; /* a bit per place in feeds */
	char key[64], value[64];
};

struct told {
	char key[64];
	int64_t at;
};

struct hit {
	char u[32], h[32], who[32];
	bool has_u, has_h, has_who;
	int first;
};

struct reference {
	struct ref_corr c[REF_CORRS];
	int n, line;
	bool every, referenced[REF_CORRS];
	struct past *past[REF_CORRS];
	int npast[REF_CORRS];
	struct told *told[REF_CORRS];
	int ntold[REF_CORRS];
	struct hit hits[REF_CORRS][64]; /* on this event */
	int nhits[REF_CORRS];
};

struct reference *
reference_new(const struct ref_corr *c, int n, bool every)
{
	struct reference *r = calloc(1, sizeof(*r));

	memcpy(r->c, c, (size_t)n * sizeof(*c));
	r->n = n;
	r->every = every;
	for (int i = 0; i < n; i++) {
		r->past[i] = calloc(REF_EVENTS * 8, sizeof(**r->past));
		r->told[i] = calloc(REF_EVENTS, sizeof(**r->told));
		for (int f = 0; f < c[i].nfeeds; f++)
			if (c[i].feeds[f] >= REF_RULES && !c[i].generate)
				r->referenced[c[i].feeds[f] - REF_RULES] = true;
	}
	return r;
}

void
reference_free(struct reference *r)
{
	for (int i = 0; i < r->n; i++) {
		free(r->past[i]);
		free(r->told[i]);
	}
	free(r);
}

/* ---- over one window: items of p[0..n) that are not gone and have the key ---- */

struct view {
	const struct past *at[REF_EVENTS * 8];
	int n;
};

static int
by_time(const void *a, const void *b)
{
	const struct past *x = *(const struct past *const *)a, *y = *(const struct past *const *)b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->line - y->line;
}

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
rank_of(const struct view *w, double percent)
{
	double v[REF_EVENTS * 8], rank = percent / 100 * (w->n - 1);
	int lo = (int)floor(rank), hi = (int)ceil(rank);

	for (int i = 0; i < w->n; i++)
		v[i] = atof(w->at[i]->value);
	qsort(v, (size_t)w->n, sizeof(*v), by_number);
	return v[lo] + (v[hi] - v[lo]) * (rank - lo);
}

static double
number_of(const struct ref_corr *c, const struct view *w, const struct past *now)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < w->n; i++)
		sum += atof(w->at[i]->value);
	switch (c->type) {
	case RT_SUM:
		return sum;
	case RT_AVG:
		return sum / w->n;
	case RT_MEDIAN:
		return rank_of(w, 50);
	case RT_PERCENTILE:
		return rank_of(w, c->percentile);
	case RT_SHARE:
		for (int i = 0; i < w->n; i++)
			n += strcmp(w->at[i]->value, now->value) == 0;
		return 100.0 * n / w->n;
	case RT_VALUES:
		for (int i = 0; i < w->n; i++) {
			int j = 0;

			while (j < i && strcmp(w->at[i]->value, w->at[j]->value) != 0)
				j++;
			n += j == i;
		}
		return n;
	default:
		return w->n;
	}
}

/* Is there a chain of exactly the rules in `set`, one after the other? The earliest next will do.
 */
static bool
in_order(const struct view *w, unsigned set, int nfeeds)
{
	int at = 0;

	for (int rule = 0; rule < nfeeds; rule++) {
		if (!(set >> rule & 1))
			continue;
		while (at < w->n && !(w->at[at]->rules >> rule & 1))
			at++;
		if (at++ == w->n)
			return false;
	}
	return true;
}

static bool
holds(const struct ref_corr *c, int at, unsigned seen, unsigned present, bool under_not)
{
	const struct ref_expr *e = &c->expr[at];

	switch (e->kind) {
	case 'n':
		return (under_not ? present : seen) >> e->a & 1;
	case '!':
		return !holds(c, e->a, seen, present, true);
	case '&':
		return holds(c, e->a, seen, present, under_not) &&
		       holds(c, e->b, seen, present, under_not);
	default:
		return holds(c, e->a, seen, present, under_not) ||
		       holds(c, e->b, seen, present, under_not);
	}
}

static bool
compare(const struct ref_corr *c, double v)
{
	for (int i = 0; i < c->ntests; i++) {
		double t = c->tests[i].than;
		const bool ok[] = {v > t, v >= t, v < t, v <= t, v == t, v != t};

		if (!ok[c->tests[i].op])
			return false;
	}
	return true;
}

static bool
matches(const struct ref_corr *c, const struct view *w, const struct past *now, double *count)
{
	unsigned present = 0;
	int longest = 0;
	bool some = false;

	if (c->type != RT_TEMPORAL && c->type != RT_ORDERED) {
		*count = number_of(c, w, now);
		return compare(c, *count);
	}
	for (int i = 0; i < w->n; i++)
		present |= w->at[i]->rules;
	*count = __builtin_popcount(present);
	if (c->type == RT_TEMPORAL) {
		if (c->nexpr)
			return holds(c, c->nexpr - 1, present, present, false);
		return c->ntests ? compare(c, *count) : *count == c->nfeeds;
	}
	for (unsigned set = 0; set < 1u << c->nfeeds; set++) {
		if (!in_order(w, set, c->nfeeds))
			continue;
		if (__builtin_popcount(set) > longest)
			longest = __builtin_popcount(set);
		some |= c->nexpr && holds(c, c->nexpr - 1, set, present, false);
	}
	if (c->nexpr)
		return some;
	*count = longest;
	return c->ntests ? compare(c, longest) : longest == c->nfeeds;
}

/* ---- one entry ---- */

static void
report(struct reference *r, int i, const struct past *now, int64_t newest, int first, double count,
	struct buf *out)
{
	int t = 0;

	if (r->referenced[i])
		return;
	while (t < r->ntold[i] && strcmp(r->told[i][t].key, now->key) != 0)
		t++;
	if (t < r->ntold[i] && !r->every && newest <= r->told[i][t].at + r->c[i].span)
		return;
	if (t == r->ntold[i])
		snprintf(r->told[i][r->ntold[i]++].key, sizeof(now->key), "%s", now->key);
	r->told[i][t].at = newest;
	buf_printf(out, "m%d %s %d %d %.9g\n", i, now->key, first, now->line, count);
}

static void
enter(struct reference *r, int i, const struct past *now, const struct hit *names, struct buf *out)
{
	static struct view w;
	const struct ref_corr *c = &r->c[i];
	int64_t newest = now->time;
	int first = now->first;
	double count;

	for (int p = 0; p < r->npast[i]; p++)
		if (!r->past[i][p].gone && strcmp(r->past[i][p].key, now->key) == 0 &&
			r->past[i][p].time > newest)
			newest = r->past[i][p].time;
	if (now->time < newest - c->span)
		return;
	r->past[i][r->npast[i]++] = *now;
	w.n = 0;
	for (int p = 0; p < r->npast[i]; p++) {
		struct past *it = &r->past[i][p];

		if (it->gone || strcmp(it->key, now->key) != 0)
			continue;
		if (it->time < newest - c->span) {
			it->gone = true;
			continue;
		}
		w.at[w.n++] = it;
		first = it->first < first ? it->first : first;
	}
	qsort(w.at, (size_t)w.n, sizeof(struct past *), by_time);
	if (!matches(c, &w, now, &count))
		return;
	r->hits[i][r->nhits[i]] = *names;
	r->hits[i][r->nhits[i]++].first = first;
	report(r, i, now, newest, first, count, out);
}

/* Group and value as one referenced rule gives them. */
static bool
entry_of(const struct ref_corr *c, int feed, const struct ref_event *e, const struct hit *inner,
	struct past *now, struct hit *names)
{
	const char *u = inner && inner->has_u ? inner->u : e->u;
	const char *h = inner && inner->has_h ? inner->h : e->h;
	const char *who = c->feeds[feed] >= REF_RULES ? u : c->feeds[feed] == 0 ? u : h;
	size_t n = 0;

	*names = (struct hit){.has_u = c->by_u, .has_h = c->by_h, .has_who = c->alias};
	now->key[0] = 0;
	if ((c->by_u && !u) || (c->by_h && !h) || (c->alias && !who))
		return false;
	if (c->by_u)
		n += (size_t)snprintf(now->key + n, sizeof(now->key) - n, "u=%s", u);
	if (c->by_h)
		n += (size_t)snprintf(
			now->key + n, sizeof(now->key) - n, "%sh=%s", n ? "," : "", h);
	if (c->alias)
		n += (size_t)snprintf(
			now->key + n, sizeof(now->key) - n, "%swho=%s", n ? "," : "", who);
	if (n == 0)
		snprintf(now->key, sizeof(now->key), "-");
	snprintf(names->u, sizeof(names->u), "%s", u ? u : "");
	snprintf(names->h, sizeof(names->h), "%s", h ? h : "");
	if (c->type < RT_VALUES || c->type > RT_SHARE)
		return true;
	if (!e->v || (c->tuple && !h))
		return false;
	snprintf(now->value, sizeof(now->value), "%s%s%s", e->v, c->tuple ? "\x01" : "",
		c->tuple ? h : "");
	return c->type == RT_VALUES || c->type == RT_SHARE || str_is_number(str_of(e->v));
}

void
reference_event(struct reference *r, const struct ref_event *e, struct buf *out)
{
	r->line++;
	for (int i = 0; i < r->n; i++) {
		const struct ref_corr *c = &r->c[i];
		struct past now[64];
		struct hit names[64];
		int n = 0;

		r->nhits[i] = 0;
		for (int f = 0; f < c->nfeeds; f++) {
			int inner = c->feeds[f] - REF_RULES;
			int times = inner >= 0 ? r->nhits[inner] : e->rules[c->feeds[f]];

			for (int t = 0; t < times; t++) {
				const struct hit *in = inner >= 0 ? &r->hits[inner][t] : NULL;
				int same = 0;

				now[n] = (struct past){.time = e->time,
					.line = r->line,
					.first = in ? in->first : r->line,
					.rules = 1u << f};
				if (!entry_of(c, f, e, in, &now[n], &names[n]))
					continue;
				while (strcmp(now[same].key, now[n].key) != 0)
					same++;
				if (same == n) {
					n++;
					continue;
				}
				now[same].rules |= now[n].rules;
				if (now[n].first < now[same].first)
					now[same].first = now[n].first;
			}
		}
		for (int j = 0; j < n; j++)
			enter(r, i, &now[j], &names[j], out);
	}
}
