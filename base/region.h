/*
 * region.h - one private run of memory addressed by offsets, so that a checkpoint is a plain write
 * of it.
 *
 * All state that correlation and weave keep across records lives here. Offset 0 means "none".
 * Pieces are powers of two of at least 32 bytes (a buddy system): freed neighbours grow together
 * again, so what was evicted in small pieces can be handed out in large ones. The address of the
 * mapping may differ from run to run; offsets do not, and the same calls give the same offsets.
 * Threads: one owner. A forked child may read it (that is how checkpoints are written).
 */
#ifndef BASE_REGION_H
#define BASE_REGION_H

#include <stddef.h>
#include <stdint.h>

struct region;
typedef uint32_t roff; /* offset / 16: up to 64 GiB */

#define REGION_ROOT_BYTES 4096u

/* Reserve `limit` bytes of address space (at least 64 KiB, at most 64 GiB are taken); nothing is
 * touched yet. */
struct region *region_new(size_t limit);
/* Zeroed. Returns 0 when the limit is reached: the caller evicts and tries again. */
roff region_alloc(struct region *r, size_t n);
/* n as it was asked for. */
void region_free_piece(struct region *r, roff p, size_t n);
/* How many bytes a piece for n really has: its owner may use them all. */
size_t region_room(size_t n);
struct region_base {
	char *base;
};
/* Where a piece lies; NULL for offset 0. Valid until the region is destroyed or loaded. */
static inline void *
region_at(const struct region *r, roff p)
{
	const struct region_base *at = (const struct region_base *)(const void *)r;

	return p ? at->base + (size_t)p * 16 : NULL;
}
/* A fixed root piece of REGION_ROOT_BYTES at a known place: where the owner finds its tables after
 * a restore. */
void *region_root(const struct region *r);
/* Bytes handed out and not freed; bytes the checkpoint will take; bytes there can be. */
size_t region_used(const struct region *r);
size_t region_extent(const struct region *r);
size_t region_limit(const struct region *r);
/* Write to / read from a file descriptor at its current place; CRC-32C guarded. ERR_CORRUPT on
 * damage, ERR_LIMIT when it does not fit into this region's limit: then the region is empty. */
int region_save(const struct region *r, int fd);
int region_load(struct region *r, int fd);
/* Back to empty. */
void region_reset(struct region *r);
void region_destroy(struct region *r);

#endif
