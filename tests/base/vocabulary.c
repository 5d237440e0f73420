/* vocabulary.c - buffers, arenas, messages, hashes, maps, names: what all stages lean on. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/alert.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/field.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/reason.h"
#include "base/term.h"

Test(buf, grows_and_formats)
{
	struct buf b = {0};

	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%d,", i);
	buf_add_i64(&b, INT64_MIN);
	cr_expect(str_starts(buf_str(&b), STR("0,1,2,")));
	cr_expect(str_ends(buf_str(&b), STR("9999,-9223372036854775808")));
	buf_done(&b);
}

Test(arena, pieces_are_zeroed_apart_and_aligned)
{
	struct arena a = {0};
	char *last = NULL;

	for (size_t n = 0; n < 3000; n++) {
		char *p = arena_alloc(&a, n);

		cr_assert_eq((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0, "piece %zu", n);
		memset(p, 0xff, n);
		cr_assert(p != last);
		last = p;
	}
	arena_reset(&a);
	cr_expect_eq(*(char *)arena_alloc(&a, 64), 0, "also after a reset");
	arena_done(&a);
}

Test(diag, prints_places_and_counts_errors)
{
	struct diag d = {0};
	struct buf b = {0};

	diag_add(&d, DIAG_WARNING, "a.yml", 3, 7, "odd %s", "thing");
	diag_set(&d, "b.yml", 2, "bad");
	diag_set(&d, NULL, 0, "worse");
	diag_print(&d, &b, false);
	cr_expect_str_eq(
		buf_z(&b), "a.yml:3:7: warning: odd thing\nb.yml:2: error: bad\nerror: worse\n");
	cr_expect_eq(d.errors, 2);
	cr_expect_str_eq(diag_first(&d), "bad");
	buf_done(&b);
	diag_done(&d);
}

Test(diag, suggests_only_what_is_near)
{
	const char *words[] = {"contains", "startswith", "endswith"};

	cr_expect_str_eq(diag_did_you_mean(STR("containz"), words, 3), "contains");
	cr_expect_null(diag_did_you_mean(STR("banana"), words, 3));
}

Test(hash, crc32c_matches_the_published_check_value)
{
	/* RFC 3720 B.4: 32 bytes of zeros give aa 36 91 8a (least significant byte first). */
	unsigned char zeros[32] = {0};

	cr_expect_eq(crc32c(0, zeros, sizeof(zeros)), 0x8a9136aau);
	cr_expect_eq(crc32c(0, "123456789", 9), 0xe3069283u);
	cr_expect_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283u, "in pieces");
}

Test(hash, ids_go_to_hex_and_back)
{
	struct hash128 h = hash_id("noroshi", 7), again;
	char hex[32];

	hash128_hex(h, hex);
	cr_assert(hash128_parse(str_make(hex, 32), &again));
	cr_expect(h.lo == again.lo && h.hi == again.hi);
	cr_expect(!hash128_parse(STR("0123"), &again));
	cr_expect(!hash128_parse(STR("zz34567890123456789012345678901x"), &again));
}

Test(map, holds_many_and_keeps_order)
{
	struct map m;
	char key[32];

	map_init(&m, 42);
	for (unsigned i = 0; i < 5000; i++) {
		bool fresh;
		int n = snprintf(key, sizeof(key), "key %u", i);

		*map_put(&m, str_make(key, (size_t)n), &fresh) = i;
		cr_assert(fresh);
	}
	for (unsigned i = 0; i < 5000; i++) {
		int n = snprintf(key, sizeof(key), "key %u", i);
		uint64_t *v = map_get(&m, str_make(key, (size_t)n));

		cr_assert(v && *v == i);
		cr_assert_eq(m.items[i].value, i, "insertion order");
	}
	cr_expect_null(map_get(&m, STR("absent")));
	map_done(&m);
}

Test(names, ecs_first_then_what_rules_mention)
{
	struct names *n = names_new();
	unsigned a, b;

	cr_expect_eq(names_find(n, STR("source.ip")), FIELD_SOURCE_IP);
	cr_expect_eq(names_find(n, STR("no.such.field")), FIELD_NAMED);
	cr_expect_eq(names_add(n, STR("winlog.event_data.X"), &a), 0);
	cr_expect_eq(names_add(n, STR("winlog.event_data.X"), &b), 0);
	cr_expect_eq(a, b);
	for (unsigned i = 0; i < 5000; i++) {
		char name[32];
		int len = snprintf(name, sizeof(name), "f%u", i);

		cr_assert_eq(names_add(n, str_make(name, (size_t)len), &b), 0);
		cr_assert_eq(names_find(n, str_make(name, (size_t)len)), b);
	}
	cr_expect_eq(names_find(n, STR("winlog.event_data.X")), a, "still there after growing");
	names_freeze(n);
	cr_expect_eq(names_add(n, STR("late"), &b), ERR_STATE);
	names_free(n);
}

Test(reason, words_are_a_closed_list)
{
	for (unsigned i = 0; i < REASON_COUNT; i++)
		cr_expect_eq(reason_find(str_of(reason_word((enum reason)i))), i);
	cr_expect_eq(reason_find(STR("whatever")), REASON_COUNT);
}

Test(term, nothing_from_a_log_can_command_a_terminal)
{
	struct buf b = {0};

	term_show(&b, STR("a\x1b[31mb\xc2\x9b\x07\xe2\x80\xae"
			  "c\xff日本"));
	cr_expect_str_eq(buf_z(&b), "a\\x1b[31mb\\xc2\\x9b\\x07\\u{202e}c\\xff日本");
	buf_done(&b);
}

Test(term, a_csv_cell_is_never_a_formula)
{
	struct buf b = {0};

	term_csv_cell(&b, STR("=HYPERLINK(\"x\")"));
	term_csv_cell(&b, STR("plain"));
	cr_expect_str_eq(buf_z(&b), "\"'=HYPERLINK(\"\"x\"\")\"\"plain\"");
	buf_done(&b);
}

Test(alert, sentences_are_filled_from_the_group)
{
	static const struct alert_rule rule = {.id = {"r", 1}};
	struct alert a = {.rule = &rule, .ngroup = 1};
	struct buf b = {0};

	a.group[0].name = STR("source.ip");
	a.group[0].value = STR("192.0.2.7");
	alert_sentence(&a, STR("%source.ip% did 100% of %nothing% it"), &b);
	cr_expect_str_eq(buf_z(&b), "192.0.2.7 did 100% of %nothing% it");
	buf_done(&b);
}
