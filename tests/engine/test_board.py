"""What a session shows, and whom it tells when that changes."""

from __future__ import annotations

from engine.board import Board
from engine.config import Settings
from engine.playback import Playback
from engine.predictor import ProviderReport
from tests.fakes import FakePredictor


def test_another_provider_is_shown_and_told_once():
    told = []
    board = Board(Settings(), Playback(), lambda: told.append(board.snapshot(()).provider))
    predictor = FakePredictor()
    board.show_predictor(predictor)
    board.show_provider(predictor.provider)
    assert told == [predictor.provider]
    lost = ProviderReport("cuda", "CPU", reason="The GPU gave up.", fix="Plug it in.")
    for _ in range(3):
        board.show_provider(lost)
    assert told == [predictor.provider, lost]
    assert board.snapshot(()).model == predictor.model
