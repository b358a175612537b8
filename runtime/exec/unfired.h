/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_UNFIRED_H
#define PEL_UNFIRED_H

#include "run-actor.h"

/*
 * Find actors that never fired although they received tokens. The usual cause is a wrong size. The output is
 * missing and nothing else shows it, so this is an error, unless tail="drop" or "pad" says what to do with
 * such tokens.
 *
 * It is an error only if an input ended with some tokens, but too few for the first firing. An empty input is
 * no error: there was nothing to do. Tokens that are then left at the other inputs are counted, with a
 * warning, as for any actor. Initial tokens do not count either: they wait in a loop for an input that stays
 * empty. If all readers of an actor ended for another reason, its output was not needed.
 *
 * The check runs at the end, when no stage is at work, because which of two neighbours ends first depends on
 * timing.
 *
 * Explains in `err` which actors these are. Read-only. [with the outcome's lock, when all stages have ended]
 * Returns whether there are any.
 */
bool pel_unfired_explain(const struct pel_actor_set *set, struct pel_error *err);

#endif
