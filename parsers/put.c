#include "parsers/put.h"
#include "base/utf8.h"

#define LOWER_MAX  512u
#define FOLD_SLOTS 2048u /* twice RECORD_ENTRIES_MAX, a power of two */

void
put_forget(struct recs *w, unsigned field)
{
	struct batch_results *res = batch_results(w->b);
	struct entry *e = batch_entries(w->b);
	uint32_t to;

	if (!w->cur || w->overflow)
		return;
	to = w->cur->first_entry;
	for (uint32_t i = to; i < res->nentries; i++)
		if (e[i].field != field)
			e[to++] = e[i];
	res->nentries = to;
}

void
put_fold(struct recs *w)
{
	struct batch_results *res = batch_results(w->b);
	struct entry *e = batch_entries(w->b);
	uint16_t slots[FOLD_SLOTS]; /* entry - first + 1 */
	uint32_t first, named = 0, mask = 7;

	if (!w->cur || w->overflow)
		return;
	first = w->cur->first_entry;
	for (uint32_t i = first; i < res->nentries; i++)
		named += e[i].field == FIELD_NAMED || e[i].field >= FIELD_ECS_END;
	if (named < 2)
		return;
	while (mask < named * 2 && mask < FOLD_SLOTS - 1)
		mask = mask * 2 + 1;
	memset(slots, 0, (mask + 1) * sizeof(*slots));
	for (uint32_t i = first; i < res->nentries; i++) {
		struct str name;
		unsigned at;

		if (e[i].field != FIELD_NAMED && e[i].field < FIELD_ECS_END)
			continue;
		name = entry_name(w->b, w->names, &e[i]);
		/* Keys are the sender's choice, so the hash is not his to foresee. */
		at = (unsigned)hash_seeded(name, (uint64_t)(uintptr_t)slots) & mask;
		while (slots[at] &&
			!str_eq(entry_name(w->b, w->names, &e[first + slots[at] - 1u]), name))
			at = (at + 1) & mask;
		if (!slots[at]) {
			slots[at] = (uint16_t)(i - first + 1);
			continue;
		}
		e[first + slots[at] - 1u].flags |= ENTRY_ARRAY;
		e[i].flags |= ENTRY_ARRAY;
	}
}

void
put_over(struct recs *w, unsigned field, struct str value)
{
	if (value.n == 0 || str_eq(value, STR("-")))
		return;
	if (rec_has(w, field))
		put_forget(w, field);
	rec_put(w, field, value);
}

void
put_account(struct recs *w, unsigned name, unsigned domain, struct str text)
{
	ptrdiff_t slash = str_chr(text, '\\');

	if (slash >= 0) {
		if (domain)
			parse_put(w, domain, str_make(text.p, (size_t)slash));
		/* Relays double the sign. */
		while ((size_t)slash < text.n && text.p[slash] == '\\')
			slash++;
		str_skip(&text, (size_t)slash);
	}
	parse_put(w, name, text);
}

struct str
put_narrow(struct recs *w, struct str text)
{
	char *room;

	/* U+FF01..U+FF5E and U+3000 */
	if (str_chr(text, (char)0xef) < 0 && str_chr(text, (char)0xe3) < 0)
		return text;
	room = rec_text_room(w, text.n);
	return room ? rec_text_take(w, room, utf8_narrow(text, room)) : text;
}

/* 1,024: groups of three behind the first. */
static bool
grouped(struct str text, uint64_t *ret)
{
	struct str group;
	uint64_t v = 0, part;
	bool first = true;

	if (str_chr(text, ',') <= 0 || text.p[text.n - 1] == ',')
		return false;
	for (; text.n > 0; first = false) {
		str_cut(&text, ',', &group);
		if (group.n > 3 || (!first && group.n != 3) || !str_u64(group, &part) ||
			v > UINT64_MAX / 1000 - 1)
			return false;
		v = v * 1000 + part;
	}
	*ret = v;
	return true;
}

void
put_integer(struct recs *w, unsigned field, struct str text)
{
	uint64_t v = 0;

	if (text.n < 3 || text.n > 18 || text.p[0] != '0' || (text.p[1] | 0x20) != 'x') {
		if (str_u64(text, &v) || grouped(text, &v))
			rec_put_u64(w, field, v);
		return;
	}
	for (size_t i = 2; i < text.n; i++) {
		int c = text.p[i] | 0x20;

		if (is_digit(text.p[i]))
			v = v << 4 | (uint64_t)(text.p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return;
	}
	rec_put_u64(w, field, v);
}

void
put_count(struct recs *w, unsigned field, struct str text)
{
	if (text.n <= 20 && str_is_number(text))
		rec_put_kind(w, field, VALUE_NUMBER, text, 0);
}

static size_t
last_separator(struct str path)
{
	size_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/' && path.p[at - 1] != '\\')
		at--;
	return at;
}

struct str
path_name(struct str path)
{
	size_t at = last_separator(path);

	return str_make(path.p + at, path.n - at);
}

struct str
path_directory(struct str path)
{
	size_t at = last_separator(path);

	return str_make(path.p, at > 0 ? at - 1 : 0);
}

static struct str
extension(struct str name)
{
	ptrdiff_t dot = str_rchr(name, '.');

	if (dot <= 0 || name.n - (size_t)dot > 17)
		return str_make(name.p, 0);
	str_skip(&name, (size_t)dot + 1);
	return name;
}

void
put_file(struct recs *w, struct str path)
{
	struct str name = path_name(path), dir = path_directory(path), ext = extension(name);

	parse_put(w, FIELD_FILE_PATH, path);
	parse_put(w, FIELD_FILE_NAME, name);
	parse_put(w, FIELD_FILE_DIRECTORY, dir);
	if (ext.n)
		put_lower(w, FIELD_FILE_EXTENSION, ext);
}

/* IANA's assigned internet protocol numbers, as far as firewalls name them. */
static const struct protocol {
	const char *name;
	int number;
} protocols[] = {{"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"ipv6-icmp", 58}, {"icmpv6", 58},
	{"icmp6", 58}, {"gre", 47}, {"esp", 50}, {"ah", 51}, {"igmp", 2}, {"ospf", 89},
	{"ospfigp", 89}, {"sctp", 132}, {"eigrp", 88}, {"pim", 103}, {"vrrp", 112}, {"l2tp", 115},
	{"ipip", 4}, {"ipinip", 94}, {"ipv6", 41}, {"udplite", 136}, {"dccp", 33}, {"rsvp", 46},
	{"ipcomp", 108}, {"nos", 94}, {"snp", 109}, {"pptp", 47}, {"igrp", 9}, {"egp", 8}};

static const struct protocol *
protocol_find(struct str text)
{
	uint64_t number = 0;
	bool decimal = str_u64(text, &number);

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (decimal ? (uint64_t)protocols[i].number == number
			    : str_eq_nocase(text, str_of(protocols[i].name)))
			return &protocols[i];
	return NULL;
}

int
protocol_number(struct str text)
{
	const struct protocol *p = protocol_find(text);

	return p ? p->number : -1;
}

void
put_protocol(struct recs *w, struct str text)
{
	const struct protocol *p;
	uint64_t number;

	if (text.n == 0)
		return;
	p = protocol_find(text);
	if (p) {
		char digits[U64_DIGITS];

		rec_put(w, FIELD_NETWORK_TRANSPORT, str_of(p->name));
		rec_put(w, FIELD_NETWORK_IANA, str_of_u64((uint64_t)p->number, digits));
	} else if (str_u64(text, &number)) {
		if (number < 256)
			rec_put(w, FIELD_NETWORK_IANA, text);
	} else {
		put_lower(w, FIELD_NETWORK_TRANSPORT, text);
	}
}

void
put_lower(struct recs *w, unsigned field, struct str text)
{
	char low[LOWER_MAX];
	size_t i = 0;

	while (i < text.n && !(text.p[i] >= 'A' && text.p[i] <= 'Z'))
		i++;
	if (i == text.n || text.n > sizeof(low)) {
		parse_put(w, field, text);
		return;
	}
	for (i = 0; i < text.n; i++) {
		char c = text.p[i];

		low[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	parse_put(w, field, str_make(low, text.n));
}

void
split_port(struct str text, struct str *host, struct str *port)
{
	ptrdiff_t colon = str_rchr(text, ':');
	bool bracket = text.n > 0 && text.p[0] == '[';

	*host = text;
	*port = str_make(text.p + text.n, 0);
	if (bracket) {
		ptrdiff_t end = str_chr(text, ']');

		if (end < 0)
			return;
		*host = str_make(text.p + 1, (size_t)end - 1);
		str_skip(&text, (size_t)end + 1);
		if (text.n > 1 && text.p[0] == ':')
			*port = str_make(text.p + 1, text.n - 1);
		return;
	}
	/* Two colons without brackets: an IPv6 address alone. */
	if (colon < 0 || str_chr(text, ':') != colon)
		return;
	*host = str_make(text.p, (size_t)colon);
	*port = str_make(text.p + colon + 1, text.n - (size_t)colon - 1);
}

static void
put_authority(struct recs *w, struct str authority)
{
	struct str host, port;
	ptrdiff_t at = str_rchr(authority, '@');

	if (at >= 0)
		str_skip(&authority, (size_t)at + 1);
	split_port(authority, &host, &port);
	if (host.n)
		put_lower(w, FIELD_URL_DOMAIN, host);
	parse_put_port(w, FIELD_URL_PORT, port);
}

static bool
is_scheme(struct str s)
{
	if (s.n == 0 || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int c = s.p[i] | 0x20;

		if (!(c >= 'a' && c <= 'z') && (i == 0 || (!is_digit(s.p[i]) && s.p[i] != '+' &&
								  s.p[i] != '-' && s.p[i] != '.')))
			return false;
	}
	return true;
}

/* RFC 3986 3, as far as log lines keep to it. */
void
put_url(struct recs *w, struct str url, bool authority)
{
	struct str rest = url, head, path, ext;
	ptrdiff_t end;

	if (url.n == 0 || str_eq(url, STR("-")))
		return;
	rec_put(w, FIELD_URL_ORIGINAL, url);
	authority = authority && url.p[0] != '/';
	if (str_cut_at(&rest, STR("://"), &head) && is_scheme(head)) {
		rec_put(w, FIELD_URL_FULL, url);
		put_lower(w, FIELD_URL_SCHEME, head);
		authority = true;
	} else {
		rest = url;
	}
	if (authority) {
		for (end = 0; (size_t)end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' &&
			      rest.p[end] != '#';)
			end++;
		put_authority(w, str_make(rest.p, (size_t)end));
		str_skip(&rest, (size_t)end);
	} else if (rest.p[0] != '/') {
		return;
	}
	end = str_chr(rest, '#');
	if (end >= 0) {
		parse_put(w, FIELD_URL_FRAGMENT,
			str_make(rest.p + end + 1, rest.n - (size_t)end - 1));
		rest.n = (size_t)end;
	}
	if (str_cut(&rest, '?', &path))
		parse_put(w, FIELD_URL_QUERY, rest);
	parse_put(w, FIELD_URL_PATH, path);
	ext = extension(path_name(path));
	if (ext.n)
		put_lower(w, FIELD_URL_EXTENSION, ext);
}

bool
in_words(const char *words, struct str word)
{
	struct str list;
	size_t i = 0;

	/* Often it is the first one, or there is but one. */
	while (i < word.n && words[i] && words[i] == word.p[i])
		i++;
	if (i == word.n && i > 0 && (words[i] == 0 || words[i] == ' '))
		return str_chr(word, ' ') < 0;
	while (words[i] && words[i] != ' ')
		i++;
	list = str_of(words + i);
	while (word.n && list.n > word.n) {
		ptrdiff_t at = str_find(list, word);
		const char *hit = list.p + at, *end = hit + word.n;

		if (at < 0)
			return false;
		if (at > 0 && hit[-1] == ' ' && (*end == 0 || *end == ' '))
			return str_chr(word, ' ') < 0;
		str_skip(&list, (size_t)at + 1);
	}
	return false;
}

bool
put_outcome_word(struct recs *w, struct str value)
{
	static const char success[] =
		"success successful succeeded ok allow allowed accept accepted "
		"pass passed permit permitted yes true granted 0";
	static const char failure[] = "failure fail failed denied deny block blocked drop dropped "
				      "reject rejected no false error refused";
	char low[16];
	struct str word = str_make(low, value.n);

	if (value.n == 0 || value.n >= sizeof(low))
		return false;
	for (size_t i = 0; i < value.n; i++)
		low[i] = value.p[i] >= 'A' && value.p[i] <= 'Z' ? (char)(value.p[i] + 32)
								: value.p[i];
	if (in_words(success, word))
		rec_put(w, FIELD_EVENT_OUTCOME, STR("success"));
	else if (in_words(failure, word))
		rec_put(w, FIELD_EVENT_OUTCOME, STR("failure"));
	else if (str_eq(word, STR("unknown")))
		rec_put(w, FIELD_EVENT_OUTCOME, STR("unknown"));
	else
		return false;
	return true;
}
