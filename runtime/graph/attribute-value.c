/* SPDX-License-Identifier: Apache-2.0 */
#include "attribute-value.h"

#include <string.h>
#include "graph-model.h"

/* Is the text from `at` to `end` one name? */
static bool is_name_part(const char *at, const char *end)
{
	char name[201];

	if ((size_t)(end - at) >= sizeof(name))
		return false;
	memcpy(name, at, (size_t)(end - at));
	name[end - at] = 0;
	return pel_is_name(name);
}

/* Is it `least` to `most` names with `separator` between them? */
static bool is_names(const char *text, char separator, unsigned least, unsigned most)
{
	const char *end;
	unsigned n = 0;

	for (;; text = end + 1) {
		end = strchrnul(text, separator);
		if (!is_name_part(text, end) || ++n > most)
			return false;
		if (!*end)
			return n >= least;
	}
}

static bool is_digits(const char *at, const char *end)
{
	size_t n = (size_t)(end - at);

	return n >= 1 && n <= 9 && strspn(at, "0123456789") >= n;
}

static bool is_on(const char *text)
{
	const char *end;

	if (strchr(text, '$')) /* checked later, when parameters are known */
		return true;
	if (strcmp(text, "cpu") == 0 || strcmp(text, "fpga") == 0 || strcmp(text, "auto") == 0)
		return true;
	if (strncmp(text, "cpu:", 4) == 0)
		return is_digits(text + 4, text + strlen(text));
	if (strncmp(text, "fpga:", 5) != 0)
		return false;
	end = strchrnul(text, '/');
	return is_digits(text + 5, end) && (!*end || pel_is_name(end + 1));
}

static bool is_one_of(const char *text, const char *const *words, struct pel_near *near)
{
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return true;
		pel_near_try(near, text, *words);
	}
	return false;
}

static const char *const bool_words[] = { "true", "false", NULL };
static const char *const tail_words[] = { "drop", "pad", "error", NULL };
static const char *const on_fault_words[] = { "fail", "restart", "cpu", NULL };

/* The most likely first: of two equally similar ones, the first is proposed. */
static const char *const param_types[] = { "i64",   "f64",    "bool",	"string", "u8",	   "i8",    "u16",
					   "i16",   "u32",    "i32",	"u64",	  "f32",   "f32[]", "f64[]",
					   "i64[]", "u8[]",   "i8[]",	"u16[]",  "i16[]", "u32[]", "i32[]",
					   "u64[]", "cf32[]", "cf64[]", NULL };

/* The messages for a value that fails its check: %s is the attribute, then the value. */
static const struct {
	const char *text, *hint;
	const char *const *words; /* the allowed values */
} checks[] = {
	[PEL_CHECK_SOME] = { .text = "attribute '%s' is empty" },
	[PEL_CHECK_NAME] = { "%s '%s' is not a name",
			     "a name consists of letters, digits, _ and -, starts with a letter or _, and has at most 200 bytes",
			     NULL },
	[PEL_CHECK_KERNEL] = { "%s '%s' is not the name of a kernel",
			       "write MODULE.KERNEL, or the name of a <kernel> of this document", NULL },
	[PEL_CHECK_REGISTERED] = { "%s '%s' is not the name of a registered kernel", "write MODULE.KERNEL",
				   NULL },
	[PEL_CHECK_MODULE] = { "%s '%s' is not the name of a module",
			       "give the name of a module, not its path; PELTON_MODULE_PATH lists the folders to search",
			       NULL },
	[PEL_CHECK_ENDPOINT] = { "%s '%s' does not name a port",
				 "write ACTOR, ACTOR.PORT or the name of a boundary port", NULL },
	[PEL_CHECK_ACTOR] = { "%s '%s' is not the id of an actor",
			      "write ACTOR, or OUTER/INNER for an actor of a nested graph", NULL },
	[PEL_CHECK_PARAM_TYPE] = { "%s '%s' is not allowed for a parameter",
				   "parameters are i64, f64, bool, string, another element type, or a list such as f32[]",
				   param_types },
	[PEL_CHECK_BOOL] = { "%s is '%s', but must be true or false", NULL, bool_words },
	[PEL_CHECK_TAIL] = { "%s is '%s', but must be drop, pad or error", NULL, tail_words },
	[PEL_CHECK_ON_FAULT] = { "%s is '%s', but must be fail, restart or cpu", NULL, on_fault_words },
	[PEL_CHECK_ON] = { "%s '%s' is not a valid placement",
			   "write cpu, cpu:WORKER, fpga, fpga:DEVICE, fpga:DEVICE/CU or auto", NULL },
};

bool pel_attribute_value_is_valid(enum pel_check check, const char *text, struct pel_near *near)
{
	switch (check) {
	case PEL_CHECK_TEXT:
		return true;
	case PEL_CHECK_SOME:
		return *text;
	case PEL_CHECK_NAME:
	case PEL_CHECK_MODULE:
		return pel_is_name(text);
	case PEL_CHECK_KERNEL:
		return is_names(text, '.', 1, 2);
	case PEL_CHECK_REGISTERED:
		return is_names(text, '.', 2, 2);
	case PEL_CHECK_ENDPOINT:
		return is_names(text, '.', 1, 2);
	case PEL_CHECK_ACTOR:
		return is_names(text, '/', 1, PEL_MAX_DEPTH + 1);
	case PEL_CHECK_ON:
		return is_on(text);
	case PEL_CHECK_PARAM_TYPE:
	case PEL_CHECK_BOOL:
	case PEL_CHECK_TAIL:
	case PEL_CHECK_ON_FAULT:
		break;
	}
	return is_one_of(text, checks[check].words, near);
}

const char *pel_attribute_value_words(enum pel_check check, const char **hint)
{
	*hint = checks[check].hint;
	return checks[check].text;
}
