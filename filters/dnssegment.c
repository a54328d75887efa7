/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments of a DNS connection, built from their fields: see dnssegment.h. */
#include "dnssegment.h"

#include "checksum.h"

#include <assert.h>

enum {
	OPT_END,
	OPT_NOP,
	OPT_MSS,
	OPT_MSS_LEN = 4,
	MSS_MIN = 536,  /* everybody can take that (RFC 9293 3.7.1) */
	MSS_MAX = 1460, /* Ethernet's */
};

static_assert((int)EG_TCP_LEN + (int)OPT_MSS_LEN <= (int)EG_DNSSEGMENT_PAYLOAD, "a SYN fits");

struct eg_dnspath eg_dnspath(const struct eg_frame *f)
{
	struct eg_dnspath path = { .key = eg_flow_key(f, EG_FROM_GUEST) };

	memcpy(path.guest_mac, eg_eth_src(f), sizeof(path.guest_mac));
	memcpy(path.network_mac, eg_eth_dst(f), sizeof(path.network_mac));
	return path;
}

size_t eg_dnssegment_build(const struct eg_dnssegment *s, const struct eg_dnspath *path,
			   enum eg_dir dir, uint8_t out[EG_DNSSEGMENT_MAX])
{
	bool to_network = dir == EG_FROM_GUEST;
	const struct eg_flow_key *key = &path->key;
	const struct eg_ends ends = {
		.src_mac = to_network ? path->guest_mac : path->network_mac,
		.dst_mac = to_network ? path->network_mac : path->guest_mac,
		.src = to_network ? key->guest : key->network,
		.dst = to_network ? key->network : key->guest,
	};
	size_t header = EG_TCP_LEN + (s->mss ? OPT_MSS_LEN : 0);
	struct eg_writer w = eg_writer(out, EG_DNSSEGMENT_MAX);

	eg_frame_begin(&w, &ends, EG_PROTO_TCP, header + s->payload.n);
	eg_give16(&w, to_network ? key->guest_port : key->network_port);
	eg_give16(&w, to_network ? key->network_port : key->guest_port);
	eg_give32(&w, s->seq);
	eg_give32(&w, s->ack);
	eg_give8(&w, (uint8_t)(header / 4 << 4));
	eg_give8(&w, s->flags);
	eg_give16(&w, s->window);
	eg_give32(&w, 0); /* checksum, urgent pointer */
	if (s->mss) {
		eg_give8(&w, OPT_MSS);
		eg_give8(&w, OPT_MSS_LEN);
		eg_give16(&w, s->mss);
	}
	eg_give(&w, s->payload.p, s->payload.n);
	if (w.bad)
		return 0;
	eg_checksum_fill(w.p, w.len);
	return w.len;
}

/* The MSS that SYN F says; 0 where it says none. */
static uint16_t find_mss(const struct eg_frame *f)
{
	const uint8_t *options = f->bytes + f->l4_off + EG_TCP_LEN;
	struct eg_reader r = eg_reader(options, (size_t)(f->payload.p - options));

	while (r.left > 0 && !r.bad) {
		uint8_t kind = eg_take8(&r);
		uint8_t len;

		if (kind == OPT_NOP)
			continue;
		len = eg_take8(&r);
		if (kind == OPT_END || len < 2)
			break;
		if (kind == OPT_MSS && len == OPT_MSS_LEN)
			return eg_take16(&r);
		eg_take(&r, len - 2u);
	}
	return 0;
}

uint16_t eg_dnssegment_mss(const struct eg_frame *f)
{
	uint16_t mss = find_mss(f);

	if (mss < MSS_MIN)
		return mss ? MSS_MIN : 0;
	return mss > MSS_MAX ? MSS_MAX : mss;
}
