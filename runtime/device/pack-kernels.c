/* SPDX-License-Identifier: Apache-2.0 */
#include "pack-kernels.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "libexec.h"
#include "read-file.h"

/*
 * Decides which functions are kernels, and generates the code that calls them. Functions named by the caller must be kernels. If none are
 * named, every external function of the sources that returns void and takes numbers and pointers is one; in C++, only with extern "C".
 */
#define REGISTERS_START 0x10

static const struct pel_place nowhere;

/* ---- types ---- */

/* The name of a numeric type in the xclbin's metadata: see docs/xclbin.md. */
static const char *number_name(enum pel_dwarf_kind kind, uint32_t bytes)
{
	static const char *const with_sign[] = { [1] = "char", [2] = "short", [4] = "int", [8] = "long" };
	static const char *const without[] = { [1] = "uchar", [2] = "ushort", [4] = "uint", [8] = "ulong" };

	if (kind == PEL_DWARF_FLOAT)
		return bytes == 4 ? "float" : bytes == 8 ? "double" : NULL;
	if (kind == PEL_DWARF_BOOL)
		return bytes == 1 ? "bool" : NULL;
	if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
		return NULL;
	return kind == PEL_DWARF_SIGNED	    ? with_sign[bytes]
	       : kind == PEL_DWARF_UNSIGNED ? without[bytes]
					    : NULL;
}

static const char *c_name(enum pel_dwarf_kind kind, uint32_t bytes)
{
	static const char *const with_sign[] = {
		[1] = "signed char", [2] = "short", [4] = "int", [8] = "long long"
	};
	static const char *const without[] = {
		[1] = "unsigned char", [2] = "unsigned short", [4] = "unsigned", [8] = "unsigned long long"
	};

	if (kind == PEL_DWARF_FLOAT)
		return bytes == 4 ? "float" : "double";
	if (kind == PEL_DWARF_BOOL)
		return "_Bool";
	return kind == PEL_DWARF_SIGNED ? with_sign[bytes] : without[bytes];
}

/* The name of a pointer type in the xclbin's metadata. NULL: out of memory. */
static const char *pointer_type(struct pack *pack, const struct pel_dwarf_arg *arg)
{
	const char *target = number_name(arg->target, arg->bytes);

	return pel_arena_printf(&pack->arena, "%s*", target ? target : "void");
}

static bool is_argument(const struct pel_dwarf_arg *arg)
{
	return arg->kind == PEL_DWARF_POINTER || number_name(arg->kind, arg->bytes);
}

/* ---- functions ---- */

/* Why `function` cannot be a kernel; NULL: it can. */
static const char *objection(struct pack *pack, const struct pel_dwarf_function *function)
{
	if (function->mangled)
		return pel_arena_printf(&pack->arena, "'%s' is a C++ function: declare it extern \"C\"",
					function->name);
	if (!function->returns_nothing)
		return pel_arena_printf(&pack->arena, "'%s' returns a value: a kernel must return void",
					function->name);
	if (function->variadic)
		return pel_arena_printf(&pack->arena,
					"'%s' is variadic: a kernel must have a fixed number of arguments",
					function->name);
	for (size_t i = 0; i < function->n_args; i++)
		if (!is_argument(&function->args[i]))
			return pel_arena_printf(
				&pack->arena,
				"argument '%s' of '%s' is %s, which is neither a number nor a pointer to data",
				function->args[i].name, function->name, function->args[i].type);
	return NULL;
}

static bool is_wanted(const struct pack *pack, const char *name)
{
	const struct pel_xclbin_pack_options *options = pack->options;

	for (size_t i = 0; i < options->n_kernels; i++)
		if (strcmp(options->kernels[i], name) == 0)
			return true;
	for (size_t i = 0; i < options->n_cus; i++)
		if (strcmp(options->cus[i].kernel, name) == 0)
			return true;
	return false;
}

/* Is the function defined in one of the sources themselves, not in a header? */
static bool in_sources(const struct pack *pack, const char *file)
{
	const char *slash = file ? strrchr(file, '/') : NULL, *name = slash ? slash + 1 : file;

	for (size_t i = 0; name && i < pack->options->n_sources; i++) {
		const char *source = strrchr(pack->options->sources[i], '/');

		if (strcmp(source ? source + 1 : pack->options->sources[i], name) == 0)
			return true;
	}
	return false;
}

static int add_args(struct pack *pack, struct pack_kernel *kernel, const struct pel_dwarf_function *function)
{
	uint32_t offset = REGISTERS_START;

	if (function->n_args > PEL_PACK_ARGS_MAX)
		return pel_fail(pack->err, -EINVAL, nowhere,
				"kernel '%s' has %zu arguments; at most %d are possible", function->name,
				function->n_args, PEL_PACK_ARGS_MAX);
	kernel->args = pel_arena_array(&pack->arena, function->n_args + 1, sizeof(*kernel->args));
	if (!kernel->args)
		return pel_nomem(pack->err);
	kernel->n_args = function->n_args;
	for (size_t i = 0; i < function->n_args; i++) {
		const struct pel_dwarf_arg *from = &function->args[i];
		struct pack_arg *arg = &kernel->args[i];

		arg->pointer = from->kind == PEL_DWARF_POINTER;
		arg->read_only = from->read_only;
		arg->name = *from->name ? pel_arena_strdup(&pack->arena, from->name)
					: pel_arena_printf(&pack->arena, "arg%zu", i);
		arg->bytes = arg->pointer ? 8 : from->bytes;
		arg->c_type = arg->pointer ? "void *" : c_name(from->kind, from->bytes);
		arg->xml_type = arg->pointer ? pointer_type(pack, from) : number_name(from->kind, from->bytes);
		if (!arg->name || !arg->xml_type)
			return pel_nomem(pack->err);
		arg->size = arg->bytes < 4 ? 4 : arg->bytes;
		arg->offset = offset;
		offset += arg->size + 4; /* HLS leaves one word unused after each argument */
	}
	return 0;
}

/* For "did you mean". */
static int remember(struct pack *pack, const struct pel_dwarf_function *function)
{
	if (pel_grow(&pack->others, &pack->others_capacity, pack->n_others + 1, sizeof(*pack->others)) < 0 ||
	    !(pack->others[pack->n_others] = pel_arena_strdup(&pack->arena, function->name)))
		return pel_nomem(pack->err);
	pack->n_others++;
	return 0;
}

static int see_function(void *context, const struct pel_dwarf_function *function)
{
	struct pack *pack = context;
	bool chosen = pack->options->n_kernels > 0, wanted = is_wanted(pack, function->name);
	const char *against, *file = function->file;
	struct pack_kernel *kernel;

	if (!wanted && !in_sources(pack, function->file))
		return 0;
	if (chosen && !wanted)
		return remember(pack, function);
	against = objection(pack, function);
	if (against && wanted)
		return file && function->line
			       ? pel_fail(pack->err, -EINVAL, nowhere, "cannot be a kernel (%s:%u): %s",
					  file + (strncmp(file, "./", 2) == 0 ? 2 : 0), function->line, against)
			       : pel_fail(pack->err, -EINVAL, nowhere, "cannot be a kernel: %s", against);
	if (against) {
		if (!pack->odd)
			pack->odd = against;
		return 0;
	}
	if (pel_grow(&pack->kernels, &pack->kernels_capacity, pack->n_kernels + 1, sizeof(*kernel)) < 0)
		return pel_nomem(pack->err);
	kernel = &pack->kernels[pack->n_kernels];
	*kernel = (struct pack_kernel){ .name = pel_arena_strdup(&pack->arena, function->name),
					.symbol = pel_arena_strdup(&pack->arena, function->symbol),
					.language = "c",
					.wanted = wanted };
	if (!kernel->name || !kernel->symbol)
		return pel_nomem(pack->err);
	pack->n_kernels++;
	return add_args(pack, kernel, function);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct pack_kernel *)a)->name, ((const struct pack_kernel *)b)->name);
}

/* Does `text` define or declare function `name` as static? Search the text: unused static functions are not in the debug information. */
static bool text_says_static(const char *text, const char *name)
{
	static const char word[] = "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t length = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		const char *from = at;

		if ((at > text && strchr(word, at[-1])) || at[length + strspn(at + length, " \t\n")] != '(')
			continue;
		while (from > text && !strchr(";{}#", from[-1]))
			from--;
		for (; (from = strstr(from, "static")) && from < at; from++)
			if ((from == text || !strchr(word, from[-1])) && !strchr(word, from[strlen("static")]))
				return true;
	}
	return false;
}

static void hint_missing(struct pack *pack, const char *name)
{
	for (size_t i = 0; i < pack->options->n_sources; i++) {
		const char *source = pack->options->sources[i];
		char *text = NULL;
		size_t size;
		bool found;

		if (pel_read_file(source, (size_t)64 << 20, false, &text, &size, NULL) < 0)
			continue;
		found = text_says_static(text, name);
		pel_free(text);
		if (found) {
			pel_hint(pack->err,
				 "'%s' in '%s' is static, so nothing outside that file can call it: remove 'static'",
				 name, source);
			return;
		}
	}
}

static int check_found(struct pack *pack)
{
	for (size_t i = 0; i < pack->options->n_kernels + pack->options->n_cus; i++) {
		const char *name = i < pack->options->n_kernels
					   ? pack->options->kernels[i]
					   : pack->options->cus[i - pack->options->n_kernels].kernel;
		struct pel_near near = { 0 };
		bool found = false;

		for (size_t k = 0; k < pack->n_kernels; k++) {
			found |= strcmp(pack->kernels[k].name, name) == 0;
			pel_near_try(&near, name, pack->kernels[k].name);
		}
		if (found)
			continue;
		for (size_t k = 0; k < pack->n_others; k++)
			pel_near_try(&near, name, pack->others[k]);
		pel_fail(pack->err, -EINVAL, nowhere, "the sources define no kernel '%s'", name);
		if (near.name)
			pel_hint(pack->err, "did you mean '%s'?", near.name);
		else
			hint_missing(pack, name);
		return -EINVAL;
	}
	if (pack->n_kernels)
		return 0;
	pel_fail(pack->err, -EINVAL, nowhere, "the sources define no kernel");
	if (pack->odd)
		pel_hint(pack->err, "%s", pack->odd);
	else
		pel_hint(pack->err,
			 "a kernel is a function that is not static, returns void, and takes numbers and pointers");
	return -EINVAL;
}

int pel_pack_find_kernels(struct pack *pack, const char *library)
{
	const char *module = pel_libexec(&pack->arena, "pelton-dwarf.so", NULL), *why = "";
	void *handle = module ? dlopen(module, RTLD_NOW | RTLD_LOCAL) : NULL;
	pel_dwarf_functions *functions;
	int r;

	if (!handle) {
		pel_fail(pack->err, -ENOENT, nowhere, "cannot read debug information: %s",
			 module ? dlerror() : "pelton-dwarf.so, a part of Pelton, is missing");
		pel_hint(pack->err, "packing needs elfutils (package libdw1; libdw-dev to build Pelton)");
		return -ENOENT;
	}
	*(void **)&functions = dlsym(handle, PEL_DWARF_SYMBOL);
	r = functions ? functions(library, see_function, pack, &why) : -EPROTO;
	/* Do not dlclose(): the next packing needs it again, and elfutils keeps static data. */
	if (r < 0 && pack->err && !pack->err->count)
		pel_fail(pack->err, r, nowhere, "cannot read the debug information of the kernels: %s", why);
	/* Compilers differ in the order of functions. */
	if (pack->n_kernels)
		qsort(pack->kernels, pack->n_kernels, sizeof(*pack->kernels), by_name);
	return r < 0 ? r : check_found(pack);
}

/* ---- calls ---- */

static void write_thunk(FILE *out, const struct pack_kernel *kernel)
{
	fprintf(out, "extern void pel_kernel_%s(", kernel->name);
	for (size_t i = 0; i < kernel->n_args; i++)
		fprintf(out, "%s%s", i ? ", " : "", kernel->args[i].c_type);
	fprintf(out, "%s) __asm__(\"%s\");\n", kernel->n_args ? "" : "void", kernel->symbol);
	fprintf(out, "void pel_emu_call_%s(const unsigned char *regs, unsigned char *const *pointers)\n{\n",
		kernel->name);
	for (size_t i = 0; i < kernel->n_args; i++) {
		const struct pack_arg *arg = &kernel->args[i];

		if (arg->pointer)
			fprintf(out, "\tvoid *a%zu = pointers[%zu];\n", i, i);
		else
			fprintf(out, "\t%s a%zu;\n", arg->c_type, i);
	}
	for (size_t i = 0; i < kernel->n_args; i++) {
		if (kernel->args[i].pointer)
			continue;
		/* The host may have written any bits into a bool: every non-zero byte is true. */
		if (strcmp(kernel->args[i].c_type, "_Bool") == 0)
			fprintf(out, "\ta%zu = regs[%u] != 0;\n", i, kernel->args[i].offset);
		else
			fprintf(out, "\t__builtin_memcpy(&a%zu, regs + %u, sizeof(a%zu));\n", i,
				kernel->args[i].offset, i);
	}
	fprintf(out, "\t(void)regs;\n\t(void)pointers;\n\tpel_kernel_%s(", kernel->name);
	for (size_t i = 0; i < kernel->n_args; i++)
		fprintf(out, "%sa%zu", i ? ", " : "", i);
	fputs(");\n}\n", out);
}

int pel_pack_write_thunks(struct pack *pack, const char *path)
{
	FILE *out = fopen(path, "we");
	int r = out ? 0 : -errno;

	if (out) {
		errno = 0;
		fputs("const unsigned pel_emu_abi = 1;\n", out);
		for (size_t i = 0; i < pack->n_kernels; i++)
			write_thunk(out, &pack->kernels[i]);
		if (fflush(out) != 0 || ferror(out))
			r = errno ? -errno : -EIO;
		if (fclose(out) != 0 && r == 0)
			r = -errno;
	}
	return r < 0 ? pel_fail(pack->err, r, nowhere, "cannot write '%s': %s", path, strerror(-r)) : 0;
}
