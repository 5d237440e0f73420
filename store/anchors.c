#include "store/anchors.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX_BYTES ((size_t)256 << 20)

static bool
read_line(struct str s, struct anchor *ret)
{
	struct str cls, seq;

	if (!str_cut(&s, ' ', &cls) || !str_cut(&s, ' ', &seq) || !class_name_valid(cls) ||
		!str_u64(seq, &ret->seq) || s.n != HASH_HEX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
			return false;
	memcpy(ret->cls, cls.p, cls.n);
	ret->cls[cls.n] = 0;
	memcpy(ret->hash, s.p, s.n);
	ret->hash[s.n] = 0;
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;
	int rc = strcmp(x->cls, y->cls);

	if (rc)
		return rc;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

int
anchors_load(const char *path, struct anchors *ret, struct diag *why)
{
	struct buf text = {0};
	struct str rest, line;
	unsigned number = 0;
	int rc = file_read(path, FILE_MAX_BYTES, &text);

	*ret = (struct anchors){0};
	if (rc < 0)
		diag_set(why, path, 0, "cannot read the anchors: %s",
			rc == ERR_IO ? strerror(errno) : err_str(rc));
	for (rest = buf_str(&text); rc == 0 && rest.n;) {
		struct anchor a = {.line = ++number};

		str_cut(&rest, '\n', &line);
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!read_line(line, &a)) {
			diag_set(why, path, number, "not an anchor; expected \"class seq hash\"");
			continue;
		}
		ret->v = mem_grow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = a;
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_place);
	buf_done(&text);
	return rc;
}

void
anchors_meet(struct anchors *a, const struct trailer *t)
{
	struct anchor key = {.seq = t->seq[1]};
	size_t low = 0, high = a->n;

	memcpy(key.cls, t->cls, sizeof(key.cls));
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_place(&a->v[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < a->n && by_place(&a->v[low], &key) == 0; low++)
		if (strcmp(a->v[low].hash, t->hash) == 0)
			a->v[low].found = true;
}

void
anchors_done(struct anchors *a)
{
	mem_free(a->v);
	*a = (struct anchors){0};
}
