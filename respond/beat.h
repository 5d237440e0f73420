/*
 * beat.h - a sign of life to the outside, as long as all roles run and
 * alerts are taken: so Noroshi's own silence shows
 * elsewhere. Threads: one of its own; it may wait for its peer.
 */
#ifndef RESPOND_BEAT_H
#define RESPOND_BEAT_H

#include "respond/respond.h"

struct beat;

/* NULL: the settings ask for none. *well: when the loop last had nothing to complain of, by the
 * monotonic clock; lent. */
struct beat *beat_start(const struct respond_options *opt, const _Atomic int64_t *well);
void beat_stop(struct beat *b);

#endif
