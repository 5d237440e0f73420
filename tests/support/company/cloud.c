/* cloud.c - what is asked of the clouds, the web server's log, and the firewall's rarer words. */
#include <string.h>

#include "writers.h"

/* Entra ID through Azure Monitor, one JSON object a line behind a relay's header. */
void
entra_signin(struct company *co, int64_t at, const struct person *p, uint32_t ip,
	const char *country, unsigned error, const char *reason)
{
	struct text *t = line_begin(co, at, KIND_AUTH, NULL);
	unsigned s = (unsigned)(co->at / MS_SECOND);

	text_put(t,
		"{\"time\":\"%sT%2:%2:%2.%3Z\",\"resourceId\":\"/tenants/7c1e/providers/"
		"Microsoft.aadiam\",\"operationName\":\"Sign-in "
		"activity\",\"category\":\"SignInLogs\","
		"\"resultType\":\"%u\",\"resultDescription\":\"%s\",\"callerIpAddress\":\"%i\",",
		co->day.iso, s / 3600, s / 60 % 60, s % 60, (unsigned)(co->at % MS_SECOND), error,
		reason, ip);
	text_put(t,
		"\"properties\":{\"id\":\"%h\",\"userPrincipalName\":\"%s@" MAIL_DOMAIN
		"\",\"appDisplayName\":\"Office 365 Exchange Online\",\"ipAddress\":\"%i\","
		"\"status\":{\"errorCode\":%u,\"failureReason\":\"%s\"},\"location\":{"
		"\"countryOrRegion\":\"%s\"}}}",
		16u, rng_next(&co->rng), p->mail, ip, error, reason, country);
	line_end(co);
}

/* The Office 365 Management Activity API; `parameters` is JSON. */
void
m365(struct company *co, int64_t at, const struct person *p, uint32_t ip, const char *workload,
	const char *operation, const char *parameters)
{
	struct text *t = line_begin(co, at, KIND_AUTH, NULL);
	unsigned s = (unsigned)(co->at / MS_SECOND);

	text_put(t,
		"{\"CreationTime\":\"%sT%2:%2:%2\",\"Id\":\"%h\",\"Operation\":\"%s\","
		"\"OrganizationId\":\"7c1e\",\"RecordType\":1,\"ResultStatus\":\"True\",\"UserId\":"
		"\"%s@" MAIL_DOMAIN "\",\"UserType\":0,\"Workload\":\"%s\",\"ClientIP\":\"%i\","
		"\"Parameters\":[%s]}",
		co->day.iso, s / 3600, s / 60 % 60, s % 60, 16u, rng_next(&co->rng), operation,
		p->mail, workload, ip, parameters);
	line_end(co);
}

/* Apache's combined format, as its syslog pipe sends it. */
void
web_request(struct company *co, int64_t at, const char *host, uint32_t ip, const char *method,
	const char *path, unsigned status, unsigned bytes)
{
	unsigned s = (unsigned)(at / MS_SECOND);

	say(co, at, KIND_OTHER, 134, host, "httpd", 2114,
		"%i - - [%2/%s/%u:%2:%2:%2 +0000] \"%s %s HTTP/1.1\" %u %u \"-\" \"Mozilla/5.0 "
		"(Windows NT "
		"10.0; Win64; x64)\"",
		ip, co->day.dom, co->day.mon, co->day.year, s / 3600, s / 60 % 60, s % 60, method,
		path, status, bytes);
}

void
user_added(struct company *co, int64_t at, const char *host, const char *name, unsigned uid)
{
	say(co, at, KIND_AUTH, 86, host, "useradd", 20000 + rng_below(&co->rng, 9000),
		"new user: name=%s, UID=%u, GID=%u, home=/home/%s, shell=/bin/bash, "
		"from=/dev/pts/1",
		name, uid, uid, name);
}
