#include "writers.h"

#define PRI_DAEMON 30u /* daemon.info, as openvpn-server@.service writes through the journal */
#define GATE       "vpn01"
#define PID        1187u
#define ME         "openvpn"

/*
 * With verify-client-cert none the name comes from the password check: a failed one leaves the
 * peer UNDEF, and "Peer Connection Initiated" is said all the same.
 */
void
openvpn_failed(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned port)
{
	say(co, at, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u TLS: Initial packet from [AF_INET]%i:%u, sid=%h %h", ip, port, ip, port, 8u,
		rng_next(&co->rng), 8u, rng_next(&co->rng));
	say(co, at + 300, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"AUTH-PAM: BACKGROUND: user '%s' failed to authenticate: Authentication failure",
		user);
	say(co, at + 310, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u TLS Auth Error: Auth Username/Password verification failed for peer", ip,
		port);
	say(co, at + 340, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u [UNDEF] Peer Connection Initiated with [AF_INET]%i:%u", ip, port, ip, port);
	say(co, at + 1400, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u SENT CONTROL [UNDEF]: 'AUTH_FAILED' (status=1)", ip, port);
}

void
openvpn_up(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned port,
	uint32_t inner)
{
	say(co, at, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u TLS: Initial packet from [AF_INET]%i:%u, sid=%h %h", ip, port, ip, port, 8u,
		rng_next(&co->rng), 8u, rng_next(&co->rng));
	say(co, at + 250, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u TLS: Username/Password authentication succeeded for username '%s' [CN SET]",
		ip, port, user);
	say(co, at + 270, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u Control Channel: TLSv1.3, cipher TLSv1.3 TLS_AES_256_GCM_SHA384, peer "
		"certificate: 256 bit ED25519, signature: ED25519",
		ip, port);
	say(co, at + 280, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%i:%u [%s] Peer Connection Initiated with [AF_INET]%i:%u", ip, port, user, ip,
		port);
	say(co, at + 290, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%s/%i:%u MULTI_sva: pool returned IPv4=%i, IPv6=(Not enabled)", user, ip, port,
		inner);
	say(co, at + 300, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%s/%i:%u MULTI: Learn: %i -> %s/%i:%u", user, ip, port, inner, user, ip, port);
}

void
openvpn_down(struct company *co, int64_t at, const char *user, uint32_t ip, unsigned port)
{
	say(co, at, KIND_REMOTE, PRI_DAEMON, GATE, ME, PID,
		"%s/%i:%u SIGTERM[soft,remote-exit] received, client-instance exiting", user, ip,
		port);
}
