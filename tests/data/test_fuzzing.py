"""Damaged files of every format end in an image or in one sentence, within a limit of time, and in no crash."""

import pytest
from fuzzing import damaged_files, ends_its_process, good_files, outcome, real_files, report

from atomstat_widgets.data.readers.formats import IN_PROCESS

SECONDS = 5  # for each file


def require_an_answer_for(count, seed, folder, capsys, real=None):
    (folder / "good").mkdir()
    bad = damaged_files(good_files(folder / "good", real=real), count, seed, folder)
    table, wrong = report((path, *outcome(path, SECONDS)) for path in bad)
    with capsys.disabled():
        print(f"\n{table}")
    assert not wrong, "\n".join(wrong)


def test_each_damaged_file_is_answered(tmp_path, capsys):
    require_an_answer_for(48, 3, tmp_path, capsys)


@pytest.mark.slow
def test_each_of_many_damaged_files_is_answered(tmp_path, capsys):
    require_an_answer_for(500, 0, tmp_path, capsys, real_files())


def in_this_process(folder, count, seed):
    (folder / "good").mkdir()
    good = [path for path in good_files(folder / "good") if path.suffix.lower() in IN_PROCESS]
    return list(damaged_files(good, count, seed, folder))


def test_no_damaged_file_ends_the_process_that_opens_it(tmp_path):
    assert ends_its_process(in_this_process(tmp_path, 40, 4), 60) == []


@pytest.mark.slow
def test_none_of_many_damaged_files_ends_the_process_that_opens_it(tmp_path):
    assert ends_its_process(in_this_process(tmp_path, 1000, 5), 300) == []
