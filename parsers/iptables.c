/*
 * iptables.c - the netfilter LOG target's packets (iptables, nftables, UFW, Proxmox, Shorewall).
 *
 * In front stands whatever prefix the rule gave; its words tell what became of the packet.
 */
#include "parsers/put.h"

#define PREFIX STR("iptables.")

enum key {
	KEY_IN,
	KEY_OUT,
	KEY_MAC,
	KEY_SRC,
	KEY_DST,
	KEY_LEN,
	KEY_PROTO,
	KEY_SPT,
	KEY_DPT,
	KEY_TYPE,
	KEY_CODE,
	KEY_UID,
	KEY_COUNT
};

static const char *const keys[KEY_COUNT] = {
	"IN", "OUT", "MAC", "SRC", "DST", "LEN", "PROTO", "SPT", "DPT", "TYPE", "CODE", "UID"};

struct packet {
	struct recs *w;
	struct str v[KEY_COUNT];
	struct str inner; /* the packet an ICMP error tells about */
	struct str verdict;
	bool denied;
};

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool
is_word_char(char c)
{
	return upper(c) >= 'A' && upper(c) <= 'Z';
}

/* The last word of the prefix that is a verdict. */
static void
read_verdict(struct packet *k, struct str prefix)
{
	static const char denied[] = "DROP DROPPED REJECT REJECTED BLOCK BLOCKED DENY DENIED BAN "
				     "BANNED DISCARD INVALID";
	static const char allowed[] = "ACCEPT ACCEPTED ALLOW ALLOWED PASS PASSED PERMIT PERMITTED";

	for (size_t i = 0; i < prefix.n;) {
		char word[16];
		size_t from = i, n;
		struct str s;

		while (i < prefix.n && is_word_char(prefix.p[i]))
			i++;
		n = i - from;
		if (n == 0) {
			i++;
			continue;
		}
		if (n > sizeof(word))
			continue;
		for (size_t j = 0; j < n; j++)
			word[j] = upper(prefix.p[from + j]);
		s = str_make(word, n);
		if (in_words(denied, s) || in_words(allowed, s)) {
			k->verdict = str_make(prefix.p + from, n);
			k->denied = in_words(denied, s);
		}
	}
}

/* Where the list of pairs begins: "IN=" or, without it, "OUT=" at a word's start. */
static ptrdiff_t
list_start(struct str s)
{
	static const char *const heads[] = {"IN=", "OUT="};

	for (size_t i = 0; i < 2; i++) {
		struct str head = str_of(heads[i]);
		size_t from = 0;

		while (from < s.n) {
			ptrdiff_t at = str_find(str_make(s.p + from, s.n - from), head);

			if (at < 0)
				break;
			from += (size_t)at;
			if (from == 0 || !is_word_char(s.p[from - 1]))
				return (ptrdiff_t)from;
			from++;
		}
	}
	return -1;
}

static void
keep(struct packet *k, struct str key, struct str value)
{
	char name[16];

	if (key.n > sizeof(name) || value.n == 0)
		return;
	for (size_t i = 0; i < key.n; i++)
		name[i] = is_word_char(key.p[i]) ? (char)(key.p[i] | 0x20) : key.p[i];
	rec_put_prefixed(k->w, PREFIX, str_make(name, key.n), value);
}

static void
take_pair(struct packet *k, struct str key, struct str value)
{
	for (int i = 0; i < KEY_COUNT; i++)
		if (str_eq(key, str_of(keys[i]))) {
			if (k->v[i].n == 0) /* UDP's own LEN comes second */
				k->v[i] = value;
			return;
		}
	/* Behind an ICMP type they are the echo's own. */
	if (k->v[KEY_TYPE].n && str_eq(key, STR("ID")))
		key = STR("ICMP_ID");
	else if (k->v[KEY_TYPE].n && str_eq(key, STR("SEQ")))
		key = STR("ICMP_SEQ");
	keep(k, key, value);
}

static void
take_word(struct packet *k, struct str word)
{
	struct str key;

	if (str_cut(&word, '=', &key))
		take_pair(k, key, word);
	else if (in_words("SYN ACK FIN RST PSH URG ECE CWR", key))
		rec_put_named(k->w, STR("iptables.tcp_flags"), VALUE_STRING, key, ENTRY_ARRAY);
	else if (in_words("DF MF CE", key))
		rec_put_named(k->w, STR("iptables.fragment_flags"), VALUE_STRING, key, ENTRY_ARRAY);
}

static void
read_list(struct packet *k, struct str s)
{
	struct str word;

	while (s.n) {
		if (*s.p == '[') {
			ptrdiff_t end = str_rchr(s, ']');

			k->inner = str_make(s.p + 1, end > 0 ? (size_t)end - 1 : s.n - 1);
			str_skip(&s, end > 0 ? (size_t)end + 1 : s.n);
			continue;
		}
		str_cut(&s, ' ', &word);
		if (word.n)
			take_word(k, word);
	}
}

/* MAC= holds the frame's head: destination, source, ethertype. */
static void
put_macs(struct packet *k)
{
	struct str mac = k->v[KEY_MAC];

	if (mac.n < 35)
		return;
	parse_put_mac(k->w, FIELD_DESTINATION_MAC, str_make(mac.p, 17));
	parse_put_mac(k->w, FIELD_SOURCE_MAC, str_make(mac.p + 18, 17));
}

static void
put_prefix(struct packet *k, struct str prefix)
{
	prefix = str_trim(prefix);
	/* The kernel's own clock. */
	if (prefix.n && *prefix.p == '[') {
		struct str rest = prefix, head;

		if (str_cut(&rest, ']', &head) && str_chr(head, '.') > 0 && is_digit(rest.p[-2]))
			prefix = str_trim(rest);
	}
	if (prefix.n && prefix.p[prefix.n - 1] == ':')
		prefix.n--;
	if (prefix.n > 1 && *prefix.p == '[' && prefix.p[prefix.n - 1] == ']')
		prefix = str_make(prefix.p + 1, prefix.n - 2);
	parse_put(k->w, FIELD_RULE_NAME, prefix);
}

static void
put_verdict(struct packet *k)
{
	struct event_words e = {.category = "network", .type = "connection"};

	if (k->verdict.n) {
		e.type = k->denied ? "denied" : "allowed";
		e.outcome = k->denied ? "failure" : "success";
		put_lower(k->w, FIELD_EVENT_ACTION, k->verdict);
	}
	parse_event(k->w, &e);
	rec_put(k->w, FIELD_OBSERVER_TYPE, STR("firewall"));
	rec_put(k->w, FIELD_OBSERVER_PRODUCT, STR("iptables"));
}

static void
put_packet(struct packet *k)
{
	struct recs *w = k->w;
	bool in = k->v[KEY_IN].n, out = k->v[KEY_OUT].n;

	rec_put_ip(w, FIELD_SOURCE_IP, k->v[KEY_SRC]);
	parse_put_port(w, FIELD_SOURCE_PORT, k->v[KEY_SPT]);
	rec_put_ip(w, FIELD_DESTINATION_IP, k->v[KEY_DST]);
	parse_put_port(w, FIELD_DESTINATION_PORT, k->v[KEY_DPT]);
	put_protocol(w, k->v[KEY_PROTO]);
	rec_put(w, FIELD_NETWORK_TYPE,
		str_chr(k->v[KEY_SRC], ':') >= 0 ? STR("ipv6") : STR("ipv4"));
	put_count(w, FIELD_SOURCE_BYTES, k->v[KEY_LEN]);
	put_count(w, FIELD_NETWORK_BYTES, k->v[KEY_LEN]);
	parse_put(w, FIELD_OBSERVER_INGRESS_INTERFACE, k->v[KEY_IN]);
	parse_put(w, FIELD_OBSERVER_EGRESS_INTERFACE, k->v[KEY_OUT]);
	if (in != out)
		rec_put(w, FIELD_NETWORK_DIRECTION, in ? STR("inbound") : STR("outbound"));
	put_macs(k);
	parse_put(w, FIELD_USER_ID, k->v[KEY_UID]);
	keep(k, STR("ICMP_TYPE"), k->v[KEY_TYPE]);
	keep(k, STR("ICMP_CODE"), k->v[KEY_CODE]);
	keep(k, STR("INNER"), k->inner);
}

static enum parsed
iptables_parse(struct parse_ctx *ctx, struct str message, struct recs *w)
{
	ptrdiff_t at = list_start(message);
	struct packet k = {.w = w};

	ctx->message_done = true; /* the line is event.original */
	if (at < 0)
		return PARSED_NOT;
	read_list(&k, str_make(message.p + at, message.n - (size_t)at));
	if (k.v[KEY_SRC].n == 0 || k.v[KEY_DST].n == 0)
		return PARSED_NOT;
	read_verdict(&k, str_make(message.p, (size_t)at));
	put_packet(&k);
	put_prefix(&k, str_make(message.p, (size_t)at));
	put_verdict(&k);
	put_fold(w);
	w->cur->flags |= RECORD_REFERS;
	return PARSED_OK;
}

static bool
iptables_sniff(struct str message)
{
	return str_find(message, STR(" SRC=")) >= 0 && str_find(message, STR(" DST=")) >= 0 &&
	       str_find(message, STR(" PROTO=")) >= 0 && list_start(message) >= 0;
}

const struct parser parser_iptables = {
	.name = "iptables",
	.words = "netfilter nftables ufw",
	.logsource = LOGSOURCE_IPTABLES,
	.module = "iptables",
	.dataset = "iptables.log",
	.sniff = iptables_sniff,
	.parse = iptables_parse,
};
