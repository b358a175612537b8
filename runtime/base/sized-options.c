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

int pel_options_take(void *to, size_t known, size_t first, const void *from, const char *name,
		     struct pel_error *err)
{
	const unsigned char *bytes = from;
	size_t size = known;

	memset(to, 0, known);
	if (from)
		memcpy(&size, from, sizeof(size));
	/* Each of these structs is aligned like its member `size`. */
	if (size < first || size % sizeof(size) || size > SIZE_LIMIT)
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

int pel_options_need(const void *pointer, const char *name, const char *member, struct pel_error *err)
{
	return pointer ? 0
		       : pel_fail(err, -EINVAL, nowhere, "the member '%s' of %s must be set, but it is NULL",
				  member, name);
}

int pel_options_need_list(const void *list, size_t n, const char *name, const char *member,
			  struct pel_error *err)
{
	return list || !n ? 0
			  : pel_fail(err, -EINVAL, nowhere, "the member '%s' of %s is NULL, but 'n_%s' is %zu",
				     member, name, member, n);
}

int pel_options_need_element(const void *pointer, const char *name, const char *member, size_t i,
			     const char *part, struct pel_error *err)
{
	return pointer ? 0
		       : pel_fail(err, -EINVAL, nowhere, "'%s[%zu]%s' in %s must be set, but it is NULL",
				  member, i, part, name);
}

int pel_options_need_strings(const char *const *list, size_t n, const char *name, const char *member,
			     struct pel_error *err)
{
	int r = pel_options_need_list(list, n, name, member, err);

	for (size_t i = 0; i < n && r == 0; i++)
		r = pel_options_need_element(list[i], name, member, i, "", err);
	return r;
}
