"""The encoding of a file is found by its bytes, for the languages that are written in it."""

from pathlib import Path

import pytest

from portal.importers.encodings import find_encoding, require_encoding
from portal.importers.problems import UnreadableTable

TEXTS = {
    "German": ("windows-1252", "Größere Häuser können für die Städte übrig bleiben. Grüße"),
    "French": ("windows-1252", "L’élève a reçu une réponse très complète, à côté de la forêt"),
    "Spanish": ("windows-1252", "El año pasado mañana, también; la contraseña no funcionó aquí"),
    "Portuguese": ("windows-1252", "Não consigo abrir a fatura, atenção: informações em anexo"),
    "Danish": ("windows-1252", "Jeg får også fejl på maskinen, når køen er større end æske"),
    "Finnish": ("windows-1252", "Hyvää päivää, tämä ei käynnisty enää työpöydällä"),
    "Russian": ("windows-1251", "Здравствуйте! Не работает принтер в третьем кабинете."),
    "Russian, one word": ("windows-1251", "мама"),
    "Russian, mixed": ("windows-1251", "ПРИВЕТ, Anna! Ошибка 0x80070005 в Excel"),
    "Ukrainian": ("windows-1251", "Доброго дня, її обліковий запис не працює, є питання"),
    "Russian on Unix": ("koi8-r", "Здравствуйте! Не работает принтер в третьем кабинете."),
    "Polish": ("windows-1250", "Nie mogę się zalogować, hasło wygasło. Proszę o pomoc, żeby"),
    "Czech": (
        "windows-1250",
        "Dobrý den, prosím o přeposlání faktury, děkuji, tiskárna nefunguje, ž",
    ),
}


def written(path: Path, text: str, encoding: str) -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_is_known_by_its_letters(tmp_path: Path, language: str) -> None:
    encoding, text = TEXTS[language]
    path = written(tmp_path / "t.csv", f"subject;body\r\n1;{text}\r\n", encoding)
    assert find_encoding(path) == encoding
    assert text in path.read_text(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_of_all_scripts_is_known(tmp_path: Path, encoding: str) -> None:
    text = "".join(said for _encoding, said in TEXTS.values())
    assert (
        find_encoding(written(tmp_path / "t.csv", f"subject,body\r\n{text}", encoding)) == encoding
    )


def test_letters_far_behind_the_beginning_count(tmp_path: Path) -> None:
    plain = "subject;body\n" + "a;b\n" * 280_000
    for encoding, word in (("utf-8", "größer"), ("windows-1252", "größer"), ("windows-1251", "ёж")):
        assert find_encoding(written(tmp_path / "t.csv", plain + word, encoding)) == encoding


def test_a_broken_character_does_not_make_another_encoding_of_it(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("subject\nGröße, Häuser, übrig\n".encode() + b"kaputt\xff\n")
    with pytest.raises(UnreadableTable, match="in UTF-8 with broken characters"):
        find_encoding(path)


def test_an_encoding_that_is_named_has_to_be_one_of_texts() -> None:
    assert require_encoding("CP1251") == "cp1251"
    for name in ("klingon", "hex", "\0", ""):
        with pytest.raises(ValueError, match="is no encoding"):
            require_encoding(name)
