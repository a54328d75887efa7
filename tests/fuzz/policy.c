/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy language and the VNL: the text of an input, up to its first NUL as a VNL, and
 * line by line as a policy file. */
#include "fuzz.h"

#include "vnl.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check_error(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	FUZZ_MUST(n > 0 && n < size);
	for (size_t i = 0; i < n; i++)
		FUZZ_MUST(text[i] >= ' ' && text[i] <= '~');
}

static void apply(struct eg_words *w, int rc)
{
	FUZZ_MUST(rc == 0 || rc == -EINVAL || rc == -ENOMEM);
	if (rc)
		check_error(w->error, sizeof(w->error));
	FUZZ_MUST(w->policy->resolver_count <= EG_RESOLVERS_MAX &&
		  w->policy->dns_type_count <= EG_DNS_TYPES_MAX);
	FUZZ_MUST(memchr(w->policy->vm, 0, sizeof(w->policy->vm)));
}

static void read_lines(const char *text, size_t n)
{
	struct eg_words w = { .policy = eg_policy_new() };
	int rc = 0;

	FUZZ_MUST(w.policy);
	while (n && !rc) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) : n;

		rc = eg_words_apply_line(&w, text, len);
		apply(&w, rc);
		text += len + (end != NULL);
		n -= len + (end != NULL);
	}
	eg_policy_free(w.policy);
}

static void read_vnl(const char *text)
{
	struct eg_vnl vnl = { 0 };
	struct eg_words w = { .policy = eg_policy_new(), .in_vnl = true };
	char error[EG_ERROR_MAX] = "";
	int rc = eg_vnl_parse(&vnl, text, error, sizeof(error));

	FUZZ_MUST(w.policy && (rc == 0 || rc == -EINVAL || rc == -ENOMEM));
	if (rc)
		check_error(error, sizeof(error));
	for (size_t i = 0; !rc && i < vnl.count; i++) {
		FUZZ_MUST(vnl.options[i].word[0]);
		rc = eg_words_apply(&w, vnl.options[i].word, vnl.options[i].value);
		apply(&w, rc);
	}
	FUZZ_MUST(!vnl.nested || vnl.nested[0]);
	eg_vnl_clear(&vnl);
	eg_policy_free(w.policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nul;
	uint8_t *whole;

	if (size >= FUZZ_MAX)
		return 0;
	read_lines((const char *)fuzz_place(data, size), size);
	whole = fuzz_place(&nul, 1) - size;
	if (size)
		memcpy(whole, data, size);
	read_vnl((const char *)whole);
	return 0;
}
