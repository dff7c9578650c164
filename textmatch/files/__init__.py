"""Tables of pairs and lists of sentences: one home for the page, the command line, the API and training.

`readers` turn a file into a `table.Table`, `writers` write one, `labels` know the names of classes, and
`splits` hold the labelled pairs of training.
"""

from textmatch.files.encodings import ENCODINGS, chosen_encoding
from textmatch.files.labels import label_class
from textmatch.files.readers import (
    LIST_SUFFIXES,
    TABLE_SUFFIXES,
    naming,
    read_list,
    read_pasted,
    read_pasted_list,
    read_table,
)
from textmatch.files.splits import DataOptions, Pair, Splits, label_names, load_splits, read_pairs, read_sentences
from textmatch.files.table import (
    ERRORS,
    MAX_BYTES,
    ROW_PROBLEMS,
    Columns,
    Problem,
    Row,
    Table,
    TableError,
    column_names,
    free_name,
    is_missing,
    sentence_problem,
    sentence_text,
)
from textmatch.files.writers import write_csv, write_xlsx

__all__ = [
    "ENCODINGS",
    "ERRORS",
    "LIST_SUFFIXES",
    "MAX_BYTES",
    "ROW_PROBLEMS",
    "TABLE_SUFFIXES",
    "Columns",
    "DataOptions",
    "Pair",
    "Problem",
    "Row",
    "Splits",
    "Table",
    "TableError",
    "chosen_encoding",
    "column_names",
    "free_name",
    "is_missing",
    "label_class",
    "label_names",
    "load_splits",
    "naming",
    "read_list",
    "read_pairs",
    "read_pasted",
    "read_pasted_list",
    "read_sentences",
    "read_table",
    "sentence_problem",
    "sentence_text",
    "write_csv",
    "write_xlsx",
]
