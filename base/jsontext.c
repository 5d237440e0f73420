/* jsontext.c - what the escapes of a JSON string mean (RFC 8259 7). */
#include "base/jsontext.h"

#include "base/utf8.h"

/* Four hexadecimal digits, or -1. */
static int
hex4(const char *p, const char *end)
{
	int v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int c = p[i] | 0x20; /* lower case; digits keep their value */

		if (is_digit(p[i]))
			v = v * 16 + (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (c - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* RFC 8259 7: \uXXXX, two of them for what lies beyond U+FFFF. p stands behind "\u". */
static const char *
unescape_u(const char *p, const char *end, uint64_t *flags, char **to)
{
	int hi = hex4(p, end), lo;
	uint32_t cp = (uint32_t)hi;

	if (hi < 0)
		return NULL;
	p += 4;
	if (hi >= 0xd800 && hi <= 0xdfff) {
		bool pair = hi < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u';

		lo = pair ? hex4(p + 2, end) : -1;
		if (lo >= 0xdc00 && lo <= 0xdfff) {
			cp = 0x10000 + (((uint32_t)hi - 0xd800) << 10) + ((uint32_t)lo - 0xdc00);
			p += 6;
		} else {
			cp = 0xfffd;
			*flags |= UINT64_C(1) << REASON_ENCODING;
		}
	}
	*to += utf8_encode(cp, *to);
	return p;
}

/* p stands behind the backslash, before the closing quote. */
static const char *
unescape_one(const char *p, const char *end, uint64_t *flags, char **to)
{
	static const char meant[256] = {['"'] = '"',
		['\\'] = '\\',
		['/'] = '/',
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t'};
	char c = meant[(unsigned char)*p];

	if (!c)
		return *p == 'u' ? unescape_u(p + 1, end, flags, to) : NULL;
	*(*to)++ = c;
	return p + 1;
}

/* The string's closing quote, or NULL: nothing is decoded yet, so that room is asked for once. */
static const char *
closing_quote(const char *p, const char *end)
{
	for (;;) {
		p = json_text_stop(p, end);
		if (p >= end || (unsigned char)*p < 0x20)
			return NULL;
		if (*p == '"')
			return p;
		if (end - p < 2)
			return NULL;
		p += 2; /* whatever is escaped cannot close the string */
	}
}

/* Copy up to the next quote or backslash; the text between is known to end at `stop`. */
static inline const char *
copy_plain(const char *p, const char *stop, char **to)
{
	const __m128i slash = _mm_set1_epi8('\\');

	/* What is written never gets ahead of what is read, so 16 bytes fit there as well. */
	for (; stop - p >= 16; p += 16, *to += 16) {
		__m128i v = load16(p);
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, slash));

		store16(*to, v);
		if (mask) {
			unsigned n = (unsigned)__builtin_ctz(mask);

			*to += n;
			return p + n;
		}
	}
	while (p < stop && *p != '\\')
		*(*to)++ = *p++;
	return p;
}

enum reason
json_text_escaped(const struct json_sink *sink, const char *from, const char *end, uint64_t *flags,
	struct str *ret, const char **behind)
{
	const char *stop = closing_quote(from, end), *p = from;
	char *room, *to;

	if (!stop)
		return REASON_JSON_SYNTAX;
	room = to = sink->room(sink->ctx, (size_t)(stop - from));
	if (!room)
		return REASON_JSON_KEYS;
	while (p < stop) {
		p = copy_plain(p, stop, &to);
		if (p < stop) {
			p = unescape_one(p + 1, end, flags, &to);
			if (!p)
				return REASON_JSON_SYNTAX;
		}
	}
	*ret = str_make(room, (size_t)(to - room));
	*behind = stop + 1;
	return REASON_NONE;
}
