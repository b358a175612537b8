/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"
#include "json.h"
#include "plan-view.h"
#include "report-tables.h"
#include "sized-options.h"
#include "text.h"

#include <pelton/observe.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * The report about a run, in the order of a reader's questions: did it end well, what should I know, what
 * does it look like, what are the figures. On a narrow screen the rows of the tables become cards, with the
 * headings from data-l.
 */

static const char head[] =
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	/* The page cannot load anything, whatever the names in it contain. */
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";

static const char style[] =
	"<style>\n"
	":root{--page:#f6f7f9;--card:#fff;--ink:#0f172a;--soft:#526077;--line:#dde3ea;--track:#e6eaf0;"
	"--busy:#e2572b;--input:#6b9bd8;--room:#9a7bd0;--device:#d9a33b;--fill:#2f9d84;"
	"--good:#15803d;--bad:#b91c1c;--warn:#a15c07}\n"
	"@media (prefers-color-scheme:dark){:root{--page:#10151d;--card:#1a212c;--ink:#e6ebf2;--soft:#9aa8bc;"
	"--line:#2d3746;--track:#2b3442;--busy:#f07a4f;--input:#5f93d6;--room:#a68ae0;--device:#d9a33b;--fill:#38b397;"
	"--good:#4ade80;--bad:#fb8b84;--warn:#f2b84b}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:72rem;background:var(--page);color:var(--ink);"
	"font:16px/1.5 system-ui,\"Segoe UI\",Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere}\n"
	"h1{margin:0;font-size:1.7rem;line-height:1.25}\n"
	"h2{margin:2rem 0 .6rem;font-size:1.15rem}\n"
	"p{margin:.3rem 0}\n"
	".soft,footer{color:var(--soft)}\n"
	"header{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .9rem}\n"
	"header p{flex-basis:100%;margin:0}\n"
	".badge{padding:.1rem .7rem;border:1.5px solid;border-radius:1rem;font-weight:600}\n"
	".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}\n"
	".card,dl,table{background:var(--card);border:1px solid var(--line);border-radius:.6rem}\n"
	".card{padding:.7rem 1rem}\n"
	"dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));margin:1.1rem 0 0;padding:.3rem 0}\n"
	"dl div{padding:.45rem 1rem}\n"
	"dt{color:var(--soft);font-size:.85rem}\n"
	"dd{margin:0;font-size:1.2rem;font-weight:600;font-variant-numeric:tabular-nums}\n"
	"ul{margin:0;padding-left:1.2rem}li{margin:.3rem 0}\n"
	"code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\n"
	/* The picture has its own white background. A large one scrolls instead of becoming too small to read. */
	".picture{overflow-x:auto;background:#fff;border:1px solid var(--line);border-radius:.6rem;padding:.5rem}\n"
	".picture svg{display:block;margin:0 auto;height:auto;max-width:max(100%,var(--least))}\n"
	"table{width:100%;border-collapse:separate;border-spacing:0;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.45rem .8rem;text-align:left;vertical-align:top}\n"
	"tr+tr>*,tbody tr>*{border-top:1px solid var(--line)}\n"
	/* Long ids may break anywhere; short words may not. */
	"td,thead th{overflow-wrap:normal}.value{overflow-wrap:anywhere}\n"
	"thead th{color:var(--soft);font-size:.85rem;font-weight:500}\n"
	"tbody th{font-weight:600}\n"
	"tbody th small,details{display:block;color:var(--soft);font-size:.85rem;font-weight:400}\n"
	".n{text-align:right;white-space:nowrap}\n"
	".bar{display:flex;height:.7rem;min-width:8rem;margin:.4rem 0 0;border-radius:.35rem;overflow:hidden;"
	"background:var(--track)}\n"
	".bar i{display:block;flex:none}\n"
	".busy{background:var(--busy)}.input{background:var(--input)}.room{background:var(--room)}"
	".device{background:var(--device)}.fill{background:var(--fill)}\n"
	".key i{display:inline-block;width:.8rem;height:.8rem;margin:0 .35rem 0 0;border-radius:.2rem;"
	"vertical-align:-.05rem}\n"
	".key span{margin-right:1rem;white-space:nowrap}\n"
	"footer{margin-top:2.5rem;font-size:.85rem}\n"
	"@media (max-width:45rem){thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n"
	"table,tbody,tr,th,td{display:block}tbody tr{padding:.5rem .9rem .7rem}tbody tr+tr{border-top:1px solid var(--line)}\n"
	"tbody tr>*{border:0;padding:.1rem 0}tbody th{padding-bottom:.2rem}\n"
	"td[data-l]{display:flex;justify-content:space-between;gap:1rem;white-space:normal}\n"
	"td[data-l]::before{content:attr(data-l);color:var(--soft)}\n"
	"td:empty{display:none}td .bar{flex:1;min-width:0}.picture svg{max-width:none}.value{text-align:right}}\n"
	"@media print{body{background:#fff}.card,dl,table,.picture{break-inside:avoid}}\n"
	"</style>\n";

/* ---- outcome ---- */

static const char *outcome(int result, const char **class)
{
	switch (result) {
	case 0:
		*class = "good";
		return "ended";
	case -ETIMEDOUT:
		*class = "warn";
		return "still running";
	case -ECANCELED:
		*class = "warn";
		return "stopped";
	case -EDEADLK:
		*class = "bad";
		return "stalled";
	default:
		*class = "bad";
		return "failed";
	}
}

static void put_errors(FILE *out, const struct pel_report *report)
{
	const struct pel_error *err = report->err;

	if (report->result == 0 || report->result == -ETIMEDOUT)
		return;
	if (!err || (!err->count && !err->lost)) {
		if (report->result != -ECANCELED)
			pel_html(out, "<h2>What went wrong</h2>\n<div class=\"card\"><p>%s</p></div>\n",
				 strerror(-report->result));
		return;
	}
	fputs("<h2>What went wrong</h2>\n<div class=\"card\"><ul>\n", out);
	for (size_t i = 0; i < err->count; i++) {
		const struct pel_error_item *item = &err->items[i];

		fputs("<li>", out);
		if (item->file && item->line)
			pel_html(out, "<code>%s:%n:%n</code> ", item->file, (uint64_t)item->line,
				 (uint64_t)item->col);
		else if (item->file)
			pel_html(out, "<code>%s</code> ", item->file);
		pel_html(out, "%s", item->text);
		if (item->hint)
			pel_html(out, "<br><span class=\"soft\">Hint: %s</span>", item->hint);
		fputs("</li>\n", out);
	}
	if (err->lost)
		pel_html(out, "<li>%n more are not shown</li>\n", (uint64_t)err->lost);
	fputs("</ul></div>\n", out);
}

/* ---- the figures of the whole run ---- */

static double workers_busy(const struct pel_report *report)
{
	const struct pel_plan *plan = report->plan;
	const struct pel_stats *stats = report->stats;
	double busy = 0;

	/* Stages with their own threads keep no worker busy. */
	for (size_t i = 0; i < stats->n_stages; i++)
		if (i >= plan->n_stages || !plan->stages[i].blocking)
			busy += stats->stages[i]->busy_s;
	return stats->workers ? pel_share(stats, busy / stats->workers) : 0;
}

static void put_figures(FILE *out, const struct pel_report *report)
{
	const struct pel_plan *plan = report->plan;
	const struct pel_stats *stats = report->stats;

	pel_html(out,
		 "<dl><div><dt>Time</dt><dd>%t</dd></div><div><dt>Workers</dt><dd>%n</dd></div>"
		 "<div><dt>Workers busy</dt><dd>%p</dd></div>",
		 stats->wall_s, (uint64_t)stats->workers, workers_busy(report));
	pel_html(out,
		 "<div><dt>Actors</dt><dd>%n</dd></div><div><dt>Stages</dt><dd>%n</dd></div>"
		 "<div><dt>Channels</dt><dd>%n</dd></div><div><dt>Memory</dt><dd>%b</dd></div></dl>\n",
		 (uint64_t)(plan->n_actors - plan->n_ins - plan->n_outs), (uint64_t)stats->n_stages,
		 (uint64_t)stats->n_channels, pel_view_total_bytes(plan));
}

static int put_hints(FILE *out, const struct pel_report *report)
{
	int n;

	fputs("<h2>What the figures say</h2>\n<div class=\"card\"><ul>\n", out);
	n = pel_hints_write(report->plan, report->stats, out);
	fputs(n == 0 ? "<li>No remarks.</li>\n</ul></div>\n" : "</ul></div>\n", out);
	return n < 0 ? n : 0;
}

/* ---- the picture ---- */

/* Its width in points as written by Graphviz (<svg width="812pt" ...); 0: unknown. */
static unsigned svg_width(const char *svg)
{
	const char *end = strchr(svg, '>'), *width = strstr(svg, " width=\"");
	unsigned value = 0;

	if (!end || !width || width > end)
		return 0;
	for (width += strlen(" width=\""); *width >= '0' && *width <= '9' && value < 1000000; width++)
		value = value * 10 + (unsigned)(*width - '0');
	return strncmp(width, "pt\"", 3) == 0 ? value : 0;
}

static void put_picture(FILE *out, const struct pel_report *report)
{
	/* The text before <svg belongs only into a separate file. */
	const char *svg = report->svg ? strstr(report->svg, "<svg") : NULL;

	fputs("<h2>The graph, coloured by load</h2>\n", out);
	if (!svg) {
		pel_html(out, "<p class=\"card\">There is no picture: %s.</p>\n",
			 report->svg	      ? "the drawing is not an SVG document"
			 : report->no_picture ? report->no_picture
					      : "none was requested");
		return;
	}
	/* It can still be read at two thirds of its size; if that does not fit, it scrolls. */
	fprintf(out, "<div class=\"picture\" style=\"--least:%upt\">\n", svg_width(svg) * 2 / 3);
	fputs(svg, out);
	fputs("</div>\n<p class=\"soft\">From white to red: how busy each stage was. A blue border is a CPU, an amber one an "
	      "FPGA.</p>\n",
	      out);
}

/* ---- the whole ---- */

static int write_report(const struct pel_report *report, FILE *out)
{
	const char *name = report->plan->name ? report->plan->name : "", *class;
	const char *ended = outcome(report->result, &class);
	int r;

	pel_html(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>%s: a run of Pelton</title>\n",
		 name);
	fputs(head, out);
	fputs(style, out);
	pel_html(out, "</head>\n<body>\n<header><h1>%s</h1><span class=\"badge %s\">%s</span>", name, class,
		 ended);
	if (report->about)
		pel_html(out, "<p class=\"soft\">%s</p>", report->about);
	fputs("</header>\n", out);
	put_figures(out, report);
	put_errors(out, report);
	r = put_hints(out, report);
	put_picture(out, report);
	r = r < 0 ? r : pel_report_put_stages(out, report);
	r = r < 0 ? r : pel_report_put_channels(out, report);
	r = r < 0 ? r : pel_report_put_actors(out, report);
	fputs("<footer>Written by pelton " PEL_VERSION ".</footer>\n</body>\n</html>\n", out);
	return r < 0 ? r : pel_stream_result(out);
}

int pel_report_write(const struct pel_report *report, FILE *out, struct pel_error *err)
{
	struct pel_report known;
	int r = PEL_OPTIONS_TAKE(pel_report, &known, report, err);

	if (r < 0 || (r = pel_options_need(known.plan, "struct pel_report", "plan", err)) < 0 ||
	    (r = pel_options_need(known.stats, "struct pel_report", "stats", err)) < 0)
		return r;
	return write_report(&known, out);
}
