/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "xclbin-file.h"
#include "xclbin-format.h"

/*
 * A valid xclbin, built by hand; then all the ways in which it can be invalid. Its sections are at fixed places, and the metadata at the end, so
 * that a test can change either.
 */
#define N_SECTIONS  5
#define AT_BITS	    (PEL_AXLF_BYTES + N_SECTIONS * PEL_SECTION_BYTES)
#define AT_MEMORIES (AT_BITS + 8)
#define AT_JOINS    (AT_MEMORIES + 8 + 2 * PEL_MEM_BYTES)
#define AT_UNITS    (AT_JOINS + 4 + 3 * PEL_CONNECTION_BYTES)
#define AT_METADATA (AT_UNITS + 8 + 3 * PEL_IP_BYTES)
#define SECTION(i)  (PEL_AXLF_BYTES + (i)*PEL_SECTION_BYTES)
#define UNIT(i)	    (AT_UNITS + 8 + (i)*PEL_IP_BYTES)
#define JOIN(i)	    (AT_JOINS + 4 + (i)*PEL_CONNECTION_BYTES)

static const struct pel_place nowhere;

static const char good_metadata[] =
	"<?xml version=\"1.0\"?>\n"
	"<project><platform><device><core>\n"
	"<kernel name=\"vadd\" language=\"c\" hwControlProtocol=\"ap_ctrl_chain\">\n"
	"<arg name=\"out\" addressQualifier=\"1\" id=\"1\" port=\"M_AXI_GMEM\" size=\"0x8\" offset=\"0x1C\" type=\"float*\"/>\n"
	"<arg name=\"in\" addressQualifier=\"2\" id=\"0\" port=\"M_AXI_GMEM\" size=\"0x8\" offset=\"0x10\" type=\"const short *\"/>\n"
	"<arg name=\"n\" addressQualifier=\"0\" id=\"2\" port=\"S_AXI_CONTROL\" size=\"4\" offset=\"40\" type=\"unsigned int\"/>\n"
	"<arg name=\"printf\" id=\"\"/>\n"
	"<instance name=\"vadd_1\"><addrRemap base=\"0x1800000\"/></instance>\n"
	"<instance name=\"vadd_2\"><addrRemap base=\"0x1810000\"/></instance>\n"
	"</kernel>\n"
	"<kernel name=\"free\" hwControlProtocol=\"ap_ctrl_none\"><instance name=\"free_1\"/></kernel>\n"
	"</core></device></platform></project>\n";

static void put_sections(unsigned char *file, size_t metadata_bytes)
{
	static const struct {
		uint32_t kind;
		size_t at, end;
	} sections[N_SECTIONS - 1] = { { PEL_SECTION_BITSTREAM, AT_BITS, AT_MEMORIES },
				       { PEL_SECTION_MEM_TOPOLOGY, AT_MEMORIES, AT_JOINS },
				       { PEL_SECTION_CONNECTIVITY, AT_JOINS, AT_UNITS },
				       { PEL_SECTION_IP_LAYOUT, AT_UNITS, AT_METADATA } };

	for (unsigned i = 0; i < N_SECTIONS; i++) {
		unsigned char *entry = file + SECTION(i);
		bool table = i < N_SECTIONS - 1;

		pel_put32(entry + PEL_SECTION_KIND, table ? sections[i].kind : PEL_SECTION_METADATA);
		pel_put64(entry + PEL_SECTION_OFFSET, table ? sections[i].at : AT_METADATA);
		pel_put64(entry + PEL_SECTION_SIZE, table ? sections[i].end - sections[i].at : metadata_bytes);
	}
}

static void put_tables(unsigned char *file)
{
	static const uint32_t joins[3][3] = { { 0, 0, 1 }, { 1, 0, 0 }, { 0, 0, 0 } };
	static const char *const names[3] = { "vadd:vadd_1", "vadd:vadd_2", "free:free_1" };

	pel_put32(file + AT_MEMORIES, 2);
	for (unsigned i = 0; i < 2; i++) {
		unsigned char *memory = file + AT_MEMORIES + 8 + (size_t)i * PEL_MEM_BYTES;

		memory[PEL_MEM_TYPE] = 1;
		memory[PEL_MEM_USED] = i == 0;
		pel_put64(memory + PEL_MEM_KIB, i ? UINT64_MAX : 1024);
		pel_put64(memory + PEL_MEM_BASE, i * 0x100000);
		memcpy(memory + PEL_MEM_TAG, i ? "a tag of 16 letters" : "bank0", i ? 16 : 6);
	}
	pel_put32(file + AT_JOINS, 3);
	for (size_t i = 0; i < 9; i++)
		pel_put32(file + JOIN(0) + 4 * i, joins[i / 3][i % 3]);
	pel_put32(file + AT_UNITS, 3);
	for (size_t i = 0; i < 3; i++) {
		pel_put32(file + UNIT(i) + PEL_IP_TYPE, PEL_IP_KERNEL);
		pel_put64(file + UNIT(i) + PEL_IP_BASE, i == 2 ? UINT64_MAX : 0x1800000 + i * 0x10000);
		memcpy(file + UNIT(i) + PEL_IP_NAME, names[i], strlen(names[i]));
	}
}

/* The good file, with `to` for the first `from` in its metadata; `from` NULL: as it is. To be freed. */
static unsigned char *build(const char *from, const char *to, size_t *size)
{
	const char *at = from ? strstr(good_metadata, from) : NULL;
	size_t before = at ? (size_t)(at - good_metadata) : 0, bytes = sizeof(good_metadata) - 1;
	unsigned char *file;

	ck_assert(!from == !at);
	if (at)
		bytes += strlen(to) - strlen(from);
	*size = AT_METADATA + bytes;
	file = calloc(1, *size);
	memcpy(file, PEL_AXLF_MAGIC, 8);
	pel_put64(file + PEL_AXLF_LENGTH, *size);
	file[PEL_AXLF_MODE] = PEL_MODE_SWEMU;
	memcpy(file + PEL_AXLF_PLATFORM, "platform", 8);
	memcpy(file + PEL_AXLF_UUID, "0123456789abcdef", 16);
	pel_put32(file + PEL_AXLF_SECTIONS, N_SECTIONS);
	put_sections(file, bytes);
	put_tables(file);
	if (at) {
		memcpy(file + AT_METADATA, good_metadata, before);
		memcpy(file + AT_METADATA + before, to, strlen(to));
		memcpy(file + AT_METADATA + before + strlen(to), at + strlen(from), strlen(at + strlen(from)));
	} else {
		memcpy(file + AT_METADATA, good_metadata, bytes);
	}
	return file;
}

/* ---- sound ---- */

START_TEST(good_file_is_read_as_it_is)
{
	size_t size;
	unsigned char *file = build(NULL, NULL, &size);
	struct pel_xclbin *xclbin;
	struct pel_error err = { 0 };
	const struct pel_xclbin_kernel *vadd, *lone;

	ck_assert_int_eq(pel_xclbin_parse("f.xclbin", file, size, nowhere, &xclbin, &err), 0);
	free(file);
	ck_assert_uint_eq(err.count, 0);
	ck_assert_uint_eq(xclbin->bytes, size);
	ck_assert_int_eq(xclbin->mode, PEL_XCLBIN_SW_EMU);
	ck_assert_str_eq(xclbin->platform, "platform");
	ck_assert_mem_eq(xclbin->uuid, "0123456789abcdef", 16);
	ck_assert_uint_eq(xclbin->n_sections, N_SECTIONS);
	ck_assert_str_eq(xclbin->sections[4].name, "EMBEDDED_METADATA");
	ck_assert_uint_eq(xclbin->n_memories, 2);
	ck_assert_str_eq(xclbin->memories[0].tag, "bank0");
	ck_assert(xclbin->memories[0].used && !xclbin->memories[1].used);
	ck_assert_uint_eq(xclbin->memories[0].bytes, 1024 * 1024);
	ck_assert_str_eq(xclbin->memories[1].tag, "a tag of 16 lett");
	ck_assert_uint_eq(xclbin->memories[1].bytes, UINT64_MAX);

	ck_assert_uint_eq(xclbin->n_kernels, 2);
	vadd = pel_xclbin_find(xclbin, "vadd");
	lone = pel_xclbin_find(xclbin, "free");
	ck_assert_ptr_null(pel_xclbin_find(xclbin, "fre"));
	ck_assert_str_eq(vadd->language, "c");
	ck_assert_int_eq(vadd->control, PEL_XCLBIN_CHAIN);
	ck_assert_uint_eq(vadd->n_args, 3);
	ck_assert_str_eq(vadd->args[0].name, "in");
	ck_assert_int_eq(vadd->args[0].kind, PEL_XCLBIN_POINTER);
	ck_assert_uint_eq(vadd->args[0].element_bytes, 2);
	ck_assert_str_eq(vadd->args[1].name, "out");
	ck_assert(vadd->args[1].is_float && vadd->args[1].element_bytes == 4);
	ck_assert_str_eq(vadd->args[1].port, "M_AXI_GMEM");
	ck_assert_int_eq(vadd->args[2].kind, PEL_XCLBIN_SCALAR);
	ck_assert(vadd->args[2].size == 4 && vadd->args[2].offset == 40);
	ck_assert_str_eq(vadd->args[2].type, "unsigned int");
	ck_assert_uint_eq(vadd->n_cus, 2);
	ck_assert_str_eq(vadd->cus[1].name, "vadd_2");
	ck_assert_uint_eq(vadd->cus[1].base, 0x1810000);
	ck_assert(vadd->cus[0].banks[0] == 0 && vadd->cus[0].banks[1] == 0 && vadd->cus[0].banks[2] == -1);
	ck_assert_int_eq(vadd->cus[1].banks[0], -1);
	ck_assert_int_eq(lone->control, PEL_XCLBIN_NONE);
	ck_assert(lone->n_args == 0 && lone->n_cus == 1);
	ck_assert_uint_eq(lone->cus[0].base, UINT64_MAX);
	pel_xclbin_destroy(xclbin);
}
END_TEST

/* ---- broken ---- */

/* Either the metadata, or `n` bytes at `at`. */
static const struct bad {
	const char *from, *to;
	size_t at, n;
	uint64_t value;
	const char *message; /* after "not a valid xclbin: " */
} bad[] = {
	{ .at = 0, .n = 1, .value = 'y', .message = "it does not begin with 'xclbin2'" },
	{ .at = PEL_AXLF_LENGTH,
	  .n = 8,
	  .value = 2000000,
	  .message = "its header gives a size of 2000000 bytes, but it has 1775: a part is missing" },
	{ .at = PEL_AXLF_LENGTH,
	  .n = 8,
	  .value = 1000,
	  .message = "its header gives a size of 1000 bytes, but it has 1775" },
	{ .at = PEL_AXLF_SECTIONS,
	  .n = 4,
	  .value = 50,
	  .message = "its table of 50 sections does not fit into its 1775 bytes" },
	{ .at = PEL_AXLF_SECTIONS,
	  .n = 4,
	  .value = UINT32_MAX,
	  .message = "its table of 4294967295 sections does not fit into its 1775 bytes" },
	{ .at = SECTION(1) + PEL_SECTION_OFFSET,
	  .n = 8,
	  .value = 655,
	  .message =
		  "section 1 (MEM_TOPOLOGY) is at byte 655 and has 88 bytes, outside the 1775 bytes of the file" },
	{ .at = SECTION(1) + PEL_SECTION_OFFSET,
	  .n = 8,
	  .value = UINT64_MAX,
	  .message =
		  "section 1 (MEM_TOPOLOGY) is at byte 18446744073709551615 and has 88 bytes, outside the 1775 bytes of the file" },
	{ .at = SECTION(0) + PEL_SECTION_SIZE,
	  .n = 8,
	  .value = UINT64_MAX,
	  .message =
		  "section 0 (BITSTREAM) is at byte 656 and has 18446744073709551615 bytes, outside the 1775 bytes of the file" },
	{ .at = SECTION(1) + PEL_SECTION_SIZE,
	  .n = 8,
	  .value = 7,
	  .message = "its section MEM_TOPOLOGY has only 7 bytes" },
	{ .at = AT_MEMORIES,
	  .n = 4,
	  .value = 3,
	  .message = "its section MEM_TOPOLOGY has 88 bytes, too few for 3 entries of 40" },
	{ .at = AT_UNITS,
	  .n = 4,
	  .value = UINT32_MAX,
	  .message = "its section IP_LAYOUT has 248 bytes, too few for 4294967295 entries of 80" },
	{ .at = AT_UNITS,
	  .n = 4,
	  .value = 2,
	  .message = "compute unit 'free_1' of kernel 'free' is in its metadata, but not in its IP_LAYOUT" },
	{ .at = SECTION(2) + PEL_SECTION_SIZE,
	  .n = 8,
	  .value = 39,
	  .message = "its section CONNECTIVITY has 39 bytes, too few for 3 entries of 12" },
	{ .at = JOIN(1) + 4,
	  .n = 4,
	  .value = 3,
	  .message = "its connection 1 joins compute unit 3 of 3 to memory 0 of 2" },
	{ .at = JOIN(2) + 8,
	  .n = 4,
	  .value = UINT32_MAX,
	  .message = "its connection 2 joins compute unit 0 of 3 to memory 4294967295 of 2" },
	{ .at = UNIT(1) + PEL_IP_NAME + 10,
	  .n = 1,
	  .value = '1',
	  .message = "its IP_LAYOUT has compute unit 'vadd_1' twice" },
	{ .at = UNIT(1) + PEL_IP_NAME + 10,
	  .n = 1,
	  .value = '3',
	  .message = "compute unit 'vadd_2' of kernel 'vadd' is in its metadata, but not in its IP_LAYOUT" },
	{ .at = UNIT(1) + PEL_IP_NAME + 4,
	  .n = 1,
	  .value = '.',
	  .message = "compute unit 'vadd_2' of kernel 'vadd' is in its metadata, but not in its IP_LAYOUT" },
	{ .at = UNIT(0) + PEL_IP_BASE,
	  .n = 8,
	  .value = 0x1820000,
	  .message = "compute unit 'vadd_1' is at 0x1820000 in its IP_LAYOUT and at 0x1800000 in its metadata" },
	{ "<kernel name=\"vadd\"", "<kernel",
	  .message = "in line 3 of its metadata: its <kernel> has no attribute 'name'" },
	{ "kernel name=\"free\"", "kernel name=\"vadd\"",
	  .message = "in line 11 of its metadata: it has two kernels called 'vadd'" },
	{ "name=\"out\"", "name=\"\"",
	  .message = "in line 4 of its metadata: its <arg> has no attribute 'name'" },
	{ "size=\"0x8\"", "", .message = "in line 4 of its metadata: its <arg> has no attribute 'size'" },
	{ "offset=\"0x1C\"", "offset=\"0x\"",
	  .message =
		  "in line 4 of its metadata: its <arg> has offset=\"0x\", which is not a number up to 4294967295" },
	{ "offset=\"40\"", "offset=\"-1\"",
	  .message =
		  "in line 6 of its metadata: its <arg> has offset=\"-1\", which is not a number up to 4294967295" },
	{ "offset=\"40\"", "offset=\"40x\"",
	  .message =
		  "in line 6 of its metadata: its <arg> has offset=\"40x\", which is not a number up to 4294967295" },
	{ "size=\"4\"", "size=\"4294967296\"",
	  .message =
		  "in line 6 of its metadata: its <arg> has size=\"4294967296\", which is not a number up to 4294967295" },
	{ "addressQualifier=\"0\"", "addressQualifier=\"5\"",
	  .message =
		  "in line 6 of its metadata: its <arg> has addressQualifier=\"5\", which is not a number up to 4" },
	{ "id=\"2\"", "id=\"1024\"",
	  .message = "in line 6 of its metadata: its <arg> has id=\"1024\", which is not a number up to 1023" },
	{ "id=\"2\"", "id=\"3\"",
	  .message =
		  "in line 3 of its metadata: the 3 arguments of its kernel 'vadd' are not numbered consecutively from 0" },
	{ "id=\"2\"", "id=\"1\"",
	  .message =
		  "in line 3 of its metadata: the 3 arguments of its kernel 'vadd' are not numbered consecutively from 0" },
	{ "name=\"vadd_1\"", "",
	  .message = "in line 8 of its metadata: its <instance> has no attribute 'name'" },
	{ "base=\"0x1800000\"", "base=\"0x18000000000000000\"",
	  .message =
		  "in line 8 of its metadata: its <addrRemap> has base=\"0x18000000000000000\", which is not a number up to 18446744073709551615" },
	{ "unsigned int", "\xff", .message = "in line 6 of its metadata: byte 0xFF is not valid UTF-8" },
	{ "version=\"1.0\"", "version=\"1.0\" encoding=\"latin1\"",
	  .message = "in line 1 of its metadata: the document is encoded in latin1; Pelton reads only UTF-8" },
	{ "</kernel>", "</kern>", .message = NULL /* libxml2's words */ },
	{ "<project>", "", .message = NULL },
};
#define N_BAD ((int)(sizeof(bad) / sizeof(bad[0])))

START_TEST(broken_file_is_refused_with_its_reason)
{
	const struct bad *test = &bad[_i];
	size_t size;
	unsigned char *file = build(test->from, test->to, &size);
	struct pel_xclbin *xclbin = NULL;
	struct pel_error err = { 0 };
	char wanted[600];

	for (size_t i = 0; i < test->n; i++)
		file[test->at + i] = (unsigned char)(test->value >> (8 * i));
	ck_assert_int_eq(pel_xclbin_parse("f.xclbin", file, size, nowhere, &xclbin, &err), -EINVAL);
	ck_assert_ptr_null(xclbin);
	ck_assert_uint_eq(err.count, 1);
	ck_assert_str_eq(err.items[0].file, "f.xclbin");
	if (test->message) {
		snprintf(wanted, sizeof(wanted), "not a valid xclbin: %s", test->message);
		ck_assert_str_eq(err.items[0].text, wanted);
	}
	pel_error_fini(&err);
	/* The same, met in a graph. */
	ck_assert_int_eq(pel_xclbin_parse("f.xclbin", file, size, (struct pel_place){ "g.xml", 7, 8 },
					  &xclbin, &err),
			 -EINVAL);
	ck_assert_str_eq(err.items[0].file, "g.xml");
	ck_assert_uint_eq(err.items[0].line, 7);
	if (test->message) {
		snprintf(wanted, sizeof(wanted), "f.xclbin is not a valid xclbin: %s", test->message);
		ck_assert_str_eq(err.items[0].text, wanted);
	}
	pel_error_fini(&err);
	free(file);
}
END_TEST

/* ---- any bytes ---- */

/* What the users of a loaded xclbin rely on. */
static void check_sound(const struct pel_xclbin *xclbin)
{
	ck_assert_ptr_nonnull(xclbin->platform);
	for (uint32_t i = 0; i < xclbin->n_memories; i++)
		ck_assert_uint_le(strlen(xclbin->memories[i].tag), 16);
	for (uint32_t i = 0; i < xclbin->n_sections; i++)
		ck_assert_uint_le(xclbin->sections[i].offset + xclbin->sections[i].bytes, xclbin->bytes);
	for (uint32_t k = 0; k < xclbin->n_kernels; k++) {
		const struct pel_xclbin_kernel *kernel = &xclbin->kernels[k];

		ck_assert_ptr_eq(pel_xclbin_find(xclbin, kernel->name), kernel);
		ck_assert_ptr_nonnull(kernel->language);
		for (uint32_t i = 0; i < kernel->n_args; i++) {
			ck_assert_uint_gt(strlen(kernel->args[i].name), 0);
			ck_assert(kernel->args[i].type && kernel->args[i].port);
		}
		for (uint32_t c = 0; c < kernel->n_cus; c++) {
			ck_assert_uint_gt(strlen(kernel->cus[c].name), 0);
			for (uint32_t i = 0; i < kernel->n_args; i++)
				ck_assert_int_lt(kernel->cus[c].banks[i], (int32_t)xclbin->n_memories);
		}
	}
}

/* Loading gives a valid result or an explained error. The buffer has exactly this size, so that tools see reads beyond it. */
static int check_bytes(const unsigned char *bytes, size_t size)
{
	unsigned char *file = malloc(size ? size : 1);
	struct pel_xclbin *xclbin = NULL;
	struct pel_error err = { 0 };
	int r;

	memcpy(file, bytes, size);
	r = pel_xclbin_parse("f.xclbin", file, size, nowhere, &xclbin, &err);
	free(file);
	ck_assert_msg(r == 0 || r == -EINVAL, "%d: %s", r, err.count ? err.items[0].text : "");
	ck_assert((r == 0) == (xclbin != NULL));
	ck_assert((r == 0) == (err.count == 0));
	if (xclbin)
		check_sound(xclbin);
	pel_xclbin_destroy(xclbin);
	pel_error_fini(&err);
	return r;
}

START_TEST(file_cut_off_anywhere_is_refused)
{
	size_t size;
	unsigned char *file = build(NULL, NULL, &size);

	for (size_t n = 0; n < size; n++)
		ck_assert_int_eq(check_bytes(file, n), -EINVAL);
	/* Also where its header says so. */
	for (size_t n = PEL_AXLF_BYTES; n < size; n++) {
		pel_put64(file + PEL_AXLF_LENGTH, n);
		ck_assert_int_eq(check_bytes(file, n), -EINVAL);
	}
	free(file);
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

START_TEST(changed_bytes_give_an_error_or_a_sound_result)
{
	uint64_t state = 1;
	size_t size;
	unsigned char *file = build(NULL, NULL, &size), *copy = malloc(size);
	unsigned good = 0;

	for (unsigned round = 0; round < 6000; round++) {
		memcpy(copy, file, size);
		for (uint64_t n = 1 + next_random(&state) % 3; n; n--) {
			/* Half of them in the tables, which are small. */
			size_t at = next_random(&state) % (n % 2 ? size : AT_METADATA);

			copy[at] = (unsigned char)(n % 3 ? next_random(&state)
							 : copy[at] ^ 1u << next_random(&state) % 8);
		}
		good += check_bytes(copy, size) == 0;
	}
	ck_assert_uint_gt(good, 0);
	free(copy);
	free(file);
}
END_TEST

/* ---- files and memory ---- */

START_TEST(file_is_read_from_its_path)
{
	char path[] = "/tmp/test-xclbin-XXXXXX", wanted[200];
	int fd = mkstemp(path);
	size_t size;
	unsigned char *file = build(NULL, NULL, &size);
	struct pel_xclbin *xclbin = NULL;
	struct pel_error err = { 0 };

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, file, size), (ssize_t)size);
	close(fd);
	free(file);
	ck_assert_int_eq(pel_xclbin_load(path, nowhere, &xclbin, &err), 0);
	check_sound(xclbin);
	pel_xclbin_destroy(xclbin);
	unlink(path);
	ck_assert_int_eq(pel_xclbin_load(path, nowhere, &xclbin, &err), -ENOENT);
	snprintf(wanted, sizeof(wanted), "cannot read the xclbin '%s': there is no such file", path);
	ck_assert_str_eq(err.items[0].text, wanted);
	pel_error_fini(&err);
	pel_xclbin_destroy(NULL);
}
END_TEST

/* Whichever allocation fails, alone or with all after it; the sanitizers see what leaks. */
START_TEST(failing_allocation_is_reported)
{
	size_t size;
	unsigned char *file = build(NULL, NULL, &size);
	bool failed = true;

	for (uint64_t n = 1; failed; n++) {
		struct pel_xclbin *xclbin = NULL;
		struct pel_error err = { 0 };
		int r;

		ck_assert_uint_lt(n, 5000);
		pel_alloc_fail_after(n, _i);
		r = pel_xclbin_parse("f.xclbin", file, size, nowhere, &xclbin, &err);
		failed = pel_alloc_count() >= n;
		pel_alloc_fail_after(0, false);
		ck_assert_int_eq(r, failed ? -ENOMEM : 0);
		ck_assert((r == 0) == (xclbin != NULL));
		if (failed && !err.lost)
			ck_assert_str_eq(err.items[err.count - 1].text, "out of memory");
		pel_error_fini(&err);
		pel_xclbin_destroy(xclbin);
	}
	free(file);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xclbin");
	TCase *tcase = tcase_create("read"), *bytes = tcase_create("any bytes");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, good_file_is_read_as_it_is);
	tcase_add_loop_test(tcase, broken_file_is_refused_with_its_reason, 0, N_BAD);
	tcase_add_test(tcase, file_is_read_from_its_path);
	tcase_add_loop_test(tcase, failing_allocation_is_reported, 0, 2);
	tcase_add_test(bytes, file_cut_off_anywhere_is_refused);
	tcase_add_test(bytes, changed_bytes_give_an_error_or_a_sound_result);
	tcase_set_timeout(bytes, 120);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, bytes);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
