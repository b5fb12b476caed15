//! Where each lane leads along a way: how far one gets without changing lanes, which way to change, the link to take.
//!
//! In go a route and the class of who drives it; out come, for the street that a vehicle is on, the [`Prospect`] of each
//! lane. They are found when it enters a street or changes lanes, by looking along the streets that it will come to in
//! some tens of seconds: nothing of the way but a byte a street has to be kept. Nothing here knows traffic.

use super::mover::{Mover, Side};
use crate::sumo::{Departure, LANES_MAX, NONE, Stop, StreetNetwork, VehicleClass};

/// Streets, and who goes which way along them.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a> {
    pub network: &'a StreetNetwork,
    /// Joints of all ways.
    pub turns: &'a [u8],
    pub departures: &'a [Departure],
}

/// What a lane is worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prospect {
    /// Metres from the lane's start that can be driven without a change.
    pub reach_m: f32,
    /// Changes to the left (positive) or right that are needed for the best lane.
    pub offset: i8,
    /// The link to take from here; [`NONE`] if none leads on.
    pub link: u32,
}

/// What the lanes of a street are worth, outermost first.
pub(super) type Prospects = [Prospect; LANES_MAX];

impl Prospect {
    pub(super) const NOWHERE: Prospect = Prospect {
        reach_m: 0.0,
        offset: 0,
        link: NONE,
    };
}

/// Farther than this nobody plans lanes, metres.
const REACH_M_MAX: f64 = 3000.0;
/// And so long a drive ahead, seconds at the speed limit: twice what a change to the left is begun before.
const REACH_S: f64 = 45.0;
/// Streets looked along at most.
const STREETS_MAX: usize = 64;

/// A place on somebody's way: a street that it comes to, and what is left of the way from there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    pub lane: u32,
    /// The link that leads on; [`NONE`] if the lane leads nowhere, or the way ends here.
    pub link: u32,
    /// The link after the next street, where it is known.
    beyond: Option<u32>,
    turn: u32,
    streets_left: u32,
    /// Whose way it is, and the halts on it that lie ahead of this place.
    id: u32,
    halts_left: u16,
    class: VehicleClass,
}

impl Walk {
    pub(super) fn new(mover: &Mover, lane: u32, class: VehicleClass) -> Walk {
        Walk {
            lane,
            link: mover.link,
            beyond: Some(mover.link_beyond),
            turn: mover.turn,
            streets_left: mover.streets_left,
            id: mover.id,
            halts_left: mover.halts_left,
            class,
        }
    }

    /// The same place of the way on another lane of the street.
    pub(super) fn beside(ways: &Ways, mover: &Mover, lane: u32, class: VehicleClass) -> Walk {
        let mut walk = Walk::new(mover, lane, class);
        walk.link = ways.link(&walk, lane);
        walk.beyond = None;
        walk
    }

    /// Goes along its link to the next lane.
    pub(super) fn go(&mut self, ways: &Ways) {
        let network = ways.network;
        let street = network.lanes[self.lane as usize].edge;
        while let Some(halt) = ways.halts_of(self.id, self.halts_left).first()
            && network.lanes[halt.lane as usize].edge == street
        {
            self.halts_left -= 1;
        }
        self.lane = network.links[self.link as usize].next;
        let record = &network.lanes[self.lane as usize];
        if record.is_internal {
            self.link = if record.links.is_empty() {
                NONE
            } else {
                record.links.start
            };
            return;
        }
        self.turn += 1;
        self.streets_left -= 1;
        self.link = self.beyond.take().unwrap_or_else(|| ways.link(self, self.lane));
    }

    /// The link after the next street.
    fn find_beyond(mut self, ways: &Ways) -> u32 {
        self.beyond = None;
        while self.link != NONE {
            self.go(ways);
            if !ways.network.lanes[self.lane as usize].is_internal {
                return self.link;
            }
        }
        NONE
    }

    /// The way ends on this street.
    pub(super) fn is_last(&self, ways: &Ways) -> bool {
        self.streets_left == 0 && !ways.network.lanes[self.lane as usize].is_internal
    }

    /// Whether the nearest lane of this street that leads on, if this one does not, lies to the right.
    pub(super) fn leads_on_to_the_right(&self, ways: &Ways) -> bool {
        let record = &ways.network.lanes[self.lane as usize];
        let first = ways.network.edges[record.edge as usize].first_lane;
        let own = i64::from(self.lane - first);
        let leads_on = |place: i64| {
            place >= 0
                && place < i64::from(ways.network.edges[record.edge as usize].lane_count)
                && ways.link(self, first + place as u32) != NONE
        };
        !record.is_internal
            && (1..LANES_MAX as i64)
                .find_map(|steps| match (leads_on(own - steps), leads_on(own + steps)) {
                    (true, _) => Some(true),
                    (_, true) => Some(false),
                    _ => None,
                })
                .unwrap_or(false)
    }

    /// Puts a vehicle at this place of its way.
    pub(super) fn arrive(&self, ways: &Ways, mover: &mut Mover) {
        mover.link = self.link;
        mover.link_beyond = self.beyond.unwrap_or_else(|| self.find_beyond(ways));
        mover.turn = self.turn;
        mover.streets_left = self.streets_left;
    }
}

impl Ways<'_> {
    /// The halts that lie before a vehicle.
    pub(super) fn halts(&self, mover: &Mover) -> &[Stop] {
        self.halts_of(mover.id, mover.halts_left)
    }

    fn halts_of(&self, id: u32, halts_left: u16) -> &[Stop] {
        if halts_left == 0 {
            return &[];
        }
        let stops = &self.departures[id as usize].stops;
        &stops[stops.len() - usize::from(halts_left)..]
    }

    /// The link that leads on from a lane; of several the one whose lane leads farthest, with the fewest changes.
    fn link(&self, walk: &Walk, lane: u32) -> u32 {
        let network = self.network;
        let &Walk {
            turn,
            streets_left,
            class,
            ..
        } = walk;
        let record = &network.lanes[lane as usize];
        if streets_left == 0 || !network.allows(lane as usize, class) {
            return NONE;
        }
        let joint = network.joint(record.edge, self.turns[turn as usize]);
        let place = lane - network.edges[record.edge as usize].first_lane;
        let mut links = network.links_along(joint, place, class);
        let Some(first) = links.next() else {
            return NONE;
        };
        if links.next().is_none() {
            return first;
        }
        let mut prospects = [Prospect::NOWHERE; LANES_MAX];
        self.prospects(
            record.edge,
            turn,
            streets_left,
            self.halts_of(walk.id, walk.halts_left),
            class,
            REACH_S * record.speed_mps,
            &mut prospects,
        );
        prospects[place as usize].link
    }

    /// Finds the link that a vehicle takes at the end of its lane, and what the lanes beside it are worth.
    pub(super) fn settle(&self, mover: &mut Mover, lane: u32, class: VehicleClass) {
        self.find_link(mover, lane, class);
        self.look_around(mover, lane, class);
    }

    /// Finds the link that a vehicle takes at the end of its lane.
    pub(super) fn find_link(&self, mover: &mut Mover, lane: u32, class: VehicleClass) {
        let record = &self.network.lanes[lane as usize];
        mover.link = match record.is_internal {
            true if record.links.is_empty() => NONE,
            true => record.links.start,
            false => self.link(&Walk::new(mover, lane, class), lane),
        };
        mover.link_beyond = Walk::new(mover, lane, class).find_beyond(self);
    }

    /// Finds what the lanes beside a vehicle are worth, where there are any.
    pub(super) fn look_around(&self, mover: &mut Mover, lane: u32, class: VehicleClass) {
        let network = self.network;
        let record = &network.lanes[lane as usize];
        let edge = &network.edges[record.edge as usize];
        if record.is_internal || edge.lane_count == 1 {
            return;
        }
        let mut prospects = [Prospect::NOWHERE; LANES_MAX];
        self.prospects(
            record.edge,
            mover.turn,
            mover.streets_left,
            self.halts(mover),
            class,
            REACH_S * record.speed_mps,
            &mut prospects,
        );
        let own = (lane - edge.first_lane) as usize;
        for side in [Side::Right, Side::Own, Side::Left] {
            let beside = (own + side as usize)
                .checked_sub(1)
                .and_then(|place| prospects.get(place));
            let beside = beside.unwrap_or(&Prospect::NOWHERE);
            // Half a decimetre is no matter: where lanes end is seen, not remembered.
            mover.reach_dm[side as usize] = (beside.reach_m * 10.0) as u16;
            mover.offset[side as usize] = beside.offset;
        }
    }

    /// What the lanes of the first street of a route are worth.
    pub(super) fn at_start(&self, edge: u32, mover: &Mover, class: VehicleClass) -> Prospects {
        let mut prospects = [Prospect::NOWHERE; LANES_MAX];
        let halts = self.halts(mover);
        self.prospects(
            edge,
            mover.turn,
            mover.streets_left,
            halts,
            class,
            REACH_M_MAX,
            &mut prospects,
        );
        prospects
    }

    /// What the lanes of a street are worth to who goes on by `turn` and the joints after it, looking `horizon_m` ahead.
    #[expect(
        clippy::too_many_arguments,
        reason = "a way is where it goes, for whom, and how far one looks"
    )]
    fn prospects(
        &self,
        edge: u32,
        turn: u32,
        streets_left: u32,
        mut halts: &[Stop],
        class: VehicleClass,
        horizon_m: f64,
        out: &mut Prospects,
    ) {
        let network = self.network;
        // Out along the streets, and back from the last.
        let mut streets = [(NONE, NONE); STREETS_MAX];
        let (mut count, mut seen_m, mut at) = (0, 0.0, edge);
        loop {
            let mut halt = NONE;
            while let Some((next, others)) = halts.split_first()
                && network.lanes[next.lane as usize].edge == at
            {
                halt = if halt == NONE { next.lane } else { halt };
                halts = others;
            }
            streets[count] = (at, halt);
            count += 1;
            seen_m += network.lanes[network.edges[at as usize].first_lane as usize].length_m;
            if count > streets_left as usize || seen_m > horizon_m || count == STREETS_MAX {
                break;
            }
            at = network.joint(at, self.turns[turn as usize + count - 1]).to;
        }
        // What lies beyond the horizon is as good as can be.
        let mut beyond = [Prospect {
            reach_m: REACH_M_MAX as f32,
            ..Prospect::NOWHERE
        }; LANES_MAX];
        for step in (0..count).rev() {
            let turn = (step < streets_left as usize).then(|| self.turns[turn as usize + step]);
            self.fill(streets[step], turn, class, &beyond, out);
            if step > 0 {
                let lanes = network.edges[streets[step].0 as usize].lane_count as usize;
                beyond[..lanes].copy_from_slice(&out[..lanes]);
            }
        }
    }

    /// One street, with the halt on it, the one beyond being done.
    fn fill(
        &self,
        (edge, halt): (u32, u32),
        turn: Option<u8>,
        class: VehicleClass,
        beyond: &Prospects,
        out: &mut Prospects,
    ) {
        let network = self.network;
        let record = &network.edges[edge as usize];
        let (first, count) = (record.first_lane, record.lane_count as usize);
        let lanes = &mut out[..count];
        let mut leads_on = false;
        for (place, entry) in (0..).zip(lanes.iter_mut()) {
            let lane = (first + place) as usize;
            *entry = Prospect::NOWHERE;
            if !network.allows(lane, class) {
                continue;
            }
            entry.reach_m = network.lanes[lane].length_m as f32;
            let Some(turn) = turn else {
                continue;
            };
            let joint = network.joint(edge, turn);
            let target = network.edges[joint.to as usize].first_lane;
            let mut best: Option<(f32, i32, f64)> = None;
            for index in network.links_along(joint, place, class) {
                let link = &network.links[index as usize];
                let to = beyond[(link.to - target) as usize];
                let (reach_m, nearness) = (to.reach_m, -i32::from(to.offset.abs()));
                if best.is_none_or(|best| (reach_m, nearness) > (best.0, best.1)) {
                    best = Some((reach_m, nearness, link.length_m));
                    entry.link = index;
                }
            }
            if let Some((reach_m, _, inside_m)) = best {
                entry.reach_m += reach_m + inside_m as f32;
                leads_on = true;
            }
        }
        if halt != NONE {
            // A halt on this street wants its own lane; from others one has to change to it.
            let own = (halt - first) as usize;
            for (place, lane) in lanes.iter_mut().enumerate() {
                if place != own {
                    lane.reach_m = lane.reach_m.min(network.lanes[first as usize + place].length_m as f32);
                }
                lane.offset = (own as i64 - place as i64) as i8;
            }
            lanes[own].reach_m = lanes[own]
                .reach_m
                .max(network.lanes[first as usize].length_m as f32 + 1.0);
        } else {
            let usable = |lane: &Prospect| lane.reach_m > 0.0 && (!leads_on || lane.link != NONE);
            let best_m = lanes
                .iter()
                .filter(|lane| usable(lane))
                .map(|lane| lane.reach_m)
                .fold(0.0, f32::max);
            let mut is_best = [false; LANES_MAX];
            for (lane, is_best) in lanes.iter().zip(&mut is_best) {
                *is_best = usable(lane) && lane.reach_m >= best_m - 0.1;
            }
            for (place, lane) in lanes.iter_mut().enumerate() {
                let nearest = (0..count)
                    .filter(|&other| is_best[other])
                    .min_by_key(|&other| other.abs_diff(place));
                lane.offset = nearest.map_or(0, |other| (other as i64 - place as i64) as i8);
            }
        }
        for lane in lanes {
            lane.reach_m = lane.reach_m.min(REACH_M_MAX as f32);
        }
    }
}
