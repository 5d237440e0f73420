#include "store/store.h"

#include <errno.h>
#include <zstd.h>

#include "base/err.h"
#include "store/archive.h"
#include "store/segment.h"

#define DAMAGE_TOLD 100u /* of one scan; the rest is only counted */

struct scan {
	const struct scan_options *opt;
	scan_line *line;
	void *ctx;
	struct diag *why;
	ZSTD_DCtx *dctx;
	struct buf text, path;
	size_t damaged;
	bool stopped;
};

static void
damage(struct scan *s, const struct segment_part *p, const char *what)
{
	if (s->damaged++ < DAMAGE_TOLD)
		diag_add(s->why, DIAG_ERROR, s->path.p, 0, 0,
			"frame %u at bytes %llu to %llu %s; passed over", p->number,
			(unsigned long long)p->at, (unsigned long long)p->end, what);
}

static void
give_lines(struct scan *s)
{
	struct str text = buf_str(&s->text), line;

	while (!s->stopped && text.n) {
		str_cut(&text, '\n', &line);
		s->stopped = !s->line(s->ctx, line);
	}
}

static void
scan_segment(struct scan *s)
{
	struct segment_reader r;
	struct segment_part p;
	const char *what;
	int rc = segment_open(&r, s->path.p, 0);

	while (rc == 0 && !s->stopped) {
		rc = segment_next(&r, &p);
		if (rc == ERR_CORRUPT) {
			damage(s, &p, p.damage);
			rc = 0;
			continue;
		}
		if (rc < 0)
			break;
		if (p.t.time[1] < s->opt->since || p.t.time[0] > s->opt->until)
			continue;
		if (!segment_hash_fits(&p))
			damage(s, &p, "does not fit its hash");
		else if (segment_unpack(&p, &s->dctx, &s->text, &what) < 0)
			damage(s, &p, what);
		else
			give_lines(s);
	}
	if (rc == ERR_IO)
		diag_set(s->why, s->path.p, 0, "cannot read: %s", strerror(errno));
	segment_close(&r);
}

static int
scan_class(struct scan *s, const char *cls)
{
	struct archive_list list;
	int rc = archive_list(s->opt->dir, cls, &list);

	if (rc < 0)
		diag_set(s->why, archive_path(&s->path, s->opt->dir, cls, ""), 0,
			"cannot read the archive: %s", strerror(errno));
	for (size_t i = 0; rc == 0 && i < list.n && !s->stopped; i++) {
		archive_path(&s->path, s->opt->dir, cls, list.v[i].name);
		scan_segment(s);
	}
	archive_list_done(&list);
	return rc;
}

int
store_scan(const struct scan_options *opt, scan_line *line, void *ctx, struct diag *why)
{
	struct scan s = {.opt = opt, .line = line, .ctx = ctx, .why = why};
	char names[ARCHIVE_CLASSES][CLASS_MAX + 1];
	int n, rc = 0;

	n = archive_classes(opt->dir, names);
	if (n < 0) {
		diag_set(why, opt->dir, 0, "cannot read the archive: %s", strerror(errno));
		return n;
	}
	if (opt->cls.n) {
		bool known = false;

		for (int i = 0; i < n; i++)
			known |= str_eq(opt->cls, str_of(names[i]));
		for (const char *const *c = archive_built_in; *c; c++)
			known |= str_eq(opt->cls, str_of(*c));
		if (!known) {
			diag_set(why, opt->dir, 0, "there is no class \"%.*s\" in the archive",
				STR_ARG(opt->cls));
			return ERR_NOT_FOUND;
		}
	}
	for (int i = 0; rc == 0 && i < n && !s.stopped; i++)
		if (opt->cls.n == 0 || str_eq(opt->cls, str_of(names[i])))
			rc = scan_class(&s, names[i]);
	if (s.damaged > DAMAGE_TOLD)
		diag_add(why, DIAG_ERROR, opt->dir, 0, 0, "and %zu more damaged frames",
			s.damaged - DAMAGE_TOLD);
	ZSTD_freeDCtx(s.dctx);
	buf_done(&s.text);
	buf_done(&s.path);
	return rc;
}
