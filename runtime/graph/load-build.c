/* SPDX-License-Identifier: Apache-2.0 */
#include "load-build.h"

#include <errno.h>
#include <string.h>

void *pel_list_add(struct pel_list *list, size_t bytes)
{
	void *item;

	list->bytes = bytes;
	if (pel_grow(&list->items, &list->capacity, list->count + 1, bytes) < 0)
		return NULL;
	item = (char *)list->items + list->count++ * bytes;
	return memset(item, 0, bytes);
}

void *pel_list_last(const struct pel_list *list)
{
	return (char *)list->items + (list->count - 1) * list->bytes;
}

/* Arrays of this size or larger are not copied. */
#define LARGE_BYTES ((size_t)64 << 10)

/* Transfer the list's own memory to the arena. Returns 0 or -ENOMEM. */
static int hand_over(struct pel_arena *arena, struct pel_list *list, void **ret)
{
	void *shrunk = pel_realloc(list->items, list->count * list->bytes);

	if (!shrunk)
		return -ENOMEM;
	list->items = shrunk;
	list->capacity = list->count;
	if (pel_arena_adopt(arena, shrunk) < 0)
		return -ENOMEM;
	*ret = shrunk;
	list->items = NULL;
	list->capacity = 0;
	return 0;
}

int pel_list_take(struct pel_loader *ld, struct pel_list *list, void *items, size_t *count)
{
	size_t bytes = list->count * list->bytes;
	void *kept = NULL;

	if (bytes >= LARGE_BYTES) {
		if (hand_over(ld->arena, list, &kept) < 0)
			return -ENOMEM;
	} else if (bytes) {
		kept = pel_arena_alloc(ld->arena, bytes);
		if (!kept)
			return -ENOMEM;
		memcpy(kept, list->items, bytes);
	}
	memcpy(items, &kept, sizeof(kept)); /* `items` points to a pointer of some type */
	*count = list->count;
	list->count = 0;
	return 0;
}

int pel_declare(struct pel_loader *ld, struct pel_map *lines, const struct pel_attr *attr, const char *what)
{
	int r;

	if (!attr->text)
		return 0;
	r = pel_map_put(lines, attr->text, attr->line);
	if (r == -EEXIST) {
		char quoted[PEL_QUOTE_BYTES];

		pel_loader_fail(ld, pel_loader_place(ld, attr), "there is already %s '%s', at line %zu", what,
				pel_quote(attr->text, strlen(attr->text), quoted),
				pel_map_get(lines, attr->text));
		r = 0;
	}
	return r;
}

struct pel_build *pel_build_of(const struct pel_loader *ld)
{
	return ld->build;
}

struct pel_graph_build *pel_graph_of(const struct pel_loader *ld)
{
	return &pel_build_of(ld)->stack[pel_build_of(ld)->depth - 1];
}

void *pel_list_declare(struct pel_list *list, size_t bytes, size_t place_offset, struct pel_place place)
{
	const uint32_t position[2] = { place.line, place.col };
	char *decl = pel_list_add(list, bytes);

	if (decl)
		memcpy(decl + place_offset, position, sizeof(position));
	return decl;
}
