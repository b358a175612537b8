/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_EMU_CU_WORKER_H
#define PEL_EMU_CU_WORKER_H

#include "emulator-model.h"

/* The supervisor's side of a compute unit's worker process. */

/* Start a worker for `cu`, without waiting for its hello. 0 or a negative errno. */
int pel_emu_worker_start(struct pel_emu *emu, struct pel_emu_cu *cu);
/* Wait for the worker's hello, until `deadline_ms`. 0, or a negative errno and the reason in `text`. */
int pel_emu_worker_greet(struct pel_emu *emu, struct pel_emu_cu *cu, uint64_t deadline_ms, char *text,
			 size_t size);
void pel_emu_worker_kill(struct pel_emu_cu *cu);
/* Kill processes that kernels started and left behind; not those of live workers. */
void pel_emu_kill_strays(const struct pel_emu *emu);
/* Has the worker died? If so, reap it; *status is from waitpid(). */
bool pel_emu_worker_dead(struct pel_emu_cu *cu, int *status);
/* Send the order, with `n_fds` descriptors. 0 or a negative errno. */
int pel_emu_worker_order(struct pel_emu_cu *cu, const struct pel_emu_order *order, const int *fds,
			 size_t n_fds);
/* Make the worker unmap a buffer, once it accepts messages. */
void pel_emu_worker_unmap(struct pel_emu_cu *cu, uint64_t serial);
void pel_emu_worker_flush(struct pel_emu_cu *cu);

#endif
