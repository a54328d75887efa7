/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of a policy file: eg_words_apply_line. */
#include "flow.h"
#include "maker.h"

#include <errno.h>
#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(line_without_a_word_says_nothing)
{
	static const char *const lines[] = {
		"",   " ",   "\t \t", "\r", " \r", "#", "# resolve a.x", "\t# x", "#\xc3\xa4 \xff",
		"##", "#\r",
	};

	for (size_t i = 0; i < COUNT(lines); i++)
		ck_assert_msg(apply_line(lines[i]) == 0, "row %zu: %s", i, w->error);
	for (size_t i = 0; i < COUNT(w->said); i++)
		ck_assert(!w->said[i]);
}
END_TEST

START_TEST(line_is_a_word_and_its_values)
{
	static const char *const lines[] = {
		"resolve a.x b.x",       "resolve\ta.x\tb.x",         "  resolve   a.x,b.x  ",
		"resolve a.x b.x\r",     "resolve a.x b.x \t\r",      "resolve a.x b.x # c.x",
		"resolve a.x b.x\t#c.x", "resolve a.x b.x #\xc3\xa4", "\tresolve\t a.x b.x #a\r",
	};

	for (size_t i = 0; i < COUNT(lines); i++) {
		restart();
		ck_assert_msg(apply_line(lines[i]) == 0, "row %zu: %s", i, w->error);
		ck_assert(may("a.x") && may("b.x"));
		ck_assert_uint_eq(eg_nameset_count(w->policy->resolve), 2);
	}
}
END_TEST

START_TEST(single_value_is_the_rest_of_the_line)
{
	ck_assert_int_eq(apply_line(" vm \t my \"vm\" a#b, 'c' \\ \t # label\r"), 0);
	ck_assert_str_eq(w->policy->vm, "my \"vm\" a#b, 'c' \\");
	ck_assert_int_eq(apply_line("log /var/log/a b#c.pcap\r"), 0);
	ck_assert_str_eq(w->policy->log, "/var/log/a b#c.pcap");
}
END_TEST

static const struct {
	const char *line;
	size_t n; /* 0: to its NUL */
	const char *error;
} bad_lines[] = {
	{ "resolve", 0, "resolve: without a value" },
	{ "resolve \t", 0, "resolve: without a value" },
	{ "resolve #a.x", 0, "resolve: without a value" },
	{ "vm #1", 0, "vm: without a value" },
	{ "resolve=a.x", 0, "unknown word 'resolve=a.x'" },
	{ "resolve=a.x b.x", 0, "unknown word 'resolve=a.x'" },
	{ "resolve,a.x", 0, "unknown word 'resolve,a.x'" },
	{ "resolve#x a.x", 0, "unknown word 'resolve#x'" },
	{ "\"resolve\" a.x", 0, "unknown word '\"resolve\"'" },
	{ "[resolve=a.x]", 0, "unknown word '[resolve=a.x]'" },
	{ "action \"drop\"", 0, "action: '\"drop\"': neither reject nor drop" },
	{ "action drop drop", 0, "action: 'drop drop': neither reject nor drop" },
	{ "log a.pcap,", 0,
	  "log: 'a.pcap,': a file name that ends neither in .pcapng nor in .pcap" },
	{ "flows 1\r\r", 0, "'\\x0d': a control character" },
	{ "\rflows 1", 0, "'\\x0d': a control character" },
	{ "flows 1\r ", 0, "'\\x0d': a control character" },
	{ "flows 1\n", 0, "'\\x0a': a control character" },
	{ "flows 1\0", 8, "'\\x00': a control character" },
	{ "\0flows 1", 8, "'\\x00': a control character" },
	{ "# a\0b", 5, "'\\x00': a control character" },
	{ "# a\x1b[2J", 0, "'\\x1b': a control character" },
	{ "# a\nresolve b.x", 0, "'\\x0a': a control character" },
	{ "# \x7f", 0, "'\\x7f': a control character" },
	{ "\v# x", 0, "'\\x0b': a control character" },
	{ "vm a\fb", 0, "'\\x0c': a control character" },
	{ "vm \xc3\xa4 # x", 0, "'\\xc3': not ASCII, and in no comment" },
	{ "resolve a.x\xc2\xa0# x", 0, "'\\xc2': not ASCII, and in no comment" },
	{ "\xef\xbb\xbf# x", 0, "'\\xef': not ASCII, and in no comment" },
	{ "a.x", 0, "unknown word 'a.x'" },
};

START_TEST(bad_line_is_refused_by_name)
{
	const char *line = bad_lines[_i].line;
	size_t n = bad_lines[_i].n ? bad_lines[_i].n : strlen(line);

	ck_assert_msg(apply_bytes(line, n) == -EINVAL, "%s", line);
	check_error(bad_lines[_i].error);
	ck_assert_uint_eq(eg_nameset_count(w->policy->resolve), 0);
}
END_TEST

START_TEST(line_of_the_most_bytes_is_read_and_no_longer_one)
{
	char *line = malloc(EG_LINE_MAX + 1);

	ck_assert_ptr_nonnull(line);
	memset(line, ' ', EG_LINE_MAX + 1);
	memcpy(line, "resolve", 7);
	memcpy(line + EG_LINE_MAX - 3, "a.x", 3);
	ck_assert_int_eq(apply_bytes(line, EG_LINE_MAX), 0);
	ck_assert(may("a.x"));
	line[0] = '#';
	ck_assert_int_eq(apply_bytes(line, EG_LINE_MAX + 1), -EINVAL);
	check_error("a line of more than 65536 bytes");
	free(line);
}
END_TEST

START_TEST(line_full_of_names_is_read)
{
	char *line = malloc(EG_LINE_MAX);
	size_t n = 7;
	size_t names = 0;

	ck_assert_ptr_nonnull(line);
	memcpy(line, "resolve", n);
	for (; n + 8 < EG_LINE_MAX; names++)
		n += (size_t)snprintf(line + n, EG_LINE_MAX - n, " n%05zu", names);
	ck_assert_int_eq(apply_bytes(line, n), 0);
	ck_assert_uint_eq(eg_nameset_count(w->policy->resolve), names);
	free(line);
}
END_TEST

/* Whatever is said, a policy never grows past its room nor resolves what nobody
 * named, and an error can be printed. */
static void check_policy_is_sane(int rc)
{
	const struct eg_policy *p = w->policy;

	ck_assert(rc == 0 || rc == -EINVAL);
	if (rc)
		check_error_is_harmless();
	ck_assert_uint_le(p->resolver_count, EG_RESOLVERS_MAX);
	ck_assert_uint_le(p->dns_type_count, EG_DNS_TYPES_MAX);
	ck_assert(p->flows >= 1 && p->flows <= EG_FLOWS_MAX);
	ck_assert_ptr_nonnull(memchr(p->vm, '\0', sizeof(p->vm)));
	ck_assert_ptr_nonnull(memchr(w->policy_file, '\0', sizeof(w->policy_file)));
	ck_assert(!may("canary.invalid"));
	ck_assert(!eg_policy_has_dns_type(p, 255) && !eg_policy_has_dns_type(p, 0));
	ck_assert(!is_resolver4(127, 0, 0, 1) && !is_resolver4(0, 0, 0, 0));
}

static void cut_line(uint8_t *copy, size_t m, void *ctx)
{
	(void)ctx;
	restart();
	check_policy_is_sane(eg_words_apply_line(w, (const char *)copy, m));
}

START_TEST(line_cut_anywhere_is_harmless)
{
	static const char *const lines[] = {
		"resolve a.x *.b.x \t,c.x # \xc3\xa4\r",
		"dns 10.0.0.1 fd00::1",
		"dns-types A TYPE65",
		"dhcp-options 12,252",
		"action reject",
		"log /var/log/a.pcap",
		"flows 16777216",
		"vm label # x",
		"policy /etc/x",
		"\t # x",
		"resolve 1.2.3.4",
	};

	for (size_t i = 0; i < COUNT(lines); i++)
		guarded_each_cut(lines[i], strlen(lines[i]), cut_line, NULL);
}
END_TEST

static uint64_t random_state = 1;

/* SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every run. */
static size_t random_below(size_t n)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (size_t)((z ^ z >> 31) % n);
}

/* One line of pieces that mean something and bytes that do not. Returns its length. */
static size_t make_line(char *line, size_t max)
{
	static const char *const pieces[] = {
		"resolve",  "dns",     "dns-types", "action", "log",      "flows",  "vm",
		"policy",   " ",       " ",         "\t",     ",",        "a.x",    "*.b.x",
		"*",        "*.",      ".",         "1",      "0",        "A",      "TYPE65",
		"ANY",      "TYPE255", "drop",      "#",      "10.0.0.1", "fd00::", "127.0.0.1",
		"::ffff:",  "0.0.0.0", ".pcap",     "\xc3",   "\r",       "\n",     "'",
		"\\",       "invalid", " ",         " ",      " ",        " ",      "reject",
		"16777216", "example",
	};
	size_t n = 0;

	for (size_t k = random_below(8); k > 0; k--) {
		const char *piece = pieces[random_below(COUNT(pieces))];

		if (n + strlen(piece) + 1 > max)
			break;
		memcpy(line + n, piece, strlen(piece));
		n += strlen(piece);
		if (random_below(16) == 0)
			line[n++] = (char)random_below(256);
	}
	return n;
}

START_TEST(noise_is_harmless)
{
	size_t taken = 0;

	for (size_t i = 0; i < 50000; i++) {
		char line[256];
		size_t n = make_line(line, sizeof(line));
		int rc;

		if (random_below(8) == 0)
			restart();
		w->in_vnl = random_below(2);
		rc = apply_bytes(line, n);
		check_policy_is_sane(rc);
		taken += rc == 0;
	}
	ck_assert_uint_gt(taken, 5000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lines");
	TCase *t = tcase_create("lines");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, line_without_a_word_says_nothing);
	tcase_add_test(t, line_is_a_word_and_its_values);
	tcase_add_test(t, single_value_is_the_rest_of_the_line);
	tcase_add_loop_test(t, bad_line_is_refused_by_name, 0, COUNT(bad_lines));
	tcase_add_test(t, line_of_the_most_bytes_is_read_and_no_longer_one);
	tcase_add_test(t, line_full_of_names_is_read);
	tcase_add_test(t, line_cut_anywhere_is_harmless);
	tcase_add_test(t, noise_is_harmless);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
