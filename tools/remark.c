/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remark.h"

#include "describe.h"
#include "note.h"

#include <stdio.h>

static bool is(const struct eg_span *s, const char *word)
{
	return s->n == strlen(word) && memcmp(s->p, word, s->n) == 0;
}

/* What a value of "verdict" or "note" makes of a packet. */
static void set_kind(struct eg_finding *f, const struct eg_span *value)
{
	static const struct {
		const char *word;
		enum eg_finding_kind kind;
	} kinds[] = {
		{ "block", EG_FINDING_BLOCKED }, { "would-block", EG_FINDING_WOULD },
		{ "answer", EG_FINDING_ANSWER }, { "suppressed", EG_FINDING_SUPPRESSED },
		{ "lost", EG_FINDING_LOST },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is(value, kinds[i].word))
			f->kind = kinds[i].kind;
}

static void set_reason(struct eg_finding *f, const struct eg_span *value)
{
	f->reason = *value;
}

static void set_proto(struct eg_finding *f, const struct eg_span *value)
{
	f->proto = eg_proto_parse(value->p, value->n);
}

static void set_src(struct eg_finding *f, const struct eg_span *value)
{
	f->has_src = eg_finding_address(&f->src, value->p, value->n);
}

static void set_dst(struct eg_finding *f, const struct eg_span *value)
{
	f->has_dst = eg_finding_address(&f->dst, value->p, value->n);
}

static void set_port(uint16_t *port, const struct eg_span *value)
{
	uint64_t n;

	if (eg_finding_number(value->p, value->n, UINT16_MAX, &n))
		*port = (uint16_t)n;
}

static void set_sport(struct eg_finding *f, const struct eg_span *value)
{
	set_port(&f->sport, value);
}

static void set_dport(struct eg_finding *f, const struct eg_span *value)
{
	set_port(&f->dport, value);
}

static void set_name(struct eg_finding *f, const struct eg_span *value)
{
	f->name = *value;
}

static void set_qtype(struct eg_finding *f, const struct eg_span *value)
{
	f->qtype = *value;
}

static void set_count(struct eg_finding *f, const struct eg_span *value)
{
	if (!eg_finding_number(value->p, value->n, UINT64_MAX, &f->count))
		f->count = 0;
}

static void set_first(struct eg_finding *f, const struct eg_span *value)
{
	eg_moment_parse_seconds((const char *)value->p, value->n, &f->first);
}

static void set_last(struct eg_finding *f, const struct eg_span *value)
{
	eg_moment_parse_seconds((const char *)value->p, value->n, &f->last);
}

static const struct pair {
	const char *key;
	void (*set)(struct eg_finding *f, const struct eg_span *value);
} pairs[] = {
	{ "verdict", set_kind }, { "reason", set_reason }, { "proto", set_proto },
	{ "src", set_src },      { "sport", set_sport },   { "dst", set_dst },
	{ "dport", set_dport },  { "name", set_name },     { "qtype", set_qtype },
	{ "note", set_kind },    { "count", set_count },   { "first", set_first },
	{ "last", set_last },
};

static void take_pair(struct eg_finding *f, const uint8_t *p, size_t n)
{
	const uint8_t *equals = memchr(p, '=', n);
	struct eg_span key, value;

	if (!equals)
		return;
	key = (struct eg_span){ .p = p, .n = (size_t)(equals - p) };
	value = (struct eg_span){ .p = equals + 1, .n = n - key.n - 1 };
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (is(&key, pairs[i].key))
			pairs[i].set(f, &value);
}

bool eg_remark_parse(struct eg_finding *f, const void *p, size_t n)
{
	static const char begin[] = "egress ";
	const uint8_t *at = p, *end, *blank;

	/* Of a packet without a comment P is NULL, from which nothing is counted. */
	if (n < sizeof(begin) - 1 || memcmp(p, begin, sizeof(begin) - 1) != 0)
		return false;
	end = at + n;
	for (at += sizeof(begin) - 1; at < end; at = blank + 1) {
		blank = memchr(at, ' ', (size_t)(end - at));
		if (!blank)
			blank = end;
		take_pair(f, at, (size_t)(blank - at));
	}
	return true;
}

_Static_assert(EG_REMARK_TEXT_MAX >= EG_NAME_TEXT_MAX + EG_DNS_TYPE_TEXT_MAX, "a name and a type");

/* A note of a capture without comments. */
static bool parse_note(struct eg_finding *f, const struct eg_span *frame)
{
	const uint8_t *text = frame->p + EG_NOTE_AT;
	size_t n = frame->n - EG_NOTE_AT;
	/* Frames are padded with zeros. */
	const uint8_t *zero = memchr(text, 0, n);

	return eg_remark_parse(f, text, zero ? (size_t)(zero - text) : n);
}

/* Tell by the frame itself what the comment does not. */
static void describe(struct eg_finding *f, const struct eg_span *frame,
		     char text[EG_REMARK_TEXT_MAX])
{
	struct eg_description d;
	size_t n;

	eg_describe(&d, frame->p, frame->n);
	f->proto = d.proto >= 0 ? (uint32_t)d.proto : EG_PROTO_ETHER | d.ethertype;
	if (d.proto < 0 && d.ethertype == 0)
		f->proto = EG_PROTO_NONE;
	f->has_src = f->has_dst = d.has_addresses;
	f->src = d.src;
	f->dst = d.dst;
	f->sport = d.sport;
	f->dport = d.dport;
	if (!d.has_question)
		return;
	n = eg_name_text(&d.name, text);
	f->name = (struct eg_span){ .p = (const uint8_t *)text, .n = n };
	text += n + 1;
	eg_dns_type_text(d.qtype, text);
	f->qtype = (struct eg_span){ .p = (const uint8_t *)text, .n = strlen(text) };
}

void eg_remark_packet(struct eg_finding *f, const struct eg_input_packet *p,
		      char text[EG_REMARK_TEXT_MAX])
{
	eg_finding_clear(f);
	f->when = p->timed ? p->when_ns : EG_MOMENT_NONE;
	f->dir = p->dir;
	f->guest = p->guest;
	/* A comment is the writer's word. What looks like a note may be a frame that the guest
	 * sent, but where the writer saw to it. */
	if (!eg_remark_parse(f, p->comment.p, p->comment.n)) {
		if (p->noted && p->bytes.n > EG_NOTE_AT && eg_note_seems(p->bytes.p, p->bytes.n) &&
		    parse_note(f, &p->bytes))
			return;
		f->kind = EG_FINDING_UNMARKED;
	}
	if (f->proto == EG_PROTO_NONE && f->kind != EG_FINDING_SUPPRESSED &&
	    f->kind != EG_FINDING_LOST && p->linktype == EG_LINKTYPE_ETHERNET)
		describe(f, &p->bytes, text);
}
