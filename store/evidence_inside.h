/*
 * evidence_inside.h - what the engine's side and the writer thread of the evidence share.
 *
 * The engine owns the texts being filled; a full one is handed over as a job. The writer owns the
 * open segments. Both meet under `lock`.
 */
#ifndef STORE_EVIDENCE_INSIDE_H
#define STORE_EVIDENCE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/archive.h"
#include "store/evidence.h"

#define EVIDENCE_QUEUE 8u /* full texts that may wait before the engine has to */

/* A run of lines that becomes one frame. */
struct evidence_text {
	struct buf lines;
	uint64_t seq[2], n;
	int64_t time[2], arrival[2];
	int64_t day; /* UTC, of arrival: a segment holds one day */
};

struct evidence_job {
	struct evidence_job *next;
	unsigned cls;
	struct evidence_text text;
};

struct evidence_class {
	char name[CLASS_MAX + 1];
	/* engine */
	struct evidence_text text;
	bool open_record; /* lines were added since the last boundary */
	bool flush_wanted;
	uint64_t last_seq;
	uint64_t refused_upto; /* stored when opened: not taken again */
	/* guarded by lock */
	uint64_t unsynced; /* first sequence handed over and not yet synced; 0 = none */
	_Atomic uint64_t stored;
	/* writer */
	int fd;
	char segment[64];
	uint64_t offset;     /* end of the last trailer written */
	int64_t day, opened; /* of the segment's first record: UTC day, arrival */
	uint64_t first;      /* its sequence, as in the name */
	char hash[HASH_HEX + 1];
	uint64_t seq, lines; /* last written; lines since the class began */
	bool dirty;
};

struct evidence {
	struct evidence_options opt;
	char *dir;
	struct evidence_class cls[EVIDENCE_CLASSES];
	uint64_t seen; /* engine: highest sequence offered */

	pthread_mutex_t lock;
	pthread_cond_t to_write, room;
	unsigned ncls;
	struct evidence_job *first, *last, *spare;
	unsigned njobs;
	bool flush, stop;
	int full_errno, dead_errno; /* 0: well */
	const char *trouble_in;
	_Atomic bool dead;
	_Atomic uint64_t bytes;
	pthread_t writer;
	bool started;

	/* writer */
	struct ZSTD_CCtx_s *cctx;
	struct buf out;
};

void *evidence_writer(void *e);
/* Look at what a class has on disk, cut a torn tail, find the chain's end. Before the threads. */
int evidence_recover(struct evidence *e, struct evidence_class *c, struct diag *why);
/* HEAD says where the class stands. 0 or ERR_IO. */
int evidence_write_head(struct evidence *e, struct evidence_class *c);

#endif
