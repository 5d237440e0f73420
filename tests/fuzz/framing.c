/* Any cutting of a stream into reads gives the same messages, and no decision needs more than
 * max + 32 bytes. */
#include <stdlib.h>

#include "base/buf.h"
#include "intake/framing.h"

#define MAX 24u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
note(struct buf *out, char kind, const struct framed *msg)
{
	if (msg->bytes.n > MAX)
		abort();
	buf_add_char(out, kind);
	buf_printf(out, "%zu,%d,%d,%d:", msg->bytes.n, msg->truncated, msg->cut_off, msg->adrift);
	buf_add_str(out, msg->bytes);
}

/* Steps are taken from the seed: 1 .. 8 bytes, or all at once with seed 0. */
static void
run(struct str stream, bool nul_only, unsigned seed, struct buf *out)
{
	struct framing f = {.max = MAX, .nul_only = nul_only};
	struct framed msg;
	struct buf pending = {0};
	size_t at = 0;

	while (at < stream.n) {
		size_t n = seed ? 1 + (seed = seed * 1103515245u + 12345u) / 65536u % 8 : stream.n;
		struct str in;
		enum framing_result rc;

		if (n > stream.n - at)
			n = stream.n - at;
		buf_add(&pending, stream.p + at, n);
		at += n;
		in = buf_str(&pending);
		while ((rc = framing_next(&f, &in, &msg)) != FRAMING_MORE) {
			note(out, "mxeb"[rc], &msg);
			if (rc == FRAMING_BAD_LENGTH) {
				buf_done(&pending);
				return;
			}
		}
		if (in.n > MAX + 32)
			abort();
		if (in.n)
			memmove(pending.p, in.p, in.n);
		pending.n = in.n;
	}
	note(out, "CMX"[framing_finish(&f, buf_str(&pending), &msg)], &msg);
	buf_done(&pending);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str stream = {(const char *)data, size};
	struct buf whole = {0}, cut = {0};

	if (size == 0)
		return 0;
	for (int nul_only = 0; nul_only < 2; nul_only++) {
		buf_clear(&whole);
		run(stream, nul_only, 0, &whole);
		for (unsigned seed = 1; seed <= 3; seed++) {
			buf_clear(&cut);
			run(stream, nul_only, seed * 7919u + (unsigned)size, &cut);
			if (!str_eq(buf_str(&whole), buf_str(&cut)))
				abort();
		}
	}
	framing_trim(stream);
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
