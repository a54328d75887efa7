/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hold of fragments.
 *
 * Purpose: no fragment says enough to be judged. So each is held until its datagram
 * is whole; that is judged as if it had come in one frame, and then all parts pass,
 * as they came, or none does. Whoever receives them can put them together in one
 * way only, the one that was judged: parts neither overlap nor repeat, one of them
 * is the last, and the caller sends all in one go, so that nothing of another datagram
 * with the same identification comes between. (Where the network loses one of
 * them, the rest may be mixed with a later datagram, as anybody's may: RFC 4963. Both
 * have then passed; a payload that must never be mixed is not to pass in parts.)
 *
 * Terms
 *   part       one fragment: its payload lies at an offset in the datagram
 *   end        length of the datagram's payload, told by its last part
 *   slot       room for one datagram and its parts; held says whether it is in use
 *   tombstone  the key of a datagram that was refused
 *
 * Life-cycle: the first part that comes, whichever it is, takes a slot. Each further
 * one is added, or completes the datagram, or makes it refused; when neither happens
 * in time it expires. In all three cases the slot is free again but untouched until
 * the next call, so that the caller can still read the parts. A refused datagram
 * leaves a tombstone (RFC 5722 4: "including those not yet received"); a completed
 * or expired one leaves nothing, and its identification may be used again at once.
 *
 * Tombstones are apart from the slots, so that a refusal frees room instead of
 * taking it, and lie in a ring where a new one takes the place of the oldest. Who
 * pushes them out by refusals gains nothing: a forgotten datagram starts anew from
 * what comes from then on, and is whole without the parts refused earlier, or never.
 * They are there so that its stragglers do not sit in a slot until they expire.
 *
 * Invariants
 *   - parts of a slot do not overlap and their payloads sum up to got; with an end,
 *     none lies behind it; so got == end means that every byte is there, once.
 *   - what one datagram needs is at most 65535 bytes of payload and a header for each
 *     part: bytes[] holds any.
 *   - no two slots hold the same key, but for those that are due.
 *   - a guest's and the network's parts never meet: the direction is whose hold a
 *     slot is in. Else a guest that forges the network's addresses could supply
 *     the ports of a datagram that the network completes, and open a flow by it.
 *
 * Limits: see fragment.h. Only UDP: TCP has path MTU discovery and segments, and
 * nobody else's fragments ever pass. So the transport header is in the first
 * part with any size that a part may have (RFC 1858 and 3128 are about TCP).
 *
 * Fails how: without a slot a new datagram is refused, and none that is held ever
 * leaves for it. Each direction has slots of its own: a guest that fills its hold
 * harms only itself, and for EG_DATAGRAM_TIMEOUT.
 *
 * References: RFC 791 3.2, RFC 815 (which this is simpler than), RFC 1858, RFC 3128,
 * RFC 5722, RFC 6864, RFC 6946, RFC 8021, RFC 8200 4.5
 */
#include "fragment.h"

#include "checksum.h"

#include <assert.h>
#include <stdlib.h>

enum { IP4_TOTAL = 2, IP4_ID = 4, IP4_FRAG = 6, IP4_SUM = 10 };
enum { IP4_MORE = 0x2000, IP4_OFFSET = 0x1fff };
enum { IP6_PAYLOAD = 4, IP6_NEXT = 6 };
/* The IPv6 fragment header (RFC 8200 4.5); the offset has the flags in its low bits. */
enum { FRAG_NEXT = 0, FRAG_RESERVED = 1, FRAG_OFFSET = 2, FRAG_ID = 4, FRAG_LEN = 8 };
enum { FRAG_MORE = 1, FRAG_FLAGS = 7 };
enum { UNIT = 8 }; /* offsets count these; all but the last part are so many */
enum { MACS_LEN = 12, HEAD_MAX = EG_ETH_LEN + EG_IP6_LEN + FRAG_LEN };

/* Whose part a fragment is. Compared as bytes: no padding, reserved bytes zero. */
struct key {
	uint8_t macs[MACS_LEN];
	struct eg_addr src, dst;
	uint32_t id;
	uint8_t proto, ip_version;
	uint8_t zero[2];
};
static_assert(sizeof(struct key) == MACS_LEN + 2 * 16 + 8, "padding would be compared");

struct part {
	uint32_t head; /* bytes of its frame before the payload */
	uint32_t off;  /* of the payload in the datagram */
	uint32_t n;    /* bytes of payload */
	uint32_t at;   /* where the frame, of head + n bytes, is kept */
	uint64_t came; /* ms */
};

/* What the headers of a fragment say. */
struct fragment {
	struct key key;
	struct part part;
	uint32_t most; /* where the payload of any datagram ends at the latest */
	bool last;
	bool reserved; /* a bit is set that has no meaning */
};

struct eg_datagram {
	bool held;
	enum eg_dir dir;
	struct key key;
	uint64_t due;       /* ms; from then on it is expired */
	uint32_t got;       /* bytes of payload */
	uint32_t end;       /* 0 while the last part is not there */
	uint32_t used;      /* of bytes */
	uint32_t count;     /* of parts */
	uint32_t whole_len; /* 0 while it is not whole */
	const uint8_t *whole;
	struct part parts[EG_DATAGRAM_PARTS];
	uint8_t bytes[UINT16_MAX + EG_DATAGRAM_PARTS * HEAD_MAX];
};

struct tombstone {
	struct key key;
	uint64_t until; /* ms; 0 where there was none yet */
};

struct hold {
	struct eg_datagram slots[EG_DATAGRAMS_MAX];
	struct tombstone tombstones[EG_TOMBSTONES];
	uint32_t oldest; /* tombstone: where the next one goes */
};

struct eg_fragments {
	uint64_t soonest;     /* ms; nothing held is due before */
	struct hold holds[2]; /* by enum eg_dir */
	uint8_t whole[EG_WHOLE_MAX];
};

struct eg_fragments *eg_fragments_new(void)
{
	struct eg_fragments *t = calloc(1, sizeof(*t));

	if (t)
		t->soonest = UINT64_MAX;
	return t;
}

void eg_fragments_free(struct eg_fragments *t)
{
	free(t);
}

static void read_ip4(struct fragment *g, const uint8_t *ip)
{
	uint16_t frag = eg_get16(ip + IP4_FRAG);

	g->key.id = eg_get16(ip + IP4_ID);
	g->part.head = EG_ETH_LEN + EG_IP4_LEN;
	g->part.off = (uint32_t)(frag & IP4_OFFSET) * UNIT;
	g->part.n = (uint32_t)eg_get16(ip + IP4_TOTAL) - EG_IP4_LEN;
	g->most = UINT16_MAX - EG_IP4_LEN;
	g->last = !(frag & IP4_MORE);
}

/* False where the fragment header is cut off. */
static bool read_ip6(struct fragment *g, const uint8_t *ip)
{
	const uint8_t *h = ip + EG_IP6_LEN;
	uint16_t payload = eg_get16(ip + IP6_PAYLOAD), frag;

	if (payload < FRAG_LEN)
		return false;
	frag = eg_get16(h + FRAG_OFFSET);
	g->key.id = eg_get32(h + FRAG_ID);
	g->key.proto = h[FRAG_NEXT];
	g->part.head = HEAD_MAX;
	g->part.off = frag & (uint16_t)~FRAG_FLAGS;
	g->part.n = (uint32_t)payload - FRAG_LEN;
	g->most = UINT16_MAX;
	g->last = !(frag & FRAG_MORE);
	g->reserved = h[FRAG_RESERVED] != 0 || (frag & FRAG_FLAGS & ~FRAG_MORE) != 0;
	return true;
}

/* Read the headers of F, whose lengths the decoder has checked against each other.
 * False where it is nothing that is ever held. */
static bool read_fragment(struct fragment *g, const struct eg_frame *f, uint64_t now)
{
	const uint8_t *ip = f->bytes + EG_ETH_LEN;

	memset(g, 0, sizeof(*g));
	memcpy(g->key.macs, f->bytes, MACS_LEN);
	g->key.src = f->src;
	g->key.dst = f->dst;
	g->key.proto = f->proto;
	g->key.ip_version = f->ip_version;
	g->part.came = now;
	if (f->ip_version == 4)
		read_ip4(g, ip);
	else if (!read_ip6(g, ip))
		return false;
	return g->key.proto == EG_PROTO_UDP;
}

/* Whether G can be a part of any datagram. */
static bool is_well_formed(const struct fragment *g)
{
	const struct part *p = &g->part;

	if (g->reserved || p->n == 0 || p->off + p->n > g->most)
		return false;
	return g->last ? p->off != 0 : p->n % UNIT == 0;
}

/* Whether G can be one more part of D: none of the others lies in its way, nor behind
 * it if it is the last. So a second last part is refused, wherever it ends: behind
 * the first, or with the first in its way or behind it. */
static bool is_fitting(const struct eg_datagram *d, const struct fragment *g)
{
	uint32_t from = g->part.off, to = from + g->part.n;

	if (d->count == EG_DATAGRAM_PARTS)
		return false;
	if (d->end && to > d->end)
		return false;
	for (uint32_t i = 0; i < d->count; i++) {
		const struct part *p = &d->parts[i];

		if (from < p->off + p->n && (p->off < to || g->last))
			return false;
	}
	return true;
}

static bool is_same(const struct key *a, const struct key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool is_buried(const struct hold *h, const struct key *key, uint64_t now)
{
	for (size_t i = 0; i < EG_TOMBSTONES; i++)
		if (h->tombstones[i].until > now && is_same(&h->tombstones[i].key, key))
			return true;
	return false;
}

static void bury(struct hold *h, const struct key *key, uint64_t now)
{
	h->tombstones[h->oldest].key = *key;
	h->tombstones[h->oldest].until = now + EG_DATAGRAM_TIMEOUT;
	h->oldest = (h->oldest + 1) % EG_TOMBSTONES;
}

static struct eg_datagram *find(struct hold *h, const struct key *key, uint64_t now)
{
	for (size_t i = 0; i < EG_DATAGRAMS_MAX; i++) {
		struct eg_datagram *d = &h->slots[i];

		if (d->held && d->due > now && is_same(&d->key, key))
			return d;
	}
	return NULL;
}

/* A slot for the datagram of KEY, without a part yet, or NULL. */
static struct eg_datagram *begin(struct eg_fragments *t, const struct key *key, enum eg_dir dir,
				 uint64_t now)
{
	struct eg_datagram *d = t->holds[dir].slots, *end = d + EG_DATAGRAMS_MAX;

	while (d < end && d->held)
		d++;
	if (d == end)
		return NULL;
	memset(d, 0, offsetof(struct eg_datagram, parts));
	d->held = true;
	d->dir = dir;
	d->key = *key;
	d->due = now + EG_DATAGRAM_TIMEOUT;
	if (d->due < t->soonest)
		t->soonest = d->due;
	return d;
}

/* Count G in. Returns whether D is whole by it. */
static bool count_in(struct eg_datagram *d, const struct fragment *g)
{
	d->got += g->part.n;
	if (g->last)
		d->end = g->part.off + g->part.n;
	return d->got == d->end;
}

static void keep(struct eg_datagram *d, const struct part *part, const uint8_t *frame)
{
	struct part *p = &d->parts[d->count++];

	*p = *part;
	p->at = d->used;
	memcpy(d->bytes + p->at, frame, p->head + p->n);
	d->used += p->head + p->n;
}

/* Put part P, whose frame is at FRAME, where it belongs in WHOLE, whose own headers
 * are HEAD bytes: the first of those that its first part has. */
static void place(uint8_t *whole, size_t head, const struct part *p, const uint8_t *frame)
{
	if (p->off == 0)
		memcpy(whole, frame, head);
	memcpy(whole + head + p->off, frame + p->head, p->n);
}

/* Turn the IP header of a first part into that of a whole datagram. */
static void mend_header(uint8_t *ip, uint8_t version, size_t payload)
{
	if (version == 6) {
		eg_put16(ip + IP6_PAYLOAD, (uint16_t)payload);
		ip[IP6_NEXT] = EG_PROTO_UDP;
		return;
	}
	eg_put16(ip + IP4_TOTAL, (uint16_t)(EG_IP4_LEN + payload));
	eg_put16(ip + IP4_FRAG, 0);
	eg_put16(ip + IP4_SUM, 0);
	eg_put16(ip + IP4_SUM, eg_fold(eg_sum(0, ip, EG_IP4_LEN)));
}

/* Put together the parts of D, and LAST_CAME, whose frame is at FRAME. */
static void make_whole(struct eg_fragments *t, struct eg_datagram *d, const struct part *last_came,
		       const uint8_t *frame)
{
	uint32_t head = EG_ETH_LEN + (d->key.ip_version == 4 ? EG_IP4_LEN : EG_IP6_LEN);

	for (uint32_t i = 0; i < d->count; i++)
		place(t->whole, head, &d->parts[i], d->bytes + d->parts[i].at);
	place(t->whole, head, last_came, frame);
	mend_header(t->whole + EG_ETH_LEN, d->key.ip_version, d->end);
	d->whole = t->whole;
	d->whole_len = head + d->end;
}

/* The datagram that G is to be added to, new where need be; NULL where there is none. */
static struct eg_datagram *join(struct eg_fragments *t, struct eg_datagram *mine,
				const struct fragment *g, enum eg_dir dir)
{
	if (!is_well_formed(g))
		return NULL;
	if (mine)
		return is_fitting(mine, g) ? mine : NULL;
	return begin(t, &g->key, dir, g->part.came);
}

enum eg_hold eg_fragments_take(struct eg_fragments *t, struct eg_frame *f, enum eg_dir dir,
			       uint64_t now, struct eg_datagram **d)
{
	struct hold *h = &t->holds[dir];
	struct eg_datagram *mine, *joined;
	struct fragment g;

	*d = NULL;
	if (!read_fragment(&g, f, now) || is_buried(h, &g.key, now))
		return EG_HOLD_REFUSED;
	mine = find(h, &g.key, now);
	joined = join(t, mine, &g, dir);
	*d = joined ? joined : mine;
	if (!joined) {
		if (mine)
			mine->held = false;
		bury(h, &g.key, now);
		return EG_HOLD_REFUSED;
	}
	f->len = g.part.head + g.part.n;
	if (!count_in(joined, &g)) {
		keep(joined, &g.part, f->bytes);
		return EG_HOLD_KEPT;
	}
	make_whole(t, joined, &g.part, f->bytes);
	joined->held = false;
	return EG_HOLD_WHOLE;
}

struct eg_datagram *eg_fragments_expired(struct eg_fragments *t, uint64_t now)
{
	struct eg_datagram *first = NULL;

	if (now < t->soonest)
		return NULL;
	for (size_t i = 0; i < 2 * (size_t)EG_DATAGRAMS_MAX; i++) {
		struct eg_datagram *d = &t->holds[i % 2].slots[i / 2];

		if (d->held && (!first || d->due < first->due))
			first = d;
	}
	t->soonest = first ? first->due : UINT64_MAX;
	if (!first || first->due > now)
		return NULL;
	first->held = false;
	return first;
}

enum eg_dir eg_datagram_dir(const struct eg_datagram *d)
{
	return d->dir;
}

size_t eg_datagram_parts(const struct eg_datagram *d)
{
	return d->count;
}

const uint8_t *eg_datagram_part(const struct eg_datagram *d, size_t i, size_t *len, uint64_t *came)
{
	const struct part *p;

	*len = 0;
	*came = 0;
	if (i >= d->count)
		return NULL;
	p = &d->parts[i];
	*len = p->head + p->n;
	*came = p->came;
	return d->bytes + p->at;
}

const uint8_t *eg_datagram_whole(const struct eg_datagram *d, size_t *len)
{
	*len = d->whole_len;
	return d->whole;
}

/* The offset of fragment FRAME in its datagram, in units of 8 bytes. */
static unsigned offset_of(const uint8_t *frame)
{
	const uint8_t *ip = frame + EG_ETH_LEN;

	return ip[0] >> 4 == 4 ? eg_get16(ip + 6) & 0x1fffu : eg_get16(ip + EG_IP6_LEN + 2) >> 3;
}

bool eg_datagram_in_order(const struct eg_datagram *d, const uint8_t *last)
{
	unsigned next = 0;
	uint64_t came;
	size_t len;

	for (size_t i = 0; i < eg_datagram_parts(d); i++) {
		unsigned at = offset_of(eg_datagram_part(d, i, &len, &came));

		if (at < next)
			return false;
		next = at + 1;
	}
	return offset_of(last) >= next;
}
