/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS over UDP on its way: queries of the guest's, answers of a resolver's, errors about queries.
 *
 * What leaves are queries of one form, built here from flags and question, with a port, an id and
 * letters of ours: one for each question, however many ask it (dnstrack.c). What comes back is
 * given to each of them, at its own station and address, with its own port, id and letters: to all
 * but the last by frames of our own. A query that may not leave gets its answer from settle in
 * pipeline.c.
 *
 * Errors. Slirp says by ICMP that a resolver cannot be reached: of a host without IPv6 resolvers,
 * or where nobody listens. Its error is about our query, and from the host's own resolver it even
 * comes from a loopback address. All that wait there are told SERVFAIL, which every client
 * understands at once: it goes on to its next server.
 */
#include "passage.h"

#include "checksum.h"

enum { ETH_DST = 0, IP4_DST = 16, IP6_DST = 24 };

/* Build Q as PLACE says, and headers of ours, into OUT, at most EG_REBUILT_MAX bytes: from the
 * place's station to that of MAC, to RESOLVER. Returns the frame's length. */
static size_t build_query(const struct eg_dns_query *q, const struct eg_dns_place *place,
			  const uint8_t mac[6], const struct eg_addr *resolver, uint8_t *out)
{
	const struct eg_ends ends = {
		.src_mac = place->mac, .dst_mac = mac, .src = *place->addr, .dst = *resolver
	};
	struct eg_writer to = eg_writer(out, EG_REBUILT_MAX);
	size_t head = EG_ETH_LEN + EG_UDP_LEN +
		      (eg_addr_is4(resolver) ? (size_t)EG_IP4_LEN : (size_t)EG_IP6_LEN);
	size_t len = eg_dns_build_query(q, out + head);

	eg_put16(out + head, place->id);
	eg_copy(out + head + EG_DNS_HEADER_LEN, place->name, q->name.len);
	eg_frame_begin(&to, &ends, EG_PROTO_UDP, EG_UDP_LEN + len);
	eg_give16(&to, place->from.port);
	eg_give16(&to, EG_DNS_PORT);
	eg_give16(&to, (uint16_t)(EG_UDP_LEN + len));
	eg_give16(&to, 0);
	eg_room(&to, len); /* it stands there */
	eg_checksum_fill(to.p, to.len);
	return to.len;
}

/* The query waits at PLACE, and leaves, LEN bytes, unless it joins another. */
static void ask(struct passage *w, const struct eg_dns_place *place, size_t len)
{
	bool joins = place->joins && !w->would;

	eg_dnstrack_ask(w->p->queries, &w->f, &w->query, w->now, place, !joins);
	if (joins)
		w->o->verdict = EG_JOIN;
	else
		eg_send_rebuilt(w, len);
	if (!w->would)
		eg_report_query(w, w->f.bytes, w->f.len);
}

/* The name's place among millions is asked for first, and looked at last: until it has come from
 * memory, all that is done for most queries is done. */
enum eg_reason eg_judge_query(struct passage *w)
{
	struct eg_dns_place place;
	struct eg_suffixes s;
	enum eg_reason r, busy;
	size_t len = 0;

	eg_dnstrack_expect(w->p->queries);
	r = eg_dns_parse_query(&w->query, w->f.payload);
	eg_policy_expect(w->p->policy, &w->query.name, &s);
	if (!eg_checksum_right(&w->f)) {
		w->query.name.len = 0; /* nothing was read */
		return EG_R_CHECKSUM;
	}
	if (r)
		return r;
	if (eg_addr_kind(&w->f.src) != EG_ADDR_STATION) /* no answer gets there */
		return EG_R_IP_ADDRESS;
	busy = eg_dnstrack_plan(w->p->queries, &w->f, &w->query, w->now, &place);
	if (!busy)
		len = build_query(&w->query, &place, eg_eth_dst(&w->f), &w->f.dst, w->o->rebuilt);
	r = eg_ruled(w, eg_judge_question(w, &w->query, &s, busy || !place.joins));
	if (r || busy)
		return r ? r : busy;
	ask(w, &place, len);
	return EG_R_NONE;
}

/* Make FRAME, N bytes, an answer to C. */
static void readdress(uint8_t *frame, const struct eg_frame *f, const struct eg_dns_client *c)
{
	uint8_t *ip = frame + EG_ETH_LEN, *udp = frame + f->l4_off, *dns = udp + EG_UDP_LEN;

	memcpy(frame + ETH_DST, c->mac, sizeof(c->mac));
	if (eg_addr_is4(&c->addr))
		memcpy(ip + IP4_DST, c->addr.b + EG_ADDR_IP4, 4);
	else
		memcpy(ip + IP6_DST, c->addr.b, 16);
	eg_put16(udp + 2, c->port);
	eg_put16(dns, c->query.id);
	eg_copy(dns + EG_DNS_HEADER_LEN, c->query.raw, c->query.name.len);
	eg_checksum_fill(frame, f->len);
}

/* Give the answer FRAME, w->f's bytes, to all that wait for question I. The last one's is left in
 * FRAME. What has no room is lost, as any datagram may be, and asked for again. */
static void give_out(struct passage *w, uint8_t *frame, size_t i)
{
	struct eg_dns_client c;
	bool first = true;

	while (eg_dnstrack_take_client(w->p->queries, i, &c)) {
		if (!first)
			(void)eg_inject(w->p->injects, EG_FROM_NETWORK, frame, w->f.len);
		readdress(frame, &w->f, &c);
		first = false;
	}
}

/* Build for C into OUT that its resolver failed. Returns the frame's length. */
static size_t build_failure(const struct passage *w, const struct eg_dns_client *c,
			    uint8_t out[EG_REPLY_MAX])
{
	uint8_t msg[EG_DNS_REPLY_MAX];
	size_t len = eg_dns_build_reply(&c->query, EG_RCODE_SERVFAIL, 0, msg);
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(&w->f), .dst_mac = c->mac, .src = c->resolver, .dst = c->addr
	};
	struct eg_writer to = eg_writer(out, EG_REPLY_MAX);

	eg_frame_begin(&to, &ends, EG_PROTO_UDP, EG_UDP_LEN + len);
	eg_give16(&to, EG_DNS_PORT);
	eg_give16(&to, c->port);
	eg_give16(&to, (uint16_t)(EG_UDP_LEN + len));
	eg_give16(&to, 0);
	eg_give(&to, msg, len);
	eg_checksum_fill(to.p, to.len);
	return to.len;
}

/* Tell all that wait for question I that their resolver failed. In w->o->rebuilt stand *LEN bytes
 * for one of others before, and in the end those for the last one. */
static void fail(struct passage *w, size_t i, size_t *len)
{
	struct eg_dns_client c;

	while (eg_dnstrack_take_client(w->p->queries, i, &c)) {
		if (*len)
			(void)eg_inject(w->p->injects, EG_FROM_NETWORK, w->o->rebuilt, *len);
		*len = build_failure(w, &c, w->o->rebuilt);
		w->p->counters.replies++;
	}
}

/* Ask question I, to which an answer came in letters that are not ours, once more. */
static void ask_anew(struct passage *w, size_t i)
{
	struct eg_dns_query q;
	struct eg_dns_place place;
	size_t len;

	if (!eg_inject_has_room(w->p->injects, EG_FROM_GUEST, EG_REBUILT_MAX))
		return;
	eg_dnstrack_anew(w->p->queries, i, w->now, &q, &place);
	len = build_query(&q, &place, eg_eth_src(&w->f), &w->f.src, w->o->rebuilt);
	(void)eg_inject(w->p->injects, EG_FROM_GUEST, w->o->rebuilt, len);
}

/* Somebody guesses: what had too many misfits takes no answer any more. */
static void give_up(struct passage *w)
{
	size_t i, len = 0;

	while ((i = eg_dnstrack_given_up(w->p->queries, w->now)) != EG_DNSTRACK_NONE)
		fail(w, i, &len);
	if (len)
		(void)eg_inject(w->p->injects, EG_FROM_NETWORK, w->o->rebuilt, len);
}

enum eg_reason eg_judge_answer(struct passage *w, uint8_t *frame)
{
	struct eg_dns_answer a;
	bool read;
	size_t i;

	if (!eg_checksum_right(&w->f))
		return EG_R_CHECKSUM;
	read = eg_dns_parse_answer(&a, w->f.payload) == EG_R_NONE;
	switch (eg_dnstrack_answer(w->p->queries, &w->f, read ? &a : NULL, w->now, &i)) {
	case EG_DNS_FITS:
		give_out(w, frame, i);
		return EG_R_NONE;
	case EG_DNS_FOLDED:
		ask_anew(w, i);
		return EG_R_DNS_ANSWER;
	default:
		give_up(w);
		return EG_R_DNS_ANSWER;
	}
}

bool eg_judge_query_error(struct passage *w, const struct eg_quote *q)
{
	size_t i, len = 0;

	if (w->dir == EG_FROM_GUEST || q->proto != EG_PROTO_UDP || q->dport != EG_DNS_PORT)
		return false;
	while ((i = eg_dnstrack_waits_for(w->p->queries, &q->src, q->sport, &q->dst, w->now)) !=
	       EG_DNSTRACK_NONE)
		fail(w, i, &len);
	if (len)
		eg_send_rebuilt(w, len);
	return len > 0;
}
