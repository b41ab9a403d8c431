package weir;

import com.azure.cosmos.ConsistencyLevel;
import com.azure.cosmos.CosmosClient;
import com.azure.cosmos.CosmosClientBuilder;
import com.azure.cosmos.CosmosException;
import com.azure.cosmos.ThrottlingRetryOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/** An emulator of its own process, and clients to it in gateway mode. */
final class Emulator implements AutoCloseable {
  /** The key that Microsoft publishes for its own emulator. */
  static final String KEY =
      "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

  private final Process process;
  final String endpoint;
  final CosmosClient client;

  Emulator(int throughput) throws IOException {
    process =
        new ProcessBuilder(System.getenv("WEIR_SERVE_EMULATOR"), Integer.toString(throughput))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    endpoint = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
    client = builder(KEY).buildClient();
  }

  CosmosClientBuilder builder(String key) {
    return new CosmosClientBuilder()
        .endpoint(endpoint)
        .key(key)
        .gatewayMode()
        .consistencyLevel(ConsistencyLevel.SESSION)
        .contentResponseOnWriteEnabled(true);
  }

  /** Retries no throttled request. */
  CosmosClient impatientClient() {
    return builder(KEY)
        .throttlingRetryOptions(new ThrottlingRetryOptions().setMaxRetryAttemptsOnThrottledRequests(0))
        .buildClient();
  }

  @Override
  public void close() throws Exception {
    client.close();
    process.getOutputStream().close();
    Assertions.assertTrue(process.waitFor(30, TimeUnit.SECONDS), "the emulator did not end");
  }

  static CosmosException refused(int status, Executable call) {
    CosmosException error = Assertions.assertThrows(CosmosException.class, call);
    Assertions.assertEquals(status, error.getStatusCode(), error.getShortMessage());
    return error;
  }

  static Map<String, Object> item(String id, Object key, int v) {
    return Map.of("id", id, "pk", key, "v", v);
  }
}
