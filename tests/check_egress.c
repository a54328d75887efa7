/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module as hosts use it: opened by the real libvdeplug, its network side a
 * socket pair (seqpacket://FD) whose far end the test holds.
 */
#include "packet.h"
#include "tcp.h"

#include <check.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libvdeplug.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/check_egress.XXXXXX";

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* libvdeplug opens modules with RTLD_DEEPBIND, which the sanitizers refuse. */
__attribute__((visibility("default"))) void *dlopen(const char *file, int flags)
{
	void *(*next)(const char *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "dlopen");
	return next(file, flags & ~RTLD_DEEPBIND);
}
#endif

struct rig {
	VDECONN *conn;
	int network; /* the far end of the network side */
};

static int ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0 ? p.revents : 0;
}

static void rig_open(struct rig *r, const char *options)
{
	char vnl[512];
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	snprintf(vnl, sizeof(vnl), "egress://%s{seqpacket://%d}", options, pair[0]);
	r->network = pair[1];
	r->conn = vde_open(vnl, (char *)"check", NULL);
	ck_assert_ptr_nonnull(r->conn);
}

static void rig_close(struct rig *r)
{
	ck_assert_int_eq(vde_close(r->conn), 0);
	close(r->network);
}

/* Close R, and leave in SAID what was said on stderr. */
static void said_at_close(struct rig *r, char *said, size_t size)
{
	int saved = dup(STDERR_FILENO), p[2];
	ssize_t n;

	ck_assert_int_eq(pipe(p), 0);
	dup2(p[1], STDERR_FILENO);
	rig_close(r);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(p[1]);
	n = read(p[0], said, size - 1);
	ck_assert_int_ge(n, 0);
	said[n] = '\0';
	close(p[0]);
}

static size_t syn_of_guest(uint8_t *frame, uint16_t port)
{
	const struct packet_tcp tcp = { .seq = 1000, .window = 65535, .flags = 2 };
	struct packet_end to = packet_at(&packet_network, port);

	return packet_tcp4(frame, &packet_guest, &to, &tcp, NULL, 0);
}

START_TEST(blocked_frame_is_sent_for_the_host_and_reaches_nobody)
{
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	size_t n = syn_of_guest(frame, 443);
	struct rig r;
	ssize_t m;

	rig_open(&r, "");
	ck_assert_int_eq(ready(vde_datafd(r.conn), 0), 0);
	ck_assert_int_eq(vde_send(r.conn, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(ready(r.network, 20), 0);
	/* The reset makes the data descriptor readable by itself, once. */
	ck_assert_int_eq(ready(vde_datafd(r.conn), 0), POLLIN);
	m = vde_recv(r.conn, got, sizeof(got), 0);
	ck_assert_int_eq(m, PACKET_L4_4 + 20);
	ck_assert_uint_eq(got[PACKET_L4_4 + 13], 0x14);
	ck_assert_mem_eq(got, frame + 6, 6);
	ck_assert_int_eq(ready(vde_datafd(r.conn), 0), 0);
	rig_close(&r);
}
END_TEST

START_TEST(drop_says_nothing)
{
	uint8_t frame[PACKET_MAX];
	size_t n = syn_of_guest(frame, 443);
	struct rig r;

	rig_open(&r, "[action=drop]");
	ck_assert_int_eq(vde_send(r.conn, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(ready(r.network, 20), 0);
	ck_assert_int_eq(ready(vde_datafd(r.conn), 0), 0);
	rig_close(&r);
}
END_TEST

/* Ask for x, A, with ID from PORT. Returns the length of what left, in QUERY; 0: nothing did. */
static size_t asked(struct rig *r, uint16_t port, uint8_t id, uint8_t *query)
{
	static const struct packet_end resolver = { .mac = { 0x52, 0x55, 10, 0, 2, 3 },
						    .ip4 = { 10, 0, 2, 3 },
						    .port = 53 };
	const uint8_t msg[] = { 0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0, 1, 0, 1 };
	const struct packet_end from = packet_at(&packet_guest, port);
	uint8_t frame[PACKET_MAX];
	size_t n = packet_udp4(frame, &from, &resolver, msg, sizeof(msg));

	ck_assert_int_eq(vde_send(r->conn, frame, n, 0), (ssize_t)n);
	return ready(r->network, 20) ? (size_t)recv(r->network, query, PACKET_MAX, 0) : 0;
}

static void told_of_failure(struct rig *r, uint16_t port, uint8_t id)
{
	uint8_t got[PACKET_MAX];
	ssize_t n = vde_recv(r->conn, got, sizeof(got), 0);

	ck_assert_int_eq(n, PACKET_L4_4 + 8 + 19);
	ck_assert_uint_eq(eg_get16(got + PACKET_L4_4 + 2), port);
	ck_assert_uint_eq(got[PACKET_L4_4 + 8 + 1], id);
	ck_assert_uint_eq(got[PACKET_L4_4 + 8 + 3] & 15, 2);
}

/* What is built in place of a frame of the network's is what the host receives; the rest waits. */
START_TEST(error_about_a_query_becomes_answers_to_all_that_wait)
{
	static const struct packet_end host = { .mac = { 0x52, 0x55, 10, 0, 2, 2 },
						.ip4 = { 127, 0, 0, 1 } };
	uint8_t query[PACKET_MAX], error[PACKET_MAX];
	struct rig r;
	size_t n;

	rig_open(&r, "[resolve=x]");
	n = asked(&r, 40000, 1, query);
	ck_assert_uint_eq(n, PACKET_L4_4 + 8 + 19);
	ck_assert_uint_eq(asked(&r, 40001, 2, error), 0);
	n = packet_icmp4(error, &host, &packet_guest, 3, 3, 0, query + PACKET_ETH, n - PACKET_ETH);
	ck_assert_int_eq(send(r.network, error, n, 0), (ssize_t)n);
	ck_assert_int_eq(ready(vde_datafd(r.conn), 1000), POLLIN);
	told_of_failure(&r, 40000, 1);
	ck_assert_int_eq(ready(vde_datafd(r.conn), 1000), POLLIN);
	told_of_failure(&r, 40001, 2);
	ck_assert_int_eq(ready(vde_datafd(r.conn), 0), 0);
	rig_close(&r);
}
END_TEST

START_TEST(flow_of_the_network_passes_both_ways)
{
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	struct rig r;
	size_t n;

	rig_open(&r, "");
	n = packet_udp4(frame, &packet_network, &packet_guest, "hello", 5);
	ck_assert_int_eq(send(r.network, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(ready(vde_datafd(r.conn), 1000), POLLIN);
	ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), (ssize_t)n);
	ck_assert_mem_eq(got, frame, n);
	n = packet_udp4(frame, &packet_guest, &packet_network, "world", 5);
	ck_assert_int_eq(vde_send(r.conn, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(recv(r.network, got, sizeof(got), MSG_DONTWAIT), (ssize_t)n);
	ck_assert_mem_eq(got, frame, n);
	rig_close(&r);
}
END_TEST

/* A network that is busy sending to us takes nothing: with a plain send the host would
 * wait for it, and it for the host, for ever. */
START_TEST(network_that_takes_nothing_does_not_stop_the_host)
{
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	struct rig r;
	size_t n;

	rig_open(&r, "");
	n = packet_udp4(frame, &packet_network, &packet_guest, "hello", 5);
	ck_assert_int_eq(send(r.network, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), (ssize_t)n);
	n = packet_udp4(frame, &packet_guest, &packet_network, "world", 5);
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(vde_send(r.conn, frame, n, 0), (ssize_t)n);
	while (recv(r.network, got, sizeof(got), MSG_DONTWAIT) > 0)
		;
	ck_assert_int_eq(vde_send(r.conn, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(recv(r.network, got, sizeof(got), MSG_DONTWAIT), (ssize_t)n);
	rig_close(&r);
}
END_TEST

/* Leave in FRAME of the datagram that is there N bytes from AT on, as a fragment. Returns its
 * length. */
static size_t part_of(uint8_t *frame, size_t at, size_t n, bool last)
{
	memmove(frame + PACKET_L4_4, frame + PACKET_L4_4 + at, n);
	eg_put16(frame + 16, (uint16_t)(20 + n));
	eg_put16(frame + 20, (uint16_t)((last ? 0 : 0x2000) | at / 8));
	packet_fix(frame, PACKET_L4_4 + n);
	return PACKET_L4_4 + n;
}

enum { PARTS = 3 };
static const size_t cuts[PARTS + 1] = { 0, 8, 5608, 6008 };

/* Send a datagram in PARTS parts, of which the last is smaller than the one before. */
static void send_in_parts(const struct rig *r)
{
	static const uint8_t payload[6000];
	uint8_t frame[PACKET_MAX];

	for (size_t i = 0; i < PARTS; i++) {
		size_t n = packet_udp4(frame, &packet_guest, &packet_network, payload, 6000);

		n = part_of(frame, cuts[i], cuts[i + 1] - cuts[i], i == PARTS - 1);
		ck_assert_int_eq(vde_send(r->conn, frame, n, 0), (ssize_t)n);
	}
}

/* How many parts came at the far end, behind other frames: always the first ones. */
static size_t parts_received(const struct rig *r)
{
	uint8_t got[PACKET_MAX];
	size_t count = 0;

	while (recv(r->network, got, sizeof(got), MSG_DONTWAIT) > 0) {
		uint16_t fragment = eg_get16(got + 20);

		if (!(fragment & 0x3fff))
			continue;
		ck_assert_uint_lt(count, PARTS);
		ck_assert_uint_eq(fragment & 0x1fff, cuts[count] / 8);
		count++;
	}
	return count;
}

/* However much the network still takes: libslirp dies of a datagram with a hole. */
START_TEST(part_behind_one_that_was_not_taken_stays_here)
{
	static const uint8_t payload[1000];
	uint8_t hello[PACKET_MAX], frame[PACKET_MAX], got[PACKET_MAX];
	size_t h = packet_udp4(hello, &packet_network, &packet_guest, "hello", 5);
	size_t n = packet_udp4(frame, &packet_guest, &packet_network, payload, sizeof(payload));
	unsigned seen[PARTS + 1] = { 0 };
	struct rig r;

	for (unsigned before = 0; !seen[0]; before++) {
		rig_open(&r, "");
		ck_assert_int_eq(send(r.network, hello, h, 0), (ssize_t)h);
		ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), (ssize_t)h);
		for (unsigned i = 0; i < before; i++)
			vde_send(r.conn, frame, n, 0);
		send_in_parts(&r);
		seen[parts_received(&r)]++;
		rig_close(&r);
	}
	ck_assert_uint_gt(seen[1], 0);
	ck_assert_uint_gt(seen[PARTS], 0);
}
END_TEST

/* A query for a name of 255 bytes that is on no list. Returns the frame's length. */
static size_t denied_query(uint8_t *frame)
{
	static const struct packet_end resolver = { .mac = { 0x52, 0x55, 10, 0, 2, 3 },
						    .ip4 = { 10, 0, 2, 3 },
						    .port = 53 };
	uint8_t msg[12 + 255 + 4] = { 0xab, 0xcd, 1, 0, 0, 1 };

	memset(msg + 12, 'x', 254);
	for (size_t at = 12; at < 12 + 254; at += 64)
		msg[at] = at + 64 < 12 + 254 ? 63 : 61;
	msg[12 + 255 + 1] = msg[12 + 255 + 3] = 1;
	return packet_udp4(frame, &packet_guest, &resolver, msg, sizeof(msg));
}

/* Our answers to a guest that does not receive: what there is no room for is counted. */
START_TEST(answer_that_the_guest_does_not_receive_is_counted)
{
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	size_t n = denied_query(frame);
	unsigned received = 0;
	char says[64], said[256];
	struct rig r;

	rig_open(&r, "");
	for (unsigned i = 0; i < 900; i++)
		ck_assert_int_eq(vde_send(r.conn, frame, n, 0), (ssize_t)n);
	while (ready(vde_datafd(r.conn), 0)) {
		ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), (ssize_t)n);
		received++;
	}
	ck_assert_uint_lt(received, 900);
	said_at_close(&r, said, sizeof(said));
	snprintf(says, sizeof(says), "egress: %u frames for the guest", 900 - received);
	ck_assert_msg(!strncmp(said, says, strlen(says)), "%s", said);
}
END_TEST

START_TEST(stowaway_behind_the_ip_length_is_cut_and_length_kept)
{
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	struct rig r;
	size_t n;

	rig_open(&r, "");
	n = packet_udp4(frame, &packet_network, &packet_guest, "hello", 5);
	ck_assert_int_eq(send(r.network, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), (ssize_t)n);
	n = packet_udp4(frame, &packet_guest, &packet_network, "world", 5);
	memcpy(frame + n, "secret", 6);
	ck_assert_int_eq(vde_send(r.conn, frame, n + 6, 0), (ssize_t)n + 6);
	ck_assert_int_eq(recv(r.network, got, sizeof(got), MSG_DONTWAIT), (ssize_t)n);
	rig_close(&r);
}
END_TEST

START_TEST(frame_dropped_on_receipt_is_skipped_for_the_next)
{
	uint8_t bad[PACKET_MAX], good[PACKET_MAX], got[PACKET_MAX];
	const struct packet_tcp ack = { .seq = 1, .ack = 1, .flags = 16 };
	size_t b = packet_tcp4(bad, &packet_network, &packet_guest, &ack, NULL, 0);
	size_t g = packet_udp4(good, &packet_network, &packet_guest, "x", 1);
	struct rig r;

	rig_open(&r, "");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(send(r.network, bad, b, 0), (ssize_t)b);
	ck_assert_int_eq(send(r.network, good, g, 0), (ssize_t)g);
	ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), (ssize_t)g);
	ck_assert_mem_eq(got, good, g);
	ck_assert_int_eq(send(r.network, bad, b, 0), (ssize_t)b);
	ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), 1);
	rig_close(&r);
}
END_TEST

START_TEST(hang_up_of_the_network_shows_on_the_data_descriptor)
{
	uint8_t got[PACKET_MAX];
	struct rig r;

	rig_open(&r, "");
	close(r.network);
	ck_assert_int_ne(ready(vde_datafd(r.conn), 1000), 0);
	ck_assert_int_eq(vde_recv(r.conn, got, sizeof(got), 0), 0);
	ck_assert_int_eq(ready(vde_datafd(r.conn), 0) & POLLHUP, POLLHUP);
	ck_assert_int_eq(vde_close(r.conn), 0);
}
END_TEST

static unsigned frames_in(const char *path, const uint8_t *frame, size_t n)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, error);
	struct pcap_pkthdr *h;
	const u_char *data;
	unsigned count = 0;

	ck_assert_msg(p != NULL, "%s", error);
	while (pcap_next_ex(p, &h, &data) == 1) {
		ck_assert_uint_eq(h->caplen, n);
		ck_assert_mem_eq(data, frame, n);
		count++;
	}
	pcap_close(p);
	return count;
}

START_TEST(log_holds_each_blocked_frame_once_and_is_appended_to)
{
	uint8_t frame[PACKET_MAX];
	char path[64], options[128];
	size_t n = syn_of_guest(frame, 80);
	struct stat st;
	struct rig r;

	snprintf(path, sizeof(path), "%s/log.pcap", folder);
	snprintf(options, sizeof(options), "[log=\"%s\"/log-sample=0]", path);
	for (unsigned round = 1; round <= 2; round++) {
		rig_open(&r, options);
		for (int i = 0; i < 100; i++)
			vde_send(r.conn, frame, n, 0);
		rig_close(&r);
		ck_assert_uint_eq(frames_in(path, frame, n), 100 * round);
	}
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(log_holds_what_was_held_at_the_end)
{
	static const uint8_t payload[100];
	uint8_t frame[PACKET_MAX];
	char path[64], options[128];
	struct rig r;
	size_t n;

	snprintf(path, sizeof(path), "%s/held.pcap", folder);
	snprintf(options, sizeof(options), "[log=\"%s\"/log-sample=0]", path);
	packet_udp4(frame, &packet_guest, &packet_network, payload, sizeof(payload));
	n = part_of(frame, 0, 64, false);
	rig_open(&r, options);
	ck_assert_int_eq(vde_send(r.conn, frame, n, 0), (ssize_t)n);
	rig_close(&r);
	ck_assert_uint_eq(frames_in(path, frame, n), 1);
}
END_TEST

/* What must not open, what the one line says, and errno. */
static const struct {
	const char *vnl, *says;
	int error;
} refused[] = {
	{ "egress://[reslove=\"x\"]{null://}", "reslove", EINVAL },
	{ "egress://[action=\"maybe\"]{null://}", "maybe", EINVAL },
	{ "egress://[act=\"drop\"]{null://}", "act", EINVAL },
	{ "egress://[action=drop/action=drop]{null://}", "action", EINVAL },
	{ "egress://[resolve=\"*\"]{null://}", "*", EINVAL },
	{ "egress://[resolve=\"bad!name\"]{null://}", "bad!name", EINVAL },
	{ "egress://[policy=\"/nonexistent/policy\"]{null://}", "/nonexistent/policy", ENOENT },
	{ "egress://[policy=\"/\"]{null://}", "/", EISDIR },
	{ "egress://[log=\"/nonexistent/x.pcap\"]{null://}", "/nonexistent/x.pcap", ENOENT },
	{ "egress://[log=\"/tmp/x.txt\"]{null://}", "x.txt", EINVAL },
	{ "egress://[flows=0]{null://}", "flows", EINVAL },
	{ "egress://[dns=\"127.0.0.1\"]{null://}", "127.0.0.1", EINVAL },
	{ "egress://{nosuchmodule://}", "nosuchmodule://", ENODEV },
	{ "egress://{egress://[reslove=x]}", "reslove", EINVAL },
	{ "egress://[resolve=\"x\"", "VNL", EINVAL },
	{ "egress://{null://}x", "VNL", EINVAL },
};

static unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

START_TEST(bad_configuration_does_not_open_and_leaks_nothing)
{
	char said[1024];
	int saved = dup(STDERR_FILENO), p[2];
	unsigned before;
	VDECONN *conn;
	ssize_t n;
	int error;

	ck_assert_int_eq(pipe(p), 0);
	before = open_descriptors();
	dup2(p[1], STDERR_FILENO);
	errno = 0;
	conn = vde_open((char *)(uintptr_t)refused[_i].vnl, (char *)"check", NULL);
	error = errno;
	dup2(saved, STDERR_FILENO);
	ck_assert_ptr_null(conn);
	ck_assert_int_eq(error, refused[_i].error);
	ck_assert_uint_eq(open_descriptors(), before);
	n = read(p[0], said, sizeof(said) - 1);
	ck_assert_int_gt(n, 0);
	said[n] = '\0';
	ck_assert_msg(strncmp(said, "egress: ", 8) == 0, "%s", said);
	ck_assert_msg(strstr(said, refused[_i].says) != NULL, "%s", said);
	/* One line for the fault; an outer egress:// adds one about what it nests. */
	ck_assert_msg(strchr(said, '\n') == said + n - 1 || strstr(refused[_i].vnl, "{egress"),
		      "%s", said);
	close(p[0]);
	close(p[1]);
	close(saved);
}
END_TEST

START_TEST(symbolic_link_as_log_is_refused)
{
	char path[64], vnl[256];

	snprintf(path, sizeof(path), "%s/link.pcap", folder);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	snprintf(vnl, sizeof(vnl), "egress://[log=\"%s\"]{null://}", path);
	ck_assert_ptr_null(vde_open(vnl, (char *)"check", NULL));
	ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(log_in_use_by_another_instance_is_refused)
{
	char options[128], vnl[256];
	struct rig r;

	snprintf(options, sizeof(options), "[log=\"%s/shared.pcap\"]", folder);
	rig_open(&r, options);
	snprintf(vnl, sizeof(vnl), "egress://%s{null://}", options);
	ck_assert_ptr_null(vde_open(vnl, (char *)"check", NULL));
	ck_assert_int_eq(errno, EWOULDBLOCK);
	rig_close(&r);
}
END_TEST

START_TEST(instances_share_nothing)
{
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	size_t n = packet_udp4(frame, &packet_network, &packet_guest, "x", 1);
	struct rig a, b;

	rig_open(&a, "");
	rig_open(&b, "[action=drop]");
	ck_assert_int_eq(send(a.network, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(vde_recv(a.conn, got, sizeof(got), 0), (ssize_t)n);
	n = packet_udp4(frame, &packet_guest, &packet_network, "y", 1);
	vde_send(b.conn, frame, n, 0);
	ck_assert_int_eq(ready(b.network, 20), 0);
	vde_send(a.conn, frame, n, 0);
	ck_assert_int_eq(ready(a.network, 1000), POLLIN);
	rig_close(&a);
	rig_close(&b);
}
END_TEST

struct sender {
	VDECONN *conn;
	atomic_bool stop;
};

static void *send_all_the_time(void *arg)
{
	struct sender *s = arg;
	uint8_t frame[PACKET_MAX];
	size_t n;

	for (uint16_t port = 1; !atomic_load(&s->stop); port = (uint16_t)(port % 60000 + 1)) {
		n = syn_of_guest(frame, port);
		vde_send(s->conn, frame, n, 0);
	}
	return NULL;
}

/* As VirtualBox does: one thread sends while another receives. */
START_TEST(host_may_send_and_receive_at_once)
{
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	struct sender s;
	unsigned received = 0;
	pthread_t thread;
	struct rig r;
	size_t n;

	rig_open(&r, "");
	s.conn = r.conn;
	atomic_init(&s.stop, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, send_all_the_time, &s), 0);
	for (uint16_t port = 1; port <= 2000; port++) {
		struct packet_end from = packet_at(&packet_network, port);

		n = packet_udp4(frame, &from, &packet_guest, "x", 1);
		ck_assert_int_eq(send(r.network, frame, n, 0), (ssize_t)n);
		while (ready(vde_datafd(r.conn), 0)) {
			ssize_t m = vde_recv(r.conn, got, sizeof(got), 0);

			ck_assert_int_gt(m, 1);
			received += got[23] == 17;
			if (received == port)
				break;
		}
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	while (received < 2000 && ready(vde_datafd(r.conn), 1000))
		received += vde_recv(r.conn, got, sizeof(got), 0) > 1 && got[23] == 17;
	ck_assert_uint_eq(received, 2000);
	ck_assert_int_eq(ready(r.network, 0), 0);
	rig_close(&r);
}
END_TEST

/* Two pages: the guest's frame begins in one and ends in the other, which is not there at
 * first. Who asks for it gives the guest the moment to change the beginning. */
static uint8_t *pages, *changing;
static size_t page_size;

static void change_the_port(int signal)
{
	uint8_t *l4 = changing + PACKET_L4_4;

	(void)signal;
	mprotect(pages + page_size, page_size, PROT_READ | PROT_WRITE);
	/* Another port, and so much less elsewhere that the sum stays right. */
	eg_put16(l4 + 2, (uint16_t)(eg_get16(l4 + 2) + 1));
	eg_put16(l4 + 18, (uint16_t)(eg_get16(l4 + 18) - 1));
}

/* The host opens a connection to the guest. */
static void open_connection(const struct rig *r)
{
	const struct packet_tcp syn = { .seq = 100, .window = 65535, .flags = EG_TCP_SYN };
	const struct packet_tcp answer = {
		.seq = 900, .ack = 101, .window = 65535, .flags = EG_TCP_SYN | EG_TCP_ACK
	};
	const struct packet_tcp ack = {
		.seq = 101, .ack = 901, .window = 65535, .flags = EG_TCP_ACK
	};
	uint8_t frame[PACKET_MAX];
	size_t n;

	n = packet_tcp4(frame, &packet_network, &packet_guest, &syn, NULL, 0);
	ck_assert_int_eq(send(r->network, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(vde_recv(r->conn, frame, sizeof(frame), 0), (ssize_t)n);
	n = packet_tcp4(frame, &packet_guest, &packet_network, &answer, NULL, 0);
	ck_assert_int_eq(vde_send(r->conn, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(recv(r->network, frame, sizeof(frame), MSG_DONTWAIT), (ssize_t)n);
	n = packet_tcp4(frame, &packet_network, &packet_guest, &ack, NULL, 0);
	ck_assert_int_eq(send(r->network, frame, n, 0), (ssize_t)n);
	ck_assert_int_eq(vde_recv(r->conn, frame, sizeof(frame), 0), (ssize_t)n);
}

/* QEMU hands us the guest's own memory: while one of its processors sends, another writes. */
START_TEST(frame_that_changes_meanwhile_leaves_as_it_was_judged)
{
	const struct packet_tcp fin = {
		.seq = 901, .ack = 101, .window = 65535, .flags = EG_TCP_FIN | EG_TCP_ACK
	};
	uint8_t frame[PACKET_MAX], got[PACKET_MAX];
	size_t n = packet_tcp4(frame, &packet_guest, &packet_network, &fin, "last words", 10);
	struct rig r;

	rig_open(&r, "");
	open_connection(&r);
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	pages = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	ck_assert_ptr_ne(pages, MAP_FAILED);
	changing = pages + page_size - PACKET_L4_4 - 20;
	memcpy(changing, frame, n);
	mprotect(pages + page_size, page_size, PROT_NONE);
	signal(SIGSEGV, change_the_port);
	ck_assert_int_eq(vde_send(r.conn, changing, n, 0), (ssize_t)n);
	signal(SIGSEGV, SIG_DFL);
	ck_assert_uint_ne(eg_get16(changing + PACKET_L4_4 + 2), packet_network.port);
	if (recv(r.network, got, sizeof(got), MSG_DONTWAIT) > 0)
		ck_assert_mem_eq(got, frame, n);
	rig_close(&r);
}
END_TEST

/* Search for modules in the build first, then where the system's are: beside libvdeplug. */
static void set_module_path(void)
{
	char path[4096];
	Dl_info info;

	if (!dladdr((void *)(uintptr_t)vde_open_real, &info) || !realpath(info.dli_fname, path))
		exit(EXIT_FAILURE);
	*strrchr(path, '/') = '\0';
	{
		char both[sizeof(path) + 256];

		snprintf(both, sizeof(both), "%s:%s/vdeplug", MODULE_DIR, path);
		setenv("VDEPLUGIN_PATH", both, 1);
	}
}

static void remove_folder(void)
{
	static const char *const names[] = { "log.pcap", "held.pcap", "link.pcap", "shared.pcap" };
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

int main(void)
{
	Suite *s = suite_create("egress");
	TCase *c = tcase_create("module");
	SRunner *runner = srunner_create(s);
	int failed;

	set_module_path();
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	tcase_add_test(c, blocked_frame_is_sent_for_the_host_and_reaches_nobody);
	tcase_add_test(c, drop_says_nothing);
	tcase_add_test(c, flow_of_the_network_passes_both_ways);
	tcase_add_test(c, network_that_takes_nothing_does_not_stop_the_host);
	tcase_add_test(c, part_behind_one_that_was_not_taken_stays_here);
	tcase_add_test(c, answer_that_the_guest_does_not_receive_is_counted);
	tcase_add_test(c, stowaway_behind_the_ip_length_is_cut_and_length_kept);
	tcase_add_test(c, frame_dropped_on_receipt_is_skipped_for_the_next);
	tcase_add_test(c, error_about_a_query_becomes_answers_to_all_that_wait);
	tcase_add_test(c, hang_up_of_the_network_shows_on_the_data_descriptor);
	tcase_add_test(c, log_holds_each_blocked_frame_once_and_is_appended_to);
	tcase_add_test(c, log_holds_what_was_held_at_the_end);
	tcase_add_loop_test(c, bad_configuration_does_not_open_and_leaks_nothing, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(c, symbolic_link_as_log_is_refused);
	tcase_add_test(c, log_in_use_by_another_instance_is_refused);
	tcase_add_test(c, instances_share_nothing);
	tcase_add_test(c, host_may_send_and_receive_at_once);
	tcase_add_test(c, frame_that_changes_meanwhile_leaves_as_it_was_judged);
	tcase_set_timeout(c, 30);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_folder();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
