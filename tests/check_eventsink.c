/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eventsink.h"

#include "listener.h"

#include <errno.h>
#include <sys/syscall.h>

enum { BUFFER = 4 << 20, LINE = 200, BIG = 1 << 30 };

static char text[256], buf[BUFFER];
static const struct eg_refusal why = { .text = text, .size = sizeof(text) };
static bool no_memory;

/* Bytes of a file that the disk has room for. */
static off_t disk = BIG;

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	off_t room = disk > at ? disk - at : 0;

	if (room == 0) {
		errno = ENOSPC;
		return -1;
	}
	n = (off_t)n < room ? n : (size_t)room;
	return syscall(SYS_pwrite64, fd, bytes, n, at);
}

/* Whether the next send finds that no datagram can hold what it is to send. */
static bool too_long;

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	errno = too_long ? EMSGSIZE : 0;
	too_long = false;
	return errno ? -1 : syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

static size_t missing(void *ctx, uint64_t count, char *line, size_t size)
{
	ck_assert_ptr_eq(ctx, buf);
	if (no_memory)
		return 0;
	return (size_t)snprintf(line, size, "{\"timestamp\":\"missing %u\"}", (unsigned)count);
}

static int open_to(struct eg_eventsink **s, const char *to)
{
	const struct eg_eventsink_options o = {
		.to = to,
		.limit = 64 << 10,
		.kept = 1,
		.missing = missing,
		.ctx = buf,
	};

	return eg_eventsink_open(s, &o, &why);
}

static struct eg_eventsink *opened(const char *to)
{
	struct eg_eventsink *s;

	ck_assert_msg(open_to(&s, to) == 0, "%s", text);
	return s;
}

static const char *unix_path(const char *name)
{
	static char to[200];

	snprintf(to, sizeof(to), "unix:%s", folder_path(name));
	return to;
}

/* Put line NUMBER, LINE bytes with its newline. */
static void put(struct eg_eventsink *s, unsigned number)
{
	char line[LINE];
	int n = snprintf(line, sizeof(line), "{\"timestamp\":\"%0*u\"}", LINE - 17, number);

	ck_assert_int_eq(n, LINE - 1);
	eg_eventsink_put(s, line, LINE - 1);
}

/* What a line says: its number; -N where it says that N are missing. */
static long said(const char *line)
{
	long n;

	if (sscanf(line, "{\"timestamp\":\"missing %ld\"}", &n) == 1)
		return -n;
	ck_assert_msg(sscanf(line, "{\"timestamp\":\"%ld\"}", &n) == 1, "%s", line);
	ck_assert_uint_eq(strlen(line), LINE - 1);
	return n;
}

/* Check that TEXT is lines from number 0 on, in which those that are missing are said to be.
 * Returns the number behind the last. */
static long account(char *t)
{
	long next = 0;

	for (char *line = strtok(t, "\n"); line; line = strtok(NULL, "\n")) {
		long n = said(line + strspn(line, " "));

		if (n < 0)
			next -= n;
		else
			ck_assert_int_eq(n, next++);
	}
	return next;
}

START_TEST(lines_go_to_a_file)
{
	const char *path = folder_path("x.json");
	struct eg_eventsink *s = opened(path);
	size_t n;
	char *t;

	put(s, 0);
	put(s, 1);
	ck_assert_int_eq(folder_size("x.json"), 0);
	eg_eventsink_flush(s);
	ck_assert_int_eq(folder_size("x.json"), 2 * LINE);
	ck_assert(!eg_eventsink_waiting(s));
	put(s, 2);
	ck_assert_uint_eq(eg_eventsink_close(s), 0);
	t = folder_read("x.json", &n);
	ck_assert_int_eq(account(t), 3);
	free(t);
	ck_assert_uint_eq(eg_eventsink_close(NULL), 0);
}
END_TEST

START_TEST(file_is_rotated)
{
	struct eg_eventsink *s = opened(folder_path("x.json"));

	for (unsigned i = 0; i < 1000; i++)
		put(s, i);
	ck_assert_uint_eq(eg_eventsink_close(s), 0);
	ck_assert_int_ge(folder_size("x.1.json"), 60 << 10);
	ck_assert_int_le(folder_size("x.1.json"), 64 << 10);
	ck_assert_int_le(folder_size("x.json"), 64 << 10);
	ck_assert_int_eq(folder_size("x.2.json"), -1);
}
END_TEST

START_TEST(lines_go_to_a_socket)
{
	int fd = listener_make("s", SOCK_STREAM), peer;
	struct eg_eventsink *s = opened(unix_path("s"));

	peer = listener_accept(fd);
	put(s, 0);
	put(s, 1);
	ck_assert(eg_eventsink_waiting(s));
	ck_assert_uint_eq(listener_read(peer, buf, 0, BUFFER), 0);
	eg_eventsink_flush(s);
	ck_assert(!eg_eventsink_waiting(s));
	ck_assert_uint_eq(listener_read(peer, buf, 0, BUFFER), 2 * LINE);
	put(s, 2);
	ck_assert_uint_eq(eg_eventsink_close(s), 0);
	listener_read(peer, buf, 2 * LINE, BUFFER);
	ck_assert_int_eq(account(buf), 3);
}
END_TEST

START_TEST(open_says_why_not)
{
	struct eg_eventsink *s;

	ck_assert_int_eq(open_to(&s, unix_path("nothing")), -ENOENT);
	ck_assert_str_eq(text, "cannot be connected to: No such file or directory");
	ck_assert_int_eq(open_to(&s, "unix:"), -ENAMETOOLONG);
	folder_write("x.json", "[]", 2);
	ck_assert_int_eq(open_to(&s, folder_path("x.json")), -EINVAL);
	ck_assert_str_eq(text, "is not an event file of this plugin's: it will not be written to");
	ck_assert_int_eq(open_to(&s, folder_path("no/x.json")), -ENOENT);
}
END_TEST

/* Lines get lost, one by one or many together, and so do lines that say so. */
START_TEST(full_disk_loses_lines_that_are_said_to_be_missing)
{
	struct eg_eventsink *s = opened(folder_path("x.json"));
	bool flushed;
	size_t n;
	char *t;

	put(s, 0);
	eg_eventsink_flush(s);
	disk = 2 * LINE - 1;
	for (unsigned i = 1; i < (unsigned)_i; i++) {
		put(s, i);
		if (i % 3)
			eg_eventsink_flush(s);
	}
	disk = BIG;
	for (unsigned i = 0; i < 3; i++) {
		put(s, (unsigned)_i + i);
		eg_eventsink_flush(s);
	}
	t = folder_read("x.json", &n);
	ck_assert_int_eq(account(t), _i + 3);
	free(t);
	/* The last one may have waited until there was room again. */
	flushed = (_i - 1) % 3 != 0;
	ck_assert_int_eq(folder_size("x.json"), (flushed ? 4 : 5) * LINE + 27);
	ck_assert_uint_eq(eg_eventsink_close(s), (unsigned)_i - (flushed ? 1 : 2));
}
END_TEST

START_TEST(close_says_what_is_missing)
{
	struct eg_eventsink *s = opened(folder_path("x.json"));
	size_t n;
	char *t;

	put(s, 0);
	eg_eventsink_flush(s);
	disk = LINE + 50; /* room for a line that says so, and no other */
	for (unsigned i = 1; i < 3; i++)
		put(s, i);
	ck_assert_uint_eq(eg_eventsink_close(s), 2);
	t = folder_read("x.json", &n);
	ck_assert_int_eq(account(t), 3);
	free(t);
}
END_TEST

START_TEST(slow_listener_is_told_what_is_missing)
{
	int fd = listener_make("s", SOCK_STREAM), peer;
	struct eg_eventsink *s = opened(unix_path("s"));
	size_t n = 0;

	peer = listener_accept(fd);
	for (unsigned i = 0; i < 5000; i++)
		put(s, i);
	while (eg_eventsink_waiting(s)) {
		n = listener_read(peer, buf, n, BUFFER);
		eg_eventsink_flush(s);
	}
	put(s, 5000);
	put(s, 5001);
	eg_eventsink_flush(s);
	n = listener_read(peer, buf, n, BUFFER);
	ck_assert_ptr_nonnull(strstr(buf, "missing"));
	ck_assert_ptr_null(strstr(strstr(buf, "missing") + 1, "missing")); /* one gap */
	ck_assert_int_eq(account(buf), 5002);
	ck_assert_uint_gt(eg_eventsink_close(s), 5000 - (256 + 512) * 1024 / LINE);
}
END_TEST

START_TEST(line_that_no_datagram_holds_is_said_to_be_missing)
{
	int fd = listener_make("s", SOCK_DGRAM);
	struct eg_eventsink *s = opened(unix_path("s"));

	put(s, 0);
	too_long = true;
	eg_eventsink_flush(s);
	put(s, 1);
	ck_assert_uint_eq(eg_eventsink_close(s), 1);
	listener_read(fd, buf, 0, BUFFER);
	ck_assert_int_eq(account(buf), 2);
}
END_TEST

/* While nobody reads, what is lost only grows, whatever is tried. */
START_TEST(nothing_is_said_twice_while_there_is_no_room)
{
	int fd = listener_make("s", SOCK_STREAM), peer;
	struct eg_eventsink *s = opened(unix_path("s"));
	size_t n = 0;

	peer = listener_accept(fd);
	for (unsigned i = 0; i < 20000; i++) {
		put(s, i);
		if (i % 7 == 0)
			eg_eventsink_flush(s);
		if (i % 2000 == 1999)
			n += (size_t)recv(peer, buf + n, LINE, 0);
	}
	while (eg_eventsink_waiting(s)) {
		n = listener_read(peer, buf, n, BUFFER);
		eg_eventsink_flush(s);
	}
	put(s, 20000);
	eg_eventsink_flush(s);
	listener_read(peer, buf, n, BUFFER);
	ck_assert_int_eq(account(buf), 20001);
	eg_eventsink_close(s);
}
END_TEST

START_TEST(without_memory_it_is_said_later)
{
	struct eg_eventsink *s = opened(folder_path("x.json"));
	size_t n;
	char *t;

	put(s, 0);
	eg_eventsink_flush(s);
	disk = LINE;
	put(s, 1);
	eg_eventsink_flush(s);
	disk = BIG;
	no_memory = true;
	put(s, 2);
	eg_eventsink_flush(s);
	ck_assert_int_eq(folder_size("x.json"), LINE);
	no_memory = false;
	put(s, 3);
	ck_assert_uint_eq(eg_eventsink_close(s), 2);
	t = folder_read("x.json", &n);
	ck_assert_int_eq(account(t), 4);
	free(t);
}
END_TEST

START_TEST(longest_line_fits)
{
	struct eg_eventsink *s = opened(folder_path("x.json"));
	static char line[EG_EVENTSINK_LINE_MAX];

	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"timestamp\":\"", 14);
	eg_eventsink_put(s, line, sizeof(line));
	ck_assert_uint_eq(eg_eventsink_close(s), 0);
	ck_assert_int_eq(folder_size("x.json"), (long)sizeof(line) + 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("eventsink");
	TCase *t = tcase_create("eventsink");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, folder_make, folder_remove);
	tcase_add_test(t, lines_go_to_a_file);
	tcase_add_test(t, file_is_rotated);
	tcase_add_test(t, lines_go_to_a_socket);
	tcase_add_test(t, open_says_why_not);
	tcase_add_loop_test(t, full_disk_loses_lines_that_are_said_to_be_missing, 40, 43);
	tcase_add_test(t, close_says_what_is_missing);
	tcase_add_test(t, slow_listener_is_told_what_is_missing);
	tcase_add_test(t, line_that_no_datagram_holds_is_said_to_be_missing);
	tcase_add_test(t, nothing_is_said_twice_while_there_is_no_room);
	tcase_add_test(t, without_memory_it_is_said_later);
	tcase_add_test(t, longest_line_fits);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
