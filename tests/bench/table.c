/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <math.h>
#include <pelton/pelton.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct series {
	double *values;
	unsigned n;
};

struct row {
	char name[64], unit[16], beside[48];
	struct series values, ratios, cpu_shares;
};

static struct row *rows;
static unsigned n_rows;

static void series_add(struct series *s, double value)
{
	s->values = realloc(s->values, (s->n + 1) * sizeof(*s->values));
	if (!s->values)
		abort();
	s->values[s->n++] = value;
}

static struct row *row_of(const char *name, const char *unit)
{
	struct row *r = rows;

	while (r < rows + n_rows && strcmp(r->name, name) != 0)
		r++;
	if (r < rows + n_rows)
		return r;
	rows = realloc(rows, (n_rows + 1) * sizeof(*rows));
	if (!rows)
		abort();
	r = &rows[n_rows++];
	memset(r, 0, sizeof(*r));
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->unit, sizeof(r->unit), "%s", unit);
	return r;
}

void bench_figure(const char *row, const char *unit, double value, struct bench_cost cost,
		  const struct bench_beside *beside)
{
	struct row *r = row_of(row, unit);

	series_add(&r->values, value);
	if (cost.wall_s > 0)
		series_add(&r->cpu_shares, cost.cpu_s / cost.wall_s);
	if (beside && beside->value > 0) {
		snprintf(r->beside, sizeof(r->beside), "%s", beside->name);
		series_add(&r->ratios, value / beside->value);
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sort(struct series *s)
{
	if (s->n)
		qsort(s->values, s->n, sizeof(double), compare);
}

static void sort_rows(void)
{
	for (struct row *r = rows; r < rows + n_rows; r++) {
		sort(&r->values);
		sort(&r->ratios);
		sort(&r->cpu_shares);
	}
}

/* Of a sorted series that is not empty. */
static double least(const struct series *s)
{
	return s->values[0];
}

static double median(const struct series *s)
{
	return (s->values[(s->n - 1) / 2] + s->values[s->n / 2]) / 2;
}

static double most(const struct series *s)
{
	return s->values[s->n - 1];
}

void bench_print_table(void)
{
	sort_rows();
	printf("%-32s %-10s %10s %10s %10s %6s   %s\n", "", "unit", "least", "median", "most", "cpu",
	       "ratio (least median most)");
	for (const struct row *r = rows; r < rows + n_rows; r++) {
		printf("%-32s %-10s %10.4g %10.4g %10.4g", r->name, r->unit, least(&r->values),
		       median(&r->values), most(&r->values));
		if (r->cpu_shares.n)
			printf(" %6.2f", median(&r->cpu_shares));
		else if (r->ratios.n)
			printf(" %6s", "");
		if (r->ratios.n)
			printf("   %.3f %.3f %.3f of %s", least(&r->ratios), median(&r->ratios),
			       most(&r->ratios), r->beside);
		putchar('\n');
	}
}

static void write_string(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(f, "\\%c", *text);
		else if ((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f)
			putc(*text, f);
		else
			putc('?', f);
	putc('"', f);
}

/* JSON has no infinities and NaNs: write null. */
static void write_number(FILE *f, const char *key, double value)
{
	if (isfinite(value))
		fprintf(f, "\"%s\": %.6g", key, value);
	else
		fprintf(f, "\"%s\": null", key);
}

static void write_series(FILE *f, const struct series *s)
{
	write_number(f, "least", least(s));
	fputs(", ", f);
	write_number(f, "median", median(s));
	fputs(", ", f);
	write_number(f, "most", most(s));
}

static void write_row(FILE *f, const struct row *r)
{
	fputs("{\"name\": ", f);
	write_string(f, r->name);
	fputs(", \"unit\": ", f);
	write_string(f, r->unit);
	fprintf(f, ", \"rounds\": %u, ", r->values.n);
	write_series(f, &r->values);
	if (r->cpu_shares.n) {
		fputs(", ", f);
		write_number(f, "cpu_share", median(&r->cpu_shares));
	} else {
		fputs(", \"cpu_share\": null", f);
	}
	fputs(", \"ratio\": ", f);
	if (r->ratios.n) {
		fputs("{\"to\": ", f);
		write_string(f, r->beside);
		fputs(", ", f);
		write_series(f, &r->ratios);
		fputs("}}", f);
	} else {
		fputs("null}", f);
	}
}

static void write_machine(FILE *f)
{
	FILE *cpuinfo = fopen("/proc/cpuinfo", "r");
	char line[256], model[256] = "unknown";

	while (cpuinfo && fgets(line, sizeof(line), cpuinfo))
		if (sscanf(line, "model name : %255[^\n]", model) == 1)
			break;
	if (cpuinfo)
		fclose(cpuinfo);
	fprintf(f, "{\"cores\": %ld, \"model\": ", sysconf(_SC_NPROCESSORS_ONLN));
	write_string(f, model);
	fputs(", \"compiler\": ", f);
	write_string(f, __VERSION__);
	fputs("}", f);
}

void bench_write_json(const char *path, unsigned rounds, const struct bench_options *options)
{
	FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	struct rusage usage;
	bool failed;

	if (!f)
		bench_fail("cannot open '%s'", path);
	sort_rows();
	getrusage(RUSAGE_SELF, &usage);
	fprintf(f,
		"{\n  \"version\": \"" PEL_VERSION
		"\", \"rounds\": %u, \"workers\": %u, \"scale\": %.6g, \"peak_kib\": %ld,\n  \"machine\": ",
		rounds, options->workers, options->scale, usage.ru_maxrss);
	write_machine(f);
	fputs(",\n  \"rows\": [", f);
	for (const struct row *r = rows; r < rows + n_rows; r++) {
		fputs(r == rows ? "\n    " : ",\n    ", f);
		write_row(f, r);
	}
	fputs("\n  ]\n}\n", f);
	failed = ferror(f) || fflush(f);
	if (f != stdout)
		failed = fclose(f) || failed;
	if (failed)
		bench_fail("cannot write '%s'", path);
}
