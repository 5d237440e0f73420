/*
 * reason.h - the closed list of reasons for which a record is rejected, dropped or flagged.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

#include "base/str.h"

enum reason {
#define R(id, word) REASON_##id,
#include "base/reason.def"
#undef R
	REASON_COUNT
};

/* The word that stands in counters and in noroshi.flags. */
const char *reason_word(enum reason r);
/* REASON_COUNT when the word is none of them. */
enum reason reason_find(struct str word);

#endif
