/* Pairs lie inside the text, in order, and reading ends. */
#include <stdlib.h>

#include "base/buf.h"
#include "parsers/kv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, s = text;
	struct buf room = {0};
	bool loose = false;
	struct kv kv;
	const char *at = text.p;

	while (kv_next(&s, &kv, &loose)) {
		if (kv.key.p < at || kv.value.p < kv.key.p + kv.key.n)
			abort();
		if (kv.value.p + kv.value.n > text.p + text.n || s.p < kv.value.p + kv.value.n)
			abort();
		at = s.p;
		buf_clear(&room);
		if (kv_unescape(kv.value, buf_room(&room, kv.value.n + 1)) > kv.value.n)
			abort();
	}
	if (s.n != 0)
		abort();
	buf_done(&room);
	return 0;
}
