#include "weave/address.h"

#include <string.h>

struct str
via_name(enum via v)
{
	static const char *const names[VIA_COUNT] = {"none", "logon", "lease", "vpn"};

	return str_of(names[(unsigned)v < VIA_COUNT ? v : VIA_NONE]);
}

static uint8_t
keep(char *to, size_t room, struct str s)
{
	size_t n = s.n < room ? s.n : 0; /* a name that does not fit is no name */

	if (n)
		memcpy(to, s.p, n);
	return (uint8_t)n;
}

static bool
same_holder(const struct binding *b, struct str user, struct str host, struct str mac)
{
	if (b->via == VIA_LEASE && b->mac_n && mac.n)
		return str_eq(binding_mac(b), mac);
	return str_eq(binding_user(b), user) && str_eq(binding_host(b), host);
}

/* The place of a binding that begins at `since`; the oldest makes room. -1: older than all. */
static int
make_room(struct address *a, int64_t since)
{
	uint32_t i = a->n;

	if (a->n == address_places(a)) {
		if (since < a->at[0].since)
			return -1;
		memmove(a->at, a->at + 1, (a->n - 1) * sizeof(a->at[0]));
		i = --a->n;
	}
	while (i > 0 && a->at[i - 1].since > since)
		i--;
	memmove(a->at + i + 1, a->at + i, (a->n - i) * sizeof(a->at[0]));
	a->n++;
	return (int)i;
}

void
address_bind(struct address *a, enum via via, struct str user, struct str host, struct str mac,
	int64_t since, int64_t until)
{
	struct binding *b = NULL;
	int64_t next = INT64_MAX;
	int at;

	for (uint32_t i = 0; i < a->n; i++) {
		struct binding *o = &a->at[i];

		if (o->via != via)
			continue;
		if (o->since > since) {
			/* late news: what came after stands */
			if (via != VIA_LOGON && o->since < next)
				next = o->since - 1;
			continue;
		}
		if (same_holder(o, user, host, mac)) {
			if (o->until >= since)
				b = o;
		} else if (via != VIA_LOGON && o->until >= since) {
			o->until = since - 1;
		}
	}
	if (until > next)
		until = next;
	if (b) {
		if (until > b->until)
			b->until = until;
		if (host.n && !b->host_n)
			b->host_n = keep(b->host, sizeof(b->host), host);
		return;
	}
	at = make_room(a, since);
	if (at < 0)
		return;
	b = &a->at[at];
	*b = (struct binding){.since = since, .until = until, .via = (uint8_t)via};
	b->user_n = keep(b->user, sizeof(b->user), user);
	b->host_n = keep(b->host, sizeof(b->host), host);
	b->mac_n = keep(b->mac, sizeof(b->mac), mac);
}

void
address_end(struct address *a, enum via via, int64_t when)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->at[i].via == via && a->at[i].since <= when && a->at[i].until > when)
			a->at[i].until = when;
}

void
address_saw(
	struct address *a, struct str user, int64_t when, uint32_t shared_from, int64_t shared_ns)
{
	uint64_t who = hash_text(user);
	uint32_t others = 0, oldest = 0;

	for (uint32_t i = 0; i < a->nseen; i++) {
		if (a->seen[i].who == who) {
			if (when > a->seen[i].when)
				a->seen[i].when = when;
			return;
		}
		if (a->seen[i].when < a->seen[oldest].when)
			oldest = i;
		others += a->seen[i].when > when - shared_ns;
	}
	if (a->nseen < SEEN)
		oldest = a->nseen++;
	a->seen[oldest].who = who;
	a->seen[oldest].when = when;
	if (others + 1 >= shared_from && when + shared_ns > a->shared_until)
		a->shared_until = when + shared_ns;
}
