//! Height grids: read from GeoTIFFs that the tests write, and streets laid on them.

use proptest::prelude::*;
use road::draft::GeoReference;
use road::heights::HeightGrid;
use road::{LaneId, RoadNetwork, read_map_on};
use std::io::Cursor;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;

/// A grid of 61 by 41 samples: `keys` say what its coordinates mean, `first` where the first sample's corner lies.
fn geotiff(keys: &[u16], first: [f64; 2], step: f64, height_m: impl Fn(usize, usize) -> f32) -> Vec<u8> {
    let (columns, rows) = (61, 41);
    let samples: Vec<f32> = (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (column, row)))
        .map(|(column, row)| height_m(column, row))
        .collect();
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut image = encoder
        .new_image::<colortype::Gray32Float>(columns as u32, rows as u32)
        .unwrap();
    let tags = image.encoder();
    tags.write_tag(Tag::from_u16_exhaustive(33_550), &[step, step, 0.0][..])
        .unwrap();
    tags.write_tag(
        Tag::from_u16_exhaustive(33_922),
        &[0.0, 0.0, 0.0, first[0], first[1], 0.0][..],
    )
    .unwrap();
    tags.write_tag(Tag::from_u16_exhaustive(34_735), keys).unwrap();
    tags.write_tag(Tag::from_u16_exhaustive(42_113), "-9999").unwrap();
    image.write_data(&samples).unwrap();
    bytes.into_inner()
}

const IN_DEGREES: &[u16] = &[1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326];

#[test]
fn a_grid_in_degrees_is_linear_between_its_samples_and_ends_at_its_border() {
    let grid = geotiff(IN_DEGREES, [106.0, 30.0], 0.001, |column, row| {
        100.0 + 2.0 * column as f32 - row as f32
    });
    let grid = HeightGrid::read("h.tif", &grid).unwrap();
    // The first sample stands in the middle of its square.
    let at = |column: f64, row: f64| grid.height_m(30.0 - 0.001 * (row + 0.5), 106.0 + 0.001 * (column + 0.5));
    let near = |found: Option<f64>, wanted: f64| assert!((found.unwrap() - wanted).abs() < 1e-3, "{found:?} {wanted}");
    near(at(0.0, 0.0), 100.0);
    near(at(10.25, 20.5), 100.0);
    near(at(60.0, 40.0), 180.0);
    assert_eq!(at(-0.6, 3.0), None);
    assert_eq!(at(3.0, 40.6), None);
}

#[test]
fn a_grid_in_a_zone_of_utm_is_found_where_it_lies_and_holes_are_not_filled() {
    let keys = &[1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 2, 3072, 0, 1, 32_648];
    let grid = geotiff(keys, [500_000.0, 3_300_000.0], 30.0, |column, _| {
        if column < 30 { 250.0 } else { -9999.0 }
    });
    let grid = HeightGrid::read("h.tif", &grid).unwrap();
    let zone = GeoReference {
        latitude_deg: 0.0,
        longitude_deg: 105.0,
        scale: 0.9996,
        east_m: 500_000.0,
        north_m: 0.0,
    };
    let at = |x_m: f64, y_m: f64| {
        let [latitude_deg, longitude_deg] = zone.to_geographic_deg(x_m, y_m);
        grid.height_m(latitude_deg, longitude_deg)
    };
    assert_eq!(at(500_100.0, 3_299_900.0), Some(250.0));
    assert_eq!(at(501_500.0, 3_299_900.0), None);
}

#[test]
fn what_is_no_grid_of_heights_is_refused_with_a_mend() {
    let read = |content: &[u8]| HeightGrid::read("h.tif", content).unwrap_err().to_string();
    let nowhere = geotiff(&[1, 1, 0, 1, 1024, 0, 1, 3], [0.0, 0.0], 1.0, |_, _| 1.0);
    let empty = geotiff(IN_DEGREES, [0.0, 0.0], 1.0, |_, _| -9999.0);
    for message in [read(b""), read(b"II*\0nonsense"), read(&nowhere), read(&empty)] {
        assert!(
            message.starts_with("h.tif: ") && message.contains("\nhint: "),
            "{message}"
        );
    }
}

proptest! {
    #[test]
    fn a_damaged_grid_is_an_error_or_a_grid_and_never_a_panic(
        at in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 1..12),
        cut in any::<prop::sample::Index>(), degrees in -200.0..200.0_f64,
    ) {
        let mut content = geotiff(IN_DEGREES, [106.0, 30.0], 0.001, |column, _| column as f32);
        // Half of all damage to the directory, which stands at the end, and to the header.
        let from = if at.index(2) == 0 { at.index(content.len()) } else { content.len() - 1 - at.index(300) };
        for (offset, byte) in noise.iter().enumerate() {
            let place = (from + offset) % content.len();
            content[place] = *byte;
        }
        for content in [&content[..], &content[..cut.index(content.len())]] {
            if let Ok(grid) = HeightGrid::read("h.tif", content) {
                let _ = grid.height_m(degrees, degrees);
            }
        }
    }
}

#[test]
fn streets_follow_the_ground_and_bridges_run_straight_over_it() {
    // A street 1,000 m long from west to east, a footbridge's length of it a bridge; the ground a valley.
    let point = |id: u32, metres: f64| {
        format!(
            "<node id=\"{id}\" lat=\"30\" lon=\"{:.9}\"/>",
            106.0 + metres / 96_486.0
        )
    };
    let way = |id: u32, nodes: [u32; 2], bridge: &str| {
        format!(
            "<way id=\"{id}\"><nd ref=\"{}\"/><nd ref=\"{}\"/><tag k=\"highway\" v=\"secondary\"/>{bridge}</way>",
            nodes[0], nodes[1]
        )
    };
    let osm = format!(
        "<osm version=\"0.6\">{}{}{}{}{}{}{}</osm>",
        point(1, 0.0),
        point(2, 400.0),
        point(3, 600.0),
        point(4, 1_000.0),
        way(1, [1, 2], ""),
        way(2, [2, 3], "<tag k=\"bridge\" v=\"yes\"/><tag k=\"layer\" v=\"1\"/>"),
        way(3, [3, 4], ""),
    );
    // Column 0 lies 500 m west of the street's start; 96.5 m a sample, a valley 30 m deep in the middle of the bridge.
    let step = 0.001;
    let ground_m = |metres: f64| 230.0 - 30.0 * (1.0 - ((metres - 500.0) / 500.0).abs()).max(0.0);
    let grid = geotiff(IN_DEGREES, [106.0 - 0.0055, 30.02], step, |column, _| {
        ground_m((column as f64 - 5.0) * step * 96_486.0) as f32
    });
    let grid = HeightGrid::read("h.tif", &grid).unwrap();
    let reading = read_map_on("town.osm", osm.as_bytes(), Some(&grid)).unwrap();
    let network = RoadNetwork::compile(&reading.draft).unwrap();
    let (mut on_ground, mut on_bridge) = (0, 0);
    let west_m = network.bounds_m()[0];
    for lane in (0..network.lanes().len()).map(|lane| LaneId(lane as u32)) {
        for point in network.lane_outline(lane) {
            let metres = point.x_m - west_m;
            if (60.0..340.0).contains(&metres) || (660.0..940.0).contains(&metres) {
                assert!(
                    (point.z_m - ground_m(metres)).abs() < 2.5,
                    "{point:?} {}",
                    ground_m(metres)
                );
                on_ground += 1;
            } else if (450.0..550.0).contains(&metres) {
                // Its ends lie 6 m above the deepest ground.
                assert!((point.z_m - 206.0).abs() < 2.0, "{point:?}");
                on_bridge += 1;
            }
        }
    }
    assert!(on_ground > 20 && on_bridge > 4, "{on_ground} {on_bridge}");
    let refused = read_map_on("map.xodr", b"<OpenDRIVE/>", Some(&grid))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("heights of its own"), "{refused}");
}
