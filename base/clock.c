#include "base/clock.h"

#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int64_t
system_wall(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_REALTIME);
}

static int64_t
system_mono(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t
fixed_wall(void *ctx)
{
	return *(const int64_t *)ctx;
}

const struct clock clock_system = {.wall = system_wall, .mono = system_mono};

struct clock
clock_fixed(const int64_t *ns)
{
	/* The context is only read; struct clock carries it without const for richer clocks. */
	return (struct clock){
		.wall = fixed_wall, .mono = system_mono, .ctx = (void *)(uintptr_t)ns};
}
