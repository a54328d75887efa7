/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The places of the connections over which a guest asks resolvers.
 *
 * Purpose. Slirp has a socket of the host program's for each, and a program may have only so
 * many. So there is a place for each, and it is free only when the network has
 * forgotten the connection, too, whatever the guest did: were places free before, a guest could
 * open connections until no forward of the host's works.
 *
 * How it is known. A connection that is over is ending. The network is told by a reset, at the
 * number that it expects, and then asked by an acknowledgement: who still has the connection says
 * nothing, or acknowledges, and who has not resets (RFC 9293 3.10.7.1). With that reset the place
 * is free. One of the two is said each second, as either may be lost.
 *
 * Slirp drops all that comes while it connects to the resolver, resets too. Its timer of 75 s ends
 * that; it counts pauses of half a second that a guest can stretch to a whole one by sending
 * frames. So it may take 150 s; then it resets, too. A network that says nothing, ever, is taken
 * to have forgotten after EG_DNSPLACES_GONE.
 *
 * Limits. EG_DNSPLACES_MAX places, ending ones included.
 */
#include "dnsplaces.h"

#include "checksum.h"

struct eg_dnsplace *eg_dnsplaces_find(struct eg_dnsplaces *t, const struct eg_flow_key *key)
{
	for (size_t i = 0; i < EG_DNSPLACES_MAX; i++) {
		struct eg_dnsplace *p = &t->at[i];

		if (p->state != EG_DNSPLACE_FREE && !memcmp(&p->path.key, key, sizeof(*key)))
			return p;
	}
	return NULL;
}

struct eg_dnsplace *eg_dnsplaces_take(struct eg_dnsplaces *t, const struct eg_dnspath *path)
{
	for (size_t i = 0; i < EG_DNSPLACES_MAX; i++) {
		if (t->at[i].state != EG_DNSPLACE_FREE)
			continue;
		t->at[i] = (struct eg_dnsplace){ .path = *path, .state = EG_DNSPLACE_TAKEN };
		return &t->at[i];
	}
	return NULL;
}

void eg_dnsplace_free(struct eg_dnsplace *p)
{
	p->state = EG_DNSPLACE_FREE;
}

/* Tell or ask the network, by what is not forbidden to be a guest's segment. */
static void say(const struct eg_dnsplace *p, bool reset, struct eg_injects *b)
{
	const struct eg_dnssegment s = {
		.seq = p->seq,
		.ack = p->ack,
		.window = reset ? 0 : UINT16_MAX,
		.flags = (uint8_t)((reset ? EG_TCP_RST : 0) | (p->acks ? EG_TCP_ACK : 0)),
	};
	uint8_t frame[EG_DNSSEGMENT_MAX];

	eg_inject(b, EG_FROM_GUEST, frame, eg_dnssegment_build(&s, &p->path, EG_FROM_GUEST, frame));
}

/* Say what is next at NOW. Without an acknowledgement there is nothing to ask by: resets do. */
static void go_on(struct eg_dnsplace *p, uint64_t now, struct eg_injects *b)
{
	bool first = p->due == 0;

	say(p, p->reset || !p->acks, b);
	p->due = now + (first && p->reset && p->acks ? (uint64_t)EG_DNSPLACES_QUESTION
						     : (uint64_t)EG_DNSPLACES_AGAIN);
	p->reset = !p->reset;
}

void eg_dnsplace_end(struct eg_dnsplace *p, enum eg_dnsplace_end how, uint32_t seq, uint32_t ack,
		     bool acks, uint64_t now, struct eg_injects *b)
{
	p->state = EG_DNSPLACE_ENDING;
	p->until = now + EG_DNSPLACES_GONE;
	p->seq = seq;
	p->ack = acks ? ack : 0;
	p->acks = acks;
	p->reset = how == EG_DNSPLACE_UNTOLD;
	p->due = 0;
	if (how == EG_DNSPLACE_TOLD)
		p->due = now + EG_DNSPLACES_QUESTION;
	else
		go_on(p, now, b);
}

/* RFC 9293 3.5.3: a reset at the number that F says its sender expects. */
bool eg_dnsplaces_hear(struct eg_dnsplaces *t, const struct eg_frame *f, struct eg_injects *b)
{
	const struct eg_flow_key key = eg_flow_key(f, EG_FROM_NETWORK);
	struct eg_dnsplace *p = eg_dnsplaces_find(t, &key);

	if (!p || p->state != EG_DNSPLACE_ENDING || !eg_checksum_right(f))
		return false;
	if (f->tcp.flags & EG_TCP_RST) {
		eg_dnsplace_free(p);
		return true;
	}
	if (f->tcp.flags & EG_TCP_ACK) {
		p->seq = f->tcp.ack;
		p->ack = f->tcp.seq + (uint32_t)f->payload.n + !!(f->tcp.flags & EG_TCP_SYN) +
			 !!(f->tcp.flags & EG_TCP_FIN);
		p->acks = true;
		say(p, true, b);
		p->reset = false;
	}
	return false;
}

void eg_dnsplaces_tick(struct eg_dnsplaces *t, uint64_t now, struct eg_injects *b)
{
	for (size_t i = 0; i < EG_DNSPLACES_MAX; i++) {
		struct eg_dnsplace *p = &t->at[i];

		if (p->state != EG_DNSPLACE_ENDING)
			continue;
		if (p->until <= now)
			eg_dnsplace_free(p);
		else if (p->due <= now)
			go_on(p, now, b);
	}
}

uint64_t eg_dnsplaces_due(const struct eg_dnsplaces *t)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < EG_DNSPLACES_MAX; i++)
		if (t->at[i].state == EG_DNSPLACE_ENDING && t->at[i].due < due)
			due = t->at[i].due;
	return due;
}
