//! Pictures of maps.

use road::RoadNetwork;
use road::draw::{ColourScale, DrawOptions, Mark, Overlay, draw, png};

fn town() -> RoadNetwork {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sites/yongchuan/map.xodr");
    let content = std::fs::read(path).unwrap();
    RoadNetwork::compile(&road::read_map("map.xodr", &content).unwrap().draft).unwrap()
}

/// Texts with their places, in pixels.
fn texts(svg: &str) -> Vec<(String, f64, f64)> {
    let xml = roxmltree::Document::parse(svg).unwrap();
    let number = |n: roxmltree::Node, name: &str| n.attribute(name).and_then(|v| v.parse::<f64>().ok()).unwrap() / 10.0;
    xml.descendants()
        .filter(|n| n.tag_name().name() == "text")
        .map(|n| (n.text().unwrap_or("").to_owned(), number(n, "x"), number(n, "y")))
        .collect()
}

#[test]
fn a_town_of_20_km2_is_one_small_picture_and_always_the_same() {
    let network = town();
    let options = DrawOptions {
        title: "Town & <district>".to_owned(),
        ..DrawOptions::default()
    };
    let svg = draw(&network, &options);
    assert_eq!(svg, draw(&network, &options));
    assert!(svg.len() < 1_500_000, "{} bytes", svg.len());
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    let texts = texts(&svg);
    assert_eq!(texts.iter().filter(|t| t.0 == "Town & <district>").count(), 1);
    assert!(texts.len() > 30, "streets have names: {}", texts.len());
    assert!(texts.iter().all(|(_, x, y)| (0.0..=1600.0).contains(x) && *y >= 0.0));
}

#[test]
fn detail_follows_scale() {
    let network = town();
    let at = |half_m: f64| {
        draw(
            &network,
            &DrawOptions {
                area_m: Some([-half_m, -half_m, half_m, half_m]),
                ..DrawOptions::default()
            },
        )
    };
    let (far, near) = (at(2000.0), at(120.0));
    assert!(
        !far.contains("stroke-dasharray=\"2"),
        "no lane markings where a pixel is more than a metre"
    );
    assert!(
        near.contains("#a9abad") && near.contains("stroke-dasharray"),
        "asphalt and dashes near by"
    );
}

#[test]
fn what_is_laid_over_the_map_is_on_top_with_its_key() {
    let network = town();
    let heat = Overlay::Heat {
        points_m: vec![[-1000.0, 0.0], [0.0, 0.0], [1000.0, 0.0]],
        values: vec![Some(0.0), None, Some(50.0)],
        scale: ColourScale {
            low: 0.0,
            high: 50.0,
            label: "mean speed, km/h".to_owned(),
        },
        width_px: 5.0,
    };
    let mark = Overlay::Mark {
        at_m: [0.0, 0.0],
        mark: Mark::Stop,
        colour: "#c2185b".to_owned(),
        label: "Terminal".to_owned(),
    };
    let svg = draw(
        &network,
        &DrawOptions {
            overlays: vec![heat, mark],
            ..DrawOptions::default()
        },
    );
    let told: Vec<String> = texts(&svg).into_iter().map(|t| t.0).collect();
    for text in ["Terminal", "mean speed, km/h", "0", "25", "50"] {
        assert!(told.iter().any(|t| t == text), "`{text}` is not on the map");
    }
    assert!(svg.find("#999999") > svg.find("#d8cfc4"), "the line lies over the town");
}

#[test]
fn a_picture_becomes_pixels_without_fonts_too() {
    let network = town();
    let area_m = Some([-300.0, -200.0, 300.0, 200.0]);
    let svg = draw(
        &network,
        &DrawOptions {
            width_px: 300.0,
            area_m,
            ..DrawOptions::default()
        },
    );
    let picture = png(&svg, 1.0, &[]).unwrap();
    assert_eq!(&picture[1..4], b"PNG");
    let size = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
    assert_eq!((size(16), size(20)), (300, 200));
    assert!(png("<svg", 1.0, &[]).is_err());
}

#[test]
fn empty_and_hostile_areas_make_pictures_too() {
    let network = town();
    for area in [
        [0.0; 4],
        [f64::NAN; 4],
        [9e8, 9e8, 1e9, 1e9],
        [10.0, 10.0, -10.0, -10.0],
        [-1e12, 0.0, 1e12, 1.0],
    ] {
        let svg = draw(
            &network,
            &DrawOptions {
                area_m: Some(area),
                width_px: f64::INFINITY,
                ..DrawOptions::default()
            },
        );
        roxmltree::Document::parse(&svg).unwrap();
    }
}
