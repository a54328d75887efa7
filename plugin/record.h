/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What travels from a frame's path to the writer: a record and the bytes behind it.
 *
 * A frame's path only copies. Describing, formatting and writing is the writer's, from these
 * bytes alone, so that nothing in them points anywhere.
 */
#ifndef EG_RECORD_H
#define EG_RECORD_H

#include "addr.h"
#include "reason.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum eg_record_kind {
	EG_RECORD_BLOCKED,    /* the frame, as sent */
	EG_RECORD_ANSWER,     /* our frame to the guest; directly behind the one that it is about */
	EG_RECORD_QUERY,      /* the frame: a DNS query that passed */
	EG_RECORD_FLOW_START, /* struct eg_record_flow */
	EG_RECORD_FLOW_END,   /* the same */
	EG_RECORD_SUPPRESSED, /* struct eg_record_suppressed */
	EG_RECORD_LOST,       /* struct eg_record_lost */
	EG_RECORD_ENGINE,     /* struct eg_record_engine */
	EG_RECORD_STATS,      /* struct eg_record_stats */
	EG_RECORD_KINDS
};

/* Followed by LEN bytes, which KIND says how to read. They need not be aligned: copy
 * a struct out. */
struct eg_record {
	struct timespec when; /* wall clock: when the frame was sent, or the thing happened */
	uint8_t kind;         /* enum eg_record_kind */
	uint8_t dir;          /* enum eg_dir: of the frame, of a flow who opened it */
	uint8_t reason;       /* enum eg_reason; EG_R_NONE where nothing was blocked */
	uint8_t passed;       /* BLOCKED: mode monitor let it pass all the same; QUERY: always */
	uint8_t answer;       /* enum eg_answer: what the guest was told, or what this answer is */
	uint32_t len;
	uint32_t held; /* BLOCKED: bytes of the frame that go into the capture; 0: all of them */
};

enum eg_flow_state { EG_FLOW_NEW, EG_FLOW_ESTABLISHED, EG_FLOW_CLOSED };
enum eg_flow_end { EG_FLOW_TIMEOUT, EG_FLOW_FORCED, EG_FLOW_SHUTDOWN };

struct eg_record_flow {
	struct timespec opened; /* wall clock */
	struct eg_addr guest, network;
	uint16_t guest_port, network_port;
	uint8_t proto;     /* IANA */
	uint8_t state;     /* enum eg_flow_state */
	uint8_t end;       /* enum eg_flow_end; of a FLOW_END only */
	uint64_t bytes[2]; /* of frames that passed, by enum eg_dir */
};

/* Records of one kind that were counted and not made. Reason and direction are this record's. */
struct eg_record_suppressed {
	uint8_t of; /* enum eg_record_kind: BLOCKED, QUERY, FLOW_START or FLOW_END */
	uint64_t count;
	struct timespec first, last; /* wall clock: when the first and the last of them was sent */
	uint16_t ethertype;          /* 0: shorter than a header, or of various */
	int16_t proto;               /* IANA; -1: not IP, or of various */
	bool has_dst;                /* else, with proto -1 and ethertype 0: what found no room */
	struct eg_addr dst;
	uint16_t dport; /* 0: none */
};

/* Records that could not be written since the last such record. */
struct eg_record_lost {
	uint64_t count;
};

struct eg_record_engine {
	char message[16]; /* "start", "stop", … */
	char mode[16];    /* "enforce", "monitor" */
	char action[16];  /* "reject", "drop" */
};

struct eg_record_stats {
	uint64_t uptime;    /* s */
	uint64_t passed[2]; /* frames, by enum eg_dir */
	uint64_t blocked[EG_REASON_COUNT];
	uint64_t recorded, suppressed, lost; /* of the blocked ones: see recorder.h */
};

#endif
