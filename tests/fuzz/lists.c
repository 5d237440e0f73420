/* Fuzz target: any bytes as a people.csv and a networks.csv; what loaded can be asked. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/diag.h"
#include "config/lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
ask(const struct list *t, struct str value)
{
	for (unsigned c = 0; c < list_columns(t); c++) {
		int64_t row = list_lookup(t, c, list_match_of(t, c), value, -1), last = -1;

		for (; row >= 0; row = list_lookup(t, c, list_match_of(t, c), value, row)) {
			if (row <= last || (size_t)row >= list_rows(t))
				abort();
			last = row;
			list_valid(t, (size_t)row, 0, 0);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const names[] = {"people", "networks", "tickets", "free"};
	struct buf packed = {0};
	struct diag why = {0};
	struct lists *l = NULL;

	for (size_t i = 0; i < 4; i++) {
		buf_printf(&packed, "--- x/%s.csv %zu\n", names[i], n);
		buf_add(&packed, p, n);
		buf_add_char(&packed, '\n');
	}
	if (lists_load(buf_str(&packed), &why, &l) < 0)
		abort();
	for (size_t i = 0; i < lists_count(l); i++) {
		const struct list *t = lists_at(l, i);

		for (size_t row = 0; row < list_rows(t) && row < 50; row++)
			for (unsigned c = 0; c < list_columns(t); c++)
				ask(t, list_cell(t, row, c));
	}
	lists_free(l);
	if (lists_load(str_make((const char *)p, n), &why, &l) == 0)
		lists_free(l);
	diag_done(&why);
	buf_done(&packed);
	return 0;
}
