from __future__ import annotations

import subprocess
import sys

import pytest

from cryoal.errors import UnknownNameError
from cryoal.scoring.fields import all_fields, companions_for, giver, not_given
from cryoal.scoring.of_formulas import OfFormulas


def test_each_field_names_its_companion() -> None:
    assert giver("student_log_posterior") == giver("dense_disagreement") == "student"
    assert giver("committee_log_posterior") == "committee"
    assert giver("log_posterior") is None
    needs = {"feature_mse", "labelled_predicted_loss", "labelled_class", "head", "embedding"}
    assert companions_for(needs) == ["loss-predictor", "student"]


def test_every_field_says_what_it_is() -> None:
    fields = all_fields()
    assert {"appearance", "log_posterior", "predicted_loss", "sraal_unlabelled"} <= fields.keys()
    assert all(field.name == name and "(n" in field.about for name, field in fields.items())


def test_an_unknown_field_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'feature_attention'"):
        giver("feature_atention")


def test_a_task_gives_rows_of_the_labelled_where_it_gives_the_field() -> None:
    assert not_given({"labelled_log_posterior", "embedding"}, "segmentation") == [
        "labelled_log_posterior"
    ]


def test_what_needs_no_companion_is_found_without_torch() -> None:
    code = (
        "import sys; from cryoal.scoring.fields import companions_for;"
        "companions_for({'log_posterior', 'embedding', 'labelled_embedding', 'head'});"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_who_has_no_last_layer_says_so() -> None:
    with pytest.raises(LookupError, match="who has a last layer, found OfFormulas"):
        OfFormulas().last_layer()
