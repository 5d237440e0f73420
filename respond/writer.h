/*
 * writer.h - writes reports: finds an incident's records in the archive and renders every form, in
 * a thread of its own, for a look through the archive may take long and alerts must not wait.
 *
 * One report at a time. The loop gives a job and takes it back finished; cases.db is the loop's
 * alone. Threads: all functions from the loop.
 */
#ifndef RESPOND_WRITER_H
#define RESPOND_WRITER_H

#include <jansson.h>

#include "respond/respond.h"

struct report_job {
	char id[40];
	json_t *incident; /* as it stood; owned */
	json_t *to;       /* addresses; owned */
	unsigned n;
	int64_t wall, next; /* written at, the next one at the latest */
	json_t *report;     /* the result: "subject_ja", "text_ja", "html_ja", "json_ja", "_en"
			       ..., "pdf_ja" in base64; NULL until finished, or when it failed */
};

struct writer;

struct writer *writer_start(const struct respond_options *opt);
/* A job lies there, finished or not. */
bool writer_busy(struct writer *w);
/* Only when it is not busy; the job's contents are taken. */
void writer_give(struct writer *w, struct report_job *job);
/* True: *ret is the finished job, the caller's now. */
bool writer_take(struct writer *w, struct report_job *ret);
/* False: it is stuck in the archive and is left behind; the process must end. */
bool writer_stop(struct writer *w, int64_t ns);
void report_job_done(struct report_job *job);

#endif
