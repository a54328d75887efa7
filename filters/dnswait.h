/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clients that wait for answers: a list for each question, in places that are taken once.
 *
 * The first client of question i has place i, and stands at the list's start; the others come from
 * a stock that all questions share.
 */
#ifndef EG_DNSWAIT_H
#define EG_DNSWAIT_H

#include "dns.h"
#include "dnscase.h"
#include "frame.h"

enum {
	EG_DNSWAIT_QUESTIONS = 256,
	EG_DNSWAIT_MORE = 256, /* clients beside the first of each */
	EG_DNSWAIT_SAME = 64,  /* of them, for one question */
};

struct eg_dnswait {
	struct eg_addr addr;
	uint8_t mac[6];
	uint16_t port, id;
	uint16_t next;             /* another for the same question, or in stock; 0: none */
	struct eg_dnscase letters; /* as it wrote the name */
	uint8_t unused[4];
};

struct eg_dnswaits {
	uint16_t stock;                     /* the first of it; 0: there is none */
	uint8_t more[EG_DNSWAIT_QUESTIONS]; /* clients beside the first */
	_Alignas(64) struct eg_dnswait of[EG_DNSWAIT_QUESTIONS + EG_DNSWAIT_MORE];
};

/* Put all that is to be there into the stock of T, which is all zero. */
void eg_dnswaits_fill(struct eg_dnswaits *t);

/* The sender of F, which asks Q, becomes the only client of question I. */
void eg_dnswaits_begin(struct eg_dnswaits *t, size_t i, const struct eg_frame *f,
		       const struct eg_dns_query *q);

/* The sender of F, which asks Q, waits for question I, too; there must be room. */
void eg_dnswaits_add(struct eg_dnswaits *t, size_t i, const struct eg_frame *f,
		     const struct eg_dns_query *q);

/* Whether the stock has one more for question I. */
bool eg_dnswaits_has_room(const struct eg_dnswaits *t, size_t i);

/* Whether a client of question I asked it from where F came, with ID. */
bool eg_dnswaits_knows(const struct eg_dnswaits *t, size_t i, const struct eg_frame *f,
		       uint16_t id);

/* Those beside the first of question I wait no more. */
void eg_dnswaits_drop(struct eg_dnswaits *t, size_t i);

/* Take one of those who wait for question I, the first last: the place at which it stands until one
 * is added; I itself where no other is left. */
size_t eg_dnswaits_take(struct eg_dnswaits *t, size_t i);

#endif
