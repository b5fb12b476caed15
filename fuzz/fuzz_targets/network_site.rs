//! Any text as a site's network and its rules: read, over a map without a place on the Earth.

#![no_main]

use std::sync::LazyLock;

/// A lane of a hundred metres.
const MAP: &str = r#"<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="100" junction="-1">
<planView><geometry s="0" x="0" y="0" hdg="0" length="100"><line/></geometry></planView>
<lanes><laneSection s="0"><center><lane id="0" type="none"/></center>
<right><lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right></laneSection></lanes>
</road></OpenDRIVE>"#;

static NETWORK: LazyLock<road::RoadNetwork> = LazyLock::new(|| {
    let reading = road::read_map("fuzz.xodr", MAP.as_bytes()).expect("the map above is sound");
    road::RoadNetwork::compile(&reading.draft).expect("the map above is sound")
});

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = network::site::NetworkSite::read("fuzz", text, &NETWORK);
    let _ = network::remote::Rules::read("fuzz", text);
});
