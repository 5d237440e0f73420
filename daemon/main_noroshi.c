/* main_noroshi.c - the command line: finds the command's row and runs it. */
#include <stdio.h>
#include <string.h>

#include "daemon/cli.h"

static const struct cli_command *const commands[] = {&cli_check, &cli_normalize, &cli_replay,
	&cli_query, &cli_verify, &cli_status, &cli_top, &cli_rules, &cli_alerts, &cli_sources,
	&cli_version, &cli_incident, &cli_ack, &cli_drill, &cli_route, &cli_report, &cli_timeline,
	&cli_map};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_help(void)
{
	printf("Usage: noroshi [-c noroshi.yml] [--json] COMMAND [OPTIONS]\n"
	       "Noroshi watches a company's logs. Commands:\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n`noroshi COMMAND --help` shows options and examples.\n"
	       "Exit codes: 0 done, 1 finding, 2 usage, 3 partly done, 4 daemon not reachable, 71 "
	       "out of memory.\n");
}

static int
unknown(const char *word)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i]->name;
	near = diag_did_you_mean(str_of(word), names, COMMANDS);
	fprintf(stderr, "noroshi: no command '%s'%s%s%s; see noroshi --help\n", word,
		near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct cli c = {0};
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if ((!strcmp(argv[i], "-c") || !strcmp(argv[i], "--config")) && i + 1 < argc) {
			c.config = argv[++i];
		} else if (!strcmp(argv[i], "--json")) {
			c.json = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			print_help();
			return 0;
		} else if (!strcmp(argv[i], "--version")) {
			printf("noroshi %s\n", NOROSHI_VERSION);
			return 0;
		} else {
			fprintf(stderr, "noroshi: unknown option '%s'; see noroshi --help\n",
				argv[i]);
			return EXIT_USAGE;
		}
	}
	if (i == argc) {
		print_help();
		return EXIT_USAGE;
	}
	for (size_t k = 0; k < COMMANDS; k++) {
		if (strcmp(argv[i], commands[k]->name) != 0)
			continue;
		c.name = argv[i];
		for (int a = i + 1; a < argc; a++) {
			if (!strcmp(argv[a], "--help") || !strcmp(argv[a], "-h")) {
				printf("%s", commands[k]->help);
				return 0;
			}
			if (!strcmp(argv[a], "--json"))
				c.json = true;
		}
		return commands[k]->run(&c, argc - i, argv + i);
	}
	return unknown(argv[i]);
}
