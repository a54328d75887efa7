/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS over TCP (RFC 7766), the guest's direction: whole messages, judged one by one
 * before a byte of them leaves: see dnsstream.c.
 */
#ifndef EG_DNSSTREAM_H
#define EG_DNSSTREAM_H

#include "dns.h"
#include "flow.h"

enum {
	EG_DNSSTREAMS_MAX = 64,      /* connections at once */
	EG_DNSSTREAM_IDLE = 120000,  /* ms; from then on a connection may give way to a new one */
	EG_DNSSTREAM_MESSAGE = 1024, /* bytes of a message, without its length field */
	/* Bytes of payload in a segment that leaves: it fits every link that IPv6 runs on (RFC
	 * 8200 5), and so need not know the path. */
	EG_DNSSTREAM_SEND = 1280 - EG_IP6_LEN - EG_TCP_LEN,
	EG_DNSSTREAM_FRAME_MAX = EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN + EG_DNSSTREAM_SEND,
};

struct eg_dnsstreams;

/* No connections, or NULL (out of memory). Owned by the caller. */
struct eg_dnsstreams *eg_dnsstreams_new(void);
void eg_dnsstreams_free(struct eg_dnsstreams *t); /* NULL is fine */

/* Says whether query Q may leave: EG_R_NONE, or why not. Asked once for each message. */
typedef enum eg_reason eg_dns_judge(void *ctx, const struct eg_dns_query *q);

/* Begin a stream with the guest's SYN F, which tcp.c let pass, at NOW (ms, monotonic). The
 * same SYN again changes nothing; another forgets the stream that the connection had. The SYN
 * that leaves is built into OUT: no option but the MSS, so that no later segment has any. Returns
 * EG_R_NONE, and in GONE the key of the idle stream that gave way (protocol 0: none did); or
 * EG_R_DNS_BUSY, with nothing built, where EG_DNSSTREAMS_MAX were in use within
 * EG_DNSSTREAM_IDLE, those that the guest ended included. */
enum eg_reason eg_dnsstream_begin(struct eg_dnsstreams *t, const struct eg_frame *f, uint64_t now,
				  struct eg_flow_key *gone, uint8_t out[EG_DNSSTREAM_FRAME_MAX],
				  size_t *out_len);

/* Forget the stream of KEY; fine where there is none. Where the guest ended it (BY), its
 * place stays taken until it would have been idle long enough. */
void eg_dnsstream_end(struct eg_dnsstreams *t, const struct eg_flow_key *key, enum eg_dir by);

/* Take the guest's segment F of FLOW, at NOW: no SYN; tcp.c let it pass and FLOW is
 * not removed yet; F's checksum was not looked at. What leaves in its place is built into OUT:
 * headers of ours without options, and judged bytes or none. Something always leaves, as F may
 * acknowledge what the resolver sent.
 *
 * Returns EG_R_NONE, or one of two kinds of reasons:
 * - EG_R_CHECKSUM and EG_R_TCP_FLAGS: F is to be blocked, nothing else changed, OUT is empty;
 * - EG_R_DNS_MALFORMED (a message that is too short, too long or not one clean query, or a FIN
 *   inside a message), what JUDGE said, or EG_R_TCP_NO_FLOW (no stream of this SYN): the stream
 *   is forgotten, and the connection is to be reset. Nothing of F leaves; in OUT there is a RST
 *   that ends the connection at the resolver's end (none with EG_R_TCP_NO_FLOW).
 *
 * *Q is the query at fault, its name of length 0 where there was none to read; after EG_R_NONE
 * it says nothing. */
enum eg_reason eg_dnsstream_take(struct eg_dnsstreams *t, const struct eg_flow *flow,
				 const struct eg_frame *f, uint64_t now, eg_dns_judge *judge,
				 void *ctx, struct eg_dns_query *q,
				 uint8_t out[EG_DNSSTREAM_FRAME_MAX], size_t *out_len);

#endif
