#include "parsers/xml.h"

#define NAME_MAX 128u

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str
trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		str_skip(&s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
is_name_char(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' ||
	       c == '.' || c == ':' || (unsigned char)c >= 0x80;
}

/* A name, without its namespace. Empty: none stands here. */
static struct str
take_name(struct str *s)
{
	size_t i = 0;
	struct str name;
	ptrdiff_t colon;

	while (i < s->n && is_name_char(s->p[i]))
		i++;
	name = str_make(s->p, i);
	str_skip(s, i);
	colon = str_rchr(name, ':');
	if (colon >= 0)
		str_skip(&name, (size_t)colon + 1);
	return name;
}

bool
xml_begins(struct str s)
{
	s = trim(s);
	if (str_take(&s, STR("-")))
		s = trim(s);
	return s.n > 3 && s.p[0] == '<' &&
	       (s.p[1] == '?' || s.p[1] == '!' || s.p[1] == '_' ||
		       ((s.p[1] | 0x20) >= 'a' && (s.p[1] | 0x20) <= 'z')) &&
	       str_chr(s, '>') > 0;
}

void
xml_open(struct xml *x, struct str text)
{
	*x = (struct xml){.rest = text};
}

/* ---- path ---- */

/* Append ".name" behind the level's path; the bytes stay until the next call. */
static bool
join(struct xml *x, size_t from, struct str name)
{
	size_t dot = from > 0;

	if (name.n == 0 || name.n > NAME_MAX || from + dot + name.n > sizeof(x->path)) {
		x->deep = true;
		return false;
	}
	if (dot)
		x->path[from] = '.';
	memcpy(x->path + from + dot, name.p, name.n);
	x->n = from + dot + name.n;
	return true;
}

static size_t
level_end(const struct xml *x)
{
	return x->ends[x->depth];
}

static size_t
parent_end(const struct xml *x)
{
	return x->depth > 0 ? x->ends[x->depth - 1] : 0;
}

static bool
give(struct xml *x, size_t from, struct str name, struct str text, struct xml_value *ret)
{
	if (name.n > 0 ? !join(x, from, name) : (x->n = from) == 0)
		return false;
	ret->name = str_make(x->path, x->n);
	ret->text = trim(text);
	ret->escaped = str_chr(ret->text, '&') >= 0;
	return true;
}

/* ---- tags ---- */

/* The next attribute of the open tag. False: none is left, or it is no XML. */
static bool
take_attribute(struct xml *x, struct str *name, struct str *value)
{
	struct str *s = &x->attributes;
	bool ours;

	do {
		struct str whole;
		ptrdiff_t end;
		char quote;

		*s = trim(*s);
		if (s->n == 0)
			return false;
		whole = *s;
		*name = take_name(s);
		ours = str_starts(whole, STR("xmlns")) || str_starts(whole, STR("xsi:"));
		*s = trim(*s);
		if (name->n == 0 || !str_take(s, STR("="))) {
			x->broken = true;
			s->n = 0;
			return false;
		}
		*s = trim(*s);
		quote = s->n > 0 ? s->p[0] : 0;
		if (quote != '"' && quote != '\'') {
			x->broken = true;
			s->n = 0;
			return false;
		}
		str_skip(s, 1);
		end = str_chr(*s, quote);
		if (end < 0)
			end = (ptrdiff_t)s->n;
		*value = str_make(s->p, (size_t)end);
		str_skip(s, (size_t)end + ((size_t)end < s->n));
	} while (ours);
	return true;
}

/* Where the tag ends: at the first '>' outside quotes. */
static bool
tag_end(struct str s, size_t *ret)
{
	char quote = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quote) {
			if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '>') {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* The text that is all that stands in the element just opened. */
static bool
leaf_text(struct str s, struct str *text)
{
	struct str inside = trim(s);
	ptrdiff_t end;

	if (str_take(&inside, STR("<![CDATA["))) {
		end = str_find(inside, STR("]]>"));
		if (end < 0)
			return false;
		*text = str_make(inside.p, (size_t)end);
		return true;
	}
	end = str_chr(s, '<');
	if (end < 0 || (size_t)end + 1 >= s.n || s.p[end + 1] != '/')
		return false;
	*text = str_make(s.p, (size_t)end);
	return trim(*text).n > 0;
}

static bool
is_called_name(struct str name)
{
	return str_eq(name, STR("Name")) || str_eq(name, STR("name"));
}

/* Behind "<": an element opens. */
static void
open_element(struct xml *x)
{
	struct str *s = &x->rest, name = take_name(s), all, key, value, text;
	size_t end, from = x->depth ? x->ends[x->depth] : 0;

	if (name.n == 0 || !tag_end(*s, &end) || x->depth == XML_DEPTH) {
		x->broken = true;
		return;
	}
	if (!join(x, from, name))
		x->n = from;
	x->depth++;
	x->ends[x->depth] = (uint16_t)x->n;
	x->empty = end > 0 && s->p[end - 1] == '/';
	x->attributes = all = str_make(s->p, end - x->empty);
	str_skip(s, end + 1);
	x->opened = !x->empty;
	x->named = (struct str){0};
	/* <Data Name="X">text</Data> */
	if (x->empty ? !str_eq(name, STR("Data"))
		     : !leaf_text(*s, &text) && !str_eq(name, STR("Data")))
		return;
	while (take_attribute(x, &key, &value))
		if (is_called_name(key))
			x->named = value;
	x->attributes = all;
}

static void
close_element(struct xml *x)
{
	x->opened = false;
	if (x->depth > 0)
		x->depth--;
}

/* Comments, declarations, instructions: up to their end. */
static bool
skip_markup(struct xml *x)
{
	struct str *s = &x->rest, skipped;

	if (str_take(s, STR("!--")))
		return str_cut_at(s, STR("-->"), &skipped);
	if (str_take(s, STR("![CDATA[")))
		return str_cut_at(s, STR("]]>"), &skipped);
	return str_cut(s, '>', &skipped);
}

/* Texts of the leaf that is open, or nothing. */
static bool
take_text(struct xml *x, struct xml_value *ret)
{
	struct str text;
	bool cdata = str_starts(trim(x->rest), STR("<![CDATA["));

	if (!x->opened || !leaf_text(x->rest, &text))
		return false;
	x->opened = false;
	str_skip(&x->rest, (size_t)(text.p + text.n - x->rest.p));
	if (cdata)
		str_skip(&x->rest, 3);
	if (!give(x, x->named.n ? parent_end(x) : level_end(x), x->named, text, ret))
		return false;
	ret->escaped &= !cdata;
	return true;
}

bool
xml_next(struct xml *x, struct xml_value *ret)
{
	struct str name, value, skipped;

	*ret = (struct xml_value){0};
	while (!x->broken) {
		while (x->attributes.n > 0 && take_attribute(x, &name, &value)) {
			if ((x->named.n > 0 && is_called_name(name)) || trim(value).n == 0)
				continue;
			ret->attribute = true;
			if (give(x, level_end(x), name, value, ret))
				return true;
		}
		if (x->empty) {
			x->empty = false;
			close_element(x);
			if (x->depth == 0)
				return false;
		}
		ret->attribute = false;
		if (take_text(x, ret))
			return true;
		if (!str_cut(&x->rest, '<', &skipped) || x->rest.n == 0)
			break;
		if (x->rest.p[0] == '/') {
			close_element(x);
			if (!str_cut(&x->rest, '>', &skipped))
				break;
			if (x->depth == 0)
				return false;
		} else if (x->rest.p[0] == '!' || x->rest.p[0] == '?') {
			if (!skip_markup(x))
				break;
		} else {
			open_element(x);
		}
	}
	x->broken = true;
	return false;
}

/* ---- entities ---- */

/* UTF-8 of a character that a number names; 0: none that may be written. */
static size_t
put_char(uint32_t c, char *out)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static uint32_t
number_of(struct str s)
{
	unsigned base = str_take(&s, STR("x")) || str_take(&s, STR("X")) ? 16 : 10;
	uint32_t v = 0;

	if (s.n == 0 || s.n > 7)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i], digit = 99;

		if (is_digit((char)c))
			digit = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20) - 'a' + 10;
		if (digit >= base)
			return 0;
		v = v * base + digit;
	}
	return v;
}

/* The entity behind '&'; its bytes into out, or 0. No form is shorter than what it stands for. */
static size_t
entity(struct str name, char *out)
{
	static const struct {
		const char *name;
		char c;
	} five[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

	if (str_take(&name, STR("#")))
		return put_char(number_of(name), out);
	for (size_t i = 0; i < sizeof(five) / sizeof(five[0]); i++)
		if (str_eq(name, str_of(five[i].name))) {
			out[0] = five[i].c;
			return 1;
		}
	return 0;
}

size_t
xml_unescape(struct str text, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		size_t look = text.n - i < 12 ? text.n - i : 12, wrote;
		ptrdiff_t end;

		out[n] = text.p[i];
		if (text.p[i] != '&') {
			n++;
			continue;
		}
		end = str_chr(str_make(text.p + i, look), ';');
		wrote = end > 1 ? entity(str_make(text.p + i + 1, (size_t)end - 1), out + n) : 0;
		i += wrote ? (size_t)end : 0;
		n += wrote ? wrote : 1;
	}
	return n;
}
