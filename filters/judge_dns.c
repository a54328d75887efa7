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

/* What the judge of queries over TCP works on. */
struct asking {
	struct passage *w;
	const struct eg_dnsstream_taken *x;
};

/* Build into FRAME, of SIZE bytes, a segment of w->f's connection with the N bytes at P, the first
 * of them number SEQ, and their length in front where PREFIXED. Returns its length. */
static size_t build_segment(const struct passage *w, uint32_t seq, struct eg_span p, bool prefixed,
			    uint8_t *frame, size_t size)
{
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(&w->f),
		.dst_mac = eg_eth_dst(&w->f),
		.src = w->f.src,
		.dst = w->f.dst,
	};
	struct eg_writer out = eg_writer(frame, size);
	size_t l4;

	eg_frame_begin(&out, &ends, EG_PROTO_TCP,
		       EG_TCP_LEN + (prefixed ? (size_t)EG_DNSBYTES_LENGTH : 0) + p.n);
	l4 = out.len;
	eg_give(&out, w->f.bytes + w->f.l4_off, EG_TCP_LEN);
	eg_put32(frame + l4 + 4, seq);
	frame[l4 + 12] = EG_TCP_LEN / 4 << 4;
	if (prefixed)
		eg_give16(&out, (uint16_t)p.n);
	eg_give(&out, p.p, p.n);
	eg_checksum_fill(frame, out.len);
	return out.len;
}

/* Query Q passes, over TCP, where it need not stand in one segment: it is put into one. */
static void report_stream_query(const struct asking *a, const struct eg_dns_query *q)
{
	uint8_t frame[EG_ETH_LEN + EG_IP6_LEN + EG_TCP_LEN + 2 + EG_DNS_QUERY_MAX];
	uint8_t msg[EG_DNS_QUERY_MAX];
	const struct eg_span p = { msg, eg_dns_build_query(q, msg) };

	if (a->w->p->report)
		eg_report_query(
			a->w, frame,
			build_segment(a->w, a->x->message.seq, p, true, frame, sizeof(frame)));
}

/* A message is blocked for R, over TCP, or would be: it is told of when it is known whether it is
 * the last one of its segment; with all its bytes as they came, of which w->f may have the last, or
 * others, too. */
static void note_asked(const struct asking *a, enum eg_reason r, bool passed)
{
	const struct eg_dnsmessage *m = &a->x->message;
	const struct eg_frame *f = &a->w->f;
	struct eg_asked *q = &a->w->p->asked;
	bool alone = m->seq == f->tcp.seq && m->bytes.n == f->payload.n;

	eg_block_asked(a->w);
	a->w->told = EG_ANSWER_NONE;
	q->reason = r;
	q->passed = passed;
	q->len = alone ? 0
		       : build_segment(a->w, m->seq, m->bytes, false, q->frame, sizeof(q->frame));
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

static enum eg_reason judge_stream_question(void *asking, const struct eg_dns_query *q)
{
	const struct asking *a = asking;
	struct passage *w = a->w;
	struct eg_suffixes s;
	enum eg_reason r;

	eg_policy_expect(w->p->policy, &q->name, &s);
	r = eg_judge_question(w, q, &s, true);
	if (r)
		note_asked(a, r, w->p->policy->mode == EG_MONITOR);
	else
		report_stream_query(a, q);
	return eg_ruled(w, r);
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

static int answer_stream_question(void *asking, const struct eg_dns_query *q, enum eg_reason r,
				  uint8_t out[EG_DNS_REPLY_MAX])
{
	const struct asking *a = asking;

	return eg_answer_message(a->w, q, r, out);
}

/* The connection is reset for R. What was refused before in the same segment is not answered. */
static void note_fault(const struct asking *a, enum eg_reason r)
{
	a->w->told = EG_ANSWER_NONE;
	eg_block_asked(a->w);
	if (a->x->message.bytes.n > 0)
		note_asked(a, r, false);
}

/* What leaves are whole queries that may. Another is answered, and the connection goes on; what is
 * no query ends it, at both ends. */
enum eg_reason eg_judge_stream(struct passage *w, struct eg_flow *flow, bool *over)
{
	struct eg_dnsstream_taken x;
	struct asking asking = { .w = w, .x = &x };
	const struct eg_dnsstream_judge judge = {
		.may_leave = judge_stream_question,
		.answer = answer_stream_question,
		.ctx = &asking,
	};
	enum eg_reason r;

	x.out = w->o->rebuilt;
	x.told = w->o->reply;
	w->told = EG_ANSWER_NONE;
	r = eg_dnsstream_take(w->p->streams, flow, &w->f, w->now, &judge, &x);
	if (x.out_len > 0)
		eg_send_rebuilt(w, x.out_len);
	*over = r != EG_R_NONE && r != EG_R_CHECKSUM && r != EG_R_TCP_FLAGS;
	if (r) {
		note_fault(&asking, r);
		return r;
	}
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
