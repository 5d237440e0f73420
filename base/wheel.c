#include "base/wheel.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TICK   INT64_C(1000000)
#define LEVELS 8u
#define SLOTS  64u
#define NONE   UINT32_MAX

struct timer {
	uint64_t id;
	int64_t due;
	uint32_t prev, next; /* in its slot; free timers chain by next */
	uint8_t level, slot;
};

/*
 * A timer lies on the level of the highest 6 bits in which its tick differs from now's, in the slot
 * of its own 6 bits there. So every slot of a level comes later than all of the levels below, and
 * the earliest timer is in the first used slot of the lowest used level.
 */
struct wheel {
	int64_t now;
	uint64_t tick; /* of now, as far as the slots know */
	uint64_t used[LEVELS];
	uint32_t slots[LEVELS][SLOTS];
	struct timer *timers;
	size_t ntimers, cap;
	uint32_t free;
	uint64_t count;
	uint32_t *table; /* timer number + 1 by id */
	size_t mask;
	uint32_t *due; /* of the slot that is firing */
	size_t due_cap;
};

static uint64_t
tick_of(int64_t ns)
{
	return ns < 0 ? 0 : (uint64_t)(ns / TICK);
}

struct wheel *
wheel_new(int64_t now_ns)
{
	struct wheel *w = mem_zero(1, sizeof(*w));

	w->now = now_ns;
	w->tick = tick_of(now_ns);
	memset(w->slots, 0xff, sizeof(w->slots));
	w->free = NONE;
	w->mask = 63;
	w->table = mem_zero(w->mask + 1, sizeof(*w->table));
	return w;
}

void
wheel_free(struct wheel *w)
{
	if (!w)
		return;
	mem_free(w->timers);
	mem_free(w->table);
	mem_free(w->due);
	mem_free(w);
}

/* ---- by id ---- */

static size_t
home_of(const struct wheel *w, uint64_t id)
{
	id *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(id >> 20) & w->mask;
}

static size_t
table_find(const struct wheel *w, uint64_t id)
{
	size_t at = home_of(w, id);

	while (w->table[at] && w->timers[w->table[at] - 1].id != id)
		at = (at + 1) & w->mask;
	return at;
}

static void
table_remove(struct wheel *w, uint64_t id)
{
	size_t hole = table_find(w, id);

	for (size_t at = (hole + 1) & w->mask; w->table[at]; at = (at + 1) & w->mask) {
		size_t home = home_of(w, w->timers[w->table[at] - 1].id);

		if (((at - home) & w->mask) < ((at - hole) & w->mask))
			continue;
		w->table[hole] = w->table[at];
		hole = at;
	}
	w->table[hole] = 0;
}

static void
table_widen(struct wheel *w)
{
	uint32_t *old = w->table;
	size_t n = w->mask + 1;

	w->mask = w->mask * 2 + 1;
	w->table = mem_zero(w->mask + 1, sizeof(*w->table));
	for (size_t i = 0; i < n; i++)
		if (old[i])
			w->table[table_find(w, w->timers[old[i] - 1].id)] = old[i];
	mem_free(old);
}

/* ---- slots ---- */

static void
link_timer(struct wheel *w, uint32_t i)
{
	struct timer *t = &w->timers[i];
	uint64_t tick = tick_of(t->due), differ;
	uint32_t *slot;

	if (tick < w->tick)
		tick = w->tick; /* overdue: with what is due now */
	differ = tick ^ w->tick;
	t->level = (uint8_t)(differ ? (63 - __builtin_clzl(differ)) / 6 : 0);
	t->slot = (uint8_t)((tick >> (6 * t->level)) & (uint64_t)(SLOTS - 1));
	slot = &w->slots[t->level][t->slot];
	t->prev = NONE;
	t->next = *slot;
	if (t->next != NONE)
		w->timers[t->next].prev = i;
	*slot = i;
	w->used[t->level] |= UINT64_C(1) << (unsigned)t->slot;
}

static void
unlink_timer(struct wheel *w, uint32_t i)
{
	struct timer *t = &w->timers[i];

	if (t->next != NONE)
		w->timers[t->next].prev = t->prev;
	if (t->prev != NONE)
		w->timers[t->prev].next = t->next;
	else
		w->slots[t->level][t->slot] = t->next;
	if (w->slots[t->level][t->slot] == NONE)
		w->used[t->level] &= ~(UINT64_C(1) << t->slot);
}

void
wheel_add(struct wheel *w, uint64_t id, int64_t due_ns)
{
	size_t at = table_find(w, id);
	uint32_t i;

	if (w->table[at]) {
		i = w->table[at] - 1;
		unlink_timer(w, i);
	} else {
		if (w->free != NONE) {
			i = w->free;
			w->free = w->timers[i].next;
		} else {
			w->timers = mem_grow(w->timers, w->ntimers, &w->cap, sizeof(*w->timers));
			i = (uint32_t)w->ntimers++;
		}
		w->timers[i].id = id;
		w->table[at] = i + 1;
		if (++w->count * 2 > w->mask)
			table_widen(w);
	}
	w->timers[i].due = due_ns;
	link_timer(w, i);
}

static void
remove_timer(struct wheel *w, uint32_t i)
{
	unlink_timer(w, i);
	table_remove(w, w->timers[i].id);
	w->timers[i].next = w->free;
	w->free = i;
	w->count--;
}

bool
wheel_cancel(struct wheel *w, uint64_t id)
{
	uint32_t found = w->table[table_find(w, id)];

	if (!found)
		return false;
	remove_timer(w, found - 1);
	return true;
}

/* The first used slot of the lowest used level; false when there is no timer. */
static bool
earliest(const struct wheel *w, unsigned *level, unsigned *slot)
{
	for (*level = 0; *level < LEVELS; (*level)++)
		if (w->used[*level]) {
			*slot = (unsigned)__builtin_ctzl(w->used[*level]);
			return true;
		}
	return false;
}

int64_t
wheel_next(const struct wheel *w)
{
	unsigned level, slot;
	int64_t least = INT64_MAX;

	if (!earliest(w, &level, &slot))
		return INT64_MAX;
	for (uint32_t i = w->slots[level][slot]; i != NONE; i = w->timers[i].next)
		if (w->timers[i].due < least)
			least = w->timers[i].due;
	return least;
}

uint64_t
wheel_count(const struct wheel *w)
{
	return w->count;
}

static int
by_due(const void *a, const void *b, void *ctx)
{
	const struct wheel *w = ctx;
	const struct timer *x = &w->timers[*(const uint32_t *)a];
	const struct timer *y = &w->timers[*(const uint32_t *)b];

	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Fire what is due in one slot of level 0. A callback may cancel or move what has not fired yet, so
 * each is looked at again: it must still be due, and by the time it was sorted by. */
static size_t
fire_slot(struct wheel *w, unsigned slot, wheel_fire *fire, void *ctx)
{
	size_t n = 0, fired = 0;
	struct {
		uint64_t id;
		int64_t due;
	} * list;

	for (uint32_t i = w->slots[0][slot]; i != NONE; i = w->timers[i].next) {
		if (w->timers[i].due > w->now)
			continue;
		w->due = mem_grow(w->due, n, &w->due_cap, sizeof(*w->due));
		w->due[n++] = i;
	}
	if (n == 0)
		return 0;
	qsort_r(w->due, n, sizeof(*w->due), by_due, w);
	list = mem_zero(n, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		list[i].id = w->timers[w->due[i]].id;
		list[i].due = w->timers[w->due[i]].due;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t found = w->table[table_find(w, list[i].id)];

		if (!found || w->timers[found - 1].due != list[i].due)
			continue;
		remove_timer(w, found - 1);
		fire(ctx, list[i].id, list[i].due);
		fired++;
	}
	mem_free(list);
	return fired;
}

/* Move the slots' time and spread a slot of a higher level over the lower ones. */
static void
spread(struct wheel *w, unsigned level, unsigned slot)
{
	uint64_t below = (UINT64_C(1) << (6 * level)) - 1;
	uint64_t above = level + 1 < LEVELS ? ~((UINT64_C(1) << (6 * (level + 1))) - 1) : 0;
	uint32_t i = w->slots[level][slot];

	w->tick = (w->tick & above) | (uint64_t)slot << (6 * level);
	w->tick &= ~below;
	w->slots[level][slot] = NONE;
	w->used[level] &= ~(UINT64_C(1) << slot);
	while (i != NONE) {
		uint32_t next = w->timers[i].next;

		link_timer(w, i);
		i = next;
	}
}

/* When a slot begins. */
static uint64_t
begin_of(const struct wheel *w, unsigned level, unsigned slot)
{
	uint64_t above = level + 1 < LEVELS ? ~((UINT64_C(1) << (6 * (level + 1))) - 1) : 0;

	return (w->tick & above) | (uint64_t)slot << (6 * level);
}

void
wheel_advance(struct wheel *w, int64_t now_ns, wheel_fire *fire, void *ctx)
{
	unsigned level, slot;
	uint64_t to;

	if (now_ns > w->now)
		w->now = now_ns;
	to = tick_of(w->now);
	while (earliest(w, &level, &slot) && begin_of(w, level, slot) <= to) {
		if (level > 0) {
			spread(w, level, slot);
			continue;
		}
		w->tick = begin_of(w, 0, slot);
		if (fire_slot(w, slot, fire, ctx) == 0)
			break; /* this very millisecond, but not yet */
	}
	if (!earliest(w, &level, &slot))
		w->tick = to;
}
