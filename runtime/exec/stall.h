/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_STALL_H
#define PEL_STALL_H

#include "run-actor.h"

/*
 * Explain who waits for whom, beginning with the cycle if there is one. Read-only. `patience_s`: how long nothing
 * moved, if the run ends only because the host waits no longer; else 0. [with the outcome's lock, while no worker
 * runs a stage]
 */
void pel_stall_explain(const struct pel_actor_set *set, double patience_s, struct pel_error *err);

#endif
