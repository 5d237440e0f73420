/* winiis.c - IIS's access log as events (Microsoft-Windows-IIS-Logging, event 6200): the names of
 * the W3C log stand in EventData. */
#include "base/stamp.h"
#include "parsers/generic.h"
#include "parsers/put.h"
#include "parsers/web.h"
#include "parsers/winevent.h"

#define STAMP_MAX 40

/* The event's own time is when IIS flushed its buffer; date and time are the request's, in UTC. */
static void
put_time(struct win *e)
{
	struct str date = e->data[DATA_IisDate], time = e->data[DATA_IisTime];
	char stamp[STAMP_MAX];
	int64_t ns;

	if (date.n == 0 || time.n == 0 || date.n + time.n + 2 > sizeof(stamp))
		return;
	memcpy(stamp, date.p, date.n);
	stamp[date.n] = 'T';
	memcpy(stamp + date.n + 1, time.p, time.n);
	stamp[date.n + 1 + time.n] = 'Z';
	if (generic_time(e->ctx, str_make(stamp, date.n + time.n + 2), &ns))
		parse_time(e->ctx, e->w, ns);
}

/* Blanks are written as plus signs. */
static void
put_agent(struct win *e)
{
	struct str v = e->data[DATA_IisAgent];
	char *out;

	if (v.n <= 1 || rec_has(e->w, FIELD_USER_AGENT_ORIGINAL))
		return;
	out = rec_text_room(e->w, v.n);
	if (!out)
		return;
	for (size_t i = 0; i < v.n; i++)
		out[i] = v.p[i] == '+' ? ' ' : v.p[i];
	rec_put(e->w, FIELD_USER_AGENT_ORIGINAL, rec_text_take(e->w, out, v.n));
}

static void
put_milliseconds(struct win *e)
{
	uint64_t ms;

	if (str_u64(e->data[DATA_IisTaken], &ms) && ms < UINT64_MAX / 1000000)
		rec_put_u64(e->w, FIELD_EVENT_DURATION, ms * 1000000);
}

void
win_map_iis(struct win *e)
{
	struct str version = e->data[DATA_IisVersion];
	uint64_t status = 0;

	put_time(e);
	parse_put_host(e->w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, e->data[DATA_IisClient]);
	parse_put_host(
		e->w, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, e->data[DATA_IisServer]);
	parse_put_port(e->w, FIELD_DESTINATION_PORT, e->data[DATA_IisPort]);
	if (e->data[DATA_IisUser].n > 1)
		put_account(e->w, FIELD_USER_NAME, FIELD_USER_DOMAIN, e->data[DATA_IisUser]);
	parse_put(e->w, FIELD_HTTP_REQUEST_METHOD, e->data[DATA_IisMethod]);
	if (e->data[DATA_IisStem].n)
		put_url(e->w, e->data[DATA_IisStem], false);
	parse_put(e->w, FIELD_URL_QUERY, e->data[DATA_IisQuery]);
	parse_put(e->w, FIELD_URL_DOMAIN, e->data[DATA_IisHost]);
	parse_put(e->w, FIELD_HTTP_REQUEST_REFERRER, e->data[DATA_IisReferrer]);
	if (str_take(&version, STR("HTTP/")))
		parse_put(e->w, FIELD_HTTP_VERSION, version);
	put_count(e->w, FIELD_HTTP_REQUEST_BYTES, e->data[DATA_IisIn]);
	put_count(e->w, FIELD_HTTP_RESPONSE_BYTES, e->data[DATA_IisOut]);
	put_milliseconds(e);
	put_agent(e);
	if (str_u64(e->data[DATA_IisStatus], &status) && status >= 100 && status < 1000)
		rec_put_u64(e->w, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
	web_put_event(e->w, "http_request", (unsigned)status, false, false);
	e->w->cur->flags |= RECORD_REFERS;
}
