/* cli_check.c - `noroshi check`: configuration, rules, taxonomies; every mistake in one run. */
#include <stdio.h>
#include <string.h>

#include "daemon/brain.h"
#include "daemon/cli.h"
#include "parsers/source_test.h"

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

/* The operator's definitions of sources, by the tests that they carry. */
static int
check_sources(const struct cli *c, const char *dir)
{
	struct source_tests n;
	struct diag why = {0};
	int rc = source_tests_run(str_of(dir), &why, &n);

	cli_diag(&why);
	if (rc == 0)
		printf("ok: %s: %zu definitions, %zu tests\n", dir, n.definitions, n.tests);
	else
		fprintf(stderr, "noroshi %s: %zu errors\n", c->name, why.errors);
	diag_done(&why);
	return rc == 0 ? 0 : EXIT_FINDING;
}

static int
check_settings(const struct cli *c, const char *path)
{
	struct settings *s = NULL;
	struct brain *b = NULL;
	struct source_tests tests = {0};
	struct diag why = {0};
	int rc = settings_load(path, &why, &s);

	if (rc == 0) {
		struct brain_options opt = {.settings = s, .rules = s->rules, .nrules = s->nrules};

		rc = brain_load(&opt, &why, &b);
	}
	/* noroshid does not ask the tests; who checks wants to know. */
	if (rc == 0 && s->sources.n)
		rc = source_tests_run(s->sources, &why, &tests);
	cli_diag(&why);
	if (rc == 0)
		printf("ok: %s: %zu inputs, %zu rules, %zu correlations, %zu documents left out, "
		       "%zu sinks\n",
			path, s->ninputs, ruleset_count(b->rules),
			correlations_count(b->correlations), b->rejected, s->nsinks);
	if (rc == 0 && s->sources.n)
		printf("ok: %.*s: %zu definitions, %zu tests\n", STR_ARG(s->sources),
			tests.definitions, tests.tests);
	if (rc < 0 && tests.failed)
		fprintf(stderr, "noroshi %s: %zu of %zu tests of the sources failed\n", c->name,
			tests.failed, tests.tests);
	else if (rc < 0)
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
	const char *config = c->config, *sources = NULL;
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		if ((!strcmp(argv[i], "-c") || !strcmp(argv[i], "--config")) && i + 1 < argc) {
			config = argv[++i];
		} else if (!strcmp(argv[i], "--rules") && i + 1 < argc && n < 64) {
			rules[n++] = (struct rules_settings){.path = str_of(argv[++i])};
		} else if (!strcmp(argv[i], "--sources") && i + 1 < argc) {
			sources = argv[++i];
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
	if (sources)
		return check_sources(c, sources);
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
	.summary = "check configuration, rules and sources; file:line:column for every mistake",
	.help = "Usage: noroshi check [-c noroshi.yml] [--settings] [--sources DIR] [RULES...]\n"
		"Reads the configuration and all rules it names, or only the given rule files and "
		"folders, and says\n"
		"what is wrong and how to mend it. Definitions of sources are run by the tests "
		"they "
		"carry, those of\n"
		"the configuration or of --sources DIR. --settings prints the reference of all "
		"settings.\n"
		"Exit codes: 0 all well, 1 something is wrong, 2 usage.\n\n"
		"Examples:\n  noroshi check -c /etc/noroshi/noroshi.yml\n  noroshi check "
		"my-rules/\n  noroshi check --sources my-sources/\n",
	.run = run,
};
