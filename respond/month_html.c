/* month_html.c - the monthly page as HTML that prints on one sheet. */
#include "respond/month_page.h"
#include "respond/report_inside.h"

#define TWO(en, jp) (p->ja ? (jp) : (en))

static const char style[] =
	"@page{size:A4;margin:9mm 11mm;font-family:IPAexGothic,sans-serif}"
	"body{font-family:IPAexGothic,'Noto Sans CJK JP','Hiragino Sans',Meiryo,sans-serif;"
	"font-size:8.6pt;line-height:1.3;max-width:188mm;margin:0 auto;padding:2mm;color:#1a1a1a}"
	"h1{font-size:15pt;margin:0}p{margin:.5mm 0 1mm}h2{font-size:10pt;margin:2.4mm 0 .8mm;"
	"border-bottom:2px solid #33506e}table{border-collapse:collapse;width:100%}"
	"td,th{border:1px solid #c9d0d8;padding:.45mm 1.6mm;text-align:left;overflow-wrap:anywhere}"
	"th{background:#f2f4f7;font-weight:600}td.n{text-align:right}.light{display:flex;gap:4mm;"
	"align-items:center;margin:2mm 0;padding:2mm 3mm;border:1px solid #c9d0d8}"
	".dot{width:12mm;height:12mm;border-radius:50%;flex:none}.g{background:#2e7d32}"
	".y{background:#f9a825}.r{background:#b3261e}.two{display:flex;gap:5mm}.two>div{flex:1}"
	"ol{margin:1mm 0;padding-left:6mm}";

/* A number, or something measured: to the right, under the others. */
static bool
is_number(struct str s)
{
	return s.n > 0 && is_digit(s.p[0]) && s.n < 24;
}

static void
write_row(const struct page_section *s, const struct str *row, struct buf *out)
{
	BUF_ADD_LIT(out, "<tr>");
	for (unsigned i = 0; i < s->ncolumns; i++) {
		bool name = i == 0 && s->names;

		buf_printf(out, "%s",
			name                               ? "<th scope=\"row\">"
			: is_number(row[i]) && s->heads[0] ? "<td class=\"n\">"
							   : "<td>");
		report_escape(out, row[i]);
		buf_printf(out, "%s", name ? "</th>" : "</td>");
	}
	BUF_ADD_LIT(out, "</tr>\n");
}

static void
write_section(const struct page_section *s, struct buf *out)
{
	buf_printf(out, "<h2>%s</h2>", s->title);
	if (s->note.n) {
		BUF_ADD_LIT(out, "<p>");
		report_escape(out, s->note);
		BUF_ADD_LIT(out, "</p>");
	}
	if (s->nrows == 0)
		return;
	BUF_ADD_LIT(out, "<table>");
	if (s->heads[0]) {
		BUF_ADD_LIT(out, "<tr>");
		for (unsigned i = 0; i < s->ncolumns; i++)
			buf_printf(out, "<th>%s</th>", s->heads[i]);
		BUF_ADD_LIT(out, "</tr>\n");
	}
	for (unsigned i = 0; i < s->nrows; i++)
		write_row(s, s->cells[i], out);
	BUF_ADD_LIT(out, "</table>\n");
}

void
page_write_html(const struct page *p, struct buf *out)
{
	const char *title = TWO("Security monitoring", "セキュリティ監視 月次報告");

	buf_printf(out,
		"<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta "
		"http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\"><title>%s %s</title><style>%s</style></head><body><h1>%s "
		"%s</h1><p>",
		TWO("en", "ja"), title, page_month(p), style, title, page_month(p));
	report_escape(out, p->site->organisation);
	buf_printf(out,
		"</p><div class=\"light\"><div class=\"dot %c\" role=\"img\" "
		"aria-label=\"%s\"></div><div><strong>%s</strong><br>",
		"gyr"[p->light], page_light(p), page_light(p));
	report_escape(out, buf_str(&p->reason));
	BUF_ADD_LIT(out, "</div></div>\n");
	for (unsigned i = 0; i < p->nsections; i++) {
		const struct page_section *s = &p->sections[i];
		bool opens = s->half && (i == 0 || !p->sections[i - 1].half);

		buf_printf(out, "%s", opens ? "<div class=\"two\"><div>" : s->half ? "<div>" : "");
		write_section(s, out);
		buf_printf(out, "%s", opens ? "</div>" : s->half ? "</div></div>" : "");
	}
	buf_printf(out, "<h2>%s</h2><ol>", TWO("Recommendations", "提言"));
	for (unsigned i = 0; i < p->nadvice; i++) {
		BUF_ADD_LIT(out, "<li>");
		report_escape(out, p->advice[i]);
		BUF_ADD_LIT(out, "</li>");
	}
	BUF_ADD_LIT(out, "</ol></body></html>\n");
}
