"""What an order costs. No AWS in here, so that it can be tested alone."""

PRICES_IN_CENTS = {"apple": 40, "bread": 250, "coffee": 900}


class UnknownItem(Exception):
    """The customer asked for something that the shop does not have."""


def total_in_cents(items: dict[str, int]) -> int:
    """The price of the given amounts. Ten or more of one item are a tenth cheaper."""
    total = 0
    for name, amount in items.items():
        if name not in PRICES_IN_CENTS:
            raise UnknownItem(name)
        price = PRICES_IN_CENTS[name] * amount
        total += price * 9 // 10 if amount >= 10 else price
    return total
