/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WORKER_FAULT_H
#define PEL_WORKER_FAULT_H

#include "worker-window.h"

/* Note in the slot, as exactly as can be known, of what signal a worker is dying; then let it die of it. */
void pel_emu_fault_init(struct pel_emu_slot *slot, const struct pel_emu_views *views,
			const struct pel_emu_windows *windows);
/* What the call at hand works on; both borrowed until the next call. */
void pel_emu_fault_expect(const struct pel_emu_order *order, unsigned char *const *pointers);

#endif
