/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "read-file.h"

/*
 * The machine's own compiler: sources to objects, all at once, and objects to a library. Its words become ours where it fails. Children
 * are waited for by their number, so the host's other children are safe; a host that reaps everybody may take ours, whose output then tells.
 */
#define WORDS_MAX	   16384
#define COMPILER_WORDS_MAX 16

extern char **environ;

static const struct pel_place nowhere;

struct job {
	const char *output, *words;
	pid_t pid;
};

static bool is_cpp(const char *source)
{
	const char *dot = strrchr(source, '.');

	return dot && (strcmp(dot, ".cpp") == 0 || strcmp(dot, ".cc") == 0 || strcmp(dot, ".cxx") == 0);
}

static const char *compiler(bool cpp)
{
	const char *given = cpp ? getenv("PELTON_CXX") : getenv("PELTON_CC");

	return given && *given ? given : cpp ? "c++" : "cc";
}

/* Start `argv` with its output to job->words. 0 or a negative errno, explained. */
static int start_job(struct pack *pack, struct job *job, char *const *argv)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, job->words, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	r = posix_spawnp(&job->pid, argv[0], &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	if (!r)
		return 0;
	job->pid = 0;
	pel_fail(pack->err, -r, nowhere, "cannot start the compiler '%s': %s", argv[0], strerror(r));
	pel_hint(pack->err, "install a C compiler (package gcc), or name yours in PELTON_CC and PELTON_CXX");
	return -r;
}

/* Did it make its output? */
static bool job_done(struct job *job)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(job->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	return (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) && access(job->output, R_OK) == 0;
}

static int say_words(struct pack *pack, const struct job *job, const char *what)
{
	char *words = NULL;
	size_t size = 0;

	if (pel_read_file(job->words, (size_t)64 << 20, false, &words, &size, NULL) < 0)
		size = 0;
	while (size && words[size - 1] == '\n')
		size--;
	if (size > WORDS_MAX)
		size = WORDS_MAX;
	pel_fail(pack->err, -EINVAL, nowhere, "%s%s%.*s", what, size ? ":\n" : "", (int)size,
		 words ? words : "");
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

/* "gcc -O0" is a compiler with an option. */
static void add_compiler(struct pack *pack, struct words *words, bool cpp)
{
	char *rest = pel_arena_strdup(&pack->arena, compiler(cpp)), *word;

	while (rest && (word = strsep(&rest, " ")) && words->n < COMPILER_WORDS_MAX)
		if (*word)
			add(words, word);
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

static const char *source_words(struct pack *pack, struct words *words, const char *source, const char *output)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	bool cpp = is_cpp(source);
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

	if (!start_words(pack, words, 2 * options->n_include_dirs + 2 * options->n_defines))
		return NULL;
	add_compiler(pack, words, cpp);
	for (size_t i = 0; flags[i]; i++)
		add(words, flags[i]);
	if (cpp)
		add(words, "-fno-gnu-unique");
	for (size_t i = 0; i < options->n_include_dirs; i++) {
		add(words, "-I");
		add(words, options->include_dirs[i]);
	}
	for (size_t i = 0; i < options->n_defines; i++) {
		add(words, "-D");
		add(words, options->defines[i]);
	}
	add(words, pel_arena_printf(&pack->arena, "-ffile-prefix-map=%s=.", pack->dir));
	add(words, "-o");
	add(words, output);
	add(words, source);
	return output;
}

/* ---- compiling and linking ---- */

static int compile_sources(struct pack *pack, struct job *jobs)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	struct words words;
	int r = 0, status = 0;

	for (size_t i = 0; i < options->n_sources && r == 0; i++) {
		if (access(options->sources[i], R_OK) < 0) {
			r = -errno;
			pel_fail(pack->err, r, nowhere, "cannot read the source '%s': %s",
				 options->sources[i], strerror(-r));
			break;
		}
		jobs[i].output = pel_arena_printf(&pack->arena, "%s/%zu.o", pack->dir, i);
		jobs[i].words = pel_arena_printf(&pack->arena, "%s/%zu.txt", pack->dir, i);
		if (!jobs[i].output || !jobs[i].words)
			r = pel_nomem(pack->err);
		else if (!source_words(pack, &words, options->sources[i], jobs[i].output))
			r = -ENOMEM;
		else
			r = start_job(pack, &jobs[i], words.list);
	}
	for (size_t i = 0; i < options->n_sources && jobs[i].pid; i++) {
		char what[512];

		if (job_done(&jobs[i]))
			continue;
		snprintf(what, sizeof(what), "'%s' does not compile", options->sources[i]);
		status = say_words(pack, &jobs[i], what);
	}
	return r < 0 ? r : status;
}

/* A job by itself, to its end. */
static int run_job(struct pack *pack, struct job *job, struct words *words, const char *what)
{
	int r = start_job(pack, job, words->list);

	if (r < 0)
		return r;
	return job_done(job) ? 0 : say_words(pack, job, what);
}

static int link_library(struct pack *pack, const struct job *jobs, const char *thunks, const char *library)
{
	const struct pel_xclbin_pack_options *options = pack->options;
	struct job job = { .output = library,
			   .words = pel_arena_printf(&pack->arena, "%s/link.txt", pack->dir) };
	struct words words;
	bool cpp = false;

	for (size_t i = 0; i < options->n_sources; i++)
		cpp |= is_cpp(options->sources[i]);
	if (!job.words || !start_words(pack, &words, options->n_sources))
		return pel_nomem(pack->err);
	add_compiler(pack, &words, cpp);
	add(&words, "-shared");
	add(&words, "-g");
	add(&words, "-Wl,-z,defs");
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
	struct job job = { .output = object,
			   .words = pel_arena_printf(&pack->arena, "%s/thunks.txt", pack->dir) };
	struct words words;

	if (!job.words || !start_words(pack, &words, 0))
		return pel_nomem(pack->err);
	add_compiler(pack, &words, false);
	add(&words, "-c");
	add(&words, "-O1");
	add(&words, "-fPIC");
	add(&words, "-w");
	add(&words, pel_arena_printf(&pack->arena, "-ffile-prefix-map=%s=.", pack->dir));
	add(&words, "-o");
	add(&words, object);
	add(&words, source);
	return run_job(pack, &job, &words, "the calls of the kernels do not compile");
}

int pack_compile(struct pack *pack, const char *library, const char *first)
{
	struct job *jobs = pel_arena_array(&pack->arena, pack->options->n_sources, sizeof(*jobs));
	const char *thunks = pel_arena_printf(&pack->arena, "%s/thunks.c", pack->dir),
		   *object = pel_arena_printf(&pack->arena, "%s/thunks.o", pack->dir);
	int r;

	if (!jobs || !thunks || !object)
		return pel_nomem(pack->err);
	/* Once without the calls, since debug information can be read only when it is linked. */
	if ((r = compile_sources(pack, jobs)) < 0 || (r = link_library(pack, jobs, NULL, first)) < 0 ||
	    (r = pack_find_kernels(pack, first)) < 0 || (r = pack_write_thunks(pack, thunks)) < 0 ||
	    (r = compile_thunks(pack, thunks, object)) < 0)
		return r;
	return link_library(pack, jobs, object, library);
}
