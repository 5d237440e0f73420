#include "base/alertlog.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alertfile.h"
#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define LINE_MAX_BYTES ((size_t)4 << 20) /* an alert with its records */
#define IDS_MAX        (1u << 18)        /* remembered ids; a power of two */

/* The newest ids in a ring, found through an open-addressed table of ring places. */
struct ids {
	struct hash128 *ring;
	uint32_t *slots; /* ring place + 1 */
	uint64_t added;
	uint32_t cap; /* of the ring; slots has twice as many */
};

struct alertlog {
	char *dir;
	int fd;
	uint64_t next;    /* number of the next alert */
	uint64_t damaged; /* lines that open found unreadable */
	uint64_t written; /* bytes of the open file that are whole lines */
	uint64_t file_bytes;
	struct buf pending;
	struct ids ids;
	bool broken; /* an fsync failed: what is on disk is not known */
};

/* ---- ids ---- */

static uint32_t
id_probe(const struct ids *t, struct hash128 id)
{
	uint32_t mask = t->cap * 2 - 1, at = (uint32_t)id.lo & mask;

	while (t->slots[at]) {
		struct hash128 there = t->ring[t->slots[at] - 1];

		if (there.lo == id.lo && there.hi == id.hi)
			break;
		at = (at + 1) & mask;
	}
	return at;
}

static void
ids_rebuild(struct ids *t, uint32_t cap, uint64_t keep)
{
	struct ids fresh = {.cap = cap};

	fresh.ring = mem_zero(cap, sizeof(*fresh.ring));
	fresh.slots = mem_zero((size_t)cap * 2, sizeof(*fresh.slots));
	for (uint64_t i = t->added - keep; i < t->added; i++) {
		struct hash128 id = t->ring[i % t->cap];
		uint32_t at = id_probe(&fresh, id);

		if (fresh.slots[at])
			continue;
		fresh.ring[fresh.added] = id;
		fresh.slots[at] = (uint32_t)++fresh.added;
	}
	mem_free(t->ring);
	mem_free(t->slots);
	*t = fresh;
}

static void
ids_add(struct ids *t, struct hash128 id)
{
	uint32_t at;

	if (t->cap == 0)
		ids_rebuild(t, 1024, 0);
	/* Full: wider, and at the bound forget the older half (rare, so the copy costs little). */
	if (t->added == t->cap) {
		bool widest = t->cap == IDS_MAX;

		ids_rebuild(t, widest ? t->cap : t->cap * 2, widest ? t->cap / 2 : t->cap);
	}
	at = id_probe(t, id);
	if (t->slots[at])
		return;
	t->ring[t->added] = id;
	t->slots[at] = (uint32_t)++t->added;
}

/* alert_json writes the id before any text that stood in a log, so the first hit is the alert's. */
static bool
id_of(struct str json, struct hash128 *ret)
{
	struct str key = STR("\"noroshi.alert.id\":\"");
	ptrdiff_t at = str_find(json, key);

	if (at < 0)
		return false;
	str_skip(&json, (size_t)at + key.n);
	return json.n >= 32 && hash128_parse((struct str){json.p, 32}, ret);
}

/* ---- opening ---- */

struct loaded {
	uint64_t next;    /* number behind the last line that continues the row without a hole */
	uint64_t whole;   /* bytes up to there */
	uint64_t highest; /* of all whole lines, also those behind damage */
	uint64_t damaged; /* lines that end in a newline and do not hold what was written */
};

static void
load_lines(struct alertlog *l, struct str all, uint64_t first, struct loaded *ret)
{
	struct str s = all, json;
	struct hash128 id;
	uint64_t number;
	int rc;

	*ret = (struct loaded){.next = first};
	while ((rc = alertfile_take(&s, &number, &json)) != 0) {
		if (rc < 0 || number < ret->next) {
			ret->damaged++;
			str_skip(&s, (size_t)str_chr(s, '\n') + 1);
			continue;
		}
		if (number == ret->next && ret->damaged == 0) {
			ret->next++;
			ret->whole = all.n - s.n;
		}
		ret->highest = number;
		if (id_of(json, &id))
			ids_add(&l->ids, id);
	}
}

static int
start_file(struct alertlog *l)
{
	char *path = alertfile_path(l->dir, l->next);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	int rc = 0;

	mem_free(path);
	if (fd < 0)
		return ERR_IO;
	if (file_sync_dir(l->dir) < 0)
		rc = ERR_IO;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	if (l->fd >= 0)
		close(l->fd);
	l->fd = fd;
	l->written = 0;
	return 0;
}

/* Nothing that may have been an alert is destroyed: the bytes behind the break go to a file beside.
 */
static int
set_aside(const char *path, struct str rest)
{
	struct buf b = {0};
	int rc;

	buf_printf(&b, "%s.cut", path);
	rc = file_replace(buf_z(&b), rest, 0644);
	buf_done(&b);
	return rc;
}

/*
 * The last file: what is torn at its end is cut. If whole lines stand behind the break it was not a
 * torn write but damage: the numbers go on behind the highest, because a reader may have taken it.
 */
static int
continue_file(struct alertlog *l, const char *path, struct str all, const struct loaded *in)
{
	int rc = 0;

	l->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (l->fd < 0)
		return ERR_IO;
	if (in->whole < all.n) {
		if (in->highest >= in->next)
			rc = set_aside(path, all);
		if (rc == 0 && (ftruncate(l->fd, (off_t)in->whole) < 0 || fdatasync(l->fd) < 0))
			rc = ERR_IO;
	}
	l->written = in->whole;
	l->next = in->next;
	if (rc == 0 && in->highest >= in->next) {
		l->next = in->highest + 1;
		rc = start_file(l);
	}
	return rc;
}

static int
load(struct alertlog *l)
{
	uint64_t *files = NULL;
	size_t n = 0;
	int rc = alertfile_list(l->dir, &files, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char *path = alertfile_path(l->dir, files[i]);
		struct buf b = {0};
		struct loaded in;

		rc = file_read(path, SIZE_MAX / 2, &b);
		if (rc == 0) {
			load_lines(l, buf_str(&b), files[i], &in);
			l->damaged += in.damaged;
			if (i + 1 == n)
				rc = continue_file(l, path, buf_str(&b), &in);
		}
		buf_done(&b);
		mem_free(path);
	}
	if (rc == 0 && n == 0)
		rc = start_file(l);
	mem_free(files);
	return rc;
}

int
alertlog_open(const char *dir, uint64_t file_bytes, uint64_t *last, struct alertlog **ret)
{
	struct alertlog *l;
	int rc = file_make_dirs(dir, 0750);

	if (rc < 0)
		return rc;
	l = mem_zero(1, sizeof(*l));
	l->dir = mem_copy_z(dir, strlen(dir));
	l->fd = -1;
	l->next = 1;
	l->file_bytes = file_bytes ? file_bytes : (uint64_t)16 << 20;
	rc = load(l);
	if (rc < 0) {
		alertlog_close(l);
		return rc;
	}
	*last = l->next - 1;
	*ret = l;
	return 0;
}

int
alertlog_append(struct alertlog *l, struct str json, uint64_t *ret)
{
	struct hash128 id;

	if (l->broken)
		return ERR_IO;
	if (json.n > LINE_MAX_BYTES || (json.n && memchr(json.p, '\n', json.n)))
		return ERR_SYNTAX;
	*ret = l->next++;
	buf_printf(&l->pending, "%llu %08x ", (unsigned long long)*ret,
		(unsigned)crc32c(0, json.p, json.n));
	buf_add_str(&l->pending, json);
	buf_add_char(&l->pending, '\n');
	if (id_of(json, &id))
		ids_add(&l->ids, id);
	CRASH_POINT("alertlog.after-append");
	return 0;
}

/* A write that did not go through whole is taken back, so that the next try begins at a line. */
static int
write_pending(struct alertlog *l)
{
	if (file_write_all(l->fd, l->pending.p, l->pending.n) < 0) {
		int why = errno;

		if (ftruncate(l->fd, (off_t)l->written) < 0)
			l->broken = true;
		errno = why;
		return ERR_IO;
	}
	return 0;
}

int
alertlog_sync(struct alertlog *l)
{
	int rc;

	if (l->broken)
		return ERR_IO;
	if (l->pending.n == 0)
		return 0;
	rc = write_pending(l);
	if (rc < 0)
		return rc;
	if (fdatasync(l->fd) < 0) {
		l->broken = true;
		return ERR_IO;
	}
	CRASH_POINT("alertlog.after-sync");
	l->written += l->pending.n;
	buf_clear(&l->pending);
	if (l->written >= l->file_bytes) {
		CRASH_POINT("alertlog.rotate");
		return start_file(l);
	}
	return 0;
}

bool
alertlog_has(const struct alertlog *l, struct str id)
{
	struct hash128 want;

	return l->ids.cap && hash128_parse(id, &want) && l->ids.slots[id_probe(&l->ids, want)];
}

uint64_t
alertlog_damaged(const struct alertlog *l)
{
	return l->damaged;
}

void
alertlog_release(struct alertlog *l, uint64_t number)
{
	uint64_t *files = NULL;
	size_t n = 0;

	if (alertfile_list(l->dir, &files, &n) < 0)
		return;
	for (size_t i = 0; i + 1 < n && files[i + 1] - 1 <= number; i++) {
		char *path = alertfile_path(l->dir, files[i]);

		unlink(path);
		mem_free(path);
	}
	mem_free(files);
}

void
alertlog_close(struct alertlog *l)
{
	if (!l)
		return;
	if (l->fd >= 0) {
		alertlog_sync(l);
		close(l->fd);
	}
	buf_done(&l->pending);
	mem_free(l->ids.ring);
	mem_free(l->ids.slots);
	mem_free(l->dir);
	mem_free(l);
}
