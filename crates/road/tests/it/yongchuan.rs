//! The drawn town: the committed map is what the program makes.

#[path = "../../examples/draw_yongchuan/page.rs"]
mod page;
#[path = "../../examples/draw_yongchuan/places.rs"]
mod places;
#[path = "../../examples/draw_yongchuan/terrain.rs"]
mod terrain;
#[path = "../../examples/draw_yongchuan/town.rs"]
mod town;
#[path = "../../examples/draw_yongchuan/weave.rs"]
mod weave;

const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sites/yongchuan");

fn drawn() -> (road::builder::StreetGraph, road::builder::Built) {
    let mut graph = weave::graph();
    places::place(&mut graph);
    let built = road::builder::build(&graph).expect("the town is sound");
    (graph, built)
}

#[test]
fn committed_map_is_what_the_program_draws() {
    let (graph, built) = drawn();
    assert!(built.notes.is_empty(), "{}", built.notes.join("\n"));
    for (name, drawn) in [
        ("map.xodr", road::opendrive::write(&built.draft)),
        ("MAP.md", page::page(&graph, &built.draft)),
    ] {
        let committed = std::fs::read_to_string(format!("{SITE}/{name}")).expect("the site has its files");
        let differs = committed.lines().zip(drawn.lines()).position(|(a, b)| a != b);
        assert!(
            committed == drawn,
            "sites/yongchuan/{name} differs from line {differs:?} on: run the example `draw_yongchuan` again"
        );
    }
}
