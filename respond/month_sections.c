/* month_sections.c - the tables of the monthly page. */
#include <stdio.h>
#include <string.h>

#include "base/coverage.h"
#include "base/stamp.h"
#include "respond/month_page.h"
#include "respond/notice.h"
#include "respond/report_inside.h"

#define TWO(en, jp)   (p->ja ? (jp) : (en))
#define SOURCES_SHOWN 4u
#define RULES_SHOWN   4u
#define JST_NS        (9 * 3600 * NS_PER_S)

static struct page_section *
add_section(struct page *p, const char *title, unsigned ncolumns)
{
	struct page_section *s = &p->sections[p->nsections++];

	s->title = title;
	s->ncolumns = ncolumns;
	return s;
}

static struct str *
add_row(struct page_section *s)
{
	return s->cells[s->nrows++];
}

static double
real_of(const json_t *j, const char *name)
{
	return json_number_value(json_object_get(j, name));
}

static long long
whole_of(const json_t *j, const char *name)
{
	return (long long)json_integer_value(json_object_get(j, name));
}

static struct str
shown(struct page *p, const json_t *v, size_t max)
{
	struct buf b = {0};
	struct str ret;

	show(&b, str_make(json_string_value(v), json_string_length(v)), max, p->ja);
	ret = arena_str(&p->arena, buf_str(&b));
	buf_done(&b);
	return ret;
}

static struct str
not_measured(struct page *p)
{
	return str_of(TWO("n/a", "該当なし"));
}

static struct str
span(struct page *p, double s)
{
	static const struct {
		double from, unit;
		const char *en, *ja;
	} units[] = {{172800, 86400, "%.1f days", "%.1f日"}, {7200, 3600, "%.1f h", "%.1f時間"},
		{120, 60, "%.0f min", "%.0f分"}, {0, 1, "%.1f s", "%.1f秒"}};
	size_t i = 0;
	char text[40];

	while (i < 3 && s < units[i].from)
		i++;
		/* both formats take one double */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), p->ja ? units[i].ja : units[i].en, s / units[i].unit);
#pragma GCC diagnostic pop
	return arena_printf(&p->arena, "%s", text);
}

static struct str
moment(struct page *p, const json_t *v)
{
	struct str s = str_make(json_string_value(v), json_string_length(v));
	struct civil c;
	int64_t ns = 0;

	if (!json_is_string(v) || !stamp_take_iso(&s, NULL, 0, &ns))
		return not_measured(p);
	civil_of_ns(ns + JST_NS, &c);
	return arena_printf(&p->arena, "%02d-%02d %02d:%02d", c.month, c.day, c.hour, c.minute);
}

/* ---- incidents and alerts ---- */

static void
numbers(struct page *p, const char *title, const char *const *heads, const char *name, bool half)
{
	const json_t *list = json_object_get(p->m, name);
	struct page_section *s = add_section(p, title, 5);
	struct str *row = add_row(s);

	s->half = half;
	for (unsigned i = 0; i < 5; i++) {
		s->heads[i] = heads[i];
		row[i] = arena_printf(
			&p->arena, "%lld", (long long)json_integer_value(json_array_get(list, i)));
	}
}

static void
section_counts(struct page *p)
{
	static const char *const levels[] = {"L0", "L1", "L2", "L3", "L4"};
	static const char *const severities[2][5] = {
		{"information", "low", "medium", "high", "critical"},
		{"情報", "低", "中", "高", "重大"}};
	static const char *const stages[2][5] = {
		{"1 report", "2 first response", "3 investigation", "4 recovery", "5 final"},
		{"①発見報告", "②初動", "③調査・対応", "④復旧", "⑤最終報告"}};
	struct page_section *s;

	numbers(p,
		TWO("Incidents by level (L4 is gravest)", "レベル別インシデント（L4が最も重大）"),
		levels, "levels", true);
	numbers(p, TWO("Alerts by severity", "重大度別アラート"), severities[p->ja], "severities",
		true);
	numbers(p, TWO("Open incidents by stage", "対応中のインシデント（段階別）"), stages[p->ja],
		"stages", false);
	s = &p->sections[p->nsections - 1];
	s->ncolumns = 6;
	s->heads[5] = TWO("closed", "完了");
	s->cells[0][5] = arena_printf(&p->arena, "%lld", whole_of(p->m, "closed"));
}

/* ---- times ---- */

static void
section_times(struct page *p)
{
	static const struct {
		const char *name, *en, *ja;
	} times[] = {{"detection", "receipt of the log to detection", "ログ受信から検知まで"},
		{"notice", "receipt of the log to the notice", "ログ受信から通知まで"},
		{"report", "receipt of the log to the first report", "ログ受信から速報まで"},
		{"answer", "notice to a person's answer", "通知から担当者の確認まで"},
		{"closing", "notice to closing", "通知から完了まで"}};
	struct page_section *s = add_section(p, TWO("How fast", "対応の速さ"), 5);

	s->names = true;
	s->heads[0] = TWO("From … to", "区間");
	s->heads[1] = TWO("median", "中央値");
	s->heads[2] = TWO("slowest", "最長");
	s->heads[3] = TWO("within the target", "目標内");
	s->heads[4] = TWO("number", "件数");
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const json_t *one = json_object_get(p->m, times[i].name);
		struct str *row = add_row(s);

		row[0] = str_of(TWO(times[i].en, times[i].ja));
		row[4] = arena_printf(&p->arena, "%lld", whole_of(one, "n"));
		if (whole_of(one, "n") == 0) {
			row[1] = row[2] = row[3] = not_measured(p);
			continue;
		}
		row[1] = span(p, real_of(one, "median"));
		row[2] = span(p, real_of(one, "max"));
		row[3] = json_is_number(json_object_get(one, "limit"))
				 ? arena_printf(&p->arena,
					   TWO("%lld of %lld (%.0f s)", "%lld／%lld件（%.0f秒）"),
					   whole_of(one, "within"), whole_of(one, "n"),
					   real_of(one, "limit"))
				 : str_of(TWO("no target", "目標なし"));
	}
}

/* ---- logs ---- */

static const struct {
	const char *name, *en, *ja;
} needs[] = {{"sender", "sender", "送信元アドレス"}, {"recipient", "recipient", "宛先アドレス"},
	{"source_ip", "source IP", "送信元IP"}, {"destination_ip", "destination IP", "送信先IP"},
	{"url", "URL", "URL"}, {"user", "user ID", "ユーザーID"},
	{"outcome", "success or failure", "成功・失敗"}, {"host", "host name", "ホスト名"},
	{"ip", "IP address", "IPアドレス"}, {"operation", "operation", "操作内容"}};

/* The required field that is seldomest there. */
static struct str
weakest(struct page *p, const json_t *fields)
{
	double least = 1;
	size_t at = 0;

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		const json_t *v = json_object_get(fields, needs[i].name);

		if (json_is_number(v) && json_number_value(v) < least) {
			least = json_number_value(v);
			at = i;
		}
	}
	if (json_object_size(fields) == 0)
		return not_measured(p);
	if (least >= 1)
		return str_of(TWO("none", "なし"));
	return arena_printf(&p->arena, "%s %.1f %%", TWO(needs[at].en, needs[at].ja), 100 * least);
}

/* The share of complete records, and for how many of them a field was empty with a reason: which
 * one most often. */
static struct str
completeness(struct page *p, const json_t *one)
{
	const json_t *full = json_object_get(one, "complete"), *n;
	json_int_t all = 0, most = 0;
	const char *word, *why = NULL;

	if (!json_is_number(full))
		return not_measured(p);
	json_object_foreach((json_t *)(uintptr_t)json_object_get(one, "excused"), word, n)
	{
		enum log_excuse e = log_excuse_find(str_of(word));

		all += json_integer_value(n);
		if (json_integer_value(n) <= most || e == EXCUSE_COUNT)
			continue;
		most = json_integer_value(n);
		why = TWO(log_excuse(e)->en, log_excuse(e)->ja);
	}
	if (!why)
		return arena_printf(&p->arena, "%.1f %%", 100 * json_number_value(full));
	return arena_printf(&p->arena,
		TWO("%.1f %% (%lld empty with a reason: %s)",
			"%.1f %%（理由のある空欄 %lld件：%s）"),
		100 * json_number_value(full), all, why);
}

static void
section_coverage(struct page *p)
{
	struct page_section *s =
		add_section(p, TWO("The six kinds of logs", "6種類のログの受信状況"), 6);
	const json_t *one;
	size_t i;

	s->names = true;
	s->heads[0] = TWO("Kind", "種類");
	s->heads[1] = TWO("Days received", "受信日数");
	s->heads[2] = TWO("Records", "件数");
	s->heads[3] = TWO("All required fields", "必須項目の充足率");
	s->heads[4] = TWO("Weakest field", "最も欠ける項目");
	s->heads[5] = TWO("State", "状態");
	json_array_foreach(json_object_get(p->m, "coverage"), i, one)
	{
		struct str *row = add_row(s);

		row[0] = str_of(report_family(
			str_of(json_string_value(json_object_get(one, "family"))), p->ja));
		row[1] = arena_printf(
			&p->arena, "%lld / %lld", whole_of(one, "days"), whole_of(p->m, "days"));
		row[2] = arena_printf(&p->arena, "%lld", whole_of(one, "records"));
		row[3] = completeness(p, one);
		row[4] = weakest(p, json_object_get(one, "fields"));
		row[5] = str_of(json_is_true(json_object_get(one, "silent"))
					? TWO("NOT RECEIVED", "受信なし")
					: TWO("received", "受信中"));
	}
}

static const struct {
	const char *name, *en, *ja;
} states[] = {{"silent", "SILENT NOW", "沈黙中"},
	{"paused", "was silent, is heard again", "一時沈黙（復旧）"}, {"usual", "as usual", "平常"},
	{"unknown", "habit not known yet", "学習中"}};

static void
source_row(struct page *p, const json_t *one, struct str *row)
{
	const char *state = json_string_value(json_object_get(one, "state"));

	row[0] = shown(p, json_object_get(one, "source"), 60);
	row[1] = whole_of(one, "seconds") == 0
			 ? str_of(TWO("none", "なし"))
			 : arena_printf(&p->arena, "%.*s – %.*s",
				   STR_ARG(moment(p, json_object_get(one, "from"))),
				   STR_ARG(moment(p, json_object_get(one, "until"))));
	row[2] = span(p, real_of(one, "seconds"));
	row[3] = !strcmp(state, "unknown") ? str_of(TWO("not known yet", "学習中"))
					   : arena_printf(&p->arena, TWO("about %.0f", "約%.0f件"),
						     real_of(one, "usual_records"));
	row[4] = json_is_number(json_object_get(one, "delay_seconds"))
			 ? span(p, real_of(one, "delay_seconds"))
			 : not_measured(p);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (!strcmp(state, states[i].name))
			row[5] = str_of(TWO(states[i].en, states[i].ja));
}

static void
section_sources(struct page *p)
{
	const json_t *list = json_object_get(p->m, "sources");
	const json_t *n = json_object_get(p->m, "source_states");
	struct page_section *s = add_section(
		p, TWO("Sources of logs: the gravest silences", "ログ送信元：沈黙の大きい順"), 6);

	s->names = true;
	s->note = arena_printf(&p->arena,
		TWO("%zu sources: %lld silent now, %lld were silent against their habit, %lld as "
		    "usual, %lld not known long enough",
			"送信元%zu件：沈黙中%lld件、一時沈黙%lld件、平常%lld件、学習中%lld件"),
		json_array_size(list), whole_of(n, "silent"), whole_of(n, "paused"),
		whole_of(n, "usual"), whole_of(n, "unknown"));
	s->heads[0] = TWO("Source", "送信元");
	s->heads[1] = TWO("Longest silence (JST)", "最大の沈黙（JST）");
	s->heads[2] = TWO("Duration", "長さ");
	s->heads[3] = TWO("Usual records then", "通常の件数");
	s->heads[4] = TWO("Delay, mean", "遅れ（平均）");
	s->heads[5] = TWO("State", "状態");
	for (size_t i = 0; i < json_array_size(list) && i < SOURCES_SHOWN; i++)
		source_row(p, json_array_get(list, i), add_row(s));
}

/* ---- rules, countries, Noroshi itself ---- */

static void
section_rules(struct page *p)
{
	struct page_section *s = add_section(
		p, TWO("How right the rules were", "検知ルールの精度（完了した案件の判定）"), 6);
	const json_t *one;
	size_t i;

	s->names = true;
	s->heads[0] = TWO("Rule", "ルール");
	s->heads[1] = TWO("Alerts", "アラート");
	s->heads[2] = TWO("right", "正検知");
	s->heads[3] = TWO("wrong", "誤検知");
	s->heads[4] = TWO("harmless", "無害");
	s->heads[5] = TWO("Precision", "精度");
	json_array_foreach(json_object_get(p->m, "rules"), i, one)
	{
		const json_t *precision = json_object_get(one, "precision");
		const json_t *title = json_object_get(one, p->ja ? "title_ja" : "title_en");
		struct str *row;

		if (s->nrows == RULES_SHOWN)
			break;
		row = add_row(s);
		row[0] = shown(
			p, json_is_string(title) ? title : json_object_get(one, "title_en"), 150);
		row[1] = arena_printf(&p->arena, "%lld", whole_of(one, "alerts"));
		row[2] = arena_printf(&p->arena, "%lld", whole_of(one, "true_positive"));
		row[3] = arena_printf(&p->arena, "%lld", whole_of(one, "false_positive"));
		row[4] = arena_printf(&p->arena, "%lld", whole_of(one, "benign"));
		row[5] = json_is_number(precision) ? arena_printf(&p->arena, "%.0f %%",
							     100 * json_number_value(precision))
						   : str_of(TWO("not judged yet", "判定待ち"));
	}
	if (s->nrows == 0)
		s->note = str_of(
			TWO("No rule raised an alert.", "アラートを発したルールはありません。"));
}

static struct str
countries(struct page *p)
{
	const json_t *list = json_object_get(p->m, "countries"), *one;
	struct buf b = {0};
	struct str ret;
	size_t i;

	json_array_foreach(list, i, one)
	{
		buf_printf(&b, "%s%.*s %lld", i ? TWO(", ", "、") : "",
			STR_ARG(shown(p, json_object_get(one, "country"), 40)),
			whole_of(one, "records"));
	}
	if (json_array_size(list) == 0)
		buf_printf(&b, "%s",
			TWO("unknown: no record names a country",
				"不明（国名を含むログがありません）"));
	else
		buf_printf(&b,
			TWO(" (of %lld records that name one)", "（国名を含むログ%lld件中）"),
			whole_of(p->m, "countries_known"));
	ret = arena_str(&p->arena, buf_str(&b));
	buf_done(&b);
	return ret;
}

static void
section_itself(struct page *p)
{
	const json_t *u = json_object_get(p->m, "uptime");
	const json_t *share = json_object_get(u, "share");
	struct page_section *s = add_section(p,
		TWO("Monitoring itself, countries, drills", "監視システムの稼働・通信相手国・訓練"),
		2);
	struct str *row = add_row(s);

	s->names = true;
	row[0] = str_of(TWO("Monitoring ran", "監視の稼働率"));
	row[1] =
		json_is_number(share)
			? arena_printf(&p->arena,
				  TWO("%.3f %% of %.*s measured; %lld start(s)",
					  "%.3f％（計測期間%.*s）、起動%lld回"),
				  100 * json_number_value(share),
				  STR_ARG(span(p, real_of(u, "measured_seconds"))),
				  whole_of(u, "starts"))
			: str_of(TWO("not measured in this month", "この月の計測記録はありません"));
	row = add_row(s);
	row[0] = str_of(TWO("Longest pause of it", "最長の停止"));
	row[1] =
		whole_of(u, "longest_pause_seconds") > 0
			? arena_printf(&p->arena, TWO("%.*s from %.*s JST", "%.*s（%.*s JSTから）"),
				  STR_ARG(span(p, real_of(u, "longest_pause_seconds"))),
				  STR_ARG(moment(p, json_object_get(u, "longest_pause_from"))))
		: json_is_number(share) ? str_of(TWO("none", "なし"))
					: not_measured(p);
	row = add_row(s);
	row[0] = str_of(TWO("Countries", "国別"));
	row[1] = countries(p);
	row = add_row(s);
	row[0] = str_of(TWO("Drills", "訓練"));
	row[1] = arena_printf(&p->arena,
		TWO("%lld (counted nowhere else)", "%lld回（他の数には含みません）"),
		whole_of(p->m, "drills"));
}

void
page_fill(struct page *p)
{
	section_counts(p);
	section_times(p);
	section_coverage(p);
	section_sources(p);
	section_rules(p);
	section_itself(p);
}
