/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Flows as records.
 *
 * A flow starts with the frame that opened it, and that is when its start is told of: both say the
 * same moment, and so does its end. Where the start is not known any more, as in a table that was
 * full, what is said is the end of the second that the flow knows: never a moment before its first
 * frame.
 */
#include "flowrecord.h"

enum {
	SECOND = 1000, /* ms */
	COARSE = 10,   /* ms that the clock that flows go by may be late */
};

static enum eg_flow_state state_of(const struct eg_flow *flow)
{
	if (flow->key.proto != EG_PROTO_TCP)
		return eg_total_get(&flow->bytes[0]) && eg_total_get(&flow->bytes[1])
			       ? EG_FLOW_ESTABLISHED
			       : EG_FLOW_NEW;
	switch (flow->tcp.state) {
	case EG_TCP_SYN_SENT:
	case EG_TCP_SYN_RECEIVED:
		return EG_FLOW_NEW;
	case EG_TCP_ESTABLISHED:
	case EG_TCP_FIN_WAIT:
	case EG_TCP_CLOSE_WAIT:
		return EG_FLOW_ESTABLISHED;
	default:
		return EG_FLOW_CLOSED;
	}
}

struct eg_sample_key eg_flowrecord_key(const struct eg_report *report)
{
	const struct eg_flow *f = report->flow;
	const struct eg_addr *dst = f->by_guest ? &f->key.network : &f->key.guest;

	return (struct eg_sample_key){
		.dst = *dst,
		.dport = f->by_guest ? f->key.network_port : f->key.guest_port,
		.ethertype = eg_addr_is4(dst) ? EG_ETHERTYPE_IP4 : EG_ETHERTYPE_IP6,
		.proto = f->key.proto,
		.kind = (uint8_t)report->kind,
		.dir = !f->by_guest,
		.is_ip = 1,
		.has_dst = 1,
	};
}

/* When the flow of REPORT, told of at NOW and WHEN, started (ns, wall clock). */
static uint64_t start_of(const struct eg_report *report, struct eg_starts *starts, uint64_t now,
			 uint64_t when)
{
	uint64_t known, by = ((uint64_t)report->flow->opened + 1) * SECOND + COARSE;

	if (report->kind == EG_REPORT_FLOW_START) {
		eg_starts_put(starts, &report->flow->key, when);
		return when;
	}
	known = eg_starts_take(starts, &report->flow->key);
	if (known)
		return known;
	return now > by ? when - (now - by) * 1000000 : when;
}

struct eg_record_flow eg_flowrecord_make(const struct eg_report *report, struct eg_starts *starts,
					 uint64_t now, uint64_t when)
{
	const struct eg_flow *f = report->flow;
	const uint64_t start = start_of(report, starts, now, when);

	return (struct eg_record_flow){
		.opened = { .tv_sec = (time_t)(start / 1000000000),
			    .tv_nsec = (long)(start % 1000000000) },
		.guest = f->key.guest,
		.network = f->key.network,
		.guest_port = f->key.guest_port,
		.network_port = f->key.network_port,
		.proto = f->key.proto,
		.state = (uint8_t)state_of(f),
		.bytes = { eg_total_get(&f->bytes[0]), eg_total_get(&f->bytes[1]) },
	};
}
