/* SPDX-License-Identifier: Apache-2.0 */
#include "xrt-library.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

/* The end of the name of the function that grows the message buffer: alloc_void(unsigned long) of a class. */
static const char grow_suffix[] = "10alloc_voidEm";

struct image {
	const unsigned char *bytes;
	size_t size;
};

static bool take(const struct image *image, uint64_t at, void *to, size_t size)
{
	if (at > image->size || size > image->size - at)
		return false;
	memcpy(to, image->bytes + at, size);
	return true;
}

static bool is_library(const struct image *image, Elf64_Ehdr *header)
{
	if (!take(image, 0, header, sizeof(*header)))
		return false;
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_ident[EI_DATA] == ELFDATA2LSB && header->e_type == ET_DYN &&
	       header->e_shentsize == sizeof(Elf64_Shdr) && header->e_phentsize == sizeof(Elf64_Phdr);
}

/* Where in the file the loaded address `address` comes from, with `size` bytes behind it. */
static bool file_offset(const struct image *image, const Elf64_Ehdr *header, uint64_t address, uint64_t size,
			size_t *ret)
{
	for (unsigned i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr segment;

		if (!take(image, header->e_phoff + (uint64_t)i * sizeof(segment), &segment, sizeof(segment)))
			return false;
		if (segment.p_type != PT_LOAD || address < segment.p_vaddr ||
		    address - segment.p_vaddr >= segment.p_filesz ||
		    size > segment.p_filesz - (address - segment.p_vaddr))
			continue;
		*ret = (size_t)(segment.p_offset + (address - segment.p_vaddr));
		return segment.p_offset <= image->size && *ret <= image->size && size <= image->size - *ret;
	}
	return false;
}

/* The symbol's name ends in grow_suffix. */
static bool names_grow(const struct image *image, const Elf64_Shdr *strings, uint32_t name)
{
	const unsigned char *start, *end;
	size_t length = sizeof(grow_suffix) - 1;

	if (strings->sh_offset > image->size || strings->sh_size > image->size - strings->sh_offset ||
	    name >= strings->sh_size)
		return false;
	start = image->bytes + strings->sh_offset + name;
	end = memchr(start, 0, (size_t)(strings->sh_size - name));
	return end && (size_t)(end - start) >= length && memcmp(end - length, grow_suffix, length) == 0;
}

/* The function's symbol in table `table`; 1: found, 0: not there, -EINVAL: the table is broken. */
static int find_in(const struct image *image, const Elf64_Ehdr *header, const Elf64_Shdr *table, Elf64_Sym *ret)
{
	Elf64_Shdr strings;

	if (table->sh_entsize != sizeof(*ret) || table->sh_link >= header->e_shnum ||
	    !take(image, header->e_shoff + (uint64_t)table->sh_link * sizeof(strings), &strings,
		  sizeof(strings)))
		return -EINVAL;
	for (uint64_t i = 0; i < table->sh_size / sizeof(*ret); i++) {
		if (!take(image, table->sh_offset + i * sizeof(*ret), ret, sizeof(*ret)))
			return -EINVAL;
		if (ELF64_ST_TYPE(ret->st_info) == STT_FUNC && ret->st_shndx != SHN_UNDEF &&
		    names_grow(image, &strings, ret->st_name))
			return 1;
	}
	return 0;
}

static int find_grow(const struct image *image, const Elf64_Ehdr *header, Elf64_Sym *ret)
{
	bool any = false;

	for (unsigned i = 0; i < header->e_shnum; i++) {
		Elf64_Shdr table;
		int r;

		if (!take(image, header->e_shoff + (uint64_t)i * sizeof(table), &table, sizeof(table)))
			return -EINVAL;
		if (table.sh_type != SHT_DYNSYM)
			continue;
		any = true;
		r = find_in(image, header, &table, ret);
		if (r)
			return r;
	}
	return any ? 0 : -EINVAL;
}

/* mov %rax, disp32(register): 48 89 8x and four bytes; not by way of a SIB byte */
#define STORE_BYTES 7
static bool is_store(const unsigned char *at, const unsigned char *end)
{
	return end - at >= STORE_BYTES && at[0] == 0x48 && at[1] == 0x89 && at[2] >= 0x80 && at[2] <= 0x87;
}

/*
 * Look for "test %rax,%rax" behind a call. A sound function goes on with "je", over the store of the new pointer; the defective ones with
 * "jne", to code that does not store it.
 */
static void judge_code(const unsigned char *code, size_t size, struct pel_xrt_library_cure *ret)
{
	const unsigned char *end = code + size, *test = NULL, *store = NULL;
	unsigned tests = 0, stores = 0;

	for (const unsigned char *at = code; at < end; at++) {
		if (is_store(at, end)) {
			store = at;
			stores++;
		}
		if (end - at < 5 || memcmp(at, "\x48\x85\xc0", 3) != 0)
			continue;
		if (at[3] == 0x74 && is_store(at + 5, end)) {
			ret->state = PEL_XRT_LIBRARY_SOUND;
			return;
		}
		if (at[3] == 0x75 && at - code >= 5 && at[-5] == 0xe8) {
			test = at;
			tests++;
		}
	}
	ret->state = PEL_XRT_LIBRARY_UNKNOWN;
	if (tests == 1 && stores == 1 && store - (test + 2) >= -128 && store - (test + 2) <= 127) {
		ret->state = PEL_XRT_LIBRARY_DEFECTIVE;
		ret->bytes[0] = 0xeb; /* jmp */
		ret->bytes[1] = (unsigned char)(store - (test + 2));
		ret->bytes[2] = 0x90;
		ret->at = (size_t)(test - code);
	}
}

int pel_xrt_library_judge(const unsigned char *elf, size_t size, struct pel_xrt_library_cure *ret)
{
	struct image image = { elf, size };
	Elf64_Ehdr header;
	Elf64_Sym symbol;
	size_t at;
	int r;

	if (!is_library(&image, &header))
		return -EINVAL;
	r = find_grow(&image, &header, &symbol);
	if (r < 0)
		return r;
	*ret = (struct pel_xrt_library_cure){ .state = PEL_XRT_LIBRARY_SOUND };
	if (r == 0)
		return 0; /* later releases do without it */
	if (header.e_machine != EM_X86_64) {
		ret->state = PEL_XRT_LIBRARY_UNKNOWN;
		return 0;
	}
	if (!file_offset(&image, &header, symbol.st_value, symbol.st_size, &at))
		return -EINVAL;
	judge_code(elf + at, (size_t)symbol.st_size, ret);
	ret->at += at;
	return 0;
}
