#include "base/str.h"

#include <emmintrin.h>

/* Longer needles are the library's: its search is linear whatever the text. */
#define NEEDLE_MAX 64u

static inline __m128i
load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Of the 16 places from p on the first where the needle stands, or -1. Reads needle.n + 15 bytes.
 */
static inline int
find16(const char *p, struct str needle, __m128i first, __m128i last)
{
	unsigned hits = (unsigned)_mm_movemask_epi8(_mm_and_si128(
		_mm_cmpeq_epi8(load16(p), first), _mm_cmpeq_epi8(load16(p + needle.n - 1), last)));

	for (; hits; hits &= hits - 1) {
		int at = __builtin_ctz(hits);

		if (memcmp(p + at, needle.p, needle.n) == 0)
			return at;
	}
	return -1;
}

static ptrdiff_t
find_short(struct str s, struct str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (s.p[i] == needle.p[0] && memcmp(s.p + i, needle.p, needle.n) == 0)
			return (ptrdiff_t)i;
	return -1;
}

ptrdiff_t
str_find(struct str s, struct str needle)
{
	__m128i first, last;
	size_t places, i = 0;
	const char *hit;
	int at;

	if (needle.n == 0 || s.n < needle.n)
		return -1;
	if (needle.n == 1)
		return str_chr(s, needle.p[0]);
	if (needle.n > NEEDLE_MAX) {
		hit = memmem(s.p, s.n, needle.p, needle.n);
		return hit ? hit - s.p : -1;
	}
	places = s.n - needle.n + 1;
	if (places < 16)
		return find_short(s, needle);
	first = _mm_set1_epi8(needle.p[0]);
	last = _mm_set1_epi8(needle.p[needle.n - 1]);
	for (; i + 16 <= places; i += 16) {
		at = find16(s.p + i, needle, first, last);
		if (at >= 0)
			return (ptrdiff_t)i + at;
	}
	/* The last 16 places once more: those seen before do not hold it. */
	at = find16(s.p + places - 16, needle, first, last);
	return at < 0 ? -1 : (ptrdiff_t)(places - 16) + at;
}

ptrdiff_t
str_rchr(struct str s, char c)
{
	const char *hit = s.n ? memrchr(s.p, c, s.n) : NULL;

	return hit ? hit - s.p : -1;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
str_cut(struct str *s, char c, struct str *head)
{
	ptrdiff_t at = str_chr(*s, c);

	if (at < 0) {
		*head = *s;
		*s = (struct str){s->p + s->n, 0};
		return false;
	}
	*head = (struct str){s->p, (size_t)at};
	str_skip(s, (size_t)at + 1);
	return true;
}

bool
str_cut_at(struct str *s, struct str sep, struct str *head)
{
	ptrdiff_t at = str_find(*s, sep);

	if (at < 0) {
		*head = *s;
		*s = (struct str){s->p + s->n, 0};
		return false;
	}
	*head = (struct str){s->p, (size_t)at};
	str_skip(s, (size_t)at + sep.n);
	return true;
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		str_skip(&s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int rc = n ? memcmp(a.p, b.p, n) : 0;

	if (rc != 0)
		return rc;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool
str_take_u64(struct str *s, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0, sure = s->n < 19 ? s->n : 19; /* so many digits fit, whatever they are */

	for (; i < sure && is_digit(s->p[i]); i++)
		v = v * 10 + (uint64_t)(s->p[i] - '0');
	for (; i < s->n && is_digit(s->p[i]); i++) {
		uint64_t digit = (uint64_t)(s->p[i] - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (i == 0)
		return false;
	str_skip(s, i);
	*ret = v;
	return true;
}

bool
str_u64(struct str s, uint64_t *ret)
{
	uint64_t v;

	if (!str_take_u64(&s, &v) || s.n != 0)
		return false;
	*ret = v;
	return true;
}

bool
str_i64(struct str s, int64_t *ret)
{
	bool neg = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (neg)
		str_skip(&s, 1);
	if (!str_u64(s, &v) || v > (uint64_t)INT64_MAX + (neg ? 1 : 0))
		return false;
	*ret = neg ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static size_t
digits(struct str s, size_t i)
{
	while (i < s.n && is_digit(s.p[i]))
		i++;
	return i;
}

bool
str_is_number(struct str s)
{
	size_t i = 0, from;

	if (i < s.n && s.p[i] == '-')
		i++;
	from = i;
	i = digits(s, i);
	if (i == from || (s.p[from] == '0' && i - from > 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		from = ++i;
		i = digits(s, i);
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		from = i;
		i = digits(s, i);
		if (i == from)
			return false;
	}
	return i == s.n && i > 0;
}
