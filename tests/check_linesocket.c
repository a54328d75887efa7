/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linesocket.h"

#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

enum { BUFFER = 4 << 20, LINE = 200 };

static char text[256], buf[BUFFER];
static const struct eg_refusal why = { .text = text, .size = sizeof(text) };

/* What the next two sends fail with, in place of the C library's (0: they do not), and the
 * most that one takes. */
static int fail_with[2];
static size_t at_most = BUFFER;

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	errno = fail_with[0];
	fail_with[0] = fail_with[1];
	fail_with[1] = 0;
	n = n < at_most ? n : at_most;
	return errno ? -1 : syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

static struct eg_linesocket *opened(void)
{
	struct eg_linesocket *s;

	ck_assert_msg(eg_linesocket_open(&s, folder_path("s"), &why) == 0, "%s", text);
	return s;
}

/* Put line NUMBER, of LINE bytes. */
static bool put(struct eg_linesocket *s, unsigned number)
{
	char line[LINE + 1];

	snprintf(line, sizeof(line), "%0*u", LINE - 1, number);
	line[LINE - 1] = '\n';
	return eg_linesocket_put(s, line, LINE);
}

static void put_lines(struct eg_linesocket *s, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		ck_assert(put(s, i));
}

/* Check that the N bytes of buf are whole lines from number FROM on. Returns the number behind the
 * last. */
static unsigned lines(size_t n, unsigned from)
{
	ck_assert_uint_eq(n % LINE, 0);
	for (size_t at = 0; at < n; at += LINE, from++) {
		ck_assert_int_eq(buf[at + LINE - 1], '\n');
		buf[at + LINE - 1] = '\0';
		ck_assert_msg(strtoul(buf + at, NULL, 10) == from, "%s is not %u", buf + at, from);
	}
	return from;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

START_TEST(lines_arrive_whole_and_in_order)
{
	int fd = listener_make("s", SOCK_STREAM), peer;
	struct eg_linesocket *s = opened();

	peer = listener_accept(fd);
	put_lines(s, 0, 3);
	ck_assert(eg_linesocket_waiting(s));
	ck_assert_uint_eq(eg_linesocket_flush(s), 0);
	ck_assert(!eg_linesocket_waiting(s));
	put_lines(s, 3, 5);
	eg_linesocket_flush(s);
	ck_assert_uint_eq(lines(listener_read(peer, buf, 0, BUFFER), 0), 5);
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
}
END_TEST

START_TEST(line_is_a_datagram_where_these_are_wanted)
{
	int fd = listener_make("s", SOCK_DGRAM);
	struct eg_linesocket *s = opened();

	put_lines(s, 0, 3);
	eg_linesocket_flush(s);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(recv(fd, buf, BUFFER, MSG_DONTWAIT), LINE);
		ck_assert_uint_eq(lines(LINE, i), i + 1);
	}
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
}
END_TEST

static int refusal_of(const char *path)
{
	struct eg_linesocket *s;

	text[0] = '\0';
	return eg_linesocket_open(&s, path, &why);
}

START_TEST(open_refuses_where_nobody_listens)
{
	char longest[200];

	ck_assert_int_eq(refusal_of(folder_path("nothing")), -ENOENT);
	ck_assert_str_eq(text, "cannot be connected to: No such file or directory");
	close(listener_make("s", SOCK_STREAM)); /* leaves its name behind */
	ck_assert_int_eq(refusal_of(folder_path("s")), -ECONNREFUSED);
	folder_write("file", "x", 1);
	ck_assert_int_eq(refusal_of(folder_path("file")), -ECONNREFUSED);
	ck_assert_int_eq(refusal_of(""), -ENAMETOOLONG);
	memset(longest, 'x', 108);
	longest[108] = '\0';
	ck_assert_int_eq(refusal_of(longest), -ENAMETOOLONG);
	ck_assert_str_eq(text, "no path that a socket can have");
	longest[107] = '\0';
	ck_assert_int_eq(refusal_of(longest), -ENOENT);
}
END_TEST

/* Its backlog is full: a connect that waits would wait for ever. */
START_TEST(open_waits_for_no_listener)
{
	int fd = listener_make("s", SOCK_STREAM);
	struct eg_linesocket *s[64];
	int n = 0, rc = 0;

	while (n < 64 && !rc) {
		rc = eg_linesocket_open(&s[n], folder_path("s"), &why);
		n += rc == 0;
	}
	ck_assert_int_eq(rc, -EAGAIN);
	for (int i = 0; i < n; i++)
		eg_linesocket_close(s[i]);
	close(fd);
}
END_TEST

START_TEST(socket_is_no_childs)
{
	struct eg_linesocket *s;
	int fd = listener_make("s", SOCK_STREAM), next = dup(fd);

	close(next);
	s = opened();
	ck_assert(fcntl(next, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(next, F_GETFL) & O_NONBLOCK);
	eg_linesocket_close(s);
	ck_assert_int_eq(fcntl(next, F_GETFD), -1);
}
END_TEST

/* Put and flush until nothing more is taken. Returns how many lines were. */
static unsigned fill(struct eg_linesocket *s)
{
	unsigned n = 0;

	for (; put(s, n); n++)
		eg_linesocket_flush(s);
	return n;
}

START_TEST(slow_listener_gets_whole_lines_then_a_gap)
{
	int fd = listener_make("s", _i), peer = fd;
	struct eg_linesocket *s = opened();
	double start = seconds();
	unsigned n, next = 0;
	size_t got = 0;

	if (_i == SOCK_STREAM)
		peer = listener_accept(fd);
	n = fill(s);
	ck_assert_msg(seconds() - start < 5, "it waited");
	ck_assert_uint_gt(n, EG_LINESOCKET_ROOM / LINE);
	/* No room for one line, none for a short one, until there is for many. */
	ck_assert(!eg_linesocket_put(s, "\n", 1));
	eg_linesocket_flush(s);
	ck_assert(!eg_linesocket_put(s, "\n", 1));
	while (eg_linesocket_waiting(s)) {
		got = listener_read(peer, buf, got, BUFFER);
		eg_linesocket_flush(s);
	}
	got = listener_read(peer, buf, got, BUFFER);
	next = lines(got, 0);
	ck_assert_uint_eq(next, n);
	put_lines(s, n + 1, n + 2);
	eg_linesocket_flush(s);
	ck_assert_uint_eq(lines(listener_read(peer, buf, 0, BUFFER), n + 1), n + 2);
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
}
END_TEST

START_TEST(room_is_there_again_when_half_of_it_is)
{
	int peer, fd = listener_make("s", SOCK_STREAM);
	struct eg_linesocket *s = opened();
	unsigned n = fill(s), more = 1;

	peer = listener_accept(fd);
	while (!put(s, n)) {
		ck_assert(listener_ready(peer, 0));
		ck_assert_int_gt(recv(peer, buf, LINE, 0), 0);
		eg_linesocket_flush(s);
	}
	while (put(s, n + more))
		more++;
	/* As near as the kernel's pieces allow. */
	ck_assert_uint_ge(more, EG_LINESOCKET_ROOM / 2 / LINE);
	ck_assert_uint_le(more, EG_LINESOCKET_ROOM * 3 / 4 / LINE);
	eg_linesocket_close(s);
}
END_TEST

/* Half a line is with the old one: the new one gets it from its start. */
START_TEST(next_listener_begins_with_a_whole_line)
{
	int fd = listener_make("s", SOCK_STREAM), ours = fd + 1, peer;
	struct eg_linesocket *s = opened();
	const unsigned n = EG_LINESOCKET_ROOM / LINE; /* more than a socket takes at once */
	size_t old;

	peer = listener_accept(fd);
	put_lines(s, 0, n);
	eg_linesocket_flush(s);
	old = listener_read(peer, buf, 0, BUFFER);
	ck_assert_uint_ne(old % LINE, 0);
	close(peer);
	close(fd);
	fd = listener_make("s", SOCK_STREAM);
	eg_linesocket_flush(s); /* which notices, without a SIGPIPE */
	ck_assert_int_eq(fcntl(ours, F_GETFD), -1);
	sleep(1);
	usleep(50000);
	eg_linesocket_flush(s);
	peer = listener_accept(fd);
	eg_linesocket_flush(s);
	ck_assert_uint_eq(lines(listener_read(peer, buf, 0, BUFFER), (unsigned)(old / LINE)), n);
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
}
END_TEST

START_TEST(vanished_listener_is_looked_for_once_a_second)
{
	int fd = listener_make("s", SOCK_STREAM), peer;
	struct eg_linesocket *s = opened();
	double lost;
	unsigned n = 0;

	close(listener_accept(fd));
	close(fd);
	sleep(1);
	usleep(50000);
	/* The first flush finds out, the second one looks, in vain. */
	for (int i = 0; i < 2; i++) {
		put_lines(s, n, n + 1);
		n++;
		eg_linesocket_flush(s);
	}
	lost = seconds();
	fd = listener_make("s", SOCK_STREAM);
	while (!listener_ready(fd, 1) && seconds() < lost + 5) {
		if (n < 100)
			put_lines(s, n, n + 1), n++;
		eg_linesocket_flush(s);
	}
	ck_assert_msg(seconds() - lost > 0.9 && seconds() - lost < 3, "after %f s",
		      seconds() - lost);
	peer = listener_accept(fd);
	eg_linesocket_flush(s);
	ck_assert_uint_eq(lines(listener_read(peer, buf, 0, BUFFER), 0), n);
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
}
END_TEST

START_TEST(datagram_listener_may_come_back_too)
{
	int fd = listener_make("s", SOCK_DGRAM);
	struct eg_linesocket *s = opened();

	close(fd);
	fd = listener_make("s", SOCK_DGRAM);
	put_lines(s, 0, 2);
	eg_linesocket_flush(s);
	ck_assert(eg_linesocket_waiting(s));
	sleep(1);
	usleep(50000);
	eg_linesocket_flush(s);
	ck_assert(!eg_linesocket_waiting(s));
	ck_assert_uint_eq(lines(listener_read(fd, buf, 0, BUFFER), 0), 2);
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
}
END_TEST

START_TEST(line_may_go_in_small_pieces)
{
	int fd = listener_make("s", SOCK_STREAM), peer;
	struct eg_linesocket *s = opened();

	peer = listener_accept(fd);
	put_lines(s, 0, 3);
	at_most = 7;
	eg_linesocket_flush(s);
	ck_assert_uint_eq(lines(listener_read(peer, buf, 0, BUFFER), 0), 3);
	eg_linesocket_close(s);
}
END_TEST

START_TEST(interrupted_send_is_tried_again)
{
	int fd = listener_make("s", SOCK_STREAM), peer;
	struct eg_linesocket *s = opened();

	peer = listener_accept(fd);
	put_lines(s, 0, 1);
	fail_with[0] = EINTR;
	eg_linesocket_flush(s);
	ck_assert_uint_eq(lines(listener_read(peer, buf, 0, BUFFER), 0), 1);
	eg_linesocket_close(s);
}
END_TEST

/* It would stand before all others for ever. */
START_TEST(line_that_no_datagram_holds_is_given_up)
{
	int fd = listener_make("s", SOCK_DGRAM);
	struct eg_linesocket *s = opened();

	put_lines(s, 0, 3);
	fail_with[0] = EMSGSIZE;
	ck_assert_uint_eq(eg_linesocket_flush(s), 1);
	ck_assert(!eg_linesocket_waiting(s));
	ck_assert_uint_eq(lines(listener_read(fd, buf, 0, BUFFER), 1), 3);
	/* So it is in a close, before it waits and then. */
	put_lines(s, 3, 4);
	fail_with[0] = EMSGSIZE;
	ck_assert_uint_eq(eg_linesocket_close(s), 1);
	s = opened();
	put_lines(s, 3, 5);
	fail_with[0] = EAGAIN;
	fail_with[1] = EMSGSIZE;
	ck_assert_uint_eq(eg_linesocket_close(s), 1);
	ck_assert_uint_eq(lines(listener_read(fd, buf, 0, BUFFER), 4), 5);
}
END_TEST

START_TEST(close_waits_for_nothing_and_for_nobody)
{
	int fd = listener_make("s", SOCK_STREAM);
	struct eg_linesocket *s = opened(), *t = opened();
	double start = seconds();

	put_lines(s, 0, 1);
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
	put_lines(t, 0, 2);
	close(fd);
	ck_assert_uint_eq(eg_linesocket_close(t), 2);
	ck_assert_msg(seconds() - start < 0.19, "after %f s", seconds() - start);
}
END_TEST

START_TEST(close_gives_up_soon_and_counts)
{
	int fd = listener_make("s", SOCK_STREAM);
	struct eg_linesocket *s = opened();
	unsigned n = fill(s);
	double start = seconds();
	uint64_t left = eg_linesocket_close(s);
	int peer = listener_accept(fd);

	ck_assert_msg(seconds() - start > 0.19 && seconds() - start < 2, "after %f s",
		      seconds() - start);
	/* All others are there, but for the one that was begun. */
	ck_assert_uint_eq(listener_read(peer, buf, 0, BUFFER) / LINE + left, n);
	ck_assert_uint_eq(eg_linesocket_close(NULL), 0);
}
END_TEST

static void *read_late(void *listener)
{
	int peer = listener_accept(*(int *)listener);

	usleep(50000);
	for (size_t n = 0; listener_ready(peer, 1000) && n < BUFFER - 1;) {
		ssize_t got = recv(peer, buf + n, BUFFER - 1 - n, 0);

		if (got <= 0)
			return (void *)n;
		n += (size_t)got;
	}
	return NULL;
}

START_TEST(close_waits_a_little_for_the_last_lines)
{
	int fd = listener_make("s", SOCK_STREAM);
	struct eg_linesocket *s = opened();
	unsigned n = fill(s);
	pthread_t reader;
	void *got;

	ck_assert_int_eq(pthread_create(&reader, NULL, read_late, &fd), 0);
	ck_assert_uint_eq(eg_linesocket_close(s), 0);
	pthread_join(reader, &got);
	ck_assert_uint_eq(lines((size_t)got, 0), n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("linesocket");
	TCase *t = tcase_create("linesocket");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, folder_make, folder_remove);
	tcase_add_test(t, lines_arrive_whole_and_in_order);
	tcase_add_test(t, line_is_a_datagram_where_these_are_wanted);
	tcase_add_test(t, open_refuses_where_nobody_listens);
	tcase_add_test(t, open_waits_for_no_listener);
	tcase_add_test(t, socket_is_no_childs);
	tcase_add_loop_test(t, slow_listener_gets_whole_lines_then_a_gap, SOCK_STREAM,
			    SOCK_DGRAM + 1);
	tcase_add_test(t, room_is_there_again_when_half_of_it_is);
	tcase_add_test(t, next_listener_begins_with_a_whole_line);
	tcase_add_test(t, vanished_listener_is_looked_for_once_a_second);
	tcase_add_test(t, datagram_listener_may_come_back_too);
	tcase_add_test(t, line_may_go_in_small_pieces);
	tcase_add_test(t, interrupted_send_is_tried_again);
	tcase_add_test(t, line_that_no_datagram_holds_is_given_up);
	tcase_add_test(t, close_waits_for_nothing_and_for_nobody);
	tcase_add_test(t, close_gives_up_soon_and_counts);
	tcase_add_test(t, close_waits_a_little_for_the_last_lines);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
