#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <zstd.h>

#include "base/err.h"
#include "base/stamp.h"
#include "store/anchors.h"
#include "store/archive.h"
#include "store/segment.h"

#define FINDINGS_TOLD 1000u /* in words; all are counted */

struct verify {
	const char *dir;
	struct verify_report *report;
	struct diag *findings;
	struct anchors anchors;
	ZSTD_DCtx *dctx;
	struct buf text, path;

	/* the chain of the class at hand */
	const char *cls;         /* NULL: a single segment, whatever its class */
	char prev[HASH_HEX + 1]; /* "" = not known */
	uint64_t seq, lines;
	bool any;                /* a part was read in this class */
	const struct head *head; /* NULL: none */
	bool head_met;
};

static void finding(struct verify *v, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
finding(struct verify *v, const char *path, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	if (v->report->findings++ < FINDINGS_TOLD) {
		va_start(ap, fmt);
		buf_vprintf(&b, fmt, ap);
		va_end(ap);
		diag_set(v->findings, path, 0, "%s", buf_z(&b));
		buf_done(&b);
	}
}

/* "frame 3 (bytes 10 to 99, sequence 5 to 7, 2026-… to 2026-…) what" */
static void
part_finding(struct verify *v, const struct segment_part *p, const char *what)
{
	struct buf b = {0};

	if (p->has_trailer) {
		buf_printf(&b, ", sequence %llu to %llu, time ", (unsigned long long)p->t.seq[0],
			(unsigned long long)p->t.seq[1]);
		stamp_add(&b, p->t.time[0]);
		BUF_ADD_LIT(&b, " to ");
		stamp_add(&b, p->t.time[1]);
	} else {
		buf_printf(&b, ", behind sequence %llu", (unsigned long long)v->seq);
	}
	finding(v, v->path.p, "frame %u (bytes %llu to %llu%s) %s", p->number,
		(unsigned long long)p->at, (unsigned long long)p->end, buf_z(&b), what);
	buf_done(&b);
}

static uint64_t
count_lines(struct str text)
{
	uint64_t n = 0;
	const char *at = text.p, *end = text.p + text.n;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		n++;
		at++;
	}
	return n;
}

static void
check_content(struct verify *v, const struct segment_part *p)
{
	const struct trailer *t = &p->t;
	const char *what;

	if (segment_unpack(p, &v->dctx, &v->text, &what) < 0) {
		part_finding(v, p, what);
		return;
	}
	if (v->text.n == 0 || v->text.p[v->text.n - 1] != '\n')
		part_finding(v, p, "does not end with a line");
	else if (count_lines(buf_str(&v->text)) != t->n)
		part_finding(v, p, "holds another number of lines than its trailer says");
}

/* A gap in the chain, with the sequence numbers on both sides. */
static void
gap_finding(struct verify *v, const struct segment_part *p)
{
	struct buf b = {0};

	if (v->any)
		buf_printf(&b,
			"does not follow what stands before it, which ends with sequence %llu; "
			"something is missing, doubled or exchanged there",
			(unsigned long long)v->seq);
	else
		BUF_ADD_LIT(&b, "is not the beginning of its class; what stood before is missing");
	part_finding(v, p, buf_z(&b));
	buf_done(&b);
}

/* Where a frame's place in the row is wrong, one finding says the first reason. `name` NULL: the
 * file lies apart from an archive. */
static void
check_place(struct verify *v, const struct segment_part *p, const char *name, bool first)
{
	const struct trailer *t = &p->t;
	char want[64];

	archive_name(t->seq[0], t->arrival[0], want);
	if (v->cls && strcmp(t->cls, v->cls) != 0)
		part_finding(v, p, "belongs to another class");
	else if (name && first && strcmp(want, name) != 0)
		part_finding(v, p, "does not begin as the file's name says; renamed or exchanged");
	else if (name && !first && strncmp(want, name, 10) != 0)
		part_finding(v, p, "is of another day than its folder");
	else if (t->seq[0] > t->seq[1] || t->time[0] > t->time[1] || t->arrival[0] > t->arrival[1])
		part_finding(v, p, "has a range that ends before it begins");
	else if (v->any && v->prev[0] && t->seq[0] < v->seq)
		part_finding(v, p, "goes back in sequence; doubled or exchanged");
	else if (v->prev[0] && strcmp(t->prev, v->prev) != 0)
		gap_finding(v, p);
}

static void
check_head(struct verify *v, const struct segment_part *p, const char *name)
{
	const struct head *h = v->head;

	if (!h || !name || h->offset != p->end || strcmp(h->segment, name) != 0)
		return;
	v->head_met = true;
	if (strcmp(h->hash, p->t.hash) != 0 || h->seq != p->t.seq[1])
		part_finding(v, p, "is not the one that HEAD names");
	else if (h->n != v->lines)
		part_finding(v, p, "is reached with another number of lines than HEAD says");
}

static void
check_part(struct verify *v, const struct segment_part *p, const char *name, bool first)
{
	v->report->frames++;
	v->report->records += p->t.n;
	v->lines += p->t.n;
	if (!segment_hash_fits(p))
		part_finding(v, p, "was changed: its hash does not fit");
	else
		check_content(v, p);
	check_place(v, p, name, first);
	memcpy(v->prev, p->t.hash, sizeof(v->prev));
	v->seq = p->t.seq[1];
	v->any = true;
	check_head(v, p, name);
	anchors_meet(&v->anchors, &p->t);
}

/* A part that cannot be read as one. What its trailer says is taken so that the next one fits. */
static void
pass_part(struct verify *v, const struct segment_part *p, const char *name)
{
	part_finding(v, p, p->damage);
	v->prev[0] = 0;
	if (!p->has_trailer)
		return;
	v->report->frames++;
	v->lines += p->t.n;
	v->seq = p->t.seq[1];
	v->any = true;
	memcpy(v->prev, p->t.hash, sizeof(v->prev));
	check_head(v, p, name);
}

/* v->path holds the segment's path; `last` of its class: may be growing behind HEAD. */
static void
verify_segment(struct verify *v, const char *name, bool last)
{
	struct segment_reader r;
	struct segment_part p = {0};
	bool first = true;
	int rc = segment_open(&r, v->path.p, 0);

	v->report->segments++;
	while (rc == 0) {
		rc = segment_next(&r, &p);
		if (rc == 0) {
			check_part(v, &p, name, first);
		} else if (rc == ERR_CORRUPT) {
			pass_part(v, &p, name);
			rc = 0;
		}
		first = false;
	}
	v->report->bytes += r.at;
	if (rc == ERR_IO)
		finding(v, v->path.p, "cannot be read: %s", strerror(errno));
	else if (rc == ERR_NOT_FOUND && r.at == 0 && !last)
		finding(v, v->path.p, "is empty");
	else if (rc == ERR_AGAIN && (!last || !v->head || !v->head_met))
		part_finding(v, &p, "ends in the middle; the file was cut");
	segment_close(&r);
}

static void
check_class_end(struct verify *v, const struct archive_list *list, int head_rc)
{
	const struct head *h = v->head;
	struct buf path = {0};

	archive_path(&path, v->dir, v->cls, "HEAD");
	if (head_rc == ERR_CORRUPT)
		finding(v, path.p, "is damaged or of another class");
	else if (head_rc == ERR_IO)
		finding(v, path.p, "cannot be read: %s", strerror(errno));
	else if (!h && v->any)
		finding(v, path.p, "is missing; nobody can tell whether the end was cut off");
	else if (h && !v->head_met)
		finding(v, path.p,
			"names sequence %llu in %s at byte %llu, and that is not there; the "
			"archive "
			"was cut or rolled back behind sequence %llu",
			(unsigned long long)h->seq, h->segment, (unsigned long long)h->offset,
			(unsigned long long)v->seq);
	for (size_t i = 0; i < list->nstrange; i++)
		finding(v, list->strange[i], "does not belong into an archive");
	buf_done(&path);
}

/* Heads that the daemon found without their segments and set aside. */
static void
check_witnesses(struct verify *v)
{
	struct buf path = {0};
	struct dirent *de;
	DIR *d = opendir(archive_path(&path, v->dir, v->cls, ""));

	while (d && (de = readdir(d)))
		if (strncmp(de->d_name, "HEAD", 4) == 0 && strcmp(de->d_name, "HEAD") != 0 &&
			strcmp(de->d_name, "HEAD.tmp") != 0)
			finding(v, archive_path(&path, v->dir, v->cls, de->d_name),
				"the class ended here once and was rolled back");
	if (d)
		closedir(d);
	buf_done(&path);
}

static void
verify_class(struct verify *v, const char *cls)
{
	struct archive_list list;
	struct head head;
	int rc;

	v->cls = cls;
	v->seq = v->lines = 0;
	v->any = v->head_met = false;
	memcpy(v->prev, TRAILER_NO_PREV, sizeof(v->prev));
	/* HEAD before the list: a live archive only grows behind it. */
	rc = archive_head(v->dir, cls, &head);
	v->head = rc == 0 ? &head : NULL;
	if (archive_list(v->dir, cls, &list) < 0)
		finding(v, archive_path(&v->path, v->dir, cls, ""), "cannot be read: %s",
			strerror(errno));
	for (size_t i = 0; i < list.n; i++) {
		archive_path(&v->path, v->dir, cls, list.v[i].name);
		verify_segment(v, list.v[i].name, i + 1 == list.n);
	}
	check_class_end(v, &list, rc);
	check_witnesses(v);
	archive_list_done(&list);
	v->head = NULL;
}

/* The last four parts of a path if they are YYYY/MM/DD/FIRSTSEQ.ndjson.zst, else NULL. */
static const char *
segment_name(const char *path)
{
	char like[64];
	size_t n = strlen(path), want;
	const char *at;

	archive_name(0, 0, like);
	want = strlen(like);
	if (n < want || (n > want && path[n - want - 1] != '/'))
		return NULL;
	at = path + n - want;
	return at[4] == '/' && at[7] == '/' && at[10] == '/' ? at : NULL;
}

static int
verify_all(struct verify *v)
{
	char names[ARCHIVE_CLASSES][CLASS_MAX + 1];
	int n = archive_classes(v->dir, names);

	if (n < 0) {
		diag_set(v->findings, v->dir, 0, "cannot read the archive: %s", strerror(errno));
		return n;
	}
	for (int i = 0; i < n; i++)
		verify_class(v, names[i]);
	v->cls = NULL; /* it pointed into names */
	return 0;
}

int
verify_archive(const char *dir, const char *const *segments, size_t n, const char *anchors,
	struct verify_report *ret, struct diag *findings)
{
	struct verify v = {.dir = dir, .report = ret, .findings = findings};
	size_t bad = findings->errors;
	int rc = 0;

	*ret = (struct verify_report){0};
	if (anchors)
		rc = anchors_load(anchors, &v.anchors, findings);
	ret->findings = findings->errors - bad;
	if (rc == 0 && n == 0)
		rc = verify_all(&v);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		buf_clear(&v.path);
		buf_printf(&v.path, "%s", segments[i]);
		buf_z(&v.path);
		v.prev[0] = 0;
		v.any = false;
		verify_segment(&v, segment_name(segments[i]), false);
	}
	for (size_t i = 0; rc == 0 && n == 0 && i < v.anchors.n; i++)
		if (!v.anchors.v[i].found)
			finding(&v, anchors,
				"line %u: class %s has no frame that ends with sequence %llu and "
				"this hash; it was changed, cut or rolled back",
				v.anchors.v[i].line, v.anchors.v[i].cls,
				(unsigned long long)v.anchors.v[i].seq);
	if (ret->findings > FINDINGS_TOLD)
		diag_add(findings, DIAG_NOTE, dir, 0, 0, "and %llu more findings",
			(unsigned long long)(ret->findings - FINDINGS_TOLD));
	anchors_done(&v.anchors);
	ZSTD_freeDCtx(v.dctx);
	buf_done(&v.text);
	buf_done(&v.path);
	return rc;
}
