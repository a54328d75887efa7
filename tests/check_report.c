/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole command, on small records: exactly what comes out. */
#include "captures.h"
#include "commands.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS UINT64_C(1000000000)
#define AT UINT64_C(1795518234) /* 2026-11-24 11:03:54 UTC */

enum { OUTPUT_MAX = 1 << 20, FILES = 4 };

static char folder[] = "/tmp/check_report.XXXXXX";
static struct captures file;
static char paths[FILES][64];
static size_t count;
static char out[OUTPUT_MAX], err[4096];
static char sources[4096]; /* the top of the tree */

static void setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void teardown(void)
{
	for (size_t i = 0; i < count; i++)
		unlink(paths[i]);
	unlink("stdout");
	unlink("stderr");
	unlink("page.html");
	if (chdir("/") == 0)
		rmdir(folder);
	captures_free(&file);
}

/* Write what was made so far to NAME. */
static void save(const char *name)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	if (file.n) /* else there is nowhere to write from */
		ck_assert_uint_eq(fwrite(file.p, 1, file.n, f), file.n);
	fclose(f);
	captures_free(&file);
	snprintf(paths[count++], sizeof(paths[0]), "%s", name);
}

static void slurp(const char *name, char *text, size_t size)
{
	FILE *f = fopen(name, "r");

	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

/* Have descriptor FD write to NAME. Returns what it was. */
static int divert(int fd, const char *name)
{
	int saved = dup(fd), to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(to, 0);
	dup2(to, fd);
	close(to);
	return saved;
}

/* Run "report ARGUMENT..." (NULL ends them). Returns its status; out and err have what it wrote. */
static int report(const char *const *arguments)
{
	char *argv[16] = { (char *)(uintptr_t) "report" };
	int argc = 1, status, saved[2];

	for (; arguments[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
	fflush(NULL);
	saved[0] = divert(STDOUT_FILENO, "stdout");
	saved[1] = divert(STDERR_FILENO, "stderr");
	status = eg_command_report(argc, argv);
	fflush(NULL);
	dup2(saved[0], STDOUT_FILENO);
	dup2(saved[1], STDERR_FILENO);
	close(saved[0]);
	close(saved[1]);
	slurp("stdout", out, sizeof(out));
	slurp("stderr", err, sizeof(err));
	return status;
}

#define REPORT(...) report((const char *const[]){ __VA_ARGS__, NULL })

static void packet(uint64_t ns, const char *comment)
{
	captures_packet(&file, 0, AT * NS + ns, "frame", 5, comment, 2);
}

/* Two guests: one with a capture, one in mode monitor with events. */
static void make_records(void)
{
	static const char events[] =
		"{\"timestamp\":\"2026-11-24T11:03:56.000000+0000\",\"event_type\":\"drop\",\"vm\":"
		"\"web-2\","
		"\"dest_ip\":\"192.0.2.1\",\"dest_port\":443,\"proto\":\"TCP\",\"reason\":\"tcp-"
		"new\","
		"\"verdict\":{\"action\":\"alert\"}}\n"
		"{\"timestamp\":\"2026-11-24T11:03:57.000000+0000\",\"event_type\":\"dns\",\"vm\":"
		"\"web-2\","
		"\"dest_ip\":\"10.0.2.3\",\"dest_port\":53,\"proto\":\"UDP\",\"dns\":{\"rrname\":"
		"\"mirror.example.org\",\"rrtype\":\"A\"},\"verdict\":{\"action\":\"pass\"}}\n"
		"{\"timestamp\":\"2026-11-24T11:03:58.000000+0000\",\"event_type\":\"flow_start\","
		"\"vm\":\"web-2\","
		"\"dest_ip\":\"10.0.2.15\",\"dest_port\":22,\"proto\":\"TCP\",\"flow\":{}}\n"
		"{\"timestamp\":\"2026-11-24T11:03:59.000000+0000\",\"event_type\":\"flow\",\"vm\":"
		"\"web-2\","
		"\"dest_ip\":\"10.0.2.15\",\"dest_port\":22,\"proto\":\"TCP\",\"flow\":"
		"{\"bytes_toserver\":100,\"bytes_toclient\":2000}}\n";

	captures_section(&file);
	captures_interface(&file, "build-7", 9);
	packet(0, "egress verdict=block reason=tcp-new rule=allow proto=tcp src=10.0.2.15 "
		  "sport=40000 "
		  "dst=192.0.2.1 dport=443");
	packet(0, "egress verdict=answer answer=rst reason=tcp-new");
	packet(1 * NS, "egress verdict=block reason=dns-name rule=resolve proto=udp dst=10.0.2.3 "
		       "dport=53 name=evil.example.org qtype=TXT");
	packet(2 * NS, "egress note=suppressed count=40 reason=tcp-new proto=tcp dst=192.0.2.1 "
		       "dport=443 first=1795518234.0 last=1795518236.0");
	packet(2 * NS, "egress verdict=block reason=icmp proto=icmp dst=fd00::2 type=8 code=0");
	save("x.pcapng");
	captures_bytes(&file, events, sizeof(events) - 1);
	save("x.json");
}

/* OUT is exactly what is in tests/report/NAME. What it is instead is left in a file to be compared.
 */
static void is_as_in(const char *name)
{
	static char expected[OUTPUT_MAX];
	char path[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/report/%s", sources, name);
	slurp(path, expected, sizeof(expected));
	if (strcmp(out, expected) == 0)
		return;
	snprintf(path, sizeof(path), "/tmp/check_report.%s", name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(out, f);
	fclose(f);
	ck_abort_msg("diff %s/tests/report/%s %s", sources, name, path);
}

/* An event of Suricata's at second S, from port PORT to 192.0.2.7:443, with REST. */
static void suricata(unsigned s, unsigned port, const char *rest)
{
	char line[1024];

	snprintf(line, sizeof(line),
		 "{\"timestamp\":\"2026-11-24T11:04:%02u.000001+0000\",\"src_ip\":\"10.0.2.15\","
		 "\"src_port\":%u,\"dest_ip\":\"192.0.2.7\",\"dest_port\":443,\"proto\":\"TCP\","
		 "\"direction\":\"to_server\",%s}\n",
		 s, port, rest);
	captures_bytes(&file, line, strlen(line));
}

#define DNS3                                                                                       \
	"\"dns\":{\"version\":3,\"type\":\"request\",\"queries\":[{\"rrname\":\"b.example.org\","  \
	"\"rrtype\":\"A\"}]}"

static void make_suricata(void)
{
	static const char
		drop[] = "\"event_type\":\"drop\",\"drop\":{\"len\":60}",
		alert[] = "\"event_type\":\"alert\",\"alert\":{\"action\":\"blocked\"},"
			  "\"verdict\":{\"action\":\"drop\"}",
		anomaly[] = "\"event_type\":\"anomaly\",\"anomaly\":{\"type\":\"decode\"}",
		query[] = "\"event_type\":\"dns\",\"dns\":{\"version\":2,\"type\":\"query\","
			  "\"rrname\":\"a.example.org\",\"rrtype\":\"A\"}";

	/* One frame: two rules, and the drop. */
	suricata(1, 40000, alert);
	suricata(1, 40000, alert);
	suricata(1, 40000, drop);
	suricata(1, 40001, drop);
	suricata(2, 40000, drop);
	suricata(3, 40002, anomaly);
	suricata(4, 40003, query);
	/* The same frame: it did not pass. */
	suricata(5, 40004, "\"event_type\":\"alert\",\"verdict\":{\"action\":\"drop\"}," DNS3);
	suricata(5, 40004, "\"event_type\":\"dns\"," DNS3);
	suricata(6, 40005, "\"event_type\":\"dns\"," DNS3);
	save("eve.json");
}

START_TEST(events_of_suricata_are_reported_and_the_rest_is_said)
{
	make_suricata();
	ck_assert_int_eq(REPORT("--json", "eve.json"), 0);
	ck_assert_msg(strstr(out, "\"blocked\":4,\"would_block\":0,\"unmarked\":0,") != NULL, "%s",
		      out);
	ck_assert_ptr_nonnull(strstr(out, "\"names\":2,"));
	ck_assert_ptr_nonnull(strstr(out, "\"queries_passed\":2,"));
	ck_assert_ptr_nonnull(strstr(out, "\"found\":10,\"told_by_events\":0,\"left_out\":0,"
					  "\"told_again\":3,\"meaningless\":1,"));
	ck_assert_str_eq(err, "vde_egress: eve.json: 1 of 10 lines have no meaning here\n");
}
END_TEST

START_TEST(events_without_any_meaning_are_a_fault)
{
	suricata(1, 1, "\"event_type\":\"anomaly\"");
	suricata(1, 1, "\"event_type\":\"tls\"");
	save("eve.json");
	ck_assert_int_eq(REPORT("--json", "eve.json"), 1);
	ck_assert_str_eq(err, "vde_egress: eve.json: has no line that has a meaning here\n");
}
END_TEST

static const struct {
	const char *option, *expected;
} forms[] = {
	{ "--top=20", "two-guests.txt" },
	{ "--json", "two-guests.json" },
	{ "--csv", "two-guests.csv" },
	{ "--csv=names", "two-guests.names.csv" },
	{ "--csv=reasons", "two-guests.reasons.csv" },
	{ "--csv=flows", "two-guests.flows.csv" },
	{ "--csv=guests", "two-guests.guests.csv" },
};

START_TEST(every_form_says_the_same)
{
	make_records();
	ck_assert_int_eq(REPORT(forms[_i].option, "x.pcapng", "x.json"), 0);
	ck_assert_str_eq(err, "");
	is_as_in(forms[_i].expected);
}
END_TEST

/* Whatever can stand in a record: tags, quotes, control sequences, another direction of writing,
 * formulas, the end of a script. */
static void make_hostile(void)
{
	static const char events[] =
		"{\"timestamp\":\"2026-11-24T11:03:56.000000+0000\",\"event_type\":\"dns\","
		"\"vm\":\"<img src=x "
		"onerror=alert(1)>\",\"dest_ip\":\"192.0.2.1\",\"dest_port\":53,"
		"\"proto\":\"UDP\",\"reason\":\"=cmd|'/c calc'!A1\",\"dns\":{\"rrname\":"
		"\"\\u0000\\u001b]0;x\\u0007\\u202e\\u2028</script><script>alert(1)</"
		"script>\\n\\\"'\","
		"\"rrtype\":\"@A\"},\"verdict\":{\"action\":\"drop\"}}\n"
		"{\"event_type\":\"dns\",\"reason\":\"-1+1\",\"dns\":{\"rrname\":\"+x.example."
		"org\"},"
		"\"verdict\":{\"action\":\"drop\"}}\n";

	captures_section(&file);
	captures_interface(&file, "\x1b[31mred\x1b[0m\"onmouseover=\"alert(1)", 9);
	packet(0, "egress verdict=block reason=<b>\x1b[2J proto=tcp dst=192.0.2.1 dport=443 "
		  "name==HYPERLINK(\"http://x\",\"y\")");
	packet(1 * NS, "egress verdict=block reason=\xff\xfe proto=udp "
		       "name=\xe2\x80\xae\xc3(.\"><svg/onload=alert(1)> "
		       "qtype=<!--");
	packet(2 * NS, "egress verdict=block reason=' proto=<tcp> dst=<dst> dport=-5\r\n\t");
	save("<x>&\x1b.pcapng");
	captures_bytes(&file, events, sizeof(events) - 1);
	save("x.json");
}

static const struct {
	const char *option, *expected;
} hostile[] = {
	{ "--top=20", "hostile.txt" },
	{ "--json", "hostile.json" },
	{ "--csv", "hostile.csv" },
	{ "--csv=names", "hostile.names.csv" },
};

START_TEST(nothing_hostile_comes_out)
{
	make_hostile();
	ck_assert_int_eq(REPORT(hostile[_i].option, "<x>&\x1b.pcapng", "x.json"), 0);
	for (const char *p = out; *p; p++)
		ck_assert((*p >= ' ' && *p <= '~') || *p == '\n' || *p == '\r');
	is_as_in(hostile[_i].expected);
}
END_TEST

static int occurrences(const char *word)
{
	int n = 0;

	for (const char *p = out; (p = strstr(p, word)); p++)
		n++;
	return n;
}

START_TEST(nothing_hostile_gets_into_a_page)
{
	static const char *const never[] = { "<img",         "<svg/", "<b>",  "alert(1)</script>",
					     "<!--",         "\x1b",  "\xe2", "onload=alert(1)>",
					     "\"onmouseover" };

	make_hostile();
	ck_assert_int_eq(REPORT("--html", "-", "<x>&\x1b.pcapng", "x.json"), 0);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		ck_assert_msg(occurrences(never[i]) == 0, "%s", never[i]);
	ck_assert_int_eq(occurrences("<script"), 1);
	ck_assert_int_eq(occurrences("</script>"), 1);
	ck_assert_int_eq(occurrences("<style"), 1);
	ck_assert_int_ge(occurrences("&lt;img src=x onerror=alert(1)&gt;"), 1);
	ck_assert_int_ge(occurrences("&lt;/script&gt;&lt;script&gt;alert(1)"), 1);
	ck_assert_int_ge(occurrences("&quot;onmouseover=&quot;alert(1)"), 1);
}
END_TEST

START_TEST(page_needs_nothing_else_and_has_a_policy)
{
	char nonce[64], *p;

	make_records();
	ck_assert_int_eq(REPORT("--html", "page.html", "x.pcapng", "x.json"), 0);
	ck_assert_str_eq(out, "");
	slurp("page.html", out, sizeof(out));
	ck_assert_int_eq(occurrences("src=\""), 0);
	ck_assert_int_eq(occurrences("http:"), 0);
	ck_assert_int_eq(occurrences("https:"), 0);
	ck_assert_int_eq(occurrences("@import"), 0);
	ck_assert_int_eq(occurrences("url("), 0);
	ck_assert_int_eq(occurrences(" style=\""), 0);
	ck_assert_int_eq(occurrences("default-src 'none'"), 1);
	p = strstr(out, "script-src 'nonce-");
	ck_assert_ptr_nonnull(p);
	snprintf(nonce, sizeof(nonce), "<script nonce=\"%.32s\">",
		 p + strlen("script-src 'nonce-"));
	ck_assert_int_eq(occurrences(nonce), 1);
	/* Another each time. */
	ck_assert_int_eq(REPORT("--html", "-", "x.pcapng"), 0);
	ck_assert_int_eq(occurrences(nonce), 0);
}
END_TEST

START_TEST(page_says_all_without_a_script)
{
	static const char *const words[] = {
		"<h1>What 2 guests tried</h1>",
		"<dt>blocked</dt><dd>3</dd>",
		"<dt>suppressed</dt><dd>40</dd>",
		"<td class=\"a\">192.0.2.1</td>",
		">evil.example.org</td>",
		">mirror.example.org</td>",
		"<title>2026-11-24 11:03:56\n41 tcp-new\n1 icmp</title>",
		"the guest tried to open a TCP connection",
		"Read from x.pcapng, x.json.",
	};

	make_records();
	ck_assert_int_eq(REPORT("--html", "-", "x.pcapng", "x.json"), 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		ck_assert_msg(occurrences(words[i]) >= 1, "%s", words[i]);
	ck_assert_int_eq(occurrences("<form id=\"filter\" role=\"search\" hidden>"), 1);
}
END_TEST

START_TEST(report_of_nothing_says_so)
{
	save("x.pcapng");
	ck_assert_int_eq(REPORT("x.pcapng"), 0);
	ck_assert_str_eq(out, "         0  blocked\n         0  suppressed\n         0  lost\n"
			      "         0  destinations\n         0  names\n");
	ck_assert_int_eq(REPORT("--html", "-", "x.pcapng"), 0);
	ck_assert_int_eq(occurrences("Nothing was tried."), 1);
	ck_assert_int_eq(REPORT("--csv", "x.pcapng"), 0);
	ck_assert_int_eq(occurrences("\r\n"), 1);
}
END_TEST

START_TEST(top_says_how_much_more_there_is)
{
	make_records();
	ck_assert_int_eq(REPORT("--top", "1", "x.pcapng", "x.json"), 0);
	ck_assert_ptr_nonnull(strstr(out, "\nand 3 more destinations with 3 tries\n"));
	ck_assert_ptr_nonnull(strstr(out, "\nand 1 more names with 0 tries\n"));
	ck_assert_int_eq(occurrences("more reasons"), 0);
	ck_assert_int_eq(REPORT("--top", "0", "x.pcapng", "x.json"), 0);
	ck_assert_int_eq(occurrences(" more "), 0);
}
END_TEST

START_TEST(many_names_below_one_are_one_row)
{
	char comment[128];

	captures_section(&file);
	captures_interface(&file, "a", 9);
	for (int i = 0; i < 150; i++) {
		snprintf(comment, sizeof(comment),
			 "egress verdict=block reason=dns-name proto=udp name=%d.t.example.org "
			 "qtype=A",
			 i);
		packet(0, comment);
	}
	save("x.pcapng");
	ck_assert_int_eq(REPORT("--csv=names", "x.pcapng"), 0);
	ck_assert_int_eq(occurrences("\r\n"), 2);
	ck_assert_int_eq(occurrences("\r\na,*.t.example.org,150,A,150,150,0,0,0,0,dns-name,"), 1);
	ck_assert_int_eq(REPORT("--group", "150", "--csv=names", "x.pcapng"), 0);
	ck_assert_int_eq(occurrences("\r\n"), 151);
	ck_assert_int_eq(REPORT("--group", "0", "--csv=names", "x.pcapng"), 0);
	ck_assert_int_eq(occurrences("\r\n"), 151);
}
END_TEST

START_TEST(filters_choose)
{
	make_records();
	ck_assert_int_eq(REPORT("--csv", "--reason", "icmp", "x.pcapng", "x.json"), 0);
	ck_assert_int_eq(occurrences("\r\n"), 2);
	ck_assert_int_eq(occurrences("fd00::2"), 1);
	ck_assert_int_eq(REPORT("--csv", "--since", "2026-11-24T11:03:55Z", "--until",
				"@1795518236", "x.pcapng", "x.json"),
			 0);
	ck_assert_int_eq(occurrences("\r\n"), 2);
	ck_assert_int_eq(occurrences("10.0.2.3"), 1);
}
END_TEST

START_TEST(fault_in_the_input_is_status_1_and_the_rest_is_reported)
{
	make_records();
	ck_assert_int_eq(REPORT("--csv", "x.pcapng", "missing\x1b.pcapng"), 1);
	ck_assert_str_eq(err, "vde_egress: missing\\x1b.pcapng: No such file or directory\n");
	ck_assert_int_eq(occurrences("\r\n"), 4);
}
END_TEST

/* The page that stands there knows more. */
START_TEST(page_is_left_alone_where_a_file_cannot_be_read)
{
	static char good[OUTPUT_MAX], now[OUTPUT_MAX];

	make_records();
	ck_assert_int_eq(REPORT("--html", "page.html", "x.pcapng"), 0);
	slurp("page.html", good, sizeof(good));
	ck_assert_int_eq(REPORT("--html", "page.html", "missing.json"), 1);
	slurp("page.html", now, sizeof(now));
	ck_assert(strcmp(now, good) == 0);
	ck_assert_int_eq(REPORT("--html", "page.html", "x.json", "missing.json"), 1);
	slurp("page.html", now, sizeof(now));
	ck_assert(strcmp(now, good) == 0);
	ck_assert_str_eq(err,
			 "vde_egress: missing.json: No such file or directory\n"
			 "vde_egress: page.html is not written: not all files could be read\n");
}
END_TEST

START_TEST(nothing_is_reported_of_files_that_cannot_be_read)
{
	static const char *const options[] = { "--top=3", "--csv", "--html=-", "--html=page.html" };

	ck_assert_int_eq(REPORT(options[_i], "missing", "."), 1);
	ck_assert_int_eq((int)strlen(out), 0);
	ck_assert_int_ne(access("page.html", F_OK), 0);
	ck_assert_ptr_nonnull(strstr(err, "vde_egress: missing: No such file or directory\n"));
}
END_TEST

/* A program that reads JSON finds there what was wrong. */
START_TEST(json_says_which_files_cannot_be_read)
{
	ck_assert_int_eq(REPORT("--json", "missing"), 1);
	ck_assert_ptr_nonnull(strstr(out, "\"trouble\":\"No such file or directory\""));
}
END_TEST

START_TEST(output_that_cannot_be_written_is_status_1)
{
	make_records();
	ck_assert_int_eq(REPORT("--html", "/nonexistent/x.html", "x.pcapng"), 1);
	ck_assert_str_eq(err, "vde_egress: /nonexistent/x.html cannot be written: No such file or "
			      "directory\n");
	ck_assert_int_eq(REPORT("--html", "/dev/full", "x.pcapng"), 1);
}
END_TEST

static const struct {
	const char *arguments[4];
	const char *what;
} usages[] = {
	{ { NULL }, "report: a file is missing" },
	{ { "--json" }, "report: a file is missing" },
	{ { "--colour", "x" }, "report: no option \"--colour\"" },
	{ { "--html" }, "--html: a value is missing" },
	{ { "--json", "--csv", "x" }, "--csv: there is another form already" },
	{ { "--html", "y", "--json", "x" }, "--json: there is another form already" },
	{ { "--csv=hosts", "x" }, "--csv: no table \"hosts\"" },
	{ { "--top", "few", "x" }, "--top: \"few\" is no number" },
	{ { "--top", "4294967296", "x" }, "--top: \"4294967296\" is no number" },
	{ { "--group", "-1", "x" }, "--group: \"-1\" is no number" },
	{ { "--since", "noon", "x" }, "--since: \"noon\" is no time" },
	{ { "--until", "2026-02-30", "x" }, "--until: \"2026-02-30\" is no time" },
	{ { "--reason", "tcp", "x" }, "--reason: there is no reason \"tcp\"" },
	{ { "-", "-" }, "report: standard input is given twice" },
};

START_TEST(wrong_command_line_is_status_2)
{
	char line[128];

	snprintf(line, sizeof(line), "vde_egress: %s\nTry 'vde_egress --help'.\n", usages[_i].what);
	ck_assert_int_eq(report(usages[_i].arguments), 2);
	ck_assert_str_eq(err, line);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(help_is_help)
{
	ck_assert_int_eq(REPORT("--help"), 0);
	ck_assert_int_eq(strncmp(out, "Usage: vde_egress report ", 25), 0);
	ck_assert_str_eq(err, "");
}
END_TEST

static TCase *forms_case(void)
{
	TCase *c = tcase_create("forms");

	tcase_add_loop_test(c, every_form_says_the_same, 0, sizeof(forms) / sizeof(forms[0]));
	tcase_add_loop_test(c, nothing_hostile_comes_out, 0, sizeof(hostile) / sizeof(hostile[0]));
	tcase_add_test(c, nothing_hostile_gets_into_a_page);
	tcase_add_test(c, page_needs_nothing_else_and_has_a_policy);
	tcase_add_test(c, page_says_all_without_a_script);
	tcase_add_test(c, report_of_nothing_says_so);
	return c;
}

static TCase *options_case(void)
{
	TCase *c = tcase_create("options");

	tcase_add_test(c, events_of_suricata_are_reported_and_the_rest_is_said);
	tcase_add_test(c, events_without_any_meaning_are_a_fault);
	tcase_add_test(c, top_says_how_much_more_there_is);
	tcase_add_test(c, many_names_below_one_are_one_row);
	tcase_add_test(c, filters_choose);
	tcase_add_test(c, fault_in_the_input_is_status_1_and_the_rest_is_reported);
	tcase_add_test(c, page_is_left_alone_where_a_file_cannot_be_read);
	tcase_add_loop_test(c, nothing_is_reported_of_files_that_cannot_be_read, 0, 4);
	tcase_add_test(c, json_says_which_files_cannot_be_read);
	tcase_add_test(c, output_that_cannot_be_written_is_status_1);
	tcase_add_loop_test(c, wrong_command_line_is_status_2, 0,
			    sizeof(usages) / sizeof(usages[0]));
	tcase_add_test(c, help_is_help);
	return c;
}

int main(void)
{
	const char *from = getenv("top_srcdir");
	Suite *s = suite_create("report");
	TCase *cases[] = { forms_case(), options_case() };
	SRunner *runner;
	int failed;

	if (!realpath(from ? from : ".", sources))
		return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tcase_add_checked_fixture(cases[i], setup, teardown);
		suite_add_tcase(s, cases[i]);
	}
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
