/* sshd.c - what OpenSSH's server writes to the auth facility, old and new wordings. */
#include "parsers/form.h"
#include "parsers/pam.h"
#include "parsers/put.h"

static const struct form_slot slots[FORM_SLOTS] = {
	['a'] = {TAKE_WORD, PUT_HOST, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, NULL},
	['p'] = {TAKE_NUMBER, PUT_PORT, FIELD_SOURCE_PORT, 0, NULL},
	['A'] = {TAKE_WORD, PUT_PEER, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, NULL,
		FIELD_SOURCE_PORT},
	['d'] = {TAKE_WORD, PUT_HOST, FIELD_DESTINATION_IP, FIELD_DESTINATION_DOMAIN, NULL},
	['q'] = {TAKE_NUMBER, PUT_PORT, FIELD_DESTINATION_PORT, 0, NULL},
	['h'] = {TAKE_WORD, PUT_TEXT, FIELD_SOURCE_DOMAIN, 0, NULL},
	['u'] = {TAKE_GREEDY, PUT_TEXT, FIELD_USER_NAME, 0, NULL},
	['v'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_NAME, 0, NULL},
	['w'] = {TAKE_WORD, PUT_TEXT, FIELD_USER_NAME, 0, NULL},
	['m'] = {TAKE_WORD, PUT_NAMED, 0, 0, "sshd.method"},
	['k'] = {TAKE_REST, PUT_NAMED, 0, 0, "sshd.signature"},
	['f'] = {TAKE_WORD, PUT_NAMED, 0, 0, "sshd.signature"},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL},
	['l'] = {TAKE_LAZY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL},
	['s'] = {TAKE_LAZY, PUT_NAMED, 0, 0, "sshd.subsystem"},
	['t'] = {TAKE_WORD, PUT_TEXT, FIELD_PROCESS_TTY_NAME, 0, NULL},
	['b'] = {TAKE_NUMBER, PUT_NUMBER, FIELD_SOURCE_BYTES, 0, NULL},
	['c'] = {TAKE_NUMBER, PUT_NUMBER, FIELD_DESTINATION_BYTES, 0, NULL},
	['x'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL},
	['z'] = {TAKE_LAZY, PUT_NOTHING, 0, 0, NULL},
	['n'] = {TAKE_NUMBER, PUT_NOTHING, 0, 0, NULL},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL},
};

static const struct event_words login_ok = {"authentication", "start", "ssh_login", "success"};
static const struct event_words login_bad = {"authentication", "start", "ssh_login", "failure"};
static const struct event_words login_open = {
	"authentication", "info", "ssh_login_step", "unknown"};
static const struct event_words invalid_user = {
	"authentication", "start", "ssh_invalid_user", "failure"};
static const struct event_words denied = {"authentication", "denied", "ssh_denied", "failure"};
static const struct event_words too_many = {"authentication", "end", "ssh_max_attempts", "failure"};
static const struct event_words disconnect = {"session", "end", "ssh_disconnect", NULL};
static const struct event_words disconnect_bad = {"session", "end", "ssh_disconnect", "failure"};
static const struct event_words connect = {"network", "connection start", "ssh_connect", NULL};
static const struct event_words probe = {
	"network", "connection protocol", "ssh_protocol_error", "failure"};
static const struct event_words break_in = {"network", "info", "ssh_reverse_mapping", "failure"};
static const struct event_words session_start = {
	"session", "start", "ssh_session_start", "success"};
static const struct event_words session_end = {"session", "end", "ssh_session_end", NULL};
static const struct event_words server = {"process", "info", "ssh_server", NULL};
static const struct event_words server_bad = {"process", "error", "ssh_server", "failure"};
static const struct event_words certificate = {
	"authentication", "info", "ssh_certificate", "success"};
static const struct event_words key_found = {"authentication", "info", "ssh_key_found", "success"};
static const struct event_words root_refused = {
	"authentication", "denied", "ssh_root_refused", "failure"};
static const struct event_words refused = {
	"network", "connection denied", "ssh_refused", "failure"};
static const struct event_words scan = {"network", "connection", "ssh_scan", "failure"};
static const struct event_words timeout = {"authentication", "end", "ssh_timeout", "failure"};
static const struct event_words timeout_other = {"session", "end", "ssh_timeout", NULL};
static const struct event_words drop = {"network", "connection denied", "ssh_drop", "failure"};
static const struct event_words session_child = {"session", "info", "ssh_session_child", NULL};
static const struct event_words session_start_failure = {
	"session", "start", "ssh_session_start", "failure"};
static const struct event_words chroot = {"session", "info", "ssh_chroot", NULL};
static const struct event_words forward = {"network", "connection", "ssh_forward", "failure"};
static const struct event_words forward_other = {"network", "connection", "ssh_forward", NULL};
static const struct event_words key_found_other = {"authentication", "info", "ssh_key_found", NULL};
/* The frequent ones first. Prefixes ("error: ") and " [preauth]" are cut off before. */
static const struct form forms[] = {
	{"Failed %m for invalid user %u from %a port %p ssh2", &login_bad, RECORD_REFERS},
	{"Failed %m for illegal user %u from %a port %p ssh2", &login_bad, RECORD_REFERS},
	{"Failed %m for invalid user %u from %a port %p ssh2: %x %f", &login_bad, RECORD_REFERS},
	{"Failed %m for %u from %a port %p ssh2", &login_bad, RECORD_REFERS},
	{"Failed %m for %u from %a port %p ssh2: %x %f", &login_bad, RECORD_REFERS},
	{"Failed %m for %u from %a port %p ssh1", &login_bad, RECORD_REFERS},
	{"Failed %m for %u from %a port %p", &login_bad, RECORD_REFERS},
	{"Failed %m for invalid user %v from %a port %p ssh2: %k", &login_bad, RECORD_REFERS},
	{"Failed %m for %v from %a port %p ssh2: %k", &login_bad, RECORD_REFERS},
	{"Accepted %m for %v from %a port %p ssh2", &login_ok, RECORD_REFERS},
	{"Accepted %m for %v from %a port %p ssh2: %k", &login_ok, RECORD_REFERS},
	{"Accepted %m for %v from %a port %p ssh1", &login_ok, RECORD_REFERS},
	{"Accepted %m for %v from %a port %p", &login_ok, RECORD_REFERS},
	/* An unknown tail: only what the greedy forms left comes here, so a name cannot forge it.
	 */
	{"Failed %m for invalid user %v from %a port %p ssh2%*", &login_bad, RECORD_REFERS},
	{"Failed %m for %v from %a port %p ssh2%*", &login_bad, RECORD_REFERS},
	{"Accepted %m for %v from %a port %p ssh2%*", &login_ok, RECORD_REFERS},
	{"Accepted google_authenticator for %v", &login_open, 0},
	{"Accepted certificate ID %z signed by %k", &certificate, 0},
	{"Accepted key %x %f found at %*", &key_found, 0},
	{"Partial %m for %v from %a port %p ssh2", &login_open, 0},
	{"Partial %m for %v from %a port %p ssh2: %k", &login_open, 0},
	{"Postponed %m for invalid user %u from %a port %p ssh2", &login_open, 0},
	{"Postponed %m for %u from %a port %p ssh2", &login_open, 0},
	{"Invalid user %u from %a port %p", &invalid_user, RECORD_REFERS},
	{"Invalid user %u from %a", &invalid_user, RECORD_REFERS},
	{"Illegal user %u from %a", &invalid_user, RECORD_REFERS},
	{"input_userauth_request: invalid user %u", &invalid_user, 0},
	{"input_userauth_request: illegal user %u", &invalid_user, 0},
	{"userauth_request: invalid user %u", &invalid_user, 0},

	{"Connection closed by invalid user %u %a port %p", &disconnect_bad, 0},
	{"Connection closed by invalid user %a port %p", &disconnect_bad, 0},
	{"Connection closed by authenticating user %u %a port %p", &disconnect_bad, 0},
	{"Connection closed by user %u %a port %p", &disconnect, 0},
	{"Connection closed by %a port %p", &disconnect, 0},
	{"Connection closed by %a", &disconnect, 0},
	{"Connection closed by remote host%*", &disconnect, 0},
	{"Connection reset by invalid user %u %a port %p", &disconnect_bad, 0},
	{"Connection reset by authenticating user %u %a port %p", &disconnect_bad, 0},
	{"Connection reset by user %u %a port %p", &disconnect, 0},
	{"Connection reset by %a port %p", &disconnect, 0},
	{"Connection reset by %a", &disconnect, 0},
	{"Connection reset by peer", &disconnect, 0},
	{"Connection from %a port %p on %d port %q rdomain %*", &connect, 0},
	{"Connection from %a port %p on %d port %q", &connect, 0},
	{"Connection from %a port %p", &connect, 0},
	{"Connection timed out%*", &disconnect, 0},
	{"Disconnected from invalid user %u %a port %p", &disconnect_bad, 0},
	{"Disconnected from authenticating user %u %a port %p", &disconnect_bad, 0},
	{"Disconnected from user %u %a port %p", &disconnect, 0},
	{"Disconnected from %a port %p", &disconnect, 0},
	{"Disconnected from %a", &disconnect, 0},
	{"Received disconnect from %a port %p:%n: %r", &disconnect, 0},
	{"Received disconnect from %a port %p:%n:%r", &disconnect, 0},
	{"Received disconnect from %a: %n: %r", &disconnect, 0},
	{"Received disconnect from %a: %r", &disconnect, 0},
	{"Disconnecting invalid user %u %a port %p: Too many authentication failures", &too_many,
		0},
	{"Disconnecting authenticating user %u %a port %p: Too many authentication failures",
		&too_many, 0},
	{"Disconnecting invalid user %w %a port %p: %r", &disconnect_bad, 0},
	{"Disconnecting authenticating user %w %a port %p: %r", &disconnect_bad, 0},
	{"Disconnecting user %w %a port %p: %r", &disconnect, 0},
	{"Disconnecting: Too many authentication failures for invalid user %u", &too_many, 0},
	{"Disconnecting: Too many authentication failures for %u", &too_many, 0},
	{"Disconnecting: Too many authentication failures", &too_many, 0},
	{"Disconnecting %a port %p: %r", &disconnect, 0},
	{"Disconnecting: %r", &disconnect, 0},
	{"maximum authentication attempts exceeded for invalid user %u from %a port %p ssh2",
		&too_many, 0},
	{"maximum authentication attempts exceeded for %u from %a port %p ssh2", &too_many, 0},
	{"Too many authentication failures for invalid user %u", &too_many, 0},
	{"Too many authentication failures for %u", &too_many, 0},

	{"User %u from %a not allowed because not listed in AllowUsers", &denied, 0},
	{"User %u from %a not allowed because listed in DenyUsers", &denied, 0},
	{"User %v from %a not allowed because %r", &denied, 0},
	{"User %v not allowed because %r", &denied, 0},
	{"Login restricted for %v: %r", &denied, 0},
	{"ROOT LOGIN REFUSED FROM %a port %p", &root_refused, 0},
	{"ROOT LOGIN REFUSED FROM %a", &root_refused, 0},
	{"Access denied for user %v by PAM account configuration%*", &denied, 0},
	{"Authentication refused: %r", &denied, 0},
	{"Authentication refused for %v: %r", &denied, 0},
	{"Authentication tried for %v with correct key but not from a permitted host (host=%h, "
	 "ip=%a, required=%z)%*",
		&denied, 0},
	{"Authentication tried for %v with correct key but not from a permitted host (host=%h, "
	 "ip=%a)%*",
		&denied, 0},
	{"Authentication tried for %v with valid certificate but not from a permitted %z (%a)%*",
		&denied, 0},
	{"Authentication key %x %f revoked by file %*", &denied, 0},
	{"Account %v has expired%*", &denied, 0},
	{"User %v password has expired %*", &denied, 0},
	{"Certificate invalid: %r", &denied, 0},
	{"refused connect from %h (%a)", &refused, 0},
	{"refused connect from %a", &refused, 0},
	{"PAM: %l for illegal user %u from %a", &login_bad, 0},
	{"PAM: %l for invalid user %u from %a", &login_bad, 0},
	{"PAM: %l for %u from %a", &login_bad, 0},
	{"PAM service(%x) ignoring max retries; %*", &too_many, 0},

	{"Did not receive identification string from %a port %p", &probe, 0},
	{"Did not receive identification string from %a", &probe, 0},
	{"Bad protocol version identification '%z' from %a port %p", &probe, 0},
	{"Bad protocol version identification '%z' from %a", &probe, 0},
	{"banner exchange: Connection from %a port %p: %r", &probe, 0},
	{"kex_exchange_identification: %r", &probe, 0},
	{"kex_protocol_error: %r", &probe, 0},
	{"ssh_dispatch_run_fatal: Connection from invalid user %w %a port %p: %r", &probe, 0},
	{"ssh_dispatch_run_fatal: Connection from authenticating user %w %a port %p: %r", &probe,
		0},
	{"ssh_dispatch_run_fatal: Connection from user %w %a port %p: %r", &probe, 0},
	{"ssh_dispatch_run_fatal: Connection from %a port %p: %r", &probe, 0},
	{"ssh_packet_%x: %r", &probe, 0},
	{"Protocol major versions differ for %a port %p: %r", &probe, 0},
	{"Protocol major versions differ for %a: %r", &probe, 0},
	{"Unable to negotiate with %a port %p: %r", &probe, 0},
	{"Unable to negotiate with %a: %r", &probe, 0},
	{"Unable to negotiate a key exchange method%*", &probe, 0},
	{"no matching %r", &probe, 0},
	{"no hostkey alg%*", &probe, 0},
	{"scanned from %a with %*", &scan, 0},
	{"probed from %a port %p with %*", &scan, 0},
	{"Bad packet length %r", &probe, 0},
	{"Corrupted MAC on input%*", &probe, 0},
	{"padding error: %r", &probe, 0},
	{"message authentication code incorrect%*", &probe, 0},
	{"Corrupted check bytes on input%*", &probe, 0},
	{"fork of unprivileged child failed%*", &server_bad, 0},
	{"Read error from remote host %v %a port %p: %r", &disconnect, 0},
	{"Read error from remote host %a port %p: %r", &disconnect, 0},
	{"Read error from remote host %a: %r", &disconnect, 0},
	{"Read from socket failed: %r", &disconnect, 0},
	{"Write failed: %r", &disconnect, 0},
	{"packet_write_wait: Connection to %a port %p: %r", &disconnect, 0},
	{"Timeout before authentication for connection from %a to %d, pid = %n", &timeout, 0},
	{"Timeout before authentication for %a port %p", &timeout, 0},
	{"Timeout before authentication for %a", &timeout, 0},
	{"Timeout, client not responding from user %u %a port %p", &timeout_other, 0},
	{"Timeout, client not responding%*", &timeout_other, 0},
	{"reverse mapping checking getaddrinfo for %h [%a] failed%*", &break_in, 0},
	{"reverse mapping checking getaddrinfo for %h failed%*", &break_in, 0},
	{"Address %a maps to %h, but this does not map back to the address%*", &break_in, 0},
	{"Nasty PTR record \"%z\" is set up for %a, ignoring", &break_in, 0},
	{"Could not reverse map address %a.", &break_in, 0},
	{"drop connection #%n from [%a]:%p on [%d]:%q %r", &drop, 0},
	{"beginning MaxStartups throttling", &server, 0},
	{"exited MaxStartups throttling after %*", &server, 0},

	{"Starting session: subsystem '%s' for %v from %a port %p%*", &session_start, 0},
	{"Starting session: forced-command (%z) '%z' for %v from %a port %p%*", &session_start, 0},
	{"Starting session: shell on %t for %v from %a port %p%*", &session_start, 0},
	{"Starting session: %x on %t for %v from %a port %p%*", &session_start, 0},
	{"Starting session: %x for %v from %a port %p%*", &session_start, 0},
	{"Close session: user %v from %a port %p%*", &session_end, 0},
	{"Closing connection to %a port %p", &session_end, 0},
	{"Closing connection to %a", &session_end, 0},
	{"Transferred: sent %c, received %b bytes", &session_end, 0},
	{"User child is on pid %n", &session_child, 0},
	{"subsystem request for %s by user %v", &session_start, 0},
	{"subsystem request for %s failed, %r", &session_start_failure, 0},
	{"subsystem request for %s", &session_start, 0},
	{"Changed root directory to \"%z\"", &chroot, 0},
	{"lastlog_%r", &server, 0},
	{"session opened for local user %v from [%a]%*", &session_start, 0},
	{"session closed for local user %v from [%a]%*", &session_end, 0},

	{"Server listening on %d port %q%*", &server, 0},
	{"Received signal %n; terminating.", &server, 0},
	{"Received SIGHUP; restarting.", &server, 0},
	{"Exiting on signal %n%*", &server, 0},
	{"RESTART FAILED: %r", &server_bad, 0},
	{"Bind to port %q on %d failed: %r", &server_bad, 0},
	{"Cannot bind any address.", &server_bad, 0},
	{"Could not load host key: %r", &server_bad, 0},
	{"connect_to %d port %q: %r", &forward, 0},
	{"connect_to %d: %r", &forward, 0},
	{"channel_%r", &forward_other, 0},
	{"Found matching %x key: %f", &key_found_other, 0},
	{"main: %r", &server, 0},
	{"PAM unable to dlopen%r", &server_bad, 0},
	{"PAM adding faulty module: %r", &server_bad, 0},
	{"Postponed %*", &login_open, 0},
	{"monitor_%r", &server_bad, 0},
	{"mm_%r", &server_bad, 0},
	{"login_%r", &server, 0},
	{"PAM session not opened, exiting", &session_end, 0},
	{"getpeername failed: %r", &probe, 0},
	{"get_socket_address: %r", &probe, 0},
	{"rexec line %n: %r", &server, 0},
	{"Missing privilege separation directory: %r", &server_bad, 0},
	{"userauth_%r", &login_open, 0},
	{"auth_%r", &login_open, 0},
};

/* Dropbear, the small server of routers and appliances. */
static const struct form dropbear_forms[] = {
	{"Password auth succeeded for '%u' from %A", &login_ok, RECORD_REFERS},
	{"PAM password auth succeeded for '%u' from %A", &login_ok, RECORD_REFERS},
	{"Pubkey auth succeeded for '%u' with %x key %f from %A", &login_ok, RECORD_REFERS},
	{"Pubkey auth succeeded for '%u' with key %x %f from %A", &login_ok, RECORD_REFERS},
	{"Bad password attempt for '%u' from %A", &login_bad, RECORD_REFERS},
	{"Bad PAM password attempt for '%u' from %A", &login_bad, RECORD_REFERS},
	{"Login attempt for nonexistent user '%u' from %A", &invalid_user, RECORD_REFERS},
	{"Login attempt for nonexistent user from %A", &invalid_user, 0},
	{"Login attempt with wrong user %u from %A", &invalid_user, RECORD_REFERS},
	{"User '%u' has invalid shell, rejected", &denied, 0},
	{"root login rejected", &root_refused, 0},
	{"Child connection from %A", &connect, 0},
	{"Exit before auth from <%A>: (user '%v', %n fails): %r", &disconnect_bad, 0},
	{"Exit before auth from <%A>: %r", &disconnect_bad, 0},
	{"Exit before auth (user '%v', %n fails): %r", &disconnect_bad, 0},
	{"Exit before auth: %r", &disconnect_bad, 0},
	{"Exit (%v) from <%A>: %r", &disconnect, 0},
	{"Exit (%v): %r", &disconnect, 0},
	{"Running in background", &server, 0},
	{"Not backgrounding", &server, 0},
	{"Early exit: %r", &server_bad, 0},
};

/* sshd writes its own level in front of some messages. */
static void
cut_level(struct recs *w, struct str *s)
{
	static const struct {
		struct str prefix, level;
	} levels[] = {
		{{"error: ", 7}, {"error", 5}},
		{{"fatal: ", 7}, {"fatal", 5}},
		{{"debug1: ", 8}, {"debug", 5}},
		{{"debug2: ", 8}, {"debug", 5}},
		{{"debug3: ", 8}, {"debug", 5}},
		{{"warning: ", 9}, {"warning", 7}},
		{{"info: ", 6}, {"info", 4}},
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (str_take(s, levels[i].prefix)) {
			rec_put(w, FIELD_LOG_LEVEL, levels[i].level);
			return;
		}
}

static enum parsed
sshd_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct form_caps caps;
	bool debug = str_starts(s, STR("debug"));

	s = str_trim(s);
	if (pam_read(ctx, s, w))
		return PARSED_OK;
	if (s.n > 0 && s.p[0] >= 'a' && s.p[0] <= 'z')
		cut_level(w, &s);
	if (s.n > 10 && s.p[s.n - 1] == ']' && str_ends(s, STR(" [preauth]")))
		s.n -= 10;
	else if (s.n > 10 && s.p[s.n - 1] == ']' && str_ends(s, STR(" [postauth]")))
		s.n -= 11;
	if (form_read(w, forms, FORM_COUNT(forms), slots, s, &caps)) {
		/* Without a header the sentence says who wrote it. */
		if (ctx->program.n == 0 && !rec_has(w, FIELD_PROCESS_NAME))
			rec_put(w, FIELD_PROCESS_NAME, STR("sshd"));
		return PARSED_OK;
	}
	if (form_read(w, dropbear_forms, FORM_COUNT(dropbear_forms), slots, s, &caps))
		return PARSED_OK;
	if (!debug)
		return PARSED_NOT;
	/* Debugging sentences are too many to know; their level says what they are. */
	parse_event(w, &server);
	return PARSED_OK;
}

/* Sentences that nobody else writes. */
static bool
sshd_sniff(struct str s)
{
	static const struct str openings[] = {
		{"Accepted ", 9},
		{"Failed ", 7},
		{"Postponed ", 10},
		{"Partial ", 8},
		{"Invalid user ", 13},
		{"input_userauth_request: ", 24},
		{"main: sshd: ", 12},
		{"sshd: ", 6},
	};
	static const char levels[] = "error: fatal: debug1: debug2: debug3: info:";
	struct str rest = s, word;

	/* A level says nothing about who speaks: what stands behind it does. */
	if (str_cut(&rest, ' ', &word) && in_words(levels, word))
		s = rest;
	if (str_ends(s, STR(" [preauth]")))
		s.n -= 10;
	if (form_sniff(forms, FORM_COUNT(forms), slots, s) ||
		form_sniff(dropbear_forms, FORM_COUNT(dropbear_forms), slots, s))
		return true;
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
		if (str_starts(s, openings[i]))
			return str_find(s, STR(" port ")) > 0 || str_find(s, STR("sshd: ")) >= 0 ||
			       str_find(s, STR(" for ")) > 0 || i == 5;
	return false;
}

const struct parser parser_sshd = {
	.name = "sshd",
	.words = "openssh",
	.logsource = LOGSOURCE_SSHD,
	.module = "system",
	.dataset = "system.auth",
	.programs = "sshd sshd-session sshd-auth dropbear",
	.sniff = sshd_sniff,
	.parse = sshd_parse,
};
