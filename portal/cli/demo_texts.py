"""The demonstration's people and texts, in English and Russian.

Texts may contain {order}, {city} and {room}; `portal.cli.demo_story` fills them in.
"""

from typing import NamedTuple


class Person(NamedTuple):
    """`place` is the role in the organization, `company` an index into COMPANIES or None."""

    email: str
    first_name: str
    last_name: str
    company: int | None
    place: str
    locale: str
    timezone: str


class Topic(NamedTuple):
    """A ticket's texts: the customer's, the staff's answer and note, and tags."""

    subject: str
    message: str
    answer: str
    thanks: str
    note: str
    tags: tuple[str, ...]


COMPANIES = ("Birch & Tide Bakery", "Полярная линия")

CUSTOMERS = (
    Person("olive@birchtide.example", "Olive", "Marsh", 0, "admin", "en", "Europe/London"),
    Person("tom@birchtide.example", "Tom", "Reddick", 0, "user", "en", "Europe/London"),
    Person("priya@birchtide.example", "Priya", "Nand", 0, "user", "en", "Asia/Kolkata"),
    Person("galina@polar.example", "Галина", "Ветрова", 1, "owner", "ru", "Europe/Moscow"),
    Person("timur@polar.example", "Тимур", "Садыков", 1, "user", "ru", "Asia/Yekaterinburg"),
    Person("lev@polar.example", "Лев", "Огарёв", 1, "viewer", "ru", "Europe/Moscow"),
    Person("hugo@lantern.example", "Hugo", "Brandt", None, "owner", "en", "Europe/Berlin"),
    Person("mei@paperboat.example", "Mei", "Lindqvist", None, "owner", "en", "America/New_York"),
    Person("zoya@sosna.example", "Зоя", "Климова", None, "owner", "ru", "Europe/Samara"),
)

COLLEAGUES = (
    Person("nadia@desk.example", "Nadia", "Okafor", None, "user", "en", "Europe/London"),
    Person("erik@desk.example", "Erik", "Solberg", None, "user", "en", "Europe/Oslo"),
    Person("vera@desk.example", "Вера", "Ильина", None, "user", "ru", "Europe/Moscow"),
)

# What customers add to a rating, by language; the empty ones add nothing.
RATED_GOOD = {
    "en": ("Quick and friendly, thank you.", "Exactly what I needed.", "", ""),
    "ru": ("Быстро и по делу, спасибо.", "Всё понятно объяснили.", "", ""),
}
RATED_BAD = {
    "en": ("It took three days until somebody looked at it.", ""),
    "ru": ("Пришлось объяснять одно и то же дважды.", ""),
}

ENGLISH = (
    Topic(
        "Order {order} arrived with two boxes missing",
        "Hello,\n\nour order **{order}** came this morning to {city}, but only 5 of 7 boxes were "
        "on the pallet. The driver's list says 7.\n\nMissing are:\n\n- 1 × oven trays\n- 1 × "
        "proofing baskets\n\nCan you find out where they are?",
        "Thank you for the list, that helped. The two boxes stayed behind in the depot in {city} "
        "and leave tonight. You should have them tomorrow before noon.",
        "They came at ten. All complete now, thanks!",
        "Depot scanned 5 of 7 labels. Third time this month for {city}, tell logistics.",
        ("delivery", "missing-items"),
    ),
    Topic(
        "Cannot sign in after changing my phone",
        "I have a new phone and the old one is already wiped. The sign-in page asks me for a code "
        "that I cannot make any more. I still know my password.",
        "We can switch the second factor off for you once we know that it is you. Please tell us "
        "the last four characters of your newest invoice number.",
        "It works again. I have written the recovery codes down this time.",
        "Identity checked by invoice and call back to the number on file.",
        ("account", "two-factor"),
    ),
    Topic(
        "Invoice for {order} shows the wrong VAT number",
        "The invoice for {order} carries our old VAT number. Our accountant cannot book it like "
        "this. Could you issue it again with the number in our profile?",
        "Sorry about that. The invoice was made a day before you changed the number. A corrected "
        "one is attached to your account under *Invoices*; the old one is cancelled.",
        "Found it, that is the right one.",
        "Invoices copy the number at order time, not at billing time. Worth a look.",
        ("billing", "invoice"),
    ),
    Topic(
        "The printer in {room} prints only blank labels",
        "Since Monday the label printer in {room} feeds paper, but nothing is on it. I have "
        "changed the roll and restarted it twice.\n\n> Error light: off\n> Test page: blank too",
        "Blank test pages usually mean that the roll is in the wrong way round: the shiny side has "
        "to face the print head. Could you turn it and print the test page again?",
        "You were right, it was the roll. A little embarrassing. Thank you!",
        "Same model as the two in {city}. Put a drawing on the help page?",
        ("hardware", "printer"),
    ),
    Topic(
        "Monthly report stops at the 28th",
        "The sales report for last month ends on the 28th. The three days after it are missing "
        "from the page and from the CSV as well, but the single orders are there.",
        "The report was built while the nightly import was still running. It has been built again "
        "and goes to the end of the month now.",
        "Yes, the totals match ours.",
        "Import was late because of the certificate. Alert is set for next time.",
        ("reports",),
    ),
    Topic(
        "How do I give a colleague read-only access?",
        "Our bookkeeper should see all our tickets and invoices, but must not change anything. "
        "Which role is the right one?",
        "*Viewer* is made for that: it reads what your organization has and changes nothing. "
        "Invite the bookkeeper under **Account → Organization → Members**.",
        "Perfect, that is what we need.",
        "Asked for twice this week; the invitation page could say it.",
        ("how-to", "permissions"),
    ),
    Topic(
        "Refund for returned baskets, order {order}",
        "We sent twelve baskets of order {order} back on the 3rd, and the tracking says that you "
        "have had them for two weeks. When can we expect the refund?",
        "The baskets were booked in today and the refund is on its way to the card that paid for "
        "{order}. Banks take three to five days.",
        "The money is here. Thanks for the quick answer.",
        "Return lay unopened for 11 days. Warehouse was told.",
        ("billing", "refund"),
    ),
    Topic(
        "Temperature alarm at night, nobody was called",
        "The cold room in {city} went up to 9 °C at 02:40. The alarm is in the log, but none of "
        "our three numbers was called. **We lost a whole batch of dough.**",
        "This must not happen, and we are sorry. The call service had our line blocked between two "
        "and four. We have switched you to the second provider and called all three numbers as a "
        "test just now.",
        "All three phones rang. Please tell us what you will do about the lost batch.",
        "Provider confirms the outage. Goodwill of one month is approved by Nadia.",
        ("alarm", "outage", "urgent-call"),
    ),
    Topic(
        "The app forgets the delivery address",
        "Every time I order from my phone the address jumps back to the old shop in {city}. In the "
        "browser it is right.",
        "The app keeps a copy that it renews only at sign-in. Signing out and in again helps now; "
        "a version that looks after itself comes next week.",
        "Signing out helped.",
        "Fix is in 4.12, waits for the store's review.",
        ("app", "delivery"),
    ),
    Topic(
        "Please move our training to another day",
        "Our training is planned for Thursday in {room}. Half of the team is at the fair in {city} "
        "that day. Would any day in the week after work for you?",
        "Tuesday of the week after at nine is free, in {room} again. Shall we book it?",
        "Tuesday is fine, see you there.",
        "Trainer is booked until the end of the month after this.",
        ("training",),
    ),
    Topic(
        "API answers 429 although we send little",
        "Our shop asks for the stock of 40 products every minute and gets 429 for about half of "
        "them since yesterday:\n\n```\nGET /stock/8812 -> 429\nRetry-After: 12\n```\n\nWhat has "
        "changed?",
        "Two of your servers use one key, and each now asks every minute, so that the limit of the "
        "key is reached. A key for each server solves it; asking for many products in one request "
        "solves it better.",
        "We ask for all of them at once now. One request a minute, no 429 since.",
        "Suggest the bulk address in the 429's text?",
        ("api", "integration"),
    ),
    Topic(
        "Strange message: your certificate expires soon",
        "I got a mail that says our certificate expires in five days and that I should click on a "
        "link. Is that really from you?",
        "No, that one is not from us. We never ask you to click for a certificate; yours is "
        "renewed by itself. Thank you for asking before clicking.",
        "Good to know. I have deleted it.",
        "Phishing with our old logo, third report. Notice for the status page is written.",
        ("security", "phishing"),
    ),
)

RUSSIAN = (
    Topic(
        "Не пришёл счёт за заказ {order}",
        "Добрый день!\n\nЗаказ **{order}** оплачен на прошлой неделе, а закрывающих документов до "
        "сих пор нет. Бухгалтерия просит счёт и акт до конца месяца.",
        "Добрый день! Документы сформированы и отправлены на адрес бухгалтерии из профиля. Если до "
        "завтра письма не будет, пришлём ещё раз.",
        "Всё получили, спасибо.",
        "Адрес бухгалтерии был с опечаткой, исправили вместе с клиентом.",
        ("документы", "оплата"),
    ),
    Topic(
        "Курьер не может найти склад, {city}",
        "Курьер второй день ездит вокруг и не находит въезд. Склад в городе {city} стоит за "
        "шлагбаумом, въезд со двора. Передайте ему, пожалуйста, схему.",
        "Схему передали, курьер будет сегодня с 15 до 17. В карточку адреса добавили пометку про "
        "шлагбаум, чтобы это не повторялось.",
        "Приехал, всё хорошо!",
        "Проверить пометки у остальных адресов этого клиента.",
        ("доставка",),
    ),
    Topic(
        "Не могу войти: код из сообщения не подходит",
        "Ввожу код из сообщения, а страница пишет, что он неверный. Пробовала пять раз, в разных "
        "браузерах. Пароль точно правильный.",
        "Похоже, на телефоне сбились часы: код действует всего полминуты. Включите, пожалуйста, "
        "автоматическое время и попробуйте ещё раз.",
        "Часы спешили на четыре минуты. Теперь всё работает, спасибо!",
        "Добавить совет про часы на страницу входа.",
        ("вход", "two-factor"),
    ),
    Topic(
        "В отчёте по остаткам отрицательные числа",
        "В отчёте за сегодня по трём позициям остаток меньше нуля:\n\n- лоток 40×60: −3\n- корзина "
        "круглая: −1\n- плёнка: −12\n\nНа полке всё есть. Откуда минусы?",
        "Минусы появились из-за возврата, который провели раньше прихода. Порядок исправлен, отчёт "
        "пересчитан, остатки снова сходятся.",
        "Да, теперь сходится с полкой.",
        "Запретить проводить возврат раньше прихода: есть задача.",
        ("отчёты", "склад"),
    ),
    Topic(
        "Холодильник в {room} показывает ошибку E4",
        "Холодильник в {room} пищит и показывает **E4**, температура пока держится. Что это значит "
        "и ждать ли мастера?",
        "E4 — открыта или неплотно закрыта дверь: проверьте уплотнитель внизу. Если ошибка не "
        "пропадёт за десять минут, мастер приедет сегодня.",
        "Уплотнитель отошёл, поправили. Не пищит.",
        "Уплотнитель под замену при следующем осмотре.",
        ("оборудование", "alarm"),
    ),
    Topic(
        "Как добавить сотрудника в организацию?",
        "У нас новый сотрудник, ему нужно создавать обращения и видеть только свои. Где это "
        "настроить?",
        "В разделе **Аккаунт → Организация → Участники** пригласите его с ролью «пользователь»: он "
        "будет видеть только свои обращения.",
        "Пригласили, всё получилось.",
        "Спрашивают часто, нужна статья.",
        ("вопрос", "permissions"),
    ),
    Topic(
        "Срочно: касса не печатает чеки",
        "С десяти утра касса в городе {city} не печатает чеки, очередь до двери! Перезагружали "
        "дважды. На экране «нет связи с сервером».",
        "Связь восстановлена: провайдер перенастроил канал, касса уже на связи. Чеки за это время "
        "допечатаются сами, пробивать повторно не нужно.",
        "Чеки пошли. Спасибо, что так быстро!",
        "Попросить у провайдера отчёт о простое.",
        ("касса", "outage"),
    ),
    Topic(
        "Просим перенести списание за заказ {order}",
        "Просим перенести списание за {order} на 15-е число: меняем банк, старый счёт закрывается "
        "на этой неделе.",
        "Перенесли на 15-е. Новые реквизиты внесите, пожалуйста, в профиль до 13-го.",
        "Реквизиты внесли, спасибо.",
        "Напомнить 12-го.",
        ("оплата",),
    ),
)

ORDERS = ("A-2041", "A-2107", "B-0388", "B-0412", "C-7715", "C-7790", "D-1203", "D-1266")
CITIES = {"en": ("Leeds", "Bergen", "Ghent", "Porto"), "ru": ("Самара", "Тверь", "Пермь", "Омск")}
ROOMS = {"en": ("room 12", "the back office", "hall B"), "ru": ("цехе 2", "зале Б", "комнате 7")}
