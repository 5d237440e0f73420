/* openvpn.c - OpenVPN's server, through syslog or in its own log file. */
#include "base/stamp.h"
#include "parsers/form.h"

#define NAME_WORDS 6u /* blanks that a common name in front of a line may have */

static const struct event_words connected = {
	"network session", "connection start", "vpn_connect", "success"};
static const struct event_words initiated = {"network", "connection start", "vpn_start", NULL};
static const struct event_words auth_ok = {"authentication", "start", "vpn_auth", "success"};
static const struct event_words auth_wait = {"authentication", "start", "vpn_auth", "unknown"};
static const struct event_words auth_failed = {
	"authentication", "start", "vpn_auth_failed", "failure"};
static const struct event_words tls_failed = {
	"network", "connection protocol", "vpn_tls_error", "failure"};
static const struct event_words verified = {"authentication", "info", "vpn_certificate", "success"};
static const struct event_words revoked = {
	"authentication", "denied", "vpn_certificate", "failure"};
static const struct event_words assigned = {"network", "info", "vpn_assign", "success"};
static const struct event_words pushed = {"network", "info", "vpn_push", NULL};
static const struct event_words disconnected = {
	"network session", "connection end", "vpn_disconnect", NULL};
static const struct event_words renewed = {"network", "info", "vpn_renegotiate", NULL};
static const struct event_words replaced = {"network session", "info", "vpn_duplicate", NULL};
static const struct event_words rejected = {
	"network", "connection denied", "vpn_packet_rejected", "failure"};
static const struct event_words detail = {"network", "info", "vpn_detail", NULL};
static const struct event_words server = {"process", "info", "vpn_server", NULL};
static const struct event_words server_bad = {"process", "error", "vpn_server", "failure"};

static const struct form_slot slots[FORM_SLOTS] = {
	['a'] = {TAKE_WORD, PUT_PEER, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, NULL,
		FIELD_SOURCE_PORT},
	['u'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['g'] = {TAKE_GREEDY, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['i'] = {TAKE_WORD, PUT_HOST, FIELD_CLIENT_IP, 0, NULL, 0},
	['o'] = {TAKE_LAZY, PUT_NOTHING, 0, 0, NULL, 0}, /* name/address:port of a client */
	['c'] = {TAKE_LAZY, PUT_TEXT, FIELD_TLS_CLIENT_SUBJECT, 0, NULL, 0},
	['C'] = {TAKE_REST, PUT_TEXT, FIELD_TLS_CLIENT_SUBJECT, 0, NULL, 0},
	['t'] = {TAKE_WORD, PUT_TEXT, FIELD_TLS_VERSION, 0, NULL, 0},
	['k'] = {TAKE_LAZY, PUT_TEXT, FIELD_TLS_CIPHER, 0, NULL, 0},
	['n'] = {TAKE_NUMBER, PUT_NOTHING, 0, 0, NULL, 0},
	['x'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL, 0},
	['z'] = {TAKE_LAZY, PUT_NOTHING, 0, 0, NULL, 0},
	['l'] = {TAKE_LAZY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL, 0},
};

static const struct form forms[] = {
	{"[%u] Peer Connection Initiated with %a", &connected, RECORD_REFERS},
	{"[%u] Peer Connection Initiated with %a (via %*", &connected, RECORD_REFERS},
	{"Peer Connection Initiated with %a", &connected, 0},
	{"MULTI: Learn: %i -> %o", &assigned, RECORD_BINDS},
	{"MULTI: primary virtual IP for %o: %i", &assigned, RECORD_BINDS},
	{"MULTI: primary virtual IPv6 for %o: %i", &assigned, RECORD_BINDS},
	{"MULTI_sva: pool returned IPv4=%i, IPv6=%*", &assigned, RECORD_BINDS},
	{"MULTI: new connection by client '%u' will cause previous active sessions by this client "
	 "to be dropped.%*",
		&replaced, 0},
	{"MULTI: bad source address from client [%i], packet dropped", &rejected, 0},
	{"MULTI: internal route %x -> %o", &detail, 0},
	{"MULTI: %*", &detail, 0},
	{"MULTI_sva: %*", &detail, 0},
	{"PUSH: Received control message: %*", &pushed, 0},
	{"SENT CONTROL [%u]: 'AUTH_FAILED%l' (status=%n)", &auth_failed, RECORD_REFERS},
	{"SENT CONTROL [%u]: 'PUSH_REPLY,%z,ifconfig %i %z' (status=%n)", &assigned, RECORD_BINDS},
	{"SENT CONTROL [%u]: %*", &pushed, 0},

	{"TLS: Username/Password authentication succeeded for username '%g' [CN SET]", &auth_ok,
		RECORD_REFERS},
	{"TLS: Username/Password authentication succeeded for username '%g'", &auth_ok,
		RECORD_REFERS},
	{"TLS: Username/Password authentication deferred for username '%g' [CN SET]", &auth_wait,
		0},
	{"TLS: Username/Password authentication deferred for username '%g'", &auth_wait, 0},
	{"TLS Auth Error: Auth Username/Password verification failed for peer", &auth_failed, 0},
	{"TLS Auth Error: %r", &auth_failed, 0},
	{"TLS Error: Auth Username/Password was not provided by peer", &auth_failed, 0},
	{"AUTH: Received control message: AUTH_FAILED%*", &auth_failed, 0},
	{"PLUGIN AUTH-PAM: BACKGROUND: user '%u' failed to authenticate: %r", &auth_failed,
		RECORD_REFERS},
	{"AUTH-PAM: BACKGROUND: user '%u' failed to authenticate: %r", &auth_failed, RECORD_REFERS},
	{"PLUGIN_CALL: POST %x/PLUGIN_AUTH_USER_PASS_VERIFY status=0", &auth_ok, 0},
	{"PLUGIN_CALL: POST %x/PLUGIN_AUTH_USER_PASS_VERIFY status=1", &auth_failed, 0},
	{"PLUGIN_CALL: %*", &detail, 0},
	{"PLUGIN_INIT: %*", &server, 0},
	{"WARNING: Failed running command (--auth-user-pass-verify): %r", &auth_failed, 0},
	{"Incorrect password supplied for LDAP DN \"CN=%u,%z\"%*", &auth_failed, RECORD_REFERS},
	{"Incorrect password supplied for LDAP DN \"%u\"", &auth_failed, RECORD_REFERS},
	{"LDAP bind failed: %r", &auth_failed, 0},
	{"LDAP user \"%u\" was not found.%*", &auth_failed, RECORD_REFERS},
	{"LDAP user \"%u\" %r", &auth_failed, RECORD_REFERS},
	{"Unable to bind as %r", &server_bad, 0},
	{"MANAGEMENT: CMD '%*", &server, 0},
	{"MANAGEMENT: %*", &server, 0},

	{"VERIFY OK: depth=0, %C", &verified, 0},
	{"VERIFY OK: %*", &verified, 0},
	{"VERIFY KU OK", &verified, 0},
	{"VERIFY EKU OK", &verified, 0},
	{"VERIFY SCRIPT OK: %*", &verified, 0},
	{"VERIFY X509NAME OK: %*", &verified, 0},
	{"VERIFY ERROR: depth=%n, error=%l: %C", &revoked, 0},
	{"VERIFY ERROR: %r", &revoked, 0},
	{"VERIFY SCRIPT ERROR: %r", &revoked, 0},
	{"VERIFY CRL: %c is REVOKED", &revoked, 0},
	{"VERIFY %*", &verified, 0},
	{"CRL CHECK FAILED: %c is REVOKED", &revoked, 0},
	{"CRL CHECK OK: %C", &verified, 0},
	{"CRL: %*", &server, 0},
	{"Validating certificate %*", &verified, 0},
	{"++ Certificate has %*", &verified, 0},

	{"TLS: Initial packet from %a, sid=%*", &initiated, 0},
	{"TLS: new session incoming connection from %a", &initiated, 0},
	{"TLS: soft reset %*", &renewed, 0},
	{"TLS: tls_%*", &renewed, 0},
	{"TLS: move_session: %*", &renewed, 0},
	{"TLS Error: cannot locate HMAC in incoming packet from %a", &tls_failed, 0},
	{"TLS Error: incoming packet authentication failed from %a", &tls_failed, 0},
	{"TLS Error: tls-crypt unwrapping failed from %a", &tls_failed, 0},
	{"TLS Error: could not determine wrapping from %a", &tls_failed, 0},
	{"TLS Error: Unroutable control packet received from %a (%*", &tls_failed, 0},
	{"TLS Error: unknown opcode received from %a %*", &tls_failed, 0},
	{"TLS Error: client->client or server->server connection attempted from %a", &tls_failed,
		0},
	{"TLS Error: local/remote TLS keys are out of sync: %a %*", &tls_failed, 0},
	{"TLS Error: %r", &tls_failed, 0},
	{"TLS_ERROR: %r", &tls_failed, 0},
	{"OpenSSL: %r", &tls_failed, 0},
	{"Fatal TLS error %r", &tls_failed, 0},
	{"tls-crypt unwrap error: %r", &tls_failed, 0},
	{"Authenticate/Decrypt packet error: %r", &rejected, 0},
	{"AEAD Decrypt error: %r", &rejected, 0},
	{"TCP/UDP: Incoming packet rejected from %a, expected peer address: %*", &rejected, 0},
	{"WARNING: Bad encapsulated packet length from peer %*", &rejected, 0},
	{"Non-OpenVPN client protocol detected", &rejected, 0},

	{"TCP connection established with %a", &initiated, 0},
	{"Connection reset, restarting %*", &disconnected, 0},
	{"Connection reset command was pushed by server %*", &disconnected, 0},
	{"[%u] Inactivity timeout (--%l), %z", &disconnected, 0},
	{"Inactivity timeout (--%l), %*", &disconnected, 0},
	{"SIG%x received, client-instance restarting", &disconnected, RECORD_BINDS},
	{"SIG%x received, client-instance exiting", &disconnected, RECORD_BINDS},
	{"SIG%x received, process restarting", &server, 0},
	{"SIG%x received, process exiting", &server, 0},
	{"SIG%*", &server, 0},
	{"Delayed exit in %*", &disconnected, 0},
	{"Disconnected%*", &disconnected, 0},

	{"Control Channel: %t cipher %x %k, %*", &detail, 0},
	{"Control Channel: %*", &detail, 0},
	{"Data Channel%*", &detail, 0},
	{"Outgoing Data Channel%*", &detail, 0},
	{"Incoming Data Channel%*", &detail, 0},
	{"Outgoing Control Channel%*", &server, 0},
	{"Incoming Control Channel%*", &server, 0},
	{"Control Channel MTU parms %*", &detail, 0},
	{"Data Channel MTU parms %*", &detail, 0},
	{"peer info: %*", &detail, 0},
	{"OPTIONS IMPORT: %*", &detail, 0},
	{"Local Options %*", &detail, 0},
	{"Expected Remote Options %*", &detail, 0},
	{"Re-using SSL/TLS context", &detail, 0},
	{"LZO compression initial%*", &detail, 0},
	{"NCP: %*", &detail, 0},
	{"REPLAY_ERR%*", &rejected, 0},
	{"client-connect %*", &detail, 0},
	{"WARNING: %r", &server_bad, 0},
	{"NOTE: %*", &server, 0},
	{"DEPRECATED OPTION: %*", &server, 0},
	{"Options error: %r", &server_bad, 0},
	{"Exiting due to fatal error", &server_bad, 0},
	{"Initialization Sequence Completed%*", &server, 0},
	{"OpenVPN %*", &server, 0},
	{"library versions: %*", &server, 0},
	{"TUN/TAP %*", &server, 0},
	{"UDP%*", &server, 0},
	{"TCP%*", &server, 0},
	{"Listening for incoming TCP connection on %*", &server, 0},
	{"IFCONFIG POOL%*", &server, 0},
	{"ifconfig_pool_%*", &server, 0},
	{"Initializ%*", &server, 0},
	{"Diffie-Hellman initialized%*", &server, 0},
	{"Socket Buffers: %*", &server, 0},
	{"Could not determine IPv4/IPv6 protocol.%*", &server, 0},
	{"net_%*", &server, 0},
	{"do_ifconfig%*", &server, 0},
	{"/sbin/%*", &server, 0},
	{"/usr/sbin/%*", &server, 0},
	{"ROUTE%*", &server, 0},
	{"GID set to %*", &server, 0},
	{"UID set to %*", &server, 0},
	{"event_wait : %*", &server, 0},
	{"read UDP%r", &server_bad, 0},
	{"write UDP%r", &server_bad, 0},
	{"Closing TUN/TAP interface", &server, 0},
	{"PTHREAD support initialized", &server, 0},
};

static bool
is_name(struct str s)
{
	return s.n > 0 && !str_eq(s, STR("UNDEF"));
}

/* Does the text have the shape address:port? */
static bool
is_peer(struct str s)
{
	ptrdiff_t colon = str_rchr(s, ':');
	uint64_t port;

	if (colon < 2 || !str_u64(str_make(s.p + colon + 1, s.n - (size_t)colon - 1), &port) ||
		port > 65535)
		return false;
	for (ptrdiff_t i = 0; i < colon; i++)
		if (!is_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != ':' && s.p[i] != '[' &&
			s.p[i] != ']' && !((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'f'))
			return false;
	return str_chr(s, '.') > 0 || str_chr(s, ':') < colon;
}

struct client {
	struct str name, peer;
};

/* "name/192.0.2.7:1194" or "192.0.2.7:1194"; the name may hold blanks and slashes. */
static bool
read_client(struct str s, struct client *ret)
{
	ptrdiff_t slash = str_rchr(s, '/');

	*ret = (struct client){.peer = s};
	if (slash > 0) {
		ret->name = str_make(s.p, (size_t)slash);
		str_skip(&ret->peer, (size_t)slash + 1);
	}
	return is_peer(ret->peer);
}

static bool
take_client(struct str *s, struct client *ret)
{
	size_t at = 0;

	for (unsigned word = 0; word < NAME_WORDS; word++) {
		ptrdiff_t blank = str_chr(str_make(s->p + at, s->n - at), ' ');

		if (blank < 0)
			return false;
		at += (size_t)blank;
		if (read_client(str_make(s->p, at), ret)) {
			str_skip(s, at + 1);
			return true;
		}
		at++;
	}
	return false;
}

static void
put_client(struct recs *w, const struct client *c)
{
	if (is_name(c->name) && !rec_has(w, FIELD_USER_NAME))
		rec_put(w, FIELD_USER_NAME, c->name);
	if (!rec_has(w, FIELD_SOURCE_IP))
		form_put_peer(w, FIELD_SOURCE_IP, 0, FIELD_SOURCE_PORT, c->peer);
}

/* A log file's own time, and the microseconds behind it. */
static void
take_own_time(struct parse_ctx *ctx, struct recs *w, struct str *s)
{
	struct str rest = *s;
	uint64_t us;
	int64_t ns;

	if ((stamp_take_ctime(&rest, ctx->in->zone, ctx->arrival, &ns) ||
		    stamp_take_iso(&rest, ctx->in->zone, ctx->arrival, &ns)) &&
		str_take(&rest, STR(" "))) {
		parse_time(ctx, w, ns);
		*s = rest;
	}
	rest = *s;
	if (str_take(&rest, STR("us=")) && str_take_u64(&rest, &us) && us < 1000000 &&
		str_take(&rest, STR(" "))) {
		if (ctx->timed && w->cur->time % NS_PER_S == 0)
			parse_time(ctx, w, w->cur->time + (int64_t)us * 1000);
		*s = rest;
	}
}

static enum parsed
openvpn_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct client client = {0}, other;
	struct form_caps caps;
	bool named;

	s = str_trim(s);
	take_own_time(ctx, w, &s);
	named = take_client(&s, &client);
	str_take(&s, STR("[UNDEF] ")); /* a peer that has shown no certificate yet */
	if (!form_read(w, forms, FORM_COUNT(forms), slots, s, &caps)) {
		if (!named)
			return PARSED_NOT;
		/* Who and from where is known, even if the sentence is not. */
		parse_event(w, &detail);
	} else if (read_client(form_cap(&caps, 'o'), &other)) {
		put_client(w, &other);
	}
	if (named)
		put_client(w, &client);
	return PARSED_OK;
}

/* "name/address:port SENTENCE", or a sentence that nobody else writes; a log file's time in front.
 */
static bool
openvpn_sniff(struct str s)
{
	struct str rest = s;
	struct client client;
	uint64_t us;
	int64_t ns;

	if (stamp_take_ctime(&rest, NULL, 0, &ns) || stamp_take_iso(&rest, NULL, 0, &ns))
		rest = s = str_trim(rest);
	if (str_take(&rest, STR("us=")) && str_take_u64(&rest, &us))
		s = str_trim(rest);
	/* Access Server wraps the lines of its daemons; it has a definition. */
	if (str_starts(s, STR("[stdout#")) || str_starts(s, STR("[OVPN ")))
		return false;
	if (take_client(&s, &client)) {
		str_take(&s, STR("[UNDEF] "));
		return form_sniff(forms, FORM_COUNT(forms), slots, s) ||
		       str_find(s, STR("[AF_INET")) >= 0 || str_starts(s, STR("TLS")) ||
		       str_starts(s, STR("MULTI")) || str_starts(s, STR("VERIFY ")) ||
		       str_starts(s, STR("peer info: ")) ||
		       str_starts(s, STR("Control Channel: ")) || str_starts(s, STR("Timers: "));
	}
	return str_starts(s, STR("TLS: Username/Password ")) || str_starts(s, STR("MULTI: ")) ||
	       str_starts(s, STR("TLS Auth Error: ")) ||
	       str_starts(s, STR("Incorrect password supplied for LDAP DN ")) ||
	       str_starts(s, STR("LDAP bind failed: ")) || str_find(s, STR("[AF_INET")) >= 0;
}

const struct parser parser_openvpn = {
	.name = "openvpn",
	.logsource = LOGSOURCE_OPENVPN,
	.module = "openvpn",
	.dataset = "openvpn.log",
	.programs = "openvpn openvpn-server ovpn-* openvpn@* openvpn-*",
	.sniff = openvpn_sniff,
	.parse = openvpn_parse,
};
