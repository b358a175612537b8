/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEL_XCLBIN_FORMAT_H
#define PEL_XCLBIN_FORMAT_H

#include <stdint.h>
#include <string.h>

/*
 * The layout of an xclbin ("axlf", as XRT's xclbin.h declares it), all little endian:
 *
 *	0	magic, signature, key block		304	header		456	section table		then sections, 8-byte aligned
 *
 * Offsets are from the start of the structure that the macro names. XRT's header is not used, so that Pelton can be built without XRT.
 */
#define PEL_AXLF_MAGIC	  "xclbin2" /* with its NUL, 8 bytes */
#define PEL_AXLF_BYTES	  456	    /* up to the section table */
#define PEL_AXLF_HEADER	  304
#define PEL_AXLF_LENGTH	  304 /* u64: of the whole file */
#define PEL_AXLF_VERSION  330 /* u8 major, u8 minor */
#define PEL_AXLF_MODE	  332 /* u16 */
#define PEL_AXLF_PLATFORM 352 /* char[64] */
#define PEL_AXLF_UUID	  416 /* u8[16] */
#define PEL_AXLF_SECTIONS 448 /* u32 */

#define PEL_SECTION_BYTES  40
#define PEL_SECTION_KIND   0 /* u32 */
#define PEL_SECTION_NAME   4 /* char[16] */
#define PEL_SECTION_OFFSET 24
#define PEL_SECTION_SIZE   32

#define PEL_MEM_BYTES 40 /* after i32 count and 4 bytes of padding */
#define PEL_MEM_TYPE  0	 /* u8 */
#define PEL_MEM_USED  1	 /* u8 */
#define PEL_MEM_KIB   8
#define PEL_MEM_BASE  16
#define PEL_MEM_TAG   24 /* char[16] */

#define PEL_CONNECTION_BYTES 12 /* after i32 count: i32 argument, IP, memory */

#define PEL_IP_BYTES	  80 /* after i32 count and 4 bytes of padding */
#define PEL_IP_TYPE	  0
#define PEL_IP_PROPERTIES 4
#define PEL_IP_BASE	  8
#define PEL_IP_NAME	  16 /* char[64], "kernel:instance" */

enum {
	PEL_SECTION_BITSTREAM = 0,
	PEL_SECTION_METADATA = 2,
	PEL_SECTION_MEM_TOPOLOGY = 6,
	PEL_SECTION_CONNECTIVITY = 7,
	PEL_SECTION_IP_LAYOUT = 8,
	PEL_SECTION_GROUP_TOPOLOGY = 26,
	PEL_SECTION_GROUP_CONNECTIVITY = 27,
};

#define PEL_IP_KERNEL  1
#define PEL_MODE_FLAT  0
#define PEL_MODE_PR    1
#define PEL_MODE_HWEMU 4
#define PEL_MODE_HWPR  6 /* hardware emulation with partial reconfiguration */
#define PEL_MODE_SWEMU 5

static inline uint32_t pel_get32(const unsigned char *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t pel_get64(const unsigned char *at)
{
	return pel_get32(at) | (uint64_t)pel_get32(at + 4) << 32;
}

static inline void pel_put32(unsigned char *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

static inline void pel_put64(unsigned char *at, uint64_t value)
{
	pel_put32(at, (uint32_t)value);
	pel_put32(at + 4, (uint32_t)(value >> 32));
}

#endif
