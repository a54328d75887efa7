/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filter in front of the real slirp, in one process.
 *
 *   guest -> pipeline -> slirp -> net.c, which says what slirp may do there
 *   guest <- pipeline <- slirp <- net.c, which plays the host's clients and a resolver
 *
 * An input is a sequence of steps (steps.h). With EG_FUZZ_PERMISSIVE in the environment frames
 * go past the pipeline: then slirp must be seen to open sockets, or all of this shows nothing.
 */
#include "fuzz.h"
#include "guest.h"
#include "net.h"
#include "question.h"
#include "steps.h"

#include "pipeline.h"
#include "words.h"

#include <arpa/inet.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { QUEUE = 128, ROUNDS = 24, TIMERS = 4, BEGIN = 1000000 /* ms */ };
enum { TICK = 500 /* ms: slirp's */, TICKS = 40 };

struct frame {
	size_t len;
	uint8_t bytes[PACKET_MAX];
};

struct timer {
	bool used;
	int64_t due; /* ms; negative: never */
	SlirpTimerCb fn;
	void *ctx;
};

static struct {
	Slirp *slirp;
	struct eg_pipeline *pipeline;
	uint64_t now; /* ms */
	bool permissive;
	enum guest_manner manner;
	size_t flows;
	uint64_t quiet; /* when the guest said something last, ms */
	struct timer timers[TIMERS];
	/* What slirp sent and the guest has not yet got. */
	size_t first, count;
	struct frame queue[QUEUE];
	const uint8_t *input;
	size_t input_size;
} run;

struct counts {
	uint64_t inputs, frames, reached, returned, delivered;
};
static struct counts *counts;
static struct eg_policy *policies[STEP_OPTIONS];

static void violation(const char *what)
{
	const uint8_t *p = run.input + 1;
	size_t left = run.input_size - 1, n = 0;
	struct step s;

	if (run.permissive)
		return;
	fprintf(stderr, "VIOLATION: slirp did what nobody allowed: %s\noptions %02x\n", what,
		run.input[0]);
	while (steps_next(&p, &left, &s)) {
		fprintf(stderr, "step %zu: kind %d, after %llu ms:", n++, s.kind,
			(unsigned long long)steps_ms(&s));
		for (size_t i = 0; i < s.len; i++)
			fprintf(stderr, " %02x", s.bytes[i]);
		fputc('\n', stderr);
	}
	abort();
}

static ssize_t from_slirp(const void *p, size_t n, void *opaque)
{
	struct frame *f;

	(void)opaque;
	counts->returned++;
	if (run.count == QUEUE || n > PACKET_MAX)
		return (ssize_t)n;
	f = &run.queue[(run.first + run.count++) % QUEUE];
	f->len = n;
	memcpy(f->bytes, p, n);
	return (ssize_t)n;
}

static void guest_error(const char *message, void *opaque)
{
	(void)message;
	(void)opaque;
}

static int64_t clock_ns(void *opaque)
{
	(void)opaque;
	return (int64_t)run.now * 1000000;
}

static void *timer_new(SlirpTimerCb fn, void *ctx, void *opaque)
{
	(void)opaque;
	for (size_t i = 0; i < TIMERS; i++) {
		if (run.timers[i].used)
			continue;
		run.timers[i] = (struct timer){ .used = true, .due = -1, .fn = fn, .ctx = ctx };
		return &run.timers[i];
	}
	return NULL;
}

static void timer_free(void *timer, void *opaque)
{
	(void)opaque;
	((struct timer *)timer)->used = false;
}

static void timer_mod(void *timer, int64_t due, void *opaque)
{
	(void)opaque;
	((struct timer *)timer)->due = due;
}

static void fire_timers(void)
{
	for (size_t i = 0; i < TIMERS; i++) {
		struct timer *t = &run.timers[i];

		if (!t->used || t->due < 0 || t->due > (int64_t)run.now)
			continue;
		t->due = -1;
		t->fn(t->ctx);
	}
}

static void poll_fd(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

static void notify(void *opaque)
{
	(void)opaque;
}

static const SlirpCb callbacks = {
	.send_packet = from_slirp,
	.guest_error = guest_error,
	.clock_get_ns = clock_ns,
	.timer_new = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = poll_fd,
	.unregister_poll_fd = poll_fd,
	.notify = notify,
};

static void into_slirp(const uint8_t *frame, size_t len)
{
	counts->reached++;
	slirp_input(run.slirp, frame, (int)len);
}

/* What the filter sends of its own goes where it belongs, as in the plugin. */
static void deliver_own(void)
{
	static uint8_t own[EG_FRAME_MAX];
	size_t n;

	while ((n = eg_pipeline_take_injected(run.pipeline, EG_FROM_GUEST, own)) > 0)
		into_slirp(own, n);
	while ((n = eg_pipeline_take_injected(run.pipeline, EG_FROM_NETWORK, own)) > 0)
		guest_receive(own, n, GUEST_MUTE);
}

/* The guest sends. What the plugin does with the outcome is done here with it. */
static void guest_sends(const uint8_t *frame, size_t len)
{
	struct eg_outcome o;

	counts->frames++;
	if (run.permissive) {
		/* The channel of libvdeslirp takes none that is shorter. */
		if (len >= PACKET_ETH)
			into_slirp(frame, len);
		return;
	}
	eg_pipeline_from_guest(run.pipeline, fuzz_place(frame, len), len, run.now, &o);
	for (size_t i = 0; o.parts && i < eg_datagram_parts(o.parts); i++) {
		size_t n;
		uint64_t came;
		const uint8_t *part = eg_datagram_part(o.parts, i, &n, &came);

		into_slirp(part, n);
	}
	deliver_own();
	if (o.out)
		into_slirp(o.out, o.out_len);
	if (o.reply_len)
		guest_receive(o.reply, o.reply_len, GUEST_MUTE);
}

static void guest_gets(struct frame *f)
{
	struct eg_outcome o;
	const uint8_t *out = f->bytes;
	size_t len = f->len;

	if (!run.permissive) {
		uint8_t *placed = fuzz_place(f->bytes, f->len);

		eg_pipeline_from_network(run.pipeline, placed, f->len, run.now, &o);
		deliver_own();
		if (o.verdict != EG_PASS)
			return;
		/* The guest's answer takes the place of what it answers. */
		len = o.out_len;
		memcpy(f->bytes, o.out, len);
	}
	counts->delivered++;
	guest_receive(out, len, run.manner);
}

static void poll_slirp(void)
{
	uint32_t timeout = UINT32_MAX;

	net_poll_begin();
	slirp_pollfds_fill(run.slirp, &timeout, net_add_poll, NULL);
	slirp_pollfds_poll(run.slirp, 0, net_revents, NULL);
	fire_timers();
}

/* Let slirp and the guest talk until they have nothing to say, or too much. */
static void settle(void)
{
	static struct frame f;

	for (int i = 0; i < ROUNDS; i++) {
		poll_slirp();
		if (run.count == 0)
			break;
		while (run.count) {
			f.len = run.queue[run.first].len;
			memcpy(f.bytes, run.queue[run.first].bytes, f.len);
			run.first = (run.first + 1) % QUEUE;
			run.count--;
			guest_gets(&f);
		}
	}
	net_check();
}

static void add_forwards(void)
{
	struct in_addr host = { htonl(INADDR_LOOPBACK) }, guest = { htonl(0x0a00020f) };
	struct sockaddr_in6 host6 = { .sin6_family = AF_INET6, .sin6_port = htons(2222) };
	struct sockaddr_in6 guest6 = { .sin6_family = AF_INET6, .sin6_port = htons(22) };

	host6.sin6_addr = in6addr_loopback;
	memcpy(&guest6.sin6_addr, packet_guest.ip6, 16);
	net_setup(true);
	FUZZ_MUST(slirp_add_hostfwd(run.slirp, 0, host, 2222, guest, 22) == 0);
	FUZZ_MUST(slirp_add_hostfwd(run.slirp, 1, host, 5353, guest, 5000) == 0);
	for (int udp = 0; udp < 2; udp++)
		FUZZ_MUST(slirp_add_hostxfwd(run.slirp, (void *)&host6, sizeof(host6),
					     (void *)&guest6, sizeof(guest6),
					     udp ? SLIRP_HOSTFWD_UDP : 0) == 0);
	net_setup(false);
}

/* As libvdeslirp configures it where nothing is said. */
static void start_slirp(void)
{
	SlirpConfig c = { .version = 1, .in_enabled = true, .in6_enabled = true };

	inet_pton(AF_INET, "10.0.2.0", &c.vnetwork);
	inet_pton(AF_INET, "255.255.255.0", &c.vnetmask);
	inet_pton(AF_INET, "10.0.2.2", &c.vhost);
	inet_pton(AF_INET6, "fd00::", &c.vprefix_addr6);
	c.vprefix_len = 64;
	inet_pton(AF_INET6, "fd00::2", &c.vhost6);
	c.vhostname = "slirp";
	inet_pton(AF_INET, "10.0.2.15", &c.vdhcp_start);
	inet_pton(AF_INET, "10.0.2.3", &c.vnameserver);
	inet_pton(AF_INET6, "fd00::3", &c.vnameserver6);
	run.slirp = slirp_new(&c, &callbacks, NULL);
	FUZZ_MUST(run.slirp);
	add_forwards();
}

/* MS pass: what is due is done. */
static void pass(uint64_t ms)
{
	run.now += ms;
	if (run.permissive)
		return;
	eg_pipeline_tick(run.pipeline, run.now);
	deliver_own();
}

/* MS pass, in which nobody begins anything. Slirp counts its timers by how often it is asked: of a
 * long time it is given the beginning in such steps, in which it repeats and probes, and then the
 * rest at once. */
static void pass_time(uint64_t ms)
{
	bool keeps = run.manner == GUEST_KEEPS && !run.permissive;
	uint64_t left = ms;

	for (int i = 0; keeps && i < TICKS && left > TICK; i++, left -= TICK) {
		pass(TICK);
		settle();
	}
	pass(left);
	if (!keeps)
		return;
	poll_slirp();
	net_check_kept(run.now, run.quiet, run.flows);
}

static void play(const struct step *s)
{
	static uint8_t buf[PACKET_MAX];
	const uint8_t *p = s->bytes;
	size_t n = s->len;
	bool live = s->kind == STEP_LIVE && n > 3;

	pass_time(steps_ms(s));
	if (s->kind == STEP_HOST) {
		net_host(p, n, run.now);
	} else if (s->kind == STEP_ASK) {
		unsigned flags = n ? p[0] : 0;

		run.quiet = run.now;
		guest_ask(flags & STEP_ASK_6 ? 6 : 4, (uint16_t)(1024 + (n > 1 ? p[1] : 0)),
			  flags & STEP_ASK_FAR);
	} else if (s->kind != STEP_NETWORK) {
		p += live ? 3 : 0;
		n -= live ? 3 : 0;
		n = n < PACKET_MAX ? n : PACKET_MAX;
		if (n)
			memcpy(buf, p, n);
		if (live)
			guest_live(buf, n, s->bytes[0], (int8_t)s->bytes[1], (int8_t)s->bytes[2]);
		else if (s->kind == STEP_FIXED)
			packet_fix(buf, n);
		guest_sent(buf, n);
		guest_sends(buf, n);
		run.quiet = run.now;
	}
	settle();
}

static struct eg_policy *make_policy(unsigned options)
{
	struct eg_words w = { .policy = eg_policy_new() };

	FUZZ_MUST(w.policy);
	FUZZ_MUST(eg_words_apply(&w, "flows", options & STEP_OPTION_KEEP ? "16" : "64") == 0);
	if (options & STEP_OPTION_DROP)
		FUZZ_MUST(eg_words_apply(&w, "action", "drop") == 0);
	if (options & STEP_OPTION_RESOLVE)
		FUZZ_MUST(eg_words_apply(&w, "resolve", QUESTION_LIST) == 0);
	if (options & STEP_OPTION_ALLOW) {
		FUZZ_MUST(eg_words_apply(&w, "allow", NET_ALLOW) == 0);
		FUZZ_MUST(eg_words_apply(&w, "block", NET_BLOCK) == 0);
	}
	return w.policy;
}

static void silent(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer ctx)
{
	(void)domain;
	(void)level;
	(void)text;
	(void)ctx;
}

void fuzz_start(bool permissive)
{
	run.permissive = permissive;
	memset(counts, 0, sizeof(*counts));
	memset(net_counts, 0, sizeof(*net_counts));
}

bool fuzz_end(void)
{
	bool ok = net_counts->interposed > 0 && counts->reached > 0 &&
		  (run.permissive ? net_counts->opened > 0 && net_counts->violations > 0
				  : net_counts->allowed > 0 && net_counts->violations == 0);

	fprintf(stderr,
		"slirp, %s: %llu inputs, %llu frames of the guest's, %llu reached slirp, "
		"%llu of %llu back to the guest; sockets: %llu of the host's, %llu opened, "
		"%llu connects, %llu sends on them, %llu questions, %llu to who is allowed, "
		"%llu of strangers', %llu sends on the host's, %llu not allowed\n",
		run.permissive ? "without the filter" : "behind the filter",
		(unsigned long long)counts->inputs, (unsigned long long)counts->frames,
		(unsigned long long)counts->reached, (unsigned long long)counts->delivered,
		(unsigned long long)counts->returned, (unsigned long long)net_counts->interposed,
		(unsigned long long)net_counts->opened, (unsigned long long)net_counts->connected,
		(unsigned long long)net_counts->sent, (unsigned long long)net_counts->questions,
		(unsigned long long)net_counts->allowed, (unsigned long long)net_counts->strangers,
		(unsigned long long)net_counts->answered,
		(unsigned long long)net_counts->violations);
	return ok;
}

/* What slirp itself does not free when it is told to go is not ours to report. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
	return "leak:g_malloc\n";
}

static void print_at_exit(void)
{
	fuzz_end();
}

/* Counters that a child which runs one input shares with its parent. */
static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	FUZZ_MUST(p != MAP_FAILED);
	return p;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	counts = shared(sizeof(*counts));
	net_counts = shared(sizeof(*net_counts));
	(void)argc;
	(void)argv;
	g_log_set_default_handler(silent, NULL);
	for (unsigned i = 0; i < STEP_OPTIONS; i++)
		policies[i] = make_policy(i);
	if (getenv("EG_FUZZ_PERMISSIVE"))
		run.permissive = true;
	if (getenv("EG_FUZZ_COUNTS"))
		atexit(print_at_exit);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct eg_seed seed = { 1, 2 };
	struct step s;

	if (size < 1 || size > FUZZ_MAX)
		return 0;
	counts->inputs++;
	run.input = data;
	run.input_size = size;
	run.manner = data[0] & STEP_OPTION_KEEP   ? GUEST_KEEPS
		     : data[0] & STEP_OPTION_MUTE ? GUEST_MUTE
						  : GUEST_HONEST;
	run.quiet = BEGIN;
	run.flows = policies[data[0] % STEP_OPTIONS]->flows;
	run.first = run.count = 0;
	run.now = BEGIN; /* an input does not depend on those before it */
	net_reset(data[0] & STEP_OPTION_RESOLVE, data[0] & STEP_OPTION_ALLOW, violation);
	if (data[0] & STEP_OPTION_KEEP)
		net_never_stalls();
	guest_reset(guest_sends);
	run.pipeline = eg_pipeline_new(policies[data[0] % STEP_OPTIONS], &seed, NULL, NULL);
	FUZZ_MUST(run.pipeline);
	start_slirp();
	data++;
	size--;
	for (int n = 0; n < STEPS_MAX && steps_next(&data, &size, &s); n++)
		play(&s);
	slirp_cleanup(run.slirp);
	eg_pipeline_free(run.pipeline);
	return 0;
}
