/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists by number: what is in stock is a list, too. */
#include "dnswait.h"

#include <assert.h>

static_assert(sizeof(struct eg_dnswait) == 64, "a cache line");

void eg_dnswaits_fill(struct eg_dnswaits *t)
{
	for (uint16_t i = EG_DNSWAIT_QUESTIONS; i < EG_DNSWAIT_QUESTIONS + EG_DNSWAIT_MORE; i++) {
		t->of[i].next = t->stock;
		t->stock = i;
	}
}

static void set(struct eg_dnswait *c, const struct eg_frame *f, const struct eg_dns_query *q)
{
	c->addr = f->src;
	memcpy(c->mac, eg_eth_src(f), sizeof(c->mac));
	c->port = f->sport;
	c->id = q->id;
	eg_dnscase_keep(&c->letters, &q->name, q->raw);
}

void eg_dnswaits_begin(struct eg_dnswaits *t, size_t i, const struct eg_frame *f,
		       const struct eg_dns_query *q)
{
	eg_dnswaits_drop(t, i);
	set(&t->of[i], f, q);
}

void eg_dnswaits_add(struct eg_dnswaits *t, size_t i, const struct eg_frame *f,
		     const struct eg_dns_query *q)
{
	uint16_t at = t->stock;
	struct eg_dnswait *c = &t->of[at];

	t->stock = c->next;
	c->next = t->of[i].next;
	t->of[i].next = at;
	t->more[i]++;
	set(c, f, q);
}

bool eg_dnswaits_has_room(const struct eg_dnswaits *t, size_t i)
{
	return t->stock && t->more[i] < EG_DNSWAIT_SAME;
}

bool eg_dnswaits_knows(const struct eg_dnswaits *t, size_t i, const struct eg_frame *f, uint16_t id)
{
	size_t at = i;

	do {
		const struct eg_dnswait *c = &t->of[at];

		if (c->id == id && c->port == f->sport && eg_addr_equal(&c->addr, &f->src))
			return true;
		at = c->next;
	} while (at);
	return false;
}

void eg_dnswaits_drop(struct eg_dnswaits *t, size_t i)
{
	while (t->more[i])
		eg_dnswaits_take(t, i);
}

size_t eg_dnswaits_take(struct eg_dnswaits *t, size_t i)
{
	uint16_t at = t->of[i].next;

	if (!at)
		return i;
	t->of[i].next = t->of[at].next;
	t->of[at].next = t->stock;
	t->stock = at;
	t->more[i]--;
	return at;
}
