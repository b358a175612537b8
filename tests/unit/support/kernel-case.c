/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel-case.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "registry.h"

static const char *said(const struct pel_error *err)
{
	return err->count ? err->items[0].text : "(nothing said)";
}

static struct pel_registry *registry;

static void forget_registry(void)
{
	pel_registry_destroy(registry);
}

const struct pel_kernel *kernel_named(const char *name)
{
	struct pel_error err = { 0 };
	const struct pel_kernel *kernel;
	char module[64];

	if (!registry) {
		ck_assert_msg(pel_registry_create(NULL, &registry, &err) == 0, "%s", said(&err));
		atexit(forget_registry);
	}
	snprintf(module, sizeof(module), "%.*s", (int)strcspn(name, "."), name);
	ck_assert_msg(pel_registry_use(registry, module, (struct pel_place){ 0 }, &err) == 0, "%s", said(&err));
	kernel = pel_registry_find(registry, name, NULL);
	ck_assert_msg(kernel != NULL, "there is no kernel %s", name);
	pel_error_fini(&err);
	return kernel;
}

struct pel_harness_result *run_kernel(const struct pel_harness_case *test)
{
	struct pel_harness_result *result = NULL;
	struct pel_error err = { 0 };
	int r = pel_harness_run(test, &result, &err);

	ck_assert_msg(r == 0, "%d: %s", r, said(&err));
	pel_error_fini(&err);
	return result;
}

/* Kernels have no threads of their own, and guarded pages and threads are slow to make under sanitizers: fewer rounds find races too. */
#if defined(__SANITIZE_THREAD__)
#define ROUNDS_SHARE 10
#elif defined(__SANITIZE_ADDRESS__)
#define ROUNDS_SHARE 3
#else
#define ROUNDS_SHARE 1
#endif

void check_kernel(const struct pel_harness_case *test, unsigned rounds)
{
	unsigned share = rounds / ROUNDS_SHARE;
	struct pel_error err = { 0 };
	int r = pel_harness_check(test, share ? share : 1, 1, &err);

	ck_assert_msg(r == 0, "%d: %s", r, said(&err));
	pel_error_fini(&err);
}

void expect_error(const struct pel_harness_case *test, int code, const char *text, const char *hint)
{
	struct pel_harness_result *result = NULL;
	struct pel_error err = { 0 };
	int r = pel_harness_run(test, &result, &err);

	ck_assert_int_eq(r, code);
	ck_assert_ptr_null(result);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].text, text);
	if (hint) {
		ck_assert_ptr_nonnull(err.items[0].hint);
		ck_assert_str_eq(err.items[0].hint, hint);
	} else {
		ck_assert_ptr_null(err.items[0].hint);
	}
	pel_error_fini(&err);
}

void expect_out(const struct pel_harness_result *result, unsigned i, const char *type, const void *data,
		size_t tokens)
{
	const struct pel_harness_output *out = result->out[i];
	const unsigned char *got = out->data, *want = data;
	size_t bytes = pel_type_bytes(&out->type);
	char text[192];

	ck_assert_uint_lt(i, result->n_out);
	ck_assert_str_eq(pel_type_format(&out->type, text, sizeof(text)), type);
	ck_assert_uint_eq(out->tokens, tokens);
	for (size_t at = 0; at < tokens * bytes; at++)
		ck_assert_msg(got[at] == want[at], "output %u, token %zu, byte %zu: 0x%02x instead of 0x%02x",
			      i, at / bytes, at % bytes, got[at], want[at]);
}

void expect_kernel(const struct pel_harness_case *test, const char *type, const void *data, size_t tokens)
{
	struct pel_harness_result *result = run_kernel(test);

	expect_out(result, 0, type, data, tokens);
	pel_harness_result_destroy(result);
	check_kernel(test, 20);
}

uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

float random_float(uint64_t *state)
{
	return (float)(int32_t)(random_bits(state) >> 32) * 0x1p-31f;
}

void random_bytes(uint64_t *state, void *to, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((unsigned char *)to)[i] = (unsigned char)(random_bits(state) >> 40);
}

void random_floats(uint64_t *state, float *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = random_float(state);
}

/* ---- files ---- */

static char folder[64];
static pid_t folder_owner;

static void remove_folder(void)
{
	char path[400];
	struct dirent *entry;
	DIR *dir;

	if (getpid() != folder_owner || !(dir = opendir(folder)))
		return;
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		remove(path);
	}
	closedir(dir);
	remove(folder);
}

const char *scratch_folder(void)
{
	if (folder_owner != getpid()) { /* Check may run each test in a process of its own */
		snprintf(folder, sizeof(folder), "/tmp/pelton-test-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(folder));
		folder_owner = getpid();
		atexit(remove_folder);
	}
	return folder;
}

const char *scratch_path(const char *name)
{
	static char paths[8][200];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch_folder(), name);
	return path;
}

void write_scratch(const char *path, const void *data, size_t bytes)
{
	FILE *file = fopen(path, "wb");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
	ck_assert_int_eq(fclose(file), 0);
}

size_t read_scratch(const char *path, void *data, size_t max)
{
	FILE *file = fopen(path, "rb");
	size_t bytes;

	ck_assert_ptr_nonnull(file);
	bytes = fread(data, 1, max, file);
	fclose(file);
	return bytes;
}

int run_tests(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < n; i++)
		tcase_add_test(tcase, tests[i]);
	tcase_set_timeout(tcase, 100);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
