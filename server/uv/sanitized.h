/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether this build runs under a sanitizer. The leak checker traces its own
 * process and reads what a confined one may not; sanitizers are never in what
 * people run. */
#ifndef UV_SANITIZED_H
#define UV_SANITIZED_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

enum { SANITIZED = HAS_SANITIZER };

#endif
