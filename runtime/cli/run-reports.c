/* SPDX-License-Identifier: Apache-2.0 */
#include "run-reports.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "messages.h"
#include "picture.h"
#include "save.h"
#include "stdout.h"

/* Tokens on a cycle must remain somewhere when the stream ends. This is normal, and the port can declare it, as it can where data is cut off. */
static void hint_left_over(const struct pel_channel_stats *channel)
{
	const char *dot = strrchr(channel->to, '.');

	if (dot && channel->loop)
		cli_hint("the last tokens of a cycle stay in it; if this is intended, write <in name=\"%s\" tail=\"drop\"/> in actor '%.*s'",
			 dot + 1, (int)(dot - channel->to), channel->to);
	else if (dot)
		cli_hint("if this is intended, write <in name=\"%s\" tail=\"drop\"/> (or \"pad\") in actor '%.*s'",
			 dot + 1, (int)(dot - channel->to), channel->to);
}

void run_warn_left_over(const struct pel_stats *stats)
{
	for (size_t i = 0; i < stats->n_channels; i++) {
		const struct pel_channel_stats *channel = stats->channels[i];

		if (!channel->left_over || !channel->warn_left_over)
			continue;
		cli_warning_at(channel->file, channel->line, channel->col,
			       "channel %s: %llu token%s left over (%s ended without reading %s)",
			       channel->name, (unsigned long long)channel->left_over,
			       channel->left_over == 1 ? "" : "s", channel->to,
			       channel->left_over == 1 ? "it" : "them");
		hint_left_over(channel);
	}
}

void run_warn_of_actors(const struct pel_stats *stats)
{
	for (size_t i = 0; i < stats->n_actors; i++)
		for (size_t w = 0; w < stats->actors[i]->n_warnings; w++)
			cli_warning("actor '%s': %s", stats->actors[i]->id, stats->actors[i]->warnings[w]);
}

/* Write report number `which` with `write`. Returns 0, or an exit status after reporting the error. */
static int write_file(struct session *session, int which,
		      int (*write)(struct session *session, const void *what, FILE *stream), const void *what)
{
	const char *path = session->reports[which];
	struct cli_save *save;
	FILE *stream;
	int r = cli_save_open(path, &save, &stream);

	if (r == 0)
		r = cli_save_close(save, write(session, what, stream));
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

static int write_stats(struct session *session, const void *stats, FILE *stream)
{
	(void)session;
	return pel_stats_write_json(stats, stream);
}

static int write_profile(struct session *session, const void *stats, FILE *stream)
{
	return pel_profile_write(session->plan, stats, stream);
}

static int write_trace(struct session *session, const void *stats, FILE *stream)
{
	(void)stats;
	return pel_run_write_trace(session->run, stream);
}

static int write_page(struct session *session, const void *page, FILE *stream)
{
	(void)session;
	return pel_report_write(page, stream, NULL);
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

static int write_report(struct session *session, const struct pel_stats *stats)
{
	char text[] = "a file of a graph port failed: see the messages of the command";
	struct pel_error_item item = { .text = text };
	struct pel_error files = { .items = &item, .count = 1 };
	char *why = NULL, *line = about(session), *svg = cli_picture_svg(session->plan, stats, &why);
	const struct pel_report page = {
		.size = sizeof(page),
		.plan = session->plan,
		.stats = stats,
		.result = session->files_failed ? -EIO : session->result,
		.err = session->why	       ? session->why
		       : session->files_failed ? &files
					       : &session->err,
		.about = line,
		.svg = svg,
		.no_picture = why,
	};
	int status = write_file(session, REPORT, write_page, &page);

	free(svg);
	free(why);
	free(line);
	return status;
}

int run_write_reports(struct session *session, struct pel_stats *stats)
{
	char **reports = session->reports;
	int statuses[N_REPORTS] = { 0 };

	if (reports[STATS] || reports[REPORT])
		(void)pel_stats_predict(stats, session->plan); /* without it, the reports just say less */
	if (reports[STATS])
		statuses[STATS] = write_file(session, STATS, write_stats, stats);
	if (reports[PROFILE] && session->result == 0)
		statuses[PROFILE] = write_file(session, PROFILE, write_profile, stats);
	if (reports[TRACE])
		statuses[TRACE] = write_file(session, TRACE, write_trace, stats);
	if (reports[DRAW])
		statuses[DRAW] = cli_picture_write(reports[DRAW], session->plan, stats, NULL);
	if (reports[REPORT])
		statuses[REPORT] = write_report(session, stats);
	for (int i = 0; i < N_REPORTS; i++)
		if (statuses[i])
			return statuses[i];
	return CLI_OK;
}
