/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames of the past under a policy of today.
 *
 * Purpose. Drive the real pipeline with frames of captures, and say of each what becomes of it.
 *
 * Terms. The frame at hand is the one that is being judged. Held is what the pipeline keeps back:
 * fragments of a datagram that is not whole.
 *
 * Invariants. Time is the frames' own, in ms from START on, and never goes back: an older frame is
 * judged at the time of the one before. Everybody is told of each frame that was taken once: of
 * what is held when the pipeline reports it, or lets it pass, at the end at the latest. A frame
 * that cannot be judged is not shown to the pipeline: what follows from it is judged as if it had
 * not been sent, so that it opens nothing. Where a card had more to do, each frame that it would
 * have sent is judged by itself, at the time of what was captured. An answer to a query is judged
 * as one to what the filter made of the query (lookups.c).
 *
 * Limits. What is held is what the pipeline holds: HELD_MAX frames.
 *
 * Fails how. Short memory is said at once.
 */
#include "rejudge.h"

#include "lookups.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
	START = 3600 * 1000, /* ms: as on a machine that runs for a while */
	HELD_MAX = 2 * EG_DATAGRAMS_MAX * EG_DATAGRAM_PARTS,
};

struct held {
	struct eg_rejudge_frame frame; /* its bytes are ours */
	uint64_t came;                 /* ms */
};

struct eg_rejudge {
	eg_rejudge_fn *tell;
	void *ctx;
	struct eg_pipeline *pipeline;
	struct eg_outcome outcome;
	uint64_t now, first; /* ms; ns, of the first frame */
	bool begun;
	struct eg_rejudge_changes changes;
	uint8_t *bytes; /* of the frame at hand, which the pipeline may write to */
	size_t room;
	enum eg_answer answer; /* about the frame at hand */
	struct held held[HELD_MAX];
	size_t held_count;
	struct eg_lookups lookups;
	struct eg_offload_frame offload; /* what was taken last, on its way to the wire */
};

static void tell(struct eg_rejudge *r, const struct eg_rejudge_frame *f)
{
	r->tell(r->ctx, f);
}

/* Whether H is the part of LEN bytes at PART that came at CAME. The pipeline cuts a part to its IP
 * length. */
static bool is_part(const struct held *h, enum eg_input_dir dir, uint64_t came, const uint8_t *part,
		    size_t len)
{
	return h->frame.dir == dir && h->came == came && h->frame.len >= len &&
	       memcmp(h->frame.bytes, part, len) == 0;
}

/* Tell of what is held and was said to be the part of LEN bytes at PART. Returns whether it was
 * there. */
static bool settle_part(struct eg_rejudge *r, enum eg_input_dir dir, uint64_t came,
			const uint8_t *part, size_t len, enum eg_rejudge_verdict verdict,
			enum eg_reason reason)
{
	for (size_t i = 0; i < r->held_count; i++) {
		struct held h = r->held[i];

		if (!is_part(&h, dir, came, part, len))
			continue;
		r->held_count--;
		memmove(&r->held[i], &r->held[i + 1], (r->held_count - i) * sizeof(h));
		h.frame.verdict = verdict;
		h.frame.reason = reason;
		tell(r, &h.frame);
		free((void *)(uintptr_t)h.frame.bytes);
		return true;
	}
	return false;
}

static enum eg_input_dir dir_of(enum eg_dir dir)
{
	return dir == EG_FROM_GUEST ? EG_INPUT_FROM_GUEST : EG_INPUT_TO_GUEST;
}

/* The pipeline's: of the frame at hand the outcome tells the rest. */
static void report(void *rejudge, const struct eg_report *b)
{
	struct eg_rejudge *r = rejudge;

	if (b->kind != EG_REPORT_BLOCKED)
		return;
	/* Of a query over TCP it has a segment of its own, and the last is the frame's. */
	if (b->frame == r->bytes || !settle_part(r, dir_of(b->dir), r->now - b->age, b->frame,
						 b->len, EG_REJUDGE_BLOCK, b->reason))
		r->answer = b->answer;
}

struct eg_rejudge *eg_rejudge_new(const struct eg_policy *policy, eg_rejudge_fn *fn, void *ctx)
{
	struct eg_rejudge *r = calloc(1, sizeof(*r));
	struct eg_seed seed;

	if (!r)
		return NULL;
	r->tell = fn;
	r->ctx = ctx;
	r->now = START;
	if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		r->pipeline = eg_pipeline_new(policy, &seed, report, r);
	if (r->pipeline)
		return r;
	free(r);
	return NULL;
}

void eg_rejudge_free(struct eg_rejudge *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->held_count; i++)
		free((void *)(uintptr_t)r->held[i].frame.bytes);
	eg_pipeline_free(r->pipeline);
	free(r->bytes);
	free(r);
}

/* Take the time of a frame sent at WHEN (ns). */
static void tick(struct eg_rejudge *r, uint64_t when)
{
	uint64_t now = r->now;

	if (!r->begun)
		r->first = when;
	r->begun = true;
	if (when >= r->first)
		now = START + (when - r->first) / 1000000;
	if (when < r->first || now < r->now)
		r->changes.late++;
	if (now > r->now)
		r->now = now;
}

/* Make the frame at hand ours. */
static bool copy(struct eg_rejudge *r, const struct eg_rejudge_frame *f)
{
	if (f->len >= r->room) {
		uint8_t *bytes = realloc(r->bytes, f->len + 1);

		if (!bytes)
			return false;
		r->bytes = bytes;
		r->room = f->len + 1;
	}
	if (f->len)
		memcpy(r->bytes, f->bytes, f->len);
	return true;
}

static bool hold(struct eg_rejudge *r, const struct eg_rejudge_frame *f)
{
	uint8_t *bytes = r->held_count < HELD_MAX ? malloc(f->len) : NULL;
	struct held *h = &r->held[r->held_count];

	if (!bytes)
		return false;
	memcpy(bytes, f->bytes, f->len);
	*h = (struct held){ .frame = *f, .came = r->now };
	h->frame.bytes = bytes;
	r->held_count++;
	return true;
}

static enum eg_rejudge_verdict verdict_of(const struct eg_outcome *o)
{
	if (o->verdict == EG_BLOCK)
		return EG_REJUDGE_BLOCK;
	return o->reason ? EG_REJUDGE_WOULD : EG_REJUDGE_PASS;
}

/* The frame at hand completed a datagram that passes: all of it shares its verdict. */
static void settle_parts(struct eg_rejudge *r, const struct eg_rejudge_frame *f)
{
	const struct eg_datagram *d = r->outcome.parts;
	uint64_t came;
	size_t len;

	for (size_t i = 0; d && i < eg_datagram_parts(d); i++) {
		const uint8_t *part = eg_datagram_part(d, i, &len, &came);

		settle_part(r, f->dir, came, part, len, f->verdict, f->reason);
	}
}

static bool judge(struct eg_rejudge *r, const struct eg_rejudge_frame *given)
{
	struct eg_rejudge_frame f = *given;
	struct eg_outcome *o = &r->outcome;

	if (!copy(r, given))
		return false;
	tick(r, f.when);
	r->answer = EG_ANSWER_NONE;
	if (f.dir == EG_INPUT_FROM_GUEST) {
		eg_pipeline_from_guest(r->pipeline, r->bytes, f.len, r->now, o);
		if (o->out && o->out != r->bytes)
			eg_lookups_sent(&r->lookups, r->bytes, f.len, o->out, o->out_len);
	} else {
		eg_lookups_answer(&r->lookups, r->bytes, f.len);
		eg_pipeline_from_network(r->pipeline, r->bytes, f.len, r->now, o);
	}
	if (o->verdict == EG_HOLD)
		return hold(r, given);
	f.verdict = verdict_of(o);
	f.reason = o->reason;
	f.answer = r->answer;
	f.reply = o->reply;
	f.reply_len = o->reply_len;
	settle_parts(r, &f);
	tell(r, &f);
	return true;
}

static void tell_unjudged(struct eg_rejudge *r, const struct eg_rejudge_frame *f,
			  enum eg_rejudge_fault fault)
{
	struct eg_rejudge_frame unjudged = *f;

	unjudged.fault = fault;
	unjudged.verdict = EG_REJUDGE_UNJUDGED;
	tell(r, &unjudged);
}

/* Judge what the card sends in place of F. */
static bool judge_sent(struct eg_rejudge *r, const struct eg_rejudge_frame *f)
{
	struct eg_rejudge_frame sent = *f;
	struct eg_span piece;

	sent.offload = r->offload.kind;
	r->changes.filled += sent.offload == EG_OFFLOAD_CHECKSUM;
	r->changes.cut += sent.offload == EG_OFFLOAD_SEGMENTS;
	while (eg_offload_next(&r->offload, &piece)) {
		sent.bytes = piece.p;
		sent.len = piece.n;
		r->changes.pieces += sent.offload == EG_OFFLOAD_SEGMENTS;
		if (!judge(r, &sent))
			return false;
	}
	return true;
}

bool eg_rejudge_take(struct eg_rejudge *r, const struct eg_rejudge_frame *f)
{
	enum eg_offload kind = EG_OFFLOAD_NONE;

	if (f->fault == EG_REJUDGE_FINE && f->mtu)
		kind = eg_offload_begin(&r->offload, f->bytes, f->len, f->mtu);
	if (f->fault != EG_REJUDGE_FINE)
		tell_unjudged(r, f, f->fault);
	else if (kind == EG_OFFLOAD_UNKNOWN)
		tell_unjudged(r, f, EG_REJUDGE_OFFLOAD);
	else if (kind == EG_OFFLOAD_NONE)
		return judge(r, f);
	else
		return judge_sent(r, f);
	return true;
}

void eg_rejudge_end(struct eg_rejudge *r)
{
	eg_pipeline_end(r->pipeline, r->now);
}

const struct eg_rejudge_changes *eg_rejudge_changes(const struct eg_rejudge *r)
{
	return &r->changes;
}
