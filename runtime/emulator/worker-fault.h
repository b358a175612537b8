/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WORKER_FAULT_H
#define PEL_WORKER_FAULT_H

#include "worker-window.h"

/* Install handlers that note in the slot, as exactly as possible, which signal kills the worker, and then let it die. */
void pel_emu_fault_init(struct pel_emu_slot *slot, const struct pel_emu_views *views,
			const struct pel_emu_windows *windows);
/* Set the order and the arguments of the current call; both are borrowed until the next one. */
void pel_emu_fault_expect(const struct pel_emu_order *order, unsigned char *const *pointers);

#endif
