/* source_split.c - messages of one line taken apart: key=value in many spellings, columns. */
#include "parsers/source_inside.h"

/* ---- key and value ---- */

static bool
is_gap(const struct kv_style *style, char c)
{
	if (style->gap)
		return c == style->gap;
	return c == ' ' || c == '\t' || c == ',' || c == ';' || (unsigned char)c < 0x20;
}

static bool
is_key_byte(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' ||
	       c == '.' || c == '/' || (unsigned char)c >= 0x80;
}

/* Where a value without quotes ends whose style lets it hold the gap: before the next "gap key
 * pair". Linear: each key candidate is looked at once. Keys may hold blanks where the gap is none.
 */
static size_t
open_end(const struct kv_style *style, struct str s)
{
	size_t gap = SIZE_MAX;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == style->pair && gap != SIZE_MAX && i > gap + 1)
			return gap;
		if (is_gap(style, s.p[i]))
			gap = i;
		else if (gap != SIZE_MAX && !is_key_byte(s.p[i]) &&
			 !(style->gap && style->gap != ' ' && s.p[i] == ' '))
			gap = SIZE_MAX;
	}
	return s.n;
}

static struct str
unquote(struct recs *w, struct str s)
{
	char *out;
	size_t n = 0;

	if (str_chr(s, '\\') < 0)
		return s;
	out = rec_text_room(w, s.n);
	if (!out)
		return s;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '\\' || s.p[i + 1] == '"'))
			i++;
		out[n++] = s.p[i];
	}
	return rec_text_take(w, out, n);
}

static struct str
take_value(struct recs *w, const struct kv_style *style, struct str *s)
{
	size_t i = 0;
	struct str value;

	while (s->n && s->p[0] == ' ' && style->pair != ' ' && style->gap)
		str_skip(s, 1);
	if (s->n && (s->p[0] == '"' || s->p[0] == '\'')) {
		char quote = s->p[0];

		for (i = 1; i < s->n && s->p[i] != quote; i++)
			if (s->p[i] == '\\' && i + 1 < s->n)
				i++;
		if (i < s->n) {
			value = str_make(s->p + 1, i - 1);
			str_skip(s, i + 1);
			return unquote(w, value);
		}
		i = 0; /* a quote that never closes is a character */
	}
	if (style->open)
		i = open_end(style, *s);
	else
		while (i < s->n && !is_gap(style, s->p[i]))
			i++;
	value = str_trim(str_make(s->p, i));
	str_skip(s, i);
	return value;
}

void
pairs_kv(struct pairs *p, struct recs *w, const struct kv_style *style, struct str prefix,
	struct str s)
{
	char joined[RECORD_NAME_MAX];

	while (s.n) {
		size_t i = 0;
		struct str key, value;

		while (s.n && (is_gap(style, s.p[0]) || s.p[0] == ' '))
			str_skip(&s, 1);
		while (i < s.n && s.p[i] != style->pair && !is_gap(style, s.p[i]))
			i++;
		if (i == s.n)
			return;
		if (s.p[i] != style->pair || i == 0) {
			str_skip(&s, i + 1);
			continue;
		}
		key = str_trim(str_make(s.p, i));
		str_skip(&s, i + 1);
		/* "ike::" is a key of one vendor's whose values are texts. */
		while (style->pair == ':' && s.n && s.p[0] == ':')
			str_skip(&s, 1);
		if (key.n > 1 && key.p[0] == '"' && key.p[key.n - 1] == '"')
			key = str_make(key.p + 1, key.n - 2);
		while (key.n && (key.p[0] == '[' || key.p[0] == '{' || key.p[0] == '('))
			str_skip(&key, 1);
		value = take_value(w, style, &s);
		if (key.n == 0 || prefix.n + key.n > sizeof(joined))
			continue;
		if (prefix.n) {
			memcpy(joined, prefix.p, prefix.n);
			memcpy(joined + prefix.n, key.p, key.n);
			key = str_make(joined, prefix.n + key.n);
		}
		if (!pairs_add(p, key, VALUE_STRING, value, 0))
			return;
	}
}

/* ---- columns ---- */

static struct str
take_column(const struct source *s, struct recs *w, struct str *text, bool *more)
{
	char c = text->n ? text->p[0] : 0, close = c == '"' ? '"' : c == '[' ? ']' : 0;
	size_t i = 0;
	struct str cell;
	bool doubled = false;

	/* Brackets group only where blanks separate: [10/Oct/2026:13:55:36 +0900]. */
	if (close == ']' && s->separator != ' ')
		close = 0;
	if (s->quotes && close) {
		for (i = 1; i < text->n; i++) {
			if (text->p[i] == '\\' && i + 1 < text->n && close == '"' &&
				text->p[i + 1] == '"') {
				doubled = true;
				i++;
			} else if (text->p[i] == close) {
				if (close == ']' || i + 1 == text->n || text->p[i + 1] != '"')
					break;
				doubled = true;
				i++;
			}
		}
		if (i < text->n && (i + 1 == text->n || text->p[i + 1] == s->separator)) {
			cell = str_make(text->p + 1, i - 1);
			*more = i + 1 < text->n;
			str_skip(text, i + 1 + *more);
			if (doubled) {
				char *out = rec_text_room(w, cell.n);
				size_t n = 0;

				if (!out)
					return cell;
				for (size_t k = 0; k < cell.n; k++) {
					if ((cell.p[k] == '"' || cell.p[k] == '\\') &&
						k + 1 < cell.n && cell.p[k + 1] == '"')
						k++;
					out[n++] = cell.p[k];
				}
				cell = rec_text_take(w, out, n);
			}
			return cell;
		}
		i = 0;
	}
	while (i < text->n && text->p[i] != s->separator)
		i++;
	cell = str_make(text->p, i);
	*more = i < text->n;
	str_skip(text, i + *more);
	return str_trim(cell);
}

bool
pairs_columns(struct pairs *p, struct recs *w, const struct source *s, struct str text)
{
	size_t n = 0, first = p->n;
	bool more = true;

	while (more && n < SOURCE_PAIRS / 2) {
		char name[8] = "#";
		size_t at = 1, digits = n + 1 > 99 ? 3 : n + 1 > 9 ? 2 : 1;
		struct str cell;

		while (s->separator == ' ' && text.n && text.p[0] == ' ')
			str_skip(&text, 1);
		if (s->separator == ' ' && text.n == 0)
			break;
		cell = take_column(s, w, &text, &more);
		for (size_t i = digits, v = n + 1; i > 0; v /= 10)
			name[at + --i] = (char)('0' + v % 10);
		if (!pairs_add(p, str_make(name, at + digits), VALUE_STRING, cell, 0))
			break;
		p->v[p->n - 1].used = true; /* kept by its name, not by its number */
		n++;
	}
	for (size_t i = 0; i < s->nlayouts; i++) {
		const struct layout *l = &s->layouts[i];

		if (n < l->least || n > l->most || !pairs_hold(p, &l->cond))
			continue;
		for (size_t k = 0; k < l->n && k < n; k++)
			if (p->v[first + k].value.n)
				pairs_add_key(p, l->keys[k], p->v[first + k].value);
		return true;
	}
	return s->nlayouts == 0;
}
