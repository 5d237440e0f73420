#include <criterion/criterion.h>

#include "a_house.h"

#define T "<85>Nov 22 09:59:58 web01 "

static const struct line_row rows[] = {
	{"a command",
		T
		"sudo:     sato : TTY=pts/0 ; PWD=/home/sato ; USER=root ; COMMAND=/bin/ls -l ; id",
		"event.action=sudo_command|event.outcome=success|user.name=sato|user.effective."
		"name=root|"
		"process.command_line=/bin/ls -l ; id|process.working_directory=/home/sato|"
		"process.tty.name=pts/0"},
	{"wrong passwords",
		T "sudo:   sato : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; "
		  "COMMAND=/bin/su",
		"event.action=sudo_auth_failed|event.outcome=failure|user.name=sato|"
		"event.reason=3 incorrect password attempts|process.command_line=/bin/su"},
	{"not in sudoers",
		T
		"sudo: eve : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
		"event.action=sudo_command|event.outcome=failure|user.name=eve|event.reason=user "
		"NOT in sudoers"},
	{"not allowed",
		T
		"sudo: eve : command not allowed ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
		"event.action=sudo_command|event.outcome=failure|event.reason=command not allowed"},
	{"PAM for sudo",
		T "sudo: pam_unix(sudo:auth): authentication failure; logname=eve uid=1001 euid=0 "
		  "tty=/dev/pts/1 ruser=eve rhost=  user=eve",
		"event.action=pam_auth_failure|user.name=eve|source.ip=|process.tty.name=/dev/pts/"
		"1"},
	{"su", T "su[9]: (to root) sato on pts/0",
		"event.action=su|event.outcome=success|user.name=sato|user.effective.name=root"},
	{"su refused", T "su[9]: FAILED SU (to root) sato on pts/0",
		"event.action=su|event.outcome=failure|user.name=sato|user.effective.name=root"},
	{"su, the other wording", T "su[9]: Successful su for root by sato",
		"event.action=su|event.outcome=success|user.name=sato|user.effective.name=root"},
	{"doas", T "doas: sato ran command /bin/ls as root from /home/sato",
		"event.action=doas_command|user.name=sato|user.effective.name=root|process.command_"
		"line=/bin/ls"},
	{"cron", T "CRON[77]: (root) CMD (cd / && ( run-parts /etc/cron.hourly ))",
		"event.action=cron_command|user.name=root|process.pid=77|"
		"process.command_line=cd / && ( run-parts /etc/cron.hourly )"},
	{"a new crontab", T "crontab[77]: (sato) REPLACE (sato)",
		"event.action=crontab_edit|user.name=sato"},
	{"a new account",
		T "useradd[5]: new user: name=mori, UID=1005, GID=1005, home=/home/mori, "
		  "shell=/bin/bash, from=/dev/pts/0",
		"event.action=user_add|event.category=iam|event.type=user,creation|user.target."
		"name=mori|user.target.id=1005"},
	{"into a group", T "usermod[5]: add 'mori' to group 'sudo'",
		"event.action=group_member_add|user.target.name=mori|group.name=sudo"},
	{"gone", T "userdel[5]: delete user 'mori'",
		"event.action=user_delete|user.target.name=mori"},
	{"a new group", T "groupadd[5]: new group: name=dev, GID=2000",
		"event.action=group_add|group.name=dev|group.id=2000"},
	{"a password", T "passwd[5]: pam_unix(passwd:chauthtok): password changed for mori",
		"event.action=pam_password_changed|user.name=mori"},
	{"a unit starts", T "systemd[1]: Started OpenBSD Secure Shell server.",
		"event.action=unit_start|service.name=OpenBSD Secure Shell server"},
	{"a unit fails", T "systemd[1]: web.service: Failed with result 'exit-code'.",
		"event.action=unit_failed|event.outcome=failure|service.name=web.service|event."
		"reason=exit-code"},
	{"a session of logind", T "systemd-logind[4]: New session 12 of user sato.",
		"event.action=session_start|user.name=sato"},
	{"a login refused",
		T "login[5]: FAILED LOGIN (2) on '/dev/tty1' FOR 'root', Authentication failure",
		"event.action=login|event.outcome=failure|user.name=root|process.tty.name=/dev/"
		"tty1"},
	{0},
};

Test(sudo, rows)
{
	house_rows((struct house){0}, rows);
}
