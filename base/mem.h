/*
 * mem.h - heap memory that never comes back NULL.
 *
 * Callers cap sizes first; true exhaustion prints one line and ends the role with exit code 71
 * (EX_OSERR), and the parent restarts it from the journal. Threads: as malloc.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#define MEM_EXIT_CODE 71

void *mem_alloc(size_t n) __attribute__((malloc, alloc_size(1), returns_nonnull));
/* count * size zeroed bytes; an overflowing product counts as exhaustion. */
void *mem_zero(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *mem_resize(void *p, size_t n) __attribute__((returns_nonnull));
char *mem_copy_z(const char *p, size_t n) __attribute__((malloc, returns_nonnull));
void mem_free(void *p);

/* Grow an array so that it can hold one more: *cap is in elements. */
void *mem_grow(void *p, size_t used, size_t *cap, size_t size) __attribute__((returns_nonnull));

#endif
