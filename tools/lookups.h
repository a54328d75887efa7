/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of a capture, as those to what the filter sent: see lookups.c. */
#ifndef EG_LOOKUPS_H
#define EG_LOOKUPS_H

#include "dns.h"
#include "frame.h"

enum { EG_LOOKUPS_MAX = 512 };

/* A query as the guest sent it, and as it left. */
struct eg_lookup {
	struct eg_addr guest, resolver;
	uint16_t port, id, sent_port, sent_id;
	size_t name_len;                                   /* 0: there is none */
	uint8_t name[EG_NAME_MAX], sent_name[EG_NAME_MAX]; /* as they stand in the messages */
};

/* To start: zero everything. */
struct eg_lookups {
	struct eg_lookup all[EG_LOOKUPS_MAX];
	size_t next; /* where the next one goes: the oldest */
};

/* The guest's FRAME of LEN bytes left as SENT. What is no query over UDP is none here. */
void eg_lookups_sent(struct eg_lookups *l, const uint8_t *frame, size_t len, const uint8_t *sent,
		     size_t sent_len);

/* Where FRAME, of LEN bytes from the network, answers a query as the guest sent it, make it answer
 * that as it left. */
void eg_lookups_answer(const struct eg_lookups *l, uint8_t *frame, size_t len);

#endif
