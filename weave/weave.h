/*
 * weave.h - ordered, small state across records: which lines are one event, who had an address.
 *
 * The engine hands over, in sequence order, each record whose parser set JOINS, BINDS or REFERS.
 * weave appends what it knows to the record (into the room that recs_close left behind it) and
 * emits derived records. Everything here is a pure function of the records, the lists and the
 * options: no clock, no address, no thread's luck. All state lies in one struct region.
 * Threads: one (the engine's, or the command line's).
 */
#ifndef WEAVE_WEAVE_H
#define WEAVE_WEAVE_H

#include "base/alert.h"
#include "base/record.h"
#include "base/region.h"
#include "config/lists.h"

struct weave;

struct weave_options {
	struct str own_domains[16]; /* mail and AD domains that are the company's, lower case */
	size_t nown_domains;
	int64_t lease_ns;     /* a DHCP binding without an end lasts, 24 h */
	int64_t vpn_ns;       /* a VPN assignment without an end lasts, 24 h */
	int64_t logon_ns;     /* a logon says who is at an address for, 12 h */
	int64_t audit_ns;     /* an audit event without an end ends after, 10 s of stream time */
	uint32_t shared_from; /* so many different persons at one address within shared_ns make it
				 shared, 4 */
	int64_t shared_ns;    /* 1 h */
	uint64_t seed;        /* of the tables in a new region; no outcome depends on it */
};

extern const struct weave_options weave_options_default;

struct weave_sink {
	/*
	 * A derived record, complete with noroshi.derived_from, in a batch of weave's own (valid
	 * during the call): frame 0 is a copy of the deciding frame's facts with empty bytes,
	 * r->nth has 0x8000 set, batch_head(b)->first_seq is the deciding frame's sequence.
	 */
	void (*derived)(void *ctx, struct batch b, struct record *r);
	void *ctx;
};

/* The region is new or restored from a checkpoint. Lists are lent. NULL: the region is too small.
 */
struct weave *weave_new(const struct weave_options *opt, const struct names *names,
	const struct lists *lists, struct region *state, const struct weave_sink *sink);
/* Another snapshot from here on; lent. What was learned from records stays. */
void weave_lists(struct weave *w, const struct lists *lists);
/*
 * One record, in sequence order. `r` is the caller's own copy; entries may be appended behind its
 * last one and r->nentries raised, r->time is never changed. input_name: as for record_id.
 */
void weave_record(struct weave *w, struct batch b, struct record *r, struct str input_name);
/* Stream time moved on (also between records): unfinished joins that are due are emitted. */
void weave_tick(struct weave *w, int64_t now);
/* When the last join that is open now would be due; INT64_MIN: none is. */
int64_t weave_last_due(const struct weave *w);

/* Who had this address at that time: for `session` rules, reports and the command line. */
struct weave_who {
	struct str
		user; /* person's key: people.csv's `user`, else the account itself, lower case */
	struct str host; /* short host name, lower case */
	struct str via;  /* lease, vpn, logon, directory */
	int64_t since, until;
	bool sure; /* exactly one person, from lease+owner, vpn or directory */
};
/* Returns how many different persons (0 = unknown; only ret[0..max) are filled). *shared: why the
 * address is never one person's (proxy, nat, vdi, vpn, learned), else empty. Slices live until the
 * next call of weave. */
size_t weave_who(struct weave *w, struct str address, int64_t time, struct weave_who *ret,
	size_t max, struct str *shared);

/* The person's key of an account as it is written (AOBA\sato.k, sato.k@ad.example, k-sato), lower
 * case; empty when it is nobody's: a service, shared, machine or well-known account. Lives until
 * the next call of weave. */
struct str weave_account(struct weave *w, struct str account);

struct weave_stats {
	uint64_t bindings, joins;     /* now */
	uint64_t derived, woven;      /* emitted; records that got something */
	uint64_t evicted, unfinished; /* given up for want of room; for want of an end */
	uint64_t no_room;             /* records that had no room for what is known of them */
};
void weave_stats(const struct weave *w, struct weave_stats *ret);
void weave_free(struct weave *w);

#endif
