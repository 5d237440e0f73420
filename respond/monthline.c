#include "respond/monthline.h"

#include <string.h>

#include "base/stamp.h"

/* ---- members ---- */

enum member {
	INGESTED,
	OBSERVER_NAME,
	HOST_NAME,
	INPUT,
	PEER,
	KIND,
	EXCUSED,
	PRODUCT,
	DERIVED,
	FROM_COUNTRY,
	TO_COUNTRY,
	MEMBERS
};

static const struct {
	const char *name;
	enum member member;
	unsigned has; /* bits; whole name, or its beginning where it ends in a dot */
} rows[] = {
	{"@timestamp", MEMBERS, 0},
	{"event.ingested", INGESTED, 0},
	{"event.outcome", MEMBERS, NEED(OUTCOME)},
	{"event.action", MEMBERS, NEED(OPERATION)},
	{"process.command_line", MEMBERS, NEED(OPERATION)},
	{"observer.name", OBSERVER_NAME, 0},
	{"host.name", HOST_NAME, NEED(HOST)},
	{"host.hostname", MEMBERS, NEED(HOST)},
	{"host.ip", MEMBERS, NEED(IP)},
	{"source.ip", MEMBERS, NEED(SOURCE_IP) | NEED(IP)},
	{"client.ip", MEMBERS, NEED(SOURCE_IP) | NEED(IP)},
	{"destination.ip", MEMBERS, NEED(DESTINATION_IP)},
	{"server.ip", MEMBERS, NEED(DESTINATION_IP)},
	{"source.geo.country_name", FROM_COUNTRY, 0},
	{"destination.geo.country_name", TO_COUNTRY, 0},
	{"user.name", MEMBERS, NEED(USER)},
	{"user.email", MEMBERS, NEED(USER)},
	{"user.id", MEMBERS, NEED(USER)},
	{"source.user.name", MEMBERS, NEED(USER)},
	{"url.full", MEMBERS, NEED(URL)},
	{"url.original", MEMBERS, NEED(URL)},
	{"url.domain", MEMBERS, NEED(URL)},
	{"email.from.address", MEMBERS, NEED(SENDER)},
	{"email.to.address", MEMBERS, NEED(RECIPIENT)},
	{"email.cc.address", MEMBERS, NEED(RECIPIENT)},
	{"noroshi.input", INPUT, 0},
	{"noroshi.peer", PEER, 0},
	{"noroshi.source", PRODUCT, 0},
	{"noroshi.derived", DERIVED, 0},
	{"noroshi.log.kind", KIND, 0},
	{"noroshi.log.excused", EXCUSED, 0},
};

/* A string behind its opening quote; *s moves behind the closing one. */
static bool
take_string(struct str *s, struct str *ret)
{
	size_t n = 0;

	while (n < s->n) {
		const char *p = memchr(s->p + n, '"', s->n - n);
		size_t back = 0;

		if (!p)
			return false;
		n = (size_t)(p - s->p);
		while (back < n && p[-1 - (ptrdiff_t)back] == '\\')
			back++;
		if (back % 2 == 0) {
			*ret = str_make(s->p, n);
			str_skip(s, n + 1);
			return true;
		}
		n++;
	}
	return false;
}

/* A value: a string without quotes, or all up to the comma or bracket that ends it. */
static bool
take_value(struct str *s, struct str *ret)
{
	struct str all = *s, one;

	if (str_take(s, STR("\"")))
		return take_string(s, ret);
	if (!str_take(s, STR("["))) {
		while (s->n > 0 && s->p[0] != ',' && s->p[0] != '}')
			str_skip(s, 1);
		*ret = str_make(all.p, all.n - s->n);
		return true;
	}
	while (s->n > 0 && s->p[0] != ']') {
		bool quoted = s->p[0] == '"';

		str_skip(s, 1);
		if (quoted && !take_string(s, &one))
			return false;
	}
	*ret = str_make(all.p + 1, all.n - s->n - 1);
	return str_take(s, STR("]"));
}

static void
note(struct str name, struct str value, struct str *got, struct month_line *l)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!str_eq(name, str_of(rows[i].name)))
			continue;
		if (rows[i].member < MEMBERS && got[rows[i].member].n == 0)
			got[rows[i].member] = value;
		if (value.n > 0 && !(rows[i].has == NEED(OUTCOME) && str_eq(value, STR("unknown"))))
			l->has |= rows[i].has;
		return;
	}
}

/* ---- what it is ---- */

/* The reasons that the parser named, and the fields that they excuse: "a","b". */
static void
excuses(struct str list, struct month_line *l)
{
	struct str word;

	while (str_cut_at(&list, STR("\""), &word)) {
		enum log_excuse e;

		if (!str_cut_at(&list, STR("\""), &word))
			return;
		e = log_excuse_find(word);
		if (e == EXCUSE_COUNT)
			continue;
		l->reasons |= 1u << e;
		l->excused |= log_excuse(e)->needs;
	}
	l->excused &= log_needs(l->kind) & ~l->has;
}

/* A connection's port changes; the sender does not. */
static struct str
without_port(struct str peer)
{
	ptrdiff_t at = str_rchr(peer, ':');

	return at > 0 ? str_make(peer.p, (size_t)at) : peer;
}

bool
month_line(struct str json, struct month_line *ret)
{
	struct str got[MEMBERS], name, value, first = {"", 0};

	memset(got, 0, sizeof(got));
	*ret = (struct month_line){0};
	if (!str_take(&json, STR("{")))
		return false;
	while (str_take(&json, STR("\""))) {
		if (!take_string(&json, &name) || !str_take(&json, STR(":")) ||
			!take_value(&json, &value))
			return false;
		if (first.n == 0)
			first = value;
		note(name, value, got, ret);
		if (!str_take(&json, STR(",")))
			break;
	}
	if (!stamp_take_iso(&first, NULL, 0, &ret->time) || ret->time == STAMP_BEYOND)
		return false;
	if (!stamp_take_iso(&got[INGESTED], NULL, 0, &ret->ingested) ||
		ret->ingested == STAMP_BEYOND)
		ret->ingested = 0;
	ret->derived = got[DERIVED].n > 0;
	if (got[KIND].n == 0 || !log_kind_find(got[KIND], &ret->kind))
		ret->kind = LOG_NONE;
	excuses(got[EXCUSED], ret);
	ret->input = got[INPUT];
	ret->product = got[PRODUCT];
	ret->sender = got[OBSERVER_NAME].n ? got[OBSERVER_NAME]
		      : got[HOST_NAME].n   ? got[HOST_NAME]
					   : without_port(got[PEER]);
	ret->country = got[FROM_COUNTRY].n ? got[FROM_COUNTRY] : got[TO_COUNTRY];
	return true;
}
