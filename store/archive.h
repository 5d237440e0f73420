/*
 * archive.h - which classes and segments lie in an archive folder.
 *
 * Threads: values.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "base/diag.h"
#include "store/trailer.h"

#define ARCHIVE_CLASSES 64u

struct archive_segment {
	uint64_t first; /* sequence in the name */
	uint64_t bytes;
	char name[64]; /* YYYY/MM/DD/FIRSTSEQ.ndjson.zst, below the class's folder */
};

struct archive_list {
	struct archive_segment *v; /* by first sequence, then name */
	size_t n, cap;
	char **strange; /* paths of files that do not belong there */
	size_t nstrange, capstrange;
};

/* The classes that every archive has, whether anything was stored in them yet or not; NULL ends. */
extern const char *const archive_built_in[];

/* Names of the class folders, sorted. Returns the count or ERR_IO. */
int archive_classes(const char *dir, char ret[ARCHIVE_CLASSES][CLASS_MAX + 1]);
int archive_list(const char *dir, const char *cls, struct archive_list *ret);
void archive_list_done(struct archive_list *l);
/* "YYYY/MM/DD/%020llu.ndjson.zst" for the UTC day of `arrival`. */
void archive_name(uint64_t first, int64_t arrival, char out[64]);
/* The day's number since 1970 (UTC). */
int64_t archive_day(int64_t arrival);
/* dir/cls/name into b; its text. */
const char *archive_path(struct buf *b, const char *dir, const char *cls, const char *name);
/* HEAD of a class: ERR_NOT_FOUND, ERR_CORRUPT. */
int archive_head(const char *dir, const char *cls, struct head *ret);

#endif
