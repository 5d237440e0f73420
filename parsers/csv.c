/*
 * csv.c - one row of comma-separated cells (RFC 4180), named by position.
 *
 * A header names the columns of a stream, which one message alone cannot know; cells are csv.1,
 * csv.2 and so on until the input says more.
 */
#include <stdio.h>

#include "parsers/parser.h"

#define CSV_CELLS 256u
#define CSV_PLAIN 8u /* cells that a row without named columns may have unremarked */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One cell and the comma behind it. *odd: quotes where RFC 4180 has none. */
static struct str
take_cell(struct recs *w, struct str *s, bool *more, bool *odd)
{
	size_t i = 0, n = 0, lead = 0;
	bool doubled = false;
	struct str cell;
	char *out;

	while (lead < s->n && is_blank(s->p[lead]))
		lead++;
	if (lead == s->n || s->p[lead] != '"') {
		while (i < s->n && s->p[i] != ',') {
			*odd |= s->p[i] == '"' || s->p[i] == '\r' || s->p[i] == '\n';
			i++;
		}
		cell = str_make(s->p, i);
		*more = i < s->n;
		str_skip(s, i + *more);
		return cell;
	}
	*odd |= lead > 0;
	str_skip(s, lead + 1);
	for (; i < s->n; i++) {
		if (s->p[i] != '"')
			continue;
		if (i + 1 == s->n || s->p[i + 1] != '"')
			break;
		doubled = true;
		i++;
	}
	cell = str_make(s->p, i);
	*odd |= i == s->n;
	str_skip(s, i + (i < s->n));
	while (s->n > 0 && s->p[0] != ',') {
		*odd = true;
		str_skip(s, 1);
	}
	*more = s->n > 0;
	str_skip(s, *more);
	out = doubled ? rec_text_room(w, cell.n) : NULL;
	if (!out)
		return cell;
	for (size_t k = 0; k < cell.n; k++) {
		out[n++] = cell.p[k];
		k += cell.p[k] == '"';
	}
	return rec_text_take(w, out, n);
}

static enum parsed
csv_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	char name[16] = "csv.";
	unsigned cells = 0;
	bool more = s.n > 0, odd = false;

	(void)ctx;
	while (more) {
		struct str cell = take_cell(w, &s, &more, &odd);
		int n;

		if (++cells > CSV_CELLS)
			break;
		n = snprintf(name + 4, sizeof(name) - 4, "%u", cells);
		if (cell.n > 0)
			rec_put_named(w, str_make(name, 4 + (size_t)n), VALUE_STRING, cell, 0);
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
