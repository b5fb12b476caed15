//! The same bytes, whatever the machine is doing.

use crate::{add_minibus, busy_world, stand_in::StandIn, streets, town::town};
use world::Demand;

fn digest(threads: usize, ticks: usize) -> String {
    let network = town(3, 1);
    let demand = Demand::plausible(&network, 60.0);
    let mut world = busy_world(&network, demand, threads);
    for from in streets(&network).into_iter().step_by(7).take(5) {
        add_minibus(&mut world, StandIn::new(&network, 9.0), from);
    }
    world.add_person(&[[230.0, 20.0, 0.0], [230.0, 60.0, 0.0]], 1.3);
    for _ in 0..ticks {
        world.step();
    }
    let (traffic, _, vehicles) = world.counts();
    assert!(
        traffic > 5 && vehicles == 5,
        "{traffic} vehicles around {vehicles} under test"
    );
    world.digest().expect("asked for")
}

#[test]
fn one_two_and_eight_threads_give_the_same_frames() {
    let alone = digest(1, 400);
    assert_eq!(digest(2, 400), alone);
    assert_eq!(digest(8, 400), alone);
    assert_ne!(digest(1, 399), alone);
}
