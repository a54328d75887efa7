/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A frame's passage: what pipeline.c and the judges that it calls share while one
 * frame is on its way. Private to them.
 */
#ifndef EG_PASSAGE_H
#define EG_PASSAGE_H

#include "dhcp.h"
#include "dnslimit.h"
#include "dnstrack.h"
#include "flow.h"
#include "icmp.h"
#include "inject.h"
#include "pipeline.h"
#include "reset.h"
#include "udpports.h"

enum {
	EG_ASKED_MAX =
		EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN + EG_DNSBYTES_LENGTH + EG_DNSBYTES_MESSAGE
};

/* A query over TCP that is blocked, or would be, and not told of yet. */
struct eg_asked {
	enum eg_reason reason; /* EG_R_NONE: there is none */
	bool passed;
	size_t len;                  /* of the frame; 0: what the guest sent is that query alone */
	uint8_t frame[EG_ASKED_MAX]; /* a segment that holds it whole */
};

struct eg_pipeline {
	const struct eg_policy *policy;
	struct eg_flows *flows;
	struct eg_fragments *fragments;
	struct eg_dnstrack *queries;
	struct eg_dnslimit *limit;
	struct eg_dnsstreams *streams;
	struct eg_udpports *ports;
	struct eg_injects *injects; /* frames of our own */
	eg_report_fn *report;
	void *ctx;
	uint64_t now;            /* of the last frame, ms */
	uint64_t due; /* when flows expire: to be looked for, though no frame comes, ms */
	uint64_t replies_lately; /* in thousandths of an answer: see answer.c */
	uint64_t replies_at;     /* when they were last counted, ms */
	struct eg_counters counters;
	struct eg_asked asked;       /* of the frame that is judged */
	struct eg_dhcp dhcp;         /* large, and seldom looked at */
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
	enum eg_reason would;      /* what it would be blocked for, if not for "mode monitor" */
	bool in_stream;            /* it asks what is refused, and is answered, in a connection */
	enum eg_answer told;       /* with what, the last one; set where in_stream is */
};

/* A rule of the policy blocks w->f for R, if that is a reason. Under "mode monitor" it goes on as
 * if the rule let it, and what it leads to does, too. Returns R, or EG_R_NONE. */
static inline enum eg_reason eg_ruled(struct passage *w, enum eg_reason r)
{
	if (!r || w->p->policy->mode == EG_ENFORCE)
		return r;
	w->would = r;
	return EG_R_NONE;
}

static inline void eg_send_rebuilt(struct passage *w, size_t len)
{
	w->o->out = w->o->rebuilt;
	w->o->out_len = len;
}

/*
 * The judges of judge_flow.c. Each returns EG_R_NONE (pass) or the reason (block).
 */

/* A TCP segment, not to a group, by whose it is; FRAME is w->f's bytes, which may be written to. */
enum eg_reason eg_judge_tcp_of_guest(struct passage *w);
enum eg_reason eg_judge_tcp_of_network(struct passage *w, uint8_t *frame);

/* A datagram that is neither DHCP nor to or from a resolver, not to a group. */
enum eg_reason eg_judge_datagram(struct passage *w);

/* Whether the guest's frame is from and to the stations of FLOW: on a switch, a frame for
 * somebody else opens nothing for the guest, and what belongs to a flow goes to nobody else. */
bool eg_stations_fit(const struct passage *w, const struct eg_flow *flow);

/* FLOW of P has ended: report it. */
void eg_report_end(struct eg_pipeline *p, const struct eg_flow *flow);

/* FLOW of PIPELINE expired: both its ends are told, and the record. Returns false, with nothing done,
 * where there is no room for what they are told, and it need not be (MUST). An eg_flow_ended_fn. */
bool eg_flow_expired(void *pipeline, const struct eg_flow *flow, bool must);

/*
 * The judges of judge_dns.c and judge_query.c. Each returns EG_R_NONE (pass) or the reason (block),
 * and may set w->o->out to something rebuilt.
 */

/* A datagram to a resolver: one clean query for a listed name leaves, built anew. */
enum eg_reason eg_judge_query(struct passage *w);

/* Question Q, whose name has the suffixes S, which were expected, by the policy; LEAVES: it is
 * charged for. */
enum eg_reason eg_judge_question(struct passage *w, const struct eg_dns_query *q,
				 const struct eg_suffixes *s, bool leaves);

/* Count and report the query that p->asked has, if it has one, as w->f has another. The last one is
 * w->f's own. */
void eg_block_asked(struct passage *w);

/* A query passes: it stands in the N bytes at FRAME. */
void eg_report_query(struct passage *w, const uint8_t *frame, size_t n);

/* A datagram from a resolver's port, or to one that queries left from; FRAME is w->f's bytes, which
 * may be written to. */
enum eg_reason eg_judge_answer(struct passage *w, uint8_t *frame);

/* Whether Q, which the network's w->f quotes, is a query that waits: who waits for it is told that
 * its resolver failed. */
bool eg_judge_query_error(struct passage *w, const struct eg_quote *q);

/* Whether PORT of ADDR, the guest's, has been an end of a flow. For eg_dnstrack_new. */
bool eg_udp_port_is_taken(void *pipeline, const struct eg_addr *addr, uint16_t port);

/* Whether the guest's w->f belongs to a connection over which it may ask a resolver. */
bool eg_is_stream(const struct passage *w);

/* The guest's SYN of such a connection, which tcp.c let pass. */
enum eg_reason eg_judge_stream_syn(struct passage *w);

/* The guest's segment of such a connection, FLOW, which tcp.c let pass. *OVER becomes whether
 * the connection is to be forgotten: w->o->out, if there is any, is then a reset for the resolver.
 */
enum eg_reason eg_judge_stream(struct passage *w, struct eg_flow *flow, bool *over);

/* Whether FLOW of P is such a connection. */
static inline bool eg_is_live_stream(const struct eg_pipeline *p, const struct eg_flow *flow)
{
	return flow->by_guest && flow->key.network_port == EG_DNS_PORT &&
	       flow->key.proto == EG_PROTO_TCP && eg_dnsstream_is(p->streams, &flow->key);
}

/* Forget FLOW, which ended at w->now. How it did matters where it is such a connection. */
void eg_forget(struct passage *w, struct eg_flow *flow, enum eg_dnsstream_end how);

/* End the connections to resolvers that are over at w->now, and say again what is due. */
void eg_tick_streams(struct passage *w);

/* Build into OUT what the guest is told, in a connection to a resolver, about question Q, blocked
 * for R. Returns its length, 0 where it is told nothing, -1 where DNS has no answer. See answer.c.
 */
int eg_answer_message(struct passage *w, const struct eg_dns_query *q, enum eg_reason r,
		      uint8_t out[EG_DNS_REPLY_MAX]);

/* Build into w->o what the guest is told about w->f, blocked for R. Returns its kind,
 * EG_ANSWER_NONE where it is told nothing. See answer.c. */
enum eg_answer eg_answer(struct passage *w, enum eg_reason r);

#endif
