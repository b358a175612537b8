/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SDF3_H
#define PEL_SDF3_H

#include "sdf.h"
#include "support.h"

/*
 * Graphs in SDF3's XML format, synchronous (sdf) and cyclo-static (csdf), with SDF3's semantics:
 *   - Any number of firings of one actor may overlap, unless a self-loop limits them. Tokens are consumed at the start of a firing, and
 *     produced at its end.
 *   - The time of a firing is the time on the processor with default="true", or on the last such processor. It may be 0.
 *   - All lists of an actor (rates, times) share its phases: the longest list gives their number, shorter ones repeat. "2*0,1" is 0,0,1.
 *   - Everything else in such a file (sizes of tokens and buffers, architectures, mappings, ports without a channel) is ignored.
 */
struct pel_sdf3_actor {
	const char *id;
	struct pel_place place;
	uint32_t phases;
	const uint64_t *time; /* n_time >= 1 entries, which repeat; n_time divides the number of phases */
	uint32_t n_time;
};

struct pel_sdf3_channel {
	const char *name; /* "actor.port->actor.port" if the file gives no name */
	const char *from_port, *to_port;
	struct pel_place place;
};

/* It owns everything in it. */
struct pel_sdf3 {
	struct pel_arena arena;
	const char *file, *name;
	bool cyclic; /* a csdf */
	bool timed;  /* false: the file gives no times, so every firing takes 1, as in Pelton's own graphs */
	struct pel_sdf3_actor *actors;
	struct pel_sdf3_channel *channels;
	struct pel_sdf sdf; /* the same actors and channels, in the same order; no capacities */
};

/* Does the document's root element look like SDF3's? Reads no further than the root element and reports no errors. */
bool pel_sdf3_recognize(const char *text, size_t size);

/*
 * Read file `path`, or `size` bytes at `text`, with `name` for messages. One thread at a time may use the result.
 * Returns 0 and sets *ret (release it with pel_sdf3_destroy()). On failure, returns -EINVAL, -ENOENT, -EACCES, -EFBIG or -ENOMEM, with all errors of the
 * document in `err` (may be NULL).
 */
int pel_sdf3_load(const char *path, struct pel_sdf3 **ret, struct pel_error *err);
int pel_sdf3_parse(const char *text, size_t size, const char *name, struct pel_sdf3 **ret,
		   struct pel_error *err);
void pel_sdf3_destroy(struct pel_sdf3 *sdf3); /* NULL is allowed */

#endif
