//! `westline map`: what each command says and the status it ends with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Two roads, one behind the other, the second beginning `gap_m` to the side.
fn map(gap_m: f64) -> String {
    let road = |id: u32, y_m: f64, x_m: f64, link: &str| {
        format!(
            "<road id=\"{id}\" length=\"100\" junction=\"-1\"><link>{link}</link>\
             <planView><geometry s=\"0\" x=\"{x_m}\" y=\"{y_m}\" hdg=\"0\" length=\"100\"><line/></geometry></planView>\
             <lanes><laneSection s=\"0\"><center><lane id=\"0\"/></center><right><lane id=\"-1\" type=\"driving\">\
             <link><predecessor id=\"-1\"/><successor id=\"-1\"/></link>\
             <width sOffset=\"0\" a=\"3.5\" b=\"0\" c=\"0\" d=\"0\"/></lane></right></laneSection></lanes></road>"
        )
    };
    let successor = "<successor elementType=\"road\" elementId=\"2\" contactPoint=\"start\"/>";
    let predecessor = "<predecessor elementType=\"road\" elementId=\"1\" contactPoint=\"end\"/>";
    format!(
        "<OpenDRIVE><header revMajor=\"1\" revMinor=\"7\"/>{}{}</OpenDRIVE>",
        road(1, 0.0, 0.0, successor),
        road(2, gap_m, 100.0, predecessor)
    )
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// Runs a command with this folder as its cache.
    fn westline(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_westline"))
            .args(arguments)
            .env("WESTLINE_CACHE", self.0.path().join("cache"))
            .output()
            .expect("the program runs")
    }

    fn check(&self, arguments: &[&str], status: i32, said: &str) {
        let output = self.westline(arguments);
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let [out, error] = &text;
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {out}{error}");
        assert!(
            out.contains(said) || error.contains(said),
            "{arguments:?}: {out}{error}"
        );
        assert!(status != 2 || out.is_empty(), "data and an error: {out}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("names are UTF-8")
}

#[test]
fn a_sound_map_is_a_yes_a_gap_is_a_no_and_nonsense_an_error() {
    let folder = Folder::new();
    let (sound, gap) = (folder.file("sound.xodr", map(0.0)), folder.file("gap.xodr", map(0.5)));
    let kml = folder.file("town.kml", "<kml/>");
    folder.check(&["map", "check", text(&sound)], 0, "0 faults");
    folder.check(&["map", "check", text(&gap)], 1, "gap: lane `-1` of road `1`");
    folder.check(&["map", "check", text(&gap), "--json"], 1, "\"kind\": \"gap\"");
    folder.check(&["map", "check", text(&kml)], 2, "hint: maps are read from");
    folder.check(&["map", "check", "nowhere.xodr"], 2, "nowhere.xodr: cannot be read");
}

#[test]
fn a_way_is_a_yes_and_no_way_is_a_no() {
    let folder = Folder::new();
    let sound = folder.file("sound.xodr", map(0.0));
    folder.check(
        &["map", "route", text(&sound), "10,-2", "150,-2"],
        0,
        "2,-1,0.00,50.00,straight",
    );
    folder.check(&["map", "route", text(&sound), "150,-2", "10,-2"], 1, "there is no way");
    folder.check(
        &["map", "route", text(&sound), "9e5,0", "10,-2"],
        2,
        "hint: give metres",
    );
}

#[test]
fn figures_places_and_pictures_are_made_or_refused() {
    let folder = Folder::new();
    let sound = folder.file("sound.xodr", map(0.0));
    let points = folder.file("points.csv", "road_id,lane_id,s_m,lane_offset_m\n1,-1,10,0\n");
    let odd = folder.file("odd.csv", "road_id,lane_id,s_m,lane_offset_m\n7,-1,10,0\n");
    folder.check(&["map", "stats", text(&sound), "--json"], 0, "\"lanes\": 2");
    folder.check(
        &["map", "locate", text(&sound), text(&points)],
        0,
        "1,-1,10.000000,0.000000,10.000000,-1.750000",
    );
    folder.check(
        &["map", "locate", text(&sound), text(&odd)],
        2,
        "hint: its roads are 1, 2",
    );
    let picture = folder.0.path().join("map.svg");
    folder.check(&["map", "draw", text(&sound), "-o", text(&picture)], 0, "");
    assert!(
        std::fs::read_to_string(&picture)
            .expect("a picture")
            .starts_with("<svg")
    );
    let other = folder.0.path().join("map.bmp");
    folder.check(
        &["map", "draw", text(&sound), "-o", text(&other)],
        2,
        "hint: end the name in .svg or .png",
    );
    folder.check(
        &["map", "export", text(&sound), "-o", text(&other)],
        2,
        "hint: end the name so",
    );
}

#[test]
fn a_map_from_the_cache_says_the_same_and_a_damaged_cache_is_ignored() {
    let folder = Folder::new();
    // Large enough to be kept.
    let large = folder.file("large.xodr", map(0.0) + &" ".repeat(300 << 10));
    let stats = || folder.westline(&["map", "stats", text(&large)]).stdout;
    let kept = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder.0.path().join("cache")).expect("a cache");
        entries.flatten().map(|entry| entry.path()).collect()
    };
    let first = stats();
    assert_eq!(kept().len(), 1);
    assert_eq!(stats(), first);
    let mut bytes = std::fs::read(&kept()[0]).expect("a kept map");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&kept()[0], &bytes[..]).expect("a damaged one");
    assert_eq!(stats(), first);
}
