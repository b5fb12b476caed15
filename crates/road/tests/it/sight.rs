//! Lines of sight over crests and decks, and past buildings.

use road::draft::{AreaDraft, AreaKind, Cubic, MapDraft, StructureDraft, StructureKind};
use road::opendrive::read;
use road::{Obstacle, RoadNetwork, Sight};

/// A straight road along the x axis, 200 m long, 7 m wide.
fn street() -> MapDraft {
    let map = r#"<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="17" length="200">
 <planView><geometry s="0" x="0" y="0" hdg="0" length="200"><line/></geometry></planView><lanes><laneSection s="0">
 <left><lane id="1" type="driving"><width sOffset="0" a="3.5"/></lane></left><center><lane id="0"/></center>
 <right><lane id="-1" type="driving"><width sOffset="0" a="3.5"/></lane></right></laneSection></lanes></road></OpenDRIVE>"#;
    read("map.xodr", map).unwrap().draft
}

fn compiled(draft: &MapDraft) -> RoadNetwork {
    RoadNetwork::compile(draft).unwrap()
}

#[test]
fn a_crest_hides_the_road_behind_it_and_not_what_towers_over_it() {
    let mut draft = street();
    // A parabola, 5 m high in the middle.
    draft.roads[0].elevation = vec![Cubic {
        b: 0.1,
        c: -0.0005,
        ..Cubic::default()
    }];
    let network = compiled(&draft);
    let Sight::Blocked { at_m, by } = network.sight([2.0, -1.75, 1.7], [198.0, -1.75, 1.2]) else {
        panic!("the crest hides nothing");
    };
    assert!(matches!(by, Obstacle::Ground(_)), "{by:?}");
    assert!(at_m[0] < 40.0, "the look goes into the slope in front: {at_m:?}");
    assert_eq!(network.sight([2.0, -1.75, 8.0], [198.0, -1.75, 8.0]), Sight::Clear);
    // Before the crest one sees the top, and an eye on the surface is not in it.
    assert_eq!(network.sight([80.0, -1.75, 6.3], [100.0, -1.75, 5.0]), Sight::Clear);
}

#[test]
fn a_deck_hides_what_lies_below_it_but_one_sees_under_it() {
    let mut draft = street();
    draft.roads[0].elevation = vec![Cubic {
        a: 6.0,
        ..Cubic::default()
    }];
    draft.roads[0].structures = vec![StructureDraft {
        kind: StructureKind::Bridge,
        name: String::new(),
        s_m: 0.0,
        length_m: 200.0,
    }];
    let network = compiled(&draft);
    let down = network.sight([100.0, 0.0, 8.0], [100.0, 2.0, 0.0]);
    assert!(
        matches!(down, Sight::Blocked { by: Obstacle::Ground(_), at_m } if (at_m[2] - 6.0).abs() < 0.5),
        "{down:?}"
    );
    assert_eq!(network.sight([100.0, -20.0, 1.5], [100.0, 20.0, 1.5]), Sight::Clear);
}

#[test]
fn a_building_hides_up_to_its_roof_unless_a_road_leads_through_it() {
    let building = |y_m: f64, height_m: f64| AreaDraft {
        kind: AreaKind::Building,
        name: String::new(),
        outline_m: vec![[90.0, y_m], [110.0, y_m], [110.0, y_m + 15.0], [90.0, y_m + 15.0]],
        height_m,
    };
    let mut draft = street();
    draft.areas = vec![building(10.0, 12.0), building(-5.0, 0.0)];
    let network = compiled(&draft);
    let past = |z_m: f64| network.sight([50.0, 17.0, z_m], [150.0, 17.0, z_m]);
    assert_eq!(
        past(1.5),
        Sight::Blocked {
            at_m: [90.0, 17.0, 1.5],
            by: Obstacle::Building(0)
        }
    );
    assert_eq!(past(12.5), Sight::Clear);
    // From above down behind it: the look ends on the roof.
    let down = network.sight([50.0, 17.0, 32.0], [150.0, 17.0, -8.0]);
    assert_eq!(
        down,
        Sight::Blocked {
            at_m: [100.0, 17.0, 12.0],
            by: Obstacle::Building(0)
        }
    );
    // Along the road, through the passage.
    assert_eq!(network.sight([50.0, -1.75, 1.5], [150.0, -1.75, 1.5]), Sight::Clear);
}
