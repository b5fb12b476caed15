//! Large traffic at its public seam: SUMO's files in, everyone's steps out.

use proptest::prelude::*;
use record::Seed;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use world::microscopic::{Seen, Settings, Simulation};
use world::sumo::{SourceFile, StreetNetwork, SumoDemand, TripInfo};

/// A main road and a side road that join, in a network as netconvert would write it: the side road gives way, or both
/// have a signal.
#[derive(Clone, Debug)]
struct Town {
    lanes: usize,
    lengths_m: [f64; 3],
    speed_mps: f64,
    has_signal: bool,
}

impl Town {
    fn net(&self) -> String {
        let mut text = String::from("<net version=\"1.20\">\n");
        let edge = |text: &mut String,
                    id: &str,
                    ends: Option<(&str, &str)>,
                    lanes: usize,
                    length_m: f64,
                    shape: &str| {
            let ends = ends.map_or(" function=\"internal\"".to_owned(), |(from, to)| {
                format!(" from=\"{from}\" to=\"{to}\"")
            });
            let _ = writeln!(text, "<edge id=\"{id}\"{ends}>");
            for lane in 0..lanes {
                let _ = writeln!(
                    text,
                    "<lane id=\"{id}_{lane}\" index=\"{lane}\" speed=\"{}\" length=\"{length_m}\" shape=\"{shape}\"/>",
                    self.speed_mps
                );
            }
            text.push_str("</edge>\n");
        };
        let [main_m, side_m, out_m] = self.lengths_m;
        edge(&mut text, ":J_0", None, self.lanes, 12.0, "0,0 12,0");
        edge(&mut text, ":J_9", None, 1, 11.0, "2,-8 6,-3 12,0");
        edge(&mut text, "main", Some(("W", "J")), self.lanes, main_m, "-100,0 0,0");
        edge(&mut text, "side", Some(("S", "J")), 1, side_m, "2,-100 2,-8");
        edge(&mut text, "out", Some(("J", "E")), self.lanes, out_m, "12,0 200,0");
        if self.has_signal {
            text.push_str("<tlLogic id=\"J\" type=\"static\" programID=\"0\" offset=\"0\">\n");
            for (duration, main, side) in [
                (31, 'G', 'r'),
                (4, 'y', 'r'),
                (2, 'r', 'r'),
                (17, 'r', 'G'),
                (4, 'r', 'y'),
                (2, 'r', 'r'),
            ] {
                let state = format!("{side}{}", main.to_string().repeat(self.lanes));
                let _ = writeln!(text, "<phase duration=\"{duration}\" state=\"{state}\"/>");
            }
            text.push_str("</tlLogic>\n");
        }
        let internal: Vec<String> = (0..self.lanes).map(|lane| format!(":J_0_{lane}")).collect();
        let incoming: Vec<String> = (0..self.lanes).map(|lane| format!("main_{lane}")).collect();
        let _ = writeln!(
            text,
            "<junction id=\"J\" type=\"priority\" x=\"0\" y=\"0\" incLanes=\"side_0 {}\" intLanes=\":J_9_0 {}\" shape=\"\">",
            incoming.join(" "),
            internal.join(" ")
        );
        // Link 0 comes from the side and gives way to link 1, which leads into the same lane.
        for link in 0..=self.lanes {
            let mut response = vec!['0'; self.lanes + 1];
            let mut foes = response.clone();
            if link == 0 {
                response[self.lanes - 1] = '1';
                foes[self.lanes - 1] = '1';
            } else if link == 1 {
                foes[self.lanes] = '1';
            }
            let (response, foes): (String, String) = (response.iter().collect(), foes.iter().collect());
            let _ = writeln!(
                text,
                "<request index=\"{link}\" response=\"{response}\" foes=\"{foes}\" cont=\"0\"/>"
            );
        }
        text.push_str("</junction>\n");
        let light = |link: usize| {
            if self.has_signal {
                format!(" tl=\"J\" linkIndex=\"{link}\"")
            } else {
                String::new()
            }
        };
        let _ = writeln!(
            text,
            "<connection from=\"side\" to=\"out\" fromLane=\"0\" toLane=\"0\" via=\":J_9_0\"{} dir=\"r\" state=\"m\"/>",
            light(0)
        );
        for lane in 0..self.lanes {
            let _ = writeln!(
                text,
                "<connection from=\"main\" to=\"out\" fromLane=\"{lane}\" toLane=\"{lane}\" via=\":J_0_{lane}\"{} dir=\"s\" state=\"M\"/>\n\
                 <connection from=\":J_0\" to=\"out\" fromLane=\"{lane}\" toLane=\"{lane}\" dir=\"s\" state=\"M\"/>",
                light(1 + lane)
            );
        }
        text.push_str(
            "<connection from=\":J_9\" to=\"out\" fromLane=\"0\" toLane=\"0\" dir=\"r\" state=\"M\"/>\n</net>\n",
        );
        text
    }
}

pub fn source(name: &str, text: String) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        text,
    }
}

fn read(net: &str, routes: &str) -> Result<(Arc<StreetNetwork>, Arc<SumoDemand>), String> {
    let mut network =
        StreetNetwork::read(&source("town.net.xml", net.to_owned())).map_err(|error| error.to_string())?;
    let files = [source("town.rou.xml", routes.to_owned())];
    let demand = SumoDemand::read(&mut network, &files, Seed(1)).map_err(|error| error.to_string())?;
    Ok((Arc::new(network), Arc::new(demand)))
}

fn simulation(net: &str, routes: &str, settings: Settings) -> Simulation {
    let (network, demand) = read(net, routes).unwrap_or_else(|error| panic!("{error}"));
    Simulation::new(network, demand, settings).unwrap_or_else(|error| panic!("{error}"))
}

fn towns() -> impl Strategy<Value = Town> {
    (
        1_usize..4,
        60.0..400.0,
        30.0..300.0,
        60.0..400.0,
        5.0..30.0,
        any::<bool>(),
    )
        .prop_map(|(lanes, main_m, side_m, out_m, speed_mps, has_signal)| Town {
            lanes,
            lengths_m: [main_m, side_m, out_m],
            speed_mps,
            has_signal,
        })
}

fn routes(main_per_h: u32, side_per_h: u32) -> String {
    format!(
        "<routes>\n<vType id=\"car\"/>\n<vType id=\"bus\" vClass=\"bus\"/>\n<vType id=\"idm\" carFollowModel=\"IDM\"/>\n\
         <flow id=\"a\" type=\"car\" begin=\"0\" end=\"300\" vehsPerHour=\"{main_per_h}\" departLane=\"free\" departSpeed=\"max\"><route edges=\"main out\"/></flow>\n\
         <flow id=\"b\" type=\"bus\" begin=\"0\" end=\"300\" period=\"60\" departLane=\"best\"><route edges=\"main out\"/></flow>\n\
         <flow id=\"c\" type=\"idm\" begin=\"0\" end=\"300\" vehsPerHour=\"{side_per_h}\" departSpeed=\"max\"><route edges=\"side out\"/></flow>\n</routes>\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nobody_overlaps_jumps_or_vanishes_and_everyone_arrives(
        town in towns(), main_per_h in 100_u32..3000, side_per_h in 60_u32..900, step_s in prop::sample::select(vec![0.5, 1.0]), seed in any::<u64>(),
    ) {
        let settings = Settings { step_s, seed: Seed(seed), ..Settings::default() };
        let mut simulation = simulation(&town.net(), &routes(main_per_h, side_per_h), settings);
        let mut before: BTreeMap<u32, Seen> = BTreeMap::new();
        let mut steps = 0;
        while !simulation.is_over() {
            simulation.step();
            steps += 1;
            let totals = simulation.totals();
            prop_assert_eq!(totals.departed, totals.arrived + totals.running);
            prop_assert_eq!(totals.collisions, 0, "somebody overlaps at {} s", simulation.now_s());
            let now: Vec<Seen> = simulation.vehicles().collect();
            prop_assert_eq!(now.len(), totals.running);
            for pair in now.windows(2).filter(|pair| pair[0].lane == pair[1].lane) {
                prop_assert!(pair[0].at_m - pair[0].length_m > pair[1].at_m - 1e-6, "{:?} is in {:?}", pair[1], pair[0]);
            }
            for seen in &now {
                if let Some(old) = before.get(&seen.departure)
                    && old.lane == seen.lane
                {
                    let way_m = seen.at_m - old.at_m;
                    prop_assert!((way_m - seen.speed_mps * step_s).abs() < 1e-6, "{old:?} became {seen:?}");
                }
            }
            before = now.into_iter().map(|seen| (seen.departure, seen)).collect();
            prop_assert!(steps < 20_000, "not everyone arrives: {totals:?}");
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bytes(town in towns(), main_per_h in 100_u32..3000, seed in any::<u64>()) {
        let settings = Settings { seed: Seed(seed), ..Settings::default() };
        let digests = [1, 2, 8].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut simulation = simulation(&town.net(), &routes(main_per_h, 300), settings);
            pool.install(|| {
                let mut digests = Vec::new();
                for _ in 0..200 {
                    simulation.step();
                    digests.push(simulation.digest());
                }
                digests
            })
        });
        prop_assert_eq!(&digests[0], &digests[1]);
        prop_assert_eq!(&digests[0], &digests[2]);
    }
}

fn parking_demand(capacity: u32, durations_s: &[u32]) -> String {
    let mut text = format!(
        "<routes>\n<vType id=\"car\"/>\n<parkingArea id=\"kerb\" lane=\"main_0\" startPos=\"60\" endPos=\"120\" roadsideCapacity=\"{capacity}\"/>\n"
    );
    for (index, duration_s) in durations_s.iter().enumerate() {
        let _ = writeln!(
            text,
            "<vehicle id=\"p{index}\" type=\"car\" depart=\"{}\"><route edges=\"main out\"/><stop parkingArea=\"kerb\" duration=\"{duration_s}\"/></vehicle>",
            7 * index
        );
    }
    text + "<flow id=\"by\" type=\"car\" begin=\"0\" end=\"200\" period=\"9\" departLane=\"free\"><route edges=\"main out\"/></flow>\n</routes>\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_more_park_than_there_are_places_and_all_go_on_afterwards(
        lanes in 1_usize..3, capacity in 1_u32..4, durations_s in prop::collection::vec(1_u32..120, 1..7), seed in any::<u64>(),
    ) {
        let town = Town { lanes, lengths_m: [300.0, 100.0, 200.0], speed_mps: 13.9, has_signal: false };
        let settings = Settings { seed: Seed(seed), ..Settings::default() };
        let (network, demand) = read(&town.net(), &parking_demand(capacity, &durations_s)).unwrap();
        let mut simulation = Simulation::new(network, Arc::clone(&demand), settings).unwrap();
        let mut most = 0;
        while !simulation.is_over() {
            simulation.step();
            let totals = simulation.totals();
            prop_assert!(totals.parked <= capacity as usize, "{totals:?}");
            prop_assert_eq!(totals.departed, totals.arrived + totals.running + totals.parked);
            prop_assert_eq!(totals.collisions, 0);
            prop_assert_eq!(simulation.vehicles().count(), totals.running);
            most = most.max(totals.parked);
            prop_assert!(simulation.now_s() < 5_000.0, "{totals:?}");
        }
        prop_assert!(most > 0, "nobody parked");
        for (departure, trip) in demand.departures.iter().zip(simulation.trips()) {
            for stop in &departure.stops {
                let has_parked = f64::from(trip.halted_s) >= stop.duration_s;
                prop_assert!(trip.halts_missed == 1 || has_parked, "{trip:?} of {} s", stop.duration_s);
            }
        }
    }
}

#[test]
fn who_parks_beside_the_only_lane_lets_others_pass() {
    let town = Town {
        lanes: 1,
        lengths_m: [300.0, 100.0, 200.0],
        speed_mps: 13.9,
        has_signal: false,
    };
    let routes = |parking: &str| {
        format!(
            "<routes>\n<vehicle id=\"first\" depart=\"0\"><route edges=\"main out\"/><stop lane=\"main_0\" endPos=\"150\" duration=\"90\"{parking}/></vehicle>\n\
             <vehicle id=\"second\" depart=\"10\"><route edges=\"main out\"/></vehicle>\n</routes>\n"
        )
    };
    let arrivals_s = |parking| {
        let mut simulation = simulation(&town.net(), &routes(parking), Settings::default());
        while !simulation.is_over() {
            simulation.step();
        }
        assert!(simulation.trips()[0].halted_s >= 90.0);
        [0, 1].map(|index| simulation.trips()[index].arrival_s)
    };
    let [first_s, second_s] = arrivals_s(" parking=\"true\"");
    assert!(second_s + 30.0 < first_s, "{second_s} s, and who parked {first_s} s");
    let [first_s, second_s] = arrivals_s("");
    assert!(first_s < second_s, "who halts on the lane holds the next up");
}

#[test]
fn nobody_enters_at_red_who_could_stop() {
    let town = Town {
        lanes: 2,
        lengths_m: [300.0, 200.0, 300.0],
        speed_mps: 13.9,
        has_signal: true,
    };
    let (network, demand) = read(&town.net(), &routes(1500, 400)).unwrap();
    let mut simulation = Simulation::new(Arc::clone(&network), demand, Settings::default()).unwrap();
    let mut entered = 0;
    for _ in 0..600 {
        let before: BTreeMap<u32, Seen> = simulation.vehicles().map(|seen| (seen.departure, seen)).collect();
        simulation.step();
        for seen in simulation
            .vehicles()
            .filter(|seen| network.lanes[seen.lane as usize].is_internal)
        {
            let Some(old) = before
                .get(&seen.departure)
                .filter(|old| !network.lanes[old.lane as usize].is_internal)
            else {
                continue;
            };
            entered += 1;
            let link = network.lanes[old.lane as usize].links.start;
            let left_m = network.lanes[old.lane as usize].length_m - old.at_m;
            let could_stop = left_m > old.speed_mps * old.speed_mps / (2.0 * 4.0);
            assert!(simulation.shown(link) != b'r' || !could_stop, "{old:?} entered at red");
        }
    }
    assert!(entered > 100, "only {entered} entered at all");
}

#[test]
fn the_side_road_waits_for_the_main_road() {
    let town = Town {
        lanes: 1,
        lengths_m: [300.0, 200.0, 300.0],
        speed_mps: 13.9,
        has_signal: false,
    };
    let loss_s = |main_per_h| {
        let mut simulation = simulation(&town.net(), &routes(main_per_h, 300), Settings::default());
        while !simulation.is_over() {
            simulation.step();
        }
        let side: Vec<f64> = simulation
            .trips()
            .iter()
            .filter(|trip| trip.kind == 2)
            .map(|trip| f64::from(trip.waited_s))
            .collect();
        side.iter().sum::<f64>() / side.len() as f64
    };
    let (quiet_s, busy_s) = (loss_s(60), loss_s(1200));
    assert!(
        busy_s > quiet_s + 2.0,
        "{busy_s} s beside a busy road, {quiet_s} s beside a quiet one"
    );
}

#[test]
fn wrong_demand_is_told_with_file_line_and_mend() {
    let town = Town {
        lanes: 1,
        lengths_m: [300.0, 6.0, 300.0],
        speed_mps: 13.9,
        has_signal: false,
    };
    let told = |body: &str| {
        let error = read(
            &town.net(),
            &format!("<routes>\n<vType id=\"bus\" vClass=\"bus\"/>\n{body}\n</routes>"),
        )
        .unwrap_err();
        assert!(error.contains("hint: "), "{error}");
        error
    };
    let cases = [
        (
            "<vehicle id=\"v\" depart=\"0\"><route edges=\"main oat\"/></vehicle>",
            "no edge `oat`",
            "did you mean `out`?",
        ),
        (
            "<vehicle id=\"v\" depart=\"0\"><route edges=\"side main\"/></vehicle>",
            "gets from edge `side` to edge `main`",
            "",
        ),
        (
            "<vehicle id=\"v\" depart=\"0\" type=\"bus\"><route edges=\"side out\"/></vehicle>",
            "longer than the lanes of edge `side`",
            "",
        ),
        (
            "<flow id=\"f\" begin=\"0\" end=\"9\" number=\"-1\"><route edges=\"main out\"/></flow>",
            "`number` of <flow> is `-1`",
            "",
        ),
        (
            "<vehicle id=\"v\" depart=\"-5\"><route edges=\"main out\"/></vehicle>",
            "`depart` is `-5`",
            "",
        ),
        (
            "<vehicle id=\"v\" depart=\"0\" type=\"tank\"><route edges=\"main out\"/></vehicle>",
            "no type `tank`",
            "",
        ),
        (
            "<parkingArea id=\"p\" lane=\"main_0\" startPos=\"10\" endPos=\"50\"/>",
            "parking area `p` has no place",
            "roadsideCapacity",
        ),
        (
            "<vehicle id=\"v\" depart=\"0\"><route edges=\"main out\"/><stop parkingArea=\"q\" duration=\"5\"/></vehicle>",
            "no parking area `q`",
            "",
        ),
    ];
    for (body, what, mend) in cases {
        let error = told(body);
        assert!(
            error.starts_with("town.rou.xml:3: ") && error.contains(what) && error.contains(mend),
            "{error}"
        );
    }
    let (_, demand) = read(
        &town.net(),
        "<routes>\n<vehicle id=\"v\" depart=\"5\"><route edges=\"main out\"/></vehicle></routes>",
    )
    .unwrap();
    let files = [source("town.rou.xml", String::new())];
    let error = demand.check_begin(&files, 60.0).unwrap_err().to_string();
    assert!(
        error.starts_with("town.rou.xml:2: `v` departs at 5 s, in the past"),
        "{error}"
    );
}

#[test]
fn trips_of_another_simulator_are_read_and_what_is_wrong_with_them_is_told_with_its_line() {
    let read = |text: &str| TripInfo::read(&source("trips.xml", text.to_owned())).map_err(|error| error.to_string());
    let trips = read("<tripinfos>\n<tripinfo id=\"a\" duration=\"61.5\" timeLoss=\"3\"/>\n</tripinfos>").unwrap();
    assert_eq!(
        trips,
        [TripInfo {
            id: "a".to_owned(),
            duration_s: 61.5,
            time_loss_s: 3.0
        }]
    );
    let cases = [
        (
            "<tripinfos>\n<tripinfo id=\"a\" duration=\"-1\" timeLoss=\"3\"/></tripinfos>",
            "trips.xml:2: `duration` of <tripinfo> is `-1`",
        ),
        (
            "<tripinfos>\n<tripinfo id=\"a\" duration=\"1\"/></tripinfos>",
            "trips.xml:2: <tripinfo> has no `timeLoss`",
        ),
        (
            "<routes/>",
            "trips.xml:1: the root element is `routes`, expected <tripinfos>",
        ),
        ("", "trips.xml:1:1: "),
    ];
    for (text, expected) in cases {
        let found = read(text).expect_err(text);
        assert!(found.contains(expected) && found.contains("hint: "), "{found}");
    }
}

/// Every SUMO scenario of the shared data: a folder with a network, additional files and routes.
#[test]
fn foreign_scenarios_play_to_their_end_without_overlap_or_jam() {
    let root = std::env::var_os("WESTLINE_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let mut played = 0;
    let folders = std::fs::read_dir(root.join("data/traffic"))
        .into_iter()
        .flatten()
        .flatten();
    for folder in folders.map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let mut files: Vec<std::path::PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        let named = |part: &str| -> Vec<SourceFile> {
            files
                .iter()
                .filter(|file| file.to_string_lossy().contains(part))
                .map(|file| open(file))
                .collect()
        };
        let Some(net) = named(".net.xml").pop() else {
            continue;
        };
        let mut demand = named(".add.xml");
        demand.extend(named(".rou.xml"));
        let mut network = StreetNetwork::read(&net).unwrap_or_else(|error| panic!("{error}"));
        let demand = SumoDemand::read(&mut network, &demand, Seed(1)).unwrap_or_else(|error| panic!("{error}"));
        let count = demand.departures.len();
        let mut simulation = Simulation::new(Arc::new(network), Arc::new(demand), Settings::default()).unwrap();
        while !simulation.is_over() {
            simulation.step();
            assert!(
                simulation.now_s() < 20_000.0,
                "{}: jammed: {:?}",
                folder.display(),
                simulation.totals()
            );
        }
        assert_eq!(
            (simulation.totals().arrived, simulation.totals().collisions),
            (count, 0),
            "{}",
            folder.display()
        );
        played += 1;
    }
    if played == 0 {
        eprintln!("skipped: no folder with a *.net.xml under data/traffic; set WESTLINE_SHARED");
    }
}

fn open(path: &std::path::Path) -> SourceFile {
    let content = std::fs::read(path).unwrap_or_else(|error| panic!("{error}"));
    let mut text = String::new();
    if content.starts_with(&[0x1f, 0x8b]) {
        std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(content.as_slice()), &mut text)
            .unwrap_or_else(|error| panic!("{error}"));
    } else {
        text = String::from_utf8(content).unwrap_or_else(|error| panic!("{error}"));
    }
    source(&path.display().to_string(), text)
}
