#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alertfile.h"
#include "base/alertlog.h"
#include "base/mem.h"

struct alertlog_reader {
	char *dir;
	uint64_t after; /* the last number given out */
	uint64_t first; /* the open file's; 0 = none open */
	int fd;
	struct buf b;
	size_t at; /* bytes of b taken */
	uint64_t damaged;
};

struct alertlog_reader *
alertlog_reader_new(const char *dir, uint64_t after)
{
	struct alertlog_reader *r = mem_zero(1, sizeof(*r));

	r->dir = mem_copy_z(dir, strlen(dir));
	r->after = after;
	r->fd = -1;
	return r;
}

/* The file to open next: at the start the one that holds after + 1, later the one behind the open.
 */
static uint64_t
next_file(const struct alertlog_reader *r)
{
	uint64_t *files = NULL, best = 0;
	size_t n = 0;

	if (alertfile_list(r->dir, &files, &n) < 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (r->first && files[i] > r->first) {
			best = files[i];
			break;
		}
		if (!r->first && (best == 0 || files[i] <= r->after + 1))
			best = files[i];
	}
	mem_free(files);
	return best;
}

static bool
open_file(struct alertlog_reader *r, uint64_t first)
{
	char *path = alertfile_path(r->dir, first);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	mem_free(path);
	if (fd < 0)
		return false;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = fd;
	r->first = first;
	buf_clear(&r->b);
	r->at = 0;
	return true;
}

static bool
fill(struct alertlog_reader *r)
{
	ssize_t got;

	if (r->at) {
		memmove(r->b.p, r->b.p + r->at, r->b.n - r->at);
		r->b.n -= r->at;
		r->at = 0;
	}
	do
		got = read(r->fd, buf_room(&r->b, 65536), 65536);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	r->b.n += (size_t)got;
	return true;
}

/* A line out of what is in memory. */
static bool
buffered(struct alertlog_reader *r, uint64_t *number, struct buf *json)
{
	while (r->at < r->b.n) {
		struct str s = {r->b.p + r->at, r->b.n - r->at}, text;
		int rc = alertfile_take(&s, number, &text);

		if (rc == 0)
			return false;
		if (rc < 0) {
			r->damaged++;
			str_skip(&s, (size_t)str_chr(s, '\n') + 1);
		}
		r->at = r->b.n - s.n;
		if (rc < 0 || *number <= r->after)
			continue;
		r->after = *number;
		buf_clear(json);
		buf_add_str(json, text);
		return true;
	}
	return false;
}

bool
alertlog_next(struct alertlog_reader *r, uint64_t *number, struct buf *json)
{
	bool last_look = false;
	uint64_t newer;

	for (;;) {
		if (r->fd >= 0) {
			do
				if (buffered(r, number, json))
					return true;
			while (fill(r));
		}
		newer = next_file(r);
		if (newer == 0)
			return false;
		/* Lines may have come between the end that was seen and the newer file. */
		if (r->fd >= 0 && !last_look) {
			last_look = true;
			continue;
		}
		if (!open_file(r, newer))
			return false;
		last_look = false;
	}
}

uint64_t
alertlog_reader_damaged(const struct alertlog_reader *r)
{
	return r->damaged;
}

void
alertlog_reader_free(struct alertlog_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	buf_done(&r->b);
	mem_free(r->dir);
	mem_free(r);
}
