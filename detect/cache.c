#include "detect/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define MAGIC     "noroshi literals 1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define HEAD_LEN  (MAGIC_LEN + 16 + 8) /* magic, key, number of databases */
#define SUM_LEN   16u
#define BYTES_MAX ((size_t)256 << 20)
#define FILE_NAME "literals.bin"

static void
add_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void
add_str(struct buf *b, struct str s)
{
	add_u64(b, s.n);
	buf_add_str(b, s);
}

/* All that the databases depend on. */
static struct hash128
key_of(const struct ruleset *rs)
{
	struct buf b = {0};
	struct hash128 key;
	hs_platform_info_t here = {0};

	hs_populate_platform(&here);
	add_str(&b, STR(NOROSHI_VERSION));
	add_str(&b, str_of(hs_version()));
	add_u64(&b, here.tune);
	add_u64(&b, here.cpu_features);
	for (size_t i = 0; i < rs->nshards; i++) {
		add_u64(&b, rs->shards[i].n);
		for (size_t k = 0; k < rs->shards[i].n; k++) {
			add_u64(&b, rs->shards[i].items[k]);
			add_str(&b, rs->witnesses[rs->shards[i].items[k]].text);
		}
	}
	key = hash_id(b.p, b.n);
	buf_done(&b);
	return key;
}

static uint64_t
take_u64(struct str *s)
{
	uint64_t v = 0;

	if (s->n < sizeof(v)) {
		s->n = 0;
		return 0;
	}
	memcpy(&v, s->p, sizeof(v));
	str_skip(s, sizeof(v));
	return v;
}

static void
forget(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->nshards; i++) {
		hs_free_database(rs->shards[i].db);
		rs->shards[i].db = NULL;
	}
}

/* NULL: all are filled. Else what is wrong with the file. */
static const char *
unpack(struct ruleset *rs, struct str s)
{
	for (size_t i = 0; i < rs->nshards; i++) {
		uint64_t n = take_u64(&s);

		if (n == 0 || n > s.n)
			return "it ends too early";
		if (hs_deserialize_database(s.p, n, &rs->shards[i].db) != HS_SUCCESS ||
			hs_alloc_scratch(rs->shards[i].db, &rs->scratch) != HS_SUCCESS)
			return "the scanner does not take it";
		str_skip(&s, n);
	}
	return s.n ? "it is too long" : NULL;
}

/* Whose file is it? The scanner follows what it holds without asking. */
static bool
is_trusted(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 022) &&
	       (st.st_uid == 0 || st.st_uid == geteuid());
}

static void
tell(struct diag *why, const char *path, const char *what)
{
	diag_add(why, DIAG_WARNING, path, 0, 0,
		"the compiled literals kept here are left alone, and made anew: %s", what);
}

static bool
check(struct ruleset *rs, const char *path, struct str s, struct diag *why)
{
	struct hash128 key = key_of(rs), sum, own;
	const char *wrong = NULL;

	if (s.n < HEAD_LEN + SUM_LEN || memcmp(s.p, MAGIC, MAGIC_LEN) != 0) {
		tell(why, path, "it is no such file, or cut short");
		return false;
	}
	memcpy(&own, s.p + MAGIC_LEN, sizeof(own));
	memcpy(&sum, s.p + s.n - SUM_LEN, sizeof(sum));
	s.n -= SUM_LEN;
	if (!hash128_eq(sum, hash_id(s.p, s.n))) {
		tell(why, path, "it was damaged");
		return false;
	}
	if (!hash128_eq(key, own))
		return false; /* other rules, another version, another machine: nothing odd */
	str_skip(&s, MAGIC_LEN + sizeof(own));
	if (take_u64(&s) != rs->nshards)
		wrong = "it holds another number of databases than it says";
	else
		wrong = unpack(rs, s);
	if (!wrong)
		return true;
	forget(rs);
	tell(why, path, wrong);
	return false;
}

bool
cache_read(struct ruleset *rs, const char *folder, struct diag *why)
{
	struct buf path = {0}, bytes = {0};
	bool ok = false;

	buf_printf(&path, "%s/" FILE_NAME, folder);
	if (access(buf_z(&path), F_OK) == 0 && !is_trusted(path.p))
		tell(why, path.p, "others than its owner can write it, or it is not yours");
	else if (file_read(path.p, BYTES_MAX, &bytes) == 0)
		ok = check(rs, path.p, buf_str(&bytes), why);
	buf_done(&path);
	buf_done(&bytes);
	return ok;
}

/* False: the scanner gives none away. */
static bool
pack(const struct ruleset *rs, struct buf *out)
{
	struct hash128 key = key_of(rs), sum;

	buf_add(out, MAGIC, MAGIC_LEN);
	buf_add(out, &key, sizeof(key));
	add_u64(out, rs->nshards);
	for (size_t i = 0; i < rs->nshards; i++) {
		char *bytes = NULL;
		size_t n = 0;

		if (hs_serialize_database(rs->shards[i].db, &bytes, &n) != HS_SUCCESS)
			return false;
		add_u64(out, n);
		buf_add(out, bytes, n);
		free(bytes);
	}
	sum = hash_id(out->p, out->n);
	buf_add(out, &sum, sizeof(sum));
	return true;
}

void
cache_write(const struct ruleset *rs, const char *folder, struct diag *why)
{
	struct buf path = {0}, bytes = {0};

	buf_printf(&path, "%s/" FILE_NAME, folder);
	if (pack(rs, &bytes) && bytes.n <= BYTES_MAX &&
		(file_make_dirs(folder, 0700) < 0 ||
			file_replace(buf_z(&path), buf_str(&bytes), 0600) < 0))
		diag_add(why, DIAG_WARNING, buf_z(&path), 0, 0,
			"cannot keep compiled literals for the next start: %s; start will take "
			"longer",
			strerror(errno));
	buf_done(&path);
	buf_done(&bytes);
}
