/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <errno.h>
#include <string.h>

/* protobuf's encodings of a field's value. */
enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static uint64_t little_endian(const unsigned char *bytes, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

bool pel_wire_read_header(const unsigned char bytes[PEL_WIRE_HEADER_BYTES], struct pel_wire_header *ret)
{
	if (bytes[0] != 0x09 || bytes[9] != 0x15)
		return false;
	ret->size = little_endian(bytes + 1, 8);
	ret->id = (uint32_t)little_endian(bytes + 10, 4);
	return true;
}

struct cursor {
	const unsigned char *at, *end;
};

static bool read_varint(struct cursor *cursor, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		unsigned char byte;

		if (cursor->at == cursor->end)
			return false;
		byte = *cursor->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

struct field {
	uint64_t number;
	unsigned type;
	uint64_t value; /* the length, of a byte string */
};

/* Read the next field, without the contents of a byte string. */
static bool read_field(struct cursor *cursor, struct field *ret)
{
	uint64_t key;
	unsigned n;

	if (!read_varint(cursor, &key))
		return false;
	ret->number = key >> 3;
	ret->type = key & 7;
	switch (ret->type) {
	case WIRE_VARINT:
	case WIRE_BYTES:
		return read_varint(cursor, &ret->value);
	case WIRE_64:
	case WIRE_32:
		n = ret->type == WIRE_64 ? 8 : 4;
		if ((size_t)(cursor->end - cursor->at) < n)
			return false;
		ret->value = little_endian(cursor->at, n);
		cursor->at += n;
		return true;
	default:
		return false;
	}
}

static void keep_number(struct pel_wire_message *message, const struct field *field)
{
	if (field->number >= PEL_WIRE_FIELDS)
		return;
	message->has_number |= 1u << field->number;
	message->number[field->number] = field->value;
}

static void keep_bytes(struct pel_wire_message *message, const struct field *field, const unsigned char *bytes)
{
	if (field->number >= PEL_WIRE_FIELDS)
		return;
	message->has_bytes |= 1u << field->number;
	message->bytes[field->number] = bytes;
	message->length[field->number] = (size_t)field->value;
}

int pel_wire_decode(const unsigned char *bytes, size_t size, struct pel_wire_message *ret)
{
	struct cursor cursor = { bytes, bytes + size };

	ret->has_number = ret->has_bytes = 0;
	while (cursor.at < cursor.end) {
		struct field field;

		if (!read_field(&cursor, &field))
			return -EBADMSG;
		if (field.type != WIRE_BYTES) {
			keep_number(ret, &field);
			continue;
		}
		if (field.value > (uint64_t)(cursor.end - cursor.at))
			return -EBADMSG;
		keep_bytes(ret, &field, cursor.at);
		cursor.at += field.value;
	}
	return 0;
}

int pel_wire_decode_until(const unsigned char *bytes, size_t have, uint64_t size, unsigned wanted,
			  struct pel_wire_message *ret, size_t *at, uint64_t *length)
{
	struct cursor cursor = { bytes, bytes + have };

	ret->has_number = ret->has_bytes = 0;
	while (cursor.at < cursor.end) {
		struct field field;

		if (!read_field(&cursor, &field))
			return 0;
		if (field.type != WIRE_BYTES) {
			keep_number(ret, &field);
			continue;
		}
		if (field.number == wanted) {
			*at = (size_t)(cursor.at - bytes);
			*length = field.value;
			return field.value <= size - *at;
		}
		if (field.value > (uint64_t)(cursor.end - cursor.at))
			return 0;
		keep_bytes(ret, &field, cursor.at);
		cursor.at += field.value;
	}
	return 0;
}

bool pel_wire_string(const struct pel_wire_message *message, unsigned field, char *buf, size_t size)
{
	size_t length = message->length[field];

	if (!pel_wire_has_bytes(message, field) || length >= size)
		return false;
	if (length)
		memcpy(buf, message->bytes[field], length);
	buf[length] = '\0';
	return strlen(buf) == length;
}

/* ---- replies ---- */

static void put(struct pel_wire_reply *reply, const void *bytes, size_t length)
{
	if (length > reply->size - reply->used) {
		reply->full = true;
		return;
	}
	if (length)
		memcpy(reply->bytes + reply->used, bytes, length);
	reply->used += length;
}

static void put_varint(struct pel_wire_reply *reply, uint64_t value)
{
	unsigned char bytes[10];
	size_t n = 0;

	for (; value > 0x7f; value >>= 7)
		bytes[n++] = (unsigned char)(value | 0x80);
	bytes[n++] = (unsigned char)value;
	put(reply, bytes, n);
}

void pel_wire_reply_init(struct pel_wire_reply *reply, unsigned char *bytes, size_t size)
{
	*reply = (struct pel_wire_reply){ .bytes = bytes, .size = size, .used = PEL_WIRE_REPLY_BYTES };
}

void pel_wire_put_number(struct pel_wire_reply *reply, unsigned field, uint64_t value)
{
	put_varint(reply, (uint64_t)field << 3 | WIRE_VARINT);
	put_varint(reply, value);
}

void pel_wire_put_length(struct pel_wire_reply *reply, unsigned field, size_t length)
{
	put_varint(reply, (uint64_t)field << 3 | WIRE_BYTES);
	put_varint(reply, length);
}

void pel_wire_put_bytes(struct pel_wire_reply *reply, unsigned field, const void *bytes, size_t length)
{
	pel_wire_put_length(reply, field, length);
	put(reply, bytes, length);
}

void pel_wire_reply_end(struct pel_wire_reply *reply, uint64_t more)
{
	uint64_t size = reply->used - PEL_WIRE_REPLY_BYTES + more;

	reply->bytes[0] = 0x09;
	for (unsigned i = 0; i < 8; i++)
		reply->bytes[1 + i] = (unsigned char)(size >> (8 * i));
}
