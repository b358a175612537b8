/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XML_FAULT_H
#define PEL_XML_FAULT_H

#include "source.h"

/*
 * Report the first error that makes `source` not well-formed. The message and the place do not depend on the release of libxml2
 * (libxml2's own messages do). The document has passed pel_source_check(). Reads the document from the beginning, with a separate stack
 * of open elements.
 * Returns -EINVAL (with a message), -ENOMEM (without), or 0 if the document is well-formed.
 */
int pel_xml_explain_fault(struct pel_source *source, struct pel_error *err);

#endif
