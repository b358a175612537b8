/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XCLBIN_MODEL_H
#define PEL_XCLBIN_MODEL_H

#include "support.h"

/*
 * An xclbin, read and completely validated, because XRT trusts such files and crashes on invalid ones. Plain data that owns its memory.
 */
enum pel_xclbin_arg_kind {
	PEL_XCLBIN_SCALAR,
	PEL_XCLBIN_POINTER, /* global or constant */
	PEL_XCLBIN_LOCAL,
	PEL_XCLBIN_STREAM,
};

/* What kind of number a C type is; ANY: its name does not say, or does not say whether it is signed. */
enum pel_xclbin_number {
	PEL_XCLBIN_ANY,
	PEL_XCLBIN_SIGNED,
	PEL_XCLBIN_UNSIGNED,
	PEL_XCLBIN_BOOL,
	PEL_XCLBIN_FLOAT
};

struct pel_xclbin_arg {
	const char *name, *type; /* type as the metadata has it: "float*", "int", "void*"; "" if it has none */
	const char *port;	 /* "M_AXI_GMEM"; "" if none */
	enum pel_xclbin_arg_kind kind;
	uint32_t size;	 /* bytes of the argument in the register map */
	uint32_t offset; /* in the register map */
	/* Derived from `type`: the size of a scalar, or of what a pointer points at (0: unknown), and whether that is a floating type. */
	uint32_t element_bytes;
	bool is_float;
	enum pel_xclbin_number number; /* derived from `type` */
	bool read_only;		       /* a pointer to const, according to the metadata */
};

enum pel_xclbin_control { PEL_XCLBIN_HS, PEL_XCLBIN_CHAIN, PEL_XCLBIN_NONE };

struct pel_xclbin_cu {
	const char *name; /* "vadd_1" */
	uint64_t base;
	const int32_t *banks; /* for each argument: index into memories, the lowest of its bank group; -1: none */
};

struct pel_xclbin_kernel {
	const char *name, *language;
	enum pel_xclbin_control control;
	const struct pel_xclbin_arg *args; /* in the order of their ids */
	uint32_t n_args;
	const struct pel_xclbin_cu *cus;
	uint32_t n_cus;
};

struct pel_xclbin_memory {
	const char *tag; /* "bank0", "HBM[3]" */
	uint32_t type;	 /* MEM_TYPE of XRT's xclbin.h */
	bool used;
	uint64_t base, bytes;
};

struct pel_xclbin_section {
	uint32_t kind;
	const char *name;
	uint64_t offset, bytes;
};

enum pel_xclbin_mode { PEL_XCLBIN_HARDWARE, PEL_XCLBIN_HW_EMU, PEL_XCLBIN_SW_EMU, PEL_XCLBIN_OTHER };

struct pel_xclbin {
	struct pel_arena arena;
	const char *platform;
	uint8_t uuid[16];
	enum pel_xclbin_mode mode;
	uint64_t bytes;
	struct pel_xclbin_section *sections;
	uint32_t n_sections;
	struct pel_xclbin_memory *memories;
	uint32_t n_memories;
	struct pel_xclbin_kernel *kernels;
	uint32_t n_kernels;
};

void pel_xclbin_destroy(struct pel_xclbin *xclbin);
const struct pel_xclbin_kernel *pel_xclbin_find(const struct pel_xclbin *xclbin, const char *kernel);

#endif
