#include "store/positions.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

/* Followed files come and go; the streams that were silent longest are forgotten beyond this. */
#define STREAMS_MAX    65536u
#define PACK_MAGIC     UINT32_C(0x504f5331)
#define PACK_HEAD      16u
#define PACK_ROW       24u
#define SLOTS_AT_START 256u

struct place {
	uint64_t stream, next;
	uint64_t touched; /* number of the learning that named it last */
};

struct positions {
	struct place *places;
	size_t n, cap;
	uint32_t *slots; /* index + 1 */
	size_t mask;
	uint64_t learned;
};

struct positions *
positions_new(void)
{
	struct positions *p = mem_zero(1, sizeof(*p));

	p->mask = SLOTS_AT_START - 1;
	p->slots = mem_zero(SLOTS_AT_START, sizeof(*p->slots));
	return p;
}

/* Streams are hashes already; one multiplication spreads those that are not. */
static size_t
probe(const struct positions *p, uint64_t stream)
{
	size_t at = (stream * UINT64_C(0x9e3779b97f4a7c15)) >> 20 & p->mask;

	while (p->slots[at] && p->places[p->slots[at] - 1].stream != stream)
		at = (at + 1) & p->mask;
	return at;
}

static void
index_again(struct positions *p, size_t slots)
{
	mem_free(p->slots);
	p->mask = slots - 1;
	p->slots = mem_zero(slots, sizeof(*p->slots));
	for (size_t i = 0; i < p->n; i++)
		p->slots[probe(p, p->places[i].stream)] = (uint32_t)(i + 1);
}

static int
newest_first(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->touched != y->touched)
		return x->touched > y->touched ? -1 : 1;
	return x->stream < y->stream ? -1 : x->stream > y->stream;
}

static void
learn(struct positions *p, uint64_t stream, uint64_t next, uint64_t touched)
{
	size_t at = probe(p, stream);
	struct place *place;

	if (p->slots[at]) {
		place = &p->places[p->slots[at] - 1];
		place->touched = touched;
		if (next > place->next)
			place->next = next;
		return;
	}
	if (p->n == STREAMS_MAX) {
		qsort(p->places, p->n, sizeof(*p->places), newest_first);
		p->n -= STREAMS_MAX / 4;
		index_again(p, p->mask + 1);
		at = probe(p, stream);
	}
	p->places = mem_grow(p->places, p->n, &p->cap, sizeof(*p->places));
	p->places[p->n] = (struct place){stream, next, touched};
	p->slots[at] = (uint32_t)++p->n;
	if (p->n * 2 > p->mask)
		index_again(p, (p->mask + 1) * 2);
}

void
positions_learn(struct positions *p, struct batch b)
{
	const struct frame *f = batch_frames(b);
	uint32_t n = batch_head(b)->nframes;

	p->learned++;
	for (uint32_t i = 0; i < n && i < BATCH_FRAMES; i++)
		if (f[i].flags & FRAME_POSITION)
			learn(p, f[i].stream, f[i].next, p->learned);
}

uint64_t
positions_next(const struct positions *p, uint64_t stream)
{
	uint32_t slot = p->slots[probe(p, stream)];

	return slot ? p->places[slot - 1].next : 0;
}

bool
positions_has(const struct positions *p, uint64_t stream, uint64_t offset)
{
	return offset < positions_next(p, stream);
}

/* Sorted, so that equal knowledge gives equal bytes. */
void
positions_pack(const struct positions *p, struct buf *out)
{
	uint32_t head[2] = {PACK_MAGIC, (uint32_t)p->n};
	struct place *sorted = mem_alloc(p->n * sizeof(*sorted));

	if (p->n) {
		memcpy(sorted, p->places, p->n * sizeof(*sorted));
		qsort(sorted, p->n, sizeof(*sorted), newest_first);
	}
	buf_add(out, head, sizeof(head));
	buf_add(out, &p->learned, sizeof(p->learned));
	buf_add(out, sorted, p->n * sizeof(*sorted));
	mem_free(sorted);
}

int
positions_unpack(struct positions *p, struct str packed)
{
	uint32_t head[2];
	uint64_t learned;

	_Static_assert(sizeof(struct place) == PACK_ROW, "rows are packed as they lie in memory");
	if (packed.n < PACK_HEAD)
		return ERR_CORRUPT;
	memcpy(head, packed.p, sizeof(head));
	memcpy(&learned, packed.p + sizeof(head), sizeof(learned));
	if (head[0] != PACK_MAGIC || head[1] > STREAMS_MAX ||
		packed.n != PACK_HEAD + (size_t)head[1] * PACK_ROW)
		return ERR_CORRUPT;
	p->n = 0;
	index_again(p, SLOTS_AT_START);
	for (uint32_t i = 0; i < head[1]; i++) {
		struct place place;

		memcpy(&place, packed.p + PACK_HEAD + (size_t)i * PACK_ROW, sizeof(place));
		learn(p, place.stream, place.next, place.touched);
	}
	p->learned = learned;
	return 0;
}

void
positions_free(struct positions *p)
{
	if (!p)
		return;
	mem_free(p->places);
	mem_free(p->slots);
	mem_free(p);
}
