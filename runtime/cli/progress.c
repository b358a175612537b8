/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <pelton/pelton.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "messages.h"
#include "write.h"

#define WAIT_MS	       200 /* five times a second: people read no faster */
#define COST	       20  /* snapshots may take 1/20 of the time: one of 100,000 stages is not cheap */
#define BAR_WIDTH      20
#define LINE_MAX_BYTES 512

struct progress {
	char *name;
	bool on, shown;
	double started;
	int wait_ms;
	struct pel_stats *last; /* from the previous line, for differences */
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

struct progress *progress_create(const char *name)
{
	struct progress *progress = cli_alloc(1, sizeof(*progress));
	const char *term = getenv("TERM");

	progress->name = cli_format("%s", name);
	progress->on = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
	progress->started = now_s();
	progress->wait_ms = WAIT_MS;
	return progress;
}

int progress_wait_ms(const struct progress *progress)
{
	return progress->on ? progress->wait_ms : -1;
}

/* A line of limited length, built piece by piece. */
struct line {
	char text[LINE_MAX_BYTES];
	size_t used;
};

static void add(struct line *line, const char *fmt, ...) PEL_PRINTF(2, 3);

static void add(struct line *line, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line->text + line->used, sizeof(line->text) - line->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		line->used += (size_t)n;
	if (line->used >= sizeof(line->text))
		line->used = sizeof(line->text) - 1;
}

static void add_time(struct line *line, double seconds)
{
	unsigned long s = (unsigned long)seconds;

	if (s >= 3600)
		add(line, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		add(line, "%lu:%02lu", s / 60, s % 60);
}

/* The finished share of the work: that of the actor with the most work left. -1: no total is known. */
static double fraction_done(const struct pel_stats *stats)
{
	double least = -1;

	for (size_t i = 0; i < stats->n_actors; i++) {
		const struct pel_actor_stats *actor = stats->actors[i];
		double part;

		if (!actor->expected_firings)
			continue;
		part = (double)actor->firings / (double)actor->expected_firings;
		if (least < 0 || part < least)
			least = part;
	}
	return least > 0.99 ? 0.99 : least; /* an actor that has finished still waits for those after it */
}

static void add_bar(struct line *line, double done)
{
	int filled = (int)(done * BAR_WIDTH);

	add(line, " %3d%% [", (int)(done * 100));
	for (int i = 0; i < BAR_WIDTH; i++)
		add(line, "%c", i < filled ? '#' : '-');
	add(line, "]");
}

/* Tokens per second on the last channel of the document, which usually leads to the end of the graph. */
static void add_rate(struct line *line, const struct pel_stats *stats, const struct pel_stats *last)
{
	const struct pel_channel_stats *channel;
	double rate, seconds = stats->wall_s - last->wall_s;
	const char *units = " kMGT";
	size_t length;

	if (!stats->n_channels || stats->n_channels != last->n_channels || seconds <= 0)
		return;
	channel = stats->channels[stats->n_channels - 1];
	rate = (double)(channel->tokens - last->channels[last->n_channels - 1]->tokens) / seconds;
	for (; rate >= 1000 && units[1]; units++)
		rate /= 1000;
	length = strcspn(channel->to, ".");
	add(line, "  %.3g %.*stokens/s into %.*s", rate, *units == ' ' ? 0 : 2, (char[]){ *units, ' ', '\0' },
	    (int)(length < 24 ? length : 24), channel->to);
}

/* The stage that was busy most since the last line: the one to speed up. */
static void add_busiest(struct line *line, const struct pel_stats *stats, const struct pel_stats *last)
{
	double most = 0, seconds = stats->wall_s - last->wall_s;
	const struct pel_stage_stats *busiest = NULL;

	if (stats->n_stages != last->n_stages || seconds <= 0)
		return;
	for (size_t i = 0; i < stats->n_stages; i++) {
		double busy = (stats->stages[i]->busy_s - last->stages[i]->busy_s) / seconds /
			      stats->stages[i]->copies;

		if (busy > most) {
			most = busy;
			busiest = stats->stages[i];
		}
	}
	if (busiest)
		add(line, "  busiest: %.24s %d%%", busiest->id, most > 1 ? 100 : (int)(most * 100));
}

static void put_line(struct progress *progress, struct line *line)
{
	struct winsize size;
	int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;

	/* Leave the last column free: a terminal may wrap there. */
	char *text = cli_format("\r%.*s\033[K", columns - 1, line->text);

	(void)cli_write(STDERR_FILENO, text, strlen(text));
	free(text);
	progress->shown = true;
}

void progress_show(struct progress *progress, struct pel_run *run)
{
	struct line line = { 0 };
	struct pel_stats *stats = NULL;
	double begun = now_s(), done;

	if (!progress->on || pel_run_stats(run, &stats) < 0)
		return;
	add(&line, "%.24s", progress->name);
	done = fraction_done(stats);
	if (done >= 0)
		add_bar(&line, done);
	if (progress->last) {
		add_rate(&line, stats, progress->last);
		add_busiest(&line, stats, progress->last);
	}
	add(&line, "  ");
	add_time(&line, begun - progress->started);
	if (done > 0.05 && done < 0.99 && begun - progress->started > 5) {
		add(&line, ", ");
		add_time(&line, (begun - progress->started) * (1 - done) / done);
		add(&line, " left");
	}
	put_line(progress, &line);
	pel_stats_destroy(progress->last);
	progress->last = stats;
	progress->wait_ms = (int)((now_s() - begun) * COST * 1000);
	if (progress->wait_ms < WAIT_MS)
		progress->wait_ms = WAIT_MS;
}

void progress_erase(struct progress *progress)
{
	if (!progress->shown)
		return;
	(void)cli_write(STDERR_FILENO, "\r\033[K", 4);
	progress->shown = false;
}

void progress_destroy(struct progress *progress)
{
	if (!progress)
		return;
	progress_erase(progress);
	pel_stats_destroy(progress->last);
	free(progress->name);
	free(progress);
}
