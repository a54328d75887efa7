/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events, read: the module's own, and those of Suricata that say the same.
 *
 * Of Suricata's there have a meaning here: "drop", and "alert" whose frame was dropped ("verdict",
 * which is there from version 7 on; before it alert.action); "dns" of a question, in each of its
 * versions; and "flow". An alert about what passed, an answer, an anomaly say nothing of what was
 * blocked, asked or opened.
 *
 * Suricata writes several lines about one frame: an alert for each rule, a drop, a question. They
 * have the same time and the same ends, which is how intake.c knows them.
 *
 * References. "EVE JSON Format" in Suricata's user guide, of 6.0 to 8.0.
 */
#include "event.h"

#include "sum.h"

#include <jansson.h>

static struct eg_span text_of(const json_t *object, const char *key)
{
	const json_t *s = json_object_get(object, key);

	if (!json_is_string(s))
		return (struct eg_span){ 0 };
	return (struct eg_span){ .p = (const uint8_t *)json_string_value(s),
				 .n = json_string_length(s) };
}

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t moment_of(const json_t *object, const char *key)
{
	struct eg_span s = text_of(object, key);
	uint64_t ns;

	return s.n && eg_moment_parse((const char *)s.p, s.n, &ns) ? ns : EG_MOMENT_NONE;
}

static uint16_t port_of(const json_t *object, const char *key)
{
	uint64_t n = number_of(object, key);

	return n <= UINT16_MAX ? (uint16_t)n : 0;
}

static bool is(struct eg_span s, const char *word)
{
	return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

/* What all events have. */
static void take_common(struct eg_finding *f, const json_t *e)
{
	struct eg_span proto = text_of(e, "proto"), src = text_of(e, "src_ip"),
		       dst = text_of(e, "dest_ip"), dir = text_of(e, "direction");

	f->when = moment_of(e, "timestamp");
	f->guest = text_of(e, "vm");
	f->reason = text_of(e, "reason");
	f->number = number_of(e, "pcap_cnt");
	f->has_src = src.n && eg_finding_address(&f->src, src.p, src.n);
	f->has_dst = dst.n && eg_finding_address(&f->dst, dst.p, dst.n);
	f->sport = port_of(e, "src_port");
	f->dport = port_of(e, "dest_port");
	if (proto.n)
		f->proto = eg_proto_parse(proto.p, proto.n);
	if (is(dir, "to_server"))
		f->dir = EG_INPUT_FROM_GUEST;
	else if (is(dir, "to_client"))
		f->dir = EG_INPUT_TO_GUEST;
}

/* The question of DNS, where it stands: in it (version 1 and 2), or in the first of a row (version
 * 3; in alerts also before). */
static const json_t *question_of(const json_t *dns)
{
	static const char *const rows[] = { "queries", "query" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *row = json_object_get(dns, rows[i]);

		if (json_is_array(row))
			return json_array_get(row, 0);
	}
	return dns;
}

static void take_question(struct eg_finding *f, const json_t *e)
{
	const json_t *question = question_of(json_object_get(e, "dns"));

	f->name = text_of(question, "rrname");
	f->qtype = text_of(question, "rrtype");
}

/* Whether "verdict" says that it was dropped. Before there was one, "alert" had the word. */
static bool was_dropped(const json_t *e)
{
	struct eg_span verdict = text_of(json_object_get(e, "verdict"), "action"),
		       action = text_of(json_object_get(e, "alert"), "action");

	return verdict.n ? is(verdict, "drop") : is(action, "blocked");
}

static void take_alert(struct eg_finding *f, const json_t *e)
{
	if (was_dropped(e))
		f->kind = EG_FINDING_BLOCKED;
	f->answered = json_array_size(json_object_get(json_object_get(e, "verdict"), "reject")) > 0;
	take_question(f, e);
}

/* What became of a frame where no verdict says it: a drop is one, and a question was seen. */
static enum eg_finding_kind without_verdict(const json_t *e)
{
	struct eg_span type = text_of(json_object_get(e, "dns"), "type");

	if (json_is_object(json_object_get(e, "drop")))
		return EG_FINDING_BLOCKED;
	return is(type, "query") || is(type, "request") ? EG_FINDING_QUERY : EG_FINDING_NOTHING;
}

/* "drop", and "dns": what became of a frame. */
static void take_frame(struct eg_finding *f, const json_t *e)
{
	static const struct {
		const char *word;
		enum eg_finding_kind kind;
	} actions[] = { { "drop", EG_FINDING_BLOCKED },
			{ "alert", EG_FINDING_WOULD },
			{ "pass", EG_FINDING_QUERY } };
	const json_t *verdict = json_object_get(e, "verdict"), *dns = json_object_get(e, "dns");
	struct eg_span action = text_of(verdict, "action");

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (is(action, actions[i].word))
			f->kind = actions[i].kind;
	if (!verdict)
		f->kind = without_verdict(e);
	if (f->kind == EG_FINDING_QUERY && !dns)
		f->kind = EG_FINDING_NOTHING;
	f->answered = json_array_size(json_object_get(verdict, "reject")) > 0;
	take_question(f, e);
}

static void take_opened(struct eg_finding *f, const json_t *e)
{
	(void)e;
	f->kind = EG_FINDING_OPENED;
}

static void take_ended(struct eg_finding *f, const json_t *e)
{
	const json_t *flow = json_object_get(e, "flow");

	f->kind = EG_FINDING_ENDED;
	f->first = moment_of(flow, "start");
	f->last = moment_of(flow, "end");
	f->bytes[0] = number_of(flow, "bytes_toserver");
	f->bytes[1] = number_of(flow, "bytes_toclient");
}

static void take_suppressed(struct eg_finding *f, const json_t *e)
{
	static const struct {
		const char *word;
		enum eg_finding_kind kind;
	} kinds[] = { { "blocked", EG_FINDING_SUPPRESSED },
		      { "query", EG_FINDING_QUERY },
		      { "flow_start", EG_FINDING_OPENED },
		      { "flow", EG_FINDING_ASIDE } };
	const json_t *suppressed = json_object_get(e, "suppressed");
	struct eg_span of = text_of(suppressed, "of");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is(of, kinds[i].word))
			f->kind = kinds[i].kind;
	if (of.n == 0)
		f->kind = EG_FINDING_SUPPRESSED;
	f->count = number_of(suppressed, "count");
	f->first = moment_of(suppressed, "first");
	f->last = moment_of(suppressed, "last");
}

static void take_lost(struct eg_finding *f, const json_t *e)
{
	f->kind = EG_FINDING_LOST;
	f->count = number_of(json_object_get(e, "lost"), "count");
}

static void take_stats(struct eg_finding *f, const json_t *e)
{
	const json_t *stats = json_object_get(e, "stats"),
		     *passed = json_object_get(stats, "passed");
	json_t *blocked = json_object_get(stats, "blocked"), *value;
	const char *reason;

	/* Suricata has some, of other things. */
	if (!passed && !blocked && !json_object_get(stats, "recorded"))
		return;
	f->kind = EG_FINDING_STATS;
	f->stats.uptime = number_of(stats, "uptime");
	f->stats.passed_guest = number_of(passed, "guest");
	f->stats.passed_network = number_of(passed, "network");
	f->stats.recorded = number_of(stats, "recorded");
	f->stats.suppressed = number_of(stats, "suppressed");
	f->stats.lost = number_of(stats, "lost");
	json_object_foreach((json_t *)(uintptr_t)blocked, reason,
			    value) if (json_integer_value(value) > 0) f->stats.blocked +=
		(uint64_t)json_integer_value(value);
}

static void take_aside(struct eg_finding *f, const json_t *e)
{
	(void)e;
	f->kind = EG_FINDING_ASIDE;
}

static const struct {
	const char *type;
	void (*take)(struct eg_finding *f, const json_t *e);
} types[] = {
	{ "drop", take_frame },
	{ "dns", take_frame },
	{ "alert", take_alert },
	{ "flow_start", take_opened },
	{ "flow", take_ended },
	{ "lost", take_lost },
	{ "suppressed", take_suppressed },
	{ "stats", take_stats },
	{ "engine", take_aside },
};

static void take(struct eg_finding *f, const json_t *e)
{
	struct eg_span type = text_of(e, "event_type");

	take_common(f, e);
	/* The module's say whose they are, and why. */
	f->foreign = f->guest.n == 0 && f->reason.n == 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is(type, types[i].type))
			types[i].take(f, e);
}

bool eg_event_parse(struct eg_event **e, struct eg_finding *f, const void *p, size_t n)
{
	/* JSON_ALLOW_NUL: a name with such a byte in it is the very thing to be reported. */
	json_t *root = json_loadb(p, n, JSON_ALLOW_NUL, NULL);

	if (!json_is_object(root)) {
		json_decref(root);
		return false;
	}
	eg_finding_clear(f);
	take(f, root);
	*e = (struct eg_event *)root;
	return true;
}

void eg_event_free(struct eg_event *e)
{
	json_decref((json_t *)e);
}
