#include "house.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "parsers/parsers.h"

const char people[] =
	"user,name,mail,pc,mac,admin_account,vpn\n"
	"sato.k,Sato Kenji,kenji.sato@aoba.example,AS-PC0001,00:1c:42:00:00:01,adm-sato,k-sato\n"
	"ito.m,Ito Mika,mika.ito@aoba.example,AS-PC0002,00:1c:42:00:00:02,,m-ito\n"
	"abe.y,Abe Yui,yui.abe@aoba.example,AS-PC0003,00:1c:42:00:00:03,,y-abe\n";
const char networks[] = "network,role\n10.20.0.0/16,client\n10.9.0.10,proxy\n10.8.0.0/24,vpn pool\n"
			"203.0.113.1,NAT\n";
const char assets[] = "host,address,role,important\nAS-FS01,10.10.1.5,file server,yes\n"
		      "AS-VDI01,10.10.2.7,vdi host,no\n";

static void
on_derived(void *ctx, struct batch b, struct record *r)
{
	struct house *h = ctx;
	struct record_out how = {.names = h->names, .facts = true};

	record_json(b, r, &how, &h->derived);
	buf_add_char(&h->derived, '\n');
}

static void
begin(struct house *h)
{
	struct weave_options opt = weave_options_default;
	struct weave_sink sink = {.derived = on_derived, .ctx = h};

	opt.seed = h->seed;
	sink.ctx = h;
	h->w = weave_new(&opt, h->names, h->lists, h->region, &sink);
	cr_assert(h->w);
}

struct house
house_open(const char *const *lists, size_t region)
{
	struct house h = {.names = names_new(), .b = batch_new(), .seed = 7};
	struct buf packed = {0};
	struct diag why = {0};

	for (; lists && lists[0]; lists += 2)
		buf_printf(&packed, "--- l/%s%s %zu\n%s\n", lists[0],
			strchr(lists[0], '.') ? "" : ".csv", strlen(lists[1]), lists[1]);
	cr_assert_eq(lists_load(buf_str(&packed), &why, &h.lists), 0);
	cr_assert_eq(why.n, 0, "%s", why.n ? why.items[0].text : "");
	buf_done(&packed);
	names_freeze(h.names);
	h.region = region_new(region);
	return h;
}

const char *
house_say(struct house *h, int64_t time, unsigned logsource, const char *text)
{
	struct frame f = {.arrival = time, .offset = h->seq, .flags = FRAME_POSITION};
	struct record_out how = {.names = h->names};
	struct str rest = str_of(text), word, name;
	struct recs recs;
	struct record *r, copy;

	if (!h->w)
		begin(h);
	batch_reset(h->b, h->seq);
	cr_assert_eq(batch_add(h->b, &f, STR("line"), STR("peer")), 0);
	batch_head(h->b)->first_seq = ++h->seq;
	recs_begin(&recs, h->b, h->names, 0);
	recs_frame(&recs, 0);
	r = recs_open(&recs);
	r->time = time;
	r->logsource = (uint16_t)logsource;
	while (rest.n > 0) {
		char value[256];
		size_t n;

		str_cut(&rest, ' ', &word);
		str_cut(&word, '=', &name);
		n = word.n < sizeof(value) ? word.n : sizeof(value);
		memcpy(value, word.p, n);
		for (size_t i = 0; i < n; i++)
			if (value[i] == '~')
				value[i] = ' ';
		if (str_eq(name, STR("postfix.queue_id")))
			r->flags |= RECORD_JOINS;
		if (str_eq(name, STR("http.request.x_forwarded_for")))
			rec_put_named(&recs, name, VALUE_STRING, str_make(value, n), ENTRY_ARRAY);
		else
			rec_put_named(&recs, name, VALUE_STRING, str_make(value, n), 0);
	}
	cr_assert_eq(recs_close(&recs), 0);
	recs_end(&recs, 1);
	copy = batch_records(h->b)[0];
	if (copy.flags & RECORD_WOVEN)
		weave_record(h->w, h->b, &copy, STR("in"));
	buf_clear(&h->line);
	record_json(h->b, &copy, &how, &h->line);
	return buf_z(&h->line);
}

static void
weave_batch(struct house *h, struct parsers *p, struct buf *all)
{
	struct record_out how = {.names = h->names};

	parsers_run(p, h->b, h->names, 0, batch_head(h->b)->nframes);
	cr_assert_eq(batch_results(h->b)->done, batch_head(h->b)->nframes);
	for (uint32_t i = 0; i < batch_results(h->b)->nrecords; i++) {
		struct record r = batch_records(h->b)[i];

		weave_tick(h->w, h->time);
		if (r.flags & RECORD_WOVEN)
			weave_record(h->w, h->b, &r, STR("in"));
		if (r.time > h->time)
			h->time = r.time;
		if (!all)
			continue;
		record_json(h->b, &r, &how, all);
		buf_add_char(all, '\n');
	}
}

void
house_lines(
	struct house *h, const char *lines, int64_t arrival, unsigned per_batch, struct buf *all)
{
	struct input_context in = {.name = STR("in"), .history = true};
	struct str rest = str_of(lines), line;
	struct diag why = {0};
	struct parsers *p;
	struct zone *z;

	if (!h->w)
		begin(h);
	cr_assert_eq(zone_load(STR("UTC"), &why, &z), 0);
	in.zone = z;
	cr_assert_eq(parsers_new(&in, 1, &why, &p), 0);
	while (rest.n > 0) {
		batch_reset(h->b, h->seq);
		batch_head(h->b)->first_seq = h->seq + 1;
		for (unsigned i = 0; i < per_batch && rest.n > 0; i++) {
			struct frame f = {.arrival = arrival,
				.offset = h->seq++,
				.flags = FRAME_POSITION | FRAME_HISTORY};

			str_cut(&rest, '\n', &line);
			cr_assert_eq(batch_add(h->b, &f, line, STR("peer")), 0);
			arrival += S;
		}
		weave_batch(h, p, all);
	}
	parsers_free(p);
	zone_free(z);
}

void
house_restart(struct house *h)
{
	char path[] = "/tmp/weaveXXXXXX";
	int fd = mkstemp(path);

	cr_assert(fd >= 0);
	unlink(path);
	weave_free(h->w);
	h->w = NULL;
	cr_assert_eq(region_save(h->region, fd), 0);
	region_destroy(h->region);
	h->region = region_new((size_t)64 << 20);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(region_load(h->region, fd), 0);
	close(fd);
	begin(h);
}

void
house_close(struct house *h)
{
	weave_free(h->w);
	region_destroy(h->region);
	lists_free(h->lists);
	names_free(h->names);
	batch_free(h->b);
	buf_done(&h->line);
	buf_done(&h->derived);
}
