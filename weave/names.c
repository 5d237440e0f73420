#include "weave/names.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NOBODY       UINT64_MAX
#define AMBIGUOUS    (UINT64_MAX - 1)
#define OF_DIRECTORY (UINT64_C(1) << 32) /* rows behind this are the directory's */

static const struct str well_known[] = {
#define W(word) {word, sizeof(word) - 1},
	W("system") W("local service") W("network service") W("anonymous logon") W("localsystem")
		W("nt authority") W("root") W("nobody") W("daemon") W("iusr") W("administrator")
			W("admin") W("guest") W("-") W("n/a") W("unknown") W("(null)") W("everyone")
				W("localservice") W("networkservice") W("window manager")
#undef W
};

/* Most names are ASCII without control characters: a byte is a character. False: they are not. */
static bool
fold_ascii(struct str s, char *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x80)
			return false;
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	return true;
}

/* Lower case, full-width ASCII as ASCII, no control characters. */
static struct str
fold(struct str s, char *out)
{
	size_t n = 0;

	if (s.n > NAME_MAX_BYTES * 2)
		return (struct str){out, 0};
	if (s.n <= NAME_MAX_BYTES && fold_ascii(s, out))
		return str_trim(str_make(out, s.n));
	while (s.n > 0) {
		uint32_t cp;
		size_t took = utf8_decode(s, &cp);
		char four[4];
		size_t k;

		if (took == 0)
			break;
		str_skip(&s, took);
		if (cp >= 0xff01 && cp <= 0xff5e)
			cp -= 0xfee0;
		if (cp < 0x20)
			continue;
		k = utf8_encode(utf8_lower(cp), four);
		if (n + k > NAME_MAX_BYTES)
			return (struct str){out, 0};
		memcpy(out + n, four, k);
		n += k;
	}
	return str_trim(str_make(out, n));
}

static void
put_once(struct map *m, struct str key, uint64_t value)
{
	bool fresh;
	uint64_t *place;

	if (key.n == 0)
		return;
	place = map_put(m, key, &fresh);
	if (fresh)
		*place = value;
	else if (*place != value && *place != NOBODY)
		*place = AMBIGUOUS;
}

struct str
mac_digits(struct str s, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < 12; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (is_digit(c) || (c >= 'a' && c <= 'f'))
			out[n++] = c;
	}
	return str_make(out, n == 12 ? 12 : 0);
}

/* Does a further column of people.csv hold accounts: words without blanks, all different? */
static bool
holds_accounts(const struct list *t, unsigned column)
{
	struct map seen;
	bool good = true, any = false;

	map_init(&seen, 1);
	for (size_t i = 0; good && i < list_rows(t); i++) {
		struct str cell = list_cell(t, i, column);
		bool fresh, letter = false;

		if (cell.n == 0)
			continue;
		for (size_t k = 0; k < cell.n; k++) {
			unsigned char c = (unsigned char)cell.p[k];

			letter |= (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
			good &= c > ' ' && c < 0x7f && c != '/' && c != ',';
		}
		map_put(&seen, cell, &fresh);
		good &= letter && fresh;
		any = true;
	}
	map_done(&seen);
	return good && any;
}

static void
add_own_domain(struct directory *d, struct str mail)
{
	struct str local;

	if (str_cut(&mail, '@', &local) && mail.n > 0)
		*map_put(&d->domains, mail, NULL) = 1;
}

static void
add_people(struct directory *d)
{
	static const char *const known[] = {"user", "name", "department", "mail", "pc", "mac",
		"employee_no", "card_no", "admin_account", "work"};
	const struct list *t = d->people;
	int mail = list_column(t, STR("mail")), mac = list_column(t, STR("mac"));
	int admin = list_column(t, STR("admin_account"));
	uint64_t extra = 0;

	for (unsigned c = 0; c < list_columns(t) && c < 64; c++) {
		bool of_contract = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			of_contract |= str_eq(list_column_name(t, c), str_of(known[i]));
		if (!of_contract && holds_accounts(t, c))
			extra |= UINT64_C(1) << c;
	}
	for (size_t i = 0; i < list_rows(t); i++) {
		char out[NAME_MAX_BYTES], digits[12];
		struct str cell;

		put_once(&d->accounts, fold(list_cell(t, i, (unsigned)d->user), out), i + 1);
		if (admin >= 0)
			put_once(&d->accounts, fold(list_cell(t, i, (unsigned)admin), out), i + 1);
		if (mail >= 0) {
			cell = fold(list_cell(t, i, (unsigned)mail), out);
			put_once(&d->accounts, cell, i + 1);
			add_own_domain(d, cell);
		}
		if (d->pc >= 0)
			put_once(&d->machines,
				directory_host(list_cell(t, i, (unsigned)d->pc), out), i + 1);
		if (mac >= 0)
			put_once(&d->cards, mac_digits(list_cell(t, i, (unsigned)mac), digits),
				i + 1);
		for (unsigned c = 0; extra >> c; c++)
			if (extra >> c & 1)
				put_once(&d->accounts, fold(list_cell(t, i, c), out), i + 1);
	}
}

static uint64_t
row_of(const struct directory *d, struct str spelling)
{
	char out[NAME_MAX_BYTES];
	const uint64_t *row = map_get(&d->accounts, fold(spelling, out));

	return row && *row < OF_DIRECTORY ? *row : 0;
}

/*
 * Who of people.csv it is: by a mail address, else by the account, unless both have mail addresses
 * and share none: then it is one of the same name elsewhere. 0: none.
 */
static uint64_t
row_of_person(const struct directory *d, struct str user, struct str mails)
{
	int column = d->people ? list_column(d->people, STR("mail")) : -1;
	bool has = mails.n > 0;
	uint64_t row = 0;
	struct str one;

	while (row == 0 && mails.n > 0) {
		str_cut(&mails, ' ', &one);
		row = row_of(d, one);
	}
	if (row == 0)
		row = row_of(d, user);
	else
		return row;
	if (row && has && column >= 0 && list_cell(d->people, row - 1, (unsigned)column).n > 0)
		return 0;
	return row;
}

/*
 * A directory adds spellings to the persons of people.csv, and persons of its own. An account name
 * that occurs in two domains stays ambiguous without its domain. Mail domains of the directory are
 * the company's, all of them: it is its own directory.
 */
static void
add_directory(struct directory *d)
{
	static const char *const columns[] = {"upn", "account", "mail"};
	const struct list *t = d->directory;
	int mails = list_column(t, STR("mails")), user = d->directory_user;
	char out[NAME_MAX_BYTES];

	for (size_t i = 0; user >= 0 && i < list_rows(t); i++) {
		struct str more = mails >= 0 ? list_cell(t, i, (unsigned)mails) : STR(""), one;
		struct str name = list_cell(t, i, (unsigned)user);
		uint64_t row = row_of_person(d, name, more);

		if (row == 0)
			row = OF_DIRECTORY + i + 1;
		if (row_of(d, name) == 0) /* the bare name is people.csv's where it has it */
			put_once(&d->accounts, fold(name, out), row);
		for (unsigned c = 0; c < 3; c++) {
			int at = list_column(t, str_of(columns[c]));

			one = at >= 0 ? list_cell(t, i, (unsigned)at) : STR("");
			put_once(&d->accounts, fold(one, out), row);
			if (c == 2)
				add_own_domain(d, fold(one, out));
		}
		while (more.n > 0) {
			str_cut(&more, ' ', &one);
			put_once(&d->accounts, fold(one, out), row);
			add_own_domain(d, fold(one, out));
		}
	}
}

/* Accounts of a list that are nobody's. */
static void
add_nobody(struct directory *d, struct str list)
{
	const struct list *t = lists_find(d->lists, list);
	int column = t ? list_column(t, STR("account")) : -1;
	char out[NAME_MAX_BYTES];

	for (size_t i = 0; column >= 0 && i < list_rows(t); i++) {
		struct str key = fold(list_cell(t, i, (unsigned)column), out);

		if (key.n)
			*map_put(&d->accounts, key, NULL) = NOBODY;
	}
}

static void
add_admins(struct directory *d)
{
	const struct list *t = lists_find(d->lists, STR("admins"));
	int account = t ? list_column(t, STR("account")) : -1;
	int owner = t ? list_column(t, STR("owner")) : -1;
	char a[NAME_MAX_BYTES], o[NAME_MAX_BYTES];

	for (size_t i = 0; account >= 0 && owner >= 0 && i < list_rows(t); i++) {
		struct str who = fold(list_cell(t, i, (unsigned)owner), o);
		const uint64_t *row = map_get(&d->accounts, who);

		if (row && *row < AMBIGUOUS)
			put_once(&d->accounts, fold(list_cell(t, i, (unsigned)account), a), *row);
	}
}

static void
add_assets(struct directory *d)
{
	int mac = list_column(d->assets, STR("mac"));
	char out[NAME_MAX_BYTES], digits[12];

	for (size_t i = 0; d->asset_host >= 0 && i < list_rows(d->assets); i++) {
		struct str key =
			directory_host(list_cell(d->assets, i, (unsigned)d->asset_host), out);

		if (key.n)
			*map_put(&d->servers, key, NULL) = i + 1;
		if (mac >= 0)
			put_once(&d->nics,
				mac_digits(list_cell(d->assets, i, (unsigned)mac), digits), i + 1);
	}
}

void
directory_init(struct directory *d, const struct lists *lists, const struct weave_options *opt)
{
	*d = (struct directory){.lists = lists,
		.user = -1,
		.pc = -1,
		.asset_address = -1,
		.asset_host = -1,
		.asset_role = -1};
	map_init(&d->accounts, opt->seed);
	map_init(&d->machines, opt->seed);
	map_init(&d->cards, opt->seed);
	map_init(&d->nics, opt->seed);
	map_init(&d->servers, opt->seed);
	map_init(&d->domains, opt->seed);
	for (size_t i = 0; i < opt->nown_domains; i++)
		*map_put(&d->domains, opt->own_domains[i], NULL) = 1;
	d->people = lists_find(lists, STR("people"));
	d->assets = lists_find(lists, STR("assets"));
	d->networks = lists_find(lists, STR("networks"));
	if (d->people) {
		d->user = list_column(d->people, STR("user"));
		d->pc = list_column(d->people, STR("pc"));
		add_people(d);
	}
	d->directory = lists_find(lists, STR("directory"));
	if (d->directory) {
		d->directory_user = list_column(d->directory, STR("user"));
		add_directory(d);
	}
	if (d->assets) {
		d->asset_address = list_column(d->assets, STR("address"));
		d->asset_host = list_column(d->assets, STR("host"));
		d->asset_role = list_column(d->assets, STR("role"));
		add_assets(d);
	}
	if (d->assets || d->networks)
		d->listed = mem_zero(LISTED_SLOTS, sizeof(*d->listed));
	add_nobody(d, STR("service_accounts"));
	add_nobody(d, STR("shared_ids"));
	add_admins(d);
}

void
directory_done(struct directory *d)
{
	map_done(&d->accounts);
	map_done(&d->machines);
	map_done(&d->cards);
	map_done(&d->nics);
	map_done(&d->servers);
	map_done(&d->domains);
	mem_free(d->listed);
}

/* The account, with its domain where the bare name is somebody else's, too. */
static struct str
person_of_directory(const struct directory *d, uint64_t row, char *out)
{
	size_t i = (size_t)(row - OF_DIRECTORY - 1);
	struct str bare = fold(list_cell(d->directory, i, (unsigned)d->directory_user), out);
	const uint64_t *whose = map_get(&d->accounts, bare);
	int account = list_column(d->directory, STR("account"));

	return whose && *whose != row && account >= 0
		       ? fold(list_cell(d->directory, i, (unsigned)account), out)
		       : bare;
}

static struct str
person_of_row(const struct directory *d, uint64_t row, char *out)
{
	if (row > OF_DIRECTORY)
		return person_of_directory(d, row, out);
	return fold(list_cell(d->people, row - 1, (unsigned)d->user), out);
}

static bool
is_well_known(struct str s)
{
	for (size_t i = 0; i < sizeof(well_known) / sizeof(well_known[0]); i++)
		if (str_eq(s, well_known[i]))
			return true;
	return str_starts(s, STR("dwm-")) || str_starts(s, STR("umfd-")) ||
	       str_starts(s, STR("s-1-"));
}

bool
directory_own_domain(const struct directory *d, struct str domain)
{
	char low[NAME_MAX_BYTES];

	domain = fold(domain, low);
	for (;;) {
		struct str head;

		if (map_get(&d->domains, domain))
			return true;
		/* "ad.example.jp" belongs to "example.jp" */
		if (!str_cut(&domain, '.', &head) || domain.n == 0)
			return false;
	}
}

struct str
directory_person(const struct directory *d, struct str account, char *out, bool *known)
{
	char folded[NAME_MAX_BYTES];
	struct str s = fold(account, folded), realm;
	ptrdiff_t slash = str_rchr(s, '\\');
	const uint64_t *row = map_get(&d->accounts, s);

	*known = false;
	if (!row && slash >= 0) {
		str_skip(&s, (size_t)slash + 1);
		row = map_get(&d->accounts, s);
	}
	if (!row && str_chr(s, '@') > 0) {
		struct str local = s;

		str_cut(&local, '@', &realm);
		/* str_cut leaves what stands behind in `local` */
		if (str_chr(local, '.') >= 0 && !directory_own_domain(d, local))
			return (struct str){out, 0}; /* somebody elsewhere */
		s = realm;
		row = map_get(&d->accounts, s);
	}
	if (row) {
		*known = *row < AMBIGUOUS;
		return *known ? person_of_row(d, *row, out) : (struct str){out, 0};
	}
	if (s.n == 0 || s.p[s.n - 1] == '$' || is_well_known(s))
		return (struct str){out, 0};
	memcpy(out, s.p, s.n);
	return str_make(out, s.n);
}

struct str
directory_mail(const struct directory *d, struct str address, char *out)
{
	struct str domain = address, local;
	char folded[NAME_MAX_BYTES];
	const uint64_t *row = map_get(&d->accounts, fold(address, folded));

	if (row)
		return *row < AMBIGUOUS ? person_of_row(d, *row, out) : (struct str){out, 0};
	if (!str_cut(&domain, '@', &local) || !directory_own_domain(d, domain))
		return (struct str){out, 0};
	row = map_get(&d->accounts, fold(local, folded));
	if (row)
		return *row < AMBIGUOUS ? person_of_row(d, *row, out) : (struct str){out, 0};
	/* A directory that lists people knows its mail addresses: another one is a group's. */
	return d->people || d->directory ? (struct str){out, 0} : fold(local, out);
}

struct str
directory_owner(const struct directory *d, struct str host, struct str mac)
{
	char digits[12];
	const uint64_t *row = host.n ? map_get(&d->machines, host) : NULL;

	if ((!row || *row >= AMBIGUOUS) && mac.n)
		row = map_get(&d->cards, mac_digits(mac, digits));
	if (!row || *row >= AMBIGUOUS)
		return (struct str){"", 0};
	return list_cell(d->people, *row - 1, (unsigned)d->user);
}

struct str
directory_card_host(const struct directory *d, struct str mac, char *out)
{
	char digits[12];
	struct str key = mac_digits(mac, digits);
	const uint64_t *row = key.n ? map_get(&d->nics, key) : NULL;
	int host = d->assets ? list_column(d->assets, STR("host")) : -1;

	if (row && *row < AMBIGUOUS && host >= 0)
		return directory_host(list_cell(d->assets, *row - 1, (unsigned)host), out);
	row = key.n && d->pc >= 0 ? map_get(&d->cards, key) : NULL;
	return row && *row < AMBIGUOUS
		       ? directory_host(list_cell(d->people, *row - 1, (unsigned)d->pc), out)
		       : (struct str){out, 0};
}

struct str
directory_host(struct str name, char *out)
{
	struct str s = fold(name, out), head;
	bool digits = true;

	for (size_t i = 0; i < s.n; i++)
		digits &= is_digit(s.p[i]) || s.p[i] == '.';
	if (digits || str_chr(s, ':') >= 0)
		return (struct str){out, 0};
	while (s.n > 1 && s.p[0] == '\\')
		str_skip(&s, 1);
	str_cut(&s, '.', &head);
	if (head.n > 0 && head.p[head.n - 1] == '$')
		head.n--;
	return head;
}

/* NULL: no list tells of addresses, or it is none. */
static const struct listed *
listed_of(struct directory *d, struct str address)
{
	struct listed *l;

	if (!d->listed || address.n == 0 || address.n > sizeof(l->address))
		return NULL;
	l = &d->listed[hash_text(address) % LISTED_SLOTS];
	if (str_eq(str_make(l->address, l->address_n), address))
		return l;
	memcpy(l->address, address.p, address.n);
	l->address_n = (uint8_t)address.n;
	l->shared = lists_shared_role(lists_role_of(d->lists, address));
	l->asset =
		d->asset_address >= 0 && d->asset_host >= 0
			? list_lookup(d->assets, (unsigned)d->asset_address, LIST_CIDR, address, -1)
			: -1;
	return l;
}

struct str
directory_shared(struct directory *d, struct str address)
{
	const struct listed *l = listed_of(d, address);

	return l ? l->shared : (struct str){"", 0};
}

struct str
directory_asset_host(struct directory *d, struct str address, char *out)
{
	const struct listed *l = listed_of(d, address);

	return l && l->asset >= 0 ? directory_host(list_cell(d->assets, (size_t)l->asset,
							   (unsigned)d->asset_host),
					    out)
				  : (struct str){out, 0};
}

bool
directory_many_users(const struct directory *d, struct str host)
{
	const uint64_t *row = d->asset_role >= 0 ? map_get(&d->servers, host) : NULL;

	return row &&
	       lists_shared_role(list_cell(d->assets, *row - 1, (unsigned)d->asset_role)).n > 0;
}
