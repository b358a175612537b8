/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define ERRORS_MAX 1000

static atomic_uint_least64_t alloc_count;
static atomic_uint_least64_t alloc_fail_at; /* 0: never */
static atomic_bool alloc_fail_forever;

void pel_alloc_fail_after(uint64_t n, bool forever)
{
	atomic_store(&alloc_count, 0);
	atomic_store(&alloc_fail_forever, forever);
	atomic_store(&alloc_fail_at, n);
}

uint64_t pel_alloc_count(void)
{
	return atomic_load(&alloc_count);
}

static bool may_allocate(void)
{
	uint64_t n = atomic_fetch_add_explicit(&alloc_count, 1, memory_order_relaxed) + 1;
	uint64_t fail_at = atomic_load_explicit(&alloc_fail_at, memory_order_relaxed);

	if (!fail_at || n < fail_at)
		return true;
	return n > fail_at && !atomic_load_explicit(&alloc_fail_forever, memory_order_relaxed);
}

void *pel_malloc(size_t bytes)
{
	return may_allocate() ? malloc(bytes ? bytes : 1) : NULL;
}

void *pel_calloc(size_t count, size_t bytes)
{
	return may_allocate() ? calloc(count ? count : 1, bytes ? bytes : 1) : NULL;
}

void *pel_realloc(void *old, size_t bytes)
{
	return may_allocate() ? realloc(old, bytes ? bytes : 1) : NULL;
}

void *pel_aligned_alloc(size_t alignment, size_t bytes)
{
	void *memory;

	if (!may_allocate() || posix_memalign(&memory, alignment, bytes ? bytes : 1) != 0)
		return NULL;
	return memset(memory, 0, bytes);
}

void *pel_pages_alloc(size_t bytes)
{
	void *memory = may_allocate() ? mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
				      : MAP_FAILED;

	return memory == MAP_FAILED ? NULL : memory;
}

void pel_pages_free(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes ? bytes : 1);
}

char *pel_strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = pel_malloc(bytes);

	return copy ? memcpy(copy, text, bytes) : NULL;
}

void pel_free(void *memory)
{
	free(memory);
}

/* ---- errors ---- */

void pel_error_fini(struct pel_error *err)
{
	if (!err)
		return;
	for (size_t i = 0; i < err->count; i++) {
		pel_free(err->items[i].file);
		pel_free(err->items[i].text);
		pel_free(err->items[i].hint);
	}
	pel_free(err->items);
	*err = (struct pel_error){ 0 };
}

static char *format_text(const char *fmt, va_list ap)
{
	va_list again;
	int length;
	char *text;

	va_copy(again, ap);
	length = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (length < 0 || !(text = pel_malloc((size_t)length + 1)))
		return NULL;
	vsnprintf(text, (size_t)length + 1, fmt, ap);
	return text;
}

int pel_vfail(struct pel_error *err, int code, struct pel_place place, const char *fmt, va_list ap)
{
	struct pel_error_item item = { .line = place.line, .col = place.col };

	if (!err)
		return code;
	if (err->count >= ERRORS_MAX ||
	    pel_grow(&err->items, &err->capacity, err->count + 1, sizeof(*err->items)) < 0)
		goto lost;
	item.text = format_text(fmt, ap);
	if (!item.text || (place.file && !(item.file = pel_strdup(place.file))))
		goto lost;
	err->items[err->count++] = item;
	return code;
lost:
	pel_free(item.text);
	err->lost++;
	return code;
}

int pel_fail(struct pel_error *err, int code, struct pel_place place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pel_vfail(err, code, place, fmt, ap);
	va_end(ap);
	return code;
}

void pel_hint(struct pel_error *err, const char *fmt, ...)
{
	va_list ap;

	/* If errors were dropped, the last item may not be the one that this hint belongs to. */
	if (!err || !err->count || err->lost || err->items[err->count - 1].hint)
		return;
	va_start(ap, fmt);
	err->items[err->count - 1].hint = format_text(fmt, ap);
	va_end(ap);
}

int pel_nomem(struct pel_error *err)
{
	return pel_fail(err, -ENOMEM, (struct pel_place){ 0 }, "out of memory");
}

/* ---- arena ---- */

struct pel_arena_block {
	struct pel_arena_block *next;
	void *adopted; /* freed with it, or NULL. (With `next` it keeps the data 16-byte aligned.) */
	unsigned char data[];
};

#define ARENA_BLOCK_MIN ((size_t)4 << 10)
#define ARENA_BLOCK_MAX ((size_t)1 << 20)

/*
 * A block with room for `bytes`: the next one to be filled, or, if `bytes` would take most of it, a separate
 * one behind it. Returns the memory in the block.
 */
static void *arena_extend(struct pel_arena *arena, size_t bytes)
{
	size_t size = arena->size * 2;
	struct pel_arena_block *block;
	bool separate;

	if (size < ARENA_BLOCK_MIN)
		size = ARENA_BLOCK_MIN;
	if (size > ARENA_BLOCK_MAX)
		size = ARENA_BLOCK_MAX;
	separate = arena->blocks && bytes > size / 4;
	if (separate || size < bytes)
		size = bytes;
	block = pel_calloc(1, sizeof(*block) + size);
	if (!block)
		return NULL;
	if (separate) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
		return block->data;
	}
	block->next = arena->blocks;
	*arena = (struct pel_arena){ .blocks = block, .size = size, .used = bytes, .end = size };
	return block->data;
}

void *pel_arena_alloc(struct pel_arena *arena, size_t bytes)
{
	void *memory;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + 15) & ~(size_t)15;
	if (!arena->blocks || bytes > arena->end - arena->used)
		return arena_extend(arena, bytes);
	memory = arena->blocks->data + arena->used;
	arena->used += bytes;
	return memory;
}

/* Texts are allocated from the end of the block downwards, so they need no alignment. */
char *pel_arena_text(struct pel_arena *arena, size_t bytes)
{
	if (bytes > ARENA_BLOCK_MIN / 4 || !arena->blocks || bytes > arena->end - arena->used)
		return pel_arena_alloc(arena, bytes);
	arena->end -= bytes;
	return (char *)arena->blocks->data + arena->end;
}

void *pel_arena_array(struct pel_arena *arena, size_t count, size_t bytes)
{
	size_t total;

	return __builtin_mul_overflow(count, bytes, &total) ? NULL : pel_arena_alloc(arena, total);
}

void *pel_arena_sized(struct pel_arena *arena, size_t count, size_t bytes)
{
	char *items = pel_arena_array(arena, count, bytes);
	void **pointers = items ? pel_arena_array(arena, count, sizeof(*pointers)) : NULL;

	for (size_t i = 0; pointers && i < count; i++) {
		pointers[i] = items + i * bytes;
		memcpy(pointers[i], &bytes, sizeof(bytes));
	}
	return pointers;
}

char *pel_arena_strndup(struct pel_arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? pel_arena_text(arena, length + 1) : NULL;

	if (copy && length)
		memcpy(copy, text, length);
	return copy;
}

char *pel_arena_strdup(struct pel_arena *arena, const char *text)
{
	return pel_arena_strndup(arena, text, strlen(text));
}

char *pel_arena_printf(struct pel_arena *arena, const char *fmt, ...)
{
	va_list ap;
	int length;
	char *text;

	va_start(ap, fmt);
	length = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (length < 0 || !(text = pel_arena_text(arena, (size_t)length + 1)))
		return NULL;
	va_start(ap, fmt);
	vsnprintf(text, (size_t)length + 1, fmt, ap);
	va_end(ap);
	return text;
}

int pel_arena_adopt(struct pel_arena *arena, void *memory)
{
	struct pel_arena_block *block = pel_calloc(1, sizeof(*block));

	if (!block)
		return -ENOMEM;
	block->adopted = memory;
	if (arena->blocks) { /* the first one is being filled */
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
	}
	return 0;
}

void pel_arena_fini(struct pel_arena *arena)
{
	struct pel_arena_block *block = arena->blocks, *next;

	for (; block; block = next) {
		next = block->next;
		pel_free(block->adopted);
		pel_free(block);
	}
	*arena = (struct pel_arena){ 0 };
}

/* ---- arrays ---- */

int pel_grow(void *items, size_t *capacity, size_t wanted, size_t bytes)
{
	size_t size = *capacity ? *capacity : 8, total;
	void *old, *grown;

	if (wanted <= *capacity)
		return 0;
	while (size < wanted)
		if (__builtin_mul_overflow(size, (size_t)2, &size))
			return -ENOMEM;
	memcpy(&old, items, sizeof(old)); /* `items` points to a pointer of another type */
	if (__builtin_mul_overflow(size, bytes, &total) || !(grown = pel_realloc(old, total)))
		return -ENOMEM;
	memcpy(items, &grown, sizeof(grown));
	*capacity = size;
	return 0;
}

/* ---- names and paths ---- */

char *pel_quote(const char *text, size_t length, char buf[PEL_QUOTE_BYTES])
{
	size_t n = length < PEL_QUOTE_BYTES - 4 ? length : PEL_QUOTE_BYTES - 4;

	if (n < length)
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80) /* do not cut a character in half */
			n--;
	for (size_t i = 0; i < n; i++)
		buf[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
	strcpy(buf + n, n < length ? "..." : "");
	return buf;
}

bool pel_is_name(const char *name)
{
	size_t n = 0;

	for (; name[n]; n++) {
		unsigned char c = (unsigned char)name[n];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (n >= 200 || !(letter || (n && ((c >= '0' && c <= '9') || c == '-'))))
			return false;
	}
	return n > 0;
}

char *pel_path_dir(struct pel_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return pel_arena_strdup(arena, ".");
	return pel_arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

char *pel_path_join(struct pel_arena *arena, const char *dir, const char *relative)
{
	size_t n = dir ? strlen(dir) : 0;

	if (relative[0] == '/' || n == 0 || strcmp(dir, ".") == 0)
		return pel_arena_strdup(arena, relative);
	return pel_arena_printf(arena, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", relative);
}

/* ---- limits of the process ---- */

const char *pel_errno_text(int code, char buf[PEL_ERRNO_BYTES])
{
	struct rlimit limit;

	if (code == EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0)
		snprintf(buf, PEL_ERRNO_BYTES, "%s (the limit is %llu; ulimit -n raises it)", strerror(code),
			 (unsigned long long)limit.rlim_cur);
	else if (code == EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		snprintf(buf, PEL_ERRNO_BYTES, "%s (the limit is %llu bytes; ulimit -f raises it)",
			 strerror(code), (unsigned long long)limit.rlim_cur);
	else if (code == ENOMEM && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		snprintf(buf, PEL_ERRNO_BYTES, "%s (the limit is %llu bytes; ulimit -v raises it)",
			 strerror(code), (unsigned long long)limit.rlim_cur);
	else
		snprintf(buf, PEL_ERRNO_BYTES, "%s", strerror(code));
	return buf;
}

const char *pel_errno_hint(int code, char buf[PEL_ERRNO_BYTES])
{
	struct rlimit limit;

	if (code == EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0)
		snprintf(buf, PEL_ERRNO_BYTES, "this process may have at most %llu files open: see ulimit -n",
			 (unsigned long long)limit.rlim_cur);
	else if (code == EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		snprintf(buf, PEL_ERRNO_BYTES,
			 "this process may write files of at most %llu bytes: see ulimit -f",
			 (unsigned long long)limit.rlim_cur);
	else if (code == ENOMEM && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		snprintf(buf, PEL_ERRNO_BYTES,
			 "this process may use at most %llu bytes of memory: see ulimit -v",
			 (unsigned long long)limit.rlim_cur);
	else
		return NULL;
	return buf;
}

void pel_raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
