/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_H
#define HOST_H

/* Shared by the host programs of the tests. Each is an ordinary XRT program, without anything of Pelton. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* _exit(), because XRT's exit handlers crash if something is still open. */
#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                               \
		}                                                                               \
	} while (0)

#endif
