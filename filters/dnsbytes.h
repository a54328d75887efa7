/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's bytes on their way to a resolver, in one connection: see dnsbytes.c. */
#ifndef EG_DNSBYTES_H
#define EG_DNSBYTES_H

#include "dnssegment.h"
#include "dnssplice.h"

enum {
	EG_DNSBYTES_MESSAGE = 1024, /* bytes of a message, without its length field */
	EG_DNSBYTES_LENGTH = 2,     /* of that field */
	EG_DNSBYTES_PAST = 2 * EG_DNSSEGMENT_PAYLOAD,
};

/* The judge of queries. Each function is called once for a message. */
struct eg_dnsstream_judge {
	/* Says whether query Q may leave: EG_R_NONE, or why not. */
	enum eg_reason (*may_leave)(void *ctx, const struct eg_dns_query *q);
	/* Builds what the guest is told about Q, which may not leave for R, into OUT. Returns its
	 * length, 0 where it is told nothing, or -1 where DNS has no answer for it: then the
	 * connection is reset. */
	int (*answer)(void *ctx, const struct eg_dns_query *q, enum eg_reason r,
		      uint8_t out[EG_DNS_REPLY_MAX]);
	void *ctx;
};

struct eg_dnsbytes {
	uint32_t iss, sent;
	bool fin;           /* it left, and has the number sent */
	bool refused;       /* what is held is a whole message that does not leave */
	uint16_t reply_len; /* of our answer to it, the length field included */
	uint16_t held_len, past_len;
	struct eg_dnssplice splice;
	uint8_t reply[EG_DNSBYTES_LENGTH + EG_DNS_REPLY_MAX];
	uint8_t held[EG_DNSBYTES_LENGTH + EG_DNSBYTES_MESSAGE];
	uint8_t past[EG_DNSBYTES_PAST]; /* the oldest first */
};

/* A message as the guest sent it, with its length field, however it was cut into segments; the
 * stream's, until its judge returns or it is found to be at fault. */
struct eg_dnsmessage {
	struct eg_span bytes; /* none: there is no whole message */
	uint32_t seq;         /* of its first byte */
};

/* One segment on its way in. */
struct eg_dnstaking {
	struct eg_dnsbytes *b;
	struct eg_tcp *tcp; /* the connection, in which F passes */
	const struct eg_frame *f;
	const struct eg_dnsstream_judge *judge;
	struct eg_dns_query *q;        /* becomes the first that may not leave */
	struct eg_dnsmessage *message; /* becomes the last that was judged */
	enum eg_reason refused;        /* and this why, where there was one */
	bool cut;                      /* whether a refused message was answered, or done with */
};

/* No bytes yet, behind a SYN of number ISS. */
void eg_dnsbytes_begin(struct eg_dnsbytes *b, uint32_t iss);

/* The guest's next number when all has left, as the resolver counts. */
static inline uint32_t eg_dnsbytes_next(const struct eg_dnsbytes *b)
{
	return b->sent + b->fin - b->splice.cut;
}

/* Take the segment A->f, no SYN and no RST, and say in OUT what leaves for it. Returns EG_R_NONE,
 * or why the connection is to be reset: then OUT is the reset for the resolver. A message that is
 * answered and does not leave makes A->refused. */
enum eg_reason eg_dnsbytes_take(struct eg_dnstaking *a, struct eg_dnssegment *out);

/* What leaves for the guest's RST F. */
struct eg_dnssegment eg_dnsbytes_reset(const struct eg_dnsbytes *b, const struct eg_frame *f);

/* Have our answer to what is held and refused in connection T, if that can be now. Returns whether
 * nothing waits (any more). */
bool eg_dnsbytes_settle(struct eg_dnsbytes *b, struct eg_tcp *t);

#endif
