/* incident_level.c - how grave an incident is, with the reason. */
#include "correlation/incident_inside.h"

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

/* What severity, stage and assets give by themselves: at most 3. */
static unsigned
base_level(const struct incident *i)
{
	bool important = i->asset_n > 0;

	switch (i->severity) {
	case 4:
		return important || i->stage >= STAGE_COLLECTION ? 3 : 2;
	case 3:
		if (i->done >= STAGE_COLLECTION)
			return 3;
		return i->hosts >= 2 || important || i->stage >= STAGE_SPREAD ? 2 : 1;
	case 2:
		return 1;
	default:
		return 0;
	}
}

static void
number(struct buf *out, const char *before, unsigned n, const char *behind)
{
	buf_printf(out, "%s%u%s", before, n, behind);
}

unsigned
incident_level(struct incidents *k, const struct incident *i)
{
	unsigned families = (unsigned)__builtin_popcount(i->families);
	unsigned level = base_level(i), named = families ? families : 1;

	/* One kind of log alone may be mistaken, or forged; three that agree are not. */
	if (families < 2 && level == 3 && i->asset_n == 0)
		level = 2;
	if (families >= 3 && level > 0 && level < 4)
		level++;
	buf_clear(&k->reason_en);
	buf_clear(&k->reason_ja);
	buf_printf(&k->reason_en, "severity %s, stage: %s", severity_en[i->severity % 5],
		stage_en[i->stage % STAGE_COUNT]);
	buf_printf(&k->reason_ja, "重大度「%s」、攻撃段階「%s」", severity_ja[i->severity % 5],
		stage_ja[i->stage % STAGE_COUNT]);
	if (i->stage >= STAGE_COLLECTION && i->done < STAGE_COLLECTION) {
		buf_add_str(&k->reason_en, STR(" (stopped, or failed)"));
		buf_add_str(&k->reason_ja, STR("（阻止または失敗）"));
	}
	if (i->asset_n) {
		buf_printf(&k->reason_en, "; important system %.*s touched", (int)i->asset_n,
			i->asset);
		buf_printf(&k->reason_ja, "、重要システム %.*s に関係", (int)i->asset_n, i->asset);
	}
	if (i->hosts >= 2) {
		number(&k->reason_en, "; ", i->hosts, " hosts");
		number(&k->reason_ja, "、", i->hosts, "台の機器");
	}
	if (i->persons >= 2) {
		number(&k->reason_en, "; ", i->persons, " persons");
		number(&k->reason_ja, "、", i->persons, "名の利用者");
	}
	number(&k->reason_en, families >= 3 ? "; confirmed by " : "; seen in ", named,
		named > 1 ? " kinds of logs" : " kind of logs");
	number(&k->reason_ja, "、", named,
		families >= 3 ? "種類のログで裏付けあり" : "種類のログで確認");
	return level;
}
