/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way of a frame, from bytes to verdict: see pipeline.c. */
#ifndef EG_PIPELINE_H
#define EG_PIPELINE_H

#include "dnsstream.h"
#include "fragment.h"
#include "policy.h"
#include "reply.h"
#include "siphash.h"

enum { EG_REBUILT_MAX = EG_DNSSTREAM_FRAME_MAX };

enum eg_verdict {
	EG_PASS,
	EG_BLOCK,
	EG_HOLD, /* kept back until more frames allow a verdict */
	EG_JOIN, /* a query that passes though nothing leaves: the answer to one that left before is
		  * to be its, too */
};

/* What became of a frame. It lives on the stack of a guest's I/O thread, so it is kept
 * small on purpose: about 1.7 KB. */
struct eg_outcome {
	enum eg_verdict verdict;
	enum eg_reason reason; /* EG_R_NONE unless it is blocked, or would be */
	/* Fragments that were held and pass now, before out; NULL: none. The pipeline's,
	 * until its next frame. */
	const struct eg_datagram *parts;
	/* What leaves: the frame itself, or rebuilt (here, or the pipeline's until the guest's next
	 * frame); where it is held nothing, where it is blocked nothing or our reset of the
	 * connection. */
	const uint8_t *out;
	size_t out_len;
	size_t reply_len; /* our answer to the guest; 0: none */
	bool injects;     /* frames of the pipeline's own wait: eg_pipeline_take_injected */
	uint8_t rebuilt[EG_REBUILT_MAX];
	uint8_t reply[EG_REPLY_MAX];
};

enum eg_report_kind {
	EG_REPORT_BLOCKED,    /* a frame */
	EG_REPORT_QUERY,      /* a DNS query that passed */
	EG_REPORT_FLOW_START, /* a flow was opened */
	EG_REPORT_FLOW_END,   /* a flow expired, or its connection was closed */
};

/* What is worth a record. All that it points to is the pipeline's, while it is told. */
struct eg_report {
	enum eg_report_kind kind;
	enum eg_dir dir; /* of the frame; who opened the flow, where it starts */
	enum eg_reason reason;
	bool passed;          /* it was blocked under "mode monitor": it passes all the same */
	const uint8_t *frame; /* as sent (one that was held cut to its IP length); of a query over
			       * TCP, be it blocked or passed, a segment that holds it whole */
	size_t len;
	uint64_t age;          /* ms since the frame was sent */
	enum eg_answer answer; /* what the guest is told of a frame that is blocked */
	const uint8_t *reply;
	size_t reply_len;
	const struct eg_flow *flow;
};

/* Told of each blocked frame, once (of a segment with several blocked queries once for each of
 * them, so that told of is what is counted), and of the rest, from within the functions below; must
 * not call back. */
typedef void eg_report_fn(void *ctx, const struct eg_report *r);

struct eg_counters {
	uint64_t passed[2];                   /* frames, by enum eg_dir */
	uint64_t blocked[2][EG_REASON_COUNT]; /* frames, or those that would be, likewise and by
						 reason; and further queries */
	uint64_t further;                     /* of those: blocked queries that came in the segment
						 of another one */
	uint64_t replies;                     /* answers built */
	uint64_t replies_limited;             /* answers not given: too many at once */
};

struct eg_pipeline;

/* A pipeline under POLICY, which must outlive it; SEED keys its hashes; REPORT is called with
 * CTX (NULL: nobody is told). NULL where memory is short. Owned by the caller. Not
 * thread-safe: one caller at a time. */
struct eg_pipeline *eg_pipeline_new(const struct eg_policy *policy, const struct eg_seed *seed,
				    eg_report_fn *report, void *ctx);
void eg_pipeline_free(struct eg_pipeline *p); /* NULL is fine */

/* The host program may have N descriptors open (0: nobody knows), of which slirp takes one for each
 * connection: see eg_flows_patience. */
void eg_pipeline_descriptors(struct eg_pipeline *p, size_t n);

/* No more frames come, as of NOW: what is still held is blocked, all flows end, and both are
 * told of. The last call but eg_pipeline_free. */
void eg_pipeline_end(struct eg_pipeline *p, uint64_t now);

/* The LEN bytes at FRAME, which were to leave for the network by the outcome of the guest's last
 * frame, did not reach it. */
void eg_pipeline_lost(struct eg_pipeline *p, const uint8_t *frame, size_t len, uint64_t now);

/* Time has moved on to NOW (ms, monotonic) without a frame: what is due is done. Frames of the
 * pipeline's own may wait after it. */
void eg_pipeline_tick(struct eg_pipeline *p, uint64_t now);

/* When eg_pipeline_tick has something to do at the earliest, if no frame comes before; UINT64_MAX:
 * never. */
uint64_t eg_pipeline_due(const struct eg_pipeline *p);

/* Whether a frame of the pipeline's own waits that leaves as if from DIR: EG_FROM_GUEST goes to the
 * network, before what the outcome of the same call says. */
bool eg_pipeline_injects(const struct eg_pipeline *p, enum eg_dir dir);

/* Move the oldest of them to OUT. Returns its length, 0 where none waits. */
size_t eg_pipeline_take_injected(struct eg_pipeline *p, enum eg_dir dir,
				 uint8_t out[EG_FRAME_MAX]);

/* LEN bytes at FRAME, from DIR, are judged next: have memory bring what that seems to take. They may
 * still become others: nothing but time depends on it. */
void eg_pipeline_expect(struct eg_pipeline *p, enum eg_dir dir, const uint8_t *frame, size_t len);

/* Judge LEN bytes at FRAME that the guest sent, at NOW (ms, monotonic, never
 * going back). FRAME stays as it is, and nobody else may write to it. */
void eg_pipeline_from_guest(struct eg_pipeline *p, const uint8_t *frame, size_t len, uint64_t now,
			    struct eg_outcome *o);

/* Judge LEN bytes at FRAME for the guest. FRAME may be written to: an answer's
 * question gets back the letter case in which the guest asked it. */
void eg_pipeline_from_network(struct eg_pipeline *p, uint8_t *frame, size_t len, uint64_t now,
			      struct eg_outcome *o);

/* What it did so far; the pipeline's own, exact at any time between two calls. */
const struct eg_counters *eg_pipeline_counters(const struct eg_pipeline *p);

#endif
