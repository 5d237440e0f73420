#include <criterion/criterion.h>

#include "a_house.h"

#define P(daemon) "<22>Nov 22 09:59:58 mx1 postfix/" daemon "[42]: "

static const struct line_row rows[] = {
	{"a peer comes", P("smtpd") "connect from mail.example.net[192.0.2.7]",
		"event.action=smtp_connect|event.category=email,network|source.domain=mail.example."
		"net|"
		"source.ip=192.0.2.7|postfix.daemon=smtpd|event.module=postfix|@joins="},
	{"and goes",
		P("smtpd") "disconnect from unknown[2001:db8::7] ehlo=1 auth=0/1 quit=1 "
			   "commands=2/3",
		"event.action=smtp_disconnect|source.ip=2001:db8::7|source.domain="},
	{"or is lost", P("smtpd") "lost connection after AUTH from unknown[192.0.2.7]",
		"event.action=smtp_lost|postfix.command=AUTH|source.ip=192.0.2.7"},
	{"no queue id",
		P("smtpd") "4C1XyZ0abc: client=mail.example.net[192.0.2.7], sasl_method=PLAIN, "
			   "sasl_username=sato@example.jp",
		"@unparsed=|event.dataset=syslog|event.action=|source.ip="},
	{"who sends",
		P("smtpd") "4A3B2C1D0: client=mail.example.net[192.0.2.7], sasl_method=PLAIN, "
			   "sasl_username=sato@example.jp",
		"event.action=mail_client|postfix.queue_id=4A3B2C1D0|user.name=sato@example.jp|"
		"source.ip=192.0.2.7|"
		"postfix.sasl_method=PLAIN|@joins=yes"},
	{"a long queue id", P("smtpd") "3ZwXxT0qVnz1bC: client=localhost[127.0.0.1]",
		"postfix.queue_id=3ZwXxT0qVnz1bC|event.action=mail_client|source.ip=127.0.0.1"},
	{"the message id", P("cleanup") "4A3B2C1D0: message-id=<a b@example.jp>",
		"event.action=mail_message_id|email.message_id=a b@example.jp|@joins=yes"},
	{"queued", P("qmgr") "4A3B2C1D0: from=<a@example.jp>, size=1234, nrcpt=2 (queue active)",
		"event.action=mail_queued|email.from.address=a@example.jp|postfix.size=1234|"
		"postfix.nrcpt=2"},
	{"the null sender", P("qmgr") "4A3B2C1D0: from=<>, size=1234, nrcpt=1 (queue active)",
		"event.action=mail_queued|email.from.address="},
	{"delivered",
		P("smtp") "4A3B2C1D0: to=<b@example.net>, orig_to=<c@example.jp>, "
			  "relay=mx.example.net[198.51.100.2]:25, delay=0.53, "
			  "delays=0.1/0/0.2/0.23, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as "
			  "9F)",
		"event.action=mail_delivered|event.outcome=success|email.to.address=b@example.net|"
		"postfix.orig_to=c@example.jp|destination.ip=198.51.100.2|destination.domain=mx."
		"example.net|"
		"destination.port=25|postfix.delay=0.53|postfix.dsn=2.0.0|postfix.status=sent|"
		"event.reason=250 2.0.0 Ok: queued as 9F"},
	{"deferred",
		P("smtp") "4A3B2C1D0: to=<b@example.net>, relay=none, delay=30, delays=0/0/30/0, "
			  "dsn=4.4.1, status=deferred (connect to mx.example.net[198.51.100.2]:25: "
			  "Connection timed out)",
		"event.action=mail_deferred|event.outcome=failure|destination.ip=|postfix.relay="
		"none"},
	{"bounced",
		P("local") "4A3B2C1D0: to=<x@example.jp>, relay=local, delay=0.1, delays=0/0/0/0, "
			   "dsn=5.1.1, status=bounced (unknown user: \"x\")",
		"event.action=mail_bounced|postfix.dsn=5.1.1|event.reason=unknown user: \"x\""},
	{"expired", P("qmgr") "4A3B2C1D0: from=<a@example.jp>, status=expired, returned to sender",
		"event.action=mail_expired|postfix.status=expired|event.reason=returned to sender"},
	{"the notice", P("bounce") "4A3B2C1D0: sender non-delivery notification: 5B6C7D8E9",
		"event.action=mail_bounce_notice|postfix.new_queue_id=5B6C7D8E9"},
	{"removed", P("qmgr") "4A3B2C1D0: removed", "event.action=mail_removed|@joins=yes"},
	{"from the machine itself", P("pickup") "4A3B2C1D0: uid=1000 from=<sato>",
		"event.action=mail_pickup|user.id=1000|email.from.address=sato"},
	{"a password guessed",
		P("smtpd") "warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: "
			   "UGFzc3dvcmQ6",
		"event.action=smtp_auth_failed|event.outcome=failure|source.ip=192.0.2.7|postfix."
		"sasl_method=LOGIN|log.level=warning"},
	{"and whose",
		P("smtpd") "warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: "
			   "authentication failure, sasl_username=info@example.jp",
		"event.action=smtp_auth_failed|user.name=info@example.jp|event.reason="
		"authentication failure"},
	{"refused",
		P("smtpd") "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 "
			   "<x@example.org>: Relay access denied; from=<a@spam.example> "
			   "to=<x@example.org> proto=ESMTP helo=<host>",
		"event.action=smtp_reject|event.outcome=failure|source.ip=192.0.2.7|postfix.reply="
		"554|postfix.dsn=5.7.1|"
		"event.reason=<x@example.org>: Relay access "
		"denied|email.from.address=a@spam.example|"
		"email.to.address=x@example.org|postfix.helo=host|postfix.proto=ESMTP|postfix."
		"command=RCPT"},
	{"a header noted",
		P("cleanup") "4A3B2C1D0: warning: header Subject: Invoice from here from "
			     "mail.example.net[192.0.2.7]; from=<a@example.net> to=<b@example.jp> "
			     "proto=ESMTP helo=<h>",
		"event.action=mail_header|email.subject=Invoice from "
		"here|source.ip=192.0.2.7|email.to.address=b@example.jp"},
	{"a header that names an attachment",
		P("cleanup") "4A3B2C1D0: warning: header Content-Disposition: attachment; "
			     "filename=\"plan.zip\"; size=71 from mail.example.net[192.0.2.7]; "
			     "from=<a@example.net> to=<b@example.jp> proto=ESMTP helo=<h>",
		"file.name=plan.zip|email.attachments.file.name=plan.zip|source.ip=192.0.2.7"},
	{"postgrey's word without its header", "whitelisted: unknown[192.0.2.8/32]",
		"source.ip=192.0.2.8"},
	{"a milter says no",
		P("cleanup") "4A3B2C1D0: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: "
			     "5.7.1 Spam; from=<a@b> to=<c@d> proto=ESMTP helo=<h>",
		"event.action=smtp_reject|postfix.dsn=5.7.1|event.reason=Spam|postfix.queue_id="
		"4A3B2C1D0"},
	{"TLS",
		P("smtp") "Untrusted TLS connection established to "
			  "mx.example.net[198.51.100.2]:25: TLSv1.3 with cipher "
			  "TLS_AES_256_GCM_SHA384 (256/256 bits)",
		"event.action=smtp_tls|destination.ip=198.51.100.2|destination.port=25|tls.version="
		"TLSv1.3|tls.cipher=TLS_AES_256_GCM_SHA384"},
	{"the gate", P("postscreen") "CONNECT from [192.0.2.7]:4022 to [198.51.100.1]:25",
		"event.action=smtp_connect|source.ip=192.0.2.7|source.port=4022|destination.ip=198."
		"51.100.1"},
	{"talks too early",
		P("postscreen") "PREGREET 11 after 0.1 from [192.0.2.7]:4022: EHLO x\\r\\n",
		"event.action=postscreen_fail|source.ip=192.0.2.7"},
	{"refused at the gate",
		P("postscreen") "NOQUEUE: reject: RCPT from [192.0.2.7]:4022: 550 5.7.1 Service "
				"unavailable; client [192.0.2.7] blocked using bl.example; "
				"from=<a@b>, to=<c@d>, proto=ESMTP, helo=<h>",
		"event.action=smtp_reject|source.port=4022|email.from.address=a@b|email.to.address="
		"c@d"},
	{"counted",
		P("anvil") "statistics: max connection rate 3/60s for (smtp:192.0.2.7) at Nov 22 "
			   "09:50:00",
		"event.action=mail_statistics|source.ip=192.0.2.7"},
	{"unreachable", P("smtp") "connect to mx.example.net[198.51.100.2]:25: Connection refused",
		"event.action=smtp_connect_out|destination.ip=198.51.100.2|event.reason=Connection "
		"refused"},
	{"a warning of its own",
		P("master") "warning: process /usr/lib/postfix/smtpd pid 7 exit status 1",
		"event.action=mail_warning|log.level=warning"},
	{"another instance", P("submission/smtpd") "connect from unknown[192.0.2.7]",
		"event.action=smtp_connect|postfix.daemon=smtpd"},
	{"greylisted",
		"<22>Nov 22 09:59:58 mx1 postgrey[9]: action=greylist, reason=new, "
		"client_name=unknown, client_address=192.0.2.7/32, sender=a@b.example, "
		"recipient=c@example.jp",
		"event.action=mail_greylisted|source.ip=192.0.2.7|email.from.address=a@b.example|"
		"email.to.address=c@example.jp"},
	{"SPF",
		P("policyd-spf") "Softfail; identity=mailfrom; client-ip=192.0.2.7; "
				 "helo=h.example; envelope-from=a@b.example; receiver=<UNKNOWN>",
		"event.action=mail_spf|event.outcome=failure|source.ip=192.0.2.7|email.from."
		"address=a@b.example"},
	{0},
};

Test(postfix, rows)
{
	house_rows((struct house){0}, rows);
}
