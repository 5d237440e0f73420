/* family.c - families of logs; the words for them, for stages and entities. */
#include "base/alert.h"

struct str
family_name(enum log_family f)
{
	static const char *const names[FAMILY_COUNT] = {
		"other", "mail", "firewall", "proxy", "endpoint", "remote", "auth", "server"};

	return str_of(names[(unsigned)f < FAMILY_COUNT ? f : FAMILY_OTHER]);
}

struct str
stage_name(enum attack_stage s)
{
	static const char *const names[STAGE_COUNT] = {"none", "reconnaissance", "entry",
		"foothold", "spread", "control", "collection", "impact"};

	return str_of(names[(unsigned)s < STAGE_COUNT ? s : STAGE_NONE]);
}

struct str
entity_name(enum entity_kind k)
{
	static const char *const names[ENTITY_COUNT] = {
		"person", "host", "ip", "hash", "domain", "mail", "file"};

	return str_of(names[(unsigned)k < ENTITY_COUNT ? k : ENTITY_PERSON]);
}

static bool
lists_word(struct str words, struct str word)
{
	struct str one;

	while (str_cut(&words, ',', &one))
		if (str_eq(one, word))
			return true;
	return str_eq(one, word);
}

/* By category; the first that fits. */
static const struct {
	const char *category;
	enum log_family family;
} by_category[] = {{"mail", FAMILY_MAIL}, {"vpn", FAMILY_REMOTE},
	/* a firewall's web filter is the firewall's log, whatever else it can feed */
	{"utm", FAMILY_FIREWALL}, {"firewall", FAMILY_FIREWALL}, {"ids", FAMILY_FIREWALL},
	{"proxy", FAMILY_PROXY}, {"authentication", FAMILY_AUTH}, {"webserver", FAMILY_SERVER},
	{"database", FAMILY_SERVER}, {"file_access", FAMILY_SERVER}};

enum log_family
family_of_category(struct str category)
{
	for (size_t i = 0; category.n && i < sizeof(by_category) / sizeof(by_category[0]); i++)
		if (lists_word(category, str_of(by_category[i].category)))
			return by_category[i].family;
	return FAMILY_OTHER;
}

enum log_family
family_of_logsource(unsigned logsource)
{
	static const uint8_t rows[LOGSOURCE_COUNT] = {
#define L(id, product, category, service, family, excused) [LOGSOURCE_##id] = FAMILY_##family,
#include "base/logsource.def"
#undef L
	};

	return logsource < LOGSOURCE_COUNT ? (enum log_family)rows[logsource] : FAMILY_OTHER;
}

/* Of config/sources/README.md. */
static const char *const kinds[] = {"mail", "firewall", "proxy", "endpoint", "remote-access",
	"authentication", "ids", "dns", "dhcp", "web", "database", "entry", "file", "backup",
	"integrity", "mdm", "power", "cloud"};
static const enum log_family by_kind[] = {FAMILY_MAIL, FAMILY_FIREWALL, FAMILY_PROXY,
	FAMILY_ENDPOINT, FAMILY_REMOTE, FAMILY_AUTH, FAMILY_FIREWALL, FAMILY_OTHER, FAMILY_OTHER,
	FAMILY_SERVER, FAMILY_SERVER, FAMILY_OTHER, FAMILY_SERVER, FAMILY_SERVER, FAMILY_ENDPOINT,
	FAMILY_ENDPOINT, FAMILY_OTHER, FAMILY_SERVER};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

_Static_assert(KINDS == sizeof(by_kind) / sizeof(by_kind[0]), "a family each");

bool
family_of_kind(struct str kind, enum log_family *ret)
{
	for (size_t i = 0; i < KINDS; i++)
		if (str_eq(kind, str_of(kinds[i]))) {
			*ret = by_kind[i];
			return true;
		}
	return false;
}

const char *const *
family_kinds(size_t *n)
{
	*n = KINDS;
	return kinds;
}
