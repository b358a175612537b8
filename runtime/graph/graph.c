/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include "read-file.h"

#include <errno.h>
#include <string.h>

const struct pel_limits pel_default_limits = {
	.document_bytes = PEL_MAX_DOCUMENT_BYTES,
	.depth = PEL_MAX_DEPTH,
	.elements = PEL_MAX_ELEMENTS,
	.nesting = PEL_MAX_DEPTH,
	.actors = PEL_MAX_ACTORS,
	.channels = PEL_MAX_CHANNELS,
};

/* A graph file that some actor names. The files are in the order in which they are found. */
struct file {
	const char *path;
	struct pel_decl_graph *graph; /* NULL: it could not be loaded */
	unsigned nesting;	      /* the minimum number of graph files around it */
};

/* The state of loading a graph with all its files. */
struct job {
	struct pel_graph *graph;
	const struct pel_limits *limits;
	struct pel_error *err;
	struct file *files; /* the first is the top */
	size_t n_files, files_capacity;
	struct pel_map by_path, by_identity; /* indices into files; one file can have many paths */
	bool failed;			     /* an error has been reported */
};

/* ---- one file ---- */

static void number_graphs(struct pel_graph *graph, struct pel_decl_graph *decl)
{
	decl->number = graph->n_graphs++;
	for (size_t i = 0; i < decl->n_graphs; i++)
		number_graphs(graph, decl->graphs[i]);
}

/* Load a document from memory as file number `index`. */
static int load_text(struct job *job, size_t index, const char *text, size_t size, const char *dir)
{
	struct pel_graph *graph = job->graph;
	struct pel_source source = pel_source_of(job->files[index].path, text, size);
	struct pel_decl_graph *decl;
	int r;

	if (size > job->limits->document_bytes)
		return pel_fail(job->err, -EFBIG, (struct pel_place){ .file = source.file },
				"the document has %zu bytes; the limit is %zu", size,
				job->limits->document_bytes);
	r = pel_load_graph_document(&source, dir, job->limits, &graph->arena, &decl, job->err);
	if (r < 0)
		return r;
	if (pel_grow(&graph->files, &graph->files_capacity, graph->n_files + 1, sizeof(*graph->files)) < 0)
		return -ENOMEM;
	graph->files[graph->n_files++] = decl;
	number_graphs(graph, decl);
	job->files[index].graph = decl;
	return 0;
}

/* Add a file to the list of files to load. Returns its index or -ENOMEM. */
static ssize_t add_file(struct job *job, const char *path, const char *identity, unsigned nesting)
{
	size_t index = job->n_files;

	if (pel_grow(&job->files, &job->files_capacity, index + 1, sizeof(*job->files)) < 0 ||
	    pel_map_put(&job->by_path, path, index) == -ENOMEM ||
	    (identity && pel_map_put(&job->by_identity, identity, index) == -ENOMEM))
		return -ENOMEM;
	job->files[job->n_files++] = (struct file){ .path = path, .nesting = nesting };
	return (ssize_t)index;
}

/* A text that identifies a file, whatever its path. */
static const char *identity_of(struct job *job, const struct stat *status)
{
	return pel_arena_printf(&job->graph->arena, "%llx:%llx", (unsigned long long)status->st_dev,
				(unsigned long long)status->st_ino);
}

static int explain_read(struct job *job, int code, struct pel_place place, const char *what, const char *path)
{
	if (code == -ENOMEM)
		return code;
	if (code == -EFBIG)
		return pel_fail(job->err, code, place, "%s '%s' is larger than the limit of %zu bytes", what,
				path, job->limits->document_bytes);
	return pel_fail(job->err, code, place, "cannot read %s '%s': %s", what, path,
			pel_read_file_error(code));
}

/* ---- the files that actors name ---- */

/* Read and load the file at `path`, which `actor` names, unless it has already been loaded under another path. */
static int load_named(struct job *job, const char *path, unsigned nesting, struct pel_place place, size_t *ret)
{
	const char *identity, *dir;
	struct stat status;
	ssize_t index;
	char *text;
	size_t size;
	int r;

	r = pel_read_file(path, job->limits->document_bytes, false, &text, &size, &status);
	if (r < 0) {
		index = add_file(job, path, NULL, nesting); /* so that it is reported only once */
		if (index < 0)
			return -ENOMEM;
		*ret = (size_t)index;
		return explain_read(job, r, place, "graph file", path);
	}
	r = -ENOMEM;
	identity = identity_of(job, &status);
	dir = pel_path_dir(&job->graph->arena, path);
	if (!identity || !dir)
		goto out;
	*ret = pel_map_get(&job->by_identity, identity);
	if (*ret != PEL_MAP_NONE) {
		if (pel_map_put(&job->by_path, path, *ret) != -ENOMEM)
			r = 0;
		goto out;
	}
	index = add_file(job, path, identity, nesting);
	if (index < 0)
		goto out;
	*ret = (size_t)index;
	r = load_text(job, *ret, text, size, dir);
out:
	pel_free(text);
	return r;
}

/* Errors in a file are reported, and loading continues with the other files; only -ENOMEM ends it. */
static int link_actor(struct job *job, size_t holder, const struct pel_decl_graph *graph,
		      struct pel_decl_actor *actor)
{
	struct pel_place place = { graph->file, actor->graph.line, actor->graph.col };
	unsigned nesting = job->files[holder].nesting + 1;
	const char *path = pel_path_join(&job->graph->arena, graph->dir, actor->graph.text);
	size_t index;
	int r;

	if (!path)
		return -ENOMEM;
	index = pel_map_get(&job->by_path, path);
	if (index == PEL_MAP_NONE) {
		if (nesting > job->limits->nesting) {
			job->failed = true;
			pel_fail(job->err, -EINVAL, place, "graph files are nested more than %u deep",
				 job->limits->nesting);
			return 0;
		}
		r = load_named(job, path, nesting, place, &index);
		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			job->failed = true;
			return 0;
		}
	}
	actor->sub = job->files[index].graph;
	return 0;
}

static int link_graph(struct job *job, size_t holder, struct pel_decl_graph *graph)
{
	int r = 0;

	for (size_t i = 0; i < graph->n_actors && r == 0; i++) {
		const char *name = graph->actors[i].graph.text;

		if (name && name[0] != '#')
			r = link_actor(job, holder, graph, &graph->actors[i]);
	}
	for (size_t i = 0; i < graph->n_graphs && r == 0; i++)
		r = link_graph(job, holder, graph->graphs[i]);
	return r;
}

/* ---- the whole graph ---- */

/* The top document is there: load the files that it needs, and check everything. */
static int complete(struct job *job, const char *text, size_t size, const char *dir)
{
	int r = load_text(job, 0, text, size, dir);

	if (r < 0)
		return r;
	/* The list grows during this loop. Files with less nesting come first, so the recorded nesting is the minimum. */
	for (size_t i = 0; i < job->n_files && r == 0; i++)
		if (job->files[i].graph)
			r = link_graph(job, i, job->files[i].graph);
	if (r < 0 || job->failed)
		return r < 0 ? r : -EINVAL;
	job->graph->top = job->files[0].graph;
	return pel_check_hierarchy(job->graph, job->limits, job->err);
}

static int load_path(struct job *job, const char *path)
{
	const char *dir, *identity, *name;
	struct stat status;
	char *text;
	size_t size;
	int r;

	r = pel_read_file(path, job->limits->document_bytes, true, &text, &size, &status);
	if (r < 0)
		return explain_read(job, r, (struct pel_place){ .file = path }, "the graph", path);
	name = pel_arena_strdup(&job->graph->arena, path);
	dir = pel_path_dir(&job->graph->arena, path);
	identity = identity_of(job, &status);
	r = !name || !dir || !identity || add_file(job, name, identity, 0) < 0
		    ? -ENOMEM
		    : complete(job, text, size, dir);
	pel_free(text);
	return r;
}

static int load_memory(struct job *job, const char *text, size_t size, const char *path)
{
	bool no_file = path[0] == '<' || strcmp(path, "-") == 0;
	const char *name = pel_arena_strdup(&job->graph->arena, path);
	const char *dir = pel_path_dir(&job->graph->arena, no_file ? "" : path);

	if (!name || !dir || add_file(job, name, NULL, 0) < 0)
		return -ENOMEM;
	return complete(job, text, size, dir);
}

static int load(const char *path, const void *text, size_t size, const struct pel_limits *limits,
		struct pel_graph **ret, struct pel_error *err)
{
	struct job job = { .limits = limits, .err = err };
	int r = -ENOMEM;

	job.graph = pel_calloc(1, sizeof(*job.graph));
	if (job.graph)
		r = text ? load_memory(&job, text, size, path) : load_path(&job, path);
	pel_map_fini(&job.by_path);
	pel_map_fini(&job.by_identity);
	pel_free(job.files);
	if (r == 0) {
		*ret = job.graph;
		return 0;
	}
	pel_graph_destroy(job.graph);
	switch (r) {
	case -ENOMEM:
		return pel_nomem(err);
	case -ENOENT:
	case -EACCES:
	case -EFBIG:
		return r;
	}
	return -EINVAL;
}

int pel_graph_load_limited(const char *path, const struct pel_limits *limits, struct pel_graph **ret,
			   struct pel_error *err)
{
	return load(path, NULL, 0, limits, ret, err);
}

int pel_graph_parse_limited(const void *text, size_t size, const char *name, const struct pel_limits *limits,
			    struct pel_graph **ret, struct pel_error *err)
{
	return load(name ? name : "<memory>", text ? text : "", size, limits, ret, err);
}

int pel_graph_load(const char *path, struct pel_graph **ret, struct pel_error *err)
{
	return pel_graph_load_limited(path, &pel_default_limits, ret, err);
}

int pel_graph_parse(const void *text, size_t size, const char *name, struct pel_graph **ret,
		    struct pel_error *err)
{
	return pel_graph_parse_limited(text, size, name, &pel_default_limits, ret, err);
}

const char *pel_graph_name(const struct pel_graph *graph)
{
	return graph->top->name.text;
}

void pel_graph_destroy(struct pel_graph *graph)
{
	if (!graph)
		return;
	pel_free(graph->files);
	pel_arena_fini(&graph->arena);
	pel_free(graph);
}
