#include "base/batch.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/record.h"

_Static_assert(
	sizeof(struct batch_head) <= BATCH_OFF_FRAMES, "the head fits before the frame table");
_Static_assert(sizeof(struct record) == 64, "BATCH_OFF_ENTRIES counts on it");
_Static_assert(sizeof(struct entry) == 20, "BATCH_OFF_MATCHES counts on it");
_Static_assert(BATCH_OFF_RAW % 8 == 0 && BATCH_OFF_RESULTS % 4096 == 0, "parts are aligned");

struct batch
batch_new(void)
{
	struct batch b = {mem_zero(1, BATCH_SLOT_BYTES), BATCH_SLOT_BYTES};

	batch_reset(b, 0);
	return b;
}

void
batch_free(struct batch b)
{
	mem_free(b.base);
}

void
batch_reset(struct batch b, uint64_t number)
{
	*batch_head(b) = (struct batch_head){.magic = BATCH_MAGIC, .number = number};
}

/* Behind what is there; the caller has looked whether it fits. */
static uint32_t
append(struct batch b, struct str s)
{
	struct batch_head *h = batch_head(b);
	uint32_t off = BATCH_OFF_RAW + h->raw_len;

	if (s.n)
		memcpy(b.base + off, s.p, s.n);
	h->raw_len += (uint32_t)s.n;
	return off;
}

int
batch_add_led(struct batch b, const struct frame *meta, struct str bytes, struct str peer,
	struct str lead)
{
	struct batch_head *h = batch_head(b);
	struct frame *f = &batch_frames(b)[h->nframes];
	size_t room = BATCH_RAW_CAP - h->raw_len, need;
	bool same_peer, same_lead;

	if (peer.n > UINT16_MAX)
		peer.n = UINT16_MAX;
	if (lead.n > BATCH_LEAD_MAX)
		lead.n = 0;
	if (h->nframes >= BATCH_FRAMES)
		return ERR_FULL;
	same_peer = h->nframes && str_eq(peer, batch_bytes(b, f[-1].peer_off, f[-1].peer_len));
	same_lead = h->nframes && f[-1].lead_off && str_eq(lead, batch_lead(b, &f[-1]));
	need = bytes.n + (same_peer ? 0 : peer.n) + (same_lead ? 0 : lead.n);
	if (need > room)
		return ERR_FULL;
	*f = *meta;
	f->lead_off = f->lead_len = 0;
	if (same_peer) {
		f->peer_off = f[-1].peer_off;
		f->peer_len = f[-1].peer_len;
	} else {
		f->peer_off = append(b, peer);
		f->peer_len = (uint16_t)peer.n;
	}
	if (same_lead && lead.n) {
		f->lead_off = f[-1].lead_off;
		f->lead_len = f[-1].lead_len;
	} else if (lead.n) {
		f->lead_off = append(b, lead);
		f->lead_len = (uint32_t)lead.n;
	}
	f->off = append(b, bytes);
	f->len = (uint32_t)bytes.n;
	h->nframes++;
	return 0;
}

int
batch_add(struct batch b, const struct frame *meta, struct str bytes, struct str peer)
{
	return batch_add_led(b, meta, bytes, peer, (struct str){"", 0});
}

static bool
in_raw(uint32_t raw_len, uint32_t off, uint32_t len)
{
	return off >= BATCH_OFF_RAW && off - BATCH_OFF_RAW <= raw_len &&
	       len <= raw_len - (off - BATCH_OFF_RAW);
}

int
batch_check(struct batch b)
{
	const struct batch_head *h = batch_head(b);
	uint32_t n = h->nframes, raw = h->raw_len;

	if (h->magic != BATCH_MAGIC || n > BATCH_FRAMES || raw > BATCH_RAW_CAP)
		return ERR_CORRUPT;
	for (uint32_t i = 0; i < n; i++) {
		const struct frame *f = &batch_frames(b)[i];

		if (!in_raw(raw, f->off, f->len) || !in_raw(raw, f->peer_off, f->peer_len) ||
			(f->lead_off && !in_raw(raw, f->lead_off, f->lead_len)))
			return ERR_CORRUPT;
	}
	return 0;
}

/* A rule matches a record once: whoever repeats rules or entries without end wants to be waited
 * for. */
static bool
within_bounds(struct batch b, const struct record *r)
{
	const uint32_t *rule = batch_matches(b) + r->first_match;

	for (uint32_t i = 1; i < r->nmatches; i++)
		if (rule[i] <= rule[i - 1])
			return false;
	return r->nentries <= RECORD_ENTRIES_MAX;
}

int
batch_check_results(struct batch b)
{
	const struct batch_head *h = batch_head(b);
	const struct batch_results *res = batch_results(b);

	if (res->from > res->done || res->done > h->nframes || res->nrecords > BATCH_RECORDS ||
		res->nentries > BATCH_ENTRIES || res->ntext > BATCH_TEXT_CAP ||
		res->nmatches > BATCH_MATCHES)
		return ERR_CORRUPT;
	for (uint32_t i = 0, frame = res->from; i < res->nrecords; i++) {
		const struct record *r = &batch_records(b)[i];

		if (r->frame < frame || r->frame >= res->done || r->first_entry > res->nentries ||
			r->nentries > res->nentries - r->first_entry ||
			r->first_match > res->nmatches ||
			r->nmatches > res->nmatches - r->first_match || !within_bounds(b, r))
			return ERR_CORRUPT;
		frame = r->frame;
	}
	return 0;
}

struct packed_head {
	uint32_t magic, nframes, raw_len, raw_at;
	uint64_t first_seq, number;
};

size_t
batch_pack_size(struct batch b)
{
	const struct batch_head *h = batch_head(b);

	return sizeof(struct packed_head) + h->nframes * sizeof(struct frame) + h->raw_len;
}

_Static_assert(sizeof(struct packed_head) == BATCH_PACK_HEAD, "batch.h says so");

void
batch_pack_parts(struct batch b, char head[BATCH_PACK_HEAD], struct str part[2])
{
	const struct batch_head *h = batch_head(b);
	struct packed_head ph = {
		h->magic, h->nframes, h->raw_len, BATCH_OFF_RAW, h->first_seq, h->number};

	memcpy(head, &ph, sizeof(ph));
	part[0] = (struct str){b.base + BATCH_OFF_FRAMES, h->nframes * sizeof(struct frame)};
	part[1] = (struct str){b.base + BATCH_OFF_RAW, h->raw_len};
}

void
batch_pack(struct batch b, char *out)
{
	struct str part[2];

	batch_pack_parts(b, out, part);
	memcpy(out + BATCH_PACK_HEAD, part[0].p, part[0].n);
	memcpy(out + BATCH_PACK_HEAD + part[0].n, part[1].p, part[1].n);
}

int
batch_unpack(struct batch b, struct str packed)
{
	struct packed_head ph;
	size_t table;

	if (packed.n < sizeof(ph))
		return ERR_CORRUPT;
	memcpy(&ph, packed.p, sizeof(ph));
	if (ph.magic != BATCH_MAGIC || ph.nframes > BATCH_FRAMES || ph.raw_len > BATCH_RAW_CAP ||
		ph.raw_at != BATCH_OFF_RAW)
		return ERR_CORRUPT;
	table = ph.nframes * sizeof(struct frame);
	if (packed.n != sizeof(ph) + table + ph.raw_len)
		return ERR_CORRUPT;
	batch_reset(b, ph.number);
	batch_head(b)->nframes = ph.nframes;
	batch_head(b)->raw_len = ph.raw_len;
	batch_head(b)->first_seq = ph.first_seq;
	memcpy(batch_frames(b), packed.p + sizeof(ph), table);
	memcpy(b.base + BATCH_OFF_RAW, packed.p + sizeof(ph) + table, ph.raw_len);
	return batch_check(b);
}

uint64_t
batch_position(struct batch b, const struct frame *f)
{
	struct str lead = batch_lead(b, f);

	return (f->next & ~POSITION_FIELDS) | (str_starts(lead, STR("#")) ? POSITION_FIELDS : 0);
}
