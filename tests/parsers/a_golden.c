/*
 * a_golden.c - tests/golden/PRODUCT.log gives tests/golden/PRODUCT.ndjson, byte for byte.
 *
 * NOROSHI_GOLDEN=write writes the .ndjson anew; look at the difference before you keep it.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>

#include "a_house.h"
#include "base/file.h"

#define FOLDER "tests/golden"

static void
normalize(struct str log, struct buf *out)
{
	struct house h = {0};
	struct str line;

	while (log.n > 0) {
		str_cut(&log, '\n', &line);
		house_read(&h, line);
		for (uint32_t i = 0; i < batch_results(h.batch)->nrecords; i++) {
			const struct record *r = &batch_records(h.batch)[i];
			struct record_out how = {.names = h.names};

			record_json(h.batch, r, &how, out);
			buf_add_char(out, '\n');
		}
	}
	house_done(&h);
}

static void
check_file(const char *name)
{
	struct buf path = {0}, log = {0}, want = {0}, got = {0};
	size_t stem = strlen(name) - strlen(".log");

	buf_printf(&path, FOLDER "/%s", name);
	cr_assert_eq(file_read(buf_z(&path), 1 << 20, &log), 0, "%s", name);
	normalize(buf_str(&log), &got);
	buf_clear(&path);
	buf_printf(&path, FOLDER "/%.*s.ndjson", (int)stem, name);
	if (getenv("NOROSHI_GOLDEN"))
		cr_assert_eq(file_replace(buf_z(&path), buf_str(&got), 0644), 0);
	cr_assert_eq(file_read(buf_z(&path), 4 << 20, &want), 0, "%s has no .ndjson", name);
	cr_expect(str_eq(buf_str(&got), buf_str(&want)), "%s is read differently", name);
	buf_done(&path);
	buf_done(&log);
	buf_done(&want);
	buf_done(&got);
}

Test(golden, every_log)
{
	DIR *d = opendir(FOLDER);
	struct dirent *e;
	unsigned n = 0;

	cr_assert_not_null(d, "run the tests in the project's folder");
	while ((e = readdir(d)))
		if (str_ends(str_of(e->d_name), STR(".log"))) {
			check_file(e->d_name);
			n++;
		}
	closedir(d);
	cr_expect_gt(n, 0);
}
