#include <criterion/criterion.h>

#include "a_house.h"

#include "base/buf.h"

static const struct line_row rows[] = {
	{"Azure Monitor carries a Windows event's own XML",
		"{\"time\":\"2026-04-02T01:02:09Z\",\"category\":\"WindowsEventLogsTable\","
		"\"properties\":{\"EventId\":4624,\"Channel\":\"Security\",\"RawXml\":\"<Event "
		"xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "
		"Name='Microsoft-Windows-Security-Auditing'/><EventID>4624</EventID><TimeCreated "
		"SystemTime='2026-04-02T01:02:03.5Z'/><Channel>Security</Channel><Computer>srv1."
		"example.com</Computer></System><EventData><Data Name='TargetUserName'>abe</Data>"
		"<Data Name='LogonType'>3</Data><Data Name='IpAddress'>192.0.2.7</Data>"
		"</EventData></Event>\"}}",
		"@time=2026-04-02T01:02:03.500Z|event.code=4624|user.name=abe|source.ip=192.0.2.7|"
		"host.name=srv1.example.com|event.outcome=success|@kind=auth"},
	{"Azure Monitor's table without the XML is JSON like any other",
		"{\"category\":\"WindowsEventLogsTable\",\"properties\":{\"RawXml\":\"none\"}}",
		"properties.RawXml=none"},
	{"a web server's own names for the peer and what it forwarded",
		"{\"remote_addr\":\"192.0.2.5\",\"http_x_forwarded_for\":\"203.0.113.9, "
		"10.0.0.1\"}",
		"source.ip=192.0.2.5|http.request.x_forwarded_for=203.0.113.9,10.0.0.1|client.ip=|"
		"remote_addr=192.0.2.5"},
	{"a time in words", "{\"timestamp\":\"11/22/2026 6:59:58 PM\",\"a\":1}",
		"@time=2026-11-22T18:59:58.000Z|@flags="},
	{"a time from Greenwich", "{\"time\":\"2026-11-22T18:59:58 GMT+09:00\",\"a\":1}",
		"@time=2026-11-22T09:59:58.000Z"},
	{"ticks", "{\"eventTime\":639309455980000000,\"a\":1}", "@time=2026-11-22T11:59:58.000Z"},
	{"names that many products share, in any spelling",
		"{\"clientIp\":\"192.0.2.7:50111\",\"User-Name\":\"EXAMPLE\\\\abe\",\"event_type\":"
		"\"login\","
		"\"result\":\"FAILED\",\"dst_ip\":\"198.51.100.2\",\"dstPort\":443}",
		"source.ip=192.0.2.7|source.port=50111|user.name=abe|user.domain=EXAMPLE|"
		"event.action=login|event.outcome=failure|destination.ip=198.51.100.2|"
		"destination.port=443|clientIp=192.0.2.7:50111|result=FAILED"},
	{"what an object says in ECS stands before what its other names say",
		"{\"src_ip\":\"192.0.2.8\",\"source\":{\"ip\":\"192.0.2.9\"}}",
		"source.ip=192.0.2.9|src_ip=192.0.2.8"},
	{"a name promises a form",
		"{\"ip\":\"none\",\"status\":\"queued\",\"method\":\"password\",\"statusCode\":7}",
		"source.ip=|event.outcome=|http.request.method=|http.response.status_code=|ip="
		"none"},
	{"nested and dotted ECS names are one",
		"{\"@timestamp\":\"2026-11-22T18:59:58.5+09:00\",\"source\":{\"ip\":\"2001:DB8::"
		"1\"},"
		"\"destination.port\":443,\"message\":\"m\",\"event\":{\"category\":[\"network\"]},"
		"\"shop\":{\"cart\":7}}",
		"@time=2026-11-22T09:59:58.500Z|source.ip=2001:db8::1|destination.port=443|message="
		"m|"
		"event.category=network|shop.cart=7|@flags=|@arrival="},
	{"what is ours is moved aside, not believed",
		"{\"event\":{\"ingested\":\"2000-01-01T00:00:00Z\",\"id\":\"x\",\"original\":\"y\","
		"\"sequence\":5},\"noroshi\":{\"verdict\":\"ok\"},\"noroshi.peer\":\"z\","
		"\"logsource\":{\"product\":\"windows\"}}",
		"json.event.ingested=2000-01-01T00:00:00Z|event.ingested=|json.event.id=x|event.id="
		"|"
		"json.event.original=y|event.original=|json.event.sequence=5|json.noroshi.verdict="
		"ok|"
		"noroshi.verdict=|json.noroshi.peer=z|json.logsource.product=windows|"
		"logsource.product="},
	{"an array where one value is due", "{\"source\":[{\"ip\":[[\"192.0.2.1\"]]}],\"m\":1}",
		"source.ip=192.0.2.1|@flags=json_type"},
	{"a number where text is due", "{\"host\":{\"name\":42}}", "host.name=42|@flags=json_type"},
	{"an address that is none", "{\"source\":{\"ip\":\"nowhere\"}}",
		"source.ip=nowhere|@flags=json_type"},
	{"a list of a host's addresses is no mistake",
		"{\"host\":{\"ip\":[\"192.0.2.1\",\"2001:db8::1\"]},\"event\":{\"code\":4624}}",
		"host.ip=192.0.2.1,2001:db8::1|event.code=4624|@flags="},
	{"the last of two equal keys", "{\"user\":\"alice\",\"us\\u0065r\":\"root\"}",
		"user=root|user.name=root|@flags=json_dup"},
	{"a timestamp that cannot be read stays visible",
		"{\"@timestamp\":\"soon\",\"time\":\"2026-11-22T09:00:00Z\"}",
		"@time=2026-11-22T09:00:00.000Z|json.@timestamp=soon|@flags=timestamp"},
	{"an array as the timestamp", "{\"@timestamp\":[\"2026-11-22T09:00:00Z\"],\"m\":1}",
		"@flags=json_type|@arrival=yes|json.@timestamp=2026-11-22T09:00:00Z"},
	{"seconds as a number", "{\"ts\":1795341590.25}", "@time=2026-11-22T09:59:50.250Z"},
	{"the surer time wins, whatever the order",
		"{\"time\":\"2026-11-22T01:00:00Z\",\"timestamp\":\"2026-11-22T09:30:00Z\"}",
		"@time=2026-11-22T09:30:00.000Z|timestamp=2026-11-22T09:30:00Z"},
	{"behind a cookie in syslog",
		"<38>Nov 22 09:59:58 web01 app: @cee: {\"user\":{\"name\":\"a\"}}",
		"host.name=web01|user.name=a|@product=json"},
	{"bare in syslog", "<38>Nov 22 09:59:58 web01 app: {\"user\":{\"name\":\"a\"}}",
		"host.name=web01|user.name=a|@time=2026-11-22T09:59:58.000Z"},
	{"a dotted key and a path of the same name stand together",
		"{\"shop.cart\":1,\"shop\":{\"cart\":2}}", "shop.cart=1,2"},
	{"a lone surrogate", "{\"u\":\"\\ud800\"}", "u=\xef\xbf\xbd|@flags=encoding"},
	{"an empty key", "{\"\":1,\"a\":2}", "a=2|@flags=json_type"},
	{"big numbers keep their digits", "{\"n\":9007199254740993,\"e\":1e400}",
		"n=9007199254740993|e=1e400|@flags="},
	{0}};

Test(json, lines)
{
	struct house house = {.in.name = STR("x"), .in.history = true};

	house_rows(house, rows);
}

static const struct line_row bound[] = {
	{"a broken object is kept, not guessed", "{\"a\":1,\"b\":'x'}",
		"@unparsed=yes|@flags=json_syntax|a="},
	{"NaN is no number", "{\"n\":NaN}", "@unparsed=yes|@flags=json_syntax,json_number"},
	{"an array of scalars", "[\"x\"]", "@unparsed=yes|@flags=json_syntax"},
	{"cut inside a string", "{\"a\":\"b", "@unparsed=yes|@flags=json_syntax"},
	{"null at top", "null", "@unparsed=yes|@flags=json_syntax"},
	{"a string at top", "\"x\"", "@unparsed=yes|@flags=json_syntax"},
	{"a comment", "{/**/\"a\":1}", "@unparsed=yes|@flags=json_syntax"}, {0}};

Test(json, by_configuration)
{
	struct house house = {.in.format = STR("json")};

	house_rows(house, bound);
}

static void
expect(const struct house *h, uint32_t n, const char *name, const char *want)
{
	struct buf got = {0};

	house_field(h, n, str_of(name), &got);
	cr_expect(str_eq(buf_str(&got), str_of(want)), "record %u: %s is %.*s, not %s", n, name,
		STR_ARG(buf_str(&got)), want);
	buf_done(&got);
}

Test(json, one_frame_gives_many_records)
{
	static const char *const frames[] = {"[{\"time\":\"2026-11-22T09:00:00Z\",\"a\":\"x,]}"
					     "\\\"\"},{\"a\":[1,{\"b\":2}]}, {\"a\":3}]",
		" {\"records\": [{\"time\":\"2026-11-22T09:00:00Z\",\"a\":\"x,]}\\\"\"},"
		"{\"a\":[1,{\"b\":2}]},{\"a\":3}]}",
		"{\"Records\":[{\"time\":\"2026-11-22T09:00:00Z\",\"a\":\"x,]}\\\"\"},"
		"{\"a\":[1,{\"b\":2}]},{\"a\":3}]}"};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct house h = {.in.history = true};

		house_read(&h, str_of(frames[i]));
		cr_assert_eq(batch_results(h.batch)->nrecords, 3, "%s", frames[i]);
		expect(&h, 0, "a", "x,]}\"");
		expect(&h, 0, "@time", "2026-11-22T09:00:00.000Z");
		expect(&h, 1, "a.b", "2");
		expect(&h, 1, "@arrival", "yes");
		expect(&h, 2, "a", "3");
		house_done(&h);
	}
}

Test(json, one_bad_element_does_not_take_the_others_along)
{
	struct house h = {.in.history = true};

	house_read(&h, STR("[{\"a\":1},{\"a\":+2},{\"a\":3}]"));
	cr_assert_eq(batch_results(h.batch)->nrecords, 3);
	expect(&h, 0, "@flags", "");
	expect(&h, 1, "@flags", "json_syntax,json_number");
	expect(&h, 2, "a", "3");
	house_done(&h);
}

Test(json, deep_and_wide_are_flagged_and_fast)
{
	struct house h = {.in.history = true};
	struct buf text = {0};

	BUF_ADD_LIT(&text, "{\"m\":\"here\",\"d\":");
	for (int i = 0; i < 100000; i++)
		BUF_ADD_LIT(&text, "[");
	house_read(&h, buf_str(&text));
	/* Nothing tells an object's end, so recognition leaves it alone; by configuration it is
	 * read. */
	cr_expect_eq(batch_results(h.batch)->nrecords, 1);
	house_done(&h);
	h = (struct house){.in.format = STR("json")};
	house_read(&h, buf_str(&text));
	expect(&h, 0, "@flags", "json_depth");
	expect(&h, 0, "m", "here");
	house_done(&h);
	buf_clear(&text);
	for (int i = 0; i < 4000; i++)
		buf_printf(&text, "%c\"k%d\":1", i ? ',' : '{', i);
	BUF_ADD_LIT(&text, "}");
	h = (struct house){.in.format = STR("json")};
	house_read(&h, buf_str(&text));
	expect(&h, 0, "@flags", "json_keys");
	expect(&h, 0, "k1000", "1");
	house_done(&h);
	buf_done(&text);
}

/* ---- --source sigma ---- */

/* Texts of a name that a lookup finds: the marked ones if any is marked. */
static void
lookup(const struct house *h, const char *name, struct buf *out)
{
	const struct record *r = &batch_records(h->batch)[0];
	const struct entry *e = record_entries(h->batch, r);
	bool marked = false;

	buf_clear(out);
	for (uint32_t i = 0; i < r->nentries; i++)
		if (str_eq(entry_name(h->batch, h->names, &e[i]), str_of(name)) &&
			e[i].flags & ENTRY_LITERAL)
			marked = true;
	for (uint32_t i = 0; i < r->nentries; i++) {
		if (!str_eq(entry_name(h->batch, h->names, &e[i]), str_of(name)) ||
			(marked && !(e[i].flags & ENTRY_LITERAL)))
			continue;
		if (out->n)
			buf_add_char(out, ' ');
		buf_add_char(out, "snTF0eo"[e[i].kind]);
		buf_add_str(out, entry_text(h->batch, &e[i]));
	}
}

Test(sigma, a_lookup_finds_what_semantics_ask)
{
	static const struct {
		const char *event, *name, *want, *why;
	} table[] = {
		{"{\"a.b.c\":1,\"a\":{\"b\":{\"c\":2}}}", "a.b.c", "n1", "the literal key wins"},
		{"{\"a\":{\"b\":{\"c\":2}},\"a.b\":{\"c\":3}}", "a.b.c", "n2",
			"dots from the left"},
		{"{\"a.b\":{\"c\":3},\"a\":{\"x\":1}}", "a.b.c", "n3", "the next dot if not found"},
		{"{\"a\":{\"b.c\":4,\"b\":{\"c\":5}}}", "a.b.c", "n4",
			"the literal key wins below"},
		{"{\"a\":[{\"b\":1},{\"b\":[2,[3]]},4]}", "a.b", "n1 n2 n3", "arrays on the way"},
		{"{\"a\":[{\"b\":1},{\"b\":2},4]}", "a", "o o n4", "objects are present"},
		{"{\"a\":null,\"b\":[]}", "a", "0null", "null is present"},
		{"{\"a\":null,\"b\":[]}", "b", "e", "an empty array is present"},
		{"{\"a\":1.50}", "a", "n1.50", "numbers keep their text"},
		{"{\"a\":1,\"a\":\"x\"}", "a", "sx", "of duplicates the last"},
		{"{\"event.id\":\"7\",\"noroshi.peer\":\"p\"}", "event.id", "s7",
			"names are its own"},
		{"{\"logsource.product\":\"q\"}", "logsource.product", "",
			"a dotted key is no label"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct house h = {.in.source = STR("sigma")};
		struct buf got = {0};

		house_read(&h, str_of(table[i].event));
		cr_assert_eq(batch_results(h.batch)->nrecords, 1, "%s", table[i].why);
		lookup(&h, table[i].name, &got);
		cr_expect(str_eq(buf_str(&got), str_of(table[i].want)), "%s: %.*s", table[i].why,
			STR_ARG(buf_str(&got)));
		buf_done(&got);
		house_done(&h);
	}
}

Test(sigma, times)
{
	static const struct {
		const char *event, *time; /* NULL: unusable */
	} table[] = {
		{"{\"@timestamp\":\"2026-11-22T09:00:00Z\"}", "2026-11-22T09:00:00.000Z"},
		{"{\"timestamp\":\"2026-11-22 09:00:00\"}", "2026-11-22T09:00:00.000Z"},
		{"{\"timestamp\":\"2026-11-22T09:00:00.1234567891+09:00\"}",
			"2026-11-22T00:00:00.123456789Z"},
		{"{\"timestamp\":1795341590}", "2026-11-22T09:59:50.000Z"},
		{"{\"timestamp\":1795341590.25}", "2026-11-22T09:59:50.250Z"},
		{"{\"timestamp\":1795341590123}", "2026-11-22T09:59:50.123Z"},
		{"{\"timestamp\":1.79534159e9}", "2026-11-22T09:59:50.000Z"},
		{"{\"timestamp\":1.79534159025E+9}", "2026-11-22T09:59:50.250Z"},
		{"{\"timestamp\":17953415902500e-4}", "2026-11-22T09:59:50.250Z"},
		{"{\"timestamp\":1.795341590123e12}", "2026-11-22T09:59:50.123Z"},
		{"{\"timestamp\":-25e-2}", "1969-12-31T23:59:59.750Z"},
		{"{\"timestamp\":0e9}", "1970-01-01T00:00:00.000Z"},
		{"{\"timestamp\":1e300}", NULL},
		{"{\"timestamp\":1e99999999999999999999}", NULL},
		{"{\"timestamp\":1e-300}", "1970-01-01T00:00:00.000Z"},
		{"{\"timestamp\":\"2026-11-22T09:00:00Z\",\"@timestamp\":\"x\"}", NULL},
		{"{\"@timestamp\":\"x\",\"timestamp\":\"2026-11-22T09:00:00Z\"}", NULL},
		{"{\"timestamp\":\"2026-11-31T09:00:00Z\"}", NULL},
		{"{\"timestamp\":\"2026-11-22T09:00:00+0900\"}", NULL},
		{"{\"timestamp\":\"2026-11-22T09:00:00Z \"}", NULL},
		{"{\"a\":{\"timestamp\":1795341590}}", NULL},
		{"{\"timestamp\":[1795341590]}", NULL},
		{"{}", NULL},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct house h = {.in.source = STR("sigma")};
		struct record *r;

		house_read(&h, str_of(table[i].event));
		r = batch_records(h.batch);
		cr_expect_eq(
			!table[i].time, (r->flags & RECORD_NO_TIME) != 0, "%s", table[i].event);
		if (table[i].time)
			expect(&h, 0, "@time", table[i].time);
		house_done(&h);
	}
}

Test(sigma, the_label_is_hidden_and_no_data)
{
	struct house h = {.in.source = STR("sigma")};
	const struct record *r;
	const struct entry *e;

	house_read(&h, STR("{\"logsource\":{\"product\":\"windows\",\"category\":[\"x\",\"y\"],"
			   "\"other\":1},\"a\":1}"));
	r = batch_records(h.batch);
	cr_assert_eq(r->nentries, 4);
	cr_expect_eq(r->logsource, LOGSOURCE_LABEL);
	e = record_entries(h.batch, r);
	for (int i = 0; i < 3; i++)
		cr_expect(e[i].flags & ENTRY_HIDDEN);
	cr_expect_eq(e[2].field, FIELD_LOGSOURCE_CATEGORY);
	cr_expect_not(e[3].flags & ENTRY_HIDDEN);
	house_done(&h);
}

Test(sigma, an_event_may_be_its_own_label)
{
	struct house h = {.in.source = STR("sigma"), .in.plain_label = true};
	const struct record *r;
	const struct entry *e;

	house_read(
		&h, STR("{\"product\":\"windows\",\"a\":1,\"service\":7,\"n\":{\"category\":\"x\"},"
			"\"logsource\":{\"product\":\"linux\"}}"));
	r = batch_records(h.batch);
	cr_expect_eq(r->logsource, LOGSOURCE_LABEL);
	e = record_entries(h.batch, r);
	cr_assert_geq(r->nentries, 2);
	cr_expect_eq(e[0].field, FIELD_LOGSOURCE_PRODUCT);
	cr_expect(e[0].flags & ENTRY_HIDDEN);
	cr_expect(str_eq(entry_text(h.batch, &e[0]), STR("windows")));
	for (uint32_t i = 1; i < r->nentries; i++)
		cr_expect_not(
			e[i].flags & ENTRY_HIDDEN, "all the rest is data, the first one again");
	house_done(&h);
}

Test(sigma, broken_lines_and_no_objects_are_no_events)
{
	static const char *const lines[] = {
		"", "  ", "nope", "[{}]", "{\"a\":NaN}", "{\"a\":1", "\"x\"", "{\"a\":1}}"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct house h = {.in.source = STR("sigma")};

		house_read(&h, str_of(lines[i]));
		cr_expect_eq(batch_results(h.batch)->nrecords, 0, "%s", lines[i]);
		house_done(&h);
	}
}
