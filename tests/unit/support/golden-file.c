/* SPDX-License-Identifier: Apache-2.0 */
#include "golden-file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int golden_is_document(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 4 && strcmp(entry->d_name + n - 4, ".xml") == 0;
}

char **golden_names(const char *folder, int (*filter)(const struct dirent *entry), int *n)
{
	const char *source = getenv("SOURCE_DIR");
	struct dirent **entries;
	char **names;

	if ((source && chdir(source) < 0) || chdir(folder) < 0 ||
	    (*n = scandir(".", &entries, filter ? filter : golden_is_document, alphasort)) < 0)
		abort();
	names = calloc((size_t)*n + 1, sizeof(*names));
	for (int i = 0; names && i < *n; i++) {
		names[i] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return names;
}

void golden_free(char **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

char *golden_read(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		return strdup("");
	if (getdelim(&text, &size, '\0', in) < 0 && text)
		*text = 0;
	fclose(in);
	return text ? text : strdup("");
}

void golden_expect(const char *name, const char *ending, const char *found)
{
	char path[300], *wanted;
	FILE *out;

	snprintf(path, sizeof(path), "%.*s%s", (int)strlen(name) - 4, name, ending);
	if (getenv("PELTON_UPDATE_GOLDEN")) {
		out = fopen(path, "w");
		ck_assert(out && fputs(found, out) >= 0 && fclose(out) == 0);
	}
	wanted = golden_read(path);
	ck_assert_msg(strcmp(found, wanted) == 0, "%s says:\n%swanted:\n%s", name, found, wanted);
	free(wanted);
}
