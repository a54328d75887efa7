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
 * Terms. A judge is a function, below or in the files named judge_, that returns EG_R_NONE (pass)
 * or the reason (block), and may set o->out to something rebuilt. To settle is to count, to answer
 * a blocked frame of the guest's (answer.c), and to report.
 *
 * Under "mode monitor" what a rule would block goes on as if the rule let it, and is
 * reported; what is blocked for its form passes as it is.
 *
 * Invariants. Under "mode enforce" what passes from the guest is the decoded frame cut to its IP
 * length, or was built here from fields. Every frame ends in exactly one counter; a segment with
 * several blocked queries ends in that of the last, each other is counted and told of by itself
 * (further), with its own reason: none of them can hide behind another. A frame that no
 * judge claims is blocked: the default of every switch blocks.
 *
 * Limits are in the files of what they limit: flows (flow.h), unanswered queries
 * (dnstrack.h, dnsports.h), answers (answer.c).
 *
 * Fails how. It cannot, after eg_pipeline_new: no memory is taken per frame.
 */
#include "passage.h"

#include "arp.h"
#include "nd.h"
#include "tcpgap.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)EG_ICMP_FRAME_MAX <= (int)EG_REBUILT_MAX, "an ICMP error fits");
static_assert((int)EG_DHCP_FRAME_MAX <= (int)EG_REBUILT_MAX, "a DHCP message fits");
static_assert((int)EG_ETH_LEN + (int)EG_IP6_LEN + (int)EG_UDP_LEN + (int)EG_DNS_QUERY_MAX <=
		      (int)EG_REBUILT_MAX,
	      "a DNS query fits");

struct eg_pipeline *eg_pipeline_new(const struct eg_policy *policy, const struct eg_seed *seed,
				    eg_report_fn *report, void *ctx)
{
	struct eg_pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->policy = policy;
	p->report = report;
	p->ctx = ctx;
	p->flows = eg_flows_new(policy->flows, seed);
	p->fragments = eg_fragments_new();
	p->queries = eg_dnstrack_new(seed, eg_udp_port_is_taken, p);
	p->limit = eg_dnslimit_new(policy->dns_limit, seed);
	p->streams = eg_dnsstreams_new();
	p->ports = eg_udpports_new();
	p->injects = eg_injects_new();
	p->due = UINT64_MAX;
	if (p->flows)
		eg_flows_on_end(p->flows, eg_flow_expired, p);
	if (!p->flows || !p->fragments || !p->queries || !p->limit || !p->streams || !p->ports ||
	    !p->injects) {
		eg_pipeline_free(p);
		return NULL;
	}
	return p;
}

void eg_pipeline_free(struct eg_pipeline *p)
{
	if (!p)
		return;
	eg_injects_free(p->injects);
	eg_udpports_free(p->ports);
	eg_dnsstreams_free(p->streams);
	eg_dnslimit_free(p->limit);
	eg_dnstrack_free(p->queries);
	eg_fragments_free(p->fragments);
	eg_flows_free(p->flows);
	free(p);
}

void eg_pipeline_descriptors(struct eg_pipeline *p, size_t n)
{
	eg_flows_descriptors(p->flows, n);
}

const struct eg_counters *eg_pipeline_counters(const struct eg_pipeline *p)
{
	return &p->counters;
}

static enum eg_reason judge_arp(struct passage *w)
{
	return eg_arp_judge(&w->f, w->dir);
}

/* An error passes if the packet it quotes, Q, travelled in a live flow, the other way. */
static enum eg_reason judge_quote(struct passage *w, const struct eg_quote *q)
{
	struct eg_frame quoted = { 0 };
	struct eg_flow *flow;

	quoted.src = q->src;
	quoted.dst = q->dst;
	quoted.sport = q->sport;
	quoted.dport = q->dport;
	quoted.proto = q->proto;
	flow = eg_flows_find(w->p->flows, &quoted,
			     w->dir == EG_FROM_GUEST ? EG_FROM_NETWORK : EG_FROM_GUEST, w->now);
	if (!flow)
		return EG_R_ICMP;
	return eg_stations_fit(w, flow) ? EG_R_NONE : EG_R_ETH_ADDRESS;
}

static enum eg_reason judge_icmp(struct passage *w)
{
	struct eg_quote q;
	enum eg_reason r;

	if (eg_nd_is(&w->f))
		return eg_nd_judge(&w->f, w->dir);
	r = eg_icmp_quote(&w->f, &q);
	if (r || eg_judge_query_error(w, &q))
		return r;
	r = judge_quote(w, &q);
	if (r == EG_R_NONE && w->dir == EG_FROM_GUEST)
		eg_send_rebuilt(w, eg_icmp_rebuild(&w->f, w->o->rebuilt));
	return r;
}

/* What the network sends from an address that cannot stand there. Slirp passes errors of the
 * host's own as they come: from a loopback address, of which a guest can make nothing. About
 * a flow, one passes as if its other end had said so. */
EG_APART enum eg_reason judge_impossible(struct passage *w)
{
	struct eg_frame error = w->f;
	struct eg_quote q;

	if (!eg_icmp_is_loopback(&error) || eg_icmp_quote(&error, &q))
		return EG_R_IP_ADDRESS;
	if (eg_judge_query_error(w, &q))
		return EG_R_NONE;
	if (judge_quote(w, &q))
		return EG_R_IP_ADDRESS;
	error.src = q.dst;
	eg_send_rebuilt(w, eg_icmp_rebuild(&error, w->o->rebuilt));
	return EG_R_NONE;
}

static enum eg_reason judge_dhcp(struct passage *w)
{
	enum eg_reason r;
	size_t len;

	if (w->dir == EG_FROM_NETWORK)
		return eg_dhcp_judge_network(&w->p->dhcp, &w->f, w->now);
	r = eg_dhcp_judge_guest(&w->p->dhcp, &w->f, w->now, &w->p->policy->dhcp_options,
				w->o->rebuilt, &len);
	if (r == EG_R_NONE)
		eg_send_rebuilt(w, len);
	return r;
}

static enum eg_reason judge_udp(struct passage *w, uint8_t *frame)
{
	const struct eg_policy *policy = w->p->policy;
	const struct eg_frame *f = &w->f;

	if (eg_dhcp_is(f, w->dir))
		return judge_dhcp(w);
	if (f->to_group)
		return EG_R_GROUP;
	if (w->dir == EG_FROM_GUEST && f->dport == EG_DNS_PORT &&
	    eg_policy_is_resolver(policy, &f->dst))
		return eg_judge_query(w);
	if (w->dir == EG_FROM_NETWORK &&
	    ((f->sport == EG_DNS_PORT && eg_policy_is_resolver(policy, &f->src)) ||
	     eg_dnstrack_has_port(w->p->queries, &f->dst, f->dport, w->now)))
		return eg_judge_answer(w, frame);
	return eg_judge_datagram(w);
}

/* FRAME is NULL where the frame must stay as it is (the guest's). */
EG_APART enum eg_reason judge_other(struct passage *w, uint8_t *frame)
{
	if (w->f.ethertype == EG_ETHERTYPE_ARP)
		return judge_arp(w);
	switch (w->f.proto) {
	case EG_PROTO_ICMP:
	case EG_PROTO_ICMP6:
		return judge_icmp(w);
	case EG_PROTO_UDP:
		return judge_udp(w, frame);
	default:
		return EG_R_IP_PROTOCOL;
	}
}

EG_INLINED enum eg_reason judge(struct passage *w, enum eg_dir dir, uint8_t *frame)
{
	if (w->f.proto != EG_PROTO_TCP)
		return judge_other(w, frame);
	if (w->f.to_group)
		return EG_R_GROUP;
	return dir == EG_FROM_GUEST ? eg_judge_tcp_of_guest(w) : eg_judge_tcp_of_network(w, frame);
}

/* The datagram of which the last fragment has come. Only a flow's can be in parts:
 * what is rebuilt or answered here fits into one frame. */
static enum eg_reason judge_whole(struct passage *w, const struct eg_datagram *d)
{
	size_t len;
	const uint8_t *whole = eg_datagram_whole(d, &len);
	enum eg_reason r = eg_frame_decode_whole(&w->f, whole, len);
	const struct eg_policy *policy = w->p->policy;

	if (r)
		return r;
	if (w->f.to_group)
		return EG_R_GROUP;
	if (eg_dhcp_is(&w->f, w->dir) ||
	    (w->dir == EG_FROM_NETWORK &&
	     eg_dnstrack_has_port(w->p->queries, &w->f.dst, w->f.dport, w->now)) ||
	    (w->f.sport == EG_DNS_PORT && eg_policy_is_resolver(policy, &w->f.src)) ||
	    (w->f.dport == EG_DNS_PORT && eg_policy_is_resolver(policy, &w->f.dst)))
		return EG_R_FRAGMENT;
	return eg_judge_datagram(w);
}

/* Count a frame that is blocked, and tell of it. */
static void block(struct passage *w, const struct eg_report *r)
{
	w->p->counters.blocked[r->dir][r->reason]++;
	if (w->p->report)
		w->p->report(w->p->ctx, r);
}

void eg_block_asked(struct passage *w)
{
	struct eg_asked *q = &w->p->asked;
	const struct eg_report b = {
		.kind = EG_REPORT_BLOCKED,
		.dir = w->dir,
		.reason = q->reason,
		.passed = q->passed,
		.frame = q->frame,
		.len = q->len,
		.answer = w->told,
	};

	if (!q->reason)
		return;
	q->reason = EG_R_NONE;
	w->p->counters.further++;
	block(w, &b);
}

/* What was held of D is blocked, for the reason R. */
static void block_parts(struct passage *w, const struct eg_datagram *d, enum eg_reason r)
{
	struct eg_report b = { .kind = EG_REPORT_BLOCKED, .dir = eg_datagram_dir(d), .reason = r };
	uint64_t came;

	for (size_t i = 0; i < eg_datagram_parts(d); i++) {
		b.frame = eg_datagram_part(d, i, &b.len, &came);
		b.age = w->now - came;
		block(w, &b);
	}
}

/* A fragment waits until its datagram is whole; then all of it shares one verdict. */
EG_APART enum eg_reason judge_fragment(struct passage *w)
{
	struct eg_datagram *d;
	enum eg_hold hold = eg_fragments_take(w->p->fragments, &w->f, w->dir, w->now, &d);
	enum eg_reason r = EG_R_FRAGMENT;

	if (hold == EG_HOLD_KEPT) {
		w->o->verdict = EG_HOLD;
		return EG_R_NONE;
	}
	w->o->out_len = w->f.len; /* of this part; the whole is decoded next */
	/* Every sender sends them in order; libslirp 4.7 dies of others (ip_reass). */
	if (hold == EG_HOLD_WHOLE &&
	    (w->dir == EG_FROM_NETWORK || eg_datagram_in_order(d, w->f.bytes)))
		r = judge_whole(w, d);
	if (r == EG_R_NONE)
		w->o->parts = d;
	else if (d)
		block_parts(w, d, r);
	return r;
}

/* Block what is held and due by DUE. */
static void expire_fragments(struct passage *w, uint64_t due)
{
	const struct eg_datagram *d;

	while ((d = eg_fragments_expired(w->p->fragments, due)))
		block_parts(w, d, EG_R_FRAGMENT);
}

void eg_pipeline_end(struct eg_pipeline *p, uint64_t now)
{
	struct passage w;

	w.p = p;
	w.now = now;
	expire_fragments(&w, UINT64_MAX);
	eg_flows_end(p->flows);
}

/* So that both ends, and the record, learn of the end of a flow when it comes. */
static void age_flows(struct passage *w)
{
	if (w->now >= w->p->due)
		w->p->due = eg_flows_age(w->p->flows, w->now);
}

/* Whether w->f passes though it is blocked for R. What could end the host program does not:
 * slirp's channel takes short frames for something else, and libslirp 4.7 dies of fragments. */
static bool passes_all_the_same(const struct passage *w, enum eg_reason r)
{
	return w->p->policy->mode == EG_MONITOR && !w->o->out && r != EG_R_LENGTH &&
	       r != EG_R_FRAGMENT;
}

/* Count, answer and report a frame that is blocked for R, or for what w->would says. BYTES and
 * LEN are the frame as it came. */
EG_APART void settle_blocked(struct passage *w, enum eg_reason r, const uint8_t *bytes, size_t len)
{
	struct eg_asked *q = &w->p->asked;
	struct eg_outcome *o = w->o;
	struct eg_report b = {
		.kind = EG_REPORT_BLOCKED, .dir = w->dir, .frame = bytes, .len = len
	};

	b.reason = o->reason = q->reason ? q->reason : r ? r : w->would;
	if (q->reason && q->len) {
		b.frame = q->frame;
		b.len = q->len;
	}
	q->reason = EG_R_NONE;
	b.passed = !r || passes_all_the_same(w, r);
	if (!b.passed)
		o->verdict = EG_BLOCK;
	else if (r)
		o->out_len = len;
	if (!b.passed && w->dir == EG_FROM_GUEST && w->p->policy->action == EG_REJECT)
		b.answer = w->in_stream ? w->told : eg_answer(w, r);
	b.reply = o->reply;
	b.reply_len = o->reply_len;
	block(w, &b);
}

static inline void settle(struct passage *w, enum eg_reason r, const uint8_t *bytes, size_t len)
{
	struct eg_outcome *o = w->o;

	if (o->verdict == EG_HOLD)
		return;
	if (r || w->would)
		settle_blocked(w, r, bytes, len);
	else
		w->p->counters.passed[w->dir] += 1 + (o->parts ? eg_datagram_parts(o->parts) : 0);
}

/* What is due now that time has moved on, be it by one frame or by many. */
EG_APART void catch_up(struct passage *w)
{
	w->p->now = w->now;
	expire_fragments(w, w->now);
	age_flows(w);
	if (eg_dnsstreams_due(w->p->streams) <= w->now)
		eg_tick_streams(w);
}

void eg_pipeline_lost(struct eg_pipeline *p, const uint8_t *frame, size_t len, uint64_t now)
{
	struct eg_flow *flow;
	struct eg_frame f;

	if (eg_frame_decode(&f, frame, len) || f.proto != EG_PROTO_TCP)
		return;
	flow = eg_flows_find(p->flows, &f, EG_FROM_GUEST, now);
	if (flow)
		eg_gap_begin(&flow->tcp, f.tcp.seq + (uint32_t)f.payload.n);
}

void eg_pipeline_tick(struct eg_pipeline *p, uint64_t now)
{
	struct passage w;

	w.p = p;
	w.now = now;
	catch_up(&w);
}

uint64_t eg_pipeline_due(const struct eg_pipeline *p)
{
	uint64_t streams = eg_dnsstreams_due(p->streams);

	return streams < p->due ? streams : p->due;
}

bool eg_pipeline_injects(const struct eg_pipeline *p, enum eg_dir dir)
{
	return eg_inject_waits(p->injects, dir);
}

size_t eg_pipeline_take_injected(struct eg_pipeline *p, enum eg_dir dir, uint8_t out[EG_FRAME_MAX])
{
	return eg_inject_take(p->injects, dir, out);
}

/* BYTES may be written to where WRITABLE, which is the same, is not NULL. */
EG_INLINED void run(struct passage *w, enum eg_dir dir, const uint8_t *bytes, size_t len,
		    uint8_t *writable)
{
	struct eg_outcome *o = w->o;
	enum eg_reason r;

	w->dir = dir;
	w->query.name.len = 0;
	w->would = EG_R_NONE;
	w->in_stream = false;
	o->verdict = EG_PASS;
	o->reason = EG_R_NONE;
	o->parts = NULL;
	o->out = NULL;
	o->out_len = 0;
	o->reply_len = 0;
	if (w->now != w->p->now)
		catch_up(w);
	r = eg_frame_decode(&w->f, bytes, len);
	if (r == EG_R_NONE) {
		r = judge(w, dir, writable);
		if (!o->out)
			o->out_len = w->f.len;
	} else if (r == EG_R_FRAGMENT) {
		r = judge_fragment(w);
	} else if (r == EG_R_IP_ADDRESS && dir == EG_FROM_NETWORK) {
		r = judge_impossible(w);
	}
	settle(w, r, bytes, len);
	o->injects = eg_inject_waits(w->p->injects, EG_FROM_GUEST) ||
		     eg_inject_waits(w->p->injects, EG_FROM_NETWORK);
	if (o->out) /* rebuilt: it leaves also in place of a blocked one */
		return;
	if (o->verdict == EG_PASS)
		o->out = bytes;
	else
		o->out_len = 0;
}

void eg_pipeline_expect(struct eg_pipeline *p, enum eg_dir dir, const uint8_t *frame, size_t len)
{
	eg_flows_expect(p->flows, frame, len, dir);
}

void eg_pipeline_from_guest(struct eg_pipeline *p, const uint8_t *frame, size_t len, uint64_t now,
			    struct eg_outcome *o)
{
	struct passage w;

	w.p = p;
	w.o = o;
	w.now = now;
	run(&w, EG_FROM_GUEST, frame, len, NULL);
}

void eg_pipeline_from_network(struct eg_pipeline *p, uint8_t *frame, size_t len, uint64_t now,
			      struct eg_outcome *o)
{
	struct passage w;

	w.p = p;
	w.o = o;
	w.now = now;
	run(&w, EG_FROM_NETWORK, frame, len, frame);
}
