#include "intake/ring.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

/* Entries do not wrap: where one does not fit before the end, `len` = WRAP sends the reader to the
 * beginning. */
#define WRAP UINT32_MAX

_Static_assert(sizeof(struct datagram) % 8 == 0, "entries stay aligned");

static uint64_t
entry_bytes(uint32_t len)
{
	return ((uint64_t)sizeof(struct datagram) + len + 7) & ~(uint64_t)7;
}

int
ring_init(struct ring *r, size_t cap)
{
	*r = (struct ring){.cap = cap, .bytes = mem_alloc(cap)};
	r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return r->fd < 0 ? ERR_IO : 0;
}

void
ring_done(struct ring *r)
{
	if (r->fd >= 0)
		close(r->fd);
	mem_free(r->bytes);
	*r = (struct ring){.fd = -1};
}

bool
ring_put(struct ring *r, const struct datagram *d, const char *bytes)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	uint64_t need = entry_bytes(d->len), at = tail & (r->cap - 1), end = r->cap - at;
	uint64_t skip = need > end ? end : 0;

	if (need + skip > r->cap - (tail - head))
		return false;
	if (skip) {
		if (end >= sizeof(*d)) {
			struct datagram mark = {.len = WRAP};

			memcpy(r->bytes + at, &mark, sizeof(mark));
		}
		at = 0;
	}
	memcpy(r->bytes + at, d, sizeof(*d));
	if (d->len)
		memcpy(r->bytes + at + sizeof(*d), bytes, d->len);
	/* Sequentially consistent, for ring_wake: either the consumer sees it or we see it sleep.
	 */
	atomic_store(&r->tail, tail + skip + need);
	return true;
}

void
ring_wake(struct ring *r)
{
	if (atomic_exchange(&r->sleeping, 0)) {
		uint64_t one = 1;

		if (write(r->fd, &one, sizeof(one)) < 0)
			return; /* already up */
	}
}

bool
ring_peek(struct ring *r, struct datagram *ret, struct str *bytes)
{
	for (;;) {
		uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
		uint64_t at = head & (r->cap - 1), end = r->cap - at;

		if (head == atomic_load_explicit(&r->tail, memory_order_acquire))
			return false;
		if (end >= sizeof(*ret))
			memcpy(ret, r->bytes + at, sizeof(*ret));
		if (end < sizeof(*ret) || ret->len == WRAP) {
			atomic_store_explicit(&r->head, head + end, memory_order_release);
			continue;
		}
		*bytes = (struct str){r->bytes + at + sizeof(*ret), ret->len};
		return true;
	}
}

void
ring_drop(struct ring *r, const struct datagram *d)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	atomic_store_explicit(&r->head, head + entry_bytes(d->len), memory_order_release);
}

bool
ring_sleep(struct ring *r)
{
	atomic_store(&r->sleeping, 1);
	if (atomic_load(&r->head) == atomic_load(&r->tail))
		return true;
	atomic_store(&r->sleeping, 0);
	return false;
}

void
ring_woken(struct ring *r)
{
	uint64_t count;

	atomic_store(&r->sleeping, 0);
	if (read(r->fd, &count, sizeof(count)) < 0)
		return; /* nothing pending */
}
