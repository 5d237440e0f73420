#include <criterion/criterion.h>

#include "a_house.h"

static const struct line_row rows[] = {
	{"Cisco WSA: the level in front, a scheme for tunnels, what its scanners found",
		"Info: 1795341598.250 97 192.0.2.5 TCP_MISS/200 8187 CONNECT "
		"tunnel://www.example.com:443/ - DIRECT/www.example.com text/plain "
		"DEFAULT_CASE_11-p-NONE <IW_comp,6.9,\"-\",33,0,\"x.pdf\","
		"\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"> -",
		"@time=2026-11-22T09:59:58.250Z|source.ip=192.0.2.5|url.domain=www.example.com|"
		"destination.port=443|file.name=x.pdf|rule.category=IW_comp|file.hash.sha256="
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f|"
		"observer.vendor=Cisco|network.transport=tcp|@product=squid"},
	{"five counts: the fifth is the reply's body",
		"1795341598.250 9 192.0.2.5 50001 TCP_MISS/200 640 161 292 161 348 GET "
		"http://www.example.com/ 1.1 - HIER_DIRECT/198.51.100.7 80 text/html",
		"http.response.bytes=640|http.response.body.bytes=348|http.request.bytes=161"},
	{"Squid's time is the event's, to the millisecond",
		"<174>Nov 22 09:59:59 proxy01 squid[2211]: 1795341598.250    120 192.0.2.5 "
		"TCP_MISS/200 5120 GET http://www.example.com/a/b.PNG?x=1#f EXAMPLE\\sato "
		"HIER_DIRECT/198.51.100.7 image/png",
		"@time=2026-11-22T09:59:58.250Z|host.name=proxy01|event.duration=120000000|"
		"source.ip=192.0.2.5|squid.status=TCP_MISS|http.response.status_code=200|"
		"http.response.bytes=5120|http.request.method=GET|"
		"url.full=http://www.example.com/a/b.PNG?x=1#f|url.domain=www.example.com|"
		"url.path=/a/b.PNG|url.query=x=1|url.extension=png|url.scheme=http|user.name=sato|"
		"user.domain=EXAMPLE|squid.hierarchy=HIER_DIRECT|destination.ip=198.51.100.7|"
		"http.response.mime_type=image/png|http.request.bytes=|event.category=web|"
		"event.action=proxy_request|event.outcome=success|@product=squid"},
	{"a last lone number is the request's size",
		"1795341598.250 9 192.0.2.5 TCP_MISS/200 10 POST http://www.example.com/ - "
		"HIER_DIRECT/198.51.100.7 text/html 4096",
		"http.request.bytes=4096|source.bytes=4096|user.name="},
	{"CONNECT names host and port",
		"1795341598.250 9 192.0.2.5 TCP_TUNNEL/200 10 CONNECT www.example.com:443 - "
		"HIER_DIRECT/198.51.100.7 -",
		"url.domain=www.example.com|url.port=443|destination.port=443|url.scheme=|"
		"http.request.method=CONNECT|http.response.mime_type="},
	{"denied",
		"1795341598.250 0 192.0.2.5 TCP_DENIED/403 10 GET http://192.0.2.99/ - HIER_NONE/- "
		"text/html",
		"event.outcome=failure|event.type=denied|destination.ip=192.0.2.99"},
	{"aborted without a status",
		"1795341598.250 0 192.0.2.5 TCP_MISS_ABORTED/000 0 GET "
		"http://www.example.com/ - HIER_DIRECT/198.51.100.7 -",
		"event.outcome=failure|event.type=access|http.response.status_code="},
	{"the server's no",
		"1795341598.250 0 192.0.2.5 TCP_MISS/503 0 GET http://www.example.com/ - "
		"HIER_DIRECT/198.51.100.7 -",
		"event.outcome=failure"},
	{"a parent proxy is not the destination",
		"1795341598.250 0 192.0.2.5 TCP_MISS/200 0 GET http://www.example.com/ - "
		"FIRSTUP_PARENT/192.0.2.200 -",
		"server.ip=192.0.2.200|destination.ip=|destination.domain=www.example.com"},
	{"the cache log", "2026/11/22 09:00:00 kid1| WARNING: disk is slow",
		"@time=2026-11-22T09:00:00.000Z|log.level=warning|message=WARNING: disk is slow"},
	{"Squid in the combined format",
		"192.0.2.5 - sato [22/Nov/2026:18:59:58 +0900] \"GET http://www.example.com/x "
		"HTTP/1.1\" 403 812 \"-\" \"Mozilla/5.0\" TCP_DENIED:HIER_NONE",
		"@time=2026-11-22T09:59:58.000Z|squid.status=TCP_DENIED|squid.hierarchy=HIER_NONE|"
		"event.type=denied|event.outcome=failure|event.action=proxy_request|user.name=sato|"
		"user_agent.original=Mozilla/5.0"},
	{"what is none of these is kept", "1795341598.250 0 192.0.2.5", "@unparsed=yes|source.ip="},
	{0}};

Test(squid, lines)
{
	struct house house = {.in.source = STR("squid"), .in.history = true};

	house_rows(house, rows);
}

static const struct line_row extra[] = {
	{"configured columns by logformat code, by field, by a name of their own",
		"1795341598.250 9 192.0.2.5 TCP_MISS/200 10 GET http://www.example.com/ - "
		"HIER_DIRECT/198.51.100.7 text/html 77 \"curl/8 (x)\" gold "
		"203.0.113.9,%20192.0.2.77",
		"http.request.bytes=77|user_agent.original=curl/8 (x)|squid.tier=gold|"
		"http.request.x_forwarded_for=203.0.113.9,192.0.2.77|client.ip=|source.ip=192.0.2."
		"5"},
	{0}};

Test(squid, columns_by_configuration)
{
	struct house house = {.in.source = STR("squid"),
		.in.history = true,
		.in.squid_columns = STR("%>st user_agent.original tier %{X-Forwarded-For}>h")};

	house_rows(house, extra);
}

static const struct line_row web[] = {
	{"Olfeo: day, month and year in the bracket",
		"192.0.2.5 - sato [02/04/2026 12:50:04] \"GET https://www.example.com/ HTTP/1.1\" "
		"200 -",
		"@time=2026-04-02T12:50:04.000Z|source.ip=192.0.2.5|user.name=sato"},
	{"nginx: a password that is none",
		"2026/11/22 09:59:58 [error] 334#334: *3 user \"sato\": password mismatch, client: "
		"192.0.2.5, server: a.example, request: \"GET / HTTP/1.1\", host: \"a.example\"",
		"user.name=sato|source.ip=192.0.2.5|event.outcome=failure"},
	{"combined",
		"192.0.2.5 - frank [22/Nov/2026:18:59:58 +0900] \"POST /login?x=%20 HTTP/2.0\" "
		"401 512 \"https://www.example.com/\" \"Mozilla/5.0 (X11)\"",
		"@time=2026-11-22T09:59:58.000Z|source.ip=192.0.2.5|user.name=frank|"
		"http.request.method=POST|url.path=/login|url.query=x=%20|http.version=2.0|"
		"http.response.status_code=401|http.response.bytes=512|"
		"http.request.referrer=https://www.example.com/|user_agent.original=Mozilla/5.0 "
		"(X11)|"
		"event.outcome=failure|event.category=web|event.action=http_request"},
	{"common", "192.0.2.5 - - [22/Nov/2026:09:59:58 +0000] \"GET / HTTP/1.0\" 200 -",
		"http.response.bytes=|user.name=|event.outcome=success"},
	{"a virtual host in front",
		"www.example.com:443 2001:db8::5 - - [22/Nov/2026:09:59:58 +0000] \"GET /a "
		"HTTP/1.1\" "
		"200 1 \"-\" \"-\"",
		"url.domain=www.example.com|destination.port=443|source.ip=2001:db8::5|"
		"user_agent.original="},
	{"a list of forwarded addresses in front",
		"192.0.2.5, 198.51.100.1 - - [22/Nov/2026:09:59:58 +0000] \"GET /a HTTP/1.1\" 200 "
		"1",
		"source.ip=192.0.2.5|related.ip=198.51.100.1,192.0.2.5|user.name="},
	{"columns behind: forwarded for, time taken, TLS",
		"192.0.2.5 - - [22/Nov/2026:09:59:58 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" "
		"\"curl\" "
		"\"203.0.113.9, 192.0.2.4\" 0.250 TLSv1.3",
		"http.request.x_forwarded_for=203.0.113.9,192.0.2.4|event.duration=250000000|"
		"tls.version=1.3|source.ip=192.0.2.5"},
	{"forwarded for with a port, and one that is not told",
		"192.0.2.5 - - [22/Nov/2026:09:59:58 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" "
		"\"curl\" \"unknown, 203.0.113.9:4711\"",
		"http.request.x_forwarded_for=unknown,203.0.113.9:4711|client.ip=|source.ip=192.0."
		"2.5"},
	{"no HTTP at all is kept as it came",
		"192.0.2.5 - - [22/Nov/2026:09:59:58 +0000] \"\\x16\\x03\\x01\" 400 226 \"-\" "
		"\"-\"",
		"url.original=\\x16\\x03\\x01|http.request.method=|http.response.status_code=400"},
	{"a quote inside the request",
		"192.0.2.5 - - [22/Nov/2026:09:59:58 +0000] \"GET /a\\\"b HTTP/1.1\" 200 1",
		"url.path=/a\\\"b|http.response.status_code=200"},
	{"Apache's error log",
		"[Sun Nov 22 09:59:58.123456 2026] [core:error] [pid 9:tid 7] [client "
		"192.0.2.5:4000] AH00037: Symbolic link not allowed: /x",
		"@time=2026-11-22T09:59:58.123456000Z|log.level=error|source.ip=192.0.2.5|"
		"source.port=4000|event.code=AH00037|process.pid=9|event.type=error"},
	{"nginx's error log",
		"2026/11/22 09:59:58 [error] 31#31: *46 open() \"/x\" failed (2: No such file), "
		"client: "
		"192.0.2.5, server: s, request: \"GET /x HTTP/1.1\", host: \"www.example.com\"",
		"@time=2026-11-22T09:59:58.000Z|log.level=error|source.ip=192.0.2.5|url.path=/x|"
		"url.domain=www.example.com|process.pid=31"},
	{0}};

Test(webserver, lines)
{
	struct house house = {.in.name = STR("x"), .in.history = true};

	house_rows(house, web);
}
