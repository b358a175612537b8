/* SPDX-License-Identifier: Apache-2.0 */
#include "sized-options.h"

#include <errno.h>
#include <string.h>

/* No struct will ever be larger; a larger size was not initialised. */
#define SIZE_LIMIT 4096

static const struct pel_place nowhere;

static int not_a_size(const char *name, size_t size, struct pel_error *err)
{
	pel_fail(err, -EINVAL, nowhere, "the member 'size' of %s is %zu, which is not a valid size", name,
		 size);
	pel_hint(err, "initialise it with { .size = sizeof(%s) }", name);
	return -EINVAL;
}

int pel_options_take(void *to, size_t known, const void *from, const char *name, struct pel_error *err)
{
	const unsigned char *bytes = from;
	size_t size = known;

	memset(to, 0, known);
	if (from)
		memcpy(&size, from, sizeof(size));
	/* Each of these structs is aligned like its member `size`. */
	if (size == 0 || size % sizeof(size) || size > SIZE_LIMIT)
		return not_a_size(name, size, err);
	for (size_t i = known; i < size; i++)
		if (bytes[i]) {
			pel_fail(err, -EINVAL, nowhere,
				 "%s has %zu bytes, but libpelton " PEL_VERSION
				 " knows only the first %zu, and a member after them is set",
				 name, size, known);
			pel_hint(err,
				 "run the program with the libpelton that it was built for, or with a newer one");
			return -EINVAL;
		}
	if (from)
		memcpy(to, from, size < known ? size : known);
	memcpy(to, &known, sizeof(known));
	return 0;
}
