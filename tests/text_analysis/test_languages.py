import pytest

from portal.text_analysis.languages import possible_languages


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We have sent the money back to you this morning.", ("en",)),
        ("Мы вернули вам деньги сегодня утром.", ("ru",)),
        ("Мы вернули деньги по заказу C-7715 (Visa)", ("ru",)),
        ("Wir haben Ihnen das Geld heute morgen wieder auf das Konto gegeben.", ("de",)),
        ("", ()),
        ("REQ000123 C-7715", ()),
        ("Ivan 42", ()),
        ("我们今天早上已经把钱退还给您了 谢谢 您 的 耐心", ()),
    ],
)
def test_a_text_tells_its_language_or_nothing(text: str, found: tuple[str, ...]):
    assert possible_languages(text) == found


def test_a_short_text_may_be_in_several_but_not_in_another_script():
    assert {"en", "de"} <= set(possible_languages("Refund order basket confirmed"))
    assert "ru" not in possible_languages("Refund order basket confirmed")
