/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of every kernel's parameters: the compiler refuses values beyond it, at the right place, and no others. */
#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <pelton/pelton.h>
#include "param-limits.h"
#include "registry.h"

static char xml[20000];
static size_t used;

static void add(const char *fmt, ...) PEL_PRINTF(1, 2);

static void add(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	used += (size_t)vsnprintf(xml + used, sizeof(xml) - used, fmt, ap);
	va_end(ap);
	ck_assert_uint_lt(used, sizeof(xml));
}

static bool is_list(const struct pel_param_desc *param)
{
	return strstr(param->type, "[]");
}

static bool is_number(const struct pel_param_desc *param)
{
	return !is_list(param) && strcmp(param->type, "string") != 0 && strcmp(param->type, "bool") != 0;
}

static void copy_word(const char *words, char *to, size_t size)
{
	const char *at = words, *word;
	size_t length;

	word = pel_next_word(&at, &length);
	snprintf(to, size, "%.*s", (int)length, word);
}

/* A value that the parameter can have. */
static const char *good_value(const struct pel_param_desc *param, char *buf, size_t size)
{
	if (param->value)
		return param->value;
	snprintf(buf, size, "%s", is_number(param) || is_list(param) ? "1" : "u8");
	if (param->one_of)
		copy_word(param->one_of, buf, size);
	if (param->ends) {
		buf[0] = 'x';
		copy_word(param->ends, buf + 1, size - 1);
	}
	return buf;
}

/*
 * A graph with one actor, all of whose parameters have good values but `param`, which has `value`, in line 2. Numbers are parameters of the
 * graph too, so that limits mean the same there.
 */
static void make_graph(const struct pel_kernel *kernel, const char *module,
		       const struct pel_param_desc *param, const char *value)
{
	bool any_ports = kernel->flags & PEL_KERNEL_ANY_PORTS;
	char buf[200];

	used = 0;
	add("<graph xmlns='urn:pelton:graph:1' name='g'><actor id='a' kernel='%s'>\n",
	    any_ports ? "k" : kernel->name);
	add("<set name='%s' value='%s'/>\n", param->name, value);
	for (const struct pel_param_desc *other = kernel->params; other->name; other++)
		if (other != param && is_number(other))
			add("<set name='%s' value='$%s'/>", other->name, other->name);
		else if (other != param && !other->value)
			add("<set name='%s' value='%s'/>", other->name, good_value(other, buf, sizeof(buf)));
	add("</actor><use library='%s'/>", module);
	if (any_ports)
		add("<kernel name='k'><in name='in' type='u8'/><cpu kernel='%s'/></kernel>", kernel->name);
	for (const struct pel_param_desc *other = kernel->params; other->name; other++)
		if (is_number(other))
			add("<param name='%s' type='%s' value='%s'/>", other->name, other->type,
			    good_value(other, buf, sizeof(buf)));
	add("</graph>");
}

/* Is a value of that parameter refused? Then at the place where it is written. */
static bool is_refused(const struct pel_kernel *kernel, const char *module,
		       const struct pel_param_desc *param, const char *value)
{
	struct pel_graph *graph = NULL;
	struct pel_plan *plan = NULL;
	struct pel_error err = { 0 };
	char said[300];
	bool refused = false;
	int r;

	make_graph(kernel, module, param, value);
	ck_assert_int_eq(pel_graph_parse(xml, used, "<test>", &graph, &err), 0);
	r = pel_compile(graph, NULL, &plan, &err);
	snprintf(said, sizeof(said), "parameter '%s' of actor 'a'", param->name);
	for (size_t i = 0; i < err.count; i++) {
		if (!strstr(err.items[i].text, said))
			continue;
		refused = true;
		ck_assert_uint_eq(err.items[i].line, 2);
		ck_assert_uint_eq(err.items[i].col, strlen("<set name='' ") + strlen(param->name) + 1);
	}
	ck_assert(!refused || r == -EINVAL);
	pel_plan_destroy(plan);
	pel_graph_destroy(graph);
	pel_error_fini(&err);
	return refused;
}

static unsigned n_limits;

static void expect(const struct pel_kernel *kernel, const char *module, const struct pel_param_desc *param,
		   const char *value, bool good)
{
	n_limits++;
	if (is_refused(kernel, module, param, value) == good)
		ck_abort_msg("%s: %s='%s' is %s", kernel->name, param->name, value,
			     good ? "refused" : "accepted");
}

static void try_numbers(const struct pel_kernel *kernel, const char *module, const struct pel_param_desc *param)
{
	char value[300];

	if (param->least) {
		expect(kernel, module, param, param->least, true);
		snprintf(value, sizeof(value), "(%s) - 1", param->least);
		expect(kernel, module, param, value, false);
	}
	if (param->most) {
		expect(kernel, module, param, param->most, true);
		snprintf(value, sizeof(value), "(%s) + 1", param->most);
		expect(kernel, module, param, value, false);
	}
}

static void try_count(const struct pel_kernel *kernel, const char *module, const struct pel_param_desc *param,
		      const char *limit, int beyond)
{
	char value[2000] = "";
	int count = atoi(limit);

	ck_assert_int_lt(count, 500);
	for (int i = 0; i < count + (beyond > 0 ? beyond : 0); i++) {
		if (i == count)
			expect(kernel, module, param, value, true);
		if (i == count - 1 && beyond < 0)
			expect(kernel, module, param, value, false);
		strcat(value, i ? ",1" : "1");
	}
	expect(kernel, module, param, value, beyond < 0);
}

static void try_words(const struct pel_kernel *kernel, const char *module, const struct pel_param_desc *param)
{
	const char *at = param->one_of, *word;
	char value[200];
	size_t length;

	while ((word = pel_next_word(&at, &length))) {
		snprintf(value, sizeof(value), "%.*s", (int)length, word);
		expect(kernel, module, param, value, true);
	}
	if (param->one_of)
		expect(kernel, module, param, is_number(param) ? "77" : "no-such-word", false);
	at = param->ends;
	while ((word = pel_next_word(&at, &length))) {
		snprintf(value, sizeof(value), "x%.*s", (int)length, word);
		expect(kernel, module, param, value, true);
		for (char *c = value; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		expect(kernel, module, param, value, true);
	}
	if (param->ends)
		expect(kernel, module, param, "x.no-such-end", false);
	if (param->flags)
		expect(kernel, module, param, "", false);
}

START_TEST(limits_of_all_kernels_are_checked_where_the_value_is_given)
{
	struct pel_registry *registry = NULL;
	const struct pel_kernel *kernel;
	struct pel_error err = { 0 };
	const char *module;

	ck_assert_int_eq(pel_registry_create(NULL, &registry, &err), 0);
	pel_registry_use_all(registry, NULL, &err);
	for (size_t i = 0; (kernel = pel_registry_at(registry, i, &module)); i++)
		for (const struct pel_param_desc *param = kernel->params; param && param->name; param++) {
			try_numbers(kernel, module, param);
			if (param->least_count)
				try_count(kernel, module, param, param->least_count, -1);
			if (param->most_count)
				try_count(kernel, module, param, param->most_count, 1);
			try_words(kernel, module, param);
			if (param->value)
				expect(kernel, module, param, param->value, true);
		}
	ck_assert_uint_gt(n_limits, 100);
	pel_registry_destroy(registry);
	pel_error_fini(&err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("param-limits");
	TCase *tcase = tcase_create("param-limits");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, limits_of_all_kernels_are_checked_where_the_value_is_given);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
