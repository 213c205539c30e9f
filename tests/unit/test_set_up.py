"""scripts/set_up.py: what it says before it downloads what nobody reckoned with."""

import pytest

from scripts import set_up


def test_cuda_libraries_that_do_not_fit_are_refused_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        set_up.need_room_for_cuda(set_up.CUDA_MB - 1)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert f"{set_up.CUDA_MB} MB are needed" in said
    assert set_up.TORCH_CPU_INDEX in said


def test_cuda_libraries_that_fit_are_not_mentioned(capsys: pytest.CaptureFixture[str]) -> None:
    set_up.need_room_for_cuda(set_up.CUDA_MB)
    assert capsys.readouterr().err == ""
