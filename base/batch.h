/*
 * batch.h - up to 1,024 frames and the records read out of them, in one slot of shared memory.
 *
 * Layout: head | frame table | raw bytes | results. Intake writes the first three, the engine the
 * sequence number, a worker the results. All offsets count from the slot's first byte; whoever
 * reads what another role wrote goes through batch_bytes, which checks them. Threads: the slot
 * belongs to one role at a time; slot numbers travel through queues.
 */
#ifndef BASE_BATCH_H
#define BASE_BATCH_H

#include "base/frame.h"
#include "base/str.h"

#define BATCH_FRAMES   1024u
#define BATCH_RAW_FILL ((size_t)256 << 10) /* intake hands over when this much is in */
/* One frame of 1 MiB with its peer and header always fits behind a fill. */
#define BATCH_RAW_CAP  ((size_t)1344 << 10)
#define BATCH_LEAD_MAX ((size_t)16 << 10) /* bytes of a header that travels with frames */
#define BATCH_ENTRIES  65536u
#define BATCH_RECORDS  8192u
#define BATCH_MATCHES  65536u
#define BATCH_TEXT_CAP ((size_t)3 << 20)
#define BATCH_MAGIC    0x4e42u

struct entry;
struct record;

struct batch_head {
	uint32_t magic;
	uint32_t nframes;
	uint32_t raw_len; /* bytes used of the raw area */
	uint32_t reserved;
	uint64_t first_seq; /* sequence of frame 0; frame i has first_seq + i. Written by the
			       engine. */
	uint64_t number;    /* batches counted by intake */
};

/* What the worker wrote for frames [from, done): counts of the parts behind it. */
struct batch_results {
	uint32_t from, done;
	uint32_t nrecords, nentries, ntext, nmatches;
};

/* Where the parts lie, from the slot's first byte. */
#define BATCH_OFF_FRAMES ((uint32_t)4096)
#define BATCH_OFF_RAW    ((uint32_t)(BATCH_OFF_FRAMES + BATCH_FRAMES * sizeof(struct frame)))
/* From here on a worker may write; what lies before is read-only for it. On a page boundary. */
#define BATCH_OFF_RESULTS ((uint32_t)(BATCH_OFF_RAW + BATCH_RAW_CAP))
#define BATCH_OFF_RECORDS ((uint32_t)(BATCH_OFF_RESULTS + 4096u))
#define BATCH_OFF_ENTRIES ((uint32_t)(BATCH_OFF_RECORDS + BATCH_RECORDS * 64u))
#define BATCH_OFF_MATCHES ((uint32_t)(BATCH_OFF_ENTRIES + BATCH_ENTRIES * 20u))
#define BATCH_OFF_TEXT    ((uint32_t)(BATCH_OFF_MATCHES + BATCH_MATCHES * 4u))
#define BATCH_SLOT_BYTES  (((size_t)BATCH_OFF_TEXT + BATCH_TEXT_CAP + 4095) & ~(size_t)4095)

/* A view on one slot: a plain value. `size` is BATCH_SLOT_BYTES. */
struct batch {
	char *base;
	size_t size;
};

static inline struct batch_head *
batch_head(struct batch b)
{
	return (struct batch_head *)(void *)b.base;
}

static inline struct batch_results *
batch_results(struct batch b)
{
	return (struct batch_results *)(void *)(b.base + BATCH_OFF_RESULTS);
}

static inline struct frame *
batch_frames(struct batch b)
{
	return (struct frame *)(void *)(b.base + BATCH_OFF_FRAMES);
}

static inline struct record *
batch_records(struct batch b)
{
	return (struct record *)(void *)(b.base + BATCH_OFF_RECORDS);
}

static inline struct entry *
batch_entries(struct batch b)
{
	return (struct entry *)(void *)(b.base + BATCH_OFF_ENTRIES);
}

static inline uint32_t *
batch_matches(struct batch b)
{
	return (uint32_t *)(void *)(b.base + BATCH_OFF_MATCHES);
}

/* The only way to bytes that another role points at: out of range gives an empty slice. */
static inline struct str
batch_bytes(struct batch b, uint32_t off, uint32_t len)
{
	if (off > b.size || len > b.size - off)
		return (struct str){b.base, 0};
	return (struct str){b.base + off, len};
}

static inline struct str
batch_raw(struct batch b, const struct frame *f)
{
	return batch_bytes(b, f->off, f->len);
}

/* The header that was in force where the frame stood; empty if there was none. */
static inline struct str
batch_lead(struct batch b, const struct frame *f)
{
	return f->lead_off ? batch_bytes(b, f->lead_off, f->lead_len) : (struct str){b.base, 0};
}
/* Where its stream resumes behind the frame, as it is kept (POSITION_FIELDS). */
uint64_t batch_position(struct batch b, const struct frame *f);

/* A slot on the heap (command line, tests). */
struct batch batch_new(void);
void batch_free(struct batch b);
/* Empty the slot for new frames. */
void batch_reset(struct batch b, uint64_t number);
/*
 * Append one frame; `meta` gives everything but off, len, peer_off, peer_len. The peer text is
 * stored once while it stays the same. Returns ERR_FULL when table or raw area cannot take it (slot
 * unchanged).
 */
int batch_add(struct batch b, const struct frame *meta, struct str bytes, struct str peer);
/* The same with the header in force there (CSV, W3C), stored once while it stays the same; one over
 * BATCH_LEAD_MAX is left out. */
int batch_add_led(struct batch b, const struct frame *meta, struct str bytes, struct str peer,
	struct str lead);
/* Is it time to hand over? */
static inline bool
batch_is_full(struct batch b)
{
	return batch_head(b)->nframes >= BATCH_FRAMES || batch_head(b)->raw_len >= BATCH_RAW_FILL;
}
/* Check what stands in head and frame table after it came from another role or from disk.
 * ERR_CORRUPT if not sound. */
int batch_check(struct batch b);
/* The same for the results; after 0 the counts in head are safe, single offsets still go through
 * batch_bytes. */
int batch_check_results(struct batch b);

/* The journal's form: head facts, frame table, raw bytes; nothing of the results. */
size_t batch_pack_size(struct batch b);
void batch_pack(struct batch b, char *out);
int batch_unpack(struct batch b, struct str packed);
/* The same in pieces, two of them where they lie in the slot: head, then part[0], then part[1]. */
#define BATCH_PACK_HEAD 32u
void batch_pack_parts(struct batch b, char head[BATCH_PACK_HEAD], struct str part[2]);

#endif
