/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

/* Maps from strings to indices. */

struct pel_map_slot {
	const char *key; /* NULL: empty */
	size_t value;
	uint64_t hash;
};

/* Random per process, so that no document can be written whose names all collide. */
static uint64_t hash_seed(void)
{
	static atomic_uint_least64_t seed;
	uint64_t value = atomic_load_explicit(&seed, memory_order_relaxed), none = 0;

	if (value)
		return value;
	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value) || !value)
		value = 0xcbf29ce484222325u;
	/* All maps of the process use the first seed that is stored. */
	return atomic_compare_exchange_strong(&seed, &none, value) ? value : none;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = hash_seed(); /* FNV-1a with another start value */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

static struct pel_map_slot *map_slot(const struct pel_map *map, const char *key, uint64_t hash)
{
	size_t i = hash & (map->size - 1);

	while (map->slots[i].key && (map->slots[i].hash != hash || strcmp(map->slots[i].key, key) != 0))
		i = (i + 1) & (map->size - 1);
	return &map->slots[i];
}

size_t pel_map_get(const struct pel_map *map, const char *key)
{
	const struct pel_map_slot *slot;

	if (!map->size)
		return PEL_MAP_NONE;
	slot = map_slot(map, key, hash_text(key));
	return slot->key ? slot->value : PEL_MAP_NONE;
}

static int map_enlarge(struct pel_map *map)
{
	struct pel_map larger = { .size = map->size ? map->size * 2 : 16 };

	larger.slots = pel_calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->size; i++)
		if (map->slots[i].key)
			*map_slot(&larger, map->slots[i].key, map->slots[i].hash) = map->slots[i];
	larger.count = map->count;
	pel_free(map->slots);
	*map = larger;
	return 0;
}

int pel_map_put(struct pel_map *map, const char *key, size_t value)
{
	uint64_t hash = hash_text(key);
	struct pel_map_slot *slot;

	if (map->count * 2 >= map->size && map_enlarge(map) < 0)
		return -ENOMEM;
	slot = map_slot(map, key, hash);
	if (slot->key)
		return -EEXIST;
	*slot = (struct pel_map_slot){ key, value, hash };
	map->count++;
	return 0;
}

void pel_map_fini(struct pel_map *map)
{
	pel_free(map->slots);
	*map = (struct pel_map){ 0 };
}
