/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_ATTRIBUTE_VALUE_H
#define PEL_ATTRIBUTE_VALUE_H

#include "support.h"

/* The values that attributes can have. */

/* The check of an attribute's value. */
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

/* Does `text` pass `check`? `near` receives candidates for "did you mean". */
bool pel_attribute_value_is_valid(enum pel_check check, const char *text, struct pel_near *near);
/* The message for a value that fails: %s is the attribute, then the value (for PEL_CHECK_SOME, only the attribute). *hint: NULL: none. */
const char *pel_attribute_value_words(enum pel_check check, const char **hint);

#endif
