//! Places on lanes against an independent implementation, and back again.

use crate::shared;
use road::locate::locate;
use road::opendrive::read;

/// How far a place may lie from the reference table's.
const DISTANCE_M: f64 = 0.01;
/// How far an angle may turn from it.
const ANGLE_RAD: f64 = 1e-3;

#[test]
fn places_agree_with_the_reference_tables_to_a_centimetre() {
    let mut failures = Vec::new();
    for path in shared::files("road", ".positions.csv") {
        let name = path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .replace(".positions.csv", "");
        let map = std::fs::read_to_string(path.with_file_name(format!("{name}.xodr"))).unwrap();
        let table = std::fs::read_to_string(&path).unwrap();
        let draft = read(&name, &map).unwrap_or_else(|error| panic!("{error}")).draft;
        let ours = locate(&draft, &name, &table).unwrap_or_else(|error| panic!("{error}"));
        // The worst of each: distance, angle, width, t.
        let mut worst = [(0.0, 0); 4];
        for (number, (expected, found)) in table.lines().zip(ours.lines()).enumerate().skip(1) {
            let [expected, found] = [expected, found].map(|line| {
                line.split(',')
                    .skip(2)
                    .map(|c| c.parse::<f64>().unwrap())
                    .collect::<Vec<_>>()
            });
            let off = |i: usize| (expected[i] - found[i]).abs();
            let angle = |i: usize| {
                let d = off(i) % std::f64::consts::TAU;
                d.min(std::f64::consts::TAU - d)
            };
            let distance = (off(2).powi(2) + off(3).powi(2) + off(4).powi(2)).sqrt();
            let row = [distance, angle(5).max(angle(6)).max(angle(7)), off(8), off(9)];
            for (w, value) in worst.iter_mut().zip(row) {
                if value > w.0 {
                    *w = (value, number + 1);
                }
            }
        }
        let [distance, angle, width, t] = worst;
        println!(
            "{name:50} {:8.5} m (row {:3})  {:8.6} rad (row {:3})  width {:.5} m  t {:.5} m",
            distance.0, distance.1, angle.0, angle.1, width.0, t.0
        );
        if distance.0 > DISTANCE_M || angle.0 > ANGLE_RAD || width.0 > DISTANCE_M || t.0 > DISTANCE_M {
            failures.push(name);
        }
    }
    assert_eq!(
        failures,
        Vec::<String>::new(),
        "these differ; run with --nocapture for the table"
    );
}

#[test]
fn a_point_found_on_a_lane_is_that_point_and_that_lane() {
    let mut lost = Vec::new();
    for path in shared::files("road", ".positions.csv") {
        let name = path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .replace(".positions.csv", "");
        let map = std::fs::read_to_string(path.with_file_name(format!("{name}.xodr"))).unwrap();
        let draft = read(&name, &map).unwrap().draft;
        let table = std::fs::read_to_string(&path).unwrap();
        let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let points: Vec<String> = rows.iter().map(|row| row[4..7].join(",")).collect();
        let found = locate(&draft, &name, &format!("x_m,y_m,z_m\n{}\n", points.join("\n"))).unwrap();
        // Roads in junctions lie over one another: there a point has several right answers.
        let is_apart = |road: &str| {
            draft
                .roads
                .iter()
                .any(|other| other.id == road && other.junction.is_none())
        };
        for (row, line) in rows.iter().zip(found.lines().skip(1)) {
            let answer: Vec<&str> = line.split(',').collect();
            let off = |i: usize| row[i].parse::<f64>().unwrap() - answer[i].parse::<f64>().unwrap();
            let distance = off(4).hypot(off(5));
            assert!(
                distance < DISTANCE_M,
                "{name}: ({row:?}) was found {distance} m away: {line}"
            );
            let number = |i: usize| row[i].parse::<f64>().unwrap();
            let lies_on_its_lane = row[1] != "0" && number(3).abs() < 0.5 * number(10) - DISTANCE_M;
            if lies_on_its_lane && is_apart(row[0]) && is_apart(answer[0]) {
                let is_same = row[..2] == answer[..2] && off(2).abs() < DISTANCE_M && off(3).abs() < DISTANCE_M;
                if !is_same {
                    lost.push(format!("{name}: {row:?} was found as {line}"));
                }
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn wrong_rows_are_told_with_line_and_mend() {
    let map = r#"<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="17" length="100">
 <planView><geometry s="0" x="0" y="0" hdg="0" length="100"><line/></geometry></planView><lanes><laneSection s="0">
 <center><lane id="0"/></center><right><lane id="-1" type="driving"><width sOffset="0" a="4"/></lane></right>
 </laneSection></lanes></road></OpenDRIVE>"#;
    let draft = read("map.xodr", map).unwrap().draft;
    let rows = "road_id,lane_id,s_m,lane_offset_m,x_m,y_m,note\n17,-1,50,0,,,fine\n,,,,20,-1,\"fine, too\"\n";
    let wrong = "4,-1,0,0,,,\n17,-2,0,0,,,\n17,-1,100.1,0,,,\n17,-1,abc,0,,,\n,,,,900,900,\n,,,,,,\n";
    insta::assert_snapshot!(
        [
            locate(&draft, "points.csv", rows).unwrap(),
            locate(&draft, "points.csv", &format!("{rows}{wrong}"))
                .unwrap_err()
                .to_string(),
            locate(&draft, "points.csv", "lat,lon\n1,2\n").unwrap_err().to_string(),
        ]
        .join("\n\n")
    );
}
