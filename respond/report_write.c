/* report_write.c - a report as plain text, as one HTML file, as JSON. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/stamp.h"
#include "respond/report_inside.h"

#define JST_NS (9 * 3600 * NS_PER_S)

static void
jst(int64_t ns, bool with_day, char out[24])
{
	struct civil c;

	civil_of_ns(ns + JST_NS, &c);
	if (with_day)
		snprintf(out, 24, "%02d-%02d %02d:%02d:%02d", c.month, c.day, c.hour, c.minute,
			c.second);
	else
		snprintf(out, 24, "%02d:%02d", c.hour, c.minute);
}

/* ---- text ---- */

static void
write_text(const struct report *r, struct buf *out)
{
	buf_printf(out, "%.*s\n%.*s\n", STR_ARG(r->heading), STR_ARG(r->subheading));
	for (unsigned i = 0; i < REPORT_ITEMS; i++) {
		const struct report_item *it = &r->items[i];

		buf_printf(out, "\n%u. %s\n", i + 1, it->title);
		for (size_t k = 0; k < it->n; k++)
			if (it->lines[k].label.n)
				buf_printf(out, "   %.*s%s%.*s\n", STR_ARG(it->lines[k].label),
					r->ja ? "：" : ": ", STR_ARG(it->lines[k].value));
			else
				buf_printf(out, "   %.*s\n", STR_ARG(it->lines[k].value));
		for (size_t k = 0; i == 6 && k < r->nrows; k++) {
			char at[24];

			jst(r->rows[k].time, true, at);
			buf_printf(out, "   %s JST [%.*s] %.*s%s%.*s  %.*s  (%.*s)\n", at,
				STR_ARG(r->rows[k].family), STR_ARG(r->rows[k].who),
				r->rows[k].where.n ? " @ " : "", STR_ARG(r->rows[k].where),
				STR_ARG(r->rows[k].what), STR_ARG(r->rows[k].reference));
		}
	}
}

/* ---- HTML ---- */

void
report_escape(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			BUF_ADD_LIT(out, "&amp;");
			break;
		case '<':
			BUF_ADD_LIT(out, "&lt;");
			break;
		case '>':
			BUF_ADD_LIT(out, "&gt;");
			break;
		case '"':
			BUF_ADD_LIT(out, "&quot;");
			break;
		case '\'':
			BUF_ADD_LIT(out, "&#39;");
			break;
		default:
			buf_add_char(out, s.p[i]);
		}
}

static const char style[] =
	"@page{size:A4;margin:14mm;font-family:IPAexGothic,sans-serif}"
	"body{font-family:IPAexGothic,'Noto Sans CJK JP','Hiragino Sans',Meiryo,sans-serif;"
	"font-size:10pt;line-height:1.5;color:#1a1a1a;max-width:182mm;margin:0 auto;padding:4mm}"
	"h1{font-size:17pt;margin:0;border-bottom:3px solid #b3261e;padding-bottom:2mm}"
	"p.sub{margin:1mm 0 4mm;font-size:11pt}h2{font-size:11pt;margin:5mm 0 "
	"1mm;background:#eef1f5;"
	"padding:1mm 2mm;border-left:4px solid #33506e;break-after:avoid}"
	"table{border-collapse:collapse;width:100%}th,td{border:1px solid #c9d0d8;padding:1mm 2mm;"
	"vertical-align:top;text-align:left;overflow-wrap:anywhere}th{width:34mm;background:#"
	"f7f8fa;"
	"font-weight:600}table.t th{width:auto}table.t td{font-size:9pt}tr{break-inside:avoid}"
	"svg{width:100%;height:auto;margin:2mm 0}.drill{color:#b3261e;font-weight:700}";

/* Lanes for the kinds of logs that occur, a mark per event, times in JST. */
static void
write_svg(const struct report *r, struct buf *out)
{
	int lanes[8] = {0}, n = 0;
	double span = (double)(r->last - r->first);
	char at[24];

	if (r->nrows == 0)
		return;
	for (size_t i = 0; i < r->nrows; i++)
		lanes[r->rows[i].lane & 7] = 1;
	for (int i = 0; i < 8; i++)
		if (lanes[i])
			lanes[i] = ++n;
	buf_printf(out, "<svg viewBox=\"0 0 720 %d\" role=\"img\"><title>%s</title>", 40 + 26 * n,
		r->ja ? "時系列図" : "course of events");
	for (int i = 0; i < 8; i++) {
		static const char *const names[2][8] = {
			{"mail", "firewall", "proxy", "endpoint", "remote", "auth", "server",
				"other"},
			{"メール", "FW", "プロキシ", "端末", "リモート", "認証", "サーバ",
				"その他"}};
		int y = 26 * lanes[i];

		if (!lanes[i])
			continue;
		buf_printf(out,
			"<text x=\"4\" y=\"%d\" font-size=\"11\">%s</text><line x1=\"90\" "
			"y1=\"%d\" "
			"x2=\"705\" y2=\"%d\" stroke=\"#c9d0d8\"/>",
			y + 4, names[r->ja][i], y, y);
	}
	for (size_t i = 0; i < r->nrows; i++) {
		double x = span > 0 ? 95 + 605 * (double)(r->rows[i].time - r->first) / span : 95;

		buf_printf(out,
			"<circle cx=\"%.1f\" cy=\"%d\" r=\"4\" fill=\"#b3261e\" "
			"fill-opacity=\".7\"><title>",
			x, 26 * lanes[r->rows[i].lane & 7]);
		report_escape(out, r->rows[i].what);
		BUF_ADD_LIT(out, "</title></circle>");
	}
	for (int i = 0; i <= 4; i++) {
		int64_t t = r->first + (int64_t)(span / 4 * i);

		jst(t, false, at);
		buf_printf(out,
			"<text x=\"%d\" y=\"%d\" font-size=\"10\" text-anchor=\"middle\">%s</text>",
			95 + 605 * i / 4, 26 * n + 24, at);
		if (span <= 0)
			break;
	}
	BUF_ADD_LIT(out, "</svg>\n");
}

static void
write_rows(const struct report *r, struct buf *out)
{
	static const char *const heads[2][5] = {
		{"Time (JST)", "Log", "Who / where", "What", "Reference"},
		{"時刻（JST）", "ログ", "誰が・どこで", "内容", "参照番号"}};

	if (r->nrows == 0)
		return;
	write_svg(r, out);
	BUF_ADD_LIT(out, "<table class=\"t\"><thead><tr>");
	for (unsigned i = 0; i < 5; i++)
		buf_printf(out, "<th>%s</th>", heads[r->ja][i]);
	BUF_ADD_LIT(out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < r->nrows; i++) {
		const struct report_row *row = &r->rows[i];
		char at[24];

		jst(row->time, true, at);
		buf_printf(out, "<tr><td>%s</td><td>", at);
		report_escape(out, row->family);
		BUF_ADD_LIT(out, "</td><td>");
		report_escape(out, row->who);
		if (row->where.n)
			BUF_ADD_LIT(out, "<br>");
		report_escape(out, row->where);
		BUF_ADD_LIT(out, "</td><td>");
		report_escape(out, row->what);
		BUF_ADD_LIT(out, "</td><td>");
		report_escape(out, row->reference);
		BUF_ADD_LIT(out, "</td></tr>\n");
	}
	BUF_ADD_LIT(out, "</tbody></table>\n");
}

static void
write_html(const struct report *r, struct buf *out)
{
	buf_printf(out,
		"<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src "
		"'unsafe-inline'\"><title>",
		r->ja ? "ja" : "en");
	report_escape(out, r->heading);
	buf_add_char(out, ' ');
	report_escape(out, r->subheading);
	buf_printf(out, "</title><style>%s</style></head><body><h1>", style);
	report_escape(out, r->heading);
	BUF_ADD_LIT(out, "</h1><p class=\"sub\">");
	report_escape(out, r->subheading);
	BUF_ADD_LIT(out, "</p>\n");
	for (unsigned i = 0; i < REPORT_ITEMS; i++) {
		const struct report_item *it = &r->items[i];

		buf_printf(out, "<h2>%u. %s</h2>\n<table>", i + 1, it->title);
		for (size_t k = 0; k < it->n; k++) {
			BUF_ADD_LIT(out, "<tr>");
			if (it->lines[k].label.n) {
				BUF_ADD_LIT(out, "<th scope=\"row\">");
				report_escape(out, it->lines[k].label);
				BUF_ADD_LIT(out, "</th><td>");
			} else {
				BUF_ADD_LIT(out, "<td colspan=\"2\">");
			}
			report_escape(out, it->lines[k].value);
			BUF_ADD_LIT(out, "</td></tr>\n");
		}
		BUF_ADD_LIT(out, "</table>\n");
		if (i == 6)
			write_rows(r, out);
	}
	BUF_ADD_LIT(out, "</body></html>\n");
}

/* ---- JSON ---- */

static json_t *
json_text(struct str s)
{
	return json_stringn_nocheck(s.n ? s.p : "", s.n);
}

static void
write_json(const struct report *r, struct buf *out)
{
	json_t *j = json_object(), *items = json_array(), *rows = json_array();
	char *text;

	json_object_set_new(j, "title", json_text(r->heading));
	json_object_set_new(j, "subtitle", json_text(r->subheading));
	json_object_set_new(j, "language", json_string(r->ja ? "ja" : "en"));
	for (unsigned i = 0; i < REPORT_ITEMS; i++) {
		json_t *lines = json_array(), *one = json_object();

		for (size_t k = 0; k < r->items[i].n; k++) {
			json_t *line = json_object();

			json_object_set_new(line, "label", json_text(r->items[i].lines[k].label));
			json_object_set_new(line, "value", json_text(r->items[i].lines[k].value));
			json_array_append_new(lines, line);
		}
		json_object_set_new(one, "n", json_integer(i + 1));
		json_object_set_new(one, "title", json_string(r->items[i].title));
		json_object_set_new(one, "lines", lines);
		json_array_append_new(items, one);
	}
	for (size_t k = 0; k < r->nrows; k++) {
		const struct report_row *row = &r->rows[k];
		char at[32];
		json_t *one = json_object();

		json_object_set_new(one, "time", json_stringn(at, stamp_format(row->time, at)));
		json_object_set_new(one, "log", json_text(row->family));
		json_object_set_new(one, "who", json_text(row->who));
		json_object_set_new(one, "where", json_text(row->where));
		json_object_set_new(one, "what", json_text(row->what));
		json_object_set_new(one, "reference", json_text(row->reference));
		json_array_append_new(rows, one);
	}
	json_object_set_new(j, "items", items);
	json_object_set_new(j, "timeline", rows);
	text = json_dumps(j, JSON_INDENT(1));
	buf_add_str(out, str_of(text));
	buf_add_char(out, '\n');
	free(text);
	json_decref(j);
}

int
report_preliminary(const struct report_input *in, enum report_format how, bool ja, struct buf *out)
{
	struct report r;
	int rc = report_build(&r, in, ja);

	if (rc == 0 && how == REPORT_TEXT)
		write_text(&r, out);
	else if (rc == 0 && how == REPORT_HTML)
		write_html(&r, out);
	else if (rc == 0)
		write_json(&r, out);
	report_done(&r);
	return rc;
}
