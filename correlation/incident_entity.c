/* incident_entity.c - what an alert is about: persons, machines, addresses, and what left. */
#include <arpa/inet.h>
#include <string.h>

#include "base/logsource.h"
#include "base/utf8.h"
#include "correlation/incident_inside.h"

/* What is being read: an alert with its deciding record, if any. */
struct reading {
	struct incidents *k;
	struct alert *a;
	struct batch b;
	const struct record *r;
	enum log_family family; /* of the record */
	struct str user, shared, translated;
	bool identity; /* weave knows the person */
	bool failed;   /* or was stopped */
	bool attempt;  /* a logon that failed: its account was only tried */
};

static struct str
text(const struct reading *x, unsigned field)
{
	return x->r ? record_text(x->b, x->r, field) : (struct str){"", 0};
}

static bool
has_word(struct batch b, const struct record *r, unsigned field, struct str word)
{
	const struct entry *e = record_entries(b, r);

	for (uint32_t i = 0; i < r->nentries; i++)
		if (e[i].field == field && str_eq(entry_text(b, &e[i]), word))
			return true;
	return false;
}

bool
incident_failed(struct batch b, const struct record *r)
{
	return str_eq(record_text(b, r, FIELD_EVENT_OUTCOME), STR("failure")) ||
	       has_word(b, r, FIELD_EVENT_TYPE, STR("denied"));
}

/* In lower case; empty when it is too long. out: 3 * VALUE_BYTES. */
static struct str
lower(struct str s, char *out)
{
	size_t n = s.n <= VALUE_BYTES ? utf8_lower_to(s, out) : 0;

	return str_make(out, n <= VALUE_BYTES ? n : 0);
}

static bool
is_hub(const struct incidents *k, struct str value)
{
	for (size_t i = 0; i < k->opt.nhubs; i++)
		if (str_eq_nocase(k->opt.hubs[i], value))
			return true;
	return false;
}

/* NULL when it is there already, or there is no room. */
static struct alert_entity *
add(const struct reading *x, enum entity_kind kind, struct str value, bool own)
{
	struct alert *a = x->a;
	struct incidents *k = x->k;
	struct alert_entity *e;

	if (value.n == 0 || value.n > VALUE_BYTES)
		return NULL;
	for (size_t i = 0; i < a->nentities; i++)
		if (a->entities[i].kind == kind && str_eq(a->entities[i].value, value))
			return NULL;
	if (a->nentities == ALERT_ENTITIES) {
		k->root->unkept++;
		return NULL;
	}
	e = &a->entities[a->nentities];
	memcpy(k->values[a->nentities], value.p, value.n);
	*e = (struct alert_entity){.kind = kind,
		.value = str_make(k->values[a->nentities], value.n),
		.own = own,
		.hub = is_hub(k, value)};
	a->nentities++;
	return e;
}

static struct alert_entity *
add_low(const struct reading *x, enum entity_kind kind, struct str value, bool own)
{
	char low[3 * VALUE_BYTES];

	return add(x, kind, lower(value, low), own);
}

/* ---- persons ---- */

static bool
well_known(struct str s)
{
	static const char *const names[] = {"system", "local service", "network service",
		"localservice", "networkservice", "localsystem", "anonymous logon", "root",
		"nobody", "daemon", "-", "n/a", "(null)", "administrator", "admin", "guest",
		"unknown", "everyone", "iusr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(s, str_of(names[i])))
			return true;
	return s.n == 0 || s.p[s.n - 1] == '$' || str_starts(s, STR("dwm-")) ||
	       str_starts(s, STR("umfd-")) || str_starts(s, STR("s-1-"));
}

/* The row of a list whose column holds the value; -1: none. */
static int64_t
row_of(const struct list *t, struct str column, struct str value)
{
	int at = t ? list_column(t, column) : -1;

	return at < 0 ? -1 : list_lookup(t, (unsigned)at, LIST_VALUE, value, -1);
}

/* A service's, or one that many may use. */
static bool
nobodys(const struct incidents *k, struct str account)
{
	return well_known(account) ||
	       row_of(lists_find(k->lists, STR("service_accounts")), STR("account"), account) >=
		       0 ||
	       row_of(lists_find(k->lists, STR("shared_ids")), STR("account"), account) >= 0;
}

/* Whose account it is: an administrator account is its owner's. */
static struct str
owner(const struct incidents *k, struct str account)
{
	const struct list *people = lists_find(k->lists, STR("people"));
	const struct list *admins = lists_find(k->lists, STR("admins"));
	int user = people ? list_column(people, STR("user")) : -1;
	int whose = admins ? list_column(admins, STR("owner")) : -1;
	int64_t row = row_of(people, STR("user"), account);
	struct str who = {0};

	if (row < 0)
		row = row_of(people, STR("admin_account"), account);
	if (row >= 0 && user >= 0)
		who = list_cell(people, (size_t)row, (unsigned)user);
	row = who.n || whose < 0 ? -1 : row_of(admins, STR("account"), account);
	if (row >= 0)
		who = list_cell(admins, (size_t)row, (unsigned)whose);
	return who.n ? who : account;
}

static void
add_person(const struct reading *x, struct str account)
{
	char low[3 * VALUE_BYTES];
	struct str s = lower(account, low), head;
	ptrdiff_t slash = str_rchr(s, '\\');

	if (slash >= 0)
		str_skip(&s, (size_t)slash + 1);
	str_cut(&s, '@', &head);
	if (!nobodys(x->k, head))
		add_low(x, ENTITY_PERSON, owner(x->k, head), true);
}

/* ---- machines and addresses ---- */

/* The one spelling of an address; empty: it is none. out: INET6_ADDRSTRLEN. */
static struct str
canonical(struct str s, char *out)
{
	unsigned char six[16], four[4];
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	char z[INET6_ADDRSTRLEN];

	if (s.n < 2 || s.n >= sizeof(z))
		return (struct str){"", 0};
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	if (inet_pton(AF_INET6, z, six) == 1 && memcmp(six, mapped, sizeof(mapped)) != 0)
		return str_of(inet_ntop(AF_INET6, six, out, INET6_ADDRSTRLEN));
	if (str_chr(s, ':') >= 0)
		return inet_pton(AF_INET6, z, six) == 1
			       ? str_of(inet_ntop(AF_INET, six + 12, out, INET6_ADDRSTRLEN))
			       : (struct str){"", 0};
	return inet_pton(AF_INET, z, four) == 1
		       ? str_of(inet_ntop(AF_INET, four, out, INET6_ADDRSTRLEN))
		       : (struct str){"", 0};
}

/* Every machine has these, or none. */
static bool
nowhere(struct str ip)
{
	static const char *const begins[] = {
		"127.", "0.", "169.254.", "255.", "fe80:", "ff0", "ff1", "ff3"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (str_starts(ip, str_of(begins[i])))
			return true;
	if (ip.n >= 4 && ip.p[0] == '2' && ip.p[3] == '.' && /* 224. to 239. */
		(ip.p[1] == '3' || (ip.p[1] == '2' && ip.p[2] >= '4' && ip.p[2] <= '9')))
		return true;
	return str_eq(ip, STR("::1")) || str_eq(ip, STR("::"));
}

static bool
add_address(const struct reading *x, struct str value)
{
	char out[INET6_ADDRSTRLEN];
	struct str ip = canonical(value, out);
	struct alert_entity *e;

	if (ip.n == 0)
		return false;
	e = nowhere(ip) ? NULL : add(x, ENTITY_IP, ip, lists_own_address(x->k->lists, ip));
	if (!e)
		return true;
	e->important = lists_important(x->k->lists, ip);
	e->hub |= e->own && lists_shared_role(lists_role_of(x->k->lists, ip)).n > 0;
	/* weave says of the address that a record comes from: many stand behind it */
	e->hub |= x->shared.n && (str_eq(value, text(x, FIELD_SOURCE_IP)) ||
					 str_eq(value, text(x, FIELD_CLIENT_IP)));
	e->hub |= x->translated.n && str_eq(value, x->translated);
	return true;
}

/* Do many people work on that machine, as assets.csv has it? */
static bool
many_work_on(const struct incidents *k, struct str host)
{
	const struct list *t = lists_find(k->lists, STR("assets"));
	int name = t ? list_column(t, STR("host")) : -1;
	int role = t ? list_column(t, STR("role")) : -1;

	for (size_t i = 0; name >= 0 && role >= 0 && i < list_rows(t); i++) {
		struct str cell = list_cell(t, i, (unsigned)name), head;

		str_cut(&cell, '.', &head);
		if (str_eq_nocase(head, host))
			return lists_shared_role(list_cell(t, i, (unsigned)role)).n > 0;
	}
	return false;
}

static void
add_host(const struct reading *x, struct str host)
{
	char out[INET6_ADDRSTRLEN];
	struct alert_entity *e;
	struct str head;

	if (canonical(host, out).n)
		return;
	str_cut(&host, '.', &head);
	if (head.n < 2 || str_eq_nocase(head, STR("localhost")))
		return;
	e = add_low(x, ENTITY_HOST, head, true);
	if (!e)
		return;
	e->important = lists_important(x->k->lists, e->value);
	e->hub |= many_work_on(x->k, e->value);
}

/* The machine that writes a line is what it is about, except where it stands between others. */
static bool
observer(const struct reading *x)
{
	const uint32_t about = 1u << FAMILY_ENDPOINT | 1u << FAMILY_AUTH | 1u << FAMILY_SERVER;

	return x->r ? !(about >> x->family & 1) : !(x->a->families & about);
}

/* ---- what left, and with what ---- */

static void
add_domain(const struct reading *x, struct str value)
{
	char out[INET6_ADDRSTRLEN];

	if (value.n && value.p[value.n - 1] == '.')
		value.n--;
	if (canonical(value, out).n == 0 && str_chr(value, '.') > 0)
		add_low(x, ENTITY_DOMAIN, value, false);
}

/* Programs of the system are the same on every machine: their hash ties nothing. */
static bool
of_the_system(struct str path)
{
	static const char *const folders[] = {"c:\\windows\\", "c:\\program files\\",
		"c:\\program files (x86)\\", "/usr/", "/bin/", "/sbin/", "/lib/"};
	char low[3 * VALUE_BYTES];
	struct str s = lower(path, low);

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (str_starts(s, str_of(folders[i])))
			return !str_starts(s, STR("c:\\windows\\temp\\")) &&
			       !str_starts(s, STR("/usr/local/"));
	return false;
}

static void
add_hash(const struct reading *x, struct str value, bool common)
{
	struct alert_entity *e = add_low(x, ENTITY_HASH, value, false);

	if (e)
		e->hub |= common;
}

/* The strongest there is, one per file: three hashes of it tell no more. */
static bool
add_hashes(const struct reading *x, const unsigned fields[3], bool common)
{
	for (unsigned i = 0; i < 3; i++)
		if (text(x, fields[i]).n) {
			add_hash(x, text(x, fields[i]), common);
			return true;
		}
	return false;
}

static struct str
mail_domain(struct str address)
{
	ptrdiff_t at = str_rchr(address, '@');

	if (at >= 0)
		str_skip(&address, (size_t)at + 1);
	return address;
}

/* An address in a domain of the company's people. */
static bool
own_mail(const struct incidents *k, struct str address)
{
	const struct list *people = lists_find(k->lists, STR("people"));
	int mail = people ? list_column(people, STR("mail")) : -1;

	for (size_t i = 0; mail >= 0 && i < list_rows(people); i++)
		if (str_eq_nocase(mail_domain(list_cell(people, i, (unsigned)mail)),
			    mail_domain(address)))
			return true;
	return false;
}

static void
add_mail(const struct reading *x, struct str address)
{
	if (str_chr(address, '@') > 0 && !own_mail(x->k, address))
		add_low(x, ENTITY_MAIL, address, false);
}

/* The partner of a mail; that the other end is the company's own says its direction. */
static void
add_partners(const struct reading *x)
{
	struct str direction = text(x, FIELD_EMAIL_DIRECTION);
	const struct entry *e = record_entries(x->b, x->r);

	if (!str_eq(direction, STR("outbound")))
		add_mail(x, text(x, FIELD_EMAIL_FROM_ADDRESS));
	for (uint32_t i = 0, n = 0; i < x->r->nentries && n < 4; i++)
		if (e[i].field == FIELD_EMAIL_TO_ADDRESS && str_eq(direction, STR("outbound"))) {
			add_mail(x, entry_text(x->b, &e[i]));
			n++;
		}
}

/* A path as written; of one that is too long, its end. */
static void
add_file(const struct reading *x, struct str path)
{
	if (path.n > VALUE_BYTES)
		path = text(x, FIELD_FILE_NAME);
	add(x, ENTITY_FILE, path, true);
}

/* ---- all of it ---- */

static bool
names_account(struct str name)
{
	return str_eq(name, STR("user.name")) || str_ends(name, STR(".user.name")) ||
	       str_eq(name, STR("user.target.name")) || str_eq(name, STR("user.effective.name")) ||
	       str_eq(name, STR("user.email")) ||
	       /* aliases of correlations are words of their own */
	       (str_chr(name, '.') < 0 && str_chr(name, '_') < 0 &&
		       (str_find(name, STR("user")) >= 0 || str_find(name, STR("account")) >= 0 ||
			       str_find(name, STR("person")) >= 0));
}

/* By the name of a group's field, or what its value is. */
static void
add_named(const struct reading *x, struct str name, struct str value)
{
	if (str_eq(name, STR("noroshi.identity.user")))
		add_low(x, ENTITY_PERSON, value, true);
	else if (str_eq(name, STR("noroshi.identity.host")))
		add_host(x, value);
	else if (add_address(x, value))
		return;
	else if (names_account(name) && x->identity && str_eq(value, x->user))
		add_low(x, ENTITY_PERSON, text(x, FIELD_NOROSHI_IDENTITY_USER), true);
	else if (names_account(name))
		add_person(x, value);
	else if (str_eq(name, STR("host.name")) || str_eq(name, STR("host")) ||
		 str_eq(name, STR("host.hostname")) || str_eq(name, STR("computer"))) {
		if (!observer(x))
			add_host(x, value);
	} else if (str_find(name, STR(".hash.")) >= 0 || str_eq(name, STR("hash")))
		add_hash(x, value, false);
	else if (str_eq(name, STR("url.domain")) || str_eq(name, STR("destination.domain")) ||
		 str_eq(name, STR("dns.question.name")) || str_eq(name, STR("domain")))
		add_domain(x, value);
	else if (str_starts(name, STR("email.")) && str_ends(name, STR(".address")))
		add_mail(x, value);
}

/* What was not reached is told, but other alerts about it are not this one's. */
static void
add_target(const struct reading *x)
{
	size_t at = x->a->nentities;

	add_address(x, text(x, FIELD_DESTINATION_IP));
	if (x->failed && x->a->nentities > at && x->a->entities[at].own)
		x->k->tried |= 1u << at;
}

/* Of the deciding record. */
static void
add_record(const struct reading *x)
{
	static const unsigned process[] = {
		FIELD_PROCESS_HASH_SHA256, FIELD_PROCESS_HASH_SHA1, FIELD_PROCESS_HASH_MD5};
	static const unsigned file[] = {
		FIELD_FILE_HASH_SHA256, FIELD_FILE_HASH_SHA1, FIELD_FILE_HASH_MD5};
	static const unsigned domains[] = {
		FIELD_URL_DOMAIN, FIELD_DNS_QUESTION_NAME, FIELD_DESTINATION_DOMAIN};
	enum attack_stage stage = stage_of_tags(x->a->rule->tags, x->a->rule->ntags);
	bool hashed;

	if (!x->attempt && x->identity)
		add_low(x, ENTITY_PERSON, text(x, FIELD_NOROSHI_IDENTITY_USER), true);
	else if (!x->attempt)
		add_person(x, x->user);
	if (!x->attempt)
		add_person(x, text(x, FIELD_USER_TARGET_NAME));
	add_host(x, text(x, FIELD_NOROSHI_IDENTITY_HOST));
	if (!observer(x))
		add_host(x, text(x, FIELD_HOST_NAME));
	add_address(x, text(x, FIELD_SOURCE_IP));
	add_target(x);
	add_address(x, text(x, FIELD_CLIENT_IP));
	add_hashes(x, process, of_the_system(text(x, FIELD_PROCESS_EXECUTABLE)));
	hashed = add_hashes(x, file, of_the_system(text(x, FIELD_FILE_PATH)));
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		add_domain(x, text(x, domains[i]));
	if (x->family == FAMILY_MAIL)
		add_partners(x);
	if (stage >= STAGE_COLLECTION || hashed)
		add_file(
			x, text(x, text(x, FIELD_FILE_PATH).n ? FIELD_FILE_PATH : FIELD_FILE_NAME));
}

void
incident_entities(struct incidents *k, struct alert *a, struct batch b, const struct record *r)
{
	struct reading x = {.k = k, .a = a, .b = b, .r = r};
	size_t before;

	a->nentities = 0;
	k->tried = 0;
	if (r) {
		x.failed = incident_failed(b, r);
		x.family = record_family(r);
		x.user = text(&x, FIELD_USER_NAME);
		x.shared = text(&x, FIELD_NOROSHI_IDENTITY_SHARED);
		x.translated = text(&x, FIELD_SOURCE_NAT_IP);
		x.identity = text(&x, FIELD_NOROSHI_IDENTITY_USER).n > 0;
		x.attempt = x.failed &&
			    (x.family == FAMILY_AUTH || x.family == FAMILY_REMOTE ||
				    has_word(b, r, FIELD_EVENT_CATEGORY, STR("authentication")));
	}
	for (size_t i = 0; i < a->ngroup; i++)
		add_named(&x, a->group[i].name, a->group[i].value);
	if (r)
		add_record(&x);
	/* Of what was counted, machines: accounts that were only tried are not the attack's. */
	before = a->nentities;
	for (size_t i = 0; i < a->nvalues; i++)
		if (str_ends(a->counted, STR("host.name")) || str_ends(a->counted, STR(".ip")) ||
			str_eq(a->counted, STR("noroshi.identity.host")))
			add_named(&x, a->counted, a->values[i]);
	for (size_t i = before; x.failed && i < a->nentities; i++)
		k->tried |= 1u << i;
}
