/* Compiled literals from one start to the next: taken when they fit, made anew when not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "sigma.h"

#define RULES                                                                                      \
	"title: t\nid: one\nlogsource: {product: p}\n"                                             \
	"detection: {a: {A|contains: [needle, \"n\xc3\xa4"                                         \
	"del\"]}, condition: a}\n"                                                                 \
	"---\ntitle: u\nid: two\nlogsource: {product: p}\n"                                        \
	"detection: {k: ['hay stack'], condition: k}\n"

struct home {
	char dir[32], path[64];
};

static void
home_open(struct home *h)
{
	strcpy(h->dir, "cache-test-XXXXXX");
	cr_assert(mkdtemp(h->dir));
	snprintf(h->path, sizeof(h->path), "%s/literals.bin", h->dir);
}

static void
home_close(struct home *h)
{
	unlink(h->path);
	rmdir(h->dir);
}

/* Build, match, and say which warning there was ("" for none). */
static void
build(const struct home *h, const char *rules, bool keep, char says[256])
{
	struct ruleset_options opt = {.native_fields = true,
		.ignore_logsource = true,
		.cache = h->dir,
		.cache_keep = keep};
	struct buf out = {0};
	struct sigma s;

	sigma_open(&s, rules, &opt);
	snprintf(says, 256, "%s", s.why.n ? s.why.items[0].text : "");
	cr_expect_eq(s.why.errors, 0);
	cr_expect_str_eq(sigma_match(&s, "{\"A\":\"a Needle!\"}", &out), "one");
	cr_expect_str_eq(sigma_match(&s,
				 "{\"A\":\"N\xc3\x84"
				 "DEL\"}",
				 &out),
		"one");
	cr_expect_str_eq(sigma_match(&s, "{\"B\":\"Hay Stack\",\"A\":\"needl\"}", &out), "two");
	cr_expect_str_eq(sigma_match(&s, "{\"B\":\"hay\",\"A\":\" stack\"}", &out), "",
		"values stand apart");
	sigma_close(&s);
	buf_done(&out);
}

static ino_t
file_of(const struct home *h)
{
	struct stat st;

	return stat(h->path, &st) == 0 ? st.st_ino : 0;
}

/* Overwrite one byte, or cut the file there. */
static void
spoil(const struct home *h, off_t at, bool cut)
{
	int fd = open(h->path, O_RDWR);
	char c;

	cr_assert_geq(fd, 0);
	if (cut) {
		cr_assert_eq(ftruncate(fd, at), 0);
	} else {
		cr_assert_eq(pread(fd, &c, 1, at), 1);
		c = (char)(c ^ 1);
		cr_assert_eq(pwrite(fd, &c, 1, at), 1);
	}
	close(fd);
}

Test(cache, kept_taken_and_only_then)
{
	struct home h;
	char says[256];
	ino_t first;

	home_open(&h);
	build(&h, RULES, false, says);
	cr_expect_str_empty(says);
	cr_expect_eq(file_of(&h), 0, "who may only read writes nothing");
	build(&h, RULES, true, says);
	cr_expect_str_empty(says);
	first = file_of(&h);
	cr_expect_neq(first, 0, "kept");
	build(&h, RULES, true, says);
	cr_expect_str_empty(says);
	cr_expect_eq(file_of(&h), first, "taken as it is");
	build(&h,
		RULES "---\ntitle: v\nid: three\nlogsource: {product: p}\n"
		      "detection: {a: {C|contains: more}, condition: a}\n",
		true, says);
	cr_expect_str_empty(says, "other rules are nothing odd");
	cr_expect_neq(file_of(&h), first, "other rules, another file");
	home_close(&h);
}

Test(cache, what_is_damaged_is_told_and_made_anew)
{
	struct home h;
	char says[256];
	struct stat st;

	home_open(&h);
	build(&h, RULES, true, says);
	cr_assert_eq(stat(h.path, &st), 0);
	/* Every part of the file, in steps: magic, key, lengths, databases, sum. */
	for (off_t at = 0; at < st.st_size; at += at < 64 ? 1 : st.st_size / 61 + 1) {
		spoil(&h, at, false);
		build(&h, RULES, true, says);
		cr_expect(strstr(says, "made anew"), "byte %ld: %s", (long)at, says);
		build(&h, RULES, true, says);
		cr_expect_str_empty(says, "mended");
	}
	for (off_t at = 0; at < st.st_size; at += st.st_size / 7 + 1) {
		spoil(&h, at, true);
		build(&h, RULES, true, says);
		cr_expect(strstr(says, "made anew"), "cut at %ld: %s", (long)at, says);
	}
	home_close(&h);
}

Test(cache, what_others_may_write_is_not_followed)
{
	struct home h;
	char says[256];

	home_open(&h);
	build(&h, RULES, true, says);
	cr_assert_eq(chmod(h.path, 0660), 0);
	build(&h, RULES, false, says);
	cr_expect(strstr(says, "others than its owner"), "%s", says);
	unlink(h.path);
	cr_assert_eq(symlink("/dev/null", h.path), 0);
	build(&h, RULES, false, says);
	cr_expect(strstr(says, "others than its owner"), "a link is no file of ours: %s", says);
	home_close(&h);
}

Test(cache, a_folder_that_cannot_be_made_is_a_warning)
{
	struct home h = {.dir = "/dev/null/cache", .path = "/dev/null/cache/literals.bin"};
	char says[256];

	build(&h, RULES, true, says);
	cr_expect(strstr(says, "cannot keep"), "%s", says);
}
