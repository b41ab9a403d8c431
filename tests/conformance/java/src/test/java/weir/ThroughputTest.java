package weir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static weir.Emulator.item;

import com.azure.cosmos.CosmosClient;
import com.azure.cosmos.CosmosContainer;
import com.azure.cosmos.CosmosDatabase;
import com.azure.cosmos.CosmosException;
import com.azure.cosmos.models.ThroughputProperties;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Offers, physical partitions and throttling. */
class ThroughputTest {
  private static Emulator emulator;
  private static CosmosDatabase database;

  @BeforeAll
  static void start() throws Exception {
    emulator = new Emulator(400);
    emulator.client.createDatabase("conformance");
    database = emulator.client.getDatabase("conformance");
  }

  @AfterAll
  static void stop() throws Exception {
    emulator.close();
  }

  private static CosmosContainer make(String id, ThroughputProperties throughput) {
    database.createContainerIfNotExists(id, "/pk", throughput);
    return database.getContainer(id);
  }

  @Test
  void theOfferShowsWhatWasAskedFor() {
    CosmosContainer manual = make("manual", ThroughputProperties.createManualThroughput(7000));
    assertEquals(7000, manual.readThroughput().getProperties().getManualThroughput());
    CosmosContainer autoscale = make("autoscale", ThroughputProperties.createAutoscaledThroughput(4000));
    assertEquals(4000, autoscale.readThroughput().getProperties().getAutoscaleMaxThroughput());
  }

  @Test
  void theNumberOfRangesFollowsFromTheThroughput() {
    CosmosContainer container = make("ranges", ThroughputProperties.createManualThroughput(18100));
    assertEquals(4, container.getFeedRanges().size());
  }

  @Test
  void aThrottledWriteSaysSoAndWhenToComeAgain() {
    make("throttled", ThroughputProperties.createManualThroughput(400));
    CosmosException refused = null;
    try (CosmosClient impatient = emulator.impatientClient()) {
      CosmosContainer items = impatient.getDatabase("conformance").getContainer("throttled");
      String large = "x".repeat(100_000);
      for (int i = 0; i < 200 && refused == null; ++i) {
        try {
          items.createItem(Map.of("id", "i" + i, "pk", "hot", "text", large));
        } catch (CosmosException error) {
          refused = error;
        }
      }
    }
    assertTrue(refused != null, "200 large writes at 400 RU/s");
    assertEquals(429, refused.getStatusCode());
    assertEquals(3200, refused.getSubStatusCode());
    assertFalse(refused.getRetryAfterDuration().isZero());
  }

  @Test
  void theSdkRetriesWhatIsThrottled() {
    CosmosContainer items = make("retried", ThroughputProperties.createManualThroughput(400));
    for (int i = 0; i < 150; ++i) {
      assertEquals(201, items.createItem(item("i" + i, "hot", i)).getStatusCode());
    }
  }
}
