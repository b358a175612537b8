/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "registry.h"

/* The modules of tests/modules/wrong, one of them ("good") sound, in BUILD_DIR/tests/wrong. */

static char folder[4096];
static char text[5000];
static const struct pel_place place = { "graph.xml", 3, 7 };

/* The folder of the modules. */
static const char *wrong(void)
{
	snprintf(folder, sizeof(folder), "%s/tests/wrong", getenv("BUILD_DIR"));
	return folder;
}

static struct pel_registry *open_registry(const char *path)
{
	struct pel_registry *registry = NULL;
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_registry_create(path, &registry, &err), 0);
	ck_assert_uint_eq(err.count, 0);
	return registry;
}

static void expect_refused(const char *name, int code, const char *said, const char *hint)
{
	struct pel_registry *registry = open_registry(wrong());
	struct pel_error err = { 0 };
	size_t before = 0, after = 0;

	while (pel_registry_at(registry, before, NULL))
		before++;
	ck_assert_int_eq(pel_registry_use(registry, name, place, &err), code);
	while (pel_registry_at(registry, after, NULL))
		after++;
	ck_assert_uint_eq(after, before);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].file, "graph.xml");
	ck_assert_uint_eq(err.items[0].line, 3);
	ck_assert_uint_eq(err.items[0].col, 7);
	ck_assert_str_eq(err.items[0].text, said);
	if (hint)
		ck_assert_str_eq(err.items[0].hint, hint);
	else
		ck_assert_ptr_null(err.items[0].hint);
	pel_error_fini(&err);
	pel_registry_destroy(registry);
}

START_TEST(built_in_kernels_are_there_in_order_and_sound)
{
	struct pel_registry *registry = open_registry(NULL);
	const struct pel_kernel *kernel;
	const char *module, *before = "";
	size_t n;

	for (n = 0; (kernel = pel_registry_at(registry, n, &module)); n++) {
		ck_assert_int_lt(strcmp(before, kernel->name), 0);
		ck_assert_int_eq(strncmp(kernel->name, module, strlen(module)), 0);
		ck_assert_ptr_eq(pel_registry_find(registry, kernel->name, NULL), kernel);
		ck_assert_int_eq(pel_kernel_check(kernel, place, NULL), 0);
		before = kernel->name;
	}
	ck_assert_uint_ge(n, 37);
	ck_assert_ptr_null(pel_registry_find(registry, "core.kopy", NULL));
	pel_registry_destroy(registry);
}
END_TEST

/* This text is all that the author of a pipeline gets to see. */
START_TEST(every_kernel_documents_itself_and_all_its_ports_and_parameters)
{
	struct pel_registry *registry = open_registry(NULL);
	const struct pel_kernel *kernel;

	ck_assert_int_eq(pel_registry_use(registry, "image", place, NULL), 0);
	ck_assert_int_eq(pel_registry_use(registry, "audio", place, NULL), 0);
	for (size_t n = 0; (kernel = pel_registry_at(registry, n, NULL)); n++) {
		ck_assert_msg(kernel->doc && kernel->doc[0], "%s", kernel->name);
		for (size_t i = 0; kernel->in && kernel->in[i].name; i++)
			ck_assert_msg(kernel->in[i].doc && kernel->in[i].doc[0], "%s.%s", kernel->name,
				      kernel->in[i].name);
		for (size_t i = 0; kernel->out && kernel->out[i].name; i++)
			ck_assert_msg(kernel->out[i].doc && kernel->out[i].doc[0], "%s.%s", kernel->name,
				      kernel->out[i].name);
		for (size_t i = 0; kernel->params && kernel->params[i].name; i++)
			ck_assert_msg(kernel->params[i].doc && kernel->params[i].doc[0], "%s.%s",
				      kernel->name, kernel->params[i].name);
	}
	pel_registry_destroy(registry);
}
END_TEST

START_TEST(misspelt_kernel_finds_its_neighbour)
{
	struct pel_registry *registry = open_registry(NULL);
	struct pel_near near = { 0 };

	ck_assert_ptr_null(pel_registry_find(registry, "core.interlave", &near));
	ck_assert_str_eq(near.name, "core.interleave");
	pel_registry_destroy(registry);
}
END_TEST

START_TEST(module_is_found_in_the_search_path)
{
	struct pel_registry *registry;
	const char *module = NULL;

	snprintf(text, sizeof(text), "/no/such/folder::%s", wrong());
	registry = open_registry(text);
	ck_assert_ptr_null(pel_registry_find(registry, "good.a", NULL));
	ck_assert_int_eq(pel_registry_use(registry, "good", place, NULL), 0);
	ck_assert_int_eq(pel_registry_use(registry, "good", place, NULL), 0); /* again: no harm */
	ck_assert_ptr_nonnull(pel_registry_find(registry, "good.a", NULL));
	ck_assert_ptr_nonnull(pel_registry_find(registry, "good.b", NULL));
	for (size_t n = 0; pel_registry_at(registry, n, &module); n++)
		if (strcmp(pel_registry_at(registry, n, NULL)->name, "good.a") == 0)
			ck_assert_str_eq(module, "good");
	pel_registry_destroy(registry);
}
END_TEST

START_TEST(module_of_two_registries_is_the_same)
{
	struct pel_registry *one = open_registry(wrong()), *two = open_registry(wrong());
	const struct pel_kernel *kernel;

	ck_assert_int_eq(pel_registry_use(one, "good", place, NULL), 0);
	ck_assert_int_eq(pel_registry_use(two, "good", place, NULL), 0);
	kernel = pel_registry_find(one, "good.a", NULL);
	ck_assert_ptr_eq(pel_registry_find(two, "good.a", NULL), kernel);
	pel_registry_destroy(one);
	ck_assert_ptr_eq(pel_registry_find(two, "good.a", NULL), kernel);
	pel_registry_destroy(two);
	ck_assert_str_eq(kernel->name, "good.a"); /* plans point at it as long as the process lives */
}
END_TEST

START_TEST(installed_name_is_found_too)
{
	struct pel_registry *registry = open_registry(NULL); /* image is pelton-image.so, in PELTON_MODULE_PATH */

	ck_assert_int_eq(pel_registry_use(registry, "image", place, NULL), 0);
	ck_assert_ptr_nonnull(pel_registry_find(registry, "image.sobel", NULL));
	pel_registry_destroy(registry);
}
END_TEST

START_TEST(missing_module_is_said_with_a_hint)
{
	expect_refused("goood", -ENOENT, "there is no module 'goood'", "did you mean 'good'?");
	expect_refused("coer", -ENOENT, "there is no module 'coer'", "did you mean 'core'?");
	expect_refused(
		"xylophone", -ENOENT, "there is no module 'xylophone'",
		"name the folder that contains xylophone.so or pelton-xylophone.so in PELTON_MODULE_PATH");
}
END_TEST

START_TEST(module_is_not_used_by_path)
{
	expect_refused("./good", -EINVAL, "'./good' is not the name of a module",
		       "use a module by its name, and name its folder in PELTON_MODULE_PATH");
	expect_refused("", -EINVAL, "'' is not the name of a module",
		       "use a module by its name, and name its folder in PELTON_MODULE_PATH");
}
END_TEST

START_TEST(unsound_module_is_refused_whole)
{
	snprintf(text, sizeof(text),
		 "module 'otherabi': '%s/otherabi.so' was built for kernel ABI 5, this library has 4", wrong());
	expect_refused("otherabi", -EINVAL, text,
		       "compile it again with the <pelton/kernel.h> of this version, " PEL_VERSION);
	snprintf(text, sizeof(text),
		 "module 'oldkernel': kernel 'oldkernel.b' in '%s/oldkernel.so' was built for kernel ABI 3, this library has 4",
		 wrong());
	expect_refused("oldkernel", -EINVAL, text,
		       "compile it again with the <pelton/kernel.h> of this version, " PEL_VERSION);
	snprintf(text, sizeof(text),
		 "module 'symbolless': '%s/symbolless.so' is not a module of kernels: it has no pel_kernel_module",
		 folder);
	expect_refused("symbolless", -EINVAL, text,
		       "the module must contain PEL_KERNEL_MODULE(...) exactly once");
	snprintf(text, sizeof(text),
		 "module 'empty': '%s/empty.so' has a list of 0 kernels; it must have 1 to 65536", folder);
	expect_refused("empty", -EINVAL, text, NULL);
	expect_refused("hole", -EINVAL, "module 'hole': kernel number 0 of its list is NULL", NULL);
	expect_refused("stranger", -EINVAL,
		       "module 'stranger' has a kernel called 'core.copy2'; its name must start with 'stranger.'",
		       NULL);
	expect_refused("twins", -EINVAL, "module 'twins' has two kernels called 'twins.x'", NULL);
}
END_TEST

START_TEST(file_that_is_no_shared_object_is_refused)
{
	struct pel_registry *registry;
	struct pel_error err = { 0 };

	write_scratch(scratch_path("rubbish.so"), "rubbish", 7);
	registry = open_registry(scratch_folder());
	ck_assert_int_eq(pel_registry_use(registry, "rubbish", place, &err), -EINVAL);
	snprintf(text, sizeof(text), "module 'rubbish' cannot be loaded: %s: file too short",
		 scratch_path("rubbish.so"));
	ck_assert_str_eq(err.items[0].text, text);
	pel_error_fini(&err);
	pel_registry_destroy(registry);
}
END_TEST

START_TEST(all_modules_are_used_and_the_unsound_skipped)
{
	struct pel_registry *registry = open_registry(wrong());
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_registry_use_all(registry, NULL, &err), 0);
	ck_assert_uint_eq(err.count, 7);
	ck_assert_ptr_nonnull(pel_registry_find(registry, "good.a", NULL));
	ck_assert_ptr_nonnull(pel_registry_find(registry, "image.sobel", NULL));
	ck_assert_ptr_nonnull(pel_registry_find(registry, "audio.read", NULL));
	ck_assert_ptr_null(pel_registry_find(registry, "twins.x", NULL));
	pel_error_fini(&err);
	pel_registry_destroy(registry);
}
END_TEST

START_TEST(memory_may_run_out_anywhere)
{
	int r;

	wrong();
	for (uint64_t nth = 1;; nth++) {
		struct pel_registry *registry = NULL;
		struct pel_error err = { 0 };

		pel_alloc_fail_after(nth, nth % 2);
		r = pel_registry_create(folder, &registry, &err);
		if (r == 0)
			r = pel_registry_use(registry, "good", place, &err);
		if (r == 0)
			r = pel_registry_use(registry, "good2", place, &err);
		pel_alloc_fail_after(0, false);
		pel_registry_destroy(registry);
		pel_error_fini(&err);
		if (r == -ENOENT)
			break;
		ck_assert_int_eq(r, -ENOMEM);
	}
}
END_TEST

/* ---- descriptors ---- */

static int fire(void *state, const struct pel_io *io, size_t firings)
{
	(void)state, (void)io, (void)firings;
	return 0;
}

static int fire_chain(void *const *states, size_t n, const struct pel_io *io, size_t firings)
{
	(void)states, (void)n, (void)io, (void)firings;
	return 0;
}

static int drain(void *state, const struct pel_io *io)
{
	(void)state, (void)io;
	return PEL_END;
}

static int save(const void *state, void **data, size_t *bytes)
{
	(void)state, (void)data, (void)bytes;
	return 0;
}

static const struct pel_port_desc one[] = { { .name = "in", .type = "T" }, { 0 } };

static const struct pel_kernel sound = {
	.abi = PEL_KERNEL_ABI, .name = "a.b", .summary = "s", .in = one, .fire = fire
};

static void expect_bad(struct pel_kernel kernel, const char *said)
{
	struct pel_error err = { 0 };

	ck_assert_int_eq(pel_kernel_check(&kernel, place, &err), -EINVAL);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text, said);
	pel_error_fini(&err);
}

#define PORTS(...) ((const struct pel_port_desc[]){ __VA_ARGS__, { 0 } })
#define BAD(field, value, said)                 \
	do {                                    \
		struct pel_kernel bad_ = sound; \
                                                \
		bad_.field = value;             \
		expect_bad(bad_, said);         \
	} while (0)

/* Limits that a parameter of its type cannot have. */
static const struct {
	struct pel_param_desc param;
	const char *said;
} limits[] = {
	{ { .name = "x", .type = "string", .least = "1" },
	  "kernel 'a.b': parameter 'x' of type string cannot have a minimum" },
	{ { .name = "x", .type = "bool", .most = "1" },
	  "kernel 'a.b': parameter 'x' of type bool cannot have a maximum" },
	{ { .name = "x", .type = "cf32[]", .most = "1" },
	  "kernel 'a.b': parameter 'x' of type cf32[] cannot have a maximum" },
	{ { .name = "x", .type = "f32", .one_of = "1, 2" },
	  "kernel 'a.b': parameter 'x' of type f32 cannot have a list of allowed values" },
	{ { .name = "x", .type = "i64[]", .one_of = "1, 2" },
	  "kernel 'a.b': parameter 'x' of type i64[] cannot have a list of allowed values" },
	{ { .name = "x", .type = "i64", .most_count = "2" },
	  "kernel 'a.b': parameter 'x' of type i64 cannot have a limit on its number of elements" },
	{ { .name = "x", .type = "u8", .ends = ".png" },
	  "kernel 'a.b': parameter 'x' of type u8 cannot have endings" },
	{ { .name = "x", .type = "u8", .least = "" }, "kernel 'a.b': parameter 'x' has an empty limit" },
	{ { .name = "x", .type = "u8", .flags = PEL_PARAM_READS },
	  "kernel 'a.b': parameter 'x' of type u8 cannot name a file" },
	{ { .name = "x", .type = "string", .flags = 12 }, "kernel 'a.b': parameter 'x' has unknown flags 0xc" },
};

START_TEST(unsound_descriptors_are_named)
{
	static struct pel_port_desc many[100];

	ck_assert_int_eq(pel_kernel_check(&sound, place, NULL), 0);
	BAD(abi, 7, "kernel 'a.b' was built for kernel ABI 7, this library has 4");
	BAD(name, NULL, "a kernel's descriptor has no name");
	BAD(name, "ab", "kernel 'ab': the name does not have the form module.kernel");
	BAD(name, "a.", "kernel 'a.': the name does not have the form module.kernel");
	BAD(name, "a.b.c", "kernel 'a.b.c': the name does not have the form module.kernel");
	BAD(flags, 0x88, "kernel 'a.b': unknown flags 0x80");
	BAD(flags, PEL_KERNEL_ANY_PORTS,
	    "kernel 'a.b': has the flag PEL_KERNEL_ANY_PORTS, but its descriptor has ports");
	BAD(summary, NULL, "kernel 'a.b': has no summary");
	BAD(in, NULL, "kernel 'a.b': has no ports");
	BAD(fire, NULL, "kernel 'a.b': has no fire function");
	BAD(drain, drain,
	    "kernel 'a.b': has a drain function but no port of rate *, so the function would never be called");
	BAD(save, save,
	    "kernel 'a.b': has only one of the functions save and restore; it must have both or neither");
	BAD(fire_chain, fire_chain,
	    "kernel 'a.b': has a fire_chain function, but not both of the flags PEL_KERNEL_STATELESS and PEL_KERNEL_IN_PLACE");
	BAD(in, PORTS({ .name = "a b", .type = "T" }), "kernel 'a.b': 'a b' cannot be the name of an input");
	BAD(out, PORTS({ .name = "in", .type = "T" }), "kernel 'a.b': has two ports called 'in'");
	BAD(out, PORTS({ .name = "x", .type = "T" }, { .name = "x", .type = "T" }),
	    "kernel 'a.b': has two ports called 'x'");
	BAD(out, PORTS({ .name = "x" }), "kernel 'a.b': output 'x' has no type");
	BAD(out, PORTS({ .name = "x", .type = "T", .rate = "" }), "kernel 'a.b': output 'x' has an empty rate");
	BAD(out, PORTS({ .name = "x", .type = "T", .history = "1" }),
	    "kernel 'a.b': output 'x' has a history, which only inputs can have");
	BAD(in, PORTS({ .name = "x", .type = "T", .flags = 6 }),
	    "kernel 'a.b': input 'x' has unknown flags 0x6");
	BAD(params, ((const struct pel_param_desc[]){ { .name = "x", .type = "f16", .value = "0" }, { 0 } }),
	    "kernel 'a.b': parameter 'x' has type 'f16', which a parameter cannot have");
	BAD(params, ((const struct pel_param_desc[]){ { .name = "x", .value = "0" }, { 0 } }),
	    "kernel 'a.b': parameter 'x' has type '', which a parameter cannot have");
	BAD(params,
	    ((const struct pel_param_desc[]){ { .name = "x", .type = "i64", .value = "0" },
					      { .name = "x", .type = "i64", .value = "0" },
					      { 0 } }),
	    "kernel 'a.b': has two parameters called 'x'");
	BAD(params, ((const struct pel_param_desc[]){ { .name = "1", .type = "i64", .value = "0" }, { 0 } }),
	    "kernel 'a.b': '1' cannot be the name of a parameter");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		BAD(params, ((const struct pel_param_desc[]){ limits[i].param, { 0 } }), limits[i].said);
	for (size_t i = 0; i < 100; i++) { /* with no end in sight */
		static char names[100][8];

		snprintf(names[i], sizeof(names[i]), "p%zu", i);
		many[i] = (struct pel_port_desc){ .name = names[i], .type = "T" };
	}
	BAD(in, many, "kernel 'a.b': has more than 64 inputs, or no NULL name after the last");
}
END_TEST

RUN_TESTS("registry", built_in_kernels_are_there_in_order_and_sound,
	  every_kernel_documents_itself_and_all_its_ports_and_parameters, misspelt_kernel_finds_its_neighbour,
	  module_is_found_in_the_search_path, module_of_two_registries_is_the_same, installed_name_is_found_too,
	  missing_module_is_said_with_a_hint, module_is_not_used_by_path, unsound_module_is_refused_whole,
	  file_that_is_no_shared_object_is_refused, all_modules_are_used_and_the_unsound_skipped,
	  memory_may_run_out_anywhere, unsound_descriptors_are_named)
