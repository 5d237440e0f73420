#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "reference.h"
#include "world.h"

/* Random correlations over random histories: the engine says what the plain reading says. */

struct dice {
	uint64_t x;
};

static unsigned
roll(struct dice *d, unsigned sides)
{
	d->x ^= d->x << 13;
	d->x ^= d->x >> 7;
	d->x ^= d->x << 17;
	return (unsigned)((d->x >> 11) % sides);
}

static int
random_expr(struct dice *d, struct ref_corr *c, int depth)
{
	unsigned what = roll(d, 6);
	int a, b;

	if (c->nexpr > 9 || depth > 3 || what < 2) {
		c->expr[c->nexpr] = (struct ref_expr){'n', (int)roll(d, (unsigned)c->nfeeds), 0};
		return c->nexpr++;
	}
	a = random_expr(d, c, depth + 1);
	if (what == 2) {
		c->expr[c->nexpr] = (struct ref_expr){'!', a, 0};
		return c->nexpr++;
	}
	b = random_expr(d, c, depth + 1);
	c->expr[c->nexpr] = (struct ref_expr){what < 5 ? '&' : '|', a, b};
	return c->nexpr++;
}

static void
random_feeds(struct dice *d, struct ref_corr *c, int before)
{
	int most = REF_RULES + before, want = 1 + (int)roll(d, 3);

	if (c->type >= RT_TEMPORAL && want == 1)
		want = 2;
	while (c->nfeeds < want) {
		int f = (int)roll(d, (unsigned)most), j = 0;

		while (j < c->nfeeds && c->feeds[j] != f)
			j++;
		if (j == c->nfeeds)
			c->feeds[c->nfeeds++] = f;
	}
}

static struct ref_corr
random_corr(struct dice *d, bool dense, int before)
{
	static const int spans[] = {5, 20, 50, 200, 600};
	struct ref_corr c = {.type = dense ? RT_ORDERED : (enum ref_type)roll(d, RT_TYPES)};

	random_feeds(d, &c, before);
	c.span = spans[dense ? 3 + roll(d, 2) : roll(d, 5)] / 10 * 10;
	if (c.span == 0)
		c.span = 10;
	switch (roll(d, 4)) {
	case 0:
		c.by_u = true;
		break;
	case 1:
		c.by_u = c.by_h = true;
		break;
	case 2:
		c.alias = true;
		break;
	default:
		break;
	}
	c.generate = roll(d, 2);
	c.tuple = c.type == RT_VALUES && roll(d, 3) == 0;
	c.percentile = 25 * roll(d, 5);
	if (c.type >= RT_TEMPORAL && roll(d, 3) == 0) {
		random_expr(d, &c, 0);
		return c;
	}
	if (c.type >= RT_TEMPORAL && roll(d, 2))
		return c;
	c.ntests = 1 + (roll(d, 4) == 0);
	for (int i = 0; i < c.ntests; i++) {
		c.tests[i].op = (int)roll(d, 6);
		c.tests[i].than = c.type == RT_SHARE ? 10 * roll(d, 11)
				  : c.type >= RT_SUM && c.type < RT_TEMPORAL
					  ? 0.5 * (int)roll(d, 30) - 4
					  : 1 + roll(d, 5);
	}
	return c;
}

static void
feed_name(struct buf *b, int feed)
{
	if (feed < REF_RULES)
		buf_add_char(b, (char)('a' + feed));
	else
		buf_printf(b, "m%d", feed - REF_RULES);
}

static void
write_expr(struct buf *b, const struct ref_corr *c, int at)
{
	const struct ref_expr *e = &c->expr[at];

	if (e->kind == 'n') {
		feed_name(b, c->feeds[e->a]);
		return;
	}
	buf_add_char(b, '(');
	if (e->kind == '!')
		BUF_ADD_LIT(b, "not ");
	write_expr(b, c, e->a);
	if (e->kind != '!') {
		buf_add_str(b, e->kind == '&' ? STR(" and ") : STR(" or "));
		write_expr(b, c, e->b);
	}
	buf_add_char(b, ')');
}

static void
write_corr(struct buf *b, const struct ref_corr *c, int i)
{
	static const char *const types[] = {"event_count", "value_count", "value_sum", "value_avg",
		"value_median", "value_percentile", "value_percentile", "temporal",
		"temporal_ordered"};
	static const char *const ops[] = {"gt", "gte", "lt", "lte", "eq", "neq"};
	bool doubled = c->ntests == 2 && c->tests[0].op == c->tests[1].op;

	buf_printf(b, "---\ntitle: M\nname: m%d\ncorrelation:\n  type: %s\n  timespan: %ds\n", i,
		types[c->type], c->span / 10);
	BUF_ADD_LIT(b, "  rules:\n");
	for (int f = 0; f < c->nfeeds; f++) {
		BUF_ADD_LIT(b, "    - ");
		feed_name(b, c->feeds[f]);
		buf_add_char(b, '\n');
	}
	if (c->by_u || c->by_h || c->alias)
		buf_printf(b, "  group-by: [%s%s%s]\n", c->by_u ? "u" : "", c->by_h ? ", h" : "",
			c->alias ? "who" : "");
	if (c->alias) {
		BUF_ADD_LIT(b, "  aliases:\n    who:\n");
		for (int f = 0; f < c->nfeeds; f++) {
			BUF_ADD_LIT(b, "      ");
			feed_name(b, c->feeds[f]);
			buf_printf(b, ": %s\n",
				c->feeds[f] == 0 || c->feeds[f] >= REF_RULES ? "u" : "h");
		}
	}
	if (c->generate)
		BUF_ADD_LIT(b, "  generate: true\n");
	if (c->nexpr) {
		BUF_ADD_LIT(b, "  condition: ");
		write_expr(b, c, c->nexpr - 1);
		buf_add_char(b, '\n');
	} else if (c->ntests) {
		BUF_ADD_LIT(b, "  condition:\n");
		for (int t = 0; t < c->ntests - doubled; t++)
			buf_printf(b, "    %s: %g\n", ops[c->tests[t].op], c->tests[t].than);
		if (c->type >= RT_VALUES && c->type <= RT_SHARE)
			buf_printf(b, "    field: %s\n", c->tuple ? "[v, h]" : "v");
		if (c->type == RT_PERCENTILE)
			buf_printf(b, "    percentile: %g\n", c->percentile);
	}
}

static const char detections[] = "title: A\nname: a\nlogsource: {product: test}\ndetection:\n  "
				 "s:\n    a: 1\n  condition: s\n"
				 "---\n"
				 "title: B\nname: b\nlogsource: {product: test}\ndetection:\n  "
				 "s:\n    b: 1\n  condition: s\n"
				 "---\n"
				 "title: C\nname: c\nlogsource: {product: test}\ndetection:\n  "
				 "s:\n    c: 1\n  condition: s\n";

static void
random_event(struct dice *d, bool dense, int64_t *now, struct ref_event *e, struct buf *text)
{
	static const char *const us[] = {"x", "y", "X", "7", "true", NULL, NULL};
	static const char *const said[] = {
		"u=x", "u=y", "u=X", "u=7", "u=true", "u=null", "u=[1,2]"};
	static const char *const hs[] = {"1", "2", "x", NULL};
	static const char *const hsaid[] = {"h=1", "h=[2]", "h='x'", "h={}"};
	static const char *const vs[] = {"0", "1", "1.5", "2", "-1", "10", "2.0", "z", NULL};
	static const char *const vsaid[] = {
		"v=0", "v='1'", "v=1.5", "v=2", "v=-1", "v=10", "v=2.0", "v=z", "v=[]"};
	unsigned u = roll(d, 7), h = roll(d, 4), v = roll(d, 9), step = roll(d, 10);

	if (dense)
		*now += (int64_t)roll(d, 3);
	else
		*now += step < 4 ? 0 : step < 9 ? (int64_t)roll(d, 12) : (int64_t)roll(d, 80);
	e->time = *now - (roll(d, 4) == 0 ? (int64_t)roll(d, 60) : 0);
	e->u = us[u];
	e->h = hs[h];
	e->v = vs[v];
	buf_clear(text);
	for (int i = 0; i < REF_RULES; i++) {
		e->rules[i] = roll(d, 3) == 0;
		buf_printf(text, "%c=%d ", 'a' + i, e->rules[i]);
	}
	buf_printf(text, "%s %s %s", said[u], hsaid[h], vsaid[v]);
}

static size_t
one_history(uint64_t seed, bool dense, unsigned events, unsigned restart)
{
	struct dice d = {seed * UINT64_C(0x9e3779b97f4a7c15) | 1};
	struct ref_corr c[REF_CORRS];
	bool every = seed & 1;
	struct correlator_options opt = {.refire_every = every, .lead_ns = 300 * S, .seed = seed};
	struct buf yaml = {0}, want = {0}, text = {0};
	struct reference *ref;
	struct world w;
	int64_t now = 10000;
	size_t said;

	buf_add_str(&yaml, str_of(detections));
	for (int i = 0; i < REF_CORRS; i++) {
		c[i] = random_corr(&d, dense, i);
		if (c[i].ntests == 2 && c[i].tests[0].op == c[i].tests[1].op)
			c[i].ntests = 1;
		write_corr(&yaml, &c[i], i);
	}
	ref = reference_new(c, REF_CORRS, every);
	w = world_open(buf_z(&yaml), &opt, 0);
	cr_assert_eq(w.failed, 0, "%.*s\n%s", (int)w.said.n, w.said.p, buf_z(&yaml));
	for (unsigned i = 0; i < events; i++) {
		struct ref_event e;

		random_event(&d, dense, &now, &e, &text);
		world_say(&w, e.time * (S / 10), buf_z(&text));
		reference_event(ref, &e, &want);
		if (restart && i % restart == restart - 1)
			world_restart(&w);
	}
	said = want.n;
	cr_assert_str_eq(buf_z(&w.matches), buf_z(&want), "seed %llu\n%s", (unsigned long long)seed,
		buf_z(&yaml));
	reference_free(ref);
	world_close(&w);
	buf_done(&yaml);
	buf_done(&want);
	buf_done(&text);
	return said;
}

Test(correlation_property, agrees_with_the_plain_reading)
{
	size_t said = 0;

	for (uint64_t seed = 1; seed <= 500; seed++)
		said += one_history(seed, false, 240, seed % 5 == 0 ? 37 : 0);
	cr_expect_gt(said, 500000u, "histories in which nothing happens show nothing: %zu", said);
}

/* Windows of hundreds, where late entries go far back into chains. */
Test(correlation_property, long_ordered_windows)
{
	size_t said = 0;

	for (uint64_t seed = 1; seed <= 60; seed++)
		said += one_history(seed, true, REF_EVENTS, seed % 7 == 0 ? 61 : 0);
	cr_expect_gt(said, 100000u, "histories in which nothing happens show nothing: %zu", said);
}

/* What a region of 64 KiB makes of the same histories: much is lost, but always the same. */
static size_t
pressed(uint64_t seed, uint64_t table_seed, unsigned restart, struct buf *out)
{
	struct dice d = {seed * UINT64_C(0x9e3779b97f4a7c15) | 1};
	struct correlator_options opt = {
		.refire_every = true, .lead_ns = 300 * S, .seed = table_seed};
	struct buf yaml = {0}, text = {0};
	struct correlator_stats st;
	int64_t now = 10000;
	struct world w;

	buf_add_str(&yaml, str_of(detections));
	for (int i = 0; i < REF_CORRS; i++) {
		struct ref_corr c = random_corr(&d, seed % 3 == 0, i);

		c.span = 600;
		write_corr(&yaml, &c, i);
	}
	w = world_open(buf_z(&yaml), &opt, (size_t)64 << 10);
	for (unsigned i = 0; i < REF_EVENTS * 3; i++) {
		struct ref_event e;

		random_event(&d, true, &now, &e, &text);
		world_say(&w, e.time * (S / 10), buf_z(&text));
		if (restart && i % restart == restart - 1)
			world_restart(&w);
	}
	correlator_stats(w.k, &st);
	buf_add_str(out, buf_str(&w.matches));
	world_close(&w);
	buf_done(&yaml);
	buf_done(&text);
	return st.evicted + st.evicted_entries;
}

Test(correlation_property, under_pressure_nothing_depends_on_luck)
{
	size_t lost = 0;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct buf a = {0}, b = {0};

		lost += pressed(seed, 1, 0, &a);
		pressed(seed, 4711, 53, &b);
		cr_expect_str_eq(buf_z(&a), buf_z(&b), "seed %llu", (unsigned long long)seed);
		buf_done(&a);
		buf_done(&b);
	}
	cr_expect_gt(lost, 1000u, "the region was never full: %zu", lost);
}
