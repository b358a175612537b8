/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RIG_H
#define PEL_RIG_H

#include <pelton/harness.h>
#include "cpu.h"
#include "info.h"

/*
 * A case of the harness made ready: what the compiler would know of the actor. Ports are numbered inputs first, since
 * most of the harness does not care which they are.
 */
struct pel_rig_port {
	const char *name;
	bool connected, dynamic;
	size_t token_bytes;
	struct pel_type type;
	uint64_t *rates; /* n_rates of them, unless dynamic */
	size_t n_rates;
	uint64_t history;
	/* Of an input: */
	const unsigned char *data;  /* the tokens to be used now: given, or own */
	const unsigned char *given; /* by the case; NULL: random ones */
	unsigned char *own;	    /* room for as many */
	size_t tokens;
};

struct pel_rig {
	const struct pel_harness_case *test;
	const struct pel_kernel *kernel;
	struct pel_arena arena;
	struct pel_value *params;
	struct pel_rig_port *ports;
	unsigned n_in, n_out;
	bool dynamic;
	enum pel_cpu best; /* the instruction set in use when it was made */
};

/* 0 or a negative errno. End with pel_rig_fini(), also after a failure. */
int pel_rig_init(struct pel_rig *rig, const struct pel_harness_case *test, struct pel_error *err);
void pel_rig_fini(struct pel_rig *rig);

/* A new state of the kernel. `expected` may be NULL. */
int pel_rig_start(struct pel_rig *rig, void **state, uint64_t *expected, struct pel_error *err);

/* How the FPGA form is called: `form` (zero) is filled, in the rig's arena. A negative errno, explained: -ENOSYS: there is none. */
int pel_rig_form(struct pel_rig *rig, struct pel_fpga *form, struct pel_error *err);

/* Tokens that the first `firings` firings move at a port that is not dynamic. */
uint64_t pel_rig_tokens(const struct pel_rig_port *port, uint64_t firings);

/* ---- tokens and instruction sets, in rig-data.c ---- */

/* Room for the tokens of a connected input. 0 or -ENOMEM. */
int pel_rig_own_tokens(struct pel_rig *rig, struct pel_rig_port *port);
/*
 * New random tokens where the case gives none, among them NaNs, infinities, subnormals and zeros of both signs. Where it gives some, every other time
 * the reals of an exact kernel are mixed with such ones: true, since a kernel might refuse these; pel_rig_given_tokens() undoes it.
 */
bool pel_rig_new_tokens(struct pel_rig *rig, uint64_t *random);
void pel_rig_given_tokens(struct pel_rig *rig);

/* Go on with any instruction set up to rig->best, if the kernel is exact. Its name; NULL: it is not. For a process of its own, in rig-child.c. */
const char *pel_rig_choose_cpu(const struct pel_rig *rig, uint64_t *random);

/* The windows `a` and `b` of tokens of `port` differ at byte `at`: a part of a sentence where there is a NaN in both, else "". */
const char *pel_rig_about_nans(const struct pel_rig_port *port, const unsigned char *a,
			       const unsigned char *b, size_t at);

/* ---- one run, in rig-run.c ---- */

#define PEL_RIG_PORTS 64 /* a way; pel_kernel_check() allows no more */

struct pel_rig_stream {
	unsigned char *data;
	size_t tokens, capacity; /* bytes */
};

/* How to run, and what came of it. Zero, then filled by the caller as far as "results". */
struct pel_rig_run {
	struct pel_rig *rig;
	struct pel_error *err;
	uint64_t *random;		 /* state of the generator; NULL: one firing a call, exact windows */
	size_t in_tokens[PEL_RIG_PORTS]; /* at most what the case gives */
	uint64_t max_firings;		 /* 0: no limit */
	uint64_t batch;			 /* firings a call where they are not random; 0: 1 */
	uint64_t shuffle;		 /* > 0: this many firings, in random order, */
	unsigned threads;		 /* ... by so many threads */
	bool save;			 /* save and restore the state now and then */
	/* results */
	struct pel_rig_stream out[PEL_RIG_PORTS];
	uint64_t firings, expected_firings;
	struct pel_results results;
};

int pel_rig_run(struct pel_rig_run *run);
void pel_rig_run_fini(struct pel_rig_run *run);

uint64_t pel_rig_random(uint64_t *state);

/* Is what it promises of windows in the same memory, and of chains, true? In rig-place.c. 0 (also where it promises nothing) or a negative errno, explained. */
struct pel_rig_report;
int pel_rig_place(const struct pel_rig_run *reference, struct pel_rig_report *report, uint64_t *random);

/* Memory between pages that cannot be touched. */
struct pel_rig_guard {
	unsigned char *pages; /* the first guard page */
	size_t bytes;	      /* between the guard pages */
	unsigned char *window;
	size_t window_bytes;
	uint64_t pattern; /* what the rest is filled with; 0: not filled */
};
/* A window of `bytes`, aligned to `align`; at the end of the memory, or with `random` anywhere in it. NULL: out of memory. */
void *pel_rig_guard_place(struct pel_rig_guard *guard, size_t bytes, size_t align, uint64_t *random);
/* Is everything around the window as it was filled? */
bool pel_rig_guard_intact(const struct pel_rig_guard *guard);
void pel_rig_guard_fini(struct pel_rig_guard *guard);

/* ---- in a process of its own, in rig-child.c ---- */

/* What the child leaves for its parent, in memory they share. */
struct pel_rig_report {
	unsigned round; /* from 1; 0: before the first */
	char doing[48];
	int code;
	char text[2048];
};
/* 0 or a negative errno, explained in `err`. */
typedef int pel_rig_work(void *context, struct pel_rig_report *report, struct pel_error *err);

/* What `work` answers, or that it crashed or did not end: with the round and what was done in it. */
int pel_rig_in_child(const struct pel_kernel *kernel, pel_rig_work *work, void *context, struct pel_error *err);
/* What is done now, and with which instruction set (NULL: it has none). */
void pel_rig_now(struct pel_rig_report *report, const char *doing, const char *cpu);

/* ---- texts, in rig-text.c ---- */

/* The value of a parameter declared as `type`. 0, -EINVAL or -ENOMEM. */
int pel_rig_param(struct pel_arena *arena, const char *type, const char *text, struct pel_value *ret);

/* Symbols of an actor's types, and the values of its parameters. */
struct pel_rig_scope {
	const struct pel_kernel *kernel;
	const struct pel_value *params;
	struct {
		const char *name; /* not ended; `length` */
		size_t length;
		bool is_type;
		struct pel_type type;
		uint64_t size;
	} symbols[64];
	unsigned n_symbols;
};

/* "1,$n,2*${m}": at most `max`. The count, or -EINVAL. */
int pel_rig_rates(const struct pel_rig_scope *scope, const char *text, uint64_t *ret, size_t max);
/* One expression. 0 or -EINVAL. */
int pel_rig_i64(const struct pel_rig_scope *scope, const char *text, int64_t *ret);
/* Does `type` have the form `text`? Binds the symbols in it. 0 or -EINVAL. */
int pel_rig_unify(struct pel_rig_scope *scope, const char *text, const struct pel_type *type);
/* The type that `text` means with the symbols bound. 0 or -EINVAL: one is not. */
int pel_rig_type(const struct pel_rig_scope *scope, const char *text, struct pel_type *ret);

/* rig-limits.c: is this value none that the parameter can have? 0, 1, or -EINVAL: what the limits say means nothing. */
int pel_rig_outside(const struct pel_rig_scope *scope, const struct pel_param_desc *desc,
		    const struct pel_value *value);

#endif
