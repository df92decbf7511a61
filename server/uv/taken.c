/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tcp(7), TCP_INFO. glibc's own header knows the structure of Linux 2.6 only
 * and cannot be had beside the kernel's. */
#include "taken.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

uint64_t
taken_bytes(int fd, bool *owed)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    *owed = false;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        len < offsetof(struct tcp_info, tcpi_segs_out)) /* Linux 4.6 */
        return 0;
    *owed = info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0;
    return info.tcpi_bytes_acked;
}
