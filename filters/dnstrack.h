/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queries that have left and wait for their answer: an answer passes once, to
 * who asked, from who was asked, for what was asked.
 */
#ifndef EG_DNSTRACK_H
#define EG_DNSTRACK_H

#include "dns.h"
#include "frame.h"

enum {
	EG_DNSTRACK_CAPACITY = 256,  /* unanswered queries of one guest */
	EG_DNSTRACK_TIMEOUT = 15000, /* ms; resolvers give up sooner */
};

struct eg_dnstrack;

/* A new empty tracker, or NULL (out of memory). Owned by the caller. */
struct eg_dnstrack *eg_dnstrack_new(void);
void eg_dnstrack_free(struct eg_dnstrack *t); /* NULL is fine */

/* Remember query Q in frame F (from the guest) at NOW (ms, monotonic). The same
 * query again refreshes its entry. Returns EG_R_NONE, or EG_R_DNS_BUSY where
 * all entries are younger than the timeout. */
enum eg_reason eg_dnstrack_ask(struct eg_dnstrack *t, const struct eg_frame *f,
			       const struct eg_dns_query *q, uint64_t now);

/* Find the query that answer A in frame F (from the network) answers: same
 * addresses, ports, id and question, not timed out at NOW. Forgets it and copies the
 * name as the client wrote it (A->name.len bytes) to RAW. Returns EG_R_NONE or
 * EG_R_DNS_ANSWER. */
enum eg_reason eg_dnstrack_answer(struct eg_dnstrack *t, const struct eg_frame *f,
				  const struct eg_dns_answer *a, uint64_t now,
				  uint8_t raw[EG_NAME_MAX]);

#endif
