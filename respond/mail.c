#include "respond/mail.h"

#include <openssl/evp.h>
#include <stdio.h>

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

bool
mail_address_in(struct str address, struct str domain)
{
	ptrdiff_t at = str_rchr(address, '@');
	struct str host, local;

	/* a domain of one word ("jp") would hold the world */
	if (!mail_address_ok(address) || str_chr(domain, '.') <= 0)
		return false;
	local = str_make(address.p, (size_t)at);
	host = str_make(address.p + at + 1, address.n - (size_t)at - 1);
	for (size_t i = 0; i < local.n; i++)
		if (strchr("@%!", local.p[i]))
			return false;
	if (str_eq_nocase(host, domain))
		return true;
	return host.n > domain.n + 1 && host.p[host.n - domain.n - 1] == '.' &&
	       str_eq_nocase(str_make(host.p + host.n - domain.n, domain.n), domain);
}

void
mail_base64(struct buf *out, struct str s)
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
		mail_base64(out, (struct str){rest.p, n});
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
headers_of(const struct sink_settings *set, const json_t *to, struct str id, struct str subject,
	int64_t wall, struct buf *out)
{
	const json_t *one;
	size_t k;

	struct str domain = set->from;

	str_skip(&domain, (size_t)str_rchr(domain, '@') + 1);
	buf_printf(out, "From: Noroshi <%.*s>\r\nTo: ", STR_ARG(set->from));
	json_array_foreach(to, k, one)
	{
		buf_printf(out, "%s%s", k ? ",\r\n " : "", json_string_value(one));
	}
	for (size_t i = 0; !to && i < set->nto; i++)
		buf_printf(out, "%s%.*s", i ? ",\r\n " : "", STR_ARG(set->to[i]));
	BUF_ADD_LIT(out, "\r\n");
	mail_header_text(out, "Subject", subject);
	header_date(out, wall);
	buf_printf(out, "Message-ID: <%.*s@%.*s>\r\n", STR_ARG(id), STR_ARG(domain));
	buf_printf(out,
		"MIME-Version: 1.0\r\nContent-Language: %s\r\n"
		"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n",
		str_eq(set->language, STR("ja")) ? "ja" : "en");
}

static void
headers(const struct sink_settings *set, const json_t *to, struct str id, struct str subject,
	int64_t wall, struct buf *out)
{
	headers_of(set, to, id, subject, wall, out);
	BUF_ADD_LIT(out, "Content-Type: text/plain; charset=utf-8\r\n"
			 "Content-Transfer-Encoding: base64\r\n");
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

		mail_base64(out, (struct str){rest.p, n});
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

static struct str
member_of(const json_t *report, const char *name, bool ja)
{
	char full[32];
	const json_t *v;

	snprintf(full, sizeof(full), "%s_%s", name, ja ? "ja" : "en");
	v = json_object_get(report, full);
	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v))
				 : (struct str){"", 0};
}

/* One part of a multipart mail (RFC 2046 5.1); the boundary cannot stand in base64. */
static void
add_part(struct buf *out, const char *boundary, const char *type, const char *file, struct str text)
{
	if (text.n == 0)
		return;
	buf_printf(out,
		"--%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n",
		boundary, type);
	if (file)
		buf_printf(out, "Content-Disposition: attachment; filename=\"%s\"\r\n", file);
	add_body(out, text);
}

/* In base64 already, on one line. */
static void
add_pdf(struct buf *out, const char *boundary, const char *number, long long n, struct str base64)
{
	if (base64.n == 0)
		return;
	buf_printf(out,
		"--%s\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment; filename=\"%s-%lld.pdf\"\r\n\r\n",
		boundary, number, n);
	for (size_t i = 0; i < base64.n; i += 76) {
		buf_add(out, base64.p + i, base64.n - i < 76 ? base64.n - i : 76);
		BUF_ADD_LIT(out, "\r\n");
	}
}

/* A report: text to read at once, HTML, JSON and, where it could be made, PDF attached. */
static void
compose_report(const struct sink_settings *set, const json_t *to, const struct item *it,
	const json_t *report, int64_t wall, struct buf *out)
{
	bool ja = str_eq(set->language, STR("ja"));
	const char *number = json_string_value(json_object_get(report, "number"));
	long long n = json_integer_value(json_object_get(report, "n"));
	struct buf id = {0}, boundary = {0}, file = {0};

	BUF_ADD_LIT(&id, "noroshi-");
	add_id(&id, it->id);
	buf_printf(&boundary, "=_%s", buf_z(&id));
	headers_of(set, to ? to : json_object_get(report, "to"), buf_str(&id),
		member_of(report, "subject", ja), wall, out);
	buf_printf(out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n", buf_z(&boundary));
	add_part(out, boundary.p, "text/plain", NULL, member_of(report, "text", ja));
	if (number) {
		buf_printf(&file, "%s-%lld.html", number, n);
		add_part(out, boundary.p, "text/html", buf_z(&file), member_of(report, "html", ja));
		buf_clear(&file);
		buf_printf(&file, "%s-%lld.json", number, n);
		add_part(out, boundary.p, "application/json", buf_z(&file),
			member_of(report, "json", ja));
		add_pdf(out, boundary.p, number, n, member_of(report, "pdf", ja));
	}
	buf_printf(out, "--%s--\r\n", boundary.p);
	buf_done(&id);
	buf_done(&boundary);
	buf_done(&file);
}

void
mail_compose(const struct sink_settings *set, const struct item *it, int64_t wall, struct buf *out)
{
	mail_compose_to(set, NULL, it, wall, out);
}

void
mail_compose_to(const struct sink_settings *set, const json_t *to, const struct item *it,
	int64_t wall, struct buf *out)
{
	bool ja = str_eq(set->language, STR("ja"));
	struct buf subject = {0}, id = {0}, body = {0};
	struct notice n;

	notice_init(&n, it->json);
	if (json_is_object(json_object_get(n.root, "noroshi.report"))) {
		compose_report(set, to, it, json_object_get(n.root, "noroshi.report"), wall, out);
		notice_done(&n);
		return;
	}
	if (json_is_true(json_object_get(n.root, "noroshi.alert.drill")))
		buf_printf(&subject, "%s", ja ? "【訓練】" : "[DRILL] ");
	buf_printf(&subject, "[Noroshi] %s: ", word_for_level(it->level, ja));
	notice_title(&n, ja, SUBJECT_BYTES, &subject);
	BUF_ADD_LIT(&id, "noroshi-");
	add_id(&id, it->id);
	headers(set, to, buf_str(&id), buf_str(&subject), wall, out);
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
	headers(set, NULL, buf_str(&id), buf_str(&subject), wall, out);
	add_body(out, buf_str(&body));
	buf_done(&subject);
	buf_done(&body);
	buf_done(&id);
}
