/*
 * fortigate.c - FortiGate's own key=value lines: traffic, utm and event, all subtypes.
 *
 * Layout from Fortinet's "FortiOS Log Message Reference". eventtime is in seconds, milliseconds,
 * microseconds or nanoseconds depending on the release and wins over date and time.
 */
#include <emmintrin.h>

#include "base/stamp.h"
#include "base/strscan.h"
#include "parsers/put.h"
#include "parsers/web.h"

#define PREFIX      STR("fortigate.")
#define ESCAPED_MAX 8192u

enum how { TEXT, LOWER, IP, PORT, MAC, COUNT, COUNTRY, ACCOUNT, KEEP, SLOT };
enum { FIELD_NONE = 0 };

enum key {
#define K(name, field, how) KEY_##name,
#include "parsers/fortigate.def"
#undef K
	KEY_COUNT
};

/* A name's first eight bytes as a number that orders as the bytes do; its last eight if there are
 * more. */
#define AT(name, i)                                                                                \
	((uint64_t)(unsigned char)(name)[sizeof(name) > (i) ? (i) : sizeof(name) - 1]              \
		<< (56 - 8 * (i)))
#define HEAD(name)                                                                                 \
	(AT(name, 0) | AT(name, 1) | AT(name, 2) | AT(name, 3) | AT(name, 4) | AT(name, 5) |       \
		AT(name, 6) | AT(name, 7))
#define BACK(name, i)                                                                              \
	((uint64_t)(unsigned char)(name)[sizeof(name) > 9 ? sizeof(name) - 9 + (i) : 0]            \
		<< (56 - 8 * (i)))
#define TAIL(name)                                                                                 \
	(BACK(name, 0) | BACK(name, 1) | BACK(name, 2) | BACK(name, 3) | BACK(name, 4) |           \
		BACK(name, 5) | BACK(name, 6) | BACK(name, 7))
static const struct row {
	struct str name;
	uint64_t tail;
	uint16_t field;
	uint8_t how;
} rows[KEY_COUNT] = {
#define K(name, field, how) {{#name, sizeof(#name) - 1}, TAIL(#name), FIELD_##field, how},
#include "parsers/fortigate.def"
#undef K
};

/* Head and tail are all of a name. */
#define K(name, field, how) _Static_assert(sizeof(#name) - 1 <= 16, "a longer key");
#include "parsers/fortigate.def"
#undef K

struct line {
	struct parse_ctx *ctx;
	struct recs *w;
	struct str v[KEY_COUNT];
	uint64_t there[(KEY_COUNT + 63) / 64]; /* a bit for each key that came */
};

/* `behind`: how many bytes may be read behind the key. */
static uint64_t
head_of(struct str key, size_t behind)
{
	uint64_t head = 0;

	if (key.n >= sizeof(head)) {
		memcpy(&head, key.p, sizeof(head));
		return __builtin_bswap64(head);
	}
	if (key.n > 0 && key.n + behind >= sizeof(head)) {
		memcpy(&head, key.p, sizeof(head));
		return __builtin_bswap64(head) & UINT64_MAX << (64 - 8 * key.n);
	}
	for (size_t i = 0; i < key.n; i++)
		head |= (uint64_t)(unsigned char)key.p[i] << (56 - 8 * i);
	return head;
}

/* The heads alone lie close together. */
static const uint64_t heads[KEY_COUNT] = {
#define K(name, field, how) HEAD(#name),
#include "parsers/fortigate.def"
#undef K
};

static int
find_key(struct str key, size_t behind)
{
	uint64_t head = head_of(key, behind);
	const uint64_t *from = heads;
	size_t n = KEY_COUNT;

	/* The last row whose head is not behind this one; no branch depends on the key. */
	while (n > 1) {
		size_t half = n / 2;

		from = from[half] <= head ? from + half : from;
		n -= half;
	}
	/* Rows with one head stand side by side. */
	for (; *from == head; from--) {
		const struct row *row = &rows[from - heads];
		uint64_t tail = 0;

		if (key.n > 8)
			memcpy(&tail, key.p + key.n - 8, sizeof(tail));
		if (key.n == row->name.n && (key.n <= 8 || __builtin_bswap64(tail) == row->tail))
			return (int)(from - heads);
		if (from == heads)
			break;
	}
	return -1;
}

/* A quoted value with backslashes, or without an end, whose quote is gone from *s; FortiOS puts a
 * backslash before quotes and backslashes. *escaped: there is one inside. */
static __attribute__((noinline)) struct str
quoted(struct str *s, bool *escaped)
{
	const char *from = s->p, *p = from, *end = s->p + s->n;
	struct str ret;

	*escaped = false;
	for (;;) {
		const char *quote = memchr(p, '"', (size_t)(end - p));
		const char *slash;

		if (!quote) {
			ret = *s;
			str_skip(s, s->n);
			return ret;
		}
		slash = quote;
		while (slash > from && slash[-1] == '\\')
			slash--;
		p = quote + 1;
		/* A Windows path may end in one backslash: what follows tells. */
		if ((quote - slash) % 2 == 0 || p == end ||
			(quote - slash == 1 && (*p == ' ' || *p == ',') && p + 1 < end &&
				p[1] >= 'a' && p[1] <= 'z' &&
				memchr(p, '=', (size_t)(end - p) < 24 ? (size_t)(end - p) : 24)))
			break;
		*escaped = true;
	}
	ret = str_make(from, (size_t)(p - 1 - from));
	if (!*escaped && ret.n && memchr(ret.p, '\\', ret.n))
		*escaped = str_find(ret, STR("\\\\")) >= 0;
	str_skip(s, (size_t)(p - s->p));
	return ret;
}

static struct str
unescape(struct line *l, struct str s)
{
	char *room = s.n <= ESCAPED_MAX ? rec_text_room(l->w, s.n) : NULL;
	size_t n = 0;

	if (!room)
		return s;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
			i++;
		room[n++] = s.p[i];
	}
	return rec_text_take(l->w, room, n);
}

/* FortiProxy through some relays: key=""value"", each quote doubled. */
static __attribute__((noinline)) bool
doubled(struct str *s, struct str *value)
{
	ptrdiff_t end;

	if (s->n < 3 || s->p[0] != '"' || s->p[1] != '"' || s->p[2] == ' ' || s->p[2] == ',')
		return false;
	end = str_find(str_make(s->p + 2, s->n - 2), STR("\"\""));
	if (end < 0)
		return false;
	*value = str_make(s->p + 2, (size_t)end);
	str_skip(s, (size_t)end + 4);
	return true;
}

/* How many bytes there are in front of the sign of assignment, a blank or the separator. */
static inline size_t
key_length(struct str s, char separator)
{
	const __m128i sign = _mm_set1_epi8('='), blank = _mm_set1_epi8(' '),
		      between = _mm_set1_epi8(separator);
	size_t i = 0;

	for (; i + 16 <= s.n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		unsigned hit = (unsigned)_mm_movemask_epi8(_mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(v, sign), _mm_cmpeq_epi8(v, blank)),
			_mm_cmpeq_epi8(v, between)));

		if (hit)
			return i + (size_t)__builtin_ctz(hit);
	}
	while (i < s.n && s.p[i] != '=' && s.p[i] != ' ' && s.p[i] != separator)
		i++;
	return i;
}

/* A value that is anything but a plain text in quotes. */
static __attribute__((noinline)) struct str
odd_value(struct line *l, struct str *rest)
{
	struct str value;
	bool escaped;

	if (doubled(rest, &value))
		return value;
	str_skip(rest, 1);
	value = quoted(rest, &escaped);
	return escaped ? unescape(l, value) : value;
}

/* The next pair; false at the end. What is no pair is skipped word by word. */
static inline bool
next_pair(struct line *l, struct str *rest, char separator, struct str *key, struct str *value)
{
	struct str s = *rest;
	size_t n;

	for (;;) {
		while (s.n && (*s.p == ' ' || *s.p == ',' || *s.p == '\t'))
			str_skip(&s, 1);
		if (s.n == 0)
			return false;
		n = key_length(s, separator);
		*key = str_make(s.p, n);
		str_skip(&s, n);
		if (s.n == 0)
			return false;
		if (*s.p == '=' && n > 0)
			break;
		str_skip(&s, 1);
	}
	str_skip(&s, 1);
	if (s.n && *s.p == '"') {
		struct str text = str_make(s.p + 1, s.n - 1);

		n = str_before(text, '"', '\\');
		/* A second quote right behind the first: the value is empty, or all is doubled. */
		if (n > 0 && n < text.n && text.p[n] == '"') {
			*value = str_make(text.p, n);
			*rest = str_make(text.p + n + 1, text.n - n - 1);
			return true;
		}
		*rest = s;
		*value = odd_value(l, rest);
		return true;
	}
	n = str_before(s, separator, separator);
	*value = str_make(s.p, n);
	*rest = str_make(s.p + n, s.n - n);
	return true;
}

static void
event_time(struct line *l)
{
	struct str t = l->v[KEY_eventtime], tz = l->v[KEY_tz];
	const struct zone *zone = l->ctx->in->zone;
	char text[48];
	size_t n;
	int64_t ns;

	if (t.n == 0 && l->v[KEY_date].n == 0)
		t = l->v[KEY_timestamp].n ? l->v[KEY_timestamp] : l->v[KEY_itime];
	if (t.n >= 10 && stamp_take_epoch(&t, &ns) && t.n == 0) {
		parse_time(l->ctx, l->w, ns);
		return;
	}
	if (l->v[KEY_date].n != 10 || l->v[KEY_time].n < 8 || l->v[KEY_time].n > 18 || tz.n > 6)
		return;
	memcpy(text, l->v[KEY_date].p, 10);
	text[10] = ' ';
	memcpy(text + 11, l->v[KEY_time].p, l->v[KEY_time].n);
	n = 11 + l->v[KEY_time].n;
	if (tz.n >= 5) {
		memcpy(text + n, tz.p, tz.n);
		n += tz.n;
	}
	t = str_make(text, n);
	if (stamp_take_iso(&t, zone, l->ctx->arrival, &ns))
		parse_time(l->ctx, l->w, ns);
	else
		rec_flag(l->w, REASON_TIMESTAMP);
}

static bool
absent(struct str v)
{
	return v.n == 0 || (v.n <= 3 && (str_eq(v, STR("N/A")) || str_eq(v, STR("n/a")) ||
						str_eq(v, STR("-"))));
}

static void
put_value(struct line *l, int key)
{
	const struct row *row = &rows[key];
	struct recs *w = l->w;
	struct str v = l->v[key];

	switch ((enum how)row->how) {
	case SLOT:
		return;
	case KEEP:
		rec_put_prefixed(w, PREFIX, row->name, v);
		return;
	default:
		break;
	}
	if (absent(v))
		return;
	switch ((enum how)row->how) {
	case LOWER:
		put_lower(w, row->field, v);
		return;
	case IP:
		if (rec_has(w, row->field) || rec_put_ip(w, row->field, v))
			return;
		break;
	case PORT:
		if (!rec_has(w, row->field))
			parse_put_port(w, row->field, v);
		return;
	case MAC:
		if (rec_has(w, row->field) || parse_put_mac(w, row->field, v))
			return;
		break;
	case COUNT:
		put_count(w, row->field, v);
		return;
	case COUNTRY:
		if (!str_eq(v, STR("Reserved")))
			rec_put(w, row->field, v);
		return;
	case ACCOUNT:
		if (!rec_has(w, row->field)) {
			/* "sato,cn=sato": the account, and the peer's certificate or entry. */
			ptrdiff_t peer = str_find(v, STR(",cn="));

			if (peer > 0)
				v.n = (size_t)peer;
			put_account(w, row->field, FIELD_USER_DOMAIN, v);
		}
		return;
	default:
		rec_put(w, row->field, v);
		return;
	}
	rec_put_prefixed(w, PREFIX, row->name, v);
}

/* ---- what kind of event it is ---- */

static bool
is(const struct line *l, enum key key, const char *words)
{
	return l->v[key].n && in_words(words, l->v[key]);
}

#define BLOCKED                                                                                    \
	"blocked block deny denied drop dropped reset reset_client reset_server clear_session "    \
	"quarantine quarantined prevented server-rst-block reject rejected ssl-anomaly-block "     \
	"block-notified blocked-notified infected content-block"

static struct event_words
traffic_words(const struct line *l)
{
	struct event_words e = {.category = "network", .type = "allowed", .outcome = "success"};

	if (is(l, KEY_action, BLOCKED)) {
		e.type = "denied";
		e.outcome = "failure";
	} else if (is(l, KEY_action, "ip-conn")) {
		e.outcome = "failure"; /* let through, but the other side never answered */
	}
	return e;
}

static struct event_words
utm_words(const struct line *l)
{
	struct event_words e = traffic_words(l);

	if (is(l, KEY_subtype, "ips anomaly"))
		e.category = "network intrusion_detection";
	else if (is(l, KEY_subtype, "virus"))
		e.category = "network malware";
	else if (is(l, KEY_subtype, "webfilter"))
		e.category = "network web";
	else if (is(l, KEY_subtype, "waf"))
		e.category = "network web intrusion_detection";
	else if (is(l, KEY_subtype, "emailfilter spam"))
		e.category = "network email";
	else if (is(l, KEY_subtype, "dlp file-filter"))
		e.category = "network file";
	return e;
}

static const char *
status_outcome(const struct line *l)
{
	if (is(l, KEY_status, "success Success succeeded up"))
		return "success";
	if (is(l, KEY_status,
		    "failure failed Failed fail negotiate_error esp_error error timed_out "
		    "denied invalid_user"))
		return "failure";
	return NULL;
}

static struct event_words
vpn_words(const struct line *l)
{
	struct event_words e = {
		.category = "network", .type = "info", .outcome = status_outcome(l)};

	if (is(l, KEY_action, "tunnel-up ssl-web-up phase1-up")) {
		e = (struct event_words){
			"authentication session network", "start", NULL, "success"};
	} else if (is(l, KEY_action, "ssl-new-con")) {
		e = (struct event_words){"session network", "start", NULL, "success"};
	} else if (is(l, KEY_action, "tunnel-down ssl-web-down ssl-web-close delete_ipsec_sa")) {
		e = (struct event_words){"session network", "end", NULL, "success"};
	} else if (is(l, KEY_action, "ssl-login-fail auth-failed ssl-web-deny")) {
		e = (struct event_words){"authentication network", "start", NULL, "failure"};
	} else if (is(l, KEY_action, "ssl-login ssl-web-login")) {
		e = (struct event_words){"authentication network", "start", NULL, "success"};
	} else if (is(l, KEY_action, "ssl-alert ssl-exit-error ssl-exit-fail ssl-web-timeout")) {
		e = (struct event_words){"network", "error", NULL, "failure"};
	} else if (is(l, KEY_action, "negotiate install_sa phase2-up phase2-down dpd")) {
		e.category = "network session";
		e.type = "connection";
	}
	return e;
}

static struct event_words
event_words(const struct line *l)
{
	struct event_words e = {.category = "host", .type = "info", .outcome = status_outcome(l)};

	if (is(l, KEY_subtype, "vpn"))
		return vpn_words(l);
	if (is(l, KEY_action,
		    "login admin-login FSSO-logon auth-logon authentication "
		    "Authentication auth-success")) {
		e.category = "authentication";
		e.type = "start";
		if (!e.outcome && is(l, KEY_action, "FSSO-logon auth-logon auth-success"))
			e.outcome = "success";
	} else if (is(l, KEY_action, "logout admin-logout FSSO-logoff auth-logout auth-timeout")) {
		e.category = "authentication session";
		e.type = "end";
	} else if (is(l, KEY_action, "Add Edit Delete Move Clone Rename add edit delete")) {
		e.category = "configuration";
		e.type = is(l, KEY_action, "Add add")         ? "creation"
			 : is(l, KEY_action, "Delete delete") ? "deletion"
							      : "change";
		e.outcome = "success";
	} else if (is(l, KEY_subtype, "user")) {
		e.category = "authentication";
	} else if (is(l, KEY_subtype, "router wireless ha sdwan switch-controller endpoint")) {
		e.category = "network";
	}
	return e;
}

static void
put_kind(struct line *l)
{
	struct str type = l->v[KEY_type];
	struct recs *w = l->w;
	struct event_words e;
	char dataset[40] = "fortigate.";

	if (is(l, KEY_type, "traffic")) {
		w->cur->logsource = LOGSOURCE_FORTIGATE_TRAFFIC;
		e = traffic_words(l);
	} else if (is(l, KEY_type, "event")) {
		w->cur->logsource = is(l, KEY_subtype, "vpn") ? LOGSOURCE_FORTIGATE_VPN
							      : LOGSOURCE_FORTIGATE_EVENT;
		e = event_words(l);
	} else {
		w->cur->logsource = is(l, KEY_subtype, "webfilter") ? LOGSOURCE_FORTIGATE_WEB
								    : LOGSOURCE_FORTIGATE_UTM;
		e = utm_words(l);
	}
	parse_event(w, &e);
	if (type.n && type.n < 24) {
		memcpy(dataset + 10, type.p, type.n);
		rec_put(w, FIELD_EVENT_DATASET, str_make(dataset, 10 + type.n));
	}
	/* Tunnels and logons say who has an address. */
	if (is(l, KEY_action, "tunnel-up auth-logon FSSO-logon"))
		w->cur->flags |= RECORD_BINDS;
	else if (!absent(l->v[KEY_srcip]) || !absent(l->v[KEY_remip]))
		w->cur->flags |= RECORD_REFERS;
}

/* ---- values that depend on others ---- */

static void
put_rule(struct line *l)
{
	struct recs *w = l->w;

	if (is(l, KEY_subtype, "ips anomaly") && !absent(l->v[KEY_attack])) {
		rec_put(w, FIELD_RULE_NAME, l->v[KEY_attack]);
		parse_put(w, FIELD_RULE_ID, l->v[KEY_attackid]);
		if (l->v[KEY_policyid].n)
			rec_put_prefixed(w, PREFIX, STR("policyid"), l->v[KEY_policyid]);
		if (l->v[KEY_policyname].n)
			rec_put_prefixed(w, PREFIX, STR("policyname"), l->v[KEY_policyname]);
		return;
	}
	parse_put(w, FIELD_RULE_ID, l->v[KEY_policyid]);
	parse_put(w, FIELD_RULE_NAME, l->v[KEY_policyname]);
	if (!absent(l->v[KEY_attack]))
		rec_put_prefixed(w, PREFIX, STR("attack"), l->v[KEY_attack]);
}

static void
put_sums(struct line *l)
{
	uint64_t a, b;

	if (str_u64(l->v[KEY_sentbyte], &a) && str_u64(l->v[KEY_rcvdbyte], &b) && a + b >= a)
		rec_put_u64(l->w, FIELD_NETWORK_BYTES, a + b);
	if (str_u64(l->v[KEY_sentpkt], &a) && str_u64(l->v[KEY_rcvdpkt], &b) && a + b >= a)
		rec_put_u64(l->w, FIELD_NETWORK_PACKETS, a + b);
	if (str_u64(l->v[KEY_duration], &a) && a < UINT64_C(9000000000))
		rec_put_u64(l->w, FIELD_EVENT_DURATION, a * (uint64_t)NS_PER_S);
}

static void
put_web(struct line *l)
{
	struct str url = l->v[KEY_url], host = l->v[KEY_hostname];

	if (!absent(url))
		put_url(l->w, url, false);
	if (absent(host))
		return;
	if (is(l, KEY_type, "event")) {
		parse_put(l->w, FIELD_SOURCE_DOMAIN, host); /* a DHCP client's or a user's */
		return;
	}
	if (!rec_has(l->w, FIELD_URL_DOMAIN))
		put_lower(l->w, FIELD_URL_DOMAIN, host);
	if (!rec_has(l->w, FIELD_DESTINATION_DOMAIN))
		put_lower(l->w, FIELD_DESTINATION_DOMAIN, host);
}

/* "https(192.0.2.9)" */
static void
put_ui(struct line *l)
{
	struct str ui = l->v[KEY_ui], head;

	if (rec_has(l->w, FIELD_SOURCE_IP) || !str_cut(&ui, '(', &head) || ui.n < 2)
		return;
	ui.n -= ui.p[ui.n - 1] == ')';
	rec_put_ip(l->w, FIELD_SOURCE_IP, ui);
}

static void
put_rest(struct line *l)
{
	struct recs *w = l->w;
	struct str list = l->v[KEY_ipaddr], one;

	web_put_forwarded(w, l->v[KEY_forwardedfor]);
	/* Whom the device saw at this address without having asked him itself. */
	if (!rec_has(w, FIELD_USER_NAME) && !absent(l->v[KEY_unauthuser]))
		put_account(w, FIELD_USER_NAME, FIELD_USER_DOMAIN, l->v[KEY_unauthuser]);
	put_rule(l);
	put_sums(l);
	put_web(l);
	put_ui(l);
	put_protocol(w, l->v[KEY_proto]);
	if (is(l, KEY_direction, "outgoing outbound"))
		rec_put(w, FIELD_NETWORK_DIRECTION, STR("outbound"));
	else if (is(l, KEY_direction, "incoming inbound"))
		rec_put(w, FIELD_NETWORK_DIRECTION, STR("inbound"));
	while (list.n) {
		str_cut(&list, ',', &one);
		rec_put_ip(w, FIELD_DNS_RESOLVED_IP, str_trim(one));
	}
	if (!absent(l->v[KEY_ip]) && !rec_has(w, FIELD_SOURCE_IP) &&
		rec_put_ip(w, FIELD_SOURCE_IP, l->v[KEY_ip]) && l->v[KEY_mac].n)
		w->cur->flags |= RECORD_BINDS;
	rec_put(w, FIELD_OBSERVER_VENDOR, STR("Fortinet"));
	rec_put(w, FIELD_OBSERVER_PRODUCT, STR("FortiGate"));
	rec_put(w, FIELD_OBSERVER_TYPE, STR("firewall"));
}

/* May this key have been there before? One bit each of 64; seldom wrongly yes. */
static bool
name_seen(uint64_t *names, struct str key)
{
	uint64_t bit = UINT64_C(1) << (hash_text(key) >> 58), had = *names & bit;

	*names |= bit;
	return had;
}

static enum parsed
fortigate_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct line l = {.ctx = ctx, .w = w};
	uint64_t names = 0;
	bool more = false;
	struct str key, value;
	ptrdiff_t comma = str_chr(message, ','), blank = str_chr(message, ' ');
	char separator = comma >= 0 && (blank < 0 || comma < blank) ? ',' : ' ';

	while (next_pair(&l, &message, separator, &key, &value)) {
		/* All that lies behind the key in the line. */
		size_t behind = (size_t)(message.p + message.n - (key.p + key.n));
		int k = find_key(key, behind);

		if (k >= 0) {
			l.v[k] = value;
			l.there[k / 64] |= UINT64_C(1) << (k % 64);
			continue;
		}
		more = more || name_seen(&names, key);
		rec_put_prefixed(w, PREFIX, key, value);
	}
	if (l.v[KEY_type].n == 0 || (l.v[KEY_subtype].n == 0 && l.v[KEY_logid].n == 0))
		return PARSED_NOT;
	event_time(&l);
	for (int word = 0; word < (int)(sizeof(l.there) / sizeof(l.there[0])); word++)
		for (uint64_t bits = l.there[word]; bits; bits &= bits - 1) {
			int k = word * 64 + __builtin_ctzll(bits);

			if (l.v[k].n)
				put_value(&l, k);
		}
	ctx->message_done = true; /* msg, or nothing: the line itself is event.original */
	put_rest(&l);
	put_kind(&l);
	if (more)
		put_fold(w);
	return PARSED_OK;
}

static bool
fortigate_sniff(struct str message)
{
	return (str_find(message, STR("logid=")) >= 0 || str_find(message, STR("logdesc=")) >= 0) &&
	       str_find(message, STR("subtype=")) >= 0 && str_find(message, STR("vd=")) >= 0;
}

const struct parser parser_fortigate = {
	.name = "fortigate",
	.words = "fortinet fortios",
	.module = "fortigate",
	.sniff = fortigate_sniff,
	.parse = fortigate_parse,
};
