/*
 * yamlscalar.h - what a plain scalar means: YAML 1.2.2's core schema (10.3.2).
 */
#ifndef CONFIG_YAMLSCALAR_H
#define CONFIG_YAMLSCALAR_H

#include "config/yaml.h"

/* Set n's kind and value from its text; `tag` as written or resolved, empty if none. False: an
 * unknown tag, or a text that its tag cannot mean. */
bool yaml_scalar(struct yaml_node *n, struct str tag);

#endif
