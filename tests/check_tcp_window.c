/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tcp_link.h"

#include "packet.h"

#include <stdlib.h>

START_TEST(nothing_comes_behind_a_fin)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, GUEST, A, 1, 1, 1000, 100);
	PASSES(&l, GUEST, F | A, 101, 1, 1000, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 102, 1, 1000, 1);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 101, 1, 1000, 2);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 103, 1, 1000, 0);
	PASSES(&l, GUEST, A, 102, 1, 1000, 0);
	PASSES(&l, GUEST, A, 1, 1, 1000, 100); /* again */
	/* The FIN stays where it is. */
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, F | A, 102, 1, 1000, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, F | A, 100, 1, 1000, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, F | A, 101, 1, 1000, 1);
	PASSES(&l, GUEST, F | A, 1, 1, 1000, 100);
}
END_TEST

START_TEST(fin_does_not_take_back_what_was_sent)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, GUEST, A, 1, 1, 1000, 100);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, F | A, 50, 1, 1000, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, F | A, 1, 1, 1000, 98);
	STATE_IS(&l, ESTABLISHED);
	/* An acknowledgement that overtook the FIN has its number already. */
	PASSES(&l, GUEST, A, 102, 1, 1000, 0);
	PASSES(&l, GUEST, F | A, 101, 1, 1000, 0);
	STATE_IS(&l, FIN_SENT);
}
END_TEST

/* Where things stand: the host sent 500 bytes of which 300 are acknowledged, the guest
 * 400, of which 200 are; so the guest may send up to 1201 and the host up to 2301. */
static const struct {
	enum eg_dir dir;
	uint8_t flags;
	uint16_t len;
	uint32_t seq, ack;
	enum eg_reason want;
} rows[] = {
	{ GUEST, A, 800, 401, 501, EG_R_NONE },       /* all that is allowed */
	{ GUEST, A, 801, 401, 501, EG_R_TCP_WINDOW }, /* and one byte */
	{ GUEST, A, 0, 1201, 501, EG_R_NONE },        /* empty at the edge */
	{ GUEST, A, 0, 1202, 501, EG_R_TCP_WINDOW },
	{ GUEST, A, 1, 1201, 501, EG_R_TCP_WINDOW },
	{ GUEST, F | A, 0, 1201, 501, EG_R_NONE }, /* a FIN behind a full window */
	{ GUEST, F | A, 800, 401, 501, EG_R_NONE },
	{ GUEST, F | A, 801, 401, 501, EG_R_TCP_WINDOW },
	{ GUEST, F | A, 0, 1202, 501, EG_R_TCP_WINDOW },
	{ GUEST, A, 200, 201, 501, EG_R_NONE },  /* again, all */
	{ GUEST, A, 7, 203, 501, EG_R_NONE },    /* again, some */
	{ GUEST, A, 1000, 201, 501, EG_R_NONE }, /* again, and new */
	{ GUEST, A, 1001, 201, 501, EG_R_TCP_WINDOW },
	{ GUEST, A, 1, 400, 501, EG_R_NONE },         /* keepalive with a byte */
	{ GUEST, A, 0, 200, 501, EG_R_NONE },         /* window probe as Linux sends it */
	{ GUEST, A, 0, 401u - 1001, 501, EG_R_NONE }, /* one window and one below */
	{ GUEST, A, 0, 401u - 1002, 501, EG_R_TCP_WINDOW },
	{ GUEST, A, 1200, 401u - 1002, 501, EG_R_TCP_WINDOW },
	{ GUEST, A, 0, 401 + 0x80000000, 501, EG_R_TCP_WINDOW },
	{ GUEST, A, 0, 1201u + 0x7fffffff, 501, EG_R_TCP_WINDOW },
	{ GUEST, A, 0, 401, 502, EG_R_TCP_WINDOW }, /* never sent */
	{ GUEST, A, 5, 401, 0x80000000, EG_R_TCP_WINDOW },
	{ GUEST, F | A, 0, 401, 502, EG_R_TCP_WINDOW },
	{ GUEST, A, 0, 401, 301, EG_R_NONE }, /* duplicate */
	{ GUEST, A, 0, 401, 201, EG_R_NONE }, /* overtaken */
	{ GUEST, A, 0, 401, 501u - 2000 - 66000, EG_R_NONE },
	{ GUEST, A, 0, 401, 501u - 2001 - 66000, EG_R_TCP_WINDOW },
	{ HOST, A, 1800, 501, 401, EG_R_NONE },
	{ HOST, A, 1801, 501, 401, EG_R_TCP_WINDOW },
	{ HOST, A, 0, 501u - 2001, 401, EG_R_NONE },
	{ HOST, A, 0, 501u - 2002, 401, EG_R_TCP_WINDOW },
	{ HOST, A, 0, 501, 402, EG_R_TCP_WINDOW },
	{ HOST, A, 0, 501, 401u - 1001 - 66000, EG_R_TCP_WINDOW },
	{ GUEST, R | A, 0, 200, 501, EG_R_TCP_WINDOW }, /* before what the host expects */
	{ GUEST, R | A, 0, 201, 501, EG_R_NONE },
	{ GUEST, R | A, 0, 1201, 501, EG_R_NONE },
	{ GUEST, R | A, 0, 1202, 501, EG_R_TCP_WINDOW },
	{ GUEST, R, 0, 201 + 0x80000000, 0, EG_R_TCP_WINDOW },
	{ HOST, R, 0, 300, 0, EG_R_TCP_WINDOW },
	{ HOST, R, 0, 301, 0, EG_R_NONE },
	{ HOST, R | A | P, 100, 301, 401, EG_R_NONE }, /* BSD's abort */
	{ HOST, R, 0, 2301, 0, EG_R_NONE },
	{ HOST, R, 0, 2302, 0, EG_R_TCP_WINDOW },
};

START_TEST(numbers_must_lie_in_the_window)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct link l = link_at(_i, EG_TCP_ESTABLISHED);
		enum eg_reason r;

		PASSES(&l, HOST, A | P, 1, 1, HOST_WINDOW, 500);
		PASSES(&l, GUEST, A | P, 1, 301, GUEST_WINDOW, 400);
		PASSES(&l, HOST, A, 501, 201, HOST_WINDOW, 0);
		r = say(&l,
			says(rows[i].dir, rows[i].flags, rows[i].seq, rows[i].ack, 1, rows[i].len));
		ck_assert_msg(r == rows[i].want, "row %zu: %s", i, eg_reason_word(r));
	}
}
END_TEST

/* What may be sent is what was allowed at best: windows do not shrink here. */
START_TEST(window_moves_forward_only)
{
	struct link l = link_at(_i, EG_TCP_ESTABLISHED);

	PASSES(&l, HOST, A, 1, 1, 0, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 1, 1, 100, 1001);
	PASSES(&l, GUEST, A, 1, 1, 100, 1000);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 1001, 1, 100, 1);
	PASSES(&l, HOST, A, 1, 1001, 0, 0);
	PASSES(&l, GUEST, A, 1001, 1, 100, 1); /* a probe */
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 1001, 1, 100, 2);
	PASSES(&l, GUEST, A, 1000, 1, 100, 0); /* a probe as Linux sends it */
	PASSES(&l, HOST, A, 1, 1002, 300, 0);
	PASSES(&l, HOST, A, 1, 1, 100, 0); /* overtaken: takes nothing back */
	PASSES(&l, GUEST, A, 1002, 1, 100, 300);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 1302, 1, 100, 1);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, R, 1001, 0, 0, 0);
	PASSES(&l, GUEST, R, 1002, 0, 0, 0);
	STATE_IS(&l, CLOSED);
}
END_TEST

START_TEST(zero_window_in_the_syn_allows_a_probe)
{
	struct link l = new_link(_i);

	PASSES(&l, HOST, S, 0, 0, 0, 0);
	PASSES(&l, GUEST, S | A, 0, 1, 0, 0);
	BLOCKS(&l, EG_R_TCP_WINDOW, HOST, A, 1, 1, 0, 2);
	PASSES(&l, HOST, A, 1, 1, 0, 1);
	BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 1, 2, 0, 2);
	PASSES(&l, GUEST, A, 1, 2, 0, 1);
}
END_TEST

/* Shifts of the two SYNs' options (-1: none), and what a window of 3 then is. */
static const struct {
	int host, guest;
	uint32_t host_allows, guest_allows;
} scales[] = {
	{ -1, -1, 3, 3 },         { -1, 7, 3, 3 },          { 7, -1, 3, 3 },
	{ 0, 0, 3, 3 },           { 0, 4, 3, 48 },          { 4, 0, 48, 3 },
	{ 14, 13, 49152, 24576 }, { 15, 14, 49152, 49152 }, { 255, 31, 49152, 49152 },
};

/* S with option "window scale" of SHIFT, if not negative, written to OPTION. */
static struct says with_scale(struct says s, int shift, uint8_t option[4])
{
	const uint8_t bytes[4] = { 1, 3, 3, (uint8_t)shift };

	memcpy(option, bytes, sizeof(bytes));
	return with_options(s, option, shift < 0 ? 0 : sizeof(bytes));
}

START_TEST(windows_scale_if_both_ends_do)
{
	for (size_t i = 0; i < COUNT(scales); i++) {
		struct link l = new_link(_i);
		uint8_t option[2][4];
		struct says syn = says(HOST, S, 0, 0, 2, 0);
		struct says synack = says(GUEST, S | A, 0, 1, 2, 0);

		syn = with_scale(syn, scales[i].host, option[0]);
		synack = with_scale(synack, scales[i].guest, option[1]);
		ck_assert_int_eq(say(&l, syn), EG_R_NONE);
		ck_assert_int_eq(say(&l, synack), EG_R_NONE);
		/* The windows of the SYNs themselves are never scaled. */
		BLOCKS(&l, EG_R_TCP_WINDOW, HOST, A, 1, 1, 0, 3);
		PASSES(&l, HOST, A, 1, 1, 0, 2);
		BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 1, 3, 0, 3);
		PASSES(&l, GUEST, A, 1, 3, 3, 2);
		PASSES(&l, HOST, A, 3, 3, 3, 0);
		BLOCKS(&l, EG_R_TCP_WINDOW, GUEST, A, 4 + scales[i].host_allows, 3, 0, 0);
		PASSES(&l, GUEST, A, 3 + scales[i].host_allows, 3, 0, 0);
		BLOCKS(&l, EG_R_TCP_WINDOW, HOST, A, 4 + scales[i].guest_allows, 3, 0, 0);
		PASSES(&l, HOST, A, 3 + scales[i].guest_allows, 3, 0, 0);
	}
}
END_TEST

/* Options of SYNs, and whether they are in form. */
static const struct {
	const char *bytes;
	size_t n;
	bool fine;
} option_rows[] = {
	{ "\2\4\5\264", 4, true },
	{ "\2\4\5\264\4\2\10\12aaaabbbb\1\3\3\7", 20, true },         /* as Linux */
	{ "\2\4\5\264\1\3\3\10\1\1\4\2", 12, true },                  /* as Windows */
	{ "\2\4\5\264\1\3\3\6\1\1\10\12aaaabbbb\4\2\0\0", 24, true }, /* as macOS */
	{ "\0\0\0\0", 4, true },
	{ "\1\1\1\1", 4, true },
	{ "\1\1\1\0", 4, true },
	{ "\3\3\7\0", 4, true },
	{ "\42\4xy", 4, true }, /* unknown to us, of good length */
	{ "\5\4xy", 4, true },
	{ "\375\2\1\1", 4, true },
	{ "\0\1\0\0", 4, false }, /* something behind the end */
	{ "\0\0\0\1", 4, false },
	{ "\2\3\5\1", 4, false }, /* known, of wrong length */
	{ "\2\2\1\1", 4, false },
	{ "\3\4\7\1", 4, false },
	{ "\3\2\1\1", 4, false },
	{ "\4\3\1\1", 4, false },
	{ "\10\4\1\1", 4, false },
	{ "\3\3\7\1\3\3\7\1", 8, false }, /* twice */
	{ "\375\0\1\1", 4, false },       /* no length that can be */
	{ "\375\1\1\1", 4, false },
	{ "\1\1\1\375", 4, false }, /* cut short */
	{ "\1\1\3\3", 4, false },
	{ "\1\2\4\5", 4, false },
	{ "\375\5\1\1", 4, false },
	{ "\375\377\1\1", 4, false },
};

START_TEST(options_of_a_syn_must_be_in_form)
{
	for (size_t i = 0; i < COUNT(option_rows); i++) {
		enum eg_reason want = option_rows[i].fine ? EG_R_NONE : EG_R_TCP_FLAGS;
		struct link l = new_link(_i);

		ck_assert_int_eq(say(&l, with_options(says(HOST, S, 0, 0, 9, 0),
						      option_rows[i].bytes, option_rows[i].n)),
				 want);
		for (int state = EG_TCP_SYN_SENT; state <= EG_TCP_FIN_SENT; state++) {
			l = link_at(_i, (enum eg_tcp_state)state);
			ck_assert_int_eq(
				say(&l, with_options(says(GUEST, S | A, 0, 1, 9, 0),
						     option_rows[i].bytes, option_rows[i].n)),
				want);
		}
		/* Elsewhere they are a matter of the ends. */
		l = link_at(_i, EG_TCP_ESTABLISHED);
		ck_assert_int_eq(say(&l, with_options(says(GUEST, A, 1, 1, 9, 0),
						      option_rows[i].bytes, option_rows[i].n)),
				 EG_R_NONE);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tcp_window");
	TCase *c = tcase_create("tcp_window");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, nothing_comes_behind_a_fin, 0, LINK_STARTS);
	tcase_add_loop_test(c, fin_does_not_take_back_what_was_sent, 0, LINK_STARTS);
	tcase_add_loop_test(c, numbers_must_lie_in_the_window, 0, LINK_STARTS);
	tcase_add_loop_test(c, window_moves_forward_only, 0, LINK_STARTS);
	tcase_add_loop_test(c, zero_window_in_the_syn_allows_a_probe, 0, LINK_STARTS);
	tcase_add_loop_test(c, windows_scale_if_both_ends_do, 0, LINK_STARTS);
	tcase_add_loop_test(c, options_of_a_syn_must_be_in_form, 0, LINK_STARTS);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
