#include "store/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"

#define WINDOW ((uint64_t)1 << 20)

int
journal_cursor_at(struct journal_cursor *c, const struct journal_files *fs, size_t i)
{
	if (c->fd >= 0)
		close(c->fd);
	c->files = fs;
	c->file = i;
	c->at = JOURNAL_HEAD;
	buf_clear(&c->window);
	c->fd = open(fs->v[i].path, O_RDONLY | O_CLOEXEC);
	return c->fd < 0 ? ERR_IO : 0;
}

/* n bytes of the file at `at`; NULL with *rc: the file ends before (ERR_NOT_FOUND) or ERR_IO. */
static const char *
bytes_at(struct journal_cursor *c, uint64_t at, uint64_t n, int *rc)
{
	uint64_t limit = c->files->v[c->file].head.file_bytes;

	*rc = ERR_NOT_FOUND;
	if (at > limit || n > limit - at)
		return NULL;
	if (at >= c->window_at && at + n <= c->window_at + c->window.n)
		return c->window.p + (at - c->window_at);
	buf_clear(&c->window);
	c->window_at = at;
	while (c->window.n < n) {
		uint64_t ask = n > WINDOW ? n : WINDOW;
		ssize_t got;

		if (ask > limit - at)
			ask = limit - at;
		ask -= c->window.n;
		got = pread(c->fd, buf_room(&c->window, ask), ask, (off_t)(at + c->window.n));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			*rc = ERR_IO;
		if (got <= 0)
			return NULL;
		c->window.n += (size_t)got;
	}
	return c->window.p;
}

/* Any whole entry at `at`, whatever its number. */
static int
entry_at(struct journal_cursor *c, uint64_t at, struct journal_entry_head *h, struct str *payload)
{
	const struct journal_file_head *fh = &c->files->v[c->file].head;
	const char *p;
	int rc;

	p = bytes_at(c, at, sizeof(*h), &rc);
	if (!p)
		return rc;
	memcpy(h, p, sizeof(*h));
	if (h->key != fh->key || h->number == 0 || h->durable >= h->number || h->type == 0)
		return ERR_NOT_FOUND;
	if (h->length > fh->file_bytes - at - sizeof(*h))
		return ERR_NOT_FOUND;
	p = bytes_at(c, at, sizeof(*h) + h->length, &rc);
	if (!p)
		return rc;
	*payload = (struct str){p + sizeof(*h), h->length};
	if (crc32c(journal_entry_crc(h, fh->salt), payload->p, payload->n) != h->crc)
		return ERR_NOT_FOUND;
	return 0;
}

int
journal_cursor_entry(struct journal_cursor *c, struct journal_entry *ret)
{
	struct journal_entry_head h;
	int rc = entry_at(c, c->at, &h, &ret->payload);

	if (rc == 0 && c->want && h.number != c->want)
		rc = ERR_NOT_FOUND;
	if (rc < 0) {
		/* A live journal may write here next: look at the file again then. */
		buf_clear(&c->window);
		return rc;
	}
	ret->pos = h.number;
	ret->type = h.type;
	ret->durable = h.durable;
	return 0;
}

int
journal_cursor_next(struct journal_cursor *c, struct journal_entry *ret)
{
	size_t file = c->file;
	uint64_t at = c->at;
	int rc = journal_cursor_entry(c, ret), back;

	if (rc == ERR_NOT_FOUND && c->file + 1 < c->files->n) {
		rc = journal_cursor_at(c, c->files, c->file + 1);
		if (rc == 0)
			rc = journal_cursor_entry(c, ret);
		if (rc == ERR_NOT_FOUND) {
			back = journal_cursor_at(c, c->files, file);
			c->at = at;
			if (back < 0)
				rc = back;
		}
	}
	if (rc < 0)
		return rc;
	c->at += journal_entry_bytes(ret->payload.n);
	c->want = ret->pos + 1;
	return 0;
}

/* The last whole entry from c->at to the file's end has the highest word: each says more than the
 * one before. */
static int
claim_in_file(struct journal_cursor *c, uint64_t *ret)
{
	uint64_t limit = c->files->v[c->file].head.file_bytes, at = c->at;

	while (at + sizeof(struct journal_entry_head) <= limit) {
		struct journal_entry_head h = {0};
		struct str payload = {0};
		int rc = entry_at(c, at, &h, &payload);

		if (rc == ERR_IO)
			return rc;
		if (rc == 0 && h.durable > *ret)
			*ret = h.durable;
		at += rc == 0 ? journal_entry_bytes(payload.n) : JOURNAL_ALIGN;
	}
	return 0;
}

int
journal_cursor_claim(struct journal_cursor *c, uint64_t *ret)
{
	size_t file = c->file;
	uint64_t at = c->at;
	int rc = 0, back;

	*ret = 0;
	for (size_t i = file; rc == 0 && i < c->files->n; i++) {
		if (i > file) {
			rc = journal_cursor_at(c, c->files, i);
			if (c->files->v[i].head.durable > *ret)
				*ret = c->files->v[i].head.durable;
		}
		if (rc == 0)
			rc = claim_in_file(c, ret);
	}
	back = journal_cursor_at(c, c->files, file);
	c->at = at;
	return rc < 0 ? rc : back;
}

void
journal_cursor_done(struct journal_cursor *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_done(&c->window);
}
