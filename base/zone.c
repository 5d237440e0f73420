#include "base/zone.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stamp.h"

#define ZONE_FOLDER   "/usr/share/zoneinfo/"
#define ZONE_FILE_MAX ((size_t)1 << 20)
#define ZONE_NAME_MAX 64u
#define RULES_FROM    1970 /* what the footer says is written out for the years that stamps know */
#define RULES_TO      2262

struct change {
	int64_t at; /* UTC seconds */
	int32_t offset;
};

struct zone {
	char *name;
	int32_t first; /* offset before the first change */
	struct change *changes;
	size_t n, cap;
};

/* ---- POSIX TZ strings (RFC 8536 3.3): "EST5EDT,M3.2.0,M11.1.0" ---- */

struct rule {
	char kind; /* 'M', 'J', '0' */
	int month, week, day;
	int32_t time;
};

struct posix {
	int32_t std, dst;
	bool has_dst;
	struct rule start, end;
};

static bool
take_name(struct str *s)
{
	size_t i = 0;

	if (s->n > 0 && s->p[0] == '<') {
		ptrdiff_t close = str_chr(*s, '>');

		if (close < 0)
			return false;
		str_skip(s, (size_t)close + 1);
		return true;
	}
	while (i < s->n &&
		((s->p[i] >= 'A' && s->p[i] <= 'Z') || (s->p[i] >= 'a' && s->p[i] <= 'z')))
		i++;
	str_skip(s, i);
	return i >= 3;
}

static bool
take_small(struct str *s, uint64_t max, int *ret)
{
	uint64_t v;

	if (!str_take_u64(s, &v) || v > max)
		return false;
	*ret = (int)v;
	return true;
}

/* [+-]hh[:mm[:ss]]; hours up to 167 as RFC 8536 allows. */
static bool
take_hms(struct str *s, int32_t *ret)
{
	int h, m = 0, sec = 0, sign = 1;

	if (str_take(s, STR("-")))
		sign = -1;
	else
		str_take(s, STR("+"));
	if (!take_small(s, 167, &h))
		return false;
	if (str_take(s, STR(":"))) {
		if (!take_small(s, 59, &m))
			return false;
		if (str_take(s, STR(":")) && !take_small(s, 59, &sec))
			return false;
	}
	*ret = sign * (h * 3600 + m * 60 + sec);
	return true;
}

static bool
take_rule(struct str *s, struct rule *r)
{
	*r = (struct rule){.kind = '0', .time = 7200};
	if (str_take(s, STR("M"))) {
		r->kind = 'M';
		if (!take_small(s, 12, &r->month) || r->month == 0 || !str_take(s, STR(".")) ||
			!take_small(s, 5, &r->week) || r->week == 0 || !str_take(s, STR(".")) ||
			!take_small(s, 6, &r->day))
			return false;
	} else {
		if (str_take(s, STR("J")))
			r->kind = 'J';
		if (!take_small(s, 365, &r->day))
			return false;
	}
	return !str_take(s, STR("/")) || take_hms(s, &r->time);
}

static bool
posix_parse(struct str s, struct posix *ret)
{
	int32_t west;

	*ret = (struct posix){0};
	if (!take_name(&s) || !take_hms(&s, &west))
		return false;
	ret->std = -west;
	if (s.n == 0)
		return true;
	if (!take_name(&s))
		return false;
	ret->has_dst = true;
	ret->dst = ret->std + 3600;
	if (s.n > 0 && s.p[0] != ',') {
		if (!take_hms(&s, &west))
			return false;
		ret->dst = -west;
	}
	return str_take(&s, STR(",")) && take_rule(&s, &ret->start) && str_take(&s, STR(",")) &&
	       take_rule(&s, &ret->end) && s.n == 0;
}

static int64_t
midnight(int year, int month, int day)
{
	struct civil c = {.year = year, .month = month, .day = day};

	return civil_to_ns(&c) / NS_PER_S;
}

/* Local seconds of the rule's moment in that year. */
static int64_t
rule_at(const struct rule *r, int year)
{
	int64_t day, next;
	int weekday;

	if (r->kind != 'M') {
		bool leap = midnight(year, 12, 31) - midnight(year, 1, 1) == INT64_C(365) * 86400;
		int n = r->day;

		/* Jn never counts 29 February. */
		if (r->kind == 'J')
			n = n - 1 + (leap && n >= 60);
		return midnight(year, 1, 1) + n * INT64_C(86400) + r->time;
	}
	day = midnight(year, r->month, 1) / 86400;
	next = r->month == 12 ? midnight(year + 1, 1, 1) : midnight(year, r->month + 1, 1);
	weekday = (int)((day + 4) % 7); /* 1970-01-01 was a Thursday */
	day += (r->day - weekday + 7) % 7 + (r->week - 1) * 7;
	while (day * 86400 >= next)
		day -= 7;
	return day * 86400 + r->time;
}

/* ---- TZif ---- */

static void
add_change(struct zone *z, int64_t at, int32_t offset)
{
	if (z->n > 0 && z->changes[z->n - 1].at >= at)
		return;
	z->changes = mem_grow(z->changes, z->n, &z->cap, sizeof(*z->changes));
	z->changes[z->n++] = (struct change){at, offset};
}

static void
add_rules(struct zone *z, const struct posix *tz)
{
	if (!tz->has_dst) {
		if (z->n == 0)
			z->first = tz->std;
		return;
	}
	for (int year = RULES_FROM; year < RULES_TO; year++) {
		int64_t on = rule_at(&tz->start, year) - tz->std;
		int64_t off = rule_at(&tz->end, year) - tz->dst;

		if (on < off) {
			add_change(z, on, tz->dst);
			add_change(z, off, tz->std);
		} else {
			add_change(z, off, tz->std);
			add_change(z, on, tz->dst);
		}
	}
}

static int64_t
big_endian(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return n == 4 ? (int64_t)(int32_t)(uint32_t)v : (int64_t)v;
}

struct tzif {
	size_t isut, isstd, leap, time, type, chars;
	char version;
};

static bool
tzif_header(struct str *s, struct tzif *h)
{
	size_t *counts[] = {&h->isut, &h->isstd, &h->leap, &h->time, &h->type, &h->chars};

	if (s->n < 44 || memcmp(s->p, "TZif", 4) != 0)
		return false;
	h->version = s->p[4];
	for (size_t i = 0; i < 6; i++) {
		int64_t v = big_endian(s->p + 20 + i * 4, 4);

		if (v < 0 || v > 65536)
			return false;
		*counts[i] = (size_t)v;
	}
	str_skip(s, 44);
	return h->type > 0;
}

static size_t
tzif_size(const struct tzif *h, size_t word)
{
	return h->time * (word + 1) + h->type * 6 + h->chars + h->leap * (word + 4) + h->isstd +
	       h->isut;
}

static bool
tzif_body(struct str s, const struct tzif *h, size_t word, struct zone *z)
{
	const char *types = s.p + h->time * (word + 1);

	z->first = (int32_t)big_endian(types, 4);
	for (size_t i = 0; i < h->time; i++) {
		int64_t at = big_endian(s.p + i * word, word);
		size_t type = (unsigned char)s.p[h->time * word + i];
		int32_t off;

		if (type >= h->type)
			return false;
		off = (int32_t)big_endian(types + type * 6, 4);
		if (off < -93600 || off > 93600)
			return false;
		/* What lies before 1970 only says with which offset the story begins. */
		if (at < 0)
			z->first = off;
		else
			add_change(z, at, off);
	}
	return true;
}

static bool
tzif_parse(struct str s, struct zone *z)
{
	struct tzif h;
	struct posix tz;
	size_t size;

	if (!tzif_header(&s, &h))
		return false;
	size = tzif_size(&h, 4);
	if (s.n < size)
		return false;
	if (h.version == 0)
		return tzif_body(s, &h, 4, z);
	str_skip(&s, size);
	if (!tzif_header(&s, &h))
		return false;
	size = tzif_size(&h, 8);
	if (s.n < size || !tzif_body(s, &h, 8, z))
		return false;
	str_skip(&s, size);
	if (s.n < 2 || s.p[0] != '\n' || s.p[s.n - 1] != '\n')
		return false;
	s = str_make(s.p + 1, s.n - 2);
	if (s.n == 0)
		return true;
	if (!posix_parse(s, &tz))
		return false;
	add_rules(z, &tz);
	return true;
}

/* ---- names ---- */

/* "+09:00", "-0530", "+9". */
static bool
fixed_offset(struct str s, int32_t *ret)
{
	int sign, h, m = 0;
	size_t i = 1;

	if (s.n < 2 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	sign = s.p[0] == '-' ? -1 : 1;
	if (!is_digit(s.p[i]))
		return false;
	h = s.p[i++] - '0';
	if (i < s.n && is_digit(s.p[i]))
		h = h * 10 + (s.p[i++] - '0');
	if (i < s.n && s.p[i] == ':')
		i++;
	if (i < s.n) {
		if (s.n - i != 2 || !is_digit(s.p[i]) || !is_digit(s.p[i + 1]))
			return false;
		m = (s.p[i] - '0') * 10 + (s.p[i + 1] - '0');
	}
	if (h > 23 || m > 59)
		return false;
	*ret = sign * (h * 3600 + m * 60);
	return true;
}

/* A relative path of plain words: nothing that leaves the folder. */
static bool
plain_name(struct str s)
{
	if (s.n == 0 || s.n > ZONE_NAME_MAX || s.p[0] == '/' || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_digit(c) && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
			c != '/' && c != '_' && c != '-' && c != '+')
			return false;
	}
	return true;
}

static int
zone_read(struct str name, struct diag *why, struct zone *z)
{
	struct buf path = {0}, bytes = {0};
	int rc;

	if (!plain_name(name)) {
		diag_set(why, NULL, 0,
			"'%.*s' is no time zone; write UTC, +09:00 or a name such as Asia/Tokyo",
			STR_ARG(name));
		return ERR_NOT_FOUND;
	}
	BUF_ADD_LIT(&path, ZONE_FOLDER);
	buf_add_str(&path, name);
	rc = file_read(buf_z(&path), ZONE_FILE_MAX, &bytes);
	if (rc < 0) {
		diag_set(why, NULL, 0,
			"unknown time zone '%.*s'; write UTC, +09:00 or a name such as Asia/Tokyo "
			"(package tzdata)",
			STR_ARG(name));
		rc = ERR_NOT_FOUND;
		goto done;
	}
	if (!tzif_parse(buf_str(&bytes), z)) {
		diag_set(why, buf_z(&path), 0, "is not a time zone file");
		rc = ERR_CORRUPT;
	}
done:
	buf_done(&path);
	buf_done(&bytes);
	return rc;
}

int
zone_load(struct str name, struct diag *why, struct zone **ret)
{
	struct zone *z = mem_zero(1, sizeof(*z));
	int rc = 0;

	z->name = mem_copy_z(name.p, name.n);
	if (!str_eq_nocase(name, STR("UTC")) && !str_eq(name, STR("Z")) &&
		!fixed_offset(name, &z->first))
		rc = zone_read(name, why, z);
	if (rc < 0)
		zone_free(z);
	else
		*ret = z;
	return rc;
}

void
zone_free(struct zone *z)
{
	if (!z)
		return;
	mem_free(z->name);
	mem_free(z->changes);
	mem_free(z);
}

const char *
zone_name(const struct zone *z)
{
	return z ? z->name : "UTC";
}

int32_t
zone_offset(const struct zone *z, int64_t utc)
{
	size_t lo = 0, hi;
	int64_t s;

	if (!z)
		return 0;
	hi = z->n;
	if (hi == 0)
		return z->first;
	s = utc / NS_PER_S - (utc % NS_PER_S < 0);
	if (s < z->changes[0].at)
		return z->first;
	if (s >= z->changes[hi - 1].at)
		return z->changes[hi - 1].offset;
	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;

		if (z->changes[mid].at <= s)
			lo = mid;
		else
			hi = mid;
	}
	return z->changes[lo].offset;
}

int64_t
zone_to_utc(const struct zone *z, int64_t local, int64_t near)
{
	const int64_t day = 86400 * NS_PER_S;
	int32_t before, after;
	int64_t a, b;
	bool a_is, b_is;

	if (!z || z->n == 0)
		return local - (z ? z->first : 0) * NS_PER_S;
	before = zone_offset(z, local - day);
	after = zone_offset(z, local + day);
	a = local - before * NS_PER_S;
	if (before == after)
		return a;
	b = local - after * NS_PER_S;
	a_is = zone_offset(z, a) == before;
	b_is = zone_offset(z, b) == after;
	if (a_is && b_is) {
		int64_t da = a > near ? a - near : near - a, db = b > near ? b - near : near - b;

		return db < da ? b : a;
	}
	return b_is ? b : a;
}
