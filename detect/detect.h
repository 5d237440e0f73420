/*
 * detect.h - which rules does this record match? Stateless. Sigma detection rules and filters,
 * compiled.
 *
 * Threads: struct ruleset is immutable after ruleset_build and shared by all workers (also across
 * fork); struct matcher belongs to one worker.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "base/alert.h"
#include "base/diag.h"
#include "base/record.h"
#include "config/rulefile.h"

struct lists;
struct ruleset;
struct matcher;

/* What the records of a product's definition are labelled; several values are separated by commas.
 */
struct ruleset_source {
	struct str product, category, service;
	enum log_family family;
};

struct ruleset_options {
	bool ignore_logsource; /* --logsource ignore: every rule for every record */
	bool native_fields;   /* --source sigma: field names are taken as they stand, no taxonomy */
	const char *taxonomy; /* folder of config/taxonomy, or NULL: the embedded default */
	const char *placeholders; /* JSON file {"name": ["value", ...]}, or NULL */
	bool no_prefilter;        /* property tests: naive matching of every rule */
	const char *cache;        /* folder where compiled literals are kept, or NULL: nowhere */
	bool cache_keep;          /* write there what had to be built */
	/* Which products there are beside those of logsource.def: from it follows which family of
	 * logs a rule without category waits for. Lent until ruleset_build returns. */
	const struct ruleset_source *sources;
	size_t nsources;
};

/* What correlation and output need to know of a rule. */
struct rule_info {
	struct alert_rule words; /* id as output: id, else name, else title */
	struct str name;         /* Sigma `name`, empty if none */
	const char *path;
	unsigned line;
	bool referenced;  /* set by correlation: a correlation refers to it and does not generate */
	bool off, shadow; /* noroshi: state; off is obeyed as it stands when the set is built */
	bool late;        /* reads what weave writes: matched behind it, by the engine */
	bool watched;     /* has noroshi: watchlist or session tests: rule_holds decides */
};

/*
 * Compile all detection rules and filters of `files`; documents that cannot be honoured exactly are
 * reported to why and marked rejected. Field names are interned into `names` (which the caller
 * freezes after correlation has added its own).
 */
int ruleset_build(struct rule_files *files, const struct ruleset_options *opt, struct names *names,
	struct diag *why, struct ruleset **ret);
size_t ruleset_count(const struct ruleset *rs);
const struct rule_info *ruleset_rule(const struct ruleset *rs, uint32_t rule);
struct rule_info *ruleset_rule_edit(struct ruleset *rs, uint32_t rule);
/* By id, else name; UINT32_MAX if none. */
uint32_t ruleset_find(const struct ruleset *rs, struct str id_or_name);
/* Was there a document of that id or name which was rejected? */
bool ruleset_was_rejected(const struct ruleset *rs, struct str id_or_name);
void ruleset_free(struct ruleset *rs);

/* Words of any rule document (title, noroshi: block ...) into `a`'s memory; correlation uses it
 * too. */
void rule_words(const struct yaml_node *root, struct arena *a, struct alert_rule *ret);
/*
 * The kinds of logs of noroshi.KEY ("families", "expects"), bits of log families. *bad: the first
 * node that is none, or NULL.
 */
uint32_t rule_families(const struct yaml_node *root, const char *key, const struct yaml_node **bad);
#define RULE_FAMILIES "a family is mail, firewall, proxy, endpoint, remote, auth, server"

/*
 * Late rules are those that name a field which weave writes (woven_field), in a condition or as a
 * watched field. Workers match the others (MATCH_EARLY), the engine matches late rules on records
 * that weave touched (MATCH_LATE) and everything on derived records (MATCH_ALL).
 */
enum matcher_part { MATCH_ALL, MATCH_EARLY, MATCH_LATE };
bool woven_field(unsigned field);
/* Are there rules of that part at all? */
bool ruleset_has(const struct ruleset *rs, enum matcher_part part);

struct matcher *matcher_new(const struct ruleset *rs, enum matcher_part part);
/* Append matching rule numbers (ascending) to the batch's match table and set r->first_match,
 * nmatches. ERR_FULL when the table is full. */
int matcher_run(struct matcher *m, struct batch b, struct record *r);
/* The same into an array of the caller's: ascending rule numbers. ERR_FULL beyond max. */
int matcher_find(struct matcher *m, struct batch b, const struct record *r, uint32_t *ret,
	uint32_t max, uint32_t *n);
/* What matching cost since the last call. Times are of one record in MATCH_TIMED, times that. */
struct rule_cost {
	uint64_t looked, hits, ns; /* records that made it a candidate, that it matched */
};
struct match_cost {
	uint64_t records, scan_ns; /* scan: what is done before any rule is looked at */
};
#define MATCH_TIMED 64u
/* tell: each rule that was looked at since, ascending. */
void matcher_take_costs(struct matcher *m,
	void (*tell)(void *ctx, uint32_t rule, const struct rule_cost *c), void *ctx,
	struct match_cost *ret);
/* PCRE2 limits hit since the last call. */
uint64_t matcher_take_limits(struct matcher *m);
void matcher_free(struct matcher *m);

/* ---- watchlist and session tests: what a match still has to hold against ---- */

struct session {
	struct str user, host, via; /* as in weave/weave.h */
	bool sure;
};

#define WATCH_ADDS 8u

/* What the tests of `noroshi: watchlist` and `session` ask; all lent. */
struct late_facts {
	const struct lists *lists;
	int zone_offset_s; /* in which days of lists begin */
	/* Who had that address then; NULL: nobody knows. */
	size_t (*who)(void *ctx, struct str address, int64_t time, struct session *ret, size_t max,
		struct str *shared);
	/* The person's key of an account as it is written; empty: unknown. NULL: as it is. */
	struct str (*person)(void *ctx, struct str account);
	void *ctx;
};

/* Fields to add to the record because a list's row was hit: `add:` of the rule. */
struct watch_adds {
	struct {
		unsigned field;
		struct str value;
	} add[WATCH_ADDS];
	unsigned n;
};

/* For rules with `watched`: do all their tests hold for this record? A list that is missing: no. */
bool rule_holds(const struct ruleset *rs, uint32_t rule, struct batch b, const struct record *r,
	const struct late_facts *facts, struct watch_adds *ret);
/* Tell rules that need a list, column or value which is not there: warnings with file:line. */
void ruleset_check_lists(const struct ruleset *rs, const struct lists *lists, struct diag *why);

/*
 * Field lookup as rules see it (SEMANTICS 2.2), for correlation's group-by: how a Sigma field name
 * of a given rule resolves to interned fields, in order of preference. Up to 8.
 */
struct field_ref {
	uint16_t fields[8];
	uint8_t n;
};
/* rule: whose log source decides the taxonomy; UINT32_MAX = the common one. Interns as needed. */
int detect_field(struct ruleset *rs, struct names *names, uint32_t rule, struct str name,
	struct field_ref *ret);

#endif
