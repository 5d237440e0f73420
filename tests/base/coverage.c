/* coverage.c - control 143: what counts for which kind of log, and what may be empty. */
#include <criterion/criterion.h>

#include "base/coverage.h"

static const struct {
	const char *why;
	enum log_family family;
	unsigned events;
	bool proxy;
	enum log_kind kind;
} counts[] = {
	{"a mail server's mail", FAMILY_MAIL, EVENT_EMAIL, false, LOG_MAIL},
	{"a login at a mail server is no mail", FAMILY_MAIL, EVENT_AUTHENTICATION, false, LOG_NONE},
	{"traffic", FAMILY_FIREWALL, EVENT_NETWORK | EVENT_SESSION, false, LOG_FIREWALL},
	{"an alert of the firewall", FAMILY_FIREWALL, EVENT_ATTACK, false, LOG_FIREWALL},
	{"its web filter is a proxy's log", FAMILY_FIREWALL, EVENT_NETWORK | EVENT_WEB, true,
		LOG_PROXY},
	{"its own login is no traffic", FAMILY_FIREWALL, EVENT_NETWORK | EVENT_AUTHENTICATION,
		false, LOG_NONE},
	{"a request", FAMILY_PROXY, EVENT_WEB, false, LOG_PROXY},
	{"a cloud proxy's packet filter", FAMILY_PROXY, EVENT_NETWORK, false, LOG_FIREWALL},
	{"a tunnel", FAMILY_REMOTE, EVENT_SESSION | EVENT_NETWORK, false, LOG_REMOTE},
	{"a login to a tunnel", FAMILY_REMOTE, EVENT_AUTHENTICATION, false, LOG_REMOTE},
	{"a login", FAMILY_AUTH, EVENT_AUTHENTICATION, false, LOG_AUTH},
	{"the end of a session decides nothing", FAMILY_AUTH, EVENT_SESSION, false, LOG_NONE},
	{"a process", FAMILY_ENDPOINT, EVENT_PROCESS, false, LOG_ENDPOINT},
	{"a web server is none of the six", FAMILY_SERVER, EVENT_WEB, false, LOG_NONE},
	{"nobody knows whose", FAMILY_OTHER, EVENT_AUTHENTICATION, false, LOG_NONE},
};

Test(coverage, which_events_count_for_which_kind)
{
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		cr_expect_eq(log_kind_of(counts[i].family, counts[i].events, counts[i].proxy),
			counts[i].kind, "%s", counts[i].why);
}

static const struct {
	const char *why;
	enum log_kind kind;
	unsigned has, declared, holds;
} empties[] = {
	{"at the machine itself", LOG_AUTH, NEED(USER) | NEED(OUTCOME), EXCUSE(LOCAL),
		EXCUSE(LOCAL)},
	{"nothing is missing", LOG_AUTH, NEED(USER) | NEED(OUTCOME) | NEED(SOURCE_IP),
		EXCUSE(LOCAL), 0},
	{"another field is missing", LOG_AUTH, NEED(SOURCE_IP) | NEED(OUTCOME), EXCUSE(LOCAL), 0},
	{"one reason for a field is enough", LOG_ENDPOINT,
		NEED(HOST) | NEED(USER) | NEED(OPERATION), EXCUSE(LOCAL) | EXCUSE(NO_ADDRESS),
		EXCUSE(LOCAL)},
	{"a field that the kind does not ask for", LOG_PROXY, NEED(URL) | NEED(SOURCE_IP),
		EXCUSE(NOBODY), 0},
	{"what counts for nothing lacks nothing", LOG_NONE, 0, EXCUSE(LOCAL), 0},
};

Test(coverage, an_excuse_holds_for_an_empty_field_that_the_kind_asks_for)
{
	for (size_t i = 0; i < sizeof(empties) / sizeof(empties[0]); i++)
		cr_expect_eq(log_excused(empties[i].kind, empties[i].has, empties[i].declared),
			empties[i].holds, "%s", empties[i].why);
}
