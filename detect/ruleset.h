/*
 * ruleset.h - the inside of a compiled rule set: slots, atoms, expressions, witnesses.
 *
 * A slot is where a rule looks: one Sigma field as its log source resolves it. An atom is one test
 * on one slot, shared by all rules that ask the same. A witness is something cheap that must be
 * seen before a rule can match. Threads: one builder; afterwards read-only.
 */
#ifndef DETECT_RULESET_H
#define DETECT_RULESET_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/cidr.h"
#include "base/logsource.h"
#include "base/map.h"
#include "detect/detect.h"
#include "detect/number.h"
#include "detect/pattern.h"
#include "detect/when.h"

#define NONE       UINT32_MAX
#define SLOT_EVERY 0u /* keywords: every value of the record */

enum atom_kind {
	ATOM_TEXT,
	ATOM_NUMBER,
	ATOM_BOOL,
	ATOM_NULL,
	ATOM_EXISTS,
	ATOM_REGEX,
	ATOM_CIDR,
	ATOM_COMPARE,
	ATOM_TIME,
	ATOM_FIELDREF
};

enum text_shape { TEXT_ANY, TEXT_EQUALS, TEXT_STARTS, TEXT_ENDS, TEXT_CONTAINS, TEXT_GLOB };

struct atom {
	uint8_t kind;  /* enum atom_kind */
	uint8_t shape; /* enum text_shape; of FIELDREF too */
	uint8_t op;    /* enum compare */
	uint8_t part;  /* enum when_part */
	bool cased, truth;
	uint32_t slot, other; /* other: FIELDREF's second slot */
	uint32_t exact;       /* the witness that is this atom, or NONE */
	struct str text;      /* TEXT: literal, or glob; NUMBER: decimal text; REGEX: source */
	struct number number;
	struct cidr cidr;
	pcre2_code *re;
	uint32_t re_options;
};

enum expr_op { EXPR_FALSE, EXPR_TRUE, EXPR_ATOM, EXPR_NOT, EXPR_AND, EXPR_OR, EXPR_ATLEAST };

struct expr {
	enum expr_op op;
	uint32_t atom;
	uint64_t need; /* ATLEAST */
	size_t n;
	struct expr **kids;
};

/* Of a rule's program: test, and go on at step `yes` or `no`. */
struct step {
	uint32_t atom; /* NONE: the tree */
	uint32_t yes, no;
	const struct expr *tree; /* so many of a list, which steps alone cannot count */
};
#define STEP_YES UINT32_MAX /* the end: the rule matches */
#define STEP_NO  (UINT32_MAX - 1)

struct slot {
	struct field_ref ref;
};

enum witness_kind { WITNESS_EQUALS, WITNESS_TAIL, WITNESS_LITERAL, WITNESS_PRESENT };

struct witness {
	uint32_t slot;
	uint8_t kind; /* enum witness_kind */
	bool folds;   /* from a regex that ignores case: see scan.c */
	struct str text;
	uint32_t *rules; /* to be looked at when it is seen */
	size_t nrules, cap;
	uint32_t *shards; /* LITERAL: the databases that hold it */
	size_t nshards;
};

struct attributes {
	struct str product, category, service; /* lower case; empty = not named */
};

struct rule {
	struct rule_info info;
	struct str own_id; /* Sigma `id`, empty if none */
	struct attributes source;
	uint32_t source_id; /* the same for rules of the same log source */
	struct expr *expr;
	uint32_t program;    /* the same as steps: the first of them */
	struct watch *watch; /* tests of watchlist and session, or NULL */
	bool always;         /* no witness: looked at whenever its log source fits */
};

/* Which rules apply to a kind of log. */
struct group {
	uint64_t *rules;  /* bit per rule */
	uint32_t *always; /* rules without a witness */
	size_t nalways;
	uint64_t *slots;  /* bit per slot that is worth scanning */
	uint64_t *shards; /* bit per literal database */
	bool empty;       /* no rule at all: nothing need be looked at */
};

struct taxonomy;
struct scan_slot;
struct watch;

struct ruleset {
	struct arena arena;
	struct ruleset_options opt;
	struct taxonomy *taxonomy;
	struct placeholders *placeholders;
	struct slot *slots;
	size_t nslots, cap_slots;
	struct map slot_ids;
	struct atom *atoms;
	size_t natoms, cap_atoms;
	struct map atom_ids;
	struct witness *witnesses;
	size_t nwitnesses, cap_witnesses;
	struct map witness_ids;
	struct rule *rules;
	size_t nrules, cap_rules;
	struct step *steps; /* of all rules' programs */
	size_t nsteps, cap_steps;
	size_t nalways;             /* rules without a witness */
	struct attributes *sources; /* each that some rule names, once */
	size_t nsources, cap_sources;
	struct map ids;         /* id, and name where no id has it -> rule + 1 */
	struct map rejected;    /* ids and names of documents left out */
	struct scan_slot *scan; /* per slot */
	struct scan_shard *shards;
	size_t nshards, cap_shards;
	uint32_t *field_slots; /* per field: where its slots begin in field_slot_list */
	uint32_t *field_slot_list;
	size_t nfields; /* fields beyond are in no slot */
	size_t rule_words, slot_words, shard_words;
	struct group groups[MATCH_LATE + 1][LOGSOURCE_COUNT]; /* by enum matcher_part */
	bool has_late;
	struct hs_scratch *scratch; /* large enough for every database; matchers clone it */
	pcre2_compile_context *re_context;
};

/* ---- atom.c ---- */
uint32_t slot_intern(struct ruleset *rs, const struct field_ref *ref);
/* The atom's number; equal atoms share one. Takes a->re over. */
uint32_t atom_intern(struct ruleset *rs, struct atom *a);
/* Sort a finished glob into shape and literal. */
void atom_set_glob(struct ruleset *rs, struct atom *a, struct str glob);
/* Compile; NULL if ok, else the message (in `text`, of at least 256 bytes). */
const char *atom_set_regex(struct ruleset *rs, struct atom *a, struct str source, char *text);
void atoms_done(struct ruleset *rs);

/* ---- expr.c ---- */
struct expr *expr_atom(struct arena *a, uint32_t atom);
struct expr *expr_const(struct arena *a, bool truth);
struct expr *expr_not(struct arena *a, struct expr *e);
/* AND or OR of n (copied); one child stands for itself. */
struct expr *expr_join(struct arena *a, enum expr_op op, struct expr **kids, size_t n);
struct expr *expr_at_least(struct arena *a, uint64_t need, struct expr **kids, size_t n);

/* ---- cover.c: give each rule its witnesses ---- */
void cover_rules(struct ruleset *rs);

/* ---- program.c: once the order of the conditions' parts is settled ---- */
void program_build(struct ruleset *rs);

/* ---- scan.c ---- */
/* Open addressing over witness texts. */
struct scan_table {
	uint32_t *at; /* witness + 1 */
	size_t mask;
	uint64_t lengths; /* bit n % 64: some text has n bytes */
};

struct scan_slot {
	struct scan_table equals, tails;
	uint32_t first_shard, nshards;
	uint32_t present;  /* witness, or NONE */
	uint32_t *folding; /* literals of regular expressions that ignore case */
	size_t nfolding;
};

/*
 * One literal database. A slot's literals are split by the log source of their rules, so that what
 * cannot apply is not scanned for, and by whether they hold bytes beyond ASCII, which most values
 * do not.
 */
struct scan_shard {
	struct attributes source; /* the group must fit it */
	bool beyond_ascii;
	size_t shortest; /* bytes of its shortest literal: no shorter text can hold one */
	struct hs_database *db;
	uint32_t *items; /* witnesses */
	size_t n, cap;
};

int scan_build(struct ruleset *rs, struct diag *why);
uint32_t scan_lookup(const struct ruleset *rs, const struct scan_table *t, struct str text);
/* The last path component with its separator, as WITNESS_TAIL has it; empty if there is none. */
struct str scan_tail(struct str text);
void scan_free(struct ruleset *rs);

/* ---- late.c: which rules wait for weave, which kinds of logs they read ---- */
void late_rules(struct ruleset *rs);
/* What a record calls the field `name` of an event whose fields keep their names; may be in `a`. */
struct str native_name(struct arena *a, struct str name);

/* ---- route.c ---- */
/* Several values of an attribute in one text stand apart by this byte. */
#define ROUTE_SEPARATOR '\x1f'
/* Which rules apply to a log with this label (lower case). */
void route_fill(const struct ruleset *rs, enum matcher_part part, const struct attributes *label,
	struct group *g);
/* What records are labelled, its values separated by commas, as route_fits asks for it. */
struct attributes route_label(
	struct arena *a, struct str product, struct str category, struct str service);
/* Does a label have what a rule's or database's log source names? */
bool route_fits(
	const struct ruleset *rs, const struct attributes *label, const struct attributes *source);
/* Room for one group. */
void route_room(const struct ruleset *rs, struct arena *a, struct group *g);
void route_build(struct ruleset *rs);

#endif
