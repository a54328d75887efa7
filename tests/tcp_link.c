/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tcp_link.h"

#include "packet.h"

static const uint32_t starts[LINK_STARTS][2] = {
	{ 1000, 2000000000 },
	{ 0xffffffff, 0x7fffffff },
	{ 0xffffffff - 300, 0xffffffff - 700 },
	{ 0x80000000 - 300, 0 },
};

struct link new_link(int start)
{
	struct link l;

	memset(&l, 0, sizeof(l));
	l.iss = starts[start];
	return l;
}

struct says says(enum eg_dir dir, unsigned int flags, uint32_t seq, uint32_t ack, uint16_t window,
		 uint16_t len)
{
	return (struct says){ .dir = dir,
			      .flags = (uint8_t)flags,
			      .seq = seq,
			      .ack = ack,
			      .window = window,
			      .len = len };
}

struct says with_options(struct says s, const void *options, size_t n)
{
	s.options = options;
	s.options_len = n;
	return s;
}

size_t link_build(uint8_t *buf, const struct link *l, const struct says *s)
{
	static const uint8_t payload[PACKET_MAX];
	struct packet_tcp tcp = {
		.seq = l->iss[s->dir] + s->seq,
		.ack = s->flags & A ? l->iss[!s->dir] + s->ack : s->ack,
		.window = s->window,
		.flags = s->flags,
		.options = s->options,
		.options_len = s->options_len,
	};
	bool out = s->dir == GUEST;
	size_t n = packet_tcp4(buf, out ? &packet_guest : &packet_network,
			       out ? &packet_network : &packet_guest, &tcp, payload, s->len);

	if (s->corrupt)
		buf[PACKET_L4_4 + 16] ^= 1;
	return n;
}

enum eg_reason say(struct link *l, struct says s)
{
	static uint8_t buf[PACKET_MAX];
	size_t n = link_build(buf, l, &s);
	uint8_t *frame = guarded_copy(buf, n);
	struct eg_tcp before;
	enum eg_reason r;
	struct eg_frame f;

	memcpy(&before, &l->t, sizeof(before));
	ck_assert_int_eq(eg_frame_decode(&f, frame, n), EG_R_NONE);
	r = l->open ? eg_tcp_segment(&l->t, s.dir, &f) : eg_tcp_open(&l->t, s.dir, &f);
	if (r != EG_R_NONE)
		ck_assert_mem_eq(&before, &l->t, sizeof(before));
	l->open |= r == EG_R_NONE;
	guarded_free(frame, n);
	return r;
}

struct link link_at(int start, enum eg_tcp_state state)
{
	struct link l = new_link(start);

	PASSES(&l, HOST, S, 0, 0, HOST_WINDOW, 0);
	if (state == EG_TCP_CLOSED)
		PASSES(&l, GUEST, R | A, 77, 1, 0, 0);
	if (state > EG_TCP_SYN_SENT)
		PASSES(&l, GUEST, S | A, 0, 1, GUEST_WINDOW, 0);
	if (state > EG_TCP_SYN_RECEIVED)
		PASSES(&l, HOST, A, 1, 1, HOST_WINDOW, 0);
	if (state == EG_TCP_FIN_SENT || state == EG_TCP_FIN_WAIT || state == EG_TCP_TIME_WAIT)
		PASSES(&l, HOST, F | A, 1, 1, HOST_WINDOW, 0);
	if (state == EG_TCP_FIN_WAIT)
		PASSES(&l, GUEST, A, 1, 2, GUEST_WINDOW, 0);
	if (state == EG_TCP_CLOSE_WAIT)
		PASSES(&l, GUEST, F | A, 1, 1, GUEST_WINDOW, 0);
	if (state == EG_TCP_TIME_WAIT)
		PASSES(&l, GUEST, F | A, 1, 2, GUEST_WINDOW, 0);
	if (state == EG_TCP_CLOSE_WAIT || state == EG_TCP_TIME_WAIT)
		PASSES(&l, HOST, A, state == EG_TCP_TIME_WAIT ? 2 : 1, 2, HOST_WINDOW, 0);
	if (state == EG_TCP_CLOSING)
		PASSES(&l, GUEST, R | A, 2, 1, GUEST_WINDOW, 0);
	ck_assert_int_eq(l.t.state, state);
	return l;
}
