package weir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static weir.Emulator.item;
import static weir.Emulator.refused;

import com.azure.cosmos.CosmosContainer;
import com.azure.cosmos.CosmosDatabase;
import com.azure.cosmos.models.CosmosBatch;
import com.azure.cosmos.models.CosmosBatchResponse;
import com.azure.cosmos.models.CosmosBulkOperations;
import com.azure.cosmos.models.CosmosContainerProperties;
import com.azure.cosmos.models.CosmosItemOperation;
import com.azure.cosmos.models.CosmosItemRequestOptions;
import com.azure.cosmos.models.PartitionKey;
import com.azure.cosmos.models.PartitionKeyBuilder;
import com.azure.cosmos.models.PartitionKeyDefinition;
import com.azure.cosmos.models.PartitionKeyDefinitionVersion;
import com.azure.cosmos.models.PartitionKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Databases, containers and items, one by one and many at once. */
class ItemsTest {
  private static Emulator emulator;
  private static CosmosDatabase database;
  private static CosmosContainer items;

  @BeforeAll
  static void start() throws Exception {
    emulator = new Emulator(24000); // four physical partitions
    emulator.client.createDatabase("conformance");
    database = emulator.client.getDatabase("conformance");
    database.createContainer("items", "/pk");
    items = database.getContainer("items");
  }

  @AfterAll
  static void stop() throws Exception {
    emulator.close();
  }

  private static int status(String id, Object key) {
    return items.readItem(id, partitionKey(key), Map.class).getStatusCode();
  }

  private static PartitionKey partitionKey(Object key) {
    return new PartitionKeyBuilder().add((String) key).build();
  }

  @Test
  void databasesAndContainersAreMadeOnceListedAndDeleted() {
    assertEquals(201, emulator.client.createDatabaseIfNotExists("once").getStatusCode());
    assertEquals(200, emulator.client.createDatabaseIfNotExists("once").getStatusCode());
    refused(409, () -> emulator.client.createDatabase("once"));
    CosmosDatabase once = emulator.client.getDatabase("once");
    assertEquals(201, once.createContainerIfNotExists("c", "/pk").getStatusCode());
    assertEquals(200, once.createContainerIfNotExists("c", "/pk").getStatusCode());
    assertEquals(List.of("/pk"),
        once.getContainer("c").read().getProperties().getPartitionKeyDefinition().getPaths());
    assertEquals(List.of("c"),
        once.readAllContainers().stream().map(CosmosContainerProperties::getId).toList());
    assertTrue(emulator.client.readAllDatabases().stream().anyMatch(d -> d.getId().equals("once")));
    assertEquals(204, once.getContainer("c").delete().getStatusCode());
    assertEquals(204, once.delete().getStatusCode());
    refused(404, once::read);
  }

  @Test
  void aWrongKeyIsRefused() {
    Exception error =
        assertThrows(RuntimeException.class, () -> emulator.builder("d3Jvbmc=").buildClient());
    assertTrue(error.getMessage().contains("Unauthorized"), error.getMessage());
  }

  @Test
  void areCreatedReadUpsertedReplacedAndDeleted() {
    String id = "é 1 €😀";
    PartitionKey key = new PartitionKey("schlüssel");
    var created = items.createItem(item(id, "schlüssel", 1));
    assertEquals(201, created.getStatusCode());
    assertTrue(created.getRequestCharge() > 5);
    var read = items.readItem(id, key, Map.class);
    assertEquals(1, read.getItem().get("v"));
    assertEquals(1.0, read.getRequestCharge());
    assertEquals(200, items.upsertItem(item(id, "schlüssel", 2)).getStatusCode());
    assertEquals(201, items.upsertItem(item("new", "schlüssel", 1)).getStatusCode());
    var replaced = items.replaceItem(item(id, "schlüssel", 3), id, key, null);
    assertEquals(200, replaced.getStatusCode());
    assertNotEquals(read.getETag(), replaced.getETag());
    assertEquals(3, items.readItem(id, key, Map.class).getItem().get("v"));
    assertEquals(204, items.deleteItem(id, key, null).getStatusCode());
    refused(404, () -> items.readItem(id, key, Map.class));
  }

  @Test
  void conflictAndAbsenceHaveTheirStatus() {
    items.createItem(item("twice", "a", 1));
    refused(409, () -> items.createItem(item("twice", "a", 1)));
    items.createItem(item("twice", "b", 1));
    refused(404, () -> items.deleteItem("none", new PartitionKey("a"), null));
    refused(404, () -> items.replaceItem(item("none", "a", 1), "none", new PartitionKey("a"), null));
  }

  @Test
  void keysOfEveryTypeAreToldApart() {
    List<Object> keys = List.of("1", 1, 1.5, true, "");
    for (Object key : keys) items.createItem(item("typed", key, keys.indexOf(key)));
    for (Object key : keys) {
      var read = items.readItem("typed", new PartitionKey(key), Map.class);
      assertEquals(keys.indexOf(key), read.getItem().get("v"));
    }
  }

  @Test
  void etagsGuardReadsAndWrites() {
    PartitionKey key = new PartitionKey("e");
    String etag = items.createItem(item("guarded", "e", 1)).getETag();
    var unless = new CosmosItemRequestOptions().setIfNoneMatchETag(etag);
    assertEquals(304, items.readItem("guarded", key, unless, Map.class).getStatusCode());
    var stale = new CosmosItemRequestOptions().setIfMatchETag("\"stale\"");
    refused(412, () -> items.replaceItem(item("guarded", "e", 2), "guarded", key, stale));
    var fresh = new CosmosItemRequestOptions().setIfMatchETag(etag);
    assertEquals(200, items.replaceItem(item("guarded", "e", 2), "guarded", key, fresh).getStatusCode());
    refused(412, () -> items.deleteItem("guarded", key, new CosmosItemRequestOptions().setIfMatchETag(etag)));
  }

  @Test
  void aHierarchicalKeyAddressesItems() {
    var definition = new PartitionKeyDefinition();
    definition.setKind(PartitionKind.MULTI_HASH);
    definition.setVersion(PartitionKeyDefinitionVersion.V2);
    definition.setPaths(List.of("/tenant", "/user"));
    database.createContainer(new CosmosContainerProperties("tenants", definition));
    CosmosContainer tenants = database.getContainer("tenants");
    tenants.createItem(Map.of("id", "x", "tenant", "T", "user", "U"));
    PartitionKey here = new PartitionKeyBuilder().add("T").add("U").build();
    assertEquals("U", tenants.readItem("x", here, Map.class).getItem().get("user"));
    PartitionKey elsewhere = new PartitionKeyBuilder().add("T").add("V").build();
    refused(404, () -> tenants.readItem("x", elsewhere, Map.class));
  }

  @Test
  void bulkSpreadsOverAllPartitionsAndReportsEachOperation() {
    List<CosmosItemOperation> creates = new ArrayList<>();
    for (int i = 0; i < 450; ++i) {
      creates.add(CosmosBulkOperations.getCreateItemOperation(
          item("w" + i, "w" + i, i), new PartitionKey("w" + i)));
    }
    assertEquals(Set.of(201), statuses(creates));
    assertEquals(200, status("w449", "w449"));
    assertEquals(Set.of(409), statuses(creates.subList(0, 3)));
    PartitionKey key = new PartitionKey("w0");
    assertEquals(Set.of(200),
        statuses(List.of(CosmosBulkOperations.getUpsertItemOperation(item("w0", "w0", 7), key))));
    assertEquals(Set.of(204), statuses(List.of(CosmosBulkOperations.getDeleteItemOperation("w0", key))));
  }

  private static Set<Integer> statuses(List<CosmosItemOperation> operations) {
    Set<Integer> statuses = new java.util.HashSet<>();
    for (var result : items.executeBulkOperations(operations)) {
      statuses.add(result.getResponse().getStatusCode());
    }
    return statuses;
  }

  @Test
  void aBatchIsAllOrNothing() {
    PartitionKey key = new PartitionKey("batch");
    CosmosBatch good = CosmosBatch.createCosmosBatch(key);
    good.createItemOperation(item("b1", "batch", 1));
    good.upsertItemOperation(item("b2", "batch", 1));
    good.readItemOperation("b1");
    CosmosBatchResponse done = items.executeCosmosBatch(good);
    assertTrue(done.isSuccessStatusCode(), done.getErrorMessage());
    assertEquals(List.of(201, 201, 200), codes(done));
    CosmosBatch bad = CosmosBatch.createCosmosBatch(key);
    bad.deleteItemOperation("b2");
    bad.createItemOperation(item("b1", "batch", 1));
    assertEquals(List.of(424, 409), codes(items.executeCosmosBatch(bad)));
    assertEquals(200, status("b2", "batch"));
  }

  private static List<Integer> codes(CosmosBatchResponse response) {
    return response.getResults().stream().map(r -> r.getStatusCode()).collect(Collectors.toList());
  }
}
