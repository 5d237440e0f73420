#include "respond/month.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stamp.h"

#define JST_NS          (9 * 3600 * NS_PER_S)
#define HOUR_NS         (3600 * NS_PER_S)
#define DAY_NS          (86400 * NS_PER_S)
#define COUNTRIES_MAX   300u
#define COUNTRIES_SHOWN 5u

static bool
leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
month_days(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[m - 1] + (m == 2 && leap(y));
}

bool
month_parse(struct str text, int64_t now, struct month *ret)
{
	uint64_t y, m;
	struct civil c;
	int64_t passed, days;

	memset(ret, 0, sizeof(*ret));
	if (text.n != 7 || text.p[4] != '-' || !str_u64(str_make(text.p, 4), &y) ||
		!str_u64(str_make(text.p + 5, 2), &m) || m < 1 || m > 12 || y < 1971 || y > 2200)
		return false;
	*ret = (struct month){.year = (int)y, .month = (int)m};
	c = (struct civil){.year = (int)y, .month = (int)m, .day = 1};
	ret->since = civil_to_ns(&c) - JST_NS;
	ret->until = ret->since + month_days((int)y, (int)m) * DAY_NS;
	ret->learn = ret->since - MONTH_LEARN_DAYS * DAY_NS;
	ret->end = now < ret->until ? now : ret->until;
	passed = (ret->end - ret->since + DAY_NS - 1) / DAY_NS;
	ret->days = passed < 0 ? 0 : (int)passed;
	/* a day begins in Japan; 1970-01-01 was a Thursday */
	days = (ret->learn + JST_NS) / DAY_NS;
	ret->span = (struct rhythm_span){.from = ret->learn,
		.hours = (int)((ret->until - ret->learn) / HOUR_NS),
		.first_day = (int)((days + 3) % 7)};
	map_init(&ret->names, 1);
	map_init(&ret->countries, 2);
	return true;
}

void
month_done(struct month *m)
{
	for (size_t i = 0; i < m->nsources; i++)
		rhythm_free(m->sources[i].rhythm);
	mem_free(m->sources);
	map_done(&m->names);
	map_done(&m->countries);
	m->sources = NULL;
	m->nsources = 0;
}

/* ---- lines ---- */

static struct month_source *
source_of(struct month *m, const struct month_line *l)
{
	struct buf name = {0};
	struct month_source *s;
	uint64_t *at;
	bool fresh = false;

	buf_printf(&name, "%.*s %.*s %.*s", STR_ARG(l->input), STR_ARG(l->sender),
		STR_ARG(l->product));
	at = map_get(&m->names, buf_str(&name));
	if (!at && m->nsources < MONTH_SOURCES)
		at = map_put(&m->names, buf_str(&name), &fresh);
	if (fresh) {
		*at = m->nsources;
		m->sources =
			mem_grow(m->sources, m->nsources, &m->sources_cap, sizeof(*m->sources));
		m->sources[m->nsources++] = (struct month_source){.rhythm = rhythm_new(&m->span)};
	}
	s = at ? &m->sources[*at] : NULL;
	if (fresh)
		s->name = m->names.items[m->names.n - 1].key;
	buf_done(&name);
	return s;
}

static void
count_source(struct month *m, const struct month_line *l)
{
	struct month_source *s = source_of(m, l);
	double delay = (double)(l->ingested - l->time) / 1e9;

	if (!s) {
		m->unnamed += l->time >= m->since;
		return;
	}
	rhythm_heard(s->rhythm, &m->span, l->time);
	if (l->time < m->since)
		return;
	s->records++;
	if (l->ingested == 0)
		return;
	s->timed++;
	s->delay += delay;
	delay = delay < 0 ? -delay : delay;
	s->delay_max = delay > s->delay_max ? delay : s->delay_max;
}

static void
count_country(struct month *m, const struct month_line *l)
{
	uint64_t *n;

	if (l->country.n == 0 || l->country.n > 100)
		return;
	m->placed++;
	n = map_get(&m->countries, l->country);
	if (!n && m->countries.n < COUNTRIES_MAX)
		n = map_put(&m->countries, l->country, NULL);
	if (n)
		++*n;
}

static void
count_kind(struct month *m, const struct month_line *l)
{
	unsigned needs = log_needs(l->kind), filled = l->has | l->excused;

	if (l->kind == LOG_NONE)
		return;
	m->family[l->kind].records++;
	m->family[l->kind].full += (filled & needs) == needs;
	for (unsigned i = 0; i < NEED_COUNT; i++) {
		m->family[l->kind].has[i] += l->has >> i & 1;
		m->family[l->kind].should[i] += !(l->excused >> i & 1);
	}
	for (unsigned i = 0; i < EXCUSE_COUNT; i++)
		m->family[l->kind].excused[i] += l->reasons >> i & 1;
	m->family[l->kind].days |= 1u << ((l->time - m->since) / DAY_NS);
	if (l->time > m->family[l->kind].last)
		m->family[l->kind].last = l->time;
}

void
month_record(struct month *m, struct str json)
{
	struct month_line l;

	if (!month_line(json, &l) || l.time < m->learn || l.time >= m->until)
		return;
	/* what is made of other lines came from no source */
	if (!l.derived)
		count_source(m, &l);
	if (l.time < m->since)
		return;
	count_kind(m, &l);
	count_country(m, &l);
}

/* ---- as JSON ---- */

static json_t *
moment(int64_t ns)
{
	char at[32];

	return ns ? json_stringn(at, stamp_format(ns, at)) : json_null();
}

static const char *const need_names[NEED_COUNT] = {"sender", "recipient", "source_ip",
	"destination_ip", "url", "user", "outcome", "host", "ip", "operation"};

/* Filled of what should be filled; 1 where nothing should. */
static json_t *
filled_share(uint64_t has, uint64_t should)
{
	return json_real(should ? (double)has / (double)should : 1);
}

static json_t *
coverage(const struct month *m)
{
	json_t *list = json_array();

	for (unsigned i = LOG_NONE + 1; i < LOG_KINDS; i++) {
		double n = (double)m->family[i].records;
		json_t *one = json_object(), *fields = json_object(), *excused = json_object();

		json_object_set_new(one, "family", json_string(log_kind_name(i).p));
		json_object_set_new(one, "records", json_integer((json_int_t)m->family[i].records));
		json_object_set_new(one, "complete",
			n > 0 ? json_real((double)m->family[i].full / n) : json_null());
		for (unsigned k = 0; n > 0 && k < NEED_COUNT; k++)
			if (log_needs(i) >> k & 1)
				json_object_set_new(fields, need_names[k],
					filled_share(m->family[i].has[k], m->family[i].should[k]));
		json_object_set_new(one, "fields", fields);
		for (unsigned k = 0; k < EXCUSE_COUNT; k++)
			if (m->family[i].excused[k])
				json_object_set_new(excused, log_excuse(k)->word.p,
					json_integer((json_int_t)m->family[i].excused[k]));
		json_object_set_new(one, "excused", excused);
		json_object_set_new(
			one, "days", json_integer(__builtin_popcount(m->family[i].days)));
		json_object_set_new(one, "last", moment(m->family[i].last));
		json_object_set_new(one, "silent",
			json_boolean(
				m->family[i].last == 0 || m->end - m->family[i].last > DAY_NS));
		json_array_append_new(list, one);
	}
	return list;
}

struct judged {
	const struct month_source *source;
	struct silence silence;
};

static const char *const state_names[RHYTHM_STATES] = {"usual", "paused", "silent", "unknown"};

/* What is silent now, then what was, then the others; the gravest first. */
static int
by_gravity(const void *a, const void *b)
{
	static const int order[RHYTHM_STATES] = {
		[RHYTHM_SILENT] = 0, [RHYTHM_PAUSED] = 1, [RHYTHM_USUAL] = 2, [RHYTHM_UNKNOWN] = 3};
	const struct judged *x = a, *y = b;
	int64_t p = x->silence.until - x->silence.from, q = y->silence.until - y->silence.from;

	if (order[x->silence.state] != order[y->silence.state])
		return order[x->silence.state] - order[y->silence.state];
	if (x->silence.expected < y->silence.expected || x->silence.expected > y->silence.expected)
		return x->silence.expected > y->silence.expected ? -1 : 1;
	if (p != q)
		return p > q ? -1 : 1;
	return str_cmp(x->source->name, y->source->name);
}

static json_t *
sources(const struct month *m, json_t *counts)
{
	struct judged *all = mem_zero(m->nsources + 1, sizeof(*all));
	json_int_t n[RHYTHM_STATES] = {0};
	json_t *list = json_array();

	for (size_t i = 0; i < m->nsources; i++) {
		all[i].source = &m->sources[i];
		rhythm_judge(m->sources[i].rhythm, &m->span, m->since, m->end, &all[i].silence);
		n[all[i].silence.state]++;
	}
	qsort(all, m->nsources, sizeof(*all), by_gravity);
	for (size_t i = 0; i < m->nsources; i++) {
		const struct month_source *s = all[i].source;
		const struct silence *q = &all[i].silence;
		json_t *one = json_object();

		json_object_set_new(one, "source", json_stringn_nocheck(s->name.p, s->name.n));
		json_object_set_new(one, "state", json_string(state_names[q->state]));
		json_object_set_new(one, "from", moment(q->from));
		json_object_set_new(one, "until", moment(q->until));
		json_object_set_new(one, "seconds",
			json_integer((json_int_t)((q->until - q->from) / NS_PER_S)));
		json_object_set_new(one, "usual_records", json_real(q->expected));
		json_object_set_new(one, "records", json_integer((json_int_t)s->records));
		json_object_set_new(one, "delay_seconds",
			s->timed ? json_real(s->delay / (double)s->timed) : json_null());
		json_object_set_new(
			one, "delay_seconds_max", s->timed ? json_real(s->delay_max) : json_null());
		json_array_append_new(list, one);
	}
	for (unsigned i = 0; i < RHYTHM_STATES; i++)
		json_object_set_new(counts, state_names[i], json_integer(n[i]));
	json_object_set_new(counts, "not_named", json_integer((json_int_t)m->unnamed));
	mem_free(all);
	return list;
}

static int
by_records(const void *a, const void *b)
{
	const struct map_item *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return str_cmp(x->key, y->key);
}

static json_t *
countries(const struct month *m)
{
	struct map_item *all = mem_zero(m->countries.n + 1, sizeof(*all));
	json_t *list = json_array();

	if (m->countries.n)
		memcpy(all, m->countries.items, m->countries.n * sizeof(*all));
	qsort(all, m->countries.n, sizeof(*all), by_records);
	for (size_t i = 0; i < m->countries.n && i < COUNTRIES_SHOWN; i++)
		json_array_append_new(
			list, json_pack("{s:o,s:I}", "country",
				      json_stringn_nocheck(all[i].key.p, all[i].key.n), "records",
				      (json_int_t)all[i].value));
	mem_free(all);
	return list;
}

json_t *
month_json(const struct month *m, sqlite3 *db)
{
	json_t *j = json_object(), *states = json_object();
	char name[16];

	snprintf(name, sizeof(name), "%04d-%02d", m->year, m->month);
	json_object_set_new(j, "month", json_string(name));
	json_object_set_new(j, "days", json_integer(m->days));
	month_cases(m, db, j);
	json_object_set_new(j, "coverage", coverage(m));
	json_object_set_new(j, "sources", sources(m, states));
	json_object_set_new(j, "source_states", states);
	json_object_set_new(j, "countries", countries(m));
	json_object_set_new(j, "countries_known", json_integer((json_int_t)m->placed));
	json_object_set_new(j, "countries_number", json_integer((json_int_t)m->countries.n));
	return j;
}
