#include "house.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

static uint64_t
next_unknown(void *ctx, uint64_t stream)
{
	(void)ctx;
	(void)stream;
	return 0;
}

struct house *
house_new(unsigned nslots)
{
	struct house *h = mem_zero(1, sizeof(*h));
	char *mem;

	h->settings.limits = (struct limit_settings){.frame_max = 65536,
		.gelf_pending = 16,
		.gelf_bytes = 1 << 20,
		.gelf_wait_ns = 100 * NS_PER_MS,
		.kafka_frame_max = 1 << 20,
		.tcp_connections = 100,
		.tcp_connections_per_peer = 50,
		.tcp_idle_ns = 60 * NS_PER_S,
		.slots = nslots,
		.batch_delay_ns = 5 * NS_PER_MS};
	h->settings.inputs = h->inputs;
	mem = mmap(NULL, 3 * sizeof(struct queue_shared) + nslots * BATCH_SLOT_BYTES,
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	cr_assert_neq((void *)mem, MAP_FAILED);
	h->shared = mem;
	cr_assert_eq(queue_init(&h->ports.free, mem), 0);
	cr_assert_eq(queue_init(&h->ports.filled, mem + sizeof(struct queue_shared)), 0);
	cr_assert_eq(queue_init(&h->ports.durable, mem + 2 * sizeof(struct queue_shared)), 0);
	h->ports.slots = mem + 3 * sizeof(struct queue_shared);
	h->ports.nslots = nslots;
	h->counts = mem_zero(1, sizeof(*h->counts));
	h->ports.counts = h->counts;
	h->ports.stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	cr_assert_eq(pipe2(h->log, O_NONBLOCK | O_CLOEXEC), 0);
	h->ports.log_fd = h->log[1];
	h->resume.next = next_unknown;
	h->frames = mem_zero(HOUSE_FRAMES, sizeof(*h->frames));
	for (unsigned i = 0; i < nslots; i++)
		queue_push(&h->ports.free, i);
	return h;
}

struct input_settings *
house_input(struct house *h, enum input_kind kind, const char *where)
{
	struct input_settings *in = &h->inputs[h->settings.ninputs++];
	char name[32];

	snprintf(name, sizeof(name), "input%zu", h->settings.ninputs);
	in->name = str_of(arena_z(&h->arena, str_of(name)));
	in->kind = kind;
	if (kind == INPUT_UDP || kind == INPUT_TCP || kind == INPUT_KAFKA)
		in->address = str_of(arena_z(&h->arena, str_of(where)));
	else
		in->path = str_of(arena_z(&h->arena, str_of(where)));
	return in;
}

static void *
run(void *arg)
{
	struct house *h = arg;

	h->rc = intake_run(&h->settings, &h->socks, &h->ports, &h->resume, &clock_system, &h->why);
	return NULL;
}

void
house_start(struct house *h)
{
	int rc = intake_listen(&h->settings, &h->why, &h->socks);

	cr_assert_eq(rc, 0, "%s", diag_first(&h->why));
	h->stop = 0;
	cr_assert_eq(pthread_create(&h->thread, NULL, run, h), 0);
}

void
house_again(struct house *h)
{
	house_stop(h);
	intake_close(&h->socks);
	queue_reset(&h->ports.free);
	queue_reset(&h->ports.filled);
	queue_reset(&h->ports.durable);
	for (unsigned i = 0; i < h->ports.nslots; i++)
		queue_push(&h->ports.free, i);
	h->n = 0;
	h->batches = 0;
	memset(h->counts, 0, sizeof(*h->counts));
	house_start(h);
}

static void
take_slot(struct house *h, uint64_t slot)
{
	struct batch b;

	cr_assert_lt(slot, h->ports.nslots);
	b = (struct batch){h->ports.slots + slot * BATCH_SLOT_BYTES, BATCH_SLOT_BYTES};
	cr_assert_eq(batch_check(b), 0);
	cr_assert_eq(batch_head(b)->number, ++h->batches, "batches are numbered without gaps");
	cr_assert_gt(batch_head(b)->nframes, 0u);
	for (uint32_t i = 0; i < batch_head(b)->nframes; i++) {
		const struct frame *f = &batch_frames(b)[i];

		if (h->n < HOUSE_FRAMES)
			h->frames[h->n] = (struct house_frame){*f,
				arena_str(&h->arena, batch_raw(b, f)),
				arena_str(&h->arena, batch_bytes(b, f->peer_off, f->peer_len)),
				h->batches};
		h->n++;
	}
	if (h->nkept < h->keep) {
		h->kept[h->nkept++] = slot;
		return;
	}
	queue_push(&h->ports.free, slot);
	if (!h->undurable)
		queue_push(&h->ports.durable, h->batches);
}

static void
work(struct house *h, int ms)
{
	uint64_t slot;

	if (h->deaf) {
		poll(NULL, 0, ms);
		return;
	}
	queue_wait(&h->ports.filled, ms);
	while (queue_pop(&h->ports.filled, &slot))
		take_slot(h, slot);
}

size_t
house_until(struct house *h, size_t n, int ms)
{
	int64_t end = clock_mono(&clock_system) + ms * NS_PER_MS;

	while (h->n < n && clock_mono(&clock_system) < end)
		work(h, 10);
	return h->n;
}

bool
house_rejected(struct house *h, enum reason r, uint64_t n, int ms)
{
	int64_t end = clock_mono(&clock_system) + ms * NS_PER_MS;

	while (h->counts->rejected[r] + h->counts->dropped[r] < n &&
		clock_mono(&clock_system) < end)
		work(h, 10);
	return h->counts->rejected[r] + h->counts->dropped[r] == n;
}

void
house_release(struct house *h)
{
	while (h->nkept)
		queue_push(&h->ports.free, h->kept[--h->nkept]);
	h->keep = 0;
}

void
house_stop(struct house *h)
{
	uint64_t one = 1, slot;

	if (h->stop)
		return;
	h->stop = 1;
	cr_assert_eq(write(h->ports.stop_fd, &one, sizeof(one)), (ssize_t)sizeof(one));
	while (pthread_tryjoin_np(h->thread, NULL) != 0)
		work(h, 5);
	if (!h->deaf)
		while (queue_pop(&h->ports.filled, &slot))
			take_slot(h, slot);
	cr_expect_eq(h->rc, 0, "%s", diag_first(&h->why));
	cr_expect_eq(read(h->ports.stop_fd, &one, sizeof(one)), (ssize_t)sizeof(one));
}

void
house_balance(struct house *h)
{
	uint64_t rejected = 0, dropped = 0;

	for (size_t i = 0; i < REASON_COUNT; i++) {
		rejected += h->counts->rejected[i];
		dropped += h->counts->dropped[i];
	}
	cr_expect_eq(count_get(h->counts, COUNT_RECEIVED),
		count_get(h->counts, COUNT_FRAMED) + rejected + dropped,
		"received %llu = framed %llu + rejected %llu + dropped %llu",
		(unsigned long long)count_get(h->counts, COUNT_RECEIVED),
		(unsigned long long)count_get(h->counts, COUNT_FRAMED),
		(unsigned long long)rejected, (unsigned long long)dropped);
	for (size_t i = 0; i < h->settings.ninputs; i++) {
		struct count_input *c = &h->counts->inputs[i];

		cr_expect_eq(c->received, c->framed + c->rejected + c->dropped, "input %zu", i);
	}
	if (!h->deaf)
		cr_expect_eq(count_get(h->counts, COUNT_FRAMED), h->n);
}

struct str
house_text(const struct house *h, size_t i)
{
	return i < h->n && i < HOUSE_FRAMES ? h->frames[i].bytes : STR("");
}

const char *
house_log(struct house *h)
{
	char text[8192];
	ssize_t n = read(h->log[0], text, sizeof(text));

	return arena_z(&h->arena, (struct str){text, n > 0 ? (size_t)n : 0});
}

const char *
house_dir(struct house *h)
{
	static const char pattern[] = "house.XXXXXX";
	const char *tmp = getenv("TMPDIR");
	char dir[256];

	if (h->settings.data.n)
		return h->settings.data.p;
	snprintf(dir, sizeof(dir), "%s/%s", tmp ? tmp : P_tmpdir, pattern);
	cr_assert_not_null(mkdtemp(dir));
	h->settings.data = str_of(arena_z(&h->arena, str_of(dir)));
	return h->settings.data.p;
}

const char *
house_path(struct house *h, const char *name)
{
	struct buf b = {0};
	const char *z;

	buf_printf(&b, "%s/%s", house_dir(h), name);
	z = arena_z(&h->arena, buf_str(&b));
	buf_done(&b);
	return z;
}

void
house_free(struct house *h)
{
	house_stop(h);
	intake_close(&h->socks);
	if (h->settings.data.n) {
		char cmd[512];

		snprintf(cmd, sizeof(cmd), "rm -rf -- '%s'", h->settings.data.p);
		cr_expect_eq(system(cmd), 0);
	}
	close(h->log[0]);
	close(h->log[1]);
	close(h->ports.stop_fd);
	close(h->ports.free.fd);
	close(h->ports.filled.fd);
	close(h->ports.durable.fd);
	munmap(h->shared, 3 * sizeof(struct queue_shared) + h->ports.nslots * BATCH_SLOT_BYTES);
	diag_done(&h->why);
	arena_done(&h->arena);
	mem_free(h->frames);
	mem_free(h->counts);
	mem_free(h);
}

static struct sockaddr_in
loopback(unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

unsigned
house_port(void)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return ntohs(sin.sin_port);
}

static int
client(unsigned port, int type)
{
	struct sockaddr_in sin = loopback(port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

int
house_tcp(unsigned port)
{
	return client(port, SOCK_STREAM);
}

int
house_udp(unsigned port)
{
	return client(port, SOCK_DGRAM);
}

void
house_send(int fd, const void *p, size_t n)
{
	cr_assert_eq(send(fd, p, n, MSG_NOSIGNAL), (ssize_t)n);
}
