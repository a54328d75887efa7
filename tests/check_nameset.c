/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

/* The module is compiled in here, so that its memory can be made to run out. */
static bool limited;
static size_t allowed; /* allocations that are still to succeed, where limited */
static size_t allocations;

static bool may_allocate(void)
{
	allocations++;
	return !limited || (allowed > 0 && allowed-- > 0);
}

static void *test_calloc(size_t count, size_t size)
{
	return may_allocate() ? calloc(count, size) : NULL;
}

static void *test_realloc(void *p, size_t size)
{
	return may_allocate() ? realloc(p, size) : NULL;
}

#define calloc  test_calloc
#define realloc test_realloc
#include "pages.c"

#include "nameset.c"
#undef calloc
#undef realloc

#include <stdio.h>

static struct eg_nameset *set;

static void setup(void)
{
	limited = false;
	allocations = 0;
	set = eg_nameset_new();
	ck_assert_ptr_nonnull(set);
}

static void teardown(void)
{
	eg_nameset_free(set);
}

/* The name of N wire bytes, as a query would bring it. */
static struct eg_name of_wire(const void *wire, size_t n)
{
	struct eg_reader r = eg_reader(wire, n);
	struct eg_name name;

	memset(&name, 0xa5, sizeof(name));
	ck_assert(eg_name_take(&r, &name));
	ck_assert_uint_eq(r.left, 0);
	return name;
}

static struct eg_name of_text(const char *text)
{
	struct eg_name name;

	memset(&name, 0xa5, sizeof(name));
	ck_assert_ptr_null(eg_name_parse(&name, text, strlen(text)));
	return name;
}

#define WIRE(s) of_wire((s), sizeof(s))

static void add(const char *text, enum eg_namescope scope)
{
	struct eg_name name = of_text(text);

	ck_assert_int_eq(eg_nameset_add(set, &name, scope), 0);
}

static bool match(const struct eg_nameset *of, const struct eg_name *name, size_t *below)
{
	struct eg_suffixes s;

	eg_suffixes(&s, name, eg_nameset_deepest(of));
	eg_nameset_expect(of, &s);
	return eg_nameset_match(of, name, &s, below);
}

static bool has_name(const struct eg_nameset *of, const struct eg_name *name)
{
	size_t below;

	return match(of, name, &below);
}

static bool has(const char *text)
{
	struct eg_name name = of_text(text);

	return has_name(set, &name);
}

static const struct {
	const char *text;
	bool exact, below; /* in a set with only example.org of that scope */
} rows[] = {
	{ "example.org", true, false },     { "EXAMPLE.oRG", true, false },
	{ "a.example.org", false, true },   { "example.example.org", false, true },
	{ "org.example.org", false, true }, { "a.b.c.d.e.f.g.example.org", false, true },
	{ "_1.example.org", false, true },  { "org", false, false },
	{ "example", false, false },        { "xexample.org", false, false },
	{ "x-example.org", false, false },  { "example.orgx", false, false },
	{ "example.org.x", false, false },  { "a.example.org.x", false, false },
	{ "example.com", false, false },    { "exampl.org", false, false },
	{ "example.or", false, false },     { "example.a.org", false, false },
	{ "xample.org", false, false },     { "org.example", false, false },
};

START_TEST(exact_is_the_name_alone_and_below_all_under_it)
{
	add("example.org", _i ? EG_NAME_BELOW : EG_NAME_EXACT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(has(rows[i].text) == (_i ? rows[i].below : rows[i].exact), "%s",
			      rows[i].text);
}
END_TEST

START_TEST(both_scopes_are_the_name_and_all_under_it)
{
	add("example.org", EG_NAME_BELOW);
	add("example.org", EG_NAME_EXACT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(has(rows[i].text) == (rows[i].below || rows[i].exact), "%s",
			      rows[i].text);
}
END_TEST

/* Names that read alike, or end in the same bytes, without being the same labels. */
START_TEST(labels_are_compared_and_not_text_or_bytes)
{
	const struct eg_name no[] = {
		WIRE("\13example.org"),
		WIRE("\1a\13example.org"),
		WIRE("\11a.example\3org"),
		WIRE("\10\7example\3org"),   /* the length byte inside a label */
		WIRE("\14\7example\3org"),   /* the whole name inside a label */
		WIRE("\15\7example\3org\0"), /* with its root */
		WIRE("\3a\7e\7example\4org\0"),
		WIRE("\10example\0\3org"),
		WIRE("\7example\4org\0"),
		WIRE("\7example\3org\1\0"),
		WIRE(""),
	};
	const struct eg_name yes[] = {
		WIRE("\1.\7example\3org"),
		WIRE("\1\0\7EXAMPLE\3ORG"),
		WIRE("\7example\7example\3org"),
	};

	add("example.org", EG_NAME_BELOW);
	add("example.org", EG_NAME_EXACT);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!has_name(set, &no[i]), "no %zu", i);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(has_name(set, &yes[i]), "yes %zu", i);
}
END_TEST

/* How many bytes of TEXT the set leaves to whoever asks. */
static size_t below_of(const char *text)
{
	struct eg_name name = of_text(text);
	size_t below = 999;

	ck_assert(match(set, &name, &below));
	return below;
}

START_TEST(what_stands_below_is_counted_from_the_longest_ancestor)
{
	add("example.org", EG_NAME_BELOW);
	ck_assert_uint_eq(below_of("a.example.org"), 2);
	ck_assert_uint_eq(below_of("abc.de.example.org"), 7);
	add("de.example.org", EG_NAME_BELOW);
	ck_assert_uint_eq(below_of("abc.de.example.org"), 4);
	ck_assert_uint_eq(below_of("de.example.org"), 3);
	add("de.example.org", EG_NAME_EXACT);
	ck_assert_uint_eq(below_of("de.example.org"), 0);
	add("abc.de.example.org", EG_NAME_EXACT);
	ck_assert_uint_eq(below_of("abc.de.example.org"), 0);
}
END_TEST

START_TEST(new_set_has_nothing)
{
	const struct eg_name root = WIRE("");
	const struct eg_name none = { .len = 0 };

	ck_assert(!has("example.org"));
	ck_assert(!has_name(set, &root));
	ck_assert(!has_name(set, &none));
	ck_assert_uint_eq(eg_nameset_count(set), 0);
}
END_TEST

START_TEST(root_is_a_name_too)
{
	const struct eg_name root = WIRE("");

	ck_assert_int_eq(eg_nameset_add(set, &root, EG_NAME_EXACT), 0);
	ck_assert(has_name(set, &root));
	ck_assert(!has("org"));
	ck_assert_int_eq(eg_nameset_add(set, &root, EG_NAME_BELOW), 0);
	ck_assert(has("org"));
	ck_assert(has("a.b.c"));
	ck_assert_uint_eq(eg_nameset_count(set), 2);
}
END_TEST

START_TEST(count_is_of_different_names_and_scopes)
{
	static const struct {
		const char *text;
		enum eg_namescope scope;
		size_t count;
	} steps[] = {
		{ "a.org", EG_NAME_EXACT, 1 },   { "a.org", EG_NAME_EXACT, 1 },
		{ "A.ORG.", EG_NAME_EXACT, 1 },  { "a.org", EG_NAME_BELOW, 2 },
		{ "a.org", EG_NAME_BELOW, 2 },   { "a.org", EG_NAME_EXACT, 2 },
		{ "b.a.org", EG_NAME_BELOW, 3 }, { "org", EG_NAME_EXACT, 4 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		add(steps[i].text, steps[i].scope);
		ck_assert_uint_eq(eg_nameset_count(set), steps[i].count);
	}
}
END_TEST

/* COUNT labels of one letter, the leftmost FIRST. */
static struct eg_name deep(size_t count, char first)
{
	uint8_t wire[EG_NAME_MAX];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		wire[n++] = 1;
		wire[n++] = (uint8_t)(i ? 'a' : first);
	}
	wire[n++] = 0;
	return of_wire(wire, n);
}

START_TEST(names_of_127_labels_are_names)
{
	const struct eg_name a = deep(127, 'a'), b = deep(127, 'b'), parent = deep(126, 'a');

	ck_assert_int_eq(eg_nameset_add(set, &a, EG_NAME_EXACT), 0);
	ck_assert(has_name(set, &a));
	ck_assert(!has_name(set, &b));
	ck_assert(!has_name(set, &parent));
	ck_assert_int_eq(eg_nameset_add(set, &parent, EG_NAME_BELOW), 0);
	ck_assert(has_name(set, &b));
	ck_assert(!has_name(set, &parent));
}
END_TEST

/* Each depth has its own names: one too deep or not deep enough finds none. */
START_TEST(ancestor_at_every_depth_is_found)
{
	for (size_t depth = 1; depth < 127; depth++) {
		const struct eg_name at = deep(depth, 'x'), beside = deep(depth, 'y');
		struct eg_name below = deep(depth + 1, 'z');

		below.wire[3] = 'x';
		ck_assert(!has_name(set, &below));
		ck_assert_int_eq(eg_nameset_add(set, &at, EG_NAME_BELOW), 0);
		ck_assert(has_name(set, &below));
		ck_assert(!has_name(set, &at));
		ck_assert(!has_name(set, &beside));
	}
}
END_TEST

enum { MANY = 20000 };

static struct eg_name numbered(unsigned i)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%u.label%u.example%u.org", i % 2 ? "www." : "", i, i % 100,
		 i % 7);
	return of_text(text);
}

/* What was added is found while the table grows; what was not is not. */
START_TEST(large_sets_keep_what_they_were_given)
{
	for (unsigned i = 0; i < MANY; i++) {
		const struct eg_name name = numbered(i), later = numbered(i + 1);

		ck_assert_int_eq(eg_nameset_add(set, &name, EG_NAME_EXACT), 0);
		ck_assert(has_name(set, &name));
		ck_assert(!has_name(set, &later));
	}
	ck_assert_uint_eq(eg_nameset_count(set), MANY);
	ck_assert_uint_lt(allocations, 50);
	for (unsigned i = 0; i < 2 * MANY; i++) {
		const struct eg_name name = numbered(i);

		ck_assert_msg(has_name(set, &name) == (i < MANY), "number %u", i);
	}
}
END_TEST

START_TEST(half_of_the_slots_stay_empty_and_runs_short)
{
	size_t run = 0, longest = 0;

	for (unsigned i = 0; i < MANY; i++) {
		const struct eg_name name = numbered(i);

		ck_assert_int_eq(eg_nameset_add(set, &name, EG_NAME_BELOW), 0);
		ck_assert_uint_le(2 * set->names, set->mask + 1);
	}
	for (size_t i = 0; i <= set->mask; i++) {
		run = is_empty(&set->slots[i]) ? 0 : run + 1;
		if (longest < run)
			longest = run;
	}
	ck_assert_uint_lt(longest, 100);
}
END_TEST

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/* A name of one to five labels from a tiny alphabet: many share suffixes. */
static struct eg_name tiny(uint32_t *state)
{
	size_t count = 1 + next(state) % 5, n = 0;
	uint8_t wire[EG_NAME_MAX];

	while (count-- > 0) {
		size_t len = 1 + next(state) % 2;

		for (wire[n++] = (uint8_t)len; len > 0; len--)
			wire[n++] = (uint8_t)("\1\2ab"[next(state) % 4]);
	}
	wire[n++] = 0;
	return of_wire(wire, n);
}

/* Whether NAME is ANCESTOR with labels in front of it, said without any hash. */
static bool is_below(const struct eg_name *name, const struct eg_name *ancestor)
{
	for (size_t at = 0; name->wire[at]; at += 1u + name->wire[at]) {
		size_t rest = (size_t)name->len - at;

		if (at > 0 && rest == ancestor->len &&
		    !memcmp(name->wire + at, ancestor->wire, rest))
			return true;
	}
	return false;
}

START_TEST(agrees_with_a_plain_list)
{
	enum { LISTED = 40, ASKED = 2000 };
	static struct eg_name listed[LISTED];
	enum eg_namescope scopes[LISTED];
	uint32_t state = (uint32_t)_i;

	for (size_t i = 0; i < LISTED; i++) {
		listed[i] = tiny(&state);
		scopes[i] = next(&state) % 2 ? EG_NAME_EXACT : EG_NAME_BELOW;
		ck_assert_int_eq(eg_nameset_add(set, &listed[i], scopes[i]), 0);
	}
	for (size_t asked = 0; asked < ASKED; asked++) {
		struct eg_name name = tiny(&state);
		bool expected = false;

		for (size_t i = 0; i < LISTED; i++)
			expected |= scopes[i] == EG_NAME_EXACT ? eg_name_equal(&name, &listed[i])
							       : is_below(&name, &listed[i]);
		ck_assert(has_name(set, &name) == expected);
	}
}
END_TEST

/* Names whose hashes agree in all bits that a slot keeps are told apart. */
START_TEST(equal_hashes_decide_nothing)
{
	struct eg_name a = of_text("a.org"), b = of_text("b.org"), c = of_text("cc.org");
	const uint32_t tag = 0x12345678;
	struct slot *slot;

	ck_assert_int_eq(reserve_bytes(set, 100), 0);
	slot = find(set, tag, a.wire, a.len);
	store(set, slot, tag | EG_NAME_EXACT, &a);
	ck_assert_ptr_eq(find(set, tag, a.wire, a.len), slot);
	ck_assert(is_empty(find(set, tag, b.wire, b.len)));
	ck_assert(is_empty(find(set, tag, c.wire, c.len)));
	ck_assert(is_empty(find(set, tag, a.wire, 1)));
	slot = find(set, tag, b.wire, b.len);
	store(set, slot, tag | EG_NAME_BELOW, &b);
	ck_assert_ptr_eq(find(set, tag, b.wire, b.len), slot);
	ck_assert_uint_eq(find(set, tag, a.wire, a.len)->tag, tag | EG_NAME_EXACT);
}
END_TEST

/* The same of long names, which stand in the arena. */
START_TEST(equal_hashes_decide_nothing_of_long_names)
{
	struct eg_name a = of_text("a-host-with-quite-a-long-name.example.org");
	struct eg_name b = of_text("b-host-with-quite-a-long-name.example.org");
	const uint32_t tag = 0x12345678;
	struct slot *slot;

	ck_assert_uint_gt(a.len, INLINE);
	ck_assert_int_eq(reserve_bytes(set, 100), 0);
	slot = find(set, tag, a.wire, a.len);
	store(set, slot, tag | EG_NAME_EXACT, &a);
	ck_assert_ptr_eq(find(set, tag, a.wire, a.len), slot);
	ck_assert(is_empty(find(set, tag, b.wire, b.len)));
	slot = find(set, tag, b.wire, b.len);
	store(set, slot, tag | EG_NAME_BELOW, &b);
	ck_assert_ptr_eq(find(set, tag, b.wire, b.len), slot);
	ck_assert_uint_eq(find(set, tag, a.wire, a.len)->tag, tag | EG_NAME_EXACT);
}
END_TEST

/* Names of all lengths, around the one from which they stand elsewhere. */
START_TEST(names_of_all_lengths_are_found)
{
	char text[EG_NAME_MAX];

	for (size_t n = 1; n <= EG_LABEL_MAX; n++) {
		for (unsigned which = 0; which < 3; which++) {
			struct eg_name name;

			memset(text, 'x', n);
			text[n - 1] = (char)('a' + which);
			ck_assert_ptr_null(eg_name_parse(&name, text, n));
			ck_assert(!has_name(set, &name));
			if (which == 2)
				continue;
			ck_assert_int_eq(eg_nameset_add(set, &name, EG_NAME_EXACT), 0);
			ck_assert(has_name(set, &name));
		}
	}
}
END_TEST

/* Runs go round the end of the table, also when it grows. */
START_TEST(last_slot_is_followed_by_the_first)
{
	const uint32_t tag = 0xfffffffc;
	struct eg_name names[3] = { of_text("a"), of_text("b"), of_text("c") };

	ck_assert_int_eq(reserve_bytes(set, 100), 0);
	for (size_t i = 0; i < 3; i++)
		store(set, find(set, tag, names[i].wire, names[i].len), tag | EG_NAME_EXACT,
		      &names[i]);
	ck_assert(!is_empty(&set->slots[set->mask]));
	ck_assert(!is_empty(&set->slots[1]));
	set->names = FIRST_SLOTS / 2;
	ck_assert_int_eq(reserve_slot(set), 0);
	ck_assert_uint_eq(set->mask, 2 * FIRST_SLOTS - 1);
	for (size_t i = 0; i < 3; i++)
		ck_assert(!is_empty(find(set, tag, names[i].wire, names[i].len)));
}
END_TEST

START_TEST(arena_ends_at_4_gib)
{
	struct eg_name name = of_text("a-name-that-is-too-long-for-its-slot.org");

	set->used = UINT32_MAX - 3;
	ck_assert_int_eq(eg_nameset_add(set, &name, EG_NAME_EXACT), -ENOMEM);
	set->used = 0;
	ck_assert_int_eq(eg_nameset_add(set, &name, EG_NAME_EXACT), 0);
}
END_TEST

/* Each name is tried with no allocation allowed, then one, then two. */
START_TEST(add_without_memory_changes_nothing)
{
	size_t failed = 0;

	limited = true;
	for (unsigned i = 0; i < 1000; i++) {
		const struct eg_name name = numbered(i);

		for (size_t tries = 0;; tries++) {
			int rc;

			allowed = tries;
			rc = eg_nameset_add(set, &name, EG_NAME_EXACT);
			if (rc == 0)
				break;
			ck_assert_int_eq(rc, -ENOMEM);
			ck_assert(!has_name(set, &name));
			ck_assert_uint_eq(eg_nameset_count(set), i);
			failed++;
		}
	}
	ck_assert_uint_gt(failed, 10);
	for (unsigned i = 0; i < 1000; i++) {
		const struct eg_name name = numbered(i);

		ck_assert(has_name(set, &name));
	}
}
END_TEST

START_TEST(new_without_memory_is_null)
{
	limited = true;
	for (allowed = 0; allowed < 2;) {
		size_t was = allowed;

		ck_assert_ptr_null(eg_nameset_new());
		allowed = was + 1;
	}
	eg_nameset_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nameset");
	TCase *t = tcase_create("nameset");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, exact_is_the_name_alone_and_below_all_under_it, 0, 2);
	tcase_add_test(t, both_scopes_are_the_name_and_all_under_it);
	tcase_add_test(t, labels_are_compared_and_not_text_or_bytes);
	tcase_add_test(t, what_stands_below_is_counted_from_the_longest_ancestor);
	tcase_add_test(t, new_set_has_nothing);
	tcase_add_test(t, root_is_a_name_too);
	tcase_add_test(t, count_is_of_different_names_and_scopes);
	tcase_add_test(t, names_of_127_labels_are_names);
	tcase_add_test(t, ancestor_at_every_depth_is_found);
	tcase_add_test(t, large_sets_keep_what_they_were_given);
	tcase_add_test(t, half_of_the_slots_stay_empty_and_runs_short);
	tcase_add_loop_test(t, agrees_with_a_plain_list, 0, 50);
	tcase_add_test(t, equal_hashes_decide_nothing);
	tcase_add_test(t, last_slot_is_followed_by_the_first);
	tcase_add_test(t, equal_hashes_decide_nothing_of_long_names);
	tcase_add_test(t, names_of_all_lengths_are_found);
	tcase_add_test(t, arena_ends_at_4_gib);
	tcase_add_test(t, add_without_memory_changes_nothing);
	tcase_add_test(t, new_without_memory_is_null);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
