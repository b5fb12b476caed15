"""Reads measures.parquet with pyarrow and checks that it is a table a person can use.

    python check_measures.py measures.parquet
"""

import sys

import pyarrow.parquet as parquet


def main() -> int:
    table = parquet.read_table(sys.argv[1])
    assert table.num_rows > 0, "the table is empty"
    for name in table.column_names:
        assert name == name.lower() and " " not in name, f"column name {name!r}"
    print(f"{table.num_rows} rows of {table.num_columns} columns: {', '.join(table.column_names)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
