/* cli_query.c - `noroshi query`: a plain scan of the archive by time, field and text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/stamp.h"
#include "base/term.h"
#include "config/settings.h"
#include "daemon/cli.h"
#include "store/store.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct request {
	const struct cli *c;
	const char *config, *archive, *expression, *cls;
	int64_t since, until;
	uint64_t limit, found;
	enum format format;
	struct query *query;
	struct buf line;
};

#define COLUMNS 9u
static const char *const columns[COLUMNS] = {"@timestamp", "host.name", "noroshi.source",
	"event.action", "event.outcome", "user.name", "source.ip", "destination.ip", "message"};

struct cells {
	struct str value[COLUMNS];
	struct arena arena;
};

static bool
on_value(void *ctx, const struct json_value *v)
{
	struct cells *cells = ctx;

	for (unsigned i = 0; i < COLUMNS; i++)
		if (str_eq(v->name, str_of(columns[i])) && cells->value[i].n == 0)
			cells->value[i] = arena_str(&cells->arena, v->text);
	return true;
}

static char *
on_room(void *ctx, size_t n)
{
	struct cells *cells = ctx;

	return arena_alloc(&cells->arena, n);
}

static void
print_row(struct request *r, struct str json)
{
	static const int widths[COLUMNS] = {24, 12, 10, 16, 7, 12, 15, 15, 0};
	static const struct json_limits lim = {.depth = 64, .keys = 4096, .name = 256};
	struct cells cells = {0};
	struct json_sink sink = {.value = on_value, .room = on_room, .ctx = &cells};
	uint64_t flags = 0;

	json_flatten(json, &lim, &sink, &flags);
	buf_clear(&r->line);
	for (unsigned i = 0; i < COLUMNS; i++) {
		size_t from = r->line.n;

		if (i)
			buf_add_char(&r->line, r->format == FORMAT_CSV ? ',' : ' ');
		if (r->format == FORMAT_CSV) {
			term_csv_cell(&r->line, cells.value[i]);
			continue;
		}
		term_show(&r->line, cells.value[i].n ? cells.value[i] : STR("-"));
		while (i + 1 < COLUMNS && r->line.n - from < (size_t)widths[i] + (i ? 1 : 0))
			buf_add_char(&r->line, ' ');
	}
	buf_add_char(&r->line, '\n');
	fwrite(r->line.p, 1, r->line.n, stdout);
	arena_done(&cells.arena);
}

static bool
on_line(void *ctx, struct str json)
{
	struct request *r = ctx;

	if (r->query && !query_match(r->query, json))
		return true;
	if (r->found++ >= r->limit)
		return false;
	if (r->format == FORMAT_JSON)
		printf("%.*s\n", STR_ARG(json));
	else
		print_row(r, json);
	return true;
}

static bool
read_time(const char *text, int64_t *ret)
{
	struct str s = str_of(text);

	if (stamp_take_iso(&s, NULL, 0, ret) && s.n == 0)
		return true;
	s = str_of(text);
	if (s.n == 10) {
		char full[32];

		snprintf(full, sizeof(full), "%.10sT00:00:00Z", text);
		s = str_of(full);
		return stamp_take_iso(&s, NULL, 0, ret) && s.n == 0;
	}
	return false;
}

static int
read_options(struct request *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(a, "--json"))
			r->format = FORMAT_JSON;
		else if (a[0] != '-' || (a[0] == '-' && a[1] == 0))
			r->expression = a;
		else if (!v)
			return cli_usage(r->c, "%s needs a value", a);
		else if (!strcmp(a, "-c"))
			r->config = argv[++i];
		else if (!strcmp(a, "--archive"))
			r->archive = argv[++i];
		else if (!strcmp(a, "--class"))
			r->cls = argv[++i];
		else if (!strcmp(a, "--limit"))
			r->limit = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(a, "--since") || !strcmp(a, "--until")) {
			if (!read_time(argv[++i], a[2] == 's' ? &r->since : &r->until))
				return cli_usage(r->c,
					"'%s' is not a time such as 2026-11-22 or "
					"2026-11-22T09:00:00Z",
					argv[i]);
		} else if (!strcmp(a, "--format")) {
			v = argv[++i];
			if (!strcmp(v, "json"))
				r->format = FORMAT_JSON;
			else if (!strcmp(v, "csv"))
				r->format = FORMAT_CSV;
			else if (strcmp(v, "table") != 0)
				return cli_usage(
					r->c, "--format is table, json or csv, not '%s'", v);
		} else {
			return cli_usage(r->c, "unknown option '%s'", a);
		}
	}
	return 0;
}

static int
archive_path(struct request *r, struct buf *ret)
{
	struct settings *s = NULL;
	struct diag why = {0};
	int rc;

	if (r->archive) {
		buf_printf(ret, "%s", r->archive);
		return 0;
	}
	if (!r->config)
		r->config = cli_config(r->c);
	if (!r->config)
		return cli_usage(r->c, "where is the archive? give --archive DIR or -c FILE");
	rc = settings_load(r->config, &why, &s);
	cli_diag(&why);
	diag_done(&why);
	if (rc < 0)
		return EXIT_FINDING;
	buf_printf(ret, "%.*s/archive", STR_ARG(s->data));
	settings_free(s);
	return 0;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	struct request r = {.c = c,
		.config = c->config,
		.since = INT64_MIN,
		.until = INT64_MAX,
		.limit = UINT64_MAX,
		.format = c->json ? FORMAT_JSON : FORMAT_TABLE,
		.cls = "default"};
	struct buf dir = {0};
	struct diag why = {0};
	int code = read_options(&r, argc, argv);

	if (code == 0)
		code = archive_path(&r, &dir);
	if (code == 0 && r.expression && strcmp(r.expression, "*") != 0 &&
		query_parse(str_of(r.expression), &why, &r.query) < 0)
		code = EXIT_USAGE;
	if (code == 0) {
		struct scan_options scan = {.dir = buf_z(&dir),
			.cls = str_of(strcmp(r.cls, "*") ? r.cls : ""),
			.since = r.since,
			.until = r.until};

		if (r.format == FORMAT_CSV)
			printf("@timestamp,host.name,noroshi.source,event.action,event.outcome,"
			       "user.name,source.ip,"
			       "destination.ip,message\n");
		if (store_scan(&scan, on_line, &r, &why) < 0)
			code = EXIT_FINDING;
		else if (why.errors > 0)
			code = EXIT_PARTLY;
	}
	fflush(stdout);
	cli_diag(&why);
	if (code == 0 && r.found == 0)
		fprintf(stderr, "nothing found; widen --since/--until, or try a word without a "
				"field name (what came in the last seconds is not in the archive "
				"yet)\n");
	query_free(r.query);
	buf_done(&r.line);
	buf_done(&dir);
	diag_done(&why);
	return code;
}

const struct cli_command cli_query = {
	.name = "query",
	.summary = "find records in the archive by time, field and text",
	.help = "Usage: noroshi query ['EXPRESSION'] [--since T] [--until T] [--limit N] [--format "
		"table|json|csv]\n"
		"                     [--class NAME|'*'] [--archive DIR | -c noroshi.yml]\n"
		"Expressions: field:value, wildcards, field:10.0.0.0/8, field>=5, (a or b), and, "
		"or, not, \"a phrase\";\n"
		"a bare word searches all text. Times: 2026-11-22 or 2026-11-22T09:00:00+09:00.\n"
		"Exit codes: 0 done, 1 archive unreadable, 2 usage, 3 parts of the archive are "
		"damaged.\n\n"
		"Examples:\n"
		"  noroshi query 'user.name:sato and event.outcome:failure' --since 2026-11-01\n"
		"  noroshi query 'source.ip:10.20.0.0/16 and destination.port:445' --format csv > "
		"flows.csv\n"
		"  noroshi query --class alerts --format json | jq .message\n",
	.run = run,
};
