/*
 * cli.h - the commands of `noroshi`: one row and one file each.
 */
#ifndef DAEMON_CLI_H
#define DAEMON_CLI_H

#include "base/diag.h"

#define EXIT_FINDING     1
#define EXIT_USAGE       2
#define EXIT_PARTLY      3
#define EXIT_UNREACHABLE 4

struct cli {
	const char *config; /* -c, or NULL */
	const char *name;   /* of the command */
	bool json;
};

struct cli_command {
	const char *name, *summary, *help;
	int (*run)(const struct cli *c, int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct cli_command cli_check, cli_normalize, cli_replay, cli_query, cli_verify,
	cli_status, cli_rules, cli_alerts, cli_sources, cli_version, cli_incident, cli_ack,
	cli_drill, cli_top, cli_route, cli_report, cli_timeline, cli_map;

/* "noroshi COMMAND: text" on stderr; returns EXIT_USAGE. */
int cli_usage(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Print messages to stderr, with colours on a terminal. */
void cli_diag(const struct diag *d);
/* The configuration file to use: -c, else /etc/noroshi/noroshi.yml if it is there, else NULL. */
const char *cli_config(const struct cli *c);
/* Ask the running daemon; 0 and the answer, or EXIT_UNREACHABLE after saying why. */
int cli_ask(const struct cli *c, const char *command, struct buf *answer);

#endif
