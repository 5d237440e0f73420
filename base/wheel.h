/*
 * wheel.h - timers driven by given time: nothing here reads a clock.
 *
 * A hierarchical wheel (8 levels of 64) of 1 ms ticks; timers due at the same tick fire in order of
 * (due, id). Threads: one owner.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

struct wheel;

/* Called for each due timer; may add or cancel timers. */
typedef void wheel_fire(void *ctx, uint64_t id, int64_t due);

struct wheel *wheel_new(int64_t now_ns);
/* One timer per id: adding again moves it. */
void wheel_add(struct wheel *w, uint64_t id, int64_t due_ns);
bool wheel_cancel(struct wheel *w, uint64_t id);
/* Move time to now (never backwards) and fire what is due, in order. */
void wheel_advance(struct wheel *w, int64_t now_ns, wheel_fire *fire, void *ctx);
/* The earliest due time, or INT64_MAX. */
int64_t wheel_next(const struct wheel *w);
uint64_t wheel_count(const struct wheel *w);
void wheel_free(struct wheel *w);

#endif
