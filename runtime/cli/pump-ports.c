/* SPDX-License-Identifier: Apache-2.0 */
#include "pump-ports.h"

#include <stdlib.h>
#include <string.h>
#include "messages.h"

static const char *port_at(const struct pel_plan *plan, bool in, size_t index, const struct pel_type **type)
{
	return in ? pel_plan_in(plan, index, type) : pel_plan_out(plan, index, type);
}

/* True if the graph has a port of that name; reports an error if not. */
static bool known_port(const struct pel_plan *plan, bool in, const char *text, const char *equals)
{
	const char *names[64] = { 0 }, *name, *nearest, *way = in ? "input" : "output";
	char *wanted = cli_format("%.*s", (int)(equals - text), text);
	size_t n = 0, other = 0;

	for (; (name = port_at(plan, in, n, NULL)); n++) {
		if (strcmp(name, wanted) == 0) {
			free(wanted);
			return true;
		}
		if (n < 63)
			names[n] = name;
	}
	while ((name = port_at(plan, !in, other, NULL)) && strcmp(name, wanted) != 0)
		other++;
	nearest = cli_nearest(wanted, names);
	cli_error(0, "option '--%s': the graph has no %s port '%s'", in ? "in" : "out", way, wanted);
	if (name)
		cli_hint("'%s' is an %s port: use --%s %s", wanted, in ? "output" : "input",
			 in ? "out" : "in", text);
	else if (nearest)
		cli_hint("did you mean '%s'?", nearest);
	else if (!n)
		cli_hint("it has no %s ports", way);
	else
		cli_hint("its %s ports: %s%s%s%s%s", way, names[0], n > 1 ? ", " : "", n > 1 ? names[1] : "",
			 n > 2 ? ", " : "",
			 n > 3	 ? "..."
			 : n > 2 ? names[2]
				 : "");
	free(wanted);
	return false;
}

const char *pump_file(const struct cli_args *args, const char *option, const char *name, bool *twice)
{
	const char *text, *file = NULL;
	size_t length = strlen(name);

	for (size_t i = 0; (text = cli_value_at(args, option, i)); i++) {
		if (strncmp(text, name, length) != 0 || text[length] != '=')
			continue;
		*twice = file != NULL;
		file = text + length + 1;
	}
	return file;
}

int pump_check_names(const struct cli_args *args, const struct pel_plan *plan, bool in)
{
	const char *option = in ? "--in" : "--out", *text;

	for (size_t i = 0; (text = cli_value_at(args, option, i)); i++) {
		const char *equals = strchr(text, '=');

		if (!equals || equals == text || !equals[1])
			return cli_error(CLI_USAGE, "option '%s': '%s' is not PORT=FILE", option, text);
		if (!known_port(plan, in, text, equals))
			return CLI_USAGE;
	}
	return 0;
}
