/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_TEST_REPORT_CASE_H
#define PEL_TEST_REPORT_CASE_H

#include <pelton/observe.h>
#include "hand-plan.h"

/* The page about a run that is made up. */

enum { READ, GREY, BLUR, WRITE, N_STAGES };

#define NBSP "\xc2\xa0"

extern struct hand_plan hand;
extern char *page;
extern size_t page_size;
/* The page of `report`, which must be well-formed. Lives until the next one. */
int write_page(const struct pel_report *of);
void assert_has(const char *part);
void assert_lacks(const char *part);
/* One tag at `*at`, which is moved behind it. `open` are the names of the elements that it is in. */
void take_tag(const char **at, char open[][16], size_t *depth);
/* Every element is closed, in order, and outside of tags there is nothing that looks like one. */
void assert_well_formed(void);
extern struct pel_stage_stats stages[N_STAGES];
extern struct pel_channel_stats channels[3];
extern struct pel_actor_stats actors[N_STAGES];
extern struct pel_result results[3];
extern struct pel_prediction predicted;
extern struct pel_stats stats;
extern struct pel_report report;
/* read -> grey -> blur -> write, a stage each, which ran 10 s on 4 workers; nothing of note has happened. */
void make_run(void);
void write_run(void);

#endif
