/* columns.c - rows of a table whose header travels with them. */
#include <criterion/criterion.h>

#include "a_house.h"
#include "base/buf.h"

#define STR_(lit)                                                                                  \
	{                                                                                          \
		"" lit, sizeof(lit) - 1                                                            \
	}

struct led_row {
	const char *why, *lead, *line, *want;
	struct input_context in;
};

#define IIS                                                                                        \
	"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "      \
	"cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"

#define PLAIN                                                                                      \
	{                                                                                          \
		.skew_ns = 0                                                                       \
	}

static const struct led_row rows[] = {
	{"IIS, in UTC whatever the input's zone", IIS,
		"2026-11-22 09:59:58 192.0.2.80 GET /a q=1 443 EXAMPLE\\sato 198.51.100.7 "
		"Mozilla/5.0+(X11) - 404 0 2 15",
		"@time=2026-11-22T09:59:58.000Z|source.ip=198.51.100.7|http.request.method=GET|url."
		"path=/a|http.response.status_code=404|"
		"user_agent.original=Mozilla/5.0 "
		"(X11)|user.name=sato|http.request.referrer=|@product=iis|event.outcome=failure|@"
		"flags=",
		PLAIN},
	{"the same line under another header means other things",
		"#Fields: date time c-ip cs-method cs-uri-stem sc-status",
		"2026-11-22 09:59:58 198.51.100.7 GET /a 404",
		"source.ip=198.51.100.7|http.response.status_code=404|@flags=", PLAIN},
	{"the header itself is no event", IIS, IIS, "@unparsed=|@flags=|source.ip=|message=" IIS,
		PLAIN},
	{"nor is another word about the file", IIS, "#Date: 2026-11-22 09:59:58",
		"@unparsed=|@flags=|source.ip=", PLAIN},
	{"too few cells", "#Fields: date time c-ip x", "2026-11-22 09:59:58 198.51.100.7",
		"@flags=csv|source.ip=198.51.100.7", PLAIN},
	{"Zeek", "#fields\tts\tid.x\tuser\tsrc_ip", "1795341598.5\t(empty)\tsato\t192.0.2.7",
		"@time=2026-11-22T09:59:58.500Z|user.name=sato|source.ip=192.0.2.7|@flags=", PLAIN},
	{"CSV with quoted separators, quotes and line ends", "time,user,src_ip,note",
		"2026-11-22 09:59:58,sato,192.0.2.7,\"a, \"\"b\"\"\nc\"",
		"user.name=sato|source.ip=192.0.2.7|csv.note=a, "
		"\"b\"\nc|@flags=|@time=2026-11-22T09:59:58.000Z",
		PLAIN},
	{"semicolons", "time;user;src_ip", "2026-11-22 09:59:58;sato;192.0.2.7",
		"user.name=sato|source.ip=192.0.2.7|@flags=", PLAIN},
	{"a BOM before the header is no part of a name", "\xef\xbb\xbfuser,src_ip,x",
		"sato,192.0.2.7,1", "user.name=sato|csv.x=1", PLAIN},
	{"columns by configuration", NULL, "2026-11-22 09:59:58,sato,192.0.2.7",
		"user.name=sato|source.ip=192.0.2.7|@flags=|@time=2026-11-22T09:59:58.000Z",
		.in = {.format = STR_("csv"), .columns = STR_("time,user,src_ip")}},
	{"header and row in CP932: 0x5C is half a character", "\x93\xfa\x8e\x9e,user,\x95\\",
		"2026-11-22 09:59:58,sato,\x83\\\x83t\x83g",
		"@time=2026-11-22T09:59:58.000Z|user.name=sato|csv.\xe8\xa1\xa8="
		"\xe3\x82\xbd\xe3\x83\x95\xe3\x83\x88|@flags=",
		.in = {.encoding = STR_("cp932")}},
	{.why = NULL},
};

static void
check(const struct led_row *row)
{
	struct house h = {.in = row->in};
	struct frame meta = {.arrival = HOUSE_NOW};
	struct str want = str_of(row->want), one;
	struct buf got = {0};

	house_read(&h, STR("x")); /* opens it */
	batch_reset(h.batch, 1);
	cr_assert_eq(batch_add_led(h.batch, &meta, str_of(row->line), STR("p"),
			     row->lead ? str_of(row->lead) : STR("")),
		0);
	parsers_run(h.parsers, h.batch, h.names, 0, 1);
	cr_assert_eq(batch_results(h.batch)->nrecords, 1, "%s", row->why);
	while (want.n > 0) {
		struct str name;

		str_cut(&want, '|', &one);
		str_cut(&one, '=', &name);
		buf_clear(&got);
		house_field(&h, 0, name, &got);
		cr_expect(str_eq(buf_str(&got), one), "%s: %.*s is '%.*s', not '%.*s'", row->why,
			STR_ARG(name), STR_ARG(buf_str(&got)), STR_ARG(one));
	}
	buf_done(&got);
	house_done(&h);
}

Test(columns, every_row)
{
	for (const struct led_row *row = rows; row->why; row++)
		check(row);
}

Test(columns, the_header_travels_once_per_batch_and_survives_the_journal)
{
	struct house h = {0};
	struct batch again = batch_new();
	struct frame meta = {.arrival = HOUSE_NOW};
	struct buf packed = {0}, b = {0};
	uint32_t raw;

	house_read(&h, STR("x"));
	batch_reset(h.batch, 1);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(batch_add_led(h.batch, &meta, STR("sato,192.0.2.7,1"), STR("p"),
				     STR("user,src_ip,n")),
			0);
	raw = batch_head(h.batch)->raw_len;
	cr_expect_eq(raw, 1 + 13 + 3 * 16, "peer and header once");
	cr_assert_eq(batch_add_led(h.batch, &meta, STR("192.0.2.7,sato,1"), STR("p"),
			     STR("src_ip,user,n")),
		0);
	buf_room(&packed, batch_pack_size(h.batch));
	batch_pack(h.batch, packed.p);
	packed.n = batch_pack_size(h.batch);
	cr_assert_eq(batch_unpack(again, buf_str(&packed)), 0);
	parsers_run(h.parsers, again, h.names, 2, 4); /* any split */
	batch_free(h.batch);
	h.batch = again;
	for (uint32_t i = 0; i < 2; i++) {
		buf_clear(&b);
		house_field(&h, i, STR("user.name"), &b);
		cr_expect(str_eq(buf_str(&b), STR("sato")), "%u", i);
	}
	batch_frames(again)[3].lead_len = UINT32_MAX;
	cr_expect_neq(batch_check(again), 0, "a header outside is seen");
	buf_done(&packed);
	buf_done(&b);
	house_done(&h);
}
