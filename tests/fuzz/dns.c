/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS messages: what is built from a query must be read back as the same query. */
#include "fuzz.h"
#include "question.h"

#include "dns.h"

#include <string.h>

static void same(const struct eg_dns_query *a, const struct eg_dns_query *b)
{
	FUZZ_MUST(a->id == b->id && a->type == b->type && a->rd == b->rd && a->ad == b->ad &&
		  a->cd == b->cd && a->edns == b->edns && a->dnssec_ok == b->dnssec_ok);
	FUZZ_MUST(eg_name_equal(&a->name, &b->name));
}

/* What leaves, built twice, is the same; and nobody reads it otherwise. */
static void check_query(const struct eg_dns_query *q)
{
	uint8_t once[EG_DNS_QUERY_MAX], twice[EG_DNS_QUERY_MAX];
	size_t n = eg_dns_build_query(q, once);
	struct eg_dns_query again;

	FUZZ_MUST(n > 0 && n <= sizeof(once));
	FUZZ_MUST(eg_dns_parse_query(&again, (struct eg_span){ once, n }) == EG_R_NONE);
	same(q, &again);
	FUZZ_MUST(eg_dns_build_query(&again, twice) == n && memcmp(once, twice, n) == 0);
}

static void check_padded(const struct eg_dns_query *q, size_t len)
{
	static uint8_t out[FUZZ_MAX];
	uint8_t bare[2][EG_DNS_QUERY_MAX];
	struct eg_dns_query again;

	FUZZ_MUST(eg_dns_build_padded(q, len, out) == len);
	FUZZ_MUST(eg_dns_parse_query(&again, (struct eg_span){ out, len }) == EG_R_NONE);
	same(q, &again);
	FUZZ_MUST(eg_dns_build_query(q, bare[0]) == eg_dns_build_query(&again, bare[1]));
}

static void check_reply(const struct eg_dns_query *q)
{
	uint8_t out[EG_DNS_REPLY_MAX];
	struct eg_dns_answer a;
	size_t n = eg_dns_build_reply(q, EG_RCODE_NXDOMAIN, 15, out);

	FUZZ_MUST(n > 0 && n <= sizeof(out));
	FUZZ_MUST(eg_dns_parse_answer(&a, (struct eg_span){ out, n }) == EG_R_NONE);
	FUZZ_MUST(a.id == q->id && a.type == q->type && eg_name_equal(&a.name, &q->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eg_dns_query q;
	struct eg_dns_answer a;
	uint8_t *p;
	char text[EG_NAME_TEXT_MAX];

	if (size > FUZZ_MAX)
		return 0;
	p = fuzz_place(data, size);
	if (eg_dns_parse_query(&q, (struct eg_span){ p, size }) == EG_R_NONE) {
		check_query(&q);
		check_padded(&q, size);
		check_reply(&q);
	} else {
		/* What another reader takes for clean and listed is never refused. */
		FUZZ_MUST(!question_listed(p, size, true));
	}
	if (q.name.len)
		FUZZ_MUST(eg_name_text(&q.name, text) == strlen(text));
	if (eg_dns_parse_answer(&a, (struct eg_span){ p, size }) == EG_R_NONE)
		FUZZ_MUST(a.name.len > 0 && size >= EG_DNS_HEADER_LEN + (size_t)a.name.len + 4);
	return 0;
}
