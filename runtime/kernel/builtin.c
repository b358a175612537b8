/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin.h"

#include <errno.h>
#include <string.h>
#include "registry.h"

const struct pel_builtin_module pel_builtin_modules[] = {
	{ "core", &pel_core_module },
	{ "dsp", &pel_dsp_module },
	{ "file", &pel_file_module },
	{ "bench", &pel_bench_module },
	{ NULL, NULL },
};

int pel_state_alloc(struct pel_info *info, size_t bytes, void **state)
{
	void *memory = pel_calloc(1, bytes);

	if (!memory)
		return pel_info_fail(info, -ENOMEM, "out of memory");
	*state = memory;
	return 0;
}

int pel_token_state_create(struct pel_info *info, const struct pel_type *type, void **state)
{
	struct pel_token_state *token;
	int r = pel_state_alloc(info, sizeof(*token), state);

	if (r < 0)
		return r;
	token = *state;
	token->bytes = pel_type_bytes(type);
	token->elements = pel_type_elements(type);
	token->elem = type->elem;
	return 0;
}

int pel_need_numeric(struct pel_info *info, const char *port, const struct pel_type *type)
{
	char text[192];

	if (!type || type->elem != PEL_ELEM_BYTES)
		return 0;
	pel_info_fail(info, -EINVAL, "port '%s' has type %s; this kernel computes with numbers", port,
		      pel_type_format(type, text, sizeof(text)));
	return pel_info_hint(info, -EINVAL, "core.reshape can reinterpret the bytes as numbers");
}

int pel_fail_filter_type(struct pel_info *info, const struct pel_type *type)
{
	char text[192];

	pel_info_fail(info, -EINVAL, "port 'in' has type %s; this kernel filters f32 or cf32",
		      pel_type_format(type, text, sizeof(text)));
	if (type->elem == PEL_ELEM_BYTES)
		return -EINVAL;
	if (type->n_dims)
		return pel_info_hint(info, -EINVAL,
				     "core.ungroup passes on the elements of an array one by one");
	return pel_info_hint(info, -EINVAL, "core.convert changes the element type");
}

bool pel_elem_is_complex(enum pel_elem elem)
{
	return elem == PEL_ELEM_CF32 || elem == PEL_ELEM_CF64;
}

enum pel_elem pel_elem_part(enum pel_elem elem)
{
	return elem == PEL_ELEM_CF32 ? PEL_ELEM_F32 : elem == PEL_ELEM_CF64 ? PEL_ELEM_F64 : elem;
}

/* ---- types as parameters ---- */

#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static const char *skip_space(const char *text)
{
	return text + strspn(text, " \t\n");
}

/* Reads a decimal number >= 1. NULL: there is none, or it is too large. */
static const char *read_size(const char *text, uint64_t *ret)
{
	uint64_t value = 0;

	text = skip_space(text);
	if (*text < '0' || *text > '9')
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++)
		if ((value = value * 10 + (uint64_t)(*text - '0')) > PEL_MAX_TOKEN_BYTES)
			return NULL;
	*ret = value;
	return value ? skip_space(text) : NULL;
}

/* Reads "4,4" up to `end`, which is skipped unless it is NUL. */
static const char *read_dims(const char *text, char end, struct pel_type *ret)
{
	do {
		if (ret->n_dims == PEL_MAX_DIMS || !(text = read_size(text, &ret->dims[ret->n_dims])))
			return NULL;
		ret->n_dims++;
	} while (*text++ == ',');
	if (text[-1] != end)
		return NULL;
	return end ? skip_space(text) : text - 1;
}

/* Reads an element type: "bytes[16]", "u8". */
static const char *read_elem(const char *text, struct pel_type *ret)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789");

	for (unsigned elem = PEL_ELEM_U8; elem <= PEL_ELEM_BYTES; elem++) {
		const char *name = pel_elem_name((enum pel_elem)elem);
		uint64_t bytes;

		if (strlen(name) != length || strncmp(name, text, length) != 0)
			continue;
		text = skip_space(text + length);
		ret->elem = (enum pel_elem)elem;
		ret->elem_bytes = pel_elem_bytes(ret->elem);
		if (elem != PEL_ELEM_BYTES)
			return text;
		if (*text != '[' || !(text = read_size(text + 1, &bytes)) || *text != ']')
			return NULL;
		ret->elem_bytes = (uint32_t)bytes;
		return skip_space(text + 1);
	}
	return NULL;
}

int pel_type_read(const char *text, const struct pel_type *elem_of, struct pel_type *ret)
{
	struct pel_type type = { 0 };
	uint64_t bytes;

	text = skip_space(text);
	if (elem_of && (*text == '[' || (*text >= '0' && *text <= '9'))) {
		type.elem = elem_of->elem;
		type.elem_bytes = elem_of->elem_bytes;
		text = *text == '[' ? read_dims(text + 1, ']', &type) : read_dims(text, '\0', &type);
	} else if ((text = read_elem(text, &type)) && *text == '[') {
		text = read_dims(text + 1, ']', &type);
	}
	if (!text || *text)
		return -EINVAL;
	bytes = type.elem_bytes;
	for (uint32_t i = 0; i < type.n_dims; i++)
		if (__builtin_mul_overflow(bytes, type.dims[i], &bytes) || bytes > PEL_MAX_TOKEN_BYTES)
			return -EINVAL;
	*ret = type;
	return 0;
}

int pel_param_type(struct pel_info *info, const char *param, const struct pel_type *elem_of,
		   struct pel_type *ret)
{
	const char *text = pel_info_string(info, param), *meant;

	if (pel_type_read(text, elem_of, ret) == 0)
		return 0;
	pel_info_fail_param(info, param, -EINVAL, "parameter '%s' is '%.100s', which is not a type", param,
			    text);
	meant = pel_elem_meant(text, strspn(text, WORD_CHARACTERS));
	if (meant)
		return pel_info_hint(info, -EINVAL, "did you mean '%s'?", meant);
	return pel_info_hint(
		info, -EINVAL,
		"types are written like u8, f32[3], u8[1080,1920] or bytes[16]; a token has at most %llu bytes",
		(unsigned long long)PEL_MAX_TOKEN_BYTES);
}
