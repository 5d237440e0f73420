/* incident_stage.c - how far an attack has come, from the ATT&CK tags of a rule. */
#include "correlation/incident_inside.h"

/* Tactics by the names that Sigma writes, of version 18 and 19, and by number. */
static const struct {
	const char *word, *number;
	enum attack_stage stage;
} tactics[] = {{"reconnaissance", "ta0043", STAGE_RECONNAISSANCE},
	{"resource-development", "ta0042", STAGE_RECONNAISSANCE},
	{"initial-access", "ta0001", STAGE_ENTRY}, {"execution", "ta0002", STAGE_FOOTHOLD},
	{"persistence", "ta0003", STAGE_FOOTHOLD},
	{"privilege-escalation", "ta0004", STAGE_FOOTHOLD},
	{"defense-evasion", "ta0005", STAGE_FOOTHOLD}, {"stealth", "", STAGE_FOOTHOLD},
	{"defense-impairment", "", STAGE_FOOTHOLD}, {"credential-access", "ta0006", STAGE_FOOTHOLD},
	{"discovery", "ta0007", STAGE_SPREAD}, {"lateral-movement", "ta0008", STAGE_SPREAD},
	{"command-and-control", "ta0011", STAGE_CONTROL},
	{"collection", "ta0009", STAGE_COLLECTION}, {"exfiltration", "ta0010", STAGE_COLLECTION},
	{"impact", "ta0040", STAGE_IMPACT}};

/*
 * For rules that name techniques only. A technique of several tactics stands where an alert of it
 * most often finds the attacker.
 */
static const struct {
	const char *numbers;
	enum attack_stage stage;
} techniques[] = {
	{"1583 1584 1585 1586 1587 1588 1589 1590 1591 1592 1593 1594 1595 1596 1597 1598 1608 "
	 "1650",
		STAGE_RECONNAISSANCE},
	{"1078 1091 1110 1133 1189 1190 1195 1199 1200 1566 1621 1659 1669", STAGE_ENTRY},
	{"1047 1053 1059 1106 1129 1203 1204 1559 1569 1609 1610 1648 1651 1037 1068 1098 1134 "
	 "1136 1137 1176 1197 1205 1484 1505 1525 1542 1543 1546 1547 1548 1554 1556 1574 1611 "
	 "1653 1006 1014 1027 1036 1055 1070 1112 1127 1140 1202 1207 1211 1216 1218 1220 1221 "
	 "1222 1480 1497 1535 1553 1562 1564 1578 1599 1600 1601 1612 1620 1622 1647 1656 1685 "
	 "1003 1040 1056 1111 1187 1212 1528 1539 1552 1555 1557 1558 1606 1649",
		STAGE_FOOTHOLD},
	{"1007 1010 1012 1016 1018 1033 1046 1049 1057 1069 1082 1083 1087 1120 1124 1135 1201 "
	 "1217 1482 1518 1526 1538 1580 1613 1614 1615 1619 1652 1654 1021 1072 1080 1210 1534 "
	 "1550 1563 1570",
		STAGE_SPREAD},
	{"1001 1008 1071 1090 1092 1095 1102 1104 1105 1132 1219 1568 1571 1572 1573 1665",
		STAGE_CONTROL},
	{"1005 1025 1039 1074 1113 1114 1115 1119 1123 1125 1185 1213 1530 1560 1602 1011 1020 "
	 "1029 1030 1041 1048 1052 1537 1567",
		STAGE_COLLECTION},
	{"1485 1486 1489 1490 1491 1495 1496 1498 1499 1529 1531 1561 1565 1657", STAGE_IMPACT}};

/* "attack.T1059.001" gives "1059". */
static bool
technique(struct str tag, struct str *ret)
{
	if (!str_take(&tag, STR("attack.t")) && !str_take(&tag, STR("attack.T")))
		return false;
	*ret = str_make(tag.p, tag.n < 4 ? tag.n : 4);
	for (size_t i = 0; i < ret->n; i++)
		if (!is_digit(ret->p[i]))
			return false;
	return ret->n == 4 && (tag.n == 4 || tag.p[4] == '.');
}

static enum attack_stage
stage_of_technique(struct str tag)
{
	struct str number;

	for (size_t i = 0; technique(tag, &number) && i < sizeof(techniques) / sizeof(*techniques);
		i++)
		if (str_find(str_of(techniques[i].numbers), number) >= 0)
			return techniques[i].stage;
	return STAGE_NONE;
}

/* Passwords and second factors are tried from outside. */
static bool
guesses(const struct str *tags, size_t n)
{
	struct str number;

	for (size_t i = 0; i < n; i++)
		if (technique(tags[i], &number) &&
			(str_eq(number, STR("1110")) || str_eq(number, STR("1621"))))
			return true;
	return false;
}

static enum attack_stage
stage_of_tactic(struct str tag, bool guessed)
{
	char word[40];
	struct str s = {word, 0};

	if (!str_take(&tag, STR("attack.")) || tag.n >= sizeof(word))
		return STAGE_NONE;
	for (; s.n < tag.n; s.n++) {
		char c = tag.p[s.n];

		word[s.n] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	if (guessed && (str_eq(s, STR("credential-access")) || str_eq(s, STR("ta0006"))))
		return STAGE_ENTRY;
	for (size_t i = 0; s.n > 0 && i < sizeof(tactics) / sizeof(*tactics); i++)
		if (str_eq(s, str_of(tactics[i].word)) || str_eq(s, str_of(tactics[i].number)))
			return tactics[i].stage;
	return STAGE_NONE;
}

enum attack_stage
stage_of_tags(const struct str *tags, size_t n)
{
	enum attack_stage furthest = STAGE_NONE, one;
	bool guessed = guesses(tags, n);

	for (size_t i = 0; i < n; i++)
		if ((one = stage_of_tactic(tags[i], guessed)) > furthest)
			furthest = one;
	if (furthest != STAGE_NONE)
		return furthest;
	for (size_t i = 0; i < n; i++)
		if ((one = stage_of_technique(tags[i])) > furthest)
			furthest = one;
	return furthest;
}
