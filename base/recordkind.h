/*
 * recordkind.h - what a record counts for, once all its entries are there. For record.c.
 *
 * Threads: the batch's owner.
 */
#ifndef BASE_RECORDKIND_H
#define BASE_RECORDKIND_H

#include "base/record.h"

/* Whose log it is, what it counts for, and which required field may be empty. One pass. */
void record_settle(struct batch b, struct record *r);

#endif
