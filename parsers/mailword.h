/*
 * mailword.h - encoded words in mail headers (RFC 2047): "=?ISO-2022-JP?B?GyRC…?=" is text.
 *
 * Mail servers log subjects as they travelled. Threads: pure; tables are read-only.
 */
#ifndef PARSERS_MAILWORD_H
#define PARSERS_MAILWORD_H

#include "parsers/charset.h"

/* May there be an encoded word? */
bool mailword_in(struct str s);
/*
 * Decode all encoded words into out, which has room for 3 * s.n bytes and s.n more for work;
 * returns the bytes written, valid UTF-8. Blanks and folds between encoded words go; characters
 * that are split over words of one charset come together. What is no encoded word, or is in a
 * charset that nobody knows, stays. *bad: an encoded word held what is no character.
 */
size_t mailword_decode(const struct charsets *t, struct str s, char *out, bool *bad);

#endif
