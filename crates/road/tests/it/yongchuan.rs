//! The drawn town: the committed map is what the program makes.

#[path = "../../examples/draw_yongchuan/places.rs"]
mod places;
#[path = "../../examples/draw_yongchuan/terrain.rs"]
mod terrain;
#[path = "../../examples/draw_yongchuan/town.rs"]
mod town;
#[path = "../../examples/draw_yongchuan/weave.rs"]
mod weave;

const MAP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sites/yongchuan/map.xodr");

fn drawn() -> road::builder::Built {
    let mut graph = weave::graph();
    places::place(&mut graph);
    road::builder::build(&graph).expect("the town is sound")
}

#[test]
fn committed_map_is_what_the_program_draws() {
    let built = drawn();
    assert!(built.notes.is_empty(), "{}", built.notes.join("\n"));
    let committed = std::fs::read_to_string(MAP).expect("the site has a map");
    let drawn = road::opendrive::write(&built.draft);
    let differs = committed.lines().zip(drawn.lines()).position(|(a, b)| a != b);
    assert!(
        committed == drawn,
        "sites/yongchuan/map.xodr differs from line {differs:?} on: run the example `draw_yongchuan` again"
    );
}
