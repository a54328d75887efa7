# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests: tests/check_X.c tests X.c, tests/check_X_Y.c a side of it, tests/check_lines.c
# the lines of words.c; one row each. Those of the effects layer
# come last, and check_egress runs the module as hosts do.
check_LTLIBRARIES = libpacket.la
libpacket_la_SOURCES = \
	tests/packet.c tests/packet.h \
	tests/tcp_link.c tests/tcp_link.h \
	tests/dhcp_frames.c tests/dhcp_frames.h \
	tests/dns_samples.h tests/dnsstream_link.h tests/fragments.h tests/maker.h

check_PROGRAMS = \
	tests/check_addr \
	tests/check_arp \
	tests/check_checksum \
	tests/check_dhcp \
	tests/check_dhcp_real \
	tests/check_dns \
	tests/check_dns_built \
	tests/check_dns_padded \
	tests/check_dnsstream \
	tests/check_dnsstream_model \
	tests/check_dnsstream_table \
	tests/check_dnsstream_tcp \
	tests/check_dnstrack \
	tests/check_flow \
	tests/check_fragment \
	tests/check_fragment_hold \
	tests/check_fragment_random \
	tests/check_frame \
	tests/check_frame_fields \
	tests/check_icmp \
	tests/check_lines \
	tests/check_name \
	tests/check_nameset \
	tests/check_nd \
	tests/check_pipeline \
	tests/check_policy \
	tests/check_reason \
	tests/check_reply \
	tests/check_resolver \
	tests/check_siphash \
	tests/check_tcp \
	tests/check_tcp_liar \
	tests/check_tcp_path \
	tests/check_tcp_window \
	tests/check_words \
	tests/check_gate \
	tests/check_inbox \
	tests/check_pcapfile \
	tests/check_queue \
	tests/check_recorder \
	tests/check_vnl \
	tests/check_egress
dist_check_SCRIPTS = tests/layers.sh tests/manual.sh
TESTS = $(check_PROGRAMS) $(dist_check_SCRIPTS)
# No test is about time: the limit only ends what hangs, on a loaded machine too.
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; export top_srcdir; \
	CK_DEFAULT_TIMEOUT=120; export CK_DEFAULT_TIMEOUT;

# Not a test: the demo's.
noinst_PROGRAMS = tests/why
tests_why_LDADD = libplugin.la $(PCAP_LIBS)

LDADD = libpacket.la libplugin.la $(CHECK_LIBS) $(PCAP_LIBS) -lpthread
tests_check_egress_LDADD = libpacket.la $(VDEPLUG_LIBS) $(CHECK_LIBS) $(PCAP_LIBS) -ldl -lpthread
tests_check_egress_CPPFLAGS = $(AM_CPPFLAGS) -DMODULE_DIR='"$(abs_builddir)/.libs"'
EXTRA_tests_check_egress_DEPENDENCIES = libvdeplug_egress.la
tests_check_vnl_LDADD = $(LDADD) -lvdeplug_mod
