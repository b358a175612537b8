/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include "read-file.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct build {
	struct pel_decl_place *places;
	size_t n_places, capacity;
	struct pel_map lines; /* of the actors that have a place */
};

/* <map> declares nothing of itself. */
static void *begin_map(struct pel_loader *ld, struct pel_place place)
{
	(void)place;
	return ld->build;
}

static void *begin_place(struct pel_loader *ld, struct pel_place place)
{
	struct build *build = ld->build;

	if (pel_grow(&build->places, &build->capacity, build->n_places + 1, sizeof(*build->places)) < 0)
		return NULL;
	build->places[build->n_places] = (struct pel_decl_place){ .line = place.line, .col = place.col };
	return &build->places[build->n_places++];
}

static int check_place(struct pel_loader *ld, void *decl, struct pel_place place)
{
	const struct pel_decl_place *entry = decl;
	struct build *build = ld->build;
	int r;

	(void)place;
	if (!entry->actor.text)
		return 0;
	r = pel_map_put(&build->lines, entry->actor.text, entry->actor.line);
	if (r == -EEXIST) {
		char quoted[PEL_QUOTE_BYTES];

		pel_loader_fail(ld, pel_loader_place(ld, &entry->actor),
				"there is already a place for '%s', at line %zu",
				pel_quote(entry->actor.text, strlen(entry->actor.text), quoted),
				pel_map_get(&build->lines, entry->actor.text));
		r = 0;
	}
	return r;
}

static const struct pel_attribute_rule place_attributes[] = {
	{ "actor", offsetof(struct pel_decl_place, actor), PEL_CHECK_ACTOR, true },
	{ "on", offsetof(struct pel_decl_place, on), PEL_CHECK_ON, true },
	{ 0 },
};
static const struct pel_rule place_rule = {
	.name = "place", .attributes = place_attributes, .begin = begin_place, .check = check_place
};
static const struct pel_rule map_rule = { .name = "map", .children = { &place_rule }, .begin = begin_map };

static int load_text(struct pel_placement_map *map, const char *text, size_t size, struct pel_error *err)
{
	struct pel_source source = pel_source_of(map->file, text, size);
	struct build build = { 0 };
	struct pel_loader ld = { .file = map->file,
				 .source = &source,
				 .arena = &map->arena,
				 .err = err,
				 .limits = &pel_default_limits,
				 .build = &build };
	int r = pel_loader_run(&ld, &map_rule, "urn:pelton:map:1");

	if (r == 0) {
		map->n_places = build.n_places;
		map->places = pel_arena_array(&map->arena, build.n_places, sizeof(*map->places));
		if (!map->places)
			r = -ENOMEM;
		else if (build.n_places)
			memcpy(map->places, build.places, build.n_places * sizeof(*map->places));
	}
	pel_map_fini(&build.lines);
	pel_free(build.places);
	return r;
}

int pel_placement_map_load(const char *path, struct pel_placement_map **ret, struct pel_error *err)
{
	struct pel_placement_map *map;
	char *text;
	size_t size;
	int r;

	r = pel_read_file(path, PEL_MAX_DOCUMENT_BYTES, true, &text, &size, NULL);
	if (r == -ENOMEM)
		return pel_nomem(err);
	if (r < 0)
		return pel_fail(err, r == -ENOENT || r == -EACCES || r == -EFBIG ? r : -EINVAL,
				(struct pel_place){ .file = path }, "cannot read the placement map '%s': %s",
				path, pel_read_file_error(r));
	map = pel_calloc(1, sizeof(*map));
	r = -ENOMEM;
	if (map && (map->file = pel_arena_strdup(&map->arena, path)))
		r = load_text(map, text, size, err);
	pel_free(text);
	if (r == 0) {
		*ret = map;
		return 0;
	}
	pel_placement_map_destroy(map);
	return r == -ENOMEM ? pel_nomem(err) : r;
}

void pel_placement_map_destroy(struct pel_placement_map *map)
{
	if (!map)
		return;
	pel_arena_fini(&map->arena);
	pel_free(map);
}
