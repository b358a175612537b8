/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_DWARF_H
#define PEL_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The functions of a compiled object, from its debug information. In a module of its own (pelton-dwarf.so), so that only packing needs
 * elfutils. All strings are lent for the call.
 */
enum pel_dwarf_kind {
	PEL_DWARF_SIGNED,
	PEL_DWARF_UNSIGNED,
	PEL_DWARF_BOOL,
	PEL_DWARF_FLOAT,
	PEL_DWARF_POINTER, /* `target` and `bytes` are of what it points at; bytes 0: void, or not known */
	PEL_DWARF_OTHER,   /* a struct, a reference, a pointer to a function: no argument of a kernel */
};

struct pel_dwarf_arg {
	const char *name;
	const char *type; /* for messages */
	enum pel_dwarf_kind kind;
	uint32_t bytes;
	enum pel_dwarf_kind target; /* of a pointer: what it points at; OTHER: a struct or so */
	bool read_only;		    /* of a pointer: it points at something const */
};

struct pel_dwarf_function {
	const char *name;
	const char *symbol; /* the linker's name */
	bool mangled;	    /* C++ without extern "C" */
	const char *file;
	unsigned line;
	bool returns_nothing;
	bool variadic; /* "...": takes more than args */
	const struct pel_dwarf_arg *args;
	size_t n_args;
};

/*
 * Call `see` with every function that the object `path` defines for others. Stops at the first that returns not 0. Returns that, 0, or a
 * negative errno: -EINVAL (no debug information), -ENOMEM, -EIO; then `why` says more.
 */
typedef int pel_dwarf_functions(const char *path,
				int (*see)(void *context, const struct pel_dwarf_function *function),
				void *context, const char **why);
#define PEL_DWARF_SYMBOL "pel_dwarf_functions_v2"

#endif
