/*
 * csv.c - rows of separated cells: their reader, and the row of the table, which names cells by
 * position.
 *
 * Rows whose header is known are columns.c's; cells of others are csv.1, csv.2 and so on.
 */
#include "parsers/csv.h"

#include <stdio.h>

#include "parsers/parser.h"

#define CSV_CELLS 256u
#define CSV_PLAIN 8u /* cells that a row without named columns may have unremarked */

/* ---- reader ---- */

static bool
is_blank(char c, char separator)
{
	return (c == ' ' || c == '\t') && c != separator;
}

static void
take_plain(struct csv *c, struct csv_cell *ret)
{
	struct str s = c->rest;
	size_t i = 0;

	while (i < s.n && s.p[i] != c->separator) {
		ret->odd |= s.p[i] == '"' || s.p[i] == '\r' || s.p[i] == '\n';
		i++;
	}
	ret->text = str_make(s.p, i);
	c->more = i < s.n;
	str_skip(&c->rest, i + c->more);
}

bool
csv_next(struct csv *c, struct csv_cell *ret)
{
	size_t i = 0, lead = 0;
	struct str s = c->rest;

	*ret = (struct csv_cell){0};
	if (!c->more)
		return false;
	while (lead < s.n && is_blank(s.p[lead], c->separator))
		lead++;
	if (lead == s.n || s.p[lead] != '"') {
		take_plain(c, ret);
		return true;
	}
	ret->quoted = true;
	ret->odd = lead > 0;
	str_skip(&s, lead + 1);
	for (; i < s.n; i++) {
		if (s.p[i] != '"')
			continue;
		if (i + 1 == s.n || s.p[i + 1] != '"')
			break;
		ret->doubled = true;
		i++;
	}
	ret->text = str_make(s.p, i);
	ret->odd |= i == s.n;
	str_skip(&s, i + (i < s.n));
	while (s.n > 0 && s.p[0] != c->separator) {
		ret->odd = true;
		str_skip(&s, 1);
	}
	c->more = s.n > 0;
	str_skip(&s, c->more);
	c->rest = s;
	return true;
}

size_t
csv_unquote(struct str text, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		out[n++] = text.p[i];
		i += text.p[i] == '"' && i + 1 < text.n && text.p[i + 1] == '"';
	}
	return n;
}

char
csv_separator(struct str header)
{
	static const char marks[] = "\t,;|";
	size_t count[sizeof(marks) - 1] = {0}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < header.n; i++) {
		const char *mark;

		quoted ^= header.p[i] == '"';
		mark = quoted || !header.p[i] ? NULL : strchr(marks, header.p[i]);
		if (mark)
			count[mark - marks]++;
	}
	for (size_t i = 1; i < sizeof(count) / sizeof(count[0]); i++)
		if (count[i] > count[best])
			best = i;
	return count[best] ? marks[best] : 0;
}

/* ---- row ---- */

static enum parsed
csv_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct csv row = csv_row(s, ',');
	struct csv_cell cell;
	char name[16] = "csv.";
	unsigned cells = 0;
	bool odd = false;

	(void)ctx;
	while (csv_next(&row, &cell)) {
		char *out = cell.doubled ? rec_text_room(w, cell.text.n) : NULL;
		int n;

		odd |= cell.odd;
		if (++cells > CSV_CELLS)
			break;
		if (out)
			cell.text = rec_text_take(w, out, csv_unquote(cell.text, out));
		n = snprintf(name + 4, sizeof(name) - 4, "%u", cells);
		if (cell.text.n > 0)
			rec_put_named(w, str_make(name, 4 + (size_t)n), VALUE_STRING, cell.text, 0);
	}
	if (odd || cells > CSV_PLAIN)
		rec_flag(w, REASON_CSV);
	return cells > 1 ? PARSED_OK : PARSED_NOT;
}

const struct parser parser_csv = {
	.name = "csv",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.csv",
	.parse = csv_parse,
};
