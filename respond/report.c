/* report.c - the fourteen items of the preliminary report, from the incident and its records. */
#include "respond/report_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "base/term.h"
#include "respond/incidents.h"
#include "respond/notice.h"
#include "respond/sha.h"

#define VALUE_MAX      400
#define TWO(r, en, jp) ((r)->ja ? (jp) : (en))

static const struct {
	const char *en, *ja;
} titles[REPORT_ITEMS] = {{"Number and origin", "管理番号・作成"},
	{"Subject, kind, level", "件名・種別・インシデントレベル・確度"}, {"Times", "日時"},
	{"Summary", "概要"}, {"Scope", "影響範囲"},
	{"Way in and cause (presumed)", "侵入経路・原因（推定）"}, {"Course of events", "時系列"},
	{"Indicators", "侵害の痕跡（IoC）"},
	{"Measures taken and to be taken", "初動対応（実施済み・推奨）"},
	{"Danger of further damage", "二次被害のおそれ"},
	{"Contact and recipients", "連絡先・配信先"}, {"Next report", "次回報告予定"},
	{"Evidence kept", "保全した証拠"}, {"Limits of this report", "本報告の限界"}};

/* ---- small pieces ---- */

struct str
report_shown(struct report *r, struct str s, size_t max)
{
	struct buf b = {0};
	struct str kept;

	show(&b, s, max, r->ja);
	kept = arena_str(&r->arena, buf_str(&b));
	buf_done(&b);
	return kept;
}

void
report_add(struct report *r, unsigned item, const char *label, struct str value)
{
	struct report_item *it = &r->items[item - 1];

	it->lines = mem_grow(it->lines, it->n, &it->cap, sizeof(*it->lines));
	it->lines[it->n].label = str_of(label);
	it->lines[it->n++].value =
		value.n ? value : str_of(TWO(r, "under investigation", "調査中"));
}

struct str
report_time(struct report *r, int64_t ns)
{
	struct buf b = {0};
	struct str kept = {"", 0};

	if (ns == 0)
		return kept;
	show_time(&b, ns);
	kept = arena_str(&r->arena, buf_str(&b));
	buf_done(&b);
	return kept;
}

static struct str
text_of(const json_t *j, const char *name)
{
	const json_t *v = json_object_get(j, name);

	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v))
				 : (struct str){"", 0};
}

static int64_t
time_of(const json_t *j, const char *name)
{
	struct str s = text_of(j, name);
	int64_t ns = 0;

	return stamp_take_iso(&s, NULL, 0, &ns) && ns != STAMP_BEYOND ? ns : 0;
}

static long long
number_of(const json_t *j, const char *name)
{
	return (long long)json_integer_value(json_object_get(j, name));
}

static struct str
shown_of(struct report *r, const json_t *j, const char *name)
{
	struct str s = text_of(j, name);

	return s.n ? report_shown(r, s, VALUE_MAX) : s;
}

/* A person as people know him: name and department beside the account. */
static struct str
person_words(struct report *r, const struct report_site *site, struct str user)
{
	const struct list *t = lists_find(site->lists, STR("people"));
	int u = t ? list_column(t, STR("user")) : -1, n = t ? list_column(t, STR("name")) : -1;
	int d = t ? list_column(t, STR("department")) : -1;
	int64_t row = u >= 0 ? list_lookup(t, (unsigned)u, LIST_VALUE, user, -1) : -1;
	struct str shown = report_shown(r, user, 80), name, dept;

	if (row < 0 || n < 0)
		return shown;
	name = report_shown(r, list_cell(t, (size_t)row, (unsigned)n), 80);
	dept = d >= 0 ? report_shown(r, list_cell(t, (size_t)row, (unsigned)d), 80)
		      : (struct str){"", 0};
	return arena_printf(&r->arena, "%.*s (%.*s%s%.*s)", STR_ARG(name), STR_ARG(shown),
		dept.n ? (r->ja ? "、" : ", ") : "", STR_ARG(dept));
}

/* Entities of a kind in one line; own: -1 any. Returns how many. */
static size_t
entity_line(
	struct report *r, const struct report_input *in, const char *kind, int own, struct str *ret)
{
	const json_t *list = json_object_get(in->incident, "entities"), *e;
	struct buf b = {0};
	size_t i, n = 0;

	json_array_foreach(list, i, e)
	{
		struct str value = text_of(e, "value"), words;

		if (!str_eq(text_of(e, "kind"), str_of(kind)) ||
			(own >= 0 && json_is_true(json_object_get(e, "own")) != (own == 1)))
			continue;
		if (n++ >= 20)
			continue;
		words = !strcmp(kind, "person") ? person_words(r, in->site, value)
						: report_shown(r, value, 120);
		buf_printf(&b, "%s%.*s", n > 1 ? (r->ja ? "、" : ", ") : "", STR_ARG(words));
		if (json_is_true(json_object_get(e, "important")))
			buf_printf(&b, "%s", TWO(r, " [important]", "【重要】"));
	}
	if (n > 20)
		buf_printf(&b, TWO(r, " and %zu more", " ほか%zu件"), n - 20);
	*ret = arena_str(&r->arena, buf_str(&b));
	buf_done(&b);
	return n;
}

static const json_t *
last_alert(const struct report_input *in)
{
	const json_t *list = json_object_get(in->incident, "alerts"), *a, *best = NULL;
	size_t i;

	json_array_foreach(list, i, a)
	{
		if (!best ||
			level_of(text_of(a, "log.level")) >= level_of(text_of(best, "log.level")))
			best = a;
	}
	return best;
}

static struct str
alert_text(struct report *r, const json_t *a, const char *en, const char *ja)
{
	struct str s = text_of(a, r->ja ? ja : en);

	if (s.n == 0)
		s = text_of(a, r->ja ? en : ja);
	return s.n ? report_shown(r, s, 1000) : s;
}

/* ---- the items ---- */

static void
item_number(struct report *r, const struct report_input *in)
{
	const json_t *a = last_alert(in);

	report_add(r, 1, TWO(r, "Number", "管理番号"), shown_of(r, in->incident, "number"));
	report_add(r, 1, TWO(r, "Version", "版"),
		arena_printf(&r->arena, TWO(r, "report %u", "第%u報"), in->number));
	report_add(r, 1, TWO(r, "Written", "作成日時"), report_time(r, in->written));
	report_add(r, 1, TWO(r, "Written by", "作成者"),
		arena_printf(&r->arena,
			TWO(r, "Noroshi %.*s on %.*s (automatic)",
				"Noroshi %.*s（%.*s、自動作成）"),
			STR_ARG(in->site->version), STR_ARG(in->site->host)));
	report_add(r, 1, TWO(r, "Found by", "発見の契機"),
		arena_printf(&r->arena,
			TWO(r, "monitoring of logs by Noroshi: %.*s",
				"Noroshiによるログ監視：%.*s"),
			STR_ARG(alert_text(r, a, "rule.name", "noroshi.rule.title_ja"))));
}

static const char *
kind_of(struct report *r, struct str stage)
{
	static const struct {
		const char *stage, *en, *ja;
	} kinds[] = {{"reconnaissance", "precursor of an attack", "攻撃の予兆"},
		{"entry", "unauthorised access", "不正アクセス"},
		{"foothold", "unauthorised access / malware", "不正アクセス・マルウェア"},
		{"spread", "unauthorised access, spreading inside", "不正アクセス（内部拡大）"},
		{"control", "malware, controlled from outside", "マルウェア（遠隔操作）"},
		{"collection", "leak of information", "情報漏えい"},
		{"impact", "ransomware or destruction", "ランサムウェア・破壊"}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq(stage, str_of(kinds[i].stage)))
			return TWO(r, kinds[i].en, kinds[i].ja);
	return TWO(r, "under investigation", "調査中");
}

static void
item_subject(struct report *r, const struct report_input *in)
{
	size_t families = json_array_size(json_object_get(in->incident, "families"));

	report_add(r, 2, TWO(r, "Subject", "件名"),
		shown_of(r, in->incident, TWO(r, "title_en", "title_ja")));
	report_add(r, 2, TWO(r, "Kind", "種別"),
		str_of(kind_of(r, text_of(in->incident, "attack_stage"))));
	report_add(r, 2, TWO(r, "Level", "インシデントレベル"),
		arena_printf(&r->arena, TWO(r, "L%lld - %.*s", "L%lld：%.*s"),
			number_of(in->incident, "level"),
			STR_ARG(shown_of(
				r, in->incident, TWO(r, "level_reason_en", "level_reason_ja")))));
	report_add(r, 2, TWO(r, "Certainty", "確度"),
		arena_printf(&r->arena,
			families >= 3   ? TWO(r, "high (%zu kinds of logs agree)",
						  "高（%zu種類のログが一致）")
			: families == 2 ? TWO(r, "medium (%zu kinds of logs agree)",
						  "中（%zu種類のログが一致）")
					: TWO(r, "to be confirmed (%zu kind of log)",
						  "要確認（%zu種類のログのみ）"),
			families ? families : 1));
}

static void
item_times(struct report *r, const struct report_input *in)
{
	int64_t worst = 0;

	for (size_t i = 0; i < in->nrecords; i++) {
		json_t *j = json_loadb(in->records[i].p, in->records[i].n, JSON_ALLOW_NUL, NULL);
		int64_t skew = time_of(j, "event.ingested") - time_of(j, "@timestamp");

		if (time_of(j, "event.ingested") && (skew < 0 ? -skew : skew) > worst)
			worst = skew < 0 ? -skew : skew;
		json_decref(j);
	}
	report_add(r, 3, TWO(r, "Happened", "発生日時"),
		report_time(r, time_of(in->incident, "first")));
	report_add(r, 3, TWO(r, "Detected", "検知日時"),
		report_time(r, time_of(in->incident, "decided")));
	report_add(r, 3, TWO(r, "Known to people", "認知日時"),
		report_time(r, time_of(in->incident, "acknowledged")));
	report_add(r, 3, TWO(r, "Clocks", "時刻について"),
		in->nrecords ? arena_printf(&r->arena,
				       TWO(r,
					       "Times are those in the logs; the largest "
					       "difference to the time of "
					       "receipt is %lld s.",
					       "時刻はログに記録された時刻です。受信時刻との差は最"
					       "大%lld秒です。"),
				       (long long)(worst / NS_PER_S))
			     : (struct str){"", 0});
}

static void
item_summary(struct report *r, const struct report_input *in)
{
	const json_t *a = last_alert(in);
	struct str who, where;

	entity_line(r, in, "person", -1, &who);
	entity_line(r, in, "host", -1, &where);
	report_add(r, 4, TWO(r, "What", "何が"), alert_text(r, a, "message", "noroshi.message_ja"));
	report_add(r, 4, TWO(r, "Who", "誰が"), who);
	report_add(r, 4, TWO(r, "Where", "どこで"), where);
}

static void
item_scope(struct report *r, const struct report_input *in)
{
	struct str line;

	entity_line(r, in, "host", -1, &line);
	report_add(r, 5, TWO(r, "Machines", "機器"), line);
	entity_line(r, in, "person", -1, &line);
	report_add(r, 5, TWO(r, "Users", "利用者"), line);
	entity_line(r, in, "ip", 1, &line);
	report_add(r, 5, TWO(r, "Own addresses", "社内アドレス"), line);
	entity_line(r, in, "file", -1, &line);
	report_add(r, 5, TWO(r, "Files", "ファイル"), line);
	report_add(r, 5, TWO(r, "Partners", "取引先への影響"),
		shown_of(r, json_object_get(json_object_get(in->incident, "fields"), "scope"),
			"text"));
	report_add(r, 5, TWO(r, "Personal data", "個人情報"),
		str_of(TWO(r, "unknown - under investigation", "不明（調査中）")));
	report_add(r, 5, TWO(r, "Extent", "規模"),
		arena_printf(&r->arena,
			TWO(r, "%lld alerts, %lld log records, %lld repeated ones not told singly",
				"アラート%lld件、ログ%lld件、まとめた同種の検知%lld件"),
			number_of(in->incident, "alerts_total"),
			number_of(in->incident, "records_total"),
			number_of(in->incident, "suppressed")));
}

static const struct {
	const char *tag, *en, *ja;
} techniques[] = {{"t1566", "phishing", "フィッシング"},
	{"t1204", "opened by the user", "利用者による実行"},
	{"t1059", "script or command interpreter", "スクリプト・コマンド実行"},
	{"t1078", "valid accounts", "正規アカウントの悪用"},
	{"t1110", "password guessing", "パスワード推測"},
	{"t1133", "remote access from outside", "外部リモートサービス"},
	{"t1190", "hole in a public service", "公開サーバの脆弱性悪用"},
	{"t1021", "remote services inside", "内部のリモートサービス"},
	{"t1003", "credentials read from memory", "認証情報の窃取"},
	{"t1558", "Kerberos tickets stolen", "Kerberosチケットの窃取"},
	{"t1562", "protection switched off", "防御機能の無効化"},
	{"t1070", "traces removed", "痕跡の消去"}, {"t1098", "account changed", "アカウントの改変"},
	{"t1136", "account created", "アカウントの作成"},
	{"t1105", "tools brought in", "ツールの持ち込み"},
	{"t1071", "control over common protocols", "一般的な通信による遠隔操作"},
	{"t1219", "remote-control software", "遠隔操作ソフト"},
	{"t1046", "scan of services", "サービスの探索"},
	{"t1595", "scan from outside", "外部からの探索"},
	{"t1567", "upload to a web service", "Webサービスへの持ち出し"},
	{"t1048", "data taken out", "データの持ち出し"},
	{"t1041", "data taken out", "データの持ち出し"},
	{"t1052", "data on removable media", "可搬媒体への持ち出し"},
	{"t1490", "recovery made impossible", "復旧の妨害"},
	{"t1486", "encryption of data", "データの暗号化"},
	{"t1114", "mail collected", "メールの収集"}, {"t1505", "web shell", "Webシェル"},
	{"t1543", "service installed", "サービスの登録"},
	{"t1569", "service executed", "サービスによる実行"},
	{"t1053", "scheduled task", "タスクスケジューラ"},
	{"t1039", "data from shares", "共有からの収集"}, {"t1560", "data packed", "データの圧縮"}};

static void
item_cause(struct report *r, const struct report_input *in)
{
	const json_t *alerts = json_object_get(in->incident, "alerts"), *a, *tag;
	struct str outside,
		cause = text_of(
			json_object_get(json_object_get(in->incident, "fields"), "cause"), "text");
	struct buf b = {0};
	uint64_t seen = 0;
	size_t i, k;

	json_array_foreach(alerts, i, a)
	{
		json_array_foreach(json_object_get(a, "tags"), k, tag)
		{
			struct str s = str_of(json_string_value(tag) ? json_string_value(tag) : "");

			if (!str_take(&s, STR("attack.")))
				continue;
			for (size_t t = 0; t < sizeof(techniques) / sizeof(techniques[0]); t++) {
				if (s.n < 5 ||
					!str_eq_nocase(
						str_make(s.p, 5), str_of(techniques[t].tag)) ||
					(seen >> t & 1))
					continue;
				seen |= UINT64_C(1) << t;
				buf_printf(&b, "%s%s (T%.4s)", b.n ? (r->ja ? "、" : ", ") : "",
					TWO(r, techniques[t].en, techniques[t].ja),
					techniques[t].tag + 1);
			}
		}
	}
	report_add(r, 6, TWO(r, "Techniques (MITRE ATT&CK)", "攻撃手法（MITRE ATT&CK）"),
		arena_str(&r->arena, buf_str(&b)));
	entity_line(r, in, "ip", 0, &outside);
	report_add(r, 6, TWO(r, "From or to outside", "外部との接点"), outside);
	report_add(r, 6, TWO(r, "Cause", "原因"), cause.n ? report_shown(r, cause, 1000) : cause);
	buf_done(&b);
}

static void
item_course(struct report *r)
{
	if (r->nrows == 0)
		report_add(r, 7, "", (struct str){"", 0});
	else
		report_add(r, 7, "",
			arena_printf(&r->arena,
				TWO(r, "%zu events in order, %zu more in the archive",
					"%zu件を時刻順に示します（ほか%zu件は保管庫にあります）"),
				r->told, r->rows_left));
}

static void
item_indicators(struct report *r, const struct report_input *in)
{
	struct str line;

	entity_line(r, in, "ip", 0, &line);
	report_add(r, 8, TWO(r, "Addresses", "IPアドレス"), line);
	entity_line(r, in, "domain", -1, &line);
	report_add(r, 8, TWO(r, "Domains", "ドメイン"), line);
	entity_line(r, in, "hash", -1, &line);
	report_add(r, 8, TWO(r, "Hashes", "ハッシュ値"), line);
	entity_line(r, in, "mail", -1, &line);
	report_add(r, 8, TWO(r, "Mail addresses", "メールアドレス"), line);
}

static void
item_measures(struct report *r, const struct report_input *in)
{
	const json_t *alerts = json_object_get(in->incident, "alerts"), *a;
	const json_t *fields = json_object_get(in->incident, "fields");
	struct str seen[8];
	size_t i, n = 0;

	report_add(r, 9, TWO(r, "Taken", "実施済み"),
		shown_of(r, json_object_get(fields, "first_action"), "text"));
	json_array_foreach(alerts, i, a)
	{
		struct str s =
			alert_text(r, a, "noroshi.first_action_en", "noroshi.first_action_ja");
		bool again = s.n == 0;

		for (size_t k = 0; k < n; k++)
			again |= str_eq(seen[k], s);
		if (again || n == 8)
			continue;
		seen[n++] = s;
		report_add(r, 9, TWO(r, "To be taken", "推奨（未実施）"), s);
	}
	if (n == 0)
		report_add(r, 9, TWO(r, "To be taken", "推奨（未実施）"), (struct str){"", 0});
}

static void
item_danger(struct report *r, const struct report_input *in)
{
	static const struct {
		const char *stage, *en, *ja;
	} dangers[] = {{"reconnaissance", "Attempts to get in may follow.",
			       "続けて侵入が試みられるおそれがあります。"},
		{"entry", "The account or machine may be used for further access.",
			"侵害されたアカウント・機器が悪用されるおそれがあります。"},
		{"foothold", "Spread to other machines and theft of credentials may follow.",
			"他の機器への拡大や認証情報の窃取のおそれがあります。"},
		{"spread", "Further machines may be concerned; data may be collected next.",
			"さらに多くの機器に及び、情報収集に進むおそれがあります。"},
		{"control", "The attacker can act at any time; removal of data may follow.",
			"攻撃者がいつでも操作でき、情報が持ち出されるおそれがあります。"},
		{"collection", "Information may have left; partners and persons may be concerned.",
			"情報が社外に出たおそれがあり、取引先・本人への影響が考えられます。"},
		{"impact", "Business may stop; backups may be attacked.",
			"業務停止やバックアップへの攻撃のおそれがあります。"}};
	struct str stage = text_of(in->incident, "attack_stage"), words = {"", 0};

	for (size_t i = 0; i < sizeof(dangers) / sizeof(dangers[0]); i++)
		if (str_eq(stage, str_of(dangers[i].stage)))
			words = str_of(TWO(r, dangers[i].en, dangers[i].ja));
	report_add(r, 10, "", words);
}

static void
item_contact(struct report *r, const struct report_input *in)
{
	struct buf b = {0};

	for (size_t i = 0; i < in->ntold; i++)
		buf_printf(&b, "%s%.*s", i ? ", " : "", STR_ARG(in->told[i]));
	report_add(r, 11, TWO(r, "Organisation", "組織"),
		in->site->organisation.n ? report_shown(r, in->site->organisation, 200)
					 : str_of(TWO(r, "not set (organisation: name)",
						   "未設定（設定 organisation: name）")));
	report_add(r, 11, TWO(r, "Contact", "連絡先"),
		in->site->contact.n ? report_shown(r, in->site->contact, 200)
				    : str_of(TWO(r, "not set (organisation: contact)",
					      "未設定（設定 organisation: contact）")));
	report_add(r, 11, TWO(r, "Sent to", "配信先"),
		in->ntold ? report_shown(r, buf_str(&b), 1000)
			  : str_of(TWO(r, "nobody by mail", "メール配信先なし")));
	report_add(r, 11, TWO(r, "In charge", "担当"), shown_of(r, in->incident, "assignee"));
	buf_done(&b);
}

static void
item_next(struct report *r, const struct report_input *in)
{
	report_add(r, 12, "",
		in->next_report ? arena_printf(&r->arena,
					  TWO(r, "not before %.*s, when there is something new",
						  "新たな検知があれば %.*s 以降に続報します"),
					  STR_ARG(report_time(r, in->next_report)))
				: (struct str){"", 0});
}

static void
item_evidence(struct report *r, const struct report_input *in)
{
	const json_t *list = json_object_get(in->incident, "records");
	long long first = 0, last = 0;
	struct buf all = {0};
	char hex[65];
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		long long seq = number_of(one, "event.sequence");

		first = first == 0 || seq < first ? seq : first;
		last = seq > last ? seq : last;
	}
	for (i = 0; i < in->nrecords; i++) {
		buf_add_str(&all, in->records[i]);
		buf_add_char(&all, '\n');
	}
	sha256_hex(buf_str(&all), hex);
	report_add(r, 13, TWO(r, "Kept", "保管"),
		json_array_size(list)
			? arena_printf(&r->arena,
				  TWO(r,
					  "tamper-evident archive, records %lld to %lld (%zu of "
					  "them concerned)",
					  "改ざん検知付き保管庫、記録番号 %lld～%lld（該当%zu件）"),
				  first, last, json_array_size(list))
			: (struct str){"", 0});
	report_add(r, 13, TWO(r, "SHA-256 of the records", "該当ログのSHA-256"),
		in->nrecords ? arena_printf(&r->arena, "%s", hex) : (struct str){"", 0});
	buf_done(&all);
}

static void
item_limits(struct report *r, const struct report_input *in)
{
	const json_t *list = json_object_get(in->incident, "missing"), *m;
	size_t i, records = json_array_size(json_object_get(in->incident, "records"));

	json_array_foreach(list, i, m)
	{
		struct str heard = report_time(r, time_of(m, "last_heard"));

		report_add(r, 14, TWO(r, "Missing", "欠けている情報"),
			arena_printf(&r->arena,
				heard.n ? TWO(r,
						  "%s logs show nothing of this; last heard of at "
						  "%.*s",
						  "%sログに関連する記録がありません（最終受信 "
						  "%.*s）")
					: TWO(r, "%s logs were never received%.*s",
						  "%sログは一度も受信していません%.*s"),
				report_family(text_of(m, "family"), r->ja), STR_ARG(heard)));
	}
	if (records > in->nrecords)
		report_add(r, 14, TWO(r, "Not read", "未取得"),
			arena_printf(&r->arena,
				TWO(r, "%zu of %zu records could not be read when this was written",
					"%zu件（全%zu件中）のログは作成時点で取得できませんでした"),
				records - in->nrecords, records));
	report_add(r, 14, TWO(r, "Certainty", "注意"),
		str_of(TWO(r, "Written automatically from logs; nobody has checked it yet.",
			"ログから自動作成したもので、人による確認は済んでいません。")));
}

int
report_build(struct report *r, const struct report_input *in, bool ja)
{
	*r = (struct report){
		.ja = ja, .drill = json_is_true(json_object_get(in->incident, "drill"))};
	if (!json_is_object(in->incident) || text_of(in->incident, "number").n == 0)
		return ERR_SYNTAX;
	for (unsigned i = 0; i < REPORT_ITEMS; i++)
		r->items[i].title = ja ? titles[i].ja : titles[i].en;
	r->heading = arena_printf(&r->arena, "%s%s", r->drill ? TWO(r, "[DRILL] ", "【訓練】") : "",
		in->number <= 1 ? TWO(r, "Preliminary incident report", "インシデント速報")
				: TWO(r, "Incident follow-up report", "インシデント続報"));
	r->subheading = arena_printf(&r->arena, TWO(r, "%.*s, report %u", "%.*s 第%u報"),
		STR_ARG(shown_of(r, in->incident, "number")), in->number);
	report_rows(r, in);
	item_number(r, in);
	item_subject(r, in);
	item_times(r, in);
	item_summary(r, in);
	item_scope(r, in);
	item_cause(r, in);
	item_course(r);
	item_indicators(r, in);
	item_measures(r, in);
	item_danger(r, in);
	item_contact(r, in);
	item_next(r, in);
	item_evidence(r, in);
	item_limits(r, in);
	return 0;
}

void
report_done(struct report *r)
{
	for (unsigned i = 0; i < REPORT_ITEMS; i++)
		mem_free(r->items[i].lines);
	mem_free(r->rows);
	arena_done(&r->arena);
}

void
report_subject(const struct report_input *in, bool ja, struct buf *out)
{
	struct report r = {.ja = ja};

	if (json_is_true(json_object_get(in->incident, "drill")))
		buf_printf(out, "%s", ja ? "【訓練】" : "[DRILL] ");
	buf_printf(
		out, ja ? "[Noroshi] 速報 第%u報 " : "[Noroshi] Incident report %u ", in->number);
	show(out, text_of(in->incident, "number"), 40, ja);
	buf_printf(out, " L%lld ", number_of(in->incident, "level"));
	show(out, text_of(in->incident, ja ? "title_ja" : "title_en"), 120, ja);
	report_done(&r);
}
