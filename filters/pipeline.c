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
#include "passage.h"

#include "arp.h"
#include "checksum.h"
#include "icmp.h"
#include "nd.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)EG_ICMP_FRAME_MAX <= (int)EG_REBUILT_MAX, "an ICMP error fits");
static_assert((int)EG_DHCP_FRAME_MAX <= (int)EG_REBUILT_MAX, "a DHCP message fits");
static_assert((int)EG_ETH_LEN + (int)EG_IP6_LEN + (int)EG_UDP_LEN + (int)EG_DNS_QUERY_MAX <=
		      (int)EG_REBUILT_MAX,
	      "a DNS query fits");

enum {
	REPLY_BURST = 1000, /* answers that may follow each other at once */
	REPLY_RATE = 1000,  /* answers a second after that */
	EDE_BLOCKED = 15,   /* RFC 8914 4.16 */
};

struct eg_pipeline *eg_pipeline_new(const struct eg_policy *policy, const struct eg_seed *seed,
				    eg_blocked_fn *blocked, void *ctx)
{
	struct eg_pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->policy = policy;
	p->blocked = blocked;
	p->ctx = ctx;
	p->reply_tokens = REPLY_BURST * 1000;
	p->flows = eg_flows_new(policy->flows, seed);
	/* Each has a stream, and one is new before another gives way to it. */
	p->guest_flows = eg_flows_new(EG_DNSSTREAMS_MAX + 1, seed);
	p->fragments = eg_fragments_new();
	p->queries = eg_dnstrack_new(seed);
	p->streams = eg_dnsstreams_new();
	if (!p->flows || !p->guest_flows || !p->fragments || !p->queries || !p->streams) {
		eg_pipeline_free(p);
		return NULL;
	}
	return p;
}

void eg_pipeline_free(struct eg_pipeline *p)
{
	if (!p)
		return;
	eg_dnsstreams_free(p->streams);
	eg_dnstrack_free(p->queries);
	eg_fragments_free(p->fragments);
	eg_flows_free(p->guest_flows);
	eg_flows_free(p->flows);
	free(p);
}

const struct eg_counters *eg_pipeline_counters(const struct eg_pipeline *p)
{
	return &p->counters;
}

/* The live flow of KEY, whoever opened it, or NULL. */
static struct eg_flow *find_flow(const struct passage *w, const struct eg_flow_key *key)
{
	struct eg_flow *flow = eg_flows_find(w->p->flows, key, w->now);

	return flow ? flow : eg_flows_find(w->p->guest_flows, key, w->now);
}

/* The table of the TCP flows that OPENER opens. */
static struct eg_flows *flows_of(const struct passage *w, enum eg_dir opener)
{
	return opener == EG_FROM_GUEST ? w->p->guest_flows : w->p->flows;
}

/* The flow's clock starts anew with each frame that belongs to it. */
static void touch(struct passage *w, struct eg_flow *flow, uint32_t timeout)
{
	flow->expires = w->now + timeout;
	flow->bytes[w->dir] += w->f.len;
	if (w->dir == EG_FROM_NETWORK)
		flow->stations =
			eg_flows_stations(w->p->flows, eg_eth_dst(&w->f), eg_eth_src(&w->f));
}

/* Whether the guest's frame is from and to the stations that the network's last frame of
 * FLOW was for and from: on a switch, a frame for somebody else opens nothing for
 * the guest, and what belongs to a flow goes to nobody else. */
static bool stations_fit(struct passage *w, const struct eg_flow *flow)
{
	bool to_resolver = flow->key.proto == EG_PROTO_TCP && flow->tcp.opener == EG_FROM_GUEST;

	/* slirp answers for its resolver with the gateway's address. */
	return w->dir == EG_FROM_NETWORK || to_resolver ||
	       flow->stations ==
		       eg_flows_stations(w->p->flows, eg_eth_src(&w->f), eg_eth_dst(&w->f));
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
	struct eg_flow *flow;
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
	flow = find_flow(w, &key);
	if (!flow)
		return EG_R_ICMP;
	if (!stations_fit(w, flow))
		return EG_R_ETH_ADDRESS;
	if (w->dir == EG_FROM_GUEST)
		eg_send_rebuilt(w, eg_icmp_rebuild(&w->f, w->o->rebuilt));
	return EG_R_NONE;
}

/* Open a TCP flow: for any SYN of the network's, for a guest's to a resolver. */
static enum eg_reason open_tcp(struct passage *w, const struct eg_flow_key *key)
{
	struct eg_flows *flows = flows_of(w, w->dir);
	struct eg_flow *flow;
	struct eg_tcp tcp;
	enum eg_reason r = eg_tcp_open(&tcp, w->dir, &w->f);

	if (r)
		return r;
	flow = eg_flows_insert(flows, key, w->now);
	if (!flow)
		return EG_R_FLOWS_FULL;
	flow->tcp = tcp;
	touch(w, flow, eg_tcp_timeout(&tcp));
	r = w->dir == EG_FROM_GUEST ? eg_judge_stream_syn(w) : EG_R_NONE;
	if (r)
		eg_flows_remove(flows, flow);
	return r;
}

static void forget(struct passage *w, struct eg_flow *flow)
{
	if (flow->tcp.opener == EG_FROM_GUEST)
		eg_dnsstream_end(w->p->streams, &flow->key, w->dir);
	eg_flows_remove(flows_of(w, flow->tcp.opener), flow);
}

static enum eg_reason judge_stream(struct passage *w, struct eg_flow *flow)
{
	enum eg_reason r;
	bool over;

	if (w->f.tcp.flags & EG_TCP_SYN)
		return eg_judge_stream_syn(w);
	r = eg_judge_stream(w, flow, &over);
	if (over)
		forget(w, flow);
	return r;
}

static enum eg_reason judge_tcp(struct passage *w)
{
	struct eg_flow_key key = eg_flow_key(&w->f, w->dir);
	struct eg_flow *flow = find_flow(w, &key);
	enum eg_reason r;

	if (!flow && (w->dir == EG_FROM_NETWORK || eg_is_stream(w)))
		return open_tcp(w, &key);
	if (!flow)
		return eg_tcp_stray(&w->f);
	if (!stations_fit(w, flow))
		return EG_R_ETH_ADDRESS;
	r = eg_tcp_segment(&flow->tcp, w->dir, &w->f);
	if (r == EG_R_NONE && w->dir == EG_FROM_GUEST && flow->tcp.opener == EG_FROM_GUEST)
		r = judge_stream(w, flow);
	if (r)
		return r;
	if (w->dir == EG_FROM_GUEST && w->f.tcp.flags & EG_TCP_URG && !w->o->out) {
		w->o->out = w->p->plain;
		w->o->out_len = eg_tcp_plain(&w->f, w->p->plain);
	}
	touch(w, flow, eg_tcp_timeout(&flow->tcp));
	if (flow->tcp.state == EG_TCP_CLOSED)
		forget(w, flow);
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
		eg_send_rebuilt(w, len);
	return r;
}

/* A datagram that is neither DHCP nor DNS. The guest's own keep a flow alive for a
 * while, as streams need; then the network has to have said something again. */
static enum eg_reason judge_datagram(struct passage *w)
{
	struct eg_flow_key key = eg_flow_key(&w->f, w->dir);
	struct eg_flow *flow = eg_flows_find(w->p->flows, &key, w->now);
	bool network = w->dir == EG_FROM_NETWORK;
	uint64_t alone;

	if (!flow) {
		if (!network)
			return w->f.dport == EG_DNS_PORT ? EG_R_DNS_SERVER : EG_R_UDP_NEW;
		if (!eg_checksum_right(&w->f))
			return EG_R_CHECKSUM;
		flow = eg_flows_insert(w->p->flows, &key, w->now);
		if (!flow)
			return EG_R_FLOWS_FULL;
	}
	if (!stations_fit(w, flow))
		return EG_R_ETH_ADDRESS;
	if (network)
		flow->heard = (uint32_t)(w->now / 1000);
	touch(w, flow, EG_UDP_TIMEOUT);
	alone = (uint64_t)flow->heard * 1000 + EG_UDP_ALONE;
	if (flow->expires > alone)
		flow->expires = alone;
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
		return eg_judge_query(w);
	if (w->dir == EG_FROM_NETWORK && f->sport == EG_DNS_PORT &&
	    eg_policy_is_resolver(policy, &f->src))
		return eg_judge_answer(w, frame);
	if (w->dir == EG_FROM_NETWORK && eg_dnstrack_has_port(f->dport))
		return EG_R_DNS_ANSWER;
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
	if (eg_addr_is_group(&w->f.dst))
		return EG_R_GROUP;
	if (eg_dhcp_is(&w->f, w->dir) ||
	    (w->dir == EG_FROM_NETWORK && eg_dnstrack_has_port(w->f.dport)) ||
	    (w->f.sport == EG_DNS_PORT && eg_policy_is_resolver(policy, &w->f.src)) ||
	    (w->f.dport == EG_DNS_PORT && eg_policy_is_resolver(policy, &w->f.dst)))
		return EG_R_FRAGMENT;
	return judge_datagram(w);
}

static void report(struct passage *w, enum eg_dir dir, enum eg_reason r, const uint8_t *frame,
		   size_t len, uint64_t came)
{
	const struct eg_blocked b = {
		.dir = dir, .reason = r, .frame = frame, .len = len, .age = w->now - came
	};

	w->p->counters.blocked[dir][r]++;
	if (w->p->blocked)
		w->p->blocked(w->p->ctx, &b);
}

/* What was held of D is blocked, for the reason R. */
static void block_parts(struct passage *w, const struct eg_datagram *d, enum eg_reason r)
{
	for (size_t i = 0; i < eg_datagram_parts(d); i++) {
		uint64_t came;
		size_t len;
		const uint8_t *part = eg_datagram_part(d, i, &len, &came);

		report(w, eg_datagram_dir(d), r, part, len, came);
	}
}

/* A fragment waits until its datagram is whole; then all of it shares one verdict. */
static enum eg_reason judge_fragment(struct passage *w)
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

static void expire_fragments(struct passage *w)
{
	const struct eg_datagram *d;

	while ((d = eg_fragments_expired(w->p->fragments, w->now)))
		block_parts(w, d, EG_R_FRAGMENT);
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

	if (w->f.proto == EG_PROTO_TCP)
		return eg_reply_reset(&w->f, w->o->reply);
	return eg_reply_dns(&w->f, msg, eg_dns_build_reply(&w->query, rcode, ede, msg),
			    w->o->reply);
}

/* What the guest is told, by reason; a reason without a row is met with silence.
 * Segments that a live connection does not allow get none: a reset would end it. */
static size_t build_reply(struct passage *w, enum eg_reason r)
{
	bool tcp = w->f.proto == EG_PROTO_TCP;

	switch (r) {
	case EG_R_TCP_NEW:
	case EG_R_TCP_NO_FLOW:
		return eg_reply_reset(&w->f, w->o->reply);
	case EG_R_UDP_NEW:
	case EG_R_DNS_SERVER:
	case EG_R_ICMP:
	case EG_R_IP_PROTOCOL:
		return eg_reply_prohibited(&w->f, w->o->reply);
	case EG_R_DNS_MALFORMED:
		return tcp ? eg_reply_reset(&w->f, w->o->reply)
			   : eg_reply_prohibited(&w->f, w->o->reply);
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

/* Count, report and answer. BYTES and LEN are the frame as it came. */
static void settle(struct passage *w, enum eg_reason r, const uint8_t *bytes, size_t len)
{
	struct eg_pipeline *p = w->p;
	struct eg_outcome *o = w->o;

	o->reason = r;
	if (o->verdict == EG_HOLD)
		return;
	if (r == EG_R_NONE) {
		p->counters.passed[w->dir] += 1 + (o->parts ? eg_datagram_parts(o->parts) : 0);
		return;
	}
	o->verdict = EG_BLOCK;
	report(w, w->dir, r, bytes, len, w->now);
	if (w->dir == EG_FROM_GUEST && p->policy->action == EG_REJECT)
		o->reply_len = build_reply(w, r);
	if (o->reply_len && !may_reply(p, w->now))
		o->reply_len = 0;
	if (o->reply_len)
		p->counters.replies++;
}

/* BYTES may be written to where WRITABLE, which is the same, is not NULL. */
static void run(struct passage *w, const uint8_t *bytes, size_t len, uint8_t *writable)
{
	struct eg_outcome *o = w->o;
	enum eg_reason r;

	w->query.name.len = 0;
	o->verdict = EG_PASS;
	o->parts = NULL;
	o->out = NULL;
	o->out_len = 0;
	o->reply_len = 0;
	expire_fragments(w);
	r = eg_frame_decode(&w->f, bytes, len);
	if (r == EG_R_NONE) {
		r = judge(w, writable);
		if (!o->out)
			o->out_len = w->f.len;
	} else if (r == EG_R_FRAGMENT) {
		r = judge_fragment(w);
	}
	settle(w, r, bytes, len);
	if (o->out) /* rebuilt: it leaves also in place of a blocked one */
		return;
	o->out = o->verdict == EG_PASS ? bytes : NULL;
	if (!o->out)
		o->out_len = 0;
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
