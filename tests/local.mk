# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests: tests/check_X.c tests X.c, tests/check_X_Y.c a side of it, tests/check_lines.c
# the lines of words.c; one row each. Those of the effects layer
# come last, and check_egress runs the module as hosts do.
check_LTLIBRARIES = libfaults.la libpacket.la
libfaults_la_SOURCES = tests/check_opens_faults.c tests/check_opens_faults.h
libfaults_la_CFLAGS = $(AM_CFLAGS) -fno-sanitize=all
libpacket_la_SOURCES = \
	tests/captures.c tests/captures.h \
	tests/packet.c tests/packet.h \
	tests/pcapng.c tests/pcapng.h \
	tests/tcp_link.c tests/tcp_link.h \
	tests/dhcp_frames.c tests/dhcp_frames.h \
	tests/listener.h \
	tests/command.h tests/traffic.h \
	tests/dns_samples.h tests/dnsstream_link.h tests/folder.h tests/fragments.h tests/maker.h tests/resolve.h tests/toy_file.h

check_PROGRAMS = \
	tests/check_addr \
	tests/check_arp \
	tests/check_budget \
	tests/check_checksum \
	tests/check_describe \
	tests/check_dhcp \
	tests/check_dhcp_real \
	tests/check_dhcp_trusted \
	tests/check_dhcptrack \
	tests/check_dns \
	tests/check_dns_built \
	tests/check_dns_padded \
	tests/check_dnscase \
	tests/check_dnslimit \
	tests/check_dns_types \
	tests/check_dnsstream \
	tests/check_dnsstream_both \
	tests/check_dnsstream_model \
	tests/check_dnsstream_table \
	tests/check_dnsstream_tcp \
	tests/check_dnsports \
	tests/check_dnstrack \
	tests/check_escape \
	tests/check_event \
	tests/check_finding \
	tests/check_flow \
	tests/check_flow_spread \
	tests/check_fragment \
	tests/check_fragment_hold \
	tests/check_fragment_random \
	tests/check_frame \
	tests/check_frame_fields \
	tests/check_icmp \
	tests/check_input \
	tests/check_intake \
	tests/check_learn \
	tests/check_lexicon \
	tests/check_lines \
	tests/check_model \
	tests/check_model_honest \
	tests/check_moment \
	tests/check_name \
	tests/check_nameset \
	tests/check_nd \
	tests/check_offload \
	tests/check_outfile \
	tests/check_pipeline \
	tests/check_pipeline_reports \
	tests/check_plain \
	tests/check_policy \
	tests/check_policyfile \
	tests/check_reason \
	tests/check_remark \
	tests/check_replay \
	tests/check_replay_files \
	tests/check_replay_offload \
	tests/check_reply \
	tests/check_report \
	tests/check_resolver \
	tests/check_sample \
	tests/check_scenes \
	tests/check_side \
	tests/check_siphash \
	tests/check_table \
	tests/check_targetlist \
	tests/check_targets \
	tests/check_tcp \
	tests/check_tcp_liar \
	tests/check_tcp_path \
	tests/check_tcp_window \
	tests/check_timeline \
	tests/check_twins \
	tests/check_udpports \
	tests/check_words \
	tests/check_eve \
	tests/check_eventsink \
	tests/check_appendfile \
	tests/check_comment \
	tests/check_gate \
	tests/check_inbox \
	tests/check_inject \
	tests/check_ticker \
	tests/check_linefile \
	tests/check_linesocket \
	tests/check_lock \
	tests/check_outputs \
	tests/check_ownfile \
	tests/check_pcapfile \
	tests/check_pcapngfile \
	tests/check_queue \
	tests/check_recorder \
	tests/check_recorder_events \
	tests/check_rotate \
	tests/check_starts \
	tests/check_vnl \
	tests/check_egress \
	tests/check_opens \
	tests/check_senders \
	tests/check_threads \
	tests/fuzz/corpus_dns \
	tests/fuzz/corpus_frame \
	tests/fuzz/corpus_input \
	tests/fuzz/corpus_pipeline \
	tests/fuzz/corpus_policy
if HAVE_SLIRP
check_PROGRAMS += tests/fuzz/corpus_slirp
endif
dist_check_SCRIPTS = tests/layers.sh tests/manual.sh
TESTS = $(check_PROGRAMS) $(dist_check_SCRIPTS)
# No test is about time: the limit only ends what hangs, on a loaded machine too.
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; export top_srcdir; \
	CK_DEFAULT_TIMEOUT=120; export CK_DEFAULT_TIMEOUT;

# Not a test: the demo's.
noinst_PROGRAMS = tests/why
tests_why_LDADD = libplugin.la $(PCAP_LIBS)

LDADD = libpacket.la libplugin.la libtools.la $(CHECK_LIBS) $(PCAP_LIBS) -lpthread
tests_check_egress_LDADD = libpacket.la $(VDEPLUG_LIBS) $(CHECK_LIBS) $(PCAP_LIBS) -ldl -lpthread
tests_check_egress_CPPFLAGS = $(AM_CPPFLAGS) -DMODULE_DIR='"$(abs_builddir)/.libs"'
EXTRA_tests_check_egress_DEPENDENCIES = libvdeplug_egress.la
tests_check_vnl_LDADD = $(LDADD) -lvdeplug_mod
# The module without libvdeplug, so that all that it calls can be stood in for.
tests_check_opens_SOURCES = tests/check_opens.c plugin/egress.c plugin/uplink.c plugin/uplink.h
tests_check_opens_LDADD = libfaults.la $(LDADD) -lvdeplug_mod -ldl
tests_check_threads_SOURCES = \
	tests/check_threads.c \
	tests/check_threads_frames.c tests/check_threads_frames.h
tests_check_threads_LDADD = $(tests_check_egress_LDADD)
tests_check_threads_CPPFLAGS = $(tests_check_egress_CPPFLAGS)
EXTRA_tests_check_threads_DEPENDENCIES = libvdeplug_egress.la

tests_check_senders_LDADD = $(tests_check_egress_LDADD)
tests_check_senders_CPPFLAGS = $(tests_check_egress_CPPFLAGS) -D_GNU_SOURCE
EXTRA_tests_check_senders_DEPENDENCIES = libvdeplug_egress.la

# The promise in its plainest form, and a world of conversations around a pipeline.
world_sources = tests/world.c tests/world.h
tests_check_model_SOURCES = \
	tests/check_model.c \
	tests/model.c tests/model.h \
	tests/model_fact.c tests/model_fact.h \
	tests/model_tcp.c \
	$(world_sources)
tests_check_model_honest_SOURCES = tests/check_model_honest.c $(world_sources)

# Scenes, one file each.
tests_check_scenes_SOURCES = \
	tests/check_scenes.c tests/scene.h \
	tests/scene_change.c \
	tests/scene_frame.c \
	tests/scene_message.c \
	tests/scene_play.c \
	tests/scene_words.c

# Fuzz targets over their corpus, without a fuzzer; scripts/fuzz runs them with one.
fuzz_sources = \
	tests/fuzz/run_corpus.c tests/fuzz/fuzz.h \
	tests/fuzz/place.c \
	tests/fuzz/question.c tests/fuzz/question.h
tests_fuzz_corpus_dns_SOURCES = tests/fuzz/dns.c $(fuzz_sources)
tests_fuzz_corpus_frame_SOURCES = tests/fuzz/frame.c $(fuzz_sources)
tests_fuzz_corpus_input_SOURCES = tests/fuzz/input.c $(fuzz_sources)
tests_fuzz_corpus_pipeline_SOURCES = tests/fuzz/pipeline.c tests/fuzz/steps.h $(fuzz_sources)
tests_fuzz_corpus_policy_SOURCES = tests/fuzz/policy.c $(fuzz_sources)
tests_fuzz_corpus_slirp_SOURCES = \
	tests/fuzz/slirp.c tests/fuzz/steps.h \
	tests/fuzz/guest.c tests/fuzz/guest.h \
	tests/fuzz/net.c tests/fuzz/net.h tests/fuzz/net_acts.h \
	tests/fuzz/sockets.c tests/fuzz/sockets.h \
	$(fuzz_sources)
tests_fuzz_corpus_slirp_CPPFLAGS = $(AM_CPPFLAGS) $(SLIRP_CFLAGS)
tests_fuzz_corpus_slirp_LDADD = $(LDADD) $(SLIRP_LIBS) -ldl

# Write the first corpora; made by name alone.
EXTRA_PROGRAMS = tests/fuzz/seeds tests/fuzz/seeds_input
tests_fuzz_seeds_SOURCES = \
	tests/fuzz/seeds.c \
	tests/fuzz/build.c tests/fuzz/build.h
dist_noinst_DATA = tests/fuzz/mutate.c
