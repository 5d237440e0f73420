/*
 * clock.h - time is given, not taken: who needs the wall clock holds a struct clock.
 *
 * Nothing behind the journal may hold one. Units: nanoseconds since 1970-01-01T00:00:00Z (wall),
 * nanoseconds since an arbitrary point (mono).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

struct clock {
	int64_t (*wall)(void *ctx);
	int64_t (*mono)(void *ctx);
	void *ctx;
};

/* The machine's clocks. */
extern const struct clock clock_system;

/* A wall clock that stands still at *ns (for tests and `--clock`); mono is the machine's. */
struct clock clock_fixed(const int64_t *ns);

static inline int64_t
clock_wall(const struct clock *c)
{
	return c->wall(c->ctx);
}

static inline int64_t
clock_mono(const struct clock *c)
{
	return c->mono(c->ctx);
}

#endif
