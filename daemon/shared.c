#include "daemon/shared.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

static int
event_fd(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void *
shared_pages(size_t n)
{
	void *p = mmap(
		NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Every queue end has an eventfd of its own; the consumers' fds are what loops sleep on. */
static int
make_queues(struct house *h)
{
	int rc = queue_init(&h->free, &h->s->free);

	if (rc == 0)
		rc = queue_init(&h->filled, &h->s->filled);
	if (rc == 0)
		rc = queue_init(&h->durable, &h->s->durable);
	for (unsigned i = 0; rc == 0 && i < h->nworkers; i++) {
		rc = queue_init(&h->work[i], &h->s->workers[i].work);
		if (rc == 0)
			rc = queue_init(&h->done[i], &h->s->workers[i].done);
	}
	return rc;
}

int
house_new(unsigned nslots, unsigned nworkers, struct diag *why, struct house **ret)
{
	struct house *h = mem_zero(1, sizeof(*h));
	int rc;

	h->nslots = nslots;
	h->nworkers = nworkers;
	h->s = shared_pages(sizeof(*h->s));
	h->slots = shared_pages((nslots + SHARED_RECOVERY) * BATCH_SLOT_BYTES);
	if (!h->s || !h->slots) {
		diag_set(why, NULL, 0, "cannot map shared memory: %s; lower limits: slots",
			strerror(errno));
		mem_free(h);
		return ERR_IO;
	}
	rc = make_queues(h);
	h->engine_fd = event_fd();
	h->alert_fd = event_fd();
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		h->stop_fd[i] = event_fd();
	if (rc < 0 || h->engine_fd < 0 || h->alert_fd < 0 || h->stop_fd[ROLE_COUNT - 1] < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, h->signer_fd) < 0) {
		diag_set(why, NULL, 0,
			"cannot make the roles' channels: %s; raise the open-files limit",
			strerror(errno));
		mem_free(h);
		return ERR_IO;
	}
	for (unsigned i = 0; i < nslots; i++) {
		batch_reset(house_slot(h, i), 0);
		queue_push(&h->free, i);
	}
	*ret = h;
	return 0;
}

struct batch
house_slot(const struct house *h, unsigned slot)
{
	return (struct batch){h->slots + (size_t)slot * BATCH_SLOT_BYTES, BATCH_SLOT_BYTES};
}

uint64_t
house_position(const struct house *h, uint64_t stream)
{
	for (uint64_t i = 0, at = stream; i < SHARED_STREAMS; i++, at++) {
		const struct stream_position *p = &h->s->streams[at % SHARED_STREAMS];
		uint64_t there = atomic_load(&p->stream);

		if (there == stream)
			return atomic_load(&p->next);
		if (there == 0)
			return 0;
	}
	return 0;
}

bool
house_learn(struct house *h, uint64_t stream, uint64_t next)
{
	for (uint64_t i = 0, at = stream; i < SHARED_STREAMS; i++, at++) {
		struct stream_position *p = &h->s->streams[at % SHARED_STREAMS];
		uint64_t there = atomic_load(&p->stream);

		if (there == 0) {
			atomic_store(&p->next, next);
			atomic_store(&p->stream, stream);
			return true;
		}
		if (there == stream) {
			if ((next & ~POSITION_FIELDS) > (atomic_load(&p->next) & ~POSITION_FIELDS))
				atomic_store(&p->next, next);
			return true;
		}
	}
	return false;
}

void
fd_signal(int fd)
{
	uint64_t one = 1;

	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
		return; /* the counter is up already: whoever sleeps there will wake */
}

void
fd_drain(int fd)
{
	uint64_t n;

	while (read(fd, &n, sizeof(n)) > 0)
		continue;
}

void
house_want_lists(struct house *h, struct hash128 hash)
{
	atomic_fetch_add(&h->s->lists_seq, 1);
	atomic_store(&h->s->lists_hi, hash.hi);
	atomic_store(&h->s->lists_lo, hash.lo);
	atomic_fetch_add(&h->s->lists_seq, 1);
	fd_signal(h->engine_fd);
}

/* Zero while the parent writes: ask again later. */
struct hash128
house_lists(const struct house *h)
{
	uint32_t before = atomic_load(&h->s->lists_seq);
	struct hash128 ret = {0};

	ret.hi = atomic_load(&h->s->lists_hi);
	ret.lo = atomic_load(&h->s->lists_lo);
	if ((before & 1) || atomic_load(&h->s->lists_seq) != before)
		ret = (struct hash128){0};
	return ret;
}
