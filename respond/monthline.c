#include "respond/monthline.h"

#include <string.h>

#include "base/stamp.h"

#define BIT(n) (1u << (n))

const unsigned month_needs[KIND_COUNT] = {
	[KIND_MAIL] = BIT(NEED_SENDER) | BIT(NEED_RECIPIENT),
	[KIND_FIREWALL] = BIT(NEED_SOURCE_IP) | BIT(NEED_DESTINATION_IP),
	[KIND_PROXY] = BIT(NEED_SOURCE_IP) | BIT(NEED_URL),
	[KIND_REMOTE] = BIT(NEED_SOURCE_IP) | BIT(NEED_USER),
	[KIND_AUTH] = BIT(NEED_SOURCE_IP) | BIT(NEED_USER) | BIT(NEED_OUTCOME),
	[KIND_ENDPOINT] = BIT(NEED_HOST) | BIT(NEED_USER) | BIT(NEED_IP) | BIT(NEED_OPERATION),
};

const char *
month_kind_name(enum month_kind k)
{
	static const char *const names[KIND_COUNT] = {
		"mail", "firewall", "proxy", "remote", "auth", "endpoint"};

	return k < KIND_COUNT ? names[k] : "other";
}

/* ---- members ---- */

enum member {
	CATEGORY,
	INGESTED,
	OBSERVER_TYPE,
	OBSERVER_NAME,
	HOST_NAME,
	MODULE,
	INPUT,
	PEER,
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
	{"event.category", CATEGORY, 0},
	{"event.ingested", INGESTED, 0},
	{"event.module", MODULE, 0},
	{"event.outcome", MEMBERS, BIT(NEED_OUTCOME)},
	{"event.action", MEMBERS, BIT(NEED_OPERATION)},
	{"process.command_line", MEMBERS, BIT(NEED_OPERATION)},
	{"observer.type", OBSERVER_TYPE, 0},
	{"observer.name", OBSERVER_NAME, 0},
	{"host.name", HOST_NAME, BIT(NEED_HOST)},
	{"host.ip", MEMBERS, BIT(NEED_IP)},
	{"source.ip", MEMBERS, BIT(NEED_SOURCE_IP) | BIT(NEED_IP)},
	{"client.ip", MEMBERS, BIT(NEED_SOURCE_IP) | BIT(NEED_IP)},
	{"destination.ip", MEMBERS, BIT(NEED_DESTINATION_IP)},
	{"source.geo.country_name", FROM_COUNTRY, 0},
	{"destination.geo.country_name", TO_COUNTRY, 0},
	{"user.name", MEMBERS, BIT(NEED_USER)},
	{"url.full", MEMBERS, BIT(NEED_URL)},
	{"url.original", MEMBERS, BIT(NEED_URL)},
	{"url.domain", MEMBERS, BIT(NEED_URL)},
	{"email.from.address", MEMBERS, BIT(NEED_SENDER)},
	{"email.to.address", MEMBERS, BIT(NEED_RECIPIENT)},
	{"noroshi.input", INPUT, 0},
	{"noroshi.peer", PEER, 0},
	{"noroshi.source", PRODUCT, 0},
	{"noroshi.derived", DERIVED, 0},
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
		if (value.n > 0)
			l->has |= rows[i].has;
		return;
	}
}

/* ---- what it is ---- */

static bool
is_in(struct str list, const char *word)
{
	return str_find(list, str_of(word)) >= 0;
}

static enum month_kind
kind_of(const struct str *got, const struct month_line *l)
{
	struct str category = got[CATEGORY], observer = got[OBSERVER_TYPE];

	/* Postfix tells of one mail in several lines: what is made of them counts. */
	if (is_in(category, "\"email\""))
		return l->derived || !str_eq(got[MODULE], STR("postfix")) ? KIND_MAIL : KIND_NONE;
	if (str_eq(observer, STR("proxy")))
		return KIND_PROXY;
	if (is_in(category, "\"session\"") && is_in(category, "\"network\""))
		return KIND_REMOTE;
	if (is_in(category, "\"authentication\""))
		return KIND_AUTH;
	if (str_eq(observer, STR("firewall")) || str_eq(observer, STR("ids")))
		return is_in(category, "\"network\"") || is_in(category, "\"web\"") ||
				       is_in(category, "\"intrusion_detection\"")
			       ? KIND_FIREWALL
			       : KIND_NONE;
	if (is_in(category, "\"process\"") || is_in(category, "\"registry\"") ||
		is_in(category, "\"driver\"") || is_in(category, "\"malware\"") ||
		(is_in(category, "\"file\"") && !is_in(category, "\"network\"")))
		return KIND_ENDPOINT;
	return KIND_NONE;
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
	ret->kind = kind_of(got, ret);
	ret->input = got[INPUT];
	ret->product = got[PRODUCT];
	ret->sender = got[OBSERVER_NAME].n ? got[OBSERVER_NAME]
		      : got[HOST_NAME].n   ? got[HOST_NAME]
					   : without_port(got[PEER]);
	ret->country = got[FROM_COUNTRY].n ? got[FROM_COUNTRY] : got[TO_COUNTRY];
	return true;
}
