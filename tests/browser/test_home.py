"""A folder of campaigns: what is served of it, and that nothing else is seen or written."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from cryoal.browser.home import Home
from cryoal.browser.http import Listener
from cryoal.browser.server import serve_folder
from cryoal.browser.stands import Stands
from cryoal.campaign import Campaign
from cryoal.campaign.relocate import relocate
from cryoal.campaign.settings_file import add_class
from cryoal.errors import CampaignError
from cryoal.jobs.job import Job
from cryoal.marks import JUNK
from cryoal.within import keeping_to
from tests.browser.test_server import ask, lines_of
from tests.jobs.test_job import FOR_EVER, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.testing.phantoms import PhantomFiles

NEW = {"name": "new", "classes": "rod, ring", "box": 8, "preset": "laptop"}


@pytest.fixture
def lab(tmp_path: Path, phantoms: PhantomFiles) -> Path:
    """A folder with data, and beside it what is nobody's business."""
    lab = tmp_path / "lab"
    (lab / "data").mkdir(parents=True)
    for file in (*phantoms.tomograms, phantoms.picks, phantoms.tomograms_star):
        shutil.copy(file, lab / "data")
    secret = tmp_path / "secret"
    shutil.copytree(lab / "data", secret)
    (lab / "out").symlink_to(secret)
    (lab / "link.mrc").symlink_to(secret / phantoms.tomograms[0].name)
    return lab


@pytest.fixture
def server(lab: Path) -> Iterator[Listener]:
    with keeping_to(lab), Listener(Home(lab)) as server:
        yield server


def post(server: Listener, path: str, body: Any) -> Any:
    status, text, _ = ask(server, "POST", path, body)
    assert status == 200, text
    return json.loads(text)


def get(server: Listener, path: str) -> Any:
    status, text, _ = ask(server, "GET", path)
    assert status == 200, text
    return json.loads(text)


def refused(server: Listener, path: str, body: Any = None) -> tuple[int, str]:
    status, text, _ = ask(server, "POST" if body is not None else "GET", path, body)
    assert status >= 400, text
    assert text.count("\n") == 1, text
    return status, text


def chosen(phantoms: PhantomFiles) -> dict[str, Any]:
    return {
        "tomograms": [f"data/{file.name}" for file in phantoms.tomograms],
        "picks": f"data/{phantoms.picks.name}",
        "options": {"tomograms": f"data/{phantoms.tomograms_star.name}"},
    }


def in_campaign(server: Listener, original: Path, lab: Path, name: str = "mt") -> str:
    shutil.copytree(original, lab / name)
    return f"/c/{name.replace('/', '%2F')}/"


def test_a_folder_without_campaigns_says_so_and_lists_its_files(
    server: Listener, lab: Path, phantoms: PhantomFiles
) -> None:
    assert get(server, "/campaigns") == {"campaigns": [], "is_all": True}
    files = get(server, "/files")
    names = {f"data/{file.name}" for file in phantoms.tomograms}
    assert {name for name, _ in files["tomograms"]} == names  # none by a link that leads out
    assert f"data/{phantoms.picks.name}" in {name for name, _ in files["picks"]}
    assert files["is_all"]
    status, text, headers = ask(server, "GET", f"/?token={server.token}")
    assert status == 200
    nonce = text.partition('<style nonce="')[2].partition('"')[0]
    assert f"script-src 'nonce-{nonce}'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_from_an_empty_folder_to_boxes(server: Listener, lab: Path, phantoms: PhantomFiles) -> None:
    made = post(server, "/campaigns", NEW)
    assert made == {"name": "new", "address": "/c/new/", "notes": []}
    assert Campaign.open(lab / "new").config.classes == ("rod", "ring")
    looked = post(server, "/c/new/look", chosen(phantoms))
    assert any("picks: 36" in line for line in looked["picks"])
    assert looked["sentence"].startswith("the 36 picks in 2 tomograms")
    assert looked["picture"].startswith("data:image/png;base64,")
    post(server, "/c/new/add", {**chosen(phantoms), "check": False})
    job = Job.current(lab / "new")
    assert job is not None
    assert job.wait(60).kind == "done"
    summary = get(server, "/campaigns")["campaigns"][0]
    assert (summary["boxes"], summary["tomograms"], summary["labelled"]) == (36, 2, 0)
    status = get(server, "/c/new/status")
    assert status["boxes"] == 36
    assert status["lines"][0].startswith("pool      36 boxes of 8^3 voxels")


OUTSIDE = ("../secret", "/etc/passwd", "out/x", "out", "link.mrc", "data/../../secret/x")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_path_that_leaves_the_folder_is_refused_wherever_it_is_named(
    server: Listener, lab: Path, phantoms: PhantomFiles, original: Path, name: str
) -> None:
    here = in_campaign(server, original, lab)
    good = chosen(phantoms)
    for path, body in [
        ("/campaigns", {**NEW, "name": name}),
        (f"{here}look", {**good, "tomograms": [name]}),
        (f"{here}look", {**good, "picks": name}),
        (f"{here}add", {**good, "check": True, "options": {"tomograms": name}}),
        (f"{here}job", {"step": "export", "to": "csv", "output": name}),
        (f"{here}job", {"step": "report", "output": name}),
    ]:
        status, text = refused(server, path, body)
        assert (status, text.startswith("expected a path in ")) == (400, True), text
    quoted = name.replace("/", "%2F")
    assert refused(server, f"/c/{quoted}/status")[0] in (400, 404)
    assert Job.current(lab / "mt") is None


def test_a_campaign_by_a_link_that_leads_out_is_not_there(
    server: Listener, lab: Path, original: Path, tmp_path: Path
) -> None:
    shutil.copytree(original, tmp_path / "theirs")
    (lab / "mine").symlink_to(tmp_path / "theirs")
    assert get(server, "/campaigns")["campaigns"] == []
    assert refused(server, "/c/mine/status")[0] == 400


def test_tomograms_outside_of_the_folder_are_not_looked_at(
    server: Listener, lab: Path, original: Path
) -> None:
    """The campaign itself remembers where its tomograms were: in the folder of the fixtures."""
    here = in_campaign(server, original, lab)
    assert get(server, f"{here}points?tomogram=0")["shape"] == [32, 80, 80]  # the boxes are ours
    status, text = refused(server, f"{here}section?tomogram=0&z=3")
    assert (status, "which leads out" in text) == (400, True)
    page = ask(server, "GET", f"{here}view?token={server.token}")[1]
    assert '"boxes":18' in page


def test_a_section_is_read_alone_and_points_lie_on_it(
    server: Listener, lab: Path, phantoms: PhantomFiles, original: Path
) -> None:
    here = in_campaign(server, original, lab)
    shutil.copytree(Path(Campaign.open(original).pool.tomograms[0].path).parent, lab / "d")
    relocate(Campaign.open(lab / "mt"), [lab / "d"])
    facts = get(server, f"{here}points?tomogram=0")
    pool = Campaign.open(lab / "mt").pool
    assert facts["shape"] == [32, 80, 80]
    assert facts["keys"] == pool.keys[pool.tomogram == 0].tolist()
    expected = pool.position_zyx_angstrom[0] / pool.voxel_spacing
    assert facts["zyx"][0] == pytest.approx(expected.tolist(), abs=0.01)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(
        "GET", f"{here}section?tomogram=0&z=31", headers={"X-Cryoal-Token": server.token}
    )
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.read())).size == (80, 80)
    connection.close()
    assert refused(server, f"{here}section?tomogram=0&z=32") == (
        400,
        "expected a section 0 to 31, found 32\n",
    )
    assert refused(server, f"{here}section?tomogram=9&z=0")[0] == 400
    assert refused(server, f"{here}section?tomogram=-1&z=0")[0] == 400


def test_what_stands_in_the_way_of_one_campaign_hides_no_other(
    server: Listener, lab: Path, original: Path
) -> None:
    in_campaign(server, original, lab, "a")
    in_campaign(server, original, lab, "deep/b")
    (lab / "c").mkdir()
    (lab / "c" / "campaign.toml").write_text("format = 99\n")
    found = {one["name"]: one for one in get(server, "/campaigns")["campaigns"]}
    assert list(found) == ["a", "c", "deep/b"]
    assert "this campaign was written by a newer cryoal; update cryoal" in found["c"]["problem"]
    assert found["deep/b"]["boxes"] == 36
    assert get(server, f"{found['deep/b']['address']}status")["boxes"] == 36
    assert refused(server, "/c/c/status")[0] == 400
    assert refused(server, "/c/nowhere/status")[0] == 400
    assert refused(server, "/c/data/status")[0] == 404


def test_a_campaign_that_changes_is_told_anew_and_one_that_does_not_is_not_read_again(
    lab: Path, campaign: Campaign, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stands = Stands(campaign.path)
    assert sum(stands.now().labelled.values()) == 0
    with monkeypatch.context() as closed:
        closed.setattr("cryoal.browser.stands.describe", None)  # would be no function
        (campaign.path / "job.log").write_text("grows")
        stands.now()
    campaign.record("ana", [(asked[0], "rod")])
    assert stands.now().labelled["rod"] == 1
    add_class(campaign.path, "spiral")
    assert stands.now().classes[-1] == "spiral"


def test_a_hidden_name_is_refused(server: Listener) -> None:
    assert (
        "expected a name that is not hidden"
        in refused(server, "/campaigns", {**NEW, "name": ".new"})[1]
    )


def test_a_name_of_what_cannot_be_seen_or_stored_is_refused(server: Listener, lab: Path) -> None:
    for name in ("a\nb", "a\x7f", "x" * 300):
        status, text = refused(server, "/campaigns", {**NEW, "name": name})
        assert status == 400
        assert text.startswith("expected a ")
    assert refused(server, f"/c/{'x' * 300}/status")[0] == 400
    assert sorted(path.name for path in lab.iterdir()) == ["data", "link.mrc", "out"]


def test_a_class_looks_the_same_in_a_tomogram_as_in_the_review(
    server: Listener, lab: Path, original: Path
) -> None:
    here = in_campaign(server, original, lab)
    assert post(server, f"{here}classes", {"name": "background"})["settings"]["classes"][-1] == (
        "background"
    )
    page = ask(server, "GET", f"{here}home?token={server.token}")[1]
    facts = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert facts["marks"]["background"]["colour"] == JUNK.colour  # it stands for junk


def test_two_people_at_once_make_one_campaign_and_run_one_job(
    server: Listener, lab: Path, original: Path
) -> None:
    answers = []

    def make() -> None:
        answers.append(ask(server, "POST", "/campaigns", NEW)[0])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400]
    a = in_campaign(server, original, lab, "a")
    b = in_campaign(server, original, lab, "b")
    running = start(lab / "a", FOR_EVER)
    wait_for(lambda: running.state().line == "begun")
    for here in (a, b):  # one training at a time, whichever campaign it is of
        status, text = refused(server, f"{here}job", {"step": "audit", "n": 3})
        assert (status, text.startswith("expected no other job, found 'cryoal stub ")) == (
            409,
            True,
        )
    assert get(server, "/campaigns")["campaigns"][0]["job"]["kind"] == "running"
    post(server, f"{a}cancel", {})
    running.wait(20)


def test_a_server_that_stops_leaves_the_job_and_the_next_one_finds_it(
    lab: Path, original: Path
) -> None:
    shutil.copytree(original, lab / "mt")
    with keeping_to(lab), Listener(Home(lab)) as server:
        running = start(lab / "mt", FOR_EVER)
        wait_for(lambda: running.state().line == "begun")
        assert get(server, "/c/mt/job")["job"]["kind"] == "running"
    assert running.state().kind == "running"
    with keeping_to(lab), Listener(Home(lab)) as server:
        assert get(server, "/c/mt/job")["job"]["kind"] == "running"
        post(server, "/c/mt/cancel", {})
        assert running.wait(20).kind == "cancelled"


def test_each_campaign_has_its_own_journals(
    server: Listener, lab: Path, original: Path, campaign: Campaign, asked: list[str]
) -> None:
    shutil.copytree(campaign.path, lab / "a")
    in_campaign(server, original, lab, "b")
    post(server, "/c/a/events", {"annotator": "ana", "lines": lines_of(asked[:3])})
    post(server, "/c/a/events", {"annotator": "ben", "lines": lines_of(asked[:2])})
    found = get(server, "/c/a/events?annotator=ana")["journals"]
    assert {name: len(lines) for name, lines in found.items()} == {"ana": 3, "ben": 2}
    assert Campaign.open(lab / "b").labels.annotators() == []


PATHS = ("/campaigns", "/files", "/c/mt/status", "/c/mt/rounds", "/c/mt/points?tomogram=0")


@pytest.mark.parametrize("path", PATHS)
def test_every_request_passes_the_checks_of_token_host_and_origin(
    server: Listener, lab: Path, original: Path, path: str
) -> None:
    in_campaign(server, original, lab)
    told: dict[str, Any]
    for told in ({"token": "wrong"}, {"Origin": "https://example.org"}, {"Host": "evil.example"}):
        assert ask(server, "GET", path, **told)[0] == 403
    for page in ("/", "/c/mt/home", "/c/mt/view", "/c/mt/"):  # the token is in their address
        assert ask(server, "GET", page)[0] == 403
    for post_path in ("/campaigns", "/c/mt/look", "/c/mt/add", "/c/mt/job", "/c/mt/cancel"):
        assert ask(server, "POST", post_path, {}, token="")[0] == 403


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"picks": ""}, "expected a file of picks, found none chosen"),
        ({"picks": "data/none.star"}, "expected a file in "),
        ({"tomograms": "data"}, "expected tomograms and picks"),
        ({"tomograms": [1]}, "expected names of tomograms"),
        ({"options": {"no_check": "1"}}, "no option 'no_check' to add with"),
        (
            {"options": {"voxel_size": "1 --force"}},
            "expected a value for voxel_size, found '1 --fo",
        ),
        ({"options": {"outside": "maybe"}}, "expected a value for outside, found 'maybe'"),
    ],
)
def test_what_cannot_be_added_is_said_in_a_line(
    server: Listener,
    lab: Path,
    phantoms: PhantomFiles,
    original: Path,
    change: dict[str, Any],
    message: str,
) -> None:
    here = in_campaign(server, original, lab)
    body = {**chosen(phantoms), **change}
    assert refused(server, f"{here}look", body)[1].startswith(message)
    assert refused(server, f"{here}add", {**body, "check": True})[1].startswith(message)


def test_a_campaign_or_no_folder_is_not_served(original: Path, tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="expected a folder around campaigns, found the camp"):
        serve_folder(original, said=print)
    with pytest.raises(CampaignError, match="expected a folder to serve, found none at"):
        serve_folder(tmp_path / "nowhere", said=print)
