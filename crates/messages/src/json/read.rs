//! JSON in as typed ASN.1 values, through rasn's visitor of fields.
//!
//! When a sequence is entered its fields are laid out in their order, absent ones too; each value that is asked for is the
//! next of them. What is left of the object afterwards was unknown.

use super::write::field_names;
use crate::hex;
use num_bigint::{BigInt, BigUint, Sign};
use rasn::de::{Error as _, Needed};
use rasn::error::{DecodeError, DecodeErrorKind};
use rasn::types::{
    Any, BitString, BmpString, Choice, Constraints, Constructed, Date, DecodeChoice, Enumerated, GeneralString,
    GeneralizedTime, GraphicString, Ia5String, IntegerType, NumericString, ObjectIdentifier, Oid, PrintableString,
    RealType, SetOf, Tag, TeletexString, UtcTime, Utf8String, VisibleString,
};
use rasn::{Codec, Decode, Decoder};
use serde_json::{Map, Value};
use std::fmt;

/// What is wrong with a JSON value, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// The place: field names and indices, `.` between them.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl ValueError {
    pub(super) fn of(path: &str, problem: impl Into<String>) -> ValueError {
        ValueError {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    pub(super) fn not_in_its_messages(kind: &str) -> ValueError {
        ValueError::of("the value", format!("holds a {kind}, which no ITS message does"))
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return formatter.write_str(&self.problem);
        }
        write!(formatter, "`{}` {}", self.path, self.problem)
    }
}

impl std::error::Error for ValueError {}

/// Errors pass through rasn's own type, which carries a text: the path goes before this character, the problem after.
const SEPARATOR: char = '\u{0}';

impl From<DecodeError> for ValueError {
    fn from(error: DecodeError) -> ValueError {
        let mut root = &error;
        while let DecodeErrorKind::FieldError { nested, .. } = &*root.kind {
            root = nested;
        }
        let text = match &*root.kind {
            DecodeErrorKind::Custom { msg } => msg.clone(),
            _ => root.to_string(),
        };
        match text.split_once(SEPARATOR) {
            Some((path, problem)) => ValueError::of(path, problem),
            None => ValueError::of("", text),
        }
    }
}

impl From<ValueError> for DecodeError {
    fn from(error: ValueError) -> DecodeError {
        let ValueError { path, problem } = error;
        DecodeError::custom(format_args!("{path}{SEPARATOR}{problem}"), Codec::Jer)
    }
}

impl From<rasn::error::EncodeError> for ValueError {
    fn from(error: rasn::error::EncodeError) -> ValueError {
        ValueError::of("", error.to_string())
    }
}

impl From<ValueError> for rasn::error::EncodeError {
    fn from(error: ValueError) -> rasn::error::EncodeError {
        <rasn::error::EncodeError as rasn::enc::Error>::custom(error, Codec::Jer)
    }
}

impl rasn::enc::Error for ValueError {
    fn custom<D: fmt::Display>(message: D, _: Codec) -> ValueError {
        ValueError::of("", message.to_string())
    }
}

impl rasn::de::Error for ValueError {
    fn custom<D: fmt::Display>(message: D, _: Codec) -> ValueError {
        ValueError::of("", message.to_string())
    }

    fn incomplete(_: Needed, _: Codec) -> ValueError {
        ValueError::of("", "ends too early")
    }

    fn exceeds_max_length(length: num_bigint::BigUint, _: Codec) -> ValueError {
        ValueError::of("", format!("is too long: {length}"))
    }

    fn missing_field(name: &'static str, _: Codec) -> ValueError {
        ValueError::of(name, "is missing")
    }

    fn no_valid_choice(name: &'static str, _: Codec) -> ValueError {
        ValueError::of(name, "has no such alternative")
    }

    fn field_error(name: &'static str, error: DecodeError, _: Codec) -> ValueError {
        // An error of ours names its whole path already.
        let error = ValueError::from(error);
        if error.path.is_empty() {
            ValueError::of(name, error.problem)
        } else {
            error
        }
    }

    fn duplicate_field(name: &'static str, _: Codec) -> ValueError {
        ValueError::of(name, "is there twice")
    }

    fn unknown_field(index: usize, _: Tag, _: Codec) -> ValueError {
        ValueError::of(&index.to_string(), "is no field")
    }
}

/// The alternatives of a choice: tags that lead to each, and its name.
pub(super) fn alternatives<C: Choice>() -> Vec<(Vec<Tag>, &'static str)> {
    let trees = C::VARIANTS
        .iter()
        .chain(C::EXTENDED_VARIANTS.iter().flat_map(|more| more.iter()));
    let tags = trees.map(|tree| match tree {
        rasn::types::TagTree::Leaf(tag) => vec![*tag],
        // An untagged choice within a choice: any of its tags leads here.
        rasn::types::TagTree::Choice(_) => vec![tree.smallest_tag()],
    });
    tags.zip(C::IDENTIFIERS.iter().copied()).collect()
}

/// The value that `json` describes.
pub(super) fn read<T: Decode>(json: Value) -> Result<T, ValueError> {
    let mut reader = Reader {
        pending: vec![Pending {
            name: Name::Root,
            value: Some(json),
        }],
        path: Vec::new(),
        rest: Vec::new(),
    };
    T::decode(&mut reader)
}

struct Reader {
    /// Values to come, the next last.
    pending: Vec<Pending>,
    /// Where we are.
    path: Vec<Name>,
    /// What is left of the objects that are open.
    rest: Vec<Map<String, Value>>,
}

struct Pending {
    name: Name,
    /// `None`: the field is not there.
    value: Option<Value>,
}

#[derive(Clone, Copy)]
enum Name {
    Root,
    Field(&'static str),
    Index(usize),
}

impl Reader {
    fn path_to(&self, name: Option<Name>) -> String {
        let mut path = String::new();
        for name in self.path.iter().copied().chain(name) {
            let (dot, part) = match name {
                Name::Root => continue,
                Name::Field(field) => (".", field.to_owned()),
                Name::Index(index) => ("", format!("[{index}]")),
            };
            path += if path.is_empty() { "" } else { dot };
            path += &part;
        }
        path
    }

    fn next(&mut self) -> Result<(Name, Value), ValueError> {
        let Pending { name, value } = self
            .pending
            .pop()
            .ok_or_else(|| ValueError::of(&self.path_to(None), "has too few values"))?;
        match value {
            Some(value) => Ok((name, value)),
            None => Err(ValueError::of(&self.path_to(Some(name)), "is missing")),
        }
    }

    /// The next value, as `convert` understands it; `needed` says what that is.
    fn next_as<T>(&mut self, needed: &str, convert: impl FnOnce(&Value) -> Option<T>) -> Result<T, ValueError> {
        let (name, value) = self.next()?;
        convert(&value).ok_or_else(|| self.unfit(name, needed, &value))
    }

    fn unfit(&self, name: Name, needed: &str, found: &Value) -> ValueError {
        let mut shown = found.to_string();
        if shown.chars().count() > SHOWN_MAX {
            shown = shown.chars().take(SHOWN_MAX).collect::<String>() + "…";
        }
        ValueError::of(&self.path_to(Some(name)), format!("is `{shown}`, expected {needed}"))
    }

    fn text(&mut self) -> Result<String, ValueError> {
        self.next_as("text", |value| value.as_str().map(str::to_owned))
    }

    fn text_as<T: TryFrom<String>>(&mut self, needed: &str) -> Result<T, ValueError> {
        self.next_as(needed, |value| T::try_from(value.as_str()?.to_owned()).ok())
    }

    /// Lays out the fields of an object for those who will ask for them.
    fn enter(&mut self, names: &[&'static str]) -> Result<(), ValueError> {
        let (name, value) = self.next()?;
        let Value::Object(mut object) = value else {
            return Err(self.unfit(name, "an object", &value));
        };
        self.path.push(name);
        for &field in names.iter().rev() {
            // Editions of the dictionary differ in `stationID` and `stationId` only by case.
            let value = object.remove(field).or_else(|| {
                let key = object.keys().find(|key| key.eq_ignore_ascii_case(field))?.clone();
                object.remove(&key)
            });
            self.pending.push(Pending {
                name: Name::Field(field),
                value,
            });
        }
        self.rest.push(object);
        Ok(())
    }

    fn leave(&mut self, names: &[&'static str]) -> Result<(), ValueError> {
        let rest = self.rest.pop().unwrap_or_default();
        if let Some(unknown) = rest.keys().next() {
            let nearest = names
                .iter()
                .min_by_key(|name| strsim::damerau_levenshtein(name, unknown));
            let hint = nearest.map_or(String::new(), |name| format!("\nhint: did you mean `{name}`?"));
            return Err(ValueError::of(
                &self.path_to(None),
                format!("has an unknown field `{unknown}`{hint}"),
            ));
        }
        self.path.pop();
        Ok(())
    }

    /// A list. One that is shorter than its type allows is refused here, because rasn's encoder cannot carry it: where the size may be
    /// extended it counts from the lower bound on.
    fn items<T: Decode>(&mut self, constraints: &Constraints) -> Result<Vec<T>, ValueError> {
        let (name, value) = self.next()?;
        let Value::Array(values) = value else {
            return Err(self.unfit(name, "a list", &value));
        };
        let least = constraints.size().map_or(0, |size| size.constraint.minimum());
        if values.len() < least {
            let path = self.path_to(Some(name));
            let problem = format!("has {} entries, expected {least} or more", values.len());
            return Err(ValueError::of(&path, problem));
        }
        self.path.push(name);
        let mut items = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            self.pending.push(Pending {
                name: Name::Index(index),
                value: Some(value),
            });
            items.push(T::decode(self)?);
        }
        self.path.pop();
        Ok(items)
    }

    fn optional<D: Decode>(&mut self) -> Result<Option<D>, ValueError> {
        match self.pending.last() {
            Some(Pending { value: None, .. }) => {
                self.pending.pop();
                Ok(None)
            }
            _ => D::decode(self).map(Some),
        }
    }
}

/// A value in an error message is cut after this many characters.
const SHOWN_MAX: usize = 60;

impl Decoder for Reader {
    type Ok = ();
    type Error = ValueError;
    type AnyDecoder<const R: usize, const E: usize> = Reader;

    fn codec(&self) -> Codec {
        Codec::Jer
    }

    fn decode_any(&mut self, _: Tag) -> Result<Any, ValueError> {
        self.next_as("hex digits", |value| hex::decode(value.as_str()?).map(Any::new))
    }

    fn decode_bit_string(&mut self, _: Tag, _: Constraints) -> Result<BitString, ValueError> {
        self.next_as("{\"bits\": hex, \"length\": n}", |value| {
            let bytes = hex::decode(value.get("bits")?.as_str()?)?;
            let length = usize::try_from(value.get("length")?.as_u64()?).ok()?;
            if bytes.len() != length.div_ceil(8) || value.as_object()?.len() != 2 {
                return None;
            }
            let mut bits = BitString::from_vec(bytes);
            bits.truncate(length);
            Some(bits)
        })
    }

    fn decode_bool(&mut self, _: Tag) -> Result<bool, ValueError> {
        self.next_as("true or false", Value::as_bool)
    }

    fn decode_enumerated<E: Enumerated>(&mut self, _: Tag) -> Result<E, ValueError> {
        let needed = format!("one of {}", E::IDENTIFIERS.join(", "));
        self.next_as(&needed, |value| E::from_identifier(value.as_str()?))
    }

    fn decode_integer<I: IntegerType>(&mut self, _: Tag, _: Constraints) -> Result<I, ValueError> {
        let needed = format!("an integer of {} bits", I::WIDTH);
        self.next_as(&needed, |value| {
            if let Some(text) = value.as_str() {
                return I::try_from(beyond_64_bits(text)?).ok();
            }
            let number = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from))?;
            I::try_from(number).ok()
        })
    }

    fn decode_real<R: RealType>(&mut self, _: Tag, _: Constraints) -> Result<R, ValueError> {
        Err(ValueError::not_in_its_messages("REAL"))
    }

    fn decode_null(&mut self, _: Tag) -> Result<(), ValueError> {
        self.next_as("null", Value::as_null)
    }

    fn decode_object_identifier(&mut self, _: Tag) -> Result<ObjectIdentifier, ValueError> {
        self.next_as("numbers with dots between", |value| {
            let arcs: Option<Vec<u32>> = value.as_str()?.split('.').map(|arc| arc.parse().ok()).collect();
            Oid::new(&arcs?).map(ObjectIdentifier::from)
        })
    }

    fn decode_sequence<const R: usize, const E: usize, D, DF, F>(
        &mut self,
        _: Tag,
        _: Option<DF>,
        decode: F,
    ) -> Result<D, ValueError>
    where
        D: Constructed<R, E>,
        F: FnOnce(&mut Reader) -> Result<D, ValueError>,
    {
        let names = field_names::<R, E, D>();
        self.enter(&names)?;
        let value = decode(self)?;
        self.leave(&names)?;
        Ok(value)
    }

    fn decode_sequence_of<D: Decode>(&mut self, _: Tag, constraints: Constraints) -> Result<Vec<D>, ValueError> {
        self.items(&constraints)
    }

    fn decode_set_of<D: Decode + Eq + std::hash::Hash>(
        &mut self,
        _: Tag,
        constraints: Constraints,
    ) -> Result<SetOf<D>, ValueError> {
        Ok(SetOf::from_vec(self.items(&constraints)?))
    }

    fn decode_octet_string<'b, T: From<Vec<u8>> + From<&'b [u8]>>(
        &'b mut self,
        _: Tag,
        _: Constraints,
    ) -> Result<T, ValueError> {
        self.next_as("hex digits", |value| hex::decode(value.as_str()?))
            .map(T::from)
    }

    fn decode_utf8_string(&mut self, _: Tag, _: Constraints) -> Result<Utf8String, ValueError> {
        self.text()
    }

    fn decode_visible_string(&mut self, _: Tag, _: Constraints) -> Result<VisibleString, ValueError> {
        self.text_as("visible characters")
    }

    fn decode_general_string(&mut self, _: Tag, _: Constraints) -> Result<GeneralString, ValueError> {
        self.text_as("characters of GeneralString")
    }

    fn decode_graphic_string(&mut self, _: Tag, _: Constraints) -> Result<GraphicString, ValueError> {
        self.text_as("characters of GraphicString")
    }

    fn decode_ia5_string(&mut self, _: Tag, _: Constraints) -> Result<Ia5String, ValueError> {
        self.text_as("ASCII characters")
    }

    fn decode_printable_string(&mut self, _: Tag, _: Constraints) -> Result<PrintableString, ValueError> {
        self.text_as("printable characters")
    }

    fn decode_numeric_string(&mut self, _: Tag, _: Constraints) -> Result<NumericString, ValueError> {
        self.text_as("digits and spaces")
    }

    fn decode_teletex_string(&mut self, _: Tag, _: Constraints) -> Result<TeletexString, ValueError> {
        Err(ValueError::not_in_its_messages("TeletexString"))
    }

    fn decode_bmp_string(&mut self, _: Tag, _: Constraints) -> Result<BmpString, ValueError> {
        Err(ValueError::not_in_its_messages("BMPString"))
    }

    fn decode_explicit_prefix<D: Decode>(&mut self, _: Tag) -> Result<D, ValueError> {
        D::decode(self)
    }

    fn decode_optional_with_explicit_prefix<D: Decode>(&mut self, _: Tag) -> Result<Option<D>, ValueError> {
        self.optional()
    }

    fn decode_utc_time(&mut self, _: Tag) -> Result<UtcTime, ValueError> {
        Err(ValueError::not_in_its_messages("UTCTime"))
    }

    fn decode_generalized_time(&mut self, _: Tag) -> Result<GeneralizedTime, ValueError> {
        Err(ValueError::not_in_its_messages("GeneralizedTime"))
    }

    fn decode_date(&mut self, _: Tag) -> Result<Date, ValueError> {
        Err(ValueError::not_in_its_messages("DATE"))
    }

    fn decode_set<const R: usize, const E: usize, FIELDS, SET, D, F>(
        &mut self,
        _: Tag,
        _: D,
        _: F,
    ) -> Result<SET, ValueError>
    where
        SET: Decode + Constructed<R, E>,
        FIELDS: Decode,
        D: Fn(&mut Reader, usize, Tag) -> Result<FIELDS, ValueError>,
        F: FnOnce(Vec<FIELDS>) -> Result<SET, ValueError>,
    {
        Err(ValueError::not_in_its_messages("SET"))
    }

    fn decode_choice<D: DecodeChoice>(&mut self, _: Constraints) -> Result<D, ValueError> {
        let (name, value) = self.next()?;
        let alternatives = alternatives::<D>();
        let only = match &value {
            Value::Object(object) if object.len() == 1 => object.iter().next(),
            _ => None,
        };
        let found = only.and_then(|(key, inner)| {
            let (tags, alternative) = alternatives.iter().find(|(_, alternative)| alternative == key)?;
            Some((*tags.first()?, *alternative, inner.clone()))
        });
        let Some((tag, alternative, inner)) = found else {
            let names: Vec<&str> = alternatives.iter().map(|(_, name)| *name).collect();
            let needed = format!("an object with one of {}", names.join(", "));
            return Err(self.unfit(name, &needed, &value));
        };
        self.path.push(name);
        self.pending.push(Pending {
            name: Name::Field(alternative),
            value: Some(inner),
        });
        let decoded = D::from_tag(self, tag)?;
        self.path.pop();
        Ok(decoded)
    }

    fn decode_optional<D: Decode>(&mut self) -> Result<Option<D>, ValueError> {
        self.optional()
    }

    fn decode_optional_with_tag<D: Decode>(&mut self, _: Tag) -> Result<Option<D>, ValueError> {
        self.optional()
    }

    fn decode_optional_with_constraints<D: Decode>(&mut self, _: Constraints) -> Result<Option<D>, ValueError> {
        self.optional()
    }

    fn decode_optional_with_tag_and_constraints<D: Decode>(
        &mut self,
        _: Tag,
        _: Constraints,
    ) -> Result<Option<D>, ValueError> {
        self.optional()
    }

    fn decode_extension_addition_with_explicit_tag_and_constraints<D: Decode>(
        &mut self,
        _: Tag,
        _: Constraints,
    ) -> Result<Option<D>, ValueError> {
        self.optional()
    }

    fn decode_extension_addition_with_tag_and_constraints<D: Decode>(
        &mut self,
        _: Tag,
        _: Constraints,
    ) -> Result<Option<D>, ValueError> {
        self.optional()
    }

    fn decode_extension_addition_group<const R: usize, const E: usize, D: Decode + Constructed<R, E>>(
        &mut self,
    ) -> Result<Option<D>, ValueError> {
        // The group's fields stand in the object around it.
        let mut group = Map::new();
        if let Some(rest) = self.rest.last_mut() {
            for name in field_names::<R, E, D>() {
                group.extend(rest.remove_entry(name));
            }
        }
        if let Some(pending) = self
            .pending
            .last_mut()
            .filter(|pending| pending.value.is_none() && !group.is_empty())
        {
            pending.value = Some(Value::Object(group));
        }
        self.optional()
    }
}

/// An integer that is written as text, in hexadecimal with its sign: only one that no JSON number of 64 bits holds.
fn beyond_64_bits(text: &str) -> Option<BigInt> {
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (Sign::Minus, magnitude),
        None => (Sign::Plus, text),
    };
    let digits = magnitude.strip_prefix("0x")?;
    let number = BigInt::from_biguint(sign, BigUint::parse_bytes(digits.as_bytes(), 16)?);
    (i64::try_from(&number).is_err() && u64::try_from(&number).is_err()).then_some(number)
}
