//! The reference drivers of UN R157 inside scenarios: the same verdicts as in the regulation's own scene.

use crate::playground::{Case, event, put, put_at};
use driver::reference::{Answer, CutIn, Model, Pedals, ReferenceDriver, Sight};
use scenario::Driver;
use scenario::measures::Measures;

/// The regulation's car, its reference point in its middle.
fn car(name: &str) -> String {
    crate::playground::car(name)
        .replace(r#"width="2" length="4""#, r#"width="1.9" length="4.3""#)
        .replace(r#"maxSpeed="70""#, r#"maxSpeed="100""#)
}

/// Where the scenes' origin lies, in the middle of the lane.
const ORIGIN_M: [f64; 2] = [40.0, -5.25];

/// Moves the other as in the regulation's scene, on a straight line from step to step.
fn moves(point: &CutIn) -> String {
    let vertices = point.others().enumerate().map(|(step, other)| {
        let [x_m, y_m] = [ORIGIN_M[0] + other.x_m, ORIGIN_M[1] + other.y_m];
        let time_s = step as f64 * 0.1;
        format!(r#"<Vertex time="{time_s}"><Position><WorldPosition x="{x_m}" y="{y_m}" h="0"/></Position></Vertex>"#)
    });
    // To the end of the road, and no farther.
    let vertices: Vec<String> = vertices.take(200).collect();
    format!(
        r#"<PrivateAction><RoutingAction><FollowTrajectoryAction><TrajectoryRef><Trajectory name="cut-in" closed="false">
        <ParameterDeclarations/><Shape><Polyline>{}</Polyline></Shape></Trajectory></TrajectoryRef>
        <TimeReference><Timing domainAbsoluteRelative="absolute" scale="1" offset="0"/></TimeReference>
        <TrajectoryFollowingMode followingMode="position"/></FollowTrajectoryAction></RoutingAction></PrivateAction>"#,
        vertices.join("")
    )
}

fn collides(case: &Case, model: Model) -> bool {
    let mut measures = Measures::default();
    case.play::<()>(
        |player| player.drive(0, Driver::Reference(model)),
        |player| {
            measures.observe(player, 0.01);
            (player.time_s() > 19.5).then_some(())
        },
    );
    measures.collisions().count() > 0
}

/// See [`is_clear`].
const APART_M: f64 = 2.0;

/// A reference driver, and how near it came.
struct Nearest {
    driver: ReferenceDriver,
    apart_m: f64,
}

impl Pedals for Nearest {
    fn press(&mut self, sight: &Sight) -> Answer {
        self.apart_m = self.apart_m.min(sight.gap_m().max(sight.clearance_m()));
        self.driver.press(sight)
    }
}

/// Those far from the edge: nobody comes near, or a little more and a little less of everything collides too. In a scenario
/// the speed goes over evenly from one decision to the next, half a step later than in the scene: 0.3 m/s for as long as it
/// brakes.
fn is_clear(point: &CutIn, model: Model) -> bool {
    let mut nearest = Nearest {
        driver: ReferenceDriver::new(model),
        apart_m: f64::INFINITY,
    };
    let verdict = point.play(&mut nearest).is_avoided();
    let steps = [-1.0, 0.0, 1.0];
    let is_steady = steps.iter().all(|gap| {
        steps.iter().all(|lateral| {
            let near = CutIn {
                gap_m: point.gap_m + 1.5 * gap,
                lateral_mps: point.lateral_mps + 0.15 * lateral,
                ..*point
            };
            near.outcome(model).is_avoided() == verdict
        })
    });
    is_steady && (!verdict || nearest.apart_m > APART_M)
}

#[test]
fn a_cut_in_has_the_verdict_of_the_regulations_own_scene() {
    let (mut avoided, mut hit) = (0, 0);
    // Every 401st point: all speeds, gaps and lateral speeds come up.
    for point in CutIn::grid().step_by(401) {
        if point.lateral_mps < 0.2 {
            continue;
        }
        let first = point.others().next().expect("a first step");
        let at = format!(
            r#"<WorldPosition x="{}" y="{}" h="0"/>"#,
            ORIGIN_M[0] + first.x_m,
            ORIGIN_M[1] + first.y_m
        );
        let case = Case {
            entities: car("Ego") + &car("Other"),
            init: put("Ego", -2, ORIGIN_M[0] + point.start_m(), point.own_mps) + &put_at("Other", &at, point.other_mps),
            actor: "Other",
            events: event(0.0, &moves(&point)),
            ..Case::default()
        };
        for model in Model::ALL.into_iter().filter(|&model| is_clear(&point, model)) {
            let outcome = point.outcome(model);
            // There an avoidance that was never played to its end is none that could be compared.
            if outcome.ended_early {
                continue;
            }
            assert_eq!(
                collides(&case, model),
                !outcome.is_avoided(),
                "{} at {point:?}",
                model.name()
            );
            if outcome.is_avoided() { avoided += 1 } else { hit += 1 }
        }
    }
    assert!(avoided > 50 && hit > 20, "{avoided} avoided, {hit} hit");
}
