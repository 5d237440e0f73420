/* GELF datagrams: chunks in any order, packing, and every bound. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "house.h"
#include "intake/gelf.h"

static const struct gelf_limits limits = {
	.max = 1000, .pending = 4, .bytes = 1200, .wait_ns = 5 * NS_PER_S};
static const char alice[GELF_SENDER] = "alice", bob[GELF_SENDER] = "bob";

static struct str
chunk(struct buf *b, const char id[9], unsigned number, unsigned count, struct str body)
{
	buf_clear(b);
	buf_add(b, "\x1e\x0f", 2);
	buf_add(b, id, 8);
	buf_add_char(b, (char)number);
	buf_add_char(b, (char)count);
	buf_add(b, body.p, body.n);
	return buf_str(b);
}

static void
pack(struct buf *out, struct str text, int window)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)text.p, .avail_in = (unsigned)text.n};

	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (unsigned char *)buf_room(out, text.n + 100);
	z.avail_out = (unsigned)text.n + 100;
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += text.n + 100 - z.avail_out;
	deflateEnd(&z);
}

static unsigned
lost(struct gelf *g, bool timeouts)
{
	char sender[GELF_SENDER];
	unsigned n = 0;
	bool timeout;

	while (gelf_lost(g, sender, &timeout))
		n += timeout == timeouts;
	return n;
}

Test(gelf, whole_packed_and_broken)
{
	static const struct {
		const char *why;
		int window; /* 0: as it is */
		size_t cut; /* bytes of the packed text that arrive */
		bool damaged;
	} rows[] = {
		{"uncompressed", 0, 0, false},
		{"zlib", 15, 0, false},
		{"zlib with a small window has another first byte", 9, 0, false},
		{"gzip", 15 + 16, 0, false},
		{"half of a packed text is kept as it came", 15, 20, true},
	};
	struct str text =
		STR("{\"version\":\"1.1\",\"host\":\"a.example.com\",\"short_message\":\"hi\"}");
	struct gelf *g = gelf_new(&limits);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = {0};
		struct gelf_message m;

		if (rows[i].window)
			pack(&b, text, rows[i].window);
		else
			buf_add(&b, text.p, text.n);
		if (rows[i].cut)
			b.n = rows[i].cut;
		cr_assert_eq(
			gelf_take(g, alice, 7, buf_str(&b), &m), GELF_MESSAGE, "%s", rows[i].why);
		cr_expect_eq(m.damaged, rows[i].damaged, "%s", rows[i].why);
		cr_expect(str_eq(m.bytes, rows[i].damaged ? buf_str(&b) : text), "%s", rows[i].why);
		cr_expect_eq(m.arrival, 7);
		cr_expect(!m.truncated, "%s", rows[i].why);
		buf_done(&b);
	}
	gelf_free(g);
}

Test(gelf, a_bomb_gives_no_more_than_a_frame)
{
	struct gelf *g = gelf_new(&limits);
	struct buf zeros = {0}, bomb = {0};
	struct gelf_message m;

	memset(buf_room(&zeros, 8 << 20), ' ', 8 << 20);
	zeros.n = 8 << 20;
	pack(&bomb, buf_str(&zeros), 15);
	cr_assert_lt(bomb.n, 10000u, "a thousand to one");
	cr_assert_eq(gelf_take(g, alice, 0, buf_str(&bomb), &m), GELF_MESSAGE);
	cr_expect(m.truncated);
	cr_expect(!m.damaged);
	cr_expect_eq(m.bytes.n, limits.max);
	buf_done(&zeros);
	buf_done(&bomb);
	gelf_free(g);
}

Test(gelf, chunks_in_any_order_of_any_sender)
{
	struct gelf *g = gelf_new(&limits);
	struct buf b = {0};
	struct gelf_message m;

	/* The same id of two senders are two messages. */
	cr_expect_eq(gelf_take(g, alice, 10, chunk(&b, "12345678", 2, 3, STR("!")), &m), GELF_PART);
	cr_expect_eq(gelf_take(g, bob, 11, chunk(&b, "12345678", 0, 2, STR("bo")), &m), GELF_PART);
	cr_expect_eq(
		gelf_take(g, alice, 12, chunk(&b, "12345678", 0, 3, STR("ali")), &m), GELF_PART);
	cr_expect_eq(gelf_take(g, alice, 12, chunk(&b, "12345678", 0, 3, STR("ttt")), &m),
		GELF_AGAIN, "a datagram that came twice changes nothing");
	cr_expect_eq(gelf_pending(g), 2);
	cr_assert_eq(
		gelf_take(g, alice, 13, chunk(&b, "12345678", 1, 3, STR("ce")), &m), GELF_MESSAGE);
	cr_expect(str_eq(m.bytes, STR("alice!")));
	cr_expect_eq(m.arrival, 10, "it arrived when its first chunk did");
	cr_assert_eq(
		gelf_take(g, bob, 13, chunk(&b, "12345678", 1, 2, STR("b")), &m), GELF_MESSAGE);
	cr_expect(str_eq(m.bytes, STR("bob")));
	cr_expect_eq(gelf_pending(g), 0);
	cr_expect_eq(gelf_bytes(g), 0);
	cr_expect_eq(lost(g, true) + lost(g, false), 0);
	buf_done(&b);
	gelf_free(g);
}

Test(gelf, chunks_of_a_packed_message)
{
	struct gelf *g = gelf_new(&limits);
	struct buf packed = {0}, b = {0};
	struct gelf_message m;
	struct str text = STR("{\"short_message\":\"in two pieces\"}");

	pack(&packed, text, 15);
	cr_expect_eq(
		gelf_take(g, alice, 0,
			chunk(&b, "abcdefgh", 1, 2, str_make(packed.p + 10, packed.n - 10)), &m),
		GELF_PART);
	cr_assert_eq(
		gelf_take(g, alice, 0, chunk(&b, "abcdefgh", 0, 2, str_make(packed.p, 10)), &m),
		GELF_MESSAGE);
	cr_expect(str_eq(m.bytes, text));
	buf_done(&packed);
	buf_done(&b);
	gelf_free(g);
}

Test(gelf, numbers_that_cannot_be)
{
	static const struct {
		const char *why;
		unsigned number, count;
	} rows[] = {{"no chunks", 0, 0}, {"129 chunks", 0, 129}, {"the third of two", 2, 2},
		{"another count than before", 0, 3}};
	struct gelf *g = gelf_new(&limits);
	struct buf b = {0};
	struct gelf_message m;

	gelf_take(g, alice, 0, chunk(&b, "12345678", 0, 2, STR("x")), &m);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(
			gelf_take(g, alice, 0,
				chunk(&b, "12345678", rows[i].number, rows[i].count, STR("y")), &m),
			GELF_BAD, "%s", rows[i].why);
	cr_expect_eq(gelf_take(g, alice, 0, str_make(b.p, 11), &m), GELF_BAD, "half a head");
	cr_expect_eq(gelf_pending(g), 1, "the good one still waits");
	buf_done(&b);
	gelf_free(g);
}

Test(gelf, what_never_becomes_whole_goes)
{
	struct gelf *g = gelf_new(&limits);
	struct buf b = {0};
	struct gelf_message m;
	char id[9] = "id......", big[500] = {0};

	for (unsigned i = 0; i < 6; i++) {
		id[7] = (char)('0' + i);
		gelf_take(g, alice, i, chunk(&b, id, 0, 2, STR("x")), &m);
	}
	cr_expect_eq(gelf_pending(g), limits.pending, "the oldest gives way");
	cr_expect_eq(lost(g, false), 2);
	for (unsigned i = 0; i < 3; i++) {
		id[7] = (char)('a' + i);
		gelf_take(g, alice, 10, chunk(&b, id, 0, 2, str_make(big, sizeof(big))), &m);
		cr_expect_leq(gelf_bytes(g), limits.bytes);
	}
	cr_expect_eq(gelf_pending(g), 2, "two of the large ones fit");
	cr_expect_eq(lost(g, false), 5);
	gelf_take(g, bob, 10 + limits.wait_ns, chunk(&b, "zzzzzzzz", 0, 2, STR("x")), &m);
	cr_expect_eq(gelf_pending(g), 3, "to the last moment");
	gelf_take(g, bob, 11 + limits.wait_ns, STR("{}"), &m);
	cr_expect_eq(gelf_pending(g), 1, "by the arrival of other datagrams");
	cr_expect_eq(lost(g, true), 2);
	gelf_expire(g, INT64_MAX);
	cr_expect_eq(lost(g, true), 1);
	cr_expect_eq(gelf_bytes(g), 0);
	buf_done(&b);
	gelf_free(g);
}

/* ---- through the sockets ---- */

#define WAIT 10000

static struct house *
one_port(enum input_kind kind, unsigned *port)
{
	struct house *h = house_new(4);
	char where[32];

	*port = house_port();
	snprintf(where, sizeof(where), "127.0.0.1:%u", *port);
	house_input(h, kind, where)->format = STR("gelf");
	return h;
}

Test(gelf, a_frame_is_the_whole_message)
{
	struct buf b = {0}, packed = {0};
	struct str text = STR("{\"version\":\"1.1\",\"host\":\"a\",\"short_message\":\"x\"}");
	unsigned port;
	struct house *h = one_port(INPUT_UDP, &port);
	int fd;

	house_start(h);
	fd = house_udp(port);
	pack(&packed, text, 15);
	for (unsigned i = 3; i-- > 0;) {
		size_t from = i * 10, n = i < 2 ? 10 : packed.n - 20;
		struct str d = chunk(&b, "whole...", i, 3, str_make(packed.p + from, n));

		house_send(fd, d.p, d.n);
	}
	cr_assert_eq(house_until(h, 1, WAIT), 1);
	cr_expect(str_eq(house_text(h, 0), text));
	chunk(&b, "never...", 0, 2, text);
	house_send(fd, b.p, b.n);
	chunk(&b, "cannot..", 9, 2, text);
	house_send(fd, b.p, b.n);
	cr_expect(house_rejected(h, REASON_CHUNK, 1, WAIT));
	cr_expect(house_rejected(h, REASON_CHUNK_TIMEOUT, 1, WAIT),
		"nothing more comes, and it goes all the same");
	house_send(fd, text.p, text.n);
	cr_assert_eq(house_until(h, 2, WAIT), 2);
	house_stop(h);
	house_balance(h);
	house_free(h);
	buf_done(&b);
	buf_done(&packed);
}

Test(gelf, over_tcp_nul_ends_a_message_and_nothing_else)
{
	unsigned port;
	struct house *h = one_port(INPUT_TCP, &port);
	int fd;

	house_start(h);
	fd = house_tcp(port);
	house_send(fd,
		"{\n\"a\":1}\0"
		"12 34\0"
		"\0"
		"{\"b\":2}\n\0{\"c\"",
		29);
	house_send(fd, ":3}", 3);
	close(fd);
	cr_assert_eq(house_until(h, 4, WAIT), 4);
	cr_expect(str_eq(house_text(h, 0), STR("{\n\"a\":1}")), "%.*s", STR_ARG(house_text(h, 0)));
	cr_expect(str_eq(house_text(h, 1), STR("12 34")), "no count");
	cr_expect(str_eq(house_text(h, 2), STR("{\"b\":2}")));
	cr_expect(str_eq(house_text(h, 3), STR("{\"c\":3}")), "the last one needs no end");
	cr_expect(house_rejected(h, REASON_EMPTY, 1, WAIT));
	house_stop(h);
	house_balance(h);
	house_free(h);
}
