//! The site `yongchuan` without other traffic: what the line must keep when nobody is in its way.

use service::{DayOptions, ServiceDay, ServiceEventKind, Site, SiteFiles};
use std::path::Path;
use std::sync::Arc;

#[test]
fn buses_of_yongchuan_dock_at_every_kerb_in_comfort_and_on_time() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sites/yongchuan");
    let (site, _) = Site::load(&SiteFiles::folder(&folder)).expect("the site is sound");
    let options = DayOptions {
        from_s: Some(6.5 * 3600.0),
        to_s: Some(7.75 * 3600.0),
        traffic_scale: 0.0,
        ..DayOptions::default()
    };
    let mut day = ServiceDay::new(Arc::new(site), &options).expect("the day can begin");
    while !day.is_done() {
        for event in day.step() {
            if let ServiceEventKind::Arrived { docking, .. } = event.kind {
                assert!(docking.along_m.abs() <= 0.30, "{event:?}");
                assert!((0.0..=0.15).contains(&docking.kerb_gap_m), "{event:?}");
            }
        }
    }
    let measures = day.finish();
    assert!(measures.docking.along_m.count >= 15, "{:?}", measures.docking);
    let comfort = &measures.comfort;
    assert_eq!(comfort.acceleration_events, 0, "{:?}", comfort.acceleration_mps2);
    assert!(
        comfort.jerk_mps3.quantile(0.999).is_some_and(|jerk| jerk <= 1.5),
        "{:?}",
        comfort.jerk_mps3.max
    );
    assert_eq!(measures.safety.collisions.count, 0);
    assert_eq!(
        measures.stops_without_reason.count, 0,
        "{:?}",
        measures.stops_without_reason
    );
    assert_eq!(measures.stalls.count, 0, "{:?}", measures.stalls);
    let late_s = measures.punctuality.departure_deviation_s.max;
    assert!(late_s < 60.0, "a departure was {late_s} s late");
}
