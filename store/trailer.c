#include "store/trailer.h"

#include "base/err.h"

bool
class_name_valid(struct str name)
{
	if (name.n == 0 || name.n > CLASS_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!is_digit(c) && (c < 'a' || c > 'z') && c != '_' && c != '-')
			return false;
	}
	return true;
}

static void
add_le32(struct buf *out, uint32_t v)
{
	char b[4] = {(char)v, (char)(v >> 8), (char)(v >> 16), (char)(v >> 24)};

	buf_add(out, b, sizeof(b));
}

void
trailer_encode(const struct trailer *t, struct buf *out, size_t *hash_at)
{
	size_t start = out->n, line;
	uint32_t n;

	add_le32(out, TRAILER_MAGIC);
	add_le32(out, 0);
	line = out->n;
	buf_printf(out,
		TRAILER_START "%s\",\"seq\":[%llu,%llu],\"n\":%llu,\"time\":[%lld,%lld],"
			      "\"arrival\":[%lld,%lld],\"text\":%llu,\"zst\":%llu,\"prev\":\"%s\","
			      "\"hash\":\"",
		t->cls, (unsigned long long)t->seq[0], (unsigned long long)t->seq[1],
		(unsigned long long)t->n, (long long)t->time[0], (long long)t->time[1],
		(long long)t->arrival[0], (long long)t->arrival[1], (unsigned long long)t->text,
		(unsigned long long)t->zst, t->prev);
	*hash_at = out->n;
	buf_printf(out, "%s\"}\n", t->hash);
	n = (uint32_t)(out->n - line);
	for (int i = 0; i < 4; i++)
		out->p[start + 4 + (size_t)i] = (char)(n >> (8 * i));
}

/* ---- reading: each take_* moves *s and says whether it was there ---- */

static bool
take_text(struct str *s, char *out, size_t max, char end)
{
	ptrdiff_t at = str_chr(*s, end);

	if (at < 0 || (size_t)at > max)
		return false;
	memcpy(out, s->p, (size_t)at);
	out[at] = 0;
	str_skip(s, (size_t)at);
	return true;
}

static bool
take_i64(struct str *s, int64_t *ret)
{
	bool neg = str_take(s, STR("-"));
	uint64_t v;

	if (!str_take_u64(s, &v) || v > (uint64_t)INT64_MAX)
		return false;
	*ret = neg ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool
take_hash(struct str *s, char out[HASH_HEX + 1])
{
	if (!take_text(s, out, HASH_HEX, '"') || strlen(out) != HASH_HEX)
		return false;
	return strspn(out, "0123456789abcdef") == HASH_HEX;
}

static bool
take_pair(struct str *s, int64_t ret[2])
{
	return take_i64(s, &ret[0]) && str_take(s, STR(",")) && take_i64(s, &ret[1]);
}

static bool
take_trailer(struct str s, struct trailer *t)
{
	return str_take(&s, STR(TRAILER_START)) && take_text(&s, t->cls, CLASS_MAX, '"') &&
	       str_take(&s, STR("\",\"seq\":[")) && str_take_u64(&s, &t->seq[0]) &&
	       str_take(&s, STR(",")) && str_take_u64(&s, &t->seq[1]) &&
	       str_take(&s, STR("],\"n\":")) && str_take_u64(&s, &t->n) &&
	       str_take(&s, STR(",\"time\":[")) && take_pair(&s, t->time) &&
	       str_take(&s, STR("],\"arrival\":[")) && take_pair(&s, t->arrival) &&
	       str_take(&s, STR("],\"text\":")) && str_take_u64(&s, &t->text) &&
	       str_take(&s, STR(",\"zst\":")) && str_take_u64(&s, &t->zst) &&
	       str_take(&s, STR(",\"prev\":\"")) && take_hash(&s, t->prev) &&
	       str_take(&s, STR("\",\"hash\":\"")) && take_hash(&s, t->hash) &&
	       str_eq(s, STR("\"}\n"));
}

int
trailer_parse(struct str line, struct trailer *ret)
{
	struct buf again = {0};
	size_t hash_at;
	bool same;

	*ret = (struct trailer){0};
	if (line.n > TRAILER_MAX || !take_trailer(line, ret) || !class_name_valid(str_of(ret->cls)))
		return ERR_SYNTAX;
	trailer_encode(ret, &again, &hash_at);
	same = str_eq(line, (struct str){again.p + TRAILER_FRONT, again.n - TRAILER_FRONT});
	buf_done(&again);
	return same ? 0 : ERR_SYNTAX;
}

void
head_encode(const struct head *h, struct buf *out)
{
	buf_printf(out,
		TRAILER_START
		"%s\",\"segment\":\"%s\",\"offset\":%llu,\"hash\":\"%s\",\"seq\":%llu,"
		"\"n\":%llu}\n",
		h->cls, h->segment, (unsigned long long)h->offset, h->hash,
		(unsigned long long)h->seq, (unsigned long long)h->n);
}

int
head_parse(struct str line, struct head *ret)
{
	struct str s = line;
	struct buf again = {0};
	bool same;

	*ret = (struct head){0};
	if (!str_take(&s, STR(TRAILER_START)) || !take_text(&s, ret->cls, CLASS_MAX, '"') ||
		!str_take(&s, STR("\",\"segment\":\"")) ||
		!take_text(&s, ret->segment, sizeof(ret->segment) - 1, '"') ||
		!str_take(&s, STR("\",\"offset\":")) || !str_take_u64(&s, &ret->offset) ||
		!str_take(&s, STR(",\"hash\":\"")) || !take_hash(&s, ret->hash) ||
		!str_take(&s, STR("\",\"seq\":")) || !str_take_u64(&s, &ret->seq) ||
		!str_take(&s, STR(",\"n\":")) || !str_take_u64(&s, &ret->n))
		return ERR_SYNTAX;
	head_encode(ret, &again);
	same = str_eq(line, buf_str(&again));
	buf_done(&again);
	return same ? 0 : ERR_SYNTAX;
}
