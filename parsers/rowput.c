/* rowput.c - what every row needs to add fields. */
#include "parsers/parser.h"

static void
put_words(struct recs *w, unsigned field, const char *words)
{
	while (*words) {
		const char *end = strchr(words, ' ');
		size_t n = end ? (size_t)(end - words) : strlen(words);

		rec_put(w, field, str_make(words, n));
		words += n + (end != NULL);
	}
}

void
parse_event(struct recs *w, const struct event_words *e)
{
	if (e->category)
		put_words(w, FIELD_EVENT_CATEGORY, e->category);
	if (e->type)
		put_words(w, FIELD_EVENT_TYPE, e->type);
	if (e->action)
		rec_put(w, FIELD_EVENT_ACTION, str_of(e->action));
	if (e->outcome)
		rec_put(w, FIELD_EVENT_OUTCOME, str_of(e->outcome));
}

void
parse_put(struct recs *w, unsigned field, struct str value)
{
	if (value.n > 0 && !(value.n == 1 && value.p[0] == '-'))
		rec_put(w, field, value);
}

void
parse_put_host(struct recs *w, unsigned ip_field, unsigned domain_field, struct str value)
{
	if (value.n == 0 || (value.n == 1 && value.p[0] == '-'))
		return;
	if (ip_field && rec_put_ip(w, ip_field, value))
		return;
	if (domain_field)
		rec_put(w, domain_field, value);
}

void
parse_put_port(struct recs *w, unsigned field, struct str value)
{
	uint64_t port;

	if (value.n > 5 || !str_u64(value, &port) || port > 65535)
		return;
	/* Written as we would write it, it need not be written anew. */
	if (value.p[0] != '0' || value.n == 1)
		rec_put_kind(w, field, VALUE_NUMBER, value, 0);
	else
		rec_put_u64(w, field, port);
}

bool
parse_put_mac(struct recs *w, unsigned field, struct str value)
{
	static const char hex[] = "0123456789ABCDEF";
	char out[17];
	size_t n = 0, at = 0;

	for (size_t i = 0; i < value.n; i++) {
		int v = hex_value(value.p[i]);

		if (v < 0) {
			/* Separators stand between whole octets only. */
			if ((value.p[i] != ':' && value.p[i] != '-' && value.p[i] != '.') ||
				n % 2 != 0 || n == 0)
				return false;
			continue;
		}
		if (n == 12)
			return false;
		if (n > 0 && n % 2 == 0)
			out[at++] = '-';
		out[at++] = hex[v];
		n++;
	}
	if (n != 12)
		return false;
	rec_put(w, field, str_make(out, at));
	return true;
}
