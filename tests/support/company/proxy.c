#include <stdarg.h>
#include <string.h>

#include "writers.h"

/* Squid's native format and one column more: `... %mt %>st`, the bytes of the request. */
void
squid(struct company *co, int64_t at, const struct request *r, const char *url, ...)
{
	struct text *t = line_begin(co, at, KIND_PROXY, r->client & 1 ? "proxy2" : "proxy1");
	unsigned s = (unsigned)(co->at / MS_SECOND);
	char pad[] = "      ";
	unsigned width = 1, way = r->client % 5;
	char user[64];
	va_list ap;

	/* Some clients ask with Kerberos, some with a password, and some are let through by their
	 * address. */
	if (r->user[0] == '-' || way < 3)
		strcpy(user, "-");
	else
		strcpy(user, r->user);
	if (user[0] != '-' && way == 3)
		strcat(user, "@AD.AOBA-SEIKO.EXAMPLE");
	for (unsigned v = r->elapsed; v >= 10 && width < 6; v /= 10)
		width++;
	pad[6 - width] = '\0';
	text_put(t, co->day.dom < 10 ? "<174>%s  %u " : "<174>%s %u ", co->day.mon, co->day.dom);
	text_put(t, "%2:%2:%2 proxy%u squid[2211]: %U.%3 %s%u %i %s %U %s ", s / 3600, s / 60 % 60,
		s % 60, 1 + (r->client & 1), (uint64_t)co->day.epoch + s,
		(unsigned)(co->at % MS_SECOND), pad, r->elapsed, r->client, r->status, r->reply,
		r->method);
	va_start(ap, url);
	text_vput(t, url, ap);
	va_end(ap);
	text_put(t, " %s ", user);
	if (r->server)
		text_put(t, "HIER_DIRECT/%i", r->server);
	else
		text_put(t, "HIER_NONE/-");
	text_put(t, " %s %U", r->mime, r->sent);
	line_end(co);
}
