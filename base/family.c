/* family.c - the words for families, stages and entities. */
#include "base/alert.h"

#include "base/logsource.h"

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
	for (size_t i = 0; i < sizeof(by_category) / sizeof(by_category[0]); i++)
		if (str_eq(category, str_of(by_category[i].category)))
			return by_category[i].family;
	return FAMILY_OTHER;
}

enum log_family
family_of_logsource(unsigned logsource)
{
	const struct logsource_row *row;

	if (logsource == LOGSOURCE_NONE || logsource >= LOGSOURCE_COUNT)
		return FAMILY_OTHER;
	row = logsource_row((enum logsource)logsource);
	for (size_t i = 0; i < sizeof(by_category) / sizeof(by_category[0]); i++)
		if (lists_word(row->category, str_of(by_category[i].category)))
			return by_category[i].family;
	if (lists_word(row->product, STR("windows")))
		return lists_word(row->service, STR("security")) && row->category.n == 0
			       ? FAMILY_AUTH
			       : FAMILY_ENDPOINT;
	if (lists_word(row->service, STR("auditd")) ||
		(logsource >= LOGSOURCE_AUDIT_PROCESS && logsource <= LOGSOURCE_AUDIT_CALL))
		return FAMILY_ENDPOINT;
	return FAMILY_OTHER;
}

void
families_of_logsources(uint8_t *ret)
{
	for (unsigned i = 0; i < LOGSOURCE_COUNT; i++)
		ret[i] = (uint8_t)family_of_logsource(i);
}
