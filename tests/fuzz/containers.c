/* The readers of containers: what they give lies inside the text, in order, and reading ends. */
#include <stdlib.h>

#include "base/buf.h"
#include "parsers/cef.h"
#include "parsers/csv.h"
#include "parsers/kv.h"
#include "parsers/leef.h"
#include "parsers/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
within(struct str text, struct str part)
{
	if (part.n > 0 && (part.p < text.p || part.p + part.n > text.p + text.n))
		abort();
}

static void
check_cef(struct str text, struct buf *room)
{
	struct cef_header head;
	struct cef_pair pair;
	struct str s = text;
	struct cef_extension e;
	const char *at = text.p;

	if (cef_take_header(&s, &head) == CEF_READ && !cef_begins(text))
		abort();
	for (e = cef_extension(text); cef_next(&e, &pair);) {
		if (pair.key.n == 0 || pair.key.p < at || pair.value.p < pair.key.p)
			abort();
		within(text, pair.value);
		at = pair.value.p + pair.value.n;
		buf_clear(room);
		if (cef_unescape(pair.value, buf_room(room, pair.value.n + 1)) > pair.value.n)
			abort();
	}
}

static void
check_leef(struct str text)
{
	struct leef_header head;
	struct leef_attributes a;
	struct str key, value;
	enum leef_found found = leef_take_header(text, &head, &a);

	while (found >= LEEF_READ && leef_next(&a, &key, &value)) {
		if (key.n == 0)
			abort();
		within(text, key);
		within(text, value);
	}
}

static void
check_csv(struct str text, struct buf *room)
{
	struct csv row = csv_row(text, ',');
	struct csv_cell cell;

	while (csv_next(&row, &cell)) {
		within(text, cell.text);
		buf_clear(room);
		if (csv_unquote(cell.text, buf_room(room, cell.text.n + 1)) > cell.text.n)
			abort();
	}
	csv_separator(text);
}

static void
check_xml(struct str text, struct buf *room)
{
	struct xml x;
	struct xml_value v;
	size_t left = text.n;

	xml_begins(text);
	xml_open(&x, text);
	while (xml_next(&x, &v)) {
		within(text, v.text);
		if (x.rest.n > left || v.name.n > XML_PATH || x.depth > XML_DEPTH)
			abort();
		left = x.rest.n;
		buf_clear(room);
		if (xml_unescape(v.text, buf_room(room, v.text.n + 1)) > v.text.n)
			abort();
	}
}

static void
check_kv(struct str text)
{
	struct kv_form form;
	struct kv pair;
	bool loose = false;
	struct str s = text;

	kv_look(text, &form);
	if (!form.assign)
		return;
	while (kv_pair(&s, &form, &pair, &loose)) {
		if (pair.key.n == 0)
			abort();
		within(text, pair.key);
		within(text, pair.value);
	}
	if (s.n != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct buf room = {0};

	check_cef(text, &room);
	check_leef(text);
	check_csv(text, &room);
	check_xml(text, &room);
	check_kv(text);
	buf_done(&room);
	return 0;
}
