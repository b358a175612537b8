/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *vformat(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0) {
		fputs("error: out of memory\n", stderr);
		cli_exit(CLI_FAILED);
	}
	return text;
}

char *cli_format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = vformat(fmt, ap);
	va_end(ap);
	return text;
}

void *cli_resize(void *old, size_t count, size_t bytes)
{
	void *memory = reallocarray(old, count ? count : 1, bytes ? bytes : 1);

	if (!memory) {
		fputs("error: out of memory\n", stderr);
		cli_exit(CLI_FAILED);
	}
	return memory;
}

void *cli_alloc(size_t count, size_t bytes)
{
	return memset(cli_resize(NULL, count, bytes), 0, count * bytes);
}

/* One line; control characters in it, of a file name say, must not reach the terminal. */
static void say(const char *what, const char *fmt, va_list ap)
{
	char *text = vformat(fmt, ap);

	fprintf(stderr, "%s: ", what);
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			fprintf(stderr, "\\x%02x", (unsigned char)*c);
		else
			fputc(*c, stderr);
	}
	fputc('\n', stderr);
	free(text);
}

int cli_error(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("error", fmt, ap);
	va_end(ap);
	return status;
}

void cli_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("hint", fmt, ap);
	va_end(ap);
}

void cli_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning", fmt, ap);
	va_end(ap);
}

int cli_explain(const struct pel_error *err, int code)
{
	if (err->count || err->lost)
		pel_error_write_text(err, stderr);
	else
		cli_error(CLI_FAILED, "%s", strerror(-code));
	return CLI_FAILED;
}

int cli_fail(struct pel_error *err, int code)
{
	int status = cli_explain(err, code);

	pel_error_fini(err);
	return status;
}

void cli_warn(struct pel_error *err)
{
	for (size_t i = 0; i < err->count; i++) {
		const struct pel_error_item *item = &err->items[i];

		cli_warning("%s%s%s", item->file ? item->file : "", item->file ? ": " : "", item->text);
		if (item->hint)
			cli_hint("%s", item->hint);
	}
	pel_error_fini(err);
}

/* ---- standard output ---- */

static int stdout_errno; /* of the first write that failed */

void cli_wrote(int r)
{
	if (r < 0 && !stdout_errno)
		stdout_errno = -r;
}

int cli_finish(int status)
{
	errno = 0;
	if ((fflush(stdout) != 0 || ferror(stdout)) && !stdout_errno)
		stdout_errno = errno ? errno : EIO;
	if (!stdout_errno || stdout_errno == EPIPE)
		return status;
	cli_error(0, "cannot write to standard output: %s", strerror(stdout_errno));
	return status ? status : CLI_FAILED;
}
