/*
 * utf8.h - UTF-8 (RFC 3629): check, repair, and Unicode's simple lower-case mapping.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

bool utf8_valid(struct str s);
/* True if every byte is below 0x80. */
bool utf8_is_ascii(struct str s);
/* Valid, and no NUL in it. */
bool utf8_is_text(struct str s);
/* Append s with each maximal invalid part replaced by U+FFFD. */
void utf8_repair(struct str s, struct buf *out);
/*
 * Decode one code point at the front of s (s.n > 0); returns its length in bytes, 1..4. Invalid:
 * *ret = 0xFFFD and the length of the maximal invalid part.
 */
size_t utf8_decode(struct str s, uint32_t *ret);
size_t utf8_encode(uint32_t cp, char out[4]);
/* Simple lower-case mapping (UnicodeData.txt column 13, Unicode 14 or later) of one code point. */
uint32_t utf8_lower(uint32_t cp);
/*
 * Lower-case `s` code point by code point into out, which has room for 3 * s.n bytes (a mapping may
 * need more bytes, an invalid byte becomes U+FFFD). Returns the bytes written. ASCII runs fast.
 */
size_t utf8_lower_to(struct str s, char *out);
/* Full-width ASCII and the wide blank of Japanese as ASCII (１９２．０ is 192.0); all else stays.
 * out has room for s.n bytes. Returns the bytes written. */
size_t utf8_narrow(struct str s, char *out);
/* The same as utf8_lower_to; *ascii: every byte of s is below 0x80. */
size_t utf8_lower_look(struct str s, char *out, bool *ascii);

#endif
