/* unix.c - cron, systemd, logind, login and the tools that keep accounts. */
#include "parsers/form.h"
#include "parsers/pam.h"

static const struct form_slot slots[FORM_SLOTS] = {
	['u'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['U'] = {TAKE_REST, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['b'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_TARGET_NAME, 0, NULL, 0},
	['B'] = {TAKE_REST, PUT_TEXT, FIELD_USER_TARGET_NAME, 0, NULL, 0},
	['k'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_CHANGES_NAME, 0, NULL, 0},
	['i'] = {TAKE_NUMBER, PUT_TEXT, FIELD_USER_TARGET_ID, 0, NULL, 0},
	['g'] = {TAKE_LAZY, PUT_TEXT, FIELD_GROUP_NAME, 0, NULL, 0},
	['G'] = {TAKE_REST, PUT_TEXT, FIELD_GROUP_NAME, 0, NULL, 0},
	['j'] = {TAKE_NUMBER, PUT_TEXT, FIELD_GROUP_ID, 0, NULL, 0},
	['c'] = {TAKE_GREEDY, PUT_TEXT, FIELD_PROCESS_COMMAND_LINE, 0, NULL, 0},
	['t'] = {TAKE_LAZY, PUT_TEXT, FIELD_PROCESS_TTY_NAME, 0, NULL, 0},
	['h'] = {TAKE_LAZY, PUT_HOST, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, NULL, 0},
	['H'] = {TAKE_REST, PUT_HOST, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, NULL, 0},
	['s'] = {TAKE_LAZY, PUT_TEXT, FIELD_SERVICE_NAME, 0, NULL, 0},
	['S'] = {TAKE_GREEDY, PUT_TEXT, FIELD_SERVICE_NAME, 0, NULL, 0},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['R'] = {TAKE_GREEDY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['l'] = {TAKE_LAZY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['n'] = {TAKE_NUMBER, PUT_NOTHING, 0, 0, NULL, 0},
	['x'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL, 0},
	['z'] = {TAKE_LAZY, PUT_NOTHING, 0, 0, NULL, 0},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL, 0},
};

/* ---- cron ---- */

static const struct event_words cron_command = {"process", "start", "cron_command", NULL};
static const struct event_words cron_output = {"process", "info", "cron_output", NULL};
static const struct event_words cron_edit = {"configuration", "change", "crontab_edit", NULL};
static const struct event_words cron_read = {"configuration", "access", "crontab_read", NULL};
static const struct event_words cron_reload = {"configuration", "change", "cron_reload", NULL};
static const struct event_words cron_denied = {
	"configuration", "denied", "crontab_edit", "failure"};
static const struct event_words cron_bad = {"process", "error", "cron_error", "failure"};
static const struct event_words cron_note = {"process", "info", "cron_note", NULL};

static const struct form cron_forms[] = {
	{"(%u) CMD (%c)", &cron_command, 0},
	{"(%u) CMDOUT (%R)", &cron_output, 0},
	{"(%u) CMDEND (%c)", &cron_command, 0},
	{"(%u) MAIL (%R)", &cron_output, 0},
	{"(%u) BEGIN EDIT (%b)", &cron_edit, 0},
	{"(%u) END EDIT (%b)", &cron_edit, 0},
	{"(%u) REPLACE (%b)", &cron_edit, 0},
	{"(%u) DELETE (%b)", &cron_edit, 0},
	{"(%u) LIST (%b)", &cron_read, 0},
	{"(%u) AUTH (%R)", &cron_denied, 0},
	{"(%u) RELOAD (%R)", &cron_reload, 0},
	{"(CRON) STARTUP (%R)", &cron_note, 0},
	{"(CRON) INFO (%R)", &cron_note, 0},
	{"(CRON) DEATH (%R)", &cron_bad, 0},
	{"(CRON) error (%R)", &cron_bad, 0},
	{"(%u) FAILED %r", &cron_bad, 0},
	{"(%u) WRONG FILE OWNER (%R)", &cron_bad, 0},
	{"(%u) INSECURE MODE (%R)", &cron_bad, 0},
	{"(%u) ORPHAN (%R)", &cron_bad, 0},
	{"(%u) ERROR (%R)", &cron_bad, 0},
	{"(%u) Error: %r", &cron_bad, 0},
	{"(%z) starting %c", &cron_command, 0},
	{"(%z) finished %c", &cron_command, 0},
	{"(%u) %z (%R)", &cron_note, 0},
	{"Job `%z' started", &cron_command, 0},
	{"Job `%z' terminated%*", &cron_command, 0},
	{"Anacron %*", &cron_note, 0},
	{"Normal exit (%*", &cron_note, 0},
	{"Will run job `%*", &cron_note, 0},
	{"Jobs will be %*", &cron_note, 0},
	{"Updated timestamp for job `%*", &cron_note, 0},
};

/* ---- systemd ---- */

static const struct event_words unit_start = {"process", "start", "unit_start", "success"};
static const struct event_words unit_stop = {"process", "end", "unit_stop", "success"};
static const struct event_words unit_failed = {"process", "error", "unit_failed", "failure"};
static const struct event_words unit_note = {"process", "info", "unit_note", NULL};
static const struct event_words session_new = {"session", "start", "session_start", "success"};
static const struct event_words session_end = {"session", "end", "session_end", NULL};
static const struct event_words power = {"host", "info", "power", NULL};

static const struct form systemd_forms[] = {
	{"Started Session %x of user %u.", &session_new, 0},
	{"Started Session %x of User %u.", &session_new, 0},
	{"Starting Session %x of user %u.", &session_new, 0},
	{"Started %S.", &unit_start, 0},
	{"Starting %S...", &unit_start, 0},
	{"Finished %S.", &unit_stop, 0},
	{"Stopped %S.", &unit_stop, 0},
	{"Stopping %S...", &unit_stop, 0},
	{"Failed to start %S.", &unit_failed, 0},
	{"Failed to %r", &unit_failed, 0},
	{"Dependency failed for %S.", &unit_failed, 0},
	{"Reloaded %S.", &unit_note, 0},
	{"Reloading %S...", &unit_note, 0},
	{"Reloading.", &unit_note, 0},
	{"Reached target %S.", &unit_note, 0},
	{"Stopped target %S.", &unit_note, 0},
	{"Created slice %S.", &unit_note, 0},
	{"Removed slice %S.", &unit_note, 0},
	{"Listening on %S.", &unit_note, 0},
	{"Closed %S.", &unit_note, 0},
	{"Mounted %S.", &unit_note, 0},
	{"Mounting %S...", &unit_note, 0},
	{"Unmounted %S.", &unit_note, 0},
	{"Unmounting %S...", &unit_note, 0},
	{"Set hostname to %*", &unit_note, 0},
	{"Startup finished in %*", &unit_note, 0},
	{"Received SIG%*", &unit_note, 0},
	{"Removed session %x.", &session_end, 0},
	{"New session %x of user %u.", &session_new, 0},
	{"New session '%z' of user '%u' %*", &session_new, 0},
	{"Session %x logged out. %*", &session_end, 0},
	{"New seat %*", &unit_note, 0},
	{"Watching system buttons on %*", &unit_note, 0},
	{"Power key pressed%*", &power, 0},
	{"System is %*", &power, 0},
	{"The system will %*", &power, 0},
	{"Lid %*", &power, 0},
	{"%s: Deactivated successfully.", &unit_stop, 0},
	{"%s: Succeeded.", &unit_stop, 0},
	{"%s: Failed with result '%l'.", &unit_failed, 0},
	{"%s: Main process exited, %r", &unit_failed, 0},
	{"%s: Control process exited, %r", &unit_failed, 0},
	{"%s: Scheduled restart job, %r", &unit_failed, 0},
	{"%s: Consumed %*", &unit_note, 0},
	{"%s: State '%z' timed out. %*", &unit_failed, 0},
	{"%s: Killing process %*", &unit_failed, 0},
	{"%s: Found left-over process %*", &unit_failed, 0},
	{"%s: Unit entered failed state.", &unit_failed, 0},
	{"%s: Service hold-off time over, %*", &unit_note, 0},
	{"%s: A process of this unit has been killed by the OOM killer.", &unit_failed, 0},
	{"%s: %r", &unit_note, 0},
};

/* ---- accounts ---- */

static const struct event_words user_add = {"iam", "user creation", "user_add", "success"};
static const struct event_words user_add_bad = {"iam", "user creation", "user_add", "failure"};
static const struct event_words user_change = {"iam", "user change", "user_change", "success"};
static const struct event_words user_lock = {"iam", "user change", "user_lock", "success"};
static const struct event_words user_unlock = {"iam", "user change", "user_unlock", "success"};
static const struct event_words user_rename = {"iam", "user change", "user_rename", "success"};
static const struct event_words user_delete = {"iam", "user deletion", "user_delete", "success"};
static const struct event_words user_password = {
	"iam", "user change", "user_password_change", "success"};
static const struct event_words group_add = {"iam", "group creation", "group_add", "success"};
static const struct event_words group_delete = {"iam", "group deletion", "group_delete", "success"};
static const struct event_words group_change = {"iam", "group change", "group_change", "success"};
static const struct event_words member_add = {"iam", "group change", "group_member_add", "success"};
static const struct event_words member_delete = {
	"iam", "group change", "group_member_delete", "success"};
static const struct event_words service_connect = {
	"network", "connection start", "service_connect", NULL};
static const struct event_words login_ok = {"authentication", "start", "login", "success"};
static const struct event_words login_bad = {"authentication", "start", "login", "failure"};

static const struct form account_forms[] = {
	{"new user: name=%b, UID=%i, GID=%j, home=%z", &user_add, 0},
	{"new group: name=%g, GID=%j", &group_add, 0},
	{"group added to %z: name=%g, GID=%j", &group_add, 0},
	{"group added to %z: name=%G", &group_add, 0},
	{"failed adding user '%b', %r", &user_add_bad, 0},
	{"failed adding user `%b', %r", &user_add_bad, 0},
	{"add '%b' to group '%g'", &member_add, 0},
	{"add `%b' to group `%g'", &member_add, 0},
	{"add '%b' to shadow group '%g'", &member_add, 0},
	{"add `%b' to shadow group `%g'", &member_add, 0},
	{"delete '%b' from group '%g'", &member_delete, 0},
	{"delete `%b' from group `%g'", &member_delete, 0},
	{"delete '%b' from shadow group '%g'", &member_delete, 0},
	{"delete `%b' from shadow group `%g'", &member_delete, 0},
	{"user %b added by %u to group %G", &member_add, RECORD_REFERS},
	{"user %b removed by %u from group %G", &member_delete, RECORD_REFERS},
	{"members of group %g set by %u to %*", &group_change, RECORD_REFERS},
	{"group %g created by %U", &group_add, RECORD_REFERS},
	{"change user '%b' password", &user_password, 0},
	{"change user `%b' password", &user_password, 0},
	{"change user name '%b' to '%k'", &user_rename, 0},
	{"change user '%b' %r", &user_change, 0},
	{"change user `%b' %r", &user_change, 0},
	{"changed user '%b' %r", &user_change, 0},
	{"changed user `%b' %r", &user_change, 0},
	{"changed password expiry for %B", &user_change, 0},
	{"lock user '%b' password", &user_lock, 0},
	{"unlock user '%b' password", &user_unlock, 0},
	{"delete user '%b'", &user_delete, 0},
	{"delete user `%b'", &user_delete, 0},
	{"removed group '%g' owned by '%z'", &group_delete, 0},
	{"removed group `%g' owned by `%z'", &group_delete, 0},
	{"removed shadow group '%g' owned by '%z'", &group_delete, 0},
	{"group '%g' removed%*", &group_delete, 0},
	{"group `%g' removed%*", &group_delete, 0},
	{"group changed in %z (group %g/%j%*", &group_change, 0},
	{"group changed in %*", &group_change, 0},
	{"password for '%b' changed by '%u'", &user_password, RECORD_REFERS},
	{"password for `%b' changed by `%u'", &user_password, RECORD_REFERS},
	{"ROOT LOGIN  on '%t'", &login_ok, 0},
	{"ROOT LOGIN ON %t FROM %h", &login_ok, 0},
	{"ROOT LOGIN ON %t", &login_ok, 0},
	{"LOGIN ON %t BY %u FROM %h", &login_ok, RECORD_REFERS},
	{"LOGIN ON %t BY %U", &login_ok, RECORD_REFERS},
	{"FAILED LOGIN (%n) on '%t' FOR '%u', %r", &login_bad, RECORD_REFERS},
	{"FAILED LOGIN (%n) on '%t' from '%h' FOR '%u', %r", &login_bad, RECORD_REFERS},
	{"FAILED LOGIN %n FROM %h FOR %u, %r", &login_bad, RECORD_REFERS},
	{"FAILED LOGIN SESSION FROM %h FOR %u, %r", &login_bad, RECORD_REFERS},
	{"TOO MANY LOGIN TRIES (%n) on '%t' FOR '%u'", &login_bad, RECORD_REFERS},
	{"DIALUP AT %t BY %U", &login_ok, RECORD_REFERS},
	{"connection from %h (%z) at %*", &service_connect, 0},
	{"connection from %h () at %*", &service_connect, 0},
	{"connection from %h at %*", &service_connect, 0},
	{"connect from %h (%z)", &service_connect, 0},
	{"connect from %H", &service_connect, 0},
	{"ANONYMOUS FTP LOGIN FROM %h, %*", &login_ok, 0},
	{"FTP LOGIN FROM %h as %U", &login_ok, RECORD_REFERS},
	{"FTP LOGIN FROM %h, %U", &login_ok, RECORD_REFERS},
	{"FTP LOGIN REFUSED FROM %h, %U", &login_bad, RECORD_REFERS},
	{"FAILED LOGIN FROM %h, %U", &login_bad, RECORD_REFERS},
};

static enum parsed
read_rows(struct parse_ctx *ctx, struct str s, struct recs *w, const struct form *forms, size_t n)
{
	struct form_caps caps;

	s = str_trim(s);
	if (pam_read(ctx, s, w) || form_read(w, forms, n, slots, s, &caps))
		return PARSED_OK;
	return PARSED_NOT;
}

static enum parsed
cron_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	return read_rows(ctx, s, w, cron_forms, FORM_COUNT(cron_forms));
}

static enum parsed
systemd_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	return read_rows(ctx, s, w, systemd_forms, FORM_COUNT(systemd_forms));
}

static enum parsed
account_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	return read_rows(ctx, s, w, account_forms, FORM_COUNT(account_forms));
}

const struct parser parser_cron = {
	.name = "cron",
	.words = "crond crontab anacron",
	.logsource = LOGSOURCE_CRON,
	.module = "system",
	.dataset = "system.cron",
	.programs = "CRON cron crond crontab anacron run-parts CROND /USR/SBIN/CRON",
	.parse = cron_parse,
};

const struct parser parser_systemd = {
	.name = "systemd",
	.logsource = LOGSOURCE_SYSTEMD,
	.module = "system",
	.dataset = "system.systemd",
	.programs = "systemd systemd-logind systemd-user",
	.parse = systemd_parse,
};

const struct parser parser_account = {
	.name = "account",
	.words = "shadow useradd passwd login",
	.logsource = LOGSOURCE_PAM,
	.module = "system",
	.dataset = "system.auth",
	.programs = "useradd usermod userdel groupadd groupmod groupdel gpasswd passwd chpasswd "
		    "chage chfn chsh adduser addgroup deluser newusers login vipw ftpd in.ftpd "
		    "telnetd in.telnetd rshd in.rshd rlogind in.rlogind",
	.parse = account_parse,
};
