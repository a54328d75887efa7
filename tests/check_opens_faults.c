/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program's own functions come before those of the libraries, for these too: so
 * what libpcap and the C library allocate on our behalf is counted as well. Each
 * function below passes on to the next of its name, which may be a sanitizer's. Sanitizers
 * allocate before they can look up a name: theirs are called by their other names. For the
 * same reason nothing in this file is sanitized itself.
 */
#include "check_opens_faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define NEXT(name)                                                                                 \
	static __typeof__(&name) next;                                                             \
	if (!next)                                                                                 \
	*(void **)&next = dlsym(RTLD_NEXT, #name)

/* A sanitizer's, where there is one. */
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t n, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t size) __attribute__((weak));
void *__interceptor_aligned_alloc(size_t align, size_t size) __attribute__((weak));
void __interceptor_free(void *p) __attribute__((weak));

#define NEXT_ALLOCATOR(name)                                                                       \
	static __typeof__(&name) next;                                                             \
	if (!next)                                                                                 \
		next = __interceptor_##name;                                                       \
	if (!next)                                                                                 \
	*(void **)&next = dlsym(RTLD_NEXT, #name)

static atomic_long memory;
static atomic_bool armed;
static pthread_t armed_by;
static unsigned long calls, wanted;
static int wanted_error;
static enum fault_kind hit;

static const struct {
	const char *name;
	int error;
} kinds[] = {
#define FAULT_ROW(name, text, error) { text, error },
	FAULT_KINDS(FAULT_ROW)
};

void faults_arm(unsigned long nth, int error)
{
	armed_by = pthread_self();
	calls = 0;
	wanted = nth;
	wanted_error = error;
	hit = FAULTS;
	atomic_store(&armed, true);
}

enum fault_kind faults_disarm(void)
{
	atomic_store(&armed, false);
	return hit;
}

bool faults_fail(enum fault_kind kind)
{
	if (!atomic_load(&armed) || !pthread_equal(armed_by, pthread_self()) || ++calls != wanted)
		return false;
	hit = kind;
	errno = kinds[kind].error;
	if ((wanted_error > 0 && kind != FAULT_MEMORY) || (!wanted_error && kind == FAULT_NESTED))
		errno = wanted_error;
	return true;
}

const char *faults_name(enum fault_kind kind)
{
	return kind < FAULTS ? kinds[kind].name : "nothing";
}

long faults_memory(void)
{
	return atomic_load(&memory);
}

static void *counted(void *p)
{
	if (p)
		atomic_fetch_add(&memory, 1);
	return p;
}

EXPORT void *malloc(size_t size)
{
	NEXT_ALLOCATOR(malloc);
	return faults_fail(FAULT_MEMORY) ? NULL : counted(next(size));
}

EXPORT void *calloc(size_t n, size_t size)
{
	NEXT_ALLOCATOR(calloc);
	return faults_fail(FAULT_MEMORY) ? NULL : counted(next(n, size));
}

EXPORT void *realloc(void *p, size_t size)
{
	NEXT_ALLOCATOR(realloc);
	if (faults_fail(FAULT_MEMORY))
		return NULL;
	return p ? next(p, size) : counted(next(p, size));
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	NEXT_ALLOCATOR(aligned_alloc);
	return faults_fail(FAULT_MEMORY) ? NULL : counted(next(align, size));
}

static void (*find_free(void))(void *p)
{
	NEXT_ALLOCATOR(free);
	return next;
}

EXPORT void free(void *p)
{
	static void (*next)(void *p);
	static bool seeking;

	/* dlsym frees what it complained of the time before; that little is left. */
	if (!next && seeking)
		return;
	seeking = true;
	if (!next)
		next = find_free();
	if (p)
		atomic_fetch_sub(&memory, 1);
	next(p);
}

/* The sanitizers' takes its memory behind our back. */
EXPORT char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	NEXT(open);

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return faults_fail(FAULT_OPEN) ? -1 : next(path, flags, mode);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	NEXT(openat);

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return faults_fail(FAULT_OPENAT) ? -1 : next(dir, path, flags, mode);
}

EXPORT int fcntl(int fd, int command, ...)
{
	va_list args;
	void *value;
	NEXT(fcntl);

	va_start(args, command);
	value = va_arg(args, void *);
	va_end(args);
	return faults_fail(FAULT_FCNTL) ? -1 : next(fd, command, value);
}

EXPORT int fstat(int fd, struct stat *st)
{
	NEXT(fstat);
	return faults_fail(FAULT_FSTAT) ? -1 : next(fd, st);
}

EXPORT int flock(int fd, int operation)
{
	NEXT(flock);
	return faults_fail(FAULT_FLOCK) ? -1 : next(fd, operation);
}

EXPORT int fchmod(int fd, mode_t mode)
{
	NEXT(fchmod);
	return faults_fail(FAULT_FCHMOD) ? -1 : next(fd, mode);
}

EXPORT ssize_t pread(int fd, void *buf, size_t size, off_t at)
{
	NEXT(pread);
	return faults_fail(FAULT_PREAD) ? -1 : next(fd, buf, size, at);
}

EXPORT ssize_t pwrite(int fd, const void *buf, size_t size, off_t at)
{
	NEXT(pwrite);
	return faults_fail(FAULT_PWRITE) ? -1 : next(fd, buf, size, at);
}

EXPORT int ftruncate(int fd, off_t size)
{
	NEXT(ftruncate);
	return faults_fail(FAULT_FTRUNCATE) ? -1 : next(fd, size);
}

EXPORT int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	NEXT(fstatat);
	return faults_fail(FAULT_FSTATAT) ? -1 : next(dir, path, st, flags);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	NEXT(renameat);
	return faults_fail(FAULT_RENAMEAT) ? -1 : next(from_dir, from, to_dir, to);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	NEXT(fopen);
	return faults_fail(FAULT_FOPEN) ? NULL : next(path, mode);
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
	NEXT(fdopen);
	return faults_fail(FAULT_FDOPEN) ? NULL : next(fd, mode);
}

EXPORT FILE *fmemopen(void *buf, size_t size, const char *mode)
{
	NEXT(fmemopen);
	return faults_fail(FAULT_FMEMOPEN) ? NULL : next(buf, size, mode);
}

EXPORT int epoll_create1(int flags)
{
	NEXT(epoll_create1);
	return faults_fail(FAULT_EPOLL_CREATE) ? -1 : next(flags);
}

EXPORT int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	NEXT(epoll_ctl);
	return faults_fail(FAULT_EPOLL_CTL) ? -1 : next(epoll, operation, fd, event);
}

EXPORT int eventfd(unsigned value, int flags)
{
	NEXT(eventfd);
	return faults_fail(FAULT_EVENTFD) ? -1 : next(value, flags);
}

EXPORT ssize_t getrandom(void *buf, size_t size, unsigned flags)
{
	NEXT(getrandom);
	return faults_fail(FAULT_GETRANDOM) ? -1 : next(buf, size, flags);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
			  void *arg)
{
	int saved = errno;
	NEXT(pthread_create);

	if (faults_fail(FAULT_THREAD)) {
		int rc = errno;

		errno = saved; /* it returns what others leave there */
		return rc;
	}
	return next(thread, attr, start, arg);
}
