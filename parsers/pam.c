/* pam.c - Linux-PAM and its modules. */
#include "parsers/pam.h"

#include "parsers/form.h"

static const struct event_words auth_failed = {
	"authentication", "start", "pam_auth_failure", "failure"};
static const struct event_words auth_ok = {"authentication", "start", "pam_auth", "success"};
static const struct event_words user_unknown = {
	"authentication", "start", "pam_user_unknown", "failure"};
static const struct event_words denied = {"authentication", "denied", "pam_denied", "failure"};
static const struct event_words locked = {"authentication", "denied", "pam_locked", "failure"};
static const struct event_words opened = {"session", "start", "pam_session_opened", "success"};
static const struct event_words closed = {"session", "end", "pam_session_closed", "success"};
static const struct event_words changed = {"iam", "user change", "pam_password_changed", "success"};
static const struct event_words note = {"authentication", "info", "pam_note", NULL};

static const struct form_slot slots[FORM_SLOTS] = {
	['u'] = {TAKE_LAZY, PUT_TEXT, FIELD_USER_NAME, 0, NULL},
	['g'] = {TAKE_GREEDY, PUT_TEXT, FIELD_USER_NAME, 0, NULL},
	['U'] = {TAKE_REST, PUT_TEXT, FIELD_USER_NAME, 0, NULL},
	['i'] = {TAKE_NUMBER, PUT_TEXT, FIELD_USER_ID, 0, NULL},
	['b'] = {TAKE_LAZY, PUT_NAMED, 0, 0, "pam.by"},
	['a'] = {TAKE_LAZY, PUT_HOST, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, NULL},
	['r'] = {TAKE_REST, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL},
	['l'] = {TAKE_LAZY, PUT_TEXT, FIELD_EVENT_REASON, 0, NULL},
	['n'] = {TAKE_NUMBER, PUT_NOTHING, 0, 0, NULL},
	['x'] = {TAKE_WORD, PUT_NOTHING, 0, 0, NULL},
	['z'] = {TAKE_LAZY, PUT_NOTHING, 0, 0, NULL},
	['*'] = {TAKE_REST, PUT_NOTHING, 0, 0, NULL},
};

/* What a module says behind "pam_x(service:type): ". */
static const struct form forms[] = {
	{"session opened for user %u(uid=%i) by %b(uid=%n)", &opened, 0},
	{"session opened for user %u by %b(uid=%n)", &opened, 0},
	{"session opened for user %u by %*", &opened, 0},
	{"session opened for user %U", &opened, 0},
	{"session closed for user %U", &closed, 0},
	{"check pass; user unknown", &user_unknown, 0},
	{"check pass; %r", &user_unknown, 0},
	{"authentication success; %*", &auth_ok, 0},
	{"account %u has expired %*", &denied, 0},
	{"expired password for user %u (%l)", &denied, 0},
	{"password changed for %U", &changed, 0},
	{"user password changed by %U", &changed, 0},
	{"requirement \"%l\" not met by user \"%g\"", &denied, 0},
	{"requirement \"%z\" was met by user \"%g\"", &note, 0},
	{"received for user %u: %n (%l)", &denied, 0},
	{"received for user %u: %r", &denied, 0},
	{"user %u (%i) tally %n, deny %n", &locked, 0},
	{"user %u (%i) has time limit %*", &locked, 0},
	{"Consecutive login failures for user %u account temporarily locked", &locked, 0},
	{"user %u authenticated as %*", &auth_ok, 0},
	{"user '%u' granted access", &auth_ok, 0},
	{"user '%u' OK", &auth_ok, 0},
	{"user '%u' denied access %r", &denied, 0},
	{"access denied for user `%u' from `%a'", &denied, 0},
	{"access denied for user `%u'%*", &denied, 0},
	{"Refused user %u for service %x", &denied, 0},
	{"auth could not identify password for [%u]", &auth_failed, 0},
	{"could not identify password for [%u]", &auth_failed, 0},
	{"conversation failed", &auth_failed, 0},
	{"bad username [%u]", &user_unknown, 0},
	{"error retrieving information about user %U", &user_unknown, 0},
	{"could not identify user %r", &user_unknown, 0},
	{"unrecognized option %r", &note, 0},
	{"Access granted for %U", &auth_ok, 0},
	{"Accepted verification code for %U", &auth_ok, 0},
	{"Invalid verification code for %U", &auth_failed, 0},
	{"Invalid verification code", &auth_failed, 0},
	{"Successful Duo login for '%u' from %a", &auth_ok, 0},
	{"Successful Duo login for '%u'%*", &auth_ok, 0},
	{"Failed Duo login for '%u' from %a", &auth_failed, 0},
	{"Failed Duo login for '%u'%*", &auth_failed, 0},
};

/* "logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root": user stands last and may hold
 * anything. */
static void
read_pairs(struct recs *w, struct str s)
{
	struct str pair, key, uid = {0};

	while (s.n > 0) {
		if (str_take(&s, STR("user="))) {
			parse_put(w, FIELD_USER_NAME, s);
			break;
		}
		str_cut(&s, ' ', &pair);
		if (!str_cut(&pair, '=', &key) || pair.n == 0)
			continue;
		if (str_eq(key, STR("rhost")))
			parse_put_host(w, FIELD_SOURCE_IP, FIELD_SOURCE_DOMAIN, pair);
		else if (str_eq(key, STR("ruser")))
			rec_put(w, FIELD_SOURCE_USER_NAME, pair);
		else if (str_eq(key, STR("tty")))
			rec_put(w, FIELD_PROCESS_TTY_NAME, pair);
		else if (str_eq(key, STR("uid")))
			uid = pair;
		else if (str_eq(key, STR("euid")))
			rec_put(w, FIELD_USER_EFFECTIVE_ID, pair);
	}
	if (uid.n > 0)
		rec_put_named(w, STR("pam.uid"), VALUE_STRING, uid, 0);
}

/* "authentication failure; logname=…" and "2 more authentication failures; logname=…". */
static bool
read_failure(struct recs *w, struct str s)
{
	struct str count = {s.p, 0};

	while (count.n < s.n && count.n < 10 && is_digit(s.p[count.n]))
		count.n++;
	if (count.n > 0) {
		str_skip(&s, count.n);
		if (!str_take(&s, STR(" more authentication failure")))
			return false;
		rec_put_named(w, STR("pam.failures"),
			str_is_number(count) ? VALUE_NUMBER : VALUE_STRING, count, 0);
		str_take(&s, STR("s"));
	} else if (!str_take(&s, STR("authentication failure"))) {
		return false;
	}
	if (s.n > 0 && !str_take(&s, STR("; ")))
		return false;
	parse_event(w, &auth_failed);
	read_pairs(w, s);
	if (w->cur)
		w->cur->flags |= RECORD_REFERS;
	return true;
}

static bool
is_module_char(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-';
}

/* "pam_unix(sshd:auth): " in front; *module and *service get the words. */
static bool
take_module(struct str *s, struct str *module, struct str *service)
{
	struct str rest = *s;
	size_t i = 4;
	ptrdiff_t close;

	while (i < rest.n && is_module_char(rest.p[i]))
		i++;
	*module = str_make(rest.p, i);
	str_skip(&rest, i);
	*service = (struct str){0};
	if (str_take(&rest, STR("("))) {
		close = str_chr(rest, ')');
		if (close < 0)
			return false;
		*service = str_make(rest.p, (size_t)close);
		str_skip(&rest, (size_t)close + 1);
	}
	if (!str_take(&rest, STR(":")))
		return false;
	*s = str_trim(rest);
	return true;
}

bool
pam_read(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct form_caps caps;
	struct str module = {0}, service = {0}, name;

	if (str_starts(s, STR("pam_"))) {
		if (!take_module(&s, &module, &service))
			return false;
	} else if (str_take(&s, STR("PAM "))) {
		return read_failure(w, s);
	} else if (ctx->program.n == 0 || ctx->program.p[ctx->program.n - 1] != ')') {
		return false;
	}
	if (module.n > 0)
		rec_put(w, FIELD_EVENT_PROVIDER, module);
	if (service.n > 0) {
		str_cut(&service, ':', &name);
		parse_put(w, FIELD_SERVICE_NAME, name);
		/* Without a header the service is who speaks: sshd, su, cron. */
		if (ctx->program.n == 0)
			parse_put(w, FIELD_PROCESS_NAME, name);
	}
	if (read_failure(w, s) || form_read(w, forms, FORM_COUNT(forms), slots, s, &caps))
		return true;
	/* The module is known, its sentence is not: its name is worth keeping. */
	if (module.n > 0)
		parse_event(w, &note);
	return module.n > 0;
}

static enum parsed
pam_parse(struct parse_ctx *ctx, struct str s, struct recs *w)
{
	struct form_caps caps;

	s = str_trim(s);
	return pam_read(ctx, s, w) || read_failure(w, s) ||
			       form_read(w, forms, FORM_COUNT(forms), slots, s, &caps)
		       ? PARSED_OK
		       : PARSED_NOT;
}

static bool
pam_sniff(struct str s)
{
	struct str head = str_make(s.p, s.n < 48 ? s.n : 48);

	return (str_starts(s, STR("pam_")) &&
		       (str_find(head, STR("): ")) > 0 || str_find(head, STR("):")) > 0)) ||
	       (str_starts(s, STR("PAM ")) && str_find(head, STR("authentication failure")) > 0) ||
	       str_starts(s, STR("authentication failure; logname=")) ||
	       str_starts(s, STR("check pass; user unknown"));
}

const struct parser parser_pam = {
	.name = "pam",
	.logsource = LOGSOURCE_PAM,
	.module = "system",
	.dataset = "system.auth",
	.programs = "pam_unix gdm gdm-password gdm-password] lightdm sddm kdm xdm polkitd "
		    "polkit-agent-helper-1",
	.sniff = pam_sniff,
	.parse = pam_parse,
};
