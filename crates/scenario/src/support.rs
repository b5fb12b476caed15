//! What of the standard runs, what is read and changes nothing, and what is refused: one answer for each element type.
//!
//! The table of docs/scenarios.md is written from here by a test, and the same test holds what is said against the
//! reader's own source, so that neither can drift.

use crate::schema;

/// How far an element type is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what the standard says.
    Runs,
    /// It is checked, and changes nothing that moves; with the reason.
    ReadOnly(&'static str),
    /// It is an error, with the reason.
    Refused(&'static str),
}

const LOOKS: &str = "looks only: nothing here draws it or sees it";
const WEATHER: &str = "weather that no driver here feels; fog is felt";
const CONTROLLERS: &str = "`--driver` says who drives where controllers are active";
const TRAFFIC: &str = "all traffic is driven alike";

/// Types that do not run, with why. All others of the schema do.
const EXCEPTIONS: &[(&str, Support)] = &[
    ("AnimationAction", Support::ReadOnly(LOOKS)),
    ("AnimationFile", Support::ReadOnly(LOOKS)),
    ("AnimationType", Support::ReadOnly(LOOKS)),
    ("AppearanceAction", Support::ReadOnly(LOOKS)),
    ("Axle", Support::ReadOnly("kinematic entities have no wheels")),
    ("Axles", Support::ReadOnly("kinematic entities have no wheels")),
    ("Color", Support::ReadOnly(LOOKS)),
    ("ColorCmyk", Support::ReadOnly(LOOKS)),
    ("ColorRgb", Support::ReadOnly(LOOKS)),
    ("ComponentAnimation", Support::ReadOnly(LOOKS)),
    ("Controller", Support::ReadOnly(CONTROLLERS)),
    ("ControllerDistribution", Support::ReadOnly(TRAFFIC)),
    ("ControllerDistributionEntry", Support::ReadOnly(TRAFFIC)),
    ("CustomContent", Support::ReadOnly("free content")),
    ("DomeImage", Support::ReadOnly(LOOKS)),
    (
        "ExternalObjectReference",
        Support::ReadOnly("the default box stands for what somebody else describes"),
    ),
    ("License", Support::ReadOnly("for people")),
    ("ObjectController", Support::ReadOnly(CONTROLLERS)),
    ("PedestrianAnimation", Support::ReadOnly(LOOKS)),
    ("PedestrianGesture", Support::ReadOnly(LOOKS)),
    ("Precipitation", Support::ReadOnly(WEATHER)),
    ("Properties", Support::ReadOnly("free content")),
    ("Property", Support::ReadOnly("free content")),
    ("SensorReference", Support::ReadOnly(LOOKS)),
    ("SensorReferenceSet", Support::ReadOnly(LOOKS)),
    ("Sun", Support::ReadOnly(WEATHER)),
    (
        "TrajectoryFollowingMode",
        Support::ReadOnly("a kinematic entity is on its trajectory in either mode"),
    ),
    (
        "UsedArea",
        Support::ReadOnly("the whole map is there; it need not be cut"),
    ),
    ("UserDefinedAnimation", Support::ReadOnly(LOOKS)),
    ("UserDefinedComponent", Support::ReadOnly(LOOKS)),
    (
        "UserDefinedDistribution",
        Support::ReadOnly(
            "only its author's tool draws from it: the scenario's value stays, with a warning, or that of `--set`",
        ),
    ),
    ("UserDefinedLight", Support::ReadOnly(LOOKS)),
    ("VehicleComponent", Support::ReadOnly(LOOKS)),
    ("VehicleRoleDistribution", Support::ReadOnly(TRAFFIC)),
    ("VehicleRoleDistributionEntry", Support::ReadOnly(TRAFFIC)),
    ("Wind", Support::ReadOnly(WEATHER)),
];

/// How far a type of the standard is supported; `None` if there is no such type.
pub fn support(type_name: &str) -> Option<Support> {
    schema::types().get(type_name)?;
    let found = EXCEPTIONS.iter().find(|(name, _)| *name == type_name);
    Some(found.map_or(Support::Runs, |(_, support)| *support))
}

/// The table of docs/scenarios.md.
pub fn table() -> String {
    let mut text = String::from("| element | support |\n| --- | --- |\n");
    for name in schema::types().keys() {
        let cell = match support(name) {
            Some(Support::ReadOnly(why)) => format!("read only: {why}"),
            Some(Support::Refused(why)) => format!("refused: {why}"),
            _ => "runs".to_owned(),
        };
        text += &format!("| `{name}` | {cell} |\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the reader's source says, in which every element that it acts on stands by name.
    const SOURCES: [&str; 11] = [
        include_str!("read.rs"),
        include_str!("read/actions.rs"),
        include_str!("read/catalog.rs"),
        include_str!("read/conditions.rs"),
        include_str!("read/entities.rs"),
        include_str!("read/network.rs"),
        include_str!("read/parameters.rs"),
        include_str!("read/positions.rs"),
        include_str!("read/storyboard.rs"),
        include_str!("read/traffic.rs"),
        include_str!("distribution.rs"),
    ];

    #[test]
    fn exceptions_name_types_of_the_standard_in_order_and_once() {
        assert!(EXCEPTIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (name, _) in EXCEPTIONS {
            assert!(support(name).is_some(), "`{name}` is no type of the schema");
        }
    }

    #[test]
    fn what_is_said_to_run_is_named_by_the_reader() {
        let mut unnamed: Vec<&str> = Vec::new();
        for (name, element) in schema::types() {
            if support(name) != Some(Support::Runs) {
                continue;
            }
            // A type may stand under the names of its elements, or only hold others, or end a chain of alternatives.
            let mut names = vec![*name];
            for other in schema::types().values() {
                let own = other.children.iter().filter(|(_, kind, _)| kind == name);
                names.extend(own.map(|(element, _, _)| *element));
            }
            let is_named = names
                .iter()
                .any(|name| SOURCES.iter().any(|source| source.contains(*name)));
            let only_holds = element.attributes.is_empty();
            if !is_named && !only_holds {
                unnamed.push(name);
            }
        }
        assert!(unnamed.is_empty(), "said to run, and no reader names: {unnamed:?}");
    }

    #[test]
    fn the_table_of_the_docs_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenarios.md");
        let page = std::fs::read_to_string(path).expect("docs/scenarios.md");
        let (before, rest) = page.split_once("<!-- table -->\n").expect("where the table begins");
        let (found, after) = rest.split_once("<!-- end of table -->").expect("where it ends");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let page = format!("{before}<!-- table -->\n{}<!-- end of table -->{after}", table());
            std::fs::write(path, page).expect("written");
            return;
        }
        assert!(
            found == table(),
            "docs/scenarios.md is old: UPDATE_DOCS=1 cargo test -p scenario --lib support"
        );
    }
}
