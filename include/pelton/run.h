/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_RUN_H
#define PELTON_RUN_H

#include <pelton/base.h>
#include <pelton/cancel.h>
#include <pelton/error.h>
#include <pelton/plan.h>

PEL_EXTERN_C_BEGIN

/*
 * A plan in execution, on its own worker threads. A process may have any number of runs.
 *
 * Threads: every function on a run may be called from any thread, except pel_run_destroy(), which must be the
 * last call. Only one thread at a time may use a boundary port.
 *
 * Fork: a child of fork() must not use a run before exec, not even to destroy it: the worker threads do not
 * exist in the child.
 *
 * Signals: Pelton installs no handlers. Its threads block all signals except those that a fault in the thread
 * itself raises (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS), so the host's handlers run on the host's
 * threads.
 */
struct pel_run;

struct pel_run_xclbin {
	int device; /* XRT's device index; -1: every device without an entry of its own */
	const char *path;
};

/* Borrowed for the duration of the call. All zero but `size` is a good default. */
struct pel_run_options {
	size_t size;	  /* sizeof(struct pel_run_options) */
	unsigned workers; /* CPU workers; 0: one per core that the process may use, but no more than can be busy */
	bool pin;	  /* pin each worker to its own core */
	/*
	 * Stack size of every thread that calls kernels, in bytes of address space; 0: 8 MiB, independent of
	 * `ulimit -s` and of the caller's stack.
	 */
	size_t stack_bytes;
	/*
	 * > 0: also end with -EDEADLK when nothing has moved for this long, even if input from outside could
	 * still come. Checked only inside pel_run_wait(); the time between its calls counts too. < 0: -EINVAL.
	 */
	double stall_after_s;
	unsigned max_batch; /* > 0: at most this many firings per call */
	bool profile;	    /* measure the calls of every actor: pel_actor_stats.call_s */
	bool trace;	    /* record what every thread does and when, for pel_run_write_trace() */
	/*
	 * Devices. With `emulate`, Pelton emulates them: only Debian's XRT is needed, and the HLS source of a
	 * kernel that has no xclbin for software emulation is compiled. `xclbins` override those named in the
	 * graph; an entry with device -1 applies to all devices without an entry of their own.
	 */
	bool emulate;
	const struct pel_run_xclbin *xclbins;
	size_t n_xclbins;
	/*
	 * Where kernels write standard output; the descriptors must stay open while the run exists. `data_fd` receives
	 * data, of at most one actor (file.stdout); 0: descriptor 1. `text_fd` receives text (core.print); 0: as
	 * `data_fd`, but descriptor 2 if an actor writes data. What a kernel itself writes to stdout, with printf(), goes
	 * to descriptor 1 of this process; for an FPGA kernel, to descriptor 2.
	 */
	int data_fd, text_fd;
	/*
	 * Cancels a start that takes long because it compiles sources or opens a device. May be NULL. Not
	 * used after the call.
	 */
	const struct pel_cancel *cancel;
};

/* A file that the host itself reads or writes during a run, or after it. */
struct pel_run_file {
	const char *name; /* its use, for messages: "output port 'y'" */
	const char *path; /* NULL: use the open descriptor `fd` */
	int fd;
	bool written;
};

/*
 * Start to execute `plan`, which must outlive the run.
 * Returns 0 and sets *ret, to be released with pel_run_destroy(). On failure returns a negative errno, explained in
 * `err` (a kernel cannot start, a device or module is missing); nothing is left running. -ECANCELED: `cancel` was set.
 */
PEL_API int pel_run_start(const struct pel_plan *plan, const struct pel_run_options *options,
			  struct pel_run **ret, struct pel_error *err);

/*
 * Check that the actors on devices match the FPGA kernels that they name, as far as possible without a device. Uses
 * the kernels in the xclbin if it exists, else those in the source, which is compiled for the check (about half a
 * second). Does not check Pelton's own FPGA kernels. Does not check sources if there is no compiler, or no space for
 * its files. `cancel` may be NULL.
 * Returns 0; -EINVAL, -ENOENT or -EACCES (a source cannot be read) or -ENOMEM, with all errors in `err`; or
 * -ECANCELED, without an error in `err`.
 */
PEL_API int pel_plan_check_devices(const struct pel_plan *plan, const struct pel_cancel *cancel,
				   struct pel_error *err);

/*
 * Check that no file to be written has a second use. Checks the documents and other files that `plan` was compiled
 * from, the files that its actors declare, the xclbins, and `files`. Compares files by device and inode, which finds
 * links and other names; files that do not exist yet are compared by folder and name. /dev/null and other devices
 * may have any number of uses. Opens and changes nothing. A host should call this before it opens its own files;
 * pel_run_start() repeats the check without them. `plan` and `options` may be NULL.
 * Returns 0; -EINVAL if a file has two uses; -ENOENT, -EACCES and so on if an actor's file cannot be opened; or
 * -ENOMEM. `err` explains.
 */
PEL_API int pel_run_check_files(const struct pel_plan *plan, const struct pel_run_options *options,
				const struct pel_run_file *files, size_t n_files, struct pel_error *err);

/*
 * Wait until the run is over, or for `timeout_ms` (-1: no timeout). May be called again. The result is the outcome of
 * the run:
 *
 *   - 0: every stage has ended
 *   - -ETIMEDOUT: still running
 *   - -EDEADLK: stalled; `err` has the wait-for cycle
 *   - -ECANCELED: stopped by pel_run_stop()
 *   - -ENODEV: a device was lost, and no policy saved the run
 *   - any other: the run failed with this errno; `err` explains
 *
 * If a kernel itself fails with one of these codes, the result is -EIO, so the codes are unambiguous.
 * pel_run_outcome() gives the errno that the kernel returned.
 *
 * A run has stalled when no kernel and no device is active, and nothing that the host could do at its ports would let
 * the run continue:
 *   - no <out> holds a token for the host to read, and
 *   - every <in> that the host has not ended has no reader left, or is full and ending it would not help: no reader
 *     waits for more of its tokens, or the host has already asked for room and got none (pel_port_reserve(),
 *     pel_port_write()), and so has more to write.
 *
 * A thread in pel_port_write() then gets -EPIPE at once. A run does not stall while an <out> holds a token that the
 * host has not read, or while an <in> that the host has not ended has room.
 */
PEL_API int pel_run_wait(struct pel_run *run, int timeout_ms, struct pel_error *err);

/* The outcome of a run. */
enum pel_outcome {
	PEL_RUN_GOING,	 /* still running */
	PEL_RUN_DONE,	 /* every stage has ended */
	PEL_RUN_STALLED, /* no stage can continue, and the host cannot change that */
	PEL_RUN_STOPPED, /* by pel_run_stop() */
	PEL_RUN_FAILED, /* a kernel or a call to a device failed, or an actor received tokens but never fired (-ENODATA) */
	PEL_RUN_LOST, /* a device was lost, and no policy saved the run */
};

/*
 * Does not wait. *code (may be NULL) receives the negative errno with which a failed run failed, exactly as
 * the kernel returned it; else 0.
 */
PEL_API enum pel_outcome pel_run_outcome(struct pel_run *run, int *code);

/*
 * True if every stage has ended: with PEL_RUN_DONE, or if the run failed only because an actor never fired.
 * All tokens in the <out>s are then complete and can still be read.
 */
PEL_API bool pel_run_drained(struct pel_run *run);

/* A thread of a run that is inside a kernel. The strings are valid as long as the plan. */
struct pel_run_call {
	const char *actor, *kernel; /* "blur", "image.blur" */
	/*
	 * Since the thread began this piece of work. The call itself may be younger: a piece of work can
	 * consist of several calls.
	 */
	double seconds;
};

/*
 * The kernel calls in progress, during the run or after it is over: pel_run_destroy() would wait for these.
 * Fills up to `n_calls` elements of `calls` (which may be NULL if `n_calls` is 0), longest call first.
 * Returns the number of calls in progress, which may be larger.
 */
PEL_API size_t pel_run_calls(struct pel_run *run, struct pel_run_call *calls, size_t n_calls);

/*
 * [the run is over] Wait until all kernel calls have returned, or for `timeout_ms` (-1: no timeout), so that
 * pel_run_destroy() will not have to wait. May be called again. [one thread at a time, and not during
 * pel_run_write_trace() or pel_run_destroy()]
 * Returns 0; -ETIMEDOUT (pel_run_calls() lists the calls); -EBUSY (the run is not over); or the negative errno that
 * prevented the interruption of a blocking kernel in this time: -EAGAIN if no signal could be sent (ulimit -i).
 * pel_run_destroy() would then retry without a limit; a host that is about to exit may leave the run, the plan and
 * the modules as they are.
 */
PEL_API int pel_run_settle(struct pel_run *run, int timeout_ms);

/*
 * The id of the actor whose kernel is running on the calling thread, or NULL. For code that runs inside a
 * kernel's call without being called by the kernel, such as an exit() or signal handler. Safe in a signal
 * handler. The string is valid as long as the plan.
 */
PEL_API const char *pel_calling_actor(void);
/*
 * The place of that actor in its graph. *file is NULL if the graph is not in a file. Returns false if there is no actor.
 * Otherwise as pel_calling_actor().
 */
PEL_API bool pel_calling_place(const char **file, unsigned *line, unsigned *col);

/* Ask the run to end as soon as the calls in progress return. Does not wait. Tokens in channels are discarded. */
PEL_API void pel_run_stop(struct pel_run *run);

/* Stop the run, wait for its workers and release everything. NULL is allowed. */
PEL_API void pel_run_destroy(struct pel_run *run);

/*
 * A descriptor that polls readable when a boundary port that returned -EAGAIN may be able to move tokens, or
 * when the run is over. It stays readable until the next pel_run_fd_clear(). So clear it, move tokens until
 * -EAGAIN, then poll. Owned by the run.
 */
PEL_API int pel_run_fd(struct pel_run *run);
/* Make the descriptor of pel_run_fd() unreadable until the next event. */
PEL_API void pel_run_fd_clear(struct pel_run *run);

/*
 * Write what every worker has done and when, so far, as Chrome trace event JSON (about:tracing, Perfetto). If the run
 * is over, waits for the workers first, so that their last steps are included. [one thread at a time]
 * Returns 0; -EINVAL if `trace` was not set in the options; or -EIO if `out` cannot be written.
 */
PEL_API int pel_run_write_trace(struct pel_run *run, FILE *out);

/*
 * A boundary port of a run: the host feeds the graph's <in>s and drains its <out>s. It belongs to the run and is valid
 * until pel_run_destroy(). Only one thread at a time may use a port; different threads may use different ports. A
 * window of pel_port_reserve() or pel_port_peek() is valid until its tokens are handed over with pel_port_commit() or
 * pel_port_release(), or the port is ended. Functions for one direction return -EINVAL for a port of the other.
 */
struct pel_port;

/* The boundary port `name`, or NULL if there is none. Valid as long as the run. */
PEL_API struct pel_port *pel_run_port(struct pel_run *run, const char *name);

/*
 * Port number `index`, from 0: the <in>s of the graph, then the <out>s, each in document order. NULL past the
 * last. Valid as long as the run.
 */
PEL_API struct pel_port *pel_run_port_at(struct pel_run *run, size_t index);

/* The name of the port. Valid as long as the plan. */
PEL_API const char *pel_port_name(const struct pel_port *port);

/* The type of the port's tokens. */
PEL_API const struct pel_type *pel_port_type(const struct pel_port *port);
/* True for an <in>, which the host writes. */
PEL_API bool pel_port_is_input(const struct pel_port *port);

/*
 * <in>: get a window of the channel's own memory, to be filled in place. Never blocks.
 * Returns how many tokens fit at *window, between 1 and `tokens`; -EAGAIN: no room now; -EPIPE: no reader is left, the
 * port has been ended, or the run is over; -EINVAL: the port is an <out>, or `tokens` is 0. Hand the filled tokens to the graph with pel_port_commit().
 */
PEL_API ssize_t pel_port_reserve(struct pel_port *port, size_t tokens, void **window);
/*
 * Hand the first `tokens` of the reserved window to the graph, and give up the rest.
 * Returns 0, or -EINVAL: the port is an <out>, or `tokens` is more than were reserved.
 */
PEL_API int pel_port_commit(struct pel_port *port, size_t tokens);

/*
 * <out>: get a window of tokens, to be read in place. Never blocks.
 * Returns how many tokens are at *window, between 1 and `tokens`; 0: end of stream; -EAGAIN: none now; -EPIPE: the
 * port has been ended, or the run was stopped or failed; -EINVAL: the port is an <in>, or `tokens` is 0. Give the tokens back with pel_port_release().
 */
PEL_API ssize_t pel_port_peek(struct pel_port *port, size_t tokens, const void **window);
/*
 * Give the first `tokens` of the window back.
 * Returns 0, or -EINVAL: the port is an <in>, or `tokens` is more than the window has.
 */
PEL_API int pel_port_release(struct pel_port *port, size_t tokens);

/*
 * Copy exactly `tokens` into the graph, waiting up to `timeout_ms` (-1: no timeout) for each piece.
 * Returns how many were copied: fewer at -EPIPE (see above) or at a timeout, if any were copied at all; else -EPIPE or
 * -ETIMEDOUT; -EINVAL: the port is an <out>.
 */
PEL_API ssize_t pel_port_write(struct pel_port *port, const void *data, size_t tokens, int timeout_ms);
/*
 * <out>: the same in the other direction.
 * Returns as pel_port_write(), but fewer also at the end of the stream; 0 there if none were copied; -EINVAL: the port is an
 * <in>.
 */
PEL_API ssize_t pel_port_read(struct pel_port *port, void *data, size_t tokens, int timeout_ms);

/*
 * How many tokens could be moved now, without asking for them: the result that pel_port_reserve() or
 * pel_port_peek() would return for an unlimited request. Unlike those, it has no side effect: it does not arm
 * pel_run_fd(), and it does not count as a request for room in the rules of a stall (see pel_run_wait()).
 */
PEL_API ssize_t pel_port_available(struct pel_port *port);

/*
 * End the port. <in>: the host writes no more tokens. <out>: the host reads no more tokens. Idempotent. A window that is
 * lent is taken back: committing or releasing tokens of it returns -EINVAL from now on.
 */
PEL_API void pel_port_end(struct pel_port *port);

PEL_EXTERN_C_END

#endif
