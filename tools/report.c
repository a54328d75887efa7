/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vde_egress report: who tried what. */
#include "commands.h"
#include "outfile.h"
#include "print.h"
#include "reason.h"
#include "say.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Rows of a sheet where nobody says how many, and names below one parent. */
enum { TOP_TEXT = 20, TOP_PAGE = 1000, GROUP = 100 };

enum form { FORM_TEXT, FORM_JSON, FORM_CSV, FORM_PAGE, FORMS };

struct options {
	enum form form;
	bool form_said;
	enum eg_sheet_kind sheet; /* CSV */
	const char *out;          /* "-": standard output */
	bool top_said;
	uint64_t top, group;
	uint64_t since, until;
	const char *reason;
	bool progress;
	uint64_t now; /* what ages are counted from */
};

static int print_help(void)
{
	puts("Usage: vde_egress report [OPTION]... FILE...\n"
	     "Who tried what: by reason, destination and name, from captures (.pcapng, .pcap) and\n"
	     "files of events. Any number of them, in any order; - is standard input.\n"
	     "\n"
	     "  --json            one JSON object\n"
	     "  --csv[=SHEET]     one table: destinations (default), names, reasons, flows, "
	     "guests\n"
	     "  --html OUT        a page to look at, that needs nothing else; - is standard "
	     "output\n"
	     "  --top N           rows of a table (0: all); 20 in text, 1000 on a page, else "
	     "all\n"
	     "  --group N         show more than N names below one as one row (default 100; 0: "
	     "never)\n"
	     "  --since TIME      from then on: 2026-11-24, \"2026-11-24 11:03\" (UTC), @SECONDS,\n"
	     "                    or an age: 30m, 12h, 7d\n"
	     "  --until TIME      before then\n"
	     "  --reason REASON   only what was blocked for it; - is what has none\n"
	     "  --progress        say how far it is, even where stderr is no terminal\n"
	     "  --help\n"
	     "\n"
	     "Exit status: 0 done, 1 some of the input could not be used, 2 a wrong command line.");
	return EG_EXIT_GOOD;
}

/*
 * Options
 */

static bool choose(struct options *o, enum form form)
{
	if (o->form_said)
		return false;
	o->form = form;
	o->form_said = true;
	return true;
}

static int set_json(struct options *o, const char *value)
{
	(void)value;
	return choose(o, FORM_JSON) ? 0 : eg_say_usage("--json: there is another form already");
}

static int set_csv(struct options *o, const char *value)
{
	if (!choose(o, FORM_CSV))
		return eg_say_usage("--csv: there is another form already");
	o->sheet = value ? eg_sheet_find(value) : EG_SHEET_DESTINATIONS;
	return o->sheet < EG_SHEETS ? 0 : eg_say_usage("--csv: no table \"%s\"", value);
}

static int set_html(struct options *o, const char *value)
{
	o->out = value;
	return choose(o, FORM_PAGE) ? 0 : eg_say_usage("--html: there is another form already");
}

static int set_number(uint64_t *number, const char *option, const char *value)
{
	if (eg_finding_number(value, strlen(value), UINT32_MAX, number))
		return 0;
	return eg_say_usage("%s: \"%s\" is no number", option, value);
}

static int set_top(struct options *o, const char *value)
{
	o->top_said = true;
	return set_number(&o->top, "--top", value);
}

static int set_group(struct options *o, const char *value)
{
	return set_number(&o->group, "--group", value);
}

static int set_since(struct options *o, const char *value)
{
	if (eg_moment_parse_option(value, o->now, &o->since))
		return 0;
	return eg_say_usage("--since: \"%s\" is no time", value);
}

static int set_until(struct options *o, const char *value)
{
	if (eg_moment_parse_option(value, o->now, &o->until))
		return 0;
	return eg_say_usage("--until: \"%s\" is no time", value);
}

static int set_reason(struct options *o, const char *value)
{
	bool known = strcmp(value, "-") == 0;

	for (unsigned int r = EG_R_NONE + 1; r < EG_REASON_COUNT; r++)
		known = known || strcmp(value, eg_reason_word((enum eg_reason)r)) == 0;
	o->reason = value;
	return known ? 0 : eg_say_usage("--reason: there is no reason \"%s\"", value);
}

static int set_progress(struct options *o, const char *value)
{
	(void)value;
	o->progress = true;
	return 0;
}

static const struct setter {
	int (*set)(struct options *o, const char *value);
} setters[] = {
	{ set_json },  { set_csv },   { set_html },   { set_top },      { set_group },
	{ set_since }, { set_until }, { set_reason }, { set_progress },
};

/* In the order of the setters. */
static const struct option long_options[] = {
	{ "json", no_argument, NULL, 0 },
	{ "csv", optional_argument, NULL, 1 },
	{ "html", required_argument, NULL, 2 },
	{ "top", required_argument, NULL, 3 },
	{ "group", required_argument, NULL, 4 },
	{ "since", required_argument, NULL, 5 },
	{ "until", required_argument, NULL, 6 },
	{ "reason", required_argument, NULL, 7 },
	{ "progress", no_argument, NULL, 8 },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Returns -1 where there is a report to be made, else what to exit with. */
static int parse_options(struct options *o, int argc, char **argv)
{
	int c, rc;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (c == 'h')
			return print_help();
		if (c == ':')
			return eg_say_usage("%s: a value is missing", argv[optind - 1]);
		if (c == '?')
			return eg_say_usage("report: no option \"%s\"", argv[optind - 1]);
		rc = setters[c].set(o, optarg);
		if (rc)
			return rc;
	}
	if (optind == argc)
		return eg_say_usage("report: a file is missing");
	return -1;
}

/*
 * The report
 */

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

static size_t top_of(const struct options *o)
{
	static const size_t usual[FORMS] = { [FORM_TEXT] = TOP_TEXT, [FORM_PAGE] = TOP_PAGE };

	return o->top_said ? (size_t)o->top : usual[o->form];
}

static bool make_nonce(char nonce[33])
{
	uint8_t random[16];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return false;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	return true;
}

static void print_form(FILE *out, const struct eg_print *p, const struct options *o)
{
	switch (o->form) {
	case FORM_JSON:
		eg_print_json(out, p);
		break;
	case FORM_CSV:
		eg_print_csv(out, p, o->sheet);
		break;
	case FORM_PAGE:
		eg_print_page(out, p);
		break;
	default:
		eg_print_text(out, p);
	}
}

static int write_out(const struct eg_print *p, const struct options *o)
{
	struct eg_outfile file;
	int rc = eg_outfile_open(&file, o->out);

	if (rc == 0) {
		print_form(file.stream, p, o);
		rc = eg_outfile_done(&file);
	}
	if (rc == 0)
		return EG_EXIT_GOOD;
	eg_say("%s cannot be written: %s", strcmp(o->out, "-") ? o->out : "standard output",
	       strerror(-rc));
	return EG_EXIT_FAULT;
}

/* Print T, which is complete. */
static int print_tally(struct eg_tally *t, const struct eg_intake *in, const struct options *o)
{
	struct eg_print *p = calloc(1, sizeof(*p));
	char nonce[33];
	bool good = p && make_nonce(nonce);
	int status = EG_EXIT_FAULT;

	if (o->group)
		eg_table_gather(&t->names, (size_t)o->group);
	if (o->form == FORM_PAGE)
		eg_timeline_narrow(&t->timeline, EG_PRINT_PAGE_BINS);
	for (int kind = 0; good && kind < EG_SHEETS; kind++)
		good = eg_sheet_make(&p->sheets[kind], (enum eg_sheet_kind)kind, t, top_of(o));
	if (good) {
		p->tally = t;
		p->intake = in;
		p->nonce = nonce;
		p->colour = o->form == FORM_TEXT && wants_colour();
		eg_facts(t, p->facts);
		p->one_day = eg_moment_one_day(p->facts[EG_FACT_FIRST].number,
					       p->facts[EG_FACT_LAST].number);
		status = write_out(p, o);
	} else {
		eg_say("no memory for the report");
	}
	for (int kind = 0; p && kind < EG_SHEETS; kind++)
		eg_sheet_free(&p->sheets[kind]);
	free(p);
	return status;
}

static void add(void *tally, const struct eg_finding *f)
{
	eg_tally_add(tally, f);
}

/* Whether IN, which has run, has what O's form is made of. Nothing is printed of no files, but as
 * JSON, which names what was wrong with them. A page takes the place of one that may know more: it
 * is made of all files or not at all. */
static bool is_worth_printing(const struct eg_intake *in, const struct options *o)
{
	size_t unread = eg_intake_unread(in);

	if (o->form == FORM_PAGE && strcmp(o->out, "-") != 0 && unread > 0) {
		eg_say("%s is not written: not all files could be read", o->out);
		return false;
	}
	return o->form == FORM_JSON || unread < in->count;
}

static int report(struct eg_intake *in, const struct options *o)
{
	struct eg_tally *t = eg_tally_new();
	bool all;
	int status;

	if (!t || getrandom(&in->twins.seed, sizeof(in->twins.seed), 0) < 0) {
		eg_tally_free(t);
		eg_say("no memory for the report");
		return EG_EXIT_FAULT;
	}
	eg_progress_init(&in->progress, o->progress);
	all = eg_intake_run(in, add, t);
	eg_intake_say(in);
	status = is_worth_printing(in, o) ? print_tally(t, in, o) : EG_EXIT_FAULT;
	eg_tally_free(t);
	return all ? status : EG_EXIT_FAULT;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int eg_command_report(int argc, char **argv)
{
	struct options o = { .out = "-", .group = GROUP, .until = EG_MOMENT_NONE };
	struct eg_intake in = { 0 };
	int status;

	o.now = now_ns();
	status = parse_options(&o, argc, argv);
	if (status >= 0)
		return status;
	if (eg_intake_says_twice(argv + optind, (size_t)(argc - optind)))
		return eg_say_usage("report: standard input is given twice");
	if (!eg_intake_give(&in, argv + optind, (size_t)(argc - optind))) {
		eg_say("no memory for the report");
		return EG_EXIT_FAULT;
	}
	in.since = o.since;
	in.until = o.until;
	in.reason = o.reason;
	status = report(&in, &o);
	eg_intake_free(&in);
	return status;
}
