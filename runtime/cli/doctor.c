/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "messages.h"

static bool missing; /* something that Pelton needs is missing */

void doctor_fact(const char *state, const char *what, const char *fmt, ...)
{
	va_list ap;

	missing = missing || strcmp(state, "MISSING") == 0;
	printf("%-7s  %-16s  ", state, what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void doctor_mend(const char *fmt, ...)
{
	va_list ap;

	printf("%-7s  %-16s  -> ", "", "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

bool doctor_missing(void)
{
	return missing;
}

/* ---- programs and libraries ---- */

/* The full path of an executable file on PATH, to be freed; NULL: none. */
char *doctor_find_program(const char *name)
{
	const char *path = getenv("PATH");

	for (const char *part = path ? path : "/usr/bin:/bin"; *part;
	     part += strcspn(part, ":"), part += *part == ':') {
		size_t length = strcspn(part, ":");
		char *file = cli_format("%.*s/%s", length ? (int)length : 1, length ? part : ".", name);

		if (access(file, X_OK) == 0)
			return file;
		free(file);
	}
	return NULL;
}

/* The first file that matches a pattern, to be freed; NULL: none. */
static char *find_file(const char *pattern)
{
	glob_t found;
	char *file = NULL;

	if (glob(pattern, 0, NULL, &found) == 0) {
		file = cli_format("%s", found.gl_pathv[0]);
		globfree(&found);
	}
	return file;
}

/* Search the folders of a list like PATH in order. */
static char *find_in_folders(const char *folders, const char *name)
{
	while (folders && *folders) {
		size_t length = strcspn(folders, ":");
		char *pattern = cli_format("%.*s/%s", (int)length, folders, name);
		char *file = length ? find_file(pattern) : NULL;

		free(pattern);
		if (file)
			return file;
		folders += length;
		folders += *folders == ':';
	}
	return NULL;
}

/* The path from which a program would load the library, to be freed; NULL: none. */
char *doctor_find_library(const char *name)
{
	const char *xilinx = getenv("XILINX_XRT");
	char *folder = xilinx ? cli_format("%s/lib", xilinx) : NULL, *file = find_in_folders(folder, name);

	if (!file)
		file = find_in_folders(getenv("LD_LIBRARY_PATH"), name);
	if (!file)
		file = find_in_folders(
			"/usr/lib:/usr/lib64:/usr/lib/*-linux-gnu:/usr/local/lib:/lib/*-linux-gnu:/opt/xilinx/xrt/lib",
			name);
	free(folder);
	return file;
}
