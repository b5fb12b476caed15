//! The operational design domain: under which conditions a vehicle may drive by itself, and what it does beyond them.
//!
//! In goes the text of a `vehicles/*.odd.toml`, named by a data sheet; out comes an [`OperationalDesignDomain`] in SI units,
//! checked once, or all that is wrong with the file. In each cycle a driver hands in what it knows of each [`OddAttribute`]
//! and is told how it fits. Terms and their order are those of ISO 34503:2023 (scenery, environmental conditions, dynamic
//! elements). It does not know where the numbers come from.

use crate::fault::FaultKind;
use crate::ladder::{Ladder, Rung};
use crate::sheet::SheetError;

/// What is looked at, one number each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OddAttribute {
    /// Scenery, drivable area: least width of the lane on the way of a stop ahead, m.
    LaneWidth,
    /// Scenery, drivable area: greatest slope there, up or down, as a share.
    Grade,
    /// Scenery, drivable area: least radius of the lane there, m.
    CurveRadius,
    /// Environmental conditions, weather: rain, mm/h.
    Rainfall,
    /// Environmental conditions, particulates: meteorological visibility, m.
    Visibility,
    /// Environmental conditions, illumination: 1 in the dark, 0 in daylight.
    Night,
    /// Environmental conditions, connectivity: for how long the radio link has been out, s.
    LinkOut,
    /// Dynamic elements, subject vehicle: its own speed, m/s.
    Speed,
}

impl OddAttribute {
    /// How many there are.
    pub const COUNT: usize = 8;
    /// All of them, in order.
    pub const ALL: [OddAttribute; OddAttribute::COUNT] = [
        OddAttribute::LaneWidth,
        OddAttribute::Grade,
        OddAttribute::CurveRadius,
        OddAttribute::Rainfall,
        OddAttribute::Visibility,
        OddAttribute::Night,
        OddAttribute::LinkOut,
        OddAttribute::Speed,
    ];

    /// Its place in [`OddAttribute::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            OddAttribute::LaneWidth => "lane width",
            OddAttribute::Grade => "grade",
            OddAttribute::CurveRadius => "curve radius",
            OddAttribute::Rainfall => "rainfall",
            OddAttribute::Visibility => "visibility",
            OddAttribute::Night => "night",
            OddAttribute::LinkOut => "link out",
            OddAttribute::Speed => "own speed",
        }
    }

    /// The unit that people read it in, and how many of it are one of ours.
    pub fn unit(self) -> (&'static str, f64) {
        match self {
            OddAttribute::LaneWidth | OddAttribute::CurveRadius | OddAttribute::Visibility => ("m", 1.0),
            OddAttribute::Grade => ("%", 100.0),
            OddAttribute::Rainfall => ("mm/h", 1.0),
            OddAttribute::Night => ("", 1.0),
            OddAttribute::LinkOut => ("s", 1.0),
            OddAttribute::Speed => ("km/h", 3.6),
        }
    }

    /// Whether more of it is worse.
    pub fn is_bounded_above(self) -> bool {
        !matches!(
            self,
            OddAttribute::LaneWidth | OddAttribute::CurveRadius | OddAttribute::Visibility
        )
    }
}

/// How a condition fits the domain; the worst is the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OddFit {
    /// Well within, or not bounded.
    #[default]
    Inside,
    /// Within, and near the bound: time to be careful.
    Near,
    /// Beyond the bound, or not known at all.
    Outside,
}

/// How far an attribute may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OddBound {
    /// Beyond it the vehicle is outside.
    pub limit: f64,
    /// Beyond it the vehicle is near the limit; the limit itself where the file says nothing.
    pub near: f64,
    /// What an exit asks for.
    pub exit: Rung,
}

impl OddBound {
    /// How a value fits. No number is outside: what is not known cannot be within.
    pub fn fit(&self, attribute: OddAttribute, value: f64) -> OddFit {
        let is_within = |bound: f64| {
            if attribute.is_bounded_above() {
                value <= bound
            } else {
                value >= bound
            }
        };
        if !is_within(self.limit) {
            OddFit::Outside
        } else if !is_within(self.near) {
            OddFit::Near
        } else {
            OddFit::Inside
        }
    }
}

/// Conditions under which a vehicle may drive by itself, and what it does beyond them.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationalDesignDomain {
    /// What people call it.
    pub title: String,
    /// By [`OddAttribute::index`]; none where the file bounds nothing.
    pub bounds: [Option<OddBound>; OddAttribute::COUNT],
    /// What it does beyond them, and when something breaks.
    pub ladder: Ladder,
    /// What each fault asks for, by [`FaultKind::index`].
    pub on_fault: [Rung; FaultKind::COUNT],
}

impl Default for OperationalDesignDomain {
    /// Nothing is bounded: what a data sheet that names no file means.
    fn default() -> OperationalDesignDomain {
        OperationalDesignDomain {
            title: "no bounds".to_owned(),
            bounds: [None; OddAttribute::COUNT],
            ladder: Ladder::default(),
            on_fault: FaultKind::ALL.map(FaultKind::usual_rung),
        }
    }
}

impl OperationalDesignDomain {
    /// Reads a file's text. `file` is only for messages.
    pub fn from_toml(text: &str, file: &str) -> Result<OperationalDesignDomain, SheetError> {
        crate::odd_reader::read(text, file).map_err(SheetError::Invalid)
    }

    /// How values, by [`OddAttribute::index`], fit.
    pub fn fit(&self, values: &[f64; OddAttribute::COUNT]) -> [OddFit; OddAttribute::COUNT] {
        OddAttribute::ALL.map(|attribute| {
            let index = attribute.index();
            self.bounds[index].map_or(OddFit::Inside, |bound| bound.fit(attribute, values[index]))
        })
    }
}

/// How a cycle fitted: values and fits by [`OddAttribute::index`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OddState {
    /// What was known, in SI units.
    pub values: [f64; OddAttribute::COUNT],
    /// How it fitted.
    pub fits: [OddFit; OddAttribute::COUNT],
}

impl OddState {
    /// The worst fit of all.
    pub fn worst(&self) -> OddFit {
        self.fits.into_iter().max().unwrap_or_default()
    }

    /// Those that fit so.
    pub fn those(&self, fit: OddFit) -> impl Iterator<Item = OddAttribute> + '_ {
        OddAttribute::ALL
            .into_iter()
            .filter(move |attribute| self.fits[attribute.index()] == fit)
    }
}

/// How long a vehicle was how, and how often it left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OddTally {
    /// Time with a mission.
    pub time_s: f64,
    /// Of it, inside in every respect.
    pub inside_s: f64,
    /// Near a bound, by attribute.
    pub near_s: [f64; OddAttribute::COUNT],
    /// Beyond it, by attribute.
    pub outside_s: [f64; OddAttribute::COUNT],
    /// How often that began, by attribute.
    pub exits: [u32; OddAttribute::COUNT],
    /// The value that was nearest to the bound or farthest beyond, by attribute; infinitely good before any.
    pub worst: [f64; OddAttribute::COUNT],
}

impl Default for OddTally {
    fn default() -> OddTally {
        OddTally {
            time_s: 0.0,
            inside_s: 0.0,
            near_s: [0.0; OddAttribute::COUNT],
            outside_s: [0.0; OddAttribute::COUNT],
            exits: [0; OddAttribute::COUNT],
            worst: OddAttribute::ALL.map(best),
        }
    }
}

impl OddTally {
    /// Counts a cycle; `before` is how the one before fitted.
    pub fn count(&mut self, state: &OddState, before: &OddState, period_s: f64) {
        self.time_s += period_s;
        if state.worst() == OddFit::Inside {
            self.inside_s += period_s;
        }
        for attribute in OddAttribute::ALL {
            let index = attribute.index();
            match state.fits[index] {
                OddFit::Inside => {}
                OddFit::Near => self.near_s[index] += period_s,
                OddFit::Outside => {
                    self.outside_s[index] += period_s;
                    self.exits[index] += u32::from(before.fits[index] != OddFit::Outside);
                }
            }
            self.worst[index] = worse(attribute, self.worst[index], state.values[index]);
        }
    }

    /// Both together.
    pub fn add(&mut self, other: &OddTally) {
        self.time_s += other.time_s;
        self.inside_s += other.inside_s;
        for attribute in OddAttribute::ALL {
            let index = attribute.index();
            self.near_s[index] += other.near_s[index];
            self.outside_s[index] += other.outside_s[index];
            self.exits[index] += other.exits[index];
            self.worst[index] = worse(attribute, self.worst[index], other.worst[index]);
        }
    }
}

/// Nothing is better.
fn best(attribute: OddAttribute) -> f64 {
    if attribute.is_bounded_above() {
        f64::NEG_INFINITY
    } else {
        f64::INFINITY
    }
}

/// The worse of two; what is no number is nothing that was seen.
fn worse(attribute: OddAttribute, a: f64, b: f64) -> f64 {
    if attribute.is_bounded_above() {
        a.max(b)
    } else {
        a.min(b)
    }
}
