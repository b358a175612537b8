/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <math.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli-graph.h"
#include "interrupt.h"
#include "messages.h"
#include "options.h"
#include "picture.h"
#include "progress.h"
#include "run-reports.h"
#include "save.h"
#include "signals.h"
#include "stdout.h"
#include "used-files.h"
#include "work.h"

static const char *const report_options[N_REPORTS] = { "--stats", "--profile", "--trace", "--draw", "--report" };

/* ---- before the run ---- */

/* --xclbin FILE, or DEVICE=FILE. */
static int xclbin_options(const struct cli_args *args, struct pel_run_options *options)
{
	struct pel_run_xclbin *list = NULL;
	const char *text;
	size_t n = 0;

	for (; (text = cli_value_at(args, "--xclbin", n)); n++) {
		char *end;
		unsigned long device = strtoul(text, &end, 10);
		bool numbered = end > text && *end == '=' && *text != '-' && *text != '+' && device < 1000;

		list = cli_resize(list, n + 1, sizeof(*list));
		list[n] = (struct pel_run_xclbin){ numbered ? (int)device : -1, numbered ? end + 1 : text };
		if (!*list[n].path) {
			free(list);
			return cli_error(CLI_USAGE, "option '--xclbin': '%s' names no file", text);
		}
		for (size_t i = 0; i < n; i++)
			if (list[i].device == list[n].device) {
				free(list);
				return cli_error(CLI_USAGE,
						 "option '--xclbin' is given twice for %s: '%s' and '%s'",
						 numbered ? "one device" : "all devices",
						 cli_value_at(args, "--xclbin", i), text);
			}
	}
	options->xclbins = list;
	options->n_xclbins = n;
	return 0;
}

static int run_options(const struct cli_args *args, struct pel_run_options *options)
{
	const char *text = cli_value(args, "--stall-after");
	char *end;

	*options = (struct pel_run_options){ .size = sizeof(*options),
					     .pin = cli_has(args, "--pin"),
					     .trace = cli_has(args, "--trace"),
					     .profile = cli_has(args, "--profile"),
					     .emulate = cli_has(args, "--emulate") };
	if (xclbin_options(args, options))
		return CLI_USAGE;
	if (!cli_number(args, "--workers", 1, PEL_MAX_WORKERS, 0, &options->workers))
		return CLI_USAGE;
	if (!text)
		return 0;
	options->stall_after_s = strtod(text, &end);
	if (end == text || *end || !isfinite(options->stall_after_s) || options->stall_after_s <= 0)
		return cli_error(CLI_USAGE, "option '--stall-after': '%s' is not a number of seconds above 0",
				 text);
	return 0;
}

/* Check the output files of the reports. An error is better reported before the work than after it. */
static int take_reports(struct session *session)
{
	for (int i = 0; i < N_REPORTS; i++) {
		const char *path = cli_value(session->args, report_options[i]);
		int status;

		if (!cli_has(session->args, report_options[i]))
			continue;
		session->reports[i] = i == DRAW ? cli_format("%s", path) : cli_output_path(path ? path : "-");
		status = cli_save_check(session->reports[i]);
		if (status)
			return status;
	}
	if (!session->reports[STATS] || strcmp(session->reports[STATS], "-") != 0 ||
	    !pumps_use_stdout(session->pumps))
		return CLI_OK;
	cli_error(CLI_USAGE, "standard output cannot be used for both an output port and the statistics");
	cli_hint("write the statistics to a file: --stats=FILE");
	return CLI_USAGE;
}

/* Standard output carries one stream of data, or else the text of core.print. */
static void share_stdout(struct session *session)
{
	bool data = pumps_use_stdout(session->pumps);

	for (int i = 0; i < N_REPORTS; i++)
		data |= session->reports[i] && strcmp(session->reports[i], "-") == 0;
	session->options.data_fd = cli_stdout();
	session->options.text_fd = data ? STDERR_FILENO : 0;
}

/* A file to be written must not have a second use. Checked before any file is opened. */
static int check_files(struct session *session)
{
	const char *graph = session->args->operands[0];
	struct cli_files files = { 0 };

	if (strcmp(graph, "-") == 0)
		cli_files_add(&files, "the graph", "-", false);
	pumps_files(session->pumps, &files);
	for (int i = 0; i < N_REPORTS; i++) {
		char *who = cli_format("option '%s'", report_options[i]);

		cli_files_add(&files, who, session->reports[i], true);
		free(who);
	}
	return cli_files_check(&files, session->plan, &session->options);
}

static int check_streams(const struct cli_args *args)
{
	const char *text;

	for (size_t i = 0; strcmp(args->operands[0], "-") == 0 && (text = cli_value_at(args, "--in", i)); i++) {
		size_t length = strlen(text);

		if (length > 2 && strcmp(text + length - 2, "=-") == 0)
			return cli_error(CLI_USAGE, "standard input cannot be both the graph and '%s'", text);
	}
	return 0;
}

/* ---- the run ---- */

/* Wait for the end of the run and of the pumps. Reports all errors and returns the exit status. */
static int await(struct session *session, struct pel_run *run, int status)
{
	struct pel_error *err = &session->err;
	enum pel_outcome outcome;
	int r, pumped;

	while ((r = pel_run_wait(run, progress_wait_ms(session->progress), err)) == -ETIMEDOUT)
		progress_show(session->progress, run);
	progress_erase(session->progress);
	session->result = r;
	outcome = pel_run_outcome(run, NULL);
	pumped = pumps_finish(session->pumps, pel_run_drained(run), session->options.stall_after_s);
	session->stuck = pumps_stuck(session->pumps);
	if (pumped)
		status = pumped;
	switch (outcome) {
	case PEL_RUN_STALLED:
		cli_explain(err, r);
		pumps_hint(session->pumps);
		return CLI_STALLED;
	case PEL_RUN_LOST:
		cli_explain(err, r);
		return CLI_DEVICE_LOST;
	case PEL_RUN_FAILED:
		return cli_explain(err, r);
	case PEL_RUN_STOPPED:
		if (was_interrupted(&session->interrupt) && !status)
			return CLI_INTERRUPTED;
		break;
	case PEL_RUN_GOING:
	case PEL_RUN_DONE:
		break;
	}
	if (status == CLI_STALLED)
		pumps_hint(session->pumps);
	if (status == CLI_INTERRUPTED)
		session->result = -ECANCELED;
	else if (status)
		session->files_failed = true;
	return status;
}

#define CALL_MS	      200 /* report calls that take longer than this to return */
#define CALL_AGAIN_MS 10000

static void say_calls(const struct session *session, struct pel_run *run)
{
	struct pel_run_call call;
	size_t n = pel_run_calls(run, &call, 1);

	if (!n)
		return;
	if (n > 1)
		cli_warning("waiting for %zu kernels to return; the call of actor '%s' (%s) has taken %.1f s so far",
			    n, call.actor, call.kernel, call.seconds);
	else
		cli_warning("waiting for the kernel of actor '%s' (%s) to return; its call has taken %.1f s so far",
			    call.actor, call.kernel, call.seconds);
	cli_hint(was_interrupted(&session->interrupt)
			 ? "send a second signal to end the program at once"
			 : "send two signals (Ctrl-C twice) to end the program at once");
}

/* A blocking kernel waits, and no signal can be sent to its thread. The thread ends with the process. */
static void say_stuck(struct pel_run *run, int code)
{
	struct pel_run_call call;

	if (pel_run_calls(run, &call, 1))
		cli_warning("actor '%s' (%s) waits in its kernel and cannot be interrupted: %s", call.actor,
			    call.kernel, strerror(-code));
	else
		cli_warning("a thread of the run cannot be interrupted: %s", strerror(-code));
	if (code == -EAGAIN)
		cli_hint("raise the limit of pending signals (ulimit -i)");
}

/* Calls in progress may take any time to return. Tell the user what the command waits for. */
static void settle(struct session *session, struct pel_run *run)
{
	int ms = CALL_MS, r;

	for (; (r = pel_run_settle(run, ms)) == -ETIMEDOUT; ms = CALL_AGAIN_MS)
		say_calls(session, run);
	if (r < 0) {
		session->stuck = true;
		say_stuck(run, r);
	}
}

static int execute(struct session *session)
{
	struct pel_run *run = NULL;
	int r = pel_run_start(session->plan, &session->options, &run, &session->err), status;

	interrupt_begun(&session->interrupt);
	if (r == -ECANCELED && was_interrupted(&session->interrupt) && !session->err.count)
		return CLI_INTERRUPTED;
	if (r < 0)
		return cli_explain(&session->err, r);
	session->run = run;
	interrupt_run(&session->interrupt, run);
	status = pumps_start(session->pumps, run);
	if (status)
		pel_run_stop(run);
	status = await(session, run, status);
	settle(session, run);
	return status;
}

/* Write the reports after the run, also if it failed: then they are needed most. */
static int tell(struct session *session, int status)
{
	struct pel_stats *stats = NULL;
	bool wanted;
	int r;

	if (!session->run)
		return status;
	wanted = pel_run_warned(session->run) || (status == CLI_OK && pel_run_left_over(session->run));
	for (int i = 0; i < N_REPORTS; i++)
		wanted |= session->reports[i] != NULL;
	if (!wanted)
		return status;
	r = pel_run_stats(session->run, &stats);
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot read the statistics of the run: %s", strerror(-r));
	run_warn_of_actors(stats);
	if (status == CLI_OK)
		run_warn_left_over(stats);
	r = run_write_reports(session, stats);
	pel_stats_destroy(stats);
	return status ? status : r;
}

#define STARTED_MS 200 /* for pel_run_start() to return, if a kernel ends the program in its first call */

/* A kernel ends the program: still write what is known so far. */
static void tell_of_end(void *context, const struct pel_error *why)
{
	struct session *session = context;
	bool wanted = false;

	for (int i = 0; i < N_REPORTS; i++)
		wanted |= session->reports[i] != NULL;
	for (int ms = 0; wanted && !session->run && ms < STARTED_MS; ms++)
		usleep(1000);
	session->result = -EPROTO;
	session->why = why;
	if (wanted)
		tell(session, CLI_FAILED);
}

static int prepare(struct session *session)
{
	int status = cli_keep_stdout();

	if (!status)
		status = cli_compile(session->args, &session->name, &session->plan);
	if (!status)
		status = pumps_create(session->args, session->plan, &session->pumps);
	if (!status)
		status = take_reports(session);
	if (!status)
		share_stdout(session);
	if (!status)
		status = check_files(session);
	if (!status)
		status = pumps_open(session->pumps);
	if (!status)
		status = cli_divert_stdout();
	return status;
}

static int run_session(struct session *session)
{
	struct pel_run *run;
	int status;

	interrupt_prepare();
	status = prepare(session);

	if (status)
		return status;
	session->options.cancel = cli_cancel();
	status = interrupt_start(&session->interrupt, session->pumps);
	if (status)
		return status;
	session->progress = progress_create(session->name);
	cli_before_foreign_end(tell_of_end, session);
	status = tell(session, execute(session));
	/* The workers end when their calls return. That can take long, so it must still be possible to interrupt it. */
	run = session->run;
	interrupt_run(&session->interrupt, NULL);
	session->run = NULL;
	if (!session->stuck)
		pel_run_destroy(run);
	if (status == CLI_INTERRUPTED)
		interrupt_say(&session->interrupt);
	interrupt_end(&session->interrupt);
	return status;
}

static int run_run(const struct cli_args *args)
{
	/* Static, because a thread that cannot be ended may still use it. */
	static struct session session = { .interrupt = { .lock = PTHREAD_MUTEX_INITIALIZER } };
	const char *picture = cli_value(args, "--draw");
	int status = run_options(args, &session.options);

	session.args = args;
	if (!status && picture)
		status = cli_picture_check(picture);
	if (!status)
		status = check_streams(args);
	if (!status)
		status = run_session(&session);
	progress_destroy(session.progress);
	pumps_fini(session.pumps);
	for (int i = 0; i < N_REPORTS; i++)
		free(session.reports[i]);
	pel_error_fini(&session.err);
	if (!session.stuck)
		pel_plan_destroy(session.plan);
	free((void *)session.options.xclbins);
	free(session.name);
	return status;
}

static const struct cli_option options_table[] = {
	CLI_COMPILE_OPTIONS,
	{ "--in", NULL, "PORT=FILE", false, true,
	  "feed an input port of the graph from a file; -: standard input" },
	{ "--out", NULL, "PORT=FILE", false, true,
	  "write an output port of the graph to a file; -: standard output" },
	{ "--emulate", NULL, NULL, false, false,
	  "emulate the FPGA devices; kernels are compiled from their sources" },
	{ "--xclbin", NULL, "[DEVICE=]FILE", false, true, "load this xclbin onto the device, or all devices" },
	{ "--pin", NULL, NULL, false, false, "pin each worker to its own core" },
	{ "--stats", NULL, "FILE", true, false, "write statistics as JSON; without a file to standard output" },
	{ "--draw", NULL, "FILE", false, false, "after the run, draw the plan, coloured by load" },
	{ "--report", NULL, "FILE", false, false, "after the run, write a report about it: FILE.html" },
	{ "--trace", NULL, "FILE", false, false, "write a trace of all workers, for Perfetto" },
	{ "--stall-after", NULL, "SECONDS", false, false, "give up when nothing has moved for this long" },
	{ 0 },
};

const struct cli_command cli_run = { "run", "GRAPH", 1, 1, "run the graph to its end", options_table, run_run };
