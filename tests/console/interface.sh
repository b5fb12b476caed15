#!/usr/bin/env bash
# The console's HTTP interface, judged by schemathesis against the description that the running server gives of itself:
#
#   WESTLINE=target/release/westline SCHEMATHESIS=target/venv/bin/schemathesis bash tests/console/interface.sh
#
# Once as it is on this machine (answers match their schemas, nothing ends in a 5xx, what does not fit is refused), once
# with accounts (nothing is answered without a session). Takes half a minute; PHASES=examples,coverage,fuzzing tries more,
# other cases each time as far as the time allows.
set -euo pipefail
cd "$(dirname "$0")/../.."
westline=$(realpath "${WESTLINE:-target/release/westline}")
schemathesis=$(command -v "${SCHEMATHESIS:-schemathesis}")
[[ $schemathesis == /* ]] || schemathesis=$PWD/$schemathesis
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
# A body above the limit is refused as too large, before anybody reads what is in it.
cat >schemathesis.toml <<'TOML'
[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]
TOML

serve() { # serve FLAGS...: starts a server, whose address is then in $address
    : >address
    "$westline" serve yongchuan --from 07:33 --port 0 "$@" >address 2>log &
    server=$!
    for _ in $(seq 300); do grep -q '^http' address && break || sleep 0.1; done
    address=$(sed 's#/$##' address)
    [ -n "$address" ] || { cat log; return 1; }
}
ended() {
    kill -INT "$server"
    wait "$server"
    server=
    ! grep -q panicked log
}
judge() { "$schemathesis" run "$address/api/openapi.json" --seed 1 --no-shrink --exclude-path /live --warnings off --suppress-health-check all --continue-on-failure "$@"; }

serve
judge --phases "${PHASES:-examples,coverage}" --max-examples 12 --max-time "${SECONDS_MAX:-35}" --workers 2 \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,negative_data_rejection,unsupported_method,allow_header_conformance
ended

echo 'four stops and a depot' | "$westline" account add accounts.toml tester --role admin
serve --accounts accounts.toml --audit audit.jsonl
curl -fsS -c cookies -H 'content-type: application/json' -d '{"name":"tester","password":"four stops and a depot"}' "$address/api/session" >session.json
cookie=$(awk '/westline/ { print $6 "=" $7 }' cookies)
token=$(sed 's/.*"token":"\([0-9a-f]*\)".*/\1/' session.json)
judge --phases coverage --mode positive --max-examples 2 --max-time 20 --rate-limit 35/s --exclude-path /api/session \
    -H "Cookie: $cookie" -H "x-csrf-token: $token" --checks not_a_server_error,status_code_conformance,response_schema_conformance,ignored_auth
ended
"$westline" account audit audit.jsonl
