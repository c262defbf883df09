// Sends a redeem command to Spate over Kafka as a CloudEvent, and waits for what became of it.
//
//   java -cp 'jars/*' Redeem.java [--structured] CAMPAIGN CLAIMANT [QUANTITY]
//
// Environment: BOOTSTRAP (127.0.0.1:9092), SOURCE (/shop/web), ID (a new UUID), TRACEPARENT,
// SPATE (http://127.0.0.1:8080: ask there for the outcome; unset: do not wait).
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Redeem {
  private static final String TOPIC = "spate.redemptions.commands.v1";
  private static final String TYPE = "redemptions.redeem";  // domain.command
  private static final Duration WAIT = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  private static String environment(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Attributes are headers, the value is the command itself. */
  private static ProducerRecord<String, byte[]> binary(
      String key, Map<String, Object> event, Map<String, Object> command) throws Exception {
    var record = new ProducerRecord<>(TOPIC, key, JSON.writeValueAsBytes(command));
    event.forEach((name, value) -> header(record, "ce_" + name, value.toString()));
    header(record, "content-type", "application/json");
    return record;
  }

  /** The whole event is the value. */
  private static ProducerRecord<String, byte[]> structured(
      String key, Map<String, Object> event, Map<String, Object> command) throws Exception {
    var whole = new LinkedHashMap<>(event);
    whole.put("datacontenttype", "application/json");
    whole.put("data", command);
    var record = new ProducerRecord<>(TOPIC, key, JSON.writeValueAsBytes(whole));
    header(record, "content-type", "application/cloudevents+json; charset=UTF-8");
    return record;
  }

  /** Back when the record is durable; if this throws, send it again with the same ID. */
  private static RecordMetadata send(ProducerRecord<String, byte[]> record) throws Exception {
    // Java's own defaults are right: acks=all, idempotent, and murmur2 of the key as partitioner.
    Map<String, Object> settings =
        Map.of("bootstrap.servers", environment("BOOTSTRAP", "127.0.0.1:9092"));
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      return producer.send(record).get();
    }
  }

  /** Asks until the command is decided: 200 decided, 202 not yet. */
  private static String outcome(String spate, String campaign, String id, String source)
      throws Exception {
    String stream = URLEncoder.encode(campaign, StandardCharsets.UTF_8).replace("+", "%20");
    URI uri = URI.create(spate + "/v1/redemptions/" + stream + "/commands?key="
        + URLEncoder.encode(id, StandardCharsets.UTF_8) + "&source="
        + URLEncoder.encode(source, StandardCharsets.UTF_8));
    // Prefer: the server holds the answer back until there is one, so this loop does not spin.
    var request = HttpRequest.newBuilder(uri).header("Prefer", "wait=10").timeout(WAIT).build();
    var client = HttpClient.newHttpClient();
    for (Instant end = Instant.now().plus(WAIT); Instant.now().isBefore(end);) {
      var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 200) return answer.body();
      if (answer.statusCode() == 503) {
        Thread.sleep(1000 * answer.headers().firstValueAsLong("Retry-After").orElse(1));
      } else if (answer.statusCode() != 202) {
        throw new IllegalStateException(uri + ": " + answer.statusCode() + " " + answer.body());
      }
    }
    throw new IllegalStateException("no outcome within " + WAIT + "; ask again later: " + uri);
  }

  public static void main(String[] given) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(given));
    boolean isStructured = arguments.remove("--structured");
    if (arguments.size() < 2 || arguments.size() > 3) {
      System.err.println("usage: Redeem.java [--structured] CAMPAIGN CLAIMANT [QUANTITY]");
      System.exit(2);
    }
    String campaign = arguments.get(0);
    // Chosen once per wish: who sends it again, after any failure, uses the same id.
    String id = environment("ID", UUID.randomUUID().toString());
    String source = environment("SOURCE", "/shop/web");
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("specversion", "1.0");
    event.put("id", id);
    event.put("source", source);
    event.put("type", TYPE);
    event.put("time", Instant.now().toString());
    Map<String, Object> command = new LinkedHashMap<>();
    command.put("claimant", arguments.get(1));
    command.put("quantity", arguments.size() == 3 ? Long.parseLong(arguments.get(2)) : 1);
    var record = isStructured ? structured(campaign, event, command) : binary(campaign, event, command);
    if (System.getenv("TRACEPARENT") != null) header(record, "traceparent", System.getenv("TRACEPARENT"));
    RecordMetadata place = send(record);
    System.out.printf("id=%s partition=%d offset=%d%n", id, place.partition(), place.offset());
    if (System.getenv("SPATE") != null)
      System.out.println(outcome(System.getenv("SPATE"), campaign, id, source));
  }
}
