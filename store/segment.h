/*
 * segment.h - reading one segment file part by part: data frame and trailer, damage passed over.
 *
 * A segment may be hostile or still growing: nothing is believed before it is checked, no more than
 * SEGMENT_FRAME_MAX is held, and a frame is never unpacked beyond what its trailer says.
 * Threads: one owner.
 */
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include "base/buf.h"
#include "store/trailer.h"

#define SEGMENT_ENDING     ".ndjson.zst"
#define SEGMENT_FRAME_MAX  ((uint64_t)66 << 20) /* compressed */
#define SEGMENT_TEXT_MAX   ((uint64_t)64 << 20) /* unpacked */
#define SEGMENT_WINDOW_LOG 23                   /* what a reader must be ready to hold: 8 MiB */

struct segment_reader {
	int fd;
	uint64_t at;   /* where the next part begins */
	uint64_t base; /* file offset of window.p[0] */
	struct buf window;
	bool eof;        /* the window reaches the end of the file as it was seen */
	unsigned number; /* of the last part given, from 1 */
};

struct segment_part {
	uint64_t at, end;  /* file offsets */
	unsigned number;   /* of the frame in the file, from 1 */
	struct str zst;    /* the data frame */
	struct str hashed; /* what the trailer's hash covers */
	struct trailer t;
	bool has_trailer;
	const char *damage; /* words, when ERR_CORRUPT */
};

int segment_open(struct segment_reader *r, const char *path, uint64_t at);
/*
 * 0: a part whose frame and trailer are well formed (hash and content not looked at yet).
 * ERR_NOT_FOUND: the end. ERR_AGAIN: the file ends inside a part (*ret says where).
 * ERR_CORRUPT: damage; ret->at..end is passed over, up to behind the next trailer that can be read
 * (has_trailer) or the end. ERR_IO.
 */
int segment_next(struct segment_reader *r, struct segment_part *ret);
void segment_close(struct segment_reader *r);

/* Is the trailer's hash that of the bytes? */
bool segment_hash_fits(const struct segment_part *p);

/* Unpack into *out (cleared first). ERR_CORRUPT with *damage. `dctx` is reused: NULL at first. */
struct ZSTD_DCtx_s;
int segment_unpack(const struct segment_part *p, struct ZSTD_DCtx_s **dctx, struct buf *out,
	const char **damage);

#endif
