/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queries that have left and wait for their answer: an answer passes once, to
 * who asked, from who was asked, for what was asked.
 */
#ifndef EG_DNSTRACK_H
#define EG_DNSTRACK_H

#include "dns.h"
#include "frame.h"
#include "siphash.h"

enum {
	EG_DNSTRACK_CAPACITY = 256,  /* unanswered queries of one guest */
	EG_DNSTRACK_TIMEOUT = 15000, /* ms; resolvers give up sooner */
	EG_DNSTRACK_PORT = 1008,     /* the first port that queries leave from */
	EG_DNSTRACK_PORTS = 16,
	EG_DNSTRACK_CLIENTS = 8,            /* addresses of the guest that ask */
	EG_DNSTRACK_CLIENT_TIMEOUT = 300000 /* ms; then another may ask instead */
};

struct eg_dnstrack;

/* A new empty tracker whose ids nobody guesses who does not know SEED; NULL where memory is
 * short. Owned by the caller. */
struct eg_dnstrack *eg_dnstrack_new(const struct eg_seed *seed);
void eg_dnstrack_free(struct eg_dnstrack *t); /* NULL is fine */

/* What a query has from its client, and what it has from us while it is under way. */
struct eg_dns_alias {
	uint16_t port; /* of the guest's side */
	uint16_t id;
};

/* Where a query may wait. */
struct eg_dns_place {
	size_t number;
	bool again; /* the same query waits there already */
	struct eg_dns_alias alias;
};

/* Say where query Q in frame F (from the guest) may wait at NOW (ms, monotonic), and with what it
 * is to leave: nobody need wait there in the end. The same query again has the same place and
 * alias. Returns EG_R_NONE, or EG_R_DNS_BUSY where all places are younger than the timeout, or
 * EG_DNSTRACK_CLIENTS other addresses asked within theirs. */
enum eg_reason eg_dnstrack_plan(struct eg_dnstrack *t, const struct eg_frame *f,
				const struct eg_dns_query *q, uint64_t now,
				struct eg_dns_place *place);

/* Have Q wait at PLACE, which was planned for it just now. The same query again begins to wait
 * anew. */
void eg_dnstrack_ask(struct eg_dnstrack *t, const struct eg_frame *f, const struct eg_dns_query *q,
		     uint64_t now, const struct eg_dns_place *place);

/* A query comes soon: have memory bring its place. Changes nothing. */
void eg_dnstrack_expect(const struct eg_dnstrack *t);

/* Find the query that answer A in frame F (from the network) answers: same
 * addresses, alias and question, not timed out at NOW. Forgets it, puts what the client
 * waits for into CLIENT and copies the name as it wrote it (A->name.len bytes) to RAW.
 * Returns EG_R_NONE or EG_R_DNS_ANSWER. */
enum eg_reason eg_dnstrack_answer(struct eg_dnstrack *t, const struct eg_frame *f,
				  const struct eg_dns_answer *a, uint64_t now,
				  struct eg_dns_alias *client, uint8_t raw[EG_NAME_MAX]);

/* Whether PORT of the guest's side is one that queries leave from. */
bool eg_dnstrack_has_port(uint16_t port);

#endif
