#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "truth.h"

#define OUT_BYTES  ((size_t)1 << 18)
#define OUTS       (KINDS + 1u)
#define OUT_DAY    KINDS
#define SLOT_SMALL 512u
#define SLOT_BIG   4096u

struct out {
	int fd;
	size_t n;
	char *p;
};

struct slot {
	struct slot *next;
	struct mark *mark;
	int64_t says;
	uint32_t n;
	uint16_t kind;
	bool big, decisive;
	char p[];
};

struct wait {
	int64_t at;
	uint64_t seq;
	struct slot *slot;
};

struct stage {
	struct out out[OUTS];
	bool by_kind, failed;
	struct wait *heap;
	size_t n, cap;
	uint64_t seq;
	uint64_t count[KINDS], lines;
	struct slot *free_small, *free_big;
};

static void *
need(void *p)
{
	if (!p) {
		fputs("company: out of memory\n", stderr);
		exit(71);
	}
	return p;
}

const char *
stage_kind_name(enum kind kind)
{
	static const char *const names[KINDS] = {
		"mail", "firewall", "proxy", "endpoint", "remote", "auth", "other"};

	return names[kind];
}

static bool
make_dir(const char *path)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return true;
	fprintf(stderr, "company: %s: %s\n", path, strerror(errno));
	return false;
}

static bool
out_open(struct out *o, const char *dir, const char *sub, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s%s.log", dir, sub, name) >= (int)sizeof path) {
		fputs("company: the folder's name is too long\n", stderr);
		return false;
	}
	o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->fd < 0) {
		fprintf(stderr, "company: %s: %s\n", path, strerror(errno));
		return false;
	}
	o->p = need(malloc(OUT_BYTES));
	return true;
}

struct stage *
stage_new(const char *dir, bool by_kind)
{
	struct stage *st = need(calloc(1, sizeof *st));
	char files[PATH_MAX];
	bool ok;

	for (unsigned i = 0; i < OUTS; i++)
		st->out[i].fd = -1;
	st->by_kind = by_kind;
	ok = snprintf(files, sizeof files, "%s/files", dir) < (int)sizeof files;
	ok = ok && make_dir(dir) && out_open(&st->out[OUT_DAY], dir, "", "day");
	if (by_kind) {
		ok = ok && make_dir(files);
		for (unsigned i = 0; ok && i < KINDS; i++)
			ok = out_open(&st->out[i], dir, "files/", stage_kind_name((enum kind)i));
	}
	if (!ok) {
		stage_free(st);
		return NULL;
	}
	return st;
}

static void
out_flush(struct stage *st, struct out *o)
{
	size_t done = 0;

	while (done < o->n) {
		ssize_t w = write(o->fd, o->p + done, o->n - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			if (!st->failed)
				fprintf(stderr, "company: write: %s\n", strerror(errno));
			st->failed = true;
			break;
		}
		done += (size_t)w;
	}
	o->n = 0;
}

static void
out_add(struct stage *st, struct out *o, const char *p, size_t n)
{
	if (o->n + n > OUT_BYTES)
		out_flush(st, o);
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static struct slot *
slot_get(struct stage *st, bool big)
{
	struct slot **list = big ? &st->free_big : &st->free_small, *s = *list;

	if (s) {
		*list = s->next;
		return s;
	}
	s = need(malloc(sizeof *s + (big ? SLOT_BIG : SLOT_SMALL)));
	s->big = big;
	return s;
}

static bool
earlier(const struct wait *a, const struct wait *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

void
stage_put(struct stage *st, int64_t at, enum kind kind, const char *p, size_t n, struct mark *mark,
	int64_t says, bool decisive)
{
	struct slot *s = slot_get(st, n > SLOT_SMALL);
	struct wait w = {.at = at, .seq = st->seq++, .slot = s};
	size_t i;

	if (n > SLOT_BIG) {
		fputs("company: a line is longer than its slot\n", stderr);
		exit(70);
	}
	memcpy(s->p, p, n);
	s->n = (uint32_t)n;
	s->kind = (uint16_t)kind;
	s->mark = mark;
	s->says = says;
	s->decisive = decisive;
	if (st->n == st->cap) {
		st->cap = st->cap ? st->cap * 2 : 4096;
		st->heap = need(realloc(st->heap, st->cap * sizeof *st->heap));
	}
	for (i = st->n++; i > 0; i = (i - 1) / 2) {
		if (!earlier(&w, &st->heap[(i - 1) / 2]))
			break;
		st->heap[i] = st->heap[(i - 1) / 2];
	}
	st->heap[i] = w;
}

static void
pop(struct stage *st)
{
	struct wait last = st->heap[--st->n];
	size_t i = 0, child;

	for (; (child = 2 * i + 1) < st->n; i = child) {
		if (child + 1 < st->n && earlier(&st->heap[child + 1], &st->heap[child]))
			child++;
		if (!earlier(&st->heap[child], &last))
			break;
		st->heap[i] = st->heap[child];
	}
	if (st->n > 0)
		st->heap[i] = last;
}

void
stage_release(struct stage *st, int64_t before)
{
	while (st->n > 0 && st->heap[0].at < before) {
		struct slot *s = st->heap[0].slot;
		struct slot **list = s->big ? &st->free_big : &st->free_small;

		out_add(st, &st->out[OUT_DAY], s->p, s->n);
		if (st->by_kind)
			out_add(st, &st->out[s->kind], s->p, s->n);
		st->count[s->kind]++;
		st->lines++;
		if (s->mark)
			truth_line(s->mark, st->lines, s->says, (enum kind)s->kind, s->decisive);
		s->next = *list;
		*list = s;
		pop(st);
	}
}

uint64_t
stage_count(const struct stage *st, enum kind kind)
{
	return st->count[kind];
}

bool
stage_close(struct stage *st)
{
	stage_release(st, INT64_MAX);
	for (unsigned i = 0; i < OUTS; i++) {
		struct out *o = &st->out[i];

		if (o->fd < 0)
			continue;
		out_flush(st, o);
		if (close(o->fd) < 0 && !st->failed) {
			fprintf(stderr, "company: close: %s\n", strerror(errno));
			st->failed = true;
		}
		o->fd = -1;
	}
	return !st->failed;
}

static void
slots_free(struct slot *s)
{
	while (s) {
		struct slot *next = s->next;

		free(s);
		s = next;
	}
}

void
stage_free(struct stage *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->n; i++)
		free(st->heap[i].slot);
	for (unsigned i = 0; i < OUTS; i++) {
		if (st->out[i].fd >= 0)
			(void)close(st->out[i].fd);
		free(st->out[i].p);
	}
	slots_free(st->free_small);
	slots_free(st->free_big);
	free(st->heap);
	free(st);
}
