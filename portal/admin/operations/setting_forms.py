"""Forms of `/admin/settings`, made from the registry: a field for each setting of a group."""

from typing import Any, ClassVar

from flask import current_app
from flask_wtf.file import FileField
from wtforms import HiddenField

from portal.errors import ConfigError, Invalid
from portal.extensions import setting as in_force
from portal.i18n import gettext
from portal.i18n import lazy_gettext as _
from portal.settings.registry import of_group
from portal.settings.setting import Group, Kind, Setting
from portal.web.forms import CheckboxesField, ChoiceField, Form, LineField, TextField

_PALE = _("This colour cannot be read on white: choose a darker one.")


class SettingsForm(Form):
    """The settings of `group`; `seen` is the version that the page has shown."""

    group: ClassVar[Group]
    seen = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for setting in self.settings():
            if setting.kind is Kind.SEVERAL:
                self[setting.field].choices = list(setting.choices)

    @classmethod
    def filled(cls, version: str | None) -> "SettingsForm":
        """With what holds now."""
        form = cls(formdata=None, seen=version or "")
        for setting in form.settings():
            if setting.kind is not Kind.PICTURE:
                form[setting.field].data = _shown(setting, text_in_force(setting))
        return form

    def settings(self) -> list[Setting]:
        return of_group(self.group)

    def fits(self) -> bool:
        """Whether each text is a value of its setting; what is not has its sentence."""
        for setting in self.settings():
            try:
                setting.read_text(self.texts()[setting.name])
            except ConfigError:
                self[setting.field].errors = [_sentence(setting, "refused")]
        return not self.errors

    def texts(self) -> dict[str, str]:
        """By names of settings, as the environment would have them."""
        return {
            setting.name: _sent(setting, self[setting.field].data)
            for setting in self.settings()
            if setting.kind is not Kind.PICTURE
        }

    def add_errors(self, invalid: Invalid) -> None:
        """Each setting has its own sentence."""
        for setting in self.settings():
            if code := invalid.details.get(setting.field):
                self[setting.field].errors = [_sentence(setting, code)]


def _sentence(setting: Setting, code: object) -> str:
    if code == "pale":
        return str(_PALE)
    if setting.kind is Kind.NUMBER:
        limits = {"least": setting.least, "most": setting.most}
        return gettext("Use a whole number from %(least)s to %(most)s.", **limits)
    return str(setting.refusal)


def text_in_force(setting: Setting) -> str:
    """What holds now, as the environment would have it."""
    key, _dot, part = setting.key.partition(".")
    value = in_force(key)
    return setting.write(getattr(value, part) if part else value)


def default_text(setting: Setting) -> str:
    """What the environment says, for people."""
    text = setting.write(setting.of(current_app.config))
    labels = dict(setting.choices)
    return ", ".join(str(labels.get(word, word)) for word in text.split(",") if word)


def _shown(setting: Setting, text: str) -> Any:
    if setting.kind is Kind.SEVERAL:
        return text.split(",") if text else []
    return text.replace(",", "\n") if setting.kind is Kind.LIST else text


def _sent(setting: Setting, data: Any) -> str:
    if setting.kind is Kind.SEVERAL:
        return ",".join(data or ())
    return ",".join((data or "").split()) if setting.kind is Kind.LIST else (data or "").strip()


def _field(setting: Setting) -> Any:
    common: dict[str, Any] = {"description": setting.help or ""}
    match setting.kind:
        case Kind.CHOICE:
            return ChoiceField(setting.label, pairs=setting.choices, **common)
        case Kind.SEVERAL:
            return CheckboxesField(setting.label, default=(), **common)
        case Kind.LIST:
            return TextField(setting.label, max_length=setting.max_length, **common)
        case Kind.PICTURE:
            accept = ".png,.webp,.svg,image/png,image/webp,image/svg+xml"
            return FileField(setting.label, render_kw={"accept": accept}, **common)
    render: dict[str, Any] = {"autocomplete": "off"}
    if setting.kind is Kind.NUMBER:
        render |= {"inputmode": "numeric"}
    if setting.needed:
        render |= {"required": True}
    return LineField(setting.label, max_length=setting.max_length, render_kw=render, **common)


FORMS: dict[Group, type[SettingsForm]] = {
    group: type(
        f"{group.name.title()}SettingsForm",
        (SettingsForm,),
        {"group": group, **{setting.field: _field(setting) for setting in of_group(group)}},
    )
    for group in Group
}
