/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include "text.h"

#include <stdarg.h>

double pel_share(const struct pel_stats *stats, double seconds)
{
	double value = stats->wall_s > 0 ? seconds / stats->wall_s : 0;

	return value > 1 ? 1 : value > 0 ? value : 0;
}

/* Write one argument; `kind` is the letter after the percent sign. */
static void put(FILE *out, char kind, va_list *ap)
{
	char buf[32];
	unsigned share;

	switch (kind) {
	case 's':
		pel_markup_write(va_arg(*ap, const char *), out);
		break;
	case 'n':
		fputs(pel_count_format(va_arg(*ap, uint64_t), buf, sizeof(buf)), out);
		break;
	case 'b':
		fputs(pel_bytes_format(va_arg(*ap, uint64_t), buf, sizeof(buf)), out);
		break;
	case 't':
		fputs(pel_time_format(va_arg(*ap, double), buf, sizeof(buf)), out);
		break;
	case 'p':
		fprintf(out, "%u\xc2\xa0%%", (unsigned)(va_arg(*ap, double) * 100 + 0.5));
		break;
	case 'w':
		/* With whole numbers only: the decimal point of CSS is always a dot. */
		share = (unsigned)(va_arg(*ap, double) * 1000 + 0.5);
		fprintf(out, "%u.%u%%", share / 10, share % 10);
		break;
	default:
		fputc(kind, out);
	}
}

void pel_html(FILE *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	for (; *format; format++) {
		if (*format == '%' && format[1])
			put(out, *++format, &ap);
		else
			fputc(*format, out);
	}
	va_end(ap);
}
