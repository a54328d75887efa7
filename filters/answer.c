/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest is told about a frame of its that is blocked, under "action reject".
 *
 * Limits. REPLY_BURST answers at once, REPLY_RATE a second: a flood is met with silence.
 */
#include "passage.h"

enum {
	REPLY_BURST = 1000, /* answers that may follow each other at once */
	REPLY_RATE = 1000,  /* answers a second after that */
	EDE_BLOCKED = 15,   /* RFC 8914 4.16 */
};

/* By reason; one without a row is met with silence. Segments that a live connection does not
 * allow get none: a reset would end it. Over TCP any answer is a reset, but those of DNS in a
 * connection to a resolver. */
static const uint8_t answers[EG_REASON_COUNT] = {
	[EG_R_TCP_NEW] = EG_ANSWER_RST,
	[EG_R_TCP_NO_FLOW] = EG_ANSWER_RST,
	[EG_R_UDP_NEW] = EG_ANSWER_PROHIBITED,
	[EG_R_TARGET_BLOCK] = EG_ANSWER_PROHIBITED,
	[EG_R_DNS_SERVER] = EG_ANSWER_PROHIBITED,
	[EG_R_ICMP] = EG_ANSWER_PROHIBITED,
	[EG_R_IP_PROTOCOL] = EG_ANSWER_PROHIBITED,
	[EG_R_DNS_NAME] = EG_ANSWER_NXDOMAIN,
	[EG_R_DNS_BLOCK] = EG_ANSWER_NXDOMAIN,
	[EG_R_DNS_TYPE] = EG_ANSWER_NOERROR,
	[EG_R_DNS_LIMIT] = EG_ANSWER_SERVFAIL,
	[EG_R_DNS_BUSY] = EG_ANSWER_SERVFAIL,
};

/* Answers given lately are counted in thousandths, and forgotten at an even rate. */
static bool may_reply(struct eg_pipeline *p, uint64_t now)
{
	uint64_t ms = now - p->replies_at;
	uint64_t forgotten = ms > 1000 ? REPLY_BURST * 1000 : ms * REPLY_RATE;

	p->replies_at = now;
	p->replies_lately -= forgotten < p->replies_lately ? forgotten : p->replies_lately;
	if (p->replies_lately + 1000 > REPLY_BURST * 1000) {
		p->counters.replies_limited++;
		return false;
	}
	p->replies_lately += 1000;
	return true;
}

/* To be busy is no verdict of the policy's, and a fault is the client's. */
static int ede_of(enum eg_reason r)
{
	return r == EG_R_DNS_BUSY || r == EG_R_DNS_MALFORMED ? 0 : EDE_BLOCKED;
}

static size_t answer_dns(struct passage *w, enum eg_rcode rcode, int ede)
{
	uint8_t msg[EG_DNS_REPLY_MAX];

	return eg_reply_dns(&w->f, msg, eg_dns_build_reply(&w->query, rcode, ede, msg),
			    w->o->reply);
}

/* RCODEs by the answers that they are. */
static const enum eg_rcode rcodes[EG_ANSWERS] = {
	[EG_ANSWER_NXDOMAIN] = EG_RCODE_NXDOMAIN, [EG_ANSWER_NOERROR] = EG_RCODE_NOERROR,
	[EG_ANSWER_SERVFAIL] = EG_RCODE_SERVFAIL, [EG_ANSWER_FORMERR] = EG_RCODE_FORMERR,
	[EG_ANSWER_NOTIMP] = EG_RCODE_NOTIMP,     [EG_ANSWER_REFUSED] = EG_RCODE_REFUSED,
	[EG_ANSWER_BADVERS] = EG_RCODE_BADVERS,
};

/* What a server says of a query that is malformed; ICMP where there is nothing that it can say. */
static enum eg_answer answer_to_fault(enum eg_rcode fault)
{
	switch (fault) {
	case EG_RCODE_FORMERR:
		return EG_ANSWER_FORMERR;
	case EG_RCODE_NOTIMP:
		return EG_ANSWER_NOTIMP;
	case EG_RCODE_REFUSED:
		return EG_ANSWER_REFUSED;
	case EG_RCODE_BADVERS:
		return EG_ANSWER_BADVERS;
	default:
		return EG_ANSWER_PROHIBITED;
	}
}

/* The answer to what is blocked for R; Q is the query that it was, where it was one. */
static enum eg_answer answer_to(const struct eg_dns_query *q, enum eg_reason r)
{
	if (r == EG_R_DNS_MALFORMED)
		return answer_to_fault(q->fault);
	/* No records would say that the name has none of any type (RFC 8482 4). */
	if (r == EG_R_DNS_TYPE && eg_dns_type_is_meta(q->type))
		return EG_ANSWER_REFUSED;
	return answers[r];
}

static bool is_of_dns(enum eg_answer answer)
{
	return answer != EG_ANSWER_NONE && answer != EG_ANSWER_RST && answer != EG_ANSWER_PROHIBITED;
}

static size_t build(struct passage *w, enum eg_answer answer, int ede)
{
	switch (answer) {
	case EG_ANSWER_RST:
		return eg_reply_reset(&w->f, w->o->reply);
	case EG_ANSWER_PROHIBITED:
		return eg_reply_prohibited(&w->f, w->o->reply);
	case EG_ANSWER_NONE:
		return 0;
	default:
		return answer_dns(w, rcodes[answer], ede);
	}
}

int eg_answer_message(struct passage *w, const struct eg_dns_query *q, enum eg_reason r,
		      uint8_t out[EG_DNS_REPLY_MAX])
{
	enum eg_answer answer = answer_to(q, r);

	if (r == EG_R_DNS_MALFORMED || !is_of_dns(answer))
		return -1;
	if (w->p->policy->action != EG_REJECT || !may_reply(w->p, w->now))
		return 0;
	w->p->counters.replies++;
	w->told = answer;
	return (int)eg_dns_build_reply(q, rcodes[answer], ede_of(r), out);
}

/* A SYN to a resolver for which there is no place now is said again, when there may be one: a reset
 * would have its sender take the resolver for dead. */
enum eg_answer eg_answer(struct passage *w, enum eg_reason r)
{
	enum eg_answer answer = answer_to(&w->query, r);

	if (w->f.proto == EG_PROTO_TCP)
		answer = answer && r != EG_R_DNS_BUSY ? EG_ANSWER_RST : EG_ANSWER_NONE;
	w->o->reply_len = build(w, answer, ede_of(r));
	if (w->o->reply_len && !may_reply(w->p, w->now))
		w->o->reply_len = 0;
	if (!w->o->reply_len)
		return EG_ANSWER_NONE;
	w->p->counters.replies++;
	return answer;
}
