/* Which rules apply to which kind of log (Sigma's logsource). */
#include "detect/ruleset.h"

#include "base/mem.h"
#include "base/utf8.h"

static void
set_bit(uint64_t *words, size_t i)
{
	words[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool
has_bit(const uint64_t *words, size_t i)
{
	return words[i / 64] >> (i % 64) & 1;
}

/* Is the wanted value among the list's? Nothing wanted: yes. */
static bool
has_value(struct str list, struct str want)
{
	struct str one;
	bool more = list.n > 0;

	if (want.n == 0)
		return true;
	while (more) {
		more = str_cut(&list, ROUTE_SEPARATOR, &one);
		if (str_eq(one, want))
			return true;
	}
	return false;
}

static struct str
listed(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n * 3 + 1);
	size_t n = utf8_lower_to(s, p);

	for (size_t i = 0; i < n; i++)
		if (p[i] == ',')
			p[i] = ROUTE_SEPARATOR;
	return str_make(p, n);
}

void
route_room(const struct ruleset *rs, struct arena *a, struct group *g)
{
	g->rules = arena_alloc(a, rs->rule_words * sizeof(uint64_t));
	g->always = arena_alloc(a, (rs->nalways + 1) * sizeof(uint32_t));
	g->slots = arena_alloc(a, rs->slot_words * sizeof(uint64_t));
	g->shards = arena_alloc(a, rs->shard_words * sizeof(uint64_t));
}

bool
route_fits(
	const struct ruleset *rs, const struct attributes *label, const struct attributes *source)
{
	return rs->opt.ignore_logsource || (has_value(label->product, source->product) &&
						   has_value(label->category, source->category) &&
						   has_value(label->service, source->service));
}

static bool
of_part(const struct rule *r, enum matcher_part part)
{
	return part == MATCH_ALL || (part == MATCH_LATE) == r->info.late;
}

/* The databases in which a rule of the group has a literal. */
static void
fill_shards(const struct ruleset *rs, const struct attributes *label, struct group *g)
{
	for (size_t i = 0; i < rs->nshards; i++) {
		const struct scan_shard *s = &rs->shards[i];
		bool wanted = false;

		if (!route_fits(rs, label, &s->source))
			continue;
		for (size_t k = 0; k < s->n && !wanted; k++) {
			const struct witness *w = &rs->witnesses[s->items[k]];

			for (size_t j = 0; j < w->nrules && !wanted; j++)
				wanted = has_bit(g->rules, w->rules[j]);
		}
		if (wanted)
			set_bit(g->shards, i);
	}
}

void
route_fill(const struct ruleset *rs, enum matcher_part part, const struct attributes *label,
	struct group *g)
{
	bool *fits;

	memset(g->rules, 0, rs->rule_words * sizeof(uint64_t));
	g->nalways = 0;
	memset(g->slots, 0, rs->slot_words * sizeof(uint64_t));
	memset(g->shards, 0, rs->shard_words * sizeof(uint64_t));
	g->empty = true;
	fits = mem_zero(rs->nsources + 1, sizeof(*fits));
	for (size_t i = 0; i < rs->nsources; i++)
		fits[i] = route_fits(rs, label, &rs->sources[i]);
	for (size_t i = 0; i < rs->nrules; i++) {
		const struct rule *r = &rs->rules[i];

		if (r->info.off || !of_part(r, part) || !fits[r->source_id])
			continue;
		g->empty = false;
		set_bit(g->rules, i);
		if (r->always)
			g->always[g->nalways++] = (uint32_t)i;
	}
	mem_free(fits);
	for (size_t i = 0; i < rs->nwitnesses; i++) {
		const struct witness *w = &rs->witnesses[i];

		for (size_t k = 0; k < w->nrules && !has_bit(g->slots, w->slot); k++)
			if (has_bit(g->rules, w->rules[k]))
				set_bit(g->slots, w->slot);
	}
	fill_shards(rs, label, g);
}

struct attributes
route_label(struct arena *a, struct str product, struct str category, struct str service)
{
	return (struct attributes){listed(a, product), listed(a, category), listed(a, service)};
}

void
route_build(struct ruleset *rs)
{
	rs->rule_words = rs->nrules / 64 + 1;
	rs->slot_words = rs->nslots / 64 + 1;
	rs->shard_words = rs->nshards / 64 + 1;
	for (unsigned i = 0; i < LOGSOURCE_COUNT; i++) {
		const struct logsource_row *row = logsource_row((enum logsource)i);
		struct attributes label =
			route_label(&rs->arena, row->product, row->category, row->service);

		for (int part = MATCH_ALL; part <= MATCH_LATE; part++) {
			route_room(rs, &rs->arena, &rs->groups[part][i]);
			route_fill(rs, (enum matcher_part)part, &label, &rs->groups[part][i]);
		}
	}
}
