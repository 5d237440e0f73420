/*
 * sink_file.c - one JSON object a line, each alert once.
 *
 * The note in cases.db names the file (device, inode) and how much of it was settled. After a death
 * between writing and noting, the lines behind that mark tell which alerts are there already; a
 * torn last line is cut. Standard output cannot be looked at: there, such a death may repeat lines.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "respond/sink.h"

#define SCAN_BYTES (64u << 20) /* more than any group; beyond it lines are not looked at */
#define PIPE_PIECE 4096u       /* POSIX PIPE_BUF here: a ready pipe takes it without waiting */

struct known {
	char (*ids)[33];
	size_t n, cap;
};

struct file_sink {
	char *path; /* NULL: standard output */
	int fd;
	dev_t dev;
	ino_t ino;
	struct known known; /* written before the last death, not noted */
	struct buf lines;
	bool looked; /* at what a predecessor left */
};

static int
file_open(struct sink *s, struct diag *why)
{
	struct file_sink *f = mem_zero(1, sizeof(*f));

	f->fd = -1;
	if (str_eq(s->set->path, STR("-"))) {
		f->fd = STDOUT_FILENO;
		f->looked = true;
	} else {
		f->path = mem_copy_z(s->set->path.p, s->set->path.n);
	}
	s->own = f;
	if (s->set->path.n > 0)
		return 0;
	diag_set(why, NULL, 0, "%.*s: no path", STR_ARG(s->set->name));
	mem_free(f->path);
	mem_free(f);
	return ERR_SYNTAX;
}

/* ---- what a predecessor left ---- */

static void
learn_line(struct known *k, struct str line)
{
	static const char mark[] = "\"noroshi.alert.id\":\"";
	ptrdiff_t at = str_find(line, STR("\"noroshi.alert.id\":\""));

	if (at < 0 || line.n - (size_t)at < sizeof(mark) - 1 + 33)
		return;
	str_skip(&line, (size_t)at + sizeof(mark) - 1);
	if (line.p[32] != '"')
		return;
	k->ids = mem_grow(k->ids, k->n, &k->cap, sizeof(*k->ids));
	memcpy(k->ids[k->n], line.p, 32);
	k->ids[k->n++][32] = 0;
}

/* Learn the whole lines of fd behind `from`; returns where the last whole line ends. */
static off_t
learn(struct known *k, int fd, off_t from, off_t end)
{
	struct buf b = {0};
	struct str rest, line;
	off_t whole = from;

	if (end - from > (off_t)SCAN_BYTES)
		end = from + (off_t)SCAN_BYTES;
	while (from < end) {
		ssize_t n = pread(fd, buf_room(&b, 65536), 65536, from);

		if (n <= 0)
			break;
		b.n += (size_t)n;
		from += n;
	}
	rest = buf_str(&b);
	while (str_chr(rest, '\n') >= 0) {
		str_cut(&rest, '\n', &line);
		whole += (off_t)line.n + 1;
		learn_line(k, line);
	}
	buf_done(&b);
	return whole;
}

/* The file that was rotated away between the death and now. */
static int
find_inode(const char *path, dev_t dev, ino_t ino)
{
	char *copy = mem_copy_z(path, strlen(path)), *dir = dirname(copy);
	DIR *d = opendir(dir);
	struct dirent *e;
	int fd = -1;

	while (d && fd < 0 && (e = readdir(d))) {
		struct stat st;

		if (e->d_ino != ino)
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_dev != dev || st.st_ino != ino)) {
			close(fd);
			fd = -1;
		}
	}
	if (d)
		closedir(d);
	mem_free(copy);
	return fd;
}

static void
look_back_at(struct file_sink *f, dev_t dev, ino_t ino, off_t end)
{
	bool same = f->dev == dev && f->ino == ino;
	int fd = same ? f->fd : find_inode(f->path, dev, ino);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > end) {
		off_t whole = learn(&f->known, fd, end, st.st_size);

		/* what cannot be cut is ended, so that the next line stands alone */
		if (same && whole < st.st_size && st.st_size - whole < (off_t)SCAN_BYTES &&
			ftruncate(fd, whole) < 0)
			file_write_all(fd, "\n", 1);
	}
	if (fd >= 0 && !same)
		close(fd);
}

static void
look_back(struct sink *s, struct file_sink *f)
{
	struct str rest = buf_str(&s->now.note), one;

	f->looked = true;
	while (rest.n > 0) {
		struct str dev, ino;
		uint64_t d, i, end;

		str_cut(&rest, ' ', &one);
		str_cut(&one, ':', &dev);
		str_cut(&one, ':', &ino);
		if (str_u64(dev, &d) && str_u64(ino, &i) && str_u64(one, &end))
			look_back_at(f, (dev_t)d, (ino_t)i, (off_t)end);
	}
}

static bool
is_known(const struct known *k, const char *id)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->ids[i], id) == 0)
			return true;
	return false;
}

/* ---- writing ---- */

/*
 * Alerts that are in the file but not settled are found again only from the marks that found them;
 * so these stay, and a further file gets a mark of its own, until the known ones are behind us.
 */
static void
set_note(struct sink *s, const struct file_sink *f, off_t end)
{
	struct buf id = {0};

	buf_printf(&id, " %" PRIu64 ":%" PRIu64 ":", (uint64_t)f->dev, (uint64_t)f->ino);
	if (f->known.n == 0)
		buf_clear(&s->now.note);
	if (str_find(buf_str(&s->now.note), buf_str(&id)) < 0)
		buf_printf(&s->now.note, "%.*s%" PRIu64, STR_ARG(buf_str(&id)), (uint64_t)end);
	buf_done(&id);
}

static int
reopen(struct sink *s, struct file_sink *f)
{
	struct stat st;
	char last = '\n';

	if (f->fd >= 0)
		close(f->fd);
	f->fd = open(f->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		sink_failed(s, "cannot open %s: %s", f->path, strerror(errno));
		return ERR_IO;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	if (!f->looked)
		look_back(s, f);
	if (fstat(f->fd, &st) == 0 && st.st_size > 0 &&
		pread(f->fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		file_write_all(f->fd, "\n", 1); /* not ours: left as it is, but ended */
	if (fstat(f->fd, &st) < 0)
		return ERR_IO;
	set_note(s, f, st.st_size);
	/* before the first line: without the mark a death would leave no trace of it */
	return S_ISREG(st.st_mode) ? sink_save_note(s) : 0;
}

/* Rotation puts another file, or none, under the name. */
static bool
rotated(const struct file_sink *f)
{
	struct stat st;

	return stat(f->path, &st) < 0 || st.st_ino != f->ino || st.st_dev != f->dev;
}

static int
write_file(struct sink *s, struct file_sink *f)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0 || file_write_all(f->fd, f->lines.p, f->lines.n) < 0) {
		sink_failed(s, "cannot write %s: %s", f->path, strerror(errno));
		/* half a group (disk full): take it back, the whole is written later */
		if (S_ISREG(st.st_mode) && ftruncate(f->fd, st.st_size) < 0)
			f->looked = false; /* then the note helps: look at what is there */
		close(f->fd);
		f->fd = -1;
		return ERR_IO;
	}
	set_note(s, f, st.st_size + (off_t)f->lines.n);
	return 0;
}

/* A pipe whose reader sleeps must not hold the stop. */
static int
write_pipe(struct sink *s, struct file_sink *f)
{
	struct str rest = buf_str(&f->lines);

	while (rest.n > 0) {
		struct pollfd p = {.fd = f->fd, .events = POLLOUT};
		int ready = poll(&p, 1, (int)(sink_patience(s) / NS_PER_MS));
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			sink_failed(s, "nobody reads standard output");
			return ERR_AGAIN;
		}
		n = write(f->fd, rest.p, rest.n < PIPE_PIECE ? rest.n : PIPE_PIECE);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0) {
			sink_failed(s, "cannot write standard output: %s", strerror(errno));
			return ERR_IO;
		}
		str_skip(&rest, (size_t)n);
	}
	return 0;
}

static void
add_line(struct file_sink *f, const struct item *it)
{
	buf_add_str(&f->lines, it->json);
	buf_add_char(&f->lines, '\n');
}

static void
file_send(struct sink *s, struct item *items, size_t n)
{
	struct file_sink *f = s->own;
	size_t met = 0;
	int rc = 0;

	if (f->path && (f->fd < 0 || rotated(f)))
		rc = reopen(s, f);
	/* to a pipe line by line: what is out cannot be taken back */
	for (size_t i = 0; !f->path && i < n; i++) {
		if (items[i].sent == SENT_DONE || rc < 0)
			continue;
		buf_clear(&f->lines);
		add_line(f, &items[i]);
		rc = write_pipe(s, f);
		items[i].sent = rc == 0 ? SENT_DONE : SENT_AGAIN;
	}
	if (!f->path)
		return;
	buf_clear(&f->lines);
	for (size_t i = 0; i < n; i++) {
		bool there = is_known(&f->known, items[i].id);

		met += there;
		if (items[i].sent != SENT_DONE && !there)
			add_line(f, &items[i]);
	}
	if (rc == 0 && f->lines.n > 0)
		rc = write_file(s, f);
	if (rc == 0 && met == 0)
		f->known.n = 0; /* alerts come in order: the known ones are behind us */
	for (size_t i = 0; i < n; i++)
		if (items[i].sent != SENT_DONE)
			items[i].sent = rc == 0 ? SENT_DONE : SENT_AGAIN;
}

static void
file_close(struct sink *s)
{
	struct file_sink *f = s->own;

	if (f->path && f->fd >= 0)
		close(f->fd);
	mem_free(f->known.ids);
	buf_done(&f->lines);
	mem_free(f->path);
	mem_free(f);
	s->own = NULL;
}

const struct sink_type sink_file = {.kind = SINK_FILE,
	.name = "file",
	.history = true,
	.open = file_open,
	.send = file_send,
	.close = file_close};
