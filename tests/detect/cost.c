/* What rules cost: counted per rule, told once, whatever the number of records. */
#include <criterion/criterion.h>

#include "sigma.h"

struct told {
	struct buf text;
	uint64_t ns;
};

static void
note(void *ctx, uint32_t rule, const struct rule_cost *c)
{
	struct told *t = ctx;

	buf_printf(&t->text, "%u:%llu/%llu ", rule, (unsigned long long)c->looked,
		(unsigned long long)c->hits);
	t->ns += c->ns;
}

Test(cost, counted_per_rule_and_told_once)
{
	struct told t = {0};
	struct match_cost all;
	struct buf out = {0};
	struct sigma s;

	sigma_open(&s,
		"title: a\nid: a\nlogsource: {product: p}\n"
		"detection: {a: {A|contains: foo, B: bar}, condition: a}\n---\n"
		"title: b\nid: b\nlogsource: {product: p}\n"
		"detection: {a: {A: never}, condition: a}\n---\n"
		"title: c\nid: c\nlogsource: {product: p}\n"
		"detection: {a: {C: x}, condition: not a}\n",
		NULL);
	for (unsigned i = 0; i < 100; i++)
		sigma_match(
			&s, i % 10 == 0 ? "{\"A\":\"food\",\"B\":\"bar\"}" : "{\"C\":\"x\"}", &out);
	matcher_take_costs(s.matcher, note, &t, &all);
	cr_expect_str_eq(buf_z(&t.text), "0:10/10 2:100/10 ", "b is never looked at");
	cr_expect_eq(all.records, 100);
	cr_expect_gt(t.ns, 0, "one of 64 is timed, and stands for all");
	cr_expect_gt(all.scan_ns, 0);
	buf_clear(&t.text);
	matcher_take_costs(s.matcher, note, &t, &all);
	cr_expect_eq(t.text.n, 0, "told once");
	cr_expect_eq(all.records, 0);
	sigma_close(&s);
	buf_done(&out);
	buf_done(&t.text);
}
