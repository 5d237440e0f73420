/*
 * evidence.h - archive/CLASS/YYYY/MM/DD/FIRSTSEQ.ndjson.zst: zstd frames of about 1 MiB of text,
 * each followed by a trailer (skippable frame 0x184D2A5E) that chains SHA-256 over everything
 * before. See docs/store-format.md.
 *
 * Threads: the engine appends; a writer thread inside compresses, hashes and writes.
 */
#ifndef STORE_EVIDENCE_H
#define STORE_EVIDENCE_H

#include "base/buf.h"
#include "base/diag.h"

struct evidence_options {
	const char *dir;        /* data/archive */
	uint64_t segment_bytes; /* rotate at */
	int64_t segment_age_ns; /* or after, by arrival time */
	uint64_t frame_text;    /* about 1 MiB */
	int zstd_level;         /* 1 */
	int (*sync)(int fd);    /* NULL = fdatasync; tests let it fail */
};

#define EVIDENCE_CLASSES 16u

struct evidence;

/*
 * Open: torn tails are cut to the last whole trailer (a note in *why); evidence_stored says up to
 * which sequence each class holds. An archive that ends before its HEAD (lost, rolled back) is a
 * warning in *why, and archiving goes on.
 */
int evidence_open(const struct evidence_options *opt, struct diag *why, struct evidence **ret);
/* Class number of a name ([a-z0-9_-]{1,32}); made if new. Built in: default alerts audit internal.
 */
int evidence_class(struct evidence *e, struct str name, unsigned *ret);
/* Highest frame sequence that is durably in segments of that class. Any thread. Records up to what
 * this was at opening are not taken again: evidence_add passes over them. */
uint64_t evidence_stored(const struct evidence *e, unsigned cls);
/* Add one JSON line (no newline), seq rising within a class. All records of one seq must be added
 * before evidence_boundary. */
void evidence_add(struct evidence *e, unsigned cls, uint64_t seq, int64_t time, int64_t arrival,
	struct str json);
/* The record of this seq is whole: a zstd frame may end here. May block when the writer is behind
 * (bounded). */
void evidence_boundary(struct evidence *e, unsigned cls);
/* Ask that everything added so far be written and fsynced; returns at once. */
void evidence_flush(struct evidence *e);
/* All frames up to this sequence (over all classes) are fsynced in segments, or had no record; 0
 * until the first evidence_add. Engine's thread. */
uint64_t evidence_durable(const struct evidence *e);
/* ERR_IO when writing failed for good: what is added then is dropped, the journal has it. ERR_FULL:
 * the disk is full; tried again each second, the engine waits in evidence_boundary. */
int evidence_error(const struct evidence *e, struct diag *why);
uint64_t evidence_bytes(const struct evidence *e);
/* Flush, write HEAD files, close. */
void evidence_close(struct evidence *e);

#endif
