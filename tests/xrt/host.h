/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_H
#define HOST_H

/* What the host programs of the tests share. Each is an XRT program like anybody's: nothing in it knows of Pelton. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* _exit: XRT's own exit handlers crash where something is still open. */
#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                               \
		}                                                                               \
	} while (0)

#endif
