/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDF_CASE_H
#define SDF_CASE_H

#include "sdf.h"

#include <check.h>

/*
 * Random SDF and CSDF graphs with times, each made from one number, and a simulator that is simple enough to be obviously right: it starts and
 * ends firings, and shares nothing with the library's algorithms. One thread.
 */
#define SDF_CASE_ACTORS	  8
#define SDF_CASE_CHANNELS 24
#define SDF_CASE_PHASES	  4

/* What kind of graphs to make. */
struct sdf_case_kind {
	uint32_t min_actors, max_actors,
		max_channels; /* self-loops that bound how many firings run at once come on top */
	uint32_t max_phases;
	uint64_t max_count; /* phase cycles of an actor in an iteration, about */
	uint64_t max_time;
	bool capacities;
	bool generous; /* seldom a deadlock */
};

struct sdf_case {
	struct pel_sdf sdf; /* `phases` and `channels` of it are those below */
	uint32_t phases[SDF_CASE_ACTORS];
	struct pel_sdf_channel channels[SDF_CASE_CHANNELS];
	uint64_t produce[SDF_CASE_CHANNELS][SDF_CASE_PHASES], consume[SDF_CASE_CHANNELS][SDF_CASE_PHASES];
	struct pel_sdf_times times[SDF_CASE_ACTORS];
	uint64_t values[SDF_CASE_ACTORS][SDF_CASE_PHASES];
	uint64_t q[SDF_CASE_ACTORS]; /* by pel_sdf_repetition() */
	uint64_t seed;
};

uint64_t sdf_case_random(uint64_t *state, uint64_t below);
uint64_t sdf_case_gcd(uint64_t a, uint64_t b);

void sdf_case_make(struct sdf_case *c, const struct sdf_case_kind *kind, uint64_t seed);
void sdf_case_copy(struct sdf_case *to, const struct sdf_case *from);
/* The same graph under other numbers: actor a becomes actors[a]; channels change places, too. */
void sdf_case_rename(struct sdf_case *to, const struct sdf_case *from, uint32_t *actors, uint64_t *random);
/* If there is room, add a sink that fires once an iteration, so that the component of actor 0 runs `times` as often in an iteration. */
void sdf_case_add_rare_sink(struct sdf_case *c, uint64_t times);
/*
 * The graph with its critical channels alone, and those of their capacities that are. Fails the test where there are none, or where the critical actors are
 * not just those that these end at.
 */
void sdf_case_keep_critical(struct sdf_case *to, const struct sdf_case *from, const uint8_t *actors,
			    const uint8_t *channels);
/* All of it, to be built again by hand. Valid until the next call. */
const char *sdf_case_text(const struct sdf_case *c);

/*
 * The throughput: each strongly connected component that has a channel executed by itself until its state recurs. Initial tokens are within
 * capacities. False: it would take too long.
 */
bool sdf_case_simulate(const struct sdf_case *c, struct pel_sdf_fraction *ret);
/* One iteration and no firing more, as pel_sdf_spans(). False: a deadlock. */
bool sdf_case_simulate_iteration(const struct sdf_case *c, uint64_t *starts, uint64_t *ends);

/*
 * What the test programs over random graphs have in common. Of the program's arguments: FIRST_SEED COUNT go to *first and *count, to hunt for mistakes;
 * --print SEED writes the graph that make() makes of it, and the program ends.
 */
struct sdf_case_hunt {
	void (*make)(struct sdf_case *c, uint64_t seed);
	uint64_t first, count;
	bool hunting; /* then without a time limit */
};
void sdf_case_arguments(struct sdf_case_hunt *hunt, int argc, char **argv);
/* Run `tcase` by itself. Returns the program's exit status. */
int sdf_case_run(const struct sdf_case_hunt *hunt, TCase *tcase);

/* Whether two reduced fractions are the same. */
bool sdf_case_same(struct pel_sdf_fraction a, struct pel_sdf_fraction b);

#endif
