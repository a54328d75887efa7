/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siphash.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* The key of the paper's appendix A, bytes 00 to 0f. */
static const struct eg_seed paper = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

/* Messages 00 01 02 ... of 0 to 63 bytes under that key. Made by another
 * implementation, which also gives the paper's value for SipHash-2-4. */
static const uint64_t expected[64] = {
	0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb,
	0xcf75576088d38328, 0xdef9d52f49533b67, 0xc50d2b50c59f22a7, 0xd3927d989bb11140,
	0x369095118d299a8e, 0x25a48eb36c063de4, 0x79de85ee92ff097f, 0x70c118c1f94dc352,
	0x78a384b157b4d9a2, 0x306f760c1229ffa7, 0x605aa111c0f95d34, 0xd320d86d2a519956,
	0xcc4fdd1a7d908b66, 0x9cf2689063dbd80c, 0x8ffc389cb473e63e, 0xf21f9de58d297d1c,
	0xc0dc2f46a6cce040, 0xb992abfe2b45f844, 0x7ffe7b9ba320872e, 0x525a0e7fdae6c123,
	0xf464aeb267349c8c, 0x45cd5928705b0979, 0x3a3e35e3ca9913a5, 0xa91dc74e4ade3b35,
	0xfb0bed02ef6cd00d, 0x88d93cb44ab1e1f4, 0x540f11d643c5e663, 0x2370dd1f8c21d1bc,
	0x81157b6c16a7b60d, 0x4d54b9e57a8ff9bf, 0x759f12781f2a753e, 0xcea1a3bebf186b91,
	0x2cf508d3ada26206, 0xb6101c2da3c33057, 0xb3f47496ae3a36a1, 0x626b57547b108392,
	0xc1d2363299e41531, 0x667cc1923f1ad944, 0x65704ffec8138825, 0x24f280d1c28949a6,
	0xc2ca1cedfaf8876b, 0xc2164bfc9f042196, 0xa16e9c9368b1d623, 0x49fb169c8b5114fd,
	0x9f3143f8df074c46, 0xc6fdaf2412cc86b3, 0x7eaf49d10a52098f, 0x1cf313559d292f9a,
	0xc44a30dda2f41f12, 0x36fae98943a71ed0, 0x318fb34c73f0bce6, 0xa27abf3670a7e980,
	0xb4bcc0db243c6d75, 0x23f8d852fdb71513, 0x8f035f4da67d8a08, 0xd89cd0e5b7e8f148,
	0xf6f4e6bcf7a644ee, 0xaec59ad80f1837f2, 0xc3b2f6154b6694e0, 0x9d199062b7bbb3a8,
};

START_TEST(every_length_hashes_as_the_other_implementation_does)
{
	uint8_t message[64];

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (size_t n = 0; n < sizeof(message); n++) {
		uint8_t *copy = guarded_copy(message, n);

		ck_assert_uint_eq(eg_siphash13(&paper, copy, n), expected[n]);
		guarded_free(copy, n);
	}
}
END_TEST

START_TEST(words_hash_as_their_bytes_do)
{
	const uint64_t words[3] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x0000001413121110 };

	for (unsigned n = 0; n < 3; n++) {
		struct eg_sip s = eg_sip_begin(&paper);

		for (unsigned i = 0; i < n; i++)
			eg_sip_take(&s, words[i]);
		ck_assert_uint_eq(eg_sip_end(&s, (uint64_t)(8 * n) << 56), expected[8 * n]);
	}
	for (unsigned n = 0; n < 3; n++) {
		struct eg_sip s = eg_sip_begin(&paper);
		uint64_t last = (words[n] & 0xffffffffff) | (uint64_t)(8 * n + 5) << 56;

		for (unsigned i = 0; i < n; i++)
			eg_sip_take(&s, words[i]);
		ck_assert_uint_eq(eg_sip_end(&s, last), expected[8 * n + 5]);
	}
}
END_TEST

/* What CPython 3.11 says (its bytes hash with SipHash-1-3) with PYTHONHASHSEED 0,
 * which is a key of zeros, and 1. */
START_TEST(python_hashes_the_same)
{
	const struct eg_seed zero = { 0, 0 };
	const struct eg_seed one = { 0xaed66ce184be2329, 0xebe9bbf1f1499052 };

	ck_assert_uint_eq(eg_siphash13(&zero, "a", 1), 0x407448d2b89b1813);
	ck_assert_uint_eq(eg_siphash13(&zero, "abcdefgh", 8), 0x3f7b849c0b8e35ea);
	ck_assert_uint_eq(eg_siphash13(&one, "a", 1), 0xd6300bc9f7cc0e73);
	ck_assert_uint_eq(eg_siphash13(&one, "abcdefghi", 9), 0x6d3c39f07e99250c);
}
END_TEST

START_TEST(every_bit_of_message_and_key_matters)
{
	uint8_t message[40] = { 0 };
	uint64_t plain = eg_siphash13(&paper, message, sizeof(message));

	for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_uint_ne(eg_siphash13(&paper, message, sizeof(message)), plain);
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 128; bit++) {
		struct eg_seed seed = paper;

		*(bit < 64 ? &seed.k0 : &seed.k1) ^= 1ull << bit % 64;
		ck_assert_uint_ne(eg_siphash13(&seed, message, sizeof(message)), plain);
	}
}
END_TEST

/* The table takes the low bits as the bucket: they must spread for keys that a
 * guest's neighbours in ports make. */
START_TEST(low_bits_spread_over_buckets)
{
	unsigned int filled[1024] = { 0 };
	unsigned int most = 0;

	for (uint32_t i = 0; i < 4096; i++) {
		unsigned int *n = &filled[eg_siphash13(&paper, &i, sizeof(i)) % 1024];

		if (++*n > most)
			most = *n;
	}
	ck_assert_uint_lt(most, 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("siphash");
	TCase *c = tcase_create("siphash");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, every_length_hashes_as_the_other_implementation_does);
	tcase_add_test(c, words_hash_as_their_bytes_do);
	tcase_add_test(c, python_hashes_the_same);
	tcase_add_test(c, every_bit_of_message_and_key_matters);
	tcase_add_test(c, low_bits_spread_over_buckets);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
