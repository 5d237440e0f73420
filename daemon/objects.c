#include "daemon/objects.h"

#include <errno.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

#define OBJECT_FILE_MAX ((size_t)16 << 20)

/* "--- path bytes\n", the bytes, "\n": enough to take them apart again. */
static int
add_file(struct buf *out, const char *path, struct diag *why)
{
	struct buf text = {0};
	int rc = file_read(path, OBJECT_FILE_MAX, &text);

	if (rc < 0)
		diag_set(why, path, 0, "cannot read again to keep a copy: %s", strerror(errno));
	else
		buf_printf(out, "--- %s %zu\n%.*s\n", path, text.n, STR_ARG(buf_str(&text)));
	buf_done(&text);
	return rc;
}

static void
lists_path(struct str data, struct hash128 hash, struct buf *ret)
{
	char hex[32];

	hash128_hex(hash, hex);
	buf_printf(ret, "%.*s/state/objects/lists-%.32s", STR_ARG(data), hex);
	buf_z(ret);
}

int
objects_keep_lists(struct str data, struct str packed, struct hash128 hash, struct diag *why)
{
	struct buf path = {0};
	int rc = 0;

	buf_printf(&path, "%.*s/state/objects", STR_ARG(data));
	rc = file_make_dirs(buf_z(&path), 0755);
	buf_clear(&path);
	lists_path(data, hash, &path);
	if (rc == 0 && access(path.p, F_OK) < 0)
		rc = file_replace(path.p, packed, 0644);
	if (rc < 0)
		diag_set(why, path.p, 0,
			"cannot keep a copy of the watchlists: %s; check space and owner",
			strerror(errno));
	buf_done(&path);
	return rc;
}

int
objects_read_lists(struct str data, struct hash128 hash, struct buf *ret)
{
	struct buf path = {0};
	int rc;

	lists_path(data, hash, &path);
	rc = file_read(path.p, LISTS_BYTES_MAX + (1u << 20), ret);
	buf_done(&path);
	return rc;
}

int
objects_keep(const struct brain *b, const char *config, struct diag *why)
{
	struct buf path = {0}, all = {0};
	const char *last = NULL;
	char hex[32];
	int rc;

	hash128_hex(b->hash, hex);
	buf_printf(&path, "%.*s/state/objects", STR_ARG(b->settings->data));
	rc = file_make_dirs(buf_z(&path), 0755);
	buf_printf(&path, "/%.32s", hex);
	if (rc == 0 && access(buf_z(&path), F_OK) == 0) {
		buf_done(&path);
		return 0;
	}
	if (rc == 0)
		rc = add_file(&all, config, why);
	/* Documents of one file stand together. */
	for (size_t i = 0; rc == 0 && i < rule_files_count(b->files); i++) {
		const char *file = rule_files_at(b->files, i)->path;

		if (!last || strcmp(file, last) != 0)
			rc = add_file(&all, file, why);
		last = file;
	}
	buf_add_str(&all, parsers_folder(b->parsers));
	if (rc == 0 && (rc = file_replace(buf_z(&path), buf_str(&all), 0644)) < 0)
		diag_set(why, path.p, 0,
			"cannot keep a copy of the configuration: %s; check space and owner",
			strerror(errno));
	buf_done(&path);
	buf_done(&all);
	return rc;
}
