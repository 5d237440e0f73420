/*
 * explain.h - what a rule reads, what it can never read, and why it did or did not match a record.
 *
 * For people at the command line: slow and wordy where the matcher is quick. Threads: one owner.
 */
#ifndef DETECT_EXPLAIN_H
#define DETECT_EXPLAIN_H

#include "base/buf.h"
#include "detect/detect.h"

/* Sigma's logsource, lower case; an attribute that is not named is empty. */
struct rule_logs {
	struct str product, category, service;
};

struct rule_logs ruleset_logs(const struct ruleset *rs, uint32_t rule);

/* What keeps a rule from ever matching. */
struct blindness {
	struct str field; /* the field that no source fills; empty: nothing has this log source */
	struct str
		setting; /* what to switch on where the logs come from; empty: nothing is known */
};

/*
 * Can no source give what the rule names? Sources are the rows of logsource.def and `more` (the
 * definitions in YAML; an empty attribute there may have any value). A field can be filled if
 * ecs.def has it, if a taxonomy's prefix lets a source keep it under its own name, or if one of
 * `more` feeds the rule.
 */
bool ruleset_blind(const struct ruleset *rs, const struct names *names, uint32_t rule,
	const struct rule_logs *more, size_t nmore, struct blindness *ret);

/* Why the rule did or did not match the record, as text of several lines or as one JSON object. */
void matcher_explain(struct matcher *m, const struct names *names, struct batch b,
	const struct record *r, uint32_t rule, bool json, struct buf *out);

#endif
