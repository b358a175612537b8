/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include "read-file.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct build {
	struct pel_decl_entry *list;
	size_t count, capacity;
	struct pel_map lines; /* the lines of the actors that have an entry */
};

static void *begin_document(struct pel_loader *ld, struct pel_place place)
{
	(void)place;
	return ld->build;
}

static void *begin_entry(struct pel_loader *ld, struct pel_place place)
{
	struct build *build = ld->build;

	if (pel_grow(&build->list, &build->capacity, build->count + 1, sizeof(*build->list)) < 0)
		return NULL;
	build->list[build->count] = (struct pel_decl_entry){ .line = place.line, .col = place.col };
	return &build->list[build->count++];
}

static int check_entry(struct pel_loader *ld, const struct pel_decl_entry *entry, const char *what)
{
	struct build *build = ld->build;
	int r;

	if (!entry->actor.text)
		return 0;
	r = pel_map_put(&build->lines, entry->actor.text, entry->actor.line);
	if (r == -EEXIST) {
		char quoted[PEL_QUOTE_BYTES];

		pel_loader_fail(ld, pel_loader_place(ld, &entry->actor),
				"there is already a %s for '%s', at line %zu", what,
				pel_quote(entry->actor.text, strlen(entry->actor.text), quoted),
				pel_map_get(&build->lines, entry->actor.text));
		r = 0;
	}
	return r;
}

static int check_place(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return check_entry(ld, decl, "place");
}

static int check_cost(struct pel_loader *ld, void *decl, struct pel_place place)
{
	(void)place;
	return check_entry(ld, decl, "cost");
}

/* ---- maps ---- */

static const struct pel_attribute_rule place_attributes[] = {
	{ "actor", offsetof(struct pel_decl_entry, actor), PEL_CHECK_ACTOR, true },
	{ "on", offsetof(struct pel_decl_entry, value), PEL_CHECK_ON, true },
	{ 0 },
};
static const struct pel_rule place_rule = {
	.name = "place", .attributes = place_attributes, .begin = begin_entry, .check = check_place
};
static const struct pel_rule map_rule = { .name = "map", .children = { &place_rule }, .begin = begin_document };

/* ---- profiles ---- */

static const struct pel_attribute_rule cost_attributes[] = {
	{ "actor", offsetof(struct pel_decl_entry, actor), PEL_CHECK_ACTOR, true },
	{ "ns", offsetof(struct pel_decl_entry, value), PEL_CHECK_SOME, true },
	{ 0 },
};
static const struct pel_rule cost_rule = {
	.name = "cost", .attributes = cost_attributes, .begin = begin_entry, .check = check_cost
};
static const struct pel_rule profile_rule = { .name = "profile",
					      .children = { &cost_rule },
					      .begin = begin_document };

/* ---- both ---- */

static int load_text(struct pel_entries *entries, const struct pel_rule *rule, const char *namespace,
		     const char *text, size_t size, struct pel_error *err)
{
	struct pel_source source = pel_source_of(entries->file, text, size);
	struct build build = { 0 };
	struct pel_loader ld = { .file = entries->file,
				 .source = &source,
				 .arena = &entries->arena,
				 .err = err,
				 .limits = &pel_default_limits,
				 .build = &build };
	int r = pel_loader_run(&ld, rule, namespace);

	if (r == 0) {
		entries->count = build.count;
		entries->list = pel_arena_array(&entries->arena, build.count, sizeof(*entries->list));
		if (!entries->list)
			r = -ENOMEM;
		else if (build.count)
			memcpy(entries->list, build.list, build.count * sizeof(*entries->list));
	}
	pel_map_fini(&build.lines);
	pel_free(build.list);
	return r;
}

static int load(const char *path, const struct pel_rule *rule, const char *namespace, const char *what,
		struct pel_entries **ret, struct pel_error *err)
{
	struct pel_entries *entries;
	char *text;
	size_t size;
	int r;

	r = pel_read_file(path, PEL_MAX_DOCUMENT_BYTES, true, &text, &size, NULL);
	if (r == -ENOMEM)
		return pel_nomem(err);
	if (r < 0)
		return pel_fail(err, r == -ENOENT || r == -EACCES || r == -EFBIG ? r : -EINVAL,
				(struct pel_place){ .file = path }, "cannot read the %s '%s': %s", what, path,
				pel_read_file_error(r));
	entries = pel_calloc(1, sizeof(*entries));
	r = -ENOMEM;
	if (entries && (entries->file = pel_arena_strdup(&entries->arena, path)))
		r = load_text(entries, rule, namespace, text, size, err);
	pel_free(text);
	if (r == 0) {
		*ret = entries;
		return 0;
	}
	pel_entries_destroy(entries);
	return r == -ENOMEM ? pel_nomem(err) : r;
}

int pel_placement_map_load(const char *path, struct pel_entries **ret, struct pel_error *err)
{
	return load(path, &map_rule, "urn:pelton:map:1", "placement map", ret, err);
}

int pel_profile_load(const char *path, struct pel_entries **ret, struct pel_error *err)
{
	return load(path, &profile_rule, "urn:pelton:profile:1", "profile", ret, err);
}

void pel_entries_destroy(struct pel_entries *entries)
{
	if (!entries)
		return;
	pel_arena_fini(&entries->arena);
	pel_free(entries);
}
