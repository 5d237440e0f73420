/*
 * journal_file.h - the journal's files as they lie on disk: head, entries, and how to find the end.
 *
 * A file: one page with the head in two copies (so that a torn recycling leaves one whole), then
 * entries at multiples of 16. Generations have no holes. Each entry says how far the journal was
 * durable when it was written: that tells a torn tail (nobody was promised anything) from damage.
 * The salt is random per generation: neither what the file held before nor what a sender puts into
 * its log lines can pass for an entry. Threads: values.
 */
#ifndef STORE_JOURNAL_FILE_H
#define STORE_JOURNAL_FILE_H

#include "base/buf.h"
#include "base/diag.h"
#include "store/journal.h"

#define JOURNAL_MAGIC     UINT64_C(0x314c4e4a4f524f4e) /* "NOROJNL1" */
#define JOURNAL_HEAD      4096u
#define JOURNAL_HEAD_COPY 2048u /* offset of the second copy */
#define JOURNAL_ALIGN     16u
#define JOURNAL_FILE_MIN  ((uint64_t)64 << 10)
#define JOURNAL_FILE_MAX  ((uint64_t)1 << 30)

struct journal_file_head {
	uint64_t magic;
	uint32_t version;
	uint32_t crc; /* over the head with crc = 0 */
	uint64_t generation;
	uint64_t file_bytes;
	uint64_t durable; /* when the head was written */
	uint32_t key;     /* stands in each entry of this generation */
	uint32_t salt;    /* where each entry's crc starts */
};

struct journal_entry_head {
	uint32_t length; /* of the payload */
	uint32_t crc;    /* over the rest of the head, then the payload */
	uint64_t number;
	uint64_t durable; /* up to here the journal was durable when this was written */
	uint32_t key;
	uint8_t type;
	uint8_t reserved[3];
};

_Static_assert(sizeof(struct journal_file_head) == 48, "as it lies on disk");
_Static_assert(sizeof(struct journal_entry_head) == 32, "as it lies on disk");

struct journal_file {
	struct journal_file_head head;
	char *path;
	uint64_t first, last; /* entry numbers; 0 = none (yet) */
	uint64_t used;        /* bytes up to the end of the last entry */
};

struct journal_files {
	struct journal_file *v; /* by generation, ascending, without holes */
	size_t n, cap;
};

static inline uint64_t
journal_entry_bytes(uint64_t payload)
{
	return (sizeof(struct journal_entry_head) + payload + JOURNAL_ALIGN - 1) &
	       ~(uint64_t)(JOURNAL_ALIGN - 1);
}

/* CRC of the head without its first two members, to be continued over the payload. */
uint32_t journal_entry_crc(const struct journal_entry_head *h, uint32_t salt);
/* A random key and salt. */
void journal_new_salt(struct journal_file_head *h);
/* Both copies, written and fsynced. */
int journal_head_write(int fd, struct journal_file_head *h);
/* Find the files of a folder, heads read. ERR_CORRUPT: a head is damaged or one is missing. */
int journal_files_list(const char *dir, struct journal_files *ret, struct diag *why);
void journal_files_done(struct journal_files *fs);

/* A place while reading: file index and offset, and the number wanted next. */
struct journal_cursor {
	const struct journal_files *files;
	size_t file;
	int fd; /* -1: not open */
	uint64_t at;
	uint64_t want;
	struct buf window; /* bytes of the file from window_at */
	uint64_t window_at;
};

/* Place the cursor on the first entry of file `i`. */
int journal_cursor_at(struct journal_cursor *c, const struct journal_files *fs, size_t i);
/* The whole entry at the cursor; ERR_NOT_FOUND when there is none (torn, empty, end of file). */
int journal_cursor_entry(struct journal_cursor *c, struct journal_entry *ret);
/* As above, and goes on into the next file where this one ends. */
int journal_cursor_next(struct journal_cursor *c, struct journal_entry *ret);
/*
 * Behind the end: the highest number that a whole entry or head beyond the cursor says was durable.
 * If that is >= c->want the end is damage, not a tear.
 */
int journal_cursor_claim(struct journal_cursor *c, uint64_t *ret);
void journal_cursor_done(struct journal_cursor *c);

/* What recovery found. Fills first/last/used of the files and the end's place. Older files, which
 * may be archived long since, are not read: damage there is for the reader to find. */
struct journal_end {
	size_t file; /* the file that holds the last entry, or where the next goes */
	uint64_t last;
};
int journal_recover(struct journal_files *fs, struct journal_end *ret, struct diag *why);

#endif
