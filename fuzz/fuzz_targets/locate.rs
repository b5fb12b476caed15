//! Reads any text as a table of places on a small map: an answer or an error, and no panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const MAP: &str = r#"<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="100"><planView>
<geometry s="0" x="0" y="0" hdg="0" length="100"><arc curvature="0.02"/></geometry></planView><lanes>
<laneSection s="0"><center><lane id="0"/></center><right><lane id="-1" type="driving">
<width sOffset="0" a="4" b="0" c="0" d="0"/></lane></right></laneSection></lanes></road></OpenDRIVE>"#;

static DRAFT: LazyLock<road::draft::MapDraft> =
    LazyLock::new(|| road::opendrive::read("map.xodr", MAP).expect("the map is sound").draft);

fuzz_target!(|table: &str| {
    let _ = road::locate::locate(&DRAFT, "fuzz.csv", table);
});
