/* syslog3164.c - the header that RFC 3164 describes and that everybody writes in his own way. */
#include "base/stamp.h"
#include "parsers/envelope.h"
#include "parsers/source.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
skip_blanks(struct str *s)
{
	while (s->n > 0 && s->p[0] == ' ')
		str_skip(s, 1);
}

/* The word up to the next blank, without taking it. */
static struct str
word_at(struct str s)
{
	ptrdiff_t end = str_chr(s, ' ');

	return str_make(s.p, end < 0 ? s.n : (size_t)end);
}

static bool
looks_like_clock(struct str s)
{
	static const char shape[] = "00:00:00";

	if (s.n < 8)
		return false;
	for (size_t i = 0; i < 8; i++)
		if (shape[i] == ':' ? s.p[i] != ':' : !is_digit(s.p[i]))
			return false;
	return true;
}

/*
 * Something stands where the time should, and it is none: "Foo 22 09:59:58", "Nov 32 09:59:58",
 * "2026-13-01T00:00:00Z", a number with too many digits. It is skipped so that host and tag are
 * still found. False: nothing like a time.
 */
static bool
skip_broken_time(struct str *s)
{
	struct str rest = *s, first = word_at(rest), second;
	size_t digits = 0;

	while (digits < first.n && is_digit(first.p[digits]))
		digits++;
	if (first.n >= 10 && (digits == first.n || (digits == 4 && first.p[4] == '-'))) {
		str_skip(s, first.n);
		return true;
	}
	if (first.n == 0 || first.n > 12)
		return false;
	str_skip(&rest, first.n);
	skip_blanks(&rest);
	second = word_at(rest);
	if (second.n == 0 || second.n > 2 || !is_digit(second.p[0]))
		return false;
	str_skip(&rest, second.n);
	skip_blanks(&rest);
	if (!looks_like_clock(rest))
		return false;
	str_skip(&rest, word_at(rest).n);
	*s = rest;
	return true;
}

/* The text ends inside a time. */
static bool
is_cut_time(struct str s)
{
	if (s.n == 0 || s.n > 26)
		return false;
	if (s.n >= 4 && stamp_month(s.p) && s.p[3] == ' ')
		return true;
	if (s.n < 5 || !is_digit(s.p[0]) || !is_digit(s.p[1]) || !is_digit(s.p[2]) ||
		!is_digit(s.p[3]))
		return false;
	return s.p[4] == '-' || (s.p[4] == ' ' && s.n >= 8 && stamp_month(s.p + 5));
}

/* Comware: "Apr  2 10:02:03 2026 SW1 %%10SHELL/…", the year behind the clock. */
static void
take_year_behind(struct parse_ctx *ctx, struct str from, struct str *rest, int64_t *ns)
{
	char text[40];
	struct str year = str_make(rest->p + 1, 4), at;
	size_t n = (size_t)(rest->p - from.p);
	uint64_t v;

	if (rest->n < 7 || rest->p[0] != ' ' || rest->p[5] != ' ' || rest->p[6] == ' ' ||
		!str_u64(year, &v) || v < 1990 || v > 2099 || n + 5 > sizeof(text) || n > 24 ||
		!is_letter(from.p[0]))
		return;
	memcpy(text, year.p, 4);
	text[4] = ' ';
	memcpy(text + 5, from.p, n);
	at = str_make(text, n + 5);
	if (stamp_take_bsd(&at, ctx->in->zone, ctx->arrival, ns) && at.n == 0)
		str_skip(rest, 5);
}

enum time_form { TIME_NONE, TIME_BROKEN, TIME_BSD, TIME_ISO_T, TIME_LOOSE };

static enum time_form
take_time(struct parse_ctx *ctx, struct recs *w, struct str *s, bool pri)
{
	struct str rest = *s;
	int64_t ns;
	enum time_form form = TIME_NONE;

	if (s->n == 0)
		return TIME_NONE;
	if (is_digit(s->p[0]) && stamp_take_iso(&rest, ctx->in->zone, ctx->arrival, &ns))
		form = s->p[10] == 'T' ? TIME_ISO_T : TIME_LOOSE;
	else if (pri && word_at(*s).n >= 10 && stamp_take_epoch(&rest, &ns))
		form = TIME_BSD;
	else if (stamp_take_bsd(&rest, ctx->in->zone, ctx->arrival, &ns)) {
		form = TIME_BSD;
		take_year_behind(ctx, *s, &rest, &ns);
	} else if (stamp_take_ctime(&rest, ctx->in->zone, ctx->arrival, &ns))
		form = pri ? TIME_BSD : TIME_LOOSE;
	/* "2026-11-22 10:00:00,sato,…" is a cell of a table, not a header. */
	if (form != TIME_NONE && (rest.n == 0 || rest.p[0] == ' ' || rest.p[0] == ':')) {
		envelope_time(ctx, w, ns);
		*s = rest;
		return form;
	}
	if ((pri || stamp_month(s->n >= 4 && s->p[3] == ' ' ? s->p : "---")) &&
		(skip_broken_time(s) || is_cut_time(*s))) {
		rec_flag(w, REASON_TIMESTAMP);
		return TIME_BROKEN;
	}
	return TIME_NONE;
}

/* ---- the tag ---- */

static bool
is_tag_char(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '/' ||
	       c == '(' || c == ')' || c == '+' || c == '%' || c == '@' || c == '#' || c == '*';
}

/* Words with a colon that begin a payload. */
static bool
is_payload_word(struct str word)
{
	return str_eq(word, STR("CEF")) || str_eq(word, STR("LEEF")) || word.p[0] == '@';
}

/* Does this first word belong to a payload that came without host: JSON, CEF, key=value? */
static bool
is_payload(struct str word)
{
	return word.n == 0 || word.p[0] == '{' || word.p[0] == '@' ||
	       str_starts(word, STR("CEF:")) || str_starts(word, STR("LEEF:")) ||
	       str_chr(word, '=') > 0;
}

/* Hexadecimal digits only: may be the first group of an IPv6 address. */
static bool
is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f') &&
			!(s.p[i] >= 'A' && s.p[i] <= 'F'))
			return false;
	return true;
}

struct tag {
	struct str program, pid;
	struct str rest; /* behind the tag and its one blank */
	bool too_long;
};

/*
 * "sshd[311]: ", "postfix/smtpd[9]: ", "kernel: ", "su(pam_unix)[9]: ", "app[9] ". A colon must not
 * be followed by a digit: "12:30", "CEF:0" are no tags. "%ASA-6-302013: " is a tag and begins the
 * message.
 */
static bool
look_tag(struct str s, struct tag *ret)
{
	size_t i = 0, end;

	*ret = (struct tag){0};
	while (i < s.n && is_tag_char(s.p[i]))
		i++;
	if (i == 0 || i == s.n ||
		!(is_letter(s.p[0]) || is_digit(s.p[0]) || s.p[0] == '/' || s.p[0] == '%' ||
			s.p[0] == '_' || s.p[0] == '('))
		return false;
	if (i > ENVELOPE_TAG_MAX) {
		ret->too_long = true;
		return false;
	}
	ret->program = str_make(s.p, i);
	if (is_payload_word(ret->program))
		return false;
	/* GDM opens the log as "gdm-password]". */
	if (s.p[i] == ']' && i + 1 < s.n && s.p[i + 1] == ':')
		i++;
	if (s.p[i] == '[') {
		size_t from = ++i;

		while (i < s.n && s.p[i] != ']' && s.p[i] != ' ' && i - from <= ENVELOPE_TAG_MAX)
			i++;
		if (i == s.n || s.p[i] != ']')
			return false;
		ret->pid = str_make(s.p + from, i - from);
		i++;
		if (i < s.n && s.p[i] == ':')
			i++;
		else if (i < s.n && s.p[i] != ' ')
			return false;
	} else if (s.p[i] == ':') {
		i++;
		if (i < s.n && (is_digit(s.p[i]) || s.p[i] == ':' ||
				       (is_letter(s.p[i]) && is_hex(ret->program))))
			return false;
	} else {
		return false;
	}
	end = i + (i < s.n && s.p[i] == ' ');
	ret->rest = ret->program.p[0] == '%' ? s : str_make(s.p + end, s.n - end);
	return true;
}

static void
accept_tag(struct parse_ctx *ctx, struct recs *w, const struct tag *tag, struct str *s)
{
	ctx->enveloped = true;
	if (tag->program.p[0] == '%')
		ctx->program = tag->program;
	else
		envelope_process(ctx, w, tag->program, tag->pid);
	*s = tag->rest;
}

/* Solaris puts "[ID 800047 auth.notice] " between tag and text. */
static void
skip_solaris_id(struct str *s)
{
	struct str rest = *s;
	uint64_t id;
	ptrdiff_t close;

	if (!str_take(&rest, STR("[ID ")) || !str_take_u64(&rest, &id) ||
		!str_take(&rest, STR(" ")))
		return;
	close = str_chr(str_make(rest.p, rest.n < 32 ? rest.n : 32), ']');
	if (close < 0)
		return;
	str_skip(&rest, (size_t)close + 1);
	str_take(&rest, STR(" "));
	*s = rest;
}

static void
read_tag(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct tag tag;

	/* Cisco: "host : %ASA-6-302013: text". */
	skip_blanks(s);
	str_take(s, STR(": "));
	if (look_tag(*s, &tag))
		accept_tag(ctx, w, &tag, s);
	else if (tag.too_long)
		rec_flag(w, REASON_TAG);
	skip_solaris_id(s);
}

/* Snare: "HOST<tab>MSWinEventLog<tab>…", the tabs as they are or as relays spell them. */
static bool
take_snare_host(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	static const char *const tabs[] = {"\t", "#011", "<009>", "\\t"};
	const struct str name = STR("MSWinEventLog");
	/* No blank may stand in front of it. */
	size_t most = word_at(*s).n + name.n;
	struct str front = str_make(s->p, s->n < most ? s->n : most), host;
	ptrdiff_t at = str_find(str_make(front.p, front.n < 300 ? front.n : 300), name);

	for (size_t i = 0; at > 0 && i < sizeof(tabs) / sizeof(tabs[0]); i++) {
		host = str_make(s->p, (size_t)at);
		if (!str_ends(host, str_of(tabs[i])))
			continue;
		host.n -= strlen(tabs[i]);
		if (host.n == 0 || str_chr(host, ' ') >= 0)
			return false;
		envelope_host(ctx, w, host);
		str_skip(s, (size_t)at);
		return true;
	}
	return false;
}

/* F5 BIG-IP: "host notice tmm[19885]: text". */
static void
skip_severity(struct str *s)
{
	static const struct str words[] = {{"emerg", 5}, {"alert", 5}, {"crit", 4}, {"err", 3},
		{"error", 5}, {"warning", 7}, {"notice", 6}, {"info", 4}, {"debug", 5}};
	struct str rest = *s, word;
	struct tag tag;

	skip_blanks(&rest);
	word = word_at(rest);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!str_eq(word, words[i]))
			continue;
		str_skip(&rest, word.n);
		skip_blanks(&rest);
		if (look_tag(rest, &tag) && tag.pid.n > 0)
			*s = rest;
		return;
	}
}

/* "123: " of Cisco's `service sequence-numbers`. */
static void
skip_sequence(struct str *s)
{
	struct str rest = *s;
	size_t i = 0;

	while (i < rest.n && i < 12 && is_digit(rest.p[i]))
		i++;
	if (i == 0 || rest.n < i + 2 || rest.p[i] != ':' || rest.p[i + 1] != ' ')
		return;
	str_skip(s, i + 2);
}

/* "[warn][API]:" is no host; "[2001:db8::5]" and "[192.0.2.9]:514" are. */
static bool
is_bracketed_word(struct str word)
{
	struct str inside;
	bool separated = false;

	if (word.n < 3 || word.p[0] != '[')
		return false;
	str_skip(&word, 1);
	if (!str_cut(&word, ']', &inside) || (word.n > 0 && (word.p[0] != ':' || word.n == 1)))
		return true;
	for (size_t i = 0; i < inside.n && inside.p[i] != '%'; i++) {
		separated = separated || inside.p[i] == ':' || inside.p[i] == '.';
		if (inside.p[i] != ':' && inside.p[i] != '.' && !is_hex(str_make(inside.p + i, 1)))
			return true;
	}
	return !separated;
}

/* "[x] sshd[7]: ": whatever stands in a host's place is one where a process follows. Whoever names
 * a host must not hide what it says. */
static bool
is_before_process(struct str s, struct str host)
{
	struct tag tag;

	str_skip(&s, host.n);
	skip_blanks(&s);
	return look_tag(s, &tag) && tag.pid.p;
}

/* A number or nothing, as RFC 5424 has it for PROCID. */
static bool
is_procid(struct str s)
{
	uint64_t pid;

	return str_eq(s, STR("-")) || (s.n <= 10 && str_u64(s, &pid));
}

/*
 * "2026-11-22T09:59:58Z host app 4711 - - text": the fields of RFC 5424 behind the host, from
 * somebody who left PRI and version out.
 */
static bool
read_like_5424(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct str rest = *s, app, procid, msgid;

	app = word_at(rest);
	if (app.n == 0 || app.n == rest.n || str_chr(app, '=') >= 0)
		return false;
	for (size_t i = 0; i < app.n; i++)
		if (!is_tag_char(app.p[i]))
			return false;
	str_skip(&rest, app.n + 1);
	procid = word_at(rest);
	if (!is_procid(procid) || procid.n == rest.n)
		return false;
	str_skip(&rest, procid.n + 1);
	msgid = word_at(rest);
	if (msgid.n == 0 || msgid.n == rest.n)
		return false;
	str_skip(&rest, msgid.n + 1);
	if (!str_take(&rest, STR("- ")) && !(str_eq(msgid, STR("-")) && str_starts(rest, STR("["))))
		return false;
	if (!str_eq(msgid, STR("-")))
		rec_put(w, FIELD_LOG_SYSLOG_MSGID, msgid);
	ctx->enveloped = true;
	envelope_process(ctx, w, app, str_eq(procid, STR("-")) ? STR("") : procid);
	*s = rest;
	return true;
}

/* "2026-11-22T09:59:58 WARN text": an application's level, not a host. */
static bool
is_level(struct str word)
{
	static const char *const levels[] = {"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING",
		"ERROR", "FATAL", "CRITICAL", "SEVERE"};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (str_eq(word, str_of(levels[i])))
			return true;
	return false;
}

/* The word behind the time is a host, unless it is itself a tag. */
static void
read_host_and_tag(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct str host, forwarded;
	struct tag tag;

	skip_blanks(s);
	/* AIX: "Message forwarded from HOST: tag: text". */
	forwarded = *s;
	if (str_take(&forwarded, STR("Message forwarded from ")) &&
		str_cut(&forwarded, ':', &host)) {
		*s = forwarded;
		envelope_host(ctx, w, host);
		read_tag(ctx, w, s);
		return;
	}
	if (look_tag(*s, &tag)) {
		/* "fw01: %ASA-6-302013: …": only a Cisco tag can follow a host with a colon. */
		if (!tag.pid.p && tag.program.p[0] != '%' && tag.rest.n > 0 &&
			tag.rest.p[0] == '%') {
			envelope_host(ctx, w, tag.program);
			*s = tag.rest;
			read_tag(ctx, w, s);
			return;
		}
		accept_tag(ctx, w, &tag, s);
		skip_solaris_id(s);
		return;
	}
	if (take_snare_host(ctx, w, s))
		return;
	host = word_at(*s);
	/* No blank behind it, or a payload's first word: a text, not a host. */
	if (host.n == s->n || is_payload(host) || is_level(host) ||
		(is_bracketed_word(host) && !is_before_process(*s, host)))
		return;
	str_skip(s, host.n);
	envelope_host(ctx, w, host);
	/* UniFi: "udm udm sshd[9]: text" */
	skip_blanks(s);
	if (str_eq(word_at(*s), host))
		str_skip(s, host.n);
	skip_severity(s);
	skip_blanks(s);
	skip_sequence(s);
	if (!read_like_5424(ctx, w, s))
		read_tag(ctx, w, s);
}

/* A line of a file: time without PRI. A host is believed only where a tag follows, unless the time
 * is of the kind that only syslog daemons write. */
static void
read_file_line(struct parse_ctx *ctx, struct recs *w, struct str *s, enum time_form form)
{
	struct str rest = *s;
	struct tag tag;

	skip_blanks(&rest);
	if (form != TIME_LOOSE) {
		ctx->enveloped = true;
		read_host_and_tag(ctx, w, s);
		return;
	}
	*s = rest;
	if (look_tag(rest, &tag) && parser_for_program(ctx->parsers, tag.program)) {
		accept_tag(ctx, w, &tag, s);
		return;
	}
	str_skip(&rest, word_at(rest).n);
	skip_blanks(&rest);
	if (look_tag(rest, &tag) && parser_for_program(ctx->parsers, tag.program)) {
		envelope_host(ctx, w, word_at(*s));
		accept_tag(ctx, w, &tag, s);
	}
}

/* "sw01: *Mar  1 18:46:11: %SYS-…": Cisco's `logging origin-id` puts the host before the time. */
static void
take_origin(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct str rest = *s, host;
	int64_t ns;

	if (!str_cut(&rest, ':', &host) || host.n == 0 || host.n > ENVELOPE_TAG_MAX ||
		!str_take(&rest, STR(" ")))
		return;
	for (size_t i = 0; i < host.n; i++)
		if (!is_tag_char(host.p[i]))
			return;
	skip_blanks(&rest);
	*s = stamp_take_bsd(&(struct str){rest.p, rest.n}, ctx->in->zone, ctx->arrival, &ns) ? rest
											     : *s;
	if (s->p == rest.p)
		envelope_host(ctx, w, host);
}

void
syslog3164_read(struct parse_ctx *ctx, struct recs *w, struct str *s, bool pri)
{
	enum time_form form;
	struct tag tag;

	if (pri) {
		skip_blanks(s);
		/* The device's own number, and the relay's. */
		skip_sequence(s);
		skip_sequence(s);
		take_origin(ctx, w, s);
	}
	form = take_time(ctx, w, s, pri);
	if (form == TIME_NONE) {
		struct str rest = *s;

		/* A header that a collector cut off leaves its blank behind. */
		if (!pri)
			skip_blanks(&rest);
		if (!look_tag(rest, &tag)) {
			if (tag.too_long && pri)
				rec_flag(w, REASON_TAG);
			return;
		}
		/* Without a time a tag is a tag behind a PRI, or if we know the program. */
		if (pri || parser_for_program(ctx->parsers, tag.program)) {
			accept_tag(ctx, w, &tag, s);
		} else if (sources_know_program(ctx, tag.program)) {
			/* Half a header: whether it is one, the definition has to say. */
			envelope_process(ctx, w, tag.program, tag.pid);
			ctx->half = true;
			*s = tag.rest;
		}
		return;
	}
	/* "Mar  7 2026 19:06:53: %ASA-…": no host. */
	if (s->n > 0 && (s->p[0] == ':' || ctx->host.n > 0)) {
		if (s->p[0] != ':')
			skip_blanks(s);
		else
			str_skip(s, 1);
		ctx->enveloped = true;
		read_tag(ctx, w, s);
		return;
	}
	if (!pri) {
		read_file_line(ctx, w, s, form);
		return;
	}
	if (ctx->in->local) {
		envelope_host(ctx, w, ctx->in->local_host);
		skip_blanks(s);
		read_tag(ctx, w, s);
		return;
	}
	read_host_and_tag(ctx, w, s);
}
