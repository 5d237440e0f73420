#include "base/region.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

static uint64_t
next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

#define PIECES 400

struct piece {
	roff at;
	size_t n;
	unsigned char fill;
};

/* Random taking and giving back; each piece keeps its own bytes. Returns a hash of all offsets. */
static uint64_t
churn(struct region *r, struct piece *p, unsigned steps, uint64_t seed)
{
	uint64_t x = seed, sum = 0;

	for (unsigned i = 0; i < steps; i++) {
		struct piece *one = &p[next(&x) % PIECES];

		if (one->at) {
			const unsigned char *b = region_at(r, one->at);

			for (size_t j = 0; j < one->n; j++)
				cr_assert_eq(
					b[j], one->fill, "a piece was written by its neighbour");
			region_free_piece(r, one->at, one->n);
			one->at = 0;
			continue;
		}
		one->n = 1 + next(&x) % (x % 17 == 0 ? 20000 : 200);
		one->at = region_alloc(r, one->n);
		if (!one->at)
			continue;
		sum = sum * 31 + one->at;
		for (size_t j = 0; j < region_room(one->n); j++)
			cr_assert_eq(((unsigned char *)region_at(r, one->at))[j], 0,
				"pieces come zeroed");
		one->fill = (unsigned char)(x | 1);
		memset(region_at(r, one->at), one->fill, one->n);
	}
	return sum;
}

Test(region, pieces_do_not_overlap_and_repeat)
{
	struct region *a = region_new(1 << 20), *b = region_new(1 << 20);
	static struct piece pa[PIECES], pb[PIECES];

	cr_expect_eq(churn(a, pa, 20000, 7), churn(b, pb, 20000, 7),
		"the same calls must give the same offsets, or replay differs");
	region_destroy(a);
	region_destroy(b);
}

Test(region, freed_neighbours_grow_together)
{
	struct region *r = region_new(1 << 20);
	roff p[20000];
	size_t n = 0;

	while ((p[n] = region_alloc(r, 64)) != 0)
		n++;
	cr_expect_gt(n, 15000u, "most of the limit can be had");
	cr_expect_eq(region_alloc(r, 256 << 10), 0u);
	for (size_t i = 0; i < n; i++)
		region_free_piece(r, p[i], 64);
	cr_expect_eq(region_used(r), 0u);
	cr_expect_neq(region_alloc(r, 256 << 10), 0u, "small pieces must become a large one again");
	region_destroy(r);
}

Test(region, limits)
{
	struct region *r = region_new(1 << 20);

	cr_expect_eq(region_alloc(r, SIZE_MAX), 0u);
	cr_expect_eq(region_alloc(r, 2 << 20), 0u);
	cr_expect_neq(region_alloc(r, 0), 0u, "an empty piece has a place of its own");
	cr_expect_null(region_at(r, 0));
	region_free_piece(r, 0, 10);
	region_destroy(r);
}

static FILE *
saved(const struct region *r)
{
	FILE *f = tmpfile();

	cr_assert_eq(region_save(r, fileno(f)), 0);
	cr_assert_eq((size_t)lseek(fileno(f), 0, SEEK_CUR), region_extent(r));
	lseek(fileno(f), 0, SEEK_SET);
	return f;
}

Test(region, goes_on_after_a_restore)
{
	struct region *a = region_new(4 << 20), *b = region_new(8 << 20);
	static struct piece pa[PIECES], pb[PIECES];
	FILE *f;

	churn(a, pa, 5000, 3);
	strcpy(region_root(a), "root");
	f = saved(a);
	churn(b, pb, 100, 5);
	cr_assert_eq(region_load(b, fileno(f)), 0);
	memcpy(pb, pa, sizeof(pa));
	cr_expect_str_eq(region_root(b), "root");
	cr_expect_eq(region_used(a), region_used(b));
	cr_expect_eq(churn(a, pa, 5000, 11), churn(b, pb, 5000, 11),
		"a restored region must hand out what the other would have");
	fclose(f);
	region_destroy(a);
	region_destroy(b);
}

Test(region, one_without_pieces_is_saved_too)
{
	char path[] = "/tmp/regionXXXXXX";
	int fd = mkstemp(path);
	struct region *a = region_new((size_t)64 << 20), *b = region_new((size_t)64 << 20);

	unlink(path);
	cr_expect_eq(region_save(a, fd), 0, "a checkpoint may come before the first piece");
	lseek(fd, 0, SEEK_SET);
	cr_expect_eq(region_load(b, fd), 0);
	cr_expect_neq(region_alloc(b, 100), 0);
	close(fd);
	region_destroy(a);
	region_destroy(b);
}

Test(region, damage_is_seen)
{
	struct region *a = region_new(1 << 20), *b = region_new(1 << 20),
		      *small = region_new(1 << 16);
	static struct piece pa[PIECES];
	FILE *f;
	off_t places[] = {3, 5000, 40000};

	churn(a, pa, 3000, 3);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		f = saved(a);
		cr_assert_eq(pwrite(fileno(f), "\x5a\xa5\x77", 3, places[i]), 3);
		cr_expect_eq(region_load(b, fileno(f)), ERR_CORRUPT, "byte %ld", (long)places[i]);
		cr_expect_eq(region_used(b), 0u, "what is damaged must not be half there");
		fclose(f);
	}
	f = saved(a);
	cr_assert_eq(ftruncate(fileno(f), 30000), 0);
	cr_expect_eq(region_load(b, fileno(f)), ERR_CORRUPT, "a cut file");
	fclose(f);
	f = saved(a);
	cr_expect_eq(region_load(small, fileno(f)), ERR_LIMIT);
	fclose(f);
	cr_expect_neq(region_alloc(b, 100), 0u, "and it can still be used");
	region_destroy(a);
	region_destroy(b);
	region_destroy(small);
}

Test(region, reset_is_new)
{
	struct region *a = region_new(1 << 20), *b = region_new(1 << 20);
	static struct piece pa[PIECES], pb[PIECES];

	churn(a, pa, 3000, 3);
	region_reset(a);
	memset(pa, 0, sizeof(pa));
	cr_expect_eq(churn(a, pa, 3000, 9), churn(b, pb, 3000, 9));
	region_destroy(a);
	region_destroy(b);
}
