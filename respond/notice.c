#include "respond/notice.h"

#include "base/stamp.h"

#define VALUE_BYTES    300
#define SENTENCE_BYTES 2000
#define ACTION_BYTES   2000
#define RECORD_BYTES   2000
#define RAW_BYTES      4000

/* The two languages of a line, side by side. */
#define TWO(ja, english, japanese) ((ja) ? (japanese) : (english))

void
notice_init(struct notice *n, struct str json)
{
	n->raw = json;
	n->root = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);
	n->level = level_of(notice_text_of(n, "log.level"));
}

void
notice_done(struct notice *n)
{
	json_decref(n->root);
	n->root = NULL;
}

static struct str
text_of(const json_t *j, const char *member)
{
	const json_t *v = json_object_get(j, member);

	return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)}
				 : (struct str){"", 0};
}

struct str
notice_text_of(const struct notice *n, const char *member)
{
	return text_of(n->root, member);
}

static int64_t
time_of(const json_t *j, const char *member)
{
	struct str s = text_of(j, member);
	int64_t ns = 0;

	return stamp_take_iso(&s, NULL, 0, &ns) ? ns : 0;
}

static long long
number_of(const json_t *j, const char *member)
{
	return (long long)json_integer_value(json_object_get(j, member));
}

int64_t
notice_time(const struct notice *n)
{
	return time_of(n->root, "@timestamp");
}

/* The first of the members that says anything. */
static struct str
first_text(const struct notice *n, const char *const *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str s = notice_text_of(n, members[i]);

		if (s.n > 0)
			return s;
	}
	return (struct str){"", 0};
}

void
notice_title(const struct notice *n, bool ja, size_t max, struct buf *out)
{
	static const char *const members[] = {"noroshi.rule.title_ja", "rule.name", "rule.id"};
	struct str s = first_text(n, members + !ja, 3 - (size_t)!ja);

	if (json_is_true(json_object_get(n->root, "noroshi.alert.drill")))
		buf_printf(out, "%s", TWO(ja, "[DRILL] ", "【訓練】"));
	show(out, s.n ? s : STR("Noroshi"), max, ja);
}

void
notice_sentence(const struct notice *n, bool ja, size_t max, struct buf *out)
{
	static const char *const members[] = {"noroshi.message_ja", "message", "rule.name"};
	struct str s = first_text(n, members + !ja, 3 - (size_t)!ja);

	show(out, s.n ? s : n->raw, max, ja);
}

/* ---- the parts of the body ---- */

static void
heading(struct buf *out, bool ja, const char *english, const char *japanese)
{
	buf_printf(
		out, "\n%s%s%s\n", TWO(ja, "", "■ "), TWO(ja, english, japanese), TWO(ja, ":", ""));
}

static void
add_value(struct buf *out, const json_t *v, bool ja)
{
	char *text;

	if (json_is_string(v)) {
		show(out, (struct str){json_string_value(v), json_string_length(v)}, VALUE_BYTES,
			ja);
		return;
	}
	text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	show(out, str_of(text), VALUE_BYTES, ja);
	free(text);
}

static void
add_field(struct buf *out, struct str name, const json_t *v, bool ja)
{
	const char *word = word_for_field(name, ja);

	BUF_ADD_LIT(out, "  ");
	if (word)
		buf_printf(out, "%s", word);
	else
		show(out, name, VALUE_BYTES, ja);
	buf_printf(out, "%s", TWO(ja, ": ", "："));
	add_value(out, v, ja);
	buf_add_char(out, '\n');
}

static void
body_group(const struct notice *n, bool ja, struct buf *out)
{
	json_t *group = json_object_get(n->root, "noroshi.alert.group"), *v;
	const char *name;
	size_t len;

	if (json_object_size(group) == 0)
		return;
	heading(out, ja, "Who and where", "誰が・どこで");
	json_object_keylen_foreach(group, name, len, v)
		add_field(out, (struct str){name, len}, v, ja);
}

static void
add_span(struct buf *out, long long seconds, bool ja)
{
	static const struct {
		long long seconds;
		const char *en, *ja;
	} units[] = {{86400, "day", "日"}, {3600, "hour", "時間"}, {60, "minute", "分"},
		{1, "second", "秒"}};
	size_t i = 0;
	long long count;

	while (seconds % units[i].seconds != 0)
		i++;
	count = seconds / units[i].seconds;
	if (ja)
		buf_printf(out, "%lld%s", count, units[i].ja);
	else
		buf_printf(out, "%lld %s%s", count, units[i].en, count == 1 ? "" : "s");
}

static void
body_when(const struct notice *n, bool ja, struct buf *out)
{
	int64_t start = time_of(n->root, "event.start"), end = time_of(n->root, "event.end");
	long long window = number_of(n->root, "noroshi.alert.window_seconds");
	long long count = number_of(n->root, "noroshi.alert.count");
	long long quiet = number_of(n->root, "noroshi.alert.suppressed");

	heading(out, ja, "When and how often", "いつ・何回");
	BUF_ADD_LIT(out, "  ");
	show_time(out, start ? start : notice_time(n));
	if (start && end > start) {
		buf_printf(out, "%s\n  ", TWO(ja, " to", " から"));
		show_time(out, end);
		buf_printf(out, "%s", TWO(ja, "", " まで"));
	}
	buf_add_char(out, '\n');
	if (window > 0) {
		buf_printf(out, "  %s", TWO(ja, "Time window of the rule: ", "ルールの時間枠："));
		add_span(out, window, ja);
		buf_add_char(out, '\n');
	}
	buf_printf(out, TWO(ja, "  Count: %lld\n", "  件数：%lld\n"), count);
	if (quiet > 0)
		buf_printf(out,
			TWO(ja, "  Not told since the last alert of this kind: %lld\n",
				"  前回の通知以降、通知を抑えた同種の検知：%lld\n"),
			quiet);
	if (str_eq(notice_text_of(n, "noroshi.origin"), STR("history")))
		buf_printf(out, "  %s\n", TWO(ja, "Found in old logs", "過去ログからの検知"));
}

/* Text of a rule may have been written over several lines. */
static void
show_folded(struct buf *out, struct str s, bool ja)
{
	struct buf b = {0};

	buf_add_str(&b, str_trim(s));
	while (b.n > 0 && b.p[b.n - 1] == '\n')
		b.n--;
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n')
			b.p[i] = ' ';
	show(out, buf_str(&b), ACTION_BYTES, ja);
	buf_done(&b);
}

static void
body_action(const struct notice *n, bool ja, struct buf *out)
{
	static const char *const members[] = {"noroshi.first_action_ja", "noroshi.first_action_en"};
	struct str s = first_text(n, members + !ja, 2 - (size_t)!ja);

	if (s.n == 0)
		return;
	heading(out, ja, "Do first", "最初にすること");
	BUF_ADD_LIT(out, "  ");
	show_folded(out, s, ja);
	buf_add_char(out, '\n');
}

static void
add_record(struct buf *out, const json_t *rec, const char *label, bool ja)
{
	int64_t ns = time_of(rec, "@timestamp");

	buf_printf(out, "  %s%s", label, TWO(ja, ": ", "："));
	if (ns) {
		show_time(out, ns);
		buf_add_char(out, ' ');
	}
	buf_printf(out, TWO(ja, "number %lld, ", "番号%lld、"), number_of(rec, "event.sequence"));
	show(out, text_of(rec, "event.id"), 64, ja);
	buf_add_char(out, '\n');
}

static void
body_records(const struct notice *n, bool ja, struct buf *out)
{
	const json_t *list = json_object_get(n->root, "noroshi.alert.records");
	const json_t *last = json_object_get(n->root, "noroshi.alert.last_record");
	struct str text = text_of(last, "event.original");
	size_t count = json_array_size(list);

	if (count == 0 && !last)
		return;
	heading(out, ja, "Log records", "ログ");
	if (count > 0)
		add_record(out, json_array_get(list, 0), TWO(ja, "First", "最初"), ja);
	if (count > 1)
		add_record(out, json_array_get(list, count - 1), TWO(ja, "Last", "最後"), ja);
	if (number_of(n->root, "noroshi.alert.records_total") > 0)
		buf_printf(out, TWO(ja, "  Records in all: %lld\n", "  全件数：%lld\n"),
			number_of(n->root, "noroshi.alert.records_total"));
	if (text.n == 0)
		text = text_of(last, "message");
	if (text.n == 0)
		return;
	buf_printf(out, "  %s\n  | ",
		TWO(ja, "The deciding record, as received:",
			"判定の決め手となったログ（受信したまま）："));
	show(out, text, RECORD_BYTES, ja);
	buf_add_char(out, '\n');
}

static void
body_rule(const struct notice *n, bool ja, struct buf *out)
{
	heading(out, ja, "Rule", "ルール");
	BUF_ADD_LIT(out, "  ");
	notice_title(n, ja, VALUE_BYTES, out);
	buf_add_char(out, '\n');
	buf_printf(out, "  ID%s", TWO(ja, ": ", "："));
	show(out, notice_text_of(n, "rule.id"), VALUE_BYTES, ja);
	buf_add_char(out, '\n');
	if (notice_text_of(n, "rule.author").n) {
		buf_printf(out, "  %s", TWO(ja, "Author: ", "作成者："));
		show(out, notice_text_of(n, "rule.author"), VALUE_BYTES, ja);
		buf_add_char(out, '\n');
	}
	if (notice_text_of(n, "rule.description").n) {
		BUF_ADD_LIT(out, "  ");
		show_folded(out, notice_text_of(n, "rule.description"), ja);
		buf_add_char(out, '\n');
	}
}

/* A value that may stand between quotes in a shell and in a query as it is. */
static bool
is_harmless(struct str s)
{
	if (s.n == 0 || s.n > 128)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			(c == 0 || !strchr("._:@/-", c)))
			return false;
	}
	return true;
}

static void
body_next(const struct notice *n, bool ja, struct buf *out)
{
	json_t *group = json_object_get(n->root, "noroshi.alert.group"), *v;
	const json_t *list = json_object_get(n->root, "noroshi.alert.records");
	int64_t start = time_of(n->root, "event.start"), end = notice_time(n);
	struct str id = text_of(json_array_get(list, json_array_size(list) - 1), "event.id");
	const char *name;
	size_t len, shown = 0;

	heading(out, ja, "What next", "次に調べること");
	BUF_ADD_LIT(out, "  noroshi query '");
	json_object_keylen_foreach(group, name, len, v)
	{
		struct str field = {name, len};
		struct str value = {json_string_value(v), json_string_length(v)};

		if (!json_is_string(v) || !is_harmless(field) || !is_harmless(value))
			continue;
		buf_printf(out, "%s%.*s:\"%.*s\"", shown++ ? " and " : "", STR_ARG(field),
			STR_ARG(value));
	}
	if (shown == 0 && is_harmless(id)) {
		buf_printf(out, "event.id:\"%.*s\"'\n", STR_ARG(id));
		return;
	}
	if (shown == 0)
		BUF_ADD_LIT(out, "*");
	/* a while before and after: what led to it, and what came of it */
	BUF_ADD_LIT(out, "' --since ");
	stamp_add(out, (start ? start : end) - 900 * NS_PER_S);
	BUF_ADD_LIT(out, " --until ");
	stamp_add(out, end + 900 * NS_PER_S);
	buf_add_char(out, '\n');
}

void
notice_body(const struct notice *n, bool ja, struct buf *out)
{
	buf_printf(out, TWO(ja, "[%s] ", "【%s】"), word_for_level(n->level, ja));
	notice_title(n, ja, VALUE_BYTES, out);
	BUF_ADD_LIT(out, "\n\n");
	notice_sentence(n, ja, SENTENCE_BYTES, out);
	buf_add_char(out, '\n');
	if (!n->root) {
		heading(out, ja, "This alert could not be read; as it stands in the alert log",
			"このアラートは読み取れませんでした（ログのまま）");
		show(out, n->raw, RAW_BYTES, ja);
		buf_add_char(out, '\n');
		return;
	}
	body_group(n, ja, out);
	body_when(n, ja, out);
	body_action(n, ja, out);
	body_records(n, ja, out);
	body_rule(n, ja, out);
	body_next(n, ja, out);
	buf_printf(out, "\n%s", TWO(ja, "Alert ", "アラートID："));
	show(out, notice_text_of(n, "noroshi.alert.id"), 64, ja);
	buf_add_char(out, '\n');
}
