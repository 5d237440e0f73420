#include "intake/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#define READ_BYTES   ((size_t)256 << 10)
#define PACKED_BYTES ((size_t)64 << 10)

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_OVER };

struct file_lines {
	int fd;
	size_t max;
	char *buf; /* text; [at, n) is not yet given out */
	size_t at, n, cap;
	size_t seen;      /* bytes from `at` that hold no LF */
	uint64_t offset;  /* of buf[at] in the text */
	uint64_t dropped; /* bytes of the pending line behind its first max ones */
	bool known;
	uint64_t stream;
	size_t print; /* bytes at the beginning that the id was made from */
	enum packing packing;
	z_stream z;
	unsigned char *packed;
	bool early; /* the gzip stream is not at its end */
	char why[96];
};

struct file_lines *
file_lines_take(int fd, size_t max)
{
	struct file_lines *l = mem_zero(1, sizeof(*l));

	l->fd = fd;
	l->max = max;
	return l;
}

int
file_lines_open(const char *path, size_t max, struct file_lines **ret)
{
	bool in = strcmp(path, "-") == 0;
	int fd = in ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return ERR_IO;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		return ERR_IO;
	}
	*ret = file_lines_take(fd, max);
	return 0;
}

static void
end_packing(struct file_lines *l)
{
	if (l->packed)
		inflateEnd(&l->z);
	mem_free(l->packed);
	l->packed = NULL;
}

void
file_lines_close(struct file_lines *l)
{
	if (!l)
		return;
	end_packing(l);
	close(l->fd);
	mem_free(l->buf);
	mem_free(l);
}

const char *
file_lines_why(const struct file_lines *l)
{
	return l->why[0] ? l->why : NULL;
}

uint64_t
file_lines_offset(const struct file_lines *l)
{
	return l->offset;
}

void
file_lines_rewind(struct file_lines *l)
{
	end_packing(l);
	lseek(l->fd, 0, SEEK_SET);
	l->at = l->n = l->seen = l->print = 0;
	l->offset = l->dropped = l->stream = 0;
	l->known = l->early = false;
	l->packing = PACKING_UNKNOWN;
	l->why[0] = 0;
}

static ssize_t
read_some(struct file_lines *l, void *to, size_t n)
{
	ssize_t got;

	do
		got = read(l->fd, to, n);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno != EAGAIN)
		snprintf(l->why, sizeof(l->why), "read error: %s", strerror(errno));
	return got < 0 ? 0 : got;
}

/* Unpack into `to`; 0 = nothing more is there. */
static size_t
unpack(struct file_lines *l, char *to, size_t room)
{
	l->z.next_out = (unsigned char *)to;
	l->z.avail_out = (unsigned)room;
	while (l->z.avail_out == room && l->packing == PACKING_GZIP) {
		int rc;

		if (l->z.avail_in == 0) {
			ssize_t got = read_some(l, l->packed, PACKED_BYTES);

			if (got == 0)
				break;
			l->z.next_in = l->packed;
			l->z.avail_in = (unsigned)got;
		}
		if (!l->early) {
			/* Between members: another one, or padding that ends it. */
			if (l->z.next_in[0] != 0x1f) {
				l->packing = PACKING_OVER;
				break;
			}
			inflateReset(&l->z);
			l->early = true;
		}
		rc = inflate(&l->z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END) {
			l->early = false;
		} else if (rc != Z_OK && rc != Z_BUF_ERROR) {
			snprintf(l->why, sizeof(l->why), "damaged gzip data: %s",
				l->z.msg ? l->z.msg : "unknown");
			l->packing = PACKING_OVER;
		}
	}
	return room - l->z.avail_out;
}

/* Plain or packed? Told by the first two bytes; one alone waits for the second or the end. */
static bool
find_packing(struct file_lines *l, bool last)
{
	unsigned char *head = (unsigned char *)l->buf;
	size_t n = l->n;

	while (n < 2) {
		ssize_t got = read_some(l, l->buf + n, l->cap - n);

		if (got == 0)
			break;
		n += (size_t)got;
	}
	l->n = n;
	if (n < 2 && !last)
		return false;
	l->packing = PACKING_NONE;
	if (n < 2 || head[0] != 0x1f || head[1] != 0x8b)
		return true;
	l->packed = mem_alloc(n > PACKED_BYTES ? n : PACKED_BYTES);
	memcpy(l->packed, l->buf, n);
	l->z = (z_stream){.next_in = l->packed, .avail_in = (unsigned)n};
	l->n = 0;
	if (inflateInit2(&l->z, 15 + 16) != Z_OK) {
		mem_free(l->packed);
		l->packed = NULL;
		l->packing = PACKING_OVER;
		snprintf(l->why, sizeof(l->why), "gzip data cannot be unpacked");
		return true;
	}
	l->packing = PACKING_GZIP;
	l->early = true;
	return true;
}

/* More text behind what is there; false = none for now. */
static bool
fill(struct file_lines *l, bool last)
{
	size_t want = l->max + READ_BYTES, had = l->n;

	if (l->at > 0) {
		if (l->n > l->at)
			memmove(l->buf, l->buf + l->at, l->n - l->at);
		l->n -= l->at;
		had = l->n;
		l->at = 0;
	}
	if (l->cap < want) {
		l->buf = mem_resize(l->buf, want);
		l->cap = want;
	}
	if (l->packing == PACKING_UNKNOWN) {
		if (!find_packing(l, last))
			return false;
		if (l->packing == PACKING_NONE)
			return l->n > had;
	}
	if (l->packing == PACKING_GZIP)
		l->n += unpack(l, l->buf + l->n, l->cap - l->n);
	else if (l->packing == PACKING_NONE)
		l->n += (size_t)read_some(l, l->buf + l->n, l->cap - l->n);
	return l->n > had;
}

/* How many bytes at the beginning name the file; 0 = not all of them are there. */
static size_t
print_length(struct str text)
{
	size_t from = 0;
	bool header = true; /* the next line without # may still be a CSV header */

	if (text.n > FILE_PRINT)
		text.n = FILE_PRINT;
	for (;;) {
		struct str rest = {text.p + from, text.n - from};
		ptrdiff_t lf = str_chr(rest, '\n');
		bool digit = false;

		if (lf < 0)
			return text.n == FILE_PRINT ? FILE_PRINT : 0;
		for (ptrdiff_t i = 0; i < lf && !digit; i++)
			digit = is_digit(rest.p[i]);
		if (rest.p[0] != '#') {
			if (digit || !header)
				return from + (size_t)lf;
			header = false;
		}
		from += (size_t)lf + 1;
	}
}

int
file_lines_stream(struct file_lines *l, bool settle, uint64_t *ret)
{
	while (!l->known) {
		struct str text = {l->buf + l->at, l->n - l->at};

		l->print = text.n ? print_length(text) : 0;
		if (l->print == 0) {
			if (l->n < FILE_PRINT && fill(l, settle))
				continue;
			if (!settle || l->n == l->at)
				return ERR_AGAIN;
			l->print = l->n - l->at < FILE_PRINT ? l->n - l->at : FILE_PRINT;
		}
		l->stream = hash_id(l->buf + l->at, l->print).lo;
		l->known = true;
	}
	*ret = l->stream;
	return 0;
}

int
file_lines_seek(struct file_lines *l, uint64_t offset)
{
	struct stat st;

	if (l->packing == PACKING_NONE) {
		if (fstat(l->fd, &st) < 0 || (uint64_t)st.st_size < offset ||
			lseek(l->fd, (off_t)offset, SEEK_SET) < 0)
			return ERR_NOT_FOUND;
		l->at = l->n = l->seen = 0;
		l->offset = offset;
		return 0;
	}
	while (l->offset < offset) {
		size_t have = l->n - l->at;

		if (have > offset - l->offset)
			have = (size_t)(offset - l->offset);
		l->at += have;
		l->offset += have;
		if (l->offset < offset && !fill(l, false))
			return ERR_NOT_FOUND;
	}
	return 0;
}

bool
file_lines_changed(const struct file_lines *l)
{
	char now[FILE_PRINT];
	struct stat st;
	ssize_t got;

	if (!l->known || l->packing != PACKING_NONE || fstat(l->fd, &st) < 0 ||
		!S_ISREG(st.st_mode))
		return false;
	if ((uint64_t)st.st_size < l->offset + l->dropped + (l->n - l->at))
		return true;
	got = pread(l->fd, now, l->print, 0);
	return got >= 0 && ((size_t)got < l->print || hash_id(now, l->print).lo != l->stream);
}

void
file_lines_rest(struct file_lines *l)
{
	size_t have = l->n - l->at;

	if (have == 0) {
		mem_free(l->buf);
		l->buf = NULL;
		l->cap = 0;
	} else {
		memmove(l->buf, l->buf + l->at, have);
		l->buf = mem_resize(l->buf, have);
		l->cap = have;
	}
	l->at = 0;
	l->n = have;
}

/* The line in [at, at + len), which ended (or not, at the very end) with a LF. */
static void
give(struct file_lines *l, size_t len, bool lf, struct file_line *ret)
{
	struct str bytes = {l->buf + l->at, len};
	uint64_t whole = len + l->dropped;

	*ret = (struct file_line){.stream = l->stream,
		.offset = l->offset,
		.next = l->offset + whole + lf,
		.truncated = l->dropped > 0};
	if (!ret->truncated && bytes.n > 0 && bytes.p[bytes.n - 1] == '\r')
		bytes.n--;
	if (bytes.n > l->max) {
		bytes.n = l->max;
		ret->truncated = true;
	}
	ret->bytes = bytes;
	l->at += len + lf;
	l->offset = ret->next;
	l->dropped = 0;
	l->seen = 0;
}

enum file_step
file_lines_step(struct file_lines *l, bool last, struct file_line *ret)
{
	uint64_t stream;

	if (file_lines_stream(l, last, &stream) < 0)
		return last ? FILE_STEP_END : FILE_STEP_WAIT;
	for (;;) {
		size_t have = l->n - l->at;
		const char *lf = have > l->seen
					 ? memchr(l->buf + l->at + l->seen, '\n', have - l->seen)
					 : NULL;

		if (lf) {
			give(l, (size_t)(lf - l->buf) - l->at, true, ret);
			return FILE_STEP_LINE;
		}
		/* Too long, even if it ended in CR now: keep the first max bytes only. */
		if (have >= l->max + 2) {
			l->dropped += have - l->max;
			l->n = l->at + l->max;
			have = l->max;
		}
		l->seen = have;
		if (fill(l, last))
			continue;
		if (!last)
			return l->why[0] || l->packing == PACKING_OVER ? FILE_STEP_END
								       : FILE_STEP_WAIT;
		if (have + l->dropped == 0)
			return FILE_STEP_END;
		give(l, have, false, ret);
		return FILE_STEP_LINE;
	}
}

bool
file_lines_next(struct file_lines *l, struct file_line *ret)
{
	/* A pipe that has nothing now is not at its end: read blocks there. */
	if (file_lines_step(l, true, ret) == FILE_STEP_LINE)
		return true;
	if (l->packing == PACKING_GZIP && l->early && !l->why[0])
		snprintf(l->why, sizeof(l->why), "gzip data ends early");
	return false;
}
