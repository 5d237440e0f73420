/* enginestate.c - opening the stores, the checkpoint, and the way back after a stop or a crash. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "daemon/engine.h"
#include "daemon/log.h"
#include "daemon/objects.h"

#define CHECKPOINT_MAGIC UINT64_C(0x32304b43524e4f4e) /* "NORCK02" */

struct checkpoint_head {
	uint64_t magic;
	jpos pos;
	uint64_t next_seq;
	struct hash128 brain, lists;
	uint64_t nstreams;
	uint32_t reserved, crc; /* crc over what stands before, and the streams */
};

static char *
path_in(const struct engine *e, const char *name)
{
	struct buf b = {0};

	buf_printf(&b, "%.*s/%s", STR_ARG(e->set->data), name);
	buf_z(&b);
	return b.p;
}

/* Collect the known streams as (stream, next) pairs. */
static void
pack_streams(const struct engine *e, struct buf *out)
{
	for (size_t i = 0; i < SHARED_STREAMS; i++) {
		uint64_t pair[2] = {atomic_load(&e->h->s->streams[i].stream),
			atomic_load(&e->h->s->streams[i].next)};

		if (pair[0])
			buf_add(out, pair, sizeof(pair));
	}
}

static int
write_checkpoint(struct engine *e, const char *path)
{
	struct checkpoint_head head = {.magic = CHECKPOINT_MAGIC,
		.pos = e->checkpoint_want,
		.next_seq = e->next_processed,
		.brain = e->brain->hash,
		.lists = lists_hash(e->lists)};
	struct buf streams = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return ERR_IO;
	pack_streams(e, &streams);
	head.nstreams = streams.n / 16;
	head.crc = crc32c(
		crc32c(0, &head, offsetof(struct checkpoint_head, crc)), streams.p, streams.n);
	rc = file_write_all(fd, &head, sizeof(head));
	if (rc == 0)
		rc = file_write_all(fd, streams.p, streams.n);
	if (rc == 0)
		rc = mind_save(e->live, fd);
	if (rc == 0)
		rc = mind_save(e->history, fd);
	if (rc == 0 && fsync(fd) < 0)
		rc = ERR_IO;
	if (close(fd) < 0)
		rc = ERR_IO;
	buf_done(&streams);
	return rc;
}

/* In the child, or in the engine itself at its end. */
static int
store_checkpoint(struct engine *e)
{
	char *tmp = path_in(e, "state/checkpoint.tmp"), *final = path_in(e, "state/checkpoint");
	char *dir = path_in(e, "state");
	int rc;

	CRASH_POINT("checkpoint.before-write");
	rc = write_checkpoint(e, tmp);
	CRASH_POINT("checkpoint.after-write");
	if (rc == 0 && rename(tmp, final) < 0)
		rc = ERR_IO;
	if (rc == 0)
		rc = file_sync_dir(dir);
	CRASH_POINT("checkpoint.after-rename");
	mem_free(tmp);
	mem_free(final);
	mem_free(dir);
	return rc;
}

static void
checkpoint_done(struct engine *e, bool good)
{
	if (good) {
		e->checkpoint_pos = e->checkpoint_want;
		journal_release(e->journal, e->checkpoint_pos);
		count_add(&e->h->s->counts, COUNT_CHECKPOINTS, 1);
	} else {
		log_line(e->h->log_fd, LOG_LINE_ERROR, "engine",
			"a checkpoint could not be written; the journal keeps growing until one "
			"can: check space under %.*s/state",
			STR_ARG(e->set->data));
	}
	e->checkpoint_pid = 0;
}

/* Evidence of all that was processed must be in segments, or a restart from the checkpoint would
 * skip it. */
static bool
evidence_settled(struct engine *e)
{
	int64_t since = clock_mono(e->clock);

	evidence_flush(e->evidence);
	while (evidence_durable(e->evidence) < e->last_evidence) {
		struct timespec ms = {0, NS_PER_MS};

		if (clock_mono(e->clock) - since > 5 * NS_PER_S)
			return false;
		nanosleep(&ms, NULL);
	}
	return true;
}

/*
 * A checkpoint says: all up to this journal entry is done. So the entry is durable, its alerts are
 * in the alert log and its evidence in segments before the state is written. The write itself is a
 * fork between two entries (none half processed): the child writes what memory held at that moment.
 */
void
state_checkpoint(struct engine *e, bool wait)
{
	if (e->checkpoint_pid > 0) {
		int status = 0;
		pid_t got = waitpid(e->checkpoint_pid, &status, wait ? 0 : WNOHANG);

		if (got == 0)
			return;
		checkpoint_done(e, got > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	e->checkpoint_at = clock_mono(e->clock);
	e->checkpoint_bytes = 0;
	if (e->processed == e->checkpoint_pos)
		return;
	if (journal_sync(e->journal, journal_last(e->journal)) < 0) {
		e->rc = ERR_IO;
		return;
	}
	flow_durable(e);
	if (!evidence_settled(e)) {
		log_line(e->h->log_fd, LOG_LINE_WARNING, "engine",
			"evidence is behind; the checkpoint waits for it");
		return;
	}
	e->checkpoint_want = e->processed;
	if (wait) {
		checkpoint_done(e, store_checkpoint(e) == 0);
		return;
	}
	e->checkpoint_pid = fork();
	if (e->checkpoint_pid == 0)
		_exit(store_checkpoint(e) == 0 ? 0 : 1);
	if (e->checkpoint_pid < 0)
		checkpoint_done(e, false);
}

/* Notice that the child has written; what lies before the checkpoint may be recycled. */
void
state_reap(struct engine *e)
{
	int status = 0;

	if (e->checkpoint_pid > 0 && waitpid(e->checkpoint_pid, &status, WNOHANG) > 0)
		checkpoint_done(e, WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int
read_checkpoint(struct engine *e, int fd, struct checkpoint_head *head)
{
	struct buf streams = {0};
	int rc = 0;

	if (read(fd, head, sizeof(*head)) != sizeof(*head) || head->magic != CHECKPOINT_MAGIC ||
		head->nstreams > SHARED_STREAMS)
		return ERR_CORRUPT;
	if (head->nstreams) {
		ssize_t want = (ssize_t)head->nstreams * 16;

		buf_room(&streams, (size_t)want);
		if (read(fd, streams.p, (size_t)want) != want)
			rc = ERR_CORRUPT;
		streams.n = (size_t)want;
	}
	if (rc == 0 && head->crc != crc32c(crc32c(0, head, offsetof(struct checkpoint_head, crc)),
					    streams.p, streams.n))
		rc = ERR_CORRUPT;
	for (size_t i = 0; rc == 0 && i + 16 <= streams.n; i += 16) {
		uint64_t pair[2];

		memcpy(pair, streams.p + i, sizeof(pair));
		house_learn(e->h, pair[0], pair[1]);
	}
	if (rc == 0)
		rc = mind_load(e->live, fd);
	if (rc == 0)
		rc = mind_load(e->history, fd);
	buf_done(&streams);
	return rc;
}

int
state_read_lists(struct engine *e, struct hash128 hash, struct lists **ret)
{
	struct buf text = {0};
	struct diag why = {0};
	int rc = objects_read_lists(e->set->data, hash, &text);

	if (rc == 0)
		rc = lists_load(buf_str(&text), &why, ret);
	if (rc < 0)
		log_line(e->h->log_fd, LOG_LINE_ERROR, "engine",
			"the watchlists that the journal names cannot be read from state/objects: "
			"%s; those before stay in force",
			err_str(rc));
	buf_done(&text);
	diag_done(&why);
	return rc;
}

/* What was in force at the checkpoint holds until the journal names others. */
static void
load_checkpoint_lists(struct engine *e, struct hash128 hash)
{
	struct lists *lists = NULL;

	e->lists_asked = hash;
	if (hash128_eq(hash, lists_hash(e->lists)) || state_read_lists(e, hash, &lists) < 0)
		return;
	lists_free(e->lists);
	e->lists = lists;
}

static void
load_checkpoint(struct engine *e)
{
	char *path = path_in(e, "state/checkpoint");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct checkpoint_head head = {0};

	mem_free(path);
	if (fd < 0)
		return;
	if (read_checkpoint(e, fd, &head) == 0) {
		e->processed = e->checkpoint_pos = head.pos;
		e->next_seq = e->next_processed = head.next_seq;
		e->config = head.brain;
		load_checkpoint_lists(e, head.lists);
	} else {
		mind_reset(e->live);
		mind_reset(e->history);
		log_line(e->h->log_fd, LOG_LINE_ERROR, "engine",
			"state/checkpoint is damaged and was left out; correlation starts from the "
			"oldest journal entry");
	}
	close(fd);
}

static int
open_stores(struct engine *e)
{
	char *journal = path_in(e, "journal"), *archive = path_in(e, "archive"),
	     *alerts = path_in(e, "alerts");
	char *state = path_in(e, "state");
	struct journal_options jo = {.dir = journal,
		.file_bytes = UINT64_C(64) << 20,
		.max_bytes = e->set->limits.journal_max,
		.commit_ns = 10 * NS_PER_MS,
		.commit_bytes = 1 << 20,
		.wake_fd = e->h->engine_fd};
	struct evidence_options eo = {.dir = archive,
		.segment_bytes = e->set->limits.segment_bytes,
		.segment_age_ns = e->set->limits.segment_age_ns,
		.frame_text = 1 << 20,
		.zstd_level = 1};
	uint64_t last = 0;
	int rc = 0;

	if (file_make_dirs(journal, 0700) < 0 || file_make_dirs(archive, 0750) < 0 ||
		file_make_dirs(alerts, 0750) < 0 || file_make_dirs(state, 0700) < 0) {
		diag_set(&e->why, NULL, 0,
			"cannot create folders under %.*s: %s; check owner and space",
			STR_ARG(e->set->data), strerror(errno));
		rc = ERR_IO;
	}
	if (rc == 0)
		rc = journal_open(&jo, &e->why, &e->journal);
	if (rc == 0)
		rc = evidence_open(&eo, &e->why, &e->evidence);
	if (rc == 0 &&
		(rc = alertlog_open(alerts, e->set->limits.alert_log_max, &last, &e->alerts)) < 0)
		diag_set(&e->why, alerts, 0, "cannot open the alert log: %s", strerror(errno));
	if (rc == 0)
		rc = evidence_class(e->evidence, STR("default"), &e->class_default);
	if (rc == 0)
		rc = evidence_class(e->evidence, STR("alerts"), &e->class_alerts);
	mem_free(journal);
	mem_free(archive);
	mem_free(alerts);
	mem_free(state);
	return rc;
}

/* Take the next journal entry into a slot of the engine's own and send it through the workers like
 * any other. */
static int
recover_entry(struct engine *e, const struct journal_entry *entry)
{
	struct journal_tick tick;
	struct hash128 hash;
	struct lists *lists = NULL;
	struct flight *f;
	unsigned own = 0;

	if (entry->type == JOURNAL_TICK && entry->payload.n == sizeof(tick)) {
		memcpy(&tick, entry->payload.p, sizeof(tick));
		f = flow_add(e);
		f->kind = FLIGHT_TICK;
		f->pos = entry->pos;
		f->tick = tick.time;
		f->tick_seq = tick.seq;
		f->ready = true;
		e->next_seq = tick.seq + 1;
		return 0;
	}
	if (entry->type == JOURNAL_LISTS && entry->payload.n == sizeof(hash)) {
		memcpy(&hash, entry->payload.p, sizeof(hash));
		if (state_read_lists(e, hash, &lists) < 0)
			return 0;
		e->lists_asked = hash;
		f = flow_add(e);
		f->kind = FLIGHT_LISTS;
		f->pos = entry->pos;
		f->lists = lists;
		f->ready = true;
		return 0;
	}
	if (entry->type != JOURNAL_FRAMES)
		return 0;
	while (e->recovery_used >> own & 1)
		own++;
	if (batch_unpack(house_slot(e->h, e->h->nslots + own), entry->payload) < 0)
		return ERR_CORRUPT;
	e->recovery_used |= 1u << own;
	f = flow_add(e);
	f->slot = e->h->nslots + own;
	f->recovery = true;
	f->pos = entry->pos;
	f->to = batch_head(house_slot(e->h, f->slot))->nframes;
	e->next_seq = batch_head(house_slot(e->h, f->slot))->first_seq + f->to;
	for (uint32_t i = 0; i < f->to; i++) {
		struct batch b = house_slot(e->h, f->slot);
		const struct frame *fr = &batch_frames(b)[i];

		if (fr->flags & FRAME_POSITION)
			house_learn(e->h, fr->stream, batch_position(b, fr));
	}
	flow_dispatch(e, f);
	return 0;
}

static void
engine_pump(struct engine *e)
{
	struct queue *q = &e->h->done[0];

	flow_workers(e);
	flow_results(e);
	flow_process(e);
	flow_durable(e);
	if (e->nprocessed < e->nflights && e->h->nworkers == 1)
		queue_wait(q, 10);
}

/* Was this entry read before, by what is no longer in force? */
static bool
read_otherwise(struct engine *e, const struct journal_entry *entry)
{
	if (entry->type == JOURNAL_CONFIG && entry->payload.n == sizeof(e->config))
		memcpy(&e->config, entry->payload.p, sizeof(e->config));
	return entry->type == JOURNAL_FRAMES && !hash128_is_zero(e->config) &&
	       !hash128_eq(e->config, e->brain->hash);
}

/* Records, matches and alerts of these entries may differ from those that were told. */
static void
tell_otherwise(const struct engine *e, uint64_t n)
{
	char hex[32];

	hash128_hex(e->brain->hash, hex);
	log_line(e->h->log_fd, LOG_LINE_WARNING, "engine",
		"%llu journal entries were first read with other settings, rules or sources than "
		"those that are in force now (state/objects/%.32s)",
		(unsigned long long)n, hex);
}

static int
replay_journal(struct engine *e)
{
	char *dir = path_in(e, "journal");
	struct journal_reader *reader = NULL;
	struct journal_entry entry;
	jpos last = journal_last(e->journal);
	uint64_t n = 0, otherwise = 0;
	int rc = 0;

	if (last > e->processed)
		rc = journal_reader_open(dir, e->processed + 1, &e->why, &reader);
	while (rc == 0 && reader && (rc = journal_reader_next(reader, &entry)) == 0) {
		while (e->recovery_used == (1u << SHARED_RECOVERY) - 1 ||
			e->nflights + 2 >= ENGINE_FLIGHTS)
			engine_pump(e);
		otherwise += read_otherwise(e, &entry);
		rc = recover_entry(e, &entry);
		n++;
	}
	if (rc == ERR_NOT_FOUND)
		rc = 0;
	while (rc == 0 && e->nflights > 0)
		engine_pump(e);
	if (reader)
		journal_reader_close(reader);
	if (n)
		log_line(e->h->log_fd, LOG_LINE_NOTICE, "engine",
			"read %llu entries back from the journal", (unsigned long long)n);
	if (otherwise)
		tell_otherwise(e, otherwise);
	if (rc < 0)
		diag_set(&e->why, dir, 0,
			"the journal cannot be read back: %s; keep the folder and see "
			"docs/operating.md",
			err_str(rc));
	mem_free(dir);
	return rc;
}

/* Slots that the engine before us held: what it had not journaled goes first, in intake's order. */
static void
adopt_slots(struct engine *e)
{
	unsigned mine[SHARED_SLOTS], n = 0;

	for (unsigned i = 0; i < e->h->nslots; i++) {
		const struct batch_head *head = batch_head(house_slot(e->h, i));
		unsigned at = n;

		if (!atomic_load(&e->h->s->engine_has[i]))
			continue;
		if (head->first_seq != 0 && head->first_seq < e->next_seq) {
			queue_push(&e->h->durable, head->number);
			queue_push(&e->h->free, i);
			atomic_store(&e->h->s->engine_has[i], 0);
			continue;
		}
		for (; at > 0 && batch_head(house_slot(e->h, mine[at - 1]))->number > head->number;
			at--)
			mine[at] = mine[at - 1];
		mine[at] = i;
		n++;
	}
	for (unsigned i = 0; i < n; i++)
		flow_adopt(e, mine[i]);
}

static struct mind *
make_mind(struct engine *e, bool history)
{
	struct mind_options o = {.brain = e->brain,
		.lists = e->lists,
		.correlator = {.lead_ns = e->set->stream_time_lead_ns,
			.alert_fold_ns = e->set->alert_fold_ns,
			.keys_per_rule = e->set->limits.state_keys_per_rule,
			.alerts_for_rules = true,
			.history = history,
			.seed = e->seed},
		.weave = weave_options_default,
		.incidents = incidents_options_default,
		.state_max = (size_t)e->set->limits.state_max};
	struct mind_sink sink = {.record = engine_keep,
		.alert = engine_alert,
		.record_text = engine_record_text,
		.ctx = e};

	mind_settings(e->set, &o);
	return mind_new(&o, &sink);
}

static int
begin_minds(struct engine *e)
{
	/* The checkpoint may have named other lists than those that were loaded just now. */
	mind_set_lists(e->live, e->lists);
	mind_set_lists(e->history, e->lists);
	if (mind_begin(e->live) == 0 && mind_begin(e->history) == 0)
		return 0;
	diag_set(&e->why, NULL, 0, "limits: state_max is too small for the rules; raise it");
	return ERR_LIMIT;
}

int
state_open(struct engine *e)
{
	jpos pos;
	int rc;

	e->next_seq = e->next_processed = 1;
	e->held_slot = UINT32_MAX;
	/* A copy of the brain's, since the engine swaps its own. */
	rc = e->brain->lists_packed.n
		     ? lists_load(buf_str(&e->brain->lists_packed), &e->why, &e->lists)
		     : 0;
	if (!e->lists)
		e->lists = lists_none();
	diag_done(&e->why); /* the parent has told of bad rows */
	e->why = (struct diag){0};
	e->lists_asked = lists_hash(e->lists);
	e->live = make_mind(e, false);
	e->history = make_mind(e, true);
	if (rc == 0)
		rc = open_stores(e);
	if (rc < 0)
		return rc;
	/* Cut tails and the like are told, and work goes on. */
	log_diag(e->h->log_fd, "engine", &e->why);
	diag_done(&e->why);
	load_checkpoint(e);
	rc = begin_minds(e);
	if (rc == 0)
		rc = replay_journal(e);
	/* From here on this configuration is in force; its text lies in state/objects. */
	if (rc == 0)
		rc = journal_append(e->journal, JOURNAL_CONFIG,
			str_make((const char *)&e->brain->hash, sizeof(e->brain->hash)), &pos);
	if (rc == ERR_FULL)
		rc = 0;
	if (rc == 0) {
		flow_lists(e);
		adopt_slots(e);
	}
	return rc;
}

void
state_close(struct engine *e)
{
	if (e->live)
		state_checkpoint(e, true);
	if (e->evidence)
		evidence_close(e->evidence);
	if (e->alerts)
		alertlog_close(e->alerts);
	if (e->journal)
		journal_close(e->journal);
	mind_free(e->live);
	mind_free(e->history);
	lists_free(e->lists);
}
