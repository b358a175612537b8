/* SPDX-License-Identifier: Apache-2.0 */
#include <starpu.h>

#include "peer.h"

/* A task for each stage and batch, ordered by the data that they name; LIVE batches, which go round. */

#define CHUNK 16384u
#define LIVE  16u

struct source_args {
	uint64_t first, n;
};
struct stage_args {
	uint64_t n;
	float offset;
};

static void source_cpu(void *buffers[], void *data)
{
	source_args *a = (source_args *)data;

	w2_source((float *)STARPU_VECTOR_GET_PTR(buffers[0]), a->first, a->n);
}

static void stage_cpu(void *buffers[], void *data)
{
	stage_args *a = (stage_args *)data;

	w2_stage_in_place((float *)STARPU_VECTOR_GET_PTR(buffers[0]), a->n, a->offset);
}

static void sink_cpu(void *buffers[], void *data)
{
	*(uint64_t *)STARPU_VARIABLE_GET_PTR(buffers[1]) +=
		sink_sum((const float *)STARPU_VECTOR_GET_PTR(buffers[0]), *(uint64_t *)data);
}

static starpu_codelet source_codelet, stage_codelet, sink_codelet;

static void submit(starpu_codelet *codelet, starpu_data_handle_t a, starpu_data_handle_t b, void *args,
		   size_t size)
{
	starpu_task *task = starpu_task_create();

	task->cl = codelet;
	task->handles[0] = a;
	if (b)
		task->handles[1] = b;
	task->cl_arg = args;
	task->cl_arg_size = size;
	if (starpu_task_submit(task) != 0)
		die("starpu_task_submit failed");
}

static outcome run_w2(unsigned stages, double scale)
{
	scratch_home home("STARPU_HOME");
	uint64_t tokens = stream_tokens(scale), sum = 0;
	std::vector<float> memory(CHUNK * LIVE + 16);
	float *data = (float *)(((uintptr_t)memory.data() + 63) / 64 * 64);
	uint64_t batches = (tokens + CHUNK - 1) / CHUNK;
	std::vector<stage_args> stage(stages);
	std::vector<source_args> source(batches);
	starpu_data_handle_t handle[LIVE], total;
	starpu_conf conf;

	source_codelet.cpu_funcs[0] = source_cpu;
	source_codelet.nbuffers = 1;
	source_codelet.modes[0] = STARPU_W;
	stage_codelet.cpu_funcs[0] = stage_cpu;
	stage_codelet.nbuffers = 1;
	stage_codelet.modes[0] = STARPU_RW;
	sink_codelet.cpu_funcs[0] = sink_cpu;
	sink_codelet.nbuffers = 2;
	sink_codelet.modes[0] = STARPU_R;
	sink_codelet.modes[1] = STARPU_RW;

	setenv("STARPU_SILENT", "1", 0);
	setenv("STARPU_LIMIT_MIN_SUBMITTED_TASKS", "1000", 0);
	setenv("STARPU_LIMIT_MAX_SUBMITTED_TASKS", "4000", 0);
	starpu_conf_init(&conf);
	conf.ncpus = 2;
	conf.ncuda = 0;
	conf.nopencl = 0;
	conf.sched_policy_name = "lws";
	if (starpu_init(&conf) != 0)
		die("starpu_init failed");

	for (unsigned i = 0; i < LIVE; i++)
		starpu_vector_data_register(&handle[i], STARPU_MAIN_RAM,
					    (uintptr_t)(data + (size_t)i * CHUNK), CHUNK, sizeof(float));
	starpu_variable_data_register(&total, STARPU_MAIN_RAM, (uintptr_t)&sum, sizeof(sum));
	stopwatch watch;
	for (uint64_t b = 0; b < batches; b++) {
		starpu_data_handle_t h = handle[b % LIVE];

		source[b].first = b * CHUNK;
		source[b].n = std::min<uint64_t>(CHUNK, tokens - b * CHUNK);
		submit(&source_codelet, h, NULL, &source[b], sizeof(source[b]));
		for (unsigned k = 0; k < stages; k++) {
			/* All batches are full: 65536 is a multiple of CHUNK. */
			stage[k] = { CHUNK, w2_offset(k) };
			submit(&stage_codelet, h, NULL, &stage[k], sizeof(stage[k]));
		}
		submit(&sink_codelet, h, total, &source[b].n, sizeof(source[b].n));
	}
	starpu_task_wait_for_all();
	double wall = watch.stop();

	for (unsigned i = 0; i < LIVE; i++)
		starpu_data_unregister(handle[i]);
	starpu_data_unregister(total);
	starpu_shutdown();
	return watch.result((double)tokens / wall, "floats/s", sum);
}

const std::vector<workload> peer_workloads = { { "w2", run_w2 } };
