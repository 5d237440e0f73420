/*
 * join_audit.c - Linux audit: the records of one system call (SYSCALL, EXECVE, CWD, PATH, SOCKADDR,
 * PROCTITLE) as one derived record.
 *
 * They have time and serial in common, per host. EOE and PROCTITLE, which the kernel writes last,
 * end an event. Where neither comes it ends when its host is two seconds further, or when stream
 * time is by audit_ns. What was not told until then is left out; an event of which neither call nor
 * arguments came gives nothing and is counted.
 */
#include <string.h>

#include "base/clock.h"
#include "base/logsource.h"
#include "base/record.h"
#include "weave/join.h"

#define AUDIT_IDS   12u
#define AUDIT_LINES 16u /* of EXECVE */
#define AUDIT_PATHS 8u
#define AUDIT_POOL  6656u
#define HOST_OPEN   16u
#define HOST_NS     (2 * NS_PER_S)
#define LEAD_NS     (300 * NS_PER_S) /* a clock may be ahead by so much and be believed */

struct text {
	uint16_t off, n;
};

/* What is kept of each record by its field, or by its name under auditd.log. */
#define ECS_KEPT(S)                                                                                \
	S(HOST_NAME)                                                                               \
	S(USER_NAME)                                                                               \
	S(USER_ID)                                                                                 \
	S(USER_EFFECTIVE_NAME)                                                                     \
	S(USER_EFFECTIVE_ID)                                                                       \
	S(USER_GROUP_ID)                                                                           \
	S(PROCESS_NAME)                                                                            \
	S(PROCESS_PID)                                                                             \
	S(PROCESS_PARENT_PID)                                                                      \
	S(PROCESS_EXECUTABLE) S(PROCESS_TTY_NAME) S(EVENT_CATEGORY) S(EVENT_TYPE) S(EVENT_OUTCOME)
#define NATIVE_KEPT(S) S(SYSCALL) S(key) S(exit) S(ses) S(auid) S(uid) S(euid)

enum kept {
#define S(id) KEPT_##id,
	ECS_KEPT(S) NATIVE_KEPT(S)
#undef S
		KEPT_CWD,
	KEPT_TITLE,
	KEPT_IP,
	KEPT_PORT,
	KEPT_SOCKET,
	KEPT_COUNT
};

struct audit {
	struct thing thing;
	struct frame frame; /* of the newest line */
	uint64_t seq;
	int64_t time, due;
	struct hash128 host;
	uint16_t product, used;
	uint8_t nids, nlines, npaths, cut, called, peer_n;
	char peer[64];
	struct hash128 ids[AUDIT_IDS];
	struct text kept[KEPT_COUNT];
	struct {
		uint32_t argument, piece;
		struct text text;
	} lines[AUDIT_LINES];
	struct {
		struct text name;
		char kind; /* first letter of nametype */
	} paths[AUDIT_PATHS];
	char pool[AUDIT_POOL];
};

_Static_assert(sizeof(struct audit) <= 8192, "one piece of the region");

/* The open events of one host, oldest first. */
struct audit_host {
	struct thing thing;
	uint32_t n, spare;
	struct {
		struct hash128 key;
		int64_t time;
	} open[HOST_OPEN];
};

/* ---- texts of an event ---- */

static void
keep(struct audit *a, struct text *t, struct str s)
{
	size_t room = sizeof(a->pool) - a->used, n = s.n < room ? s.n : room;

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--; /* cut at a character's end */
	a->cut |= n < s.n;
	if (n)
		memcpy(a->pool + a->used, s.p, n);
	*t = (struct text){a->used, (uint16_t)n};
	a->used = (uint16_t)(a->used + n);
}

static struct str
text(const struct audit *a, struct text t)
{
	return str_make(a->pool + t.off, t.n);
}

static struct str
kept(const struct audit *a, enum kept k)
{
	return text(a, a->kept[k]);
}

static void
keep_first(struct audit *a, enum kept k, struct str s)
{
	if (a->kept[k].n == 0 && s.n)
		keep(a, &a->kept[k], s);
}

/* ---- what a line tells ---- */

static const struct {
	unsigned field;
	enum kept kept;
} by_field[] = {
#define S(id) {FIELD_##id, KEPT_##id},
	ECS_KEPT(S)
#undef S
};

static const struct {
	struct str name;
	enum kept kept;
} by_name[] = {
#define S(id) {{#id, sizeof(#id) - 1}, KEPT_##id},
	NATIVE_KEPT(S)
#undef S
};

/* The native name without "auditd.log.", or empty. */
static struct str
native(const struct joins *j, struct batch b, const struct entry *e)
{
	struct str name = {"", 0};

	if (e->field == FIELD_NAMED || e->field >= FIELD_ECS_END)
		name = entry_name(b, j->names, e);
	return str_take(&name, STR("auditd.log.")) ? name : (struct str){"", 0};
}

static struct str
native_text(const struct joins *j, struct batch b, const struct record *r, struct str name)
{
	const struct entry *e = record_entries(b, r);

	for (uint32_t i = 0; i < r->nentries; i++)
		if (str_eq(native(j, b, &e[i]), name))
			return entry_text(b, &e[i]);
	return (struct str){"", 0};
}

static void
learn_call(const struct joins *j, struct audit *a, struct batch b, const struct record *r)
{
	const struct entry *e = record_entries(b, r);

	a->called = 1;
	for (uint32_t i = 0; i < r->nentries; i++) {
		struct str name = native(j, b, &e[i]);

		for (size_t k = 0; k < sizeof(by_field) / sizeof(by_field[0]); k++)
			if (by_field[k].field == e[i].field)
				keep_first(a, by_field[k].kept, entry_text(b, &e[i]));
		for (size_t k = 0; name.n && k < sizeof(by_name) / sizeof(by_name[0]); k++)
			if (str_eq(by_name[k].name, name))
				keep_first(a, by_name[k].kept, entry_text(b, &e[i]));
	}
}

/* Where its arguments begin: "a7" or "a7[2]". */
static bool
first_argument(const struct joins *j, struct batch b, const struct record *r, uint32_t *argument,
	uint32_t *piece)
{
	const struct entry *e = record_entries(b, r);
	uint64_t n, p = 0;

	for (uint32_t i = 0; i < r->nentries; i++) {
		struct str name = native(j, b, &e[i]);

		if (!str_take(&name, STR("a")) || !str_take_u64(&name, &n) || n > UINT32_MAX)
			continue;
		if (name.n && (!str_take(&name, STR("[")) || !str_take_u64(&name, &p) ||
				      !str_eq(name, STR("]")) || p > UINT32_MAX))
			continue;
		*argument = (uint32_t)n;
		*piece = (uint32_t)p;
		return true;
	}
	return false;
}

static void
learn_arguments(const struct joins *j, struct audit *a, struct batch b, const struct record *r)
{
	struct str line = record_text(b, r, FIELD_PROCESS_COMMAND_LINE);
	uint32_t argument, piece, at = a->nlines;

	keep_first(a, KEPT_HOST_NAME, record_text(b, r, FIELD_HOST_NAME));
	if (line.n == 0)
		line = native_text(j, b, r, STR("arguments"));
	if (!first_argument(j, b, r, &argument, &piece))
		return;
	if (a->nlines == AUDIT_LINES) {
		a->cut = 1;
		return;
	}
	/* lines may have changed places on their way */
	while (at > 0 &&
		(a->lines[at - 1].argument > argument || (a->lines[at - 1].argument == argument &&
								 a->lines[at - 1].piece > piece))) {
		a->lines[at] = a->lines[at - 1];
		at--;
	}
	a->lines[at].argument = argument;
	a->lines[at].piece = piece;
	keep(a, &a->lines[at].text, line);
	a->nlines++;
}

static void
learn_path(const struct joins *j, struct audit *a, struct batch b, const struct record *r)
{
	struct str name = native_text(j, b, r, STR("name"));
	struct str kind = native_text(j, b, r, STR("nametype"));

	if (name.n == 0)
		return;
	if (a->npaths == AUDIT_PATHS) {
		a->cut = 1;
		return;
	}
	keep(a, &a->paths[a->npaths].name, name);
	a->paths[a->npaths++].kind = kind.n ? kind.p[0] : 'N';
}

static void
learn(const struct joins *j, struct audit *a, struct batch b, const struct record *r,
	struct str type)
{
	if (str_eq(type, STR("SYSCALL"))) {
		learn_call(j, a, b, r);
	} else if (str_eq(type, STR("EXECVE"))) {
		learn_arguments(j, a, b, r);
	} else if (str_eq(type, STR("CWD"))) {
		keep_first(a, KEPT_CWD, record_text(b, r, FIELD_PROCESS_WORKING_DIRECTORY));
	} else if (str_eq(type, STR("PATH"))) {
		learn_path(j, a, b, r);
	} else if (str_eq(type, STR("SOCKADDR"))) {
		keep_first(a, KEPT_IP, record_text(b, r, FIELD_DESTINATION_IP));
		keep_first(a, KEPT_PORT, record_text(b, r, FIELD_DESTINATION_PORT));
		keep_first(a, KEPT_SOCKET, record_text(b, r, FIELD_FILE_PATH));
	} else if (str_eq(type, STR("PROCTITLE"))) {
		keep_first(a, KEPT_TITLE, record_text(b, r, FIELD_PROCESS_TITLE));
	}
}

/* ---- the derived record ---- */

static void
put(struct recs *w, unsigned field, struct str value)
{
	if (value.n)
		rec_put(w, field, value);
}

static void
put_native(struct recs *w, const char *name, struct str value)
{
	if (value.n)
		rec_put_prefixed(w, STR("auditd.log."), str_of(name), value);
}

/* All lines of EXECVE, or what the process calls itself. */
static void
put_command_line(struct recs *w, const struct audit *a)
{
	char line[AUDIT_POOL + AUDIT_LINES];
	size_t n = 0;

	for (unsigned i = 0; i < a->nlines; i++) {
		struct str s = text(a, a->lines[i].text);

		if (i > 0 && a->lines[i].piece == 0)
			line[n++] = ' ';
		if (s.n)
			memcpy(line + n, s.p, s.n);
		n += s.n;
	}
	put(w, FIELD_PROCESS_COMMAND_LINE, n ? str_make(line, n) : kept(a, KEPT_TITLE));
}

/* A relative path hangs on the working directory. */
static struct str
absolute(const struct audit *a, struct str name, char *out, size_t room)
{
	struct str cwd = kept(a, KEPT_CWD);
	size_t n = cwd.n;

	if (name.n == 0 || name.p[0] == '/' || cwd.n == 0 || cwd.n + name.n + 1 > room)
		return name;
	str_take(&name, STR("./"));
	memcpy(out, cwd.p, n);
	if (out[n - 1] != '/')
		out[n++] = '/';
	memcpy(out + n, name.p, name.n);
	return str_make(out, n + name.n);
}

static void
put_file(struct recs *w, struct str path)
{
	ptrdiff_t slash = str_rchr(path, '/');

	rec_put(w, FIELD_FILE_PATH, path);
	put(w, FIELD_FILE_NAME, str_make(path.p + slash + 1, path.n - (size_t)(slash + 1)));
	if (slash > 0)
		rec_put(w, FIELD_FILE_DIRECTORY, str_make(path.p, (size_t)slash));
}

/* What was made, else what went, else what was there; its kind. */
static char
put_paths(struct recs *w, const struct audit *a, bool executed)
{
	static const char order[] = "CDN";
	char out[4096], kind = 0;
	const char *o;

	for (o = order; *o && !kind; o++)
		for (unsigned i = 0; i < a->npaths && !kind; i++)
			if (a->paths[i].kind == *o) {
				kind = *o;
				if (!executed)
					put_file(w, absolute(a, text(a, a->paths[i].name), out,
							    sizeof(out)));
			}
	for (unsigned i = 0; i < a->npaths; i++)
		if (a->paths[i].kind != 'P')
			rec_put_named(w, STR("auditd.log.paths"), VALUE_STRING,
				absolute(a, text(a, a->paths[i].name), out, sizeof(out)),
				ENTRY_ARRAY);
	return kind;
}

/* The address that the call names: whom it goes to, or who came. */
static void
put_address(struct recs *w, const struct audit *a, struct str call)
{
	bool from = str_starts(call, STR("accept")) || str_starts(call, STR("recv"));
	bool own = str_eq(call, STR("bind"));
	struct str ip = kept(a, KEPT_IP), port = kept(a, KEPT_PORT);

	if (ip.n)
		rec_put_ip(w,
			own    ? FIELD_SERVER_IP
			: from ? FIELD_SOURCE_IP
			       : FIELD_DESTINATION_IP,
			ip);
	if (port.n)
		rec_put_kind(w,
			own    ? FIELD_SERVER_PORT
			: from ? FIELD_SOURCE_PORT
			       : FIELD_DESTINATION_PORT,
			VALUE_NUMBER, port, 0);
	if (ip.n && !own)
		rec_put(w, FIELD_NETWORK_DIRECTION, from ? STR("ingress") : STR("egress"));
	if (kept(a, KEPT_SOCKET).n && a->npaths == 0)
		put_file(w, kept(a, KEPT_SOCKET));
}

static unsigned
kind_of(const struct audit *a, bool executed, char path)
{
	bool done = !str_eq(kept(a, KEPT_EVENT_OUTCOME), STR("failure"));
	/* EINPROGRESS: it does not wait for the answer */
	bool under_way = str_eq(kept(a, KEPT_exit), STR("-115"));

	if (executed)
		return done ? LOGSOURCE_AUDIT_PROCESS : LOGSOURCE_AUDIT_CALL;
	if (kept(a, KEPT_IP).n && !str_eq(kept(a, KEPT_SYSCALL), STR("bind")))
		return done || under_way ? LOGSOURCE_AUDIT_NETWORK : LOGSOURCE_AUDIT_CALL;
	if (done && path == 'C')
		return LOGSOURCE_AUDIT_FILE_EVENT;
	return done && path == 'D' ? LOGSOURCE_AUDIT_FILE_DELETE : LOGSOURCE_AUDIT_CALL;
}

static void
emit(struct joins *j, const struct audit *a)
{
	struct join_origin from = {.frame = &a->frame,
		.peer = str_make(a->peer, a->peer_n),
		.seq = a->seq,
		.time = a->time,
		.product = a->product};
	struct str call = kept(a, KEPT_SYSCALL);
	bool executed = str_starts(call, STR("execve")) || (!a->called && a->nlines > 0);
	struct record *r;
	struct recs w;
	char path;

	r = join_open(j, &w, &from, LOGSOURCE_AUDIT_CALL);
	rec_put(&w, FIELD_EVENT_KIND, STR("event"));
	for (size_t k = 0; k < sizeof(by_field) / sizeof(by_field[0]); k++) {
		struct str value = kept(a, by_field[k].kept);

		if (value.n && names_kind(j->names, by_field[k].field) == FIELD_N)
			rec_put_kind(&w, by_field[k].field, VALUE_NUMBER, value, 0);
		else
			put(&w, by_field[k].field, value);
	}
	if (!a->called) {
		rec_put(&w, FIELD_EVENT_CATEGORY, STR("process"));
		rec_put(&w, FIELD_EVENT_TYPE, STR("start"));
	}
	rec_put(&w, FIELD_EVENT_ACTION, call.n ? call : STR("execve"));
	rec_put(&w, FIELD_EVENT_MODULE, STR("auditd"));
	rec_put(&w, FIELD_EVENT_DATASET, STR("auditd.event"));
	put_command_line(&w, a);
	put(&w, FIELD_PROCESS_TITLE, kept(a, KEPT_TITLE));
	put(&w, FIELD_PROCESS_WORKING_DIRECTORY, kept(a, KEPT_CWD));
	for (size_t k = 0; k < sizeof(by_name) / sizeof(by_name[0]); k++)
		put_native(&w, by_name[k].name.p, kept(a, by_name[k].kept));
	path = put_paths(&w, a, executed);
	put_address(&w, a, call);
	rec_put(&w, FIELD_NOROSHI_DERIVED, STR("audit"));
	if (a->cut)
		rec_flag(&w, REASON_TRUNCATED);
	r->logsource = (uint16_t)kind_of(a, executed, path);
	join_close(j, &w, a->ids, a->nids);
}

/* ---- ends ---- */

static void
forget_open(struct joins *j, const struct audit *a)
{
	struct audit_host *h = (struct audit_host *)table_find(&j->audit_hosts, a->host);

	for (uint32_t i = 0; h && i < h->n; i++)
		if (hash128_eq(h->open[i].key, a->thing.key)) {
			memmove(&h->open[i], &h->open[i + 1], (h->n - i - 1) * sizeof(h->open[0]));
			h->n--;
			return;
		}
}

static void
finish(struct joins *j, struct audit *a)
{
	forget_open(j, a);
	if (a->called || a->nlines > 0)
		emit(j, a);
	else
		++*j->unfinished;
	table_drop(&j->audits, &a->thing);
}

/* What its host has left behind; then it is one of the open ones. */
static void
note_open(struct joins *j, struct hash128 host, struct hash128 key, int64_t time)
{
	bool fresh;
	struct audit_host *h =
		(struct audit_host *)table_take(&j->audit_hosts, host, sizeof(*h), &fresh);

	if (!h)
		return;
	for (uint32_t i = 0; i < h->n;) {
		struct audit *a;

		if (h->n < HOST_OPEN && h->open[i].time >= time - HOST_NS) {
			i++;
			continue;
		}
		a = (struct audit *)table_find(&j->audits, h->open[i].key);
		if (a) { /* takes itself out */
			finish(j, a);
			continue;
		}
		memmove(&h->open[i], &h->open[i + 1], (h->n - i - 1) * sizeof(h->open[0]));
		h->n--;
	}
	h->open[h->n].key = key;
	h->open[h->n++].time = time;
}

void
join_audit_due(struct joins *j, int64_t now)
{
	struct audit *a;

	while ((a = (struct audit *)table_oldest(&j->audits)) && a->due <= now)
		finish(j, a);
}

int64_t
join_audit_last_due(const struct joins *j)
{
	int64_t last = INT64_MIN;

	for (const struct audit *a = (const struct audit *)table_oldest(&j->audits); a;
		a = (const struct audit *)table_newer(&j->audits, &a->thing))
		last = a->due > last ? a->due : last;
	return last;
}

/* ---- a line ---- */

static bool
opens(struct str type)
{
	return str_eq(type, STR("SYSCALL")) || str_eq(type, STR("EXECVE")) ||
	       str_eq(type, STR("CWD")) || str_eq(type, STR("PATH")) ||
	       str_eq(type, STR("SOCKADDR"));
}

static struct hash128
key_of(struct hash128 host, int64_t time, struct str serial)
{
	char bytes[sizeof(host) + sizeof(time) + 24];
	size_t n = serial.n < 24 ? serial.n : 24;

	memcpy(bytes, &host, sizeof(host));
	memcpy(bytes + sizeof(host), &time, sizeof(time));
	memcpy(bytes + sizeof(host) + sizeof(time), serial.p, n);
	return table_key('u', bytes, sizeof(host) + sizeof(time) + n);
}

static struct audit *
event_of(struct joins *j, struct hash128 host, struct hash128 key, int64_t time, bool may_open)
{
	struct audit *a = (struct audit *)table_find(&j->audits, key);
	bool fresh;

	if (!a && !may_open)
		return NULL;
	if (!a) {
		note_open(j, host, key, time);
		/* told early rather than given up untold */
		if (j->audits.root->n >= j->audits.root->max)
			finish(j, (struct audit *)table_oldest(&j->audits));
	}
	a = (struct audit *)table_take(&j->audits, key, sizeof(*a), &fresh);
	if (a && fresh) {
		a->host = host;
		a->time = time;
	}
	return a;
}

void
join_audit(struct joins *j, struct batch b, const struct record *r, struct hash128 id, int64_t now)
{
	struct str type = native_text(j, b, r, STR("record_type"));
	struct str serial = native_text(j, b, r, STR("sequence"));
	const struct frame *f = &batch_frames(b)[r->frame];
	struct str name = record_text(b, r, FIELD_HOST_NAME);
	struct str peer = batch_bytes(b, f->peer_off, f->peer_len);
	struct hash128 host = name.n ? table_key('U', name.p, name.n)
				     : table_key('F', &f->stream, sizeof(f->stream));
	int64_t believed = r->time;
	struct audit *a;

	if (serial.n == 0 || serial.n > 20)
		return;
	a = event_of(j, host, key_of(host, r->time, serial), r->time, opens(type));
	if (!a)
		return;
	if (believed > f->arrival && believed - f->arrival > LEAD_NS)
		believed = f->arrival + LEAD_NS;
	a->due = (believed > now ? believed : now) + j->opt->audit_ns;
	a->frame = *f;
	a->seq = batch_head(b)->first_seq + r->frame;
	a->product = r->product;
	a->peer_n = (uint8_t)(peer.n < sizeof(a->peer) ? peer.n : sizeof(a->peer));
	memcpy(a->peer, peer.p, a->peer_n);
	if (a->nids < AUDIT_IDS)
		a->ids[a->nids++] = id;
	else /* the newest stands last */
		a->ids[AUDIT_IDS - 1] = id;
	learn(j, a, b, r, type);
	if (str_eq(type, STR("EOE")) || str_eq(type, STR("PROCTITLE")))
		finish(j, a);
}
