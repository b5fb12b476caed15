//! A town for tests: a ring of four streets with a stop on the south and one on the north side, and a side street.

use road::RoadNetwork;
use road::builder::{LaneSpec, Node, NodeKind, Side, StopSpec, Street, StreetGraph, build};
use road::draft::{GeoReference, LaneKind, RoadClass};
use service::SiteFiles;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The roads, compiled once for all tests.
pub fn network() -> Arc<RoadNetwork> {
    static NETWORK: OnceLock<Arc<RoadNetwork>> = OnceLock::new();
    NETWORK.get_or_init(|| Arc::new(compile())).clone()
}

fn compile() -> RoadNetwork {
    let mut graph = StreetGraph::new("ring town");
    graph.geo_reference = Some(GeoReference {
        latitude_deg: 29.35,
        longitude_deg: 105.89,
        ..GeoReference::default()
    });
    let mut node = |id: &str, x_m: f64, y_m: f64| {
        graph.add_node(Node {
            id: id.to_owned(),
            x_m,
            y_m,
            kind: NodeKind::GiveWay,
            has_crossings: true,
            ..Node::default()
        })
    };
    let corners = [
        node("south-west", 0.0, 0.0),
        node("south-east", 400.0, 0.0),
        node("north-east", 400.0, 240.0),
        node("north-west", 0.0, 240.0),
    ];
    let outside = [
        node("west", -200.0, 0.0),
        node("east", 600.0, 0.0),
        node("far", 600.0, 240.0),
        node("wild", -200.0, 240.0),
    ];
    let lanes = || {
        vec![
            LaneSpec::new(LaneKind::Driving, 3.5),
            LaneSpec::new(LaneKind::Sidewalk, 3.0),
        ]
    };
    let street = |id: &str, from, to, stops: Vec<StopSpec>| Street {
        id: id.to_owned(),
        name: id.to_owned(),
        from,
        to,
        class: RoadClass::Local,
        speed_mps_max: 40.0 / 3.6,
        forward: lanes(),
        backward: lanes(),
        stops,
        ..Street::default()
    };
    let stop = |id: &str, name: &str, at_m: f64| StopSpec {
        id: id.to_owned(),
        name: name.to_owned(),
        at_m,
        side: Side::Forward,
        length_m: 30.0,
        is_in_bay: false,
    };
    // Anticlockwise, so that the kerb side is the outer one.
    let ring = [
        street("1", corners[0], corners[1], vec![stop("A", "South Gate", 200.0)]),
        street("2", corners[1], corners[2], Vec::new()),
        street("3", corners[2], corners[3], vec![stop("B", "North Gate", 200.0)]),
        street("4", corners[3], corners[0], Vec::new()),
    ];
    ring.into_iter().for_each(|street| {
        graph.add_street(street);
    });
    for (i, &corner) in corners.iter().enumerate() {
        graph.add_street(street(&format!("{}", i + 5), corner, outside[i], Vec::new()));
    }
    let built = build(&graph).expect("the graph is sound");
    RoadNetwork::compile(&built.draft).expect("the draft is sound")
}

/// Round trips A, B, A every ten minutes from 07:00 on.
pub const STOP_TIMES: &str = "trip_id,arrival_time,departure_time,stop_id,stop_sequence
t1,07:00:00,07:00:00,A,1
t1,07:02:30,07:03:00,B,2
t1,07:06:00,07:06:00,A,3
t2,07:10:00,07:10:00,A,1
t2,07:12:30,07:13:00,B,2
t2,07:16:00,07:16:00,A,3
t3,07:20:00,07:20:00,A,1
t3,07:22:30,07:23:00,B,2
t3,07:26:00,07:26:00,A,3
";

/// The site's files, some of them replaced, added or (if empty) left out.
pub fn files(changed: &[(&str, &str)]) -> SiteFiles {
    let mut texts: BTreeMap<&str, &str> = BTreeMap::from([
        (
            "site.toml",
            "name = \"Ring town\"\n[day]\nfrom = \"06:58\"\nto = \"07:30\"\n",
        ),
        (
            "fleet.toml",
            "[[vehicles]]\nsheet = \"minibus\"\ncount = 2\n[[chargers]]\nstop = \"A\"\npower_w = 60000\n",
        ),
        ("demand/traffic.toml", ""),
        (
            "demand/passengers.csv",
            "from_stop_id,to_stop_id,hour,passengers\nA,B,6,40\nA,B,7,80\nB,A,7,60\n",
        ),
        (
            "gtfs/agency.txt",
            "agency_name,agency_url,agency_timezone\nRing,https://example.org,Asia/Shanghai\n",
        ),
        (
            "gtfs/stops.txt",
            "stop_id,stop_name,stop_lat,stop_lon\nA,South Gate,29.349950,105.892059\nB,North Gate,29.352215,105.892059\n",
        ),
        ("gtfs/routes.txt", "route_id,route_short_name,route_type\nR,R,3\n"),
        (
            "gtfs/trips.txt",
            "route_id,service_id,trip_id,trip_headsign\nR,daily,t1,North\nR,daily,t2,North\nR,daily,t3,North\n",
        ),
        ("gtfs/stop_times.txt", STOP_TIMES),
        (
            "gtfs/calendar.txt",
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\ndaily,1,1,1,1,1,1,1,20260101,20261231\n",
        ),
    ]);
    for &(path, text) in changed {
        texts.insert(path, text);
    }
    SiteFiles::table(
        "ring",
        texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(path, text)| (path.to_owned(), Cow::Owned(text.as_bytes().to_vec()))),
    )
}
