/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lexicon.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct eg_lexicon l;

static unsigned int number(const char *word)
{
	return eg_lexicon_number(&l, word, strlen(word));
}

START_TEST(a_word_has_one_number)
{
	ck_assert_uint_eq(number("tcp-new"), 1);
	ck_assert_uint_eq(number("udp-new"), 2);
	ck_assert_uint_eq(number("tcp-new"), 1);
	ck_assert_uint_eq(number("tcp-ne"), 3);
	ck_assert_uint_eq(number("tcp-new2"), 4);
	ck_assert_str_eq(eg_lexicon_word(&l, 1), "tcp-new");
	ck_assert_str_eq(eg_lexicon_word(&l, 4), "tcp-new2");
}
END_TEST

START_TEST(no_word_is_number_0)
{
	ck_assert_str_eq(eg_lexicon_word(&l, 0), "-");
	ck_assert_uint_eq(number(""), 0);
	ck_assert_uint_eq(number("x"), 1);
	ck_assert_uint_eq(number(""), 0);
	ck_assert_str_eq(eg_lexicon_word(&l, 0), "-");
	ck_assert_str_eq(eg_lexicon_word(&l, 7), "-");
}
END_TEST

START_TEST(words_are_kept_as_they_are_shown)
{
	ck_assert_uint_eq(eg_lexicon_number(&l, "\x1b[", 2), 1);
	ck_assert_str_eq(eg_lexicon_word(&l, 1), "\\x1b[");
	ck_assert_uint_eq(eg_lexicon_number(&l, "\x1b[", 2), 1);
	ck_assert_uint_eq(eg_lexicon_number(&l, "ab", 2), 2);
	ck_assert_uint_eq(eg_lexicon_number(&l, "ab\0", 3), 3);
	ck_assert_str_eq(eg_lexicon_word(&l, 3), "ab\\x00");
}
END_TEST

START_TEST(a_long_word_is_cut)
{
	char word[2000];

	memset(word, 'w', sizeof(word));
	ck_assert_uint_eq(eg_lexicon_number(&l, word, sizeof(word)), 1);
	ck_assert_uint_eq(strlen(eg_lexicon_word(&l, 1)), EG_LEXICON_WORD_MAX - 1);
	ck_assert_uint_eq(eg_lexicon_number(&l, word, EG_LEXICON_WORD_MAX), 1);
	ck_assert_uint_eq(eg_lexicon_number(&l, word, EG_LEXICON_WORD_MAX - 1), 2);
}
END_TEST

START_TEST(words_without_room_are_the_others)
{
	char word[16];

	for (unsigned int i = 1; i < 200; i++) {
		snprintf(word, sizeof(word), "word%u", i);
		ck_assert_uint_eq(number(word), i < EG_LEXICON_MAX - 1 ? i : EG_LEXICON_MAX - 1);
	}
	ck_assert_uint_eq(number("word5"), 5);
	ck_assert_str_eq(eg_lexicon_word(&l, EG_LEXICON_MAX - 1), "(others)");
	ck_assert_str_eq(eg_lexicon_word(&l, EG_LEXICON_MAX - 2), "word62");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lexicon");
	TCase *c = tcase_create("lexicon");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, a_word_has_one_number);
	tcase_add_test(c, no_word_is_number_0);
	tcase_add_test(c, words_are_kept_as_they_are_shown);
	tcase_add_test(c, a_long_word_is_cut);
	tcase_add_test(c, words_without_room_are_the_others);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
