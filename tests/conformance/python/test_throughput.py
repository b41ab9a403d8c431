"""Offers, physical partitions and throttling."""

from azure.cosmos import CosmosClient, PartitionKey, ThroughputProperties

from emulator import KEY, EmulatorTestCase


class Throughput(EmulatorTestCase):
    default_throughput = 400

    def test_the_offer_shows_what_was_asked_for(self):
        manual = self.container("manual", offer_throughput=7000)
        self.assertEqual(manual.get_throughput().offer_throughput, 7000)
        autoscale = self.container(
            "autoscale", offer_throughput=ThroughputProperties(auto_scale_max_throughput=4000)
        )
        self.assertEqual(autoscale.get_throughput().auto_scale_max_throughput, 4000)

    def test_the_number_of_ranges_follows_from_the_throughput(self):
        ranges = self.container("ranges", offer_throughput=18100).read_feed_ranges()
        self.assertEqual(len(list(ranges)), 4)

    def test_a_throttled_write_says_so_and_when_to_come_again(self):
        self.container("throttled", offer_throughput=400)
        # The SDK takes a zero for "by default": one retry, and that at once, is the least.
        impatient = CosmosClient(self.endpoint, KEY, retry_throttle_total=1, retry_fixed_interval=1)
        items = impatient.get_database_client("conformance").get_container_client("throttled")
        refused = None
        for i in range(300):
            try:
                items.create_item({"id": f"i{i}", "pk": "hot", "text": "x" * 100_000})
            except Exception as error:
                refused = error
                break
        self.assertIsNotNone(refused, "300 large writes at 400 RU/s")
        self.assertEqual((refused.status_code, refused.sub_status), (429, 3200))
        self.assertGreater(int(refused.headers["x-ms-retry-after-ms"]), 0)

    def test_the_sdk_retries_what_is_throttled(self):
        items = self.container("retried", offer_throughput=400)
        for i in range(120):
            items.create_item({"id": f"i{i}", "pk": "hot"})
        count = items.query_items("SELECT VALUE COUNT(1) FROM c", partition_key="hot")
        self.assertEqual(list(count), [120])
