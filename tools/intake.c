/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From files to findings.
 *
 * Purpose. Take any captures and event files of any guests, rotated ones too, in any order, and
 * hand on each frame once.
 *
 * Life-cycle. Each file is opened for its kind and its first time and, where it can be opened
 * again, closed. Then all are read one after the other in the order of time: first the events, then
 * the captures.
 *
 * Invariants. A frame that both an event and a packet tell of is counted by the event, which knows
 * as much as a comment and more than a packet without one. They are the same where the packet's
 * number and time (to the microsecond) are those that the event says; so are notes. Our answer goes
 * with the packet that it follows. What several events of another program tell of is counted by the
 * first that says what became of it: they have the same time and the same ends.
 *
 * Limits. EG_TWINS_MAX events can be compared with captures. What is beyond is left to the
 * captures, and counted as left out.
 *
 * Fails how. What can be read of a file counts, whatever comes behind it.
 */
#include "intake.h"

#include "event.h"
#include "plain.h"
#include "remark.h"
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SHOW_EACH = 4096 }; /* findings between two looks at the clock */

static bool is_capture(const struct eg_intake_file *f)
{
	return f->kind == EG_INPUT_PCAP || f->kind == EG_INPUT_PCAPNG;
}

static void see(struct eg_intake_file *f, uint64_t when)
{
	if (when == EG_MOMENT_NONE)
		return;
	if (f->first == EG_MOMENT_NONE || when < f->first)
		f->first = when;
	if (f->last == EG_MOMENT_NONE || when > f->last)
		f->last = when;
}

static void say_trouble(struct eg_intake_file *f, const char *why)
{
	eg_plain(f->trouble, sizeof(f->trouble), why, strlen(why));
}

static bool is_for_reason(const struct eg_finding *f, const char *reason)
{
	if (f->kind > EG_FINDING_SUPPRESSED)
		return false;
	if (strcmp(reason, "-") == 0)
		return f->reason.n == 0;
	return f->reason.n == strlen(reason) && memcmp(f->reason.p, reason, f->reason.n) == 0;
}

/* Whether the filters let F through. */
static bool wanted(const struct eg_intake *in, const struct eg_finding *f)
{
	bool ever = in->since == 0 && in->until == EG_MOMENT_NONE;

	if (f->kind == EG_FINDING_STATS) /* they are about all that was, of whatever reason */
		return ever && !in->reason;
	if (!ever && (f->when == EG_MOMENT_NONE || f->when < in->since || f->when >= in->until))
		return false;
	/* What was lost may have been anything. */
	return !in->reason || f->kind == EG_FINDING_LOST || is_for_reason(f, in->reason);
}

static void count(struct eg_intake *in, struct eg_intake_file *file, const struct eg_finding *f)
{
	if (++file->found % SHOW_EACH == 0)
		eg_progress_show(&in->progress, file->name, eg_input_offset(file->input),
				 file->size);
	if (wanted(in, f))
		in->take(in->ctx, f);
}

/* Whether an event of another program before F told of the same frame. */
static bool is_told(struct eg_intake *in, const struct eg_finding *f)
{
	const uint64_t mark = UINT64_C(1) << 63; /* no packet has such a number */
	struct {
		struct eg_addr src, dst;
		uint16_t sport, dport;
		uint32_t proto;
	} ends;
	uint64_t number;

	if (!f->foreign || f->when == EG_MOMENT_NONE ||
	    (f->kind != EG_FINDING_BLOCKED && f->kind != EG_FINDING_QUERY))
		return false;
	memset(&ends, 0, sizeof(ends));
	ends.src = f->src;
	ends.dst = f->dst;
	ends.sport = f->sport;
	ends.dport = f->dport;
	ends.proto = f->proto;
	number = mark | eg_siphash13(&in->twins.seed, &ends, sizeof(ends));
	if (eg_twins_has(&in->twins, f->when, number))
		return true;
	/* A frame may ask several questions. Where there is no room, some count twice. */
	if (f->kind == EG_FINDING_BLOCKED)
		eg_twins_add(&in->twins, f->when, number);
	return false;
}

/* One line. COMPARE: captures are read too. */
static void take_line(struct eg_intake *in, struct eg_intake_file *file, const struct eg_span *line,
		      bool compare)
{
	struct eg_finding f;
	struct eg_event *e;

	if (!eg_event_parse(&e, &f, line->p, line->n)) {
		if (eg_input_cut(file->input))
			say_trouble(file, "ends within an event, which is not used");
		else
			file->bad_lines++;
		return;
	}
	see(file, f.when);
	file->meaningless += f.kind == EG_FINDING_NOTHING;
	if (is_told(in, &f)) {
		file->found++;
		file->again++;
	} else if (compare && f.number && f.when != EG_MOMENT_NONE &&
		   !eg_twins_add(&in->twins, f.when, f.number)) {
		file->unmatched++;
	} else {
		count(in, file, &f);
	}
	eg_event_free(e);
}

static void read_events(struct eg_intake *in, struct eg_intake_file *file, bool compare)
{
	struct eg_span line;

	while (eg_input_line(file->input, &line) == 1)
		take_line(in, file, &line, compare);
	file->bad_lines += eg_input_long_lines(file->input);
	if (file->meaningless && file->meaningless == file->found) {
		file->fault = true;
		say_trouble(file, "has no line that has a meaning here");
	}
	if (file->bad_lines == 0)
		return;
	file->fault = true;
	snprintf(file->trouble, sizeof(file->trouble), "%llu lines are no events",
		 (unsigned long long)file->bad_lines);
}

static void read_packets(struct eg_intake *in, struct eg_intake_file *file)
{
	char text[EG_REMARK_TEXT_MAX];
	struct eg_input_packet p;
	struct eg_finding f;
	bool twin = false;

	while (eg_input_next(file->input, &p) == 1) {
		eg_remark_packet(&f, &p, text);
		see(file, f.when);
		if (!twin || f.kind != EG_FINDING_ANSWER)
			twin = p.timed && eg_twins_has(&in->twins, p.when_ns, p.number);
		if (twin)
			file->twins++;
		else
			count(in, file, &f);
	}
}

/* Open FILE where it is not open. */
static void open_file(struct eg_intake_file *file)
{
	char error[EG_INPUT_ERROR_MAX];

	if (file->input || file->fault)
		return;
	if (eg_input_open(&file->input, file->path, error) == 0) {
		file->kind = eg_input_kind(file->input);
		return;
	}
	file->input = NULL;
	file->fault = file->unread = true;
	say_trouble(file, error);
}

static void close_file(struct eg_intake_file *file)
{
	eg_input_close(file->input);
	file->input = NULL;
}

/* The time of the first thing in FILE, which is open. */
static uint64_t first_time(struct eg_intake_file *file)
{
	struct eg_input_packet p;
	struct eg_finding f;
	struct eg_event *e;
	struct eg_span line;

	if (file->kind != EG_INPUT_EVENTS)
		return eg_input_next(file->input, &p) == 1 && p.timed ? p.when_ns : EG_MOMENT_NONE;
	if (eg_input_line(file->input, &line) != 1 || !eg_event_parse(&e, &f, line.p, line.n))
		return EG_MOMENT_NONE;
	eg_event_free(e);
	return f.when;
}

/* Find out what FILE is, and when it begins where it can be read twice. */
static void probe(struct eg_intake_file *file)
{
	struct stat st;

	eg_plain(file->name, sizeof(file->name), file->path, strlen(file->path));
	file->first = file->last = EG_MOMENT_NONE;
	open_file(file);
	if (file->fault || strcmp(file->path, "-") == 0 || stat(file->path, &st) != 0 ||
	    !S_ISREG(st.st_mode))
		return;
	file->size = (uint64_t)st.st_size;
	file->device = st.st_dev;
	file->inode = st.st_ino;
	file->first = first_time(file);
	close_file(file);
}

/* Leave FILE out where one of the N before it is the same. */
static void leave_out_twice(struct eg_intake_file *file, const struct eg_intake_file *before,
			    size_t n)
{
	for (size_t i = 0; i < n && file->inode; i++)
		if (before[i].inode == file->inode && before[i].device == file->device) {
			file->kind = EG_INPUT_EMPTY;
			say_trouble(file, "is given twice, and read once");
			file->fault = true;
		}
}

static int by_time(const void *a, const void *b)
{
	const struct eg_intake_file *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void read_file(struct eg_intake *in, struct eg_intake_file *file, bool compare)
{
	open_file(file);
	if (!file->input)
		return;
	if (file->kind == EG_INPUT_EVENTS)
		read_events(in, file, compare);
	else
		read_packets(in, file);
	if (!file->trouble[0] && eg_input_trouble(file->input))
		say_trouble(file, eg_input_trouble(file->input));
	/* What is torn off returned 0. */
	file->fault = file->fault || eg_input_failed(file->input);
	close_file(file);
}

bool eg_intake_run(struct eg_intake *in, eg_intake_fn *take, void *ctx)
{
	bool captures = false, good = true;

	in->take = take;
	in->ctx = ctx;
	for (size_t i = 0; i < in->count; i++) {
		probe(&in->files[i]);
		leave_out_twice(&in->files[i], in->files, i);
		captures = captures || is_capture(&in->files[i]);
	}
	qsort(in->files, in->count, sizeof(*in->files), by_time);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < in->count; i++)
			if (is_capture(&in->files[i]) == pass)
				read_file(in, &in->files[i], captures);
	for (size_t i = 0; i < in->count; i++)
		good = good && !in->files[i].fault;
	eg_progress_clear(&in->progress);
	eg_twins_free(&in->twins);
	return good;
}

bool eg_intake_give(struct eg_intake *in, char *const *paths, size_t n)
{
	in->files = calloc(n, sizeof(*in->files));
	in->count = in->files ? n : 0;
	for (size_t i = 0; i < in->count; i++)
		in->files[i].path = paths[i];
	return in->files != NULL;
}

void eg_intake_free(struct eg_intake *in)
{
	free(in->files);
	in->files = NULL;
	in->count = 0;
}

bool eg_intake_says_twice(char *const *paths, size_t n)
{
	int times = 0;

	for (size_t i = 0; i < n; i++)
		times += strcmp(paths[i], "-") == 0;
	return times > 1;
}

size_t eg_intake_unread(const struct eg_intake *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++)
		n += in->files[i].unread;
	return n;
}

void eg_intake_say(const struct eg_intake *in)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct eg_intake_file *f = &in->files[i];

		if (f->trouble[0])
			eg_say("%s: %s", f->name, f->trouble);
		if (f->meaningless && f->meaningless < f->found)
			eg_say("%s: %llu of %llu lines have no meaning here", f->name,
			       (unsigned long long)f->meaningless, (unsigned long long)f->found);
		if (f->unmatched)
			eg_say("%s: %llu events are left to the captures: too many to be compared",
			       f->name, (unsigned long long)f->unmatched);
	}
}
