//! A small map, and networks over it.

use network::site::NetworkSite;
use road::RoadNetwork;

/// A straight road of two kilometres eastwards from the origin, a lane each way, with a tunnel from 800 to 1100 m.
pub fn straight_road() -> RoadNetwork {
    let text = r#"<OpenDRIVE><header revMajor="1" revMinor="7" name="straight"/>
        <road id="1" length="2000" junction="-1">
          <planView><geometry s="0" x="0" y="0" hdg="0" length="2000"><line/></geometry></planView>
          <type s="0" type="town"><speed max="60" unit="km/h"/></type>
          <lanes><laneSection s="0">
            <left><lane id="1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></left>
            <center><lane id="0" type="none"/></center>
            <right><lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right>
          </laneSection></lanes>
          <objects><tunnel id="t" s="800" length="300" name="" type="standard" lighting="0" daylight="0"/></objects>
        </road></OpenDRIVE>"#;
    let reading = road::read_map("straight.xodr", text.as_bytes()).expect("a map");
    RoadNetwork::compile(&reading.draft).expect("a network")
}

/// A site of `network.toml`'s text over it.
pub fn site(text: &str) -> NetworkSite {
    NetworkSite::read("network.toml", text, &straight_road()).unwrap_or_else(|error| panic!("{error}"))
}

/// Two masts a kilometre apart beside the road.
pub const TWO_MASTS: &str = r#"
[[masts]]
name = "west"
x_m = 300
y_m = 30
[[masts]]
name = "east"
x_m = 1500
y_m = 30
"#;
