/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_HELPER_H
#define PEL_HELPER_H

#include "cancel.h"
#include "support.h"

/*
 * The one way in which the library runs somebody's program for a result: compilers, Graphviz. Between us and the program stands
 * pelton-helper, in a session of its own. The program leads a process group; all of it, and what has left that group, is killed and reaped when
 * the program has taken too long, when we give up, and also when this process ends, however that happens. Of the host's signals and
 * children nothing is touched: the outcome comes through a socket, so a host may reap everybody.
 */
struct pel_helper {
	const char *const *argv; /* argv[0] is looked for in PATH; ended by NULL */
	const char *dir;	 /* where it runs; NULL: here */
	int in, out, err;	 /* descriptors; -1: /dev/null */
	unsigned limit_s;	 /* that it may take; over it goes PELTON_HELPER_LIMIT_S */
};

struct pel_helper_process {
	pid_t pid; /* 0: there is none */
	int control;
	int64_t end_ms; /* when pelton-helper itself has to have answered */
};

/* Start it. 0 and *ret, to be ended by exactly one of the two below; a negative errno where pelton-helper cannot be started (-ENOPKG: it is not there). */
int pel_helper_start(const struct pel_helper *helper, struct pel_helper_process *ret);
/*
 * Wait for its end. 0 and *status, as of waitpid(); -ECANCELED; -ETIMEDOUT; -EIO: pelton-helper died; another negative errno: the
 * program could not be started. In any case nothing of it is left.
 */
int pel_helper_wait(struct pel_helper_process *process, const struct pel_cancel *cancel, int *status);
/* Kill it, without asking for more. Idempotent. */
void pel_helper_stop(struct pel_helper_process *process);
/*
 * Explain why `what` ("the compiler 'cc'"), started with `limit_s`, came to nothing: `code` is what one of the functions above has returned.
 * -ECANCELED needs no explanation. Returns `code`.
 */
int pel_helper_explain(int code, const char *what, unsigned limit_s, struct pel_error *err);
/* Seconds that a program may take if it were started with `limit_s`. */
unsigned pel_helper_limit(unsigned limit_s);

#endif
