//! The dynamics, at their public seam, against textbook solutions (to 1 %) and laws that hold for any controls.

use proptest::prelude::*;
use road::Pose;
use vehicle::{AIR_DENSITY_KGPM3, Control, DataSheet, GRAVITY_MPS2, Ground, VehicleDynamics};

const STEP_S: f64 = 0.01;

fn sheet(name: &str) -> DataSheet {
    DataSheet::shipped(name).expect("a shipped sheet")
}

fn at_rest(sheet: &DataSheet) -> VehicleDynamics {
    VehicleDynamics::new(sheet, Pose::default(), 0.8)
}

/// Runs up to `speed_mps` on the level, straight.
fn rolling(sheet: &DataSheet, speed_mps: f64) -> VehicleDynamics {
    let mut vehicle = at_rest(sheet);
    for _ in 0..20_000 {
        if vehicle.speed_mps() >= speed_mps {
            break;
        }
        vehicle.step(
            &Control {
                drive: 1.0,
                ..Control::default()
            },
            &Ground::default(),
        );
    }
    assert!(
        vehicle.speed_mps() >= speed_mps,
        "{} reaches {speed_mps} m/s",
        sheet.name
    );
    vehicle
}

/// Holds the speed by the drive while steering.
fn corner(vehicle: &mut VehicleDynamics, sheet: &DataSheet, speed_mps: f64, steering_angle_rad: f64) {
    for _ in 0..3_000 {
        let force_n = 20.0 * sheet.mass.empty_kg * (speed_mps - vehicle.speed_mps());
        let drive = (force_n / sheet.drive.force_n_max).clamp(0.0, 1.0);
        let brake = (-force_n / sheet.brake.force_n_max).clamp(0.0, 1.0);
        vehicle.step(
            &Control {
                drive,
                brake,
                steering_angle_rad,
                ..Control::default()
            },
            &Ground::default(),
        );
    }
}

fn assert_near(found: f64, expected: f64, share: f64, what: &str) {
    assert!(
        (found / expected - 1.0).abs() < share,
        "{what}: found {found}, expected {expected}"
    );
}

/// Rajamani, "Vehicle Dynamics and Control", §3.3: δ = L / R + K_v a_y.
#[test]
fn steady_cornering_has_the_understeer_gradient_of_the_textbook() {
    for name in ["minibus", "shuttle", "car", "van", "truck", "bus"] {
        let sheet = sheet(name);
        let (mass, length) = (sheet.mass.empty_kg, sheet.dimensions.wheelbase_m);
        let (rear_m, front_m) = (sheet.mass.front_share * length, (1.0 - sheet.mass.front_share) * length);
        let gradient = mass / length
            * (rear_m / sheet.tyres.front_cornering_stiffness_n_per_rad
                - front_m / sheet.tyres.rear_cornering_stiffness_n_per_rad);
        let speed_mps = 0.6 * sheet.drive.speed_mps_max;
        // A gentle turn, where tyres are linear: 0.3 m/s².
        let steering_angle_rad = 0.3 * (length / speed_mps.powi(2) + gradient);
        let mut vehicle = rolling(&sheet, speed_mps);
        corner(&mut vehicle, &sheet, speed_mps, steering_angle_rad);
        let speed_mps = vehicle.speed_mps();
        let expected = speed_mps * steering_angle_rad / (length + gradient * speed_mps.powi(2));
        assert_near(vehicle.ego().yaw_rate_rad_per_s, expected, 0.01, name);
    }
}

#[test]
fn no_turn_asks_more_of_the_tyres_than_friction_gives() {
    let sheet = sheet("car");
    let centre_m = sheet.mass.front_share * sheet.dimensions.wheelbase_m;
    for steering_angle_rad in [0.05, 0.2, 0.5] {
        let mut vehicle = rolling(&sheet, 30.0);
        let control = Control {
            steering_angle_rad,
            ..Control::default()
        };
        let mut places = Vec::new();
        for _ in 0..600 {
            vehicle.step(&control, &Ground::default());
            let ((x_m, y_m), (sin, cos)) = (vehicle.position_m(), vehicle.heading_rad().sin_cos());
            places.push((x_m + centre_m * cos, y_m + centre_m * sin));
        }
        // Change of the velocity over half a second, from the path alone. Air and rolling add 0.5 m/s² at most.
        let velocity = |i: usize| {
            (
                (places[i + 1].0 - places[i].0) / STEP_S,
                (places[i + 1].1 - places[i].1) / STEP_S,
            )
        };
        for i in 0..500 {
            let (before, after) = (velocity(i), velocity(i + 50));
            let change_mps2 = (after.0 - before.0).hypot(after.1 - before.1) / 0.5;
            let most_mps2 = sheet.tyres.friction * GRAVITY_MPS2 + 0.5;
            assert!(
                change_mps2 < 1.03 * most_mps2,
                "{change_mps2} m/s² at {steering_angle_rad} rad after {i} steps"
            );
        }
    }
}

#[test]
fn coasting_down_follows_the_closed_form() {
    let sheet = sheet("minibus");
    let mut vehicle = rolling(&sheet, 15.0);
    // m v' = -(c + k v²)  =>  v(t) = √(c/k) tan(atan(v₀ √(k/c)) - √(c k) t / m)
    let c = sheet.resistance.rolling_coefficient * sheet.mass.empty_kg * GRAVITY_MPS2;
    let k = 0.5 * AIR_DENSITY_KGPM3 * sheet.resistance.drag_coefficient * sheet.resistance.frontal_area_m2;
    // The motor's force dies away first.
    for _ in 0..300 {
        vehicle.step(&Control::default(), &Ground::default());
    }
    let start_mps = vehicle.speed_mps();
    for step in 1..=6_000 {
        vehicle.step(&Control::default(), &Ground::default());
        let t = f64::from(step) * STEP_S;
        let expected =
            (c / k).sqrt() * ((start_mps * (k / c).sqrt()).atan() - (c * k).sqrt() * t / sheet.mass.empty_kg).tan();
        if step % 1_000 == 0 {
            assert_near(vehicle.speed_mps(), expected, 0.001, "speed while coasting");
        }
    }
}

#[test]
fn braking_distance_on_a_slope_follows_the_closed_form() {
    let mut sheet = sheet("minibus");
    sheet.brake.lag_s = 0.0;
    sheet.drive.lag_s = 0.0;
    for grade in [-0.10, -0.04, 0.0, 0.06, 0.12] {
        let mut vehicle = rolling(&sheet, 14.0);
        let (start_mps, start_m) = (vehicle.speed_mps(), vehicle.odometer_m());
        let brake = 0.5;
        let ground = Ground {
            grade,
            ..Ground::default()
        };
        while vehicle.speed_mps() > 0.0 {
            vehicle.step(
                &Control {
                    brake,
                    ..Control::default()
                },
                &ground,
            );
        }
        // Constant force F and drag k v²: d = m / 2k ln(1 + k v₀² / F).
        let (mass, angle) = (sheet.mass.empty_kg, f64::atan(grade));
        let k = 0.5 * AIR_DENSITY_KGPM3 * sheet.resistance.drag_coefficient * sheet.resistance.frontal_area_m2;
        let force_n = brake * sheet.brake.force_n_max
            + mass * GRAVITY_MPS2 * (angle.sin() + sheet.resistance.rolling_coefficient * angle.cos());
        let expected_m = mass / (2.0 * k) * (k * start_mps.powi(2) / force_n).ln_1p();
        assert_near(
            vehicle.odometer_m() - start_m,
            expected_m,
            0.01,
            &format!("distance at grade {grade}"),
        );
    }
}

#[test]
fn a_braked_vehicle_holds_on_a_slope_and_an_open_one_rolls_back() {
    let sheet = sheet("minibus");
    let ground = Ground {
        grade: 0.12,
        ..Ground::default()
    };
    let mut held = at_rest(&sheet);
    for _ in 0..500 {
        held.step(
            &Control {
                brake: 0.3,
                steering_angle_rad: 0.4,
                ..Control::default()
            },
            &Ground::default(),
        );
    }
    for _ in 0..60_000 {
        held.step(
            &Control {
                brake: 0.3,
                steering_angle_rad: 0.4,
                ..Control::default()
            },
            &ground,
        );
    }
    assert_eq!(
        (held.position_m(), held.speed_mps()),
        ((0.0, 0.0), 0.0),
        "a held vehicle does not creep"
    );
    for _ in 0..200 {
        held.step(&Control::default(), &ground);
    }
    assert!(
        held.speed_mps() < -1.0,
        "without brakes it rolls back at {} m/s",
        held.speed_mps()
    );
}

#[test]
fn doors_open_at_standstill_only_and_hold_the_vehicle() {
    let mut vehicle = rolling(&sheet("minibus"), 5.0);
    let opens = Control {
        brake: 0.5,
        open_doors: true,
        ..Control::default()
    };
    while vehicle.speed_mps() > 0.0 {
        vehicle.step(&opens, &Ground::default());
        assert!(!vehicle.ego().door_is_open || vehicle.speed_mps() == 0.0);
    }
    for _ in 0..300 {
        vehicle.step(&opens, &Ground::default());
    }
    assert!(vehicle.doors_are_open());
    for _ in 0..50 {
        vehicle.step(
            &Control {
                drive: 1.0,
                open_doors: true,
                ..Control::default()
            },
            &Ground::default(),
        );
    }
    assert_eq!(vehicle.speed_mps(), 0.0, "no drive with a door open");
}

#[test]
fn reverse_goes_backwards_along_the_same_circle() {
    let sheet = sheet("minibus");
    let mut vehicle = at_rest(&sheet);
    let control = Control {
        drive: 0.2,
        reverse: true,
        steering_angle_rad: 0.3,
        ..Control::default()
    };
    for _ in 0..1_000 {
        vehicle.step(&control, &Ground::default());
    }
    let ego = vehicle.ego();
    assert!(ego.speed_mps < -2.0, "reversing at {} m/s", ego.speed_mps);
    assert!(-ego.speed_mps <= sheet.drive.reverse_speed_mps_max + 0.1);
    let expected = ego.speed_mps * 0.3_f64.tan() / sheet.dimensions.wheelbase_m;
    assert_near(ego.yaw_rate_rad_per_s, expected, 0.05, "yaw rate in reverse");
}

/// Energy that the bodies hold: kinetic and potential.
fn held_j(vehicle: &VehicleDynamics, height_m: f64) -> f64 {
    let mass_kg = vehicle.mass_kg();
    0.5 * mass_kg * vehicle.speed_mps().powi(2) + mass_kg * GRAVITY_MPS2 * height_m
}

fn some_control() -> impl Strategy<Value = Control> {
    (0.0..1.0_f64, 0.0..1.0_f64, -1.0..1.0_f64, any::<bool>(), any::<bool>()).prop_map(
        |(drive, brake, steer, brakes, reverse)| Control {
            drive: if brakes { 0.0 } else { drive },
            brake: if brakes { brake } else { 0.0 },
            steering_angle_rad: steer * 0.5,
            reverse,
            ..Control::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_the_battery_gives_is_where_it_went(
        controls in prop::collection::vec((some_control(), -0.1..0.1_f64), 1..20),
        passengers in 0_u32..19,
    ) {
        let sheet = sheet("minibus");
        let mut vehicle = at_rest(&sheet);
        vehicle.set_passengers(passengers);
        let (mut height_m, mut moved_j) = (0.0, 0.0_f64);
        let charge = vehicle.state_of_charge();
        for (control, grade) in controls {
            let control = Control { steering_angle_rad: 0.0, ..control };
            for _ in 0..200 {
                let before = (vehicle.odometer_m(), vehicle.speed_mps());
                vehicle.step(&control, &Ground { grade, ..Ground::default() });
                let way_m = (vehicle.odometer_m() - before.0).copysign(before.1 + vehicle.speed_mps());
                height_m += way_m * grade / (1.0 + grade * grade).sqrt();
            }
            moved_j = moved_j.max(held_j(&vehicle, height_m).abs());
        }
        let used = vehicle.energy();
        let went_j = held_j(&vehicle, height_m)
            + used.drag_j + used.rolling_j + used.brake_j + used.tyre_j + used.conversion_j + used.auxiliary_j;
        prop_assert!((used.drawn_j - went_j).abs() < 1e-6 * (1e5 + moved_j), "drawn {} J, went {went_j} J", used.drawn_j);
        let drawn_wh = (charge - vehicle.state_of_charge()) * sheet.battery.capacity_wh;
        prop_assert!((drawn_wh - used.drawn_j / 3600.0).abs() < 1e-6);
    }

    #[test]
    fn left_and_right_are_alike(controls in prop::collection::vec(some_control(), 1..20)) {
        let sheet = sheet("van");
        let (mut left, mut right) = (at_rest(&sheet), at_rest(&sheet));
        for control in controls {
            let mirrored = Control { steering_angle_rad: -control.steering_angle_rad, ..control };
            for _ in 0..100 {
                left.step(&control, &Ground { bank: 0.03, ..Ground::default() });
                right.step(&mirrored, &Ground { bank: -0.03, ..Ground::default() });
            }
        }
        prop_assert!((left.position_m().0 - right.position_m().0).abs() < 1e-6);
        prop_assert!((left.position_m().1 + right.position_m().1).abs() < 1e-6);
        prop_assert!((left.speed_mps() - right.speed_mps()).abs() < 1e-9);
    }

    #[test]
    fn any_vehicle_under_any_control_stays_finite_and_gains_no_energy(
        name in prop::sample::select(DataSheet::shipped_names().collect::<Vec<_>>()),
        controls in prop::collection::vec((some_control(), -0.2..0.2_f64, 0.1..1.0_f64), 1..20),
        absurd in prop::sample::select(vec![0.0, f64::NAN, f64::INFINITY, -1e300]),
    ) {
        let sheet = sheet(name);
        let mut vehicle = at_rest(&sheet);
        for (control, grade, grip) in controls {
            let control = Control { steering_angle_rad: control.steering_angle_rad + absurd, ..control };
            let ground = Ground { grade, grip, ..Ground::default() };
            for _ in 0..100 {
                vehicle.step(&control, &ground);
            }
            let ego = vehicle.ego();
            for number in [ego.pose.x_m, ego.pose.y_m, ego.speed_mps, ego.yaw_rate_rad_per_s, ego.acceleration_mps2] {
                prop_assert!(number.is_finite());
            }
            prop_assert!(ego.speed_mps.abs() < 60.0, "{name} at {} m/s", ego.speed_mps);
            prop_assert!(ego.steering_angle_rad.abs() <= sheet.steering.angle_rad_max + 1e-12);
            // No steering law makes a body spin faster than its tyres can: a loose bound that instability would break.
            prop_assert!(ego.yaw_rate_rad_per_s.abs() < 8.0, "{name} turns at {} rad/s", ego.yaw_rate_rad_per_s);
        }
    }

    #[test]
    fn cornering_loses_energy_to_the_tyres_and_nowhere_unseen(speed_mps in 8.0..14.0_f64, angle_rad in 0.02..0.12_f64) {
        let sheet = sheet("minibus");
        let mut vehicle = rolling(&sheet, speed_mps);
        corner(&mut vehicle, &sheet, speed_mps, angle_rad);
        let start = vehicle.energy();
        corner(&mut vehicle, &sheet, speed_mps, angle_rad);
        let used = vehicle.energy();
        let drawn_j = used.drawn_j - start.drawn_j;
        let went_j = used.drag_j - start.drag_j + used.rolling_j - start.rolling_j + used.brake_j - start.brake_j
            + used.tyre_j - start.tyre_j + used.conversion_j - start.conversion_j + used.auxiliary_j - start.auxiliary_j;
        prop_assert!((drawn_j / went_j - 1.0).abs() < 0.01, "drawn {drawn_j} J, went {went_j} J");
    }
}
