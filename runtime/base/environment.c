/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

enum kind {
	TEXT,	/* anything; its user reports errors */
	FOLDER, /* an existing folder */
	FLAG,	/* 0 or 1 */
	NUMBER, /* from `least` to `most` */
	CHOICE, /* one of the words */
};

/* docs/debugging.md lists them too; tests/house/variables.sh compares. */
static const struct variable {
	const char *name;
	enum kind kind;
	uint64_t least, most;
	const char *unit;  /* of a number: its meaning, for messages */
	const char *words; /* of a choice, separated by spaces */
} variables[] = {
	{ .name = "PELTON_CC", .kind = TEXT },
	{ .name = "PELTON_CPU", .kind = TEXT }, /* pel_cpu_check() */
	{ .name = "PELTON_CXX", .kind = TEXT },
	{ .name = "PELTON_DEVICE_BUFFERS", .kind = CHOICE, .words = "user mapped" },
	{ .name = "PELTON_EMULATOR_EVENTS", .kind = NUMBER, .most = 1u << 20, .unit = "a descriptor number" },
	{ .name = "PELTON_EMULATOR_LOG", .kind = FLAG },
	{ .name = "PELTON_EMULATOR_QUIET", .kind = FLAG },
	{ .name = "PELTON_EMULATOR_TIMEOUT_MS",
	  .kind = NUMBER,
	  .most = 86400000,
	  .unit = "a number of milliseconds" },
	{ .name = "PELTON_EMULATOR_UNITS",
	  .kind = NUMBER,
	  .least = 1,
	  .most = 128,
	  .unit = "a number of compute units" },
	{ .name = "PELTON_EMULATOR_WAIT", .kind = FLAG },
	{ .name = "PELTON_EMULATOR_WINDOWS", .kind = NUMBER, .most = 1u << 20, .unit = "a descriptor number" },
	{ .name = "PELTON_HELPER_LIMIT_S", .kind = NUMBER, .least = 1, .most = 86400, .unit = "a number of seconds" },
	{ .name = "PELTON_LIBEXEC", .kind = FOLDER },
	{ .name = "PELTON_MODULE_PATH", .kind = TEXT },
};

#define N_VARIABLES (sizeof(variables) / sizeof(variables[0]))

const char *pel_environment_name(size_t index)
{
	return index < N_VARIABLES ? variables[index].name : NULL;
}

const char *pel_env(const char *name)
{
	const char *value = secure_getenv(name);

	return value && *value ? value : NULL;
}

static const struct variable *find(const char *name)
{
	for (size_t i = 0; i < N_VARIABLES; i++)
		if (strcmp(variables[i].name, name) == 0)
			return &variables[i];
	return NULL;
}

/* ---- values ---- */

/* Digits alone: no sign, no blanks. */
static bool parse_number(const struct variable *variable, const char *text, uint64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 && !*end && *ret >= variable->least && *ret <= variable->most;
}

static bool is_choice(const char *words, const char *text)
{
	size_t length = strlen(text);

	if (strchr(text, ' '))
		return false;
	for (const char *at = words; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
		if (strncmp(at, text, length) == 0 && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

bool pel_env_number(const char *name, uint64_t *ret)
{
	const struct variable *variable = find(name);
	const char *text = pel_env(name);

	return variable && text && parse_number(variable, text, ret);
}

bool pel_env_flag(const char *name)
{
	const char *text = pel_env(name);

	return text && strcmp(text, "1") == 0;
}

/* ---- checking ---- */

/* NULL if the value is allowed; else a description of the allowed values, perhaps in `text`. */
static const char *objection(const struct variable *variable, const char *value, char *text, size_t bytes)
{
	struct stat status;
	uint64_t number;

	switch (variable->kind) {
	case TEXT:
		return strspn(value, " \t") == strlen(value) ? "it must not be blank" : NULL;
	case FOLDER:
		return stat(value, &status) == 0 && S_ISDIR(status.st_mode) ? NULL
									    : "it must be an existing folder";
	case FLAG:
		return strcmp(value, "0") == 0 || strcmp(value, "1") == 0 ? NULL : "it must be 0 or 1";
	case NUMBER:
		if (parse_number(variable, value, &number))
			return NULL;
		snprintf(text, bytes, "it must be %s, from %llu to %llu", variable->unit,
			 (unsigned long long)variable->least, (unsigned long long)variable->most);
		return text;
	case CHOICE:
		if (is_choice(variable->words, value))
			return NULL;
		snprintf(text, bytes, "it must be one of: %s", variable->words);
		return text;
	}
	return NULL;
}

int pel_environment_check(struct pel_error *err)
{
	int status = 0;

	for (size_t i = 0; i < N_VARIABLES; i++) {
		const char *value = pel_env(variables[i].name), *allowed;
		char text[128], quoted[PEL_QUOTE_BYTES];

		if (!value || !(allowed = objection(&variables[i], value, text, sizeof(text))))
			continue;
		status = pel_fail(err, -EINVAL, (struct pel_place){ 0 },
				  "the environment variable %s is '%s'; %s", variables[i].name,
				  pel_quote(value, strlen(value), quoted), allowed);
		pel_hint(err, "correct it, or unset %s", variables[i].name);
	}
	return status;
}
