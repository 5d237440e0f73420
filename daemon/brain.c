#include "daemon/brain.h"

#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "daemon/cost.h"

/* One for each network: of several the parsers take the smallest. */
static struct sender_context *
senders_of(const struct input_settings *in, size_t *ret)
{
	struct sender_context *list;
	size_t n = 0;

	for (size_t i = 0; i < in->nsenders; i++)
		n += in->senders[i].nfrom;
	list = mem_zero(n ? n : 1, sizeof(*list));
	*ret = n;
	n = 0;
	for (size_t i = 0; i < in->nsenders; i++)
		for (size_t k = 0; k < in->senders[i].nfrom; k++)
			list[n++] = (struct sender_context){.net = in->senders[i].from[k].net,
				.source = in->senders[i].source,
				.encoding = in->senders[i].encoding,
				.zone = in->senders[i].zone};
	return list;
}

static void
context_of(const struct input_settings *in, const struct settings *s, struct input_context *ret)
{
	*ret = (struct input_context){
		.name = in->name,
		.source = in->source,
		.format = in->format,
		.encoding = in->encoding,
		.zone = in->zone,
		.squid_columns = in->squid_columns,
		.columns = in->columns,
		.history = in->history,
		.local = in->kind == INPUT_UNIX_DGRAM || in->kind == INPUT_UNIX_STREAM,
		.skew_ns = s->skew_ns,
	};
}

/* What a message without a host name was written on. */
static struct str
this_host(struct brain *b)
{
	if (gethostname(b->host, sizeof(b->host)) < 0)
		b->host[0] = 0;
	b->host[sizeof(b->host) - 1] = 0;
	return str_of(b->host);
}

static int
make_parsers(const struct brain_options *opt, struct diag *why, struct brain *b)
{
	const struct settings *s = opt->settings;
	struct input_context *own = NULL;
	int rc;

	if (opt->contexts)
		return parsers_new_with(opt->contexts, opt->ncontexts,
			str_of(opt->sources ? opt->sources : ""), why, &b->parsers);
	own = mem_zero(s->ninputs, sizeof(*own));
	for (size_t i = 0; i < s->ninputs; i++) {
		context_of(&s->inputs[i], s, &own[i]);
		own[i].senders = senders_of(&s->inputs[i], &own[i].nsenders);
		if (own[i].local)
			own[i].local_host = this_host(b);
	}
	rc = parsers_new_with(own, s->ninputs, s->sources, why, &b->parsers);
	for (size_t i = 0; i < s->ninputs; i++)
		mem_free((void *)(uintptr_t)own[i].senders);
	mem_free(own);
	return rc;
}

/* Errors of documents under on_error: skip become warnings, unless the caller is strict. */
static bool
tolerable(const struct brain_options *opt, const char *path)
{
	if (opt->strict || !path)
		return false;
	for (size_t i = 0; i < opt->nrules; i++)
		if (opt->rules[i].skip_bad && str_starts(str_of(path), opt->rules[i].path))
			return true;
	return false;
}

static void
soften(const struct brain_options *opt, const struct diag *from, struct diag *why)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct diag_item *it = &from->items[i];
		enum diag_level level = it->level;

		if (level == DIAG_ERROR && tolerable(opt, it->path))
			level = DIAG_WARNING;
		diag_add(why, level, it->path, it->line, it->column, "%s", it->text);
	}
}

/* With settings: their cache folder, which everybody may read and only the parent writes. */
static void
cache_of(const struct brain_options *opt, struct buf *folder, struct ruleset_options *ret)
{
	*ret = opt->ruleset;
	if (!opt->settings || ret->cache)
		return;
	if (opt->settings->cache.n)
		buf_add_str(folder, opt->settings->cache);
	else
		buf_printf(folder, "%.*s/cache", STR_ARG(opt->settings->data));
	ret->cache = buf_z(folder);
	ret->cache_keep = opt->keep;
}

/* What the definitions of products say of their records. */
static struct ruleset_source *
defined(const struct parsers *p, size_t *n)
{
	struct ruleset_source *all = NULL;
	struct str label[3];
	size_t cap = 0;

	for (*n = 0; parsers_label(p, *n, label); (*n)++) {
		all = mem_grow(all, *n, &cap, sizeof(*all));
		all[*n] = (struct ruleset_source){
			label[0], label[1], label[2], parsers_family(p, *n)};
	}
	return all;
}

static int
load_rules(const struct brain_options *opt, struct diag *why, struct brain *b)
{
	struct ruleset_source *sources;
	struct diag found = {0};
	struct buf folder = {0};
	struct ruleset_options how;
	int rc = 0;

	cache_of(opt, &folder, &how);
	how.sources = sources = defined(b->parsers, &how.nsources);
	for (size_t i = 0; rc == 0 && i < opt->nrules; i++) {
		struct buf path = {0};

		buf_add_str(&path, opt->rules[i].path);
		rc = rule_files_add(b->files, buf_z(&path), opt->rules[i].skip_bad, &found);
		buf_done(&path);
	}
	if (rc == 0)
		rc = ruleset_build(b->files, &how, b->names, &found, &b->rules);
	if (rc == 0)
		rc = correlations_build(b->files, b->rules, b->names, &found, &b->correlations);
	soften(opt, &found, why);
	diag_done(&found);
	buf_done(&folder);
	mem_free(sources);
	b->rejected = rule_files_rejected(b->files);
	return rc;
}

static void
fingerprint(const struct brain_options *opt, struct brain *b)
{
	struct {
		struct hash128 settings, rules, sources;
	} all = {0};
	struct str folder = parsers_folder(b->parsers);

	if (opt->settings)
		all.settings = opt->settings->hash;
	rule_files_hash(b->files, &all.rules);
	all.sources = hash_id(folder.p, folder.n);
	b->hash = hash_id(&all, sizeof(all));
}

/* A list that cannot be read is an error; rows that cannot are left out and told. */
static int
load_lists(const struct brain_options *opt, struct diag *why, struct brain *b)
{
	struct str dir = opt->watchlists ? str_of(opt->watchlists)
			 : opt->settings ? opt->settings->watchlists
					 : STR("");
	struct buf path = {0};
	int rc = 0;

	b->zone_offset_s = opt->settings ? zone_offset(opt->settings->lists_zone, 0) : 9 * 3600;
	if (dir.n > 0) {
		buf_add_str(&path, dir);
		rc = lists_pack(buf_z(&path), why, &b->lists_packed);
		buf_done(&path);
	}
	if (rc == 0 && b->lists_packed.n > 0)
		rc = lists_load(buf_str(&b->lists_packed), why, &b->lists);
	else if (rc == 0)
		b->lists = lists_none();
	/* Who has no lists knows that rules about lists are idle; `noroshi check` tells which. */
	if (rc == 0 && (dir.n > 0 || opt->strict))
		ruleset_check_lists(b->rules, b->lists, why);
	return rc;
}

int
brain_load(const struct brain_options *opt, struct diag *why, struct brain **ret)
{
	struct brain *b = mem_zero(1, sizeof(*b));
	size_t errors = why->errors;
	int rc;

	b->settings = opt->settings;
	b->names = names_new();
	b->files = rule_files_new();
	rc = make_parsers(opt, why, b);
	if (rc == 0)
		rc = load_rules(opt, why, b);
	if (rc == 0)
		rc = load_lists(opt, why, b);
	if (rc == 0 && why->errors > errors)
		rc = ERR_SYNTAX;
	if (rc < 0) {
		brain_free(b);
		return rc;
	}
	this_host(b);
	names_freeze(b->names);
	fingerprint(opt, b);
	b->costs = cost_table_new(ruleset_count(b->rules));
	*ret = b;
	return 0;
}

void
brain_free(struct brain *b)
{
	if (!b)
		return;
	cost_table_free(b->costs);
	lists_free(b->lists);
	buf_done(&b->lists_packed);
	parsers_free(b->parsers);
	correlations_free(b->correlations);
	ruleset_free(b->rules);
	rule_files_free(b->files);
	names_free(b->names);
	mem_free(b);
}

/* No room for this record's matches: the batch ends before its frame, the rest comes in the next
 * round. */
static void
cut_back(struct batch batch, uint32_t i)
{
	struct batch_results *res = batch_results(batch);
	uint32_t frame = batch_records(batch)[i].frame;

	if (frame == res->from)
		return; /* one frame alone fills the table: the engine shows it as flagged
			   cardinality */
	while (i > 0 && batch_records(batch)[i - 1].frame == frame)
		i--;
	res->nmatches = batch_records(batch)[i].first_match;
	res->nrecords = i;
	res->done = frame;
}

struct thinker
thinker_new(const struct brain *b, struct matcher *m)
{
	return (struct thinker){b, m, parsers_room(b->parsers)};
}

void
thinker_done(struct thinker *t)
{
	parsers_room_free(t->room);
	*t = (struct thinker){0};
}

void
brain_think(const struct thinker *t, struct batch batch, uint32_t from, uint32_t to)
{
	struct batch_results *res = batch_results(batch);
	struct matcher *m = t->matcher;

	parsers_run_in(t->brain->parsers, t->room, batch, t->brain->names, from, to);
	if (!m)
		return;
	for (uint32_t i = 0; i < res->nrecords; i++) {
		struct record *r = &batch_records(batch)[i];

		if (matcher_run(m, batch, r) == 0)
			continue;
		if (r->frame == res->from) {
			r->reasons |= UINT64_C(1) << REASON_CARDINALITY;
			continue;
		}
		cut_back(batch, i);
		break;
	}
}
