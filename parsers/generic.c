#include "parsers/generic.h"

#include "base/stamp.h"
#include "parsers/put.h"

enum how {
	AS_TEXT,
	AS_LOWER,
	AS_HOST,
	AS_HOSTNAME, /* unless the header named the host */
	AS_PORT,
	AS_MAC,
	AS_COUNT,
	AS_PROTO,
	AS_USER,    /* DOMAIN\user */
	AS_OUTCOME, /* only words that mean success or failure */
	AS_URL,
	AS_FILE,
	AS_HASH, /* the field by its length */
	AS_MAIL  /* only what has an @ */
};

/* Sorted by bytes. */
static const struct key {
	struct str name;
	uint16_t field, domain;
	uint8_t how;
} keys[] = {
	{{"DPT", 3}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"DST", 3}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"PROTO", 5}, FIELD_NETWORK_TRANSPORT, 0, AS_PROTO},
	{{"SPT", 3}, FIELD_SOURCE_PORT, 0, AS_PORT},
	{{"SRC", 3}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"account", 7}, FIELD_USER_NAME, 0, AS_USER},
	{{"acct", 4}, FIELD_USER_NAME, 0, AS_USER},
	{{"act", 3}, FIELD_EVENT_ACTION, 0, AS_TEXT},
	{{"action", 6}, FIELD_EVENT_ACTION, 0, AS_TEXT},
	{{"addr", 4}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"agent", 5}, FIELD_USER_AGENT_ORIGINAL, 0, AS_TEXT},
	{{"app", 3}, FIELD_NETWORK_APPLICATION, 0, AS_LOWER},
	{{"bytes", 5}, FIELD_NETWORK_BYTES, 0, AS_COUNT},
	{{"bytes_in", 8}, FIELD_DESTINATION_BYTES, 0, AS_COUNT},
	{{"bytes_out", 9}, FIELD_SOURCE_BYTES, 0, AS_COUNT},
	{{"bytes_received", 14}, FIELD_DESTINATION_BYTES, 0, AS_COUNT},
	{{"bytes_sent", 10}, FIELD_SOURCE_BYTES, 0, AS_COUNT},
	{{"client", 6}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"client_ip", 9}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"clientip", 8}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"cmd", 3}, FIELD_PROCESS_COMMAND_LINE, 0, AS_TEXT},
	{{"cmdline", 7}, FIELD_PROCESS_COMMAND_LINE, 0, AS_TEXT},
	{{"command", 7}, FIELD_PROCESS_COMMAND_LINE, 0, AS_TEXT},
	{{"cwd", 3}, FIELD_PROCESS_WORKING_DIRECTORY, 0, AS_TEXT},
	{{"daddr", 5}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"dest_ip", 7}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"dest_port", 9}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"destinationAddress", 18}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"destinationDnsDomain", 20}, FIELD_DESTINATION_DOMAIN, 0, AS_TEXT},
	{{"destinationTranslatedAddress", 28}, FIELD_DESTINATION_NAT_IP, 0, AS_HOST},
	{{"destinationTranslatedPort", 25}, FIELD_DESTINATION_NAT_PORT, 0, AS_PORT},
	{{"destinationUserName", 19}, FIELD_DESTINATION_USER_NAME, 0, AS_TEXT},
	{{"destination_ip", 14}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"destination_port", 16}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"destip", 6}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"deviceExternalId", 16}, FIELD_OBSERVER_SERIAL, 0, AS_TEXT},
	{{"deviceInboundInterface", 22}, FIELD_OBSERVER_INGRESS_INTERFACE, 0, AS_TEXT},
	{{"deviceOutboundInterface", 23}, FIELD_OBSERVER_EGRESS_INTERFACE, 0, AS_TEXT},
	{{"devid", 5}, FIELD_OBSERVER_SERIAL, 0, AS_TEXT},
	{{"devname", 7}, FIELD_OBSERVER_HOSTNAME, 0, AS_TEXT},
	{{"dhost", 5}, FIELD_DESTINATION_DOMAIN, 0, AS_TEXT},
	{{"dip", 3}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"dmac", 4}, FIELD_DESTINATION_MAC, 0, AS_MAC},
	{{"domain", 6}, FIELD_USER_DOMAIN, 0, AS_TEXT},
	{{"dpid", 4}, FIELD_PROCESS_PID, 0, AS_COUNT},
	{{"dport", 5}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"dproc", 5}, FIELD_PROCESS_NAME, 0, AS_TEXT},
	{{"dpt", 3}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"dst", 3}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"dstBytes", 8}, FIELD_DESTINATION_BYTES, 0, AS_COUNT},
	{{"dstMAC", 6}, FIELD_DESTINATION_MAC, 0, AS_MAC},
	{{"dstPackets", 10}, FIELD_DESTINATION_PACKETS, 0, AS_COUNT},
	{{"dstPort", 7}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"dstPostNAT", 10}, FIELD_DESTINATION_NAT_IP, 0, AS_HOST},
	{{"dstPostNATPort", 14}, FIELD_DESTINATION_NAT_PORT, 0, AS_PORT},
	{{"dst_ip", 6}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"dst_mac", 7}, FIELD_DESTINATION_MAC, 0, AS_MAC},
	{{"dst_port", 8}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"dst_user", 8}, FIELD_DESTINATION_USER_NAME, 0, AS_TEXT},
	{{"dsthost", 7}, FIELD_DESTINATION_DOMAIN, 0, AS_TEXT},
	{{"dstip", 5}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"dstmac", 6}, FIELD_DESTINATION_MAC, 0, AS_MAC},
	{{"dstport", 7}, FIELD_DESTINATION_PORT, 0, AS_PORT},
	{{"dstuser", 7}, FIELD_DESTINATION_USER_NAME, 0, AS_TEXT},
	{{"duser", 5}, FIELD_DESTINATION_USER_NAME, 0, AS_TEXT},
	{{"dvc", 3}, FIELD_OBSERVER_IP, 0, AS_HOST},
	{{"dvchost", 7}, FIELD_OBSERVER_HOSTNAME, 0, AS_TEXT},
	{{"exe", 3}, FIELD_PROCESS_EXECUTABLE, 0, AS_TEXT},
	{{"file", 4}, FIELD_FILE_PATH, 0, AS_FILE},
	{{"fileHash", 8}, FIELD_FILE_HASH_SHA256, 0, AS_HASH},
	{{"filePath", 8}, FIELD_FILE_PATH, 0, AS_FILE},
	{{"filename", 8}, FIELD_FILE_NAME, 0, AS_FILE},
	{{"fname", 5}, FIELD_FILE_NAME, 0, AS_FILE},
	{{"from", 4}, FIELD_EMAIL_FROM_ADDRESS, 0, AS_MAIL},
	{{"fsize", 5}, FIELD_FILE_SIZE, 0, AS_COUNT},
	{{"group", 5}, FIELD_USER_GROUP_NAME, 0, AS_TEXT},
	{{"hash", 4}, FIELD_FILE_HASH_SHA256, 0, AS_HASH},
	{{"host", 4}, FIELD_HOST_NAME, 0, AS_HOSTNAME},
	{{"hostname", 8}, FIELD_HOST_NAME, 0, AS_HOSTNAME},
	{{"identHostName", 13}, FIELD_SOURCE_DOMAIN, 0, AS_TEXT},
	{{"in", 2}, FIELD_SOURCE_BYTES, 0, AS_COUNT},
	{{"inzone", 6}, FIELD_OBSERVER_INGRESS_ZONE, 0, AS_TEXT},
	{{"ip", 2}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"level", 5}, FIELD_LOG_LEVEL, 0, AS_LOWER},
	{{"login", 5}, FIELD_USER_NAME, 0, AS_USER},
	{{"lvl", 3}, FIELD_LOG_LEVEL, 0, AS_LOWER},
	{{"md5", 3}, FIELD_FILE_HASH_MD5, 0, AS_LOWER},
	{{"method", 6}, FIELD_HTTP_REQUEST_METHOD, 0, AS_TEXT},
	{{"out", 3}, FIELD_DESTINATION_BYTES, 0, AS_COUNT},
	{{"outcome", 7}, FIELD_EVENT_OUTCOME, 0, AS_OUTCOME},
	{{"outzone", 7}, FIELD_OBSERVER_EGRESS_ZONE, 0, AS_TEXT},
	{{"path", 4}, FIELD_FILE_PATH, 0, AS_FILE},
	{{"pid", 3}, FIELD_PROCESS_PID, 0, AS_COUNT},
	{{"policy", 6}, FIELD_RULE_NAME, 0, AS_TEXT},
	{{"policyName", 10}, FIELD_RULE_NAME, 0, AS_TEXT},
	{{"policyid", 8}, FIELD_RULE_ID, 0, AS_TEXT},
	{{"process", 7}, FIELD_PROCESS_NAME, 0, AS_TEXT},
	{{"proto", 5}, FIELD_NETWORK_TRANSPORT, 0, AS_PROTO},
	{{"protocol", 8}, FIELD_NETWORK_TRANSPORT, 0, AS_PROTO},
	{{"rcvd", 4}, FIELD_DESTINATION_BYTES, 0, AS_COUNT},
	{{"rcvdbyte", 8}, FIELD_DESTINATION_BYTES, 0, AS_COUNT},
	{{"reason", 6}, FIELD_EVENT_REASON, 0, AS_TEXT},
	{{"recipient", 9}, FIELD_EMAIL_TO_ADDRESS, 0, AS_TEXT},
	{{"remip", 5}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"remote_addr", 11}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"remote_ip", 9}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"request", 7}, FIELD_URL_ORIGINAL, 0, AS_URL},
	{{"requestClientApplication", 24}, FIELD_USER_AGENT_ORIGINAL, 0, AS_TEXT},
	{{"requestContext", 14}, FIELD_HTTP_REQUEST_REFERRER, 0, AS_TEXT},
	{{"requestMethod", 13}, FIELD_HTTP_REQUEST_METHOD, 0, AS_TEXT},
	{{"res", 3}, FIELD_EVENT_OUTCOME, 0, AS_OUTCOME},
	{{"result", 6}, FIELD_EVENT_OUTCOME, 0, AS_OUTCOME},
	{{"rhost", 5}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"rule", 4}, FIELD_RULE_NAME, 0, AS_TEXT},
	{{"rule_id", 7}, FIELD_RULE_ID, 0, AS_TEXT},
	{{"ruleid", 6}, FIELD_RULE_ID, 0, AS_TEXT},
	{{"saddr", 5}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"sender", 6}, FIELD_EMAIL_FROM_ADDRESS, 0, AS_TEXT},
	{{"sent", 4}, FIELD_SOURCE_BYTES, 0, AS_COUNT},
	{{"sentbyte", 8}, FIELD_SOURCE_BYTES, 0, AS_COUNT},
	{{"server_ip", 9}, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, AS_HOST},
	{{"service", 7}, FIELD_NETWORK_PROTOCOL, 0, AS_LOWER},
	{{"severity", 8}, FIELD_LOG_LEVEL, 0, AS_LOWER},
	{{"sha1", 4}, FIELD_FILE_HASH_SHA1, 0, AS_LOWER},
	{{"sha256", 6}, FIELD_FILE_HASH_SHA256, 0, AS_LOWER},
	{{"shost", 5}, FIELD_SOURCE_DOMAIN, 0, AS_TEXT},
	{{"sip", 3}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"smac", 4}, FIELD_SOURCE_MAC, 0, AS_MAC},
	{{"sntdom", 6}, FIELD_USER_DOMAIN, 0, AS_TEXT},
	{{"sourceAddress", 13}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"sourceTranslatedAddress", 23}, FIELD_SOURCE_NAT_IP, 0, AS_HOST},
	{{"sourceTranslatedPort", 20}, FIELD_SOURCE_NAT_PORT, 0, AS_PORT},
	{{"sourceUserName", 14}, FIELD_USER_NAME, 0, AS_USER},
	{{"source_ip", 9}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"source_port", 11}, FIELD_SOURCE_PORT, 0, AS_PORT},
	{{"sourceip", 8}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"spid", 4}, FIELD_PROCESS_PID, 0, AS_COUNT},
	{{"sport", 5}, FIELD_SOURCE_PORT, 0, AS_PORT},
	{{"sproc", 5}, FIELD_PROCESS_NAME, 0, AS_TEXT},
	{{"spt", 3}, FIELD_SOURCE_PORT, 0, AS_PORT},
	{{"src", 3}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"srcBytes", 8}, FIELD_SOURCE_BYTES, 0, AS_COUNT},
	{{"srcMAC", 6}, FIELD_SOURCE_MAC, 0, AS_MAC},
	{{"srcPackets", 10}, FIELD_SOURCE_PACKETS, 0, AS_COUNT},
	{{"srcPort", 7}, FIELD_SOURCE_PORT, 0, AS_PORT},
	{{"srcPostNAT", 10}, FIELD_SOURCE_NAT_IP, 0, AS_HOST},
	{{"srcPostNATPort", 14}, FIELD_SOURCE_NAT_PORT, 0, AS_PORT},
	{{"src_ip", 6}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"src_mac", 7}, FIELD_SOURCE_MAC, 0, AS_MAC},
	{{"src_port", 8}, FIELD_SOURCE_PORT, 0, AS_PORT},
	{{"src_user", 8}, FIELD_USER_NAME, 0, AS_USER},
	{{"srchost", 7}, FIELD_SOURCE_DOMAIN, 0, AS_TEXT},
	{{"srcip", 5}, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, AS_HOST},
	{{"srcmac", 6}, FIELD_SOURCE_MAC, 0, AS_MAC},
	{{"srcport", 7}, FIELD_SOURCE_PORT, 0, AS_PORT},
	{{"srcuser", 7}, FIELD_USER_NAME, 0, AS_USER},
	{{"status", 6}, FIELD_EVENT_OUTCOME, 0, AS_OUTCOME},
	{{"subject", 7}, FIELD_EMAIL_SUBJECT, 0, AS_TEXT},
	{{"suid", 4}, FIELD_USER_ID, 0, AS_TEXT},
	{{"suser", 5}, FIELD_USER_NAME, 0, AS_USER},
	{{"terminal", 8}, FIELD_PROCESS_TTY_NAME, 0, AS_TEXT},
	{{"to", 2}, FIELD_EMAIL_TO_ADDRESS, 0, AS_MAIL},
	{{"totalBytes", 10}, FIELD_NETWORK_BYTES, 0, AS_COUNT},
	{{"tty", 3}, FIELD_PROCESS_TTY_NAME, 0, AS_TEXT},
	{{"uid", 3}, FIELD_USER_ID, 0, AS_TEXT},
	{{"uri", 3}, FIELD_URL_ORIGINAL, 0, AS_URL},
	{{"url", 3}, FIELD_URL_ORIGINAL, 0, AS_URL},
	{{"user", 4}, FIELD_USER_NAME, 0, AS_USER},
	{{"userAgent", 9}, FIELD_USER_AGENT_ORIGINAL, 0, AS_TEXT},
	{{"userName", 8}, FIELD_USER_NAME, 0, AS_USER},
	{{"user_agent", 10}, FIELD_USER_AGENT_ORIGINAL, 0, AS_TEXT},
	{{"user_name", 9}, FIELD_USER_NAME, 0, AS_USER},
	{{"username", 8}, FIELD_USER_NAME, 0, AS_USER},
	{{"usr", 3}, FIELD_USER_NAME, 0, AS_USER},
	{{"usrName", 7}, FIELD_USER_NAME, 0, AS_USER},
};

static const struct key *
find_key(struct str name)
{
	size_t lo = 0, hi = sizeof(keys) / sizeof(keys[0]);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int rc = str_cmp(name, keys[mid].name);

		if (rc == 0)
			return &keys[mid];
		if (rc < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static bool
put_outcome(struct recs *w, struct str value)
{
	static const char success[] =
		"success Success SUCCESS succeeded successful ok OK allowed yes "
		"permit pass true";
	static const char failure[] =
		"failure Failure FAILURE failed Failed fail denied blocked no "
		"deny block false error Error";

	if (in_words(success, value))
		rec_put(w, FIELD_EVENT_OUTCOME, STR("success"));
	else if (in_words(failure, value))
		rec_put(w, FIELD_EVENT_OUTCOME, STR("failure"));
	else
		return false;
	return true;
}

static bool
put_hash(struct recs *w, struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!is_digit(value.p[i]) &&
			!((value.p[i] | 0x20) >= 'a' && (value.p[i] | 0x20) <= 'f'))
			return false;
	if (value.n == 32)
		put_lower(w, FIELD_FILE_HASH_MD5, value);
	else if (value.n == 40)
		put_lower(w, FIELD_FILE_HASH_SHA1, value);
	else if (value.n == 64)
		put_lower(w, FIELD_FILE_HASH_SHA256, value);
	else
		return false;
	return true;
}

/* False: the value is not what the key promised; it is kept under its own name. */
static bool
put_as(struct recs *w, const struct key *k, struct str value)
{
	uint64_t port;

	switch ((enum how)k->how) {
	case AS_TEXT:
		rec_put(w, k->field, value);
		return true;
	case AS_LOWER:
		put_lower(w, k->field, value);
		return true;
	case AS_HOST:
		if (rec_put_ip(w, k->field, value))
			return true;
		if (k->domain)
			rec_put(w, k->domain, value);
		return k->domain != 0;
	case AS_HOSTNAME:
		rec_put(w, k->field, value);
		return true;
	case AS_PORT:
		if (value.n > 5 || !str_u64(value, &port) || port > 65535)
			return false;
		parse_put_port(w, k->field, value);
		return true;
	case AS_MAC:
		return parse_put_mac(w, k->field, value);
	case AS_COUNT:
		if (!str_u64(value, &port))
			return false;
		put_count(w, k->field, value);
		return true;
	case AS_PROTO:
		put_protocol(w, value);
		return true;
	case AS_USER:
		put_account(w, k->field, FIELD_USER_DOMAIN, value);
		return true;
	case AS_OUTCOME:
		return put_outcome(w, value);
	case AS_URL:
		put_url(w, value, false);
		return true;
	case AS_FILE:
		put_file(w, value);
		return true;
	case AS_HASH:
		return put_hash(w, value);
	case AS_MAIL:
		if (str_chr(value, '@') < 0)
			return false;
		rec_put(w, k->field, value);
		return true;
	}
	return false;
}

void
generic_put(struct recs *w, struct str prefix, struct str key, struct str value)
{
	const struct key *k = find_key(key);

	if (value.n == 0)
		return;
	/* The first word for a thing stands; a second one keeps its own name. */
	if (k && !rec_has(w, k->field) && put_as(w, k, value))
		return;
	rec_put_prefixed(w, prefix, key, value);
}

bool
generic_time(struct parse_ctx *ctx, struct str text, int64_t *ret)
{
	struct str whole = str_trim(text);

	text = whole;
	if (!stamp_take_iso(&text, ctx->in->zone, ctx->arrival, ret) &&
		!stamp_take_bsd(&text, ctx->in->zone, ctx->arrival, ret) &&
		!stamp_take_ctime(&text, ctx->in->zone, ctx->arrival, ret) &&
		!stamp_take_clf(&text, ctx->in->zone, ctx->arrival, ret) &&
		!(text.n >= 10 && stamp_take_epoch(&text, ret)))
		return stamp_words(whole, ctx->in->zone, ctx->arrival, ret);
	/* A zone's name that does not say which offset: the input's zone stands. */
	return text.n == 0 || (text.p[0] == ' ' && text.n <= 8) ||
	       stamp_words(whole, ctx->in->zone, ctx->arrival, ret);
}

bool
generic_take_time(struct parse_ctx *ctx, struct recs *w, const char *const *names, size_t n,
	struct str key, struct str value)
{
	int64_t ns;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(key, str_of(names[i])))
			continue;
		if (!generic_time(ctx, value, &ns)) {
			rec_flag(w, REASON_TIMESTAMP);
			return false;
		}
		parse_time(ctx, w, ns);
		return true;
	}
	return false;
}
