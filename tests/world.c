/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world.h"

#include "words.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { G = EG_FROM_GUEST, N = EG_FROM_NETWORK };
enum { LARGE = 3000, PART = 1448, UNACKED_MAX = 58000, SEGMENT = 1200 };

static const struct packet_end resolver = { .mac = { 0x52, 0x55, 0x0a, 0, 2, 3 },
					    .ip4 = { 10, 0, 2, 3 },
					    .ip6 = { 0xfd, [15] = 3 },
					    .port = 53 };

static const struct packet_end far = { .mac = { 0x52, 0x55, 0x0a, 0, 2, 2 },
				       .ip4 = { 198, 51, 100, 4 },
				       .ip6 = { 0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 4 },
				       .port = 443 };

/* splitmix64: short, and the same everywhere. */
uint32_t world_random(struct world_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 16);
}

uint32_t world_below(struct world_random *r, uint32_t n)
{
	return world_random(r) % n;
}

uint8_t world_letter(const struct world_talk *t)
{
	return (uint8_t)((t->id & 8 ? 'a' : 'A') + t->guest.port % 26);
}

void world_begin(struct world_talk *t, struct world_random *r, enum world_kind kind,
		 uint16_t guest_port, uint16_t network_port)
{
	*t = (struct world_talk){ .kind = kind,
				  .v6 = world_below(r, 2),
				  .more = 1 + (int)world_below(r, 6),
				  .guest = packet_at(&packet_guest, guest_port),
				  .network = packet_at(&packet_network, network_port),
				  .id = world_random(r),
				  .opener = kind == WORLD_STREAM || kind == WORLD_OUT_TCP ||
							    kind == WORLD_OUT_UDP
						    ? G
						    : N,
				  .closer = (int)world_below(r, 4),
				  .scale = world_below(r, 2) ? 7 : 0 };
	t->side[G].next = world_random(r);
	t->side[N].next = world_random(r);
	if (kind == WORLD_DNS || kind == WORLD_STREAM)
		t->network = resolver;
	if (kind == WORLD_OUT_TCP || kind == WORLD_OUT_UDP)
		t->network = far;
}

static const struct packet_end *from(const struct world_talk *t, int dir)
{
	return dir == G ? &t->guest : &t->network;
}

static void say_tcp(struct world_talk *t, struct world_frame *f, int dir, unsigned int flags,
		    const void *data, size_t n)
{
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7 };
	struct world_side *s = &t->side[dir];
	const struct packet_tcp p = { .seq = s->next,
				      .ack = flags & ACK ? t->side[!dir].next : 0,
				      .window = t->scale && !(flags & SYN) ? 500 : 60000,
				      .flags = (uint8_t)flags,
				      .options = options,
				      .options_len = flags & SYN ? (t->scale ? 8 : 4) : 0 };

	f->dir = (enum eg_dir)dir;
	f->len = (t->v6 ? packet_tcp6 : packet_tcp4)(f->bytes, from(t, dir), from(t, !dir), &p,
						     data, n);
	s->next += (uint32_t)n + !!(flags & (SYN | FIN));
	s->acked = t->side[!dir].next;
}

static void say_udp(struct world_talk *t, struct world_frame *f, int dir, const void *data,
		    size_t n)
{
	f->dir = (enum eg_dir)dir;
	f->len =
		(t->v6 ? packet_udp6 : packet_udp4)(f->bytes, from(t, dir), from(t, !dir), data, n);
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8 & 0xff);
	p[1] = (uint8_t)(v & 0xff);
}

/* A message about WORLD_NAME, or what has another first letter: conversations of different ports
 * have different names. Returns its length. */
static size_t message(const struct world_talk *t, uint8_t *p, bool answer, uint16_t id)
{
	static const uint8_t fixed[] = { 0, 0,   1,   0,   0,   1,   0,   0,   0,   0,
					 0, 0,   7,   'A', 'l', 'l', 'o', 'w', 'e', 'd',
					 4, 't', 'e', 's', 't', 0,   0,   1,   0,   1 };
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1 };
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };
	bool edns = !answer && t->id & 4;

	memcpy(p, fixed, sizeof(fixed));
	put16(p, id);
	p[13] = world_letter(t);
	if (answer) {
		memcpy(p + 12, t->left_name, sizeof(t->left_name));
		put16(p + 2, 0x8180);
		p[7] = 1;
		memcpy(p + sizeof(fixed), record, sizeof(record));
		return sizeof(fixed) + sizeof(record);
	}
	if (edns) {
		p[11] = 1;
		memcpy(p + sizeof(fixed), opt, sizeof(opt));
	}
	return sizeof(fixed) + (edns ? sizeof(opt) : 0);
}

static bool next_handshake(struct world_talk *t, struct world_frame *f)
{
	int o = t->opener;

	if (t->step == 0)
		say_tcp(t, f, o, SYN, NULL, 0);
	else if (t->step == 1)
		say_tcp(t, f, !o, SYN | ACK, NULL, 0);
	else if (t->step == 2)
		say_tcp(t, f, o, ACK, NULL, 0);
	else
		return false;
	t->step++;
	return true;
}

/* FIN, ACK, FIN, ACK; or a reset. The last of them leaves MORE at -1. */
static bool next_close(struct world_talk *t, struct world_frame *f)
{
	int first = t->closer & 1;

	if (t->closer == 3) {
		say_tcp(t, f, N, RST, NULL, 0);
		t->more = -1;
		return true;
	}
	if (t->step % 2)
		say_tcp(t, f, t->step == 3 ? first : !first, FIN | ACK, NULL, 0);
	else
		say_tcp(t, f, t->step == 4 ? !first : first, ACK, NULL, 0);
	if (++t->step == 7)
		t->more = -1;
	return true;
}

static bool next_tcp(struct world_talk *t, struct world_random *r, struct world_frame *f)
{
	static const uint8_t data[SEGMENT];
	/* One end after the other, each with more than fits in half a window, now and then. */
	int dir = t->id >> (t->more & 7) & 1;

	if (next_handshake(t, f))
		return true;
	if (t->more > 0) {
		if (t->side[dir].next - t->side[!dir].acked > UNACKED_MAX)
			say_tcp(t, f, !dir, ACK, NULL, 0);
		else
			say_tcp(t, f, dir, ACK | PSH, data, 1 + world_below(r, SEGMENT));
		t->more -= world_below(r, t->id & 16 ? 60 : 3) == 0;
		return true;
	}
	return t->more == 0 && next_close(t, f);
}

static bool next_stream(struct world_talk *t, struct world_frame *f)
{
	uint8_t msg[512];
	size_t n = message(t, msg + 2, t->more % 2 == 0, (uint16_t)t->id);

	put16(msg, (unsigned int)n);
	if (next_handshake(t, f)) {
		t->more *= 2; /* queries and answers */
		t->more -= t->more % 2 == 0 && t->step < 3;
		if (t->step == 3)
			t->more = 3;
		return true;
	}
	if (t->more > 0) {
		say_tcp(t, f, t->more % 2 ? G : N, ACK | PSH, msg, n + 2);
		t->more--;
		return true;
	}
	return t->more == 0 && next_close(t, f);
}

/* An error of the guest's about the network's last datagram. */
static void say_error(struct world_talk *t, struct world_frame *f)
{
	uint8_t quoted[PACKET_MAX];
	size_t head = t->v6 ? 48 : 28;

	say_udp(t, f, N, "x", 1);
	memcpy(quoted, f->bytes + PACKET_ETH, head);
	f->dir = EG_FROM_GUEST;
	f->len = t->v6 ? packet_icmp6(f->bytes, &t->guest, &t->network, 1, 4, 0, quoted, head)
		       : packet_icmp4(f->bytes, &t->guest, &t->network, 3, 3, 0, quoted, head);
}

static bool next_udp(struct world_talk *t, struct world_random *r, struct world_frame *f)
{
	static const uint8_t data[SEGMENT];

	if (t->more-- <= 0)
		return false;
	if (t->step++ == 0)
		say_udp(t, f, t->opener, data, world_below(r, SEGMENT));
	else if (world_below(r, 8) == 0)
		say_error(t, f);
	else
		say_udp(t, f, world_below(r, 2) ? G : N, data, world_below(r, SEGMENT));
	return true;
}

/* Cut datagram F into the part that begins at OFF. */
static void cut_part(const struct world_talk *t, struct world_frame *f, size_t off)
{
	size_t head = t->v6 ? PACKET_L4_6 : PACKET_L4_4, own = t->v6 ? 8 : 0;
	size_t n = f->len - head - off;
	uint8_t *ip = f->bytes + PACKET_ETH;
	bool more = n > PART;

	n = more ? PART : n;
	memmove(f->bytes + head + own, f->bytes + head + off, n);
	if (t->v6) {
		const uint8_t h[8] = { 17,
				       0,
				       (uint8_t)(off >> 8),
				       (uint8_t)((off & 0xf8) | more),
				       (uint8_t)(t->id >> 24),
				       (uint8_t)(t->id >> 16),
				       (uint8_t)(t->id >> 8),
				       (uint8_t)t->id };

		ip[6] = 44;
		put16(ip + 4, (unsigned int)n + 8);
		memcpy(f->bytes + head, h, sizeof(h));
	} else {
		put16(ip + 2, (unsigned int)n + 20);
		put16(ip + 4, t->id & 0xffff);
		put16(ip + 6, (unsigned int)off / 8 | (more ? 0x2000 : 0));
	}
	f->len = head + own + n;
	packet_fix(f->bytes, f->len);
}

/* A datagram of the network's opens; then large ones go both ways, in three parts each. */
static bool next_large(struct world_talk *t, struct world_frame *f)
{
	static const uint8_t data[LARGE];

	if (t->more <= 0)
		return false;
	if (t->step == 0) {
		say_udp(t, f, N, "x", 1);
		t->step = 1;
		return true;
	}
	say_udp(t, f, t->more % 2 ? G : N, data, sizeof(data));
	cut_part(t, f, (size_t)(t->step - 1) * PART);
	f->hold = t->step < 3;
	if (t->step++ == 3) {
		t->step = 1;
		t->more--;
		t->id++;
	}
	return true;
}

static bool next_dns(struct world_talk *t, struct world_frame *f)
{
	struct packet_end to = packet_at(&t->guest, t->left_port);
	uint8_t msg[512];
	size_t n;

	if (t->more <= 0)
		return false;
	if (t->step == 0) {
		n = message(t, msg, false, (uint16_t)t->id);
		say_udp(t, f, G, msg, n);
	} else {
		n = message(t, msg, true, t->left_id);
		f->dir = EG_FROM_NETWORK;
		f->len = (t->v6 ? packet_udp6 : packet_udp4)(f->bytes, &t->network, &to, msg, n);
		t->more--;
	}
	t->step = !t->step;
	return true;
}

static bool next_dhcp(struct world_talk *t, struct world_frame *f)
{
	static const uint8_t types[] = { 1, 2, 3, 5 };
	struct packet_end nobody = packet_at(&packet_guest, 68); /* a station of the switch */
	struct packet_end server = packet_at(&packet_network, 67);
	struct packet_end all = { .ip4 = { 255, 255, 255, 255 } };
	uint8_t msg[244] = { t->step % 2 ? 2 : 1, 1, 6, [236] = 0x63, 0x82, 0x53, 0x63, 53, 1 };

	if (t->step == 4)
		return false;
	memset(all.mac, 0xff, 6);
	memset(nobody.ip4, 0, 4);
	put16(msg + 4, t->id >> 16);
	put16(msg + 6, t->id & 0xffff);
	put16(nobody.mac + 4, t->id & 0xffff);
	memcpy(msg + 28, nobody.mac, 6);
	msg[242] = types[t->step];
	msg[243] = 255;
	all.port = t->step % 2 ? 68 : 67;
	f->dir = t->step % 2 ? EG_FROM_NETWORK : EG_FROM_GUEST;
	f->len = packet_udp4(f->bytes, t->step++ % 2 ? &server : &nobody, &all, msg, sizeof(msg));
	return true;
}

static bool next_neighbour(struct world_talk *t, struct world_frame *f)
{
	uint8_t target[24] = { [16] = 2, 1 };
	int dir = t->step % 2 ? G : N;

	if (t->step++ == 2)
		return false;
	f->dir = (enum eg_dir)dir;
	if (!t->v6) {
		f->len = packet_arp(f->bytes, from(t, dir), from(t, !dir), dir == N ? 1 : 2);
		return true;
	}
	memcpy(target, from(t, G)->ip6, 16);
	memcpy(target + 18, from(t, dir)->mac, 6);
	target[16] = dir == N ? 1 : 2;
	f->len = packet_icmp6(f->bytes, from(t, dir), from(t, !dir), dir == N ? 135 : 136, 0,
			      dir == N ? 0 : 0x60000000, target, sizeof(target));
	return true;
}

bool world_next(struct world_talk *t, struct world_random *r, struct world_frame *f)
{
	f->hold = false;
	switch (t->kind) {
	case WORLD_TCP:
	case WORLD_OUT_TCP:
		return next_tcp(t, r, f);
	case WORLD_UDP:
	case WORLD_OUT_UDP:
		return next_udp(t, r, f);
	case WORLD_LARGE:
		return next_large(t, f);
	case WORLD_DNS:
		return next_dns(t, f);
	case WORLD_STREAM:
		return next_stream(t, f);
	case WORLD_DHCP:
		return next_dhcp(t, f);
	default:
		return next_neighbour(t, f);
	}
}

void world_left(struct world_talk *t, const uint8_t *out, size_t n)
{
	size_t l4 = t->v6 ? PACKET_L4_6 : PACKET_L4_4;

	if (t->kind != WORLD_DNS || n < l4 + 20 + sizeof(t->left_name))
		return;
	t->left_port = eg_get16(out + l4);
	t->left_id = eg_get16(out + l4 + 8);
	memcpy(t->left_name, out + l4 + 8 + 12, sizeof(t->left_name));
}

size_t world_reset(uint8_t *buf, const struct eg_frame *f)
{
	const struct packet_tcp rst = { .seq = f->tcp.ack, .flags = RST };
	const struct packet_end to = packet_at(&packet_guest, f->sport);

	return (f->ip_version == 6 ? packet_tcp6 : packet_tcp4)(buf, &resolver, &to, &rst, NULL, 0);
}

struct eg_pipeline *world_pipeline(struct eg_policy **policy, size_t flows, uint64_t seed)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	const struct eg_seed key = { seed, ~seed };
	char name[] = WORLD_NAME;
	struct eg_pipeline *p;

	ck_assert_ptr_nonnull(w);
	*policy = w->policy = eg_policy_new();
	ck_assert_ptr_nonnull(*policy);
	for (name[0] = 'a'; name[0] <= 'z'; name[0]++)
		ck_assert_int_eq(eg_words_apply(w, "resolve", name), 0);
	ck_assert_int_eq(eg_words_apply(w, "dns-limit", "0"), 0);
	ck_assert_int_eq(eg_words_apply(w, "allow", WORLD_ALLOW), 0);
	ck_assert_int_eq(eg_words_apply(w, "block", WORLD_BLOCK), 0);
	free(w);
	(*policy)->flows = flows;
	p = eg_pipeline_new(*policy, &key, NULL, NULL);
	ck_assert_ptr_nonnull(p);
	return p;
}
