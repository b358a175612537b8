/* SPDX-License-Identifier: Apache-2.0 */
#include "file-conflicts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROW_NAMES    10000u /* names to compare, for two rows whose files do not exist yet */
#define REPORTED_MAX 100u

static int compare(const void *a, const void *b)
{
	const struct pel_run_file_use *x = *(struct pel_run_file_use *const *)a,
				      *y = *(struct pel_run_file_use *const *)b;
	int r;

	if (x->id.known != y->id.known)
		return x->id.known ? -1 : 1;
	if (x->id.known && x->id.exists != y->id.exists)
		return x->id.exists ? -1 : 1;
	if (x->id.known && x->id.exists) {
		if (x->id.dev != y->id.dev)
			return x->id.dev < y->id.dev ? -1 : 1;
		if (x->id.ino != y->id.ino)
			return x->id.ino < y->id.ino ? -1 : 1;
	} else if (x->id.known) {
		if (x->id.folder_dev != y->id.folder_dev)
			return x->id.folder_dev < y->id.folder_dev ? -1 : 1;
		if (x->id.folder_ino != y->id.folder_ino)
			return x->id.folder_ino < y->id.folder_ino ? -1 : 1;
		if ((r = strcmp(x->id.name, y->id.name)) != 0)
			return r;
	}
	return x < y ? -1 : x > y;
}

static bool collide(const struct pel_run_file_use *a, const struct pel_run_file_use *b)
{
	if (a->user == b->user || (a->text && b->text))
		return false;
	return a->written || b->written || a->id.stream;
}

/* The later of two uses is the one that is reported. */
static void mark(struct pel_run_file_use *later, const struct pel_run_file_use *first)
{
	if (!later->other)
		later->other = first;
}

/* Mark the conflict between `n` uses of one file. */
static void mark_file(struct pel_run_file_use **uses, size_t n)
{
	struct pel_run_file_use *writer = NULL;

	for (size_t i = 0; i < n && !writer; i++)
		if (uses[i]->written || uses[i]->id.stream)
			writer = uses[i];
	for (size_t i = 0; writer && i < n; i++)
		if (uses[i] != writer && collide(writer, uses[i])) {
			if (writer < uses[i])
				mark(uses[i], writer);
			else
				mark(writer, uses[i]);
			return; /* report one conflict for each file */
		}
}

static int mark_files(struct pel_file_table *table)
{
	struct pel_run_file_use **sorted = pel_malloc((table->n_uses + 1) * sizeof(*sorted));
	size_t n = table->n_uses;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &table->uses[i];
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && pel_file_id_same(&sorted[i]->id, &sorted[end]->id); end++)
			;
		mark_file(sorted + i, end - i);
	}
	pel_free(sorted);
	return 0;
}

/* Mark conflicts at standard input and output, even if they are devices. */
static void mark_descriptors(struct pel_file_table *table)
{
	const struct pel_run_file_use *first[2] = { 0 }; /* uses of standard input and output */

	for (size_t i = 0; i < table->n_uses; i++) {
		struct pel_run_file_use *use = &table->uses[i];
		const struct pel_run_file_use **slot;

		if (use->text || (use->fd != STDIN_FILENO && use->fd != table->data_fd))
			continue;
		slot = &first[use->fd != STDIN_FILENO];
		if (!*slot)
			*slot = use;
		else if ((*slot)->user != use->user)
			mark(use, *slot);
	}
}

/* ---- rows ---- */

static bool in_folder(const struct pel_file_id *id, const struct pel_run_row_use *row)
{
	return id->folder_dev == row->use.id.dev && id->folder_ino == row->use.id.ino;
}

/* Mark a conflict with a file that does not exist yet and has a name of the row. */
static void mark_in_row(struct pel_run_file_use *use, const struct pel_run_row_use *row)
{
	if (use->id.known && !use->id.exists && in_folder(&use->id, row) && collide(use, &row->use) &&
	    pel_file_row_has(&row->row, use->id.name))
		mark(use, &row->use);
}

/* Does the longer string begin (or, with `ends`, end) with the shorter one? */
static bool fits(const char *a, const char *b, bool ends)
{
	size_t x = strlen(a), y = strlen(b), n = x < y ? x : y;

	return ends ? memcmp(a + x - n, b + y - n, n) == 0 : memcmp(a, b, n) == 0;
}

static bool rows_meet(const struct pel_run_row_use *a, const struct pel_run_row_use *b)
{
	char name[512];

	/* Most rows differ in more than their numbers. */
	if (!fits(a->row.prefix, b->row.prefix, false) || !fits(a->row.suffix, b->row.suffix, true))
		return false;
	for (uint64_t i = 0; i < ROW_NAMES && i < a->row.count; i++)
		if (pel_file_row_name(&a->row, i, name, sizeof(name)) && pel_file_row_has(&b->row, name))
			return true;
	return false;
}

static void mark_rows(struct pel_file_table *table)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		struct pel_run_row_use *row = &table->rows[i];

		for (size_t k = 0; k < table->n_uses; k++)
			mark_in_row(&table->uses[k], row);
		for (size_t k = 0; k < i; k++) {
			const struct pel_run_row_use *before = &table->rows[k];

			if (before->use.id.dev == row->use.id.dev && before->use.id.ino == row->use.id.ino &&
			    collide(&row->use, &before->use) &&
			    (rows_meet(row, before) || rows_meet(before, row)))
				mark(&row->use, &before->use);
		}
	}
}

/* ---- messages ---- */

#define NAME_BYTES 600

static const char *name_of(const struct pel_file_table *table, const struct pel_run_file_use *use,
			   char buf[NAME_BYTES])
{
	if (use->path)
		snprintf(buf, NAME_BYTES, "'%s'", use->path);
	else if (use->fd == STDIN_FILENO || use->fd == table->data_fd)
		snprintf(buf, NAME_BYTES, "standard %s", use->fd == STDIN_FILENO ? "input" : "output");
	else
		snprintf(buf, NAME_BYTES, "descriptor %d", use->fd);
	return buf;
}

/* " (as 'b')", if the two uses have different names for the file; else "". */
static const char *alias_of(const struct pel_file_table *table, const char *name,
			    const struct pel_run_file_use *other, char buf[NAME_BYTES + 8])
{
	char theirs[NAME_BYTES];

	buf[0] = '\0';
	if (strcmp(name, name_of(table, other, theirs)) != 0)
		snprintf(buf, NAME_BYTES + 8, " (as %s)", theirs);
	return buf;
}

static void report(const struct pel_file_table *table, const struct pel_run_file_use *use, struct pel_error *err)
{
	const struct pel_run_file_use *first = use->other, *writer = use->written ? use : first;
	struct pel_place place = use->place.line ? use->place : first->place;
	char name[NAME_BYTES], alias[NAME_BYTES + 8];

	name_of(table, writer == use && !first->written ? use : first, name);
	alias_of(table, name, writer == use && !first->written ? first : use, alias);
	if (!use->written && !first->written) {
		pel_fail(err, -EINVAL, place,
			 "%s and %s would both read %s%s, and each would get only part of it", first->who,
			 use->who, name, alias);
		pel_hint(err, "let one actor read it, and feed both from its output");
	} else if (use->written && first->written) {
		pel_fail(err, -EINVAL, place, "%s and %s would both write %s%s", first->who, use->who, name,
			 alias);
		pel_hint(err, "give each a file of its own");
	} else {
		pel_fail(err, -EINVAL, writer->place, "%s would overwrite %s, which %s reads%s", writer->who,
			 name, (writer == use ? first : use)->who, alias);
		pel_hint(err, "write to another file");
	}
}

static bool same_pair(const struct pel_run_file_use *a, const struct pel_run_file_use *b)
{
	if (!a->other || !b->other)
		return false;
	return (a->user == b->user && a->other->user == b->other->user) ||
	       (a->user == b->other->user && a->other->user == b->user);
}

/* Has a conflict between the same two users been reported, for rows or for an earlier file? */
static bool was_reported(const struct pel_file_table *table, const struct pel_run_file_use *use, size_t n_uses)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (same_pair(&table->rows[i].use, use))
			return true;
	for (size_t i = 0; i < n_uses; i++)
		if (same_pair(&table->uses[i], use))
			return true;
	return false;
}

int pel_file_conflicts(struct pel_file_table *table, struct pel_error *err)
{
	size_t reported = 0;

	if (mark_files(table) < 0)
		return pel_nomem(err);
	mark_descriptors(table);
	mark_rows(table);
	for (size_t i = 0; i < table->n_rows; i++)
		if (table->rows[i].use.other && ++reported)
			report(table, &table->rows[i].use, err);
	for (size_t i = 0; i < table->n_uses && reported < REPORTED_MAX; i++)
		if (table->uses[i].other && !was_reported(table, &table->uses[i], i) && ++reported)
			report(table, &table->uses[i], err);
	return reported ? -EINVAL : 0;
}
