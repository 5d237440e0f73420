/*
 * A row of any bytes under a header of any bytes gives at least one record whose results are sound,
 * whose text is valid UTF-8, and which reads the same again in any company.
 *
 * The first byte chooses the input; the header ends at the first NUL, the rest is the row.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/utf8.h"
#include "parsers/parsers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct input_context inputs[] = {
	{.name = {"plain", 5}, .skew_ns = 1},
	{.name = {"csv", 3}, .format = {"csv", 3}},
	{.name = {"w3c", 3}, .format = {"w3c", 3}},
	{.name = {"named", 5}, .format = {"csv", 3}, .columns = {"time,user,src_ip", 16}},
	{.name = {"cp932", 5}, .encoding = {"cp932", 5}},
	{.name = {"jis", 3}, .encoding = {"iso-2022-jp", 11}},
	{.name = {"iis", 3}, .source = {"iis", 3}},
	{.name = {"sshd", 4}, .source = {"sshd", 4}},
};

#define INPUTS (sizeof(inputs) / sizeof(inputs[0]))

static void
read_at(const struct parsers *p, const struct names *names, struct batch b, uint32_t i,
	struct buf *out)
{
	struct record_out how = {.names = names, .facts = false};
	const struct batch_results *res = batch_results(b);

	parsers_run(p, b, names, i, i + 1);
	if (res->done != i + 1 || res->nrecords == 0 || batch_check_results(b) < 0)
		abort();
	for (uint32_t n = 0; n < res->nrecords; n++) {
		const struct record *r = &batch_records(b)[n];
		const struct entry *e = record_entries(b, r);

		for (uint32_t k = 0; k < r->nentries; k++)
			if (!utf8_valid(entry_text(b, &e[k])) ||
				!utf8_valid(entry_name(b, names, &e[k])))
				abort();
		record_json(b, r, &how, out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t flags[] = {0, FRAME_LATE_READ, FRAME_UTF16LE, FRAME_UTF16BE};
	struct frame meta = {.arrival = INT64_C(1795341600000000000)};
	struct buf first = {0}, second = {0};
	struct str all, lead;
	struct parsers *p = NULL;
	struct diag why = {0};
	struct names *names;
	struct batch b;

	if (size < 2 || size > 65536)
		return 0;
	if (parsers_new(&inputs[data[0] % INPUTS], 1, &why, &p) < 0)
		abort();
	meta.flags = flags[data[0] / INPUTS % 4];
	all = str_make((const char *)data + 1, size - 1);
	str_cut(&all, 0, &lead);
	names = names_new();
	b = batch_new();
	batch_reset(b, 1);
	/* The same twice, and what has another header between. */
	if (batch_add_led(b, &meta, all, STR("peer"), lead) < 0 ||
		batch_add_led(b, &meta, STR("1,2"), STR("peer"), STR("a,b")) < 0 ||
		batch_add_led(b, &meta, all, STR("peer"), lead) < 0 || batch_check(b) < 0)
		abort();
	read_at(p, names, b, 0, &first);
	read_at(p, names, b, 2, &second);
	if (!str_eq(buf_str(&first), buf_str(&second)))
		abort();
	buf_done(&first);
	buf_done(&second);
	batch_free(b);
	names_free(names);
	parsers_free(p);
	diag_done(&why);
	return 0;
}
