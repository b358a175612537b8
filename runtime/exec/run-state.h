/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_RUN_STATE_H
#define PEL_RUN_STATE_H

#include "device/run-device.h"
#include "host-port.h"
#include "outcome.h"
#include "scheduler.h"
#include "stage.h"

/* A run: the layers that execute it, and what they share. Their headers define ownership and lock order. */
struct pel_run {
	const struct pel_plan *plan;
	struct pel_arena arena;
	struct pel_outcome_state outcome;
	struct pel_scheduler scheduler;
	struct pel_scratch *scratches; /* one for each worker, then one for each own thread */
	struct pel_actor_set actors;
	struct pel_run_stage *stages;
	uint32_t n_stages;
	struct pel_run_cluster *clusters; /* plan->n_clusters of them */
	struct pel_device_set devices;
	struct pel_host_ports ports;
	struct pel_ring *rings;
	struct pel_ring_reader *readers;
	void *memory; /* slots of all rings that no device sees */
	size_t memory_bytes;
	uint64_t max_batch;
	double stall_after_s;
	/* Under the outcome's lock: how much had moved when pel_run_wait() last saw a change, and when. */
	uint64_t moved, moved_ns;
	bool impatient;	      /* under the outcome's lock: it is a stall only because of stall_after_s */
	int data_fd, text_fd; /* for what kernels write to standard output */
	int event_fd;
	bool tracing;
	uint64_t start_ns;
};

#endif
