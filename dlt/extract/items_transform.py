"""The steps of a pipe under the names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.extract.pipe import Limit as LimitItem
from dlt.extract.steps import Filter as FilterItem
from dlt.extract.steps import Map as MapItem
from dlt.extract.steps import Step as ItemTransform
from dlt.extract.steps import YieldMap as YieldMapItem
from dlt.extract.validation import PydanticValidator as ValidateItem

__all__ = ["BaseItemTransform", "FilterItem", "ItemTransform", "LimitItem", "MapItem", "ValidateItem", "YieldMapItem"]
BaseItemTransform = ItemTransform
__getattr__ = absent_names(__name__, "Add what counts with resource.add_metrics(function).", "MetricsItem")
