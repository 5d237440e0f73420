/*
 * source_build.h - a YAML document into a struct source. For parsers/source_*.c only.
 *
 * Everything built lies in the arena of b->all. A mistake is told in b->why with its line and
 * column and reading goes on, so that one run shows them all; source_build() then returns NULL.
 */
#ifndef PARSERS_SOURCE_BUILD_H
#define PARSERS_SOURCE_BUILD_H

#include "base/diag.h"
#include "config/yaml.h"
#include "parsers/source_inside.h"

struct build {
	struct sources *all;
	const char *path;
	struct diag *why;
	struct source *s;
	const struct source *like; /* whose rows come behind its own; NULL: none */
};

/* ---- source_words.c ---- */

void build_wrong(struct build *b, const struct yaml_node *at, const char *what);
/* "no WHAT is called KEY; did you mean ...?" */
void build_unknown(struct build *b, const struct yaml_node *key, const char *const *words, size_t n,
	const char *what);
/* Empty for none; a list or a map is a mistake. */
struct str build_text(struct build *b, const struct yaml_node *n);
/* A word, or a list of words. */
struct str *build_texts(struct build *b, const struct yaml_node *n, size_t *count);
/* KEY_NONE for an empty name. */
uint16_t build_key(struct build *b, struct str name);
/* NULL: a mistake, told. */
pcre2_code *build_regex(struct build *b, const struct yaml_node *n);
/* A field of base/ecs.def, or FIELD_NAMED. */
uint16_t build_ecs(struct str name);
struct target build_target(struct build *b, const struct yaml_node *n);
/* A value that is none of those ECS allows for the field is a mistake. */
void build_allowed(struct build *b, const struct yaml_node *at, unsigned field, struct str value);
struct settings_list build_settings(struct build *b, const struct yaml_node *map);
struct condition build_condition(struct build *b, const struct yaml_node *map);
/* A key "a|b|c" stands for each of its names: how many there are, and the i-th. */
size_t build_alternatives(struct str key);
struct str build_alternative(struct str key, size_t i);
/* The same conditions for each choice among the alternatives of their keys; at most
 * BUILD_CHOICES. */
/* How many choices; 0: more than BUILD_CHOICES. */
size_t build_nchoices(const struct yaml_node *map);
struct condition *build_choices(struct build *b, const struct yaml_node *map, size_t *n);
#define BUILD_CHOICES 256u
void build_recognition(struct build *b, const struct yaml_node *n);

/* ---- source_shape.c ---- */

struct patterns build_patterns(struct build *b, const struct yaml_node *list);
struct kv_style build_kv_style(struct build *b, const struct yaml_node *map);
char build_separator(struct build *b, const struct yaml_node *n);
void build_columns(struct build *b, const struct yaml_node *list);
void build_extracts(struct build *b, const struct yaml_node *list);
void build_lists(struct build *b, const struct yaml_node *list);

/* ---- source_rows.c ---- */

void build_rows(struct build *b, const struct yaml_node *map);
void build_whens(struct build *b, const struct yaml_node *list);
void build_times(struct build *b, const struct yaml_node *n);
void build_created(struct build *b, const struct yaml_node *n);
void build_like(struct build *b);
/* Rows that every definition has without naming them. */
void build_implied(struct build *b);

#endif
