//! Which piece of a lane continues which: every link of the draft read from both sides, checked in place and direction.
//!
//! OpenDRIVE tells a link up to four times (lane predecessor, lane successor, junction connection, and again on the
//! connecting road), and files often tell it once only. A join is taken from whoever tells it; where nobody does, two
//! lanes of one kind that meet within 0.3 m are joined. Lanes that run against each other, or whose ends lie further
//! apart than 3 m, are not. Where a road leads off or on along another one (virtual junctions), the place and the lanes'
//! own directions tell which two pieces meet.

use super::pieces::{Piece, Pieces};
use crate::draft::{ContactPoint, MapDraft, RoadLink};
use crate::geometry::RoadGeometry;
use std::collections::{BTreeSet, HashMap};

/// Ends further apart than this are not joined: a vehicle would visibly jump.
const GAP_M_MAX: f64 = 3.0;
/// A gap that an author should know of.
const GAP_M_NOTED: f64 = 0.3;
/// Ends this close are joined even if no link says so.
const TOUCH_M: f64 = 0.3;

/// Joins of pieces in the direction of travel, sorted.
pub(crate) struct Joins {
    pub(crate) successors: Vec<Vec<usize>>,
    pub(crate) predecessors: Vec<Vec<usize>>,
}

/// An end of a piece.
type End = (usize, ContactPoint);

pub(crate) fn join(
    draft: &MapDraft,
    roads: &HashMap<&str, usize>,
    pieces: &Pieces,
    geometries: &[RoadGeometry],
    warnings: &mut Vec<String>,
) -> Joins {
    let mut joiner = Joiner {
        draft,
        roads,
        pieces,
        geometries,
        warnings,
        pairs: BTreeSet::new(),
    };
    joiner.within_roads();
    joiner.between_roads();
    joiner.through_junctions();
    joiner.virtual_connections();
    joiner.finish()
}

struct Joiner<'a> {
    draft: &'a MapDraft,
    roads: &'a HashMap<&'a str, usize>,
    pieces: &'a Pieces,
    geometries: &'a [RoadGeometry],
    warnings: &'a mut Vec<String>,
    pairs: BTreeSet<(usize, usize)>,
}

impl Joiner<'_> {
    fn within_roads(&mut self) {
        for (road, stretches) in self.pieces.stretches.iter().enumerate() {
            for index in 1..stretches.len() {
                let (before, after) = (&stretches[index - 1], &stretches[index]);
                if before.section == after.section {
                    for (a, b) in before.pieces.clone().zip(after.pieces.clone()) {
                        self.pair((a, ContactPoint::End), (b, ContactPoint::Start));
                    }
                    continue;
                }
                for a in before.pieces.clone() {
                    let lane = &self.pieces.pieces[a];
                    if let Some(next) = self.lane_link(a, ContactPoint::End)
                        && let Some(b) = self.pieces.find(road, index, next)
                    {
                        self.pair((a, ContactPoint::End), (b, ContactPoint::Start));
                    }
                    for b in after.pieces.clone() {
                        if self.lane_link(b, ContactPoint::Start) == Some(lane.lane) {
                            self.pair((a, ContactPoint::End), (b, ContactPoint::Start));
                        }
                    }
                }
                self.touching(
                    before.pieces.clone(),
                    ContactPoint::End,
                    after.pieces.clone(),
                    ContactPoint::Start,
                );
            }
        }
    }

    fn between_roads(&mut self) {
        for (index, road) in self.draft.roads.iter().enumerate() {
            for (contact, link) in [
                (ContactPoint::Start, &road.predecessor),
                (ContactPoint::End, &road.successor),
            ] {
                let (id, other_contact) = match link {
                    Some(RoadLink::Road { id, contact }) => (id, contact),
                    Some(RoadLink::Along { id, s_m, .. }) => {
                        let links: Vec<(i32, i32)> = self
                            .end_pieces(index, contact)
                            .filter_map(|piece| Some((self.pieces.pieces[piece].lane, self.lane_link(piece, contact)?)))
                            .collect();
                        if let Some(&main) = self.roads.get(id.as_str()) {
                            self.branch((index, contact), (main, *s_m), &links);
                        }
                        continue;
                    }
                    _ => continue,
                };
                let Some(&other) = self.roads.get(id.as_str()) else {
                    continue;
                };
                let (ours, theirs) = (
                    self.end_stretch(index, contact),
                    self.end_stretch(other, *other_contact),
                );
                let (Some(ours), Some(theirs)) = (ours, theirs) else {
                    continue;
                };
                for a in self.pieces.stretches[index][ours].pieces.clone() {
                    if let Some(lane) = self.lane_link(a, contact)
                        && let Some(b) = self.pieces.find(other, theirs, lane)
                    {
                        self.pair((a, contact), (b, *other_contact));
                    }
                }
                let (ours, theirs) = (
                    self.pieces.stretches[index][ours].pieces.clone(),
                    self.pieces.stretches[other][theirs].pieces.clone(),
                );
                self.touching(ours, contact, theirs, *other_contact);
            }
        }
    }

    fn through_junctions(&mut self) {
        for junction in &self.draft.junctions {
            for connection in &junction.connections {
                let ids = [&connection.incoming_road, &connection.connecting_road];
                let [Some(&incoming), Some(&connecting)] = ids.map(|id| self.roads.get(id.as_str())) else {
                    continue;
                };
                let contact = connection.contact;
                if let Some(RoadLink::Along { id, s_m, .. }) = self.link_at(connecting, contact)
                    && *id == connection.incoming_road
                {
                    let links: Vec<(i32, i32)> = connection.lane_links.iter().map(|&(from, to)| (to, from)).collect();
                    self.branch((connecting, contact), (incoming, *s_m), &links);
                    continue;
                }
                let Some(incoming_contact) = self.contact_of_incoming(incoming, connecting, contact, &junction.id)
                else {
                    self.warnings.push(format!(
                        "junction `{}`: road `{}` does not touch connecting road `{}`; the connection is left out",
                        junction.id, connection.incoming_road, connection.connecting_road
                    ));
                    continue;
                };
                let (Some(ours), Some(theirs)) = (
                    self.end_stretch(incoming, incoming_contact),
                    self.end_stretch(connecting, contact),
                ) else {
                    continue;
                };
                for &(from, to) in &connection.lane_links {
                    let ends = (
                        self.pieces.find(incoming, ours, from),
                        self.pieces.find(connecting, theirs, to),
                    );
                    if let (Some(a), Some(b)) = ends {
                        self.pair((a, incoming_contact), (b, contact));
                    } else {
                        self.warnings.push(format!(
                            "junction `{}`: lane link {from} to {to} from road `{}` to road `{}` names a lane that does \
                             not exist; it is left out",
                            junction.id, connection.incoming_road, connection.connecting_road
                        ));
                    }
                }
            }
        }
    }

    /// Joins an end of a road to lanes of another one along which it lies; `links` are (lane of ours, lane of the other).
    fn branch(&mut self, (road, contact): (usize, ContactPoint), (main, s_m): (usize, f64), links: &[(i32, i32)]) {
        let Some(ours) = self.end_stretch(road, contact) else {
            return;
        };
        for &(own, other) in links {
            let place = self.pieces.find(road, ours, own).and_then(|piece| {
                let leaves_main = self.pieces.pieces[piece].is_forward == (contact == ContactPoint::Start);
                Some(((piece, contact), self.end_along(main, s_m, other, leaves_main)?))
            });
            match place {
                Some((a, b)) => self.pair(a, b),
                None => self.warnings.push(format!(
                    "road `{}`: its lane `{own}` is linked to lane `{other}` of road `{}` at s = {s_m}, which does not \
                     exist; it is left out",
                    self.draft.roads[road].id, self.draft.roads[main].id
                )),
            }
        }
    }

    /// The piece of a lane that ends next to a place along a road, where traffic leaves it there, or the one that begins.
    fn end_along(&self, road: usize, s_m: f64, lane: i32, leaves: bool) -> Option<End> {
        let stretches = self.pieces.stretches_at(road, s_m);
        let [before, after] = stretches.map(|stretch| self.pieces.find(road, stretch?, lane));
        let runs_forward = self.pieces.pieces[before.or(after)?].is_forward;
        match runs_forward == leaves {
            true => Some((before?, ContactPoint::End)),
            false => Some((after?, ContactPoint::Start)),
        }
    }

    fn virtual_connections(&mut self) {
        for junction in &self.draft.junctions {
            for connection in &junction.virtual_connections {
                for &(from, to) in &connection.lane_links {
                    let ends = (
                        self.end_at(&connection.from, from, true),
                        self.end_at(&connection.to, to, false),
                    );
                    match ends {
                        (Some(a), Some(b)) => self.pair(a, b),
                        _ => self.warnings.push(format!(
                            "junction `{}`: a virtual connection from lane {from} to lane {to} names a lane that does not \
                             exist; it is left out",
                            junction.id
                        )),
                    }
                }
            }
        }
    }

    /// The end of a lane that a link names, where traffic leaves it or enters it.
    fn end_at(&self, link: &RoadLink, lane: i32, leaves: bool) -> Option<End> {
        match link {
            RoadLink::Road { id, contact } => {
                let road = *self.roads.get(id.as_str())?;
                let piece = self.pieces.find(road, self.end_stretch(road, *contact)?, lane)?;
                Some((piece, *contact))
            }
            RoadLink::Along { id, s_m, .. } => self.end_along(*self.roads.get(id.as_str())?, *s_m, lane, leaves),
            RoadLink::Junction { .. } => None,
        }
    }

    fn link_at(&self, road: usize, contact: ContactPoint) -> &Option<RoadLink> {
        match contact {
            ContactPoint::Start => &self.draft.roads[road].predecessor,
            ContactPoint::End => &self.draft.roads[road].successor,
        }
    }

    /// The end of the incoming road that touches a connecting road: as that one's link says, else as the incoming
    /// road's own links say, else whichever is nearer.
    fn contact_of_incoming(
        &self,
        incoming: usize,
        connecting: usize,
        contact: ContactPoint,
        junction: &str,
    ) -> Option<ContactPoint> {
        let road = &self.draft.roads[incoming];
        if let Some(RoadLink::Road { id, contact }) = self.link_at(connecting, contact)
            && *id == road.id
        {
            return Some(*contact);
        }
        let touches = |link: &Option<RoadLink>| matches!(link, Some(RoadLink::Junction { id }) if id == junction);
        let place = self.road_end(connecting, contact);
        let distance = |contact| {
            let [x, y] = self.road_end(incoming, contact);
            (x - place[0]).abs() + (y - place[1]).abs()
        };
        match (touches(&road.predecessor), touches(&road.successor)) {
            (true, false) => Some(ContactPoint::Start),
            (false, true) => Some(ContactPoint::End),
            _ => {
                let (start, end) = (distance(ContactPoint::Start), distance(ContactPoint::End));
                let (nearest, contact) = if start < end {
                    (start, ContactPoint::Start)
                } else {
                    (end, ContactPoint::End)
                };
                // A carriageway's width: reference lines may lie on either side of it.
                (nearest < 30.0).then_some(contact)
            }
        }
    }

    fn road_end(&self, road: usize, contact: ContactPoint) -> [f64; 2] {
        let geometry = &self.geometries[road];
        let point = geometry.plan_point(match contact {
            ContactPoint::Start => 0.0,
            ContactPoint::End => geometry.length_m(),
        });
        [point.x_m, point.y_m]
    }

    fn end_stretch(&self, road: usize, contact: ContactPoint) -> Option<usize> {
        let count = self.pieces.stretches[road].len();
        match contact {
            ContactPoint::Start => (count > 0).then_some(0),
            ContactPoint::End => count.checked_sub(1),
        }
    }

    /// The pieces of the stretch at an end of a road.
    fn end_pieces(&self, road: usize, contact: ContactPoint) -> std::ops::Range<usize> {
        let stretch = self.end_stretch(road, contact);
        stretch.map_or(0..0, |index| self.pieces.stretches[road][index].pieces.clone())
    }

    /// What the lane's own record says of its continuation at an end of its section.
    fn lane_link(&self, piece: usize, contact: ContactPoint) -> Option<i32> {
        let Piece {
            road, section, lane, ..
        } = self.pieces.pieces[piece];
        let section = &self.draft.roads[road].sections[section];
        let record = section
            .left
            .iter()
            .chain(&section.right)
            .find(|record| record.id == lane)?;
        match contact {
            ContactPoint::Start => record.predecessor,
            ContactPoint::End => record.successor,
        }
    }

    /// Joins usable lanes that meet though no link says so, if neither has any link there.
    fn touching(
        &mut self,
        ours: std::ops::Range<usize>,
        contact: ContactPoint,
        theirs: std::ops::Range<usize>,
        other_contact: ContactPoint,
    ) {
        for a in ours {
            if !self.pieces.pieces[a].is_usable || self.lane_link(a, contact).is_some() {
                continue;
            }
            for b in theirs.clone() {
                let (one, other) = (&self.pieces.pieces[a], &self.pieces.pieces[b]);
                if other.kind == one.kind
                    && other.is_usable
                    && self.lane_link(b, other_contact).is_none()
                    && self.gap_m((a, contact), (b, other_contact)) < TOUCH_M
                {
                    self.pair((a, contact), (b, other_contact));
                }
            }
        }
    }

    fn gap_m(&self, a: End, b: End) -> f64 {
        let ([ax, ay, az], [bx, by, bz]) = (self.place(a), self.place(b));
        ((ax - bx) * (ax - bx) + (ay - by) * (ay - by) + (az - bz) * (az - bz)).sqrt()
    }

    fn place(&self, (piece, contact): End) -> [f64; 3] {
        let piece = &self.pieces.pieces[piece];
        let s_m = match contact {
            ContactPoint::Start => piece.from_m,
            ContactPoint::End => piece.to_m,
        };
        let anchor_m = 0.5 * (piece.from_m + piece.to_m);
        // Only the records of the piece itself: at its end the next ones begin.
        let near_m = if contact == ContactPoint::End {
            (s_m - 1e-9).max(anchor_m)
        } else {
            s_m
        };
        let point = self.geometries[piece.road].lane_curve(piece.section, piece.lane, s_m, near_m);
        [point.x_m, point.y_m, point.z_m]
    }

    /// Takes a join if traffic can pass it one way.
    fn pair(&mut self, a: End, b: End) {
        let (one, other) = (&self.pieces.pieces[a.0], &self.pieces.pieces[b.0]);
        if one.is_usable != other.is_usable {
            return;
        }
        let leaves = |piece: &Piece, contact| piece.is_forward == (contact == ContactPoint::End);
        let (from, to) = match (leaves(one, a.1), leaves(other, b.1)) {
            (true, false) => (a, b),
            (false, true) => (b, a),
            _ => {
                if one.is_usable {
                    self.warnings.push(format!(
                        "{} and {} are linked but run against each other; the link is left out",
                        self.name(a.0),
                        self.name(b.0)
                    ));
                }
                return;
            }
        };
        if self.pairs.contains(&(from.0, to.0)) {
            return;
        }
        let gap_m = self.gap_m(from, to);
        if gap_m > GAP_M_MAX {
            if one.is_usable {
                self.warnings.push(format!(
                    "{} ends {gap_m:.2} m away from {} which is to continue it; the link is left out",
                    self.name(from.0),
                    self.name(to.0)
                ));
            }
            return;
        }
        if gap_m > GAP_M_NOTED && one.is_usable {
            self.warnings.push(format!(
                "{} ends {gap_m:.2} m away from {} which continues it",
                self.name(from.0),
                self.name(to.0)
            ));
        }
        self.pairs.insert((from.0, to.0));
    }

    fn name(&self, piece: usize) -> String {
        let piece = &self.pieces.pieces[piece];
        format!("lane `{}` of road `{}`", piece.lane, self.draft.roads[piece.road].id)
    }

    fn finish(self) -> Joins {
        let count = self.pieces.pieces.len();
        let mut joins = Joins {
            successors: vec![Vec::new(); count],
            predecessors: vec![Vec::new(); count],
        };
        for &(from, to) in &self.pairs {
            joins.successors[from].push(to);
            joins.predecessors[to].push(from);
        }
        joins
    }
}
