#include <criterion/criterion.h>

#include "a_house.h"
#include "parsers/winevent.h"

#define BEAT(channel, provider, id, more)                                                          \
	"{\"@timestamp\":\"2026-11-22T09:59:58.123Z\",\"host\":{\"name\":\"collector\"},"          \
	"\"event\":{\"action\":\"shipper's word\",\"code\":\"" id                                  \
	"\"},\"message\":\"text\",\"winlog\":{\"channel\":\"" channel                              \
	"\",\"provider_name\":\"" provider "\",\"event_id\":\"" id                                 \
	"\",\"computer_name\":\"ws7.example.com\"," more "}}"
#define SYSMON(id, data)                                                                           \
	BEAT("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", id,               \
		"\"event_data\":{" data "}")
#define SECURITY(id, word, data)                                                                   \
	BEAT("Security", "Microsoft-Windows-Security-Auditing", id,                                \
		"\"keywords\":[\"" word "\"],\"event_data\":{" data "}")
#define NXLOG(channel, source, id, more)                                                           \
	"{\"EventTime\":\"2026-11-22 18:59:58\",\"Hostname\":\"dc1.example.com\",\"Keywords\":"    \
	"-9214364837600034816,\"EventType\":\"AUDIT_SUCCESS\",\"Severity\":\"INFO\","              \
	"\"EventID\":" id ",\"SourceName\":\"" source "\",\"ProviderGuid\":\"{0}\",\"Channel\":"   \
	"\"" channel "\",\"Message\":\"text\"," more                                               \
	",\"EventReceivedTime\":\"2026-11-22 19:00:00\",\"SourceModuleName\":\"in\"}"

static const struct line_row sysmon[] = {
	{"a process, with parent, hashes and who",
		SYSMON("1",
			"\"UtcTime\":\"2026-11-22 "
			"09:59:58.120\",\"ProcessGuid\":\"{p}\",\"ProcessId\":"
			"\"4120\",\"Image\":\"C:\\\\Windows\\\\System32\\\\cmd.exe\","
			"\"CommandLine\":\"cmd "
			"/c whoami\",\"User\":\"EXAMPLE\\\\sato\",\"LogonId\":\"0x1a\",\"Hashes\":"
			"\"SHA1=AA,MD5=BB,SHA256=CC,IMPHASH=DD\",\"ParentProcessId\":\"8\","
			"\"ParentImage\":"
			"\"C:\\\\a\\\\winword.exe\",\"ParentCommandLine\":\"winword\","
			"\"OriginalFileName\":"
			"\"Cmd.Exe\",\"CurrentDirectory\":\"C:\\\\\",\"RuleName\":\"-\""),
		"@time=2026-11-22T09:59:58.123Z|host.name=ws7.example.com|event.code=1|"
		"event.action=process-created|event.category=process|event.type=start|"
		"process.executable=C:\\Windows\\System32\\cmd.exe|process.name=cmd.exe|process."
		"pid=4120|"
		"process.command_line=cmd /c whoami|process.entity_id={p}|user.name=sato|"
		"user.domain=EXAMPLE|process.hash.md5=BB|process.hash.sha1=AA|process.hash.sha256="
		"CC|"
		"process.pe.imphash=DD|process.parent.name=winword.exe|process.parent.pid=8|"
		"process.parent.command_line=winword|process.pe.original_file_name=Cmd.Exe|"
		"winlog.logon.id=0x1a|winlog.event_data.CommandLine=cmd /c whoami|rule.name=|"
		"message=text|winlog.channel=Microsoft-Windows-Sysmon/Operational|"
		"event.module=sysmon|host.hostname=collector|@product=windows"},
	{"a network connection",
		SYSMON("3",
			"\"Image\":\"C:\\\\x.exe\",\"Protocol\":\"tcp\",\"Initiated\":\"true\","
			"\"SourceIp\":"
			"\"192.0.2.7\",\"SourcePort\":\"50001\",\"DestinationIp\":\"2001:db8:0:0:0:"
			"0:0:1\","
			"\"DestinationPort\":\"443\",\"DestinationHostname\":\"www.example.com\""),
		"source.ip=192.0.2.7|source.port=50001|destination.ip=2001:db8::1|destination.port="
		"443|"
		"network.transport=tcp|network.direction=egress|destination.domain=www.example.com|"
		"event.category=network|process.name=x.exe"},
	{"a loaded module's hashes are the file's",
		SYSMON("7", "\"Image\":\"C:\\\\p.exe\",\"ImageLoaded\":\"C:\\\\d\\\\evil.dll\","
			    "\"Hashes\":\"MD5=BB\",\"Signature\":\"Acme\",\"SignatureStatus\":"
			    "\"Valid\""),
		"dll.path=C:\\d\\evil.dll|dll.name=evil.dll|file.path=C:\\d\\evil.dll|file.hash."
		"md5=BB|"
		"process.hash.md5=|file.code_signature.subject_name=Acme"},
	{"access to another process is by the source",
		SYSMON("10", "\"SourceImage\":\"C:\\\\s.exe\",\"SourceProcessId\":\"7\","
			     "\"SourceProcessGUID\":\"{s}\",\"TargetImage\":\"C:\\\\lsass.exe\","
			     "\"GrantedAccess\":\"0x1010\",\"SourceUser\":\"EXAMPLE\\\\a\""),
		"process.name=s.exe|process.pid=7|process.entity_id={s}|user.name=a|"
		"winlog.event_data.GrantedAccess=0x1010|winlog.event_data.TargetImage=C:\\lsass."
		"exe"},
	{"a file",
		SYSMON("11", "\"Image\":\"C:\\\\p.exe\",\"TargetFilename\":\"C:\\\\t\\\\A.PS1\""),
		"file.path=C:\\t\\A.PS1|file.name=A.PS1|file.directory=C:\\t|file.extension=ps1|"
		"event.type=creation"},
	{"a registry value",
		SYSMON("13", "\"EventType\":\"SetValue\",\"TargetObject\":"
			     "\"HKLM\\\\SOFTWARE\\\\Run\\\\x\","
			     "\"Details\":\"calc.exe\""),
		"registry.path=HKLM\\SOFTWARE\\Run\\x|registry.hive=HKLM|registry.key="
		"SOFTWARE\\Run|"
		"registry.value=x|registry.data.strings=calc.exe|winlog.event_data.EventType="
		"SetValue"},
	{"a DNS query with its answers",
		SYSMON("22",
			"\"QueryName\":\"WWW.example.com\",\"QueryStatus\":\"0\",\"QueryResults\":"
			"\"type:  5 a.example.com;::ffff:198.51.100.1;2001:db8::9;\""),
		"dns.question.name=www.example.com|dns.resolved_ip=198.51.100.1,2001:db8::9"},
	{0}};

static const struct line_row security[] = {
	{"a logon is the target's and says who has the address",
		SECURITY("4624", "Audit Success",
			"\"SubjectUserName\":\"WS7$\",\"SubjectDomainName\":\"EXAMPLE\","
			"\"TargetUserName\":"
			"\"sato\",\"TargetDomainName\":\"EXAMPLE\",\"TargetUserSid\":\"S-1-5-21-"
			"1\","
			"\"TargetLogonId\":\"0x9\",\"LogonType\":\"3\",\"IpAddress\":\"::ffff:192."
			"0.2.7\","
			"\"IpPort\":\"50001\",\"WorkstationName\":\"PC1\",\"ProcessName\":\"-\""),
		"user.name=sato|user.domain=EXAMPLE|user.id=S-1-5-21-1|source.ip=192.0.2.7|"
		"source.port=50001|source.domain=PC1|winlog.logon.type=3|winlog.logon.id=0x9|"
		"event.action=logged-in|event.category=authentication|event.type=start|"
		"event.outcome=success|process.name=|winlog.event_data.IpAddress=::ffff:192.0.2.7|"
		"@binds=yes"},
	{"a failed one",
		SECURITY("4625", "Audit Failure",
			"\"TargetUserName\":\"sato\",\"TargetDomainName\":\"-\",\"Status\":"
			"\"0xc000006d\",\"SubStatus\":\"0xc000006a\",\"IpAddress\":\"-\","
			"\"IpPort\":\"-\",\"LogonType\":\"3\""),
		"user.name=sato|user.domain=|source.ip=|event.outcome=failure|@binds="},
	{"Kerberos: the status decides, the realm is cut off",
		SECURITY("4769", "Audit Success",
			"\"TargetUserName\":\"sato@EXAMPLE.COM\",\"TargetDomainName\":\"EXAMPLE."
			"COM\","
			"\"ServiceName\":\"fs1$\",\"TicketEncryptionType\":\"0x17\",\"IpAddress\":"
			"\"::ffff:192.0.2.7\",\"Status\":\"0x1b\""),
		"user.name=sato|user.domain=EXAMPLE.COM|service.name=fs1$|event.outcome=failure|"
		"winlog.event_data.TicketEncryptionType=0x17"},
	{"NTLM by workstation",
		SECURITY("4776", "Audit Success",
			"\"TargetUserName\":\"sato\",\"Workstation\":\"PC1\",\"Status\":\"0x0\""),
		"user.name=sato|source.domain=PC1|event.outcome=success"},
	{"explicit credentials keep both names",
		SECURITY("4648", "Audit Success",
			"\"SubjectUserName\":\"sato\",\"SubjectDomainName\":\"EXAMPLE\","
			"\"TargetUserName\":"
			"\"admin\",\"TargetServerName\":\"fs1\""),
		"user.name=sato|user.target.name=admin|destination.domain=fs1"},
	{"a process of the Security log: hexadecimal, and the old id is the parent's",
		SECURITY("4688", "Audit Success",
			"\"SubjectUserName\":\"sato\",\"NewProcessId\":\"0x1018\","
			"\"NewProcessName\":"
			"\"C:\\\\w\\\\a.exe\",\"ProcessId\":\"0x20\",\"ParentProcessName\":\"C:"
			"\\\\p.exe\","
			"\"CommandLine\":\"a -x\",\"TargetUserName\":\"-\""),
		"process.pid=4120|process.executable=C:\\w\\a.exe|process.parent.pid=32|"
		"process.parent.name=p.exe|process.command_line=a "
		"-x|user.name=sato|user.target.name="},
	{"a member is added to a group",
		SECURITY("4728", "Audit Success",
			"\"SubjectUserName\":\"admin\",\"TargetUserName\":\"Domain Admins\","
			"\"TargetDomainName\":\"EXAMPLE\",\"TargetSid\":\"S-1\",\"MemberName\":"
			"\"CN=sato\","
			"\"MemberSid\":\"S-2\""),
		"user.name=admin|group.name=Domain Admins|group.domain=EXAMPLE|group.id=S-1|"
		"user.target.name=CN=sato|user.target.id=S-2|event.category=iam|"
		"event.type=group,change|event.outcome=success"},
	{"an account is made",
		SECURITY("4720", "Audit Success",
			"\"SubjectUserName\":\"admin\",\"TargetUserName\":\"new\",\"TargetSid\":"
			"\"S-3\""),
		"user.name=admin|user.target.name=new|user.target.id=S-3|event.type=user,creation"},
	{"the audit log is cleared: the name stands in user_data",
		BEAT("Security", "Microsoft-Windows-Eventlog", "1102",
			"\"user_data\":{\"SubjectUserName\":\"admin\",\"SubjectDomainName\":"
			"\"EXAMPLE\"}"),
		"event.action=audit-log-cleared|user.name=admin|user.domain=EXAMPLE"},
	{"the filtering platform",
		SECURITY("5157", "Audit Failure",
			"\"ProcessID\":\"44\",\"Application\":\"\\\\device\\\\x\\\\a.exe\","
			"\"Direction\":"
			"\"%%14593\",\"SourceAddress\":\"192.0.2.1\",\"SourcePort\":\"5\","
			"\"DestAddress\":"
			"\"198.51.100.1\",\"DestPort\":\"80\",\"Protocol\":\"6\""),
		"process.pid=44|process.name=a.exe|network.direction=outbound|network.transport="
		"tcp|"
		"network.iana_number=6|source.ip=192.0.2.1|destination.port=80|event.outcome="
		"failure|"
		"event.type=connection,denied"},
	{"a service is installed",
		BEAT("System", "Service Control Manager", "7045",
			"\"event_data\":{\"ServiceName\":\"bad\",\"ImagePath\":\"C:\\\\b.exe\","
			"\"AccountName\":\"LocalSystem\"}"),
		"service.name=bad|event.action=service-installed|winlog.event_data.ImagePath=C:\\b."
		"exe"},
	{"a script block",
		BEAT("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell",
			"4104",
			"\"event_data\":{\"ScriptBlockText\":\"iex "
			"1\",\"Path\":\"C:\\\\s\\\\a.ps1\"}"),
		"winlog.event_data.ScriptBlockText=iex 1|file.name=a.ps1|"
		"event.action=script-block-executed"},
	{"an event that the table lacks keeps the shipper's word",
		SECURITY("4999", "Audit Success", "\"SubjectUserName\":\"sato\""),
		"event.action=shipper's word|event.code=4999|user.name=sato|event.outcome=success"},
	{0}};

static const struct line_row flat[] = {
	{"NXLog's local time counts in the source's zone",
		NXLOG("Security", "Microsoft-Windows-Security-Auditing", "4624",
			"\"TargetUserName\":\"sato\",\"IpAddress\":\"192.0.2.7\",\"LogonType\":"
			"\"10\""),
		"@time=2026-11-22T09:59:58.000Z|host.name=dc1.example.com|user.name=sato|"
		"source.ip=192.0.2.7|event.code=4624|winlog.event_data.TargetUserName=sato|"
		"winlog.channel=Security|winlog.provider_name=Microsoft-Windows-Security-Auditing|"
		"message=text|nxlog.SourceModuleName=in|event.outcome=success"},
	{"Sysmon's own clock is UTC",
		NXLOG("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "1",
			"\"UtcTime\":\"2026-11-22 "
			"09:59:57.500\",\"Image\":\"C:\\\\a.exe\",\"ProcessId\":12"),
		"@time=2026-11-22T09:59:57.500Z|process.pid=12|winlog.event_data.ProcessId=12"},
	{"behind a syslog header: the event knows its own host and process",
		"<14>Nov 22 18:59:59 relay nxlog[77]: " NXLOG("Security",
			"Microsoft-Windows-Security-Auditing", "4688",
			"\"NewProcessName\":\"C:\\\\a.exe\",\"SubjectUserName\":\"sato\""),
		"host.name=dc1.example.com|process.name=a.exe|process.pid=|@product=windows"},
	{"the event as its own XML names it",
		"{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":"
		"\"Microsoft-Windows-Sysmon\"}},\"EventID\":11,\"TimeCreated\":{\"#attributes\":"
		"{\"SystemTime\":\"2026-11-22T09:59:58.5Z\"}},\"Channel\":"
		"\"Microsoft-Windows-Sysmon/Operational\",\"Computer\":\"ws1\",\"Security\":"
		"{\"#attributes\":{\"UserID\":\"S-1-5-18\"}}},\"EventData\":{\"TargetFilename\":"
		"\"C:\\\\x.txt\",\"ProcessId\":9}}}",
		"@time=2026-11-22T09:59:58.500Z|host.name=ws1|file.name=x.txt|process.pid=9|"
		"event.code=11|winlog.event_data.TargetFilename=C:\\x.txt"},
	{"Data elements by their Name",
		"{\"Event\":{\"System\":{\"EventID\":{\"#text\":4625},\"Channel\":\"Security\","
		"\"Computer\":\"ws1\",\"TimeCreated\":{\"@SystemTime\":\"2026-11-22T09:59:58Z\"}},"
		"\"EventData\":{\"Data\":[{\"@Name\":\"TargetUserName\",\"#text\":\"sato\"},{\"@"
		"Name\":"
		"\"IpAddress\",\"#text\":\"192.0.2.7\"}]}}}",
		"user.name=sato|source.ip=192.0.2.7|event.outcome=failure|event.code=4625"},
	{"a broken one is kept", "{\"EventID\":4624,\"Channel\":\"Security\",\"a\":+1}",
		"@unparsed=yes"},
	{0}};

Test(windows, sysmon)
{
	struct house house = {.in.history = true};

	house_rows(house, sysmon);
}

Test(windows, security_and_others)
{
	struct house house = {.in.history = true};

	house_rows(house, security);
}

Test(windows, other_shapes)
{
	struct house house = {.in.history = true, .zone = "+09:00"};

	house_rows(house, flat);
}

Test(windows, labels_by_channel_and_number)
{
	static const struct {
		const char *line;
		enum logsource want;
	} table[] = {
		{SYSMON("1", "\"Image\":\"a\""), LOGSOURCE_SYSMON_PROCESS_CREATION},
		{SYSMON("12", "\"EventType\":\"CreateKey\""), LOGSOURCE_SYSMON_REGISTRY_ADD},
		{SYSMON("12", "\"EventType\":\"DeleteValue\""), LOGSOURCE_SYSMON_REGISTRY_DELETE},
		{SYSMON("4", "\"State\":\"Started\""), LOGSOURCE_SYSMON_STATUS},
		{SECURITY("4688", "Audit Success", "\"a\":\"b\""), LOGSOURCE_WIN_PROCESS_CREATION},
		{SECURITY("4624", "Audit Success", "\"a\":\"b\""), LOGSOURCE_WIN_SECURITY},
		{BEAT("System", "x", "1", "\"a\":\"b\""), LOGSOURCE_WIN_SYSTEM},
		{BEAT("Windows PowerShell", "PowerShell", "400", "\"a\":\"b\""),
			LOGSOURCE_WIN_POWERSHELL_CLASSIC},
		{BEAT("DNS Server", "x", "1", "\"a\":\"b\""), LOGSOURCE_WIN_DNS_SERVER},
		{BEAT("Microsoft-Windows-TaskScheduler/Operational", "x", "129", "\"a\":\"b\""),
			LOGSOURCE_WIN_TASKS},
		{BEAT("microsoft-windows-bits-client/operational", "x", "16403", "\"a\":\"b\""),
			LOGSOURCE_WIN_BITS},
		{BEAT("Vendor-Own/Operational", "x", "1", "\"a\":\"b\""), LOGSOURCE_WIN_OTHER},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct house h = {.in.history = true};

		house_read(&h, str_of(table[i].line));
		cr_expect_eq(
			batch_records(h.batch)[0].logsource, table[i].want, "%s", table[i].line);
		house_done(&h);
	}
}

/* A name in the wrong group of winname.def would never be found. */
Test(windows, each_name_is_found)
{
	static const char *const names[] = {
#define G(n)
#define N(name)     #name,
#define B(id, name) name,
#include "parsers/winname.def"
#undef B
#undef N
#undef G
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_eq(win_data_find(str_of(names[i])), i + 1, "%s", names[i]);
	cr_expect_eq(win_data_find(STR("")), DATA_NONE);
	cr_expect_eq(win_data_find(STR("image")), DATA_NONE, "names are case-sensitive");
}

/* The table is bisected. */
Test(windows, each_number_is_found)
{
	static const struct {
		enum win_source source;
		unsigned id;
	} some[] = {{WIN_SYSMON, 1}, {WIN_SYSMON, 29}, {WIN_SYSMON, 255}, {WIN_SECURITY, 1100},
		{WIN_SECURITY, 4624}, {WIN_SECURITY, 4702}, {WIN_SECURITY, 4758},
		{WIN_SECURITY, 4825}, {WIN_SECURITY, 5159}, {WIN_SECURITY, 6279}, {WIN_SYSTEM, 104},
		{WIN_SYSTEM, 7045}, {WIN_POWERSHELL, 4104}, {WIN_POWERSHELL_CLASSIC, 600},
		{WIN_DEFENDER, 1006}, {WIN_DEFENDER, 5010}};

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		cr_expect_not_null(win_event_find(some[i].source, some[i].id), "%u", some[i].id);
	cr_expect_null(win_event_find(WIN_SYSMON, 4624));
	cr_expect_null(win_event_find(WIN_SECURITY, 1));
}

static const struct line_row backups[] = {
	{"a backup that was made",
		NXLOG("Microsoft-Windows-Backup", "Microsoft-Windows-Backup", "4", "\"a\":1"),
		"event.action=backup-completed|event.outcome=success|event.category=host|"
		"event.type=end|@product=windows"},
	{"one that was not",
		NXLOG("Microsoft-Windows-Backup", "Microsoft-Windows-Backup", "5", "\"a\":1"),
		"event.action=backup-failed|event.outcome=failure|event.type=end,error"},
	{"the catalog's deletion stays the Application channel's, where rules look for it",
		NXLOG("Application", "Microsoft-Windows-Backup", "524", "\"a\":1"),
		"event.action=|event.provider=Microsoft-Windows-Backup|event.code=524"},
	{NULL, NULL, NULL},
};

Test(windows, server_backup)
{
	house_rows((struct house){.zone = "Asia/Tokyo"}, backups);
}
