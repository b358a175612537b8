/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMULATION_H
#define PEL_EMULATION_H

#include <pelton/emulation.h>

/* How many compute units of one xclbin XRT can distinguish in emulation. With more, XRT would start calls on the wrong unit. */
unsigned pel_emulation_units(const struct pel_emulation *emulation);

#endif
