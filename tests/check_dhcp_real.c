/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checksum.h"
#include "dhcp_frames.h"
#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* Headers of our own around it: addresses and ports are all that is the guest's. */
static void check_headers(const struct result *r, const uint8_t *in)
{
	struct eg_frame f;
	const uint8_t *ip = r->out + PACKET_ETH;

	ck_assert_uint_eq(r->out_len, OUT_LEN);
	ck_assert_int_eq(eg_frame_decode(&f, r->out, r->out_len), EG_R_NONE);
	ck_assert(eg_checksum_right(&f));
	ck_assert(eg_dhcp_is(&f, EG_FROM_GUEST));
	ck_assert_mem_eq(r->out, in, PACKET_ETH);
	ck_assert_mem_eq(ip, "\x45\0\1\x48\0\0", 6); /* no type of service, no identification */
	ck_assert_uint_eq(ip[8], 64);
	ck_assert_mem_eq(ip + 12, in + PACKET_ETH + 12, 8);
	ck_assert_uint_eq(f.payload.n, OUT_MSG_LEN);
}

START_TEST(real_messages_leave_rebuilt)
{
	const struct client_frame *c = &client_frames[_i];

	for (int broadcast = 0; broadcast < 2; broadcast++) {
		uint8_t want[OUT_MSG_LEN];
		uint8_t in[PACKET_MAX];
		size_t n = unhex(in, c->frame);
		struct result r;

		/* Of the flags only the first has a meaning. */
		eg_put16(in + AT_MSG + 10, broadcast ? 0xffff : 0x7fff);
		packet_fix(in, n);
		r = judge(&answered, EG_FROM_GUEST, in, n);
		ck_assert_msg(r.reason == EG_R_NONE, "%s", c->who);
		check_headers(&r, in);
		expected_message(want, c, broadcast ? 0x8000 : 0);
		ck_assert_mem_eq(r.out + AT_MSG, want, OUT_MSG_LEN);
		ck_assert(waits(&r.d, c->xid) == (c->type != DECLINE && c->type != RELEASE));
		ck_assert(eg_addr_equal(&r.d.servers[0], &server));
	}
}
END_TEST

/* Bits that a guest may choose in what leaves: addresses of both headers, xid,
 * broadcast flag, ciaddr, type and the two addresses in options. Everything else
 * it may flip as it likes: what leaves is the same. */
static bool may_differ(size_t at)
{
	size_t m = at - AT_MSG;

	if (at < 12 || (at >= 24 && at < 34) || (at >= 40 && at < 42)) /* MACs, IPs, sums */
		return true;
	if (at < AT_MSG)
		return false;
	return (m >= 4 && m < 8) || m == 10 || (m >= 12 && m < 16) || (m >= 28 && m < 34) ||
	       m >= AT_OPTIONS;
}

static bool differ_where_they_may(const uint8_t *a, const uint8_t *b)
{
	size_t i = 0;

	while (i < OUT_LEN && (a[i] == b[i] || may_differ(i)))
		i++;
	return i == OUT_LEN;
}

START_TEST(nothing_else_rides_along)
{
	uint8_t in[PACKET_MAX];
	size_t n = unhex(in, client_frames[_i].frame);
	struct result plain = judge(&answered, EG_FROM_GUEST, in, n);
	unsigned int passed = 0;

	for (size_t bit = 8 * AT_MSG; bit < 8 * n; bit++) {
		struct result r;

		in[bit / 8] ^= (uint8_t)(1 << bit % 8);
		packet_fix(in, n);
		r = judge(&answered, EG_FROM_GUEST, in, n);
		in[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (r.reason != EG_R_NONE)
			continue;
		passed++;
		check_headers(&r, in);
		ck_assert(differ_where_they_may(r.out, plain.out));
	}
	ck_assert_uint_gt(passed, 1000);
}
END_TEST

/* How long MSG, of N bytes, is as far as its end, the last 255 in it. */
static size_t length_of(const uint8_t *msg, size_t n)
{
	while (n > AT_OPTIONS && msg[n - 1] != 255)
		n--;
	return n;
}

/* Whether MSG, of N bytes of LEN, is whole: BOOTP's without a vendor field, or with zeros in place
 * of the cookie, or one that has its end. */
static bool is_whole(const uint8_t *msg, size_t n, size_t len)
{
	if (n == AT_OPTIONS - 4)
		return true;
	return n >= AT_OPTIONS && (eg_get32(msg + AT_OPTIONS - 4) == 0 || n >= len);
}

START_TEST(cut_messages_block)
{
	uint8_t in[PACKET_MAX];
	size_t n = unhex(in, client_frames[_i].frame);

	size_t len = length_of(in + AT_MSG, n - AT_MSG);

	for (size_t cut = AT_MSG; cut <= n; cut++) {
		bool whole = is_whole(in + AT_MSG, cut - AT_MSG, len);
		uint8_t copy[PACKET_MAX];

		memcpy(copy, in, cut);
		eg_put16(copy + PACKET_ETH + 2, (uint16_t)(cut - PACKET_ETH));
		eg_put16(copy + PACKET_L4_4 + 4, (uint16_t)(cut - PACKET_L4_4));
		packet_fix(copy, cut);
		ck_assert_int_eq(judge(&answered, EG_FROM_GUEST, copy, cut).reason,
				 whole ? EG_R_NONE : EG_R_DHCP);
	}
}
END_TEST

/* Type and wanted address as libslirp reads them: the last one wins, longer ones are
 * read as far as they matter, and a list that breaks off is just over. */
static void read_as_slirp(const uint8_t *msg, size_t n, uint8_t *type, uint32_t *address)
{
	size_t at = AT_OPTIONS;

	*type = 0;
	*address = 0;
	if (n < AT_OPTIONS || memcmp(msg + AT_OPTIONS - 4, "\x63\x82\x53\x63", 4) != 0)
		return;
	while (at < n && msg[at] != 255) {
		size_t len;

		if (msg[at] == 0) {
			at++;
			continue;
		}
		if (at + 2 > n || at + 2 + msg[at + 1] > n)
			break;
		len = msg[at + 1];
		if (msg[at] == 53 && len >= 1)
			*type = msg[at + 2];
		if (msg[at] == 50 && len >= 4)
			*address = eg_get32(msg + at + 2);
		at += 2 + len;
	}
	if (*type == REQUEST && *address == 0)
		*address = eg_get32(msg + 12);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Whatever passes means the same before and after, to whom it is for. */
START_TEST(slirp_reads_the_same_before_and_after)
{
	uint32_t random = (uint32_t)_i + 1;
	unsigned int passed = 0;
	uint8_t real[PACKET_MAX];
	size_t n = unhex(real, client_frames[_i].frame);

	for (unsigned int round = 0; round < 2000; round++) {
		uint8_t in[PACKET_MAX];
		uint8_t type[2];
		uint32_t address[2];
		struct result r;

		memcpy(in, real, n);
		for (unsigned int i = next_random(&random) % 4; i > 0; i--) {
			static const uint8_t telling[] = { 0, 1, 4, 50, 52, 53, 54, 255 };
			size_t at = AT_MSG + AT_OPTIONS + next_random(&random) % 40;

			if (at < n)
				in[at] = telling[next_random(&random) % COUNT(telling)];
		}
		packet_fix(in, n);
		r = judge(&answered, EG_FROM_GUEST, in, n);
		if (r.reason != EG_R_NONE)
			continue;
		passed++;
		read_as_slirp(in + AT_MSG, n - AT_MSG, &type[0], &address[0]);
		read_as_slirp(r.out + AT_MSG, OUT_MSG_LEN, &type[1], &address[1]);
		ck_assert_uint_eq(type[0], type[1]);
		/* It answers no others. */
		if (type[0] == BOOTP || type[0] == DISCOVER || type[0] == REQUEST)
			ck_assert_uint_eq(address[0], address[1]);
	}
	ck_assert_uint_gt(passed, 200);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dhcp_real");
	TCase *c = tcase_create("dhcp_real");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, real_messages_leave_rebuilt, 0, CLIENT_FRAMES);
	tcase_add_loop_test(c, nothing_else_rides_along, 0, CLIENT_FRAMES);
	tcase_add_loop_test(c, cut_messages_block, 0, CLIENT_FRAMES);
	tcase_add_loop_test(c, slirp_reads_the_same_before_and_after, 0, CLIENT_FRAMES);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
