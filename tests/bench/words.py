"""The made-up language of the benchmark: words, sentences and messages, the same in every run."""

import random
import sys
from typing import NamedTuple

from portal import markdown
from portal.services.tickets.last_messages import excerpt
from portal.text_analysis.terms import text_terms

# The word that the search page is measured with. One ticket in a thousand carries it.
RARE = "zephyrium"
# Words that a quarter and a half of all tickets carry.
FREQUENT, SECOND_FREQUENT = "printer", "invoice"


def listed(text: str) -> list[str]:
    """The words of `text`."""
    return text.split()


_ENGLISH = listed("""
account address answer archive balance battery billing browser button cable calendar
card chair change charge client code column company connection contract counter courier coupon
customer date delay delivery device dialog discount display document door download draft driver
email engine error export failure fee field file filter folder form frame gateway group handle
hardware heater image import index invoice item journal keyboard label laptop letter licence light
line link list lock login machine mailbox manual market menu message meter model monitor mouse
network notice number office option order outlet package page panel parcel password payment pen
phone picture plan plug point policy portal price printer product profile project pump purchase
query queue receipt record refund remote renewal report request return room route router scanner
screen sensor server service session setting sheet ship shop signal site socket speaker stock
storage store subject supply support switch system table tablet task tax team terminal ticket
title token tool total tray update upload user value vendor version video visit voucher wallet
warehouse warranty water website window wire worker zone""")
_RUSSIAN = listed("""
адрес аккаунт акция архив база баланс банк батарея билет блок браузер бумага вариант
версия вещь вкладка возврат вопрос время вход выгрузка выписка график группа данные дата деньги
дисплей доверенность договор документ доставка доступ журнал заказ замена запись заявка звонок
знак значение изменение имя кабель календарь камера карта картридж касса клавиатура клиент ключ
кнопка код колонка команда компания компьютер контакт корзина коробка курьер лампа лимит линия
лицензия магазин маршрут меню место модель монитор мышь налог настройка номер область обмен
обновление обращение объект окно оплата отдел отмена отправка отчет ошибка пакет панель пароль
перевод письмо питание план платеж поддержка подпись поиск поле пользователь помощь порядок посылка
почта правило принтер причина проверка проект процесс путь работа раздел размер расход регистрация
ремонт роутер рынок сайт сервер сервис сеть система скидка склад служба событие сообщение список
срок ссылка статус стол страница стул сумма счет таблица телефон товар точка услуга устройство
файл филиал форма функция хранение цвет цена чек шаблон экран""")
_SYLLABLES = listed(
    "ba be bi do du fa fe go gu ka ke ki lo lu ma mi no nu pa pe ri ro sa so ta ti vo"
)


class Message(NamedTuple):
    """A text as written, as rendered, its first words, and its terms."""

    text: str
    html: str
    excerpt: str
    terms: tuple[str, ...]


def terms(text: str) -> tuple[str, ...]:
    """What the search index keeps of `text`; a term is one object however many texts have it."""
    return tuple(map(sys.intern, text_terms([text])))


def subjects(rng: random.Random, number: int) -> list[tuple[str, tuple[str, ...]]]:
    """Different subjects with their terms: the longer the list, the rarer each word's company."""
    texts = [" ".join(_words(rng, rng.randint(4, 9))).capitalize() for _ in range(number)]
    return [(text, terms(text)) for text in texts]


def messages(rng: random.Random, number: int) -> list[Message]:
    """Messages of 20 to 120 words; one in eight has a list or some code in it."""
    return [_message(rng) for _ in range(number)]


def _message(rng: random.Random) -> Message:
    sentences = [
        " ".join(_words(rng, rng.randint(5, 15))).capitalize() + "."
        for _ in range(rng.randint(4, 8))
    ]
    text = " ".join(sentences[:3]) + "\n\n" + " ".join(sentences[3:])
    if rng.random() < 0.125:
        text += f"\n\n* {sentences[0]}\n* **{sentences[1]}**\n\n`{sentences[2]}`"
    html = markdown.render(text)
    return Message(text, html, excerpt(html), terms(text))


def _words(rng: random.Random, number: int) -> list[str]:
    """Of one language, the first words of its list more often, one in ten a made-up name."""
    language = _ENGLISH if rng.random() < 0.6 else _RUSSIAN
    return [
        _name(rng)
        if rng.random() < 0.1
        else language[int(len(language) * rng.random() * rng.random())]
        for _ in range(number)
    ]


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=3)) + str(rng.randint(1, 9))
