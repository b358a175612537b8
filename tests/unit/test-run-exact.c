/* SPDX-License-Identifier: Apache-2.0 */
#include <fenv.h>
#include <math.h>
#include <pelton/pelton.h>
#include <stdio.h>
#include <string.h>

#include "kernel-case.h"

/* Runs whose output must not depend on how they are executed, nor on the host: numbers of all kinds, including NaNs. */

static struct pel_error err;

#define ACTOR(id, kernel, sets) "<actor id='" id "' kernel='" kernel "'>" sets "</actor>"
#define SET(name, value)	"<set name='" name "' value='" value "'/>"
#define CHANNEL(from, to)	"<channel from='" from "' to='" to "'/>"
#define GRAPH(body) \
	"<graph xmlns='urn:pelton:graph:1' name='t'><in name='in'/><out name='out'/>" body "</graph>"

static void run(const char *xml, unsigned workers, const void *in, size_t in_tokens, void *out,
		size_t out_tokens)
{
	struct pel_compile_options how = { .size = sizeof(how), .workers = workers };
	struct pel_run_options options = { .size = sizeof(options), .workers = workers };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_run *run = NULL;
	struct pel_port *port;

	if (pel_graph_parse(xml, strlen(xml), "<test>", &graph, &err) < 0 ||
	    pel_compile(graph, &how, &plan, &err) < 0 || pel_run_start(plan, &options, &run, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the graph does not start: %s", xml);
	}
	port = pel_run_port(run, "in");
	ck_assert_int_eq(pel_port_write(port, in, in_tokens, -1), (ssize_t)in_tokens);
	pel_port_end(port);
	ck_assert_int_eq(pel_port_read(pel_run_port(run, "out"), out, out_tokens, -1), (ssize_t)out_tokens);
	ck_assert_int_eq(pel_run_wait(run, -1, &err), 0);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
}

/* Like a host that uses interval arithmetic, or that links a library built with -ffast-math. */
static void set_environment(void)
{
	ck_assert_int_eq(fesetround(FE_UPWARD), 0);
#ifdef __x86_64__
	__builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040); /* subnormal results and operands are 0 */
#endif
}

START_TEST(kernels_round_to_nearest_whatever_the_host_does)
{
	static const float in[] = { 1e-40f, 0x1p-149f, 1, 3e38f };
	static const char xml[] = GRAPH(ACTOR("s", "core.scale", SET("gain", "0.75") SET("offset", "1e-41"))
						CHANNEL("in", "s") CHANNEL("s", "out"));
	float want[4], out[4];

	for (size_t i = 0; i < 4; i++) {
		volatile float product = 0.75f * in[i];

		want[i] = product + 1e-41f;
	}
	set_environment();
	run(xml, 2, in, 4, out, 4);
	ck_assert_int_eq(fegetround(), FE_UPWARD);
#ifdef __x86_64__
	ck_assert_uint_eq(__builtin_ia32_stmxcsr() & 0x8040, 0x8040);
#endif
	ck_assert_int_eq(fesetenv(FE_DFL_ENV), 0);
	ck_assert_mem_eq(out, want, sizeof(out));
}
END_TEST

RUN_TESTS("run-exact", kernels_round_to_nearest_whatever_the_host_does)
