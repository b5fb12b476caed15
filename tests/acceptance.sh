#!/usr/bin/env bash
# Plays the README's commands as a user would and lets foreign tools judge what they leave.
#
#   WESTLINE=target/release/westline PYTHON=python3 bash tests/acceptance.sh
#
# PYTHON needs the packages of tests/python/requirements.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
westline=$(realpath "${WESTLINE:-target/release/westline}")
python=$(command -v "${PYTHON:-python3}")
[[ $python == /* ]] || python=$PWD/$python # not its realpath: a virtual environment is known by its link
tests=$PWD/tests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # far from the source tree: the binary must not need it

passed=0
failed=0
check() { # check NAME COMMAND...: runs it and counts
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
        sed 's/^/        /' "$work/log" | tail -n 30
    fi
}
refused() { # refused PATTERN COMMAND...: it must end with status 2, in one error that matches
    local pattern=$1 status=0
    shift
    "$@" >out.txt 2>error.txt || status=$?
    cat error.txt
    [ "$status" = 2 ] && [ ! -s out.txt ] && grep -qE "$pattern" error.txt && ! grep -q "panicked" error.txt
}
digest() { "$westline" run yongchuan --from 07:30 --to 07:40 --record none --digest "$@" 2>/dev/null | tail -n 1; }
same_digest() { [ -n "$1" ] && [ "$1" = "$2" ] && [[ $1 == digest:* ]]; }

# The main job.
start=$(date +%s)
check "the day of yongchuan is played" "$westline" run yongchuan --out day
grep -E "times real time|trips finished|collisions" "$work/log" || true
echo "        wall time $(($(date +%s) - start)) s"
for file in recording.mcap measures.parquet report.html; do
    check "it leaves $file" test -s "day/$file"
done
check "an hour of it is played" "$westline" run yongchuan --from 06:30 --to 07:30 --out hour
check "its recording is read by the mcap package and every message decoded" "$python" "$tests/python/check_recording.py" hour/recording.mcap
check "the measures are read by pyarrow" "$python" "$tests/python/check_measures.py" day/measures.parquet
check "the report needs nothing from outside" bash -c '! grep -qE "(src|href)=\"(https?:)?//" day/report.html'

# The same bytes for any number of threads.
one=$(digest --threads 1)
check "two threads give the digest of one" same_digest "$one" "$(digest --threads 2)"
check "eight threads give the digest of one" same_digest "$one" "$(digest --threads 8)"
check "another seed gives another digest" bash -c "[ '$one' != '$(digest --seed 77)' ]"

# Broken off.
interrupted() {
    "$westline" run yongchuan --out broken >out.txt 2>error.txt &
    local run=$!
    sleep 4
    kill -INT $run
    wait $run
    test -s broken/report.html && "$python" "$tests/python/check_recording.py" broken/recording.mcap
}
check "Ctrl-C leaves a recording and a report of what was played" interrupted
killed() {
    "$westline" run yongchuan --out killed >out.txt 2>error.txt &
    local run=$!
    sleep 4
    kill -KILL $run
    wait $run || true
    "$python" "$tests/python/check_recording.py" --truncated killed/recording.mcap
}
check "a killed run leaves a readable recording" killed

# Any town.
check "the sites are listed" bash -c "'$westline' run | grep -q yongchuan"
check "ninghua runs from its OpenStreetMap extract" "$westline" run ninghua --from 08:00 --to 08:20 --out town
check "the built-in sites have nothing wrong" bash -c "'$westline' site check yongchuan && '$westline' site check ninghua"
check "a map is drawn" "$westline" map draw yongchuan -o map.png
check "a map is exported" "$westline" map import yongchuan -o yongchuan.xodr
netconvert=$("$python" -c 'import os, sumo; print(os.path.join(sumo.SUMO_HOME, "bin", "netconvert"))')
check "netconvert reads our OpenDRIVE" "$netconvert" --opendrive-files yongchuan.xodr -o yongchuan.net.xml

# Scenarios: a driver in a process of its own drives an ALKS lane-following, and a stretch of traffic becomes a scenario.
shared=${WESTLINE_SHARED:-$tests/../../shared}
[ -d "$shared" ] || shared=$tests/../../../shared
lane_following=$(find "$shared/data/scenario" -name 'ALKS_Scenario_4.3_1_*_TEMPLATE.xosc' 2>/dev/null | sort | head -n 1)
foreign_driver() {
    "$python" "$tests/python/drive_lane.py" "$work/driver.sock" &
    local driver=$!
    for _ in $(seq 600); do [ -S driver.sock ] && break || sleep 0.1; done
    "$westline" scenario run "$lane_following" --driver "unix:$work/driver.sock" --osi run.osi --record run.mcap --json run.json &&
        wait $driver && grep -q '"collisions": \[\]' run.json
}
if [ -n "$lane_following" ]; then
    check "a Python driver drives an ALKS lane-following over a socket" foreign_driver
    check "its recording is read by the mcap package" "$python" "$tests/python/check_recording.py" run.mcap
    check "its OSI trace becomes a scenario" "$westline" scenario from run.osi --from 5 --to 20 -o stretch.xosc
    check "which runs" "$westline" scenario run stretch.xosc
else
    echo "skipped: no ALKS scenarios below $shared"
fi

# The ledger: the whole chain, then what came out judged by a program that shares no code with us.
check "a permit goes its whole way" "$westline" demo permit --out demo
check "and in the Chinese suite" "$westline" demo permit --out demo-sm --suite sm
verify=$tests/../examples/verify_receipt.py
all_hold() { "$python" "$verify" "$1/case/genesis.json" "$1"/case/receipts/*.json >held.txt && ! grep -q 'not hold' held.txt; }
check "every receipt holds for Python" all_hold demo
check "and in the Chinese suite" all_hold demo-sm
check "the credential holds for Python" "$python" "$verify" demo/case/genesis.json demo/permit-1.vc.json
check "a document is in its receipt" "$python" "$verify" demo/case/genesis.json demo/test-record.receipt.json --document demo/test-record.json
forged_receipt() {
    sed 's/"entry": "A/"entry": "B/' demo/test-record.receipt.json >forged.json
    ! "$python" "$verify" demo/case/genesis.json forged.json && ! "$westline" ledger verify forged.json --genesis demo/case/genesis.json
}
check "a forged receipt is refused by both" forged_receipt
forged_credential() {
    sed 's/"speedMaximumKmh": 60/"speedMaximumKmh": 120/' demo/permit-1.vc.json >forged.vc.json
    ! "$python" "$verify" demo/case/genesis.json forged.vc.json && ! "$westline" ledger verify forged.vc.json
}
check "a forged credential is refused by both" forged_credential
check "the ledger verifies whole" "$westline" ledger verify --ledger demo/ledger
openssl_opens() { openssl pkey -in demo/ledger/keys/bank.pem -passin "file:demo/ledger/keys/passphrase" -noout; }
command -v openssl >/dev/null && check "OpenSSL opens a key file" openssl_opens
day_of_ledger() {
    "$westline" run yongchuan --from 07:30 --to 07:45 --out accounted 2>error.txt &&
        grep -q '^receipt: accounted/receipt.json' error.txt && grep -q 'Receipt of the day' accounted/report.html &&
        "$python" "$verify" accounted/ledger/genesis.json accounted/receipt.json --document accounted/measures.parquet &&
        "$python" "$tests/python/check_segments.py" "$westline" accounted
}
check "a day is accounted for, and its minutes are those of its recording" day_of_ledger
not_permitted() {
    local status=0
    "$westline" run yongchuan --from 07:30 --to 07:31 --rain 40 --out wet 2>error.txt || status=$?
    [ "$status" = 1 ] && grep -q '40 mm/h of rain are more than 30' error.txt && [ ! -e wet/report.html ]
}
check "a day that the permit does not allow is refused" not_permitted

# Bad input: one clear error, status 2, nothing half-written.
check "an unknown site is refused and the nearest named" refused 'did you mean `yongchuan`' "$westline" run yongchaun
check "a broken time is refused" refused "not a time of day" "$westline" run yongchuan --from 25:99
check "a day that ends before it starts is refused" refused "hint" "$westline" run yongchuan --from 09:00 --to 08:00
echo '<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="x">' >broken.xodr
check "a broken map is refused with file and line" refused 'broken.xodr:1:' "$westline" map stats broken.xodr
echo taken >taken
check "a folder that cannot be made is refused" refused "taken" "$westline" run yongchuan --to 05:35 --out taken/day
full_disk() {
    # A limit on file sizes stands for a full disk: the write fails in mid-run.
    (
        trap '' XFSZ
        ulimit -f 64
        refused "recording.mcap" "$westline" run yongchuan --from 07:00 --to 09:00 --record full --ledger none --out full
    )
}
check "a full disk is told with the file's name" full_disk

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
