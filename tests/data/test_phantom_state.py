"""Phantoms with turned knobs: their names, what they say, and what is refused."""

from dataclasses import asdict

import pytest

from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.data.phantom import GALLERY, PhantomParameters
from mtlbus.data.phantom_state import PhantomState, is_phantom, read_state, told_value


def test_a_name_brings_every_knob_back():
    state = PhantomState("spiculated-carcinoma")
    for knob, value in {"gain_db": -3.5, "calipers": True, "calcifications": 7, "seed": 20}.items():
        state = state.turn(knob, value)
    assert state.key == "lab:spiculated-carcinoma,seed=20,calcifications=7,gain_db=-3.5,calipers=1"
    again = read_state(state.key)
    assert again == state and again.parameters == state.parameters
    turned = asdict(state.parameters)
    home = asdict(GALLERY["spiculated-carcinoma"].parameters)
    assert {k for k in home if home[k] != turned[k]} == {
        "seed",
        "calcifications",
        "gain_db",
        "calipers",
    }


def test_a_knob_that_is_turned_back_leaves_the_name():
    state = read_state("lab:scar,gain_db=3,halo=0.4")
    assert state.back("gain_db").key == "lab:scar,halo=0.4"
    assert state.back("gain_db").turn("halo", 0.0).key == "scar"
    assert read_state("scar").parameters == GALLERY["scar"].parameters
    assert is_phantom("scar") and is_phantom(state.key) and not is_phantom("busi:1")


def test_a_number_is_what_its_name_says_to_the_digit():
    state = PhantomState("scar").turn("echo_db", -11.123456789)
    assert read_state(state.key) == state
    assert state.parameters.echo_db == -11.1235


def test_the_label_belongs_to_the_lesion_of_the_gallery():
    """Another scanner shows the same lesion; another lesion has no histology."""
    assert read_state("lab:spiculated-carcinoma,gain_db=3,calipers=1,blur_mm=0.2").label == 1
    assert read_state("lab:scar,fat_mm=4").label == 0
    for turned in ("halo=0.2", "lesion=0", "size_mm=9", "seed=4"):
        assert read_state(f"lab:spiculated-carcinoma,{turned}").label is None


def test_values_are_told_with_their_units():
    assert read_state("lab:scar,gain_db=-3,calipers=1,angle_deg=20").words() == [
        "Tilt 20°",
        "Gain −3 dB",
        "Calipers on",
    ]
    assert told_value("halo", 0.25) == "0.25"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("lab:scra,gain_db=3", "Did you mean 'scar'"),
        ("lab:scar,gian_db=3", "Did you mean 'gain_db'"),
        ("lab:scar,malignant=1", "Unknown knob"),
        ("lab:scar,gain_db=loud", "gain_db is 'loud'; it must be a number."),
        ("lab:scar,gain_db=nan", "from -15 to 15 dB"),
        ("lab:scar,calipers=2", "calipers is '2'; it must be 0 or 1."),
        ("lab:scar,calcifications=1.5", "calcifications is '1.5'"),
        ("lab:scar,size_mm=39", "Change depth_mm, size_mm or image_depth_mm."),
        ("lab:scar,", "Unknown knob ''"),
    ],
)
def test_names_of_nothing_are_refused_in_words(key, said):
    with pytest.raises((InputError, UnknownNameError)) as caught:
        read_state(key)
    assert said in str(caught.value)


def test_every_knob_has_a_title_and_a_part():
    knobs = PhantomParameters.knobs()
    titles = [knob["title"] for knob in knobs.values()]
    assert len(set(titles)) == len(titles) and all(titles)
    parts = [*dict.fromkeys(knob["part"] for knob in knobs.values())]
    assert parts == ["Draw", "Lesion", "Breast", "Scanner", "Picture"]
