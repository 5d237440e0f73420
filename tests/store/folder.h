/* folder.h - a temporary folder for one test, and files in it. */
#ifndef TESTS_STORE_FOLDER_H
#define TESTS_STORE_FOLDER_H

#include "base/buf.h"

/* A fresh empty folder; freed and removed with all below by folder_done. */
char *folder_new(void);
void folder_done(char *path);
/* Remove all below, keep the folder. */
void folder_clear(const char *path);
/* A copy of all files and folders. */
char *folder_copy(const char *path);
/* "path/name", malloc'd. */
char *folder_path(const char *path, const char *name);
/* Whole file; fails the test if it is not there. */
void folder_read(const char *file, struct buf *ret);
void folder_write(const char *file, struct str bytes);
/* The only (or first by name) file below `path` whose name ends so; NULL if none. Malloc'd. */
char *folder_find(const char *path, const char *ending);
/* All of them, sorted by path; returns the count. */
size_t folder_list(const char *path, const char *ending, char **ret, size_t max);

#endif
