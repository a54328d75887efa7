/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"
#include "vnl.h"

#include <check.h>
#include <errno.h>
#include <libvdeplug_mod.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTIONS = 4, ERROR_MAX = 128 };

struct good {
	const char *text;
	const char *nested;
	size_t count;
	struct eg_vnl_option options[OPTIONS];
};

static const struct good good[] = {
	/* Both parts may be missing. */
	{ "", NULL, 0, { { 0 } } },
	{ "[]", NULL, 0, { { 0 } } },
	{ "{n}", "n", 0, { { 0 } } },
	{ "[]{n}", "n", 0, { { 0 } } },
	{ "[a=1]{n}", "n", 1, { { "a", "1" } } },
	/* Options: order and repeats stay. */
	{ "[a]", NULL, 1, { { "a", NULL } } },
	{ "[a=]", NULL, 1, { { "a", "" } } },
	{ "[a=\"\"]", NULL, 1, { { "a", "" } } },
	{ "[a=''/b]", NULL, 2, { { "a", "" }, { "b", NULL } } },
	{ "[b=1/a=2/b=3]", NULL, 3, { { "b", "1" }, { "a", "2" }, { "b", "3" } } },
	{ "[a=b=c]", NULL, 1, { { "a", "b=c" } } },
	{ "[ a = 1 ]", NULL, 1, { { " a ", " 1 " } } },
	/* Quotes: literal inside, the other kind too; they may start anywhere. */
	{ "[a=\"x/y\"]", NULL, 1, { { "a", "x/y" } } },
	{ "[a='[{}]/'/b=2]", NULL, 2, { { "a", "[{}]/" }, { "b", "2" } } },
	{ "[a=\"it's\"/b='\"']", NULL, 2, { { "a", "it's" }, { "b", "\"" } } },
	{ "[a='\\%41'/b=\"\\%41\"]", NULL, 2, { { "a", "\\%41" }, { "b", "\\%41" } } },
	{ "[a=x'y'\"z\"w]", NULL, 1, { { "a", "xyzw" } } },
	{ "['a'\"b\"=1]", NULL, 1, { { "ab", "1" } } },
	{ "['a=1']", NULL, 1, { { "a", "1" } } },
	{ "[a'='1]", NULL, 1, { { "a", "1" } } },
	/* Escapes. */
	{ "[a=\\/\\[\\]\\{\\}\\\\\\'\\\"\\%\\x]", NULL, 1, { { "a", "/[]{}\\'\"%x" } } },
	{ "[a=\\%41]", NULL, 1, { { "a", "%41" } } },
	{ "[\\a\\=1]", NULL, 1, { { "a", "1" } } },
	{ "[a=%41%7a%7A%2f%5D%22%27%5c%25]", NULL, 1, { { "a", "Azz/]\"'\\%" } } },
	{ "[a=%ff%01]", NULL, 1, { { "a", "\xff\x01" } } },
	{ "[%61%3D1]", NULL, 1, { { "a", "1" } } },
	/* A % without two digits is itself; what it makes is not read again. */
	{ "[a=%]", NULL, 1, { { "a", "%" } } },
	{ "[a=%4]", NULL, 1, { { "a", "%4" } } },
	{ "[a=%4/b=%]", NULL, 2, { { "a", "%4" }, { "b", "%" } } },
	{ "[a=%g1%1g%%41%4%41]", NULL, 1, { { "a", "%g1%1g%A%4A" } } },
	{ "[a=%4'1'%'41'%4\\1%\\41]", NULL, 1, { { "a", "%41%41%41%41" } } },
	{ "[a=%2541]", NULL, 1, { { "a", "%41" } } },
	{ "[a='%00']", NULL, 1, { { "a", "%00" } } },
	{ "[a=\\%00]", NULL, 1, { { "a", "%00" } } },
	{ "[a=\xc3\xa4]", NULL, 1, { { "a", "\xc3\xa4" } } },
	/* The network stays as it is, whatever it is. */
	{ "{slirp:///tcpfwd=127.0.0.1:2222:10.0.2.15:22}",
	  "slirp:///tcpfwd=127.0.0.1:2222:10.0.2.15:22",
	  0,
	  { { 0 } } },
	{ "[a=1]{x://[b=\"c/\\\"]{y://[d='}']{}}}",
	  "x://[b=\"c/\\\"]{y://[d='}']{}}",
	  1,
	  { { "a", "1" } } },
	{ "{a]b[c/%41\\}'{'\"}\"\\{\\\\%4}", "a]b[c/%41\\}'{'\"}\"\\{\\\\%4", 0, { { 0 } } },
	{ "{''}", "''", 0, { { 0 } } },
	{ "{{}}", "{}", 0, { { 0 } } },
	{ "{{a}{b}}", "{a}{b}", 0, { { 0 } } },
	/* Quoted delimiters in front of the network move nothing. */
	{ "[a='{{{'/b=\"}\"]{n}", "n", 2, { { "a", "{{{" }, { "b", "}" } } },
};

static const struct bad {
	const char *text;
	const char *error;
} bad[] = {
	/* Nothing before, between or behind the parts, which keep their order. */
	{ "x", "character 1: neither [options] nor {network}" },
	{ " ", "character 1: neither [options] nor {network}" },
	{ "/", "character 1: neither [options] nor {network}" },
	{ "]", "character 1: neither [options] nor {network}" },
	{ "}", "character 1: neither [options] nor {network}" },
	{ "''", "character 1: neither [options] nor {network}" },
	{ "\\[a]", "character 1: neither [options] nor {network}" },
	{ "path[a=1]", "character 1: neither [options] nor {network}" },
	{ "slirp://", "character 1: neither [options] nor {network}" },
	{ "/resolve=a", "character 1: neither [options] nor {network}" },
	{ " [a]", "character 1: neither [options] nor {network}" },
	{ "[a] {n}", "character 4: neither [options] nor {network}" },
	{ "[a=1]]", "character 6: neither [options] nor {network}" },
	{ "[a=1]x", "character 6: neither [options] nor {network}" },
	{ "[a=1]/b=2", "character 6: neither [options] nor {network}" },
	{ "[a][b]", "character 4: neither [options] nor {network}" },
	{ "[a=1]''", "character 6: neither [options] nor {network}" },
	{ "{n}x", "character 4: nothing may stand behind the braces" },
	{ "{n}{m}", "character 4: nothing may stand behind the braces" },
	{ "{n}}", "character 4: nothing may stand behind the braces" },
	{ "{n}[a=1]", "character 4: nothing may stand behind the braces" },
	{ "{n} ", "character 4: nothing may stand behind the braces" },
	{ "{n}''", "character 4: nothing may stand behind the braces" },
	/* Options. */
	{ "[", "character 2: the bracket is not closed" },
	{ "[a=1", "character 5: the bracket is not closed" },
	{ "[a=1\\]", "character 7: the bracket is not closed" },
	{ "[a=1%5d", "character 8: the bracket is not closed" },
	{ "[a=1{n}", "character 5: a bracket or brace in an option must be quoted" },
	{ "[a=[]", "character 4: a bracket or brace in an option must be quoted" },
	{ "[[]", "character 2: a bracket or brace in an option must be quoted" },
	{ "[a=}]", "character 4: a bracket or brace in an option must be quoted" },
	{ "[a=x}", "character 5: a bracket or brace in an option must be quoted" },
	{ "[/]", "character 2: an option without a word" },
	{ "[/a=1]", "character 2: an option without a word" },
	{ "[a=1/]", "character 6: an option without a word" },
	{ "[a//b]", "character 4: an option without a word" },
	{ "[a=1/=2]", "character 6: an option without a word" },
	{ "[=]", "character 2: an option without a word" },
	{ "['']", "character 2: an option without a word" },
	{ "['=x']", "character 2: an option without a word" },
	{ "[\"\"=x]", "character 2: an option without a word" },
	{ "[%3d]", "character 2: an option without a word" },
	/* Quotes and escapes that do not end; bytes that would end the text. */
	{ "[a='1]", "character 4: a quote that is not closed" },
	{ "[a=\"1']{n}", "character 4: a quote that is not closed" },
	{ "[a='1'/b=\"]", "character 10: a quote that is not closed" },
	{ "[a=\\", "character 4: a backslash with nothing behind it" },
	{ "[a=%00]", "character 4: a zero byte" },
	{ "[%00a]", "character 2: a zero byte" },
	{ "[a=x/b=%00", "character 8: a zero byte" },
	{ "[a=%%00]", "character 5: a zero byte" },
	/* Networks. */
	{ "{", "character 2: the brace is not closed" },
	{ "{}", "character 2: no network in the braces" },
	{ "[a=1]{}", "character 7: no network in the braces" },
	{ "{n", "character 3: the brace is not closed" },
	{ "{{n}", "character 5: the brace is not closed" },
	{ "{n\\}", "character 5: the brace is not closed" },
	{ "{n%7d", "character 6: the brace is not closed" },
	{ "{n'}", "character 3: a quote that is not closed" },
	{ "{n\\", "character 3: a backslash with nothing behind it" },
	{ "{%00}", "character 2: a zero byte" },
	/* A fault in the network undoes good options. */
	{ "[a=1/b=2]{n}x", "character 13: nothing may stand behind the braces" },
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_is(const struct eg_vnl *v, const struct good *g)
{
	ck_assert_msg(v->count == g->count, "%s: %zu options", g->text, v->count);
	ck_assert_msg(same(v->nested, g->nested), "%s: nested %s", g->text, v->nested);
	for (size_t i = 0; i < g->count; i++) {
		ck_assert_msg(same(v->options[i].word, g->options[i].word), "%s: word %s", g->text,
			      v->options[i].word);
		ck_assert_msg(same(v->options[i].value, g->options[i].value), "%s: value %s",
			      g->text, v->options[i].value);
	}
}

static bool holds_nothing(const struct eg_vnl *v)
{
	return !v->options && v->count == 0 && !v->nested && !v->text;
}

START_TEST(good_form_is_split)
{
	const struct good *g = &good[_i];
	char error[ERROR_MAX] = "";
	struct eg_vnl v;
	int rc = eg_vnl_parse(&v, g->text, error, sizeof(error));

	ck_assert_msg(rc == 0, "%s: %s", g->text, error);
	check_is(&v, g);
	eg_vnl_clear(&v);
	ck_assert(holds_nothing(&v));
}
END_TEST

START_TEST(bad_form_is_refused_and_located)
{
	const struct bad *b = &bad[_i];
	char error[ERROR_MAX] = "";
	struct eg_vnl v;

	ck_assert_msg(eg_vnl_parse(&v, b->text, error, sizeof(error)) == -EINVAL, "%s", b->text);
	ck_assert_str_eq(error, b->error);
	ck_assert(holds_nothing(&v));
}
END_TEST

/* A text cut anywhere is either refused, or nothing (""), or whole but for a network. */
START_TEST(cut_form_is_refused)
{
	const struct good *g = &good[_i];
	size_t n = strlen(g->text);

	for (size_t m = 1; m < n; m++) {
		char *text = guarded_copy(g->text, m + 1);
		char error[ERROR_MAX] = "";
		struct eg_vnl v;
		int rc;

		text[m] = '\0';
		rc = eg_vnl_parse(&v, text, error, sizeof(error));
		if (rc == 0)
			ck_assert_msg(text[m - 1] == ']' && (g->text[m] == '{'), "%s", text);
		else
			ck_assert_int_eq(rc, -EINVAL);
		eg_vnl_clear(&v);
		guarded_free(text, m + 1);
	}
}
END_TEST

/* What libvdeplug leaves of a file's VNL: N bytes of options, and no network. */
static int parse_options_of(size_t n, char error[ERROR_MAX])
{
	char *text = malloc(n + 1);
	struct eg_vnl v;
	int rc;

	ck_assert_ptr_nonnull(text);
	memset(text, 'a', n);
	memcpy(text, "[vm=", 4);
	text[n - 1] = ']';
	text[n] = '\0';
	rc = eg_vnl_parse(&v, text, error, ERROR_MAX);
	eg_vnl_clear(&v);
	free(text);
	return rc;
}

START_TEST(where_libvdeplug_cuts_a_network_must_be_named)
{
	char error[ERROR_MAX] = "";

	ck_assert_int_eq(parse_options_of(4084, error), 0);
	ck_assert_int_eq(parse_options_of(4085, error), -EINVAL);
	ck_assert_str_eq(error, "character 4086: libvdeplug may have cut it here: name the network "
				"in braces");
	ck_assert_int_eq(parse_options_of(4086, error), 0);
}
END_TEST

START_TEST(error_fits_its_buffer)
{
	char error[4] = { 'x', 'x', 'x', 'x' };
	struct eg_vnl v;

	ck_assert_int_eq(eg_vnl_parse(&v, "x", error, 1), -EINVAL);
	ck_assert_mem_eq(error, "\0xxx", 4);
	ck_assert_int_eq(eg_vnl_parse(&v, "x", error, 3), -EINVAL);
	ck_assert_mem_eq(error, "ch\0x", 4);
}
END_TEST

START_TEST(clear_of_nothing_is_fine)
{
	struct eg_vnl v = { 0 };

	eg_vnl_clear(&v);
	ck_assert(holds_nothing(&v));
}
END_TEST

/* Long texts: time stays linear, nothing is cut. */
START_TEST(many_options_are_all_there)
{
	enum { N = 100000 };
	char *text = malloc(4 * N + 2);
	char error[ERROR_MAX] = "";
	struct eg_vnl v;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < N; i++)
		memcpy(text + 4 * i, i ? "/a=1" : "[a=1", 4);
	strcpy(text + 4 * (size_t)N, "]");
	ck_assert_int_eq(eg_vnl_parse(&v, text, error, sizeof(error)), 0);
	ck_assert_uint_eq(v.count, N);
	for (size_t i = 0; i < N; i++)
		ck_assert(same(v.options[i].word, "a") && same(v.options[i].value, "1"));
	eg_vnl_clear(&v);
	free(text);
}
END_TEST

/*
 * Against libvdeplug's own parsers: what we accept means the same to them.
 */

static uint64_t random_state;

/* SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every run. */
static size_t random_below(size_t n)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (size_t)((z ^ z >> 31) % n);
}

static const char *const words[OPTIONS] = { "a", "bc", "de-f", "41" };

/* What libvdeplug makes of the VNL whose options end at OPTIONS_LEN. Returns false where it
 * refuses. */
static bool theirs(const char *text, size_t options_len, char *copy, char *values[OPTIONS])
{
	struct vdeparms parms[OPTIONS + 1] = { { 0 } };

	for (size_t i = 0; i < OPTIONS; i++) {
		values[i] = NULL;
		parms[i] = (struct vdeparms){ (char *)(uintptr_t)words[i], &values[i] };
	}
	memcpy(copy, text, options_len);
	copy[options_len] = '\0';
	return vde_parsepathparms(copy, parms) == 0;
}

/* The last value of WORD in V: NULL where it is not there, "" for none, as libvdeplug has it. */
static const char *last_value(const struct eg_vnl *v, const char *word)
{
	const char *value = NULL;

	for (size_t i = 0; i < v->count; i++) {
		if (strcmp(v->options[i].word, word) == 0)
			value = v->options[i].value ? v->options[i].value : "";
	}
	return value;
}

/* Whether all words of V are among those that both parsers know: libvdeplug takes prefixes. */
static bool all_known(const struct eg_vnl *v)
{
	for (size_t i = 0; i < v->count; i++) {
		size_t k = 0;

		while (k < OPTIONS && strcmp(v->options[i].word, words[k]) != 0)
			k++;
		if (k == OPTIONS)
			return false;
	}
	return true;
}

/* Compare both parsers on TEXT (shorter than 256). Returns whether there was something to compare.
 */
static bool compare(const char *text)
{
	char copy[256], nested_copy[256], error[ERROR_MAX];
	char *values[OPTIONS];
	char *nested;
	size_t behind;
	struct eg_vnl v;
	bool known;

	if (eg_vnl_parse(&v, text, error, sizeof(error)) != 0)
		return false;
	strcpy(nested_copy, text);
	nested = vde_parsenestparms(nested_copy);
	ck_assert_msg(*text == '\0' || same(v.nested, nested), "%s: nested %s", text, nested);
	behind = v.nested ? strlen(v.nested) + 2 : 0;
	known = v.count > 0 && all_known(&v);
	if (known) {
		ck_assert_msg(theirs(text, strlen(text) - behind, copy, values), "%s", text);
		for (size_t i = 0; i < OPTIONS; i++)
			ck_assert_msg(same(last_value(&v, words[i]), values[i]), "%s: %s", text,
				      words[i]);
	}
	eg_vnl_clear(&v);
	return known;
}

struct maker {
	char text[256];
	size_t n;
};

static void put(struct maker *m, const char *s)
{
	while (*s && m->n < sizeof(m->text) - 1)
		m->text[m->n++] = *s++;
	m->text[m->n] = '\0';
}

static void put_one_of(struct maker *m, const char *const *pieces, size_t n)
{
	put(m, pieces[random_below(n)]);
}

/* A piece of a value, all kinds of quoting. */
static void put_piece(struct maker *m)
{
	static const char *const pieces[] = {
		"x",     "7",      "a",    "=",     "%",      "%4",   "%41",   "%2f",
		"%5D",   "%7b",    "%25",  "%%",    "%g",     "\\/",  "\\]",   "\\'",
		"\\\\",  "\\%",    "''",   "'/'",   "'[]{}'", "'\\'", "'%41'", "\"'\"",
		"\"]\"", "\"\\\"", "'\"'", "\"{\"", ",",      " ",    "%27",   "%22",
		"\\\"",  "\xc3",   "%ff",  "\\[",   "\\{",    "4",    "1",     "f",
	};

	put_one_of(m, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

static void put_network(struct maker *m)
{
	static const char *const networks[] = {
		"",         "",          "{n}",      "{slirp://}", "{x://[a='}']{y}}",
		"{'{'\\}}", "{\"a\\\"}", "{%7d%7B}",
	};

	put_one_of(m, networks, sizeof(networks) / sizeof(networks[0]));
}

static void make_vnl(struct maker *m)
{
	m->n = 0;
	put(m, "[");
	for (size_t i = 0, n = 1 + random_below(4); i < n; i++) {
		if (i)
			put(m, "/");
		put_one_of(m, words, OPTIONS);
		if (random_below(8) == 0)
			continue;
		put(m, "=");
		for (size_t k = random_below(7); k > 0; k--)
			put_piece(m);
	}
	put(m, "]");
	put_network(m);
}

/* Anything at all over the characters that matter. */
static void make_noise(struct maker *m)
{
	static const char *const pieces[] = { "a", "bc", "=",  "/", "[", "]", "{", "}",
					      "'", "\"", "\\", "%", "4", "1", "d" };

	m->n = 0;
	if (random_below(2))
		put(m, "[a=");
	for (size_t k = random_below(12); k > 0; k--)
		put_one_of(m, pieces, sizeof(pieces) / sizeof(pieces[0]));
	if (random_below(2))
		put(m, "]");
}

START_TEST(accepted_vnl_means_the_same_to_libvdeplug)
{
	size_t compared = 0;

	random_state = 1;
	for (size_t i = 0; i < 50000; i++) {
		struct maker m;

		make_vnl(&m);
		compared += compare(m.text);
	}
	ck_assert_uint_gt(compared, 45000);
}
END_TEST

START_TEST(accepted_noise_means_the_same_to_libvdeplug)
{
	size_t compared = 0;

	random_state = 2;
	for (size_t i = 0; i < 200000; i++) {
		struct maker m;

		make_noise(&m);
		compared += compare(m.text);
	}
	ck_assert_uint_gt(compared, 2000);
}
END_TEST

/* What makes a splitter of our own necessary; should libvdeplug change, read it again. */
START_TEST(libvdeplug_takes_what_we_refuse)
{
	char copy[256];
	char *values[OPTIONS];
	const char *loose[] = { "[b=1]", "[a=1]x", "[a=1", "[a='1]", "x[a=1]", "[a=1/]" };

	for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++) {
		char error[ERROR_MAX];
		struct eg_vnl v;

		ck_assert_msg(theirs(loose[i], strlen(loose[i]), copy, values), "%s", loose[i]);
		if (i == 0)
			continue; /* a prefix: the table of words refuses it */
		ck_assert_int_eq(eg_vnl_parse(&v, loose[i], error, sizeof(error)), -EINVAL);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vnl");
	TCase *t = tcase_create("vnl");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, good_form_is_split, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, bad_form_is_refused_and_located, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(t, cut_form_is_refused, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_test(t, where_libvdeplug_cuts_a_network_must_be_named);
	tcase_add_test(t, error_fits_its_buffer);
	tcase_add_test(t, clear_of_nothing_is_fine);
	tcase_add_test(t, many_options_are_all_there);
	tcase_add_test(t, accepted_vnl_means_the_same_to_libvdeplug);
	tcase_add_test(t, accepted_noise_means_the_same_to_libvdeplug);
	tcase_add_test(t, libvdeplug_takes_what_we_refuse);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
