#include "parsers/columns.h"

#include <stdio.h>

#include "base/stamp.h"
#include "parsers/csv.h"
#include "parsers/generic.h"
#include "parsers/inside.h"
#include "parsers/put.h"
#include "parsers/source_inside.h"

#define COLUMNS_MAX 512u

/* What the header is, besides names. */
struct table {
	struct str names; /* without the directive */
	char separator;
	bool w3c;   /* "-" is no value, dates are UTC */
	bool blank; /* W3C proper: a plus stands for a blank where blanks separate */
};

static bool
read_header(struct str lead, struct table *ret)
{
	*ret = (struct table){.names = lead};
	str_take(&ret->names, STR("\xef\xbb\xbf"));
	if (str_take(&ret->names, STR("#fields\t"))) {
		ret->w3c = true;
		ret->separator = '\t';
		return ret->names.n > 0;
	}
	if (str_take(&ret->names, STR("#Fields:")) || str_take(&ret->names, STR("# Fields:"))) {
		ret->w3c = true;
		ret->names = str_trim(ret->names);
		ret->blank = str_chr(ret->names, ',') < 0 && str_chr(ret->names, '\t') < 0;
		ret->separator = ret->blank ? ' ' : csv_separator(ret->names);
	} else {
		ret->separator = csv_separator(ret->names);
	}
	return ret->names.n > 0 && ret->separator != 0;
}

/* A line that begins with # is about the table, and the header is no row of it. */
static bool
is_about(const struct parse_ctx *ctx, const struct table *t, struct str text)
{
	struct str lead = ctx->lead;

	str_take(&text, STR("\xef\xbb\xbf"));
	str_take(&lead, STR("\xef\xbb\xbf"));
	return str_eq(text, lead) || (t->w3c && text.n > 0 && text.p[0] == '#');
}

static struct str
unquoted(struct recs *w, const struct csv_cell *cell)
{
	char *out = cell->doubled ? rec_text_room(w, cell->text.n) : NULL;

	return out ? rec_text_take(w, out, csv_unquote(cell->text, out)) : cell->text;
}

/* "Mozilla/5.0+(X11)": IIS writes blanks so, in the headers that clients send. */
static struct str
plain(struct recs *w, const struct table *t, struct str name, struct str value)
{
	char *out;

	if (!t->blank || !str_starts(name, STR("cs(")) || str_chr(value, '+') < 0 ||
		str_chr(value, ' ') >= 0)
		return value;
	out = rec_text_room(w, value.n);
	if (!out)
		return value;
	for (size_t i = 0; i < value.n; i++)
		out[i] = value.p[i] == '+' ? ' ' : value.p[i];
	return rec_text_take(w, out, value.n);
}

/* Every cell under its name. False: one cell only, so it is no row of the table. */
static bool
collect(struct parse_ctx *ctx, struct recs *w, const struct table *t, struct str text)
{
	struct csv head = csv_row(t->names, t->separator), row = csv_row(text, t->separator);
	struct csv_cell name, cell;
	unsigned n = 0;
	bool odd = false;

	sources_begin(ctx, text);
	while (n < COLUMNS_MAX && csv_next(&row, &cell)) {
		bool named = csv_next(&head, &name);
		char number[16];
		struct str value, as;

		n++;
		odd |= cell.odd || !named;
		as = named ? str_trim(unquoted(w, &name)) : STR("");
		if (as.n == 0 || as.n > RECORD_NAME_MAX / 2)
			as = str_make(number, (size_t)snprintf(number, sizeof(number), "#%u", n));
		value = unquoted(w, &cell);
		if (!cell.quoted)
			value = str_trim(value);
		if (value.n == 0 || (t->w3c && !cell.quoted && str_eq(value, STR("-"))) ||
			(t->w3c && str_eq(value, STR("(empty)"))))
			continue;
		if (!pairs_add(ctx->pairs, as, VALUE_STRING, plain(w, t, as, value), 0))
			break;
		ctx->pairs->v[ctx->pairs->n - 1].literal = true;
	}
	if (n < 2)
		return false;
	if (odd || csv_next(&head, &name) || row.more)
		rec_flag(w, REASON_CSV);
	return true;
}

/* ---- rows of nobody's table ---- */

/* Names of columns that hold the event's time, the surest first. */
static const char *const stamps[] = {"@timestamp", "timestamp", "time", "datetime", "date-time",
	"ts", "eventtime", "event time", "event_time", "time generated", "generated", "日時",
	"発生日時", "操作日時", "イベント日時", "記録日時", "受信日時", "アクセス日時"};

static struct str
value_of(const struct pairs *p, struct str name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq_nocase(p->v[i].name, name))
			return p->v[i].value;
	return STR("");
}

static bool
joined_time(struct parse_ctx *ctx, struct str day, struct str clock, int64_t *ret)
{
	char text[96];

	if (day.n == 0 || clock.n == 0 || day.n + clock.n + 1 > sizeof(text))
		return false;
	memcpy(text, day.p, day.n);
	text[day.n] = ' ';
	memcpy(text + day.n + 1, clock.p, clock.n);
	return generic_time(ctx, str_make(text, day.n + 1 + clock.n), ret);
}

static void
take_time(struct parse_ctx *ctx, struct recs *w)
{
	const struct pairs *p = ctx->pairs;
	int64_t ns;
	bool found = joined_time(ctx, value_of(p, STR("date")), value_of(p, STR("time")), &ns) ||
		     joined_time(ctx, value_of(p, STR("日付")), value_of(p, STR("時刻")), &ns);

	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]) && !found; i++) {
		struct str text = value_of(p, str_of(stamps[i]));

		found = text.n > 0 && generic_time(ctx, text, &ns);
	}
	if (found)
		parse_time(ctx, w, ns);
}

static void
put_generic(struct parse_ctx *ctx, struct recs *w, const struct table *t)
{
	struct pairs *p = ctx->pairs;

	ctx->row = t->w3c ? &parser_w3c : &parser_csv;
	w->cur->logsource = (uint16_t)ctx->row->logsource;
	take_time(ctx, w);
	for (size_t i = 0; i < p->n; i++)
		generic_put(w, t->w3c ? STR("w3c.") : STR("csv."), p->v[i].name, p->v[i].value);
	put_fold(w);
}

/* ---- */

static bool
claim(struct parse_ctx *ctx, struct recs *w, const struct table *t, struct str text)
{
	struct input_context utc = *ctx->in;
	const struct input_context *in = ctx->in;
	uint32_t mark = batch_results(w->b)->nentries;
	struct record before = *w->cur;
	bool known;

	/* "All times are in GMT" (W3C Extended Log File Format, 4); a column may say otherwise. */
	utc.zone = NULL;
	if (t->w3c)
		ctx->in = &utc;
	if (!collect(ctx, w, t, text)) {
		ctx->in = in;
		*w->cur = before;
		return false;
	}
	known = sources_claim(ctx, w, SHAPE_JSON, text) || sources_claim(ctx, w, SHAPE_CSV, text);
	if (!known && w->cur) {
		/* By the text: the header is not asked, and what is odd about it does not count. */
		batch_results(w->b)->nentries = mark;
		*w->cur = before;
		known = ctx->fixed_source ? source_read(ctx->fixed_source, ctx, w, text)
					  : sources_read(ctx, w, text);
	}
	if (!known && w->cur) {
		batch_results(w->b)->nentries = mark;
		*w->cur = before;
		ctx->source = NULL;
		collect(ctx, w, t, text);
		put_generic(ctx, w, t);
	}
	ctx->in = in;
	return true;
}

bool
columns_read(struct parse_ctx *ctx, struct recs *w, struct str text)
{
	const struct bound *bound = ctx->bound;
	struct table t;

	/* A row that reads its own text is asked for by name; columns are for all others. */
	if (bound->row && bound->row != &parser_csv && bound->row != &parser_w3c)
		return false;
	ctx->fixed_source = bound->source;
	if (!read_header(ctx->lead, &t))
		return false;
	recognise_begin(ctx, w);
	if (is_about(ctx, &t, text)) {
		ctx->row = t.w3c ? &parser_w3c : &parser_csv;
		w->cur->logsource = (uint16_t)ctx->row->logsource;
		rec_put(w, FIELD_MESSAGE, text);
		return true;
	}
	if (!claim(ctx, w, &t, text))
		return false;
	ctx->message_done = true;
	return true;
}

/* ---- the row: what is about the table, where no table is known yet ---- */

static bool
w3c_sniff(struct str s)
{
	return s.n > 8 && s.p[0] == '#' &&
	       (str_starts(s, STR("#Fields:")) || str_starts(s, STR("#Version:")) ||
		       str_starts(s, STR("#Software:")) || str_starts(s, STR("#Date:")) ||
		       str_starts(s, STR("#Start-Date:")) || str_starts(s, STR("#End-Date:")) ||
		       str_starts(s, STR("#Remark:")) || str_starts(s, STR("#Log-type:")) ||
		       str_starts(s, STR("#separator ")) || str_starts(s, STR("#fields\t")) ||
		       str_starts(s, STR("#types\t")) || str_starts(s, STR("#path\t")) ||
		       str_starts(s, STR("#open\t")) || str_starts(s, STR("#close\t")) ||
		       str_starts(s, STR("#set_separator")) || str_starts(s, STR("#empty_field")) ||
		       str_starts(s, STR("#unset_field")));
}

static enum parsed
w3c_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	(void)ctx;
	(void)w;
	return w3c_sniff(s) ? PARSED_OK : PARSED_NOT;
}

const struct parser parser_w3c = {
	.name = "w3c",
	.words = "elff",
	.logsource = LOGSOURCE_GENERIC,
	.module = "generic",
	.dataset = "generic.w3c",
	.sniff = w3c_sniff,
	.parse = w3c_parse,
};
