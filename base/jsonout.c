/* jsonout.c - text as the inside of a JSON string (RFC 8259 7). */
#include "base/json.h"
#include "base/jsonput.h"
#include "base/utf8.h"

/* The first byte that cannot be copied as it stands: quote, backslash, control, or not ASCII. */
static const char *
plain_end(const char *p, const char *end)
{
	while (p < end && *p != '"' && *p != '\\' && (signed char)*p >= 0x20)
		p++;
	return p;
}

static void
escape_ascii(struct buf *out, char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "btn.fr"; /* from U+0008; U+000B has none */
	char *to = buf_room(out, 6);

	to[0] = '\\';
	if (c == '"' || c == '\\') {
		to[1] = c;
		out->n += 2;
	} else if (c >= '\b' && c <= '\r' && c != '\v') {
		to[1] = letters[c - '\b'];
		out->n += 2;
	} else {
		memcpy(to + 1, "u00", 3);
		to[4] = digits[c >> 4];
		to[5] = digits[c & 15];
		out->n += 6;
	}
}

/* A run of bytes from 0x80 on: valid code points as they are, each maximal invalid part U+FFFD. */
static const char *
escape_wide(struct buf *out, const char *p, const char *end)
{
	const char *from = p;

	while (p < end && (unsigned char)*p >= 0x80) {
		uint32_t cp;
		size_t n = utf8_decode(str_make(p, (size_t)(end - p)), &cp);

		/* U+FFFD itself is EF BF BD: three bytes, as no invalid part of that start is. */
		if (cp == 0xfffd && !(n == 3 && memcmp(p, "\xef\xbf\xbd", 3) == 0)) {
			buf_add(out, from, (size_t)(p - from));
			BUF_ADD_LIT(out, "\xef\xbf\xbd");
			from = p + n;
		}
		p += n;
	}
	buf_add(out, from, (size_t)(p - from));
	return p;
}

/*
 * Rows are built from the bits of their number: S0 is a byte as it is, S1 one behind a backslash.
 * What lies behind the last byte is never looked at.
 */
#define S0(i) i
#define S1(i) 8, i
#define ROW(a, b, c, d, e, f, g, h)                                                                \
	{                                                                                          \
		S##a(0), S##b(1), S##c(2), S##d(3), S##e(4), S##f(5), S##g(6), S##h(7)             \
	}
#define BY1(...) ROW(0, __VA_ARGS__), ROW(1, __VA_ARGS__)
#define BY2(...) BY1(0, __VA_ARGS__), BY1(1, __VA_ARGS__)
#define BY3(...) BY2(0, __VA_ARGS__), BY2(1, __VA_ARGS__)
#define BY4(...) BY3(0, __VA_ARGS__), BY3(1, __VA_ARGS__)
#define BY5(...) BY4(0, __VA_ARGS__), BY4(1, __VA_ARGS__)
#define BY6(...) BY5(0, __VA_ARGS__), BY5(1, __VA_ARGS__)
#define BY7(...) BY6(0, __VA_ARGS__), BY6(1, __VA_ARGS__)

const uint8_t json_spread[256][16] = {BY7(0), BY7(1)};

/* Sixteen bytes at a time while as many are left: quotes and backslashes without a branch, what is
 * not ASCII or a control where it stands. Returns where it stopped. */
static const char *
escape_blocks(struct buf *out, const char *p, const char *end)
{
	while (end - p >= 16) {
		char *to = buf_room(out, 2 * 16), *from = to;
		__m128i v = load16(p);
		unsigned odd = (unsigned)_mm_movemask_epi8(json_odds(v));
		unsigned mask = (unsigned)_mm_movemask_epi8(json_marks(v));

		if (odd) {
			unsigned n = (unsigned)__builtin_ctz(odd);

			for (unsigned i = 0; i < n; i++) {
				*to = '\\';
				to += mask >> i & 1;
				*to++ = p[i];
			}
			out->n += (size_t)(to - from);
			p += n;
			if ((unsigned char)*p >= 0x80)
				p = escape_wide(out, p, end);
			else
				escape_ascii(out, *p++);
			continue;
		}
		out->n += (size_t)(json_put_marked(to, v, mask) - from);
		p += 16;
	}
	return p;
}

void
json_escape(struct buf *out, struct str s)
{
	const char *p = s.p, *end = s.n ? s.p + s.n : s.p;

	p = escape_blocks(out, p, end);
	while (p < end) {
		const char *stop = plain_end(p, end);

		buf_add(out, p, (size_t)(stop - p));
		p = stop;
		if (p == end)
			break;
		if ((unsigned char)*p >= 0x80)
			p = escape_wide(out, p, end);
		else
			escape_ascii(out, *p++);
	}
}

/* Eight bytes twice: the upper half must not look like control characters. */
static __m128i
load8(const char *p)
{
	__m128i v = _mm_loadl_epi64((const __m128i *)(const void *)p);

	return _mm_unpacklo_epi64(v, v);
}

/* Can all of it be copied as it stands? Overlapping loads instead of a tail loop. */
static bool
is_plain(const char *p, size_t n)
{
	if (n >= 16) {
		const char *last = p + n - 16;

		for (; p < last; p += 16)
			if (json_hits(load16(p)))
				return false;
		return !json_hits(load16(last));
	}
	if (n >= 8)
		return !json_hits(load8(p)) && !json_hits(load8(p + n - 8));
	for (size_t i = 0; i < n; i++)
		if (p[i] == '"' || p[i] == '\\' || (signed char)p[i] < 0x20)
			return false;
	return true;
}

void
json_quote(struct buf *out, struct str s)
{
	char *to = buf_room(out, s.n + 2);

	if (is_plain(s.p, s.n)) {
		to[0] = '"';
		if (s.n)
			memcpy(to + 1, s.p, s.n);
		to[s.n + 1] = '"';
		out->n += s.n + 2;
		return;
	}
	buf_add_char(out, '"');
	json_escape(out, s);
	buf_add_char(out, '"');
}
