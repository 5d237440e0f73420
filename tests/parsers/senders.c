/* senders.c - one port, several senders: zone, product and encoding by the journaled peer. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/diag.h"
#include "parsers/parsers.h"

#define ARRIVAL (INT64_C(1795341600) * NS_PER_S) /* 2026-11-22T10:00:00Z */

static struct cidr
net(const char *text)
{
	struct cidr c;

	cr_assert_null(cidr_read(str_of(text), &c), "%s", text);
	return c;
}

static struct zone *
zone(const char *name)
{
	struct zone *z = NULL;

	cr_assert_eq(zone_load(str_of(name), NULL, &z), 0, "%s", name);
	return z;
}

/* 10:02:03 on the wall of each; the word is 表 in CP932, then in EUC-JP. */
#define CP932  "<38>Nov 22 10:02:03 h app: \x95\x5c"
#define EUC_JP "<38>Nov 22 10:02:03 h app: \xc9\xbd"
#define LOGIN  "<38>Nov 22 10:02:03 h x: Accepted password for abe from 192.0.2.7 port 4 ssh2"

static const struct row {
	const char *why, *peer, *bytes;
	int hour; /* of the record's time, UTC */
	const char *message, *product;
} rows[] = {
	{"as the input says", "198.51.100.7:514", EUC_JP, 1, "表", NULL},
	{"a network's zone and encoding", "192.0.2.9:514", CP932, 10, "表", NULL},
	{"the smaller network inside it", "192.0.2.130:514", EUC_JP, 15, "表", NULL},
	{"one address inside that", "192.0.2.131:514", EUC_JP, 1, NULL, "sshd"},
	{"without a port, as UDP has it", "192.0.2.9", CP932, 10, "表", NULL},
	{"IPv6", "[2001:db8::7]:6514", CP932, 10, "表", NULL},
	{"a socket of this machine", "pid:42", EUC_JP, 1, "表", NULL},
	{NULL, NULL, NULL, 0, NULL, NULL},
};

struct bench {
	struct zone *tokyo, *utc, *york;
	struct names *names;
	struct batch batch;
};

static void
check_row(struct bench *t, const struct parsers *p, const struct row *row)
{
	struct frame meta = {.arrival = ARRIVAL};
	const char *bytes = row->product ? LOGIN : row->bytes;
	struct str message = STR("");
	const struct record *r;
	const struct entry *e;

	batch_reset(t->batch, 1);
	cr_assert_eq(batch_add(t->batch, &meta, str_of(bytes), str_of(row->peer)), 0);
	parsers_run(p, t->batch, t->names, 0, 1);
	cr_assert_eq(batch_results(t->batch)->nrecords, 1, "%s", row->why);
	r = &batch_records(t->batch)[0];
	e = record_entries(t->batch, r);
	cr_expect_eq((r->time / NS_PER_S / 3600) % 24, row->hour, "%s: the zone", row->why);
	for (uint32_t i = 0; i < r->nentries; i++)
		if (e[i].field == FIELD_MESSAGE)
			message = entry_text(t->batch, &e[i]);
	if (row->message)
		cr_expect(str_eq(message, str_of(row->message)), "%s: the encoding: %.*s", row->why,
			STR_ARG(message));
	if (row->product)
		cr_expect(str_eq(parsers_product(p, r->product), str_of(row->product)), "%s",
			row->why);
}

Test(senders, zone_product_and_encoding)
{
	struct bench t = {.tokyo = zone("Asia/Tokyo"),
		.utc = zone("UTC"),
		.york = zone("America/New_York"),
		.names = names_new(),
		.batch = batch_new()};
	struct sender_context senders[] = {
		{.net = net("192.0.2.0/24"), .zone = t.utc, .encoding = STR("cp932")},
		{.net = net("192.0.2.131"), .source = STR("sshd")},
		{.net = net("192.0.2.128/25"), .zone = t.york},
		{.net = net("2001:db8::/32"), .zone = t.utc, .encoding = STR("cp932")},
	};
	struct input_context in = {.name = STR("shared"),
		.zone = t.tokyo,
		.encoding = STR("euc-jp"),
		.senders = senders,
		.nsenders = sizeof(senders) / sizeof(senders[0])};
	struct parsers *p = NULL;
	struct diag why = {0};

	names_freeze(t.names);
	cr_assert_eq(parsers_new(&in, 1, &why, &p), 0, "%s", diag_first(&why));
	for (const struct row *row = rows; row->why; row++)
		check_row(&t, p, row);
	parsers_free(p);
	senders[1].source = STR("sshdd");
	cr_expect_lt(parsers_new(&in, 1, &why, &p), 0);
	cr_expect_not_null(strstr(diag_first(&why), "sshd"), "%s", diag_first(&why));
	diag_done(&why);
	batch_free(t.batch);
	names_free(t.names);
	zone_free(t.tokyo);
	zone_free(t.utc);
	zone_free(t.york);
}
