#include "daemon/records.h"

#include <jansson.h>

#include "base/clock.h"
#include "base/stamp.h"
#include "base/term.h"
#include "store/store.h"

#define JST_NS (9 * 3600 * NS_PER_S)

struct reading {
	const uint64_t *seqs;
	size_t n;
	bool (*line)(void *arg, struct str json);
	void *arg;
};

/* "event.sequence":N stands near the front of each line. */
static bool
sequence_of(struct str json, uint64_t *ret)
{
	struct str key = STR("\"event.sequence\":");
	ptrdiff_t at = str_find(str_make(json.p, json.n < 512 ? json.n : 512), key);
	struct str rest;

	if (at < 0)
		return false;
	rest = str_make(json.p + at + key.n, json.n - (size_t)at - key.n);
	return str_take_u64(&rest, ret);
}

static bool
is_wanted(const struct reading *r, uint64_t seq)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->seqs[mid] == seq)
			return true;
		if (r->seqs[mid] < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool
on_line(void *ctx, struct str json)
{
	struct reading *r = ctx;
	uint64_t seq;

	if (!sequence_of(json, &seq) || !is_wanted(r, seq))
		return true;
	return r->line(r->arg, json);
}

int
records_read(void *ctx, const uint64_t *seqs, size_t n, int64_t since, int64_t until,
	bool (*line)(void *arg, struct str json), void *arg)
{
	struct reading r = {.seqs = seqs, .n = n, .line = line, .arg = arg};
	struct scan_options opt = {
		.dir = ctx, .cls = STR("default"), .since = since, .until = until};
	struct diag why = {0};
	int rc = store_scan(&opt, on_line, &r, &why);

	diag_done(&why);
	return rc;
}

static const char *
text_of(const json_t *j, const char *name)
{
	const json_t *v = json_object_get(j, name);

	if (json_is_array(v))
		v = json_array_get(v, 0);
	return json_is_string(v) ? json_string_value(v) : "";
}

static const char *
first_of(const json_t *j, const char *const *names)
{
	for (; *names; names++)
		if (*text_of(j, *names))
			return text_of(j, *names);
	return "";
}

static void
cell(struct buf *out, const char *text, size_t width)
{
	size_t from = out->n;
	struct str s = str_of(text);

	if (s.n > 120)
		s.n = 120;
	term_show(out, s.n ? s : STR("-"));
	while (out->n - from < width)
		buf_add_char(out, ' ');
	buf_add_char(out, ' ');
}

void
record_line(struct str json, struct buf *out)
{
	static const char *const who[] = {"noroshi.identity.user", "user.name", NULL};
	static const char *const where[] = {
		"noroshi.identity.host", "host.name", "source.ip", NULL};
	static const char *const what[] = {"process.command_line", "url.full", "file.path",
		"email.to.address", "destination.ip", "source.ip", "message", NULL};
	json_t *j = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);
	struct str stamp = str_of(text_of(j, "@timestamp"));
	struct buf words = {0};
	struct civil c;
	int64_t ns = 0;

	if (stamp_take_iso(&stamp, NULL, 0, &ns) && ns != STAMP_BEYOND)
		civil_of_ns(ns + JST_NS, &c);
	else
		civil_of_ns(0, &c);
	buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d JST ", c.year, c.month, c.day, c.hour,
		c.minute, c.second);
	cell(out, text_of(j, "noroshi.source"), 10);
	cell(out, first_of(j, who), 14);
	cell(out, first_of(j, where), 14);
	buf_printf(&words, "%s %s", text_of(j, "event.action"), text_of(j, "event.outcome"));
	cell(out, buf_z(&words), 24);
	cell(out, first_of(j, what), 0);
	buf_done(&words);
	json_decref(j);
}
