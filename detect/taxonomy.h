/*
 * taxonomy.h - how Sigma's field names are called in records, by log source.
 *
 * Read from YAML: documents with `when` (product, category, service: one value or a list), `fields`
 * (Sigma name -> one name or a list in order of preference) and `prefix` (tried last for every name
 * of that log source), `needs` (what must be switched on for such logs to exist). The more
 * attributes `when` has, the earlier a document is asked.
 */
#ifndef DETECT_TAXONOMY_H
#define DETECT_TAXONOMY_H

#include "base/diag.h"

struct taxonomy;
struct attributes;

#define TAXONOMY_TARGETS 8u

struct taxonomy *taxonomy_new(void);
/* Add the documents of one text. */
int taxonomy_parse(struct taxonomy *t, struct str text, const char *path, struct diag *why);
/* All .yml files of a folder; NULL: the embedded ones. */
int taxonomy_load(struct taxonomy *t, const char *folder, struct diag *why);
/* Names to look at, best first; returns how many (>= 1). The slices live as long as t and name.
 * Joined names go into `a`. */
size_t taxonomy_resolve(const struct taxonomy *t, const struct attributes *source, struct str name,
	struct arena *a, struct str ret[TAXONOMY_TARGETS]);
/* What a rule of that log source needs switched on, or an empty slice. */
struct str taxonomy_needs(const struct taxonomy *t, const struct attributes *source);
/* Does some log source keep all its values under a prefix of this name? */
bool taxonomy_is_open(const struct taxonomy *t, struct str name);
void taxonomy_free(struct taxonomy *t);

/* taxonomy_embed.c: the files as they were when the program was built. */
struct taxonomy_file {
	const char *name;
	struct str text;
};
/* The i-th; false behind the last. */
bool taxonomy_embedded(size_t i, struct taxonomy_file *ret);

#endif
