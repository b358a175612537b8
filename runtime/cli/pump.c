/* SPDX-License-Identifier: Apache-2.0 */
#include "pump.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "messages.h"
#include "pump-ports.h"
#include "pump-transfer.h"
#include "stdout.h"

static int add_pump(struct pumps *pumps, const struct cli_args *args, const char *name, bool in,
		    const struct pel_type *type)
{
	const char *option = in ? "--in" : "--out", *way = in ? "input" : "output", *file;
	struct pump *pump = &pumps->list[pumps->n];
	bool twice = false;

	*pump = (struct pump){ .all = pumps, .name = name, .in = in, .fd = -1, .type = type };
	file = pump_file(args, option, name, &twice);
	if (!file) {
		cli_error(CLI_USAGE, "%s port '%s' of the graph is not connected", way, name);
		cli_hint(in ? "connect it to a file with --in %s=FILE, or - for standard input"
			    : "connect it to a file with --out %s=FILE, - for standard output, or /dev/null",
			 name);
		return CLI_USAGE;
	}
	if (twice)
		return cli_error(CLI_USAGE, "option '%s' is given twice for port '%s'", option, name);
	pump->file = in ? cli_format("%s", file) : cli_output_path(file);
	for (size_t i = 0; i < pumps->n; i++)
		if (pumps->list[i].in == in && strcmp(pump->file, "-") == 0 &&
		    strcmp(pumps->list[i].file, "-") == 0) {
			free(pump->file);
			return cli_error(CLI_USAGE, "%s ports '%s' and '%s' cannot both use standard %s", way,
					 pumps->list[i].name, name, way);
		}
	pumps->n++;
	pump->token_bytes = (size_t)pel_type_bytes(type);
	pump->bounce = cli_alloc(pump->token_bytes, 1);
	return 0;
}

int pumps_create(const struct cli_args *args, const struct pel_plan *plan, struct pumps **ret)
{
	struct pumps *pumps = cli_alloc(1, sizeof(*pumps));
	const struct pel_type *type;
	pthread_condattr_t attr;
	const char *name;
	size_t n_in = 0, n_out = 0;
	int status = pump_check_names(args, plan, true);

	pthread_mutex_init(&pumps->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pumps->changed, &attr);
	pthread_condattr_destroy(&attr);
	while (pel_plan_in(plan, n_in, NULL))
		n_in++;
	while (pel_plan_out(plan, n_out, NULL))
		n_out++;
	pumps->list = cli_alloc(n_in + n_out, sizeof(*pumps->list));
	if (!status)
		status = pump_check_names(args, plan, false);
	for (size_t i = 0; !status && (name = pel_plan_in(plan, i, &type)); i++)
		status = add_pump(pumps, args, name, true, type);
	for (size_t i = 0; !status && (name = pel_plan_out(plan, i, &type)); i++)
		status = add_pump(pumps, args, name, false, type);
	if (status)
		pumps_fini(pumps);
	else
		*ret = pumps;
	return status;
}

void pumps_files(const struct pumps *pumps, struct cli_files *files)
{
	for (size_t i = 0; i < pumps->n; i++) {
		const struct pump *pump = &pumps->list[i];
		char *who = cli_format("%s port '%s'", pump->in ? "input" : "output", pump->name);

		cli_files_add(files, who, pump->file, !pump->in);
		free(who);
	}
}

int pumps_open(struct pumps *pumps)
{
	int status = 0;

	for (size_t i = 0; i < pumps->n && !status; i++)
		status = pump_open_file(&pumps->list[i]);
	return status;
}

bool pumps_use_stdout(const struct pumps *pumps)
{
	for (size_t i = 0; i < pumps->n; i++)
		if (!pumps->list[i].in && strcmp(pumps->list[i].file, "-") == 0)
			return true;
	return false;
}

/* ---- running ---- */

int pumps_start(struct pumps *pumps, struct pel_run *run)
{
	int status = 0;

	pumps->run = run;
	for (size_t i = 0; i < pumps->n && !status; i++)
		if (!pumps->list[i].in)
			status = pump_begin_file(&pumps->list[i]);
	for (size_t i = 0; i < pumps->n && !status; i++) {
		struct pump *pump = &pumps->list[i];
		int r;

		pump->port = pel_run_port(run, pump->name);
		r = pthread_create(&pump->thread, NULL, pump_thread, pump);
		if (r != 0)
			return cli_error(CLI_FAILED, "cannot start a thread for port '%s': %s", pump->name,
					 strerror(r));
		pump->started = true;
	}
	return status;
}

void pumps_interrupt(struct pumps *pumps)
{
	pthread_mutex_lock(&pumps->lock);
	pumps->interrupted = true;
	pthread_cond_broadcast(&pumps->changed);
	pthread_mutex_unlock(&pumps->lock);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#define LOOK_MS 5 /* interval at which a waiting thread checks again */

/* Called with the lock held; releases it while waiting. */
static void wait_a_little(struct pumps *pumps)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_MS * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&pumps->changed, &pumps->lock, &until);
}

/* An output that has not written its last token yet, or NULL. Called with the lock held. */
static const struct pump *unwritten(const struct pumps *pumps)
{
	for (size_t i = 0; i < pumps->n; i++)
		if (!pumps->list[i].in && pumps->list[i].started && !pumps->list[i].done)
			return &pumps->list[i];
	return NULL;
}

/* Wait until every output has written its last token. Returns 0, CLI_INTERRUPTED, or CLI_STALLED after reporting it. */
static int wait_outputs(struct pumps *pumps, double patience_s)
{
	size_t written = atomic_load(&pumps->written);
	double moved_s = now_s();
	const struct pump *pump;
	bool stalled = false;

	pthread_mutex_lock(&pumps->lock);
	while ((pump = unwritten(pumps)) && !pumps->interrupted && !stalled) {
		if (!(patience_s > 0)) {
			pthread_cond_wait(&pumps->changed, &pumps->lock);
			continue;
		}
		wait_a_little(pumps);
		if (atomic_load(&pumps->written) != written) {
			written = atomic_load(&pumps->written);
			moved_s = now_s();
		}
		stalled = now_s() - moved_s > patience_s;
	}
	pthread_mutex_unlock(&pumps->lock);
	if (!pump)
		return CLI_OK;
	return stalled ? cli_error(CLI_STALLED, "stalled: output port '%s': no process reads from %s",
				   pump->name, pump_file_name(pump))
		       : CLI_INTERRUPTED;
}

#define GIVE_UP_S 1.0 /* how long sending a signal may fail */

/*
 * The run is over, so a pump ends by itself unless it waits for another process. Returns 0, or the errno with
 * which no signal could be sent to a waiting pump.
 */
static int end_pump(struct pump *pump)
{
	struct pumps *pumps = pump->all;
	double sent_s = now_s();
	int code = 0;

	atomic_store(&pumps->cut, true);
	pthread_mutex_lock(&pumps->lock);
	/* Repeatedly: the signal may arrive just before the call that it is meant to interrupt. */
	while (!pump->done && now_s() - sent_s < GIVE_UP_S) {
		code = pthread_kill(pump->thread, CLI_CUT_SIGNAL);
		if (code == 0)
			sent_s = now_s();
		wait_a_little(pumps);
	}
	code = pump->done ? 0 : code;
	pthread_mutex_unlock(&pumps->lock);
	if (code == 0)
		pthread_join(pump->thread, NULL);
	return code;
}

/* Some file systems report only now that there was no space. */
static void close_output(struct pump *pump)
{
	int fd = pump->fd;

	if (fd == cli_stdout()) /* closed at the very end */
		return;
	pump->fd = -1;
	if (fd >= 0 && close(fd) < 0) {
		pump->code = -errno;
		pump->error = cli_format("output port '%s': cannot write %s: %s", pump->name, pump->file,
					 strerror(errno));
	}
}

/* Returns 0, or an exit status after reporting the error. */
static int finish_pump(struct pump *pump)
{
	int code = end_pump(pump);

	if (code) {
		pump->all->stuck = true;
		cli_warning("%s port '%s' waits for %s and cannot be interrupted: %s",
			    pump->in ? "input" : "output", pump->name, pump_file_name(pump), strerror(code));
		return CLI_OK;
	}
	pump->started = false;
	if (!pump->in && !pump->error)
		close_output(pump);
	if (!pump->error)
		return CLI_OK;
	cli_error(0, "%s", pump->error);
	if (!pump->in)
		cli_hint_write(pump->code);
	return CLI_FAILED;
}

int pumps_finish(struct pumps *pumps, bool ended, double patience_s)
{
	int status = ended ? wait_outputs(pumps, patience_s) : CLI_OK;

	for (size_t i = 0; i < pumps->n; i++)
		if (pumps->list[i].started && finish_pump(&pumps->list[i]))
			status = CLI_FAILED;
	return status;
}

bool pumps_stuck(const struct pumps *pumps)
{
	return pumps && pumps->stuck;
}

void pumps_hint(struct pumps *pumps)
{
	for (size_t i = 0; i < pumps->n; i++) {
		const struct pump *pump = &pumps->list[i];
		bool done;

		/* A pump that is still running may write `unopened`. */
		pthread_mutex_lock(&pumps->lock);
		done = pump->done;
		pthread_mutex_unlock(&pumps->lock);
		if (done && pump->unopened)
			cli_hint("%s port '%s': no process has opened '%s' %s", pump->in ? "input" : "output",
				 pump->name, pump->file, pump->in ? "to write to it" : "to read from it");
	}
}

void pumps_fini(struct pumps *pumps)
{
	if (!pumps || pumps->stuck)
		return;
	for (size_t i = 0; i < pumps->n; i++) {
		if (pumps->list[i].fd > STDERR_FILENO && pumps->list[i].fd != cli_stdout())
			close(pumps->list[i].fd);
		free(pumps->list[i].file);
		free(pumps->list[i].bounce);
		free(pumps->list[i].error);
	}
	free(pumps->list);
	pthread_mutex_destroy(&pumps->lock);
	pthread_cond_destroy(&pumps->changed);
	free(pumps);
}
