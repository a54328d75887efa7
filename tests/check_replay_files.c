/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What replay reads and writes: policies, the module's records, and what is damaged or hostile. */
#include "command.h"
#include "commands.h"
#include "pcapng.h"
#include "pipeline.h"
#include "recorder.h"
#include "traffic.h"

#define REPLAY(...)                                                                                \
	command_run(eg_command_replay, (const char *const[]){ "replay", __VA_ARGS__, NULL })

#define GUEST "52:54:00:12:34:56"

static const char policy[] = "# of the test\n"
			     "resolve mirror.example.org\n"
			     "log /nowhere/x.pcapng\n"
			     "vm build-7\n";

static void setup(void)
{
	command_setup();
	command_write("p", policy);
}

static const struct {
	const char *text, *why;
} faults[] = {
	{ "resolve a.example.org\nreslove b.example.org\n", "f:2: unknown word 'reslove'" },
	{ "\n\nmode maybe\n", "f:3: mode: 'maybe': neither enforce nor monitor" },
	{ "policy f\n", "f:1: policy: 'f': only the VNL can name a policy file" },
};

START_TEST(bad_policy_says_where_and_nothing_else)
{
	char line[256];

	traffic_all(false);
	command_save(&traffic, "x.pcapng");
	command_write("f", faults[_i].text);
	snprintf(line, sizeof(line), "vde_egress: %s\n", faults[_i].why);
	ck_assert_int_eq(REPLAY("-w", "w.pcapng", "f", "x.pcapng"), 1);
	ck_assert_str_eq(output, "");
	ck_assert_str_eq(complaint, line);
	ck_assert_int_eq(folder_size("w.pcapng"), -1);
}
END_TEST

START_TEST(what_cannot_be_read_is_said_before_any_verdict)
{
	traffic_all(false);
	command_save(&traffic, "x.pcapng");
	ck_assert_int_eq(REPLAY("nothing", "x.pcapng"), 1);
	ck_assert_str_eq(complaint,
			 "vde_egress: nothing: cannot be opened: No such file or directory\n");
	ck_assert_int_eq(REPLAY("p", "x.pcapng", "nothing"), 1);
	ck_assert_str_eq(complaint, "vde_egress: nothing: No such file or directory\n");
	ck_assert_int_eq(REPLAY("p", "x.pcapng", "p"), 1);
	ck_assert_str_eq(complaint, "vde_egress: p: is neither a capture nor a file of events\n");
	ck_assert_int_eq(REPLAY("p", "x.pcapng", "./x.pcapng"), 1);
	ck_assert_str_eq(complaint, "vde_egress: ./x.pcapng: is given twice\n");
	command_write("events", "{}\n");
	ck_assert_int_eq(REPLAY("p", "events"), 1);
	ck_assert_str_eq(complaint,
			 "vde_egress: events: is a file of events: packets are needed\n");
	ck_assert_str_eq(output, "");
}
END_TEST

/*
 * Records
 */

static struct eg_recorder *recorder;

static void record(void *ctx, const struct eg_report *r)
{
	(void)ctx;
	eg_recorder_report(recorder, r);
}

enum { STATELESS = 40 };

/* Frame I of the guest's that are blocked for what they are; returns its length. */
static size_t stateless(unsigned int i)
{
	static const struct packet_edit edits[] = {
		EDIT(12, 0x81, 0x00), EDIT(14, 0x46),         EDIT(23, 132),  EDIT(0, 1, 0, 0x5e),
		EDIT(24, 0xff),       EDIT(26, 127, 0, 0, 1), EDIT(20, 0x20), EDIT(6, 1),
	};
	size_t n = packet_base((enum packet_base)(i % PACKET_BASES), frame);

	if (i >= PACKET_BASES) {
		packet_apply(frame, &edits[i % 8], 1);
		if (i % 3)
			packet_fix(frame, n);
	}
	return i % 11 == 10 ? 13 : n;
}

/* Record them as the module does, with the record's file x.pcapng. */
static void make_record(struct eg_policy *p)
{
	const struct eg_recorder_options o = { .log = "x.pcapng",
					       .label = "build-7",
					       .limit = 1 << 26 };
	const struct eg_seed seed = { 1, 2 };
	struct eg_pipeline *pipeline = eg_pipeline_new(p, &seed, record, NULL);
	struct eg_outcome outcome;

	ck_assert_int_eq(eg_recorder_open(&recorder, &o), 0);
	for (unsigned int i = 0; i < STATELESS; i++) {
		size_t n = stateless(i);

		eg_pipeline_from_guest(pipeline, frame, n, 1000 + i, &outcome);
	}
	eg_pipeline_end(pipeline, 2000);
	eg_recorder_close(recorder);
	eg_pipeline_free(pipeline);
}

/* The reasons in the comments of NAME's blocked frames are those of the lines in output, in order.
 * Returns how many there are. */
static size_t same_reasons(const char *name)
{
	struct pcapng file;
	const char *line = output;
	size_t n = 0;

	pcapng_read(&file, name);
	ck_assert_ptr_null(file.fault);
	for (size_t i = 0; i < file.count; i++) {
		char reason[64], wanted[80];

		if (sscanf(file.packets[i].comment, "egress verdict=block reason=%63s", reason) !=
		    1)
			continue;
		snprintf(wanted, sizeof(wanted), " block       %s ", reason);
		line = strstr(line, wanted);
		ck_assert_msg(line != NULL, "%s", file.packets[i].comment);
		line = strchr(line, '\n');
		n++;
	}
	ck_assert_ptr_null(strstr(line, " block "));
	pcapng_free(&file);
	return n;
}

START_TEST(record_replayed_says_its_own_reasons)
{
	struct eg_policy *p = eg_policy_new();
	size_t lines = 0;

	make_record(p);
	eg_policy_free(p);
	command_write("empty", "");
	ck_assert_int_eq(REPLAY("empty", "x.pcapng"), 0);
	for (const char *c = output; *c; c++)
		lines += *c == '\n';
	ck_assert_uint_gt(lines, 30);
	ck_assert_uint_eq(same_reasons("x.pcapng"), lines);
}
END_TEST

/* What -w writes has the comments of the module's record, and our answers. */
START_TEST(what_would_be_blocked_is_written_as_the_module_writes_it)
{
	struct eg_policy *p = eg_policy_new();
	struct pcapng module, ours;

	make_record(p);
	eg_policy_free(p);
	command_write("empty", "vm build-7\n");
	ck_assert_int_eq(REPLAY("-w", "w.pcapng", "empty", "x.pcapng"), 0);
	pcapng_read(&module, "x.pcapng");
	pcapng_read(&ours, "w.pcapng");
	ck_assert_str_eq(ours.name, "build-7");
	ck_assert_uint_eq(ours.received, module.received);
	ck_assert_uint_eq(ours.count, module.count);
	for (size_t i = 0; i < ours.count; i++) {
		ck_assert_str_eq(ours.packets[i].comment, module.packets[i].comment);
		ck_assert_uint_eq(ours.packets[i].time, module.packets[i].time);
		ck_assert_uint_eq(ours.packets[i].flags, module.packets[i].flags);
		ck_assert_uint_eq(ours.packets[i].len, module.packets[i].len);
		ck_assert_mem_eq(ours.packets[i].bytes, module.packets[i].bytes,
				 ours.packets[i].len);
	}
	pcapng_free(&module);
	pcapng_free(&ours);
}
END_TEST

START_TEST(classic_captures_are_written_too)
{
	traffic_all(true);
	command_save(&traffic, "x.pcap");
	ck_assert_int_eq(REPLAY("-w", "w.pcap", "--guest", GUEST, "p", "x.pcap"), 0);
	ck_assert_int_eq(REPLAY("--sum", "--guest", GUEST, "p", "w.pcap"), 0);
	ck_assert_ptr_null(strstr(output, "pass"));
	ck_assert(strstr(output, "block       dns-name      resolve            1 ") != NULL);
	ck_assert_int_eq(REPLAY("-w", "no/w.pcap", "--guest", GUEST, "p", "x.pcap"), 1);
	ck_assert_str_eq(output, "");
	ck_assert_str_eq(complaint,
			 "vde_egress: no/w.pcap cannot be written: No such file or directory\n");
}
END_TEST

/*
 * What is hostile
 */

/* What looks like a note of the module's, with TEXT; returns its length. */
static size_t lookalike(const char *text)
{
	memset(frame, 0, EG_ETH_LEN);
	frame[12] = 0x88;
	frame[13] = 0xb5;
	strcpy((char *)frame + EG_ETH_LEN, text);
	return EG_ETH_LEN + strlen(text);
}

/* The guest sends one where a record is written to NAME, and more destinations than are recorded
 * whole, so that there is a note indeed. */
static void make_record_with_lookalikes(const char *name, struct eg_policy *p)
{
	const struct eg_recorder_options o = {
		.log = name, .label = "build-7", .limit = 1 << 26, .sample = 2
	};
	const struct eg_seed seed = { 1, 2 };
	struct eg_pipeline *pipeline = eg_pipeline_new(p, &seed, record, NULL);
	struct eg_outcome outcome;
	size_t n;

	ck_assert_int_eq(eg_recorder_open(&recorder, &o), 0);
	n = lookalike("egress note=suppressed count=5000000 reason=tcp-new proto=tcp "
		      "dst=198.51.100.66 dport=6666");
	eg_pipeline_from_guest(pipeline, frame, n, 1000, &outcome);
	n = lookalike("egress note=lost count=7000000");
	eg_pipeline_from_guest(pipeline, frame, n, 1001, &outcome);
	for (uint64_t i = 0; i < 5; i++) {
		n = stateless(PACKET_TCP4);
		eg_pipeline_from_guest(pipeline, frame, n, 1002 + i, &outcome);
	}
	eg_pipeline_end(pipeline, 2000);
	eg_recorder_close(recorder);
	eg_pipeline_free(pipeline);
}

static int report_json(const char *name)
{
	return command_run(eg_command_report,
			   (const char *const[]){ "report", "--json", name, NULL });
}

static int learn(const char *name)
{
	return command_run(eg_command_learn, (const char *const[]){ "learn", name, NULL });
}

/* Nothing that was sent counts as a note, whichever format the record has. */
START_TEST(what_a_guest_sent_is_no_note)
{
	static const char *const names[] = { "r.pcap", "r.pcapng" };
	const char *name = names[_i];
	struct eg_policy *p = eg_policy_new();

	make_record_with_lookalikes(name, p);
	eg_policy_free(p);
	ck_assert_int_eq(report_json(name), 0);
	ck_assert_msg(strstr(output, "\"suppressed\":3,\"lost\":0,") != NULL, "%s", output);
	ck_assert_ptr_null(strstr(output, "198.51.100.66"));
	ck_assert_int_eq(learn(name), 0);
	ck_assert_msg(strstr(output, "198.51.100.66") == NULL, "%s", output);
	command_write("empty", "");
	REPLAY("--sum", "--json", "--guest", GUEST, "empty", name);
	ck_assert_msg(strstr(output, "\"notes\":1}") != NULL, "%s", output);
}
END_TEST

/* Nor in what another program captured, nor in what replay writes of that. */
START_TEST(what_another_program_captured_has_no_notes)
{
	captures_pcap(&traffic, 0xa1b2c3d4);
	captures_record(&traffic, 10, 0, frame,
			(uint32_t)lookalike("egress note=suppressed count=5000000 reason=tcp-new "
					    "proto=tcp dst=198.51.100.66 dport=6666"));
	captures_record(&traffic, 11, 0, frame, (uint32_t)stateless(PACKET_TCP4));
	command_save(&traffic, "t.pcap");
	ck_assert_int_eq(report_json("t.pcap"), 0);
	ck_assert(strstr(output, "\"unmarked\":2,\"suppressed\":0,") != NULL);
	ck_assert_int_eq(learn("t.pcap"), 0);
	ck_assert_ptr_null(strstr(output, "198.51.100.66"));
	command_write("empty", "");
	ck_assert_int_eq(
		REPLAY("--sum", "--json", "--guest", GUEST, "-w", "w.pcap", "empty", "t.pcap"), 0);
	ck_assert(strstr(output, "\"frames\":2,\"answers\":0,\"notes\":0}") != NULL);
	ck_assert_int_eq(report_json("w.pcap"), 0);
	ck_assert(strstr(output, "\"unmarked\":2,\"suppressed\":0,") != NULL);
}
END_TEST

START_TEST(damaged_captures_end_in_peace)
{
	uint32_t state = 0x12345678u + (uint32_t)_i;
	char *bytes;
	size_t n;

	traffic_all(false);
	traffic_fragment(0, 16, true);
	command_save(&traffic, "good.pcapng");
	bytes = folder_read("good.pcapng", &n);
	for (int round = 0; round < 40; round++) {
		char *copy = malloc(n);

		memcpy(copy, bytes, n);
		for (int i = 0; i < 1 + round % 8; i++) {
			state = state * 1664525 + 1013904223;
			copy[(state >> 8) % n] = (char)(state >> 24);
		}
		folder_write("x.pcapng", copy, round % 4 ? n : n - (state >> 8) % n);
		free(copy);
		REPLAY("-w", "w.pcapng", "p", "x.pcapng");
		command_is_plain();
	}
	free(bytes);
}
END_TEST

START_TEST(names_do_no_harm)
{
	traffic_begin(false);
	traffic_query(3, "\x1b]0;x\x07 <script>\"\\.example.org", 1);
	command_save(&traffic, "\x1b[2J.pcapng");
	ck_assert_int_eq(REPLAY("p", "\x1b[2J.pcapng"), 0);
	command_is_plain();
	ck_assert_ptr_nonnull(strstr(output, "name=\\027\\0930\\059x\\007\\032\\060script"));
	ck_assert_int_eq(REPLAY("--json", "p", "\x1b[2J.pcapng"), 0);
	command_is_plain();
	ck_assert_ptr_nonnull(strstr(output, "{\"file\":\"\\\\x1b[2J.pcapng\","));
}
END_TEST

static const char *const usages[][4] = {
	{ NULL },
	{ "p" },
	{ "--nothing", "p", "x" },
	{ "--guest=52:54:00:12:34", "p", "x" },
	{ "--guest=53:54:00:12:34:56", "p", "x" },
	{ "--guest=00:00:00:00:00:00", "p", "x" },
	{ "--guest=52:54-00:12:34:56", "p", "x" },
	{ "--write=x.json", "p", "x" },
	{ "p", "x", "-w" },
};

START_TEST(wrong_command_line_is_status_2)
{
	const char *arguments[6] = { "replay" };

	memcpy(arguments + 1, usages[_i], sizeof(usages[_i]));
	ck_assert_int_eq(command_run(eg_command_replay, arguments), 2);
	ck_assert_str_eq(output, "");
}
END_TEST

static TCase *files_case(void)
{
	TCase *c = tcase_create("files");

	tcase_add_loop_test(c, bad_policy_says_where_and_nothing_else, 0,
			    sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(c, what_cannot_be_read_is_said_before_any_verdict);
	tcase_add_test(c, record_replayed_says_its_own_reasons);
	tcase_add_test(c, what_would_be_blocked_is_written_as_the_module_writes_it);
	tcase_add_test(c, classic_captures_are_written_too);
	tcase_add_loop_test(c, what_a_guest_sent_is_no_note, 0, 2);
	tcase_add_test(c, what_another_program_captured_has_no_notes);
	tcase_add_loop_test(c, damaged_captures_end_in_peace, 0, 10);
	tcase_add_test(c, names_do_no_harm);
	tcase_add_loop_test(c, wrong_command_line_is_status_2, 0,
			    sizeof(usages) / sizeof(usages[0]));
	return c;
}

int main(void)
{
	Suite *s = suite_create("replay");
	TCase *cases[] = { files_case() };
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tcase_add_checked_fixture(cases[i], setup, command_teardown);
		suite_add_tcase(s, cases[i]);
	}
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
