/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DWARF_H
#define PEL_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The functions of a compiled object, read from its debug information. This is a separate module (pelton-dwarf.so), so that only packing
 * needs elfutils. All strings are valid during the callback only.
 */
enum pel_dwarf_kind {
	PEL_DWARF_SIGNED,
	PEL_DWARF_UNSIGNED,
	PEL_DWARF_BOOL,
	PEL_DWARF_FLOAT,
	PEL_DWARF_POINTER, /* `target` and `bytes` describe what it points at; bytes 0: void, or unknown */
	PEL_DWARF_OTHER,   /* a struct, a reference, a pointer to a function: not allowed for kernels */
};

struct pel_dwarf_arg {
	const char *name;
	const char *type; /* for messages */
	enum pel_dwarf_kind kind;
	uint32_t bytes;
	enum pel_dwarf_kind target; /* of a pointer: the type it points at; OTHER: a struct or the like */
	bool read_only;		    /* of a pointer: to const */
};

struct pel_dwarf_function {
	const char *name;
	const char *symbol; /* the linker's name */
	bool mangled;	    /* C++ without extern "C" */
	const char *file;
	unsigned line;
	bool returns_nothing;
	bool variadic; /* has "..." */
	const struct pel_dwarf_arg *args;
	size_t n_args;
};

/*
 * Call `see` with every external function that the object `path` defines, until `see` returns non-zero. Returns that value, 0, or a negative
 * errno: -EINVAL (no debug information), -ENOMEM, -EIO; `why` then gives the reason.
 */
typedef int pel_dwarf_functions(const char *path,
				int (*see)(void *context, const struct pel_dwarf_function *function),
				void *context, const char **why);
#define PEL_DWARF_SYMBOL "pel_dwarf_functions_v2"

#endif
