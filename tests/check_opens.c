/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every way in which an open can fail: each call that gets something from the
 * system fails in its turn, until an open gets through. Each time the open says
 * one line, leaves an errno which libvdeplug does not take for a missing module, and leaves
 * nothing else: no descriptor, no thread, no memory.
 *
 * The module is linked into this program, and the network below it is one of ours.
 */
#include "capture.h"
#include "check_opens_faults.h"
#include "packet.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libvdeplug.h>
#include <libvdeplug_mod.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#pragma GCC visibility push(default)
extern struct vdeplug_module vdeplug_ops;
#pragma GCC visibility pop

static char folder[] = "/tmp/check_opens.XXXXXX";
static int says[2]; /* a pipe that is stderr while something opens */
static char said[1024];

/* The nested network: a socket from which nothing comes. */
static int nested[2];
static unsigned refused[FAULTS]; /* opens that failed, by what had */

VDECONN *vde_open_real(char *vnl, char *descr, int version, struct vde_open_args *args)
{
	(void)vnl;
	(void)descr;
	(void)version;
	(void)args;
	if (faults_fail(FAULT_NESTED))
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, nested) < 0)
		return NULL;
	return (VDECONN *)nested;
}

ssize_t vde_recv(VDECONN *conn, void *buf, size_t len, int flags)
{
	(void)conn;
	(void)buf;
	(void)len;
	(void)flags;
	return 1;
}

ssize_t vde_send(VDECONN *conn, const void *buf, size_t len, int flags)
{
	(void)conn;
	(void)buf;
	(void)flags;
	return (ssize_t)len;
}

int vde_datafd(VDECONN *conn)
{
	if (!conn)
		errno = EBADF;
	return conn ? *(int *)conn : -1;
}

int vde_ctlfd(VDECONN *conn)
{
	(void)conn;
	return -1;
}

int vde_close(VDECONN *conn)
{
	int *pair = (int *)conn;

	return close(pair[0]) | close(pair[1]);
}

/* What a process has, and an open that failed must give back. */
struct holdings {
	unsigned descriptors, threads;
	long memory;
};

static unsigned entries(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static struct holdings take_stock(void)
{
	return (struct holdings){
		.descriptors = entries("/proc/self/fd"),
		.threads = entries("/proc/self/task"),
		.memory = faults_memory(),
	};
}

static void nothing_is_left(const struct holdings *before, const char *after)
{
	struct holdings now = take_stock();

	/* A thread that was joined may stand there for a moment. */
	for (int i = 0; i < 1000 && now.threads > before->threads; i++) {
		usleep(1000);
		now = take_stock();
	}
	ck_assert_msg(now.descriptors == before->descriptors, "%s: %u descriptors, were %u", after,
		      now.descriptors, before->descriptors);
	ck_assert_msg(now.threads == before->threads, "%s: %u threads, were %u", after, now.threads,
		      before->threads);
	/* Less is possible: the C library lets go of what it kept. */
	ck_assert_msg(now.memory <= before->memory, "%s: %ld allocations, were %ld", after,
		      now.memory, before->memory);
}

/* What is opened: options, and what there is on disk before each time. */
static const struct scene {
	const char *options; /* with the folder for each %s */
	const char *log; /* a capture, to start with of PACKETS and TORN bytes more; NULL: none */
	unsigned packets, torn;
} scenes[] = {
	{ "", NULL, 0, 0 },
	{ "[log=\"%s/log.pcap\"]", "log.pcap", 0, 0 },
	{ "[log=\"%s/log.pcap\"]", "log.pcap", 1, 5 },
	{ "[log=\"%s/log.pcap\"/policy=\"%s/policy\"/vm=\"check\"/resolve=\"a.example\"]{x://}",
	  "log.pcap", 3, 0 },
	{ "[log=\"%s/log.pcapng\"]", "log.pcapng", 0, 0 },
	{ "[log=\"%s/log.pcapng\"]", "log.pcapng", 1, 20 },
	/* One that is full is rotated at once. */
	{ "[log=\"%s/log.pcapng\"/log-size=\"64k\"/log-files=\"2\"]", "log.pcapng", 600, 0 },
	{ "[events=\"%s/events.json\"]", NULL, 0, 0 },
	{ "[log=\"%s/log.pcapng\"/events=\"%s/events.json\"/log-size=\"64k\"]", "log.pcapng", 1, 0 },
	/* Tables that grow: prefixes, and ranges of ports. */
	{ "[allow=\"192.0.2.1:1,3,5,7,9/tcp 192.0.2.2:1 192.0.2.3:1 192.0.2.4:1 192.0.2.5:1 "
	  "192.0.2.6:1 192.0.2.7:1 192.0.2.8:1 192.0.2.9:1 [2001:db8::]/32:53/udp\"/"
	  "block=\"198.51.100.0/24 a.example *.b.example\"/resolve=\"*.c.example\"]",
	  NULL, 0, 0 },
	{ "[flows=16/action=drop/dns=\"192.0.2.53 10.0.2.3\"/policy=\"%s/policy\"]", NULL, 0, 0 },
};

static void settled(void *ctx, unsigned n, uint64_t first, int error)
{
	(void)ctx;
	(void)n;
	(void)error;
	ck_assert_uint_gt(first, 0);
}

static void write_capture(const char *path, const struct scene *s)
{
	const struct eg_append_options options = { .path = path, .settled = settled };
	const struct eg_packet packet = { .bytes = (const uint8_t[100]){ 0 }, .len = 100 };
	const struct eg_refusal nobody = { 0 };
	struct eg_capture *c;
	FILE *f;

	ck_assert_int_eq(eg_capture_open(&c, &options, "guest", &nobody), 0);
	for (unsigned i = 0; i < s->packets; i++)
		eg_capture_put(c, &packet);
	eg_capture_close(c);
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	for (unsigned i = 0; i < s->torn; i++)
		fputc(0, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void write_policy(void)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/policy", folder);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	/* Enough names for all that holds them to grow. */
	for (int i = 0; i < 400; i++)
		fprintf(f, "resolve host%d.a-name-that-takes-room.example\n", i);
	fputs("dns-types A AAAA MX\n", f);
	ck_assert_int_eq(fclose(f), 0);
}

static void prepare(const struct scene *s, char *vnl, size_t size)
{
	char path[64];

	/* The scenes are in this file. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(vnl, size, s->options, folder, folder);
#pragma GCC diagnostic pop
	if (!s->log)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, s->log);
	unlink(path);
	if (s->packets)
		write_capture(path, s);
}

/* Open VNL while the NTH call fails, with what it says in SAID. */
static VDECONN *open_with(char *vnl, unsigned long nth, int fault, enum fault_kind *hit)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0), error;
	VDECONN *conn;
	ssize_t n;

	ck_assert_int_ge(saved, 0);
	dup2(says[1], STDERR_FILENO);
	errno = 0;
	faults_arm(nth, fault);
	conn = vdeplug_ops.vde_open_real(vnl, (char *)"check", 1, NULL);
	error = errno;
	*hit = faults_disarm();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(says[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	errno = error;
	return conn;
}

/* An open failed: it said why, once, and left an errno that says it too. */
static void failed_well(int error, const char *what)
{
	size_t n = strlen(said);

	ck_assert_msg(error > 0, "%s: errno is %d", what, error);
	ck_assert_msg(error != EPROTONOSUPPORT, "%s: errno is EPROTONOSUPPORT", what);
	ck_assert_msg(strncmp(said, "egress: ", 8) == 0, "%s: said \"%s\"", what, said);
	ck_assert_msg(strchr(said, '\n') == said + n - 1, "%s: said \"%s\"", what, said);
}

/* One open of S, whose NTH call fails with FAULT. Returns whether there was such a call. */
static bool attempt(const struct scene *s, unsigned long nth, int fault)
{
	char vnl[256], what[128];
	struct holdings before;
	enum fault_kind hit;
	VDECONN *conn;
	int error;

	prepare(s, vnl, sizeof(vnl));
	before = take_stock();
	conn = open_with(vnl, nth, fault, &hit);
	error = errno;
	snprintf(what, sizeof(what), "call %lu (%s) failed", nth, faults_name(hit));
	if (conn) {
		ck_assert_msg(!said[0], "%s, and yet it opened: \"%s\"", what, said);
		/* A stream of the C library's does without the buffer that it has no memory for,
		 * and the gate without knowing what it stands before. */
		ck_assert_msg(hit == FAULTS || hit == FAULT_MEMORY || hit == FAULT_FSTAT,
			      "%s, and it opened", what);
		ck_assert_int_eq(vdeplug_ops.vde_close(conn), 0);
	} else {
		ck_assert_msg(hit != FAULTS, "does not open: %s", said);
		refused[hit]++;
		failed_well(error, what);
	}
	nothing_is_left(&before, what);
	return hit != FAULTS;
}

static void setup(void)
{
	ck_assert_int_eq(pipe2(says, O_CLOEXEC | O_NONBLOCK), 0);
	write_policy();
	/* What the C library makes or frees once, at first use, is no leak. */
	ck_assert_ptr_nonnull(strerror(ENOSYS));
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		char vnl[256];
		enum fault_kind hit;
		VDECONN *conn;

		prepare(&scenes[i], vnl, sizeof(vnl));
		conn = open_with(vnl, 0, -1, &hit);
		ck_assert_msg(conn != NULL, "%s: %s", vnl, said);
		ck_assert_int_eq(vdeplug_ops.vde_close(conn), 0);
	}
}

static void teardown(void)
{
	close(says[0]);
	close(says[1]);
}

/* Fail one call after the other of each scene; FAULT is the errno, -1 each kind's own. */
static void fail_all(int fault)
{
	unsigned long total = 0;

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		unsigned long nth = 1;

		while (attempt(&scenes[i], nth, fault))
			nth++;
		/* So many pieces at the least: the pipeline, the policy, what is polled. */
		ck_assert_uint_gt(nth, 15);
		total += nth - 1;
	}
	for (int kind = 0; kind < FAULTS; kind++)
		ck_assert_msg(refused[kind] > 0, "no open fails by %s",
			      faults_name((enum fault_kind)kind));
	printf("%lu opens with one call that failed\n", total);
}

START_TEST(whatever_fails_the_open_says_so_and_leaves_nothing)
{
	fail_all(-1);
}
END_TEST

/* Of a module that opens with this errno, libvdeplug thinks that there is none. */
START_TEST(no_errno_sends_libvdeplug_to_the_next_folder)
{
	fail_all(EPROTONOSUPPORT);
}
END_TEST

/* A plugin may fail without a word in errno; its conn is NULL all the same. */
START_TEST(failure_without_an_errno_is_a_failure)
{
	fail_all(0);
}
END_TEST

/* The real thing, where the calls above are stood in for. */
START_TEST(open_with_too_few_descriptors_fails_as_well)
{
	struct rlimit all, few;
	unsigned short_of = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		VDECONN *conn = NULL;

		for (unsigned spare = 0; spare < 16 && !conn; spare++) {
			char vnl[256], what[64];
			struct holdings before;
			enum fault_kind hit;
			int error, first = dup(says[0]);

			close(first);
			prepare(&scenes[i], vnl, sizeof(vnl));
			before = take_stock();
			few = all;
			few.rlim_cur = (rlim_t)first + 1 + spare; /* one is for open_with */
			ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
			conn = open_with(vnl, 0, -1, &hit);
			error = errno;
			ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
			snprintf(what, sizeof(what), "%u descriptors", spare);
			short_of += !conn;
			if (conn)
				ck_assert_int_eq(vdeplug_ops.vde_close(conn), 0);
			else
				failed_well(error, what);
			nothing_is_left(&before, what);
		}
		ck_assert_ptr_nonnull(conn);
	}
	ck_assert_uint_ge(short_of, 3 * sizeof(scenes) / sizeof(scenes[0]));
}
END_TEST

static void remove_folder(void)
{
	static const char *const names[] = { "log.pcap", "log.pcapng", "log.1.pcapng",
					     "log.2.pcapng", "events.json", "policy" };
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

int main(void)
{
	Suite *s = suite_create("opens");
	TCase *c = tcase_create("opens");
	SRunner *runner = srunner_create(s);
	int failed;

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, whatever_fails_the_open_says_so_and_leaves_nothing);
	tcase_add_test(c, no_errno_sends_libvdeplug_to_the_next_folder);
	tcase_add_test(c, failure_without_an_errno_is_a_failure);
	tcase_add_test(c, open_with_too_few_descriptors_fails_as_well);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_folder();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
