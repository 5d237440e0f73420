/* cli_status.c - `noroshi status` and `noroshi sources`: what the running daemon counts. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/cli.h"

static json_t *
ask(const struct cli *c, int *code)
{
	struct buf answer = {0};
	json_t *j = NULL;

	*code = cli_ask(c, "status", &answer);
	if (*code == 0 && c->json)
		printf("%.*s", STR_ARG(buf_str(&answer)));
	else if (*code == 0)
		j = json_loadb(answer.p, answer.n, 0, NULL);
	buf_done(&answer);
	return j;
}

static void
number(const json_t *j, const char *key, const char *words)
{
	printf("%-34s %lld\n", words, (long long)json_integer_value(json_object_get(j, key)));
}

static void
unless_none(const json_t *j, const char *name, const char *words)
{
	if (json_integer_value(json_object_get(j, name)) > 0)
		printf("%-34s %lld\n", words,
			(long long)json_integer_value(json_object_get(j, name)));
}

static void
reasons(json_t *j, const char *key, const char *words)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(j, key), name, value)
		printf("  %-10s %-21s %lld\n", words, name, (long long)json_integer_value(value));
}

static int
run_status(const struct cli *c, int argc, char **argv)
{
	struct cli own = *c;
	json_t *j, *role;
	size_t i;
	int code;

	for (int a = 1; a < argc; a++) {
		if (!strcmp(argv[a], "-c") && a + 1 < argc)
			own.config = argv[++a];
		else if (strcmp(argv[a], "--json") != 0)
			return cli_usage(c, "unknown option '%s'", argv[a]);
	}
	j = ask(&own, &code);
	if (!j)
		return code;
	printf("%s\n", json_is_true(json_object_get(j, "ready")) ? "running"
								 : "NOT READY: a role is missing");
	if (json_is_true(json_object_get(j, "journal_full")))
		printf("JOURNAL FULL: inputs wait; free space or raise limits: journal_max\n");
	number(j, "received", "messages received");
	number(j, "stored", "  stored");
	number(j, "in_flight", "  in flight");
	reasons(j, "rejected", "rejected");
	reasons(j, "dropped", "DROPPED");
	number(j, "parsed", "records parsed");
	number(j, "unparsed", "records unparsed");
	reasons(j, "flagged", "flagged");
	number(j, "alerts", "alerts");
	number(j, "sent", "  delivered (over all sinks)");
	number(j, "spooled", "  waiting in spools");
	unless_none(j, "heartbeat_failed", "heartbeats that FAILED");
	unless_none(j, "cases_forgotten", "old rows deleted from cases.db");
	printf("%-34s %s\n", "stream time", json_string_value(json_object_get(j, "watermark")));
	json_array_foreach(json_object_get(j, "roles"), i, role)
		printf("role %-12s pid %lld restarts %lld\n",
			json_string_value(json_object_get(role, "name")),
			(long long)json_integer_value(json_object_get(role, "pid")),
			(long long)json_integer_value(json_object_get(role, "restarts")));
	json_decref(j);
	return 0;
}

static int
run_sources(const struct cli *c, int argc, char **argv)
{
	struct cli own = *c;
	json_t *j, *s;
	size_t i;
	int code;

	for (int a = 1; a < argc; a++)
		if (!strcmp(argv[a], "-c") && a + 1 < argc)
			own.config = argv[++a];
	j = ask(&own, &code);
	if (!j)
		return code;
	printf("%12s %10s  %-24s %s\n", "records", "unparsed", "last event",
		"source (input, sender, product)");
	json_array_foreach(json_object_get(j, "sources"), i, s) printf("%12lld %10lld  %-24s %s\n",
		(long long)json_integer_value(json_object_get(s, "records")),
		(long long)json_integer_value(json_object_get(s, "unparsed")),
		json_string_value(json_object_get(s, "last_event")),
		json_string_value(json_object_get(s, "name")));
	json_decref(j);
	return 0;
}

const struct cli_command cli_status = {
	.name = "status",
	.summary = "counters of the running daemon: received, stored, rejected by reason, roles",
	.help = "Usage: noroshi status [-c noroshi.yml] [--json]\n"
		"received = stored + rejected + dropped + in flight, always.\n"
		"Exit codes: 0 done, 2 usage, 4 daemon not reachable.\n\n"
		"Examples:\n  noroshi status\n  noroshi -c noroshi.yml --json status | jq "
		".rejected\n",
	.run = run_status,
};

const struct cli_command cli_sources = {
	.name = "sources",
	.summary = "who sends what, and how much of it was understood",
	.help = "Usage: noroshi sources [-c noroshi.yml]\n"
		"One line per source: input, original sender, product.\n"
		"Exit codes: 0 done, 2 usage, 4 daemon not reachable.\n\nExample:\n  noroshi "
		"sources | sort -rn | head\n",
	.run = run_sources,
};
