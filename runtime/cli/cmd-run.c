/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "progress.h"
#include "pump.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Everything that one `pelton run` holds. */
struct session {
	const struct cli_args *args;
	char *name;
	struct pel_plan *plan;
	struct pumps *pumps;
	struct progress *progress;
	FILE *stats_file; /* NULL: none was asked for */
	struct pel_run_options options;
	struct pel_run *run;  /* under lock */
	bool interrupted;     /* under lock */
	int result;	      /* of the run: 0 or a negative errno */
	struct pel_error err; /* what explains it */
	bool files_failed;    /* the run itself was well, or was stopped for that */
	atomic_bool over;     /* nothing is left to be interrupted */
	pthread_mutex_t lock;
	pthread_t signals;
};

/* ---- signals ---- */

/* The signals that only the thread below takes. The last one tells it to end. */
static void session_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, PUMPS_SIGNAL);
}

/* Wait for SIGINT or SIGTERM. False: the session is over. */
static bool wait_for_signal(struct session *session)
{
	sigset_t set;
	int signal;

	session_signals(&set);
	while (!atomic_load(&session->over))
		if (sigwait(&set, &signal) == 0 && signal != PUMPS_SIGNAL)
			return true;
	return false;
}

/*
 * The first signal ends the run in order, the second this process, should order take too long.
 */
static void *signal_thread(void *context)
{
	struct session *session = context;

	if (!wait_for_signal(session))
		return NULL;
	pthread_mutex_lock(&session->lock);
	session->interrupted = true;
	if (session->run)
		pel_run_stop(session->run);
	pthread_mutex_unlock(&session->lock);
	pumps_interrupt(session->pumps);
	if (wait_for_signal(session))
		_exit(CLI_INTERRUPTED);
	return NULL;
}

static int start_signals(struct session *session)
{
	sigset_t set;
	int r;

	/* From here on; all threads inherit it. */
	session_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	r = pthread_create(&session->signals, NULL, signal_thread, session);
	return r == 0 ? 0 : cli_error(CLI_FAILED, "cannot start a thread: %s", strerror(r));
}

static void end_signals(struct session *session)
{
	atomic_store(&session->over, true);
	pthread_kill(session->signals, PUMPS_SIGNAL);
	pthread_join(session->signals, NULL);
}

static bool was_interrupted(struct session *session)
{
	bool interrupted;

	pthread_mutex_lock(&session->lock);
	interrupted = session->interrupted;
	pthread_mutex_unlock(&session->lock);
	return interrupted;
}

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
	}
	options->xclbins = list;
	options->n_xclbins = n;
	return 0;
}

static int run_options(const struct cli_args *args, struct pel_run_options *options)
{
	const char *text = cli_value(args, "--stall-after");
	char *end;

	*options = (struct pel_run_options){ .pin = cli_has(args, "--pin"),
					     .trace = cli_has(args, "--trace"),
					     .profile = cli_has(args, "--profile"),
					     .emulate = cli_has(args, "--emulate") };
	if (xclbin_options(args, options))
		return CLI_USAGE;
	if (!cli_number(args, "--workers", 1, 4096, 0, &options->workers))
		return CLI_USAGE;
	if (!text)
		return 0;
	options->stall_after_s = strtod(text, &end);
	if (end == text || *end || !isfinite(options->stall_after_s) || options->stall_after_s <= 0)
		return cli_error(CLI_USAGE, "option '--stall-after': '%s' is not a number of seconds above 0",
				 text);
	return 0;
}

/* Open what the statistics go to now, so that a name that cannot be written is known before the work. */
static int open_stats(struct session *session)
{
	const char *path = cli_value(session->args, "--stats");

	if (!cli_has(session->args, "--stats"))
		return 0;
	if (path && strcmp(path, "-") != 0) {
		session->stats_file = fopen(path, "we");
		if (!session->stats_file)
			return cli_error(CLI_FAILED, "cannot open '%s': %s", path, strerror(errno));
		return 0;
	}
	session->stats_file = stdout;
	if (!pumps_use_stdout(session->pumps))
		return 0;
	cli_error(CLI_USAGE, "standard output cannot take both an output port and the statistics");
	cli_hint("write the statistics to a file: --stats=FILE");
	return CLI_USAGE;
}

/* Better to know before the work than after it. */
static int check_files(const struct cli_args *args)
{
	static const char *const options[] = { "--trace", "--draw", "--report", "--profile" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *path = cli_value(args, options[i]);
		int status = path ? cli_save_check(path) : CLI_OK;

		if (status)
			return status;
	}
	return CLI_OK;
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

/* Wait for the end of the run, and let the pumps end. Returns the exit status, all said. */
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
	pumped = pumps_finish(session->pumps, outcome == PEL_RUN_DONE);
	if (pumped)
		status = pumped;
	switch (outcome) {
	case PEL_RUN_STALLED:
		cli_explain(err, r);
		return CLI_STALLED;
	case PEL_RUN_LOST:
		cli_explain(err, r);
		return CLI_DEVICE_LOST;
	case PEL_RUN_FAILED:
		return cli_explain(err, r);
	case PEL_RUN_STOPPED:
		if (was_interrupted(session) && !status)
			return CLI_INTERRUPTED;
		break;
	case PEL_RUN_GOING:
	case PEL_RUN_DONE:
		break;
	}
	if (status == CLI_INTERRUPTED)
		session->result = -ECANCELED;
	else if (status)
		session->files_failed = true;
	return status;
}

static int execute(struct session *session)
{
	struct pel_run *run = NULL;
	int r = pel_run_start(session->plan, &session->options, &run, &session->err), status;

	if (r < 0)
		return cli_explain(&session->err, r);
	pthread_mutex_lock(&session->lock);
	session->run = run;
	if (session->interrupted)
		pel_run_stop(run);
	pthread_mutex_unlock(&session->lock);
	status = pumps_start(session->pumps, run);
	if (status)
		pel_run_stop(run);
	return await(session, run, status);
}

static void warn_left_over(const struct pel_stats *stats)
{
	for (size_t i = 0; i < stats->n_channels; i++) {
		const struct pel_channel_stats *channel = &stats->channels[i];

		if (!channel->left_over || !channel->warn_left_over)
			continue;
		cli_warning("channel %s: %llu token%s left over (%s ended without taking %s)", channel->name,
			    (unsigned long long)channel->left_over, channel->left_over == 1 ? "" : "s",
			    channel->to, channel->left_over == 1 ? "it" : "them");
	}
}

static void warn_of_actors(const struct pel_stats *stats)
{
	for (size_t i = 0; i < stats->n_actors; i++)
		for (size_t w = 0; w < stats->actors[i].n_warnings; w++)
			cli_warning("actor '%s': %s", stats->actors[i].id, stats->actors[i].warnings[w]);
}

static int write_stats(struct session *session, const struct pel_stats *stats)
{
	int r = pel_stats_write_json(stats, session->stats_file);

	if (session->stats_file == stdout) {
		cli_wrote(r);
		return CLI_OK;
	}
	if (fclose(session->stats_file) != 0 && r == 0)
		r = -errno;
	session->stats_file = NULL;
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot write '%s': %s", cli_value(session->args, "--stats"),
				 strerror(-r));
	return CLI_OK;
}

static int write_trace(struct session *session, const char *path)
{
	struct cli_save *save;
	FILE *stream;
	int r = cli_save_open(path, &save, &stream);

	if (r == 0)
		r = cli_save_close(save, pel_run_write_trace(session->run, stream));
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

static int write_profile(struct session *session, const struct pel_stats *stats, const char *path)
{
	struct cli_save *save;
	FILE *stream;
	int r = cli_save_open(path, &save, &stream);

	if (r == 0)
		r = cli_save_close(save, pel_profile_write(session->plan, stats, stream));
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

/* "edges.xml, 2031-05-17 09:30:00 +0200", to be freed. */
static char *about(const struct session *session)
{
	const char *graph = session->args->operands[0];
	char when[64] = "";
	time_t now = time(NULL);
	struct tm local;

	if (localtime_r(&now, &local))
		strftime(when, sizeof(when), ", %Y-%m-%d %H:%M:%S %z", &local);
	return cli_format("%s%s", strcmp(graph, "-") == 0 ? "standard input" : graph, when);
}

static int write_report(struct session *session, const struct pel_stats *stats, const char *path)
{
	char text[] = "a file of a port of the graph failed: see what the command said";
	struct pel_error_item item = { .text = text };
	struct pel_error files = { .items = &item, .count = 1 };
	char *why = NULL, *line = about(session), *svg = cli_picture_svg(session->plan, stats, &why);
	const struct pel_report page = {
		.plan = session->plan,
		.stats = stats,
		.result = session->files_failed ? -EIO : session->result,
		.err = session->files_failed ? &files : &session->err,
		.about = line,
		.svg = svg,
		.no_picture = why,
	};
	struct cli_save *save;
	FILE *stream;
	int r = cli_save_open(path, &save, &stream);

	if (r == 0)
		r = cli_save_close(save, pel_report_write(&page, stream));
	free(svg);
	free(why);
	free(line);
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

/* What is known of the run once it is over: written also where it failed, when it is most wanted. */
static int tell(struct session *session, int status)
{
	const char *picture = cli_value(session->args, "--draw"), *trace = cli_value(session->args, "--trace");
	const char *page = cli_value(session->args, "--report"),
		   *profile = cli_value(session->args, "--profile");
	struct pel_stats *stats = NULL;
	int r;

	if (!session->run)
		return status;
	if (!session->stats_file && !page && !trace && !picture &&
	    (status != CLI_OK || !pel_run_left_over(session->run)) && !pel_run_warned(session->run))
		return status;
	r = pel_run_stats(session->run, &stats);
	if (r < 0)
		return cli_error(CLI_FAILED, "cannot read the run's statistics: %s", strerror(-r));
	warn_of_actors(stats);
	if (status == CLI_OK)
		warn_left_over(stats);
	if (session->stats_file || page)
		(void)pel_stats_predict(stats, session->plan); /* without, they say less */
	if (session->stats_file && (r = write_stats(session, stats)))
		status = status ? status : r;
	if (profile && session->result == 0 && (r = write_profile(session, stats, profile)))
		status = status ? status : r;
	if (trace && (r = write_trace(session, trace)))
		status = status ? status : r;
	if (picture && (r = cli_picture_write(picture, session->plan, stats, NULL)))
		status = status ? status : r;
	if (page && (r = write_report(session, stats, page)))
		status = status ? status : r;
	pel_stats_destroy(stats);
	return status;
}

static int run_session(struct session *session)
{
	int status = cli_compile(session->args, &session->name, &session->plan);
	struct pel_run *run;

	if (!status)
		status = pumps_open(session->args, session->plan, &session->pumps);
	if (!status)
		status = open_stats(session);
	if (!status)
		status = check_files(session->args);
	if (status)
		return status;
	status = start_signals(session);
	if (status)
		return status;
	session->progress = progress_create(session->name);
	status = tell(session, execute(session));
	/* Its workers end when their calls return. That may take long, so it must still be possible to interrupt it. */
	pthread_mutex_lock(&session->lock);
	run = session->run;
	session->run = NULL;
	pthread_mutex_unlock(&session->lock);
	pel_run_destroy(run);
	end_signals(session);
	return status;
}

static int run_run(const struct cli_args *args)
{
	struct session session = { .args = args, .lock = PTHREAD_MUTEX_INITIALIZER };
	const char *picture = cli_value(args, "--draw");
	int status = run_options(args, &session.options);

	if (!status && picture)
		status = cli_picture_check(picture);
	if (!status)
		status = check_streams(args);
	if (!status)
		status = run_session(&session);
	progress_destroy(session.progress);
	pumps_fini(session.pumps);
	if (session.stats_file && session.stats_file != stdout)
		fclose(session.stats_file);
	pel_error_fini(&session.err);
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
	{ "--pin", NULL, NULL, false, false, "bind each worker to a core of its own" },
	{ "--stats", NULL, "FILE", true, false, "write statistics as JSON; without a file to standard output" },
	{ "--draw", NULL, "FILE", false, false, "after the run draw the plan, coloured by load" },
	{ "--report", NULL, "FILE", false, false, "after the run write a page about it: FILE.html" },
	{ "--trace", NULL, "FILE", false, false, "write what every worker did when, for Perfetto" },
	{ "--stall-after", NULL, "SECONDS", false, false, "give up when nothing has moved for so long" },
	{ 0 },
};

const struct cli_command cli_run = { "run", "GRAPH", 1, 1, "run the graph to its end", options_table, run_run };
