#include "intake/framing.h"

#include <emmintrin.h>

/* No count that we take has more digits, nor has a time in ns that a plain line may begin with. */
#define DIGITS_MAX       20u
#define COUNT_DIGITS_MAX 10u

/* Index of the first LF or NUL in s at or behind `from`, or -1: both in one pass, so that a stream
 * that uses only one of them is not scanned to its end for the other with every message. */
static ptrdiff_t
find_either(struct str s, size_t from)
{
	const __m128i lf = _mm_set1_epi8('\n'), nul = _mm_setzero_si128();
	size_t i = from;

	for (; s.n - i >= 16; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		int hit = _mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, nul)));

		if (hit)
			return (ptrdiff_t)i + __builtin_ctz((unsigned)hit);
	}
	for (; i < s.n; i++)
		if (s.p[i] == '\n' || s.p[i] == 0)
			return (ptrdiff_t)i;
	return -1;
}

/* Index of the first delimiter in s at or behind `from`, or -1. */
static ptrdiff_t
find_end(struct str s, size_t from, bool nul_ends, bool only)
{
	const char *lf;

	if (from >= s.n)
		return -1;
	if (only) {
		lf = memchr(s.p + from, 0, s.n - from);
		return lf ? lf - s.p : -1;
	}
	if (nul_ends)
		return find_either(s, from);
	lf = memchr(s.p + from, '\n', s.n - from);
	return lf ? lf - s.p : -1;
}

static enum framing_result
line_done(struct framing *f, struct str *in, size_t end, struct framed *ret)
{
	struct str line = {in->p, end};

	f->after = in->p[end] ? FRAMING_AFTER_LF : FRAMING_AFTER_NUL;
	f->seen = 0;
	str_skip(in, end + 1);
	if (f->nul_only)
		line = framing_trim(line);
	else if (f->after == FRAMING_AFTER_LF && line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0)
		return FRAMING_EMPTY;
	ret->truncated = line.n > f->max;
	if (ret->truncated)
		line.n = f->max;
	ret->bytes = line;
	return FRAMING_MESSAGE;
}

static enum framing_result
line_next(struct framing *f, struct str *in, struct framed *ret)
{
	/* Two bytes of grace: a line of exactly max bytes may end in CR LF. */
	size_t limit = f->max + 2;
	struct str look = {in->p, in->n < limit ? in->n : limit};
	/* libc ends what it writes to a stream socket with NUL; such messages begin with "<". In
	 * other bytes (a TLS hello, say) NUL means nothing. */
	bool nul_ends = in->p[0] == '<';
	ptrdiff_t end = find_end(look, f->seen, nul_ends, f->nul_only);

	if (end >= 0)
		return line_done(f, in, (size_t)end, ret);
	if (in->n < limit) {
		f->seen = in->n;
		return FRAMING_MORE;
	}
	f->seen = 0;
	f->state = FRAMING_SKIP_LINE;
	f->nul_ends = nul_ends;
	ret->bytes = (struct str){in->p, f->max};
	ret->truncated = true;
	str_skip(in, f->max);
	return FRAMING_MESSAGE;
}

static enum framing_result
counted_next(struct framing *f, struct str *in, size_t head, uint64_t count, struct framed *ret)
{
	size_t take = count > f->max ? f->max : (size_t)count;

	if (in->n - head < take)
		return FRAMING_MORE;
	ret->bytes = (struct str){in->p + head, take};
	ret->truncated = count > f->max;
	str_skip(in, head + take);
	f->after = FRAMING_AFTER_COUNT;
	if (ret->truncated) {
		f->state = FRAMING_SKIP_COUNTED;
		f->skip = count - take;
		return FRAMING_MESSAGE;
	}
	ret->bytes = framing_trim(ret->bytes);
	return ret->bytes.n ? FRAMING_MESSAGE : FRAMING_EMPTY;
}

/* The count at the front: its length with the blank, 0 = a line. MORE = cannot be told yet. */
static enum framing_result
count_read(const struct framing *f, struct str in, size_t *head, uint64_t *count)
{
	uint64_t limit = f->max > FRAMING_COUNT_MAX ? f->max : FRAMING_COUNT_MAX;
	uint64_t value = 0;
	size_t i = 0;

	*head = 0;
	if (f->nul_only || in.p[0] < '1' || in.p[0] > '9')
		return FRAMING_MESSAGE;
	for (; i < in.n && is_digit(in.p[i]); i++) {
		if (i == DIGITS_MAX)
			return FRAMING_BAD_LENGTH;
		if (value <= limit)
			value = value * 10 + (uint64_t)(in.p[i] - '0');
	}
	if (i == in.n)
		return FRAMING_MORE;
	if (in.p[i] != ' ')
		return FRAMING_MESSAGE;
	if (i > COUNT_DIGITS_MAX || value > limit)
		return FRAMING_BAD_LENGTH;
	*head = i + 1;
	*count = value;
	return FRAMING_MESSAGE;
}

/* One stray delimiter of another kind behind a message belongs to it: LF, CR LF or NUL behind a
 * counted one, NUL behind LF, LF behind NUL. False = more bytes are needed to tell. */
static bool
skip_trailer(struct framing *f, struct str *in)
{
	char c = in->p[0];

	if (f->after == FRAMING_AFTER_COUNT && c == '\r') {
		if (in->n == 1)
			return false;
		if (in->p[1] == '\n')
			str_skip(in, 2);
	} else if ((c == '\n' && f->after != FRAMING_AFTER_LF) ||
		   (c == 0 && f->after != FRAMING_AFTER_NUL)) {
		str_skip(in, 1);
	}
	f->after = FRAMING_AFTER_NOTHING;
	return true;
}

/* True when the skipping is over. */
static bool
skip_on(struct framing *f, struct str *in)
{
	if (f->state == FRAMING_SKIP_COUNTED) {
		size_t n = f->skip < in->n ? (size_t)f->skip : in->n;

		str_skip(in, n);
		f->skip -= n;
		if (f->skip > 0)
			return false;
	} else {
		ptrdiff_t end = find_end(*in, 0, f->nul_ends, f->nul_only);

		if (end < 0) {
			str_skip(in, in->n);
			return false;
		}
		f->after = in->p[end] ? FRAMING_AFTER_LF : FRAMING_AFTER_NUL;
		str_skip(in, (size_t)end + 1);
	}
	f->state = FRAMING_START;
	return true;
}

enum framing_result
framing_next(struct framing *f, struct str *in, struct framed *ret)
{
	enum framing_result rc;
	uint64_t count = 0;
	size_t head = 0;

	*ret = (struct framed){0};
	if (f->state != FRAMING_START && !skip_on(f, in))
		return FRAMING_MORE;
	if (in->n == 0)
		return FRAMING_MORE;
	if (f->seen == 0) {
		if (!f->nul_only && f->after != FRAMING_AFTER_NOTHING && !skip_trailer(f, in))
			return FRAMING_MORE;
		if (in->n == 0)
			return FRAMING_MORE;
		rc = count_read(f, *in, &head, &count);
		if (rc != FRAMING_MESSAGE)
			return rc;
	}
	if (head) {
		f->counted = true;
		return counted_next(f, in, head, count, ret);
	}
	ret->adrift = f->counted && in->p[0] != '<';
	rc = line_next(f, in, ret);
	if (rc != FRAMING_MORE)
		f->counted = false;
	return rc;
}

enum framing_end
framing_finish(struct framing *f, struct str rest, struct framed *ret)
{
	size_t head = 0;
	uint64_t count = 0;
	enum framing_result rc;

	*ret = (struct framed){0};
	/* A lone CR may wait here for the LF of a trailer. */
	if (rest.n == 0 || f->state != FRAMING_START ||
		(f->after == FRAMING_AFTER_COUNT && str_eq(rest, STR("\r"))))
		return FRAMING_END_CLEAN;
	rc = f->seen ? FRAMING_MESSAGE : count_read(f, rest, &head, &count);
	if (rc != FRAMING_MESSAGE || (head && rest.n == head))
		return FRAMING_END_CUT;
	ret->cut_off = head > 0;
	ret->adrift = head > 0 || (f->counted && rest.p[0] != '<');
	str_skip(&rest, head);
	if (!head && rest.p[rest.n - 1] == '\r')
		rest.n--;
	if (rest.n > f->max) {
		rest.n = f->max;
		ret->truncated = true;
	}
	ret->bytes = rest;
	return rest.n ? FRAMING_END_MESSAGE : FRAMING_END_CLEAN;
}

struct str
framing_trim(struct str s)
{
	if (s.n > 0 && s.p[s.n - 1] == 0)
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '\n') {
		s.n--;
		if (s.n > 0 && s.p[s.n - 1] == '\r')
			s.n--;
	}
	if (s.n > 0 && s.p[s.n - 1] == 0)
		s.n--;
	return s;
}
