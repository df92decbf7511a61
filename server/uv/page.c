/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An ordinary page of an ordinary web server. */
#include "page.h"

const char page_default[] =
    "<!DOCTYPE html>\n"
    "<html>\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n"
    "<title>Welcome</title>\n"
    "</head>\n"
    "<body>\n"
    "<h1>It works</h1>\n"
    "<p>The web server is running, but nothing has been put here yet.</p>\n"
    "</body>\n"
    "</html>\n";
