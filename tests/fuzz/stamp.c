/* A timestamp that is taken lies inside the text, is in range, and its form reads back the same. */
#include <stdlib.h>

#include "base/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARRIVAL INT64_C(1795341600000000000)

static void
check(struct str before, struct str after, bool taken, int64_t ns)
{
	struct str text;
	char form[32];
	int64_t again;

	if (!taken) {
		if (after.p != before.p || after.n != before.n)
			abort();
		return;
	}
	if (after.p <= before.p || after.p + after.n != before.p + before.n)
		abort();
	if (ns == STAMP_BEYOND)
		return;
	text = str_make(form, stamp_format(ns, form));
	/* An offset may carry a time just over an end of the range. */
	if (ns < 0 || ns > INT64_C(9214646400000000000))
		return;
	if (!stamp_take_iso(&text, NULL, 0, &again) || again != ns || text.n != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, s;
	int64_t ns = 0;
	bool taken;

	s = text;
	taken = stamp_take_iso(&s, NULL, ARRIVAL, &ns);
	check(text, s, taken, ns);
	s = text;
	taken = stamp_take_bsd(&s, NULL, ARRIVAL, &ns);
	check(text, s, taken, ns);
	s = text;
	taken = stamp_take_clf(&s, NULL, ARRIVAL, &ns);
	check(text, s, taken, ns);
	s = text;
	taken = stamp_take_ctime(&s, NULL, ARRIVAL, &ns);
	check(text, s, taken, ns);
	s = text;
	taken = stamp_take_epoch(&s, &ns);
	check(text, s, taken, ns);
	/* The whole text, or nothing. */
	s = text;
	taken = stamp_words(text, NULL, ARRIVAL, &ns);
	if (taken)
		str_skip(&s, s.n);
	check(text, s, taken, ns);
	return 0;
}
