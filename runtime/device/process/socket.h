/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SOCKET_H
#define PEL_SOCKET_H

/*
 * XRT takes no notice of a message to the device model that it cannot send, or of an answer that it cannot read, and waits for what never
 * comes. From here on such a failure calls `failed`, in the thread that has met it, with the errno and "send to" or "receive from".
 */

void pel_socket_watch(void (*failed)(void *context, int code, const char *what), void *context);

#endif
