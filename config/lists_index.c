/* lists_index.c - looking up in lists: values, networks, domains. */
#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "config/lists_inside.h"

#define INDEX_SEED UINT64_C(0x6c69737473) /* no outcome depends on it; operators write the rows */

/* An address as 16 bytes; IPv4 as a mapped one. */
static bool
address(struct str s, unsigned char out[16], bool *four)
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char z[INET6_ADDRSTRLEN];

	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = str_make(s.p + 1, s.n - 2);
	if (s.n < 2 || s.n >= sizeof(z))
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	*four = inet_pton(AF_INET, z, out + 12) == 1;
	if (*four) {
		memcpy(out, mapped, sizeof(mapped));
		return true;
	}
	if (inet_pton(AF_INET6, z, out) != 1)
		return false;
	*four = memcmp(out, mapped, sizeof(mapped)) == 0;
	return true;
}

static void
mask_to(unsigned char a[16], unsigned prefix)
{
	for (unsigned i = 0; i < 16; i++) {
		if (prefix >= 8 * (i + 1))
			continue;
		a[i] = (unsigned char)(prefix <= 8 * i ? 0u : a[i] & (0xff00u >> (prefix - 8 * i)));
	}
}

static bool
network_key(struct str text, char *out, size_t *n, unsigned *prefix)
{
	unsigned char a[16];
	struct str addr;
	uint64_t bits = 0;
	bool four, cut = str_cut(&text, '/', &addr);

	if (!address(addr, a, &four))
		return false;
	if (cut && (!str_u64(text, &bits) || bits > (four ? 32u : 128u)))
		return false;
	*prefix = cut ? (unsigned)bits + (four ? 96 : 0) : 128;
	mask_to(a, *prefix);
	out[0] = (char)*prefix;
	memcpy(out + 1, a, 16);
	*n = 17;
	return true;
}

/* The host of a URL, the domain of a mail address, or the text itself; without the last dot. */
static struct str
domain_of(struct str s)
{
	ptrdiff_t at = str_find(s, STR("://"));
	struct str head;

	if (at >= 0)
		str_skip(&s, (size_t)at + 3);
	str_cut(&s, '/', &head);
	s = head;
	at = str_rchr(s, '@');
	if (at >= 0)
		str_skip(&s, (size_t)at + 1);
	str_cut(&s, ':', &head);
	if (head.n > 0 && head.p[head.n - 1] == '.')
		head.n--;
	return head;
}

bool
list_key(enum list_match how, struct str text, char *out, size_t *n, unsigned *prefix)
{
	if (how == LIST_CIDR)
		return network_key(text, out, n, prefix);
	if (how == LIST_DOMAIN)
		text = domain_of(text);
	if (text.n == 0 || text.n > LIST_KEY_MAX / 3)
		return false;
	*n = utf8_lower_to(text, out);
	return true;
}

static uint64_t
key_hash(struct str key)
{
	return hash_seeded(key, INDEX_SEED);
}

static void
index_row(struct arena *a, struct list_index *x, uint32_t row, uint32_t *last, struct str cell)
{
	char key[LIST_KEY_MAX];
	size_t n = 0;
	unsigned prefix = 0;
	size_t at;

	if (x->how == LIST_DOMAIN && str_starts(cell, STR("*.")))
		str_skip(&cell, 1); /* ".x": below x only */
	if (cell.n == 0 || !list_key(x->how, cell, key, &n, &prefix))
		return;
	if (x->how == LIST_CIDR)
		x->lengths[prefix / 8] |= (uint8_t)(1u << prefix % 8);
	x->keys[row] = arena_str(a, str_make(key, n));
	at = key_hash(x->keys[row]) & x->mask;
	for (; x->slots[at]; at = (at + 1) & x->mask)
		if (str_eq(x->keys[x->slots[at] - 1], x->keys[row])) {
			uint32_t first = x->slots[at] - 1;

			x->next[last[first] ? last[first] - 1 : first] = row + 1;
			last[first] = row + 1;
			return;
		}
	x->slots[at] = row + 1;
}

static enum list_match
kind_of_column(const struct list *t, unsigned column)
{
	static const char *const domains[] = {"domain", "domains", "fqdn", "url", "site"};
	char key[LIST_KEY_MAX];
	bool all = t->rows > 0, any = false;

	if (t->contract)
		for (unsigned i = 0; i < 11 && t->contract->columns[i].name; i++)
			if (str_eq(t->names[column], str_of(t->contract->columns[i].name))) {
				enum cell_kind k = t->contract->columns[i].kind;

				return k == CELL_ADDRESS  ? LIST_CIDR
				       : k == CELL_DOMAIN ? LIST_DOMAIN
							  : LIST_VALUE;
			}
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (str_eq_nocase(t->names[column], str_of(domains[i])))
			return LIST_DOMAIN;
	for (size_t i = 0; all && i < t->rows; i++) {
		struct str cell = t->cells[i * t->columns + column];
		size_t n;
		unsigned prefix;

		if (cell.n == 0)
			continue;
		any = true;
		all = network_key(cell, key, &n, &prefix);
	}
	return all && any ? LIST_CIDR : LIST_VALUE;
}

void
list_build_index(struct arena *a, struct list *t)
{
	uint32_t *last = mem_zero(t->rows + 1, sizeof(*last));
	size_t cap = 16;

	while (cap < t->rows * 2)
		cap *= 2;
	t->index = arena_alloc(a, t->columns * sizeof(*t->index));
	for (unsigned c = 0; c < t->columns; c++) {
		struct list_index *x = &t->index[c];

		memset(last, 0, t->rows * sizeof(*last));
		x->how = kind_of_column(t, c);
		x->mask = cap - 1;
		x->slots = arena_alloc(a, cap * sizeof(*x->slots));
		x->next = arena_alloc(a, (t->rows + 1) * sizeof(*x->next));
		x->keys = arena_alloc(a, (t->rows + 1) * sizeof(*x->keys));
		for (uint32_t i = 0; i < t->rows; i++)
			index_row(a, x, i, last, t->cells[i * t->columns + c]);
	}
	mem_free(last);
}

enum list_match
list_match_of(const struct list *t, unsigned column)
{
	return column < t->columns ? t->index[column].how : LIST_VALUE;
}

static int64_t
find(const struct list_index *x, struct str key)
{
	for (size_t at = key_hash(key) & x->mask; x->slots[at]; at = (at + 1) & x->mask)
		if (str_eq(x->keys[x->slots[at] - 1], key))
			return x->slots[at] - 1;
	return -1;
}

static int64_t
find_network(const struct list_index *x, char *key)
{
	for (unsigned prefix = 129; prefix-- > 0;) {
		int64_t row;

		if (!(x->lengths[prefix / 8] >> prefix % 8 & 1))
			continue;
		mask_to((unsigned char *)key + 1, prefix);
		key[0] = (char)prefix;
		row = find(x, str_make(key, 17));
		if (row >= 0)
			return row;
	}
	return -1;
}

static int64_t
find_domain(const struct list_index *x, struct str key)
{
	int64_t row = find(x, key);

	/* "a.b.c": itself, ".b.c", "b.c", ".c", "c" */
	for (ptrdiff_t dot = str_chr(key, '.'); row < 0 && dot >= 0; dot = str_chr(key, '.')) {
		str_skip(&key, (size_t)dot);
		row = find(x, key);
		str_skip(&key, 1);
		if (row < 0)
			row = find(x, key);
	}
	return row;
}

/* Without an index of that kind: row by row. Rules that ask so are rare. */
static int64_t
walk(const struct list *t, unsigned column, enum list_match how, struct str value, int64_t from)
{
	char want[LIST_KEY_MAX], have[LIST_KEY_MAX];
	size_t nw, nh;
	unsigned prefix;

	if (how != LIST_VALUE || !list_key(how, value, want, &nw, &prefix))
		return -1;
	for (size_t i = (size_t)(from + 1); i < t->rows; i++)
		if (list_key(how, t->cells[i * t->columns + column], have, &nh, &prefix) &&
			nh == nw && memcmp(want, have, nw) == 0)
			return (int64_t)i;
	return -1;
}

int64_t
list_lookup(
	const struct list *t, unsigned column, enum list_match how, struct str value, int64_t from)
{
	const struct list_index *x;
	char key[LIST_KEY_MAX];
	size_t n = 0;
	unsigned prefix;

	if (column >= t->columns || from >= (int64_t)t->rows)
		return -1;
	x = &t->index[column];
	/* names among other values (indicators.csv): each parent's name is looked up as it stands
	 */
	if (how != x->how && (how != LIST_DOMAIN || x->how != LIST_VALUE))
		return walk(t, column, how, value, from);
	if (from >= 0)
		return (int64_t)x->next[from] - 1;
	if (!list_key(how, value, key, &n, &prefix))
		return -1;
	if (how == LIST_CIDR)
		return find_network(x, key);
	return how == LIST_DOMAIN ? find_domain(x, str_make(key, n)) : find(x, str_make(key, n));
}

bool
list_day(struct str text, int zone_offset_s, int64_t *ns, bool *whole)
{
	struct str rest = str_trim(text);
	struct civil c = {0};
	uint64_t y, m, d;
	struct buf b = {0};
	bool good;

	*whole = rest.n == 10;
	if (*whole) {
		good = str_u64(str_make(rest.p, 4), &y) && rest.p[4] == '-' &&
		       str_u64(str_make(rest.p + 5, 2), &m) && rest.p[7] == '-' &&
		       str_u64(str_make(rest.p + 8, 2), &d);
		if (!good)
			return false;
		c = (struct civil){.year = (int)y, .month = (int)m, .day = (int)d};
		if (!civil_valid(&c))
			return false;
		*ns = civil_to_ns(&c) - zone_offset_s * NS_PER_S;
		return true;
	}
	if (rest.n == 16) { /* "2026-11-22 10:00": seconds are meant to be zero */
		buf_add_str(&b, rest);
		BUF_ADD_LIT(&b, ":00");
		rest = buf_str(&b);
	}
	good = stamp_take_iso(&rest, NULL, 0, ns) && rest.n == 0 && *ns != STAMP_BEYOND;
	/* A text with its own zone ends in Z or has a sign behind its time. */
	text = str_trim(text);
	if (good && text.n > 10 && text.p[text.n - 1] != 'Z' &&
		str_chr(str_make(text.p + 10, text.n - 10), '+') < 0 &&
		str_chr(str_make(text.p + 10, text.n - 10), '-') < 0)
		*ns -= zone_offset_s * NS_PER_S;
	buf_done(&b);
	return good;
}

void
list_validity(const struct list *t, size_t row, int zone_offset_s, int64_t *from, int64_t *until)
{
	int64_t ns;
	bool whole;

	*from = INT64_MIN;
	*until = INT64_MAX;
	if (row >= t->rows)
		return;
	if (t->from >= 0 &&
		list_day(list_cell(t, row, (unsigned)t->from), zone_offset_s, &ns, &whole))
		*from = ns;
	if (t->until >= 0 &&
		list_day(list_cell(t, row, (unsigned)t->until), zone_offset_s, &ns, &whole))
		*until = whole ? ns + 86400 * NS_PER_S - 1 : ns;
}

bool
list_valid(const struct list *t, size_t row, int64_t time, int zone_offset_s)
{
	int64_t from, until;

	list_validity(t, row, zone_offset_s, &from, &until);
	return time >= from && time <= until;
}

bool
list_cell_day(const struct list *t, size_t row, unsigned column, int zone_offset_s, int64_t *from,
	int64_t *until)
{
	bool whole;

	if (!list_day(list_cell(t, row, column), zone_offset_s, from, &whole))
		return false;
	*until = whole ? *from + 86400 * NS_PER_S - 1 : *from;
	return true;
}
