/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One thing that a record tells, whichever way it tells it: a packet's comment, its bytes, an
 * event. */
#ifndef EG_FINDING_H
#define EG_FINDING_H

#include "addr.h"
#include "input.h"
#include "moment.h"

/* Those that have a reason come first. */
enum eg_finding_kind {
	EG_FINDING_NOTHING,    /* that has a meaning here */
	EG_FINDING_BLOCKED,    /* a frame */
	EG_FINDING_WOULD,      /* the same in mode monitor: it passed */
	EG_FINDING_UNMARKED,   /* a frame of a capture that does not say what became of it */
	EG_FINDING_ANSWER,     /* what the guest was told about the frame before */
	EG_FINDING_SUPPRESSED, /* COUNT frames that were blocked and not recorded */
	EG_FINDING_LOST,       /* COUNT records that could not be written */
	EG_FINDING_QUERY,      /* a DNS query that passed */
	EG_FINDING_OPENED,     /* a flow: from src, who opened it, to dst */
	EG_FINDING_ENDED,      /* the same flow at its end, with its bytes */
	EG_FINDING_STATS,
	EG_FINDING_ASIDE, /* it is understood, and of no interest */
};

/* A protocol: IANA's number of one above IP, or EG_PROTO_ETHER and an ethertype. */
enum { EG_PROTO_ETHER = 1 << 16, EG_PROTO_NONE = 1 << 17 };

/* Counters of one guest since its network was opened. */
struct eg_finding_stats {
	uint64_t uptime; /* s */
	uint64_t passed_guest, passed_network;
	uint64_t blocked, recorded, suppressed, lost;
};

/* To start: eg_finding_clear. Spans point into what was read, and stand as long as that does. */
struct eg_finding {
	enum eg_finding_kind kind;
	enum eg_input_dir dir;
	uint64_t when; /* ns, as are first and last; EG_MOMENT_NONE: not said */
	uint64_t first, last;
	uint64_t count;
	uint32_t proto;
	bool has_src, has_dst;
	struct eg_addr src, dst;
	uint16_t sport, dport; /* 0: none, or not said */
	bool answered;         /* of an event: the guest was told */
	bool foreign;          /* an event of another program's: several may be about one frame */
	struct eg_span guest, reason, name, qtype;
	uint64_t bytes[2]; /* from the client, from the server */
	uint64_t number;   /* of the packet in its capture, as an event says it; 0: it is in none */
	struct eg_finding_stats stats;
};

void eg_finding_clear(struct eg_finding *f);

/* The protocol of N characters at P, in the words of comments ("tcp", "icmp6", "arp", "47",
 * "0x88cc") and of events ("TCP", "IPv6-ICMP"); EG_PROTO_NONE where it is none. */
uint32_t eg_proto_parse(const void *p, size_t n);

enum { EG_PROTO_TEXT_MAX = 16 };
/* Write PROTO in the words of comments into TEXT; "-" for EG_PROTO_NONE. Returns TEXT. */
const char *eg_proto_text(uint32_t proto, char text[EG_PROTO_TEXT_MAX]);

/* An IPv4 or IPv6 address of N characters at P. Returns whether it is one. */
bool eg_finding_address(struct eg_addr *a, const void *p, size_t n);

/* A decimal number of N characters at P, up to MOST. Returns whether it is one. */
bool eg_finding_number(const void *p, size_t n, uint64_t most, uint64_t *v);

#endif
