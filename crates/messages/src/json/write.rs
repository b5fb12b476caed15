//! Typed ASN.1 values out as JSON, through rasn's visitor of fields.
//!
//! Fields arrive in the order of their sequence, absent ones too, so the innermost open object knows the name of the next.

use super::ValueError;
use crate::hex;
use num_bigint::BigInt;
use rasn::types::{
    Any, BitStr, BmpString, Choice, Constraints, Constructed, Date, Enumerated, GeneralString, GeneralizedTime,
    GraphicString, Ia5String, Identifier, IntegerType, NumericString, PrintableString, RealType, SetOf, Tag,
    TeletexString, UtcTime, VisibleString,
};
use rasn::{Codec, Encode, Encoder};
use serde_json::{Map, Value, json};

/// The JSON form of a value.
pub(super) fn write<T: Encode>(value: &T) -> Result<Value, ValueError> {
    let mut writer = Writer::default();
    value.encode(&mut writer)?;
    writer
        .done
        .ok_or_else(|| ValueError::of("the value", "has no JSON form"))
}

#[derive(Default)]
struct Writer {
    open: Vec<Open>,
    done: Option<Value>,
    /// The next sequence is a group of extension additions: its fields belong to the sequence around it.
    is_group: bool,
}

/// What is being written.
enum Open {
    Fields {
        names: Vec<&'static str>,
        next: usize,
        object: Map<String, Value>,
    },
    Items(Vec<Value>),
}

impl Writer {
    fn place(&mut self, value: Value) -> Result<(), ValueError> {
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some(Open::Items(items)) => items.push(value),
            Some(Open::Fields { names, next, object }) => {
                let name = names
                    .get(*next)
                    .ok_or_else(|| ValueError::of("a sequence", "has more values than fields"))?;
                object.insert((*name).to_owned(), value);
                *next += 1;
            }
        }
        Ok(())
    }

    fn skip(&mut self) {
        if let Some(Open::Fields { next, .. }) = self.open.last_mut() {
            *next += 1;
        }
    }

    /// Opens an object with these fields, lets `fill` place them, and closes it.
    fn object(
        &mut self,
        names: Vec<&'static str>,
        fill: impl FnOnce(&mut Self) -> Result<(), ValueError>,
    ) -> Result<Map<String, Value>, ValueError> {
        self.open.push(Open::Fields {
            names,
            next: 0,
            object: Map::new(),
        });
        fill(self)?;
        match self.open.pop() {
            Some(Open::Fields { object, .. }) => Ok(object),
            _ => Err(ValueError::of("a sequence", "was not closed")),
        }
    }

    fn items<'a, E: Encode + 'a>(&mut self, values: impl IntoIterator<Item = &'a E>) -> Result<(), ValueError> {
        self.open.push(Open::Items(Vec::new()));
        for value in values {
            value.encode(self)?;
        }
        match self.open.pop() {
            Some(Open::Items(items)) => self.place(Value::Array(items)),
            _ => Err(ValueError::of("a list", "was not closed")),
        }
    }

    fn text(&mut self, bytes: &[u8]) -> Result<(), ValueError> {
        self.place(Value::String(String::from_utf8_lossy(bytes).into_owned()))
    }
}

/// Names of a sequence's fields, extension additions last.
pub(super) fn field_names<const R: usize, const E: usize, C: Constructed<R, E>>() -> Vec<&'static str> {
    let additions = C::EXTENDED_FIELDS.iter().flat_map(|fields| fields.iter());
    C::FIELDS.iter().chain(additions).map(|field| field.name).collect()
}

type Done = Result<(), ValueError>;

impl Encoder<'_> for Writer {
    type Ok = ();
    type Error = ValueError;
    type AnyEncoder<'this, const R: usize, const E: usize> = Writer;

    fn codec(&self) -> Codec {
        Codec::Jer
    }

    fn encode_any(&mut self, _: Tag, value: &Any, _: Identifier) -> Done {
        self.place(Value::String(hex::encode(value.as_bytes())))
    }

    fn encode_bool(&mut self, _: Tag, value: bool, _: Identifier) -> Done {
        self.place(Value::Bool(value))
    }

    fn encode_bit_string(&mut self, _: Tag, _: Constraints, value: &BitStr, _: Identifier) -> Done {
        let mut bytes = vec![0u8; value.len().div_ceil(8)];
        for (index, _) in value.iter().enumerate().filter(|(_, bit)| **bit) {
            bytes[index / 8] |= 0x80 >> (index % 8);
        }
        self.place(json!({"bits": hex::encode(&bytes), "length": value.len()}))
    }

    fn encode_enumerated<E: Enumerated>(&mut self, _: Tag, value: &E, _: Identifier) -> Done {
        self.place(Value::String(value.identifier().to_owned()))
    }

    fn encode_object_identifier(&mut self, _: Tag, value: &[u32], _: Identifier) -> Done {
        let arcs: Vec<String> = value.iter().map(u32::to_string).collect();
        self.place(Value::String(arcs.join(".")))
    }

    fn encode_integer<I: IntegerType>(&mut self, _: Tag, _: Constraints, value: &I, _: Identifier) -> Done {
        self.place(match (value.to_i64(), value.to_u64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            // No field needs so many bits, but a sender may send them where its module names no upper bound.
            (None, None) => {
                let number: BigInt = value.clone().into();
                Value::String(format!("{number:#x}"))
            }
        })
    }

    fn encode_real<R: RealType>(&mut self, _: Tag, _: Constraints, _: &R, _: Identifier) -> Done {
        Err(ValueError::not_in_its_messages("REAL"))
    }

    fn encode_null(&mut self, _: Tag, _: Identifier) -> Done {
        self.place(Value::Null)
    }

    fn encode_octet_string(&mut self, _: Tag, _: Constraints, value: &[u8], _: Identifier) -> Done {
        self.place(Value::String(hex::encode(value)))
    }

    fn encode_general_string(&mut self, _: Tag, _: Constraints, value: &GeneralString, _: Identifier) -> Done {
        self.text(value)
    }

    fn encode_graphic_string(&mut self, _: Tag, _: Constraints, value: &GraphicString, _: Identifier) -> Done {
        self.text(value)
    }

    fn encode_utf8_string(&mut self, _: Tag, _: Constraints, value: &str, _: Identifier) -> Done {
        self.place(Value::String(value.to_owned()))
    }

    fn encode_visible_string(&mut self, _: Tag, _: Constraints, value: &VisibleString, _: Identifier) -> Done {
        self.text(value.as_iso646_bytes())
    }

    fn encode_ia5_string(&mut self, _: Tag, _: Constraints, value: &Ia5String, _: Identifier) -> Done {
        self.text(value.as_iso646_bytes())
    }

    fn encode_printable_string(&mut self, _: Tag, _: Constraints, value: &PrintableString, _: Identifier) -> Done {
        self.text(value.as_bytes())
    }

    fn encode_numeric_string(&mut self, _: Tag, _: Constraints, value: &NumericString, _: Identifier) -> Done {
        self.text(value.as_bytes())
    }

    fn encode_teletex_string(&mut self, _: Tag, _: Constraints, _: &TeletexString, _: Identifier) -> Done {
        Err(ValueError::not_in_its_messages("TeletexString"))
    }

    fn encode_bmp_string(&mut self, _: Tag, _: Constraints, _: &BmpString, _: Identifier) -> Done {
        Err(ValueError::not_in_its_messages("BMPString"))
    }

    fn encode_generalized_time(&mut self, _: Tag, _: &GeneralizedTime, _: Identifier) -> Done {
        Err(ValueError::not_in_its_messages("GeneralizedTime"))
    }

    fn encode_utc_time(&mut self, _: Tag, _: &UtcTime, _: Identifier) -> Done {
        Err(ValueError::not_in_its_messages("UTCTime"))
    }

    fn encode_date(&mut self, _: Tag, _: &Date, _: Identifier) -> Done {
        Err(ValueError::not_in_its_messages("DATE"))
    }

    fn encode_explicit_prefix<V: Encode>(&mut self, _: Tag, value: &V, _: Identifier) -> Done {
        value.encode(self)
    }

    fn encode_sequence<'b, const R: usize, const E: usize, C, F>(&'b mut self, _: Tag, fill: F, _: Identifier) -> Done
    where
        C: Constructed<R, E>,
        F: FnOnce(&mut Self::AnyEncoder<'b, R, E>) -> Done,
    {
        let is_group = std::mem::take(&mut self.is_group);
        let fields = self.object(field_names::<R, E, C>(), fill)?;
        match self.open.last_mut() {
            Some(Open::Fields { next, object, .. }) if is_group => {
                object.extend(fields);
                *next += 1;
                Ok(())
            }
            _ => self.place(Value::Object(fields)),
        }
    }

    fn encode_sequence_of<E: Encode>(&mut self, _: Tag, values: &[E], _: Constraints, _: Identifier) -> Done {
        self.items(values)
    }

    fn encode_set<'b, const R: usize, const E: usize, C, F>(&'b mut self, tag: Tag, fill: F, name: Identifier) -> Done
    where
        C: Constructed<R, E>,
        F: FnOnce(&mut Self::AnyEncoder<'b, R, E>) -> Done,
    {
        self.encode_sequence::<R, E, C, F>(tag, fill, name)
    }

    fn encode_set_of<E: Encode + Eq + std::hash::Hash>(
        &mut self,
        _: Tag,
        values: &SetOf<E>,
        _: Constraints,
        _: Identifier,
    ) -> Done {
        self.items(values.to_vec())
    }

    fn encode_some<E: Encode>(&mut self, value: &E, _: Identifier) -> Done {
        value.encode(self)
    }

    fn encode_some_with_tag_and_constraints<E: Encode>(
        &mut self,
        _: Tag,
        _: Constraints,
        value: &E,
        _: Identifier,
    ) -> Done {
        value.encode(self)
    }

    fn encode_none<E: Encode>(&mut self, _: Identifier) -> Done {
        self.skip();
        Ok(())
    }

    fn encode_none_with_tag(&mut self, _: Tag, _: Identifier) -> Done {
        self.skip();
        Ok(())
    }

    fn encode_default<E: Encode + PartialEq>(&mut self, value: &E, _: impl FnOnce() -> E, _: Identifier) -> Done {
        value.encode(self)
    }

    fn encode_default_with_tag<E: Encode + PartialEq>(
        &mut self,
        _: Tag,
        value: &E,
        _: impl FnOnce() -> E,
        _: Identifier,
    ) -> Done {
        value.encode(self)
    }

    fn encode_default_with_tag_and_constraints<E: Encode + PartialEq>(
        &mut self,
        _: Tag,
        _: Constraints,
        value: &E,
        _: impl FnOnce() -> E,
        _: Identifier,
    ) -> Done {
        value.encode(self)
    }

    fn encode_default_with_constraints<E: Encode + PartialEq>(
        &mut self,
        _: Constraints,
        value: &E,
        _: impl FnOnce() -> E,
        _: Identifier,
    ) -> Done {
        value.encode(self)
    }

    fn encode_choice<E: Encode + Choice>(
        &mut self,
        _: Constraints,
        tag: Tag,
        fill: impl FnOnce(&mut Self) -> Result<Tag, ValueError>,
        _: Identifier,
    ) -> Done {
        let alternatives = super::read::alternatives::<E>();
        let (_, name) = alternatives
            .into_iter()
            .find(|(tags, _)| tags.contains(&tag))
            .ok_or_else(|| ValueError::of("a choice", "has an alternative without a name"))?;
        let fields = self.object(vec![name], |writer| fill(writer).map(drop))?;
        self.place(Value::Object(fields))
    }

    fn encode_extension_addition<E: Encode>(&mut self, _: Tag, _: Constraints, value: E, _: Identifier) -> Done {
        value.encode(self)
    }

    fn encode_extension_addition_group<const R: usize, const E: usize, T>(
        &mut self,
        value: Option<&T>,
        _: Identifier,
    ) -> Done
    where
        T: Encode + Constructed<R, E>,
    {
        match value {
            Some(value) => {
                self.is_group = true;
                value.encode(self)
            }
            None => {
                self.skip();
                Ok(())
            }
        }
    }
}
