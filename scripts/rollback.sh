#!/usr/bin/env bash
# Takes a Deployment back to the revision before; needs bash 4, kubectl and, for notifications, curl [6.2].
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage:
  rollback.sh --namespace N --deployment D [--to-revision R] [--dry-run] [--timeout S] [--no-wait]

Takes the Deployment back to its newest earlier revision that is not marked as failed, and
marks the one that it leaves. Waits until the pods are ready and looks whether it is them.

Running it again changes nothing: a revision that a rollback led to is not left by another
one, until something else is deployed. Only --to-revision goes further.

Options:
  --namespace N    The namespace
  --deployment D   The name of the Deployment
  --to-revision R  Go to this revision, as `kubectl rollout history` lists it, marked or not
  --dry-run        Say what would be done, and do nothing
  --timeout S      Give up after so many whole seconds [default: 300]
  --no-wait        Do not wait for the pods
  -h, --help       Print this help

Ends with 0 if the revision is active or was already, with 1 if there is none to go back to
or the rollback failed, and with 2 if it was called wrongly. With no revision to go back to
nothing is changed; neither is a Deployment that is paused.

What was done, or failed, is told to each of these that is set in the environment; one that
cannot be told changes nothing:
  NOTIFY_SLACK_URL    A webhook of Slack
  NOTIFY_DISCORD_URL  A webhook of Discord
  NOTIFY_WEBHOOK_URL  Any URL that takes JSON by POST
  NOTIFY_SMTP_URL     A mail server, such as smtp://mail.internal:25 or smtps://mail.example.com,
                      with NOTIFY_MAIL_FROM, NOTIFY_MAIL_TO and, if it asks, NOTIFY_SMTP_USER (name:password)
  NOTIFY_NOTE         Text at the end of each message, such as a link to the run

Examples:
  rollback.sh --namespace asset-injector --deployment asset-injector --dry-run
  rollback.sh --namespace asset-injector --deployment asset-injector
  rollback.sh --namespace asset-injector --deployment asset-injector --to-revision 4 --timeout 600
  NOTIFY_NOTE=https://ci.example.com/runs/17 rollback.sh --namespace staging --deployment asset-injector
TEXT
}

misused() {
  printf 'rollback.sh: %s\nhelp: rollback.sh --help shows examples\n' "$1" >&2
  exit 2
}

say() {
  printf 'rollback.sh: %s\n' "$1" >&2
}

# Says and tells why there is no rollback, and ends.
give_up() {
  say "$1"
  [[ -n $dry_run ]] || notify failed "rollback of $namespace/$deployment failed: $1"
  exit 1
}

# A text that is UTF-8; of one that is not, whatever is no ASCII becomes a question mark.
as_utf8() {
  local LC_ALL=C text=$1
  [[ $text =~ $utf8 ]] || text=${text//[$'\x80'-$'\xff']/?}
  printf '%s' "$text"
}

# UTF-8 as the inside of a JSON string.
json_escaped() {
  local LC_ALL=C text=$1 code char escape
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  for code in {1..31} 127; do
    printf -v escape '%02x' "$code"
    printf -v char '%b' "\\x$escape"
    escape="\\u00$escape"
    text=${text//"$char"/"$escape"}
  done
  printf '%s' "$text"
}

# So many characters of UTF-8 at most, in any locale: each begins with a byte that goes on with none before it.
first_characters() {
  local LC_ALL=C most=$1 text=$2 at=0 count=0
  while ((at < ${#text})); do
    [[ ${text:at:1} == [$'\x80'-$'\xbf'] ]] || ((count++ < most)) || break
    ((at += 1))
  done
  printf '%s' "${text:0:at}"
}

# Text that Slack takes for no mention and no link.
slack_escaped() {
  local text=$1 and='&amp;' less='&lt;' more='&gt;'
  text=${text//&/"$and"}
  text=${text//</"$less"}
  text=${text//>/"$more"}
  printf '%s' "$text"
}

# Runs curl with settings that nobody finds in the list of processes; what goes wrong is said, and no more.
send() {
  local what=$1 url=$2 error
  shift 2
  if [[ ! $url =~ ^[a-z]+://[^[:space:]\"\\]+$ ]]; then
    say "$what was not notified: its URL is none"
  elif ! error=$(curl --disable --silent --show-error --fail --globoff --max-time 10 --output /dev/null \
    --config - "$@" 2>&1 <<<"url = \"$url\"$settings"); then
    say "$what was not notified: ${error//"$url"/(its URL)}"
  fi
}

post() {
  settings=''
  printf '%s' "$3" >"$folder/body"
  send "$1" "$2" --proto '=http,https' --header 'Content-Type: application/json' --data-binary "@$folder/body"
}

mail() {
  local from=${NOTIFY_MAIL_FROM:-} to=${NOTIFY_MAIL_TO:-} user=${NOTIFY_SMTP_USER:-} address='^[^[:space:]<>"]+@[^[:space:]<>"]+$'
  if [[ ! $from =~ $address || ! $to =~ $address ]]; then
    say 'nobody was mailed: NOTIFY_MAIL_FROM and NOTIFY_MAIL_TO must be one address each'
    return
  fi
  settings=''
  if [[ -n $user ]]; then
    user=${user//\\/\\\\}
    settings=$'\n'"user = \"${user//\"/\\\"}\""
  fi
  {
    printf 'From: <%s>\nTo: <%s>\nSubject: rollback %s: %s/%s\nMIME-Version: 1.0\n' \
      "$from" "$to" "$1" "$namespace" "$deployment"
    printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n' "$2"
  } >"$folder/mail"
  send "$to" "$NOTIFY_SMTP_URL" --proto '=smtp,smtps' --crlf --mail-from "$from" --mail-rcpt "$to" \
    --upload-file "$folder/mail"
}

# Tells everybody who is to know: the outcome in a word, and in a sentence.
notify() {
  local text json
  text=$(as_utf8 "$2${NOTIFY_NOTE:+ ($NOTIFY_NOTE)}")
  json=$(json_escaped "$text")
  if [[ -n ${NOTIFY_SLACK_URL:-} ]]; then
    post Slack "$NOTIFY_SLACK_URL" "{\"text\":\"$(json_escaped "$(slack_escaped "$text")")\"}"
  fi
  if [[ -n ${NOTIFY_DISCORD_URL:-} ]]; then
    # It takes 2000 characters.
    post Discord "$NOTIFY_DISCORD_URL" \
      "{\"content\":\"$(json_escaped "$(first_characters 1900 "$text")")\",\"allowed_mentions\":{\"parse\":[]}}"
  fi
  if [[ -n ${NOTIFY_WEBHOOK_URL:-} ]]; then
    post 'the webhook' "$NOTIFY_WEBHOOK_URL" "{\"event\":\"rollback\",\"outcome\":\"$1\",\"namespace\":\"$namespace\",\
\"deployment\":\"$deployment\",\"from_revision\":\"$active_revision\",\"to_revision\":\"$target_revision\",\"message\":\"$json\"}"
  fi
  [[ -z ${NOTIFY_SMTP_URL:-} ]] || mail "$1" "$text"
}

kube() {
  kubectl --namespace "$namespace" --request-timeout=30s "$@"
}

# What the cluster says: the Deployment, and then its ReplicaSets, one a line. Fails, and kubectl says why, where it says nothing.
read_cluster() {
  local seen
  seen=$(kube get deployment "$deployment" --output "jsonpath=$deployment_fields") || return 1
  IFS='|' read -r version uid generation observed paused pods all updated available failed result template <<<"$seen"
  sets=$(kube get replicasets --output "jsonpath=$replicaset_fields")
}

# The ReplicaSet of the template in force, and the newest revision of all. Fails while the controller has not caught up.
find_active() {
  local owners revision history name hash created of_set same oldest=''
  active='' active_revision='' newest=0
  [[ $observed == "$generation" ]] || return 1
  while IFS='|' read -r owners revision history name hash created of_set; do
    [[ " $owners " == *" $uid "* && $revision =~ ^[0-9]+$ ]] || continue
    ((revision <= newest)) || newest=$revision
    # The controller compares templates without the label that it gives them. It also takes 1Gi and 1073741824 for one,
    # which the API server keeps as two: after a change of nothing but that, no text is the same until the next change.
    # To guess then would be to go back too far where a template is not observed yet, so nothing is done.
    same=${of_set/"\"pod-template-hash\":\"$hash\","/}
    same=${same/",\"pod-template-hash\":\"$hash\""/}
    if [[ $same == "$template" ]] && [[ -z $oldest || $created < $oldest ]]; then
      active=$name active_revision=$revision active_history=$history oldest=$created
    fi
  done <<<"$sets"
  [[ -n $active ]]
}

# What may be the reason where the controller has seen everything and no template is the one in force.
mismatch() {
  [[ $observed != "$generation" ]] ||
    printf '%s' ', and no ReplicaSet has the template in force; if only a quantity was written in another way (1Gi, 1073741824),' \
      ' kubectl rollout undo goes back'
}

# The ReplicaSet to go to; its revision is empty where there is none.
find_target() {
  local owners revision history name hash created of_set best=0
  target='' target_revision='' target_template=''
  while IFS='|' read -r owners revision history name hash created of_set; do
    [[ " $owners " == *" $uid "* && $revision =~ ^[0-9]+$ && $name != "$active" ]] || continue
    ((revision > best)) || continue
    if [[ -n $wanted ]]; then
      [[ $revision == "$wanted" || ",$history," == *",$wanted,"* ]] || continue
    else
      ((revision < active_revision)) || continue
      [[ ",$failed," != *",$revision,"* ]] || continue
    fi
    best=$revision target=$name target_revision=$revision target_template=$of_set
    [[ $revision != "$wanted" ]] || return 0
  done <<<"$sets"
}

# Whether nothing is left to do: the revision is active, or what is active is where a rollback led to.
is_done() {
  if [[ -n $wanted ]]; then
    [[ $active_revision == "$wanted" ]] || { [[ -z $target && ",$active_history," == *",$wanted,"* ]]; }
  else
    [[ $result == "$active_revision $active" ]]
  fi
}

# The marks of revisions that are still there, and of the one that is left.
marks() {
  local owners revision rest kept=''
  while IFS='|' read -r owners revision rest; do
    if [[ " $owners " == *" $uid "* && ",$failed," == *",$revision,"* ]]; then
      kept+="$revision,"
    fi
  done <<<"$sets"
  printf '%s' "$kept$active_revision"
}

# One change: template, marks and where this led to, and only of the Deployment that was read.
patch() {
  local annotations=/metadata/annotations/asset-injector~1 said
  {
    printf '[{"op":"replace","path":"/metadata/resourceVersion","value":"%s"},' "$version"
    printf '{"op":"replace","path":"/spec/template","value":%s},' "$target_template"
    printf '{"op":"remove","path":"/spec/template/metadata/labels/pod-template-hash"},'
    printf '{"op":"add","path":"%sfailed-revisions","value":"%s"},' "$annotations" "$(marks)"
    printf '{"op":"add","path":"%srollback-result","value":"%s"}]' "$annotations" "$((newest + 1)) $target"
  } >"$folder/patch"
  if said=$(kube patch deployment "$deployment" --field-manager=asset-injector-rollback --type=json \
    --patch-file "$folder/patch" --output name 2>&1); then
    return 0
  fi
  # Somebody else was faster: look again.
  [[ $said == *'(Conflict)'* ]] || give_up "the Deployment cannot be changed: $said"
  return 1
}

is_unchanged() {
  [[ $(kube get deployment "$deployment" --output 'jsonpath={.metadata.generation}') == "$generation" ]]
}

# For people, in a message: not knowing it keeps no rollback from being made.
image() {
  [[ -z $1 ]] || kube get replicaset "$1" --output 'jsonpath={.spec.template.spec.containers[*].image}' 2>/dev/null || true
}

# Looks and changes until one look was still true when the change arrived; ends the script where there is nothing to do.
roll_back() {
  local from to
  while true; do
    read_cluster || give_up 'the cluster does not say what there is'
    if find_active; then
      find_target
      if is_done; then
        echo "revision $active_revision of $namespace/$deployment stays active"
        exit 0
      fi
      [[ $paused != true ]] || give_up 'it is paused; kubectl rollout resume lets it go on'
      from="revision $active_revision ($(image "$active"))" to="revision $target_revision ($(image "$target"))"
      if [[ -z $target ]]; then
        # The ReplicaSets may be those of a change that was made after the Deployment was read.
        ! is_unchanged ||
          give_up "there is no ${wanted:+such }revision ${wanted:-before it that is not marked as failed}"
      elif [[ -n $dry_run ]]; then
        echo "would roll back $namespace/$deployment from $from to $to"
        exit 0
      elif patch; then
        change="from $from to $to"
        return
      fi
    elif [[ $paused == true ]]; then
      give_up 'it is paused; kubectl rollout resume lets it go on'
    fi
    ((SECONDS < deadline)) || give_up "the cluster has not caught up within $timeout s$(mismatch)"
    sleep 0.05
  done
}

# Waits until all pods are those of the revision that was gone to; says in `failure` why that is not so. That a rollout has passed its deadline ends nothing, unlike
# in `kubectl rollout status`: the condition that says so tells of the rollout that was left until pods of this one come.
verify() {
  local now='' told=''
  while true; do
    if read_cluster && find_active; then
      if [[ $active != "$target" ]]; then
        failure='and somebody has changed it again since'
        return 1
      fi
      now="${updated:-0} of $pods pods are those of revision $active_revision, ${available:-0} are ready, ${all:-0} are there"
      [[ $now == "$told" ]] || say "$now"
      told=$now
      ((${updated:-0} != pods || ${all:-0} != pods || ${available:-0} != pods)) || return 0
    fi
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}

deployment_fields='{.metadata.resourceVersion}|{.metadata.uid}|{.metadata.generation}|{.status.observedGeneration}|{.spec.paused}|'
deployment_fields+='{.spec.replicas}|{.status.replicas}|{.status.updatedReplicas}|{.status.availableReplicas}|'
deployment_fields+='{.metadata.annotations.asset-injector/failed-revisions}|{.metadata.annotations.asset-injector/rollback-result}|'
deployment_fields+='{.spec.template}{"\n"}'
replicaset_fields='{range .items[*]}{.metadata.ownerReferences[*].uid}|{.metadata.annotations.deployment\.kubernetes\.io/revision}|'
replicaset_fields+='{.metadata.annotations.deployment\.kubernetes\.io/revision-history}|{.metadata.name}|'
replicaset_fields+='{.metadata.labels.pod-template-hash}|{.metadata.creationTimestamp}|{.spec.template}{"\n"}{end}'
utf8=$'^([\x01-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]'
utf8+=$'|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*$'

namespace='' deployment='' wanted='' dry_run='' timeout=300 wait=yes
active='' active_revision='' target='' target_revision='' change='' failure='and that is not ready' settings=''
while (($# > 0)); do
  case $1 in
    -h | --help) usage && exit 0 ;;
    --dry-run) dry_run=yes && shift ;;
    --no-wait) wait='' && shift ;;
    --namespace | --deployment | --to-revision | --timeout)
      (($# > 1)) || misused "$1 needs a value"
      case $1 in
        --namespace) namespace=$2 ;;
        --deployment) deployment=$2 ;;
        --to-revision) wanted=$2 ;;
        --timeout) timeout=$2 ;;
      esac
      shift 2
      ;;
    *) misused "there is no option '$1'" ;;
  esac
done
name='^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$'
[[ $namespace =~ $name ]] || misused "--namespace takes the name of a namespace, not '$namespace'"
[[ $deployment =~ $name ]] || misused "--deployment takes the name of a Deployment, not '$deployment'"
[[ -z $wanted || $wanted =~ ^[1-9][0-9]{0,8}$ ]] || misused "--to-revision takes a number, not '$wanted'"
[[ $timeout =~ ^[1-9][0-9]{0,5}$ ]] || misused "--timeout takes whole seconds from 1, not '$timeout'"
command -v kubectl >/dev/null || { say 'kubectl is not installed' && exit 1; }

deadline=$((SECONDS + timeout))
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
trap 'exit 1' INT TERM HUP

roll_back
if [[ -n $wait ]] && ! verify; then
  give_up "$namespace/$deployment was changed $change, $failure"
fi
echo "rolled back $namespace/$deployment $change"
notify succeeded "rolled back $namespace/$deployment $change"
