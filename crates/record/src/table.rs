//! Tables: named, typed columns with units, kept as Parquet.
//!
//! In goes a row at a time ([`Table`]) or a file ([`Rows`]); out comes a file that any analytics tool opens, whole or not at all: it is written beside its
//! place and renamed. Units and meanings of columns stand in the file's metadata under `westline.columns` (JSON), because
//! plain Parquet has no place for them in a column.

use crate::error::RecordError;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What a column holds. Any cell may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers with a fraction.
    Number,
    /// Whole numbers.
    Count,
    /// Words.
    Text,
    /// True or false.
    Flag,
}

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, lower case with underscores, its unit at its end: `delay_s`.
    pub name: String,
    /// Unit as people write it: `s`, `m`, `km/h`; empty if there is none.
    pub unit: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// What it means, in half a sentence.
    pub meaning: String,
}

impl Column {
    /// A column's head.
    pub fn new(name: &str, unit: &str, kind: ColumnKind, meaning: &str) -> Column {
        Column {
            name: name.to_owned(),
            unit: unit.to_owned(),
            kind,
            meaning: meaning.to_owned(),
        }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Missing,
    /// A number; one that is not a number counts as missing.
    Number(f64),
    /// A whole number.
    Count(i64),
    /// Words.
    Text(String),
    /// True or false.
    Flag(bool),
}

impl From<f64> for Cell {
    fn from(value: f64) -> Cell {
        if value.is_nan() {
            Cell::Missing
        } else {
            Cell::Number(value)
        }
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Cell {
        Cell::Count(value)
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Cell {
        Cell::Count(i64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Cell {
        Cell::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Cell {
        Cell::Text(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Cell {
        Cell::Flag(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Missing, Into::into)
    }
}

/// Rows in memory, column by column.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    values: Vec<Values>,
    rows: usize,
}

/// The values that are there; `is_there` has an entry a row, one or zero, as Parquet counts them.
#[derive(Clone, Debug)]
struct Values {
    is_there: Vec<i16>,
    of: Typed,
}

#[derive(Clone, Debug)]
enum Typed {
    Numbers(Vec<f64>),
    Counts(Vec<i64>),
    Texts(Vec<ByteArray>),
    Flags(Vec<bool>),
}

impl Table {
    /// A table without rows. Panics if two columns share a name or there is none.
    pub fn new(columns: Vec<Column>) -> Table {
        assert!(!columns.is_empty(), "a table without columns");
        for (i, column) in columns.iter().enumerate() {
            let is_new = columns[..i].iter().all(|other| other.name != column.name);
            assert!(is_new, "two columns are called `{}`", column.name);
        }
        let typed = |kind| match kind {
            ColumnKind::Number => Typed::Numbers(Vec::new()),
            ColumnKind::Count => Typed::Counts(Vec::new()),
            ColumnKind::Text => Typed::Texts(Vec::new()),
            ColumnKind::Flag => Typed::Flags(Vec::new()),
        };
        let values = columns
            .iter()
            .map(|c| Values {
                is_there: Vec::new(),
                of: typed(c.kind),
            })
            .collect();
        Table {
            columns,
            values,
            rows: 0,
        }
    }

    /// Adds a row. Panics if it is not as wide as the table or a cell is not of its column's kind.
    pub fn push(&mut self, row: impl IntoIterator<Item = Cell, IntoIter: ExactSizeIterator>) {
        let row = row.into_iter();
        assert_eq!(row.len(), self.columns.len(), "a row of another width");
        for ((values, column), cell) in self.values.iter_mut().zip(&self.columns).zip(row) {
            values.is_there.push(i16::from(cell != Cell::Missing));
            match (&mut values.of, cell) {
                (_, Cell::Missing) => {}
                (Typed::Numbers(numbers), Cell::Number(number)) => numbers.push(number),
                (Typed::Counts(counts), Cell::Count(count)) => counts.push(count),
                (Typed::Texts(texts), Cell::Text(text)) => texts.push(ByteArray::from(text.into_bytes())),
                (Typed::Flags(flags), Cell::Flag(flag)) => flags.push(flag),
                (_, cell) => panic!("column `{}` holds {:?}, not {cell:?}", column.name, column.kind),
            }
        }
        self.rows += 1;
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Writes the table as a Parquet file, in place of whatever the file held. `details` goes into its metadata.
    pub fn write(&self, path: &Path, details: &BTreeMap<String, String>) -> Result<(), RecordError> {
        let name = path.display().to_string();
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = Path::new(&beside);
        let file = File::create(beside).map_err(|error| RecordError::refused(&name, "created", &error))?;
        let written = self
            .write_to(file, details)
            .and_then(|file| file.sync_all().map_err(ParquetError::from));
        let outcome = match written {
            Ok(()) => std::fs::rename(beside, path).map_err(|error| RecordError::refused(&name, "created", &error)),
            Err(error) => Err(RecordError::refused(&name, "written", &io_error(error))),
        };
        if outcome.is_err() {
            // The first failure is the one to tell; a leftover is only untidy.
            let _ = std::fs::remove_file(beside);
        }
        outcome
    }

    fn write_to(&self, file: File, details: &BTreeMap<String, String>) -> Result<File, ParquetError> {
        let fields = self.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder("table").with_fields(fields).build()?;
        let mut metadata = vec![KeyValue::new("westline.columns".to_owned(), self.columns_json())];
        metadata.extend(
            details
                .iter()
                .map(|(key, value)| KeyValue::new(format!("westline.{key}"), value.clone())),
        );
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_created_by(format!("westline {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(metadata))
            .build();
        let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        let mut rows = writer.next_row_group()?;
        let mut values = self.values.iter();
        while let (Some(mut column), Some(values)) = (rows.next_column()?, values.next()) {
            let is_there = Some(values.is_there.as_slice());
            match &values.of {
                Typed::Numbers(numbers) => column.typed::<DoubleType>().write_batch(numbers, is_there, None)?,
                Typed::Counts(counts) => column.typed::<Int64Type>().write_batch(counts, is_there, None)?,
                Typed::Texts(texts) => column.typed::<ByteArrayType>().write_batch(texts, is_there, None)?,
                Typed::Flags(flags) => column.typed::<BoolType>().write_batch(flags, is_there, None)?,
            };
            column.close()?;
        }
        rows.close()?;
        writer.into_inner()
    }

    fn columns_json(&self) -> String {
        let column = |c: &Column| serde_json::json!({ "name": c.name, "unit": c.unit, "meaning": c.meaning });
        serde_json::Value::from_iter(self.columns.iter().map(column)).to_string()
    }
}

/// A table read back, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    names: Vec<String>,
    columns: Vec<Vec<Cell>>,
}

impl Rows {
    /// Reads a table that [`Table::write`] wrote: flat, any cell may be missing. Whole, so it has to fit into memory.
    ///
    /// # Errors
    /// If the file cannot be read or is no such table.
    pub fn read(path: &Path) -> Result<Rows, RecordError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| RecordError::refused(&name, "read", &error))?;
        Rows::of(file).map_err(|error| RecordError::Unreadable {
            file: name,
            found: format!("no table: {error}"),
            hint: "a Parquet file that this program wrote is meant",
        })
    }

    fn of(file: File) -> Result<Rows, ParquetError> {
        let reader = SerializedFileReader::new(file)?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let kinds: Vec<Physical> = schema.columns().iter().map(|column| column.physical_type()).collect();
        let mut rows = Rows {
            names: schema.columns().iter().map(|column| column.name().to_owned()).collect(),
            columns: vec![Vec::new(); kinds.len()],
        };
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            for (index, kind) in kinds.iter().enumerate() {
                let cells = match kind {
                    Physical::DOUBLE => cells::<DoubleType>(&*group, index, Cell::Number)?,
                    Physical::INT64 => cells::<Int64Type>(&*group, index, Cell::Count)?,
                    Physical::BOOLEAN => cells::<BoolType>(&*group, index, Cell::Flag)?,
                    Physical::BYTE_ARRAY => cells::<ByteArrayType>(&*group, index, |bytes| {
                        Cell::Text(String::from_utf8_lossy(bytes.data()).into_owned())
                    })?,
                    other => return Err(ParquetError::General(format!("a column of {other}"))),
                };
                rows.columns[index].extend(cells);
            }
        }
        let count = rows.len();
        match rows.columns.iter().all(|column| column.len() == count) {
            true => Ok(rows),
            false => Err(ParquetError::General("columns of different lengths".to_owned())),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&[Cell]> {
        let index = self.names.iter().position(|known| known == name)?;
        Some(&self.columns[index])
    }
}

fn cells<T: parquet::data_type::DataType>(
    group: &dyn RowGroupReader,
    column: usize,
    cell: impl Fn(T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let count = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(column)?);
    let (mut is_there, mut values) = (Vec::new(), Vec::new());
    while is_there.len() < count {
        let (records, _, _) = reader.read_records(count - is_there.len(), Some(&mut is_there), None, &mut values)?;
        if records == 0 {
            break;
        }
    }
    let mut values = values.into_iter();
    let cell = |&there: &i16| match there {
        0 => Cell::Missing,
        _ => values.next().map_or(Cell::Missing, &cell),
    };
    Ok(is_there.iter().map(cell).collect())
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.kind {
        ColumnKind::Number => (Physical::DOUBLE, None),
        ColumnKind::Count => (Physical::INT64, None),
        ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Flag => (Physical::BOOLEAN, None),
    };
    let builder = Type::primitive_type_builder(&column.name, physical).with_logical_type(logical);
    builder.with_repetition(Repetition::OPTIONAL).build().map(Arc::new)
}

fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        other => io::Error::other(other),
    }
}
