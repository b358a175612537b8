/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XML_FAULT_H
#define PEL_XML_FAULT_H

#include "source.h"

/*
 * Explain the first thing in `source` that keeps it from being well-formed, in words and at a place that are the same for every
 * release of libxml2 (whose own change). The document has passed pel_source_check(). Reads it from its beginning, with a stack of
 * its own for the elements that are open.
 * Returns -EINVAL (explained), -ENOMEM (not explained), or 0 where nothing is wrong with it.
 */
int pel_xml_explain_fault(struct pel_source *source, struct pel_error *err);

#endif
