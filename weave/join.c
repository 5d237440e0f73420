/* join.c - what all joins share. */
#include "weave/join.h"

#include "base/record.h"

struct join_origin
join_origin(struct batch b, const struct record *r)
{
	const struct frame *f = &batch_frames(b)[r->frame];

	return (struct join_origin){.frame = f,
		.peer = batch_bytes(b, f->peer_off, f->peer_len),
		.seq = batch_head(b)->first_seq + r->frame,
		.time = r->time,
		.product = r->product};
}

struct record *
join_open(struct joins *j, struct recs *w, const struct join_origin *from, unsigned logsource)
{
	struct frame meta = *from->frame;
	struct record *d;

	batch_reset(j->batch, 0);
	batch_add(j->batch, &meta, STR(""), from->peer);
	batch_head(j->batch)->first_seq = from->seq;
	recs_begin(w, j->batch, j->names, 0);
	recs_frame(w, 0);
	w->nth = (uint16_t)(0x8000u | j->nth++);
	d = recs_open(w);
	d->time = from->time;
	d->product = from->product;
	d->logsource = (uint16_t)logsource;
	d->flags = RECORD_REFERS;
	return d;
}

void
join_close(struct joins *j, struct recs *w, const struct hash128 *ids, size_t nids)
{
	struct record copy;

	for (size_t i = 0; i < nids; i++) {
		char hex[32];

		hash128_hex(ids[i], hex);
		rec_put_in_array(w, FIELD_NOROSHI_DERIVED_FROM, str_make(hex, sizeof(hex)));
	}
	if (recs_close(w) < 0)
		return; /* one record always fits an empty batch */
	recs_end(w, 1);
	copy = batch_records(j->batch)[0];
	j->derived(j->ctx, j->batch, &copy);
}
