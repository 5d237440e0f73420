/* propose_write.c - a proposal as a definition in YAML (config/sources/README.md). */
#include "base/json.h"
#include "parsers/propose.h"

#define STRONG 3u /* columns whose look recognition asks for, and how many must merely be there */
#define THERE  4u

static const struct {
	const char *words, *category, *type, *outcome;
} operations[] = {
#define W(words, category, type, outcome) {words, category, type, outcome},
#include "parsers/operation.def"
#undef W
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* The best named column of a meaning, or NULL. */
static const struct proposed_column *
column(const struct proposal *p, enum meaning m)
{
	const struct proposed_column *best = NULL;

	for (size_t i = 0; i < p->ncolumns; i++)
		if (p->columns[i].meaning == m && (!best || p->columns[i].score > best->score))
			best = &p->columns[i];
	return best;
}

static struct str
first_value(struct proposal *p, const struct proposed_column *c)
{
	struct str cells[PROPOSE_COLUMNS];

	for (size_t r = 0; r < p->nrows; r++) {
		propose_cells(&p->arena, p->rows[r], p->separator, cells, PROPOSE_COLUMNS);
		if (cells[c - p->columns].n > 1)
			return cells[c - p->columns];
	}
	return STR("");
}

/* ---- recognition ---- */

/* "2026/04/02 10:02:03": \d{4}/\d{1,2}/\d{1,2} */
static void
date_pattern(struct str s, struct buf *out)
{
	unsigned runs = 0;

	buf_add_char(out, '^');
	while (s.n && runs < 3) {
		size_t i = 0;
		bool letter = (s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z';

		while (i < s.n && is_digit(s.p[i]))
			i++;
		if (i > 2) {
			buf_printf(out, "\\d{%zu}", i);
			runs++;
		} else if (i > 0) {
			BUF_ADD_LIT(out, "\\d{1,2}");
			runs++;
		} else if (letter) {
			while (i < s.n && (s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z')
				i++;
			BUF_ADD_LIT(out, "[A-Za-z]+");
		} else {
			if ((unsigned char)s.p[0] < 0x80)
				buf_add_char(out, '\\');
			buf_add_char(out, s.p[0]);
			i = 1;
		}
		str_skip(&s, i);
	}
}

static void
pattern(struct proposal *p, const struct proposed_column *c, struct buf *out)
{
	switch (c->form) {
	case FORM_IP:
		BUF_ADD_LIT(out, "^[0-9A-Fa-f.:]+$");
		return;
	case FORM_MAC:
		BUF_ADD_LIT(out, "^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$");
		return;
	case FORM_MAIL:
		BUF_ADD_LIT(out, "^[^@ ]+@[^@ ]+");
		return;
	case FORM_URL:
		BUF_ADD_LIT(out, "^(?:https?|ftp)://");
		return;
	case FORM_TIME:
	case FORM_DATE:
	case FORM_CLOCK:
		date_pattern(first_value(p, c), out);
		return;
	default:
		BUF_ADD_LIT(out, ".");
		return;
	}
}

static bool
is_strong(const struct proposed_column *c)
{
	return c->always &&
	       (c->form == FORM_TIME || c->form == FORM_DATE || c->form == FORM_CLOCK ||
		       c->form == FORM_IP || c->form == FORM_MAC || c->form == FORM_MAIL ||
		       c->form == FORM_URL);
}

static void
write_recognition(struct proposal *p, struct buf *out)
{
	unsigned n = 0, there = 0;

	for (size_t i = 0; i < p->ncolumns && n < STRONG && p->ncolumns > 2; i++) {
		struct proposed_column *c = &p->columns[i];
		struct buf re = {0};

		if (!is_strong(c))
			continue;
		pattern(p, c, &re);
		buf_add_str(out, n++ ? STR(", ") : STR("recognise: {if: {"));
		json_quote(out, c->key);
		BUF_ADD_LIT(out, ": {re: '");
		for (size_t k = 0; k < re.n; k++) {
			if (re.p[k] == '\'')
				buf_add_char(out, '\'');
			buf_add_char(out, re.p[k]);
		}
		BUF_ADD_LIT(out, "'}");
		buf_done(&re);
	}
	/* By names, where the header travels with its rows: the more, the surer. */
	for (size_t i = 0; i < p->ncolumns && n && there < THERE; i++) {
		struct proposed_column *c = &p->columns[i];

		if (!c->full || is_strong(c))
			continue;
		BUF_ADD_LIT(out, ", ");
		json_quote(out, c->key);
		BUF_ADD_LIT(out, ": ~");
		there++;
	}
	if (n)
		BUF_ADD_LIT(out, "}}\n");
	else
		buf_printf(out,
			"# No column has the same look in every row, so a line alone does not tell "
			"what it is:\n# say 'source: %.*s' at the input, or --source %.*s.\n",
			STR_ARG(p->name), STR_ARG(p->name));
}

/* ---- time ---- */

static void
time_entry(const struct proposed_column *day, const struct proposed_column *clock,
	const struct proposed_column *zone, const char *format, struct buf *out)
{
	BUF_ADD_LIT(out, "  - {key: [");
	json_quote(out, day->key);
	if (clock) {
		BUF_ADD_LIT(out, ", ");
		json_quote(out, clock->key);
	}
	BUF_ADD_LIT(out, "]");
	if (zone) {
		BUF_ADD_LIT(out, ", zone: ");
		json_quote(out, zone->key);
	}
	if (format)
		buf_printf(out, ", format: \"%s\"", format);
	BUF_ADD_LIT(out, "}\n");
}

static void
write_time(struct proposal *p, struct buf *out)
{
	static const char *const tails[] = {" %H:%M:%S", " %H:%M", ""};
	const struct proposed_column *day = column(p, MEAN_TIME), *clock = NULL;
	const struct proposed_column *zone = column(p, MEAN_ZONE), *date = column(p, MEAN_DATE);
	struct str sample;
	char sign;

	if (!day || (day->form == FORM_DATE && date)) {
		day = date;
		clock = column(p, MEAN_CLOCK);
	}
	if (!day) {
		BUF_ADD_LIT(out,
			"# No column holds a date: records get the time at which they arrive.\n");
		return;
	}
	BUF_ADD_LIT(out, "time:\n");
	if (day->order == DATE_PLAIN) {
		time_entry(day, clock, zone, NULL, out);
		return;
	}
	sample = first_value(p, day);
	while (sample.n && is_digit(sample.p[0]))
		str_skip(&sample, 1);
	sign = sample.n ? sample.p[0] : '/';
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct buf f = {0};

		buf_printf(&f,
			day->order == DATE_YMD   ? "%%y%c%%m%c%%d%s"
			: day->order == DATE_MDY ? "%%m%c%%d%c%%Y%s"
						 : "%%d%c%%m%c%%Y%s",
			sign, sign, tails[i]);
		time_entry(day, clock, zone, buf_z(&f), out);
		buf_done(&f);
	}
}

/* ---- rows ---- */

/* Places: what was renamed to goes before what it was, and what is surely meant before the rest. */
static unsigned
place(const struct proposed_column *c)
{
	return c->meaning == MEAN_NEW_FILE ? 0 : c->meaning == MEAN_HOST_IP ? 2 : 1;
}

static size_t
first_of(const struct proposal *p, enum meaning m)
{
	size_t i = 0;

	while (i < p->ncolumns && p->columns[i].meaning != m)
		i++;
	return i;
}

static bool
comes_before(
	const struct proposal *p, const struct proposed_column *a, const struct proposed_column *b)
{
	size_t fa = first_of(p, a->meaning), fb = first_of(p, b->meaning);

	if (place(a) != place(b))
		return place(a) < place(b);
	if (fa != fb)
		return fa < fb;
	return a->score != b->score ? a->score > b->score : a < b;
}

static const char *
row_of(const struct proposed_column *c)
{
	bool file = c->meaning == MEAN_FILE || c->meaning == MEAN_NEW_FILE;

	if (file && !c->paths)
		return "file.name";
	if (c->meaning == MEAN_PROCESS && !c->paths)
		return "process.name";
	if (c->meaning == MEAN_PARENT && !c->paths)
		return "process.parent.name";
	return proposal_row(c);
}

static void
write_row(const struct proposal *p, const struct proposed_column *c, struct buf *out)
{
	const struct proposed_column *to = column(p, MEAN_NEW_FILE);

	BUF_ADD_LIT(out, "  ");
	json_quote(out, c->key);
	if (c->meaning == MEAN_FILE && to) {
		const char *row = row_of(c);

		/* Where there is a new name, this is the old one. */
		BUF_ADD_LIT(out, ": [{to: file.Ext.original.path, if: {");
		json_quote(out, to->key);
		buf_printf(out, ": ~}}, %s%s%s]", *row == '{' ? "" : "{to: ", row,
			*row == '{' ? "" : "}");
	} else {
		buf_printf(out, ": %s", row_of(c));
	}
	if (c->remark.n)
		buf_printf(out, " # %.*s", STR_ARG(c->remark));
	BUF_ADD_LIT(out, "\n");
}

static void
write_rows(struct proposal *p, struct buf *out)
{
	struct proposed_column **v =
		arena_alloc(&p->arena, (p->ncolumns + 1) * sizeof(struct proposed_column *));
	size_t n = 0;

	for (size_t i = 0; i < p->ncolumns; i++) {
		struct proposed_column *c = &p->columns[i];
		size_t at = n;

		if (c->meaning == MEAN_NONE || *proposal_row(c) == 0)
			continue;
		for (; at > 0 && comes_before(p, c, v[at - 1]); at--)
			v[at] = v[at - 1];
		v[at] = c;
		n++;
	}
	buf_add_str(out, n ? STR("map:\n") : STR("# No column is mapped.\n"));
	for (size_t i = 0; i < n; i++)
		write_row(p, v[i], out);
	for (size_t i = 0; i < p->ncolumns; i++) {
		const struct proposed_column *c = &p->columns[i];

		if (c->meaning == MEAN_NONE && c->remark.n)
			buf_printf(out, "  # %.*s: %.*s\n", STR_ARG(c->key), STR_ARG(c->remark));
	}
}

/* ---- what the records are ---- */

static void
write_operations(const struct proposal *p, struct buf *out)
{
	const struct proposed_column *action = column(p, MEAN_ACTION);
	bool file = column(p, MEAN_FILE) || column(p, MEAN_NEW_FILE);
	bool process = column(p, MEAN_PROCESS) != NULL;

	if (!action)
		return;
	BUF_ADD_LIT(out, "when:\n");
	for (size_t i = 0; i < OPERATIONS; i++) {
		const char *category = operations[i].category, *comma = "";

		if ((str_eq(str_of(category), STR("file")) && !file) ||
			(str_eq(str_of(category), STR("process")) && !process))
			continue;
		BUF_ADD_LIT(out, "  - {if: {");
		json_quote(out, action->key);
		buf_printf(out, ": {re: '(?i)%s'}}, set: {", operations[i].words);
		if (*category) {
			buf_printf(out, "event.category: %s, event.type: %s", category,
				operations[i].type);
			comma = ", ";
		}
		if (*operations[i].outcome)
			buf_printf(out, "%sevent.outcome: %s", comma, operations[i].outcome);
		BUF_ADD_LIT(out, "}}\n");
	}
}

static void
write_set(const struct proposal *p, struct buf *out)
{
	static const char *const by_kind[][2] = {
		{"mail", "email, event.type: info"},
		{"proxy", "web, event.type: access"},
		{"firewall", "network, event.type: connection"},
		{"authentication", "authentication, event.type: start"},
	};
	const char *category = "";

	for (size_t i = 0; i < sizeof(by_kind) / sizeof(by_kind[0]); i++)
		if (str_eq(str_of(p->kind), str_of(by_kind[i][0])))
			category = by_kind[i][1];
	if (str_eq(str_of(p->kind), STR("endpoint")))
		category = column(p, MEAN_FILE) || column(p, MEAN_NEW_FILE)
				   ? "file, event.type: info"
			   : column(p, MEAN_PROCESS) ? "process, event.type: info"
						     : "host, event.type: info";
	buf_printf(out, "set: {event.kind: event%s%s}\n", *category ? ", event.category: " : "",
		category);
}

void
proposal_write(const struct proposal *lent, struct buf *out)
{
	struct proposal *p = (struct proposal *)(uintptr_t)lent; /* its arena gives room */
	const char *kind = *p->kind ? p->kind : "other";

	buf_printf(out,
		"# Proposed by `noroshi map` from the header and %zu rows; read it before you rely "
		"on "
		"it.\n",
		p->nrows);
	if (p->charset != CHARSET_UTF8 && p->charset < CHARSET_NONE)
		buf_printf(out, "# The file is %s: say 'encoding: %s' at the input.\n",
			charset_name(p->charset), charset_name(p->charset));
	buf_printf(out, "source: %.*s\ntitle: %.*s\n", STR_ARG(p->name), STR_ARG(p->name));
	if (*p->kind)
		buf_printf(out, "kind: %s\n", kind);
	buf_printf(out, "logsource: {product: %.*s, category: %s}\nshape: csv\n", STR_ARG(p->name),
		kind);
	if (p->separator == '\t')
		BUF_ADD_LIT(out, "separator: tab\n");
	else if (p->separator != ',')
		buf_printf(out, "separator: \"%c\"\n", p->separator);
	write_recognition(p, out);
	buf_printf(out, "columns:\n  - {least: %zu, most: %zu, names: [", p->ncolumns, p->ncolumns);
	for (size_t i = 0; i < p->ncolumns; i++) {
		if (i)
			BUF_ADD_LIT(out, ", ");
		json_quote(out, p->columns[i].key);
	}
	BUF_ADD_LIT(out, "]}\n");
	write_time(p, out);
	write_set(p, out);
	write_operations(p, out);
	write_rows(p, out);
}
