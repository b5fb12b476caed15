//! Tables: what comes back, and what is left behind when it goes wrong.

use parquet::file::reader::{FileReader, SerializedFileReader};
use record::{Cell, Column, ColumnKind, Table};
use std::path::Path;

fn table() -> Table {
    let mut table = Table::new(vec![
        Column::new("stop_id", "", ColumnKind::Text, "the stop"),
        Column::new("waiting_s", "s", ColumnKind::Number, "mean waiting time"),
        Column::new("boarded", "", ColumnKind::Count, "people who got on"),
        Column::new("is_terminal", "", ColumnKind::Flag, "whether trips end here"),
    ]);
    table.push(["兴龙湖".into(), 12.5.into(), 31_u32.into(), false.into()]);
    table.push(["科技生态城".into(), f64::NAN.into(), Cell::Missing, true.into()]);
    table
}

#[test]
fn a_table_reads_back_with_its_units_and_gaps() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("measures.parquet");
    let details = [("site".to_owned(), "yongchuan".to_owned())].into();
    table().write(&path, &details).expect("it is written");
    let reader = SerializedFileReader::new(std::fs::File::open(&path).expect("it is there")).expect("it is Parquet");
    let rows: Vec<String> = reader
        .get_row_iter(None)
        .expect("it has rows")
        .map(|row| row.expect("it reads").to_string())
        .collect();
    assert_eq!(
        rows,
        [
            r#"{stop_id: "兴龙湖", waiting_s: 12.5, boarded: 31, is_terminal: false}"#,
            r#"{stop_id: "科技生态城", waiting_s: null, boarded: null, is_terminal: true}"#,
        ]
    );
    let metadata = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .expect("there is metadata");
    let value = |key: &str| {
        metadata
            .iter()
            .find(|pair| pair.key == key)
            .and_then(|pair| pair.value.clone())
    };
    assert_eq!(value("westline.site").as_deref(), Some("yongchuan"));
    let columns = value("westline.columns").expect("columns are described");
    assert!(
        columns.contains(r#"{"meaning":"mean waiting time","name":"waiting_s","unit":"s"}"#),
        "{columns}"
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("it is there").count(),
        1,
        "nothing else is left"
    );
}

#[test]
fn a_table_that_cannot_be_written_leaves_nothing_and_tells_where() {
    let error = table()
        .write(Path::new("no/such/folder/measures.parquet"), &Default::default())
        .expect_err("no folder");
    assert!(
        error
            .to_string()
            .starts_with("no/such/folder/measures.parquet: cannot be created: `"),
        "{error}"
    );
}

#[test]
#[should_panic(expected = "column `waiting_s` holds Number, not Text(\"soon\")")]
fn a_cell_of_another_kind_is_a_bug() {
    table().push(["A".into(), "soon".into(), 0_u32.into(), true.into()]);
}
