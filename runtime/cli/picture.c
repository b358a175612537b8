/* SPDX-License-Identifier: Apache-2.0 */
#include "picture.h"

#include <errno.h>
#include <pelton/pelton.h>
#include <stdlib.h>
#include <string.h>
#include "messages.h"
#include "save.h"
#include "signals.h"
#include <strings.h>

static const struct {
	const char *ending, *format;
} formats[] = { { ".svg", "svg" }, { ".png", "png" }, { ".pdf", "pdf" }, { ".dot", "dot" }, { ".gv", "dot" } };

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* The format given by the ending of `path`; N_FORMATS: none. */
static size_t format_of(const char *path)
{
	size_t i = 0;

	for (; i < N_FORMATS; i++) {
		size_t length = strlen(path), ending = strlen(formats[i].ending);

		if (length > ending && strcasecmp(path + length - ending, formats[i].ending) == 0)
			break;
	}
	return i;
}

int cli_picture_check(const char *path)
{
	if (format_of(path) < N_FORMATS)
		return 0;
	cli_error(CLI_USAGE, "the name '%s' does not tell the format of the picture", path);
	cli_hint("use a name that ends in .svg, .png, .pdf or .dot");
	return CLI_USAGE;
}

/* An interrupted run still gets its picture; a further signal cancels that too. */
static const struct pel_cancel *until_signal(void)
{
	return cli_interrupted() ? NULL : cli_cancel();
}

/* The picture, to be freed; NULL: `err` explains, if there is anything to explain. */
static char *make(const char *format, const struct pel_plan *plan, const struct pel_stats *stats,
		  const struct pel_analysis *analysis, size_t *size, struct pel_error *err)
{
	char *drawn = NULL;
	FILE *stream = open_memstream(&drawn, size);
	int r = stream ? pel_plan_draw(plan, stats, analysis, format, until_signal(), stream, err) : -ENOMEM;

	if (stream && fclose(stream) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		return drawn;
	free(drawn);
	return NULL;
}

int cli_picture_write(const char *path, const struct pel_plan *plan, const struct pel_stats *stats,
		      const struct pel_analysis *analysis)
{
	struct pel_error err = { 0 };
	struct cli_save *save;
	FILE *stream;
	size_t size = 0;
	char *picture = make(formats[format_of(path)].format, plan, stats, analysis, &size, &err);
	int r;

	if (!picture) {
		if (err.count || !cli_interrupted())
			return cli_fail(&err, -ENOMEM);
		pel_error_fini(&err);
		return CLI_INTERRUPTED;
	}
	r = cli_save_open(path, &save, &stream);
	if (r == 0) {
		fwrite(picture, 1, size, stream);
		r = cli_save_close(save, 0);
	}
	free(picture);
	return r < 0 ? cli_save_failed(path, r) : CLI_OK;
}

char *cli_picture_svg(const struct pel_plan *plan, const struct pel_stats *stats, char **why)
{
	struct pel_error err = { 0 };
	size_t size;
	char *svg = make("svg", plan, stats, NULL, &size, &err);

	*why = svg ? NULL
		   : cli_format("%s", err.count		  ? err.items[0].text
				      : cli_interrupted() ? "the command was interrupted"
							  : strerror(ENOMEM));
	pel_error_fini(&err);
	return svg;
}
