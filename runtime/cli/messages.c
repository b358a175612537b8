/* SPDX-License-Identifier: Apache-2.0 */
#include "messages.h"

#include <errno.h>
#include <pelton/pelton.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "exit.h"
#include "write.h"

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

/* Control characters, such as those of a file name, must not reach the terminal. */
static char *put_safe(char *to, const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			to += sprintf(to, "\\x%02x", (unsigned char)*c);
		else
			*to++ = *c;
	}
	return to;
}

/* Write one line as a single piece, which can be cut off. */
static void say(const char *what, const char *fmt, va_list ap)
{
	char *text = vformat(fmt, ap), *line = cli_alloc(4 * strlen(what) + 4 * strlen(text) + 4, 1);
	char *to = put_safe(stpcpy(put_safe(line, what), ": "), text);

	*to++ = '\n';
	(void)cli_write(STDERR_FILENO, line, (size_t)(to - line));
	free(line);
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

void cli_warning_at(const char *file, unsigned line, unsigned col, const char *fmt, ...)
{
	char *what = file ? cli_format("%s:%u:%u: warning", file, line, col) : NULL;
	va_list ap;

	va_start(ap, fmt);
	say(what ? what : "warning", fmt, ap);
	va_end(ap);
	free(what);
}

int cli_explain(const struct pel_error *err, int code)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream;

	if (!err->count && !err->lost)
		return cli_error(CLI_FAILED, "%s", strerror(-code));
	stream = open_memstream(&text, &size);
	if (stream) {
		pel_error_write_text(err, stream);
		fclose(stream);
		(void)cli_write(STDERR_FILENO, text, size);
	} else {
		pel_error_write_text(err, stderr);
	}
	free(text);
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

void cli_hint_write(int code)
{
	struct rlimit limit;

	if (code == -EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		cli_hint("this process may write files of at most %llu bytes: see ulimit -f",
			 (unsigned long long)limit.rlim_cur);
}
