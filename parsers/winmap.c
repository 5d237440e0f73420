/* winmap.c - EventData to ECS: accounts, processes, files, registry, network. */
#include "parsers/put.h"
#include "parsers/winput.h"

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
			win_put_number(e, row->field, v);
			break;
		case IP:
			win_put_address(e, row->field, v);
			break;
		case PORT:
			win_put_port(e, row->field, v);
			break;
		case LOWER:
			if (!win_blank(v) && win_fresh(e, row->field))
				put_lower(e->w, row->field, v);
			break;
		default:
			win_put(e, row->field, v);
			break;
		}
	}
}

/* ---- objects ---- */

/* "HKLM\Software\...\Run\name": hive, key below it, value (if the event is about a value). */
static void
put_registry(struct win *e, struct str path, bool has_value)
{
	struct str key = path, hive, value;

	if (win_blank(path))
		return;
	win_put(e, FIELD_REGISTRY_PATH, path);
	if (key.n && *key.p == '\\')
		str_skip(&key, 1);
	if (!str_cut(&key, '\\', &hive))
		return;
	win_put(e, FIELD_REGISTRY_HIVE, hive);
	if (has_value) {
		value = path_name(key);
		if (value.n < key.n) {
			win_put(e, FIELD_REGISTRY_VALUE, value);
			key.n -= value.n + 1;
		}
	}
	win_put(e, FIELD_REGISTRY_KEY, key);
}

static void
put_module(struct win *e)
{
	struct str path = win_value(e, DATA_ImageLoaded);

	if (win_blank(path))
		return;
	win_put(e, FIELD_DLL_PATH, path);
	win_put(e, FIELD_DLL_NAME, path_name(path));
	win_put_file(e, path);
}

static void
put_versions(struct win *e, bool file)
{
	win_put(e, file ? FIELD_FILE_PE_ORIGINAL_FILE_NAME : FIELD_PROCESS_PE_ORIGINAL_FILE_NAME,
		win_value(e, DATA_OriginalFileName));
	win_put(e, file ? FIELD_FILE_PE_COMPANY : FIELD_PROCESS_PE_COMPANY,
		win_value(e, DATA_Company));
	win_put(e, file ? FIELD_FILE_PE_DESCRIPTION : FIELD_PROCESS_PE_DESCRIPTION,
		win_value(e, DATA_Description));
	win_put(e, file ? FIELD_FILE_PE_PRODUCT : FIELD_PROCESS_PE_PRODUCT,
		win_value(e, DATA_Product));
	win_put(e, file ? FIELD_FILE_PE_FILE_VERSION : FIELD_PROCESS_PE_FILE_VERSION,
		win_value(e, DATA_FileVersion));
	win_put(e, FIELD_FILE_SIGNATURE_SUBJECT, win_value(e, DATA_Signature));
	win_put(e, FIELD_FILE_SIGNATURE_STATUS, win_value(e, DATA_SignatureStatus));
}

/* "type:  5 a.example;::ffff:192.0.2.1;" */
static void
put_answers(struct win *e)
{
	struct str list = win_value(e, DATA_QueryResults), one;

	while (list.n) {
		str_cut(&list, ';', &one);
		one = str_trim(one);
		if (win_blank(one))
			continue;
		if (!rec_put_ip(e->w, FIELD_DNS_RESOLVED_IP, one) && !str_starts(one, STR("type:")))
			rec_put(e->w, FIELD_DNS_ANSWERS_DATA, one);
	}
}

static void
put_transport(struct win *e)
{
	struct str protocol = win_value(e, DATA_Protocol), way = win_value(e, DATA_Direction);

	if (!win_blank(protocol) && win_fresh(e, FIELD_NETWORK_TRANSPORT))
		put_protocol(e->w, protocol);
	if (str_eq(way, STR("%%14592")))
		win_put(e, FIELD_NETWORK_DIRECTION, STR("inbound"));
	else if (str_eq(way, STR("%%14593")))
		win_put(e, FIELD_NETWORK_DIRECTION, STR("outbound"));
	else if (e->source == WIN_SYSMON && str_eq(win_value(e, DATA_Initiated), STR("true")))
		win_put(e, FIELD_NETWORK_DIRECTION, STR("egress"));
	else if (e->source == WIN_SYSMON && str_eq(win_value(e, DATA_Initiated), STR("false")))
		win_put(e, FIELD_NETWORK_DIRECTION, STR("ingress"));
}

/* ---- Sysmon ---- */

static void
map_sysmon(struct win *e)
{
	bool file = e->event && e->event->flags & FILE_HASH;
	unsigned id = e->event ? e->event->id : 0;

	win_put_image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		win_first(win_value(e, DATA_Image), win_value(e, DATA_SourceImage)));
	win_put_image(e, FIELD_PROCESS_PARENT_EXECUTABLE, FIELD_PROCESS_PARENT_NAME,
		win_value(e, DATA_ParentImage));
	win_put_number(e, FIELD_PROCESS_PID,
		win_first(win_value(e, DATA_ProcessId), win_value(e, DATA_SourceProcessId)));
	win_put_account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		win_first(win_value(e, DATA_User), win_value(e, DATA_SourceUser)));
	win_put(e, FIELD_WINLOG_LOGON_ID, win_value(e, DATA_LogonId));
	win_put_hashes(e, win_first(win_value(e, DATA_Hashes), win_value(e, DATA_Hash)),
		file ? &win_of_file : &win_of_process);
	put_versions(e, file);
	put_module(e);
	win_put_file(e, win_value(e, DATA_TargetFilename));
	put_registry(e, win_value(e, DATA_TargetObject), id == 13 || id == 14);
	put_answers(e);
	put_transport(e);
	if (id == 17 || id == 18)
		win_put(e, FIELD_FILE_NAME, win_value(e, DATA_PipeName));
	if (id == 9)
		win_put(e, FIELD_FILE_PATH, win_value(e, DATA_Device));
	if (id == 12) {
		bool gone = str_starts(win_value(e, DATA_EventType), STR("Delete"));

		e->w->cur->logsource =
			gone ? LOGSOURCE_SYSMON_REGISTRY_DELETE : LOGSOURCE_SYSMON_REGISTRY_ADD;
	}
}

/* ---- the Security log ---- */

static void
map_target(struct win *e, unsigned flags)
{
	struct str name = win_value(e, DATA_TargetUserName),
		   domain = win_value(e, DATA_TargetDomainName);
	struct str sid = win_first(win_value(e, DATA_TargetUserSid), win_value(e, DATA_TargetSid));

	if (flags & TARGET_IS_GROUP) {
		win_put(e, FIELD_GROUP_NAME, name);
		win_put(e, FIELD_GROUP_DOMAIN, domain);
		win_put(e, FIELD_GROUP_ID, sid);
		win_put(e, FIELD_USER_TARGET_NAME, win_value(e, DATA_MemberName));
		win_put(e, FIELD_USER_TARGET_ID, win_value(e, DATA_MemberSid));
		return;
	}
	if (!(flags & TARGET_IS_OBJECT))
		return;
	win_put(e, FIELD_USER_TARGET_NAME, win_first(name, win_value(e, DATA_OldTargetUserName)));
	win_put(e, FIELD_USER_TARGET_DOMAIN, domain);
	win_put(e, FIELD_USER_TARGET_ID, sid);
	win_put(e, FIELD_USER_CHANGES_NAME, win_value(e, DATA_NewTargetUserName));
}

/* Who acted: for logons the target, else the subject. */
static void
map_actor(struct win *e, unsigned flags)
{
	struct str name = win_value(e, DATA_SubjectUserName),
		   domain = win_value(e, DATA_SubjectDomainName),
		   sid = win_value(e, DATA_SubjectUserSid),
		   logon = win_value(e, DATA_SubjectLogonId);

	if (flags & TARGET_IS_USER && !win_blank(win_value(e, DATA_TargetUserName))) {
		struct str target = win_value(e, DATA_TargetUserName);
		struct str realm = target, user;

		/* A Kerberos service ticket names "user@REALM". */
		if (!win_blank(target) && str_cut(&realm, '@', &user) && user.n && realm.n)
			target = user;
		else
			realm = win_value(e, DATA_TargetDomainName);
		win_put(e, FIELD_USER_NAME, target);
		win_put(e, FIELD_USER_DOMAIN,
			win_first(win_value(e, DATA_TargetDomainName), realm));
		win_put(e, FIELD_USER_ID,
			win_first(win_value(e, DATA_TargetUserSid), win_value(e, DATA_TargetSid)));
		win_put(e, FIELD_WINLOG_LOGON_ID, win_value(e, DATA_TargetLogonId));
		if (!win_blank(name) && !win_blank(target) && !str_eq(name, target))
			win_put(e, FIELD_USER_EFFECTIVE_NAME, target);
		return;
	}
	if (win_blank(name) && e->source == WIN_SECURITY) { /* sessions: 4778, 4779 */
		name = win_first(win_value(e, DATA_AccountName), win_value(e, DATA_Requester));
		domain = win_value(e, DATA_AccountDomain);
	} else if (win_blank(name) && !(e->event && e->event->id == 7045)) {
		/* An installed service's account is not who installed it. */
		name = e->head[HEAD_USER];
		domain = e->head[HEAD_DOMAIN];
	}
	win_put_account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN, name);
	win_put(e, FIELD_USER_DOMAIN, domain);
	win_put(e, FIELD_USER_ID, sid);
	win_put(e, FIELD_WINLOG_LOGON_ID, win_first(logon, win_value(e, DATA_LogonID)));
}

static void
map_process(struct win *e)
{
	struct str created = win_value(e, DATA_NewProcessName);

	if (!win_blank(created)) { /* 4688: ProcessId is the parent's */
		win_put_image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME, created);
		win_put_number(e, FIELD_PROCESS_PID, win_value(e, DATA_NewProcessId));
		win_put_number(e, FIELD_PROCESS_PARENT_PID, win_value(e, DATA_ProcessId));
		win_put_image(e, FIELD_PROCESS_PARENT_EXECUTABLE, FIELD_PROCESS_PARENT_NAME,
			win_value(e, DATA_ParentProcessName));
		return;
	}
	win_put_image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		win_first(win_first(win_value(e, DATA_ProcessName),
				  win_value(e, DATA_CallerProcessName)),
			win_value(e, DATA_Application)));
	win_put_number(e, FIELD_PROCESS_PID,
		win_first(
			win_first(win_value(e, DATA_ProcessId), win_value(e, DATA_CallerProcessId)),
			win_blank(win_value(e, DATA_Application)) ? STR("")
								  : win_value(e, DATA_ProcessID)));
	if (e->event && e->event->id == 4689)
		win_put_number(e, FIELD_PROCESS_EXIT_CODE, win_value(e, DATA_Status));
}

static void
map_object(struct win *e)
{
	struct str type = win_value(e, DATA_ObjectType), name = win_value(e, DATA_ObjectName);

	if (str_eq(type, STR("File")))
		win_put_file(e, name);
	else if (str_eq(type, STR("Process")))
		win_put_file(e, name);
	else if (str_eq(type, STR("Key")) || !win_blank(win_value(e, DATA_Operation)))
		put_registry(e, str_find(name, STR("REGISTRY")) >= 0 ? name : STR(""), false);
	if (e->event && (e->event->id == 5140 || e->event->id == 5145))
		win_put_file(e, win_first(win_value(e, DATA_RelativeTargetName),
					win_value(e, DATA_ShareLocalPath)));
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
	win_put(e, FIELD_DESTINATION_DOMAIN, win_value(e, DATA_TargetServerName));
	if (!win_blank(win_value(e, DATA_IpAddress)))
		e->w->cur->flags |= flags & ADDRESS_OF_USER ? RECORD_BINDS : RECORD_REFERS;
}

/* ---- what it was ---- */

static const char *
outcome(const struct win *e)
{
	struct str status = win_value(e, DATA_Status);

	if (e->event && e->event->outcome)
		return e->event->outcome;
	if (e->event && e->event->flags & OUTCOME_BY_STATUS && !win_blank(status))
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
		[WIN_DEFENDER] = LOGSOURCE_WIN_DEFENDER,
		[WIN_SESSIONS] = LOGSOURCE_WIN_OTHER,
		[WIN_TASKS] = LOGSOURCE_WIN_TASKS,
		[WIN_APPLOCKER] = LOGSOURCE_WIN_APPLOCKER,
		[WIN_BACKUP] = LOGSOURCE_WIN_OTHER};
	enum logsource source = by_source[e->source];
	struct event_words words = {.outcome = outcome(e)};

	if (source == LOGSOURCE_WIN_OTHER)
		source = win_channel_logsource(e->head[HEAD_CHANNEL]);
	e->w->cur->logsource = (uint16_t)source;
	if (e->event) {
		words.category = e->event->category;
		words.type = e->event->type;
		words.action = e->event->action;
		if (e->event->logsource != LOGSOURCE_WIN_OTHER)
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
	if (!win_blank(win_value(e, DATA_IisMethod)))
		win_map_iis(e);
	switch (e->source) {
	case WIN_SYSMON:
		map_sysmon(e);
		break;
	case WIN_SECURITY:
		if (str_eq(e->head[HEAD_PROVIDER], STR("AD FS Auditing")))
			win_map_adfs(e);
		map_security(e);
		break;
	case WIN_POWERSHELL:
	case WIN_POWERSHELL_CLASSIC:
		win_map_powershell(e);
		break;
	case WIN_DEFENDER:
		win_map_defender(e);
		break;
	case WIN_SESSIONS:
		win_map_sessions(e);
		break;
	case WIN_TASKS:
		win_map_tasks(e);
		break;
	case WIN_APPLOCKER:
		win_map_applocker(e);
		break;
	default:
		map_actor(e, 0);
		win_map_other(e);
		break;
	}
	put_rows(e);
}
