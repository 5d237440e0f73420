#include <stdarg.h>
#include <string.h>

#include "paths.h"
#include "writers.h"

#define DOMAIN_SID "S-1-5-21-2871904415-1189402712-3350175001-"

enum provider { SYSMON, AUDIT, EVENTLOG, SERVICES, DEFENDER };

static const struct {
	const char *name, *guid, *channel;
	unsigned pid;
	const char *tag; /* as NXLog writes it into the header: blanks become underscores */
} providers[] = {
	[SYSMON] = {"Microsoft-Windows-Sysmon", "5770385f-c22a-43e0-bf4c-06f5698ffbd9",
		"Microsoft-Windows-Sysmon/Operational", 2840, "Microsoft-Windows-Sysmon"},
	[AUDIT] = {"Microsoft-Windows-Security-Auditing", "54849625-5478-4994-a5ba-3e3b0328c30d",
		"Security", 668, "Microsoft-Windows-Security-Auditing"},
	[EVENTLOG] = {"Microsoft-Windows-Eventlog", "fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148",
		"Security", 1180, "Microsoft-Windows-Eventlog"},
	[SERVICES] = {"Service Control Manager", "555908d1-a6d7-4695-8e1e-26931d2012f4", "System",
		652, "Service_Control_Manager"},
	[DEFENDER] = {"Microsoft-Windows-Windows Defender", "11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78",
		"Microsoft-Windows-Windows Defender/Operational", 3120,
		"Microsoft-Windows-Windows_Defender"},
};

static const struct about {
	unsigned id;
	enum provider provider;
	unsigned task;
	const char *task_name, *message;
} abouts[] = {
	{1, SYSMON, 1, "Process Create (rule: ProcessCreate)", "Process Create:"},
	{3, SYSMON, 3, "Network connection detected (rule: NetworkConnect)",
		"Network connection detected:"},
	{10, SYSMON, 10, "Process accessed (rule: ProcessAccess)", "Process accessed:"},
	{11, SYSMON, 11, "File created (rule: FileCreate)", "File created:"},
	{13, SYSMON, 13, "Registry value set (rule: RegistryEvent)", "Registry value set:"},
	{22, SYSMON, 22, "Dns query (rule: DnsQuery)", "Dns query:"},
	{1116, DEFENDER, 0, "None",
		"マルウェアまたは他の望ましくない可能性のあるソフトウェアを検出しました。"},
	{1102, EVENTLOG, 104, "Log clear", "監査ログが消去されました。"},
	{4624, AUDIT, 12544, "Logon", "アカウントが正常にログオンしました。"},
	{4625, AUDIT, 12544, "Logon", "アカウントがログオンに失敗しました。"},
	{4634, AUDIT, 12545, "Logoff", "アカウントがログオフしました。"},
	{4648, AUDIT, 12544, "Logon", "明示的な資格情報を使用してログオンが試行されました。"},
	{4662, AUDIT, 14080, "Directory Service Access",
		"オブジェクトに対して操作が実行されました。"},
	{4663, AUDIT, 12800, "File System", "オブジェクトへのアクセスが試行されました。"},
	{4688, AUDIT, 13312, "Process Creation", "新しいプロセスが作成されました。"},
	{4698, AUDIT, 12804, "Other Object Access Events",
		"スケジュールされたタスクが作成されました。"},
	{4719, AUDIT, 13568, "Audit Policy Change", "システム監査ポリシーが変更されました。"},
	{4726, AUDIT, 13824, "User Account Management", "ユーザー アカウントが削除されました。"},
	{4738, AUDIT, 13824, "User Account Management", "ユーザー アカウントが変更されました。"},
	{4740, AUDIT, 13824, "User Account Management",
		"ユーザー アカウントがロックアウトされました。"},
	{4771, AUDIT, 14339, "Kerberos Authentication Service",
		"Kerberos 事前認証に失敗しました。"},
	{5145, AUDIT, 12811, "Detailed File Share",
		"ネットワーク共有オブジェクトがチェックされました。"},
	{6416, AUDIT, 13316, "Plug and Play Events",
		"新しい外部デバイスがシステムによって認識されました。"},
	{4720, AUDIT, 13824, "User Account Management", "ユーザー アカウントが作成されました。"},
	{4728, AUDIT, 13826, "Security Group Management",
		"セキュリティが有効なグローバル グループにメンバーが追加されました。"},
	{4768, AUDIT, 14339, "Kerberos Authentication Service",
		"Kerberos 認証チケット (TGT) が要求されました。"},
	{4769, AUDIT, 14337, "Kerberos Service Ticket Operations",
		"Kerberos サービス チケットが要求されました。"},
	{7045, SERVICES, 0, "None", "サービスがシステムにインストールされました。"},
	{0, AUDIT, 0, "", ""},
};

static const struct about *
about(unsigned id)
{
	const struct about *a = abouts;

	while (a->id && a->id != id)
		a++;
	return a;
}

static void
pairs(struct text *t, va_list ap)
{
	const char *name;

	while ((name = va_arg(ap, const char *)) != NULL)
		text_put(t, ",\"%s\":\"%s\"", name, va_arg(ap, const char *));
}

/* to_json(); to_syslog_bsd(): the agent's flat record behind a header of RFC 3164. */
static void
nxlog(struct company *co, struct text *t, const struct machine *m, const struct about *a,
	va_list ap)
{
	unsigned s = (unsigned)(co->at / MS_SECOND), pid = providers[a->provider].pid;
	bool failed = a->id == 4625 || a->id == 4771;

	text_put(t, co->day.dom < 10 ? "<%u>%s  %u " : "<%u>%s %u ", failed ? 11u : 14u,
		co->day.mon, co->day.dom);
	text_put(t, "%2:%2:%2 %s %s[%u]: ", s / 3600, s / 60 % 60, s % 60, m->fqdn,
		providers[a->provider].tag, pid);
	text_put(t,
		"{\"EventTime\":\"%s %2:%2:%2\",\"Hostname\":\"%s\",\"Keywords\":%s,"
		"\"EventType\":\"%s\",\"SeverityValue\":%u,\"Severity\":\"%s\",\"EventID\":%u,"
		"\"SourceName\":\"%s\",\"ProviderGuid\":\"{%s}\",\"Version\":%u,\"Task\":%u,"
		"\"OpcodeValue\":0,\"RecordNumber\":%U,\"ExecutionProcessID\":%u,\"ThreadID\":%u,"
		"\"Channel\":\"%s\",",
		co->day.iso, s / 3600, s / 60 % 60, s % 60, m->fqdn,
		a->provider == SYSMON ? "-9223372036854775808"
		: failed              ? "-9218868437227405312"
				      : "-9214364837600034816",
		a->provider != AUDIT ? "INFO"
		: failed             ? "AUDIT_FAILURE"
				     : "AUDIT_SUCCESS",
		failed ? 4u : 2u, failed ? "ERROR" : "INFO", a->id, providers[a->provider].name,
		providers[a->provider].guid, a->provider == SYSMON ? 5u : 2u, a->task, m->record,
		pid, pid + 4 * (s & 63), providers[a->provider].channel);
	if (a->provider == SYSMON)
		text_put(t, "\"Domain\":\"NT "
			    "AUTHORITY\",\"AccountName\":\"SYSTEM\",\"UserID\":\"S-1-5-18\","
			    "\"AccountType\":\"User\",");
	text_put(t, "\"Message\":\"%s\",\"Category\":\"%s\",\"Opcode\":\"Info\"", a->message,
		a->task_name);
	if (a->provider == SYSMON)
		text_put(t, ",\"RuleName\":\"-\",\"UtcTime\":\"%s %2:%2:%2.%3\"", co->day.iso,
			s / 3600, s / 60 % 60, s % 60, (unsigned)(co->at % MS_SECOND));
	pairs(t, ap);
	text_put(t,
		",\"EventReceivedTime\":\"%s %2:%2:%2\",\"SourceModuleName\":\"eventlog\","
		"\"SourceModuleType\":\"im_msvistalog\"}",
		co->day.iso, s / 3600, s / 60 % 60, s % 60);
}

/* Winlogbeat 8 by way of Logstash's syslog output, header of RFC 5424. */
static void
beat(struct company *co, struct text *t, const struct machine *m, const struct about *a, va_list ap)
{
	unsigned s = (unsigned)(co->at / MS_SECOND), ms = (unsigned)(co->at % MS_SECOND);
	const char *p = providers[a->provider].name;

	text_put(t, "<14>1 %sT%2:%2:%2.%3Z %s winlogbeat - - - ", co->day.iso, s / 3600,
		s / 60 % 60, s % 60, ms, m->fqdn);
	text_put(t,
		"{\"@timestamp\":\"%sT%2:%2:%2.%3Z\",\"@version\":\"1\",\"agent\":{\"type\":"
		"\"winlogbeat\",\"version\":\"8.11.4\",\"name\":\"%s\",\"ephemeral_id\":"
		"\"3c6f2a61-0b7e-4f6d-9b5a-%h\"},\"ecs\":{\"version\":\"8.0.0\"},",
		co->day.iso, s / 3600, s / 60 % 60, s % 60, ms, m->name, 12u,
		(uint64_t)m->ip * 7919u);
	text_put(t,
		"\"event\":{\"action\":\"%s\",\"code\":\"%u\",\"created\":\"%sT%2:%2:%2.%3Z\","
		"\"kind\":"
		"\"event\",\"provider\":\"%s\"%s},\"host\":{\"name\":\"%s\"},\"log\":{\"level\":"
		"\"information\"},\"message\":\"%s\",",
		a->task_name, a->id, co->day.iso, s / 3600, s / 60 % 60, s % 60, ms, p,
		a->provider != AUDIT             ? ""
		: a->id == 4625 || a->id == 4771 ? ",\"outcome\":\"failure\""
						 : ",\"outcome\":\"success\"",
		m->fqdn, a->message);
	text_put(t,
		"\"winlog\":{\"api\":\"wineventlog\",\"channel\":\"%s\",\"computer_name\":\"%s\","
		"\"event_id\":\"%u\",\"opcode\":\"Info\",\"process\":{\"pid\":%u,\"thread\":{"
		"\"id\":%u}},"
		"\"provider_guid\":\"{%s}\",\"provider_name\":\"%s\",\"record_id\":%U,\"task\":\"%"
		"s\",",
		providers[a->provider].channel, m->fqdn, a->id, providers[a->provider].pid,
		providers[a->provider].pid + 4 * (s & 63), providers[a->provider].guid, p,
		m->record, a->task_name);
	if (a->provider == EVENTLOG)
		text_put(t, "\"user_data\":{\"xml_name\":\"LogFileCleared\"");
	else if (a->provider == SYSMON)
		text_put(t,
			"\"user\":{\"domain\":\"NT "
			"AUTHORITY\",\"identifier\":\"S-1-5-18\",\"name\":\"SYSTEM\","
			"\"type\":\"User\"},\"version\":5,\"event_data\":{\"RuleName\":\"-\","
			"\"UtcTime\":\"%s "
			"%2:%2:%2.%3\"",
			co->day.iso, s / 3600, s / 60 % 60, s % 60, ms);
	else
		text_put(t,
			"\"keywords\":[\"Audit %s\"],\"event_data\":{\"EventDataVersion\":\"2\"",
			a->id == 4625 || a->id == 4771 ? "Failure" : "Success");
	pairs(t, ap);
	text_put(t, "}}}");
}

void
win_event(struct company *co, int64_t at, enum kind kind, struct machine *m, unsigned id, ...)
{
	struct text *t = line_begin(co, at, kind, m->name);
	const struct about *a = about(id);
	va_list ap;

	m->record++;
	va_start(ap, id);
	if (m->agent == AGENT_BEAT_SYSMON)
		beat(co, t, m, a, ap);
	else
		nxlog(co, t, m, a, ap);
	va_end(ap);
	line_end(co);
}

/* {XXXXXXXX-...}: a process's guid, from dice. */
static const char *
guid(struct company *co, char *buf)
{
	struct text t;
	uint64_t d = rng_next(&co->rng);

	t.n = 0;
	text_put(&t, "{%h-4c1e-69a3-%h-%h}", 8u, d, 4u, d >> 32, 12u, (d >> 20) * 31);
	memcpy(buf, t.p, t.n);
	buf[t.n] = '\0';
	return buf;
}

static const char *
with_domain(const char *user, char *buf)
{
	struct text t;

	t.n = 0;
	text_put(&t, AD_SHORT "\\\\%s", user);
	memcpy(buf, t.p, t.n);
	buf[t.n] = '\0';
	return buf;
}

static const char *
leaf(const char *path)
{
	const char *s = strrchr(path, '\\');

	return s ? s + 1 : path;
}

static const char *
hashes(struct company *co, const char *image, char *buf)
{
	struct text t;
	uint64_t d = co->seed + 1;

	for (const char *p = image; *p; p++)
		d = (d ^ (unsigned char)*p) * 0x100000001b3u;
	t.n = 0;
	text_put(&t, "SHA256=%H%H%H%H", 16u, d, 16u, d * 3, 16u, d * 5, 16u, d * 7);
	memcpy(buf, t.p, t.n);
	buf[t.n] = '\0';
	return buf;
}

void
win_process(struct company *co, int64_t at, struct machine *m, const struct started *s)
{
	char who[40], g1[48], g2[48], pid[24], ppid[24], hash[80], lid[24];
	uint64_t d = rng_next(&co->rng);

	text_hex(lid, 0x40000 + (d & 0xfffff));
	if (m->agent == AGENT_NXLOG_AUDIT) {
		win_event(co, at, KIND_ENDPOINT, m, 4688, "SubjectUserSid", DOMAIN_SID "1612",
			"SubjectUserName", s->user, "SubjectDomainName", AD_SHORT, "SubjectLogonId",
			lid, "NewProcessId", text_hex(pid, 4 * (1000 + d % 4000)), "NewProcessName",
			s->image, "TokenElevationType", "%%1938", "ProcessId",
			text_hex(ppid, 4 * (900 + (d >> 16) % 4000)), "CommandLine", s->command,
			"TargetUserSid", "S-1-0-0", "TargetUserName", "-", "TargetDomainName", "-",
			"TargetLogonId", "0x0", "ParentProcessName", s->parent, "MandatoryLabel",
			"S-1-16-8192", (char *)NULL);
		return;
	}
	win_event(co, at, KIND_ENDPOINT, m, 1, "ProcessGuid", guid(co, g1), "ProcessId",
		text_u(pid, 4 * (1000 + d % 4000)), "Image", s->image, "FileVersion",
		"10.0.19041.1", "Description", "-", "Product", "-", "Company", "-",
		"OriginalFileName", leaf(s->image), "CommandLine", s->command, "CurrentDirectory",
		"C:\\\\Windows\\\\system32\\\\", "User", with_domain(s->user, who), "LogonGuid",
		"{7d1a52c0-11b2-69a3-0000-0020e4c10500}", "LogonId", lid, "TerminalSessionId", "1",
		"IntegrityLevel", "Medium", "Hashes", hashes(co, s->image, hash),
		"ParentProcessGuid", guid(co, g2), "ParentProcessId",
		text_u(ppid, 4 * (900 + (d >> 16) % 4000)), "ParentImage", s->parent,
		"ParentCommandLine", s->parent_command, "ParentUser", who, (char *)NULL);
}

void
win_logon(struct company *co, int64_t at, struct machine *m, const char *user, unsigned type,
	uint32_t ip)
{
	char tnum[24], addr[24], port[24], lid[24];
	uint64_t d = rng_next(&co->rng);
	bool net = type == 3;

	win_event(co, at, KIND_AUTH, m, 4624, "SubjectUserSid", net ? "S-1-0-0" : "S-1-5-18",
		"SubjectUserName", net ? "-" : m->name, "SubjectDomainName", net ? "-" : AD_SHORT,
		"SubjectLogonId", net ? "0x0" : "0x3e7", "TargetUserSid", DOMAIN_SID "1612",
		"TargetUserName", user, "TargetDomainName", AD_SHORT, "TargetLogonId",
		text_hex(lid, 0x100000 + (d & 0xffffff)), "LogonType", text_u(tnum, type),
		"LogonProcessName", net ? "Kerberos" : "User32 ", "AuthenticationPackageName",
		net ? "Kerberos" : "Negotiate", "WorkstationName", net ? "-" : m->name, "LogonGuid",
		"{00000000-0000-0000-0000-000000000000}", "TransmittedServices", "-",
		"LmPackageName", "-", "KeyLength", "0", "ProcessId", net ? "0x0" : "0x2c4",
		"ProcessName", net ? "-" : "C:\\\\Windows\\\\System32\\\\svchost.exe", "IpAddress",
		ip ? text_ip(addr, ip) : "127.0.0.1", "IpPort",
		ip ? text_u(port, 49152 + d % 16000) : "0", "ImpersonationLevel", "%%1833",
		(char *)NULL);
}

void
win_logon_failed(struct company *co, int64_t at, struct machine *m, const char *user, uint32_t ip)
{
	char addr[24], port[24];
	uint64_t d = rng_next(&co->rng);

	win_event(co, at, KIND_AUTH, m, 4625, "SubjectUserSid", "S-1-5-18", "SubjectUserName", "-",
		"SubjectDomainName", "-", "SubjectLogonId", "0x0", "TargetUserSid", "S-1-0-0",
		"TargetUserName", user, "TargetDomainName", AD_SHORT, "Status", "0xc000006d",
		"FailureReason", "%%2313", "SubStatus", "0xc000006a", "LogonType", ip ? "3" : "2",
		"LogonProcessName", ip ? "NtLmSsp " : "User32 ", "AuthenticationPackageName",
		ip ? "NTLM" : "Negotiate", "WorkstationName", ip ? "-" : m->name,
		"TransmittedServices", "-", "LmPackageName", "-", "KeyLength", "0", "ProcessId",
		"0x0", "ProcessName", "-", "IpAddress", ip ? text_ip(addr, ip) : "127.0.0.1",
		"IpPort", ip ? text_u(port, 49152 + d % 16000) : "0", (char *)NULL);
}

void
win_kerberos(struct company *co, int64_t at, struct machine *dc, const char *user, uint32_t ip,
	const char *service)
{
	char addr[40] = "::ffff:", port[24], who[64];

	text_ip(addr + 7, ip);
	text_u(port, 49152 + rng_below(&co->rng, 16000));
	if (!service) {
		win_event(co, at, KIND_AUTH, dc, 4768, "TargetUserName", user, "TargetDomainName",
			AD_SHORT, "TargetSid", DOMAIN_SID "1612", "ServiceName", "krbtgt",
			"ServiceSid", DOMAIN_SID "502", "TicketOptions", "0x40810010", "Status",
			"0x0", "TicketEncryptionType", "0x12", "PreAuthType", "2", "IpAddress",
			addr, "IpPort", port, "CertIssuerName", "", "CertSerialNumber", "",
			"CertThumbprint", "", (char *)NULL);
		return;
	}
	strcpy(who, user);
	strcat(who, "@AD.AOBA-SEIKO.EXAMPLE");
	win_event(co, at, KIND_AUTH, dc, 4769, "TargetUserName", who, "TargetDomainName",
		"AD.AOBA-SEIKO.EXAMPLE", "ServiceName", service, "ServiceSid", DOMAIN_SID "1104",
		"TicketOptions", "0x40810000", "TicketEncryptionType", "0x12", "IpAddress", addr,
		"IpPort", port, "Status", "0x0", "LogonGuid",
		"{5f0c1a3e-7c11-69a3-8a11-0020e4c10500}", "TransmittedServices", "-", (char *)NULL);
}

void
win_connected(struct company *co, int64_t at, struct machine *m, const char *user,
	const char *image, uint32_t to, unsigned port)
{
	char who[40], g[48], pid[24], src[24], dst[24], sport[24], dport[24];
	uint64_t d = rng_next(&co->rng);

	win_event(co, at, KIND_ENDPOINT, m, 3, "ProcessGuid", guid(co, g), "ProcessId",
		text_u(pid, 4 * (1000 + d % 4000)), "Image", image, "User", with_domain(user, who),
		"Protocol", "tcp", "Initiated", "true", "SourceIsIpv6", "false", "SourceIp",
		text_ip(src, m->ip), "SourceHostname", m->fqdn, "SourcePort",
		text_u(sport, 49152 + (d >> 20) % 16000), "SourcePortName", "-",
		"DestinationIsIpv6", "false", "DestinationIp", text_ip(dst, to),
		"DestinationHostname", "-", "DestinationPort", text_u(dport, port),
		"DestinationPortName", "-", (char *)NULL);
}

void
win_file(struct company *co, int64_t at, struct machine *m, const char *user, const char *image,
	const char *file)
{
	char who[40], g[48], pid[24], made[40];
	unsigned s = (unsigned)(at / MS_SECOND);
	struct text t;

	t.n = 0;
	text_put(&t, "%s %2:%2:%2.%3", co->day.iso, s / 3600 % 24, s / 60 % 60, s % 60,
		(unsigned)(at % MS_SECOND));
	memcpy(made, t.p, t.n);
	made[t.n] = '\0';
	win_event(co, at, KIND_ENDPOINT, m, 11, "ProcessGuid", guid(co, g), "ProcessId",
		text_u(pid, 4 * (1000 + rng_below(&co->rng, 4000))), "Image", image,
		"TargetFilename", file, "CreationUtcTime", made, "User", with_domain(user, who),
		(char *)NULL);
}

void
win_asked(struct company *co, int64_t at, struct machine *m, const char *user, const char *image,
	const char *name)
{
	char who[40], g[48], pid[24];

	win_event(co, at, KIND_ENDPOINT, m, 22, "ProcessGuid", guid(co, g), "ProcessId",
		text_u(pid, 4 * (1000 + rng_below(&co->rng, 4000))), "QueryName", name,
		"QueryStatus", "0", "QueryResults", "::ffff:198.19.4.20;", "Image", image, "User",
		with_domain(user, who), (char *)NULL);
}

void
win_opened(struct company *co, int64_t at, struct machine *m, const char *user, const char *image,
	const char *target, const char *access)
{
	char who[40], g1[48], g2[48], spid[24];

	win_event(co, at, KIND_ENDPOINT, m, 10, "SourceProcessGUID", guid(co, g1),
		"SourceProcessId", text_u(spid, 4 * (1000 + rng_below(&co->rng, 4000))),
		"SourceThreadId", "4412", "SourceImage", image, "TargetProcessGUID", guid(co, g2),
		"TargetProcessId", "760", "TargetImage", target, "GrantedAccess", access,
		"CallTrace",
		"C:\\\\Windows\\\\SYSTEM32\\\\ntdll.dll+9d4c4|C:"
		"\\\\Windows\\\\System32\\\\KERNELBASE.dll+"
		"2bcbe",
		"SourceUser", user ? with_domain(user, who) : "NT AUTHORITY\\\\SYSTEM",
		"TargetUser", "NT AUTHORITY\\\\SYSTEM", (char *)NULL);
}

void
win_account_made(
	struct company *co, int64_t at, struct machine *dc, const char *by, const char *account)
{
	win_event(co, at, KIND_AUTH, dc, 4720, "TargetUserName", account, "TargetDomainName",
		AD_SHORT, "TargetSid", DOMAIN_SID "4711", "SubjectUserSid", DOMAIN_SID "1120",
		"SubjectUserName", by, "SubjectDomainName", AD_SHORT, "SubjectLogonId", "0x5a31c7",
		"PrivilegeList", "-", "SamAccountName", account, "DisplayName", "%%1793",
		"UserPrincipalName", "-", "HomeDirectory", "%%1793", "PasswordLastSet", "%%1794",
		"AccountExpires", "%%1794", "PrimaryGroupId", "513", "AllowedToDelegateTo", "-",
		"OldUacValue", "0x0", "NewUacValue", "0x15", "UserAccountControl",
		"%%2080%%2082%%2084", (char *)NULL);
}

void
win_group_joined(struct company *co, int64_t at, struct machine *dc, const char *by,
	const char *account, const char *group, const char *rid)
{
	char member[96], sid[64];
	struct text t;

	t.n = 0;
	text_put(&t, "CN=%s,CN=Users,DC=ad,DC=aoba-seiko,DC=example", account);
	memcpy(member, t.p, t.n);
	member[t.n] = '\0';
	strcpy(sid, DOMAIN_SID);
	strcat(sid, rid);
	win_event(co, at, KIND_AUTH, dc, 4728, "MemberName", member, "MemberSid", DOMAIN_SID "4711",
		"TargetUserName", group, "TargetDomainName", AD_SHORT, "TargetSid", sid,
		"SubjectUserSid", DOMAIN_SID "1120", "SubjectUserName", by, "SubjectDomainName",
		AD_SHORT, "SubjectLogonId", "0x5a31c7", "PrivilegeList", "-", (char *)NULL);
}

void
win_log_cleared(struct company *co, int64_t at, struct machine *dc, const char *by)
{
	win_event(co, at, KIND_AUTH, dc, 1102, "SubjectUserSid", DOMAIN_SID "1120",
		"SubjectUserName", by, "SubjectDomainName", AD_SHORT, "SubjectLogonId", "0x5a31c7",
		(char *)NULL);
}

void
win_service(struct company *co, int64_t at, struct machine *m, const char *name, const char *path)
{
	win_event(co, at, KIND_ENDPOINT, m, 7045, "ServiceName", name, "ImagePath", path,
		"ServiceType", "ユーザー モード サービス", "StartType", "要求時開始", "AccountName",
		"LocalSystem", (char *)NULL);
}

void
win_share(struct company *co, int64_t at, struct machine *m, const char *user, uint32_t ip,
	const char *share, const char *file)
{
	char addr[24], port[24], name[64] = "\\\\\\\\*\\\\";

	strcat(name, share);
	win_event(co, at, KIND_AUTH, m, 5145, "SubjectUserSid", DOMAIN_SID "1612",
		"SubjectUserName", user, "SubjectDomainName", AD_SHORT, "SubjectLogonId",
		"0x5a31c7", "ObjectType", "File", "IpAddress", text_ip(addr, ip), "IpPort",
		text_u(port, 49152 + rng_below(&co->rng, 16000)), "ShareName", name,
		"ShareLocalPath", "\\\\??\\\\D:\\\\share", "RelativeTargetName", file, "AccessMask",
		"0x120089", "AccessList", "%%1538 %%4416", "AccessReason", "-", (char *)NULL);
}

void
win_usb_file(struct company *co, int64_t at, struct machine *m, const char *user, const char *file)
{
	char name[128] = "\\\\Device\\\\HarddiskVolume7\\\\";

	strcat(name, file);
	win_event(co, at, KIND_ENDPOINT, m, 4663, "SubjectUserSid", DOMAIN_SID "1612",
		"SubjectUserName", user, "SubjectDomainName", AD_SHORT, "SubjectLogonId",
		"0x5a31c7", "ObjectServer", "Security", "ObjectType", "File", "ObjectName", name,
		"HandleId", "0x1a8", "AccessList", "%%4417", "AccessMask", "0x2", "ProcessId",
		"0x1c70", "ProcessName", EXP, "ResourceAttributes", "S:AI", (char *)NULL);
}

void
win_usb(struct company *co, int64_t at, struct machine *m, const char *serial)
{
	char id[160] = "USBSTOR\\\\Disk&Ven_Kioxia&Prod_TransMemory&Rev_1.00\\\\";

	strcat(id, serial);
	win_event(co, at, KIND_ENDPOINT, m, 6416, "SubjectUserSid", "S-1-5-18", "SubjectUserName",
		m->name, "SubjectDomainName", AD_SHORT, "SubjectLogonId", "0x3e7", "DeviceId", id,
		"DeviceDescription", "Kioxia TransMemory USB Device", "ClassId",
		"{4d36e967-e325-11ce-bfc1-08002be10318}", "ClassName", "DiskDrive", "VendorIds",
		"USBSTOR", "LocationInformation", "-", (char *)NULL);
}

void
win_ticket(struct company *co, int64_t at, struct machine *dc, const char *user, uint32_t ip,
	const char *service, const char *encryption)
{
	char addr[40] = "::ffff:", port[24], who[64];

	text_ip(addr + 7, ip);
	text_u(port, 49152 + rng_below(&co->rng, 16000));
	strcpy(who, user);
	strcat(who, "@AD.AOBA-SEIKO.EXAMPLE");
	win_event(co, at, KIND_AUTH, dc, 4769, "TargetUserName", who, "TargetDomainName",
		"AD.AOBA-SEIKO.EXAMPLE", "ServiceName", service, "ServiceSid", DOMAIN_SID "1190",
		"TicketOptions", "0x40810000", "TicketEncryptionType", encryption, "IpAddress",
		addr, "IpPort", port, "Status", "0x0", "LogonGuid",
		"{5f0c1a3e-7c11-69a3-8a11-0020e4c10500}", "TransmittedServices", "-", (char *)NULL);
}

void
win_replicated(struct company *co, int64_t at, struct machine *dc, const char *user)
{
	win_event(co, at, KIND_AUTH, dc, 4662, "SubjectUserSid", DOMAIN_SID "1612",
		"SubjectUserName", user, "SubjectDomainName", AD_SHORT, "SubjectLogonId",
		"0x5a31c7", "ObjectServer", "DS", "ObjectType",
		"%{19195a5b-6da0-11d0-afd3-00c04fd930c9}", "ObjectName",
		"%{7a1b6d5e-22aa-4a1e-9d0c-0c2b5f1e7a90}", "OperationType", "Object Access",
		"HandleId", "0x0", "AccessList", "%%7688", "AccessMask", "0x100", "Properties",
		"%%7688 {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2} "
		"{19195a5b-6da0-11d0-afd3-00c04fd930c9}",
		"AdditionalInfo", "-", "AdditionalInfo2", "", (char *)NULL);
}

void
win_task(struct company *co, int64_t at, struct machine *m, const char *user, const char *name,
	const char *command)
{
	char body[512] = "<Task version=\\\"1.2\\\"><Actions><Exec><Command>";

	strcat(body, command);
	strcat(body, "</Command></Exec></Actions></Task>");
	win_event(co, at, KIND_AUTH, m, 4698, "SubjectUserSid", DOMAIN_SID "1612",
		"SubjectUserName", user, "SubjectDomainName", AD_SHORT, "SubjectLogonId",
		"0x5a31c7", "TaskName", name, "TaskContent", body, (char *)NULL);
}

void
win_run_key(struct company *co, int64_t at, struct machine *m, const char *user, const char *image,
	const char *value)
{
	char who[40], g[48], pid[24];

	win_event(co, at, KIND_ENDPOINT, m, 13, "EventType", "SetValue", "ProcessGuid", guid(co, g),
		"ProcessId", text_u(pid, 4 * (1000 + rng_below(&co->rng, 4000))), "Image", image,
		"TargetObject",
		"HKU\\\\S-1-5-21-2871904415-1189402712-3350175001-"
		"1612\\\\Software\\\\Microsoft\\\\Windows\\\\"
		"CurrentVersion\\\\Run\\\\Updater",
		"Details", value, "User", with_domain(user, who), (char *)NULL);
}

void
win_malware(struct company *co, int64_t at, struct machine *m, const char *user, const char *threat,
	const char *path, const char *action)
{
	char who[40];

	win_event(co, at, KIND_ENDPOINT, m, 1116, "Product Name", "Microsoft Defender Antivirus",
		"Detection ID", "{3F1C2A44-77B0-4E0A-9A2E-1D0F6A0B9C55}", "Threat ID", "2147735503",
		"Threat Name", threat, "Severity Name", "Severe", "Category Name", "Trojan", "Path",
		path, "Detection User", with_domain(user, who), "Process Name", "Unknown",
		"Action Name", action, (char *)NULL);
}
