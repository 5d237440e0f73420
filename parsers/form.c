#include "parsers/form.h"

#include "base/strscan.h"

static bool
add_cap(struct form_caps *caps, char letter, struct str text)
{
	if (caps->n == FORM_CAPS)
		return false;
	caps->cap[caps->n].letter = letter;
	caps->cap[caps->n++].text = text;
	return true;
}

/* The literal text at the front of a form, up to the next slot. */
static struct str
literal(const char *text)
{
	return str_make(text, (size_t)(strchrnul(text, '%') - text));
}

/* How long a word is in front of a form's rest: a blank ends it, and so do the first two bytes of
 * what stands there. */
static size_t
word_length(struct str s, const char *next)
{
	char first = *next == '%' || *next == 0 ? ' ' : *next, second = *next ? next[1] : 0;
	bool two = first != ' ' && second && second != '%';
	size_t i = 0;

	for (;; i++) {
		i += str_before(str_make(s.p + i, s.n - i), ' ', first);
		if (i == s.n || s.p[i] == ' ' || !two)
			return i;
		if (i + 1 < s.n && s.p[i + 1] == second)
			return i;
	}
}

static size_t
digits_length(struct str s)
{
	size_t i = 0;

	while (i < s.n && is_digit(s.p[i]))
		i++;
	return i;
}

/* What stands behind a greedy slot, from the end backwards; *s becomes what is left. */
static bool
match_back(const char *text, const struct form_slot *slots, struct str *s, struct form_caps *caps)
{
	const char *end = text + strlen(text);

	while (end > text) {
		size_t n = 0;
		char stop;

		if (end - text < 2 || end[-2] != '%') {
			if (s->n == 0 || s->p[s->n - 1] != end[-1])
				return false;
			s->n--;
			end--;
			continue;
		}
		stop = end - text > 2 ? end[-3] : ' ';
		while (n < s->n) {
			char c = s->p[s->n - 1 - n];

			if (c == ' ' || c == stop)
				break;
			if (slots[(unsigned char)end[-1]].take == TAKE_NUMBER && !is_digit(c))
				break;
			n++;
		}
		if (n == 0 || !add_cap(caps, end[-1], str_make(s->p + s->n - n, n)))
			return false;
		s->n -= n;
		end -= 2;
	}
	return true;
}

bool
form_match(const char *text, const struct form_slot *slots, struct str s, struct form_caps *ret)
{
	ret->n = 0;
	while (*text) {
		const struct form_slot *slot;
		struct str next;
		size_t n = 0;
		ptrdiff_t at;
		char letter;

		if (*text != '%') {
			size_t i = 0;

			while (text[i] && text[i] != '%' && i < s.n && s.p[i] == text[i])
				i++;
			if (text[i] && text[i] != '%')
				return false;
			str_skip(&s, i);
			text += i;
			continue;
		}
		letter = text[1];
		slot = &slots[(unsigned char)letter & (FORM_SLOTS - 1)];
		text += 2;
		switch (slot->take) {
		case TAKE_WORD:
			n = word_length(s, text);
			if (n == 0)
				return false;
			break;
		case TAKE_NUMBER:
			n = digits_length(s);
			if (n == 0)
				return false;
			break;
		case TAKE_LAZY:
			next = literal(text);
			at = next.n ? str_find(s, next) : (ptrdiff_t)s.n;
			if (at < 0)
				return false;
			n = (size_t)at;
			break;
		case TAKE_REST:
			n = s.n;
			break;
		case TAKE_GREEDY:
			if (!match_back(text, slots, &s, ret))
				return false;
			return add_cap(ret, letter, s);
		default:
			return false;
		}
		if (!add_cap(ret, letter, str_make(s.p, n)))
			return false;
		str_skip(&s, n);
	}
	return s.n == 0;
}

struct str
form_cap(const struct form_caps *caps, char letter)
{
	for (size_t i = 0; i < caps->n; i++)
		if (caps->cap[i].letter == letter)
			return caps->cap[i].text;
	return STR("");
}

static bool
is_no_name(struct str s)
{
	return s.n == 0 || str_eq(s, STR("unknown")) || str_eq(s, STR("none")) ||
	       str_eq(s, STR("local")) || str_eq(s, STR("localhost"));
}

/* "address:port" without brackets; the last colon is the port's. */
static bool
put_plain_peer(struct recs *w, unsigned ip, unsigned port, struct str text)
{
	ptrdiff_t colon = str_rchr(text, ':');
	struct str tail;

	if (rec_put_ip(w, ip, text))
		return true;
	if (colon <= 0)
		return false;
	tail = str_make(text.p + colon + 1, text.n - (size_t)colon - 1);
	text.n = (size_t)colon;
	if (!rec_put_ip(w, ip, text))
		return false;
	if (port)
		parse_put_port(w, port, tail);
	return true;
}

bool
form_put_peer(struct recs *w, unsigned ip, unsigned domain, unsigned port, struct str text)
{
	struct str name, address;
	ptrdiff_t open, close;

	if (str_take(&text, STR("[AF_INET")) && str_cut(&text, ']', &name))
		return put_plain_peer(w, ip, port, text);
	open = str_chr(text, '[');
	close = open < 0 ? -1 : str_chr(text, ']');
	if (close <= open) {
		if (put_plain_peer(w, ip, port, text))
			return true;
		if (domain && !is_no_name(text))
			rec_put(w, domain, text);
		return false;
	}
	name = str_make(text.p, (size_t)open);
	address = str_make(text.p + open + 1, (size_t)(close - open) - 1);
	str_skip(&text, (size_t)close + 1);
	if (domain && !is_no_name(name) && !str_eq(name, address))
		rec_put(w, domain, name);
	if (port && str_take(&text, STR(":")))
		parse_put_port(w, port, text);
	str_take(&address, STR("IPv6:"));
	return rec_put_ip(w, ip, address);
}

void
form_put(struct recs *w, const struct form_slot *slots, const struct form_caps *caps)
{
	for (size_t i = 0; i < caps->n; i++) {
		const struct form_slot *slot =
			&slots[(unsigned char)caps->cap[i].letter & (FORM_SLOTS - 1)];
		struct str text = caps->cap[i].text;

		if (text.n == 0)
			continue;
		switch (slot->put) {
		case PUT_NOTHING:
			break;
		case PUT_TEXT:
			rec_put(w, slot->field, text);
			break;
		case PUT_HOST:
			parse_put_host(w, slot->field, slot->domain, text);
			break;
		case PUT_PORT:
			parse_put_port(w, slot->field, text);
			break;
		case PUT_NUMBER:
			rec_put_number(w, slot->field, text);
			break;
		case PUT_MAC:
			if (!parse_put_mac(w, slot->field, text))
				rec_put(w, slot->field, text);
			break;
		case PUT_PEER:
			form_put_peer(w, slot->field, slot->domain, slot->port, text);
			break;
		case PUT_NAMED:
			rec_put_named(w, str_of(slot->name), VALUE_STRING, text, 0);
			break;
		}
	}
}

const struct form *
form_read(struct recs *w, const struct form *forms, size_t n, const struct form_slot *slots,
	struct str s, struct form_caps *ret)
{
	if (s.n == 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (forms[i].text[0] != s.p[0] && forms[i].text[0] != '%')
			continue;
		if (!form_match(forms[i].text, slots, s, ret))
			continue;
		form_put(w, slots, ret);
		parse_event(w, forms[i].event);
		if (w->cur)
			w->cur->flags |= (uint16_t)forms[i].flags;
		return &forms[i];
	}
	return NULL;
}

/* The bytes of a form that stand for themselves, and whether it opens with a word of its own. */
static size_t
own_words(const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text != '%')
			n++;
		else if (text[1])
			text++;
	}
	return n;
}

bool
form_sniff(const struct form *forms, size_t n, const struct form_slot *slots, struct str s)
{
	struct form_caps caps;

	for (size_t i = 0; i < n && s.n > 0; i++)
		if (forms[i].text[0] == s.p[0] && own_words(forms[i].text) >= FORM_SURE &&
			form_match(forms[i].text, slots, s, &caps))
			return true;
	return false;
}
