/*
 * region.h - one private run of memory addressed by offsets, so that a checkpoint is a plain write
 * of it.
 *
 * All state that correlation and weave keep across records lives here. Offset 0 means "none".
 * Pieces are 16-byte aligned; sizes are rounded up to size classes and freed pieces are reused by
 * class. The address of the mapping may differ from run to run; offsets do not. Threads: one owner.
 * A forked child may read it (that is how checkpoints are written).
 */
#ifndef BASE_REGION_H
#define BASE_REGION_H

#include <stddef.h>
#include <stdint.h>

struct region;
typedef uint32_t roff; /* offset / 16: up to 64 GiB */

/* Reserve `limit` bytes of address space; nothing is touched yet. */
struct region *region_new(size_t limit);
/* Zeroed. Returns 0 when the limit is reached: the caller evicts and tries again. */
roff region_alloc(struct region *r, size_t n);
void region_free_piece(struct region *r, roff p, size_t n);
void *region_at(const struct region *r, roff p);
/* A fixed root piece of 4 KiB at a known place: where the owner finds its tables after a restore.
 */
void *region_root(const struct region *r);
/* Bytes handed out and not freed; bytes the checkpoint will take. */
size_t region_used(const struct region *r);
size_t region_extent(const struct region *r);
/* Write to / read from a file descriptor at its current place; CRC-32C guarded. ERR_CORRUPT on
 * damage. */
int region_save(const struct region *r, int fd);
int region_load(struct region *r, int fd);
/* Back to empty. */
void region_reset(struct region *r);
void region_destroy(struct region *r);

#endif
