/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queries that have left and wait for their answer: one for each question, whose answer serves all
 * that asked it. See dnstrack.c.
 */
#ifndef EG_DNSTRACK_H
#define EG_DNSTRACK_H

#include "dns.h"
#include "dnsports.h"
#include "frame.h"
#include "siphash.h"

enum {
	EG_DNSTRACK_CAPACITY = 256,  /* questions under way */
	EG_DNSTRACK_ALIKE = 4,       /* questions that differ in flags alone */
	EG_DNSTRACK_TIMEOUT = 15000, /* ms; clients give up sooner */
	EG_DNSTRACK_PATIENCE = 1000, /* ms until a question that is asked again leaves again */
	EG_DNSTRACK_YIELD = 2000,    /* ms until one may give way where there is no more room */
	EG_DNSTRACK_MISFITS = 10, /* datagrams that are no answer; with one more it is given up */
	EG_DNSTRACK_NONE = EG_DNSTRACK_CAPACITY,
};

struct eg_dnstrack;

/* A new empty tracker whose ids, ports and letters nobody guesses who does not know SEED, and whose
 * ports are none that TAKEN, with CTX, says of that they are (NULL: all are good); NULL where
 * memory is short. Owned by the caller. */
struct eg_dnstrack *eg_dnstrack_new(const struct eg_seed *seed, eg_port_taken *taken, void *ctx);
void eg_dnstrack_free(struct eg_dnstrack *t); /* NULL is fine */

/* Where a query may wait, and how it is to leave. */
struct eg_dns_place {
	size_t number;
	bool joins; /* one that left already serves it: nothing need leave */
	bool again; /* the same question waits there already */
	bool known; /* and this very client for it */
	struct eg_dnsport_choice from;
	uint16_t id;
	const struct eg_addr *addr; /* whose the port is: the tracker's or the frame's */
	const uint8_t *mac;
	const uint8_t *name; /* of the query's length, in letters of our choice */
};

/* Say where query Q in frame F (from the guest) may wait at NOW (ms, monotonic), and how it is to
 * leave: nobody need wait there in the end. Returns EG_R_NONE, or EG_R_DNS_BUSY where there is no
 * room. *PLACE stands until the tracker's next call. */
enum eg_reason eg_dnstrack_plan(struct eg_dnstrack *t, const struct eg_frame *f,
				const struct eg_dns_query *q, uint64_t now,
				struct eg_dns_place *place);

/* Have Q wait at PLACE, which was planned for it just now; LEAVES: it leaves, too. Who waited there
 * before and gave way is not told. */
void eg_dnstrack_ask(struct eg_dnstrack *t, const struct eg_frame *f, const struct eg_dns_query *q,
		     uint64_t now, const struct eg_dns_place *place, bool leaves);

/* A query comes soon: have memory bring its place. Changes nothing. */
void eg_dnstrack_expect(const struct eg_dnstrack *t);

enum eg_dns_fit {
	EG_DNS_MISFIT, /* nobody asked that */
	EG_DNS_FITS,
	EG_DNS_FOLDED, /* but for the letters: it is to be asked once more, eg_dnstrack_anew */
};

/* Say whether answer A in frame F (from the network), which may be nothing that could be read
 * (NULL), fits a question at NOW, whose number *PLACE then becomes. A misfit counts against all
 * that wait on its port. */
enum eg_dns_fit eg_dnstrack_answer(struct eg_dnstrack *t, const struct eg_frame *f,
				   const struct eg_dns_answer *a, uint64_t now, size_t *place);

/* Plan to ask question I anew at NOW, with another port, id and letters: what was awaited before is
 * no more. *Q becomes the query. */
void eg_dnstrack_anew(struct eg_dnstrack *t, size_t i, uint64_t now, struct eg_dns_query *q,
		      struct eg_dns_place *place);

/* The number of a question that has had too many misfits at NOW, or EG_DNSTRACK_NONE. */
size_t eg_dnstrack_given_up(const struct eg_dnstrack *t, uint64_t now);

/* The number of a question that waits at NOW for RESOLVER to answer to PORT of ADDR, or
 * EG_DNSTRACK_NONE. */
size_t eg_dnstrack_waits_for(const struct eg_dnstrack *t, const struct eg_addr *addr, uint16_t port,
			     const struct eg_addr *resolver, uint64_t now);

/* Who waits for an answer, and for what. */
struct eg_dns_client {
	struct eg_addr addr, resolver;
	uint8_t mac[6];
	uint16_t port;
	struct eg_dns_query query; /* as it asked, its letters included */
};

/* Take one of those who wait for question I, the one that was first last, to *C. Returns false
 * where none is left: then the question is forgotten. */
bool eg_dnstrack_take_client(struct eg_dnstrack *t, size_t i, struct eg_dns_client *c);

/* Whether queries leave, or left lately, from PORT of ADDR, as of NOW. */
bool eg_dnstrack_has_port(const struct eg_dnstrack *t, const struct eg_addr *addr, uint16_t port,
			  uint64_t now);

#endif
