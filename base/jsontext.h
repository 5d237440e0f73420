/*
 * jsontext.h - the strings of JSON text: where one ends, and what its escapes mean. For jsonflat.c.
 *
 * Threads: pure.
 */
#ifndef BASE_JSONTEXT_H
#define BASE_JSONTEXT_H

#include "base/json.h"
#include "base/jsonput.h"

/* The first quote, backslash or control character at or behind p; end if there is none. */
static inline const char *
json_text_stop(const char *p, const char *end)
{
	const __m128i control = _mm_set1_epi8(0x1f);

	for (; end - p >= 16; p += 16) {
		__m128i v = load16(p);
		/* Unsigned: what is not ASCII stands in strings as it is. */
		__m128i low = _mm_cmpeq_epi8(_mm_max_epu8(v, control), control);
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(json_marks(v), low));

		if (mask)
			return p + __builtin_ctz(mask);
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

/*
 * A string with escapes; `from` stands behind its opening quote. *ret becomes its text, in the
 * sink's room, *behind what stands behind the closing quote. JSON_SYNTAX, or JSON_KEYS for no room.
 */
enum reason json_text_escaped(const struct json_sink *sink, const char *from, const char *end,
	uint64_t *flags, struct str *ret, const char **behind);

#endif
