#include "respond/chat.h"

#include <stdlib.h>

#include "base/term.h"
#include "respond/notice.h"

/* A section's text has at most 3,000 characters. */
#define TEXT_BYTES     2400u
#define HEADLINE_BYTES 140u
#define ACTION_BYTES   400u

void
chat_shown(struct buf *out, struct str s)
{
	term_show(out, s);
}

static void
headline(const struct notice *n, bool ja, struct buf *out)
{
	buf_printf(out, ja ? "【%s】" : "[%s] ", word_for_level(n->level, ja));
	notice_title(n, ja, HEADLINE_BYTES, out);
}

static void
text(const struct notice *n, bool ja, struct buf *out)
{
	struct str action =
		notice_text_of(n, ja ? "noroshi.first_action_ja" : "noroshi.first_action_en");

	notice_sentence(n, ja, TEXT_BYTES - 2 * ACTION_BYTES, out);
	BUF_ADD_LIT(out, "\n");
	show_time(out, notice_time(n));
	if (action.n) {
		buf_printf(out, ja ? "\n最初にすること：" : "\nDo first: ");
		show(out, str_trim(action), ACTION_BYTES, ja);
	}
	buf_printf(out, ja ? "\nアラートID：" : "\nAlert ");
	show(out, notice_text_of(n, "noroshi.alert.id"), 64, ja);
	buf_printf(out, ja ? "（確認：noroshi ack ID）" : " (to acknowledge: noroshi ack ID)");
}

/* For Slack's fallback text: the three characters that begin markup. */
static void
escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '&')
			BUF_ADD_LIT(out, "&amp;");
		else if (s.p[i] == '<')
			BUF_ADD_LIT(out, "&lt;");
		else if (s.p[i] == '>')
			BUF_ADD_LIT(out, "&gt;");
		else
			buf_add_char(out, s.p[i]);
	}
}

static json_t *
string(struct str s)
{
	return json_stringn_nocheck(s.n ? s.p : "", s.n);
}

static json_t *
slack(struct str head, struct str body)
{
	struct buf fallback = {0};
	json_t *j, *plain;

	escaped(&fallback, head);
	plain = json_pack("{s:s,s:o,s:b}", "type", "plain_text", "text", string(head), "emoji", 0);
	j = json_pack("{s:o,s:b,s:b,s:b,s:[{s:s,s:o},{s:s,s:{s:s,s:o,s:b}}]}", "text",
		string(buf_str(&fallback)), "mrkdwn", 0, "unfurl_links", 0, "unfurl_media", 0,
		"blocks", "type", "header", "text", plain, "type", "section", "text", "type",
		"plain_text", "text", string(body), "emoji", 0);
	buf_done(&fallback);
	return j;
}

static json_t *
runs(struct str s, bool bold)
{
	return json_pack("{s:s,s:[{s:s,s:o,s:s}]}", "type", "RichTextBlock", "inlines", "type",
		"TextRun", "text", string(s), "weight", bold ? "bolder" : "default");
}

/* A run has no line ends of its own: a block a line. */
static json_t *
teams(struct str head, struct str body)
{
	json_t *list = json_array();
	struct str line;
	bool more = true;

	json_array_append_new(list, runs(head, true));
	while (more) {
		more = str_cut(&body, '\n', &line);
		json_array_append_new(list, runs(line, false));
	}
	return json_pack("{s:s,s:[{s:s,s:{s:s,s:s,s:s,s:o}}]}", "type", "message", "attachments",
		"contentType", "application/vnd.microsoft.card.adaptive", "content", "$schema",
		"http://adaptivecards.io/schemas/adaptive-card.json", "type", "AdaptiveCard",
		"version", "1.4", "body", list);
}

void
chat_compose(const struct sink_settings *set, struct str alert, struct buf *out)
{
	bool ja = str_eq(set->language, STR("ja"));
	struct buf head = {0}, body = {0};
	struct notice n;
	json_t *j;
	char *s;

	notice_init(&n, alert);
	headline(&n, ja, &head);
	text(&n, ja, &body);
	j = set->form == WEBHOOK_SLACK ? slack(buf_str(&head), buf_str(&body))
				       : teams(buf_str(&head), buf_str(&body));
	s = json_dumps(j, JSON_COMPACT);
	buf_add_str(out, str_of(s));
	free(s);
	json_decref(j);
	notice_done(&n);
	buf_done(&head);
	buf_done(&body);
}
