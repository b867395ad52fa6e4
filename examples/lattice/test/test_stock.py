"""Run with: python3 -m unittest discover -s test"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from app import handler  # noqa: E402
from stock import stock_of  # noqa: E402


class Context:
    function_version = "7"


def get(item):
    return handler({"queryStringParameters": {"item": [item]}}, Context())


class StockTest(unittest.TestCase):
    def test_days(self):
        self.assertEqual(stock_of("tea"), {"item": "tea", "count": 45, "days": 15})

    def test_sold_out(self):
        self.assertEqual(stock_of("cocoa")["days"], 0)

    def test_answers(self):
        self.assertEqual(get("coffee")["statusCode"], 200)
        self.assertEqual(get("gold")["statusCode"], 404)

    def test_without_a_question(self):
        self.assertEqual(handler({}, Context())["statusCode"], 200)


if __name__ == "__main__":
    unittest.main()
