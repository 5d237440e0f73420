/* month_judge.c - the traffic light and what should be done: at most three things, the gravest
 * first. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "respond/month_page.h"
#include "respond/report_inside.h"

#define TWO(en, jp)  (p->ja ? (jp) : (en))
#define UPTIME_MIN   0.995
#define COMPLETE_MIN 0.9

static long long
number(const struct page *p, const char *name)
{
	return (long long)json_integer_value(json_object_get(p->m, name));
}

static void
blame(struct page *p, enum light light, const char *fmt, ...)
{
	va_list ap;

	if (light > p->light)
		p->light = light;
	if (p->reason.n)
		buf_printf(&p->reason, "%s", TWO("; ", "。"));
	va_start(ap, fmt);
	buf_vprintf(&p->reason, fmt, ap);
	va_end(ap);
}

static void
advise(struct page *p, struct str words)
{
	if (p->nadvice < PAGE_ADVICE)
		p->advice[p->nadvice++] = words;
}

static void
judge_incidents(struct page *p)
{
	if (number(p, "open_grave") > 0) {
		blame(p, RED,
			TWO("%lld grave incident(s) (L3 or higher) are not closed",
				"重大なインシデント（L3以上）が%lld件未完了です"),
			number(p, "open_grave"));
		advise(p,
			arena_printf(&p->arena, "%s",
				TWO("Decide on the open grave incidents: who leads, when it is "
				    "finished, who outside must be told.",
					"未完了の重大インシデントについて、責任者・期限・社外連絡の"
					"要否を決定してください。")));
	}
	if (number(p, "unanswered") > 0) {
		blame(p, YELLOW,
			TWO("%lld grave alert(s) were answered by nobody",
				"確認されていない重大な検知が%lld件あります"),
			number(p, "unanswered"));
		advise(p, arena_printf(&p->arena, "%s",
				  TWO("Check who is on duty and whether the second addresses are "
				      "right (noroshi route test).",
					  "当番体制と第二連絡先の設定を確認してください（noroshi "
					  "route test）。")));
	}
}

static void
judge_coverage(struct page *p)
{
	struct buf names = {0};
	const json_t *one;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(p->m, "coverage"), i, one)
	{
		const char *name = json_string_value(json_object_get(one, "family"));

		if (json_is_true(json_object_get(one, "silent")))
			buf_printf(&names, "%s%s", n++ ? TWO(", ", "・") : "",
				report_family(str_of(name), p->ja));
	}
	if (n > 0) {
		blame(p, YELLOW,
			TWO("%u of the six kinds of logs do not arrive (%.*s)",
				"6種類のログのうち%u種類を受信していません（%.*s）"),
			n, STR_ARG(buf_str(&names)));
		advise(p,
			arena_printf(&p->arena,
				TWO("Have these logs connected, or record why they are not needed: "
				    "%.*s. Attacks there are not seen.",
					"次のログを接続・復旧してください（不要な場合は理由を記録）"
					"："
					"%.*s。この範囲の攻撃は検知できません。"),
				STR_ARG(buf_str(&names))));
	}
	buf_done(&names);
}

static void
judge_sources(struct page *p)
{
	const json_t *states = json_object_get(p->m, "source_states");
	const json_t *first = json_array_get(json_object_get(p->m, "sources"), 0);
	long long silent = (long long)json_integer_value(json_object_get(states, "silent"));
	struct buf name = {0};

	if (silent == 0)
		return;
	show(&name, str_of(json_string_value(json_object_get(first, "source"))), 60, p->ja);
	blame(p, YELLOW,
		TWO("%lld source(s) of logs are silent against their habit",
			"普段受信しているログ送信元%lld件が沈黙しています"),
		silent);
	advise(p, arena_printf(&p->arena,
			  TWO("Ask why this source is silent and have it mended: %.*s.",
				  "ログが止まった送信元の原因を確認し、復旧してください：%.*s"),
			  STR_ARG(buf_str(&name))));
	buf_done(&name);
}

static void
judge_itself(struct page *p)
{
	const json_t *share = json_object_get(json_object_get(p->m, "uptime"), "share");

	if (json_is_number(share) && json_number_value(share) < UPTIME_MIN) {
		blame(p, YELLOW,
			TWO("monitoring itself ran %.2f %% of the time",
				"監視システム自体の稼働率が%.2f％でした"),
			100 * json_number_value(share));
		advise(p,
			arena_printf(&p->arena, "%s",
				TWO("Find out why monitoring stood still (see below) and set up "
				    "the heartbeat.",
					"監視が止まった原因（下記）を確認し、死活監視（heartbeat）"
					"を設定してください。")));
	}
}

static void
judge_fields(struct page *p)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(p->m, "coverage"), i, one)
	{
		const json_t *full = json_object_get(one, "complete");
		const char *name = json_string_value(json_object_get(one, "family"));

		if (json_is_number(full) && json_number_value(full) < COMPLETE_MIN)
			advise(p, arena_printf(&p->arena,
					  TWO("Have the %s logs written with all required fields "
					      "(now %.0f %%).",
						  "%sログの必須項目が揃うよう出力設定を見直してくだ"
						  "さい"
						  "（現在%.0f％）。"),
					  report_family(str_of(name), p->ja),
					  100 * json_number_value(full)));
	}
	if (number(p, "drills") == 0)
		advise(p, arena_printf(&p->arena, "%s",
				  TWO("Run a drill of the alarm chain this month (noroshi drill).",
					  "今月、通報経路の訓練を実施してください（noroshi "
					  "drill）。")));
}

/* Three, always: what is left over goes to what should be looked at in any month. */
static void
advise_rest(struct page *p)
{
	advise(p, arena_printf(&p->arena, "%s",
			  TWO("Review the contact list and the second addresses once.",
				  "連絡先と第二連絡先が最新か見直してください。")));
	advise(p, arena_printf(&p->arena, "%s",
			  TWO("Review the watchlists: people who left, new machines, partners.",
				  "退職者・新規機器・取引先など各種リストを最新にしてください。")));
	advise(p, arena_printf(&p->arena, "%s",
			  TWO("Close finished incidents with a verdict, so that the rules' "
			      "precision can be known.",
				  "対応済みのインシデントは判定を付けて完了し、検知精度を把握できる"
				  "ようにしてください。")));
}

void
page_judge(struct page *p)
{
	judge_incidents(p);
	judge_coverage(p);
	judge_sources(p);
	judge_itself(p);
	judge_fields(p);
	if (p->reason.n == 0)
		blame(p, GREEN, "%s",
			TWO("all six kinds of logs arrive and nothing grave is open",
				"6種類のログをすべて受信し、重大な未完了案件はありません"));
	advise_rest(p);
}
