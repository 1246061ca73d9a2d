"""What a language model was asked, by whom and for how many tokens; and whose texts it may read."""

from portal.models.assistance.model_call import CallState, ModelCall, ModelTask
from portal.models.assistance.model_day import ModelDay
from portal.models.assistance.model_permission import ModelPermission

__all__ = ["CallState", "ModelCall", "ModelDay", "ModelPermission", "ModelTask"]
