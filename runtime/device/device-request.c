/* SPDX-License-Identifier: Apache-2.0 */
#include "device-request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cancel.h"

#define OPEN_MS	   60000 /* loading an xclbin into a card may take that long */
#define REQUEST_MS 10000

static int add_text(struct pel_device_message *message, const char *text)
{
	size_t bytes = strlen(text) + 1;

	if (bytes > sizeof(message->text) - message->text_bytes)
		return -ENAMETOOLONG;
	memcpy(message->text + message->text_bytes, text, bytes);
	message->text_bytes += (uint32_t)bytes;
	return 0;
}

/* Send the request, wait for the answer, and explain a failure. */
static int ask(struct pel_device *device, struct pel_device_message *message, const int *fds, unsigned n_fds,
	       int timeout_ms, struct pel_place place, struct pel_error *err)
{
	struct pel_device_process *process = &device->process;
	const char *text = "", *hint = "";
	const int give_up[] = { pel_cancel_fd(device->options.give_up), pel_cancel_fd(device->options.cancel) };
	char fate[64], words[200];
	int r = pel_device_process_send(process, message, fds, n_fds);

	if (r == 0)
		r = pel_device_process_answer(process, timeout_ms, give_up, &text, &hint);
	if (r == 0 || r == -ECANCELED)
		return r;
	if (*text) {
		pel_fail(err, r, place, "%s", text);
		if (*hint)
			pel_hint(err, "%s", hint);
		return r;
	}
	if (r == -ETIMEDOUT)
		return pel_fail(err, r, place, "the device process did not answer within %d s",
				timeout_ms / 1000);
	pel_device_process_ended(process, 1000);
	pel_device_process_fate(process, fate, sizeof(fate));
	pel_device_process_last_words(process, words, sizeof(words));
	if (strstr(words, "error while loading shared libraries")) {
		pel_fail(err, -ENOSYS, place, "the device process cannot be started: %s", words);
		pel_hint(err, "install XRT (Debian: libxrt2 or libxrt1)");
		return -ENOSYS;
	}
	if (message->kind == PEL_MESSAGE_OPEN && strstr(fate, "signal 6")) {
		/* XRT 2.13 aborts where later releases return an error. */
		pel_fail(err, -ENODEV, place, PEL_DEVICE_NONE, device->options.index);
		pel_hint(err, PEL_DEVICE_NONE_HINT, words);
		return -ENODEV;
	}
	return pel_fail(err, -EIO, place, "the device process %s%s%s%s", fate,
			*words ? "; XRT's last message: '" : "", words, *words ? "'" : "");
}

int pel_device_ask_open(struct pel_device *device, struct pel_place place, struct pel_error *err)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_OPEN,
					      .version = PEL_DEVICE_PROTOCOL,
					      .index = device->options.index,
					      .buffers = device->options.buffers,
					      .bytes = device->options.memory_bytes };
	int host = (int)syscall(SYS_pidfd_open, getpid(), 0), r;
	bool has_err = fcntl(STDERR_FILENO, F_GETFD) >= 0;
	int fds[PEL_FDS] = {
		[PEL_FD_SHARED] = device->shared_fd,
		[PEL_FD_MEMORY] = device->options.memory_fd,
		[PEL_FD_BELL] = device->bell,
		[PEL_FD_DONE] = device->done,
		[PEL_FD_LOG] = device->process.log,
		[PEL_FD_HOST] = host,
		[PEL_FD_ERR] = has_err ? STDERR_FILENO : device->process.log,
	};

	if (host < 0)
		return pel_fail(err, -errno, place, "cannot open a pidfd for this process: %s",
				strerror(errno));
	if ((r = add_text(&message, device->xclbin)) < 0 || (r = add_text(&message, device->emulation_dir)) < 0)
		pel_fail(err, r, place, "the path of the xclbin is too long");
	else
		r = ask(device, &message, fds, PEL_FDS, OPEN_MS, place, err);
	close(host);
	return r;
}

int pel_device_ask_kernel(struct pel_device *device, uint32_t number,
			  const struct pel_device_known_kernel *kernel, struct pel_place place,
			  struct pel_error *err)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_KERNEL,
					      .index = number,
					      .n_cus = kernel->n_cus,
					      .timeout_ms = kernel->timeout_ms,
					      .floats = kernel->floats,
					      .pointers = kernel->pointers };
	int r = add_text(&message, kernel->name);

	for (uint32_t i = 0; i < kernel->n_cus && r == 0; i++)
		r = add_text(&message, kernel->cus[i]);
	if (r < 0)
		return pel_fail(err, r, place, "the names of kernel '%s' and its compute units are too long",
				kernel->name);
	return ask(device, &message, NULL, 0, REQUEST_MS, place, err);
}

int pel_device_ask_buffer(struct pel_device *device, uint32_t number, const struct pel_device_buffer *buffer,
			  struct pel_place place, struct pel_error *err)
{
	struct pel_device_message message = { .kind = PEL_MESSAGE_BUFFER,
					      .index = number,
					      .kernel = buffer->kernel,
					      .arg = buffer->arg,
					      .bytes = buffer->bytes };

	return ask(device, &message, NULL, 0, REQUEST_MS, place, err);
}
