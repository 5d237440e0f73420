/* cli_check.c - `noroshi check`: configuration, rules, taxonomies; every mistake in one run. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "daemon/brain.h"
#include "daemon/cli.h"
#include "daemon/sourcetests.h"

static int
check_paths(const struct cli *c, struct rules_settings *rules, size_t n)
{
	static const struct input_context none = {0};
	struct brain_options opt = {.rules = rules, .nrules = n, .contexts = &none, .strict = true};
	struct brain *b = NULL;
	struct diag why = {0};
	int rc = brain_load(&opt, &why, &b);

	cli_diag(&why);
	if (rc == 0)
		printf("ok: %zu rules, %zu correlations\n", ruleset_count(b->rules),
			correlations_count(b->correlations));
	else
		fprintf(stderr, "noroshi %s: %zu errors\n", c->name, why.errors);
	brain_free(b);
	diag_done(&why);
	return rc == 0 ? 0 : EXIT_FINDING;
}

/* The definitions of a folder, and what their own tests say of them. */
static int
check_sources(const struct cli *c, const char *folder)
{
	struct diag why = {0};
	size_t ran = 0, errors;

	sourcetests_run(str_of(folder), &why, &ran);
	errors = why.errors;
	if (errors == 0 && ran == 0)
		diag_add(&why, DIAG_WARNING, folder, 0, 0,
			"no definition here has tests; 'tests: [{line: ..., want: {...}}]'");
	cli_diag(&why);
	if (errors == 0)
		printf("ok: %s: %zu test lines\n", folder, ran);
	else
		fprintf(stderr, "noroshi %s: %zu errors\n", c->name, errors);
	diag_done(&why);
	return errors == 0 ? 0 : EXIT_FINDING;
}

static int
check_settings(const struct cli *c, const char *path)
{
	struct settings *s = NULL;
	struct brain *b = NULL;
	struct diag why = {0};
	int rc = settings_load(path, &why, &s);

	if (rc == 0) {
		struct brain_options opt = {.settings = s, .rules = s->rules, .nrules = s->nrules};

		rc = brain_load(&opt, &why, &b);
	}
	if (rc == 0 && s->sources.n) {
		size_t ran;

		sourcetests_run(s->sources, &why, &ran);
		rc = why.errors ? ERR_SYNTAX : 0;
	}
	cli_diag(&why);
	if (rc == 0)
		printf("ok: %s: %zu inputs, %zu rules, %zu correlations, %zu documents left out, "
		       "%zu sinks\n",
			path, s->ninputs, ruleset_count(b->rules),
			correlations_count(b->correlations), b->rejected, s->nsinks);
	else
		fprintf(stderr,
			"noroshi %s: %zu errors; noroshid would not start, a reload would keep the "
			"old configuration\n",
			c->name, why.errors);
	brain_free(b);
	settings_free(s);
	diag_done(&why);
	return rc == 0 ? 0 : EXIT_FINDING;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	struct rules_settings rules[64];
	const char *config = c->config;
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		if ((!strcmp(argv[i], "-c") || !strcmp(argv[i], "--config")) && i + 1 < argc) {
			config = argv[++i];
		} else if (!strcmp(argv[i], "--rules") && i + 1 < argc && n < 64) {
			rules[n++] = (struct rules_settings){.path = str_of(argv[++i])};
		} else if (!strcmp(argv[i], "--sources") && i + 1 < argc) {
			return check_sources(c, argv[++i]);
		} else if (!strcmp(argv[i], "--settings")) {
			struct buf b = {0};

			settings_reference(&b);
			printf("%.*s", STR_ARG(buf_str(&b)));
			buf_done(&b);
			return 0;
		} else if (argv[i][0] != '-' && n < 64) {
			rules[n++] = (struct rules_settings){.path = str_of(argv[i])};
		} else {
			return cli_usage(c, "unknown option '%s'", argv[i]);
		}
	}
	if (n > 0)
		return check_paths(c, rules, n);
	if (!config)
		config = cli_config(c);
	if (!config)
		return cli_usage(c, "nothing to check: give -c FILE or paths of rules");
	return check_settings(c, config);
}

const struct cli_command cli_check = {
	.name = "check",
	.summary = "check configuration and rules; file:line:column for every mistake",
	.help = "Usage: noroshi check [-c noroshi.yml] [--settings] [--sources DIR] [RULES...]\n"
		"Reads the configuration and all rules it names, or only the given rule files and "
		"folders, and says\n"
		"what is wrong and how to mend it. --settings prints the reference of all "
		"settings.\n--sources DIR runs the tests inside the definitions of a folder; so "
		"does a "
		"configuration that names one.\n"
		"Exit codes: 0 all well, 1 something is wrong, 2 usage.\n\n"
		"Examples:\n  noroshi check -c /etc/noroshi/noroshi.yml\n  noroshi check "
		"my-rules/\n",
	.run = run,
};
