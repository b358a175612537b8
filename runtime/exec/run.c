/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fenv.h>
#include <pelton/run.h>
#include <string.h>
#include "build.h"
#include "cancel.h"
#include "clock.h"
#include "device/device-watch.h"
#include "join.h"
#include "run-kernels.h"
#include "run-state.h"
#include "run-options.h"
#include "stall.h"
#include "threads.h"
#include "unfired.h"

/* The start and the end of a run, and the functions that the outcome calls. */

/* ---- for the outcome ---- */

static bool is_quiet(void *data)
{
	const struct pel_run *run = data;

	return pel_scheduler_is_quiet(&run->scheduler);
}

static bool may_move(void *data)
{
	const struct pel_run *run = data;

	return pel_host_ports_may_move(&run->ports);
}

static void explain(void *data, struct pel_error *err)
{
	const struct pel_run *run = data;

	pel_stall_explain(&run->actors, run->impatient ? run->stall_after_s : 0, err);
}

static bool succeeded(void *data, struct pel_error *err)
{
	const struct pel_run *run = data;

	return !pel_unfired_explain(&run->actors, err);
}

static void finish(void *data)
{
	pel_run_finish_kernels(data);
}

static void decided(void *data)
{
	struct pel_run *run = data;

	pel_scheduler_stop(&run->scheduler);
	pel_host_ports_decided(&run->ports);
}

static const struct pel_outcome_ops outcome_ops = {
	.is_quiet = is_quiet,
	.may_move = may_move,
	.explain = explain,
	.succeeded = succeeded,
	.finish = finish,
	.decided = decided,
};

/* ---- start ---- */

static struct pel_run *alloc_run(const struct pel_plan *plan)
{
	struct pel_run *run = pel_calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->plan = plan;
	run->event_fd = run->devices.shared.fd = run->devices.addresses.fd = -1;
	pel_outcome_init(&run->outcome, &outcome_ops, run);
	return run;
}

/* Create everything except the threads. */
static int create_run(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	int r;

	if ((r = pel_run_build(run, options, err)) < 0 || (r = pel_run_init_kernels(run, err)) < 0 ||
	    (r = pel_devices_open(&run->devices, err)) < 0)
		return r;
	return pel_cancel_is_set(options->cancel) ? -ECANCELED : 0;
}

/* Every stage may be able to fire: queue all, and put neighbours into the same queue. */
static void queue_all(struct pel_run *run)
{
	for (uint32_t i = 0; i < run->n_stages; i++)
		pel_scheduler_add(&run->scheduler, &run->stages[i].task,
				  (uint32_t)((uint64_t)i * run->scheduler.n_workers / run->n_stages));
}

static int start_threads(struct pel_run *run, const struct pel_run_options *options, struct pel_error *err)
{
	int r;

	if (run->outcome.n_live == 0) {
		run->outcome.drained = true;
		pel_outcome_decide(&run->outcome, PEL_RUN_DONE, 0);
		return 0;
	}
	queue_all(run);
	r = pel_threads_start(&run->scheduler, options->pin, options->stack_bytes, err);
	return r == 0 ? pel_devices_watch(&run->devices, err) : r;
}

static int start_run(const struct pel_plan *plan, const struct pel_run_options *options, struct pel_run **ret,
		     struct pel_error *err)
{
	struct pel_run *run = alloc_run(plan);
	int r;

	if (!run)
		return pel_nomem(err);
	r = create_run(run, options, err);
	run->devices.cancel = NULL;
	run->start_ns = run->moved_ns = pel_now_ns();
	if (r == 0)
		r = start_threads(run, options, err);
	if (r < 0) {
		pel_run_destroy(run);
		return r;
	}
	*ret = run;
	return 0;
}

int pel_run_start(const struct pel_plan *plan, const struct pel_run_options *options, struct pel_run **ret,
		  struct pel_error *err)
{
	struct pel_run_options known;
	fenv_t host;
	int r = pel_run_take_options(&known, options, err);

	if (r < 0)
		return r;
	/*
	 * Kernels round to nearest and keep subnormal numbers, whatever the host's settings are. init() is
	 * called here, and threads inherit the environment.
	 */
	fegetenv(&host);
	fesetenv(FE_DFL_ENV);
	r = start_run(plan, &known, ret, err);
	fesetenv(&host);
	return r;
}

/* ---- the end ---- */

void pel_run_stop(struct pel_run *run)
{
	pel_outcome_decide(&run->outcome, PEL_RUN_STOPPED, 0);
}

void pel_run_destroy(struct pel_run *run)
{
	if (!run)
		return;
	pel_run_stop(run);
	pel_threads_join(&run->scheduler);
	pel_devices_join(&run->devices);
	pel_devices_destroy(&run->devices);
	pel_run_fini_kernels(run);
	pel_run_demolish(run);
	pel_outcome_fini(&run->outcome);
	pel_free(run);
}

/* ---- the host's ports ---- */

struct pel_port *pel_run_port(struct pel_run *run, const char *name)
{
	for (uint32_t i = 0; i < run->ports.n; i++)
		if (strcmp(run->ports.all[i].actor->plan->id, name) == 0)
			return (struct pel_port *)&run->ports.all[i];
	return NULL;
}

struct pel_port *pel_run_port_at(struct pel_run *run, size_t index)
{
	return index < run->ports.n ? (struct pel_port *)&run->ports.all[index] : NULL;
}

int pel_run_fd(struct pel_run *run)
{
	return pel_host_ports_fd(&run->ports);
}

void pel_run_fd_clear(struct pel_run *run)
{
	pel_host_ports_fd_clear(&run->ports);
}
