/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the bench share.
 *
 * Terms
 *   batch   frames that were made in advance and are sent or received in one go, between
 *           two looks at the clock
 *   slice   what a cell does in one round: some batches, of which the median counts
 *   cell    one thing that is measured, as in "1 k flows, 64 bytes, sent"
 *   round   one slice of each cell: what drifts, drifts for all of them
 *   row     a line of the table: a cell, compared with others of the same rounds
 *   figure  what one process found for one line of a table, in one round where there are rounds
 */
#ifndef BENCH_H
#define BENCH_H

#include "peer.h"

#include <libvdeplug.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * stats.c
 */

/* The value below which the part Q (0 to 1) of the N values at V lies; sorts V. */
double quantile(double *v, size_t n, double q);

/* Nanoseconds of a clock that only goes forward. */
double clock_ns(void);

/* Random enough for an order, and the same in each run. */
uint32_t draw(void);

/*
 * plug.c: connections, through the real libvdeplug
 */

enum { BATCH = 64, FRAME_SIZE = 1600 /* an odd number of cache lines */ };
#define ANY SIZE_MAX

/* One batch; the bytes are its own. */
struct batch {
	size_t count;
	struct peer_frame frames[BATCH];
	uint8_t bytes[BATCH][FRAME_SIZE];
};

enum way { SENT, RECEIVED };

/* End the bench, with a line that says why. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* Have libvdeplug find our modules; once, before anything is opened. */
void plug_init(void);

/* Open VNL, a printf format, or die. */
__attribute__((format(printf, 1, 2))) VDECONN *plug_open(const char *vnl, ...);

/* The same, but NULL where it does not open. What it then says on stderr is lost. */
__attribute__((format(printf, 1, 2))) VDECONN *plug_try(const char *vnl, ...);

/* The peer's queue, after some connection has loaded its module. */
struct peer *plug_peer(void);

/* Send B through CONN, or receive it, and return how many nanoseconds it took. Each frame
 * has to go the way that is expected: PASS of those that are sent reach the peer, and each
 * that is received comes out as it went in. */
double plug_send(VDECONN *conn, const struct batch *b, size_t pass);
double plug_recv(VDECONN *conn, const struct batch *b);

/* Receive COUNT answers that wait, none of which is the peer's. */
void plug_drain(VDECONN *conn, size_t count);

/* Until then, on the clock of clock_ns. */
void pause_until(double ns);

/* Resident memory of this process, in bytes. */
double plug_resident(void);

/* A folder for files, which goes when the bench ends. */
const char *plug_folder(void);

/* Where true, frames of that way go through plug_count_sent or plug_count_received, which
 * callgrind counts; and how many did. */
extern bool plug_counted[2];
extern size_t plug_counted_frames;

/*
 * frames.c
 */

/* A TCP flow that the network opened: the numbers that its ends say next. */
struct conversation {
	uint32_t guest, network;
};

enum { SEGMENT_HEADER = 54, SYN_LEN = 62 };

/* Make frame I of B a data segment of LEN bytes, headers included, in the flow of number
 * FLOW, and C what it is behind it. */
void frame_data(struct batch *b, size_t i, enum way way, uint32_t flow, struct conversation *c,
		size_t len);

/* The segments that open a flow; the last says how large the guest's window is. */
enum step { STEP_SYN, STEP_SYNACK, STEP_ACK, STEP_WINDOW };
void frame_open(struct batch *b, size_t i, enum step step, uint32_t flow, struct conversation *c);

/* A SYN of the guest's to port 443 of the address of number N. */
void frame_syn(struct batch *b, size_t i, uint32_t n);

/* A query with an OPT for the A record of NAME, with the id and from the port that N gives. */
void frame_query(struct batch *b, size_t i, const char *name, unsigned kind, uint16_t n);

/* Turn QUERY, as it was sent, into frame I of B, an answer without records. */
void frame_answer(struct batch *b, size_t i, const uint8_t *query);

/*
 * Figures: what goes from a process that measures to the one that prints, through a pipe and as
 * it is: both are the same program
 */

enum sheet { ONCE, FRAME };
enum column { VALUE, ADDED, X_BASE, X_NULL, X_VLAN, X_HASH, X_SHORT, COLUMNS };

struct figure {
	enum sheet sheet;
	size_t line; /* of that sheet */
	char name[64];
	char unit[8];          /* of ONCE */
	double value[COLUMNS]; /* NAN: there is none */
	double goal, most;     /* of ADDED and X_SHORT; 0: none */
};

/*
 * process.c: rounds, spread over several processes
 */

/* Take ROUNDS rounds of PART, or of everything where that is NULL, in processes of their own,
 * and give what they find to report_take. Returns how many there were. */
size_t process_run(size_t rounds, const char *part);

/* In one of these: hand F over. */
void process_found(const struct figure *f);

/*
 * report.c: the tables
 */

void report_take(const struct figure *f);

/* Print what was taken, which PROCESSES found in ROUNDS rounds. */
void report_print(size_t rounds, size_t processes);

/*
 * cells.c: cells and rows
 */

struct cell {
	const char *name;
	double (*slice)(void *ctx); /* nanoseconds per frame */
	void *ctx;
	double *ns; /* one for each round */
};

struct row {
	const char *name;
	const struct cell *cell; /* NULL: what the plugin cannot do yet */
	const struct cell *base; /* what it is added to */
	const struct cell *null; /* null:// in its place, to say how many times that it is; or NULL */
	const struct cell
		*plain; /* a pass-through plugin, to say how many times that it is; or NULL */
	const struct cell *floor; /* and a hash table; or NULL */
	const struct cell *brief; /* the same with a list of few entries; or NULL */
	double goal;              /* ns added; 0: none */
	double most;              /* how many times what the brief list adds; 0: none */
};

/* Memory is never given back: the process ends soon. */
struct cell *cell_new(double (*slice)(void *ctx), void *ctx, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
void row_add(struct row row);

/* Take a slice of C that does not count: memory is touched in it for the first time. Returns C. */
struct cell *cell_warm(struct cell *c);

/* Take ROUNDS rounds of all cells, of which FIRST were taken elsewhere before, and hand over what
 * the rows say of them. */
void cells_run(size_t first, size_t rounds);

/*
 * What is measured; the functions that add make cells and rows
 */

/* flows.c: established flows; and what they are compared with. */
void flows_add(void);
/* Open FLOWS flows through CONN; TALKS becomes what their ends say next. */
void flows_open(VDECONN *conn, uint32_t flows, struct conversation *talks);
/* One flow, opened first where OPEN, 64 bytes a frame. */
struct cell *flows_cell(VDECONN *conn, bool open, enum way way);

/* floor.c: a hash table alone; of FLOWS entries. */
struct cell *floor_add(uint32_t flows);

/* blocked.c: SYNs that the guest must not send. */
void blocked_add(void);
/* SYNs that are answered through CONN; PASS: that pass it. */
struct cell *blocked_cell(VDECONN *conn, bool pass);

/* names.c: DNS. */
void names_add(void);
/* Write a policy of COUNT names to PATH, or open the plugin with one. */
void names_write(const char *path, uint32_t count);
VDECONN *names_open(uint32_t count);
/* Queries for names that pass CONN, PASS, or do not. */
struct cell *names_cell(VDECONN *conn, uint32_t names, bool pass);

/* targets.c: SYNs that the guest may send, or must not, by lists of targets. */
void targets_add(void);
/* Write a policy of COUNT targets with PORT to PATH. */
void targets_write(const char *path, uint32_t count, uint16_t port);

/* memory.c: what is measured once: memory, opening, loading. To be called first, while this
 * process is small. */
void memory_run(void);

/* count.c: what callgrind can count; and run one slice of NAME, PLAIN without the plugin, and
 * print how many frames it was. */
int count_list(void);
int count_run(const char *name, bool plain);

#endif
