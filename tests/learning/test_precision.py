"""Rates of past suggestions: the surer the better, and nothing is lost in storing them."""

import random

from portal.learning.precision import NOTHING, Case, Measured, Rate, measure


def cases(number: int) -> list[Case]:
    dice = random.Random(5)
    margins = [dice.random() for _ in range(number)]
    return [Case(margin, dice.randrange(3), dice.random() < margin) for margin in margins]


def test_who_is_surer_is_right_more_often():
    measured = measure(cases(2000))
    rates = [measured.about(margin).percent for margin in (0.97, 0.7, 0.4, 0.02)]
    assert rates == sorted(rates, reverse=True) and rates[0] > 80 > 20 > rates[-1]


def test_each_case_is_counted_once():
    found = cases(137)
    measured = measure(found)
    rates = [rate for label in measured.labels for rate in [measured.of_label(label, 0)]]
    assert sum(rate.cases for rate in rates) == 137
    assert sum(rate.right for rate in rates) == sum(case.is_right for case in found)


def test_a_label_is_measured_where_suggestions_are_as_sure_as_wanted():
    measured = measure(cases(2000))
    for label in range(3):
        sure, whole = measured.of_label(label, 80), measured.of_label(label, 0)
        assert sure.cases < whole.cases and sure.percent > whole.percent


def test_nothing_is_known_of_nothing():
    assert measure([]).about(1.0) == NOTHING == Measured.from_json({}).of_label(1, 0)
    assert NOTHING.percent == 0 and Rate(3, 2).percent == 66


def test_what_is_less_sure_than_anything_before_has_no_rate():
    measured = measure(cases(50))
    assert measured.about(min(measured.floors) - 1) == NOTHING


def test_it_comes_back_as_it_was_kept():
    measured = measure(cases(300))
    again = Measured.from_json(measured.as_json())
    assert again.labels == measured.labels
    assert [round(floor, 6) for floor in measured.floors] == list(again.floors)
