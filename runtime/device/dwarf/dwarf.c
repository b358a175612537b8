/* SPDX-License-Identifier: Apache-2.0 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../dwarf.h"

#define DEPTH_MAX 64
#define ARGS_MAX  1024 /* further arguments are ignored: a kernel may have far fewer */

/* ---- types ---- */

/* The type of `die`, without typedefs and qualifiers. False: void. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type;

	if (!dwarf_attr_integrate(die, DW_AT_type, &attribute) || !dwarf_formref_die(&attribute, &type))
		return false;
	return dwarf_peel_type(&type, ret) == 0;
}

static uint32_t bytes_of(Dwarf_Die *type)
{
	Dwarf_Word bytes;

	return dwarf_aggregate_size(type, &bytes) == 0 && bytes <= UINT32_MAX ? (uint32_t)bytes : 0;
}

static enum pel_dwarf_kind base_kind(Dwarf_Die *type)
{
	Dwarf_Attribute attribute;
	Dwarf_Word encoding;

	if (!dwarf_attr_integrate(type, DW_AT_encoding, &attribute) ||
	    dwarf_formudata(&attribute, &encoding) != 0)
		return PEL_DWARF_OTHER;
	switch (encoding) {
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		return PEL_DWARF_SIGNED;
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
		return PEL_DWARF_UNSIGNED;
	case DW_ATE_boolean:
		return PEL_DWARF_BOOL;
	case DW_ATE_float:
		return PEL_DWARF_FLOAT;
	default:
		return PEL_DWARF_OTHER;
	}
}

/* An enumeration has the kind of its underlying integer type. */
static enum pel_dwarf_kind enum_kind(Dwarf_Die *type)
{
	Dwarf_Die base;

	return type_of(type, &base) && dwarf_tag(&base) == DW_TAG_base_type ? base_kind(&base)
									    : PEL_DWARF_UNSIGNED;
}

static enum pel_dwarf_kind scalar_kind(Dwarf_Die *type)
{
	switch (dwarf_tag(type)) {
	case DW_TAG_base_type:
		return base_kind(type);
	case DW_TAG_enumeration_type:
		return enum_kind(type);
	default:
		return PEL_DWARF_OTHER;
	}
}

static const char *name_or(Dwarf_Die *die, const char *otherwise)
{
	const char *name = dwarf_diename(die);

	return name ? name : otherwise;
}

/* The name of the type for messages, as written in the source where possible. */
static const char *type_name(Dwarf_Die *parameter, Dwarf_Die *peeled)
{
	Dwarf_Attribute attribute;
	Dwarf_Die written;

	if (dwarf_attr_integrate(parameter, DW_AT_type, &attribute) &&
	    dwarf_formref_die(&attribute, &written) && dwarf_diename(&written))
		return dwarf_diename(&written);
	switch (dwarf_tag(peeled)) {
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return "a reference";
	case DW_TAG_pointer_type:
		return "a pointer";
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return name_or(peeled, "a struct");
	default:
		return name_or(peeled, "?");
	}
}

/* Does the pointer point to const, or to an array of const? */
static bool points_at_const(Dwarf_Die *pointer)
{
	Dwarf_Die at = *pointer;
	Dwarf_Attribute attribute;

	while (dwarf_attr_integrate(&at, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, &at)) {
		switch (dwarf_tag(&at)) {
		case DW_TAG_const_type:
			return true;
		case DW_TAG_typedef:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_array_type:
			break;
		default:
			return false;
		}
	}
	return false;
}

static void describe_arg(Dwarf_Die *parameter, struct pel_dwarf_arg *arg)
{
	Dwarf_Die type, target;

	*arg = (struct pel_dwarf_arg){ .name = name_or(parameter, ""), .type = "?", .kind = PEL_DWARF_OTHER };
	if (!type_of(parameter, &type))
		return;
	arg->type = type_name(parameter, &type);
	arg->bytes = bytes_of(&type);
	if (dwarf_tag(&type) != DW_TAG_pointer_type) {
		arg->kind = scalar_kind(&type);
		return;
	}
	arg->kind = PEL_DWARF_POINTER;
	arg->target = PEL_DWARF_OTHER;
	arg->bytes = 0;
	arg->read_only = points_at_const(&type);
	if (!type_of(&type, &target))
		return;
	if (dwarf_tag(&target) == DW_TAG_subroutine_type) {
		arg->kind = PEL_DWARF_OTHER;
		arg->type = "a pointer to a function";
	}
	arg->target = scalar_kind(&target);
	arg->bytes = bytes_of(&target);
}

/* ---- functions ---- */

static bool is_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	bool value;

	return dwarf_attr_integrate(die, name, &attribute) && dwarf_formflag(&attribute, &value) == 0 && value;
}

static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute))
		return NULL;
	return dwarf_formstring(&attribute);
}

struct walk {
	int (*see)(void *context, const struct pel_dwarf_function *function);
	void *context;
	int result;
	struct pel_dwarf_arg args[ARGS_MAX];
};

static void see_function(Dwarf_Die *die, struct walk *walk)
{
	struct pel_dwarf_function function = { .name = dwarf_diename(die), .args = walk->args };
	Dwarf_Addr low;
	Dwarf_Die child, type;
	int line = 0;

	/* External functions that are defined here. */
	if (!function.name || !is_flag(die, DW_AT_external) || dwarf_hasattr(die, DW_AT_declaration) ||
	    /* A function that the compiler has split into hot and cold parts has ranges instead of a low_pc. */
	    (dwarf_lowpc(die, &low) != 0 && !dwarf_hasattr(die, DW_AT_ranges)))
		return;
	function.symbol = linkage_name(die);
	function.mangled = function.symbol && strcmp(function.symbol, function.name) != 0;
	if (!function.symbol)
		function.symbol = function.name;
	function.file = dwarf_decl_file(die);
	if (dwarf_decl_line(die, &line) == 0)
		function.line = (unsigned)line;
	function.returns_nothing = !type_of(die, &type);
	if (dwarf_child(die, &child) == 0)
		do {
			if (dwarf_tag(&child) == DW_TAG_formal_parameter && function.n_args < ARGS_MAX)
				describe_arg(&child, &walk->args[function.n_args++]);
			function.variadic |= dwarf_tag(&child) == DW_TAG_unspecified_parameters;
		} while (dwarf_siblingof(&child, &child) == 0);
	walk->result = walk->see(walk->context, &function);
}

/* Visit the functions in `scope`: a source file, or a namespace in it, because extern "C" functions may be inside namespaces. */
static void walk_scope(Dwarf_Die *scope, unsigned depth, struct walk *walk)
{
	Dwarf_Die child;

	if (dwarf_child(scope, &child) != 0)
		return;
	do {
		if (dwarf_tag(&child) == DW_TAG_subprogram)
			see_function(&child, walk);
		else if (dwarf_tag(&child) == DW_TAG_namespace && depth < DEPTH_MAX)
			walk_scope(&child, depth + 1, walk);
	} while (!walk->result && dwarf_siblingof(&child, &child) == 0);
}

static int walk_units(Dwarf *dwarf, struct walk *walk)
{
	Dwarf_Off offset = 0, next;
	size_t header;
	bool any = false;

	while (!walk->result && dwarf_nextcu(dwarf, offset, &next, &header, NULL, NULL, NULL) == 0) {
		Dwarf_Die unit;

		if (dwarf_offdie(dwarf, offset + header, &unit)) {
			any = true;
			walk_scope(&unit, 0, walk);
		}
		offset = next;
	}
	return any ? walk->result : -EINVAL;
}

extern __attribute__((visibility("default"))) pel_dwarf_functions pel_dwarf_functions_v2;

int pel_dwarf_functions_v2(const char *path,
			   int (*see)(void *context, const struct pel_dwarf_function *function),
			   void *context, const char **why)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;
	Dwarf *dwarf;

	*why = "out of memory";
	if (!walk || fd < 0) {
		r = walk ? -errno : -ENOMEM;
		*why = strerror(-r);
		free(walk);
		if (fd >= 0)
			close(fd);
		return r;
	}
	walk->see = see;
	walk->context = context;
	dwarf = dwarf_begin(fd, DWARF_C_READ);
	r = dwarf ? walk_units(dwarf, walk) : -EINVAL;
	if (r < 0 && !walk->result)
		*why = dwarf_errmsg(-1);
	dwarf_end(dwarf);
	close(fd);
	free(walk);
	return r;
}
