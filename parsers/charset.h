/*
 * charset.h - from what a sender writes to UTF-8, before anything is split: second bytes of CP932
 * are '\' and '|' among others.
 *
 * The tables are asked from iconv once, at start; decoding afterwards is pure and opens nothing.
 * Threads: read-only after charsets_need.
 */
#ifndef PARSERS_CHARSET_H
#define PARSERS_CHARSET_H

#include "base/str.h"

enum charset {
	CHARSET_UTF8,
	CHARSET_CP932,
	CHARSET_EUC_JP,
	CHARSET_ISO_2022_JP,
	CHARSET_NONE,
	/* Never configured: the text's own mark says so. */
	CHARSET_UTF16LE,
	CHARSET_UTF16BE
};

struct charsets {
	uint16_t *cp932;               /* [lead][trail]; 0 = no character */
	uint16_t *jisx0208, *jisx0212; /* [row][cell] */
};

/* CHARSET_NONE: unknown name. Lower case; empty = UTF-8. */
enum charset charset_find(struct str name);
const char *charset_name(enum charset c);
/* Make ready for decoding c. ERR_UNSUPPORTED: the system's iconv does not know it. */
int charsets_need(struct charsets *t, enum charset c);
void charsets_done(struct charsets *t);

/* What is in the bytes; decides whether they need any work. */
struct text_kind {
	bool high;    /* bytes from 0x80 */
	bool escape;  /* 0x1b */
	bool control; /* below 0x20 (but tab and line feed), or 0x7f */
};
struct text_kind text_look(struct str s);

/* By the byte order mark at its front, which is no character. CHARSET_NONE: there is none of
 * UTF-16. */
enum charset charset_marked(struct str s);

/*
 * Decode into out, which has room for 3 * s.n bytes; returns the bytes written, always valid UTF-8.
 * What is no character becomes U+FFFD and sets *bad.
 */
size_t charset_decode(const struct charsets *t, enum charset c, struct str s, char *out, bool *bad);

#endif
