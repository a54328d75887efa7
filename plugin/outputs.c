/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records, written.
 *
 * Purpose. The capture first, then the events, which name a packet by its number in the
 * capture: so a batch is in the capture, or known not to be, before its events are written.
 *
 * Terms. A note is a packet of our own between those of the guest (note.h): its payload and its
 * comment say what is not in the capture.
 *
 * Invariants. unsaid is how many blocked frames the capture lacks beside those that its
 * notes tell of. The note that says so is written before all else, once it can be.
 *
 * Fails how. open says why. Later what a disk refuses is counted; what the events lack is
 * counted and said by eventsink.c.
 */
#include "outputs.h"

#include "capture.h"
#include "comment.h"
#include "complain.h"
#include "eve.h"
#include "eventsink.h"
#include "note.h"

#include <errno.h>
#include <stdlib.h>

struct eg_outputs {
	char *log, *to, *label;      /* as in the options */
	struct eg_eventsink *events; /* NULL: none */
	struct eg_eve eve;
	struct eg_capture *capture; /* NULL: none */
	bool rich;                  /* it has comments, and so our answers */
	uint64_t unsaid;
	/* What is being written: settled comes across its items in their order. */
	struct eg_batch *batch;
	struct eg_item *last; /* settled; NULL: none yet */
	struct eg_outputs_loss loss;
	uint8_t note[EG_NOTE_AT + EG_COMMENT_MAX];
	char line[EG_EVE_LINE_MAX];
};

_Static_assert((int)EG_EVE_LINE_MAX <= (int)EG_EVENTSINK_LINE_MAX, "each line can be put");

/*
 * Packets
 */

/* Whether ITEM is a packet of the capture. */
static bool is_packet(const struct eg_outputs *o, const struct eg_item *item)
{
	switch (item->record.kind) {
	case EG_RECORD_BLOCKED:
	case EG_RECORD_LOST:
		return true;
	case EG_RECORD_ANSWER:
		return o->rich;
	case EG_RECORD_SUPPRESSED: /* of passed queries and of flows there is nothing in it */
		return item->record.reason != EG_R_NONE;
	default:
		return false;
	}
}

static enum eg_packet_way way_of(const struct eg_record *r)
{
	if (r->kind == EG_RECORD_LOST)
		return EG_PACKET_NOWHERE;
	return r->kind == EG_RECORD_ANSWER || r->dir ? EG_PACKET_TO_GUEST : EG_PACKET_FROM_GUEST;
}

static void put_packet(struct eg_outputs *o, const struct eg_record *r, const uint8_t *bytes)
{
	char comment[EG_COMMENT_MAX];
	size_t n = eg_comment(r, bytes, comment);
	struct eg_packet p = {
		.when = r->when,
		.bytes = bytes,
		.len = r->len,
		.held = r->held,
		.way = way_of(r),
		.comment = comment,
	};

	if (r->kind == EG_RECORD_SUPPRESSED || r->kind == EG_RECORD_LOST) {
		memcpy(o->note + EG_NOTE_AT, comment, n);
		p.bytes = o->note;
		p.len = EG_NOTE_AT + n;
		p.note = true;
	}
	eg_capture_put(o->capture, &p);
}

static void lose(struct eg_outputs *o, const struct eg_item *item, int error)
{
	struct eg_record_suppressed s;

	o->loss.error = error;
	if (item->record.kind == EG_RECORD_BLOCKED) {
		o->loss.frames++;
		o->unsaid++;
	} else if (item->record.kind == EG_RECORD_SUPPRESSED) {
		memcpy(&s, item->bytes, sizeof(s));
		o->loss.summed += s.count;
		o->unsaid += s.count;
	}
}

/* The next N packets of the batch are in the capture, or lost. */
static void settled(void *outputs, unsigned n, uint64_t first, int error)
{
	struct eg_outputs *o = outputs;

	for (unsigned i = 0; i < n; i++) {
		do
			o->last = eg_batch_next(o->batch, o->last);
		while (!is_packet(o, o->last));
		if (first)
			o->last->number = first + i;
		else
			lose(o, o->last, error);
	}
}

static void write_packets(struct eg_outputs *o, struct eg_batch *b)
{
	o->batch = b;
	o->last = NULL;
	for (struct eg_item *item = NULL; (item = eg_batch_next(b, item));)
		if (is_packet(o, item))
			put_packet(o, &item->record, item->bytes);
	eg_capture_flush(o->capture);
}

/* Say in the capture what it lacks. */
static void say_lost(struct eg_outputs *o)
{
	const struct eg_record_lost lost = { .count = o->unsaid };
	struct eg_record r = { .kind = EG_RECORD_LOST, .len = sizeof(lost) };
	uint64_t bytes[16];
	struct eg_batch b = { .bytes = (uint8_t *)bytes, .size = sizeof(bytes) };

	clock_gettime(CLOCK_REALTIME, &r.when);
	eg_batch_add(&b, &r, &lost);
	write_packets(o, &b);
	if (eg_batch_next(&b, NULL)->number)
		o->unsaid = 0;
}

/*
 * Lines
 */

static void write_lines(struct eg_outputs *o, struct eg_batch *b)
{
	for (struct eg_item *item = NULL; (item = eg_batch_next(b, item));) {
		size_t n = eg_eve_line(&o->eve, &item->record, item->bytes, item->number, o->line,
				       sizeof(o->line));

		if (n)
			eg_eventsink_put(o->events, o->line, n);
	}
	eg_eventsink_flush(o->events);
}

/* The line that says that COUNT are missing. */
static size_t missing(void *outputs, uint64_t count, char *buf, size_t size)
{
	const struct eg_outputs *o = outputs;
	const struct eg_record_lost lost = { .count = count };
	struct eg_record r = { .kind = EG_RECORD_LOST, .len = sizeof(lost) };

	clock_gettime(CLOCK_REALTIME, &r.when);
	return eg_eve_line(&o->eve, &r, (const uint8_t *)&lost, 0, buf, size);
}

struct eg_outputs_loss eg_outputs_write(struct eg_outputs *o, struct eg_batch *b)
{
	o->loss = (struct eg_outputs_loss){ 0 };
	if (o->capture && o->unsaid)
		say_lost(o);
	if (o->capture)
		write_packets(o, b);
	if (o->events)
		write_lines(o, b);
	return o->loss;
}

void eg_outputs_tick(struct eg_outputs *o)
{
	if (o->events && eg_eventsink_waiting(o->events))
		eg_eventsink_flush(o->events);
}

/*
 * Opening and closing
 */

static int open_capture(struct eg_outputs *o, const struct eg_outputs_options *options)
{
	const struct eg_append_options file = {
		.path = o->log,
		.limit = options->limit,
		.kept = options->kept,
		.settled = settled,
		.ctx = o,
	};
	char error[256];
	const struct eg_refusal why = { .text = error, .size = sizeof(error) };
	int rc = eg_capture_open(&o->capture, &file, o->label, &why);

	if (rc)
		eg_complain("log %s: %s", o->log, error);
	else
		o->rich = eg_capture_has_comments(o->capture);
	return rc;
}

static int open_events(struct eg_outputs *o, const struct eg_outputs_options *options)
{
	const struct eg_eventsink_options sink = {
		.to = o->to,
		.limit = options->limit,
		.kept = options->kept,
		.missing = missing,
		.ctx = o,
	};
	char error[256];
	const struct eg_refusal why = { .text = error, .size = sizeof(error) };
	int rc = eg_eventsink_open(&o->events, &sink, &why);

	o->eve = (struct eg_eve){ .vm = o->label, .capture = o->log };
	if (rc)
		eg_complain("events %s: %s", o->to, error);
	return rc;
}

/* Keep copies of the strings. Returns 0 or -ENOMEM. */
static int keep(struct eg_outputs *o, const struct eg_outputs_options *options)
{
	o->label = strdup(options->label);
	o->log = options->log ? strdup(options->log) : NULL;
	o->to = options->events ? strdup(options->events) : NULL;
	if (o->label && !o->log == !options->log && !o->to == !options->events)
		return 0;
	eg_complain("no memory for a record");
	return -ENOMEM;
}

int eg_outputs_open(struct eg_outputs **out, const struct eg_outputs_options *options)
{
	struct eg_outputs *o = calloc(1, sizeof(*o));
	int rc;

	if (!o) {
		eg_complain("no memory for a record");
		return -ENOMEM;
	}
	eg_put16(o->note + 12, EG_NOTE_ETHERTYPE);
	rc = keep(o, options);
	if (!rc && o->log)
		rc = open_capture(o, options);
	if (!rc && o->to)
		rc = open_events(o, options);
	if (rc)
		eg_outputs_close(o);
	else
		*out = o;
	return rc;
}

void eg_outputs_count(struct eg_outputs *o, uint64_t received, uint64_t dropped)
{
	if (o->capture)
		eg_capture_count(o->capture, received, dropped);
}

void eg_outputs_close(struct eg_outputs *o)
{
	unsigned long long lost;

	if (!o)
		return;
	if (o->capture && o->unsaid)
		say_lost(o);
	eg_capture_close(o->capture);
	lost = eg_eventsink_close(o->events);
	if (lost)
		eg_complain("events %s: %llu lines are not in it", o->to, lost);
	free(o->label);
	free(o->log);
	free(o->to);
	free(o);
}
