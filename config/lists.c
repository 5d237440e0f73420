/* lists.c - a folder of CSV files (RFC 4180), and a directory in LDIF, into one snapshot. */
#include "config/lists.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/lists_inside.h"

#define TOLD_PER_LIST 20u

/* ---- packing ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
pack(struct str path, struct str text, struct buf *ret)
{
	buf_printf(ret, "--- %.*s %zu\n", STR_ARG(path), text.n);
	buf_add_str(ret, text);
	buf_add_char(ret, '\n');
}

void
lists_pack_text(struct str name, struct str csv, struct buf *ret)
{
	struct buf path = {0};

	buf_add_str(&path, name);
	BUF_ADD_LIT(&path, ".csv");
	pack(buf_str(&path), csv, ret);
	buf_done(&path);
}

static int
pack_file(const char *dir, const char *name, struct diag *why, struct buf *ret)
{
	struct buf path = {0}, text = {0};
	int rc;

	buf_printf(&path, "%s/%s", dir, name);
	rc = file_read(buf_z(&path), LIST_BYTES_MAX, &text);
	if (rc == ERR_LIMIT)
		diag_set(why, path.p, 0, "a list may have %zu MiB; split it", LIST_BYTES_MAX >> 20);
	else if (rc < 0)
		diag_set(why, path.p, 0, "cannot read: %s; check its owner and mode",
			strerror(errno));
	else if (text.n > LISTS_BYTES_MAX - ret->n)
		rc = ERR_LIMIT;
	if (rc == 0)
		pack(buf_str(&path), buf_str(&text), ret);
	buf_done(&path);
	buf_done(&text);
	return rc;
}

static bool
is_list(const char *dir, const char *name)
{
	struct buf path = {0};
	struct stat st;
	bool good;

	if (name[0] == '.' || strlen(name) > 128 ||
		(!str_ends(str_of(name), STR(".csv")) && strcmp(name, "directory.ldif") != 0))
		return false;
	buf_printf(&path, "%s/%s", dir, name);
	good = stat(buf_z(&path), &st) == 0 && S_ISREG(st.st_mode);
	buf_done(&path);
	return good;
}

int
lists_pack(const char *dir, struct diag *why, struct buf *ret)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char **names = NULL;
	size_t n = 0, cap = 0;
	int rc = 0;

	if (!d && errno == ENOENT)
		return 0;
	if (!d) {
		diag_set(why, dir, 0, "cannot read the folder: %s; check its owner and mode",
			strerror(errno));
		return ERR_IO;
	}
	while ((e = readdir(d)))
		if (is_list(dir, e->d_name)) {
			names = mem_grow(names, n, &cap, sizeof(*names));
			names[n++] = mem_copy_z(e->d_name, strlen(e->d_name));
		}
	closedir(d);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	if (n > LISTS_MAX) {
		diag_set(why, dir, 0, "%zu lists; %u is the most", n, LISTS_MAX);
		rc = ERR_LIMIT;
	}
	for (size_t i = 0; i < n; i++) {
		if (rc == 0)
			rc = pack_file(dir, names[i], why, ret);
		mem_free(names[i]);
	}
	mem_free(names);
	return rc;
}

/* ---- CSV ---- */

struct csv {
	struct str rest;
	unsigned line; /* of what is read next */
	struct arena *arena;
};

/* One cell at the front of c->rest; *end: it was the row's last. False: a quote is not closed. */
static bool
cell(struct csv *c, struct str *ret, bool *end)
{
	struct str s = c->rest;
	size_t i = 0, n = 0;
	char *out;

	if (s.n == 0 || s.p[0] != '"') {
		while (i < s.n && s.p[i] != ',' && s.p[i] != '\n')
			i++;
		*ret = str_make(s.p, i);
		if (i < s.n && s.p[i] == '\n' && ret->n > 0 && ret->p[ret->n - 1] == '\r')
			ret->n--;
		*ret = str_trim(*ret);
	} else {
		out = arena_alloc(c->arena, s.n < 64 ? 64 : s.n);
		for (i = 1; i < s.n && !(s.p[i] == '"' && (i + 1 == s.n || s.p[i + 1] != '"'));
			i++) {
			c->line += s.p[i] == '\n';
			if (s.p[i] == '"')
				i++;
			out[n++] = s.p[i];
		}
		if (i >= s.n)
			return false;
		*ret = str_trim(str_make(out, n));
		for (i++; i < s.n && s.p[i] != ',' && s.p[i] != '\n'; i++)
			if (s.p[i] != ' ' && s.p[i] != '\r' && s.p[i] != '\t')
				return false;
	}
	*end = i >= s.n || s.p[i] == '\n';
	c->line += i < s.n && s.p[i] == '\n';
	str_skip(&c->rest, i < s.n ? i + 1 : i);
	return true;
}

/* Up to max cells; -1: broken, the line is skipped. Blank and comment lines are passed over. */
static int
row(struct csv *c, struct str *cells, unsigned max, unsigned *line)
{
	struct str scratch;
	bool end = false;
	unsigned n = 0;

	while (c->rest.n > 0 &&
		(c->rest.p[0] == '\n' || c->rest.p[0] == '\r' || c->rest.p[0] == '#')) {
		str_cut(&c->rest, '\n', &scratch);
		c->line++;
	}
	if (c->rest.n == 0)
		return 0;
	*line = c->line;
	while (!end) {
		if (!cell(c, n < max ? &cells[n] : &scratch, &end)) {
			str_cut(&c->rest, '\n', &scratch);
			c->line++;
			return -1;
		}
		n++;
	}
	return (int)n;
}

/* ---- one list ---- */

void
lists_bad_row(struct list_reading *r, unsigned line, const char *what, struct str value)
{
	r->all->bad++;
	if (r->told++ < TOLD_PER_LIST)
		diag_add(r->why, DIAG_WARNING, r->path, line, 0, "%s: '%.*s'; this row is left out",
			what, (int)(value.n > 80 ? 80 : value.n), value.p ? value.p : "");
	else if (r->told == TOLD_PER_LIST + 1)
		diag_add(r->why, DIAG_WARNING, r->path, line, 0,
			"more rows are left out; mend these first");
}

static bool
is_mac(struct str s)
{
	unsigned digits = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			digits++;
		else if (c != ':' && c != '-' && c != '.')
			return false;
	}
	return digits == 12;
}

static bool
good_cell(enum cell_kind kind, struct str text)
{
	char key[LIST_KEY_MAX];
	size_t n;
	unsigned prefix;
	int64_t ns;
	bool whole;

	switch (kind) {
	case CELL_ADDRESS:
		return list_key(LIST_CIDR, text, key, &n, &prefix);
	case CELL_DAY:
		return list_day(text, 0, &ns, &whole);
	case CELL_MAC:
		return is_mac(text);
	case CELL_DOMAIN:
		return str_chr(text, ' ') < 0;
	case CELL_TEXT:
	case CELL_ACCOUNT:
		break;
	}
	return true;
}

static bool
of_contract(const struct contract *c, const char *column)
{
	for (unsigned i = 0; i < 11 && c->columns[i].name; i++)
		if (!strcmp(c->columns[i].name, column))
			return true;
	return false;
}

/* The contract's columns are there; else the list as a whole is left out. */
static bool
good_header(struct list_reading *r)
{
	const struct contract *c = r->t->contract;
	const char *have[LIST_COLUMNS];
	size_t n = 0;

	for (; n < r->t->columns; n++)
		have[n] = arena_z(&r->all->arena, r->t->names[n]);
	for (unsigned i = 0; c && i < 11 && c->columns[i].name; i++) {
		const char *want = c->columns[i].name, *near;

		if (list_column(r->t, str_of(want)) >= 0)
			continue;
		near = diag_did_you_mean(str_of(want), have, n);
		if (!c->columns[i].key) {
			/* it may be left out; one that is misspelt would be missed silently */
			if (near && !of_contract(c, near))
				diag_add(r->why, DIAG_WARNING, r->path, 1, 0,
					"there is no column '%s' but '%s'; rename it if that is "
					"meant",
					want, near);
			continue;
		}
		diag_add(r->why, DIAG_ERROR, r->path, 1, 0,
			near ? "the column '%s' is missing (there is '%s'); the list is left out"
			     : "the column '%s' is missing; the list is left out",
			want, near);
		return false;
	}
	r->t->from = c && c->from ? list_column(r->t, str_of(c->from)) : -1;
	r->t->until = c && c->until ? list_column(r->t, str_of(c->until)) : -1;
	return true;
}

static bool
good_row(struct list_reading *r, const struct str *cells, unsigned line)
{
	const struct contract *c = r->t->contract;

	for (unsigned i = 0; c && i < 11 && c->columns[i].name; i++) {
		int col = list_column(r->t, str_of(c->columns[i].name));
		struct str text;

		if (col < 0)
			continue;
		text = cells[col];
		if (text.n == 0 && c->columns[i].key) {
			lists_bad_row(r, line, "empty", str_of(c->columns[i].name));
			return false;
		}
		if (text.n > 0 && !good_cell(c->columns[i].kind, text)) {
			lists_bad_row(r, line,
				c->columns[i].kind == CELL_ADDRESS ? "not an address or network"
				: c->columns[i].kind == CELL_DAY   ? "not a date (YYYY-MM-DD)"
				: c->columns[i].kind == CELL_MAC   ? "not a MAC address"
								   : "not a domain",
				text);
			return false;
		}
	}
	return true;
}

static bool
read_header(struct list_reading *r, struct csv *c)
{
	struct str *names = arena_alloc(&r->all->arena, LIST_COLUMNS * sizeof(*names));
	unsigned line = 1;
	int n = row(c, names, LIST_COLUMNS, &line);

	if (n <= 0 || n > (int)LIST_COLUMNS) {
		diag_add(r->why, DIAG_ERROR, r->path, line, 0,
			"no header line with 1 to %u columns; the list is left out", LIST_COLUMNS);
		return false;
	}
	for (int i = 0; i < n; i++) {
		char *low = arena_alloc(&r->all->arena, names[i].n * 3 + 1);

		names[i] = str_make(low, utf8_lower_to(names[i], low));
		for (int k = 0; k < i; k++)
			if (str_eq(names[k], names[i])) {
				diag_add(r->why, DIAG_ERROR, r->path, line, 0,
					"two columns are named '%.*s'; the list is left out",
					STR_ARG(names[i]));
				return false;
			}
	}
	r->t->names = names;
	r->t->columns = (size_t)n;
	return true;
}

static void
read_rows(struct list_reading *r, struct csv *c)
{
	struct list *t = r->t;
	struct str *cells = NULL;
	size_t cap = 0, used = 0;

	for (;;) {
		struct str one[LIST_COLUMNS] = {{0}};
		unsigned line = 0;
		int n = row(c, one, LIST_COLUMNS, &line);

		if (n == 0)
			break;
		if (n < 0) {
			lists_bad_row(
				r, c->line, "a quote is not closed, or text follows one", STR(""));
			continue;
		}
		if ((size_t)n > t->columns) {
			lists_bad_row(r, line, "more cells than the header has columns", one[0]);
			continue;
		}
		if (t->rows == LIST_ROWS_MAX) {
			lists_bad_row(r, line, "more rows than a list may have", one[0]);
			continue;
		}
		if (!good_row(r, one, line))
			continue;
		for (size_t i = 0; i < t->columns; i++) {
			cells = mem_grow(cells, used, &cap, sizeof(*cells));
			cells[used++] = one[i];
		}
		t->rows++;
	}
	t->cells = arena_alloc(&r->all->arena, (used + 1) * sizeof(*cells));
	if (used)
		memcpy(t->cells, cells, used * sizeof(*cells));
	mem_free(cells);
}

static void
read_list(struct lists *l, const char *path, struct str text, struct diag *why)
{
	struct list t = {.from = -1, .until = -1};
	struct list_reading r = {.all = l, .t = &t, .path = path, .why = why};
	struct str name = str_of(path);
	struct csv c = {.line = 1, .arena = &l->arena};
	ptrdiff_t slash = str_rchr(name, '/');
	bool ldif = str_ends(name, STR(".ldif"));

	str_skip(&name, (size_t)(slash + 1));
	t.name = str_make(name.p, name.n - (ldif ? 5 : 4));
	t.contract = contract_of(t.name);
	str_take(&text, STR("\xef\xbb\xbf"));
	if (!utf8_valid(text)) {
		diag_add(why, DIAG_ERROR, path, 1, 0,
			"not UTF-8; save it as UTF-8 (a spreadsheet: \"CSV UTF-8\"); the list is "
			"left out");
		return;
	}
	if (lists_find(l, t.name)) {
		diag_add(why, DIAG_ERROR, path, 1, 0,
			"there is a list '%.*s' already; the file is left out", STR_ARG(t.name));
		return;
	}
	c.rest = arena_str(&l->arena, text);
	if (ldif)
		lists_read_ldif(&r, c.rest);
	else if (read_header(&r, &c) && good_header(&r))
		read_rows(&r, &c);
	else
		return;
	list_build_index(&l->arena, &t);
	l->at[l->n++] = t;
}

/* "--- path bytes\n" at the front of *s. */
static bool
take_head(struct str *s, struct str *path, uint64_t *bytes)
{
	struct str line;
	ptrdiff_t blank;

	if (!str_cut(s, '\n', &line) || !str_take(&line, STR("--- ")))
		return false;
	blank = str_rchr(line, ' ');
	if (blank <= 0 || !str_u64(str_make(line.p + blank + 1, line.n - (size_t)blank - 1), bytes))
		return false;
	*path = str_make(line.p, (size_t)blank);
	return (str_ends(*path, STR(".csv")) || str_ends(*path, STR("/directory.ldif"))) &&
	       *bytes < s->n;
}

struct lists *
lists_none(void)
{
	struct lists *l = mem_zero(1, sizeof(*l));

	l->at = arena_alloc(&l->arena, LISTS_MAX * sizeof(*l->at));
	l->hash = hash_id("", 0);
	return l;
}

int
lists_load(struct str packed, struct diag *why, struct lists **ret)
{
	struct lists *l = lists_none();
	struct str rest = packed;

	l->hash = hash_id(packed.p ? packed.p : "", packed.n);
	while (rest.n > 0) {
		struct str path;
		uint64_t bytes;

		if (l->n == LISTS_MAX || !take_head(&rest, &path, &bytes)) {
			lists_free(l);
			return ERR_CORRUPT;
		}
		read_list(l, arena_z(&l->arena, path), str_make(rest.p, bytes), why);
		str_skip(&rest, bytes + 1);
	}
	*ret = l;
	return 0;
}

struct hash128
lists_hash(const struct lists *l)
{
	return l->hash;
}

size_t
lists_rows(const struct lists *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->at[i].rows;
	return n;
}

size_t
lists_bad_rows(const struct lists *l)
{
	return l->bad;
}

void
lists_free(struct lists *l)
{
	if (!l)
		return;
	arena_done(&l->arena);
	mem_free(l);
}

const struct list *
lists_find(const struct lists *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->at[i].name, name))
			return &l->at[i];
	return NULL;
}

size_t
lists_count(const struct lists *l)
{
	return l->n;
}

const struct list *
lists_at(const struct lists *l, size_t i)
{
	return i < l->n ? &l->at[i] : NULL;
}

struct str
list_name(const struct list *t)
{
	return t->name;
}

size_t
list_rows(const struct list *t)
{
	return t->rows;
}

int
list_column(const struct list *t, struct str name)
{
	for (size_t i = 0; i < t->columns; i++)
		if (str_eq_nocase(t->names[i], name))
			return (int)i;
	return -1;
}

size_t
list_columns(const struct list *t)
{
	return t->columns;
}

struct str
list_column_name(const struct list *t, unsigned column)
{
	return column < t->columns ? t->names[column] : (struct str){"", 0};
}

struct str
list_cell(const struct list *t, size_t row, unsigned column)
{
	return row < t->rows && column < t->columns ? t->cells[row * t->columns + column]
						    : (struct str){"", 0};
}
