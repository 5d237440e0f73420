/*
 * settings_value.h - one value of one setting: its text checked and put where the row says.
 *
 * Inside config/ only.
 */
#ifndef CONFIG_SETTINGS_VALUE_H
#define CONFIG_SETTINGS_VALUE_H

#include "config/settings_rows.h"
#include "config/yaml.h"

struct settings_reader {
	struct settings *s;
	struct diag *why;
	const char *path; /* for messages */
	struct str dir;   /* where relative paths start */
};

/* A message at a node: file:line:col. */
void settings_say(struct settings_reader *r, const struct yaml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Put a value that is not a section. `base` is the section's struct; at_node NULL = a default. */
void settings_put(struct settings_reader *r, const struct setting_row *row,
	const struct yaml_node *node, void *base);
void settings_put_fallback(struct settings_reader *r, const struct setting_row *row, void *base);
/* Number of the word among choices, or -1. */
int settings_choice(const char *choices, struct str word);
/* "60s", "5ms", "1.5h"; "64KiB", "4GiB", "1000". False: not of that form or too large. */
bool settings_span(struct str text, int64_t *ret);
bool settings_bytes(struct str text, uint64_t *ret);

#endif
