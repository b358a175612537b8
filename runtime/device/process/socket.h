/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_SOCKET_H
#define PEL_SOCKET_H

/*
 * XRT ignores errors when it sends a message to the device model or reads the answer, and then waits for ever. After this call such an
 * error calls `failed`, in the thread in which it happened, with the errno and "send to" or "receive from".
 */

void pel_socket_watch(void (*failed)(void *context, int code, const char *what), void *context);

#endif
