/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection, as far as what was said in it tells: replayed from its SYN each time. */
#include "model_fact.h"

/* One end of a connection: the end of what it sent, of what it may send, what it has
 * acknowledged, its widest window. */
struct side {
	uint32_t end, may, ack, widest;
	int scale; /* -1: none */
	bool fin;
};

struct talk {
	struct side s[2]; /* opener, answerer */
	uint32_t iss;     /* the opener's */
	bool answered, opened, over;
	/* The guest's, to a resolver: of what it says less leaves, and resets are made exact. So
	 * the numbers that the network may answer with are not seen here. */
	bool stream;
	uint64_t last;
};

static uint32_t later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0 ? a : b;
}

static int scale_of(const struct fact *f)
{
	for (const uint8_t *p = f->l4 + 20; p < f->data && *p; p += *p == 1 ? 1 : p[1])
		if (*p == 3)
			return p[2] < 14 ? p[2] : 14;
	return -1;
}

static struct side side_of_syn(const struct fact *f)
{
	uint32_t window = get16(f->l4 + 14);

	return (struct side){ .end = get32(f->l4 + 4) + 1 + (uint32_t)f->n,
			      .widest = window ? window : 1,
			      .scale = scale_of(f) };
}

/* The answerer's SYN+ACK F, the first. */
static void hear_answer(struct talk *t, const struct fact *f)
{
	struct side *o = &t->s[0], *a = &t->s[1];

	*a = side_of_syn(f);
	if (a->scale < 0 || o->scale < 0)
		a->scale = o->scale = 0;
	o->may = o->end + a->widest;
	a->may = a->end + o->widest;
	o->ack = a->end;
	a->ack = o->end;
	t->answered = true;
}

/* What F, which passed, changes. */
static void hear(struct talk *t, const struct fact *f, bool answerer)
{
	struct side *s = &t->s[answerer], *r = &t->s[!answerer];
	uint32_t seq = get32(f->l4 + 4), ack = get32(f->l4 + 8);
	uint32_t window = get16(f->l4 + 14);
	uint8_t flags = f->l4[13];

	t->last = f->time;
	if (flags & RST) {
		t->over |= !(t->stream && f->guest) && (!t->answered || seq == r->ack);
	} else if (flags & SYN) {
		if (answerer && !t->answered)
			hear_answer(t, f);
	} else if (t->answered) {
		window <<= s->scale;
		t->opened |= !answerer;
		s->end = later(s->end, seq + (uint32_t)f->n + (flags & FIN));
		s->fin |= flags & FIN;
		s->ack = later(s->ack, ack);
		s->widest = window > s->widest ? window : s->widest;
		r->may = later(r->may, ack + (window ? window : 1));
	}
}

/* Whether segment F may be said in T. */
static bool segment_fits(const struct talk *t, const struct fact *f, bool answerer)
{
	const struct side *s = &t->s[answerer], *r = &t->s[!answerer];
	uint32_t seq = get32(f->l4 + 4), ack = get32(f->l4 + 8);
	uint8_t flags = f->l4[13];
	uint32_t end = seq + (uint32_t)f->n + (flags & FIN);
	uint32_t may = s->fin ? s->end : s->may + (flags & FIN);

	/* The network's last word about a stream, which nobody has asked it for but the filter. */
	if (t->stream && !f->guest && flags & RST)
		return true;
	if (t->over || f->time >= t->last + 24 * (uint64_t)HOUR)
		return false;
	if (flags & SYN)
		return answerer && flags & ACK && f->n == 0 &&
		       ack - t->iss - 1 <= t->s[0].end - t->iss - 1;
	if (!t->answered)
		return flags & RST && (!answerer || (flags & ACK && ack == t->s[0].end));
	if (t->stream && (!f->guest || flags & RST))
		return true;
	if (flags & RST)
		return seq == r->ack || (seq - r->ack <= s->may - r->ack);
	return flags & ACK && (t->opened || !answerer) && (int32_t)(may - end) >= 0 &&
	       (int32_t)(seq - (s->end - r->widest - 1)) >= 0 && (int32_t)(r->end - ack) >= 0;
}

/* Whether F fits what was said since the SYN number AT. */
bool model_fits_since(const struct model *m, size_t at, const struct fact *f)
{
	const struct fact *syn = &m->facts[at];
	struct talk t = { .s[0] = side_of_syn(syn),
			  .iss = get32(syn->l4 + 4),
			  .stream = syn->guest,
			  .last = syn->time };

	for (size_t i = at + 1; i < m->count; i++)
		if (same_flow(&m->facts[i], f))
			hear(&t, &m->facts[i], m->facts[i].guest != syn->guest);
	return segment_fits(&t, f, f->guest != syn->guest);
}
