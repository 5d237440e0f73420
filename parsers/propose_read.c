/* propose_read.c - the beginning of a CSV file as UTF-8 rows: encoding, separator, header. */
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "parsers/csv.h"
#include "parsers/propose.h"

#define PREAMBLE  20u    /* records that may stand before the header: what was searched, by whom */
#define ROW_BYTES 65536u /* a quote that is still open there is a character */

/* ---- encoding ---- */

/* Half-width katakana, into which other encodings fall when they are read as CP932. */
static size_t
half_katakana(struct str s)
{
	size_t n = 0;

	while (s.n) {
		uint32_t cp;

		str_skip(&s, utf8_decode(s, &cp));
		n += cp >= 0xff61 && cp <= 0xff9f;
	}
	return n;
}

static size_t
wrong_characters(struct str s)
{
	size_t n = 0;
	ptrdiff_t at;

	while ((at = str_find(s, STR("\xef\xbf\xbd"))) >= 0) {
		str_skip(&s, (size_t)at + 3);
		n++;
	}
	return n;
}

static struct str
decoded(struct proposal *p, const struct charsets *t, enum charset charset, struct str bytes)
{
	char *room = arena_alloc(&p->arena, bytes.n * 3 + 1);
	bool bad;

	return str_make(room, charset_decode(t, charset, bytes, room, &bad));
}

/* The end may be cut within a character: what stands behind the last line feed does not count. */
static struct str
whole_lines(struct str bytes, bool cut)
{
	ptrdiff_t at = cut ? str_rchr(bytes, '\n') : -1;

	return at >= 0 ? str_make(bytes.p, (size_t)at + 1) : bytes;
}

static int
to_utf8(struct proposal *p, struct str encoding, const char *path, struct diag *why, struct str *s)
{
	struct charsets t = {0};
	struct text_kind kind;
	size_t best = SIZE_MAX;
	struct str bytes = *s;
	int rc = 0;

	if (charset_marked(bytes) != CHARSET_NONE) {
		p->charset = charset_marked(bytes);
		p->bom = true;
		bytes.n -= bytes.n % 2;
		*s = decoded(p, &t, p->charset, bytes);
		str_take(s, STR("\xef\xbb\xbf"));
		return 0;
	}
	p->bom = str_take(&bytes, STR("\xef\xbb\xbf"));
	kind = text_look(bytes);
	p->charset = charset_find(encoding);
	if (p->charset == CHARSET_NONE) {
		diag_set(why, path, 0,
			"unknown encoding '%.*s'; known are utf-8, cp932, euc-jp, iso-2022-jp",
			STR_ARG(encoding));
		return ERR_NOT_FOUND;
	}
	if (charsets_need(&t, CHARSET_CP932) < 0 || charsets_need(&t, CHARSET_EUC_JP) < 0) {
		diag_set(why, path, 0, "this system's iconv has no tables for CP932 and EUC-JP");
		rc = ERR_UNSUPPORTED;
	} else if (encoding.n > 0) {
		*s = decoded(p, &t, p->charset, bytes);
	} else if (p->bom || utf8_valid(bytes)) {
		*s = arena_str(&p->arena, bytes);
		if (!kind.high && (str_find(bytes, STR("\x1b$B")) >= 0 ||
					  str_find(bytes, STR("\x1b$@")) >= 0)) {
			p->charset = CHARSET_ISO_2022_JP;
			*s = decoded(p, &t, p->charset, bytes);
		}
	} else {
		static const enum charset tries[] = {CHARSET_CP932, CHARSET_EUC_JP};

		for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
			struct str text = decoded(p, &t, tries[i], bytes);
			size_t bad = wrong_characters(text) * 16 + half_katakana(text);

			if (bad < best) {
				best = bad;
				p->charset = tries[i];
				*s = text;
			}
		}
	}
	charsets_done(&t);
	return rc;
}

/* ---- rows ---- */

/* The next record: a line feed in quotes does not end it. */
static bool
take_record(struct str *s, struct str *ret, bool *broken)
{
	size_t i = 0, first = SIZE_MAX;
	bool quoted = false;

	if (s->n == 0)
		return false;
	for (; i < s->n && (i < ROW_BYTES || !quoted); i++) {
		quoted ^= s->p[i] == '"';
		if (s->p[i] != '\n')
			continue;
		if (!quoted)
			break;
		if (first == SIZE_MAX)
			first = i;
	}
	if (quoted && first != SIZE_MAX) /* it never closes */
		i = first;
	*broken = first != SIZE_MAX && first < i;
	*ret = str_make(s->p, i);
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	str_skip(s, i + (i < s->n));
	return true;
}

size_t
propose_cells(struct arena *a, struct str row, char separator, struct str *ret, size_t most)
{
	struct csv c = csv_row(row, separator);
	struct csv_cell cell;
	size_t n = 0;

	while (csv_next(&c, &cell)) {
		if (n < most) {
			ret[n] = cell.text;
			if (cell.doubled) {
				char *room = arena_alloc(a, cell.text.n + 1);

				ret[n] = str_make(room, csv_unquote(cell.text, room));
			}
			ret[n] = str_trim(ret[n]);
		}
		n++;
	}
	return n;
}

static bool
is_header(struct proposal *p, struct str row, size_t ncells)
{
	struct str cells[PROPOSE_COLUMNS];
	size_t named = 0, got;

	got = propose_cells(&p->arena, row, p->separator, cells, PROPOSE_COLUMNS);
	/* Some end their rows with a separator, but not their header. */
	if (got != ncells && got + 1 != ncells)
		return false;
	for (size_t i = 0; i < got; i++) {
		struct form_look look;
		enum form f = form_of(cells[i], &look);

		if (f != FORM_ANY && f != FORM_EMPTY)
			return false;
		named += f == FORM_ANY;
	}
	return named * 2 > ncells;
}

/* How many cells most rows have. */
static size_t
usual_cells(struct proposal *p, const struct str *rows, size_t n)
{
	uint32_t count[PROPOSE_COLUMNS + 1] = {0};
	struct str cells[1];
	size_t best = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = propose_cells(&p->arena, rows[i], p->separator, cells, 0);

		if (k <= PROPOSE_COLUMNS)
			count[k]++;
	}
	for (size_t k = 2; k <= PROPOSE_COLUMNS; k++)
		if (count[k] > count[best])
			best = k;
	return best;
}

static void
name_columns(struct proposal *p, struct str header)
{
	struct str cells[PROPOSE_COLUMNS] = {{0}};

	propose_cells(&p->arena, header, p->separator, cells, PROPOSE_COLUMNS);
	p->columns = arena_alloc(&p->arena, p->ncolumns * sizeof(*p->columns));
	for (size_t i = 0; i < p->ncolumns; i++) {
		struct proposed_column *c = &p->columns[i];
		unsigned same = 1;

		*c = (struct proposed_column){.name = cells[i], .key = cells[i]};
		if (c->name.n == 0)
			c->key = arena_printf(&p->arena, "column %zu", i + 1);
		for (size_t k = 0; k < i; k++)
			same += str_eq(p->columns[k].name, c->name) && c->name.n > 0;
		if (same > 1)
			c->key = arena_printf(&p->arena, "%.*s (%u)", STR_ARG(c->name), same);
	}
}

static int
read_rows(struct proposal *p, struct str text, const char *path, struct diag *why)
{
	struct str *rows = arena_alloc(&p->arena, (PROPOSE_ROWS + PREAMBLE + 1) * sizeof(*rows));
	bool *broken = arena_alloc(&p->arena, (PROPOSE_ROWS + PREAMBLE + 1) * sizeof(*broken));
	struct str row, cells[1];
	size_t n = 0, at = 0;

	while (n < PROPOSE_ROWS + PREAMBLE && take_record(&text, &row, &broken[n]))
		if (str_trim(row).n)
			rows[n++] = row;
	if (n == 0) {
		diag_set(why, path, 0, "the file is empty");
		return ERR_SYNTAX;
	}
	/* A preamble has fewer signs than the table: look where most of the rows are. */
	for (size_t i = 0; i < n && i <= PREAMBLE && !p->separator; i++)
		p->separator = csv_separator(rows[n > 1 ? n - 1 - (i < n ? i : 0) : 0]);
	if (!p->separator) {
		diag_set(why, path, 1,
			"no comma, tab, semicolon or pipe separates columns here; give "
			"--separator, or write a definition with patterns "
			"(docs/writing-a-parser.md)");
		return ERR_SYNTAX;
	}
	p->ncolumns = usual_cells(p, rows, n);
	while (p->ncolumns && at < n && at <= PREAMBLE && !is_header(p, rows[at], p->ncolumns))
		at++;
	if (p->ncolumns < 2 || at == n || at > PREAMBLE) {
		diag_set(why, path, 1,
			"no header row: the first rows hold values, not names of columns; put a "
			"row with a name for each of the %zu columns first",
			p->ncolumns);
		return ERR_SYNTAX;
	}
	p->preamble = (unsigned)at;
	name_columns(p, rows[at]);
	p->rows = rows + at + 1;
	for (size_t i = at + 1; i < n && p->nrows < PROPOSE_ROWS; i++) {
		if (propose_cells(&p->arena, rows[i], p->separator, cells, 0) != p->ncolumns) {
			p->odd++;
			continue;
		}
		p->broken += broken[i];
		p->rows[p->nrows++] = rows[i];
	}
	if (p->nrows == 0) {
		diag_set(why, path, (unsigned)at + 1,
			"a header and no row beneath it; values are needed to tell what the "
			"columns mean");
		return ERR_SYNTAX;
	}
	return 0;
}

int
propose(struct str bytes, bool cut, const struct propose_options *o, const char *path,
	struct diag *why, struct proposal **ret)
{
	struct proposal *p = mem_zero(1, sizeof(*p));
	struct str text = whole_lines(bytes, cut);
	int rc;

	p->name = arena_str(&p->arena, o->name);
	p->separator = o->separator;
	rc = to_utf8(p, o->encoding, path, why, &text);
	if (rc == 0)
		rc = read_rows(p, text, path, why);
	if (rc < 0) {
		proposal_free(p);
		return rc;
	}
	propose_meanings(p);
	*ret = p;
	return 0;
}

void
proposal_free(struct proposal *p)
{
	if (!p)
		return;
	arena_done(&p->arena);
	mem_free(p);
}
