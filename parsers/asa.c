/*
 * asa.c - Cisco ASA, PIX, FWSM and FTD: "%ASA-6-302013: ..." and what its number means.
 */
#include "parsers/asa.h"

#include "base/clock.h"
#include "parsers/put.h"

#define ID_NONE 0u

enum kind {
	DENY,
	PERMIT,
	WORD, /* permitted or denied: %k tells */
	BUILT,
	TEARDOWN,
	XLATE_UP,
	XLATE_DOWN,
	AUTH_OK,
	AUTH_FAIL,
	AUTHZ_OK,
	AUTHZ_FAIL,
	LOGOUT,
	ADMIN_UP,
	LOCKOUT,
	UNLOCK,
	USER_NEW,
	USER_GONE,
	USER_CHANGED,
	CONFIG,
	COMMAND,
	VPN_UP,
	VPN_DOWN,
	VPN_FAIL,
	VPN_INFO,
	LEASE,
	THREAT,
	THREAT_DENY,
	WEB,
	WEB_DENY,
	FILE,
	INFO
};

static const struct meaning {
	struct event_words words;
	enum logsource logsource;
} meanings[] = {
	[DENY] = {{"network", "denied", "firewall-rule", "failure"}, LOGSOURCE_ASA_FIREWALL},
	[PERMIT] = {{"network", "allowed", "firewall-rule", "success"}, LOGSOURCE_ASA_FIREWALL},
	[WORD] = {{"network", "allowed", "firewall-rule", "success"}, LOGSOURCE_ASA_FIREWALL},
	[BUILT] = {{"network", "connection start allowed", "flow-creation", "success"},
		LOGSOURCE_ASA_FIREWALL},
	[TEARDOWN] = {{"network", "connection end", "flow-expiration", "success"},
		LOGSOURCE_ASA_FIREWALL},
	[XLATE_UP] = {{"network", "connection start", "translation-creation", "success"},
		LOGSOURCE_ASA_FIREWALL},
	[XLATE_DOWN] = {{"network", "connection end", "translation-expiration", "success"},
		LOGSOURCE_ASA_FIREWALL},
	[AUTH_OK] = {{"authentication", "start", "authentication-success", "success"},
		LOGSOURCE_ASA},
	[AUTH_FAIL] = {{"authentication", "start", "authentication-failure", "failure"},
		LOGSOURCE_ASA},
	[AUTHZ_OK] = {{"authentication", "info allowed", "authorization-success", "success"},
		LOGSOURCE_ASA},
	[AUTHZ_FAIL] = {{"authentication", "info denied", "authorization-failure", "failure"},
		LOGSOURCE_ASA},
	[LOGOUT] = {{"authentication session", "end", "logged-out", "success"}, LOGSOURCE_ASA},
	[ADMIN_UP] = {{"session", "start", "admin-session-start", "success"}, LOGSOURCE_ASA},
	[LOCKOUT] = {{"authentication iam", "user change", "user-lockout", "failure"},
		LOGSOURCE_ASA},
	[UNLOCK] = {{"iam", "user change", "user-unlock", "success"}, LOGSOURCE_ASA},
	[USER_NEW] = {{"iam", "user creation", "user-created", "success"}, LOGSOURCE_ASA},
	[USER_GONE] = {{"iam", "user deletion", "user-deleted", "success"}, LOGSOURCE_ASA},
	[USER_CHANGED] = {{"iam", "user change", "privilege-changed", "success"}, LOGSOURCE_ASA},
	[CONFIG] = {{"configuration", "change", "configuration-change", NULL}, LOGSOURCE_ASA},
	[COMMAND] = {{"configuration", "change", "command-executed", "success"}, LOGSOURCE_ASA},
	[VPN_UP] = {{"session network", "start connection", "client-vpn-connected", "success"},
		LOGSOURCE_ASA_VPN},
	[VPN_DOWN] = {{"session network", "end connection", "client-vpn-disconnected", "success"},
		LOGSOURCE_ASA_VPN},
	[VPN_FAIL] = {{"session network", "error denied", "client-vpn-error", "failure"},
		LOGSOURCE_ASA_VPN},
	[VPN_INFO] = {{"session network", "info", "client-vpn-info", NULL}, LOGSOURCE_ASA_VPN},
	[LEASE] = {{"session network", "info", "client-vpn-address-assigned", "success"},
		LOGSOURCE_ASA_VPN},
	[THREAT] = {{"network threat", "indicator", "threat-detected", NULL},
		LOGSOURCE_ASA_FIREWALL},
	[THREAT_DENY] = {{"network threat", "indicator denied", "threat-blocked", "failure"},
		LOGSOURCE_ASA_FIREWALL},
	[WEB] = {{"network web", "allowed access", "url-access", "success"}, LOGSOURCE_ASA},
	[WEB_DENY] = {{"network web", "denied access", "url-denied", "failure"}, LOGSOURCE_ASA},
	[FILE] = {{"network file", "access", "file-transfer", "success"}, LOGSOURCE_ASA},
	[INFO] = {{"network", "info", NULL, NULL}, LOGSOURCE_ASA},
};

static const struct row {
	uint32_t id;
	enum kind kind;
	const char *pattern;
} rows[] = {
#define A(id, kind, pattern) {id, kind, pattern},
#include "parsers/asa.def"
#undef A
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct head {
	struct str product, level, id; /* "ASA", "6", "302013" */
	uint32_t number;
};

/* "...|302013: text": some relays leave only the number. */
static bool
bare_number(struct str *s, struct head *ret)
{
	struct str at = str_make(s->p, s->n < 64 ? s->n : 64), id;
	ptrdiff_t colon = str_find(at, STR(": "));
	uint64_t number;

	while (colon > 0 && colon < 6) {
		str_skip(&at, (size_t)colon + 2);
		colon = str_find(at, STR(": "));
	}
	if (colon < 6)
		return false;
	id = str_make(at.p + colon - 6, 6);
	if (!str_u64(id, &number) || number < 100000 || (colon > 6 && is_digit(id.p[-1])))
		return false;
	*ret = (struct head){.id = id, .number = (uint32_t)number};
	*s = str_trim(str_make(at.p + colon + 1, (size_t)(s->p + s->n - at.p) - (size_t)colon - 1));
	return true;
}

/* "%ASA-6-302013: " or "%ASA-session-6-302013: " near the front. */
static bool
read_head(struct str *s, struct head *ret)
{
	struct str at = str_make(s->p, s->n < 96 ? s->n : 96);
	ptrdiff_t percent = str_chr(at, '%');
	struct str words[4], tag, rest;
	uint64_t number;
	unsigned n = 0;

	*ret = (struct head){0};
	if (percent < 0)
		return bare_number(s, ret);
	rest = str_make(s->p + percent, s->n - (size_t)percent);
	while (rest.n && *rest.p == '%')
		str_skip(&rest, 1);
	tag = rest;
	for (tag.n = 0; tag.n < rest.n && rest.p[tag.n] != ' ' && rest.p[tag.n] != ':'; tag.n++)
		;
	str_skip(&rest, tag.n);
	while (tag.n && n < 4)
		str_cut(&tag, '-', &words[n++]);
	if (n < 3 || words[n - 1].n != 6 || !str_u64(words[n - 1], &number) ||
		words[n - 2].n != 1 || !is_digit(*words[n - 2].p) || words[0].n > 8)
		return false;
	if (rest.n && *rest.p == ':')
		str_skip(&rest, 1);
	*ret = (struct head){words[0], words[n - 2], words[n - 1], (uint32_t)number};
	*s = str_trim(rest);
	return true;
}

static size_t
first_row(uint32_t id)
{
	size_t lo = 0, hi = ROWS;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (rows[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Numbers without a row of their own still say who and from where. */
static const struct row others[] = {
	{ID_NONE, VPN_INFO, "Group %g User %u IP %i %r"},
	{ID_NONE, VPN_INFO, "Group = %g, Username = %u, IP = %i, %r"},
	{ID_NONE, VPN_INFO, "Group = %g, IP = %i, %r"},
};

/* Numbers that nobody described: who and from where, by the words that Cisco uses everywhere. */
static const struct row unknown[] = {
	{ID_NONE, VPN_INFO, "Local:%D Remote:%S Username:%q %r"},
	{ID_NONE, INFO, "%*{ %p} src %S dst %D%*"},
	{ID_NONE, INFO, "%* from %S to %D on %*"},
	{ID_NONE, INFO, "%* from %S to %D%*"},
	{ID_NONE, INFO, "%* IP = %i,%*"},
	{ID_NONE, INFO, "%* IP <%i> %*"},
	{ID_NONE, INFO, "%* from %i %*"},
};

static bool
has_address(const struct asa_parts *p)
{
	struct str ip = p->source.address.n ? p->source.address : asa_part(p, 'i');

	return ip.n > 2 && ip.n < 46 &&
	       (str_chr(ip, ':') >= 0 || (str_chr(ip, '.') > 0 && is_digit(ip.p[0])));
}

/* The row whose text this is; without a number all are tried. */
static const struct row *
find_row(uint32_t id, struct str text, struct asa_parts *parts)
{
	for (size_t i = id == ID_NONE ? 0 : first_row(id);
		i < ROWS && (id == ID_NONE || rows[i].id == id); i++)
		if (asa_match(rows[i].pattern, text, parts))
			return &rows[i];
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (asa_match(others[i].pattern, text, parts))
			return &others[i];
	for (size_t i = 0; id != ID_NONE && i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (asa_match(unknown[i].pattern, text, parts) && has_address(parts))
			return &unknown[i];
	*parts = (struct asa_parts){0};
	return NULL;
}

/* ---- what is put ---- */

static const struct {
	const char *name;
	uint16_t port;
} services[] = {{"ssh", 22}, {"telnet", 23}, {"https", 443}, {"http", 80}, {"www", 80},
	{"snmp", 161}, {"domain", 53}, {"ntp", 123}, {"tftp", 69}, {"ftp", 21}, {"smtp", 25},
	{"syslog", 514}, {"bootps", 67}, {"bootpc", 68}, {"netbios-ns", 137}, {"netbios-dgm", 138},
	{"netbios-ssn", 139}, {"ldap", 389}, {"ldaps", 636}, {"radius", 1645}, {"isakmp", 500},
	{"sqlnet", 1521}};

static void
put_port(struct recs *w, unsigned field, struct str port)
{
	uint64_t v;

	if (port.n == 0)
		return;
	if (str_u64(port, &v)) {
		if (v <= 65535)
			rec_put_u64(w, field, v); /* 0 and ICMP ids, too */
		return;
	}
	put_lower(w, FIELD_NETWORK_PROTOCOL, port);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (str_eq_nocase(port, str_of(services[i].name)))
			rec_put_u64(w, field, services[i].port);
}

struct end_fields {
	uint16_t ip, domain, port, nat_ip, nat_port, user, user_domain, interface;
};

static const struct end_fields source_fields = {FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN,
	FIELD_SOURCE_PORT, FIELD_SOURCE_NAT_IP, FIELD_SOURCE_NAT_PORT, FIELD_SOURCE_USER_NAME,
	FIELD_SOURCE_USER_DOMAIN, FIELD_OBSERVER_INGRESS_INTERFACE};
static const struct end_fields destination_fields = {FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN,
	FIELD_DESTINATION_PORT, FIELD_DESTINATION_NAT_IP, FIELD_DESTINATION_NAT_PORT,
	FIELD_DESTINATION_USER_NAME, FIELD_NAMED, FIELD_OBSERVER_EGRESS_INTERFACE};

static void
put_end(struct recs *w, const struct endpoint *e, const struct end_fields *f)
{
	struct str user;

	if (e->address.n == 0)
		return;
	parse_put_host(w, f->ip, f->domain, e->address);
	put_port(w, f->port, e->port);
	if (e->mapped.n && (!str_eq(e->mapped, e->address) || !str_eq(e->mapped_port, e->port))) {
		rec_put_ip(w, f->nat_ip, e->mapped);
		put_port(w, f->nat_port, e->mapped_port);
	}
	user = e->user;
	(void)(str_take(&user, STR("user= ")) || str_take(&user, STR("user = ")));
	if (user.n)
		put_account(w, f->user, f->user_domain, user);
	parse_put(w, f->interface, e->interface);
}

/* "0:12:05", "2h:28m:09s", "1d 2h:3m:4s" in seconds. */
static bool
seconds_of(struct str s, uint64_t *ret)
{
	uint64_t total = 0, v;
	bool any = false;

	while (str_take_u64(&s, &v)) {
		char unit = s.n ? *s.p : 0;

		if (v > 100000000 || total > UINT64_C(1000000000))
			return false;
		any = true;
		if (unit == 'd' || unit == 'h' || unit == 'm' || unit == 's') {
			total += v * (unit == 'd'          ? 86400
					     : unit == 'h' ? 3600
					     : unit == 'm' ? 60
							   : 1);
			str_skip(&s, 1);
		} else {
			total = total * 60 + v;
		}
		while (s.n && (*s.p == ':' || *s.p == ' '))
			str_skip(&s, 1);
	}
	*ret = total;
	return any && s.n == 0;
}

static bool
is_service_port(struct str port)
{
	uint64_t v;

	return str_u64(port, &v) && v > 0 && v < 1024;
}

/*
 * Cisco prints the outer side first. Outbound: who opened the connection stands second. A teardown
 * does not say; there the side with a service's port is taken for the server.
 */
static void
put_in_order(struct asa_parts *p, enum kind kind)
{
	bool swap = str_eq(asa_part(p, 'o'), STR("outbound"));
	struct endpoint e = p->source;

	if (kind == TEARDOWN)
		swap = is_service_port(p->source.port) && !is_service_port(p->destination.port) &&
		       p->destination.port.n && p->global.address.n == 0;
	if (!swap)
		return;
	p->source = p->destination;
	p->destination = e;
}

static void
put_user(struct recs *w, const struct asa_parts *p)
{
	struct str user = asa_part(p, 'u');

	if (user.n == 0) {
		user = p->source.user.n ? p->source.user : p->destination.user;
		/* "(bob)" behind both ends is who opened the connection. */
	}
	(void)(str_take(&user, STR("user= ")) || str_take(&user, STR("user = ")));
	if (str_starts(user, STR("****")))
		return; /* hidden by "no logging hide username"'s default */
	if (user.n && !str_eq(user, STR("Unknown")))
		put_account(w, FIELD_USER_NAME, FIELD_USER_DOMAIN, user);
}

static void
put_vpn(struct recs *w, const struct asa_parts *p)
{
	uint64_t xmt, rcv;

	if (asa_part(p, 'A').n && rec_put_ip(w, FIELD_SOURCE_NAT_IP, asa_part(p, 'A')))
		rec_put_prefixed(w, STR("cisco.asa."), STR("assigned_ip"), asa_part(p, 'A'));
	if (asa_part(p, 'B').n > 2)
		rec_put_prefixed(w, STR("cisco.asa."), STR("assigned_ip6"), asa_part(p, 'B'));
	if (asa_part(p, 's').n)
		rec_put_prefixed(w, STR("cisco.asa."), STR("session_type"), asa_part(p, 's'));
	parse_put(w, FIELD_USER_AGENT_ORIGINAL, asa_part(p, 'W'));
	/* As the device counts: received from the client, sent to it. */
	if (str_u64(asa_part(p, 'y'), &rcv))
		rec_put_u64(w, FIELD_SOURCE_BYTES, rcv);
	if (str_u64(asa_part(p, 'x'), &xmt))
		rec_put_u64(w, FIELD_DESTINATION_BYTES, xmt);
}

static void
put_kept(struct recs *w, const char *name, struct str value)
{
	if (value.n)
		rec_put_prefixed(w, STR("cisco.asa."), str_of(name), value);
}

static void
put_parts(struct recs *w, struct asa_parts *p, enum kind kind)
{
	uint64_t v;

	put_in_order(p, kind);
	if (kind == XLATE_UP || kind == XLATE_DOWN) {
		/* The second address is what the first is seen as. */
		p->source.mapped = p->destination.address;
		p->source.mapped_port = p->destination.port;
		parse_put(w, FIELD_OBSERVER_EGRESS_INTERFACE, p->destination.interface);
		p->destination = (struct endpoint){0};
	}
	if (p->global.address.n && p->destination.mapped.n == 0)
		p->destination.mapped = p->global.address;
	put_end(w, &p->source, &source_fields);
	put_end(w, &p->destination, &destination_fields);
	if (asa_part(p, 'i').n)
		parse_put_host(w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, asa_part(p, 'i'));
	if (asa_part(p, 'd').n)
		parse_put_host(w, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, asa_part(p, 'd'));
	put_protocol(w, asa_part(p, 'p'));
	put_user(w, p);
	parse_put(w, FIELD_SOURCE_USER_GROUP_NAME, asa_part(p, 'g'));
	parse_put(w, FIELD_RULE_NAME, asa_part(p, 'a'));
	parse_put(w, FIELD_EVENT_REASON, asa_part(p, 'r'));
	if (asa_part(p, 'o').n)
		parse_put(w, FIELD_NETWORK_DIRECTION, asa_part(p, 'o'));
	if (!rec_has(w, FIELD_OBSERVER_INGRESS_INTERFACE))
		parse_put(w, FIELD_OBSERVER_INGRESS_INTERFACE, asa_part(p, 'I'));
	if (str_u64(asa_part(p, 'b'), &v))
		rec_put_u64(w, FIELD_NETWORK_BYTES, v);
	if (seconds_of(asa_part(p, 't'), &v))
		rec_put_u64(w, FIELD_EVENT_DURATION, v * (uint64_t)NS_PER_S);
	if (asa_part(p, 'U').n)
		put_url(w, asa_part(p, 'U'), false);
	if (asa_part(p, 'F').n)
		put_file(w, asa_part(p, 'F'));
	if (asa_part(p, 'M').n)
		parse_put_mac(w, FIELD_SOURCE_MAC, asa_part(p, 'M'));
	if (asa_part(p, 'c').n)
		rec_put(w, FIELD_PROCESS_COMMAND_LINE, asa_part(p, 'c'));
	put_kept(w, "connection_id", asa_part(p, 'n'));
	put_kept(w, "tcp_flags", asa_part(p, 'f'));
	put_kept(w, "icmp_type", asa_part(p, 'T'));
	put_kept(w, "icmp_code", asa_part(p, 'C'));
	put_kept(w, "hit_count", asa_part(p, 'h'));
	put_kept(w, "program", asa_part(p, 'm'));
	put_vpn(w, p);
}

static void
put_meaning(struct recs *w, const struct asa_parts *p, enum kind kind)
{
	struct event_words e = meanings[kind].words;
	struct str word = asa_part(p, 'k');

	if (kind == WORD && !str_eq(word, STR("permitted")) && !str_eq(word, STR("est-allowed")))
		e = meanings[DENY].words;
	if ((kind == AUTH_OK || kind == AUTH_FAIL) && str_eq(word, STR("authorization")))
		e = meanings[kind == AUTH_OK ? AUTHZ_OK : AUTHZ_FAIL].words;
	if (kind == FILE && str_eq_nocase(word, STR("Stored")))
		e.type = "creation";
	parse_event(w, &e);
	w->cur->logsource = (uint16_t)meanings[kind].logsource;
	if (kind == LEASE)
		w->cur->flags |= RECORD_BINDS;
	else if (kind == VPN_UP || kind == VPN_DOWN || kind == AUTH_OK || kind == AUTH_FAIL)
		w->cur->flags |= RECORD_REFERS;
}

static void
put_observer(struct recs *w, const struct head *h)
{
	static const char *const levels[] = {"emergency", "alert", "critical", "error", "warning",
		"notice", "informational", "debug"};
	bool ftd = str_eq(h->product, STR("FTD")) || str_eq(h->product, STR("NGIPS"));

	rec_put(w, FIELD_OBSERVER_VENDOR, STR("Cisco"));
	rec_put(w, FIELD_OBSERVER_PRODUCT, ftd ? STR("ftd") : STR("asa"));
	rec_put(w, FIELD_OBSERVER_TYPE, STR("firewall"));
	rec_put(w, FIELD_EVENT_DATASET, ftd ? STR("cisco.ftd") : STR("cisco.asa"));
	if (h->id.n) {
		rec_put(w, FIELD_EVENT_CODE, h->id);
		rec_put_prefixed(w, STR("cisco.asa."), STR("message_id"), h->id);
	}
	if (h->level.n && *h->level.p < '8') {
		rec_put_number(w, FIELD_EVENT_SEVERITY, h->level);
		rec_put(w, FIELD_LOG_LEVEL, str_of(levels[*h->level.p - '0']));
	}
}

static enum parsed
asa_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	struct str text = str_trim(message);
	const struct row *row;
	struct asa_parts parts;
	struct head head;

	if (!read_head(&text, &head)) {
		row = find_row(ID_NONE, text, &parts);
		if (!row)
			return PARSED_NOT;
	} else if (head.number >= 430001 && head.number <= 430005) {
		put_observer(w, &head);
		ftd_put(ctx, w, text, head.id);
		return PARSED_OK;
	} else {
		row = find_row(head.number, text, &parts);
	}
	put_observer(w, &head);
	if (row) {
		put_parts(w, &parts, row->kind);
		put_meaning(w, &parts, row->kind);
	} else {
		w->cur->logsource = LOGSOURCE_ASA;
	}
	return PARSED_OK;
}

/* Collectors cut "%ASA-6-302013: " off, or leave "6|time|302013: " of it (ASDM's export). */
static bool
looks_beheaded(struct str s)
{
	static const struct str begins[] = {{"Group <", 7}, {"Group = ", 8}, {"TunnelGroup <", 13},
		{"Deny tcp src ", 13}, {"Deny udp src ", 13}, {"Deny icmp src ", 14},
		{"Deny protocol ", 14}, {"Deny inbound ", 13}, {"Built inbound ", 14},
		{"Built outbound ", 15}, {"Teardown TCP connection ", 24},
		{"Teardown UDP connection ", 24}, {"Teardown ICMP connection ", 25},
		{"AAA user ", 9}};
	struct asa_parts parts;
	struct head head;

	if (s.n > 12 && is_digit(s.p[0]) && s.p[1] == '|')
		return bare_number(&s, &head);
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (str_starts(s, begins[i]))
			return find_row(ID_NONE, s, &parts) != NULL;
	return false;
}

static bool
asa_sniff(struct str message)
{
	struct head head;
	struct str s = message;

	if (looks_beheaded(str_trim(message)))
		return true;
	return str_chr(s, '%') >= 0 && read_head(&s, &head) &&
	       in_words("ASA FTD PIX FWSM NGIPS", head.product);
}

const struct parser parser_asa = {
	.name = "cisco_asa",
	.words = "asa ftd cisco_ftd cisco_pix cisco_asa_ftd cisco_anyconnect anyconnect",
	.logsource = LOGSOURCE_ASA,
	.module = "cisco",
	.programs = "%ASA-* %FTD-* %PIX-* %FWSM-* %NGIPS-*",
	.sniff = asa_sniff,
	.parse = asa_parse,
};
