/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resets are built from what a flow knows of its ends, without a frame of anybody's. */
#include "reset.h"

#include "checksum.h"

static struct eg_ends ends_of(const struct eg_flow *flow, bool from_guest)
{
	const struct eg_stations *s = &flow->stations;
	const struct eg_flow_key *k = &flow->key;

	return (struct eg_ends){
		.src_mac = from_guest ? s->guest : s->network,
		.dst_mac = from_guest ? s->network : s->guest,
		.src = from_guest ? k->guest : k->network,
		.dst = from_guest ? k->network : k->guest,
	};
}

/* RST with ACK, which an end that has only sent its SYN insists on (RFC 9293 3.10.7.3). */
size_t eg_reset_build(const struct eg_flow *flow, enum eg_dir dir, uint8_t out[EG_RESET_MAX])
{
	bool from_guest = dir == EG_FROM_GUEST;
	const struct eg_tcp_side *to =
		&flow->tcp.side[from_guest ? EG_FROM_NETWORK : EG_FROM_GUEST];
	const struct eg_ends ends = ends_of(flow, from_guest);
	const struct eg_flow_key *k = &flow->key;
	struct eg_writer w = eg_writer(out, EG_RESET_MAX);

	eg_frame_begin(&w, &ends, EG_PROTO_TCP, EG_TCP_LEN);
	eg_give16(&w, from_guest ? k->guest_port : k->network_port);
	eg_give16(&w, from_guest ? k->network_port : k->guest_port);
	eg_give32(&w, to->ack);
	eg_give32(&w, to->end);
	eg_give8(&w, EG_TCP_LEN / 4 << 4);
	eg_give8(&w, EG_TCP_RST | EG_TCP_ACK);
	eg_give_zeros(&w, 6); /* window, checksum, urgent pointer */
	if (w.bad)
		return 0;
	eg_checksum_fill(w.p, w.len);
	return w.len;
}

bool eg_reset_other(struct eg_injects *b, const struct eg_flow *flow, enum eg_dir dir)
{
	uint8_t frame[EG_RESET_MAX];

	if (flow->key.proto != EG_PROTO_TCP)
		return true;
	/* That the network has the last acknowledgement is the guest's word alone. */
	if (flow->tcp.state == EG_TCP_TIME_WAIT && dir == EG_FROM_NETWORK)
		return true;
	return eg_inject(b, dir, frame, eg_reset_build(flow, dir, frame));
}

bool eg_reset_both(struct eg_injects *b, const struct eg_flow *flow)
{
	if (!eg_inject_has_room(b, EG_FROM_GUEST, EG_RESET_MAX) ||
	    !eg_inject_has_room(b, EG_FROM_NETWORK, EG_RESET_MAX))
		return false;
	return eg_reset_other(b, flow, EG_FROM_GUEST) && eg_reset_other(b, flow, EG_FROM_NETWORK);
}
