//! Parameters in force at a place of the file, and the expressions that use them.
//!
//! An attribute is a plain value, `$name`, or `${expression}` (OpenSCENARIO 1.1, 9.1 and annex on expressions):
//! numbers, parameters, `+ - * / %`, `pow round floor ceil sqrt sin cos tan asin acos atan sign max min abs`, `not and
//! or`, comparisons. Text goes in, text comes out. It knows no element.

use std::collections::BTreeMap;

/// An expression nested deeper than this is an attack.
const DEPTH_MAX: usize = 64;

/// Names with their values, the innermost declaration winning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    values: BTreeMap<String, String>,
}

impl Scope {
    /// Declares or replaces.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value of an attribute's text.
    pub fn resolve(&self, text: &str) -> Result<String, String> {
        let Some(rest) = text.trim().strip_prefix('$') else {
            return Ok(text.to_owned());
        };
        if let Some(body) = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let tokens = tokens(body)?;
            let mut parser = Parser {
                tokens: &tokens,
                at: 0,
                scope: self,
                depth: 0,
            };
            let value = parser.or()?;
            return match parser.tokens.get(parser.at) {
                None => Ok(value.text()),
                Some(token) => Err(format!("unexpected {token:?} in `{text}`")),
            };
        }
        let found = self
            .get(rest)
            .ok_or_else(|| format!("parameter `{rest}` is not declared"))?;
        Ok(found.to_owned())
    }
}

/// A number as the standard writes one, `INF` and `NaN` included; NaN itself is none.
pub fn number(text: &str) -> Option<f64> {
    let value = match text.trim() {
        "INF" | "+INF" | "inf" => f64::INFINITY,
        "-INF" | "-inf" => f64::NEG_INFINITY,
        text => text.parse().ok()?,
    };
    (!f64::is_nan(value)).then_some(value)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Value(f64),
    Text(String),
    Name(String),
    Symbol(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    Text(String),
    Truth(bool),
}

impl Value {
    fn text(self) -> String {
        match self {
            Value::Number(number) => format!("{number}"),
            Value::Text(text) => text,
            Value::Truth(truth) => truth.to_string(),
        }
    }
    fn number(&self) -> Result<f64, String> {
        match self {
            Value::Number(number) => Ok(*number),
            Value::Text(text) => number(text).ok_or_else(|| format!("`{text}` is not a number")),
            Value::Truth(truth) => Ok(f64::from(u8::from(*truth))),
        }
    }
    fn truth(&self) -> Result<bool, String> {
        match self {
            Value::Truth(truth) => Ok(*truth),
            Value::Number(number) => Ok(*number != 0.0),
            Value::Text(text) => match text.as_str() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(format!("`{text}` is neither true nor false")),
            },
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        let run =
            |at: usize, wanted: &dyn Fn(u8) -> bool| at + bytes[at..].iter().take_while(|byte| wanted(**byte)).count();
        match byte {
            _ if byte.is_ascii_whitespace() => at += 1,
            b'0'..=b'9' | b'.' => {
                at = run(at, &|byte| byte.is_ascii_digit() || byte == b'.');
                if at < bytes.len() && (bytes[at] | 32) == b'e' {
                    let sign = usize::from(at + 1 < bytes.len() && matches!(bytes[at + 1], b'+' | b'-'));
                    at = run(at + 1 + sign, &|byte| byte.is_ascii_digit());
                }
                let value = text[start..at].parse();
                found.push(Token::Value(
                    value.map_err(|_| format!("`{}` is not a number", &text[start..at]))?,
                ));
            }
            b'$' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at = run(at + 1, &|byte| {
                    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
                });
                found.push(Token::Name(text[start..at].to_owned()));
            }
            b'"' | b'\'' => {
                at = run(at + 1, &|inner| inner != byte) + 1;
                let inner = text.get(start + 1..at - 1).ok_or("a text without its closing quote")?;
                if at > bytes.len() {
                    return Err("a text without its closing quote".to_owned());
                }
                found.push(Token::Text(inner.to_owned()));
            }
            b'<' | b'>' | b'=' | b'!' | b'&' | b'|' => {
                at = run(at, &|byte| matches!(byte, b'<' | b'>' | b'=' | b'!' | b'&' | b'|'));
                found.push(Token::Symbol(text[start..at].to_owned()));
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'(' | b')' | b',' => {
                at += 1;
                found.push(Token::Symbol(text[start..at].to_owned()));
            }
            _ => {
                return Err(format!(
                    "`{}` has no meaning in an expression",
                    text[start..].chars().next().unwrap_or(' ')
                ));
            }
        }
    }
    Ok(found)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    scope: &'a Scope,
    depth: usize,
}

impl Parser<'_> {
    fn takes(&mut self, words: &[&str]) -> Option<String> {
        let (Token::Symbol(word) | Token::Name(word)) = self.tokens.get(self.at)? else {
            return None;
        };
        let found = words.contains(&word.as_str()).then(|| word.clone())?;
        self.at += 1;
        Some(found)
    }

    fn or(&mut self) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("the expression is nested more than {DEPTH_MAX} deep"));
        }
        let mut left = self.and()?;
        while self.takes(&["or", "||"]).is_some() {
            let right = self.and()?;
            left = Value::Truth(left.truth()? || right.truth()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Result<Value, String> {
        let mut left = self.comparison()?;
        while self.takes(&["and", "&&"]).is_some() {
            let right = self.comparison()?;
            left = Value::Truth(left.truth()? && right.truth()?);
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Value, String> {
        let left = self.sum()?;
        let Some(word) = self.takes(&["<", ">", "<=", ">=", "==", "!="]) else {
            return Ok(left);
        };
        let right = self.sum()?;
        let holds = match (left.number(), right.number()) {
            (Ok(left), Ok(right)) => match word.as_str() {
                "<" => left < right,
                ">" => left > right,
                "<=" => left <= right,
                ">=" => left >= right,
                "==" => left == right,
                _ => left != right,
            },
            _ => match word.as_str() {
                "==" => left.text() == right.text(),
                "!=" => left.text() != right.text(),
                _ => return Err("texts have no order".to_owned()),
            },
        };
        Ok(Value::Truth(holds))
    }

    fn sum(&mut self) -> Result<Value, String> {
        let mut left = self.product()?;
        while let Some(word) = self.takes(&["+", "-"]) {
            let right = self.product()?.number()?;
            let value = left.number()?;
            left = Value::Number(if word == "+" { value + right } else { value - right });
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Value, String> {
        let mut left = self.factor()?;
        while let Some(word) = self.takes(&["*", "/", "%"]) {
            let right = self.factor()?.number()?;
            let value = left.number()?;
            if word != "*" && right == 0.0 {
                return Err("division by zero".to_owned());
            }
            left = Value::Number(match word.as_str() {
                "*" => value * right,
                "/" => value / right,
                _ => libm::fmod(value, right),
            });
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Value, String> {
        let mut is_negative = false;
        let mut is_denied: Option<bool> = None;
        loop {
            match self.takes(&["-", "+", "!", "not"]).as_deref() {
                Some("-") => is_negative = !is_negative,
                Some("+") => {}
                Some(_) => is_denied = Some(!is_denied.unwrap_or(false)),
                None => break,
            }
        }
        let base = self.atom()?;
        let mut value = base;
        if self.takes(&["^"]).is_some() {
            let exponent = self.atom()?.number()?;
            value = Value::Number(libm::pow(value.number()?, exponent));
        }
        if is_negative {
            value = Value::Number(-value.number()?);
        }
        match is_denied {
            Some(true) => Ok(Value::Truth(!value.truth()?)),
            Some(false) => Ok(Value::Truth(value.truth()?)),
            None => Ok(value),
        }
    }

    fn atom(&mut self) -> Result<Value, String> {
        let token = self
            .tokens
            .get(self.at)
            .cloned()
            .ok_or("the expression ends too early")?;
        self.at += 1;
        match token {
            Token::Value(value) => Ok(Value::Number(value)),
            Token::Text(text) => Ok(Value::Text(text)),
            Token::Symbol(symbol) if symbol == "(" => {
                let value = self.or()?;
                self.takes(&[")"]).ok_or("a `(` without its `)`")?;
                Ok(value)
            }
            Token::Symbol(symbol) => Err(format!("unexpected `{symbol}`")),
            Token::Name(name) => self.named(&name),
        }
    }

    fn named(&mut self, name: &str) -> Result<Value, String> {
        if let Some(parameter) = name.strip_prefix('$') {
            let text = self
                .scope
                .get(parameter)
                .ok_or_else(|| format!("parameter `{parameter}` is not declared"))?;
            return Ok(match number(text) {
                Some(value) => Value::Number(value),
                None => Value::Text(text.to_owned()),
            });
        }
        match name {
            "true" => return Ok(Value::Truth(true)),
            "false" => return Ok(Value::Truth(false)),
            "PI" | "pi" => return Ok(Value::Number(std::f64::consts::PI)),
            _ => {}
        }
        if self.takes(&["("]).is_none() {
            return Err(format!(
                "`{name}` is neither a function nor a parameter; parameters are written `${name}`"
            ));
        }
        let mut values = Vec::new();
        while self.takes(&[")"]).is_none() {
            values.push(self.or()?.number()?);
            let _ = self.takes(&[","]);
        }
        let value = match (name, values.as_slice()) {
            ("pow", &[base, exponent]) => libm::pow(base, exponent),
            ("max", &[first, second]) => first.max(second),
            ("min", &[first, second]) => first.min(second),
            ("round", &[x]) => libm::round(x),
            ("floor", &[x]) => libm::floor(x),
            ("ceil", &[x]) => libm::ceil(x),
            ("sqrt", &[x]) => libm::sqrt(x),
            ("abs", &[x]) => x.abs(),
            ("sign", &[x]) => f64::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
            ("sin", &[x]) => libm::sin(x),
            ("cos", &[x]) => libm::cos(x),
            ("tan", &[x]) => libm::tan(x),
            ("asin", &[x]) => libm::asin(x),
            ("acos", &[x]) => libm::acos(x),
            ("atan", &[x]) => libm::atan(x),
            ("atan2", &[y, x]) => libm::atan2(y, x),
            _ => return Err(format!("no function `{name}` of {} values", values.len())),
        };
        if value.is_nan() {
            return Err(format!("`{name}` of {values:?} is not a number"));
        }
        Ok(Value::Number(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        let mut scope = Scope::default();
        scope.set("v", "36");
        scope.set("who", "Ego");
        scope.resolve(text).unwrap_or_else(|error| format!("error: {error}"))
    }

    #[test]
    fn expressions_are_computed_and_plain_texts_stay() {
        assert_eq!(check("12.5"), "12.5");
        assert_eq!(check("$who"), "Ego");
        assert_eq!(check("${$v / 3.6}"), "10");
        assert_eq!(check("${-($v - 6) * 2 % 7}"), "-4");
        assert_eq!(check("${pow(2, 3) + max(1, $v)}"), "44");
        assert_eq!(check("${$v > 30 and not ($v == 31)}"), "true");
        assert_eq!(check("${1e-2}"), "0.01");
    }

    #[test]
    fn nonsense_is_an_error_that_says_why() {
        assert_eq!(check("$nobody"), "error: parameter `nobody` is not declared");
        assert_eq!(check("${1 / 0}"), "error: division by zero");
        assert!(check(&format!("${{{}1}}", "(".repeat(500))).contains("nested more than 64 deep"));
        assert!(check("${'open}").starts_with("error: "));
    }
}
