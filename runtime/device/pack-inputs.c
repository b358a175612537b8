/* SPDX-License-Identifier: Apache-2.0 */
#include "pack-inputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "read-file.h"

/* A compiler lists the files it read as a make rule, "output: file file \<newline> file". Check that our output is not among them. */
#define RULE_MAX ((size_t)64 << 20)

static const struct pel_place nowhere;

/* The next file of the rule, with escapes removed in place; NULL: no more. */
static char *next_file(char **rule)
{
	char *at = *rule, *file, *to;

	while (*at == ' ' || *at == '\n' || (at[0] == '\\' && at[1] == '\n'))
		at++;
	for (file = to = at; *at && *at != ' ' && *at != '\n'; at++) {
		if (at[0] == '\\' && at[1] == '\n')
			break;
		if ((at[0] == '\\' && (at[1] == ' ' || at[1] == '#')) || (at[0] == '$' && at[1] == '$'))
			at++;
		*to++ = *at;
	}
	*rule = *at ? at + 1 : at;
	*to = '\0';
	return *file ? file : NULL;
}

/* Is `file`, relative to the private folder in which the compiler ran, the output? */
static bool is_output(struct pack *pack, const char *file, const struct stat *output)
{
	const char *path = file[0] == '/' ? file : pel_arena_printf(&pack->arena, "%s/%s", pack->dir, file);
	struct stat st;

	return path && stat(path, &st) == 0 && st.st_dev == output->st_dev && st.st_ino == output->st_ino;
}

int pel_pack_check_inputs(struct pack *pack, const char *source, const char *rule_path)
{
	struct stat output;
	char *rule = NULL, *at, *file;
	size_t size;
	int r;

	if (stat(pack->output, &output) < 0)
		return 0;
	r = pel_read_file(rule_path, RULE_MAX, false, &rule, &size, NULL);
	if (r < 0)
		return pel_fail(pack->err, r, nowhere,
				"cannot read the compiler's list of files read for '%s': %s", source,
				pel_read_file_error(r));
	at = strstr(rule, ": ");
	at = at ? at + 1 : rule + strlen(rule);
	while (r == 0 && (file = next_file(&at)))
		if (is_output(pack, file, &output))
			r = pel_fail(pack->err, -EINVAL, nowhere,
				     "the xclbin would overwrite '%s', which the compiler reads for '%s'",
				     pack->output, source);
	pel_free(rule);
	if (r == -EINVAL)
		pel_hint(pack->err, "write to another file");
	return r;
}
