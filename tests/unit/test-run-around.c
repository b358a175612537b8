/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pelton/pelton.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "plan-model.h"

/* Checks of files before a run, and reports on kernels that have not returned after it. */

static struct pel_error err;
static char folder[] = "/tmp/pelton-run-around-XXXXXX";

static char *path_of(const char *name, char buf[64])
{
	snprintf(buf, 64, "%s/%s", folder, name);
	return buf;
}

static void make_file(const char *name)
{
	char path[64];
	int fd = open(path_of(name, path), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "0123", 4), 4);
	close(fd);
}

static void make_folder(void)
{
	char path[64];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	make_file("read");
	make_file("other");
	ck_assert_int_eq(symlink("read", path_of("link", path)), 0);
}

static void remove_folder(void)
{
	static const char *const names[] = { "read", "other", "link" };
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(path_of(names[i], path));
	rmdir(folder);
}

static struct pel_plan *compile(const char *xml)
{
	struct pel_compile_options options = { .size = sizeof(options), .workers = 1 };
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;

	if (pel_graph_parse(xml, strlen(xml), "<test>", &graph, &err) < 0 ||
	    pel_compile(graph, &options, &plan, &err) < 0) {
		pel_error_write_text(&err, stderr);
		ck_abort_msg("the graph does not compile");
	}
	pel_graph_destroy(graph);
	return plan;
}

/* A plan that reads the file "read". */
static struct pel_plan *reader(void)
{
	char xml[512];

	snprintf(xml, sizeof(xml),
		 "<graph xmlns='urn:pelton:graph:1' name='g'><actor id='r' kernel='file.read'>"
		 "<set name='file' value='%s/read'/><set name='type' value='u8'/></actor>"
		 "<actor id='n' kernel='core.null'/><channel from='r' to='n'/></graph>",
		 folder);
	return compile(xml);
}

/* `expected` has a %s for the folder, perhaps twice; NULL: all is well. */
static void check_files(const struct pel_plan *plan, const struct pel_run_file *files, size_t n,
			const char *expected)
{
	char text[512];

	ck_assert_int_eq(pel_run_check_files(plan, NULL, files, n, &err), expected ? -EINVAL : 0);
	if (expected) {
		snprintf(text, sizeof(text), expected, folder, folder);
		ck_assert_uint_eq(err.count, 1);
		ck_assert_str_eq(err.items[0].text, text);
		ck_assert_str_eq(err.items[0].hint, "write to another file");
	}
	pel_error_fini(&err);
}

START_TEST(ports_of_a_run_are_listed_with_name_direction_and_type)
{
	static const char text[] =
		"<graph xmlns='urn:pelton:graph:1' name='g'>"
		"<out name='y'/><in name='b' type='u8[2]'/><out name='x'/><in name='a' type='f32'/>"
		"<actor id='copy' kernel='core.copy'/><actor id='same' kernel='core.copy'/>"
		"<channel from='a' to='copy'/><channel from='copy' to='x'/>"
		"<channel from='b' to='same'/><channel from='same' to='y'/></graph>";
	static const struct {
		const char *name, *type;
		bool input;
	} wanted[] = {
		{ "b", "u8[2]", true }, { "a", "f32", true }, { "y", "u8[2]", false }, { "x", "f32", false }
	};
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_run *run = NULL;
	struct pel_port *port;
	char type[192];
	size_t n = 0;

	ck_assert_int_eq(pel_graph_parse(text, strlen(text), "<test>", &graph, NULL), 0);
	ck_assert_int_eq(pel_compile(graph, NULL, &plan, NULL), 0);
	ck_assert_int_eq(pel_run_start(plan, NULL, &run, NULL), 0);
	for (; (port = pel_run_port_at(run, n)); n++) {
		ck_assert_uint_lt(n, 4);
		ck_assert_str_eq(pel_port_name(port), wanted[n].name);
		ck_assert_str_eq(pel_type_format(pel_port_type(port), type, sizeof(type)), wanted[n].type);
		ck_assert_int_eq(pel_port_is_input(port), wanted[n].input);
		ck_assert_ptr_eq(pel_run_port(run, wanted[n].name), port);
	}
	ck_assert_uint_eq(n, 4);
	ck_assert_ptr_null(pel_run_port_at(run, SIZE_MAX));
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
}
END_TEST

START_TEST(file_of_the_host_must_not_be_one_of_the_graph)
{
	struct pel_plan *plan = reader();
	char read_path[64], link_path[64], other_path[64], new_path[64];
	const struct pel_run_file
		over_read = { .name = "the report", .path = path_of("read", read_path), .written = true },
		over_link = { .name = "the report", .path = path_of("link", link_path), .written = true },
		other = { .name = "the report", .path = path_of("other", other_path), .written = true },
		new = { .name = "the report", .path = path_of("new", new_path), .written = true },
		reads = { .name = "the host", .path = read_path };

	check_files(plan, &over_read, 1,
		    "the report would overwrite '%s/read', which actor 'r' (file.read) reads");
	check_files(plan, &over_link, 1,
		    "the report would overwrite '%s/link', which actor 'r' (file.read) reads (as '%s/read')");
	check_files(plan, &other, 1, NULL);
	check_files(plan, &new, 1, NULL);
	check_files(plan, &reads, 1, NULL); /* two readers are no harm */
	check_files(plan, NULL, 0, NULL);
	ck_assert_int_ne(access(new_path, F_OK), 0); /* nothing was made */
	pel_plan_destroy(plan);
}
END_TEST

START_TEST(files_of_the_host_alone_are_compared_too)
{
	char path[64], link_path[64];
	int fd = open(path_of("read", path), O_RDONLY | O_CLOEXEC);
	struct pel_run_file files[] = {
		{ .name = "input", .fd = fd },
		{ .name = "output", .path = path_of("link", link_path), .written = true }
	};

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pel_run_check_files(NULL, NULL, files, 2, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.items[0].text, "output would overwrite"));
	pel_error_fini(&err);
	files[1].path = "/dev/null";
	ck_assert_int_eq(pel_run_check_files(NULL, NULL, files, 2, &err), 0);
	close(fd);
}
END_TEST

/* ---- kernels that have not returned ---- */

static int started[2], go_on[2];

static int wait_fire(void *state, const struct pel_io *io, size_t firings)
{
	char byte = 0;

	(void)state;
	(void)io;
	(void)firings;
	return write(started[1], &byte, 1) != 1 || read(go_on[0], &byte, 1) != 1 ? -EIO : PEL_END;
}

START_TEST(run_that_is_over_settles_when_its_kernels_have_returned)
{
	static const struct pel_kernel kernel = { .name = "test.wait", .fire = wait_fire };
	struct pel_plan *plan =
		compile("<graph xmlns='urn:pelton:graph:1' name='g'><actor id='x' kernel='core.counter'>"
			"<set name='tokens' value='5'/></actor><actor id='n' kernel='core.null'/>"
			"<channel from='x' to='n'/></graph>");
	struct pel_run_call call = { .actor = NULL };
	struct pel_run *run = NULL;
	char byte;

	ck_assert(pipe(started) == 0 && pipe(go_on) == 0);
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (strcmp(plan->actors[i].id, "x") == 0)
			plan->actors[i].kernel = &kernel;
	ck_assert_int_eq(pel_run_start(plan, NULL, &run, &err), 0);
	ck_assert_int_eq(read(started[0], &byte, 1), 1);
	ck_assert_int_eq(pel_run_settle(run, 0), -EBUSY);
	pel_run_stop(run);
	ck_assert_int_eq(pel_run_wait(run, -1, &err), -ECANCELED);
	ck_assert_int_eq(pel_run_outcome(run, NULL), PEL_RUN_STOPPED);
	ck_assert_int_eq(pel_run_settle(run, 10), -ETIMEDOUT);
	ck_assert_uint_eq(pel_run_calls(run, &call, 1), 1);
	ck_assert_str_eq(call.actor, "x");
	ck_assert_str_eq(call.kernel, "test.wait");
	ck_assert_int_eq(write(go_on[1], "", 1), 1);
	ck_assert_int_eq(pel_run_settle(run, -1), 0);
	ck_assert_uint_eq(pel_run_calls(run, NULL, 0), 0);
	ck_assert_int_eq(pel_run_settle(run, 0), 0);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	pel_error_fini(&err);
	for (int i = 0; i < 2; i++) {
		close(started[i]);
		close(go_on[i]);
	}
}
END_TEST

static int tell_and_wait_fire(void *state, const struct pel_io *io, size_t firings)
{
	pid_t thread = gettid();
	char byte = 0;

	(void)state;
	(void)io;
	(void)firings;
	return write(started[1], &thread, sizeof(thread)) != sizeof(thread) || read(go_on[0], &byte, 1) != 1
		       ? -EIO
		       : PEL_END;
}

/* Wait until the thread sleeps, in the only system call in which it can. */
static void wait_asleep(pid_t thread)
{
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", (long)thread);
	while (state != 'S') {
		FILE *stat = fopen(path, "re");

		ck_assert(stat && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1);
		fclose(stat);
		sched_yield();
	}
}

START_TEST(blocking_kernel_is_interrupted_as_soon_as_a_signal_can_be_sent)
{
	static const struct pel_kernel kernel = { .name = "test.wait",
						  .flags = PEL_KERNEL_BLOCKING,
						  .fire = tell_and_wait_fire };
	struct pel_plan *plan =
		compile("<graph xmlns='urn:pelton:graph:1' name='g'><actor id='x' kernel='file.stdin'>"
			"<set name='type' value='u8'/></actor><actor id='n' kernel='core.null'/>"
			"<channel from='x' to='n'/></graph>");
	struct rlimit before, none;
	struct pel_run *run = NULL;
	pid_t thread;

	ck_assert(pipe(started) == 0 && pipe(go_on) == 0 && getrlimit(RLIMIT_SIGPENDING, &before) == 0);
	none = (struct rlimit){ 0, before.rlim_max };
	for (uint32_t i = 0; i < plan->n_actors; i++)
		if (strcmp(plan->actors[i].id, "x") == 0)
			plan->actors[i].kernel = &kernel;
	ck_assert_int_eq(pel_run_start(plan, NULL, &run, &err), 0);
	ck_assert_int_eq(read(started[0], &thread, sizeof(thread)), sizeof(thread));
	wait_asleep(thread);
	ck_assert_int_eq(setrlimit(RLIMIT_SIGPENDING, &none), 0);
	pel_run_stop(run);
	ck_assert_int_eq(pel_run_settle(run, 30), -EAGAIN);
	ck_assert_int_eq(setrlimit(RLIMIT_SIGPENDING, &before), 0);
	ck_assert_int_eq(pel_run_settle(run, -1), 0);
	ck_assert_int_eq(pel_run_outcome(run, NULL), PEL_RUN_STOPPED);
	pel_run_destroy(run);
	pel_plan_destroy(plan);
	for (int i = 0; i < 2; i++)
		ck_assert(close(started[i]) == 0 && close(go_on[i]) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run-around");
	TCase *tcase = tcase_create("run-around");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_add_unchecked_fixture(tcase, make_folder, remove_folder);
	tcase_add_test(tcase, ports_of_a_run_are_listed_with_name_direction_and_type);
	tcase_add_test(tcase, file_of_the_host_must_not_be_one_of_the_graph);
	tcase_add_test(tcase, files_of_the_host_alone_are_compared_too);
	tcase_add_test(tcase, run_that_is_over_settles_when_its_kernels_have_returned);
	tcase_add_test(tcase, blocking_kernel_is_interrupted_as_soon_as_a_signal_can_be_sent);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
