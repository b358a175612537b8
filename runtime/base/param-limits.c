/* SPDX-License-Identifier: Apache-2.0 */
#include "param-limits.h"

#include <string.h>

const char *pel_limits_wrong(const struct pel_param_desc *param)
{
	bool list = strstr(param->type, "[]") != NULL, complex = param->type[0] == 'c';
	bool string = strcmp(param->type, "string") == 0, boolean = strcmp(param->type, "bool") == 0;
	bool integer = !list && !string && strchr("iu", param->type[0]);

	if (param->least && (string || boolean || complex))
		return "a minimum";
	if (param->most && (string || boolean || complex))
		return "a maximum";
	if (param->one_of && !string && !integer)
		return "a list of allowed values";
	if ((param->least_count || param->most_count) && !list)
		return "a limit on its number of elements";
	return param->ends && !string ? "endings" : NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

const char *pel_next_word(const char **at, size_t *length)
{
	const char *word = *at;
	size_t n;

	if (!word)
		return NULL;
	n = strcspn(word, ",");
	*at = word[n] ? word + n + 1 : NULL;
	for (; n && is_space(*word); n--)
		word++;
	while (n && is_space(word[n - 1]))
		n--;
	*length = n;
	return word;
}
