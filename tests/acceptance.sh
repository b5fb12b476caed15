#!/usr/bin/env bash
# Plays the README's commands as a user would and lets foreign tools judge what they leave.
#
#   WESTLINE=target/release/westline PYTHON=python3 bash tests/acceptance.sh
#
# PYTHON needs the packages of tests/python/requirements.txt; COMMONROAD, if it is set, is a Python with those of
# tests/python/requirements-commonroad.txt, which do not go together with the others.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/checks.sh
tests=$PWD/tests
trap 'rm -rf "$work"' EXIT
cd "$work" # far from the source tree: the binary must not need it

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

network_of_the_hour() {
    "$westline" run yongchuan --from 07:30 --to 07:40 --out linked --json >linked.json 2>error.txt &&
        "$python" -c 'import json, sys; network = json.load(open("linked.json"))["network"]; sys.exit(not network["video_frames_sent"] > 5_000)' &&
        grep -q 'id="network"' linked/report.html && "$python" "$tests/python/check_recording.py" linked/recording.mcap --expect '/vehicles/minibus_1/link'
}
check "its network is played with it" network_of_the_hour

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

# V2X: messages and captures judged by other encoders and by Wireshark's dissectors.
modules=$shared/data/network/etsi-its-asn1
[ -d "$modules" ] || modules=
check "other encoders write and read the same messages" "$python" "$tests/python/check_messages.py" "$westline" $modules
check "five minutes of V2X are captured" "$westline" run yongchuan --from 07:30 --to 07:35 --record none --roadside junctions --pcap v2x.pcap --out v2x
v2x_is_sound() { # every packet a message; Wireshark 4.0 reads CPM in the form before TS 103 324 only, so these are left out
    tshark -r "$1" -T fields -e _ws.col.Protocol 2>/dev/null | sort | uniq -c
    [ -z "$(tshark -r "$1" -Y '(_ws.expert || _ws.malformed) && !(its.messageID == 14)' 2>/dev/null)" ] &&
        "$westline" network decode "$1" 2>&1 >v2x.jsonl | grep -q ' 0 malformed'
}
if command -v tshark > /dev/null; then
    check "Wireshark reads all but CPM without an expert message" v2x_is_sound v2x.pcap
else
    echo "skipped: no tshark"
fi
pki() {
    rm -rf pki && "$westline" network pki init pki --seed 1 --from 2026-03-01T00:00:00Z &&
        "$westline" network pki ticket pki --seed 1 --from 2026-03-01T00:00:00Z &&
        "$westline" network sign v2x.pcap --ticket pki/ticket-001 -o signed.pcap
}
check "a root, an authority and a ticket are made and sign a capture" pki
check "another implementation verifies the signatures down to the root" "$python" "$tests/python/check_envelopes.py" signed.pcap pki
check "a station that hears it believes every packet" "$westline" network verify signed.pcap --pki pki
replayed() { ! "$westline" network verify signed.pcap --pki pki --later 60 > counts.txt && grep -q expired counts.txt && grep -Eq 'accepted +0$' counts.txt; }
check "a capture replayed a minute later is refused" replayed
# Large traffic: people drive as is published of real roads.
check "people keep to what is published of real roads" "$westline" traffic realism --pictures figures

# The test base: a suite far from the source tree, its record checked to the byte, a verdict played again, a driver started.
proves() { "$westline" prove r157 --vehicle minibus --only braking-lead --only following --runs 40 "$@" >proof.txt 2>error.txt || [ $? = 1 ]; }
check "a suite is proven" proves --out proof
check "its record holds" "$westline" prove verify proof/test-record.json
tampered() {
    cp -r proof tampered
    printf '\377' | dd of=tampered/report.html bs=1 seek=1234 conv=notrunc 2>/dev/null
    ! "$westline" prove verify tampered/test-record.json >out.txt && grep -q '^report.html: byte 1234 differs' out.txt
}
check "a changed byte is named" tampered
again() { "$westline" replay --verdict "$(grep -o '[0-9a-f]\{12\}\.following\.[0-9.]*' proof.txt | head -n 1)" --out proof; }
check "a verdict is played again, bit for bit" again
threads() {
    proves --out proof1 --threads 1 && proves --out proof4 --threads 4 && cmp proof1/test-record.json proof4/test-record.json
}
check "one thread and four leave the same record" threads
killed_campaign() {
    local asked="prove r157 --vehicle minibus --only cut-in --only cut-out --driver reference:cc"
    "$westline" $asked --out whole >out.txt 2>error.txt || [ $? = 1 ]
    for kill in $(seq 10); do timeout -s KILL "0.$((3 * kill + 10))" "$westline" $asked --out gone_on --resume >out.txt 2>error.txt || true; done
    "$westline" $asked --out gone_on --resume >out.txt 2>error.txt || [ $? = 1 ]
    find gone_on -name '*.part' -delete
    diff -r whole gone_on
}
check "a campaign that was killed ten times ends with the same bytes" killed_campaign
started() {
    "$westline" prove r157 --only beside --runs 4 --out started --driver "exec:$python $tests/python/drive_lane.py" >out.txt 2>error.txt || [ $? = 1 ]
    grep -q '^beside  *4 ' out.txt
}
check "a driver that is started for each run is proven" started
robust() { # two hours by luck, on one thread and on two, and gone on with when all is there
    "$westline" robustness ninghua --hours 2 --threads 1 --out luck1 >luck1.txt && "$westline" robustness ninghua --hours 2 --threads 2 --out luck2 >luck2.txt &&
        diff -r luck1 luck2 && "$westline" robustness ninghua --hours 2 --out luck1 --resume >luck3.txt && cmp luck1.txt luck3.txt && grep -q "none at fault" luck1.txt
}
check "hours drawn by luck are played and no touch is the vehicle's fault" robust
check "its evidence is read by the mcap package" "$python" "$tests/python/check_recording.py" "$(find proof/evidence -name '*.mcap' | sort | head -n 1)"
solved() { "$westline" commonroad run "$examples" --solutions solutions --threads 2 | tee solved.txt && grep -q "3 of 3 planning problems solved" solved.txt; }
examples=$tests/../examples/commonroad
check "CommonRoad's problems are solved" solved
if [ -n "$commonroad" ]; then
    check "commonroad-io reads the same of the files" "$commonroad" "$tests/python/check_commonroad.py" read "$westline" "$examples"/*.xml
    check "commonroad-io finds the goals reached" "$commonroad" "$tests/python/check_commonroad.py" solutions "$examples" solutions
else
    echo "skipped: COMMONROAD names no Python with commonroad-io"
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
submitted() {
    proves --out submission --submit application >/dev/null && grep -q 'permit 1 is `applied`' proof.txt &&
        "$westline" ledger verify application/test-record.receipt.json --ledger application/ledger --document submission/test-record.json
}
check "a test record becomes a permit application, with a receipt that holds" submitted
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

# The console off this machine: accounts, TLS, an audit log that a full disk does not get round, its interface as described.
check "an open address without accounts is refused with the way out" refused 'hint: westline account add' "$westline" serve yongchuan --host 0.0.0.0
check "an account is made, for its owner alone" bash -c "echo 'four stops and a depot' | '$westline' account add accounts.toml li.na --role dispatcher && [ \$(stat -c %a accounts.toml) = 600 ] && ! grep -q stops accounts.toml"
check "a weak password is refused" bash -c "! echo short | '$westline' account add accounts.toml guest --role viewer && '$westline' account list accounts.toml | grep -q 'dispatcher *li.na'"
check "an open address without TLS is refused with the way out" refused 'certificate' "$westline" serve yongchuan --host 0.0.0.0 --accounts accounts.toml
audited() { # orders until the disk is full (a limit on file sizes stands for it), which is refused; what was torn is told, and a changed line named
    (
        trap '' XFSZ
        ulimit -f 1
        exec "$westline" serve yongchuan --port 0 --audit audit.jsonl 2>console.log
    ) >address &
    local server=$! status=
    for _ in $(seq 300); do grep -q '^http' address && break || sleep 0.1; done
    for _ in $(seq 8); do status=$status$(curl -s -o answer.txt -w '%{http_code} ' -H 'content-type: application/json' -d '{}' "$(cat address)api/stop"); done
    kill -INT $server
    wait $server
    echo "$status"
    [[ $status == 202* && $status == *503* ]] || return 1
    "$westline" account audit audit.jsonl | tee verified.txt && grep -q 'the chain holds' verified.txt && grep -q 'is torn' verified.txt || return 1
    timeout -s INT 20 "$westline" serve yongchuan --port 0 --audit audit.jsonl >address 2>console.log || true
    grep -q 'is torn; the log tells of it' console.log && "$westline" account audit audit.jsonl || return 1
    sed '1s/local/wang/' audit.jsonl >changed.jsonl
    ! "$westline" account audit changed.jsonl >broken.txt && grep -q '^changed.jsonl:2:' broken.txt
}
command -v curl >/dev/null && check "what cannot be logged is not done, and a changed line of the log is named" audited
tls() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost
    "$westline" serve yongchuan --port 0 --accounts accounts.toml --certificate cert.pem --key key.pem >address 2>console.log &
    local server=$!
    for _ in $(seq 300); do grep -q '^https' address && break || sleep 0.1; done
    local port
    port=$(sed 's/.*:\([0-9]*\).*/\1/' address)
    curl -sf --cacert cert.pem "https://localhost:$port/api/session" | grep -q '"asks":true' &&
        [ "$(curl -s --cacert cert.pem -o answer.txt -w '%{http_code}' "https://localhost:$port/api/state")" = 401 ]
    local held=$?
    kill -INT $server
    wait $server
    return $held
}
command -v curl >/dev/null && command -v openssl >/dev/null && check "curl trusts the console by the user's certificate" tls
schemathesis=$(dirname "$python")/schemathesis
interface() { WESTLINE=$westline SCHEMATHESIS=$schemathesis bash "$tests/console/interface.sh"; }
if [ -x "$schemathesis" ]; then
    check "schemathesis finds the HTTP interface as it describes itself" interface
else
    echo "skipped: no schemathesis beside $python"
fi

# Bad input: one clear error, status 2, nothing half-written.
check "an unknown site is refused and the nearest named" refused 'did you mean `yongchuan`' "$westline" run yongchaun
check "a broken time is refused" refused "not a time of day" "$westline" run yongchuan --from 25:99
check "a day that ends before it starts is refused" refused "hint" "$westline" run yongchuan --from 09:00 --to 08:00
echo '<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="x">' >broken.xodr
check "a broken map is refused with file and line" refused 'broken.xodr:1:' "$westline" map stats broken.xodr
check "an unknown suite is refused and the nearest named" refused 'did you mean `r157`' "$westline" prove r175
check "a driver that does not start is told" refused "does not start" "$westline" prove r157 --only beside --runs 5 --driver exec:./nobody --out nobody
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

# The network: its files are what others read.
check "the sites' networks have nothing wrong" bash -c "'$westline' network check yongchuan && '$westline' network check ninghua"
check "coverage of a site is drawn and gridded" "$westline" network cover ninghua --out coverage
check "its GeoJSON is JSON with road pieces and masts" "$python" -c 'import json; features = json.load(open("coverage/roads.geojson"))["features"]; assert len(features) > 100 and any("mast" in f["properties"] for f in features)'
check "each section of the line has a verdict" bash -c "'$westline' network remote ninghua --out coverage | grep -q 'remote driving is'"
check "a sweep leaves Parquet and plots" bash -c "'$westline' network experiment ninghua load 0.1,0.7 --seeds 3 --out sweep && [ -s sweep/experiment-load.parquet ] && [ -s sweep/experiment-load-holds_share.png ]"
printf 'scenario,base_height_m,user_height_m,distance_2d_m,visibility,frequency_ghz\nUMx,25,1.5,100,los,3.5\n' >links.csv
check "a link of an unknown scenario is refused with its line" refused 'links.csv:2: `scenario` is `UMx`' "$westline" network path-loss links.csv

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
