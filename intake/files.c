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
#include "intake/files_header.h"

#define READ_BYTES   ((size_t)256 << 10)
#define PACKED_BYTES ((size_t)64 << 10)
#define JOIN_LINES   512u /* in one record */

static unsigned
unit(const struct file_lines *l)
{
	return l->unicode == FILE_BYTES ? 1 : 2;
}

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
	buf_done(&l->lead);
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
	header_forget(l);
	l->unicode = FILE_BYTES;
	l->plain_to = 0;
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
		header_begin(l, (struct str){l->buf + l->at,
					l->print + 2 < l->n - l->at ? l->print + 2 : l->n - l->at});
	}
	*ret = l->stream;
	return 0;
}

/* The last #Fields line before `offset`, looked for from there back to the beginning. */
static void
seek_header(struct file_lines *l, uint64_t offset)
{
	static const size_t overlap = 64; /* more than what is looked for */
	size_t window = READ_BYTES;
	char *text;

	text = mem_alloc(window + overlap + BATCH_LEAD_MAX);
	for (uint64_t end = offset; end > 0;) {
		uint64_t from = end > window ? end - window : 0;
		size_t want = (size_t)(end - from) + (end < offset ? overlap : 0);
		ssize_t got = pread(l->fd, text, want, (off_t)from), at = -1;

		for (ssize_t i = got; i-- > 0 && at < 0;)
			if ((i == 0 ? from == 0 : text[i - 1] == '\n') && text[i] == '#' &&
				header_is_fields((struct str){text + i, (size_t)(got - i)}))
				at = i;
		if (at >= 0) {
			const char *lf;

			got = pread(l->fd, text, BATCH_LEAD_MAX, (off_t)from + at);
			lf = got > 0 ? memchr(text, '\n', (size_t)got) : NULL;
			if (lf)
				header_see(l, (struct str){text, (size_t)(lf - text)});
			break;
		}
		end = from;
	}
	mem_free(text);
}

/* Packed text can only be gone through: one line of it, not beyond `offset`. False: there is no
 * more. */
static bool
skip_line(struct file_lines *l, uint64_t offset)
{
	struct str have = {l->buf + l->at, l->n - l->at};
	const char *lf;

	if (have.n > offset - l->offset)
		have.n = (size_t)(offset - l->offset);
	lf = have.n ? memchr(have.p, '\n', have.n) : NULL;
	if (!lf && l->offset + have.n < offset && have.n < l->max)
		return fill(l, false);
	if (lf) {
		header_see(l, (struct str){have.p, (size_t)(lf - have.p)});
		have.n = (size_t)(lf - have.p) + 1;
	}
	l->at += have.n;
	l->offset += have.n;
	return true;
}

int
file_lines_seek(struct file_lines *l, uint64_t offset, bool fields)
{
	struct stat st;

	if (l->packing == PACKING_NONE) {
		if (fstat(l->fd, &st) < 0 || (uint64_t)st.st_size < offset ||
			lseek(l->fd, (off_t)offset, SEEK_SET) < 0)
			return ERR_NOT_FOUND;
		l->at = l->n = l->seen = 0;
		l->offset = offset;
		if (fields || l->comments)
			seek_header(l, offset);
		return 0;
	}
	while (l->offset < offset)
		if (!skip_line(l, offset))
			return ERR_NOT_FOUND;
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
	size_t end = lf ? unit(l) : 0;
	uint64_t whole = len + l->dropped;

	*ret = (struct file_line){.stream = l->stream,
		.offset = l->offset,
		.next = l->offset + whole + end,
		.unicode = l->unicode,
		.truncated = l->dropped > 0};
	if (!ret->truncated)
		header_trim(l->unicode, &bytes);
	if (bytes.n > l->max) {
		bytes.n = l->max;
		ret->truncated = true;
	}
	ret->bytes = bytes;
	header_see(l, bytes);
	ret->lead = buf_str(&l->lead);
	l->at += len + end;
	l->offset = ret->next;
	l->dropped = 0;
	l->seen = l->from = l->first = 0;
	l->joined = 0;
}

/* The pending lines are no record, or one that nobody will wait for: the first of them alone. */
static void
give_first(struct file_lines *l, size_t have, struct file_line *ret)
{
	l->plain_to = l->offset + have;
	give(l, l->first, true, ret);
}

/* A line ends at `len`: does it begin an event while another, cut off, is still open? */
static bool
begins_anew(const struct file_lines *l, size_t len)
{
	return l->joined > 0 && l->join == JOIN_EVENT &&
	       header_opens_event(
		       l->unicode, (struct str){l->buf + l->at + l->from, len - l->from});
}

/* A line ends at `len`: is it inside a record that goes on? */
static bool
goes_on(struct file_lines *l, size_t len)
{
	struct str line = {l->buf + l->at + l->from, len - l->from};

	if (l->offset < l->plain_to)
		return false;
	if (l->joined == 0) {
		l->odd = false;
		l->first = len;
		l->join = header_opens_event(l->unicode, line) ? JOIN_EVENT
			  : l->quotes                          ? JOIN_QUOTES
							       : JOIN_NONE;
	}
	switch (l->join) {
	case JOIN_EVENT:
		return !header_closes_event(l->unicode, line);
	case JOIN_QUOTES:
		l->odd ^= header_odd_quotes(line);
		return l->odd;
	case JOIN_NONE:
		break;
	}
	return false;
}

/* The next LF at or behind l->seen, from l->at; -1: none. */
static ptrdiff_t
next_end(const struct file_lines *l)
{
	size_t have = l->n - l->at;

	for (size_t from = l->seen; from < have;) {
		const char *lf = memchr(l->buf + l->at + from, '\n', have - from);
		size_t at = lf ? (size_t)(lf - l->buf) - l->at : 0;

		if (!lf)
			return -1;
		if (l->unicode == FILE_BYTES)
			return (ptrdiff_t)at;
		/* Lines begin at even places. */
		if (l->unicode == FILE_UTF16LE && at % 2 == 0 && at + 1 < have && lf[1] == 0)
			return (ptrdiff_t)at;
		if (l->unicode == FILE_UTF16BE && at % 2 == 1 && lf[-1] == 0)
			return (ptrdiff_t)at - 1;
		from = at + 1;
	}
	return -1;
}

enum file_step
file_lines_step(struct file_lines *l, bool last, struct file_line *ret)
{
	uint64_t stream;

	if (file_lines_stream(l, last, &stream) < 0)
		return last ? FILE_STEP_END : FILE_STEP_WAIT;
	for (;;) {
		size_t have = l->n - l->at;
		ptrdiff_t end = next_end(l);

		if (end >= 0 && begins_anew(l, (size_t)end)) {
			give_first(l, l->from, ret);
			return FILE_STEP_LINE;
		}
		if (end >= 0 && !goes_on(l, (size_t)end)) {
			give(l, (size_t)end, true, ret);
			return FILE_STEP_LINE;
		}
		if (end >= 0) {
			l->seen = l->from = (size_t)end + unit(l);
			if (++l->joined < JOIN_LINES)
				continue;
			give_first(l, have, ret);
			return FILE_STEP_LINE;
		}
		/* Too long, even if it ended in CR now: keep the first max bytes only. */
		if (have >= l->max + 2 * unit(l)) {
			if (l->joined) {
				give_first(l, have, ret);
				return FILE_STEP_LINE;
			}
			l->dropped += have - l->max;
			l->n = l->at + l->max;
			have = l->max;
		}
		/* The second half of a unit may be still to come. */
		l->seen = have - (l->unicode == FILE_UTF16LE && have > 0);
		if (fill(l, last))
			continue;
		if (!last && !l->impatient)
			return l->why[0] || l->packing == PACKING_OVER ? FILE_STEP_END
								       : FILE_STEP_WAIT;
		l->impatient = false;
		if (l->joined) {
			give_first(l, have, ret);
			return FILE_STEP_LINE;
		}
		if (!last)
			return FILE_STEP_WAIT;
		if (have + l->dropped == 0)
			return FILE_STEP_END;
		give(l, have, false, ret);
		return FILE_STEP_LINE;
	}
}

void
file_lines_settle(struct file_lines *l)
{
	l->impatient = l->joined > 0;
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
