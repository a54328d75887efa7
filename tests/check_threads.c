/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module under a host of several threads, as VirtualBox is one: it sends and receives at
 * once on one connection, and opens and closes others meanwhile.
 *
 * The far end of the network opens exchanges (UDP, whole and in fragments, TCP, one for which
 * the guest has to ask a name), and the guest's two threads answer them; in between the
 * guest tries what it may not. Nothing but answers may arrive at the far end, each
 * exchange must complete, and the log has or counts all of the rest. Made for ThreadSanitizer.
 */
#include "check_threads_frames.h"

#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <libvdeplug.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	ANSWERS = 64,     /* that wait for the guest's sender */
	TRIES_MAX = 3000, /* frames that may not leave, of one guest's: all fit into the queue */
	TRIES_AHEAD =
		150,      /* before the receiver has had a look: their answers fit into the inbox */
	PATIENCE = 20000, /* ms */
	EXPIRY = 90000000, /* ms, after which every flow of these has expired */
};

static char folder[] = "/tmp/check_threads.XXXXXX";
static atomic_ullong time_warp; /* ms */

#define EXPORT __attribute__((visibility("default")))

/* The loader has a lock of its own, which ThreadSanitizer does not see. */
static pthread_mutex_t loader = PTHREAD_MUTEX_INITIALIZER;

/* libvdeplug opens modules with RTLD_DEEPBIND, which the sanitizers refuse, and with
 * which the module would not see the clock below. */
EXPORT void *dlopen(const char *file, int flags)
{
	void *(*next)(const char *, int);
	void *handle;

	*(void **)&next = dlsym(RTLD_NEXT, "dlopen");
	pthread_mutex_lock(&loader);
	handle = next(file, flags & ~RTLD_DEEPBIND);
	pthread_mutex_unlock(&loader);
	return handle;
}

EXPORT int dlclose(void *handle)
{
	int (*next)(void *);
	int rc;

	*(void **)&next = dlsym(RTLD_NEXT, "dlclose");
	pthread_mutex_lock(&loader);
	rc = next(handle);
	pthread_mutex_unlock(&loader);
	return rc;
}

/* The module's clock is ahead of the others. */
EXPORT int clock_gettime(clockid_t clock, struct timespec *ts)
{
	long rc = syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_MONOTONIC_COARSE)
		ts->tv_sec += (time_t)(atomic_load(&time_warp) / 1000);
	return (int)rc;
}

struct world {
	VDECONN *conn;
	int network; /* the far end */
	bool expires;
	pthread_t sender, receiver;
	atomic_bool stop;
	pthread_mutex_t lock; /* of the answers */
	struct frame answers[ANSWERS];
	unsigned first, waiting;
	atomic_uint ahead, tries, told[TOLD_KINDS], refused;
	_Atomic(const char *) fault; /* the first */
};

static void blame(struct world *w, const char *fault)
{
	const char *none = NULL;

	atomic_compare_exchange_strong(&w->fault, &none, fault);
}

static bool wait_for(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* The guest's second thread sends F. */
static void answer(struct world *w, const struct frame *f)
{
	pthread_mutex_lock(&w->lock);
	if (w->waiting < ANSWERS)
		w->answers[(w->first + w->waiting++) % ANSWERS] = *f;
	else
		blame(w, "the guest has too much to say");
	pthread_mutex_unlock(&w->lock);
}

static bool next_answer(struct world *w, struct frame *f)
{
	bool some;

	pthread_mutex_lock(&w->lock);
	some = w->waiting > 0;
	if (some) {
		*f = w->answers[w->first];
		w->first = (w->first + 1) % ANSWERS;
		w->waiting--;
	}
	pthread_mutex_unlock(&w->lock);
	return some;
}

static void *send_all(void *world)
{
	struct world *w = world;
	struct frame f;

	while (!atomic_load(&w->stop)) {
		unsigned n = atomic_load(&w->tries);

		if (next_answer(w, &f)) {
			if (vde_send(w->conn, f.bytes, f.len, 0) != (ssize_t)f.len)
				blame(w, "an answer is not sent");
		} else if (n < TRIES_MAX && atomic_load(&w->ahead) < TRIES_AHEAD) {
			frame_try(&f, n);
			atomic_fetch_add(&w->tries, 1);
			atomic_fetch_add(&w->ahead, 1);
			if (vde_send(w->conn, f.bytes, f.len, 0) != (ssize_t)f.len)
				blame(w, "what is blocked is not sent for the host");
		} else {
			usleep(200);
		}
	}
	return NULL;
}

static void *receive_all(void *world)
{
	struct world *w = world;
	struct frame f, answers[PARTS];

	while (!atomic_load(&w->stop)) {
		unsigned n;
		ssize_t len;

		if (!wait_for(vde_datafd(w->conn), 1)) {
			atomic_store(&w->ahead, 0);
			continue;
		}
		len = vde_recv(w->conn, f.bytes, sizeof(f.bytes), 0);
		if (len <= 0)
			blame(w, "the network hung up");
		if (len <= 1)
			continue;
		f.len = (size_t)len;
		n = frame_answer(&f, answers);
		for (unsigned i = 0; i < n; i++)
			answer(w, &answers[i]);
		if (n == 0)
			atomic_fetch_add(&w->told[frame_told(&f)], 1);
	}
	return NULL;
}

static void far_send(struct world *w, const struct frame *f)
{
	if (send(w->network, f->bytes, f->len, 0) != (ssize_t)f->len)
		blame(w, "the far end cannot send");
}

/* Go on with exchange X until it is complete or nothing comes for MS. */
static bool complete(struct world *w, struct exchange *x, int ms)
{
	struct frame f, next[PARTS];

	while (!x->complete && !atomic_load(&w->fault) && wait_for(w->network, ms)) {
		ssize_t len = recv(w->network, f.bytes, sizeof(f.bytes), MSG_DONTWAIT);
		int n;

		if (len <= 0) {
			blame(w, "the host hung up");
			break;
		}
		f.len = (size_t)len;
		n = exchange_take(x, &f, next);
		if (n < 0)
			blame(w, "something else than an answer arrives at the far end");
		for (int i = 0; i < n; i++)
			far_send(w, &next[i]);
	}
	return x->complete;
}

/* Where flows expire the table is full now and then: time has to pass first. */
static void run_exchange(struct world *w, unsigned id)
{
	struct frame f[PARTS];
	struct exchange x;

	for (int tries = 0; tries < 8; tries++) {
		int n = exchange_begin(&x, id, f);

		for (int i = 0; i < n; i++)
			far_send(w, &f[i]);
		if (complete(w, &x, w->expires && tries < 6 ? 50 << tries : PATIENCE))
			return;
		if (!w->expires || atomic_load(&w->fault))
			break;
		atomic_fetch_add(&w->refused, 1);
		atomic_fetch_add(&time_warp, EXPIRY);
	}
	blame(w, "an exchange of the host's does not complete");
}

static void world_begin(struct world *w, const char *options, const char *log)
{
	char vnl[512];
	int pair[2];

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0) {
		blame(w, "no socket");
		return;
	}
	snprintf(vnl, sizeof(vnl),
		 "egress://[dns=10.0.2.2/resolve=%s/log=\"%s\"/log-sample=0/dns-limit=0%s]{seqpacket://%d}",
		 FRAME_NAME, log, options, pair[0]);
	w->network = pair[1];
	w->conn = vde_open(vnl, (char *)"check", NULL);
	if (!w->conn)
		blame(w, "does not open");
	else if (pthread_create(&w->sender, NULL, send_all, w) ||
		 pthread_create(&w->receiver, NULL, receive_all, w))
		abort();
}

/* How many frames a packet of the log stands for: a note (ethertype 0x88b5) says it, where more
 * came at once than the writer could take. */
static unsigned stands_for(const u_char *packet, size_t len)
{
	static const u_char note[2] = { 0x88, 0xb5 };
	char text[256] = "";
	unsigned long count = 0;
	const char *at;

	if (len < 14 || memcmp(packet + 12, note, sizeof(note)) != 0)
		return 1;
	memcpy(text, packet + 14, len - 14 < sizeof(text) ? len - 14 : sizeof(text) - 1);
	at = strstr(text, " count=");
	if (at)
		count = strtoul(at + strlen(" count="), NULL, 10);
	return (unsigned)count;
}

static unsigned records_in(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, error);
	struct pcap_pkthdr *h;
	const u_char *data;
	unsigned n = 0;

	if (!p)
		return 0;
	while (pcap_next_ex(p, &h, &data) == 1)
		n += stands_for(data, h->caplen);
	pcap_close(p);
	return n;
}

static void world_end(struct world *w, const char *log)
{
	unsigned tries, records;

	atomic_store(&w->stop, true);
	if (w->conn) {
		pthread_join(w->sender, NULL);
		pthread_join(w->receiver, NULL);
		if (vde_close(w->conn) != 0)
			blame(w, "does not close");
	}
	close(w->network);
	pthread_mutex_destroy(&w->lock);
	tries = atomic_load(&w->tries);
	records = records_in(log);
	/* The last attempt may be a fragment that was still held. */
	if (records + PARTS < tries || (!w->expires && records > tries))
		blame(w, "the log does not have what was blocked");
	unlink(log);
}

/* Run COUNT exchanges through one instance. Returns what is wrong, or NULL. */
static const char *run_world(struct world *w, const char *options, unsigned count, bool expires)
{
	static atomic_uint number;
	char log[64];

	snprintf(log, sizeof(log), "%s/%u.pcap", folder, atomic_fetch_add(&number, 1));
	world_begin(w, options, log);
	w->expires = expires;
	for (unsigned id = 1; id <= count && !atomic_load(&w->fault); id++)
		run_exchange(w, id);
	world_end(w, log);
	return atomic_load(&w->fault);
}

static void assert_told(const struct world *w)
{
	for (int kind = 0; kind < TOLD_NOTHING; kind++)
		ck_assert_msg(atomic_load(&w->told[kind]) > 0, "never told %d", kind);
	ck_assert_uint_eq(atomic_load(&w->told[TOLD_NOTHING]), 0);
	ck_assert_uint_gt(atomic_load(&w->tries), 100);
}

static struct world world;

START_TEST(each_exchange_completes_at_once_while_the_guest_tries_all_the_time)
{
	const char *fault = run_world(&world, "", 1000, false);

	ck_assert_msg(!fault, "%s", fault);
	assert_told(&world);
}
END_TEST

START_TEST(full_table_refuses_until_flows_expire_and_then_every_exchange_completes)
{
	const char *fault = run_world(&world, "/flows=24", 600, true);

	ck_assert_msg(!fault, "%s", fault);
	ck_assert_uint_gt(atomic_load(&world.refused), 3);
	assert_told(&world);
}
END_TEST

/* One of several threads that open and close. */
static void *open_and_close(void *unused)
{
	struct world *w = malloc(sizeof(*w));
	const char *fault = w ? NULL : "no memory";

	(void)unused;
	for (unsigned round = 0; round < 12 && !fault; round++) {
		const char *options = round % 2 ? "/action=drop" : "/flows=64";

		fault = run_world(w, options, round % 5 * 4, false);
		if (!fault &&
		    vde_open((char *)"egress://[flows=0]{null://}", (char *)"check", NULL))
			fault = "opens what it must not";
	}
	free(w);
	return (void *)(uintptr_t)fault;
}

START_TEST(instances_open_and_close_beside_each_other)
{
	pthread_t threads[4];
	void *fault;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_close, NULL), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &fault);
		ck_assert_msg(!fault, "%s", (const char *)fault);
	}
}
END_TEST

/* Search for modules in the build first, then where the system's are: beside libvdeplug. */
static void set_module_path(void)
{
	char path[4096], both[sizeof(path) + 256];
	Dl_info info;

	if (!dladdr((void *)(uintptr_t)vde_open_real, &info) || !realpath(info.dli_fname, path))
		exit(EXIT_FAILURE);
	*strrchr(path, '/') = '\0';
	snprintf(both, sizeof(both), "%s:%s/vdeplug", MODULE_DIR, path);
	setenv("VDEPLUGIN_PATH", both, 1);
}

int main(void)
{
	Suite *s = suite_create("threads");
	TCase *c = tcase_create("threads");
	SRunner *runner = srunner_create(s);
	int failed;

	set_module_path();
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	tcase_add_test(c, each_exchange_completes_at_once_while_the_guest_tries_all_the_time);
	tcase_add_test(c, full_table_refuses_until_flows_expire_and_then_every_exchange_completes);
	tcase_add_test(c, instances_open_and_close_beside_each_other);
	tcase_set_timeout(c, 120);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	rmdir(folder);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
