/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_KERNEL_H
#define PELTON_KERNEL_H

#include <pelton/base.h>
#include <pelton/canonical.h>
#include <pelton/type.h>

PEL_EXTERN_C_BEGIN

/* One actor while it is compiled and started. Its functions are below. */
struct pel_info;

/* Receives the results that finish() reports. */
struct pel_results;

/* Receives from fpga() how to call the FPGA implementation of a kernel. */
struct pel_fpga;

/* fire() and drain() may return this instead of 0 to end the actor. */
#define PEL_END 1

/* See struct pel_io. */
#define PEL_MORE SIZE_MAX

/*
 * The windows of one call. in[i] is the window of input port i, in the order of the descriptor; NULL if the port is
 * not connected. All windows are contiguous and aligned to the element.
 *
 * A port of constant rate r has r * firings tokens. A port of cyclic rates has the sum of its next `firings` rates;
 * in_tokens and out_tokens give the number. in[i] points at the first new token; with history N, the N tokens before it
 * are at negative indices.
 *
 * Kernels with `*` ports are called for one firing at a time (firings == 1). They store how many tokens they read from
 * a `*` input in consumed[i], and how many they wrote to a `*` output in produced[i] (both preset to 0; at most
 * in_tokens[i] and out_tokens[i]). Every `*` output has room for at least one token. At least one `*` input has at
 * least one token, unless there are several and one of them has ended: then all may be empty. The output must depend
 * only on the tokens, never on how they are divided into windows.
 *
 * A call that moves nothing asks for more: at the inputs (or for room at the outputs) where it stored PEL_MORE; if
 * nowhere, at the empty inputs; if there are none, at any input. The actor ends when an input that must provide more
 * has ended (for "any input": when all have). An actor's ports of constant rate move tokens in every call, so a kernel
 * that has such ports can ask for more only if all its ports are `*`.
 */
struct pel_io {
	const void *const *in;
	void *const *out;
	const size_t *in_tokens;
	const size_t *out_tokens;
	size_t *consumed; /* for `*` inputs */
	size_t *produced; /* for `*` outputs */
	size_t *fired;	  /* preset to `firings`; with PEL_END: how many of them were executed */
	uint64_t first; /* number of the first of these firings, from 0; its phase of a cyclic rate is first % phases */
};

/* Flag of a port: it need not be connected. */
#define PEL_PORT_OPTIONAL 1u

struct pel_port_desc {
	const char *name;
	const char *type;    /* "f32", "u8[H,W]", "T": symbols are resolved for each actor */
	const char *rate;    /* "4", "$n", "1,0,2", "*": expressions over the parameters; NULL: "1" */
	const char *history; /* inputs only: an expression; NULL: "0" */
	uint32_t flags;
	const char *doc;
};

/* Flag of a parameter: its string names a file that the kernel reads, and so cannot be empty. */
#define PEL_PARAM_READS 1u
/* Flag of a parameter: its string names a file that the kernel creates or changes, and so cannot be empty. */
#define PEL_PARAM_WRITES 2u

/*
 * A parameter and its allowed values: those of its type that are also within the limits given here (NULL: no
 * limit). The compiler checks the limits and reports the place where the value was given, so resolve() and
 * init() need not. What depends on more than parameters is checked by resolve(): see pel_info_fail_param().
 *
 * `least` and `most` are expressions of the graph language, and may use other parameters of the kernel:
 * "$factor - 1".
 */
struct pel_param_desc {
	const char *name;
	const char *type;  /* "i64", "f64", "bool", "string", an element type, or a list of one: "f32[]" */
	const char *value; /* default, as written in a graph; NULL: must be set */
	const char *doc;   /* with unit; the limits are printed in addition */
	/* Numbers, and lists of numbers: inclusive limits. Not for complex numbers. */
	const char *least;
	const char *most;
	/* Strings and integers: all allowed values, as in "error, drop". A string's default is always allowed. */
	const char *one_of;
	/* Lists: limits of the number of elements. Also expressions. */
	const char *least_count;
	const char *most_count;
	/* Strings: the allowed endings, as in ".jpg, .png"; case is ignored. */
	const char *ends;
	uint32_t flags; /* PEL_PARAM_* */
};

/* Flag of a kernel: no firing depends on an earlier one, except through `history`. */
#define PEL_KERNEL_STATELESS 1u
/*
 * Flag of a kernel: fire() may wait for the outside world; it runs on its own thread.
 * When the run is stopped, this thread is cancelled (pthread_cancel(), deferred): the system call that waits does not
 * return, and fini() is called next. So while it waits, fire() must not hold anything that fini() does not release.
 */
#define PEL_KERNEL_BLOCKING 2u
/*
 * Flag of a kernel: for every input, every implementation gives the same bytes: each instruction set, any division into
 * windows, in place, in a chain, on an FPGA. Inputs can contain NaNs of any sign and payload, infinities, subnormal
 * numbers and -0. Therefore:
 *   - store each computed number through pel_canonical_f32() or _f64() (pelton/canonical.h), so that all NaNs are the
 *     same;
 *   - keep all bits of a number that is only moved: copy it as bytes or integers;
 *   - do not rely on the sign of a NaN: copysign(), fabs() and comparisons may be used, but a result that is not a NaN
 *     must not depend on it;
 *   - convert a NaN to the integer 0, and a number out of range to the nearest integer in range: C leaves both
 *     undefined;
 *   - compare tokens by value or by bytes, and document which: by value, -0 equals 0, and a NaN equals nothing.
 */
#define PEL_KERNEL_EXACT 4u
/* Flag of a kernel: it has the ports of the inline <kernel> that it implements on the CPU, and none of its own. */
#define PEL_KERNEL_ANY_PORTS 8u
/* Flag of a kernel: its firings do more than write tokens, so it continues after all readers of its outputs have ended. */
#define PEL_KERNEL_EFFECTS 16u
/*
 * Flag of a kernel with one input and one output: their windows may be the same memory if their tokens have the same
 * size.
 */
#define PEL_KERNEL_IN_PLACE 32u

/* The version of the interface between kernels and the runtime; a module built for another version is refused. */
#define PEL_KERNEL_ABI 4u

/*
 * The instruction sets that functions are built for, in ascending order: a machine that has one also has all
 * before it. PEL_CPU_DEFAULT is the target that the compiler was called with.
 */
enum pel_cpu_level { PEL_CPU_DEFAULT, PEL_CPU_AVX2, PEL_CPU_AVX512F };

/* The instruction set in use: the best of this machine, or a lower one selected by PELTON_CPU. [any thread] */
PEL_API enum pel_cpu_level pel_cpu(void);
/* The best instruction set of this machine. [any thread] */
PEL_API enum pel_cpu_level pel_cpu_machine(void);
/* The name of an instruction set: "default", "avx2" or "avx512f". */
PEL_API const char *pel_cpu_name(enum pel_cpu_level cpu);

/*
 * Use instead of the head of a function that consists mostly of loops. The function is then built for each instruction
 * set, and each call uses the one that pel_cpu() selects. Build with -ffp-contract=off, or the variants may round
 * differently.
 *
 *   PEL_CLONES(gain, (float *restrict y, const float *restrict x, size_t n, float by), (y, x, n, by))
 *   {
 *           for (size_t i = 0; i < n; i++)
 *                   y[i] = by * x[i];
 *   }
 *
 * defines static void gain(...). For a kernel's fire() the name is enough, since the parameters are known:
 * PEL_FIRE_CLONES(gain_fire) is the head of static int gain_fire(void *state, const struct pel_io *io, size_t firings).
 */
#define PEL_CLONES(name, params, args) PEL_CLONES_(void, , name, params, args)
#define PEL_FIRE_CLONES(name)                                                                  \
	PEL_CLONES_(int, return, name, (void *state, const struct pel_io *io, size_t firings), \
		    (state, io, firings))

/* The body is name##_any, which is inlined into each of the others. */
#if defined(__x86_64__) && defined(__GNUC__)
#define PEL_CLONES_(type, give, name, params, args)                                    \
	__attribute__((always_inline)) static inline type name##_any params;           \
	__attribute__((target("avx512f"), noinline)) static type name##_avx512f params \
	{                                                                              \
		give name##_any args;                                                  \
	}                                                                              \
	__attribute__((target("avx2"), noinline)) static type name##_avx2 params       \
	{                                                                              \
		give name##_any args;                                                  \
	}                                                                              \
	__attribute__((noinline)) static type name##_default params                    \
	{                                                                              \
		give name##_any args;                                                  \
	}                                                                              \
	static type name params                                                        \
	{                                                                              \
		switch (pel_cpu()) {                                                   \
		case PEL_CPU_AVX512F:                                                  \
			give name##_avx512f args;                                      \
			break;                                                         \
		case PEL_CPU_AVX2:                                                     \
			give name##_avx2 args;                                         \
			break;                                                         \
		default:                                                               \
			give name##_default args;                                      \
		}                                                                      \
	}                                                                              \
	__attribute__((always_inline)) static inline type name##_any params
#else
#define PEL_CLONES_(type, give, name, params, args) static type name params
#endif

/*
 * A kernel: a kind of computation with typed ports and parameters, described by one constant `struct pel_kernel`.
 * For every actor that is an instance of it, the runtime calls its functions as follows:
 *
 *   resolve   [compiling thread] while the graph is compiled: may read parameters and known types, may set types,
 *             rates and history. May read only files that parameters name. Must not keep anything.
 *   files     [starting thread]  once per run, before any init(), and perhaps once more before the run: names the
 *             files that the actor will read and write. Must not open or change any.
 *   init      [starting thread]  once per run, before any firing: makes the state.
 *   fire      [any worker, one at a time] while there is data. Never blocks (unless PEL_KERNEL_BLOCKING).
 *   drain     [any worker, one at a time] only for kernels with `*` ports: called after an input has ended,
 *             repeatedly until it returns PEL_END. Writes the remaining output.
 *   finish    [any worker] once, when the actor has ended without an error: flushes, closes, reports results. If a
 *             kernel with `files` has received no tokens: when the run has succeeded; not at all if it failed.
 *   fini      [the thread that destroys the run] once for every successful init, also after an error.
 *
 * Several workers may fire a kernel with PEL_KERNEL_STATELESS at the same time, with the same state; the state is then
 * read-only after init.
 */
struct pel_kernel {
	/* These three stay where they are in every version. */
	uint32_t abi;	     /* PEL_KERNEL_ABI */
	uint32_t flags;	     /* PEL_KERNEL_* */
	const char *name;    /* "image.sobel": module and kernel */
	const char *summary; /* one line */
	const char *doc;     /* the exact formula, order of summation, rounding, borders, saturation */
	const struct pel_port_desc *in;	     /* terminated by a NULL name; NULL: none */
	const struct pel_port_desc *out;     /* likewise */
	const struct pel_param_desc *params; /* likewise */

	/* All but fire may be NULL. They return 0 or a negative errno; explain with pel_info_fail() first. */
	int (*resolve)(struct pel_info *info);
	int (*init)(struct pel_info *info, void **state);
	int (*fire)(void *state, const struct pel_io *io, size_t firings);
	int (*drain)(void *state, const struct pel_io *io);
	int (*finish)(void *state, struct pel_results *results);
	void (*fini)(void *state);

	/*
	 * For kernels with PEL_KERNEL_STATELESS and PEL_KERNEL_IN_PLACE: execute `n` actors of this kernel in
	 * one call, each of which reads the output of the one before. `io` has the input of the first and the
	 * output of the last; the tokens between them have no other reader and need not be stored. Must give
	 * the same bytes as n calls of fire(). Returns 0 or a negative errno: only for kernels that never
	 * end. Worthwhile if a pass through memory costs more than the computation.
	 */
	int (*fire_chain)(void *const *states, size_t n, const struct pel_io *io, size_t firings);

	/* For stateful kernels that can be replayed: copy the state to malloc'ed memory, and restore it. */
	int (*save)(const void *state, void **data, size_t *bytes);
	int (*restore)(void *state, const void *data, size_t bytes);

	/*
	 * For kernels with an FPGA implementation: describe, with the pel_fpga_*() functions below, how to
	 * call it for the types, rates and parameters in `info`. [compiling thread, when all of these are
	 * known] Returns 0, or a negative errno: explain with pel_info_fail() (-ENOTSUP: there is no FPGA
	 * implementation for these types). The rates of all ports must be constant.
	 */
	int (*fpga)(struct pel_info *info, struct pel_fpga *fpga);

	/*
	 * For kernels that read or write files: name them, with the pel_info_reads() and pel_info_writes()
	 * functions below. Before any file is opened, a run is refused if a file that an actor writes has a
	 * second use under any name, if a file to read does not exist, or if a file cannot be written.
	 * Returns 0, or a negative errno: explain with pel_info_fail() first.
	 */
	int (*files)(struct pel_info *info);
};

/*
 * The only symbol that a module exports. Write it once, at the end of one file of the module:
 *   PEL_KERNEL_MODULE(&scale_kernel, &offset_kernel)
 */
struct pel_kernel_module {
	uint32_t abi;
	uint32_t n_kernels;
	const struct pel_kernel *const *kernels;
};

#define PEL_KERNEL_MODULE(...)                                                                                    \
	extern PEL_API const struct pel_kernel_module pel_kernel_module;                                          \
	static const struct pel_kernel *const pel_module_kernels_[] = { __VA_ARGS__ };                            \
	const struct pel_kernel_module pel_kernel_module = {                                                      \
		PEL_KERNEL_ABI, sizeof(pel_module_kernels_) / sizeof(pel_module_kernels_[0]), pel_module_kernels_ \
	};

/* ---- What a kernel may read and set, in resolve() and init(). Names and indices are those of the descriptor. ---- */

/* The id of the actor, for messages. */
PEL_API const char *pel_info_actor(const struct pel_info *info);

/*
 * The value of an integer parameter, of any width (a u64 wraps). If the descriptor has no such parameter, or
 * it is of another kind, returns 0 or an empty value; the error is reported, and the kernel's function fails
 * whatever it returns.
 */
PEL_API int64_t pel_info_i64(const struct pel_info *info, const char *param);
/* The value of an f32 or f64 parameter; otherwise as pel_info_i64(). */
PEL_API double pel_info_f64(const struct pel_info *info, const char *param);
/* The value of a bool parameter; otherwise as pel_info_i64(). */
PEL_API bool pel_info_bool(const struct pel_info *info, const char *param);
/* The value of a string parameter, as written. Valid as long as the plan. */
PEL_API const char *pel_info_string(const struct pel_info *info, const char *param);
/*
 * The value of a string parameter as the path of a file to read: a relative path starts at the folder of
 * the document that set it. Valid as long as the plan. NULL: out of memory. For files to write use
 * pel_info_string() instead: these start at the current directory of the run.
 */
PEL_API const char *pel_info_path(const struct pel_info *info, const char *param);
/* The value of a list parameter: an array of `*count` elements of its type. Valid as long as the plan. */
PEL_API const void *pel_info_list(const struct pel_info *info, const char *param, size_t *count);

/* The number of input ports; needed if the descriptor does not define them (PEL_KERNEL_ANY_PORTS). */
PEL_API unsigned pel_info_in_count(const struct pel_info *info);
/* The same for outputs. */
PEL_API unsigned pel_info_out_count(const struct pel_info *info);
/* True if the port is connected. */
PEL_API bool pel_info_in_connected(const struct pel_info *info, unsigned port);
/* The same for an output. */
PEL_API bool pel_info_out_connected(const struct pel_info *info, unsigned port);
/* The type of a port, or NULL if not known yet (resolve() can be called several times, each time with more known types). */
PEL_API const struct pel_type *pel_info_in_type(const struct pel_info *info, unsigned port);
/* The same for an output. */
PEL_API const struct pel_type *pel_info_out_type(const struct pel_info *info, unsigned port);
/* init() only: tokens per firing in phase `phase` (modulo the number of phases); 0 for a `*` port. */
PEL_API uint64_t pel_info_in_rate(const struct pel_info *info, unsigned port, uint64_t phase);
/* The same for an output. */
PEL_API uint64_t pel_info_out_rate(const struct pel_info *info, unsigned port, uint64_t phase);

/*
 * resolve() only: set the type of a port, in the graph language without symbols. Setting a type twice to different
 * values is an error, which the runtime reports.
 * Returns 0 or a negative errno to pass on.
 */
PEL_API int pel_info_set_in_type(struct pel_info *info, unsigned port, const struct pel_type *type);
/* The same for an output. */
PEL_API int pel_info_set_out_type(struct pel_info *info, unsigned port, const struct pel_type *type);
/* resolve() only: set the rates of an input, one for each phase. Return codes as pel_info_set_in_type(). */
PEL_API int pel_info_set_in_rates(struct pel_info *info, unsigned port, const uint64_t *rates, size_t count);
/* The same for an output. */
PEL_API int pel_info_set_out_rates(struct pel_info *info, unsigned port, const uint64_t *rates, size_t count);
/*
 * resolve() only: set how many earlier tokens an input also shows before its window. Return codes as
 * pel_info_set_in_type().
 */
PEL_API int pel_info_set_history(struct pel_info *info, unsigned in_port, uint64_t tokens);

/* init() only: declare that the actor will fire this many times if nothing ends it earlier. Used to show progress. */
PEL_API void pel_info_expect(struct pel_info *info, uint64_t firings);

/*
 * files() only: declare that the actor reads the file `path`, given as the kernel will open it, usually from
 * pel_info_path(). "-" is standard input. The string is copied. Returns 0 or -ENOMEM.
 */
PEL_API int pel_info_reads(struct pel_info *info, const char *path);
/*
 * The same for a file that the actor writes, usually from pel_info_string(). "-" is standard output, as data:
 * pel_info_data_fd().
 */
PEL_API int pel_info_writes(struct pel_info *info, const char *path);
/*
 * The same for a sequence of files: `pattern` with `count` consecutive numbers from `first` (UINT64_MAX:
 * unknown count) in place of its %d, or of its %0Nd with at least N digits (1 to 20). %% is a percent sign. A
 * pattern without a number is one file.
 */
PEL_API int pel_info_reads_numbered(struct pel_info *info, const char *pattern, uint64_t first, uint64_t count);
/* The same for files that are written. */
PEL_API int pel_info_writes_numbered(struct pel_info *info, const char *pattern, uint64_t first,
				     uint64_t count);
/* Declare that the actor writes text for people to pel_info_text_fd(). Any number of actors may do so. */
PEL_API int pel_info_prints(struct pel_info *info);

/*
 * init() only: the descriptor for data on standard output, of which there is one stream. It belongs to the
 * host and stays open during the run. Do not write to stdout: that would mix text with data.
 */
PEL_API int pel_info_data_fd(const struct pel_info *info);
/* The same for text for people. */
PEL_API int pel_info_text_fd(const struct pel_info *info);

/* Report an error and return `code`, a negative errno. The place and the actor are added to the message. */
PEL_API int pel_info_fail(struct pel_info *info, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
/*
 * The same, but at the place where the value of `param` was given. In init(), where that place is no longer known, at
 * the actor.
 */
PEL_API int pel_info_fail_param(struct pel_info *info, const char *param, int code, const char *fmt, ...)
	PEL_PRINTF(4, 5);
/* Add a hint to the error that pel_info_fail() or pel_info_fail_param() reported last: how to fix it. Returns `code`. */
PEL_API int pel_info_hint(struct pel_info *info, int code, const char *fmt, ...) PEL_PRINTF(3, 4);

/*
 * fpga() only. First name the kernel: function `kernel` of the HLS C file `source`, a path relative to
 * Pelton's folder of FPGA kernels (hls/) unless absolute. Then add its arguments in order, with their
 * names in the source. All these functions return 0 or -ENOMEM. Strings and data are copied.
 */
PEL_API int pel_fpga_kernel(struct pel_fpga *fpga, const char *source, const char *kernel);
/* Add a pointer to the window of an input, as in struct pel_io, except that the window begins with its history. */
PEL_API int pel_fpga_in(struct pel_fpga *fpga, const char *name, unsigned port);
/* Add a pointer to the window of an output. */
PEL_API int pel_fpga_out(struct pel_fpga *fpga, const char *name, unsigned port);
/*
 * Add a scalar: an expression of the graph language in which $batch is the number of firings in the call. If
 * no argument uses $batch, each call executes one firing.
 */
PEL_API int pel_fpga_scalar(struct pel_fpga *fpga, const char *name, const char *fmt, ...) PEL_PRINTF(3, 4);
/* Add a scalar with exactly this float or double value, including NaNs and infinities. */
PEL_API int pel_fpga_float(struct pel_fpga *fpga, const char *name, double value);
/* Add a pointer to constant data of `bytes` > 0 bytes. */
PEL_API int pel_fpga_data(struct pel_fpga *fpga, const char *name, const void *data, size_t bytes);
/*
 * Add a pointer to the state, which the kernel reads and updates for the next call: the bytes that save()
 * writes and restore() reads, always `bytes` of them. Only for kernels that have both functions. With it, a
 * stateful FPGA kernel can be replayed, and its CPU implementation can take over.
 */
PEL_API int pel_fpga_state(struct pel_fpga *fpga, const char *name, size_t bytes);

/* finish() only: report a result under `name` (copied). */
PEL_API void pel_results_u64(struct pel_results *results, const char *name, uint64_t value);
/* The same for a real number. */
PEL_API void pel_results_f64(struct pel_results *results, const char *name, double value);
/* The same for a string (copied). */
PEL_API void pel_results_string(struct pel_results *results, const char *name, const char *value);
/*
 * finish() only: report a problem that did not stop the kernel but that the user must know, such as data that
 * is incomplete or not what it claims to be. The command prints the sentence to standard error; a program
 * finds it in struct pel_actor_stats.
 */
PEL_API void pel_results_warn(struct pel_results *results, const char *fmt, ...) PEL_PRINTF(2, 3);
/*
 * fire(), drain() and finish() only: set the message for the negative errno that they are about to return.
 * Returns `code`. [the thread in that call]
 */
PEL_API int pel_fire_fail(int code, const char *fmt, ...) PEL_PRINTF(2, 3);

PEL_EXTERN_C_END

#endif
