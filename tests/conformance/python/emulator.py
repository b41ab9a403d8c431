"""Starts the emulator for a test case and stops it afterwards."""

import os
import subprocess
import unittest

from azure.cosmos import CosmosClient, PartitionKey

# The key that Microsoft publishes for its own emulator.
KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="


class EmulatorTestCase(unittest.TestCase):
    """One emulator, database and client per class; `container` makes what a test needs."""

    default_throughput = 24000  # four physical partitions

    @classmethod
    def setUpClass(cls):
        program = os.environ["WEIR_SERVE_EMULATOR"]
        cls.emulator = subprocess.Popen(
            [program, str(cls.default_throughput)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        cls.addClassCleanup(cls.stop)
        cls.endpoint = cls.emulator.stdout.readline().strip()
        cls.client = CosmosClient(cls.endpoint, KEY)
        cls.database = cls.client.create_database("conformance")

    @classmethod
    def stop(cls):
        cls.emulator.stdin.close()
        cls.emulator.stdout.close()
        cls.emulator.wait(timeout=30)

    def container(self, name, path="/pk", **options):
        return self.database.create_container(name, PartitionKey(path=path), **options)

    def refuses(self, status, call, *arguments, **options):
        """The call is refused with that status; returns the error."""
        from azure.cosmos.exceptions import CosmosHttpResponseError

        with self.assertRaises(CosmosHttpResponseError) as caught:
            call(*arguments, **options)
        self.assertEqual(caught.exception.status_code, status, caught.exception.message)
        return caught.exception


def charge_of(headers):
    return float(headers["x-ms-request-charge"])
