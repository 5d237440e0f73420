/*
 * item.h - one detection item, `field|modifiers: values`, as an expression over atoms.
 */
#ifndef DETECT_ITEM_H
#define DETECT_ITEM_H

#include "config/yaml.h"
#include "detect/ruleset.h"

/* What one document's compilation carries along. */
struct compile {
	struct ruleset *rs;
	struct names *names;
	struct rule_files *files;
	struct attributes source; /* decides the taxonomy */
	const char *path;
	struct diag *why;
	struct arena scratch; /* patterns; gone after the document */
	bool failed;          /* something was reported */
};

void compile_fail(struct compile *c, const struct yaml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* NULL when it failed (reported). `key` NULL: keywords, values may be one scalar. */
struct expr *item_compile(
	struct compile *c, const struct yaml_node *key, const struct yaml_node *values);
/* The slot of a field name; SLOT_EVERY for the empty name. */
uint32_t item_slot(struct compile *c, const struct yaml_node *at, struct str name);

#endif
