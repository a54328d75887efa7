/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TCP and UDP by their flows: who may open one, and who belongs to it.
 *
 * The network opens flows, the guest only belongs to them: its segment or datagram must find its
 * flow, a SYN or datagram of the network's may make it. A guest's may where the policy allows
 * whom it is to, and where it is to a resolver over TCP (judge_dns.c then says what passes in
 * the connection). From then on all flows are alike, whoever opened them; but those of the guest's
 * have half of the table at most (flow.h).
 *
 * A flow belongs to a pair of stations, too: see touch.
 *
 * How long a flow lives. What only the guest says keeps nothing alive: a segment with a wrong
 * checksum looks to us like any other, and slirp has dropped it. An established connection is
 * renewed by each of the network's segments, and others by what moves them on: bytes or a FIN that
 * are new, or newly acknowledged. While the network waits for an acknowledgement of the guest's (it
 * has said something, or its FIN) the flow has UNACKED, and only an acknowledgement by which a
 * receiver gets on renews it: slirp asks a guest with a window of 0 for ever, and keeps a
 * descriptor of the host's for it.
 * While the guest's window is shut, what the network says to ask renews nothing either: a guest
 * could take it byte by byte.
 *
 * What we forget both ends are told, by exact resets (reset.c): or slirp would hold what has no
 * place here any more, and nothing would bound how much that is.
 *
 * A guest that may write to one must not hear all the others: to an address and port from which it
 * opened something the network opens nothing (udpports.c).
 */
#include "passage.h"

#include "checksum.h"
#include "urgent.h"

enum {
	CONNECTING = 3 * 60 *
		     1000, /* ms; slirp gives up after 75 s by a clock that may be half as fast */
	UNACKED = 2 * 60 * 1000, /* ms; RFC 9293 3.8.3 gives up after 100 s at the earliest */
};

void eg_report_end(struct eg_pipeline *p, const struct eg_flow *flow)
{
	const struct eg_report r = { .kind = EG_REPORT_FLOW_END, .flow = flow };

	if (p->report)
		p->report(p->ctx, &r);
}

bool eg_flow_expired(void *pipeline, const struct eg_flow *flow, bool must)
{
	struct eg_pipeline *p = pipeline;

	if (eg_is_live_stream(p, flow))
		eg_dnsstream_end(p->streams, flow, EG_DNSSTREAM_FORGOTTEN, p->now, p->injects);
	else if (p->policy->mode == EG_ENFORCE && !eg_reset_both(p->injects, flow) && !must)
		return false;
	eg_report_end(p, flow);
	return true;
}

static void report_start(struct passage *w, const struct eg_flow *flow)
{
	const struct eg_report r = { .kind = EG_REPORT_FLOW_START, .dir = w->dir, .flow = flow };

	if (w->p->report)
		w->p->report(w->p->ctx, &r);
}

/* The stations of w->f, from DIR. */
static inline struct eg_stations stations_of(const struct passage *w, enum eg_dir dir)
{
	bool out = dir == EG_FROM_GUEST;
	struct eg_stations s;

	memcpy(s.guest, out ? eg_eth_src(&w->f) : eg_eth_dst(&w->f), sizeof(s.guest));
	memcpy(s.network, out ? eg_eth_dst(&w->f) : eg_eth_src(&w->f), sizeof(s.network));
	return s;
}

/* FLOW has w->f's bytes more. Its stations are those of the network's last frame, or of the one
 * with which the guest opened it. */
EG_INLINED void add_frame(struct passage *w, struct eg_flow *flow, enum eg_dir dir)
{
	eg_total_add(&flow->bytes[dir], (uint32_t)w->f.len);
	if (dir == EG_FROM_NETWORK && !flow->by_guest)
		flow->stations = stations_of(w, dir);
}

/* FLOW has MS from now on. */
EG_INLINED void renew(struct passage *w, struct eg_flow *flow, uint32_t ms)
{
	flow->expires = w->now + ms;
	if (flow->expires < w->p->due)
		w->p->due = flow->expires;
}

EG_INLINED bool fits(const struct passage *w, const struct eg_flow *flow, enum eg_dir dir)
{
	struct eg_stations s;

	if (dir == EG_FROM_NETWORK)
		return true;
	s = stations_of(w, dir);
	return memcmp(&s, &flow->stations, sizeof(s)) == 0;
}

bool eg_stations_fit(const struct passage *w, const struct eg_flow *flow)
{
	return fits(w, flow, w->dir);
}

/* Whether the guest's w->f may open a flow; OTHERWISE is why not where no rule names it. */
static enum eg_reason may_open(struct passage *w, enum eg_reason otherwise)
{
	const struct eg_frame *f = &w->f;

	return eg_ruled(w, eg_policy_open(w->p->policy, &f->dst, f->proto, f->dport, otherwise));
}

/* Whether w->f, without a flow, may open one: the network's may, the guest's to a resolver or
 * to what is allowed. */
static enum eg_reason may_open_tcp(struct passage *w)
{
	enum eg_reason r;

	if (w->dir == EG_FROM_NETWORK || eg_is_stream(w))
		return EG_R_NONE;
	r = eg_tcp_stray(&w->f);
	if (r != EG_R_TCP_NEW)
		return r;
	/* No "allow" opens it: where no name is listed, none can be asked for. */
	if (w->f.dport == EG_DNS_PORT && eg_policy_is_resolver(w->p->policy, &w->f.dst))
		return EG_R_DNS_NAME;
	return may_open(w, r);
}

static enum eg_reason may_open_udp(struct passage *w)
{
	if (w->dir == EG_FROM_NETWORK)
		return EG_R_NONE;
	/* Slirp would have one socket for both. */
	if (eg_dnstrack_has_port(w->p->queries, &w->f.src, w->f.sport, w->now))
		return EG_R_UDP_NEW;
	return may_open(w, w->f.dport == EG_DNS_PORT ? EG_R_DNS_SERVER : EG_R_UDP_NEW);
}

/* How long FLOW, of TCP, has from now on. An established connection that nobody waits in has its
 * time; slirp keeps a socket that connects whatever the guest says, so its place here must stay. */
static uint32_t time_of(const struct passage *w, const struct eg_flow *flow)
{
	const struct eg_tcp *t = &flow->tcp;
	bool unacked = eg_tcp_is_unacked(t);
	uint32_t ms = unacked ? (uint32_t)UNACKED : eg_tcp_timeout(t);

	if (t->state == EG_TCP_ESTABLISHED && !unacked)
		return ms;
	if (flow->by_guest && t->state < EG_TCP_SYN_RECEIVED)
		return CONNECTING;
	return eg_flows_patience(w->p->flows, ms);
}

EG_APART enum eg_reason open_tcp(struct passage *w)
{
	const struct eg_flow_key key = eg_flow_key(&w->f, w->dir);
	struct eg_flow *flow;
	struct eg_tcp tcp;
	enum eg_reason r;

	if (w->dir == EG_FROM_NETWORK && w->f.sport == EG_DNS_PORT &&
	    eg_dnsstream_hear_late(w->p->streams, &w->f, w->p->injects))
		return EG_R_NONE;
	r = may_open_tcp(w);
	if (r == EG_R_NONE)
		r = eg_tcp_open(&tcp, w->dir, &w->f);
	if (r)
		return r;
	flow = eg_flows_insert(w->p->flows, &key, w->dir, w->now);
	if (!flow)
		return EG_R_FLOWS_FULL;
	flow->tcp = tcp;
	flow->stations = stations_of(w, w->dir);
	add_frame(w, flow, w->dir);
	renew(w, flow, time_of(w, flow));
	r = eg_is_stream(w) ? eg_judge_stream_syn(w) : EG_R_NONE;
	if (r)
		eg_flows_remove(w->p->flows, flow);
	else
		report_start(w, flow);
	return r;
}

/* What a flow was before a segment. */
struct was {
	uint32_t guest_ack; /* what the guest had acknowledged */
	uint32_t end, ack;  /* what the network had sent, and acknowledged */
	uint8_t state;
	bool unacked, shut;
};

EG_INLINED struct was was(const struct eg_tcp *t)
{
	return (struct was){
		.guest_ack = t->side[EG_FROM_GUEST].ack,
		.end = t->side[EG_FROM_NETWORK].end,
		.ack = t->side[EG_FROM_NETWORK].ack,
		.state = t->state,
		.unacked = eg_tcp_is_unacked(t),
		.shut = eg_tcp_is_shut(t),
	};
}

void eg_forget(struct passage *w, struct eg_flow *flow, enum eg_dnsstream_end how)
{
	if (eg_is_live_stream(w->p, flow))
		eg_dnsstream_end(w->p->streams, flow, how, w->now, w->p->injects);
	eg_report_end(w->p, flow);
	eg_flows_remove(w->p->flows, flow);
}

/* FLOW, if it is a connection to a resolver, ends as soon as both ends have closed it, and know it
 * of each other, or as the guest resets it: what leaves then is exact, wherever the guest's was. So
 * its place is free when the network says so. */
static void end_stream_at_once(const struct passage *w, struct eg_flow *flow)
{
	bool reset = w->dir == EG_FROM_GUEST && w->f.tcp.flags & EG_TCP_RST;

	if ((reset || flow->tcp.state == EG_TCP_TIME_WAIT) && eg_is_live_stream(w->p, flow))
		flow->tcp.state = EG_TCP_CLOSED;
}

/* The guest's, in a connection to a resolver. */
EG_APART enum eg_reason judge_stream(struct passage *w, struct eg_flow *flow)
{
	bool over = false;
	enum eg_reason r;

	if (w->f.tcp.flags & EG_TCP_SYN) {
		r = eg_judge_stream_syn(w);
		over = r != EG_R_NONE;
	} else {
		r = eg_judge_stream(w, flow, &over);
		if (r == EG_R_NONE)
			end_stream_at_once(w, flow);
	}
	if (over)
		eg_forget(w, flow, w->o->out ? EG_DNSSTREAM_RESET_SENT : EG_DNSSTREAM_FORGOTTEN);
	return r;
}

/* The network's w->f, FRAME, in such a connection: the guest reads it with its own numbers. */
EG_APART enum eg_reason judge_stream_of_network(struct passage *w, struct eg_flow *flow,
						uint8_t *frame)
{
	bool shifted;
	enum eg_reason r = eg_dnsstream_shift(w->p->streams, &flow->key, &w->f, &shifted);

	if (r == EG_R_NONE)
		r = eg_tcp_segment_of_network(&flow->tcp, &w->f);
	if (r)
		return r;
	if (shifted)
		eg_dnssplice_rewrite(&w->f, frame);
	eg_dnsstream_hear(w->p->streams, flow, &w->f, w->now, w->p->injects);
	end_stream_at_once(w, flow);
	return EG_R_NONE;
}

/* How a connection ended of which w->f was the last segment. */
static enum eg_dnsstream_end how_it_ended(const struct passage *w)
{
	if (!(w->f.tcp.flags & EG_TCP_RST))
		return EG_DNSSTREAM_CLOSED;
	return w->dir == EG_FROM_GUEST ? EG_DNSSTREAM_RESET_SENT : EG_DNSSTREAM_RESET_BY_NETWORK;
}

/* The guest reset FLOW, which it opened and which was not open yet. Slirp does not notice while it
 * connects, and keeps its socket (dnsplaces.c): so does FLOW its place, or the guest would have as
 * many sockets as it likes. */
static void keep_place(struct passage *w, struct eg_flow *flow)
{
	renew(w, flow, CONNECTING);
}

/* Whether w->f, a segment from DIR that passed, moves FLOW on, which was as BEFORE. */
EG_INLINED bool moves_on(const struct passage *w, const struct eg_flow *flow, enum eg_dir dir,
			 const struct was *before)
{
	const struct eg_tcp *t = &flow->tcp;

	if (t->state != before->state)
		return true;
	if (dir == EG_FROM_GUEST)
		return (t->side[EG_FROM_GUEST].ack != before->guest_ack || before->shut) &&
		       eg_tcp_gets_on(t, &w->f, before->guest_ack, before->shut);
	if (before->unacked || before->shut)
		return false;
	return t->state <= EG_TCP_ESTABLISHED || t->side[dir].end != before->end ||
	       t->side[dir].ack != before->ack;
}

/* The network asks a guest whose window is shut: from the first time on the guest has as long as to
 * acknowledge what was said, and no longer for being asked again. */
EG_APART void hurry(struct passage *w, struct eg_flow *flow)
{
	uint32_t ms = time_of(w, flow);

	if (flow->expires > w->now + ms)
		renew(w, flow, ms);
}

/* A closed flow ends where its opener begins another with the same ports: that is judged anew. The
 * other end may not know yet that the old one is over. */
EG_APART enum eg_reason open_tcp_again(struct passage *w, struct eg_flow *flow)
{
	if (!eg_is_live_stream(w->p, flow))
		eg_reset_other(w->p->injects, flow, w->dir);
	eg_forget(w, flow, EG_DNSSTREAM_CLOSED);
	return open_tcp(w);
}

/* Once for each direction, as half of what it does is for one of them. */
EG_INLINED enum eg_reason judge_tcp(struct passage *w, enum eg_dir dir, uint8_t *frame)
{
	struct eg_flow *flow = eg_flows_find(w->p->flows, &w->f, dir, w->now);
	struct was before;
	enum eg_reason r;

	if (!flow)
		return open_tcp(w);
	if (!fits(w, flow, dir))
		return EG_R_ETH_ADDRESS;
	if (w->f.tcp.flags & EG_TCP_SYN && eg_tcp_is_reused(&flow->tcp, dir, &w->f))
		return open_tcp_again(w, flow);
	before = was(&flow->tcp);
	if (dir == EG_FROM_NETWORK && w->f.sport == EG_DNS_PORT && flow->by_guest)
		r = judge_stream_of_network(w, flow, frame);
	else
		r = eg_tcp_segment(&flow->tcp, dir, &w->f);
	if (r == EG_R_NONE && flow->by_guest && eg_is_stream(w))
		r = judge_stream(w, flow);
	if (r)
		return r;
	if (dir == EG_FROM_GUEST && w->f.tcp.flags & EG_TCP_URG && !w->o->out) {
		w->o->out = w->p->plain;
		w->o->out_len = eg_urgent_to_plain(&w->f, w->p->plain);
	}
	add_frame(w, flow, dir);
	if (flow->tcp.state != EG_TCP_CLOSED) {
		if (moves_on(w, flow, dir, &before))
			renew(w, flow, time_of(w, flow));
		else if (dir == EG_FROM_NETWORK && before.shut)
			hurry(w, flow);
		return EG_R_NONE;
	}
	if (before.state == EG_TCP_SYN_SENT && flow->by_guest && dir == EG_FROM_GUEST &&
	    !eg_is_stream(w))
		keep_place(w, flow);
	else
		eg_forget(w, flow, how_it_ended(w));
	return EG_R_NONE;
}

enum eg_reason eg_judge_tcp_of_guest(struct passage *w)
{
	return judge_tcp(w, EG_FROM_GUEST, NULL);
}

enum eg_reason eg_judge_tcp_of_network(struct passage *w, uint8_t *frame)
{
	return judge_tcp(w, EG_FROM_NETWORK, frame);
}

bool eg_udp_port_is_taken(void *pipeline, const struct eg_addr *addr, uint16_t port)
{
	const struct eg_pipeline *p = pipeline;

	return eg_udpports_is_anybodys(p->ports, addr, port);
}

/* Whether w->f, which may open a flow, may do so with the guest's address and port that it has. */
static enum eg_reason may_use_port(struct passage *w)
{
	if (w->dir == EG_FROM_GUEST || !eg_udpports_is_guests(w->p->ports, &w->f.dst, w->f.dport))
		return EG_R_NONE;
	return eg_ruled(w, EG_R_UDP_PORT);
}

/* Note who opens a flow with the guest's address and port that w->f has. What only "mode monitor"
 * lets the guest open is nobody's. Returns whether there is room for what must be noted. */
static bool note_port(struct passage *w)
{
	const struct eg_frame *f = &w->f;

	if (w->dir == EG_FROM_GUEST)
		return w->would || eg_udpports_guest_opens(w->p->ports, &f->src, f->sport);
	eg_udpports_network_opened(w->p->ports, &f->dst, f->dport);
	return true;
}

static enum eg_reason open_udp(struct passage *w, struct eg_flow **flow)
{
	const struct eg_flow_key key = eg_flow_key(&w->f, w->dir);
	enum eg_reason r = may_open_udp(w);

	if (r == EG_R_NONE)
		r = may_use_port(w);
	if (r)
		return r;
	if (!eg_checksum_right(&w->f))
		return EG_R_CHECKSUM;
	*flow = eg_flows_insert(w->p->flows, &key, w->dir, w->now);
	if (!*flow)
		return EG_R_FLOWS_FULL;
	(*flow)->heard = (uint32_t)(w->now / 1000);
	(*flow)->stations = stations_of(w, w->dir);
	if (note_port(w))
		return EG_R_NONE;
	eg_flows_remove(w->p->flows, *flow);
	return EG_R_FLOWS_FULL;
}

/* A datagram that is neither DHCP nor DNS. The guest's own keep a flow alive for a
 * while, as streams need; then the network has to have said something again. */
enum eg_reason eg_judge_datagram(struct passage *w)
{
	struct eg_flow *flow = eg_flows_find(w->p->flows, &w->f, w->dir, w->now);
	bool new = !flow;
	enum eg_reason r = new ? open_udp(w, &flow) : EG_R_NONE;
	uint32_t ms = EG_UDP_TIMEOUT;
	uint64_t alone;

	if (r)
		return r;
	if (!new && w->dir == EG_FROM_GUEST && !eg_checksum_right(&w->f)) /* slirp drops it */
		return EG_R_CHECKSUM;
	if (!eg_stations_fit(w, flow))
		return EG_R_ETH_ADDRESS;
	if (w->dir == EG_FROM_NETWORK)
		flow->heard = (uint32_t)(w->now / 1000);
	add_frame(w, flow, w->dir);
	alone = (uint64_t)flow->heard * 1000 + EG_UDP_ALONE;
	if (!flow->by_guest) /* slirp's sockets for the guest's live for 4 minutes */
		ms = eg_flows_patience(w->p->flows, ms);
	renew(w, flow, alone < w->now + ms ? (uint32_t)(alone - w->now) : ms);
	if (new)
		report_start(w, flow);
	return EG_R_NONE;
}
