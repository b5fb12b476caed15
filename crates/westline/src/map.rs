//! `westline map`: maps in, pictures, tables and other formats out.

use crate::arguments::{By, MapCommand};
use crate::{Answer, cache, input, output, sites};
use anyhow::{Context, Result, anyhow, bail};
use road::draft::LaneKind;
use road::draw::DrawOptions;
use road::heights::HeightGrid;
use road::{LanePosition, MapReading, RoadNetwork, Traveller, Turn};
use std::collections::BTreeMap;
use std::path::Path;

pub fn execute(command: MapCommand) -> Result<Answer> {
    match command {
        MapCommand::Import { map, output, heights } => import(&map, &output, heights.as_deref()),
        MapCommand::Export { map, output } => export(&map, &output),
        MapCommand::Route {
            map,
            from,
            to,
            by,
            json,
        } => route(&map, from, to, by, json),
        MapCommand::Stats { map, json } => stats(&map, json),
        MapCommand::Check { map, json } => check(&map, json),
        MapCommand::Locate { map, points } => locate(&map, &points),
        MapCommand::Draw {
            map,
            output,
            width,
            centre,
            extent,
        } => draw(&map, &output, width, centre.zip(extent)),
    }
}

/// Reads a map file, or the map of a site.
pub fn read(map: &str) -> Result<MapReading> {
    let reading = road::read_map(map, &content(map)?).map_err(|error| anyhow!("{error}"))?;
    tell_notes(&reading.notes);
    Ok(reading)
}

/// Notes of a kind that are written out; of a large town there are hundreds, and the rest only counted.
const NOTES_SHOWN: usize = 5;

fn tell_notes(notes: &[String]) {
    // What differs within a kind are names between backticks and figures.
    let kind = |note: &str| -> String {
        let words = note.split('`').step_by(2).flat_map(str::chars);
        words.filter(|letter| !letter.is_ascii_digit()).collect()
    };
    let mut count_of: BTreeMap<String, usize> = BTreeMap::new();
    for note in notes {
        let count = count_of.entry(kind(note)).or_default();
        *count += 1;
        if *count <= NOTES_SHOWN {
            eprintln!("note: {note}");
        }
    }
    let hidden: usize = count_of.values().map(|count| count.saturating_sub(NOTES_SHOWN)).sum();
    if hidden > 0 {
        eprintln!("note: {hidden} more of these kinds");
    }
}

fn content(map: &str) -> Result<Vec<u8>> {
    let path = Path::new(map);
    if path.is_file() || path.extension().is_some() {
        file(path)
    } else {
        site_map(map)
    }
}

/// The content of a file that a user named.
fn file(path: &Path) -> Result<Vec<u8>> {
    let mend = match path.is_dir() {
        true => "name the file in this folder",
        false => "check the path, and that you may read it",
    };
    std::fs::read(path).map_err(|error| anyhow!("{}: cannot be read: {error}\nhint: {mend}", path.display()))
}

/// The map file of a site.
fn site_map(site: &str) -> Result<Vec<u8>> {
    let files = sites::find(site, None)?;
    for name in ["map.xodr", "map.osm.pbf", "map.osm", "map.net.xml"] {
        if let Some(content) = files.read(name).with_context(|| files.show(name))? {
            return Ok(content.into_owned());
        }
    }
    bail!(
        "{}: the site has no map\nhint: put a map.xodr, map.osm.pbf, map.osm or map.net.xml there",
        files.show("")
    )
}

/// The compiled map, from the cache where it lies there.
fn compile(map: &str) -> Result<RoadNetwork> {
    let content = content(map)?;
    let kept = cache::file(map, &content);
    if let Some((network, notes)) = kept.as_deref().and_then(cache::open) {
        tell_notes(&notes);
        return Ok(network);
    }
    let reading = road::read_map(map, &content).map_err(|error| anyhow!("{error}"))?;
    tell_notes(&reading.notes);
    let network = RoadNetwork::compile(&reading.draft).map_err(|error| anyhow!("{map}: {error}"))?;
    if let Some(file) = kept {
        cache::keep(&file, &network, &reading.notes);
    }
    Ok(network)
}

fn import(map: &str, path: &Path, heights: Option<&Path>) -> Result<Answer> {
    let grid = heights.map(height_grid).transpose()?;
    let reading = road::read_map_on(map, &content(map)?, grid.as_ref()).map_err(|error| anyhow!("{error}"))?;
    tell_notes(&reading.notes);
    output::write_whole(path, road::opendrive::write(&reading.draft).as_bytes())?;
    eprintln!(
        "{}: {} roads, {} junctions",
        path.display(),
        reading.draft.roads.len(),
        reading.draft.junctions.len()
    );
    Ok(Answer::Yes)
}

fn height_grid(path: &Path) -> Result<HeightGrid> {
    let name = path.display().to_string();
    HeightGrid::read(&name, &file(path)?).map_err(|error| anyhow!("{error}"))
}

/// Writes a map as the file's ending says.
fn export(map: &str, path: &Path) -> Result<Answer> {
    let ending = path.extension().and_then(|extension| extension.to_str());
    if !matches!(ending, Some("xodr" | "geojson" | "json" | "glb")) {
        bail!(
            "{}: maps are written as .xodr, .geojson or .glb\nhint: end the name so",
            path.display()
        );
    }
    let draft = read(map)?.draft;
    let network = RoadNetwork::compile(&draft).map_err(|error| anyhow!("{map}: {error}"))?;
    let content = match ending {
        Some("xodr") => road::opendrive::write(&draft).into_bytes(),
        Some("glb") => road::export::gltf(&draft),
        _ => {
            if network.geo_reference().is_none() {
                eprintln!("note: {map} has no place on the Earth; the coordinates are its own metres");
            }
            road::export::geojson(&network).into_bytes()
        }
    };
    output::write_whole(path, &content)?;
    eprintln!("{}: {} bytes", path.display(), content.len());
    Ok(Answer::Yes)
}

/// Draws a map, or the square `cut_out` (its middle, its side) of it.
fn draw(map: &str, path: &Path, width_px: u32, cut_out: Option<([f64; 2], f64)>) -> Result<Answer> {
    let network = compile(map)?;
    let options = DrawOptions {
        width_px: f64::from(width_px),
        area_m: cut_out.map(|([x, y], side)| [x - 0.5 * side, y - 0.5 * side, x + 0.5 * side, y + 0.5 * side]),
        title: network.name().to_owned(),
        ..DrawOptions::default()
    };
    let svg = road::draw::draw(&network, &options);
    output::write_picture(path, &svg, 1.0)?;
    Ok(Answer::Yes)
}

fn locate(map: &str, points: &Path) -> Result<Answer> {
    let (file, table) = input::read_table(points)?;
    let draft = read(map)?.draft;
    output::print(&road::locate::locate(&draft, &file, &table).map_err(|error| anyhow!("{error}"))?)?;
    Ok(Answer::Yes)
}

/// Tells all faults of a map; none is the answer yes.
fn check(map: &str, json: bool) -> Result<Answer> {
    let faults = road::faults(&read(map)?.draft);
    let mut text = String::new();
    if json {
        let list = faults.iter().map(
            |fault| serde_json::json!({ "file": map, "kind": fault.kind, "what": fault.what, "hint": fault.mend }),
        );
        text = format!("{:#}\n", serde_json::Value::Array(list.collect()));
    } else {
        for fault in &faults {
            text += &format!("{map}: {}: {}\n", fault.kind, fault.what);
            if !fault.mend.is_empty() {
                text += &format!("  hint: {}\n", fault.mend);
            }
        }
    }
    output::print(&text)?;
    eprintln!("{map}: {} faults", faults.len());
    Ok(if faults.is_empty() { Answer::Yes } else { Answer::No })
}

/// The quickest way, lane by lane; none is the answer no.
fn route(map: &str, from: [f64; 2], to: [f64; 2], by: By, json: bool) -> Result<Answer> {
    let network = compile(map)?;
    let traveller = match by {
        By::Car => Traveller::Car,
        By::Bus => Traveller::Bus,
        By::Bicycle => Traveller::Bicycle,
    };
    let place = |[x_m, y_m]: [f64; 2]| -> Result<LanePosition> {
        let found = network.nearest_lane(x_m, y_m, None, None, traveller).ok_or_else(|| {
            anyhow!("{map}: no lane for this traveller within 2 km of {x_m},{y_m}\nhint: give metres east and north of the map's origin")
        })?;
        Ok(found.position)
    };
    let (from, to) = (place(from)?, place(to)?);
    let Some(route) = network.route(from, to, traveller) else {
        eprintln!("{map}: there is no way");
        return Ok(Answer::No);
    };
    let sequence = network.lane_sequence(from.lane, &route);
    let legs = sequence.iter().enumerate().map(|(index, &lane)| {
        let at = |s_m: f64| {
            let (road, id, road_s_m, _) = network.opendrive_position(LanePosition {
                lane,
                s_m,
                offset_m: 0.0,
            });
            (network.roads()[road.0 as usize].id.clone(), id, road_s_m)
        };
        let record = network.lane(lane);
        let begin_m = if index == 0 { from.s_m } else { 0.0 };
        let end_m = if index + 1 == sequence.len() {
            to.s_m
        } else {
            record.length_m
        };
        let turn = match record.turn {
            Turn::Straight => "straight",
            Turn::Left => "left",
            Turn::Right => "right",
            Turn::Around => "around",
        };
        let ((road, id, from_s_m), (_, _, to_s_m)) = (at(begin_m), at(end_m));
        (road, id, from_s_m, to_s_m, turn)
    });
    let mut text = String::new();
    if json {
        let legs: Vec<serde_json::Value> = legs
            .map(|(road, lane, from_s_m, to_s_m, turn)| {
                serde_json::json!({ "road_id": road, "lane_id": lane, "from_s_m": from_s_m, "to_s_m": to_s_m, "turn": turn })
            })
            .collect();
        let whole = serde_json::json!({ "length_m": route.length_m, "time_s": route.time_s, "lanes": legs });
        text = format!("{whole:#}\n");
    } else {
        text += "road_id,lane_id,from_s_m,to_s_m,turn\n";
        for (road, lane, from_s_m, to_s_m, turn) in legs {
            text += &format!("{road},{lane},{from_s_m:.2},{to_s_m:.2},{turn}\n");
        }
    }
    output::print(&text)?;
    eprintln!("{:.0} m, {:.0} s in free flow", route.length_m, route.time_s);
    Ok(Answer::Yes)
}

/// A map's figures, in the order in which they are printed.
fn figures(network: &RoadNetwork) -> Vec<(&'static str, f64, &'static str)> {
    let length_km = |wanted: &dyn Fn(LaneKind) -> bool| {
        let lanes = network.lanes().iter().filter(|lane| wanted(lane.kind));
        lanes.map(|lane| lane.length_m).fold(0.0, |sum, length| sum + length) / 1000.0
    };
    let is_driven = |kind| matches!(kind, LaneKind::Driving | LaneKind::Ramp | LaneKind::Bus);
    let roads = network.roads().iter().filter(|road| road.junction.is_none());
    let [west, south, east, north] = network.bounds_m();
    vec![
        ("roads outside junctions", roads.clone().count() as f64, ""),
        (
            "length of roads",
            roads.map(|road| road.length_m).sum::<f64>() / 1000.0,
            "km",
        ),
        ("lanes", network.lanes().len() as f64, ""),
        ("length of driving lanes", length_km(&is_driven), "km"),
        (
            "length of bicycle lanes",
            length_km(&|kind| kind == LaneKind::Bicycle),
            "km",
        ),
        ("edges", network.edges().len() as f64, ""),
        ("junctions", network.junctions().len() as f64, ""),
        ("traffic lights", network.signals().len() as f64, ""),
        ("crossings", network.crossings().len() as f64, ""),
        ("bus stops", network.stops().len() as f64, ""),
        ("areas", network.areas().len() as f64, ""),
        ("area of the bounding box", (east - west) * (north - south) / 1e6, "km²"),
    ]
}

fn stats(map: &str, json: bool) -> Result<Answer> {
    let network = compile(map)?;
    let figures = figures(&network);
    let mut text = String::new();
    if json {
        let mut object = serde_json::Map::new();
        object.insert("digest".into(), network.digest().into());
        for (name, value, unit) in figures {
            let unit = match unit {
                "" => String::new(),
                "km²" => "_km2".to_owned(),
                unit => format!("_{unit}"),
            };
            object.insert(format!("{}{unit}", name.replace(' ', "_")), value.into());
        }
        text = format!("{:#}\n", serde_json::Value::Object(object));
    } else {
        for (name, value, unit) in figures {
            let value = if unit.is_empty() {
                format!("{value}")
            } else {
                format!("{value:.2}")
            };
            text += &format!("{name:<26} {value:>10} {unit}\n");
        }
        text += &format!("{:<26} {}\n", "digest", network.digest());
    }
    output::print(&text)?;
    Ok(Answer::Yes)
}
