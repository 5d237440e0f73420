#include "parsers/envelope.h"

#include "base/stamp.h"

/* RFC 5424 table 1, in the short words that rsyslog and syslog-ng use. */
static const char facilities[24][9] = {
	"kern",
	"user",
	"mail",
	"daemon",
	"auth",
	"syslog",
	"lpr",
	"news",
	"uucp",
	"cron",
	"authpriv",
	"ftp",
	"ntp",
	"audit",
	"alert",
	"clock",
	"local0",
	"local1",
	"local2",
	"local3",
	"local4",
	"local5",
	"local6",
	"local7",
};
static const char severities[8][8] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

#define PRI_LOOK 24u /* how far a '>' may be for a broken PRI to be skipped whole */

static void
put_pri(struct recs *w, unsigned pri)
{
	rec_put_u64(w, FIELD_LOG_SYSLOG_PRIORITY, pri);
	rec_put_u64(w, FIELD_LOG_SYSLOG_FACILITY_CODE, pri >> 3);
	rec_put(w, FIELD_LOG_SYSLOG_FACILITY_NAME, str_of(facilities[pri >> 3]));
	rec_put_u64(w, FIELD_LOG_SYSLOG_SEVERITY_CODE, pri & 7);
	rec_put(w, FIELD_LOG_SYSLOG_SEVERITY_NAME, str_of(severities[pri & 7]));
}

/* RFC 5424 6.2.1: '<', one to three digits without leading zeros, '>'; at most 191. A broken one is
 * skipped and flagged, so that what follows is still read. */
static bool
take_pri(struct recs *w, struct str *s)
{
	unsigned pri = 0;
	size_t i = 1;
	bool good;

	if (s->n == 0 || s->p[0] != '<')
		return false;
	/* A Windows event in its own XML, or a document: no priority that went wrong. */
	if (str_starts(*s, STR("<Event>")) || str_starts(*s, STR("<Event ")) ||
		str_starts(*s, STR("<Events")) || str_starts(*s, STR("<?xml")))
		return false;
	for (; i < s->n && i < 4 && is_digit(s->p[i]); i++)
		pri = pri * 10 + (unsigned)(s->p[i] - '0');
	good = i > 1 && i < s->n && s->p[i] == '>' && pri <= 191 && (s->p[1] != '0' || i == 2);
	if (!good) {
		ptrdiff_t close = str_chr(str_make(s->p, s->n < PRI_LOOK ? s->n : PRI_LOOK), '>');

		rec_flag(w, REASON_PRI);
		if (close < 0) {
			rec_flag(w, REASON_HEADER);
			return true;
		}
		str_skip(s, (size_t)close + 1);
		return true;
	}
	put_pri(w, pri);
	str_skip(s, i + 1);
	return true;
}

/*
 * "2026-11-22T09:59:58.123456789Z stdout F text": how container runtimes write a line (Kubernetes,
 * CRI logging format); P instead of F: a piece of a long one. What follows has its own envelope.
 */
static void
take_cri(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct str rest = *s;
	bool out;
	int64_t ns;

	if (s->n < 32 || !is_digit(s->p[0]) || s->p[10] != 'T' ||
		!stamp_take_iso(&rest, ctx->in->zone, ctx->arrival, &ns))
		return;
	out = str_take(&rest, STR(" stdout "));
	if ((!out && !str_take(&rest, STR(" stderr "))) ||
		(!str_take(&rest, STR("F ")) && !str_take(&rest, STR("P "))))
		return;
	envelope_time(ctx, w, ns);
	rec_put_named(w, STR("log.iostream"), VALUE_STRING, out ? STR("stdout") : STR("stderr"), 0);
	*s = rest;
}

/* "web-1  | text": docker compose puts the container's name before its lines, then blanks to the
 * width of the longest. */
static void
take_compose(struct recs *w, struct str *s)
{
	struct str rest = *s, name;
	size_t i = 0, blanks = 0;

	while (i < rest.n && i < 64 &&
		(is_digit(rest.p[i]) || ((rest.p[i] | 32) >= 'a' && (rest.p[i] | 32) <= 'z') ||
			strchr("-_.", rest.p[i])))
		i++;
	name = str_make(rest.p, i);
	str_skip(&rest, i);
	while (rest.n > 0 && rest.p[0] == ' ') {
		blanks++;
		str_skip(&rest, 1);
	}
	if (i == 0 || blanks < 2 || !str_take(&rest, STR("| ")) || rest.n == 0)
		return;
	rec_put_named(w, STR("container.name"), VALUE_STRING, name, 0);
	*s = rest;
}

/* "105 <38>…": a true octet count (RFC 6587 3.4.1) that framing of lines left in front. One that
 * does not count what follows is none. */
static void
take_count(struct str *s)
{
	struct str rest = *s;
	uint64_t n = 0;

	if (s->n < 8 || s->p[0] < '1' || s->p[0] > '9')
		return;
	while (rest.n > 0 && n < 1000000 && is_digit(rest.p[0])) {
		n = n * 10 + (uint64_t)(rest.p[0] - '0');
		str_skip(&rest, 1);
	}
	if (!str_take(&rest, STR(" ")) || rest.n == 0 || rest.p[0] != '<')
		return;
	/* The line end that it counted is framing's by now. */
	if (n >= rest.n && n <= rest.n + 2)
		*s = rest;
}

void
envelope_read(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	bool pri;

	take_cri(ctx, w, s);
	take_compose(w, s);
	take_count(s);
	/* A byte order mark is no part of any header (RFC 5424 has it before MSG only). */
	if (str_take(s, STR("\xef\xbb\xbf")) && s->n > 0 && s->p[0] == '<')
		rec_flag(w, REASON_PRI);
	pri = take_pri(w, s);
	ctx->enveloped = pri;
	/* A relay may have taken the PRI off what it put into its own message. */
	if ((pri || ctx->depth > 0) && syslog5424_begins(*s))
		syslog5424_read(ctx, w, s);
	else
		syslog3164_read(ctx, w, s, pri);
}

void
envelope_time(struct parse_ctx *ctx, struct recs *w, int64_t ns)
{
	if (ns == STAMP_BEYOND) {
		rec_flag(w, REASON_TIMESTAMP);
		rec_flag(w, REASON_CLOCK_SKEW);
		return;
	}
	w->cur->time = ns;
	ctx->timed = true;
}

/* Names, addresses, "[v6%zone]"; nothing that could climb in a path or end a mail header. */
static bool
host_is_sound(struct str host)
{
	bool word = false;

	if (host.n > ENVELOPE_HOST_MAX)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			word = true;
		else if (c != '.' && c != '-' && c != '_' && c != ':' && c != '[' && c != ']' &&
			 c != '%')
			return false;
	}
	return word;
}

/* At most max bytes, and no half character at the end. */
static struct str
cut_at(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return str_make(s.p, max);
}

/* "192.0.2.9:514", "[2001:db8::5]:514", "[2001:db8::5]": the address alone. */
static struct str
without_port(struct str host)
{
	struct str inside = host, left;
	ptrdiff_t colon;

	if (host.p[0] == '[') {
		ptrdiff_t close = str_chr(host, ']');

		inside = close > 1 ? str_make(host.p + 1, (size_t)close - 1) : host;
		return str_chr(inside, ':') > 0 ? inside : host;
	}
	colon = str_chr(host, ':');
	if (colon <= 0 || (size_t)colon + 1 == host.n || host.n - (size_t)colon > 6)
		return host;
	left = str_make(host.p, (size_t)colon);
	for (size_t i = (size_t)colon + 1; i < host.n; i++)
		if (!is_digit(host.p[i]))
			return host; /* an IPv6 address has more than one colon */
	return left;
}

void
envelope_host(struct parse_ctx *ctx, struct recs *w, struct str host)
{
	if (host.n == 0)
		return;
	host = without_port(host);
	if (!host_is_sound(host)) {
		rec_flag(w, REASON_HOSTNAME);
		rec_put(w, FIELD_LOG_SYSLOG_HOSTNAME, cut_at(host, ENVELOPE_HOST_MAX));
		return;
	}
	ctx->host = host;
	rec_put(w, FIELD_HOST_NAME, host);
}

void
envelope_process(struct parse_ctx *ctx, struct recs *w, struct str program, struct str pid)
{
	struct str name = program;
	ptrdiff_t paren = str_chr(program, '(');
	bool number = pid.n > 0 && pid.n <= 10 && (pid.p[0] != '0' || pid.n == 1);

	ctx->program = program;
	ctx->pid = pid;
	/* "su(pam_unix)[23164]:" of old PAM: the module behind the program. */
	if (paren > 0)
		name.n = (size_t)paren;
	if (name.n > 0)
		rec_put(w, FIELD_PROCESS_NAME, name);
	for (size_t i = 0; i < pid.n && number; i++)
		number = is_digit(pid.p[i]);
	if (number)
		rec_put_kind(w, FIELD_PROCESS_PID, VALUE_NUMBER, pid, 0);
	else if (pid.n > 0)
		rec_put(w, FIELD_LOG_SYSLOG_PROCID, pid);
}

bool
envelope_begins(struct str s, bool *sure)
{
	size_t i = 1;
	int64_t ns;

	*sure = true;
	if (s.n < 16)
		return false;
	if (s.p[0] == '<') {
		while (i < 4 && is_digit(s.p[i]))
			i++;
		return i > 1 && s.p[i] == '>';
	}
	if (s.p[0] == '1' && s.p[1] == ' ')
		return syslog5424_begins(s) && is_digit(s.p[2]) && is_digit(s.p[5]) &&
		       s.p[6] == '-';
	*sure = false;
	if (is_digit(s.p[0]) && s.p[4] == '-' && s.p[10] == 'T')
		return stamp_take_iso(&s, NULL, 0, &ns);
	return s.p[3] == ' ' && stamp_month(s.p) && stamp_take_bsd(&s, NULL, 0, &ns);
}

bool
envelope_repeats(struct str s, struct str *times, struct str *inside)
{
	static const struct str starts[] = {{"last message repeated ", 22},
		{"message repeated ", 17}, {"above message repeats ", 22},
		{"--- last message repeated ", 26}, {"Last message repeated ", 22},
		{"previous message repeated ", 26}};
	bool found = false;
	size_t i = 0;

	*inside = (struct str){0};
	if (s.n < 20)
		return false;
	for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]) && !found; k++)
		found = *s.p == *starts[k].p && str_take(&s, starts[k]);
	/* syslog-ng: "Last message 'text' repeated 5 times, suppressed by syslog-ng on host". */
	if (!found && str_take(&s, STR("Last message '"))) {
		ptrdiff_t end = str_find(s, STR("' repeated "));

		found = end >= 0;
		str_skip(&s, found ? (size_t)end + 11 : 0);
	}
	while (i < s.n && i < 10 && is_digit(s.p[i]))
		i++;
	if (!found || i == 0 || s.p[0] == '0')
		return false;
	*times = str_make(s.p, i);
	str_skip(&s, i);
	if (!str_take(&s, STR(" time")))
		return false;
	str_take(&s, STR("s"));
	if (s.n > 3 && s.p[s.n - 1] == ']' && str_take(&s, STR(": ["))) {
		str_take(&s, STR(" "));
		*inside = str_make(s.p, s.n - 1);
	}
	return true;
}
