/*
 * wintext.c - Windows events as text: Snare's columns, OSSEC's WinEvtLog line, WinCollect's pairs,
 * and the rendered message of an event, whose English labels stand for EventData names.
 *
 * Layouts: Snare Enterprise Agent for Windows, "Log format"; labels as the event's message template
 * prints them (Microsoft, "Security auditing" reference, per event). Messages in other languages
 * keep their text; only EventData can be read then.
 */
#include "base/stamp.h"
#include "parsers/winevent.h"

#define SNARE       STR("MSWinEventLog")
#define OSSEC       STR("WinEvtLog: ")
#define COLLECT     STR("AgentDevice=WindowsLog")
#define SNARE_CELLS 14u
#define LOOK        320u /* how far the shape's word may be */

/* ---- the rendered message ---- */

enum section { ANY, SUBJECT, TARGET, MEMBER, GROUP, PROCESS };

/* Labels without their colon. A row with a section but no name begins that section. */
static const struct label {
	struct str text;
	uint8_t section;  /* in which it counts; ANY: everywhere */
	const char *name; /* of EventData */
} labels[] = {
#define L(text, section, name)                                                                     \
	{                                                                                          \
		{text, sizeof(text) - 1}, section, name                                            \
	}
	L("Subject", SUBJECT, NULL),
	L("New Logon", TARGET, NULL),
	L("Account For Which Logon Failed", TARGET, NULL),
	L("Account Whose Credentials Were Used", TARGET, NULL),
	L("Account That Was Locked Out", TARGET, NULL),
	L("Account Information", TARGET, NULL),
	L("Target Account", TARGET, NULL),
	L("Deleted Account", TARGET, NULL),
	L("New Account", TARGET, NULL),
	L("Created Account", TARGET, NULL),
	L("Target Subject", TARGET, NULL),
	L("User", TARGET, NULL),
	L("Member", MEMBER, NULL),
	L("Group", GROUP, NULL),
	L("Process Information", PROCESS, NULL),
	L("Security ID", SUBJECT, "SubjectUserSid"),
	L("Account Name", SUBJECT, "SubjectUserName"),
	L("Account Domain", SUBJECT, "SubjectDomainName"),
	L("Logon ID", SUBJECT, "SubjectLogonId"),
	L("Security ID", TARGET, "TargetUserSid"),
	L("Account Name", TARGET, "TargetUserName"),
	L("Account Domain", TARGET, "TargetDomainName"),
	L("Supplied Realm Name", TARGET, "TargetDomainName"),
	L("Logon ID", TARGET, "TargetLogonId"),
	L("Security ID", MEMBER, "MemberSid"),
	L("Account Name", MEMBER, "MemberName"),
	L("Security ID", GROUP, "TargetSid"),
	L("Account Name", GROUP, "TargetUserName"),
	L("Group Name", GROUP, "TargetUserName"),
	L("Account Domain", GROUP, "TargetDomainName"),
	L("Group Domain", GROUP, "TargetDomainName"),
	L("User Name", SUBJECT, "SubjectUserName"),
	L("User Name", ANY, "SubjectUserName"),
	L("Domain", SUBJECT, "SubjectDomainName"),
	L("Logon Account", ANY, "TargetUserName"),
	L("Source Workstation", ANY, "Workstation"),
	L("Error Code", ANY, "Status"),
	L("Logon Type", ANY, "LogonType"),
	L("Logon Process", ANY, "LogonProcessName"),
	L("Logon GUID", ANY, "LogonGuid"),
	L("Failure Reason", ANY, "FailureReason"),
	L("Sub Status", ANY, "SubStatus"),
	L("Status", ANY, "Status"),
	L("Failure Code", ANY, "Status"),
	L("Result Code", ANY, "Status"),
	L("Workstation Name", ANY, "WorkstationName"),
	L("Caller Computer Name", ANY, "TargetDomainName"),
	L("Source Network Address", ANY, "IpAddress"),
	L("Network Address", ANY, "IpAddress"),
	L("Client Address", ANY, "IpAddress"),
	L("Client IP", ANY, "IpAddress"),
	L("Source Address", ANY, "IpAddress"),
	L("Source Port", ANY, "IpPort"),
	L("Client Port", ANY, "IpPort"),
	L("Service Name", ANY, "ServiceName"),
	L("Service File Name", ANY, "ServiceFileName"),
	L("Ticket Options", ANY, "TicketOptions"),
	L("New Process ID", ANY, "NewProcessId"),
	L("New Process Name", ANY, "NewProcessName"),
	L("Creator Process ID", ANY, "ProcessId"),
	L("Creator Process Name", ANY, "ParentProcessName"),
	L("Process Command Line", ANY, "CommandLine"),
	L("Caller Process ID", ANY, "CallerProcessId"),
	L("Caller Process Name", ANY, "CallerProcessName"),
	L("Process ID", PROCESS, "ProcessId"),
	L("Process Name", PROCESS, "ProcessName"),
	L("Object Name", ANY, "ObjectName"),
	L("Object Type", ANY, "ObjectType"),
	L("Share Name", ANY, "ShareName"),
	L("Share Path", ANY, "ShareLocalPath"),
	L("Relative Target Name", ANY, "RelativeTargetName"),
	L("Task Name", ANY, "TaskName"),
	/* Sysmon's labels are its names. */
	L("UtcTime", ANY, "UtcTime"),
	L("ProcessGuid", ANY, "ProcessGuid"),
	L("ProcessId", ANY, "ProcessId"),
	L("Image", ANY, "Image"),
	L("ImageLoaded", ANY, "ImageLoaded"),
	L("CommandLine", ANY, "CommandLine"),
	L("CurrentDirectory", ANY, "CurrentDirectory"),
	L("TargetFilename", ANY, "TargetFilename"),
	L("TargetObject", ANY, "TargetObject"),
	L("Hashes", ANY, "Hashes"),
	L("Hash", ANY, "Hash"),
	L("ParentImage", ANY, "ParentImage"),
	L("ParentCommandLine", ANY, "ParentCommandLine"),
	L("ParentProcessId", ANY, "ParentProcessId"),
	L("ParentProcessGuid", ANY, "ParentProcessGuid"),
	L("Protocol", ANY, "Protocol"),
	L("Initiated", ANY, "Initiated"),
	L("SourceIp", ANY, "SourceIp"),
	L("SourcePort", ANY, "SourcePort"),
	L("DestinationIp", ANY, "DestinationIp"),
	L("DestinationHostname", ANY, "DestinationHostname"),
	L("DestinationPort", ANY, "DestinationPort"),
	L("QueryName", ANY, "QueryName"),
	L("QueryResults", ANY, "QueryResults"),
	/* Labels that end a value and are not wanted. */
	L("Network Information", ANY, NULL),
	L("Logon Information", ANY, NULL),
	L("Detailed Authentication Information", ANY, NULL),
	L("Failure Information", ANY, NULL),
	L("Additional Information", ANY, NULL),
	L("Service Information", ANY, NULL),
	L("Authentication Package", ANY, NULL),
	L("Transited Services", ANY, NULL),
	L("Package Name (NTLM only)", ANY, NULL),
	L("Key Length", ANY, NULL),
	L("Token Elevation Type", ANY, NULL),
	L("Impersonation Level", ANY, NULL),
	L("Mandatory Label", ANY, NULL),
	L("Restricted Admin Mode", ANY, NULL),
	L("Virtual Account", ANY, NULL),
	L("Elevated Token", ANY, NULL),
	L("Linked Logon ID", ANY, NULL),
	L("Privileges", ANY, NULL),
	L("LogonGuid", ANY, NULL),
	L("LogonId", ANY, NULL),
	L("TerminalSessionId", ANY, NULL),
	L("IntegrityLevel", ANY, NULL),
	L("HashType", ANY, NULL),
	L("User Account Control", ANY, NULL),
	L("Attributes", ANY, NULL),
#undef L
};

#define LABELS (sizeof(labels) / sizeof(labels[0]))

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str
trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		str_skip(&s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The label at the front of s, with its colon; one of this section before the others. */
static const struct label *
label_at(struct str s, enum section now)
{
	const struct label *found = NULL;

	for (size_t i = 0; i < LABELS; i++) {
		struct str text = labels[i].text;

		if (text.p[0] != s.p[0] || s.n <= text.n || s.p[text.n] != ':' ||
			!str_starts(s, text))
			continue;
		/* "User: EXAMPLE\x" of Sysmon is a value, "User:" alone opens a section. */
		if (labels[i].section == now || labels[i].section == ANY || !labels[i].name)
			return &labels[i];
		found = &labels[i];
	}
	return found;
}

/* A value ends with its line; where lines were joined, at two blanks or a sentence of help. */
static struct str
value_of(struct str s)
{
	static const struct str ends[] = {{"\r", 1}, {"\n", 1}, {"  ", 2}, {"\t", 1},
		{" This event is ", 15}, {" The subject fields ", 20}, {"#015", 4}, {"#012", 4}};

	/* Not beyond its line: "User Name: " with nothing behind it is empty. */
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		str_skip(&s, 1);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		ptrdiff_t at = str_find(s, ends[i]);

		if (at >= 0)
			s.n = (size_t)at;
	}
	return trim(s);
}

static void
take(struct win *e, const struct label *label, enum section now, struct str value)
{
	value = value_of(value);
	if (!label || !label->name || value.n == 0 || str_eq(value, STR("-")))
		return;
	if (label->section != ANY && label->section != now)
		return;
	if (e->data[win_data_find(str_of(label->name))].n == 0)
		win_take_text(e, str_of(label->name), value);
}

void
win_text_data(struct win *e, struct str s)
{
	const struct label *open = NULL;
	enum section now = ANY, opened = ANY;
	size_t from = 0;
	bool word = true;

	for (size_t i = 0; i < s.n; i++) {
		struct str rest = str_make(s.p + i, s.n - i);
		const struct label *label =
			word && rest.p[0] >= 'A' && rest.p[0] <= 'Z' ? label_at(rest, now) : NULL;

		word = is_space(s.p[i]) || (i > 0 && s.p[i] >= '0' && s.p[i] <= '9');
		if (!label)
			continue;
		take(e, open, opened, str_make(s.p + from, i - from));
		if (!label->name && label->section != ANY)
			now = (enum section)label->section;
		open = label;
		opened = now;
		i += label->text.n;
		from = i + 1;
		word = true;
	}
	take(e, open, opened, str_make(s.p + from, s.n - from));
}

/* ---- the two lines ---- */

static ptrdiff_t
find_word(struct str s, struct str word)
{
	return str_find(str_make(s.p, s.n < LOOK ? s.n : LOOK), word);
}

bool
win_text_begins(struct str s)
{
	return find_word(s, SNARE) >= 0 || find_word(s, OSSEC) >= 0 || find_word(s, COLLECT) >= 0;
}

static void
head(struct win *e, enum win_head which, struct str text)
{
	text = trim(text);
	if (text.n > 0 && !str_eq(text, STR("N/A")) && !str_eq(text, STR("(no user)")) &&
		!str_eq(text, STR("no domain")))
		e->head[which] = text;
}

/* "WinEvtLog: CHANNEL: AUDIT_SUCCESS(4624): PROVIDER: USER: DOMAIN: COMPUTER: message" */
static bool
read_ossec(struct win *e, struct str s)
{
	struct str part[7], id;

	for (size_t i = 0; i < 6; i++)
		if (!str_cut_at(&s, STR(": "), &part[i]))
			return false;
	head(e, HEAD_CHANNEL, part[0]);
	head(e, HEAD_PROVIDER, part[2]);
	head(e, HEAD_USER, part[3]);
	head(e, HEAD_DOMAIN, part[4]);
	head(e, HEAD_COMPUTER, part[5]);
	head(e, HEAD_MESSAGE, s);
	e->success = str_starts(part[1], STR("AUDIT_SUCCESS"));
	e->failure = str_starts(part[1], STR("AUDIT_FAILURE"));
	if (!str_cut(&part[1], '(', &id))
		return false;
	str_cut(&part[1], ')', &id);
	head(e, HEAD_EVENT_ID, id);
	return id.n > 0 && is_digit(id.p[0]);
}

/* How the tabs between cells arrived: themselves, or as a relay wrote them. */
static struct str
tab_at(struct str s)
{
	static const struct str tabs[] = {{"\t", 1}, {"#011", 4}, {"<009>", 5}, {"\\t", 2}};

	for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
		if (str_starts(s, tabs[i]))
			return tabs[i];
	return STR("");
}

/* "MSWinEventLog, criticality, channel, counter, time, id, provider, user, SID type, audit,
 * computer, category, data, expanded message, counter", between tabs as they arrived. */
static bool
read_snare(struct win *e, struct str s)
{
	struct str part[SNARE_CELLS] = {0}, tab = tab_at(s), name;
	size_t n = 0;

	if (tab.n == 0)
		return false;
	str_skip(&s, tab.n);
	while (n < SNARE_CELLS && s.n > 0)
		str_cut_at(&s, tab, &part[n++]);
	if (n < 10 || part[4].n == 0 || !is_digit(part[4].p[0]))
		return false;
	head(e, HEAD_CHANNEL, part[1]);
	head(e, HEAD_LOCAL, part[3]);
	head(e, HEAD_EVENT_ID, part[4]);
	head(e, HEAD_PROVIDER, part[5]);
	head(e, HEAD_COMPUTER, part[9]);
	name = part[6];
	if (str_chr(name, '\\') > 0) {
		struct str domain;

		str_cut(&name, '\\', &domain);
		head(e, HEAD_DOMAIN, domain);
	}
	head(e, HEAD_USER, name);
	e->success = str_eq(part[8], STR("Success Audit"));
	e->failure = str_eq(part[8], STR("Failure Audit"));
	head(e, HEAD_MESSAGE, part[12].n ? part[12] : part[11]);
	return true;
}

/* "AgentDevice=WindowsLog", then pairs between tabs, Message at the end (IBM, "WinCollect"). */
static bool
read_collect(struct win *e, struct str s)
{
	static const struct {
		struct str name;
		uint8_t head;
	} heads[] = {{{"AgentLogFile", 12}, HEAD_CHANNEL}, {{"Source", 6}, HEAD_PROVIDER},
		{{"Computer", 8}, HEAD_COMPUTER}, {{"User", 4}, HEAD_USER},
		{{"Domain", 6}, HEAD_DOMAIN}, {{"EventID", 7}, HEAD_EVENT_ID},
		{{"EventIDCode", 11}, HEAD_EVENT_ID}, {{"Message", 7}, HEAD_MESSAGE}};
	struct str tab = tab_at(s), pair, name, epoch = STR("");
	int64_t ns;

	if (tab.n == 0)
		return false;
	str_skip(&s, tab.n);
	while (s.n > 0) {
		if (str_starts(s, STR("Message="))) { /* may hold tabs */
			pair = s;
			s.n = 0;
		} else {
			str_cut_at(&s, tab, &pair);
		}
		if (!str_cut(&pair, '=', &name))
			continue;
		for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
			if (str_eq(name, heads[i].name))
				head(e, (enum win_head)heads[i].head, pair);
		if (str_eq(name, STR("TimeGenerated")))
			epoch = pair;
		if (str_eq(name, STR("OriginatingComputer")))
			rec_put_ip(e->w, FIELD_HOST_IP, pair);
		if (str_eq(name, STR("EventType"))) { /* EVENTLOG_AUDIT_SUCCESS, _FAILURE */
			e->success = str_eq(pair, STR("8"));
			e->failure = str_eq(pair, STR("16"));
		}
	}
	if (epoch.n >= 10 && stamp_take_epoch(&epoch, &ns))
		parse_time(e->ctx, e->w, ns);
	return e->head[HEAD_EVENT_ID].n > 0;
}

bool
win_text_read(struct win *e, struct str s)
{
	const struct {
		struct str word;
		bool (*read)(struct win *, struct str);
	} lines[] = {{SNARE, read_snare}, {OSSEC, read_ossec}, {COLLECT, read_collect}};
	bool read = false;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && !read; i++) {
		ptrdiff_t at = find_word(s, lines[i].word);

		if (at >= 0)
			read = lines[i].read(e, str_make(s.p + (size_t)at + lines[i].word.n,
							s.n - (size_t)at - lines[i].word.n));
	}
	/* The header's tag was the word. */
	if (!read && !(str_eq(e->ctx->program, STR("WinEvtLog")) && read_ossec(e, s)))
		return false;
	rec_put(e->w, FIELD_WINLOG_EVENT_ID, e->head[HEAD_EVENT_ID]);
	if (e->head[HEAD_CHANNEL].n)
		rec_put(e->w, FIELD_WINLOG_CHANNEL, e->head[HEAD_CHANNEL]);
	if (e->head[HEAD_PROVIDER].n)
		rec_put(e->w, FIELD_WINLOG_PROVIDER_NAME, e->head[HEAD_PROVIDER]);
	if (e->head[HEAD_COMPUTER].n)
		rec_put(e->w, FIELD_WINLOG_COMPUTER_NAME, e->head[HEAD_COMPUTER]);
	win_text_data(e, e->head[HEAD_MESSAGE]);
	return true;
}
