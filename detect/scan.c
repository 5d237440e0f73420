/* The prefilter's tables: per slot two hash tables and a literal database. */
#include <hs/hs.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "detect/cache.h"
#include "detect/ruleset.h"

struct str
scan_tail(struct str text)
{
	size_t i = text.n;

	while (i > 0 && text.p[i - 1] != '\\' && text.p[i - 1] != '/')
		i--;
	return i ? str_make(text.p + i - 1, text.n - i + 1) : (struct str){text.p, 0};
}

uint32_t
scan_lookup(const struct ruleset *rs, const struct scan_table *t, struct str text)
{
	size_t at;

	/* Most values are spared the hash by their length alone. */
	if (!(t->lengths >> (text.n % 64) & 1))
		return NONE;
	at = hash_text(text) & t->mask;
	for (; t->at[at]; at = (at + 1) & t->mask)
		if (str_eq(rs->witnesses[t->at[at] - 1].text, text))
			return t->at[at] - 1;
	return NONE;
}

static void
table_build(struct ruleset *rs, struct scan_table *t, const uint32_t *list, size_t n)
{
	size_t size = 4;

	while (size < n * 2)
		size *= 2;
	t->mask = size - 1;
	t->at = arena_alloc(&rs->arena, size * sizeof(*t->at));
	for (size_t i = 0; i < n; i++) {
		struct str text = rs->witnesses[list[i]].text;
		size_t at = hash_text(text) & t->mask;

		t->lengths |= UINT64_C(1) << (text.n % 64);
		while (t->at[at])
			at = (at + 1) & t->mask;
		t->at[at] = list[i] + 1;
	}
}

static int
database_build(struct ruleset *rs, struct scan_shard *s, struct diag *why)
{
	const char **texts = mem_zero(s->n, sizeof(*texts));
	unsigned *flags = mem_zero(s->n, sizeof(*flags)), *ids = mem_zero(s->n, sizeof(*ids));
	size_t *lengths = mem_zero(s->n, sizeof(*lengths));
	hs_compile_error_t *error = NULL;
	hs_error_t rc;

	for (size_t i = 0; i < s->n; i++) {
		texts[i] = rs->witnesses[s->items[i]].text.p;
		lengths[i] = rs->witnesses[s->items[i]].text.n;
		flags[i] = HS_FLAG_SINGLEMATCH;
		ids[i] = s->items[i];
	}
	rc = hs_compile_lit_multi(
		texts, flags, ids, lengths, (unsigned)s->n, HS_MODE_BLOCK, NULL, &s->db, &error);
	if (rc == HS_SUCCESS)
		rc = hs_alloc_scratch(s->db, &rs->scratch);
	if (rc != HS_SUCCESS)
		diag_set(why, NULL, 0, "the literal scanner refused %zu literals: %s", s->n,
			error ? error->message : "out of memory");
	hs_free_compile_error(error);
	mem_free(texts);
	mem_free(flags);
	mem_free(ids);
	mem_free(lengths);
	return rc == HS_SUCCESS ? 0 : ERR_UNSUPPORTED;
}

static bool
same_source(const struct attributes *a, const struct attributes *b)
{
	return str_eq(a->product, b->product) && str_eq(a->category, b->category) &&
	       str_eq(a->service, b->service);
}

/* The slot's shard for a rule's log source, made if there is none. */
static uint32_t
shard_for(struct ruleset *rs, struct scan_slot *s, const struct rule *r, bool beyond)
{
	struct attributes source = r->source;
	uint32_t i;

	if (rs->opt.ignore_logsource)
		source = (struct attributes){0};
	for (i = s->first_shard; i < rs->nshards; i++)
		if (rs->shards[i].beyond_ascii == beyond &&
			same_source(&rs->shards[i].source, &source))
			return i;
	rs->shards = mem_grow(rs->shards, rs->nshards, &rs->cap_shards, sizeof(*rs->shards));
	rs->shards[rs->nshards++] = (struct scan_shard){.source = source, .beyond_ascii = beyond};
	s->nshards++;
	return i;
}

static void
join_shard(struct ruleset *rs, uint32_t witness, uint32_t shard)
{
	struct witness *w = &rs->witnesses[witness];
	struct scan_shard *to = &rs->shards[shard];

	for (size_t i = 0; i < w->nshards; i++)
		if (w->shards[i] == shard)
			return;
	/* At most one per rule. */
	w->shards = w->shards ? w->shards : arena_alloc(&rs->arena, w->nrules * sizeof(*w->shards));
	w->shards[w->nshards++] = shard;
	to->items = mem_grow(to->items, to->n, &to->cap, sizeof(*to->items));
	to->shortest = to->n == 0 || w->text.n < to->shortest ? w->text.n : to->shortest;
	to->items[to->n++] = witness;
}

static void
shards_fill(struct ruleset *rs, uint32_t slot, const uint32_t *list, size_t n)
{
	struct scan_slot *s = &rs->scan[slot];

	s->first_shard = (uint32_t)rs->nshards;
	for (size_t i = 0; i < n; i++) {
		const struct witness *w = &rs->witnesses[list[i]];
		bool beyond = !utf8_is_ascii(w->text);

		for (size_t k = 0; k < w->nrules; k++)
			join_shard(rs, list[i], shard_for(rs, s, &rs->rules[w->rules[k]], beyond));
	}
}

/* All databases, from the cache if it has them. */
static int
databases_build(struct ruleset *rs, struct diag *why)
{
	int rc = 0;

	if (rs->opt.cache && rs->nshards > 0 && cache_read(rs, rs->opt.cache, why))
		return 0;
	for (size_t i = 0; i < rs->nshards && rc == 0; i++)
		rc = database_build(rs, &rs->shards[i], why);
	if (rc == 0 && rs->opt.cache && rs->opt.cache_keep && rs->nshards > 0)
		cache_write(rs, rs->opt.cache, why);
	return rc;
}

/* Witnesses of one slot, sorted by kind. */
static void
slot_build(struct ruleset *rs, uint32_t slot, const uint32_t *list, size_t n)
{
	struct scan_slot *s = &rs->scan[slot];
	uint32_t *some = mem_zero(n + 1, sizeof(*some));

	s->present = NONE;
	for (unsigned kind = 0; kind <= WITNESS_PRESENT; kind++) {
		size_t found = 0;

		for (size_t i = 0; i < n; i++)
			if (rs->witnesses[list[i]].kind == kind)
				some[found++] = list[i];
		if (found == 0)
			continue;
		if (kind == WITNESS_EQUALS)
			table_build(rs, &s->equals, some, found);
		else if (kind == WITNESS_TAIL)
			table_build(rs, &s->tails, some, found);
		else if (kind == WITNESS_PRESENT)
			s->present = some[0];
		else
			shards_fill(rs, slot, some, found);
		s->folding = s->folding ? s->folding
					: arena_alloc(&rs->arena, (n + 1) * sizeof(*s->folding));
		for (size_t i = 0; i < found; i++)
			if (rs->witnesses[some[i]].folds)
				s->folding[s->nfolding++] = some[i];
	}
	mem_free(some);
}

int
scan_build(struct ruleset *rs, struct diag *why)
{
	size_t *count = mem_zero(rs->nslots + 1, sizeof(*count));
	uint32_t **lists = mem_zero(rs->nslots + 1, sizeof(*lists));

	rs->scan = mem_zero(rs->nslots, sizeof(*rs->scan));
	for (uint32_t w = 0; w < rs->nwitnesses; w++)
		if (rs->witnesses[w].nrules > 0)
			count[rs->witnesses[w].slot]++;
	for (size_t i = 0; i < rs->nslots; i++) {
		lists[i] = mem_zero(count[i] + 1, sizeof(**lists));
		count[i] = 0;
	}
	for (uint32_t w = 0; w < rs->nwitnesses; w++)
		if (rs->witnesses[w].nrules > 0)
			lists[rs->witnesses[w].slot][count[rs->witnesses[w].slot]++] = w;
	for (size_t i = 0; i < rs->nslots; i++) {
		slot_build(rs, (uint32_t)i, lists[i], count[i]);
		mem_free(lists[i]);
	}
	mem_free(lists);
	mem_free(count);
	return databases_build(rs, why);
}

void
scan_free(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->nshards; i++) {
		if (rs->shards[i].db)
			hs_free_database(rs->shards[i].db);
		mem_free(rs->shards[i].items);
	}
	mem_free(rs->shards);
	mem_free(rs->scan);
	if (rs->scratch)
		hs_free_scratch(rs->scratch);
}
