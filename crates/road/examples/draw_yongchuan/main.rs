//! Draws the town of the site `yongchuan` with the map builder and writes it as OpenDRIVE, with a
//! page about it.
//!
//! ```text
//! cargo run --release -p road --example draw_yongchuan -- sites/yongchuan
//! ```
//!
//! The same bytes on every run. What an author should look at again goes to standard error.
//!
//! ```text
//! town      the town as data: streets, water, stops
//! terrain   hills and the valley
//! weave     courses to a street graph, expressway and ramps
//! page      what other files of the site refer to
//! places    water, parks, grounds, buildings
//! ```

mod page;
mod places;
mod terrain;
mod town;
mod weave;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1).map(std::path::PathBuf::from) else {
        eprintln!("usage: draw_yongchuan SITE_FOLDER");
        return ExitCode::from(2);
    };
    let mut graph = weave::graph();
    places::place(&mut graph);
    eprintln!(
        "{} nodes, {} streets, {} areas",
        graph.nodes.len(),
        graph.streets.len(),
        graph.areas.len()
    );
    let built = match road::builder::build(&graph) {
        Ok(built) => built,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    for note in &built.notes {
        eprintln!("{note}");
    }
    let draft = &built.draft;
    eprintln!(
        "{} roads, {} junctions, {} signal programs",
        draft.roads.len(),
        draft.junctions.len(),
        draft.controllers.len()
    );
    for (name, text) in [
        ("map.xodr", road::opendrive::write(draft)),
        ("MAP.md", page::page(&graph, draft)),
    ] {
        let path = folder.join(name);
        if let Err(error) = std::fs::write(&path, text) {
            eprintln!(
                "{}: {error}\nhint: name a folder that exists and may be written to",
                path.display()
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
