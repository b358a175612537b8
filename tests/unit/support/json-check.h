/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_JSON_CHECK_H
#define PEL_TEST_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Is `text` one JSON value (RFC 8259), in UTF-8, with no key twice in an object, and nothing after it but white space? If not, *at is where
 * it stops being one.
 */
bool json_is_valid(const char *text, size_t *at);

/*
 * The text of the value at `path` ("stages.0.actors.1"), as it stands in `text`, in a buffer that the next call
 * overwrites; NULL: there is none. `text` must be valid.
 */
const char *json_at(const char *text, const char *path);

#endif
