/*
 * trailer.h - the line behind each data frame of a segment, and the HEAD file of a class.
 *
 * One line of ASCII JSON with keys in fixed order. What is read is encoded again and must give the
 * same bytes: there is one way to write each. Threads: values.
 */
#ifndef STORE_TRAILER_H
#define STORE_TRAILER_H

#include "base/buf.h"

#define TRAILER_MAGIC UINT32_C(0x184D2A5E) /* a zstd skippable frame, RFC 8878 3.1.2 */
#define TRAILER_FRONT 8u                   /* magic and length, little-endian */
#define TRAILER_MAX   1024u                /* bytes of the line */
#define TRAILER_START "{\"noroshi\":1,\"class\":\""
#define CLASS_MAX     32u
#define HASH_HEX      64u

struct trailer {
	char cls[CLASS_MAX + 1];
	uint64_t seq[2], n;          /* first and last frame sequence, lines */
	int64_t time[2], arrival[2]; /* earliest and latest, ns */
	uint64_t text, zst;          /* bytes before and after compression */
	char prev[HASH_HEX + 1], hash[HASH_HEX + 1];
};

/* The prev of a class's first trailer. */
#define TRAILER_NO_PREV "0000000000000000000000000000000000000000000000000000000000000000"

/*
 * Append front and line with the hash left as it stands in t; *hash_at gets the offset in `out` of
 * its first digit: everything before is hashed.
 */
void trailer_encode(const struct trailer *t, struct buf *out, size_t *hash_at);
/* The line (behind the front). ERR_SYNTAX if it is not exactly what trailer_encode writes. */
int trailer_parse(struct str line, struct trailer *ret);

struct head {
	char cls[CLASS_MAX + 1];
	char segment[64]; /* YYYY/MM/DD/FIRSTSEQ.ndjson.zst */
	uint64_t offset;  /* end of its last trailer */
	char hash[HASH_HEX + 1];
	uint64_t seq, n; /* last sequence; lines in the class since it began */
};

void head_encode(const struct head *h, struct buf *out);
int head_parse(struct str line, struct head *ret);

bool class_name_valid(struct str name);

#endif
