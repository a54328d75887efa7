/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the model knows of a frame that passed. Private to it. */
#ifndef MODEL_FACT_H
#define MODEL_FACT_H

#include "model.h"

#include <string.h>

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { SECOND = 1000, HOUR = 3600 * SECOND };

/* One frame that passed. */
struct fact {
	bool guest; /* sent it */
	uint64_t time;
	uint8_t mac[2][6];            /* the guest's, the network's */
	uint8_t addr[2][16];          /* likewise */
	uint16_t port[2];             /* likewise */
	uint8_t version, proto, hops; /* version 0: ARP */
	uint8_t *l4, *data;           /* in bytes */
	size_t n;                     /* of data */
	uint8_t *bytes;
	size_t len;
};

struct model {
	const char *name, *why;
	bool open;
	struct fact *facts;
	size_t count;
};

static inline uint32_t get16(const uint8_t *p)
{
	return p[0] * 256u + p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return get16(p) * 65536u + get16(p + 2);
}

/* Decode F->bytes, which the guest sent or not; false where anything is not as it should be. */
bool model_decode(struct fact *f);

static inline bool is_syn(const struct fact *f)
{
	return f->proto == TCP && (f->l4[13] & (SYN | ACK | RST | FIN)) == SYN;
}

static inline bool same_flow(const struct fact *a, const struct fact *b)
{
	return a->version == b->version && a->proto == b->proto &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0 &&
	       memcmp(a->port, b->port, sizeof(a->port)) == 0;
}

/* Whether F, no SYN, fits what was said in its flow since the SYN number AT. */
bool model_fits_since(const struct model *m, size_t at, const struct fact *f);

#endif
