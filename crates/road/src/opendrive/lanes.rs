//! Lane sections, lanes and road marks of one road (OpenDRIVE 11).
//!
//! In goes `<lanes>`, out come whole lane sections: where the file gives only one side (`singleSide`), the other goes on
//! as it was. It does not ask whether widths and links make sense.

use super::vocabulary::{LANE_CHANGES, LANE_KINDS, MARK_COLOURS, MARK_KINDS, meaning, mps_per};
use crate::document::{Document, Node, child, children};
use crate::draft::{
    Cubic, LaneDraft, LaneHeightDraft, LaneKind, LaneSectionDraft, MarkColour, RoadMarkDraft, RoadMarkKind,
};

/// All sections of a road, in order of s.
pub(super) fn sections(document: &Document, lanes: Node) -> Vec<LaneSectionDraft> {
    let mut read: Vec<(bool, LaneSectionDraft)> = children(lanes, "laneSection")
        .map(|node| {
            let is_single_sided = matches!(node.attribute("singleSide"), Some("true" | "1"));
            (is_single_sided, section(document, node))
        })
        .collect();
    if !read.is_sorted_by(|a, b| a.1.s_m <= b.1.s_m) {
        document.note(lanes, "<laneSection> elements are not in order of `s`; sorted");
        read.sort_by(|a, b| a.1.s_m.total_cmp(&b.1.s_m));
    }
    let mut whole: Vec<LaneSectionDraft> = Vec::with_capacity(read.len());
    for (is_single_sided, mut section) in read {
        if is_single_sided && let Some(before) = whole.last_mut() {
            carry_over(before, &mut section);
        }
        whole.push(section);
    }
    whole
}

fn section(document: &Document, node: Node) -> LaneSectionDraft {
    let side = |name| -> Vec<LaneDraft> {
        children(node, name)
            .flat_map(|s| children(s, "lane"))
            .filter_map(|n| lane(document, n))
            .collect()
    };
    let mut left = side("left");
    let mut right = side("right");
    left.sort_by_key(|lane| lane.id);
    right.sort_by_key(|lane| -lane.id);
    for (lanes, sign, name) in [(&left, 1, "left"), (&right, -1, "right")] {
        if lanes.iter().any(|lane| lane.id * sign <= 0) {
            document.error(
                node,
                &format!("a lane under <{name}> has an id of the other side, or 0"),
                "lanes left of the centre have positive ids, those right of it negative ones",
            );
        }
        if let Some(pair) = lanes.windows(2).find(|pair| pair[0].id == pair[1].id) {
            document.error(
                node,
                &format!("two lanes of this section have the id `{}`", pair[0].id),
                "number the lanes of a section without repeating",
            );
        }
    }
    let centre = child(node, "center").and_then(|c| child(c, "lane"));
    LaneSectionDraft {
        s_m: document.number(node, "s"),
        left,
        centre_marks: centre.map_or_else(Vec::new, |lane| marks(document, lane)),
        right,
    }
}

fn lane(document: &Document, node: Node) -> Option<LaneDraft> {
    let id = document.integer(node, "id")?;
    let word = node.attribute("type").unwrap_or("none");
    let mut kind = meaning(LANE_KINDS, word).unwrap_or_else(|| {
        document.note(
            node,
            &format!(
                "lane type `{}` is not known; read as `none`",
                crate::document::clipped(word)
            ),
        );
        LaneKind::None
    });
    if kind == LaneKind::Driving
        && let Some(exclusive) = exclusive_use(node)
    {
        kind = exclusive;
    }
    let link = child(node, "link");
    let linked = |end| -> Option<i32> {
        let link = link?;
        if children(link, end).count() > 1 {
            document.note(link, &format!("a lane has several <{end}>; the first is read"));
        }
        child(link, end).and_then(|n| document.integer(n, "id"))
    };
    let mut heights: Vec<LaneHeightDraft> = children(node, "height")
        .map(|n| LaneHeightDraft {
            s_m: document.number_or(n, "sOffset", 0.0),
            inner_m: document.number_or(n, "inner", 0.0),
            outer_m: document.number_or(n, "outer", 0.0),
        })
        .collect();
    heights.sort_by(|a, b| a.s_m.total_cmp(&b.s_m));
    let mut speeds: Vec<(f64, f64)> = children(node, "speed")
        .filter_map(|n| Some((document.number_or(n, "sOffset", 0.0), speed_mps(document, n, "max")?)))
        .collect();
    speeds.sort_by(|a, b| a.0.total_cmp(&b.0));
    Some(LaneDraft {
        id,
        kind,
        level: matches!(node.attribute("level"), Some("true" | "1")),
        widths: document.cubics(node, "width", "sOffset"),
        borders: document.cubics(node, "border", "sOffset"),
        heights,
        predecessor: linked("predecessor"),
        successor: linked("successor"),
        marks: marks(document, node),
        speeds_mps_max: speeds,
        direction_is_reversed: node.attribute("direction") == Some("reversed"),
    })
}

/// A driving lane that `<access>` leaves to one kind of traffic (1.8 prefers this to lane types of their own).
fn exclusive_use(lane: Node) -> Option<LaneKind> {
    let mut allowed = Vec::new();
    for access in children(lane, "access").filter(|n| n.attribute("rule") == Some("allow")) {
        allowed.extend(access.attribute("restriction"));
        allowed.extend(children(access, "restriction").filter_map(|n| n.attribute("type")));
    }
    let only = |words: &[&str]| !allowed.is_empty() && allowed.iter().all(|a| words.contains(a));
    if only(&["bicycle"]) {
        Some(LaneKind::Bicycle)
    } else if only(&["pedestrian"]) {
        Some(LaneKind::Sidewalk)
    } else if only(&["bus", "publicTransport", "taxi", "emergency"]) {
        Some(LaneKind::Bus)
    } else {
        None
    }
}

fn marks(document: &Document, lane: Node) -> Vec<RoadMarkDraft> {
    let mut marks: Vec<RoadMarkDraft> = children(lane, "roadMark").map(|n| mark(document, n)).collect();
    marks.sort_by(|a, b| a.s_m.total_cmp(&b.s_m));
    marks
}

fn mark(document: &Document, node: Node) -> RoadMarkDraft {
    let word = node.attribute("type").unwrap_or("none");
    let kind = match meaning(MARK_KINDS, word) {
        Some(kind) => kind,
        // The pattern stands in the lines below: dashes have gaps.
        None if word == "custom" => {
            let mut lines = node.descendants().filter(|n| n.tag_name().name() == "line");
            if lines.any(|n| document.number_or(n, "space", 0.0) > 0.0) {
                RoadMarkKind::Broken
            } else {
                RoadMarkKind::Solid
            }
        }
        None => {
            let shown = crate::document::clipped(word);
            document.note(node, &format!("road mark type `{shown}` is not known; read as `none`"));
            RoadMarkKind::None
        }
    };
    RoadMarkDraft {
        s_m: document.number_or(node, "sOffset", 0.0),
        kind,
        colour: meaning(MARK_COLOURS, node.attribute("color").unwrap_or("standard")).unwrap_or(MarkColour::Other),
        width_m: document.number_or(node, "width", 0.0),
        lane_change: meaning(LANE_CHANGES, node.attribute("laneChange").unwrap_or("")).unwrap_or_default(),
    }
}

/// A speed with its unit; nothing for `no limit` and `undefined`.
pub(super) fn speed_mps(document: &Document, node: Node, attribute: &str) -> Option<f64> {
    if matches!(
        node.attribute(attribute).map(str::trim),
        None | Some("no limit" | "undefined" | "")
    ) {
        return None;
    }
    let value = document.optional_number(node, attribute)?;
    let unit = node.attribute("unit").unwrap_or("m/s");
    let Some(per) = mps_per(unit) else {
        document.error_in(
            node,
            "unit",
            &format!(
                "`unit` of <{}> is `{}`, expected a speed",
                node.tag_name().name(),
                crate::document::clipped(unit)
            ),
            "write `m/s`, `km/h` or `mph`",
        );
        return None;
    };
    if value < 0.0 {
        document.error_in(
            node,
            attribute,
            &format!("`{attribute}` of <{}> is `{value}`, below zero", node.tag_name().name()),
            "a speed limit is zero or more; leave the element away for no limit",
        );
        return None;
    }
    Some(value * per)
}

/// Fills the side that a single-sided section leaves out with what went before (OpenDRIVE 11.3).
fn carry_over(before: &mut LaneSectionDraft, section: &mut LaneSectionDraft) {
    let ds = section.s_m - before.s_m;
    for (old, new) in [
        (&mut before.left, &mut section.left),
        (&mut before.right, &mut section.right),
    ] {
        if new.is_empty() {
            *new = old.iter().map(|lane| continued(lane, ds)).collect();
            for lane in old {
                lane.successor = Some(lane.id);
            }
        }
    }
    if section.centre_marks.is_empty() {
        section.centre_marks = from(
            &before.centre_marks,
            ds,
            |m| m.s_m,
            |m, s_m| RoadMarkDraft { s_m, ..*m },
        );
    }
}

fn continued(lane: &LaneDraft, ds: f64) -> LaneDraft {
    LaneDraft {
        widths: from(&lane.widths, ds, |c| c.s_m, |c, s_m| moved(c, s_m, ds)),
        borders: from(&lane.borders, ds, |c| c.s_m, |c, s_m| moved(c, s_m, ds)),
        heights: from(&lane.heights, ds, |h| h.s_m, |h, s_m| LaneHeightDraft { s_m, ..*h }),
        marks: from(&lane.marks, ds, |m| m.s_m, |m, s_m| RoadMarkDraft { s_m, ..*m }),
        speeds_mps_max: from(&lane.speeds_mps_max, ds, |v| v.0, |v, s_m| (s_m, v.1)),
        predecessor: Some(lane.id),
        ..lane.clone()
    }
}

/// The records in force from `ds` on, counted from there.
fn from<T>(records: &[T], ds: f64, s: impl Fn(&T) -> f64, at: impl Fn(&T, f64) -> T) -> Vec<T> {
    let first = records.iter().rposition(|r| s(r) <= ds).unwrap_or(0);
    records
        .iter()
        .skip(first)
        .map(|r| at(r, (s(r) - ds).max(0.0)))
        .collect()
}

/// The same curve, begun `ds` later: the Taylor expansion of the cubic there.
fn moved(c: &Cubic, s_m: f64, ds: f64) -> Cubic {
    let u = (ds - c.s_m).max(0.0);
    Cubic {
        s_m,
        a: c.a + u * (c.b + u * (c.c + u * c.d)),
        b: c.b + u * (2.0 * c.c + u * 3.0 * c.d),
        c: c.c + u * 3.0 * c.d,
        d: c.d,
    }
}
