/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

PEL_KERNEL_MODULE(&pel_image_blur, &pel_image_grey, &pel_image_read, &pel_image_sobel, &pel_image_write)
