/*
 * rulefile.h - rule documents found under the configured paths, sorted by kind, not yet compiled.
 *
 * Threads: one owner; read-only after loading.
 */
#ifndef CONFIG_RULEFILE_H
#define CONFIG_RULEFILE_H

#include "config/yaml.h"

enum rule_kind { RULE_DETECTION, RULE_CORRELATION, RULE_FILTER };

struct rule_document {
	const char *path; /* outlives the set */
	const struct yaml_node *root;
	enum rule_kind kind;
	bool skip_bad; /* on_error: skip */
	bool rejected; /* set by whoever cannot compile it */
};

struct rule_files;

/* Read one path (file, or folder with all .yml and .yaml below, in byte order of paths; hidden ones
 * are left alone). Unreadable documents are reported to why and counted as rejected; the others are
 * kept. Negative when a file or folder could not be read at all. */
int rule_files_add(struct rule_files *f, const char *path, bool skip_bad, struct diag *why);
/* The same from a text; `path` is for messages. */
void rule_files_parse(
	struct rule_files *f, struct str text, const char *path, bool skip_bad, struct diag *why);
struct rule_files *rule_files_new(void);
size_t rule_files_count(const struct rule_files *f);
struct rule_document *rule_files_at(struct rule_files *f, size_t i);
/* Documents that could not be read, plus those that a compiler marked. */
size_t rule_files_rejected(const struct rule_files *f);
/* Content hash over all files read, for caching and the journal. */
struct hash128;
void rule_files_hash(const struct rule_files *f, struct hash128 *ret);
void rule_files_free(struct rule_files *f);

#endif
