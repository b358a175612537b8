/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "param-limits.h"
#include "registry.h"
#include "text.h"

#include <pelton/observe.h>

#include <errno.h>
#include <string.h>

/* The functions of a format, called before, for and after the kernels. */
struct format {
	void (*begin)(struct pel_json *json);
	void (*module)(struct pel_json *json, const char *module); /* before its first kernel; may be NULL */
	void (*kernel)(struct pel_json *json, const char *module, const struct pel_kernel *kernel);
	void (*end)(struct pel_json *json);
};

/* ---- JSON ---- */

static void json_begin(struct pel_json *json)
{
	pel_json_open(json, NULL, '{');
	pel_json_open(json, "kernels", '[');
}

static void json_end(struct pel_json *json)
{
	pel_json_close(json);
	pel_json_close(json);
}

static void json_ports(struct pel_json *json, const char *key, const struct pel_port_desc *port, bool in)
{
	pel_json_open(json, key, '[');
	for (; port && port->name; port++) {
		pel_json_open(json, NULL, '{');
		pel_json_string(json, "name", port->name);
		pel_json_string(json, "type", port->type);
		pel_json_string(json, "rate", port->rate ? port->rate : "1");
		if (in)
			pel_json_string(json, "history", port->history ? port->history : "0");
		pel_json_bool(json, "optional", port->flags & PEL_PORT_OPTIONAL);
		pel_json_string(json, "doc", port->doc);
		pel_json_close(json);
	}
	pel_json_close(json);
}

/* The comma-separated words as a list; null if there are none. */
static void json_words(struct pel_json *json, const char *key, const char *words)
{
	const char *at = words, *word;
	char copy[200];
	size_t length;

	if (!words) {
		pel_json_null(json, key);
		return;
	}
	pel_json_open(json, key, '[');
	while ((word = pel_next_word(&at, &length))) {
		snprintf(copy, sizeof(copy), "%.*s", (int)length, word);
		pel_json_string(json, NULL, copy);
	}
	pel_json_close(json);
}

static void json_params(struct pel_json *json, const struct pel_param_desc *param)
{
	pel_json_open(json, "params", '[');
	for (; param && param->name; param++) {
		pel_json_open(json, NULL, '{');
		pel_json_string(json, "name", param->name);
		pel_json_string(json, "type", param->type);
		pel_json_string(json, "value", param->value);
		pel_json_string(json, "least", param->least);
		pel_json_string(json, "most", param->most);
		pel_json_string(json, "least_count", param->least_count);
		pel_json_string(json, "most_count", param->most_count);
		json_words(json, "one_of", param->one_of);
		json_words(json, "ends", param->ends);
		pel_json_bool(json, "reads", param->flags & PEL_PARAM_READS);
		pel_json_bool(json, "writes", param->flags & PEL_PARAM_WRITES);
		pel_json_string(json, "doc", param->doc);
		pel_json_close(json);
	}
	pel_json_close(json);
}

static void json_kernel(struct pel_json *json, const char *module, const struct pel_kernel *kernel)
{
	pel_json_open(json, NULL, '{');
	pel_json_string(json, "name", kernel->name);
	pel_json_string(json, "module", module);
	pel_json_string(json, "summary", kernel->summary);
	pel_json_string(json, "doc", kernel->doc);
	pel_json_bool(json, "stateless", kernel->flags & PEL_KERNEL_STATELESS);
	pel_json_bool(json, "blocking", kernel->flags & PEL_KERNEL_BLOCKING);
	pel_json_bool(json, "exact", kernel->flags & PEL_KERNEL_EXACT);
	pel_json_bool(json, "any_ports", kernel->flags & PEL_KERNEL_ANY_PORTS);
	pel_json_open(json, "implementations", '[');
	if (kernel->fire)
		pel_json_string(json, NULL, "cpu");
	if (kernel->fpga)
		pel_json_string(json, NULL, "fpga");
	pel_json_close(json);
	json_ports(json, "in", kernel->in, true);
	json_ports(json, "out", kernel->out, false);
	json_params(json, kernel->params);
	pel_json_close(json);
}

/* ---- limits as text ---- */

static void add_range(char *buf, size_t size, const char *before, const char *least, const char *most,
		      const char *behind)
{
	size_t used = strlen(buf);
	const char *comma = used ? ", " : "";

	if (least && most && strcmp(least, most) == 0)
		snprintf(buf + used, size - used, "%s%s%s%s", comma, before, least, behind);
	else if (least && most)
		snprintf(buf + used, size - used, "%s%s%s to %s%s", comma, before, least, most, behind);
	else if (least)
		snprintf(buf + used, size - used, "%s%s%s or more%s", comma, before, least, behind);
	else if (most)
		snprintf(buf + used, size - used, "%s%sup to %s%s", comma, before, most, behind);
}

/* "1 or more elements, each 0 to $n - 1"; empty if there are none. */
static const char *limits_text(const struct pel_param_desc *param, char *buf, size_t size)
{
	bool list = strstr(param->type, "[]") != NULL;
	size_t used;

	buf[0] = '\0';
	add_range(buf, size, "", param->least_count, param->most_count, " elements");
	add_range(buf, size, list ? "each " : "", param->least, param->most, "");
	used = strlen(buf);
	if (param->one_of)
		snprintf(buf + used, size - used, "%sone of %s", used ? ", " : "", param->one_of);
	used = strlen(buf);
	if (param->ends)
		snprintf(buf + used, size - used, "%sends in %s", used ? ", " : "", param->ends);
	used = strlen(buf);
	if (param->flags & (PEL_PARAM_READS | PEL_PARAM_WRITES))
		snprintf(buf + used, size - used, "%sa file that is %s", used ? ", " : "",
			 !(param->flags & PEL_PARAM_WRITES)  ? "read"
			 : !(param->flags & PEL_PARAM_READS) ? "written"
							     : "read and written");
	return buf;
}

/* ---- text: a list, one line each ---- */

static void list_module(struct pel_json *json, const char *module)
{
	fprintf(json->out, "%s:\n", module);
}

static void list_kernel(struct pel_json *json, const char *module, const struct pel_kernel *kernel)
{
	(void)module;
	fprintf(json->out, "  %-20s  ", kernel->name);
	pel_text_write(kernel->summary ? kernel->summary : "", json->out);
	fputc('\n', json->out);
}

/* ---- text: one kernel in full ---- */

static const char *flags_text(const struct pel_kernel *kernel, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s%s", kernel->flags & PEL_KERNEL_STATELESS ? "stateless" : "stateful",
		 kernel->flags & PEL_KERNEL_EXACT ? ", exact" : "",
		 kernel->flags & PEL_KERNEL_BLOCKING ? ", may block (runs on its own thread)" : "",
		 kernel->flags & PEL_KERNEL_ANY_PORTS ? ", any ports" : "");
	return buf;
}

#define LINE_WIDTH 100

/* A text of a descriptor, with its paragraphs wrapped and indented. */
static void put_doc(FILE *out, const char *doc, const char *indent)
{
	size_t used = 0; /* length of the current line; 0: empty */

	for (const char *word = doc ? doc : ""; *word;) {
		size_t length = strcspn(word, " \n");

		if (used && used + 1 + length > LINE_WIDTH) {
			fputc('\n', out);
			used = 0;
		}
		if (length) {
			fprintf(out, "%s%.*s", used ? " " : indent, (int)length, word);
			used += (used ? 1 : strlen(indent)) + length;
		}
		word += length;
		if (*word == '\n') {
			fputc('\n', out);
			used = 0;
		}
		word += *word != '\0';
		if (!*word && used)
			fputc('\n', out);
	}
}

static void text_ports(FILE *out, const char *way, const struct pel_port_desc *port)
{
	for (; port && port->name; port++) {
		fprintf(out, "  %-3s %s: %s", way, port->name, port->type);
		if (port->rate)
			fprintf(out, ", rate %s", port->rate);
		if (port->history)
			fprintf(out, ", history %s", port->history);
		fprintf(out, "%s\n", port->flags & PEL_PORT_OPTIONAL ? ", optional" : "");
		put_doc(out, port->doc, "        ");
	}
}

static void text_kernel(struct pel_json *json, const char *module, const struct pel_kernel *kernel)
{
	FILE *out = json->out;
	char flags[100], limits[1000];

	fprintf(out, "%s (module %s; %s; on cpu%s)\n", kernel->name, module,
		flags_text(kernel, flags, sizeof(flags)), kernel->fpga ? " and fpga" : "");
	if (!pel_registry_is_builtin(module))
		fprintf(out, "  module %s: <use library=\"%s\"/>\n", module, module);
	put_doc(out, kernel->summary, "  ");
	text_ports(out, "in", kernel->in);
	text_ports(out, "out", kernel->out);
	for (const struct pel_param_desc *param = kernel->params; param && param->name; param++) {
		fprintf(out, "  set %s: %s", param->name, param->type);
		if (param->value)
			fprintf(out, " = %s", *param->value ? param->value : "\"\"");
		else
			fputs(", required", out);
		limits_text(param, limits, sizeof(limits));
		fprintf(out, "%s%s\n", *limits ? "; " : "", limits);
		put_doc(out, param->doc, "        ");
	}
	if (kernel->doc && *kernel->doc) {
		fputc('\n', out);
		put_doc(out, kernel->doc, "  ");
	}
}

/* ---- Markdown ---- */

static void markdown_begin(struct pel_json *json)
{
	fputs("# Kernels\n\n"
	      "Generated with `pelton kernels --markdown` from the kernels' descriptors.\n\n"
	      "A port without a rate moves one token per firing, unless its description says otherwise; `*` is a dynamic rate. A parameter without a default must\n"
	      "be set. *Stateless* kernels may have `copies`. *Exact* kernels give the same bits in all implementations, for every\n"
	      "input: a NaN that they compute is always the canonical NaN (positive, quiet, no payload: `0x7fc00000`,\n"
	      "`0x7ff8000000000000`), whatever NaN it results from. Kernels that only move tokens keep the bits of a NaN.\n"
	      "A kernel with *any ports* is the CPU implementation of a `<kernel>` in a graph, and has that kernel's ports.\n",
	      json->out);
}

static void markdown_module(struct pel_json *json, const char *module)
{
	fprintf(json->out, "\n## Module %s\n", module);
}

/* Write text on one line, escaped so that no character acts as Markdown. */
static void markdown_text(FILE *out, const char *text, bool code)
{
	for (; *text; text++) {
		if (*text == '|' || (!code && strchr("<*_", *text)))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text == '\n' ? ' ' : *text, out);
	}
}

/* A cell of a table. */
static void markdown_cell(FILE *out, const char *text, bool code)
{
	if (!text || !*text) {
		fputs(" |", out);
		return;
	}
	fputs(code ? " `" : " ", out);
	markdown_text(out, text, code);
	fputs(code ? "` |" : " |", out);
}

static void markdown_ports(FILE *out, const char *way, const struct pel_port_desc *port)
{
	for (; port && port->name; port++) {
		fprintf(out, "| %s |", way);
		markdown_cell(out, port->name, true);
		markdown_cell(out, port->type, true);
		markdown_cell(out, port->rate, true);
		markdown_cell(out, port->history, true);
		if (port->flags & PEL_PORT_OPTIONAL)
			fputs(" *optional* ", out);
		markdown_cell(out, port->doc, false);
		fputc('\n', out);
	}
}

static void markdown_kernel(struct pel_json *json, const char *module, const struct pel_kernel *kernel)
{
	FILE *out = json->out;
	char flags[100], limits[1000];

	(void)module;
	fprintf(out, "\n### %s\n\n", kernel->name);
	markdown_text(out, kernel->summary ? kernel->summary : "", false);
	fprintf(out, " (*%s; on cpu%s*)\n", flags_text(kernel, flags, sizeof(flags)),
		kernel->fpga ? " and fpga" : "");
	if (kernel->doc && *kernel->doc) {
		fputs("\n```text\n", out);
		put_doc(out, kernel->doc, "");
		fputs("```\n", out);
	}
	if (!(kernel->flags & PEL_KERNEL_ANY_PORTS))
		fputs("\n| way | port | type | rate | history | |\n| --- | --- | --- | --- | --- | --- |\n",
		      out);
	markdown_ports(out, "in", kernel->in);
	markdown_ports(out, "out", kernel->out);
	if (!kernel->params || !kernel->params->name)
		return;
	fputs("\n| parameter | type | default | values | |\n| --- | --- | --- | --- | --- |\n", out);
	for (const struct pel_param_desc *param = kernel->params; param->name; param++) {
		fputc('|', out);
		markdown_cell(out, param->name, true);
		markdown_cell(out, param->type, true);
		markdown_cell(out, param->value, true);
		markdown_cell(out, limits_text(param, limits, sizeof(limits)), false);
		markdown_cell(out, param->doc, false);
		fputc('\n', out);
	}
}

/* ---- */

static void nothing(struct pel_json *json)
{
	(void)json;
}

static const struct format list_format = { nothing, list_module, list_kernel, nothing };
static const struct format text_format = { nothing, NULL, text_kernel, nothing };
static const struct format json_format = { json_begin, NULL, json_kernel, json_end };
static const struct format markdown_format = { markdown_begin, markdown_module, markdown_kernel, nothing };

/* The registry with all modules that can be found. Errors of modules are reported as by pel_registry_use_all(). */
static int open_registry(const char *module_path, const char *name, struct pel_registry **ret,
			 struct pel_error *err)
{
	int r = pel_registry_create(module_path, ret, err);

	if (r < 0)
		return r;
	r = pel_registry_use_all(*ret, name, err);
	if (r < 0 && r == -ENOMEM) {
		pel_registry_destroy(*ret);
		return r;
	}
	return 0; /* modules that do not load are reported in err; the others are usable */
}

static bool wanted(const char *name, const char *module, const struct pel_kernel *kernel)
{
	return !name || strcmp(name, kernel->name) == 0 || strcmp(name, module) == 0;
}

static int no_such_kernel(struct pel_registry *registry, const char *name, struct pel_error *err)
{
	const struct pel_kernel *kernel;
	const char *module;
	struct pel_near near = { 0 };

	for (size_t i = 0; (kernel = pel_registry_at(registry, i, &module)); i++) {
		pel_near_try(&near, name, kernel->name);
		pel_near_try(&near, name, module);
	}
	pel_fail(err, -ENOENT, (struct pel_place){ 0 }, "there is no kernel or module '%s'", name);
	if (near.name)
		pel_hint(err, "did you mean '%s'?", near.name);
	else if (pel_registry_no_folder(registry))
		pel_hint(err,
			 "'%s', which is searched for modules, is not a folder: correct PELTON_MODULE_PATH",
			 pel_registry_no_folder(registry));
	else
		pel_hint(err, "'pelton kernels' lists all kernels");
	return -ENOENT;
}

int pel_kernels_write(const char *name, const char *module_path, enum pel_kernels_format format, FILE *out,
		      struct pel_error *err)
{
	static const struct format *const formats[] = { &list_format, &json_format, &markdown_format };
	const struct format *writer = formats[format];
	struct pel_registry *registry;
	struct pel_json json = { .out = out };
	const struct pel_kernel *kernel;
	const char *module, *last = NULL;
	size_t found = 0;
	int r = open_registry(module_path, name, &registry, err);

	if (r < 0)
		return r;
	for (size_t i = 0; (kernel = pel_registry_at(registry, i, &module)); i++)
		found += wanted(name, module, kernel);
	if (name && !found) {
		r = no_such_kernel(registry, name, err);
		goto out;
	}
	if (format == PEL_KERNELS_TEXT && name && pel_registry_find(registry, name, NULL))
		writer = &text_format;
	writer->begin(&json);
	for (size_t i = 0; (kernel = pel_registry_at(registry, i, &module)); i++) {
		if (!wanted(name, module, kernel))
			continue;
		if (writer->module && (!last || strcmp(last, module) != 0))
			writer->module(&json, module);
		last = module;
		writer->kernel(&json, module, kernel);
	}
	writer->end(&json);
	r = pel_stream_result(out);
out:
	pel_registry_destroy(registry);
	return r;
}

int pel_kernels_visit(const char *module_path,
		      int (*visit)(void *context, const char *module, const struct pel_kernel *kernel),
		      void *context, struct pel_error *err)
{
	struct pel_registry *registry;
	const struct pel_kernel *kernel;
	const char *module;
	int r = open_registry(module_path, NULL, &registry, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && (kernel = pel_registry_at(registry, i, &module)); i++)
		r = visit(context, module, kernel);
	pel_registry_destroy(registry);
	return r;
}
