#include "config/settings_value.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stamp.h"

struct unit {
	const char *word;
	uint64_t size;
};

static const struct unit spans[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000},
	{"s", UINT64_C(1000000000)}, {"m", UINT64_C(60000000000)}, {"min", UINT64_C(60000000000)},
	{"h", UINT64_C(3600000000000)}, {"d", UINT64_C(86400000000000)}, {NULL, 0}};

static const struct unit sizes[] = {{"", 1}, {"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20},
	{"GiB", 1u << 30}, {"TiB", UINT64_C(1) << 40}, {"kB", 1000}, {"MB", 1000000},
	{"GB", 1000000000}, {NULL, 0}};

#define PLACES UINT64_C(1000000000)

/* A decimal number with up to nine places behind the point, and a unit. */
static bool
quantity(struct str text, const struct unit *units, uint64_t *ret)
{
	uint64_t whole, part = 0, scale = PLACES;

	if (!str_take_u64(&text, &whole))
		return false;
	if (text.n > 0 && text.p[0] == '.') {
		str_skip(&text, 1);
		for (; text.n > 0 && is_digit(text.p[0]); str_skip(&text, 1)) {
			if (scale == 1)
				return false;
			scale /= 10;
			part += (uint64_t)(text.p[0] - '0') * scale;
		}
		if (scale == PLACES)
			return false;
	}
	text = str_trim(text);
	for (; units->word; units++) {
		uint64_t v;

		if (!str_eq(text, str_of(units->word)))
			continue;
		part = units->size / PLACES * part + units->size % PLACES * part / PLACES;
		if (__builtin_mul_overflow(whole, units->size, &v) ||
			__builtin_add_overflow(v, part, &v) || v > INT64_MAX)
			return false;
		*ret = v;
		return true;
	}
	return false;
}

bool
settings_span(struct str text, int64_t *ret)
{
	uint64_t v;

	if (str_eq(text, STR("0")))
		return *ret = 0, true;
	if (!quantity(text, spans, &v))
		return false;
	*ret = (int64_t)v;
	return true;
}

bool
settings_bytes(struct str text, uint64_t *ret)
{
	return quantity(text, sizes, ret);
}

void
settings_say(struct settings_reader *r, const struct yaml_node *at, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_add(r->why, DIAG_ERROR, r->path, at ? at->line : 0, at ? at->column : 0, "%s",
		buf_z(&text));
	buf_done(&text);
}

int
settings_choice(const char *choices, struct str word)
{
	struct str all = str_of(choices), one;

	for (int i = 0; all.n > 0; i++) {
		str_cut(&all, ' ', &one);
		if (str_eq(one, word))
			return i;
	}
	return -1;
}

static struct str
keep(struct settings_reader *r, struct str text)
{
	return (struct str){arena_z(&r->s->arena, text), text.n};
}

static const char *
place(const struct setting_row *row, char out[128])
{
	snprintf(out, 128, "%s%s%s", row->section, row->section[0] ? "." : "", row->key);
	return out;
}

/* "file, not 7": what the row wants instead of the node. */
static void
want(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	struct str text, const char *wanted)
{
	char where[128];

	if (node && (node->kind == YAML_MAP || node->kind == YAML_LIST))
		settings_say(r, node, "`%s` must be %s, not a %s", place(row, where), wanted,
			node->kind == YAML_MAP ? "map" : "list");
	else
		settings_say(r, node, "`%s` must be %s, not `%.*s`", place(row, where), wanted,
			text.n > 80 ? 80 : (int)text.n, text.p ? text.p : "");
}

static bool
valid_address(struct str a, bool port_needed)
{
	ptrdiff_t colon = str_rchr(a, ':');
	struct str host = a, port;
	uint64_t n;

	if (a.n > 0 && a.p[0] == '[') {
		ptrdiff_t close = str_rchr(a, ']');

		if (close < 2)
			return false;
		if (colon < close)
			return !port_needed && (size_t)close == a.n - 1;
		return colon == close + 1 &&
		       str_u64((struct str){a.p + colon + 1, a.n - (size_t)colon - 1}, &n) &&
		       n > 0 && n < 65536;
	}
	if (colon < 0)
		return !port_needed && a.n > 0 && str_chr(a, ' ') < 0;
	host.n = (size_t)colon;
	port = (struct str){a.p + colon + 1, a.n - (size_t)colon - 1};
	return host.n > 0 && str_chr(host, ':') < 0 && str_chr(host, ' ') < 0 &&
	       str_u64(port, &n) && n > 0 && n < 65536;
}

static bool
valid_brokers(struct str list)
{
	struct str one;

	if (list.n == 0)
		return false;
	while (list.n > 0) {
		str_cut(&list, ',', &one);
		if (!valid_address(str_trim(one), false))
			return false;
	}
	return true;
}

static void
put_choice(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	struct str text, void *at)
{
	int n = settings_choice(row->choices, text);
	const char *names[16];
	size_t count = 0;
	char wanted[256], copy[200];
	const char *near;

	if (n >= 0 && row->kind == ROW_CHOICE)
		*(struct str *)at = keep(r, text);
	else if (n >= 0 && row->kind == ROW_TWO)
		*(bool *)at = n == 1;
	else if (n >= 0)
		memcpy(at, &n, sizeof(n));
	if (n >= 0)
		return;
	snprintf(copy, sizeof(copy), "%s", row->choices);
	for (char *save = NULL, *w = strtok_r(copy, " ", &save); w && count < 16;
		w = strtok_r(NULL, " ", &save))
		names[count++] = w;
	near = diag_did_you_mean(text, names, count);
	snprintf(wanted, sizeof(wanted), "one of %s%s%s%s", row->choices,
		near ? " (did you mean `" : "", near ? near : "", near ? "`?)" : "");
	want(r, row, node, text, wanted);
}

static void
put_number(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	struct str text, void *at)
{
	uint64_t v = 0;
	int64_t span = 0;
	bool ok;
	char wanted[160];

	if (row->kind == ROW_SPAN) {
		ok = settings_span(text, &span);
		v = (uint64_t)span;
	} else {
		ok = row->kind == ROW_BYTES ? settings_bytes(text, &v) : str_u64(text, &v);
	}
	if (!ok) {
		want(r, row, node, text,
			row->kind == ROW_SPAN    ? "a time with a unit such as 500ms, 60s, 10m, 1h"
			: row->kind == ROW_BYTES ? "a size such as 65536, 64KiB, 4GiB"
						 : "a whole number");
		return;
	}
	if (v < row->min || v > row->max) {
		uint64_t unit =
			row->kind == ROW_SPAN ? (row->max % NS_PER_S ? 1000000 : 1000000000) : 1;
		const char *word = row->kind == ROW_SPAN    ? (unit == 1000000 ? "ms" : "s")
				   : row->kind == ROW_BYTES ? " bytes"
							    : "";

		if (row->kind == ROW_SPAN && row->min % unit)
			unit = 1000000, word = "ms";
		snprintf(wanted, sizeof(wanted), "between %llu and %llu%s",
			(unsigned long long)(row->min / unit),
			(unsigned long long)(row->max / unit), word);
		want(r, row, node, text, wanted);
		return;
	}
	memcpy(at, &v, sizeof(v));
}

static void
put_workers(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	struct str text, unsigned *at)
{
	uint64_t v;

	if (str_eq(text, STR("auto"))) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);

		*at = cpus <= 2 ? 1 : cpus > 64 ? 64 : (unsigned)cpus - 1;
	} else if (str_u64(text, &v) && v >= row->min && v <= row->max) {
		*at = (unsigned)v;
	} else {
		want(r, row, node, text, "auto or a whole number from 1 to 64");
	}
}

static void
put_path(struct settings_reader *r, struct str text, struct str *at)
{
	struct buf b = {0};

	if (text.n > 0 && text.p[0] != '/' && !str_eq(text, STR("-")) && r->dir.n > 0)
		buf_printf(&b, "%.*s/", STR_ARG(r->dir));
	buf_add_str(&b, text);
	*at = keep(r, buf_str(&b));
	buf_done(&b);
}

static void
put_text(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	struct str text, struct str *at)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "a text of 1 to %llu bytes without control characters",
		(unsigned long long)row->max);
	if (text.n == 0 || text.n > row->max) {
		want(r, row, node, text, wanted);
		return;
	}
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 127) {
			settings_say(r, node, "`%s` must be %s", row->key, wanted);
			return;
		}
	*at = keep(r, text);
}

/* What people call the encodings. */
static struct str
encoding_name(struct str text)
{
	static const char *const aliases[][2] = {{"utf8", "utf-8"}, {"utf-8", "utf-8"},
		{"shift_jis", "cp932"}, {"shift-jis", "cp932"}, {"sjis", "cp932"},
		{"ms932", "cp932"}, {"windows-31j", "cp932"}, {"cp932", "cp932"},
		{"eucjp", "euc-jp"}, {"euc_jp", "euc-jp"}, {"euc-jp", "euc-jp"},
		{"iso2022_jp", "iso-2022-jp"}, {"iso2022-jp", "iso-2022-jp"},
		{"iso-2022-jp", "iso-2022-jp"}, {"jis", "iso-2022-jp"}};

	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (str_eq_nocase(text, str_of(aliases[i][0])))
			return str_of(aliases[i][1]);
	return text;
}

static void
put_moment(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	struct str text, int64_t *at)
{
	struct str rest = text;
	int64_t ns;

	if (!stamp_take_iso(&rest, NULL, 0, &ns) || rest.n > 0 || ns == STAMP_BEYOND)
		want(r, row, node, text, "a time such as 2026-11-22T10:00:00Z");
	else
		*at = ns;
}

static void
put_zone(struct settings_reader *r, const struct yaml_node *node, struct str text, struct zone **at)
{
	struct diag inner = {0};
	struct zone *z = NULL;

	if (zone_load(text, &inner, &z) < 0) {
		settings_say(
			r, node, "`zone`: %s", inner.n ? diag_first(&inner) : "no such time zone");
	} else {
		zone_free(*at);
		*at = z;
	}
	diag_done(&inner);
}

static void
put_scalar(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	struct str text, char *base)
{
	void *at = base + row->at;

	switch (row->kind) {
	case ROW_TEXT:
		put_text(r, row, node, text, at);
		break;
	case ROW_PATH:
		if (text.n == 0 || memchr(text.p, 0, text.n))
			want(r, row, node, text, "a path");
		else
			put_path(r, text, at);
		break;
	case ROW_ADDRESS:
		if (valid_address(text, true))
			*(struct str *)at = keep(r, text);
		else
			want(r, row, node, text,
				"host:port or [v6]:port, the port from 1 to 65535");
		break;
	case ROW_BROKERS:
		if (valid_brokers(text))
			*(struct str *)at = keep(r, text);
		else
			want(r, row, node, text, "host:port, or several separated by commas");
		break;
	case ROW_CHOICE:
		if (strcmp(row->key, "encoding") == 0)
			text = encoding_name(text);
		/* fall through */
	case ROW_ENUM:
	case ROW_TWO:
		put_choice(r, row, node, text, at);
		break;
	case ROW_BOOL:
		if (str_eq(text, STR("true")) || str_eq(text, STR("false")))
			*(bool *)at = text.n == 4;
		else
			want(r, row, node, text, "true or false");
		break;
	case ROW_COUNT:
	case ROW_BYTES:
	case ROW_SPAN:
		put_number(r, row, node, text, at);
		break;
	case ROW_WORKERS:
		put_workers(r, row, node, text, at);
		break;
	case ROW_MOMENT:
		put_moment(r, row, node, text, at);
		break;
	case ROW_ZONE:
		put_zone(r, node, text, at);
		break;
	case ROW_NETWORKS:
	case ROW_TEXTS:
	case ROW_COLUMNS:
	case ROW_PROPERTIES:
	case ROW_MAP:
	case ROW_LIST:
		break; /* settings_put */
	}
}

static bool
is_scalar(const struct yaml_node *n)
{
	return n->kind != YAML_MAP && n->kind != YAML_LIST && n->kind != YAML_NULL;
}

static void
put_texts(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	char *base)
{
	size_t n = node->kind == YAML_LIST ? node->n : 1, done = 0;
	struct str *list = arena_alloc(&r->s->arena, (n ? n : 1) * sizeof(*list));

	if (node->kind == YAML_MAP || n == 0 || n > row->max) {
		want(r, row, node, node->text, "a text or a list of texts");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *one = node->kind == YAML_LIST ? node->items[i] : node;
		struct setting_row each = *row;

		each.max = 320;
		if (is_scalar(one))
			put_text(r, &each, one, one->text, &list[done++]);
		else
			want(r, row, one, one->text, "a list of texts");
	}
	if (row->kind == ROW_COLUMNS) {
		struct buf b = {0};

		for (size_t i = 0; i < done; i++)
			buf_printf(&b, "%s%.*s", i ? "," : "", STR_ARG(list[i]));
		*(struct str *)(void *)(base + row->at) = keep(r, buf_str(&b));
		buf_done(&b);
		return;
	}
	memcpy(base + row->at, &list, sizeof(list));
	memcpy(base + row->at_size, &done, sizeof(done));
}

static void
put_networks(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	char *base)
{
	size_t n = node->kind == YAML_LIST ? node->n : 1, done = 0;
	struct network *list = arena_alloc(&r->s->arena, (n ? n : 1) * sizeof(*list));

	if (node->kind == YAML_MAP || n == 0 || n > row->max) {
		want(r, row, node, node->text, "an address, a network, or a list of them");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *one = node->kind == YAML_LIST ? node->items[i] : node;
		const char *bad = cidr_read(is_scalar(one) ? one->text : STR(""), &list[done].net);

		if (bad) {
			settings_say(r, one, "`%s`: '%.*s' is no network: %s", row->key,
				STR_ARG(one->text), bad);
			continue;
		}
		list[done].line = one->line;
		list[done++].column = one->column;
	}
	memcpy(base + row->at, &list, sizeof(list));
	memcpy(base + row->at_size, &done, sizeof(done));
}

static void
put_properties(struct settings_reader *r, const struct setting_row *row,
	const struct yaml_node *node, char *base)
{
	struct property *list;
	size_t n = 0;

	if (node->kind != YAML_MAP) {
		want(r, row, node, node->text, "a map of names and values");
		return;
	}
	list = arena_alloc(&r->s->arena, (node->n ? node->n : 1) * sizeof(*list));
	for (size_t i = 0; i < node->n; i++) {
		if (!is_scalar(node->items[i])) {
			want(r, row, node->items[i], node->items[i]->text, "a map of plain values");
			continue;
		}
		if (str_eq(node->keys[i]->text, STR("sasl.password"))) {
			settings_say(r, node->keys[i],
				"a password does not belong here; put it into a file and name it "
				"in "
				"`password_file`");
			continue;
		}
		list[n].name = keep(r, node->keys[i]->text);
		list[n++].value = keep(r, node->items[i]->text);
	}
	memcpy(base + row->at, &list, sizeof(list));
	memcpy(base + row->at_size, &n, sizeof(n));
}

void
settings_put(struct settings_reader *r, const struct setting_row *row, const struct yaml_node *node,
	void *base)
{
	if (node->kind == YAML_NULL)
		return; /* written without a value: the default */
	if (row->kind == ROW_TEXTS || row->kind == ROW_COLUMNS)
		put_texts(r, row, node, base);
	else if (row->kind == ROW_NETWORKS)
		put_networks(r, row, node, base);
	else if (row->kind == ROW_PROPERTIES)
		put_properties(r, row, node, base);
	else if (!is_scalar(node))
		want(r, row, node, node->text, "a single value");
	else if (row->kind == ROW_BOOL && node->kind == YAML_BOOL)
		*(bool *)((char *)base + row->at) = node->truth;
	else
		put_scalar(r, row, node, node->text, base);
}

void
settings_put_fallback(struct settings_reader *r, const struct setting_row *row, void *base)
{
	if (row->fallback)
		put_scalar(r, row, NULL, str_of(row->fallback), base);
}
