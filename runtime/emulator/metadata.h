/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_METADATA_H
#define PEL_METADATA_H

#include "support.h"

/* What a device model needs to know of the kernels, from the embedded metadata of an xclbin. Plain data in its own arena. */

#define PEL_EMU_WINDOW_BYTES 65536 /* of a compute unit's registers */
#define PEL_EMU_ARGS_MAX     128   /* of one kernel */
#define PEL_EMU_CUS_MAX	     128

enum pel_emu_arg_kind { PEL_EMU_SCALAR, PEL_EMU_POINTER, PEL_EMU_OTHER };

struct pel_emu_arg {
	const char *name;
	uint32_t id;
	uint32_t offset, size; /* in the registers */
	enum pel_emu_arg_kind kind;
};

struct pel_emu_kernel {
	const char *name;
	bool free_running; /* ap_ctrl_none */
	uint32_t extent;   /* size of the registers up to the end of the last argument */
	struct pel_emu_arg *args;
	size_t n_args, args_capacity;
};

struct pel_emu_cu_decl {
	const char *name;
	size_t kernel; /* index */
	uint64_t base;
};

struct pel_emu_metadata {
	struct pel_arena arena;
	struct pel_emu_kernel *kernels;
	size_t n_kernels, kernels_capacity;
	struct pel_emu_cu_decl *cus;
	size_t n_cus, cus_capacity;
};

/* Returns 0; -EINVAL and explains; or another negative errno. Release *ret with pel_emu_metadata_fini() in every case. */
int pel_emu_metadata_parse(struct pel_emu_metadata *ret, const char *file, const char *text, size_t size,
			   struct pel_error *err);
void pel_emu_metadata_fini(struct pel_emu_metadata *metadata);

#endif
