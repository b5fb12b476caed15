//! Shapes in the plane and whether they touch: rectangles, circles, simple polygons and groups of them.
//!
//! In go shapes of the format and where they are; out come [`Body`]s in the scenario's frame and exact answers on contact
//! and containment. Polygons need not be convex. It knows no time.

/// A shape, in the frame of whoever has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle.
    Rectangle {
        /// Along its own heading.
        length_m: f64,
        /// Across.
        width_m: f64,
        /// Its heading.
        heading_rad: f64,
        /// Its middle.
        centre_m: [f64; 2],
    },
    /// A circle.
    Circle {
        /// Its radius.
        radius_m: f64,
        /// Its middle.
        centre_m: [f64; 2],
    },
    /// A simple polygon, not closed by repeating the first corner.
    Polygon {
        /// Three at least.
        corners_m: Vec<[f64; 2]>,
    },
    /// Several shapes that count as one.
    Group(Vec<Shape>),
}

/// A place and a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Placement {
    /// Where.
    pub centre_m: [f64; 2],
    /// Where it points.
    pub heading_rad: f64,
}

impl Placement {
    /// A point of its own frame in the frame around.
    pub fn outward(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = libm::sincos(self.heading_rad);
        [
            self.centre_m[0] + x * cos - y * sin,
            self.centre_m[1] + x * sin + y * cos,
        ]
    }

    /// A point of the frame around in its own frame.
    pub fn inward(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = libm::sincos(self.heading_rad);
        let [dx, dy] = [x - self.centre_m[0], y - self.centre_m[1]];
        [dx * cos + dy * sin, dy * cos - dx * sin]
    }
}

/// A connected piece of a shape in the scenario's frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A circle.
    Circle {
        /// Its middle.
        centre_m: [f64; 2],
        /// Its radius.
        radius_m: f64,
    },
    /// A simple polygon.
    Polygon(Vec<[f64; 2]>),
}

impl Shape {
    /// Its pieces, where they are when its frame is placed so.
    pub fn bodies(&self, at: Placement) -> Vec<Body> {
        let mut bodies = Vec::new();
        self.add_bodies(at, &mut bodies);
        bodies
    }

    fn add_bodies(&self, at: Placement, bodies: &mut Vec<Body>) {
        match self {
            Shape::Rectangle {
                length_m,
                width_m,
                heading_rad,
                centre_m,
            } => {
                let own = Placement {
                    centre_m: *centre_m,
                    heading_rad: *heading_rad,
                };
                let corners = rectangle(own, [*length_m, *width_m]);
                bodies.push(Body::Polygon(corners.map(|corner| at.outward(corner)).to_vec()));
            }
            Shape::Circle { radius_m, centre_m } => bodies.push(Body::Circle {
                centre_m: at.outward(*centre_m),
                radius_m: *radius_m,
            }),
            Shape::Polygon { corners_m } => {
                bodies.push(Body::Polygon(
                    corners_m.iter().map(|&corner| at.outward(corner)).collect(),
                ));
            }
            Shape::Group(shapes) => shapes.iter().for_each(|shape| shape.add_bodies(at, bodies)),
        }
    }

    /// The middle of its bounding box.
    pub fn centre_m(&self) -> [f64; 2] {
        let [west, south, east, north] = self.bounds_m();
        [0.5 * (west + east), 0.5 * (south + north)]
    }

    /// West, south, east, north in its own frame.
    pub fn bounds_m(&self) -> [f64; 4] {
        bounds_m(&self.bodies(Placement::default()))
    }

    /// Whether a point of its frame lies in it.
    pub fn contains(&self, point: [f64; 2]) -> bool {
        self.bodies(Placement::default())
            .iter()
            .any(|body| body.contains(point))
    }
}

/// Corners of a rectangle of that length and width, anticlockwise from the front left one.
pub fn rectangle(at: Placement, [length_m, width_m]: [f64; 2]) -> [[f64; 2]; 4] {
    let (a, b) = (0.5 * length_m, 0.5 * width_m);
    [[a, b], [-a, b], [-a, -b], [a, -b]].map(|corner| at.outward(corner))
}

/// West, south, east, north of bodies; inside out if there are none.
pub fn bounds_m(bodies: &[Body]) -> [f64; 4] {
    let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    bodies.iter().map(Body::bounds_m).fold(none, |all, one| {
        [
            all[0].min(one[0]),
            all[1].min(one[1]),
            all[2].max(one[2]),
            all[3].max(one[3]),
        ]
    })
}

impl Body {
    /// West, south, east, north.
    pub fn bounds_m(&self) -> [f64; 4] {
        match self {
            Body::Circle {
                centre_m: [x, y],
                radius_m: r,
            } => [x - r, y - r, x + r, y + r],
            Body::Polygon(corners) => {
                let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
                corners.iter().fold(none, |[west, south, east, north], &[x, y]| {
                    [west.min(x), south.min(y), east.max(x), north.max(y)]
                })
            }
        }
    }

    /// Whether a point lies in it or on its edge.
    pub fn contains(&self, point: [f64; 2]) -> bool {
        match self {
            Body::Circle { centre_m, radius_m } => distance_m(*centre_m, point) <= *radius_m,
            Body::Polygon(corners) => polygon_contains(corners, point),
        }
    }

    /// Whether two share a point.
    pub fn touches(&self, other: &Body) -> bool {
        let (a, b) = (self.bounds_m(), other.bounds_m());
        if a[0] > b[2] || b[0] > a[2] || a[1] > b[3] || b[1] > a[3] {
            return false;
        }
        match (self, other) {
            (
                Body::Circle { centre_m, radius_m },
                Body::Circle {
                    centre_m: other_m,
                    radius_m: other_radius_m,
                },
            ) => distance_m(*centre_m, *other_m) <= radius_m + other_radius_m,
            (Body::Circle { centre_m, radius_m }, Body::Polygon(corners))
            | (Body::Polygon(corners), Body::Circle { centre_m, radius_m }) => {
                polygon_contains(corners, *centre_m)
                    || edges(corners).any(|[a, b]| segment_distance_m(*centre_m, a, b) <= *radius_m)
            }
            (Body::Polygon(one), Body::Polygon(two)) => {
                edges(one).any(|[a, b]| edges(two).any(|[c, d]| segments_meet(a, b, c, d)))
                    || one.first().is_some_and(|&corner| polygon_contains(two, corner))
                    || two.first().is_some_and(|&corner| polygon_contains(one, corner))
            }
        }
    }
}

fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    libm::hypot(a[0] - b[0], a[1] - b[1])
}

/// The edges of a closed outline.
pub(crate) fn edges(corners: &[[f64; 2]]) -> impl Iterator<Item = [[f64; 2]; 2]> + '_ {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).map(|(&a, &b)| [a, b])
}

/// Even-odd rule: a ray to the east crosses the outline an odd number of times.
fn polygon_contains(corners: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut inside = false;
    for [[ax, ay], [bx, by]] in edges(corners) {
        if (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax) {
            inside = !inside;
        }
    }
    inside
}

/// From a point to a segment.
pub(crate) fn segment_distance_m([x, y]: [f64; 2], [ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    let [dx, dy] = [bx - ax, by - ay];
    let length2 = dx * dx + dy * dy;
    let share = match length2 > 0.0 {
        true => (((x - ax) * dx + (y - ay) * dy) / length2).clamp(0.0, 1.0),
        false => 0.0,
    };
    libm::hypot(ax + share * dx - x, ay + share * dy - y)
}

/// Whether two segments share a point.
fn segments_meet(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2]) -> bool {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    let (s1, s2, s3, s4) = (side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b));
    if s1 == 0.0 && s2 == 0.0 {
        // On one line: they meet if their boxes do.
        let apart =
            |axis: usize| a[axis].max(b[axis]) < c[axis].min(d[axis]) || c[axis].max(d[axis]) < a[axis].min(b[axis]);
        return !apart(0) && !apart(1);
    }
    s1 * s2 <= 0.0 && s3 * s4 <= 0.0
}

/// Where on `a`..`b` (as shares from 0 to 1, in order) the outline is crossed.
pub(crate) fn crossings(a: [f64; 2], b: [f64; 2], corners: &[[f64; 2]]) -> Vec<f64> {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let mut shares: Vec<f64> = edges(corners)
        .filter_map(|[p, q]| {
            let [ex, ey] = [q[0] - p[0], q[1] - p[1]];
            let determinant = dx * ey - dy * ex;
            if determinant == 0.0 {
                return None;
            }
            let [px, py] = [p[0] - a[0], p[1] - a[1]];
            let (along, across) = ((px * ey - py * ex) / determinant, (px * dy - py * dx) / determinant);
            ((0.0..=1.0).contains(&along) && (0.0..=1.0).contains(&across)).then_some(along)
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    shares
}

/// The longest stretch of a closed outline, in metres, that none of the areas covers.
pub fn uncovered_m(outline: &[[f64; 2]], areas: &[&[[f64; 2]]]) -> f64 {
    let mut longest_m: f64 = 0.0;
    for [a, b] in edges(outline) {
        let length_m = distance_m(a, b);
        // Covered stretches, as shares of the edge.
        let mut covered: Vec<[f64; 2]> = Vec::new();
        for area in areas {
            let mut cuts = vec![0.0];
            cuts.extend(crossings(a, b, area));
            cuts.push(1.0);
            for pair in cuts.windows(2) {
                let middle = 0.5 * (pair[0] + pair[1]);
                let point = [a[0] + middle * (b[0] - a[0]), a[1] + middle * (b[1] - a[1])];
                if pair[1] > pair[0] && polygon_contains(area, point) {
                    covered.push([pair[0], pair[1]]);
                }
            }
        }
        covered.sort_by(|one, other| one[0].total_cmp(&other[0]));
        let mut reached = 0.0;
        for [from, to] in covered {
            longest_m = longest_m.max((from - reached) * length_m);
            reached = f64::max(reached, to);
        }
        longest_m = longest_m.max((1.0 - reached) * length_m);
    }
    longest_m
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Body {
        let shape = Shape::Rectangle {
            length_m: side,
            width_m: side,
            heading_rad: 0.0,
            centre_m: [0.0; 2],
        };
        let at = Placement {
            centre_m: [x, y],
            heading_rad: 0.0,
        };
        shape.bodies(at).remove(0)
    }

    #[test]
    fn squares_touch_when_near_and_when_one_holds_the_other() {
        assert!(square(0.0, 0.0, 2.0).touches(&square(1.9, 0.0, 2.0)));
        assert!(!square(0.0, 0.0, 2.0).touches(&square(2.1, 0.0, 2.0)));
        assert!(square(0.0, 0.0, 10.0).touches(&square(1.0, 1.0, 1.0)));
        assert!(square(1.0, 1.0, 1.0).touches(&square(0.0, 0.0, 10.0)));
    }

    #[test]
    fn a_circle_touches_a_corner_only_within_its_radius() {
        let circle = |x: f64| Body::Circle {
            centre_m: [x, x],
            radius_m: 1.0,
        };
        assert!(square(0.0, 0.0, 2.0).touches(&circle(1.7)));
        assert!(!square(0.0, 0.0, 2.0).touches(&circle(1.72)));
    }

    #[test]
    fn the_notch_of_a_polygon_is_not_inside() {
        let corners = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 1.0], [0.0, 4.0]];
        let body = Body::Polygon(corners);
        assert!(body.contains([2.0, 0.5]));
        assert!(!body.contains([2.0, 2.0]));
        assert!(!body.touches(&square(2.0, 3.0, 0.5)));
    }

    #[test]
    fn what_two_areas_leave_open_is_measured() {
        let outline = [[1.0, 1.0], [9.0, 1.0], [9.0, 2.0], [1.0, 2.0]];
        let left: &[[f64; 2]] = &[[0.0, 0.0], [5.0, 0.0], [5.0, 3.0], [0.0, 3.0]];
        let right: &[[f64; 2]] = &[[5.0, 0.0], [10.0, 0.0], [10.0, 3.0], [5.0, 3.0]];
        assert!(uncovered_m(&outline, &[left, right]) < 1e-9);
        assert!((uncovered_m(&outline, &[left]) - 4.0).abs() < 1e-9);
        assert!((uncovered_m(&outline, &[]) - 8.0).abs() < 1e-9);
    }
}
