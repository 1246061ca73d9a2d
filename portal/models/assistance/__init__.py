"""What was learned of solved tickets and done by it, and what a language model was asked."""

from portal.models.assistance.assistance_act import AssistanceAct
from portal.models.assistance.learned_feature import LearnedFeature
from portal.models.assistance.learned_label import LearnedLabel
from portal.models.assistance.learned_ticket import LearnedTicket
from portal.models.assistance.learning_progress import LearningProgress
from portal.models.assistance.model_call import CallState, ModelCall, ModelTask
from portal.models.assistance.model_day import ModelDay
from portal.models.assistance.model_permission import ModelPermission
from portal.models.assistance.target import ALL_SUGGESTED, Suggested, Target
from portal.models.assistance.unassisted_ticket import UnassistedTicket
from portal.models.assistance.unlearned_ticket import UnlearnedTicket

__all__ = [
    "ALL_SUGGESTED",
    "AssistanceAct",
    "CallState",
    "LearnedFeature",
    "LearnedLabel",
    "LearnedTicket",
    "LearningProgress",
    "ModelCall",
    "ModelDay",
    "ModelPermission",
    "ModelTask",
    "Suggested",
    "Target",
    "UnassistedTicket",
    "UnlearnedTicket",
]
