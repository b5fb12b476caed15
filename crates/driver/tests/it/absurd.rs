//! Whatever it is told, the driver answers with finite controls.

use crate::course::one_street;
use driver::AutomatedDriver;
use proptest::prelude::*;
use record::SimTime;
use road::{LaneId, LanePosition, Pose, SignalColour, SignalId};
use std::sync::Arc;
use vehicle::{
    DataSheet, Driver, EgoState, Environment, FaultKind, Faults, Halt, Indicator, Mission, ObjectKind, Observation,
    ObservedObject, ObservedSignal,
};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -100.0..700.0_f64,
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 1e300, -1e300, 1e-300]),
    ]
}

fn object() -> impl Strategy<Value = ObservedObject> {
    (
        any::<u32>(),
        0..6_usize,
        [
            number(),
            number(),
            number(),
            number(),
            number(),
            number(),
            number(),
            number(),
        ],
    )
        .prop_map(|(track, kind, n)| {
            let kinds = [
                ObjectKind::Car,
                ObjectKind::Truck,
                ObjectKind::Bus,
                ObjectKind::Cyclist,
                ObjectKind::Pedestrian,
                ObjectKind::Obstacle,
            ];
            ObservedObject {
                track,
                kind: kinds[kind],
                x_m: n[0],
                y_m: n[1] * 0.02,
                z_m: n[2] * 0.01,
                heading_rad: n[3],
                heading_deviation_rad: n[7] * 0.01,
                speed_mps: n[4] * 0.1,
                leftward_mps: n[0] * 0.01,
                acceleration_mps2: n[5],
                length_m: n[6],
                width_m: n[7],
                indicator: Indicator::Left,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_observation_gets_a_finite_control(
        cycles in prop::collection::vec((
            [number(), number(), number(), number(), number()],
            prop::collection::vec(object(), 0..8),
            (prop::collection::vec(0_u32..6, 0..4), number(), any::<u32>(), number(), any::<bool>()),
            (any::<[bool; 5]>(), any::<u16>()),
            -1000_i64..1000,
        ), 1..12),
    ) {
        let network = Arc::new(one_street(&[(0.0, 0.0, 0.0), (300.0, 40.0, 5.0), (600.0, 0.0, 0.0)], 2));
        let sheet = Arc::new(DataSheet::shipped("minibus").expect("a shipped sheet"));
        let mut driver = AutomatedDriver::new(network, sheet);
        for (ego, objects, (lanes, s_m, leg, kerb_m, hold), (flags, broken), millis) in cycles {
            let lanes: Vec<LaneId> = lanes.into_iter().map(LaneId).collect();
            let lane = lanes.first().copied().unwrap_or(LaneId(0));
            let halt = Halt { visit: leg, leg: leg % 5, position: LanePosition { lane, s_m, offset_m: kerb_m }, kerb_m, serves_passengers: flags[0] };
            let observation = Observation {
                time: SimTime::from_millis(millis),
                ego: EgoState {
                    pose: Pose { x_m: ego[0], y_m: ego[1] * 0.05, z_m: 0.0, heading_rad: ego[2] * 0.01, pitch_rad: 0.0, roll_rad: 0.0 },
                    speed_mps: ego[3] * 0.05, acceleration_mps2: ego[4] * 0.01, yaw_rate_rad_per_s: 0.0, steering_angle_rad: 0.0,
                    state_of_charge: 0.5, passengers: leg, door_is_open: flags[1],
                    faults: FaultKind::ALL.into_iter().filter(|kind| broken & 1 << kind.index() != 0).fold(Faults::NONE, Faults::with),
                },
                objects,
                signals: vec![ObservedSignal { signal: SignalId(leg), colour: SignalColour::Green, changes_in: Some(SimTime::from_millis(millis)) }],
                mission: Arc::new(Mission { lanes, halts: vec![halt], hold, speed_mps_max: Some(s_m), stop_now: flags[4], confirmed: flags[2].then_some(leg % 4) }),
                visibility_m: kerb_m,
                environment: Environment { rainfall_mm_per_h: ego[0], visibility_m: ego[1], is_dark: flags[3] },
            };
            let control = driver.drive(&observation);
            prop_assert!((0.0..=1.0).contains(&control.drive), "{control:?}");
            prop_assert!((0.0..=1.0).contains(&control.brake), "{control:?}");
            prop_assert!(control.steering_angle_rad.is_finite(), "{control:?}");
        }
    }
}
