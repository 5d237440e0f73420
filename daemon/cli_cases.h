/*
 * cli_cases.h - what the commands about incidents share: cases.db read-only, the desk, the archive.
 */
#ifndef DAEMON_CLI_CASES_H
#define DAEMON_CLI_CASES_H

#include <jansson.h>
#include <sqlite3.h>

#include "config/lists.h"
#include "config/settings.h"
#include "daemon/cli.h"

struct cli_cases {
	const struct cli *c;
	const char *config, *data, *archive; /* from options; NULL: the settings' */
	bool ja;
	struct settings *settings;
	struct lists *lists;
	sqlite3 *db;
	struct buf path, archive_path;
};

/* Takes -c, --data, --archive, --lang. 1: taken (and its value), 0: not one of them, -1: no value
 * that it can have; then cli_cases_bad says so. */
int cli_cases_option(struct cli_cases *k, char **argv, int argc, int *i);
int cli_cases_bad(const struct cli *c, const char *option);
/* Only the settings and lists; an exit code, 0 = done. */
int cli_cases_settings(struct cli_cases *k);
/* Open what is there; an exit code, 0 = done. */
int cli_cases_open(struct cli_cases *k);
void cli_cases_close(struct cli_cases *k);
/* Ask the responder; prints what it says. `ask` is taken. */
int cli_cases_ask(struct cli_cases *k, json_t *ask);
/* An incident's records as JSON lines in order of time, from the archive. */
json_t *cli_cases_records(struct cli_cases *k, const json_t *incident);

#endif
