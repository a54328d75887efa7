/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "name.h"

#include "packet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A string's bytes, NULs inside included, with the one behind it or without. */
#define WIRE(s) (s), sizeof(s)
#define TEXT(s) (s), sizeof(s) - 1

/* Take a name from a guarded copy of N bytes at P; *LEFT is what stays in the reader. */
static bool take(struct eg_name *name, const void *p, size_t n, size_t *left)
{
	uint8_t *copy = guarded_copy(p, n);
	struct eg_reader r = eg_reader(copy, n);
	bool ok = eg_name_take(&r, name);

	ck_assert_int_eq(ok, !r.bad);
	*left = r.left;
	guarded_free(copy, n);
	return ok;
}

static const char *parse(struct eg_name *name, const char *text, size_t n)
{
	char *copy = guarded_copy(text, n);
	const char *why = eg_name_parse(name, copy, n);

	guarded_free(copy, n);
	return why;
}

static struct eg_name taken(const void *p, size_t n)
{
	struct eg_name name;
	size_t left;

	ck_assert(take(&name, p, n, &left));
	ck_assert_uint_eq(left, 0);
	return name;
}

/* COUNT labels of SIZE times 'a' each, then one of LAST where that is not 0, then the
 * root: at most 300 bytes. */
static size_t labels(uint8_t *p, size_t count, size_t size, size_t last)
{
	size_t n = 0;

	for (size_t i = 0; i < count + (last > 0); i++) {
		size_t len = i < count ? size : last;

		p[n++] = (uint8_t)len;
		memset(p + n, 'a', len);
		n += len;
	}
	p[n++] = 0;
	return n;
}

static const struct {
	const char *bytes;
	size_t n;
	const char *wire;
	size_t len;
	unsigned labels;
} good[] = {
	{ WIRE(""), WIRE(""), 0 },
	{ WIRE("\1a"), WIRE("\1a"), 1 },
	{ WIRE("\7EXAMPLE\3oRg"), WIRE("\7example\3org"), 2 },
	{ WIRE("\2\0\0"), WIRE("\2\0\0"), 1 },
	{ WIRE("\7a.b.c.d"), WIRE("\7a.b.c.d"), 1 },
	/* The neighbours of the letters, and letters of other alphabets, are not folded. */
	{ WIRE("\4@[`{"), WIRE("\4@[`{"), 1 },
	{ WIRE("\4\xc1\xda\xc4\xe4"), WIRE("\4\xc1\xda\xc4\xe4"), 1 },
	{ WIRE("\32ABCDEFGHIJKLMNOPQRSTUVWXYZ"), WIRE("\32abcdefghijklmnopqrstuvwxyz"), 1 },
	{ WIRE("\77AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
	  WIRE("\77aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 1 },
};

START_TEST(take_folds_ascii_letters_and_nothing_else)
{
	struct eg_name name;
	size_t left;

	ck_assert(take(&name, good[_i].bytes, good[_i].n, &left));
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_eq(name.len, good[_i].len);
	ck_assert_uint_eq(name.labels, good[_i].labels);
	ck_assert_mem_eq(name.wire, good[_i].wire, good[_i].len);
}
END_TEST

START_TEST(take_of_any_cut_name_fails)
{
	for (size_t n = 0; n < good[_i].n; n++) {
		struct eg_name name = { .len = 9, .labels = 9 };
		size_t left;

		ck_assert_msg(!take(&name, good[_i].bytes, n, &left), "%zu bytes", n);
		ck_assert_uint_eq(name.len, 0);
		ck_assert_uint_eq(name.labels, 0);
	}
}
END_TEST

START_TEST(take_refuses_pointers_and_extended_labels)
{
	uint8_t bytes[1 + 255 + 1];

	for (unsigned length = 64; length < 256; length++) {
		struct eg_name name;
		size_t left;

		memset(bytes, 0, sizeof(bytes));
		bytes[0] = (uint8_t)length;
		ck_assert(!take(&name, bytes, sizeof(bytes), &left));
		memcpy(bytes, (uint8_t[]){ 1, 'a', (uint8_t)length }, 3);
		ck_assert(!take(&name, bytes, sizeof(bytes), &left));
	}
}
END_TEST

START_TEST(take_stops_behind_the_root)
{
	struct eg_name name;
	size_t left;

	ck_assert(take(&name, WIRE("\1a\0\1b"), &left));
	ck_assert_uint_eq(left, 3);
	ck_assert_uint_eq(name.len, 3);
	ck_assert(take(&name, WIRE("\0\1a"), &left));
	ck_assert_uint_eq(left, 3);
	ck_assert_uint_eq(name.len, 1);
}
END_TEST

static const struct {
	size_t count, size, last;
	bool ok;
} sizes[] = {
	{ 127, 1, 0, true },  /* 255 bytes, the most labels that there can be */
	{ 126, 1, 2, false }, /* 256 */
	{ 128, 1, 0, false }, /* 257 */
	{ 3, 63, 61, true },  /* 255 */
	{ 3, 63, 62, false }, /* 256: its root does not fit */
	{ 3, 63, 63, false }, /* 257 */
	{ 4, 63, 0, false },  /* 257 */
	{ 4, 63, 30, false }, /* past what eight bits count */
};

START_TEST(take_ends_at_255_bytes)
{
	uint8_t bytes[300];
	size_t n = labels(bytes, sizes[_i].count, sizes[_i].size, sizes[_i].last);
	struct eg_name name;
	size_t left;

	ck_assert_int_eq(take(&name, bytes, n, &left), sizes[_i].ok);
	ck_assert_uint_eq(name.len, sizes[_i].ok ? n : 0);
	ck_assert_uint_eq(name.labels, sizes[_i].ok ? sizes[_i].count + !!sizes[_i].last : 0);
}
END_TEST

START_TEST(take_from_a_bad_reader_fails)
{
	struct eg_reader r = eg_reader("\1a", 3);
	struct eg_name name = { .len = 9 };

	r.bad = true;
	ck_assert(!eg_name_take(&r, &name));
	ck_assert(r.bad);
	ck_assert_uint_eq(name.len, 0);
	ck_assert_uint_eq(r.left, 3);
}
END_TEST

#define L63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static const struct {
	const char *text;
	size_t n;
	const char *wire;
	size_t len;
} texts[] = {
	{ TEXT("example.org"), WIRE("\7example\3org") },
	{ TEXT("example.org."), WIRE("\7example\3org") },
	{ TEXT("eXAMPLE.Org"), WIRE("\7example\3org") },
	{ TEXT("localhost"), WIRE("\11localhost") },
	{ TEXT("a"), WIRE("\1a") },
	{ TEXT("xn--bcher-kva.example"), WIRE("\15xn--bcher-kva\7example") },
	{ TEXT("_dmarc.a_b.example"), WIRE("\6_dmarc\3a_b\7example") },
	{ TEXT("0.1.2.a"), WIRE("\1"
				"0\1"
				"1\1"
				"2\1a") },
	{ TEXT("1.2.3.4a"), WIRE("\1"
				 "1\1"
				 "2\1"
				 "3\2"
				 "4a") },
	{ TEXT("example.a1"), WIRE("\7example\2a1") },
	{ TEXT("example.1-2"), WIRE("\7example\3"
				    "1-2") },
	{ TEXT(L63 ".org"), WIRE("\77" L63 "\3org") },
	/* Not a name of a host. */
	{ TEXT(""), NULL, 0 },
	{ TEXT("."), NULL, 0 },
	{ TEXT(".."), NULL, 0 },
	{ TEXT(".org"), NULL, 0 },
	{ TEXT("example..org"), NULL, 0 },
	{ TEXT("example.org.."), NULL, 0 },
	{ TEXT("*"), NULL, 0 },
	{ TEXT("*.org"), NULL, 0 },
	{ TEXT("a.*.org"), NULL, 0 },
	{ TEXT("a*.org"), NULL, 0 },
	{ TEXT("-a.org"), NULL, 0 },
	{ TEXT("a-.org"), NULL, 0 },
	{ TEXT("a.org-"), NULL, 0 },
	{ TEXT("-"), NULL, 0 },
	{ TEXT("a b.org"), NULL, 0 },
	{ TEXT(" a.org"), NULL, 0 },
	{ TEXT("a.org\n"), NULL, 0 },
	{ TEXT("a\0.org"), NULL, 0 },
	{ TEXT("a.org\0"), NULL, 0 },
	{ TEXT("\0"), NULL, 0 },
	{ TEXT("b\xc3\xbc"
	       "cher.example"),
	  NULL, 0 },
	{ TEXT("b\xfc"
	       "cher.example"),
	  NULL, 0 },
	{ TEXT("a\\046b.org"), NULL, 0 },
	{ TEXT("a:53"), NULL, 0 },
	{ TEXT("a/24"), NULL, 0 },
	{ TEXT("[::1]"), NULL, 0 },
	{ TEXT("::1"), NULL, 0 },
	{ TEXT("fd00::1.2.3.4"), NULL, 0 },
	{ TEXT("127.0.0.1"), NULL, 0 },
	{ TEXT("127.0.0.1."), NULL, 0 },
	{ TEXT("127.1"), NULL, 0 },
	{ TEXT("2130706433"), NULL, 0 },
	{ TEXT("example.0"), NULL, 0 },
	{ TEXT(L63 "x.org"), NULL, 0 },
	{ TEXT("org." L63 "x"), NULL, 0 },
};

START_TEST(parse_takes_host_names_and_says_why_not)
{
	struct eg_name name = { .len = 9, .labels = 9 };
	const char *why = parse(&name, texts[_i].text, texts[_i].n);

	ck_assert_uint_eq(name.len, texts[_i].len);
	if (texts[_i].wire) {
		ck_assert_ptr_null(why);
		ck_assert_mem_eq(name.wire, texts[_i].wire, texts[_i].len);
	} else {
		ck_assert_ptr_nonnull(why);
		ck_assert_uint_gt(strlen(why), 0);
		ck_assert_uint_lt(strlen(why), 80);
		ck_assert_uint_eq(name.labels, 0);
	}
}
END_TEST

START_TEST(parse_reads_no_further_than_it_may)
{
	for (size_t n = 0; n < texts[_i].n; n++) {
		struct eg_name name;

		parse(&name, texts[_i].text, n);
	}
}
END_TEST

START_TEST(parse_counts_labels)
{
	struct eg_name name;

	ck_assert_ptr_null(parse(&name, TEXT("a.bb.c.dd.e")));
	ck_assert_uint_eq(name.labels, 5);
	ck_assert_ptr_null(parse(&name, TEXT("a.bb.c.dd.e.")));
	ck_assert_uint_eq(name.labels, 5);
}
END_TEST

START_TEST(parse_ends_at_253_characters)
{
	struct eg_name name;
	char text[300];

	memset(text, 'a', sizeof(text));
	for (size_t i = 63; i < sizeof(text); i += 64)
		text[i] = '.';
	for (size_t n = 1; n < sizeof(text); n++) {
		bool whole = n % 64 != 0; /* else its last is a dot, and one may be */
		size_t chars = whole ? n : n - 1;

		ck_assert_msg(!parse(&name, text, n) == (chars <= 253), "%zu", n);
		ck_assert_uint_eq(name.len, chars <= 253 ? chars + 2 : 0);
	}
	text[253] = '.';
	ck_assert_ptr_null(parse(&name, text, 254));
	ck_assert_uint_eq(name.len, 255);
	ck_assert_uint_eq(name.labels, 4);
}
END_TEST

START_TEST(parse_of_each_single_byte)
{
	for (int c = 0; c < 256; c++) {
		const char text[] = { 'x', (char)c, 'x' };
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
		struct eg_name name;

		ck_assert_msg(!parse(&name, text, 3) == ok, "byte %d", c);
	}
}
END_TEST

static const struct {
	const char *wire;
	size_t len;
	const char *text;
} shown[] = {
	{ WIRE(""), "." },
	{ WIRE("\1a"), "a" },
	{ WIRE("\7example\3ORG"), "example.org" },
	{ WIRE("\5a.b.c\1d"), "a\\046b\\046c.d" },
	{ WIRE("\1\\\1\""), "\\092.\\034" },
	{ WIRE("\3\0\n\x1b\1 "), "\\000\\010\\027.\\032" },
	{ WIRE("\4\x7f\x80\xff*"), "\\127\\128\\255\\042" },
	{ WIRE("\6<a>&\r="), "\\060a\\062\\038\\013\\061" },
	{ WIRE("\5_a-b_\2"
	       "09"),
	  "_a-b_.09" },
};

START_TEST(text_escapes_all_that_is_not_plain)
{
	struct eg_name name = taken(shown[_i].wire, shown[_i].len);
	char *text = guarded_copy(NULL, EG_NAME_TEXT_MAX);
	size_t n = eg_name_text(&name, text);

	ck_assert_str_eq(text, shown[_i].text);
	ck_assert_uint_eq(n, strlen(text));
	guarded_free(text, EG_NAME_TEXT_MAX);
}
END_TEST

/* Undo \DDD and dots, otherwise than the module would. */
static size_t to_wire(const char *text, uint8_t *wire)
{
	size_t length = 0, n = 1;

	while (*text && strcmp(text, ".") != 0) {
		unsigned c = (unsigned char)*text++;

		if (c == '.') {
			wire[length] = (uint8_t)(n - length - 1);
			length = n++;
			continue;
		}
		if (c == '\\') {
			ck_assert_int_eq(sscanf(text, "%3u", &c), 1);
			text += 3;
		}
		wire[n++] = (uint8_t)c;
	}
	wire[length] = (uint8_t)(n - length - 1);
	if (n > 1)
		wire[n++] = 0;
	return n;
}

static uint8_t any_byte(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return (uint8_t)(*state >> 24);
}

/* A name of one to eight labels of any bytes. */
static size_t any_name(uint32_t *state, uint8_t wire[EG_NAME_MAX])
{
	size_t count = 1u + any_byte(state) % 8, n = 0;

	while (count-- > 0) {
		size_t len = 1u + any_byte(state) % 30;

		for (wire[n++] = (uint8_t)len; len > 0; len--)
			wire[n++] = any_byte(state);
	}
	wire[n++] = 0;
	return n;
}

START_TEST(text_tells_names_apart_and_is_harmless)
{
	uint32_t state = 1;

	for (int round = 0; round < 2000; round++) {
		uint8_t wire[EG_NAME_MAX], back[EG_NAME_TEXT_MAX];
		size_t n = any_name(&state, wire);
		struct eg_name name = taken(wire, n);
		char text[EG_NAME_TEXT_MAX];

		eg_name_text(&name, text);
		for (const char *c = text; *c; c++)
			ck_assert(*c == '\\' || *c == '.' || *c == '-' || *c == '_' ||
				  (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z'));
		ck_assert_uint_eq(to_wire(text, back), n);
		ck_assert_mem_eq(back, name.wire, n);
	}
}
END_TEST

START_TEST(text_of_the_longest_name_fits)
{
	char *text = guarded_copy(NULL, EG_NAME_TEXT_MAX);
	uint8_t bytes[300];
	size_t n = labels(bytes, 3, 63, 61);
	struct eg_name name;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == 'a')
			bytes[i] = 0xff;
	}
	name = taken(bytes, n);
	ck_assert_uint_eq(eg_name_text(&name, text), 4 * 250 + 3);
	ck_assert_uint_eq(strlen(text), 4 * 250 + 3);
	guarded_free(text, EG_NAME_TEXT_MAX);
}
END_TEST

static const struct {
	const char *a;
	size_t an;
	const char *b;
	size_t bn;
	bool equal;
} pairs[] = {
	{ WIRE(""), WIRE(""), true },
	{ WIRE("\1a\1b"), WIRE("\1A\1B"), true },
	{ WIRE("\1a\1b"), WIRE("\3a.b"), false },
	{ WIRE("\1a\1b"), WIRE("\3a\1b"), false },
	{ WIRE("\1a\1b"), WIRE("\1a"), false },
	{ WIRE("\1a"), WIRE("\1a\1b"), false },
	{ WIRE("\1a"), WIRE(""), false },
	{ WIRE("\2a\0"), WIRE("\1a"), false },
	{ WIRE("\2a\0"), WIRE("\2ab"), false },
	{ WIRE("\1k"), WIRE("\3\xe2\x84\xaa"), false }, /* the Kelvin sign */
};

START_TEST(equal_compares_labels_not_text)
{
	struct eg_name a = taken(pairs[_i].a, pairs[_i].an);
	struct eg_name b = taken(pairs[_i].b, pairs[_i].bn);

	ck_assert_int_eq(eg_name_equal(&a, &b), pairs[_i].equal);
	ck_assert_int_eq(eg_name_equal(&b, &a), pairs[_i].equal);
	/* What stands behind the name in memory is no part of it. */
	memset(b.wire + b.len, 0x55, sizeof(b.wire) - b.len);
	ck_assert_int_eq(eg_name_equal(&a, &b), pairs[_i].equal);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *s = suite_create("name");
	TCase *t = tcase_create("name");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, take_folds_ascii_letters_and_nothing_else, 0, ROWS(good));
	tcase_add_loop_test(t, take_of_any_cut_name_fails, 0, ROWS(good));
	tcase_add_test(t, take_refuses_pointers_and_extended_labels);
	tcase_add_test(t, take_stops_behind_the_root);
	tcase_add_loop_test(t, take_ends_at_255_bytes, 0, ROWS(sizes));
	tcase_add_test(t, take_from_a_bad_reader_fails);
	tcase_add_loop_test(t, parse_takes_host_names_and_says_why_not, 0, ROWS(texts));
	tcase_add_loop_test(t, parse_reads_no_further_than_it_may, 0, ROWS(texts));
	tcase_add_test(t, parse_counts_labels);
	tcase_add_test(t, parse_ends_at_253_characters);
	tcase_add_test(t, parse_of_each_single_byte);
	tcase_add_loop_test(t, text_escapes_all_that_is_not_plain, 0, ROWS(shown));
	tcase_add_test(t, text_tells_names_apart_and_is_harmless);
	tcase_add_test(t, text_of_the_longest_name_fits);
	tcase_add_loop_test(t, equal_compares_labels_not_text, 0, ROWS(pairs));
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
