/* cli_incident.c - `noroshi incident ...`, `ack`, `drill`: incidents as people handle them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"
#include "base/term.h"
#include "daemon/cli_cases.h"
#include "daemon/records.h"
#include "respond/incidents.h"

struct request {
	struct cli_cases k;
	const char *words[4];
	int nwords;
	bool all;
	int64_t since;
	json_t *ask;
};

static void
print_json(json_t *j)
{
	char *text = json_dumps(j, JSON_INDENT(1));

	puts(text ? text : "null");
	free(text);
	json_decref(j);
}

static void
shown(const char *before, const char *text, const char *behind)
{
	struct buf b = {0};

	term_show(&b, str_of(text ? text : "-"));
	printf("%s%.*s%s", before, STR_ARG(buf_str(&b)), behind);
	buf_done(&b);
}

static const char *
text_of(const json_t *j, const char *name)
{
	return json_string_value(json_object_get(j, name));
}

static long long
number_of(const json_t *j, const char *name)
{
	return (long long)json_integer_value(json_object_get(j, name));
}

static int
do_list(struct request *r)
{
	json_t *list = incidents_list(r->k.db, r->all, r->since, 1000), *j;
	size_t i;

	if (r->k.c->json) {
		print_json(list);
		return 0;
	}
	json_array_foreach(list, i, j)
	{
		printf("%-17s L%lld %-8s %-6s ", text_of(j, "number"), number_of(j, "level"),
			text_of(j, "severity"), text_of(j, "status"));
		printf("%s  %.19s  %lld alert%s  %s",
			stage_words((unsigned)number_of(j, "stage"), r->k.ja),
			text_of(j, "first") ? text_of(j, "first") : "-",
			number_of(j, "alerts_total"), number_of(j, "alerts_total") == 1 ? "" : "s",
			json_is_true(json_object_get(j, "drill")) ? "[DRILL] " : "");
		shown("", text_of(j, r->k.ja ? "title_ja" : "title_en"), "\n");
	}
	if (json_array_size(list) == 0)
		printf("no %sincidents\n", r->all ? "" : "open ");
	json_decref(list);
	return 0;
}

static void
print_entities(const json_t *j)
{
	const json_t *list = json_object_get(j, "entities"), *e;
	const char *kind = "";
	size_t i;

	json_array_foreach(list, i, e)
	{
		const char *own = text_of(e, "kind");

		if (own && strcmp(own, kind) != 0)
			printf("%s  %-8s", *kind ? "\n" : "", own);
		kind = own ? own : "";
		shown(" ", text_of(e, "value"),
			json_is_true(json_object_get(e, "important")) ? " (important)" : "");
	}
	puts("");
}

static void
print_incident(struct request *r, const json_t *j)
{
	const json_t *row;
	size_t i;
	bool ja = r->k.ja;

	printf("%s  L%lld (%s)  %s  %s\n", text_of(j, "number"), number_of(j, "level"),
		text_of(j, "level_by"), text_of(j, "status"),
		stage_words((unsigned)number_of(j, "stage"), ja));
	shown("", text_of(j, ja ? "title_ja" : "title_en"), "\n");
	shown(ja ? "レベルの理由: " : "level because: ",
		text_of(j, ja ? "level_reason_ja" : "level_reason_en"), "\n");
	printf("%s %s  %s %s  %s %s\n", ja ? "発生" : "first",
		text_of(j, "first") ? text_of(j, "first") : "-", ja ? "検知" : "detected",
		text_of(j, "decided") ? text_of(j, "decided") : "-", ja ? "通知" : "notified",
		text_of(j, "notified") ? text_of(j, "notified") : "-");
	shown(ja ? "確認: " : "acknowledged: ", text_of(j, "acknowledged_by"), "");
	shown(ja ? "  担当: " : "  assignee: ", text_of(j, "assignee"), "\n");
	printf("%lld alerts (%lld more of the same kept silent), %lld records\n",
		number_of(j, "alerts_total"), number_of(j, "suppressed"),
		number_of(j, "records_total"));
	json_array_foreach(json_object_get(j, "missing"), i, row)
	{
		printf("missing: no %s logs in this; last heard of %s\n", text_of(row, "family"),
			text_of(row, "last_heard") ? text_of(row, "last_heard") : "never");
	}
	print_entities(j);
	json_array_foreach(json_object_get(j, "history"), i, row)
	{
		printf("  %.19s  %-10s %-8s ", text_of(row, "at") ? text_of(row, "at") : "-",
			text_of(row, "by"), text_of(row, "what"));
		shown("", text_of(row, "text"), "\n");
	}
}

static json_t *
load(struct request *r)
{
	json_t *j = r->nwords > 1 ? incident_json(r->k.db, r->words[1]) : NULL;

	if (!j && r->nwords > 1)
		fprintf(stderr,
			"noroshi: no incident '%s'; `noroshi incident list --all` shows them\n",
			r->words[1]);
	return j;
}

static int
do_show(struct request *r)
{
	json_t *j = load(r);

	if (!j)
		return r->nwords > 1 ? EXIT_FINDING : cli_usage(r->k.c, "say which incident");
	if (r->k.c->json) {
		print_json(j);
		return 0;
	}
	print_incident(r, j);
	json_decref(j);
	return 0;
}

static int
do_events(struct request *r)
{
	json_t *j = load(r), *list, *one;
	size_t i;

	if (!j)
		return r->nwords > 1 ? EXIT_FINDING : cli_usage(r->k.c, "say which incident");
	list = cli_cases_records(&r->k, j);
	json_array_foreach(list, i, one)
	{
		char *text = json_dumps(one, JSON_COMPACT);
		struct buf line = {0};

		if (r->k.c->json) {
			puts(text);
		} else {
			record_line(str_of(text), &line);
			printf("%.*s\n", STR_ARG(buf_str(&line)));
		}
		free(text);
		buf_done(&line);
	}
	json_decref(list);
	json_decref(j);
	return 0;
}

/* Everything else is asked of the daemon. */
static int
do_ask(struct request *r)
{
	const char *what = r->words[0];
	json_t *ask = json_incref(r->ask);

	if (r->nwords < 2) {
		json_decref(ask);
		return cli_usage(r->k.c, "say which incident");
	}
	json_object_set_new(ask, "do", json_string(what));
	json_object_set_new(ask, "incident", json_string(r->words[1]));
	if (r->nwords > 2 && !strcmp(what, "assign"))
		json_object_set_new(ask, "to", json_string(r->words[2]));
	else if (r->nwords > 2 && !strcmp(what, "stage"))
		json_object_set_new(ask, "stage", json_integer(atoi(r->words[2])));
	else if (r->nwords > 2 && !strcmp(what, "level")) {
		const char *level = r->words[2] + (r->words[2][0] == 'L' || r->words[2][0] == 'l');

		if (!is_digit(level[0]) || level[1]) {
			json_decref(ask);
			return cli_usage(r->k.c, "'%s' is not a level: L0 to L4", r->words[2]);
		}
		json_object_set_new(ask, "level", json_integer(level[0] - '0'));
	} else if (r->nwords > 2)
		json_object_set_new(ask, "text", json_string(r->words[2]));
	return cli_cases_ask(&r->k, ask);
}

static const struct {
	const char *name;
	int (*run)(struct request *);
} verbs[] = {{"list", do_list}, {"show", do_show}, {"events", do_events}, {"ack", do_ask},
	{"assign", do_ask}, {"stage", do_ask}, {"note", do_ask}, {"level", do_ask},
	{"close", do_ask}, {"reopen", do_ask}, {"approve", do_ask}};

/* A day begins in Japan, as the numbers of incidents do. */
static bool
since(const char *text, int64_t *ret)
{
	char full[40];
	struct str s = str_of(text);

	if (s.n == 10) {
		snprintf(full, sizeof(full), "%.10sT00:00:00+09:00", text);
		s = str_of(full);
	}
	return stamp_take_iso(&s, NULL, 0, ret) && s.n == 0;
}

static int
read_options(struct request *r, int argc, char **argv)
{
	static const char *const with[] = {"--reason", "--to", "--name", "--verdict", "--text"};

	r->ask = json_object();
	for (int i = 1; i < argc; i++) {
		int own = cli_cases_option(&r->k, argv, argc, &i);
		bool taken = own != 0;

		if (own < 0)
			return cli_usage(r->k.c, "%s needs a value", argv[i]);
		for (size_t w = 0; !taken && w < sizeof(with) / sizeof(with[0]); w++)
			if (!strcmp(argv[i], with[w]) && i + 1 < argc) {
				json_object_set_new(r->ask, with[w] + 2, json_string(argv[++i]));
				taken = true;
			}
		if (taken)
			continue;
		if (!strcmp(argv[i], "--set") && i + 1 < argc) {
			struct str rest = str_of(argv[++i]), name;
			json_t *set = json_object_get(r->ask, "set");
			char key[64];

			if (!str_cut(&rest, '=', &name) || name.n >= sizeof(key))
				return cli_usage(r->k.c, "--set needs field=text");
			memcpy(key, name.p, name.n);
			key[name.n] = 0;
			if (!set)
				json_object_set_new(r->ask, "set", set = json_object());
			json_object_set_new(set, key, json_stringn(rest.p, rest.n));
		} else if (!strcmp(argv[i], "--since") && i + 1 < argc) {
			if (!since(argv[++i], &r->since))
				return cli_usage(r->k.c,
					"'%s' is not a time such as 2026-11-22 or "
					"2026-11-22T09:00:00Z",
					argv[i]);
		} else if (!strcmp(argv[i], "--all")) {
			r->all = true;
		} else if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "--open")) {
			continue;
		} else if (argv[i][0] == '-') {
			return cli_usage(r->k.c, "unknown option or missing value: '%s'", argv[i]);
		} else if (r->nwords < 4) {
			r->words[r->nwords++] = argv[i];
		}
	}
	return 0;
}

static int
finish(struct request *r, int code)
{
	json_decref(r->ask);
	cli_cases_close(&r->k);
	return code;
}

static int
run_incident(const struct cli *c, int argc, char **argv)
{
	struct request r = {.k = {.c = c}};
	int code = read_options(&r, argc, argv);
	size_t i = 0, n = sizeof(verbs) / sizeof(verbs[0]);

	if (code == 0 && r.nwords == 0)
		r.words[r.nwords++] = "list";
	while (code == 0 && i < n && strcmp(verbs[i].name, r.words[0]) != 0)
		i++;
	if (code == 0 && i == n)
		code = cli_usage(c,
			"no '%s' here; known: list show events ack assign stage note level "
			"close reopen approve",
			r.words[0]);
	if (code == 0)
		code = cli_cases_open(&r.k);
	if (code == 0)
		code = verbs[i].run(&r);
	return finish(&r, code);
}

static int
run_ack(const struct cli *c, int argc, char **argv)
{
	struct request r = {.k = {.c = c}};
	int code = read_options(&r, argc, argv);

	if (code == 0 && r.nwords != 1)
		code = cli_usage(c, "say which incident or alert");
	if (code == 0) {
		r.words[1] = r.words[0];
		r.words[0] = "ack";
		r.nwords = 2;
		code = cli_cases_open(&r.k);
	}
	if (code == 0)
		code = do_ask(&r);
	return finish(&r, code);
}

static int
run_drill(const struct cli *c, int argc, char **argv)
{
	struct request r = {.k = {.c = c}};
	int code = read_options(&r, argc, argv);

	if (code == 0)
		code = cli_cases_open(&r.k);
	if (code == 0) {
		json_t *ask =
			json_pack("{s:s,s:s}", "do", "drill", "text", r.nwords ? r.words[0] : "");

		code = cli_cases_ask(&r.k, ask);
	}
	return finish(&r, code);
}

#define PLACES "  -c FILE, --data DIR, --archive DIR, --lang en|ja, --json\n"

const struct cli_command cli_incident = {
	.name = "incident",
	.summary = "incidents: list, show, events, ack, assign, stage, note, level, close",
	.help = "Usage: noroshi incident list [--open|--all] [--since T]\n"
		"       noroshi incident show|events ID\n"
		"       noroshi incident ack|close|reopen|note ID [TEXT]\n"
		"       noroshi incident assign ID WHO\n"
		"       noroshi incident stage ID 1..5 [--set FIELD=TEXT]... [--reason TEXT]\n"
		"       noroshi incident level ID L0..L4 --reason TEXT\n"
		"       noroshi incident close ID [--verdict false-positive --reason TEXT]\n"
		"       noroshi incident approve ID --to ADDRESS     an address outside may be "
		"told\n"
		"ID: a number (INC-20261122-001), an id or its beginning, or an alert's id.\n"
		"Stages: 1 detection report, 2 first response, 3 investigation, 4 recovery, 5 "
		"final "
		"report. Fields: owner first_action scope cause recovery recovered_at outline "
		"effect "
		"action prevention.\n" PLACES
		"Exit codes: 0 done, 1 refused or not found, 2 usage, 4 daemon not reachable.\n\n"
		"Example:\n  noroshi incident stage INC-20261122-001 2 --set owner=sato --set "
		"first_action='host isolated'\n",
	.run = run_incident,
};

const struct cli_command cli_ack = {
	.name = "ack",
	.summary = "acknowledge an incident or alert: somebody looks at it",
	.help = "Usage: noroshi ack ID\nAfter this nobody else is called for it.\n" PLACES
		"Example:\n  noroshi ack INC-20261122-001\n",
	.run = run_ack,
};

const struct cli_command cli_drill = {
	.name = "drill",
	.summary = "an exercise: a made-up alert through the whole alarm chain",
	.help = "Usage: noroshi drill [NAME]\nMarked as a drill everywhere; its incident is closed "
		"like "
		"any other.\n" PLACES "Example:\n  noroshi drill 'autumn exercise'\n",
	.run = run_drill,
};
