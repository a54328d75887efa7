/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may be asked of a resolver; and DNS over TCP on its way. See judge_query.c for UDP.
 */
#include "passage.h"

#include "checksum.h"

void eg_report_query(struct passage *w, const uint8_t *frame, size_t n)
{
	const struct eg_report r = {
		.kind = EG_REPORT_QUERY, .dir = w->dir, .frame = frame, .len = n
	};

	if (w->p->report)
		w->p->report(w->p->ctx, &r);
}

/* Query Q passes, over TCP, where it need not stand in one segment: it is put into one. */
static void report_stream_query(struct passage *w, const struct eg_dns_query *q)
{
	uint8_t frame[EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN + 2 + EG_DNS_QUERY_MAX];
	uint8_t msg[EG_DNS_QUERY_MAX];
	size_t len = eg_dns_build_query(q, msg);
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(&w->f),
		.dst_mac = eg_eth_dst(&w->f),
		.src = w->f.src,
		.dst = w->f.dst,
	};
	struct eg_writer out = eg_writer(frame, sizeof(frame));
	size_t l4;

	if (!w->p->report)
		return;
	eg_frame_begin(&out, &ends, EG_PROTO_TCP, EG_TCP_LEN + 2 + len);
	l4 = out.len;
	eg_give(&out, w->f.bytes + w->f.l4_off, EG_TCP_LEN);
	frame[l4 + 12] = EG_TCP_LEN / 4 << 4;
	eg_give16(&out, (uint16_t)len);
	eg_give(&out, msg, len);
	eg_checksum_fill(frame, out.len);
	eg_report_query(w, frame, out.len);
}

enum eg_reason eg_judge_question(struct passage *w, const struct eg_dns_query *q,
				 const struct eg_suffixes *s, bool leaves)
{
	const struct eg_policy *policy = w->p->policy;
	size_t below;
	enum eg_reason r = eg_policy_resolve(policy, &q->name, s, &below);

	if (r)
		return r;
	if (!eg_policy_has_dns_type(policy, q->type))
		return EG_R_DNS_TYPE;
	return !leaves ? EG_R_NONE : eg_dnslimit_charge(w->p->limit, &q->name, below, w->now);
}

static enum eg_reason judge_stream_question(void *passage, const struct eg_dns_query *q)
{
	struct passage *w = passage;
	struct eg_suffixes s;
	enum eg_reason r;

	eg_policy_expect(w->p->policy, &q->name, &s);
	r = eg_ruled(w, eg_judge_question(w, q, &s, true));
	if (r == EG_R_NONE && !w->would)
		report_stream_query(w, q);
	return r;
}

/* Whether F is the guest's, in a connection over which it asks a resolver. */
bool eg_is_stream(const struct passage *w)
{
	return w->dir == EG_FROM_GUEST && w->f.dport == EG_DNS_PORT &&
	       eg_policy_is_resolver(w->p->policy, &w->f.dst) &&
	       (eg_nameset_count(w->p->policy->resolve) > 0 || w->p->policy->mode == EG_MONITOR);
}

/* Pass the guest's SYN to a resolver, built anew. */
enum eg_reason eg_judge_stream_syn(struct passage *w)
{
	size_t len = 0;
	enum eg_reason r = eg_dnsstream_begin(w->p->streams, &w->f, w->now, w->o->rebuilt, &len);

	if (r == EG_R_NONE)
		eg_send_rebuilt(w, len);
	return r;
}

static int answer_stream_question(void *passage, const struct eg_dns_query *q, enum eg_reason r,
				  uint8_t out[EG_DNS_REPLY_MAX])
{
	return eg_answer_message(passage, q, r, out);
}

/* What leaves are whole queries that may. Another is answered, and the connection goes on; what is
 * no query ends it, at both ends. */
enum eg_reason eg_judge_stream(struct passage *w, struct eg_flow *flow, bool *over)
{
	const struct eg_dnsstream_judge judge = {
		.may_leave = judge_stream_question,
		.answer = answer_stream_question,
		.ctx = w,
	};
	struct eg_dnsstream_taken x;
	enum eg_reason r;

	x.out = w->o->rebuilt;
	x.told = w->o->reply;
	w->told = EG_ANSWER_NONE;
	r = eg_dnsstream_take(w->p->streams, flow, &w->f, w->now, &judge, &x);
	if (x.out_len > 0)
		eg_send_rebuilt(w, x.out_len);
	*over = r != EG_R_NONE && r != EG_R_CHECKSUM && r != EG_R_TCP_FLAGS;
	if (r)
		return r;
	w->in_stream = x.refused != EG_R_NONE;
	if (w->in_stream)
		w->o->reply_len = x.told_len;
	else if (x.told_len > 0) /* of a query that came before, and waited */
		eg_inject(w->p->injects, EG_FROM_NETWORK, w->o->reply, x.told_len);
	return x.refused;
}

void eg_tick_streams(struct passage *w)
{
	struct eg_pipeline *p = w->p;
	const struct eg_flow_key *key;
	struct eg_flow *flow;

	while ((key = eg_dnsstreams_over(p->streams, w->now))) {
		const struct eg_flow over = { .key = *key };

		flow = eg_flows_find_key(p->flows, &over.key, w->now);
		if (flow)
			eg_forget(w, flow, EG_DNSSTREAM_FORGOTTEN);
		else
			eg_dnsstream_end(p->streams, &over, EG_DNSSTREAM_FORGOTTEN, w->now,
					 p->injects);
	}
	eg_dnsstreams_tick(p->streams, w->now, p->injects);
}
