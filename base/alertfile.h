/*
 * alertfile.h - the alert log's files and lines, for alertlog.c and alertreader.c. Threads: values.
 */
#ifndef BASE_ALERTFILE_H
#define BASE_ALERTFILE_H

#include "base/str.h"

/* dir/NNNNNNNN.log; the caller frees it. */
char *alertfile_path(const char *dir, uint64_t first);
/* First numbers of all files of the folder, ascending; the caller frees *ret. ERR_IO. */
int alertfile_list(const char *dir, uint64_t **ret, size_t *nret);
/*
 * One line at the front of *s: "number crc json\n". 1: taken, *s behind it; 0: not whole;
 * ERR_CORRUPT: it ends in a newline but does not hold what was written.
 */
int alertfile_take(struct str *s, uint64_t *number, struct str *json);

#endif
