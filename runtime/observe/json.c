/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "text.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void new_line(struct pel_json *json)
{
	fputc('\n', json->out);
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

static void quoted(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text) {
		uint32_t code = 0;
		size_t length = pel_utf8(text, &code);

		if (!length)
			fputs("\xef\xbf\xbd", out);
		else if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (char)code);
		else if (code == '\n')
			fputs("\\n", out);
		else if (code == '\t')
			fputs("\\t", out);
		else if (code < 0x20 || code == 0x7f)
			fprintf(out, "\\u%04" PRIx32, code);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
	fputc('"', out);
}

/* Write what precedes any value: the comma after the last one, the new line, the key. */
static void begin_value(struct pel_json *json, const char *key)
{
	if (json->depth) {
		bool *filled = &json->filled[json->depth - 1];

		assert((key != NULL) == (json->closing[json->depth - 1] == '}'));
		if (*filled)
			fputs(json->depth <= PEL_JSON_LINES ? "," : ", ", json->out);
		if (json->depth <= PEL_JSON_LINES)
			new_line(json);
		*filled = true;
	}
	if (key) {
		quoted(json->out, key);
		fputs(": ", json->out);
	}
}

void pel_json_open(struct pel_json *json, const char *key, char bracket)
{
	begin_value(json, key);
	fputc(bracket, json->out);
	assert(json->depth < PEL_JSON_DEPTH);
	json->closing[json->depth] = bracket == '{' ? '}' : ']';
	json->filled[json->depth++] = false;
}

void pel_json_close(struct pel_json *json)
{
	bool lines = json->depth <= PEL_JSON_LINES;

	assert(json->depth);
	json->depth--;
	if (lines && json->filled[json->depth])
		new_line(json);
	fputc(json->closing[json->depth], json->out);
	if (!json->depth)
		fputc('\n', json->out);
}

void pel_json_string(struct pel_json *json, const char *key, const char *text)
{
	if (!text) {
		pel_json_null(json, key);
		return;
	}
	begin_value(json, key);
	quoted(json->out, text);
}

void pel_json_u64(struct pel_json *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void pel_json_f64(struct pel_json *json, const char *key, double value)
{
	char text[40];
	bool point = false;

	if (!isfinite(value)) {
		pel_json_null(json, key);
		return;
	}
	begin_value(json, key);
	/* 15 digits are enough for most numbers, 17 for all; subnormals need far fewer. */
	for (int digits = isnormal(value) || value == 0 ? 15 : 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	/* The decimal point of the host's locale may be several bytes long. That of JSON is a dot. */
	for (const char *c = text; *c; c++) {
		if (strchr("0123456789+-e", *c))
			fputc(*c, json->out);
		else if (!point)
			fputc('.', json->out);
		point = point || !strchr("0123456789+-e", *c);
	}
}

void pel_json_bool(struct pel_json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->out);
}

void pel_json_null(struct pel_json *json, const char *key)
{
	begin_value(json, key);
	fputs("null", json->out);
}
