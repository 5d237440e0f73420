/* cli_report.c - `noroshi report incident ID`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "daemon/cli_cases.h"
#include "respond/incidents.h"
#include "respond/month.h"
#include "respond/report.h"
#include "store/store.h"

struct request {
	struct cli_cases k;
	const char *what, *who, *out;
	enum report_format how;
	bool pdf;
};

static int
read_options(struct request *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int own = cli_cases_option(&r->k, argv, argc, &i);

		if (own < 0)
			return cli_usage(r->k.c, "%s needs a value", argv[i]);
		if (own > 0 || !strcmp(argv[i], "--json"))
			continue;
		if (!strcmp(argv[i], "-o") && i + 1 < argc) {
			r->out = argv[++i];
		} else if (!strcmp(argv[i], "--format") && i + 1 < argc) {
			const char *f = argv[++i];

			r->pdf = !strcmp(f, "pdf");
			r->how = r->pdf || !strcmp(f, "html") ? REPORT_HTML
				 : !strcmp(f, "json")         ? REPORT_JSON
							      : REPORT_TEXT;
			if (strcmp(f, "html") != 0 && strcmp(f, "json") != 0 &&
				strcmp(f, "text") != 0 && !r->pdf)
				return cli_usage(
					r->k.c, "--format is text, html, json or pdf, not '%s'", f);
		} else if (argv[i][0] == '-') {
			return cli_usage(r->k.c, "unknown option or missing value: '%s'", argv[i]);
		} else if (!r->what) {
			r->what = argv[i];
		} else {
			r->who = argv[i];
		}
	}
	if (!r->what || !r->who ||
		(strcmp(r->what, "incident") != 0 && strcmp(r->what, "monthly") != 0))
		return cli_usage(r->k.c, "say what: report incident ID, or report monthly YYYY-MM");
	return 0;
}

static int
write_out(struct request *r, struct str text)
{
	struct buf pdf = {0};
	struct diag why = {0};
	int code;

	if (r->pdf) {
		r->pdf = false;
		code = report_pdf(text, &why, &pdf) == 0 ? write_out(r, buf_str(&pdf))
							 : EXIT_FINDING;
		cli_diag(&why);
		diag_done(&why);
		buf_done(&pdf);
		return code;
	}
	if (!r->out) {
		fwrite(text.p, 1, text.n, stdout);
		return 0;
	}
	if (file_replace(r->out, text, 0640) == 0)
		return 0;
	fprintf(stderr, "noroshi: cannot write %s\n", r->out);
	return EXIT_FINDING;
}

static int
make(struct request *r)
{
	json_t *incident = incident_json(r->k.db, r->who), *records, *one;
	struct report_site site = {.lists = r->k.lists, .version = STR(NOROSHI_VERSION)};
	struct report_input in = {.incident = incident, .site = &site};
	struct str *lines;
	struct buf out = {0};
	char host[256] = "";
	size_t i;
	int code;

	if (!incident) {
		fprintf(stderr,
			"noroshi: no incident '%s'; `noroshi incident list --all` shows them\n",
			r->who);
		return EXIT_FINDING;
	}
	gethostname(host, sizeof(host) - 1);
	site.host = str_of(host);
	if (r->k.settings) {
		site.organisation = r->k.settings->organisation;
		site.contact = r->k.settings->contact;
	}
	records = cli_cases_records(&r->k, incident);
	lines = mem_zero(json_array_size(records) + 1, sizeof(*lines));
	json_array_foreach(records, i, one)
	{
		lines[i] = str_of(json_dumps(one, JSON_COMPACT));
	}
	in.records = lines;
	in.nrecords = json_array_size(records);
	in.number = (unsigned)json_integer_value(json_object_get(incident, "reports_total"));
	in.number = in.number ? in.number : 1;
	in.written = clock_wall(&clock_system);
	code = report_preliminary(&in, r->how, r->k.ja, &out) == 0 ? write_out(r, buf_str(&out))
								   : EXIT_FINDING;
	for (i = 0; i < in.nrecords; i++)
		free((void *)(uintptr_t)lines[i].p);
	mem_free(lines);
	buf_done(&out);
	json_decref(records);
	json_decref(incident);
	return code;
}

static bool
on_line(void *ctx, struct str json)
{
	month_record(ctx, json);
	return true;
}

static int
make_month(struct request *r)
{
	struct report_site site = {.lists = r->k.lists, .version = STR(NOROSHI_VERSION)};
	struct month m;
	int64_t now = clock_wall(&clock_system);
	struct scan_options opt = {.dir = r->k.archive_path.p, .cls = STR("default")};
	struct diag why = {0};
	struct buf out = {0};
	json_t *j;
	int code;

	if (!month_parse(str_of(r->who), now, &m)) {
		month_done(&m);
		return cli_usage(r->k.c, "a month is YYYY-MM, not '%s'", r->who);
	}
	opt.since = m.learn;
	opt.until = m.until;
	if (store_scan(&opt, on_line, &m, &why) < 0)
		cli_diag(&why);
	if (r->k.settings)
		site.organisation = r->k.settings->organisation;
	j = month_json(&m, r->k.db);
	code = report_monthly(j, &site, r->how, r->k.ja, &out) == 0 ? write_out(r, buf_str(&out))
								    : EXIT_FINDING;
	month_done(&m);
	json_decref(j);
	buf_done(&out);
	diag_done(&why);
	return code;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	struct request r = {.k = {.c = c}};
	int code = read_options(&r, argc, argv);

	if (code == 0)
		code = cli_cases_open(&r.k);
	if (code == 0)
		code = !strcmp(r.what, "monthly") ? make_month(&r) : make(&r);
	cli_cases_close(&r.k);
	return code;
}

const struct cli_command cli_report = {
	.name = "report",
	.summary = "an incident's report (速報), or a month on one page; ja or en",
	.help = "Usage: noroshi report incident ID [--lang ja|en] [--format text|html|json|pdf] "
		"[-o "
		"FILE]\n"
		"       noroshi report monthly YYYY-MM [the same]\n"
		"  -c FILE, --data DIR, --archive DIR\n"
		"Exit codes: 0 done, 1 not found, 2 usage.\n\nExample:\n  noroshi report incident "
		"INC-20261122-001 --lang ja --format html -o report.html\n",
	.run = run,
};
