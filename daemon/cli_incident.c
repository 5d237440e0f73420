/* cli_incident.c - `noroshi incident ...`, `ack`, `drill`: incidents as people handle them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"
#include "base/term.h"
#include "daemon/cli_cases.h"
#include "daemon/records.h"
#include "respond/incidents.h"

#define JST_NS (9 * 3600 * NS_PER_S)

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

/* Times as the readers' clocks show them. */
static const char *
moment(const json_t *j, const char *name, char out[40])
{
	const char *text = text_of(j, name);
	struct str s = str_of(text ? text : "");
	struct civil c;
	int64_t ns = 0;

	if (!stamp_take_iso(&s, NULL, 0, &ns) || ns == STAMP_BEYOND)
		return "-";
	civil_of_ns(ns + JST_NS, &c);
	snprintf(out, 40, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
		c.second);
	return out;
}

static const struct {
	const char *name, *en, *ja;
} words[] = {{"open", "open", "対応中"}, {"closed", "closed", "完了"}, {"merged", "merged", "統合"},
	{"informational", "info", "情報"}, {"low", "low", "低"}, {"medium", "medium", "中"},
	{"high", "high", "高"}, {"critical", "critical", "重大"}, {"opened", "opened", "発生登録"},
	{"alert", "alert", "検知"}, {"told", "told", "通知"}, {"report", "report", "報告作成"},
	{"escalated", "escalated", "第二連絡"}, {"ack", "ack", "確認"},
	{"assign", "assign", "担当"}, {"stage", "stage", "段階"}, {"note", "note", "記録"},
	{"level", "level", "レベル"}, {"close", "close", "完了"}, {"reopen", "reopen", "再開"},
	{"approve", "approve", "社外許可"}, {"person", "person", "利用者"},
	{"host", "machine", "機器"}, {"ip", "address", "アドレス"}, {"hash", "hash", "ハッシュ"},
	{"domain", "domain", "ドメイン"}, {"mail", "mail", "メール"}, {"file", "file", "ファイル"},
	{"firewall", "firewall", "ファイアウォール"}, {"proxy", "proxy", "プロキシ"},
	{"endpoint", "endpoint", "端末"}, {"remote", "remote access", "リモートアクセス"},
	{"auth", "authentication", "認証"}, {"server", "server", "サーバ"},
	{"true-positive", "true positive", "正検知"},
	{"false-positive", "false positive", "誤検知"}, {"benign", "benign", "無害"}};

static const char *
word(const char *name, bool ja)
{
	for (size_t i = 0; name && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].name, name))
			return ja ? words[i].ja : words[i].en;
	return name ? name : "-";
}

static int
do_list(struct request *r)
{
	json_t *list = incidents_list(r->k.db, r->all, r->since, 1000), *j;
	bool ja = r->k.ja;
	char at[40];
	size_t i;

	if (r->k.c->json) {
		print_json(list);
		return 0;
	}
	json_array_foreach(list, i, j)
	{
		printf("%-17s L%lld %s %s  %s  %s JST", text_of(j, "number"), number_of(j, "level"),
			word(text_of(j, "severity"), ja), word(text_of(j, "status"), ja),
			stage_words((unsigned)number_of(j, "stage"), ja), moment(j, "first", at));
		printf(ja ? "  検知%lld件  %s" : "  alerts: %lld  %s", number_of(j, "alerts_total"),
			!json_is_true(json_object_get(j, "drill")) ? ""
			: ja                                       ? "【訓練】"
								   : "[DRILL] ");
		shown("", text_of(j, ja ? "title_ja" : "title_en"), "\n");
	}
	if (json_array_size(list) == 0)
		puts(r->all ? (ja ? "インシデントはありません" : "no incidents")
			    : (ja ? "対応中のインシデントはありません（完了分は --all）"
				  : "no open incidents (--all shows closed ones)"));
	json_decref(list);
	return 0;
}

static void
print_entities(const json_t *j, bool ja)
{
	const json_t *list = json_object_get(j, "entities"), *e;
	const char *kind = "";
	size_t i;

	json_array_foreach(list, i, e)
	{
		const char *own = text_of(e, "kind");

		if (own && strcmp(own, kind) != 0)
			printf("%s  %s%s", *kind ? "\n" : "", word(own, ja), ja ? "：" : ":");
		kind = own ? own : "";
		shown(" ", text_of(e, "value"),
			!json_is_true(json_object_get(e, "important")) ? ""
			: ja                                           ? "【重要】"
								       : " (important)");
	}
	puts("");
}

static void
print_history(const json_t *j, bool ja)
{
	const json_t *row;
	char at[40];
	size_t i;

	json_array_foreach(json_object_get(j, "history"), i, row)
	{
		printf("  %s  ", moment(row, "at", at));
		shown("", text_of(row, "by"), "  ");
		printf("%s", word(text_of(row, "what"), ja));
		shown(text_of(row, "text") && *text_of(row, "text") ? "  " : "",
			text_of(row, "text"), "\n");
	}
}

static void
print_times(const json_t *j, bool ja)
{
	char a[40], b[40], c[40], d[40];

	printf(ja ? "時刻（JST）：発生 %s  検知 %s  通知 %s  確認 %s\n"
		  : "times (JST): first %s  detected %s  notified %s  acknowledged %s\n",
		moment(j, "first", a), moment(j, "decided", b), moment(j, "notified", c),
		moment(j, "acknowledged", d));
}

static void
print_incident(struct request *r, const json_t *j)
{
	const json_t *row;
	struct buf next = {0};
	bool ja = r->k.ja;
	char at[40];
	size_t i;

	printf("%s  L%lld  %s  %s%s%s  %s\n", text_of(j, "number"), number_of(j, "level"),
		word(text_of(j, "status"), ja), stage_words((unsigned)number_of(j, "stage"), ja),
		text_of(j, "verdict") ? "  " : "",
		text_of(j, "verdict") ? word(text_of(j, "verdict"), ja) : "",
		!json_is_true(json_object_get(j, "drill")) ? ""
		: ja                                       ? "【訓練】"
							   : "[DRILL]");
	shown("", text_of(j, ja ? "title_ja" : "title_en"), "\n");
	shown(ja ? "レベルの設定者と理由：" : "level by: ", text_of(j, "level_by"), "");
	shown(ja ? "、" : ", because ", text_of(j, ja ? "level_reason_ja" : "level_reason_en"),
		"\n");
	print_times(j, ja);
	shown(ja ? "確認者：" : "acknowledged by: ", text_of(j, "acknowledged_by"), "");
	shown(ja ? "  担当：" : "  assignee: ", text_of(j, "assignee"), "\n");
	printf(ja ? "検知%lld件（まとめた同種の検知%lld件）、ログ%lld件\n"
		  : "alerts: %lld (and %lld more of the same, kept silent), records: %lld\n",
		number_of(j, "alerts_total"), number_of(j, "suppressed"),
		number_of(j, "records_total"));
	json_array_foreach(json_object_get(j, "missing"), i, row)
	{
		printf(ja ? "欠けている情報：%sログ（最終受信 %s）\n"
			  : "missing: no %s logs in this; last heard of %s\n",
			word(text_of(row, "family"), ja),
			text_of(row, "last_heard") ? moment(row, "last_heard", at)
			: ja                       ? "なし"
						   : "never");
	}
	print_entities(j, ja);
	puts(ja ? "経緯：" : "history:");
	print_history(j, ja);
	if (incident_next(r->k.db, j, ja, &next))
		printf("%s%.*s\n", ja ? "次の操作：" : "next: ", STR_ARG(buf_str(&next)));
	buf_done(&next);
}

static json_t *
load(struct request *r)
{
	json_t *j = r->nwords > 1 ? incident_json(r->k.db, r->words[1]) : NULL;

	if (!j && r->nwords > 1)
		fprintf(stderr,
			r->k.ja ? "noroshi: '%s' に該当するインシデントがありません。noroshi "
				  "incident "
				  "list --all で確認できます\n"
				: "noroshi: no incident '%s'; noroshi incident list --all shows "
				  "them\n",
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

/* What a verb cannot do without behind the incident; NULL: nothing. */
static const char *
needs_word(const char *verb)
{
	return !strcmp(verb, "assign")  ? "say to whom: incident assign ID WHO"
	       : !strcmp(verb, "stage") ? "say which stage: incident stage ID 1..5"
	       : !strcmp(verb, "level") ? "say which level: incident level ID L0..L4 --reason TEXT"
					: NULL;
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
	if (r->nwords < 3 && needs_word(what)) {
		json_decref(ask);
		return cli_usage(r->k.c, "%s", needs_word(what));
	}
	if (r->nwords > 2 && !strcmp(what, "assign"))
		json_object_set_new(ask, "to", json_string(r->words[2]));
	else if (r->nwords > 2 && !strcmp(what, "stage")) {
		if (r->words[2][0] < '1' || r->words[2][0] > '5' || r->words[2][1]) {
			json_decref(ask);
			return cli_usage(r->k.c, "'%s' is not a stage: 1 to 5", r->words[2]);
		}
		json_object_set_new(ask, "stage", json_integer(r->words[2][0] - '0'));
	} else if (r->nwords > 2 && !strcmp(what, "level")) {
		const char *level = r->words[2] + (r->words[2][0] == 'L' || r->words[2][0] == 'l');

		if (level[0] < '0' || level[0] > '4' || level[1]) {
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
			return cli_cases_bad(r->k.c, argv[i]);
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

#define PLACES                                                                                     \
	"  -c FILE, --data DIR, --archive DIR   where the incidents are\n"                         \
	"  --lang en|ja, --json\n"
#define CODES "Exit codes: 0 done, 1 refused or not found, 2 usage, 4 daemon not reachable.\n"

const struct cli_command cli_incident = {
	.name = "incident",
	.summary = "incidents: list, show, events, ack, assign, stage, note, level, close",
	.help = "Usage: noroshi incident list [--open|--all] [--since T]\n"
		"       noroshi incident show|events ID\n"
		"       noroshi incident ack|reopen|note ID [TEXT]\n"
		"       noroshi incident assign ID WHO\n"
		"       noroshi incident stage ID 1..5 [--set FIELD=TEXT]... [--reason TEXT]\n"
		"       noroshi incident level ID L0..L4 --reason TEXT\n"
		"       noroshi incident close ID [TEXT] [--set FIELD=TEXT]...\n"
		"       noroshi incident close ID --verdict false-positive|benign --reason TEXT\n"
		"       noroshi incident approve ID --to ADDRESS     an address outside may be "
		"told\n"
		"ID: a number (INC-20261122-001), an id or its beginning, or an alert's id.\n\n"
		"Stages, and the fields without which they are not reached:\n"
		"  1 detection report (発見報告)\n"
		"  2 first response (初動)                owner first_action\n"
		"  3 investigation, response (調査・対応) scope cause\n"
		"  4 recovery (復旧)                      recovery recovered_at\n"
		"  5 final report (最終報告), by close    outline effect action prevention\n"
		"`show` prints what to type next. A step over a stage needs --reason.\n\n"
		"Options:\n" PLACES CODES "\nExamples:\n"
		"  noroshi incident list\n"
		"  noroshi incident show INC-20261122-001 --lang ja\n"
		"  noroshi incident stage INC-20261122-001 2 --set owner=sato --set "
		"first_action='host isolated'\n"
		"  noroshi incident close INC-20261122-001 --set outline='...' --set effect='none' "
		"--set action='...' --set prevention='...'\n"
		"  noroshi incident close INC-20261122-001 --verdict benign --reason 'planned "
		"test'\n",
	.run = run_incident,
};

const struct cli_command cli_ack = {
	.name = "ack",
	.summary = "acknowledge an incident or alert: somebody looks at it",
	.help = "Usage: noroshi ack ID [-c FILE] [--lang en|ja] [--json]\n"
		"ID: an incident's number, or an alert's id. After this nobody else is called for "
		"it.\n" CODES "\nExamples:\n  noroshi ack INC-20261122-001\n",
	.run = run_ack,
};

const struct cli_command cli_drill = {
	.name = "drill",
	.summary = "an exercise: a made-up alert through the whole alarm chain",
	.help = "Usage: noroshi drill [NAME] [-c FILE] [--lang en|ja] [--json]\n"
		"Marked as a drill everywhere and counted in no report but as a drill; its "
		"incident "
		"is\nhandled and closed like any other.\n" CODES
		"\nExamples:\n  noroshi drill 'autumn exercise'\n",
	.run = run_drill,
};
