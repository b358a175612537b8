/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <pelton/pelton.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "clock.h"
#include "run-state.h"
#include "libexec.h"

/*
 * Runs whose device process, or device model, is killed at random moments, with each policy. There must be no wrong byte, no hang, and nothing
 * left behind. PELTON_TEST_KILLS sets how often; the default is low, because each kill costs a start of the device.
 */
#define DEADLINE_S 2.0

static char folder[] = "/tmp/test-devices-XXXXXX", xclbin[64];
static unsigned n_kills = 8;

enum victim { DEVICE_PROCESS, DEVICE_MODEL };

static double now_s(void)
{
	return (double)pel_now_ns() * 1e-9;
}

static void nap(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&t, NULL);
}

/* ---- the kernel: a stateless one with two compute units, that takes about a millisecond ---- */

static const char source[] = "#include <time.h>\n"
			     "void add3(const float *in, float *out, unsigned n)\n"
			     "{\n"
			     "	struct timespec t = { 0, 1000000 };\n"
			     "	for (unsigned i = 0; i < n; i++)\n"
			     "		out[i] = in[i] + 3.0f;\n"
			     "	nanosleep(&t, 0);\n"
			     "}\n";

static void make_xclbin(void)
{
	struct pel_xclbin_cus cus = { "add3", 2 };
	char path[64];
	const char *sources[] = { path };
	struct pel_xclbin_pack_options options = {
		.size = sizeof(options), .sources = sources, .n_sources = 1, .cus = &cus, .n_cus = 1
	};
	struct pel_error err = { 0 };
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/add3.c", folder);
	snprintf(xclbin, sizeof(xclbin), "%s/add3.xclbin", folder);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(source, file);
	fclose(file);
	if (pel_xclbin_pack(xclbin, &options, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the kernel cannot be packed");
	}
	unlink(path);
}

static void remove_xclbin(void)
{
	unlink(xclbin);
	rmdir(folder);
}

/* ---- runs ---- */

struct running {
	struct pel_graph *graph;
	struct pel_plan *plan;
	struct pel_run *run;
	struct pel_error err;
};

static void start(struct running *r, const char *policy, unsigned tokens)
{
	struct pel_run_xclbin file = { -1, xclbin };
	struct pel_run_options options = {
		.size = sizeof(options), .emulate = true, .xclbins = &file, .n_xclbins = 1
	};
	char text[2048];

	memset(r, 0, sizeof(*r));
	snprintf(text, sizeof(text),
		 "<graph xmlns='urn:pelton:graph:1' name='kills'>"
		 "<kernel name='add3' stateless='true'><param name='gain' type='f32' value='1'/>"
		 "<param name='offset' type='f32' value='3'/><in name='in' type='f32'/><out name='out' type='f32'/>"
		 "<cpu kernel='core.scale'/>"
		 "<fpga kernel='add3'><arg port='in'/><arg port='out'/><arg value='$batch'/></fpga></kernel>"
		 "<actor id='source' kernel='bench.source'><set name='tokens' value='%u'/></actor>"
		 "<actor id='add' kernel='add3' on='fpga' copies='2' max-batch='1024' on-fault='%s' retries='%u'/>"
		 "<actor id='sink' kernel='bench.sink'/>"
		 "<channel from='source' to='add'/><channel from='add' to='sink'/></graph>",
		 tokens, policy, strcmp(policy, "restart") == 0 ? 1000 : 0);
	if (pel_graph_parse(text, strlen(text), "<kills>", &r->graph, &r->err) < 0 ||
	    pel_compile(r->graph, NULL, &r->plan, &r->err) < 0 ||
	    pel_run_start(r->plan, &options, &r->run, &r->err) < 0) {
		pel_error_write_text(&r->err, stderr);
		ck_abort_msg("the run does not start");
	}
}

static void stop(struct running *r)
{
	pel_run_destroy(r->run);
	pel_plan_destroy(r->plan);
	pel_graph_destroy(r->graph);
	pel_error_fini(&r->err);
}

static uint64_t wanted_checksum(unsigned tokens)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < tokens; i++) {
		float value = (float)(i & 0xffff) * 0x1p-16f + 3.0f;
		uint32_t bits;

		memcpy(&bits, &value, sizeof(bits));
		sum += bits;
	}
	return sum;
}

static void assert_right(struct running *r, unsigned tokens)
{
	struct pel_stats *stats = NULL;
	bool seen = false;

	ck_assert_int_eq(pel_run_stats(r->run, &stats), 0);
	for (size_t i = 0; i < stats->n_actors; i++)
		for (size_t k = 0; k < stats->actors[i]->n_results; k++) {
			const struct pel_result *result = stats->actors[i]->results[k];

			if (strcmp(result->name, "count") == 0)
				ck_assert_uint_eq(result->u64, tokens);
			if (strcmp(result->name, "checksum") != 0)
				continue;
			ck_assert_uint_eq(result->u64, wanted_checksum(tokens));
			seen = true;
		}
	ck_assert(seen);
	pel_stats_destroy(stats);
}

/* ---- victims ---- */

/* The parent of process `pid`; 0: it is not there, or a zombie. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[512], *end, state;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file) || !(end = strrchr(line, ')')) ||
	    sscanf(end + 1, " %c %d", &state, &parent) != 2 || state == 'Z')
		parent = 0;
	fclose(file);
	return parent;
}

static pid_t child_of(pid_t parent)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (!found && (entry = readdir(dir))) {
		pid_t pid = (pid_t)atoi(entry->d_name);

		if (pid > 0 && parent_of(pid) == parent)
			found = pid;
	}
	closedir(dir);
	return found;
}

/* Kill it, if it is there. */
static bool kill_victim(struct pel_run *run, enum victim victim)
{
	struct pel_run_device *device = &run->devices.devices[0];
	pid_t pid = 0;

	pthread_mutex_lock(&device->lock);
	if (device->device && !device->away)
		pid = pel_device_pid(device->device);
	pthread_mutex_unlock(&device->lock);
	if (pid > 0 && victim == DEVICE_MODEL)
		pid = child_of(pid);
	return pid > 0 && kill(pid, SIGKILL) == 0;
}

static unsigned count_entries(const char *path, const char *prefix)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned n = 0;

	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return n;
}

/* State that must be the same before and after. */
static void assert_nothing_left(unsigned descriptors)
{
	ck_assert_uint_eq(count_entries("/proc/self/fd", ""), descriptors);
	ck_assert_int_eq(child_of(getpid()), 0);
}

static unsigned random_ms(unsigned below)
{
	static unsigned seed = 12345;

	return (unsigned)rand_r(&seed) % below;
}

/* ---- tests ---- */

START_TEST(run_fails_in_words_when_its_device_is_killed)
{
	unsigned descriptors = count_entries("/proc/self/fd", ""), lost = 0;

	for (unsigned i = 0; i < n_kills; i++) {
		struct running r;
		double killed;
		bool hit;
		int code;

		start(&r, "fail", 400 * 1024);
		nap(random_ms(150) * 1e-3);
		hit = kill_victim(r.run, (enum victim)_i);
		killed = now_s();
		code = pel_run_wait(r.run, 10000, &r.err);
		if (code == 0) {
			assert_right(&r, 400 * 1024);
		} else {
			ck_assert(hit);
			ck_assert_int_eq(code, -ENODEV);
			ck_assert(now_s() - killed < DEADLINE_S);
			ck_assert_ptr_nonnull(strstr(r.err.items[0].text, "actor 'add' (add3): device fpga:0"));
			ck_assert_ptr_nonnull(strstr(r.err.items[0].text, "kernel 'add3'"));
			lost++;
		}
		stop(&r);
	}
	ck_assert(lost > 0);
	assert_nothing_left(descriptors);
}
END_TEST

START_TEST(cpu_takes_over_in_mid_stream_when_the_device_is_killed)
{
	unsigned descriptors = count_entries("/proc/self/fd", "");

	for (unsigned i = 0; i < n_kills; i++) {
		struct running r;
		double killed;

		start(&r, "cpu", 400 * 1024);
		nap(random_ms(150) * 1e-3);
		kill_victim(r.run, (enum victim)_i);
		killed = now_s();
		ck_assert_int_eq(pel_run_wait(r.run, 10000, &r.err), 0);
		ck_assert(now_s() - killed < 2 * DEADLINE_S);
		assert_right(&r, 400 * 1024);
		stop(&r);
	}
	assert_nothing_left(descriptors);
}
END_TEST

START_TEST(calls_are_made_again_on_a_restarted_device)
{
	unsigned descriptors = count_entries("/proc/self/fd", ""), tokens = 1024 * (60 * n_kills + 100),
		 kills = 0;
	struct running r;
	int code;

	start(&r, "restart", tokens);
	while ((code = pel_run_wait(r.run, (int)random_ms(120), &r.err)) == -ETIMEDOUT && kills < n_kills)
		kills += kill_victim(r.run, (enum victim)_i);
	if (code == -ETIMEDOUT)
		code = pel_run_wait(r.run, 60000, &r.err);
	if (code < 0)
		pel_error_write_text(&r.err, stderr);
	ck_assert_int_eq(code, 0);
	ck_assert(kills > 0);
	assert_right(&r, tokens);
	stop(&r);
	assert_nothing_left(descriptors);
}
END_TEST

START_TEST(stopped_run_leaves_nothing)
{
	unsigned descriptors = count_entries("/proc/self/fd", "");

	for (unsigned i = 0; i < 3; i++) {
		struct running r;

		start(&r, "fail", 400 * 1024);
		nap(random_ms(50) * 1e-3);
		stop(&r);
	}
	assert_nothing_left(descriptors);
}
END_TEST

/* The blocked signals of thread `tid` of this process, as the kernel writes them: bit 0 is signal 1. */
static uint64_t blocked_by(const char *tid)
{
	char path[320], line[256];
	unsigned long long mask = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", tid);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) && sscanf(line, "SigBlk: %llx", &mask) != 1)
		;
	fclose(file);
	return mask & 0x7fffffff; /* signals 1 to 31; of the others the C library keeps some */
}

/* List the threads of this process, at most `max`; returns how many. ThreadSanitizer adds one. */
static unsigned list_threads(pid_t *tids, unsigned max)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && n < max)
			tids[n++] = (pid_t)atoi(entry->d_name);
	closedir(dir);
	return n;
}

START_TEST(threads_of_a_run_block_all_signals_but_those_of_their_own_faults)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
	static const int impossible[] = { SIGKILL, SIGSTOP };
	uint64_t wanted = 0x7fffffff;
	pid_t before[16], now[64];
	unsigned n_before = list_threads(before, 16), n, threads = 0;
	struct running r;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		wanted &= ~(UINT64_C(1) << (faults[i] - 1));
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
		wanted &= ~(UINT64_C(1) << (impossible[i] - 1));
	start(&r, "fail", 400 * 1024);
	n = list_threads(now, 64);
	for (unsigned i = 0; i < n; i++) {
		char tid[16];
		bool is_new = true;

		for (unsigned k = 0; k < n_before; k++)
			is_new = is_new && now[i] != before[k];
		if (!is_new)
			continue;
		snprintf(tid, sizeof(tid), "%d", (int)now[i]);
		/* The C library blocks all signals in a thread that is just being created. */
		for (double give_up = now_s() + 30; blocked_by(tid) != wanted && now_s() < give_up;)
			nap(1e-3);
		ck_assert_uint_eq(blocked_by(tid), wanted);
		threads++;
	}
	ck_assert_uint_ge(threads, 2); /* a worker, and the device's watcher */
	stop(&r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("devices");
	TCase *c = tcase_create("kills");

	tcase_add_unchecked_fixture(c, make_xclbin, remove_xclbin);
	tcase_set_timeout(c, 600);
	tcase_add_loop_test(c, run_fails_in_words_when_its_device_is_killed, 0, 2);
	tcase_add_loop_test(c, cpu_takes_over_in_mid_stream_when_the_device_is_killed, 0, 2);
	tcase_add_loop_test(c, calls_are_made_again_on_a_restarted_device, 0, 2);
	tcase_add_test(c, stopped_run_leaves_nothing);
	tcase_add_test(c, threads_of_a_run_block_all_signals_but_those_of_their_own_faults);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	static const char *const parts[] = { "pelton-device", "pelton-emulator", "pelton-dwarf.so" };
	struct pel_arena arena = { 0 };
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!pel_libexec(&arena, parts[i], NULL)) {
			printf("skipped: %s was not built, as XRT (libxrt-dev) or elfutils (libdw-dev) is not installed\n",
			       parts[i]);
			pel_arena_fini(&arena);
			return 77;
		}
	pel_arena_fini(&arena);
	if (getenv("PELTON_TEST_KILLS"))
		n_kills = (unsigned)atoi(getenv("PELTON_TEST_KILLS"));
	runner = srunner_create(suite());
	/* Runs in this process, so that open descriptors and running threads can be counted. */
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
