/*
 * A flood into UDP and TCP inputs, taken by an engine of no cost: what intake itself costs, and a
 * program that runs under ThreadSanitizer, where Criterion cannot.
 *
 *   flood tcp|udp MESSAGES
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/intake/house.h"

#define LINE                                                                                       \
	"<38>1 2026-11-22T09:59:58.123456Z web01.example.jp sshd 311 - - Failed password for "     \
	"invalid user admin from 192.0.2.7 port 40022 ssh2, pad to 150\n"

struct sender {
	unsigned port;
	bool tcp;
	size_t messages;
};

static void *
send_all(void *arg)
{
	const struct sender *s = arg;
	size_t len = strlen(LINE), group = s->tcp ? 400 : 1;
	char *block = malloc(len * group);
	int fd = s->tcp ? house_tcp(s->port) : house_udp(s->port);

	for (size_t i = 0; i < group; i++)
		memcpy(block + i * len, LINE, len);
	for (size_t sent = 0; sent < s->messages; sent += group)
		for (size_t at = 0; at < len * group;) {
			ssize_t put = send(fd, block + at, len * group - at, MSG_NOSIGNAL);

			if (put < 0)
				abort();
			at += (size_t)put;
		}
	close(fd);
	free(block);
	return NULL;
}

static double
cpu_of(pthread_t t)
{
	clockid_t id;
	struct timespec ts;

	if (pthread_getcpuclockid(t, &id) != 0 || clock_gettime(id, &ts) != 0)
		abort();
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct sender s = {.tcp = argc < 2 || strcmp(argv[1], "udp") != 0,
		.messages = argc > 2 ? strtoul(argv[2], NULL, 10) : 400000};
	struct house *h = house_new(16);
	uint64_t slot, framed = 0, lost = 0;
	char where[32];
	pthread_t t;
	int64_t start, end;

	s.port = house_port();
	snprintf(where, sizeof(where), "127.0.0.1:%u", s.port);
	house_input(h, s.tcp ? INPUT_TCP : INPUT_UDP, where);
	house_start(h);
	start = clock_mono(&clock_system);
	if (pthread_create(&t, NULL, send_all, &s) != 0)
		abort();
	end = start + 60 * NS_PER_S;
	while (framed + lost < s.messages && clock_mono(&clock_system) < end) {
		queue_wait(&h->ports.filled, 100);
		while (queue_pop(&h->ports.filled, &slot)) {
			struct batch b = {
				h->ports.slots + slot * BATCH_SLOT_BYTES, BATCH_SLOT_BYTES};

			framed += batch_head(b)->nframes;
			h->batches++;
			queue_push(&h->ports.free, slot);
		}
		lost = h->counts->dropped[REASON_OVERLOAD] + h->counts->dropped[REASON_KERNEL];
	}
	end = clock_mono(&clock_system);
	pthread_join(t, NULL);
	printf("%s: %llu framed, %llu lost, %llu batches, %.0f/s, loop %.1f ns of CPU a message "
	       "(%zu bytes)\n",
		s.tcp ? "tcp" : "udp", (unsigned long long)framed, (unsigned long long)lost,
		(unsigned long long)h->batches, (double)framed * 1e9 / (double)(end - start),
		cpu_of(h->thread) * 1e9 / (double)framed, strlen(LINE));
	h->n = framed;
	h->deaf = true; /* house_stop shall not look into batches */
	house_stop(h);
	house_free(h);
	return framed + lost >= s.messages ? 0 : 1;
}
