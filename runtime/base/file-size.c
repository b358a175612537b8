/* SPDX-License-Identifier: Apache-2.0 */
#include "file-size.h"

#include <errno.h>
#include <sys/resource.h>

int pel_file_fits(uint64_t bytes)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && bytes > limit.rlim_cur ? -EFBIG : 0;
}
