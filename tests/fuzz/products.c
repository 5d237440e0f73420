/*
 * Any bytes as a frame of one product: every row in C and every definition. The first line names
 * the product as noroshi.source does; empty: it is recognised, which also goes through the header
 * and the containers. What comes out must be sound, valid UTF-8, one line of JSON each, and the
 * same when read again, with and without the index of definitions.
 *
 * NOROSHI_FUZZ_PRODUCT: the whole input is a frame of this one, so that a search stays with it.
 */
#include "base/mem.h"
#include "parsers/source_inside.h"
#include "reading.h"

static struct fuzz_reading reading;
static struct parsers *list; /* the names of products lie in it */
static struct pairs *room, *asks_all;
static struct input_context *inputs;
static unsigned ninputs;
static const char *only;

static void
once(void)
{
	struct input_context any = {.name = STR("fuzz"), .skew_ns = NS_PER_S};

	if (reading.parsers)
		return;
	list = fuzz_parsers(&any, 1);
	ninputs = parsers_product_count(list);
	inputs = mem_zero(ninputs, sizeof(*inputs));
	for (unsigned i = 0; i < ninputs; i++) {
		inputs[i] = any;
		inputs[i].squid_columns = STR("%>st note");
		inputs[i].source = parsers_product(list, i);
	}
	fuzz_begin(&reading, inputs, ninputs);
	room = parsers_room(reading.parsers);
	asks_all = parsers_room(reading.parsers);
	asks_all->ask_all = true;
	only = getenv("NOROSHI_FUZZ_PRODUCT");
}

static void
check_record(const struct record *r)
{
	const struct entry *e = record_entries(reading.batch, r);

	for (uint32_t k = 0; k < r->nentries; k++)
		if (!utf8_valid(entry_text(reading.batch, &e[k])) ||
			!utf8_valid(entry_name(reading.batch, reading.names, &e[k])))
			abort();
}

static void
read_with(struct pairs *with, bool sigma, struct buf *all)
{
	struct record_out how = {.names = reading.names, .facts = true};
	const struct batch_results *res = batch_results(reading.batch);

	parsers_run_in(reading.parsers, with, reading.batch, reading.names, 0, 1);
	if (batch_check_results(reading.batch) < 0 || res->done != 1)
		abort();
	for (uint32_t i = 0; i < res->nrecords; i++) {
		const struct record *r = &batch_records(reading.batch)[i];
		size_t from = all->n;

		how.source_name = parsers_product(reading.parsers, r->product);
		check_record(r);
		record_json(reading.batch, r, &how, all);
		fuzz_check_json(str_make(all->p + from, all->n - from), sigma);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame meta = {.arrival = FUZZ_NOW};
	struct str rest = {(const char *)data, size}, name = {0};
	struct buf first = {0}, second = {0}, unindexed = {0};
	bool sigma;

	once();
	if (size > FUZZ_MOST)
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
	batch_reset(reading.batch, 1);
	if (batch_add(reading.batch, &meta, rest, STR("192.0.2.1:1")) < 0)
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
