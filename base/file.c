#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

int
file_read(const char *path, size_t max, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t start = ret->n;
	int rc = 0;

	if (fd < 0)
		return ERR_IO;
	for (;;) {
		ssize_t got = read(fd, buf_room(ret, 65536), 65536);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = ERR_IO;
		if (got <= 0)
			break;
		ret->n += (size_t)got;
		if (ret->n - start > max) {
			rc = ERR_LIMIT;
			break;
		}
	}
	close(fd);
	return rc;
}

int
file_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t put = write(fd, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ERR_IO;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

int
file_pwrite_all(int fd, const void *p, size_t n, int64_t at)
{
	const char *from = p;

	while (n > 0) {
		ssize_t put = pwrite(fd, from, n, at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ERR_IO;
		from += put;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

int
file_sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return ERR_IO;
	rc = fsync(fd);
	close(fd);
	return rc < 0 ? ERR_IO : 0;
}

static int
sync_parent(const char *path)
{
	struct buf dir = {0};
	ptrdiff_t slash = str_rchr(str_of(path), '/');
	int rc;

	if (slash <= 0)
		buf_add_str(&dir, slash == 0 ? STR("/") : STR("."));
	else
		buf_add(&dir, path, (size_t)slash);
	rc = file_sync_dir(buf_z(&dir));
	buf_done(&dir);
	return rc;
}

int
file_replace(const char *path, struct str bytes, unsigned mode)
{
	struct buf tmp = {0};
	int fd, rc;

	buf_printf(&tmp, "%s.tmp", path);
	fd = open(buf_z(&tmp), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		buf_done(&tmp);
		return ERR_IO;
	}
	rc = file_write_all(fd, bytes.p, bytes.n);
	if (rc == 0 && fsync(fd) < 0)
		rc = ERR_IO;
	if (close(fd) < 0)
		rc = ERR_IO;
	if (rc == 0 && rename(buf_z(&tmp), path) < 0)
		rc = ERR_IO;
	if (rc == 0)
		rc = sync_parent(path);
	else
		unlink(buf_z(&tmp));
	buf_done(&tmp);
	return rc;
}

int
file_make_dirs(const char *path, unsigned mode)
{
	struct buf b = {0};
	int rc = 0;

	for (const char *at = path; rc == 0; at++) {
		if ((*at == '/' && at != path) || *at == 0) {
			buf_clear(&b);
			buf_add(&b, path, (size_t)(at - path));
			if (mkdir(buf_z(&b), mode) < 0 && errno != EEXIST)
				rc = ERR_IO;
		}
		if (*at == 0)
			break;
	}
	buf_done(&b);
	return rc;
}
