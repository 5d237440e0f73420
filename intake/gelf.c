#include "intake/gelf.h"

#include <sys/random.h>
#include <zlib.h>

#include "base/hash.h"
#include "base/mem.h"

#define HEAD    12u /* magic, message id, number, count */
#define BUCKETS 2048u
#define KEY     (GELF_SENDER + 8)

struct chunk {
	char *p;
	uint32_t n;
	bool there;
};

/* A message of which some chunks are there. */
struct pending {
	struct pending *same;          /* the next in its bucket */
	struct pending *older, *newer; /* by the arrival of the first chunk */
	char key[KEY];
	int64_t arrival;
	size_t bytes;
	unsigned count, seen;
	struct chunk chunks[];
};

struct lost {
	char sender[GELF_SENDER];
	bool timeout;
};

struct gelf {
	struct gelf_limits limits;
	size_t n, bytes;
	uint64_t seed;
	struct pending *buckets[BUCKETS];
	struct pending *oldest, *newest;
	char *whole, *plain; /* the last message: put together, unpacked */
	struct lost *lost;
	size_t nlost, cap_lost;
};

struct gelf *
gelf_new(const struct gelf_limits *limits)
{
	struct gelf *g = mem_zero(1, sizeof(*g));

	g->limits = *limits;
	/* Without it a sender could choose ids that all fall into one bucket; that costs time only.
	 */
	if (getrandom(&g->seed, sizeof(g->seed), 0) < 0)
		g->seed = (uint64_t)(uintptr_t)g;
	return g;
}

static struct pending **
bucket(struct gelf *g, const char key[KEY])
{
	return &g->buckets[hash_seeded((struct str){key, KEY}, g->seed) % BUCKETS];
}

static void
forget(struct gelf *g, struct pending *m)
{
	struct pending **at = bucket(g, m->key);

	while (*at != m)
		at = &(*at)->same;
	*at = m->same;
	if (m->older)
		m->older->newer = m->newer;
	else
		g->oldest = m->newer;
	if (m->newer)
		m->newer->older = m->older;
	else
		g->newest = m->older;
	g->n--;
	g->bytes -= m->bytes;
	for (unsigned i = 0; i < m->count; i++)
		mem_free(m->chunks[i].p);
	mem_free(m);
}

static void
give_up(struct gelf *g, struct pending *m, bool timeout)
{
	g->lost = mem_grow(g->lost, g->nlost, &g->cap_lost, sizeof(*g->lost));
	memcpy(g->lost[g->nlost].sender, m->key, GELF_SENDER);
	g->lost[g->nlost++].timeout = timeout;
	forget(g, m);
}

bool
gelf_lost(struct gelf *g, char sender[GELF_SENDER], bool *timeout)
{
	if (g->nlost == 0)
		return false;
	g->nlost--;
	memcpy(sender, g->lost[g->nlost].sender, GELF_SENDER);
	*timeout = g->lost[g->nlost].timeout;
	return true;
}

void
gelf_expire(struct gelf *g, int64_t now)
{
	while (g->oldest && now - g->oldest->arrival > g->limits.wait_ns)
		give_up(g, g->oldest, true);
}

size_t
gelf_pending(const struct gelf *g)
{
	return g->n;
}

size_t
gelf_bytes(const struct gelf *g)
{
	return g->bytes;
}

void
gelf_free(struct gelf *g)
{
	if (!g)
		return;
	while (g->oldest)
		forget(g, g->oldest);
	mem_free(g->whole);
	mem_free(g->plain);
	mem_free(g->lost);
	mem_free(g);
}

/* ---- packed messages ---- */

static bool
is_packed(struct str s, bool *gzip)
{
	unsigned a, b;

	if (s.n < 2)
		return false;
	a = (unsigned char)s.p[0];
	b = (unsigned char)s.p[1];
	*gzip = a == 0x1f && b == 0x8b;
	/* RFC 1950: deflate, window up to 32 KiB, and the two bytes are a multiple of 31. */
	return *gzip || ((a & 0x0f) == 8 && a >> 4 <= 7 && (a << 8 | b) % 31 == 0);
}

/* At most max bytes are ever unpacked, however much is in there. */
static void
unpack(struct gelf *g, struct gelf_message *m)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)m->bytes.p,
		.avail_in = (unsigned)m->bytes.n};
	bool gzip;
	size_t n;
	int rc;

	if (!is_packed(m->bytes, &gzip))
		return;
	if (!g->plain)
		g->plain = mem_alloc(g->limits.max + 1);
	if (inflateInit2(&z, 15 + (gzip ? 16 : 0)) != Z_OK) {
		m->damaged = true;
		return;
	}
	z.next_out = (unsigned char *)g->plain;
	z.avail_out = (unsigned)(g->limits.max + 1);
	rc = inflate(&z, Z_FINISH);
	n = g->limits.max + 1 - z.avail_out;
	inflateEnd(&z);
	/* One byte more than fits came out: there is more, and nobody wants to know how much. */
	if (rc != Z_STREAM_END && n <= g->limits.max) {
		m->damaged = true;
		return;
	}
	m->truncated = n > g->limits.max;
	m->bytes = (struct str){g->plain, m->truncated ? g->limits.max : n};
}

static enum gelf_result
give(struct gelf *g, struct gelf_message *ret)
{
	unpack(g, ret);
	if (ret->bytes.n > g->limits.max) {
		ret->bytes.n = g->limits.max;
		ret->truncated = true;
	}
	return GELF_MESSAGE;
}

/* ---- chunks ---- */

static struct pending *
find(struct gelf *g, const char key[KEY])
{
	struct pending *m = *bucket(g, key);

	while (m && memcmp(m->key, key, KEY) != 0)
		m = m->same;
	return m;
}

static struct pending *
begin(struct gelf *g, const char key[KEY], int64_t arrival, unsigned count)
{
	struct pending *m = mem_zero(1, sizeof(*m) + count * sizeof(m->chunks[0]));
	struct pending **at = bucket(g, key);

	memcpy(m->key, key, KEY);
	m->arrival = arrival;
	m->count = count;
	m->same = *at;
	*at = m;
	m->older = g->newest;
	if (g->newest)
		g->newest->newer = m;
	else
		g->oldest = m;
	g->newest = m;
	g->n++;
	return m;
}

static enum gelf_result
finish(struct gelf *g, struct pending *m, struct gelf_message *ret)
{
	size_t n = 0;

	/* No more than one packed message needs, which is bounded by the table's bytes. */
	g->whole = mem_resize(g->whole, m->bytes + 1);
	for (unsigned i = 0; i < m->count; i++) {
		if (m->chunks[i].n)
			memcpy(g->whole + n, m->chunks[i].p, m->chunks[i].n);
		n += m->chunks[i].n;
	}
	*ret = (struct gelf_message){.bytes = {g->whole, n}, .arrival = m->arrival};
	forget(g, m);
	return give(g, ret);
}

static enum gelf_result
chunk_take(struct gelf *g, const char sender[GELF_SENDER], int64_t arrival, struct str d,
	struct gelf_message *ret)
{
	unsigned number = (unsigned char)d.p[10], count = (unsigned char)d.p[11];
	struct str body = {d.p + HEAD, d.n - HEAD};
	struct pending *m;
	char key[KEY];

	if (count == 0 || count > GELF_CHUNKS_MAX || number >= count)
		return GELF_BAD;
	memcpy(key, sender, GELF_SENDER);
	memcpy(key + GELF_SENDER, d.p + 2, 8);
	m = find(g, key);
	if (m && m->count != count)
		return GELF_BAD;
	if (m && m->chunks[number].there)
		return GELF_AGAIN;
	if (!m) {
		if (g->n >= g->limits.pending)
			give_up(g, g->oldest, false);
		m = begin(g, key, arrival, count);
	}
	m->chunks[number] = (struct chunk){mem_alloc(body.n + 1), (uint32_t)body.n, true};
	if (body.n)
		memcpy(m->chunks[number].p, body.p, body.n);
	m->bytes += body.n;
	g->bytes += body.n;
	if (++m->seen == count)
		return finish(g, m, ret);
	while (g->bytes > g->limits.bytes) /* ends: without messages there are no bytes */
		give_up(g, g->oldest, false);
	return GELF_PART;
}

enum gelf_result
gelf_take(struct gelf *g, const char sender[GELF_SENDER], int64_t arrival, struct str d,
	struct gelf_message *ret)
{
	gelf_expire(g, arrival);
	*ret = (struct gelf_message){.bytes = d, .arrival = arrival};
	if (d.n < 2 || d.p[0] != 0x1e || d.p[1] != 0x0f)
		return give(g, ret);
	return d.n < HEAD ? GELF_BAD : chunk_take(g, sender, arrival, d, ret);
}
