/* Audit records: what must not be lost or believed. */
#include <criterion/criterion.h>

#include "a_house.h"

#define ID "msg=audit(1795341598.123:4711): "

static const struct line_row rows[] = {
	{"time and serial come from the record", "type=CWD " ID "cwd=\"/srv\"",
		"@time=2026-11-22T09:59:58.123Z|auditd.log.sequence=4711|auditd.log.record_type="
		"CWD|"
		"process.working_directory=/srv|@joins=yes"},
	{"a node is the host, whoever sent it",
		"<13>Nov 22 09:59:58 relay audispd: node=web1 type=CWD " ID "cwd=\"/\"",
		"host.name=web1"},
	{"digits are decoded only where a user may choose the text",
		"type=EXECVE " ID "argc=2 a0=\"id\" a1=2D6E20782078",
		"process.command_line=id -n x x|process.args=id,-n x x|auditd.log.a1=-n x x"},
	{"bytes that are no UTF-8 stay visible", "type=EXECVE " ID "argc=2 a0=\"id\" a1=FFFE41",
		"process.command_line=id \xef\xbf\xbd\xef\xbf\xbd\x41"},
	{"quoted digits are text", "type=EXECVE " ID "argc=1 a0=\"4142\"",
		"process.command_line=4142"},
	{"arguments that are not all here are not called the command line",
		"type=EXECVE " ID "argc=900 a0=\"rm\" a1=\"x\"",
		"process.command_line=|auditd.log.arguments=rm x"},
	{"pieces of one argument are one",
		"type=EXECVE " ID "a1_len=10 a1[3]=\"abc\" a1[4]=\"def\" a2=\"g\"",
		"auditd.log.arguments=abcdef g"},
	{"a quote in a message does not end it",
		"type=USER_AUTH " ID "pid=1 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:auth "
		"acct=\"o'neil\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.9 terminal=ssh "
		"res=failed'",
		"user.name=o'neil|source.ip=192.0.2.9|event.outcome=failure|user.id=|"
		"event.category=authentication"},
	{"an account that does not exist is nobody",
		"type=USER_LOGIN " ID "pid=1 uid=0 auid=4294967295 msg='op=login "
		"acct=\"(invalid user)\" addr=192.0.2.9 res=failed'",
		"user.name=|user.id=|source.ip=192.0.2.9|auditd.log.acct=(invalid user)"},
	{"who takes another's account stays himself",
		"type=USER_START " ID "pid=1 uid=0 auid=1000 ses=1 msg='op=PAM:session_open "
		"acct=\"root\" addr=? res=success' AUID=\"sato\" UID=\"root\"",
		"user.name=sato|user.effective.name=root|user.id=1000"},
	{"the new account is the target, not the actor",
		"type=ADD_USER " ID "pid=1 uid=0 auid=1000 ses=1 msg='op=add-user acct=\"mori\" "
		"hostname=web1 addr=? terminal=pts/0 res=success'",
		"user.target.name=mori|user.name=|user.id=1000|source.domain=|event.type=user,"
		"creation"},
	{"a call without a name keeps its number",
		"type=SYSCALL " ID "arch=80000016 syscall=11 success=yes exit=0 pid=5 comm=\"x\"",
		"auditd.log.SYSCALL=11|event.action=11|process.name=x"},
	{"32 bit on 64", "type=SYSCALL " ID "arch=40000003 syscall=11 success=no pid=5",
		"auditd.log.SYSCALL=execve|event.outcome=failure|event.type=start"},
	{"the daemon's own name of the call wins",
		"type=SYSCALL " ID "arch=c000003e syscall=59 pid=5 key=(null)\x1d"
		"SYSCALL=execveat",
		"auditd.log.SYSCALL=execveat|auditd.log.key=|@flags="},
	{"a key twice is no key lost", "type=AVC " ID "avc:  denied  { read } for  pid=1 pid=2",
		"auditd.log.pid=1,2|process.pid=1|auditd.log.seperms=read|event.type=denied"},
	{"permissive lets through", "type=AVC " ID "avc:  denied  { read } for  pid=1 permissive=1",
		"event.type=denied|event.outcome=success"},
	{"a wildcard is nobody's address",
		"type=SOCKADDR " ID "saddr=02000016000000000000000000000000",
		"destination.ip=|destination.port=22"},
	{"a cut socket address", "type=SOCKADDR " ID "saddr=0200001600",
		"destination.ip=|destination.port="},
	{"an abstract socket", "type=SOCKADDR " ID "saddr=0100002F746D702F7800",
		"file.path=@/tmp/x|auditd.log.saddr_fam=local"},
	{"rsyslog's way to write the separator",
		"type=USER_END " ID
		"pid=1 uid=0 auid=1000 msg='op=x acct=\"a\" res=success'#035UID="
		"\"root\" AUID=\"a\"",
		"event.outcome=success|auditd.log.AUID=a|user.name=a"},
	{"an open quote", "type=CWD " ID "cwd=\"/srv", "process.working_directory=/srv|@flags=kv"},
	{"the kernel's line",
		"<5>Nov 22 09:59:58 h kernel: [ 12.5] audit: type=1327 "
		"audit(1795341598.123:7): proctitle=6C73002D6C",
		"process.title=ls -l|auditd.log.record_type=PROCTITLE|auditd.log.sequence=7"},
	{"auditd's own words are no record",
		"<29>Nov 22 09:59:58 h auditd[600]: Audit daemon rotating log files",
		"auditd.log.record_type=|@joins=|@unparsed="},
	{0}};

Test(auditd, rows)
{
	house_rows((struct house){0}, rows);
}
