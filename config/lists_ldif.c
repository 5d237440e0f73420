/* lists_ldif.c - people of a directory (Active Directory, OpenLDAP ...) as rows of a list. */
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/ldif.h"
#include "config/lists_inside.h"

#define MAILS_MAX 8192u /* bytes of one person's mail addresses */

enum column {
	COLUMN_USER,
	COLUMN_NAME,
	COLUMN_DEPARTMENT,
	COLUMN_MAIL,
	COLUMN_MAILS,
	COLUMN_UPN,
	COLUMN_ACCOUNT,
	COLUMN_MANAGER,
	COLUMN_EMPLOYEE_NO,
	COLUMN_DISABLED,
	COLUMNS
};

static const char *const column_names[COLUMNS] = {"user", "name", "department", "mail", "mails",
	"upn", "account", "manager", "employee_no", "disabled"};

/* Attributes that one column is taken from; the first in this order that the entry has. */
static const struct {
	const char *attribute;
	enum column column;
} attributes[] = {{"sAMAccountName", COLUMN_USER}, {"uid", COLUMN_USER},
	{"displayName", COLUMN_NAME}, {"cn", COLUMN_NAME}, {"name", COLUMN_NAME},
	{"department", COLUMN_DEPARTMENT}, {"ou", COLUMN_DEPARTMENT},
	{"departmentNumber", COLUMN_DEPARTMENT}, {"mail", COLUMN_MAIL},
	{"userPrincipalName", COLUMN_UPN}, {"manager", COLUMN_MANAGER},
	{"employeeNumber", COLUMN_EMPLOYEE_NO}, {"employeeID", COLUMN_EMPLOYEE_NO}};

/* Further mail addresses, several of each. */
static const char *const more_mails[] = {"proxyAddresses", "mailAlternateAddress",
	"mailLocalAddress", "otherMailbox", "rfc822Mailbox"};

struct entry {
	struct str dn;
	unsigned line; /* of its dn, 0: none yet */
	unsigned rank[COLUMNS];
	struct str cells[COLUMNS];
	struct str primary; /* SMTP: in capitals */
	size_t mails_n;
	bool bad, person, machine, started, change, footer;
};

struct people {
	struct list_reading *r;
	struct entry e;
	char mails[MAILS_MAX]; /* of e; not part of it, so that it is cheap to begin anew */
	struct str *cells;     /* rows * COLUMNS */
	struct str *dns;       /* per row */
	unsigned *lines;
	size_t cap_cells, cap_dns, cap_lines, used;
};

static void
spoil(struct people *p, unsigned line, const char *what, struct str value)
{
	if (!p->e.bad)
		lists_bad_row(p->r, line, what, value);
	p->e.bad = true;
}

static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return utf8_valid(s);
}

/* The value as text; false: it is told what is wrong with it. */
static bool
value_of(struct people *p, const struct ldif_line *l, struct str *ret)
{
	char *out;
	size_t n;

	*ret = l->value;
	if (l->elsewhere) {
		spoil(p, l->line, "a value that is kept elsewhere (:<) is not read", l->name);
		return false;
	}
	if (l->encoded) {
		out = arena_alloc(&p->r->all->arena, l->value.n + 1);
		if (!ldif_decode(l->value, out, &n)) {
			spoil(p, l->line, "not base64", l->value);
			return false;
		}
		*ret = str_trim(str_make(out, n));
	}
	if (!is_text(*ret)) {
		spoil(p, l->line, "not text in UTF-8", l->name);
		return false;
	}
	return true;
}

static void
add_mail(struct people *p, unsigned line, struct str mail)
{
	struct entry *e = &p->e;

	if (mail.n == 0 || str_chr(mail, '@') <= 0 || str_chr(mail, ' ') >= 0)
		return;
	if (mail.n + 1 > sizeof(p->mails) - e->mails_n) {
		spoil(p, line, "more mail addresses than one person may have", mail);
		return;
	}
	if (e->mails_n)
		p->mails[e->mails_n++] = ' ';
	memcpy(p->mails + e->mails_n, mail.p, mail.n);
	e->mails_n += mail.n;
}

/* "smtp:a@b", "SMTP:a@b" (the primary one), "X500:/o=..." (no mail address), or bare. */
static void
take_proxy(struct people *p, unsigned line, struct str v)
{
	struct str kind = {"", 0}, rest = v;

	if (str_chr(v, ':') > 0)
		str_cut(&rest, ':', &kind);
	if (kind.n > 0 && !str_eq_nocase(kind, STR("smtp")))
		return;
	if (str_eq(kind, STR("SMTP")))
		p->e.primary = rest;
	add_mail(p, line, rest);
}

static void
take_class(struct entry *e, struct str v)
{
	static const char *const persons[] = {"user", "person", "inetOrgPerson",
		"organizationalPerson", "posixAccount", "account"};

	for (size_t i = 0; i < sizeof(persons) / sizeof(persons[0]); i++)
		e->person |= str_eq_nocase(v, str_of(persons[i]));
	e->machine |= str_eq_nocase(v, STR("computer")) ||
		      str_starts(v, STR("msDS-GroupManagedServiceAccount")) ||
		      str_starts(v, STR("msDS-ManagedServiceAccount"));
}

static void
take_attribute(struct people *p, const struct ldif_line *l)
{
	struct entry *e = &p->e;
	struct str v;
	uint64_t bits;

	for (unsigned i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		enum column c = attributes[i].column;

		if (!str_eq_nocase(l->name, str_of(attributes[i].attribute)))
			continue;
		if (!value_of(p, l, &v))
			return;
		if (c == COLUMN_MAIL)
			add_mail(p, l->line, v);
		if (v.n > 0 && (e->cells[c].n == 0 || i < e->rank[c])) {
			e->cells[c] = v;
			e->rank[c] = i;
		}
		return;
	}
	for (unsigned i = 0; i < sizeof(more_mails) / sizeof(more_mails[0]); i++)
		if (str_eq_nocase(l->name, str_of(more_mails[i])) && value_of(p, l, &v))
			take_proxy(p, l->line, v);
	if (str_eq_nocase(l->name, STR("objectClass")) && value_of(p, l, &v))
		take_class(e, v);
	/* ACCOUNTDISABLE */
	if (str_eq_nocase(l->name, STR("userAccountControl")) && str_u64(l->value, &bits) &&
		(bits & 2))
		e->cells[COLUMN_DISABLED] = STR("yes");
	if (str_eq_nocase(l->name, STR("nsAccountLock")) && str_eq_nocase(l->value, STR("true")))
		e->cells[COLUMN_DISABLED] = STR("yes");
}

/* ---- whole entries ---- */

/* The first DC of a name is, as a rule, what stands in front of accounts: AOBA\\sato. */
static void
put_account(struct people *p)
{
	struct entry *e = &p->e;
	struct str rest = e->dn, part, user = e->cells[COLUMN_USER];
	char *out;

	while (rest.n > 0) {
		str_cut(&rest, ',', &part);
		part = str_trim(part);
		if (part.n < 4 || !str_eq_nocase(str_make(part.p, 3), STR("dc=")))
			continue;
		str_skip(&part, 3);
		out = arena_alloc(&p->r->all->arena, part.n + user.n + 1);
		for (size_t i = 0; i < part.n; i++)
			out[i] = part.p[i] >= 'a' && part.p[i] <= 'z' ? (char)(part.p[i] - 32)
								      : part.p[i];
		out[part.n] = '\\';
		memcpy(out + part.n + 1, user.p, user.n);
		e->cells[COLUMN_ACCOUNT] = str_make(out, part.n + 1 + user.n);
		return;
	}
}

static void
keep_row(struct people *p)
{
	struct entry *e = &p->e;
	struct list *t = p->r->t;

	if (t->rows == LIST_ROWS_MAX) {
		lists_bad_row(p->r, e->line, "more rows than a list may have", e->dn);
		return;
	}
	if (e->cells[COLUMN_MAIL].n == 0)
		e->cells[COLUMN_MAIL] = e->primary;
	e->cells[COLUMN_MAILS] = arena_str(&p->r->all->arena, str_make(p->mails, e->mails_n));
	put_account(p);
	p->dns = mem_grow(p->dns, t->rows, &p->cap_dns, sizeof(*p->dns));
	p->lines = mem_grow(p->lines, t->rows, &p->cap_lines, sizeof(*p->lines));
	p->dns[t->rows] = e->dn;
	p->lines[t->rows] = e->line;
	for (unsigned c = 0; c < COLUMNS; c++) {
		p->cells = mem_grow(p->cells, p->used, &p->cap_cells, sizeof(*p->cells));
		p->cells[p->used++] = e->cells[c];
	}
	t->rows++;
}

/* Groups, units and machines are no people and nothing to complain of. */
static void
end_entry(struct people *p)
{
	struct entry *e = &p->e;

	if (e->started && !e->bad && !e->change && !e->footer && e->person && !e->machine) {
		if (e->cells[COLUMN_USER].n > 0)
			keep_row(p);
		else
			lists_bad_row(
				p->r, e->line, "a person without sAMAccountName or uid", e->dn);
	}
	p->e = (struct entry){0};
}

static void
begin_entry(struct people *p, const struct ldif_line *l)
{
	struct entry *e = &p->e;

	e->started = true;
	e->line = l->line;
	if (str_eq_nocase(l->name, STR("dn"))) {
		value_of(p, l, &e->dn);
		return;
	}
	/* what ldapsearch writes behind the last entry */
	e->footer = str_eq(l->name, STR("search")) || str_eq(l->name, STR("result")) ||
		    str_eq(l->name, STR("ref"));
	if (!e->footer)
		spoil(p, l->line, "an entry begins with dn:", l->name);
}

static void
take_line(struct people *p, const struct ldif_line *l)
{
	struct entry *e = &p->e;

	if (!e->started && str_eq_nocase(l->name, STR("version")))
		return;
	if (!e->started) {
		begin_entry(p, l);
		return;
	}
	if (e->bad || e->footer || e->change)
		return;
	if (str_eq_nocase(l->name, STR("changetype")) && !str_eq_nocase(l->value, STR("add"))) {
		lists_bad_row(p->r, l->line, "a change, not an entry", l->value);
		e->change = true;
		return;
	}
	take_attribute(p, l);
}

/* A manager is named by his dn; the rows know whose that is. */
static void
name_managers(struct people *p)
{
	struct list *t = p->r->t;
	size_t mask = 1;
	uint32_t *slots;

	while (mask < t->rows * 2)
		mask *= 2;
	slots = mem_zero(mask, sizeof(*slots));
	for (size_t i = 0; i < t->rows; i++) {
		size_t at = hash_text(p->dns[i]) & (mask - 1);

		while (slots[at])
			at = (at + 1) & (mask - 1);
		slots[at] = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < t->rows; i++) {
		struct str *manager = &p->cells[i * COLUMNS + COLUMN_MANAGER], found = {"", 0};
		size_t at = hash_text(*manager) & (mask - 1);

		for (; manager->n && slots[at] && found.n == 0; at = (at + 1) & (mask - 1))
			if (str_eq_nocase(p->dns[slots[at] - 1], *manager))
				found = p->cells[(slots[at] - 1) * COLUMNS + COLUMN_USER];
		*manager = found; /* one who is not in the file has no account here */
	}
	mem_free(slots);
}

void
lists_read_ldif(struct list_reading *r, struct str text)
{
	struct ldif f = {.rest = text, .line = 1, .arena = &r->all->arena};
	struct people *p = mem_zero(1, sizeof(*p));
	struct list *t = r->t;
	struct ldif_line l;

	p->r = r;
	t->columns = COLUMNS;
	t->names = arena_alloc(&r->all->arena, COLUMNS * sizeof(*t->names));
	for (unsigned c = 0; c < COLUMNS; c++)
		t->names[c] = str_of(column_names[c]);
	do {
		ldif_next(&f, &l);
		if (l.kind == LDIF_PAIR)
			take_line(p, &l);
		else if (l.kind == LDIF_BAD)
			spoil(p, l.line, "no attribute with a colon behind it", l.value);
		else if (l.kind != LDIF_DASH)
			end_entry(p);
		/* a bad line spoils the entry that it stands in, up to the next gap */
		p->e.started |= l.kind == LDIF_BAD;
	} while (l.kind != LDIF_END);
	name_managers(p);
	t->cells = arena_alloc(&r->all->arena, (p->used + 1) * sizeof(*t->cells));
	if (p->used)
		memcpy(t->cells, p->cells, p->used * sizeof(*p->cells));
	mem_free(p->cells);
	mem_free(p->dns);
	mem_free(p->lines);
	mem_free(p);
}
