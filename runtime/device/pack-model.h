/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_PACK_MODEL_H
#define PEL_PACK_MODEL_H

#include <pelton/xclbin.h>
#include "dwarf.h"
#include "support.h"

/* For this folder only: an xclbin while it is packed. All memory is in the arena. */
#define PEL_PACK_BANKS_MAX   64
#define PEL_PACK_CUS_MAX     128
#define PEL_PACK_GCC_OPTIONS 2
#define PEL_PACK_ARGS_MAX \
	128 /* the emulator's limit; their registers fit well into the 4096 bytes that XRT can address */

struct pack_arg {
	const char *name;
	const char *c_type;   /* for the thunk: "float", "void *" */
	const char *xml_type; /* for the metadata: "float", "int*" */
	bool pointer, read_only;
	uint32_t bytes;	 /* how many the thunk loads */
	uint32_t size;	 /* in the register map, in bytes */
	uint32_t offset; /* in the register map */
};

struct pack_cu {
	const char *name;
	uint32_t *banks; /* of each argument */
	bool *placed;	 /* for each argument: an sp= line set its bank */
};

struct pack_kernel {
	const char *name, *symbol, *language, *file;
	unsigned line;
	struct pack_arg *args;
	size_t n_args;
	struct pack_cu *cus;
	uint32_t n_cus;
	bool wanted; /* the caller named it */
	bool named;  /* an nk= line set its units */
};

struct pack {
	const struct pel_xclbin_pack_options *options;
	struct pel_error *err;
	struct pel_arena arena;
	const char *dir;    /* private folder */
	const char *output; /* the xclbin */
	struct pack_kernel *kernels;
	size_t n_kernels, kernels_capacity;
	const char **others; /* functions of the sources that the caller did not name */
	size_t n_others, others_capacity;
	const char *odd; /* why the first unsuitable function is not a kernel; NULL: there was none */
	uint32_t n_banks;
	bool refused[2][PEL_PACK_GCC_OPTIONS]; /* [0] by the C, [1] by the C++ compiler: options in pack-compile.c that only GCC has */
};

#endif
