/*
 * matcher.h - the inside of a matcher: one record's index, its texts, what has been found out.
 *
 * Everything is sized when the matcher is made; texts go into blocks that are kept from record to
 * record. "Stamp" arrays hold the number of the record for which an answer is valid, so nothing is
 * cleared between records. Threads: one owner.
 */
#ifndef DETECT_MATCHER_H
#define DETECT_MATCHER_H

#include "detect/ruleset.h"

#define VALUES_MAX  (RECORD_ENTRIES_MAX + 1u) /* the last may be the raw line */
#define LABEL_CACHE 128u
#define LABEL_MAX   256u
#define LABEL_PARTS 4u

struct text_block {
	struct text_block *next;
	size_t cap;
	char bytes[];
};

struct value {
	uint32_t low_stamp, sound_stamp;
	bool low_ascii;
	struct str low;   /* lower case */
	struct str sound; /* valid UTF-8 */
};

struct label_entry {
	struct group group;
	size_t n; /* 0: free */
	char key[LABEL_MAX];
};

/* The label of the record before, as its entries spelled it: the next one mostly has it, too. */
struct label_seen {
	const struct group *group; /* NULL: none */
	uint32_t n;
	struct {
		uint16_t field, n;
	} parts[LABEL_PARTS];
	char text[LABEL_MAX]; /* theirs, one behind the other */
};

struct matcher {
	const struct ruleset *rs;
	enum matcher_part part;
	const struct group *group; /* of this record */
	struct batch b;
	const struct entry *entries;
	uint32_t n;     /* values: entries, and the raw line if it is searched */
	struct str raw; /* value n - 1 if has_raw */
	bool has_raw;
	uint32_t stamp; /* of this record */

	uint32_t *field_stamp; /* per field */
	uint16_t *field_first, *field_last;
	uint8_t *field_literal;    /* the name stood as one key: only such entries count */
	uint16_t next[VALUES_MAX]; /* entry + 1 of the same field; 0 = end */
	struct value values[VALUES_MAX];

	uint32_t *slot_stamp;    /* resolved */
	uint16_t *slot_field;    /* the target that is present; 0 = none */
	uint32_t *scan_stamp;    /* per slot: scanned */
	uint32_t *shard_stamp;   /* per literal database: scanned */
	uint32_t *hit_stamp;     /* per witness: seen */
	uint32_t *atom_stamp;    /* stamp * 2 + result */
	uint64_t *candidates;    /* bit per rule; cleared when the next record comes */
	uint64_t *touched;       /* bit per word of candidates that is not zero */
	struct rule_cost *costs; /* per rule, since they were last taken */
	uint64_t *costly;        /* bit per rule: it has any */
	struct match_cost cost;
	uint32_t *active; /* the databases of the slot in hand that matter for the record */

	struct text_block *blocks, *block;
	size_t block_used;
	struct hs_scratch *scratch;
	pcre2_match_data *re_data;
	pcre2_match_context *re_context;
	pcre2_jit_stack *re_stack;
	uint64_t limits;
	bool blind; /* the literal scanner failed on this record: look at every rule */

	struct label_seen label;

	struct arena arena; /* all of the above and the label cache */
	struct label_entry *labels;
	struct group spare; /* for labels too long to cache */
};

/* ---- values.c ---- */
void values_begin(struct matcher *m, struct batch b, const struct record *r);
/* Behind it, before anything is looked for by field. */
void values_link(struct matcher *m);
static inline bool
is_raw(const struct matcher *m, uint32_t i)
{
	return m->has_raw && i == m->n - 1;
}

static inline enum value_kind
value_kind(const struct matcher *m, uint32_t i)
{
	return is_raw(m, i) ? VALUE_STRING : (enum value_kind)m->entries[i].kind;
}

static inline bool
value_has_text(const struct matcher *m, uint32_t i)
{
	return value_kind(m, i) <= VALUE_FALSE;
}

struct str value_raw(const struct matcher *m, uint32_t i);
struct str value_make_lower(struct matcher *m, uint32_t i);

static inline struct str
value_lower(struct matcher *m, uint32_t i)
{
	const struct value *v = &m->values[i];

	return v->low_stamp == m->stamp ? v->low : value_make_lower(m, i);
}

struct str value_sound(struct matcher *m, uint32_t i);
/* All that keywords look at, in lower case, each value followed by a byte that no text holds
 * (0xff), in one piece: one scan sees it all. *ascii: but for these bytes it is ASCII. */
struct str values_joined(struct matcher *m, bool *ascii);
unsigned slot_resolve(struct matcher *m, uint32_t slot);
uint32_t slot_every(const struct matcher *m, uint32_t *at);

/* The interned field that the slot stands for in this record, or 0. */
static inline unsigned
slot_field(struct matcher *m, uint32_t slot)
{
	return m->slot_stamp[slot] == m->stamp ? m->slot_field[slot] : slot_resolve(m, slot);
}

/* Walk the values of a slot: start with at = 0; NONE at the end. */
static inline uint32_t
slot_next(struct matcher *m, uint32_t slot, uint32_t *at)
{
	uint32_t i;

	if (slot == SLOT_EVERY)
		return slot_every(m, at);
	if (*at == NONE)
		return NONE;
	if (*at == 0) {
		unsigned f = slot_field(m, slot);

		if (f == 0)
			return NONE;
		i = m->field_first[f];
	} else {
		i = *at - 1;
	}
	*at = m->next[i] ? m->next[i] : NONE;
	return i;
}

/* ---- label.c ---- */
/* The rules for the label that the record carries; valid until the next call. */
const struct group *label_group(struct matcher *m);

/* ---- eval.c ---- */
bool eval_expr(struct matcher *m, const struct expr *e);
/* The same for a rule's whole condition, by its program. */
bool eval_rule(struct matcher *m, uint32_t rule);

#endif
