//! Ways for a matrix, at the public seam: streets and numbers in, ways out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

use crate::large::source;
use record::Seed;
use std::sync::Arc;
use world::assignment::{Assignment, Question};
use world::microscopic::Settings;
use world::sumo::{Control, Count, OdFlow, StreetNetwork, StreetPlan, SumoDemand, read_counts, read_matrix};

/// Two ways from A to B: a short one of one lane behind a light that is mostly red, and a detour.
fn town() -> StreetPlan {
    let mut plan = StreetPlan::default();
    let place = |plan: &mut StreetPlan, at_m| plan.place(at_m, Control::Priority);
    let (start, a) = (place(&mut plan, [-400.0, 0.0]), place(&mut plan, [0.0, 0.0]));
    let light = plan.place(
        [600.0, 0.0],
        Control::Signal {
            east_west_s: 10,
            north_south_s: 50,
            offset_s: 0,
        },
    );
    let (b, end) = (place(&mut plan, [1200.0, 0.0]), place(&mut plan, [1600.0, 0.0]));
    let detour = place(&mut plan, [600.0, 700.0]);
    for (id, ends) in [
        ("start", [start, a]),
        ("short1", [a, light]),
        ("short2", [light, b]),
        ("end", [b, end]),
    ] {
        plan.street(id, ends, 1, 13.9, 2);
    }
    plan.street("long1", [a, detour], 1, 13.9, 1);
    plan.street("long2", [detour, b], 1, 13.9, 1);
    plan
}

fn question(vehicles: f64, counts: Vec<Count>) -> Question {
    let mut network = StreetNetwork::read(&source("town.net.xml", town().net())).unwrap();
    let types = source("types.add.xml", "<routes><vType id=\"assigned\"/></routes>".to_owned());
    let given = SumoDemand::read(&mut network, &[types], Seed(1)).unwrap();
    let matrix = format!("begin_s,end_s,from,to,vehicles\n0,1800,start,end,{vehicles}\n");
    let flows: Vec<OdFlow> = read_matrix(&network, &source("matrix.csv", matrix), None).unwrap();
    Question {
        network: Arc::new(network),
        given,
        flows,
        counts,
        settings: Settings::default(),
    }
}

fn play(mut assignment: Assignment, rounds: usize) -> (Vec<f64>, Assignment) {
    let gaps = (0..rounds).map(|_| assignment.round().unwrap().gap).collect();
    (gaps, assignment)
}

#[test]
fn few_take_the_short_way_and_many_share_both_until_neither_is_quicker() {
    let uses_detour = |vehicles: f64| {
        let (gaps, assignment) = play(Assignment::new(question(vehicles, Vec::new())).unwrap(), 12);
        let routes = assignment.routes("vClass=\"passenger\"");
        let detours = routes.matches("long1").count() as f64;
        (gaps, detours / vehicles)
    };
    let (_, few) = uses_detour(40.0);
    assert!(few < 0.1, "{few} of a quiet half hour take the detour");
    let (gaps, many) = uses_detour(400.0);
    assert!(
        (0.2..0.95).contains(&many),
        "{many} of a busy half hour take the detour"
    );
    let (first, last) = (gaps[0], gaps[gaps.len() - 1]);
    assert!(last < 0.12 && last < 0.2 * first, "the gap went from {first} to {last}");
}

#[test]
fn the_same_question_has_the_same_answer() {
    let routes = || {
        play(Assignment::new(question(200.0, Vec::new())).unwrap(), 3)
            .1
            .routes("")
    };
    assert_eq!(routes(), routes());
}

#[test]
fn a_matrix_is_scaled_until_it_meets_what_was_counted() {
    let network = question(1.0, Vec::new()).network;
    let counts = source(
        "counts.csv",
        "begin_s,end_s,edge,vehicles\n0,1800,start,240\n".to_owned(),
    );
    let counts = read_counts(&network, &counts).unwrap();
    let mut assignment = Assignment::new(question(120.0, counts)).unwrap();
    let fits: Vec<Option<f64>> = (0..8).map(|_| assignment.round().unwrap().fit).collect();
    assert_eq!((fits[0], fits[7]), (Some(0.0), Some(1.0)), "{fits:?}");
    let (least, most) = assignment.scales();
    assert!(
        least == most && (1.7..2.3).contains(&most),
        "scaled by {least} to {most}"
    );
}

#[test]
fn wrong_matrices_are_told_with_file_line_and_mend() {
    let network = question(1.0, Vec::new()).network;
    let told = |text: &str| {
        let error = read_matrix(&network, &source("m", text.to_owned()), None)
            .unwrap_err()
            .to_string();
        assert!(error.contains("\nhint: "), "{error}");
        error
    };
    assert!(told("begin,end,from,to,vehicles\n").starts_with("m:1: the columns are"));
    assert!(told("begin_s,end_s,from,to,vehicles\n0,60,start,ent,5\n").contains("m:2: the network has no edge `ent`"));
    assert!(told("begin_s,end_s,from,to,vehicles\n60,0,start,end,5\n").starts_with("m:2: "));
    assert!(told("begin_s,end_s,from,to,vehicles\n0,60,start,end,NaN\n").starts_with("m:2: "));
    let xml = "<data><interval begin=\"0\" end=\"60\">\n<tazRelation from=\"start\" to=\"end\"/></interval></data>";
    assert!(told(xml).starts_with("m:2: <tazRelation> has no `count`"));
    let lost = "begin_s,end_s,from,to,vehicles\n0,60,end,start,5\n";
    let flows = read_matrix(&network, &source("m", lost.to_owned()), None).unwrap();
    let error = Assignment::new(Question {
        flows,
        ..question(1.0, Vec::new())
    })
    .unwrap_err()
    .to_string();
    assert!(error.starts_with("no way leads from `end` to `start`"), "{error}");
}
