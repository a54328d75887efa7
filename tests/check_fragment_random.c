/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hold against a second one that is as plain as can be: one array of bytes
 * for each datagram, a note for each byte of who brought it. Repeatable noise makes the parts.
 */
#include "fragments.h"

enum { BYTES = 160, IDS = 40, DIRECTIONS = 2, ROUNDS = 15000 };

/* What the plain one knows of a datagram. */
struct plain {
	enum { NOBODY, HELD, REFUSED } state;
	uint64_t since; /* when its first part came, or it was refused */
	unsigned int parts;
	size_t end; /* 0: not told */
	bool there[BYTES];
	uint8_t byte[BYTES];
};

static struct plain plain[DIRECTIONS][IDS];
static uint8_t *room; /* PACKET_MAX bytes in front of an unreadable page */

static void setup_room(void)
{
	setup();
	memset(plain, 0, sizeof(plain));
	room = guarded_copy(NULL, PACKET_MAX);
}

static void teardown_room(void)
{
	guarded_free(room, PACKET_MAX);
	teardown();
}

static size_t count_held(const struct plain *p)
{
	size_t n = 0;

	for (size_t i = 0; i < IDS; i++)
		n += p[i].state == HELD;
	return n;
}

static bool plain_accepts(const struct plain *p, const struct piece *x)
{
	if (x->n == 0 || (x->more && x->n % 8 != 0) || (!x->more && x->off == 0))
		return false;
	if (p->end && (!x->more || x->off + x->n > p->end))
		return false;
	for (size_t i = 0; i < BYTES; i++) {
		if (p->there[i] && i >= x->off && i < x->off + x->n)
			return false;
		if (p->there[i] && !x->more && i >= x->off)
			return false;
	}
	return p->parts < EG_DATAGRAM_PARTS;
}

static enum eg_hold plain_take(struct plain *all, size_t id, const struct piece *x,
			       const uint8_t *bytes)
{
	struct plain *p = &all[id];
	size_t there = 0;

	if (p->state == REFUSED)
		return EG_HOLD_REFUSED;
	if (!plain_accepts(p, x) || (p->state == NOBODY && count_held(all) == EG_DATAGRAMS_MAX)) {
		memset(p, 0, sizeof(*p));
		p->state = REFUSED;
		p->since = now;
		return EG_HOLD_REFUSED;
	}
	if (p->state == NOBODY)
		p->since = now;
	p->state = HELD;
	p->parts++;
	for (size_t i = 0; i < x->n; i++) {
		p->there[x->off + i] = true;
		p->byte[x->off + i] = bytes[i];
	}
	if (!x->more)
		p->end = x->off + x->n;
	for (size_t i = 0; i < p->end; i++)
		there += p->there[i];
	return p->end && there == p->end ? EG_HOLD_WHOLE : EG_HOLD_KEPT;
}

/* Let time pass: datagrams that are due leave both, and tombstones the plain one. */
static void expire(unsigned int *expired)
{
	struct eg_datagram *e;
	size_t due = 0, said = 0;

	for (size_t i = 0; i < DIRECTIONS * IDS; i++) {
		struct plain *p = &plain[i % DIRECTIONS][i / DIRECTIONS];

		if (p->state == NOBODY || now < p->since + EG_DATAGRAM_TIMEOUT)
			continue;
		due += p->state == HELD;
		memset(p, 0, sizeof(*p));
	}
	while ((e = eg_fragments_expired(hold, now))) {
		ck_assert_uint_ge(eg_datagram_parts(e), 1);
		said++;
	}
	ck_assert_uint_eq(said, due);
	*expired += (unsigned int)said;
}

/* A piece that is often a right one: cut out of a size and at borders that go with
 * ID, and rarely of bytes that P has. */
static struct piece any_piece(uint32_t *seed, int version, uint32_t id, const struct plain *p)
{
	const size_t grain = 8u << id % 3, size = 33 + id % 4 * 24;
	struct piece x = { 0, 0, false };

	for (int tries = 0; tries < 6 && (tries == 0 || p->there[x.off]); tries++)
		x.off = noise(seed) % (size / grain + 1) * grain;
	x.n = x.off + grain < size ? grain : size - (x.off < size ? x.off : size);
	x.more = x.off + x.n < size;
	if (noise(seed) % 32 == 0)
		x.n = noise(seed) % 40;
	if (noise(seed) % 32 == 0)
		x.more = !x.more;
	if (version == 4 && x.off == 0)
		x.more = true; /* or it were no fragment */
	return x;
}

/* As offer, with less work for the kernel. */
static enum eg_hold put(const uint8_t *b, size_t len, enum eg_dir dir)
{
	struct eg_frame f;
	enum eg_hold h;

	memcpy(room + PACKET_MAX - len, b, len);
	ck_assert_int_eq(eg_frame_decode(&f, room + PACKET_MAX - len, len), EG_R_FRAGMENT);
	h = eg_fragments_take(hold, &f, dir, now, &d);
	memset(room + PACKET_MAX - len, 0xa5, len);
	return h;
}

static void check_made(const struct plain *p, int version)
{
	size_t len;
	const uint8_t *made = eg_datagram_whole(d, &len);

	ck_assert_uint_eq(len, head_of(version) + p->end);
	ck_assert_mem_eq(made + head_of(version), p->byte, p->end);
	ck_assert_uint_eq(eg_datagram_parts(d), p->parts - 1);
}

/* A few identifications make datagrams whole, many fill the hold. */
START_TEST(noise_says_the_same_to_a_plain_reassembler)
{
	static const char *const words[] = { "kept", "whole", "refused" };
	uint32_t seed = 0x2545f491u + (uint32_t)_i, ids = _i < 6 ? 5 : IDS;
	unsigned int said[3] = { 0, 0, 0 }, expired = 0;
	const int version = _i % 2 ? 6 : 4;
	uint8_t b[PACKET_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		const uint32_t id = noise(&seed) % ids, dir = noise(&seed) % DIRECTIONS;
		const struct piece x = any_piece(&seed, version, id, &plain[dir][id]);
		size_t len = make_part(b, version, id, &x, NULL);
		enum eg_hold want, got;

		for (size_t i = len - x.n; i < len; i++)
			b[i] = (uint8_t)noise(&seed);
		now += noise(&seed) % 8 ? noise(&seed) % 100 : noise(&seed) % 3000;
		expire(&expired);
		want = plain_take(plain[dir], id, &x, b + len - x.n);
		got = put(b, len, (enum eg_dir)dir);
		ck_assert_msg(want == got, "round %d: %s, not %s", round, words[got], words[want]);
		said[got]++;
		if (got == EG_HOLD_WHOLE) {
			check_made(&plain[dir][id], version);
			memset(&plain[dir][id], 0, sizeof(plain[dir][id]));
		}
	}
	ck_assert_uint_gt(said[EG_HOLD_KEPT], ROUNDS / 20);
	ck_assert_uint_gt(said[EG_HOLD_WHOLE], 100);
	ck_assert_uint_gt(said[EG_HOLD_REFUSED], ROUNDS / 20);
	ck_assert_uint_gt(expired, 100);
}
END_TEST

/* What is held never has an overlap, whatever came. */
static void check_parts(const struct eg_datagram *datagram, int version)
{
	static uint8_t seen[65536 + PACKET_MAX];
	const size_t head = version == 4 ? PACKET_L4_4 : PACKET_L4_6 + 8;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < eg_datagram_parts(datagram); i++) {
		uint64_t came;
		size_t len, off;
		const uint8_t *part = eg_datagram_part(datagram, i, &len, &came);

		off = version == 4 ? (eg_get16(part + V4_FLAGS) & 0x1fffu) * 8
				   : eg_get16(part + V6_FRAG + 2) & 0xfff8u;
		for (size_t k = off; k < off + len - head; k++)
			ck_assert_uint_eq(seen[k]++, 0);
	}
}

/* Frames with any bits of their headers changed, right checksum or not. */
START_TEST(changed_headers_never_break_the_hold)
{
	const int version = _i % 2 ? 6 : 4;
	uint32_t seed = 0x9e3779b9u + (uint32_t)_i;
	unsigned int taken = 0;
	uint8_t b[PACKET_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		const uint32_t id = noise(&seed) % 3;
		const struct piece x = any_piece(&seed, version, id, &plain[0][id]);
		size_t len = make_part(b, version, id, &x, NULL), at = PACKET_ETH;
		struct eg_frame f;

		for (uint32_t n = noise(&seed) % 4; n; n--)
			b[at + noise(&seed) % (len - at)] ^= (uint8_t)(1 << noise(&seed) % 8);
		packet_fix(b, len);
		now += noise(&seed) % 2000;
		while (eg_fragments_expired(hold, now))
			;
		if (eg_frame_decode(&f, b, len) != EG_R_FRAGMENT)
			continue;
		put(b, len, EG_FROM_GUEST);
		taken++;
		if (d)
			check_parts(d, version);
	}
	ck_assert_uint_gt(taken, ROUNDS / 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fragment_random");
	TCase *t = tcase_create("fragment_random");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup_room, teardown_room);
	tcase_add_loop_test(t, noise_says_the_same_to_a_plain_reassembler, 0, 10);
	tcase_add_loop_test(t, changed_headers_never_break_the_hold, 0, 4);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
