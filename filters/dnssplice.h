/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers of ours between a resolver's, in one connection: what the two ends count differently:
 * see dnssplice.c.
 */
#ifndef EG_DNSSPLICE_H
#define EG_DNSSPLICE_H

#include "dns.h"
#include "tcp.h"

/* Bytes of answers that the guest need not have acknowledged: every guest takes them in one segment
 * (RFC 9293 3.7.1). */
enum { EG_DNSSPLICE_MAX = 536 };

struct eg_dnssplice {
	uint32_t cut;   /* bytes of the guest's that never left */
	uint32_t put;   /* bytes of ours that the resolver never said */
	uint32_t mark;  /* the guest's number of the first of the last of them */
	uint32_t heard; /* the guest's number of what the resolver says next */
	uint16_t last;  /* bytes from mark on, kept until the guest has all of them; 0: none */
	uint16_t rest;  /* bytes missing of the resolver's message */
	uint8_t high;   /* the first byte of its length field */
	bool in_length; /* that is all there is of it */
	bool open, fin; /* the resolver's SYN was heard, and its FIN */
	uint8_t bytes[EG_DNSSPLICE_MAX];
};

/* The guest's acknowledgement ACK and its WINDOW, as the resolver is to read them. */
uint32_t eg_dnssplice_ack(const struct eg_dnssplice *s, uint32_t ack);
uint16_t eg_dnssplice_window(const struct eg_dnssplice *s, uint32_t ack, uint16_t window);

/* Put the fields of the resolver's F into the guest's numbers, and cut it where ours begin; its
 * bytes stay as they are. Returns whether something changed. */
bool eg_dnssplice_shift(const struct eg_dnssplice *s, struct eg_frame *f);

/* Write the fields that eg_dnssplice_shift changed into F's bytes, which stand at FRAME. */
void eg_dnssplice_rewrite(const struct eg_frame *f, uint8_t *frame);

/* The resolver's F, shifted, passes. Returns how many bytes of it are new and in order. */
size_t eg_dnssplice_hear(struct eg_dnssplice *s, const struct eg_frame *f);

/* Whether N bytes of ours may be said in connection T now: between two messages of the resolver's,
 * where the guest has acknowledged what we said before, or nobody else spoke since, and has
 * the window for it. */
bool eg_dnssplice_has_room(const struct eg_dnssplice *s, const struct eg_tcp *t, size_t n);

/* Say the N bytes at P, for which there is room: in T they are the resolver's. */
void eg_dnssplice_put(struct eg_dnssplice *s, struct eg_tcp *t, const uint8_t *p, size_t n);

/* The guest expects ACK next: what it has of ours need not be kept. */
void eg_dnssplice_acked(struct eg_dnssplice *s, uint32_t ack);

#endif
