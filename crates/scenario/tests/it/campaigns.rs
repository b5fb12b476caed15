//! Campaigns: every permutation, in order, the same on any number of threads.

use record::Seed;
use scenario::campaign::{Campaign, Outcome};
use scenario::{Chauffeur, Distribution, Driver, Library, Motion, Player};
use std::sync::atomic::{AtomicU32, Ordering};

const SCENARIO: &str = r#"<OpenSCENARIO><FileHeader revMajor="1" revMinor="3" date="2026-05-18T07:30:00" description="" author=""/>
<ParameterDeclarations><ParameterDeclaration name="v" parameterType="double" value="10"><ConstraintGroup>
<ValueConstraint rule="lessThan" value="15"/></ConstraintGroup></ParameterDeclaration></ParameterDeclarations><CatalogLocations/><RoadNetwork/>
<Entities><ScenarioObject name="A"><MiscObject name="box" miscObjectCategory="obstacle" mass="1"><BoundingBox><Center x="0" y="0" z="0"/>
<Dimensions width="1" length="1" height="1"/></BoundingBox></MiscObject></ScenarioObject></Entities><Storyboard><Init><Actions><Private entityRef="A">
<PrivateAction><TeleportAction><Position><WorldPosition x="1" y="2"/></Position></TeleportAction></PrivateAction><PrivateAction><LongitudinalAction>
<SpeedAction><SpeedActionDynamics dynamicsShape="linear" dynamicsDimension="time" value="1"/><SpeedActionTarget><AbsoluteTargetSpeed value="$v"/>
</SpeedActionTarget></SpeedAction></LongitudinalAction></PrivateAction></Private></Actions></Init><StopTrigger><ConditionGroup>
<Condition name="end" delay="0" conditionEdge="none"><ByValueCondition><SimulationTimeCondition value="2" rule="greaterThan"/></ByValueCondition>
</Condition></ConditionGroup></StopTrigger></Storyboard></OpenSCENARIO>"#;

const VARIATION: &str = r#"<OpenSCENARIO><FileHeader revMajor="1" revMinor="3" date="2026-05-18T07:30:00" description="" author=""/>
<ParameterValueDistribution><ScenarioFile filepath="scenario.xosc"/><Deterministic><DeterministicSingleParameterDistribution parameterName="v">
<DistributionRange stepWidth="1"><Range lowerLimit="1" upperLimit="20"/></DistributionRange></DeterministicSingleParameterDistribution></Deterministic>
</ParameterValueDistribution></OpenSCENARIO>"#;

#[test]
fn outcomes_come_in_order_whatever_the_threads_and_what_is_not_allowed_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("scenario.xosc"), SCENARIO).expect("written");
    std::fs::write(folder.path().join("variation.xosc"), VARIATION).expect("written");
    let library = Library::default();
    let found = Distribution::read(&library, &folder.path().join("variation.xosc")).expect("a distribution");
    let campaign = Campaign {
        library: &library,
        distribution: &found,
        step_s: 0.01,
        time_s_max: 10.0,
        driver: Driver::Follow,
        seed: Seed(0),
        parameters: Vec::new(),
        lenient: false,
        user_values: &[],
        outside: None,
    };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        pool.install(|| campaign.play_all(20, || {}))
    };
    let outcomes = on(1);
    assert_eq!(outcomes, on(4));
    for (index, outcome) in outcomes.iter().enumerate() {
        let speed_mps = index as f64 + 1.0;
        match outcome {
            Outcome::Played(summary) => {
                assert!(speed_mps < 15.0 && summary.has_ended, "{speed_mps}");
                let fastest = summary
                    .worst
                    .iter()
                    .find(|measure| measure.name == scenario::measures::Name::Acceleration);
                let found = fastest.expect("it hastens").value;
                assert!((found - speed_mps).abs() < 1e-6, "{found}, expected {speed_mps}");
            }
            Outcome::Refused(why) => {
                assert!(speed_mps >= 15.0);
                assert!(why.contains("none of its constraint groups allows"), "{why}");
            }
            Outcome::DriverFailed(why) => panic!("nobody drives: {why}"),
        }
    }
}

/// Drives on, or dies at once.
struct Mortal(bool);

impl Chauffeur for Mortal {
    fn drive(&mut self, _: &Player<'_>, _: usize, _: f64) -> Option<Motion> {
        None
    }
    fn failure(&mut self) -> Option<String> {
        self.0.then(|| "has gone".to_owned())
    }
}

/// How often a campaign of 20, of which 14 are allowed, called a driver that dies at some calls, and its outcomes.
fn driven(dies: fn(u32) -> bool) -> (u32, Vec<Outcome>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("scenario.xosc"), SCENARIO).expect("written");
    std::fs::write(folder.path().join("variation.xosc"), VARIATION).expect("written");
    let library = Library::default();
    let found = Distribution::read(&library, &folder.path().join("variation.xosc")).expect("a distribution");
    let calls = AtomicU32::new(0);
    let call = || Ok(Box::new(Mortal(dies(calls.fetch_add(1, Ordering::Relaxed)))) as Box<dyn Chauffeur>);
    let campaign = Campaign {
        library: &library,
        distribution: &found,
        step_s: 0.01,
        time_s_max: 10.0,
        driver: Driver::Outside,
        seed: Seed(0),
        parameters: Vec::new(),
        lenient: false,
        user_values: &[],
        outside: Some(&call),
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a thread");
    let outcomes = pool.install(|| campaign.play_all(20, || {}));
    (calls.into_inner(), outcomes)
}

#[test]
fn a_driver_that_dies_now_and_then_fails_its_permutations_and_no_other() {
    let (calls, outcomes) = driven(|call| call % 2 == 1);
    assert_eq!(calls, 14);
    let failed = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::DriverFailed("has gone".to_owned()));
    assert_eq!(failed.count(), 7);
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Refused(_)));
    assert_eq!(refused.count(), 6);
}

#[test]
fn a_driver_that_is_dead_is_not_called_for_ever() {
    let (calls, outcomes) = driven(|call| call > 0);
    assert_eq!(calls, 4);
    let told = |why: &str| {
        let fits = |outcome: &&Outcome| matches!(outcome, Outcome::DriverFailed(found) if found.contains(why));
        outcomes.iter().filter(fits).count()
    };
    assert_eq!(
        (told("has gone"), told("not played: the driver had failed 3 times")),
        (3, 16)
    );
}
