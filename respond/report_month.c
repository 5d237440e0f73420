/* report_month.c - one page a month for people who do not know logs. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "respond/report_inside.h"

#define TWO(en, jp) (ja ? (jp) : (en))

enum light { GREEN, YELLOW, RED };

struct page {
	const json_t *m;
	const struct report_site *site;
	bool ja;
	enum light light;
	struct buf reason, advice[3];
	unsigned nadvice;
};

static long long
at(const json_t *list, size_t i)
{
	return (long long)json_integer_value(json_array_get(list, i));
}

static long long
number(const struct page *p, const char *name)
{
	return (long long)json_integer_value(json_object_get(p->m, name));
}

static void
blame(struct page *p, enum light light, const char *words)
{
	if (light > p->light)
		p->light = light;
	buf_printf(&p->reason, "%s%s", p->reason.n ? (p->ja ? "。" : "; ") : "", words);
}

static void
advise(struct page *p, const char *words)
{
	if (p->nadvice < 3)
		buf_printf(&p->advice[p->nadvice++], "%s", words);
}

/* What the numbers say should be done: at most three things, the gravest first. */
static void
judge(struct page *p)
{
	const json_t *list = json_object_get(p->m, "coverage"), *one;
	bool ja = p->ja;
	char text[300];
	size_t i;

	if (number(p, "open_grave") > 0) {
		snprintf(text, sizeof(text),
			TWO("%lld grave incident(s) (L3 or higher) are not closed",
				"重大なインシデント（L3以上）が%lld件未完了です"),
			number(p, "open_grave"));
		blame(p, RED, text);
		advise(p, TWO("Decide on the open grave incidents: who leads, when it is finished, "
			      "who outside must be told.",
				  "未完了の重大インシデントについて、責任者・期限・社外連絡の要否を"
				  "決定してください。"));
	}
	json_array_foreach(list, i, one)
	{
		const char *family = json_string_value(json_object_get(one, "family"));

		if (!json_is_true(json_object_get(one, "silent")))
			continue;
		snprintf(text, sizeof(text), TWO("no %s logs arrive", "%sログを受信していません"),
			report_family(str_of(family), ja));
		blame(p, YELLOW, text);
		snprintf(text, sizeof(text),
			TWO("Have the %s logs connected again, or record why they are not needed: "
			    "attacks there are not seen.",
				"%sログの受信を復旧してください（不要な場合は理由を記録）。この範囲"
				"の攻撃は検知できません。"),
			report_family(str_of(family), ja));
		advise(p, text);
	}
	if (number(p, "unanswered") > 0) {
		snprintf(text, sizeof(text),
			TWO("%lld grave alert(s) were answered by nobody",
				"確認されていない重大な検知が%lld件あります"),
			number(p, "unanswered"));
		blame(p, YELLOW, text);
		advise(p, TWO("Check who is on duty and whether the second addresses are right.",
				  "当番体制と第二連絡先の設定を確認してください。"));
	}
	if (number(p, "drills") == 0)
		advise(p, TWO("Run a drill of the alarm chain this month (`noroshi drill`).",
				  "今月、通報経路の訓練を実施してください（noroshi drill）。"));
	if (p->reason.n == 0)
		blame(p, GREEN,
			TWO("all six kinds of logs arrive and nothing grave is open",
				"6種類のログをすべて受信し、重大な未完了案件はありません"));
	if (p->nadvice == 0)
		advise(p, TWO("Nothing urgent. Review the contact list and the watchlists once.",
				  "緊急の対応事項はありません。連絡先と各種リストの見直しを行ってく"
				  "ださい。"));
}

static void
span(struct buf *out, const json_t *mean, bool ja)
{
	const json_t *v = json_object_get(mean, "seconds");
	long long n = (long long)json_integer_value(json_object_get(mean, "n"));
	double s = json_number_value(v);

	if (!json_is_number(v))
		buf_printf(out, TWO("n/a (n=0)", "該当なし（n=0）"));
	else if (s < 120)
		buf_printf(out, TWO("%.1f seconds (n=%lld)", "%.1f秒（n=%lld）"), s, n);
	else
		buf_printf(out, TWO("%.0f minutes (n=%lld)", "%.0f分（n=%lld）"), s / 60, n);
}

static const struct {
	const char *name, *en, *ja;
} times[] = {{"detection", "from the event to its detection", "発生から検知まで"},
	{"notice", "from receipt of the log to the notice", "ログ受信から通知まで"},
	{"report", "from receipt of the log to the first report", "ログ受信から速報まで"},
	{"answer", "from the notice to a person's answer", "通知から担当者の確認まで"}};

static const char *const light_en[] = {"GREEN", "YELLOW", "RED"};
static const char *const light_ja[] = {"青（正常）", "黄（注意）", "赤（対応が必要）"};
static const char *const severity_en[] = {"information", "low", "medium", "high", "critical"};
static const char *const severity_ja[] = {"情報", "低", "中", "高", "重大"};

static void
page_text(struct page *p, struct buf *out)
{
	bool ja = p->ja;
	const json_t *list = json_object_get(p->m, "coverage"), *one;
	size_t i;

	buf_printf(out, TWO("Security monitoring, month %s\n", "セキュリティ監視 月次報告 %s\n"),
		json_string_value(json_object_get(p->m, "month")));
	buf_printf(out, "%.*s\n\n%s: %.*s\n", STR_ARG(p->site->organisation),
		TWO(light_en[p->light], light_ja[p->light]), STR_ARG(buf_str(&p->reason)));
	buf_printf(out, TWO("\nIncidents by level\n", "\nレベル別インシデント\n"));
	for (i = 0; i < 5; i++)
		buf_printf(out, "  L%zu  %lld\n", i, at(json_object_get(p->m, "levels"), i));
	buf_printf(
		out, TWO("\nOpen, by stage (1 report, 2 first response, 3 investigation, 4 "
			 "recovery, 5 final)\n ",
			     "\n対応中（段階別 ①発見報告 ②初動 ③調査・対応 ④復旧 ⑤最終報告）\n "));
	for (i = 0; i < 5; i++)
		buf_printf(out, " %lld", at(json_object_get(p->m, "stages"), i));
	buf_printf(out, TWO("\n\nAlerts by severity\n", "\n\n重大度別アラート\n"));
	for (i = 0; i < 5; i++)
		buf_printf(out, "  %s %lld\n", TWO(severity_en[i], severity_ja[i]),
			at(json_object_get(p->m, "severities"), i));
	buf_printf(out, TWO("\nTimes, mean\n", "\n平均時間\n"));
	for (i = 0; i < 4; i++) {
		buf_printf(out, "  %s: ", TWO(times[i].en, times[i].ja));
		span(out, json_object_get(p->m, times[i].name), ja);
		buf_add_char(out, '\n');
	}
	buf_printf(out, TWO("\nThe six kinds of logs\n", "\n6種類のログ\n"));
	json_array_foreach(list, i, one)
	{
		const json_t *full = json_object_get(one, "complete");

		buf_printf(out,
			TWO("  %-15s days %lld of %lld, records %lld, ",
				"  %s　受信日数 %lld／%lld日、件数 %lld、"),
			report_family(
				str_of(json_string_value(json_object_get(one, "family"))), ja),
			(long long)json_integer_value(json_object_get(one, "days")),
			number(p, "days"),
			(long long)json_integer_value(json_object_get(one, "records")));
		if (json_is_number(full))
			buf_printf(out, TWO("required fields %.1f %%", "必須項目充足 %.1f％"),
				100 * json_number_value(full));
		else
			buf_printf(out, TWO("n/a", "該当なし"));
		buf_printf(out, "%s\n",
			json_is_true(json_object_get(one, "silent"))
				? TWO("  SILENT", "　【受信なし】")
				: "");
	}
	buf_printf(out, TWO("\nRecommendations\n", "\n提言\n"));
	for (i = 0; i < p->nadvice; i++)
		buf_printf(out, "  %zu. %.*s\n", i + 1, STR_ARG(buf_str(&p->advice[i])));
}

static void
esc(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			BUF_ADD_LIT(out, "&amp;");
			break;
		case '<':
			BUF_ADD_LIT(out, "&lt;");
			break;
		case '>':
			BUF_ADD_LIT(out, "&gt;");
			break;
		case '"':
			BUF_ADD_LIT(out, "&quot;");
			break;
		default:
			buf_add_char(out, s.p[i]);
		}
}

static const char style[] =
	"@page{size:A4;margin:12mm;font-family:IPAexGothic,sans-serif}body{font-family:IPAexGothic,"
	"'Noto Sans CJK JP','Hiragino "
	"Sans',Meiryo,sans-serif;font-size:10pt;line-height:1.45;max-width:"
	"186mm;margin:0 "
	"auto;padding:3mm;color:#1a1a1a}h1{font-size:16pt;margin:0}h2{font-size:11pt;margin:"
	"4mm 0 1mm;border-bottom:2px solid "
	"#33506e}table{border-collapse:collapse;width:100%}td,th{border:"
	"1px solid #c9d0d8;padding:1mm "
	"2mm;text-align:left}td.n{text-align:right}.light{display:flex;gap:4mm;"
	"align-items:center;margin:3mm 0;padding:3mm;border:1px solid "
	"#c9d0d8}.dot{width:14mm;height:14mm;"
	"border-radius:50%;flex:none}.g{background:#2e7d32}.y{background:#f9a825}.r{background:#"
	"b3261e}"
	".two{display:grid;grid-template-columns:1fr 1fr;gap:6mm}";

static void
cells(struct buf *out, const char *const *heads, const json_t *list, size_t n)
{
	BUF_ADD_LIT(out, "<table><tr>");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "<th>%s</th>", heads[i]);
	BUF_ADD_LIT(out, "</tr><tr>");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "<td class=\"n\">%lld</td>", at(list, i));
	BUF_ADD_LIT(out, "</tr></table>\n");
}

static void
page_html(struct page *p, struct buf *out)
{
	static const char *const levels[] = {"L0", "L1", "L2", "L3", "L4"};
	static const char *const stages_en[] = {
		"1 report", "2 first response", "3 investigation", "4 recovery", "5 final"};
	static const char *const stages_ja[] = {
		"①発見報告", "②初動", "③調査・対応", "④復旧", "⑤最終報告"};
	const json_t *list = json_object_get(p->m, "coverage"), *one;
	bool ja = p->ja;
	size_t i;

	buf_printf(out,
		"<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta "
		"http-equiv=\"Content-Security-Policy\" "
		"content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>%s "
		"%s</title><style>%s</style></head><body><h1>%s %s</h1><p>",
		TWO("en", "ja"), TWO("Security monitoring", "セキュリティ監視 月次報告"),
		json_string_value(json_object_get(p->m, "month")), style,
		TWO("Security monitoring", "セキュリティ監視 月次報告"),
		json_string_value(json_object_get(p->m, "month")));
	esc(out, p->site->organisation);
	buf_printf(out,
		"</p><div class=\"light\"><div class=\"dot %c\" role=\"img\" "
		"aria-label=\"%s\"></div><div><strong>%s</strong><br>",
		"gyr"[p->light], TWO(light_en[p->light], light_ja[p->light]),
		TWO(light_en[p->light], light_ja[p->light]));
	esc(out, buf_str(&p->reason));
	buf_printf(out, "</div></div>\n<div class=\"two\"><div><h2>%s</h2>",
		TWO("Incidents by level", "レベル別インシデント"));
	cells(out, levels, json_object_get(p->m, "levels"), 5);
	buf_printf(out, "</div><div><h2>%s</h2>", TWO("Alerts by severity", "重大度別アラート"));
	cells(out, ja ? severity_ja : severity_en, json_object_get(p->m, "severities"), 5);
	buf_printf(out, "</div></div><h2>%s</h2>",
		TWO("Open incidents by stage", "対応中のインシデント（段階別）"));
	cells(out, ja ? stages_ja : stages_en, json_object_get(p->m, "stages"), 5);
	buf_printf(out, "<h2>%s</h2><table>", TWO("How fast (mean)", "対応の速さ（平均）"));
	for (i = 0; i < 4; i++) {
		buf_printf(out, "<tr><th>%s</th><td>", TWO(times[i].en, times[i].ja));
		span(out, json_object_get(p->m, times[i].name), ja);
		BUF_ADD_LIT(out, "</td></tr>\n");
	}
	buf_printf(out,
		"</table><h2>%s</h2><table><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s</"
		"th></tr>",
		TWO("The six kinds of logs", "6種類のログの受信状況"), TWO("Kind", "種類"),
		TWO("Days", "受信日数"), TWO("Records", "件数"),
		TWO("Required fields", "必須項目の充足率"), TWO("State", "状態"));
	json_array_foreach(list, i, one)
	{
		const json_t *full = json_object_get(one, "complete");

		buf_printf(out,
			"<tr><td>%s</td><td class=\"n\">%lld / %lld</td><td "
			"class=\"n\">%lld</td><td class=\"n\">",
			report_family(
				str_of(json_string_value(json_object_get(one, "family"))), ja),
			(long long)json_integer_value(json_object_get(one, "days")),
			number(p, "days"),
			(long long)json_integer_value(json_object_get(one, "records")));
		if (json_is_number(full))
			buf_printf(out, "%.1f %%", 100 * json_number_value(full));
		else
			buf_printf(out, "%s", TWO("n/a", "該当なし"));
		buf_printf(out, "</td><td>%s</td></tr>\n",
			json_is_true(json_object_get(one, "silent")) ? TWO("silent", "受信なし")
								     : TWO("received", "受信中"));
	}
	buf_printf(out, "</table><h2>%s</h2><ol>", TWO("Recommendations", "提言"));
	for (i = 0; i < p->nadvice; i++) {
		BUF_ADD_LIT(out, "<li>");
		esc(out, buf_str(&p->advice[i]));
		BUF_ADD_LIT(out, "</li>");
	}
	BUF_ADD_LIT(out, "</ol></body></html>\n");
}

int
report_monthly(const json_t *month, const struct report_site *site, enum report_format how, bool ja,
	struct buf *out)
{
	struct page p = {.m = month, .site = site, .ja = ja};
	char *text;

	if (!json_is_string(json_object_get(month, "month")))
		return ERR_SYNTAX;
	judge(&p);
	if (how == REPORT_HTML) {
		page_html(&p, out);
	} else if (how == REPORT_TEXT) {
		page_text(&p, out);
	} else {
		text = json_dumps(month, JSON_INDENT(1));
		buf_add_str(out, str_of(text));
		buf_add_char(out, '\n');
		free(text);
	}
	buf_done(&p.reason);
	for (unsigned i = 0; i < 3; i++)
		buf_done(&p.advice[i]);
	return 0;
}
