/* dhcpd.c - ISC dhcpd, IPv4 and IPv6, its leases and its complaints. */
#include "parsers/form.h"

static const struct event_words discover = {"network", "protocol start", "dhcp_discover", NULL};
static const struct event_words offer = {"network", "protocol", "dhcp_offer", NULL};
static const struct event_words request = {"network", "protocol", "dhcp_request", NULL};
static const struct event_words ack = {"network", "protocol allowed", "dhcp_ack", "success"};
static const struct event_words nak = {"network", "protocol denied", "dhcp_nak", "failure"};
static const struct event_words release = {"network", "protocol end", "dhcp_release", NULL};
static const struct event_words decline = {"network", "protocol", "dhcp_decline", "failure"};
static const struct event_words inform = {"network", "protocol", "dhcp_inform", NULL};
static const struct event_words bootp = {"network", "protocol", "dhcp_bootp", NULL};
static const struct event_words refused = {"network", "protocol denied", "dhcp_refused", "failure"};
static const struct event_words unknown = {
	"network", "protocol denied", "dhcp_unknown_client", "failure"};
static const struct event_words exhausted = {
	"network", "protocol denied", "dhcp_pool_exhausted", "failure"};
static const struct event_words conflict = {"network", "info", "dhcp_address_conflict", "failure"};
static const struct event_words duplicate = {"network", "info", "dhcp_duplicate_lease", NULL};
static const struct event_words spoof = {"network", "info", "dhcp_release_spoof", "failure"};
static const struct event_words dns_map = {"network", "change", "dhcp_dns_update", "success"};
static const struct event_words dns_map_bad = {"network", "change", "dhcp_dns_update", "failure"};
static const struct event_words failover = {"network", "info", "dhcp_failover", NULL};
static const struct event_words server = {"process", "info", "dhcp_server", NULL};

static const struct form_slot slots[FORM_SLOTS] = {
	['i'] = {TAKE_WORD, PUT_HOST, FIELD_CLIENT_IP, 0, NULL, 0},
	['m'] = {TAKE_WORD, PUT_MAC, FIELD_CLIENT_MAC, 0, NULL, 0},
	['h'] = {TAKE_LAZY, PUT_TEXT, FIELD_CLIENT_DOMAIN, 0, NULL, 0},
	['g'] = {TAKE_GREEDY, PUT_TEXT, FIELD_CLIENT_DOMAIN, 0, NULL, 0},
	['s'] = {TAKE_WORD, PUT_HOST, FIELD_SERVER_IP, 0, NULL, 0},
	['v'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL, 0},
	['n'] = {TAKE_WORD, PUT_TEXT, FIELD_NETWORK_NAME, 0, NULL, 0},
	['p'] = {TAKE_NUMBER, PUT_PORT, FIELD_CLIENT_PORT, 0, NULL, 0},
	['d'] = {TAKE_WORD, PUT_NAMED, 0, 0, "dhcpd.duid", 0},
	['x'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL, 0},
	['z'] = {TAKE_LAZY, PUT_NOTHING, 0, 0, NULL, 0},
	['l'] = {TAKE_LAZY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL, 0},
};

/* A client chooses its own name, so the forms with a name read what follows it backwards first. */
static const struct form forms[] = {
	{"DHCPACK on %i to %m (%g) via %v", &ack, RECORD_BINDS},
	{"DHCPACK on %i to %m via %v", &ack, RECORD_BINDS},
	{"DHCPACK on %i to %m (%h) via %v %*", &ack, RECORD_BINDS},
	{"DHCPACK on %i to %m via %v %*", &ack, RECORD_BINDS},
	{"DHCPACK to %i (%m) via %v", &ack, RECORD_BINDS},
	{"DHCPACK to %i via %v", &ack, 0},
	{"DHCPREQUEST for %i (%s) from %m (%g) via %v", &request, 0},
	{"DHCPREQUEST for %i (%s) from %m via %v", &request, 0},
	{"DHCPREQUEST for %i from %m (%g) via %v", &request, 0},
	{"DHCPREQUEST for %i from %m via %v", &request, 0},
	{"DHCPREQUEST for %i (%s) from %m (%h) via %v: %r", &refused, 0},
	{"DHCPREQUEST for %i (%s) from %m via %v: %r", &refused, 0},
	{"DHCPREQUEST for %i from %m (%h) via %v: %r", &refused, 0},
	{"DHCPREQUEST for %i from %m via %v: %r", &refused, 0},
	{"DHCPREQUEST for %i from %m (%h) via %v %*", &request, 0},
	{"DHCPREQUEST for %i from %m via %v %*", &request, 0},
	{"DHCPDISCOVER from %m (%g) via %v", &discover, 0},
	{"DHCPDISCOVER from %m via %v", &discover, 0},
	{"DHCPDISCOVER from %m (%h) via %v: network %n: no free leases", &exhausted, 0},
	{"DHCPDISCOVER from %m via %v: network %n: no free leases", &exhausted, 0},
	{"DHCPDISCOVER from %m (%h) via %v: unknown client%*", &unknown, 0},
	{"DHCPDISCOVER from %m via %v: unknown client%*", &unknown, 0},
	{"DHCPDISCOVER from %m (%h) via %v: %r", &refused, 0},
	{"DHCPDISCOVER from %m via %v: %r", &refused, 0},
	{"DHCPDISCOVER from %m (%h) via %v %*", &discover, 0},
	{"DHCPDISCOVER from %m via %v %*", &discover, 0},
	{"DHCPOFFER on %i to %m (%g) via %v", &offer, 0},
	{"DHCPOFFER on %i to %m via %v", &offer, 0},
	{"DHCPOFFER on %i to %m (%h) via %v %*", &offer, 0},
	{"DHCPOFFER on %i to %m via %v %*", &offer, 0},
	{"DHCPNAK on %i to %m (%g) via %v", &nak, 0},
	{"DHCPNAK on %i to %m via %v", &nak, 0},
	{"DHCPNACK on %i to %m (%g) via %v", &nak, 0},
	{"DHCPNACK on %i to %m via %v", &nak, 0},
	{"DHCPRELEASE of %i from %m (%h) via %v (%l)", &release, RECORD_BINDS},
	{"DHCPRELEASE of %i from %m via %v (%l)", &release, RECORD_BINDS},
	{"DHCPRELEASE of %i from %m (%g) via %v", &release, RECORD_BINDS},
	{"DHCPRELEASE of %i from %m via %v", &release, RECORD_BINDS},
	{"DHCPRELEASE from %m (%h) specified requested-address.", &release, 0},
	{"DHCPRELEASE from %m specified requested-address.", &release, 0},
	{"DHCPDECLINE of %i from %m (%h) via %v: %r", &decline, 0},
	{"DHCPDECLINE of %i from %m via %v: %r", &decline, 0},
	{"DHCPDECLINE of %i from %m (%g) via %v", &decline, 0},
	{"DHCPDECLINE of %i from %m via %v", &decline, 0},
	{"DHCPINFORM from %i via %v: %r", &inform, 0},
	{"DHCPINFORM from %i via %v", &inform, 0},
	{"DHCPLEASEQUERY from %s for IP %i%*", &inform, 0},
	{"DHCPLEASEQUERY from %s for %*", &inform, 0},
	{"BOOTREQUEST from %m via %v: %r", &refused, 0},
	{"BOOTREQUEST from %m via %v", &bootp, 0},
	{"BOOTREPLY for %i to %h (%m) via %v", &bootp, RECORD_BINDS},
	{"BOOTREPLY on %i to %m via %v", &bootp, RECORD_BINDS},

	{"Solicit message from %i port %p, transaction ID %x", &discover, 0},
	{"Request message from %i port %p, transaction ID %x", &request, 0},
	{"Renew message from %i port %p, transaction ID %x", &request, 0},
	{"Rebind message from %i port %p, transaction ID %x", &request, 0},
	{"Confirm message from %i port %p, transaction ID %x", &request, 0},
	{"Release message from %i port %p, transaction ID %x", &release, 0},
	{"Decline message from %i port %p, transaction ID %x", &decline, 0},
	{"Information-request message from %i port %p, transaction ID %x", &inform, 0},
	{"Relay-forward message from %z port %p, %*", &inform, 0},
	{"Advertise NA: address %i to client with duid %d %*", &offer, 0},
	{"Reply NA: address %i to client with duid %d %*", &ack, RECORD_BINDS},
	{"Advertise PD: address %i to client with duid %d %*", &offer, 0},
	{"Reply PD: address %i to client with duid %d %*", &ack, 0},
	{"Sending Advertise to %i port %p", &offer, 0},
	{"Sending Reply to %i port %p", &ack, 0},
	{"Picking pool address %i", &offer, 0},

	{"no free leases on subnet %n", &exhausted, 0},
	{"no free leases on subnet %n %*", &exhausted, 0},
	{"Abandoning IP address %i: %r", &conflict, 0},
	{"Reclaiming abandoned lease %i", &conflict, 0},
	{"Reclaiming REQUESTed abandoned IP address %i.", &conflict, 0},
	{"ICMP Echo reply while lease %i valid.", &conflict, 0},
	{"unexpected ICMP Echo reply from %i", &conflict, 0},
	{"IP address %i answers a ping after sending a release", &spoof, 0},
	{"Possible release spoof - Not releasing address %i", &spoof, 0},
	{"uid lease %i for client %m is duplicate on %n", &duplicate, 0},
	{"client %m has duplicate leases on %n", &duplicate, 0},
	{"Dynamic and static leases present for %i.", &duplicate, 0},
	{"Remove host declaration %h or remove %*", &duplicate, 0},
	{"reuse_lease: lease age %x (secs) under %x threshold, reply with unaltered, existing "
	 "lease for %i",
		&ack, 0},
	{"Added new forward map from %h to %i", &dns_map, 0},
	{"Added reverse map from %x to %h", &dns_map, 0},
	{"added reverse map from %x to %*", &dns_map, 0},
	{"Removed forward map from %h to %i", &dns_map, 0},
	{"Removed reverse map on %x", &dns_map, 0},
	{"removed reverse map on %x", &dns_map, 0},
	{"Unable to add forward map from %h to %i: %r", &dns_map_bad, 0},
	{"unable to add reverse map from %x to %h: %r", &dns_map_bad, 0},
	{"Forward map from %h to %i FAILED: %r", &dns_map_bad, 0},
	{"bind update on %i from %x rejected: %r", &failover, 0},
	{"bind update on %i got ack from %*", &failover, 0},
	{"failover peer %r", &failover, 0},
	{"pool %x %*", &failover, 0},
	{"balancing pool %x %*", &failover, 0},
	{"balanced pool %x %*", &failover, 0},
	{"peer %r", &failover, 0},

	{"Wrote %*", &server, 0},
	{"Listening on %*", &server, 0},
	{"Sending on %*", &server, 0},
	{"Internet Systems Consortium DHCP Server %*", &server, 0},
	{"Internet Software Consortium DHCP Server %*", &server, 0},
	{"Server starting service.", &server, 0},
	{"Copyright %*", &server, 0},
	{"All rights reserved.", &server, 0},
	{"For info, please visit %*", &server, 0},
	{"Config file: %*", &server, 0},
	{"Database file: %*", &server, 0},
	{"PID file: %*", &server, 0},
	{"Not searching LDAP %*", &server, 0},
	{"No subnet declaration for %r", &server, 0},
	{"Not configured to listen on any interfaces!", &server, 0},
	{"There's already a DHCP server running.", &server, 0},
	{"exiting.", &server, 0},
};

static enum parsed
dhcpd_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct form_caps caps;
	struct str via;

	(void)ctx;
	s = str_trim(s);
	if (!form_read(w, forms, FORM_COUNT(forms), slots, s, &caps))
		return PARSED_NOT;
	/* ECS: client is the role, source the side of the wire; who asks is both. */
	rec_put_ip(w, FIELD_SOURCE_IP, form_cap(&caps, 'i'));
	via = form_cap(&caps, 'v');
	if (via.n > 0 && via.p[via.n - 1] == ':')
		via.n--;
	/* An interface of this server, or the relay that the client's network has. */
	if (via.n > 0 && !rec_put_ip(w, FIELD_OBSERVER_IP, via))
		rec_put(w, FIELD_OBSERVER_INGRESS_INTERFACE, via);
	/* RFC 2131 4.1: what the server answers goes to the relay, if there is one. */
	if (via.n > 0 && (str_starts(s, STR("DHCPACK")) || str_starts(s, STR("DHCPOFFER")) ||
				 str_starts(s, STR("DHCPNA"))))
		rec_put_ip(w, FIELD_DESTINATION_IP, via);
	rec_put(w, FIELD_NETWORK_PROTOCOL, STR("dhcp"));
	if (str_starts(s, STR("DHCP")))
		rec_put(w, FIELD_NETWORK_TRANSPORT, STR("udp"));
	return PARSED_OK;
}

static bool
dhcpd_sniff(struct str s)
{
	static const struct str begins[] = {{"ACK on ", 7}, {"DISCOVER from ", 14},
		{"REQUEST for ", 12}, {"OFFER on ", 9}, {"NAK on ", 7}, {"NACK on ", 8},
		{"INFORM from ", 12}, {"RELEASE of ", 11}, {"DECLINE of ", 11}};

	if (!str_take(&s, STR("DHCP")))
		return false;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (str_starts(s, begins[i]))
			return true;
	return false;
}

const struct parser parser_dhcpd = {
	.name = "dhcpd",
	.words = "isc-dhcpd isc_dhcpd dhcp",
	.logsource = LOGSOURCE_DHCPD,
	.module = "dhcpd",
	.dataset = "dhcpd.log",
	.programs = "dhcpd dhcpd4 dhcpd6 isc-dhcp-server",
	.sniff = dhcpd_sniff,
	.parse = dhcpd_parse,
};
