"""Queries: parameters, pages, and what the SDK merges over all partitions."""

from azure.cosmos import PartitionKey

from emulator import EmulatorTestCase, charge_of

COUNT = 120


class Queries(EmulatorTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.items = cls.database.create_container("queried", PartitionKey(path="/pk"))
        for i in range(COUNT):
            cls.items.create_item(
                {"id": f"i{i}", "pk": f"k{i % 30}", "v": i, "g": f"g{i % 3}", "nested": {"list": [i, i + 1]}}
            )

    def rows(self, query, key=None, parameters=None, **options):
        if key is None:
            options["enable_cross_partition_query"] = True
        else:
            options["partition_key"] = key
        return list(self.items.query_items(query, parameters=parameters, **options))

    def test_within_a_key_parameters_order_top_and_offset(self):
        found = self.rows(
            "SELECT VALUE c.v FROM c WHERE c.v >= @low", "k7", [{"name": "@low", "value": 30}]
        )
        self.assertEqual(found, [37, 67, 97])
        self.assertEqual(self.rows("SELECT VALUE c.v FROM c ORDER BY c.v DESC", "k7"), [97, 67, 37, 7])
        self.assertEqual(self.rows("SELECT TOP 2 VALUE c.v FROM c ORDER BY c.v", "k7"), [7, 37])
        self.assertEqual(self.rows("SELECT VALUE c.v FROM c OFFSET 1 LIMIT 2", "k7"), [37, 67])
        self.assertEqual(self.rows("SELECT VALUE COUNT(1) FROM c", "k7"), [4])

    def test_pages_hold_no_more_than_asked_for_and_everything_comes_once(self):
        pages = self.items.query_items(
            "SELECT VALUE c.v FROM c WHERE c.v < 100", enable_cross_partition_query=True, max_item_count=30
        ).by_page()
        sizes, seen = [], []
        for page in pages:
            values = list(page)
            sizes.append(len(values))
            seen += values
        self.assertLessEqual(max(sizes), 30)
        self.assertEqual(sorted(seen), list(range(100)))

    def test_a_continuation_token_goes_on_in_another_iterator(self):
        query = {"query": "SELECT VALUE c.v FROM c", "partition_key": "k7", "max_item_count": 2}
        pages = self.items.query_items(**query).by_page()
        first = list(next(pages))
        rest = self.items.query_items(**query).by_page(pages.continuation_token)
        self.assertEqual(sorted(first + [value for page in rest for value in page]), [7, 37, 67, 97])

    def test_the_sdk_merges_orders(self):
        descending = list(range(COUNT))[::-1]
        self.assertEqual(self.rows("SELECT VALUE c.v FROM c ORDER BY c.v DESC"), descending)
        found = self.rows("SELECT TOP 3 c.id FROM c WHERE c.v > 10 ORDER BY c.v")
        self.assertEqual([each["id"] for each in found], ["i11", "i12", "i13"])
        self.assertEqual(self.rows("SELECT VALUE c.v FROM c ORDER BY c.v OFFSET 5 LIMIT 3"), [5, 6, 7])

    def test_the_sdk_merges_aggregates(self):
        self.assertEqual(self.rows("SELECT VALUE COUNT(1) FROM c"), [COUNT])
        self.assertEqual(self.rows("SELECT VALUE SUM(c.v) FROM c"), [COUNT * (COUNT - 1) // 2])
        self.assertEqual(self.rows("SELECT VALUE MIN(c.v) FROM c WHERE c.v > 4"), [5])
        self.assertEqual(self.rows("SELECT VALUE MAX(c.v) FROM c"), [COUNT - 1])

    def test_the_sdk_merges_distinct_values(self):
        self.assertEqual(sorted(self.rows("SELECT DISTINCT VALUE c.g FROM c")), ["g0", "g1", "g2"])

    def test_groups_within_a_key(self):
        groups = self.rows("SELECT c.g, COUNT(1) AS n FROM c GROUP BY c.g", "k7")
        self.assertEqual(groups, [{"g": "g1", "n": 4}])

    def test_read_all_items_gives_every_item(self):
        self.assertEqual(len(list(self.items.read_all_items())), COUNT)

    def test_query_metrics_and_charge_can_be_asked_for(self):
        self.rows("SELECT * FROM c", "k1", populate_query_metrics=True)
        headers = self.items.client_connection.last_response_headers
        self.assertIn("totalExecutionTimeInMs", headers["x-ms-documentdb-query-metrics"])
        self.assertGreater(charge_of(headers), 2)

    def test_a_wrong_query_is_refused_with_its_position(self):
        error = self.refuses(400, self.rows, "SELECT * FROM c WHERE c.v == 1", "k1")
        self.assertRegex(error.message, r"\"start\":27")
