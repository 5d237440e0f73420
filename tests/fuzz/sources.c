/* Any bytes as a file of definitions: it is loaded, or an error with a place says why not; twice
 * the same. */
#include <stdlib.h>

#include "parsers/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
load(struct str text, struct buf *said)
{
	struct sources *s = NULL;
	struct diag why = {0};
	int rc = sources_load_text(text, "fuzz.yml", &why, &s);
	size_t n = s ? sources_count(s) : 0;

	if ((rc < 0) != (why.errors > 0) || (rc < 0) != (s == NULL))
		abort();
	for (size_t i = 0; i < n; i++) {
		const struct source *one = sources_at(s, i);

		if (source_number(one) != i || source_name(one).n == 0 ||
			source_shape_of(one) >= SHAPES || sources_find(s, source_name(one)) == NULL)
			abort();
	}
	diag_print(&why, said, false);
	sources_free(s);
	diag_done(&why);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct buf first = {0}, second = {0};

	if (size > 65536)
		return 0;
	if (load(text, &first) != load(text, &second) || !str_eq(buf_str(&first), buf_str(&second)))
		abort();
	buf_done(&first);
	buf_done(&second);
	return 0;
}
