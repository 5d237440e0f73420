/* words.c - what people read, and that hostile text in it stays text. */
#include <openssl/evp.h>

#include <criterion/criterion.h>

#include "respond/mail.h"
#include "tests/respond/house.h"

/* An alert as JSON with these values where logs have their say. */
static void
make(struct buf *out, const struct alert_rule *rule, struct str value, struct str record)
{
	struct alert a = {.id = house_id(1),
		.rule = rule,
		.time = INT64_C(1772445600) * NS_PER_S,
		.first_time = INT64_C(1772445560) * NS_PER_S,
		.window_ns = 300 * NS_PER_S,
		.count = 12,
		.suppressed = 3,
		.ngroup = 2,
		.nrecords = 2,
		.nrecords_all = 12,
		.last_record = record};

	a.group[0].name = STR("source.ip");
	a.group[0].value = value;
	a.group[1].name = STR("vendor.odd_field");
	a.group[1].value = STR("v");
	a.records[0] = (struct alert_record){house_id(2), 7, a.first_time};
	a.records[1] = (struct alert_record){house_id(3), 19, a.time};
	alert_json(&a, out);
}

static void
body(struct str json, bool ja, struct buf *out)
{
	struct notice n;

	notice_init(&n, json);
	notice_body(&n, ja, out);
	notice_done(&n);
	buf_z(out);
}

struct want {
	const char *text, *why;
};

static void
expect_all(const struct buf *b, const struct want *rows)
{
	for (; rows->why; rows++)
		cr_expect(str_find(buf_str(b), str_of(rows->text)) >= 0, "%s: no '%s' in\n%.*s",
			rows->why, rows->text, (int)b->n, b->p);
}

Test(respond_words, an_alert_in_english_and_japanese)
{
	static const struct want en[] = {{"[HIGH] Many failed logins", "level and title"},
		{"198.51.100.7 failed to log in too often.", "the sentence"},
		{"Source address: 198.51.100.7", "a word, not a field name"},
		{"vendor.odd_field: v", "a field without a word by its name"},
		{"2026-03-02 18:59:20 JST (2026-03-02 09:59:20 UTC)", "begin in both zones"},
		{"2026-03-02 19:00:00 JST (2026-03-02 10:00:00 UTC)", "end in both zones"},
		{"Time window of the rule: 5 minutes", "window"}, {"Count: 12", "count"},
		{"Not told since the last alert of this kind: 3", "what was kept silent"},
		{"Ask the owner of the account.", "first action"},
		{"| Failed password for root", "the deciding record"}, {"number 7", "first record"},
		{"number 19", "last record"}, {"Author: A. Tester", "who wrote the rule"},
		{"Failed logins, many of them.", "description in one line"},
		{"11111111-2222-3333-4444-555555555555", "rule id"},
		{"noroshi query 'source.ip:\"198.51.100.7\" and vendor.odd_field:\"v\"' --since "
		 "2026-03-02T09:44:20.000Z --until 2026-03-02T10:15:00.000Z",
			"what next"},
		{NULL, NULL}};
	static const struct want ja[] = {{"【高】ログイン失敗の多発", "level and title"},
		{"198.51.100.7 がログインに何度も失敗しました。", "the sentence"},
		{"送信元アドレス：198.51.100.7", "a word, not a field name"},
		{"ルールの時間枠：5分", "window"}, {"件数：12", "count"},
		{"アカウントの持ち主に確認する。", "first action"}, {"作成者：A. Tester", "author"},
		{NULL, NULL}};
	struct alert_rule rule = house_rule();
	struct buf json = {0}, text = {0};

	make(&json, &rule, STR("198.51.100.7"),
		STR("{\"event.original\":\"Failed password for root\"}"));
	body(buf_str(&json), false, &text);
	expect_all(&text, en);
	buf_clear(&text);
	body(buf_str(&json), true, &text);
	expect_all(&text, ja);
	buf_done(&json);
	buf_done(&text);
}

static const char evil_value[] = "x'; rm -rf /; '\r\nBcc: all@example.com\r\n\r\n<script>\x1b[2J";
static const char evil_record[] =
	"{\"event.original\":\"=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>\\r\\n.\\r\\nMAIL "
	"FROM:<a@b>\\u001b]0;owned\\u0007 \\u202egnp.exe\\u0000 \\u0085end\"}";

Test(respond_words, hostile_values_stay_text)
{
	static const struct want rows[] = {{"<script>", "markup is text in a text"},
		{"\\x0d\\x0aBcc: all", "line ends are shown"},
		{"\\x1b[2J", "terminal escapes are shown"}, {"\\x1b]0;owned\\x07", "and titles"},
		{"\\u{202e}gnp.exe", "turned text is made visible"}, {"\\x00", "NUL is shown"},
		{"\\xc2\\x85end", "C1 controls are shown"},
		{"noroshi query 'vendor.odd_field:\"v\"' --since", "no hostile value in a command"},
		{NULL, NULL}};
	struct alert_rule rule = house_rule();
	struct buf json = {0}, text = {0};

	make(&json, &rule, str_of(evil_value), str_of(evil_record));
	body(buf_str(&json), false, &text);
	expect_all(&text, rows);
	for (size_t i = 0; i < text.n; i++)
		cr_expect((unsigned char)text.p[i] >= 0x20 || text.p[i] == '\n', "byte %zu", i);
	cr_expect(!strstr(text.p, "\nBcc:"));
	cr_expect(!strstr(text.p, "\xe2\x80\xae"));
	buf_done(&json);
	buf_done(&text);
}

Test(respond_words, lengths_are_bounded_at_whole_characters)
{
	struct buf out = {0}, in = {0};

	for (unsigned i = 0; i < 100; i++)
		BUF_ADD_LIT(&in, "漢");
	show(&out, buf_str(&in), 100, false);
	cr_expect(str_starts(buf_str(&out), (struct str){in.p, 99}), "33 characters and no half");
	cr_expect(str_find(buf_str(&out), STR("201 bytes more")) > 0, "%s", buf_z(&out));
	cr_expect_eq(str_find(buf_str(&out), STR("\\x")), -1);
	buf_done(&in);
	buf_done(&out);
}

Test(respond_words, what_cannot_be_read_is_shown_as_it_stands)
{
	struct buf text = {0};

	body(STR("{\"message\": broken\x1b"), false, &text);
	cr_expect(strstr(text.p, "could not be read"), "%s", text.p);
	cr_expect(strstr(text.p, "broken\\x1b"), "%s", text.p);
	buf_done(&text);
}

/* ---- mail ---- */

static struct str recipients[] = {{"soc@example.jp", 14}, {"duty@example.jp", 15}};

static struct sink_settings
mail_settings(const char *language)
{
	return (struct sink_settings){.name = STR("mail"),
		.kind = SINK_SMTP,
		.from = STR("noroshi@example.jp"),
		.to = recipients,
		.nto = 2,
		.language = str_of(language)};
}

static void
decode(struct str base64, struct buf *out)
{
	struct str line;

	while (base64.n > 0) {
		int n;

		str_cut(&base64, '\n', &line);
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0)
			continue;
		cr_assert_leq(line.n, 76u, "RFC 2045 6.8");
		n = EVP_DecodeBlock((unsigned char *)buf_room(out, line.n),
			(const unsigned char *)line.p, (int)line.n);
		cr_assert_gt(n, 0);
		out->n += (size_t)n;
		for (size_t k = line.n; k > 0 && line.p[k - 1] == '='; k--)
			out->n--;
	}
	buf_z(out);
}

Test(respond_mail, headers_are_ours_whatever_the_alert_says)
{
	static const char *const names[] = {"From", "To", "Subject", "Date", "Message-ID",
		"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Language",
		"Auto-Submitted", "X-Auto-Response-Suppress", "X-Noroshi-Alert", "X-Noroshi-Level"};
	struct sink_settings set = mail_settings("ja");
	struct alert_rule rule = house_rule();
	struct buf json = {0}, mail = {0}, text = {0}, long_title = {0};
	struct item it = {.id = "0123456789abcdef\r\nBcc: x@y", .level = LEVEL_HIGH};
	struct str head, rest, line;

	BUF_ADD_LIT(&long_title, "題\r\nBcc: evil@example.com\r\n\r\nbody");
	for (unsigned i = 0; i < 200; i++)
		BUF_ADD_LIT(&long_title, "漢字");
	rule.title_ja = buf_str(&long_title);
	make(&json, &rule, str_of(evil_value), str_of(evil_record));
	it.json = buf_str(&json);
	mail_compose(&set, &it, INT64_C(1772445600) * NS_PER_S, &mail);
	rest = buf_str(&mail);
	cr_assert(str_cut_at(&rest, STR("\r\n\r\n"), &head));
	decode(rest, &text);
	cr_expect(strstr(text.p, "\\x0d\\x0aBcc: all"), "the body has it as text");
	while (head.n > 0) {
		struct str name;
		bool ours = false;

		str_cut_at(&head, STR("\r\n"), &line);
		cr_expect_leq(line.n, 78u, "RFC 5322 2.1.1: %.*s", STR_ARG(line));
		if (line.p[0] == ' ')
			continue;
		str_cut(&line, ':', &name);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			ours |= str_eq(name, str_of(names[i]));
		cr_expect(ours, "a header %.*s", STR_ARG(name));
	}
	for (size_t i = 0; i < mail.n; i++)
		cr_expect(mail.p[i] == '\r' || mail.p[i] == '\n' ||
				  ((unsigned char)mail.p[i] >= 0x20 &&
					  (unsigned char)mail.p[i] < 0x7f),
			"only ASCII: byte %zu", i);
	cr_expect(str_find(buf_str(&mail), STR("Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n")) > 0);
	cr_expect(str_find(buf_str(&mail), STR("To: soc@example.jp,\r\n duty@example.jp\r\n")) > 0);
	buf_done(&json);
	buf_done(&mail);
	buf_done(&text);
	buf_done(&long_title);
}

Test(respond_mail, same_alert_same_message_id)
{
	struct sink_settings set = mail_settings("en");
	struct item it = {
		.id = "00112233445566778899aabbccddeeff", .json = STR("{}"), .level = LEVEL_LOW};
	struct buf one = {0}, two = {0};
	static const char want[] =
		"Message-ID: <noroshi-00112233445566778899aabbccddeeff@example.jp>\r\n";

	mail_compose(&set, &it, 0, &one);
	mail_compose(&set, &it, 77 * NS_PER_S, &two);
	cr_expect(str_find(buf_str(&one), str_of(want)) > 0);
	cr_expect(str_find(buf_str(&two), str_of(want)) > 0);
	buf_done(&one);
	buf_done(&two);
}

Test(respond_mail, addresses)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {{"a@b", true}, {"soc+alerts@example.co.jp", true}, {"a", false}, {"@b", false},
		{"a@", false}, {"a@b\r\nRCPT TO:<c@d>", false}, {"a b@c", false}, {"<a@b>", false},
		{"", false}, {"a@b,c@d", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(mail_address_ok(str_of(rows[i].text)), rows[i].ok, "%s", rows[i].text);
}
