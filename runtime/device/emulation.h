/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMULATION_H
#define PEL_EMULATION_H

#include <pelton/emulation.h>

/* How many compute units of one xclbin XRT keeps apart on the emulated devices: above that, calls would be carried out by the wrong one. */
unsigned pel_emulation_units(const struct pel_emulation *emulation);

#endif
