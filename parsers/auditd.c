/*
 * auditd.c - Linux audit records: audit.log, audisp's syslog plugin, the kernel's own lines.
 *
 *   [node=HOST] type=TYPE msg=audit(SECONDS.MS:SERIAL): key=value ... [0x1d ENRICHED=value ...]
 *
 * A value that a user chose stands in double quotes or, where it holds what quotes cannot, in
 * hexadecimal digits. Messages of programs stand in msg='...'. Keys keep their names under
 * auditd.log.; what several lines tell of one event is joined by weave.
 */
#include "base/clock.h"
#include "parsers/audit.h"
#include "parsers/charset.h"
#include "parsers/put.h"

#define KEY_MAX  64u
#define ARGS_MAX 64u /* process.args of one line; the command line holds all */

static const struct str prefix = {"auditd.log.", 11};

static const struct str keys[AUDIT_KEY_COUNT] = {
#define K(name) {#name, sizeof(#name) - 1},
	AUDIT_KEYS(K)
#undef K
};

static int
digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool
is_hex(struct str s)
{
	if (s.n < 2 || s.n % 2 != 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (digit(s.p[i]) < 0)
			return false;
	return true;
}

size_t
audit_unhex(struct str s, unsigned char *out, size_t room)
{
	if (!is_hex(s) || s.n / 2 > room)
		return 0;
	for (size_t i = 0; i < s.n; i += 2)
		out[i / 2] = (unsigned char)(digit(s.p[i]) << 4 | digit(s.p[i + 1]));
	return s.n / 2;
}

/* ---- values ---- */

/* "a12" or "a12[3]", which only EXECVE has. */
static bool
is_argument(struct str key, uint64_t *n, bool *piece)
{
	if (!str_take(&key, STR("a")) || !str_take_u64(&key, n))
		return false;
	*piece = key.n > 0;
	return key.n == 0 || (key.p[0] == '[' && key.p[key.n - 1] == ']');
}

/* Written in digits where quotes cannot hold it. */
static bool
is_encoded(struct str key)
{
	return in_words("acct cmd comm cwd data device dir exe file grp key name new_group ocomm "
			"old_group path proctitle sw vm watch cgroup",
		key);
}

/* What the digits say, as UTF-8; NULs, which stand between arguments, as blanks. */
static struct str
decode(struct audit_line *l, struct str hex)
{
	char *bytes = rec_text_room(l->w, hex.n / 2 * 4), *out;
	size_t n;
	bool bad;

	if (!bytes)
		return str_make(hex.p, 0);
	out = bytes + hex.n / 2 * 3; /* the bytes behind the room for what they become */
	n = audit_unhex(hex, (unsigned char *)out, hex.n / 2);
	while (n > 0 && out[n - 1] == 0)
		n--;
	for (size_t i = 0; i < n; i++)
		if (out[i] == 0)
			out[i] = ' ';
	n = charset_decode(NULL, CHARSET_UTF8, str_make(out, n), bytes, &bad);
	return rec_text_take(l->w, bytes, n);
}

static void
put_native(struct audit_line *l, struct str key, struct str value)
{
	for (size_t i = 0; i < AUDIT_KEY_COUNT; i++)
		if (l->key[i].p == NULL && str_eq(keys[i], key)) {
			l->key[i] = value;
			break;
		}
	rec_put_prefixed(l->w, prefix, key, value);
}

/* One more argument on the command line; a piece goes on where the one before ended. */
static void
add_argument(struct audit_line *l, struct str key, uint64_t n, bool piece, struct str value)
{
	struct str at = key;
	bool goes_on = piece && !str_ends(at, STR("[0]"));

	l->pieces |= piece;
	if (l->line_n > 0 && !goes_on)
		l->line[l->line_n++] = ' ';
	if (value.n)
		memcpy(l->line + l->line_n, value.p, value.n);
	l->line_n += value.n;
	if (n == l->args)
		l->args++;
	if (!piece && n < ARGS_MAX)
		rec_put_in_array(l->w, FIELD_PROCESS_ARGS, value);
}

/* Values that are several: keys of rules that matched at once, by 0x01. */
static void
put_keys(struct audit_line *l, struct str value)
{
	struct str one;

	while (str_chr(value, 1) >= 0) {
		str_cut(&value, 1, &one);
		put_native(l, STR("key"), one);
	}
	put_native(l, STR("key"), value);
}

static void
put_pair(struct audit_line *l, struct str key, struct str value, bool quoted)
{
	bool argument, piece = false;
	uint64_t n = 0;

	if (key.n == 0 || key.n > KEY_MAX) {
		rec_flag(l->w, REASON_KV);
		return;
	}
	argument = l->type.how == AUDIT_EXECVE && is_argument(key, &n, &piece);
	if (!quoted && (argument || is_encoded(key)) && is_hex(value))
		value = decode(l, value);
	if (!quoted && str_eq(value, STR("(null)")))
		return;
	if (argument)
		add_argument(l, key, n, piece, value);
	if (str_eq(key, STR("key")))
		put_keys(l, value);
	else
		put_native(l, key, value);
}

/* ---- pairs ---- */

/* rsyslog writes 0x1d as #035. */
static bool
at_gap(struct str s, size_t *n)
{
	unsigned char c = s.n ? (unsigned char)s.p[0] : 0;

	*n = 0;
	if (s.n == 0)
		return false;
	if (str_starts(s, STR("#035")))
		*n = 4;
	else if (c <= ' ')
		*n = 1;
	return *n > 0;
}

static size_t
word_length(struct str s)
{
	size_t i = 0, n;

	while (i < s.n && !at_gap(str_make(s.p + i, s.n - i), &n))
		i++;
	return i;
}

/* The value at the front of *s; in a program's message a single quote closes the message. */
static struct str
take_value(struct audit_line *l, struct str *s, bool *inner, bool *quoted)
{
	struct str value;
	size_t n;
	ptrdiff_t close;

	*quoted = s->n > 0 && s->p[0] == '"';
	if (*quoted) {
		str_skip(s, 1);
		close = str_chr(*s, '"');
		n = close < 0 ? s->n : (size_t)close;
		if (close < 0)
			rec_flag(l->w, REASON_KV);
		value = str_make(s->p, n);
		str_skip(s, n < s->n ? n + 1 : n);
		if (*inner && str_take(s, STR("'")))
			*inner = false;
		return value;
	}
	n = word_length(*s);
	value = str_make(s->p, n);
	str_skip(s, n);
	if (*inner && value.n > 0 && value.p[value.n - 1] == '\'') {
		value.n--;
		*inner = false;
	}
	return value;
}

/* "avc:  denied  { read write } for  pid=..." */
static void
take_verdict(struct audit_line *l, struct str *s)
{
	struct str rest = *s, word, what;

	if (!str_take(&rest, STR("avc:")))
		return;
	rest = str_trim(rest);
	str_cut(&rest, ' ', &word);
	l->verdict = word;
	put_native(l, STR("seresult"), word);
	rest = str_trim(rest);
	if (str_take(&rest, STR("{")) && str_cut(&rest, '}', &what)) {
		what = str_trim(what);
		while (what.n) {
			struct str one;

			str_cut(&what, ' ', &one);
			if (one.n)
				put_native(l, STR("seperms"), one);
		}
	}
	rest = str_trim(rest);
	str_take(&rest, STR("for "));
	*s = rest;
}

/* "op=adding user to group id=..": words behind op belong to it. */
static void
lengthen_op(struct str *s, struct str *op)
{
	for (;;) {
		size_t i = 0;

		while (i < s->n && s->p[i] == ' ')
			i++;
		if (i == 0 || i == s->n)
			return;
		while (i < s->n && s->p[i] != ' ' && s->p[i] != '=' && s->p[i] != '\'' &&
			s->p[i] != '"' && (unsigned char)s->p[i] > ' ')
			i++;
		if (i < s->n && s->p[i] != ' ')
			return;
		op->n = (size_t)(s->p + i - op->p);
		str_skip(s, i);
	}
}

void
audit_pairs(struct audit_line *l, struct str s)
{
	bool inner = false, quoted;
	struct str key, value;
	size_t i, n;

	if (l->type.how == AUDIT_EXECVE) {
		/* Two digits may become the three bytes of U+FFFD. Taken now, so that decoded
		 * values do not lie in it. */
		l->line = rec_text_room(l->w, s.n * 2);
		if (!l->line)
			return;
		rec_text_take(l->w, l->line, s.n * 2);
	}
	take_verdict(l, &s);
	while (s.n > 0 && l->w->cur) {
		if (at_gap(s, &n)) {
			str_skip(&s, n);
			continue;
		}
		for (i = 0; i < s.n && s.p[i] != '=' && (unsigned char)s.p[i] > ' ';)
			i++;
		if (i == s.n || s.p[i] != '=') { /* a word that is no pair */
			if (inner && i > 0 && s.p[i - 1] == '\'')
				inner = false;
			str_skip(&s, i);
			continue;
		}
		key = str_make(s.p, i);
		str_skip(&s, i + 1);
		if (!inner && str_eq(key, STR("msg")) && str_take(&s, STR("'"))) {
			inner = true;
			take_verdict(l, &s);
			continue;
		}
		if (s.n > 0 && s.p[0] == '{') { /* SADDR={ saddr_fam=inet laddr=... } */
			str_skip(&s, 1);
			continue;
		}
		value = take_value(l, &s, &inner, &quoted);
		if (inner && !quoted && str_eq(key, STR("op")))
			lengthen_op(&s, &value);
		put_pair(l, key, value, quoted);
	}
}

/* ---- the head ---- */

/* "audit(1795341600.123:456)" */
static bool
take_id(struct audit_line *l, struct str *s)
{
	struct str rest = *s, fraction, digits;
	uint64_t seconds, ms, serial;
	size_t n = 0;

	if (!str_take(&rest, STR("audit(")) || !str_take_u64(&rest, &seconds) ||
		!str_take(&rest, STR(".")))
		return false;
	fraction = rest;
	if (!str_take_u64(&rest, &ms) || !str_take(&rest, STR(":")))
		return false;
	fraction.n = (size_t)(rest.p - 1 - fraction.p);
	while (n < rest.n && is_digit(rest.p[n]))
		n++;
	digits = str_make(rest.p, n);
	if (!str_take_u64(&rest, &serial) || !str_take(&rest, STR(")")) ||
		seconds > INT64_MAX / NS_PER_S - 1 || fraction.n > 9)
		return false;
	for (n = fraction.n; n < 9; n++)
		ms *= 10;
	str_take(&rest, STR(":"));
	parse_time(l->ctx, l->w, (int64_t)seconds * NS_PER_S + (int64_t)ms);
	rec_put_prefixed(l->w, prefix, STR("sequence"), digits);
	l->joined = true;
	*s = rest;
	return true;
}

static bool
is_type(struct str s)
{
	if (s.n < 2 || s.n > 40)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && !is_digit(s.p[i]) && s.p[i] != '_' &&
			!(i > 0 && (s.p[i] == '[' || s.p[i] == ']')))
			return false;
	return true;
}

static void
set_type(struct audit_line *l, struct str word)
{
	const struct audit_type *t = audit_type_by_name(word);
	struct str digits = word;
	uint64_t number;

	if (!t && (str_u64(word, &number) ||
			  (str_take(&digits, STR("UNKNOWN[")) && str_take_u64(&digits, &number))))
		t = audit_type_by_number(number);
	l->type = t ? *t : (struct audit_type){.name = word, .type = "info", .how = AUDIT_PLAIN};
	l->name = t ? t->name : word;
}

/* "[   12.345678] " and "audit: " as the kernel's lines carry them. */
static void
skip_kernel(struct str *s)
{
	struct str rest = *s, head;

	if (str_take(&rest, STR("[")) && str_cut(&rest, ']', &head) && head.n < 24)
		*s = str_trim(rest);
	str_take(s, STR("audit: "));
}

static bool
take_head(struct audit_line *l, struct str *s)
{
	struct str word, node = {0}, rest = *s;
	bool program = str_eq(l->ctx->program, STR("audit"));

	skip_kernel(&rest);
	if (str_take(&rest, STR("node=")))
		str_cut(&rest, ' ', &node);
	if (str_take(&rest, STR("type="))) {
		str_cut(&rest, ' ', &word);
		rest = str_trim(rest);
		str_take(&rest, STR("msg="));
		if (!is_type(word) || !take_id(l, &rest))
			return false;
	} else {
		/* journald: "audit[1]: SERVICE_START pid=1 uid=0 ..." */
		str_cut(&rest, ' ', &word);
		if (!program || !is_type(word) || !audit_type_by_name(word))
			return false;
	}
	set_type(l, word);
	if (node.n) {
		put_over(l->w, FIELD_HOST_NAME, node);
		l->named = true;
	}
	*s = str_trim(rest);
	return true;
}

/* 0x1d stands in every enriched line and is nothing remarkable. */
static void
forgive_separator(struct recs *w, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x7f || (c < ' ' && c != 0x1d && c != '\t'))
			return;
	}
	w->cur->reasons &= ~(UINT64_C(1) << REASON_CONTROL_CHAR);
}

static enum parsed
auditd_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct audit_line l = {.ctx = ctx, .w = w};
	struct str s = str_trim(message);

	if (!take_head(&l, &s))
		return PARSED_NOT;
	rec_put_prefixed(w, prefix, STR("record_type"), l.name);
	audit_pairs(&l, s);
	audit_put(&l);
	put_fold(w);
	if (w->cur && (w->cur->reasons >> REASON_CONTROL_CHAR & 1))
		forgive_separator(w, s);
	if (l.joined && w->cur)
		w->cur->flags |= RECORD_JOINS | RECORD_REFERS;
	ctx->message_done = true; /* the line is event.original */
	return PARSED_OK;
}

static bool
auditd_sniff(struct str s)
{
	struct str word;

	skip_kernel(&s);
	if (str_take(&s, STR("node=")))
		str_cut(&s, ' ', &word);
	if (!str_take(&s, STR("type=")) || !str_cut(&s, ' ', &word) || !is_type(word))
		return false;
	str_take(&s, STR("msg="));
	return str_starts(s, STR("audit("));
}

const struct parser parser_auditd = {
	.name = "auditd",
	.words = "audit audisp linux_auditd",
	.logsource = LOGSOURCE_AUDITD,
	.module = "auditd",
	.dataset = "auditd.log",
	.programs = "audit auditd audispd audisp-syslog audisp-remote audisp",
	.sniff = auditd_sniff,
	.parse = auditd_parse,
};
