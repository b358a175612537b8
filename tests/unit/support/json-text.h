/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_JSON_TEXT_H
#define PEL_TEST_JSON_TEXT_H

#include <stdio.h>

/* A stream whose text can be looked at. */

extern char *text;
extern size_t text_size;
FILE *open_text(void);
const char *text_of(FILE *out);
void assert_valid_json(const char *json);

#endif
