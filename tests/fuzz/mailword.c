/* Encoded words of any bytes: what comes out is valid UTF-8 within its room, and decoding ends. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "parsers/mailword.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size};
	struct charsets t = {0};
	struct buf out = {0};
	bool bad;
	size_t n;

	/* Subjects are valid UTF-8 before. */
	if (size > 4096 || !utf8_valid(s))
		return 0;
	if (charsets_need(&t, CHARSET_CP932) < 0 || charsets_need(&t, CHARSET_ISO_2022_JP) < 0)
		abort();
	n = mailword_decode(&t, s, buf_room(&out, 4 * size + 1), &bad);
	if (n > 3 * size || !utf8_valid(str_make(out.p, n)))
		abort();
	if (!mailword_in(s) && (n != size || (size && memcmp(out.p, data, size) != 0)))
		abort();
	charsets_done(&t);
	buf_done(&out);
	return 0;
}
