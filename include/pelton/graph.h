/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PELTON_GRAPH_H
#define PELTON_GRAPH_H

#include <pelton/base.h>
#include <pelton/error.h>

PEL_EXTERN_C_BEGIN

/*
 * A dataflow graph as written in one XML document, with the graph files that it refers to. Plain data: it
 * owns no thread and no device, so it can be loaded and checked on any machine. One thread at a time may use
 * it.
 */
struct pel_graph;

/*
 * Load the graph in file `path`, and the graph files that its actors refer to.
 * Returns 0 and sets *ret, to be released with pel_graph_destroy(). On failure returns -EINVAL (not a valid graph),
 * -ENOENT, -EACCES, -EFBIG or -ENOMEM, leaves *ret unchanged and reports all errors of the document in `err` (may
 * be NULL).
 */
PEL_API int pel_graph_load(const char *path, struct pel_graph **ret, struct pel_error *err);

/*
 * The same for `size` bytes at `text`. Messages use `name` as the file name, and relative paths start at its
 * folder (if `name` is "-" or has the form "<name>": at the working directory).
 */
PEL_API int pel_graph_parse(const void *text, size_t size, const char *name, struct pel_graph **ret,
			    struct pel_error *err);

/* The graph's name, from its document. Valid as long as the graph. */
PEL_API const char *pel_graph_name(const struct pel_graph *graph);

/* Release `graph`. NULL is allowed. Plans compiled from it stay valid: they keep their own copies. */
PEL_API void pel_graph_destroy(struct pel_graph *graph);

PEL_EXTERN_C_END

#endif
