/* SPDX-License-Identifier: Apache-2.0 */
#include "cancel.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "support.h"

struct pel_cancel {
	atomic_bool set;
	int fd; /* an eventfd: readable once it is set */
};

int pel_cancel_create(struct pel_cancel **ret)
{
	struct pel_cancel *cancel = pel_calloc(1, sizeof(*cancel));
	int r;

	if (!cancel)
		return -ENOMEM;
	cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (cancel->fd < 0) {
		r = -errno;
		pel_free(cancel);
		return r;
	}
	*ret = cancel;
	return 0;
}

void pel_cancel_destroy(struct pel_cancel *cancel)
{
	if (!cancel)
		return;
	close(cancel->fd);
	pel_free(cancel);
}

void pel_cancel_set(struct pel_cancel *cancel)
{
	uint64_t one = 1;
	int error = errno;

	atomic_store(&cancel->set, true);
	(void)!write(cancel->fd, &one, sizeof(one));
	errno = error;
}

bool pel_cancel_is_set(const struct pel_cancel *cancel)
{
	return cancel && atomic_load(&cancel->set);
}

int pel_cancel_fd(const struct pel_cancel *cancel)
{
	return cancel ? cancel->fd : -1;
}
