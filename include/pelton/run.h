/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_RUN_H
#define PELTON_RUN_H

#include <pelton/base.h>
#include <pelton/cancel.h>
#include <pelton/error.h>
#include <pelton/plan.h>

PEL_EXTERN_C_BEGIN

/*
 * A plan being executed, by worker threads of its own. Any number of runs may live in one process.
 *
 * Threads: all functions on a run may be called from any thread, except pel_run_destroy(), which must be the last.
 * Each boundary port belongs to one thread at a time.
 * Fork: a child of fork() without exec must not touch a run, not even to destroy it: its workers are not there.
 * Signals: Pelton installs no handlers; its threads block all signals but those that a thread's own fault raises (SIGSEGV, SIGBUS, SIGFPE,
 * SIGILL, SIGTRAP, SIGSYS), so the host's handlers run on the host's threads.
 */
struct pel_run;

struct pel_run_xclbin {
	int device; /* as XRT counts; -1: every device that has no entry of its own */
	const char *path;
};

/* Borrowed for the duration of the call. All zero but `size` is a good default. */
struct pel_run_options {
	size_t size;	  /* sizeof(struct pel_run_options) */
	unsigned workers; /* CPU workers; 0: as many as the process may use, but not more than can be busy */
	bool pin;	  /* bind each worker to a core of its own */
	/* The stack of every thread that calls kernels, in bytes of addresses; 0: 8 MiB, whatever `ulimit -s` and the caller's own stack are. */
	size_t stack_bytes;
	/* > 0: also end with -EDEADLK when nothing has moved for so long though something outside may still come. pel_run_wait() looks. */
	double stall_after_s;
	unsigned max_batch; /* > 0: never more firings than this in one call */
	bool profile;	    /* measure the calls of every actor: pel_actor_stats.call_s */
	bool trace;	    /* keep what every thread did when, for pel_run_write_trace() */
	/*
	 * Devices. With `emulate` they are emulated by Pelton: nothing but Debian's XRT is needed, and where a kernel has no xclbin for software
	 * emulation, its HLS source is compiled. `xclbins` go over what the graph names; an entry with device -1 is for all devices.
	 */
	bool emulate;
	const struct pel_run_xclbin *xclbins;
	size_t n_xclbins;
	/*
	 * Where kernels write what belongs on standard output; the descriptors must stay open while the run lives. `data_fd`: data, of one actor at most
	 * (file.stdout); 0: descriptor 1. `text_fd`: text (core.print); 0: the same, but descriptor 2 where an actor writes data there. What a kernel
	 * writes to stdout by itself, with printf(), goes to descriptor 1 of this process; that of an FPGA kernel to descriptor 2.
	 */
	int data_fd, text_fd;
	/* Cancels a start that takes long, because sources are compiled or a device opens. May be NULL. Not used after the call. */
	const struct pel_cancel *cancel;
};

/* A file that the host itself reads or writes while a run lives, or after it. */
struct pel_run_file {
	const char *name; /* what uses it, for messages: "output port 'y'" */
	const char *path; /* NULL: the open descriptor `fd` */
	int fd;
	bool written;
};

/*
 * Start to execute `plan`, which must outlive the run.
 * Returns 0 and sets *ret, to be released with pel_run_destroy(). On failure a negative errno, `err` explains (a kernel that
 * cannot start, a device or module that is missing), and nothing is left running. -ECANCELED: `cancel` of the options was set.
 */
PEL_API int pel_run_start(const struct pel_plan *plan, const struct pel_run_options *options,
			  struct pel_run **ret, struct pel_error *err);

/*
 * Check that the actors on devices fit what they name, as far as can be told without a device: the kernels of the xclbin where there is one, else
 * those of the source, which is compiled for that (about half a second). Pelton's own FPGA kernels are not checked. Where there is no compiler,
 * or no room for its files, sources are not checked either. `cancel` may be NULL.
 * Returns 0; -EINVAL, -ENOENT or -EACCES (a source cannot be read), -ENOMEM, explained in `err`, with all places; or -ECANCELED, not explained.
 */
PEL_API int pel_plan_check_devices(const struct pel_plan *plan, const struct pel_cancel *cancel,
				   struct pel_error *err);

/*
 * Check that no file which will be written has a second use. Looks at the documents and other files that `plan` was compiled from, at the files that
 * its actors say they will read and write, at the xclbins, and at `files`. Files are compared by device and inode, so that links and other names
 * are found, and by folder and name where there is no file yet. /dev/null and other devices may have any number of uses. Opens and changes nothing.
 * A host should call this before it opens its own files; pel_run_start() does it again, without them. `plan` and `options` may be NULL.
 * Returns 0; -EINVAL where a file has two uses; -ENOENT, -EACCES and so on where an actor's file cannot be opened; or -ENOMEM. `err` explains.
 */
PEL_API int pel_run_check_files(const struct pel_plan *plan, const struct pel_run_options *options,
				const struct pel_run_file *files, size_t n_files, struct pel_error *err);

/*
 * Wait until the run is over, or for `timeout_ms` (-1: for ever). May be called again. What it returns says which outcome the run had:
 *
 *   0		every stage has ended
 *   -ETIMEDOUT	it is still going
 *   -EDEADLK	stalled; `err` has the wait-for cycle
 *   -ECANCELED	pel_run_stop()
 *   -ENODEV	a device was lost, and no policy saved the run
 *   another	the run has failed: a kernel with this errno, or with one of the four above; then it is -EIO. `err` explains
 *
 * So none of these can be mistaken for another, whatever a kernel returns. pel_run_outcome() gives the errno that the kernel returned.
 *
 * A run has stalled when no kernel and no device is at work, and nothing that the host could do at its ports would let the run go on:
 *   - no <out> holds a token for the host to read, and
 *   - every <in> that the host has not ended has no reader left, or is full and ending it would not help: no reader waits for more of its tokens, or
 *     the host has asked for room in vain (pel_port_reserve(), pel_port_write()), and so has more to give.
 * A thread in pel_port_write() then gets -EPIPE at once. An <out> that the host does not read keeps a run from stalling; so does an <in> with room
 * that the host has not ended.
 */
PEL_API int pel_run_wait(struct pel_run *run, int timeout_ms, struct pel_error *err);

/* What has become of a run. */
enum pel_outcome {
	PEL_RUN_GOING,	 /* nothing yet */
	PEL_RUN_DONE,	 /* every stage has ended */
	PEL_RUN_STALLED, /* no stage can move, and nothing outside can change that */
	PEL_RUN_STOPPED, /* by pel_run_stop() */
	PEL_RUN_FAILED, /* a kernel has failed, or a call on a device; or an actor to which tokens came never fired (-ENODATA) */
	PEL_RUN_LOST, /* a device was lost, and no policy saved the run */
};

/* Does not wait. *code (may be NULL): of a failed run, the negative errno with which it failed, whatever that is; else 0. */
PEL_API enum pel_outcome pel_run_outcome(struct pel_run *run, int *code);

/*
 * Has every stage ended? So it is with PEL_RUN_DONE, and where the run has failed only because an actor never fired. Then what is in the <out>s is
 * complete, and can still be read.
 */
PEL_API bool pel_run_drained(struct pel_run *run);

/* A thread of a run that is in a call of a kernel. The strings live as long as the plan. */
struct pel_run_call {
	const char *actor, *kernel; /* "blur", "image.blur" */
	/* Since the thread began this piece of work. The call itself may have begun later: a piece of work can hold a few calls. */
	double seconds;
};

/*
 * The calls of kernels in progress, during the run or after it is over: what pel_run_destroy() would wait for. Fills up to `n_calls` elements of
 * `calls` (which may be NULL if that is 0), the longest call first. Returns how many calls there are, which may be more.
 */
PEL_API size_t pel_run_calls(struct pel_run *run, struct pel_run_call *calls, size_t n_calls);

/*
 * [the run is over] Wait until all calls of kernels have returned, or for `timeout_ms` (-1: for ever): pel_run_destroy() will not have to wait for
 * any then. May be called again. [one thread at a time, and not while pel_run_write_trace() or pel_run_destroy() is called]
 * Returns 0, -ETIMEDOUT (pel_run_calls() says who is in a call), -EBUSY (the run is going), or the negative errno for which a blocking kernel that
 * waits for the outside could not be interrupted in this time: -EAGAIN where no signal could be sent (ulimit -i). pel_run_destroy() would try
 * again for ever then; a host that ends anyway may leave the run, the plan and the modules as they are.
 */
PEL_API int pel_run_settle(struct pel_run *run, int timeout_ms);

/*
 * The id of the actor whose kernel is running on the calling thread; NULL: none. For code that runs inside a kernel's call without being
 * called by it, such as a handler of exit() or of a signal. Safe in a signal handler. The string lives as long as the plan.
 */
PEL_API const char *pel_calling_actor(void);
/* Where the graph has that actor; false: there is none. *file may be NULL, if it is in none. Else as pel_calling_actor(). */
PEL_API bool pel_calling_place(const char **file, unsigned *line, unsigned *col);

/* Ask the run to end as soon as the calls in progress return. Does not wait. Tokens in channels are dropped. */
PEL_API void pel_run_stop(struct pel_run *run);

/* Stop, wait for the workers and release all. NULL is allowed. */
PEL_API void pel_run_destroy(struct pel_run *run);

/*
 * A descriptor that polls readable when a boundary port that has answered -EAGAIN may be able to move, or the run is over. It stays readable
 * until the next pel_run_fd_clear(); so clear it, move what can be moved until -EAGAIN, then poll. Owned by the run.
 */
PEL_API int pel_run_fd(struct pel_run *run);
/* Make the descriptor of pel_run_fd() unreadable, until there is something new. */
PEL_API void pel_run_fd_clear(struct pel_run *run);

/*
 * What every worker did when, so far, as Chrome's trace event JSON (about:tracing, Perfetto). Needs `trace` in the options: else -EINVAL.
 * When the run is over it waits for the workers first, so that their last steps are there. [one thread at a time]
 * Returns 0, or -EIO where `out` cannot be written.
 */
PEL_API int pel_run_write_trace(struct pel_run *run, FILE *out);

/* ---- Boundary ports: the host feeds the graph's <in>s and drains its <out>s. ---- */

struct pel_port;

/* The boundary port `name`, or NULL where there is none. Lives as long as the run. */
PEL_API struct pel_port *pel_run_port(struct pel_run *run, const char *name);

/*
 * Port number `index`, from 0: the <in>s of the graph, then the <out>s, each in the order of the document. NULL past the last. Lives as long as the
 * run.
 */
PEL_API struct pel_port *pel_run_port_at(struct pel_run *run, size_t index);

/* Its name. Lives as long as the plan. */
PEL_API const char *pel_port_name(const struct pel_port *port);

/* The type of its tokens. */
PEL_API const struct pel_type *pel_port_type(const struct pel_port *port);
/* Is it an <in>, which the host writes? */
PEL_API bool pel_port_is_input(const struct pel_port *port);

/*
 * <in>: a window into the channel's own memory, to be filled in place. Never blocks.
 * Returns how many tokens fit at *window, between 1 and `tokens`; -EAGAIN: no room now; -EPIPE: no reader is left, or the run is over.
 * pel_port_commit() then hands the first `tokens` of it to the graph: 0, or -EINVAL if that is more than was reserved.
 */
PEL_API ssize_t pel_port_reserve(struct pel_port *port, size_t tokens, void **window);
/* Hand the first `tokens` of the reserved window to the graph. Returns 0, or -EINVAL: more than was reserved. */
PEL_API int pel_port_commit(struct pel_port *port, size_t tokens);

/*
 * <out>: a window of tokens to be read in place. Never blocks.
 * Returns how many tokens are at *window, between 1 and `tokens`; 0: the stream has ended; -EAGAIN: none now; -EPIPE: the run was
 * stopped or failed. pel_port_release() then gives the first `tokens` of it back.
 */
PEL_API ssize_t pel_port_peek(struct pel_port *port, size_t tokens, const void **window);
/* Give the first `tokens` of the window back. Returns 0, or -EINVAL: more than was there. */
PEL_API int pel_port_release(struct pel_port *port, size_t tokens);

/*
 * Copying, blocking forms: move exactly `tokens`, waiting as long as `timeout_ms` (-1: for ever) for each piece.
 * Return how many were moved: fewer at the end of the stream, at -EPIPE (see above) or at a timeout, if any were moved
 * at all; else 0 (end of stream, read only), -EPIPE or -ETIMEDOUT.
 */
PEL_API ssize_t pel_port_write(struct pel_port *port, const void *data, size_t tokens, int timeout_ms);
/* The same for an <out>. */
PEL_API ssize_t pel_port_read(struct pel_port *port, void *data, size_t tokens, int timeout_ms);

/*
 * How much could be moved now, without asking for it: what pel_port_reserve() or pel_port_peek() of the most tokens would return. Unlike
 * them it arms nothing: pel_run_fd() does not tell of what this one has seen, and no stall is found because of it (see pel_run_wait()).
 */
PEL_API ssize_t pel_port_available(struct pel_port *port);

/*
 * <in>: the stream ends here. <out>: nothing more will be read. Idempotent. A window that is lent is taken back: to commit or release tokens of it is
 * -EINVAL from here on.
 */
PEL_API void pel_port_end(struct pel_port *port);

PEL_EXTERN_C_END

#endif
