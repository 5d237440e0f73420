/* winmap.c - EventData to ECS: accounts, processes, files, registry, network. */
#include "parsers/put.h"
#include "parsers/winevent.h"

/* ---- putting once: what the shipper already said in ECS is not said again ---- */

static bool
fresh(struct win *e, unsigned field)
{
	uint64_t *word = &e->seen[field / 64], bit = UINT64_C(1) << (field % 64);

	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

static bool
blank(struct str v)
{
	return v.n == 0 || (v.n == 1 && *v.p == '-');
}

static void
text(struct win *e, unsigned field, struct str v)
{
	if (!blank(v) && fresh(e, field))
		rec_put(e->w, field, v);
}

static void
number(struct win *e, unsigned field, struct str v)
{
	if (!blank(v) && fresh(e, field))
		put_integer(e->w, field, v);
}

static void
address(struct win *e, unsigned field, struct str v)
{
	if (!blank(v) && (e->seen[field / 64] >> (field % 64) & 1) == 0 &&
		rec_put_ip(e->w, field, v))
		fresh(e, field);
}

static void
port(struct win *e, unsigned field, struct str v)
{
	if (!blank(v) && !str_eq(v, STR("0")) && fresh(e, field))
		parse_put_port(e->w, field, v);
}

static void
image(struct win *e, unsigned path_field, unsigned name_field, struct str v)
{
	if (blank(v))
		return;
	text(e, path_field, v);
	text(e, name_field, path_name(v));
}

/* "DOMAIN\user" or "user@realm"; Kerberos writes the second. */
static void
account(struct win *e, unsigned name, unsigned domain, struct str v)
{
	ptrdiff_t slash = blank(v) ? -1 : str_chr(v, '\\');

	if (slash >= 0) {
		text(e, domain, str_make(v.p, (size_t)slash));
		str_skip(&v, (size_t)slash + 1);
	}
	text(e, name, v);
}

static struct str
data(const struct win *e, enum win_data d)
{
	return e->data[d];
}

static struct str
first(struct str a, struct str b)
{
	return blank(a) ? b : a;
}

/* ---- plain rows: a name of EventData, a field ---- */

enum how { TEXT, NUMBER, IP, PORT, LOWER };

struct map_row {
	uint8_t data, how;
	uint16_t field;
};

static const struct map_row common[] = {
	{DATA_CommandLine, TEXT, FIELD_PROCESS_COMMAND_LINE},
	{DATA_CurrentDirectory, TEXT, FIELD_PROCESS_WORKING_DIRECTORY},
	{DATA_ProcessGuid, TEXT, FIELD_PROCESS_ENTITY_ID},
	{DATA_SourceProcessGuid, TEXT, FIELD_PROCESS_ENTITY_ID},
	{DATA_SourceProcessGUID, TEXT, FIELD_PROCESS_ENTITY_ID},
	{DATA_ParentProcessGuid, TEXT, FIELD_PROCESS_PARENT_ENTITY_ID},
	{DATA_ParentCommandLine, TEXT, FIELD_PROCESS_PARENT_COMMAND_LINE},
	{DATA_ParentProcessId, NUMBER, FIELD_PROCESS_PARENT_PID},
	{DATA_SourceThreadId, NUMBER, FIELD_PROCESS_THREAD_ID},
	{DATA_SourceIp, IP, FIELD_SOURCE_IP},
	{DATA_SourceAddress, IP, FIELD_SOURCE_IP},
	{DATA_IpAddress, IP, FIELD_SOURCE_IP},
	{DATA_ClientAddress, IP, FIELD_SOURCE_IP},
	{DATA_CallingStationID, IP, FIELD_SOURCE_IP},
	{DATA_NASIPv4Address, IP, FIELD_DESTINATION_IP},
	{DATA_ThreatName, TEXT, FIELD_THREAT_INDICATOR_NAME},
	{DATA_SourcePort, PORT, FIELD_SOURCE_PORT},
	{DATA_IpPort, PORT, FIELD_SOURCE_PORT},
	{DATA_SourceHostname, TEXT, FIELD_SOURCE_DOMAIN},
	{DATA_WorkstationName, TEXT, FIELD_SOURCE_DOMAIN},
	{DATA_Workstation, TEXT, FIELD_SOURCE_DOMAIN},
	{DATA_ClientName, TEXT, FIELD_SOURCE_DOMAIN},
	{DATA_DestinationIp, IP, FIELD_DESTINATION_IP},
	{DATA_DestAddress, IP, FIELD_DESTINATION_IP},
	{DATA_DestinationPort, PORT, FIELD_DESTINATION_PORT},
	{DATA_DestPort, PORT, FIELD_DESTINATION_PORT},
	{DATA_DestinationHostname, TEXT, FIELD_DESTINATION_DOMAIN},
	{DATA_LogonType, TEXT, FIELD_WINLOG_LOGON_TYPE},
	{DATA_ServiceName, TEXT, FIELD_SERVICE_NAME},
	{DATA_ServiceType, TEXT, FIELD_SERVICE_TYPE},
	{DATA_QueryName, LOWER, FIELD_DNS_QUESTION_NAME},
	{DATA_QueryStatus, TEXT, FIELD_DNS_RESPONSE_CODE},
	{DATA_RuleName, TEXT, FIELD_RULE_NAME},
	{DATA_FailureReason, TEXT, FIELD_EVENT_REASON},
	{DATA_Details, TEXT, FIELD_REGISTRY_DATA_STRINGS},
};

static void
put_rows(struct win *e)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		const struct map_row *row = &common[i];
		struct str v = e->data[row->data];

		if (v.n == 0)
			continue;
		switch ((enum how)row->how) {
		case NUMBER:
			number(e, row->field, v);
			break;
		case IP:
			address(e, row->field, v);
			break;
		case PORT:
			port(e, row->field, v);
			break;
		case LOWER:
			if (!blank(v) && fresh(e, row->field))
				put_lower(e->w, row->field, v);
			break;
		default:
			text(e, row->field, v);
			break;
		}
	}
}

/* ---- hashes: "SHA1=..,MD5=..,SHA256=..,IMPHASH=.." ---- */

struct hash_fields {
	uint16_t md5, sha1, sha256, imphash;
};

static const struct hash_fields of_process = {FIELD_PROCESS_HASH_MD5, FIELD_PROCESS_HASH_SHA1,
	FIELD_PROCESS_HASH_SHA256, FIELD_PROCESS_PE_IMPHASH};
static const struct hash_fields of_file = {
	FIELD_FILE_HASH_MD5, FIELD_FILE_HASH_SHA1, FIELD_FILE_HASH_SHA256, FIELD_FILE_PE_IMPHASH};

static void
put_hashes(struct win *e, struct str list, const struct hash_fields *to)
{
	struct str one, kind;

	while (list.n) {
		str_cut(&list, ',', &one);
		if (!str_cut(&one, '=', &kind))
			continue;
		if (str_eq(kind, STR("MD5")))
			text(e, to->md5, one);
		else if (str_eq(kind, STR("SHA1")))
			text(e, to->sha1, one);
		else if (str_eq(kind, STR("SHA256")))
			text(e, to->sha256, one);
		else if (str_eq(kind, STR("IMPHASH")))
			text(e, to->imphash, one);
	}
}

/* ---- objects ---- */

static void
put_file_once(struct win *e, struct str path)
{
	if (!blank(path) && fresh(e, FIELD_FILE_PATH)) {
		put_file(e->w, path);
		fresh(e, FIELD_FILE_NAME);
		fresh(e, FIELD_FILE_DIRECTORY);
		fresh(e, FIELD_FILE_EXTENSION);
	}
}

/* "HKLM\Software\...\Run\name": hive, key below it, value (if the event is about a value). */
static void
put_registry(struct win *e, struct str path, bool has_value)
{
	struct str key = path, hive, value;

	if (blank(path))
		return;
	text(e, FIELD_REGISTRY_PATH, path);
	if (key.n && *key.p == '\\')
		str_skip(&key, 1);
	if (!str_cut(&key, '\\', &hive))
		return;
	text(e, FIELD_REGISTRY_HIVE, hive);
	if (has_value) {
		value = path_name(key);
		if (value.n < key.n) {
			text(e, FIELD_REGISTRY_VALUE, value);
			key.n -= value.n + 1;
		}
	}
	text(e, FIELD_REGISTRY_KEY, key);
}

static void
put_module(struct win *e)
{
	struct str path = data(e, DATA_ImageLoaded);

	if (blank(path))
		return;
	text(e, FIELD_DLL_PATH, path);
	text(e, FIELD_DLL_NAME, path_name(path));
	put_file_once(e, path);
}

static void
put_versions(struct win *e, bool file)
{
	text(e, file ? FIELD_FILE_PE_ORIGINAL_FILE_NAME : FIELD_PROCESS_PE_ORIGINAL_FILE_NAME,
		data(e, DATA_OriginalFileName));
	text(e, file ? FIELD_FILE_PE_COMPANY : FIELD_PROCESS_PE_COMPANY, data(e, DATA_Company));
	text(e, file ? FIELD_FILE_PE_DESCRIPTION : FIELD_PROCESS_PE_DESCRIPTION,
		data(e, DATA_Description));
	text(e, file ? FIELD_FILE_PE_PRODUCT : FIELD_PROCESS_PE_PRODUCT, data(e, DATA_Product));
	text(e, file ? FIELD_FILE_PE_FILE_VERSION : FIELD_PROCESS_PE_FILE_VERSION,
		data(e, DATA_FileVersion));
	text(e, FIELD_FILE_SIGNATURE_SUBJECT, data(e, DATA_Signature));
	text(e, FIELD_FILE_SIGNATURE_STATUS, data(e, DATA_SignatureStatus));
}

/* "type:  5 a.example;::ffff:192.0.2.1;" */
static void
put_answers(struct win *e)
{
	struct str list = data(e, DATA_QueryResults), one;

	while (list.n) {
		str_cut(&list, ';', &one);
		one = str_trim(one);
		if (blank(one))
			continue;
		if (!rec_put_ip(e->w, FIELD_DNS_RESOLVED_IP, one) && !str_starts(one, STR("type:")))
			rec_put(e->w, FIELD_DNS_ANSWERS_DATA, one);
	}
}

static void
put_transport(struct win *e)
{
	struct str protocol = data(e, DATA_Protocol), way = data(e, DATA_Direction);

	if (!blank(protocol) && fresh(e, FIELD_NETWORK_TRANSPORT))
		put_protocol(e->w, protocol);
	if (str_eq(way, STR("%%14592")))
		text(e, FIELD_NETWORK_DIRECTION, STR("inbound"));
	else if (str_eq(way, STR("%%14593")))
		text(e, FIELD_NETWORK_DIRECTION, STR("outbound"));
	else if (e->source == WIN_SYSMON && str_eq(data(e, DATA_Initiated), STR("true")))
		text(e, FIELD_NETWORK_DIRECTION, STR("egress"));
	else if (e->source == WIN_SYSMON && str_eq(data(e, DATA_Initiated), STR("false")))
		text(e, FIELD_NETWORK_DIRECTION, STR("ingress"));
}

/* ---- Sysmon ---- */

static void
map_sysmon(struct win *e)
{
	bool file = e->event && e->event->flags & FILE_HASH;
	unsigned id = e->event ? e->event->id : 0;

	image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		first(data(e, DATA_Image), data(e, DATA_SourceImage)));
	image(e, FIELD_PROCESS_PARENT_EXECUTABLE, FIELD_PROCESS_PARENT_NAME,
		data(e, DATA_ParentImage));
	number(e, FIELD_PROCESS_PID, first(data(e, DATA_ProcessId), data(e, DATA_SourceProcessId)));
	account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		first(data(e, DATA_User), data(e, DATA_SourceUser)));
	text(e, FIELD_WINLOG_LOGON_ID, data(e, DATA_LogonId));
	put_hashes(
		e, first(data(e, DATA_Hashes), data(e, DATA_Hash)), file ? &of_file : &of_process);
	put_versions(e, file);
	put_module(e);
	put_file_once(e, data(e, DATA_TargetFilename));
	put_registry(e, data(e, DATA_TargetObject), id == 13 || id == 14);
	put_answers(e);
	put_transport(e);
	if (id == 17 || id == 18)
		text(e, FIELD_FILE_NAME, data(e, DATA_PipeName));
	if (id == 9)
		text(e, FIELD_FILE_PATH, data(e, DATA_Device));
	if (id == 12) {
		bool gone = str_starts(data(e, DATA_EventType), STR("Delete"));

		e->w->cur->logsource =
			gone ? LOGSOURCE_SYSMON_REGISTRY_DELETE : LOGSOURCE_SYSMON_REGISTRY_ADD;
	}
}

/* ---- the Security log ---- */

static void
map_target(struct win *e, unsigned flags)
{
	struct str name = data(e, DATA_TargetUserName), domain = data(e, DATA_TargetDomainName);
	struct str sid = first(data(e, DATA_TargetUserSid), data(e, DATA_TargetSid));

	if (flags & TARGET_IS_GROUP) {
		text(e, FIELD_GROUP_NAME, name);
		text(e, FIELD_GROUP_DOMAIN, domain);
		text(e, FIELD_GROUP_ID, sid);
		text(e, FIELD_USER_TARGET_NAME, data(e, DATA_MemberName));
		text(e, FIELD_USER_TARGET_ID, data(e, DATA_MemberSid));
		return;
	}
	if (!(flags & TARGET_IS_OBJECT))
		return;
	text(e, FIELD_USER_TARGET_NAME, first(name, data(e, DATA_OldTargetUserName)));
	text(e, FIELD_USER_TARGET_DOMAIN, domain);
	text(e, FIELD_USER_TARGET_ID, sid);
	text(e, FIELD_USER_CHANGES_NAME, data(e, DATA_NewTargetUserName));
}

/* Who acted: for logons the target, else the subject. */
static void
map_actor(struct win *e, unsigned flags)
{
	struct str name = data(e, DATA_SubjectUserName), domain = data(e, DATA_SubjectDomainName),
		   sid = data(e, DATA_SubjectUserSid), logon = data(e, DATA_SubjectLogonId);

	if (flags & TARGET_IS_USER && !blank(data(e, DATA_TargetUserName))) {
		struct str target = data(e, DATA_TargetUserName);
		struct str realm = target, user;

		/* A Kerberos service ticket names "user@REALM". */
		if (!blank(target) && str_cut(&realm, '@', &user) && user.n && realm.n)
			target = user;
		else
			realm = data(e, DATA_TargetDomainName);
		text(e, FIELD_USER_NAME, target);
		text(e, FIELD_USER_DOMAIN, first(data(e, DATA_TargetDomainName), realm));
		text(e, FIELD_USER_ID, first(data(e, DATA_TargetUserSid), data(e, DATA_TargetSid)));
		text(e, FIELD_WINLOG_LOGON_ID, data(e, DATA_TargetLogonId));
		if (!blank(name) && !blank(target) && !str_eq(name, target))
			text(e, FIELD_USER_EFFECTIVE_NAME, target);
		return;
	}
	if (blank(name) && e->source == WIN_SECURITY) { /* sessions: 4778, 4779 */
		name = data(e, DATA_AccountName);
		domain = data(e, DATA_AccountDomain);
	} else if (blank(name) && !(e->event && e->event->id == 7045)) {
		/* An installed service's account is not who installed it. */
		name = e->head[HEAD_USER];
		domain = e->head[HEAD_DOMAIN];
	}
	account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN, name);
	text(e, FIELD_USER_DOMAIN, domain);
	text(e, FIELD_USER_ID, sid);
	text(e, FIELD_WINLOG_LOGON_ID, first(logon, data(e, DATA_LogonID)));
}

static void
map_process(struct win *e)
{
	struct str created = data(e, DATA_NewProcessName);

	if (!blank(created)) { /* 4688: ProcessId is the parent's */
		image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME, created);
		number(e, FIELD_PROCESS_PID, data(e, DATA_NewProcessId));
		number(e, FIELD_PROCESS_PARENT_PID, data(e, DATA_ProcessId));
		image(e, FIELD_PROCESS_PARENT_EXECUTABLE, FIELD_PROCESS_PARENT_NAME,
			data(e, DATA_ParentProcessName));
		return;
	}
	image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		first(first(data(e, DATA_ProcessName), data(e, DATA_CallerProcessName)),
			data(e, DATA_Application)));
	number(e, FIELD_PROCESS_PID,
		first(first(data(e, DATA_ProcessId), data(e, DATA_CallerProcessId)),
			blank(data(e, DATA_Application)) ? STR("") : data(e, DATA_ProcessID)));
	if (e->event && e->event->id == 4689)
		number(e, FIELD_PROCESS_EXIT_CODE, data(e, DATA_Status));
}

static void
map_object(struct win *e)
{
	struct str type = data(e, DATA_ObjectType), name = data(e, DATA_ObjectName);

	if (str_eq(type, STR("File")))
		put_file_once(e, name);
	else if (str_eq(type, STR("Process")))
		text(e, FIELD_FILE_PATH, name);
	else if (str_eq(type, STR("Key")) || !blank(data(e, DATA_Operation)))
		put_registry(e, str_find(name, STR("REGISTRY")) >= 0 ? name : STR(""), false);
	if (e->event && (e->event->id == 5140 || e->event->id == 5145))
		put_file_once(
			e, first(data(e, DATA_RelativeTargetName), data(e, DATA_ShareLocalPath)));
}

static void
map_security(struct win *e)
{
	unsigned flags = e->event ? e->event->flags : 0;

	map_actor(e, flags);
	map_target(e, flags);
	map_process(e);
	map_object(e);
	put_transport(e);
	text(e, FIELD_DESTINATION_DOMAIN, data(e, DATA_TargetServerName));
	if (!blank(data(e, DATA_IpAddress)))
		e->w->cur->flags |= flags & ADDRESS_OF_USER ? RECORD_BINDS : RECORD_REFERS;
}

/* "Host Application = C:\\...\\powershell.exe -File x" among the lines of a context. */
static struct str
host_application(const struct win *e)
{
	static const char *const keys[] = {"Host Application = ", "HostApplication="};
	const struct str texts[] = {
		data(e, DATA_ContextInfo), data(e, DATA_param3), data(e, DATA_param2)};

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 2; k++) {
			struct str s = texts[i], line;
			ptrdiff_t at = str_find(s, str_of(keys[k]));

			if (at < 0)
				continue;
			str_skip(&s, (size_t)at + strlen(keys[k]));
			str_cut(&s, '\n', &line);
			if (line.n && line.p[line.n - 1] == '\r')
				line.n--;
			return line;
		}
	return data(e, DATA_HostApplication);
}

static void
map_powershell(struct win *e)
{
	text(e, FIELD_PROCESS_COMMAND_LINE, host_application(e));
	put_file_once(e, first(data(e, DATA_Path), data(e, DATA_ScriptName)));
	account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		first(data(e, DATA_User), e->head[HEAD_USER]));
	text(e, FIELD_USER_DOMAIN, e->head[HEAD_DOMAIN]);
}

static void
map_defender(struct win *e)
{
	account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		first(data(e, DATA_DetectionUser), data(e, DATA_User)));
	image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		first(data(e, DATA_DefenderProcess), data(e, DATA_ProcessName)));
	/* "file:_C:\\x.exe; file:_D:\\y.exe" */
	if (!blank(data(e, DATA_Path))) {
		struct str list = data(e, DATA_Path), path;

		str_cut(&list, ';', &path);
		str_take(&path, STR("file:_"));
		put_file_once(e, path);
	}
}

static void
map_other(struct win *e)
{
	map_actor(e, 0);
	image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		first(data(e, DATA_Image), data(e, DATA_ProcessName)));
	/* 7036 and 7040 number their parameters. */
	if (e->source == WIN_SYSTEM && e->event && blank(data(e, DATA_ServiceName)))
		text(e, FIELD_SERVICE_NAME, data(e, DATA_param1));
}

/* ---- what it was ---- */

static const char *
outcome(const struct win *e)
{
	struct str status = data(e, DATA_Status);

	if (e->event && e->event->outcome)
		return e->event->outcome;
	if (e->event && e->event->flags & OUTCOME_BY_STATUS && !blank(status))
		return str_eq(status, STR("0x0")) || str_eq(status, STR("0")) ||
				       str_eq(status, STR("0x00000000"))
			       ? "success"
			       : "failure";
	return e->success ? "success" : e->failure ? "failure" : NULL;
}

static void
put_meaning(struct win *e)
{
	static const enum logsource by_source[] = {[WIN_OTHER] = LOGSOURCE_WIN_OTHER,
		[WIN_SYSMON] = LOGSOURCE_SYSMON,
		[WIN_SECURITY] = LOGSOURCE_WIN_SECURITY,
		[WIN_SYSTEM] = LOGSOURCE_WIN_SYSTEM,
		[WIN_APPLICATION] = LOGSOURCE_WIN_APPLICATION,
		[WIN_POWERSHELL] = LOGSOURCE_WIN_POWERSHELL,
		[WIN_POWERSHELL_CLASSIC] = LOGSOURCE_WIN_POWERSHELL_CLASSIC,
		[WIN_DEFENDER] = LOGSOURCE_WIN_DEFENDER};
	struct event_words words = {.outcome = outcome(e)};

	e->w->cur->logsource =
		(uint16_t)(e->source == WIN_OTHER ? win_channel_logsource(e->head[HEAD_CHANNEL])
						  : by_source[e->source]);
	if (e->event) {
		words.category = e->event->category;
		words.type = e->event->type;
		words.action = e->event->action;
		e->w->cur->logsource = (uint16_t)e->event->logsource;
	}
	parse_event(e->w, &words);
	if (!words.action && e->head[HEAD_ACTION].n)
		rec_put(e->w, FIELD_EVENT_ACTION, e->head[HEAD_ACTION]);
}

void
win_map(struct win *e)
{
	put_meaning(e);
	if (!blank(data(e, DATA_IisMethod)))
		win_map_iis(e);
	switch (e->source) {
	case WIN_SYSMON:
		map_sysmon(e);
		break;
	case WIN_SECURITY:
		map_security(e);
		break;
	case WIN_POWERSHELL:
	case WIN_POWERSHELL_CLASSIC:
		map_powershell(e);
		break;
	case WIN_DEFENDER:
		map_defender(e);
		break;
	default:
		map_other(e);
		break;
	}
	put_rows(e);
}
