#include "parsers/jsonname.h"

#include "parsers/form.h"
#include "parsers/put.h"

#define NAME_MAX_BYTES 40u

enum how { AS_TEXT, AS_USER, AS_PEER, AS_PORT, AS_STATUS, AS_METHOD, AS_OUTCOME, AS_URL };

/* In small letters, without '_' and '-'; sorted by bytes. */
static const struct known {
	struct str name;
	uint16_t field;
	uint8_t how;
} known[] = {
#define N(name, field, how)                                                                        \
	{                                                                                          \
		{name, sizeof(name) - 1}, FIELD_##field, how                                       \
	}
	N("accountname", USER_NAME, AS_USER),
	N("action", EVENT_ACTION, AS_TEXT),
	N("actor.alternateid", USER_NAME, AS_USER),
	N("actor.email", USER_NAME, AS_USER),
	N("actor.emailaddress", USER_NAME, AS_USER),
	N("actor.ip", SOURCE_IP, AS_PEER),
	N("actor.ipaddress", SOURCE_IP, AS_PEER),
	N("actor.login", USER_NAME, AS_USER),
	N("actor.name", USER_NAME, AS_USER),
	N("actor.username", USER_NAME, AS_USER),
	N("actoremail", USER_NAME, AS_USER),
	N("actorip", SOURCE_IP, AS_PEER),
	N("actoripaddress", SOURCE_IP, AS_PEER),
	N("actorname", USER_NAME, AS_USER),
	N("actorusername", USER_NAME, AS_USER),
	N("calleripaddress", SOURCE_IP, AS_PEER),
	N("client.ipaddress", SOURCE_IP, AS_PEER),
	N("clientaddr", SOURCE_IP, AS_PEER),
	N("clientaddress", SOURCE_IP, AS_PEER),
	N("clientip", SOURCE_IP, AS_PEER),
	N("clientipaddress", SOURCE_IP, AS_PEER),
	N("clientport", SOURCE_PORT, AS_PORT),
	N("computername", HOST_NAME, AS_TEXT),
	N("destinationip", DESTINATION_IP, AS_PEER),
	N("destinationport", DESTINATION_PORT, AS_PORT),
	N("destip", DESTINATION_IP, AS_PEER),
	N("destport", DESTINATION_PORT, AS_PORT),
	N("devicehostname", HOST_NAME, AS_TEXT),
	N("devicename", HOST_NAME, AS_TEXT),
	N("dstip", DESTINATION_IP, AS_PEER),
	N("dstport", DESTINATION_PORT, AS_PORT),
	N("eventname", EVENT_ACTION, AS_TEXT),
	N("eventtype", EVENT_ACTION, AS_TEXT),
	N("hostname", HOST_NAME, AS_TEXT),
	N("httpmethod", HTTP_REQUEST_METHOD, AS_METHOD),
	N("httpstatus", HTTP_RESPONSE_STATUS_CODE, AS_STATUS),
	N("httpstatuscode", HTTP_RESPONSE_STATUS_CODE, AS_STATUS),
	N("ip", SOURCE_IP, AS_PEER),
	N("ipaddr", SOURCE_IP, AS_PEER),
	N("ipaddress", SOURCE_IP, AS_PEER),
	N("loginname", USER_NAME, AS_USER),
	N("method", HTTP_REQUEST_METHOD, AS_METHOD),
	N("operation", EVENT_ACTION, AS_TEXT),
	N("operationname", EVENT_ACTION, AS_TEXT),
	N("outcome", EVENT_OUTCOME, AS_OUTCOME),
	N("remoteaddr", SOURCE_IP, AS_PEER),
	N("remoteaddress", SOURCE_IP, AS_PEER),
	N("remoteip", SOURCE_IP, AS_PEER),
	N("remoteport", SOURCE_PORT, AS_PORT),
	N("request.ip", SOURCE_IP, AS_PEER),
	N("request.method", HTTP_REQUEST_METHOD, AS_METHOD),
	N("request.remoteaddress", SOURCE_IP, AS_PEER),
	N("request.url", URL_ORIGINAL, AS_URL),
	N("request.useragent", USER_AGENT_ORIGINAL, AS_TEXT),
	N("requestmethod", HTTP_REQUEST_METHOD, AS_METHOD),
	N("requesturi", URL_ORIGINAL, AS_URL),
	N("requesturl", URL_ORIGINAL, AS_URL),
	N("result", EVENT_OUTCOME, AS_OUTCOME),
	N("sourceip", SOURCE_IP, AS_PEER),
	N("sourceipaddress", SOURCE_IP, AS_PEER),
	N("sourceport", SOURCE_PORT, AS_PORT),
	N("srcip", SOURCE_IP, AS_PEER),
	N("srcport", SOURCE_PORT, AS_PORT),
	N("status", EVENT_OUTCOME, AS_OUTCOME),
	N("statuscode", HTTP_RESPONSE_STATUS_CODE, AS_STATUS),
	N("uri", URL_ORIGINAL, AS_URL),
	N("url", URL_ORIGINAL, AS_URL),
	N("user", USER_NAME, AS_USER),
	N("user.login", USER_NAME, AS_USER),
	N("user.username", USER_NAME, AS_USER),
	N("useragent", USER_AGENT_ORIGINAL, AS_TEXT),
	N("useremail", USER_NAME, AS_USER),
	N("username", USER_NAME, AS_USER),
	N("userprincipalname", USER_NAME, AS_USER),
#undef N
};

/* The name in the table's spelling; empty if it is too long for one. */
static struct str
spell(struct str name, char *room)
{
	size_t n = 0;

	if (name.n > NAME_MAX_BYTES)
		return STR("");
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c >= 'A' && c <= 'Z')
			room[n++] = (char)(c | 0x20);
		else if (c != '_' && c != '-')
			room[n++] = c;
	}
	return str_make(room, n);
}

static const struct known *
find(struct str name)
{
	size_t lo = 0, hi = sizeof(known) / sizeof(known[0]);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int rc = str_cmp(name, known[mid].name);

		if (rc == 0)
			return &known[mid];
		if (rc < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static const char successes[] = "success SUCCESS Success succeeded SUCCEEDED successful allowed "
				"ALLOWED ok OK";
static const char failures[] = "failure FAILURE Failure failed FAILED Failed denied DENIED Denied "
			       "error ERROR blocked BLOCKED";

/* A name promises a form: what does not have it is left where it is. */
static bool
fits(const struct known *k, const struct json_value *v)
{
	uint64_t number;

	switch ((enum how)k->how) {
	case AS_PORT:
		return str_u64(v->text, &number) && number > 0 && number <= 65535;
	case AS_STATUS:
		return str_u64(v->text, &number) && number >= 100 && number <= 599;
	case AS_METHOD:
		return in_words("GET POST PUT DELETE HEAD OPTIONS PATCH CONNECT TRACE", v->text);
	case AS_OUTCOME:
		return in_words(successes, v->text) || in_words(failures, v->text);
	case AS_USER:
	case AS_TEXT:
		return v->kind == VALUE_STRING && v->text.n > 0 && v->text.n <= 256;
	case AS_PEER: /* digits and hex: a name is none */
	case AS_URL:
		return v->kind == VALUE_STRING && v->text.n > 1;
	}
	return false;
}

void
json_names_take(struct json_names *names, const struct json_value *v)
{
	char room[NAME_MAX_BYTES];
	const struct known *k;

	if ((v->kind != VALUE_STRING && v->kind != VALUE_NUMBER) || v->in_array)
		return;
	k = find(spell(v->name, room));
	if (!k || !fits(k, v))
		return;
	for (size_t i = 0; i < names->n; i++) {
		if (known[names->v[i].known].field != k->field)
			continue;
		if (&known[names->v[i].known] == k)
			names->v[i].value = v->text; /* of two equal keys the last counts */
		return;
	}
	if (names->n == JSON_NAMES)
		return;
	names->v[names->n].known = (uint8_t)(k - known);
	names->v[names->n++].value = v->text;
}

void
json_names_put(const struct json_names *names, struct recs *w)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct known *k = &known[names->v[i].known];
		unsigned field = k->field;
		struct str value = names->v[i].value;

		if (rec_has(w, field))
			continue;
		switch ((enum how)k->how) {
		case AS_USER:
			put_account(w, field, FIELD_USER_DOMAIN, value);
			break;
		case AS_PEER:
			form_put_peer(w, field, 0,
				field == FIELD_SOURCE_IP && !rec_has(w, FIELD_SOURCE_PORT)
					? FIELD_SOURCE_PORT
					: 0,
				value);
			break;
		case AS_PORT:
			parse_put_port(w, field, value);
			break;
		case AS_STATUS:
			rec_put_number(w, field, value);
			break;
		case AS_OUTCOME:
			rec_put(w, field,
				in_words(successes, value) ? STR("success") : STR("failure"));
			break;
		case AS_URL:
			put_url(w, value, false);
			break;
		case AS_TEXT:
		case AS_METHOD:
			rec_put(w, field, value);
			break;
		}
	}
}
