/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS over TCP (RFC 7766): whole messages of the guest's, judged one by one before a byte
 * of them leaves, and answers of ours among the resolver's: see dnsstream.c.
 */
#ifndef EG_DNSSTREAM_H
#define EG_DNSSTREAM_H

#include "dnsbytes.h"
#include "dnsplaces.h"

enum {
	EG_DNSSTREAMS_MAX = EG_DNSPLACES_MAX, /* connections at once */
	EG_DNSSTREAM_IDLE = 120000,    /* ms without an answer of the resolver's; then it is over */
	EG_DNSSTREAM_PATIENCE = 10000, /* ms that a guest may take for an answer of ours */
	EG_DNSSTREAM_MESSAGE = EG_DNSBYTES_MESSAGE,
	EG_DNSSTREAM_SEND = EG_DNSSEGMENT_PAYLOAD,
	EG_DNSSTREAM_FRAME_MAX = EG_DNSSEGMENT_MAX,
	/* Of a segment with answers of ours. */
	EG_DNSSTREAM_TOLD_MAX = EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN + EG_DNSSPLICE_MAX,
};

struct eg_dnsstreams;

/* No connections, or NULL (out of memory). Owned by the caller. */
struct eg_dnsstreams *eg_dnsstreams_new(void);
void eg_dnsstreams_free(struct eg_dnsstreams *t); /* NULL is fine */

/* Begin a stream with the guest's SYN F, which tcp.c let pass, at NOW (ms, monotonic). The
 * same SYN again changes nothing. The SYN that leaves is built into OUT: no option but the MSS,
 * so that no later segment has any. Returns EG_R_NONE; or EG_R_DNS_BUSY, with nothing built,
 * where no place is free, or the connection has another stream, or had one of which the network
 * has not said that it is gone. */
enum eg_reason eg_dnsstream_begin(struct eg_dnsstreams *t, const struct eg_frame *f, uint64_t now,
				  uint8_t out[EG_DNSSTREAM_FRAME_MAX], size_t *out_len);

/* What comes of a guest's segment. */
struct eg_dnsstream_taken {
	struct eg_dns_query q; /* at fault; its name is empty where there was none to read */
	/* The message that the judge is asked about, and, where the connection is to be reset, the
	 * one at fault, if it was whole. */
	struct eg_dnsmessage message;
	enum eg_reason refused; /* why it does not leave, where it is answered all the same */
	size_t out_len, told_len;
	uint8_t *out;  /* what leaves in the segment's place; EG_DNSSTREAM_FRAME_MAX bytes */
	uint8_t *told; /* answers of ours for the guest; EG_DNSSTREAM_TOLD_MAX bytes */
};

/* Take the guest's segment F of FLOW, at NOW: no SYN; tcp.c let it pass and FLOW is
 * not removed yet; F's checksum was not looked at. What leaves in its place is built into
 * X->out: headers of ours without options, and judged bytes or none. Something always leaves, as F
 * may acknowledge what the resolver sent. Where a query of F's may not leave and is answered,
 * the answer is in X->told, or said later; FLOW counts it as the resolver's.
 *
 * Returns EG_R_NONE, or one of two kinds of reasons:
 * - EG_R_CHECKSUM and EG_R_TCP_FLAGS: F is to be blocked, nothing else changed, nothing is built;
 * - EG_R_DNS_MALFORMED (a message that is too short, too long or no query, or a FIN
 *   inside a message), what JUDGE said where DNS has no answer, or EG_R_TCP_NO_FLOW (no stream
 *   of this SYN): the connection is to be reset. Nothing of F leaves; in X->out there is a RST
 *   that ends the connection at the resolver's end (none with EG_R_TCP_NO_FLOW). */
enum eg_reason eg_dnsstream_take(struct eg_dnsstreams *t, struct eg_flow *flow,
				 const struct eg_frame *f, uint64_t now,
				 const struct eg_dnsstream_judge *judge,
				 struct eg_dnsstream_taken *x);

/* Put the fields of the resolver's F of the connection KEY, before tcp.c sees it, into the guest's
 * numbers; its bytes stay as they are. *SHIFTED becomes whether eg_dnssplice_rewrite has something
 * to write to them. Returns EG_R_NONE or EG_R_CHECKSUM, with F untouched. */
enum eg_reason eg_dnsstream_shift(struct eg_dnsstreams *t, const struct eg_flow_key *key,
				  struct eg_frame *f, bool *shifted);

/* The resolver's F of FLOW passed tcp.c at NOW. What the guest is told then is put into B. */
void eg_dnsstream_hear(struct eg_dnsstreams *t, struct eg_flow *flow, const struct eg_frame *f,
		       uint64_t now, struct eg_injects *b);

/* How a stream ended. */
enum eg_dnsstream_end {
	EG_DNSSTREAM_RESET_BY_NETWORK, /* the network has forgotten it */
	EG_DNSSTREAM_RESET_SENT,       /* a RST for it is on its way to the network */
	EG_DNSSTREAM_CLOSED,           /* by both */
	EG_DNSSTREAM_FORGOTTEN,        /* by us: both are told */
};

/* The stream of FLOW, which is to be removed, has ended at NOW; fine where it has none. What
 * ends it at both ends is put into B. Its place is free when the network has said that it is gone.
 */
void eg_dnsstream_end(struct eg_dnsstreams *t, const struct eg_flow *flow,
		      enum eg_dnsstream_end how, uint64_t now, struct eg_injects *b);

/* Whether connection KEY has a stream that has not ended. */
bool eg_dnsstream_is(struct eg_dnsstreams *t, const struct eg_flow_key *key);

/* The network's F, which belongs to no flow: see eg_dnsplaces_hear. */
bool eg_dnsstream_hear_late(struct eg_dnsstreams *t, const struct eg_frame *f,
			    struct eg_injects *b);

/* The flow of a stream that is over at NOW: the resolver said nothing for EG_DNSSTREAM_IDLE, or
 * the guest does not take an answer of ours. NULL: there is none. It is to be ended, and its flow
 * removed. */
const struct eg_flow_key *eg_dnsstreams_over(const struct eg_dnsstreams *t, uint64_t now);

/* Say again what is due at NOW: its frames are put into B. */
void eg_dnsstreams_tick(struct eg_dnsstreams *t, uint64_t now, struct eg_injects *b);

/* When there is something for the two above at the earliest, ms; UINT64_MAX: never. */
uint64_t eg_dnsstreams_due(const struct eg_dnsstreams *t);

#endif
