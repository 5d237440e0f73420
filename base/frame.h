/*
 * frame.h - one message as it came in: bytes, arrival, input, peer, source position.
 *
 * A frame is written once by intake, journaled, and never changed. Everything else about an event
 * is derived from it. Offsets count from the first byte of the batch that holds the frame.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include <stdint.h>

enum frame_flag {
	FRAME_TRUNCATED =
		1,          /* cut at frame_max; the rest was thrown away and counted as oversize */
	FRAME_POSITION = 2, /* stream and offset are set: the input can resume there */
	FRAME_HISTORY = 4,  /* from an input with history: true */
	FRAME_PEER_PID = 8, /* peer_pid holds the kernel's word (SCM_CREDENTIALS) */
	FRAME_CUT_OFF = 16, /* the connection ended inside the frame: flagged truncated */
	FRAME_ADRIFT = 64,  /* the stream's framing is in doubt here: flagged frame */
	FRAME_LATE_READ = 32, /* read from a file: arrival says little about event time */
	FRAME_UTF16LE = 128,  /* the file says at its beginning that it is written so */
	FRAME_UTF16BE = 256
};

/* In a position that is kept: a #Fields line is in force there. Positions have 63 bits. */
#define POSITION_FIELDS (UINT64_C(1) << 63)

struct frame {
	int64_t arrival;   /* ns since 1970, by intake's clock */
	uint64_t stream;   /* hash of what the position counts in: (topic, partition), file
			      fingerprint, ... */
	uint64_t offset;   /* position of the first byte, or the Kafka offset */
	uint64_t next;     /* position to resume behind this frame */
	uint32_t off, len; /* the bytes */
	uint32_t peer_off; /* text of the peer, e.g. "192.0.2.1:5514"; shared by the frames of one
			      peer */
	uint16_t peer_len;
	uint16_t input;    /* index into the configuration's inputs */
	uint32_t lead_off; /* text of the header in force where the frame stood (CSV header line,
			      W3C #Fields); shared by the frames under it; 0 = none */
	uint32_t peer_pid;
	uint16_t flags; /* enum frame_flag */
	uint16_t reserved;
	uint32_t lead_len;
};

_Static_assert(sizeof(struct frame) == 64, "frames are journaled as they lie in memory");

#endif
