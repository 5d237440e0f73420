/* Fuzz target: any bytes as LDIF and as directory.ldif: lines in order, cells that are text. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/utf8.h"
#include "config/ldif.h"
#include "config/lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
read_lines(struct str text)
{
	struct arena arena = {0};
	struct ldif f = {.rest = text, .line = 1, .arena = &arena};
	struct ldif_line l;
	struct buf room = {0};
	unsigned last = 0;

	do {
		size_t got;

		ldif_next(&f, &l);
		if (l.line < last || l.value.n > text.n)
			abort();
		last = l.line;
		if (l.kind != LDIF_PAIR)
			continue;
		buf_clear(&room);
		if (l.name.n == 0 && l.value.n == text.n)
			abort();
		if (ldif_decode(l.value, buf_room(&room, l.value.n + 1), &got) &&
			got > l.value.n / 4 * 3)
			abort();
	} while (l.kind != LDIF_END);
	if (f.rest.n != 0)
		abort();
	buf_done(&room);
	arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str text = {(const char *)p, n};
	struct buf packed = {0};
	struct diag why = {0};
	struct lists *l = NULL;

	read_lines(text);
	buf_printf(&packed, "--- x/directory.ldif %zu\n", n);
	buf_add_str(&packed, text);
	buf_add_char(&packed, '\n');
	if (lists_load(buf_str(&packed), &why, &l) < 0)
		abort();
	for (size_t i = 0; i < lists_count(l); i++) {
		const struct list *t = lists_at(l, i);

		for (size_t row = 0; row < list_rows(t); row++) {
			if (list_cell(t, row, 0).n == 0)
				abort();
			for (unsigned c = 0; c < list_columns(t); c++)
				if (!utf8_valid(list_cell(t, row, c)))
					abort();
		}
	}
	lists_free(l);
	diag_done(&why);
	buf_done(&packed);
	return 0;
}
