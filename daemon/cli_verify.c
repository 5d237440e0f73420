/* cli_verify.c - `noroshi verify`: is every byte of the archive what was written, and is anything
 * missing? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/settings.h"
#include "daemon/cli.h"
#include "respond/incidents.h"
#include "store/store.h"

static int
report(const struct cli *c, const struct verify_report *v, const struct diag *findings)
{
	cli_diag(findings);
	if (c->json)
		printf("{\"segments\":%" PRIu64 ",\"frames\":%" PRIu64 ",\"records\":%" PRIu64
		       ",\"bytes\":%" PRIu64 ",\"findings\":%" PRIu64 "}\n",
			v->segments, v->frames, v->records, v->bytes, v->findings);
	else
		printf("%s: %" PRIu64 " segments, %" PRIu64 " frames, %" PRIu64 " records, %" PRIu64
		       " bytes, %" PRIu64 " findings\n",
			v->findings ? "NOT INTACT" : "intact", v->segments, v->frames, v->records,
			v->bytes, v->findings);
	return v->findings ? EXIT_FINDING : 0;
}

/* The history of incidents is a chain of its own. */
static uint64_t
check_history(const char *path, struct diag *findings)
{
	sqlite3 *db = NULL;
	int64_t bad = -1, form = 0;

	if (access(path, F_OK) < 0)
		return 0; /* nobody was told of anything yet */
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
		form = db_number(db, "PRAGMA user_version", "");
	if (form == 1)
		bad = 0; /* from before there was a history */
	else if (form > 1)
		bad = incidents_check(db, findings);
	if (bad < 0) {
		diag_set(findings, NULL, 0,
			"cannot check %s: %s; run as root or as the responder's user", path,
			sqlite3_errmsg(db));
		bad = 1;
	}
	sqlite3_close(db);
	return (uint64_t)bad;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	const char *dir = NULL, *anchors = NULL, *config = c->config, *segments[256];
	struct verify_report v = {0};
	struct diag findings = {0};
	struct buf path = {0}, cases = {0};
	size_t n = 0;
	int rc;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--archive") && i + 1 < argc)
			dir = argv[++i];
		else if (!strcmp(argv[i], "--anchors") && i + 1 < argc)
			anchors = argv[++i];
		else if (!strcmp(argv[i], "-c") && i + 1 < argc)
			config = argv[++i];
		else if (argv[i][0] != '-' && n < 256)
			segments[n++] = argv[i];
		else if (strcmp(argv[i], "--json") != 0)
			return cli_usage(c, "unknown option '%s'", argv[i]);
	}
	if (!dir && n == 0) {
		struct settings *s = NULL;

		config = config ? config : cli_config(c);
		if (!config)
			return cli_usage(c,
				"where is the archive? give --archive DIR, segments, or -c FILE");
		if (settings_load(config, &findings, &s) < 0) {
			cli_diag(&findings);
			return EXIT_FINDING;
		}
		buf_printf(&path, "%.*s/archive", STR_ARG(s->data));
		dir = buf_z(&path);
		buf_printf(&cases, "%.*s/cases/cases.db", STR_ARG(s->data));
		settings_free(s);
	}
	rc = verify_archive(dir, segments, n, anchors, &v, &findings);
	if (cases.n)
		v.findings += check_history(buf_z(&cases), &findings);
	if (rc < 0 && v.findings == 0)
		v.findings = 1;
	rc = report(c, &v, &findings);
	buf_done(&path);
	buf_done(&cases);
	diag_done(&findings);
	return rc;
}

const struct cli_command cli_verify = {
	.name = "verify",
	.summary =
		"check the archive's every byte and link; says what was changed, cut or is missing",
	.help = "Usage: noroshi verify [SEGMENT...] [--archive DIR | -c noroshi.yml] [--anchors "
		"FILE] [--json]\n"
		"Exit codes: 0 intact, 1 finding (file, frame and time range are named), 2 "
		"usage.\n\n"
		"Examples:\n  noroshi verify -c /etc/noroshi/noroshi.yml\n"
		"  noroshi verify --archive /mnt/evidence --anchors heads.txt\n",
	.run = run,
};
