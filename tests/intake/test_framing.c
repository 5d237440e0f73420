#include <criterion/criterion.h>

#include "base/buf.h"
#include "intake/framing.h"

#define MAX 16u

/* What a stream gives: messages in [], with ! cut at the limit, ~ cut off by the end, and the words
 * empty, badlen, cut for what is counted instead. */
static void
show(struct buf *out, const struct framed *msg)
{
	buf_add_char(out, '[');
	buf_add_str(out, msg->bytes);
	if (msg->truncated)
		buf_add_char(out, '!');
	if (msg->cut_off)
		buf_add_char(out, '~');
	buf_add_char(out, ']');
}

static void
run(struct str stream, size_t step, struct buf *out)
{
	struct framing f = {.max = MAX};
	struct framed msg;
	struct buf pending = {0};
	size_t at = 0;
	bool dead = false;

	while (at < stream.n && !dead) {
		size_t n = stream.n - at < step ? stream.n - at : step;
		struct str in;

		buf_add(&pending, stream.p + at, n);
		at += n;
		in = buf_str(&pending);
		for (bool more = true; more;) {
			switch (framing_next(&f, &in, &msg)) {
			case FRAMING_MESSAGE:
				show(out, &msg);
				break;
			case FRAMING_EMPTY:
				BUF_ADD_LIT(out, "empty ");
				break;
			case FRAMING_BAD_LENGTH:
				BUF_ADD_LIT(out, "badlen ");
				dead = true;
				more = false;
				break;
			case FRAMING_MORE:
				more = false;
				break;
			}
		}
		memmove(pending.p, in.p, in.n);
		pending.n = in.n;
		cr_assert_leq(pending.n, MAX + 32);
	}
	if (!dead) {
		switch (framing_finish(&f, buf_str(&pending), &msg)) {
		case FRAMING_END_MESSAGE:
			show(out, &msg);
			break;
		case FRAMING_END_CUT:
			BUF_ADD_LIT(out, "cut");
			break;
		case FRAMING_END_CLEAN:
			break;
		}
	}
	buf_done(&pending);
}

#define S(lit)                                                                                     \
	{                                                                                          \
		"" lit, sizeof(lit) - 1                                                            \
	}

static const struct framing_row {
	struct str stream;
	struct str want;
	const char *why;
} rows[] = {
	{S("one\ntwo\n"), S("[one][two]"), "plain lines"},
	{S("3 one3 two"), S("[one][two]"), "counted messages"},
	{S("3 onetwo\n5 three"), S("[one][two][three]"), "each message decides for itself"},
	{S("one\r\ntwo\r\n"), S("[one][two]"), "CR before LF belongs to the line end"},
	{S("a\rb\n"), S("[a\rb]"), "a CR elsewhere belongs to the message"},
	{S("7 a\nb\n\tc\nx\n"), S("[a\nb\n\tc][x]"),
		"line feeds inside a counted message, one behind it"},
	{S("3 a\n\n1 b"), S("[a\n][b]"), "one terminator inside the count is dropped, no more"},
	{S("1 a\n1 b\r\n1 c\0001 d"), S("[a][b][c][d]"),
		"a stray terminator behind the count is nothing"},
	{S("1 a\n\n1 b"), S("[a]empty [b]"), "a second one is an empty line"},
	{S("\n\r\none\n"), S("empty empty [one]"), "empty lines are counted"},
	{S("1 \n"), S("empty "), "a counted message of a line feed alone is empty"},
	{S("last"), S("[last]"), "the last line needs no LF"},
	{S("last\r"), S("[last]"), "nor its half of a line end"},
	{S("50"), S("cut"), "the stream ends inside a count"},
	{S("50 "), S("cut"), "the stream ends before the first byte"},
	{S("50 abc"), S("[abc~]"), "the stream ends inside a counted message"},
	{S("0 abc\n"), S("[0 abc]"), "counts do not begin with 0"},
	{S("+5 abc\n0x5 abc\n"), S("[+5 abc][0x5 abc]"), "nor with a sign or a base"},
	{S("2026-11-22 x\n"), S("[2026-11-22 x]"), "a date is not a count"},
	{S("1763805600123;x\n"), S("[1763805600123;x]"), "nor is a time in ms"},
	{S("99999999999 abc"), S("badlen "), "eleven digits are no count"},
	{S("16777217 abc"), S("badlen "), "above the limit of counts"},
	{S("111111111111111111111111111111"), S("badlen "), "digits are not stored without end"},
	{S("0123456789abcdef\nx\n"), S("[0123456789abcdef][x]"), "a line of exactly the limit"},
	{S("=123456789abcdef\r\nx\n"), S("[=123456789abcdef][x]"), "the same with CR LF"},
	{S("=123456789abcdefg\nx\n"), S("[=123456789abcdef!][x]"),
		"one byte more is cut, the next intact"},
	{S("=123456789abcdefghijklmnop\nx\n"), S("[=123456789abcdef!][x]"), "so are many"},
	{S("=123456789abcdefghijklmnop"), S("[=123456789abcdef!]"), "without an end as well"},
	{S("=123456789abcdefg"), S("[=123456789abcdef!]"), "one byte too many and no end"},
	{S("20 0123456789abcdefghij1 x"), S("[0123456789abcdef!][x]"),
		"a long counted message; in sync behind it"},
	{S("20 0123456789abcdefghij\n1 x"), S("[0123456789abcdef!][x]"), "and with a stray LF"},
	{S("<13>a: x\0<13>b: y\0"), S("[<13>a: x][<13>b: y]"), "libc ends messages by NUL"},
	{S("<13>a: x\n\0<13>b: y\0\n<1>c"), S("[<13>a: x][<13>b: y][<1>c]"),
		"both together are one end"},
	{S("<23456789abcdefghij\0<1>x\0"), S("[<23456789abcdefg!][<1>x]"),
		"a long one that NUL ends"},
	{S("\x16\x03\0\x01\n"), S("[\x16\x03\0\x01]"), "NUL inside other bytes ends nothing"},
	{S(""), S(""), "nothing gives nothing"},
};

Test(framing, every_shape_at_every_cut)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t step = 1; step <= rows[i].stream.n + 1; step++) {
			struct buf got = {0};

			run(rows[i].stream, step, &got);
			cr_expect(str_eq(buf_str(&got), rows[i].want), "%s (by %zu): got %s",
				rows[i].why, step, buf_z(&got));
			buf_done(&got);
		}
	}
}

Test(framing, a_datagram_loses_its_terminator_only)
{
	cr_expect(str_eq(framing_trim(STR("a\n")), STR("a")));
	cr_expect(str_eq(framing_trim(STR("a\r\n")), STR("a")));
	cr_expect(str_eq(framing_trim(STR("a\0")), STR("a")));
	cr_expect(str_eq(framing_trim(STR("a\n\0")), STR("a")));
	cr_expect(str_eq(framing_trim(STR("a\0\n")), STR("a")));
	cr_expect(str_eq(framing_trim(STR("a\n\n")), STR("a\n")), "only one");
	cr_expect(str_eq(framing_trim(STR("a\nb")), STR("a\nb")), "inner ones stay");
	cr_expect_eq(framing_trim(STR("\n")).n, 0u);
	cr_expect_eq(framing_trim(STR("")).n, 0u);
}

/* A stream without any line feed must cost as much per byte as one with them. */
Test(framing, nul_only_streams_stay_linear, .timeout = 20)
{
	struct framing f = {.max = 65536};
	struct framed msg;
	struct buf b = {0};
	struct str in;
	size_t n = 0;

	for (int i = 0; i < 500000; i++)
		buf_add(&b, "<13>x: y", 9);
	in = buf_str(&b);
	while (framing_next(&f, &in, &msg) == FRAMING_MESSAGE)
		n++;
	cr_expect_eq(n, 500000u);
	buf_done(&b);
}
