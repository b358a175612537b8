/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pelton/xclbin.h>
#include <stdio.h>
#include "json.h"
#include "xclbin-file.h"

/* The contents of an xclbin, for people and for programs. */

static const struct pel_place nowhere;

static const char *mode_name(enum pel_xclbin_mode mode)
{
	static const char *const names[] = {
		[PEL_XCLBIN_HARDWARE] = "hardware", [PEL_XCLBIN_HW_EMU] = "hw_emu", [PEL_XCLBIN_SW_EMU] = "sw_emu", [PEL_XCLBIN_OTHER] = "other"
	};

	return names[mode];
}

static const char *control_name(enum pel_xclbin_control control)
{
	static const char *const names[] = { "ap_ctrl_hs", "ap_ctrl_chain", "ap_ctrl_none" };

	return names[control];
}

static const char *kind_name(enum pel_xclbin_arg_kind kind)
{
	static const char *const names[] = { "scalar", "pointer", "local", "stream" };

	return names[kind];
}

static char *format_uuid(const uint8_t *uuid, char buf[33])
{
	for (unsigned i = 0; i < 16; i++)
		snprintf(buf + (size_t)2 * i, 3, "%02x", uuid[i]);
	return buf;
}

static const char *bank_name(const struct pel_xclbin *xclbin, const struct pel_xclbin_cu *cu, uint32_t arg)
{
	int32_t bank = cu->banks ? cu->banks[arg] : -1;

	return bank >= 0 && (uint32_t)bank < xclbin->n_memories ? xclbin->memories[bank].tag : NULL;
}

/* ---- for people ---- */

static void text_kernel(const struct pel_xclbin *xclbin, const struct pel_xclbin_kernel *kernel, FILE *out)
{
	fprintf(out, "\nkernel %s (%s)\n", kernel->name, control_name(kernel->control));
	for (uint32_t i = 0; i < kernel->n_args; i++) {
		const struct pel_xclbin_arg *arg = &kernel->args[i];

		fprintf(out, "  argument %-3u %-16s %-8s %-12s register 0x%03x, %u byte%s\n", i, arg->name,
			kind_name(arg->kind), *arg->type ? arg->type : "-", arg->offset, arg->size,
			pel_s(arg->size));
	}
	for (uint32_t c = 0; c < kernel->n_cus; c++) {
		const struct pel_xclbin_cu *cu = &kernel->cus[c];

		fprintf(out, "  unit %s at 0x%llx", cu->name, (unsigned long long)cu->base);
		for (uint32_t i = 0; i < kernel->n_args; i++)
			if (bank_name(xclbin, cu, i))
				fprintf(out, ", %s in %s", kernel->args[i].name, bank_name(xclbin, cu, i));
		fputc('\n', out);
	}
}

int pel_xclbin_write_text(const char *path, FILE *out, struct pel_error *err)
{
	struct pel_xclbin *xclbin;
	char uuid[33];
	int r = pel_xclbin_load(path, nowhere, &xclbin, err);

	if (r < 0)
		return r;
	fprintf(out, "file      %s, %llu bytes\nmode      %s\nplatform  %s\nuuid      %s\n", path,
		(unsigned long long)xclbin->bytes, mode_name(xclbin->mode),
		*xclbin->platform ? xclbin->platform : "-", format_uuid(xclbin->uuid, uuid));
	for (uint32_t i = 0; i < xclbin->n_kernels; i++)
		text_kernel(xclbin, &xclbin->kernels[i], out);
	fputs("\nmemories\n", out);
	for (uint32_t i = 0; i < xclbin->n_memories; i++)
		fprintf(out, "  %-3u %-16s 0x%llx, %llu bytes%s\n", i, xclbin->memories[i].tag,
			(unsigned long long)xclbin->memories[i].base,
			(unsigned long long)xclbin->memories[i].bytes,
			xclbin->memories[i].used ? "" : ", not used");
	fputs("\nsections\n", out);
	for (uint32_t i = 0; i < xclbin->n_sections; i++)
		fprintf(out, "  %-22s %llu byte%s at %llu\n", xclbin->sections[i].name,
			(unsigned long long)xclbin->sections[i].bytes, pel_s(xclbin->sections[i].bytes),
			(unsigned long long)xclbin->sections[i].offset);
	pel_xclbin_destroy(xclbin);
	return ferror(out) ? -EIO : 0;
}

/* ---- for programs ---- */

static void json_kernel(const struct pel_xclbin *xclbin, const struct pel_xclbin_kernel *kernel,
			struct pel_json *json)
{
	pel_json_open(json, NULL, '{');
	pel_json_string(json, "name", kernel->name);
	pel_json_string(json, "control", control_name(kernel->control));
	pel_json_open(json, "args", '[');
	for (uint32_t i = 0; i < kernel->n_args; i++) {
		const struct pel_xclbin_arg *arg = &kernel->args[i];

		pel_json_open(json, NULL, '{');
		pel_json_string(json, "name", arg->name);
		pel_json_string(json, "kind", kind_name(arg->kind));
		pel_json_string(json, "type", *arg->type ? arg->type : NULL);
		pel_json_u64(json, "offset", arg->offset);
		pel_json_u64(json, "size", arg->size);
		pel_json_close(json);
	}
	pel_json_close(json);
	pel_json_open(json, "cus", '[');
	for (uint32_t c = 0; c < kernel->n_cus; c++) {
		pel_json_open(json, NULL, '{');
		pel_json_string(json, "name", kernel->cus[c].name);
		pel_json_u64(json, "base", kernel->cus[c].base);
		pel_json_open(json, "banks", '[');
		for (uint32_t i = 0; i < kernel->n_args; i++)
			pel_json_string(json, NULL, bank_name(xclbin, &kernel->cus[c], i));
		pel_json_close(json);
		pel_json_close(json);
	}
	pel_json_close(json);
	pel_json_close(json);
}

int pel_xclbin_write_json(const char *path, FILE *out, struct pel_error *err)
{
	struct pel_json json = { .out = out };
	struct pel_xclbin *xclbin;
	char uuid[33];
	int r = pel_xclbin_load(path, nowhere, &xclbin, err);

	if (r < 0)
		return r;
	pel_json_open(&json, NULL, '{');
	pel_json_string(&json, "file", path);
	pel_json_u64(&json, "bytes", xclbin->bytes);
	pel_json_string(&json, "mode", mode_name(xclbin->mode));
	pel_json_string(&json, "platform", xclbin->platform);
	pel_json_string(&json, "uuid", format_uuid(xclbin->uuid, uuid));
	pel_json_open(&json, "kernels", '[');
	for (uint32_t i = 0; i < xclbin->n_kernels; i++)
		json_kernel(xclbin, &xclbin->kernels[i], &json);
	pel_json_close(&json);
	pel_json_open(&json, "memories", '[');
	for (uint32_t i = 0; i < xclbin->n_memories; i++) {
		pel_json_open(&json, NULL, '{');
		pel_json_string(&json, "tag", xclbin->memories[i].tag);
		pel_json_bool(&json, "used", xclbin->memories[i].used);
		pel_json_u64(&json, "base", xclbin->memories[i].base);
		pel_json_u64(&json, "bytes", xclbin->memories[i].bytes);
		pel_json_close(&json);
	}
	pel_json_close(&json);
	pel_json_open(&json, "sections", '[');
	for (uint32_t i = 0; i < xclbin->n_sections; i++) {
		pel_json_open(&json, NULL, '{');
		pel_json_string(&json, "name", xclbin->sections[i].name);
		pel_json_u64(&json, "kind", xclbin->sections[i].kind);
		pel_json_u64(&json, "offset", xclbin->sections[i].offset);
		pel_json_u64(&json, "bytes", xclbin->sections[i].bytes);
		pel_json_close(&json);
	}
	pel_json_close(&json);
	pel_json_close(&json);
	pel_xclbin_destroy(xclbin);
	return ferror(out) ? -EIO : 0;
}
