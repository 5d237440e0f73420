/* An intake that runs in a thread, and a small engine that takes its batches. */
#ifndef TESTS_INTAKE_HOUSE_H
#define TESTS_INTAKE_HOUSE_H

#include <pthread.h>

#include "base/buf.h"
#include "intake/intake.h"

#define HOUSE_FRAMES 65536u

struct house_frame {
	struct frame meta;
	struct str bytes, peer;
	uint64_t batch;
};

struct house {
	struct settings settings;
	struct input_settings inputs[4];
	struct intake_sockets socks;
	struct intake_ports ports;
	struct intake_resume resume;
	struct counts *counts;
	struct diag why;
	pthread_t thread;
	int rc;
	int log[2];
	struct arena arena;
	struct house_frame *frames;
	size_t n;
	uint64_t batches;
	unsigned keep; /* slots that the engine does not give back (backpressure) */
	uint64_t kept[QUEUE_CAP];
	unsigned nkept;
	bool deaf;      /* the engine takes nothing */
	bool undurable; /* the engine says nothing durable */
	void *shared;
	int stop;
};

/* Sensible limits, one slot count, no inputs yet. */
struct house *house_new(unsigned nslots);
struct input_settings *house_input(struct house *h, enum input_kind kind, const char *where);
/* Listen and run; fails the test with the diagnosis. */
void house_start(struct house *h);
/* A second life: all slots are free again, nothing is counted yet. */
void house_again(struct house *h);
/* Let the engine work until there are n frames or ms passed; how many there are. */
size_t house_until(struct house *h, size_t n, int ms);
/* Let the engine work until a counter of rejected or dropped messages has that value. */
bool house_rejected(struct house *h, enum reason r, uint64_t n, int ms);
/* Give back what was kept. */
void house_release(struct house *h);
/* Stop and take what is handed over at the end. */
void house_stop(struct house *h);
/* received = framed + rejected + dropped, in all and per input. */
void house_balance(struct house *h);
void house_free(struct house *h);
/* The n-th frame's text as "..."; "" when there is none. */
struct str house_text(const struct house *h, size_t i);
/* What intake told people so far (arena). */
const char *house_log(struct house *h);
/* A folder of our own under the test's working place; removed by house_free. */
const char *house_dir(struct house *h);
const char *house_path(struct house *h, const char *name);

/* Free loopback port, and a client connected to it. */
unsigned house_port(void);
int house_tcp(unsigned port);
int house_udp(unsigned port);
void house_send(int fd, const void *p, size_t n);

#endif
