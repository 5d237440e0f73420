#include "respond/beat.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <curl/curl.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "respond/say.h"

/* The loop looks every second; taking a full group may last a while. */
#define STALE_NS (15 * NS_PER_S)

struct beat {
	const struct respond_options *opt;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	const _Atomic int64_t *well;
	_Atomic bool stop;
	bool failing;
};

static bool
all_well(const struct beat *b)
{
	return b->opt->ready &&
	       (atomic_load(b->opt->ready) & b->opt->ready_all) == b->opt->ready_all &&
	       clock_mono(b->opt->clock) - atomic_load(b->well) < STALE_NS;
}

static size_t
ignore(char *p, size_t size, size_t n, void *ctx)
{
	(void)p, (void)ctx;
	return size * n;
}

/* Stopping waits for no peer. */
static int
watch(void *ctx, curl_off_t a, curl_off_t c, curl_off_t d, curl_off_t e)
{
	const struct beat *b = ctx;

	(void)a, (void)c, (void)d, (void)e;
	return atomic_load(&b->stop);
}

static const char *
call(const struct beat *b)
{
	struct str set = b->opt->settings->heartbeat_url;
	CURL *c = curl_easy_init();
	char *url = mem_copy_z(set.p, set.n);
	CURLcode rc = CURLE_FAILED_INIT;

	if (c) {
		curl_easy_setopt(c, CURLOPT_URL, url);
		curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
		curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 10000L);
		curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
		curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore);
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, b);
		rc = curl_easy_perform(c);
		curl_easy_cleanup(c);
	}
	mem_free(url);
	return rc == CURLE_OK ? NULL : curl_easy_strerror(rc);
}

static const char *
touch(const struct beat *b)
{
	struct str set = b->opt->settings->heartbeat_file;
	char *path = mem_copy_z(set.p, set.n), at[32];
	size_t n = stamp_format(clock_wall(b->opt->clock), at);
	int rc;

	at[n++] = '\n';
	rc = file_replace(path, str_make(at, n), 0644);
	mem_free(path);
	return rc < 0 ? "the file cannot be written" : NULL;
}

static void
one(struct beat *b)
{
	const char *bad = NULL, *other = NULL;

	if (!all_well(b))
		return; /* that is the message */
	if (b->opt->settings->heartbeat_url.n)
		bad = call(b);
	/* one that fails does not silence the other */
	if (b->opt->settings->heartbeat_file.n)
		other = touch(b);
	bad = bad ? bad : other;
	if (bad)
		count_add(b->opt->counts, COUNT_HEARTBEAT_FAILED, 1);
	if (bad && !b->failing)
		say(b->opt->log_fd, SAY_WARNING, "the heartbeat cannot be given: %s; tried again",
			bad);
	if (!bad && b->failing)
		say(b->opt->log_fd, SAY_NOTICE, "the heartbeat is given again");
	b->failing = bad != NULL;
}

static void *
run(void *arg)
{
	struct beat *b = arg;

	pthread_mutex_lock(&b->mutex);
	while (!b->stop) {
		struct timespec until;
		int64_t every = b->opt->settings->heartbeat_ns;

		pthread_mutex_unlock(&b->mutex);
		one(b);
		pthread_mutex_lock(&b->mutex);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += every / NS_PER_S;
		while (!b->stop && pthread_cond_timedwait(&b->cond, &b->mutex, &until) != ETIMEDOUT)
			continue;
	}
	pthread_mutex_unlock(&b->mutex);
	return NULL;
}

struct beat *
beat_start(const struct respond_options *opt, const _Atomic int64_t *well)
{
	struct beat *b;
	pthread_condattr_t attr;
	sigset_t all, before;

	if (opt->settings->heartbeat_url.n == 0 && opt->settings->heartbeat_file.n == 0)
		return NULL;
	b = mem_zero(1, sizeof(*b));
	b->opt = opt;
	b->well = well;
	pthread_mutex_init(&b->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->cond, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (pthread_create(&b->thread, NULL, run, b) != 0) {
		say(opt->log_fd, SAY_ERROR, "no thread for the heartbeat");
		mem_free(b);
		b = NULL;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return b;
}

void
beat_stop(struct beat *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->mutex);
	b->stop = true;
	pthread_cond_signal(&b->cond);
	pthread_mutex_unlock(&b->mutex);
	pthread_join(b->thread, NULL);
	pthread_mutex_destroy(&b->mutex);
	pthread_cond_destroy(&b->cond);
	mem_free(b);
}
