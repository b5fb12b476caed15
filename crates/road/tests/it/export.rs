//! Maps for other tools.

use crate::shared;
use road::RoadNetwork;
use road::export::{geojson, gltf};
use serde_json::Value;

/// A road of 100 m with a bus lane, a sidewalk behind a kerb, a bridge and a crossing, at 29.35 degrees north.
const ROAD: &str = r#"<OpenDRIVE><header revMajor="1" revMinor="7" name="bridge">
<geoReference>+proj=tmerc +lat_0=29.35 +lon_0=105.89 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m</geoReference></header>
<road id="1" name="High Street" length="100" junction="-1"><planView>
<geometry s="0" x="10" y="20" hdg="0" length="100"><line/></geometry></planView>
<elevationProfile><elevation s="0" a="5" b="0.02" c="0" d="0"/></elevationProfile>
<lanes><laneSection s="0"><center><lane id="0" type="none"><roadMark sOffset="0" type="solid" color="yellow"/></lane></center>
<right><lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/><roadMark sOffset="0" type="broken"/></lane>
<lane id="-2" type="bus"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>
<lane id="-3" type="sidewalk"><width sOffset="0" a="2" b="0" c="0" d="0"/><height sOffset="0" inner="0.15" outer="0.15"/></lane>
</right></laneSection></lanes>
<objects><object id="z" type="crosswalk" s="50" t="-3.5" hdg="1.5707963" length="7" width="4"/>
<bridge s="20" length="30" id="b" type="concrete"/></objects></road></OpenDRIVE>"#;

fn draft() -> road::draft::MapDraft {
    road::read_map("bridge.xodr", ROAD.as_bytes()).unwrap().draft
}

/// The JSON chunk and the binary chunk of a `.glb`.
fn chunks(file: &[u8]) -> (Value, &[u8]) {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((&file[0..4], word(4), word(8)), (&b"glTF"[..], 2, file.len()));
    let json_end = 20 + word(12);
    (
        serde_json::from_slice(&file[20..json_end]).unwrap(),
        &file[json_end + 8..json_end + 8 + word(json_end)],
    )
}

/// Upward-facing and whole area of each material's triangles, m².
fn areas_m2(file: &[u8]) -> Vec<(String, f64, f64)> {
    let (json, bytes) = chunks(file);
    let view = |accessor: &Value| {
        let accessor = &json["accessors"][accessor.as_u64().unwrap() as usize];
        let view = &json["bufferViews"][accessor["bufferView"].as_u64().unwrap() as usize];
        let (from, length) = (
            view["byteOffset"].as_u64().unwrap(),
            view["byteLength"].as_u64().unwrap(),
        );
        &bytes[from as usize..(from + length) as usize]
    };
    let primitives = json["meshes"][0]["primitives"].as_array().unwrap();
    let area = |primitive: &Value| {
        let positions: Vec<[f64; 3]> = view(&primitive["attributes"]["POSITION"])
            .chunks(12)
            .map(|chunk| [0, 4, 8].map(|at| f64::from(f32::from_le_bytes(chunk[at..at + 4].try_into().unwrap()))))
            .collect();
        let indices: Vec<usize> = view(&primitive["indices"])
            .chunks(4)
            .map(|chunk| u32::from_le_bytes(chunk.try_into().unwrap()) as usize)
            .collect();
        let (mut up_m2, mut whole_m2) = (0.0, 0.0);
        for corner in indices.chunks(3) {
            let [a, b, c] = [positions[corner[0]], positions[corner[1]], positions[corner[2]]];
            let (u, v) = (
                [0, 1, 2].map(|axis| b[axis] - a[axis]),
                [0, 1, 2].map(|axis| c[axis] - a[axis]),
            );
            let normal = [
                u[1] * v[2] - u[2] * v[1],
                u[2] * v[0] - u[0] * v[2],
                u[0] * v[1] - u[1] * v[0],
            ];
            up_m2 += 0.5 * normal[1];
            whole_m2 += 0.5 * normal.iter().map(|value| value * value).sum::<f64>().sqrt();
        }
        let material = &json["materials"][primitive["material"].as_u64().unwrap() as usize];
        (material["name"].as_str().unwrap().to_owned(), up_m2, whole_m2)
    };
    primitives.iter().map(area).collect()
}

#[test]
fn surfaces_of_a_scene_have_the_areas_of_the_road_and_look_up() {
    let areas = areas_m2(&gltf(&draft()));
    let of = |name: &str| {
        areas
            .iter()
            .find(|area| area.0 == name)
            .unwrap_or_else(|| panic!("{name}: {areas:?}"))
    };
    for (name, up_m2) in [
        ("asphalt", 350.0),
        ("bus lane", 350.0),
        ("sidewalk", 200.0),
        ("yellow paint", 12.0),
        // A broken line of 2 m in 6 m, seven bars of 0.4 m by 4 m.
        ("white paint", 0.12 * 34.0 + 7.0 * 1.6),
    ] {
        assert!(
            (of(name).1 - up_m2).abs() < 0.01 * up_m2,
            "{:?} is to be {up_m2} m²",
            of(name)
        );
    }
    // A kerb is upright: 100 m of 0.15 m.
    assert!(
        of("kerb").1.abs() < 0.01 && (of("kerb").2 - 15.0).abs() < 0.1,
        "{:?}",
        of("kerb")
    );
    // Two sides of 1.8 m and a deck of 9 m that looks down, over 30 m.
    assert!(
        (of("concrete").1 + 270.0).abs() < 1.0 && (of("concrete").2 - 378.0).abs() < 1.0,
        "{:?}",
        of("concrete")
    );
}

#[test]
fn a_building_stands_on_the_ground_beside_it_and_not_at_zero() {
    let mut draft = draft();
    draft.areas.push(road::draft::AreaDraft {
        kind: road::draft::AreaKind::Building,
        name: String::new(),
        outline_m: vec![[100.0, 40.0], [110.0, 40.0], [110.0, 50.0], [100.0, 50.0]],
        height_m: 6.0,
    });
    let file = gltf(&draft);
    let (json, _) = chunks(&file);
    let is_building = |material: &Value| material["name"] == "building";
    let material = json["materials"].as_array().unwrap().iter().position(is_building);
    let primitives = json["meshes"][0]["primitives"].as_array().unwrap();
    let building = primitives
        .iter()
        .find(|primitive| primitive["material"] == material.unwrap());
    let accessor = building.unwrap()["attributes"]["POSITION"].as_u64().unwrap();
    let up_m = |bound: &str| {
        let of_node = json["nodes"][0]["translation"][1].as_f64().unwrap();
        json["accessors"][accessor as usize][bound][1].as_f64().unwrap() + of_node
    };
    // The road rises by 2 in 100 from 5 m on; its bridge counts for nothing, and 60 m of it are about as near as 100 m.
    assert!((up_m("min") - 6.2).abs() < 1e-3, "{}", up_m("min"));
    assert!((up_m("max") - 12.2).abs() < 1e-3, "{}", up_m("max"));
}

#[test]
fn a_map_on_the_earth_is_geojson_in_longitude_and_latitude() {
    let network = RoadNetwork::compile(&draft()).unwrap();
    insta::assert_snapshot!(geojson(&network));
}

#[test]
fn a_map_without_a_place_says_that_it_is_in_metres() {
    let draft = road::draft::MapDraft {
        geo_reference: None,
        ..draft()
    };
    let text = geojson(&RoadNetwork::compile(&draft).unwrap());
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["coordinateUnit"], "metre");
    assert_eq!(
        json["features"][0]["geometry"]["coordinates"][0],
        serde_json::json!([10.0, 12.0, 5.0])
    );
}

#[test]
fn an_imported_town_written_and_read_again_lies_within_a_centimetre() {
    for path in shared::files("traffic/maps", ".osm") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let draft = road::read_map(&name, &std::fs::read(&path).unwrap()).unwrap().draft;
        let again = road::opendrive::read(&name, &road::opendrive::write(&draft)).unwrap();
        let [ours, read] = [&draft, &again.draft].map(|draft| RoadNetwork::compile(draft).unwrap());
        assert_eq!(ours.lanes().len(), read.lanes().len(), "{name}");
        let mut worst_m: f64 = 0.0;
        for (index, (a, b)) in ours.lanes().iter().zip(read.lanes()).enumerate() {
            let lane = road::LaneId(index as u32);
            assert_eq!(
                (a.opendrive_id, a.kind, &a.successors, a.signal),
                (b.opendrive_id, b.kind, &b.successors, b.signal),
                "{name}: lane {index}"
            );
            for share in [0.0, 0.3, 0.7, 1.0] {
                let at = |network: &RoadNetwork, lane_m: f64| {
                    network.lane_pose(road::LanePosition {
                        lane,
                        s_m: share * lane_m,
                        offset_m: 0.4,
                    })
                };
                let (p, q) = (at(&ours, a.length_m), at(&read, b.length_m));
                worst_m = worst_m.max((p.x_m - q.x_m).hypot(p.y_m - q.y_m).hypot(p.z_m - q.z_m));
            }
        }
        println!("{name}: {worst_m:.6} m at worst");
        assert!(worst_m < 0.01, "{name}: {worst_m} m");
    }
}
