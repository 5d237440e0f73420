/*
 * anchors.h - heads of the chain that were kept elsewhere: lines "class seq hash".
 *
 * Blank lines and lines that begin with # are passed over. Threads: one owner.
 */
#ifndef STORE_ANCHORS_H
#define STORE_ANCHORS_H

#include "base/diag.h"
#include "store/trailer.h"

struct anchor {
	char cls[CLASS_MAX + 1], hash[HASH_HEX + 1];
	uint64_t seq;
	unsigned line;
	bool found;
};

struct anchors {
	struct anchor *v; /* by class, then sequence */
	size_t n, cap;
};

/* Lines that are none are errors in *why; returns ERR_IO when the file cannot be read. */
int anchors_load(const char *path, struct anchors *ret, struct diag *why);
/* This trailer stands in the chain. */
void anchors_meet(struct anchors *a, const struct trailer *t);
void anchors_done(struct anchors *a);

#endif
