//! The page: what it says, and that its pictures are pictures.

use crate::day::{day, empty_day};
use report::{DayReport, Provenance, day_page};
use service::DayMeasures;

fn page(day: &DayMeasures) -> String {
    let provenance = Provenance {
        version: "0.1.0".to_owned(),
        map_digest: "00ff".repeat(16),
        frames_digest: None,
        command: "westline run testville --date 2026-05-12 --seed 7".to_owned(),
        notes: vec!["Drawn for this test.".to_owned()],
    };
    day_page(&DayReport {
        day,
        network: None,
        links: None,
        provenance: &provenance,
    })
}

/// The page as a person reads it: words only, a line a block.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let close = if rest[open..].starts_with("<style") {
            open + rest[open..].find("</style>").unwrap() + "</style>".len()
        } else {
            open + rest[open..].find('>').unwrap() + 1
        };
        let tag = &rest[open..close];
        if [
            "</p",
            "</h",
            "</tr",
            "</div",
            "</svg",
            "</title",
            "</text",
            "</li",
            "</summary",
            "</caption",
        ]
        .iter()
        .any(|t| tag.starts_with(t))
        {
            text.push('\n');
        } else if tag.starts_with("</t")
            || tag.starts_with("</b")
            || tag.starts_with("</span")
            || tag.starts_with("</a")
        {
            text.push_str(" | ");
        }
        rest = &rest[close..];
    }
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn pictures(html: &str) -> Vec<&str> {
    html.match_indices("<svg")
        .map(|(start, _)| &html[start..start + html[start..].find("</svg>").unwrap() + "</svg>".len()])
        .collect()
}

#[test]
fn page_tells_the_day_in_words_and_tables() {
    let html = page(&day());
    let told = words(&html);
    let (before, after) = told.split_once("All 100 trips").unwrap();
    let after = after.split_once("Punctuality").unwrap().1;
    insta::assert_snapshot!(format!("{before}[all trips]\nPunctuality{after}"));
}

#[test]
fn every_picture_is_well_formed_named_and_finite() {
    let html = page(&day());
    let pictures = pictures(&html);
    assert!(pictures.len() >= 15, "only {} pictures", pictures.len());
    for picture in pictures {
        let xml = roxmltree::Document::parse(picture).unwrap_or_else(|error| panic!("{error}\n{picture}"));
        let title = xml
            .descendants()
            .find(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "title")));
        assert!(
            title.and_then(|t| t.text()).is_some_and(|t| !t.is_empty()),
            "a picture has no name"
        );
        assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }
    assert!(html.len() < 600_000, "the page has {} bytes", html.len());
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let html = page(&day());
    for word in ["<script", "src=", "@import", "url("] {
        assert!(!html.contains(word), "the page has `{word}`");
    }
    assert!(html.matches("http").all(|_| true));
    assert_eq!(
        html.matches("http").count(),
        html.matches("http://www.w3.org/2000/svg").count()
    );
}

#[test]
fn the_line_is_drawn_on_the_map_of_its_town() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sites/yongchuan/map.xodr");
    let draft = road::read_map("map.xodr", &std::fs::read(path).unwrap()).unwrap().draft;
    let network = road::RoadNetwork::compile(&draft).unwrap();
    let day = day();
    let html = day_page(&DayReport {
        day: &day,
        network: Some(&network),
        links: None,
        provenance: &Provenance::default(),
    });
    if let Some(path) = std::env::var_os("WESTLINE_REPORT_PAGE") {
        std::fs::write(path, &html).unwrap();
    }
    let map = pictures(&html)[0];
    for text in ["Hospital", "mean speed, km/h", ">1</text>", ">4</text>"] {
        assert!(map.contains(text), "`{text}` is not on the map");
    }
    assert!(html.len() < 2_000_000, "the page has {} bytes", html.len());
}

#[test]
fn a_day_without_measures_is_a_page_too() {
    let html = page(&empty_day());
    assert!(words(&html).contains("No vehicle moved."));
    assert!(!html.contains("NaN") && !html.contains(">inf"));
}
