/* winother.c - EventData of the other channels to ECS: PowerShell, Defender, Terminal Services,
 * Task Scheduler, AppLocker, and what has no rows of its own. */
#include "parsers/put.h"
#include "parsers/winput.h"

/* "Host Application = C:\\...\\powershell.exe -File x" among the lines of a context, whose labels
 * are in the language of Windows. */
static struct str
host_application(const struct win *e)
{
	static const char *const keys[] = {"Host Application = ", "HostApplication=",
		"Application hôte = ", "Hostanwendung = ", "ホスト アプリケーション = "};
	const struct str texts[] = {win_value(e, DATA_ContextInfo), win_value(e, DATA_param3),
		win_value(e, DATA_param2), e->head[HEAD_MESSAGE]};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			struct str s = texts[i], line;
			ptrdiff_t at = str_find(s, str_of(keys[k]));

			if (at < 0)
				continue;
			str_skip(&s, (size_t)at + strlen(keys[k]));
			str_cut(&s, '\n', &line);
			if (line.n && line.p[line.n - 1] == '\r')
				line.n--;
			return str_trim(line);
		}
	return win_value(e, DATA_HostApplication);
}

/* The program of a command line: in quotes, or up to a blank behind ".exe". */
static struct str
program_of(struct str line)
{
	struct str program;
	ptrdiff_t end;

	if (str_take(&line, STR("\""))) {
		str_cut(&line, '"', &program);
		return program;
	}
	end = str_find(line, STR(".exe"));
	if (end < 0)
		return STR("");
	return str_make(line.p, (size_t)end + 4);
}

void
win_map_powershell(struct win *e)
{
	struct str line = host_application(e);

	win_put(e, FIELD_PROCESS_COMMAND_LINE, line);
	win_put_image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME, program_of(line));
	win_put_file(e, win_first(win_value(e, DATA_Path), win_value(e, DATA_ScriptName)));
	win_put_account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		win_first(win_value(e, DATA_User), e->head[HEAD_USER]));
	win_put(e, FIELD_USER_DOMAIN, e->head[HEAD_DOMAIN]);
}

void
win_map_defender(struct win *e)
{
	win_put_account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		win_first(win_value(e, DATA_DetectionUser), win_value(e, DATA_User)));
	win_put_image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		win_first(win_value(e, DATA_DefenderProcess), win_value(e, DATA_ProcessName)));
	/* "file:_C:\\x.exe; file:_D:\\y.exe" */
	if (!win_blank(win_value(e, DATA_Path))) {
		struct str list = win_value(e, DATA_Path), path;

		str_cut(&list, ';', &path);
		str_take(&path, STR("file:_"));
		win_put_file(e, path);
	}
	win_put_file(e, win_value(e, DATA_ThreatPath));
	win_put_hashes(e, win_value(e, DATA_Hashes), &win_of_file);
}

void
win_map_other(struct win *e)
{
	win_put_image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME,
		win_first(win_value(e, DATA_Image), win_value(e, DATA_ProcessName)));
	/* 7036 and 7040 number their parameters. */
	if (e->source == WIN_SYSTEM && e->event && win_blank(win_value(e, DATA_ServiceName)))
		win_put(e, FIELD_SERVICE_NAME, win_value(e, DATA_param1));
}

/* Terminal Services: 21-25 name User and Address, 1149 numbers its parameters, the gateway has
 * Username, IpAddress and the Resource that was asked for. */
void
win_map_sessions(struct win *e)
{
	win_put_account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		win_first(win_first(win_value(e, DATA_User), win_value(e, DATA_Username)),
			win_value(e, DATA_Param1)));
	if (e->event && e->event->id == 1149)
		win_put(e, FIELD_USER_DOMAIN, win_value(e, DATA_Param2));
	win_put_address(e, FIELD_SOURCE_IP, win_value(e, DATA_Address)); /* "LOCAL" is none */
	win_put_address(e, FIELD_SOURCE_IP, win_value(e, DATA_Param3));
	if (!rec_put_ip(e->w, FIELD_DESTINATION_IP, win_value(e, DATA_Resource)))
		win_put(e, FIELD_DESTINATION_DOMAIN, win_value(e, DATA_Resource));
	win_put_number(e, FIELD_SOURCE_BYTES, win_value(e, DATA_BytesReceived));
	win_put_number(e, FIELD_DESTINATION_BYTES, win_value(e, DATA_BytesTransfered));
	win_put(e, FIELD_WINLOG_LOGON_ID, win_value(e, DATA_SessionID));
	win_put(e, FIELD_ERROR_CODE, win_value(e, DATA_ErrorCode));
}

void
win_map_tasks(struct win *e)
{
	struct str image_path = win_first(win_value(e, DATA_Path), win_value(e, DATA_ActionName));

	win_put_account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN,
		win_first(win_value(e, DATA_UserContext), win_value(e, DATA_UserName)));
	win_put_image(e, FIELD_PROCESS_EXECUTABLE, FIELD_PROCESS_NAME, image_path);
	win_put_number(e, FIELD_PROCESS_PID, win_value(e, DATA_ProcessID));
}

void
win_map_applocker(struct win *e)
{
	struct str hash = win_value(e, DATA_FileHash), said = e->head[HEAD_MESSAGE];
	ptrdiff_t end = str_find(said, STR(" was "));

	win_put(e, FIELD_USER_ID, win_value(e, DATA_TargetUser));
	win_put_file(e, win_first(win_value(e, DATA_FullFilePath), win_value(e, DATA_FilePath)));
	if (end > 0) /* "%OSDRIVE%\\x.exe was prevented from running." */
		win_put_file(e, str_make(said.p, (size_t)end));
	if (hash.n == 64)
		win_put(e, FIELD_FILE_HASH_SHA256, hash);
	win_put(e, FIELD_RULE_RULESET, win_value(e, DATA_PolicyName));
	win_put_number(e, FIELD_PROCESS_PID, win_value(e, DATA_TargetProcessId));
	win_put(e, FIELD_WINLOG_LOGON_ID, win_value(e, DATA_TargetLogonId));
}

/* What stands between <name> and </name>; "N/A" is nothing. */
static struct str
element(struct str xml, const char *name)
{
	struct str tag = str_of(name), value = STR("");
	ptrdiff_t at = str_find(xml, tag);

	if (at < 0)
		return value;
	str_skip(&xml, (size_t)at + tag.n);
	str_cut(&xml, '<', &value);
	value = str_trim(value);
	return str_eq(value, STR("N/A")) ? STR("") : value;
}

/* AD FS writes its audit (1200-1207) as XML inside the message (learn.microsoft.com, "AD FS
 * auditing"). */
void
win_map_adfs(struct win *e)
{
	struct str xml = e->head[HEAD_MESSAGE], from = element(xml, "<IpAddress>"), address;

	win_put_account(e, FIELD_USER_NAME, FIELD_USER_DOMAIN, element(xml, "<UserId>"));
	while (from.n > 0) { /* the client, then the proxies it came through */
		str_cut(&from, ',', &address);
		win_put_address(e, FIELD_SOURCE_IP, str_trim(address));
	}
	win_put(e, FIELD_HTTP_REQUEST_FORWARDED, element(xml, "<ForwardedIpAddress>"));
	win_put(e, FIELD_SERVICE_NAME, element(xml, "<RelyingParty>"));
	win_put(e, FIELD_USER_AGENT_ORIGINAL, element(xml, "<UserAgentString>"));
	win_put(e, FIELD_EVENT_REASON, element(xml, "<FailureType>"));
	if (win_fresh(e, FIELD_URL_ORIGINAL))
		put_url(e->w, element(xml, "<Server>"), false);
}
