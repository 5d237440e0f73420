/*
 * Fuzz target: any bytes as a frame of the sources that the first byte picks: Windows, JSON, Sigma,
 * firewalls, proxies, web servers. What comes out must be sound and one line of JSON each.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/json.h"
#include "parsers/parsers.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const sources[] = {
	"windows", "json", "sigma", "fortigate", "cisco_asa", "iptables", "squid", "webserver"};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static struct parsers *parsers;
static struct names *names;
static struct batch batch;

static void
once(void)
{
	struct input_context in[SOURCES];
	struct diag why = {0};
	struct zone *zone = NULL;

	if (parsers)
		return;
	if (zone_load(STR("UTC"), &why, &zone) < 0)
		__builtin_trap();
	for (size_t i = 0; i < SOURCES; i++)
		in[i] = (struct input_context){.name = STR("fuzz"),
			.source = str_of(sources[i]),
			.zone = zone,
			.squid_columns = STR("%>st note")};
	if (parsers_new(in, SOURCES, &why, &parsers) < 0)
		__builtin_trap();
	names = names_new();
	names_freeze(names);
	batch = batch_new();
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

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct frame meta = {.arrival = INT64_C(1795341600) * NS_PER_S};
	struct record_out how = {.facts = true};
	struct buf out = {0};
	struct arena room = {0};
	/* Names of output may be longer and more than a reader's usual bounds. */
	struct json_limits lim = {.depth = 4, .keys = 8192, .name = 1024};
	struct json_sink sink = {ignore, scratch, &room};

	once();
	if (n < 1 || n > 65536)
		return 0;
	how.names = names;
	meta.input = (uint16_t)(p[0] % SOURCES);
	batch_reset(batch, 1);
	if (batch_add(batch, &meta, str_make((const char *)p + 1, n - 1), STR("192.0.2.1:1")) < 0)
		__builtin_trap();
	parsers_run(parsers, batch, names, 0, 1);
	if (batch_check_results(batch) < 0 || batch_results(batch)->done != 1)
		__builtin_trap();
	for (uint32_t i = 0; i < batch_results(batch)->nrecords; i++) {
		uint64_t flags = 0;
		enum reason rc;

		buf_clear(&out);
		record_json(batch, &batch_records(batch)[i], &how, &out);
		rc = json_flatten(buf_str(&out), &lim, &sink, &flags);
		if (rc != REASON_NONE && rc != REASON_JSON_KEYS)
			__builtin_trap();
		/* No key twice; but Sigma's events keep what the lookup must tell apart. */
		if ((flags >> REASON_JSON_DUP & 1) && meta.input != 2)
			__builtin_trap();
	}
	buf_done(&out);
	arena_done(&room);
	return 0;
}
