/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

size_t pel_utf8(const char *text, uint32_t *code)
{
	/* By length: marker of the first byte, its mask, and the smallest code point allowed with that length. */
	static const struct {
		unsigned char marker, mask;
		uint32_t least;
	} forms[] = { { 0x00, 0x80, 0 }, { 0xc0, 0xe0, 0x80 }, { 0xe0, 0xf0, 0x800 }, { 0xf0, 0xf8, 0x10000 } };
	const unsigned char *c = (const unsigned char *)text;

	for (size_t length = 1; length <= 4; length++) {
		uint32_t value;

		if ((c[0] & forms[length - 1].mask) != forms[length - 1].marker)
			continue;
		value = c[0] & (unsigned char)~forms[length - 1].mask;
		for (size_t i = 1; i < length; i++) {
			if ((c[i] & 0xc0) != 0x80)
				return 0; /* also for the NUL at the end */
			value = value << 6 | (c[i] & 0x3f);
		}
		if (value < forms[length - 1].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
			return 0;
		*code = value;
		return length;
	}
	return 0;
}

void pel_text_write(const char *text, FILE *out)
{
	while (*text) {
		uint32_t code = 0;
		size_t length = pel_utf8(text, &code);

		if (code == '\n') {
			fputs("\n    ", out);
		} else if (!length || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			/* C1 controls too: a terminal may interpret them. */
			for (size_t i = 0; i < (length ? length : 1); i++)
				fprintf(out, "\\x%02x", (unsigned char)text[i]);
		} else {
			fwrite(text, 1, length, out);
		}
		text += length ? length : 1;
	}
}

void pel_markup_write(const char *text, FILE *out)
{
	while (*text) {
		uint32_t code = 0;
		size_t length = pel_utf8(text, &code);

		if (!length || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xfffe || code == 0xffff)
			fputs(code == '\n' || code == '\t' ? " " : "\xef\xbf\xbd", out);
		else if (code < 0x80 && strchr("&<>\"'\\", (int)code))
			fprintf(out, "&#%" PRIu32 ";", code);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
}

char *pel_bytes_format(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes;
	unsigned unit = 0;

	/* 999.5 would be printed as 1000. */
	for (; value >= 999.5; unit++)
		value /= 1000;
	snprintf(buf, size, "%.*f %s", unit && value < 9.95 ? 1 : 0, value, units[unit]);
	return buf;
}

char *pel_count_format(uint64_t value, char *buf, size_t size)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	size_t used = 0;

	for (int i = 0; i < n && used + 2 < size; i++) {
		if (i && (n - i) % 3 == 0)
			buf[used++] = ',';
		buf[used++] = digits[i];
	}
	buf[used] = '\0';
	return buf;
}

/* Whole numbers only: the decimal point depends on the host's locale. */
char *pel_time_format(double seconds, char *buf, size_t size)
{
	static const struct {
		double limit, of_a_second;
		const char *name;
	} units[] = { { 0.9995e-3, 1e6, "\xc2\xb5s" }, { 0.9995, 1e3, "ms" }, { 59.95, 1, "s" } };

	if (!(seconds > 0)) { /* a NaN too */
		snprintf(buf, size, "0 s");
		return buf;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double value = seconds * units[i].of_a_second;
		unsigned scale = value < 9.995 ? 100 : value < 99.95 ? 10 : 1;
		unsigned scaled;

		if (seconds >= units[i].limit)
			continue;
		scaled = (unsigned)(value * scale + 0.5);
		if (scale == 1)
			snprintf(buf, size, "%u %s", scaled, units[i].name);
		else
			snprintf(buf, size, "%u.%0*u %s", scaled / scale, scale == 100 ? 2 : 1,
				 scaled % scale, units[i].name);
		return buf;
	}
	if (seconds < 3599.5)
		snprintf(buf, size, "%u min %u s", (unsigned)(seconds + 0.5) / 60,
			 (unsigned)(seconds + 0.5) % 60);
	else {
		uint64_t minutes = seconds < 1e15 ? (uint64_t)(seconds / 60 + 0.5) : (uint64_t)1e15 / 60;

		snprintf(buf, size, "%" PRIu64 " h %" PRIu64 " min", minutes / 60, minutes % 60);
	}
	return buf;
}

int pel_stream_result(FILE *out)
{
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return errno > 0 ? -errno : -EIO;
}
