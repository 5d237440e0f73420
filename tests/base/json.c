/* json.c - what the JSON reader takes, what it refuses, and what the writer makes of any bytes. */
#include "base/json.h"

#include <criterion/criterion.h>

#include "base/arena.h"
#include "base/utf8.h"

struct seen {
	struct arena arena;
	struct buf out; /* name=kind:text; in order */
	unsigned stop_after;
};

static bool
note(void *ctx, const struct json_value *v)
{
	struct seen *s = ctx;

	if (s->out.n)
		buf_add_char(&s->out, ' ');
	buf_add_str(&s->out, v->name);
	buf_add_char(&s->out, v->literal ? '=' : ':');
	buf_add_char(&s->out, "snTF0eo"[v->kind]);
	buf_add_str(&s->out, v->text);
	if (v->in_array)
		buf_add_char(&s->out, '*');
	if (v->last_in_array)
		buf_add_char(&s->out, '|');
	return s->stop_after == 0 || --s->stop_after > 0;
}

static char *
room(void *ctx, size_t n)
{
	struct seen *s = ctx;

	return arena_alloc(&s->arena, n);
}

static enum reason
flatten(struct seen *s, struct str text, uint64_t *flags)
{
	struct json_limits lim = {.depth = 8, .keys = 1024, .name = 40};
	struct json_sink sink = {note, room, s};
	/* An exact heap copy: one byte read beyond the end is seen by the sanitizer. */
	char *copy = arena_alloc(&s->arena, text.n + 1);
	enum reason r;

	memcpy(copy, text.p, text.n);
	*flags = 0;
	r = json_flatten(str_make(copy, text.n), &lim, &sink, flags);
	return r;
}

struct row {
	const char *text;
	const char *want;
	enum reason reason;
	enum reason flag; /* the one that must be in *flags; NONE: no flag at all */
	const char *why;
};

static const struct row rows[] = {{"{}", "", REASON_NONE, 0, "an empty object is an object"},
	{" \t\r\n{ } \n", "", REASON_NONE, 0, "blanks around are allowed"},
	{"{\"a\":\"x\",\"b\":-1.50e+3,\"c\":true,\"d\":false,\"e\":null}",
		"a=sx b=n-1.50e+3 c=Ttrue d=Ffalse e=0null", REASON_NONE, 0, "each kind of scalar"},
	{"{\"a\":{\"b\":{\"c\":1}},\"d\":2}", "a=o a.b:o a.b.c:n1 d=n2", REASON_NONE, 0,
		"objects become dotted paths and are told as such"},
	{"{\"a\":[1,[2,3],{\"b\":4}],\"c\":5}", "a=n1* a=n2* a=n3*| a=o* a.b:n4*| c=n5",
		REASON_NONE, 0, "nested arrays are one flat array"},
	{"{\"a\":[],\"b\":[[],[]],\"c\":[[1],[]]}", "a=e| b=e| c=n1*|", REASON_NONE, 0,
		"only an array without any element is empty"},
	{"{\"a\":[{\"b\":[]},{}]}", "a=o* a.b:e*| a=o*|", REASON_NONE, 0,
		"an array in an element of an array"},
	{"{\"a.b\":1,\"a\":{\"b\":2}}", "a.b=n1 a=o a.b:n2", REASON_NONE, 0,
		"a dotted key is told apart from a path"},
	{"{\"u\":\"\\u0041\\n\\\"\\\\\\/\\b\\f\\r\\t\"}", "u=sA\n\"\\/\b\f\r\t", REASON_NONE, 0,
		"all escapes"},
	{"{\"p\":\"C:\\\\Windows\\\\System32\\\\drivers\\\\etc\\\\hosts and some more text\"}",
		"p=sC:\\Windows\\System32\\drivers\\etc\\hosts and some more text", REASON_NONE, 0,
		"escapes across sixteen-byte steps"},
	{"{\"u\":\"\\ud83d\\ude00\\u3042\"}", "u=s\xf0\x9f\x98\x80\xe3\x81\x82", REASON_NONE, 0,
		"a surrogate pair is one character"},
	{"{\"u\":\"\\ud800x\"}", "u=s\xef\xbf\xbdx", REASON_NONE, REASON_ENCODING,
		"a lone high surrogate"},
	{"{\"u\":\"\\udc00\\ud800\\u0041\"}",
		"u=s\xef\xbf\xbd\xef\xbf\xbd"
		"A",
		REASON_NONE, REASON_ENCODING, "surrogates in the wrong order"},
	{"{\"k\\u0065y\":1}", "key=n1", REASON_NONE, 0, "escapes in keys"},
	{"{\"a\":1,\"b\":2,\"a\":3}", "b=n2 a=n3", REASON_NONE, REASON_JSON_DUP, "the last counts"},
	{"{\"a\":{\"x\":1,\"y\":[1,2]},\"b\":0,\"\\u0061\":4}", "b=n0 a=n4", REASON_NONE,
		REASON_JSON_DUP, "a replaced object goes with all that is in it"},
	{"{\"a\":[{\"x\":1},{\"x\":2}]}", "a=o* a.x:n1* a=o* a.x:n2*|", REASON_NONE, 0,
		"equal keys in different objects are no duplicates"},
	{"{\"a\":{\"b\":1},\"b\":2}", "a=o a.b:n1 b=n2", REASON_NONE, 0,
		"equal keys at different depths are no duplicates"},
	{"{\"\":1,\".\":2}", "=n1 .=n2", REASON_NONE, REASON_JSON_TYPE, "an empty key is flagged"},
	{"{\"a\":[[[[[[1]]]]]]}", "a=n1*|", REASON_NONE, 0, "just deep enough"},
	{"{\"z\":1,\"a\":[[[[[[[[1]]]]]]]]}", "z=n1", REASON_JSON_DEPTH, 0, "too deep"},
	{"{\"z\":1,\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
		"z=n1 a=o a.a:o a.a.a:o a.a.a.a:o a.a.a.a.a:o a.a.a.a.a.a:o a.a.a.a.a.a.a:o",
		REASON_JSON_DEPTH, 0, "too deep by objects"},
	{"{\"0123456789012345678901234567890123456789\":1,\"01234567890123456789\":"
	 "{\"01234567890123456789\":{\"a\":2}},\"c\":3}",
		"0123456789012345678901234567890123456789=n1 01234567890123456789=o c=n3",
		REASON_NONE, REASON_JSON_KEYS, "a path that is too long is left out and flagged"},
	{"[1]", "", REASON_JSON_TYPE, 0, "an array is no event"},
	{"\"x\"", "", REASON_JSON_TYPE, 0, "nor is a string"},
	{"", "", REASON_JSON_SYNTAX, 0, "nothing at all"},
	{"{\"a\":1} x", "a=n1", REASON_JSON_SYNTAX, 0, "text behind the object"},
	{"{\"a\":1}{\"b\":2}", "a=n1", REASON_JSON_SYNTAX, 0, "two objects"},
	{"{\"a\":1,}", "a=n1", REASON_JSON_SYNTAX, 0, "a comma too many"},
	{"{,\"a\":1}", "", REASON_JSON_SYNTAX, 0, "a comma at the start"},
	{"{\"a\":[1,]}", "a=n1*", REASON_JSON_SYNTAX, 0, "a comma too many in an array"},
	{"{\"a\":1", "a=n1", REASON_JSON_SYNTAX, 0, "cut behind a number"},
	{"{\"a\":\"b", "", REASON_JSON_SYNTAX, 0, "cut inside a string"},
	{"{\"a\":\"b\\", "", REASON_JSON_SYNTAX, 0, "cut behind a backslash"},
	{"{\"a\":\"b\\\"", "", REASON_JSON_SYNTAX, 0, "an escaped quote does not close"},
	{"{\"a\":\"\\u12", "", REASON_JSON_SYNTAX, 0, "cut inside an escape"},
	{"{\"a\":\"\\u12g4\"}", "", REASON_JSON_SYNTAX, 0, "a digit that is none"},
	{"{\"a\":\"\\x41\"}", "", REASON_JSON_SYNTAX, 0, "an escape that JSON lacks"},
	{"{\"a\":\"\x01\"}", "", REASON_JSON_SYNTAX, 0, "a raw control character"},
	{"{\"a\":\"0123456789abcdef\n\"}", "", REASON_JSON_SYNTAX, 0, "a raw line end"},
	{"{'a':1}", "", REASON_JSON_SYNTAX, 0, "single quotes"},
	{"{/**/\"a\":1}", "", REASON_JSON_SYNTAX, 0, "comments"},
	{"{a:1}", "", REASON_JSON_SYNTAX, 0, "a bare key"},
	{"{\"a\" 1}", "", REASON_JSON_SYNTAX, 0, "no colon"},
	{"{\"a\":NaN}", "", REASON_JSON_SYNTAX, REASON_JSON_NUMBER, "NaN"},
	{"{\"a\":-Infinity}", "", REASON_JSON_SYNTAX, REASON_JSON_NUMBER, "infinity"},
	{"{\"a\":+1}", "", REASON_JSON_SYNTAX, REASON_JSON_NUMBER, "a plus sign"},
	{"{\"a\":01}", "", REASON_JSON_SYNTAX, REASON_JSON_NUMBER, "a leading zero"},
	{"{\"a\":1.}", "", REASON_JSON_SYNTAX, REASON_JSON_NUMBER, "no digit behind the point"},
	{"{\"a\":.5}", "", REASON_JSON_SYNTAX, REASON_JSON_NUMBER, "no digit before the point"},
	{"{\"a\":1e}", "", REASON_JSON_SYNTAX, REASON_JSON_NUMBER, "no exponent"},
	{"{\"a\":tru}", "", REASON_JSON_SYNTAX, 0, "a word that is none"},
	{"{\"a\":1]", "a=n1", REASON_JSON_SYNTAX, 0, "the wrong bracket"}, {0}};

Test(json_flatten, every_shape)
{
	for (const struct row *row = rows; row->why; row++) {
		struct seen s = {0};
		uint64_t flags = 0;
		enum reason r = flatten(&s, str_of(row->text), &flags);

		cr_expect_eq(r, row->reason, "%s: %s", row->why, reason_word(r));
		cr_expect_eq(
			flags, row->flag ? UINT64_C(1) << row->flag : 0, "%s: flags", row->why);
		cr_expect(str_eq(buf_str(&s.out), str_of(row->want)), "%s: %.*s", row->why,
			STR_ARG(buf_str(&s.out)));
		buf_done(&s.out);
		arena_done(&s.arena);
	}
}

Test(json_flatten, nul_by_escape_is_a_byte_like_others)
{
	struct seen s = {0};
	uint64_t flags;

	cr_expect_eq(flatten(&s, STR("{\"u\":\"root\\u0000x\"}"), &flags), REASON_NONE);
	cr_expect(str_eq(buf_str(&s.out), STR("u=sroot\0x")), "comparison must not stop at it");
	buf_done(&s.out);
	arena_done(&s.arena);
}

Test(json_flatten, cut_anywhere_is_an_error_and_nothing_worse)
{
	struct str whole =
		STR("{\"a\":{\"b\":[1,\"x\\u0041y\",{\"c\":null}]},\"d\":\"0123456789abcdefgh\"}");

	for (size_t n = 0; n < whole.n; n++) {
		struct seen s = {0};
		uint64_t flags;

		cr_expect_eq(
			flatten(&s, str_make(whole.p, n), &flags), REASON_JSON_SYNTAX, "at %zu", n);
		buf_done(&s.out);
		arena_done(&s.arena);
	}
}

Test(json_flatten, keys_are_bounded_and_duplicates_found_among_many)
{
	struct buf text = {0};
	struct seen s = {0};
	uint64_t flags;
	struct str tail = STR(" k7=n7");

	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "%c\"k%d\":%d", i ? ',' : '{', i, i);
	buf_printf(&text, ",\"k7\":7}");
	cr_expect_eq(flatten(&s, buf_str(&text), &flags), REASON_NONE);
	cr_expect_eq(flags, UINT64_C(1) << REASON_JSON_DUP);
	cr_expect(str_ends(buf_str(&s.out), tail), "the later k7 stands, at its own place");
	cr_expect_lt(str_find(buf_str(&s.out), STR(" k7=n7 ")), 0, "the earlier one is gone");
	buf_clear(&text);
	buf_clear(&s.out);
	for (int i = 0; i < 1100; i++)
		buf_printf(&text, "%c\"k%d\":%d", i ? ',' : '{', i, i);
	buf_printf(&text, "}");
	cr_expect_eq(flatten(&s, buf_str(&text), &flags), REASON_JSON_KEYS);
	cr_expect(
		str_ends(buf_str(&s.out), STR(" k1023=n1023")), "what came before the bound stays");
	buf_done(&text);
	buf_done(&s.out);
	arena_done(&s.arena);
}

Test(json_flatten, sink_may_stop)
{
	struct seen s = {.stop_after = 2};
	uint64_t flags;

	cr_expect_eq(flatten(&s, STR("{\"a\":1,\"b\":2,\"c\":3}"), &flags), REASON_JSON_KEYS);
	cr_expect(str_eq(buf_str(&s.out), STR("a=n1 b=n2")));
	buf_done(&s.out);
	arena_done(&s.arena);
}

Test(json_looks_like, braces_at_both_ends)
{
	cr_expect(json_looks_like(STR(" {\"a\":1}\r\n")));
	cr_expect(json_looks_like(STR("{}")));
	cr_expect_not(json_looks_like(STR("{")));
	cr_expect_not(json_looks_like(STR("[{}]")));
	cr_expect_not(json_looks_like(STR("x {}")));
	cr_expect_not(json_looks_like(STR("")));
}

Test(json_escape, all_bytes_become_valid_text)
{
	const struct {
		struct str in;
		const char *want, *why;
	} table[] = {
		{STR("plain text of more than sixteen bytes"),
			"plain text of more than sixteen bytes", "copied"},
		{STR("a\"b\\c/"), "a\\\"b\\\\c/", "quote and backslash"},
		{STR("\0\x01\b\t\n\v\f\r\x1f\x7f"),
			"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f",
			"controls; U+007F may stand"},
		{STR("\xe6\x97\xa5\xe6\x9c\xac 0123456789abcdef \xf0\x9f\x98\x80"),
			"\xe6\x97\xa5\xe6\x9c\xac 0123456789abcdef \xf0\x9f\x98\x80",
			"valid UTF-8 stands"},
		{STR("a\xff\xc3(\xe2\x82"), "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd",
			"invalid parts"},
		{STR("\xef\xbf\xbd"), "\xef\xbf\xbd", "U+FFFD itself stands"},
		{STR("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
			"an encoded surrogate"},
		{STR(""), "", "nothing"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf out = {0};

		json_escape(&out, table[i].in);
		cr_expect(str_eq(buf_str(&out), str_of(table[i].want)), "%s: %.*s", table[i].why,
			STR_ARG(buf_str(&out)));
		cr_expect(utf8_valid(buf_str(&out)), "%s", table[i].why);
		buf_done(&out);
	}
}

/* Sixteen bytes go in one step, whichever of them want a backslash. */
Test(json_escape, quotes_at_all_places_of_a_step)
{
	for (uint32_t mask = 0; mask < 1u << 16; mask++) {
		char in[20], want[40];
		struct buf out = {0};
		size_t n = 0;

		for (size_t i = 0; i < sizeof(in); i++) {
			bool marked = mask >> (i % 16) & 1;

			in[i] = (char)(marked ? (i % 2 ? '"' : '\\') : 'a' + (int)i);
			if (marked)
				want[n++] = '\\';
			want[n++] = in[i];
		}
		json_escape(&out, str_make(in, sizeof(in)));
		cr_assert(str_eq(buf_str(&out), str_make(want, n)), "%04x: %.*s", mask,
			STR_ARG(buf_str(&out)));
		buf_done(&out);
	}
}

Test(json_escape, reads_back_as_what_it_was)
{
	char all[128];
	struct buf out = {0};
	struct seen s = {0};
	uint64_t flags;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	BUF_ADD_LIT(&out, "{\"v\":");
	json_quote(&out, str_make(all, sizeof(all)));
	buf_add_char(&out, '}');
	cr_expect_eq(flatten(&s, buf_str(&out), &flags), REASON_NONE);
	cr_expect_eq(s.out.n, sizeof(all) + 3);
	cr_expect_eq(memcmp(s.out.p + 3, all, sizeof(all)), 0);
	buf_done(&out);
	buf_done(&s.out);
	arena_done(&s.arena);
}

/* An object changes from comparing to a table on its way: no repeated key may slip through there.
 */
Test(json_flatten, the_last_of_two_keys_wins_wherever_both_stand)
{
	static const unsigned sizes[] = {2, 31, 32, 33, 34, 80};

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
		for (unsigned again = 0; again < sizes[k]; again++) {
			struct seen s = {0};
			struct buf text = {0}, want = {0};
			uint64_t flags;

			/* The repeated key stands last, and once more inside an object of its own.
			 */
			buf_add_char(&text, '{');
			for (unsigned i = 0; i < sizes[k]; i++)
				buf_printf(&text, "\"key%u\":%u,", i, i);
			buf_printf(&text, "\"key%u\":{\"key%u\":7}}", again, again);
			cr_assert_eq(flatten(&s, buf_str(&text), &flags), REASON_NONE);
			cr_expect_eq(
				flags, UINT64_C(1) << REASON_JSON_DUP, "%u of %u", again, sizes[k]);
			for (unsigned i = 0; i < sizes[k]; i++)
				if (i != again)
					buf_printf(&want, "key%u=n%u ", i, i);
			buf_printf(&want, "key%u=o key%u.key%u:n7", again, again, again);
			cr_expect(str_eq(buf_str(&s.out), buf_str(&want)), "%s", buf_z(&s.out));
			buf_done(&text);
			buf_done(&want);
			buf_done(&s.out);
			arena_done(&s.arena);
		}
}
