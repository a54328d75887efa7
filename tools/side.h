/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which side sent a packet: the guest, or the network. */
#ifndef EG_SIDE_H
#define EG_SIDE_H

#include "input.h"

enum { EG_SIDE_SENDERS_MAX = 1024, EG_SIDE_TEXT_MAX = 18 };

struct eg_side_sender {
	uint8_t mac[6];
	uint64_t frames;
};

/* To start: zero everything, and say who the guest is where it is known. */
struct eg_side {
	bool has_guest;
	uint8_t guest[6];
	uint64_t of_guest; /* frames whose sender it was */
	/* Who sent what; what is beyond is not told apart. */
	struct eg_side_sender senders[EG_SIDE_SENDERS_MAX];
	size_t sender_count;
};

/* Read N characters at P as the MAC address of one station, its bytes in hexadecimal between colons
 * (or hyphens). Returns whether it is one. */
bool eg_side_parse(uint8_t mac[6], const char *p, size_t n);

/* Write MAC into TEXT. Returns TEXT. */
const char *eg_side_text(const uint8_t mac[6], char text[EG_SIDE_TEXT_MAX]);

/* Who sent P: by its sender's address where the guest's is known, else by what the capture says;
 * EG_INPUT_UNKNOWN where neither is known. A frame too short for a sender is the network's where
 * the capture says nothing. */
enum eg_input_dir eg_side_of(struct eg_side *s, const struct eg_input_packet *p);

/* Count who sent P, for eg_side_sort. */
void eg_side_count(struct eg_side *s, const struct eg_input_packet *p);

/* Put the senders in order: who sent most first, and of equals the lower address. */
void eg_side_sort(struct eg_side *s);

#endif
