/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of the system that can be made to fail, one at a time: check_opens_faults.c
 * stands in for all from which an open gets something.
 */
#ifndef CHECK_OPENS_FAULTS_H
#define CHECK_OPENS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* What an open calls, the errno with which it fails, and how an ordinary failure looks. */
#define FAULT_KINDS(X)                                                                             \
	X(MEMORY, "an allocation", ENOMEM)                                                         \
	X(OPEN, "open", EMFILE)                                                                    \
	X(OPENAT, "openat", EMFILE)                                                                \
	X(FSTAT, "fstat", EIO)                                                                     \
	X(FLOCK, "flock", ENOLCK)                                                                  \
	X(FCHMOD, "fchmod", EPERM)                                                                 \
	X(PREAD, "pread", EIO)                                                                     \
	X(PWRITE, "pwrite", ENOSPC)                                                                \
	X(FTRUNCATE, "ftruncate", EIO)                                                             \
	X(FSTATAT, "fstatat", EIO)                                                                 \
	X(RENAMEAT, "renameat", EIO)                                                               \
	X(FOPEN, "fopen", EMFILE)                                                                  \
	X(FDOPEN, "fdopen", ENOMEM)                                                                \
	X(FMEMOPEN, "fmemopen", ENOMEM)                                                            \
	X(FCNTL, "fcntl", EMFILE)                                                                  \
	X(EPOLL_CREATE, "epoll_create1", EMFILE)                                                   \
	X(EPOLL_CTL, "epoll_ctl", ENOSPC)                                                          \
	X(EVENTFD, "eventfd", ENFILE)                                                              \
	X(GETRANDOM, "getrandom", ENOSYS)                                                          \
	X(THREAD, "pthread_create", EAGAIN)                                                        \
	X(NESTED, "the nested vde_open", ECONNREFUSED)

#define FAULT_ENUM(name, text, error) FAULT_##name,
/* FAULTS is none of them. */
enum fault_kind { FAULT_KINDS(FAULT_ENUM) FAULTS };
#undef FAULT_ENUM

/* From now on count the calls of this thread's, and let the NTH (from 1; 0: none) fail: with
 * errno ERROR, but for an allocation, or where ERROR is negative with its kind's own. 0 is for
 * the nested open alone, because system calls set errno. */
void faults_arm(unsigned long nth, int error);

/* Count no more. Returns which kind was made to fail since, FAULTS where none was. */
enum fault_kind faults_disarm(void);

/* For a stand-in of a test's own: whether this call, of KIND, is to fail now. Sets errno. */
bool faults_fail(enum fault_kind kind);

const char *faults_name(enum fault_kind kind);

/* How many allocations of the whole process live. */
long faults_memory(void);

#endif
