/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdlib.h>
#include <string.h>
#include "messages.h"

static const struct cli_option help_option = { "--help", "-h", NULL, false, false, "show this help" };

static const struct cli_option *find_option(const struct cli_command *command, const char *name, size_t length)
{
	for (const struct cli_option *option = command->options; option->name; option++)
		if ((strlen(option->name) == length && strncmp(option->name, name, length) == 0) ||
		    (option->letter && length == 2 && strncmp(option->letter, name, 2) == 0))
			return option;
	if ((length == 6 && strncmp(name, "--help", 6) == 0) || (length == 2 && strncmp(name, "-h", 2) == 0))
		return &help_option;
	return NULL;
}

static int unknown_option(const struct cli_command *command, const char *name, size_t length)
{
	const char *names[32], *nearest;
	char *wanted = cli_format("%.*s", (int)length, name);
	size_t n = 0;

	for (const struct cli_option *option = command->options; option->name && n < 30; option++)
		names[n++] = option->name;
	names[n++] = help_option.name;
	names[n] = NULL;
	nearest = cli_nearest(wanted, names);
	cli_error(CLI_USAGE, "unknown option '%s' of 'pelton %s'", wanted, command->name);
	if (nearest)
		cli_hint("did you mean '%s'?", nearest);
	else
		cli_hint("'pelton help %s' lists its options", command->name);
	free(wanted);
	return CLI_USAGE;
}

static int take_option(struct cli_args *args, const struct cli_option *option, const char *value)
{
	if (!option->repeated && cli_has(args, option->name))
		return cli_error(CLI_USAGE, "option '%s' is given twice", option->name);
	args->given = cli_resize(args->given, args->n_given + 1, sizeof(*args->given));
	args->given[args->n_given++] = (struct cli_given){ option, value };
	return 0;
}

/* The option at argv[*i], which moves on if its value is the next word. */
static int parse_option(struct cli_args *args, int argc, char **argv, int *i)
{
	const char *word = argv[*i], *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = find_option(args->command, word, length);

	/* -Idir, -DNAME */
	if (!option && word[1] != '-' && length > 2 && (option = find_option(args->command, word, 2)) &&
	    option->value)
		return take_option(args, option, word + 2);
	if (!option)
		return unknown_option(args->command, word, length);
	if (option == &help_option) {
		cli_print_help(args->command, stdout);
		return -1;
	}
	if (!option->value && equals)
		return cli_error(CLI_USAGE, "option '%s' takes no value", option->name);
	if (!option->value || (option->value_optional && !equals))
		return take_option(args, option, NULL);
	if (equals)
		return take_option(args, option, equals + 1);
	if (*i + 1 >= argc)
		return cli_error(CLI_USAGE, "option '%s' needs a value: %s %s", option->name, option->name,
				 option->value);
	return take_option(args, option, argv[++*i]);
}

/* "pelton run GRAPH [OPTIONS]", to be freed. Options precede a PROGRAM: after it they would be its own. */
static char *usage_of(const struct cli_command *command)
{
	const char *operands = command->operands;

	if (strncmp(operands, "PROGRAM", 7) == 0)
		return cli_format("pelton %s [OPTIONS] -- %s", command->name, operands);
	return cli_format("pelton %s%s%s%s", command->name, *operands ? " " : "", operands,
			  command->options->name ? " [OPTIONS]" : "");
}

/* It is a common mistake to write `--stats out.json` for `--stats=out.json`. */
static void hint_too_many(const struct cli_args *args)
{
	const struct cli_command *command = args->command;
	const char *extra = args->operands[command->max_operands];
	char *usage;

	for (size_t i = 0; i < args->n_given; i++)
		if (args->given[i].option->value_optional && !args->given[i].value) {
			cli_hint("did you mean %s=%s?", args->given[i].option->name, extra);
			return;
		}
	usage = usage_of(command);
	cli_hint("usage: %s", usage);
	free(usage);
}

static int check_operands(const struct cli_args *args)
{
	const struct cli_command *command = args->command;
	char *usage;

	if (args->n_operands < command->min_operands) {
		cli_error(CLI_USAGE, "'pelton %s' needs a %s", command->name,
			  strncmp(command->operands, "GRAPH", 5) == 0	  ? "GRAPH"
			  : strncmp(command->operands, "PROGRAM", 7) == 0 ? "PROGRAM"
									  : command->operands);
		usage = usage_of(command);
		cli_hint("usage: %s", usage);
		free(usage);
		return CLI_USAGE;
	}
	if (args->n_operands > command->max_operands) {
		cli_error(CLI_USAGE, "unexpected argument '%s' of 'pelton %s'",
			  args->operands[command->max_operands], command->name);
		hint_too_many(args);
		return CLI_USAGE;
	}
	return 0;
}

int cli_args_parse(struct cli_args *args, const struct cli_command *command, int argc, char **argv)
{
	bool options = true;

	*args = (struct cli_args){ .command = command };
	args->operands = cli_alloc((size_t)argc + 1, sizeof(*args->operands));
	for (int i = 0; i < argc; i++) {
		int r = 0;

		/* A single dash is standard input. */
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && argv[i][0] == '-' && argv[i][1])
			r = parse_option(args, argc, argv, &i);
		else
			args->operands[args->n_operands++] = argv[i];
		if (args->n_operands && strncmp(command->operands, "PROGRAM", 7) == 0)
			options = false;
		if (r)
			return r;
	}
	return check_operands(args);
}

void cli_args_fini(struct cli_args *args)
{
	free(args->given);
	free(args->operands);
	*args = (struct cli_args){ 0 };
}

const char *cli_value_at(const struct cli_args *args, const char *option, size_t index)
{
	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].option->name, option) == 0 && index-- == 0)
			return args->given[i].value;
	return NULL;
}

const char *cli_value(const struct cli_args *args, const char *option)
{
	return cli_value_at(args, option, 0);
}

bool cli_has(const struct cli_args *args, const char *option)
{
	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].option->name, option) == 0)
			return true;
	return false;
}

bool cli_number(const struct cli_args *args, const char *option, unsigned min, unsigned max,
		unsigned otherwise, unsigned *ret)
{
	const char *text = cli_value(args, option);
	unsigned long long value;
	char *end;

	*ret = otherwise;
	if (!text)
		return true;
	/* strtoull() would accept blanks and signs. */
	value = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
	if (text[0] < '0' || text[0] > '9' || *end || value < min || value > max) {
		cli_error(CLI_USAGE, "option '%s': '%s' is not a whole number from %u to %u", option, text,
			  min, max);
		return false;
	}
	*ret = (unsigned)value;
	return true;
}

/* ---- did you mean ---- */

#define NAME_MAX_NEAR 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The number of insertions, deletions, replacements and swaps of neighbours that turn a into b. Both are at
 * most NAME_MAX_NEAR long.
 */
static size_t edits(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_NEAR + 1], na = strlen(a), nb = strlen(b);

	for (size_t i = 0; i <= na; i++) {
		size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = i ? least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]))
				   : j;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

const char *cli_nearest(const char *wanted, const char *const *names)
{
	size_t length = strlen(wanted), limit = (length + 2) / 3 + 1;
	const char *nearest = NULL;

	if (limit > length)
		limit = length; /* a name that shares no letter is not similar */
	for (; *names && length <= NAME_MAX_NEAR; names++) {
		size_t distance = strlen(*names) <= NAME_MAX_NEAR ? edits(wanted, *names) : limit;

		if (distance < limit) {
			limit = distance;
			nearest = *names;
		}
	}
	return nearest;
}

/* ---- help ---- */

static void print_option(const struct cli_option *option, FILE *out)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%s%s%s%s%s%s", option->letter ? option->letter : "",
		 option->letter ? ", " : "", option->name,
		 option->value_optional ? "[="
		 : option->value	? " "
					: "",
		 option->value ? option->value : "", option->value_optional ? "]" : "",
		 option->repeated ? " ..." : "");
	if (strlen(left) > 24)
		fprintf(out, "  %s\n  %-24s  %s\n", left, "", option->help);
	else
		fprintf(out, "  %-24s  %s\n", left, option->help);
}

void cli_print_help(const struct cli_command *command, FILE *out)
{
	char *usage = usage_of(command);

	fprintf(out, "usage: %s\n\n%s\n\n", usage, command->summary);
	free(usage);
	for (const struct cli_option *option = command->options; option->name; option++)
		print_option(option, out);
	print_option(&help_option, out);
}
