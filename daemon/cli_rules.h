/*
 * cli_rules.h - what the subcommands of `noroshi rules` share.
 */
#ifndef DAEMON_CLI_RULES_H
#define DAEMON_CLI_RULES_H

#include "daemon/brain.h"
#include "daemon/cli.h"

#define RULES_PATHS 64

struct rules_request {
	struct rules_settings rules[RULES_PATHS]; /* none: those of the configuration */
	size_t nrules;
	struct ruleset_options ruleset;
	struct input_context context; /* zone NULL: rules only, no input */
	struct settings *settings;
	struct brain *brain;
};

/* 0, or the exit code after `why` (or stderr, for usage) tells the reason. */
int rules_load(const struct cli *c, struct rules_request *q, struct diag *why);
void rules_done(struct rules_request *q);

/* `noroshi rules test`; argv[1] is "test". */
int rules_test(const struct cli *c, int argc, char **argv);
/* `noroshi rules explain`; argv[1] is "explain". */
int rules_explain(const struct cli *c, int argc, char **argv);

#endif
