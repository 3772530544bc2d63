from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from cryoal.errors import PicksError
from cryoal.io.picks import poses
from cryoal.io.picks.star_columns import relion_rotation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Convert = Callable[[NDArray[np.float64]], NDArray[np.float64]]

X, Y, Z = np.eye(3)

# by scipy: capital letters turn about the new axes; a clockwise angle is a negative one
OTHER: dict[str, Callable[[NDArray[np.float64]], Rotation]] = {
    "zyz": lambda a: Rotation.from_euler("ZYZ", a, degrees=True).inv(),
    "zxz": lambda a: Rotation.from_euler("ZXZ", -a, degrees=True),
    "motl": lambda a: Rotation.from_euler("zxz", a[:, [0, 2, 1]], degrees=True),
    "quaternion": Rotation.from_quat,
    "vector": Rotation.from_rotvec,
}


def both(name: str) -> tuple[Convert, Convert]:
    return getattr(poses, f"matrix_from_{name}"), getattr(poses, f"{name}_from_matrix")


@pytest.mark.parametrize(
    ("name", "numbers", "vector", "turned"),
    [
        # RELION: the reference's z axis under tilt 90 lies on the tomogram's -x, and psi turns that
        # clockwise about z: -x goes to +y
        ("zyz", (0, 90, 0), Z, -X),
        ("zyz", (0, 90, 90), Z, Y),
        ("zyz", (90, 0, 0), X, -Y),
        # Dynamo: clockwise about x takes z to y; tdrot turns that clockwise about z, y goes to x
        ("zxz", (0, 90, 0), Z, Y),
        ("zxz", (90, 90, 0), Z, X),
        ("zxz", (0, 0, 90), X, -Y),
        # a motive list: phi about z first, then theta about x, then psi about z, counterclockwise
        ("motl", (0, 0, 90), Z, -Y),
        ("motl", (0, 90, 90), Z, X),
        ("motl", (90, 0, 0), X, Y),
        ("quaternion", (0, 0, 1, 1), X, Y),
        ("vector", (0, 0, np.pi / 2), X, Y),
    ],
)
def test_a_vector_of_the_reference_points_where_the_program_says(
    name: str, numbers: tuple[float, ...], vector: NDArray[np.float64], turned: NDArray[np.float64]
) -> None:
    matrix = both(name)[0](np.array([numbers], float))
    np.testing.assert_allclose(matrix[0] @ vector, turned, atol=1e-12)


@pytest.mark.parametrize("name", OTHER)
def test_every_convention_is_that_of_another_implementation(name: str) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(200, 4 if name == "quaternion" else 3))
    numbers *= 1 if name in ("quaternion", "vector") else 180
    np.testing.assert_allclose(both(name)[0](numbers), OTHER[name](numbers).as_matrix(), atol=1e-12)


@pytest.mark.parametrize("name", OTHER)
@settings(max_examples=40)
@given(
    axis=st.tuples(*[st.sampled_from([0.0, 1.0, -1.0, 1e-9, 0.3])] * 3).filter(any),
    angle=st.sampled_from([0.0, 1e-9, 1e-4, 1.0, np.pi / 2, np.pi - 1e-8, np.pi])
    | st.floats(-7, 7),
)
def test_every_rotation_comes_back_from_its_numbers(
    name: str, axis: tuple[float, ...], angle: float
) -> None:
    direction = np.array(axis) / np.linalg.norm(axis)
    matrix = Rotation.from_rotvec([direction * angle]).as_matrix()
    to, back = both(name)
    numbers = back(matrix)
    assert np.isfinite(numbers).all()
    np.testing.assert_allclose(to(numbers), matrix, atol=1e-6)
    if name in ("zyz", "zxz", "motl"):
        assert np.all(np.abs(numbers) <= 180)
        assert numbers[0, 2 if name == "motl" else 1] >= 0


def test_dynamo_to_relion_is_what_dynamo2m_makes_of_it() -> None:
    # the pair that the tests of the eulerangles package hold, with which dynamo2m converts
    matrix = poses.matrix_from_zxz(np.array([[-47.2730, 1.1777, -132.3000]]))
    np.testing.assert_allclose(
        poses.zyz_from_matrix(matrix), [[137.7000, 1.1777, 42.7270]], atol=1e-6
    )


def test_a_dynamo_table_of_filaments_has_their_direction(shared_data: Path) -> None:
    table = np.loadtxt(shared_data / "coordinates" / "formats" / "crop.tbl.gz", ndmin=2)
    axis = poses.matrix_from_zxz(table[:, 6:9])[:, :, 2]
    place = table[:, 23:26] + table[:, 3:6]
    step = np.diff(place, axis=0)
    length = np.linalg.norm(step, axis=1)
    is_next = (table[1:, 20] == table[:-1, 20]) & (length > 0) & (length < 60)
    cosine = np.einsum("ni,ni->n", step, axis[:-1])[is_next] / length[is_next]
    assert is_next.sum() > 4000
    assert np.quantile(cosine, 0.1) > 0.99


def test_what_is_no_rotation_is_known_for_it() -> None:
    mirror, stretched, unknown = np.diag([1, 1, -1]), 1.01 * np.eye(3), np.full((3, 3), np.nan)
    rotation = Rotation.random(rng=0).as_matrix()
    found = poses.are_rotations(np.array([np.eye(3), rotation, mirror, stretched, unknown]))
    assert found.tolist() == [True, True, False, False, False]


def test_the_pose_of_a_star_file_is_in_the_frame_of_its_subtomogram() -> None:
    turned = {"rlnTomoSubtomogramRot": "0", "rlnTomoSubtomogramTilt": "90"}
    own = {"rlnAngleRot": "90", "rlnAngleTilt": "0", "rlnAnglePsi": "", "note": "x"}
    columns = {label: [text] for label, text in {**turned, **own}.items()}
    alone = relion_rotation(columns)  # of the other angles there are but two
    assert alone is not None
    np.testing.assert_allclose(alone[0] @ X, -Y, atol=1e-12)
    both_ = relion_rotation({**columns, "rlnTomoSubtomogramPsi": ["0"]})
    assert both_ is not None
    # x of the particle is -y of its subtomogram, and z of that is -x of the tomogram
    np.testing.assert_allclose(both_[0] @ X, -Y, atol=1e-12)
    np.testing.assert_allclose(both_[0] @ Z, -X, atol=1e-12)
    assert relion_rotation({"rlnAngleRot": ["1"]}) is None
    with pytest.raises(PicksError, match="expected angles in column rlnAngleTilt, found"):
        relion_rotation({**columns, "rlnAngleTilt": ["steep"]})
