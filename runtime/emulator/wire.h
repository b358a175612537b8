/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_WIRE_H
#define PEL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The protocol between XRT's emulation library and a device model: a fixed header, then a message in protobuf's wire format, of which only
 * numbers and byte strings are needed. Pure functions on memory: they do no I/O, do not block or allocate, and accept any input.
 */

/* Numbers of XRT's messages. */
enum pel_wire_id {
	PEL_WIRE_CLOSE = 1,
	PEL_WIRE_LOAD = 3,
	PEL_WIRE_ALLOC = 4,
	PEL_WIRE_FREE = 5,
	PEL_WIRE_PUT = 6, /* copy to the device */
	PEL_WIRE_GET = 7, /* copy from the device */
	PEL_WIRE_WRITE_CONTROL = 9,
	PEL_WIRE_READ_CONTROL = 11,
	PEL_WIRE_DEVICE_TIME = 17,
	PEL_WIRE_DEBUG_MESSAGES = 19,
	PEL_WIRE_ENVIRONMENT = 20,
	PEL_WIRE_COPY_TO_FILE = 22,
	PEL_WIRE_IMPORT = 27,
	PEL_WIRE_SET_UP = 28,
	PEL_WIRE_COPY_FROM_FILE = 50,
	PEL_WIRE_WRITE_REGISTER = 51,
	PEL_WIRE_READ_REGISTER = 52,
	PEL_WIRE_VERSION = 53,
};

/* The host sends this before a message: 09, the size (8 bytes), 15, the id (4 bytes); little endian. */
#define PEL_WIRE_HEADER_BYTES 14
/* It expects this before a reply: 09, the size. */
#define PEL_WIRE_REPLY_BYTES 9

struct pel_wire_header {
	uint64_t size;
	uint32_t id;
};
/* False: not a header. */
bool pel_wire_read_header(const unsigned char bytes[PEL_WIRE_HEADER_BYTES], struct pel_wire_header *ret);

/* The last value of each field of a message, by field number; higher numbers are skipped. Byte strings are borrowed. */
#define PEL_WIRE_FIELDS 16
struct pel_wire_message {
	uint32_t has_number, has_bytes; /* one bit for each field */
	uint64_t number[PEL_WIRE_FIELDS];
	const unsigned char *bytes[PEL_WIRE_FIELDS];
	size_t length[PEL_WIRE_FIELDS];
};
/* 0, or -EBADMSG; *ret then has the fields before the invalid part. */
int pel_wire_decode(const unsigned char *bytes, size_t size, struct pel_wire_message *ret);
/*
 * The same for the first `have` bytes of a message of `size` bytes, up to the start of byte string `field`. 1: it starts at *at and has *length
 * bytes, which fit the message; *ret has all fields before it. 0: not found.
 */
int pel_wire_decode_until(const unsigned char *bytes, size_t have, uint64_t size, unsigned field,
			  struct pel_wire_message *ret, size_t *at, uint64_t *length);

static inline bool pel_wire_has_number(const struct pel_wire_message *message, unsigned field)
{
	return message->has_number >> field & 1;
}

static inline bool pel_wire_has_bytes(const struct pel_wire_message *message, unsigned field)
{
	return message->has_bytes >> field & 1;
}

/* Copy byte string `field` to `buf` as a string. False: it is absent, too long, or contains a NUL. */
bool pel_wire_string(const struct pel_wire_message *message, unsigned field, char *buf, size_t size);

/* A reply being built, with its header; what does not fit is left out and noted. */
struct pel_wire_reply {
	unsigned char *bytes;
	size_t size, used;
	bool full;
};
void pel_wire_reply_init(struct pel_wire_reply *reply, unsigned char *bytes, size_t size);
void pel_wire_put_number(struct pel_wire_reply *reply, unsigned field, uint64_t value);
void pel_wire_put_bytes(struct pel_wire_reply *reply, unsigned field, const void *bytes, size_t length);
/* Start a byte string whose `length` bytes follow the reply. */
void pel_wire_put_length(struct pel_wire_reply *reply, unsigned field, size_t length);
/* Write the header; `more` bytes follow the reply. */
void pel_wire_reply_end(struct pel_wire_reply *reply, uint64_t more);

#endif
