#include "store/journal_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#define VERSION 1u

uint32_t
journal_entry_crc(const struct journal_entry_head *h, uint32_t salt)
{
	uint32_t crc = crc32c(salt, &h->length, sizeof(h->length));

	return crc32c(crc, &h->number, sizeof(*h) - 8);
}

static uint32_t
head_crc(const struct journal_file_head *h)
{
	struct journal_file_head copy = *h;

	copy.crc = 0;
	return crc32c(0, &copy, sizeof(copy));
}

void
journal_new_salt(struct journal_file_head *h)
{
	uint32_t r[2];

	/* At start the kernel may not be ready yet: numbers and generation alone keep old entries
	 * out, the salt is against payloads made to look like entries. */
	if (getrandom(r, sizeof(r), GRND_NONBLOCK) != sizeof(r)) {
		r[0] = (uint32_t)h->generation * UINT32_C(2654435761);
		r[1] = (uint32_t)getpid() * UINT32_C(2246822519);
	}
	h->key = r[0] ? r[0] : 1;
	h->salt = r[1];
}

int
journal_head_write(int fd, struct journal_file_head *h)
{
	h->magic = JOURNAL_MAGIC;
	h->version = VERSION;
	h->crc = head_crc(h);
	if (file_pwrite_all(fd, h, sizeof(*h), 0) < 0 ||
		file_pwrite_all(fd, h, sizeof(*h), JOURNAL_HEAD_COPY) < 0 || fdatasync(fd) < 0)
		return ERR_IO;
	return 0;
}

/* The newer of the two copies that is whole. */
static int
head_read(int fd, uint64_t size, struct journal_file_head *ret)
{
	struct journal_file_head h[2];
	int best = -1;

	for (int i = 0; i < 2; i++) {
		ssize_t got = pread(fd, &h[i], sizeof(h[i]), i * (off_t)JOURNAL_HEAD_COPY);

		if (got != sizeof(h[i]) || h[i].magic != JOURNAL_MAGIC || h[i].version != VERSION ||
			head_crc(&h[i]) != h[i].crc || h[i].generation == 0)
			continue;
		if (h[i].file_bytes < JOURNAL_FILE_MIN || h[i].file_bytes > JOURNAL_FILE_MAX ||
			h[i].file_bytes > size)
			continue;
		if (best < 0 || h[i].generation > h[best].generation)
			best = i;
	}
	if (best < 0)
		return ERR_CORRUPT;
	*ret = h[best];
	return 0;
}

static int
add_file(struct journal_files *fs, const char *path, struct diag *why)
{
	struct journal_file f = {.used = JOURNAL_HEAD};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int rc = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		diag_set(why, path, 0, "cannot read the journal file: %s", strerror(errno));
		rc = ERR_IO;
	} else if (head_read(fd, (uint64_t)st.st_size, &f.head) < 0) {
		diag_set(why, path, 0,
			"the head of this journal file is damaged in both copies or the file is "
			"cut; "
			"restore it from a backup or move the journal folder aside");
		rc = ERR_CORRUPT;
	}
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		return rc;
	f.path = mem_copy_z(path, strlen(path));
	fs->v = mem_grow(fs->v, fs->n, &fs->cap, sizeof(*fs->v));
	fs->v[fs->n++] = f;
	return 0;
}

static int
by_generation(const void *a, const void *b)
{
	const struct journal_file *x = a, *y = b;

	return x->head.generation < y->head.generation ? -1
						       : x->head.generation > y->head.generation;
}

static int
check_row(const struct journal_files *fs, struct diag *why)
{
	for (size_t i = 1; i < fs->n; i++) {
		uint64_t before = fs->v[i - 1].head.generation, here = fs->v[i].head.generation;

		if (here == before + 1)
			continue;
		diag_set(why, fs->v[i].path, 0,
			here == before ? "two journal files of generation %llu; remove the copy"
				       : "the journal file of generation %llu is missing; restore "
					 "it or move the journal folder aside",
			(unsigned long long)(here == before ? here : before + 1));
		return ERR_CORRUPT;
	}
	return 0;
}

int
journal_files_list(const char *dir, struct journal_files *ret, struct diag *why)
{
	struct buf path = {0};
	struct dirent *de;
	DIR *d = opendir(dir);
	int rc = 0;

	*ret = (struct journal_files){0};
	if (!d) {
		diag_set(why, dir, 0, "cannot open the journal folder: %s", strerror(errno));
		return ERR_IO;
	}
	while (rc == 0 && (de = readdir(d))) {
		if (!str_ends(str_of(de->d_name), STR(".journal")))
			continue;
		buf_clear(&path);
		buf_printf(&path, "%s/%s", dir, de->d_name);
		rc = add_file(ret, buf_z(&path), why);
	}
	closedir(d);
	buf_done(&path);
	if (rc == 0 && ret->n) {
		qsort(ret->v, ret->n, sizeof(*ret->v), by_generation);
		rc = check_row(ret, why);
	}
	if (rc < 0)
		journal_files_done(ret);
	return rc;
}

void
journal_files_done(struct journal_files *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		mem_free(fs->v[i].path);
	mem_free(fs->v);
	*fs = (struct journal_files){0};
}
