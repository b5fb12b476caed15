#!/usr/bin/env bash
# A campaign played by workers on hosts of their own, which die, and so do the server and whoever asked for the campaign: nothing is
# lost, nothing counted twice, and what is left has the bytes of a campaign played in one process.
#
#   cargo build --release && bash tests/workers.sh
#
# Needs nats-server (Debian). As root each worker and the server get a network namespace of their own, joined by a bridge; else all
# is on the loopback, and the script says so. RUNS is the campaign's length.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/checks.sh
runs=${RUNS:-12000}
declare -A pid
namespaces=()
finish() {
    for name in "${!pid[@]}"; do kill -9 "${pid[$name]}" 2>/dev/null || true; done
    wait 2>/dev/null || true
    for name in "${namespaces[@]}"; do ip netns delete "$name" 2>/dev/null || true; done
    ip link delete westline-test 2>/dev/null || true
    [ -n "${KEEP:-}" ] && echo "kept: $work" || rm -rf "$work"
}
trap finish EXIT
cd "$work"

hosts=(queue ask one two three)
address=127.0.0.1
has_namespaces=
if ip link add westline-test type bridge 2>/dev/null && ip link set westline-test up; then
    has_namespaces=yes
    number=1
    for host in "${hosts[@]}"; do
        space=westline-$host
        ip netns add "$space"
        namespaces+=("$space")
        ip link add "wl-$host" type veth peer name eth0 netns "$space"
        ip link set "wl-$host" master westline-test up
        ip -n "$space" address add "10.77.0.$number/24" dev eth0
        ip -n "$space" link set eth0 up
        ip -n "$space" link set lo up
        number=$((number + 1))
    done
    address=10.77.0.1
else
    echo "note    no network namespaces here: all hosts are this one"
fi
on() { # on HOST COMMAND...
    local host=$1
    shift
    if [ -n "$has_namespaces" ]; then exec ip netns exec "westline-$host" "$@"; else exec "$@"; fi
}
server() {
    (on queue nats-server -js -sd queue -a "$address" -p 4222 -l nats.log) &
    pid[server]=$!
    for _ in $(seq 100); do
        (on ask bash -c ": < /dev/tcp/$address/4222") 2>/dev/null && return
        sleep 0.1
    done
    return 1
}
worker() { # worker HOST FLAGS...
    local host=$1
    shift
    (on "$host" "$westline" worker --nats "nats://$address" --name "$host" "$@" 2>>"$host.log") &
    pid[$host]=$!
}
ask() { # ask OUT FLAGS...: the campaign, played by workers; takes the shell's place
    local out=$1
    shift
    on ask "$westline" prove cut-in.toml --vehicle car --driver reference:cc --nats "nats://$address" --out "$out" "$@" >"$out.txt" 2>"$out.err"
}
say() { # say SUBJECT PAYLOAD: to the server, by hand
    (on ask bash -c 'exec 3<>"/dev/tcp/$0/4222" && printf "CONNECT {\"verbose\":false}\r\nPUB %s %d\r\n%s\r\nPING\r\n" "$1" "${#2}" "$2" >&3 && head -n 2 <&3 >/dev/null' "$address" "$@")
}
kill_now() {
    kill -9 "${pid[$1]}"
    wait "${pid[$1]}" 2>/dev/null || true
    unset "pid[$1]"
}
tables() { find "$1/runs" -name '*.parquet' 2>/dev/null | wc -l; }
until_tables() { # until_tables FOLDER COUNT: waits for as many
    for _ in $(seq 1200); do
        [ "$(tables "$1")" -ge "$2" ] && return
        sleep 0.05
    done
    echo "only $(tables "$1") tables after a minute"
    return 1
}

cat >cut-in.toml <<END
name = "cut-in"
title = "Cut-ins"
standard = "none"
step_s = 0.01
seed = 7
[[clause]]
id = "1"
title = "Nobody is hit"
certainty = "assumed"
[[scenario]]
id = "cut-in"
title = "Cut-in"
aim = "A cut-in is avoided."
file = "built-in/suites/r157/cut_in.xosc"
duration_s = 20.0
sampler = "sobol"
runs = $runs
[scenario.parameters]
EgoSpeed_kmph = { range = [20, 60], unit = "km/h" }
SpeedDifference_kmph = { range = [0, 50], unit = "km/h" }
Gap_m = { range = [2, 60], unit = "m" }
Lateral_mps = { range = [0.3, 1.8], unit = "m/s" }
[[scenario.criteria]]
clause = "1"
figure = "impact_mps"
max = 0.0
END
shards=$(((runs + 499) / 500))

# Exit status 1: proven, and a clause failed.
"$westline" prove cut-in.toml --vehicle car --driver reference:cc --out here >here.txt 2>here.err || [ $? = 1 ] || cat here.err
check "a server that is not there is named" bash -c "! '$westline' prove cut-in.toml --vehicle car --nats nats://127.0.0.1:1 --out none 2>none.err && grep -q 'no NATS server answers' none.err"

server
for host in one two three; do worker "$host" --processes 1; done
(ask spread --runs 1500) || [ $? = 1 ]
"$westline" prove cut-in.toml --vehicle car --driver reference:cc --runs 1500 --out short >/dev/null 2>&1 || [ $? = 1 ]
check "three workers leave the bytes of one process" diff -r short spread

ask torn &
pid[ask]=$!
until_tables torn $((shards / 6))
campaign=$(grep -o 'campaign [0-9a-f]*' one.log | tail -n 1 | cut -d ' ' -f 2)
say "westline.result.$campaign.cut-in.1" "nobody asked for this"
say "westline.result.$campaign.cut-in.$((shards - 1))" "{\"scenario\":\"cut-in\",\"shard\":$((shards - 1)),\"worker\":\"liar\",\"digest\":\"00\"}"
kill_now one
until_tables torn $((shards / 4))
kill_now server
sleep 1
server
until_tables torn $((shards / 3))
kill_now ask
kill_now two
worker two --processes 2
before=$(tables torn)
check "what was there before the kill is a part, not the whole" test "$before" -lt "$shards"
(ask torn --resume) || [ $? = 1 ]
check "two workers, the server and the asker killed, results forged: the same bytes" diff -r here torn
check "no run is there twice" "$westline" prove verify torn/test-record.json

# The store is lost altogether: what is missing is handed out again.
ask lost &
pid[ask]=$!
until_tables lost $((shards / 6))
kill_now server
rm -rf queue
server
wait "${pid[ask]}" || true
unset "pid[ask]"
check "the server's store lost in the middle: the same bytes" diff -r here lost

# A driver that kills whoever started it: its runs are set aside, the campaign ends.
cat >deadly.sh <<'END'
#!/bin/sh
echo "as ordered" >&2
kill -9 $PPID
END
chmod +x deadly.sh
on ask timeout 120 "$westline" prove cut-in.toml --vehicle car --driver exec:./deadly.sh --runs 2 --nats "nats://$address" --out deadly >deadly.txt 2>deadly.err &
pid[deadly]=$!
for _ in $(seq 200); do
    grep -q "left to others: it calls" three.log && break
    sleep 0.1
done
check "a worker calls no driver that its host does not allow" grep -q "allow-driver 'exec:./deadly.sh'" three.log
kill_now three
worker three --processes 1 --allow-driver exec:./deadly.sh
wait "${pid[deadly]}" || true
unset "pid[deadly]"
check "runs that kill their process are set aside after three tries" grep -q 'signal: 9' deadly/set-aside/cut-in-0.json deadly/set-aside/cut-in-1.json
check "with what was last said" grep -q 'as ordered' deadly/set-aside/cut-in-1.json
check "and are not decided" grep -q "set aside" deadly/test-record.json

kill -TERM "${pid[three]}"
check "a worker ends in order when it is asked to" wait "${pid[three]}"
unset "pid[three]"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
