#include "parsers/asa.h"
#include "parsers/put.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Match literal text up to the next letter, brace or end. *pattern and *s move on success. */
static bool
literal(const char **pattern, struct str *s)
{
	const char *q = *pattern;
	struct str t = *s;

	for (; *q && *q != '%' && *q != '{' && *q != '}'; q++) {
		if (is_blank(*q)) {
			bool any = false;

			while (t.n && is_blank(*t.p)) {
				str_skip(&t, 1);
				any = true;
			}
			/* "a : b" and "a: b" are the same. */
			if (!any && q[1] != ':')
				return false;
			continue;
		}
		if (*q == ':' || *q == ',')
			while (t.n && is_blank(*t.p))
				str_skip(&t, 1);
		if (t.n == 0 || *t.p != *q)
			return false;
		str_skip(&t, 1);
	}
	*pattern = q;
	*s = t;
	return true;
}

/* Where in `s` the literal at `q` begins, first or last; -1 if nowhere. */
static ptrdiff_t
find_literal(const char *q, struct str s, bool last)
{
	ptrdiff_t found = -1;

	if (*q == 0 || *q == '%' || *q == '}')
		return (ptrdiff_t)s.n;
	for (size_t i = 0; i <= s.n; i++) {
		struct str t = str_make(s.p + i, s.n - i);
		const char *at = q;

		/* Not from within a run of blanks: the value would keep some of them. */
		if (i > 0 && is_blank(*q) && is_blank(s.p[i - 1]))
			continue;
		if (!literal(&at, &t))
			continue;
		found = (ptrdiff_t)i;
		if (!last)
			break;
	}
	return found;
}

/* Behind the optional part that begins at `q`. */
static const char *
behind_brace(const char *q)
{
	while (*q && *q != '}')
		q++;
	return *q ? q + 1 : q;
}

/* The value in front of what the pattern says next, which may be an optional part. */
static bool
take_value(const char *q, struct str *s, bool last, struct str *ret)
{
	ptrdiff_t end = -1, at;

	for (; *q == '{'; q = behind_brace(q)) {
		at = find_literal(q + 1, *s, last);
		if (at >= 0 && (end < 0 || at < end))
			end = at;
	}
	/* At the pattern's end all that is left counts, unless an optional part begins before. */
	at = *q == 0 || *q == '}' ? (ptrdiff_t)s->n : find_literal(q, *s, last);
	if (at >= 0 && (end < 0 || at < end))
		end = at;
	if (end < 0)
		return false;
	*ret = str_make(s->p, (size_t)end);
	str_skip(s, (size_t)end);
	return true;
}

static bool
take_word(struct str *s, struct str *ret)
{
	size_t n = 0;

	while (n < s->n && !is_blank(s->p[n]))
		n++;
	*ret = str_make(s->p, n);
	str_skip(s, n);
	return n > 0;
}

/* A user as the word 'name', "name" or name. */
static bool
take_quoted(struct str *s, struct str *ret)
{
	char quote = s->n ? *s->p : 0;
	ptrdiff_t end;

	if (quote == '\'' || quote == '"') {
		str_skip(s, 1);
		end = str_chr(*s, quote);
		if (end < 0)
			return false;
		*ret = str_make(s->p, (size_t)end);
		str_skip(s, (size_t)end + 1);
		return true;
	}
	if (!take_word(s, ret))
		return false;
	if (ret->n > 1 && ret->p[ret->n - 1] == ',') {
		ret->n--;
		s->p--;
		s->n++;
	}
	return true;
}

static bool
looks_like_address(struct str s)
{
	bool dot = false, colon = false;

	if (s.n < 2 || s.n > 45)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int c = s.p[i] | 0x20;

		if (s.p[i] == '.')
			dot = true;
		else if (s.p[i] == ':')
			colon = true;
		else if (!is_digit(s.p[i]) && !(c >= 'a' && c <= 'f'))
			return false;
	}
	/* A v4 address has digits only around its dots. */
	return colon ? str_chr(s, ':') != str_rchr(s, ':') : dot && is_digit(s.p[0]);
}

static void
split_address(struct str token, struct endpoint *e)
{
	ptrdiff_t slash, colon = str_chr(token, ':');
	struct str host, port;

	slash = str_rchr(token, '/');
	/* "inside/192.0.2.1" as 106100 prints it */
	if (slash > 0 &&
		looks_like_address(str_make(token.p + slash + 1, token.n - (size_t)slash - 1))) {
		e->interface = str_make(token.p, (size_t)slash);
		e->address = str_make(token.p + slash + 1, token.n - (size_t)slash - 1);
		return;
	}
	if (slash >= 0) {
		e->port = str_make(token.p + slash + 1, token.n - (size_t)slash - 1);
		token.n = (size_t)slash;
	}
	split_port(token, &host, &port);
	if (port.n && slash < 0 && looks_like_address(host) && is_digit(port.p[0])) {
		e->address = host;
		e->port = port;
		return;
	}
	if (colon >= 0 && (size_t)colon < token.n && !looks_like_address(token)) {
		e->interface = str_make(token.p, (size_t)colon);
		str_skip(&token, (size_t)colon + 1);
	}
	e->address = token;
}

static void
take_parenthesis(struct str inner, struct endpoint *e)
{
	struct str head = inner, rest = inner;
	uint64_t number;

	if (str_u64(inner, &number)) {
		if (e->port.n == 0)
			e->port = inner;
		return;
	}
	if (str_cut(&rest, '/', &head) ? looks_like_address(head) : looks_like_address(inner)) {
		e->mapped = head;
		e->mapped_port = rest;
		return;
	}
	if (e->user.n)
		return;
	str_cut(&inner, ',', &e->user); /* the rest is a security group tag */
}

bool
asa_endpoint(struct str *s, struct endpoint *ret)
{
	size_t n = 0;

	*ret = (struct endpoint){0};
	while (n < s->n && !is_blank(s->p[n]) && s->p[n] != '(' && s->p[n] != ')' &&
		s->p[n] != ',' && s->p[n] != ';')
		n++;
	if (n == 0)
		return false;
	split_address(str_make(s->p, n), ret);
	str_skip(s, n);
	for (;;) {
		size_t skip = s->n && is_blank(*s->p) ? 1 : 0;
		struct str inner = *s;
		ptrdiff_t end;

		if (s->n <= skip || s->p[skip] != '(')
			break;
		str_skip(&inner, skip + 1);
		end = str_chr(inner, ')');
		/* "(type 8, code 0)" belongs to the pattern. */
		if (end < 0 || str_starts(inner, STR("type ")) ||
			str_starts(inner, STR("current ")))
			break;
		inner.n = (size_t)end;
		take_parenthesis(inner, ret);
		str_skip(s, skip + 1 + (size_t)end + 1);
	}
	/* The full stop of a sentence. */
	if (ret->port.n > 1 && ret->port.p[ret->port.n - 1] == '.') {
		ret->port.n--;
		s->p--;
		s->n++;
	}
	return true;
}

static struct str
unwrap(struct str v)
{
	v = str_trim(v);
	if (v.n >= 2 && ((v.p[0] == '<' && v.p[v.n - 1] == '>') ||
				((v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0]))) {
		v.p++;
		v.n -= 2;
	}
	return v;
}

static bool
capture(char letter, const char *q, struct str *s, struct asa_parts *parts)
{
	struct str v;

	switch (letter) {
	case 'S':
		return asa_endpoint(s, &parts->source);
	case 'D':
		return asa_endpoint(s, &parts->destination);
	case 'G':
		return asa_endpoint(s, &parts->global);
	case 'q':
		return take_quoted(s, &parts->part['u' - '@']);
	case 'w':
		return take_word(s, &v);
	case '*':
		return take_value(q, s, false, &v);
	default:
		if (!take_value(q, s, letter == 'z', &v))
			return false;
		parts->part[(letter == 'z' ? 'u' : letter) - '@'] = unwrap(v);
		return true;
	}
}

/* One run of pattern up to its end or closing brace. */
static bool
match_run(const char **pattern, struct str *s, struct asa_parts *parts)
{
	while (**pattern && **pattern != '}' && **pattern != '{') {
		if (**pattern == '%') {
			char letter = (*pattern)[1];

			*pattern += 2;
			if (!capture(letter, *pattern, s, parts))
				return false;
		} else if (!literal(pattern, s)) {
			return false;
		}
	}
	return true;
}

bool
asa_match(const char *pattern, struct str text, struct asa_parts *ret)
{
	*ret = (struct asa_parts){0};
	while (*pattern) {
		if (*pattern == '{') {
			const char *inside = pattern + 1;
			struct str rest = text;

			pattern = behind_brace(pattern);
			if (match_run(&inside, &rest, ret))
				text = rest;
			continue;
		}
		if (!match_run(&pattern, &text, ret))
			return false;
	}
	return true;
}
