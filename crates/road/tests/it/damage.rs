//! Damaged maps of every format: an answer or an error, soon, and never a panic.
//!
//! Some hundreds of mutations a format run here; `WESTLINE_MUTATIONS=1000000 cargo test --release -p road --test it
//! damage` runs as many as it says, see docs/roads.md.

use proptest::prelude::*;
use road::RoadNetwork;
use std::sync::mpsc;
use std::time::Duration;

const NET: &str = r#"<net version="1.20"><location netOffset="0,0" projParameter="+proj=utm +zone=32 +datum=WGS84"/>
<edge id=":c_0" function="internal"><lane id=":c_0_0" index="0" speed="9" length="20" shape="90,-5 99,-4 110,-5"/></edge>
<edge id=":c_c0" function="crossing" crossingEdges="a b"><lane id=":c_c0_0" index="0" speed="1" length="9" width="4" shape="90,-8 90,2"/></edge>
<edge id="a" from="w" to="c"><lane id="a_0" index="0" speed="9" length="90" shape="0,-5,1 40,-5,2 90,-5"/>
<lane id="a_1" index="1" allow="bus" speed="9" length="90" shape="0,-1.8 90,-1.8"/></edge>
<edge id="b" from="c" to="e"><lane id="b_0" index="0" speed="9" width="3.5" length="90" shape="110,-5 160,-5 190,12"/></edge>
<tlLogic id="c" type="static" programID="0" offset="5"><phase duration="30" state="Gr"/><phase duration="20" state="rG"/></tlLogic>
<junction id="c" type="traffic_light" incLanes="a_0" intLanes=":c_0_0"><request index="0" response="0" foes="0"/></junction>
<connection from="a" to="b" fromLane="0" toLane="0" via=":c_0_0" tl="c" linkIndex="0" dir="s" state="O"/>
<connection from=":c_0" to="b" fromLane="0" toLane="0" dir="s" state="M"/><roundabout nodes="c" edges="a b"/></net>"#;

const OSM: &str = r#"<osm version="0.6"><node id="1" lat="29.3500" lon="105.8900"/><node id="2" lat="29.3510" lon="105.8900">
<tag k="highway" v="traffic_signals"/></node><node id="3" lat="29.3520" lon="105.8901"/><node id="4" lat="29.3510" lon="105.8915"/>
<node id="5" lat="29.3510" lon="105.8880"><tag k="highway" v="crossing"/></node><node id="6" lat="29.3510" lon="105.8870"/>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/><tag k="lanes" v="4"/><tag k="bridge" v="yes"/>
<tag k="layer" v="1"/><tag k="maxspeed" v="60"/></way><way id="11"><nd ref="4"/><nd ref="2"/><nd ref="5"/><nd ref="6"/>
<tag k="highway" v="tertiary"/><tag k="turn:lanes:forward" v="left|through"/><tag k="cycleway" v="lane"/></way>
<relation id="20"><member type="way" ref="10" role="from"/><member type="node" ref="2" role="via"/><member type="way" ref="11" role="to"/>
<tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation></osm>"#;

const XODR: &str = r#"<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="150" junction="-1"><link>
<successor elementType="road" elementId="2" contactPoint="start"/></link><planView>
<geometry s="0" x="0" y="0" hdg="0" length="50"><spiral curvStart="0" curvEnd="0.02"/></geometry>
<geometry s="50" x="49.4" y="8.2" hdg="0.5" length="50"><arc curvature="0.02"/></geometry>
<geometry s="100" x="75.303" y="48.542" hdg="1.5" length="50"><paramPoly3 aU="0" bU="50" cU="0" dU="0" aV="0" bV="0" cV="5" dV="-3" pRange="normalized"/></geometry>
</planView><elevationProfile><elevation s="0" a="1" b="0.02" c="0" d="0"/></elevationProfile>
<lateralProfile><superelevation s="0" a="0.03" b="0" c="0" d="0"/></lateralProfile><lanes><laneOffset s="0" a="1" b="0" c="0" d="0"/>
<laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="3" b="0.01" c="0" d="0"/></lane></left><center><lane id="0"/></center>
<right><lane id="-1" type="driving"><link><successor id="-1"/></link><width sOffset="0" a="3.5" b="0" c="0" d="0"/>
<roadMark sOffset="0" type="broken"/><height sOffset="0" inner="0.1" outer="0.1"/></lane></right></laneSection></lanes>
<objects><object id="z" type="crosswalk" s="20" t="0" hdg="1.57" length="7" width="4"/><bridge s="2" length="30" id="b"/></objects>
<signals><signal id="s" s="140" t="-4" dynamic="yes" orientation="+" type="1000001" subtype="-1"/></signals></road>
<road id="2" length="10" junction="-1"><planView><geometry s="0" x="76.8" y="98.5" hdg="1.43" length="10"><line/></geometry></planView>
<lanes><laneSection s="0"><center><lane id="0"/></center><right><lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/>
</lane></right></laneSection></lanes></road></OpenDRIVE>"#;

/// No map of a kilobyte takes longer, on a busy machine in a debug build.
const TIME_MAX: Duration = Duration::from_secs(20);
/// Nor does it become a larger network.
const MEMORY_BYTES_MAX: usize = 1 << 30;

fn cases() -> u32 {
    let count = std::env::var("WESTLINE_MUTATIONS")
        .ok()
        .and_then(|text| text.parse().ok());
    count.unwrap_or(300)
}

/// A change of a text: where, how much of it, and what stands there instead.
#[derive(Clone, Debug)]
enum Mutation {
    Noise { at: f64, length: usize, noise: String },
    Number { which: usize, value: &'static str },
    Copy { from: f64, length: usize, to: f64 },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let hostile = [
        "NaN",
        "inf",
        "-inf",
        "1e308",
        "-1e9",
        "1e9",
        "1e-300",
        "0",
        "-0",
        "-1",
        "4294967296",
        "65535",
        "1e5",
        "",
        "0.001",
    ];
    prop_oneof![
        (0.0..1.0f64, 0usize..60, "[<>\"/&a0.e -]{0,8}").prop_map(|(at, length, noise)| Mutation::Noise {
            at,
            length,
            noise
        }),
        (0usize..400, prop::sample::select(hostile.to_vec()))
            .prop_map(|(which, value)| Mutation::Number { which, value }),
        (0.0..1.0f64, 0usize..300, 0.0..1.0f64).prop_map(|(from, length, to)| Mutation::Copy { from, length, to }),
    ]
}

fn mutated(text: &str, mutations: &[Mutation]) -> String {
    let mut text = text.to_owned();
    let place = |text: &str, share: f64| text.floor_char_boundary((share * text.len() as f64) as usize);
    for mutation in mutations {
        match mutation {
            Mutation::Noise { at, length, noise } => {
                let start = place(&text, *at);
                let end = text.ceil_char_boundary((start + length).min(text.len()));
                text.replace_range(start..end, noise);
            }
            Mutation::Number { which, value } => {
                let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
                let starts: Vec<usize> = text
                    .char_indices()
                    .filter(|&(index, c)| is_number(c) && !text[..index].ends_with(is_number))
                    .map(|(index, _)| index)
                    .collect();
                if let Some(&start) = starts.get(which % starts.len().max(1)) {
                    let end = text[start..]
                        .find(|c| !is_number(c))
                        .map_or(text.len(), |length| start + length);
                    text.replace_range(start..end, value);
                }
            }
            Mutation::Copy { from, length, to } => {
                let start = place(&text, *from);
                let end = text.ceil_char_boundary((start + length).min(text.len()));
                let copy = text[start..end].to_owned();
                let to = place(&text, *to);
                text.insert_str(to, &copy);
            }
        }
    }
    text
}

/// Reads, compiles, exports, writes and reads again; in a thread of its own, so that a case that never ends is told too.
fn survives(file: &'static str, text: String) {
    let (done, outcome) = mpsc::channel();
    let case = text.clone();
    let worker = std::thread::spawn(move || {
        let _ = done.send(std::panic::catch_unwind(|| take_through(file, &case)));
    });
    match outcome.recv_timeout(TIME_MAX) {
        Ok(Ok(())) => worker.join().expect("a thread that has sent its outcome ends"),
        Ok(Err(panic)) => {
            eprintln!("{text}");
            std::panic::resume_unwind(panic);
        }
        Err(_) => panic!("took more than {TIME_MAX:?}: {text}"),
    }
}

fn take_through(file: &str, text: &str) {
    if let Ok(reading) = road::read_map(file, text.as_bytes())
        && let Ok(network) = RoadNetwork::compile(&reading.draft)
    {
        assert!(
            network.memory_bytes() < MEMORY_BYTES_MAX,
            "{} bytes for a kilobyte of map",
            network.memory_bytes()
        );
        let _ = road::export::geojson(&network);
        let _ = road::export::gltf(&reading.draft);
        let written = road::opendrive::write(&reading.draft);
        road::read_map("again.xodr", written.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    }
}

proptest! {
    // The same damage every time, so that nobody's tests fail by chance; the long run, with `WESTLINE_MUTATIONS`, looks
    // further along the same sequence.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_time: 60_000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(cases())
    })]

    #[test]
    fn damaged_sumo_networks_are_an_error_or_a_map(mutations in prop::collection::vec(mutation(), 1..4)) {
        survives("damaged.net.xml", mutated(NET, &mutations));
    }

    #[test]
    fn damaged_openstreetmap_extracts_are_an_error_or_a_map(mutations in prop::collection::vec(mutation(), 1..4)) {
        survives("damaged.osm", mutated(OSM, &mutations));
    }

    #[test]
    fn damaged_opendrive_files_are_an_error_or_a_map(mutations in prop::collection::vec(mutation(), 1..4)) {
        survives("damaged.xodr", mutated(XODR, &mutations));
    }
}

#[test]
fn the_maps_to_be_damaged_are_sound() {
    for (file, text) in [("a.net.xml", NET), ("a.osm", OSM), ("a.xodr", XODR)] {
        let reading = road::read_map(file, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        RoadNetwork::compile(&reading.draft).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}
