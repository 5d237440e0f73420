/* cli_timeline.c - `noroshi timeline ENTITY --around T`: all that happened about one name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "daemon/cli_cases.h"
#include "daemon/records.h"
#include "store/store.h"

struct line {
	char *json;
	int64_t time;
	uint64_t nth;
};

struct request {
	struct cli_cases k;
	const char *entity;
	int64_t around, before;
	struct query *query;
	struct line *lines;
	size_t n, cap, limit;
};

/* "90", "15m", "1h", "2d" */
static bool
span(const char *text, int64_t *ret)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	int64_t unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 1;

	if (n <= 0 || n > 100000 || (*end && end[1]))
		return false;
	*ret = n * unit * NS_PER_S;
	return true;
}

static int
read_options(struct request *r, int argc, char **argv)
{
	r->before = 3600 * NS_PER_S;
	r->limit = 10000;
	for (int i = 1; i < argc; i++) {
		int own = cli_cases_option(&r->k, argv, argc, &i);

		if (own < 0)
			return cli_cases_bad(r->k.c, argv[i]);
		if (own > 0 || !strcmp(argv[i], "--json"))
			continue;
		if (!strcmp(argv[i], "--around") && i + 1 < argc) {
			struct str s = str_of(argv[++i]);

			if (!stamp_take_iso(&s, NULL, 0, &r->around) || s.n)
				return cli_usage(
					r->k.c, "--around needs a time as 2026-11-22T10:00:00Z");
		} else if (!strcmp(argv[i], "--span") && i + 1 < argc) {
			if (!span(argv[++i], &r->before))
				return cli_usage(r->k.c, "--span needs 90, 15m, 1h or 2d");
		} else if (argv[i][0] == '-') {
			return cli_usage(r->k.c, "unknown option or missing value: '%s'", argv[i]);
		} else {
			r->entity = argv[i];
		}
	}
	if (!r->entity || !r->around)
		return cli_usage(r->k.c, "say who and when: timeline ENTITY --around T");
	for (const char *p = r->entity; *p; p++)
		if (*p == '"' || *p == '\\' || (unsigned char)*p < 0x20)
			return cli_usage(r->k.c,
				"an entity has no quotes, backslashes or control characters");
	return 0;
}

/* Wherever a person, a host or an address can stand. */
static int
make_query(struct request *r)
{
	static const char *const fields[] = {"noroshi.identity.user", "noroshi.identity.host",
		"user.name", "user.target.name", "user.email", "host.name", "source.ip",
		"destination.ip", "client.ip", "source.nat.ip", "related.ip", "email.from.address",
		"email.to.address", "url.domain", "file.name"};
	struct buf b = {0};
	struct diag why = {0};
	int rc;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		buf_printf(&b, "%s%s:\"%s\"", i ? " or " : "", fields[i], r->entity);
	buf_printf(&b, " or host.name:%s.*", r->entity);
	rc = query_parse(buf_str(&b), &why, &r->query);
	if (rc < 0) {
		/* a name that cannot stand before a star */
		diag_done(&why);
		buf_clear(&b);
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			buf_printf(&b, "%s%s:\"%s\"", i ? " or " : "", fields[i], r->entity);
		rc = query_parse(buf_str(&b), &why, &r->query);
	}
	if (rc < 0)
		cli_diag(&why);
	diag_done(&why);
	buf_done(&b);
	return rc < 0 ? EXIT_USAGE : 0;
}

static int64_t
time_of(struct str json)
{
	struct str key = STR("{\"@timestamp\":\"");
	int64_t ns = 0;

	if (!str_take(&json, key) || !stamp_take_iso(&json, NULL, 0, &ns))
		return 0;
	return ns;
}

static bool
on_line(void *ctx, struct str json)
{
	struct request *r = ctx;
	int64_t ns = time_of(json);

	if (ns < r->around - r->before || ns > r->around + r->before ||
		!query_match(r->query, json))
		return true;
	r->lines = mem_grow(r->lines, r->n, &r->cap, sizeof(*r->lines));
	r->lines[r->n] = (struct line){mem_copy_z(json.p, json.n), ns, r->n};
	return ++r->n < r->limit;
}

static int
by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->nth < y->nth ? -1 : 1;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	struct request r = {.k = {.c = c}};
	int code = read_options(&r, argc, argv);
	struct diag why = {0};

	if (code == 0)
		code = r.k.archive && !r.k.data && !r.k.config && !cli_config(c)
			       ? 0
			       : cli_cases_open(&r.k);
	if (code == 0)
		code = make_query(&r);
	if (code == 0) {
		struct scan_options opt = {.dir = r.k.archive ? r.k.archive : r.k.archive_path.p,
			.cls = STR("default"),
			.since = r.around - r.before,
			.until = r.around + r.before};

		if (store_scan(&opt, on_line, &r, &why) < 0) {
			cli_diag(&why);
			code = EXIT_FINDING;
		}
	}
	if (r.n > 1)
		qsort(r.lines, r.n, sizeof(*r.lines), by_time);
	for (size_t i = 0; i < r.n; i++) {
		struct buf line = {0};

		if (!c->json) {
			record_line(str_of(r.lines[i].json), &line);
			printf("%.*s\n", STR_ARG(buf_str(&line)));
		} else {
			puts(r.lines[i].json);
		}
		buf_done(&line);
		mem_free(r.lines[i].json);
	}
	if (r.n == r.limit)
		fprintf(stderr, "noroshi: only the first %zu records; take a smaller --span\n",
			r.limit);
	mem_free(r.lines);
	query_free(r.query);
	diag_done(&why);
	cli_cases_close(&r.k);
	return code;
}

const struct cli_command cli_timeline = {
	.name = "timeline",
	.summary = "all that happened about a person, host or address around a time",
	.help = "Usage: noroshi timeline ENTITY --around T [--span 1h] [-c FILE | --archive DIR]\n"
		"ENTITY: a person's key, an account, a host, an address, a mail address.\n"
		"  --span S          before and after T: 15m, 1h (default), 2d\n"
		"  --json            the records themselves\n"
		"Exit codes: 0 done, 1 the archive cannot be read, 2 usage.\n\nExample:\n  noroshi "
		"timeline sato.k --around 2026-11-22T01:00:00Z --span 30m\n",
	.run = run,
};
