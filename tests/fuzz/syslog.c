/*
 * A datagram of any bytes, under any encoding and format, gives at least one record; the results
 * are sound, their text is valid UTF-8, and reading it twice gives the same.
 *
 * The first byte chooses the input; the rest is the frame.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/utf8.h"
#include "parsers/parsers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct input_context inputs[] = {
	{.name = {"plain", 5}, .skew_ns = 1},
	{.name = {"local", 5}, .local = true, .local_host = {"me", 2}},
	{.name = {"cp932", 5}, .encoding = {"cp932", 5}},
	{.name = {"euc", 3}, .encoding = {"euc-jp", 6}},
	{.name = {"jis", 3}, .encoding = {"iso-2022-jp", 11}},
	{.name = {"cef", 3}, .format = {"cef", 3}},
	{.name = {"leef", 4}, .format = {"leef", 4}},
	{.name = {"kv", 2}, .format = {"kv", 2}},
	{.name = {"csv", 3}, .format = {"csv", 3}},
	{.name = {"json", 4}, .format = {"json", 4}},
	{.name = {"sshd", 4}, .source = {"sshd", 4}},
	{.name = {"postfix", 7}, .source = {"postfix", 7}},
	{.name = {"openvpn", 7}, .source = {"openvpn", 7}},
	{.name = {"dhcpd", 5}, .source = {"dhcpd", 5}},
	{.name = {"sudo", 4}, .source = {"sudo", 4}},
	{.name = {"systemd", 7}, .source = {"systemd", 7}},
	{.name = {"mailpolicy", 10}, .source = {"mailpolicy", 10}},
};

#define INPUTS (sizeof(inputs) / sizeof(inputs[0]))

static void
check(struct batch b, const struct names *names)
{
	const struct batch_results *res = batch_results(b);

	if (res->done != 1 || res->nrecords == 0 || batch_check_results(b) < 0)
		abort();
	for (uint32_t i = 0; i < res->nrecords; i++) {
		const struct record *r = &batch_records(b)[i];
		const struct entry *e = record_entries(b, r);

		if (r->frame != 0 || r->first_entry + r->nentries > res->nentries)
			abort();
		for (uint32_t k = 0; k < r->nentries; k++)
			if (!utf8_valid(entry_text(b, &e[k])) ||
				!utf8_valid(entry_name(b, names, &e[k])))
				abort();
	}
}

static void
print(struct batch b, const struct names *names, struct buf *out)
{
	struct record_out how = {.names = names, .facts = true};

	for (uint32_t i = 0; i < batch_results(b)->nrecords; i++)
		record_json(b, &batch_records(b)[i], &how, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct parsers *p;
	static struct names *names;
	static struct batch b;
	struct diag why = {0};
	struct buf first = {0}, second = {0};
	struct frame meta = {.arrival = INT64_C(1795341600000000000)};

	if (size == 0 || size > 65536)
		return 0;
	if (!p) {
		if (parsers_new(inputs, INPUTS, &why, &p) < 0)
			abort();
		names = names_new();
		b = batch_new();
	}
	meta.input = (uint16_t)(data[0] % INPUTS);
	batch_reset(b, 1);
	if (batch_add(b, &meta, str_make((const char *)data + 1, size - 1), STR("peer")) < 0)
		abort();
	parsers_run(p, b, names, 0, 1);
	check(b, names);
	print(b, names, &first);
	parsers_run(p, b, names, 0, 1);
	print(b, names, &second);
	if (!str_eq(buf_str(&first), buf_str(&second)))
		abort();
	buf_done(&first);
	buf_done(&second);
	diag_done(&why);
	return 0;
}
