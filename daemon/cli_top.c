/* cli_top.c - `noroshi top`: rules by what they cost and how often they match. */
#include "daemon/cli_top.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/cli.h"

static const char *const order_words[] = {"cost", "hits", "looked"};
static const char *const order_keys[] = {"us", "hits", "looked"};

struct top_row {
	const json_t *rule;
	long long key;
};

static long long
number(const json_t *j, const char *key)
{
	return (long long)json_integer_value(json_object_get(j, key));
}

static int
dearest_first(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	const char *p, *q;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	p = json_string_value(json_object_get(x->rule, "id"));
	q = json_string_value(json_object_get(y->rule, "id"));
	return strcmp(p ? p : "", q ? q : "");
}

int
top_print(struct str costs, enum top_order by, size_t limit)
{
	json_t *j = json_loadb(costs.p, costs.n, 0, NULL), *rules = json_object_get(j, "rules"), *r;
	size_t n = json_array_size(rules), i;
	struct top_row *rows = mem_zero(n + 1, sizeof(*rows));
	long long records = number(j, "records"), scan = number(j, "scan_us"), all = 0;

	json_array_foreach(rules, i, r)
	{
		rows[i] = (struct top_row){r, number(r, order_keys[by])};
		all += number(r, "us");
	}
	qsort(rows, n, sizeof(*rows), dearest_first);
	printf("%lld records matched; looking for literals %.2f us a record, %zu rules that were "
	       "looked at %.2f us a record\n",
		records, records ? (double)scan / (double)records : 0.0, n,
		records ? (double)all / (double)records : 0.0);
	if (n > 0)
		printf("%10s %6s %12s %10s  %s\n", "ms", "share", "looked at", "hits", "rule");
	for (i = 0; i < n && i < limit; i++) {
		const char *id = json_string_value(json_object_get(rows[i].rule, "id"));
		const char *title = json_string_value(json_object_get(rows[i].rule, "title"));
		long long us = number(rows[i].rule, "us");

		printf("%10.1f %5.1f%% %12lld %10lld  %s  %s\n", (double)us / 1000,
			all ? 100.0 * (double)us / (double)all : 0.0,
			number(rows[i].rule, "looked"), number(rows[i].rule, "hits"), id ? id : "",
			title ? title : "");
	}
	mem_free(rows);
	json_decref(j);
	return j ? 0 : EXIT_FINDING;
}

static int
run(const struct cli *c, int argc, char **argv)
{
	struct cli own = *c;
	enum top_order by = TOP_COST;
	size_t limit = 20;
	struct buf answer = {0};
	int code;

	for (int i = 1; i < argc; i++) {
		const char *v = i + 1 < argc ? argv[i + 1] : NULL;
		uint64_t n;
		unsigned k = 0;

		if (!strcmp(argv[i], "-c") && v) {
			own.config = argv[++i];
		} else if (!strcmp(argv[i], "--by") && v) {
			while (k < 3 && strcmp(v, order_words[k]) != 0)
				k++;
			if (k == 3)
				return cli_usage(c, "--by is cost, hits or looked, not '%s'", v);
			by = (enum top_order)k;
			i++;
		} else if (!strcmp(argv[i], "--limit") && v) {
			if (!str_u64(str_of(v), &n) || n == 0)
				return cli_usage(c, "--limit wants a number from 1, not '%s'", v);
			limit = (size_t)n;
			i++;
		} else if (!strcmp(argv[i], "--json")) {
			own.json = true;
		} else {
			return cli_usage(c, "unknown option or missing value: '%s'", argv[i]);
		}
	}
	code = cli_ask(&own, "top", &answer);
	if (code == 0 && own.json)
		printf("%.*s", STR_ARG(buf_str(&answer)));
	else if (code == 0)
		code = top_print(buf_str(&answer), by, limit);
	buf_done(&answer);
	return code;
}

const struct cli_command cli_top = {
	.name = "top",
	.summary = "rules by what they cost and how often they match, in the running daemon",
	.help = "Usage: noroshi top [-c noroshi.yml] [--by cost|hits|looked] [--limit N] [--json]\n"
		"Since the rules were loaded: ms of processor time over all workers and the engine "
		"(one record in 64\n"
		"is timed), its share, how many records made the rule a candidate, how many it "
		"matched. A rule that\n"
		"is never looked at costs nothing and is not listed. `noroshi replay --top` says "
		"the same of files.\n"
		"Exit codes: 0 done, 2 usage, 4 daemon not reachable.\n\n"
		"Examples:\n  noroshi top\n  noroshi top --by hits --limit 50\n",
	.run = run,
};
