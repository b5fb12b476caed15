//! Lines through points, in any plane and unit.
//!
//! What the drawing of maps, the plots of reports and the reading of streets share. It knows no map.

/// Leaves out points that lie within `tolerance` of the line between those kept (Douglas and Peucker, 1973). With a stack
/// instead of recursion, because a line may have thousands of points.
pub fn simplified(points: &[[f64; 2]], tolerance: f64) -> Vec<[f64; 2]> {
    let Some(last) = points.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut keep = vec![false; points.len()];
    (keep[0], keep[last]) = (true, true);
    let mut open = vec![(0, last)];
    while let Some((a, b)) = open.pop() {
        let farthest = (a + 1..b)
            .map(|i| (distance(points[i], points[a], points[b]), i))
            .max_by(|x, y| x.0.total_cmp(&y.0))
            .filter(|(d, _)| *d > tolerance);
        if let Some((_, i)) = farthest {
            keep[i] = true;
            open.extend([(a, i), (i, b)]);
        }
    }
    points
        .iter()
        .zip(keep)
        .filter(|(_, kept)| *kept)
        .map(|(p, _)| *p)
        .collect()
}

/// From one point to another.
pub(crate) fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    libm::hypot(b[0] - a[0], b[1] - a[1])
}

/// Along a line.
pub(crate) fn length_m(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|pair| distance_m(pair[0], pair[1])).sum()
}

/// From a point to the piece of line between two others.
fn distance(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length2 = dx * dx + dy * dy;
    let t = if length2 > 0.0 {
        (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    libm::hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)
}
