/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of words and of lines share: a policy in the making. */
#ifndef MAKER_H
#define MAKER_H

#include "packet.h"
#include "resolve.h"
#include "words.h"

#include <check.h>
#include <stdlib.h>

static struct eg_words *w;

static inline void setup(void)
{
	w = calloc(1, sizeof(*w));
	ck_assert_ptr_nonnull(w);
	w->policy = eg_policy_new();
	ck_assert_ptr_nonnull(w->policy);
	w->in_vnl = true;
}

static inline void teardown(void)
{
	eg_policy_free(w->policy);
	free(w);
}

static inline void restart(void)
{
	teardown();
	setup();
}

static inline bool may(const char *text)
{
	struct eg_name n;
	size_t below;

	ck_assert_ptr_null(eg_name_parse(&n, text, strlen(text)));
	return resolve_name(w->policy, &n, &below) == EG_R_NONE;
}

/* As eg_words_apply_line, from memory that ends where LINE does. */
static inline int apply_bytes(const char *line, size_t n)
{
	char *copy = guarded_copy(line, n);
	int rc = eg_words_apply_line(w, copy, n);

	guarded_free(copy, n);
	return rc;
}

static inline int apply_line(const char *line)
{
	return apply_bytes(line, strlen(line));
}

static inline void check_error_is_harmless(void)
{
	size_t n = strnlen(w->error, sizeof(w->error));

	ck_assert_uint_gt(n, 0);
	ck_assert_uint_lt(n, sizeof(w->error));
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(w->error[i] >= ' ' && w->error[i] <= '~', "byte %zu", i);
}

static inline void check_error(const char *expected)
{
	check_error_is_harmless();
	ck_assert_str_eq(w->error, expected);
}

static inline bool is_resolver4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	const uint8_t bytes[4] = { a, b, c, d };
	struct eg_addr addr = eg_addr4(bytes);

	return eg_policy_is_resolver(w->policy, &addr);
}

#endif
