/*
 * yaml.h - YAML documents with places: a thin read-only tree over libfyaml.
 *
 * Scalars follow the YAML 1.2 core schema, except that a decimal with a leading zero stays a string
 * (as Sigma's test events need). Duplicate keys are errors. Anchors and aliases are resolved with a
 * bound. Threads: one owner; read-only after loading.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "base/diag.h"

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_STRING, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	struct str text;          /* scalars: unescaped text (for numbers the text as written) */
	bool quoted;              /* the scalar stood in quotes or as a block */
	bool truth;               /* YAML_BOOL */
	int64_t integer;          /* YAML_INT */
	double real;              /* YAML_INT, YAML_FLOAT */
	unsigned line, column;    /* from 1 */
	size_t n;                 /* children */
	struct yaml_node **items; /* list items, or map values */
	struct yaml_node **keys;  /* map keys */
};

struct yaml_file;

#define YAML_MAX_BYTES ((size_t)4 << 20)
#define YAML_MAX_DEPTH 64u
#define YAML_MAX_NODES 1000000u

/* Parse all documents of a text. Errors go to why with line and column; one error and nothing is
 * returned. */
int yaml_parse(struct str text, const char *path, struct diag *why, struct yaml_file **ret);
/* Rule files: each document stands alone. What cannot be read is reported and counted in *bad, the
 * documents before and behind it (from the next "---" line) are kept. */
void yaml_parse_each(
	struct str text, const char *path, struct diag *why, size_t *bad, struct yaml_file **ret);
int yaml_load(const char *path, struct diag *why, struct yaml_file **ret);
size_t yaml_documents(const struct yaml_file *y);
const struct yaml_node *yaml_document(const struct yaml_file *y, size_t i);
/* The value of a key in a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
void yaml_free(struct yaml_file *y);

#endif
