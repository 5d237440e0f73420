#include "base/reason.h"

static const char *const words[REASON_COUNT] = {
#define R(id, word) [REASON_##id] = word,
#include "base/reason.def"
#undef R
};

_Static_assert(REASON_COUNT <= 64, "a record carries its reasons as a 64-bit set");

const char *
reason_word(enum reason r)
{
	return (unsigned)r < REASON_COUNT ? words[r] : "none";
}

enum reason
reason_find(struct str word)
{
	for (unsigned i = 0; i < REASON_COUNT; i++)
		if (str_eq(word, str_of(words[i])))
			return (enum reason)i;
	return REASON_COUNT;
}
