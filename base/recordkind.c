/* recordkind.c - whose log a record is, and which of the fields that control 143 asks for it has.
 */
#include "base/recordkind.h"

#define LOOK (UINT16_C(1) << 15) /* its value counts */

_Static_assert(NEED_COUNT <= 15, "below LOOK");

/* Which field of control 143 an entry fills, by its field. */
static const uint16_t needs[FIELD_ECS_END] = {
	[FIELD_EVENT_CATEGORY] = LOOK,
	[FIELD_EVENT_OUTCOME] = LOOK,
	[FIELD_EVENT_TYPE] = LOOK,
	[FIELD_LOGSOURCE_CATEGORY] = LOOK,
	[FIELD_NOROSHI_LOG_KIND] = LOOK,
	[FIELD_NOROSHI_LOG_EXCUSED] = LOOK,
	[FIELD_EMAIL_FROM_ADDRESS] = NEED(SENDER),
	[FIELD_EMAIL_TO_ADDRESS] = NEED(RECIPIENT),
	[FIELD_EMAIL_CC_ADDRESS] = NEED(RECIPIENT),
	[FIELD_SOURCE_IP] = NEED(SOURCE_IP) | NEED(IP),
	[FIELD_CLIENT_IP] = NEED(SOURCE_IP) | NEED(IP),
	[FIELD_DESTINATION_IP] = NEED(DESTINATION_IP),
	[FIELD_SERVER_IP] = NEED(DESTINATION_IP),
	[FIELD_URL_FULL] = NEED(URL),
	[FIELD_URL_ORIGINAL] = NEED(URL),
	[FIELD_URL_DOMAIN] = NEED(URL),
	[FIELD_USER_NAME] = NEED(USER),
	[FIELD_USER_EMAIL] = NEED(USER),
	[FIELD_USER_ID] = NEED(USER),
	[FIELD_SOURCE_USER_NAME] = NEED(USER),
	[FIELD_HOST_NAME] = NEED(HOST),
	[FIELD_HOST_HOSTNAME] = NEED(HOST),
	[FIELD_HOST_IP] = NEED(IP),
	[FIELD_EVENT_ACTION] = NEED(OPERATION),
	[FIELD_PROCESS_COMMAND_LINE] = NEED(OPERATION),
};

/* What a definition set for us alone: nobody who sends a log can. */
static void
read_setting(struct batch b, const struct entry *e, enum log_kind *kind, unsigned *declared)
{
	struct str text = entry_text(b, e);

	if (!(e->flags & ENTRY_HIDDEN))
		return;
	if (e->field == FIELD_NOROSHI_LOG_KIND)
		log_kind_find(text, kind);
	else
		*declared |= 1u << log_excuse_find(text);
}

void
record_settle(struct batch b, struct record *r)
{
	const struct entry *e = record_entries(b, r);
	enum log_kind kind = LOG_KINDS;
	unsigned events = 0, has = 0, declared = log_excuses_of_logsource(r->logsource);
	bool proxy = r->logsource == LOGSOURCE_FORTIGATE_WEB, connection = false;

	if (record_family(r) == FAMILY_OTHER)
		record_set_family(r, family_of_logsource(r->logsource));
	if (record_family(r) == FAMILY_OTHER || r->flags & (RECORD_UNPARSED | RECORD_JOINS))
		return;
	for (uint32_t i = 0; i < r->nentries; i++) {
		unsigned f = e[i].field;

		if (f >= FIELD_ECS_END || e[i].len == 0)
			continue;
		has |= needs[f];
		if (!(needs[f] & LOOK))
			continue;
		if (f == FIELD_EVENT_CATEGORY)
			events |= log_event_of(entry_text(b, &e[i]));
		else if (f == FIELD_EVENT_OUTCOME)
			has |= str_eq(entry_text(b, &e[i]), STR("unknown")) ? 0 : NEED(OUTCOME);
		else if (f == FIELD_EVENT_TYPE)
			connection |= str_eq(entry_text(b, &e[i]), STR("connection"));
		else if (f == FIELD_LOGSOURCE_CATEGORY)
			proxy |= str_eq(entry_text(b, &e[i]), STR("proxy"));
		else if (f == FIELD_NOROSHI_LOG_KIND || f == FIELD_NOROSHI_LOG_EXCUSED)
			read_setting(b, &e[i], &kind, &declared);
	}
	has &= ~(unsigned)LOOK;
	if (kind == LOG_KINDS)
		kind = log_kind_of(record_family(r), events, proxy);
	/* What names neither side of a connection or a mail is about the firewall, the server
	 * itself. */
	if ((kind == LOG_FIREWALL || kind == LOG_MAIL) && !(has & log_needs(kind)))
		kind = LOG_NONE;
	if (connection)
		declared &= ~EXCUSE(NO_TARGET); /* it has two ends */
	r->flags = (uint16_t)(r->flags | (unsigned)kind << RECORD_KIND_SHIFT);
	r->excused = (uint8_t)log_excused(kind, has, declared);
}
