#include "base/coverage.h"

static const char *const kinds[LOG_KINDS] = {
	"none", "mail", "firewall", "proxy", "remote", "auth", "endpoint"};

struct str
log_kind_name(enum log_kind k)
{
	return str_of(kinds[(unsigned)k < LOG_KINDS ? k : LOG_NONE]);
}

bool
log_kind_find(struct str name, enum log_kind *ret)
{
	for (unsigned i = 0; i < LOG_KINDS; i++)
		if (str_eq(name, str_of(kinds[i]))) {
			*ret = (enum log_kind)i;
			return true;
		}
	return false;
}

unsigned
log_needs(enum log_kind k)
{
	static const unsigned needs[LOG_KINDS] = {
		[LOG_MAIL] = NEED(SENDER) | NEED(RECIPIENT),
		[LOG_FIREWALL] = NEED(SOURCE_IP) | NEED(DESTINATION_IP),
		[LOG_PROXY] = NEED(SOURCE_IP) | NEED(URL),
		[LOG_REMOTE] = NEED(SOURCE_IP) | NEED(USER),
		[LOG_AUTH] = NEED(SOURCE_IP) | NEED(USER) | NEED(OUTCOME),
		[LOG_ENDPOINT] = NEED(HOST) | NEED(USER) | NEED(IP) | NEED(OPERATION),
	};

	return needs[(unsigned)k < LOG_KINDS ? k : LOG_NONE];
}

static const struct log_excuse_row excuses[EXCUSE_COUNT] = {
#define X(id, word, needs, en, ja) [EXCUSE_##id] = {{word, sizeof(word) - 1}, needs, en, ja},
#include "base/coverage.def"
#undef X
};

const struct log_excuse_row *
log_excuse(enum log_excuse e)
{
	return &excuses[(unsigned)e < EXCUSE_COUNT ? e : 0];
}

enum log_excuse
log_excuse_find(struct str word)
{
	unsigned i = 0;

	while (i < EXCUSE_COUNT && !str_eq(word, excuses[i].word))
		i++;
	return (enum log_excuse)i;
}

unsigned
log_excused(enum log_kind k, unsigned has, unsigned declared)
{
	unsigned missing = log_needs(k) & ~has, ret = 0;

	for (unsigned i = 0; declared && missing && i < EXCUSE_COUNT; i++)
		if (declared >> i & 1 && excuses[i].needs & missing) {
			ret |= 1u << i;
			missing &= ~excuses[i].needs;
		}
	return ret;
}

unsigned
log_excuses_of_logsource(unsigned logsource)
{
	static const uint8_t rows[LOGSOURCE_COUNT] = {
#define L(id, product, category, service, family, excused) [LOGSOURCE_##id] = excused,
#include "base/logsource.def"
#undef L
	};

	_Static_assert(EXCUSE_COUNT <= 8, "a byte holds them");
	return logsource < LOGSOURCE_COUNT ? rows[logsource] : 0;
}

unsigned
log_event_of(struct str category)
{
#define ROW(category, event)                                                                       \
	{                                                                                          \
		{category, sizeof(category) - 1}, event                                            \
	}
	static const struct {
		struct str category;
		unsigned event;
	} rows[] = {ROW("network", EVENT_NETWORK), ROW("authentication", EVENT_AUTHENTICATION),
		ROW("web", EVENT_WEB), ROW("process", EVENT_PROCESS), ROW("file", EVENT_PROCESS),
		ROW("session", EVENT_SESSION), ROW("email", EVENT_EMAIL),
		ROW("intrusion_detection", EVENT_ATTACK), ROW("threat", EVENT_ATTACK),
		ROW("malware", EVENT_PROCESS | EVENT_ATTACK), ROW("registry", EVENT_PROCESS),
		ROW("driver", EVENT_PROCESS), ROW("library", EVENT_PROCESS)};
#undef ROW

	/* The first byte tells most apart without a call. */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (category.n == rows[i].category.n && *category.p == *rows[i].category.p &&
			str_eq(category, rows[i].category))
			return rows[i].event;
	return 0;
}

enum log_kind
log_kind_of(enum log_family f, unsigned events, bool proxy)
{
	/* Which of its events count, by kind of log: a login to a firewall's own console is no
	 * firewall's log, and no authentication server's. */
	static const struct {
		enum log_kind kind;
		unsigned any, none;
	} counts[FAMILY_COUNT] = {
		[FAMILY_MAIL] = {LOG_MAIL, EVENT_EMAIL, 0},
		[FAMILY_FIREWALL] = {LOG_FIREWALL, EVENT_NETWORK | EVENT_WEB | EVENT_ATTACK,
			EVENT_AUTHENTICATION},
		[FAMILY_PROXY] = {LOG_PROXY, EVENT_WEB, EVENT_AUTHENTICATION},
		[FAMILY_REMOTE] = {LOG_REMOTE, EVENT_SESSION | EVENT_AUTHENTICATION, 0},
		[FAMILY_AUTH] = {LOG_AUTH, EVENT_AUTHENTICATION, 0},
		[FAMILY_ENDPOINT] = {LOG_ENDPOINT,
			EVENT_PROCESS | EVENT_NETWORK | EVENT_AUTHENTICATION | EVENT_SESSION, 0},
	};

	/* The packet filter of a proxy in the cloud is a firewall. */
	if (f == FAMILY_PROXY && !(events & EVENT_WEB))
		f = FAMILY_FIREWALL;
	if ((unsigned)f >= FAMILY_COUNT || !(events & counts[f].any) || events & counts[f].none)
		return LOG_NONE;
	if (f == FAMILY_FIREWALL && proxy && events & EVENT_WEB)
		return LOG_PROXY;
	return counts[f].kind;
}
