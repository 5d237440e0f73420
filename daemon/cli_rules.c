/* cli_rules.c - `noroshi rules list` and `noroshi version`. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "daemon/brain.h"
#include "daemon/cli.h"

static void
print_rule(const struct cli *c, const struct rule_info *r)
{
	struct buf b = {0};

	if (!c->json) {
		printf("%-13.*s %-38.*s %.*s\n", STR_ARG(r->words.level), STR_ARG(r->words.id),
			STR_ARG(r->words.title));
		return;
	}
	BUF_ADD_LIT(&b, "{\"id\":");
	json_quote(&b, r->words.id);
	BUF_ADD_LIT(&b, ",\"title\":");
	json_quote(&b, r->words.title);
	BUF_ADD_LIT(&b, ",\"level\":");
	json_quote(&b, r->words.level);
	BUF_ADD_LIT(&b, ",\"path\":");
	json_quote(&b, str_of(r->path));
	printf("%.*s}\n", STR_ARG(buf_str(&b)));
	buf_done(&b);
}

static int
run(const struct cli *c, int argc, char **argv)
{
	static const struct input_context none = {0};
	struct rules_settings rules[64];
	struct brain_options opt = {.rules = rules, .contexts = &none};
	struct brain *b = NULL;
	struct settings *s = NULL;
	struct diag why = {0};
	int rc = 0;

	if (argc < 2 || strcmp(argv[1], "list") != 0)
		return cli_usage(c, "say what: rules list [PATH...]");
	for (int i = 2; i < argc && opt.nrules < 64; i++)
		if (argv[i][0] != '-')
			rules[opt.nrules++] =
				(struct rules_settings){.path = str_of(argv[i]), .skip_bad = true};
	if (opt.nrules == 0 && cli_config(c) &&
		(rc = settings_load(cli_config(c), &why, &s)) == 0) {
		opt.rules = s->rules;
		opt.nrules = s->nrules;
	}
	if (rc == 0 && opt.nrules == 0)
		return cli_usage(c, "no rules: give PATH or -c FILE");
	if (rc == 0)
		rc = brain_load(&opt, &why, &b);
	cli_diag(&why);
	for (uint32_t i = 0; rc == 0 && i < ruleset_count(b->rules); i++)
		print_rule(c, ruleset_rule(b->rules, i));
	if (rc == 0)
		fprintf(stderr, "%zu rules active, %zu correlations, %zu documents left out\n",
			ruleset_count(b->rules), correlations_count(b->correlations), b->rejected);
	brain_free(b);
	settings_free(s);
	diag_done(&why);
	return rc == 0 ? 0 : EXIT_FINDING;
}

static int
run_version(const struct cli *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	printf("noroshi %s\n", NOROSHI_VERSION);
	return 0;
}

const struct cli_command cli_rules = {
	.name = "rules",
	.summary = "list the rules that are active, and those left out with the reason",
	.help = "Usage: noroshi rules list [-c noroshi.yml | PATH...] [--json]\n"
		"Exit codes: 0 done, 1 rules cannot be loaded, 2 usage.\n\nExample:\n  noroshi "
		"rules list config/rules\n",
	.run = run,
};

const struct cli_command cli_version = {
	.name = "version",
	.summary = "print the version",
	.help = "Usage: noroshi version\n",
	.run = run_version,
};
