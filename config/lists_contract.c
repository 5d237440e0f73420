/* lists_contract.c - the lists whose names and headers are a contract. */
#include "config/lists_inside.h"

static const struct contract contracts[] = {
	{"accounts_last_logon", {{"user", CELL_ACCOUNT, true}, {"last_logon", CELL_DAY, false}},
		NULL, NULL, false},
	{"admins", {{"account", CELL_ACCOUNT, true}, {"owner", CELL_ACCOUNT, false}}, NULL, NULL,
		false},
	{"allowed_remote_tools", {{"program", CELL_TEXT, true}}, NULL, NULL, false},
	{"assets",
		{{"host", CELL_TEXT, false}, {"address", CELL_ADDRESS, false},
			{"role", CELL_TEXT, false}, {"important", CELL_TEXT, false},
			{"mac", CELL_MAC, false}},
		NULL, NULL, false},
	{"calendar", {{"holiday", CELL_DAY, true}}, NULL, NULL, false},
	{"directory",
		{{"user", CELL_ACCOUNT, true}, {"name", CELL_TEXT, false},
			{"department", CELL_TEXT, false}, {"mail", CELL_TEXT, false},
			{"mails", CELL_TEXT, false}, {"upn", CELL_TEXT, false},
			{"account", CELL_ACCOUNT, false}, {"manager", CELL_ACCOUNT, false},
			{"employee_no", CELL_TEXT, false}, {"disabled", CELL_TEXT, false}},
		NULL, NULL, false},
	{"indicators",
		{{"type", CELL_TEXT, true}, {"value", CELL_TEXT, true},
			{"valid_from", CELL_DAY, false}, {"valid_until", CELL_DAY, false},
			{"confidence", CELL_TEXT, false}, {"source", CELL_TEXT, false}},
		"valid_from", "valid_until", true},
	{"known_scanners", {{"address", CELL_ADDRESS, true}, {"note", CELL_TEXT, false}}, NULL,
		NULL, false},
	{"leavers",
		{{"user", CELL_ACCOUNT, true}, {"name", CELL_TEXT, false},
			{"last_day", CELL_DAY, true}},
		NULL, NULL, false},
	{"networks", {{"network", CELL_ADDRESS, true}, {"role", CELL_TEXT, false}}, NULL, NULL,
		false},
	{"partner_domains", {{"domain", CELL_DOMAIN, true}}, NULL, NULL, false},
	{"people",
		{{"user", CELL_ACCOUNT, true}, {"name", CELL_TEXT, false},
			{"department", CELL_TEXT, false}, {"mail", CELL_TEXT, false},
			{"pc", CELL_TEXT, false}, {"mac", CELL_MAC, false},
			{"employee_no", CELL_TEXT, false}, {"card_no", CELL_TEXT, false},
			{"admin_account", CELL_ACCOUNT, false}, {"work", CELL_TEXT, false}},
		NULL, NULL, false},
	{"sanctioned_cloud", {{"domain", CELL_DOMAIN, true}, {"note", CELL_TEXT, false}}, NULL,
		NULL, false},
	{"service_accounts", {{"account", CELL_ACCOUNT, true}, {"note", CELL_TEXT, false}}, NULL,
		NULL, false},
	{"shared_ids", {{"account", CELL_ACCOUNT, true}, {"where", CELL_TEXT, false}}, NULL, NULL,
		false},
	{"tickets",
		{{"id", CELL_TEXT, true}, {"account", CELL_ACCOUNT, false},
			{"what", CELL_TEXT, false}, {"from", CELL_DAY, true},
			{"until", CELL_DAY, true}},
		"from", "until", true},
	{"usb_approvals",
		{{"date", CELL_DAY, true}, {"user", CELL_ACCOUNT, true},
			{"device", CELL_TEXT, false}, {"purpose", CELL_TEXT, false}},
		"date", "date", true},
	{"confidential",
		{{"owner", CELL_TEXT, true}, {"asset", CELL_TEXT, false},
			{"path", CELL_TEXT, false}, {"label", CELL_TEXT, false}},
		NULL, NULL, false},
};

const struct contract *
contract_of(struct str list)
{
	for (size_t i = 0; i < sizeof(contracts) / sizeof(contracts[0]); i++)
		if (str_eq(list, str_of(contracts[i].list)))
			return &contracts[i];
	return NULL;
}
