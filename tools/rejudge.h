/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of the past under a policy of today: see rejudge.c. */
#ifndef EG_REJUDGE_H
#define EG_REJUDGE_H

#include "input.h"
#include "offload.h"
#include "pipeline.h"

enum eg_rejudge_verdict {
	EG_REJUDGE_PASS,
	EG_REJUDGE_BLOCK,
	EG_REJUDGE_WOULD,    /* "mode monitor": it passes, and else would have been blocked */
	EG_REJUDGE_UNJUDGED, /* it cannot be judged: see fault */
	EG_REJUDGE_VERDICTS
};

enum eg_rejudge_fault {
	EG_REJUDGE_FINE,
	EG_REJUDGE_TRUNCATED, /* the capture does not hold all of its bytes */
	EG_REJUDGE_LINKTYPE,  /* it is no Ethernet frame */
	EG_REJUDGE_OFFLOAD,   /* a card would have made others of it, nothing says which */
	EG_REJUDGE_FAULTS
};

/* A frame, and what becomes of it. */
struct eg_rejudge_frame {
	const char *file;      /* the caller's */
	uint64_t number;       /* in it, as the caller says */
	uint64_t when;         /* ns since 1970 */
	bool timed;            /* it was said; else it is that of the frame before */
	size_t mtu;            /* of the link, where a card may have had to cut it; 0: none had */
	enum eg_input_dir dir; /* UNKNOWN: of one that is not judged */
	const uint8_t *bytes;
	size_t len;              /* of bytes */
	enum eg_offload offload; /* what was done before it was judged */
	enum eg_rejudge_verdict verdict;
	enum eg_rejudge_fault fault;
	enum eg_reason reason; /* of BLOCK and WOULD */
	/* What the guest would be told; reply_len 0: nothing. */
	enum eg_answer answer;
	const uint8_t *reply;
	size_t reply_len;
};

/* Told of each frame once, as soon as its verdict is known. What F points to stands during the
 * call. */
typedef void eg_rejudge_fn(void *ctx, const struct eg_rejudge_frame *f);

struct eg_rejudge;

/* A filter under POLICY, which must outlive it; TELL is called with CTX. NULL where memory is
 * short. The caller's, to be freed. */
struct eg_rejudge *eg_rejudge_new(const struct eg_policy *policy, eg_rejudge_fn *tell, void *ctx);
void eg_rejudge_free(struct eg_rejudge *r); /* NULL is fine */

/* Judge F, of which all in front of offload is set, and fault: where that is not FINE, it is told
 * of and no more. What a card would have made several of is told of once for each. Returns false
 * where memory is short: then nobody is told of it. */
bool eg_rejudge_take(struct eg_rejudge *r, const struct eg_rejudge_frame *f);

/* No more frames come: what is held is blocked. The last call but eg_rejudge_free. */
void eg_rejudge_end(struct eg_rejudge *r);

/* How many frames so far were judged as something else than they are. */
struct eg_rejudge_changes {
	uint64_t late;        /* older than one before them: at its time */
	uint64_t filled;      /* with the checksums that a card fills in */
	uint64_t cut, pieces; /* as those that a card sends, and how many that are */
};
const struct eg_rejudge_changes *eg_rejudge_changes(const struct eg_rejudge *r);

#endif
