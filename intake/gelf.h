/*
 * gelf.h - GELF datagrams (Graylog Extended Log Format 1.1) into whole messages: chunks are put
 * together, zlib and gzip are unpacked.
 *
 * A table of unfinished messages with bounds in number and bytes; a message whose chunks are not
 * all there within the time given is given up. Time is the arrival of datagrams, so that the same
 * datagrams always give the same messages. Threads: one owner.
 */
#ifndef INTAKE_GELF_H
#define INTAKE_GELF_H

#include "base/str.h"

#define GELF_CHUNKS_MAX 128u /* of one message, by the format */
#define GELF_SENDER     20u

struct gelf;

struct gelf_limits {
	size_t max;      /* longer messages are cut here, packed ones while they are unpacked */
	size_t pending;  /* unfinished messages at the same time */
	size_t bytes;    /* of their chunks together */
	int64_t wait_ns; /* from the first chunk to the last; the format says 5 s */
};

struct gelf *gelf_new(const struct gelf_limits *limits);
void gelf_free(struct gelf *g);

enum gelf_result {
	GELF_MESSAGE, /* *ret holds one */
	GELF_PART,    /* a chunk; more are to come */
	GELF_AGAIN,   /* a chunk that was there already */
	GELF_BAD      /* a chunk whose numbers cannot be: count it as `chunk` */
};

struct gelf_message {
	struct str bytes;
	int64_t arrival; /* of its first datagram */
	bool truncated;  /* cut at max; what was behind is never unpacked */
	bool damaged;    /* packed, and what is packed is broken: the bytes are as they came */
};

/* One datagram. `sender` tells senders apart, for message ids are theirs. ret->bytes lies in the
 * datagram or in g, until the next call. */
enum gelf_result gelf_take(struct gelf *g, const char sender[GELF_SENDER], int64_t arrival,
	struct str datagram, struct gelf_message *ret);

/* Give up what waits since longer than wait_ns. */
void gelf_expire(struct gelf *g, int64_t now);

/* One of the messages given up since the last call: its time was over (*timeout), or the table was
 * full. False: there is none. To be asked after each gelf_take and gelf_expire. */
bool gelf_lost(struct gelf *g, char sender[GELF_SENDER], bool *timeout);

size_t gelf_pending(const struct gelf *g);
size_t gelf_bytes(const struct gelf *g);

#endif
