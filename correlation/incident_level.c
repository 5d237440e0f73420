/* incident_level.c - the stage of an attack, and how grave an incident is, with the reason. */
#include <stdlib.h>

#include "correlation/incident_inside.h"

static const struct {
	const char *tag;
	enum attack_stage stage;
} tactics[] = {{"reconnaissance", STAGE_RECONNAISSANCE},
	{"resource-development", STAGE_RECONNAISSANCE}, {"initial-access", STAGE_ENTRY},
	{"execution", STAGE_FOOTHOLD}, {"persistence", STAGE_FOOTHOLD},
	{"privilege-escalation", STAGE_FOOTHOLD}, {"defense-evasion", STAGE_FOOTHOLD},
	{"stealth", STAGE_FOOTHOLD}, {"defense-impairment", STAGE_FOOTHOLD},
	{"credential-access", STAGE_FOOTHOLD}, {"discovery", STAGE_SPREAD},
	{"lateral-movement", STAGE_SPREAD}, {"command-and-control", STAGE_CONTROL},
	{"collection", STAGE_COLLECTION}, {"exfiltration", STAGE_COLLECTION},
	{"impact", STAGE_IMPACT}};

/* For rules that name techniques only: where the techniques that rules use stand. */
static const struct {
	const char *technique;
	enum attack_stage stage;
} techniques[] = {{"t1595", STAGE_RECONNAISSANCE}, {"t1046", STAGE_SPREAD}, {"t1566", STAGE_ENTRY},
	{"t1190", STAGE_ENTRY}, {"t1133", STAGE_ENTRY}, {"t1078", STAGE_ENTRY},
	{"t1110", STAGE_ENTRY}, {"t1059", STAGE_FOOTHOLD}, {"t1204", STAGE_FOOTHOLD},
	{"t1003", STAGE_FOOTHOLD}, {"t1558", STAGE_FOOTHOLD}, {"t1562", STAGE_FOOTHOLD},
	{"t1070", STAGE_FOOTHOLD}, {"t1098", STAGE_FOOTHOLD}, {"t1136", STAGE_FOOTHOLD},
	{"t1021", STAGE_SPREAD}, {"t1570", STAGE_SPREAD}, {"t1018", STAGE_SPREAD},
	{"t1087", STAGE_SPREAD}, {"t1071", STAGE_CONTROL}, {"t1105", STAGE_CONTROL},
	{"t1219", STAGE_CONTROL}, {"t1572", STAGE_CONTROL}, {"t1039", STAGE_COLLECTION},
	{"t1213", STAGE_COLLECTION}, {"t1560", STAGE_COLLECTION}, {"t1048", STAGE_COLLECTION},
	{"t1567", STAGE_COLLECTION}, {"t1052", STAGE_COLLECTION}, {"t1041", STAGE_COLLECTION},
	{"t1486", STAGE_IMPACT}, {"t1490", STAGE_IMPACT}, {"t1491", STAGE_IMPACT},
	{"t1498", STAGE_IMPACT}};

static enum attack_stage
stage_of_tag(struct str tag)
{
	char word[40];
	size_t n = 0;

	if (!str_take(&tag, STR("attack.")) || tag.n >= sizeof(word))
		return STAGE_NONE;
	for (; n < tag.n; n++)
		word[n] = tag.p[n] == '_'                      ? '-'
			  : tag.p[n] >= 'A' && tag.p[n] <= 'Z' ? (char)(tag.p[n] - 'A' + 'a')
							       : tag.p[n];
	for (size_t i = 0; i < sizeof(tactics) / sizeof(tactics[0]); i++)
		if (str_eq(str_make(word, n), str_of(tactics[i].tag)))
			return tactics[i].stage;
	return STAGE_NONE;
}

static enum attack_stage
stage_of_technique(struct str tag)
{
	if (!str_take(&tag, STR("attack.")))
		return STAGE_NONE;
	for (size_t i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++)
		if (tag.n >= 5 &&
			str_eq_nocase(str_make(tag.p, 5), str_of(techniques[i].technique)))
			return techniques[i].stage;
	return STAGE_NONE;
}

enum attack_stage
stage_of_tags(const struct str *tags, size_t n)
{
	enum attack_stage furthest = STAGE_NONE, one;

	for (size_t i = 0; i < n; i++)
		if ((one = stage_of_tag(tags[i])) > furthest)
			furthest = one;
	for (size_t i = 0; furthest == STAGE_NONE && i < n; i++)
		if ((one = stage_of_technique(tags[i])) > furthest)
			furthest = one;
	return furthest;
}

unsigned
severity_of(struct str level)
{
	static const char *const words[] = {"informational", "low", "medium", "high", "critical"};

	for (unsigned i = 0; i < 5; i++)
		if (str_eq(level, str_of(words[i])))
			return i;
	return 2;
}

static const char *const severity_en[] = {"informational", "low", "medium", "high", "critical"};
static const char *const severity_ja[] = {"情報", "低", "中", "高", "最高"};
static const char *const stage_en[STAGE_COUNT] = {"no known stage", "reconnaissance", "entry",
	"foothold", "spread inside", "remote control", "collection or removal of data",
	"damage or encryption"};
static const char *const stage_ja[STAGE_COUNT] = {"段階不明", "偵察", "侵入", "足場の確保",
	"内部への拡大", "遠隔操作", "情報の収集・持ち出し", "破壊・暗号化"};

static const struct kept_entity *
important_one(const struct incident *i)
{
	for (unsigned e = 0; e < i->nentities; e++)
		if (i->at[e].important)
			return &i->at[e];
	return NULL;
}

/* What severity, stage and assets give by themselves: at most 3. */
static unsigned
base_level(const struct incident *i, bool important)
{
	bool leaves = i->stage >= STAGE_COLLECTION;

	switch (i->severity) {
	case 4:
		return important || leaves ? 3 : 2;
	case 3:
		if (leaves)
			return 3;
		return i->hosts >= 2 || important || i->stage >= STAGE_SPREAD ? 2 : 1;
	case 2:
		return 1;
	default:
		return 0;
	}
}

unsigned
incident_level(struct incidents *k, const struct incident *i)
{
	const struct kept_entity *asset = important_one(i);
	unsigned families = (unsigned)__builtin_popcount(i->families), level;
	bool confirmed = families >= 3;

	level = base_level(i, asset != NULL);
	/* One kind of log alone may be mistaken, or forged; three that agree are not. */
	if (families < 2 && level == 3 && !asset)
		level = 2;
	if (confirmed && level > 0 && level < 4)
		level++;
	buf_clear(&k->reason_en);
	buf_clear(&k->reason_ja);
	buf_printf(&k->reason_en, "severity %s, stage: %s", severity_en[i->severity % 5],
		stage_en[i->stage % STAGE_COUNT]);
	buf_printf(&k->reason_ja, "重大度「%s」、攻撃段階「%s」", severity_ja[i->severity % 5],
		stage_ja[i->stage % STAGE_COUNT]);
	if (asset) {
		buf_printf(&k->reason_en, "; important system %.*s touched", (int)asset->n,
			asset->value);
		buf_printf(
			&k->reason_ja, "、重要システム %.*s に関係", (int)asset->n, asset->value);
	}
	if (i->hosts >= 2) {
		buf_printf(&k->reason_en, "; %u hosts", i->hosts);
		buf_printf(&k->reason_ja, "、%u台の機器", i->hosts);
	}
	buf_printf(&k->reason_en,
		confirmed ? "; confirmed by %u kinds of logs" : "; seen in %u kind%s of logs",
		families ? families : 1, families > 1 ? "s" : "");
	buf_printf(&k->reason_ja, confirmed ? "、%u種類のログで裏付けあり" : "、%u種類のログで確認",
		families ? families : 1);
	return level;
}
