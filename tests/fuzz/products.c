/*
 * Any bytes as a frame of one product: every row in C and every definition. The first line names
 * the product as noroshi.source does; empty: it is recognised, which also goes through the header
 * and the containers. What comes out must be sound, valid UTF-8, one line of JSON each, and the
 * same when read again, with and without the index of definitions.
 *
 * NOROSHI_FUZZ_PRODUCT: the whole input is a frame of this one, so that a search stays with it.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "parsers/parsers.h"
#include "parsers/source_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct parsers *parsers, *list; /* the names of products lie in `list` */
static struct names *names;
static struct batch batch;
static struct pairs *room, *asks_all;
static struct input_context *inputs;
static unsigned ninputs;
static const char *only;

static void
once(void)
{
	struct input_context any = {.name = STR("fuzz"), .skew_ns = NS_PER_S};
	struct zone *zone = NULL;
	struct diag why = {0};

	if (parsers)
		return;
	if (zone_load(STR("UTC"), &why, &zone) < 0)
		abort();
	any.zone = zone;
	if (parsers_new(&any, 1, &why, &list) < 0)
		abort();
	ninputs = parsers_product_count(list);
	inputs = mem_zero(ninputs, sizeof(*inputs));
	for (unsigned i = 0; i < ninputs; i++) {
		inputs[i] = any;
		inputs[i].squid_columns = STR("%>st note");
		inputs[i].source = parsers_product(list, i);
	}
	if (parsers_new(inputs, ninputs, &why, &parsers) < 0)
		abort();
	names = names_new();
	names_freeze(names);
	batch = batch_new();
	room = parsers_room(parsers);
	asks_all = parsers_room(parsers);
	asks_all->ask_all = true;
	only = getenv("NOROSHI_FUZZ_PRODUCT");
}

static bool
ignore(void *ctx, const struct json_value *v)
{
	(void)ctx;
	(void)v;
	return true;
}

static char *
scratch(void *ctx, size_t n)
{
	return arena_alloc(ctx, n + 1);
}

/* An object; no key twice, but where Sigma's events keep what the look-up must tell apart. */
static void
check_json(struct str text, bool sigma)
{
	struct arena memory = {0};
	/* Names of output may be longer and more than a reader's usual bounds. */
	struct json_limits lim = {.depth = 4, .keys = 8192, .name = 1024};
	struct json_sink sink = {ignore, scratch, &memory};
	uint64_t flags = 0;
	enum reason rc = json_flatten(text, &lim, &sink, &flags);

	if (rc != REASON_NONE && rc != REASON_JSON_KEYS)
		abort();
	if ((flags >> REASON_JSON_DUP & 1) && !sigma)
		abort();
	arena_done(&memory);
}

static void
check_record(const struct record *r)
{
	const struct entry *e = record_entries(batch, r);

	for (uint32_t k = 0; k < r->nentries; k++)
		if (!utf8_valid(entry_text(batch, &e[k])) ||
			!utf8_valid(entry_name(batch, names, &e[k])))
			abort();
}

static void
read_with(struct pairs *with, bool sigma, struct buf *all)
{
	struct record_out how = {.names = names, .facts = true};
	const struct batch_results *res = batch_results(batch);

	parsers_run_in(parsers, with, batch, names, 0, 1);
	if (batch_check_results(batch) < 0 || res->done != 1)
		abort();
	for (uint32_t i = 0; i < res->nrecords; i++) {
		const struct record *r = &batch_records(batch)[i];
		size_t from = all->n;

		how.source_name = parsers_product(parsers, r->product);
		check_record(r);
		record_json(batch, r, &how, all);
		check_json(str_make(all->p + from, all->n - from), sigma);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame meta = {.arrival = INT64_C(1795341600) * NS_PER_S};
	struct str rest = {(const char *)data, size}, name = {0};
	struct buf first = {0}, second = {0}, unindexed = {0};
	bool sigma;

	once();
	if (size > 65536)
		return 0;
	if (only)
		name = str_of(only);
	else
		str_cut(&rest, '\n', &name);
	while (meta.input < ninputs && !str_eq(inputs[meta.input].source, name))
		meta.input++;
	if (meta.input == ninputs)
		return 0;
	sigma = str_eq(name, STR("sigma"));
	batch_reset(batch, 1);
	if (batch_add(batch, &meta, rest, STR("192.0.2.1:1")) < 0)
		abort();
	read_with(room, sigma, &first);
	read_with(room, sigma, &second);
	read_with(asks_all, sigma, &unindexed);
	if (!str_eq(buf_str(&first), buf_str(&second)) ||
		!str_eq(buf_str(&first), buf_str(&unindexed)))
		abort();
	buf_done(&first);
	buf_done(&second);
	buf_done(&unindexed);
	return 0;
}
