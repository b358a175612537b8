/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

enum element { ELEMENT_OTHER, ELEMENT_KERNEL, ELEMENT_INSTANCE };

#define DEPTH_MAX 32

struct loader {
	struct pel_emu_metadata *metadata;
	struct pel_error *err;
	enum element open[DEPTH_MAX];
	unsigned depth;
	const char *instance; /* name of the open <instance> */
};

static const struct pel_xml_attribute *find(const struct pel_xml_element *element, const char *name)
{
	for (unsigned i = 0; i < element->n_attributes; i++)
		if (!element->attributes[i].ns && strcmp(element->attributes[i].name, name) == 0)
			return &element->attributes[i];
	return NULL;
}

static bool is(const struct pel_xml_attribute *attribute, const char *word)
{
	return attribute && attribute->length == strlen(word) &&
	       memcmp(attribute->value, word, attribute->length) == 0;
}

static int take_text(struct loader *ld, const struct pel_xml_element *element, const char *name,
		     const char **ret)
{
	const struct pel_xml_attribute *attribute = find(element, name);

	if (!attribute || !attribute->length)
		return pel_fail(ld->err, -EINVAL, element->place, "<%s> has no %s", element->name, name);
	*ret = pel_arena_strndup(&ld->metadata->arena, attribute->value, attribute->length);
	return *ret ? 0 : pel_nomem(ld->err);
}

/* Decimal, or hexadecimal after 0x. */
static int take_number(struct loader *ld, const struct pel_xml_element *element, const char *name,
		       uint64_t limit, uint64_t *ret)
{
	const struct pel_xml_attribute *attribute = find(element, name);
	char digits[32], *end;
	unsigned long long value;

	if (!attribute)
		return pel_fail(ld->err, -EINVAL, element->place, "<%s> has no %s", element->name, name);
	if (attribute->length == 0 || attribute->length >= sizeof(digits) || attribute->value[0] < '0' ||
	    attribute->value[0] > '9')
		return pel_fail(ld->err, -EINVAL, attribute->place, "%s is not a number", name);
	memcpy(digits, attribute->value, attribute->length);
	digits[attribute->length] = '\0';
	errno = 0;
	value = strtoull(digits, &end, digits[1] == 'x' || digits[1] == 'X' ? 16 : 10);
	if (*end || errno || value > limit)
		return pel_fail(ld->err, -EINVAL, attribute->place, "%s is not a number up to %llu", name,
				(unsigned long long)limit);
	*ret = value;
	return 0;
}

static int start_kernel(struct loader *ld, const struct pel_xml_element *element)
{
	struct pel_emu_metadata *metadata = ld->metadata;
	struct pel_emu_kernel kernel = { .free_running =
						 is(find(element, "hwControlProtocol"), "ap_ctrl_none") };
	int r = take_text(ld, element, "name", &kernel.name);

	if (r == 0 && pel_grow(&metadata->kernels, &metadata->kernels_capacity, metadata->n_kernels + 1,
			       sizeof(kernel)) < 0)
		r = pel_nomem(ld->err);
	if (r == 0)
		metadata->kernels[metadata->n_kernels++] = kernel;
	return r;
}

static int start_arg(struct loader *ld, const struct pel_xml_element *element)
{
	struct pel_emu_kernel *kernel = &ld->metadata->kernels[ld->metadata->n_kernels - 1];
	const struct pel_xml_attribute *id = find(element, "id");
	struct pel_emu_arg arg = { 0 };
	uint64_t qualifier, number, offset, size;
	int r;

	if (id && id->length == 0)
		return 0; /* hidden from hosts */
	if ((r = take_text(ld, element, "name", &arg.name)) < 0 ||
	    (r = take_number(ld, element, "addressQualifier", 16, &qualifier)) < 0 ||
	    (r = take_number(ld, element, "id", PEL_EMU_ARGS_MAX - 1, &number)) < 0 ||
	    (r = take_number(ld, element, "offset", PEL_EMU_WINDOW_BYTES, &offset)) < 0 ||
	    (r = take_number(ld, element, "size", PEL_EMU_WINDOW_BYTES, &size)) < 0)
		return r;
	arg.id = (uint32_t)number;
	arg.offset = (uint32_t)offset;
	arg.size = (uint32_t)size;
	arg.kind = qualifier == 0		      ? PEL_EMU_SCALAR
		   : qualifier == 1 || qualifier == 2 ? PEL_EMU_POINTER
						      : PEL_EMU_OTHER;
	if (offset + size > PEL_EMU_WINDOW_BYTES || (arg.kind == PEL_EMU_POINTER && size != 8))
		return pel_fail(ld->err, -EINVAL, element->place,
				"argument '%s' of kernel '%s' does not fit the registers: offset %u, size %u",
				arg.name, kernel->name, arg.offset, arg.size);
	if (pel_grow(&kernel->args, &kernel->args_capacity, kernel->n_args + 1, sizeof(arg)) < 0)
		return pel_nomem(ld->err);
	kernel->args[kernel->n_args++] = arg;
	if (kernel->extent < offset + size)
		kernel->extent = (uint32_t)(offset + size);
	return 0;
}

static int start_remap(struct loader *ld, const struct pel_xml_element *element)
{
	struct pel_emu_metadata *metadata = ld->metadata;
	struct pel_emu_cu_decl cu = { .name = ld->instance, .kernel = metadata->n_kernels - 1 };
	int r = take_number(ld, element, "base", UINT64_MAX, &cu.base);

	if (r < 0)
		return r;
	if (metadata->n_cus == PEL_EMU_CUS_MAX)
		return pel_fail(ld->err, -EINVAL, element->place, "there are more than %d compute units",
				PEL_EMU_CUS_MAX);
	for (size_t i = 0; i < metadata->n_cus; i++)
		if (metadata->cus[i].base == cu.base && !metadata->kernels[cu.kernel].free_running)
			return pel_fail(ld->err, -EINVAL, element->place,
					"compute units '%s' and '%s' have the same base address", cu.name,
					metadata->cus[i].name);
	if (pel_grow(&metadata->cus, &metadata->cus_capacity, metadata->n_cus + 1, sizeof(cu)) < 0)
		return pel_nomem(ld->err);
	metadata->cus[metadata->n_cus++] = cu;
	return 0;
}

static int on_start(void *context, const struct pel_xml_element *element)
{
	struct loader *ld = context;
	enum element parent = ld->depth ? ld->open[ld->depth - 1] : ELEMENT_OTHER, this = ELEMENT_OTHER;
	int r = 0;

	if (ld->depth == DEPTH_MAX)
		return pel_fail(ld->err, -EINVAL, element->place, "elements are nested more than %d deep",
				DEPTH_MAX);
	if (strcmp(element->name, "kernel") == 0 && parent == ELEMENT_OTHER) {
		this = ELEMENT_KERNEL;
		r = start_kernel(ld, element);
	} else if (strcmp(element->name, "arg") == 0 && parent == ELEMENT_KERNEL) {
		r = start_arg(ld, element);
	} else if (strcmp(element->name, "instance") == 0 && parent == ELEMENT_KERNEL) {
		this = ELEMENT_INSTANCE;
		r = take_text(ld, element, "name", &ld->instance);
	} else if (strcmp(element->name, "addrRemap") == 0 && parent == ELEMENT_INSTANCE) {
		r = start_remap(ld, element);
	}
	ld->open[ld->depth++] = this;
	return r;
}

static int on_end(void *context)
{
	struct loader *ld = context;

	ld->depth--;
	return 0;
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

int pel_emu_metadata_parse(struct pel_emu_metadata *ret, const char *file, const char *text, size_t size,
			   struct pel_error *err)
{
	struct loader ld = { .metadata = ret, .err = err };
	struct pel_xml_handler handler = { on_start, on_end, on_text, on_stray, &ld };
	struct pel_source source = pel_source_of(file, text, size);
	int r;

	*ret = (struct pel_emu_metadata){ 0 };
	r = pel_source_check(&source, err);
	return r < 0 ? r : pel_xml_parse(&source, &handler, err);
}

void pel_emu_metadata_fini(struct pel_emu_metadata *metadata)
{
	for (size_t i = 0; i < metadata->n_kernels; i++)
		pel_free(metadata->kernels[i].args);
	pel_free(metadata->kernels);
	pel_free(metadata->cus);
	pel_arena_fini(&metadata->arena);
	*metadata = (struct pel_emu_metadata){ 0 };
}
