/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module: libvdeplug's six operations around one pipeline.
 *
 * Purpose. Give every frame that the host program sends or receives to the
 * pipeline, and do with it what the verdict says.
 *
 *   vde_send: judge -> nested vde_send | record, answer | held
 *   vde_recv: the inbox | nested vde_recv -> judge -> return | record, next | held, next
 *
 * Life-cycle. Open makes a policy from the VNL, a record, the nested connection,
 * one epoll descriptor and a pipeline, in an order in which each failure undoes all
 * before it; close undoes all. Nothing outlives it.
 *
 * Invariants. The guest's frame is read once, into memory of ours: QEMU hands over the guest's
 * own (nc_sendv_compat), where another processor of the guest's can write while we judge.
 * lock covers that copy, the pipeline, the inbox and its count; no nested operation, no
 * disk and no wait happens under it but for a page of the host's that is not there, so a host may
 * send and receive from two threads at once. A blocked frame is "sent": its length is returned,
 * because 0 stalls QEMU and a negative value is asserted on by VirtualBox. "Received and
 * dropped" is 1 (vde_recv(3)); some hosts hand that byte to the guest as a frame, so
 * the next frame that is ready is tried first.
 *
 * The data descriptor. Hosts poll it, and what waits in the inbox must wake them: it is an
 * epoll descriptor over the nested one and the inbox's. An epoll descriptor
 * never reports a hang-up, though, by which hosts notice that the network is gone;
 * so when the nested end hangs up, a duplicate of its descriptor takes the epoll
 * descriptor's number, and the host sees what it would see without us.
 *
 * Limits. RECV_TRIES dropped frames in a row in one vde_recv. What gate.c says about a
 * network that takes no frames.
 *
 * Fails how. Open: NULL, errno, one line on stderr. EPROTONOSUPPORT is never
 * left in errno: libvdeplug would take it for a missing module and try the next
 * folder of its search path.
 */
#include "clock.h"
#include "complain.h"
#include "config.h"
#include "gate.h"
#include "inbox.h"
#include "lock.h"
#include "pipeline.h"
#include "recorder.h"

#include <libvdeplug.h>
#include <libvdeplug_mod.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
	RECV_TRIES = 64,
	CACHE_LINE = 64,
	/* All parts of a datagram: 64 KiB, and headers. */
	PARTS_SIZE = EG_DATAGRAM_PARTS * (EG_ETH_LEN + EG_IP6_LEN + 8) + 65535,
};

/* Fragments on their way to the network, copied out from under the lock. */
struct parts {
	size_t count;
	size_t len[EG_DATAGRAM_PARTS];
	uint8_t bytes[PARTS_SIZE];
};

/* Begins as struct vdeconn does: libvdeplug fills handle and module. */
struct egress {
	void *handle;
	struct vdeplug_module *module;
	struct eg_config config;
	struct eg_recorder *recorder; /* NULL: no log */
	VDECONN *nested;
	struct eg_gate gate;       /* in front of nested */
	atomic_ullong undelivered; /* frames that it did not take */
	int epoll;
	struct eg_lock lock;
	struct eg_inbox *inbox;
	unsigned long long unreceived; /* frames that it had no room for */
	struct eg_pipeline *pipeline;
	/* The sending thread's. */
	struct parts parts;
	/* The guest's, as it is judged and sent. Copies to where a cache line starts are faster. */
	_Alignas(CACHE_LINE) uint8_t frame[EG_FRAME_MAX];
};

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Make what a host polls. Returns 0 or a negative errno, said on stderr. */
static int open_datafd(struct egress *e)
{
	int nested = vde_datafd(e->nested);

	eg_gate_open(&e->gate, nested);
	e->inbox = eg_inbox_new();
	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (e->inbox && e->epoll >= 0 && watch(e->epoll, nested) == 0 &&
	    watch(e->epoll, eg_inbox_fd(e->inbox)) == 0)
		return 0;
	eg_complain("no descriptor to poll: %s", strerror(errno));
	return -errno;
}

/* Called from within the pipeline, and so under the lock. */
static void record(void *egress, const struct eg_report *r)
{
	struct egress *e = egress;

	eg_recorder_report(e->recorder, r);
}

static int make_seeds(struct eg_seed seeds[2])
{
	const size_t size = 2 * sizeof(seeds[0]);

	if (getrandom(seeds, size, 0) == (ssize_t)size)
		return 0;
	eg_complain("no random bytes: %s", strerror(errno));
	return -errno;
}

static int open_pipeline(struct egress *e, const struct eg_seed *seed)
{
	e->pipeline = eg_pipeline_new(e->config.policy, seed, record, e);
	if (e->pipeline)
		return 0;
	eg_complain("no memory for %zu flows", e->config.policy->flows);
	return -ENOMEM;
}

static int open_nested(struct egress *e, char *descr, int interface_version,
		       struct vde_open_args *args)
{
	const char *vm = e->config.policy->vm;

	/* The label is how a switch lists the port, and its operator finds the guest. */
	e->nested = vde_open_real(e->config.nested, vm[0] ? (char *)(uintptr_t)vm : descr,
				  interface_version, args);
	if (e->nested)
		return 0;
	if (errno == EPROTONOSUPPORT || errno == 0)
		errno = ENODEV;
	eg_complain("the nested network %s cannot be opened: %s", e->config.nested,
		    strerror(errno));
	return -errno;
}

static int close_all(struct egress *e)
{
	unsigned long long undelivered = atomic_load(&e->undelivered);
	int rc = e->nested ? vde_close(e->nested) : 0;

	if (undelivered)
		eg_complain("%llu frames were dropped: %s did not take them", undelivered,
			    e->config.nested);
	if (e->unreceived)
		eg_complain("%llu frames for the guest were dropped: it did not receive in time",
			    e->unreceived);
	eg_recorder_ending(e->recorder);
	if (e->pipeline)
		eg_pipeline_end(e->pipeline, eg_clock_ms());
	eg_recorder_close(e->recorder); /* its writer asks the pipeline */
	eg_pipeline_free(e->pipeline);
	if (e->epoll >= 0)
		close(e->epoll);
	eg_inbox_free(e->inbox);
	eg_config_clear(&e->config);
	free(e);
	return rc;
}

/* The recorder's writer asks what was done, as of one moment. */
static void tell_stats(void *egress, struct eg_recorder *r, struct eg_record_stats *s)
{
	struct egress *e = egress;
	const struct eg_counters *c = eg_pipeline_counters(e->pipeline);
	struct eg_recorder_counts counts;

	eg_lock_take(&e->lock);
	for (size_t i = 0; i < EG_REASON_COUNT; i++)
		s->blocked[i] = c->blocked[EG_FROM_GUEST][i] + c->blocked[EG_FROM_NETWORK][i];
	memcpy(s->passed, c->passed, sizeof(s->passed));
	eg_recorder_count(r, &counts);
	eg_lock_give(&e->lock);
	s->recorded = counts.recorded;
	s->suppressed = counts.suppressed;
	s->lost = counts.lost;
}

/* Start the record, where there is to be one. Returns 0 or a negative errno, said on stderr. */
static int open_recorder(struct egress *e, const char *descr, const struct eg_seed *seed)
{
	const struct eg_policy *p = e->config.policy;
	const struct eg_recorder_options o = {
		.log = p->log,
		.events = p->events,
		.label = p->vm[0] ? p->vm : descr && descr[0] ? descr : "guest",
		.limit = (off_t)p->log_size,
		.kept = (unsigned)p->log_files,
		.sample = (unsigned)p->log_sample,
		.seed = *seed,
		.mode = eg_mode_word(p->mode),
		.action = eg_action_word(p->action),
		.stats = tell_stats,
		.ctx = e,
	};

	return p->log || p->events ? eg_recorder_open(&e->recorder, &o) : 0;
}

/* All of open behind the configuration. Returns 0 or a negative errno. */
static int open_parts(struct egress *e, char *descr, int interface_version,
		      struct vde_open_args *args)
{
	struct eg_seed seeds[2];
	int rc = make_seeds(seeds);

	if (!rc)
		rc = open_pipeline(e, &seeds[0]);
	if (!rc)
		rc = open_recorder(e, descr, &seeds[1]);
	if (!rc)
		rc = open_nested(e, descr, interface_version, args);
	if (!rc)
		rc = open_datafd(e);
	return rc;
}

static VDECONN *egress_open(char *vnl, char *descr, int interface_version,
			    struct vde_open_args *args)
{
	struct egress *e = aligned_alloc(_Alignof(struct egress), sizeof(*e));
	int rc;

	if (!e) {
		eg_complain("no memory: %s", strerror(errno));
		return NULL;
	}
	memset(e, 0, sizeof(*e));
	e->epoll = -1;
	rc = eg_config_read(&e->config, vnl);
	if (!rc)
		rc = open_parts(e, descr, interface_version, args);
	if (!rc)
		return (VDECONN *)e;
	close_all(e);
	errno = rc == -EPROTONOSUPPORT ? ENODEV : -rc;
	return NULL;
}

/* Hand LEN bytes at FRAME to the network, or drop them where it takes none. Returns what its
 * vde_send returned, 0 where they were dropped. */
static ssize_t send_nested(struct egress *e, const uint8_t *frame, size_t len, int flags)
{
	if (eg_gate_pass(&e->gate, len))
		return vde_send(e->nested, frame, len, flags);
	atomic_fetch_add(&e->undelivered, 1);
	return 0;
}

/* Copy the parts of D. They are the pipeline's only while it is locked. */
EG_APART void copy_parts(struct parts *to, const struct eg_datagram *d)
{
	size_t len, at = 0;
	uint64_t came;

	to->count = eg_datagram_parts(d);
	for (size_t i = 0; i < to->count; i++) {
		const uint8_t *part = eg_datagram_part(d, i, &len, &came);

		memcpy(to->bytes + at, part, len);
		to->len[i] = len;
		at += len;
	}
}

/* Send the parts, as long as the network takes them: it gets no datagram with a hole, of which
 * libslirp 4.7 dies as soon as another has the same identification (ip_reass). Returns whether
 * it took all; if not, those that it did not, and the one that is to come behind, are counted. */
EG_APART bool send_parts(struct egress *e, int flags)
{
	const uint8_t *part = e->parts.bytes;

	for (size_t i = 0; i < e->parts.count; i++) {
		size_t len = e->parts.len[i];

		if (send_nested(e, part, len, flags) <= 0) {
			atomic_fetch_add(&e->undelivered, e->parts.count - i);
			return false;
		}
		part += len;
	}
	return true;
}

/* Have LEN bytes at FRAME wait for the guest. Under the lock. */
EG_APART void deliver(struct egress *e, const uint8_t *frame, size_t len)
{
	if (!eg_inbox_put(e->inbox, frame, len))
		e->unreceived++;
}

static ssize_t egress_send(VDECONN *conn, const void *buf, size_t len, int flags)
{
	struct egress *e = (struct egress *)conn;
	struct eg_outcome o;
	ssize_t sent = 0;

	eg_lock_take(&e->lock);
	eg_pipeline_expect(e->pipeline, EG_FROM_GUEST, buf, len);
	/* What is longer is blocked by its length, and is only recorded. Under the lock, as to
	 * take it waits until all that was written before is in the cache. */
	if (len <= EG_FRAME_MAX)
		buf = memcpy(e->frame, buf, len);
	eg_pipeline_from_guest(e->pipeline, buf, len, eg_clock_ms(), &o);
	if (o.reply_len)
		deliver(e, o.reply, o.reply_len);
	if (o.parts)
		copy_parts(&e->parts, o.parts);
	eg_lock_give(&e->lock);
	if (o.out && (!o.parts || send_parts(e, flags)))
		sent = send_nested(e, o.out, o.out_len, flags);
	return o.verdict == EG_PASS && sent && sent != (ssize_t)o.out_len ? sent : (ssize_t)len;
}

/* The network is gone: from now on the host polls the nested end itself. */
EG_APART void hang_up(struct egress *e)
{
	struct pollfd p = { .fd = vde_datafd(e->nested), .events = POLLIN };

	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)))
		(void)dup3(p.fd, e->epoll, O_CLOEXEC);
}

static bool nested_is_ready(const struct egress *e)
{
	struct pollfd p = { .fd = vde_datafd(e->nested), .events = POLLIN };

	return poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

/* Put the fragments that were held with O's frame, and it, into the inbox: the guest
 * receives one with each vde_recv. */
EG_APART void deliver_parts(struct egress *e, const struct eg_outcome *o)
{
	uint64_t came;
	size_t len;

	for (size_t i = 0; i < eg_datagram_parts(o->parts); i++) {
		const uint8_t *part = eg_datagram_part(o->parts, i, &len, &came);

		deliver(e, part, len);
	}
	deliver(e, o->out, o->out_len);
}

/* Judge the N bytes at BUF, SIZE bytes, from the network. Returns the length of what is in BUF
 * for the guest now, or 0 where there is nothing. */
static ssize_t judge_received(struct egress *e, uint8_t *buf, size_t n, size_t size)
{
	struct eg_outcome o;

	eg_lock_take(&e->lock);
	eg_pipeline_expect(e->pipeline, EG_FROM_NETWORK, buf, n);
	eg_pipeline_from_network(e->pipeline, buf, n, eg_clock_ms(), &o);
	n = o.verdict == EG_PASS ? o.out_len : 0;
	if (o.parts) {
		deliver_parts(e, &o);
		n = eg_inbox_take(e->inbox, buf, size);
	}
	eg_lock_give(&e->lock);
	return (ssize_t)n;
}

/* Move what waits for the guest longest to BUF, LEN bytes. Returns its length, or 0. */
static ssize_t take_waiting(struct egress *e, uint8_t *buf, size_t len)
{
	size_t n;

	/* What is not there yet makes the descriptor readable when it is. */
	if (!eg_inbox_waits(e->inbox))
		return 0;
	eg_lock_take(&e->lock);
	n = eg_inbox_take(e->inbox, buf, len);
	eg_lock_give(&e->lock);
	return (ssize_t)n;
}

static ssize_t egress_recv(VDECONN *conn, void *buf, size_t len, int flags)
{
	struct egress *e = (struct egress *)conn;
	ssize_t n = take_waiting(e, buf, len);

	if (n > 0)
		return n;
	for (int tries = 0; tries < RECV_TRIES; tries++) {
		n = vde_recv(e->nested, buf, len, flags);
		eg_gate_received(&e->gate);
		if (n <= 0) {
			hang_up(e);
			return n;
		}
		if (n > 1)
			n = judge_received(e, buf, (size_t)n, len);
		else
			n = 0; /* the nested network dropped it */
		if (n > 0)
			return n;
		if (!nested_is_ready(e))
			break;
	}
	return 1;
}

static int egress_datafd(VDECONN *conn)
{
	return ((struct egress *)conn)->epoll;
}

static int egress_ctlfd(VDECONN *conn)
{
	return vde_ctlfd(((struct egress *)conn)->nested);
}

static int egress_close(VDECONN *conn)
{
	return close_all((struct egress *)conn);
}

/* The one symbol of this module that libvdeplug looks up. */
__attribute__((visibility("default"))) struct vdeplug_module vdeplug_ops = {
	.vde_open_real = egress_open,
	.vde_recv = egress_recv,
	.vde_send = egress_send,
	.vde_datafd = egress_datafd,
	.vde_ctlfd = egress_ctlfd,
	.vde_close = egress_close,
};
