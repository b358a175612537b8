/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "text.h"

#include <pelton/observe.h>

static void json_number(struct pel_json *json, const char *key, unsigned value)
{
	if (value)
		pel_json_u64(json, key, value);
	else
		pel_json_null(json, key);
}

int pel_error_write_json(const struct pel_error *err, FILE *out)
{
	struct pel_json json = { .out = out };

	pel_json_open(&json, NULL, '[');
	for (size_t i = 0; i < err->count; i++) {
		const struct pel_error_item *item = &err->items[i];

		pel_json_open(&json, NULL, '{');
		pel_json_string(&json, "file", item->file);
		json_number(&json, "line", item->line);
		json_number(&json, "col", item->col);
		pel_json_string(&json, "text", item->text);
		pel_json_string(&json, "hint", item->hint);
		pel_json_close(&json);
	}
	pel_json_close(&json);
	return pel_stream_result(out);
}

int pel_error_write_text(const struct pel_error *err, FILE *out)
{
	for (size_t i = 0; i < err->count; i++) {
		const struct pel_error_item *item = &err->items[i];

		if (item->file) {
			pel_text_write(item->file, out);
			fputc(':', out);
			if (item->line)
				fprintf(out, "%u:", item->line);
			if (item->line && item->col)
				fprintf(out, "%u:", item->col);
			fputc(' ', out);
		}
		fputs("error: ", out);
		pel_text_write(item->text, out);
		fputc('\n', out);
		if (item->hint) {
			fputs("hint: ", out);
			pel_text_write(item->hint, out);
			fputc('\n', out);
		}
	}
	if (err->lost)
		fprintf(out, "error: %zu more error%s not shown\n", err->lost,
			err->lost == 1 ? " is" : "s are");
	return pel_stream_result(out);
}
