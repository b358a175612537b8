/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SUPPORT_H
#define PEL_SUPPORT_H

#include <pelton/error.h>
#include <stdarg.h>
#include <stdio.h>

/* A place in a document. `file` is borrowed; NULL file and line 0: no place. */
struct pel_place {
	const char *file;
	uint32_t line, col;
};

/*
 * Append an error to `err` (NULL: do nothing) and return `code`. The function that finds a problem reports
 * it, once; its callers only pass the code up.
 */
int pel_fail(struct pel_error *err, int code, struct pel_place place, const char *fmt, ...) PEL_PRINTF(4, 5);
int pel_vfail(struct pel_error *err, int code, struct pel_place place, const char *fmt, va_list ap);
/* Add a hint to the error appended last: how to fix it. */
void pel_hint(struct pel_error *err, const char *fmt, ...) PEL_PRINTF(2, 3);
/* The number of errors. If it has grown during a call, the call has explained its failure. 0 if `err` is NULL. */
static inline size_t pel_error_total(const struct pel_error *err)
{
	return err ? err->count + err->lost : 0;
}

/* Append "out of memory"; does not rely on allocation. Returns -ENOMEM. */
int pel_nomem(struct pel_error *err);

/*
 * All allocations of the library go through these functions, so that a test can make the Nth one fail (see
 * the hooks for tests below). They have the same meaning as their libc namesakes; pel_free() is free().
 */
void *pel_malloc(size_t bytes);
void *pel_calloc(size_t count, size_t bytes);
void *pel_realloc(void *old, size_t bytes);
void *pel_aligned_alloc(size_t alignment, size_t bytes); /* any size; zeroed; freed with pel_free() */
/* Whole pages, zeroed but not yet touched; for memory that may be large. */
void *pel_pages_alloc(size_t bytes);
void pel_pages_free(void *memory, size_t bytes);
char *pel_strdup(const char *text);
void pel_free(void *memory);
/*
 * For tests: make the `n`th allocation from now fail (1: the next), and if `forever` all later ones; 0: none.
 * [one thread at a time]
 */
void pel_alloc_fail_after(uint64_t n, bool forever);
/* For tests: the number of allocations made since the last pel_alloc_fail_after(). */
uint64_t pel_alloc_count(void);

/* Memory that is freed all at once. It is zeroed and, except for texts, aligned to 16 bytes. */
struct pel_arena {
	struct pel_arena_block *blocks;
	size_t used, end, size; /* of the first block: what lies between `used` and `end` is free */
};
void *pel_arena_alloc(struct pel_arena *arena, size_t bytes); /* NULL: out of memory */
void *pel_arena_array(struct pel_arena *arena, size_t count, size_t bytes);
/* An array of pointers to `count` zeroed structs of `bytes` bytes. Each begins with its size, which is set. */
void *pel_arena_sized(struct pel_arena *arena, size_t count, size_t bytes);
char *pel_arena_text(struct pel_arena *arena, size_t bytes); /* not aligned */
char *pel_arena_strdup(struct pel_arena *arena, const char *text);
char *pel_arena_strndup(struct pel_arena *arena, const char *text, size_t length);
char *pel_arena_printf(struct pel_arena *arena, const char *fmt, ...) PEL_PRINTF(2, 3);
/* Free `memory`, from pel_malloc() or the like, together with the arena. 0, or -ENOMEM: the caller still owns it. */
int pel_arena_adopt(struct pel_arena *arena, void *memory);
void pel_arena_fini(struct pel_arena *arena);

/*
 * Make room for one more element in a growing array: `items` is a pointer variable, `count` and `capacity`
 * are its numbers of elements. Returns 0 or -ENOMEM. Usage: if (pel_grow(&list->items, &list->capacity,
 * list->count + 1, sizeof(*list->items)) < 0) ...
 */
int pel_grow(void *items, size_t *capacity, size_t wanted, size_t bytes);

/* A map from strings to indices. Keys are borrowed. */
struct pel_map {
	struct pel_map_slot *slots;
	size_t count, size;
};
#define PEL_MAP_NONE SIZE_MAX
size_t pel_map_get(const struct pel_map *map, const char *key);	     /* PEL_MAP_NONE: not found */
int pel_map_put(struct pel_map *map, const char *key, size_t value); /* 0, -EEXIST (unchanged) or -ENOMEM */
void pel_map_fini(struct pel_map *map);

/*
 * "Did you mean": the candidate nearest to `name` by edit distance, or NULL if none is similar enough. Pass
 * the candidates one by one. `best` starts as {0}.
 */
struct pel_near {
	const char *name;
	unsigned distance;
	unsigned tried; /* candidates of a similar length; only the first thousand are compared */
};
void pel_near_try(struct pel_near *best, const char *wanted, const char *candidate);
/* The element type that `word` is another name of: "int16", "s16", "I16", "float" for i16, f32. NULL: none, or it is the name itself. */
const char *pel_elem_meant(const char *word, size_t length);
/* If none is similar: a list of the existing names, cut to fit a message. Starts as {0}. */
struct pel_known {
	char text[240];
	size_t length, n;
};
void pel_known_add(struct pel_known *known, const char *name);
/* "its outputs are a, b", "its only output is 'a'", "it has no outputs". */
void pel_known_hint(const struct pel_known *known, const char *what, struct pel_error *err);

/* `text` without control characters, cut to fit a message. Returns buf. */
#define PEL_QUOTE_BYTES 80
char *pel_quote(const char *text, size_t length, char buf[PEL_QUOTE_BYTES]);

/* True if `name` is a valid id: letters, digits, _ and -, starting with a letter or _, at most 200 bytes. */
bool pel_is_name(const char *name);

/* The directory part of `path` joined with `relative`, or `relative` if absolute. In the arena; NULL: out of memory. */
char *pel_path_join(struct pel_arena *arena, const char *dir, const char *relative);
char *pel_path_dir(struct pel_arena *arena, const char *path); /* "." if there is no slash */

/* The ending of a noun after a number: "1 token", "2 tokens". */
static inline const char *pel_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/*
 * The text of strerror() for `code`. If the error is due to a limit of this process, also its value and how
 * to raise it: "Too many open files (the limit is 64; ulimit -n raises it)". In buf.
 */
#define PEL_ERRNO_BYTES 160
const char *pel_errno_text(int code, char buf[PEL_ERRNO_BYTES]);
/*
 * A hint for an error message that contains only the text of strerror() for `code`: the limit of this
 * process, and how to see it. In buf. NULL: no such limit is the cause.
 */
const char *pel_errno_hint(int code, char buf[PEL_ERRNO_BYTES]);
/* Raise the limit of open files of this process, and of those it starts, to the hard limit. */
void pel_raise_open_files(void);

static inline uint64_t pel_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t pel_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
