/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_UNFIRED_H
#define PEL_UNFIRED_H

#include "run-actor.h"

/*
 * An actor that never fired, though tokens came to it: mostly a size that is set wrongly. What was to be written is not there, and neither is
 * it anywhere that it could be seen, so this is an error, unless tail="drop" or "pad" says what is to become of such tokens.
 *
 * It is one only where an input ended with some, but too few tokens for the first firing. An input to which nothing came is none: there was
 * nothing to do; what is left at the others then is counted and warned of, as any. Nor do initial tokens count, which wait in a loop for an
 * input that stays empty. An actor whose readers have all had another reason to end was not missed.
 *
 * The look is at the end, when no stage is at work any more: who of two neighbours ended first is a matter of time.
 *
 * Say which actors these are. It only reads. [with the outcome's lock, when all stages have ended] Returns whether there are any.
 */
bool pel_unfired_explain(const struct pel_actor_set *set, struct pel_error *err);

#endif
