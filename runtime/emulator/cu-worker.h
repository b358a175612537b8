/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_CU_WORKER_H
#define PEL_EMU_CU_WORKER_H

#include "emulator-model.h"

/* The worker process of a compute unit, seen from the supervisor. */

/* Start one for `cu`, without waiting for it. 0 or a negative errno. */
int pel_emu_worker_start(struct pel_emu *emu, struct pel_emu_cu *cu);
/* Wait for its first words, until `deadline_ms`. 0, or a negative errno and the reason in text. */
int pel_emu_worker_greet(struct pel_emu *emu, struct pel_emu_cu *cu, uint64_t deadline_ms, char *text,
			 size_t size);
void pel_emu_worker_kill(struct pel_emu_cu *cu);
/* End what kernels have started and left; of workers that live nothing. */
void pel_emu_kill_strays(const struct pel_emu *emu);
/* Has it died? Then *status is what waitpid() says, and it is cleared away. */
bool pel_emu_worker_dead(struct pel_emu_cu *cu, int *status);
/* Send the order, with `n_fds` descriptors. 0 or a negative errno. */
int pel_emu_worker_order(struct pel_emu_cu *cu, const struct pel_emu_order *order, const int *fds,
			 size_t n_fds);
/* Let it forget a buffer, as soon as it has ears. */
void pel_emu_worker_unmap(struct pel_emu_cu *cu, uint64_t serial);
void pel_emu_worker_flush(struct pel_emu_cu *cu);

#endif
