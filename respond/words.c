#include "base/stamp.h"
#include "base/term.h"
#include "base/utf8.h"
#include "respond/notice.h"

#define JST_NS (9 * 3600 * NS_PER_S)

static const struct {
	const char *ecs, *en, *ja;
} words[] = {
#define W(ecs, en, ja) {ecs, en, ja},
#include "respond/words.def"
#undef W
};

const char *
word_for_field(struct str ecs, bool ja)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(ecs, str_of(words[i].ecs)))
			return ja ? words[i].ja : words[i].en;
	return NULL;
}

const char *
word_for_level(enum level l, bool ja)
{
	static const char *const en[] = {"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"};
	static const char *const jp[] = {"情報", "低", "中", "高", "重大"};

	return ja ? jp[l] : en[l];
}

/* The length of at most max bytes of s that ends with a whole character. */
static size_t
cut_at(struct str s, size_t max)
{
	size_t n = s.n < max ? s.n : max;

	while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80 && max - n < 4)
		n--;
	return n;
}

void
show(struct buf *out, struct str s, size_t max, bool ja)
{
	size_t n = cut_at(s, max);

	term_show(out, (struct str){s.p, n});
	if (n < s.n)
		buf_printf(out, ja ? " … (残り%zuバイト)" : " … (%zu bytes more)", s.n - n);
}

static void
add_civil(struct buf *out, int64_t ns)
{
	struct civil c;

	civil_of_ns(ns, &c);
	buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
		c.second);
}

void
show_time(struct buf *out, int64_t ns)
{
	add_civil(out, ns + JST_NS);
	BUF_ADD_LIT(out, " JST (");
	add_civil(out, ns);
	BUF_ADD_LIT(out, " UTC)");
}
