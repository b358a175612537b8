/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"

/*
 * How a run behaves when calls on a device fail, take too long or never return, and the device is lost, in any order: each pair of such events,
 * with each policy and number of calls in flight. The device is a fake with the interface of device.h, so that the order is deterministic.
 */
#define TOKENS	30000u
#define HELD	16u
#define HANG_MS 60000

enum event {
	NOTHING,
	DONE_FIRST,
	DONE_LAST,
	FAULT_FIRST,
	FAULT_LAST,
	LATE_FIRST,
	LATE_LAST,
	LOSS,
	STOP,
	N_EVENTS
};
static const char *const event_names[] = { "nothing",	  "done first", "done last",
					   "fault first", "fault last", "late first",
					   "late last",	  "loss",	"stop" };
enum rest {
	COME_BACK,
	NEVER_DO,
	N_RESTS
}; /* what happens to the remaining calls: NEVER_DO ends in timeouts */
static const char *const policies[] = { "fail", "cpu", "restart" };

static struct script {
	enum event events[2];
	enum rest rest;
	unsigned in_flight; /* so many calls must be held before it begins */
	bool no_restart;
} script;

/* ---- the fake ---- */

struct held {
	struct pel_device_call call;
	struct pel_device_arg args[8];
};

struct pel_device {
	unsigned char *memory;
	size_t bytes;
	int fd;
	struct held held[HELD];
	unsigned n_held;
	struct pel_device_completion ready[2 * HELD + 2];
	unsigned n_ready;
	unsigned at;   /* the next event; 2: the rest; 3: all is well from here on */
	unsigned seen; /* looks since something was last submitted: calls come in one after the other */
	bool begun, lost, dying;
};

static _Atomic(struct pel_run *) the_run; /* NULL: it is being started, and nothing happens yet */

static void ready(struct pel_device *device, uint64_t cookie, enum pel_device_status status)
{
	struct pel_device_completion *to = &device->ready[device->n_ready++];

	*to = (struct pel_device_completion){ .cookie = cookie, .status = status };
	if (status != PEL_CALL_DONE)
		snprintf(to->message, sizeof(to->message),
			 status == PEL_CALL_FAULT ? "it crashed" : "it took too long");
}

static void carry_out(struct pel_device *device, const struct held *held)
{
	const float *in = NULL;
	float *out = NULL;
	unsigned n = 0;

	for (uint32_t i = 0; i < held->call.n_args; i++) {
		const struct pel_device_arg *arg = &held->args[i];

		if (arg->kind == PEL_ARG_IN)
			in = (const float *)(device->memory + arg->offset);
		else if (arg->kind == PEL_ARG_OUT)
			out = (float *)(device->memory + arg->offset);
		else
			n = (unsigned)arg->value;
	}
	for (unsigned i = 0; i < n; i++)
		out[i] = in[i] + 3.0f;
}

/* The call at `index` comes back. */
static void come_back(struct pel_device *device, unsigned index, enum pel_device_status status)
{
	if (index >= device->n_held)
		return;
	if (status == PEL_CALL_DONE)
		carry_out(device, &device->held[index]);
	ready(device, device->held[index].call.cookie, status);
	memmove(&device->held[index], &device->held[index + 1],
		(device->n_held - index - 1) * sizeof(struct held));
	device->n_held--;
}

static void lose(struct pel_device *device)
{
	device->lost = true;
	device->n_held = 0;
}

static void happen(struct pel_device *device, enum event event)
{
	unsigned last = device->n_held ? device->n_held - 1 : 0;

	switch (event) {
	case NOTHING:
	case N_EVENTS:
		return;
	case DONE_FIRST:
	case DONE_LAST:
		come_back(device, event == DONE_FIRST ? 0 : last, PEL_CALL_DONE);
		return;
	case FAULT_FIRST:
	case FAULT_LAST:
		come_back(device, event == FAULT_FIRST ? 0 : last, PEL_CALL_FAULT);
		return;
	case LATE_FIRST:
	case LATE_LAST:
		device->dying = device->n_held > 0;
		come_back(device, event == LATE_FIRST ? 0 : last, PEL_CALL_TIMEOUT);
		return;
	case LOSS:
		lose(device);
		return;
	case STOP:
		pel_run_stop(the_run);
		return;
	}
}

int pel_device_open(const struct pel_device_options *options, struct pel_place place, struct pel_device **ret,
		    struct pel_error *err)
{
	struct pel_device *device = calloc(1, sizeof(*device));

	(void)place, (void)err;
	device->bytes = options->memory_bytes;
	device->memory = mmap(NULL, device->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, options->memory_fd, 0);
	device->fd = eventfd(1, EFD_CLOEXEC); /* always readable: the watcher polls all the time */
	*ret = device;
	return 0;
}

void pel_device_close(struct pel_device *device)
{
	if (!device)
		return;
	munmap(device->memory, device->bytes);
	close(device->fd);
	free(device);
}

int pel_device_add_kernel(struct pel_device *device, const struct pel_device_kernel *kernel,
			  struct pel_place place, struct pel_error *err)
{
	(void)device, (void)kernel, (void)place, (void)err;
	return 0;
}

int pel_device_add_buffer(struct pel_device *device, size_t bytes, uint32_t kernel, uint32_t arg,
			  struct pel_place place, struct pel_error *err)
{
	(void)device, (void)bytes, (void)kernel, (void)arg, (void)place, (void)err;
	return -ENOTSUP;
}

int pel_device_submit(struct pel_device *device, const struct pel_device_call *call)
{
	struct held *held = &device->held[device->n_held];

	if (device->n_held == HELD)
		return -EAGAIN;
	held->call = *call;
	memcpy(held->args, call->args, call->n_args * sizeof(*call->args));
	device->n_held++;
	device->seen = 0;
	return 0;
}

int pel_device_check(struct pel_device *device)
{
	if (device->dying && !device->n_ready)
		lose(device);
	if (device->lost)
		return -EIO;
	usleep(20); /* let the others move */
	device->begun = device->begun || (device->n_held >= script.in_flight && the_run);
	if (device->begun && device->at < 2) {
		happen(device, script.events[device->at++]);
	} else if (device->at == 2 && script.rest == NEVER_DO && device->n_held) {
		if (device->seen++ == 4) {
			device->at = 3;
			happen(device, LATE_LAST);
		}
	} else if (device->at >= 2) {
		while (device->n_held)
			come_back(device, 0, PEL_CALL_DONE);
	}
	return device->lost ? -EIO : 0;
}

int pel_device_take(struct pel_device *device, struct pel_device_completion *ret)
{
	if (!device->n_ready)
		return 0;
	*ret = device->ready[0];
	memmove(device->ready, device->ready + 1, --device->n_ready * sizeof(*ret));
	return 1;
}

int pel_device_fd(const struct pel_device *device)
{
	return device->fd;
}

const char *pel_device_why(const struct pel_device *device)
{
	(void)device;
	return "it is gone";
}

int pel_device_restart(struct pel_device *device, struct pel_error *err)
{
	(void)err;
	if (script.no_restart)
		return -EIO;
	device->lost = device->dying = false;
	device->n_held = device->n_ready = 0;
	return 0;
}

/* ---- the expected outcome ---- */

static char xclbin[] = "/tmp/test-device-orders-XXXXXX";

static bool fails(enum event event)
{
	return event == FAULT_FIRST || event == FAULT_LAST;
}

/* A call that took too long means the loss of the device, unless the run already fails at the call. */
static bool is_loss(enum event event)
{
	return event == LATE_FIRST || event == LATE_LAST || event == LOSS;
}

static enum pel_outcome expected(const char *policy, bool *sure)
{
	unsigned left = script.in_flight;

	*sure = true;
	for (unsigned i = 0; i < 2; i++) {
		enum event event = script.events[i];

		if (event == STOP) {
			*sure = *sure && left; /* else the CPU may be through before */
			return PEL_RUN_STOPPED;
		}
		if (event == DONE_FIRST || event == DONE_LAST) {
			/* With one call in flight, a further one may or may not have been submitted since. */
			*sure = *sure && left > 1;
			continue;
		}
		if (strcmp(policy, "fail") == 0 && event == LOSS)
			return PEL_RUN_LOST;
		if (strcmp(policy, "fail") == 0 && (fails(event) || is_loss(event)))
			return PEL_RUN_FAILED;
		if (strcmp(policy, "restart") == 0 && script.no_restart && is_loss(event))
			return PEL_RUN_LOST;
		if (strcmp(policy, "cpu") == 0 && fails(event))
			left--;
		if (is_loss(event) && i == 0 && strcmp(policy, "cpu") == 0)
			return PEL_RUN_DONE; /* the device is closed: nothing happens there any more */
	}
	if (script.rest == NEVER_DO)
		*sure = *sure && strcmp(policy, "cpu") == 0;
	return PEL_RUN_DONE;
}

static uint64_t wanted_checksum(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < TOKENS; i++) {
		float value = (float)(i & 0xffff) * 0x1p-16f + 3.0f;
		uint32_t bits;

		memcpy(&bits, &value, sizeof(bits));
		sum += bits;
	}
	return sum;
}

static void assert_right(struct pel_run *run, const char *what)
{
	struct pel_stats *stats = NULL;
	bool seen = false;

	ck_assert_int_eq(pel_run_stats(run, &stats), 0);
	for (size_t a = 0; a < stats->n_actors; a++)
		for (size_t i = 0; i < stats->actors[a]->n_results; i++)
			if (strcmp(stats->actors[a]->results[i]->name, "checksum") == 0) {
				seen = true;
				ck_assert_msg(stats->actors[a]->results[i]->u64 == wanted_checksum(),
					      "wrong tokens: %s", what);
			}
	for (size_t c = 0; c < stats->n_channels; c++)
		ck_assert_uint_eq(stats->channels[c]->left_over, 0);
	ck_assert(seen);
	pel_stats_destroy(stats);
}

static void try_one(const char *policy, unsigned copies)
{
	struct pel_run_xclbin file = { -1, xclbin };
	struct pel_run_options options = {
		.size = sizeof(options), .workers = 2, .xclbins = &file, .n_xclbins = 1
	};
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_run *run = NULL;
	struct pel_error err = { 0 };
	enum pel_outcome outcome, wanted;
	char text[2048], what[256];
	bool sure;

	snprintf(what, sizeof(what), "%s, then %s, rest %d, policy %s%s, %u in flight, %u copies",
		 event_names[script.events[0]], event_names[script.events[1]], script.rest, policy,
		 script.no_restart ? " (impossible)" : "", script.in_flight, copies);
	snprintf(text, sizeof(text),
		 "<graph xmlns='urn:pelton:graph:1' name='orders'>"
		 "<kernel name='add3' stateless='true'><param name='gain' type='f32' value='1'/>"
		 "<param name='offset' type='f32' value='3'/><in name='in' type='f32'/><out name='out' type='f32'/>"
		 "<cpu kernel='core.scale'/>"
		 "<fpga kernel='add3'><arg port='in'/><arg port='out'/><arg value='$batch'/></fpga></kernel>"
		 "<actor id='source' kernel='bench.source'><set name='tokens' value='%u'/></actor>"
		 "<actor id='add' kernel='add3' on='fpga' copies='%u' max-batch='1000' on-fault='%s' in-flight='%u' retries='%u'/>"
		 "<actor id='sink' kernel='bench.sink'/>"
		 "<channel from='source' to='add'/><channel from='add' to='sink'/></graph>",
		 TOKENS, copies, policy, script.in_flight, strcmp(policy, "restart") == 0 ? 100 : 0);
	if (pel_graph_parse(text, strlen(text), "<orders>", &graph, &err) < 0 ||
	    pel_compile(graph, NULL, &plan, &err) < 0)
		ck_abort_msg("%s", err.items[0].text);
	the_run = NULL;
	if (pel_run_start(plan, &options, &run, &err) < 0)
		ck_abort_msg("%s", err.items[0].text);
	the_run = run;
	pel_run_wait(run, HANG_MS, &err);
	outcome = pel_run_outcome(run, NULL);
	wanted = expected(policy, &sure);
	ck_assert_msg(outcome != PEL_RUN_GOING, "endless: %s", what);
	ck_assert_msg(outcome != PEL_RUN_STALLED, "stalled: %s", what);
	if (sure)
		ck_assert_msg(outcome == wanted, "outcome %d, not %d: %s (%s)", outcome, wanted, what,
			      err.count ? err.items[0].text : "");
	if (outcome == PEL_RUN_DONE)
		assert_right(run, what);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
}

START_TEST(every_pair_of_events_ends_as_the_policy_says)
{
	script.events[0] = (enum event)_i;
	for (unsigned p = 0; p < 4; p++) {
		script.no_restart = p == 3;
		for (unsigned second = 0; second < N_EVENTS; second++)
			for (unsigned rest = 0; rest < N_RESTS; rest++)
				for (unsigned in_flight = 1; in_flight <= 3; in_flight++) {
					script.events[1] = (enum event)second;
					script.rest = (enum rest)rest;
					script.in_flight = in_flight;
					try_one(policies[p < 3 ? p : 2], 1 + (second + in_flight) % 2);
				}
	}
}
END_TEST

static bool make_xclbin(void)
{
	static const char source[] =
		"void add3(const float *in, float *out, unsigned n)\n"
		"{\n	for (unsigned i = 0; i < n; i++)\n		out[i] = in[i] + 3.0f;\n}\n";
	struct pel_xclbin_cus cus = { "add3", 2 };
	char path[64];
	const char *sources[] = { path };
	struct pel_xclbin_pack_options options = {
		.size = sizeof(options), .sources = sources, .n_sources = 1, .cus = &cus, .n_cus = 1
	};
	struct pel_error err = { 0 };
	FILE *file;
	int r;

	if (!mkdtemp(xclbin))
		return false;
	snprintf(path, sizeof(path), "%s.c", xclbin);
	rmdir(xclbin);
	file = fopen(path, "w");
	if (!file)
		return false;
	fputs(source, file);
	fclose(file);
	r = pel_xclbin_pack(xclbin, &options, &err);
	if (r < 0)
		pel_error_write_text(&err, stderr);
	unlink(path);
	return r == 0;
}

int main(void)
{
	Suite *suite = suite_create("device-orders");
	TCase *tcase = tcase_create("device-orders");
	SRunner *runner;
	int failed;

	setenv("XCL_EMULATION_MODE", "sw_emu",
	       1); /* so the xclbin is taken, though Pelton does not emulate anything here */
	if (!make_xclbin())
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, every_pair_of_events_ends_as_the_policy_says, 0, N_EVENTS);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	unlink(xclbin);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
