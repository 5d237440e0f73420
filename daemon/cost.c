#include "daemon/cost.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/json.h"
#include "base/mem.h"

struct cell {
	_Atomic uint64_t looked, hits, ns;
};

struct cost_table {
	size_t n, bytes;
	_Atomic uint64_t records, scan_ns;
	struct cell rules[];
};

struct cost_table *
cost_table_new(size_t rules)
{
	size_t bytes = sizeof(struct cost_table) + rules * sizeof(struct cell);
	struct cost_table *t =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		return NULL;
	t->n = rules;
	t->bytes = bytes;
	return t;
}

void
cost_table_free(struct cost_table *t)
{
	if (t)
		munmap(t, t->bytes);
}

static void
add(_Atomic uint64_t *to, uint64_t v)
{
	if (v)
		atomic_fetch_add_explicit(to, v, memory_order_relaxed);
}

static void
on_rule(void *ctx, uint32_t rule, const struct rule_cost *c)
{
	struct cost_table *t = ctx;

	if (rule >= t->n)
		return;
	add(&t->rules[rule].looked, c->looked);
	add(&t->rules[rule].hits, c->hits);
	add(&t->rules[rule].ns, c->ns);
}

void
cost_take(struct cost_table *t, struct matcher *m)
{
	struct match_cost all;

	if (!t || !m)
		return;
	matcher_take_costs(m, on_rule, t, &all);
	add(&t->records, all.records);
	add(&t->scan_ns, all.scan_ns);
}

static uint64_t
get(const _Atomic uint64_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

void
cost_json(const struct cost_table *t, const struct ruleset *rs, struct buf *out)
{
	const char *comma = "";

	buf_printf(out, "{\"records\":%" PRIu64 ",\"scan_us\":%" PRIu64 ",\"rules\":[",
		t ? get(&t->records) : 0, t ? get(&t->scan_ns) / 1000 : 0);
	for (size_t i = 0; t && i < t->n && i < ruleset_count(rs); i++) {
		const struct cell *c = &t->rules[i];
		const struct rule_info *r = ruleset_rule(rs, (uint32_t)i);

		if (get(&c->looked) == 0)
			continue;
		buf_printf(out, "%s{\"id\":", comma);
		json_quote(out, r->words.id);
		BUF_ADD_LIT(out, ",\"title\":");
		json_quote(out, r->words.title);
		buf_printf(out, ",\"looked\":%" PRIu64 ",\"hits\":%" PRIu64 ",\"us\":%" PRIu64 "}",
			get(&c->looked), get(&c->hits), get(&c->ns) / 1000);
		comma = ",";
	}
	BUF_ADD_LIT(out, "]}\n");
}
