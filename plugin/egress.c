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
 * After each of the two, and when the ticker says that something is due, what the pipeline sends of
 * its own (inject.h) goes to the network or into the inbox.
 *
 * Life-cycle. Open makes a policy from the VNL, a record, the nested connection,
 * one epoll descriptor and a pipeline, in an order in which each failure undoes all
 * before it; close undoes all. Nothing outlives it.
 *
 * Invariants. The guest's frame is read once, into memory of ours: QEMU hands over the guest's
 * own (nc_sendv_compat), where another processor of the guest's can write while we judge.
 * lock covers that copy, the pipeline, the inbox and its count; no nested operation, no
 * disk and no wait happens under it but for a page of the host's that is not there, so a host may
 * send and receive from two threads at once. What is sent is guarded by the uplink's turn: several
 * threads that send do so one after the other (uplink.h). A blocked frame is "sent": its length is
 * returned, because 0 stalls QEMU and a negative value is asserted on by VirtualBox. "Received and
 * dropped" is 1 (vde_recv(3)); some hosts hand that byte to the guest as a frame, so
 * the next frame that is ready is tried first.
 *
 * The data descriptor. Hosts poll it, and what waits in the inbox must wake them: it is an
 * epoll descriptor over the nested one, the inbox's and the ticker's. An epoll descriptor
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
#include "inbox.h"
#include "recorder.h"
#include "ticker.h"
#include "uplink.h"

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
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	RECV_TRIES = 64,
	SEND_AGAIN = 100, /* ms */
};

/* Begins as struct vdeconn does: libvdeplug fills handle and module. */
struct egress {
	void *handle;
	struct vdeplug_module *module;
	struct eg_config config;
	struct eg_recorder *recorder; /* NULL: no log */
	int epoll;
	struct eg_ticker ticker;
	struct eg_lock lock;
	struct eg_inbox *inbox;
	unsigned long long unreceived; /* frames that it had no room for */
	struct eg_pipeline *pipeline;
	uint8_t own[EG_FRAME_MAX]; /* one of the pipeline's own frames, on its way to the inbox */
	struct eg_uplink up;
};

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Make what a host polls. Returns 0 or a negative errno, said on stderr. */
static int open_datafd(struct egress *e)
{
	int nested = vde_datafd(e->up.nested);

	eg_gate_open(&e->up.gate, nested);
	e->inbox = eg_inbox_new();
	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (e->inbox && e->epoll >= 0 && eg_ticker_open(&e->ticker) == 0 &&
	    watch(e->epoll, nested) == 0 && watch(e->epoll, eg_inbox_fd(e->inbox)) == 0 &&
	    watch(e->epoll, e->ticker.fd) == 0)
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
	struct rlimit limit;

	e->pipeline = eg_pipeline_new(e->config.policy, seed, record, e);
	if (e->pipeline) {
		if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < SIZE_MAX)
			eg_pipeline_descriptors(e->pipeline, (size_t)limit.rlim_cur);
		return 0;
	}
	eg_complain("no memory for %zu flows", e->config.policy->flows);
	return -ENOMEM;
}

static int open_nested(struct egress *e, char *descr, int interface_version,
		       struct vde_open_args *args)
{
	const char *vm = e->config.policy->vm;

	/* The label is how a switch lists the port, and its operator finds the guest. */
	e->up.nested = vde_open_real(e->config.nested, vm[0] ? (char *)(uintptr_t)vm : descr,
				     interface_version, args);
	if (e->up.nested)
		return 0;
	if (errno == EPROTONOSUPPORT || errno == 0)
		errno = ENODEV;
	eg_complain("the nested network %s cannot be opened: %s", e->config.nested,
		    strerror(errno));
	return -errno;
}

static int close_all(struct egress *e)
{
	unsigned long long undelivered = atomic_load(&e->up.undelivered);
	int rc = e->up.nested ? vde_close(e->up.nested) : 0;

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
	eg_ticker_close(&e->ticker);
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
		.label = p->vm[0]            ? p->vm
			 : descr && descr[0] ? descr
					     : "guest",
		.limit = (off_t)p->log_size,
		.kept = (unsigned)p->log_files,
		.sample = (unsigned)p->log_sample,
		.flows = p->flows,
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
	e->epoll = e->ticker.fd = -1;
	rc = eg_config_read(&e->config, vnl);
	if (!rc)
		rc = open_parts(e, descr, interface_version, args);
	if (!rc) {
		eg_config_remark(&e->config);
		return (VDECONN *)e;
	}
	close_all(e);
	errno = rc == -EPROTONOSUPPORT ? ENODEV : -rc;
	return NULL;
}

/* Have LEN bytes at FRAME wait for the guest. Under the lock. */
EG_APART void deliver(struct egress *e, const uint8_t *frame, size_t len)
{
	if (!eg_inbox_put(e->inbox, frame, len))
		e->unreceived++;
}

/* Have what the pipeline itself says to the guest wait for it. Under the lock. */
EG_APART void deliver_injected(struct egress *e)
{
	size_t len;

	while ((len = eg_pipeline_take_injected(e->pipeline, EG_FROM_NETWORK, e->own)) > 0)
		deliver(e, e->own, len);
}

/* Wake the host when the pipeline has something to do, or soon where frames of its own wait:
 * another thread has the turn, or the network takes none. Under the lock. */
static inline void set_ticker(struct egress *e, uint64_t now)
{
	uint64_t due = eg_pipeline_due(e->pipeline);

	if (eg_pipeline_injects(e->pipeline, EG_FROM_GUEST))
		due = now + SEND_AGAIN;
	if (due != atomic_load_explicit(&e->ticker.moment, memory_order_relaxed))
		eg_ticker_set(&e->ticker, due, now);
}

/* The network did not take LEN bytes at FRAME. */
EG_APART void tell_lost(struct egress *e, const uint8_t *frame, size_t len)
{
	eg_lock_take(&e->lock);
	eg_pipeline_lost(e->pipeline, frame, len, eg_clock_ms());
	eg_lock_give(&e->lock);
}

static ssize_t egress_send(VDECONN *conn, const void *buf, size_t len, int flags)
{
	struct egress *e = (struct egress *)conn;
	struct eg_uplink *up = &e->up;
	struct eg_outcome o;
	ssize_t sent = 0;
	uint64_t now;

	eg_lock_take(&e->lock);
	eg_uplink_take(up, &e->lock);
	now = eg_clock_ms();
	eg_pipeline_expect(e->pipeline, EG_FROM_GUEST, buf, len);
	/* What is longer is blocked by its length, and is only recorded. Under the lock, as to
	 * take it waits until all that was written before is in the cache. */
	if (len <= EG_FRAME_MAX)
		buf = memcpy(up->frame, buf, len);
	eg_pipeline_from_guest(e->pipeline, buf, len, now, &o);
	if (o.reply_len)
		deliver(e, o.reply, o.reply_len);
	if (o.parts)
		eg_uplink_copy_parts(up, o.parts);
	if (o.injects)
		deliver_injected(e);
	set_ticker(e, now);
	eg_lock_give(&e->lock);
	if (o.injects)
		eg_uplink_send_injected(up, e->pipeline, &e->lock);
	if (o.out && (!o.parts || eg_uplink_send_parts(up, flags)))
		sent = eg_uplink_send(up, o.out, o.out_len, flags);
	if (o.out && sent <= 0)
		tell_lost(e, o.out, o.out_len);
	eg_uplink_give(up);
	return o.verdict == EG_PASS && sent && sent != (ssize_t)o.out_len ? sent : (ssize_t)len;
}

static bool nested_is_ready(const struct egress *e)
{
	struct pollfd p = { .fd = vde_datafd(e->up.nested), .events = POLLIN };

	return poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

/* The network is gone: from now on the host polls the nested end itself. */
EG_APART void hang_up(struct egress *e)
{
	struct pollfd p = { .fd = vde_datafd(e->up.nested), .events = POLLIN };

	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)))
		(void)dup3(p.fd, e->epoll, O_CLOEXEC);
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

/* Send what the pipeline has of its own, unless another thread sends, which then does it. Under the
 * lock, but for the time of the sending. */
EG_APART void send_injected(struct egress *e)
{
	deliver_injected(e);
	if (!eg_uplink_try(&e->up))
		return;
	eg_lock_give(&e->lock);
	eg_uplink_send_injected(&e->up, e->pipeline, &e->lock);
	eg_uplink_give(&e->up);
	eg_lock_take(&e->lock);
}

/* Do what is due, though no frame came. */
EG_APART void tick(struct egress *e)
{
	uint64_t now = eg_clock_ms();

	eg_lock_take(&e->lock);
	eg_pipeline_tick(e->pipeline, now);
	set_ticker(e, now);
	send_injected(e);
	eg_lock_give(&e->lock);
}

/* Judge the N bytes at BUF, SIZE bytes, from the network. Returns the length of what is in BUF
 * for the guest now, or 0 where there is nothing. */
static ssize_t judge_received(struct egress *e, uint8_t *buf, size_t n, size_t size)
{
	struct eg_outcome o;
	uint64_t now;

	eg_lock_take(&e->lock);
	now = eg_clock_ms();
	eg_pipeline_expect(e->pipeline, EG_FROM_NETWORK, buf, n);
	eg_pipeline_from_network(e->pipeline, buf, n, now, &o);
	n = o.verdict == EG_PASS ? o.out_len : 0;
	if (o.parts) {
		deliver_parts(e, &o);
		n = eg_inbox_take(e->inbox, buf, size);
	} else if (n > 0 && o.out != buf) {
		n = n < size ? n : size;
		memcpy(buf, o.out, n); /* it was rebuilt */
	}
	set_ticker(e, now);
	if (o.injects)
		send_injected(e);
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
	bool due = eg_ticker_is_due(&e->ticker, eg_clock_ms());
	ssize_t n;

	if (due)
		tick(e);
	n = take_waiting(e, buf, len);
	if (n > 0)
		return n;
	if (due && !nested_is_ready(e)) /* that was all that the host was woken for */
		return 1;
	for (int tries = 0; tries < RECV_TRIES; tries++) {
		n = vde_recv(e->up.nested, buf, len, flags);
		eg_gate_received(&e->up.gate);
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
	return vde_ctlfd(((struct egress *)conn)->up.nested);
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
