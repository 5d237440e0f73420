/*
 * str.h - slices: a pointer and a length into bytes that somebody else owns. Never NUL-terminated.
 *
 * Threads: values; no state.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, ((s).p ? (s).p : "")

static inline struct str
str_of(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

static inline struct str
str_make(const char *p, size_t n)
{
	return (struct str){p, n};
}

static inline bool
str_eq(struct str a, struct str b)
{
	/* A length has bytes; the analyzer thinks of strings that nobody makes.
	 * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool
str_ends(struct str s, struct str tail)
{
	return s.n >= tail.n && (tail.n == 0 || memcmp(s.p + s.n - tail.n, tail.p, tail.n) == 0);
}

/* Drop the first n bytes (n <= s->n). */
static inline void
str_skip(struct str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

/* If s begins with prefix, drop it and say so. */
static inline bool
str_take(struct str *s, struct str prefix)
{
	if (!str_starts(*s, prefix))
		return false;
	str_skip(s, prefix.n);
	return true;
}

/* Index of byte c, or -1. */
static inline ptrdiff_t
str_chr(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, (unsigned char)c, s.n) : NULL;

	return hit ? hit - s.p : -1;
}

/* Index of the first occurrence of needle (not empty), or -1. */
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_rchr(struct str s, char c);
/* ASCII letters compare equal in either case. */
bool str_eq_nocase(struct str a, struct str b);
/* Cut at the first c: *head gets what stands before, *s what stands behind. Without c: head = all,
 * s empty, false. */
bool str_cut(struct str *s, char c, struct str *head);
/* Cut at the first occurrence of sep (not empty); same returns. */
bool str_cut_at(struct str *s, struct str sep, struct str *head);
/* Drop leading and trailing blanks (space and tab). */
struct str str_trim(struct str s);
int str_cmp(struct str a, struct str b);

/* Whole slice = decimal digits that fit. No sign, no blanks; leading zeros are allowed. */
bool str_u64(struct str s, uint64_t *ret);
/* The other way: v in decimal digits, which lie at the end of `room`. */
#define U64_DIGITS 20
static inline struct str
str_of_u64(uint64_t v, char room[U64_DIGITS])
{
	size_t i = U64_DIGITS;

	do {
		room[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return str_make(room + i, U64_DIGITS - i);
}
bool str_i64(struct str s, int64_t *ret);
/* Take the decimal digits at the front; false when there are none or they do not fit. */
bool str_take_u64(struct str *s, uint64_t *ret);
/* JSON's number grammar, the whole slice. */
bool str_is_number(struct str s);

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What a hexadecimal digit counts; -1: it is none. */
static inline int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What a digit of base64 counts (RFC 4648 section 4); -1: it is none. */
static inline int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

#endif
