/* incident_entity.c - what an alert is about: persons, machines, addresses, and what left. */
#include <string.h>

#include "base/logsource.h"
#include "base/utf8.h"
#include "correlation/incident_inside.h"

static struct str
lower(struct str s, char *out)
{
	size_t n;

	if (s.n > ENTITY_BYTES / 2 && !utf8_is_ascii(s))
		return (struct str){out, 0};
	if (s.n > ENTITY_BYTES)
		return (struct str){out, 0};
	n = utf8_lower_to(s, out);
	return str_make(out, n);
}

static bool
looks_like_address(struct str s)
{
	bool digit = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_digit(c) && c != '.' && c != ':' && !(c >= 'a' && c <= 'f'))
			return false;
		digit |= is_digit(c);
	}
	return s.n >= 3 && (digit || str_chr(s, ':') >= 0) &&
	       (str_chr(s, '.') > 0 || str_chr(s, ':') >= 0);
}

static bool
nobody(struct str s)
{
	static const char *const names[] = {"system", "local service", "network service",
		"anonymous logon", "root", "nobody", "-", "administrator", "admin", "guest",
		"unknown", "localsystem"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(s, str_of(names[i])))
			return true;
	return s.n == 0 || s.p[s.n - 1] == '$' || str_starts(s, STR("dwm-")) ||
	       str_starts(s, STR("s-1-"));
}

static bool
is_hub(const struct incidents *k, struct str value)
{
	for (size_t i = 0; i < k->opt.nhubs; i++)
		if (str_eq_nocase(k->opt.hubs[i], value))
			return true;
	return false;
}

static void
add(struct incidents *k, struct alert *a, enum entity_kind kind, struct str value, bool own)
{
	char low[ENTITY_BYTES * 2];
	struct str s;
	struct alert_entity *e;

	if (value.n > ENTITY_BYTES || value.n == 0)
		return;
	s = lower(value, low);
	if (s.n == 0 || a->nentities == ALERT_ENTITIES)
		return;
	for (size_t i = 0; i < a->nentities; i++)
		if (a->entities[i].kind == kind && str_eq(a->entities[i].value, s))
			return;
	e = &a->entities[a->nentities];
	memcpy(k->values[a->nentities], s.p, s.n);
	*e = (struct alert_entity){.kind = kind,
		.value = str_make(k->values[a->nentities], s.n),
		.own = own,
		.hub = is_hub(k, s)};
	e->important = (kind == ENTITY_HOST || kind == ENTITY_IP) && lists_important(k->lists, s);
	a->nentities++;
}

static void
add_person(struct incidents *k, struct alert *a, struct str account)
{
	char low[ENTITY_BYTES * 2];
	struct str s = lower(account, low), head;
	ptrdiff_t slash = str_rchr(s, '\\');

	if (slash >= 0)
		str_skip(&s, (size_t)slash + 1);
	str_cut(&s, '@', &head);
	if (!nobody(head))
		add(k, a, ENTITY_PERSON, head, true);
}

static void
add_host(struct incidents *k, struct alert *a, struct str host)
{
	struct str head;

	if (looks_like_address(host))
		return;
	str_cut(&host, '.', &head);
	if (head.n > 1)
		add(k, a, ENTITY_HOST, head, true);
}

static void
add_address(struct incidents *k, struct alert *a, struct str ip, bool shared)
{
	size_t at = a->nentities;
	bool own = lists_own_address(k->lists, ip);

	if (!looks_like_address(ip) || str_starts(ip, STR("127.")) || str_eq(ip, STR("::1")) ||
		str_eq(ip, STR("0.0.0.0")))
		return;
	add(k, a, ENTITY_IP, ip, own);
	if (a->nentities > at &&
		(shared || (own && lists_shared_role(lists_role_of(k->lists, ip)).n > 0)))
		a->entities[at].hub = true;
}

/* By the name of a group's field. */
static void
add_named(struct incidents *k, struct alert *a, struct str name, struct str value, bool shared,
	bool has_identity)
{
	if (str_eq(name, STR("noroshi.identity.user")))
		add(k, a, ENTITY_PERSON, value, true);
	else if (str_eq(name, STR("noroshi.identity.host")))
		add_host(k, a, value);
	else if (str_ends(name, STR(".ip")))
		add_address(k, a, value, shared && str_eq(name, STR("source.ip")));
	else if (str_find(name, STR("user")) >= 0 && !has_identity)
		add_person(k, a, value);
	else if (str_eq(name, STR("host.name")))
		add_host(k, a, value);
	else if (str_find(name, STR("hash")) >= 0)
		add(k, a, ENTITY_HASH, value, false);
	else if (str_find(name, STR("domain")) >= 0 && str_chr(value, '.') > 0)
		add(k, a, ENTITY_DOMAIN, value, false);
	else if (str_find(name, STR("email")) >= 0)
		add(k, a, ENTITY_MAIL, value, false);
}

/* Of the deciding record. */
static void
add_record(struct incidents *k, struct alert *a, struct batch b, const struct record *r)
{
	static const unsigned hashes[] = {FIELD_PROCESS_HASH_SHA256, FIELD_FILE_HASH_SHA256,
		FIELD_PROCESS_HASH_SHA1, FIELD_FILE_HASH_SHA1, FIELD_PROCESS_HASH_MD5,
		FIELD_FILE_HASH_MD5};
	static const unsigned domains[] = {
		FIELD_URL_DOMAIN, FIELD_DNS_QUESTION_NAME, FIELD_DESTINATION_DOMAIN};
	enum log_family f = family_of_logsource(r->logsource);
	struct str who = record_text(b, r, FIELD_NOROSHI_IDENTITY_USER);
	bool shared = record_find(b, r, FIELD_NOROSHI_IDENTITY_SHARED) != NULL;

	if (who.n)
		add(k, a, ENTITY_PERSON, who, true);
	else
		add_person(k, a, record_text(b, r, FIELD_USER_NAME));
	if (str_eq(record_text(b, r, FIELD_EVENT_OUTCOME), STR("success")) || f == FAMILY_AUTH)
		add_person(k, a, record_text(b, r, FIELD_USER_TARGET_NAME));
	add_host(k, a, record_text(b, r, FIELD_NOROSHI_IDENTITY_HOST));
	if (f == FAMILY_ENDPOINT || f == FAMILY_AUTH || f == FAMILY_SERVER)
		add_host(k, a, record_text(b, r, FIELD_HOST_NAME));
	add_address(k, a, record_text(b, r, FIELD_SOURCE_IP), shared);
	add_address(k, a, record_text(b, r, FIELD_DESTINATION_IP), false);
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		add(k, a, ENTITY_HASH, record_text(b, r, hashes[i]), false);
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (!looks_like_address(record_text(b, r, domains[i])))
			add(k, a, ENTITY_DOMAIN, record_text(b, r, domains[i]), false);
	if (f == FAMILY_MAIL) {
		struct str direction = record_text(b, r, FIELD_EMAIL_DIRECTION);

		if (str_eq(direction, STR("inbound")))
			add(k, a, ENTITY_MAIL, record_text(b, r, FIELD_EMAIL_FROM_ADDRESS), false);
		else if (str_eq(direction, STR("outbound")))
			add(k, a, ENTITY_MAIL, record_text(b, r, FIELD_EMAIL_TO_ADDRESS), false);
	}
	if (record_text(b, r, FIELD_FILE_NAME).n)
		add(k, a, ENTITY_FILE, record_text(b, r, FIELD_FILE_NAME), true);
}

void
incident_entities(struct incidents *k, struct alert *a, struct batch b, const struct record *r)
{
	bool shared = r && record_find(b, r, FIELD_NOROSHI_IDENTITY_SHARED);
	bool identity = r && record_find(b, r, FIELD_NOROSHI_IDENTITY_USER);

	a->nentities = 0;
	for (size_t i = 0; i < a->ngroup; i++)
		add_named(k, a, a->group[i].name, a->group[i].value, shared, identity);
	if (r)
		add_record(k, a, b, r);
	/* A name that was only tried is not the attack's: hosts that were reached are. */
	for (size_t i = 0; i < a->nvalues; i++)
		if (str_ends(a->counted, STR("host.name")) || str_ends(a->counted, STR(".ip")) ||
			str_eq(a->counted, STR("noroshi.identity.host")))
			add_named(k, a, a->counted, a->values[i], false, false);
}
