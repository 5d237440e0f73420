#include <criterion/criterion.h>

#include "a_house.h"

#define S      "<38>Nov 22 09:59:58 web01 sshd[311]: "
#define FAILED "event.action=ssh_login|event.outcome=failure|event.category=authentication|"
#define OK     "event.action=ssh_login|event.outcome=success|event.category=authentication|"

static const struct line_row rows[] = {
	{"a wrong password", S "Failed password for root from 192.0.2.7 port 4022 ssh2",
		FAILED
		"user.name=root|source.ip=192.0.2.7|source.port=4022|sshd.method=password|"
		"event.module=system|event.dataset=system.auth|@unparsed=|@product=sshd|@flags="},
	{"nobody of that name",
		S "Failed password for invalid user oracle from 2001:db8::7 port 9 ssh2",
		FAILED "user.name=oracle|source.ip=2001:db8::7|source.port=9"},
	{"a name that forges an address",
		S "Failed password for invalid user a from 203.0.113.1 port 22 ssh2 from 192.0.2.7 "
		  "port 9 ssh2",
		FAILED
		"user.name=a from 203.0.113.1 port 22 ssh2|source.ip=192.0.2.7|source.port=9"},
	{"an empty name", S "Failed password for invalid user  from 192.0.2.7 port 9 ssh2",
		FAILED "user.name=|source.ip=192.0.2.7"},
	{"a key that is not known",
		S "Failed publickey for git from 192.0.2.7 port 9 ssh2: ED25519 SHA256:abcdef",
		FAILED "user.name=git|sshd.method=publickey|sshd.signature=SHA256:abcdef"},
	{"a password", S "Accepted password for sato from 192.0.2.7 port 9 ssh2",
		OK "user.name=sato|sshd.method=password"},
	{"a key", S "Accepted publickey for sato from 192.0.2.7 port 9 ssh2: RSA SHA256:abcdef",
		OK "user.name=sato|sshd.method=publickey|sshd.signature=RSA SHA256:abcdef"},
	{"PAM's question",
		S "Accepted keyboard-interactive/pam for sato from 192.0.2.7 port 9 ssh2",
		OK "sshd.method=keyboard-interactive/pam"},
	{"a name where the address stands",
		S "Failed password for x from gw.example.jp port 9 ssh2",
		FAILED "source.ip=|source.domain=gw.example.jp"},
	{"nobody of that name, early", S "Invalid user admin from 192.0.2.7 port 4022",
		"event.action=ssh_invalid_user|event.outcome=failure|user.name=admin|source.ip=192."
		"0.2.7|"
		"source.port=4022"},
	{"nobody of that name, long ago", S "Invalid user admin from 192.0.2.7",
		"event.action=ssh_invalid_user|source.ip=192.0.2.7|source.port="},
	{"closed before login",
		S "Connection closed by authenticating user root 192.0.2.7 port 9 [preauth]",
		"event.action=ssh_disconnect|user.name=root|source.ip=192.0.2.7|source.port=9"},
	{"closed", S "Connection closed by 192.0.2.7 port 9 [preauth]",
		"event.action=ssh_disconnect|source.ip=192.0.2.7"},
	{"a name with blanks leaves",
		S "Disconnected from invalid user a b c 192.0.2.7 port 9 [preauth]",
		"event.action=ssh_disconnect|user.name=a b c|source.ip=192.0.2.7"},
	{"a reason", S "Received disconnect from 192.0.2.7 port 9:11: Bye Bye [preauth]",
		"event.action=ssh_disconnect|source.port=9|event.reason=Bye Bye"},
	{"a reason, long ago", S "Received disconnect from 192.0.2.7: 11: Bye Bye",
		"event.action=ssh_disconnect|source.ip=192.0.2.7|event.reason=Bye Bye"},
	{"too often",
		S "error: maximum authentication attempts exceeded for invalid user x from "
		  "192.0.2.7 port 9 ssh2 [preauth]",
		"event.action=ssh_max_attempts|event.outcome=failure|user.name=x|source.ip=192.0.2."
		"7|"
		"log.level=error"},
	{"not allowed", S "User backup from 192.0.2.7 not allowed because not listed in AllowUsers",
		"event.action=ssh_denied|event.outcome=failure|user.name=backup|source.ip=192.0.2."
		"7"},
	{"too late", S "fatal: Timeout before authentication for 192.0.2.7 port 9",
		"event.action=ssh_timeout|event.outcome=failure|source.port=9"},
	{"not SSH at all", S "Did not receive identification string from 192.0.2.7 port 9",
		"event.action=ssh_protocol_error|source.ip=192.0.2.7"},
	{"no common ground",
		S "Unable to negotiate with 192.0.2.7 port 9: no matching host key type found. "
		  "Their offer: ssh-dss [preauth]",
		"event.action=ssh_protocol_error|source.port=9"},
	{"a name that does not map back",
		S "reverse mapping checking getaddrinfo for h.example [192.0.2.7] failed - "
		  "POSSIBLE BREAK-IN ATTEMPT!",
		"event.action=ssh_reverse_mapping|source.ip=192.0.2.7|source.domain=h.example"},
	{"PAM among sshd's lines",
		S "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh "
		  "ruser= rhost=192.0.2.7  user=root",
		"event.action=pam_auth_failure|event.outcome=failure|user.name=root|source.ip=192."
		"0.2.7|"
		"process.tty.name=ssh|event.provider=pam_unix|service.name=sshd"},
	{"PAM counts",
		S "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= "
		  "rhost=192.0.2.7  user=x",
		"event.action=pam_auth_failure|pam.failures=2|user.name=x"},
	{"a session begins",
		S "pam_unix(sshd:session): session opened for user sato(uid=1000) by (uid=0)",
		"event.action=pam_session_opened|event.category=session|user.name=sato|user.id="
		"1000"},
	{"a session ends", S "pam_unix(sshd:session): session closed for user sato",
		"event.action=pam_session_closed|user.name=sato"},
	{"nobody of that name, says PAM", S "pam_unix(sshd:auth): check pass; user unknown",
		"event.action=pam_user_unknown|event.outcome=failure"},
	{"what nobody knows stays whole", S "The moon is full",
		"@unparsed=|event.dataset=syslog|message=The moon is "
		"full|host.name=web01|process.name=sshd|event.action=|"
		"event.module="},
	{"the newer daemon's name",
		"<38>Nov 22 09:59:58 h sshd-session[1]: Accepted password for a from 192.0.2.7 "
		"port 9 ssh2",
		OK "user.name=a"},
	{"Dropbear's wrong password",
		"<38>Nov 22 09:59:58 ap1 dropbear[9]: Bad password attempt for 'x' from "
		"203.0.113.1:9' from 192.0.2.7:4022",
		FAILED "user.name=x' from 203.0.113.1:9|source.ip=192.0.2.7|source.port=4022"},
	{"Dropbear's right password",
		"<38>Nov 22 09:59:58 ap1 dropbear[9]: Password auth succeeded for 'root' from "
		"192.0.2.7:4022",
		OK "user.name=root|source.ip=192.0.2.7"},
	{"without any header", "Failed password for root from 192.0.2.7 port 4022 ssh2",
		FAILED "user.name=root|@arrival=yes|host.name="},
	{0},
};

Test(sshd, rows)
{
	house_rows((struct house){0}, rows);
}
