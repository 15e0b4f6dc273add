# shellcheck shell=sh
# Runs a server until standard input ends: $1 is the folder of its programs, $2 its port, $3 how many MiB its own file
# system has, or nothing; all further words are settings. `start` on standard input starts it again after it has ended.
trap '' INT HUP TERM
programs=$1 port=$2 room=$3
shift 3
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=postgres --regid=postgres --init-groups --"
fi
# Not below TMPDIR: the server's own account must reach it, and the path of its socket must be short.
folder=$(mktemp -d /tmp/pg-test.XXXXXX) || exit 1
cd "$folder" || exit 1
finish() {
    cd / || exit 1
    if [ -n "$room" ]; then umount -l "$folder"; fi
    rm -rf "$folder"
    exit "$1"
}
if [ -n "$room" ]; then
    mount -t tmpfs -o "size=${room}m" pg-test "$folder" || { room=; finish 1; }
    cd "$folder" || finish 1
fi
if [ -n "$as" ]; then chown postgres "$folder"; fi
if ! $as "$programs/initdb" -D data -U postgres -A trust -N -E UTF8 --locale=C >initdb.log 2>&1; then
    cat initdb.log >&2
    finish 1
fi
start() {
    $as "$programs/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$folder" \
        -c max_connections=300 -c shared_buffers=32MB "$@" </dev/null >>server.log 2>&1 &
    server=$!
    until "$programs/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        if ! kill -0 "$server" 2>/dev/null; then
            cat server.log >&2
            return 1
        fi
        sleep 0.1
    done
    # Another server may have taken the port meanwhile, and have answered.
    kill -0 "$server" 2>/dev/null
}
start "$@" || finish 1
echo "$folder"
while read -r order; do
    case $order in
        start)
            wait "$server"
            start "$@" || finish 1
            echo "$folder"
            ;;
    esac
done
kill -CONT "$server"
kill -QUIT "$server"
wait "$server"
finish 0
