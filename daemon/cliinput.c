#include "daemon/cliinput.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "intake/files.h"

/* One file: its lines, the frame in hand and the event time that decides whose turn it is. */
struct lane {
	const char *path;
	struct file_lines *lines;
	struct batch batch;
	uint64_t number; /* of the line in hand, within all lines read so far of this file */
	int64_t before;  /* event time of the line before, or the file's mtime */
	int64_t time;    /* of the frame in hand */
	bool full;       /* a frame is in hand */
	bool end;
};

struct cliinput {
	struct cliinput_options opt;
	struct thinker thinker;
	struct lane *lanes;
	size_t nlanes;
	uint64_t lines;
	struct lane *turn;
	bool damaged; /* a file could not be read to its end */
};

static int
open_lane(struct cliinput *in, struct lane *l, const char *path, struct diag *why)
{
	struct stat st;

	l->path = path;
	l->batch = batch_new();
	if (!strcmp(path, "-"))
		path = "/dev/stdin";
	if (file_lines_open(path, in->opt.frame_max, &l->lines) < 0) {
		diag_set(why, path, 0, "cannot read: %s", strerror(errno));
		return ERR_IO;
	}
	file_lines_form(l->lines, in->opt.form);
	l->before = stat(path, &st) == 0
			    ? (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec
			    : 0;
	return 0;
}

struct cliinput *
cliinput_open(const struct cliinput_options *opt, const struct brain *b, struct matcher *m,
	struct diag *why)
{
	struct cliinput *in = mem_zero(1, sizeof(*in));
	int rc = 0;

	in->opt = *opt;
	in->thinker = thinker_new(b, m);
	in->nlanes = opt->npaths ? (size_t)opt->npaths : 1;
	in->lanes = mem_zero(in->nlanes, sizeof(*in->lanes));
	for (size_t i = 0; i < in->nlanes; i++) {
		int one = open_lane(in, &in->lanes[i], opt->npaths ? opt->paths[i] : "-", why);

		rc = rc < 0 ? rc : one;
	}
	if (rc < 0) {
		cliinput_close(in);
		return NULL;
	}
	return in;
}

static void
end_lane(struct cliinput *in, struct lane *l)
{
	const char *why = file_lines_why(l->lines);

	l->end = true;
	if (!why)
		return;
	in->damaged = true;
	fprintf(stderr,
		"noroshi: %s: %s: read up to line %llu, what stands behind is not; get the whole "
		"file "
		"and try again\n",
		l->path, why, (unsigned long long)l->number);
}

/* Read the lane's next line that is not blank, and think it through. */
static void
advance(struct cliinput *in, struct lane *l)
{
	struct frame meta = {.flags = FRAME_POSITION | FRAME_LATE_READ};
	struct file_line line;
	const struct batch_results *res = batch_results(l->batch);

	l->full = false;
	for (;;) {
		if (!file_lines_next(l->lines, &line)) {
			end_lane(in, l);
			return;
		}
		l->number++;
		in->lines++;
		if (line.bytes.n > 0)
			break;
	}
	batch_reset(l->batch, 0);
	meta.arrival = in->opt.clock ? in->opt.clock : l->before;
	meta.stream = line.stream;
	meta.offset = line.offset;
	meta.next = line.next;
	if (in->opt.history)
		meta.flags |= FRAME_HISTORY;
	if (line.truncated)
		meta.flags |= FRAME_TRUNCATED;
	if (line.unicode != FILE_BYTES)
		meta.flags |= line.unicode == FILE_UTF16LE ? FRAME_UTF16LE : FRAME_UTF16BE;
	if (batch_add_led(l->batch, &meta, line.bytes, STR(""), line.lead) < 0)
		return;
	batch_head(l->batch)->first_seq = in->nlanes == 1 ? l->number : in->lines;
	brain_think(&in->thinker, l->batch, 0, 1);
	if (res->nrecords > 0) {
		l->time = batch_records(l->batch)[0].time;
		l->before = l->time;
	} else {
		l->time = l->before;
	}
	l->full = true;
}

bool
cliinput_next(struct cliinput *in, struct batch *batch, uint64_t *number)
{
	struct lane *best = NULL;

	/* The lane that was given out last moves on only now: its batch was lent to the caller. */
	if (in->turn)
		advance(in, in->turn);
	for (size_t i = 0; i < in->nlanes; i++) {
		struct lane *l = &in->lanes[i];

		while (!l->full && !l->end)
			advance(in, l);
		if (l->full && (!best || l->time < best->time))
			best = l;
	}
	in->turn = best;
	if (!best)
		return false;
	*batch = best->batch;
	*number = batch_head(best->batch)->first_seq;
	return true;
}

uint64_t
cliinput_lines(const struct cliinput *in)
{
	return in->lines;
}

bool
cliinput_damaged(const struct cliinput *in)
{
	return in->damaged;
}

void
cliinput_close(struct cliinput *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->nlanes; i++) {
		file_lines_close(in->lanes[i].lines);
		batch_free(in->lanes[i].batch);
	}
	mem_free(in->lanes);
	thinker_done(&in->thinker);
	mem_free(in);
}
