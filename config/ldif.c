#include "config/ldif.h"

#include <string.h>

/* One line without its end. */
static struct str
physical(struct ldif *f)
{
	struct str line;

	str_cut(&f->rest, '\n', &line);
	f->line++;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool
goes_on(const struct ldif *f)
{
	return f->rest.n > 0 && f->rest.p[0] == ' ';
}

/* A line with what is folded behind it (RFC 2849, note 2). Linear: lengths first, then one copy. */
static struct str
logical(struct ldif *f)
{
	struct str first = physical(f), part;
	struct ldif look = *f;
	size_t n = first.n, at;
	char *out;

	if (first.n == 0 || !goes_on(f))
		return first;
	while (goes_on(&look))
		n += physical(&look).n - 1;
	out = arena_alloc(f->arena, n + 1);
	memcpy(out, first.p, first.n);
	at = first.n;
	while (goes_on(f)) {
		part = physical(f);
		memcpy(out + at, part.p + 1, part.n - 1);
		at += part.n - 1;
	}
	return str_make(out, at);
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && c != '-' &&
			c != '.' && c != ';' && c != '_')
			return false;
	}
	return s.n > 0;
}

void
ldif_next(struct ldif *f, struct ldif_line *ret)
{
	struct str line, name;

	do {
		*ret = (struct ldif_line){.kind = LDIF_END, .line = f->line};
		if (f->rest.n == 0)
			return;
		if (goes_on(f)) {
			ret->kind = LDIF_BAD;
			ret->value = physical(f);
			return;
		}
		line = logical(f);
	} while (line.n > 0 && line.p[0] == '#');
	ret->value = line;
	if (line.n == 0) {
		ret->kind = LDIF_GAP;
		return;
	}
	if (str_eq(line, STR("-"))) {
		ret->kind = LDIF_DASH;
		return;
	}
	ret->kind = LDIF_BAD;
	if (str_chr(line, ':') < 0)
		return;
	str_cut(&line, ':', &name);
	if (!is_name(name))
		return;
	ret->kind = LDIF_PAIR;
	ret->encoded = str_take(&line, STR(":"));
	ret->elsewhere = !ret->encoded && str_take(&line, STR("<"));
	ret->value = str_trim(line);
	line = name;
	str_cut(&line, ';', &ret->name);
}

bool
ldif_decode(struct str s, char *out, size_t *n)
{
	unsigned bits = 0, have = 0, pad = 0;

	*n = 0;
	if (s.n % 4 != 0)
		return false;
	while (pad < 2 && s.n > 0 && s.p[s.n - 1] == '=') {
		s.n--;
		pad++;
	}
	for (size_t i = 0; i < s.n; i++) {
		int v = base64_value(s.p[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[(*n)++] = (char)(bits >> have & 0xff);
	}
	return (bits & ((1u << have) - 1)) == 0; /* nothing left over */
}
