/*
 * forwarded.c - X-Forwarded-For, read from the right: each proxy writes whom it serves behind what
 * it was told. What stands left of the first address that is not a proxy of ours may be anybody's
 * invention.
 */
#include <arpa/inet.h>
#include <string.h>

#include "weave/inside.h"

static bool
is_proxy(const struct weave *w, struct str address)
{
	return address.n > 0 && lists_forwards(lists_role_of(w->directory.lists, address));
}

/* "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711"; *ret is canonical. */
static bool
read_address(struct str s, char out[48], struct str *ret)
{
	unsigned char raw[16];
	struct str inner;
	size_t n;

	s = str_trim(s);
	if (str_take(&s, STR("["))) {
		str_cut(&s, ']', &inner);
		s = inner;
	} else if (str_chr(s, '.') > 0 && str_chr(s, ':') == str_rchr(s, ':') &&
		   str_chr(s, ':') > 0) {
		s.n = (size_t)str_chr(s, ':');
	}
	n = address_bytes(s, raw);
	if (n == 0 || !inet_ntop(n == 4 ? AF_INET : AF_INET6, raw, out, 48))
		return false;
	*ret = str_of(out);
	return true;
}

struct str
weave_forwarded(const struct weave *w, struct batch b, const struct record *r, char out[48])
{
	const struct entry *e = record_entries(b, r);
	struct str none = {"", 0}, one;

	if (!record_find(b, r, FIELD_HTTP_REQUEST_FORWARDED) ||
		!is_proxy(w, record_text(b, r, FIELD_SOURCE_IP)))
		return none;
	for (uint32_t i = r->nentries; i-- > 0;) {
		struct str list;

		if (e[i].field != FIELD_HTTP_REQUEST_FORWARDED)
			continue;
		list = entry_text(b, &e[i]);
		while (list.n > 0) {
			ptrdiff_t comma = str_rchr(list, ',');

			one = str_make(list.p + comma + 1, list.n - (size_t)(comma + 1));
			list.n = comma > 0 ? (size_t)comma : 0;
			/* A hole in the chain: nobody vouches for what stands left of it. */
			if (!read_address(one, out, &one) || is_loopback(one))
				return none;
			if (!is_proxy(w, one))
				return one;
		}
	}
	return none;
}
