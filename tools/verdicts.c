/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdicts.h"

#include "describe.h"
#include "escape.h"
#include "finding.h"
#include "side.h"

#include <inttypes.h>

enum { END_TEXT_MAX = EG_ADDR_TEXT_MAX + 10 }; /* brackets, a colon and a port */

static const char *const verdicts[EG_REJUDGE_VERDICTS] = {
	[EG_REJUDGE_PASS] = "pass",
	[EG_REJUDGE_BLOCK] = "block",
	[EG_REJUDGE_WOULD] = "would-block",
	[EG_REJUDGE_UNJUDGED] = "unjudged",
};

static const char *const faults[EG_REJUDGE_FAULTS] = {
	[EG_REJUDGE_FINE] = "-",
	[EG_REJUDGE_TRUNCATED] = "truncated",
	[EG_REJUDGE_LINKTYPE] = "link-type",
	[EG_REJUDGE_OFFLOAD] = "offload",
};

static const char *const directions[] = {
	[EG_INPUT_UNKNOWN] = "-",
	[EG_INPUT_TO_GUEST] = "in",
	[EG_INPUT_FROM_GUEST] = "out",
};

/* Why, by VERDICT and the number that it is counted under; "-" of what passes. */
static const char *reason_word(enum eg_rejudge_verdict verdict, unsigned int number)
{
	if (verdict == EG_REJUDGE_UNJUDGED)
		return faults[number];
	return number ? eg_reason_word((enum eg_reason)number) : "-";
}

static const char *rule_word(enum eg_rejudge_verdict verdict, unsigned int number)
{
	if (verdict == EG_REJUDGE_UNJUDGED || number == 0)
		return "-";
	return eg_reason_rule((enum eg_reason)number);
}

static unsigned int number_of(const struct eg_rejudge_frame *f)
{
	return f->verdict == EG_REJUDGE_UNJUDGED ? (unsigned int)f->fault : (unsigned int)f->reason;
}

void eg_verdicts_add(struct eg_verdicts *v, const struct eg_rejudge_frame *f)
{
	struct eg_verdicts_sum *s = &v->sums[f->verdict][number_of(f)];

	s->frames++;
	s->bytes += f->len;
}

uint64_t eg_verdicts_of(const struct eg_verdicts *v, enum eg_rejudge_verdict verdict)
{
	uint64_t frames = 0;

	for (size_t i = 0; i < EG_REASON_COUNT; i++)
		frames += v->sums[verdict][i].frames;
	return frames;
}

uint64_t eg_verdicts_unjudged(const struct eg_verdicts *v, enum eg_rejudge_fault fault)
{
	return v->sums[EG_REJUDGE_UNJUDGED][fault].frames;
}

/*
 * One frame
 */

static uint32_t proto_of(const struct eg_description *d)
{
	if (d->proto >= 0)
		return (uint32_t)d->proto;
	return d->ethertype ? EG_PROTO_ETHER | d->ethertype : EG_PROTO_NONE;
}

static bool is_read(const struct eg_rejudge_frame *f)
{
	return f->fault != EG_REJUDGE_LINKTYPE;
}

static bool was_repaired(const struct eg_rejudge_frame *f)
{
	return f->offload == EG_OFFLOAD_CHECKSUM || f->offload == EG_OFFLOAD_SEGMENTS;
}

/* One end of D's way, as in "10.0.2.15:53" and "[fd00::2]:53". */
static const char *end_text(const struct eg_description *d, const struct eg_addr *a, uint16_t port,
			    char text[END_TEXT_MAX])
{
	char address[EG_ADDR_TEXT_MAX];
	bool brackets;

	eg_describe_address(d, a, address);
	brackets = strchr(address, ':') != NULL;
	if (!d->has_ports)
		snprintf(text, END_TEXT_MAX, "%s", address);
	else
		snprintf(text, END_TEXT_MAX, brackets ? "[%s]:%u" : "%s:%u", address, port);
	return text;
}

static void print_way(FILE *out, const struct eg_rejudge_frame *f, const struct eg_description *d)
{
	char src[END_TEXT_MAX] = "-", dst[END_TEXT_MAX] = "-";

	if (d->has_addresses) {
		end_text(d, &d->src, d->sport, src);
		end_text(d, &d->dst, d->dport, dst);
	} else if (is_read(f) && f->len >= 12) {
		eg_side_text(f->bytes + 6, src);
		eg_side_text(f->bytes, dst);
	}
	fprintf(out, "%s > %s", src, dst);
}

void eg_verdicts_print_line(FILE *out, const struct eg_rejudge_frame *f, bool named)
{
	char when[EG_MOMENT_MAX] = "-", proto[EG_PROTO_TEXT_MAX], name[EG_NAME_TEXT_MAX],
	     type[EG_DNS_TYPE_TEXT_MAX];
	struct eg_description d = { .proto = -1 };

	if (is_read(f))
		eg_describe(&d, f->bytes, f->len);
	if (f->timed)
		eg_moment_exact(f->when, when);
	if (named)
		fprintf(out, "%s:%" PRIu64, f->file, f->number);
	else
		fprintf(out, "%7" PRIu64, f->number);
	fprintf(out, " %-30s %-3s %-11s %-13s %-9s ", when, directions[f->dir],
		verdicts[f->verdict], reason_word(f->verdict, number_of(f)),
		rule_word(f->verdict, number_of(f)));
	print_way(out, f, &d);
	fprintf(out, " %s", eg_proto_text(proto_of(&d), proto));
	if (d.has_icmp)
		fprintf(out, " type=%u code=%u", d.type, d.code);
	if (d.has_question) {
		eg_name_text(&d.name, name);
		fprintf(out, " name=%s qtype=%s", name, eg_dns_type_text(d.qtype, type));
	}
	fprintf(out, " len=%zu", f->len);
	if (was_repaired(f))
		fprintf(out, " offload=%s", eg_offload_word(f->offload));
	fputc('\n', out);
}

static void print_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, ",\"%s\":", key);
	eg_escape_json(out, text);
}

static void print_description(FILE *out, const struct eg_description *d)
{
	char text[EG_NAME_TEXT_MAX];

	if (proto_of(d) != EG_PROTO_NONE)
		print_text(out, "proto", eg_proto_text(proto_of(d), text));
	if (d->has_addresses)
		print_text(out, "src", eg_describe_address(d, &d->src, text));
	if (d->has_ports)
		fprintf(out, ",\"sport\":%u", d->sport);
	if (d->has_addresses)
		print_text(out, "dst", eg_describe_address(d, &d->dst, text));
	if (d->has_ports)
		fprintf(out, ",\"dport\":%u", d->dport);
	if (d->has_icmp)
		fprintf(out, ",\"type\":%u,\"code\":%u", d->type, d->code);
	if (!d->has_question)
		return;
	eg_name_text(&d->name, text);
	print_text(out, "name", text);
	print_text(out, "qtype", eg_dns_type_text(d->qtype, text));
}

void eg_verdicts_print_json_line(FILE *out, const struct eg_rejudge_frame *f)
{
	struct eg_description d = { .proto = -1 };
	char when[EG_MOMENT_MAX];

	if (is_read(f))
		eg_describe(&d, f->bytes, f->len);
	fputs("{\"file\":", out);
	eg_escape_json(out, f->file);
	fprintf(out, ",\"number\":%" PRIu64, f->number);
	if (f->timed)
		print_text(out, "time", eg_moment_exact(f->when, when));
	if (f->dir != EG_INPUT_UNKNOWN)
		print_text(out, "direction", directions[f->dir]);
	print_text(out, "verdict", verdicts[f->verdict]);
	if (number_of(f))
		print_text(out, "reason", reason_word(f->verdict, number_of(f)));
	if (f->reason)
		print_text(out, "rule", rule_word(f->verdict, number_of(f)));
	print_description(out, &d);
	fprintf(out, ",\"len\":%zu", f->len);
	if (was_repaired(f))
		print_text(out, "offload", eg_offload_word(f->offload));
	fputs("}\n", out);
}

/*
 * Sums
 */

typedef void print_sum_fn(FILE *out, enum eg_rejudge_verdict verdict, unsigned int number,
			  const struct eg_verdicts_sum *s);

static void print_sum(FILE *out, enum eg_rejudge_verdict verdict, unsigned int number,
		      const struct eg_verdicts_sum *s)
{
	fprintf(out, "%-11s %-13s %-9s %10" PRIu64 " %12" PRIu64 "\n", verdicts[verdict],
		reason_word(verdict, number), rule_word(verdict, number), s->frames, s->bytes);
}

static void print_json_sum(FILE *out, enum eg_rejudge_verdict verdict, unsigned int number,
			   const struct eg_verdicts_sum *s)
{
	fprintf(out, "{\"verdict\":\"%s\"", verdicts[verdict]);
	if (number)
		print_text(out, "reason", reason_word(verdict, number));
	if (number && verdict != EG_REJUDGE_UNJUDGED)
		print_text(out, "rule", rule_word(verdict, number));
	fprintf(out, ",\"frames\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", s->frames, s->bytes);
}

/* Those that are not 0, with BETWEEN between two. Returns how many frames there are in all. */
static uint64_t print_sums(FILE *out, const struct eg_verdicts *v, print_sum_fn *print,
			   const char *between)
{
	uint64_t frames = 0;

	for (unsigned int verdict = 0; verdict < EG_REJUDGE_VERDICTS; verdict++)
		for (unsigned int i = 0; i < EG_REASON_COUNT; i++) {
			const struct eg_verdicts_sum *s = &v->sums[verdict][i];

			if (s->frames == 0)
				continue;
			if (frames)
				fputs(between, out);
			print(out, (enum eg_rejudge_verdict)verdict, i, s);
			frames += s->frames;
		}
	return frames;
}

void eg_verdicts_print(FILE *out, const struct eg_verdicts *v)
{
	fprintf(out, "%-11s %-13s %-9s %10s %12s\n", "verdict", "reason", "rule", "frames",
		"bytes");
	print_sums(out, v, print_sum, "");
}

void eg_verdicts_print_json(FILE *out, const struct eg_verdicts *v)
{
	uint64_t frames;

	fputs("{\"sums\":[", out);
	frames = print_sums(out, v, print_json_sum, ",");
	fprintf(out, "],\"frames\":%" PRIu64 ",\"answers\":%" PRIu64 ",\"notes\":%" PRIu64 "}\n",
		frames, v->answers, v->notes);
}
