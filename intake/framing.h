/*
 * framing.h - messages out of a byte stream that may be cut anywhere: octet counting and
 * delimiters.
 *
 * RFC 6587: each message by itself is either counted ("LEN SP MSG", 3.4.1) or ends at a line feed
 * (3.4.2). Pure: what comes out depends on the bytes alone, never on how they were cut into reads.
 * Threads: one owner per stream; no memory of its own.
 */
#ifndef INTAKE_FRAMING_H
#define INTAKE_FRAMING_H

#include "base/str.h"

/* Beyond this a count is nonsense, and so is trust in where the next message begins. */
#define FRAMING_COUNT_MAX ((uint64_t)16 << 20)

enum framing_result {
	FRAMING_MESSAGE,   /* *ret holds one */
	FRAMING_MORE,      /* present the rest again, with more bytes behind it */
	FRAMING_EMPTY,     /* a message without bytes went by: count it as `empty` */
	FRAMING_BAD_LENGTH /* count it as `frame_len`; nothing behind it can be trusted */
};

enum framing_state {
	FRAMING_START,       /* at the first byte of a message */
	FRAMING_SKIP_LINE,   /* behind a line that was cut: throw away up to its delimiter */
	FRAMING_SKIP_COUNTED /* behind a counted message that was cut: throw away `skip` bytes */
};

/* What ended the message before; a stray delimiter of another kind may follow it. */
enum framing_after {
	FRAMING_AFTER_NOTHING,
	FRAMING_AFTER_COUNT,
	FRAMING_AFTER_LF,
	FRAMING_AFTER_NUL
};

/* {.max = N} is a stream at its beginning; with .nul_only one of GELF. */
struct framing {
	size_t max;    /* longer messages are cut here */
	size_t seen;   /* bytes at the front of the pending line that hold no delimiter */
	uint64_t skip; /* FRAMING_SKIP_COUNTED: bytes left */
	enum framing_state state;
	enum framing_after after;
	bool nul_ends; /* the message being skipped began with '<' */
	bool counted;  /* the last message was a counted one */
	bool nul_only; /* GELF: messages end at NUL and nowhere else; there are no counts */
};

struct framed {
	struct str bytes;
	bool truncated; /* cut at max; the rest is or was thrown away */
	bool cut_off;   /* the stream ended inside a counted message */
	bool adrift; /* a line that is no header right behind a counted message: a count was wrong
		      */
};

/* Take one message from the front of *in; what it took is skipped. Never reads beyond max + 32
 * bytes for one decision, so a buffer of that size always makes progress. */
enum framing_result framing_next(struct framing *f, struct str *in, struct framed *ret);

enum framing_end {
	FRAMING_END_CLEAN,   /* nothing was pending */
	FRAMING_END_MESSAGE, /* the last message, kept */
	FRAMING_END_CUT      /* the stream ended inside a count: one message lost */
};

/* The stream ended; `rest` is what framing_next left when it asked for more. */
enum framing_end framing_finish(struct framing *f, struct str rest, struct framed *ret);

/* A datagram's bytes without the terminator that some senders put at the end (LF, CRLF, NUL). */
struct str framing_trim(struct str datagram);

#endif
