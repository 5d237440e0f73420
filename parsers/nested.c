#include "parsers/nested.h"

#include "base/stamp.h"
#include "parsers/jsonrow.h"
#include "parsers/put.h"
#include "parsers/source_inside.h"

/* What a member is to us. One pass over the members, no member is looked at twice. */
enum role {
	ROLE_NONE,
	ROLE_TEXT, /* holds the message: needs a sign of its shipper */
	ROLE_SIGN, /* only shippers write it */
	ROLE_HOST,
	ROLE_PROGRAM, /* from a syslog header: a sign, too */
	ROLE_PID,
	ROLE_TIME
};

/* Which shipper: a text counts beside signs of its own kind. */
enum kind {
	KIND_ANY = 1,
	KIND_MESSAGE = 2, /* Filebeat, Logstash, Vector, rsyslog and syslog-ng in JSON */
	KIND_LOG = 4,     /* Docker json-file, Fluentd, Fluent Bit */
	KIND_JOURNAL = 8, /* journalctl -o json; syslog-ng's format-json */
	KIND_GELF = 16
};

#define NAME(lit)                                                                                  \
	{                                                                                          \
		"" lit, sizeof(lit) - 1                                                            \
	}

static const struct member {
	struct str name;
	uint8_t role, kind;
	uint8_t rank; /* of several: the higher */
} members[] = {
	{NAME("event.original"), ROLE_TEXT, KIND_ANY, 5},
	{NAME("log.original"), ROLE_TEXT, KIND_ANY, 4},
	{NAME("@message"), ROLE_TEXT, KIND_ANY, 3},
	{NAME("full_message"), ROLE_TEXT, KIND_GELF, 2},
	{NAME("short_message"), ROLE_TEXT, KIND_GELF, 1},
	{NAME("message"), ROLE_TEXT, KIND_MESSAGE, 3},
	{NAME("msg"), ROLE_TEXT, KIND_MESSAGE, 1},
	{NAME("log"), ROLE_TEXT, KIND_LOG, 3},
	{NAME("MESSAGE"), ROLE_TEXT, KIND_JOURNAL, 3},
	{NAME("@version"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("agent.type"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("agent.ephemeral_id"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("agent.version"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("beat.name"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("beat.version"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("input.type"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("log.file.path"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("log.source.address"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("source_type"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("syslogtag"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("fromhost-ip"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("rawmsg"), ROLE_TEXT, KIND_ANY, 4},
	{NAME("stream"), ROLE_SIGN, KIND_LOG | KIND_MESSAGE, 0},
	{NAME("kubernetes.pod_name"), ROLE_SIGN, KIND_LOG | KIND_MESSAGE, 0},
	{NAME("kubernetes.pod.name"), ROLE_SIGN, KIND_LOG | KIND_MESSAGE, 0},
	{NAME("container_id"), ROLE_SIGN, KIND_LOG | KIND_MESSAGE, 0},
	{NAME("container_name"), ROLE_SIGN, KIND_LOG | KIND_MESSAGE, 0},
	{NAME("logStream"), ROLE_SIGN, KIND_MESSAGE, 0},
	{NAME("__REALTIME_TIMESTAMP"), ROLE_TIME, KIND_JOURNAL, 2},
	{NAME("_SOURCE_REALTIME_TIMESTAMP"), ROLE_TIME, KIND_JOURNAL, 3},
	{NAME("_TRANSPORT"), ROLE_SIGN, KIND_JOURNAL, 0},
	{NAME("_BOOT_ID"), ROLE_SIGN, KIND_JOURNAL, 0},
	{NAME("SYSLOG_IDENTIFIER"), ROLE_PROGRAM, KIND_JOURNAL, 3},
	{NAME("_COMM"), ROLE_PROGRAM, KIND_JOURNAL, 1},
	{NAME("PROGRAM"), ROLE_PROGRAM, KIND_JOURNAL, 2},
	{NAME("SYSLOG_PID"), ROLE_PID, KIND_JOURNAL, 2},
	{NAME("_PID"), ROLE_PID, KIND_JOURNAL, 1},
	{NAME("PID"), ROLE_PID, KIND_JOURNAL, 1},
	{NAME("_HOSTNAME"), ROLE_HOST, KIND_JOURNAL, 3},
	{NAME("HOST"), ROLE_HOST, KIND_JOURNAL, 2},
	{NAME("ident"), ROLE_PROGRAM, KIND_MESSAGE, 2},
	{NAME("appname"), ROLE_PROGRAM, KIND_MESSAGE, 2},
	{NAME("app-name"), ROLE_PROGRAM, KIND_MESSAGE, 2},
	{NAME("programname"), ROLE_PROGRAM, KIND_MESSAGE, 2},
	{NAME("_application_name"), ROLE_PROGRAM, KIND_GELF, 2},
	{NAME("pid"), ROLE_PID, KIND_MESSAGE, 1},
	{NAME("procid"), ROLE_PID, KIND_MESSAGE, 2},
	{NAME("_process_id"), ROLE_PID, KIND_GELF, 2},
	{NAME("host"), ROLE_HOST, KIND_ANY, 1},
	{NAME("hostname"), ROLE_HOST, KIND_ANY, 2},
	{NAME("host.name"), ROLE_HOST, KIND_ANY, 3},
	{NAME("host.hostname"), ROLE_HOST, KIND_ANY, 2},
	{NAME("@timestamp"), ROLE_TIME, KIND_ANY, 3},
	{NAME("timestamp"), ROLE_TIME, KIND_ANY, 2},
	{NAME("time"), ROLE_TIME, KIND_ANY, 1},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static const struct member *
member_of(struct str name)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].name.n == name.n && str_eq(members[i].name, name))
			return &members[i];
	return NULL;
}

struct finding {
	struct str text[8], member[8]; /* by the bit of the kind */
	uint8_t text_rank[8], host_rank, program_rank, pid_rank, time_rank;
	unsigned signs; /* kinds */
};

static unsigned
bit_of(unsigned kind)
{
	return (unsigned)__builtin_ctz(kind);
}

static void
note(struct parse_ctx *ctx, const struct member *m, const struct pair *p, struct finding *f,
	struct nested *ret)
{
	struct json_value v = {.text = p->value, .kind = (enum value_kind)p->kind};
	struct str *to = NULL;
	uint8_t *rank = NULL;
	int64_t ns;

	switch ((enum role)m->role) {
	case ROLE_TEXT:
		if (p->kind == VALUE_STRING && m->rank > f->text_rank[bit_of(m->kind)]) {
			f->text_rank[bit_of(m->kind)] = m->rank;
			f->text[bit_of(m->kind)] = p->value;
			f->member[bit_of(m->kind)] = m->name;
		}
		return;
	case ROLE_HOST:
		to = &ret->host;
		rank = &f->host_rank;
		break;
	case ROLE_PROGRAM:
		to = &ret->program;
		rank = &f->program_rank;
		break;
	case ROLE_PID:
		to = &ret->pid;
		rank = &f->pid_rank;
		break;
	case ROLE_TIME:
		if (m->rank > f->time_rank &&
			json_row_stamp(&v, ctx->in->zone, ctx->arrival, &ns)) {
			f->time_rank = m->rank;
			ret->time = ns;
			ret->timed = true;
		}
		break;
	case ROLE_SIGN:
	case ROLE_NONE:
		break;
	}
	if (m->role == ROLE_SIGN || m->role == ROLE_PROGRAM || m->kind == KIND_JOURNAL)
		f->signs |= m->kind;
	if (to && p->value.n > 0 && p->kind <= VALUE_NUMBER && m->rank > *rank) {
		*rank = m->rank;
		*to = p->value;
	}
}

enum reason
nested_collect(struct parse_ctx *ctx, struct recs *w, struct str text, uint64_t *flags)
{
	sources_begin(ctx, text);
	return pairs_json(ctx->pairs, w, STR(""), text, flags);
}

bool
nested_find(struct parse_ctx *ctx, struct nested *ret)
{
	const struct pairs *p = ctx->pairs;
	struct finding f = {0};
	bool version = false;
	unsigned kind = 0;

	*ret = (struct nested){0};
	for (size_t i = 0; i < p->n; i++) {
		const struct pair *one = &p->v[i];
		const struct member *m;

		if (one->flags & ENTRY_ARRAY)
			continue;
		version = version || str_eq(one->name, STR("version"));
		m = member_of(one->name);
		if (m)
			note(ctx, m, one, &f, ret);
	}
	/* The format's two required members beside the message. */
	ret->gelf = version && f.host_rank > 0 && f.text[bit_of(KIND_GELF)].n > 0;
	if (ret->gelf)
		kind = KIND_GELF;
	else if (f.text[0].n > 0)
		kind = KIND_ANY;
	else
		for (kind = KIND_MESSAGE; kind < KIND_GELF; kind <<= 1)
			if (f.text[bit_of(kind)].n > 0 && (f.signs & kind))
				break;
	/* Docker's own file has the time beside it and nothing else. */
	if (kind == KIND_GELF && !ret->gelf)
		return false;
	ret->text = f.text[bit_of(kind)];
	ret->member = f.member[bit_of(kind)];
	while (ret->text.n > 0 &&
		(ret->text.p[ret->text.n - 1] == '\n' || ret->text.p[ret->text.n - 1] == '\r'))
		ret->text.n--;
	return ret->text.n > 0;
}

/* ---- what the shipper says ---- */

struct outside {
	struct recs *w; /* first: json_row_room */
	const struct nested *in;
};

/* Words for the shipper's own work, and what the inside has said better. */
static bool
is_left_out(const struct outside *o, const struct json_value *v)
{
	unsigned field;
	const struct member *m = v->in_array ? NULL : member_of(v->name);

	if (m && (m->role == ROLE_TEXT || m->role == ROLE_TIME || m->role == ROLE_PROGRAM ||
			 m->role == ROLE_PID))
		return true;
	field = names_find(o->w->names, v->name);
	return field != FIELD_NAMED &&
	       (field == FIELD_EVENT_MODULE || field == FIELD_EVENT_DATASET ||
		       (rec_has(o->w, field) && !v->in_array));
}

static bool
add_outside(void *ctx, const struct json_value *v)
{
	struct outside *o = ctx;

	if (is_left_out(o, v))
		return !o->w->overflow;
	if (o->in->gelf)
		gelf_put(o->w, v);
	else
		json_row_put(o->w, v);
	return !o->w->overflow;
}

bool
nested_claim(struct parse_ctx *ctx, struct recs *w, struct str text, const struct nested *in)
{
	struct outside o = {w, in};
	struct json_sink sink = {add_outside, json_row_room, &o};
	uint64_t flags = 0;

	if (!parse_inner(ctx, w, in))
		return false;
	/* An array inside: the header is repeated for each, the shipper's words are the last's. */
	if (json_flatten(text, &json_row_limits, &sink, &flags) != REASON_NONE)
		rec_flag(w, REASON_JSON_SYNTAX);
	if (w->cur)
		put_fold(w);
	return w->cur != NULL;
}

bool
nested_read(struct parse_ctx *ctx, struct recs *w, struct str text)
{
	struct nested in;
	uint64_t flags = 0;

	text = str_trim(text);
	if (!json_looks_like(text))
		return false;
	return nested_collect(ctx, w, text, &flags) == REASON_NONE && w->cur &&
	       nested_find(ctx, &in) && nested_claim(ctx, w, text, &in);
}
