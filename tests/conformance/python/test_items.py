"""Account, databases, containers and single items."""

from azure.core import MatchConditions
from azure.cosmos import CosmosClient, PartitionKey

from emulator import KEY, EmulatorTestCase, charge_of


class Resources(EmulatorTestCase):
    def test_account_names_its_locations_and_consistency(self):
        account = self.client.get_database_account()
        self.assertEqual(account.ConsistencyPolicy["defaultConsistencyLevel"], "Session")
        self.assertTrue(account.WritableLocations)

    def test_databases_are_made_once_listed_and_deleted(self):
        self.client.create_database_if_not_exists("once")
        self.client.create_database_if_not_exists("once")
        self.refuses(409, self.client.create_database, "once")
        self.assertIn("once", [database["id"] for database in self.client.list_databases()])
        self.client.delete_database("once")
        self.refuses(404, self.client.get_database_client("once").read)

    def test_containers_are_made_once_read_listed_and_deleted(self):
        for _ in range(2):
            container = self.database.create_container_if_not_exists("once", PartitionKey(path="/pk"))
        definition = container.read()
        self.assertEqual(definition["partitionKey"]["paths"], ["/pk"])
        self.assertIn("once", [each["id"] for each in self.database.list_containers()])
        self.database.delete_container("once")
        self.refuses(404, container.read)

    def test_a_wrong_key_is_refused(self):
        with self.assertRaises(Exception) as caught:
            list(CosmosClient(self.endpoint, "d3Jvbmc=").list_databases())
        self.assertEqual(caught.exception.status_code, 401)


class Items(EmulatorTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.items = cls.database.create_container("items", PartitionKey(path="/pk"))

    def test_are_created_read_upserted_replaced_and_deleted(self):
        item_id, key = "é 1 €😀", "schlüssel"
        created = self.items.create_item({"id": item_id, "pk": key, "v": 1})
        self.assertGreater(charge_of(self.items.client_connection.last_response_headers), 5)
        self.assertEqual(self.items.read_item(item_id, key)["v"], 1)
        self.assertEqual(charge_of(self.items.client_connection.last_response_headers), 1)
        self.assertEqual(self.items.upsert_item({"id": item_id, "pk": key, "v": 2})["v"], 2)
        self.assertNotEqual(self.items.read_item(item_id, key)["_etag"], created["_etag"])
        whole = self.items.read_item(item_id, key)
        self.assertEqual(self.items.replace_item(item_id, {**whole, "v": 3})["v"], 3)
        self.items.delete_item(item_id, key)
        self.refuses(404, self.items.read_item, item_id, key)

    def test_conflict_and_absence_have_their_status(self):
        self.items.create_item({"id": "twice", "pk": "a"})
        self.refuses(409, self.items.create_item, {"id": "twice", "pk": "a"})
        self.items.create_item({"id": "twice", "pk": "b"})
        self.refuses(404, self.items.delete_item, "none", "a")
        self.refuses(404, self.items.replace_item, "none", {"id": "none", "pk": "a"})

    def test_keys_of_every_type_are_told_apart(self):
        for key in ["1", 1, 1.5, True, None, ""]:
            self.items.create_item({"id": "typed", "pk": key, "name": repr(key)})
        for key in ["1", 1, 1.5, True, None, ""]:
            self.assertEqual(self.items.read_item("typed", key)["name"], repr(key))

    def test_etags_guard_reads_and_writes(self):
        etag = self.items.create_item({"id": "guarded", "pk": "e"})["_etag"]
        body = {"id": "guarded", "pk": "e", "v": 2}
        guard = {"match_condition": MatchConditions.IfNotModified}
        self.refuses(412, self.items.replace_item, "guarded", body, etag='"stale"', **guard)
        self.items.replace_item("guarded", body, etag=etag, **guard)
        self.refuses(412, self.items.replace_item, "guarded", body, etag=etag, **guard)
        self.refuses(412, self.items.delete_item, "guarded", "e", etag=etag, **guard)

    def test_a_hierarchical_key_addresses_items(self):
        key = PartitionKey(path=["/tenant", "/user"], kind="MultiHash")
        tenants = self.database.create_container("tenants", key)
        tenants.create_item({"id": "x", "tenant": "T", "user": "U"})
        self.assertEqual(tenants.read_item("x", ["T", "U"])["user"], "U")
        self.refuses(404, tenants.read_item, "x", ["T", "V"])

    def test_a_batch_is_all_or_nothing(self):
        from azure.cosmos.exceptions import CosmosBatchOperationError

        good = self.items.execute_item_batch(
            [
                ("create", ({"id": "b1", "pk": "batch"},)),
                ("upsert", ({"id": "b2", "pk": "batch", "v": 1},)),
                ("read", ("b1",)),
                ("replace", ("b2", {"id": "b2", "pk": "batch", "v": 2})),
            ],
            "batch",
        )
        self.assertEqual([result["statusCode"] for result in good], [201, 201, 200, 200])
        with self.assertRaises(CosmosBatchOperationError) as caught:
            self.items.execute_item_batch(
                [("delete", ("b2",)), ("create", ({"id": "b1", "pk": "batch"},))], "batch"
            )
        self.assertEqual(caught.exception.error_index, 1)
        self.assertEqual([each["statusCode"] for each in caught.exception.operation_responses], [424, 409])
        self.assertEqual(self.items.read_item("b2", "batch")["v"], 2)
