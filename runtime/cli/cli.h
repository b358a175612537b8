/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_CLI_H
#define PEL_CLI_H

#include <pelton/pelton.h>

/* What the subcommands of `pelton` share. Results go to stdout, words to stderr. */

/* Exit statuses. The manual lists them; scripts rely on them. */
enum {
	CLI_OK = 0,
	CLI_FAILED = 1,	     /* the graph, the input or the run failed */
	CLI_USAGE = 2,	     /* wrong usage */
	CLI_STALLED = 3,     /* no stage could move */
	CLI_DEVICE_LOST = 4, /* during the run, and no policy saved it */
	CLI_INTERRUPTED = 130,
};

/* ---- options (options.c) ---- */

struct cli_option {
	const char *name;    /* "--set"; NULL ends a list */
	const char *letter;  /* "-o", or NULL */
	const char *value;   /* what help calls its value; NULL: it takes none */
	bool value_optional; /* only as --option=VALUE */
	bool repeated;	     /* may be given more than once */
	const char *help;
};

struct cli_args;

struct cli_command {
	const char *name;
	const char *operands; /* "GRAPH", "GRAPH...", "[NAME]" or ""; after a "PROGRAM" all words are operands */
	size_t min_operands, max_operands;
	const char *summary; /* one line */
	const struct cli_option *options;
	int (*run)(const struct cli_args *args); /* returns an exit status */
};

struct cli_given {
	const struct cli_option *option;
	const char *value; /* NULL: none was given */
};

/* A parsed command line. Borrows from argv. */
struct cli_args {
	const struct cli_command *command;
	struct cli_given *given; /* in order */
	size_t n_given;
	const char **operands;
	size_t n_operands;
};

/* Parse what follows the command's name. 0, or CLI_USAGE with the reason said; -1: --help was asked for and given. */
int cli_args_parse(struct cli_args *args, const struct cli_command *command, int argc, char **argv);
void cli_args_fini(struct cli_args *args);

bool cli_has(const struct cli_args *args, const char *option);
/* The value of an option; NULL: not given, or without one. */
const char *cli_value(const struct cli_args *args, const char *option);
/* The value of option number `index` of that name; NULL past the end. */
const char *cli_value_at(const struct cli_args *args, const char *option, size_t index);
/* The value as a number from `min` to `max`; `otherwise` if not given. False: said why not. */
bool cli_number(const struct cli_args *args, const char *option, unsigned min, unsigned max,
		unsigned otherwise, unsigned *ret);

/* The candidate nearest to `wanted`, or NULL where none is near. `names` ends with NULL. */
const char *cli_nearest(const char *wanted, const char *const *names);

/* Print what `pelton help COMMAND` prints. */
void cli_print_help(const struct cli_command *command, FILE *out);

/* ---- messages (say.c) ---- */

/* "error: ..." and "hint: ..." on stderr, whatever bytes they contain. cli_error returns `status`. */
int cli_error(int status, const char *fmt, ...) PEL_PRINTF(2, 3);
void cli_hint(const char *fmt, ...) PEL_PRINTF(1, 2);
void cli_warning(const char *fmt, ...) PEL_PRINTF(1, 2);
/* Say the errors in `err` and release it; if it has none, what the errno `code` means. Returns CLI_FAILED. */
int cli_fail(struct pel_error *err, int code);
/* That, but `err` is kept. */
int cli_explain(const struct pel_error *err, int code);
/* Say them as warnings; nothing if there is none. */
void cli_warn(struct pel_error *err);
/* malloc and friends for a program that can do nothing without memory: they say so and exit with CLI_FAILED. */
void *cli_alloc(size_t count, size_t bytes);
void *cli_resize(void *old, size_t count, size_t bytes);
char *cli_format(const char *fmt, ...) PEL_PRINTF(1, 2);

/* ---- the end of the program (exit.c) ---- */

/* Run `command`. Meanwhile a call of exit() and the like by anybody but us (kernels are foreign code) is reported, and the status is CLI_FAILED. */
int cli_work(const struct cli_command *command, const struct cli_args *args);
/* From here on the end of the process is our own. */
void cli_work_ends(void);
/* exit() for our own code: end with `status`. */
_Noreturn void cli_exit(int status);

/* A writer of a result to stdout returned `r` (0 or a negative errno). */
void cli_wrote(int r);
/* Write out stdout. Returns `status`, or CLI_FAILED if results were lost; a reader that has gone away is none of our errors. */
int cli_finish(int status);

/* ---- signals (signals.c) ---- */

/* What a signal sets: lent to every call that may take long. */
struct pel_cancel *cli_cancel(void);
/* Has it been set? Then the status is CLI_INTERRUPTED, and what failed because of it is not explained. */
bool cli_interrupted(void);
/*
 * From here on SIGINT, SIGTERM and SIGHUP no longer end the process at once, but set cli_cancel() and leave it a moment to end in order. Not for
 * commands that handle signals themselves.
 */
void cli_catch_signals(void);

/* ---- graphs (compile.c) ---- */

/* Options of every command that compiles a graph. */
#define CLI_COMPILE_OPTIONS                                                                                   \
	{ "--set", NULL, "NAME=VALUE", false, true, "give parameter NAME of the graph a value" },             \
		{ "--place", NULL, "ACTOR=WHERE",                                                             \
		  false,     true, "place ACTOR: cpu, cpu:K, fpga, fpga:DEVICE, auto" },                      \
		{ "--map", NULL, "FILE", false, false, "place actors as this map document says" },            \
		{ "--profile", NULL,  "FILE",                                                                 \
		  false,       false, "what firings cost, as a run has measured it; `run` writes it anew" },  \
		{ "--machine", NULL, "WHAT", false, false, "compile for this machine: cores=8,l2=1M" },       \
	{                                                                                                     \
		"--workers", NULL, "N", false, false, "CPU workers; default: one a core this process may use" \
	}

/* Fill `options` from the command line; the lists are released with cli_compile_fini(). 0 or CLI_USAGE. */
int cli_compile_options(const struct cli_args *args, struct pel_compile_options *options);
void cli_compile_fini(struct pel_compile_options *options);
/* All of file `path`, "-" being standard input, to be freed. NULL: it cannot be read, or is too long, which has been said. */
char *cli_read(const char *path, size_t *size);
/* Load the graph in `path`, "-" being standard input. As pel_graph_load(). */
int cli_load(const char *path, struct pel_graph **ret, struct pel_error *err);
/* Both steps for the command's first operand. 0 and *plan, or an exit status with the reason said. */
int cli_compile(const struct cli_args *args, char **name, struct pel_plan **plan);

/*
 * Write graph `path` to file `output`, repaired where a change of capacities or initial tokens frees it from deadlock (fix.c). Says each change on
 * stdout; an exit status, with what remains wrong said.
 */
int cli_fix(const char *path, const char *output, struct pel_compile_options options);

/* ---- writing (write.c) ---- */

/*
 * What is written may have no reader. A command that handles signals on a thread of its own calls cli_allow_cut() on the main thread, with
 * CLI_CUT_SIGNAL blocked on all threads; its own thread calls cli_cut() repeatedly once the main thread must stop waiting.
 */
#define CLI_CUT_SIGNAL SIGUSR1
void cli_allow_cut(void);
void cli_cut(void);
/* Write all of it. 0, or a negative errno: -ECANCELED if the wait was cut short. */
int cli_write(int fd, const void *data, size_t size);
/* Open a pipe, a terminal or the like, and wait until it has a reader. A descriptor, or a negative errno, as above. */
int cli_open_stream(const char *path);
/* The descriptor for results: 1, or what cli_keep_stdout() made. */
int cli_stdout(void);
/* Keep standard output for results, under a descriptor of its own. 0, or CLI_FAILED, explained. */
int cli_keep_stdout(void);
/* [after that] Send what anything else in this process and its children prints to standard error. 0, or CLI_FAILED, explained. */
int cli_divert_stdout(void);
/* Close what was kept. 0, or a negative errno: it is not complete. */
int cli_close_stdout(void);
/* The path to open for `path`, which stays valid when standard output is diverted; "-" if it names standard output. To be freed. */
char *cli_output_path(const char *path);
/* Print the hint that goes with a negative errno from writing, if there is one. */
void cli_hint_write(int code);

/* ---- files (save.c) ---- */

/*
 * A result on its way to a file. A regular file is replaced at once, by way of a temporary one beside it, so that it is there whole
 * or as it was; links are followed; anything else (/dev/stdout, a pipe) is written to.
 */
struct cli_save;
/* 0, *ret and the stream to write to; or a negative errno. "-" is standard output. */
int cli_save_open(const char *path, struct cli_save **ret, FILE **stream);
/* `r`: 0, or the negative errno for which all that was written is to be thrown away. Returns it, or with what saving failed. */
int cli_save_close(struct cli_save *save, int r);
/* [signal handler] Remove the file that is being written. */
void cli_save_abandon(void);
/* Can `path` be written, as far as can be told before? Says why not and returns CLI_FAILED, or 0. */
int cli_save_check(const char *path);
/* Say that `path` could not be written. Returns CLI_FAILED. */
int cli_save_failed(const char *path, int code);

/* ---- who uses which file (files.c) ---- */

/* The files of one command, collected before any is opened for writing. Start with all zero. */
struct cli_files {
	struct pel_run_file *items;
	size_t count;
};

/* `who` ("option '--trace'") reads or writes `path`; "-": standard input, output. NULL: nothing. `path` is borrowed. */
void cli_files_add(struct cli_files *files, const char *who, const char *path, bool written);
/* Check that no file which is written has a second use. 0, or CLI_FAILED, explained. `plan` and `options` may be NULL. Releases `files`. */
int cli_files_check(struct cli_files *files, const struct pel_plan *plan,
		    const struct pel_run_options *options);
/* The same where `option` names the only file to write: it must not be one that `plan` was compiled from, nor `profile` (may be NULL). */
int cli_check_output(const char *option, const char *path, const struct pel_plan *plan, const char *profile);

/* ---- pictures (picture.c) ---- */

/* Is `path` a name that cli_picture_write() can serve? Says why not and returns CLI_USAGE, or 0. */
int cli_picture_check(const char *path);
/* Draw `plan`, as pel_plan_write_dot() does, into `path`, whose ending says how. 0 or CLI_FAILED. */
int cli_picture_write(const char *path, const struct pel_plan *plan, const struct pel_stats *stats,
		      const struct pel_analysis *analysis);
/*
 * The same as the text of an SVG document, to be freed. NULL: it could not be drawn, for the reason in *why, to be freed, and nothing has
 * been said.
 */
char *cli_picture_svg(const struct pel_plan *plan, const struct pel_stats *stats, char **why);

/* ---- subcommands ---- */

extern const struct cli_command cli_check, cli_plan, cli_analyze, cli_run, cli_draw, cli_kernels, cli_xclbin,
	cli_emulate, cli_doctor, cli_import;

#endif
