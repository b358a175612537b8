/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SUPPORT_H
#define PEL_SUPPORT_H

#include <pelton/error.h>
#include <stdarg.h>
#include <stdio.h>

/* A place in a document. `file` is borrowed; NULL file, line 0: no place. */
struct pel_place {
	const char *file;
	uint32_t line, col;
};

/*
 * Append an error to `err` (NULL: nothing to do) and return `code`. Whoever finds the problem says so, once; callers
 * pass the code up.
 */
int pel_fail(struct pel_error *err, int code, struct pel_place place, const char *fmt, ...) PEL_PRINTF(4, 5);
int pel_vfail(struct pel_error *err, int code, struct pel_place place, const char *fmt, va_list ap);
/* Say how to mend the error appended last. */
void pel_hint(struct pel_error *err, const char *fmt, ...) PEL_PRINTF(2, 3);
/* "out of memory", without allocating where that cannot be done. Returns -ENOMEM. */
int pel_nomem(struct pel_error *err);

/*
 * All allocations of the library go through these, so that a test can let the Nth fail (support-test hooks below).
 * Same meaning as their namesakes in libc; pel_free is free.
 */
void *pel_malloc(size_t bytes);
void *pel_calloc(size_t count, size_t bytes);
void *pel_realloc(void *old, size_t bytes);
void *pel_aligned_alloc(size_t alignment, size_t bytes); /* any bytes; zeroed; freed with pel_free */
/* Whole pages, zeroed and not touched; for memory that may be large. */
void *pel_pages_alloc(size_t bytes);
void pel_pages_free(void *memory, size_t bytes);
char *pel_strdup(const char *text);
void pel_free(void *memory);
/* Tests: let the allocation number `n` from now (1 is the next) fail, and all later ones if `forever`; 0: none. [one thread at a time] */
void pel_alloc_fail_after(uint64_t n, bool forever);
/* Tests: allocations made since the last pel_alloc_fail_after(). */
uint64_t pel_alloc_count(void);

/* Memory that is freed all at once. Everything in it is zeroed and, but for texts, aligned to 16 bytes. */
struct pel_arena {
	struct pel_arena_block *blocks;
	size_t used, end, size; /* of the first block: what lies between `used` and `end` is free */
};
void *pel_arena_alloc(struct pel_arena *arena, size_t bytes); /* NULL: out of memory */
void *pel_arena_array(struct pel_arena *arena, size_t count, size_t bytes);
/* `count` zeroed structs of `bytes` that begin with their size, which is set: an array of pointers to them. */
void *pel_arena_sized(struct pel_arena *arena, size_t count, size_t bytes);
char *pel_arena_text(struct pel_arena *arena, size_t bytes); /* not aligned */
char *pel_arena_strdup(struct pel_arena *arena, const char *text);
char *pel_arena_strndup(struct pel_arena *arena, const char *text, size_t length);
char *pel_arena_printf(struct pel_arena *arena, const char *fmt, ...) PEL_PRINTF(2, 3);
/* Let `memory`, of pel_malloc() & co., be freed with the arena. 0, or -ENOMEM: it is still the caller's. */
int pel_arena_adopt(struct pel_arena *arena, void *memory);
void pel_arena_fini(struct pel_arena *arena);

/*
 * Make room for one more element in a growing array: `items` is a pointer variable, `count` and `capacity` its numbers.
 * Returns 0 or -ENOMEM. Usage: if (pel_grow(&list->items, &list->capacity, list->count + 1, sizeof(*list->items)) < 0) ...
 */
int pel_grow(void *items, size_t *capacity, size_t wanted, size_t bytes);

/* A map from strings to indices. Keys are borrowed. */
struct pel_map {
	struct pel_map_slot *slots;
	size_t count, size;
};
#define PEL_MAP_NONE SIZE_MAX
size_t pel_map_get(const struct pel_map *map, const char *key);	     /* PEL_MAP_NONE: not there */
int pel_map_put(struct pel_map *map, const char *key, size_t value); /* 0, -EEXIST (unchanged) or -ENOMEM */
void pel_map_fini(struct pel_map *map);

/*
 * "Did you mean": the candidate nearest to `name` by edit distance, if it is near enough to be worth saying; else NULL.
 * Feed the candidates one by one. `best` starts as {0}.
 */
struct pel_near {
	const char *name;
	unsigned distance;
	unsigned tried; /* candidates of a likely length; after the first thousand no more are looked at */
};
void pel_near_try(struct pel_near *best, const char *wanted, const char *candidate);
/* Where none is near: the names there are, as far as a message can bear. Starts as {0}. */
struct pel_known {
	char text[240];
	size_t length, n;
};
void pel_known_add(struct pel_known *known, const char *name);
/* "its outputs are a, b", "its only output is 'a'", "it has no outputs". */
void pel_known_hint(const struct pel_known *known, const char *what, struct pel_error *err);

/* As much of `text` as a message can bear, without control characters. Returns buf. */
#define PEL_QUOTE_BYTES 80
char *pel_quote(const char *text, size_t length, char buf[PEL_QUOTE_BYTES]);

/* Does `name` follow the rule for ids: letters, digits, _ and -, starting with a letter or _, at most 200 bytes? */
bool pel_is_name(const char *name);

/* The directory part of `path` joined with `relative`, unless that is absolute. In the arena; NULL: out of memory. */
char *pel_path_join(struct pel_arena *arena, const char *dir, const char *relative);
char *pel_path_dir(struct pel_arena *arena, const char *path); /* "." where there is no slash */

/* The end of a noun behind a number: "1 token", "2 tokens". */
static inline const char *pel_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/*
 * What strerror() says of `code`; of a limit of this process also its value and how to raise it: "Too many open files (the limit is 64; ulimit -n
 * raises it)". In buf.
 */
#define PEL_ERRNO_BYTES 160
const char *pel_errno_text(int code, char buf[PEL_ERRNO_BYTES]);
/* A hint for a failure that says no more than strerror() does of `code`, in buf: the limit, and how to see it. NULL: no limit of this process is behind it. */
const char *pel_errno_hint(int code, char buf[PEL_ERRNO_BYTES]);
/* Let this process, and those it starts, have as many open files as it may without being asked. */
void pel_raise_open_files(void);

#endif
