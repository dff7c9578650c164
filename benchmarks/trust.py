"""Write the tables of docs/trust.md and the curve of memory from committed figures: `python -m benchmarks.trust`.

The figures are those of `benchmarks/trust.sh`. A bar without figures says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.results import RESULTS, ROOT, fill, read_record

PAGE, CURVE = ROOT / "docs" / "trust.md", ROOT / "docs" / "img" / "memory.png"

Record = Mapping[str, Any]

BUSY = 0.5
"""Cores kept busy by other programs from which times and memory were not measured on a machine at rest."""

TESTED = {
    "A long or odd text costs little: accents, ligatures and characters are counted before any work.": (
        "test_text.py::test_no_run_of_accents_is_long_whatever_it_is_made_of",
        "test_text.py::test_a_text_that_is_too_long_is_refused_before_any_work",
    ),
    "A file that unfolds ends as a message, in a process with limits of memory and time.": (
        "test_files_readers.py::test_a_hostile_file_is_refused",
        "test_files_process.py::test_what_takes_too_much_memory_is_refused_and_the_next_file_is_read",
        "test_files_process.py::test_what_takes_too_long_is_refused_and_the_next_file_is_read",
    ),
    "Visitors with the same file do not disturb each other.": (
        "test_uploads.py::test_visitors_with_the_same_file_do_not_disturb_each_other",
    ),
    "The temporary folder is bounded, swept by age, and empty at the start.": (
        "test_uploads.py::test_the_folder_is_bounded_and_the_oldest_files_go_first",
        "test_uploads.py::test_sweeping_goes_on_while_others_delete",
        "test_uploads.py::test_a_clock_that_is_set_back_keeps_no_file",
        "test_uploads.py::test_a_killed_process_leaves_its_folder_to_the_next",
    ),
    "Files are gone when the page says so.": (
        "test_uploads.py::test_the_page_says_how_long_files_are_kept",
        "test_uploads.py::test_what_is_old_goes",
    ),
    "Every MCP tool has a valid schema and works.": (
        "test_api.py::test_every_tool_has_valid_schemas",
        "test_api.py::test_every_way_needs_the_same_few_arguments_and_gives_the_same_answer",
    ),
    "Sessions, tables and requests are bounded, and memory is given back.": (
        "test_sessions.py::test_sessions_are_bounded_and_can_be_forgotten",
        "test_sessions.py::test_tables_are_bounded_in_bytes",
        "test_sessions.py::test_answers_that_nobody_fetches_are_bounded",
        "test_sessions.py::test_a_stream_that_is_opened_late_ends_with_the_last_event",
        "test_sessions.py::test_what_a_visitor_sent_is_not_kept",
        "test_batch.py::test_a_job_that_waits_keeps_no_table",
        "test_turns.py::test_what_is_worked_on_is_bounded_and_one_alone_may_be_larger",
        "test_sessions.py::test_memory_is_given_back",
        "test_middleware.py::test_a_large_body_is_refused",
    ),
    "Whatever is sent, there is a result or a message, and no traceback.": (
        "test_events.py::test_every_event_ends_with_a_result_or_a_message",
        "test_events.py::test_one_odd_value_among_right_ones_is_told",
        "test_events.py::test_a_request_that_gradio_fails_at_is_answered",
        "test_events.py::test_half_a_surrogate_pair_is_replaced_wherever_it_stands",
        "test_files_readers.py::test_odd_types_of_parquet_are_text_or_null",
    ),
    "Visitors take turns, too much is refused, and work ends when its caller has left.": (
        "test_turns.py::test_clients_take_turns_however_much_one_of_them_wants",
        "test_turns.py::test_too_much_work_is_refused",
        "test_middleware.py::test_work_ends_when_its_caller_has_left",
    ),
    "A damaged checkpoint is refused, and one beside the default does not stop the page.": (
        "test_checkpoint.py::test_a_flipped_bit_is_found",
        "test_checkpoint.py::test_a_configuration_that_describes_no_network",
        "test_about.py::test_a_damaged_neighbour_does_not_stop_the_page",
    ),
    "A kill while a checkpoint is saved leaves the old one or the new; own files in its folder stay.": (
        "test_checkpoint.py::test_a_kill_at_any_moment_of_saving_leaves_the_old_checkpoint_or_the_new",
        "test_checkpoint.py::test_saving_replaces_the_checkpoint_and_keeps_the_users_own_files",
    ),
    "A full disk, an output that cannot be written and a damaged state of a run are messages.": (
        "test_training_loop.py::test_a_full_disk_is_a_message",
        "test_training_loop.py::test_an_output_that_cannot_be_written_is_refused_before_training",
        "test_training_loop.py::test_a_damaged_state_is_named",
        "test_events.py::test_a_full_disk_is_told",
    ),
    "No visitor writes lines of the log.": (
        "test_events.py::test_a_visitor_reads_no_bug_and_no_visitor_writes_the_log",
    ),
    "The page passes its own content-security policy and trusts no forwarded host.": (
        "test_middleware.py::test_browsers_are_told_to_be_careful",
        "test_middleware.py::test_nobody_else_says_where_the_page_is",
    ),
    "Markup and templates stay text in every box, file name, column name and cell.": (
        "test_compare.py::test_markup_in_the_boxes_is_only_text",
        "test_batch.py::test_hostile_text_stays_text",
        "test_search_tab.py::test_markup_in_the_list_is_only_text",
    ),
    "The Hub may be down, refuse, break off or send something else.": (
        "test_hub.py::test_the_cache_stands_in_for_a_hub_with_a_problem",
        "test_hub.py::test_a_download_that_breaks_off_is_explained",
        "test_hub.py::test_something_else_is_no_checkpoint",
    ),
    "The data set of the Hub is of one commit, and every package of the install is pinned with its hash.": (
        "test_files_splits.py::test_hub",
        "test_space.py::test_locked_requirements_keep_step_with_the_pins",
    ),
    "What the model cannot judge is shown as unsure.": (
        "test_trust.py::test_not_sure_reaches_as_far_as_the_shipped_checkpoint_is_wrong",
        "test_trust.py::test_what_is_no_mandarin_is_no_certain_verdict",
    ),
    "A score is never NaN.": (
        "test_matcher.py::test_a_network_whose_answers_are_no_numbers_is_refused",
        "test_checkpoint.py::test_weights_that_are_no_numbers_or_no_temperature",
    ),
}
"""What is promised → the tests that hold it."""


def _texts(record: Record) -> str:
    return f"{record['strings']:,} strings: {_counts(record)}, {_wrong(record)}"


def _calls(record: Record) -> str:
    return f"{record['calls']:,} calls of {record['events']} events: {_counts(record)}, {_wrong(record)}"


def _files(record: Record) -> str:
    (slow, seconds), (heavy, megabytes) = record["slowest"], record["most_megabytes"]
    return (
        f"{record['files']:,} mutated and {record['unfolding']} that unfold: {_counts(record)}, {_wrong(record)}; "
        f"slowest {seconds} s ({slow}), most memory {megabytes} MB ({heavy}), the other visitor's slowest answer "
        f"{record['slowest_predict_seconds']} s"
    )


def _checkpoints(record: Record) -> str:
    return f"{record['folders']:,} folders: {_counts(record)}, {_wrong(record)}"


def _load(record: Record) -> str:
    answers = sum(each["calls"] for each in record["calls"].values())
    refused, errors, lost, late = (sum(record[name].values()) for name in ("refused", "errors", "lost", "late"))
    kill, folder = record["after_a_kill"], record["temporary_folder_mb"]
    page, echo = (figures.get("p95", 0) for figures in (record["calls"].get("predict", {}), record["echo"]))
    parts = (
        f"{record['seconds'] / 60:.0f} minutes, {record['clients']} visitors: {answers:,} answers",
        f"{refused:,} refused as too much, {errors} errors, {lost} lost, {late} later than ten minutes",
        f"memory {record['memory_growth']:+.1%} after the first five minutes",
        f"temporary folder at most {folder['most']} MB",
        f"`/predict` p95 {page:,} ms, the echo {echo:,} ms",
        f"after a kill with {kill['left_mb']} MB left it starts with {kill['after_start_mb']} MB",
        "and answers" if kill["answers"] else "and does not answer",
    )
    return "; ".join(parts)


def _kills(record: Record) -> str:
    trained, saved = (sum(record[name].values()) for name in ("killed_at", "found"))
    return f"{trained} kills of training, {saved} of saving: {_wrong(record)}"


BARS: dict[str, tuple[str, str, Callable[[Record], str]]] = {
    "hostile_texts": ("Any two strings get a result or a message.", "1,000,000 generated strings", _texts),
    "hostile_calls": ("Any JSON to any endpoint gets a result or a message.", "20,000 calls with wrong types", _calls),
    "hostile_files": (
        "Any file is a message, or every row once and in order, within 30 s and 600 MB, while others are served.",
        "20,000 mutated files, and files that unfold",
        _files,
    ),
    "hostile_checkpoints": (
        "Any checkpoint folder is an error that names the file, or gives the very same answers.",
        "10,000 mutated folders",
        _checkpoints,
    ),
    "load": (
        "Many visitors at once lose nothing, and the server does not grow.",
        "30 minutes, 64 mixed visitors, then a kill",
        _load,
    ),
    "kills": (
        "A killed run resumes to the unbroken run's bytes; a checkpoint is old or new, whole.",
        "100 kills of training and 100 of saving",
        _kills,
    ),
}
"""Figures → what is promised, how it is tested, and what the last result was."""


def bars() -> list[str]:
    """The table of the long runs."""
    lines = ["| what we promise | how it is tested | last result | other work, cores |", "| --- | --- | --- | ---: |"]
    for name, (promise, test, told) in BARS.items():
        file = RESULTS / f"{name}.json"
        record = read_record(file) if file.exists() else None
        result = told(record) if record else "not run yet"
        if record and "note" in record:
            result += f". {record['note']}"
        lines.append(f"| {promise} | {test} (`benchmarks/{name}.py`) | {result} | {_busy(record) if record else ''} |")
    return lines


def tests() -> list[str]:
    """The table of what holds in every run of the tests."""
    return [
        "| what we promise | the tests that hold it |",
        "| --- | --- |",
        *(f"| {promise} | {'<br>'.join(f'`{name}`' for name in names)} |" for promise, names in TESTED.items()),
    ]


def _busy(record: Record) -> str:
    machine = record["machine"]
    if "other_work" not in machine:  # figures of before 0.9
        return f"load average {machine['load_average']} (busy)"
    return f"{machine['other_work']} (busy)" if machine["other_work"] >= BUSY else str(machine["other_work"])


def _counts(record: Record) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(record["results"].items()) if name != "wrong")


def _wrong(record: Record) -> str:
    return f"{len(record['wrong'])} wrong" if record["wrong"] else "none wrong"


def plot(record: Record) -> None:
    """Draw the server's memory under load."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    axes.plot([each["seconds"] / 60 for each in record["curve"]], [each["megabytes"] for each in record["curve"]])
    axes.axhline(record["memory_after_rest_mb"], linestyle=":", color="grey", label="after 45 s of rest")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(f"minutes with {record['clients']} visitors")
    axes.set_ylabel("memory of the server, MB")
    axes.legend(loc="lower right")
    figure.savefig(CURVE, dpi=150)


def main() -> None:
    """Write the tables and the curve."""
    fill(PAGE, (bars, tests))
    if (RESULTS / "load.json").exists():
        plot(read_record(RESULTS / "load.json"))


if __name__ == "__main__":
    main()
