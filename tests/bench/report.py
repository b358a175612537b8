#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py RESULT.json PAGE.md PLOT.svg: the tables between the page's marks, and the plot, from pelton-bench's JSON."""
import json
import re
import sys
from html import escape

BEGIN, END = "<!-- figures: begin; written by tests/bench/report.sh -->", "<!-- figures: end -->"
TITLES = [
    ("W1", "W1: one ring, two threads"),
    ("W2", "W2: source, N stages of y = a*x + b, sink"),
    ("W3", "W3: filter and decimate, demodulate, filter"),
    ("W4", "W4: a chain of K stages as a whole process"),
    ("W5", "W5: a stage whose cost varies 1 to 100 us"),
    ("W6", "W6: one token a firing, chain of 8"),
    ("latency", "Latency through 8 stages at 10,000 tokens a second"),
]
PREFIXES = [(1e9, " G"), (1e6, " M"), (1e3, " k")]


def split(row):
    """("W2 N=4", "bound A")"""
    case, _, who = row["name"].partition(", ")
    return case, who


def number(value, unit):
    if value is None:
        return "-"
    if unit.endswith("/s"):
        for factor, prefix in PREFIXES:
            if value >= factor:
                return f"{value / factor:.3g}{prefix}"
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def figure(row):
    text = number(row["median"], row["unit"])
    spread = f"{number(row['least'], row['unit'])} to {number(row['most'], row['unit'])}"
    return text, spread


def ratio(row):
    r = row["ratio"]
    return "" if not r else f"{r['median']:.2f} ({r['least']:.2f} to {r['most']:.2f}) of {r['to']}"


def table(rows):
    lines = ["| | | median | least to most | unit | ratio, same round | cores busy |", "| --- | --- | ---: | ---: | --- | --- | ---: |"]
    last = None
    for row in rows:
        case, who = split(row)
        text, spread = figure(row)
        busy = "" if row["cpu_share"] is None else f"{row['cpu_share']:.2f}"
        lines.append(f"| {case if case != last else ''} | {who} | {text} | {spread} | {row['unit']} | {ratio(row)} | {busy} |")
        last = case
    return lines


def tables(result):
    machine = result["machine"]
    lines = [
        f"{machine['model']}, {machine['cores']} cores, compiler {machine['compiler']}; Pelton {result['version']}, "
        f"{result['rounds']} rounds at scale {result['scale']:g}.",
        "",
    ]
    rows = result["rows"]
    shares = [r["cpu_share"] for r in rows if split(r)[1] in ("bound A", "by hand") and r["cpu_share"] is not None]
    if shares and min(shares) < 0.9:
        lines += [
            f"**The machine was shared while this was measured:** programs of one thread got down to {min(shares):.2f} of a core. "
            "Measure again where nothing else runs.",
            "",
        ]
    for key, title in TITLES:
        chosen = [r for r in rows if r["name"].startswith(key)]
        if chosen:
            lines += [f"### {title}", ""] + table(chosen) + [""]
    return lines


def write_page(path, lines):
    page = open(path, encoding="utf-8").read()
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    with open(path, "w", encoding="utf-8") as f:
        f.write(page[:start] + "\n\n" + "\n".join(lines) + "\n" + page[end:])


# ---- The plot: bars of W2's ratio to bound A, a group for each N ----

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM = 860, 260, 48, 12, 40
COLOURS = ["#1b6ca8", "#4aa3df", "#8c8c8c", "#d98324", "#6a9f4b", "#a94a6f", "#7d6bb0", "#b5a642", "#3f9c93",
           "#c0584a", "#5a5a5a", "#c79fd0", "#93b4c8", "#e0b27a"]


def bars(rows):
    """[(N, {who: (least, median, most)})], and the contestants in the order of their first row."""
    groups, names = {}, []
    for row in rows:
        case, who = split(row)
        match = re.fullmatch(r"W2 N=(\d+)", case)
        if not match or not row["ratio"]:
            continue
        r = row["ratio"]
        groups.setdefault(int(match[1]), {})[who] = (r["least"], r["median"], r["most"])
        if who not in names:
            names.append(who)
    names.sort(key=lambda who: (not who.startswith("Pelton"), who != "bound B"))
    return sorted(groups.items()), names


def legend(names):
    """The lines of the legend, wrapped, and where it ends."""
    out, x, line = [], LEFT, 36
    for i, who in enumerate(names):
        if x + 22 + 7 * len(who) > WIDTH - RIGHT:
            x, line = LEFT, line + 17
        out.append(f'<rect x="{x}" y="{line - 10}" width="12" height="12" fill="{COLOURS[i % len(COLOURS)]}"/>')
        out.append(f'<text x="{x + 16}" y="{line}">{escape(who)}</text>')
        x += 30 + 7 * len(who)
    return out, line


def plot(rows):
    groups, names = bars(rows)
    if not groups:
        return None
    key, key_end = legend(names)
    chart_top = key_end + 14
    # Lines of spread that go higher than any bar should are cut off there.
    highest = max(median for _, group in groups for _, median, _ in group.values())
    top = max(2.0, -(-highest // 0.5) * 0.5)
    full = chart_top + HEIGHT + BOTTOM
    step = (WIDTH - LEFT - RIGHT) / len(groups)
    bar = step * 0.84 / len(names)

    def y(value):
        return chart_top + HEIGHT * (1 - value / top)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {full}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{full}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="14">Throughput of N stages, as a multiple of one thread with a hand-fused loop</text>',
    ] + key
    for i in range(int(top / 0.5) + 1):
        at = y(i * 0.5)
        colour = "#444" if i in (0, 2) else "#ddd"
        out.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="{colour}"/>')
        out.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{i * 0.5:g}</text>')
    for g, (n, group) in enumerate(groups):
        start = LEFT + step * (g + 0.08)
        for i, who in enumerate(names):
            if who not in group:
                continue
            least, median, most = group[who]
            x = start + bar * i
            out.append(
                f'<rect x="{x:.1f}" y="{y(median):.1f}" width="{bar * 0.9:.1f}" height="{y(0) - y(median):.1f}" '
                f'fill="{COLOURS[i % len(COLOURS)]}"><title>{escape(who)}, N={n}: {median:.2f}</title></rect>'
            )
            middle = x + bar * 0.45
            out.append(f'<line x1="{middle:.1f}" y1="{y(least):.1f}" x2="{middle:.1f}" y2="{y(min(most, top)):.1f}" stroke="#222"/>')
        out.append(f'<text x="{LEFT + step * (g + 0.5):.1f}" y="{full - 16}" text-anchor="middle">N = {n}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: report.py RESULT.json PAGE.md PLOT.svg")
    with open(sys.argv[1], encoding="utf-8") as f:
        result = json.load(f)
    write_page(sys.argv[2], tables(result))
    svg = plot(result["rows"])
    if svg:
        with open(sys.argv[3], "w", encoding="utf-8") as f:
            f.write(svg)


main()
