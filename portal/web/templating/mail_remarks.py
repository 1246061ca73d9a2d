"""What is to be known of a mail besides its words, as sentences."""

from collections.abc import Mapping

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
from portal.mail_parsing.parsed import Remark

REMARK_LABELS: Mapping[str, LazyText] = {
    Remark.ENCRYPTED: _("It is encrypted."),
    Remark.SIGNED: _("It is signed; the signature is not checked."),
    Remark.TNEF: _("Its files are in a winmail.dat that cannot be opened."),
    Remark.CALENDAR: _("It has an invitation."),
    Remark.NESTED: _("It has another mail in it, as a file."),
    Remark.FORWARDED: _("It forwards another mail, so nothing was cut."),
    Remark.HTML: _("It has HTML."),
    Remark.REMOTE_PICTURES: _("It names pictures of other servers."),
    Remark.FROM_HTML: _("Its text was made of its HTML."),
    Remark.TEXT_CUT: _("Its text is too long: the end is in the raw mail alone."),
    Remark.HTML_CUT: _("Its HTML is too long: the end is in the raw mail alone."),
    Remark.PARTS_CUT: _("It has too many parts: the last ones are in the raw mail alone."),
    Remark.DAMAGED: _("A part of it is damaged."),
}
# What a reader of the conversation sees by itself, or need not know.
_QUIET = frozenset(
    {Remark.CALENDAR, Remark.FORWARDED, Remark.HTML, Remark.REMOTE_PICTURES, Remark.FROM_HTML}
)


def remark_texts(remarks: str | None) -> tuple[str, ...]:
    """Those of a `MailedComment` that whoever reads the message has to know."""
    known = (one for one in (remarks or "").split() if one in REMARK_LABELS and one not in _QUIET)
    return tuple(str(REMARK_LABELS[one]) for one in known)
