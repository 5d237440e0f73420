#include "parsers/jsonrow.h"

#include "base/allowed.h"
#include "base/stamp.h"

#define LIST_MEMBERS 8u /* in front of the list of records */
#define LIST_MEMBER  300u

const struct json_limits json_row_limits = {
	.depth = 64, .keys = RECORD_ENTRIES_MAX, .name = RECORD_NAME_MAX};

char *
json_row_room(void *ctx, size_t n)
{
	struct recs *w = *(struct recs **)ctx;
	char *p = rec_text_room(w, n);

	if (p)
		rec_text_take(w, p, n);
	return p;
}

void
json_row_aside(struct recs *w, struct str prefix, const struct json_value *v)
{
	char joined[RECORD_NAME_MAX];

	if (v->kind == VALUE_OBJECT)
		return;
	if (prefix.n + v->name.n > sizeof(joined)) {
		rec_flag(w, REASON_JSON_KEYS);
		return;
	}
	memcpy(joined, prefix.p, prefix.n);
	if (v->name.n)
		memcpy(joined + prefix.n, v->name.p, v->name.n);
	rec_put_named(w, str_make(joined, prefix.n + v->name.n), v->kind, v->text,
		v->in_array ? ENTRY_ARRAY : 0);
}

/* Fields that Noroshi itself fills: a sender's word for them is kept, but not believed. */
static bool
ours(unsigned field, struct str name)
{
	switch (field) {
	case FIELD_EVENT_ID:
	case FIELD_EVENT_SEQUENCE:
	case FIELD_EVENT_INGESTED:
	case FIELD_EVENT_ORIGINAL:
		return true;
	default:
		return (name.n >= 7 && memcmp(name.p, "noroshi", 7) == 0 &&
			       (name.n == 7 || name.p[7] == '.')) ||
		       (name.n >= 10 && memcmp(name.p, "logsource.", 10) == 0);
	}
}

/* Keywords that senders give as numbers for good reason. */
static bool
number_is_fine(unsigned field)
{
	switch (field) {
	case FIELD_EVENT_CODE:
	case FIELD_RULE_ID:
	case FIELD_USER_ID:
	case FIELD_NETWORK_IANA:
	case FIELD_NETWORK_VLAN_ID:
	case FIELD_ERROR_CODE:
	case FIELD_WINLOG_EVENT_ID:
	case FIELD_WINLOG_RECORD_ID:
	case FIELD_WINLOG_TASK:
	case FIELD_WINLOG_OPCODE:
	case FIELD_WINLOG_LEVEL:
	case FIELD_LOG_SYSLOG_PROCID:
		return true;
	default:
		return false;
	}
}

static bool
array_is_fine(unsigned field)
{
	return field == FIELD_HOST_IP || field == FIELD_HOST_MAC || field == FIELD_OBSERVER_IP;
}

/* A value of a field of ecs.def. What does not fit its kind stays under its name, flagged. */
static void
put_ecs(struct recs *w, unsigned field, const struct json_value *v, unsigned flags)
{
	enum field_kind kind = names_kind(w->names, field);
	enum value_kind as = v->kind;
	bool fits = true;

	if (v->in_array && kind != FIELD_A && !array_is_fine(field))
		fits = false;
	switch (kind) {
	case FIELD_N:
		if (v->kind == VALUE_STRING && str_is_number(v->text))
			as = VALUE_NUMBER;
		else if (v->kind != VALUE_NUMBER)
			fits = false;
		break;
	case FIELD_I:
		if (v->kind == VALUE_STRING && !v->in_array && rec_put_ip(w, field, v->text))
			return;
		if (v->kind != VALUE_STRING || (!v->in_array && v->text.n))
			fits = false;
		break;
	case FIELD_B:
		fits = fits && (v->kind == VALUE_TRUE || v->kind == VALUE_FALSE);
		break;
	case FIELD_A:
		flags |= v->kind == VALUE_EMPTY_ARRAY ? 0 : ENTRY_ARRAY;
		fits = v->kind == VALUE_STRING || v->kind == VALUE_EMPTY_ARRAY;
		break;
	default:
		if (v->kind == VALUE_NUMBER && number_is_fine(field))
			as = VALUE_STRING;
		else
			fits = fits && v->kind == VALUE_STRING;
		break;
	}
	if (!fits && v->kind != VALUE_NULL)
		rec_flag(w, REASON_JSON_TYPE);
	rec_put_kind(w, field, as, v->text, flags);
}

bool
json_row_is_ecs(const struct recs *w, struct str name)
{
	unsigned field = names_find(w->names, name);

	return field != FIELD_NAMED && field < FIELD_ECS_END;
}

void
json_row_put(struct recs *w, const struct json_value *v)
{
	unsigned field, flags = v->in_array ? ENTRY_ARRAY : 0;

	if (v->kind == VALUE_OBJECT)
		return;
	if (v->literal && str_chr(v->name, '.') >= 0)
		flags |= ENTRY_LITERAL;
	field = names_find(w->names, v->name);
	/* A product's own "event.category" that is none of ECS's words is another thing. */
	if (ours(field, v->name) ||
		(field != FIELD_NAMED && ecs_allowed_words(field) && !ecs_allowed(field, v->text)))
		json_row_aside(w, STR("json."), v);
	else if (field != FIELD_NAMED && field < FIELD_ECS_END)
		put_ecs(w, field, v, flags);
	else if (field != FIELD_NAMED)
		rec_put_kind(w, field, v->kind, v->text, flags);
	else
		rec_put_looked(w, field, v->name, v->kind, v->text, flags);
}

bool
json_row_stamp(const struct json_value *v, const struct zone *zone, int64_t arrival, int64_t *ret)
{
	struct str s = v->text;

	if (v->in_array)
		return false;
	if (v->kind == VALUE_NUMBER)
		return stamp_take_epoch(&s, ret) && s.n == 0;
	if (v->kind != VALUE_STRING || s.n < 10)
		return false;
	if ((stamp_take_iso(&s, zone, arrival, ret) || stamp_take_clf(&s, zone, arrival, ret) ||
		    stamp_take_bsd(&s, zone, arrival, ret) ||
		    stamp_take_ctime(&s, zone, arrival, ret) || stamp_take_epoch(&s, ret)) &&
		str_trim(s).n == 0)
		return true;
	return stamp_words(v->text, zone, arrival, ret);
}

static void
skip_blanks(struct str *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		str_skip(s, 1);
}

/* Behind a closing quote; false: there is none. `s` stands behind the opening one. */
static bool
skip_string(struct str *s)
{
	for (;;) {
		ptrdiff_t quote = str_chr(*s, '"');
		size_t slashes = 0;

		if (quote < 0)
			return false;
		while (slashes < (size_t)quote && s->p[(size_t)quote - slashes - 1] == '\\')
			slashes++;
		str_skip(s, (size_t)quote + 1);
		if (slashes % 2 == 0)
			return true;
	}
}

bool
json_row_element(struct str *rest, struct str *ret, bool *ok)
{
	unsigned depth = 0;
	const char *from;

	skip_blanks(rest);
	*ok = rest->n > 0;
	if (rest->n == 0 || *rest->p == ']')
		return false;
	from = rest->p;
	while (rest->n) {
		char c = *rest->p;

		if (c == '"') {
			str_skip(rest, 1);
			if (!skip_string(rest))
				break;
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		else if (c == ']' || (c == ',' && depth == 0))
			break;
		str_skip(rest, 1);
	}
	*ok = rest->n > 0;
	*ret = str_make(from, (size_t)(rest->p - from));
	if (rest->n && *rest->p == ',')
		str_skip(rest, 1);
	return *ok;
}

/* Behind the key whose list holds the records, among the first few members. */
static bool
find_list(struct str *s)
{
	static const char *const lists[] = {"\"records\"", "\"Records\"", "\"logEvents\""};
	struct str member;
	bool ok;

	for (unsigned i = 0; i < LIST_MEMBERS; i++) {
		struct str key = *s;

		skip_blanks(&key);
		for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
			struct str rest = key;

			if (!str_take(&rest, str_of(lists[k])))
				continue;
			skip_blanks(&rest);
			if (!str_take(&rest, STR(":")))
				continue;
			skip_blanks(&rest);
			*s = rest;
			return rest.n > 0 && *rest.p == '[';
		}
		/* Over short members only: a long one begins what is a record itself. */
		if (!json_row_element(s, &member, &ok) || member.n > LIST_MEMBER)
			return false;
	}
	return false;
}

bool
json_row_open_array(struct str *text)
{
	struct str s = *text;

	skip_blanks(&s);
	if (str_take(&s, STR("{"))) {
		if (!find_list(&s))
			return false;
	}
	if (!str_take(&s, STR("[")))
		return false;
	*text = s;
	return true;
}
