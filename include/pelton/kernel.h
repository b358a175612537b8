/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_KERNEL_H
#define PELTON_KERNEL_H

#include <pelton/base.h>
#include <pelton/canonical.h>
#include <pelton/type.h>

PEL_EXTERN_C_BEGIN

/*
 * A kernel: a kind of computation with typed ports and parameters, described by one constant `struct pel_kernel`.
 * The runtime calls its functions as follows, for every actor that is an instance of it:
 *
 *   resolve   [compiling thread] once, while the graph is compiled: may look at parameters and known types, may set types,
 *             rates and history. May read only files that parameters name. Must not keep anything.
 *   files     [starting thread]  once a run, before any init(), and perhaps once more before the run: names the files that the actor will
 *             read and write. Must not open or change any.
 *   init      [starting thread]  once a run, before any firing: makes the state.
 *   fire      [any worker, one at a time] as often as there is data. Never blocks (unless PEL_KERNEL_BLOCKING).
 *   drain     [any worker, one at a time] kernels with `*` ports only: after an input has ended, again and again until it
 *             returns PEL_END. Writes what is still to be written.
 *   finish    [any worker] once, when the actor has ended in order: flushes, closes, reports results.
 *   fini      [the thread that destroys the run] once for every successful init, also after an error.
 *
 * A kernel with PEL_KERNEL_STATELESS may be fired by several workers at the same time, with the same state: its state
 * is then read-only after init.
 */

/* What is known of one actor while it is compiled and started. The functions on it are below. */
struct pel_info;

/* Where finish() puts what an actor has to report. */
struct pel_results;

/* Where fpga() puts how the FPGA form of a kernel is called. */
struct pel_fpga;

/* fire() and drain() may return this instead of 0: the actor has ended of itself. */
#define PEL_END 1

/* See struct pel_io. */
#define PEL_MORE SIZE_MAX

/*
 * The windows of one call. Port i of the inputs is in[i], in the order of the descriptor; ports that are not connected
 * are NULL. All windows are contiguous and aligned to the element.
 *
 * A port of constant rate r holds r * firings tokens. A port of cyclic rates holds the sum of its next `firings` rates;
 * in_tokens and out_tokens say how many that is. in[i] points at the first new token; with history N, the N tokens
 * before it are at negative indices.
 *
 * Kernels with `*` ports are called for one firing at a time (firings == 1) and store what they took from a `*` input and wrote
 * to a `*` output in consumed[i] and produced[i] (preset to 0; at most in_tokens[i], out_tokens[i]). There is room for at least one token at
 * every `*` output, and at least one token at some `*` input (with a single one: at that), unless one of several inputs has ended: then all
 * may be empty. What is written must depend only on the tokens, never on how they were cut into windows. A call that moves nothing asks for
 * more: of the inputs (or of room at the outputs) where it stored PEL_MORE, else of the empty ones, else of any. When one that is
 * asked for more has ended (where it is any: all), the actor ends. An actor's ports of constant rate move with
 * every call, so a kernel that has such ports can ask for more only by making all its ports `*`.
 */
struct pel_io {
	const void *const *in;
	void *const *out;
	const size_t *in_tokens;
	const size_t *out_tokens;
	size_t *consumed; /* for `*` inputs */
	size_t *produced; /* for `*` outputs */
	size_t *fired;	  /* preset to `firings`; with PEL_END: how many of them were really done */
	uint64_t first; /* number of the first of these firings, from 0: phase of a cyclic rate p is first % phases */
};

/* Flags of a port. */
#define PEL_PORT_OPTIONAL 1u /* need not be connected */

struct pel_port_desc {
	const char *name;
	const char *type;    /* "f32", "u8[H,W]", "T": symbols are unified per actor */
	const char *rate;    /* NULL is "1". "4", "$n", "1,0,2", "*": expressions over the parameters */
	const char *history; /* inputs: NULL is "0"; an expression */
	uint32_t flags;
	const char *doc;
};

/* Flags of a parameter: the string names a file, and so cannot be empty. */
#define PEL_PARAM_READS	 1u /* the kernel reads it */
#define PEL_PARAM_WRITES 2u /* the kernel creates or changes it */

/*
 * A parameter, and the values that it can have: those of its type that are also within the limits given here (NULL: no such limit). The compiler
 * checks them, and names the place where the value was given, so that neither resolve() nor init() has to. What depends on more than
 * parameters, resolve() checks: see pel_info_fail_param().
 *
 * `least` and `most` are expressions of the graph language, and may name other parameters of the kernel: "$factor - 1".
 */
struct pel_param_desc {
	const char *name;
	const char *type;  /* "i64", "f64", "bool", "string", an element type, or a list of one: "f32[]" */
	const char *value; /* default, as written in a graph; NULL: must be set */
	const char *doc;   /* with unit; the limits are shown besides */
	/* Numbers, and the numbers of a list: both are possible values. Not for complex ones. */
	const char *least;
	const char *most;
	/* Strings and integers: all values there are, as in "error, drop". A string's default is always one of them. */
	const char *one_of;
	/* Lists: how many elements they have. Expressions too. */
	const char *least_count;
	const char *most_count;
	/* Strings: how they end, as in ".jpg, .png"; capital letters are the same as small ones. */
	const char *ends;
	uint32_t flags; /* PEL_PARAM_* */
};

/* Flags of a kernel. */
#define PEL_KERNEL_STATELESS 1u /* no firing depends on an earlier one except through `history` */
#define PEL_KERNEL_BLOCKING \
	2u		    /* fire may wait for the outside world: runs on a thread of its own, see below */
#define PEL_KERNEL_EXACT 4u /* every form of it gives the same bits, see below */
#define PEL_KERNEL_ANY_PORTS \
	8u /* has the ports of the inline <kernel> whose CPU form it is, and none of its own */
#define PEL_KERNEL_EFFECTS \
	16u /* its firings do more than write tokens: it goes on when all readers of its outputs have ended */

/*
 * PEL_KERNEL_EXACT: for every input, in every form (each instruction set, windows cut in any way, in place, in a chain, on an FPGA), the same bytes.
 * Every input has NaNs of any sign and payload, infinities, subnormal numbers and -0 in it, so:
 *   - a number that was computed is stored through pel_canonical_f32() or _f64() (pelton/canonical.h): a NaN has one form;
 *   - a number that is only moved keeps all its bits: copy it as bytes or integers;
 *   - the sign of a NaN is nobody's: take copysign(), fabs() and comparisons as they come, but let no result that is not a NaN depend on it;
 *   - converted to an integer, a NaN is 0, and what is too large or too small is the nearest that fits: C leaves both undefined;
 *   - tokens are compared by value or by bytes, and the documentation says which: by value, -0 equals 0, and a NaN nothing.
 */

/*
 * When a run is stopped, the thread in the fire() of a blocking kernel is cancelled (pthread_cancel(), deferred): the system call that waits
 * does not return, and fini() follows. So fire() must hold nothing there that fini() does not release.
 */

#define PEL_KERNEL_IN_PLACE \
	32u /* with one input and one output: their windows may be the same memory, if their tokens have the same size */
#define PEL_KERNEL_ABI 4u

/*
 * The instruction sets that functions are built for, the least first: a machine that has one has all before it. "default"
 * is the one that the compiler was told to build for.
 */
enum pel_cpu_level { PEL_CPU_DEFAULT, PEL_CPU_AVX2, PEL_CPU_AVX512F };

/* The one in use: the best that this machine has, or the lower one that PELTON_CPU names. [any thread] */
PEL_API enum pel_cpu_level pel_cpu(void);
/* The best that this machine has. [any thread] */
PEL_API enum pel_cpu_level pel_cpu_machine(void);
/* "default", "avx2", "avx512f". */
PEL_API const char *pel_cpu_name(enum pel_cpu_level cpu);

/*
 * In place of the head of a function that is mostly loops: it is built for each instruction set, and pel_cpu() says at every
 * call which is taken. Build with -ffp-contract=off, else they may round differently.
 *
 *   PEL_CLONES(gain, (float *restrict y, const float *restrict x, size_t n, float by), (y, x, n, by))
 *   {
 *           for (size_t i = 0; i < n; i++)
 *                   y[i] = by * x[i];
 *   }
 *
 * is the function static void gain(...). For a kernel's fire() one word is enough, since its parameters are known:
 * PEL_FIRE_CLONES(gain_fire) is the head of static int gain_fire(void *state, const struct pel_io *io, size_t firings).
 */
#define PEL_CLONES(name, params, args) PEL_CLONES_(void, , name, params, args)
#define PEL_FIRE_CLONES(name)                                                                  \
	PEL_CLONES_(int, return, name, (void *state, const struct pel_io *io, size_t firings), \
		    (state, io, firings))

/* The body is name##_any, which each of the others takes in and so builds anew. */
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

struct pel_kernel {
	/* These three stay where they are in every version. */
	uint32_t abi;	     /* PEL_KERNEL_ABI */
	uint32_t flags;	     /* PEL_KERNEL_* */
	const char *name;    /* "image.sobel": module, dot, kernel */
	const char *summary; /* one line */
	const char *doc;     /* the exact formula, order of summation, rounding, borders, saturation */
	const struct pel_port_desc *in;	     /* ended by a NULL name; NULL: none */
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
	 * For kernels with PEL_KERNEL_STATELESS and PEL_KERNEL_IN_PLACE: `n` actors of this kernel, each reading what the one before writes, in one
	 * call. `io` has the input of the first and the output of the last; what is between them is nobody else's and need not be written. The
	 * same bytes as n calls of fire(). Returns 0 or a negative errno: for kernels that never end. Worth it where a pass through memory costs
	 * more than the work.
	 */
	int (*fire_chain)(void *const *states, size_t n, const struct pel_io *io, size_t firings);

	/* For stateful kernels that can be replayed: copy the state out (malloc'ed) and back in. */
	int (*save)(const void *state, void **data, size_t *bytes);
	int (*restore)(void *state, const void *data, size_t bytes);

	/*
	 * For kernels with an FPGA form: say, with the pel_fpga_*() functions below, how it is called for the types, rates and parameters in
	 * `info`. [compiling thread, when all of these are known] Returns 0, or a negative errno: explain with pel_info_fail() (-ENOTSUP: there is
	 * no FPGA form for these types). All ports' rates must be constant.
	 */
	int (*fpga)(struct pel_info *info, struct pel_fpga *form);

	/*
	 * For kernels that read or write files: name them, with the pel_info_reads() and pel_info_writes() functions below. A run is refused, before
	 * any file is opened, if a file that an actor writes has a second use, by whatever name; if a file to read does not exist; or if a file to
	 * write cannot be written. Returns 0, or a negative errno: explain with pel_info_fail() first.
	 */
	int (*files)(struct pel_info *info);
};

/*
 * The one symbol a module exports. Write it once, at the end of a file of the module:
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

/* ---- What a kernel may ask and set, in resolve() and init(). Names and indices are those of the descriptor. ---- */

/* Id of the actor, for messages. */
PEL_API const char *pel_info_actor(const struct pel_info *info);

/*
 * Value of a scalar parameter. Integers of every width by _i64 (u64 wraps), f32 and f64 by _f64. For a name that the descriptor does not have, or
 * a parameter of another kind: 0 or empty; the error is explained, and the kernel's function fails whatever it returns.
 */
PEL_API int64_t pel_info_i64(const struct pel_info *info, const char *param);
/* The value of an f32, f64 parameter; otherwise as pel_info_i64(). */
PEL_API double pel_info_f64(const struct pel_info *info, const char *param);
/* The value of a bool parameter; otherwise as pel_info_i64(). */
PEL_API bool pel_info_bool(const struct pel_info *info, const char *param);
/* A string parameter, as written. Lives as long as the plan. */
PEL_API const char *pel_info_string(const struct pel_info *info, const char *param);
/*
 * A string parameter taken as the path of something to read: relative ones start at the directory of the file that wrote it. Lives as long as
 * the plan. NULL: out of memory. What is to be written belongs where the graph is run: take pel_info_string(), which starts in the current folder.
 */
PEL_API const char *pel_info_path(const struct pel_info *info, const char *param);
/* A list parameter: dense elements of its type, `*count` of them. Lives as long as the plan. */
PEL_API const void *pel_info_list(const struct pel_info *info, const char *param, size_t *count);

/* How many ports there are: of interest where they are not the kernel's own (PEL_KERNEL_ANY_PORTS). */
PEL_API unsigned pel_info_in_count(const struct pel_info *info);
/* The same for outputs. */
PEL_API unsigned pel_info_out_count(const struct pel_info *info);
/* Is the port connected? */
PEL_API bool pel_info_in_connected(const struct pel_info *info, unsigned port);
/* The same for an output. */
PEL_API bool pel_info_out_connected(const struct pel_info *info, unsigned port);
/* The type of a port, or NULL while it is not known (resolve() can run several times, knowing more each time). */
PEL_API const struct pel_type *pel_info_in_type(const struct pel_info *info, unsigned port);
/* The same for an output. */
PEL_API const struct pel_type *pel_info_out_type(const struct pel_info *info, unsigned port);
/* Tokens by one firing in phase `phase` (taken modulo the number of phases); 0 for a `*` port. init() only. */
PEL_API uint64_t pel_info_in_rate(const struct pel_info *info, unsigned port, uint64_t phase);
/* The same for an output. */
PEL_API uint64_t pel_info_out_rate(const struct pel_info *info, unsigned port, uint64_t phase);

/*
 * resolve() only. Give a port its type (in the graph language, no symbols), its rates or its history. Setting a type
 * twice to different values is an error that the runtime reports. Return 0 or a negative errno to pass on.
 */
PEL_API int pel_info_set_in_type(struct pel_info *info, unsigned port, const struct pel_type *type);
/* The same for an output. */
PEL_API int pel_info_set_out_type(struct pel_info *info, unsigned port, const struct pel_type *type);
/* resolve() only: the rates of an input, one for each phase. Returns as pel_info_set_in_type(). */
PEL_API int pel_info_set_in_rates(struct pel_info *info, unsigned port, const uint64_t *rates, size_t count);
/* The same for an output. */
PEL_API int pel_info_set_out_rates(struct pel_info *info, unsigned port, const uint64_t *rates, size_t count);
/* resolve() only: how many tokens before its window an input also shows. Returns as pel_info_set_in_type(). */
PEL_API int pel_info_set_history(struct pel_info *info, unsigned in_port, uint64_t tokens);

/* init() only: the actor will fire this many times, if nothing ends it earlier. Used to show progress. */
PEL_API void pel_info_expect(struct pel_info *info, uint64_t firings);

/*
 * files() only. The actor reads, or writes, the file `path`, given as the kernel will open it: mostly pel_info_path() for reading and
 * pel_info_string() for writing. "-" is standard input or output, as data: pel_info_data_fd(). Copied. Return 0 or -ENOMEM.
 */
PEL_API int pel_info_reads(struct pel_info *info, const char *path);
/* The same for a file that is written. */
PEL_API int pel_info_writes(struct pel_info *info, const char *path);
/*
 * The same for a row of files: `pattern` with a number from `first` on, `count` of them (UINT64_MAX: it is not known how many), in place of its %d, or
 * of its %0Nd, which has at least N digits (1 to 20). %% is a per cent sign. Without a number it is one file.
 */
PEL_API int pel_info_reads_numbered(struct pel_info *info, const char *pattern, uint64_t first, uint64_t count);
/* The same for files that are written. */
PEL_API int pel_info_writes_numbered(struct pel_info *info, const char *pattern, uint64_t first,
				     uint64_t count);
/* The actor writes text for people to pel_info_text_fd(). Any number of actors may. */
PEL_API int pel_info_prints(struct pel_info *info);

/*
 * init() only. The descriptors for what belongs on standard output: data, of which there is one stream, and text for people. They are
 * the host's, and stay open while the run lives. Do not write to stdout: it would mix text with data.
 */
PEL_API int pel_info_data_fd(const struct pel_info *info);
/* The same for text. */
PEL_API int pel_info_text_fd(const struct pel_info *info);

/* Explain a failure (place and actor are added) and return `code`, a negative errno. */
PEL_API int pel_info_fail(struct pel_info *info, int code, const char *fmt, ...) PEL_PRINTF(3, 4);
/* The same, at the place where the value of `param` was given; in init(), where that is no longer known, at the actor's. */
PEL_API int pel_info_fail_param(struct pel_info *info, const char *param, int code, const char *fmt, ...)
	PEL_PRINTF(4, 5);
/* Say how to mend what the last pel_info_fail() or pel_info_fail_param() explained. Returns `code`. */
PEL_API int pel_info_hint(struct pel_info *info, int code, const char *fmt, ...) PEL_PRINTF(3, 4);

/*
 * fpga() only. First the kernel: function `kernel` of the HLS C file `source`, relative to Pelton's folder of FPGA kernels (hls/) if not absolute.
 * Then its arguments, in their order, under the names they have in the source. All return 0 or -ENOMEM. Strings and data are copied.
 */
PEL_API int pel_fpga_kernel(struct pel_fpga *form, const char *source, const char *kernel);
/* A pointer to the window of a port, as in struct pel_io, but that an input's window begins with its history. */
PEL_API int pel_fpga_in(struct pel_fpga *form, const char *name, unsigned port);
/* The same for an output. */
PEL_API int pel_fpga_out(struct pel_fpga *form, const char *name, unsigned port);
/*
 * A scalar: an expression of the graph language in which $batch is the number of firings in the call. A form without any $batch gets one
 * firing a call.
 */
PEL_API int pel_fpga_scalar(struct pel_fpga *form, const char *name, const char *fmt, ...) PEL_PRINTF(3, 4);
/* A scalar that is this float or double, whatever it is. */
PEL_API int pel_fpga_float(struct pel_fpga *form, const char *name, double value);
/* A pointer to constant data, `bytes` > 0 of them. */
PEL_API int pel_fpga_data(struct pel_fpga *form, const char *name, const void *data, size_t bytes);
/*
 * A pointer to the state, which the kernel reads and leaves changed for the next call: the bytes that save() makes and restore() takes, always `bytes` of
 * them. Only for kernels with both. It is what makes a stateful FPGA kernel one that can be replayed, and taken over by its CPU form.
 */
PEL_API int pel_fpga_state(struct pel_fpga *form, const char *name, size_t bytes);

/* finish() only: report a result under `name` (copied). */
PEL_API void pel_results_u64(struct pel_results *results, const char *name, uint64_t value);
/* The same for a real number. */
PEL_API void pel_results_f64(struct pel_results *results, const char *name, double value);
/* The same for a string (copied). */
PEL_API void pel_results_string(struct pel_results *results, const char *name, const char *value);
/*
 * finish() only: a sentence about something that did not stop the kernel but that the user has to know, such as data that is incomplete or not
 * what it claims to be. The command writes it to standard error; a program finds it in struct pel_actor_stats.
 */
PEL_API void pel_results_warn(struct pel_results *results, const char *fmt, ...) PEL_PRINTF(2, 3);
/* fire(), drain() and finish(): the sentence that goes with the negative errno they are about to return. [the thread in that call] */
PEL_API int pel_fire_fail(int code, const char *fmt, ...) PEL_PRINTF(2, 3);

PEL_EXTERN_C_END

#endif
