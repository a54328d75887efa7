/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A frame's passage: what pipeline.c and the judges that it calls share while one
 * frame is on its way. Private to them.
 */
#ifndef EG_PASSAGE_H
#define EG_PASSAGE_H

#include "dhcp.h"
#include "dnstrack.h"
#include "flow.h"
#include "pipeline.h"

struct eg_pipeline {
	const struct eg_policy *policy;
	struct eg_flows *flows;       /* what the host opened */
	struct eg_flows *guest_flows; /* what the guest did: apart, to take no room from it */
	struct eg_fragments *fragments;
	struct eg_dnstrack *queries;
	struct eg_dnsstreams *streams;
	struct eg_dhcp dhcp;
	eg_blocked_fn *blocked;
	void *ctx;
	uint64_t reply_tokens; /* in thousandths of an answer */
	uint64_t reply_filled; /* when they were last counted, ms */
	struct eg_counters counters;
	uint8_t plain[EG_FRAME_MAX]; /* the guest's last segment with urgent data, without it */
};

/* One frame on its way. */
struct passage {
	struct eg_pipeline *p;
	struct eg_outcome *o;
	enum eg_dir dir;
	uint64_t now;
	struct eg_frame f;
	struct eg_dns_query query; /* where one was read: its reply needs it */
};

static inline void eg_send_rebuilt(struct passage *w, size_t len)
{
	w->o->out = w->o->rebuilt;
	w->o->out_len = len;
}

/*
 * The judges of judge_dns.c. Each returns EG_R_NONE (pass) or the reason (block), and may
 * set w->o->out to something rebuilt.
 */

/* A datagram to a resolver: one clean query for a listed name leaves, built anew. */
enum eg_reason eg_judge_query(struct passage *w);

/* A datagram of a resolver's; FRAME is w->f's bytes, which may be written to. */
enum eg_reason eg_judge_answer(struct passage *w, uint8_t *frame);

/* Whether the guest may ask over the TCP connection that w->f belongs to. */
bool eg_is_stream(const struct passage *w);

/* The guest's SYN of such a connection, which tcp.c let pass. */
enum eg_reason eg_judge_stream_syn(struct passage *w);

/* The guest's segment of such a connection, FLOW, which tcp.c let pass. *OVER becomes whether
 * the connection is to be forgotten: w->o->out is then a reset for the resolver. */
enum eg_reason eg_judge_stream(struct passage *w, const struct eg_flow *flow, bool *over);

#endif
