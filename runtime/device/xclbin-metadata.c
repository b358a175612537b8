/* SPDX-License-Identifier: Apache-2.0 */
#include "xclbin-metadata.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xml.h"

/*
 * Reads the XML that v++ and our packer embed: project/platform/device/core/kernel, with arg and instance/addrRemap inside. Other elements
 * differ between releases and are ignored.
 */
#define KERNELS_MAX 4096
#define ARGS_MAX    1024
#define DEPTH_MAX   32

struct reader {
	struct pel_xclbin *xclbin;
	struct pel_error *err;
	unsigned depth;
	unsigned kernel_depth;	 /* of the open <kernel>; 0: none */
	unsigned instance_depth; /* of the open <instance> */
	size_t kernels_capacity;
	/* Of the open kernel. */
	struct pel_place place;
	struct pel_xclbin_arg *args;
	uint32_t *ids;
	struct pel_xclbin_cu *cus;
	size_t n_args, args_capacity, ids_capacity, n_cus, cus_capacity;
};

/* ---- attributes ---- */

static const struct pel_xml_attribute *find(const struct pel_xml_element *element, const char *name)
{
	for (unsigned i = 0; i < element->n_attributes; i++)
		if (!element->attributes[i].ns && strcmp(element->attributes[i].name, name) == 0)
			return &element->attributes[i];
	return NULL;
}

/* The text of an attribute; "" if it is missing and optional. */
static int take_text(struct reader *reader, const struct pel_xml_element *element, const char *name,
		     bool needed, const char **ret)
{
	const struct pel_xml_attribute *attribute = find(element, name);

	*ret = "";
	if (!attribute || !attribute->length)
		return needed ? pel_fail(reader->err, -EINVAL, element->place,
					 "its <%s> has no attribute '%s'", element->name, name)
			      : 0;
	if (memchr(attribute->value, '\0', attribute->length))
		return pel_fail(reader->err, -EINVAL, attribute->place,
				"its attribute '%s' holds a zero byte", name);
	*ret = pel_arena_strndup(&reader->xclbin->arena, attribute->value, attribute->length);
	return *ret ? 0 : pel_nomem(reader->err);
}

/* Decimal, or hexadecimal after 0x. */
static int take_number(struct reader *reader, const struct pel_xml_element *element, const char *name,
		       uint64_t most, uint64_t *ret)
{
	const char *text;
	unsigned long long value;
	char *end;
	int r = take_text(reader, element, name, true, &text);

	if (r < 0)
		return r;
	errno = 0;
	value = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno || value > most)
		return pel_fail(reader->err, -EINVAL, element->place,
				"its <%s> has %s=\"%s\", which is not a number up to %llu", element->name,
				name, text, (unsigned long long)most);
	*ret = value;
	return 0;
}

/* ---- types ---- */

static const struct {
	const char *name;
	uint32_t bytes;
	enum pel_xclbin_number number;
} types[] = {
	{ "float", 4, PEL_XCLBIN_FLOAT },
	{ "double", 8, PEL_XCLBIN_FLOAT },
	{ "half", 2, PEL_XCLBIN_FLOAT },
	{ "int", 4, PEL_XCLBIN_SIGNED },
	{ "uint", 4, PEL_XCLBIN_UNSIGNED },
	{ "unsigned int", 4, PEL_XCLBIN_UNSIGNED },
	{ "unsigned", 4, PEL_XCLBIN_UNSIGNED },
	{ "char", 1, PEL_XCLBIN_SIGNED },
	{ "uchar", 1, PEL_XCLBIN_UNSIGNED },
	{ "signed char", 1, PEL_XCLBIN_SIGNED },
	{ "unsigned char", 1, PEL_XCLBIN_UNSIGNED },
	{ "short", 2, PEL_XCLBIN_SIGNED },
	{ "short int", 2, PEL_XCLBIN_SIGNED },
	{ "ushort", 2, PEL_XCLBIN_UNSIGNED },
	{ "unsigned short", 2, PEL_XCLBIN_UNSIGNED },
	{ "long", 8, PEL_XCLBIN_SIGNED },
	{ "long int", 8, PEL_XCLBIN_SIGNED },
	{ "ulong", 8, PEL_XCLBIN_UNSIGNED },
	{ "unsigned long", 8, PEL_XCLBIN_UNSIGNED },
	{ "long long", 8, PEL_XCLBIN_SIGNED },
	{ "unsigned long long", 8, PEL_XCLBIN_UNSIGNED },
	{ "bool", 1, PEL_XCLBIN_BOOL },
	{ "_Bool", 1, PEL_XCLBIN_BOOL },
	{ "int8_t", 1, PEL_XCLBIN_SIGNED },
	{ "uint8_t", 1, PEL_XCLBIN_UNSIGNED },
	{ "int16_t", 2, PEL_XCLBIN_SIGNED },
	{ "uint16_t", 2, PEL_XCLBIN_UNSIGNED },
	{ "int32_t", 4, PEL_XCLBIN_SIGNED },
	{ "uint32_t", 4, PEL_XCLBIN_UNSIGNED },
	{ "int64_t", 8, PEL_XCLBIN_SIGNED },
	{ "uint64_t", 8, PEL_XCLBIN_UNSIGNED },
	{ "size_t", 8, PEL_XCLBIN_UNSIGNED },
};

/* Set the fields of the argument that follow from the name of its C type. */
static void set_type(struct pel_xclbin_arg *arg)
{
	const char *type = arg->type;
	size_t length;

	for (;;) { /* skip qualifiers */
		if (strncmp(type, "const ", 6) == 0)
			type += 6;
		else if (strncmp(type, "volatile ", 9) == 0)
			type += 9;
		else
			break;
	}
	length = strcspn(type, "*&");
	while (length && type[length - 1] == ' ')
		length--;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == length && memcmp(types[i].name, type, length) == 0) {
			arg->element_bytes = types[i].bytes;
			arg->number = types[i].number;
			arg->is_float = types[i].number == PEL_XCLBIN_FLOAT;
			return;
		}
}

/* ---- elements ---- */

static int start_kernel(struct reader *reader, const struct pel_xml_element *element)
{
	struct pel_xclbin *xclbin = reader->xclbin;
	struct pel_xclbin_kernel *kernel;
	const char *control;
	int r;

	if (xclbin->n_kernels == KERNELS_MAX)
		return pel_fail(reader->err, -EINVAL, element->place, "it has more than %d kernels",
				KERNELS_MAX);
	if (pel_grow(&xclbin->kernels, &reader->kernels_capacity, xclbin->n_kernels + 1, sizeof(*kernel)) < 0)
		return pel_nomem(reader->err);
	kernel = &xclbin->kernels[xclbin->n_kernels];
	*kernel = (struct pel_xclbin_kernel){ 0 };
	if ((r = take_text(reader, element, "name", true, &kernel->name)) < 0 ||
	    (r = take_text(reader, element, "language", false, &kernel->language)) < 0 ||
	    (r = take_text(reader, element, "hwControlProtocol", false, &control)) < 0)
		return r;
	if (pel_xclbin_find(xclbin, kernel->name))
		return pel_fail(reader->err, -EINVAL, element->place, "it has two kernels called '%s'",
				kernel->name);
	kernel->control = strcmp(control, "ap_ctrl_none") == 0	  ? PEL_XCLBIN_NONE
			  : strcmp(control, "ap_ctrl_chain") == 0 ? PEL_XCLBIN_CHAIN
								  : PEL_XCLBIN_HS;
	xclbin->n_kernels++;
	reader->kernel_depth = reader->depth;
	reader->place = element->place;
	reader->n_args = reader->n_cus = 0;
	return 0;
}

static int start_arg(struct reader *reader, const struct pel_xml_element *element)
{
	static const enum pel_xclbin_arg_kind kinds[] = { PEL_XCLBIN_SCALAR, PEL_XCLBIN_POINTER,
							  PEL_XCLBIN_POINTER, PEL_XCLBIN_LOCAL,
							  PEL_XCLBIN_STREAM };
	const struct pel_xml_attribute *id = find(element, "id");
	struct pel_xclbin_arg arg = { 0 };
	uint64_t number, qualifier, size, offset;
	const char *access;
	int r;

	if (!id || !id->length) /* hidden from hosts */
		return 0;
	if ((r = take_number(reader, element, "id", ARGS_MAX - 1, &number)) < 0 ||
	    (r = take_number(reader, element, "addressQualifier", 4, &qualifier)) < 0 ||
	    (r = take_number(reader, element, "size", UINT32_MAX, &size)) < 0 ||
	    (r = take_number(reader, element, "offset", UINT32_MAX, &offset)) < 0 ||
	    (r = take_text(reader, element, "name", true, &arg.name)) < 0 ||
	    (r = take_text(reader, element, "type", false, &arg.type)) < 0 ||
	    (r = take_text(reader, element, "access", false, &access)) < 0 ||
	    (r = take_text(reader, element, "port", false, &arg.port)) < 0)
		return r;
	arg.kind = kinds[qualifier];
	arg.read_only = strcmp(access, "read") == 0 || strncmp(arg.type, "const ", 6) == 0;
	arg.size = (uint32_t)size;
	arg.offset = (uint32_t)offset;
	set_type(&arg);
	if (arg.kind == PEL_XCLBIN_POINTER && !strpbrk(arg.type, "*&"))
		arg.element_bytes = 0;
	if (pel_grow(&reader->args, &reader->args_capacity, reader->n_args + 1, sizeof(arg)) < 0 ||
	    pel_grow(&reader->ids, &reader->ids_capacity, reader->n_args + 1, sizeof(*reader->ids)) < 0)
		return pel_nomem(reader->err);
	reader->args[reader->n_args] = arg;
	reader->ids[reader->n_args++] = (uint32_t)number;
	return 0;
}

static int start_instance(struct reader *reader, const struct pel_xml_element *element)
{
	struct pel_xclbin_cu cu = { .base = UINT64_MAX };
	int r = take_text(reader, element, "name", true, &cu.name);

	if (r < 0)
		return r;
	if (pel_grow(&reader->cus, &reader->cus_capacity, reader->n_cus + 1, sizeof(cu)) < 0)
		return pel_nomem(reader->err);
	reader->cus[reader->n_cus++] = cu;
	reader->instance_depth = reader->depth;
	return 0;
}

static int on_start(void *context, const struct pel_xml_element *element)
{
	struct reader *reader = context;

	if (++reader->depth > DEPTH_MAX)
		return pel_fail(reader->err, -EINVAL, element->place, "elements are nested more than %d deep",
				DEPTH_MAX);
	if (!reader->kernel_depth)
		return strcmp(element->name, "kernel") == 0 ? start_kernel(reader, element) : 0;
	if (reader->depth == reader->kernel_depth + 1 && strcmp(element->name, "arg") == 0)
		return start_arg(reader, element);
	if (reader->depth == reader->kernel_depth + 1 && strcmp(element->name, "instance") == 0)
		return start_instance(reader, element);
	if (reader->instance_depth && strcmp(element->name, "addrRemap") == 0 && find(element, "base"))
		return take_number(reader, element, "base", UINT64_MAX, &reader->cus[reader->n_cus - 1].base);
	return 0;
}

/* Sort the arguments by their ids, which must be consecutive. */
static int end_kernel(struct reader *reader)
{
	struct pel_xclbin_kernel *kernel = &reader->xclbin->kernels[reader->xclbin->n_kernels - 1];
	struct pel_arena *arena = &reader->xclbin->arena;
	struct pel_xclbin_arg *args = pel_arena_array(arena, reader->n_args + 1, sizeof(*args));
	struct pel_xclbin_cu *cus = pel_arena_array(arena, reader->n_cus + 1, sizeof(*cus));

	if (!args || !cus)
		return pel_nomem(reader->err);
	for (size_t i = 0; i < reader->n_args; i++) {
		if (reader->ids[i] >= reader->n_args || args[reader->ids[i]].name)
			return pel_fail(
				reader->err, -EINVAL, reader->place,
				"the %zu arguments of its kernel '%s' are not numbered consecutively from 0",
				reader->n_args, kernel->name);
		args[reader->ids[i]] = reader->args[i];
	}
	if (reader->n_cus)
		memcpy(cus, reader->cus, reader->n_cus * sizeof(*cus));
	kernel->args = args;
	kernel->n_args = (uint32_t)reader->n_args;
	kernel->cus = cus;
	kernel->n_cus = (uint32_t)reader->n_cus;
	return 0;
}

static int on_end(void *context)
{
	struct reader *reader = context;
	int r = 0;

	if (reader->depth == reader->instance_depth)
		reader->instance_depth = 0;
	if (reader->depth == reader->kernel_depth) {
		reader->kernel_depth = 0;
		r = end_kernel(reader);
	}
	reader->depth--;
	return r;
}

static int on_text(void *context, const char *bytes, size_t length)
{
	(void)context;
	(void)bytes;
	(void)length;
	return 0;
}

static void on_stray(void *context, struct pel_place place)
{
	(void)context;
	(void)place;
}

int pel_xclbin_read_metadata(struct pel_xclbin *xclbin, const char *file, const char *text, size_t bytes,
			     struct pel_error *err)
{
	struct reader reader = { .xclbin = xclbin, .err = err };
	struct pel_xml_handler handler = { on_start, on_end, on_text, on_stray, &reader };
	struct pel_source source = pel_source_of(file, text, bytes);
	struct pel_xclbin_kernel *kernels;
	int r;

	xclbin->kernels = NULL;
	xclbin->n_kernels = 0;
	r = pel_source_check(&source, err);
	if (r == 0)
		r = pel_xml_parse(&source, &handler, err);
	if (r == -ENOMEM)
		pel_nomem(err);
	kernels = r < 0 ? NULL : pel_arena_array(&xclbin->arena, xclbin->n_kernels + 1, sizeof(*kernels));
	if (kernels && xclbin->n_kernels)
		memcpy(kernels, xclbin->kernels, xclbin->n_kernels * sizeof(*kernels));
	if (r == 0 && !kernels)
		r = pel_nomem(err);
	pel_free(xclbin->kernels);
	pel_free(reader.args);
	pel_free(reader.ids);
	pel_free(reader.cus);
	xclbin->kernels = kernels;
	return r;
}
