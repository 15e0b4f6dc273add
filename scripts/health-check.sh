#!/usr/bin/env bash
# Waits until a service answers, or a command ends well; needs bash 4 and, for a URL, curl.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage:
  health-check.sh URL [--timeout S] [--interval S] [--expect-version V]
  health-check.sh [--timeout S] [--interval S] --exec -- COMMAND [ARGUMENT...]

Asks URL again and again until one answer of status 200 has arrived as a whole.
Redirects are not followed. With --exec it runs COMMAND until that ends with 0.

Options:
  --timeout S         Give up after so many seconds [default: 30]
  --interval S        Wait so many seconds between two attempts [default: 1]
  --expect-version V  Take only an answer whose JSON has this "version"
  --exec              Run a command instead of asking a URL
  -h, --help          Print this help

Seconds may have a fraction, such as 0.5.

Ends with 0 once it is healthy, with 1 if it was not within the time-out, and with 2
if it was called wrongly. What each attempt met goes to stderr.

Examples:
  health-check.sh http://127.0.0.1:8080/health/ready
  health-check.sh https://rules.example.com/health/ready --timeout 60 --interval 2
  health-check.sh http://127.0.0.1:8080/v1/version --expect-version 1.4.0
  health-check.sh --timeout 20 --exec -- docker compose exec -T asset-injector asset-injector health-check
TEXT
}

misused() {
  printf 'health-check.sh: %s\nhelp: health-check.sh --help shows examples\n' "$1" >&2
  exit 2
}

# Seconds as curl, read and sleep all take them; nothing that is zero where it must not be.
seconds() {
  [[ $2 =~ ^[0-9]{1,7}([.][0-9]{1,6})?$ ]] || misused "$1 takes seconds such as 30 or 0.5, not '$2'"
}

ask() {
  local answer error status code=0
  # Without a body curl leaves the file as it is.
  : >"$folder/body"
  # Nothing of the caller's own settings for curl: one that follows redirects would change the verdict.
  answer=$(curl --disable --silent --show-error --globoff --proto '=http,https' --max-time "$timeout" \
    --dump-header "$folder/head" --output "$folder/body" --write-out '%{http_code}' --url "$url" \
    2>&1 </dev/null) || code=$?
  status=${answer: -3}
  error=${answer%"$status"}
  if ((code != 0)); then
    reason=${error%$'\n'}
    return 1
  fi
  reason="status $status"
  [[ $status == 200 ]] || return 1
  is_head_whole || return 1
  [[ -z $version ]] || has_version
}

# curl takes a connection that ends inside of a head for an answer without a body.
is_head_whole() {
  local line open=0
  reason='status 200, but its head has no end'
  # A connection may bring several: those of interim answers and of a proxy stand before.
  while IFS= read -r line; do
    case $line in
      HTTP/*) open=$((open + 1)) ;;
      $'\r' | '') open=$((open - 1)) ;;
    esac
  done <"$folder/head"
  ((open <= 0)) || return 1
  reason='status 200'
}

has_version() {
  grep --quiet --extended-regexp "\"version\"[[:space:]]*:[[:space:]]*\"${version//./[.]}\"" <"$folder/body" ||
    { reason="status 200, but its version is not $version" && return 1; }
}

execute() {
  local code=0
  "${command[@]}" >&2 </dev/null || code=$?
  reason="exit code $code"
  ((code == 0))
}

# Says so on stdout once an attempt has succeeded; whoever reads that limits the time.
attempts() {
  local count=0
  while true; do
    count=$((count + 1))
    if "$attempt"; then
      printf 'healthy at attempt %s: %s\n' "$count" "$reason"
      # bash closes the pipe of a coprocess that has ended, read or not: stay until the reader is gone.
      read -r || true
      return
    fi
    printf 'attempt %s: %s\n' "$count" "$reason" >&2
    sleep "$interval"
  done
}

# Ends the attempt that still runs, with everything that it has started; it may have ended by itself just now.
clean_up() {
  [[ -z ${COPROC_PID:-} ]] || kill -- "-$COPROC_PID" 2>/dev/null || true
  rm -rf -- "$folder"
}

url='' timeout=30 interval=1 version='' attempt=ask command=()
while (($# > 0)); do
  case $1 in
    -h | --help) usage && exit 0 ;;
    --timeout | --interval | --expect-version)
      (($# > 1)) || misused "$1 needs a value"
      case $1 in
        --timeout) seconds "$1" "$2" && timeout=$2 ;;
        --interval) seconds "$1" "$2" && interval=$2 ;;
        --expect-version)
          [[ $2 =~ ^[A-Za-z0-9._-]{1,128}$ ]] || misused "'$2' is no version"
          version=$2
          ;;
      esac
      shift 2
      ;;
    --exec) attempt=execute && shift ;;
    --)
      shift
      command=("$@")
      break
      ;;
    -*) misused "there is no option '$1'" ;;
    *)
      [[ -z $url ]] || misused "one URL is asked, not '$url' and '$1'"
      [[ -n $1 ]] || misused 'the URL is empty'
      url=$1 && shift
      ;;
  esac
done

[[ $timeout =~ [1-9] ]] || misused '--timeout must be above 0'
if [[ $attempt == execute ]]; then
  ((${#command[@]} > 0)) || misused '--exec needs a command after --'
  [[ -z $url && -z $version ]] || misused '--exec takes neither a URL nor --expect-version'
else
  ((${#command[@]} == 0)) || misused 'a command needs --exec before --'
  [[ -n $url ]] || misused 'which URL?'
  command -v curl >/dev/null || { echo 'health-check.sh: curl is not installed' >&2 && exit 1; }
fi

folder=$(mktemp -d)
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# With job control the attempts are a process group of their own, which can be ended as a whole.
set -m
coproc attempts
set +m
if read -r -t "$timeout" -u "${COPROC[0]}" verdict; then
  echo "$verdict"
else
  echo "health-check.sh: not healthy within $timeout s" >&2
  exit 1
fi
