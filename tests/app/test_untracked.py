"""Who was hidden or blurred singly is not seen because identities are not held any more."""

from __future__ import annotations

import pytest

from app.held.launch import WindowLaunch
from app.held.options import OptionsModel
from engine.effects import HIDDEN_BGR
from engine.styles import NewPeople, PersonEffect, PersonStyle
from engine.types import Result
from tests.app.gui import STRICT, Film, SpySession, click, listed_ids, shown_index, two_people

pytestmark = STRICT

HIDE, BLUR, PLAIN = PersonEffect.HIDE, PersonEffect.BLUR, PersonEffect.PLAIN


def is_hidden(result: Result, person: int) -> bool:
    return bool((result.image_bgr[result.instances.mask(person)] == HIDDEN_BGR).all())


def everybody(options: OptionsModel) -> PersonEffect:
    """What is done with people who are not tracked, and with those who are tracked again."""
    render = options.effective.render
    assert render.style_of(-1) == render.style_of(1000)
    return render.style_of(-1).effect


def test_switching_identities_off_and_on_uncovers_nobody(open_window, qtbot, scene):
    scene.open_source = lambda _request: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    window.options.set_style(1, effect=HIDE)
    window.stage.banner.dismiss()
    section = window.panel.detection
    section.set_open(True)

    click(section.track)
    qtbot.waitUntil(lambda: listed_ids(window) == [-1, -1])
    row = window.panel.people.rows[0]
    for part in (row.swatch, row.effect, row.only):
        assert "Keep identities" in part.toolTip()
    result = window.stage.view.result
    assert is_hidden(result, 0)
    assert is_hidden(result, 1)
    assert "everybody is hidden" in window.stage.banner.text
    assert window.panel.look.new_people.buttons[2].isChecked()

    window.player.step(1)
    qtbot.waitUntil(lambda: shown_index(window) == 1)
    click(section.track)
    qtbot.waitUntil(lambda: min(listed_ids(window), default=-1) > 0)
    result = window.stage.view.result
    assert min(result.instances.track_ids.tolist()) > 2
    assert is_hidden(result, 0)
    assert is_hidden(result, 1)


def test_no_picture_in_between_shows_them(open_window, qtbot, scene):
    scene.open_source = lambda _request: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    window.options.set_style(2, effect=HIDE)
    window.options.set_tracking(False)
    untracked = [s for s in SpySession.configured if not s.track.enabled]
    assert untracked
    assert all(s.render.style_of(-1).effect is HIDE for s in untracked)


def test_the_message_offers_to_show_everybody(open_window):
    window = open_window()
    window.options.set_style(1, effect=BLUR)
    window.options.set_tracking(False)
    assert "everybody is blurred" in window.stage.banner.text
    click(window.stage.banner.buttons[0])
    assert everybody(window.options) is PersonEffect.OVERLAY


@pytest.mark.parametrize(
    ("chosen", "new_people", "expected"),
    [
        ([BLUR], NewPeople.AS_EVERYBODY, BLUR),
        ([BLUR, HIDE], NewPeople.AS_EVERYBODY, HIDE),
        ([HIDE], NewPeople.BLUR, HIDE),
        ([BLUR], NewPeople.HIDE, HIDE),
        ([PLAIN], NewPeople.AS_EVERYBODY, PersonEffect.OVERLAY),
        ([], NewPeople.AS_EVERYBODY, PersonEffect.OVERLAY),
    ],
)
def test_the_strictest_choice_is_everybodys(qapp, chosen, new_people, expected):
    options = OptionsModel(launch=WindowLaunch(new_people=new_people))
    options.show_painted([1, 2, 3])
    for track_id, effect in enumerate(chosen, start=1):
        options.set_style(track_id, effect=effect)
    options.set_tracking(False)
    assert everybody(options) is expected
    options.set_tracking(True)
    assert everybody(options) is expected


def test_who_came_while_new_people_were_hidden_stays_so(qapp):
    options = OptionsModel(launch=WindowLaunch(new_people=NewPeople.HIDE))
    options.show_painted([1])
    options.set_new_people(NewPeople.AS_EVERYBODY)
    options.set_tracking(False)
    assert everybody(options) is HIDE


def test_who_was_hidden_beneath_only_one_person_is_not_seen_when_all_are_again(qapp):
    options = OptionsModel()
    options.show_painted([1, 2])
    options.set_style(1, effect=HIDE)
    options.set_only(2)
    options.set_tracking(False)
    options.set_only(None)
    assert everybody(options) is HIDE


def test_where_everybody_is_hidden_anyway_nothing_changes(qapp):
    options = OptionsModel()
    options.update_render(default_style=PersonStyle(HIDE))
    options.set_style(1, effect=HIDE)
    options.set_tracking(False)
    assert options.new_people is NewPeople.AS_EVERYBODY
