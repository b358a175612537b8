/* SPDX-License-Identifier: Apache-2.0 */
#include "expr-case.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const float three_taps[] = { 0.25f, 0.5f, -1.0f };
static const uint8_t two_bytes[] = { 0, 255 };

static const struct {
	const char *name;
	struct pel_value value;
} params[] = {
	{ "n", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64, .i64 = 16 } },
	{ "width", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_U32, .i64 = 640 } },
	{ "frame-size", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_I64, .i64 = 1024 } },
	{ "big", { .kind = PEL_VALUE_I64, .elem = PEL_ELEM_U64, .i64 = -1 } },
	{ "half", { .kind = PEL_VALUE_F64, .elem = PEL_ELEM_F64, .f64 = 0.5 } },
	{ "fast", { .kind = PEL_VALUE_BOOL, .boolean = true } },
	{ "photo", { .kind = PEL_VALUE_STRING, .string = "earth.jpg", .dir = "/photos" } },
	{ "taps", { .kind = PEL_VALUE_LIST, .elem = PEL_ELEM_F32, .list = { three_taps, 3 } } },
	{ "bytes", { .kind = PEL_VALUE_LIST, .elem = PEL_ELEM_U8, .list = { two_bytes, 2 } } },
};

static const struct pel_value *find(const void *context, const char *name, struct pel_near *near)
{
	(void)context;
	for (int i = 0; i < COUNT(params); i++) {
		if (strcmp(params[i].name, name) == 0)
			return &params[i].value;
		if (near)
			pel_near_try(near, name, params[i].name);
	}
	return NULL;
}

const struct pel_scope scope = { find, NULL };
const struct pel_place place = { "g.xml", 3, 7 };

void ck_expr_error(struct pel_error *err, const char *wanted)
{
	char said[1024];

	ck_assert_msg(err->count == 1, "%zu errors instead of: %s", err->count, wanted);
	snprintf(said, sizeof(said), "%s%s%s", err->items[0].text, err->items[0].hint ? "; " : "",
		 err->items[0].hint ? err->items[0].hint : "");
	ck_assert_str_eq(said, wanted);
	ck_assert_str_eq(err->items[0].file, "g.xml");
	ck_assert_uint_eq(err->items[0].line, 3);
	ck_assert_uint_eq(err->items[0].col, 7);
	pel_error_fini(err);
}

void ck_value(const struct pel_value *value, const char *wanted)
{
	char said[128];

	switch (value->kind) {
	case PEL_VALUE_I64:
		if (value->elem == PEL_ELEM_U64)
			snprintf(said, sizeof(said), "%s %llu", pel_elem_name(value->elem),
				 (unsigned long long)value->i64);
		else
			snprintf(said, sizeof(said), "%s %lld", pel_elem_name(value->elem),
				 (long long)value->i64);
		break;
	case PEL_VALUE_F64:
		snprintf(said, sizeof(said), "%s %.17g", pel_elem_name(value->elem), value->f64);
		break;
	case PEL_VALUE_BOOL:
		snprintf(said, sizeof(said), "bool %s", value->boolean ? "true" : "false");
		break;
	case PEL_VALUE_STRING:
		snprintf(said, sizeof(said), "string %s", value->string);
		break;
	case PEL_VALUE_LIST:
		snprintf(said, sizeof(said), "%s[] of %zu", pel_elem_name(value->elem), value->list.count);
		break;
	}
	ck_assert_str_eq(said, wanted);
}
