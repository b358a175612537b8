/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ATTRIBUTE_VALUE_H
#define PEL_ATTRIBUTE_VALUE_H

#include "support.h"

/* What values attributes can have. */

/* What an attribute's value must look like. */
enum pel_check {
	PEL_CHECK_TEXT,	      /* anything */
	PEL_CHECK_SOME,	      /* not empty */
	PEL_CHECK_NAME,	      /* pel_is_name() */
	PEL_CHECK_KERNEL,     /* NAME or MODULE.NAME */
	PEL_CHECK_REGISTERED, /* MODULE.NAME */
	PEL_CHECK_MODULE,     /* NAME, and not a path */
	PEL_CHECK_ENDPOINT,   /* ID or ID.PORT */
	PEL_CHECK_ACTOR,      /* ID or ID/ID... */
	PEL_CHECK_PARAM_TYPE,
	PEL_CHECK_BOOL,
	PEL_CHECK_TAIL,
	PEL_CHECK_ON_FAULT,
	PEL_CHECK_ON,
};

/* Is `text` as `check` wants it? `near` gets candidates for "did you mean". */
bool pel_attribute_value_is_valid(enum pel_check check, const char *text, struct pel_near *near);
/* What to say of a value that is not: %s is the attribute, then the value (of PEL_CHECK_SOME the attribute alone). *hint: NULL: none. */
const char *pel_attribute_value_words(enum pel_check check, const char **hint);

#endif
