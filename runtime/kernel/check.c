/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"
#include "param-limits.h"

#include <errno.h>
#include <string.h>

#define PORTS_MAX	64
#define PARAMS_MAX	256
#define PARAM_FLAGS_ALL (PEL_PARAM_READS | PEL_PARAM_WRITES)
#define FLAGS_ALL                                                                               \
	(PEL_KERNEL_STATELESS | PEL_KERNEL_BLOCKING | PEL_KERNEL_EXACT | PEL_KERNEL_ANY_PORTS | \
	 PEL_KERNEL_EFFECTS | PEL_KERNEL_IN_PLACE)

/* Shared by the checks of one descriptor. */
struct check {
	const struct pel_kernel *kernel;
	struct pel_place place;
	struct pel_error *err;
};

static int bad(const struct check *check, const char *fmt, ...) PEL_PRINTF(2, 3);

static int bad(const struct check *check, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pel_fail(check->err, -EINVAL, check->place, "kernel '%.200s': %s", check->kernel->name, text);
}

static bool is_kernel_name(const char *name)
{
	const char *dot = strchr(name, '.');
	char module[201];

	if (!dot || dot - name > 200)
		return false;
	memcpy(module, name, (size_t)(dot - name));
	module[dot - name] = '\0';
	return pel_is_name(module) && pel_is_name(dot + 1);
}

static bool is_dynamic(const struct pel_port_desc *port)
{
	return port->rate && strcmp(port->rate, "*") == 0;
}

static bool named_before(const struct pel_port_desc *ports, size_t count, const char *name)
{
	for (size_t i = 0; ports && i < count && ports[i].name; i++)
		if (strcmp(ports[i].name, name) == 0)
			return true;
	return false;
}

/* Check the ports of one direction; `others` are the ports of the direction that was checked before. */
static int check_ports(const struct check *check, const char *way, const struct pel_port_desc *ports,
		       const struct pel_port_desc *others, bool *dynamic)
{
	size_t i;

	for (i = 0; ports && ports[i].name; i++) {
		const struct pel_port_desc *port = &ports[i];

		if (i == PORTS_MAX)
			return bad(check, "has more than %d %ss, or no NULL name after the last", PORTS_MAX,
				   way);
		if (!pel_is_name(port->name))
			return bad(check, "'%.200s' cannot be the name of an %s", port->name, way);
		if (named_before(ports, i, port->name) || named_before(others, SIZE_MAX, port->name))
			return bad(check, "has two ports called '%s'", port->name);
		if (!port->type || !port->type[0])
			return bad(check, "%s '%s' has no type", way, port->name);
		if (port->rate && !port->rate[0])
			return bad(check, "%s '%s' has an empty rate", way, port->name);
		if (port->history && ports == check->kernel->out)
			return bad(check, "output '%s' has a history, which only inputs can have", port->name);
		if (port->flags & ~PEL_PORT_OPTIONAL)
			return bad(check, "%s '%s' has unknown flags 0x%x", way, port->name,
				   (unsigned)(port->flags & ~PEL_PORT_OPTIONAL));
		*dynamic |= is_dynamic(port);
	}
	return 0;
}

static bool is_param_type(const char *type)
{
	static const char *const scalars[] = { "i64", "f64", "bool", "string", "u8",  "i8",
					       "u16", "i16", "u32",  "i32",    "u64", "f32" };
	static const char *const lists[] = { "u8[]",  "i8[]",  "u16[]", "i16[]", "u32[]",  "i32[]",
					     "u64[]", "i64[]", "f32[]", "f64[]", "cf32[]", "cf64[]" };

	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++)
		if (strcmp(type, scalars[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(type, lists[i]) == 0)
			return true;
	return false;
}

static bool is_empty(const char *text)
{
	return text && !*text;
}

/* Check that the parameter's limits are allowed for its type. */
static int check_limits(const struct check *check, const struct pel_param_desc *param)
{
	const char *wrong = pel_limits_wrong(param);

	if (is_empty(param->least) || is_empty(param->most) || is_empty(param->least_count) ||
	    is_empty(param->most_count) || is_empty(param->one_of) || is_empty(param->ends))
		return bad(check, "parameter '%s' has an empty limit", param->name);
	if (param->flags & ~PARAM_FLAGS_ALL)
		return bad(check, "parameter '%s' has unknown flags 0x%x", param->name,
			   (unsigned)(param->flags & ~PARAM_FLAGS_ALL));
	if (param->flags && strcmp(param->type, "string") != 0)
		return bad(check, "parameter '%s' of type %s cannot name a file", param->name, param->type);
	return wrong ? bad(check, "parameter '%s' of type %s cannot have %s", param->name, param->type, wrong)
		     : 0;
}

static int check_params(const struct check *check)
{
	const struct pel_param_desc *params = check->kernel->params;
	int r;

	for (size_t i = 0; params && params[i].name; i++) {
		if (i == PARAMS_MAX)
			return bad(check, "has more than %d parameters, or no NULL name after the last",
				   PARAMS_MAX);
		if (!pel_is_name(params[i].name))
			return bad(check, "'%.200s' cannot be the name of a parameter", params[i].name);
		for (size_t j = 0; j < i; j++)
			if (strcmp(params[i].name, params[j].name) == 0)
				return bad(check, "has two parameters called '%s'", params[i].name);
		if (!params[i].type || !is_param_type(params[i].type))
			return bad(check, "parameter '%s' has type '%.100s', which a parameter cannot have",
				   params[i].name, params[i].type ? params[i].type : "");
		if ((r = check_limits(check, &params[i])) < 0)
			return r;
	}
	return 0;
}

int pel_kernel_check(const struct pel_kernel *kernel, struct pel_place place, struct pel_error *err)
{
	struct check check = { kernel, place, err };
	bool dynamic = false;
	int r;

	/* First of all, because with another ABI the other members may be at other offsets. */
	if (kernel->abi != PEL_KERNEL_ABI) {
		pel_fail(err, -EINVAL, place, "kernel '%s' was built for kernel ABI %u, this library has %u",
			 kernel->name ? kernel->name : "", (unsigned)kernel->abi, PEL_KERNEL_ABI);
		pel_hint(err, "compile it again with the <pelton/kernel.h> of this version, " PEL_VERSION);
		return -EINVAL;
	}
	if (!kernel->name)
		return pel_fail(err, -EINVAL, place, "a kernel's descriptor has no name");
	if (!is_kernel_name(kernel->name))
		return bad(&check, "the name does not have the form module.kernel");
	if (kernel->flags & ~FLAGS_ALL)
		return bad(&check, "unknown flags 0x%x", (unsigned)(kernel->flags & ~FLAGS_ALL));
	if (!kernel->summary || !kernel->summary[0])
		return bad(&check, "has no summary");
	if ((r = check_ports(&check, "input", kernel->in, NULL, &dynamic)) < 0 ||
	    (r = check_ports(&check, "output", kernel->out, kernel->in, &dynamic)) < 0 ||
	    (r = check_params(&check)) < 0)
		return r;
	if ((kernel->in && kernel->in[0].name) || (kernel->out && kernel->out[0].name)) {
		if (kernel->flags & PEL_KERNEL_ANY_PORTS)
			return bad(&check, "has the flag PEL_KERNEL_ANY_PORTS, but its descriptor has ports");
	} else if (!(kernel->flags & PEL_KERNEL_ANY_PORTS)) {
		return bad(&check, "has no ports");
	}
	if (!kernel->fire)
		return bad(&check, "has no fire function");
	if (kernel->drain && !dynamic)
		return bad(&check,
			   "has a drain function but no port of rate *, so the function would never be called");
	if (kernel->fire_chain && (~kernel->flags & (PEL_KERNEL_STATELESS | PEL_KERNEL_IN_PLACE)))
		return bad(
			&check,
			"has a fire_chain function, but not both of the flags PEL_KERNEL_STATELESS and PEL_KERNEL_IN_PLACE");
	if (!kernel->save != !kernel->restore)
		return bad(&check,
			   "has only one of the functions save and restore; it must have both or neither");
	return 0;
}
