//! Vehicle types: bodies, engines and habits, as `<vType>` gives them.
//!
//! In goes an element; out comes a [`VehicleKind`], complete with the defaults of its class. It knows no vehicle.
//! Source of the defaults: Eclipse SUMO's documentation, "Vehicle Type Parameter Defaults".

use super::class::VehicleClass;
use super::document::{Document, Node, clipped, elements, parse_number};

/// How a type follows whoever is in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// Krauß, "Microscopic Modeling of Traffic Flow" (1998), as SUMO's default has it.
    Krauss,
    /// Treiber, Hennecke and Helbing, "Congested traffic states in empirical observations" (2000).
    Idm,
    /// A person: Treiber, Kesting and Helbing, "Delays, inaccuracies and anticipation in microscopic traffic models" (2006),
    /// who drives by what it believes of the one ahead, and decides anew only every so often.
    Human,
}

/// Headway that people keep where the file says nothing of it: with it they leave a signal 1,800 an hour.
const HUMAN_TAU_S: f64 = 1.36;

/// People are satisfied with this where they cross the way of others.
const HUMAN_MARGIN_S: f64 = 0.3;

/// And see that their lane ends, or that they are on the wrong one, so much sooner than SUMO's vehicles do.
const HUMAN_STRATEGIC: f64 = 4.0;

/// A type of vehicle.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleKind {
    /// Its name.
    pub id: String,
    /// What lanes it may use.
    pub class: VehicleClass,
    /// Bumper to bumper, metres.
    pub length_m: f64,
    /// Gap kept when standing.
    pub gap_m_min: f64,
    /// Greatest acceleration.
    pub accel_mps2: f64,
    /// Comfortable deceleration.
    pub decel_mps2: f64,
    /// Greatest speed.
    pub speed_mps_max: f64,
    /// How imperfectly it is driven, 0 to 1 (Krauß's epsilon).
    pub sigma: f64,
    /// Time headway its driver wants, seconds.
    pub tau_s: f64,
    /// Share of the limit that its drivers want: mean, deviation, least, most.
    pub speed_factor: [f64; 4],
    /// Car-following model.
    pub following: Following,
    /// A person decides so often, seconds.
    pub reaction_s: f64,
    /// By this share it misjudges gaps (standard deviation).
    pub gap_error: f64,
    /// By this share of the gap it misjudges how fast the gap shrinks, a second (standard deviation).
    pub closing_error_per_s: f64,
    /// Where it gives way, seconds that it leaves between itself and others.
    pub margin_s: f64,
    /// Eagerness to push into gaps from the start, 0 to 1.
    pub impatience: f64,
    /// Eagerness to change lanes for the route (1 is usual).
    pub strategic: f64,
    /// Readiness to make room for others, 0 to 1.
    pub cooperative: f64,
    /// Eagerness to change lanes to go faster.
    pub speed_gain: f64,
    /// Eagerness to return to the outer lane.
    pub keep_right: f64,
    /// It drives with blue lights: passes red ones, and others make way.
    pub has_blue_light: bool,
}

impl VehicleKind {
    /// A type of a class with nothing said.
    pub fn of_class(id: &str, class: VehicleClass) -> VehicleKind {
        let defaults = class.defaults();
        VehicleKind {
            id: id.to_owned(),
            class,
            length_m: defaults.length_m,
            gap_m_min: defaults.gap_m_min,
            accel_mps2: defaults.accel_mps2,
            decel_mps2: defaults.decel_mps2,
            speed_mps_max: defaults.speed_mps_max,
            sigma: 0.5,
            tau_s: 1.0,
            speed_factor: [1.0, class.speed_deviation(), 0.2, 2.0],
            following: Following::Krauss,
            reaction_s: 0.5,
            gap_error: 0.05,
            closing_error_per_s: 0.01,
            margin_s: 1.0,
            impatience: 0.0,
            strategic: 1.0,
            cooperative: 1.0,
            speed_gain: 1.0,
            keep_right: 1.0,
            has_blue_light: false,
        }
    }

    /// Reads a `<vType>`.
    pub(super) fn read<'i>(document: &Document<'i>, node: Node<'_, 'i>) -> VehicleKind {
        let class = node.attribute("vClass").map_or(VehicleClass::PASSENGER, |name| {
            VehicleClass::named(name).unwrap_or_else(|| {
                document.error(
                    node,
                    &format!("`{}` is no vehicle class", clipped(name)),
                    "write one of SUMO's names, such as passenger or bus",
                );
                VehicleClass::PASSENGER
            })
        });
        let mut kind = VehicleKind::of_class(document.text(node, "id"), class);
        let positive = |attribute, value: &mut f64| {
            if let Some(read) = document.number_from(node, attribute, 1e-6) {
                *value = read;
            }
        };
        positive("length", &mut kind.length_m);
        positive("accel", &mut kind.accel_mps2);
        positive("decel", &mut kind.decel_mps2);
        positive("maxSpeed", &mut kind.speed_mps_max);
        kind.following = match node.attribute("carFollowModel") {
            Some("IDM" | "IDMM") => Following::Idm,
            Some("EIDM" | "Human") => Following::Human,
            _ => Following::Krauss,
        };
        if node.attribute("carFollowModel") == Some("Human") {
            kind.tau_s = HUMAN_TAU_S;
            kind.margin_s = HUMAN_MARGIN_S;
            kind.strategic = HUMAN_STRATEGIC;
        }
        positive("tau", &mut kind.tau_s);
        let from_zero = |attribute, value: &mut f64| {
            if let Some(read) = document.number_from(node, attribute, 0.0) {
                *value = read;
            }
        };
        from_zero("minGap", &mut kind.gap_m_min);
        from_zero("lcStrategic", &mut kind.strategic);
        from_zero("lcCooperative", &mut kind.cooperative);
        from_zero("lcSpeedGain", &mut kind.speed_gain);
        from_zero("lcKeepRight", &mut kind.keep_right);
        from_zero("impatience", &mut kind.impatience);
        from_zero("sigma", &mut kind.sigma);
        if kind.sigma > 1.0 {
            document.error(
                node,
                &format!("`sigma` is `{}`, expected 0 to 1", kind.sigma),
                "0 drives perfectly, 0.5 is usual",
            );
        }
        from_zero("jmTimegapMinor", &mut kind.margin_s);
        from_zero("treaction", &mut kind.reaction_s);
        from_zero("sigmagap", &mut kind.gap_error);
        from_zero("sigmaleader", &mut kind.closing_error_per_s);
        from_zero("speedDev", &mut kind.speed_factor[1]);
        if let Some(text) = node.attribute("speedFactor") {
            match speed_factor(text, kind.speed_factor) {
                Some(factor) => kind.speed_factor = factor,
                None => document.error(
                    node,
                    &format!("`speedFactor` is `{}`", clipped(text)),
                    "write a number, or normc(mean,deviation,least,most)",
                ),
            }
        }
        kind.has_blue_light = elements(node).any(|child| {
            child.has_tag_name("param")
                && child.attribute("key") == Some("has.bluelight.device")
                && child
                    .attribute("value")
                    .is_some_and(|value| matches!(value.trim(), "true" | "1"))
        });
        if kind.has_blue_light {
            kind.speed_factor = kind.speed_factor.map(|factor| BLUE_LIGHT_SPEED * factor);
        }
        kind
    }
}

/// With blue lights one drives so much faster than the limit, as in SUMO.
const BLUE_LIGHT_SPEED: f64 = 1.5;

/// `1.1`, `norm(1,0.1)` or `normc(1,0.1,0.2,2)`.
fn speed_factor(text: &str, known: [f64; 4]) -> Option<[f64; 4]> {
    let text = text.trim();
    let Some((name, rest)) = text.split_once('(') else {
        let mean = parse_number(text).filter(|&mean| mean > 0.0)?;
        return Some([mean, known[1], known[2], known[3]]);
    };
    let numbers: Option<Vec<f64>> = rest.strip_suffix(')')?.split(',').map(parse_number).collect();
    match (name, numbers?.as_slice()) {
        ("norm", &[mean, deviation]) => Some([mean, deviation.abs(), 0.2, 2.0]),
        ("normc", &[mean, deviation, low, high]) if low <= high => Some([mean, deviation.abs(), low, high]),
        _ => None,
    }
}
