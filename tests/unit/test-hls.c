/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <dlfcn.h>
#include <dirent.h>
#include <pelton/harness.h>
#include <pelton/pelton.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "libexec.h"
#include "plan-model.h"
#include "read-file.h"
#include "xclbin-file.h"

/*
 * The FPGA kernels of hls/ against the CPU implementations, bit by bit: packed as for emulation, called like by the device model, with the
 * arguments of the kernels' fpga(), on windows that end at an inaccessible page, in batches of random sizes.
 */
#define ROUNDS	     40
#define PAGE	     ((size_t)4096)
#define REGISTERS    4096
#define POINTERS_MAX 16

static struct pel_xclbin *xclbin;
static void *library;
static unsigned seed = 20260101;

static unsigned random_below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* ---- the kernels ---- */

static void pack(const char *path)
{
	const char *sources[32];
	char names[32][600], folder[300];
	size_t n = 0;
	struct pel_error err = { 0 };
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/hls", getenv("SOURCE_DIR"));
	dir = opendir(folder);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) && n < 32) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".c") != 0)
			continue;
		snprintf(names[n], sizeof(names[n]), "%s/%s", folder, entry->d_name);
		sources[n] = names[n];
		n++;
	}
	closedir(dir);
	if (pel_xclbin_pack(path,
			    &(struct pel_xclbin_pack_options){ .size = sizeof(struct pel_xclbin_pack_options),
							       .sources = sources,
							       .n_sources = n },
			    &err) < 0 ||
	    pel_xclbin_load(path, (struct pel_place){ 0 }, &xclbin, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("hls/ cannot be packed");
	}
}

static void load(const char *path, const char *so)
{
	char *bytes;
	size_t size;
	FILE *out = fopen(so, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(pel_read_file(path, (size_t)1 << 30, false, &bytes, &size, NULL), 0);
	for (uint32_t i = 0; i < xclbin->n_sections; i++)
		if (xclbin->sections[i].kind == 0)
			fwrite(bytes + xclbin->sections[i].offset, 1, xclbin->sections[i].bytes, out);
	fclose(out);
	pel_free(bytes);
	library = dlopen(so, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(library != NULL, "%s", dlerror());
}

static void set_up(void)
{
	char folder[] = "/tmp/test-hls-XXXXXX", path[64], so[64];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/hls.xclbin", folder);
	snprintf(so, sizeof(so), "%s/hls.so", folder);
	pack(path);
	load(path, so);
	unlink(path);
	unlink(so);
	rmdir(folder);
}

static void tear_down(void)
{
	dlclose(library);
	pel_xclbin_destroy(xclbin);
}

/* ---- windows ---- */

/* Memory of `bytes` that ends at an inaccessible page. */
struct guarded {
	unsigned char *pages, *data;
	size_t size;
};

static struct guarded guarded_make(const void *from, size_t bytes)
{
	struct guarded g = { .size = (bytes + PAGE - 1) / PAGE * PAGE + 2 * PAGE };

	g.pages = mmap(NULL, g.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(g.pages != MAP_FAILED);
	mprotect(g.pages, PAGE, PROT_NONE);
	mprotect(g.pages + g.size - PAGE, PAGE, PROT_NONE);
	g.data = g.pages + g.size - PAGE - bytes;
	if (from)
		memcpy(g.data, from, bytes);
	else
		memset(g.data, 0xa5, bytes);
	return g;
}

/* ---- one comparison ---- */

struct subject {
	struct pel_graph *graph;
	struct pel_plan *plan;
	const struct pel_plan_actor *actor;
	uint64_t firings;
	unsigned char *in[2]; /* with the history, which is zeros */
	unsigned char *out;
	unsigned char *state;
};

static size_t token_bytes(const struct pel_plan_port *port)
{
	return port->token_bytes;
}

static void compile(struct subject *s, const char *kernel, const char *sets, const char *type, unsigned n_in)
{
	struct pel_error err = { 0 };
	char text[32768];
	int n = snprintf(text, sizeof(text),
			 "<graph xmlns='urn:pelton:graph:1' name='hls'><use library='image'/>");

	for (unsigned i = 0; i < n_in; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "<in name='i%u' type='%s'/>", i, type);
	n += snprintf(text + n, sizeof(text) - (size_t)n,
		      "<out name='o'/><actor id='k' kernel='%s' on='fpga'>%s</actor>", kernel, sets);
	for (unsigned i = 0; i < n_in; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "<channel from='i%u' to='k%s'/>", i,
			      n_in == 1 ? ""
			      : i	? ".b"
					: ".a");
	n += snprintf(text + n, sizeof(text) - (size_t)n, "<channel from='k' to='o'/></graph>");
	ck_assert((size_t)n < sizeof(text));
	if (pel_graph_parse(text, (size_t)n, "<hls>", &s->graph, &err) < 0 ||
	    pel_compile(s->graph, NULL, &s->plan, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("%s", text);
	}
	for (uint32_t i = 0; i < s->plan->n_actors; i++)
		if (s->plan->actors[i].fpga)
			s->actor = &s->plan->actors[i];
	ck_assert_ptr_nonnull(s->actor);
}

/* Ordinary numbers and rare ones. */
static void fill(unsigned char *data, size_t bytes, const struct pel_type *type)
{
	bool f32 = type->elem == PEL_ELEM_F32 || type->elem == PEL_ELEM_CF32;
	static const float seldom[] = { 0.0f,	  -0.0f,  1e-42f,  -1e-40f,  3.4e38f,
					-3.4e38f, 255.5f, -128.5f, 65535.5f, 4294967296.0f };

	for (size_t i = 0; i < bytes; i++)
		data[i] = (unsigned char)random_below(256);
	for (size_t i = 0; f32 && i + 4 <= bytes; i += 4) {
		float value = (float)((int)random_below(2000001) - 1000000) / 1000.0f;

		if (random_below(8) == 0)
			value = seldom[random_below(sizeof(seldom) / sizeof(seldom[0]))];
		memcpy(data + i, &value, sizeof(value));
	}
	for (size_t i = 0; type->elem == PEL_ELEM_F64 && i + 8 <= bytes; i += 8) {
		double value = (double)((int)random_below(2000001) - 1000000) / 256.0;

		memcpy(data + i, &value, sizeof(value));
	}
}

static void make_inputs(struct subject *s)
{
	for (uint32_t i = 0; i < s->actor->n_in; i++) {
		const struct pel_plan_port *port = &s->actor->in[i];
		size_t history = port->history * token_bytes(port),
		       bytes = s->firings * port->rates[0] * token_bytes(port);

		s->in[i] = calloc(1, history + bytes);
		fill(s->in[i] + history, bytes, port->type);
	}
	s->out = malloc(s->firings * s->actor->out[0].rates[0] * token_bytes(&s->actor->out[0]));
}

static void set_scalar(const struct subject *s, const struct pel_fpga_arg *arg, uint64_t batch,
		       const struct pel_xclbin_arg *to, unsigned char *regs)
{
	struct pel_value value;
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_plan_scalar(s->actor, arg, batch, &value, &err), 0);
	if (to->is_float) {
		float single = (float)value.f64;

		ck_assert_uint_eq(to->size, sizeof(single));
		memcpy(regs + to->offset, &single, sizeof(single));
	} else {
		memcpy(regs + to->offset, &value.i64, to->size);
	}
}

/* One call for `batch` firings from `first` on, as the device model makes it. */
static void call(struct subject *s, uint64_t first, uint64_t batch)
{
	const struct pel_fpga *fpga = s->actor->fpga;
	const struct pel_xclbin_kernel *target = pel_xclbin_find(xclbin, fpga->kernel);
	const struct pel_plan_port *out = &s->actor->out[0];
	size_t out_bytes = batch * out->rates[0] * token_bytes(out);
	struct guarded windows[POINTERS_MAX] = { 0 };
	unsigned char regs[REGISTERS] = { 0 }, *pointers[POINTERS_MAX] = { 0 };
	void (*thunk)(const unsigned char *regs, unsigned char *const *pointers);
	char name[128];

	ck_assert_msg(target != NULL, "there is no kernel %s in hls/", fpga->kernel);
	ck_assert_uint_eq(target->n_args, fpga->n_args);
	for (uint32_t i = 0; i < target->n_args; i++) {
		const struct pel_fpga_arg *arg = &fpga->args[i];
		const struct pel_plan_port *in = &s->actor->in[arg->kind == PEL_FPGA_IN ? arg->port : 0];
		size_t step = in->rates[0] * token_bytes(in);

		ck_assert_str_eq(arg->name, target->args[i].name);
		ck_assert_int_eq(arg->kind == PEL_FPGA_SCALAR, target->args[i].kind == PEL_XCLBIN_SCALAR);
		if (arg->kind == PEL_FPGA_SCALAR) {
			set_scalar(s, arg, batch, &target->args[i], regs);
			continue;
		}
		if (arg->kind == PEL_FPGA_IN)
			windows[i] = guarded_make(s->in[arg->port] + first * step,
						  in->history * token_bytes(in) + batch * step);
		else if (arg->kind == PEL_FPGA_OUT)
			windows[i] = guarded_make(NULL, out_bytes);
		else
			windows[i] =
				guarded_make(arg->kind == PEL_FPGA_DATA ? arg->data : s->state, arg->bytes);
		pointers[i] = windows[i].data;
	}
	snprintf(name, sizeof(name), "pel_emu_call_%s", fpga->kernel);
	*(void **)&thunk = dlsym(library, name);
	ck_assert_ptr_nonnull(thunk);
	thunk(regs, pointers);
	for (uint32_t i = 0; i < target->n_args; i++) {
		if (fpga->args[i].kind == PEL_FPGA_OUT)
			memcpy(s->out + first * out->rates[0] * token_bytes(out), pointers[i], out_bytes);
		if (fpga->args[i].kind == PEL_FPGA_STATE)
			memcpy(s->state, pointers[i], fpga->args[i].bytes);
		if (windows[i].pages)
			munmap(windows[i].pages, windows[i].size);
	}
}

static void compare(struct subject *s, const struct pel_harness_param *params)
{
	const struct pel_plan_port *out = &s->actor->out[0];
	struct pel_harness_input in[3] = { 0 };
	struct pel_harness_case test = {
		.size = sizeof(test), .kernel = s->actor->kernel, .params = params, .in = in
	};
	struct pel_harness_result *result = NULL;
	struct pel_error err = { 0 };
	char types[2][192];
	size_t bytes = s->firings * out->rates[0] * token_bytes(out);

	for (uint32_t i = 0; i < s->actor->n_in; i++) {
		const struct pel_plan_port *port = &s->actor->in[i];

		in[i] = (struct pel_harness_input){ pel_type_format(port->type, types[i], sizeof(types[i])),
						    s->in[i] + port->history * token_bytes(port),
						    s->firings * port->rates[0] };
	}
	if (pel_harness_run(&test, &result, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the CPU implementation of %s fails", s->actor->kernel->name);
	}
	ck_assert_uint_eq(result->out[0]->tokens, s->firings * out->rates[0]);
	for (size_t i = 0; i < bytes; i++)
		if (((unsigned char *)result->out[0]->data)[i] != s->out[i])
			ck_abort_msg("%s (%s): byte %zu of %zu differs in %llu firings on %s",
				     s->actor->kernel->name, s->actor->fpga->kernel, i, bytes,
				     (unsigned long long)s->firings, types[0]);
	pel_harness_result_destroy(result);
}

static void release(struct subject *s)
{
	free(s->in[0]);
	free(s->in[1]);
	free(s->out);
	free(s->state);
	pel_plan_destroy(s->plan);
	pel_graph_destroy(s->graph);
}

/* Everything about one kernel with these parameters on tokens of this type. */
static void try(const char *kernel, const struct pel_harness_param *params, const char *type, unsigned n_in,
		unsigned most)
{
	struct subject s = { .firings = 1 + random_below(most) };
	char sets[24576] = "";
	size_t n = 0;

	for (size_t i = 0; params && params[i].name; i++)
		n += (size_t)snprintf(sets + n, sizeof(sets) - n, "<set name='%s' value='%s'/>",
				      params[i].name, params[i].text);
	ck_assert(n < sizeof(sets));
	compile(&s, kernel, sets, type, n_in);
	make_inputs(&s);
	s.state = calloc(1, sizeof(float)); /* of core.smooth, which starts with 0 */
	for (uint64_t first = 0; first < s.firings;) {
		uint64_t batch = 1 + random_below((unsigned)(s.firings - first));

		call(&s, first, batch);
		first += batch;
	}
	compare(&s, params);
	release(&s);
}

/* ---- tests ---- */

static const char *const elements[] = { "u8", "i8", "u16", "i16", "u32", "i32", "f32", "f64" };
#define N_ELEMENTS (sizeof(elements) / sizeof(elements[0]))

START_TEST(scale_is_the_same)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		char gain[32], offset[32];

		snprintf(gain, sizeof(gain), "%.9g", (double)random_below(20000) / 777 - 10);
		snprintf(offset, sizeof(offset), "%.9g", (double)random_below(20000) / 333 - 30);
		try("core.scale",
		    (struct pel_harness_param[]){
			    { .name = "gain", .text = gain }, { .name = "offset", .text = offset }, { 0 } },
		    "f32", 1, 3000);
	}
}
END_TEST

START_TEST(add_is_the_same_for_all_types)
{
	static const char *const types[] = { "u8",  "i16",  "u32",  "i64",     "f32",
					     "f64", "cf32", "cf64", "i8[3,5]", "cf32[7]" };

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (unsigned k = 0; k < 4; k++)
			try("core.add", NULL, types[i], 2, 2000);
}
END_TEST

START_TEST(convert_is_the_same_for_all_pairs)
{
	for (unsigned from = 0; from < N_ELEMENTS; from++)
		for (unsigned to = 0; to < N_ELEMENTS; to++)
			if (from != to)
				try("core.convert",
				    (struct pel_harness_param[]){ { .name = "to", .text = elements[to] },
								  { 0 } },
				    elements[from], 1, 700);
}
END_TEST

START_TEST(fir_is_the_same)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned n_taps = i == 0 ? 1 : i == 1 ? 1024 : 1 + random_below(70);
		char taps[20000] = "", decimate[16];
		size_t n = 0;

		for (unsigned k = 0; k < n_taps; k++)
			n += (size_t)snprintf(taps + n, sizeof(taps) - n, "%s%.6g", k ? "," : "",
					      (double)random_below(2001) / 1000 - 1);
		snprintf(decimate, sizeof(decimate), "%u", 1 + random_below(7));
		try("core.fir",
		    (struct pel_harness_param[]){
			    { .name = "taps", .text = taps }, { .name = "decimate", .text = decimate }, { 0 } },
		    i % 2 ? "cf32" : "f32", 1, 400);
	}
}
END_TEST

START_TEST(smooth_is_the_same_across_calls)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		char alpha[32];

		snprintf(alpha, sizeof(alpha), "%.9g", (double)random_below(1001) / 1000);
		try("core.smooth", (struct pel_harness_param[]){ { .name = "alpha", .text = alpha }, { 0 } },
		    "f32", 1, 3000);
	}
}
END_TEST

static void try_images(const char *kernel, const struct pel_harness_param *params, const char *depth)
{
	static const unsigned edges[][2] = { { 1, 1 }, { 1, 9 }, { 9, 1 },   { 2, 2 },
					     { 3, 3 }, { 5, 4 }, { 3, 8192 } };

	for (unsigned i = 0; i < ROUNDS; i++) {
		bool edge = i < sizeof(edges) / sizeof(edges[0]);
		char type[64];

		snprintf(type, sizeof(type), "u8[%u,%u%s]", edge ? edges[i][0] : 1 + random_below(40),
			 edge ? edges[i][1] : 1 + random_below(60), depth);
		try(kernel, params, type, 1, 5);
	}
}

START_TEST(grey_blur_and_sobel_are_the_same)
{
	try_images("image.grey", NULL, ",3");
	try_images("image.blur", (struct pel_harness_param[]){ { .name = "radius", .text = "1" }, { 0 } }, "");
	try_images("image.blur", (struct pel_harness_param[]){ { .name = "radius", .text = "2" }, { 0 } }, "");
	try_images("image.sobel", NULL, "");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hls");
	TCase *c = tcase_create("forms");

	tcase_add_unchecked_fixture(c, set_up, tear_down);
	tcase_set_timeout(c, 100);
	tcase_add_test(c, scale_is_the_same);
	tcase_add_test(c, add_is_the_same_for_all_types);
	tcase_add_test(c, convert_is_the_same_for_all_pairs);
	tcase_add_test(c, fir_is_the_same);
	tcase_add_test(c, smooth_is_the_same_across_calls);
	tcase_add_test(c, grey_blur_and_sobel_are_the_same);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	struct pel_arena arena = { 0 };
	SRunner *runner;
	int failed;

	if (!pel_libexec(&arena, "pelton-dwarf.so", NULL)) {
		printf("skipped: pelton-dwarf.so was not built, as elfutils (libdw-dev) is not installed\n");
		pel_arena_fini(&arena);
		return 77;
	}
	pel_arena_fini(&arena);
	runner = srunner_create(suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
