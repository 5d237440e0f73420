#include "respond/writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "respond/mail.h"
#include "respond/report.h"
#include "respond/say.h"

#define RECORDS_MAX   2000u
#define RECORDS_BYTES ((size_t)64 << 20)
/* All PDFs of a report together: it is due 90 s after the receipt, and 60 s go by folding. */
#define PDF_NS (12 * NS_PER_S)

enum state { IDLE, GIVEN, FINISHED };

struct writer {
	const struct respond_options *opt;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	enum state state;
	_Atomic bool stop;
	struct report_job job;
};

/* ---- records ---- */

struct fetched {
	const struct writer *w;
	struct str *lines;
	size_t n, cap, bytes;
	struct arena arena;
};

static bool
on_line(void *arg, struct str json)
{
	struct fetched *f = arg;

	if (atomic_load(&f->w->stop) || f->n == RECORDS_MAX || f->bytes + json.n > RECORDS_BYTES)
		return false;
	f->bytes += json.n;
	f->lines = mem_grow(f->lines, f->n, &f->cap, sizeof(*f->lines));
	f->lines[f->n++] = arena_str(&f->arena, json);
	return true;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
fetch(const struct writer *w, const json_t *incident, struct fetched *f)
{
	const json_t *list = json_object_get(incident, "records"), *r;
	uint64_t *seqs = mem_zero(json_array_size(list) + 1, sizeof(*seqs));
	int64_t since = INT64_MAX, until = INT64_MIN;
	size_t i, n = 0;

	json_array_foreach(list, i, r)
	{
		const char *text = json_string_value(json_object_get(r, "@timestamp"));
		struct str s = str_of(text ? text : "");
		int64_t ns = 0;

		seqs[n++] = (uint64_t)json_integer_value(json_object_get(r, "event.sequence"));
		if (!stamp_take_iso(&s, NULL, 0, &ns) || ns == STAMP_BEYOND)
			continue;
		since = ns < since ? ns : since;
		until = ns > until ? ns : until;
	}
	qsort(seqs, n, sizeof(*seqs), by_number);
	if (n && since <= until && w->opt->records)
		w->opt->records(w->opt->records_ctx, seqs, n, since, until, on_line, f);
	mem_free(seqs);
}

static void
fetched_done(struct fetched *f)
{
	mem_free(f->lines);
	arena_done(&f->arena);
}

/* ---- forms ---- */

static void
keep_file(const struct writer *w, const struct report_input *in, bool ja, const char *ending,
	struct str text)
{
	struct buf path = {0};

	if (!w->opt->reports_dir)
		return;
	file_make_dirs(w->opt->reports_dir, 0750);
	buf_printf(&path, "%s/%s-%u-%s.%s", w->opt->reports_dir,
		json_string_value(json_object_get(in->incident, "number")), in->number,
		ja ? "ja" : "en", ending);
	if (file_replace(buf_z(&path), text, 0640) < 0)
		say(w->opt->log_fd, SAY_WARNING,
			"cannot write %s; the report is mailed all the same", path.p);
	buf_done(&path);
}

static bool
add_form(const struct writer *w, json_t *to, const struct report_input *in, enum report_format how,
	bool ja)
{
	static const char *const words[] = {"text", "html", "json"};
	static const char *const endings[] = {"txt", "html", "json"};
	struct buf b = {0};
	char name[16];
	bool good = report_preliminary(in, how, ja, &b) == 0;

	snprintf(name, sizeof(name), "%s_%s", words[how], ja ? "ja" : "en");
	if (good) {
		json_object_set_new(to, name, json_stringn_nocheck(b.p, b.n));
		keep_file(w, in, ja, endings[how], buf_str(&b));
	}
	buf_done(&b);
	return good;
}

static void
add_subject(json_t *to, const struct report_input *in, bool ja)
{
	struct buf b = {0};

	report_subject(in, ja, &b);
	json_object_set_new(to, ja ? "subject_ja" : "subject_en", json_stringn_nocheck(b.p, b.n));
	buf_done(&b);
}

/* Somebody is mailed in that language. */
static bool
is_read(const struct settings *s, bool ja)
{
	for (size_t i = 0; i < s->nsinks; i++)
		if (s->sinks[i].kind == SINK_SMTP && str_eq(s->sinks[i].language, STR("ja")) == ja)
			return true;
	return false;
}

/* Where WeasyPrint is installed; what it cannot make is left out, the HTML says the same. */
static void
add_pdf(const struct writer *w, json_t *to, const struct report_input *in, bool ja,
	int64_t deadline)
{
	const json_t *html = json_object_get(to, ja ? "html_ja" : "html_en");
	struct buf pdf = {0}, text = {0};
	struct diag why = {0};
	int64_t left = deadline - clock_mono(w->opt->clock);
	int rc;

	rc = report_pdf(str_make(json_string_value(html), json_string_length(html)),
		left > 0 ? (int)(left / NS_PER_MS) : 0, &why, &pdf);
	if (rc == 0 && pdf.n > 0) {
		mail_base64(&text, buf_str(&pdf));
		json_object_set_new(
			to, ja ? "pdf_ja" : "pdf_en", json_stringn_nocheck(text.p, text.n));
		keep_file(w, in, ja, "pdf", buf_str(&pdf));
	} else if (rc != ERR_NOT_FOUND) {
		say(w->opt->log_fd, SAY_WARNING, "a report goes without its PDF: %s",
			diag_first(&why));
	}
	diag_done(&why);
	buf_done(&pdf);
	buf_done(&text);
}

static void
write_job(struct writer *w, struct report_job *job)
{
	const struct settings *s = w->opt->settings;
	struct report_site site = {.organisation = s->organisation,
		.contact = s->contact,
		.lists = w->opt->lists,
		.host = str_of(w->opt->host),
		.version = str_of(w->opt->version)};
	size_t n = json_array_size(job->to);
	struct str *addresses = mem_zero(n + 1, sizeof(*addresses));
	struct fetched f = {.w = w};
	json_t *report = json_object();
	bool good = true;
	int64_t deadline;
	struct report_input in = {.incident = job->incident,
		.number = job->n,
		.written = job->wall,
		.next_report = job->next,
		.told = addresses,
		.ntold = n,
		.site = &site};

	for (size_t i = 0; i < n; i++)
		addresses[i] = str_of(json_string_value(json_array_get(job->to, i)));
	fetch(w, job->incident, &f);
	in.records = f.lines;
	in.nrecords = f.n;
	deadline = clock_mono(w->opt->clock) + PDF_NS;
	for (int ja = 0; ja <= 1 && good && !atomic_load(&w->stop); ja++) {
		add_subject(report, &in, ja);
		for (int how = REPORT_TEXT; how <= REPORT_JSON; how++)
			good = good && add_form(w, report, &in, (enum report_format)how, ja);
		if (good && is_read(s, ja))
			add_pdf(w, report, &in, ja, deadline);
	}
	json_object_set(report, "to", job->to);
	json_object_set(report, "number", json_object_get(job->incident, "number"));
	json_object_set_new(report, "n", json_integer(job->n));
	if (good && !atomic_load(&w->stop))
		job->report = report;
	else
		json_decref(report);
	fetched_done(&f);
	mem_free(addresses);
}

/* ---- the thread ---- */

static void *
run(void *arg)
{
	struct writer *w = arg;
	uint64_t one = 1;

	pthread_mutex_lock(&w->mutex);
	while (!w->stop) {
		if (w->state != GIVEN) {
			pthread_cond_wait(&w->cond, &w->mutex);
			continue;
		}
		pthread_mutex_unlock(&w->mutex);
		write_job(w, &w->job);
		pthread_mutex_lock(&w->mutex);
		w->state = FINISHED;
		/* the loop looks by itself every second: a wake that fails costs no more */
		if (write(w->opt->wake_fd, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

struct writer *
writer_start(const struct respond_options *opt)
{
	struct writer *w = mem_zero(1, sizeof(*w));
	sigset_t all, before;

	w->opt = opt;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->cond, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (pthread_create(&w->thread, NULL, run, w) != 0) {
		say(opt->log_fd, SAY_ERROR, "no thread for reports: none is written");
		mem_free(w);
		w = NULL;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w;
}

bool
writer_busy(struct writer *w)
{
	bool busy;

	if (!w)
		return true;
	pthread_mutex_lock(&w->mutex);
	busy = w->state != IDLE;
	pthread_mutex_unlock(&w->mutex);
	return busy;
}

void
writer_give(struct writer *w, struct report_job *job)
{
	pthread_mutex_lock(&w->mutex);
	w->job = *job;
	w->state = GIVEN;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->mutex);
}

bool
writer_take(struct writer *w, struct report_job *ret)
{
	bool done = false;

	if (!w)
		return false;
	pthread_mutex_lock(&w->mutex);
	if (w->state == FINISHED) {
		*ret = w->job;
		w->job = (struct report_job){0};
		w->state = IDLE;
		done = true;
	}
	pthread_mutex_unlock(&w->mutex);
	return done;
}

bool
writer_stop(struct writer *w, int64_t ns)
{
	struct timespec until;

	if (!w)
		return true;
	pthread_mutex_lock(&w->mutex);
	atomic_store(&w->stop, true);
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->mutex);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ns / NS_PER_S + 1;
	if (pthread_timedjoin_np(w->thread, NULL, &until) != 0)
		return false;
	report_job_done(&w->job);
	pthread_mutex_destroy(&w->mutex);
	pthread_cond_destroy(&w->cond);
	mem_free(w);
	return true;
}

void
report_job_done(struct report_job *job)
{
	json_decref(job->incident);
	json_decref(job->to);
	json_decref(job->report);
	memset(job, 0, sizeof(*job));
}
