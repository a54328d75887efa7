/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

/* VDEPLUGIN_PATH replaces the search path: the system's modules, which lie in a folder beside
 * libvdeplug, are named in it too. */
void plug_init(void)
{
	char lib[PATH_MAX];
	char both[sizeof(MODULE_DIR) + sizeof(lib) + 16];
	Dl_info info;

	if (!dladdr((void *)(uintptr_t)vde_open_real, &info) || !realpath(info.dli_fname, lib))
		die("libvdeplug does not say where it is");
	*strrchr(lib, '/') = '\0';
	snprintf(both, sizeof(both), "%s:%s/vdeplug", MODULE_DIR, lib);
	setenv("VDEPLUGIN_PATH", both, 1);
}

static VDECONN *open_formatted(const char *format, va_list args)
{
	char vnl[4096];

	vsnprintf(vnl, sizeof(vnl), format, args);
	return vde_open(vnl, (char *)(uintptr_t) "bench", NULL);
}

VDECONN *plug_open(const char *vnl, ...)
{
	VDECONN *conn;
	va_list args;

	va_start(args, vnl);
	conn = open_formatted(vnl, args);
	va_end(args);
	if (!conn)
		die("%s does not open: %s", vnl, strerror(errno));
	return conn;
}

VDECONN *plug_try(const char *vnl, ...)
{
	int said = dup(STDERR_FILENO);
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	VDECONN *conn;
	va_list args;

	dup2(nowhere, STDERR_FILENO);
	close(nowhere);
	va_start(args, vnl);
	conn = open_formatted(vnl, args);
	va_end(args);
	dup2(said, STDERR_FILENO);
	close(said);
	return conn;
}

struct peer *plug_peer(void)
{
	static struct peer *peer;
	void *module;

	if (peer)
		return peer;
	vde_close(plug_open("benchpeer://"));
	module = dlopen(MODULE_DIR "/libvdeplug_benchpeer.so", RTLD_NOW);
	peer = module ? dlsym(module, "benchpeer") : NULL;
	if (!peer)
		die("the peer's module cannot be opened: %s", dlerror());
	return peer;
}

double clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

void pause_until(double ns)
{
	double left = ns - clock_ns();
	struct timespec ts = { .tv_sec = 0, .tv_nsec = (long)left };

	if (left > 0)
		nanosleep(&ts, NULL);
}

bool plug_counted[2];
size_t plug_counted_frames;

__attribute__((noinline)) static size_t send_all(VDECONN *conn, const struct batch *b)
{
	size_t sent = 0;

	for (size_t i = 0; i < b->count; i++)
		sent += (size_t)vde_send(conn, b->frames[i].p, b->frames[i].len, 0);
	return sent;
}

__attribute__((noinline)) static size_t recv_all(VDECONN *conn, const struct batch *b)
{
	static uint8_t buf[2048];
	size_t got = 0;

	for (size_t i = 0; i < b->count; i++)
		got += (size_t)vde_recv(conn, buf, sizeof(buf), 0);
	return got;
}

__attribute__((noinline)) static size_t plug_count_sent(VDECONN *conn, const struct batch *b)
{
	plug_counted_frames += b->count;
	return send_all(conn, b);
}

__attribute__((noinline)) static size_t plug_count_received(VDECONN *conn, const struct batch *b)
{
	plug_counted_frames += b->count;
	return recv_all(conn, b);
}

static size_t bytes_in(const struct batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += b->frames[i].len;
	return n;
}

double plug_send(VDECONN *conn, const struct batch *b, size_t pass)
{
	struct peer *peer = plug_peer();
	double begun, took;
	size_t sent;

	peer->sent = peer->kept = 0;
	begun = clock_ns();
	sent = plug_counted[SENT] ? plug_count_sent(conn, b) : send_all(conn, b);
	took = clock_ns() - begun;
	if (sent != bytes_in(b) || (pass != ANY && peer->sent != pass))
		die("%zu of %zu frames reached the peer, and not %zu", peer->sent, b->count, pass);
	return took;
}

double plug_recv(VDECONN *conn, const struct batch *b)
{
	struct peer *peer = plug_peer();
	double begun, took;
	size_t got;

	peer->frames = b->frames;
	peer->left = b->count;
	begun = clock_ns();
	got = plug_counted[RECEIVED] ? plug_count_received(conn, b) : recv_all(conn, b);
	took = clock_ns() - begun;
	if (got != bytes_in(b) || peer->left != 0)
		die("what was received is not what the peer sent");
	return took;
}

void plug_drain(VDECONN *conn, size_t count)
{
	static uint8_t buf[2048];

	plug_peer()->left = 0;
	for (size_t i = 0; i < count; i++)
		if (vde_recv(conn, buf, sizeof(buf), 0) < 14)
			die("%zu answers, and not %zu", i, count);
}

double plug_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages;

	if (!file || fscanf(file, "%*s %ld", &pages) != 1)
		die("/proc/self/statm cannot be read");
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static char folder[256];

static void remove_folder(void)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
}

const char *plug_folder(void)
{
	const char *parent = getenv("TMPDIR");

	if (folder[0])
		return folder;
	snprintf(folder, sizeof(folder), "%s/bench.XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(folder))
		die("no folder for files: %s", strerror(errno));
	atexit(remove_folder);
	return folder;
}
