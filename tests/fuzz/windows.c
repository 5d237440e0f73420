/*
 * Fuzz target: any bytes as a frame of the sources that the first byte picks: Windows, JSON, Sigma,
 * firewalls, proxies, web servers. What comes out must be sound and one line of JSON each.
 */
#include "reading.h"

static const char *const sources[] = {
	"windows", "json", "sigma", "fortigate", "cisco_asa", "iptables", "squid", "webserver"};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static struct fuzz_reading reading;

static void
once(void)
{
	struct input_context in[SOURCES];

	if (reading.parsers)
		return;
	for (size_t i = 0; i < SOURCES; i++)
		in[i] = (struct input_context){.name = STR("fuzz"),
			.source = str_of(sources[i]),
			.squid_columns = STR("%>st note")};
	fuzz_begin(&reading, in, SOURCES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct frame meta = {.arrival = FUZZ_NOW};
	struct record_out how = {.facts = true};
	struct batch b;
	struct buf out = {0};

	once();
	if (n < 1 || n > FUZZ_MOST)
		return 0;
	b = reading.batch;
	how.names = reading.names;
	meta.input = (uint16_t)(p[0] % SOURCES);
	batch_reset(b, 1);
	if (batch_add(b, &meta, str_make((const char *)p + 1, n - 1), STR("192.0.2.1:1")) < 0)
		abort();
	parsers_run(reading.parsers, b, reading.names, 0, 1);
	if (batch_check_results(b) < 0 || batch_results(b)->done != 1)
		abort();
	for (uint32_t i = 0; i < batch_results(b)->nrecords; i++) {
		buf_clear(&out);
		record_json(b, &batch_records(b)[i], &how, &out);
		fuzz_check_json(buf_str(&out), meta.input == 2);
	}
	buf_done(&out);
	return 0;
}
