//! Comparisons by the rules of the standard.

use crate::model::Rule;
use crate::scope::number;

/// Two numbers within this are equal, as files are written with few digits.
pub const SAME: f64 = 1e-6;

/// Compares numbers.
pub fn numbers(left: f64, rule: Rule, right: f64) -> bool {
    match rule {
        Rule::GreaterThan => left > right + SAME,
        Rule::GreaterOrEqual => left >= right - SAME,
        Rule::LessThan => left < right - SAME,
        Rule::LessOrEqual => left <= right + SAME,
        Rule::EqualTo => (left - right).abs() < SAME || left == right,
        Rule::NotEqualTo => (left - right).abs() >= SAME && left != right,
    }
}

/// Compares values as numbers if both are, else as texts.
pub fn texts(left: &str, rule: Rule, right: &str) -> bool {
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return numbers(left, rule, right);
    }
    match rule {
        Rule::GreaterThan => left > right,
        Rule::GreaterOrEqual => left >= right,
        Rule::LessThan => left < right,
        Rule::LessOrEqual => left <= right,
        Rule::EqualTo => left == right,
        Rule::NotEqualTo => left != right,
    }
}
