"""What the table of cycles counts."""

from benchmarks.cycle.__main__ import table


def row(seed: int, start: str, epochs: int, classifier: float, seconds: float) -> dict[str, str]:
    way = {"start": start, "epochs": str(epochs), "rate": "0.1", "batch": "16"}
    if start == "new":
        way["rate"] = "1.0"
    told = {"teacher": "0.5", "classifier": str(classifier), "cpu_seconds": str(seconds)}
    return {"set": "A", "n_labels": "52", "seed": str(seed), **way, **told}


def test_ways_are_compared_on_the_labels_that_both_learnt() -> None:
    rows = [
        row(0, "new", 40, 0.8, 10.0),
        row(1, "new", 40, 0.6, 20.0),
        row(0, "encoder", 20, 0.9, 5.0),
        row(1, "encoder", 20, 0.9, 5.0),
        row(2, "encoder", 20, 0.1, 5.0),  # nothing to compare with
    ]
    last = table(rows).splitlines()[-1]
    # differences .1 and .3: mean .2, standard error .1, t(0.975, 1) = 12.706; (5/10 + 5/20) / 2
    assert last == (
        "| A | encoder | 20 | 0.1 | 16 | 0.500 ± 0.000 | 0.900 ± 0.000"
        " | +0.200 ± 1.271 | 0.38 | 2 |"
    )


def test_a_way_without_its_comparison_is_not_told() -> None:
    assert len(table([row(0, "encoder", 20, 0.9, 5.0)]).splitlines()) == 2
