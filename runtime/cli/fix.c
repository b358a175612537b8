/* SPDX-License-Identifier: Apache-2.0 */
#include "fix.h"

#include <ctype.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include "cli-graph.h"
#include "messages.h"
#include "save.h"
#include "used-files.h"

/*
 * pelton check --fix: writes a copy of the graph with the smallest changes of capacities and initial tokens
 * that free it from deadlock. The rest of the text is not changed. One deadlock may hide another, so the
 * graph is compiled again until there is none.
 */
#define ROUNDS_MAX 1000

struct text {
	char *bytes;
	size_t size;
};

/* The offset of a place; `size` if there is no such place. */
static size_t offset_of(const struct text *text, unsigned line, unsigned col)
{
	size_t at = 0;

	while (line > 1 && at < text->size)
		line -= text->bytes[at++] == '\n';
	return at + col - 1 < text->size ? at + col - 1 : text->size;
}

/* ---- a start tag ---- */

static size_t skip_space(const struct text *text, size_t at)
{
	while (at < text->size && isspace((unsigned char)text->bytes[at]))
		at++;
	return at;
}

static size_t skip_name(const struct text *text, size_t at)
{
	while (at < text->size && !isspace((unsigned char)text->bytes[at]) && !strchr("=/>", text->bytes[at]))
		at++;
	return at;
}

/*
 * Find where a value goes in the start tag at `at`: it replaces begin..end, or, if `missing`, is inserted
 * there with its name. False: there is no tag.
 */
static bool find_value(const struct text *text, size_t at, const char *attribute, size_t *begin, size_t *end,
		       bool *missing)
{
	size_t name;

	if (at >= text->size || text->bytes[at] != '<')
		return false;
	at = skip_name(text, at + 1);
	for (;;) {
		*begin = *end = at;
		*missing = true;
		name = skip_space(text, at);
		at = skip_name(text, name);
		if (at == name)
			return at < text->size; /* the end of the tag */
		*missing = at - name != strlen(attribute) ||
			   memcmp(text->bytes + name, attribute, at - name) != 0;
		at = skip_space(text, at);
		if (at >= text->size || text->bytes[at] != '=')
			return false;
		*begin = skip_space(text, at + 1) + 1;
		if (*begin >= text->size)
			return false;
		for (at = *begin; at < text->size && text->bytes[at] != text->bytes[*begin - 1]; at++)
			;
		*end = at++;
		if (!*missing)
			return true;
	}
}

static bool apply(struct text *text, const struct pel_fix *fix)
{
	size_t begin, end, length;
	char *value, *bytes;
	bool missing;

	if (!find_value(text, offset_of(text, fix->line, fix->col), fix->attribute, &begin, &end, &missing))
		return false;
	value = missing ? cli_format(" %s=\"%llu\"", fix->attribute, (unsigned long long)fix->value)
			: cli_format("%llu", (unsigned long long)fix->value);
	length = strlen(value);
	bytes = cli_alloc(text->size + length + 1, 1);
	memcpy(bytes, text->bytes, begin);
	memcpy(bytes + begin, value, length);
	memcpy(bytes + begin + length, text->bytes + end, text->size - end);
	text->size += length - (end - begin);
	free(text->bytes);
	free(value);
	text->bytes = bytes;
	return true;
}

/* ---- rounds ---- */

static int compile(const struct text *text, const char *name, const struct pel_compile_options *options,
		   struct pel_plan **plan, struct pel_error *err)
{
	struct pel_graph *graph = NULL;
	int r = pel_graph_parse(text->bytes, text->size, name, &graph, err);

	if (r == 0)
		r = pel_compile(graph, options, plan, err);
	pel_graph_destroy(graph);
	return r;
}

/* From the last place to the first, so that earlier offsets stay valid. */
static int by_place(const void *a, const void *b)
{
	const struct pel_fix *x = *(struct pel_fix *const *)a, *y = *(struct pel_fix *const *)b;

	if (x->line != y->line)
		return x->line > y->line ? -1 : 1;
	return x->col > y->col ? -1 : x->col < y->col;
}

/* Apply the fixes for this file. Returns the number of changes. */
static size_t apply_all(struct text *text, const char *name, const struct pel_fixes *fixes)
{
	size_t done = 0;

	if (!fixes)
		return 0;
	if (fixes->count)
		qsort(fixes->items, fixes->count, sizeof(struct pel_fix *), by_place);
	for (size_t i = 0; i < fixes->count; i++) {
		const struct pel_fix *fix = fixes->items[i];

		if (strcmp(fix->file, name) != 0) {
			cli_hint("%s:%u:%u needs %s=\"%llu\", but only %s is copied", fix->file, fix->line,
				 fix->col, fix->attribute, (unsigned long long)fix->value, name);
			continue;
		}
		if (!apply(text, fix))
			continue;
		printf("%s:%u:%u: %s=\"%llu\"\n", name, fix->line, fix->col, fix->attribute,
		       (unsigned long long)fix->value);
		done++;
	}
	return done;
}

/* The result must compile in its own folder: relative paths may lead to other files there. */
static int check_there(const char *path, const char *output, const struct text *text,
		       const struct pel_compile_options *options)
{
	struct pel_error err = { 0 };
	struct pel_plan *plan = NULL;
	int status = CLI_OK;

	if (compile(text, output, options, &plan, &err) < 0) {
		status = cli_error(CLI_FAILED, "the repaired graph does not compile as '%s': %s", output,
				   err.count ? err.items[0].text : "out of memory");
		cli_hint("write it beside '%s': relative paths start at the folder of the graph", path);
	}
	pel_plan_destroy(plan);
	pel_error_fini(&err);
	return status;
}

static int save(const char *path, const struct text *text)
{
	struct cli_save *file;
	FILE *stream;
	int r = cli_save_open(path, &file, &stream);

	if (r == 0) {
		fwrite(text->bytes, 1, text->size, stream);
		r = cli_save_close(file, 0);
	}
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

int cli_fix(const char *path, const char *output, struct pel_compile_options options)
{
	struct text text = { 0 };
	struct pel_error err = { 0 };
	struct pel_fixes *fixes = NULL;
	struct pel_plan *plan = NULL;
	int status, r = 0;
	size_t done;

	text.bytes = cli_read(path, &text.size);
	status = text.bytes ? CLI_OK : CLI_FAILED;
	options.fixes = &fixes;
	for (unsigned round = 0; status == CLI_OK && round < ROUNDS_MAX; round++) {
		pel_error_fini(&err);
		pel_fixes_destroy(fixes);
		fixes = NULL;
		r = compile(&text, path, &options, &plan, &err);
		if (r == 0)
			break;
		done = apply_all(&text, path, fixes);
		if (!done)
			break;
	}
	if (status == CLI_OK && r < 0)
		status = cli_fail(&err, r);
	if (status == CLI_OK)
		status = cli_check_output("--fix", output, plan, options.profile_file);
	options.fixes = NULL;
	if (status == CLI_OK)
		status = check_there(path, output, &text, &options);
	if (status == CLI_OK && (status = save(output, &text)) == CLI_OK)
		printf("%s: ok\n", output);
	pel_error_fini(&err);
	pel_fixes_destroy(fixes);
	pel_plan_destroy(plan);
	free(text.bytes);
	return status;
}
