#include "respond/mail.h"

#include <openssl/evp.h>

#include "base/hash.h"
#include "base/stamp.h"
#include "base/term.h"
#include "base/utf8.h"

#define SUBJECT_BYTES 200
/* RFC 2047 2: an encoded word has at most 75 characters; 12 of them are =?UTF-8?B??=. */
#define WORD_BYTES 45
#define LINE_BYTES 57 /* 76 characters of base64 */

bool
mail_address_ok(struct str a)
{
	ptrdiff_t at = str_rchr(a, '@');

	if (at <= 0 || (size_t)at + 1 == a.n || a.n > 254)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if ((unsigned char)a.p[i] <= 0x20 || strchr("<>()[],;:\\\"\x7f", a.p[i]))
			return false;
	return true;
}

static void
add_base64(struct buf *out, struct str s)
{
	unsigned char *to = (unsigned char *)buf_room(out, 4 * ((s.n + 2) / 3) + 1);

	if (s.n > 0)
		out->n += (size_t)EVP_EncodeBlock(to, (const unsigned char *)s.p, (int)s.n);
}

void
mail_header_text(struct buf *out, const char *name, struct str text)
{
	struct buf shown = {0};
	struct str rest;
	bool first = true;

	term_show(&shown, text);
	rest = buf_str(&shown);
	buf_printf(out, "%s:", name);
	do {
		/* the first line holds the name too (RFC 2047 2: at most 76 characters) */
		size_t most = first ? WORD_BYTES - strlen(name) : WORD_BYTES, n = 0;

		while (n < rest.n) {
			uint32_t cp;
			size_t len = utf8_decode((struct str){rest.p + n, rest.n - n}, &cp);

			if (n + len > most)
				break;
			n += len;
		}
		buf_printf(out, "%s =?UTF-8?B?", first ? "" : "\r\n");
		add_base64(out, (struct str){rest.p, n});
		BUF_ADD_LIT(out, "?=");
		str_skip(&rest, n);
		first = false;
	} while (rest.n > 0);
	BUF_ADD_LIT(out, "\r\n");
	buf_done(&shown);
}

/* RFC 5322 3.3; local names of days and months are not asked. */
static void
header_date(struct buf *out, int64_t wall)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil c;

	civil_of_ns(wall, &c);
	buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000\r\n",
		days + 3 * (wall / (86400 * NS_PER_S) % 7), c.day, months + 3 * (c.month - 1),
		c.year, c.hour, c.minute, c.second);
}

static void
headers(const struct sink_settings *set, struct str id, struct str subject, int64_t wall,
	struct buf *out)
{
	struct str domain = set->from;

	str_skip(&domain, (size_t)str_rchr(domain, '@') + 1);
	buf_printf(out, "From: Noroshi <%.*s>\r\nTo: ", STR_ARG(set->from));
	for (size_t i = 0; i < set->nto; i++)
		buf_printf(out, "%s%.*s", i ? ",\r\n " : "", STR_ARG(set->to[i]));
	BUF_ADD_LIT(out, "\r\n");
	mail_header_text(out, "Subject", subject);
	header_date(out, wall);
	buf_printf(out, "Message-ID: <%.*s@%.*s>\r\n", STR_ARG(id), STR_ARG(domain));
	buf_printf(out,
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\nContent-Language: %s\r\n"
		"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n",
		str_eq(set->language, STR("ja")) ? "ja" : "en");
}

/* Base64 of text with \n as line end, which mail writes \r\n (RFC 2045 6.8). */
static void
add_body(struct buf *out, struct str text)
{
	struct buf crlf = {0};
	struct str rest;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n')
			buf_add_char(&crlf, '\r');
		buf_add_char(&crlf, text.p[i]);
	}
	BUF_ADD_LIT(out, "\r\n");
	rest = buf_str(&crlf);
	while (rest.n > 0) {
		size_t n = rest.n < LINE_BYTES ? rest.n : LINE_BYTES;

		add_base64(out, (struct str){rest.p, n});
		BUF_ADD_LIT(out, "\r\n");
		str_skip(&rest, n);
	}
	buf_done(&crlf);
}

/* The alert's own id, or what stands for it: letters and digits only. */
static void
add_id(struct buf *out, const char *id)
{
	for (; *id; id++)
		if (is_digit(*id) || (*id >= 'a' && *id <= 'z'))
			buf_add_char(out, *id);
}

void
mail_compose(const struct sink_settings *set, const struct item *it, int64_t wall, struct buf *out)
{
	bool ja = str_eq(set->language, STR("ja"));
	struct buf subject = {0}, id = {0}, body = {0};
	struct notice n;

	notice_init(&n, it->json);
	buf_printf(&subject, "[Noroshi] %s: ", word_for_level(it->level, ja));
	notice_title(&n, ja, SUBJECT_BYTES, &subject);
	BUF_ADD_LIT(&id, "noroshi-");
	add_id(&id, it->id);
	headers(set, buf_str(&id), buf_str(&subject), wall, out);
	buf_printf(out, "X-Noroshi-Alert: %.*s\r\nX-Noroshi-Level: %s\r\n", (int)(id.n - 8),
		id.p + 8, level_word(it->level));
	notice_body(&n, ja, &body);
	add_body(out, buf_str(&body));
	notice_done(&n);
	buf_done(&subject);
	buf_done(&id);
	buf_done(&body);
}

static void
digest_row(const struct tally *t, bool ja, struct buf *out)
{
	struct notice n;

	notice_init(&n, str_of(t->json));
	buf_printf(out, ja ? "\n【%s】%llu件 " : "\n[%s] %llu x ", word_for_level(n.level, ja),
		(unsigned long long)t->count);
	notice_title(&n, ja, SUBJECT_BYTES, out);
	BUF_ADD_LIT(out, "\n  ");
	buf_printf(out, ja ? "最新：" : "latest: ");
	show_time(out, notice_time(&n));
	BUF_ADD_LIT(out, "\n  ");
	notice_sentence(&n, ja, 1000, out);
	BUF_ADD_LIT(out, "\n  ID: ");
	show(out, notice_text_of(&n, "rule.id"), SUBJECT_BYTES, ja);
	buf_add_char(out, '\n');
	notice_done(&n);
}

void
mail_compose_digest(
	const struct sink_settings *set, const struct digest *d, int64_t wall, struct buf *out)
{
	bool ja = str_eq(set->language, STR("ja"));
	unsigned long long count = d->count;
	struct buf subject = {0}, body = {0}, id = {0};
	uint64_t named = 0;

	buf_printf(&subject,
		ja ? "[Noroshi] まとめ：個別に通知しなかったアラート%llu件"
		   : "[Noroshi] Summary: %llu alerts not mailed one by one",
		count);
	buf_printf(&body,
		ja ? "1時間あたりのメール数の上限に達したため、次の%"
		     "llu件は個別に通知していません。\n"
		     "全件はアラートのファイルとcases.dbにあります（noroshi alerts）。\n"
		   : "The limit of mails per hour was reached, so these %llu alerts were not "
		     "mailed "
		     "one by one.\nAll of them are in the alert file and in cases.db (noroshi "
		     "alerts).\n",
		count);
	for (size_t i = 0; i < d->nrows; i++) {
		digest_row(&d->rows[i], ja, &body);
		named += d->rows[i].count;
	}
	if (named < d->count)
		buf_printf(&body, ja ? "\nほか%llu件\n" : "\nand %llu of other rules\n",
			(unsigned long long)(d->count - named));
	buf_printf(&id, "noroshi-digest-%016llx-%llu", (unsigned long long)hash_text(set->name),
		(unsigned long long)d->upto);
	headers(set, buf_str(&id), buf_str(&subject), wall, out);
	add_body(out, buf_str(&body));
	buf_done(&subject);
	buf_done(&body);
	buf_done(&id);
}
