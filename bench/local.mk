# SPDX-License-Identifier: LGPL-2.1-or-later
# The bench: made by name alone (make bench), and run by scripts/bench.
EXTRA_LTLIBRARIES = libvdeplug_benchpeer.la
libvdeplug_benchpeer_la_SOURCES = bench/peer.c bench/peer.h
# A folder makes libtool build a module and no convenience library; it is never installed.
libvdeplug_benchpeer_la_LDFLAGS = -module -avoid-version -shared -rpath $(vdeplugdir)

EXTRA_PROGRAMS += bench/bench
bench_bench_SOURCES = \
	bench/bench.h \
	bench/blocked.c \
	bench/cells.c \
	bench/count.c \
	bench/floor.c \
	bench/flows.c \
	bench/frames.c \
	bench/main.c \
	bench/memory.c \
	bench/names.c \
	bench/plug.c \
	bench/process.c \
	bench/report.c \
	bench/stats.c \
	bench/targets.c
bench_bench_CPPFLAGS = $(AM_CPPFLAGS) -DMODULE_DIR='"$(abs_builddir)/.libs"'
bench_bench_LDADD = libfilters.la $(VDEPLUG_LIBS) -ldl

.PHONY: bench
bench: libvdeplug_egress.la libvdeplug_benchpeer.la bench/bench$(EXEEXT)
