/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comments of packets: "egress" and then pairs of a key and a value, so that a display filter
 * such as
 *
 *   frame.comment contains "reason=dns-name"
 *
 * finds them. No value has a blank in it, whatever bytes a guest sent: names are escaped.
 * The manual lists the keys; people filter by them, so they never change.
 */
#include "comment.h"

#include "describe.h"
#include "reply.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A text that grows; each of its parts fits. */
struct text {
	char *p;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->p + t->len, EG_COMMENT_MAX - t->len, format, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
	if (t->len >= EG_COMMENT_MAX)
		t->len = EG_COMMENT_MAX - 1;
}

static void add_description(struct text *t, const struct eg_description *d)
{
	char pairs[EG_DESCRIPTION_TEXT_MAX];

	if (eg_describe_text(d, pairs, sizeof(pairs)))
		add(t, " %s", pairs);
}

static void add_frame(struct text *t, const struct eg_record *r, const uint8_t *bytes)
{
	struct eg_description d;

	eg_describe(&d, bytes, r->len);
	add_description(t, &d);
}

static void add_blocked(struct text *t, const struct eg_record *r, const uint8_t *bytes)
{
	add(t, " verdict=%s reason=%s rule=%s", r->passed ? "would-block" : "block",
	    eg_reason_word(r->reason), eg_reason_rule(r->reason));
	if (r->held)
		add(t, " cut=headers");
	add_frame(t, r, bytes);
}

static void add_answer(struct text *t, const struct eg_record *r, const uint8_t *bytes)
{
	add(t, " verdict=answer answer=%s reason=%s", eg_answer_word(r->answer),
	    eg_reason_word(r->reason));
	add_frame(t, r, bytes);
}

static void add_moment(struct text *t, const char *key, const struct timespec *when)
{
	add(t, " %s=%lld.%09ld", key, (long long)when->tv_sec, when->tv_nsec);
}

static void add_suppressed(struct text *t, const struct eg_record *r, const uint8_t *bytes)
{
	struct eg_description d = { 0 };
	struct eg_record_suppressed s;
	char dst[EG_ADDR_TEXT_MAX];

	memcpy(&s, bytes, sizeof(s));
	d.ethertype = s.ethertype;
	d.proto = s.proto;
	add(t, " note=suppressed count=%" PRIu64 " reason=%s", s.count, eg_reason_word(r->reason));
	add_description(t, &d);
	if (s.has_dst)
		add(t, " dst=%s", eg_describe_address(&d, &s.dst, dst));
	if (s.dport)
		add(t, " dport=%u", s.dport);
	add_moment(t, "first", &s.first);
	add_moment(t, "last", &s.last);
}

static void add_lost(struct text *t, const struct eg_record *r, const uint8_t *bytes)
{
	struct eg_record_lost s;

	(void)r;
	memcpy(&s, bytes, sizeof(s));
	add(t, " note=lost count=%" PRIu64 " why=disk", s.count);
}

typedef void add_fn(struct text *t, const struct eg_record *r, const uint8_t *bytes);

static add_fn *const kinds[EG_RECORD_KINDS] = {
	[EG_RECORD_BLOCKED] = add_blocked,
	[EG_RECORD_ANSWER] = add_answer,
	[EG_RECORD_SUPPRESSED] = add_suppressed,
	[EG_RECORD_LOST] = add_lost,
};

size_t eg_comment(const struct eg_record *r, const uint8_t *bytes, char *text)
{
	struct text t = { .p = text };

	if (r->kind >= EG_RECORD_KINDS || !kinds[r->kind])
		return 0;
	add(&t, "egress");
	kinds[r->kind](&t, r, bytes);
	return t.len;
}
