/*
 * Any datagrams at any time: the table keeps its bounds, what comes out is no longer than a frame
 * may be, and in the end nothing is left.
 *
 * Input: per datagram a byte of sender and pause, two of length, then its bytes; an odd first byte
 * of the input puts a chunk's head in front.
 */
#include <stdlib.h>

#include "intake/gelf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define MAX 4096u

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct gelf_limits limits = {
		.max = MAX, .pending = 8, .bytes = 8192, .wait_ns = 1000};
	struct gelf *g = gelf_new(&limits);
	char sender[GELF_SENDER] = {0}, head[600];
	bool timeout;
	int64_t now = 0;
	size_t chunked = 0, told = 0;
	int as_chunks = n > 0 && (*p & 1);

	while (n > 3) {
		size_t len = (size_t)(p[1] | p[2] << 8);
		struct gelf_message m;
		struct str d;

		sender[0] = (char)(p[0] & 3);
		now += p[0] >> 2;
		p += 3;
		n -= 3;
		if (len > n)
			len = n;
		d = (struct str){(const char *)p, len};
		if (as_chunks && len >= 3 && len < 500) {
			memcpy(head,
				"\x1e\x0f"
				"1234567",
				9);
			memcpy(head + 9, p, len);
			d = (struct str){head, len + 9};
		}
		switch (gelf_take(g, sender, now, d, &m)) {
		case GELF_MESSAGE:
			if (m.bytes.n > MAX || m.arrival > now)
				abort();
			for (size_t i = 0; i < m.bytes.n; i++)
				told += (unsigned char)m.bytes.p[i];
			break;
		case GELF_PART:
			chunked++;
			break;
		case GELF_AGAIN:
		case GELF_BAD:
			break;
		}
		while (gelf_lost(g, sender, &timeout))
			told++;
		if (gelf_pending(g) > limits.pending || gelf_bytes(g) > limits.bytes ||
			gelf_pending(g) > chunked)
			abort();
		p += len;
		n -= len;
	}
	gelf_expire(g, INT64_MAX);
	if (gelf_pending(g) != 0 || gelf_bytes(g) != 0)
		abort();
	gelf_free(g);
	return told == SIZE_MAX;
}
