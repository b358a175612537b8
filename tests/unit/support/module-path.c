/* SPDX-License-Identifier: Apache-2.0 */
#include "module-path.h"

#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

char module_path[4096];

void find_modules(void)
{
	char self[3072] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
		snprintf(module_path, sizeof(module_path), "%s/modules", dirname(self));
}
