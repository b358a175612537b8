/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XML_NAME_H
#define PEL_XML_NAME_H

#include <stddef.h>
#include <stdint.h>

/* The character that `text`, which is UTF-8, begins with, and how many bytes it has. */
uint32_t pel_xml_character(const char *text, size_t *length);

/* Bytes of the XML name that `text` begins with; 0: none. */
size_t pel_xml_name_length(const char *text, size_t size);

#endif
