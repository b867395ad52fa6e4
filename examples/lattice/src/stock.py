"""How many of each thing are in the warehouse, and for how many days that lasts."""

STOCK = {"coffee": 120, "tea": 45, "cocoa": 0}
SOLD_PER_DAY = {"coffee": 8, "tea": 3, "cocoa": 1}


def stock_of(item):
    """Raises KeyError for a thing that the warehouse does not know."""
    count = STOCK[item]
    return {"item": item, "count": count, "days": count // SOLD_PER_DAY[item]}
