/* ftd.c - FTD's connection, intrusion, file and malware events: "Key: value, Key: value". */
#include "base/stamp.h"
#include "parsers/asa.h"
#include "parsers/put.h"

enum how { TEXT, LOWER, IP, PORT, COUNT, ACCOUNT, SLOT };
enum { FIELD_NONE = 0 };

enum key {
#define K(name, field, how) KEY_##name,
#define FTD_KEYS                                                                                   \
	K(ACPolicy, RULE_RULESET, TEXT)                                                            \
	K(AccessControlRuleAction, NONE, SLOT)                                                     \
	K(AccessControlRuleName, RULE_NAME, TEXT)                                                  \
	K(ApplicationProtocol, NETWORK_PROTOCOL, LOWER)                                            \
	K(Classification, RULE_CATEGORY, TEXT)                                                     \
	K(ClientApplication, NETWORK_APPLICATION, LOWER)                                           \
	K(ConnectionDuration, NONE, SLOT)                                                          \
	K(DNSQuery, DNS_QUESTION_NAME, TEXT)                                                       \
	K(DNSRecordType, DNS_QUESTION_TYPE, TEXT)                                                  \
	K(DNSResponseType, DNS_RESPONSE_CODE, TEXT)                                                \
	K(DstIP, DESTINATION_IP, IP)                                                               \
	K(DstPort, DESTINATION_PORT, PORT)                                                         \
	K(EgressInterface, OBSERVER_EGRESS_INTERFACE, TEXT)                                        \
	K(EgressZone, OBSERVER_EGRESS_ZONE, TEXT)                                                  \
	K(FileName, NONE, SLOT)                                                                    \
	K(FileSHA256, FILE_HASH_SHA256, TEXT)                                                      \
	K(FileSize, FILE_SIZE, COUNT)                                                              \
	K(FileType, FILE_TYPE, TEXT)                                                               \
	K(FirstPacketSecond, NONE, SLOT)                                                           \
	K(HTTPReferer, HTTP_REQUEST_REFERRER, TEXT)                                                \
	K(HTTPResponse, HTTP_RESPONSE_STATUS_CODE, COUNT)                                          \
	K(ICMPCode, NONE, SLOT)                                                                    \
	K(ICMPType, NONE, SLOT)                                                                    \
	K(IngressInterface, OBSERVER_INGRESS_INTERFACE, TEXT)                                      \
	K(IngressZone, OBSERVER_INGRESS_ZONE, TEXT)                                                \
	K(InitiatorBytes, SOURCE_BYTES, COUNT)                                                     \
	K(InitiatorPackets, SOURCE_PACKETS, COUNT)                                                 \
	K(InlineResult, NONE, SLOT)                                                                \
	K(IntrusionPolicy, RULE_RULESET, TEXT)                                                     \
	K(Message, RULE_DESCRIPTION, TEXT)                                                         \
	K(NAT_InitiatorIP, SOURCE_NAT_IP, IP)                                                      \
	K(NAT_InitiatorPort, SOURCE_NAT_PORT, PORT)                                                \
	K(NAT_ResponderIP, DESTINATION_NAT_IP, IP)                                                 \
	K(NAT_ResponderPort, DESTINATION_NAT_PORT, PORT)                                           \
	K(Protocol, NONE, SLOT)                                                                    \
	K(ReferencedHost, DESTINATION_DOMAIN, LOWER)                                               \
	K(ResponderBytes, DESTINATION_BYTES, COUNT)                                                \
	K(ResponderPackets, DESTINATION_PACKETS, COUNT)                                            \
	K(SID, RULE_ID, TEXT)                                                                      \
	K(SrcIP, SOURCE_IP, IP)                                                                    \
	K(SrcPort, SOURCE_PORT, PORT)                                                              \
	K(ThreatName, THREAT_INDICATOR_NAME, TEXT)                                                 \
	K(URI, NONE, SLOT)                                                                         \
	K(URL, NONE, SLOT)                                                                         \
	K(User, USER_NAME, ACCOUNT)                                                                \
	K(UserAgent, USER_AGENT_ORIGINAL, TEXT)
	FTD_KEYS
#undef K
		KEY_COUNT
};

static const struct row {
	struct str name;
	uint16_t field;
	uint8_t how;
} rows[KEY_COUNT] = {
#define K(name, field, how) {{#name, sizeof(#name) - 1}, FIELD_##field, how},
	FTD_KEYS
#undef K
};

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* A key: words of letters, digits and underscores in front of ": ", each further one with a
 * capital ("Prefilter Policy"). */
static size_t
key_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && n < 48 &&
		(is_digit(s.p[n]) || s.p[n] == '_' || is_letter(s.p[n]) ||
			(n > 0 && s.p[n] == ' ' && n + 1 < s.n && s.p[n + 1] >= 'A' &&
				s.p[n + 1] <= 'Z')))
		n++;
	if (n == 0 || n >= s.n || s.p[n] != ':' || (n + 1 < s.n && s.p[n + 1] != ' '))
		return 0;
	return n;
}

/* A value runs to the next ", Key: "; it may contain commas. */
static bool
next_pair(struct str *s, struct str *key, struct str *value)
{
	size_t n;

	while (s->n && (*s->p == ' ' || *s->p == ','))
		str_skip(s, 1);
	n = key_length(*s);
	if (n == 0)
		return false;
	*key = str_make(s->p, n);
	str_skip(s, n + 1);
	while (s->n && *s->p == ' ')
		str_skip(s, 1);
	*value = str_make(s->p, s->n);
	for (size_t i = 0; i < s->n; i++) {
		struct str rest = str_make(s->p + i, s->n - i);

		if (*rest.p != ',')
			continue;
		while (rest.n && (*rest.p == ',' || *rest.p == ' '))
			str_skip(&rest, 1);
		if (rest.n == 0 || key_length(rest)) {
			value->n = i;
			break;
		}
	}
	str_skip(s, value->n);
	return true;
}

static void
put_value(struct recs *w, const struct row *row, struct str v)
{
	switch ((enum how)row->how) {
	case SLOT:
		break;
	case LOWER:
		put_lower(w, row->field, v);
		break;
	case IP:
		rec_put_ip(w, row->field, v);
		break;
	case PORT:
		parse_put_port(w, row->field, v);
		break;
	case COUNT:
		put_count(w, row->field, v);
		break;
	case ACCOUNT:
		if (!str_eq(v, STR("No Authentication Required")) && !str_eq(v, STR("Unknown")))
			put_account(w, row->field, FIELD_USER_DOMAIN, v);
		break;
	default:
		if (!rec_has(w, row->field))
			parse_put(w, row->field, v);
		break;
	}
}

static bool
contains(struct str s, struct str word)
{
	return str_find(s, word) >= 0;
}

static void
put_meaning(struct recs *w, struct str code, const struct str *v)
{
	static const struct event_words start = {
		"network", "connection start", "connection-started", "success"};
	static const struct event_words end = {
		"network", "connection end", "connection-finished", "success"};
	static const struct event_words intrusion = {
		"network intrusion_detection", "info", "intrusion-detected", NULL};
	static const struct event_words file = {"network file", "info", "file-detected", NULL};
	static const struct event_words malware = {
		"network malware", "info", "malware-detected", NULL};
	struct event_words e = start;
	struct str action = v[KEY_AccessControlRuleAction], inline_ = v[KEY_InlineResult];

	switch (code.p[code.n - 1]) {
	case '1':
		e = intrusion;
		break;
	case '3':
		e = end;
		break;
	case '4':
		e = file;
		break;
	case '5':
		e = malware;
		break;
	default:
		break;
	}
	if (contains(action, STR("Block")) || contains(inline_, STR("lock")) ||
		contains(inline_, STR("ropped"))) {
		e.type = "denied";
		e.outcome = "failure";
	} else if (action.n) {
		e.type = code.p[code.n - 1] == '2' ? "connection start allowed"
						   : "connection end allowed";
	}
	parse_event(w, &e);
	w->cur->logsource = LOGSOURCE_ASA_FIREWALL;
}

void
ftd_put(struct parse_ctx *ctx, struct recs *w, struct str text, struct str code)
{
	struct str key, value, v[KEY_COUNT] = {0};
	uint64_t seconds;
	int64_t ns;

	while (next_pair(&text, &key, &value)) {
		for (int i = 0; i < KEY_COUNT; i++)
			if (str_eq(rows[i].name, key))
				v[i] = value;
		rec_put_prefixed(w, STR("cisco.ftd."), key, value);
	}
	for (int i = 0; i < KEY_COUNT; i++)
		if (v[i].n)
			put_value(w, &rows[i], v[i]);
	put_protocol(w, v[KEY_Protocol]);
	put_url(w, v[KEY_URL].n ? v[KEY_URL] : v[KEY_URI], false);
	if (v[KEY_FileName].n)
		put_file(w, v[KEY_FileName]);
	if (str_u64(v[KEY_ConnectionDuration], &seconds) && seconds < UINT64_C(9000000000))
		rec_put_u64(w, FIELD_EVENT_DURATION, seconds * (uint64_t)NS_PER_S);
	value = v[KEY_FirstPacketSecond];
	if (stamp_take_iso(&value, NULL, ctx->arrival, &ns)) {
		if (ctx->timed)
			parse_put(w, FIELD_EVENT_START, v[KEY_FirstPacketSecond]);
		else
			parse_time(ctx, w, ns);
	}
	put_meaning(w, code, v);
	put_fold(w);
}
