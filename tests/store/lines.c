#include "lines.h"

#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/archive.h"
#include "store/segment.h"

struct evidence_options
lines_options(const char *dir, uint64_t frame_text)
{
	return (struct evidence_options){.dir = dir,
		.segment_bytes = 3000,
		.segment_age_ns = 3600 * NS_PER_S,
		.frame_text = frame_text,
		.zstd_level = 1};
}

int64_t
lines_time(uint64_t i)
{
	return (INT64_C(1700006400) + (int64_t)i) * NS_PER_S;
}

void
lines_add(struct evidence *e, unsigned cls, uint64_t i)
{
	struct buf b = {0};

	buf_printf(&b,
		"{\"event.sequence\":%llu,\"user.name\":\"user%llu\",\"source.ip\":\"10.0.%llu.%"
		"llu\"}",
		(unsigned long long)i, (unsigned long long)(i * 7919 % 1000),
		(unsigned long long)(i >> 8 & 255), (unsigned long long)(i & 255));
	evidence_add(e, cls, i, lines_time(i), lines_time(i), buf_str(&b));
	evidence_boundary(e, cls);
	buf_done(&b);
}

void
lines_wait(struct evidence *e, uint64_t upto)
{
	evidence_flush(e);
	while (evidence_durable(e) < upto)
		usleep(500);
}

static const char *
check_text(struct str text, uint64_t *last, size_t *n)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		uint64_t number;

		if (!str_take(&line, STR("{\"event.sequence\":")) || !str_take_u64(&line, &number))
			return "a line is not as it was written";
		if (number <= *last)
			return "a line came twice or too late";
		*last = number;
		++*n;
	}
	return text.n ? "a line without end" : NULL;
}

static const char *
check_segment(const char *path, char prev[HASH_HEX + 1], uint64_t *last, size_t *n)
{
	struct segment_reader r;
	struct segment_part p;
	struct buf text = {0};
	ZSTD_DCtx *dctx = NULL;
	const char *wrong = NULL;
	int rc = segment_open(&r, path, 0);

	while (rc == 0 && !wrong && (rc = segment_next(&r, &p)) == 0) {
		if (strcmp(p.t.prev, prev) != 0)
			wrong = "the chain is broken";
		else if (!segment_hash_fits(&p))
			wrong = "a hash does not fit";
		else if (segment_unpack(&p, &dctx, &text, &wrong) == 0)
			wrong = check_text(buf_str(&text), last, n);
		memcpy(prev, p.t.hash, HASH_HEX + 1);
	}
	if (!wrong && rc == ERR_CORRUPT)
		wrong = "a segment is damaged";
	if (!wrong && rc != ERR_NOT_FOUND)
		wrong = "a segment ends inside a frame";
	ZSTD_freeDCtx(dctx);
	buf_done(&text);
	segment_close(&r);
	return wrong;
}

const char *
lines_check(const char *dir, const char *cls, size_t *n)
{
	char prev[HASH_HEX + 1] = TRAILER_NO_PREV;
	struct archive_list list;
	struct buf path = {0};
	const char *wrong = NULL;
	uint64_t last = 0;

	*n = 0;
	if (archive_list(dir, cls, &list) < 0)
		return "no archive";
	for (size_t i = 0; i < list.n && !wrong; i++)
		wrong = check_segment(
			archive_path(&path, dir, cls, list.v[i].name), prev, &last, n);
	archive_list_done(&list);
	buf_done(&path);
	return wrong;
}
