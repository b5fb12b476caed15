#!/usr/bin/env bash
# A consortium of four validators on this machine, as its parties would run it: load, `kill -9`, joining, leaving, every route.
#
#   cargo build --release -p westline --features validators
#   WESTLINE=target/release/westline PYTHON=target/venv/bin/python bash tests/validators.sh
#
# PYTHON needs the packages of tests/python/requirements-validators.txt. PORT is the first of ten that have to be free.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/checks.sh
bin=$(dirname "$python")
verify=$PWD/examples/verify_receipt.py
port=${PORT:-17100}
declare -A pid url
finish() {
    for name in "${!pid[@]}"; do kill -9 "${pid[$name]}" 2>/dev/null || true; done
    wait 2>/dev/null || true
    [ -n "${KEEP:-}" ] && echo "kept: $work" || rm -rf "$work"
}
trap finish EXIT
cd "$work"

now_ms() { echo $(($(date +%s%N) / 1000000)); }
start() { # start PARTY: its validator, as a process of its own
    "$westline" ledger node "consortium/$1" >"$1.url" 2>>"$1.err" &
    pid[$1]=$!
    for _ in $(seq 300); do
        [ -s "$1.url" ] && { url[$1]=$(cat "$1.url"); return; }
        kill -0 "${pid[$1]}" 2>/dev/null || break
        sleep 0.1
    done
    cat "$1.err"
    return 1
}
height() { curl -sf "${url[$1]}/v1/health" | "$python" -c 'import json, sys; print(json.load(sys.stdin)["height"])'; }
healthy() { # healthy PARTY...: all say within ten seconds that they are well
    local name
    for name in "$@"; do
        curl -s --retry 100 --retry-delay 1 --retry-max-time 20 -f "${url[$name]}/v1/health" || return 1
    done
}
level() { # level PARTY...: all come to the same height and state within twenty seconds
    local states name
    for _ in $(seq 200); do
        states=$(for name in "$@"; do curl -sf "${url[$name]}/v1/chain" || echo "$name is silent"; done | grep -v '^$' | sort -u)
        [ "$("$python" -c 'import json, sys; print(len({json.dumps(one) for one in map(json.loads, sys.stdin.read().replace("}{", "}\n{").splitlines())}))' <<<"$states" 2>/dev/null)" = 1 ] && return 0
        sleep 0.1
    done
    echo "$states"
    return 1
}
submit() { # submit DOCUMENT AS NODE RECEIPT
    "$westline" ledger submit "$1" --as "$2" --node "${url[$3]}" --ledger "consortium/$2" -o "$4"
}
fresh() { # fresh AS NODE RECEIPT: a document that nobody has set down yet
    echo "$3, $RANDOM$RANDOM" >"$3.txt"
    submit "$3.txt" "$1" "$2" "$3"
}
status() { # status EXPECTED URL CURL-OPTIONS...
    local expected=$1 address=$2 found
    shift 2
    found=$(curl -s -o answer -w '%{http_code}' -m 10 "$@" "$address" || true)
    echo "$address: $found, expected $expected"
    cat answer
    [ "$found" = "$expected" ]
}

check "folders for four validators are made" "$westline" ledger init yongchuan --validators 4 --dir consortium --port "$port"
check "another number than the site names is refused" bash -c "! '$westline' ledger init yongchuan --validators 5 --dir five && [ ! -e five ] && [ ! -e five.part ]"
check "each party's key is in its own folder only" bash -c '[ "$(find consortium -name "*.pem" | wc -l)" = 7 ] && for name in bank district maker; do [ "$(ls consortium/$name/keys)" = "$(printf "%s.pem\npassphrase" $name)" ] || exit 1; done'
for party in bank district institute operator; do start "$party"; done
check "four validators run" healthy bank district institute operator

echo "the first document" >first.txt
check "a document is set down by way of one" submit first.txt operator bank first.json
check "its receipt verifies by another program" "$python" "$verify" consortium/genesis.json first.json --document first.txt
check "and by way of another node" bash -c "'$westline' ledger query --document first.txt --node '${url[institute]}' >again.json && '$westline' ledger verify again.json --genesis consortium/genesis.json --document first.txt"

# What a node answers is what a folder answers.
accounts() {
    local account='{"id": "%s", "owner": "%s", "ledger": 156, "code": 1, "flags": {}, "user_data": "0", "linked": false}'
    printf "{\"create-accounts\": [$account, $account]}" 1 bank 2 operator >accounts.json
    printf '{"transfer": [{"id": "7", "debit_account": "1", "credit_account": "2", "amount": 300, "ledger": 156, "code": 1}]}' >transfer.json
    submit accounts.json bank district accounts.receipt.json && submit transfer.json bank operator transfer.receipt.json
}
check "accounts are opened and money moves" accounts
same_answers() {
    "$westline" ledger sync observer --node "${url[bank]}" --genesis consortium/genesis.json || return 1
    local question
    for question in "account/2" "account/ --json" "account/" "party/" "account/2 --at 1" "account/2 --proof" "--receipt 0" "account/99" "party/bank"; do
        # shellcheck disable=SC2086
        "$westline" ledger query $question --ledger observer >of-folder.txt 2>/dev/null && of_folder=0 || of_folder=$?
        # shellcheck disable=SC2086
        "$westline" ledger query $question --node "${url[bank]}" --ledger consortium/maker >of-node.txt 2>/dev/null && of_node=0 || of_node=$?
        echo "$question: $of_folder, $of_node"
        [ "$of_folder" = "$of_node" ] && diff of-folder.txt of-node.txt || return 1
    done
}
check "a node's answers are those of a folder that took its blocks" same_answers
watched() {
    "$westline" ledger watch --node "${url[district]}" --from 0 --until 2 >of-node.txt
    "$westline" ledger watch --ledger observer --from 0 --until 2 >of-folder.txt # blocks 0 to 2: the document, the accounts, the transfer
    diff of-folder.txt of-node.txt && [ "$(wc -l <of-node.txt)" = 3 ]
}
check "blocks are watched over a WebSocket" watched
check "all blocks of a node verify" "$westline" ledger verify --node "${url[operator]}" --genesis consortium/genesis.json

# Every route.
base=${url[bank]}
id=$("$python" -c 'import json, sys; print(json.load(sys.stdin)["id"])' < <(curl -sf -X POST "$base/v1/transactions?wait_ms=0" -H 'content-type: application/json' -d @<("$python" - <<'P'
import json
content = json.load(open("transfer.receipt.json"))["content"]
print(json.dumps(content["signed"]))
P
)))
check "GET /v1/chain" status 200 "$base/v1/chain"
check "GET /v1/genesis is genesis.json" bash -c "curl -sf $base/v1/genesis | diff - consortium/genesis.json"
check "GET /v1/transactions/{id}" status 200 "$base/v1/transactions/$id"
check "the receipt that curl got verifies" "$python" "$verify" consortium/genesis.json answer
check "GET /v1/transactions/{id} of none" status 404 "$base/v1/transactions/$(printf '0%.0s' $(seq 64))"
check "GET /v1/entries/{place}" status 200 "$base/v1/entries/0"
check "GET /v1/evidence/{digest}" status 200 "$base/v1/evidence/$(sha256sum first.txt | cut -d' ' -f1)"
check "GET /v1/record" status 200 "$base/v1/record?key=account/2&at=1"
check "GET /v1/accounts/{id}" status 200 "$base/v1/accounts/2"
check "GET /v1/permits/{id} of none" status 404 "$base/v1/permits/1"
check "GET /v1/registry/{kind}/{id} of none" status 404 "$base/v1/registry/vehicle/bus-1"
check "GET /v1/records" status 200 "$base/v1/records?prefix=account/&limit=1"
check "GET /v1/proof" status 200 "$base/v1/proof?key=account/2"
check "GET /v1/proof of the journal is refused" status 400 "$base/v1/proof?key=transfer/7"
check "GET /v1/blocks/{height}" status 200 "$base/v1/blocks/0"
check "GET /v1/blocks/latest in the canonical encoding" status 200 "$base/v1/blocks/latest" -H 'accept: application/octet-stream'
check "GET /v1/checkpoints/{height}" status 200 "$base/v1/checkpoints/latest"
check "GET /v1/blocks without a WebSocket" status 426 "$base/v1/blocks"
check "GET /v1/blocks as a WebSocket" status 101 "$base/v1/blocks" -m 2 -H 'connection: upgrade' -H 'upgrade: websocket' -H 'sec-websocket-version: 13' -H 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='
check "GET /v1/health" status 200 "$base/v1/health"
check "GET /metrics" bash -c "curl -sf $base/metrics | grep -E '^westline_ledger_blocks [0-9]+'"
check "POST /v1/transactions/batch of none" status 200 "$base/v1/transactions/batch" -H 'content-type: application/json' -d '[]'
check "POST /v1/transactions of noise" status 400 "$base/v1/transactions" -H 'content-type: application/json' -d '{"transaction": 1}'
check "POST /v1/transactions of noise in the canonical encoding" status 400 "$base/v1/transactions" -H 'content-type: application/octet-stream' -d 'noise'
check "POST /v1/transactions that are too long" status 413 "$base/v1/transactions" -H 'content-type: application/octet-stream' --data-binary @<(head -c 5000000 /dev/zero)
check "a path that is not there" status 404 "$base/v1/nothing"
check "a method that is not there" status 405 "$base/v1/chain" -X DELETE
curl -sf "$base/v1/openapi.json" >openapi.json
check "the document of the interface is OpenAPI 3.1" bash -c "grep -q '\"openapi\": \"3.1' openapi.json && '$python' -m openapi_spec_validator openapi.json"
check "the interface does what its document says, whatever is asked" "$bin/schemathesis" run openapi.json --url "$base" --phases examples,coverage,fuzzing \
    --max-examples 15 --seed 1 --exclude-path /v1/blocks --suppress-health-check all \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance --rate-limit 200/s

# Load, and one of them killed in the midst of it.
mkdir receipts
load() { # load NAME NODE: documents one after another until `stop` is there
    local count=0
    while [ ! -e stop ]; do
        echo "$1 $count" >"receipts/$1-$count.txt"
        submit "receipts/$1-$count.txt" operator "$2" "receipts/$1-$count.json" 2>>load.err || { sleep 0.1; continue; }
        count=$((count + 1))
    done
}
load one bank &
loads=($!)
load two institute &
loads+=($!)
sleep 5
kill -9 "${pid[district]}"
killed_ms=$(now_ms)
wait "${pid[district]}" 2>/dev/null || true
before=$(ls receipts/*.json | wc -l)
check "a document is set down while one of four is dead" fresh bank operator dead.json
echo "        $(($(now_ms) - killed_ms)) ms after the kill"
sleep 5
during=$(ls receipts/*.json | wc -l)
check "the others go on" [ "$during" -gt "$before" ]
begun_ms=$(now_ms)
start district
check "the one comes back" healthy district
sleep 2
touch stop
wait "${loads[@]}"
check "all four have the same blocks" level bank district institute operator
echo "        back and level after $(($(now_ms) - begun_ms)) ms, $(ls receipts/*.json | wc -l) documents set down, at height $(height bank)"
check "no submission failed" [ ! -s load.err ]
check "every receipt verifies by another program" "$python" "$verify" consortium/genesis.json receipts/*.json
nothing_lost() {
    local file
    for file in receipts/*.txt; do
        [ -e "${file%.txt}.json" ] || continue
        curl -sf -o /dev/null "${url[district]}/v1/evidence/$(sha256sum "$file" | cut -d' ' -f1)" || { echo "$file"; return 1; }
    done
}
check "the one that was dead has every document that was acknowledged" nothing_lost

# A party joins and leaves, by vote.
vote() { # vote VALIDATES: the votes of three, in a file, for the maker to validate or not
    "$python" - "$1" <<'P'
import json, sys
party = next(party for party in json.load(open("consortium/genesis.json"))["parties"] if party["id"] == "maker")
party["validates"] = sys.argv[1] == "true"
json.dump({"vote": {"set-party": party}}, open("vote.json", "w"))
P
    for name in bank institute operator; do submit vote.json "$name" "$name" "vote-$name.json" || return 1; done
}
joined() {
    local key name
    key=$("$westline" ledger key consortium/maker/keys/maker.pem --show --engine) || return 1
    for name in bank district institute operator maker; do
        printf '\n[[validator]]\nparty = "maker"\naddress = "127.0.0.1:%s"\nengine_key = "%s"\n' $((port + 8)) "$key" >>"consortium/$name/network.toml"
    done
    printf 'party = "maker"\napi = "127.0.0.1:%s"\n' $((port + 9)) >consortium/maker/node.toml
    vote true && healthy bank && "$westline" ledger sync consortium/maker --node "${url[bank]}"
}
check "a party joins by the votes of three" joined
start maker
check "five validators run" healthy bank district institute operator maker
check "a document is set down by way of the new one" fresh maker maker joined.json
check "all five have the same blocks" level bank district institute operator maker
check "it leaves by the votes of four" bash -c "$(declare -f vote submit); $(declare -p url); westline='$westline' python='$python'; vote false && submit vote.json district district vote-district.json"
wait "${pid[maker]}" || true
unset "pid[maker]"
check "the four go on without it" healthy bank district institute operator
check "a document is set down after that" fresh operator operator left.json
check "all blocks verify, through both changes" "$westline" ledger verify --node "${url[bank]}" --genesis consortium/genesis.json

# SIGTERM, as a service manager sends it, ends a node in order: who has asked is answered, and asks again when it is back.
ended_in_order() { # ended_in_order SIGNAL PARTY...: each ends by the signal with status 0, and says so
    local signal=$1 name
    shift
    for name in "$@"; do kill "-$signal" "${pid[$name]}" || return 1; done
    for name in "$@"; do
        wait "${pid[$name]}" || { echo "$name ended with $?"; return 1; }
        unset "pid[$name]"
        tail -n 1 "$name.err" | grep -q "ended in order" || { tail "$name.err"; return 1; }
    done
}
check "two of four end by SIGTERM" ended_in_order TERM district institute
echo "sent while two of four are down" >waits.txt
submit waits.txt operator bank waits.json 2>waits.err &
waits=$!
for _ in $(seq 100); do
    curl -sf "${url[bank]}/metrics" | grep -qE '^westline_ledger_transactions_waiting [1-9]' && break
    sleep 0.1
done
check "one ends by SIGTERM while a sender waits" ended_in_order TERM bank
check "its folder opens without anything to mend" bash -c "'$westline' ledger query --ledger consortium/bank 2>mended.txt && [ ! -s mended.txt ]"
for party in district institute bank; do start "$party"; done
check "the sender, who asked again, has its receipt" wait "$waits"
check "it verifies by another program" "$python" "$verify" consortium/genesis.json waits.json --document waits.txt
check "all four have the same blocks after that" level bank district institute operator

# An orderly end by Ctrl-C, a new epoch for a new release of the engine, and on.
check "all end by Ctrl-C" ended_in_order INT bank district institute operator
last=$("$westline" ledger query --json --ledger consortium/bank | "$python" -c 'import json, sys; print(json.load(sys.stdin)["height"])')
for party in bank district institute operator; do
    check "the epoch of $party is renewed" "$westline" ledger renew "consortium/$party" --height "$last"
done
for party in bank district institute operator; do start "$party"; done
check "four validators run in the new epoch" healthy bank district institute operator
check "a document is set down in it" fresh operator bank renewed.json

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
