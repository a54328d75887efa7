/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest wanted, by the words of a policy that would have let it: see wants.c. */
#ifndef EG_WANTS_H
#define EG_WANTS_H

#include "finding.h"
#include "table.h"

/* Which table, and what its keys are. */
enum eg_want {
	EG_WANT_NAME,    /* the name as a policy says it */
	EG_WANT_ODD,     /* a name that no policy can say, as it was recorded */
	EG_WANT_TYPE,    /* the record type, as a policy says it */
	EG_WANT_META,    /* a record type that no policy can say */
	EG_WANT_TARGET,  /* struct eg_want_target; its label is the name looked up before */
	EG_WANT_STRANGE, /* the same, where no policy can say it; and where it has no address */
	EG_WANT_SERVER,  /* struct eg_want_target, port 53: a resolver that is none of the policy's
			  */
	EG_WANT_ELSEWHERE, /* as NAME, but asked of such a server; its label is the server's address
			    */
	EG_WANT_LIMIT,     /* the word of the policy that set a limit, of one that is no list */
	EG_WANT_NEVER,     /* the reason: what no word lets through */
	EG_WANTS
};

/* Not aligned in a table: copy it out. */
struct eg_want_target {
	uint8_t six; /* IPv4 first */
	struct eg_addr addr;
	uint8_t proto;   /* IANA */
	uint8_t port[2]; /* in network byte order, so that keys sort as they should */
};

enum { EG_WANTS_LOOKUP = 10 }; /* s from a look-up to a connection that is said to follow it */

struct eg_wants {
	struct eg_table tables[EG_WANTS];
	struct eg_row nameless; /* look-ups without their names: counted in sum, or the SYN of one
				   over TCP */
	struct eg_row unmarked; /* frames of captures that say no reason */
	struct eg_row all;      /* all attempts */
	uint64_t lost;          /* records */
	/* Its own: the last look-up. */
	char guest[64], name[EG_TABLE_KEY_MAX];
	uint64_t looked_up; /* EG_MOMENT_NONE: none */
};

/* Nothing is wanted yet. Returns whether there is randomness for its tables; eg_wants_free frees
 * them. */
bool eg_wants_init(struct eg_wants *w);
void eg_wants_free(struct eg_wants *w);

/* Add what F tells. */
void eg_wants_add(struct eg_wants *w, const struct eg_finding *f);

#endif
