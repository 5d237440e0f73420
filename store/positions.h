/*
 * positions.h - up to where each input's streams are journaled: where inputs resume, and what is
 * delivered again.
 *
 * Threads: one owner (engine). Packed into checkpoints.
 */
#ifndef STORE_POSITIONS_H
#define STORE_POSITIONS_H

#include "base/batch.h"
#include "base/buf.h"

struct positions; /* bounded: beyond 65,536 streams the longest silent ones are forgotten */

struct positions *positions_new(void);
/* Learn from a journaled batch. */
void positions_learn(struct positions *p, struct batch b);
/* The next offset wanted of a stream; 0 if unknown. */
uint64_t positions_next(const struct positions *p, uint64_t stream);
/* Is this frame already journaled (offset < next)? */
bool positions_has(const struct positions *p, uint64_t stream, uint64_t offset);
void positions_pack(const struct positions *p, struct buf *out);
int positions_unpack(struct positions *p, struct str packed);
void positions_free(struct positions *p);

#endif
