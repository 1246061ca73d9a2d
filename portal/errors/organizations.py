"""What keeps an organization and its members from something."""

from portal.errors.base import DomainError, _


class LastOwner(DomainError):
    """The change would leave an organization without an owner."""

    code = "last_owner"
    status = 409
    sentence = _("This is the organization's last owner: make somebody else an owner first.")


class MemberElsewhere(DomainError):
    """The person belongs to an organization already, and has to leave it first."""

    code = "member_elsewhere"
    status = 409
    sentence = _(
        "This account belongs to another organization. Leave that one first, then use the link "
        "again."
    )


class PlanFull(DomainError):
    """The organization's plan has no more room; `details` has what it is full of, and how many.

    `storage` and `used` are in bytes.
    """

    code = "plan_full"
    status = 402
    sentence = _(
        "The plan of this organization has no more room. Its owner can see what is in use, and we "
        "can change the plan."
    )


class CallsUsedUp(DomainError):
    """The organization's programs have called as often as its plan allows: `details["calls"]`."""

    code = "calls_used_up"
    status = 429
    sentence = _(
        "The API calls that the plan of this organization has for a day are used up. They begin "
        "anew at midnight where the desk is."
    )

    def __init__(self, /, *, calls: int, retry_after: int) -> None:
        super().__init__(calls=calls)
        self.retry_after = retry_after


class DomainTaken(DomainError):
    """Another organization has the mail domain."""

    code = "domain_taken"
    status = 409
    sentence = _(
        "This domain belongs to another organization here. Its owner has to remove it first, or "
        "write to us."
    )


class OrganizationShut(DomainError):
    """The organization's access was switched off by the desk."""

    code = "organization_shut"
    status = 403
    sentence = _(
        "The access of your organization is switched off. Your organization's owner, or we, can "
        "tell you why."
    )
