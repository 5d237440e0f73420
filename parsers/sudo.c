/* sudo.c - who became whom, and to do what: sudo, su, doas, pkexec. */
#include "parsers/form.h"
#include "parsers/pam.h"

static const struct event_words command = {"process", "start", "sudo_command", "success"};
static const struct event_words command_bad = {
	"authentication process", "denied start", "sudo_command", "failure"};
static const struct event_words wrong_password = {
	"authentication", "start", "sudo_auth_failed", "failure"};
static const struct event_words su_ok = {"authentication session", "start", "su", "success"};
static const struct event_words su_bad = {"authentication", "start", "su", "failure"};
static const struct event_words su_end = {"session", "end", "su", "success"};
static const struct event_words sudo_note = {"process", "info", "sudo_note", NULL};
static const struct event_words doas_bad = {
	"authentication", "start", "doas_auth_failed", "failure"};
static const struct event_words doas_ok = {"process", "start", "doas_command", "success"};
static const struct event_words doas_denied = {
	"process", "denied start", "doas_command", "failure"};
static const struct event_words pkexec_ok = {"process", "start", "pkexec_command", "success"};
static const struct event_words pkexec_bad = {
	"process", "denied start", "pkexec_command", "failure"};

static const struct form_slot slots[FORM_SLOTS] = {
	['u'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['U'] = {TAKE_REST, PUT_TEXT, FIELD_USER_NAME, 0, NULL, 0},
	['e'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_EFFECTIVE_NAME, 0, NULL, 0},
	['E'] = {TAKE_REST, PUT_TEXT, FIELD_USER_EFFECTIVE_NAME, 0, NULL, 0},
	['t'] = {TAKE_REST, PUT_TEXT, FIELD_PROCESS_TTY_NAME, 0, NULL, 0},
	['T'] = {TAKE_LAZY, PUT_TEXT, FIELD_PROCESS_TTY_NAME, 0, NULL, 0},
	['d'] = {TAKE_LAZY, PUT_TEXT, FIELD_PROCESS_WORKING_DIRECTORY, 0, NULL, 0},
	['D'] = {TAKE_REST, PUT_TEXT, FIELD_PROCESS_WORKING_DIRECTORY, 0, NULL, 0},
	['c'] = {TAKE_GREEDY, PUT_TEXT, FIELD_PROCESS_COMMAND_LINE, 0, NULL, 0},
	['C'] = {TAKE_REST, PUT_TEXT, FIELD_PROCESS_COMMAND_LINE, 0, NULL, 0},
	['k'] = {TAKE_LAZY, PUT_TEXT, FIELD_PROCESS_COMMAND_LINE, 0, NULL, 0},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['l'] = {TAKE_LAZY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL, 0},
	['n'] = {TAKE_NUMBER, PUT_NOTHING, 0, 0, NULL, 0},
	['x'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL, 0},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL, 0},
};

/* ---- sudo: "user : [reason ; ]TTY=… ; PWD=… ; USER=… ; COMMAND=…" ---- */

static bool
put_sudo_pair(struct recs *w, struct str part)
{
	static const struct {
		struct str key;
		uint16_t field;
		const char *name;
	} keys[] = {
		{{"TTY", 3}, FIELD_PROCESS_TTY_NAME, NULL},
		{{"PWD", 3}, FIELD_PROCESS_WORKING_DIRECTORY, NULL},
		{{"USER", 4}, FIELD_USER_EFFECTIVE_NAME, NULL},
		{{"GROUP", 5}, 0, "sudo.group"},
		{{"HOST", 4}, 0, "sudo.host"},
		{{"TSID", 4}, 0, "sudo.tsid"},
		{{"ENV", 3}, 0, "sudo.env"},
		{{"CHROOT", 6}, 0, "sudo.chroot"},
		{{"CWD", 3}, FIELD_PROCESS_WORKING_DIRECTORY, NULL},
		{{"COMMAND", 7}, FIELD_PROCESS_COMMAND_LINE, NULL},
	};
	struct str key;

	if (!str_cut(&part, '=', &key))
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!str_eq(key, keys[i].key))
			continue;
		if (keys[i].field)
			rec_put(w, keys[i].field, part);
		else
			rec_put_named(w, str_of(keys[i].name), VALUE_STRING, part, 0);
		return true;
	}
	return false;
}

/* Where the next " ; KEY=" or "COMMAND=" stands: values may hold " ; " themselves. */
static bool
take_sudo_part(struct str *s, struct str *part)
{
	if (s->n == 0)
		return false;
	if (str_starts(*s, STR("COMMAND="))) {
		*part = *s;
		*s = str_make(s->p + s->n, 0);
		return true;
	}
	str_cut_at(s, STR(" ; "), part);
	return true;
}

static bool
read_sudo(struct recs *w, struct str s)
{
	struct str user, part;
	bool refused = false, asked = false, has_command = false;

	if (!str_cut_at(&s, STR(" : "), &user) || user.n == 0 || user.n > 255 ||
		str_chr(user, ' ') >= 0)
		return false;
	rec_put(w, FIELD_USER_NAME, user);
	while (take_sudo_part(&s, &part)) {
		has_command |= str_starts(part, STR("COMMAND="));
		if (put_sudo_pair(w, part))
			continue;
		if (str_starts(part, STR("(command continued) "))) {
			str_skip(&part, 20);
			rec_put(w, FIELD_PROCESS_COMMAND_LINE, part);
			has_command = true;
			continue;
		}
		refused = true;
		asked |= str_find(part, STR("incorrect password attempt")) >= 0;
		if (part.n > 0)
			rec_put(w, FIELD_EVENT_REASON, part);
	}
	if (asked)
		parse_event(w, &wrong_password);
	else
		parse_event(w, refused ? &command_bad : has_command ? &command : &sudo_note);
	if (w->cur)
		w->cur->flags |= RECORD_REFERS;
	return true;
}

/* ---- the others ---- */

static const struct form su_forms[] = {
	{"(to %e) %u on %t", &su_ok, RECORD_REFERS},
	{"FAILED SU (to %e) %u on %t", &su_bad, RECORD_REFERS},
	{"Successful su for %e by %U", &su_ok, RECORD_REFERS},
	{"FAILED su for %e by %U", &su_bad, RECORD_REFERS},
	{"Authentication failed for %E", &su_bad, RECORD_REFERS},
	{"+ %T %u:%E", &su_ok, RECORD_REFERS},
	{"- %T %u:%E", &su_bad, RECORD_REFERS},
	{"+ %T %u-%E", &su_ok, RECORD_REFERS},
	{"- %T %u-%E", &su_bad, RECORD_REFERS},
	{"'su %e' failed for %u on %t", &su_bad, RECORD_REFERS},
	{"'su %e' succeeded for %u on %t", &su_ok, RECORD_REFERS},
	{"'su' failed for %u on %t", &su_bad, RECORD_REFERS},
	{"'su' succeeded for %u on %t", &su_ok, RECORD_REFERS},
	{"BAD SU %u to %e on %t", &su_bad, RECORD_REFERS},
	{"failed: %T changing from %u to %E", &su_bad, RECORD_REFERS},
	{"succeeded: %T changing from %u to %E", &su_ok, RECORD_REFERS},
	{"from %u to %e at %t", &su_ok, RECORD_REFERS},
	{"pam_authenticate: %r", &su_bad, 0},
	{"No passwd entry for user '%e'", &su_bad, 0},
	{"user %e does not exist%*", &su_bad, 0},
	{"Cannot drop %r", &su_end, 0},
	{"Session terminated, %*", &su_end, 0},
	/* BSD; last, because a free sentence can look like it */
	{"%u to %e on %t", &su_ok, RECORD_REFERS},
};

static const struct form doas_forms[] = {
	{"failed auth for %U", &doas_bad, RECORD_REFERS},
	{"failed command for %u: %C", &doas_denied, RECORD_REFERS},
	{"command not permitted for %u: %C", &doas_denied, RECORD_REFERS},
	{"%u ran command %k as %e from %D", &doas_ok, RECORD_REFERS},
	{"%u ran command as %e: %C", &doas_ok, RECORD_REFERS},
};

static const struct form pkexec_forms[] = {
	{"%u: Executing command [USER=%e] [TTY=%T] [CWD=%d] [COMMAND=%c]", &pkexec_ok,
		RECORD_REFERS},
	{"%u: Error executing command as another user: %l [USER=%e] [TTY=%T] [CWD=%d] "
	 "[COMMAND=%c]",
		&pkexec_bad, RECORD_REFERS},
	{"%u: The value for %l [USER=%e] [TTY=%T] [CWD=%d] [COMMAND=%c]", &pkexec_bad,
		RECORD_REFERS},
};

static const struct form sudo_forms[] = {
	{"unable to %r", &sudo_note, 0},
	{"timestamp too far in the future%*", &sudo_note, 0},
	{"problem with defaults entries%*", &sudo_note, 0},
	{"%n incorrect password attempt%*", &wrong_password, 0},
};

static enum parsed
sudo_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct form_caps caps;

	s = str_trim(s);
	if (pam_read(ctx, s, w) || read_sudo(w, s) ||
		form_read(w, sudo_forms, FORM_COUNT(sudo_forms), slots, s, &caps))
		return PARSED_OK;
	return PARSED_NOT;
}

static enum parsed
su_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	const struct form *forms = su_forms;
	size_t n = FORM_COUNT(su_forms);
	struct form_caps caps;

	s = str_trim(s);
	if (pam_read(ctx, s, w))
		return PARSED_OK;
	if (str_eq(ctx->program, STR("doas"))) {
		forms = doas_forms;
		n = FORM_COUNT(doas_forms);
	} else if (str_eq(ctx->program, STR("pkexec"))) {
		forms = pkexec_forms;
		n = FORM_COUNT(pkexec_forms);
	}
	return form_read(w, forms, n, slots, s, &caps) ? PARSED_OK : PARSED_NOT;
}

/* "sato : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", where the header is gone. */
static bool
sudo_sniff(struct str s)
{
	return str_find(s, STR(" : ")) > 0 && str_find(s, STR(" ; PWD=")) > 0 &&
	       str_find(s, STR(" ; USER=")) > 0 && str_find(s, STR(" ; COMMAND=")) > 0;
}

const struct parser parser_sudo = {
	.name = "sudo",
	.logsource = LOGSOURCE_SUDO,
	.module = "system",
	.dataset = "system.auth",
	.programs = "sudo sudoedit",
	.sniff = sudo_sniff,
	.parse = sudo_parse,
};

const struct parser parser_su = {
	.name = "su",
	.words = "doas pkexec",
	.logsource = LOGSOURCE_SU,
	.module = "system",
	.dataset = "system.auth",
	.programs = "su doas pkexec runuser",
	.parse = su_parse,
};
