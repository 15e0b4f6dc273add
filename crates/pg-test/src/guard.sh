# Runs a server until standard input ends: $1 is the folder of its programs, $2 its port.
trap '' INT HUP TERM
folder=$(mktemp -d /tmp/pg-test.XXXXXX) || exit 1
cd "$folder" || exit 1
finish() {
    cd / && rm -rf "$folder"
    exit "$1"
}
if ! "$1/initdb" -D data -U postgres -A trust -N -E UTF8 --locale=C >initdb.log 2>&1; then
    cat initdb.log >&2
    finish 1
fi
"$1/postgres" -D data -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$folder" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 \
    -c shared_buffers=32MB -c autovacuum=off </dev/null >server.log 2>&1 &
server=$!
until "$1/pg_isready" -q -h 127.0.0.1 -p "$2"; do
    if ! kill -0 "$server" 2>/dev/null; then
        cat server.log >&2
        finish 1
    fi
    sleep 0.1
done
# Another server may have taken the port meanwhile, and have answered.
if ! kill -0 "$server" 2>/dev/null; then
    finish 1
fi
echo ready
read -r _
kill -QUIT "$server"
wait "$server"
finish 0
