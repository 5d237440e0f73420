/* propose.c - what columns are taken for, by name and by value, in each encoding. */
#include "parsers/propose.h"

#include <criterion/criterion.h>
#include <iconv.h>

#include "base/diag.h"

static struct proposal *
proposed(struct str bytes, struct diag *why)
{
	struct propose_options o = {.name = STR("mine")};
	struct proposal *p = NULL;

	propose(bytes, false, &o, "mine.csv", why, &p);
	return p;
}

Test(propose, columns_by_name_and_value)
{
	static const struct {
		const char *header, *value;
		enum meaning want;
		enum how how;
		const char *why;
	} rows[] = {
		{"コンピューター名", "PC-034", MEAN_HOST, HOW_NAME, "a computer"},
		{"コンピュータ名", "PC-034", MEAN_HOST, HOW_NAME, "without the long vowel"},
		{"ｺﾝﾋﾟｭｰﾀ名", "PC-034", MEAN_HOST, HOW_NAME,
			"half-width, with a half-voiced sound"},
		{"Computer_Name", "PC-034", MEAN_HOST, HOW_NAME, "English, a sign between"},
		{"ＵＲＬ", "https://www.example.org/", MEAN_URL, HOW_NAME, "full width"},
		{"ログオンユーザー名", "abe", MEAN_USER, HOW_NAME, "a user"},
		{"最終ログオンユーザー名", "abe", MEAN_USER, HOW_PART, "the end of a longer name"},
		{"送信元IPアドレス", "192.0.2.3", MEAN_SRC_IP, HOW_NAME, "an address"},
		{"送信元", "192.0.2.3", MEAN_SRC_IP, HOW_NAME, "the values decide: an address"},
		{"送信元", "mori@example.jp", MEAN_MAIL_FROM, HOW_NAME, "the values decide: mail"},
		{"宛先", "abe@example.com; sato@example.com", MEAN_MAIL_TO, HOW_NAME, "mail, two"},
		{"宛先", "198.51.100.7:443", MEAN_DST_IP, HOW_NAME, "an address with a port"},
		{"MACアドレス", "00-00-5E-00-53-01", MEAN_SRC_MAC, HOW_NAME, "a network card"},
		{"アドレス", "2001:db8::3", MEAN_HOST_IP, HOW_NAME, "the values decide"},
		{"操作日時(UTC)", "2026/04/02 10:02:03", MEAN_TIME, HOW_NAME, "brackets behind"},
		{"日付", "2026年4月2日", MEAN_DATE, HOW_NAME, "a date alone"},
		{"日付", "2026/4/2 8:05", MEAN_TIME, HOW_NAME, "called date, but with a time"},
		{"日時", "令和8年11月29日", MEAN_TIME, HOW_NAME, "called a time, a day of an era"},
		{"日時", "２０２６年１１月２９日　１４時０５分", MEAN_TIME, HOW_NAME,
			"wide digits"},
		{"IPアドレス", "１９２．０．２．３", MEAN_HOST_IP, HOW_NAME, "a wide address"},
		{"ファイルサイズ", "１，０２４", MEAN_FILE_SIZE, HOW_NAME,
			"a wide number in groups"},
		{"ファイルサイズ", "1,048,576", MEAN_FILE_SIZE, HOW_NAME, "a number in groups"},
		{"ログ種類", "ファイル", MEAN_ACTION, HOW_NAME, "no other column tells the deed"},
		{"時刻", "8:05:01", MEAN_CLOCK, HOW_NAME, "a time of day alone"},
		{"変更後ファイル名", "E:\\表.xlsx", MEAN_NEW_FILE, HOW_NAME, "the new name"},
		{"コピー元", "C:\\表.xlsx", MEAN_OLD_FILE, HOW_NAME, "the old one"},
		{"ファイル名", "表.xlsx", MEAN_FILE, HOW_NAME, "a file"},
		{"ウィンドウタイトル", "メモ", MEAN_TITLE, HOW_NAME, "a window"},
		{"プリンタ名", "3F-MFP", MEAN_PRINTER, HOW_NAME, "a printer"},
		{"件名", "見積", MEAN_SUBJECT, HOW_NAME, "a mail's subject"},
		{"入退室", "入室", MEAN_IN_OUT, HOW_NAME, "in or out"},
		{"扉名称", "正面", MEAN_DOOR, HOW_NAME, "a door"},
		{"カード番号", "0042", MEAN_CARD, HOW_NAME, "a card"},
		{"受信バイト数", "42", MEAN_RECEIVED, HOW_NAME, "bytes"},
		{"デバイス名", "USB DISK", MEAN_DEVICE, HOW_NAME, "a device"},
		{"操作", "削除", MEAN_ACTION, HOW_NAME, "an operation"},
		{"Result", "NG", MEAN_OUTCOME, HOW_NAME, "an outcome"},
		{"なぞ", "192.0.2.3", MEAN_SRC_IP, HOW_VALUES, "an unknown name, addresses"},
		{"なぞ", "2026-04-02T10:02:03Z", MEAN_TIME, HOW_VALUES, "an unknown name, times"},
		{"なぞ", "C:\\x\\y", MEAN_FILE, HOW_VALUES, "an unknown name, paths"},
		{"なぞ", "abc", MEAN_NONE, HOW_NOT, "nothing is known"},
		{"名前", "佐藤", MEAN_NONE, HOW_AMBIGUOUS, "an account or a person's name"},
		{"IPアドレス", "abe@example.com", MEAN_USER_MAIL, HOW_VALUES,
			"an address it is, but the values say mail"},
		{"送信元ポート", "abc", MEAN_NONE, HOW_NOT, "a port that is no number is none"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct diag why = {0};
		struct buf text = {0};
		struct proposal *p;

		buf_printf(&text, "%s,その他\n\"%s\",x\n\"%s\",y\n", rows[i].header, rows[i].value,
			rows[i].value);
		p = proposed(buf_str(&text), &why);
		cr_assert_not_null(p, "%s: %s", rows[i].why, diag_first(&why));
		cr_expect_eq(p->columns[0].meaning, rows[i].want, "%s: %s is %d", rows[i].why,
			rows[i].header, p->columns[0].meaning);
		cr_expect_eq(p->columns[0].how, rows[i].how, "%s: by %d", rows[i].why,
			p->columns[0].how);
		cr_expect_eq(p->columns[0].how == HOW_AMBIGUOUS,
			str_starts(p->columns[0].remark, STR("ambiguous")), "%s", rows[i].why);
		proposal_free(p);
		buf_done(&text);
		diag_done(&why);
	}
}

static struct buf
encoded(const char *charset, struct str text)
{
	iconv_t cd = iconv_open(charset, "UTF-8");
	struct buf out = {0};
	char *in = (char *)(uintptr_t)text.p, *to;
	size_t left = text.n, room = text.n * 4;

	cr_assert_neq(cd, (iconv_t)-1);
	to = buf_room(&out, room);
	cr_assert_eq(iconv(cd, &in, &left, &to, &room), 0);
	cr_assert_eq(iconv(cd, NULL, NULL, &to, &room), 0);
	out.n = (size_t)(to - out.p);
	iconv_close(cd);
	return out;
}

Test(propose, every_encoding_gives_the_same_columns)
{
	static const char text[] =
		"日時,ユーザー名,ファイル名,備考\r\n"
		"2026/4/2 8:05,abe,C:\\ソース\\予定表.xlsx,\"一行目\n二行目, 終\"\r\n"
		"2026/4/2 8:06,佐藤,D:\\能力\\十表.txt,ｶﾅ\r\n";
	static const struct {
		const char *name;
		enum charset want;
	} rows[] = {
		{"UTF-8", CHARSET_UTF8},
		{"CP932", CHARSET_CP932},
		{"EUC-JP", CHARSET_EUC_JP},
		{"UTF-16", CHARSET_UTF16LE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct diag why = {0};
		struct buf bytes = encoded(rows[i].name, str_of(text)), yaml = {0};
		struct proposal *p = proposed(buf_str(&bytes), &why);

		cr_assert_not_null(p, "%s: %s", rows[i].name, diag_first(&why));
		cr_expect_eq(p->charset, rows[i].want, "%s", rows[i].name);
		cr_expect_eq(p->ncolumns, 4);
		cr_expect_eq(p->nrows, 2, "a line feed in quotes ends no row");
		cr_expect_eq(p->broken, 1);
		cr_expect(str_eq(p->columns[2].name, STR("ファイル名")), "%s", rows[i].name);
		cr_expect(str_find(p->rows[0], STR("C:\\ソース\\予定表.xlsx")) > 0, "%s: %.*s",
			rows[i].name, STR_ARG(p->rows[0]));
		proposal_write(p, &yaml);
		cr_expect(str_find(buf_str(&yaml),
				  STR("\"ファイル名\": {to: file.path, as: file}")) > 0,
			"%s", buf_z(&yaml));
		proposal_free(p);
		buf_done(&yaml);
		buf_done(&bytes);
		diag_done(&why);
	}
}

Test(propose, what_is_no_table_is_told)
{
	static const struct {
		const char *text, *says, *why;
	} rows[] = {
		{"", "empty", "nothing"},
		{"words without a sign\nmore\n", "separates columns", "no separator"},
		{"1,2\n3,4\n", "no header row", "values in the first row"},
		{"user,time\n", "no row beneath", "a header alone"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct diag why = {0};

		cr_expect_null(proposed(str_of(rows[i].text), &why), "%s", rows[i].why);
		cr_expect_not_null(strstr(diag_first(&why), rows[i].says), "%s: %s", rows[i].why,
			diag_first(&why));
		diag_done(&why);
	}
}

Test(propose, odd_tables)
{
	struct diag why = {0};
	struct proposal *p = proposed(STR("検索条件,全件\n出力日,2026/05/01\n\n"
					  "user;time\n"),
		&why);

	cr_expect_null(p, "nothing stands beneath any header");
	diag_done(&why);
	why = (struct diag){0};
	p = proposed(STR("検索条件,全件\n\nuser,time,user,\nabe,2026/4/2 8:05,x,1\n"
			 "abe,2026/4/2 8:05,x,1\nabe,cut\n\"open,2026/4/2 8:05,x,1\n"),
		&why);
	cr_assert_not_null(p, "%s", diag_first(&why));
	cr_expect_eq(p->preamble, 1, "what was searched stands before the header");
	cr_expect_eq(p->nrows, 2);
	cr_expect_eq(p->odd, 2, "rows with another number of cells are left out");
	cr_expect(str_eq(p->columns[2].key, STR("user (2)")), "names are made unique");
	cr_expect(str_eq(p->columns[3].key, STR("column 4")), "a name is made up");
	proposal_free(p);
	diag_done(&why);
	why = (struct diag){0};
	p = proposed(STR("user,time\nabe,2026/4/2 8:05,\nsato,2026/4/2 8:06,\n"), &why);
	cr_assert_not_null(p, "rows that end with a separator: %s", diag_first(&why));
	cr_expect_eq(p->ncolumns, 3);
	cr_expect_eq(p->columns[0].meaning, MEAN_USER);
	proposal_free(p);
	diag_done(&why);
}
