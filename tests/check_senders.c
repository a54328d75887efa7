/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host that sends from several threads at once on one connection: what leaves is what was judged,
 * whole, and nothing else. One thread sends what may leave, the other what may not, as fast as they
 * can, so that a copy that both used would carry the one's bytes under the other's verdict.
 */
#include "packet.h"

#include <check.h>
#include <dlfcn.h>
#include <libvdeplug.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAMES = 150000, PORT_ALLOWED = 5000, PORT_OTHER = 5001, PAYLOAD = 200 };

struct sender {
	VDECONN *conn;
	uint16_t port;
};

struct far {
	int fd;
	atomic_bool stop;
	unsigned came, wrong;
};

static size_t build(uint8_t *frame, uint16_t port)
{
	struct packet_end guest = packet_at(&packet_guest, 4000);
	struct packet_end network = packet_at(&packet_network, port);
	uint8_t payload[PAYLOAD];

	memset(payload, port == PORT_ALLOWED ? 'a' : 'x', sizeof(payload));
	return packet_udp4(frame, &guest, &network, payload, sizeof(payload));
}

static void *send_all(void *sender)
{
	const struct sender *s = sender;
	static _Thread_local uint8_t frame[PACKET_MAX];
	size_t len = build(frame, s->port);
	ssize_t sent = (ssize_t)len;

	for (int i = 0; i < FRAMES && sent == (ssize_t)len; i++)
		sent = vde_send(s->conn, frame, len, 0);
	return sent == (ssize_t)len ? NULL : (void *)1;
}

/* The far end: each frame that arrives is the one that may. */
static void *receive_all(void *far)
{
	static uint8_t want[PACKET_MAX], got[PACKET_MAX];
	struct far *f = far;
	size_t len = build(want, PORT_ALLOWED);
	struct pollfd p = { .fd = f->fd, .events = POLLIN };

	while (poll(&p, 1, 100) > 0 || !atomic_load(&f->stop)) {
		ssize_t n = recv(f->fd, got, sizeof(got), MSG_DONTWAIT);

		if (n <= 0)
			continue;
		f->came++;
		f->wrong += n != (ssize_t)len || memcmp(got, want, len) != 0;
	}
	return NULL;
}

START_TEST(threads_that_send_at_once_leak_nothing)
{
	char vnl[200];
	struct far far = { 0 };
	struct sender senders[2];
	pthread_t threads[2], receiver;
	void *fault[2];
	VDECONN *conn;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	snprintf(vnl, sizeof(vnl), "egress://[allow=\"10.0.2.2:%d/udp\"]{seqpacket://%d}",
		 PORT_ALLOWED, pair[0]);
	conn = vde_open(vnl, (char *)"check", NULL);
	ck_assert_ptr_nonnull(conn);
	far.fd = pair[1];
	senders[0] = (struct sender){ conn, PORT_ALLOWED };
	senders[1] = (struct sender){ conn, PORT_OTHER };
	ck_assert_int_eq(pthread_create(&receiver, NULL, receive_all, &far), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], &fault[i]);
	atomic_store(&far.stop, true);
	pthread_join(receiver, NULL);
	vde_close(conn);
	close(pair[1]);
	ck_assert_ptr_null(fault[0]);
	ck_assert_ptr_null(fault[1]);
	ck_assert_uint_gt(far.came, 0);
	ck_assert_uint_eq(far.wrong, 0);
}
END_TEST

static void find_modules(void)
{
	char path[4096], both[2 * 4096];
	Dl_info info;

	if (!dladdr((void *)(uintptr_t)vde_open_real, &info) || !realpath(info.dli_fname, path))
		exit(EXIT_FAILURE);
	*strrchr(path, '/') = '\0';
	snprintf(both, sizeof(both), "%s:%s/vdeplug", MODULE_DIR, path);
	setenv("VDEPLUGIN_PATH", both, 1);
}

int main(void)
{
	Suite *s = suite_create("senders");
	TCase *c = tcase_create("senders");
	SRunner *runner = srunner_create(s);
	int failed;

	find_modules();
	tcase_add_test(c, threads_that_send_at_once_leak_nothing);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
