/* SPDX-License-Identifier: Apache-2.0 */
#include "xrt-library.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

/* Suffixes of mangled names. The function that grows the message buffer: CLASS::alloc_void(unsigned long). */
static const char grow_suffix[] = "10alloc_voidEm";
/* The function that checks whether a command may start on a unit: cmd_has_cu(xocl_cmd *, unsigned). */
static const char has_unit_suffix[] = "11SWScheduler10cmd_has_cuEPNS_8xocl_cmdEj";

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

/* The offset in the file of the `size` bytes that are loaded at `address`. */
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

static bool name_ends(const struct image *image, const Elf64_Shdr *strings, uint32_t name, const char *suffix)
{
	const unsigned char *start, *end;
	size_t length = strlen(suffix);

	if (strings->sh_offset > image->size || strings->sh_size > image->size - strings->sh_offset ||
	    name >= strings->sh_size)
		return false;
	start = image->bytes + strings->sh_offset + name;
	end = memchr(start, 0, (size_t)(strings->sh_size - name));
	return end && (size_t)(end - start) >= length && memcmp(end - length, suffix, length) == 0;
}

/* Find the function whose name ends in `suffix` in symbol table `table`. 1: found, 0: not found, -EINVAL: the table is invalid. */
static int find_in(const struct image *image, const Elf64_Ehdr *header, const Elf64_Shdr *table,
		   const char *suffix, Elf64_Sym *ret)
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
		    name_ends(image, &strings, ret->st_name, suffix))
			return 1;
	}
	return 0;
}

static int find_function(const struct image *image, const Elf64_Ehdr *header, const char *suffix, Elf64_Sym *ret)
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
		r = find_in(image, header, &table, suffix, ret);
		if (r)
			return r;
	}
	return any ? 0 : -EINVAL;
}

/* mov %rax, disp32(register): 48 89 8x and four bytes, without a SIB byte */
#define STORE_BYTES 7
static bool is_store(const unsigned char *at, const unsigned char *end)
{
	return end - at >= STORE_BYTES && at[0] == 0x48 && at[1] == 0x89 && at[2] >= 0x80 && at[2] <= 0x87;
}

/*
 * Look for "test %rax,%rax" after a call. In a correct function "je" follows, which skips the store of the new pointer if it is NULL; in the
 * defective ones "jne", to code that does not store it.
 */
static void judge_code(const unsigned char *code, size_t size, struct pel_xrt_library_repair *ret)
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
		ret->patches[0] =
			(struct pel_xrt_patch){ .at = (size_t)(test - code),
						.size = 3,
						/* jmp */
						.bytes = { 0xeb, (unsigned char)(store - (test + 2)), 0x90 } };
	}
}

/* ---- units ---- */

/*
 * Our bool cmd_has_cu(SWScheduler *, xocl_cmd *command, unsigned unit). It reads command->packet->header (bits 10 and 11: number of extra
 * words in the mask; bits 23 to 27: 0 if the command starts a kernel) and the mask after it.
 */
#define PACKET_AT 0x20 /* in struct xocl_cmd, of XRT 2.13 to 2.25 */
static const unsigned char has_unit_code[] = {
	0xf3, 0x0f, 0x1e, 0xfa,			 /*     endbr64 */
	0x48, 0x8b, 0x46, PACKET_AT,		 /*     mov PACKET_AT(%rsi), %rax */
	0x8b, 0x08,				 /*     mov (%rax), %ecx */
	0xf7, 0xc1, 0x00, 0x00,	     0x80, 0x0f, /*     test $0xf800000, %ecx */
	0x75, 0x1a,				 /*     jne no */
	0xc1, 0xe9, 0x0a,			 /*     shr $10, %ecx */
	0x83, 0xe1, 0x03,			 /*     and $3, %ecx */
	0x89, 0xd6,				 /*     mov %edx, %esi */
	0xc1, 0xee, 0x05,			 /*     shr $5, %esi */
	0x39, 0xce,				 /*     cmp %ecx, %esi */
	0x77, 0x0b,				 /*     ja no */
	0x8b, 0x44, 0xb0, 0x04,			 /*     mov 4(%rax, %rsi, 4), %eax */
	0x0f, 0xa3, 0xd0,			 /*     bt %edx, %eax */
	0x0f, 0x92, 0xc0,			 /*     setc %al */
	0xc3,					 /*     ret */
	0x31, 0xc0,				 /* no: xor %eax, %eax */
	0xc3,					 /*     ret */
};

/*
 * Does the code load from PACKET_AT of an object, "mov disp8(register), register", and later a word of the mask, "mov 4(a, b, 4), register"?
 */
static bool reads_mask(const unsigned char *code, size_t size)
{
	bool packet = false;

	for (size_t i = 0; i + 4 <= size; i++) {
		if ((code[i] == 0x48 || code[i] == 0x49) && code[i + 1] == 0x8b && code[i + 2] >> 6 == 1 &&
		    (code[i + 2] & 7) != 4 && code[i + 3] == PACKET_AT)
			packet = true;
		if (packet && code[i] == 0x8b && (code[i + 1] & 0xc7) == 0x44 && code[i + 2] >> 6 == 2 &&
		    code[i + 3] == 4)
			return true;
	}
	return false;
}

static int judge_units(const struct image *image, const Elf64_Ehdr *header, struct pel_xrt_library_repair *ret)
{
	struct pel_xrt_patch *patch = &ret->patches[1];
	Elf64_Sym symbol;
	size_t at;
	int r = find_function(image, header, has_unit_suffix, &symbol);

	_Static_assert(sizeof(has_unit_code) <= sizeof(patch->bytes), "the code fits");
	ret->units = PEL_XRT_UNITS_UNREPAIRED;
	if (r <= 0 || header->e_machine != EM_X86_64)
		return r < 0 ? r : 0;
	if (!file_offset(image, header, symbol.st_value, symbol.st_size, &at))
		return -EINVAL;
	if (symbol.st_size < sizeof(has_unit_code) || !reads_mask(image->bytes + at, (size_t)symbol.st_size))
		return 0;
	*patch = (struct pel_xrt_patch){ .at = at, .size = sizeof(has_unit_code) };
	memcpy(patch->bytes, has_unit_code, sizeof(has_unit_code));
	ret->units = PEL_XRT_UNITS_MAX;
	return 0;
}

/* ---- either ---- */

static int judge_buffer(const struct image *image, const Elf64_Ehdr *header, struct pel_xrt_library_repair *ret)
{
	Elf64_Sym symbol;
	size_t at;
	int r = find_function(image, header, grow_suffix, &symbol);

	if (r <= 0)
		return r; /* later releases do not have the function */
	if (header->e_machine != EM_X86_64) {
		ret->state = PEL_XRT_LIBRARY_UNKNOWN;
		return 0;
	}
	if (!file_offset(image, header, symbol.st_value, symbol.st_size, &at))
		return -EINVAL;
	judge_code(image->bytes + at, (size_t)symbol.st_size, ret);
	ret->patches[0].at += at;
	return 0;
}

int pel_xrt_library_judge(const unsigned char *elf, size_t size, struct pel_xrt_library_repair *ret)
{
	struct image image = { elf, size };
	Elf64_Ehdr header;
	int r;

	if (!is_library(&image, &header))
		return -EINVAL;
	*ret = (struct pel_xrt_library_repair){ .state = PEL_XRT_LIBRARY_SOUND };
	r = judge_buffer(&image, &header, ret);
	return r < 0 ? r : judge_units(&image, &header, ret);
}

bool pel_xrt_library_apply(unsigned char *elf, const struct pel_xrt_library_repair *repair)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(repair->patches) / sizeof(repair->patches[0]); i++) {
		const struct pel_xrt_patch *patch = &repair->patches[i];

		if (patch->size)
			memcpy(elf + patch->at, patch->bytes, patch->size);
		any = any || patch->size;
	}
	return any;
}
