/*
 * state.h - what correlations remember between records: rules' tables, groups, their windows. All
 * of it lies in one struct region. Private to this folder.
 *
 * Determinism: offsets, eviction and forgetting follow from the records, the rules and the region's
 * limit alone. Tables are keyed by a seeded hash that lives in the root, and nothing is ever walked
 * in table order.
 */
#ifndef CORRELATION_STATE_H
#define CORRELATION_STATE_H

#include "base/region.h"
#include "correlation/model.h"

#define STATE_NEVER INT64_MIN

/* Sums of decimals, exactly. */
__extension__ typedef __int128 wide;

/* One event in one group's window. 48 bytes. */
struct item {
	int64_t time;
	uint64_t seq;
	struct hash128 id;
	uint64_t first; /* its smallest line; in the window's front part: the smallest from here on
			   to the end of that part */
	uint64_t x;     /* rules' bits, a value's piece, or a number's bits */
};

_Static_assert(sizeof(struct item) == 48, "items lie in checkpoints");

/* A value that occurs in a window, with the number of its items. */
struct value {
	uint64_t hash;
	uint32_t count, len;
	char text[];
};

/*
 * A group of one correlation, or a folded entity. Behind it lie the correlation's arrays (aux) and
 * the key. The window is a ring of items in order of (time, seq), oldest at head.
 */
struct group {
	uint64_t hash;     /* seeded: place in the table */
	uint64_t tie;      /* unseeded: order among groups of equal time */
	int64_t newest;    /* T of SEMANTICS 5.5 */
	int64_t heap_time; /* what the heap believes of newest: never more than it */
	int64_t touched;   /* arrival of the last record that looked for it */
	int64_t reported;  /* T0 of 5.7, or STATE_NEVER */
	uint64_t suppressed;
	uint32_t at_heap;
	uint32_t key_len;
	roff ring;
	uint32_t cap, head, n;
	uint32_t front; /* so many items from head on hold the smallest `first` from there on */
	uint64_t back_first; /* smallest `first` of the others */
	/* values: a table of the different ones, or the numbers in order */
	roff values;
	uint32_t nvalues, values_cap;
	uint32_t nwild;      /* items whose number is not in sum */
	uint32_t snap_at[2]; /* ordered: items before a kept chain state */
	uint32_t families;   /* kinds of logs of the items since the window was empty */
	uint32_t spare[2];
	wide sum;         /* numbers times 10^9, exactly */
	long double wild; /* sum of those that do not fit */
};

_Static_assert(sizeof(struct group) % 16 == 0, "arrays of int64 follow");

struct slot {
	uint32_t tag; /* high half of the hash */
	roff group;   /* 0 = free */
};

/* One rule's groups. */
struct rule_state {
	struct hash128 content;
	roff table; /* struct slot[cap] */
	uint32_t cap, n;
	roff heap; /* roff[heap_cap], smallest (heap_time, tie) first */
	uint32_t heap_cap;
	uint32_t kind, aux; /* as in the shape; known also when the rule is gone */
	uint32_t spare;
	uint64_t bytes; /* taken from the region for groups and tables */
	uint64_t items;
	uint64_t matches;
};

struct state_root {
	uint64_t magic;
	uint64_t seed;
	int64_t now;     /* stream time */
	int64_t arrival; /* the newest arrival of a frame */
	roff rules;      /* struct rule_state[nrules]; the last one folds single-event alerts */
	uint32_t nrules;
	uint32_t sweep; /* next rule to look for forgotten groups in */
	uint32_t spare;
	uint64_t evicted, evicted_items, forgotten, suppressed, late, matches, shadow, keys, items;
};

_Static_assert(sizeof(struct state_root) <= REGION_ROOT_BYTES, "the root is one piece");

/* What a rule's groups need to know of the rule. */
struct rule_shape {
	enum corr_kind kind;
	uint32_t aux;
	int64_t forget; /* a group is forgotten when both stream time is further past newest, and
			 * arrival past its last touch: an input that is ahead forgets nothing that
			 * a slower one still feeds */
	const struct corr *corr; /* NULL for the folds */
};

struct state {
	struct region *region;
	struct state_root *root;
	struct rule_shape *shapes; /* root->nrules */
	uint64_t quota;
};

/* Find each rule's groups from before by content, free the others'. contents: nrules hashes, all
 * different. ERR_LIMIT: the region cannot even hold the rules' heads. */
int state_attach(struct state *s, const struct hash128 *contents, const struct rule_shape *shapes,
	uint32_t nrules, uint64_t seed);
void state_detach(struct state *s);

static inline struct rule_state *
state_rule(const struct state *s, uint32_t rule)
{
	return (struct rule_state *)region_at(s->region, s->root->rules) + rule;
}

static inline struct group *
state_group(const struct state *s, roff g)
{
	return region_at(s->region, g);
}

static inline void *
group_aux(struct group *g)
{
	return g + 1;
}

struct str group_key(const struct state *s, uint32_t rule, const struct group *g);

/* The group of a key, made if it was not there; 0 when the budget refuses. A group that is due to
 * be forgotten comes back empty. */
roff state_find(struct state *s, uint32_t rule, struct str key, int64_t time);
/* Memory for a rule's groups: evicts others', never `keep` (0 = none). 0: refused. */
/* The group, if it is there; changes nothing. 0: none. */
roff state_look(const struct state *s, uint32_t rule, struct str key);
roff state_alloc(struct state *s, uint32_t rule, size_t n, roff keep);
void state_release(struct state *s, uint32_t rule, roff p, size_t n);
/* Free a group and all it holds. */
void state_drop(struct state *s, uint32_t rule, roff g);
/* The group's newest time has moved to `time`. */
static inline void
group_touch(struct group *g, int64_t time)
{
	if (time > g->newest)
		g->newest = time;
}
/* Forget a bounded number of groups of this rule and of one more in turn. */
void state_sweep(struct state *s, uint32_t rule);
#endif
