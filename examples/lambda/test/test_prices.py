"""Run with: python3 -m unittest discover -s test"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from prices import UnknownItem, total_in_cents


class Prices(unittest.TestCase):
    def test_adds_up(self):
        self.assertEqual(total_in_cents({"apple": 2, "bread": 1}), 330)

    def test_ten_of_one_are_a_tenth_cheaper(self):
        self.assertEqual(total_in_cents({"apple": 9}), 360)
        self.assertEqual(total_in_cents({"apple": 10}), 360)

    def test_an_empty_order_costs_nothing(self):
        self.assertEqual(total_in_cents({}), 0)

    def test_refuses_what_the_shop_does_not_have(self):
        with self.assertRaises(UnknownItem):
            total_in_cents({"caviar": 1})


if __name__ == "__main__":
    unittest.main()
