#include "base/region.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#define MIN_ORDER 5u
#define ORDERS    37u /* 2^36 = 64 GiB */
#define STEP      ((size_t)2 << 20)
#define PAGE      ((size_t)4096)
#define FIRST     (2 * PAGE) /* behind head and root */
#define MAGIC     UINT64_C(0x314e4f494745524e)

/* Lies in the mapping's first page, so it is saved with the rest. */
struct region_head {
	uint64_t magic;
	uint64_t extent; /* bytes from the mapping's start that were ever handed out */
	uint64_t used;
	roff free[ORDERS];
};

/* What stands in a free block. */
struct vacant {
	roff prev, next;
};

struct region {
	struct region_base at; /* first: region_at reads it without knowing the rest */
	uint8_t *order; /* per 32 bytes: order of the free block that begins here, 0 = none */
	size_t limit;
	size_t opened; /* bytes of base made accessible */
	size_t order_opened;
};

static struct region_head *
head_of(const struct region *r)
{
	return (struct region_head *)(void *)r->at.base;
}

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* A mapping that cannot be opened is the same as memory that is gone: mem.c's way out. */
static _Noreturn void
exhausted(void)
{
	static const char line[] =
		"noroshi: out of memory for state; raise MemoryMax or lower limits:\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(MEM_EXIT_CODE);
	_exit(MEM_EXIT_CODE);
}

static void
open_up(char *base, size_t *opened, size_t limit, size_t want)
{
	size_t to = round_up(want, STEP);

	if (want <= *opened)
		return;
	if (to > limit)
		to = limit;
	if (mprotect(base + *opened, to - *opened, PROT_READ | PROT_WRITE) < 0)
		exhausted();
	*opened = to;
}

static void *
reserve(size_t n)
{
	void *p = mmap(NULL, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		exhausted();
	return p;
}

static void
head_init(struct region *r)
{
	open_up(r->at.base, &r->opened, r->limit, FIRST);
	/* a region that is saved before its first piece */
	open_up((char *)r->order, &r->order_opened, round_up(r->limit >> MIN_ORDER, PAGE),
		FIRST >> MIN_ORDER);
	*head_of(r) = (struct region_head){.magic = MAGIC, .extent = FIRST};
}

struct region *
region_new(size_t limit)
{
	struct region *r = mem_zero(1, sizeof(*r));

	if (limit < (size_t)64 << 10)
		limit = (size_t)64 << 10;
	if (limit > (size_t)1 << 36)
		limit = (size_t)1 << 36;
	r->limit = round_up(limit, PAGE);
	r->at.base = reserve(r->limit);
	r->order = reserve(round_up(r->limit >> MIN_ORDER, PAGE));
	head_init(r);
	return r;
}

static unsigned
order_of(size_t n)
{
	if (n <= (size_t)1 << MIN_ORDER)
		return MIN_ORDER;
	return 64 - (unsigned)__builtin_clzl(n - 1);
}

size_t
region_room(size_t n)
{
	return (size_t)1 << order_of(n);
}

static struct vacant *
vacant_at(const struct region *r, size_t off)
{
	return (struct vacant *)(void *)(r->at.base + off);
}

static void
list_push(struct region *r, size_t off, unsigned order)
{
	struct region_head *h = head_of(r);
	struct vacant *v = vacant_at(r, off);

	v->prev = 0;
	v->next = h->free[order];
	if (v->next)
		vacant_at(r, (size_t)v->next * 16)->prev = (roff)(off / 16);
	h->free[order] = (roff)(off / 16);
	r->order[off >> MIN_ORDER] = (uint8_t)order;
}

static void
list_drop(struct region *r, size_t off, unsigned order)
{
	struct vacant *v = vacant_at(r, off);

	if (v->prev)
		vacant_at(r, (size_t)v->prev * 16)->next = v->next;
	else
		head_of(r)->free[order] = v->next;
	if (v->next)
		vacant_at(r, (size_t)v->next * 16)->prev = v->prev;
	r->order[off >> MIN_ORDER] = 0;
}

static void
give_back(struct region *r, size_t off, unsigned order)
{
	uint64_t extent = head_of(r)->extent;

	for (; order + 1 < ORDERS; order++) {
		size_t buddy = off ^ (size_t)1 << order;

		if (buddy < FIRST || buddy + ((size_t)1 << order) > extent ||
			r->order[buddy >> MIN_ORDER] != order)
			break;
		list_drop(r, buddy, order);
		off &= ~((size_t)1 << order);
	}
	list_push(r, off, order);
}

/* New ground: align the end of what is in use, leave the gap to the free lists. */
static size_t
extend(struct region *r, unsigned order)
{
	struct region_head *h = head_of(r);
	size_t size = (size_t)1 << order, from = h->extent, at = round_up(from, size);

	if (at > r->limit || size > r->limit - at)
		return 0;
	open_up(r->at.base, &r->opened, r->limit, at + size);
	open_up((char *)r->order, &r->order_opened, round_up(r->limit >> MIN_ORDER, PAGE),
		(at + size) >> MIN_ORDER);
	h->extent = at + size;
	while (from < at) {
		unsigned o = (unsigned)__builtin_ctzl(from);

		while (from + ((size_t)1 << o) > at)
			o--;
		give_back(r, from, o);
		from += (size_t)1 << o;
	}
	return at;
}

roff
region_alloc(struct region *r, size_t n)
{
	struct region_head *h = head_of(r);
	unsigned order = order_of(n), o = order;
	size_t off;

	if (n > r->limit)
		return 0;
	while (o < ORDERS && !h->free[o])
		o++;
	if (o == ORDERS) {
		off = extend(r, order);
		if (off)
			h->used += (size_t)1 << order;
		return (roff)(off / 16);
	}
	off = (size_t)h->free[o] * 16;
	list_drop(r, off, o);
	while (o > order) {
		o--;
		list_push(r, off + ((size_t)1 << o), o);
	}
	memset(r->at.base + off, 0, (size_t)1 << order);
	h->used += (size_t)1 << order;
	return (roff)(off / 16);
}

void
region_free_piece(struct region *r, roff p, size_t n)
{
	unsigned order = order_of(n);

	if (!p)
		return;
	head_of(r)->used -= (size_t)1 << order;
	give_back(r, (size_t)p * 16, order);
}

void *
region_root(const struct region *r)
{
	return r->at.base + PAGE;
}

size_t
region_used(const struct region *r)
{
	return head_of(r)->used;
}

size_t
region_extent(const struct region *r)
{
	return head_of(r)->extent + (head_of(r)->extent >> MIN_ORDER) + sizeof(uint32_t);
}

size_t
region_limit(const struct region *r)
{
	return r->limit;
}

static int
write_all(int fd, const void *p, size_t n, uint32_t *crc)
{
	const char *at = p;

	while (n > 0) {
		size_t part = n < ((size_t)1 << 20) ? n : (size_t)1 << 20;
		ssize_t done = write(fd, at, part);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return ERR_IO;
		*crc = crc32c(*crc, at, (size_t)done);
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
read_all(int fd, void *p, size_t n, uint32_t *crc)
{
	char *at = p;

	while (n > 0) {
		ssize_t done = read(fd, at, n < ((size_t)1 << 20) ? n : (size_t)1 << 20);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return ERR_IO;
		if (done == 0)
			return ERR_CORRUPT;
		*crc = crc32c(*crc, at, (size_t)done);
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int
region_save(const struct region *r, int fd)
{
	uint32_t crc = 0, end;
	int rc = write_all(fd, r->at.base, head_of(r)->extent, &crc);

	if (rc == 0)
		rc = write_all(fd, r->order, head_of(r)->extent >> MIN_ORDER, &crc);
	end = crc;
	if (rc == 0)
		rc = write_all(fd, &end, sizeof(end), &crc);
	return rc;
}

int
region_load(struct region *r, int fd)
{
	struct region_head h;
	uint32_t crc = 0, want, ignored = 0;
	int rc;

	region_reset(r);
	rc = read_all(fd, &h, sizeof(h), &crc);
	if (rc < 0)
		return rc;
	if (h.magic != MAGIC || h.extent < FIRST || h.extent % ((size_t)1 << MIN_ORDER) ||
		h.used > h.extent)
		return ERR_CORRUPT;
	if (h.extent > r->limit)
		return ERR_LIMIT;
	open_up(r->at.base, &r->opened, r->limit, h.extent);
	open_up((char *)r->order, &r->order_opened, round_up(r->limit >> MIN_ORDER, PAGE),
		h.extent >> MIN_ORDER);
	*head_of(r) = h;
	rc = read_all(fd, r->at.base + sizeof(h), h.extent - sizeof(h), &crc);
	if (rc == 0)
		rc = read_all(fd, r->order, h.extent >> MIN_ORDER, &crc);
	if (rc == 0)
		rc = read_all(fd, &want, sizeof(want), &ignored);
	if (rc == 0 && want != crc)
		rc = ERR_CORRUPT;
	if (rc < 0)
		region_reset(r);
	return rc;
}

void
region_reset(struct region *r)
{
	/* Given back to the kernel: what is touched again comes zeroed. */
	madvise(r->at.base, r->opened, MADV_DONTNEED);
	if (r->order_opened)
		madvise(r->order, r->order_opened, MADV_DONTNEED);
	head_init(r);
}

void
region_destroy(struct region *r)
{
	if (!r)
		return;
	munmap(r->at.base, r->limit);
	munmap(r->order, round_up(r->limit >> MIN_ORDER, PAGE));
	mem_free(r);
}
