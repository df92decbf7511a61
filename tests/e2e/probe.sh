#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A-21: whoever probes the relay's port meets what a real nginx with the same page is.
. "$(dirname "$0")/lib.sh"
: "${PROBE:?}"
nginx=$(command -v nginx || command -v /usr/sbin/nginx) || {
    echo "NO NGINX HERE: skipped (apt-get install nginx-light)"
    exit 77
}
page='<html><body><h1>A site of ours</h1></body></html>'
mkdir "$dir/www" "$dir/tmp"
printf '%s\n' "$page" >"$dir/www/index.html"

start_nginx() { # sets web_port; the system picks no port for nginx, so we try some
    local i
    for i in $(seq 20); do
        web_port=$((20000 + RANDOM % 10000))
        cat >"$dir/nginx.conf" <<END
daemon off;
master_process off;
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { worker_connections 1000; }
http {
    access_log off;
    server_tokens off;
    max_ranges 1;
    types { text/html html; }
    client_body_temp_path $dir/tmp;
    proxy_temp_path $dir/tmp;
    fastcgi_temp_path $dir/tmp;
    uwsgi_temp_path $dir/tmp;
    scgi_temp_path $dir/tmp;
    server {
        listen 127.0.0.1:$web_port;
        root $dir/www;
        index index.html;
        location / { try_files \$uri \$uri/ =404; }
    }
}
END
        "$nginx" -p "$dir" -c "$dir/nginx.conf" 2>"$dir/nginx.err" &
        web_pid=$!
        cleanup+=("kill -KILL $web_pid")
        for _ in $(seq 50); do
            (exec 3<>"/dev/tcp/127.0.0.1/$web_port") 2>/dev/null &&
                kill -0 "$web_pid" 2>/dev/null && return
            kill -0 "$web_pid" 2>/dev/null || break
            sleep 0.1
        done
    done
    cat "$dir/nginx.err"
    exit 1
}

start_nginx
start_relay "$dir/relay" 127.0.0.1:0 --web-page "$dir/www/index.html" || exit 1
"$nginx" -v
"$PROBE" "$web_port" "$port" "$relay_link"
