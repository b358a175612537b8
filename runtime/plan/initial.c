/* SPDX-License-Identifier: Apache-2.0 */
#include "initial.h"

#include <errno.h>
#include <string.h>
#include "compiler.h"
#include "instance-model.h"
#include "document.h"
#include "params.h"

/* Reads <initial>, the values of a channel's first tokens. */

/* Replace the white space between the numbers by commas, which makes the text a list; inside parentheses it stays. */
static char *to_list(struct compiler *c, const char *text)
{
	char *list = pel_compiler_alloc_brief(c, strlen(text) + 1, 1), *to = list;
	unsigned depth = 0;

	for (; list && *text; text++) {
		bool space = strchr(" \t\r\n", *text) != NULL;

		depth += *text == '(' || *text == '{';
		depth -= depth && (*text == ')' || *text == '}');
		if (!space || depth) {
			*to++ = *text;
			continue;
		}
		while (text[1] && strchr(" \t\r\n", text[1]))
			text++;
		if (to > list && to[-1] != ',' && text[1] && text[1] != ',')
			*to++ = ',';
	}
	return list;
}

static bool all_zero(const unsigned char *bytes, uint64_t n)
{
	return !n || (!bytes[0] && memcmp(bytes, bytes + 1, n - 1) == 0);
}

int pel_initial_values(struct compiler *c, uint32_t index)
{
	struct pel_plan_channel *channel = &c->plan->channels[index];
	const struct pel_type *type = c->plan->actors[channel->from].out[channel->from_port].type;
	const struct instance *instance = c->written[index].instance;
	const struct pel_decl_channel *decl = c->written[index].decl;
	bool bytes = type->elem == PEL_ELEM_BYTES;
	uint64_t elements = pel_type_elements(type) * (bytes ? type->elem_bytes : 1);
	struct pel_place place = pel_document_place(instance->document, decl->values_line, decl->values_col);
	char what[600], list_type[16], text[192];
	struct pel_value value;
	char *list = to_list(c, decl->values);
	int r;

	if (!list)
		return -ENOMEM;
	snprintf(what, sizeof(what), "initial tokens of channel %s", channel->name);
	snprintf(list_type, sizeof(list_type), "%s[]", bytes ? "u8" : pel_elem_name(type->elem));
	r = pel_param_value(list_type, list, &instance->params->scope, what, instance->document->dir, place,
			    &c->plan->arena, &value, c->err);
	if (r < 0)
		return r;
	if (value.list.count % elements)
		return pel_fail(c->err, -EINVAL, place,
				"%s: %zu element%s a whole number of tokens of type %s, which have %llu each",
				what, value.list.count,
				value.list.count == 1 ? " does not make" : "s do not make",
				pel_type_format(type, text, sizeof(text)), (unsigned long long)elements);
	channel->initial = value.list.count / elements;
	if (!all_zero(value.list.data, channel->initial * pel_type_bytes(type)))
		channel->initial_values = value.list.data;
	return 0;
}
