"""A log that another process appends to stays within its bound."""

from __future__ import annotations

from pathlib import Path

from memory.log_files import rotate


def test_a_log_stays_within_its_bound_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(1_000):
            writer.write(b"%6d\n" % number)
            rotate(log, most=70)
            assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * 77
    lines = [int(line) for path in ("api.log.1", "api.log") for line in (tmp_path / path).read_text().split()]
    assert lines == list(range(lines[0], 1_000))
    assert len(lines) >= 10


def test_a_log_whose_copy_cannot_be_made_is_emptied_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_bytes(b"x" * 100)
    (tmp_path / "api.log.1").mkdir()
    rotate(log, most=70)
    assert log.read_bytes() == b""
