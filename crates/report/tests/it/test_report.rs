//! The report of a campaign: everything that an institute hands out is on it, and nothing is fetched.

use proving::coverage::Coverage;
use proving::{Campaign, Outcome, Stand, UnderTest, shelf};
use record::Seed;
use report::{ProvingProvenance, ProvingReport, Storyboard, proving_page};
use scenario::Driver;
use vehicle::DataSheet;

fn page() -> String {
    let library = shelf::library([]);
    let mut suite = shelf::find("r157", &library).unwrap();
    suite
        .scenarios
        .retain(|scenario| ["cut-in", "braking-lead"].contains(&scenario.id.as_str()));
    let sheet = DataSheet::shipped("car").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let campaign = Campaign {
        suite: &suite,
        stand: Stand {
            library: &library,
            sheet: &sheet,
            under_test: UnderTest {
                name: "follow",
                driver: Driver::Follow,
                outside: None,
            },
            step_s: 0.02,
            seed: Seed(1),
        },
        runs_max: Some(120),
        folder: folder.path(),
        software: ("test", "0"),
    };
    campaign.prepare(false, &serde_json::Value::Null).unwrap();
    campaign.play(&()).unwrap();
    let outcome = Outcome::of(&campaign).unwrap();
    let worst = outcome.scenarios[1].criteria[0].worst[0].clone();
    let storyboards = [Storyboard {
        scenario: "cut-in".to_owned(),
        criterion: 0,
        run: worst.run,
        verdict_id: "0123456789ab.cut-in.1.0".to_owned(),
        svg: campaign
            .stand
            .storyboard(&suite.scenarios[1], worst.run, &worst.values)
            .unwrap(),
    }];
    proving_page(&ProvingReport {
        suite: &suite,
        outcome: &outcome,
        coverage: &Coverage::of(&suite, &outcome, &campaign.stand),
        storyboards: &storyboards,
        provenance: &ProvingProvenance {
            vehicle: sheet.title.clone(),
            driver: "follow".to_owned(),
            version: "test".to_owned(),
            command: "westline prove r157".to_owned(),
            ..ProvingProvenance::default()
        },
    })
}

#[test]
fn the_report_has_its_sections_its_pictures_and_nothing_that_is_fetched() {
    let page = page();
    for wanted in [
        "Test report",
        "5.2.5.2",
        "not decided",
        "120 of 2000 required runs",
        "reference:cc",
        "To run next",
        "What was not tested",
        "Transition demand",
        "from memory, to be checked against the text",
        "westline replay --verdict 0123456789ab.cut-in.1.0",
        "Tested by",
    ] {
        assert!(page.contains(wanted), "no `{wanted}` on the page");
    }
    assert!(!page.contains("<script") && !page.contains("src=\"http") && !page.contains("@import"));
    let mut rest = page.as_str();
    let mut pictures = 0;
    while let Some(at) = rest.find("<svg") {
        let mut depth = 0;
        let mut end = at;
        // Maps are nested in storyboards.
        loop {
            let (open, close) = (rest[end..].find("<svg"), rest[end..].find("</svg>").unwrap());
            match open.filter(|open| *open < close) {
                Some(open) => {
                    depth += 1;
                    end += open + 4;
                }
                None => {
                    depth -= 1;
                    end += close + 6;
                }
            }
            if depth == 0 {
                break;
            }
        }
        roxmltree::Document::parse(&rest[at..end]).unwrap();
        pictures += 1;
        rest = &rest[end..];
    }
    assert!(pictures >= 5, "{pictures} pictures");
}

#[test]
fn the_same_campaign_makes_the_same_page() {
    assert_eq!(page(), page());
}
