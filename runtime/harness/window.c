/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <string.h>

static size_t alignment(const struct pel_harness_port *port)
{
	return port->type.elem == PEL_ELEM_BYTES ? 1 : port->type.elem_bytes;
}

unsigned char *pel_window_in(struct pel_guard *guard, const struct pel_harness_port *port, uint64_t at,
			     size_t tokens, uint64_t *random)
{
	size_t bytes = port->token_bytes, history = port->history, zeros = at < history ? history - at : 0;
	unsigned char *window = pel_guard_place(guard, (history + tokens) * bytes, alignment(port), random);

	if (!window)
		return NULL;
	memset(window, 0, zeros * bytes);
	if (history + tokens > zeros)
		memcpy(window + zeros * bytes, port->data + (at + zeros - history) * bytes,
		       (history + tokens - zeros) * bytes);
	return window + history * bytes;
}

unsigned char *pel_window_out(struct pel_guard *guard, const struct pel_harness_port *port, size_t tokens,
			      uint64_t *random)
{
	return pel_guard_place(guard, tokens * port->token_bytes, alignment(port), random);
}
