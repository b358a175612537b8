/* SPDX-License-Identifier: Apache-2.0 */
#include "pack-compile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "environment.h"
#include "helper.h"
#include "pack-inputs.h"
#include "pack-kernels.h"
#include "read-file.h"

/*
 * Runs the host compiler: sources to objects, in parallel, then objects to a library. If it fails, its output becomes our error message.
 *
 * The result is reproducible: the same sources give the same bytes, wherever they are and whoever packs them. Compilers run in the private
 * folder, which has links to the folders of the sources and headers. The names of the folder and the links are kept out of the objects; in
 * the compilers' messages they are replaced by the names that the user gave.
 */
#define WORDS_MAX	   16384
#define COMPILER_WORDS_MAX 16
#define LIMIT_S		   300 /* for one compiler */
#define SOURCE_LINK	   "pelton-source-"
#define INCLUDE_LINK	   "pelton-include-"

static const struct pel_place nowhere;

/* Options that GCC needs and clang does not have. */
static const struct gcc_option {
	const char *text;
	bool cpp_only;
} gcc_options[PEL_PACK_GCC_OPTIONS] = {
	{ "-fno-gnu-unique", true }, /* unique symbols would be shared by all loaded kernel libraries */
	{ "-fno-ipa-icf", false },   /* merged functions would be missing from the debug information */
};

struct job {
	const char *output, *log;
	struct pel_helper_process process;
	bool started;
};

static bool is_cpp(const char *source)
{
	const char *dot = strrchr(source, '.');

	return dot && (strcmp(dot, ".cpp") == 0 || strcmp(dot, ".cc") == 0 || strcmp(dot, ".cxx") == 0);
}

static bool is_c(const char *source)
{
	const char *dot = strrchr(source, '.');

	return dot && strcmp(dot, ".c") == 0;
}

static const char *compiler(bool cpp)
{
	const char *given = pel_env(cpp ? "PELTON_CXX" : "PELTON_CC");

	return given ? given : cpp ? "c++" : "cc";
}

/* ---- one compiler ---- */

static int not_run(struct pack *pack, const char *program, int code)
{
	char what[512];

	snprintf(what, sizeof(what), "the compiler '%s'", program);
	pel_helper_explain(code, what, LIMIT_S, pack->err);
	if (code == -ENOENT)
		pel_hint(pack->err,
			 "install a C compiler (package gcc), or name yours in PELTON_CC and PELTON_CXX");
	return code;
}

/* Start `argv` with its output redirected to job->log. Returns 0, or a negative errno and explains. */
static int start_job(struct pack *pack, struct job *job, char *const *argv)
{
	int fd = open(job->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;
	struct pel_helper helper = {
		.argv = (const char *const *)argv, .dir = pack->dir, .in = -1, .out = fd, .err = fd, .limit_s = LIMIT_S
	};

	if (fd < 0) {
		r = -errno;
		return pel_fail(pack->err, r, nowhere, "cannot write '%s': %s", job->log, strerror(-r));
	}
	r = pel_helper_start(&helper, &job->process);
	close(fd);
	job->started = r == 0;
	return r < 0 ? not_run(pack, argv[0], r) : 0;
}

/* Wait for the job. 1: it succeeded. 0: it failed, and job->log has its messages. Else a negative errno, explained. */
static int end_job(struct pack *pack, struct job *job, const char *program)
{
	int status = 0, r = pel_helper_wait(&job->process, pack->options->cancel, &status);

	job->started = false;
	if (r < 0)
		return not_run(pack, program, r);
	return status == 0 && access(job->output, R_OK) == 0;
}

/* ---- compiler messages ---- */

/* The folder of source `index` as the user wrote it, with a trailing slash; "" if the name has none. */
static const char *source_folder(struct pack *pack, size_t index)
{
	const char *source = pack->options->sources[index], *slash = strrchr(source, '/');

	return slash ? pel_arena_strndup(&pack->arena, source, (size_t)(slash + 1 - source)) : "";
}

/* If `text` begins with one of our links, the folder that it stands for, and *length of the link's name; else NULL. */
static const char *link_meaning(struct pack *pack, const char *text, const char *link, size_t *length)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	bool source = strcmp(link, SOURCE_LINK) == 0;
	char *end;
	unsigned long index;

	if (strncmp(text, link, strlen(link)) != 0)
		return NULL;
	index = strtoul(text + strlen(link), &end, 10);
	if (*end != '/' || index >= (source ? options->n_sources : options->n_include_dirs))
		return NULL;
	*length = (size_t)(end + 1 - text);
	return source ? source_folder(pack, index)
		      : pel_arena_printf(&pack->arena, "%s/", options->include_dirs[index]);
}

/* The messages with links replaced by the names that the user gave. In the arena; NULL: out of memory. */
static char *translate(struct pack *pack, const char *words, size_t size)
{
	char *text = NULL, *ret;
	size_t n, length = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		const char *meaning = link_meaning(pack, words + i, SOURCE_LINK, &length);

		if (!meaning)
			meaning = link_meaning(pack, words + i, INCLUDE_LINK, &length);
		if (meaning) {
			fputs(meaning, out);
			i += length - 1;
		} else {
			fputc(words[i], out);
		}
	}
	ret = fclose(out) == 0 ? pel_arena_strdup(&pack->arena, text) : NULL;
	free(text);
	return ret;
}

static int report_log(struct pack *pack, const struct job *job, const char *what)
{
	char *words = NULL, *text;
	size_t size = 0;

	if (pel_read_file(job->log, (size_t)64 << 20, false, &words, &size, NULL) < 0)
		size = 0;
	while (size && words[size - 1] == '\n')
		size--;
	if (size > WORDS_MAX)
		size = WORDS_MAX;
	text = size ? translate(pack, words, size) : NULL;
	pel_fail(pack->err, -EINVAL, nowhere, "%s%s%s", what, text ? ":\n" : "", text ? text : "");
	pel_free(words);
	return -EINVAL;
}

/* ---- arguments ---- */

struct words {
	char **list;
	size_t n;
};

static void add(struct words *words, const char *word)
{
	words->list[words->n++] = (char *)word;
}

/*
 * Make a relative path to a program absolute, because it is started in another folder. Symbolic links are not resolved: compilers such as
 * clang++ and ccache behave according to the name they are called by. NULL: out of memory.
 */
static char *program_path(struct pack *pack, char *word)
{
	char *here = word[0] != '/' && strchr(word, '/') ? realpath(".", NULL) : NULL;
	char *path = here ? pel_path_join(&pack->arena, here, word) : word;

	free(here);
	return path;
}

/* The compiler may come with options, as in "gcc -O0". */
static void add_compiler(struct pack *pack, struct words *words, bool cpp)
{
	char *rest = pel_arena_strdup(&pack->arena, compiler(cpp)), *word;

	while (rest && (word = strsep(&rest, " ")) && words->n < COMPILER_WORDS_MAX) {
		if (!words->n)
			word = program_path(pack, word);
		if (word && *word)
			add(words, word);
	}
	if (!words->n) /* out of memory, or nothing but blanks */
		add(words, cpp ? "c++" : "cc");
}

static char **start_words(struct pack *pack, struct words *words, size_t more)
{
	words->n = 0;
	words->list = pel_arena_array(&pack->arena, 40 + more, sizeof(*words->list));
	if (!words->list)
		pel_nomem(pack->err);
	return words->list;
}

/* Make link number `index` to `folder` ("": the current one) in the private folder. A folder that does not exist gets no link. */
static int make_link(struct pack *pack, const char *link, size_t index, const char *folder)
{
	const char *name = pel_arena_printf(&pack->arena, "%s/%s%zu", pack->dir, link, index);
	char *full = name && folder ? realpath(*folder ? folder : ".", NULL) : NULL;
	int r = full && symlink(full, name) < 0 ? -errno : 0;

	free(full);
	if (!name || !folder)
		return pel_nomem(pack->err);
	return r < 0 ? pel_fail(pack->err, r, nowhere, "cannot make '%s': %s", name, strerror(-r)) : 0;
}

static int make_links(struct pack *pack)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	int r = 0;

	for (size_t i = 0; i < options->n_sources && r == 0; i++)
		r = make_link(pack, SOURCE_LINK, i, source_folder(pack, i));
	for (size_t i = 0; i < options->n_include_dirs && r == 0; i++)
		r = make_link(pack, INCLUDE_LINK, i, options->include_dirs[i]);
	return r;
}

/* Add `flags`, and the option that keeps the name of the private folder out of the result. */
static void add_flags(struct pack *pack, struct words *words, const char *const *flags)
{
	for (; *flags; flags++)
		add(words, *flags);
	add(words, pel_arena_printf(&pack->arena, "-ffile-prefix-map=%s=.", pack->dir));
}

/* The dependency file in which the compiler lists the files it read. */
static const char *rule_path(struct pack *pack, size_t index)
{
	return pel_arena_printf(&pack->arena, "%s/%zu.d", pack->dir, index);
}

static int source_words(struct pack *pack, struct words *words, size_t index, const char *output)
{
	static const char *const flags[] = { "-c",
					     "-gdwarf-4",
					     "-O2",
					     "-fPIC",
					     "-ffp-contract=off",
					     "-fno-strict-aliasing",
					     "-Wall",
					     "-Wno-unknown-pragmas",
					     "-Wno-unused-label",
					     NULL };
	const struct pel_xclbin_pack_options *options = pack->options;
	const char *source = options->sources[index], *slash = strrchr(source, '/');
	bool cpp = is_cpp(source);

	if (!start_words(pack, words, 2 * options->n_include_dirs + 2 * options->n_defines))
		return -ENOMEM;
	add_compiler(pack, words, cpp);
	add_flags(pack, words, flags);
	add(words, pel_arena_printf(&pack->arena, "-ffile-prefix-map=" SOURCE_LINK "%zu/=", index));
	for (size_t i = 0; i < PEL_PACK_GCC_OPTIONS; i++)
		if ((cpp || !gcc_options[i].cpp_only) && !pack->refused[cpp][i])
			add(words, gcc_options[i].text);
	for (size_t i = 0; i < options->n_include_dirs; i++) {
		add(words, "-I");
		add(words, pel_arena_printf(&pack->arena, INCLUDE_LINK "%zu", i));
	}
	for (size_t i = 0; i < options->n_defines; i++) {
		add(words, "-D");
		add(words, options->defines[i]);
	}
	add(words, "-MD");
	add(words, "-MF");
	add(words, rule_path(pack, index));
	add(words, "-MT");
	add(words, "kernels");
	add(words, "-o");
	add(words, output);
	add(words, pel_arena_printf(&pack->arena, SOURCE_LINK "%zu/%s", index, slash ? slash + 1 : source));
	for (size_t i = 0; i < words->n; i++)
		if (!words->list[i])
			return pel_nomem(pack->err);
	return 0;
}

/* ---- compiling and linking ---- */

static int start_source(struct pack *pack, struct job *job, size_t index)
{
	const char *source = pack->options->sources[index];
	struct words words;
	int r;

	if (access(source, R_OK) < 0) {
		r = -errno;
		return pel_fail(pack->err, r, nowhere, "cannot read the source '%s': %s", source, strerror(-r));
	}
	if (!is_cpp(source) && !is_c(source))
		return pel_fail(pack->err, -EINVAL, nowhere,
				"'%s' is not a source file: its name must end in .c, .cpp, .cc or .cxx",
				source);
	job->output = pel_arena_printf(&pack->arena, "%s/%zu.o", pack->dir, index);
	job->log = pel_arena_printf(&pack->arena, "%s/%zu.txt", pack->dir, index);
	if (!job->output || !job->log)
		return pel_nomem(pack->err);
	r = source_words(pack, &words, index, job->output);
	return r < 0 ? r : start_job(pack, job, words.list);
}

/* Did the compiler refuse GCC's options? If so, note them, so that they are not passed again. */
static bool refused_options(struct pack *pack, const struct job *job, bool cpp)
{
	char *words = NULL, refusal[64];
	size_t size;
	bool any = false;

	if (pel_read_file(job->log, (size_t)1 << 20, false, &words, &size, NULL) < 0)
		return false;
	for (size_t i = 0; i < PEL_PACK_GCC_OPTIONS; i++) {
		snprintf(refusal, sizeof(refusal), "unknown argument: '%s'", gcc_options[i].text);
		if (!strstr(words, refusal))
			continue;
		pack->refused[cpp][i] = true;
		any = true;
	}
	pel_free(words);
	return any;
}

/* As end_job(), but retries without refused options. */
static int end_source(struct pack *pack, struct job *job, size_t index)
{
	bool cpp = is_cpp(pack->options->sources[index]);
	const char *program = compiler(cpp);
	int done = end_job(pack, job, program), r;

	if (done != 0 || !refused_options(pack, job, cpp))
		return done;
	r = start_source(pack, job, index);
	return r < 0 ? r : end_job(pack, job, program);
}

/* Compile all sources in parallel. If one cannot be waited for, stop the others. */
static int compile_sources(struct pack *pack, struct job *jobs)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	int r = make_links(pack), status = 0;

	for (size_t i = 0; i < options->n_sources && r == 0; i++)
		r = start_source(pack, &jobs[i], i);
	for (size_t i = 0; i < options->n_sources; i++) {
		char what[512];
		int done;

		if (!jobs[i].started)
			continue;
		if (r < 0) {
			pel_helper_stop(&jobs[i].process);
			continue;
		}
		done = end_source(pack, &jobs[i], i);
		snprintf(what, sizeof(what), "'%s' does not compile", options->sources[i]);
		if (done < 0)
			r = done;
		else if (!done)
			status = report_log(pack, &jobs[i], what);
		else
			r = pel_pack_check_inputs(pack, options->sources[i], rule_path(pack, i));
	}
	return r < 0 ? r : status;
}

/* Run one job and wait for it. */
static int run_job(struct pack *pack, struct job *job, struct words *words, const char *what)
{
	int r;

	for (size_t i = 0; i < words->n; i++)
		if (!words->list[i])
			return pel_nomem(pack->err);
	r = start_job(pack, job, words->list);
	if (r == 0)
		r = end_job(pack, job, words->list[0]);
	return r < 0 ? r : r ? 0 : report_log(pack, job, what);
}

static int link_library(struct pack *pack, const struct job *jobs, const char *thunks, const char *library)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	struct job job = { .output = library, .log = pel_arena_printf(&pack->arena, "%s/link.txt", pack->dir) };
	struct words words;
	bool cpp = false;

	for (size_t i = 0; i < options->n_sources; i++)
		cpp |= is_cpp(options->sources[i]);
	if (!job.log || !start_words(pack, &words, options->n_sources))
		return pel_nomem(pack->err);
	add_compiler(pack, &words, cpp);
	add(&words, "-shared");
	add(&words, "-g");
	add(&words, "-Wl,-z,defs");
	/* A kernel may have the name of a C library function, such as times() or index(); calls must reach the kernel. */
	add(&words, "-Wl,-Bsymbolic");
	add(&words, "-Wl,--build-id=none");
	add(&words, "-o");
	add(&words, library);
	for (size_t i = 0; i < options->n_sources; i++)
		add(&words, jobs[i].output);
	if (thunks)
		add(&words, thunks);
	add(&words, "-lm");
	return run_job(pack, &job, &words, "the kernels cannot be linked");
}

static int compile_thunks(struct pack *pack, const char *source, const char *object)
{
	static const char *const flags[] = { "-c", "-O1", "-fPIC", "-w", NULL };
	struct job job = { .output = object, .log = pel_arena_printf(&pack->arena, "%s/thunks.txt", pack->dir) };
	struct words words;

	if (!job.log || !start_words(pack, &words, 0))
		return pel_nomem(pack->err);
	add_compiler(pack, &words, false);
	add_flags(pack, &words, flags);
	add(&words, "-o");
	add(&words, object);
	add(&words, source);
	return run_job(pack, &job, &words, "the call wrappers of the kernels do not compile");
}

int pel_pack_compile(struct pack *pack, const char *library, const char *first)
{
	struct job *jobs = pel_arena_array(&pack->arena, pack->options->n_sources, sizeof(*jobs));
	const char *thunks = pel_arena_printf(&pack->arena, "%s/thunks.c", pack->dir),
		   *object = pel_arena_printf(&pack->arena, "%s/thunks.o", pack->dir);
	int r;

	if (!jobs || !thunks || !object)
		return pel_nomem(pack->err);
	/* Link once without the thunks: they are made from the debug information, which can be read only after linking. */
	if ((r = compile_sources(pack, jobs)) < 0 || (r = link_library(pack, jobs, NULL, first)) < 0 ||
	    (r = pel_pack_find_kernels(pack, first)) < 0 || (r = pel_pack_write_thunks(pack, thunks)) < 0 ||
	    (r = compile_thunks(pack, thunks, object)) < 0)
		return r;
	return link_library(pack, jobs, object, library);
}
