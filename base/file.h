/*
 * file.h - whole files, read and written safely.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

/* Append the file's bytes to *ret. ERR_IO (errno), ERR_LIMIT when it is larger than max. */
int file_read(const char *path, size_t max, struct buf *ret);
/* Write to path.tmp, fsync, rename, fsync the folder. */
int file_replace(const char *path, struct str bytes, unsigned mode);
/* write() until all is out. */
int file_write_all(int fd, const void *p, size_t n);
int file_pwrite_all(int fd, const void *p, size_t n, int64_t at);
/* mkdir -p. */
int file_make_dirs(const char *path, unsigned mode);
int file_sync_dir(const char *path);

#endif
