/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy from a record: what it says, that it is one, and that what was recorded passes under it.
 */
#include "command.h"
#include "commands.h"
#include "traffic.h"
#include "words.h"

enum { SYN = 2 };

#define LEARN(...)                                                                                 \
	command_run(eg_command_learn, (const char *const[]){ "learn", __VA_ARGS__, NULL })
#define REPLAY(...)                                                                                \
	command_run(eg_command_replay, (const char *const[]){ "replay", __VA_ARGS__, NULL })

#define NS UINT64_C(1000000000)

static struct captures file;

static void packet(uint64_t s, const char *comment)
{
	captures_packet(&file, 0, TRAFFIC_AT + s * NS, "frame", 5, comment, 2);
}

#define BLOCK    "egress verdict=block reason="
#define RESOLVER " proto=udp src=10.0.2.15 sport=40000 dst=10.0.2.3 dport=53"

/* One of each kind, and times. */
static void make_record(void)
{
	captures_section(&file);
	captures_interface(&file, "build-7", 9);
	packet(0, BLOCK "dns-name rule=resolve" RESOLVER " name=mirror.example.org qtype=A");
	packet(1, BLOCK "tcp-new rule=default proto=tcp dst=192.0.2.1 dport=443");
	packet(2, BLOCK "dns-name rule=resolve" RESOLVER " name=mirror.example.org qtype=AAAA");
	packet(3, BLOCK "dns-name rule=resolve" RESOLVER " name=b.example.org qtype=TXT");
	packet(60, BLOCK "udp-new rule=default proto=udp dst=fd00::2 dport=123");
	packet(61, BLOCK "tcp-new rule=default proto=tcp dst=192.0.2.1 dport=80");
	packet(62, BLOCK "icmp rule=default proto=icmp dst=192.0.2.1 type=8 code=0");
	packet(63, BLOCK "dns-server rule=dns proto=udp dst=9.9.9.9 dport=53 name=x.example.org "
			 "qtype=A");
	packet(64,
	       "egress note=suppressed count=40 reason=tcp-new proto=tcp dst=192.0.2.1 dport=443 "
	       "first=1795518240.0 last=1795518300.0");
	packet(65, BLOCK "dns-name rule=resolve" RESOLVER " name=a\\095b\\000.example.org qtype=A");
	packet(66, BLOCK "dns-name rule=resolve" RESOLVER " name=c.example.org qtype=ANY");
	packet(67, BLOCK "tcp-new rule=default proto=tcp dst=0.0.0.0 dport=443");
	packet(68, "egress note=lost count=7 why=disk");
	packet(69, BLOCK "dns-limit rule=dns-limit" RESOLVER " name=q.t.example.org qtype=A");
	packet(70, "egress note=suppressed count=9 reason=dns-name");
	packet(71, "egress verdict=answer answer=rst reason=tcp-new");
	packet(72, "egress verdict=would-block reason=dns-type rule=dns-types" RESOLVER
		   " name=mirror.example.org qtype=HTTPS");
	command_save(&file, "x.pcapng");
}

#define DAY "2026-11-24 "
static const char expected[] =
	"# What a policy would have to let through, as vde_egress learn read it from a record "
	"(times "
	"are UTC).\n"
	"# Cut it down to what the guest is to be allowed. Blocked, or in mode monitor would\n"
	"# have been: 62 times, " DAY "11:03:54 to " DAY "11:05:06\n"
	"\n"
	"# names that were looked up\n"
	"resolve b.example.org                   # once, " DAY "11:03:57\n"
	"resolve c.example.org                   # once, " DAY "11:05:00\n"
	"resolve mirror.example.org              # 3 times, " DAY "11:03:54 to " DAY "11:05:06\n"
	"\n"
	"# looked up, and nothing that a policy can name\n"
	"#   no name of a policy: a\\095b\\000.example.org # once, " DAY "11:04:59\n"
	"\n"
	"# record types beside the usual ones, of these names\n"
	"dns-types A AAAA\n"
	"dns-types HTTPS                         # once, " DAY "11:05:06\n"
	"dns-types TXT                           # once, " DAY "11:03:57\n"
	"\n"
	"# record types that no policy can name\n"
	"#   no type of a policy: ANY            # once, " DAY "11:05:00\n"
	"\n"
	"# connections that were tried; a look-up shortly before one is said, its answer\n"
	"# is not known\n"
	"allow 192.0.2.1:80/tcp                  # once, " DAY "11:04:55\n"
	"allow 192.0.2.1:443/tcp                 # 41 times, " DAY "11:03:55 to " DAY
	"11:05:00, after a look-up of mirror.example.org\n"
	"allow [fd00::2]:123/udp                 # once, " DAY "11:04:54\n"
	"\n"
	"# connections that were tried, and nothing that a policy can name\n"
	"#   no target of a policy: 0.0.0.0:443/tcp # once, " DAY "11:05:01\n"
	"\n"
	"# servers that were asked and are no resolvers of the policy. Who adds one trusts it\n"
	"# with all queries that the policy lets through; the first \"dns\" replaces slirp's\n"
	"# resolvers (10.0.2.3 fd00::3)\n"
	"# dns 9.9.9.9                           # once, " DAY "11:04:57\n"
	"\n"
	"# names that they were asked for\n"
	"# resolve x.example.org                 # once, " DAY "11:04:57, of 9.9.9.9\n"
	"\n"
	"# limits that were reached\n"
	"# dns-limit NUMBER                      # once, " DAY "11:05:03\n"
	"\n"
	"# what no further line lets through\n"
	"#   icmp                                # once, " DAY
	"11:04:56: ICMP other than an error about a live flow (rule default)\n"
	"\n"
	"# look-ups of names that are not known (counted and not recorded, or a connection to a\n"
	"# resolver, which opens as soon as a name is listed): 9 times, " DAY "11:05:04 to " DAY
	"11:05:04\n"
	"\n"
	"# records that were lost, of whatever: 7\n";

/* Check's own message has no room for all of it. */
static void is_expected(void)
{
	size_t i = 0;

	while (output[i] && output[i] == expected[i])
		i++;
	ck_assert_msg(strcmp(output, expected) == 0, "from byte %zu on it is %.60s", i, output + i);
}

START_TEST(each_want_is_a_line_with_what_asked_for_it)
{
	make_record();
	ck_assert_int_eq(LEARN("x.pcapng"), 0);
	is_expected();
	ck_assert_str_eq(complaint, "");
}
END_TEST

/*
 * It is a policy
 */

/* The language takes all lines of output, which is written to NAME. Returns how many lines are no
 * comments. */
static size_t is_policy(const char *name)
{
	struct eg_words *w = calloc(1, sizeof(*w));
	size_t lines = 0;

	w->policy = eg_policy_new();
	for (const char *line = output, *end; *line; line = end + 1) {
		size_t n;

		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		n = (size_t)(end - line);
		lines += n > 0 && line[0] != '#';
		ck_assert_msg(eg_words_apply_line(w, line, n) == 0, "%.*s: %s", (int)n, line,
			      w->error);
	}
	command_write(name, output);
	eg_policy_free(w->policy);
	free(w);
	return lines;
}

/* Sums of a flood do not say all: what they leave out is not made up, and what can be no server is
 * no line to be uncommented. */
START_TEST(server_that_is_not_known_or_can_be_none_is_said_to_be)
{
	captures_section(&file);
	captures_interface(&file, "build-7", 9);
	packet(0, "egress note=suppressed count=10 reason=dns-server");
	packet(1, BLOCK "dns-server rule=dns proto=udp dst=224.0.0.251 dport=53");
	command_save(&file, "x.pcapng");
	ck_assert_int_eq(LEARN("x.pcapng"), 0);
	ck_assert_ptr_null(strstr(output, "# dns "));
	ck_assert_msg(strstr(output, "#   no server of a policy: not known which # 10 times"),
		      "%s", output);
	ck_assert_msg(strstr(output, "#   no server of a policy: 224.0.0.251  # once"), "%s",
		      output);
}
END_TEST

START_TEST(it_is_a_policy)
{
	make_record();
	ck_assert_int_eq(LEARN("x.pcapng"), 0);
	ck_assert_uint_eq(is_policy("p"), 9);
}
END_TEST

/* What a policy can let through, in both protocols and families, twice. */
static void make_traffic(void)
{
	traffic_begin(false);
	for (int i = 0; i < 2; i++) {
		traffic_query(3, "mirror.example.org", 1);
		traffic_query(3, "Text.Example.org", 16);
		traffic_query(3, "mirror.example.org", 65);
		traffic_tcp(TRAFFIC_OUT, 443, SYN, 1000, 0);
		traffic_udp(TRAFFIC_OUT, 123);
		traffic_udp6(TRAFFIC_OUT, 124);
	}
	command_save(&traffic, "traffic.pcapng");
}

START_TEST(what_was_blocked_passes_under_it)
{
	static const char *const modes[] = { "", "mode monitor\n" };

	make_traffic();
	command_write("before", modes[_i]);
	ck_assert_int_eq(REPLAY("--sum", "-w", "blocked.pcapng", "before", "traffic.pcapng"), 0);
	ck_assert_int_eq(LEARN("blocked.pcapng"), 0);
	ck_assert_uint_eq(is_policy("learned"), 8);
	ck_assert_int_eq(REPLAY("--sum", "learned", "traffic.pcapng"), 0);
	ck_assert_ptr_null(strstr(output, "block"));
	ck_assert_ptr_nonnull(strstr(output, "pass        -             -                 12 "));
}
END_TEST

/* Where no name is listed no line opens a resolver's port 53: none is made of one that was tried.
 */
START_TEST(connection_to_a_resolver_is_no_target)
{
	static const struct packet_end resolver = { .mac = { 0x52, 0x55, 0x0a, 0, 2, 3 },
						    .ip4 = { 10, 0, 2, 3 },
						    .port = 53 };
	const struct packet_tcp syn = { .seq = 1000, .window = 1000, .flags = TRAFFIC_SYN };

	traffic_begin(false);
	traffic_add(TRAFFIC_OUT, packet_tcp4(frame, &packet_guest, &resolver, &syn, NULL, 0));
	traffic_tcp(TRAFFIC_OUT, 443, TRAFFIC_SYN, 1000, 0);
	command_save(&traffic, "traffic.pcapng");
	command_write("before", "");
	ck_assert_int_eq(REPLAY("--sum", "-w", "blocked.pcapng", "before", "traffic.pcapng"), 0);
	ck_assert_int_eq(LEARN("blocked.pcapng"), 0);
	ck_assert_uint_eq(is_policy("learned"), 1);
	ck_assert_ptr_null(strstr(output, "allow 10.0.2.3"));
	ck_assert_ptr_nonnull(strstr(output, "allow 10.0.2.2:443/tcp"));
	ck_assert_ptr_nonnull(strstr(output, "opens as soon as a name is listed): once"));
}
END_TEST

/*
 * Sources
 */

static const char events[] =
	"{\"timestamp\":\"2026-11-24T11:03:54.000000+0000\",\"event_type\":\"dns\",\"vm\":\"a\","
	"\"dest_ip\":\"10.0.2.3\",\"dest_port\":53,\"proto\":\"UDP\",\"dns\":{\"rrname\":"
	"\"mirror.example.org\",\"rrtype\":\"A\"},\"verdict\":{\"action\":\"pass\"}}\n"
	"{\"timestamp\":\"2026-11-24T11:03:55.000000+0000\",\"event_type\":\"drop\",\"vm\":\"a\","
	"\"dest_ip\":\"192.0.2.1\",\"dest_port\":443,\"proto\":\"TCP\",\"reason\":\"tcp-new\","
	"\"verdict\":{\"action\":\"alert\"}}\n"
	"{\"timestamp\":\"2026-11-24T11:03:56.000000+0000\",\"event_type\":\"drop\",\"vm\":\"b\","
	"\"dest_ip\":\"192.0.2.2\",\"dest_port\":443,\"proto\":\"TCP\",\"reason\":\"tcp-new\","
	"\"verdict\":{\"action\":\"drop\"}}\n"
	"{\"timestamp\":\"2026-11-24T11:03:57.000000+0000\",\"event_type\":\"suppressed\",\"vm\":"
	"\"b\","
	"\"dest_ip\":\"192.0.2.2\",\"dest_port\":443,\"proto\":\"TCP\",\"reason\":\"tcp-new\","
	"\"suppressed\":{\"of\":\"blocked\",\"count\":10,\"first\":"
	"\"2026-11-24T11:03:58.000000+0000\",\"last\":\"2026-11-24T11:03:59.000000+0000\"}}\n";

START_TEST(events_are_a_source)
{
	command_write("x.json", events);
	ck_assert_int_eq(LEARN("x.json"), 0);
	/* A look-up that passed is known, and its guest's alone. */
	ck_assert_ptr_nonnull(strstr(output,
				     "\nallow 192.0.2.1:443/tcp                 # once, " DAY
				     "11:03:55, after a look-up of mirror.example.org\n"
				     "allow 192.0.2.2:443/tcp                 # 11 times, " DAY
				     "11:03:56 to " DAY "11:03:59\n"));
	ck_assert_ptr_null(strstr(output, "\nresolve"));
	ck_assert_uint_eq(is_policy("p"), 2);
}
END_TEST

START_TEST(order_of_files_does_not_matter)
{
	static char first[sizeof(output)];

	make_record();
	command_write("x.json", events);
	ck_assert_int_eq(LEARN("x.pcapng", "x.json"), 0);
	memcpy(first, output, sizeof(output));
	ck_assert_int_eq(LEARN("x.json", "x.pcapng"), 0);
	ck_assert_str_eq(output, first);
}
END_TEST

START_TEST(many_names_of_a_domain_are_a_hint_and_no_wildcard)
{
	static const char *const names[] = { "e.cdn.example.org",   "c.cdn.example.org",
					     "x.c.cdn.example.org", "a.cdn.example.org",
					     "d.cdn.example.org",   "b.cdn.example.org" };
	char comment[256];

	captures_section(&file);
	captures_interface(&file, "a", 9);
	for (uint64_t i = 0; i < 6; i++) {
		snprintf(comment, sizeof(comment), BLOCK "dns-name" RESOLVER " name=%s qtype=A",
			 names[i]);
		packet(i, comment);
		snprintf(comment, sizeof(comment),
			 BLOCK "dns-name" RESOLVER " name=n%d.org qtype=A", (int)i);
		packet(i, comment);
	}
	command_save(&file, "x.pcapng");
	ck_assert_int_eq(LEARN("x.pcapng"), 0);
	ck_assert_ptr_nonnull(strstr(output, "# names that were looked up\n"
					     "# 5 of them are below one domain: \"resolve "
					     "*.cdn.example.org\" lets all names there through\n"
					     "resolve n0.org "));
	ck_assert_ptr_nonnull(strstr(output, "\nresolve a.cdn.example.org "));
	ck_assert_ptr_null(strstr(output, "\nresolve *"));
	ck_assert_ptr_null(strstr(output, "*.org"));
	ck_assert_uint_eq(is_policy("p"), 12);
}
END_TEST

/* Lines of a policy cannot be made by who chooses the names. */
static const char *const injections[] = {
	"a.example.org\nresolve *.evil.org",
	"*.evil.org",
	"a,b.example.org",
	"a.example.org\rmode monitor",
	"a.example.org b",
	"192.0.2.1",
	"xn--\xc3\xa4.example.org",
	"-a.example.org",
	"#.example.org",
	"",
	".",
	"\x1b]0;x\x07.org",
};

START_TEST(names_make_no_lines)
{
	static const char begin[] =
		"{\"event_type\":\"dns\",\"reason\":\"dns-name\",\"verdict\":{\"action\":\"drop\"},"
		"\"dns\":{\"rrtype\":\"@A\\n#\",\"rrname\":\"";
	FILE *f = fopen("x.json", "w");

	fputs(begin, f);
	for (const char *p = injections[_i]; *p; p++)
		fprintf(f, *p < ' ' && *p >= 0 ? "\\u%04x" : "%c", *p);
	fputs("\"}}\n", f);
	fclose(f);
	ck_assert_int_eq(LEARN("x.json"), 0);
	command_is_plain();
	ck_assert_uint_eq(is_policy("p"), 0);
}
END_TEST

/* What Suricata dropped on its way out, in lines of several kinds; other lines make none. */
START_TEST(events_of_suricata_are_a_source)
{
	command_write(
		"x.json",
		"{\"event_type\":\"alert\",\"proto\":\"UDP\",\"dest_ip\":\"10.0.2.3\","
		"\"dest_port\":53,\"direction\":\"to_server\",\"verdict\":{\"action\":\"drop\"},"
		"\"dns\":{\"version\":3,\"queries\":[{\"rrname\":\"a.example.org\",\"rrtype\":"
		"\"A\"}]}}\n"
		"{\"event_type\":\"drop\",\"proto\":\"TCP\",\"dest_ip\":\"192.0.2.7\","
		"\"dest_port\":443,\"drop\":{\"len\":60}}\n"
		"{\"event_type\":\"drop\",\"proto\":\"TCP\",\"dest_ip\":\"10.0.2.15\","
		"\"dest_port\":40000,\"direction\":\"to_client\",\"drop\":{\"len\":60}}\n"
		"{\"event_type\":\"alert\",\"proto\":\"TCP\",\"dest_ip\":\"192.0.2.8\","
		"\"dest_port\":443,\"alert\":{\"action\":\"allowed\"}}\n");
	ck_assert_int_eq(LEARN("x.json"), 0);
	ck_assert_uint_eq(is_policy("p"), 2);
	ck_assert_ptr_nonnull(strstr(output, "\nresolve "));
	ck_assert_ptr_nonnull(strstr(output, " a.example.org"));
	ck_assert_ptr_nonnull(strstr(output, " 192.0.2.7:443/tcp"));
	ck_assert_str_eq(complaint, "vde_egress: x.json: 1 of 4 lines have no meaning here\n");
}
END_TEST

/* Addresses and ports, and whether a policy can name them. */
static const struct {
	const char *address;
	unsigned int port;
	bool can;
} targets[] = {
	{ "192.0.2.1", 1, true },
	{ "192.0.2.1", 65535, true },
	{ "192.0.2.255", 67, true },
	{ "10.0.2.3", 53, true },
	{ "fe80::1", 80, true },
	{ "fd00::3", 53, true },
	{ "192.0.2.1", 0, false },
	{ "0.0.0.0", 80, false },
	{ "255.255.255.255", 80, false },
	{ "224.0.0.251", 5353, false },
	{ "127.0.0.1", 80, false },
	{ "240.0.0.1", 80, false },
	{ "0.1.2.3", 80, false },
	{ "::", 80, false },
	{ "::1", 80, false },
	{ "ff02::fb", 5353, false },
	{ "::192.0.2.1", 80, false },
};

START_TEST(targets_are_lines_where_a_policy_can_name_them)
{
	char event[512];

	snprintf(event, sizeof(event),
		 "{\"event_type\":\"drop\",\"reason\":\"%s\",\"verdict\":{\"action\":\"drop\"},"
		 "\"dest_ip\":\"%s\",\"dest_port\":%u}\n",
		 _i % 2 ? "tcp-new" : "udp-new", targets[_i].address, targets[_i].port);
	command_write("x.json", event);
	ck_assert_int_eq(LEARN("x.json"), 0);
	ck_assert_uint_eq(is_policy("p"), targets[_i].can);
	ck_assert_ptr_nonnull(
		strstr(output, targets[_i].can ? "\nallow " : "no target of a policy: "));
}
END_TEST

START_TEST(nothing_is_a_policy_too)
{
	command_write("x.json", "");
	ck_assert_int_eq(LEARN("x.json"), 0);
	ck_assert_uint_eq(is_policy("p"), 0);
	ck_assert_ptr_nonnull(strstr(output, "have been: 0 times\n"));
}
END_TEST

START_TEST(frames_without_a_reason_are_said)
{
	make_traffic();
	ck_assert_int_eq(LEARN("traffic.pcapng"), 0);
	ck_assert_uint_eq(is_policy("p"), 0);
	ck_assert_ptr_nonnull(strstr(output, "\n# frames of captures that do not say why they were "
					     "blocked (vde_egress replay -w does): 12 times, "));
}
END_TEST

START_TEST(damaged_records_end_in_peace)
{
	uint32_t state = 0x9e3779b9u + (uint32_t)_i;
	char *bytes;
	size_t n;

	make_record();
	bytes = folder_read("x.pcapng", &n);
	for (int round = 0; round < 60; round++) {
		char *copy = malloc(n);

		memcpy(copy, bytes, n);
		for (int i = 0; i < 1 + round % 16; i++) {
			state = state * 1664525 + 1013904223;
			copy[(state >> 8) % n] = (char)(state >> 24);
		}
		folder_write("y.pcapng", copy, round % 4 ? n : n - (state >> 8) % n);
		free(copy);
		LEARN("y.pcapng");
		command_is_plain();
		is_policy("p");
	}
	free(bytes);
}
END_TEST

START_TEST(fault_in_the_input_is_status_1_and_the_rest_is_used)
{
	command_write("x.json", events);
	ck_assert_int_eq(LEARN("x.json", "nothing"), 1);
	ck_assert_str_eq(complaint, "vde_egress: nothing: No such file or directory\n");
	ck_assert_uint_eq(is_policy("p"), 2);
	ck_assert_int_eq(LEARN("nothing"), 1);
	ck_assert_str_eq(output, "");
}
END_TEST

static const char *const usages[][3] = { { NULL }, { "--nothing", "x" }, { "-", "-" } };

START_TEST(wrong_command_line_is_status_2)
{
	const char *arguments[5] = { "learn" };

	memcpy(arguments + 1, usages[_i], sizeof(usages[_i]));
	ck_assert_int_eq(command_run(eg_command_learn, arguments), 2);
	ck_assert_str_eq(output, "");
}
END_TEST

static TCase *policy_case(void)
{
	TCase *c = tcase_create("policy");

	tcase_add_test(c, each_want_is_a_line_with_what_asked_for_it);
	tcase_add_test(c, server_that_is_not_known_or_can_be_none_is_said_to_be);
	tcase_add_test(c, it_is_a_policy);
	tcase_add_test(c, connection_to_a_resolver_is_no_target);
	tcase_add_loop_test(c, what_was_blocked_passes_under_it, 0, 2);
	tcase_add_test(c, events_are_a_source);
	tcase_add_test(c, events_of_suricata_are_a_source);
	tcase_add_test(c, order_of_files_does_not_matter);
	tcase_add_test(c, many_names_of_a_domain_are_a_hint_and_no_wildcard);
	tcase_add_loop_test(c, names_make_no_lines, 0, sizeof(injections) / sizeof(injections[0]));
	tcase_add_loop_test(c, targets_are_lines_where_a_policy_can_name_them, 0,
			    sizeof(targets) / sizeof(targets[0]));
	tcase_add_test(c, nothing_is_a_policy_too);
	tcase_add_test(c, frames_without_a_reason_are_said);
	tcase_add_loop_test(c, damaged_records_end_in_peace, 0, 10);
	tcase_add_test(c, fault_in_the_input_is_status_1_and_the_rest_is_used);
	tcase_add_loop_test(c, wrong_command_line_is_status_2, 0,
			    sizeof(usages) / sizeof(usages[0]));
	return c;
}

int main(void)
{
	Suite *s = suite_create("learn");
	TCase *c = policy_case();
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(c, command_setup, command_teardown);
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
