/*
 * udp.h - the thread that does nothing but take datagrams out of the kernel before it drops them.
 *
 * Threads: udp_start and udp_stop by the loop; in between the thread owns the sockets and the
 * ring's producing side.
 */
#ifndef INTAKE_UDP_H
#define INTAKE_UDP_H

#include "base/clock.h"
#include "base/count.h"
#include "intake/ring.h"

#define UDP_GROUP 64u /* datagrams by one recvmmsg */

struct udp_socket {
	int fd;
	unsigned input;
	uint32_t kernel_drops; /* as last read from the socket */
};

struct udp;

/* `ring`, `clock` and `counts` must outlive the thread. Datagrams above `max` are cut. */
struct udp *udp_start(const struct udp_socket *socks, size_t n, size_t max, struct ring *ring,
	const struct clock *clock, struct counts *counts);
/* Take what the kernel still holds, as far as the ring has room, and end the thread. */
void udp_stop(struct udp *u);

#endif
