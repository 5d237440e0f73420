/*
 * card.c - network cards over time: the host and address that a lease gave, the person who logged
 * in to the network with it.
 */
#include <string.h>

#include "weave/inside.h"

struct str
weave_mac(struct batch b, const struct record *r)
{
	static const unsigned fields[] = {FIELD_CLIENT_MAC, FIELD_SOURCE_MAC, FIELD_HOST_MAC};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct str mac = record_text(b, r, fields[i]);

		if (mac.n)
			return mac;
	}
	return (struct str){"", 0};
}

static uint8_t
keep(char *to, size_t room, struct str s)
{
	size_t n = s.n <= room ? s.n : 0; /* a name that does not fit is no name */

	if (n)
		memcpy(to, s.p, n);
	return (uint8_t)n;
}

static struct card *
card_of(const struct weave *w, struct str mac)
{
	char digits[12];
	struct str key = mac_digits(mac, digits);

	return key.n ? (struct card *)table_find(&w->cards, table_key('c', key.p, key.n)) : NULL;
}

static bool
same(const struct card_binding *b, const struct weave_who *what, struct str ip)
{
	return str_eq(str_make(b->host, b->host_n), what->host) &&
	       str_eq(str_make(b->user, b->user_n), what->user) &&
	       str_eq(str_make(b->ip, b->ip_n), ip);
}

void
card_bind(struct weave *w, struct str mac, enum via via, const struct weave_who *what,
	struct str ip, int64_t since, int64_t until)
{
	char digits[12];
	struct str key = mac_digits(mac, digits);
	struct card_binding *b;
	struct card *c;
	uint32_t at;
	bool fresh;

	c = key.n ? (struct card *)table_take(
			    &w->cards, table_key('c', key.p, key.n), sizeof(*c), &fresh)
		  : NULL;
	if (!c)
		return;
	for (uint32_t i = 0; i < c->n; i++) {
		b = &c->at[i];
		if (b->via != via)
			continue;
		if (b->since > since) { /* late news: what came after stands */
			until = b->since - 1 < until ? b->since - 1 : until;
		} else if (b->until >= since && same(b, what, ip)) {
			b->until = until > b->until ? until : b->until;
			return;
		} else if (b->until >= since) {
			b->until = since - 1;
		}
	}
	if (c->n == CARD_BINDINGS) {
		if (since < c->at[0].since)
			return;
		memmove(c->at, c->at + 1, (CARD_BINDINGS - 1) * sizeof(c->at[0]));
		c->n--;
	}
	for (at = c->n; at > 0 && c->at[at - 1].since > since; at--)
		c->at[at] = c->at[at - 1];
	b = &c->at[at];
	*b = (struct card_binding){.since = since, .until = until, .via = (uint8_t)via};
	b->host_n = keep(b->host, sizeof(b->host), what->host);
	b->user_n = keep(b->user, sizeof(b->user), what->user);
	b->ip_n = keep(b->ip, sizeof(b->ip), ip);
	c->n++;
}

void
card_end(struct weave *w, struct str mac, enum via via, int64_t when)
{
	struct card *c = card_of(w, mac);

	for (uint32_t i = 0; c && i < c->n; i++)
		if (c->at[i].via == via && c->at[i].since <= when && c->at[i].until > when)
			c->at[i].until = when;
}

static const struct card_binding *
binding_at(const struct card *c, enum via via, int64_t time)
{
	for (uint32_t i = c ? c->n : 0; i-- > 0;)
		if (c->at[i].via == via && c->at[i].since <= time && time <= c->at[i].until)
			return &c->at[i];
	return NULL;
}

/* Lists say it for ever, a lease for its time, a login who holds it now. */
bool
card_who(struct weave *w, struct str mac, int64_t time, struct weave_who *ret, struct str *ip)
{
	const struct card *c = card_of(w, mac);
	const struct card_binding *lease = binding_at(c, VIA_LEASE, time);
	const struct card_binding *login = binding_at(c, VIA_LOGON, time);

	if (mac.n == 0)
		return false;
	*ret = (struct weave_who){.user = STR(""), .via = STR("directory"), .sure = true};
	ret->host = directory_card_host(&w->directory, mac, w->answer[7][1]);
	if (ret->host.n == 0 && lease && lease->host_n) {
		ret->host = str_make(lease->host, lease->host_n);
		ret->via = via_name(VIA_LEASE);
	}
	if (lease && lease->ip_n)
		*ip = str_make(lease->ip, lease->ip_n);
	ret->user = directory_owner(&w->directory, ret->host, mac);
	if (ret->user.n == 0 && login) {
		ret->user = str_make(login->user, login->user_n);
		ret->via = via_name(VIA_LOGON);
		ret->sure = false;
	}
	return ret->host.n > 0 || ret->user.n > 0 || ip->n > 0;
}
