/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file-conflicts.h"
#include "path-make.h"
#include "plan-model.h"
#include "run-options.h"

#define FOLDERS_MAX 10000u /* to try, if the number is in the name of a folder */

struct collection {
	const struct pel_plan *plan;
	const struct pel_run_options *options;
	struct pel_file_table table;
	uint32_t n_users;
	bool data; /* an actor writes data to standard output */
	struct pel_error *err;
	int status; /* the first error */
};

/* Record the error of one file, and continue with the others. Returns 0 or -ENOMEM. */
static int note(struct collection *c, int r)
{
	if (r < 0 && (!c->status || r == -ENOMEM))
		c->status = r;
	return r == -ENOMEM ? r : 0;
}

static int add_use(struct collection *c, struct pel_run_file_use use)
{
	struct pel_file_table *table = &c->table;

	if (pel_grow(&table->uses, &table->uses_capacity, table->n_uses + 1, sizeof(use)) < 0)
		return pel_nomem(c->err);
	table->uses[table->n_uses++] = use;
	return 0;
}

static int add_fd(struct collection *c, struct pel_run_file_use use, int fd)
{
	use.path = NULL;
	use.fd = fd;
	pel_file_id_of_fd(fd, &use.id);
	return add_use(c, use);
}

/* *found: 0, or the reason why the file can be neither opened nor created. */
static int add_path(struct collection *c, struct pel_run_file_use use, const char *path, int *found)
{
	use.path = path;
	use.fd = -1;
	*found = pel_file_id_of(path, &c->table.arena, &use.id);
	return *found == -ENOMEM ? pel_nomem(c->err) : add_use(c, use);
}

/* ---- can an actor open them? ---- */

static int cannot_open(struct collection *c, const struct pel_run_file_use *use, const char *path, int code)
{
	if (code == -EISDIR)
		return pel_fail(c->err, code, use->place, "%s: '%s' is a directory", use->who, path);
	return pel_fail(c->err, code, use->place, "%s: cannot open '%s' to %s: %s", use->who, path,
			use->written ? "write" : "read", strerror(-code));
}

static int check_access(struct collection *c, const struct pel_run_file_use *use, const char *path, int found)
{
	struct stat st;
	int r;

	if (found < 0)
		return cannot_open(c, use, path, found);
	if (stat(path, &st) == 0) {
		if (use->written && S_ISDIR(st.st_mode))
			return cannot_open(c, use, path, -EISDIR);
		return faccessat(AT_FDCWD, path, use->written ? W_OK : R_OK, AT_EACCESS) < 0
			       ? cannot_open(c, use, path, -errno)
			       : 0;
	}
	if (!use->written)
		return cannot_open(c, use, path, -errno);
	r = pel_path_can_be_made(path);
	return r < 0 ? cannot_open(c, use, path, r) : 0;
}

/* ---- the files of an actor ---- */

/* Add the files of a row that exist. */
static int add_row_files(struct collection *c, const struct pel_run_row_use *row)
{
	struct dirent **entries = NULL;
	int n = scandir(row->row.folder, &entries, NULL, alphasort), r = 0, found;

	for (int i = 0; i < n && r == 0; i++)
		if (pel_file_row_has(&row->row, entries[i]->d_name)) {
			bool here = strcmp(row->row.folder, ".") == 0;
			char *path = pel_path_join(&c->table.arena, here ? NULL : row->row.folder,
						   entries[i]->d_name);

			r = path ? add_path(c, row->use, path, &found) : pel_nomem(c->err);
		}
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return r;
}

/* The number is in the name of a folder: add the files whose folder exists. */
static int add_in_folders(struct collection *c, const struct pel_run_file_use *use,
			  const struct pel_file_use *file)
{
	struct pel_arena *arena = &c->table.arena;
	int r = 0, found;

	for (uint64_t i = 0; i < FOLDERS_MAX && i < file->count && r == 0; i++) {
		char *path = pel_file_pattern_name(file->path, file->first + i, arena);
		char *dir = path ? pel_path_dir(arena, path) : NULL;

		if (!dir)
			return pel_nomem(c->err);
		if (access(dir, F_OK) == 0)
			r = add_path(c, *use, path, &found);
	}
	return r;
}

static int add_row(struct collection *c, const struct pel_run_file_use *use, const struct pel_file_use *file)
{
	struct pel_file_table *table = &c->table;
	struct pel_run_row_use row = { .use = *use };
	int r, found;

	if (!pel_file_row_parse(file, &table->arena, &row.row, &r))
		return r < 0 ? pel_nomem(c->err) : add_in_folders(c, use, file);
	found = pel_file_id_of(row.row.folder, &table->arena, &row.use.id);
	row.use.path = file->path;
	if (found < 0)
		r = found == -ENOMEM ? pel_nomem(c->err) : cannot_open(c, use, file->path, found);
	else if (use->written && (r = pel_folder_takes_files(row.row.folder)) < 0)
		r = cannot_open(c, use, file->path, r);
	if (note(c, r) < 0 || found < 0)
		return r == -ENOMEM ? r : 0;
	if (pel_grow(&table->rows, &table->rows_capacity, table->n_rows + 1, sizeof(row)) < 0)
		return pel_nomem(c->err);
	table->rows[table->n_rows++] = row;
	return add_row_files(c, &row);
}

/* Add a row, or, if the pattern has no number, one file, in whose name %% means %. */
static int add_numbered(struct collection *c, const struct pel_run_file_use *use,
			const struct pel_file_use *file)
{
	char *first = pel_file_pattern_name(file->path, 0, &c->table.arena);
	char *second = pel_file_pattern_name(file->path, 1, &c->table.arena);
	int r, found;

	if (!first || !second)
		return pel_nomem(c->err);
	if (strcmp(first, second) != 0)
		return add_row(c, use, file);
	r = add_path(c, *use, first, &found);
	return r < 0 ? r : note(c, check_access(c, use, first, found));
}

static int add_named(struct collection *c, struct pel_run_file_use use, const struct pel_file_use *file)
{
	int r, found;

	use.written = file->written;
	use.text = file->text;
	if (file->numbered)
		return add_numbered(c, &use, file);
	if (strcmp(file->path, "-") != 0) {
		r = add_path(c, use, file->path, &found);
		return r < 0 ? r : note(c, check_access(c, &use, file->path, found));
	}
	if (!file->written)
		return add_fd(c, use, STDIN_FILENO);
	c->data |= !file->text;
	return add_fd(c, use, c->table.data_fd);
}

static int add_actor(struct collection *c, const struct pel_plan_actor *actor)
{
	struct pel_run_file_use use = { .user = c->n_users++, .place = actor->place, .fd = -1 };
	size_t errors = pel_error_total(c->err);
	struct pel_file_uses files = { 0 };
	struct pel_arena brief = { 0 };
	struct pel_info info;
	char text[128];
	int r;

	use.who = pel_arena_printf(&c->table.arena, "actor '%s' (%s)", actor->id, actor->kernel->name);
	if (!use.who)
		return pel_nomem(c->err);
	r = pel_plan_info(c->plan, actor, &brief, c->err, &info);
	if (r == 0) {
		info.arena = &c->table.arena;
		info.files = &files;
		r = actor->kernel->files(&info);
		r = r == 0 && info.misused ? -EINVAL : r;
		if (!pel_kernel_result_ok(r, false))
			r = pel_fail(c->err, -EPROTO, actor->place, "%s: %s", use.who,
				     pel_kernel_result_text("files", r, false, NULL, text, sizeof(text)));
		else if (r < 0 && errors == pel_error_total(c->err))
			pel_fail(c->err, r, actor->place, "%s: cannot name its files: %s", use.who,
				 strerror(-r));
		r = note(c, r);
	}
	for (size_t i = 0; i < files.count && r == 0; i++)
		r = add_named(c, use, &files.items[i]);
	pel_arena_fini(&brief);
	pel_free(files.items);
	return r;
}

/* ---- all files ---- */

static int add_read(struct collection *c, const char *who, struct pel_place place, const char *path)
{
	struct pel_run_file_use use = { .who = who, .place = place, .user = c->n_users++ };
	int found;

	return path ? add_path(c, use, path, &found) : 0;
}

static int add_fpga(struct collection *c, const struct pel_plan_actor *actor)
{
	const struct pel_fpga *fpga = actor->fpga;
	const char *who;
	int r;

	if (!fpga || !(fpga->xclbin || (fpga->source && !fpga->own_source)))
		return 0;
	who = pel_arena_printf(&c->table.arena, "actor '%s' (%s)", actor->id, actor->kernel->name);
	if (!who)
		return pel_nomem(c->err);
	r = add_read(c, who, actor->place, fpga->xclbin);
	return r < 0 || fpga->own_source ? r : add_read(c, who, actor->place, fpga->source);
}

static int add_plan(struct collection *c)
{
	const struct pel_plan *plan = c->plan;
	int r = 0;

	/* "-" is not a file; the host reports who reads standard input. */
	for (uint32_t i = 0; i < plan->n_sources && r == 0; i++)
		if (strcmp(plan->sources[i], "-") != 0)
			r = add_read(c, "the compiler", (struct pel_place){ 0 }, plan->sources[i]);
	for (uint32_t i = 0; i < plan->n_actors && r == 0; i++)
		r = add_fpga(c, &plan->actors[i]);
	for (uint32_t i = 0; i < plan->n_actors && r == 0; i++)
		if (plan->actors[i].kernel && plan->actors[i].kernel->files)
			r = add_actor(c, &plan->actors[i]);
	return r;
}

static int add_host(struct collection *c, const struct pel_run_file *file)
{
	struct pel_run_file_use use = { .who = file->name, .written = file->written, .user = c->n_users++ };
	int found;

	return file->path ? add_path(c, use, file->path, &found) : add_fd(c, use, file->fd);
}

/* Text goes to standard error if an actor writes data to standard output. */
static void place_text(struct collection *c)
{
	int fd = c->options && c->options->text_fd ? c->options->text_fd : c->data ? STDERR_FILENO : 0;

	for (size_t i = 0; fd && i < c->table.n_uses; i++)
		if (c->table.uses[i].text) {
			c->table.uses[i].fd = fd;
			pel_file_id_of_fd(fd, &c->table.uses[i].id);
			/* Anybody may write messages there. */
			c->table.uses[i].id.known &= fd != STDERR_FILENO;
		}
}

static int collect(struct collection *c, const struct pel_run_file *files, size_t n_files)
{
	int r = c->plan ? add_plan(c) : 0;

	for (size_t i = 0; c->options && i < c->options->n_xclbins && r == 0; i++)
		r = add_read(c, "a device", (struct pel_place){ 0 }, c->options->xclbins[i].path);
	for (size_t i = 0; i < n_files && r == 0; i++)
		r = add_host(c, &files[i]);
	place_text(c);
	return r;
}

int pel_files_check(const struct pel_plan *plan, const struct pel_run_options *options,
		    const struct pel_run_file *files, size_t n_files, bool *data, struct pel_error *err)
{
	struct collection c = { .plan = plan, .options = options, .err = err };
	int r;

	c.table.data_fd = options && options->data_fd ? options->data_fd : STDOUT_FILENO;
	r = collect(&c, files, n_files);
	if (r == 0)
		r = note(&c, pel_file_conflicts(&c.table, err));
	if (r == 0)
		r = c.status;
	*data = c.data;
	pel_arena_fini(&c.table.arena);
	pel_free(c.table.uses);
	pel_free(c.table.rows);
	return r;
}

int pel_run_check_files(const struct pel_plan *plan, const struct pel_run_options *options,
			const struct pel_run_file *files, size_t n_files, struct pel_error *err)
{
	struct pel_run_options known;
	bool data;
	int r = pel_run_take_options(&known, options, err);

	if (r == 0 && !files && n_files)
		return pel_fail(err, -EINVAL, (struct pel_place){ 0 },
				"the list of %zu files of the host is NULL", n_files);
	return r < 0 ? r : pel_files_check(plan, &known, files, n_files, &data, err);
}
