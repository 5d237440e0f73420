#include "base/alert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/stamp.h"

struct hash128
alert_id(struct str rule_id, struct str group_key, struct hash128 first, struct hash128 last)
{
	struct buf b = {0};
	struct hash128 h;

	buf_add_str(&b, rule_id);
	buf_add_char(&b, 0);
	buf_add_str(&b, group_key);
	buf_add_char(&b, 0);
	buf_add(&b, &first, sizeof(first));
	buf_add(&b, &last, sizeof(last));
	h = hash_id(b.p, b.n);
	buf_done(&b);
	return h;
}

void
alert_number(double v, struct buf *out)
{
	char text[40];
	double back;

	if (!isfinite(v))
		v = 0;
	/* Most are counts. From 10^15 on %g may choose an exponent; -0 keeps its sign. */
	if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v && (v != 0 || !signbit(v))) {
		buf_add_i64(out, (int64_t)v);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		back = strtod(text, NULL);
		if (back == v)
			break;
	}
	buf_add_str(out, str_of(text));
}

void
alert_sentence(const struct alert *a, struct str pattern, struct buf *out)
{
	while (pattern.n > 0) {
		struct str text, name, rest;
		size_t i;

		if (!str_cut(&pattern, '%', &text)) {
			buf_add_str(out, text);
			return;
		}
		buf_add_str(out, text);
		rest = pattern;
		if (!str_cut(&rest, '%', &name)) {
			buf_add_char(out, '%');
			continue;
		}
		for (i = 0; i < a->ngroup && !str_eq(a->group[i].name, name); i++)
			continue;
		if (i < a->ngroup) {
			buf_add_str(out, a->group[i].value);
			pattern = rest;
		} else {
			buf_add_char(out, '%');
		}
	}
}

static void
text_member(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	buf_printf(out, ",\"%s\":", name);
	json_quote(out, value);
}

static void
stamp_member(struct buf *out, const char *name, int64_t ns)
{
	buf_printf(out, ",\"%s\":\"", name);
	stamp_add(out, ns);
	buf_add_char(out, '"');
}

static void
sentence_member(struct buf *out, const struct alert *a, const char *name, struct str pattern)
{
	struct buf b = {0};

	alert_sentence(a, pattern, &b);
	text_member(out, name, buf_str(&b));
	buf_done(&b);
}

static void
records_member(struct buf *out, const struct alert *a)
{
	BUF_ADD_LIT(out, ",\"noroshi.alert.records\":[");
	for (size_t i = 0; i < a->nrecords; i++) {
		char hex[32];

		hash128_hex(a->records[i].id, hex);
		buf_printf(out,
			"%s{\"event.id\":\"%.32s\",\"event.sequence\":%llu,\"@timestamp\":\"",
			i ? "," : "", hex, (unsigned long long)a->records[i].seq);
		stamp_add(out, a->records[i].time);
		BUF_ADD_LIT(out, "\"}");
	}
	buf_add_char(out, ']');
}

static void
families_member(struct buf *out, const char *name, uint32_t bits)
{
	bool first = true;

	buf_printf(out, ",\"%s\":[", name);
	for (unsigned f = 1; f < FAMILY_COUNT; f++)
		if (bits >> f & 1) {
			buf_printf(out, "%s\"%.*s\"", first ? "" : ",",
				STR_ARG(family_name((enum log_family)f)));
			first = false;
		}
	buf_add_char(out, ']');
}

static void
entities_member(struct buf *out, const struct alert *a)
{
	BUF_ADD_LIT(out, ",\"noroshi.alert.entities\":[");
	for (size_t i = 0; i < a->nentities; i++) {
		const struct alert_entity *e = &a->entities[i];

		buf_printf(out, "%s{\"kind\":\"%.*s\",\"value\":", i ? "," : "",
			STR_ARG(entity_name(e->kind)));
		json_quote(out, e->value);
		buf_printf(out, ",\"own\":%s,\"important\":%s,\"hub\":%s}",
			e->own ? "true" : "false", e->important ? "true" : "false",
			e->hub ? "true" : "false");
	}
	buf_add_char(out, ']');
}

static void
incident_members(struct buf *out, const struct alert_incident *n)
{
	char hex[32];

	hash128_hex(n->id, hex);
	buf_printf(out, ",\"noroshi.incident.id\":\"%.32s\",\"noroshi.incident.opened\":%s", hex,
		n->opened ? "true" : "false");
	BUF_ADD_LIT(out, ",\"noroshi.incident.merged\":[");
	for (unsigned i = 0; i < n->nmerged; i++) {
		hash128_hex(n->merged[i], hex);
		buf_printf(out, "%s\"%.32s\"", i ? "," : "", hex);
	}
	buf_printf(out, "],\"noroshi.incident.stage\":\"%.*s\",\"noroshi.incident.level\":%u",
		STR_ARG(stage_name(n->stage)), n->level);
	text_member(out, "noroshi.incident.level_reason_en", n->reason_en);
	text_member(out, "noroshi.incident.level_reason_ja", n->reason_ja);
	families_member(out, "noroshi.incident.families", n->families);
	BUF_ADD_LIT(out, ",\"noroshi.incident.missing\":[");
	for (unsigned i = 0; i < n->nmissing; i++) {
		buf_printf(out, "%s{\"family\":\"%.*s\",\"last_heard\":", i ? "," : "",
			STR_ARG(family_name(n->missing[i].family)));
		if (n->missing[i].last_heard == INT64_MIN) {
			BUF_ADD_LIT(out, "null}");
			continue;
		}
		buf_add_char(out, '"');
		stamp_add(out, n->missing[i].last_heard);
		BUF_ADD_LIT(out, "\"}");
	}
	buf_printf(out, "],\"noroshi.incident.alerts\":%llu", (unsigned long long)n->alerts);
	stamp_member(out, "noroshi.incident.first", n->first);
}

void
alert_json(const struct alert *a, struct buf *out)
{
	const struct alert_rule *r = a->rule;
	char hex[32];

	hash128_hex(a->id, hex);
	BUF_ADD_LIT(out, "{\"@timestamp\":\"");
	stamp_add(out, a->time);
	buf_printf(out, "\",\"event.kind\":\"alert\",\"noroshi.alert.id\":\"%.32s\"", hex);
	text_member(out, "rule.id", r->id);
	text_member(out, "rule.name", r->title);
	text_member(out, "noroshi.rule.title_ja", r->title_ja);
	text_member(out, "rule.description", r->description);
	text_member(out, "rule.author", r->author);
	text_member(out, "log.level", r->level.n ? r->level : STR("medium"));
	sentence_member(out, a, "message", r->sentence_en.n ? r->sentence_en : r->title);
	sentence_member(out, a, "noroshi.message_ja",
		r->sentence_ja.n ? r->sentence_ja
		: r->title_ja.n  ? r->title_ja
				 : r->title);
	text_member(out, "noroshi.first_action_en", r->first_action_en);
	text_member(out, "noroshi.first_action_ja", r->first_action_ja);
	BUF_ADD_LIT(out, ",\"tags\":[");
	for (size_t i = 0; i < r->ntags; i++) {
		if (i)
			buf_add_char(out, ',');
		json_quote(out, r->tags[i]);
	}
	BUF_ADD_LIT(out, "],\"noroshi.alert.group\":{");
	for (size_t i = 0; i < a->ngroup; i++) {
		if (i)
			buf_add_char(out, ',');
		json_quote(out, a->group[i].name);
		buf_add_char(out, ':');
		json_quote(out, a->group[i].value);
	}
	buf_add_char(out, '}');
	stamp_member(out, "event.start", a->first_time);
	stamp_member(out, "event.end", a->time);
	buf_printf(out, ",\"noroshi.alert.window_seconds\":%lld,\"noroshi.alert.count\":%llu",
		(long long)(a->window_ns / 1000000000), (unsigned long long)a->count);
	if (a->number != (double)a->count) {
		BUF_ADD_LIT(out, ",\"noroshi.alert.number\":");
		alert_number(a->number, out);
	}
	buf_printf(out, ",\"noroshi.alert.suppressed\":%llu,\"noroshi.alert.records_total\":%zu",
		(unsigned long long)a->suppressed, a->nrecords_all);
	if (a->history)
		BUF_ADD_LIT(out, ",\"noroshi.origin\":\"history\"");
	if (a->drill)
		BUF_ADD_LIT(out, ",\"noroshi.alert.drill\":true");
	if (a->nvalues) {
		BUF_ADD_LIT(out, ",\"noroshi.alert.counted\":");
		json_quote(out, a->counted);
		BUF_ADD_LIT(out, ",\"noroshi.alert.values\":[");
		for (size_t i = 0; i < a->nvalues; i++) {
			if (i)
				buf_add_char(out, ',');
			json_quote(out, a->values[i]);
		}
		buf_add_char(out, ']');
	}
	families_member(out, "noroshi.alert.families", a->families);
	if (a->nentities)
		entities_member(out, a);
	if (a->incident.id.lo || a->incident.id.hi)
		incident_members(out, &a->incident);
	records_member(out, a);
	if (a->last_record.n) {
		BUF_ADD_LIT(out, ",\"noroshi.alert.last_record\":");
		buf_add_str(out, a->last_record);
	}
	buf_add_char(out, '}');
}
