/* Wildcards over valid UTF-8: greedy from the left, segment by segment between the stars. */
#include "detect/pattern.h"

static size_t
char_len(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Does the segment (no stars) match at the front of text? Returns the bytes it takes, or -1. */
static ptrdiff_t
segment_at(struct str seg, struct str text)
{
	size_t at = 0;

	for (size_t i = 0; i < seg.n; i++) {
		if (at >= text.n)
			return -1;
		if (seg.p[i] == GLOB_ONE)
			at += char_len(text.p + at);
		else if (seg.p[i] != text.p[at++])
			return -1;
	}
	return at <= text.n ? (ptrdiff_t)at : -1;
}

/* The leftmost place at or behind the front where the segment matches; *len what it takes. */
static ptrdiff_t
segment_find(struct str seg, struct str text, size_t *len)
{
	if (!memchr(seg.p, (unsigned char)GLOB_ONE, seg.n)) {
		*len = seg.n;
		return str_find(text, seg);
	}
	for (size_t at = 0; at < text.n; at += char_len(text.p + at)) {
		ptrdiff_t n = segment_at(seg, str_make(text.p + at, text.n - at));

		if (n >= 0) {
			*len = (size_t)n;
			return (ptrdiff_t)at;
		}
	}
	return -1;
}

/* The segment at the very end: step back over as many characters as it has. */
static bool
segment_ends(struct str seg, struct str text)
{
	size_t at = text.n;

	for (size_t i = seg.n; i > 0; i--) {
		if (at == 0)
			return false;
		at--;
		if (seg.p[i - 1] != GLOB_ONE) {
			if (text.p[at] != seg.p[i - 1])
				return false;
			continue;
		}
		while (at > 0 && ((unsigned char)text.p[at] & 0xc0) == 0x80)
			at--;
	}
	return true;
}

bool
glob_match(struct str glob, struct str text)
{
	struct str seg;
	ptrdiff_t n;
	bool star = str_cut(&glob, GLOB_STAR, &seg);

	n = segment_at(seg, text);
	if (!star)
		return n >= 0 && (size_t)n == text.n;
	if (n < 0)
		return false;
	str_skip(&text, (size_t)n);
	while (str_cut(&glob, GLOB_STAR, &seg)) {
		size_t len = 0;

		if (seg.n == 0)
			continue;
		n = segment_find(seg, text, &len);
		if (n < 0)
			return false;
		str_skip(&text, (size_t)n + len);
	}
	return segment_ends(seg, text);
}
