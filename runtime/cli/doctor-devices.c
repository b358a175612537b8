/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor.h"

#include <errno.h>
#include <pelton/pelton.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "messages.h"
#include "signals.h"

/* Tests by doing: sets up the emulation, packs a kernel, and calls it. */
#define RUN_MS 20000

static void say_errors(const char *what, struct pel_error *err)
{
	doctor_fact("note", what, "%s", err->count ? err->items[0].text : "out of memory");
	if (err->count && err->items[0].hint)
		doctor_mend("%s", err->items[0].hint);
	pel_error_fini(err);
}

static void try_packing(const char *folder)
{
	char *source = cli_format("%s/k.c", folder), *path = cli_format("%s/k.xclbin", folder);
	const char *sources[] = { source };
	const struct pel_xclbin_pack_options options = {
		.size = sizeof(options), .sources = sources, .n_sources = 1, .cancel = cli_cancel()
	};
	struct pel_error err = { 0 };
	FILE *file = fopen(source, "we");

	if (file) {
		fputs("void k(const float *a) { (void)a[0]; }\n", file);
		fclose(file);
	}
	if (pel_xclbin_pack(path, &options, &err) == 0)
		doctor_fact("ok", "packing", "FPGA kernels can be compiled and packed for emulation");
	else if (!cli_interrupted())
		say_errors("packing", &err);
	free(source);
	free(path);
}

/* A graph of a few tokens, through an emulated device. */
static void try_run(const char *folder)
{
	static const char graph[] =
		"<graph xmlns='urn:pelton:graph:1' name='doctor'>"
		"<kernel name='k' stateless='true'><in name='in' type='f32'/><fpga kernel='k' source='k.c'><arg port='in'/></fpga></kernel>"
		"<actor id='source' kernel='bench.source'><set name='tokens' value='4'/></actor><actor id='k' kernel='k' on='fpga'/>"
		"<channel from='source' to='k'/></graph>";
	const struct pel_run_options options = { .size = sizeof(options),
						 .emulate = true,
						 .cancel = cli_cancel() };
	char *name = cli_format("%s/doctor.xml", folder);
	struct pel_error err = { 0 };
	struct pel_graph *loaded = NULL;
	struct pel_plan *plan = NULL;
	struct pel_run *run = NULL;
	int r = pel_graph_parse(graph, sizeof(graph) - 1, name, &loaded, &err);

	if (r == 0 && (r = pel_compile(loaded, NULL, &plan, &err)) == 0 &&
	    (r = pel_run_start(plan, &options, &run, &err)) == 0)
		r = pel_run_wait(run, RUN_MS, &err);
	if (r == 0)
		doctor_fact("ok", "emulation", "FPGA devices can be emulated with this XRT");
	else if (r == -ETIMEDOUT)
		doctor_fact("note", "emulation", "a call to an emulated device does not return");
	else if (!cli_interrupted())
		say_errors("emulation", &err);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(loaded);
	pel_error_fini(&err);
	free(name);
}

static void try_emulation(void)
{
	struct pel_emulation *emulation = NULL;
	struct pel_error err = { 0 };

	if (pel_emulation_create(1, &emulation, &err) < 0) {
		say_errors("emulation", &err);
		return;
	}
	try_packing(pel_emulation_dir(emulation));
	if (!cli_interrupted())
		try_run(pel_emulation_dir(emulation));
	pel_emulation_destroy(emulation);
}

/* The variables that XRT uses; --emulate and `pelton emulate` set all of them. */
static const struct {
	const char *name, *effect;
} variables[] = {
	{ "XCL_EMULATION_MODE",
	  "XRT searches for an emulated device instead of a card, and ends the program if there is none" },
	{ "XILINX_XRT", "XRT loads its libraries from there, and aborts if they are missing" },
	{ "XILINX_VITIS", "XRT loads its device model for emulation from there" },
	{ "XILINX_SDX", "XRT may load its device model for emulation from there" },
	{ "XILINX_OPENCL",
	  "XRT loads its device model for emulation from there, in preference to XILINX_VITIS" },
	{ "EMCONFIG_PATH", "XRT reads the list of emulated devices from there" },
	{ "XRT_INI_PATH", "XRT reads its settings from there" },
};

static void check_variables(void)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i].name);

		if (!value)
			continue;
		doctor_fact("note", "environment", "%s=%s: %s", variables[i].name, value, variables[i].effect);
		doctor_mend("this does not affect runs with --emulate; for a card, unset %s unless it is intended",
			    variables[i].name);
	}
}

static void check_habits(void)
{
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
		doctor_fact("note", "SIGCHLD",
			    "this process ignores it, which makes XRT programs end when they load an xclbin");
		doctor_mend("this does not affect Pelton's own runs; start other XRT programs with 'pelton emulate', or from a shell "
			    "that does not ignore it");
	}
	if (access("xrt.ini", R_OK) == 0) {
		doctor_fact("note", "xrt.ini",
			    "there is one in this folder: XRT programs started here read it");
		doctor_mend(
			"its settings may change emulation and reporting: move it away unless it is intended");
	}
}

void doctor_devices(void)
{
	try_emulation();
	check_variables();
	check_habits();
}
