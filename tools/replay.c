/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vde_egress replay: what a policy would have made of what was captured.
 *
 * Purpose. Try out a policy before a guest lives under it, and see why a frame was blocked, with
 * the filter itself and no network.
 *
 * Terms. A capture's answers and notes are what the module put into its own record besides frames:
 * they were not sent by either side.
 *
 * Invariants. Every packet of the captures is judged once and told of, is said to be unjudged, or
 * is an answer or a note and counted. One that a network card would have completed first is judged
 * as what the card would have sent (offload.c), each frame of it by itself, and says so; what the
 * module recorded is never taken for one, as it stood on a link without offload. Nothing is assumed
 * about which side sent a frame: the guest's address or the capture says it, or there is no verdict
 * at all.
 *
 * Fails how. A policy or a capture that cannot be opened: before any output. A packet that cannot
 * be judged, a damaged file: the rest is judged, and the exit status says that this was not all.
 */
#include "capturefile.h"
#include "commands.h"
#include "finding.h"
#include "merge.h"
#include "offload.h"
#include "policyfile.h"
#include "remark.h"
#include "say.h"
#include "side.h"
#include "verdicts.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

enum { SENDERS_SHOWN = 8 };

struct replay {
	bool sum, json, as_sent;
	size_t mtu;
	const char *out; /* NULL: no capture is written */
	struct eg_policy *policy;
	struct eg_merge merge;
	struct eg_side side;
	struct eg_verdicts verdicts;
	struct eg_capturefile capture;
};

static int print_help(void)
{
	puts("Usage: vde_egress replay [OPTION]... POLICY CAPTURE...\n"
	     "What POLICY, a policy file, would have made of what was captured (.pcap, .pcapng): "
	     "one "
	     "line for\n"
	     "each frame, with its verdict, reason and rule. Any number of captures; - is standard "
	     "input.\n"
	     "\n"
	     "  --guest MAC   the guest's address: what it sent is judged as the guest's, all else "
	     "as the\n"
	     "                network's. Without it, .pcapng must say each packet's direction\n"
	     "  --sum         only how many frames, by verdict and reason\n"
	     "  --json        a JSON object for each frame; with --sum one for all\n"
	     "  --mtu N       what a packet may be on the link, in bytes: longer TCP segments were "
	     "left "
	     "to a\n"
	     "                network card, and are cut. Default: 1500\n"
	     "  --as-sent     cut nothing and fill in no checksums: no card was to do so\n"
	     "  -w, --write FILE   write what would be blocked to FILE (.pcap, .pcapng), as the "
	     "module does\n"
	     "  --help\n"
	     "\n"
	     "Exit status: 0 done, whatever was blocked; 1 some of the input could not be used or "
	     "judged, 2 a wrong\ncommand line.");
	return EG_EXIT_GOOD;
}

/*
 * Options
 */

static int set_guest(struct replay *r, const char *value)
{
	r->side.has_guest = eg_side_parse(r->side.guest, value, strlen(value));
	return r->side.has_guest
		       ? 0
		       : eg_say_usage("--guest: \"%s\" is no station's MAC address", value);
}

static int set_sum(struct replay *r, const char *value)
{
	(void)value;
	r->sum = true;
	return 0;
}

static int set_json(struct replay *r, const char *value)
{
	(void)value;
	r->json = true;
	return 0;
}

static int set_write(struct replay *r, const char *value)
{
	r->out = value;
	return eg_capturefile_can(value)
		       ? 0
		       : eg_say_usage("--write: %s ends neither in .pcapng nor in .pcap", value);
}

static int set_mtu(struct replay *r, const char *value)
{
	uint64_t n = 0;

	if (!eg_finding_number(value, strlen(value), EG_OFFLOAD_MTU_MOST, &n) ||
	    n < EG_OFFLOAD_MTU_LEAST)
		return eg_say_usage("--mtu: \"%s\" is no number from %d to %d", value,
				    EG_OFFLOAD_MTU_LEAST, EG_OFFLOAD_MTU_MOST);
	r->mtu = (size_t)n;
	return 0;
}

static int set_as_sent(struct replay *r, const char *value)
{
	(void)value;
	r->as_sent = true;
	return 0;
}

static int (*const setters[])(struct replay *r, const char *value) = { set_guest, set_sum,
								       set_json,  set_write,
								       set_mtu,   set_as_sent };

/* In the order of the setters. */
static const struct option long_options[] = {
	{ "guest", required_argument, NULL, 0 }, { "sum", no_argument, NULL, 1 },
	{ "json", no_argument, NULL, 2 },        { "write", required_argument, NULL, 3 },
	{ "mtu", required_argument, NULL, 4 },   { "as-sent", no_argument, NULL, 5 },
	{ "help", no_argument, NULL, 'h' },      { NULL, 0, NULL, 0 },
};

/* Returns -1 where there is something to be done, else what to exit with. */
static int parse_options(struct replay *r, int argc, char **argv)
{
	int c, rc;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":w:", long_options, NULL)) != -1) {
		if (c == 'h')
			return print_help();
		if (c == ':')
			return eg_say_usage("%s: a value is missing", argv[optind - 1]);
		if (c == '?')
			return eg_say_usage("replay: no option \"%s\"", argv[optind - 1]);
		rc = setters[c == 'w' ? 3 : c](r, optarg);
		if (rc)
			return rc;
	}
	if (argc - optind < 2)
		return eg_say_usage("replay: a policy and a capture are needed");
	return -1;
}

/*
 * The policy
 */

static bool read_policy(struct replay *r, const char *path)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	char error[EG_POLICYFILE_ERROR_MAX] = "no memory for the policy";
	bool good = false;

	r->policy = eg_policy_new();
	if (w && r->policy) {
		w->policy = r->policy;
		good = eg_policyfile_read(w, path, error) == 0;
	}
	free(w);
	if (!good)
		eg_say("%s", error);
	return good;
}

/*
 * The frames
 */

static struct eg_record record_of(const struct eg_rejudge_frame *f, enum eg_record_kind kind)
{
	return (struct eg_record){
		.when = { .tv_sec = (time_t)(f->when / 1000000000),
			  .tv_nsec = (long)(f->when % 1000000000) },
		.kind = (uint8_t)kind,
		.dir = f->dir == EG_INPUT_FROM_GUEST ? EG_FROM_GUEST : EG_FROM_NETWORK,
		.reason = (uint8_t)f->reason,
		.passed = f->verdict == EG_REJUDGE_WOULD,
		.answer = (uint8_t)f->answer,
		.len = (uint32_t)f->len,
	};
}

static void write_frame(struct replay *r, const struct eg_rejudge_frame *f)
{
	struct eg_record record = record_of(f, EG_RECORD_BLOCKED);

	if (f->verdict != EG_REJUDGE_BLOCK && f->verdict != EG_REJUDGE_WOULD)
		return;
	eg_capturefile_put(&r->capture, &record, f->bytes);
	if (f->reply_len == 0)
		return;
	record = record_of(f, EG_RECORD_ANSWER);
	record.dir = EG_FROM_NETWORK;
	record.len = (uint32_t)f->reply_len;
	eg_capturefile_put(&r->capture, &record, f->reply);
}

static void tell(void *replay, const struct eg_rejudge_frame *f)
{
	struct replay *r = replay;

	eg_verdicts_add(&r->verdicts, f);
	if (r->out)
		write_frame(r, f);
	if (r->sum)
		return;
	if (r->json)
		eg_verdicts_print_json_line(stdout, f);
	else
		eg_verdicts_print_line(stdout, f, r->merge.count > 1);
}

/* Whether P, which says of itself what KIND is, is no frame of either side's; it is counted then.
 */
static bool is_ours(struct eg_verdicts *v, enum eg_finding_kind kind)
{
	v->answers += kind == EG_FINDING_ANSWER;
	v->notes += kind == EG_FINDING_SUPPRESSED || kind == EG_FINDING_LOST;
	return kind == EG_FINDING_ANSWER || kind == EG_FINDING_SUPPRESSED ||
	       kind == EG_FINDING_LOST;
}

static enum eg_finding_kind kind_of(const struct eg_input_packet *p)
{
	char text[EG_REMARK_TEXT_MAX];
	struct eg_finding f;

	eg_remark_packet(&f, p, text);
	return f.kind;
}

static enum eg_rejudge_fault fault_of(const struct eg_input_packet *p)
{
	if (p->linktype != EG_LINKTYPE_ETHERNET)
		return EG_REJUDGE_LINKTYPE;
	return p->bytes.n == p->len ? EG_REJUDGE_FINE : EG_REJUDGE_TRUNCATED;
}

/* What FILE says stands for R's verdict not to be given: say who might be the guest. */
static void ask_for_guest(struct replay *r, const struct eg_merge_file *file)
{
	char mac[EG_SIDE_TEXT_MAX];

	eg_say("%s: packet %llu does not say which way it went: give the guest's MAC address with "
	       "--guest",
	       file->name, (unsigned long long)file->packet.number);
	while ((file = eg_merge_next(&r->merge)))
		if (fault_of(&file->packet) == EG_REJUDGE_FINE &&
		    !is_ours(&r->verdicts, kind_of(&file->packet)))
			eg_side_count(&r->side, &file->packet);
	eg_side_sort(&r->side);
	for (size_t i = 0; i < r->side.sender_count && i < SENDERS_SHOWN; i++)
		eg_say("%s sent %llu frames", eg_side_text(r->side.senders[i].mac, mac),
		       (unsigned long long)r->side.senders[i].frames);
}

/* Judge the packet of FILE. Returns whether to go on. */
static bool take(struct replay *r, struct eg_rejudge *judge, const struct eg_merge_file *file)
{
	const struct eg_input_packet *p = &file->packet;
	const enum eg_finding_kind kind = kind_of(p);
	struct eg_rejudge_frame f = {
		.file = file->name,
		.number = p->number,
		.when = file->when,
		.timed = p->timed,
		.bytes = p->bytes.p,
		.len = p->bytes.n,
		.fault = fault_of(p),
		/* The module's own records are from a link without a card. */
		.mtu = r->as_sent || kind != EG_FINDING_UNMARKED ? 0 : r->mtu,
	};

	if (is_ours(&r->verdicts, kind))
		return true;
	if (!r->side.has_guest && f.fault == EG_REJUDGE_FINE)
		eg_side_count(&r->side, p);
	f.dir = f.fault == EG_REJUDGE_LINKTYPE ? p->dir : eg_side_of(&r->side, p);
	if (f.fault == EG_REJUDGE_FINE && f.dir == EG_INPUT_UNKNOWN) {
		ask_for_guest(r, file);
		return false;
	}
	if (eg_rejudge_take(judge, &f))
		return true;
	eg_say("no memory for a frame");
	return false;
}

/* Say of what else than itself a frame was judged. */
static void say_changes(const struct replay *r, const struct eg_rejudge_changes *c)
{
	if (c->filled)
		eg_say("%llu packets had no checksums, and were judged with those that a network "
		       "card fills in",
		       (unsigned long long)c->filled);
	if (c->cut)
		eg_say("%llu segments are longer than the MTU of %zu, and were judged as the %llu "
		       "that a network card sends",
		       (unsigned long long)c->cut, r->mtu, (unsigned long long)c->pieces);
	if (c->late)
		eg_say("%llu frames are older than one before them, and were judged at its time",
		       (unsigned long long)c->late);
}

static bool judge_all(struct replay *r)
{
	struct eg_rejudge *judge = eg_rejudge_new(r->policy, tell, r);
	const struct eg_merge_file *file;
	bool good = judge != NULL;

	if (!judge)
		eg_say("no memory for %zu flows", r->policy->flows);
	while (good && (file = eg_merge_next(&r->merge)))
		good = take(r, judge, file);
	if (good) {
		eg_rejudge_end(judge);
		say_changes(r, eg_rejudge_changes(judge));
	}
	eg_rejudge_free(judge);
	return good;
}

/*
 * The end
 */

static bool say_troubles(const struct replay *r)
{
	bool good = true;

	for (size_t i = 0; i < r->merge.count; i++) {
		const struct eg_merge_file *f = &r->merge.files[i];

		if (f->trouble[0])
			eg_say("%s: %s", f->name, f->trouble);
		good = good && !f->fault;
	}
	return good;
}

/* Say what cannot be judged. Returns how many packets that is. */
static uint64_t say_unjudged(const struct eg_verdicts *v)
{
	uint64_t offload = eg_verdicts_unjudged(v, EG_REJUDGE_OFFLOAD);
	uint64_t unjudged = eg_verdicts_of(v, EG_REJUDGE_UNJUDGED);

	if (unjudged > offload)
		eg_say("%llu packets cannot be judged, and count as never sent: they are cut "
		       "short, or "
		       "no Ethernet frames",
		       (unsigned long long)(unjudged - offload));
	if (offload)
		eg_say("%llu packets cannot be judged, and count as never sent: a network card "
		       "was to cut them, or had put them together, and nothing says where: capture "
		       "with offload off (ethtool -K)",
		       (unsigned long long)offload);
	return unjudged;
}

/* Say what was left out. Returns whether nothing was that should have been judged. */
static bool say_left_out(const struct replay *r)
{
	const struct eg_verdicts *v = &r->verdicts;
	uint64_t unjudged, all = 0;
	char mac[EG_SIDE_TEXT_MAX];

	for (unsigned int verdict = 0; verdict < EG_REJUDGE_VERDICTS; verdict++)
		all += eg_verdicts_of(v, (enum eg_rejudge_verdict)verdict);
	if (v->answers || v->notes)
		eg_say("%llu answers and %llu notes of the module's own were passed over",
		       (unsigned long long)v->answers, (unsigned long long)v->notes);
	unjudged = say_unjudged(v);
	if (!r->side.has_guest || r->side.of_guest || all == 0)
		return unjudged == 0;
	eg_say("no frame was sent by %s: all were judged as the network's",
	       eg_side_text(r->side.guest, mac));
	return false;
}

static bool finish_capture(struct replay *r, bool keep)
{
	int rc;

	if (!keep) {
		eg_capturefile_drop(&r->capture);
		return true;
	}
	rc = eg_capturefile_done(&r->capture);
	if (rc)
		eg_say("%s cannot be written: %s", r->out, strerror(-rc));
	return rc == 0;
}

static bool print_sums(const struct replay *r)
{
	if (r->sum && r->json)
		eg_verdicts_print_json(stdout, &r->verdicts);
	else if (r->sum)
		eg_verdicts_print(stdout, &r->verdicts);
	return true;
}

/* All between the options and what was opened. */
static bool run(struct replay *r)
{
	const char *vm = r->policy->vm;
	int rc = r->out ? eg_capturefile_open(&r->capture, r->out, vm[0] ? vm : "guest") : 0;
	bool good;

	if (rc) {
		eg_say("%s cannot be written: %s", r->out, strerror(-rc));
		return false;
	}
	good = judge_all(r);
	if (r->out && !finish_capture(r, good))
		good = false;
	if (!good)
		return false;
	print_sums(r);
	good = say_troubles(r);
	return say_left_out(r) && good;
}

int eg_command_replay(int argc, char **argv)
{
	struct replay *r = calloc(1, sizeof(*r));
	bool good = false;
	int status;

	if (!r) {
		eg_say("no memory");
		return EG_EXIT_FAULT;
	}
	r->mtu = EG_OFFLOAD_MTU_DEFAULT;
	status = parse_options(r, argc, argv);
	if (status < 0) {
		if (read_policy(r, argv[optind])) {
			good = eg_merge_open(&r->merge, argv + optind + 1,
					     (size_t)(argc - optind - 1));
			if (good)
				good = run(r);
			else
				say_troubles(r);
			eg_merge_close(&r->merge);
		}
		status = good ? EG_EXIT_GOOD : EG_EXIT_FAULT;
	}
	eg_policy_free(r->policy);
	free(r);
	return status;
}
