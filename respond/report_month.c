/* report_month.c - one page a month for people who do not know logs. */
#include <stdlib.h>

#include "base/err.h"
#include "respond/month_page.h"
#include "respond/report_inside.h"

#define TWO(en, jp) (p->ja ? (jp) : (en))

const char *
page_light(const struct page *p)
{
	static const char *const words[2][3] = {
		{"GREEN", "YELLOW: attention", "RED: something must be done"},
		{"青（正常）", "黄（注意）", "赤（対応が必要）"}};

	return words[p->ja][p->light];
}

const char *
page_month(const struct page *p)
{
	return json_string_value(json_object_get(p->m, "month"));
}

static void
section_text(const struct page *p, const struct page_section *s, struct buf *out)
{
	buf_printf(out, "\n%s\n", s->title);
	if (s->note.n)
		buf_printf(out, "  %.*s\n", STR_ARG(s->note));
	for (unsigned i = 0; i < s->nrows; i++) {
		BUF_ADD_LIT(out, "  ");
		if (s->names)
			buf_printf(out, "%.*s%s", STR_ARG(s->cells[i][0]), TWO(": ", "："));
		for (unsigned k = s->names; k < s->ncolumns; k++)
			buf_printf(out, "%s%s%s%.*s", k > s->names ? TWO(", ", "、") : "",
				s->heads[0] ? s->heads[k] : "", s->heads[0] ? " " : "",
				STR_ARG(s->cells[i][k]));
		buf_add_char(out, '\n');
	}
}

static void
write_text(const struct page *p, struct buf *out)
{
	buf_printf(out, TWO("Security monitoring, month %s\n", "セキュリティ監視 月次報告 %s\n"),
		page_month(p));
	buf_printf(out, "%.*s\n\n%s: %.*s\n", STR_ARG(p->site->organisation), page_light(p),
		STR_ARG(buf_str(&p->reason)));
	for (unsigned i = 0; i < p->nsections; i++)
		section_text(p, &p->sections[i], out);
	buf_printf(out, TWO("\nRecommendations\n", "\n提言\n"));
	for (unsigned i = 0; i < p->nadvice; i++)
		buf_printf(out, "  %u. %.*s\n", i + 1, STR_ARG(p->advice[i]));
}

/* The numbers, and what the page makes of them. */
static void
write_json(const struct page *p, struct buf *out)
{
	static const char *const lights[] = {"green", "yellow", "red"};
	json_t *j = json_copy((json_t *)(uintptr_t)p->m), *list = json_array();
	char *text;

	for (unsigned i = 0; i < p->nadvice; i++)
		json_array_append_new(list, json_stringn_nocheck(p->advice[i].p, p->advice[i].n));
	json_object_set_new(j, "light", json_string(lights[p->light]));
	json_object_set_new(j, "reason", json_stringn_nocheck(p->reason.p, p->reason.n));
	json_object_set_new(j, "recommendations", list);
	text = json_dumps(j, JSON_INDENT(1));
	buf_add_str(out, str_of(text));
	buf_add_char(out, '\n');
	free(text);
	json_decref(j);
}

int
report_monthly(const json_t *month, const struct report_site *site, enum report_format how, bool ja,
	struct buf *out)
{
	struct report_site named = *site;
	struct page page = {.m = month, .site = &named, .ja = ja}, *p = &page;

	if (!json_is_string(json_object_get(month, "month")))
		return ERR_SYNTAX;
	if (named.organisation.n == 0)
		named.organisation = str_of(TWO(
			"(organisation: name is not set)", "（組織名未設定：organisation: name）"));
	page_judge(p);
	page_fill(p);
	if (how == REPORT_HTML)
		page_write_html(p, out);
	else if (how == REPORT_TEXT)
		write_text(p, out);
	else
		write_json(p, out);
	buf_done(&p->reason);
	arena_done(&p->arena);
	return 0;
}
