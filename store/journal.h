/*
 * journal.h - the truth: everything that the outcome depends on, in one order, durable before it
 * counts.
 *
 * Files of 64 MiB under data/journal, preallocated and recycled. Entry: length, type, sequence,
 * CRC-32C, payload. Threads: one writer, which also opens, releases and closes. A thread inside
 * does the fdatasync and publishes the durable position: at once when idle, else together with what
 * came meanwhile. Another prepares the next file. See docs/store-format.md.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/batch.h"
#include "base/diag.h"

enum journal_type {
	JOURNAL_FRAMES = 1,  /* a packed batch */
	JOURNAL_TICK = 2,    /* i64 stream time, u64 sequence */
	JOURNAL_GAP = 3,     /* i64 from, i64 to: the machine slept or was off */
	JOURNAL_CONFIG = 4,  /* hash128 of configuration, rules and sources in force from here */
	JOURNAL_COMMAND = 5, /* JSON of a state-changing operator command */
	JOURNAL_LISTS = 6    /* hash128 of the watchlists in force from here */
};

struct journal_tick {
	int64_t time; /* stream time */
	uint64_t seq;
};

struct journal_options {
	const char *dir;
	uint64_t file_bytes;   /* 64 MiB */
	uint64_t max_bytes;    /* all files; beyond: ERR_FULL (backpressure) */
	int64_t commit_ns;     /* group commit at the latest after (10 ms) */
	uint64_t commit_bytes; /* or when that much waits (1 MiB) */
	int wake_fd;           /* eventfd written when the durable position moved; -1 = none */
	int (*sync)(int fd);   /* NULL = fdatasync; tests let it fail */
};

struct journal;

/* A place in the journal: entries are numbered from 1 without holes. */
typedef uint64_t jpos;

/* Open or create; finds the end (the first torn or missing entry) and goes on from there. */
int journal_open(const struct journal_options *opt, struct diag *why, struct journal **ret);
/* The last entry's number; 0 when empty. */
jpos journal_last(const struct journal *j);
/* Append; *ret gets its number. ERR_FULL: over max_bytes or the disk is full, nothing appended; try
 * again after journal_release or when there is room (looked for each second). ERR_IO: the journal
 * is dead (a write or fsync failed): stop without acknowledging. ERR_LIMIT: larger than a file. */
int journal_append(struct journal *j, enum journal_type type, struct str payload, jpos *ret);
/* The same for a batch, written straight from its slot. */
int journal_append_batch(struct journal *j, struct batch b, jpos *ret);
/* Everything up to here is on stable storage. Any thread. */
jpos journal_durable(const struct journal *j);
/* Wait until pos is durable. ERR_IO when the journal died. */
int journal_sync(struct journal *j, jpos pos);
/* Entries up to pos are in evidence and checkpoint: their files may be reused. */
void journal_release(struct journal *j, jpos pos);
uint64_t journal_bytes(const struct journal *j); /* on disk and not released */
/* ERR_IO: dead, ERR_FULL: waiting for room; *why (may be NULL) says what and why. 0: all well. */
int journal_error(const struct journal *j, struct diag *why);

/* Reading, for recovery and replay: from entry `from` (0 or 1 = the oldest kept). */
struct journal_reader;
struct journal_entry {
	jpos pos;
	enum journal_type type;
	struct str payload; /* valid until the next call */
	jpos durable;       /* the journal was durable up to here when this was written */
};
int journal_reader_open(const char *dir, jpos from, struct diag *why, struct journal_reader **ret);
/* 0 and *ret; ERR_NOT_FOUND at the end; ERR_CORRUPT if an entry in the middle is damaged (not a
 * torn tail). */
int journal_reader_next(struct journal_reader *r, struct journal_entry *ret);
void journal_reader_close(struct journal_reader *r);
void journal_close(struct journal *j);

#endif
