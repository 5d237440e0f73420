/*
 * ring.h - datagrams on their way from the UDP thread to the loop: a bounded ring of bytes.
 *
 * Threads: one producer (the UDP thread), one consumer (the loop). Full = the datagram is lost and
 * the producer counts it.
 */
#ifndef INTAKE_RING_H
#define INTAKE_RING_H

#include <stdatomic.h>

#include "base/str.h"

struct datagram {
	int64_t arrival;
	uint32_t len;
	uint16_t input;
	uint16_t flags; /* enum frame_flag */
	uint8_t address[16];
	uint8_t family; /* AF_INET: the first four bytes */
	uint8_t pad[7];
};

struct ring {
	_Alignas(64) _Atomic uint64_t head;     /* next byte to read */
	_Alignas(64) _Atomic uint64_t tail;     /* next byte to write */
	_Alignas(64) _Atomic uint32_t sleeping; /* the consumer wants a wake */
	int fd;                                 /* eventfd of the consumer */
	size_t cap;                             /* a power of two */
	char *bytes;
};

/* Returns ERR_IO when there is no eventfd. */
int ring_init(struct ring *r, size_t cap);
void ring_done(struct ring *r);
/* False when full. Does not wake: a group of datagrams ends with ring_wake. */
bool ring_put(struct ring *r, const struct datagram *d, const char *bytes);
void ring_wake(struct ring *r);
/* The oldest datagram, in place; false when empty. ring_drop lets go of it. */
bool ring_peek(struct ring *r, struct datagram *ret, struct str *bytes);
void ring_drop(struct ring *r, const struct datagram *d);
/* Before sleeping; true = still empty. */
bool ring_sleep(struct ring *r);
void ring_woken(struct ring *r);

#endif
