/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dnscase.h"

#include "packet.h"

#include <check.h>
#include <stdlib.h>

/* A name of N labels' bytes, and the root's zero, all bytes of one value, in labels of 63. */
static struct eg_name name_of(size_t n, uint8_t value)
{
	struct eg_name name = { .len = (uint8_t)(n + 1) };

	memset(name.wire, value, n);
	for (size_t at = 0; at < n; at += 64) {
		size_t label = n - at - 1;

		name.wire[at] = (uint8_t)(label > 63 ? 63 : label);
	}
	/* What stands after it does not count. */
	memset(name.wire + n + 1, 'x', sizeof(name.wire) - n - 1);
	return name;
}

static const uint64_t all[EG_DNSCASE_NUMBERS] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
static const uint64_t none[EG_DNSCASE_NUMBERS];

START_TEST(letters_alone_change)
{
	for (unsigned value = 0; value < 256; value++) {
		struct eg_name name = name_of(20, (uint8_t)value);
		bool letter = value >= 'a' && value <= 'z';
		uint8_t out[EG_NAME_MAX + EG_DNSCASE_SPARE];

		eg_dnscase_toss(&name, all, out);
		ck_assert_uint_eq(out[0], 19);
		ck_assert_uint_eq(out[20], 0);
		for (size_t i = 1; i < 20; i++)
			ck_assert_uint_eq(out[i], letter ? value - 0x20 : value);
		eg_dnscase_toss(&name, none, out);
		ck_assert_mem_eq(out, name.wire, 21);
	}
}
END_TEST

/* Each letter has a bit of its own: with one bit set one letter changes, or none. */
START_TEST(each_letter_has_its_own_bit)
{
	unsigned changed = 0;

	for (size_t n = 2; n <= 254; n += 7) {
		struct eg_name name = name_of(n, 'q');
		unsigned seen[EG_NAME_MAX] = { 0 };

		for (size_t bit = 0; bit < 256; bit++) {
			uint64_t random[EG_DNSCASE_NUMBERS] = { 0 };
			uint8_t out[EG_NAME_MAX + EG_DNSCASE_SPARE];

			random[bit / 64] = UINT64_C(1) << bit % 64;
			eg_dnscase_toss(&name, random, out);
			for (size_t i = 0; i < n; i++)
				seen[i] += out[i] != name.wire[i];
		}
		for (size_t i = 0; i < n; i++) {
			ck_assert_uint_eq(seen[i], i % 64 != 0);
			changed += seen[i];
		}
	}
	ck_assert_uint_gt(changed, 1000);
}
END_TEST

START_TEST(what_was_written_comes_back)
{
	uint32_t state = 1;

	for (size_t n = 2; n <= 254; n++) {
		struct eg_name name = name_of(n, 'm');
		uint8_t *raw = guarded_copy(name.wire, name.len),
			*back = guarded_copy(NULL, name.len);
		struct eg_dnscase c;

		for (size_t i = 0; i < n; i++)
			if (i % 64 && (state = state * 1664525 + 1013904223) >> 31)
				raw[i] = 'M';
		eg_dnscase_keep(&c, &name, raw);
		eg_dnscase_restore(&c, &name, back);
		ck_assert_mem_eq(raw, back, name.len);
		guarded_free(raw, name.len);
		guarded_free(back, name.len);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dnscase");
	TCase *c = tcase_create("dnscase");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, letters_alone_change);
	tcase_add_test(c, each_letter_has_its_own_bit);
	tcase_add_test(c, what_was_written_comes_back);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
