#include "store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/err.h"
#include "store/digest.h"

#define PIECE ((size_t)1 << 20)

int
segment_open(struct segment_reader *r, const char *path, uint64_t at)
{
	*r = (struct segment_reader){.at = at, .base = at};
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	return r->fd < 0 ? ERR_IO : 0;
}

void
segment_close(struct segment_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	buf_done(&r->window);
}

/* Bytes from r->at on that are in memory. */
static struct str
in_memory(const struct segment_reader *r)
{
	size_t skip = (size_t)(r->at - r->base);

	return (struct str){r->window.p + skip, r->window.n - skip};
}

/* One more piece behind the window; what lies before r->at is let go. */
static int
read_more(struct segment_reader *r)
{
	size_t skip = (size_t)(r->at - r->base);
	ssize_t got;

	if (skip) {
		memmove(r->window.p, r->window.p + skip, r->window.n - skip);
		r->window.n -= skip;
		r->base = r->at;
	}
	do
		got = pread(
			r->fd, buf_room(&r->window, PIECE), PIECE, (off_t)(r->base + r->window.n));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return ERR_IO;
	r->eof = got == 0;
	r->window.n += (size_t)got;
	return 0;
}

static uint32_t
le32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* A trailer at the front of s. 1: it is one; 0: more bytes are needed; ERR_CORRUPT. */
static int
look_at_trailer(struct str s, struct trailer *t, size_t *size)
{
	uint32_t n;

	if (s.n < TRAILER_FRONT)
		return 0;
	n = le32(s.p + 4);
	if (le32(s.p) != TRAILER_MAGIC || n > TRAILER_MAX || n < HASH_HEX)
		return ERR_CORRUPT;
	if (s.n - TRAILER_FRONT < n)
		return 0;
	if (trailer_parse((struct str){s.p + TRAILER_FRONT, n}, t) < 0)
		return ERR_CORRUPT;
	*size = TRAILER_FRONT + n;
	return 1;
}

/* Frame and trailer in s. 1: whole; 0: more bytes are needed; ERR_CORRUPT with p->damage. */
static int
look_at_part(struct str s, struct segment_part *p)
{
	size_t frame, size;
	int rc;

	if (s.n < 4)
		return 0;
	p->damage = "is not a zstd frame";
	if (le32(s.p) != ZSTD_MAGICNUMBER)
		return ERR_CORRUPT;
	frame = ZSTD_findFrameCompressedSize(s.p, s.n);
	if (ZSTD_isError(frame)) {
		p->damage = "has a damaged zstd header";
		return ZSTD_getErrorCode(frame) == ZSTD_error_srcSize_wrong ? 0 : ERR_CORRUPT;
	}
	p->damage = "has a damaged trailer";
	rc = look_at_trailer((struct str){s.p + frame, s.n - frame}, &p->t, &size);
	if (rc <= 0)
		return rc;
	p->has_trailer = true;
	p->zst = (struct str){s.p, frame};
	p->hashed = (struct str){s.p, frame + size - HASH_HEX - 3};
	p->end = p->at + frame + size;
	p->damage = "has a trailer that gives another size";
	if (p->t.zst != frame || p->t.text > SEGMENT_TEXT_MAX)
		return ERR_CORRUPT;
	p->damage = NULL;
	return 1;
}

/* Behind damage: look for the next trailer. Only here may bytes inside a frame be taken for one. */
static int
pass_damage(struct segment_reader *r, struct segment_part *p)
{
	static const char start[] = "\x5e\x2a\x4d\x18";

	p->has_trailer = false;
	for (;;) {
		struct str s = in_memory(r);
		size_t size;
		int rc;

		for (;;) {
			ptrdiff_t hit = str_find(s, (struct str){start, 4});

			if (hit < 0)
				break;
			str_skip(&s, (size_t)hit);
			rc = look_at_trailer(s, &p->t, &size);
			if (rc == 1) {
				p->has_trailer = true;
				p->end = r->base + (uint64_t)(s.p - r->window.p) + size;
				r->at = p->end;
				return ERR_CORRUPT;
			}
			if (rc == 0)
				break;
			str_skip(&s, 1);
		}
		/* Keep what may be the beginning of one. */
		if (s.n > 3 && (s.n < TRAILER_FRONT || le32(s.p) != TRAILER_MAGIC))
			str_skip(&s, s.n - 3);
		r->at = r->base + (uint64_t)(s.p - r->window.p);
		rc = read_more(r);
		if (rc < 0)
			return rc;
		if (r->eof) {
			r->at = p->end = r->base + r->window.n;
			return ERR_CORRUPT;
		}
	}
}

int
segment_next(struct segment_reader *r, struct segment_part *ret)
{
	int rc;

	*ret = (struct segment_part){.at = r->at, .end = r->at, .number = r->number + 1};
	for (;;) {
		struct str s = in_memory(r);

		rc = look_at_part(s, ret);
		if (rc != 0)
			break;
		if (s.n > SEGMENT_FRAME_MAX) {
			ret->damage = "is larger than any that is written";
			rc = ERR_CORRUPT;
			break;
		}
		rc = read_more(r);
		if (rc < 0)
			return rc;
		if (r->eof) {
			s = in_memory(r);
			ret->end = r->at + s.n;
			return s.n ? ERR_AGAIN : ERR_NOT_FOUND;
		}
	}
	r->number++;
	if (rc < 0)
		return pass_damage(r, ret);
	r->at = ret->end;
	return 0;
}

bool
segment_hash_fits(const struct segment_part *p)
{
	char hash[HASH_HEX + 1];

	digest_hex(p->hashed, hash);
	return memcmp(hash, p->t.hash, HASH_HEX) == 0;
}

int
segment_unpack(const struct segment_part *p, ZSTD_DCtx **dctx, struct buf *out, const char **damage)
{
	ZSTD_inBuffer in = {p->zst.p, p->zst.n, 0};
	ZSTD_outBuffer to;
	size_t left;

	buf_clear(out);
	*damage = "cannot be unpacked";
	if (p->t.text > SEGMENT_TEXT_MAX)
		return ERR_CORRUPT;
	if (!*dctx) {
		*dctx = ZSTD_createDCtx();
		if (!*dctx || ZSTD_isError(ZSTD_DCtx_setParameter(
				      *dctx, ZSTD_d_windowLogMax, SEGMENT_WINDOW_LOG)))
			return ERR_CORRUPT;
	}
	ZSTD_DCtx_reset(*dctx, ZSTD_reset_session_only);
	/* One byte more than promised: who fills it is a bomb. */
	to = (ZSTD_outBuffer){buf_room(out, p->t.text + 1), p->t.text + 1, 0};
	do {
		size_t before = to.pos;

		left = ZSTD_decompressStream(*dctx, &to, &in);
		if (ZSTD_isError(left))
			return ERR_CORRUPT;
		if (to.pos > p->t.text || (to.pos == before && left && in.pos == in.size))
			break;
	} while (left);
	out->n = to.pos;
	*damage = "unpacks to another size than its trailer says";
	return left == 0 && in.pos == in.size && to.pos == p->t.text ? 0 : ERR_CORRUPT;
}
