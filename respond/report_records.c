/* report_records.c - records as rows of a timeline: when, which log, who, where, what happened. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "respond/report_inside.h"

/* One page or two: the beginning and, more of it, the end, where it was decided. */
#define ROWS_FIRST 30u
#define ROWS_LAST  60u
/* What says the same of the same within an hour is one row; so far is looked back. */
#define FOLD_ROWS 64u
#define FOLD_NS   (3600 * NS_PER_S)

static const struct {
	const char *name, *en, *ja;
} families[] = {{"mail", "mail", "メール"}, {"firewall", "firewall", "ファイアウォール"},
	{"proxy", "proxy", "プロキシ"}, {"endpoint", "endpoint", "端末"},
	{"remote", "remote access", "リモートアクセス"}, {"auth", "authentication", "認証"},
	{"server", "server", "サーバ"}, {"other", "other", "その他"}};

#define LANE_ENDPOINT 3
#define FAMILIES      (sizeof(families) / sizeof(families[0]))

const char *
report_family(struct str family, bool ja)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (str_eq(family, str_of(families[i].name)))
			return ja ? families[i].ja : families[i].en;
	return ja ? "その他" : "other";
}

static struct str
text_of(const json_t *j, const char *name)
{
	const json_t *v = json_object_get(j, name);

	if (json_is_array(v))
		v = json_array_get(v, 0);
	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v))
				 : (struct str){"", 0};
}

/* By what the record says of itself; the order is from the special to the general. */
static size_t
lane_of(const json_t *j)
{
	static const struct {
		const char *field, *word;
		size_t lane;
	} rules[] = {{"event.category", "email", 0}, {"observer.type", "proxy", 2},
		{"event.action", "tunnel", 4}, {"event.action", "vpn", 4},
		{"event.category", "web", 2}, {"event.category", "process", 3},
		{"event.category", "file", 3}, {"event.category", "registry", 3},
		{"event.category", "driver", 3}, {"event.category", "malware", 3},
		{"event.category", "authentication", 5}, {"event.category", "iam", 5},
		{"observer.type", "firewall", 1}, {"event.category", "network", 1},
		{"event.category", "session", 4}};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (str_find(text_of(j, rules[i].field), str_of(rules[i].word)) >= 0)
			return rules[i].lane;
	return FAMILIES - 1;
}

/* A mail's lines tell its sender, its recipient, or both. */
static struct str
mail_sentence(struct report *r, const json_t *j)
{
	struct str from = report_shown(r, text_of(j, "email.from.address"), 100);
	struct str to = report_shown(r, text_of(j, "email.to.address"), 100);

	if (from.n && to.n)
		return arena_printf(&r->arena,
			r->ja ? "メール：%.*s から %.*s へ" : "mail from %.*s to %.*s",
			STR_ARG(from), STR_ARG(to));
	if (from.n || to.n)
		return arena_printf(&r->arena,
			to.n ? (r->ja ? "メールの配送：%.*s 宛" : "mail delivered to %.*s")
			     : (r->ja ? "メールの受付：%.*s から" : "mail taken from %.*s"),
			STR_ARG(to.n ? to : from));
	return report_shown(r, text_of(j, "message"), 160);
}

static struct str
web_sentence(struct report *r, const json_t *j, bool failed)
{
	const json_t *sent = json_object_get(j, "source.bytes");
	struct str domain = text_of(j, "url.domain");
	struct str url = report_shown(r, domain.n ? domain : text_of(j, "url.full"), 120);
	bool ja = r->ja;

	if (!json_is_integer(sent))
		return arena_printf(&r->arena,
			failed ? (ja ? "Webアクセスを拒否：%.*s" : "web access refused: %.*s")
			       : (ja ? "Webアクセス：%.*s" : "web access: %.*s"),
			STR_ARG(url));
	return arena_printf(&r->arena,
		failed ? (ja ? "Webアクセスを拒否：%.*s（送信%lldバイト）"
			     : "web access refused: %.*s (%lld bytes sent)")
		       : (ja ? "Webアクセス：%.*s（送信%lldバイト）"
			     : "web access: %.*s (%lld bytes sent)"),
		STR_ARG(url), (long long)json_integer_value(sent));
}

/* What happened, as a sentence without names of fields. */
static struct str
sentence(struct report *r, const json_t *j, size_t lane)
{
	struct str action = text_of(j, "event.action");
	struct str command = text_of(j, "process.command_line"), path = text_of(j, "file.path");
	struct str to = text_of(j, "destination.ip"), from = text_of(j, "source.ip");
	bool failed = str_eq(text_of(j, "event.outcome"), STR("failure"));
	bool ja = r->ja;

	if (path.n == 0)
		path = text_of(j, "process.executable");
	switch (lane) {
	case 0:
		return mail_sentence(r, j);
	case 1:
		return arena_printf(&r->arena,
			failed ? (ja ? "通信を遮断：%.*s から %.*s へ"
				     : "connection blocked, %.*s to %.*s")
			       : (ja ? "通信を許可：%.*s から %.*s へ"
				     : "connection allowed, %.*s to %.*s"),
			STR_ARG(report_shown(r, from, 60)), STR_ARG(report_shown(r, to, 60)));
	case 2:
		return web_sentence(r, j, failed);
	case 3:
		return str_find(text_of(j, "event.category"), STR("file")) >= 0
			       ? arena_printf(&r->arena, ja ? "ファイル：%.*s" : "file: %.*s",
					 STR_ARG(report_shown(r, path, 160)))
			       : arena_printf(&r->arena,
					 ja ? "プログラム実行：%.*s" : "program run: %.*s",
					 STR_ARG(report_shown(r, command.n ? command : path, 200)));
	case 4:
		return arena_printf(&r->arena,
			failed ? (ja ? "リモートアクセス失敗（%.*s から）"
				     : "remote access failed, from %.*s")
			: str_find(action, STR("down")) >= 0 ||
					str_find(action, STR("disconnect")) >= 0
				? (ja ? "リモートアクセス終了（%.*s から）"
				      : "remote access ended, from %.*s")
				: (ja ? "リモートアクセス成功（%.*s から）"
				      : "remote access opened, from %.*s"),
			STR_ARG(report_shown(r, from, 60)));
	case 5:
		if (str_find(text_of(j, "event.category"), STR("iam")) >= 0)
			return arena_printf(&r->arena,
				ja ? "アカウント・権限の変更" : "account or rights changed");
		return arena_printf(&r->arena,
			failed ? (ja ? "ログオン失敗（%.*s から）" : "logon failed, from %.*s")
			       : (ja ? "ログオン成功（%.*s から）" : "logon succeeded, from %.*s"),
			STR_ARG(from.n ? report_shown(r, from, 60)
				       : str_of(ja ? "その機器" : "the machine itself")));
	default:
		return report_shown(r, text_of(j, "message"), 160);
	}
}

static struct str
key_of(struct report *r, const json_t *j, const struct report_row *row)
{
	struct str path = text_of(j, "file.path");
	size_t n = path.n;

	if (row->lane != LANE_ENDPOINT || str_find(text_of(j, "event.category"), STR("file")) < 0)
		return row->what;
	while (n > 0 && path.p[n - 1] != '/' && path.p[n - 1] != '\\')
		n--;
	return arena_printf(
		&r->arena, "%.*s|%.*s", STR_ARG(text_of(j, "event.action")), (int)n, path.p);
}

/* The newest row into an earlier one that says the same. */
static void
fold(struct report *r)
{
	struct report_row *new = &r->rows[r->nrows - 1];
	size_t from = r->nrows - 1 > FOLD_ROWS ? r->nrows - 1 - FOLD_ROWS : 0;

	for (size_t i = r->nrows - 1; i-- > from;) {
		struct report_row *row = &r->rows[i];

		if (row->lane != new->lane || !str_eq(row->who, new->who) ||
			!str_eq(row->where, new->where) || !str_eq(row->key, new->key) ||
			new->time > row->last + FOLD_NS || new->time < row->time - FOLD_NS)
			continue;
		if (new->time < row->time) {
			row->time = new->time;
			row->reference = new->reference;
		}
		row->last = new->time > row->last ? new->time : row->last;
		row->count++;
		r->nrows--;
		return;
	}
}

static void
add_row(struct report *r, const json_t *j)
{
	struct str stamp = text_of(j, "@timestamp"), who = text_of(j, "noroshi.identity.user");
	struct str host = text_of(j, "noroshi.identity.host"), id = text_of(j, "event.id");
	struct report_row *row;
	int64_t ns = 0;

	if (!stamp_take_iso(&stamp, NULL, 0, &ns) || ns == STAMP_BEYOND)
		return;
	r->rows = mem_grow(r->rows, r->nrows, &r->rows_cap, sizeof(*r->rows));
	row = &r->rows[r->nrows++];
	*row = (struct report_row){.time = ns, .last = ns, .count = 1, .lane = (int)lane_of(j)};
	row->family = str_of(r->ja ? families[row->lane].ja : families[row->lane].en);
	if (who.n == 0)
		who = text_of(j, "user.name");
	if (host.n == 0)
		host = text_of(j, "host.name");
	row->who = report_shown(r, who, 60);
	row->where = report_shown(r, host, 60);
	row->what = sentence(r, j, (size_t)row->lane);
	row->key = key_of(r, j, row);
	row->reference = arena_printf(&r->arena, "%lld / %.*s",
		(long long)json_integer_value(json_object_get(j, "event.sequence")),
		(int)(id.n < 8 ? id.n : 8), id.p ? id.p : "");
	fold(r);
}

static void
span_of(struct report *r)
{
	for (size_t i = 0; i < r->nrows; i++) {
		r->told += r->rows[i].count;
		if (r->first == 0 || r->rows[i].time < r->first)
			r->first = r->rows[i].time;
		if (r->rows[i].last > r->last)
			r->last = r->rows[i].last;
	}
}

/* The middle of what is too long. */
static void
shorten(struct report *r)
{
	size_t gone = r->nrows > ROWS_FIRST + ROWS_LAST ? r->nrows - ROWS_FIRST - ROWS_LAST : 0;

	if (gone == 0)
		return;
	for (size_t i = 0; i < gone; i++)
		r->rows_left += r->rows[ROWS_FIRST + i].count;
	memmove(r->rows + ROWS_FIRST, r->rows + ROWS_FIRST + gone, ROWS_LAST * sizeof(*r->rows));
	r->nrows -= gone;
}

/* How often, behind what: there only when it was more than once. */
static void
tell_counts(struct report *r)
{
	for (size_t i = 0; i < r->nrows; i++) {
		struct report_row *row = &r->rows[i];
		struct str until = report_time(r, row->last);

		if (row->count > 1)
			row->what = arena_printf(&r->arena,
				r->ja ? "%.*s（計%zu件、%.*sまで）"
				      : "%.*s (%zu times, until %.*s)",
				STR_ARG(row->what), row->count, (int)(until.n < 19 ? until.n : 19),
				until.p);
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct report_row *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return str_cmp(x->reference, y->reference);
}

void
report_rows(struct report *r, const struct report_input *in)
{
	for (size_t i = 0; i < in->nrecords; i++) {
		json_t *j = json_loadb(in->records[i].p, in->records[i].n, JSON_ALLOW_NUL, NULL);

		if (j)
			add_row(r, j);
		json_decref(j);
	}
	if (r->nrows)
		qsort(r->rows, r->nrows, sizeof(*r->rows), by_time);
	shorten(r);
	span_of(r);
	tell_counts(r);
}
