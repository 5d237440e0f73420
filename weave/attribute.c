/* attribute.c - what is known of a record's persons and hosts, written into it. */
#include <string.h>

#include "base/logsource.h"
#include "weave/inside.h"

struct found {
	char user[NAME_MAX_BYTES], host[NAME_MAX_BYTES];
	size_t user_n, host_n;
	bool sure;
	struct str shared, via[3];
	unsigned nvia;
	struct str inside; /* the address behind a translated one */
	struct str card;   /* the address that a card had */
	struct str client; /* whom a listed proxy asks for */
};

static void
take(char *to, size_t *n, struct str s)
{
	*n = s.n <= NAME_MAX_BYTES ? s.n : 0;
	if (*n)
		memcpy(to, s.p, *n);
}

static void
say_via(struct found *f, struct str via)
{
	for (unsigned i = 0; i < f->nvia; i++)
		if (str_eq(f->via[i], via))
			return;
	if (f->nvia < 3 && via.n)
		f->via[f->nvia++] = via;
}

/* A translated address and port: who stood behind it then. */
static struct str
behind(const struct weave *w, struct str ip, struct str port, int64_t time)
{
	char key[80];
	const struct nat *n;

	if (ip.n == 0 || port.n == 0 || ip.n + port.n + 1 > sizeof(key))
		return (struct str){"", 0};
	memcpy(key, ip.p, ip.n);
	key[ip.n] = '|';
	memcpy(key + ip.n + 1, port.p, port.n);
	n = (const struct nat *)table_find(&w->nats, table_key('n', key, ip.n + 1 + port.n));
	return n && time >= n->since && time <= n->until ? str_make(n->inside, n->inside_n)
							 : (struct str){"", 0};
}

static void
by_address(struct weave *w, struct str ip, int64_t time, struct found *f)
{
	struct weave_who p[2];
	struct str shared;
	size_t n;

	if (ip.n == 0 || is_loopback(ip))
		return;
	n = weave_who(w, ip, time, p, 2, &shared);
	if (f->host_n == 0 && p[0].host.n)
		take(f->host, &f->host_n, p[0].host);
	if (shared.n) {
		f->shared = shared;
		return;
	}
	if (n != 1 || f->user_n > 0)
		return;
	take(f->user, &f->user_n, p[0].user);
	f->sure = p[0].sure;
	say_via(f, p[0].via);
}

/* A line that names a network card and no address. */
static void
by_card(struct weave *w, struct batch b, const struct record *r, struct found *f)
{
	struct weave_who p;

	if (!card_who(w, weave_mac(b, r), r->time, &p, &f->card))
		return;
	if (f->host_n == 0 && p.host.n)
		take(f->host, &f->host_n, p.host);
	if (p.host.n && directory_many_users(&w->directory, p.host)) {
		f->shared = STR("vdi");
		return;
	}
	if (f->user_n > 0 || p.user.n == 0)
		return;
	take(f->user, &f->user_n, p.user);
	f->sure = p.sure;
	say_via(f, p.via);
}

/* Mail: the company's own sender of what goes out, its recipient of what comes in. */
static void
by_mail(struct weave *w, struct batch b, const struct record *r, struct found *f)
{
	struct str to = record_text(b, r, FIELD_EMAIL_TO_ADDRESS);
	struct str from = record_text(b, r, FIELD_EMAIL_FROM_ADDRESS);
	struct str direction = record_text(b, r, FIELD_EMAIL_DIRECTION);
	struct str who = {0};
	char out[NAME_MAX_BYTES];

	if (!str_eq(direction, STR("inbound")))
		who = directory_mail(&w->directory, from, out);
	if (who.n == 0)
		who = directory_mail(&w->directory, to, out);
	if (who.n == 0)
		return;
	take(f->user, &f->user_n, who);
	f->sure = true;
	say_via(f, STR("directory"));
}

/* The machine that the person sits at, not the one that wrote the line about him. */
static void
find_host(struct batch b, const struct record *r, struct found *f)
{
	enum log_family family = record_family(r);
	struct str ip = record_text(b, r, FIELD_SOURCE_IP);
	char name[NAME_MAX_BYTES];

	if (family != FAMILY_ENDPOINT &&
		!(family == FAMILY_AUTH && (ip.n == 0 || is_loopback(ip))) &&
		r->logsource != LOGSOURCE_SSHD && r->logsource != LOGSOURCE_SUDO &&
		r->logsource != LOGSOURCE_SU && r->logsource != LOGSOURCE_PAM)
		return;
	take(f->host, &f->host_n, directory_host(record_text(b, r, FIELD_HOST_NAME), name));
}

static void
find_person(struct weave *w, struct batch b, const struct record *r, struct found *f)
{
	struct str account = record_text(b, r, FIELD_USER_NAME);
	bool known = false, failed;
	struct str who;

	if (account.n == 0)
		account = record_text(b, r, FIELD_SOURCE_USER_NAME);
	if (account.n == 0 && record_find(b, r, FIELD_EMAIL_FROM_ADDRESS) == NULL)
		account = record_text(b, r, FIELD_USER_EMAIL);
	who = account.n ? weave_person(w, account, &known) : (struct str){"", 0};
	if (who.n == 0)
		return;
	failed = str_eq(record_text(b, r, FIELD_EVENT_OUTCOME), STR("failure"));
	take(f->user, &f->user_n, who);
	f->sure = !failed;
	say_via(f, known ? STR("directory") : STR("name"));
}

static void
put(struct weave *w, struct batch b, struct record *r, unsigned field, struct str value,
	unsigned flags)
{
	if (value.n && !rec_weave(b, r, field, VALUE_STRING, value, flags))
		w->root->no_room++;
}

/* One more value of related.*, unless it stands there. */
static void
relate(struct weave *w, struct batch b, struct record *r, unsigned field, struct str value)
{
	if (value.n && !record_lists(b, r, field, value))
		put(w, b, r, field, value, ENTRY_ARRAY);
}

static void
write_identity(struct weave *w, struct batch b, struct record *r, const struct found *f)
{
	struct str user = str_make(f->user, f->user_n), host = str_make(f->host, f->host_n);

	put(w, b, r, FIELD_NOROSHI_IDENTITY_USER, user, 0);
	put(w, b, r, FIELD_NOROSHI_IDENTITY_HOST, host, 0);
	put(w, b, r, FIELD_NOROSHI_IDENTITY_SHARED, f->shared, 0);
	for (unsigned i = 0; user.n && i < f->nvia; i++)
		put(w, b, r, FIELD_NOROSHI_IDENTITY_VIA, f->via[i], ENTRY_ARRAY);
	if (user.n && !rec_weave(b, r, FIELD_NOROSHI_IDENTITY_SURE,
			      f->sure ? VALUE_TRUE : VALUE_FALSE, STR(""), 0))
		w->root->no_room++;
	if (user.n && !record_find(b, r, FIELD_USER_ID))
		put(w, b, r, FIELD_USER_ID, user, 0);
	if (host.n && !record_find(b, r, FIELD_HOST_ID))
		put(w, b, r, FIELD_HOST_ID, host, 0);
	relate(w, b, r, FIELD_RELATED_USER, user);
	relate(w, b, r, FIELD_RELATED_HOSTS, host);
}

/* To a group or to all on the wire: no router of the company lets it out. */
static bool
is_group(struct str ip)
{
	struct str rest = ip, head;
	uint64_t first = 0;

	return str_starts(ip, STR("ff")) ||
	       (str_cut(&rest, '.', &head) && str_u64(head, &first) && first >= 224);
}

/* Whose network a connection enters and leaves, as the lists have it; what the product said of the
 * direction stays. */
static void
write_direction(struct weave *w, struct batch b, struct record *r)
{
	struct str from = record_text(b, r, FIELD_SOURCE_IP);
	struct str to = record_text(b, r, FIELD_DESTINATION_IP);
	bool own, inside;

	if (from.n == 0 || to.n == 0 || record_find(b, r, FIELD_NETWORK_DIRECTION))
		return;
	own = lists_own_address(w->directory.lists, from);
	inside = is_group(to) || lists_own_address(w->directory.lists, to);
	put(w, b, r, FIELD_NETWORK_DIRECTION,
		own      ? inside ? STR("internal") : STR("outbound")
		     : inside ? STR("inbound")
			 : STR("external"),
		0);
}

static void
write_found(struct weave *w, struct batch b, struct record *r, const struct found *f)
{
	struct str ip = record_text(b, r, FIELD_SOURCE_IP);

	write_identity(w, b, r, f);
	if (f->inside.n && !record_find(b, r, FIELD_SOURCE_NAT_IP))
		put(w, b, r, FIELD_SOURCE_NAT_IP, ip, 0);
	relate(w, b, r, FIELD_RELATED_IP, f->inside);
	if (f->client.n) {
		if (!record_find(b, r, FIELD_CLIENT_IP))
			put(w, b, r, FIELD_CLIENT_IP, f->client, 0);
		put(w, b, r, FIELD_NETWORK_FORWARDED_IP, f->client, 0);
		relate(w, b, r, FIELD_RELATED_IP, f->client);
	}
	relate(w, b, r, FIELD_RELATED_IP, f->card);
	/* derived records come from no parser that would have said it */
	relate(w, b, r, FIELD_RELATED_IP, ip);
	relate(w, b, r, FIELD_RELATED_IP, record_text(b, r, FIELD_DESTINATION_IP));
	write_direction(w, b, r);
}

void
weave_attribute(struct weave *w, struct batch b, struct record *r)
{
	struct found f = {0};
	struct str ip = record_text(b, r, FIELD_SOURCE_IP);
	bool mail = record_family(r) == FAMILY_MAIL;
	struct str person;
	char client[48];

	f.client = weave_forwarded(w, b, r, client);
	if (f.client.n)
		ip = f.client;
	if (ip.n == 0 && !is_lease(b, r))
		ip = record_text(b, r, FIELD_CLIENT_IP);
	find_person(w, b, r, &f);
	person = str_make(f.user, f.user_n);
	weave_learn(w, b, r, person, ip);
	find_host(b, r, &f);
	if (mail && f.user_n == 0)
		by_mail(w, b, r, &f);
	if (is_lease(b, r))
		ip = record_text(b, r, FIELD_CLIENT_IP);
	else if (!mail && f.client.n == 0)
		f.inside = behind(w, ip, record_text(b, r, FIELD_SOURCE_PORT), r->time);
	/* Who writes a mail is told by the mail; its client may be anybody's. */
	if (!mail)
		by_address(w, f.inside.n ? f.inside : ip, r->time, &f);
	if (!mail && ip.n == 0)
		by_card(w, b, r, &f);
	write_found(w, b, r, &f);
}
