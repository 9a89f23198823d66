"""Taking orders: statement by statement, or by the million."""

from __future__ import annotations

from cordiale.orders.bulk import take_table
from cordiale.orders.rules.told import LineTold, OrderRefused, OrderTold
from cordiale.orders.taken import Taken
from cordiale.orders.taking import take, withdraw_source, write_due

__all__ = ["LineTold", "OrderRefused", "OrderTold", "Taken", "take", "take_table", "withdraw_source", "write_due"]
