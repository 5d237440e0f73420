/*
 * Files that grow, are rotated, cut, packed, or read once: a pattern gives names, names give
 * inodes, an inode that is open is read to its end whatever becomes of its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "intake/files.h"
#include "intake/loop.h"

#define FILES_MAX  1024u /* open at the same time, for one input */
#define POLL_S     1
#define TURN_LINES 4096           /* of one file before others get their turn */
#define GONE_NS    (3 * NS_PER_S) /* a renamed file is still written to for a while */
#define SETTLE_NS  (2 * NS_PER_S) /* a file that stays so short is named by what it has */
#define PATH_SHOWN 512u

struct tracked {
	struct file_lines *lines; /* NULL: read to its end and closed */
	char *path;
	dev_t dev;
	ino_t ino;
	uint64_t stream, count;
	int64_t quiet; /* mono time since when nothing new was there; 0 = there may be */
	bool known;    /* stream is set and the position was looked up */
	bool listed;   /* the last scan saw it */
};

struct tail {
	struct intake *in;
	unsigned input;
	char *pattern, *folder;
	bool follow, rescan, warned;
	struct tracked *files;
	size_t n, cap;
	struct map positions; /* stream -> next, as far as this life went */
	int notify, watch;
	struct event notify_event, poll_event, more_event;
	struct seldom unreadable;
};

static const char *
name_of(const struct tail *t)
{
	return intake_input(t->in, t->input)->name.p;
}

static struct str
stream_key(const uint64_t *stream)
{
	return (struct str){(const char *)stream, sizeof(*stream)};
}

static void
track(struct tail *t, const char *path, const struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct tracked *f;

	if (fd < 0) {
		if (intake_seldom(t->in, &t->unreadable))
			intake_say(t->in, "error", "input %s: cannot read %s: %s", name_of(t), path,
				strerror(errno));
		return;
	}
	t->files = mem_grow(t->files, t->n, &t->cap, sizeof(*t->files));
	f = &t->files[t->n++];
	*f = (struct tracked){.path = mem_copy_z(path, strlen(path)),
		.dev = st->st_dev,
		.ino = st->st_ino,
		.listed = true};
	f->lines = file_lines_take(fd, t->in->settings->limits.frame_max);
	file_lines_form(f->lines, file_form_of(intake_input(t->in, t->input)->format,
					  intake_input(t->in, t->input)->columns.n > 0));
}

static void
scan_path(struct tail *t, const char *path)
{
	struct stat st;
	size_t open_files = 0;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	for (size_t i = 0; i < t->n; i++) {
		struct tracked *f = &t->files[i];

		open_files += f->lines != NULL;
		if (f->dev != st.st_dev || f->ino != st.st_ino)
			continue;
		if (!f->listed && strcmp(f->path, path) != 0) {
			mem_free(f->path); /* renamed, and the pattern still finds it */
			f->path = mem_copy_z(path, strlen(path));
		}
		f->listed = true;
		return;
	}
	if (open_files < FILES_MAX)
		track(t, path, &st);
	else if (intake_seldom(t->in, &t->unreadable))
		intake_say(t->in, "error",
			"input %s: %u files are open; %s and others have to wait; use a narrower "
			"pattern",
			name_of(t), FILES_MAX, path);
}

static void
watch_folder(struct tail *t)
{
	if (t->notify >= 0 && t->watch < 0)
		t->watch = inotify_add_watch(t->notify, t->folder,
			IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY |
				IN_ONLYDIR);
}

static void
scan(struct tail *t)
{
	glob_t found = {0};

	t->rescan = false;
	watch_folder(t);
	for (size_t i = 0; i < t->n; i++)
		t->files[i].listed = false;
	if (glob(t->pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			scan_path(t, found.gl_pathv[i]);
	globfree(&found);
	if (t->n == 0 && !t->warned) {
		intake_say(t->in, "warning", "input %s: no file matches %s; waiting for one",
			name_of(t), t->pattern);
		t->warned = true;
	}
}

static void
untrack(struct tail *t, struct tracked *f)
{
	file_lines_close(f->lines);
	mem_free(f->path);
	*f = t->files[--t->n];
}

static void
finish(struct tail *t, struct tracked *f)
{
	const char *why = file_lines_why(f->lines);

	if (why)
		intake_say(t->in, "error", "input %s: %s: %s; what stands behind is not read",
			name_of(t), f->path, why);
	else
		intake_say(t->in, "info", "input %s: %s is read to its end (%llu lines)",
			name_of(t), f->path, (unsigned long long)f->count);
	file_lines_close(f->lines);
	f->lines = NULL;
}

/* Which file is it, and how far was it read? False: too little is there to tell. */
static bool
identify(struct tail *t, struct tracked *f, bool settle)
{
	uint64_t next, *known;

	if (f->known)
		return true;
	if (file_lines_stream(f->lines, settle, &f->stream) < 0)
		return false;
	f->known = true;
	known = map_get(&t->positions, stream_key(&f->stream));
	next = known ? *known : t->in->resume->next(t->in->resume->ctx, f->stream);
	if ((next & ~POSITION_FIELDS) > 0 &&
		file_lines_seek(f->lines, next & ~POSITION_FIELDS, next & POSITION_FIELDS) < 0) {
		intake_say(t->in, "warning",
			"input %s: %s is shorter than what was read of it; reading it from its "
			"beginning",
			name_of(t), f->path);
		file_lines_rewind(f->lines);
		file_lines_stream(f->lines, settle, &f->stream);
	}
	return true;
}

static void
add_line(struct tail *t, struct tracked *f, const struct file_line *line, int64_t arrival)
{
	struct frame meta = {.arrival = arrival,
		.input = (uint16_t)t->input,
		.stream = line->stream,
		.offset = line->offset,
		.next = line->next,
		.flags = (uint16_t)(FRAME_POSITION | FRAME_LATE_READ |
				    intake_flags(t->in, t->input))};
	struct str peer = str_of(f->path);

	if (peer.n > PATH_SHOWN)
		peer = (struct str){peer.p + peer.n - PATH_SHOWN, PATH_SHOWN};
	if (line->truncated)
		meta.flags |= FRAME_TRUNCATED;
	if (line->unicode != FILE_BYTES)
		meta.flags |= line->unicode == FILE_UTF16LE ? FRAME_UTF16LE : FRAME_UTF16BE;
	if (line->bytes.n == 0)
		writer_reject(&t->in->writer, t->input, REASON_EMPTY);
	else
		intake_add_led(t->in, &meta, line->bytes, peer, line->lead);
	*map_put(&t->positions, stream_key(&f->stream), NULL) =
		line->next | (str_starts(line->lead, STR("#")) ? POSITION_FIELDS : 0);
	f->count++;
}

/* Some lines of one file. True: it has more now. */
static bool
read_lines(struct tail *t, struct tracked *f, bool last)
{
	int64_t arrival = clock_wall(t->in->clock);
	struct file_line line;

	for (int i = 0; i < TURN_LINES; i++) {
		enum file_step step;

		if (!intake_may_add(t->in))
			return false; /* the loop calls resume */
		step = file_lines_step(f->lines, last, &line);
		if (step == FILE_STEP_END && !last) {
			last = true; /* damaged or over: what is left is the last line */
			continue;
		}
		if (step == FILE_STEP_END)
			finish(t, f);
		if (step != FILE_STEP_LINE)
			return false;
		f->quiet = 0;
		add_line(t, f, &line, arrival);
	}
	return true;
}

static bool
pump_file(struct tail *t, struct tracked *f)
{
	int64_t now = clock_mono(t->in->clock);
	bool last = !t->follow;
	bool more;

	if (!f->lines)
		return false;
	if (f->known && file_lines_changed(f->lines)) {
		intake_say(t->in, "info",
			"input %s: %s was truncated; reading it from its beginning", name_of(t),
			f->path);
		file_lines_rewind(f->lines);
		f->known = false;
		f->quiet = 0;
	}
	if (!f->listed && f->quiet && now - f->quiet > GONE_NS)
		last = true;
	if (!identify(t, f, last || (f->quiet && now - f->quiet > SETTLE_NS))) {
		if (last)
			finish(t, f); /* empty to its end */
		else if (f->quiet == 0)
			f->quiet = now;
		return false;
	}
	if (f->quiet && now - f->quiet > SETTLE_NS)
		file_lines_settle(f->lines);
	more = read_lines(t, f, last);
	if (!more && f->lines && !t->in->starved) {
		if (f->quiet == 0)
			f->quiet = now;
		file_lines_rest(f->lines);
	}
	return more;
}

static void
pump(struct tail *t)
{
	bool more = false;

	if (t->rescan)
		scan(t);
	for (size_t i = 0; i < t->n && !t->in->starved; i++)
		more |= pump_file(t, &t->files[i]);
	for (size_t i = t->n; i-- > 0;)
		if (!t->files[i].lines && !t->files[i].listed)
			untrack(t, &t->files[i]);
	if (more && !t->in->stopping)
		event_active(&t->more_event, EV_TIMEOUT, 0);
}

static void
on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct tail *t = arg;

	(void)fd;
	(void)what;
	t->rescan = true;
	pump(t);
}

static void
on_more(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

static void
on_notify(evutil_socket_t fd, short what, void *arg)
{
	struct tail *t = arg;
	_Alignas(struct inotify_event) char room[16384];
	ssize_t got;

	(void)what;
	while ((got = read(fd, room, sizeof(room))) > 0) {
		for (char *p = room; p < room + got;) {
			const struct inotify_event *e = (const void *)p;

			if (e->mask & IN_IGNORED)
				t->watch = -1; /* the folder is gone: the poll looks again */
			if (e->mask & ~(uint32_t)IN_MODIFY)
				t->rescan = true;
			p += sizeof(*e) + e->len;
		}
	}
	pump(t);
}

static void
tail_free(void *state)
{
	struct tail *t = state;

	for (size_t i = 0; i < t->n; i++) {
		file_lines_close(t->files[i].lines);
		mem_free(t->files[i].path);
	}
	if (t->notify >= 0) {
		event_del(&t->notify_event);
		close(t->notify);
	}
	event_del(&t->poll_event);
	event_del(&t->more_event);
	map_done(&t->positions);
	mem_free(t->files);
	mem_free(t->pattern);
	mem_free(t->folder);
	mem_free(t);
}

static int
tail_start(struct intake *in, unsigned input, struct diag *why, void **ret)
{
	const struct input_settings *cfg = intake_input(in, input);
	struct tail *t = mem_zero(1, sizeof(*t));
	struct timeval every = {.tv_sec = POLL_S};
	ptrdiff_t slash = str_rchr(cfg->path, '/');

	(void)why;
	t->in = in;
	t->input = input;
	t->follow = cfg->follow;
	t->rescan = true;
	t->watch = -1;
	t->pattern = mem_copy_z(cfg->path.p, cfg->path.n);
	t->folder = slash > 0    ? mem_copy_z(cfg->path.p, (size_t)slash)
		    : slash == 0 ? mem_copy_z("/", 1)
				 : mem_copy_z(".", 1);
	map_init(&t->positions, 0);
	/* Without inotify the poll alone finds what is new. */
	t->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (t->notify >= 0) {
		event_assign(
			&t->notify_event, in->base, t->notify, EV_READ | EV_PERSIST, on_notify, t);
		event_add(&t->notify_event, NULL);
	}
	event_assign(&t->poll_event, in->base, -1, EV_PERSIST, on_poll, t);
	event_add(&t->poll_event, &every);
	evtimer_assign(&t->more_event, in->base, on_more, t);
	event_active(&t->more_event, EV_TIMEOUT, 0);
	*ret = t;
	return 0;
}

static void
tail_resume(void *state)
{
	struct tail *t = state;

	event_active(&t->more_event, EV_TIMEOUT, 0);
}

/* Nothing to do at a stop: what was not read now is read from its position next time. */
const struct driver driver_file = {.start = tail_start, .resume = tail_resume, .free = tail_free};
