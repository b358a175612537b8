/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XML_NAME_H
#define PEL_XML_NAME_H

#include <stddef.h>
#include <stdint.h>

/* Decodes the first character of `text`, which is UTF-8, and stores its length in bytes. */
uint32_t pel_xml_character(const char *text, size_t *length);

/* The length in bytes of the XML name at the beginning of `text`; 0: there is none. */
size_t pel_xml_name_length(const char *text, size_t size);

#endif
