/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recorder: what was blocked goes to disk off the frame's path.
 *
 * Purpose. A verdict must not wait for a disk, a record must survive the host's sudden death,
 * and a guest must not decide how much is written. So of a flood the first frames are copied into
 * a bounded queue and the rest is counted, and a thread writes: what is in the queue as soon as
 * something is, and every second what was counted in windows that are over. What was blocked is
 * with the kernel, where a SIGKILL no longer reaches it, within the time it takes to wake a thread.
 *
 * Invariants. Every blocked frame is recorded, suppressed or lost, and counted as
 * that: taken is what was put into the queue, suppressed what the sampler counted (it has no room
 * in the queue, or is one of many), and what a disk refuses is lost. What a guest can have written
 * is bounded over all that it does, by the sampler's budget, which is as large as the files are.
 * A frame that is cut in the capture is whole in the queue, so that its comment and its event say
 * what they say of others. The sampler's lock is held for
 * one frame, or to look at a few of its buckets, and never while something is written. The thread
 * takes no signals: they are the host's. It ends in eg_recorder_close, never later.
 *
 * Fails how. A full disk: what it refuses is counted, and the next is tried. A full queue: counted.
 */
#include "recorder.h"

#include "clock.h"
#include "complain.h"
#include "flowrecord.h"
#include "outputs.h"
#include "queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAKE = 1000,         /* ms between two looks for what was counted */
	STATS_PAUSE = 60000, /* ms between two statistics */
	SUMMARY_SIZE = sizeof(struct eg_item) + sizeof(struct eg_record_suppressed) + 8,
	/* Bytes that a record is taken to cost beside its frame: its comment, or its event, which
	 * is longer; and what the guest is told, beside that frame. */
	RECORD_COST = 512,
	ANSWER_COST = 256,
	FILES_LAST = 12 * 3600, /* s that all files together last at the budget's rate */
	RATE_LEAST = 1024,      /* bytes a second that come back, however small the files are */
};

struct eg_recorder {
	struct eg_queue *queue;
	struct eg_outputs *outputs;
	pthread_mutex_t sampling; /* the sampler's and the starts' */
	struct eg_sample *sampler;
	struct eg_starts *starts; /* NULL where there are no events */
	char *path;               /* of the capture; NULL: none */
	bool events;              /* what is not blocked is recorded, too */
	atomic_bool ending;
	atomic_ullong taken, suppressed; /* blocked frames, on the frame's path */
	atomic_ullong lost_frames;       /* of those taken */
	atomic_ullong lost_summed;       /* of those suppressed */
	/* The writer's. */
	pthread_t writer;
	int last_error; /* negative errno of the last write that failed */
	uint64_t started;
	char mode[16], action[16];
	void (*stats)(void *ctx, struct eg_recorder *r, struct eg_record_stats *s);
	void *ctx;
	struct eg_batch summaries;
	uint64_t summary_bytes[EG_SAMPLE_CHUNK * SUMMARY_SIZE / 8];
};

_Static_assert((int)EG_REPORT_FLOW_END < (int)EG_SAMPLE_KINDS, "a kind of report is a kind of key");

static const uint8_t record_kinds[] = {
	[EG_REPORT_BLOCKED] = EG_RECORD_BLOCKED,
	[EG_REPORT_QUERY] = EG_RECORD_QUERY,
	[EG_REPORT_FLOW_START] = EG_RECORD_FLOW_START,
	[EG_REPORT_FLOW_END] = EG_RECORD_FLOW_END,
};

static uint64_t to_ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000 + (uint64_t)t->tv_nsec;
}

static struct timespec from_ns(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000),
	};
}

/* The wall clock AGE ms ago. */
static struct timespec ago(uint64_t age)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return from_ns(to_ns(&now) - age * 1000000);
}

/*
 * The frame's path
 */

/* What of the N records that KEY stands for is to be recorded; where nothing is, they were counted
 * as one. The first may be cut to HEADERS bytes in the capture, 0: it has no bytes there. */
static enum eg_sampled take(struct eg_recorder *r, const struct eg_sample_key *key,
			    const struct eg_queued *records, size_t n, size_t headers)
{
	struct eg_sample_cost cost = { .cut = RECORD_COST + headers };
	enum eg_sampled how;

	if (n > 1)
		cost.cut += ANSWER_COST + records[1].record.len;
	cost.whole = cost.cut;
	if (headers)
		cost.whole += records[0].record.len - headers;
	pthread_mutex_lock(&r->sampling);
	how = eg_sample_take(r->sampler, key, &cost, eg_clock_ms(), to_ns(&records[0].record.when));
	pthread_mutex_unlock(&r->sampling);
	return how;
}

/* There was no room for it in the queue. */
static void miss(struct eg_recorder *r, const struct eg_sample_key *key,
		 const struct timespec *when)
{
	pthread_mutex_lock(&r->sampling);
	eg_sample_miss(r->sampler, key, eg_clock_ms(), to_ns(when));
	pthread_mutex_unlock(&r->sampling);
}

/* Put N records, which KEY stands for and of which the first is a frame with HEADERS bytes of
 * headers that the capture gets (0: it gets none), or count them as one. Returns whether they are
 * in the queue. */
static bool put(struct eg_recorder *r, const struct eg_sample_key *key, struct eg_queued *records,
		size_t n, size_t headers)
{
	enum eg_sampled how = take(r, key, records, n, headers);

	if (how == EG_SAMPLED_NOT)
		return false;
	if (how == EG_SAMPLED_CUT)
		records[0].record.held = (uint32_t)headers;
	if (eg_queue_put(r->queue, records, n))
		return true;
	miss(r, key, &records[0].record.when);
	return false;
}

/* A frame, and what the guest is told about it. */
static void report_frame(struct eg_recorder *r, const struct eg_report *report)
{
	const struct eg_sample_key key = eg_sample_key(report->kind, report->dir, report->reason,
						       report->frame, report->len);
	const bool blocked = report->kind == EG_REPORT_BLOCKED;
	struct eg_queued records[2] = { {
		.record = {
			.when = ago(report->age),
			.kind = record_kinds[report->kind],
			.dir = (uint8_t)report->dir,
			.reason = (uint8_t)report->reason,
			.passed = report->passed,
			.answer = (uint8_t)report->answer,
			.len = report->len <= EG_QUEUE_SIZE ? (uint32_t)report->len : UINT32_MAX,
		},
		.bytes = report->frame,
	} };
	size_t n = 1, headers = blocked ? eg_sample_headers(report->frame, report->len) : 0;
	bool recorded;

	if (report->reply_len) {
		records[n] = records[0];
		records[n].record.kind = EG_RECORD_ANSWER;
		records[n].record.dir = EG_FROM_NETWORK;
		records[n].record.passed = false;
		records[n].record.len = (uint32_t)report->reply_len;
		records[n++].bytes = report->reply;
	}
	recorded = put(r, &key, records, n, headers);
	if (blocked)
		atomic_fetch_add(recorded ? &r->taken : &r->suppressed, 1);
}

static void report_flow(struct eg_recorder *r, const struct eg_report *report)
{
	const struct eg_sample_key key = eg_flowrecord_key(report);
	struct eg_record_flow flow;
	struct eg_queued record = {
		.record = {
			.when = ago(0),
			.kind = record_kinds[report->kind],
			.dir = report->flow->by_guest ? EG_FROM_GUEST : EG_FROM_NETWORK,
			.len = sizeof(flow),
		},
		.bytes = &flow,
	};

	pthread_mutex_lock(&r->sampling);
	flow = eg_flowrecord_make(report, r->starts, eg_clock_ms(), to_ns(&record.record.when));
	pthread_mutex_unlock(&r->sampling);
	flow.end = atomic_load(&r->ending) ? EG_FLOW_SHUTDOWN : EG_FLOW_TIMEOUT;
	put(r, &key, &record, 1, 0);
}

void eg_recorder_report(struct eg_recorder *r, const struct eg_report *report)
{
	if (!r || (report->kind != EG_REPORT_BLOCKED && !r->events))
		return;
	if (report->flow)
		report_flow(r, report);
	else
		report_frame(r, report);
}

void eg_recorder_ending(struct eg_recorder *r)
{
	if (r)
		atomic_store(&r->ending, true);
}

void eg_recorder_count(struct eg_recorder *r, struct eg_recorder_counts *counts)
{
	uint64_t frames = atomic_load(&r->lost_frames), summed = atomic_load(&r->lost_summed);

	counts->recorded = atomic_load(&r->taken) - frames;
	counts->suppressed = atomic_load(&r->suppressed) - summed;
	counts->lost = frames + summed;
}

/*
 * The writer
 */

static void write_batch(struct eg_recorder *r, struct eg_batch *b)
{
	struct eg_recorder_counts c;
	struct eg_outputs_loss loss;

	eg_recorder_count(r, &c);
	eg_outputs_count(r->outputs, c.recorded + c.suppressed + c.lost, c.suppressed + c.lost);
	loss = eg_outputs_write(r->outputs, b);
	if (loss.error)
		r->last_error = loss.error;
	atomic_fetch_add(&r->lost_frames, loss.frames);
	atomic_fetch_add(&r->lost_summed, loss.summed);
}

static void add_summary(struct eg_recorder *r, const struct eg_sample_summary *s)
{
	const struct eg_record_suppressed suppressed = {
		.of = record_kinds[s->key.kind],
		.count = s->count,
		.first = from_ns(s->first),
		.last = from_ns(s->last),
		.ethertype = s->key.ethertype,
		.proto = s->key.is_ip ? s->key.proto : -1,
		.has_dst = s->key.has_dst,
		.dst = s->key.dst,
		.dport = s->key.dport,
	};
	const struct eg_record record = {
		.when = ago(0),
		.kind = EG_RECORD_SUPPRESSED,
		.dir = s->key.dir ? EG_FROM_NETWORK : EG_FROM_GUEST,
		.reason = s->key.reason,
		.len = sizeof(suppressed),
	};

	eg_batch_add(&r->summaries, &record, &suppressed);
}

/* Write what was counted in windows that are over, or ALL that was. */
static void sum_up(struct eg_recorder *r, bool all)
{
	struct eg_sample_summary sums[EG_SAMPLE_CHUNK];

	for (int i = 0; i < EG_SAMPLE_ROUND; i++) {
		size_t n;

		pthread_mutex_lock(&r->sampling);
		n = eg_sample_collect(r->sampler, eg_clock_ms(), all, sums);
		pthread_mutex_unlock(&r->sampling);
		r->summaries.used = 0;
		for (size_t j = 0; j < n; j++)
			add_summary(r, &sums[j]);
		if (n)
			write_batch(r, &r->summaries);
	}
}

/* Write one record that is not told by the pipeline. */
static void say(struct eg_recorder *r, enum eg_record_kind kind, const void *bytes, size_t len)
{
	const struct eg_record record = { .when = ago(0),
					  .kind = (uint8_t)kind,
					  .len = (uint32_t)len };
	uint64_t room[64];
	struct eg_batch b = { .bytes = (uint8_t *)room, .size = sizeof(room) };

	static_assert(sizeof(struct eg_item) + sizeof(struct eg_record_stats) <= sizeof(room),
		      "room for the longest");
	eg_batch_add(&b, &record, bytes);
	write_batch(r, &b);
}

static void say_engine(struct eg_recorder *r, const char *message)
{
	struct eg_record_engine engine = { 0 };

	strncpy(engine.message, message, sizeof(engine.message) - 1);
	memcpy(engine.mode, r->mode, sizeof(engine.mode));
	memcpy(engine.action, r->action, sizeof(engine.action));
	say(r, EG_RECORD_ENGINE, &engine, sizeof(engine));
}

static void say_stats(struct eg_recorder *r)
{
	struct eg_record_stats stats = { .uptime = (eg_clock_ms() - r->started) / 1000 };

	if (!r->stats)
		return;
	r->stats(r->ctx, r, &stats);
	say(r, EG_RECORD_STATS, &stats, sizeof(stats));
}

static void *write_all(void *recorder)
{
	struct eg_recorder *r = recorder;
	uint64_t summed = eg_clock_ms(), said = summed, now;
	struct eg_batch *b;

	say_engine(r, "start");
	while ((b = eg_queue_take(r->queue, WAKE))) {
		if (b->used)
			write_batch(r, b);
		else
			eg_outputs_tick(r->outputs);
		now = eg_clock_ms();
		if (now - summed < (uint64_t)WAKE)
			continue;
		summed = now;
		sum_up(r, false);
		if (now - said < (uint64_t)STATS_PAUSE)
			continue;
		said = now;
		say_stats(r);
	}
	/* The second time what the first did not tell by destination. */
	sum_up(r, true);
	sum_up(r, true);
	say_stats(r);
	say_engine(r, "stop");
	return NULL;
}

/* Start the writer with all signals blocked. Returns 0 or a negative errno. */
static int start_writer(struct eg_recorder *r)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&r->writer, NULL, write_all, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		eg_complain("no thread for the record: %s", strerror(rc));
	return -rc;
}

/*
 * Opening and closing
 */

static void release(struct eg_recorder *r)
{
	eg_outputs_close(r->outputs);
	eg_queue_free(r->queue);
	eg_sample_free(r->sampler);
	eg_starts_free(r->starts);
	pthread_mutex_destroy(&r->sampling);
	free(r->path);
	free(r);
}

/* At once half of a file, so that no flood replaces more than one; then as little as lets all files
 * last for a while. */
static struct eg_budget_limits limits_of(const struct eg_recorder_options *o)
{
	uint64_t file = (uint64_t)o->limit, rate = file * (o->kept + 1) / FILES_LAST;

	return (struct eg_budget_limits){
		.burst = file / 2,
		.rate = rate > RATE_LEAST ? rate : RATE_LEAST,
	};
}

/* Make what needs memory. Returns 0 or a negative errno. */
static int prepare(struct eg_recorder *r, const struct eg_recorder_options *o)
{
	const struct eg_budget_limits limits = limits_of(o);

	r->path = o->log ? strdup(o->log) : NULL;
	r->queue = eg_queue_new();
	r->sampler = eg_sample_new(o->sample, &limits, &o->seed);
	r->starts = o->events ? eg_starts_new(o->flows, &o->seed) : NULL;
	if (!r->path == !o->log && !r->starts == !o->events && r->queue && r->sampler)
		return 0;
	eg_complain("no memory for a record");
	return -ENOMEM;
}

int eg_recorder_open(struct eg_recorder **out, const struct eg_recorder_options *o)
{
	const struct eg_outputs_options outputs = {
		.log = o->log,
		.events = o->events,
		.label = o->label,
		.limit = o->limit,
		.kept = o->kept,
	};
	struct eg_recorder *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		eg_complain("no memory for a record");
		return -ENOMEM;
	}
	pthread_mutex_init(&r->sampling, NULL);
	r->events = o->events;
	r->started = eg_clock_ms();
	strncpy(r->mode, o->mode ? o->mode : "", sizeof(r->mode) - 1);
	strncpy(r->action, o->action ? o->action : "", sizeof(r->action) - 1);
	r->stats = o->stats;
	r->ctx = o->ctx;
	r->summaries.bytes = (uint8_t *)r->summary_bytes;
	r->summaries.size = sizeof(r->summary_bytes);
	rc = prepare(r, o);
	if (!rc)
		rc = eg_outputs_open(&r->outputs, &outputs);
	if (!rc)
		rc = start_writer(r);
	if (rc)
		release(r);
	else
		*out = r;
	return rc;
}

void eg_recorder_close(struct eg_recorder *r)
{
	struct eg_recorder_counts c;

	if (!r)
		return;
	eg_queue_close(r->queue);
	pthread_join(r->writer, NULL);
	eg_recorder_count(r, &c);
	eg_outputs_count(r->outputs, c.recorded + c.suppressed + c.lost, c.suppressed + c.lost);
	if (c.lost)
		eg_complain("log %s: %llu blocked frames are not in it: %s", r->path,
			    (unsigned long long)c.lost, strerror(-r->last_error));
	release(r);
}
