/*
 * rule.h - one rule document, and a filter's part in it, as an expression.
 */
#ifndef DETECT_RULE_H
#define DETECT_RULE_H

#include "detect/item.h"

/* What a rule or filter says of the logs it is for. False: reported. */
bool rule_source(struct compile *c, const struct yaml_node *root, struct attributes *ret);
/* `section` holds search identifiers and `condition`; for filters also `rules`. NULL: reported. */
struct expr *rule_condition(struct compile *c, const struct yaml_node *section, bool filter);
/* Put a filter's condition behind every rule that it covers. */
void filter_apply(struct compile *c, struct rule_document *doc);
/* The name that output uses: id, else name, else title. */
struct str rule_id(const struct yaml_node *root);
/* Warn of what the rule says about itself and gets wrong: level, status, dates, misspelt keys. */
void rule_lint(struct compile *c, const struct yaml_node *root);
/* Check the noroshi: block, set state. */
void rule_state(struct compile *c, const struct yaml_node *root, struct rule_info *ret);

#endif
