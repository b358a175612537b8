/* SPDX-License-Identifier: Apache-2.0 */
#include "info.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *pel_info_actor(const struct pel_info *info)
{
	return info->actor;
}

/* ---- parameters ---- */

static const char *const kind_names[] = { [PEL_VALUE_I64] = "an integer",
					  [PEL_VALUE_F64] = "a real number",
					  [PEL_VALUE_BOOL] = "a bool",
					  [PEL_VALUE_STRING] = "a string",
					  [PEL_VALUE_LIST] = "a list" };

/* An error in the kernel: its function gets a harmless value, and counts as failed, whatever it returns. */
static void misuse(const struct pel_info *info, const char *function, const char *param,
		   const struct pel_value *value, enum pel_value_kind wanted)
{
	const struct pel_param_desc *params = info->kernel->params;
	struct pel_near near = { 0 };
	struct pel_known known = { .n = 0 };
	char quoted[PEL_QUOTE_BYTES];

	((struct pel_info *)info)->misused =
		true; /* the caller of the kernel's function checks this when it returns */
	pel_quote(param ? param : "", param ? strlen(param) : 0, quoted);
	if (value) {
		pel_fail(info->err, -EINVAL, info->place,
			 "actor '%s': kernel '%s' calls %s() for parameter '%s', which is %s, not %s",
			 info->actor ? info->actor : "", info->kernel->name, function, quoted,
			 kind_names[value->kind], kind_names[wanted]);
		return;
	}
	pel_fail(info->err, -EINVAL, info->place,
		 "actor '%s': kernel '%s' calls %s() for parameter '%s', which it does not have",
		 info->actor ? info->actor : "", info->kernel->name, function, quoted);
	for (size_t i = 0; params && params[i].name; i++) {
		pel_near_try(&near, quoted, params[i].name);
		pel_known_add(&known, params[i].name);
	}
	if (near.name)
		pel_hint(info->err, "did the kernel's author mean '%s'?", near.name);
	else
		pel_known_hint(&known, "parameter", info->err);
}

static const struct pel_value *find_param(const struct pel_info *info, const char *function, const char *name,
					  enum pel_value_kind kind)
{
	static const struct pel_value stand_ins[] = {
		[PEL_VALUE_I64] = { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64 },
		[PEL_VALUE_F64] = { .kind = PEL_VALUE_F64, .elem = PEL_ELEM_F64 },
		[PEL_VALUE_BOOL] = { .kind = PEL_VALUE_BOOL },
		[PEL_VALUE_STRING] = { .kind = PEL_VALUE_STRING, .string = "" },
		[PEL_VALUE_LIST] = { .kind = PEL_VALUE_LIST, .list = { "", 0 } },
	};
	const struct pel_param_desc *params = info->kernel->params;
	const struct pel_value *value = NULL;

	for (size_t i = 0; name && params && params[i].name && !value; i++)
		if (strcmp(params[i].name, name) == 0)
			value = &info->params[i];
	if (value && value->kind == kind)
		return value;
	misuse(info, function, name, value, kind);
	return &stand_ins[kind];
}

int64_t pel_info_i64(const struct pel_info *info, const char *param)
{
	return find_param(info, "pel_info_i64", param, PEL_VALUE_I64)->i64;
}

double pel_info_f64(const struct pel_info *info, const char *param)
{
	return find_param(info, "pel_info_f64", param, PEL_VALUE_F64)->f64;
}

bool pel_info_bool(const struct pel_info *info, const char *param)
{
	return find_param(info, "pel_info_bool", param, PEL_VALUE_BOOL)->boolean;
}

const char *pel_info_string(const struct pel_info *info, const char *param)
{
	return find_param(info, "pel_info_string", param, PEL_VALUE_STRING)->string;
}

const char *pel_info_path(const struct pel_info *info, const char *param)
{
	const struct pel_value *value = find_param(info, "pel_info_path", param, PEL_VALUE_STRING);
	const char *path = pel_path_join(info->arena, value->dir, value->string);

	if (!path)
		pel_nomem(info->err);
	return path;
}

const void *pel_info_list(const struct pel_info *info, const char *param, size_t *count)
{
	const struct pel_value *value = find_param(info, "pel_info_list", param, PEL_VALUE_LIST);

	*count = value->list.count;
	return value->list.data;
}

/* ---- ports ---- */

static struct pel_info_port *in_port(const struct pel_info *info, unsigned port)
{
	assert(port < info->n_in);
	return &info->in[port];
}

static struct pel_info_port *out_port(const struct pel_info *info, unsigned port)
{
	assert(port < info->n_out);
	return &info->out[port];
}

unsigned pel_info_in_count(const struct pel_info *info)
{
	return info->n_in;
}

unsigned pel_info_out_count(const struct pel_info *info)
{
	return info->n_out;
}

bool pel_info_in_connected(const struct pel_info *info, unsigned port)
{
	return in_port(info, port)->connected;
}

bool pel_info_out_connected(const struct pel_info *info, unsigned port)
{
	return out_port(info, port)->connected;
}

const struct pel_type *pel_info_in_type(const struct pel_info *info, unsigned port)
{
	return in_port(info, port)->type;
}

const struct pel_type *pel_info_out_type(const struct pel_info *info, unsigned port)
{
	return out_port(info, port)->type;
}

static uint64_t rate_of(const struct pel_info_port *port, uint64_t phase)
{
	return port->dynamic || !port->n_rates ? 0 : port->rates[phase % port->n_rates];
}

uint64_t pel_info_in_rate(const struct pel_info *info, unsigned port, uint64_t phase)
{
	return rate_of(in_port(info, port), phase);
}

uint64_t pel_info_out_rate(const struct pel_info *info, unsigned port, uint64_t phase)
{
	return rate_of(out_port(info, port), phase);
}

static bool type_fits(const struct pel_type *type)
{
	uint64_t bytes = type->elem_bytes;

	if (type->n_dims > PEL_MAX_DIMS || !bytes)
		return false;
	for (uint32_t i = 0; i < type->n_dims; i++)
		if (!type->dims[i] || __builtin_mul_overflow(bytes, type->dims[i], &bytes))
			return false;
	return bytes <= PEL_MAX_TOKEN_BYTES;
}

static int set_type(struct pel_info *info, struct pel_info_port *port, const char *name,
		    const struct pel_type *type)
{
	char now[192], before[192];
	struct pel_type *copy;

	assert(info->resolving);
	pel_type_format(type, now, sizeof(now));
	if (!type_fits(type))
		return pel_info_fail(info, -EINVAL,
				     "port '%s' would have tokens of type %s; a token has at least 1 byte and at "
				     "most %llu bytes",
				     name, now, (unsigned long long)PEL_MAX_TOKEN_BYTES);
	if (port->type_set) {
		if (pel_type_equal(port->type, type))
			return 0;
		return pel_info_fail(info, -EINVAL, "the kernel gives port '%s' two types, %s and %s", name,
				     pel_type_format(port->type, before, sizeof(before)), now);
	}
	copy = pel_arena_alloc(info->arena, sizeof(*copy));
	if (!copy)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	*copy = *type;
	port->type = copy;
	port->type_set = true;
	return 0;
}

int pel_info_set_in_type(struct pel_info *info, unsigned port, const struct pel_type *type)
{
	return set_type(info, in_port(info, port), info->kernel->in[port].name, type);
}

int pel_info_set_out_type(struct pel_info *info, unsigned port, const struct pel_type *type)
{
	return set_type(info, out_port(info, port), info->kernel->out[port].name, type);
}

static int set_rates(struct pel_info *info, struct pel_info_port *port, const char *name,
		     const uint64_t *rates, size_t count)
{
	uint64_t *copy, sum = 0;

	assert(info->resolving);
	for (size_t i = 0; i < count; i++)
		sum |= rates[i];
	if (!sum)
		return pel_info_fail(info, -EINVAL,
				     "port '%s' would never move a token, because all its rates are 0", name);
	copy = pel_arena_array(info->arena, count, sizeof(*copy));
	if (!copy)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	memcpy(copy, rates, count * sizeof(*copy));
	port->rates = copy;
	port->n_rates = count;
	port->rates_set = true;
	return 0;
}

int pel_info_set_in_rates(struct pel_info *info, unsigned port, const uint64_t *rates, size_t count)
{
	return set_rates(info, in_port(info, port), info->kernel->in[port].name, rates, count);
}

int pel_info_set_out_rates(struct pel_info *info, unsigned port, const uint64_t *rates, size_t count)
{
	return set_rates(info, out_port(info, port), info->kernel->out[port].name, rates, count);
}

int pel_info_set_history(struct pel_info *info, unsigned port, uint64_t tokens)
{
	assert(info->resolving);
	in_port(info, port)->history = tokens;
	in_port(info, port)->history_set = true;
	return 0;
}

void pel_info_expect(struct pel_info *info, uint64_t firings)
{
	info->expected_firings = firings;
}

/* ---- files ---- */

static int add_file(struct pel_info *info, struct pel_file_use use)
{
	struct pel_file_uses *files = info->files;

	assert(files);
	use.path = pel_arena_strdup(info->arena, use.path);
	if (!use.path || pel_grow(&files->items, &files->capacity, files->count + 1, sizeof(use)) < 0)
		return pel_nomem(info->err);
	files->items[files->count++] = use;
	return 0;
}

int pel_info_reads(struct pel_info *info, const char *path)
{
	return add_file(info, (struct pel_file_use){ .path = path });
}

int pel_info_writes(struct pel_info *info, const char *path)
{
	return add_file(info, (struct pel_file_use){ .path = path, .written = true });
}

int pel_info_reads_numbered(struct pel_info *info, const char *pattern, uint64_t first, uint64_t count)
{
	return add_file(info, (struct pel_file_use){
				      .path = pattern, .numbered = true, .first = first, .count = count });
}

int pel_info_writes_numbered(struct pel_info *info, const char *pattern, uint64_t first, uint64_t count)
{
	return add_file(
		info,
		(struct pel_file_use){
			.path = pattern, .written = true, .numbered = true, .first = first, .count = count });
}

int pel_info_prints(struct pel_info *info)
{
	return add_file(info, (struct pel_file_use){ .path = "-", .written = true, .text = true });
}

int pel_info_data_fd(const struct pel_info *info)
{
	return info->data_fd ? info->data_fd : STDOUT_FILENO;
}

int pel_info_text_fd(const struct pel_info *info)
{
	return info->text_fd ? info->text_fd : STDOUT_FILENO;
}

/* ---- failures ---- */

int pel_info_fail(struct pel_info *info, int code, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pel_fail(info->err, code, info->place, "actor '%s' (%s): %s", info->actor, info->kernel->name,
			text);
}

int pel_info_fail_param(struct pel_info *info, const char *param, int code, const char *fmt, ...)
{
	struct pel_place place = info->param_place ? info->param_place(info->param_context, param)
						   : info->place;
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pel_fail(info->err, code, place, "actor '%s' (%s): %s", info->actor, info->kernel->name, text);
}

int pel_info_hint(struct pel_info *info, int code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pel_hint(info->err, "%s", text);
	return code;
}

/* Per thread, so that concurrent calls do not mix their messages. */
static _Thread_local char fire_message[1024];

int pel_fire_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fire_message, sizeof(fire_message), fmt, ap);
	va_end(ap);
	return code;
}

const char *pel_fire_message(void)
{
	return fire_message;
}

void pel_fire_reset(void)
{
	fire_message[0] = '\0';
}

/* ---- return values of kernels ---- */

#define ERRNO_MAX 4095 /* the limit in Linux */

bool pel_kernel_result_ok(int r, bool may_end)
{
	return (r <= 0 && r >= -ERRNO_MAX) || (may_end && r == PEL_END);
}

char *pel_kernel_result_text(const char *function, int r, bool may_end, const char *said, char *buf, size_t size)
{
	snprintf(buf, size, "%s() returned %d, which is neither 0%s nor a negative errno%s%s%s", function, r,
		 may_end ? ", PEL_END" : "", said && *said ? " (its message: " : "",
		 said && *said ? said : "", said && *said ? ")" : "");
	return buf;
}

/* ---- results ---- */

static void add_result(struct pel_results *results, const char *name, struct pel_result item)
{
	char *copy = pel_strdup(name);

	if (!copy || (item.kind == PEL_RESULT_STRING && !item.string) ||
	    pel_grow(&results->items, &results->capacity, results->count + 1, sizeof(*results->items)) < 0) {
		pel_free(copy);
		if (item.kind == PEL_RESULT_STRING)
			pel_free((char *)item.string);
		results->failed = true;
		return;
	}
	item.name = copy;
	results->items[results->count++] = item;
}

void pel_results_u64(struct pel_results *results, const char *name, uint64_t value)
{
	add_result(results, name,
		   (struct pel_result){
			   .size = sizeof(struct pel_result), .kind = PEL_RESULT_U64, .u64 = value });
}

void pel_results_f64(struct pel_results *results, const char *name, double value)
{
	add_result(results, name,
		   (struct pel_result){
			   .size = sizeof(struct pel_result), .kind = PEL_RESULT_F64, .f64 = value });
}

void pel_results_string(struct pel_results *results, const char *name, const char *value)
{
	add_result(results, name,
		   (struct pel_result){ .size = sizeof(struct pel_result),
					.kind = PEL_RESULT_STRING,
					.string = pel_strdup(value) });
}

void pel_results_warn(struct pel_results *results, const char *fmt, ...)
{
	char text[2048], *copy;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	copy = pel_strdup(text);
	if (!copy || pel_grow(&results->warnings, &results->warnings_capacity, results->n_warnings + 1,
			      sizeof(*results->warnings)) < 0) {
		pel_free(copy);
		results->failed = true;
		return;
	}
	results->warnings[results->n_warnings++] = copy;
}

void pel_results_fini(struct pel_results *results)
{
	for (size_t i = 0; i < results->n_warnings; i++)
		pel_free(results->warnings[i]);
	pel_free(results->warnings);
	for (size_t i = 0; i < results->count; i++) {
		pel_free((char *)results->items[i].name);
		if (results->items[i].kind == PEL_RESULT_STRING)
			pel_free((char *)results->items[i].string);
	}
	pel_free(results->items);
	*results = (struct pel_results){ 0 };
}
