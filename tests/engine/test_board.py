"""What a session shows, and whom it tells when that changes."""

from __future__ import annotations

from engine.board import Board, Phase
from engine.config import Settings
from engine.errors import ModelNotFound, SourceError
from engine.playback import Playback
from engine.predictor import ProviderReport
from engine.reader import Hole
from engine.source.base import SourceInfo
from tests.engine.sink_cases import make_result
from tests.fakes import FakePredictor


def test_another_provider_is_shown_and_told_once():
    told = []
    board = Board(Settings(), Playback(), lambda: told.append(board.snapshot(()).provider))
    predictor = FakePredictor()
    board.show_predictor(predictor)
    assert told == [predictor.provider]
    lost = ProviderReport("cuda", "CPU", reason="The GPU gave up.", fix="Plug it in.")
    for _ in range(3):
        board.show_run(lost, (97, 129))
    assert told == [predictor.provider, lost]
    assert board.snapshot(()).model == predictor.model


def test_the_input_size_that_ran_is_shown_beside_the_one_opened_for():
    told = []
    board = Board(Settings(), Playback(), lambda: told.append(board.snapshot(()).input_hw))
    predictor = FakePredictor(input_long_side=545)
    board.show_predictor(predictor)
    for input_hw in ((305, 545), (305, 545), (241, 417)):
        board.show_run(predictor.provider, input_hw)
    assert told == [None, (305, 545), (241, 417)]
    assert board.snapshot(()).full_long_side == 545


def test_what_is_shown_was_not_made_smaller_by_a_larger_size_that_was_just_chosen():
    board = Board(Settings(), Playback(), lambda: None)
    predictor = FakePredictor(input_long_side=417)
    board.show_predictor(predictor)
    board.show_run(predictor.provider, (241, 417))
    board.show_predictor(FakePredictor(input_long_side=737))
    assert board.snapshot(()).full_long_side == 417
    board.show_run(predictor.provider, (241, 417))  # of its first picture, for the frame rate
    assert board.snapshot(()).full_long_side == 737


def test_a_session_that_failed_goes_on_saying_why():
    board, error = Board(Settings(), Playback(), lambda: None), SourceError("It broke.")
    board.show_phase(Phase.FAILED, error)
    board.show_phase(Phase.STOPPED)
    state = board.snapshot(())
    assert (state.phase, state.error) == (Phase.FAILED, error)


def test_why_another_network_could_not_be_had_is_told_until_one_is():
    told = []
    board = Board(Settings(), Playback(), lambda: told.append(board.snapshot(()).model_error))
    error = ModelNotFound("There is none.")
    board.show_model_error(error)
    board.show_predictor(FakePredictor())
    assert told == [error, None]


def test_each_hole_of_a_film_is_told_once():
    told = []
    board = Board(Settings(), Playback(), lambda: told.append(board.snapshot(()).holes))
    first, second = Hole(1.0, 2.5), Hole(4.0, 5.0)
    for hole in (None, first, first, None, second, first):
        board.show_hole(hole)
    assert told == [(first,), (first, second)]


def test_a_pause_is_not_counted_into_the_figures():
    board = Board(Settings(), Playback(), lambda: None)
    board.show_phase(Phase.RUNNING)
    for index in range(3):
        board.count_result(make_result(index, index / 10))
    assert board.snapshot(()).stats.fps > 0
    board.show_phase(Phase.PAUSED)
    board.show_phase(Phase.RUNNING)
    board.count_result(make_result(3, 0.3))
    stats = board.snapshot(()).stats
    assert (stats.fps, stats.processed_frames) == (0.0, 4)


def test_where_a_film_stands_counts_from_its_own_beginning():
    board = Board(Settings(), Playback(), lambda: None)
    film = SourceInfo("cut.mp4", live=False, size_hw=(96, 128), start_s=10.0)
    board.show_progress(film, 0.0, 0)  # no picture was taken yet
    assert board.snapshot(()).from_start_s == 0.0
    board.show_progress(film, 12.5, 0)
    assert board.snapshot(()).from_start_s == 2.5
