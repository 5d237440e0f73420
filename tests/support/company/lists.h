/*
 * lists.h - what the made-up company tells about itself: the CSV files of
 * config/watchlists/README.md.
 *
 * Threads: none.
 */
#ifndef COMPANY_LISTS_H
#define COMPANY_LISTS_H

#include "company.h"

/* A row of a list that a story or a twin needs; kept until lists_write. Strings are copied; times
 * in ms of the day. */
void lists_ticket(
	struct company *co, const char *account, const char *what, int64_t from, int64_t until);
void lists_usb(
	struct company *co, int64_t at, const char *user, const char *device, const char *purpose);
void lists_indicator(struct company *co, uint32_t ip);

/* Write DIR/lists/NAME.csv. False: it failed, said on stderr. */
bool lists_write(const struct company *co, const char *dir);

#endif
