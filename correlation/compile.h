/*
 * compile.h - from a correlation document to a struct corr: what the files that do it share.
 * Private to this folder.
 */
#ifndef CORRELATION_COMPILE_H
#define CORRELATION_COMPILE_H

#include "correlation/model.h"

/* A correlation document on its way. */
struct draft {
	struct rule_document *doc;
	const struct yaml_node *body; /* below `correlation` */
	struct corr *corr;
	const struct yaml_node *rules; /* list, or one string, or NULL: named by the condition */
	const struct yaml_node *condition; /* may be NULL */
	const struct yaml_node *aliases;   /* map, or NULL */
	struct str *fields;                /* of the condition, as written */
	struct str *names;                 /* of the references, as written */
	const struct yaml_node **places;   /* where they stand */
	uint32_t nnames;
	bool failed;
	uint32_t mark; /* for ordering: 0 unseen, 1 on the way, 2 done */
};

struct compiler {
	struct arena *arena;
	struct diag *why;
	struct rule_files *files;
	struct ruleset *rs;
	struct names *names;
	struct draft *drafts;
	size_t n;
};

/* One error about a place in the draft's document; the draft has failed. */
void draft_error(struct compiler *k, struct draft *d, const struct yaml_node *at, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
/* Everything that one document says by itself. */
void draft_read(struct compiler *k, struct draft *d);
/* The condition; after the references' names are known (draft->names may be filled by it). */
void draft_condition(struct compiler *k, struct draft *d);
/* Group-by and value fields per reference, aliases; after all references are resolved and the inner
 * ones are drafts that hold. corr->refs[i].target is a draft's number for inner ones. */
void draft_sources(struct compiler *k, struct draft *d);
/* Does `word` call this correlation? */
bool draft_is_called(const struct draft *d, struct str word);

#endif
