/* standalone.c - runs a fuzz target over files: every file of each folder or path given. For `make
 * check`. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static unsigned
run_path(const char *path)
{
	struct stat st;
	struct buf b = {0};
	unsigned n = 0;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		DIR *d = opendir(path);
		struct dirent *e;

		while (d && (e = readdir(d))) {
			struct buf sub = {0};

			if (e->d_name[0] == '.')
				continue;
			buf_printf(&sub, "%s/%s", path, e->d_name);
			n += run_path(buf_z(&sub));
			buf_done(&sub);
		}
		if (d)
			closedir(d);
		return n;
	}
	if (file_read(path, (size_t)64 << 20, &b) == 0) {
		LLVMFuzzerTestOneInput((const unsigned char *)(b.p ? b.p : ""), b.n);
		n = 1;
	}
	buf_done(&b);
	return n;
}

int
main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++)
		n += run_path(argv[i]);
	printf("%u inputs\n", n);
	return n > 0 ? 0 : 1;
}
