/* bind.c - what a record says of who is where: leases, tunnels, logons, translated addresses. */
#include <string.h>

#include "base/clock.h"
#include "base/logsource.h"
#include "weave/inside.h"

#define NAT_NS (600 * NS_PER_S)

static bool
is_end(struct batch b, const struct record *r)
{
	return record_lists(b, r, FIELD_EVENT_TYPE, STR("end")) ||
	       str_find(record_text(b, r, FIELD_EVENT_ACTION), STR("disconnect")) >= 0;
}

bool
is_lease(struct batch b, const struct record *r)
{
	return r->logsource == LOGSOURCE_DHCPD ||
	       str_starts(record_text(b, r, FIELD_EVENT_ACTION), STR("dhcp")) ||
	       ((r->flags & RECORD_BINDS) &&
		       str_eq(record_text(b, r, FIELD_NETWORK_PROTOCOL), STR("dhcp")));
}

static void
learn_lease(struct weave *w, struct batch b, const struct record *r)
{
	struct str action = record_text(b, r, FIELD_EVENT_ACTION);
	struct str ip = record_text(b, r, FIELD_CLIENT_IP);
	struct str host = record_text(b, r, FIELD_CLIENT_DOMAIN);
	struct str mac = record_text(b, r, FIELD_CLIENT_MAC);
	char name[NAME_MAX_BYTES];
	struct address *a;

	if (ip.n == 0)
		ip = record_text(b, r, FIELD_SOURCE_IP);
	if (host.n == 0)
		host = record_text(b, r, FIELD_SOURCE_DOMAIN);
	if (mac.n == 0)
		mac = record_text(b, r, FIELD_SOURCE_MAC);
	a = weave_address_take(w, ip);
	if (!a)
		return;
	if (is_end(b, r) || str_find(action, STR("release")) >= 0 ||
		str_find(action, STR("expire")) >= 0) {
		address_end(a, VIA_LEASE, r->time);
		card_end(w, mac, VIA_LEASE, r->time);
		return;
	}
	if (mac.n) {
		struct weave_who what = {.host = directory_host(host, name)};

		card_bind(w, mac, VIA_LEASE, &what, ip, r->time, r->time + w->opt.lease_ns);
	}
	if (mac.n || host.n)
		address_bind(a, VIA_LEASE, STR(""), directory_host(host, name), mac, r->time,
			r->time + w->opt.lease_ns);
}

static void
learn_tunnel(struct weave *w, struct batch b, const struct record *r, struct str person)
{
	struct str ip = record_text(b, r, FIELD_SOURCE_NAT_IP);
	struct address *a;

	if (ip.n == 0)
		ip = record_text(b, r, FIELD_CLIENT_IP);
	/* the tunnel's own address, not the one that the client came from */
	if (ip.n == 0 || str_eq(ip, record_text(b, r, FIELD_SOURCE_IP)))
		return;
	a = weave_address_take(w, ip);
	if (!a)
		return;
	if (is_end(b, r))
		address_end(a, VIA_VPN, r->time);
	else if (person.n)
		address_bind(
			a, VIA_VPN, person, STR(""), STR(""), r->time, r->time + w->opt.vpn_ns);
}

/* Somebody sat down at a host. */
static void
learn_seat(struct weave *w, struct str host, struct str person, int64_t time)
{
	bool fresh;
	struct host *h = (struct host *)table_take(
		&w->hosts, table_key('h', host.p, host.n), sizeof(*h), &fresh);

	if (!h)
		return;
	if (!fresh && str_eq(str_make(h->user, h->user_n), person)) {
		if (time + w->opt.logon_ns > h->until)
			h->until = time + w->opt.logon_ns;
		return;
	}
	h->others = !fresh && h->until > time ? 1 : 0;
	h->user_n = (uint32_t)person.n;
	memcpy(h->user, person.p, person.n);
	h->since = time;
	h->until = time + w->opt.logon_ns;
}

static bool
is_seat(struct str logon_type)
{
	return str_eq(logon_type, STR("2")) || str_eq(logon_type, STR("7")) ||
	       str_eq(logon_type, STR("10")) || str_eq(logon_type, STR("11"));
}

static void
learn_logon(struct weave *w, struct batch b, const struct record *r, struct str person)
{
	struct str ip = record_text(b, r, FIELD_SOURCE_IP);
	struct str type = record_text(b, r, FIELD_WINLOG_LOGON_TYPE);
	char name[NAME_MAX_BYTES];
	struct str host = directory_host(record_text(b, r, FIELD_HOST_NAME), name);
	struct address *a;

	if (!str_eq(record_text(b, r, FIELD_EVENT_OUTCOME), STR("success")) || person.n == 0)
		return;
	if (is_seat(type) && host.n && !str_eq(type, STR("10")))
		learn_seat(w, host, person, r->time);
	if (ip.n == 0 || is_loopback(ip))
		return;
	a = weave_address_take(w, ip);
	if (!a)
		return;
	address_bind(a, VIA_LOGON, person, STR(""), STR(""), r->time, r->time + w->opt.logon_ns);
	address_saw(a, person, r->time, w->opt.shared_from, w->opt.shared_ns);
}

/* Somebody showed himself to the network with this card: 802.1X, RADIUS, a portal. */
static void
learn_card(struct weave *w, struct batch b, const struct record *r, struct str person)
{
	struct weave_who what = {.user = person};
	struct str mac = weave_mac(b, r);

	if (mac.n == 0 || person.n == 0)
		return;
	if (is_end(b, r))
		card_end(w, mac, VIA_LOGON, r->time);
	else if (str_eq(record_text(b, r, FIELD_EVENT_OUTCOME), STR("success")))
		card_bind(w, mac, VIA_LOGON, &what, record_text(b, r, FIELD_SOURCE_IP), r->time,
			r->time + w->opt.logon_ns);
}

/* A firewall that names both sides of a translation. */
static void
learn_nat(struct weave *w, struct batch b, const struct record *r)
{
	struct str nat = record_text(b, r, FIELD_SOURCE_NAT_IP);
	struct str port = record_text(b, r, FIELD_SOURCE_NAT_PORT);
	struct str inside = record_text(b, r, FIELD_SOURCE_IP);
	char key[80];
	bool fresh;
	struct nat *n;

	if (nat.n == 0 || port.n == 0 || inside.n == 0 || inside.n >= sizeof(n->inside) ||
		nat.n + port.n + 1 > sizeof(key) || str_eq(nat, inside))
		return;
	memcpy(key, nat.p, nat.n);
	key[nat.n] = '|';
	memcpy(key + nat.n + 1, port.p, port.n);
	n = (struct nat *)table_take(
		&w->nats, table_key('n', key, nat.n + 1 + port.n), sizeof(*n), &fresh);
	if (!n)
		return;
	n->since = r->time;
	n->until = r->time + NAT_NS;
	n->inside_n = (uint32_t)inside.n;
	memcpy(n->inside, inside.p, inside.n);
}

static bool
is_authentication(struct batch b, const struct record *r)
{
	return record_lists(b, r, FIELD_EVENT_CATEGORY, STR("authentication")) ||
	       record_lists(b, r, FIELD_EVENT_CATEGORY, STR("session"));
}

void
weave_learn(
	struct weave *w, struct batch b, const struct record *r, struct str person, struct str ip)
{
	enum log_family f = record_family(r);

	if (is_authentication(b, r))
		learn_card(w, b, r, person);
	if (is_lease(b, r))
		learn_lease(w, b, r);
	else if (f == FAMILY_REMOTE)
		learn_tunnel(w, b, r, person);
	else if (f == FAMILY_AUTH || r->logsource == LOGSOURCE_SSHD ||
		 r->logsource == LOGSOURCE_AUDITD_LOGIN)
		learn_logon(w, b, r, person);
	else if (f == FAMILY_FIREWALL && record_find(b, r, FIELD_SOURCE_NAT_PORT))
		learn_nat(w, b, r);
	else if (f == FAMILY_PROXY && person.n) {
		struct address *a = weave_address_take(w, ip);

		if (a)
			address_saw(a, person, r->time, w->opt.shared_from, w->opt.shared_ns);
	}
}
