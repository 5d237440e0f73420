/*
 * senders.h - inputs whose messages are read differently by sender: zone, product, encoding.
 *
 * The sender is the peer of the frame, as it is journaled: which context reads a frame follows from
 * the frame and the configuration alone. Inside parsers/ only. Threads: built before the fork, then
 * read-only.
 */
#ifndef PARSERS_SENDERS_H
#define PARSERS_SENDERS_H

#include "parsers/inside.h"

/* Contexts for in's senders into `contexts` from `at` on; returns the place behind them. */
size_t senders_add(struct senders *s, const struct input_context *in,
	struct input_context *contexts, size_t at);
void senders_done(struct senders *s);
/* The place among the contexts for a frame of this input and peer. */
size_t senders_context(const struct parsers *p, size_t input, struct str peer);

#endif
