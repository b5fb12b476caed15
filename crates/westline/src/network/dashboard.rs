//! The terminal's picture of a day on the network: map, vehicles, latency budget, messages.
//!
//! In goes what is known at a moment ([`Dashboard`]); out come cells of a terminal. It plays nothing and reads no keys.

use super::v2x;
use crate::day_table::clock;
use messages::MessageKind;
use network::cooperation::Tally;
use network::radio::link::Way;
use network::remote::Rules;
use network::supervision::LinkSecond;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::canvas::{Canvas, Points};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Sparkline, Table};
use std::collections::{BTreeMap, VecDeque};

/// Seconds that the curve of loop times goes back.
pub const REMEMBERED_S: usize = 180;
/// Lines of events that are kept.
pub const EVENTS_MAX: usize = 50;

/// What is shown.
pub struct Dashboard {
    /// The site's name.
    pub title: String,
    /// Time of day, seconds after midnight.
    pub clock_s: f64,
    /// Times real time.
    pub speed: f64,
    /// Whether it stands still.
    pub is_paused: bool,
    /// The rules of remote driving.
    pub rules: Rules,
    /// The line's way with the ratio downwards at each place, decibels.
    pub way: Vec<([f64; 2], f64)>,
    /// Masts.
    pub masts_m: Vec<[f64; 2]>,
    /// The vehicles, in their order.
    pub vehicles: Vec<Seen>,
    /// Index of the one that is looked at.
    pub chosen: usize,
    /// What was sent and heard.
    pub tally: Tally,
    /// The last message of each kind, as its fields.
    pub messages: BTreeMap<MessageKind, Vec<String>>,
    /// Index of the kind that is looked at.
    pub kind: usize,
    /// Handovers, losses: the latest last.
    pub events: VecDeque<String>,
}

/// A vehicle as it is seen from afar.
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Name of its cell; empty without one.
    pub cell: String,
    /// Its last second, if it has been on the road.
    pub second: Option<LinkSecond>,
    /// The slowest loops of the last seconds, milliseconds.
    pub loops_ms: VecDeque<u64>,
}

impl Dashboard {
    /// Draws it.
    pub fn draw(&self, frame: &mut Frame<'_>) {
        let [head, middle, bottom, foot] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Fill(3),
            Constraint::Fill(2),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        let state = if self.is_paused {
            "paused".to_owned()
        } else {
            format!("×{}", self.speed)
        };
        let title = Line::from(vec![
            Span::from(format!(" {} ", self.title)).bold().reversed(),
            Span::from(format!("  {}  {state}", clock(self.clock_s))),
            Span::from(format!(
                "   {} asks for a loop of {:.0} ms at most",
                self.rules.regime, self.rules.loop_ms_max
            ))
            .dim(),
        ]);
        frame.render_widget(title, head);
        let [left, right] = Layout::horizontal([Constraint::Percentage(42), Constraint::Fill(1)]).areas(middle);
        self.map(frame, left);
        let rows = self.vehicles.len().min(12) as u16 + 3;
        let [table, budget, curve] =
            Layout::vertical([Constraint::Length(rows), Constraint::Length(5), Constraint::Fill(1)]).areas(right);
        self.table(frame, table);
        self.budget(frame, budget);
        self.curve(frame, curve);
        let [told, fields] = Layout::horizontal([Constraint::Percentage(42), Constraint::Fill(1)]).areas(bottom);
        self.told(frame, told);
        self.fields(frame, fields);
        let keys = " q quit   space pause   + - speed   ↑ ↓ vehicle   ← → message";
        frame.render_widget(Line::from(keys).dim(), foot);
    }

    fn map(&self, frame: &mut Frame<'_>, area: Rect) {
        let places = self.way.iter().map(|(at_m, _)| *at_m);
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for [x, y] in places {
            bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
        }
        if bounds[0] > bounds[2] {
            return;
        }
        // A cell of a terminal is twice as tall as wide: metres are to be alike both ways.
        let (wide_m, tall_m) = (
            1.1 * (bounds[2] - bounds[0]).max(100.0),
            1.1 * (bounds[3] - bounds[1]).max(100.0),
        );
        let (columns, rows) = (
            f64::from(area.width.max(3)) - 2.0,
            2.0 * (f64::from(area.height.max(3)) - 2.0),
        );
        let metres = (wide_m / columns).max(tall_m / rows);
        let middle = [0.5 * (bounds[0] + bounds[2]), 0.5 * (bounds[1] + bounds[3])];
        let half = [0.5 * metres * columns, 0.5 * metres * rows];
        let of_colour = |wanted: Color| -> Vec<(f64, f64)> {
            let alike = self.way.iter().filter(|(_, db)| colour_of_db(*db) == wanted);
            alike.map(|([x, y], _)| (*x, *y)).collect()
        };
        let canvas = Canvas::default()
            .block(
                Block::bordered()
                    .title(" signal along the line ")
                    .title_bottom(legend()),
            )
            .marker(Marker::Braille)
            .x_bounds([middle[0] - half[0], middle[0] + half[0]])
            .y_bounds([middle[1] - half[1], middle[1] + half[1]])
            .paint(|context| {
                for color in [Color::Green, Color::Yellow, Color::Red] {
                    let coords = of_colour(color);
                    context.draw(&Points { coords: &coords, color });
                }
                context.layer();
                for [x, y] in &self.masts_m {
                    context.print(*x, *y, "▲".dim());
                }
                for (index, vehicle) in self.vehicles.iter().enumerate() {
                    let Some(second) = &vehicle.second else { continue };
                    let style = if index == self.chosen {
                        Style::new().bold().reversed()
                    } else {
                        Style::new().bold()
                    };
                    context.print(
                        second.at_m[0],
                        second.at_m[1],
                        Span::styled(format!("{}", index + 1), style),
                    );
                }
            });
        frame.render_widget(canvas, area);
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect) {
        let rows = self.vehicles.iter().enumerate().map(|(index, vehicle)| {
            let name = Cell::from(format!("{} {}", index + 1, vehicle.name));
            let row = match &vehicle.second {
                None => Row::new([name, Cell::from("in the depot".dim())]),
                Some(second) => {
                    let link = second.link.as_ref();
                    let of = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.0}"));
                    let sinr_db = link.map(|link| link.sinr_db[Way::Down as usize]);
                    let state = match (second.is_lost, second.speed_kmh) {
                        (true, _) => "unseen".red().bold(),
                        (false, Some(speed_kmh)) => format!("{speed_kmh:.0} km/h").green(),
                        (false, None) if second.frames == 0 => "rests".dim(),
                        (false, None) => "not driven".yellow(),
                    };
                    Row::new([
                        name,
                        Cell::from(vehicle.cell.clone()),
                        Cell::from(of(sinr_db)).style(sinr_db.map_or(Color::Red, colour_of_db)),
                        Cell::from(of(link.map(|link| link.rate_mbps[Way::Up as usize]))),
                        Cell::from(of(link.map(|link| link.rate_mbps[Way::Down as usize]))),
                        Cell::from(of(second.loop_ms_max)),
                        Cell::from(state),
                    ])
                }
            };
            row.style(if index == self.chosen {
                Style::new().bold()
            } else {
                Style::new()
            })
        });
        let widths = [16, 8, 4, 7, 7, 8, 10].map(Constraint::Length);
        let head = Row::new(["vehicle", "cell", "dB", "Mb/s ↑", "Mb/s ↓", "loop ms", "from afar"]).dim();
        let table = Table::new(rows, widths)
            .header(head)
            .block(Block::bordered().title(" vehicles "));
        frame.render_widget(table, area);
    }

    /// The loop of the chosen vehicle, from the camera to the wheels.
    fn budget(&self, frame: &mut Frame<'_>, area: Rect) {
        let block = Block::bordered().title(" loop: camera to eye, hand to wheels ");
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let second = self.vehicles.get(self.chosen).and_then(|vehicle| vehicle.second);
        let Some((glass_ms, command_ms)) = second.and_then(|second| second.glass_ms.zip(second.command_ms)) else {
            frame.render_widget(Paragraph::new("no frame comes".dim()), inner);
            return;
        };
        let machines = &self.rules.machines;
        let up_ms = glass_ms - machines.capture_ms - machines.encode_ms - machines.decode_ms - machines.display_ms;
        let down_ms = command_ms - machines.input_ms - machines.actuate_ms;
        let parts = [
            ("capture", machines.capture_ms, Color::Blue),
            ("encode", machines.encode_ms, Color::Cyan),
            ("up", up_ms, Color::Yellow),
            ("decode", machines.decode_ms, Color::Cyan),
            ("display", machines.display_ms, Color::Blue),
            ("input", machines.input_ms, Color::Magenta),
            ("down", down_ms, Color::Yellow),
            ("actuate", machines.actuate_ms, Color::Magenta),
        ];
        let whole_ms = glass_ms + command_ms;
        let columns = f64::from(inner.width);
        let scale = columns / whole_ms.max(self.rules.loop_ms);
        let mut drawn = 0.0;
        let bar = parts.map(|(_, ms, colour)| {
            let from = f64::round(drawn * scale);
            drawn += ms;
            Span::from("█".repeat((f64::round(drawn * scale) - from).max(0.0) as usize)).fg(colour)
        });
        let told = parts.map(|(name, ms, colour)| Span::from(format!("{name} {ms:.0} ")).fg(colour));
        let limit = format!(
            "{whole_ms:.0} of {:.0} ms, from which on the speed falls",
            self.rules.loop_ms
        );
        let limit = if whole_ms <= self.rules.loop_ms {
            limit.green()
        } else {
            limit.yellow()
        };
        frame.render_widget(
            Paragraph::new(vec![
                Line::from(bar.to_vec()),
                Line::from(told.to_vec()),
                Line::from(limit),
            ]),
            inner,
        );
    }

    fn curve(&self, frame: &mut Frame<'_>, area: Rect) {
        let Some(vehicle) = self.vehicles.get(self.chosen) else {
            return;
        };
        let columns = usize::from(area.width.saturating_sub(2));
        let values: Vec<u64> = vehicle.loops_ms.iter().rev().take(columns).rev().copied().collect();
        let title = format!(" slowest loop of each second, 0 to {:.0} ms ", self.rules.loop_ms_max);
        let curve = Sparkline::default()
            .block(Block::bordered().title(title))
            .data(&values)
            .max(self.rules.loop_ms_max as u64)
            .style(Color::Cyan);
        frame.render_widget(curve, area);
    }

    fn told(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut lines: Vec<Line<'_>> = vec![Line::from(v2x::describe(&self.tally))];
        let room = usize::from(area.height.saturating_sub(5));
        lines.push(Line::default());
        lines.extend(
            self.events
                .iter()
                .rev()
                .take(room)
                .map(|event| Line::from(event.as_str()).dim()),
        );
        let words = Paragraph::new(lines)
            .wrap(ratatui::widgets::Wrap { trim: true })
            .block(Block::bordered().title(" on the air, and what happened "));
        frame.render_widget(words, area);
    }

    /// The last message of a kind, field by field.
    fn fields(&self, frame: &mut Frame<'_>, area: Rect) {
        let block = |title: String| Block::bordered().title(title);
        let count = self.messages.len().max(1);
        let Some((kind, fields)) = self.messages.iter().nth(self.kind % count) else {
            frame.render_widget(
                Paragraph::new("no message yet".dim()).block(block(" messages ".to_owned())),
                area,
            );
            return;
        };
        let title = format!(" the last {kind}, {} of {count} kinds ", self.kind % count + 1);
        let lines: Vec<Line<'_>> = fields.iter().map(|field| Line::from(field.as_str())).collect();
        // Two columns hold what one cannot.
        let inner = block(String::new()).inner(area);
        frame.render_widget(block(title), area);
        let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(inner);
        let rows = usize::from(inner.height);
        let (first, second) = lines.split_at(rows.min(lines.len()));
        frame.render_widget(Paragraph::new(first.to_vec()), left);
        frame.render_widget(Paragraph::new(second.to_vec()), right);
    }
}

/// Of a ratio: from 13 dB on two layers are sent; below 0 dB little comes.
fn colour_of_db(db: f64) -> Color {
    match db {
        db if db >= 13.0 => Color::Green,
        db if db >= 3.0 => Color::Yellow,
        _ => Color::Red,
    }
}

fn legend() -> Line<'static> {
    Line::from(vec![
        " ≥ 13 dB ".green(),
        "≥ 3 dB ".yellow(),
        "less ".red(),
        "▲ mast ".dim(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use record::SimTime;

    fn dashboard() -> Dashboard {
        let second = LinkSecond {
            vehicle: 0,
            time: SimTime::from_secs(60),
            at_m: [120.0, 40.0],
            link: None,
            frames: 30,
            frames_in_time: 29,
            glass_ms: Some(131.0),
            command_ms: Some(55.0),
            loop_ms_max: Some(212.0),
            speed_kmh: Some(41.0),
            is_lost: false,
        };
        let fields = (0..60).map(|field| format!("field {field}")).collect();
        Dashboard {
            title: "Line 1".to_owned(),
            clock_s: 27_060.0,
            speed: 4.0,
            is_paused: false,
            rules: Rules::default(),
            way: vec![([0.0, 0.0], 20.0), ([200.0, 90.0], -3.0)],
            masts_m: vec![[100.0, 50.0]],
            vehicles: vec![Seen {
                name: "minibus 1".to_owned(),
                cell: "M1-2".to_owned(),
                second: Some(second),
                loops_ms: (0..90).collect(),
            }],
            chosen: 0,
            tally: Tally::default(),
            messages: BTreeMap::from([(MessageKind::Cam, fields)]),
            kind: 7,
            events: VecDeque::from(["07:30 minibus 1: M1-1 to M1-2".to_owned()]),
        }
    }

    fn drawn(dashboard: &Dashboard, columns: u16, rows: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| dashboard.draw(frame)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_terminal_of_usual_size_shows_vehicle_budget_events_and_message() {
        let text = drawn(&dashboard(), 120, 40);
        for word in [
            "minibus 1",
            "M1-2",
            "41 km/h",
            "up 71",
            "186 of 200 ms",
            "M1-1 to M1-2",
            "the last cam",
            "field 0",
        ] {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
    }

    #[test]
    fn no_size_of_a_terminal_is_too_small_or_too_large() {
        for (columns, rows) in [(1, 1), (3, 2), (20, 5), (40, 12), (300, 100)] {
            drawn(&dashboard(), columns, rows);
        }
    }

    #[test]
    fn a_day_that_has_not_begun_is_shown_too() {
        let empty = Dashboard {
            way: Vec::new(),
            vehicles: Vec::new(),
            messages: BTreeMap::new(),
            events: VecDeque::new(),
            ..dashboard()
        };
        assert!(drawn(&empty, 100, 30).contains("no message yet"));
    }
}
