/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way of a frame, from bytes to verdict.
 *
 * Purpose. This file is the whole filter in one screen per direction: decode, then
 * the one judge that the frame's protocol has, then settle. Nothing else decides.
 *
 *   guest   -> decode -> ARP | ND | ICMP error | TCP | DHCP | DNS | UDP -> settle
 *   network -> decode -> ARP | ND | ICMP error | TCP | DHCP | DNS | UDP -> settle
 *
 * The two directions differ in one thing: the network opens flows, the guest
 * only belongs to them. So a guest's TCP and UDP must find its flow; a network's
 * SYN or datagram may make it. DHCP and DNS never make flows, in neither
 * direction: a flow of theirs would let the guest say anything to the server's
 * port afterwards. They have trackers of their own.
 *
 * Terms. A judge is a static function below that returns EG_R_NONE (pass) or the
 * reason (block), and may set o->out to something rebuilt. To settle is to count
 * and, for a blocked frame of the guest's under "action reject", to answer.
 *
 * Invariants. What passes from the guest is the decoded frame cut to its IP length,
 * or was built here from fields. Every frame ends in exactly one counter. A
 * frame that no judge claims is blocked: the default of every switch blocks.
 *
 * Limits. Answers: REPLY_BURST at once, REPLY_RATE a second. What others limit is
 * in their files: flows (flow.h), unanswered queries (dnstrack.h).
 *
 * Fails how. It cannot, after eg_pipeline_new: no memory is taken per frame.
 */
#include "pipeline.h"

#include "arp.h"
#include "checksum.h"
#include "dnstrack.h"
#include "flow.h"
#include "icmp.h"
#include "nd.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)EG_ICMP_FRAME_MAX <= (int)EG_REBUILT_MAX, "an ICMP error fits");
static_assert((int)EG_ETH_LEN + (int)EG_IP6_LEN + (int)EG_UDP_LEN + (int)EG_DNS_QUERY_MAX <=
		      (int)EG_REBUILT_MAX,
	      "a DNS query fits");

enum {
	REPLY_BURST = 1000, /* answers that may follow each other at once */
	REPLY_RATE = 1000,  /* answers a second after that */
	EDE_BLOCKED = 15,   /* RFC 8914 4.16 */
};

struct eg_pipeline {
	const struct eg_policy *policy;
	struct eg_flows *flows;
	struct eg_dnstrack *queries;
	struct eg_dhcp dhcp;
	uint64_t reply_tokens; /* in thousandths of an answer */
	uint64_t reply_filled; /* when they were last counted, ms */
	struct eg_counters counters;
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

struct eg_pipeline *eg_pipeline_new(const struct eg_policy *policy, const struct eg_seed *seed)
{
	struct eg_pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->policy = policy;
	p->reply_tokens = REPLY_BURST * 1000;
	p->flows = eg_flows_new(policy->flows, seed);
	p->queries = eg_dnstrack_new();
	if (!p->flows || !p->queries) {
		eg_pipeline_free(p);
		return NULL;
	}
	return p;
}

void eg_pipeline_free(struct eg_pipeline *p)
{
	if (!p)
		return;
	eg_dnstrack_free(p->queries);
	eg_flows_free(p->flows);
	free(p);
}

const struct eg_counters *eg_pipeline_counters(const struct eg_pipeline *p)
{
	return &p->counters;
}

static void send_rebuilt(struct passage *w, size_t len)
{
	w->o->out = w->o->rebuilt;
	w->o->out_len = len;
}

/* The flow's clock starts anew with each frame that belongs to it. */
static void touch(struct passage *w, struct eg_flow *flow, uint32_t timeout)
{
	flow->expires = w->now + timeout;
	flow->bytes[w->dir] += w->f.len;
}

static enum eg_reason judge_arp(struct passage *w)
{
	return eg_arp_judge(&w->f, w->dir);
}

/* An error passes if the packet it quotes travelled in a live flow, the other way. */
static enum eg_reason judge_icmp(struct passage *w)
{
	struct eg_frame quoted = { 0 };
	struct eg_flow_key key;
	struct eg_quote q;
	enum eg_reason r;

	if (eg_nd_is(&w->f))
		return eg_nd_judge(&w->f, w->dir);
	r = eg_icmp_quote(&w->f, &q);
	if (r)
		return r;
	quoted.src = q.src;
	quoted.dst = q.dst;
	quoted.sport = q.sport;
	quoted.dport = q.dport;
	quoted.proto = q.proto;
	key = eg_flow_key(&quoted, w->dir == EG_FROM_GUEST ? EG_FROM_NETWORK : EG_FROM_GUEST);
	if (!eg_flows_find(w->p->flows, &key, w->now))
		return EG_R_ICMP;
	if (w->dir == EG_FROM_GUEST)
		send_rebuilt(w, eg_icmp_rebuild(&w->f, w->o->rebuilt));
	return EG_R_NONE;
}

/* Open a TCP flow for the network's SYN. */
static enum eg_reason open_tcp(struct passage *w, const struct eg_flow_key *key)
{
	struct eg_flow *flow;
	struct eg_tcp tcp;
	enum eg_reason r = eg_tcp_open(&tcp, &w->f);

	if (r)
		return r;
	flow = eg_flows_insert(w->p->flows, key, w->now);
	if (!flow)
		return EG_R_FLOWS_FULL;
	flow->tcp = tcp;
	touch(w, flow, eg_tcp_timeout(&tcp));
	return EG_R_NONE;
}

static enum eg_reason judge_tcp(struct passage *w)
{
	struct eg_flow_key key = eg_flow_key(&w->f, w->dir);
	struct eg_flow *flow = eg_flows_find(w->p->flows, &key, w->now);
	enum eg_reason r;

	if (!flow)
		return w->dir == EG_FROM_NETWORK ? open_tcp(w, &key) : eg_tcp_stray(&w->f);
	r = eg_tcp_segment(&flow->tcp, w->dir, &w->f);
	if (r)
		return r;
	touch(w, flow, eg_tcp_timeout(&flow->tcp));
	if (flow->tcp.state == EG_TCP_CLOSED)
		eg_flows_remove(w->p->flows, flow);
	return EG_R_NONE;
}

static enum eg_reason judge_dhcp(struct passage *w)
{
	enum eg_reason r;
	size_t len;

	if (w->dir == EG_FROM_NETWORK)
		return eg_dhcp_judge_network(&w->p->dhcp, &w->f);
	r = eg_dhcp_judge_guest(&w->p->dhcp, &w->f, w->o->rebuilt, &len);
	if (r == EG_R_NONE)
		send_rebuilt(w, len);
	return r;
}

/* Send MSG from and to where the guest's datagram goes, below headers of ours. */
static void send_datagram(struct passage *w, const uint8_t *msg, size_t len)
{
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(&w->f),
		.dst_mac = eg_eth_dst(&w->f),
		.src = w->f.src,
		.dst = w->f.dst,
	};
	struct eg_writer out = eg_writer(w->o->rebuilt, EG_REBUILT_MAX);

	eg_frame_begin(&out, &ends, EG_PROTO_UDP, EG_UDP_LEN + len);
	eg_give16(&out, w->f.sport);
	eg_give16(&out, w->f.dport);
	eg_give16(&out, (uint16_t)(EG_UDP_LEN + len));
	eg_give16(&out, 0);
	eg_give(&out, msg, len);
	eg_checksum_fill(out.p, out.len);
	send_rebuilt(w, out.len);
}

static enum eg_reason judge_query(struct passage *w)
{
	uint8_t msg[EG_DNS_QUERY_MAX];
	enum eg_reason r;

	if (!eg_checksum_right(&w->f))
		return EG_R_CHECKSUM;
	r = eg_dns_parse_query(&w->query, w->f.payload);
	if (r)
		return r;
	if (!eg_policy_may_resolve(w->p->policy, &w->query.name))
		return EG_R_DNS_NAME;
	if (!eg_policy_has_dns_type(w->p->policy, w->query.type))
		return EG_R_DNS_TYPE;
	r = eg_dnstrack_ask(w->p->queries, &w->f, &w->query, w->now);
	if (r)
		return r;
	send_datagram(w, msg, eg_dns_build_query(&w->query, msg));
	return EG_R_NONE;
}

/* FRAME is w->f's bytes, where they may be written. */
static enum eg_reason judge_answer(struct passage *w, uint8_t *frame)
{
	uint8_t raw[EG_NAME_MAX];
	struct eg_dns_answer a;
	enum eg_reason r;

	if (!eg_checksum_right(&w->f))
		return EG_R_CHECKSUM;
	r = eg_dns_parse_answer(&a, w->f.payload);
	if (r)
		return r;
	r = eg_dnstrack_answer(w->p->queries, &w->f, &a, w->now, raw);
	if (r)
		return r;
	/* The question left in lower case; a client may insist on its own. */
	memcpy(frame + w->f.l4_off + EG_UDP_LEN + EG_DNS_HEADER_LEN, raw, a.name.len);
	eg_checksum_fill(frame, w->f.len);
	return EG_R_NONE;
}

/* A datagram that is neither DHCP nor DNS. */
static enum eg_reason judge_datagram(struct passage *w)
{
	struct eg_flow_key key = eg_flow_key(&w->f, w->dir);
	struct eg_flow *flow = eg_flows_find(w->p->flows, &key, w->now);

	if (!flow) {
		if (w->dir == EG_FROM_GUEST)
			return w->f.dport == EG_DNS_PORT ? EG_R_DNS_SERVER : EG_R_UDP_NEW;
		if (!eg_checksum_right(&w->f))
			return EG_R_CHECKSUM;
		flow = eg_flows_insert(w->p->flows, &key, w->now);
		if (!flow)
			return EG_R_FLOWS_FULL;
	}
	touch(w, flow, EG_UDP_TIMEOUT);
	return EG_R_NONE;
}

static enum eg_reason judge_udp(struct passage *w, uint8_t *frame)
{
	const struct eg_policy *policy = w->p->policy;
	const struct eg_frame *f = &w->f;

	if (eg_dhcp_is(f, w->dir))
		return judge_dhcp(w);
	if (eg_addr_is_group(&f->dst))
		return EG_R_GROUP;
	if (w->dir == EG_FROM_GUEST && f->dport == EG_DNS_PORT &&
	    eg_policy_is_resolver(policy, &f->dst))
		return judge_query(w);
	if (w->dir == EG_FROM_NETWORK && f->sport == EG_DNS_PORT &&
	    eg_policy_is_resolver(policy, &f->src))
		return judge_answer(w, frame);
	return judge_datagram(w);
}

/* FRAME is NULL where the frame must stay as it is (the guest's). */
static enum eg_reason judge(struct passage *w, uint8_t *frame)
{
	if (w->f.ethertype == EG_ETHERTYPE_ARP)
		return judge_arp(w);
	switch (w->f.proto) {
	case EG_PROTO_ICMP:
	case EG_PROTO_ICMP6:
		return judge_icmp(w);
	case EG_PROTO_TCP:
		return eg_addr_is_group(&w->f.dst) ? EG_R_GROUP : judge_tcp(w);
	case EG_PROTO_UDP:
		return judge_udp(w, frame);
	default:
		return EG_R_IP_PROTOCOL;
	}
}

static bool may_reply(struct eg_pipeline *p, uint64_t now)
{
	uint64_t full = REPLY_BURST * 1000;
	uint64_t ms = now - p->reply_filled;

	p->reply_filled = now;
	if (ms > 1000 || p->reply_tokens + ms * REPLY_RATE > full)
		p->reply_tokens = full;
	else
		p->reply_tokens += ms * REPLY_RATE;
	if (p->reply_tokens < 1000) {
		p->counters.replies_limited++;
		return false;
	}
	p->reply_tokens -= 1000;
	return true;
}

static size_t reply_dns(struct passage *w, enum eg_rcode rcode, int ede)
{
	uint8_t msg[EG_DNS_REPLY_MAX];

	return eg_reply_dns(&w->f, msg, eg_dns_build_reply(&w->query, rcode, ede, msg),
			    w->o->reply);
}

/* What the guest is told, by reason; a reason without a row is met with silence.
 * Segments that a live connection does not allow get none: a reset would end it. */
static size_t build_reply(struct passage *w, enum eg_reason r)
{
	switch (r) {
	case EG_R_TCP_NEW:
	case EG_R_TCP_NO_FLOW:
		return eg_reply_reset(&w->f, w->o->reply);
	case EG_R_UDP_NEW:
	case EG_R_DNS_SERVER:
	case EG_R_DNS_MALFORMED:
	case EG_R_ICMP:
	case EG_R_IP_PROTOCOL:
		return eg_reply_prohibited(&w->f, w->o->reply);
	case EG_R_DNS_NAME:
		return reply_dns(w, EG_RCODE_NXDOMAIN, EDE_BLOCKED);
	case EG_R_DNS_TYPE:
		return reply_dns(w, EG_RCODE_NOERROR, EDE_BLOCKED);
	case EG_R_DNS_BUSY:
		return reply_dns(w, EG_RCODE_SERVFAIL, 0);
	default:
		return 0;
	}
}

static void settle(struct passage *w, enum eg_reason r)
{
	struct eg_pipeline *p = w->p;
	struct eg_outcome *o = w->o;

	o->reason = r;
	o->verdict = r == EG_R_NONE ? EG_PASS : EG_BLOCK;
	if (o->verdict == EG_PASS) {
		p->counters.passed[w->dir]++;
		return;
	}
	o->out = NULL;
	o->out_len = 0;
	p->counters.blocked[w->dir][r]++;
	if (w->dir == EG_FROM_GUEST && p->policy->action == EG_REJECT)
		o->reply_len = build_reply(w, r);
	if (o->reply_len && !may_reply(p, w->now))
		o->reply_len = 0;
	if (o->reply_len)
		p->counters.replies++;
}

static void run(struct passage *w, const uint8_t *bytes, size_t len, uint8_t *writable)
{
	struct eg_outcome *o = w->o;
	enum eg_reason r;

	w->query.name.len = 0;
	o->reply_len = 0;
	o->out = NULL;
	r = eg_frame_decode(&w->f, bytes, len);
	if (r == EG_R_NONE)
		r = judge(w, writable);
	if (r == EG_R_NONE && !o->out) {
		o->out = bytes;
		o->out_len = w->f.len;
	}
	settle(w, r);
}

void eg_pipeline_from_guest(struct eg_pipeline *p, const uint8_t *frame, size_t len, uint64_t now,
			    struct eg_outcome *o)
{
	struct passage w;

	w.p = p;
	w.o = o;
	w.dir = EG_FROM_GUEST;
	w.now = now;
	run(&w, frame, len, NULL);
}

void eg_pipeline_from_network(struct eg_pipeline *p, uint8_t *frame, size_t len, uint64_t now,
			      struct eg_outcome *o)
{
	struct passage w;

	w.p = p;
	w.o = o;
	w.dir = EG_FROM_NETWORK;
	w.now = now;
	run(&w, frame, len, frame);
}
