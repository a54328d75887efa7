/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a flow is found by, in words: made of keys and of frames, compared and hashed. Private to
 * flow.c. */
#ifndef EG_FLOWWORDS_H
#define EG_FLOWWORDS_H

#include "flow.h"

enum { KEYS = 11 };
static const uint64_t STIR = 0x9e3779b97f4a7c15; /* odd, with bits here and there */

/* A key in words, for registers. */
struct words {
	uint64_t guest[2], network[2];
	uint32_t ports; /* guest_port, network_port */
	uint8_t proto;
};

/* V, read as what it was written as. Compilers would read two at once, and a processor then waits
 * until both are in its cache: a frame's were written just now. */
static inline uint64_t alone(uint64_t v)
{
	__asm__("" : "+r"(v));
	return v;
}

static inline uint64_t word(const uint8_t *p)
{
	return alone(eg_get64le(p));
}

static inline uint32_t ports_of(uint16_t guest, uint16_t network)
{
	const uint16_t both[2] = { guest, network };
	uint32_t ports;

	memcpy(&ports, both, sizeof(ports));
	return ports;
}

static inline struct words words_of_key(const struct eg_flow_key *k)
{
	return (struct words){
		.guest = { eg_get64le(k->guest.b), eg_get64le(k->guest.b + 8) },
		.network = { eg_get64le(k->network.b), eg_get64le(k->network.b + 8) },
		.ports = ports_of(k->guest_port, k->network_port),
		.proto = k->proto,
	};
}

EG_INLINED struct words words_of_frame(const struct eg_frame *f, enum eg_dir dir)
{
	bool out = dir == EG_FROM_GUEST;
	const uint8_t *guest = out ? f->src.b : f->dst.b, *network = out ? f->dst.b : f->src.b;
	uint16_t sport = (uint16_t)alone(f->sport), dport = (uint16_t)alone(f->dport);

	return (struct words){
		.guest = { word(guest), word(guest + 8) },
		.network = { word(network), word(network + 8) },
		.ports = out ? ports_of(sport, dport) : ports_of(dport, sport),
		.proto = f->proto,
	};
}

static inline bool is_of(const struct eg_flow *flow, const struct words *w)
{
	const struct words own = words_of_key(&flow->key);

	return ((own.network[0] ^ w->network[0]) | (own.network[1] ^ w->network[1]) |
		(own.guest[0] ^ w->guest[0]) | (own.guest[1] ^ w->guest[1]) |
		(own.ports ^ w->ports) | (own.proto ^ w->proto)) == 0;
}

/* The sum of (k + x)(k' + x') over the halves x and x' of the words of guest and network: for any
 * two keys it is the same with a chance of 1 in 2^32 over all K (Lemire and Kaser, "Strongly
 * universal string hashing is fast", 2014). What is regular in addresses and ports, it leaves
 * regular: so it is stirred. */
static inline uint64_t hash_of(const uint64_t k[KEYS], const struct words *w)
{
	uint64_t h = k[0];

	h += (k[1] + (uint32_t)w->guest[0]) * (k[2] + (uint32_t)w->network[0]);
	h += (k[3] + (w->guest[0] >> 32)) * (k[4] + (w->network[0] >> 32));
	h += (k[5] + (uint32_t)w->guest[1]) * (k[6] + (uint32_t)w->network[1]);
	h += (k[7] + (w->guest[1] >> 32)) * (k[8] + (w->network[1] >> 32));
	h += (k[9] + w->ports) * (k[10] + w->proto);
	return (h ^ h >> 32) * STIR;
}

static inline uint64_t ip4_word(const uint8_t ip[4])
{
	return (uint64_t)eg_get32le(ip) << 32 | 0xffff0000; /* ::ffff:a.b.c.d */
}

#endif
