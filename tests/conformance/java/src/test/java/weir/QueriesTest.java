package weir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static weir.Emulator.refused;

import com.azure.cosmos.CosmosContainer;
import com.azure.cosmos.models.CosmosBulkOperations;
import com.azure.cosmos.models.CosmosItemOperation;
import com.azure.cosmos.models.CosmosQueryRequestOptions;
import com.azure.cosmos.models.FeedResponse;
import com.azure.cosmos.models.PartitionKey;
import com.azure.cosmos.models.SqlParameter;
import com.azure.cosmos.models.SqlQuerySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Queries: parameters, pages, and what the SDK merges over all partitions. */
class QueriesTest {
  private static final int COUNT = 120;
  private static Emulator emulator;
  private static CosmosContainer items;

  @BeforeAll
  static void start() throws Exception {
    emulator = new Emulator(24000); // four physical partitions
    emulator.client.createDatabase("conformance");
    emulator.client.getDatabase("conformance").createContainer("queried", "/pk");
    items = emulator.client.getDatabase("conformance").getContainer("queried");
    List<CosmosItemOperation> creates = new ArrayList<>();
    for (int i = 0; i < COUNT; ++i) {
      Map<String, Object> item = Map.of("id", "i" + i, "pk", "k" + i % 30, "v", i, "g", "g" + i % 3);
      creates.add(CosmosBulkOperations.getCreateItemOperation(item, new PartitionKey("k" + i % 30)));
    }
    for (var result : items.executeBulkOperations(creates)) {
      assertEquals(201, result.getResponse().getStatusCode());
    }
  }

  @AfterAll
  static void stop() throws Exception {
    emulator.close();
  }

  private static <T> List<T> rows(String query, Class<T> type) {
    return items.queryItems(query, new CosmosQueryRequestOptions(), type).stream().toList();
  }

  private static <T> List<T> rowsOf(String key, String query, Class<T> type) {
    var options = new CosmosQueryRequestOptions().setPartitionKey(new PartitionKey(key));
    return items.queryItems(query, options, type).stream().toList();
  }

  @Test
  void withinAKeyParametersOrderTopAndOffset() {
    var query = new SqlQuerySpec("SELECT VALUE c.v FROM c WHERE c.v >= @low", new SqlParameter("@low", 30));
    var options = new CosmosQueryRequestOptions().setPartitionKey(new PartitionKey("k7"));
    assertEquals(List.of(37, 67, 97), items.queryItems(query, options, Integer.class).stream().toList());
    assertEquals(List.of(97, 67, 37, 7),
        rowsOf("k7", "SELECT VALUE c.v FROM c ORDER BY c.v DESC", Integer.class));
    assertEquals(List.of(7, 37), rowsOf("k7", "SELECT TOP 2 VALUE c.v FROM c ORDER BY c.v", Integer.class));
    assertEquals(List.of(37, 67), rowsOf("k7", "SELECT VALUE c.v FROM c OFFSET 1 LIMIT 2", Integer.class));
    assertEquals(List.of(4), rowsOf("k7", "SELECT VALUE COUNT(1) FROM c", Integer.class));
  }

  @Test
  void everythingComesOnceInPagesAndATokenGoesOn() {
    List<Integer> seen = new ArrayList<>();
    String token = null;
    do {
      var pages = items.queryItems("SELECT VALUE c.v FROM c WHERE c.v < 100",
          new CosmosQueryRequestOptions(), Integer.class);
      FeedResponse<Integer> page = pages.iterableByPage(token, 30).iterator().next();
      assertTrue(page.getResults().size() <= 30);
      seen.addAll(page.getResults());
      token = page.getContinuationToken();
    } while (token != null);
    assertEquals(IntStream.range(0, 100).boxed().toList(), seen.stream().sorted().toList());
  }

  @Test
  void theSdkMergesOrders() {
    assertEquals(IntStream.range(0, COUNT).map(i -> COUNT - 1 - i).boxed().toList(),
        rows("SELECT VALUE c.v FROM c ORDER BY c.v DESC", Integer.class));
    assertEquals(List.of("i11", "i12", "i13"),
        rows("SELECT TOP 3 VALUE c.id FROM c WHERE c.v > 10 ORDER BY c.v", String.class));
    assertEquals(List.of(5, 6, 7),
        rows("SELECT VALUE c.v FROM c ORDER BY c.v OFFSET 5 LIMIT 3", Integer.class));
  }

  @Test
  void theSdkMergesAggregates() {
    assertEquals(List.of(COUNT), rows("SELECT VALUE COUNT(1) FROM c", Integer.class));
    assertEquals(List.of(COUNT * (COUNT - 1) / 2.0), rows("SELECT VALUE SUM(c.v) FROM c", Double.class));
    assertEquals(List.of(5), rows("SELECT VALUE MIN(c.v) FROM c WHERE c.v > 4", Integer.class));
    assertEquals(List.of(COUNT - 1), rows("SELECT VALUE MAX(c.v) FROM c", Integer.class));
    assertEquals(List.of((COUNT - 1) / 2.0), rows("SELECT VALUE AVG(c.v) FROM c", Double.class));
  }

  @Test
  void theSdkMergesGroupsAndDistinctValues() {
    List<String> groups = rows("SELECT c.g, COUNT(1) AS n, MIN(c.v) AS low FROM c GROUP BY c.g", Map.class)
        .stream().map(g -> g.get("g") + " " + g.get("n") + " " + g.get("low")).sorted().toList();
    assertEquals(List.of("g0 40 0", "g1 40 1", "g2 40 2"), groups);
    assertEquals(List.of("g0", "g1", "g2"),
        rows("SELECT DISTINCT VALUE c.g FROM c", String.class).stream().sorted().toList());
  }

  @Test
  void readAllOfAKeyGivesItsItems() {
    assertEquals(4, items.readAllItems(new PartitionKey("k7"), Map.class).stream().count());
  }

  @Test
  void aWrongQueryIsRefusedWithItsPosition() {
    var error = refused(400, () -> rowsOf("k1", "SELECT * FROM c WHERE c.v == 1", Map.class));
    assertTrue(error.getMessage().matches("(?s).*start[\\\\\":]+27.*"), error.getMessage());
  }
}
