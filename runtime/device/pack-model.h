/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_MODEL_H
#define PEL_PACK_MODEL_H

#include <pelton/xclbin.h>
#include "dwarf.h"
#include "support.h"

/* Within the folder only: what is known of an xclbin while it is packed. All memory is in the arena. */
#define PEL_PACK_BANKS_MAX   64
#define PEL_PACK_CUS_MAX     128
#define PEL_PACK_GCC_OPTIONS 2
#define PEL_PACK_ARGS_MAX \
	128 /* as many as the emulator takes; their registers end long before the 4096 bytes that XRT reaches */

struct pack_arg {
	const char *name;
	const char *c_type;   /* for the thunk: "float", "void *" */
	const char *xml_type; /* for the metadata: "float", "int*" */
	bool pointer, read_only;
	uint32_t bytes;	 /* that the thunk loads */
	uint32_t size;	 /* in the register map */
	uint32_t offset; /* likewise */
};

struct pack_cu {
	const char *name;
	uint32_t *banks; /* of each argument */
	bool *placed;	 /* of each argument: an sp= line says so */
};

struct pack_kernel {
	const char *name, *symbol, *language, *file;
	unsigned line;
	struct pack_arg *args;
	size_t n_args;
	struct pack_cu *cus;
	uint32_t n_cus;
	bool wanted; /* named by the caller */
	bool named;  /* its units have names of their own */
};

struct pack {
	const struct pel_xclbin_pack_options *options;
	struct pel_error *err;
	struct pel_arena arena;
	const char *dir;    /* private folder */
	const char *output; /* the xclbin */
	struct pack_kernel *kernels;
	size_t n_kernels, kernels_capacity;
	const char **others; /* functions of the sources that nobody asked for */
	size_t n_others, others_capacity;
	const char *odd; /* why the first function that is no kernel is none; NULL: there is none */
	uint32_t n_banks;
	bool refused[2][PEL_PACK_GCC_OPTIONS]; /* by the C, the C++ compiler: options of pack-compile.c's that only GCC has */
};

#endif
